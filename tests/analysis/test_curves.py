from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

import geo
from geo.engine.distances import compile_distances
from geo.errors import PointsError
from geo.measure import project, project_points, unproject
from geo.model.corridor import Corridor

LIMITS = [0.0, 0.5, 1.0, 3.0, 10.0, 25.0]


@pytest.fixture(scope="module")
def points():
    rng = np.random.default_rng(8)
    lon, lat = rng.uniform([113.6, 29.9], [115.4, 31.2], (20_000, 2)).T
    return pd.DataFrame({"lon": lon, "lat": lat, "kind": rng.choice(["a", "b"], 20_000)})


def shapes(wuhan):
    own = wuhan["optics-valley-corridor"]
    nodes = shapely.MultiPoint(project(wuhan.nodes.geometry.to_numpy(), wuhan.crs))
    holed = own.planar_footprint.difference(own.planar_footprint.centroid.buffer(1500))
    rng = np.random.default_rng(3)
    # A hundred vertices on each cell, and detail of every size: what is simplified most.
    wiggly = np.column_stack(
        [np.linspace(-3e4, 3e4, 2000), 200 * np.cumsum(rng.normal(size=2000)) / 20]
    )
    turn = np.linspace(0, 2 * np.pi, 4000, endpoint=False)
    radius = 8000 + 300 * np.sin(40 * turn) + rng.normal(0, 5, 4000)
    coast = shapely.Polygon(np.column_stack([radius * np.cos(turn), radius * np.sin(turn)])).buffer(
        0
    )
    return {
        "wiggly": shapely.LineString(wiggly), "coast": coast,
        "axis": own.shape.planar_axis, "footprint": own.planar_footprint, "nodes": nodes, "one": nodes.geoms[0],
        "holed": holed, "many": shapely.union_all([own.planar_footprint, nodes.buffer(300)]),
        "mixed": shapely.GeometryCollection([nodes.geoms[0], own.shape.planar_axis]),
    }  # fmt: skip


@pytest.mark.parametrize("levels", [pytest.param(0, marks=pytest.mark.long), 3, pytest.param(5, marks=pytest.mark.long)])  # fmt: skip
@pytest.mark.parametrize(
    "name", ["axis", "footprint", "nodes", "one", "holed", "many", "mixed", "wiggly", "coast"]
)
def test_every_point_is_in_the_band_that_shapely_measures(wuhan, points, name, levels):
    shape = shapes(wuhan)[name]
    limits = np.array(LIMITS) * 1000
    plan = compile_distances(shape, limits, wuhan.crs, levels=levels)
    # Points at the limits themselves, to a nanometre and on both sides.
    rng = np.random.default_rng(2)
    edge = [shape.buffer(d, quad_segs=64).boundary if d else shape for d in limits]
    on = [shapely.line_interpolate_point(e, rng.random(50), normalized=True) for e in edge[1:] if e.geom_type == "LineString"]  # fmt: skip
    back = shapely.get_coordinates(unproject(np.concatenate(on), wuhan.crs)) if on else np.empty((0, 2))  # fmt: skip
    vertices = shapely.get_coordinates(unproject(shape, wuhan.crs))
    lon, lat = np.concatenate([points[["lon", "lat"]].to_numpy(), back, vertices]).T.copy()
    own = shapely.distance(shape, shapely.points(project_points(lon, lat, wuhan.crs)))
    assert (plan.bands(lon, lat) == np.searchsorted(limits, own)).all()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20)), min_size=2, max_size=6, unique=True),
    st.lists(st.floats(1, 20_000), min_size=1, max_size=4, unique=True),
    st.integers(0, 1000),
)  # fmt: skip
def test_bands_about_drawn_lines(wuhan, corners, limits, seed):
    line = shapely.LineString(np.array(corners) * 1000.0)
    plan = compile_distances(line, sorted(limits), wuhan.crs, levels=2)
    xy = np.random.default_rng(seed).uniform(-45_000, 45_000, (500, 2))
    lon, lat = shapely.get_coordinates(unproject(shapely.MultiPoint(xy), wuhan.crs)).T.copy()
    own = shapely.distance(line, shapely.points(project_points(lon, lat, wuhan.crs)))
    assert (plan.bands(lon, lat) == np.searchsorted(sorted(limits), own)).all()


def test_what_is_no_number_or_far_away_is_in_no_band(wuhan):
    plan = compile_distances(shapely.Point(0, 0), [1000.0], wuhan.crs)
    far = np.array([np.nan, np.inf, -np.inf, 179.0, 0.0])
    assert plan.bands(far, far[::-1].copy()).tolist() == [1] * 5


