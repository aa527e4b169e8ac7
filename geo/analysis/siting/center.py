"""The p-center: the least greatest cost, found by asking which cost n sites can cover.

Minieka (1970), *The m-center problem*: some cost of the matrix is the answer, so bisect them; each
step is a set covering. What a covering's bound rules out is a bound of the p-center.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.analysis.siting.bounds import bound_of_least
from geo.analysis.siting.exact import exact_least
from geo.analysis.siting.heuristic import best_cover
from geo.analysis.siting.outcome import ended, unreached
from geo.analysis.siting.problem import Cover, Method, Problem, Solution, Time
from geo.errors import PointsError

__all__ = ["solved_center"]

Ints = NDArray[np.intp]
ROUGH = 20_000_000
"""Of more costs than this the search ends when the greatest cost is known to :data:`CLOSE`."""
CLOSE = 1e-3


@dataclass(frozen=True)
class _Fits:
    """Whether n sites reach all within a cost: with which, or that none do, or neither."""

    chosen: Ints | None = None
    never: bool = False


def solved_center(asked: Problem, method: Method, seed: int, time: Time) -> Solution:
    """Return the choice of the least greatest cost; all demands of a weight count alike."""
    rows = asked.counts
    nearest = asked.costs[rows].min(axis=1).astype(float)
    if not asked.n:
        nearest = asked.costs[np.ix_(rows, asked.fixed)].min(axis=1).astype(float)
    if np.isinf(nearest).any():
        raise unreached(rows[np.isinf(nearest)])
    if not asked.n:
        value = float(nearest.max())
        return ended(np.empty(0, np.intp), value, value, optimal=True, method="exact", status="bound")  # fmt: skip

    def reach(chosen: Ints) -> float:
        opened = np.concatenate([asked.fixed, chosen])
        return float(asked.costs[np.ix_(rows, opened)].min(axis=1).max())

    best = _farthest_first(asked, rows)
    top = reach(best)
    # Nothing below the farthest demand's nearest facility can be the answer.
    low = float(nearest.max())
    own = asked.costs[rows]
    values = np.unique(own[(own >= low) & (own <= top) & np.isfinite(own)])
    if np.isinf(top):
        values = np.append(values, np.inf)
    proven, at, high = 0, 0, len(values) - 1
    used = "heuristic"
    while at < high and time.tick():
        if len(rows) * own.shape[1] > ROUGH and values[high] - values[at] < CLOSE * values[high]:
            break
        middle = (at + high) // 2
        fits, solver = _fits(asked, float(values[middle]), method, seed, time)
        used = "exact" if solver else used
        if fits.chosen is not None:
            best = fits.chosen
            high = int(np.searchsorted(values, reach(best)))
        else:
            at = middle + 1
            proven = middle + 1 if fits.never else proven
    value = reach(best)
    if np.isinf(value):
        if proven < high:
            raise PointsError(f"no {asked.n} candidates that reach all demands were found: open more, or add candidates")  # fmt: skip
        raise PointsError(f"no {asked.n} of the candidates reach all demands: open more, or add candidates")  # fmt: skip
    high = int(np.searchsorted(values, value))
    proven = _ruled_out(asked, values, proven, high, seed, time)
    optimal = proven >= high
    status = ("optimal" if used == "exact" else "bound") if optimal else ("time" if not time.left else "heuristic")  # fmt: skip
    return ended(best, value, float(values[proven]), optimal=optimal, method="exact" if optimal else used, status=status)  # fmt: skip


def _farthest_first(asked: Problem, rows: Ints) -> Ints:
    """Return n candidates: again and again the one nearest to the demand that is worst off."""
    now = asked.costs[np.ix_(rows, asked.fixed)].min(axis=1, initial=np.inf).astype(float)
    if not len(asked.fixed):
        now[:] = asked.costs[rows].min(axis=1)
    chosen: list[int] = []
    left = asked.free
    for _ in range(asked.n):
        worst = int(np.argmax(now))
        one = int(left[np.argmin(asked.costs[rows[worst], left])])
        own = asked.costs[rows, one]
        now = own.astype(float) if not chosen and not len(asked.fixed) else np.minimum(now, own)
        chosen.append(one)
        left = left[left != one]
    return np.array(chosen, dtype=np.intp)


def _fits(
    asked: Problem, limit: float, method: Method, seed: int, time: Time
) -> tuple[_Fits, bool]:
    """Return whether n candidates cover all within a limit, and whether the solver was asked."""
    cover = Cover.of(replace(asked, within=limit), all_rows=True)
    if len(cover.nobody):
        return _Fits(never=True), False
    matrix, n = cover.matrix, min(asked.n, cover.matrix.shape[1])
    if not matrix.shape[0]:
        return _Fits(_filled(asked, np.empty(0, np.intp))), False
    chosen, value = best_cover(matrix, np.ones(matrix.shape[0]), n, seed, time, rounds=3)
    if value >= matrix.shape[0]:
        return _Fits(_filled(asked, cover.columns[chosen])), False
    bound = bound_of_least(matrix, lambda: float(asked.n + 1), lambda _: None, time)
    if bound.value > asked.n + 1e-6:
        return _Fits(never=True), False
    if method == "heuristic" or not time.left:
        return _Fits(), False
    answer: Any = exact_least(matrix, time, most=asked.n)
    found = None if answer.chosen is None else _filled(asked, cover.columns[answer.chosen])
    return _Fits(found, answer.impossible), True


def _filled(asked: Problem, chosen: Ints) -> Ints:
    """Return n candidates: those chosen, and the first of the others."""
    rest = np.setdiff1d(asked.free, chosen)
    return np.concatenate([chosen, rest[: asked.n - len(chosen)]])


def _ruled_out(asked: Problem, values: Any, proven: int, high: int, seed: int, time: Time) -> int:
    """Return the first cost that the bound of a covering does not rule out."""
    at = proven
    while at < high and time.tick():
        middle = (at + high) // 2
        fits, _ = _fits(asked, float(values[middle]), "heuristic", seed, time)
        if fits.never:
            at = middle + 1
            proven = at
        else:
            high = middle
    return proven
