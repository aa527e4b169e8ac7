"""Demands and the facilities that may serve them, with what it costs to get from one to the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.analysis.cost_blocks import blocks, require_places
from geo.analysis.places import Places
from geo.analysis.progress import Progress
from geo.network.travel import Measure, Travel

__all__ = ["ENDS", "Ground", "joined"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
ENDS = ("_low", "", "_high")
LARGE = 20_000_000
"""More costs than this are kept in half of the memory, to seven digits."""
_NOWHERE = np.empty(0)


def joined(first: Places | None, second: Places | None) -> Places:
    """Return two sets of places as one; each may be none."""
    parts = [p for p in (first, second) if p is not None]
    if len(parts) == 1:
        return parts[0]
    names = ("id", "name_zh", "name_en", "lon", "lat", "weight", "err_m", "group")
    if not parts:
        words = np.empty(0, dtype=object)
        return Places(words, words, words, _NOWHERE, _NOWHERE, _NOWHERE, _NOWHERE, words)
    columns: dict[str, Any] = {n: np.concatenate([getattr(p, n) for p in parts]) for n in names}
    return Places(
        **columns, what="given",
        unlocated=pd.concat([p.unlocated for p in parts], ignore_index=True), synthetic=any(p.synthetic for p in parts),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Ground:
    """Who is to be served, and from where.

    Attributes
    ----------
    demand
        Places with their weights.
    facilities
        What is open already, then the candidates.
    existing
        How many are open already.
    of
        Minutes or km.
    travel
        How one gets about.
    """

    demand: Places
    facilities: Places
    existing: int
    of: Measure
    travel: Travel

    @classmethod
    def made(
        cls, demand: Places, existing: Places | None, candidates: Places | None, of: Measure, travel: Travel
    ) -> Ground:  # fmt: skip
        """Return the ground of two sets of facilities.

        Raises
        ------
        PointsError
            If there is nobody, or nowhere, or a weight is below 0.
        """
        facilities = joined(existing, candidates)
        require_places(demand, facilities, of)
        return cls(demand, facilities, 0 if existing is None else len(existing), of, travel)

    @property
    def fixed(self) -> Ints:
        """Columns of what is open already."""
        return np.arange(self.existing)

    @cached_property
    def total(self) -> float:
        """Weight of all demands."""
        return float(self.demand.weight.sum())

    def costs(self, progress: Progress | None = None) -> NDArray[Any]:
        """Return all costs, shape (demands, facilities)."""
        n, m = len(self.demand), len(self.facilities)
        found = np.empty((n, m), dtype=np.float32 if n * m > LARGE else float)
        for b in blocks(self.demand, self.facilities, self.travel, of=self.of, progress=progress):
            found[:, b.which] = b.cost
        return found

    def covers(self, within: float, progress: Progress | None = None) -> NDArray[np.bool_]:
        """Return which facility is within a cost of which demand, shape (demands, facilities)."""
        found = np.empty((len(self.demand), len(self.facilities)), dtype=bool)
        for b in blocks(self.demand, self.facilities, self.travel, of=self.of, within=within, progress=progress):  # fmt: skip
            found[:, b.which] = b.cost <= within
        return found

    def three(self, columns: Ints) -> Floats:
        """Return low, central and high costs to some facilities, shape (3, demands, columns)."""
        found = np.empty((3, len(self.demand), len(columns)))
        for b in blocks(self.demand, self.facilities.some(columns), self.travel, of=self.of):
            for k, cost in enumerate(b.three):
                found[k][:, b.which] = cost
        return found

    def nearest(self, columns: Ints) -> Floats:
        """Return low, central and high costs to the nearest of some facilities, shape (3, demands).

        Each site and demand lies anywhere within its error, so that the bounds are of the nearest.
        """
        if not len(columns):
            return np.full((3, len(self.demand)), np.inf)
        return np.asarray(self.three(columns).min(axis=2))

    def summary(self, nearest: Floats, within: float | None) -> dict[str, Any]:
        """Return what a set of sites does for all demands, each figure with its band.

        ``covered`` and ``share_covered`` where there is a limit; ``mean_cost`` by weight and
        ``max_cost`` of those that are reached; ``unreached`` weight that is not.
        """
        weight, row = self.demand.weight, {"demand": self.total}
        if within is not None:
            covered = [float(weight[nearest[k] <= within].sum()) for k in (2, 1, 0)]
            row |= {f"covered{e}": v for e, v in zip(ENDS, covered, strict=True)}
            row |= {f"share_covered{e}": v / self.total for e, v in zip(ENDS, covered, strict=True)}
            row |= {f"beyond{e}": self.total - v for e, v in zip(ENDS, covered[::-1], strict=True)}
        reached = np.isfinite(nearest[1]) & (weight > 0)
        whole = float(weight[reached].sum())
        for k, end in enumerate(ENDS):
            row[f"mean_cost{end}"] = float(weight[reached] @ nearest[k][reached]) / whole if whole else np.nan  # fmt: skip
        for k, end in enumerate(ENDS):
            row[f"max_cost{end}"] = float(nearest[k][reached].max()) if whole else np.nan
        return row | {"unreached": self.total - whole}
