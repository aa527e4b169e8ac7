from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point

from geo.model.shapes import axis_footprint, mean_width, merge_rings, skeleton_footprint, width_at


@given(st.floats(0.1, 20_000), st.floats(100, 8_000))
def test_a_straight_corridor_is_a_stadium(length, width):
    footprint = axis_footprint(LineString([(0, 0), (length, 0)]), [(0.0, width)])
    # Closed form: rectangle plus a disc.
    assert footprint.area == pytest.approx(length * width + math.pi * width**2 / 4, rel=1e-3)


def test_a_width_that_grows_is_a_tapered_capsule():
    length, r1, r2 = 10_000.0, 500.0, 1_500.0
    footprint = axis_footprint(LineString([(0, 0), (length, 0)]), [(0.0, 2 * r1), (length, 2 * r2)])
    # Hull of two discs: two tangent trapezia, and the parts of the discs beyond the tangents.
    a = math.asin((r2 - r1) / length)
    expected = (r1 + r2) * math.sqrt(length**2 - (r2 - r1) ** 2)
    expected += r1**2 * (math.pi / 2 - a) + r2**2 * (math.pi / 2 + a)
    assert footprint.area == pytest.approx(expected, rel=1e-3)


def test_every_point_of_a_profile_lies_within_half_the_width():
    axis = LineString([(0, 0), (4000, 500), (9000, -800)])
    widths = [(1000.0, 1000.0), (5000.0, 3000.0)]
    footprint = axis_footprint(axis, widths)
    for chainage in np.linspace(0, axis.length, 23):
        half = float(width_at(widths, np.array([chainage]))[0]) / 2
        assert footprint.covers(axis.interpolate(chainage).buffer(half * 0.99))


@settings(deadline=None)
@given(st.floats(0.05, 500), st.sampled_from(["point", "line", "cross"]))
def test_a_skeleton_gets_exactly_its_area(area_km2, kind):
    shapes = {
        "point": Point(10, 20),
        "line": LineString([(0, 0), (8000, 1000)]),
        "cross": MultiLineString([[(0, 0), (9000, 0)], [(4000, 3000), (4000, -3000)]]),
    }
    footprint = skeleton_footprint(shapes[kind], area_km2 * 1e6)
    assert footprint.area == pytest.approx(area_km2 * 1e6, rel=1e-6)
    assert footprint.covers(shapes[kind])


def test_a_one_sided_skeleton_stays_on_its_side():
    line = LineString([(0, 0), (0, 5000)])
    left, right = (skeleton_footprint(line, 10e6, side) for side in ("left", "right"))
    assert left.area == pytest.approx(10e6, rel=1e-6)
    assert left.bounds[0] == pytest.approx(-2000, abs=1)
    assert left.bounds[2] == pytest.approx(0, abs=1e-6)
    assert right.bounds[2] == pytest.approx(2000, abs=1)
    with pytest.raises(ValueError, match="needs a LineString"):
        skeleton_footprint(Point(0, 0), 1e6, "left")


def test_larger_areas_hold_smaller_ones():
    skeleton = MultiLineString([[(0, 0), (9000, 0)], [(4000, 3000), (4000, -3000)]])
    small, middle, large = (skeleton_footprint(skeleton, a * 1e6) for a in (100, 160, 260))
    assert middle.covers(small)
    assert large.covers(middle)


def test_mean_width_is_the_mean_along_the_axis():
    assert mean_width([(0, 4)], 100) == 4
    assert mean_width([(0, 0), (10, 10)], 20) == pytest.approx(7.5)
    assert mean_width([(5, 2), (30, 99)], 5) == pytest.approx(2)


@given(
    st.lists(st.tuples(st.floats(0, 20_000), st.floats(0, 20_000)), min_size=1, max_size=14),
    st.floats(300, 4000),
)
def test_rings_merge_as_connected_discs_do(xy, width):
    points = [Point(p) for p in xy]
    belts, members = merge_rings(points, width)
    # Oracle: clusters of discs by union-find over distances.
    group = list(range(len(points)))
    for i in range(len(points)):
        for j in range(i):
            if points[i].distance(points[j]) < 1.99 * width:
                old, new = group[i], group[j]
                group = [new if g == old else g for g in group]
    found = {k: n for n, those in enumerate(members) for k in those}
    assert sorted(found) == list(range(len(points)))
    for i in range(len(points)):
        for j in range(i):
            if group[i] == group[j]:
                assert found[i] == found[j]
            elif points[i].distance(points[j]) > 2.01 * width:
                chain = found[i] == found[j]
                assert not chain or _linked(points, width, i, j)
    assert shapely.union_all(belts).area == pytest.approx(sum(b.area for b in belts), rel=1e-9)


def _linked(points, width, i, j):
    """Whether discs that touch within rounding lead from one point to another."""
    seen, todo = {i}, [i]
    while todo:
        k = todo.pop()
        for m in range(len(points)):
            if m not in seen and points[k].distance(points[m]) <= 2.01 * width:
                seen.add(m)
                todo.append(m)
    return j in seen
