from __future__ import annotations

import csv
import itertools
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from shapely import box

import geo
from geo.analysis import population_raster
from geo.analysis.footprints import Footprint, footprints_of
from geo.analysis.population import PLACEMENTS, population
from geo.errors import CorridorError, LayoutError, MissingDependencyError, RasterError, UnitsError
from geo.io.layouts import check_layout
from geo.measure import project, unproject
from geo.model.layout import Layout

CITIES = {
    "420100": 12_326_518, "420700": 1_079_353, "420200": 2_469_079, "421100": 5_882_719,
    "420900": 4_270_371, "421200": 2_658_316,
}  # fmt: skip
ZONES = {
    "area-donghu-high-tech": (935_146, ["420111", "420115"]),
    "area-wuhan-economic-zone": (481_338 - 145_103, ["420105", "420114"]),
    "area-east-lake": (121_161, ["420106", "420111"]),
}


def footprint(shape, err=0.0, name="own"):
    crs = geo.load_layout("wuhan").crs
    return Footprint(
        name, name, name, "zone", "zone", "official", err,
        shape, shape.buffer(-err) if err else shape, shape.buffer(err) if err else shape,
        "made here", "high", crs,
    )  # fmt: skip


def with_table(layout, table):
    return Layout(layout.meta, layout.features, layout.claims, table, layout.folder)


def changed(layout, **cells):
    """The layout with some cells of its population changed: id=(column, value)."""
    table = layout.population.copy()
    for name, (column, value) in cells.items():
        table.loc[table["id"] == name.replace("_", "-"), column] = value
    return with_table(layout, table)


def one(layout, shape, err=0.0, **kwargs):
    return population(layout, footprints=[footprint(shape, err)], **kwargs).table.iloc[0]


@pytest.fixture(scope="module")
def planar(wuhan, units):
    return {c: project(g, wuhan.crs) for c, g in zip(units["adcode"], units.geometry, strict=True)}


@pytest.fixture(scope="module")
def result(wuhan):
    return population(wuhan)


def squares(layout, **people):
    """A layout of square units, 10 km wide, side by side; a name beginning with z is a zone."""
    rows, shapes = [], []
    for name, (count, more) in people.items():
        rows.append(
            {
                "id": name, "name_zh": name, "name_en": name, "level": "county", "type": "unit",
                "adcode": "" if name.startswith("z") else name, "city_adcode": "c",
                "population": count, "population_basis": "census", "area_official_km2": np.nan,
                "source": name, "confidence": "high", "note_zh": "", "note_en": "",
                "spans": "", "within": "", **more,
            }
        )  # fmt: skip
    codes = [r["adcode"] for r in rows if r["adcode"] not in ("", "c")]
    for k in range(len(codes)):
        shapes.append(unproject(box(k * 1e4, 0, (k + 1) * 1e4, 1e4), layout.crs))
    units = gpd.GeoDataFrame({"adcode": codes, "city_adcode": "c"}, geometry=shapes, crs=4326)
    return with_table(layout, pd.DataFrame(rows)), units


def test_two_whole_districts_are_exact(wuhan, planar):
    row = one(wuhan, shapely.union(planar["420102"], planar["420103"]))
    for name in ("population_low", "population", "population_high", "possible_low"):
        assert row[name] == pytest.approx(965_260 + 647_932, rel=1e-9), name
    assert row["possible_high"] == row["possible_low"]
    assert row["covered_share"] == pytest.approx(1)
    assert (row["spread_share"], row["confidence"]) == (0, "medium")
    assert row["basis"] == "census 2020-11-01"


def test_half_a_unit_and_its_bands(wuhan):
    layout, units = squares(wuhan, a=(1000, {}), b=(400, {}))
    row = one(layout, box(0, 0, 5000, 10_000), 500, units=units)
    assert row["population"] == pytest.approx(500)
    assert row["population_low"] == pytest.approx(1000 * 4.0 * 9.0 / 100)
    assert row["population_high"] == pytest.approx(550)
    assert (row["possible_low"], row["possible_high"]) == (0, 1000)
    assert row["confidence"] == "low"
    # Half of it lies in no unit: those people are not known, and the table says how much is.
    row = one(layout, box(-5000, 0, 5000, 10_000), units=units)
    assert row["population"] == pytest.approx(500)
    assert row["covered_share"] == pytest.approx(0.5)
    row = one(layout, box(0, 0, 15_000, 10_000), units=units)
    assert row["population"] == pytest.approx(1200)
    assert (row["possible_low"], row["possible_high"]) == (1000, 1400)
    row = one(layout, box(-50_000, 0, -40_000, 10_000), units=units)
    assert (row["population"], row["covered_share"], row["confidence"]) == (0, 0, "n/a")
    assert np.isnan(row["spread_share"])


