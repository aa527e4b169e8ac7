"""Costs along a network: closed forms on a grid, networkx on random graphs, and Helsinki."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import PointsError
from geo.measure import distance_km
from geo.network import route
from geo.network.reasons import reasons
from geo.network.route import costs
from geo.network.snap import snap
from geo.words import LANGUAGES

SEEDS = st.integers(0, 100_000)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, of=st.sampled_from(["minutes", "km"]), few=st.sampled_from([(4, 9), (9, 4)]))
def test_costs_are_those_of_networkx_with_places_inserted_as_nodes(make, seed, of, few):
    network = make.random(seed)
    here, there = (make.places(network, seed + k, n) for k, n in enumerate(few))
    expected = make.oracle(network, snap(network, here), snap(network, there), of)
    np.testing.assert_allclose(costs(network, here, there, of=of), expected, rtol=1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_places_on_one_edge_are_joined_along_it(make, seed):
    network = make.random(seed, n=5)
    here, there = make.places(network, seed, 15), make.places(network, seed + 1, 12)
    one = snap(network, here).edge[:, None] == snap(network, there).edge
    assert one.any()
    for of in ("minutes", "km"):
        expected = make.oracle(network, snap(network, here), snap(network, there), of)
        np.testing.assert_allclose(
            costs(network, here, there, of=of)[one], expected[one], rtol=1e-9
        )


def manhattan(a, b):
    """Distance along the streets of a grid of side 1 between places on streets (x, y)."""
    best = np.inf
    for ax, ay, used in corners(*a):
        for bx, by, more in corners(*b):
            best = min(best, used + abs(ax - bx) + abs(ay - by) + more)
    same = (a[0] == b[0] and a[0] % 1 == 0 and np.floor(a[1]) == np.floor(b[1])) or (
        a[1] == b[1] and a[1] % 1 == 0 and np.floor(a[0]) == np.floor(b[0])
    )
    return min(best, abs(a[0] - b[0]) + abs(a[1] - b[1])) if same else best


def corners(x, y):
    if x % 1:
        return [(np.floor(x), y, x % 1), (np.floor(x) + 1, y, 1 - x % 1)]
    return [(x, np.floor(y), y % 1), (x, np.floor(y) + 1, 1 - y % 1)]


def test_on_a_grid_of_streets_it_is_the_manhattan_distance(make):
    network, random = make.grid(8, km=1.0), np.random.default_rng(5)
    at = np.column_stack([random.integers(0, 7, 60), random.uniform(0, 7, 60)])
    at[::2] = at[::2, ::-1]
    lonlat = np.array([114.3, 30.5]) + 0.002 * at
    found = costs(network, lonlat[:35], lonlat[25:], of="km")
    expected = [[manhattan(a, b) for b in at[25:]] for a in at[:35]]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_without_one_way_edges_there_and_back_cost_the_same_and_no_way_is_shorter_than_the_geodesic(
    make, seed
):
    network = make.random(seed, oneway=False)
    here, there = make.places(network, seed, 12), make.places(network, seed + 1, 5)
    for of in ("minutes", "km"):
        np.testing.assert_allclose(costs(network, here, there, of=of), costs(network, there, here, of=of).T, rtol=1e-12)  # fmt: skip
    straight = distance_km(*(v[:, None] for v in here.T), *there.T)
    assert (costs(network, here, there, of="km") >= straight * (1 - 1e-6)).all()


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, share=st.floats(0.1, 1.2))
def test_a_limit_takes_away_what_is_dearer_and_nothing_else(make, seed, share):
    network = make.random(seed)
    here, there = make.places(network, seed, 8), make.places(network, seed + 1, 5)
    whole = costs(network, here, there)
    limit = share * float(np.median([60.0, *whole[np.isfinite(whole)]]))
    np.testing.assert_array_equal(costs(network, here, there, within=limit), np.where(whole <= limit, whole, np.inf))  # fmt: skip


def test_the_other_direction_of_one_way_edges_is_the_transposed(make):
    network = make.random(7)
    turned = replace(network, oneway=(-network.oneway).astype(np.int8))
    here, there = make.places(network, 1, 6), make.places(network, 2, 9)
    forth = costs(network, here, there)
    np.testing.assert_allclose(forth, costs(turned, there, here).T, rtol=1e-12)
    assert not np.allclose(forth, costs(network, there, here).T)


def test_a_one_way_edge_is_followed_one_way_only(make):
    network = make.network([[114.3, 30.5], [114.31, 30.5]], [0], [1], km=[1.0], oneway=[1])
    at = [[114.3025, 30.5], [114.3075, 30.5]]
    found = costs(network, at, at, of="km")
    assert found[0, 1] == pytest.approx(0.5, rel=1e-6)
    assert np.isinf(found[1, 0])
    assert found.diagonal().tolist() == [0, 0]


def test_whoever_is_at_a_node_may_leave_it_by_any_edge(make):
    nodes = [[114.3, 30.5], [114.31, 30.5], [114.32, 30.5]]
    for order in ([0, 1], [1, 0]):
        ends = np.array([[0, 1], [1, 2]])[order]
        network = make.network(nodes, *ends.T, km=np.ones(2), oneway=np.array([1, 0])[order])
        found = costs(network, nodes, nodes, of="km")
        expected = [[0, 1, 2], [np.inf, 0, 1], [np.inf, 1, 0]]
        np.testing.assert_allclose(found, expected, atol=1e-9)


def test_of_parallel_edges_the_cheaper_counts_and_a_free_edge_is_an_edge(make):
    nodes = [[114.3, 30.5], [114.31, 30.5], [114.32, 30.5], [114.33, 30.5]]
    bent = shapely.LineString([nodes[0], (114.305, 30.51), nodes[1]])
    straight = [shapely.LineString([a, b]) for a, b in pairwise(nodes)]
    network = make.network(nodes, [0, 0, 1, 2], [1, 1, 2, 3], [straight[0], bent, *straight[1:]])  # fmt: skip
    network = replace(network, minutes=np.array([3.0, 2.0, 0.0, 1.0]))
    found = costs(network, [nodes[0]], [nodes[3], nodes[2]])
    np.testing.assert_allclose(found, [[3, 2]], atol=1e-9)


def test_the_way_to_the_edge_is_walked(make):
    network = make.grid(3)
    place, node = [[114.3, 30.495]], [[114.304, 30.5]]
    off = distance_km(114.3, 30.495, 114.3, 30.5)
    along = costs(network, [[114.3, 30.5]], node)
    assert costs(network, place, node)[0, 0] == pytest.approx(along[0, 0] + off / 4.8 * 60)
    assert costs(network, place, node, walk_kmh=6.0)[0, 0] == pytest.approx(along[0, 0] + off * 10)
    assert np.isinf(costs(network, place, node, most_m=500)).all()


def test_what_cannot_be_reached_has_its_reason(make):
    nodes = [[114.3, 30.5], [114.31, 30.5], [114.32, 30.5], [114.3, 30.6], [114.301, 30.6]]
    network = make.network(
        nodes, [0, 1, 1, 3], [1, 0, 2, 4], km=[1, 1, 1, 0.1], oneway=[1, 1, 1, 0]
    )
    places = [[114.305, 30.5], [114.305, 30.53], [114.3005, 30.6], [114.32, 30.5]]
    said = reasons(network, places)
    assert [s and s.key.rpartition(".")[2] for s in said] == [None, "far", "apart", None]
    assert str(said[1]) == "too far from any edge: 3.3 km (at most 2 km)"
    cost = costs(network, places, places[:1])[:, 0]
    keys = [s and s.key.rpartition(".")[2] for s in reasons(network, places, cost=cost)]
    assert keys == [None, "far", "apart", "none"]
    cost = costs(network, places, places[:1], within=0.1)[:, 0]
    assert reasons(network, places, cost=cost, within=0.1)[3].says("zh") == "超出上限 0.1"
    for why in said:
        assert why is None or all(why.says(lang) for lang in LANGUAGES)


def test_bad_calls_say_what_to_do(make, monkeypatch):
    network = make.grid(3)
    with pytest.raises(PointsError, match="minutes or in km"):
        costs(network, [[114.3, 30.5]], [[114.3, 30.5]], of="hours")
    monkeypatch.setattr("geo.network.travel.MOST_PAIRS", 10)
    with pytest.raises(PointsError, match=r"4 × 4 places are 16 pairs.* take fewer"):
        costs(network, np.full((4, 2), (114.3, 30.5)), np.full((4, 2), (114.3, 30.5)))
    assert costs(network, [], [[114.3, 30.5]]).shape == (0, 1)


def test_progress_is_told_and_stops_the_work(make, monkeypatch):
    monkeypatch.setattr(route, "_MOST_ROOTS", 3)
    network, told = make.grid(4), []
    here, there = make.places(network, 1, 8), make.places(network, 2, 9)
    found = costs(network, here, there, progress=lambda done, total: told.append((done, total)))
    assert told == [(3, 8), (6, 8), (8, 8)]
    monkeypatch.undo()
    np.testing.assert_array_equal(found, costs(network, here, there))

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        costs(network, here, there, progress=stop)


def test_same_places_are_paired_in_parts(monkeypatch):
    monkeypatch.setattr(route, "_CELLS", 7)
    a, b = np.array([2, 5, -1, 2, 9]), np.array([2, 2, 5, 7, -1, 2])
    pairs = {
        (int(i), int(j)) for part in route.same_pairs(a, b) for i, j in zip(*part, strict=True)
    }
    assert pairs == {(i, j) for i in range(5) for j in range(6) if a[i] == b[j] and a[i] >= 0}


def test_a_network_is_a_travel(make):
    network = make.grid(4)
    here, there = make.places(network, 1, 3), make.places(network, 2, 4)
    np.testing.assert_array_equal(network.costs(here, there, of="km"), costs(network, here, there, of="km"))  # fmt: skip
    np.testing.assert_allclose(network.slack([1000.0], of="km"), 1.3)
    np.testing.assert_allclose(network.slack([1000.0]), 1.3 * 2)
    assert network.parameters["walk_kmh"] == 4.8
    for lang in LANGUAGES:
        assert "4.8" in network.says(lang)


def test_in_helsinki_costs_are_those_of_networkx(make, helsinki):
    here, there = make.places(helsinki, 1, 5, spread=0), make.places(helsinki, 2, 40, spread=0)
    for of in ("minutes", "km"):
        expected = make.oracle(helsinki, snap(helsinki, here), snap(helsinki, there), of)
        found = costs(helsinki, here, there, of=of)
        np.testing.assert_allclose(found, expected, rtol=1e-9)
        assert np.isfinite(found).mean() > 0.8
        np.testing.assert_allclose(costs(helsinki, there, here, of=of), make.oracle(helsinki, snap(helsinki, there), snap(helsinki, here), of), rtol=1e-9)  # fmt: skip
