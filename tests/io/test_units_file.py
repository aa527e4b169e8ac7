from __future__ import annotations

import json
import tomllib
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

import geo
from geo.analysis.units import unit_areas
from geo.errors import UnitsError
from geo.io import own_units, units_file
from geo.io.own_units import units_file_of, with_units
from geo.io.uploads import Upload
from geo.measure import from_wgs84
from geo.model.scenario import Scenario, apply_scenario
from geo.report.script import script_of

WEST, SOUTH = -1.4, 51.6
COLUMNS = {"adcode": "CTYUA23CD", "name_en": "CTYUA23NM"}


@pytest.fixture(scope="module")
def oxcam():
    return geo.load_layout("oxcam")


def grid(columns: int = 4, rows: int = 2, step: float = 0.4) -> gpd.GeoDataFrame:
    """Counties of a made-up country about Oxford and Cambridge, with columns as a foreign office names them."""
    boxes = [
        shapely.box(WEST + i * step, SOUTH + j * step, WEST + (i + 1) * step, SOUTH + (j + 1) * step)
        for j in range(rows)
        for i in range(columns)
    ]  # fmt: skip
    return gpd.GeoDataFrame(
        {
            "CTYUA23CD": [f"E{k:08d}" for k in range(len(boxes))],
            "CTYUA23NM": [f"County {k}" for k in range(len(boxes))],
            "RGN": [f"R{k % 2}" for k in range(len(boxes))],
            "RGNNM": [("West", "East")[k % 2] for k in range(len(boxes))],
        },
        geometry=boxes, crs=4326,
    )  # fmt: skip


def written(frame: gpd.GeoDataFrame, folder, form: str):
    file = folder / f"counties.{form}"
    if form == "zip":
        frame.to_file(folder / "counties.shp")
        with zipfile.ZipFile(file, "w") as packed:
            for part in folder.glob("counties.*"):
                if part.suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
                    packed.write(part, part.name)
    elif form == "kml":
        frame.rename(columns={"CTYUA23NM": "Name"}).to_file(file, driver="KML")
    elif form == "parquet":
        frame.to_parquet(file)
    else:
        frame.to_file(file)
    return file


@pytest.mark.parametrize("form", ["geojson", "gpkg", "shp", "zip", "fgb", "parquet"])
def test_every_form_gives_the_same_units(oxcam, tmp_path, form):
    made = grid()
    crs = 4326 if form == "geojson" else 27700
    own = with_units(oxcam, written(made.to_crs(crs), tmp_path, form), columns=COLUMNS)
    found = geo.read_units(own)
    assert list(found.columns) == [*units_file.UNIT_COLUMNS, "geometry"]
    assert sorted(found["adcode"]) == sorted(made["CTYUA23CD"])
    found = found.set_index("adcode").loc[made["CTYUA23CD"]]
    assert found["name_zh"].tolist() == found["name_en"].tolist() == made["CTYUA23NM"].tolist()
    assert found.crs.to_epsg() == 4326
    # A line that is straight on the national grid bows off the parallel by some metres.
    for ours, theirs in zip(found.geometry, made.geometry, strict=True):
        assert shapely.hausdorff_distance(ours, theirs) < 2e-3
        assert ours.area == pytest.approx(theirs.area, rel=2e-3)


def test_kml_is_read_with_the_columns_it_has(oxcam, tmp_path):
    file = written(grid(), tmp_path, "kml")
    found = geo.read_units(
        with_units(oxcam, file, columns={"adcode": "CTYUA23CD", "name_en": "name"})
    )
    assert found["name_en"].tolist() == grid()["CTYUA23NM"].tolist()


def test_usual_names_are_found_and_one_language_suffices(oxcam):
    held = units_file_of(with_units(oxcam, grid()))
    assert held.columns == {"adcode": "CTYUA23CD", "name_en": "CTYUA23NM"}
    chinese = grid().rename(columns={"CTYUA23CD": "行政区划代码", "CTYUA23NM": "名称"})
    frame = geo.read_units(with_units(oxcam, chinese))
    assert frame["name_en"].tolist() == frame["name_zh"].tolist() == chinese["名称"].tolist()
    both = chinese.assign(name_en=[f"N{k}" if k else "" for k in range(8)])
    frame = geo.read_units(with_units(oxcam, both))
    assert frame["name_en"].tolist() == ["County 0", *(f"N{k}" for k in range(1, 8))]
    numbers = grid().assign(CTYUA23CD=np.arange(8) + 420100.0)
    assert geo.read_units(with_units(oxcam, numbers))["adcode"].iat[0] == "420100"


