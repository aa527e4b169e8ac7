"""What lies at a place, against geodesics walked metre by metre and shapes counted plainly."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import Point

from geo.analysis.footprints import footprints_of
from geo.analysis.here import LIES, here, lonlat_in
from geo.analysis.nodes import nodes_in
from geo.errors import DatumError, PointsError
from geo.measure import from_wgs84, project
from geo.model.layout import Layout

GEOD = Geod(ellps="WGS84")
ANYWHERE = st.tuples(st.floats(113.6, 115.4), st.floats(29.9, 31.2))


@pytest.fixture(scope="module")
def found(wuhan):
    return footprints_of(wuhan)


def walked(line, step=20.0):
    """Places along a WGS84 line every few metres, with the geodesic distance walked to each."""
    xy = np.array(line.coords)[:, :2]
    lons, lats, at, total = [], [], [], 0.0
    for (a, b), (c, d) in itertools.pairwise(xy):
        azimuth, _, size = GEOD.inv(a, b, c, d)
        steps = np.arange(0, size, step)
        lon, lat, _ = GEOD.fwd(np.full_like(steps, a), np.full_like(steps, b), np.full_like(steps, azimuth), steps)  # fmt: skip
        lons.append(lon), lats.append(lat), at.append(total + steps)
        total += size
    return (*map(np.concatenate, (lons, lats, at)), total)


@pytest.fixture(scope="module")
def axes(wuhan):
    return {item.id: walked(item.axis) for item in wuhan if getattr(item, "axis", None) is not None}


@settings(max_examples=30, deadline=None)
@given(ANYWHERE)
def test_axes_as_walked(wuhan, found, axes, at):
    table = here(wuhan, *at, footprints=found).axes
    assert set(table["axis"]) == set(axes)
    assert table["distance_km"].is_monotonic_increasing
    for row in table.to_dict("records"):
        lon, lat, walk, total = axes[row["axis"]]
        n = len(lon)
        _, _, away = GEOD.inv(np.full(n, at[0]), np.full(n, at[1]), lon, lat)
        # Between steps of 20 m the nearest place is at most 10 m further along.
        nearest = away.min()
        assert row["distance_km"] * 1000 <= nearest + 0.5
        assert row["distance_km"] * 1000 >= nearest - 10 if nearest < 50 else nearest - 2
        assert row["length_km"] * 1000 == pytest.approx(total, rel=1e-6)
        place = row["chainage_km"] * 1000
        there = away[np.abs(walk - place).argmin()]
        assert there <= nearest + 12
        err = wuhan[row["axis"]].err_m / 1000
        assert row["distance_km_high"] - row["distance_km"] == pytest.approx(err)
        assert row["distance_km_low"] == pytest.approx(max(0, row["distance_km"] - err))


@settings(max_examples=30, deadline=None)
@given(ANYWHERE)
def test_nodes_by_brute_force(wuhan, found, at):
    table = here(wuhan, *at, footprints=found).nodes.set_index("tier")
    nodes = wuhan.nodes
    assert set(table.index) == set(nodes["tier"])
    for tier, own in nodes.groupby("tier"):
        away = {r.id: GEOD.inv(*at, r.geometry.x, r.geometry.y) for r in own.itertuples()}
        nearest = min(away, key=lambda k: away[k][2])
        row = table.loc[tier]
        assert row["distance_km"] * 1000 == pytest.approx(away[nearest][2])
        assert away[row["node"]][2] == pytest.approx(away[nearest][2])
        assert row["azimuth_deg"] == pytest.approx(away[row["node"]][0] % 360)


def test_every_node_lies_where_the_table_of_nodes_says(wuhan, found):
    member = nodes_in(wuhan, footprints=found).set_index(["node", "footprint"])
    campus = wuhan.meta.campus_rings.kind
    for node in wuhan.nodes.to_dict("records")[::2]:
        table = here(wuhan, node["geometry"].x, node["geometry"].y, err_m=node["err_m"], footprints=found).footprints  # fmt: skip
        assert len(table) == len(found)
        order = [LIES.index(v) for v in table["lies"]]
        assert order == sorted(order)
        for row in table.to_dict("records"):
            if row["kind"] == "campus-ring" and node["kind"] == campus:
                continue  # a ring moves with its own campus
            key = (node["id"], row["footprint"])
            lies = "outside"
            if key in member.index:
                own = member.loc[key]
                lies = "surely" if own["low"] else "probably" if own["central"] else "perhaps"
                assert row["edge_km"] == pytest.approx(own["depth_km"], rel=2e-4, abs=1e-5)
            assert row["lies"] == lies, key


@settings(max_examples=30, deadline=None)
@given(ANYWHERE, st.floats(0, 3000))
def test_edges_as_walked_and_their_band(wuhan, found, at, err):
    table = here(wuhan, *at, err_m=err, footprints=found).footprints.set_index("footprint")
    for f in found:
        row, shape = table.loc[f.id], f.outlines[1]
        assert (row["edge_km"] >= 0) == shapely.intersects(shape, Point(at)) or abs(row["edge_km"]) < 1e-4  # fmt: skip
        ring = np.array(shapely.get_coordinates(shapely.segmentize(shape.boundary, 0.0005)))
        n = len(ring)
        away = GEOD.inv(np.full(n, at[0]), np.full(n, at[1]), *ring.T)[2].min()
        assert abs(row["edge_km"]) * 1000 <= away + 1
        assert abs(row["edge_km"]) * 1000 >= away - 60
        assert row["edge_km_low"] <= row["edge_km"] - err / 1000 + 1e-9
        assert row["edge_km_high"] >= row["edge_km"] + err / 1000 - 1e-9
        assert (row["lies"] == "surely") == (row["edge_km"] >= 0 and row["edge_km_low"] > 0)
        assert (row["lies"] == "outside") == (row["edge_km"] < 0 and row["edge_km_high"] < 0)


def test_units_hold_their_own_points(wuhan, units, found):
    rng = np.random.default_rng(4)
    for row in units.to_dict("records"):
        point = shapely.point_on_surface(row["geometry"])
        table = here(wuhan, point.x, point.y, units=units, footprints=found).units
        assert table["unit_id"].iat[0] == row["adcode"]
        assert table["lies"].iat[0] in ("surely", "probably")
    lon, lat = rng.uniform([113.7, 30.0], [115.2, 31.0], (30, 2)).T
    for x, y in zip(lon, lat, strict=True):
        table = here(wuhan, x, y, units=units, footprints=found).units
        assert set(units.loc[units.contains(Point(x, y)), "adcode"]) == set(table.loc[table["edge_km"] >= 0, "unit_id"])  # fmt: skip
    # On a border both sides are told.
    border = shapely.intersection(units.geometry.iat[0].boundary, units.geometry.iat[1].boundary)
    on = shapely.line_interpolate_point(shapely.get_parts(border)[0], 0.5, normalized=True)
    table = here(wuhan, on.x, on.y, units=units, footprints=found).units
    assert {units["adcode"].iat[0], units["adcode"].iat[1]} <= set(table["unit_id"])
    assert "surely" not in set(table["lies"])
    assert len(here(wuhan, 2.35, 48.85, units=units, footprints=found).units) == 0
    assert len(here(wuhan, 114.3, 30.6, footprints=found).units) == 0


@settings(max_examples=40, deadline=None)
@given(ANYWHERE, st.sampled_from(["gcj02", "bd09", "cgcs2000"]))
def test_a_place_in_another_datum_is_the_same_place(wuhan, found, at, datum):
    there = here(wuhan, *from_wgs84(*at, datum), datum=datum, footprints=found)
    assert GEOD.inv(*at, there.lon, there.lat)[2] < 0.01
    assert there.provenance.parameters["datum"] == datum


def test_the_axis_itself_and_its_ends(wuhan, found):
    item = wuhan["optics-valley-corridor"]
    start, end = Point(item.axis.coords[0]), Point(item.axis.coords[-1])
    for point, chainage in ((start, 0.0), (end, item.length_km)):
        row = here(wuhan, point.x, point.y, footprints=found).axes.set_index("axis").loc[item.id]
        assert row["distance_km"] < 1e-4
        assert row["side"] == "on"
        assert row["chainage_km"] == pytest.approx(chainage, abs=1e-3)
    away = item.axis.interpolate(0.5, normalized=True)
    row = here(wuhan, away.x, away.y + 0.001, footprints=found).axes.set_index("axis").loc[item.id]
    assert row["where"] == "inside"
    # The axis runs to the east: north of it is on its left.
    assert row["side"] == "left"


def test_a_layout_with_nothing_in_it(wuhan):
    bare = Layout(wuhan.meta.model_copy(update={"seats": (), "campus_rings": None}), [], wuhan.claims, wuhan.population)  # fmt: skip
    empty = here(bare, 114.3, 30.6)
    assert all(len(t) == 0 and len(t.columns) for t in empty.tables.values())


def test_bad_places_are_refused(wuhan, found):
    with pytest.raises(PointsError, match="finite"):
        here(wuhan, float("nan"), 30, footprints=found)
    with pytest.raises(PointsError, match="err_m"):
        here(wuhan, 114, 30, err_m=-1, footprints=found)
    with pytest.raises(DatumError, match="swapped"):
        here(wuhan, 30, 114, footprints=found)
    with pytest.raises(DatumError, match="use one of"):
        here(wuhan, 114, 30, datum="nad27", footprints=found)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("114.4,30.5", (114.4, 30.5)), ("30.5, 114.4", (114.4, 30.5)), ("114.4,30.5", (114.4, 30.5)),
        ("东经114.4° 北纬30.5°", (114.4, 30.5)), ("30.5N 114.4E", (114.4, 30.5)), ("N30.5, E114.4", (114.4, 30.5)),
        ("-0.5 51.2", (-0.5, 51.2)), ("0.5W 51.2N", (-0.5, 51.2)), ("12°, 40°N", (12.0, 40.0)),
        ("114.4/30.5", (114.4, 30.5)), ("光谷", None), ("1,2,3", None), ("200, 10", None), ("114.4", None), ("", None),
        ("100,95", None),
    ],
)  # fmt: skip
def test_coordinates_are_read_as_people_write_them(text, place):
    assert lonlat_in(text) == place


def test_the_place_projects_where_it_should(wuhan, found):
    # One number worked by hand: 10 km due east of the axis's own node, on the ellipsoid.
    lon, lat, _ = GEOD.fwd(114.5, 30.5, 90, 10_000)
    row = here(wuhan, lon, lat, footprints=found)
    assert (row.lon, row.lat) == (lon, lat)
    assert project(Point(lon, lat), wuhan.crs).distance(project(Point(114.5, 30.5), wuhan.crs)) == pytest.approx(10_000, rel=1e-4)  # fmt: skip
