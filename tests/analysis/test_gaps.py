from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import geo
from geo.analysis.areas import outside
from geo.analysis.changes import CHANGES, changed_footprint, least_change
from geo.analysis.footprints import Footprint, footprints_of
from geo.analysis.gaps import gaps
from geo.errors import PointsError
from geo.measure import distance_km, laea, project_points, unproject
from geo.model.belt import Belt
from geo.model.corridor import Corridor

CRS = laea(114.0, 30.0)


class Item:
    def __init__(self, shape):
        self.shape = shape


class Plan:
    """As much of a layout as a change looks at."""

    def __init__(self, **items):
        self.items, self.crs, self.id = items, CRS, "plan"
        self.meta = type("Meta", (), {"campus_rings": None})

    def __contains__(self, name):
        return name in self.items

    def __getitem__(self, name):
        return Item(self.items[name])


def footprint(name, shape, err=0.0, kind="core"):
    inner, outer = (shape.buffer(d, quad_segs=32) for d in (-err, err))
    return Footprint(name, name, name, kind, "zone", "illustrative", err, shape, inner, outer, "x", "low", CRS)  # fmt: skip


def lonlat(x, y):
    at = unproject(shapely.Point(x, y), CRS)
    return at.x, at.y


def axis(*xy):
    return unproject(shapely.LineString(xy), CRS)


def of(shape, name="a"):
    """The planar footprint of a corridor or belt, and the plan that has it."""
    from geo.measure import project

    return Plan(**{name: shape}), footprint(name, project(shape.footprint, CRS))


def test_by_hand_on_a_straight_corridor():
    plan, own = of(Corridor.constant(axis((0, 0), (10_000, 0)), 4.0, CRS))
    # 3 km from the axis of a corridor 4 km wide: one km on either side.
    beside = least_change(plan, own, *lonlat(6000, 3000))
    assert beside["change"] == "widen"
    assert beside["widen_km"] == pytest.approx(2.0, abs=5e-3)
    assert (beside["chainage_km"], beside["offset_km"]) == pytest.approx((6, -3))
    # On the axis, 5 km beyond the end, of which the round end covers 2.
    beyond = least_change(plan, own, *lonlat(15_000, 0))
    assert (beyond["change"], beyond["end"]) == ("extend", "end")
    assert beyond["extend_km"] == pytest.approx(3.0, abs=3e-3)
    before = least_change(plan, own, *lonlat(-5000, 1200))
    assert (before["change"], before["end"]) == ("extend", "start")
    assert before["extend_km"] == pytest.approx(5 - 1.6, abs=3e-3)
    far = least_change(plan, own, *lonlat(12_000, 3000))
    assert (far["change"], far["extend_km"]) == ("extend-widen", pytest.approx(2))
    assert far["widen_km"] == pytest.approx(2.0, abs=5e-3)


def test_by_hand_on_a_belt_and_a_disc():
    plan, own = of(Belt(114.0, 30.0, 90.0, 20.0, 8.0))
    north = least_change(plan, own, *lonlat(1000, 9000))
    assert (north["change"], north["move_km"]) == ("move", pytest.approx(5.001, abs=2e-3))
    assert min(north["azimuth_deg"], 360 - north["azimuth_deg"]) < 1e-6
    corner = least_change(plan, own, *lonlat(13_000, 8000))
    assert corner["move_km"] == pytest.approx(5.0, abs=5e-3)
    assert corner["azimuth_deg"] == pytest.approx(np.degrees(np.arctan2(3, 4)), abs=0.1)
    disc = footprint("d", shapely.Point(0, 0).buffer(2000, quad_segs=64))
    move = least_change(Plan(), disc, *lonlat(-5000, 0))
    assert move["move_km"] == pytest.approx(3.0, abs=5e-3)
    assert move["azimuth_deg"] == pytest.approx(270, abs=0.05)
    assert distance_km(*lonlat(0, 0), move["to_lon"], move["to_lat"]) == pytest.approx(move["move_km"])  # fmt: skip


