"""Snapping to edges: the nearest of all, and the very place on it."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.ops import substring

from geo.errors import PointsError
from geo.measure import distance_km, laea, length_km, project, project_points
from geo.network.snap import snap


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_nearest_of_all_edges_is_found(make, seed):
    network, places = make.random(seed), make.places(make.random(seed), seed, 40)
    found = snap(network, places, most_m=np.inf)
    west, south, east, north = shapely.total_bounds(network.lines)
    crs = laea((west + east) / 2, (south + north) / 2)
    away = shapely.distance(shapely.points(project_points(*places.T, crs))[:, None], project(network.lines, crs))  # fmt: skip
    # A segment of 5 km is straight in degrees or straight in the plane: 0.3 m apart in its middle.
    np.testing.assert_allclose(found.off_m, away.min(axis=1), rtol=1e-5, atol=0.3)
    np.testing.assert_allclose(away[np.arange(40), found.edge], away.min(axis=1), atol=0.3)
    np.testing.assert_allclose(found.off_m, 1000 * distance_km(*places.T, *found.at.T), rtol=1e-12)
    for k in range(40):
        line = network.lines[found.edge[k]]
        spot = shapely.Point(found.at[k])
        assert line.distance(spot) < 1e-12
        along = substring(line, 0, line.project(spot))
        assert length_km(along) == pytest.approx(found.km[k], abs=5e-6)


def test_a_place_far_from_every_edge_is_not_on_the_network(make):
    network = make.grid(3)
    found = snap(network, [[114.302, 30.502], [114.302, 30.6]])
    assert found.found.tolist() == [True, False]
    assert (found.edge[1], found.km[1], found.off_m[1]) == (-1, 0.0, np.inf)
    assert found.nearest_m[1] == pytest.approx(
        1000 * distance_km(114.302, 30.504, 114.302, 30.6)[()]
    )
    assert snap(network, [[114.302, 30.6]], most_m=20_000).found.all()


def test_what_is_at_a_node_is_exactly_there(make):
    network = make.grid(3)
    found = snap(network, np.column_stack([network.lon, network.lat + 1e-10]))
    whole = network.km[found.edge]
    assert ((found.km == 0) | (found.km == whole)).all()
    assert (found.off_m < 1e-3).all()


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ([[114.3, np.nan]], "place 0 .* no longitude and latitude"),
        ([[500_000.0, 3_400_000.0]], "longitude first"),
        ([1.0, 2.0, 3.0], r"shape \(n, 2\)"),
    ],
)
def test_places_that_are_none_are_refused(make, places, words):
    with pytest.raises(PointsError, match=words):
        snap(make.grid(2), places)


def test_no_places_are_no_error_and_a_network_without_edges_is(make):
    assert len(snap(make.grid(2), [])) == 0
    with pytest.raises(PointsError, match="no edges"):
        snap(make.network([[114.0, 30.0]], [], [], np.empty(0, object)), [[114.0, 30.0]])


def test_an_edge_that_has_a_length_of_its_own_is_measured_in_it(make):
    network = make.network([[114.3, 30.5], [114.31, 30.5]], [0], [1], km=[5.0])
    found = snap(network, [[114.3025, 30.5]])
    assert found.km[0] == pytest.approx(1.25, rel=1e-6)


def test_ten_thousand_places_on_a_hundred_thousand_edges_are_found(make):
    network = make.grid(225)
    assert len(network) > 100_000
    places = make.places(network, 1, 10_000)
    assert snap(network, places).found.sum() > 9000