def test_counts_by_category_and_band(wuhan, points):
    own = wuhan["optics-valley-corridor"]
    result = geo.coverage_curve(points, own, distances_km=[1, 5, 20], by="kind", datum="wgs84")
    assert (result.of, result.err_m) == (own.id, own.err_m)
    away = shapely.distance(
        own.shape.planar_axis,
        shapely.points(project_points(points["lon"], points["lat"], wuhan.crs)),
    )
    for row in result.records:
        those = away[points["kind"] == row["by"]] if row["by"] else away
        limit = row["distance_km"] * 1000
        assert row["count"] == (those <= limit).sum()
        assert row["count_low"] == (those <= limit - own.err_m).sum()
        assert row["count_high"] == (those <= limit + own.err_m).sum()
        assert row["share"] == pytest.approx(row["count"] / len(those))
    rough = geo.coverage_curve(points, own, distances_km=[1, 5], err_m=700, datum="wgs84").table
    wide = geo.coverage_curve(points, own, distances_km=[1, 5], about_err_m=own.err_m + 700, datum="wgs84").table  # fmt: skip
    columns = ["count_low", "count", "count_high"]
    assert (rough[columns] == wide[columns]).all().all()


def test_against_geodesic_distances(wuhan, points):
    """A node has no shape: its distances are those of a geodesic library, but for 1e-4 of scale."""
    node = wuhan["seat-wuhan"] if "seat-wuhan" in wuhan else wuhan.of_layer("node")[0]
    away = Geod(ellps="WGS84").inv(
        np.full(len(points), node.geometry.x), np.full(len(points), node.geometry.y),
        points["lon"].to_numpy(), points["lat"].to_numpy(),
    )[2]  # fmt: skip
    result = geo.coverage_curve(points, node, distances_km=[5, 30, 60], datum="wgs84")
    for row in result.records:
        limit = row["distance_km"] * 1000
        assert (
            (away <= limit * (1 - 2e-4)).sum() <= row["count"] <= (away <= limit * (1 + 2e-4)).sum()
        )


def test_from_the_footprint_frames_files_and_several(wuhan, points, tmp_path):
    own = wuhan["riverside-corridor"]
    curve = geo.coverage_curve(points, own, distances_km=[0, 2], of="footprint", about_err_m=0, datum="wgs84")  # fmt: skip
    inside = geo.coverage(points, {"a": own.footprint}, datum="wgs84")
    assert curve.records[0]["count"] == inside.records[0]["count"]
    assert geo.coverage_curve(points, wuhan.nodes, distances_km=[2], datum="wgs84").err_m == wuhan.nodes["err_m"].max()  # fmt: skip
    path = tmp_path / "axis.geojson"
    gpd.GeoDataFrame({"err_m": [120.0]}, geometry=[own.axis], crs=4326).to_file(path)
    read = geo.coverage_curve(points, path, distances_km=[2], datum="wgs84")
    assert read.err_m == 120
    assert read.records[0]["count"] == geo.coverage_curve(points, own, distances_km=[2], datum="wgs84").records[0]["count"]  # fmt: skip
    nodes = [n for n in wuhan.of_layer("node") if n.geometry is not None]
    some = geo.coverage_curve(points, nodes, distances_km=[2], datum="wgs84")
    frame = geo.coverage_curve(points, wuhan.nodes[wuhan.nodes.geometry.notna()], distances_km=[2], datum="wgs84")  # fmt: skip
    # One is measured in the layout's projection, the other about the nodes.
    assert some.records[0]["count"] == pytest.approx(frame.records[0]["count"], rel=5e-3)
    assert some.of == f"{nodes[0].id} +{len(nodes) - 1}"
    three = geo.coverage_curve(points, nodes[:3], distances_km=[2], datum="wgs84")
    assert three.of.split() == [n.id for n in nodes[:3]]
    line = Corridor.constant(own.axis, 5.0)
    one = geo.coverage_curve(points, line, distances_km=[2.5], datum="wgs84").records[0]
    two = geo.coverage_curve(points, line.axis, distances_km=[2.5], datum="wgs84").records[0]
    assert one["count"] == two["count"]


def test_what_cannot_be_measured_is_told(wuhan, points):
    own = wuhan["optics-valley-corridor"]
    lost = next(i for i in wuhan.of_layer("node") if i.geometry is None)
    cases = [
        ((own,), {"distances_km": [5, 1]}, "in growing order, not 5000, 1000"),
        ((own,), {"distances_km": [-1]}, "must be 0 or more"),
        ((own,), {"of": "edge"}, "from the axis or the footprint"),
        ((lost,), {}, "has no position"),
        ((shapely.Point(5e5, 3e6),), {}, "no longitude and latitude"),
        ((shapely.Point(),), {}, "nothing to measure from"),
        (([],), {}, "nothing to measure from"),
        (("no/axis.geojson",), {}, "no such file of what is measured from"),
        ((__file__,), {}, "not readable as a layer"),
        ((gpd.GeoDataFrame(geometry=[shapely.Point(1, 1)]),), {}, "no reference system"),
    ]
    for about, options, message in cases:
        with pytest.raises(PointsError, match=message):
            geo.coverage_curve(points, *about, datum="wgs84", **options)
