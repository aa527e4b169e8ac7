"""Who reaches what: against plain loops over geodesics, and with places moved within their errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pyproj import Geod

from geo.analysis import cost_blocks
from geo.analysis.places import Places, nodes_as_places, units_as_places
from geo.analysis.reached import reached, within
from geo.errors import PointsError
from geo.network.travel import Straight
from geo.words import LANGUAGES

GEOD = Geod(ellps="WGS84")


def places(lon, lat, weight=None, err=0.0, group=None, **more):
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    n = len(lon)
    ids = np.array([f"p{k}" for k in range(n)], dtype=object)
    own = np.ones(n) if weight is None else np.asarray(weight, float)
    groups = np.full(n, "", dtype=object) if group is None else np.asarray(group, dtype=object)
    return Places(ids, ids, ids, lon, lat, own, np.broadcast_to(np.asarray(err, float), n).copy(), groups, **more)  # fmt: skip


def random_places(rng, n, *, err=0.0, most=100.0):
    lon, lat = rng.uniform(113.8, 115.1, n), rng.uniform(30.1, 31.0, n)
    return places(lon, lat, rng.integers(0, most, n), err, rng.choice(["a", "b", "c"], n))


def moved(rng, own):
    """Places displaced by up to their error along geodesics; many of them by all of it."""
    away = own.err_m * np.minimum(rng.random(len(own)) * 2, 1.0)
    lon, lat, _ = GEOD.fwd(own.lon, own.lat, rng.uniform(0, 360, len(own)), away)
    return places(lon, lat, own.weight, 0.0, own.group)


class Given:
    """Costs that are given, by the longitudes of the places (0, 1, 2 …)."""

    estimate = False
    parameters = {"travel": "given"}  # noqa: RUF012

    def __init__(self, costs, per_km=0.0):
        self.table = np.asarray(costs, float)
        self.per_km = per_km

    def costs(self, origins, destinations, *, of="minutes", within=np.inf, progress=None):
        own = self.table[np.ix_(origins[:, 0].astype(int), destinations[:, 0].astype(int))]
        return np.where(own <= within, own, np.inf)

    def slack(self, err_m, *, of="minutes"):
        return np.asarray(err_m, float) / 1000 * self.per_km

    def says(self, lang):
        return ""


def brute(demand, facilities, detour, speed):
    table = np.empty((len(demand), len(facilities)))
    for i in range(len(demand)):
        for j in range(len(facilities)):
            metres = GEOD.inv(demand.lon[i], demand.lat[i], facilities.lon[j], facilities.lat[j])[2]
            table[i, j] = metres / 1000 * detour * 60 / speed
    return table


@pytest.mark.parametrize("m", [1, 7, 15])
def test_every_number_is_that_of_plain_loops(m):
    rng = np.random.default_rng(1)
    demand, facilities = random_places(rng, 60), random_places(rng, m)
    found = reached(demand, facilities, Straight(1.2, 50), cuts=(10, 25, 40))
    table = brute(demand, facilities, 1.2, 50)
    assert (found.nearest == table.argmin(axis=1)).all()
    assert found.costs[:, 1] == pytest.approx(table.min(axis=1), rel=1e-5)
    assert (found.costs[:, 0] == found.costs[:, 2]).all()
    for k, cut in enumerate((10, 25, 40)):
        assert (found.within_cuts[:, k, 1] == (table <= cut).sum(axis=1)).all()
        inside = table.min(axis=1) <= cut
        row = found.totals.iloc[k]
        assert row["demand"] == demand.weight[inside].sum()
        assert row["places"] == inside.sum()
        assert row["share"] == pytest.approx(demand.weight[inside].sum() / demand.weight.sum())
        assert row["beyond"] == pytest.approx(demand.weight[~inside].sum())
    counts = found.counts.pivot(index="id", columns="cut", values="facilities").loc[demand.id]
    assert (counts.to_numpy() == found.within_cuts[:, :, 1]).all()
    for j, row in enumerate(found.facilities.to_dict("records")):
        own = table.argmin(axis=1) == j
        assert row["places"] == own.sum()
        assert row["demand"] == demand.weight[own].sum()
        if own.any():
            assert row["max_cost"] == pytest.approx(table.min(axis=1)[own].max(), rel=1e-5)
        else:
            assert np.isnan(row["max_cost"])
        if demand.weight[own].sum():
            mean = np.average(table.min(axis=1)[own], weights=demand.weight[own])
            assert row["mean_cost"] == pytest.approx(mean, rel=1e-5)
    assert found.facilities["share"].sum() == pytest.approx(1)
    beyond = found.beyond()
    assert beyond["demand"].sum() == pytest.approx(found.totals["beyond"].iloc[-1])
    assert (beyond["demand"].diff().dropna() <= 0).all()
    assert set(beyond["id"]) == set(demand.id[table.min(axis=1) > 40])
    assert beyond["rank"].tolist() == list(range(1, len(beyond) + 1))
    assert found.beyond(10)["demand"].sum() == pytest.approx(found.totals["beyond"].iloc[0])


@pytest.mark.parametrize("of", ["minutes", "km"])
def test_no_displacement_within_the_errors_leaves_the_bands(of):
    rng = np.random.default_rng(2)
    demand = random_places(rng, 80)
    demand.err_m[:] = rng.uniform(0, 4000, 80)
    facilities = random_places(rng, 5, err=3000.0)
    cuts = (12, 30)
    found = reached(demand, facilities, cuts=cuts, of=of)
    hit = np.zeros(2, bool)
    for _ in range(40):
        true = reached(moved(rng, demand), moved(rng, facilities), cuts=cuts, of=of)
        assert (true.costs[:, 1] >= found.costs[:, 0] - 1e-3).all()
        assert (true.costs[:, 1] <= found.costs[:, 2] + 1e-3).all()
        assert (true.within_cuts[:, :, 1] >= found.within_cuts[:, :, 0]).all()
        assert (true.within_cuts[:, :, 1] <= found.within_cuts[:, :, 2]).all()
        for name in ("demand", "share", "places", "beyond"):
            assert (true.totals[name] >= found.totals[f"{name}_low"] - 1e-9).all()
            assert (true.totals[name] <= found.totals[f"{name}_high"] + 1e-9).all()
        hit |= (true.totals["demand"] != found.totals["demand"]).to_numpy()
    assert hit.any(), (
        "nothing that moved changed a number: the test would not see a band too narrow"
    )
    assert (found.costs[:, 0] < found.costs[:, 1]).mean() > 0.5


def test_a_band_is_as_wide_as_the_errors_of_both_ends():
    demand, facility = places([114.0], [30.5], err=1000), places([114.2], [30.5], err=500)
    low, cost, high = reached(demand, facility, Straight(1.5, 60)).costs[0]
    assert high - cost == pytest.approx(1.5 * 1.5)
    assert cost - low == pytest.approx(1.5 * 1.5)
    near = reached(demand, places([114.001], [30.5], err=500), Straight(1.5, 60)).costs[0]
    assert near[0] == 0


def test_the_curve_is_the_distribution_of_the_cost():
    rng = np.random.default_rng(3)
    demand, facilities = random_places(rng, 40, err=500.0), random_places(rng, 3, err=200.0)
    found = reached(demand, facilities)
    curve = found.curve
    for row in curve.to_dict("records"):
        for end, k in (("_low", 2), ("", 1), ("_high", 0)):
            own = demand.weight[found.costs[:, k] <= row["cost"]].sum() / demand.weight.sum()
            assert row[f"share{end}"] == pytest.approx(own)
    assert curve["cost"].is_monotonic_increasing
    assert curve["share_low"].iloc[-1] == pytest.approx(1)
    long = reached(random_places(rng, 3000, err=500.0), facilities).curve
    assert 400 < len(long) <= 500
    assert long["share"].iloc[-1] == pytest.approx(1)


def test_weights_within_limits_are_summed_as_a_loop_would():
    rng = np.random.default_rng(4)
    cost, weight = rng.integers(0, 9, 50).astype(float), rng.random(50)
    for cut in np.arange(-1, 10, 0.5):
        assert within(cost, weight, np.array([cut]))[0] == pytest.approx(weight[cost <= cut].sum())


def test_groups_add_up_to_the_whole():
    rng = np.random.default_rng(5)
    demand, facilities = random_places(rng, 90, err=800.0), random_places(rng, 4)
    found = reached(demand, facilities, cuts=(15, 30))
    groups = found.groups
    for name in ("demand_low", "demand", "demand_high", "beyond_low", "beyond", "beyond_high"):
        assert groups.groupby("cut")[name].sum().to_numpy() == pytest.approx(found.totals[name])
    one = groups[(groups["group"] == "b") & (groups["cut"] == 15)].iloc[0]
    own = demand.group == "b"
    mean = np.average(found.costs[own, 1], weights=demand.weight[own])
    assert one["mean_cost"] == pytest.approx(mean)
    assert one["total"] == demand.weight[own].sum()
    assert one["name_zh"] == "b"


def test_who_reaches_nothing_is_said():
    inf = np.inf
    travel = Given([[5, inf], [inf, inf], [20, 7]])
    demand, facilities = places([0, 1, 2], [0, 0, 0], [10, 20, 30]), places([0, 1], [0, 0])
    found = reached(demand, facilities, travel, cuts=(6, 30))
    assert found.nearest.tolist() == [0, -1, 1]
    assert found.costs[:, 1].tolist() == [5, inf, 7]
    assert found.totals["unreached"].tolist() == [20, 20]
    assert found.totals["demand"].tolist() == [10, 40]
    assert found.totals["beyond"].tolist() == [50, 20]
    assert found.demand["facility"].tolist() == ["p0", "", "p1"]
    assert found.beyond()["id"].tolist() == ["p1"]
    assert not found.estimate
    assert found.curve["share"].iloc[-1] == pytest.approx(2 / 3)
    assert found.facilities["mean_cost"].tolist() == [5, 7]
    groups = found.groups
    assert groups["mean_cost"].tolist() == pytest.approx([(10 * 5 + 30 * 7) / 40] * 2)


def test_facilities_are_taken_some_at_a_time(monkeypatch):
    rng = np.random.default_rng(6)
    demand, facilities = random_places(rng, 30, err=100.0), random_places(rng, 14, err=300.0)
    whole = reached(demand, facilities)
    monkeypatch.setattr(cost_blocks, "CELLS", 65)
    seen: list[tuple[int, int]] = []
    parts = reached(demand, facilities, progress=lambda done, total: seen.append((done, total)))
    pd.testing.assert_frame_equal(whole.demand, parts.demand)
    pd.testing.assert_frame_equal(whole.counts, parts.counts)
    shares = [done / total for done, total in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(set(shares)) >= 6


def test_what_a_progress_raises_ends_the_work():
    class StopError(Exception):
        pass

    def stop(done, total):
        raise StopError

    rng = np.random.default_rng(7)
    with pytest.raises(StopError):
        reached(random_places(rng, 5), random_places(rng, 5), progress=stop)


def test_practice_stations_without_a_position_are_listed(wuhan, units):
    demand = units_as_places(wuhan, units, step_km=None)
    found = reached(demand, nodes_as_places(wuhan, kinds=["practice-station"]))
    assert found.located == (1, 9)
    assert len(found.unlocated) == 8
    assert found.totals[["located", "listed"]].iloc[0].tolist() == [1, 9]
    assert found.estimate
    assert found.totals["estimate"].all()


def test_what_cannot_be_answered_is_refused(wuhan):
    rng = np.random.default_rng(8)
    own = random_places(rng, 3)
    nobody = own.some(np.zeros(3, bool))
    with pytest.raises(PointsError, match="no demand"):
        reached(nobody, own)
    with pytest.raises(PointsError, match="no facilities"):
        reached(own, nobody)
    with pytest.raises(PointsError, match="none of the 2 facilities has a position"):
        reached(own, nodes_as_places(wuhan, kinds=["service-platform"]))
    with pytest.raises(PointsError, match=r"'p0' has the weight -1"):
        reached(places([1], [1], [-1]), own)
    with pytest.raises(PointsError, match="has the weight nan"):
        reached(places([1], [1], [np.nan]), own)
    for cuts in ((), (0, 1), (2, 1), (1, 1), (np.inf,)):
        with pytest.raises(PointsError, match="positive numbers"):
            reached(own, own, cuts=cuts)
    with pytest.raises(PointsError, match="minutes or km"):
        reached(own, own, of="hours")
    with pytest.raises(PointsError, match="at most"):
        big = random_places(rng, 200_000)
        reached(big, big)


def test_weightless_demand_has_no_shares_and_raises_nothing():
    own = places([114.0, 114.1], [30.5, 30.5], [0, 0])
    totals = reached(own, own).totals
    assert totals["share"].isna().all()
    assert (totals["places"] == 2).all()


def test_the_method_is_said_with_its_parameters():
    rng = np.random.default_rng(9)
    own = random_places(rng, 4)
    found = reached(own, own, Straight(1.4, 30), cuts=(5, 9), of="km")
    assert found.provenance.parameters == {
        "of": "km", "cuts": [5.0, 9.0], "demand": "", "demands": 4, "facilities": 4, "unlocated": 0, "estimate": True,
        "travel": "straight", "detour": 1.4, "speed_kmh": 30,
    }  # fmt: skip
    for lang in LANGUAGES:
        assert found.provenance.says(lang)