def test_every_citys_total_is_placed_once(wuhan, result):
    balance = result.balance.set_index("id")
    parts = balance.drop(index="total")
    for city, people in CITIES.items():
        own = parts[parts["city_adcode"] == city]
        assert own["counted"].sum() == own["placed"].sum() == people
    assert parts.loc[["unit-420500", "unit-420600"], "unplaced"].tolist() == [4_017_607, 5_260_951]
    assert "add the city" in parts.loc["unit-420500", "why_en"]
    assert result.placed == sum(CITIES.values())
    assert result.total == result.placed + result.unplaced
    assert balance.loc["total", "counted"] == result.total
    assert np.allclose(balance["placed"], balance["in_footprints"] + balance["outside"], atol=1e-6)
    assert np.allclose(balance["counted"], balance["placed"] + balance["unplaced"], atol=1e-9)
    assert set(parts["placement"]) <= set(PLACEMENTS)
    assert len(parts) == len(wuhan.population)


def test_the_map_holds_everyone_who_was_placed(wuhan, units, planar, result):
    each = population(wuhan, footprints=[footprint(planar[c], name=c) for c in units["adcode"]])
    people = each.table.set_index("footprint")["population"]
    assert people.sum() == pytest.approx(result.placed, rel=1e-9)
    for city, total in CITIES.items():
        own = units.loc[units["city_adcode"] == city, "adcode"]
        assert people[own].sum() == pytest.approx(total, rel=1e-9)
        whole = one(wuhan, shapely.union_all([planar[c] for c in own]))
        for name in ("population", "possible_low", "possible_high"):
            assert whole[name] == pytest.approx(total, rel=1e-9), (city, name)


def test_a_join_by_name_would_lose_a_tenth_of_the_city(wuhan, units, planar):
    areas = wuhan.population[wuhan.population["type"] == "statistical-area"]
    named = areas[areas["name_zh"].isin(units["name_zh"])]["population"].sum()
    lost = sum(count for count, _ in ZONES.values())
    assert CITIES["420100"] - named == lost == 1_392_542
    city = shapely.union_all(
        [planar[c] for c in units.loc[units["city_adcode"] == "420100", "adcode"]]
    )
    assert one(wuhan, city)["population"] - named == pytest.approx(lost)
    renamed = with_table(wuhan, wuhan.population.assign(name_zh="x", name_en="y"))
    assert one(renamed, city)["population"] == pytest.approx(CITIES["420100"], rel=1e-9)


def test_areas_without_an_outline_are_spread_over_what_they_span(wuhan, planar, result):
    balance = result.balance.set_index("id")
    for name, (people, spans) in ZONES.items():
        assert balance.loc[name, "placement"] == "spread-over-spans"
        assert balance.loc[name, "units"].split() == spans
        assert balance.loc[name, "placed"] == people
    # Jiangxia alone: its own people and a share of Donghu's by area; all of Donghu's may be there.
    density = 935_146 / (planar["420111"].area + planar["420115"].area)
    row = one(wuhan, planar["420115"])
    assert row["population"] == pytest.approx(974_715 + density * planar["420115"].area, rel=1e-9)
    assert (row["possible_low"], row["possible_high"]) == (974_715, 974_715 + 935_146)
    assert row["spread_share"] == pytest.approx(1 - 974_715 / row["population"])


def test_hannan_is_counted_once(wuhan, planar, result):
    balance = result.balance.set_index("id")
    assert balance.loc["area-wuhan-economic-zone", "population"] == 481_338
    assert balance.loc["area-wuhan-economic-zone", "counted"] == 481_338 - 145_103
    assert balance.loc["unit-420113", "counted"] == 145_103
    row = one(wuhan, planar["420113"])
    assert row["population"] == pytest.approx(145_103)
    assert row["possible_low"] == row["possible_high"] == 145_103
    double = changed(wuhan, unit_420113=("within", ""))
    with pytest.raises(UnitsError, match=r"unit-420100 add up to 12,471,621 people, more than"):
        population(double)


