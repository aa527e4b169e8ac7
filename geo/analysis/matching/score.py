"""What a supplier is worth to a need: fields, distance and capacity, each from 0 to 1, and their sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.analysis.matching.needs import Needs
from geo.analysis.matching.supply import Supply
from geo.analysis.matching.words import fold
from geo.errors import PointsError
from geo.network.travel import Measure, Travel

__all__ = ["HALVING", "WEIGHTS", "Block", "Fit", "blocks_of", "weights_in"]

Floats = NDArray[np.float64]
WEIGHTS: dict[str, float] = {"field": 0.6, "distance": 0.3, "capacity": 0.1}
HALVING: dict[Measure, float] = {"minutes": 30.0, "km": 20.0}
"""What one must go further for the distance to count half: an assumption, stated with each result."""
_CELLS = 2_000_000
"""Needs times suppliers that are looked at together."""


def weights_in(weights: Mapping[str, float] | None) -> dict[str, float]:
    """Return weights that add up to 1; what is not named counts nothing.

    Raises
    ------
    PointsError
        If one is not known, is negative or no number, or all are 0.
    """
    own = dict(WEIGHTS if weights is None else weights)
    unknown = [k for k in own if k not in WEIGHTS]
    if unknown:
        raise PointsError(f"no weight {', '.join(map(repr, unknown))}: use {', '.join(WEIGHTS)}")
    bad = [k for k, v in own.items() if not (np.isfinite(v) and v >= 0)]
    if bad:
        raise PointsError(f"the weight of {', '.join(bad)} must be a number of 0 or more")
    total = sum(own.values())
    if not total > 0:
        raise PointsError("all weights are 0: give one of them at least more")
    return {k: own.get(k, 0.0) / total for k in WEIGHTS}


@dataclass(frozen=True, eq=False)
class Fit:
    """How well suppliers serve single fields.

    Attributes
    ----------
    best
        Shape (fields, suppliers): the largest product of similarity and strength over the fields of
        the supplier.
    by
        Shape (fields, suppliers): which of its fields that is.
    """

    best: Floats
    by: NDArray[np.intp]

    @classmethod
    def of(cls, supply: Supply) -> Fit:
        """Return the fit of each supplier to each field."""
        near, strength = supply.taxonomy.similarity, supply.strength
        best, by = np.zeros((len(near), len(strength))), np.zeros((len(near), len(strength)), np.intp)  # fmt: skip
        for f in range(len(near)):
            products = near[f] * strength
            # Of equal ones the field itself, then the first of the list.
            products[:, f] = np.nextafter(products[:, f], 2)
            by[f] = products.argmax(axis=1)
            best[f] = near[f, by[f]] * strength[np.arange(len(strength)), by[f]]
        return cls(best, by)


@dataclass(frozen=True, eq=False)
class Block:
    """Some needs against all suppliers; arrays of shape (needs, suppliers).

    Attributes
    ----------
    start
        Number of the first need.
    field, distance, capacity
        The parts of the score; ``distance`` as a pair of its low and high as well.
    score, low, high
        The score with its band.
    cost, cost_low, cost_high
        NaN where a position is not known.
    in_field, able, candidate
        Who is in its fields; who of these takes more; who of these is within reach.
    near_low, near_high
        Who of those able is within reach surely, and who perhaps.
    """

    start: int
    field: Floats
    distance: Floats
    capacity: Floats
    score: Floats
    low: Floats
    high: Floats
    cost: Floats
    cost_low: Floats
    cost_high: Floats
    in_field: NDArray[np.bool_]
    able: NDArray[np.bool_]
    candidate: NDArray[np.bool_]
    near_low: NDArray[np.bool_]
    near_high: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Asked:
    """How needs are matched; weights add up to 1."""

    travel: Travel
    of: Measure
    weights: Mapping[str, float]
    halving: float
    reach: float | None
    least: float


def blocks_of(needs: Needs, supply: Supply, fit: Fit, asked: Asked, progress: Any = None) -> Any:
    """Give the needs in blocks, each against all suppliers."""
    size = max(_CELLS // max(len(supply), 1), 1)
    own = _own(needs, supply)
    for start in range(0, len(needs), size):
        stop = min(start + size, len(needs))
        yield _block(needs, supply, fit, asked, start, stop, own)
        if progress is not None:
            progress(stop, len(needs))


def _own(needs: Needs, supply: Supply) -> dict[int, list[int]]:
    """Return for each need the suppliers that it is of: by node, or by the same name."""
    by_id = {k: i for i, k in enumerate(supply.frame["supplier"])}
    by_name: dict[str, list[int]] = {}
    for column in ("supplier_zh", "supplier_en"):
        for i, name in enumerate(supply.frame[column]):
            if name:
                by_name.setdefault(fold(str(name)), []).append(i)
    found: dict[int, list[int]] = {}
    names = needs.frame[["node", "need_zh", "need_en"]]
    for k, (node, zh, en) in enumerate(names.itertuples(index=False)):
        those = [by_id[node]] if node in by_id else []
        those += [i for name in (zh, en) if name for i in by_name.get(fold(str(name)), [])]
        if those:
            found[k] = those
    return found


def _costs(
    needs: Needs, supply: Supply, asked: Asked, part: slice
) -> tuple[Floats, Floats, Floats]:
    """Return costs with their band, NaN where a position is not known."""
    here = needs.frame[["lon", "lat"]].to_numpy(float)[part]
    there = supply.frame[["lon", "lat"]].to_numpy(float)
    k, j = np.isfinite(here[:, 0]), np.isfinite(there[:, 0])
    cost = np.full((len(here), len(there)), np.nan)
    if k.any() and j.any():
        places, back = np.unique(here[k], axis=0, return_inverse=True)
        cost[np.ix_(k, j)] = asked.travel.costs(places, there[j], of=asked.of)[back.ravel()]
    errors = needs.frame["err_m"].to_numpy(float)[part][:, None] + supply.frame["err_m"].to_numpy(float)  # fmt: skip
    slack = asked.travel.slack(np.nan_to_num(errors), of=asked.of)
    return np.maximum(cost - slack, 0), cost, cost + slack


def _block(
    needs: Needs, supply: Supply, fit: Fit, asked: Asked, start: int, stop: int, own: dict[int, list[int]]
) -> Block:  # fmt: skip
    part = slice(start, stop)
    field = needs.weight[part] @ fit.best
    cost_low, cost, cost_high = _costs(needs, supply, asked, part)
    unknown = np.isnan(cost)
    # What is not known counts for nothing, and may be anything.
    near, far, mid = (np.exp2(-c / asked.halving) for c in (cost_low, cost_high, cost))
    near, far, mid = np.where(unknown, 1, near), np.where(unknown, 0, far), np.where(unknown, 0, mid)  # fmt: skip
    capacity = supply.frame["capacity"].to_numpy(float)
    share = np.where(np.isnan(capacity), 1.0, supply.left / np.maximum(np.nan_to_num(capacity), 1))
    room = np.broadcast_to(share, field.shape)
    fixed = asked.weights["field"] * field + asked.weights["capacity"] * room
    score, low, high = (fixed + asked.weights["distance"] * d for d in (mid, far, near))
    in_field = (field > 0) & (field >= asked.least)
    for k, those in own.items():
        if start <= k < stop:
            in_field[k - start, those] = False
    able = in_field & (supply.left >= 1)
    reach = np.inf if asked.reach is None else asked.reach
    limited = asked.reach is not None
    within = [able & (c <= reach) if limited else able for c in (cost_high, cost, cost_low)]
    return Block(
        start, field, mid, room, score, low, high, cost, cost_low, cost_high, in_field, able, within[1],
        within[0], within[2],
    )  # fmt: skip