def random_footprint(rng):
    kind = rng.choice(["corridor", "tapered", "belt", "polygon"])
    if kind == "belt":
        at = lonlat(*rng.uniform(-30_000, 30_000, 2))
        return of(Belt(*at, rng.uniform(0, 180), rng.uniform(5, 150), rng.uniform(1, 30)))
    turn = np.cumsum(rng.uniform(-1.2, 1.2, 5))
    steps = np.column_stack([np.cos(turn), np.sin(turn)]) * rng.uniform(500, 9000, 5)[:, None]
    line = np.vstack([[0, 0], np.cumsum(steps, axis=0)])
    if kind == "polygon":
        return Plan(), footprint("p", shapely.LineString(line).buffer(800, cap_style="flat").buffer(0))  # fmt: skip
    size = shapely.LineString(line).length / 1000
    widths = [(0.0, rng.uniform(0.5, 8))]
    if kind == "tapered":
        stops = np.sort(rng.uniform(0, size, 4))
        widths = list(zip(stops.tolist(), rng.uniform(0.5, 8, 4).tolist(), strict=True))
    return of(Corridor(axis(*line), widths, CRS))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 100_000))
def test_every_change_takes_the_place_in(seed):
    rng = np.random.default_rng(seed)
    plan, own = random_footprint(rng)
    west, south, east, north = own.shape.bounds
    tried = 0
    for x, y in rng.uniform(
        [west - 15_000, south - 15_000], [east + 15_000, north + 15_000], (8, 2)
    ):
        at = lonlat(x, y)
        if own.shape.intersects(shapely.Point(x, y)):
            continue
        tried += 1
        change = least_change(plan, own, *at)
        after = changed_footprint(plan, own, change)
        assert after.intersects(shapely.Point(project_points(*at, CRS)[0])), change
        # Nothing is needed beyond what is far off: no change is larger than the distance asks for.
        away = own.shape.distance(shapely.Point(x, y)) / 1000
        if change["change"] in ("move", "extend"):
            amount = change["move_km"] if change["change"] == "move" else change["extend_km"]
            assert amount >= away * (1 - 3e-3) - 1e-3
        if change["change"] == "move":
            assert change["move_km"] <= away * 1.02 + 0.05
    assert tried or own.shape.area > 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 100_000))
def test_a_little_less_would_not_do(seed):
    """The changes are the least ones: with 20 m less the place stays outside."""
    rng = np.random.default_rng(seed)
    line = [(0, 0), (rng.uniform(2000, 20_000), 0)]
    plan, own = of(Corridor.constant(axis(*line), rng.uniform(1, 6), CRS))
    x, y = rng.uniform([-12_000, -12_000], [line[1][0] + 12_000, 12_000])
    point = shapely.Point(x, y)
    if own.shape.distance(point) < 50 or 0.9 < abs(y) / (own.shape.bounds[3]) < 1.1:
        return  # nearly along the edge, a little aside is much along
    change = least_change(plan, own, *lonlat(x, y))
    for name in ("widen_km", "extend_km"):
        if change["change"] != "extend-widen" and change[name] > 0:
            less = change | {name: change[name] - 0.02 - 1e-3 * abs(y) / 1000}
            assert not changed_footprint(plan, own, less).intersects(point)


@pytest.mark.long
def test_every_row_of_the_layout_can_be_taken_in(wuhan, units):
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform([112.5, 29.0], [116.5, 32.0], (30, 2)).T
    points = pd.DataFrame({"lon": lon, "lat": lat, "w": rng.uniform(1, 9, 30)})
    for without in (
        (),
        ("robot-valley",),
        ("robot-valley", "campus-rings", "junshan-university-belt"),
    ):
        own = [f for f in footprints_of(wuhan) if f.id not in without]
        found = gaps(points, wuhan, units=units, footprints=own, weight="w", top=400, datum="wgs84")
        by_id = {f.id: f for f in own}
        kinds = set()
        units_out = found.by_unit[found.by_unit["change"] != ""]
        for row in [*found.by_point.to_dict("records"), *units_out.to_dict("records")]:
            place = shapely.Point(project_points(row["lon"], row["lat"], wuhan.crs)[0])
            after = changed_footprint(wuhan, by_id[row["footprint"]], row)
            assert after.intersects(place), row
            assert row["distance_km"] == pytest.approx(min(f.shape.distance(place) for f in own) / 1000, abs=1e-5)  # fmt: skip
            kinds.add(row["change"])
    assert {"widen", "extend", "move", "ring"} & kinds