def test_the_layout_is_untouched_and_its_units_travel(oxcam, tmp_path):
    own = with_units(oxcam, grid(), columns=COLUMNS, err_m=50, source="Office", licence="OGL")
    assert oxcam.meta.units.provider == "none"
    with pytest.raises(UnitsError, match="names no administrative units"):
        geo.read_units(oxcam)
    assert own.features == oxcam.features and own.claims is oxcam.claims
    assert (own.meta.attribution[-1].name, own.meta.attribution[-1].licence) == ("Office", "OGL")
    again = with_units(own, grid().head(4), columns=COLUMNS, source="Other")
    assert [a.name for a in again.meta.attribution] == [
        *(a.name for a in oxcam.meta.attribution), "Other",
    ]  # fmt: skip
    assert len(geo.read_units(again)) == 4 and len(geo.read_units(own)) == 8
    changed = apply_scenario(own, Scenario.of({"id": "s", "base": "oxcam", "name_zh": "s", "name_en": "s", "changes": [
        {"do": "widen", "feature": own.corridors["id"].iat[0], "width_km": 12},
    ]}))  # fmt: skip
    assert len(geo.read_units(changed)) == 8
    geo.write_layout(own, tmp_path / "there")
    back = geo.read_layout(tmp_path / "there")
    for level in ("county", "city"):
        ours, theirs = geo.read_units(own, level), geo.read_units(back, level)
        pd.testing.assert_frame_equal(
            pd.DataFrame(ours.drop(columns="geometry")),
            pd.DataFrame(theirs.drop(columns="geometry")),
        )
        assert shapely.equals_exact(ours.geometry.to_numpy(), theirs.geometry.to_numpy(), 1e-12).all()  # fmt: skip
    assert back.meta.units.licence == "OGL" and units_file_of(back).err_stated
    unstated = with_units(oxcam, grid())
    geo.write_layout(unstated, tmp_path / "unstated")
    assert not units_file_of(geo.read_layout(tmp_path / "unstated")).err_stated


def folder_with(oxcam, tmp_path, units: dict):
    folder = geo.write_layout(oxcam, tmp_path / "own")
    file = folder / "layout.toml"
    meta = tomllib.loads(file.read_text("utf-8"))
    file.write_text(tomli_w.dumps(meta | {"units": {"provider": "file"} | units}), "utf-8")
    return folder


def test_a_layout_names_a_file_and_its_columns(oxcam, tmp_path):
    folder = folder_with(oxcam, tmp_path, {"file": "counties.gpkg", "columns": COLUMNS, "err_m": 25, "source": "Office"})  # fmt: skip
    layout = geo.read_layout(folder)
    with pytest.raises(UnitsError, match="no file of units"):
        geo.read_units(layout)
    written(grid().to_crs(27700), folder, "gpkg")
    frame = geo.read_units(layout)
    assert frame["err_m"].unique().tolist() == [25] and frame["source"].unique().tolist() == [
        "Office"
    ]
    # A Shapefile travels with all its parts, and a file elsewhere stays where it is.
    copied = geo.write_layout(layout, tmp_path / "copied")
    assert len(geo.read_units(geo.read_layout(copied))) == 8
    away = tmp_path / "away.geojson"
    grid().to_file(away)
    moved = folder_with(oxcam, tmp_path / "b", {"file": "../../away.geojson", "columns": COLUMNS})
    copy = geo.write_layout(geo.read_layout(moved), tmp_path / "deep" / "down" / "copy")
    assert len(geo.read_units(geo.read_layout(copy))) == 8


def test_a_shapefile_travels_with_all_its_parts(oxcam, tmp_path):
    folder = folder_with(oxcam, tmp_path, {"file": "counties.shp", "columns": COLUMNS})
    written(grid(), folder, "shp")
    copied = geo.write_layout(geo.read_layout(folder), tmp_path / "copied")
    assert len(geo.read_units(geo.read_layout(copied))) == 8
    (copied / "counties.dbf").unlink()
    with pytest.raises(UnitsError, match=r"counties\.shp"):
        geo.read_units(geo.read_layout(copied))


