"""The best place for a rectangle of fixed size and direction (maximum range sum, MaxRS)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from geo.analysis.maxrs_sums import Floats, cells_of, depth, windows

__all__ = ["EDGE_M", "Box", "Condition", "Floats", "MaxRS"]

Box = tuple[float, float, float, float]
"""Lower corners that are permitted: least u, least v, greatest u, greatest v; metres."""


class Condition(Protocol):
    """What placements must fulfil besides lying in a box."""

    def possible(self, boxes: Floats) -> NDArray[np.bool_]:
        """Return which boxes of lower corners (shape (k, 4)) may hold a permitted one."""

    def corner(self, box: Box) -> tuple[float, float] | None:
        """Return a permitted lower corner in a box, or ``None`` if there is none."""


EDGE_M = 1e-6
"""A point so far outside counts as on the edge: turned coordinates are rounded to about 1e-9 m."""
CELLS = 1 << 20
"""So many cells are bounded at a time, and so many placements compared in the last step."""
FIRST, FINER, SUMMED = 8, 4, 64
"""Cells to a side of the rectangle at first; how much finer each further time; and up to how many
cells their sums are taken from a histogram."""
FEW = 4
"""So many groups of cells at most are searched without looking for the points near them first."""
SMALL = 1 << 14
"""A group of cells is compared as one where that is so many placements for each of them at most."""
ALIKE = 1e-12
"""Cells of the first division are wider by this share, for the rounding of their number."""
ROUNDING = 1e-9
"""Sums of weights that are no whole numbers may be off by this share of the whole."""


@dataclass(frozen=True, eq=False, repr=False)
class MaxRS:
    """Points in the axes of a rectangle of fixed size, to be placed to hold the most weight.

    A rectangle is known by its lower corner (p, q): it holds a point where p ≤ u ≤ p + length and
    q ≤ v ≤ q + width. Seen from the corner, each point is a rectangle of placements that hold it,
    and the best placement is where these overlap most (Imai and Asano, 1983, *Finding the
    connected components and a maximum clique of an intersection graph of rectangles in the
    plane*; Nandy and Bhattacharya, 1995, *A unified algorithm for finding maximum and minimum
    object enclosing rectangles and cuboids*).

    Instead of one sweep over all of them, cells of placements are bounded: a placement holds at
    most the points that any placement of its cell holds. Cells whose bound does not beat what is
    known are dropped, the others divided; where few points are left that some placements of a cell
    hold and others do not, all placements with a point on the lower and one on the left edge are
    compared. One of these is best, so that the result is exact.

    Parameters
    ----------
    u, v
        Metres along and across, shape (n,).
    weight
        0 or more, shape (n,).
    length, width
        Of the rectangle, metres.
    condition
        What placements must fulfil besides.
    """

    u: Floats
    v: Floats
    weight: Floats
    length: float
    width: float
    condition: Condition | None = None

    def best(
        self, boxes: list[Box], floor: float = 0.0, *, cells: int | None = None
    ) -> tuple[float, tuple[float, float] | None]:
        """Return the most that can be held, and where.

        Parameters
        ----------
        boxes
            Where the lower corner may be; sides may be infinite.
        floor
            What is known already: only what beats it is looked for.
        cells
            Where given, cells of which so many or more go to a side of the rectangle are not
            divided further: the value is an upper bound.

        Returns
        -------
        value
            The greatest sum, or ``floor`` if none beats it.
        corner
            A lower corner with that sum; ``None`` if none beats the floor, or of a bound.
        """
        search = _Search(self, cells, floor)
        if len(self.u):
            whole = (
                float(self.u.min()) - self.length, float(self.v.min()) - self.width,
                float(self.u.max()), float(self.v.max()),
            )  # fmt: skip
            for box in boxes:
                own = (
                    max(box[0], whole[0]), max(box[1], whole[1]),
                    min(box[2], whole[2]), min(box[3], whole[3]),
                )  # fmt: skip
                if own[0] <= own[2] and own[1] <= own[3]:
                    search.solve((self.u, self.v, self.weight), 0.0, own, 1)
        return search.value, None if cells else search.corner


Points = tuple[Floats, Floats, Floats]


class _Search:
    """The best so far of one search, and how cells are divided."""

    def __init__(self, problem: MaxRS, cells: int | None, floor: float) -> None:
        self.condition, self.cells = problem.condition, cells
        self.size = problem.length + EDGE_M, problem.width + EDGE_M
        self.value = floor
        self.corner: tuple[float, float] | None = None
        whole = bool((problem.weight == np.floor(problem.weight)).all())
        self.slack = 0.0 if whole else ROUNDING * float(problem.weight.sum())

    def solve(self, points: Points, base: float, box: Box, finer: int) -> None:
        """Search a box of lower corners among points that some of them may hold.

        ``base`` is the weight that all of them hold, ``finer`` how fine cells are compared to the
        first ones.
        """
        points, base = self._relevant(points, base, box)
        if base + points[2].sum() + self.slack <= self.value:
            return
        p0, q0, p1, q1 = box
        if self._work(points, box) <= CELLS or max(p1 - p0, q1 - q0) < EDGE_M:
            self._compare(points, base, box)
            return
        shape = tuple(
            max(1, math.ceil((high - low) / size * FIRST * finer))
            for low, high, size in ((p0, p1, self.size[0]), (q0, q1, self.size[1]))
        )
        if shape[0] * shape[1] > CELLS:
            for half in _halves(box, along=shape[0] >= shape[1]):
                self.solve(points, base, half, finer)
        else:
            self._divide(points, base, box, (shape[0], shape[1]), finer)

    def _work(self, points: Points, box: Box) -> int:
        """Return how many placements of a box would have to be compared."""
        work = 1
        for x, size, low, high in zip(points[:2], self.size, box[:2], box[2:], strict=True):
            n = int(np.count_nonzero((x >= low) & (x <= high))) + 1
            if self.condition is not None:
                n = 2 * (n + 1 + int(np.count_nonzero((x - size >= low) & (x - size <= high))))
            work *= n
        return work

    def _relevant(self, points: Points, base: float, box: Box) -> tuple[Points, float]:
        """Leave out points that no placement of a box holds; add those that all hold to the base."""
        u, v, weight = points
        (p0, q0, p1, q1), (length, width) = box, self.size
        near = (u >= p0) & (u <= p1 + length) & (v >= q0) & (v <= q1 + width)
        if p1 <= p0 + length and q1 <= q0 + width:
            sure = (u >= p1) & (u <= p0 + length) & (v >= q1) & (v <= q0 + width)
            base += float(weight[sure].sum())
            near &= ~sure
        return (points, base) if near.all() else ((u[near], v[near], weight[near]), base)

    def _divide(self, points: Points, base: float, box: Box, shape: tuple[int, int], finer: int) -> None:  # fmt: skip
        (p0, q0, p1, q1), (length, width) = box, self.size
        du, dv = (p1 - p0) / shape[0] or EDGE_M, (q1 - q0) / shape[1] or EDGE_M
        u, v, weight = points
        per = FIRST * finer
        if per <= SUMMED:
            # As many cells to each rectangle: sums of a histogram, a quarter of the work.
            du, dv = (size / per * (1 + ALIKE) for size in self.size)
            last = cells_of(u, p0, du, shape[0] + per), cells_of(v, q0, dv, shape[1] + per)
            bound = windows(*last, weight, shape, per)
        else:
            bound = depth(
                cells_of(u - length, p0, du, shape[0]), cells_of(u, p0, du, shape[0]) + 1,
                cells_of(v - width, q0, dv, shape[1]), cells_of(v, q0, dv, shape[1]) + 1, weight, shape,
            )  # fmt: skip
        bound += base + self.slack
        beats = bound > self.value
        if self.condition is not None and beats.any():
            a, b = np.nonzero(beats)
            low = np.column_stack([p0 + a * du, q0 + b * dv])
            beats[a, b] = self.condition.possible(np.hstack([low, low + np.array([du, dv])]))
        if beats.any():
            top = int(np.where(beats, bound, -1.0).argmax())
            peak = p0 + top // shape[1] * du, q0 + top % shape[1] * dv
            self._try(points, base, (*peak, min(p1, peak[0] + du), min(q1, peak[1] + dv)))
            beats &= bound > self.value
        if not beats.any():
            return
        if self.cells and per >= self.cells:
            self.value = float(bound[beats].max())
            return
        labels, n = ndimage.label(beats, structure=np.ones((3, 3)))
        parts = ndimage.find_objects(labels)
        tops = np.zeros(n)
        np.maximum.at(tops, labels[beats] - 1, bound[beats])
        # Cells are closed and a little wider: a corner on their edge is in both.
        boxes: list[tuple[float, Box]] = [
            (
                float(top),
                (
                    max(p0, p0 + along.start * du - EDGE_M), max(q0, q0 + across.start * dv - EDGE_M),
                    min(p1, p0 + along.stop * du + EDGE_M), min(q1, q0 + across.stop * dv + EDGE_M),
                ),
            )
            for top, (along, across) in zip(tops, parts, strict=True)
        ]  # fmt: skip
        self._each(points, base, boxes, finer * FINER)

    def _each(
        self, points: Points, base: float, boxes: list[tuple[float, Box]], finer: int
    ) -> None:
        """Search boxes with their bounds; many in two groups, so that each looks at fewer points."""
        boxes = sorted((b for b in boxes if b[0] > self.value), reverse=True)
        if len(boxes) <= FEW:
            for top, box in boxes:
                if top > self.value:
                    self.solve(points, base, box, finer)
            return
        sides = np.array([box for _, box in boxes])
        low, high = sides[:, :2].min(axis=0), sides[:, 2:].max(axis=0)
        around: Box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        points, base = self._relevant(points, base, around)
        if base + points[2].sum() + self.slack <= self.value:
            return
        if self._work(points, around) <= min(CELLS, SMALL * len(boxes)):
            self._compare(points, base, around)
            return
        axis = int(((high - low) / self.size).argmax())
        order = np.argsort(sides[:, axis], kind="stable")
        halves = [[boxes[k] for k in part] for part in np.array_split(order, 2)]
        for half in sorted(halves, key=lambda h: -max(top for top, _ in h)):
            self._each(points, base, half, finer)

    def _try(self, points: Points, base: float, box: Box) -> None:
        """Take a placement of a box if it is better than what is known: more cells can be dropped."""
        corner = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        if self.condition is not None:
            found = self.condition.corner(box)
            if found is None:
                return
            corner = found
        u, v, weight = points
        p, q = corner
        held = (u >= p) & (u <= p + self.size[0]) & (v >= q) & (v <= q + self.size[1])
        value = base + float(weight[held].sum())
        if value > self.value:
            self.value, self.corner = value, corner

    def _compare(self, points: Points, base: float, box: Box) -> None:
        """Compare all placements of a box that can be best."""
        if self.condition is not None:
            self._compare_all(points, base, box)
            return
        u, v, weight = points
        p = np.unique(np.append(u[(u >= box[0]) & (u <= box[2])], box[2]))
        q = np.unique(np.append(v[(v >= box[1]) & (v <= box[3])], box[3]))
        sums = depth(
            np.searchsorted(p, u - self.size[0]), np.searchsorted(p, u, "right"),
            np.searchsorted(q, v - self.size[1]), np.searchsorted(q, v, "right"), weight, (len(p), len(q)),
        )  # fmt: skip
        a, b = np.unravel_index(int(sums.argmax()), sums.shape)
        if base + sums[a, b] > self.value:
            self.value, self.corner = base + float(sums[a, b]), (float(p[a]), float(q[b]))

    def _compare_all(self, points: Points, base: float, box: Box) -> None:
        """Compare all sets of points that placements of a box hold, the greatest first."""
        assert self.condition is not None
        u, v, weight = points
        lows, highs, ranges = [], [], []
        for x, size, low, high in ((u, self.size[0], box[0], box[2]), (v, self.size[1], box[1], box[3])):  # fmt: skip
            edges = np.concatenate([x, x - size, [low, high]])
            edges = np.unique(edges[(edges >= low) & (edges <= high)])
            # Every edge, and what lies between it and the next one.
            lows.append(np.repeat(edges, 2)[:-1])
            highs.append(np.repeat(edges, 2)[1:])
            ranges += [2 * np.searchsorted(edges, x - size), 2 * np.searchsorted(edges, x, "right") - 1]  # fmt: skip
        sums = base + depth(
            ranges[0], ranges[1], ranges[2], ranges[3], weight, (len(lows[0]), len(lows[1]))
        )
        order = np.flatnonzero(sums.ravel() > self.value)
        order = order[np.argsort(-sums.ravel()[order], kind="stable")]
        for start in range(0, len(order), 4096):
            a, b = np.unravel_index(order[start : start + 4096], sums.shape)
            boxes = np.column_stack([lows[0][a], lows[1][b], highs[0][a], highs[1][b]])
            for k in np.flatnonzero(self.condition.possible(boxes)):
                corner = self.condition.corner(tuple(boxes[k].tolist()))
                if corner is not None:
                    self.value, self.corner = float(sums[a[k], b[k]]), corner
                    return


def _halves(box: Box, *, along: bool) -> tuple[Box, Box]:
    p0, q0, p1, q1 = box
    if along:
        middle = (p0 + p1) / 2
        return (p0, q0, middle, q1), (middle, q0, p1, q1)
    middle = (q0 + q1) / 2
    return (p0, q0, p1, middle), (p0, middle, p1, q1)
