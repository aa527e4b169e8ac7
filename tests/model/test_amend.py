from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString

from geo.errors import LayoutError
from geo.measure import length_km
from geo.model.amend import belt_changes, belt_of, handles_of, redrawn, with_change, without
from geo.model.scenario import Scenario, apply_scenario

OPTICS, VALLEY = "optics-valley-corridor", "robot-valley"
GEOD = Geod(ellps="WGS84")


def scenario(*changes):
    return Scenario.of({"id": "try", "name_zh": "试", "name_en": "Try", "base": "wuhan", "changes": changes})  # fmt: skip


def change(**data):
    return scenario(data).changes[0]


def grown(wuhan, *changes):
    own = scenario()
    for data in changes:
        own = with_change(wuhan, own, change(**data))
    return own


def kinds(own):
    return [(c.do, c.feature) for c in own.changes]


def test_a_thing_done_again_is_one_change(wuhan):
    own = grown(
        wuhan,
        {"do": "widen", "feature": OPTICS, "width_km": 3},
        {"do": "widen", "feature": OPTICS, "width_km": 4},
        {"do": "axis", "feature": OPTICS, "coordinates": [[114, 30], [115, 30]]},
        {"do": "axis", "feature": OPTICS, "coordinates": [[114, 30], [115, 31]]},
        {"do": "widen", "feature": OPTICS, "width_km": 5},
    )
    assert kinds(own) == [("widen", OPTICS), ("axis", OPTICS), ("widen", OPTICS)]
    assert own.changes[0].width_km == 4
    assert own.changes[1].coordinates == ((114, 30), (115, 31))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from(["turn", "move", "widen", "lengthen"]), min_size=1, max_size=8),
    st.randoms(),
)
def test_a_belt_joins_changes_to_the_same_belt(wuhan, does, random):
    changes = []
    for do in does:
        more = {
            "turn": {"by_deg": random.choice([-40.0, 10.0, 75.5])},
            "move": {"by_km": random.choice([3.0, 12.0]), "azimuth_deg": random.choice([0.0, 70.0, 250.0])},
            "widen": {"width_km": random.choice([10.0, 25.0])},
            "lengthen": {"length_km": random.choice([80.0, 140.0])},
        }[do]  # fmt: skip
        changes.append({"do": do, "feature": VALLEY} | more)
    joined = grown(wuhan, *changes)
    assert len(joined.changes) <= len(set(does))
    one, all_ = (belt_of(apply_scenario(wuhan, s)[VALLEY]) for s in (joined, scenario(*changes)))
    assert GEOD.inv(one.lon, one.lat, all_.lon, all_.lat)[2] < 3
    apart = (one.azimuth_deg - all_.azimuth_deg + 90) % 180 - 90
    assert abs(apart) < 1e-6
    assert (one.length_km, one.width_km) == (all_.length_km, all_.width_km)


def test_a_belt_turned_back_and_moved_back_is_not_changed(wuhan):
    own = grown(wuhan, {"do": "turn", "feature": VALLEY, "by_deg": 20}, {"do": "turn", "feature": VALLEY, "by_deg": -20})  # fmt: skip
    assert own.changes == ()
    belt = belt_of(wuhan[VALLEY])
    lon, lat, _ = GEOD.fwd(belt.lon, belt.lat, 33, 9000)
    own = scenario()
    for place in ((lon, lat), (belt.lon, belt.lat)):
        here = belt_of(apply_scenario(wuhan, own)[VALLEY])
        for one in belt_changes(VALLEY, here, *place, here.azimuth_deg):
            own = with_change(wuhan, own, one)
    # A millimetre of rounding may be left, which is no change.
    assert all(c.by_km < 0.003 for c in own.changes)


@pytest.mark.parametrize("azimuth", [0.0, 31.0, 95.0, 179.5])
@pytest.mark.parametrize(("km", "towards"), [(0, 0), (7.5, 120), (60, 300)])
def test_a_belt_goes_where_it_was_dragged(wuhan, azimuth, km, towards):
    belt = belt_of(wuhan[VALLEY])
    lon, lat, _ = GEOD.fwd(belt.lon, belt.lat, towards, km * 1000)
    own = scenario()
    for one in belt_changes(VALLEY, belt, lon, lat, azimuth):
        own = with_change(wuhan, own, one)
    there = belt_of(apply_scenario(wuhan, own)[VALLEY])
    assert GEOD.inv(there.lon, there.lat, lon, lat)[2] < 2 + 1e-4 * km * 1000
    assert abs((there.azimuth_deg - azimuth + 90) % 180 - 90) <= 0.0051