def test_a_file_is_read_again_only_when_it_changed(oxcam, tmp_path, monkeypatch):
    folder = folder_with(oxcam, tmp_path, {"file": "counties.gpkg", "columns": COLUMNS})
    file = written(grid(), folder, "gpkg")
    layout, calls = geo.read_layout(folder), []
    real = own_units.read_units_file
    monkeypatch.setattr(own_units, "read_units_file", lambda *a: calls.append(1) or real(*a))
    first = geo.read_units(layout)
    geo.read_units(layout, "city")
    geo.read_units(geo.read_layout(folder))
    assert len(calls) == 1
    first.loc[0, "name_zh"] = "spoilt"
    assert "spoilt" not in set(geo.read_units(layout)["name_zh"])
    file.unlink()
    written(grid().head(3), folder, "gpkg")
    assert len(geo.read_units(layout)) == 3 and len(calls) == 2


def test_upper_units_are_joined_where_their_code_is_known(oxcam):
    upper = COLUMNS | {"city_adcode": "RGN", "city_en": "RGNNM"}
    own = with_units(oxcam, grid(), columns=upper)
    cities = geo.read_units(own, "city").set_index("adcode")
    assert cities["name_en"].to_dict() == {"R0": "West", "R1": "East"}
    counties = geo.read_units(own)
    for code, city in cities.iterrows():
        parts = counties[counties["city_adcode"] == code].geometry
        assert city.geometry.equals(shapely.union_all(parts.to_numpy()))
    assert units_file_of(own).cities == "dissolved"
    same = with_units(oxcam, grid(), columns=COLUMNS)
    assert units_file_of(same).cities == "same"
    assert geo.read_units(same, "city")["city_adcode"].tolist() == grid()["CTYUA23CD"].tolist()
    whole = with_units(oxcam, grid(), columns=COLUMNS, level="city")
    assert geo.read_units(whole)["level"].unique().tolist() == ["county"]


@pytest.mark.parametrize("how", ["files", "layers", "values", "column"])
def test_levels_are_files_layers_or_values(oxcam, tmp_path, how):
    counties, regions = grid(), grid(2, 1, 0.8)
    regions = regions.assign(CTYUA23CD=["R0", "R1"], CTYUA23NM=["West", "East"])
    units: dict = {"file": "u.gpkg", "columns": dict(COLUMNS)}
    folder = folder_with(oxcam, tmp_path, {})
    if how == "files":
        counties.to_file(folder / "u.gpkg")
        regions.to_file(folder / "regions.geojson.gpkg")
        units["levels"] = {"county": "u.gpkg", "city": "regions.geojson.gpkg"}
    elif how == "layers":
        counties.to_file(folder / "u.gpkg", layer="small")
        regions.to_file(folder / "u.gpkg", layer="large")
        units["levels"] = {"county": "small", "city": "large"}
    else:
        kinds = ("UTLA", "RGN") if how == "values" else ("county", "city")
        both = pd.concat([counties.assign(KIND=kinds[0]), regions.assign(KIND=kinds[1])])
        gpd.GeoDataFrame(both, crs=4326).to_file(folder / "u.gpkg")
        units["columns"]["level"] = "KIND"
        if how == "values":
            units["levels"] = {"county": "UTLA", "city": "RGN"}
    toml = tmp_path / "own" / "units.toml"
    toml.write_text(tomli_w.dumps({"units": units}), "utf-8")
    own = with_units(oxcam, toml)
    assert len(geo.read_units(own)) == 8
    assert geo.read_units(own, "city")["name_en"].tolist() == ["West", "East"]
    assert units_file_of(own).cities == "own"
    units["levels"] = {"county": "nonsense"}
    toml.write_text(tomli_w.dumps({"units": units}), "utf-8")
    with pytest.raises(UnitsError, match="“nonsense” in levels is no file, no layer and no value"):
        with_units(oxcam, toml)


