from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.measure import area_km2
from geo.model.belt import Belt, azimuths_that_hold, fit_belt_to_seats, most_held

belts = st.builds(
    Belt,
    st.floats(75, 130),
    st.floats(5, 50),
    st.floats(0, 179.9),
    st.floats(20, 200),
    st.floats(2, 19),
)


def test_the_minimum_rotated_rectangle_of_the_five_seats(seats):
    box = fit_belt_to_seats(*seats)
    assert box.length_km == pytest.approx(130.0, abs=0.1)
    assert box.width_km == pytest.approx(15.4, abs=0.05)
    assert box.azimuth_deg == pytest.approx(121.6, abs=0.1)


def test_the_printed_size_holds_the_seats_with_slack(seats):
    belt = fit_belt_to_seats(*seats, length_km=150, width_km=30)
    assert (belt.lon, belt.lat) == pytest.approx((114.5001, 30.5708), abs=1e-4)
    assert belt.slack(*seats) == pytest.approx((20.0, 14.6), abs=0.05)
    assert belt.holds(*seats).all()
    assert area_km2(belt.footprint) == pytest.approx(4500, rel=1e-6)


def test_azimuths_at_which_the_seats_fit(seats):
    ((first, last),) = azimuths_that_hold(*seats, 150, 30)
    assert (first, last) == pytest.approx((114.2, 137.6), abs=0.05)
    for azimuth, works in (
        (first + 0.01, True),
        (last - 0.01, True),
        (first - 0.05, False),
        (last + 0.05, False),
    ):
        assert (most_held(*seats, azimuth, 150, 30)[0] == 5) is works


def test_an_axis_aligned_rectangle_holds_at_most_three(seats):
    held, belt = most_held(*seats, 90, 150, 30)
    assert held == 3
    assert belt.holds(*seats).sum() == 3
    # Oracle: no four seats span less than 30 km north–south (geodesic along the meridian).
    for four in itertools.combinations(seats[1], 4):
        span = Geodesic.WGS84.Inverse(min(four), 114.5, max(four), 114.5)["s12"]
        assert span > 30_000


def test_a_size_that_cannot_hold_the_seats_is_refused(seats):
    with pytest.raises(ValueError, match="they do not fit 100 × 30 km"):
        fit_belt_to_seats(*seats, length_km=100, width_km=30)
    assert azimuths_that_hold(*seats, 100, 30) == []
    with pytest.raises(ValueError, match="one line or in one place"):
        fit_belt_to_seats([114.3, 114.3], [30.5, 30.5])


def test_all_azimuths_and_ranges_across_north():
    lon, lat = np.array([114.0, 114.0]), np.array([30.0, 30.9])
    assert azimuths_that_hold([114.0, 114.01], [30.0, 30.01], 50, 50) == [(0.0, 180.0)]
    ((first, last),) = azimuths_that_hold(lon, lat, 150, 30)
    assert first > 150
    assert last < 30


@settings(deadline=None, max_examples=40)
@given(belts)
def test_a_belt_comes_back_from_its_corners(belt):
    again = Belt.from_corners(belt.corners)
    assert (again.lon, again.lat) == pytest.approx((belt.lon, belt.lat), abs=1e-4)
    assert again.length_km == pytest.approx(belt.length_km, rel=1e-3)
    assert again.width_km == pytest.approx(belt.width_km, rel=1e-3)
    turn = (again.azimuth_deg - belt.azimuth_deg + 90) % 180 - 90
    assert turn == pytest.approx(0, abs=0.1)


@settings(deadline=None, max_examples=40)
@given(belts)
def test_area_and_ends_of_a_belt(belt):
    assert area_km2(belt.footprint) == pytest.approx(belt.length_km * belt.width_km, rel=1e-5)
    # The axis leaves the centre at the azimuth given, by geodesic.
    end = belt.axis.coords[-1]
    inverse = Geodesic.WGS84.Inverse(belt.lat, belt.lon, end[1], end[0])
    assert inverse["s12"] / 1000 == pytest.approx(belt.length_km / 2, rel=2e-4)
    assert (inverse["azi1"] - belt.azimuth_deg + 180) % 360 - 180 == pytest.approx(0, abs=0.02)


def test_along_and_across_have_their_signs():
    belt = Belt(114.5, 30.5, 90, 100, 20)
    along, across = belt.along_across([114.6, 114.5, 114.5], [30.5, 30.4, 30.6]).T
    assert along[0] > 9
    assert across[1] > 10  # south is to the right of a belt that runs east
    assert across[2] < -10
    assert belt.holds([114.6, 114.5], [30.5, 30.3]).tolist() == [True, False]


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="positive length"):
        Belt(114, 30, 90, 0, 10)
    with pytest.raises(ValueError, match="finite"):
        Belt(114, float("nan"), 90, 10, 10)
    with pytest.raises(ValueError, match="four corners"):
        Belt.from_corners([[114, 30], [115, 30]])
    with pytest.raises(ValueError, match="no rectangle"):
        Belt.from_corners([[114, 30], [115, 30], [115.5, 30.5], [114, 30.2]])


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(st.floats(114, 115), st.floats(30, 31)), min_size=2, max_size=7, unique=True
    ),
    st.floats(0, 179),
)
def test_most_held_is_never_beaten_by_a_random_place(points, azimuth):
    lon, lat = np.array(points).T
    held, belt = most_held(lon, lat, azimuth, 60, 25)
    assert (
        belt.holds(lon, lat).sum() >= held - 1
    )  # a point on the very edge may fall out by rounding
    rng = np.random.default_rng(1)
    for x, y in rng.uniform((114, 30), (115, 31), (60, 2)):
        assert Belt(x, y, azimuth, 59.9, 24.9).holds(lon, lat).sum() <= held
    assert shapely.is_valid(belt.footprint)