def test_the_ring_as_wide_as_it_was_asked_for(wuhan):
    own = [f for f in footprints_of(wuhan, ring_km=2.5) if f.id == "campus-rings"]
    campus = own[0].shape.bounds
    at = unproject(shapely.Point(campus[0] - 4000, (campus[1] + campus[3]) / 2), wuhan.crs)
    change = least_change(wuhan, own[0], at.x, at.y)
    place = shapely.Point(project_points(at.x, at.y, wuhan.crs)[0])
    assert changed_footprint(wuhan, own[0], change).intersects(place)
    assert change["widen_km"] == pytest.approx(own[0].shape.distance(place) / 1000, abs=0.01)


def test_counts_are_those_of_coverage_and_areas_those_of_outside(wuhan, units):
    rng = np.random.default_rng(8)
    lon, lat = rng.uniform([113.0, 29.5], [115.8, 31.4], (3000, 2)).T
    points = pd.DataFrame(
        {"lon": lon, "lat": lat, "w": rng.uniform(-1, 9, 3000), "k": rng.choice(["a", "b"], 3000), "err_m": rng.choice([0, 800], 3000)}
    )  # fmt: skip
    found = gaps(points, wuhan, units=units, weight="w", by="k", datum="wgs84")
    none = geo.coverage(points, wuhan, weight="w", datum="wgs84").totals.set_index("where").loc["none"]  # fmt: skip
    total = found.totals[found.totals["where"] == "none"]
    whole = total[total["by"] == ""].iloc[0]
    for name in ("count", "sum"):
        for end in ("_low", "", "_high"):
            assert whole[f"{name}{end}"] == pytest.approx(none[f"{name}{end}"])
    assert total[total["by"] != ""]["count"].sum() == whole["count"]
    assert found.by_unit["count"].sum() == whole["count"]
    assert found.by_unit["sum"].sum() == pytest.approx(whole["sum"])
    areas = outside(wuhan, units).query("scope == 'with-belt'").set_index("unit_id")
    own = found.by_unit[found.by_unit["unit_id"] != ""].set_index("unit_id")
    assert own["in_none_km2"].to_dict() == areas["in_none_km2"].to_dict()
    shares = own[own["total"] > 0]
    assert (shares["share_low"] <= shares["share"] + 1e-12).all()
    assert (shares["share"] <= shares["share_high"] + 1e-12).all()
    assert (shares["share"] == shares["count"] / shares["total"]).all()
    assert own["sum"].is_monotonic_decreasing


def test_a_boundary_case_of_units_by_hand(wuhan):
    a = footprint("a", shapely.box(0, 0, 4000, 4000), err=100)
    plan = geo.load_layout("wuhan")
    halves = [shapely.box(0, 0, 2000, 8000), shapely.box(2000, 0, 9000, 8000)]
    units = gpd.GeoDataFrame(
        {"adcode": ["1", "2"], "name_zh": ["甲", "乙"], "name_en": ["A", "B"], "source": ""},
        geometry=[unproject(h, plan.crs) for h in halves], crs=4326,
    )  # fmt: skip
    moved = Footprint(**{**a.__dict__, "crs": plan.crs})
    at = shapely.get_coordinates(unproject(shapely.points([[1000, 3950], [1000, 6000], [3000, 4150], [1990, 6100]]), plan.crs))  # fmt: skip
    points = pd.DataFrame({"lon": at[:, 0], "lat": at[:, 1], "err_m": [0, 0, 60, 20.0]})
    found = gaps(points, plan, units=units, footprints=[moved], datum="wgs84")
    own = found.by_unit.set_index("unit_id")
    assert own.loc["1", ["count_low", "count", "count_high"]].tolist() == [1, 2, 3]
    assert own.loc["2", ["count_low", "count", "count_high"]].tolist() == [0, 1, 2]
    assert own.loc["1", "in_none_km2"] == pytest.approx(8, rel=1e-4)
    assert found.by_point["sure"].tolist() == [False, True, True]
    assert found.by_point["distance_km"].tolist() == pytest.approx([0.15, 2.0, 2.1], abs=1e-3)
    assert found.by_point["distance_km_low"].tolist() == pytest.approx([0, 1.9, 1.98], abs=1e-3)


