"""Siting on a matrix of costs, against all subsets, spopt, closed forms and its own bounds."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.spatial.distance import cdist

from geo.analysis.siting import solve
from geo.errors import PointsError

MODELS = ("mclp", "lscp", "p-median", "p-center")
QUICK = settings(max_examples=60, deadline=None, derandomize=True)


def value_of(costs, weights, opened, model, within):
    """What a choice is worth, by definition; None where it is none."""
    rows = weights > 0
    near = costs[rows][:, opened].min(axis=1) if len(opened) else np.full(rows.sum(), np.inf)
    if model == "mclp":
        return float(weights[rows][near <= within].sum())
    if model == "lscp":
        return 0.0 if (near <= within).all() else None
    if not np.isfinite(near).all():
        return None
    return float(weights[rows] @ near) if model == "p-median" else float(near.max())


def best_of(costs, weights, model, n, fixed, within):
    """The best over all subsets."""
    free = [j for j in range(costs.shape[1]) if j not in fixed]
    best = None
    for k in range(len(free) + 1) if model == "lscp" else [n]:
        for some in itertools.combinations(free, k):
            own = value_of(costs, weights, [*fixed, *some], model, within)
            if own is None:
                continue
            if model == "lscp":
                return float(k)
            if best is None or (own > best if model == "mclp" else own < best):
                best = own
    return best


@st.composite
def instances(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows, columns = draw(st.integers(1, 14)), draw(st.integers(1, 9))
    costs = np.round(rng.random((rows, columns)) * 10, draw(st.sampled_from([0, 1, 6])))
    if draw(st.booleans()):
        costs[rng.random(costs.shape) < 0.2] = np.inf
    weights = rng.integers(0, 4, rows).astype(float) if draw(st.booleans()) else rng.random(rows)
    weights[0] = max(weights[0], 1.0)
    fixed = rng.choice(columns, draw(st.integers(0, min(2, columns - 1))), replace=False).tolist()
    n = draw(st.integers(0, columns - len(fixed)))
    return costs, weights, fixed, n, float(rng.random() * 8)


@QUICK
@given(instances(), st.sampled_from(MODELS), st.sampled_from(["auto", "exact", "heuristic"]))
def test_against_all_subsets(instance, model, method):
    costs, weights, fixed, n, within = instance
    if model in ("p-median", "p-center") and n + len(fixed) == 0:
        n = 1
    best = best_of(costs, weights, model, n, fixed, within)
    number = None if model == "lscp" else n

    def call():
        return solve(costs, weights, model=model, n=number, fixed=fixed, within=within, method=method, seconds=20)  # fmt: skip

    if best is None:
        with pytest.raises(PointsError, match=r"reach"):
            call()
        return
    found = call()
    sign = 1 if model == "mclp" else -1
    close = 1e-9 * max(abs(best), 1.0)
    opened = [*fixed, *found.chosen.tolist()]
    own = value_of(costs, weights, opened, model, within)
    # What it says it is worth, it is worth; nothing better exists, and the bound holds.
    assert found.objective == pytest.approx(len(found.chosen) if model == "lscp" else own, abs=close)  # fmt: skip
    assert len(set(opened)) == len(fixed) + (len(found.chosen) if model == "lscp" else n)
    assert sign * (found.objective - best) <= close
    assert sign * (found.bound - best) >= -close
    assert (found.gap == 0) == (found.bound == found.objective)
    if method != "heuristic":
        assert found.optimal
    if found.optimal:
        assert found.objective == pytest.approx(best, abs=close)
        assert found.gap == 0


def capacitated_best(costs, weights, capacity, model, n, fixed, within):
    """The best over all subsets, each with its own transport problem."""
    rows, columns = costs.shape
    free = [j for j in range(columns) if j not in fixed]
    best = None
    for k in range(len(free) + 1) if model == "lscp" else [n]:
        for some in itertools.combinations(free, k):
            opened = [*fixed, *some]
            pairs = [(i, j) for i in range(rows) for j in opened if costs[i, j] <= (within if model != "p-median" else 1e9)]  # fmt: skip
            if not pairs:
                if model == "mclp":
                    best = max(best or 0.0, 0.0)
                continue
            cost = [-weights[i] if model == "mclp" else weights[i] * costs[i, j] for i, j in pairs]
            served = np.array([[float(i == r) for i, _ in pairs] for r in range(rows)]).reshape(rows, -1)  # fmt: skip
            load = np.array([[weights[i] * (j == c) for i, j in pairs] for c in opened]).reshape(len(opened), -1)  # fmt: skip
            limits = {"A_ub": load, "b_ub": capacity[opened]}
            if model == "mclp":
                limits = {"A_ub": np.vstack([load, served]), "b_ub": np.concatenate([capacity[opened], np.ones(rows)])}  # fmt: skip
            else:
                limits |= {"A_eq": served, "b_eq": np.ones(rows)}
            own = linprog(cost, bounds=(0, 1), **limits)
            if own.status != 0:
                continue
            if model == "lscp":
                return float(k)
            value = -own.fun if model == "mclp" else own.fun
            if best is None or (value > best if model == "mclp" else value < best):
                best = value
    return best


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.sampled_from(["mclp", "lscp", "p-median"]), st.booleans())
def test_capacity_against_all_subsets(seed, model, each):
    rng = np.random.default_rng(seed)
    rows, columns = int(rng.integers(2, 7)), int(rng.integers(2, 6))
    costs, weights = rng.random((rows, columns)) * 10, rng.integers(1, 6, rows).astype(float)
    fixed = [0] if rng.random() < 0.4 else []
    n = int(rng.integers(1, columns - len(fixed) + 1))
    capacity = rng.integers(2, 12, columns).astype(float) if each else np.full(columns, 6.0)
    best = capacitated_best(costs, weights, capacity, model, n, fixed, 6.0)

    def call():
        return solve(
            costs, weights, model=model, n=None if model == "lscp" else n, fixed=fixed, within=6.0,
            capacity=capacity if each else 6.0, seconds=20,
        )  # fmt: skip

    if best is None:
        with pytest.raises(PointsError, match=r"capacity|reach"):
            call()
        return
    found = call()
    assert found.optimal
    assert found.objective == pytest.approx(best, rel=1e-6, abs=1e-6)
    shares = found.shares.toarray()
    assert (shares.sum(axis=1) <= 1 + 1e-6).all()
    assert ((weights[:, None] * shares).sum(axis=0) <= capacity + 1e-5).all()
    assert set(np.flatnonzero(shares.any(axis=0))) <= {*fixed, *found.chosen}
    if model == "mclp":
        assert (weights[:, None] * shares).sum() == pytest.approx(best, abs=1e-5)


@pytest.fixture(scope="module")
def town():
    rng = np.random.default_rng(5)
    homes = np.concatenate([rng.normal(rng.random(2) * 40, 4, (30, 2)) for _ in range(5)])
    sites = rng.random((40, 2)) * 40
    return cdist(homes, sites), rng.integers(1, 30, len(homes)).astype(float)


@pytest.mark.parametrize("kept", [False, True])
def test_against_spopt(town, kept):
    pulp = pytest.importorskip("pulp")
    from spopt.locate import LSCP, MCLP, PCenter, PMedian

    costs, weights = town
    fixed = [3, 17] if kept else []
    given_ = np.isin(np.arange(40), fixed).astype(int) if kept else None
    most = float(np.sort(costs.min(axis=1))[-1]) + 3.0
    with warnings.catch_warnings():
        # Of the other packages alone.
        warnings.simplefilter("ignore")
        quiet = pulp.PULP_CBC_CMD(msg=False)
        theirs = {
            "mclp": MCLP.from_cost_matrix(costs, weights, 7.0, 5, predefined_facilities_arr=given_),
            "lscp": LSCP.from_cost_matrix(costs, most, predefined_facilities_arr=given_),
            "p-median": PMedian.from_cost_matrix(costs, weights, 5, predefined_facilities_arr=given_),
            "p-center": PCenter.from_cost_matrix(costs, 5, predefined_facilities_arr=given_),
        }  # fmt: skip
        for model, other in theirs.items():
            other.solve(quiet)
            theirs[model] = pulp.value(other.problem.objective)
    for model, value in theirs.items():
        n = None if model == "lscp" else 5 - len(fixed)
        found = solve(costs, weights, model=model, n=n, fixed=fixed, within=most if model == "lscp" else 7.0, method="exact")  # fmt: skip
        own = found.objective + (len(fixed) if model == "lscp" else 0)
        assert found.optimal
        assert own == pytest.approx(value, rel=1e-6), model


def test_closed_forms_on_a_line():
    # 2k + 1 homes each one apart, sites at the homes.
    at = np.arange(15.0)
    costs = np.abs(at[:, None] - at)
    # Three sites with a reach of two cover five homes each: all 15.
    found = solve(costs, model="mclp", n=3, within=2.0)
    assert (found.objective, found.chosen.tolist(), found.optimal) == (15.0, [2, 7, 12], True)
    assert solve(costs, model="lscp", within=2.0).objective == 3.0
    # The median of each third: 1 + 2 on either side of each.
    assert solve(costs, model="p-median", n=3).objective == 3 * 2 * (1 + 2)
    assert solve(costs, model="p-center", n=3).objective == 2.0
    # One site: the middle, at the sum of 1 to 7 twice.
    one = solve(costs, model="p-median", n=1)
    assert (one.objective, one.chosen.tolist()) == (56.0, [7])


def test_closed_form_on_a_grid():
    # Sites in the middles of 3 × 3 blocks of a 9 × 9 grid reach eight neighbours.
    x, y = (v.ravel() for v in np.meshgrid(np.arange(9.0), np.arange(9.0)))
    costs = np.maximum(np.abs(x[:, None] - x), np.abs(y[:, None] - y))
    assert solve(costs, model="lscp", within=1.0).objective == 9.0
    assert solve(costs, model="p-center", n=9).objective == 1.0
    assert solve(costs, model="mclp", n=4, within=1.0).objective == 36.0


@pytest.mark.parametrize("model", MODELS)
def test_heuristics_are_reproducible_and_below_the_bound(model):
    rng = np.random.default_rng(2)
    costs = cdist(rng.random((900, 2)), rng.random((60, 2)))
    weights = rng.random(900)
    within = float(costs.min(axis=1).max()) * 1.2 if model == "lscp" else 0.1
    n = None if model == "lscp" else 8

    def call(method):
        return solve(costs, weights, model=model, n=n, within=within, method=method, seconds=30, seed=4)  # fmt: skip

    first, again, best = call("heuristic"), call("heuristic"), call("auto")
    assert first.chosen.tolist() == again.chosen.tolist()
    assert (first.objective, first.bound) == (again.objective, again.bound)
    sign = 1 if model == "mclp" else -1
    assert sign * (first.bound - best.objective) >= -1e-9
    assert sign * (best.objective - first.objective) >= -1e-9
    # The bounds are tight enough to be of use.
    assert first.gap < {"mclp": 0.03, "lscp": 0.35, "p-median": 0.03, "p-center": 0.3}[model]


def test_small_floats_cover_as_large_ones_do():
    costs = np.array([[30.1, 30.0], [50.0, 30.100002]], dtype=np.float32)
    assert solve(costs, model="mclp", n=1, within=30.0).objective == 1.0
    # As a float of half the size the limit itself would be above this cost.
    within = float(np.float32(30.1)) - 1e-7
    assert solve(costs[:, :1], model="mclp", n=1, within=within).objective == 0.0
    assert solve(costs <= 30.0, model="mclp", n=1).objective == 1.0


def test_the_time_is_kept_and_a_stop_is_heard():
    rng = np.random.default_rng(0)
    covers = rng.random((400, 150)) < 0.05
    covers = covers[covers.any(axis=1)]
    found = solve(covers, model="lscp", method="exact", seconds=1.5)
    assert not found.optimal
    assert found.bound < found.objective
    assert found.gap == pytest.approx(1 - found.bound / found.objective)
    assert found.status == "time"
    calls = []

    def stop(done, total):
        calls.append((done, total))
        if len(calls) > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve(covers, model="lscp", method="exact", seconds=1.5, progress=stop)
    assert all(0 <= done <= total for done, total in calls)


def test_what_is_wrong_is_told():
    costs = np.array([[1.0, 2.0], [np.inf, np.inf]])
    with pytest.raises(
        PointsError, match=r"no candidate reaches 1 of the demands \(rows 1\)"
    ) as told:
        solve(costs, model="lscp", within=5.0)
    assert told.value.problems == [1]
    for call, why in [
        ({"model": "x"}, "no model 'x'"),
        ({"model": "mclp", "n": 1}, "needs within"),
        ({"model": "mclp", "n": 3, "within": 1}, "0 to 2"),
        ({"model": "mclp", "within": 1}, "n is None"),
        ({"model": "lscp", "n": 1, "within": 1}, "leave n out"),
        ({"model": "p-median", "n": 0}, "one site at least"),
        ({"model": "p-center", "n": 1, "capacity": 3}, "no capacity"),
        ({"model": "p-median", "n": 1, "capacity": 3, "method": "heuristic"}, "no heuristic"),
        ({"model": "p-median", "n": 1, "capacity": [1, 2, 3]}, "one for each candidate"),
        ({"model": "p-median", "n": 1, "weights": [1, -1]}, "finite numbers"),
        ({"model": "p-median", "n": 1, "weights": [0, 0]}, "nobody to serve"),
        ({"model": "p-median", "n": 1, "method": "no"}, "no method"),
        ({"model": "p-median", "n": 1, "seconds": 0}, "above 0"),
        ({"model": "p-median", "n": 1, "fixed": [7]}, "columns of the costs"),
    ]:
        with pytest.raises(PointsError, match=why):
            solve(costs[:1].repeat(2, axis=0), **call)
    with pytest.raises(PointsError, match="0 or more"):
        solve(-costs, model="p-median", n=1)
    with pytest.raises(PointsError, match="needs costs"):
        solve(costs > 1, model="p-median", n=1)
    with pytest.raises(PointsError, match="serves all within their capacity"):
        solve(np.ones((2, 2)), model="lscp", within=1.0, capacity=0.5)
