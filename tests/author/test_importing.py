from __future__ import annotations

import json
import zipfile

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from pyproj import Transformer
from shapely import LineString, MultiPolygon, Point, Polygon
from typer.testing import CliRunner

import geo
import geo.cli.author
from geo.cli import app
from geo.errors import CorridorError, LayoutError, PointsError
from geo.io.drawn_axis import axis_of
from geo.io.geojson import write_layer
from geo.io.importing import import_layer
from geo.io.layouts import check_layout
from geo.io.template import layout_of_axis

RUNNER = CliRunner()
PLACES = [("华中科技大学", "HUST", 114.41, 30.51), ("武汉大学", "WHU", 114.36, 30.54), ("示例学院", "", 114.30, 30.60)]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    axis = axis_of("114.2,30.5 114.6,30.4", datum="wgs84")
    return layout_of_axis(tmp_path / "own", axis, width_km=5, name="我的 / Mine").folder


def places(**more):
    frame = gpd.GeoDataFrame(
        {"CODE": ["A01", "A02", "A03"], "名称": [p[0] for p in PLACES], "NAME": [p[1] for p in PLACES], **more},
        geometry=[Point(p[2], p[3]) for p in PLACES], crs=4326,
    )  # fmt: skip
    return frame


def zipped(frame, folder, name, encoding="GBK"):
    """Write a Shapefile as Chinese programs do, without saying its encoding, and zip it."""
    inside = folder / f"{name}-parts"
    inside.mkdir()
    frame.to_file(inside / f"{name}.shp", encoding=encoding, engine="pyogrio")
    (inside / f"{name}.cpg").unlink()
    target = folder / f"{name}.zip"
    with zipfile.ZipFile(target, "w") as packed:
        for part in inside.iterdir():
            packed.write(part, part.name)
    return target


def snapshot(folder):
    return {f.name: f.read_bytes() for f in folder.iterdir()}


def test_a_zipped_shapefile_in_gbk(folder, tmp_path):
    file = zipped(places(), tmp_path, "schools")
    done = import_layer(
        folder, file, "node", columns={"id": "CODE", "name_zh": "名称", "name_en": "NAME"},
        given={"kind": "university"}, err_m=100,
    )  # fmt: skip
    assert done.written
    assert len(done.problems) == 0
    assert check_layout(folder) == []
    own = geo.read_layout(folder)
    node = own["a01"]
    assert (node.name_zh, node.name_en, node.err_m) == ("华中科技大学", "HUST", 100)
    assert (node.properties.status, node.source) == ("digitised", "schools.zip")
    # Without an English name there is the Chinese one.
    assert own["a03"].name_en == "示例学院"
    assert [(n.geometry.x, n.geometry.y) for n in own.of_layer("node")] == [p[2:] for p in PLACES]


@pytest.mark.parametrize("epsg", [4547, 3857, 4490, 32650])
def test_any_reference_system_comes_to_wgs84(folder, tmp_path, epsg):
    file = tmp_path / "p.gpkg"
    places().to_crs(epsg).to_file(file)
    done = import_layer(folder, file, "node", given={"kind": "university"}, err_m=10)
    for feature, (_, _, lon, lat) in zip(done.features, PLACES, strict=True):
        assert (feature.geometry.x, feature.geometry.y) == pytest.approx((lon, lat), abs=2e-7)


def test_ids_come_from_names_and_are_unique(folder, tmp_path):
    frame = pd.concat([places(), places().iloc[:1]], ignore_index=True)
    file = tmp_path / "p.geojson"
    frame.to_file(file)
    done = import_layer(folder, file, "node", given={"kind": "university"}, err_m=10)
    assert [f.id for f in done.features] == ["hua-zhong-ke-ji-da-xue", "wu-han-da-xue", "shi-li-xue-yuan", "hua-zhong-ke-ji-da-xue-2"]  # fmt: skip
    assert done.made_ids
    assert done.columns == {"name_zh": "名称"}


def test_kml_keeps_chinese_columns_and_drops_heights(folder, tmp_path):
    kml = tmp_path / "a.kml"
    kml.write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>东湖</name><ExtendedData>'
        '<Data name="类别"><value>高校</value></Data></ExtendedData><Point><coordinates>114.4,30.5,12'
        "</coordinates></Point></Placemark></Document></kml>", "utf-8",
    )  # fmt: skip
    done = import_layer(folder, kml, "node", err_m=10)
    assert done.columns == {"name_zh": "name", "kind": "类别"}
    assert done.features[0].properties.kind == "university"
    assert not done.features[0].geometry.has_z


