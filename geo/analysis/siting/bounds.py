"""What no choice of sites can surpass: Lagrangian bounds, by subgradients.

Held, Wolfe and Crowder (1974), *Validation of subgradient optimization*; Fisher (1981), *The
Lagrangian relaxation method for solving integer programming problems*. The bounds of the covering
models are those of their linear relaxations at best, that of the p-median likewise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.analysis.siting.problem import Time

__all__ = ["Bound", "Near", "bound_of_cover", "bound_of_least", "bound_of_median", "near_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
STEPS = 400
PATIENCE = 12
"""After so many steps without a better bound, steps are half as long."""
SHORTEST = 1e-3


@dataclass(frozen=True, eq=False)
class Bound:
    """A bound, and what it says of each candidate.

    Attributes
    ----------
    value
        Of the relaxed model.
    score
        Shape (columns,): what opening each candidate changes in it.
    chosen
        What the relaxed model opens.
    """

    value: float
    score: Floats
    chosen: Ints


Relaxed = Callable[[Floats], tuple[float, Floats, Floats, Ints]]
"""Of multipliers: the value, the subgradient, the scores, what is opened."""


def _climbed(
    relaxed: Relaxed, at: Floats, clip: Callable[[Floats], Floats], scale: Floats, target: Callable[[], float],
    time: Time, found: Callable[[Ints], None], tolerance: float,
) -> Bound:  # fmt: skip
    """Return the best bound from below that subgradients reach (of a maximum, give it negated)."""
    best: Bound | None = None
    size, waited = 1.5, 0
    here = at
    for _ in range(STEPS):
        value, slope, score, chosen = relaxed(here)
        if best is None or value > best.value:
            if best is None or value > best.value + 1e-5 * abs(best.value):
                waited = 0
            best = Bound(value, score, chosen)
            found(chosen)
        waited += 1
        if waited > PATIENCE:
            size, waited = size / 2, 0
        length = float((scale * slope) @ slope)
        if size < SHORTEST or not length or target() - best.value <= tolerance or not time.tick():
            break
        step = size * max(target() - value, 1e-9 * abs(value)) / length
        here = clip(here + step * slope)
    assert best is not None
    return best


def bound_of_cover(
    matrix: Any, weight: Floats, n: int, best: Callable[[], float], found: Callable[[Ints], None], time: Time
) -> Bound:  # fmt: skip
    """Return an upper bound of what n columns can cover (Church and ReVelle, 1974).

    Parameters
    ----------
    matrix
        Sparse, shape (rows, columns), of ones.
    weight
        Shape (rows,), above 0.
    n
        How many columns, up to all.
    best
        Returns the most that a choice is known to cover.
    found
        Told each choice that a better bound opens.
    time
        That it may take.
    """
    across = matrix.T.tocsr()
    columns = matrix.shape[1]

    def relaxed(price: Floats) -> tuple[float, Floats, Floats, Ints]:
        score = across @ (weight * price)
        chosen = _largest(score, n)
        opened = np.zeros(columns)
        opened[chosen] = 1.0
        value = float(weight @ (1 - price) + score[chosen].sum())
        return -value, 1.0 - matrix @ opened, score, chosen

    start = 1.0 / np.maximum(np.asarray(matrix.sum(axis=1)).ravel() * n / max(columns, 1), 1.0)
    bound = _climbed(
        relaxed, start, lambda p: np.clip(p, 0, 1), weight, lambda: -best(), time, found,
        1e-9 * float(weight.sum()),
    )  # fmt: skip
    return Bound(-bound.value, bound.score, bound.chosen)


def bound_of_least(matrix: Any, best: Callable[[], float], found: Callable[[Ints], None], time: Time) -> Bound:  # fmt: skip
    """Return a lower bound of how many columns cover all rows (Toregas et al., 1971)."""
    across = matrix.T.tocsr()
    columns = matrix.shape[1]

    def relaxed(price: Floats) -> tuple[float, Floats, Floats, Ints]:
        score = 1.0 - across @ price
        chosen = np.flatnonzero(score < 0)
        opened = np.zeros(columns)
        opened[chosen] = 1.0
        return float(price.sum() + score[chosen].sum()), 1.0 - matrix @ opened, score, chosen

    # The most that any column of a row shares out among its rows.
    wide = np.asarray(matrix.sum(axis=0)).ravel()
    start = 1.0 / np.maximum(matrix.multiply(wide[None, :]).tocsr().max(axis=1).toarray().ravel(), 1.0)  # fmt: skip
    return _climbed(
        relaxed, start, lambda p: np.clip(p, 0, 1), np.ones(matrix.shape[0]), best, time, found, 1 - 1e-6
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Near:
    """The nearest candidates of each demand.

    Attributes
    ----------
    cost, who
        Shape (rows, k): costs, and which candidate.
    cap
        Shape (rows,): the next dearer cost: what no further candidate undercuts, or what is open
        already serves for.
    kept
        Shape (rows,): cost of what is open already, infinite where nothing is.
    columns
        How many candidates there are.
    """

    cost: NDArray[Any]
    who: NDArray[np.int32]
    cap: Floats
    kept: Floats
    columns: int


def near_of(costs: NDArray[Any], kept: Floats, k: int, block: int = 20_000) -> Near:
    """Return the k nearest candidates of each demand, at most.

    Parameters
    ----------
    costs
        Shape (rows, columns), finite.
    kept
        Shape (rows,): what each costs already, infinite where nothing is open.
    k
        How many.
    block
        Rows at once.
    """
    rows, columns = costs.shape
    k = min(k, columns)
    near, who = np.empty((rows, k), costs.dtype), np.empty((rows, k), np.int32)
    cap = np.array(kept, dtype=float)
    for start in range(0, rows, block):
        own = costs[start : start + block]
        if k < columns:
            order = np.argpartition(own, k, axis=1)
            first = order[:, :k]
            cap[start : start + block] = np.minimum(
                cap[start : start + block], np.take_along_axis(own, order[:, k : k + 1], 1)[:, 0]
            )
        else:
            first = np.broadcast_to(np.arange(columns), own.shape)
        near[start : start + block] = np.take_along_axis(own, first, 1)
        who[start : start + block] = first
    return Near(near, who, cap, np.asarray(kept, dtype=float), columns)


def bound_of_median(
    near: Near, weight: Floats, n: int, start: Floats, best: Callable[[], float], found: Callable[[Ints], None], time: Time
) -> Bound:  # fmt: skip
    """Return a lower bound of weight times cost with n more sites.

    Cornuéjols, Fisher and Nemhauser (1977), *Location of bank accounts to optimize float*: each
    demand bids a price for being served; a site is worth what the bids pay above its costs.

    Parameters
    ----------
    near
        The nearest candidates; bids stay below what further ones cost, so that these are worth nothing.
    weight
        Shape (rows,), above 0.
    n
        How many candidates are opened.
    start
        Shape (rows,): bids to begin with.
    best, found, time
        As of :func:`bound_of_cover`.
    """
    who = near.who.ravel()

    def relaxed(bid: Floats) -> tuple[float, Floats, Floats, Ints]:
        pays = np.minimum(near.cost - bid[:, None].astype(near.cost.dtype), 0.0)
        score = np.asarray(np.bincount(who, (pays * weight[:, None]).ravel(), minlength=near.columns), dtype=float)  # fmt: skip
        chosen = np.sort(_largest(-score, n))
        opened = np.zeros(near.columns, dtype=bool)
        opened[chosen] = True
        served = ((pays < 0) & opened[near.who]).sum(axis=1)
        return float(weight @ bid + score[chosen].sum()), 1.0 - served, score, chosen

    # A bid above what is open already costs is that cost: it is served there.
    return _climbed(
        relaxed, np.minimum(start, near.cap), lambda b: np.clip(b, 0, near.cap), weight, best, time, found,
        1e-9 * max(abs(best()), 1e-300),
    )  # fmt: skip


def _largest(score: Floats, n: int) -> Ints:
    """Return the n largest; of equal ones the first."""
    return np.argsort(-score, kind="stable")[:n]