def test_a_figure_with_another_basis_is_neither_used_nor_subtracted(wuhan, planar, result):
    balance = result.balance.set_index("id")
    assert balance.loc["unit-420702", "placement"] == "other-basis"
    assert balance.loc["unit-420700", "placement"] == "spread-over-city"
    ezhou = ["420702", "420703", "420704"]
    density = 1_079_353 / sum(planar[c].area for c in ezhou)
    row = one(wuhan, planar["420704"])
    assert row["population"] == pytest.approx(density * planar["420704"].area, rel=1e-9)
    assert (row["possible_low"], row["possible_high"]) == (0, 1_079_353)
    # Huangshi: one census figure is known; Daye has an estimate and counts as blank.
    assert balance.loc["unit-420200", "counted"] == 2_469_079 - 241_589
    assert "420281" in balance.loc["unit-420200", "units"].split()
    assert "420202" not in balance.loc["unit-420200", "units"].split()


def test_figures_agree_with_loops_over_pieces(wuhan, units, result):
    # The oracle: people of every county by hand, then pieces by geopandas' own overlay.
    metres = units.to_crs(wuhan.crs)
    area = dict(zip(metres["adcode"], metres.area, strict=True))
    table = wuhan.population.set_index("adcode")
    people = dict.fromkeys(area, 0.0)
    for city, total in CITIES.items():
        own = list(units.loc[units["city_adcode"] == city, "adcode"])
        blank = []
        for code in own:
            figure = table["population"].get(code, np.nan)
            if figure > 0 and table.loc[code, "population_basis"].startswith("census"):
                people[code] += figure
                total -= figure
            else:
                blank.append(code)
        spread = [(total, blank)] if city != "420100" else list(ZONES.values())
        for count, codes in spread:
            for code in codes:
                people[code] += count * area[code] / sum(area[c] for c in codes)
    assert sum(people.values()) == pytest.approx(sum(CITIES.values()), rel=1e-12)
    found = footprints_of(wuhan)
    for k, column in enumerate(("population_low", "population", "population_high")):
        shapes = gpd.GeoDataFrame(
            {"id": [f.id for f in found]}, geometry=[f.three[k] for f in found], crs=wuhan.crs
        )
        pieces = gpd.overlay(metres[["adcode", "geometry"]], shapes[~shapes.is_empty])
        expected = dict.fromkeys(shapes["id"], 0.0)
        for code, name, shape in zip(pieces["adcode"], pieces["id"], pieces.geometry, strict=True):
            expected[name] += people[code] * shape.area / area[code]
        for name, value in zip(result.table["footprint"], result.table[column], strict=True):
            assert value == pytest.approx(expected[name], rel=1e-6, abs=0.01), (name, column)


def test_the_bands_hold_one_another(wuhan, result):
    table = result.table
    order = ["possible_low", "population_low", "population", "population_high", "possible_high"]
    assert (np.diff(table[order].to_numpy(float), axis=1) >= -1e-6).all()
    assert table["footprint"].tolist() == [f.id for f in footprints_of(wuhan)]
    for column in ("method", "basis", "source", "population_source", "unit_source", "confidence"):
        assert (table[column] != "").all(), column
    assert "tianditu" in table["unit_source"].iat[0]
    wide = population(wuhan, ring_km=2).table.set_index("footprint")["population"]
    assert wide["campus-rings"] > 2 * table.set_index("footprint")["population"]["campus-rings"]


def test_units_of_cities_and_units_twice(wuhan, units, planar, result):
    cities = geo.read_units(wuhan, "city")
    by_city = population(wuhan, units=cities)
    assert (by_city.total, by_city.placed) == (result.total, result.placed)
    balance = by_city.balance.set_index("id")
    assert balance.loc["unit-420100", "placement"] == "own-outline"
    assert balance.loc["area-donghu-high-tech", "placement"] == "within-city"
    doubled = gpd.GeoDataFrame(pd.concat([units, units.iloc[:20]]), crs=4326)
    row = one(wuhan, planar["420106"], units=doubled)
    assert row["population"] == pytest.approx(one(wuhan, planar["420106"])["population"])
    # Parts that are given twice must not fill up for what no unit covers.
    layout, small = squares(wuhan, a=(1000, {}))
    twice = gpd.GeoDataFrame(pd.concat([small, small]), crs=4326)
    assert one(layout, box(-5000, 0, 5000, 10_000), units=twice)["covered_share"] < 0.51
    # Units without the city's column and in metres: the table knows the cities of most of them.
    bare = units[["adcode", "geometry"]].to_crs(wuhan.crs)
    assert one(wuhan, planar["420106"], units=bare)["population"] == pytest.approx(
        row["population"]
    )


