"""Accessibility: against PySAL's access, closed forms, and places moved within their errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.analysis import cost_blocks
from geo.analysis.access import METHODS, access, gini_of
from geo.analysis.concentration import gini
from geo.analysis.decay import decay_of
from geo.errors import PointsError
from geo.network.travel import Straight
from tests.analysis.test_reached import Given, moved, places, random_places

TRAVEL = Straight()


def pysal(demand, facilities, travel, **asked):
    """The same by PySAL, on the same costs."""
    from access import Access

    costs = travel.costs(demand.at, facilities.at)
    n, m = costs.shape
    cost_df = pd.DataFrame(
        {
            "origin": np.repeat(np.arange(n), m),
            "dest": np.tile(np.arange(m), n),
            "cost": costs.ravel(),
        }
    )
    return Access(
        demand_df=pd.DataFrame({"id": np.arange(n), "people": demand.weight}), demand_index="id", demand_value="people",
        supply_df=pd.DataFrame({"id": np.arange(m), "beds": facilities.weight}), supply_index="id", supply_value="beds",
        cost_df=cost_df, cost_origin="origin", cost_dest="dest", cost_name="cost",
    ), costs  # fmt: skip


@pytest.mark.filterwarnings("ignore:The inplace keyword")
@pytest.mark.parametrize("seed", range(4))
def test_scores_are_those_of_pysal(seed):
    rng = np.random.default_rng(seed)
    demand, facilities = random_places(rng, 120), random_places(rng, 9, most=20.0)
    demand.weight[:] += 1
    own, _ = pysal(demand, facilities, TRAVEL)
    n = len(demand)
    theirs = own.two_stage_fca(name="a", max_cost=40)["a_beds"].reindex(range(n)).fillna(0)
    ours = access(demand, facilities, method="2sfca", catchment=40)
    assert ours.scores[:, 1] == pytest.approx(theirs.to_numpy(), rel=1e-9, abs=1e-15)
    from access import weights

    steps = weights.step_fn({15: 1, 30: 0.68, 45: 0.22})
    enhanced = own.enhanced_two_stage_fca(name="b", max_cost=45, weight_fn=steps)["b_beds"]
    ours = access(demand, facilities, method="e2sfca", catchment=45)
    theirs = enhanced.reindex(range(n)).fillna(0).to_numpy()
    assert ours.scores[:, 1] == pytest.approx(theirs, rel=1e-9, abs=1e-15)
    assert (theirs > 0).any()
    assert (theirs == 0).any()
    law = weights.gravity(scale=1, alpha=-1.5, min_dist=1)
    sums = own.weighted_catchment(name="c", max_cost=60, weight_fn=law)["c_beds"]
    ours = access(demand, facilities, method="gravity", catchment=60, beta=1.5)
    theirs = sums.reindex(range(n)).fillna(0).to_numpy()
    assert ours.scores[:, 1] == pytest.approx(theirs, rel=1e-9)


def test_two_towns_and_two_clinics_by_hand():
    # Town 0 (100 people) reaches both, town 1 (300 people) only the second.
    travel = Given([[5, 15], [50, 25]])
    demand, clinics = places([0, 1], [0, 0], [100, 300]), places([0, 1], [0, 0], [4, 8])
    found = access(demand, clinics, travel, method="2sfca", catchment=30, per=100)
    first, second = 4 / 100, 8 / 400
    assert found.scores[:, 1] == pytest.approx([100 * (first + second), 100 * second])
    assert found.facilities["supply_ratio"].tolist() == pytest.approx([4.0, 2.0])
    assert found.facilities["demand"].tolist() == [100, 400]
    totals = found.totals.iloc[0]
    assert totals["mean"] == pytest.approx(100 * 12 / 400)
    assert totals["none"] == 0
    assert totals["gini"] == pytest.approx(gini(np.repeat(found.scores[:, 1], [100, 300])))
    zoned = access(demand, clinics, travel, method="e2sfca", catchment=30)
    asked = [100.0, 0.68 * 100 + 0.22 * 300]
    want = [4 / asked[0] + 0.68 * 8 / asked[1], 0.22 * 8 / asked[1]]
    assert zoned.scores[:, 1] == pytest.approx(want)
    zoned = access(
        demand, clinics, travel, method="e2sfca", zones=(5, 14, 16, 60), weights=(1, 0.5, 0.4, 0.1)
    )
    asked = [100.0 + 0.1 * 300, 0.4 * 100 + 0.1 * 300]
    want = [4 / asked[0] + 0.4 * 8 / asked[1], 0.1 * 4 / asked[0] + 0.1 * 8 / asked[1]]
    assert zoned.scores[:, 1] == pytest.approx(want)


def test_potentials_by_hand():
    travel = Given([[0.2, 15], [50, 25]])
    demand, labs = places([0, 1], [0, 0], [1, 3]), places([0, 1], [0, 0], [4, 8])
    found = access(demand, labs, travel, method="gravity", catchment=30, beta=2, per=1000)
    assert found.scores[:, 1] == pytest.approx([4 + 8 / 225, 8 / 625])
    assert found.per == 1
    found = access(demand, labs, travel, method="gravity", catchment=np.inf, decay="exponential", beta=0.1)  # fmt: skip
    want = [4 * np.exp(-0.02) + 8 * np.exp(-1.5), 4 * np.exp(-5) + 8 * np.exp(-2.5)]
    assert found.scores[:, 1] == pytest.approx(want)
    assert found.totals["mean"].iloc[0] == pytest.approx((want[0] + 3 * want[1]) / 4)
    assert "supply_ratio" not in found.facilities
    found = access(demand, labs, travel, method="gravity", catchment=30, decay="exponential")
    assert found.provenance.parameters["beta"] == 0.1


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), method=st.sampled_from(["2sfca", "e2sfca"]))
def test_all_supply_that_anybody_reaches_is_shared_out(seed, method):
    rng = np.random.default_rng(seed)
    demand, facilities = random_places(rng, 25, err=500.0), random_places(rng, 6, err=2000.0)
    found = access(demand, facilities, method=method, catchment=rng.uniform(5, 60), per=1000)
    used = facilities.weight[found.asked[:, 1] > 0].sum()
    assert float(demand.weight @ found.scores[:, 1]) == pytest.approx(1000 * used)
    totals = found.totals.iloc[0]
    assert totals["used"] == pytest.approx(used)
    if demand.weight.sum():
        assert totals["mean"] == pytest.approx(1000 * used / demand.weight.sum())


@pytest.mark.parametrize(
    ("method", "decay"),
    [("2sfca", "power"), ("e2sfca", "power"), ("gravity", "power"), ("gravity", "exponential")],
)
def test_no_displacement_within_the_errors_leaves_the_bands(method, decay):
    rng = np.random.default_rng(11)
    demand, facilities = random_places(rng, 30), random_places(rng, 5, err=2500.0)
    demand.err_m[:] = rng.uniform(0, 3000, len(demand))
    demand.weight[:4] = 0
    asked = {"method": method, "catchment": 40, "decay": decay}
    found = access(demand, facilities, **asked)
    changed = np.zeros(len(demand), bool)
    for _ in range(150):
        true = access(moved(rng, demand), moved(rng, facilities), **asked)
        slack = 1e-5 * np.abs(true.scores[:, 1])
        assert (true.scores[:, 1] >= found.scores[:, 0] - slack).all()
        assert (true.scores[:, 1] <= found.scores[:, 2] + slack).all()
        assert (true.counts[:, 1] >= found.counts[:, 0]).all()
        assert (true.counts[:, 1] <= found.counts[:, 2]).all()
        for name in ("mean", "none", "share_none", "used"):
            low, value, high = (t[name + e].iloc[0] for t, e in ((found.totals, "_low"), (true.totals, ""), (found.totals, "_high")))  # fmt: skip
            assert low * (1 - 1e-9) <= value <= high * (1 + 1e-9), name
        if method != "gravity":
            own = true.facilities["supply_ratio"]
            known = own.notna()
            assert (own >= found.facilities["supply_ratio_low"] * (1 - 1e-9))[known].all()
            assert (own <= found.facilities["supply_ratio_high"] * (1 + 1e-9))[known].all()
        changed |= true.scores[:, 1] != found.scores[:, 1]
    assert changed.sum() >= 5, "nothing moved: the test would not see a band too narrow"
    assert np.isfinite(found.scores[demand.weight > 0]).all()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_bounds_are_reached_over_all_costs_between_low_and_high(seed):
    # Over single costs, each at either end, the extremes of a score are the bounds themselves.
    rng = np.random.default_rng(seed)
    table = rng.uniform(0, 30, (3, 2))
    weight, supply = rng.integers(1, 5, 3), rng.integers(1, 5, 2)
    err = rng.uniform(0, 10)
    demand, facilities = (
        places([0, 1, 2], [0, 0, 0], weight, 1000.0),
        places([0, 1], [0, 0], supply),
    )
    found = access(demand, facilities, Given(table, err), method="e2sfca", catchment=24)
    zones, steps = np.array([8.0, 16, 24]), np.array([1, 0.68, 0.22, 0])
    ends = np.stack([np.maximum(table - err, 0), table + err])
    scores = []
    for code in range(64):
        pick = np.array([(code >> k) & 1 for k in range(6)]).reshape(3, 2)
        w = steps[np.searchsorted(zones, np.where(pick == 1, ends[1], ends[0]))]
        asked = weight @ w
        ratio = np.divide(supply, asked, out=np.zeros(2), where=asked > 0)
        scores.append(w @ ratio)
    assert found.scores[:, 0] == pytest.approx(np.min(scores, axis=0))
    assert found.scores[:, 2] == pytest.approx(np.max(scores, axis=0))


def test_who_weighs_nothing_may_have_no_upper_bound():
    travel = Given([[5], [29]], per_km=2)
    demand = places([0, 1], [0, 0], [0, 10], [0, 1000])
    found = access(demand, places([0], [0], [3]), travel, method="2sfca", catchment=30)
    assert found.scores[0].tolist() == [0, 0.3, np.inf]
    assert found.scores[1].tolist() == [0, 0.3, 0.3]
    assert found.groups["score_high"].tolist() == [0.3]
    row = found.facilities.iloc[0]
    assert [row["supply_ratio_low"], row["supply_ratio"], row["supply_ratio_high"]] == [
        0.3,
        0.3,
        np.inf,
    ]


def test_a_facility_that_nobody_reaches_has_no_ratio():
    travel = Given([[5, 99]])
    found = access(places([0], [0], [10]), places([0, 1], [0, 0], [3, 4]), travel, method="2sfca")
    assert found.facilities["supply_ratio"].tolist()[0] == pytest.approx(0.3)
    assert (
        found.facilities[["supply_ratio_low", "supply_ratio", "supply_ratio_high"]]
        .iloc[1]
        .isna()
        .all()
    )
    totals = found.totals.iloc[0]
    assert (totals["supply"], totals["used"], totals["none"]) == (7, 3, 0)


def test_groups_have_the_mean_of_their_demands():
    rng = np.random.default_rng(12)
    demand, facilities = random_places(rng, 40, err=300.0), random_places(rng, 6)
    found = access(demand, facilities)
    for row in found.groups.to_dict("records"):
        own = demand.group == row["group"]
        for end, k in (("_low", 0), ("", 1), ("_high", 2)):
            counted = own & (demand.weight > 0)
            want = np.average(found.scores[counted, k], weights=demand.weight[counted])
            assert row[f"score{end}"] == pytest.approx(want)
    assert found.groups["score"].is_monotonic_increasing


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 100), st.integers(0, 6)), min_size=1, max_size=12))
def test_inequality_is_that_of_each_person(rows):
    values, weight = (np.array(v, dtype=float) for v in zip(*rows, strict=True))
    want = gini(np.repeat(values, weight.astype(int)))
    assert gini_of(values, weight) == pytest.approx(want, nan_ok=True, abs=1e-9)


def test_facilities_are_taken_some_at_a_time(monkeypatch):
    rng = np.random.default_rng(13)
    demand, facilities = random_places(rng, 30, err=100.0), random_places(rng, 11, err=300.0)
    whole = access(demand, facilities)
    monkeypatch.setattr(cost_blocks, "CELLS", 65)
    parts = access(demand, facilities)
    for name in ("table", "facilities", "totals", "groups"):
        pd.testing.assert_frame_equal(getattr(whole, name), getattr(parts, name))


def test_weights_never_rise_with_the_cost():
    cost = np.sort(np.random.default_rng(14).uniform(0, 70, 500))
    for method in METHODS:
        for decay in ("power", "exponential"):
            law = decay_of(method, catchment=50, zones=None, weights=(1, 0.7, 0.7, 0.1), decay=decay, beta=None)  # fmt: skip
            own = law(cost)
            assert (np.diff(own) <= 0).all()
            assert (own[cost > 50] == 0).all()
            assert (own[cost <= 50] > 0).all()
    steps = decay_of("e2sfca", catchment=30, zones=None, weights=(1, 0.68, 0.22), decay="", beta=None)  # fmt: skip
    assert steps(np.array([0, 10, 10.001, 20, 30, 30.001])).tolist() == [1, 1, 0.68, 0.68, 0.22, 0]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"method": "3sfca"}, "unknown method"),
        ({"catchment": 0}, "catchment is 0"),
        ({"catchment": np.inf}, "catchment is infinite"),
        ({"catchment": np.nan}, "catchment is nan"),
        ({"weights": ()}, "weights are"),
        ({"weights": (0.5, 1)}, "weights are"),
        ({"weights": (1, 0)}, "weights are"),
        ({"zones": (10, 20)}, "2 zones have 3 weights"),
        ({"zones": (10, 20, 15)}, "zones are"),
        ({"method": "gravity", "beta": 0}, "beta is 0"),
        ({"method": "gravity", "decay": "linear"}, "unknown decay"),
        ({"method": "gravity", "decay": "exponential", "catchment": np.inf}, "needs a beta"),
        ({"per": 0}, "per 0"),
        ({"of": "miles"}, "minutes or km"),
    ],
)
def test_what_is_no_parameter_is_refused(asked, why):
    own = places([114.0], [30.5])
    with pytest.raises(PointsError, match=why):
        access(own, own, **asked)


def test_the_method_is_said_with_its_parameters():
    own = places([114.0], [30.5])
    found = access(own, own, per=1000)
    parameters = found.provenance.parameters
    assert parameters["zones"] == [10, 20, 30]
    assert parameters["weights"] == [1, 0.68, 0.22]
    assert (parameters["model"], parameters["per"], parameters["detour"]) == ("e2sfca", 1000, 1.3)
    assert "Luo" in found.provenance.says("en")
    assert found.table["estimate"].all()