def spoilt(how: str) -> gpd.GeoDataFrame:
    frame = grid()
    if how == "twice":
        frame.loc[[2, 5], "CTYUA23CD"] = "E00000001"
    elif how == "blank-code":
        frame.loc[3, "CTYUA23CD"] = None
    elif how == "blank-name":
        frame.loc[6, "CTYUA23NM"] = " "
    elif how == "points":
        frame["geometry"] = shapely.centroid(frame.geometry.to_numpy())
    elif how == "no-outline":
        frame.loc[4, "geometry"] = None
    elif how == "no-crs":
        frame = frame.set_crs(None, allow_override=True)
    elif how == "far":
        frame["geometry"] = frame.geometry.translate(20, 0)
    elif how == "swapped":
        frame["geometry"] = shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    elif how == "metres":
        frame = frame.to_crs(27700).set_crs(4326, allow_override=True)
    elif how == "empty":
        frame = frame.head(0)
    return frame


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("twice", r"CTYUA23CD.*E00000001 \(row 2, 3, 6\)"),
        ("blank-code", "CTYUA23CD.*blank in row 4"),
        ("blank-name", "CTYUA23NM.*blank in row 7"),
        ("points", r"row 1, 2, 3, 4, 5 … \(8\) is no polygon \(Point\)"),
        ("no-outline", "row 5 is no polygon"),
        ("no-crs", "does not say its reference system"),
        ("far", "no unit comes near the layout 'oxcam': they lie at longitude 18.60 to 20.20"),
        ("swapped", "longitude and latitude swapped"),
        ("metres", "cannot be in the reference system"),
        ("empty", "holds no feature"),
    ],
)
def test_what_is_wrong_is_told_with_its_row(oxcam, how, message):
    with pytest.raises(UnitsError, match=message) as caught:
        with_units(oxcam, spoilt(how), columns=COLUMNS)
    assert caught.value.says("zh") != caught.value.says("en")


def test_wrong_calls_are_told(oxcam, tmp_path, monkeypatch):
    with pytest.raises(
        UnitsError, match=r"no column “LAD” \(wanted as Code\). There is: CTYUA23CD"
    ):
        with_units(oxcam, grid(), columns={"adcode": "LAD"})
    with pytest.raises(UnitsError, match="“code” in columns is nothing that a unit has"):
        with_units(oxcam, grid(), columns={"code": "CTYUA23CD"})
    nameless = grid().drop(columns="CTYUA23NM")
    with pytest.raises(UnitsError, match="no column that is known to hold the names"):
        with_units(oxcam, nameless)
    with pytest.raises(UnitsError, match="no column that is known to hold the codes"):
        with_units(oxcam, grid().drop(columns="CTYUA23CD"))
    with pytest.raises(UnitsError, match="no file of units"):
        with_units(oxcam, tmp_path / "none.gpkg")
    with pytest.raises(UnitsError, match="err_m"):
        with_units(oxcam, grid(), err_m=-1)
    with pytest.raises(UnitsError, match="no metres of 0 or more in row 2"):
        with_units(oxcam, grid().assign(err_m=[1, -2, 3, 4, 5, 6, 7, 8]))
    grid().to_file(tmp_path / "u.gpkg", layer="a")
    grid().to_file(tmp_path / "u.gpkg", layer="b")
    with pytest.raises(UnitsError, match=r"no layer “c”\. There is: a, b"):
        with_units(oxcam, tmp_path / "u.gpkg", layer="c")
    (tmp_path / "cut.geojson").write_text('{"type": "FeatureCollection", "features": [', "utf-8")
    with pytest.raises(UnitsError, match=r"cut\.geojson"):
        with_units(oxcam, tmp_path / "cut.geojson")
    (tmp_path / "x.toml").write_text("[units]\nfile = 3\n", "utf-8")
    with pytest.raises(UnitsError, match=r"x\.toml"):
        with_units(oxcam, tmp_path / "x.toml")
    with pytest.raises(UnitsError, match="holds County 0"):
        with_units(oxcam, grid(), columns=COLUMNS | {"level": "CTYUA23NM"})
    monkeypatch.setattr(units_file, "MOST_UNITS", 7)
    with pytest.raises(UnitsError, match="more than 7 units"):
        with_units(oxcam, grid())
    monkeypatch.setattr(units_file, "MOST_VERTICES", 20)
    with pytest.raises(UnitsError, match="more than 20 vertices"):
        with_units(oxcam, grid().head(5))


def test_an_outline_that_crosses_itself_is_mended_and_told(oxcam):
    frame = grid()
    x, y = WEST, SOUTH
    bow = shapely.Polygon([(x, y), (x + 0.4, y + 0.4), (x + 0.4, y), (x, y + 0.4)])
    frame.loc[0, "geometry"] = bow
    own = with_units(oxcam, frame)
    assert units_file_of(own).mended == ("E00000000",)
    shape = geo.read_units(own).geometry.iat[0]
    assert shape.is_valid and shape.area == pytest.approx(0.08)
    assert any("mended: E00000000" in said.says("en") for said in unit_areas(own).told)