def test_what_a_city_leaves_goes_to_its_blank_units(wuhan):
    total = (1000, {"level": "city", "adcode": "c"})
    layout, units = squares(wuhan, c=total, a=(300, {}), b=(np.nan, {}), d=(np.nan, {}))
    row = one(layout, box(10_000, 0, 20_000, 10_000), units=units)
    assert row["population"] == pytest.approx(350)
    assert (row["possible_low"], row["possible_high"]) == (0, 700)
    both = one(layout, box(10_000, 0, 30_000, 10_000), units=units)
    assert both["possible_low"] == both["possible_high"] == 700
    # Nothing is blank: people who are counted nowhere are spread over the whole city.
    layout, units = squares(wuhan, c=total, a=(300, {}), b=(500, {}))
    assert one(layout, box(0, 0, 1e4, 1e4), units=units)["population"] == pytest.approx(400)
    # Without the city's total a figure of any basis stands for itself, a blank one for nobody.
    layout, units = squares(
        wuhan, a=(300, {}), b=(500, {"population_basis": "estimate"}), d=(np.nan, {})
    )
    found = population(layout, units=units)
    assert found.total == found.placed == 800
    row = one(layout, box(10_000, 0, 30_000, 10_000), units=units)
    assert row["population"] == pytest.approx(500)
    assert row["covered_share"] == pytest.approx(0.5)
    assert row["basis"] == "estimate"


def test_what_cannot_be_placed_is_told(wuhan):
    layout, units = squares(
        wuhan, a=(300, {}), z1=(50, {}), z2=(70, {"spans": "a nowhere"}), z3=(90, {"spans": "a"})
    )
    found = population(layout, units=units)
    assert (found.total, found.placed, found.unplaced) == (510, 390, 120)
    assert found.balance["placement"].tolist()[:4] == [
        "own-outline", "no-outline", "no-outline", "spread-over-spans",
    ]  # fmt: skip
    # An area of another basis than the unit that it holds: the unit is one more place of its people.
    held = {"within": "z1", "population_basis": "estimate"}
    layout, units = squares(wuhan, a=(300, {}), b=(40, held), z1=(90, {"spans": "a"}))
    found = population(layout, units=units)
    assert found.total == 390
    assert found.balance["placement"].iat[1] == "other-basis"
    assert found.balance["units"].iat[2] == "a b"


def test_what_an_area_holds_is_apart_from_what_it_spans(wuhan):
    # The held unit has its own figure: the rest of the area lives elsewhere, even if it is named.
    total = (1000, {"level": "city", "adcode": "c"})
    layout, units = squares(
        wuhan, c=total, a=(300, {}), b=(40, {"within": "z1"}), z1=(90, {"spans": "a b"}), d=(np.nan, {})
    )  # fmt: skip
    balance = population(layout, units=units).balance
    assert balance["units"].tolist()[:5] == ["d", "a", "b", "a", ""]
    assert balance["counted"].tolist()[:5] == [610, 300, 40, 50, 0]
    # It has none: it is one of the places of the area's people, and gets nothing of the city's rest.
    layout, units = squares(
        wuhan, c=total, a=(300, {}), b=(np.nan, {"within": "z1"}), z1=(90, {"spans": "a"}), d=(np.nan, {})
    )  # fmt: skip
    balance = population(layout, units=units).balance
    assert balance["units"].tolist()[:5] == ["d", "a", "", "a b", ""]
    assert balance["counted"].tolist()[:5] == [610, 300, 0, 90, 0]


