"""Siting on places: tables against plain loops, bands against moved places, trials, curves, candidates."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.analysis.footprints import footprints_of, union_of
from geo.analysis.places import Places, nodes_as_places, units_as_places
from geo.analysis.siting import candidates_of, site, site_curve, site_trial
from geo.errors import PointsError
from geo.measure import distance_km, laea, lonlat_of, project_points
from geo.network.travel import Straight

WAY = Straight(1.2, 30.0)
CRS = laea(114.3, 30.6)


def places(xy, weight=None, err=0.0, head="d"):
    """Places at kilometres about a centre."""
    xy = np.asarray(xy, dtype=float).reshape(-1, 2) * 1000
    lon, lat = lonlat_of(xy[:, 0], xy[:, 1], CRS.to_wkt())
    names = np.array([f"{head}{k}" for k in range(len(xy))], dtype=object)
    w = np.ones(len(xy)) if weight is None else np.asarray(weight, dtype=float)
    return Places(names, names, names, lon, lat, w, np.full(len(xy), float(err)), np.array(["g"] * len(xy), dtype=object))  # fmt: skip


def minutes(a, b):
    """The same costs by a second route: geodesics one by one."""
    km = [[float(distance_km(p[0], p[1], q[0], q[1])) for q in b.at] for p in a.at]
    return np.array(km) * 1.2 / 30.0 * 60


@pytest.fixture(scope="module")
def town():
    rng = np.random.default_rng(3)
    demand = places(rng.random((60, 2)) * 40, rng.integers(1, 50, 60), err=400.0)
    return demand, places(rng.random((12, 2)) * 40, err=300.0, head="c"), places([[5, 5]], head="e")


def test_tables_against_plain_loops(town):
    demand, candidates, existing = town
    found = site(demand, candidates, n=2, existing=existing, within=25.0, travel=WAY)
    costs = minutes(demand, candidates)
    old = minutes(demand, existing)[:, 0]
    w = demand.weight

    def covered(pair):
        return w[np.minimum(old, costs[:, list(pair)].min(axis=1)) <= 25].sum()

    best = max(itertools.combinations(range(12), 2), key=covered)
    assert found.optimal
    assert found.objective == pytest.approx(covered(best))
    new = found.chosen
    order = [int(i[1:]) for i in new["id"]]
    assert found.objective == pytest.approx(covered(order))
    # The first of the two is the one that adds more by itself; gains add up to what is new.
    first = w[(np.minimum(old, costs[:, order[0]]) <= 25)].sum()
    assert first >= w[(np.minimum(old, costs[:, order[1]]) <= 25)].sum()
    before = w[old <= 25].sum()
    assert new["gain"].tolist() == pytest.approx([first - before, found.objective - first])
    totals = found.totals.set_index("stage")
    assert totals.at["existing", "covered"] == pytest.approx(before)
    assert totals.at["all", "share_covered"] == pytest.approx(found.objective / w.sum())
    near = np.minimum(old, costs[:, order].min(axis=1))
    assert totals.at["all", "mean_cost"] == pytest.approx(w @ near / w.sum(), rel=1e-5)
    assert totals.at["all", "max_cost"] == pytest.approx(near.max(), rel=1e-5)
    # Who goes where, and who stays beyond, the heaviest first.
    names = np.array(["e0", *(f"c{k}" for k in order)], dtype=object)
    own = np.column_stack([old, costs[:, order]])
    assert found.served["site"].tolist() == names[own.argmin(axis=1)].tolist()
    assert found.served["cost"].tolist() == pytest.approx(near.tolist(), rel=1e-5)
    assert set(found.beyond["id"]) == {f"d{k}" for k in np.flatnonzero(near > 25)}
    assert found.beyond["weight"].is_monotonic_decreasing
    assert found.sites["served"].sum() == pytest.approx(found.objective)
    assert found.sites["existing"].tolist() == [False, False, True]
    assert found.estimate
    assert found.provenance.parameters["seed"] == 0


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_bands_hold_wherever_places_lie_within_their_errors(seed):
    rng = np.random.default_rng(seed)
    demand = places(rng.random((25, 2)) * 30, rng.integers(1, 9, 25), err=1500.0)
    candidates = places(rng.random((5, 2)) * 30, err=900.0, head="c")
    found = site(demand, candidates, n=2, within=20.0, travel=WAY, model="p-median")
    row = found.totals.iloc[-1]
    opened = candidates.some(np.array([int(i[1:]) for i in found.chosen["id"]]))

    def moved(where, err):
        # Just inside of the error: the projection's scale is true to 1e-6 here.
        turn, far = rng.random(len(where)) * 2 * np.pi, err * 0.999 * rng.choice([0, 0.5, 1], len(where))  # fmt: skip
        xy = project_points(where.lon, where.lat, CRS) + np.column_stack([np.cos(turn), np.sin(turn)]) * far[:, None]  # fmt: skip
        return places(xy / 1000, where.weight)

    for _ in range(8):
        near = minutes(moved(demand, 1500.0), moved(opened, 900.0)).min(axis=1)
        covered = demand.weight[near <= 20].sum()
        assert row["covered_low"] <= covered <= row["covered_high"]
        mean = demand.weight @ near / demand.weight.sum()
        assert row["mean_cost_low"] <= mean <= row["mean_cost_high"]
        assert row["max_cost_low"] <= near.max() <= row["max_cost_high"]


def test_a_tenth_here(town):
    demand, candidates, existing = town
    here = (float(demand.lon[7]), float(demand.lat[7]))
    tried = site_trial(demand, existing, here, within=25.0, travel=WAY, candidates=candidates)
    old = minutes(demand, existing)[:, 0]
    own = minutes(demand, places(project_points(*here, CRS) / 1000))[:, 0]
    w = demand.weight
    gained = w[(old > 25) & (own <= 25)].sum()
    change = tried.change.iloc[0]
    assert change["gained"] == pytest.approx(gained)
    assert change["gained_low"] <= gained <= change["gained_high"]
    assert change["mean_saved"] == pytest.approx(w @ np.maximum(old - own, 0) / w.sum(), rel=1e-5)
    before, after = tried.totals.to_dict("records")
    assert after["covered"] - before["covered"] == pytest.approx(gained)
    assert before["mean_cost"] - after["mean_cost"] == pytest.approx(change["mean_saved"])
    assert set(tried.newly["id"]) == {f"d{k}" for k in np.flatnonzero((old > 25) & (own <= 25))}
    costs = minutes(demand, candidates)
    gains = [(w[(old > 25) & (c <= 25)].sum(), w @ np.maximum(old - c, 0)) for c in costs.T]
    me = (gained, w @ np.maximum(old - own, 0))
    assert tried.rank == 1 + sum(g > me for g in gains)
    assert len(tried.ranking) == 13
    alone = site_trial(demand, None, here, within=25.0, travel=WAY)
    assert alone.rank == 0
    assert np.isnan(alone.change.iloc[0]["mean_saved"])
    with pytest.raises(PointsError, match="no longitude"):
        site_trial(demand, existing, (30.5, 114.3), travel=WAY)


@pytest.mark.parametrize("model", ["mclp", "p-median", "p-center"])
def test_curve_of_each_number(town, model):
    demand, candidates, existing = town
    asked = {"model": model, "existing": existing, "within": 25.0, "travel": WAY}
    greedy = site_curve(demand, candidates, most=4, method="greedy", **asked).table
    exact = site_curve(demand, candidates, most=4, **asked)
    assert exact.method == "exact"
    assert exact.table["optimal"].all()
    sign = 1 if model == "mclp" else -1
    for k in range(1, 5):
        best = site(demand, candidates, n=k, **asked)
        value = best.objective / (demand.weight.sum() if model == "p-median" else 1)
        assert exact.table.at[k, "objective"] == pytest.approx(value, rel=1e-6)
        assert sign * (exact.table.at[k, "objective"] - greedy.at[k, "objective"]) >= -1e-9
    assert (sign * np.diff(greedy["objective"]) >= 0).all()
    # The first of the greedy ones is the best single one, and nobody is added twice.
    assert greedy.at[1, "objective"] == pytest.approx(exact.table.at[1, "objective"])
    assert greedy["added"][1:].nunique() == 4
    if model == "mclp":
        # Nemhauser, Wolsey and Fisher (1978): on what is gained at least 1 - 1/e of the best.
        gained = greedy["objective"] - greedy.at[0, "objective"]
        best = exact.table["objective"] - exact.table.at[0, "objective"]
        assert (gained >= (1 - 1 / np.e) * best - 1e-9).all()


def test_all_covered_and_who_is_not_reached(town):
    demand, candidates, _ = town
    found = site(demand, candidates, model="lscp", within=60.0, travel=WAY)
    assert found.optimal
    assert not len(found.beyond)
    assert len(found.chosen) == found.objective
    with pytest.raises(PointsError, match=r"no candidate reaches \d+ of the demands .*d\d") as told:
        site(demand, candidates, model="lscp", within=3.0, travel=WAY)
    costs = minutes(demand, candidates)
    assert set(told.value.problems) == {f"d{k}" for k in np.flatnonzero(costs.min(axis=1) > 3)}


def test_capacity_and_who_is_left(town):
    demand, candidates, existing = town
    cap = float(demand.weight.sum()) / 8
    found = site(demand, candidates, n=3, existing=existing, within=25.0, capacity=cap, travel=WAY)
    assert found.optimal
    assert (found.sites["served"] <= cap * (1 + 1e-6)).all()
    assert found.sites["served"].sum() == pytest.approx(found.objective)
    row = found.totals.iloc[-1]
    assert row["covered"] == pytest.approx(found.objective)
    assert row["covered_low"] <= row["covered"] <= row["covered_high"] <= 4 * cap * (1 + 1e-6)
    left = (found.served["weight"] * (1 - found.served["share_served"])).sum()
    assert left == pytest.approx(row["beyond"], rel=1e-6)


def test_the_stations_of_wuhan(wuhan, units):
    people = units_as_places(wuhan, units)
    stations = nodes_as_places(wuhan, kinds=["practice-station"])
    found = site(people, candidates_of(wuhan, "tier:university"), n=3, existing=stations, within=30)
    # One of the nine has a position; nobody guesses the others.
    assert (len(stations), len(found.unlocated[found.unlocated["kind"] == "practice-station"])) == (1, 8)  # fmt: skip
    assert found.by_group["demand"].sum() == pytest.approx(people.weight.sum())
    row = found.totals.iloc[-1]
    assert found.by_group["beyond"].sum() == pytest.approx(row["beyond"])
    assert found.by_group["beyond_low"].sum() == pytest.approx(row["beyond_low"])
    assert found.by_group["beyond_high"].sum() == pytest.approx(row["beyond_high"])
    assert (row["covered_low"] <= row["covered"]) & (row["covered"] <= row["covered_high"])


def test_candidates(wuhan, units):
    nodes = candidates_of(wuhan, "tier:university,lab")
    assert set(nodes.group) <= {"university", "research-institute", "national-lab", "big-facility", "provincial-lab"}  # fmt: skip
    assert len(candidates_of(wuhan, "kind:practice-station").unlocated) == 8
    grid = candidates_of(wuhan, "grid:5", units=units)
    xy = project_points(grid.lon, grid.lat, wuhan.crs)
    # Middles of squares that are aligned to the centre, each inside, none missing.
    assert np.abs((xy / 5000 - 0.5) - np.round(xy / 5000 - 0.5)).max() < 1e-6
    area = union_of(footprints_of(wuhan))[1]
    assert shapely.intersects_xy(area, *xy.T).all()
    assert len(grid) * 25 == pytest.approx(area.area / 1e6, rel=0.06)
    assert any("洪山区" in name for name in grid.name_zh)
    wide = candidates_of(wuhan, "grid:20:units", units=units)
    assert len(wide) * 400 == pytest.approx(shapely.union_all(units.to_crs(wuhan.crs).geometry.to_numpy()).area / 1e6, rel=0.06)  # fmt: skip
    assert candidates_of(wuhan, grid) is grid
    for wrong, why in [
        ("tier:none", "no tier 'none'"),
        ("kind:none", "no kind 'none'"),
        ("grid:x", "step of a grid"),
        ("grid:-1", "step of a grid"),
        ("grid:5:sea", "footprints or units"),
        ("grid:0.01", "longer step"),
        ("grid:5:units", "needs units"),
    ]:
        with pytest.raises(PointsError, match=why):
            candidates_of(wuhan, wrong)


def test_what_is_wrong_is_told(town):
    demand, candidates, _ = town
    with pytest.raises(PointsError, match="needs within"):
        site(demand, candidates, n=1)
    with pytest.raises(PointsError, match="no facilities"):
        site(demand, candidates.some(np.zeros(12, dtype=bool)), n=0, within=5)
    with pytest.raises(PointsError, match="no method"):
        site_curve(demand, candidates, within=5.0, method="best")
    with pytest.raises(PointsError, match="no demand"):
        site(demand.some(np.zeros(60, dtype=bool)), candidates, n=1, within=5)
