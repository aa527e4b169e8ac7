"""What it costs to get from place to place: along straight lines here, along roads in a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import PointsError
from geo.measure import distances_km
from geo.words import Lang, say

__all__ = ["DETOUR", "MEASURES", "MOST_PAIRS", "Measure", "Straight", "Travel", "require_pairs"]

Floats = NDArray[np.float64]
Measure = Literal["minutes", "km"]
MEASURES: tuple[Measure, ...] = ("minutes", "km")
DETOUR = 1.3
"""How much longer than the straight line a way is taken to be, where nothing else is known: road
networks mostly lie at 1.2 to 1.4 (Ballou, Rahardja and Sakai, 2002, *Selected country circuity
factors for road travel distance estimation*). It is an assumption; every result states it."""
MOST_PAIRS = 200_000_000
"""More pairs of places are refused: their costs would take more than 1.6 GB."""


class Travel(Protocol):
    """A way of getting about.

    Attributes
    ----------
    estimate
        Whether costs are estimated from straight lines, and not measured along a network.
    """

    @property
    def estimate(self) -> bool: ...  # noqa: D102

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What costs depend on, by name: for the provenance of a result."""
        ...

    def costs(
        self, origins: ArrayLike, destinations: ArrayLike, *, of: Measure = "minutes", within: float = np.inf,
        progress: Any = None,
    ) -> Floats:  # fmt: skip
        """Return what it costs to get from each origin to each destination.

        Parameters
        ----------
        origins, destinations
            Shapes (n, 2) and (m, 2): WGS84 longitude and latitude.
        of
            Minutes, or kilometres of the way.
        within
            Dearer ways are not looked for.
        progress
            Called with what is done and what there is; what it raises ends the work.

        Returns
        -------
        ndarray
            Shape (n, m); infinite where there is no way, or none within the limit.
        """
        ...

    def slack(self, err_m: ArrayLike, *, of: Measure = "minutes") -> Floats:
        """Return by how much a positional error of so many metres may change a cost."""
        ...

    def says(self, lang: Lang) -> str:
        """Return in words how costs come about."""
        ...


def require_pairs(n: int, m: int) -> None:
    """Refuse more pairs of places than can be held at once.

    Raises
    ------
    PointsError
        If there are too many.
    """
    if n * m > MOST_PAIRS:
        raise PointsError(
            f"{n:,} × {m:,} places are {n * m:,} pairs; at most {MOST_PAIRS:,} are held at once: "
            "take fewer places, or aggregate them to units or to a grid first"
        )


@dataclass(frozen=True)
class Straight:
    """Straight lines, lengthened by a detour factor and travelled at one speed: an estimate.

    Attributes
    ----------
    detour
        Kilometres of way for each kilometre of geodesic, 1 to 5.
    speed_kmh
        Speed along the way, above 0 and up to 1,000.

    Raises
    ------
    ValueError
        If the detour factor or the speed is none.
    """

    detour: float = DETOUR
    speed_kmh: float = 40.0

    def __post_init__(self) -> None:
        if not 1 <= self.detour <= 5:
            raise ValueError(f"the detour factor is {self.detour}: it must lie from 1 to 5")
        if not 0 < self.speed_kmh <= 1000:
            raise ValueError(f"the speed is {self.speed_kmh} km/h: it must lie above 0, up to 1000")

    @property
    def estimate(self) -> bool:
        """That costs are estimates."""
        return True

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The detour factor and the speed."""
        return {"travel": "straight", "detour": self.detour, "speed_kmh": self.speed_kmh}

    def costs(
        self, origins: ArrayLike, destinations: ArrayLike, *, of: Measure = "minutes", within: float = np.inf,
        progress: Any = None,
    ) -> Floats:  # fmt: skip
        """Return costs as :meth:`Travel.costs` describes them.

        Raises
        ------
        PointsError
            If there are too many pairs.
        RulerError
            If a coordinate is out of range.
        """
        here, there = (np.asarray(v, dtype=float).reshape(-1, 2) for v in (origins, destinations))
        require_pairs(len(here), len(there))
        costs = np.empty((len(here), len(there)))
        block = max(4_000_000 // max(len(there), 1), 1)
        for k in range(0, len(here), block):
            part = slice(k, k + block)
            costs[part] = distances_km(*here[part].T, *there.T) * self._per_km(of)
            if progress is not None:
                progress(min(k + block, len(here)), len(here))
        if np.isfinite(within):
            costs[costs > within] = np.inf
        return costs

    def slack(self, err_m: ArrayLike, *, of: Measure = "minutes") -> Floats:
        """Return by how much an error of so many metres may change a cost: a bound."""
        return np.asarray(err_m, dtype=float) / 1000 * self._per_km(of)

    def says(self, lang: Lang) -> str:
        """Return in words how costs come about."""
        return say("travel.straight", lang, detour=self.detour, speed=self.speed_kmh)

    def radius_km(self, cost: float, of: Measure = "minutes") -> float:
        """Return how far away by geodesic a place of so much cost is."""
        return cost / self._per_km(of)

    def _per_km(self, of: Measure) -> float:
        return self.detour if of == "km" else self.detour * 60 / self.speed_kmh