def test_messages_say_how_to_mend(wuhan, units, planar):
    empty = with_table(wuhan, wuhan.population.iloc[:0])
    with pytest.raises(UnitsError, match=r"no figures of population: add population\.csv"):
        population(empty)
    blank = with_table(wuhan, wuhan.population.assign(population=np.nan))
    with pytest.raises(UnitsError, match="no figures of population"):
        population(blank)
    nobody = Layout(
        wuhan.meta.model_copy(update={"units": wuhan.meta.units.model_copy(update={"provider": "none"})}),
        wuhan.features, wuhan.claims, wuhan.population,
    )  # fmt: skip
    with pytest.raises(UnitsError, match=r"set provider in \[units\]"):
        population(nobody)
    with pytest.raises(UnitsError, match="rows join units by adcode"):
        population(wuhan, units=units.assign(adcode="x", city_adcode="y"))
    for wrong in (
        units.drop(columns="adcode"),
        units.set_crs(None, allow_override=True),
        units[:0],
    ):
        with pytest.raises(UnitsError, match=r"use geo\.read_units"):
            population(wuhan, units=wrong)
    with pytest.raises(UnitsError, match="both count unit 420102"):
        population(changed(wuhan, unit_420103=("adcode", "420102")))
    with pytest.raises(UnitsError, match="all give the total of city 420100"):
        population(changed(wuhan, unit_420500=("city_adcode", "420100")))
    with pytest.raises(UnitsError, match="fewer than the rows within it"):
        population(changed(wuhan, area_wuhan_economic_zone=("population", 1000)))


def edit(folder, change):
    path = folder / "population.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows = [change(row) or row for row in rows]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return "\n".join(str(problem) for problem in check_layout(folder))


def test_a_folder_from_before_the_two_columns_still_reads(copy_of_wuhan):
    def drop(row):
        row.pop("spans"), row.pop("within")

    assert edit(copy_of_wuhan, drop) == ""
    old = geo.read_layout(copy_of_wuhan)
    assert (old.population[["spans", "within"]] == "").all(axis=None)
    bare = with_table(old, old.population.drop(columns=["spans", "within"]))
    with pytest.raises(UnitsError, match="say in within what is counted twice"):
        population(bare)


def test_the_reader_refuses_what_would_count_twice(copy_of_wuhan):
    def spoil(row):
        row.update(
            {
                "unit-420102": {"within": "nowhere"},
                "unit-420103": {"within": "unit-420100"},
                "unit-420104": {"within": "unit-420113"},
                "unit-420105": {"spans": "420106"},
                "unit-420702": {"within": "area-east-lake"},
            }.get(row["id"], {})
        )

    text = edit(copy_of_wuhan, spoil)
    assert "population.csv, row unit-420102, within: no row 'nowhere' — name the id of" in text
    assert "row unit-420103, within: 'unit-420100' cannot hold it" in text
    assert "row unit-420104, within: 'unit-420113' cannot hold it" in text
    assert "row unit-420105, spans: the row has a code of its own — leave spans blank" in text
    assert "row unit-420702, within: 'area-east-lake' is of another city" in text
    with pytest.raises(LayoutError, match="5 problems"):
        geo.read_layout(copy_of_wuhan)


def test_the_audit_adds_up_by_what_is_within_and_not_by_name(wuhan):
    renamed = with_table(wuhan, wuhan.population.assign(name_zh="x", name_en="x"))
    table = geo.audit(renamed).set_index("id")
    assert table.loc["wuhan-population", "measured"] == CITIES["420100"]


# --- rasters


def write(path, values, west, north, cell, crs, **kwargs):
    values = np.atleast_3d(values.T).T
    profile = {
        "driver": "GTiff", "count": len(values), "height": values.shape[1],
        "width": values.shape[2], "dtype": values.dtype.name, "crs": crs,
        "transform": rasterio.Affine(cell, 0, west, 0, -cell, north),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile | kwargs) as target:
        target.write(values)
    return path


@pytest.fixture(scope="module")
def uniform(wuhan, tmp_path_factory):
    """A hundred people on each km² of the region: in an equal-area grid and in degrees."""
    folder = tmp_path_factory.mktemp("uniform")
    north, south, west = 31.8, 29.2, 112.9
    rows, columns, cell = 1300, 1600, 0.002
    edges = north - cell * np.arange(rows + 1)
    strips = [geo.measure.area_km2(box(west, b, west + cell, t)) for t, b in itertools.pairwise(edges)]  # fmt: skip
    values = np.repeat(100 * np.array(strips)[:, None], columns, axis=1)
    assert edges[-1] == pytest.approx(south)
    degrees = write(folder / "degrees.tif", values, west, north, cell, "EPSG:4326")
    flat = np.full((1200, 1200), 100 * 0.25)
    metres = write(folder / "metres.tif", flat, 10_800_000, 4_000_000, 500, "EPSG:6933")
    return {"degrees": degrees, "metres": metres}