def test_a_table_of_points(folder, tmp_path):
    lon, lat = geo.from_wgs84([p[2] for p in PLACES], [p[3] for p in PLACES], "gcj02")
    table = pd.DataFrame({"名称": [p[0] for p in PLACES], "经度": lon, "纬度": lat, "类型": "高校", "err_m": [5, 6, 7]})  # fmt: skip
    csv = tmp_path / "t.csv"
    table.to_csv(csv, index=False, encoding="gbk")
    with pytest.raises(PointsError, match="datum"):
        import_layer(folder, csv, "node")
    done = import_layer(folder, csv, "node", datum="gcj02")
    assert done.written
    assert [f.properties.err_m for f in done.features] == [5, 6, 7]
    found = [(f.geometry.x, f.geometry.y) for f in done.features]
    assert np.allclose(found, [p[2:] for p in PLACES], atol=1e-6)
    book = tmp_path / "t.xlsx"
    table.rename(columns={"经度": "甲", "纬度": "乙"}).to_excel(book, index=False)
    again = import_layer(
        folder, book, "node", datum="gcj02", columns={"lon": "甲", "lat": "乙"}, replacing=True
    )
    assert (len(again.replaced), again.written) == (3, True)
    with pytest.raises(LayoutError, match="nodes only"):
        import_layer(folder, csv, "zone")


def test_rows_with_problems_are_told_by_their_number_and_nothing_is_written(folder, tmp_path):
    book = openpyxl.Workbook()
    for row in (["name", "lon", "lat", "kind", "err_m"], ["A", 114.4, 30.5, "university", 10], ["B", "x", 30.5, "university", 10],
                ["C", 114.4, 30.5, "palace", 10], ["D", 114.4, 30.5, "university", None], ["", 114.4, 30.5, "university", 1]):  # fmt: skip
        book.active.append(row)
    file = tmp_path / "t.xlsx"
    book.save(file)
    before = snapshot(folder)
    columns = {"kind": "kind"}
    done = import_layer(folder, file, "node", datum="wgs84", columns=columns)
    assert not done.written
    assert snapshot(folder) == before
    assert done.problems[["row", "field"]].to_numpy().tolist() == [[3, "geometry"], [4, ""], [5, "err_m"], [6, "name_zh"]]  # fmt: skip
    kept = import_layer(folder, file, "node", datum="wgs84", columns=columns, skip_bad=True)
    assert kept.written
    assert [f.id for f in kept.features] == ["a"]
    assert check_layout(folder) == []


def test_duplicates_are_refused_unless_replaced(folder, tmp_path):
    file = tmp_path / "p.geojson"
    places().to_file(file)
    given = {"kind": "university"}
    import_layer(folder, file, "node", given=given, err_m=10)
    before = snapshot(folder)
    again = import_layer(folder, file, "node", given=given, err_m=20)
    assert not again.written
    assert set(again.problems["field"]) == {"id"}
    assert snapshot(folder) == before
    dry = import_layer(folder, file, "node", given=given, err_m=20, replacing=True, dry_run=True)
    assert not dry.written
    assert len(dry.replaced) == 3
    assert snapshot(folder) == before
    done = import_layer(folder, file, "node", given=given, err_m=20, replacing=True)
    assert done.written
    own = geo.read_layout(folder)
    assert [n.err_m for n in own.of_layer("node")] == [20, 20, 20]
    # The id of another layer is never taken.
    clash = places().iloc[:1].assign(CODE="own-corridor")
    clash.to_file(tmp_path / "c.geojson")
    refused = import_layer(
        folder, tmp_path / "c.geojson", "node", columns={"id": "CODE"}, given=given, err_m=1, replacing=True
    )  # fmt: skip
    assert "corridor" in refused.problems["what"].iat[0]
    twice = places().assign(CODE="x")
    twice.to_file(tmp_path / "d.geojson")
    refused = import_layer(folder, tmp_path / "d.geojson", "node", columns={"id": "CODE"}, given=given, err_m=1)  # fmt: skip
    assert len(refused.problems) == 2


