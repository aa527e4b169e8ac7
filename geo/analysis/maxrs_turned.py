"""The best place for a rectangle of fixed size over all azimuths, with a proven bound."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from geo.analysis.maxrs import Floats, MaxRS
from geo.analysis.maxrs_rules import Rules, turned
from geo.analysis.progress import STEPS, Progress

__all__ = ["Placed", "Turned", "enlarged"]

COARSE_DEG = 2.0
"""Widest interval of azimuths that is bounded as one."""
BATCH = 8
"""So many azimuths are looked at side by side; the same on any machine, so that results are too."""
_T = TypeVar("_T")

EARLY = 4
"""So many of the most promising azimuths are solved before intervals are divided."""


@dataclass(frozen=True)
class Placed:
    """A rectangle that was placed.

    Attributes
    ----------
    value
        Weight that it holds, planar.
    upper_bound
        No permitted rectangle of this size holds more.
    azimuth_deg
        Of its long side, clockwise from the y axis of the projection.
    x, y
        Its centre, planar metres.
    solved
        At how many azimuths all translations were compared.
    """

    value: float
    upper_bound: float
    azimuth_deg: float
    x: float
    y: float
    solved: int


@dataclass(frozen=True)
class _Interval:
    """Azimuths within ``half`` degrees of ``middle``, and the most that any of them can hold."""

    middle: float
    half: float
    bound: float = math.inf


def enlarged(length: float, width: float, half_deg: float) -> tuple[float, float]:
    """Return the size of the rectangle that holds one turned by up to some degrees either way.

    A rectangle turned by t about its centre reaches ``length·cos t + width·sin t`` along and
    ``width·cos t + length·sin t`` across. Both grow with t until its tangent is that of the
    diagonal, and fall from there.
    """
    t, diagonal = math.radians(half_deg), math.atan2(width, length)
    along, across = min(t, diagonal), min(t, math.pi / 2 - diagonal)
    return (
        length * math.cos(along) + width * math.sin(along),
        width * math.cos(across) + length * math.sin(across),
    )


@dataclass(frozen=True, eq=False, repr=False)
class Turned:
    """Planar points, and a rectangle to be placed and turned to hold the most weight.

    Branch and bound over azimuths. Let a rectangle of azimuth a' within ±h of a hold some points:
    the :func:`enlarged` rectangle of azimuth a about the same centre holds them as well, so that
    the best of all azimuths in a ± h is at most the best enlarged rectangle at a, which is found
    (or bounded from above) over all translations. An interval whose bound does not beat the best
    rectangle known is dropped, the others are halved down to ``step_deg``. Of those left at the end
    the bounds hold, and at the middle of each the best translation is exact.

    For bounds, points may be gathered in squares of side s: a rectangle that holds a point reaches
    the middle of its square if it is enlarged by s·√2 in both directions.

    Parameters
    ----------
    xy
        Planar metres, shape (n, 2).
    weight
        0 or more, shape (n,).
    threads
        How many azimuths are looked at at a time.
    """

    xy: Floats
    weight: Floats
    threads: int = 2
    _gathered: dict[float, tuple[Floats, Floats]] = field(default_factory=dict)

    def place(
        self, length: float, width: float, ranges: Sequence[tuple[float, float]], step_deg: float, rules: Rules,
        *, floor: float = 0.0, enough: float = math.inf, progress: Progress | None = None,
    ) -> tuple[Placed | None, float]:  # fmt: skip
        """Return the best rectangle and the proven bound.

        Parameters
        ----------
        length, width
            Metres.
        ranges
            Permitted azimuths, degrees, each from less to more.
        step_deg
            Intervals as narrow as this are not divided further.
        rules
            What is permitted.
        floor
            Only what beats it is looked for.
        enough
            The search ends as soon as a rectangle holds so much.
        progress
            Called after each azimuth with the share of azimuths that is settled, in thousandths,
            and 1000; what it raises ends the search.

        Returns
        -------
        placed
            The best one; ``None`` if none beats the floor.
        upper_bound
            No permitted rectangle holds more (at least ``floor``).
        """
        search = _Turning(self, length, width, step_deg, rules, floor, enough, progress)
        pool = ThreadPoolExecutor(self.threads)
        try:
            search.run(ranges, pool.map)
        finally:
            # After a stop nothing more is begun.
            pool.shutdown(cancel_futures=True)
        return search.placed(), search.upper

    def gathered(self, side: float) -> tuple[Floats, Floats]:
        """Return the middles of squares of a side (metres), shape (k, 2), and the weight in each."""
        if side not in self._gathered:
            cells = np.floor(self.xy / side).astype(np.int64)
            low = cells.min(axis=0)
            across = int(np.ptp(cells[:, 1])) + 1
            keys, which = np.unique((cells[:, 0] - low[0]) * across + cells[:, 1] - low[1], return_inverse=True)  # fmt: skip
            middles = (np.array([keys // across, keys % across]).T + low + 0.5) * side
            self._gathered[side] = middles, np.bincount(which, self.weight).astype(np.float64)
        return self._gathered[side]


class _Turning:
    """One search over azimuths."""

    def __init__(
        self, points: Turned, length: float, width: float, step_deg: float, rules: Rules, floor: float,
        enough: float, progress: Progress | None,
    ) -> None:  # fmt: skip
        self.points, self.size, self.rules = points, (length, width), rules
        self.step, self.enough, self.progress = step_deg, enough, progress
        self.settled = 0.0
        self.value = self.upper = floor
        self.at: tuple[float, float, float] | None = None
        self.solved = 0

    def placed(self) -> Placed | None:
        if self.at is None:
            return None
        return Placed(self.value, self.upper, *self.at, self.solved)

    def run(self, ranges: Sequence[tuple[float, float]], each: Callable[..., Iterable[Any]]) -> None:  # fmt: skip
        """Halve intervals of azimuth until none can hold more or they are narrow enough."""
        whole = sum(high - low for low, high in ranges)
        intervals = self._told(each(self.bounded, [i for r in ranges for i in _pieces(*r)]))
        while intervals and self.value < self.enough:
            intervals.sort(key=lambda i: (-i.bound, i.middle))
            early = [i for i in intervals if 2 * i.half > self.step][:EARLY]
            last = [i for i in intervals if 2 * i.half <= self.step]
            self._solve(early + last, each)
            left = [i for i in intervals if i.bound > self.value]
            self.upper = max([self.upper, *(i.bound for i in left if 2 * i.half <= self.step)])
            halves = [h for i in left if 2 * i.half > self.step for h in _halved(i)]
            intervals = [i for i in self._told(each(self.bounded, halves)) if i.bound > self.value]
            if whole:
                self.settled = max(self.settled, 1 - sum(2 * i.half for i in intervals) / whole)
        self.upper = max([self.upper, self.value, *(i.bound for i in intervals)])

    def _told(self, results: Iterable[_T]) -> list[_T]:
        """Return all results, and tell after each how far the search is."""
        found = []
        for result in results:
            found.append(result)
            if self.progress is not None:
                self.progress(int(STEPS * self.settled), STEPS)
        return found

    def _solve(self, intervals: list[_Interval], each: Callable[..., Iterable[Any]]) -> None:
        for start in range(0, len(intervals), BATCH):
            those = [i for i in intervals[start : start + BATCH] if i.bound > self.value]
            self.solved += len(those)
            # All of a batch are compared with what was known before it, however many threads there are.
            solved = self._told(each(self.exact, those))
            for interval, (value, corner) in zip(those, solved, strict=True):
                if corner is not None and value > self.value:
                    self.value = value
                    self.at = (interval.middle % 180.0, *self._centre(interval.middle, corner))
            if self.value >= self.enough:
                return

    def bounded(self, interval: _Interval) -> _Interval:
        """Return the interval with a bound on what its rectangles hold."""
        size = enlarged(*self.size, interval.half)
        more = size[1] - self.size[1]
        if more == 0:
            return interval
        side = 2.0 ** math.floor(math.log2(more / 4))
        middles, weight = self.points.gathered(side)
        wide = size[0] + side * math.sqrt(2), size[1] + side * math.sqrt(2)
        cells = math.ceil(2 * self.size[1] / more)
        bound, _ = self._problem(interval.middle, wide, middles, weight).best(
            self.rules.boxes(interval.middle, interval.half, wide), self.value, cells=cells
        )
        return _Interval(interval.middle, interval.half, min(bound, interval.bound))

    def exact(self, interval: _Interval) -> tuple[float, tuple[float, float] | None]:
        """Return the best over all translations at the middle of an interval, and its corner."""
        boxes = self.rules.boxes(interval.middle, 0.0, self.size)
        problem = self._problem(interval.middle, self.size, self.points.xy, self.points.weight)
        return problem.best(boxes, self.value)

    def _problem(self, azimuth: float, size: tuple[float, float], xy: Floats, weight: Floats) -> MaxRS:  # fmt: skip
        return MaxRS(*turned(xy, azimuth), weight, *size, self.rules.condition(azimuth, size))

    def _centre(self, azimuth: float, corner: tuple[float, float]) -> tuple[float, float]:
        """Return the centre of a rectangle, moved so that what it holds lies in its middle."""
        u, v = turned(self.points.xy, azimuth)
        return self.rules.centred(azimuth, self.size, corner, u, v)


def _pieces(low: float, high: float) -> list[_Interval]:
    n = max(1, math.ceil((high - low) / COARSE_DEG))
    half = (high - low) / n / 2
    return [_Interval(low + (2 * k + 1) * half, half) for k in range(n)]


def _halved(i: _Interval) -> list[_Interval]:
    return [_Interval(i.middle + side * i.half / 2, i.half / 2, i.bound) for side in (-1, 1)]
