"""Siting on a matrix of costs: a good choice, what none can surpass, and the best where it is in reach."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from geo.analysis.progress import Progress
from geo.analysis.siting.bounds import bound_of_cover, bound_of_least
from geo.analysis.siting.center import solved_center
from geo.analysis.siting.exact import exact_capacitated, exact_cover, exact_least, split
from geo.analysis.siting.heuristic import best_cover, least_cover
from geo.analysis.siting.median import solved_median
from geo.analysis.siting.outcome import better, ended, known_largest, unreached
from geo.analysis.siting.problem import (
    METHODS,
    Cover,
    Method,
    Model,
    Problem,
    Solution,
    Time,
    problem_of,
)
from geo.errors import PointsError

__all__ = ["COVER_REACH", "solve"]

Ints = NDArray[np.intp]
COVER_REACH = 400_000
"""A covering model of more ones than this is not given to the exact solver by ``auto``."""
SHARE = 0.5
"""Of the time, what search and bound may take where an exact solution is to follow."""


def solve(
    costs: ArrayLike, weights: ArrayLike | None = None, *, model: Model = "mclp", n: int | None = None,
    fixed: ArrayLike = (), within: float | None = None, capacity: ArrayLike | None = None, method: Method = "auto",
    seconds: float = 60.0, seed: int = 0, progress: Progress | None = None,
) -> Solution:  # fmt: skip
    """Choose sites by a matrix of costs.

    Parameters
    ----------
    costs
        Shape (n demands, m facilities), 0 or more; infinite where a demand is not reached. Of
        ``mclp`` and ``lscp`` also bool: what is within reach.
    weights
        Of the demands; by default 1 each. A demand of weight 0 asks for nothing.
    model
        ``mclp``: as much weight as possible within a cost (Church and ReVelle, 1974); ``lscp``: all
        of it, with the fewest sites (Toregas et al., 1971); ``p-median``: the least weight times
        cost (Hakimi, 1964; ReVelle and Swain, 1970); ``p-center``: the least greatest cost
        (Hakimi, 1964; by covering, Minieka, 1970).
    n
        How many sites to open, besides those that are fixed; not of ``lscp``.
    fixed
        Columns that are open already.
    within
        Greatest cost that covers; of ``mclp`` and ``lscp``.
    capacity
        Weight that each site serves at most: a number, or one for each facility or each candidate
        (what is open is then without limit). Demands may be split, and go where that is best for
        all: the most weight served, at the least cost (system-optimal assignment).
    method
        ``exact`` asks HiGHS until the choice is proven best or the time is over; ``heuristic``
        never does; ``auto`` does where the model is small enough. A good choice and a bound are
        found first in any case; what they prove needs no solver.
    seconds
        Time for all.
    seed
        Of the random exchanges of the search.
    progress
        Told the milliseconds used, of those allowed; what it raises ends the search.

    Raises
    ------
    PointsError
        If a part is missing or does not fit; if demands of ``lscp``, ``p-median`` or ``p-center``
        are not reached by anything (``problems`` has their rows), or no choice of n sites reaches
        all; if time is over before any choice is found.
    """
    asked = problem_of(
        costs, weights, model=model, n=n, fixed=fixed, within=within, capacity=capacity
    )
    if method not in METHODS:
        raise PointsError(f"no method {method!r}: use one of {', '.join(METHODS)}")
    if not seconds > 0:
        raise PointsError(f"seconds is {seconds}: give the time that it may take, above 0")
    time = Time(seconds, progress)
    time.tick()
    if asked.capacity is not None:
        if method == "heuristic":
            raise PointsError("with a capacity there is no heuristic: use auto or exact")
        return _capacitated(asked, time)
    if model == "mclp":
        return _most(asked, method, seed, time)
    if model == "lscp":
        return _fewest(asked, method, seed, time)
    if model == "p-center":
        return solved_center(asked, method, seed, time)
    return solved_median(asked, method, seed, time)


def _most(asked: Problem, method: Method, seed: int, time: Time) -> Solution:
    cover = Cover.of(asked, all_rows=False, least=asked.n)
    matrix, weight, n = cover.matrix, cover.weight, asked.n
    if not n or not len(weight):
        return ended(cover.columns[:n], cover.sure, cover.sure, optimal=True, method="exact", status="bound")  # fmt: skip
    follows = method == "exact" or (method == "auto" and matrix.nnz <= COVER_REACH)
    early = Time(time.left * (SHARE if follows else 1.0), time.progress)
    chosen, value = best_cover(matrix, weight, n, seed, early)
    best: list[Any] = [chosen, value]

    def found(other: Ints) -> None:
        own = float(weight @ (matrix[:, other].sum(axis=1) > 0)) if len(other) else 0.0
        if own > best[1]:
            best[:] = [other, own]

    bound = bound_of_cover(matrix, weight, n, lambda: best[1], found, early)
    chosen, value = best
    top = bound.value
    if (asked.weights % 1 == 0).all() and asked.weights.sum() < 2**52:
        top = float(np.floor(top + 1e-6))
    proven = top - value <= 1e-9 * float(weight.sum())
    status = "bound" if proven else "heuristic"
    how = "exact" if proven else "heuristic"
    if follows and not proven:
        answer = exact_cover(matrix, weight, n, time, fixed=known_largest(bound, n, value, weight.sum()))  # fmt: skip
        chosen, value, top, proven, status = better(chosen, value, top, answer, lambda c: float(weight @ (matrix[:, c].sum(axis=1) > 0)), largest=True)  # fmt: skip
        how = "exact"
    return ended(cover.columns[chosen], cover.sure + value, cover.sure + max(top, value), optimal=proven, method=how, status=status)  # fmt: skip


def _fewest(asked: Problem, method: Method, seed: int, time: Time) -> Solution:
    cover = Cover.of(asked, all_rows=True)
    if len(cover.nobody):
        raise unreached(cover.nobody)
    matrix = cover.matrix
    if not matrix.shape[0]:
        return ended(np.empty(0, np.intp), 0.0, 0.0, optimal=True, method="exact", status="bound")
    follows = method != "heuristic"
    early = Time(time.left * (SHARE if follows else 1.0), time.progress)
    best = least_cover(matrix, seed, early)
    bound = bound_of_least(matrix, lambda: float(len(best)), lambda _: None, early)
    least = max(math.ceil(bound.value - 1e-6), 1)
    proven = least >= len(best)
    status, how = ("bound", "exact") if proven else ("heuristic", "heuristic")
    value = float(len(best))
    low = float(least)
    if follows and not proven:
        answer = exact_least(matrix, time, most=len(best))
        best, value, low, proven, status = better(best, value, low, answer, lambda c: float(len(c)), largest=False)  # fmt: skip
        low = float(math.ceil(low - 1e-6))
        how = "exact"
    return ended(cover.columns[best], value, low, optimal=proven or low >= value, method=how, status=status)  # fmt: skip


def _capacitated(asked: Problem, time: Time) -> Solution:
    assert asked.capacity is not None
    rows = asked.counts
    weight = asked.weights[rows]
    covering = asked.model != "p-median"
    usable = asked.costs <= asked.within if covering else np.isfinite(asked.costs)
    if asked.model == "mclp" and not asked.n:
        usable = usable & np.isin(np.arange(usable.shape[1]), asked.fixed)
    row, column = np.nonzero(usable[rows])
    pairs = (row, column, np.asarray(asked.costs[rows][row, column], dtype=float))
    nobody = np.setdiff1d(np.arange(len(rows)), row)
    if asked.model != "mclp" and len(nobody):
        raise unreached(rows[nobody])
    answer = exact_capacitated(
        asked.model, pairs, weight, asked.capacity, asked.fixed, asked.n, time
    )
    if answer.chosen is None:
        raise PointsError(
            "no choice of sites serves all within their capacity: raise it, open more sites or add candidates"
            if answer.impossible
            else f"no choice was found in {time.seconds:g} s: allow more, or take fewer demands or candidates"
        )
    opened = answer.chosen
    chosen = np.setdiff1d(opened, asked.fixed)
    left = Time(max(time.left, 10.0), time.progress)
    total, shares = split(pairs, weight, asked.capacity, opened, left, all_served=asked.model != "mclp")  # fmt: skip
    cost = float(weight[row] @ (shares * pairs[2]))
    value = {"mclp": total, "lscp": float(len(chosen)), "p-median": cost}[asked.model]
    bound = -answer.bound if asked.model == "mclp" else answer.bound
    matrix = sp.csr_array((shares, (rows[row], column)), asked.costs.shape)
    matrix.eliminate_zeros()
    return ended(
        chosen, value, bound, optimal=answer.optimal, method="exact",
        status="optimal" if answer.optimal else "time", shares=matrix,
    )  # fmt: skip
