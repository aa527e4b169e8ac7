"""Where points may lie along a route, given their errors: every bin and side that is possible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.analysis.routes import AFTER, BEFORE, CELLS, INSIDE, Floats, Route, places
from geo.measure import signed_distance

__all__ = ["Possible", "possible_places"]

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Possible:
    """Where points may lie given their errors.

    Attributes
    ----------
    cells
        Shape (n, 2 · bins + 3): the left halves of the bins, the right halves, then before, after
        and beside.
    own
        Shape (n,): the cell where each is said to lie.
    chainage
        Shape (n,): where it is said to lie along the axis.
    first, last
        Shape (n,): the least and the greatest chainage inside; infinite, the wrong way round, where
        a point cannot be inside.
    """

    cells: Bools
    own: NDArray[np.intp]
    chainage: Floats
    first: Floats
    last: Floats

    @property
    def as_said(self) -> Bools:
        """The cells as if no point were off."""
        cells = np.zeros_like(self.cells)
        cells[np.arange(len(self.own)), self.own] = True
        return cells

    @property
    def outside(self) -> slice:
        """Columns of the cells that are in no bin."""
        return slice(self.cells.shape[1] - 3, None)


def possible_places(route: Route, edges: Floats, xy: Floats, err: Floats) -> Possible:
    """Return all places of points that lie anywhere within their errors of where they are said to.

    Parameters
    ----------
    route
        The route.
    edges
        Chainages that bound the bins, from 0 to the length, growing; metres.
    xy, err
        Shape (n, 2) and (n,): points, and how far each may be off relative to the axis; metres.

    Notes
    -----
    Projection onto a segment and distance from it move no further than the point does (both are
    1-Lipschitz), and a segment can be the nearest one only if it is no further than the nearest
    plus twice the error. What is returned holds every place that is possible. Along a straight axis
    of one width it holds no other; about a bend it may, and where a width tapers it may.
    """
    chainage, offset, where = places(route, xy)
    bins = len(edges) - 1
    cells = np.zeros((len(xy), 2 * bins + 3), dtype=bool)
    own = np.clip(np.searchsorted(edges, chainage, side="right") - 1, 0, bins - 1)
    own = np.where(where == INSIDE, own + bins * (offset >= 0), 2 * bins + where - 1)
    inside = where == INSIDE
    first, last = (np.where(inside, chainage, sign * np.inf) for sign in (1, -1))
    rough = np.flatnonzero(err > 0)
    pieces = _Pieces.of(route, edges)
    step = max(CELLS // (len(pieces.start) + len(pieces.bend)), 1)
    for k in range(0, len(rough), step):
        some = rough[k : k + step]
        cells[some], low, high = pieces.reach(route, xy[some], err[some])
        first[some], last[some] = np.minimum(first[some], low), np.maximum(last[some], high)
    if len({w for _, w in route.widths}) == 1 and len(rough):
        # Of one width: beside the corridor is outside what lies within half of it of the axis.
        near = route.axis.buffer(route.widths[0][1] / 2, quad_segs=64)
        cells[rough, -1] &= signed_distance(shapely.points(xy[rough]), near) <= err[rough]
    cells[np.arange(len(xy)), own] = True
    return Possible(cells, own, chainage, first, last)


@dataclass(frozen=True, eq=False)
class _Pieces:
    """An axis cut at its vertices, at the edges of bins and where the width profile bends."""

    start: Floats
    unit: Floats
    begin: Floats
    size: Floats
    bin: NDArray[np.intp]
    bins: int
    bend: NDArray[np.intp]
    """Vertices where the axis turns."""
    bend_bins: NDArray[np.intp]
    """Shape (n, 2): the bin before and after each."""

    @classmethod
    def of(cls, route: Route, edges: Floats) -> _Pieces:
        cuts = np.unique(np.clip([*route.stops, *edges, *(c for c, _ in route.widths)], 0, route.length))  # fmt: skip
        cuts = cuts[np.concatenate([[True], np.diff(cuts) > 1e-9])]
        middle, bins = (cuts[1:] + cuts[:-1]) / 2, len(edges) - 1
        segment = np.clip(np.searchsorted(route.stops, middle, side="right") - 1, 0, len(route.stops) - 2)  # fmt: skip
        unit = route.directions[segment]
        start = route.vertices[segment] + unit * (cuts[:-1] - route.stops[segment])[:, None]

        def bin_of(chainage: Floats) -> NDArray[np.intp]:
            return np.clip(np.searchsorted(edges, chainage, side="right") - 1, 0, bins - 1)

        bend = np.arange(1, len(route.stops) - 1)
        at = route.stops[bend]
        both = np.column_stack([bin_of(at - 1e-6), bin_of(at + 1e-6)])
        return cls(start, unit, cuts[:-1], np.diff(cuts), bin_of(middle), bins, bend, both)

    def reach(self, route: Route, xy: Floats, err: Floats) -> tuple[Bools, Floats, Floats]:
        """Return cells, least and greatest chainage inside, of points that have an error."""
        bins, e = self.bins, err[:, None]
        away = xy[:, None, :] - self.start
        along = away[..., 0] * self.unit[:, 0] + away[..., 1] * self.unit[:, 1]
        across = away[..., 0] * self.unit[:, 1] - away[..., 1] * self.unit[:, 0]
        past = np.maximum(np.maximum(-along, along - self.size), 0)
        distance = np.hypot(past, across)
        limit = distance.min(axis=1, keepdims=True) + 2 * e
        near = (past <= e) & (distance <= limit)
        low, high = (self.begin + np.clip(along + s * e, 0, self.size) for s in (-1, 1))
        half = np.stack([route.half_width(low), route.half_width(high)])
        cells = np.zeros((len(xy), 2 * bins + 3), dtype=bool)
        anywhere = np.zeros(near.shape, dtype=bool)
        for side, sign in ((0, -1), (1, 1)):
            off = np.maximum(np.maximum(-sign * across, sign * across - half.max(axis=0)), 0)
            hit = near & (np.hypot(past, off) <= e)
            anywhere |= hit
            point, piece = np.nonzero(hit)
            cells[point, side * bins + self.bin[piece]] = True
        room = np.sqrt(np.maximum(e**2 - past**2, 0))
        cells[:, -1] = (near & (np.abs(across) + room > half.min(axis=0))).any(axis=1)
        first = np.where(anywhere, low, np.inf).min(axis=1)
        last = np.where(anywhere, high, -np.inf).max(axis=1)
        self._ends(route, xy, err, limit[:, 0], cells)
        return cells, *self._bends(route, xy, e, limit, cells, first, last)

    def _ends(self, route: Route, xy: Floats, err: Floats, limit: Floats, cells: Bools) -> None:
        """Set what may lie beyond an end."""
        for k, sign, cell in ((0, -1, BEFORE), (-1, 1, AFTER)):
            away = xy - route.vertices[k]
            beyond = sign * (away @ route.directions[k]) > -err
            cells[:, 2 * self.bins + cell - 1] = beyond & (np.hypot(*away.T) <= limit)

    def _bends(
        self, route: Route, xy: Floats, e: Floats, limit: Floats, cells: Bools, first: Floats, last: Floats
    ) -> tuple[Floats, Floats]:  # fmt: skip
        """Set what may lie on the outer side of a bend, where a whole fan of places has one nearest."""
        if not len(self.bend):
            return first, last
        before, after = route.directions[self.bend - 1], route.directions[self.bend]
        turn = np.arctan2(
            before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0], (before * after).sum(axis=1)
        )
        # The fan lies about the outer bisector: on the right of a turn to the left.
        heading = np.arctan2(before[:, 1], before[:, 0]) + turn / 2 - np.copysign(np.pi / 2, turn)
        away = xy[:, None, :] - route.vertices[self.bend]
        distance = np.hypot(away[..., 0], away[..., 1])
        aside = np.abs(np.angle(np.exp(1j * (np.arctan2(away[..., 1], away[..., 0]) - heading))))
        aside = np.maximum(aside - np.abs(turn) / 2, 0)
        half = route.half_width(route.stops[self.bend])
        near = distance <= limit
        inside = near & (_to_ray(distance, aside, 0.0, half) <= e)
        for side in (0, 1):
            point, vertex = np.nonzero(inside & ((turn < 0) == (side == 0)))
            for column in self.bend_bins.T:
                cells[point, side * self.bins + column[vertex]] = True
        cells[:, -1] |= (near & (_to_ray(distance, aside, half, np.inf) <= e)).any(axis=1)
        at = route.stops[self.bend]
        first = np.minimum(first, np.where(inside, at, np.inf).min(axis=1))
        return first, np.maximum(last, np.where(inside, at, -np.inf).max(axis=1))


def _to_ray(distance: Floats, aside: Floats, first: Any, last: Any) -> Floats:
    """Return how far points are from a stretch of a ray, by their distance and angle from its start."""
    along = np.clip(distance * np.cos(aside), first, last)
    square = distance**2 - 2 * distance * along * np.cos(aside) + along**2
    return np.asarray(np.sqrt(np.maximum(square, 0)))
