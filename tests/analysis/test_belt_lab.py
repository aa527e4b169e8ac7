from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import geo
from geo.analysis.belt_azimuths import azimuth_scale, belt_over_seats
from geo.analysis.belt_lab import BELT_ID, belt_lab, belt_scenario, oriented_belt_of
from geo.analysis.cloud import cloud_of
from geo.errors import LayoutError, PointsError
from geo.measure import area_km2, distance_km, project, signed_distance, unproject
from geo.model.belt import Belt, azimuths_that_hold, most_held

VALLEY = Belt(114.5001, 30.5708, 121.57, 150, 30)


@pytest.fixture(scope="module")
def points(wuhan):
    rng = np.random.default_rng(5)
    n = 3000
    return pd.DataFrame(
        {
            "lon": rng.uniform(113.5, 115.5, n), "lat": rng.uniform(29.9, 31.2, n),
            "kind": rng.choice(["a", "b", "c"], n), "size": rng.integers(1, 90, n),
            "err_m": rng.choice([0.0, 250.0, 4000.0], n),
        }
    )  # fmt: skip


def test_the_robot_valley_by_both_sources_of_boundaries(wuhan):
    amap = geo.read_units(wuhan, "city", source="amap")
    lab = belt_lab(VALLEY, wuhan, units=amap, belt_err_m=500)
    row = lab.summary.iloc[0]
    assert (row["seats_held"], row["seats"]) == (5, 5)
    assert row["slack_along_km"] == pytest.approx(20.0, abs=0.05)
    assert row["slack_across_km"] == pytest.approx(14.6, abs=0.05)
    assert row["area_km2"] == pytest.approx(area_km2(VALLEY.footprint))
    assert row["area_km2"] == pytest.approx(4500, rel=1e-6)
    areas = dict(zip(lab.units["unit_zh"], lab.units["area_km2"].round(), strict=True))
    assert areas == {"武汉市": 1910, "鄂州市": 1064, "孝感市": 786, "黄冈市": 440, "黄石市": 300}
    tianditu = belt_lab(VALLEY, wuhan, units=geo.read_units(wuhan, "city", source="tianditu")).units
    other = dict(zip(tianditu["unit_zh"], tianditu["area_km2"].round(), strict=True))
    assert other == {"武汉市": 1910, "鄂州市": 1064, "孝感市": 787, "黄冈市": 439, "黄石市": 300}
    assert lab.units["area_km2"].sum() == pytest.approx(4500, abs=0.01)


def test_due_east_west_it_holds_three_at_most(wuhan, seats):
    scale = azimuth_scale(*seats, 150, 30)
    assert scale.table.set_index("azimuth_deg")["held"][90.0] == 3
    ((start, stop),) = scale.ranges
    assert (start, stop) == (pytest.approx(114.2, abs=0.05), pytest.approx(137.6, abs=0.05))
    held, belt = most_held(*seats, 90, 150, 30)
    lab = belt_lab(belt, wuhan)
    assert held == 3 == lab.summary["seats_held"].iloc[0] == lab.seats["central"].sum()


def test_counts_are_those_of_the_other_functions_for_the_layouts_own_belt(wuhan, units, points):
    item = wuhan["robot-valley"]
    lab = belt_lab(item.shape, wuhan, points, units=units, belt_err_m=item.err_m, by="kind", weight="size", datum="wgs84")  # fmt: skip
    table = geo.coverage(points, wuhan, by="kind", weight="size", datum="wgs84").table
    own = table[table["footprint"] == "robot-valley"].reset_index(drop=True)
    counted = [c for c in own if c.startswith(("count", "share", "sum"))]
    pd.testing.assert_frame_equal(lab.points[["by", *counted]], own[["by", *counted]])
    assert (lab.points["count_low"] < lab.points["count"]).all()
    nodes = geo.node_counts(wuhan)
    nodes = nodes[nodes["footprint"] == "robot-valley"].reset_index(drop=True)
    kept = ["tier", "count_low", "count", "count_high", "located", "listed"]
    pd.testing.assert_frame_equal(lab.nodes[kept], nodes[kept])
    areas = geo.footprint_units(wuhan, units)
    areas = areas[areas["footprint"] == "robot-valley"].set_index("unit_id")["area_km2"]
    assert lab.units.set_index("unit_id")["area_km2"].to_dict() == pytest.approx(areas.to_dict())
    assert lab.units["area_km2"].is_monotonic_decreasing
    held = geo.seats_held(wuhan).set_index("seat")
    mine = lab.seats.set_index("seat")
    for column in ("along_km", "across_km"):
        assert mine[column].to_dict() == pytest.approx(held[column].to_dict())
    assert mine["depth_km"].to_dict() == pytest.approx(held["depth_km"].to_dict(), abs=0.02)
    assert (mine[["low", "central", "high"]] == held[["low", "central", "high"]]).all(axis=None)


belts = st.builds(
    Belt, st.floats(113.2, 116), st.floats(29.6, 31.4), st.floats(0, 180), st.floats(10, 250), st.floats(5, 90)
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(belts, st.sampled_from([0.0, 500.0]))
def test_any_belt_against_plain_shapely(wuhan, points, belt, err):
    lab = belt_lab(belt, wuhan, points, belt_err_m=err, datum="wgs84")
    row, summary = lab.points.iloc[0], lab.summary.iloc[0]
    shape = project(belt.footprint, wuhan.crs)
    at = shapely.points(
        shapely.get_coordinates(project(shapely.points(points["lon"], points["lat"]), wuhan.crs))
    )
    depth, reach = signed_distance(at, shape), err + points["err_m"].to_numpy()
    # Points within a metre of a limit may fall either way: plain shapely is no better there.
    for column, inside, limit in (
        ("count_low", depth > reach, depth - reach), ("count", depth >= 0, depth),
        ("count_high", depth >= -reach, depth + reach),
    ):  # fmt: skip
        assert abs(row[column] - inside.sum()) <= (np.abs(limit) < 1.0).sum()
    places = project(np.asarray(wuhan.seats.geometry), wuhan.crs)
    assert lab.seats["depth_km"].to_numpy() == pytest.approx(signed_distance(places, shape) / 1000, abs=0.05)  # fmt: skip
    assert summary["seats_held_low"] <= summary["seats_held"] <= summary["seats_held_high"]
    assert summary["area_km2_low"] <= summary["area_km2"] <= summary["area_km2_high"]
    assert summary["area_km2"] == pytest.approx(belt.area_km2, rel=1e-5)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(5, 200), st.floats(2, 60))
