"""Paths: the cheapest ways, along edges and the right way, and what they cost."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import PointsError
from geo.measure import distance_km, length_km
from geo.network import paths as module
from geo.network.paths import paths
from geo.network.route import costs
from geo.network.snap import snap

SEEDS = st.integers(0, 100_000)


def check(network, here, there, of, table):
    """Paths cost what costs() says, begin and end at their places, and follow edges the right way."""
    k = np.arange(len(here))
    expected = costs(network, here, there, of=of)[k, k]
    other = snap(network, here), snap(network, there)
    np.testing.assert_allclose(table[of], expected, rtol=1e-9)
    reached = np.isfinite(table["km"].to_numpy())
    assert (table.geometry.isna() == ~reached).all()
    assert (np.isinf(table["minutes"]) == ~reached).all()
    lines = table.geometry[reached]
    long = np.array([length_km(line) for line in lines])
    np.testing.assert_allclose(long + table["off_km"][reached], table["km"][reached], rtol=1e-6, atol=1e-6)  # fmt: skip
    for side, which in ((0, other[0]), (-1, other[1])):
        ends = np.array([line.coords[side] for line in lines]).reshape(-1, 2)
        np.testing.assert_array_equal(ends, which.at[reached])
    segments, forth, back = edges_of(network)
    tree = shapely.STRtree(segments)
    for line in lines:
        xy = shapely.get_coordinates(line)
        for a, b in pairwise(xy):
            if np.hypot(*(b - a)) < 1e-10:
                continue
            assert allowed(a, b, tree, segments, forth, back), (a, b)
    straight = distance_km(*here.T, *there.T)
    np.testing.assert_allclose(table["geodesic_km"], straight)
    some = reached & (straight > 0)
    np.testing.assert_allclose(table["detour"][some], table["km"][some] / straight[some])
    assert (table["detour"][some] >= 1 - 1e-6).all()
    assert table["detour"][~some].isna().all()


def edges_of(network):
    xy, owner = shapely.get_coordinates(network.lines, return_index=True)
    inner = owner[1:] == owner[:-1]
    segments = shapely.linestrings(np.stack([xy[:-1][inner], xy[1:][inner]], axis=1))
    return segments, (network.oneway >= 0)[owner[:-1][inner]], (network.oneway <= 0)[owner[:-1][inner]]  # fmt: skip


def allowed(a, b, tree, segments, forth, back):
    """Whether one may go from a to b along one segment of an edge."""
    for k in tree.query(shapely.linestrings([a, b]), predicate="dwithin", distance=1e-9):
        ends = shapely.points([a, b])
        if (shapely.distance(segments[k], ends) < 1e-9).all():
            first, last = shapely.line_locate_point(segments[k], ends)
            if forth[k] if last > first else back[k]:
                return True
    return False


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, of=st.sampled_from(["minutes", "km"]), few=st.sampled_from([0, 1, 2]))
def test_paths_are_the_cheapest_ways_along_edges(make, seed, of, few):
    network = make.random(seed)
    here, there = make.places(network, seed, 20), make.places(network, seed + 1, 20)
    if few:
        side = here if few == 1 else there
        side[:] = side[:3].repeat(7, axis=0)[:20]
    check(network, here, there, of, paths(network, here, there, of=of))


def test_on_one_edge_the_path_is_a_piece_of_it(make):
    line = shapely.LineString([(114.3, 30.5), (114.305, 30.502), (114.31, 30.5)])
    network = make.network([[114.3, 30.5], [114.31, 30.5]], [0], [1], [line], kmh=60)
    here, there = np.array([[114.3025, 30.501]]), np.array([[114.3075, 30.501]])
    for a, b in ((here, there), (there, here)):
        table = paths(network, a, b)
        assert 3 <= len(table.geometry[0].coords) <= 5
        assert table["km"][0] == pytest.approx(network.km[0] / 2, rel=1e-3)
        check(network, a, b, "minutes", table)


def test_around_a_loop(make):
    ring = shapely.LineString([(114.3, 30.5), (114.31, 30.5), (114.31, 30.51), (114.3, 30.5)])
    network = make.network([[114.3, 30.5], [114.29, 30.5]], [0, 1], [0, 0], [ring, shapely.LineString([(114.29, 30.5), (114.3, 30.5)])], oneway=[1, 0])  # fmt: skip
    out, in_the_ring = np.array([[114.29, 30.5]]), np.array([[114.31, 30.505]])
    table = paths(network, np.vstack([out, in_the_ring]), np.vstack([in_the_ring, out]), of="km")
    check(network, np.vstack([out, in_the_ring]), np.vstack([in_the_ring, out]), "km", table)
    assert table["km"].sum() == pytest.approx(network.km[0] + 2 * network.km[1], rel=1e-6)


def test_what_is_not_reached_is_a_row_without_a_line(make):
    network = make.network([[114.3, 30.5], [114.31, 30.5]], [0], [1], oneway=[1])
    here = np.array([[114.302, 30.5], [114.308, 30.5], [114.302, 30.5], [114.302, 30.5]])
    there = np.array([[114.308, 30.5], [114.302, 30.5], [114.4, 30.5], [114.302, 30.5]])
    table = paths(network, here, there)
    assert np.isfinite(table["km"]).tolist() == [True, False, False, True]
    assert table.geometry.isna().tolist() == [False, True, True, True]
    assert table["km"][3] == table["minutes"][3] == 0
    assert paths(network, here, there, within=0.01).geometry.isna().all()
    assert table.crs.to_epsg() == 4326
    assert isinstance(table, gpd.GeoDataFrame)
    assert len(paths(network, [], [])) == 0


def test_bad_calls_say_what_to_do(make, monkeypatch):
    network = make.grid(3)
    with pytest.raises(PointsError, match="pair by pair"):
        paths(network, [[114.3, 30.5]], [[114.3, 30.5]] * 2)
    monkeypatch.setattr(module, "MOST_PATHS", 1)
    with pytest.raises(PointsError, match="2 paths are more than 1"):
        paths(network, [[114.3, 30.5]] * 2, [[114.3, 30.5]] * 2)


def test_in_helsinki(make, helsinki):
    here, there = make.places(helsinki, 3, 60, spread=0), make.places(helsinki, 4, 60, spread=0)
    told = []
    table = paths(helsinki, here, there, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (60, 60)
    check(helsinki, here, there, "minutes", table)
    shortest = paths(helsinki, here, there, of="km")
    check(helsinki, here, there, "km", shortest)
    both = np.isfinite(table["km"])
    assert (shortest["km"][both] <= table["km"][both] + 1e-9).all()
    assert (shortest["minutes"][both] >= table["minutes"][both] - 1e-9).all()
