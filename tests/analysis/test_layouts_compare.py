"""Layouts beside one another, against closed forms, geodesics of another hand and moved copies."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, Point

import geo
from geo.analysis.axis_bands import axis_bands, legs_km
from geo.analysis.axis_shapes import axis_shapes
from geo.analysis.corridor_figures import BANDED, columns, corridor_items, members_of
from geo.analysis.layouts_compare import LAYOUT_BANDED, compare_layouts
from geo.analysis.neighbour_gap import neighbour_gap
from geo.analysis.routes import Route
from geo.datasets.published import published_corridors
from geo.errors import LayoutError
from geo.measure import laea
from geo.model.layout import Layout
from geo.model.schema import (
    BeltProperties,
    CorridorProperties,
    Feature,
    LayoutMeta,
    NodeProperties,
    ZoneProperties,
)

GEOD = Geod(ellps="WGS84")
START = (10.0, 50.0)
COMMON = {"status": "illustrative", "source": "made up", "confidence": "n/a"}


def at(km, azimuth=0.0, start=START):
    lon, lat, _ = GEOD.fwd(*start, azimuth, km * 1000)
    return lon, lat


def node(name, place, err=1000.0, **more):
    p = NodeProperties(id=name, name_zh=name, name_en=name, kind="group", layer="node", err_m=err if place else None, **COMMON, **more)  # fmt: skip
    return Feature(p, None if place is None else Point(place))


def corridor(axis, err=500.0, **more):
    p = CorridorProperties(id="line", name_zh="线", name_en="Line", kind="corridor", layer="corridor", width_km=6.0, err_m=err if axis else None, **COMMON, **more)  # fmt: skip
    return Feature(p, axis)


def made_up(*features, name="made-up"):
    meta = LayoutMeta(id=name, name_zh="试", name_en="Trial", centre=START)
    claims = geo.load_layout("oxcam").claims.iloc[:0]
    return Layout(meta, features, claims, pd.DataFrame())


STRAIGHT = LineString([START, at(100)])
NODES = {"a": 10, "b": 20, "c": 50, "d": 60, "e": 90}


@pytest.fixture(scope="module")
def straight():
    nodes = [node(n, at(km)) for n, km in NODES.items()]
    line = corridor(STRAIGHT, cores=("c",), nodes=(*(n for n in NODES if n != "c"), "far"))
    return made_up(line, *nodes, node("far", None))


@pytest.fixture(scope="module")
def every():
    return compare_layouts()


def three(row, name):
    return [row[f"{name}_low"], row[name], row[f"{name}_high"]]


def test_a_straight_axis_has_closed_forms(straight):
    found = compare_layouts([straight])
    assert len(found.corridors) == 1
    row = found.corridors.iloc[0]
    assert three(row, "length_km") == pytest.approx([99, 100, 101], abs=1e-6)
    assert three(row, "width_km") == pytest.approx([5, 6, 7])
    assert three(row, "elongation") == pytest.approx([99 / 7, 100 / 6, 101 / 5])
    assert three(row, "sinuosity") == pytest.approx([1, 1, 1], abs=1e-6)
    turn = math.degrees(math.asin(1 / 100))
    assert three(row, "azimuth_deg") == pytest.approx([-turn, 0, turn], abs=1e-5)
    # A node may be off by a kilometre, the axis by half of one: two such ends.
    assert three(row, "gap_km") == pytest.approx([27, 30, 33], abs=0.01)
    assert (row["gap_from_en"], row["gap_to_en"]) == ("b", "c")
    assert three(row, "cores_per_100km") == pytest.approx([100 / 101, 1, 100 / 99])
    assert three(row, "nodes_per_100km") == pytest.approx([500 / 101, 5, 500 / 99])
    assert three(row, "located_per_100km") == pytest.approx([400 / 101, 4, 400 / 99])
    assert (row["cores"], row["nodes"], row["nodes_located"], row["share_nodes_located"]) == (1, 5, 4, 0.8)  # fmt: skip
    inner, own, outer = (100 * w + math.pi * w**2 / 4 for w in (5, 6, 7))
    assert three(row, "area_km2") == pytest.approx([inner, own, outer], rel=2e-3)
    assert (row["claims"], row["claims_not_measured"]) == (0, 0)
    assert math.isnan(row["share_claims_measured"])
    whole = found.layouts.iloc[0]
    assert three(whole, "length_km") == three(row, "length_km")
    assert three(whole, "area_km2") == pytest.approx(three(row, "area_km2"), rel=1e-5)
    assert (whole["all_nodes"], whole["all_nodes_located"], whole["corridors"]) == (6, 5, 1)


def test_an_exact_axis_has_no_band_but_that_of_its_nodes():
    nodes = [node(n, at(km), err=0.0) for n, km in NODES.items()]
    row = compare_layouts([made_up(corridor(STRAIGHT, 0.0, nodes=tuple(NODES)), *nodes)]).corridors.iloc[0]  # fmt: skip
    for name in ("length_km", "width_km", "sinuosity", "azimuth_deg", "gap_km"):
        assert three(row, name) == pytest.approx([row[name]] * 3)


def test_what_is_not_known_is_never_nought():
    layout = made_up(corridor(STRAIGHT), node("a", at(5)))
    row = compare_layouts([layout]).corridors.iloc[0]
    for name in ("cores", "nodes", "cores_per_100km", "nodes_per_100km", "share_nodes_located", "gap_km"):  # fmt: skip
        assert math.isnan(row[name]), name
    assert "nodes: no nodes are listed" in row["why_en"]
    assert "节点:没有列出节点" in row["why_zh"]
    assert "longest gap (km): fewer than two" in row["why_en"]
    unplaced = made_up(corridor(None, nodes=("a", "b")), node("a", at(5)), node("b", None))
    found = compare_layouts([unplaced])
    row, whole = found.corridors.iloc[0], found.layouts.iloc[0]
    for name in BANDED:
        assert all(math.isnan(v) for v in three(row, name)), name
    for name in LAYOUT_BANDED:
        assert all(math.isnan(v) for v in three(whole, name)), name
    assert (row["nodes"], row["share_nodes_located"]) == (2, 0.5)
    assert "there is no axis" in row["why_en"]
    assert "there is no axis" in whole["why_en"]
    assert (whole["corridors"], whole["corridors_located"]) == (1, 0)


def test_a_closed_axis_has_no_direction():
    ring = LineString([START, at(10, 0), at(10, 90), START])
    row = compare_layouts([made_up(corridor(ring))]).corridors.iloc[0]
    assert math.isnan(row["azimuth_deg"])
    assert math.isnan(row["sinuosity"])
    assert "the axis ends where it starts" in row["why_en"]
    assert row["length_km"] == pytest.approx(GEOD.geometry_length(ring) / 1000)


def test_core_zones_of_a_corridor_are_cores():
    zone = ZoneProperties(id="z", name_zh="核", name_en="Z", kind="core", layer="zone", parent="line", err_m=100, area_km2=1.0, **COMMON)  # fmt: skip
    other = zone.model_copy(update={"id": "other", "parent": None})
    layout = made_up(corridor(STRAIGHT, nodes=("z", "a")), Feature(zone, Point(at(30))), Feature(other, Point(at(60))), node("a", at(70)))  # fmt: skip
    cores, nodes = members_of(layout["line"])
    assert ([c.id for c in cores], [n.id for n in nodes]) == (["z"], ["a"])
    row = compare_layouts([layout]).corridors.iloc[0]
    assert (row["cores"], row["nodes"]) == (1, 1)
    assert row["gap_km"] == pytest.approx(40, abs=0.01)


def test_no_layout_is_no_table_and_two_of_one_id_are_told(straight):
    with pytest.raises(LayoutError, match="'made-up'"):
        compare_layouts([straight, straight])
    with pytest.raises(LayoutError, match="no bundled layout 'nowhere'"):
        compare_layouts(["nowhere"])
    empty = compare_layouts([made_up(node("a", START))])
    assert len(empty.corridors) == 0
    assert list(empty.corridors.columns) == columns()
    assert list(compare_layouts([straight]).corridors.columns) == columns()


def test_the_bundled_layouts_agree_with_geodesics_of_another_hand(every):
    assert list(every.layouts["layout"]) == list(geo.layouts())
    rows = every.corridors.set_index(["layout", "corridor"])
    seen = 0
    for layout in every.compared:
        for item in corridor_items(layout):
            if item.axis is None:
                continue
            row, seen = rows.loc[(layout.id, item.id)], seen + 1
            lon, lat = item.axis.xy
            assert row["length_km"] == pytest.approx(GEOD.line_length(lon, lat) / 1000)
            (middle,) = GEOD.npts(lon[0], lat[0], lon[-1], lat[-1], 1)
            azimuth, _, metres = GEOD.inv(*middle, lon[-1], lat[-1])
            assert row["azimuth_deg"] == pytest.approx(azimuth % 180, abs=1e-3)
            assert row["sinuosity"] == pytest.approx(row["length_km"] / (2 * metres / 1000))
            assert row["area_km2"] == pytest.approx(abs(GEOD.geometry_area_perimeter(item.footprint)[0]) / 1e6, rel=1e-6)  # fmt: skip
            assert row["gap_km"] == pytest.approx(_gap_by_geodesics(item), abs=0.15)
    assert seen >= 7
    for name in BANDED:
        low, central, high = (every.corridors[f"{name}{end}"] for end in ("_low", "", "_high"))
        known = central.notna()
        assert ((low <= central + 1e-9) & (central <= high + 1e-9))[known].all(), name


def _gap_by_geodesics(item):
    """The nearest place on a densely sampled axis by geodesic distances: nothing is projected."""
    lon, lat = (np.asarray(v) for v in item.axis.xy)
    steps = GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2]
    stops = np.concatenate([[0], np.cumsum(steps)])
    metres = np.arange(0, stops[-1], 50.0)
    px, py = np.interp(metres, stops, lon), np.interp(metres, stops, lat)
    cores, nodes = members_of(item)
    places = [shapely.centroid(m.geometry) for m in (*cores, *nodes) if m.geometry is not None]
    chainage = []
    for p in places:
        away = GEOD.inv(px, py, np.full(len(px), p.x), np.full(len(px), p.y))[2]
        chainage.append(metres[int(np.argmin(away))] / 1000)
    return float(np.diff(np.sort(chainage)).max())


def test_claims_are_counted_as_the_audit_judges_them(every):
    for layout in every.compared:
        table = geo.audit(layout)
        claims = table[table["type"] == "claim"]
        row = every.layouts.set_index("layout").loc[layout.id]
        for verdict, column in (("agrees", "claims_agrees"), ("within-band", "claims_within_band"), ("differs", "claims_differs")):  # fmt: skip
            assert row[column] == (claims["verdict"] == verdict).sum()
        assert row["claims"] == len(claims)
        checks = table[table["type"] == "check"]
        assert (row["checks"], row["checks_differs"]) == (
            len(checks),
            (checks["verdict"] == "differs").sum(),
        )
        assert row["claims_not_measured"] == len(claims) - claims["verdict"].isin(["agrees", "within-band", "differs"]).sum()  # fmt: skip
        assert row["share_claims_measured"] == pytest.approx(1 - row["claims_not_measured"] / len(claims))  # fmt: skip


def test_shared_area_counts_once_and_a_ring_can_be_widened(every, wuhan):
    rows = every.layouts.set_index("layout")
    own = every.corridors[(every.corridors["layout"] == "wuhan") & (every.corridors["kind"] == "corridor")]  # fmt: skip
    whole = rows.loc["wuhan"]
    assert whole["length_km"] == pytest.approx(own["length_km"].sum())
    shapes = [i.planar_footprint for i in wuhan.of_layer("corridor")]
    assert whole["area_km2"] == pytest.approx(shapely.union_all(shapes).area / 1e6)
    assert whole["gap_km"] == pytest.approx(own["gap_km"].max())
    wider = compare_layouts([wuhan], ring_km=5.0).layouts.iloc[0]
    assert wider["footprints_km2"] > whole["footprints_km2"]
    assert wider["area_km2"] == whole["area_km2"]
    listed = {n for i in wuhan.of_layer("corridor") for n in i.properties.nodes}
    assert whole["nodes"] == len(listed - {n for i in wuhan.of_layer("corridor") for n in i.properties.cores})  # fmt: skip


def test_what_it_says_of_itself(every):
    for lang in ("zh", "en"):
        assert len(every.provenance.says(lang)) > 100
    assert every.provenance.parameters["layouts"] == list(geo.layouts())
    assert every.provenance.crs.count("Lambert Azimuthal Equal Area") == 4


BENDS = st.lists(st.tuples(st.floats(-30, 30), st.floats(-30, 30)), min_size=2, max_size=6)
CRS = laea(*START)


@settings(max_examples=60, deadline=None)
@given(BENDS, st.floats(0.1, 3.0), st.integers(0, 2**31))
def test_no_axis_moved_within_its_error_leaves_its_bands(bends, err, seed):
    xy = np.array(bends) * 1000
    if (np.hypot(*np.diff(xy, axis=0).T) < 1).any():
        return
    axis = geo.measure.unproject(LineString(xy), CRS)
    found = axis_bands(axis, err * 1000)
    assert legs_km(axis, err * 1000).sum() == pytest.approx(found.length_km[1])
    simple = shapely.get_coordinates(shapely.simplify(LineString(xy), err * 1000, preserve_topology=False))  # fmt: skip
    at = [int(np.flatnonzero((xy == v).all(axis=1))[0]) for v in simple[:-1]] + [len(xy) - 1]
    if sorted(set(at)) != at or len(at) - 1 != found.legs:
        return
    rng = np.random.default_rng(seed)
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    for _ in range(8):
        angle = rng.uniform(0, 2 * math.pi, len(at))
        away = err * 1000 * rng.choice([1.0, rng.uniform()], len(at))
        knots = np.column_stack([away * np.cos(angle), away * np.sin(angle)])
        shift = np.column_stack([np.interp(along, along[at], knots[:, k]) for k in (0, 1)])
        moved = xy + shift
        length = np.hypot(*np.diff(moved, axis=0).T).sum() / 1000
        straight = float(np.hypot(*(moved[-1] - moved[0]))) / 1000
        slack = 1e-3 * (1 + length)
        assert found.length_km[0] - slack <= length <= found.length_km[2] + slack
        assert found.straight_km[0] - slack <= straight <= found.straight_km[2] + slack
        if straight > 1 and found.straight_km[0] > 1:
            ratio = length / straight
            assert found.sinuosity[0] - 1e-2 <= ratio <= found.sinuosity[2] * 1.01
            dx, dy = moved[-1] - moved[0]
            azimuth = math.degrees(math.atan2(dx, dy))
            off = (azimuth - found.azimuth_deg[1] + 90) % 180 - 90
            assert abs(off) <= found.azimuth_deg[2] - found.azimuth_deg[1] + 0.5


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-5, 65), st.floats(-8, 8), st.floats(0, 4)), min_size=2, max_size=7),
    st.booleans(), st.integers(0, 2**31),
)  # fmt: skip
def test_no_places_moved_within_their_errors_leave_the_band_of_the_gap(places, bent, seed):
    vertices = [(0, 0), (30, 0), (50, 15)] if bent else [(0, 0), (60, 0)]
    axis = LineString(np.array(vertices) * 1000.0)
    route = Route("", "", "", axis, CRS, [(0.0, 1e7)], 0.0)
    xy, err = np.array([p[:2] for p in places]) * 1000, np.array([p[2] for p in places]) * 1000
    gap = neighbour_gap(route, xy, err)
    central = np.diff(np.sort(shapely.line_locate_point(axis, shapely.points(xy)))).max() / 1000
    assert gap.length_km[1] == pytest.approx(central)
    rng = np.random.default_rng(seed)
    for _ in range(12):
        angle = rng.uniform(0, 2 * math.pi, len(xy))
        moved = xy + (err * rng.choice([1.0, 0.5], len(xy)))[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])  # fmt: skip
        own = np.diff(np.sort(shapely.line_locate_point(axis, shapely.points(moved)))).max() / 1000
        assert gap.length_km[0] - 1e-6 <= own <= gap.length_km[2] + 1e-6


def test_one_place_has_no_neighbour():
    route = Route("", "", "", LineString([(0, 0), (1e4, 0)]), CRS, [(0.0, 1e7)], 0.0)
    assert neighbour_gap(route, np.zeros((1, 2)), np.zeros(1)) is None


def test_plane_figures_are_as_long_as_what_they_show_and_turning_keeps_that(every):
    shapes = axis_shapes(every.compared)
    rows = every.corridors.set_index(["layout", "corridor"])
    assert [s.key for s in shapes] == [f"{a}/{b}" for a, b in rows.index]
    for shape in shapes:
        row = rows.loc[(shape.layout, shape.id)]
        assert shape.axis.length == pytest.approx(row["length_km"], rel=2e-4)
        assert shape.footprint.area == pytest.approx(row["area_km2"], rel=5e-3)
        assert shapely.line_interpolate_point(shape.axis, 0.5, normalized=True).coords[0] == pytest.approx((0, 0), abs=1e-3)  # fmt: skip
        dx, dy = shape.ends[1] - shape.ends[0]
        off = (math.degrees(math.atan2(dx, dy)) - row["azimuth_deg"] + 90) % 180 - 90
        assert abs(off) < 0.2
        turned = shape.turned()
        assert turned.axis.length == pytest.approx(shape.axis.length, rel=1e-12)
        assert turned.footprint.area == pytest.approx(shape.footprint.area, rel=1e-12)
        assert turned.ends[1][1] == pytest.approx(turned.ends[0][1], abs=1e-9)
        assert turned.ends[1][0] > turned.ends[0][0]
    some = axis_shapes(every.compared, {shapes[1].key})
    assert [s.key for s in some] == [shapes[1].key]


@settings(max_examples=40, deadline=None)
@given(BENDS, BENDS)
def test_turning_keeps_all_distances(bends, more):
    from geo.analysis.axis_shapes import AxisShape

    axis, area = LineString(bends), shapely.MultiPoint(more).convex_hull
    shape = AxisShape("a", "b", "", "", "", "", "", axis, area)
    turned = shape.turned()
    before, after = (np.vstack([shapely.get_coordinates(s.axis), shapely.get_coordinates(s.footprint)]) for s in (shape, turned))  # fmt: skip
    apart = [np.hypot(*(v[:, None] - v[None]).transpose(2, 0, 1)) for v in (before, after)]
    assert np.allclose(*apart, atol=1e-9)


def test_published_figures_are_converted_and_named():
    table = published_corridors()
    assert len(table) >= 10
    assert (table[["length_km", "width_km", "area_km2"]].notna().sum(axis=1) == 1).all()
    assert table["source"].str.startswith("http").all()
    valley = table[table["id"] == "silicon-valley"]
    assert valley["length_km"].dropna().iloc[0] == pytest.approx(30 * 1.609344)
    assert valley["area_km2"].dropna().iloc[0] == pytest.approx(1854 * 1.609344**2)
    assert not set(table["id"]) & set(geo.layouts())


def test_a_belt_is_compared_too(every):
    belt = BeltProperties(id="box", name_zh="带", name_en="Box", kind="oriented-belt", layer="belt", azimuth_deg=200.0, length_km=80.0, width_km=20.0, err_m=1000.0, seats=("a", "b"), **COMMON)  # fmt: skip
    layout = made_up(Feature(belt, Point(START)), node("a", at(30, 20.0)), node("b", at(10, 200.0)))
    row = compare_layouts([layout]).corridors.iloc[0]
    assert three(row, "length_km") == pytest.approx([78, 80, 82], abs=1e-3)
    assert three(row, "width_km") == pytest.approx([18, 20, 22])
    assert row["azimuth_deg"] == pytest.approx(20, abs=1e-3)
    assert three(row, "sinuosity") == pytest.approx([1, 1, 1], abs=1e-5)
    assert three(row, "gap_km") == pytest.approx([36, 40, 44], abs=0.01)
    assert math.isnan(row["cores"])