def test_rankings_nodes_and_columns(wuhan):
    lon = [112.9, 112.5, 112.7]
    points = pd.DataFrame(
        {"lon": lon, "lat": [30.5] * 3, "w": [2.0, 5, 5], "name": ["x", "y", "z"]}
    )
    heavy = gaps(points, wuhan, weight="w", columns=["name"], datum="wgs84").by_point
    assert heavy["name"].tolist() == ["z", "y", "x"]
    near = gaps(points, wuhan, weight="w", rank="distance", top=2, columns=["name"], datum="wgs84").by_point  # fmt: skip
    assert near["name"].tolist() == ["x", "z"]
    assert near["distance_km"].is_monotonic_increasing
    nodes = gaps(None, wuhan, top=1000)
    frame = wuhan.nodes
    shapes = shapely.union_all([f.footprint for f in wuhan if f.footprint is not None])
    rings = shapely.union_all([shapes, *wuhan.rings().geometry])
    left = frame[~shapely.intersects(rings, frame.geometry.to_numpy())]
    assert set(nodes.by_point["id"]) == set(left["id"])
    assert nodes.by_unit.empty
    assert set(CHANGES) <= set(nodes.by_point.columns)
    for options, message in [({"rank": "size"}, "weight or distance"), ({"top": -1}, "top is -1"), ({"footprints": []}, "no footprints")]:  # fmt: skip
        with pytest.raises(PointsError, match=message):
            gaps(points, wuhan, datum="wgs84", **options)


def test_nobody_left_out_and_nobody_at_all(wuhan, units):
    at = wuhan["robot-valley"].geometry
    inside = gaps(pd.DataFrame({"lon": [at.x], "lat": [at.y]}), wuhan, units=units, datum="wgs84")
    assert inside.by_point.empty
    assert inside.totals["count"].tolist() == [0, 1]
    nobody = gaps(pd.DataFrame({"lon": [0.0], "lat": [95.0]}), wuhan, units=units, datum="wgs84")
    assert nobody.by_point.empty
    assert nobody.totals["count"].tolist() == [0, 0]
    assert nobody.by_unit["share"].isna().all()


def test_the_nearest_footprint_is_the_one_that_shapely_finds(wuhan):
    from geo.analysis.gaps import _nearest

    rng = np.random.default_rng(4)
    own = footprints_of(wuhan)
    xy = rng.uniform(-150_000, 150_000, (300, 2))
    which, away = _nearest(own, xy)
    every = np.array([shapely.distance(f.shape, shapely.points(xy)) for f in own])
    assert away == pytest.approx(every.min(axis=0), abs=1e-6)
    assert which.tolist() == every.argmin(axis=0).tolist()


def test_rings_narrower_than_their_error_have_an_empty_core(wuhan):
    # All campuses are known to some 500 m: no place is surely within a ring of 200 m.
    points = wuhan.nodes[wuhan.nodes["tier"] == "university"]
    found = (
        geo.coverage(points, wuhan, ring_km=0.2).table.set_index("footprint").loc["campus-rings"]
    )
    assert found["count_low"] == 0
    assert found["count"] > 0
    assert len(gaps(points, wuhan, ring_km=0.2).totals) > 0
