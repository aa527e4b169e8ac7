"""Costs between demands and facilities, block by block, and what is refused before any is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.analysis.places import Places
from geo.analysis.progress import Progress, part_of
from geo.errors import PointsError
from geo.network.travel import MEASURES, Measure, Travel

__all__ = ["Block", "blocks", "groups_of", "limits_of", "name_columns", "require_places"]

Floats = NDArray[np.float64]
CELLS = 2_000_000
"""So many pairs of a demand and a facility are looked at at a time."""
MOST = 20_000_000_000
"""More pairs are refused: they would take hours."""


@dataclass(frozen=True, eq=False)
class Block:
    """Costs between all demands and some facilities.

    Attributes
    ----------
    which
        The facilities.
    cost
        Shape (n, k).
    slack
        By how much each cost may be off given both positional errors; a plain 0 where none has one.
    """

    which: slice
    cost: Floats
    slack: Floats | float

    @property
    def three(self) -> tuple[Floats, Floats, Floats]:
        """Low, central and high costs; one array where nothing is off."""
        if isinstance(self.slack, float):
            return self.cost, self.cost, self.cost
        return np.maximum(self.cost - self.slack, 0.0), self.cost, self.cost + self.slack


def blocks(
    demand: Places, facilities: Places, travel: Travel, *, of: Measure, within: float = np.inf,
    progress: Progress | None = None,
) -> Iterator[Block]:  # fmt: skip
    """Yield the costs of all pairs, some facilities at a time, so that memory stays bounded.

    Parameters
    ----------
    demand, facilities, travel, of
        As of :func:`geo.reached`.
    within
        Pairs that cannot cost as little as this, whatever their errors, may come as infinite.
    progress
        Told after each block.
    """
    n, m = len(demand), len(facilities)
    if n * m > MOST:
        raise PointsError(
            f"{n:,} demands × {m:,} facilities are {n * m:,} pairs; at most {MOST:,}: aggregate the "
            "demands to units or a grid, or take fewer facilities"
        )
    exact = not (demand.err_m.any() or facilities.err_m.any())
    most = demand.err_m.max(initial=0.0) + facilities.err_m.max(initial=0.0)
    limit = within + float(travel.slack(most, of=of)) if np.isfinite(within) else np.inf
    step = max(CELLS // max(n, 1), 1)
    starts = range(0, m, step)
    for k, first in enumerate(starts):
        which = slice(first, min(first + step, m))
        part = part_of(progress, k, len(starts))
        cost = travel.costs(demand.at, facilities.at[which], of=of, within=limit, progress=part)
        err = None if exact else demand.err_m[:, None] + facilities.err_m[which]
        yield Block(which, cost, 0.0 if err is None else travel.slack(err, of=of))
        if part is not None:
            part(1, 1)


def require_places(demand: Places, facilities: Places, of: str) -> None:
    """Refuse what cannot be answered: nobody, nowhere, weights below 0, an unknown measure.

    Raises
    ------
    PointsError
        Which says what is missing.
    """
    if of not in MEASURES:
        raise PointsError(f"costs are measured in {' or '.join(MEASURES)}, not {of!r}")
    if not len(demand):
        raise PointsError("there is no demand: give places with people or points")
    if not len(facilities):
        lost = len(facilities.unlocated)
        why = f"none of the {lost} facilities has a position" if lost else "there are no facilities"
        raise PointsError(f"{why}: place one in a scenario, or give others")
    for places, what in ((demand, "demands"), (facilities, "facilities")):
        bad = np.flatnonzero(~(np.isfinite(places.weight) & (places.weight >= 0)))
        if len(bad):
            raise PointsError(
                f"{what}: {places.id[bad[0]]!r} has the weight {places.weight[bad[0]]:g}; weights are 0 or more"
            )


def limits_of(cuts: Sequence[float], what: str = "cuts") -> tuple[float, ...]:
    """Return limits as numbers.

    Raises
    ------
    PointsError
        If there are none, or they are not positive and rising.
    """
    own = tuple(float(c) for c in cuts)
    if not own or not np.isfinite(own).all() or own[0] <= 0 or (np.diff(own) <= 0).any():
        raise PointsError(f"{what} are {list(cuts)}: give positive numbers, each above the last")
    return own


def name_columns(places: Places) -> dict[str, Any]:
    """Return the columns that say who a place is."""
    return {"id": places.id, "name_zh": places.name_zh, "name_en": places.name_en}


def groups_of(places: Places) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    """Return the groups of places with names, and the group of each place.

    A group has the name of its places where they share one, as the squares of a unit do; else its own.
    """
    codes, labels = pd.factorize(pd.Series(places.group, dtype=object), use_na_sentinel=False)
    heads = pd.DataFrame({"group": labels.astype(object)})
    for column in ("name_zh", "name_en"):
        found = pd.Series(getattr(places, column), dtype=object).groupby(codes).agg(["first", "nunique"])  # fmt: skip
        heads[column] = np.where(found["nunique"] == 1, found["first"], heads["group"])
    return heads, codes