def test_zones_are_mended_and_their_area_is_kept(folder, tmp_path):
    square = Polygon([(114.3, 30.4), (114.4, 30.4), (114.4, 30.5), (114.3, 30.5)])
    bow = Polygon([(114.5, 30.4), (114.6, 30.5), (114.6, 30.4), (114.5, 30.5)])
    frame = gpd.GeoDataFrame({"名称": ["方", "结"], "类型": ["核心", "core"]}, geometry=[shapely.force_3d(square), bow], crs=4326)  # fmt: skip
    file = tmp_path / "z.gpkg"
    frame.to_crs(4547).to_file(file)
    done = import_layer(folder, file, "zone", err_m=30)
    assert done.written, done.problems
    assert done.mended == ("jie",)
    own = geo.read_layout(folder)
    flat = Transformer.from_crs(4326, 6933, always_xy=True)
    exact = shapely.transform(shapely.segmentize(square, 0.001), lambda xy: np.column_stack(flat.transform(*xy.T))).area / 1e6  # fmt: skip
    assert own["fang"].area_km2 == pytest.approx(exact, rel=1e-4)
    assert isinstance(own["jie"].geometry, MultiPolygon)
    halves = shapely.make_valid(bow)
    assert own["jie"].geometry.area == pytest.approx(halves.area, rel=1e-4)


def test_own_footprints_that_cross_themselves_keep_both_halves():
    from geo.io.areas import areas_of

    bow = Polygon([(114.5, 30.4), (114.6, 30.5), (114.6, 30.4), (114.5, 30.5)])
    frame = gpd.GeoDataFrame({"n": ["a"]}, geometry=[bow], crs=4326).to_crs(4547)
    areas = areas_of(frame, name="x")
    assert areas.frame["mended"].tolist() == [True]
    assert areas.frame.geometry[0].area == pytest.approx(shapely.make_valid(bow).area, rel=1e-4)


def test_lines_become_corridors_rivers_and_roads(folder, tmp_path):
    line = LineString([(114.2, 30.5), (114.4, 30.6), (114.6, 30.55)])
    file = tmp_path / "l.geojson"
    gpd.GeoDataFrame({"name": ["Second corridor"]}, geometry=[shapely.MultiLineString([line])], crs=4326).to_file(file)  # fmt: skip
    short = import_layer(folder, file, "corridor", err_m=300)
    assert "width_km" in short.problems["what"].iat[0]
    done = import_layer(folder, file, "corridor", err_m=300, given={"width_km": "4"})
    assert done.written
    assert geo.read_layout(folder)["second-corridor"].axis.equals(line)
    river = import_layer(folder, file, "river", err_m=300, columns={"name_en": "name"}, given={"id": "r1"})  # fmt: skip
    assert river.written
    belt = import_layer(folder, file, "belt", err_m=300, given={"kind": "oriented-belt"})
    assert not belt.written
    assert import_layer(folder, file, "node", err_m=1, given={"kind": "firm"}).problems["mend"].iat[0] == "a node needs Point"  # fmt: skip


def test_links_come_from_any_table(folder, tmp_path):
    import_layer(folder, *_saved(places(), tmp_path), given={"kind": "university"}, err_m=10)
    table = tmp_path / "links.csv"
    table.write_text("name,from,to\nA and B,hua-zhong-ke-ji-da-xue,wu-han-da-xue\n", "utf-8")
    done = import_layer(folder, table, "link", given={"kind": "partnership"})
    assert done.written, done.problems
    assert geo.read_layout(folder).links["distance_km"].iat[0] > 1
    table.write_text("name,from,to\nNowhere,hua-zhong-ke-ji-da-xue,nobody\n", "utf-8")
    bad = import_layer(folder, table, "link", given={"kind": "partnership"})
    assert not bad.written
    assert bad.problems[["row", "field"]].to_numpy().tolist() == [[2, "to_id"]]


def _saved(frame, folder):
    frame.to_file(folder / "saved.geojson")
    return folder / "saved.geojson", "node"


def test_layers_of_a_geopackage_are_chosen_by_name(folder, tmp_path):
    file = tmp_path / "two.gpkg"
    places().iloc[:1].to_file(file, layer="one")
    places().iloc[1:].to_file(file, layer="two")
    given = {"kind": "university"}
    done = import_layer(folder, file, "node", from_layer="two", given=given, err_m=1, dry_run=True)
    assert len(done.features) == 2
    with pytest.raises(CorridorError, match="three"):
        import_layer(folder, file, "node", from_layer="three", given=given, err_m=1)


