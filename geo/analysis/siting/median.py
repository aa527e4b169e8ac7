"""The p-median: a good choice by exchanges, a bound by prices, and what they leave open by HiGHS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.analysis.siting.bounds import Bound, bound_of_median, near_of
from geo.analysis.siting.exact import exact_median
from geo.analysis.siting.heuristic import best_median
from geo.analysis.siting.outcome import better, ended, known_largest, unreached
from geo.analysis.siting.problem import Method, Problem, Solution, Time
from geo.errors import PointsError

__all__ = ["REACH", "solved_median"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
REACH = 150_000
"""A p-median of more pairs of demand and site, after those that cannot matter are out, is not given to
the exact solver by ``auto``."""
NEAREST, MOST_NEAR = 96, 20_000_000
"""The bound looks at so many nearest candidates of each demand at least, more where few sites are
open; and at so many pairs at most."""
PENALTY = 100.0
"""What is not reached costs so many times the dearest way, while a choice is searched for."""
SHAKEN = 2_000_000
"""Of more costs than this a choice is improved once, and not shaken again and again."""


def solved_median(asked: Problem, method: Method, seed: int, time: Time) -> Solution:
    """Return the choice of the least weight times cost.

    Raises
    ------
    PointsError
        If a demand is reached by nothing, or no choice of n sites reaches all.
    """
    rows, n = asked.counts, asked.n
    weight = asked.weights[rows]
    whole_matrix = len(rows) == len(asked.weights) and not len(asked.fixed)
    own = asked.costs if whole_matrix else asked.costs[np.ix_(rows, asked.free)]
    kept = asked.costs[np.ix_(rows, asked.fixed)].min(axis=1, initial=np.inf).astype(float)
    nobody = np.isinf(kept) & (np.isinf(own).all(axis=1) if n else True)
    if nobody.any():
        raise unreached(rows[nobody])
    if not n:
        return ended(np.empty(0, np.intp), float(weight @ kept), 0.0, optimal=True, method="exact", status="bound")  # fmt: skip
    search = _Search.of(own, kept, weight, n)
    # Where no exact solution is in reach the bound may take what time is left.
    large = own.size > 20 * REACH
    follows = method == "exact" or (method == "auto" and not large)
    chosen, low, score = search.bounded(seed, Time(time.left * 0.5, time.progress), None if follows else time)  # fmt: skip
    value, served = search.worth(chosen), search.serves(chosen)
    proven = served and value - low <= 1e-9 * max(value, 1e-300)
    status, how, low = ("bound", "exact", value) if proven else ("heuristic", "heuristic", low)
    if not proven and method != "heuristic":
        known = known_largest(Bound(-low, -score, chosen), n, -value, value) if served else np.full(own.shape[1], np.nan)  # fmt: skip
        pairs = _pairs(own, kept, n, known)
        if method == "exact" or len(pairs[0]) <= REACH:
            answer = exact_median(pairs, weight, kept, n, time, fixed=known)
            if answer.impossible and not served:
                raise PointsError(f"no {n} of the candidates reach all demands: open more, or add candidates")  # fmt: skip
            if answer.chosen is not None and not served:
                chosen, value, served = answer.chosen, search.worth(answer.chosen), True
            chosen, value, low, proven, status = better(chosen, value, low, answer, search.worth, largest=False)  # fmt: skip
            how = "exact"
    if not served:
        raise PointsError(
            f"no {n} candidates that reach all demands were found: open more, add candidates, or ask for "
            "the exact method"
        )
    return ended(asked.free[chosen], value, min(low, value), optimal=proven, method=how, status=status)  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Search:
    """Costs in which everything is reached: what is not costs far too much."""

    costs: NDArray[Any]
    finite: NDArray[Any]
    kept: Floats
    weight: Floats
    n: int

    @classmethod
    def of(cls, costs: NDArray[Any], kept: Floats, weight: Floats, n: int) -> _Search:
        reached = np.isfinite(costs)
        if reached.all():
            return cls(costs, costs, kept, weight, n)
        dearest = max(costs[reached].max(initial=0.0), kept[np.isfinite(kept)].max(initial=0.0))
        far = float(dearest) * PENALTY + 1.0
        return cls(costs, np.where(reached, costs, np.array(far, costs.dtype)), kept, weight, n)

    def worth(self, chosen: Ints) -> float:
        near = self.finite[:, chosen].min(axis=1).astype(float)
        return float(self.weight @ np.minimum(self.kept, near))

    def serves(self, chosen: Ints) -> bool:
        near = np.minimum(self.kept, self.costs[:, chosen].min(axis=1))
        return bool(np.isfinite(near).all())

    def bounded(self, seed: int, early: Time, late: Time | None) -> tuple[Ints, float, Floats]:
        """Return the best choice that search and bound find, the bound, and what it says of each site."""
        rounds = 12 if self.finite.size < SHAKEN else 0
        chosen, value = best_median(self.finite, self.weight, self.n, self.kept, seed, early, rounds)  # fmt: skip
        best: list[Any] = [chosen, value]

        def found(other: Ints) -> None:
            total = self.worth(other)
            if total < best[1]:
                best[:] = [other, total]

        # A bid between the nearest and the second pays for one site and draws no other.
        own = np.sort(np.column_stack([self.finite[:, chosen].astype(float), self.kept]), axis=1)
        second = np.where(np.isfinite(own[:, 1]), own[:, 1], own[:, 0])
        near = near_of(self.finite, self.kept, _nearest(self.finite.shape, self.n))
        bound = bound_of_median(near, self.weight, self.n, (own[:, 0] + second) / 2, lambda: best[1], found, late or early)  # fmt: skip
        return best[0], bound.value, bound.score


def _nearest(shape: tuple[int, ...], opened: int) -> int:
    """Return how many nearest candidates of each demand may matter to a bound."""
    rows, columns = shape
    return max(min(max(NEAREST, 3 * columns // opened), MOST_NEAR // rows), 2)


def _pairs(costs: NDArray[Any], kept: Floats, n: int, known: Floats) -> tuple[Ints, Ints, Floats]:
    """Return the pairs of demand and site that a best choice may use.

    With n of m sites open, a demand is served by one of its nearest m - n + 1, by nothing dearer
    than what is open already, nor by a site that is known to be closed.
    """
    alive = np.flatnonzero(known != 0)
    own = costs[:, alive]
    sure = np.flatnonzero(known[alive] == 1)
    limit = np.minimum(kept, own[:, sure].min(axis=1, initial=np.inf))
    last = len(alive) - n
    if 0 <= last < len(alive):
        limit = np.minimum(limit, np.partition(own, last, axis=1)[:, last])
    usable = np.isfinite(own) & (own <= limit[:, None]) & (own < kept[:, None])
    row, column = np.nonzero(usable)
    return row, alive[column], own[row, column].astype(float)