def test_the_scale_is_that_of_single_azimuths(seed, length, width):
    lon, lat = np.random.default_rng(seed).uniform((114, 30), (115.5, 31), (6, 2)).T
    scale = azimuth_scale(lon, lat, length, width, step_deg=15)
    for row in scale.table.to_dict("records"):
        assert row["held"] == most_held(lon, lat, row["azimuth_deg"], length, width)[0]
    assert scale.ranges == azimuths_that_hold(lon, lat, length, width)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(30, 200), st.floats(10, 120))
def test_a_belt_over_all_seats_holds_them_and_is_found_where_there_is_one(seed, length, width):
    lon, lat = np.random.default_rng(seed).uniform((114, 30), (115.5, 31), (5, 2)).T
    belt = belt_over_seats(lon, lat, length, width)
    wide = [(a, b) for a, b in azimuths_that_hold(lon, lat, length, width) if (b - a) % 180 > 0.1 or a == 0]  # fmt: skip
    if belt is None:
        assert not wide
    else:
        assert belt.holds(lon, lat).all()
        assert (belt.length_km, belt.width_km) == (length, width)


def test_a_belt_over_seats_that_span_no_rectangle():
    assert belt_over_seats([114.0, 114.5], [30.0, 30.0], 100, 10).holds([114.0, 114.5], [30, 30]).all()  # fmt: skip
    assert belt_over_seats([114.0], [30.0], 10, 1).holds([114.0], [30.0]).all()
    assert belt_over_seats([114.0, 116.0], [30.0, 30.0], 100, 10) is None
    assert azimuth_scale([], [], 10, 1).table["held"].sum() == 0


@settings(max_examples=25, deadline=None)
@given(st.floats(113.2, 116), st.floats(29.6, 31.4), st.floats(0, 179.9), st.floats(10, 250), st.floats(5, 90))  # fmt: skip
def test_the_scenario_makes_the_belt(wuhan, lon, lat, azimuth, length, width):
    belt = Belt(lon, lat, azimuth, length, width)
    found = geo.apply_scenario(wuhan, belt_scenario(wuhan, "robot-valley", belt))["robot-valley"]
    assert distance_km(found.shape.lon, found.shape.lat, lon, lat) < 1e-3
    turned = (found.shape.azimuth_deg - azimuth + 90) % 180 - 90
    assert abs(turned) < 1e-5
    assert (found.shape.length_km, found.shape.width_km) == (pytest.approx(length), pytest.approx(width))  # fmt: skip


def test_a_scenario_keeps_other_changes_and_says_what_is_wrong(wuhan):
    same = belt_scenario(wuhan, "robot-valley", wuhan["robot-valley"].shape)
    assert same.changes == ()
    first = geo.Scenario.of(
        {
            "id": "mine", "name_zh": "我的", "name_en": "mine", "base": "wuhan",
            "changes": [
                {"do": "widen", "feature": "optics-valley-corridor", "width_km": 3},
                {"do": "widen", "feature": "robot-valley", "width_km": 10},
            ],
        }
    )  # fmt: skip
    both = belt_scenario(wuhan, "robot-valley", Belt(114.5001, 30.5708, 121.57, 150, 20), onto=first)  # fmt: skip
    assert both.id == "mine"
    assert [(c.feature, c.width_km) for c in both.changes] == [("optics-valley-corridor", 3), ("robot-valley", 20)]  # fmt: skip
    for name in ("nothing", "optics-valley-corridor", "huake-university-belt"):
        with pytest.raises(LayoutError, match="no oriented belt"):
            belt_scenario(wuhan, name, VALLEY)
    assert oriented_belt_of(wuhan).id == "robot-valley"


def test_what_it_says_of_itself_and_nonsense(wuhan, points):
    cloud = cloud_of(points, by="kind", datum="wgs84")
    lab = belt_lab(VALLEY, wuhan, cloud, belt_err_m=500)
    assert lab.points["by"].tolist() == ["", "a", "b", "c"]
    assert "sum" not in lab.points
    assert lab.provenance.parameters["azimuth_deg"] == 121.57
    assert lab.provenance.points["rows"] == len(points)
    assert "误差" in lab.provenance.says("zh")
    assert set(lab.points["footprint"]) == {BELT_ID}
    without = belt_lab(VALLEY, wuhan)
    assert without.points.empty
    assert without.units.empty
    for err in (-1.0, math.nan):
        with pytest.raises(PointsError, match="belt_err_m"):
            belt_lab(VALLEY, wuhan, belt_err_m=err)
    # Far away nothing is held, and nothing breaks.
    far = belt_lab(Belt(10, 50, 20, 40, 9), wuhan, points, units=geo.read_units(wuhan, "city"), datum="wgs84")  # fmt: skip
    assert far.points["count_high"].iloc[0] == 0
    assert far.units["unit_id"].tolist() == [""]
    assert unproject(far.footprint.shape, wuhan.crs).is_valid