def test_only_what_lies_near_is_taken_where_that_is_asked(oxcam):
    wide = pd.concat([grid(), grid().assign(CTYUA23CD=[f"F{k}" for k in range(8)], geometry=grid().geometry.translate(9, 0))])  # fmt: skip
    own = with_units(oxcam, gpd.GeoDataFrame(wide, crs=4326), near_km=20)
    assert len(geo.read_units(own)) == 8 and units_file_of(own).left_out == 8
    assert len(geo.read_units(with_units(oxcam, gpd.GeoDataFrame(wide, crs=4326)))) == 16


def test_chinese_datums_are_brought_to_wgs84(wuhan, units):
    own = units.head(2)[["adcode", "name_zh", "geometry"]]
    moved = own.assign(geometry=[shapely.transform(g, lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], "gcj02"))) for g in own.geometry])  # fmt: skip
    found = geo.read_units(with_units(wuhan, moved, datum="gcj02"))
    for ours, theirs in zip(found.geometry, own.geometry, strict=True):
        assert shapely.hausdorff_distance(ours, theirs) < 1e-5
    assert shapely.hausdorff_distance(moved.geometry.iat[0], own.geometry.iat[0]) > 1e-3


def test_an_upload_is_taken_from_memory(oxcam):
    content = json.dumps(json.loads(grid().to_json())).encode()
    own = with_units(oxcam, Upload("C:\\data\\counties.geojson", content))
    assert own.meta.units.file == "counties.geojson" and len(geo.read_units(own)) == 8


@settings(max_examples=15, deadline=None)
@given(st.floats(0, 3000), st.integers(1, 4), st.integers(1, 3))
def test_areas_are_geodesic_and_their_bands_hold_them(err, columns, rows):
    layout = geo.load_layout("oxcam")
    own = with_units(layout, grid(columns, rows), columns=COLUMNS, err_m=err)
    found = unit_areas(own)
    geod = Geod(ellps="WGS84")
    for row, shape in zip(
        found.table.to_dict("records"), grid(columns, rows).geometry, strict=True
    ):
        assert row["area_km2"] == pytest.approx(abs(geod.geometry_area_perimeter(shape)[0]) / 1e6, rel=1e-9)  # fmt: skip
        assert row["area_km2_low"] <= row["area_km2"] <= row["area_km2_high"]
        # A rectangle loses its border on either side, and grows by it and by round corners.
        width, height = (geod.line_length(xs, ys) for xs, ys in zip(*_sides(shape), strict=True))
        low = (width - 2 * err) * (height - 2 * err) / 1e6
        assert row["area_km2_low"] == pytest.approx(low, rel=0.01)
    assert found.area_km2 == pytest.approx(found.table["area_km2"].sum())
    assert found.err_stated and "a file (frame)" in found.summary("en")


def _sides(shape):
    west, south, east, north = shape.bounds
    middle = (south + north) / 2
    return ([west, east], [west, west]), ([middle, middle], [south, north])


def test_every_analysis_uses_them(oxcam):
    own = with_units(oxcam, grid(), columns=COLUMNS, err_m=100, source="Office")
    table = geo.footprint_units(own, geo.read_units(own))
    inside = table[table["footprint"] == own.corridors["id"].iat[0]]
    footprint = own[own.corridors["id"].iat[0]].footprint
    brute = {
        code: footprint.intersection(shape).area > 0
        for code, shape in zip(grid()["CTYUA23CD"], grid().geometry, strict=True)
    }
    assert set(inside["unit_id"]) - {""} == {code for code, hit in brute.items() if hit}
    assert len(geo.audit(own))
    spot = geo.here(own, -1.2, 51.8, units=geo.read_units(own))
    assert spot.units["unit_id"].tolist() == ["E00000000"]


def test_a_script_brings_them_again(oxcam):
    own = with_units(oxcam, Upload("counties.geojson", grid().to_json().encode()), columns=COLUMNS, err_m=50, near_km=80)  # fmt: skip
    text = script_of(
        own, ["areas"], ["areas = geo.footprint_units(layout, geo.read_units(layout))"]
    )
    line = f"layout = geo.with_units(layout, 'counties.geojson', columns={COLUMNS!r}"
    assert line in text and "err_m=50.0, near_km=80.0)" in text
    assert "with_units" not in script_of(oxcam, ["areas"], ["areas = geo.read_units(layout)"])
    city = with_units(oxcam, grid(), columns=COLUMNS, level="city")
    assert "level='city'" in script_of(city, ["x"], ["x = geo.read_units(layout)"])