def test_a_new_node_is_put_elsewhere_and_taken_out(wuhan):
    add = {"do": "add-node", "feature": "new", "name_zh": "新", "name_en": "New", "kind": "incubator", "lon": 114.3, "lat": 30.5, "err_m": 20}  # fmt: skip
    own = grown(wuhan, add, {"do": "place", "feature": "new", "lon": 114.4, "lat": 30.6})
    assert kinds(own) == [("add-node", "new")]
    assert (own.changes[0].lon, own.changes[0].lat, own.changes[0].err_m) == (114.4, 30.6, 20)
    own = with_change(wuhan, own, change(do="move", feature="new", by_km=1, azimuth_deg=0))
    with pytest.raises(LayoutError, match="no feature 'new'"):
        without(wuhan, own, 1)
    assert kinds(without(wuhan, own, 2)) == [("add-node", "new")]
    with pytest.raises(LayoutError, match="no change 3"):
        without(wuhan, own, 3)


def wave(n):
    t = np.linspace(0, 1, n)
    return LineString(np.column_stack([114 + t, 30.5 + 0.1 * np.sin(9 * t) + 0.002 * np.sin(400 * t)]))  # fmt: skip


def test_handles_are_few_vertices_of_the_line():
    line = wave(3000)
    few = handles_of(line, 40)
    own = {tuple(c) for c in line.coords}
    assert 20 <= len(few.coords) <= 40
    assert set(few.coords) <= own
    assert (few.coords[0], few.coords[-1]) == (line.coords[0], line.coords[-1])
    short = wave(12)
    assert handles_of(short) is short
    # No vertices of this number lie nearer, within what the choice of Douglas and Peucker can.
    assert few.hausdorff_distance(line) < 0.01


def rounded(line):
    return [[round(x, 6), round(y, 6)] for x, y in line.coords]


def test_what_is_not_touched_stays_exact():
    line = wave(3000)
    few = handles_of(line, 30)
    assert redrawn(line, few, rounded(few)).equals(line)
    drawn = rounded(few)
    drawn[10] = [drawn[10][0], drawn[10][1] + 0.05]
    new = redrawn(line, few, drawn)
    at = [list(line.coords).index(few.coords[k]) for k in (9, 11)]
    assert new.coords[: at[0] + 1] == line.coords[: at[0] + 1]
    assert new.coords[-(3000 - at[1]) :] == line.coords[at[1] :]
    assert new.coords[at[0] + 1] == tuple(drawn[10])
    assert len(new.coords) == at[0] + 1 + 1 + 3000 - at[1]


def test_vertices_are_added_and_removed():
    line = LineString([(114, 30), (114.1, 30.1), (114.2, 30), (114.3, 30.2)])
    assert redrawn(line, line, [[114, 30], [114.2, 30], [114.3, 30.2]]).equals(LineString([(114, 30), (114.2, 30), (114.3, 30.2)]))  # fmt: skip
    more = [[114, 30], [114.05, 30.3], *[list(c) for c in line.coords[1:]]]
    assert redrawn(line, line, more).equals(LineString(more))
    with pytest.raises(LayoutError, match="two places"):
        redrawn(line, line, [[114, 30], [114, 30]])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_short_line_becomes_just_what_is_drawn(data):
    number = st.floats(-0.5, 0.5).map(lambda v: round(v, 6))
    places = st.lists(st.tuples(number, number), min_size=2, max_size=7, unique=True)
    line = LineString(data.draw(places))
    drawn = data.draw(places)
    new = redrawn(line, line, drawn)
    # Every vertex of a short line is a handle: nothing hides between them.
    np.testing.assert_array_equal(shapely.get_coordinates(new), np.array(drawn))
    assert math.isclose(
        length_km(new), GEOD.geometry_length(LineString(drawn)) / 1000, rel_tol=1e-9
    )
