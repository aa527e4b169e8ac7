"""Isochrones: closed forms on a line and on a grid, costs at random places, discs against pyproj."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo.analysis.isochrones import isochrones
from geo.analysis.places import Places
from geo.errors import PointsError
from geo.measure import area_km2, distance_km, project, project_points
from geo.network.isochrones import discs, reached
from geo.network.route import costs
from geo.network.snap import snap
from geo.network.travel import Straight
from geo.network.traversal import ways_of

SEEDS = st.integers(0, 100_000)


def facilities(at, **more):
    at = np.asarray(at, dtype=float).reshape(-1, 2)
    names = np.array([f"f{k}" for k in range(len(at))], dtype=object)
    return Places(names, names, names, *at.T, np.ones(len(at)), np.zeros(len(at)), names, **more)


def covers(found, edge, km):
    """Which stretch, if any, each place on an edge is in: index or -1."""
    own = np.full(len(edge), -1)
    for s in range(len(found.edge)):
        hit = (edge == found.edge[s]) & (km >= found.low_km[s]) & (km <= found.high_km[s])
        own[hit] = s
    return own


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, of=st.sampled_from(["minutes", "km"]), direction=st.sampled_from(["to", "from"]))
def test_what_is_reached_is_what_costs_no_more(make, seed, of, direction):
    network, random = make.random(seed), np.random.default_rng(seed)
    places = make.places(network, seed, 3)
    # Places on edges, by their own position and not by snapping, cost exactly that.
    edge = random.integers(0, len(network), 150)
    km = random.random(150) * network.km[edge]
    at = ways_of(network).spots(edge, km)[1]
    snapped = snap(network, at)
    sure = (snapped.edge == edge) & (np.abs(snapped.km - km) < 1e-4)
    cost = costs(network, at, places, of=of) if direction == "to" else costs(network, places, at, of=of).T  # fmt: skip
    least = cost.min(axis=1)
    cuts = np.quantile([1.0, *least[np.isfinite(least)]], [0.2, 0.5, 0.9]) + 0.01
    found = reached(network, places, list(cuts), of=of, direction=direction)
    near = covers(found, edge, km)
    number = np.searchsorted(cuts, least)
    clear = sure & (np.abs(least[:, None] - cuts).min(axis=1) > 0.05)
    assert clear.sum() > 50
    np.testing.assert_array_equal(near[clear] >= 0, number[clear] < 3)
    inside = clear & (near >= 0)
    np.testing.assert_array_equal(found.cut[near[inside]], number[inside])
    told_apart = inside & (np.sort(cost, axis=1)[:, 1] > least + 0.05)
    np.testing.assert_array_equal(found.place[near[told_apart]], cost.argmin(axis=1)[told_apart])


def test_no_stretch_is_reached_twice(make):
    for seed in range(12):
        network = make.random(seed)
        found = reached(network, make.places(network, seed, 4), [2.0, 5.0, 9.0])
        assert (found.low_km >= 0).all()
        assert (found.high_km <= network.km[found.edge] + 1e-12).all()
        for edge in np.unique(found.edge):
            own = np.flatnonzero(found.edge == edge)
            own = own[np.argsort(found.low_km[own])]
            assert (found.low_km[own][1:] >= found.high_km[own][:-1] - 1e-9).all()


@pytest.mark.parametrize("limit", [0.4, 1.0, 2.5, 3.0, 4.75])
def test_on_a_grid_it_is_a_diamond(make, limit):
    network = make.grid(13, km=1.0)
    middle = [[114.3 + 0.002 * 6, 30.5 + 0.002 * 6]]
    found = reached(network, middle, [limit], of="km")
    whole, rest = divmod(limit, 1)
    assert found.km.sum() == pytest.approx(4 * whole**2 + rest * (8 * whole + 4), rel=1e-6)
    xy = ways_of(network).spots(found.edge, (found.low_km + found.high_km) / 2)[1]
    away = np.abs((xy - middle) / 0.002).sum(axis=1)
    assert (away <= limit).all()


def test_of_a_line_the_ground_is_a_stadium(make):
    network = make.network([[114.3, 30.5], [114.4, 30.5]], [0], [1], kmh=60)
    at = facilities([[114.35, 30.5]])
    found = isochrones(network, at, (1, 2, 20), width_m=200)
    road = [2.0, 2.0, network.km[0] - 4.0]
    np.testing.assert_allclose(found.table["road_km"], road, rtol=1e-6)
    stadium = [2 * 0.2 * long + np.pi * 0.04 for long in np.cumsum(road)]
    np.testing.assert_allclose(found.table["within_km2"], stadium, rtol=2e-3)
    np.testing.assert_allclose(found.table["area_km2"], np.diff([0, *stadium]), rtol=2e-3)
    assert found.table["cut_low"].tolist() == [0, 1, 2]


def test_one_way_edges_are_reached_one_way(make):
    network = make.network([[114.3, 30.5], [114.4, 30.5]], [0], [1], kmh=60, oneway=[1])
    for direction, sign in (("to", -1), ("from", 1)):
        found = isochrones(network, facilities([[114.35, 30.5]]), [2], direction=direction)
        assert found.table["road_km"].tolist() == pytest.approx([2.0], rel=1e-6)
        assert sign * (found.table.geometry[0].centroid.x - 114.35) > 0.005


def test_bands_lie_apart_and_facilities_share_them_out(make):
    network = make.grid(20)
    at = facilities([[114.31, 30.51], [114.325, 30.52], [114.3141, 30.5305]])
    whole = isochrones(network, at, (1, 2, 3))
    split = isochrones(network, at, (1, 2, 3), by_facility=True)
    by_cut = split.table.groupby("cut")
    np.testing.assert_allclose(by_cut["area_km2"].sum(), whole.table["area_km2"], rtol=1e-6)
    np.testing.assert_allclose(by_cut["road_km"].sum(), whole.table["road_km"], rtol=1e-9)
    crs = ways_of(network).crs
    planar = [project(g, crs) for g in split.table.geometry]
    for k, one in enumerate(planar):
        assert one.is_valid
        assert all(one.intersection(other).area < 1 for other in planar[:k])
    last = split.table.groupby("facility")["within_km2"].max()
    np.testing.assert_allclose(last.sum(), whole.table["within_km2"].max(), rtol=1e-6)
    # Ground on a road belongs to the facility that reaches the road first.
    probes = make.places(network, 5, 300, spread=0)
    spots = snap(network, probes).at
    cost = costs(network, spots, at.at)
    order = np.sort(cost, axis=1)
    points = shapely.points(project_points(*spots.T, crs))
    for row, ground in zip(split.table.itertuples(), planar, strict=True):
        inside = shapely.contains(ground, points) & (order[:, 1] - order[:, 0] > 0.05)
        assert (cost[inside].argmin(axis=1) == int(row.facility[1:])).all()
        # A road that is not reached itself may lie within 150 m of one that is.
        assert (order[inside, 0] <= row.cut + 0.5).all()


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_the_grounds_of_facilities_are_sound_and_add_up(make, seed):
    network = make.random(seed)
    at = facilities(make.places(network, seed, 5))
    whole, split = (isochrones(network, at, (2, 5, 9), by_facility=apart) for apart in (False, True))  # fmt: skip
    sums = split.table.groupby("cut")["area_km2"].sum().reindex([2.0, 5.0, 9.0], fill_value=0.0)
    np.testing.assert_allclose(sums, whole.table["area_km2"], rtol=1e-6, atol=1e-6)
    assert split.table.geometry.is_valid.all()
    assert whole.table.geometry.dropna().is_valid.all()


def test_facilities_off_the_network_are_named(make):
    lost = pd.DataFrame({"id": ["x"], "name_zh": ["某"], "name_en": ["some"], "kind": ["lab"]})
    found = isochrones(
        make.grid(4), facilities([[114.301, 30.5], [114.3, 31]], unlocated=lost), [1]
    )
    assert found.unreached["facility"].tolist() == ["f1", "x"]
    assert found.unreached["reason_en"].tolist() == ["too far from any edge: 54.8 km (at most 2 km)", "no position"]  # fmt: skip
    nothing = isochrones(make.grid(4), facilities([[114.3, 31]]), [1, 2])
    assert nothing.table["area_km2"].tolist() == [0, 0]
    assert nothing.table.geometry.isna().all()
    assert not len(isochrones(make.grid(4), facilities([[114.3, 31]]), [1], by_facility=True).table)


@settings(max_examples=20, deadline=None)
@given(lon=st.floats(-179, 179), lat=st.floats(-80, 80), km=st.floats(0.1, 300))
def test_discs_are_geodesic_circles(lon, lat, km):
    disc = discs(np.array([lon]), np.array([lat]), km)[0]
    x, y = np.array(disc.exterior.coords).T
    away = Geod(ellps="WGS84").inv(np.full(len(x), lon), np.full(len(x), lat), x, y)[2] / 1000
    np.testing.assert_allclose(away, km, rtol=1e-4)
    if abs(lon) + km / 111 / np.cos(np.radians(lat)) < 180:
        r = 6371.0
        # Of a disc on a curved surface (Bertrand, Diguet and Puiseux, 1848); curvature varies by 1%.
        area = np.pi * km**2 * (1 - (km / r) ** 2 / 12)
        assert area_km2(disc) == pytest.approx(area, rel=1e-6 + (km / r) ** 2 / 1000)


def test_straight_lines_give_discs(wuhan):
    travel = Straight(detour=1.25, speed_kmh=30)
    found = isochrones(travel, facilities([[114.4, 30.5]]), (10, 20), layout=wuhan)
    assert found.estimate
    assert found.table["estimate"].all()
    assert found.table["area_km2"].tolist() == pytest.approx([np.pi * 16, np.pi * 48], rel=1e-5)
    assert np.isnan(found.table["road_km"]).all()
    far = isochrones(travel, facilities([[114.4, 30.5]]), [5], of="km").table["area_km2"][0]
    assert far == pytest.approx(np.pi * 16, rel=1e-5)


def test_discs_that_overlap_count_once_and_are_divided_by_the_nearest(wuhan):
    at, r = facilities([[114.4, 30.5], [114.43, 30.5], [114.43, 30.5], [115.5, 30.5]]), 4.0
    travel = Straight(detour=1.0, speed_kmh=24)
    whole = isochrones(travel, at, (5, 10), layout=wuhan)
    d = float(distance_km(*at.at[0], *at.at[1]))
    lens = 2 * r**2 * np.arccos(d / 2 / r) - d / 2 * np.sqrt(4 * r**2 - d**2)
    assert whole.table["within_km2"][1] == pytest.approx(3 * np.pi * r**2 - lens, rel=1e-4)
    split = isochrones(travel, at, (5, 10), by_facility=True, layout=wuhan)
    assert sorted(set(split.table["facility"])) == ["f0", "f1", "f3"]
    np.testing.assert_allclose(split.table.groupby("cut")["area_km2"].sum(), whole.table["area_km2"], rtol=1e-6)  # fmt: skip
    random = np.random.default_rng(1)
    x, y = random.uniform(114.35, 114.48, 400), random.uniform(30.46, 30.54, 400)
    away = np.array([distance_km(*p, x, y) for p in at.at])
    points = shapely.points(x, y)
    for row in split.table.itertuples():
        own = away[int(row.facility[1:])]
        clear = (np.abs(np.subtract(*np.sort(away[[0, 1]], axis=0))) > 0.01) & (np.abs(own - row.cut_low * 0.4) > 0.01) & (np.abs(own - row.cut * 0.4) > 0.01)  # fmt: skip
        expected = (own == away.min(axis=0)) & (own > row.cut_low * 0.4) & (own <= row.cut * 0.4)
        np.testing.assert_array_equal(
            shapely.contains(row.geometry, points)[clear], expected[clear]
        )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cuts": ()}, "give 1 to 12 numbers"),
        ({"cuts": (0, 10)}, "give 1 to 12 numbers"),
        ({"cuts": (float("nan"),)}, "give 1 to 12 numbers"),
        ({"of": "hours"}, "minutes or in km"),
        ({"direction": "up"}, "to the facilities or from"),
        ({"width_m": 0}, "metres above 0"),
    ],
)
def test_bad_calls_say_what_to_do(make, change, words):
    with pytest.raises(PointsError, match=words):
        isochrones(make.grid(3), facilities([[114.3, 30.5]]), **change)
    with pytest.raises(PointsError, match="none of the 0 facilities"):
        isochrones(make.grid(3), facilities([]))


def test_results_say_how_they_came_about(make):
    network = replace(make.grid(3), source="someone")
    for travel in (network, Straight()):
        found = isochrones(travel, facilities([[114.3, 30.5]]), (20, 10))
        assert found.provenance.parameters["cuts"] == [10, 20]
        assert all(found.provenance.says(lang) for lang in ("zh", "en"))
        assert found.provenance.crs.startswith("Lambert Azimuthal Equal Area")
        assert (found.table["status"] == "computed").all()
        assert found.table.crs.to_epsg() == 4326
    assert "speed_kmh" in found.provenance.parameters
    assert "width_m" not in found.provenance.parameters


def test_in_helsinki_the_ground_grows_with_the_limit(make, helsinki):
    at = facilities(make.places(helsinki, 8, 3, spread=0))
    found = isochrones(helsinki, at, (0.5, 1, 2, 60))
    assert (np.diff(found.table["within_km2"]) > 0).all()
    ways = ways_of(helsinki)
    near = shapely.union_all(shapely.buffer(project(helsinki.lines, ways.crs), 150, quad_segs=8))
    assert found.table["within_km2"].max() <= near.area / 1e6 * 1.001
    assert found.table["road_km"].sum() <= helsinki.km.sum() + 1e-9
