"""Siting models as mixed-integer programmes, solved by HiGHS through ``scipy.optimize.milp``.

Huangfu and Hall (2018), *Parallelizing the dual revised simplex method*. The formulations are the
tight ones: a site for each demand it serves (``y <= x``), never one row for all of its demands.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp

from geo.analysis.siting.problem import Time
from geo.errors import PointsError

__all__ = ["Answer", "exact_capacitated", "exact_cover", "exact_least", "exact_median", "split"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
_SCALE = 1e4
"""Objectives are scaled to about this: absolute tolerances of the solver then mean the same for all."""
_POLL_S = 0.05
_FIRST_ROWS, _MORE_ROWS = 400, 200
"""Of a set covering: with so many rows it begins, so many are added at a time."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What the solver says.

    Attributes
    ----------
    chosen
        Columns that are opened; ``None`` where it has found no choice.
    bound
        What no choice can surpass.
    optimal
        Whether the choice is proven best.
    impossible
        Whether it has proven that there is no choice.
    x
        All variables, or ``None``.
    """

    chosen: Ints | None
    bound: float
    optimal: bool
    impossible: bool
    x: Floats | None = None


def _solved(
    objective: Floats, rows: list[LinearConstraint], whole: int, time: Time, *, fixed: Floats | None = None,
    top: Floats | None = None,
) -> Answer:  # fmt: skip
    """Return the least of an objective; the first variables are whole, 0 or 1."""
    size = len(objective)
    scale = max(float(np.abs(objective).sum()), 1e-300) / _SCALE
    low = np.zeros(size)
    high = np.ones(size) if top is None else top
    if fixed is not None:
        known = np.isfinite(fixed)
        low[:whole][known] = high[:whole][known] = fixed[known]
    kind = np.zeros(size)
    kind[:whole] = 1
    options = {"time_limit": max(time.left, 0.05), "mip_rel_gap": 0.0}
    found = _alongside(objective / scale, rows, kind, Bounds(low, high), options, time)
    if found.x is None:
        bound = getattr(found, "mip_dual_bound", None)
        return Answer(None, -np.inf if bound is None else float(bound) * scale, False, found.status == 2)  # fmt: skip
    bound = float(found.mip_dual_bound if found.mip_dual_bound is not None else found.fun) * scale
    chosen = np.flatnonzero(found.x[:whole] > 0.5)
    return Answer(chosen, bound, found.status == 0, False, found.x)


def _alongside(c: Floats, rows: Any, kind: Floats, bounds: Bounds, options: Any, time: Time) -> OptimizeResult:  # fmt: skip
    """Return the result of the solver, which runs beside: a stop is heard while it works."""
    box: list[Any] = []

    def run() -> None:
        try:
            box.append(milp(c, constraints=rows, integrality=kind, bounds=bounds, options=options))
        except Exception as error:
            box.append(error)

    # Left alone by a stop, it ends by itself at its time limit.
    beside = threading.Thread(target=run, daemon=True)
    beside.start()
    beside.join(_POLL_S)
    while beside.is_alive():
        time.tick()
        beside.join(_POLL_S)
    if isinstance(box[0], Exception):
        raise box[0]
    return box[0]


def exact_cover(
    matrix: Any, weight: Floats, n: int, time: Time, *, fixed: Floats | None = None
) -> Answer:
    """Return n columns that cover most (MCLP; Church and ReVelle, 1974); the bound is from above.

    Parameters
    ----------
    matrix
        Sparse, shape (rows, columns), of ones.
    weight
        Shape (rows,).
    n
        How many.
    time
        That it may take.
    fixed
        Shape (columns,): 0 or 1 where that is known, else NaN.
    """
    rows, columns = matrix.shape
    objective = np.concatenate([np.zeros(columns), -weight])
    covered = LinearConstraint(sp.hstack([-matrix, sp.eye_array(rows)], format="csr"), -np.inf, 0)
    answer = _solved(objective, [covered, _count(columns, rows, n)], columns, time, fixed=fixed)
    return Answer(answer.chosen, -answer.bound, answer.optimal, answer.impossible)


def exact_least(matrix: Any, time: Time, *, most: float = np.inf) -> Answer:
    """Return the fewest columns that cover all rows (LSCP; Toregas et al., 1971).

    Rows are generated: the model begins with those that fewest columns cover, and takes in more of
    those that its answer leaves out, until it leaves out none. What it needs for some rows it needs
    for all, so that each step gives a bound.

    Parameters
    ----------
    matrix
        Sparse, shape (rows, columns), of ones.
    time
        That it may take.
    most
        No more columns than these are of use.
    """
    rows, columns = matrix.shape
    order = np.argsort(np.asarray(matrix.sum(axis=1)).ravel(), kind="stable")
    kept, bound = order[:_FIRST_ROWS], 0.0
    while True:
        rules = [LinearConstraint(matrix[kept].tocsr(), 1, np.inf)]
        if np.isfinite(most):
            rules.append(LinearConstraint(np.ones((1, columns)), 0, most))
        answer = _solved(np.ones(columns), rules, columns, time)
        bound = max(bound, answer.bound)
        if answer.chosen is None:
            return Answer(None, bound, False, answer.impossible)
        left = np.flatnonzero(np.asarray(matrix[:, answer.chosen].sum(axis=1)).ravel() == 0)
        if not len(left):
            return Answer(answer.chosen, bound, answer.optimal, False)
        if not time.left or len(kept) == rows:
            return Answer(None, bound, False, False)
        fewest = left[np.argsort(np.asarray(matrix[left].sum(axis=1)).ravel(), kind="stable")]
        kept = np.concatenate([kept, fewest[:_MORE_ROWS]])


def exact_median(
    costs: Any, weight: Floats, kept: Floats, n: int, time: Time, *, fixed: Floats
) -> Answer:
    """Return n columns of the least weight times cost (p-median; ReVelle and Swain, 1970).

    Parameters
    ----------
    costs
        Three arrays of the pairs that may matter: row, column and cost.
    weight, kept
        Shape (rows,): weights, and costs of what is open already (infinite where nothing is).
    n
        How many.
    time
        That it may take.
    fixed
        Shape (columns,): 0 or 1 where that is known, else NaN.
    """
    row, column, cost = costs
    m, rows, pairs = len(fixed), len(weight), len(row)
    own = np.flatnonzero(np.isfinite(kept))
    objective = np.concatenate([np.zeros(m), weight[row] * cost, weight[own] * kept[own]])
    at = np.arange(pairs)
    one = np.ones(pairs)
    size = m + pairs + len(own)
    served = sp.csr_array(
        (np.ones(pairs + len(own)), (np.concatenate([row, own]), np.arange(m, size))), (rows, size)
    )
    # A pair whose site is known to be open needs no row of its own.
    loose = np.flatnonzero(fixed[column] != 1)
    below = sp.csr_array(
        (np.concatenate([one[loose], -one[loose]]), (np.tile(np.arange(len(loose)), 2), np.concatenate([m + at[loose], column[loose]]))),
        (len(loose), size),
    )  # fmt: skip
    rules = [
        LinearConstraint(served, 1, 1), LinearConstraint(below, -np.inf, 0), _count(m, size - m, n)
    ]  # fmt: skip
    return _solved(objective, rules, m, time, fixed=fixed)


def _count(columns: int, more: int, n: int) -> LinearConstraint:
    return LinearConstraint(np.concatenate([np.ones(columns), np.zeros(more)])[None, :], n, n)


def exact_capacitated(
    model: str, pairs: tuple[Ints, Ints, Floats], weight: Floats, capacity: Floats, fixed: Ints, n: int, time: Time
) -> Answer:  # fmt: skip
    """Return sites of limited capacity; demands may be split, and go where that is best for all.

    Current and Storbeck (1988), *Capacitated covering models*; Church and Murray (2018), *Location
    covering models*, chapter on system-optimal assignment.

    Parameters
    ----------
    model
        ``mclp``, ``lscp`` or ``p-median``.
    pairs
        Row, column and cost of the pairs that may serve.
    weight
        Shape (rows,).
    capacity
        Shape (columns,).
    fixed
        Columns that are open already.
    n
        How many more.
    time
        That it may take.
    """
    row, column, cost = pairs
    m, count, size = len(capacity), len(row), len(capacity) + len(row)
    known = np.full(m, np.nan)
    known[fixed] = 1.0
    if model == "lscp":
        objective = np.concatenate([np.ones(m), np.zeros(count)])
        objective[fixed] = 0.0
    else:
        worth = -weight[row] if model == "mclp" else weight[row] * cost
        objective = np.concatenate([np.zeros(m), worth])
    rules = _carried(row, column, weight, capacity, all_served=model != "mclp")
    if model != "lscp":
        rules.append(_count(m, count, n + len(fixed)))
    at = np.arange(count)
    rules.append(
        LinearConstraint(sp.csr_array((np.tile([1.0, -1.0], count), (np.repeat(at, 2), np.column_stack([m + at, column]).ravel())), (count, size)), -np.inf, 0)
    )  # fmt: skip
    return _solved(objective, rules, m, time, fixed=known)


def _carried(
    row: Ints, column: Ints, weight: Floats, capacity: Floats, *, all_served: bool
) -> list[LinearConstraint]:
    """Return that each demand is served once at most (or wholly), and no site more than it can."""
    m, count = len(capacity), len(row)
    size = m + count
    at = m + np.arange(count)
    served = sp.csr_array((np.ones(count), (row, at)), (len(weight), size))
    limit = np.minimum(capacity, weight.sum())
    load = sp.csr_array(
        (np.concatenate([weight[row], -limit]), (np.concatenate([column, np.arange(m)]), np.concatenate([at, np.arange(m)]))),
        (m, size),
    )  # fmt: skip
    scale = sp.diags_array(1 / np.maximum(limit, 1e-300))
    return [
        LinearConstraint(served, 1 if all_served else 0, 1), LinearConstraint(scale @ load, -np.inf, 0)
    ]  # fmt: skip


def split(
    pairs: tuple[Ints, Ints, Floats], weight: Floats, capacity: Floats, opened: Ints, time: Time, *, all_served: bool
) -> tuple[float, Floats]:  # fmt: skip
    """Return what weight open sites serve, and what share of its demand each pair serves.

    As much weight as possible first, then at the least cost.

    Raises
    ------
    PointsError
        If all must be served and cannot be.
    """
    row, column, cost = pairs
    inside = np.isin(column, opened)
    r, c, d = row[inside], column[inside], cost[inside]
    m, known = len(capacity), np.zeros(len(capacity))
    known[opened] = 1.0
    rules = _carried(r, c, weight, capacity, all_served=all_served)
    total = float(weight.sum())
    if not all_served:
        most = _solved(np.concatenate([np.zeros(m), -weight[r]]), rules, m, time, fixed=known)
        assert most.x is not None
        total = float(weight[r] @ most.x[m:])
        row_of_all = np.concatenate([np.zeros(m), weight[r] / max(total, 1e-300)])[None, :]
        rules = [*rules, LinearConstraint(row_of_all, 1 - 1e-9, np.inf)] if total else rules
    cheapest = _solved(np.concatenate([np.zeros(m), weight[r] * d]), rules, m, time, fixed=known)
    if cheapest.x is None:
        raise PointsError("the open sites cannot serve all within their capacity")
    shares = np.zeros(len(row))
    shares[inside] = np.clip(cheapest.x[m:], 0, 1)
    return total, shares
