"""The longest stretch of an axis between neighbouring places, with what positional errors allow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.analysis.reach import possible_places
from geo.analysis.routes import Floats, Route, places

__all__ = ["NeighbourGap", "neighbour_gap"]


@dataclass(frozen=True)
class NeighbourGap:
    """The longest gap.

    Attributes
    ----------
    length_km
        Low, central, high.
    first, last
        Which of the places bound it.
    """

    length_km: tuple[float, float, float]
    first: int
    last: int


def neighbour_gap(route: Route, xy: Floats, err_m: Floats) -> NeighbourGap | None:
    """Return the longest gap along an axis between places next to one another; ``None`` below two.

    Parameters
    ----------
    route
        The axis, with a width that takes in all places: each counts where the axis is nearest to
        it, one that lies beyond an end at that end.
    xy, err_m
        Shape (n, 2) and (n,): places in the route's projection, and how far each may be off
        relative to the axis; metres.

    Notes
    -----
    Low is the longest stretch where no place can be. High: whichever two are neighbours, none lies
    between them, so that the second lies no further along than the least far end of the places that
    surely come after the first.
    """
    if len(xy) < 2:
        return None
    chainage, _, _ = places(route, xy)
    order = np.argsort(chainage, kind="stable")
    steps = np.diff(chainage[order])
    k = int(np.argmax(steps))
    first, last = _stretches(route, xy, err_m)
    three = min(_least(first, last), steps[k]), steps[k], max(_most(first, last), steps[k])
    low, central, high = (float(v) / 1000 for v in three)
    return NeighbourGap((low, central, high), int(order[k]), int(order[k + 1]))


def _stretches(route: Route, xy: Floats, err_m: Floats) -> tuple[Floats, Floats]:
    may = possible_places(route, np.array([0.0, route.length]), xy, err_m)
    before, after = may.cells[:, may.outside][:, :2].T
    first = np.where(before, 0.0, np.where(after, np.minimum(may.first, route.length), may.first))
    last = np.where(after, route.length, np.where(before, np.maximum(may.last, 0.0), may.last))
    return first, last


def _least(first: Floats, last: Floats) -> float:
    order = np.argsort(first)
    covered = np.maximum.accumulate(last[order])[:-1]
    return float(np.max(first[order][1:] - covered, initial=0.0))


def _most(first: Floats, last: Floats) -> float:
    free = []
    for start in first:
        later = last[first > start]
        free.append((later.min() if len(later) else last.max()) - start)
    return float(max(free))
