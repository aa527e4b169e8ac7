"""What a search ends with: the gap, what a bound proves of single sites, who cannot be reached."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.analysis.siting.bounds import Bound
from geo.analysis.siting.exact import Answer
from geo.analysis.siting.problem import Solution
from geo.errors import PointsError

__all__ = ["better", "ended", "known_largest", "unreached"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def ended(
    chosen: Ints, objective: float, bound: float, *, optimal: bool, method: str, status: str, shares: Any = None
) -> Solution:  # fmt: skip
    """Return a solution with its gap; a bound that rounding put on the wrong side is met."""
    bound = objective if optimal else bound
    larger = max(abs(objective), abs(bound))
    gap = abs(objective - bound) / larger if larger and math.isfinite(bound) else 0.0 if optimal else math.inf  # fmt: skip
    return Solution(np.sort(chosen), objective, bound, gap, optimal, method, status, shares)


def known_largest(bound: Bound, n: int, value: float, whole: float) -> Floats:
    """Return which columns must be open (1) or closed (0) in anything better; NaN where unknown."""
    score, known = bound.score, np.full(len(bound.score), np.nan)
    if n >= len(score):
        return known
    order = np.argsort(-score, kind="stable")
    last, next_one = score[order[n - 1]], score[order[n]]
    room = bound.value - value + 1e-7 * whole
    inside = np.zeros(len(score), dtype=bool)
    inside[order[:n]] = True
    known[~inside & (last - score > room)] = 0.0
    known[inside & (score - next_one > room)] = 1.0
    return known


def better(
    chosen: Ints, value: float, bound: float, answer: Answer, worth: Any, *, largest: bool
) -> tuple[Ints, float, float, bool, str]:
    """Return the better of a choice and the solver's, with the tighter bound."""
    sign = 1.0 if largest else -1.0
    if answer.chosen is not None:
        own = worth(answer.chosen)
        if sign * (own - value) > 0:
            chosen, value = answer.chosen, own
    proven = answer.optimal or answer.impossible
    bound = min(bound, answer.bound) if largest else max(bound, answer.bound)
    # What was left out of the solver's model is worse than the choice at hand.
    bound = max(bound, value) if largest else min(bound, value)
    return chosen, value, bound, proven, "optimal" if proven else "time"


def unreached(rows: Ints) -> PointsError:
    """Return the error that names demands that nothing reaches."""
    some = ", ".join(str(r) for r in rows[:10]) + (" …" if len(rows) > 10 else "")
    return PointsError(
        f"no candidate reaches {len(rows):,} of the demands (rows {some}): raise the limit, add candidates, "
        "leave these demands out, or ask mclp, which serves as many as can be", rows.tolist(),
    )  # fmt: skip
