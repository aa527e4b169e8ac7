"""Good choices of sites, fast: greedy, then exchanges while any of them helps.

Teitz and Bart (1968), *Heuristic methods for estimating the generalized vertex median of a weighted
graph*; Whitaker (1983), *A fast algorithm for the greedy interchange*; Resende and Werneck (2007),
*A fast swap-based local search procedure for location problems*: all exchanges are valued in one
pass. Between rounds a few sites are exchanged at random (by a seed), and the best is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.analysis.siting.problem import Time

__all__ = ["best_cover", "best_median", "greedy_cover", "least_cover", "swap_cover", "swap_median"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
ROUNDS = 12
"""So often the best choice is shaken and improved again."""
BLOCK = 2_000_000
"""Numbers at once in a pass over costs."""
LEAST = 1e-12
"""An exchange must gain more than this share of the whole."""


def greedy_cover(matrix: Any, weight: Floats, n: int) -> Ints:
    """Return n columns, each the one that covers most of what is not yet covered."""
    across = matrix.T.tocsr()
    left, chosen = weight.copy(), np.empty(0, np.intp)
    for _ in range(n):
        gain = across @ left
        gain[chosen] = -1.0
        one = int(np.argmax(gain))
        chosen = np.append(chosen, one)
        left[across.indices[across.indptr[one] : across.indptr[one + 1]]] = 0.0
    return chosen


def swap_cover(matrix: Any, weight: Floats, chosen: Ints, time: Time) -> tuple[Ints, float]:
    """Return a choice that no single exchange improves, and what it covers."""
    across = matrix.T.tocsr()
    chosen, least = chosen.copy(), LEAST * float(weight.sum())
    while True:
        times = np.asarray(across[chosen].sum(axis=0)).ravel() if len(chosen) else np.zeros(matrix.shape[0])  # fmt: skip
        value = float(weight @ (times > 0))
        if not len(chosen) or len(chosen) == matrix.shape[1] or not time.tick():
            return chosen, value
        once = weight * (times == 1)
        own = across[chosen].multiply(once[None, :]).tocsr()
        # What leaves with a site comes back where the new one covers it too.
        change = (own @ matrix).toarray() - np.asarray(own.sum(axis=1)).reshape(-1, 1)
        change = change + (across @ (weight * (times == 0)))[None, :]
        change[:, chosen] = -np.inf
        out, new = np.unravel_index(int(np.argmax(change)), change.shape)
        if change[out, new] <= least:
            return chosen, value
        chosen[out] = new


def _shaken(chosen: Ints, columns: int, rng: np.random.Generator) -> Ints:
    """Return a choice of which about a quarter is exchanged at random."""
    rest = np.setdiff1d(np.arange(columns), chosen)
    k = min(max(len(chosen) // 4, 1), len(rest))
    found = chosen.copy()
    found[rng.choice(len(chosen), k, replace=False)] = rng.choice(rest, k, replace=False)
    return found


def _rounds(
    first: Ints, columns: int, improved: Callable[[Ints], tuple[Ints, float]], better: Callable[[float, float], bool],
    rng: np.random.Generator, time: Time, rounds: int,
) -> tuple[Ints, float]:  # fmt: skip
    best, value = improved(first)
    if not 0 < len(best) < columns:
        return best, value
    for _ in range(rounds):
        if not time.tick():
            break
        other, own = improved(_shaken(best, columns, rng))
        if better(own, value):
            best, value = other, own
    return best, value


def best_cover(
    matrix: Any, weight: Floats, n: int, seed: int, time: Time, rounds: int = ROUNDS
) -> tuple[Ints, float]:
    """Return n columns that cover much, and how much."""
    return _rounds(
        greedy_cover(matrix, weight, n), matrix.shape[1], lambda c: swap_cover(matrix, weight, c, time),
        lambda a, b: a > b, np.random.default_rng(seed), time, rounds,
    )  # fmt: skip


def least_cover(matrix: Any, seed: int, time: Time, target: int = 0) -> Ints:
    """Return few columns that cover all rows.

    Parameters
    ----------
    matrix
        Sparse, shape (rows, columns), each row with a one.
    seed
        Of the random exchanges.
    time
        That it may take.
    target
        So few are enough.
    """
    rows = matrix.shape[0]
    if not rows:
        return np.empty(0, np.intp)
    across, left, found = matrix.T.tocsr(), np.ones(rows), []
    while left.any():
        one = int(np.argmax(across @ left))
        found.append(one)
        left[across.indices[across.indptr[one] : across.indptr[one + 1]]] = 0.0
    best = _needed(across, np.array(found, dtype=np.intp))
    weight = np.ones(rows)
    # One fewer, as long as they can be exchanged until they cover all again.
    while len(best) > max(target, 1) and time.tick():
        fewer, value = best_cover(matrix, weight, len(best) - 1, seed, time, rounds=4)
        if value < rows:
            break
        best = _needed(across, fewer)
    return np.sort(best)


def _needed(across: Any, chosen: Ints) -> Ints:
    """Return a choice without what the rest of it covers anyway, the smallest left out first."""
    kept = list(chosen)
    times = np.asarray(across[chosen].sum(axis=0)).ravel()
    for one in sorted(chosen, key=lambda c: across.indptr[c + 1] - across.indptr[c]):
        own = across.indices[across.indptr[one] : across.indptr[one + 1]]
        if (times[own] > 1).all():
            times[own] -= 1
            kept.remove(one)
    return np.array(kept, dtype=np.intp)


def greedy_median(costs: NDArray[Any], weight: Floats, n: int, kept: Floats, time: Time) -> Ints:
    """Return n columns, each the one that saves most."""
    now, chosen = kept.copy(), np.empty(0, np.intp)
    for _ in range(n):
        if np.isinf(now).any():
            # The first site serves all: the one that does so for least.
            worth = -np.asarray(weight @ costs, dtype=float)
        else:
            worth = _saved(costs, weight, now)
        worth[chosen] = -np.inf
        chosen = np.append(chosen, int(np.argmax(worth)))
        now = np.minimum(now, costs[:, chosen[-1]])
        time.tick()
    return chosen


def _saved(costs: NDArray[Any], weight: Floats, now: Floats) -> Floats:
    """Return what each column takes off what demands cost now."""
    step = max(BLOCK // costs.shape[1], 1)
    total = np.zeros(costs.shape[1])
    for start in range(0, len(costs), step):
        rows = slice(start, start + step)
        total += weight[rows] @ np.maximum(now[rows, None].astype(costs.dtype) - costs[rows], 0)
    return total


def swap_median(
    costs: NDArray[Any], weight: Floats, chosen: Ints, kept: Floats, time: Time
) -> tuple[Ints, float]:
    """Return a choice that no single exchange improves, and its weight times cost.

    Parameters
    ----------
    costs
        Shape (rows, columns), finite.
    weight
        Shape (rows,).
    chosen
        Columns.
    kept
        Shape (rows,): cost of what stays open, infinite where nothing does.
    time
        That it may take.
    """
    chosen, p = chosen.copy(), len(chosen)
    floor = np.where(np.isinf(kept), float(costs.max()) * 2 + 1, kept)
    while True:
        own = np.column_stack([*(costs[:, c] for c in chosen), floor]).astype(float)
        first = own.argmin(axis=1)
        rows = np.arange(len(own))
        now = own[rows, first]
        value = float(weight @ now)
        if not p or p == costs.shape[1] or not time.tick():
            return chosen, value
        own[rows, first] = np.inf
        second = own.min(axis=1)
        change = _exchanges(costs, weight, now, second, first, p)
        change[:, chosen] = -np.inf
        out, new = np.unravel_index(int(np.argmax(change)), change.shape)
        if change[out, new] <= LEAST * max(value, 1e-300):
            return chosen, value
        chosen[out] = new


def _exchanges(
    costs: NDArray[Any], weight: Floats, now: Floats, second: Floats, first: Ints, p: int
) -> Floats:
    """Return what each exchange saves, shape (p, columns): rows leave, columns come.

    A demand whose site leaves moves to its second or to the new one, whichever is nearer; any other
    moves to the new one where that is nearer.
    """
    order = np.argsort(first, kind="stable")
    saves, loses = np.zeros(costs.shape[1]), np.zeros((p, costs.shape[1]))
    step = max(BLOCK // costs.shape[1], 1)
    for start in range(0, len(order), step):
        rows = order[start : start + step]
        c, w = costs[rows], weight[rows].astype(costs.dtype)
        near, next_one = (v[rows].astype(costs.dtype)[:, None] for v in (now, second))
        gain = np.maximum(near - c, 0) * w[:, None]
        saves += gain.sum(axis=0, dtype=float)
        # Without its site: from now to the second, or to the new one, and no gain counted twice.
        lost = (np.minimum(next_one, np.maximum(c, near)) - near) * w[:, None]
        group, at = np.unique(first[rows], return_index=True)
        sums = np.add.reduceat(lost, at, axis=0)
        inside = group < p
        loses[group[inside]] += sums[inside]
    return np.asarray(saves[None, :] - loses)


def best_median(
    costs: NDArray[Any], weight: Floats, n: int, kept: Floats, seed: int, time: Time, rounds: int = ROUNDS
) -> tuple[Ints, float]:  # fmt: skip
    """Return n columns of little weight times cost, and how much that is."""
    return _rounds(
        greedy_median(costs, weight, n, kept, time), costs.shape[1],
        lambda c: swap_median(costs, weight, c, kept, time), lambda a, b: a < b, np.random.default_rng(seed), time, rounds,
    )  # fmt: skip