@pytest.mark.parametrize("grid", ["degrees", "metres"])
def test_a_uniform_raster_gives_area_times_density(wuhan, uniform, grid):
    found = footprints_of(wuhan)
    result = population(wuhan, raster=uniform[grid])
    for f, row in zip(found, result.table.to_dict("records"), strict=True):
        bands = ["population_low", "population", "population_high"]
        for shape, name in zip(f.three, bands, strict=True):
            assert row[name] == pytest.approx(100 * shape.area / 1e6, rel=1e-6, abs=0.01)
        assert row["possible_low"] <= row["population_low"] + 1e-6
        assert row["population_high"] <= row["possible_high"] * (1 + 1e-6)
        assert row["covered_share"] == pytest.approx(1, abs=1e-6)
    assert "nodata_share" in result.table
    assert (result.table["confidence"] != "high").all()
    shapes = [f.outer for f in found] + list(wuhan.footprints.geometry.to_crs(wuhan.crs))
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
    assert result.total == result.placed
    assert result.total >= 100 * (east - west) * (north - south) / 1e6
    union = shapely.union_all([f.shape for f in found]).area / 1e6
    (line, closing) = result.balance.to_dict("records")
    assert line["in_footprints"] == pytest.approx(100 * union, rel=1e-6)
    assert line["placement"] in PLACEMENTS
    assert closing["counted"] == pytest.approx(closing["in_footprints"] + closing["outside"])


def test_an_uneven_raster_agrees_with_brute_force(wuhan, tmp_path):
    # In the layout's own projection, so that the oracle needs no reprojection.
    rng = np.random.default_rng(11)
    values = rng.integers(0, 5000, (24, 24)).astype("int32")
    values[3, 4] = values[12, 12] = -1
    crs = rasterio.crs.CRS.from_wkt(wuhan.crs.to_wkt())
    path = write(tmp_path / "own.tif", values, -12_000, 12_000, 1000, crs, nodata=-1)
    shape = (
        shapely.Point(300, -200).buffer(7777, quad_segs=64).difference(box(1000, 1000, 4000, 9000))
    )
    row = one(wuhan, shape, 900, raster=path)
    n, counted = 40, np.where(values < 0, 0, values)
    at = (np.arange(24 * n) + 0.5) * 1000 / n
    x, y = np.meshgrid(-12_000 + at, 12_000 - at)
    for name, ring in (("_low", shape.buffer(-900)), ("", shape), ("_high", shape.buffer(900))):
        hit = shapely.contains_xy(ring, x, y)
        share = hit.reshape(24, n, 24, n).mean(axis=(1, 3))
        assert row[f"population{name}"] == pytest.approx((share * counted).sum(), rel=1e-3)
        if name == "_low":
            assert row["possible_low"] == counted[share == 1].sum()
        if name == "_high":
            assert row["possible_high"] >= counted[share > 0].sum()
    inside = shapely.area(shapely.intersection(shape, box(-500, -1000, 500, 0))) / 1e6
    assert inside > 0
    hole = shapely.intersection(shape, [box(0, -1000, 1000, 0), box(-8000, 8000, -7000, 9000)])
    assert row["nodata_share"] == pytest.approx(shapely.area(hole).sum() / shape.area, rel=1e-5)


def test_a_raster_is_read_piece_by_piece(wuhan, uniform, monkeypatch):
    whole = population(wuhan, raster=uniform["metres"]).table
    monkeypatch.setattr(population_raster, "CELLS", 10_000)
    pieces = population(wuhan, raster=uniform["metres"]).table
    assert np.allclose(whole["population"], pieces["population"], rtol=1e-9)


def test_a_raster_that_ends_within_a_footprint(wuhan, tmp_path):
    crs = rasterio.crs.CRS.from_wkt(wuhan.crs.to_wkt())
    path = write(tmp_path / "half.tif", np.full((20, 10), 7.0), 0, 10_000, 1000, crs)
    row = one(wuhan, box(-5000, -5000, 5000, 5000), raster=path)
    assert row["population"] == pytest.approx(7 * 50)
    assert row["nodata_share"] == pytest.approx(0.5)
    assert one(wuhan, box(20_000, 0, 30_000, 9000), raster=path)["population"] == 0