def test_wrong_calls_are_refused(folder, tmp_path):
    file, _ = _saved(places(), tmp_path)
    with pytest.raises(PointsError, match="no column 'KODE'"):
        import_layer(folder, file, "node", columns={"id": "KODE"})
    with pytest.raises(LayoutError, match="no field 'colour'"):
        import_layer(folder, file, "node", columns={"colour": "CODE"})
    with pytest.raises(LayoutError, match="no such file"):
        import_layer(folder, tmp_path / "none.shp", "node")
    with pytest.raises(LayoutError, match="no layer 'lake'"):
        import_layer(folder, file, "lake")
    with pytest.raises(LayoutError, match="no such folder"):
        import_layer(tmp_path / "none", file, "node")
    none = places().set_crs(None, allow_override=True)
    with pytest.warns(UserWarning, match="crs"):
        none.to_file(tmp_path / "none.gpkg")
    with pytest.raises(PointsError):
        import_layer(folder, tmp_path / "none.gpkg", "node")


def test_a_failed_write_leaves_the_layer_as_it_was(folder, tmp_path, monkeypatch):
    file, _ = _saved(places(), tmp_path)
    before = snapshot(folder)
    real = geo.io.importing.write_layer
    monkeypatch.setattr("geo.io.importing.write_layer", lambda path, *a: real(path, *a) if "own" not in str(path.parent.name) else _half(path))  # fmt: skip
    with pytest.raises(LayoutError, match="cannot be written"):
        import_layer(folder, file, "node", given={"kind": "university"}, err_m=1)
    assert snapshot(folder) == before


def _half(path):
    path.write_text("{", "utf-8")
    raise OSError(28, "No space left on device")


def test_the_command(folder, tmp_path):
    file = zipped(places(TYPE="高校"), tmp_path, "schools")
    options = [
        "--as",
        "node",
        "--map",
        "id=CODE,name_zh=名称,name_en=NAME,kind=TYPE",
        "--lang",
        "en",
    ]
    bad = RUNNER.invoke(app, ["import-layer", str(folder), str(file), *options])
    assert bad.exit_code == 1
    assert "--err-m" in bad.output
    dry = RUNNER.invoke(app, ["import-layer", str(folder), str(file), *options, "--err-m", "50", "--dry-run"])  # fmt: skip
    assert "would add 3" in dry.output
    done = RUNNER.invoke(app, ["import-layer", str(folder), str(file), *options, "--err-m", "50"])
    assert done.exit_code == 0, done.output
    assert "added 3" in done.output
    stored = json.loads((folder / "nodes.geojson").read_text("utf-8"))
    assert [f["properties"]["kind"] for f in stored["features"]] == ["university"] * 3
    assert RUNNER.invoke(app, ["import-layer", str(folder), str(file), "--as", "node", "--map", "id"]).exit_code == 2  # fmt: skip


@pytest.mark.parametrize("name", geo.layouts())
@pytest.mark.parametrize("layer", ["node", "river", "zone"])
def test_a_layer_of_a_layout_comes_through_gdal_as_it_was(tmp_path, name, layer):
    own = geo.load_layout(name)
    located = [f for f in own.features if f.properties.layer == layer and f.geometry is not None]
    if not located:
        return
    folder = layout_of_axis(tmp_path / "own", axis_of("1,1 1.1,1.1"), width_km=1).folder
    meta = folder / "layout.toml"
    x, y = own.meta.centre
    text = meta.read_text("utf-8").replace("centre = [1.05, 1.05]", f"centre = [{x}, {y}]")
    meta.write_text(text, "utf-8")
    file = tmp_path / "layer.geojson"
    write_layer(file, layer, located)
    # What refers to other layers cannot come alone.
    refers = {"parent": "", "nested_in": ""} if layer == "zone" else {"parent": ""}
    done = import_layer(folder, file, layer, columns=refers)
    assert done.written, done.problems
    for got, was in zip(done.features, located, strict=True):
        alone = dict.fromkeys(refers)
        assert got.properties == was.properties.model_copy(update=alone)
        assert got.geometry.equals(was.geometry)
