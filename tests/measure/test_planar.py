from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, box

from geo.measure import Band, locate, midline, signed_distance


def test_signed_distance_is_positive_inside():
    square = box(0, 0, 100, 100)
    points = shapely.points([[50, 50], [10, 50], [0, 50], [-30, 50], [130, 140]])
    assert signed_distance(points, square) == pytest.approx([50, 10, 0, -30, -50])


def test_everything_is_infinitely_far_from_nothing():
    assert signed_distance(shapely.points([[0, 0], [1, 1]]), shapely.Polygon()).tolist() == [
        -np.inf,
        -np.inf,
    ]


def test_signed_distance_sees_holes():
    holed = box(0, 0, 100, 100).difference(box(40, 40, 60, 60))
    assert signed_distance(shapely.points([[50, 50]]), holed) == pytest.approx([-10])


def test_left_is_negative_and_right_positive():
    axis = LineString([(0, 0), (100, 0), (100, 100)])
    chainage, offset = locate(
        shapely.points([[50, 10], [50, -10], [90, 50], [120, 50], [-20, 0]]), axis
    )
    assert chainage == pytest.approx([50, 50, 150, 150, 0])
    assert np.sign(offset[:4]).tolist() == [-1, 1, -1, 1]
    assert np.abs(offset) == pytest.approx([10, 10, 10, 20, 20])


@given(st.floats(1, 300), st.floats(0.5, 60), st.booleans())
def test_a_point_set_off_from_the_axis_is_found_there(chainage, distance, left):
    axis = LineString([(0, 0), (120, 30), (230, -20), (330, 40)])
    at = axis.interpolate(chainage)
    after = axis.interpolate(chainage + 1e-3)
    dx, dy = after.x - at.x, after.y - at.y
    side = 1 if left else -1
    point = Point(at.x - side * dy * distance / 1e-3, at.y + side * dx * distance / 1e-3)
    found, offset = locate(np.array([point]), axis)
    # In the inside of a bend another part of the axis can be nearer; the offset then shrinks.
    assert abs(offset[0]) <= distance + 1e-6
    assert abs(offset[0]) == pytest.approx(axis.distance(point))
    if abs(abs(offset[0]) - distance) < 1e-6 and abs(found[0] - chainage) < 1e-3:
        assert np.sign(offset[0]) == -side


def test_midline_of_two_banks():
    left, right = LineString([(0, 0), (1000, 0)]), LineString([(1500, 200), (-300, 200)])
    line, widths = midline(left, right, step_m=100)
    assert shapely.get_coordinates(line)[:, 1] == pytest.approx(100)
    assert widths[:, 1] == pytest.approx(200)
    assert line.length == pytest.approx(1000)
    with pytest.raises(ValueError, match="beside one another"):
        midline(LineString([(0, 0), (10, 0)]), LineString([(500, 5), (600, 5)]))


def test_band_keeps_its_order():
    assert (Band(1, 2, 3) + Band.exact(1)).scaled(2) == Band(4, 6, 8)
    assert Band(1, 2, 3).overlaps(3, 9)
    assert not Band(1, 2, 3).overlaps(3.1, 9)
    assert not Band(float("nan"), float("nan"), float("nan")).known
    with pytest.raises(ValueError, match="low ≤ central ≤ high"):
        Band(3, 2, 4)
    with pytest.raises(ValueError, match="at least 0"):
        Band(1, 2, 3).scaled(-1)