def test_bands_must_be_named(wuhan, tmp_path):
    crs = rasterio.crs.CRS.from_wkt(wuhan.crs.to_wkt())
    values = np.stack([np.full((20, 20), k) for k in (1.0, 2.0)])
    path = write(tmp_path / "two.tif", values, -10_000, 10_000, 1000, crs)
    shape = box(-2000, -2000, 2000, 2000)
    with pytest.raises(RasterError, match=r"has 2 bands: say with band= .*: 1, 2"):
        one(wuhan, shape, raster=path)
    for wrong in (0, 3):
        with pytest.raises(RasterError, match=f"no band {wrong}: give band= from 1 to 2"):
            one(wuhan, shape, raster=path, band=wrong)
    row = one(wuhan, shape, raster=path, band=2)
    assert row["population"] == pytest.approx(32)
    assert row["basis"] == "two.tif, band 2"


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_rasters_that_would_mislead_are_refused(wuhan, tmp_path):
    crs = rasterio.crs.CRS.from_wkt(wuhan.crs.to_wkt())
    flat, shape = np.ones((20, 20)), box(-2000, -2000, 2000, 2000)

    def refused(path, match):
        with pytest.raises(RasterError, match=match) as caught:
            one(wuhan, shape, raster=path)
        assert path.name in str(caught.value)
        assert isinstance(caught.value, CorridorError)

    place = (-10_000, 10_000, 1000)
    refused(write(tmp_path / "a.tif", flat, *place, None), "does not say its reference system: set")
    refused(
        write(tmp_path / "b.tif", flat * -9, *place, crs),
        r"has -9 people: .*gdal_edit\.py -a_nodata -9",
    )
    refused(write(tmp_path / "c.tif", flat * np.inf, *place, crs), "infinite: mark it as nodata")
    refused(write(tmp_path / "d.tif", flat, 9e6, 9e6, 1000, crs), "no value in the box about")
    turned = rasterio.Affine(800, 100, 0, 100, -800, 0)
    refused(write(tmp_path / "e.tif", flat, *place, crs, transform=turned), "grid is turned")
    upside = rasterio.Affine(1000, 0, -10_000, 0, 1000, -10_000)
    refused(write(tmp_path / "f.tif", flat, *place, crs, transform=upside), "gdalwarp -r sum")
    identity = rasterio.Affine(1, 0, 0, 0, 1, 0)
    refused(write(tmp_path / "g.tif", flat, *place, crs, transform=identity), "has no position")
    local = rasterio.crs.CRS.from_wkt('LOCAL_CS["site grid",UNIT["metre",1]]')
    refused(
        write(tmp_path / "h.tif", flat, *place, local), "use a raster in EPSG:4326 or a UTM zone"
    )
    picture = write(tmp_path / "i.png", np.ones((4, 4), "uint8"), *place, crs, driver="PNG")
    refused(picture, "no GeoTIFF that can be read: save it as one")
    (tmp_path / "j.tif").write_text("id,people\n1,2\n")
    refused(tmp_path / "j.tif", "no GeoTIFF")
    refused(tmp_path / "k.tif", "no file .*: give the path of a GeoTIFF")
    whole = write(tmp_path / "l.tif", np.ones((400, 400)), *place, crs).read_bytes()
    (tmp_path / "m.tif").write_bytes(whole[: len(whole) // 20])
    refused(tmp_path / "m.tif", "damaged|no GeoTIFF")


@pytest.mark.parametrize("name", ["rasterio", "exactextract"])
def test_a_missing_package_is_named(wuhan, uniform, monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingDependencyError, match=name) as caught:
        population(wuhan, raster=uniform["metres"])
    assert 'pip install "innovation-corridors[raster]"' in str(caught.value)


def test_a_layout_without_a_table_can_use_a_raster(wuhan, uniform):
    empty = with_table(wuhan, wuhan.population.iloc[:0])
    row = one(empty, box(0, 0, 10_000, 10_000), raster=uniform["metres"])
    assert row["population"] == pytest.approx(10_000, rel=1e-6)
