"""Where a rectangle may be placed: what it must hold, touch, and differ from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.analysis.maxrs import EDGE_M, Box, Condition, Floats

__all__ = ["Apart", "Rules", "axes", "back", "turned"]

_ALL: Box = (-math.inf, -math.inf, math.inf, math.inf)
TOUCH_M = 0.5
"""Placements of several conditions at once are told apart down to this."""


def axes(azimuth_deg: float) -> Floats:
    """Return the unit vectors along and across (to the right) of an azimuth, as rows."""
    a = math.radians(azimuth_deg)
    return np.array([[math.sin(a), math.cos(a)], [math.cos(a), -math.sin(a)]])


def turned(xy: Floats, azimuth_deg: float) -> tuple[Floats, Floats]:
    """Return planar points (shape (n, 2)) along and across an azimuth."""
    along, across = axes(azimuth_deg)
    x, y = xy[:, 0], xy[:, 1]
    return x * along[0] + y * along[1], x * across[0] + y * across[1]


def back(u: float, v: float, azimuth_deg: float) -> tuple[float, float]:
    """Return x, y of a point given along and across an azimuth."""
    x, y = np.array([u, v]) @ axes(azimuth_deg)
    return float(x), float(y)


@dataclass(frozen=True)
class Apart:
    """A rectangle that further ones must differ from.

    They differ if their azimuths are ``degrees`` apart or more, or their centres ``along`` or
    ``across`` metres or more, measured in the axes of the further one.
    """

    azimuth_deg: float
    x: float
    y: float
    along: float
    across: float
    degrees: float


@dataclass(frozen=True, eq=False, repr=False)
class Rules:
    """What is permitted of a rectangle, planar metres.

    Parameters
    ----------
    places
        Shape (k, 2): what it must hold.
    shapes
        Polygons that it must touch.
    apart
        Rectangles that it must differ from.
    """

    places: Floats
    shapes: tuple[Any, ...] = ()
    apart: tuple[Apart, ...] = ()

    def but(self, *more: Apart) -> Rules:
        """Return the rules with more rectangles to differ from."""
        return replace(self, apart=(*self.apart, *more))

    def boxes(self, azimuth: float, half: float, size: tuple[float, float]) -> list[Box]:
        """Return where the lower corner may be.

        Parameters
        ----------
        azimuth, half
            Degrees: with ``half`` above 0 nothing is left out that is permitted at any azimuth
            within it, for a rectangle enlarged so as to hold all turned ones.
        size
            Length and width of the (enlarged) rectangle.
        """
        box = _ALL
        if len(self.places):
            u, v = turned(self.places, azimuth)
            box = (
                float(u.max()) - size[0] - EDGE_M, float(v.max()) - size[1] - EDGE_M,
                float(u.min()) + EDGE_M, float(v.min()) + EDGE_M,
            )  # fmt: skip
        for u, v in (turned(shapely.get_coordinates(s), azimuth) for s in self.shapes):
            box = (
                max(box[0], float(u.min()) - size[0]), max(box[1], float(v.min()) - size[1]),
                min(box[2], float(u.max())), min(box[3], float(v.max())),
            )  # fmt: skip
        if box[0] > box[2] or box[1] > box[3]:
            return []
        boxes = [box]
        for other in self.apart:
            boxes = _outside(boxes, other, azimuth, half, size)
        return boxes

    def condition(self, azimuth: float, size: tuple[float, float]) -> Condition | None:
        """Return what placements must fulfil besides lying in a box: to touch all shapes."""
        if not self.shapes:
            return None
        matrix = axes(azimuth)
        shapes = [shapely.transform(s, lambda xy: xy @ matrix.T) for s in self.shapes]
        return _Touching(np.array(shapes, dtype=object), size)

    def centred(
        self, azimuth: float, size: tuple[float, float], corner: tuple[float, float], u: Floats, v: Floats
    ) -> tuple[float, float]:  # fmt: skip
        """Return the centre (x, y) of the rectangle moved as far as it may, to hold the same points in its middle."""
        held = (u >= corner[0]) & (u <= corner[0] + size[0] + EDGE_M) & (v >= corner[1]) & (v <= corner[1] + size[1] + EDGE_M)  # fmt: skip
        p, q = corner
        for box in self.boxes(azimuth, 0.0, size):
            if held.any() and box[0] <= p <= box[2] and box[1] <= q <= box[3]:
                moved = (
                    _middle(u[held], size[0], box[0], box[2]), _middle(v[held], size[1], box[1], box[3])
                )  # fmt: skip
                condition = self.condition(azimuth, size)
                if condition is None or condition.possible(np.array([[*moved, *moved]])).all():
                    p, q = moved
                break
        return back(p + size[0] / 2, q + size[1] / 2, azimuth)


def _middle(x: Floats, size: float, low: float, high: float) -> float:
    """Return the lower side that has what it holds in its middle, within what is permitted."""
    return min(max((float(x.min()) + float(x.max()) - size) / 2, low), high)


def _outside(
    boxes: list[Box], other: Apart, azimuth: float, half: float, size: tuple[float, float]
) -> list[Box]:
    turn = abs((azimuth - other.azimuth_deg + 90) % 180 - 90) + half
    if turn >= other.degrees:
        return boxes
    # Of the boxes about the other's centre at all azimuths within half, what they have in common.
    sine = math.sin(math.radians(half))
    along, across = other.along - other.across * sine, other.across - other.along * sine
    if along <= 0 or across <= 0:
        return boxes
    (u,), (v,) = turned(np.array([[other.x, other.y]]), azimuth)
    p, q = u - size[0] / 2, v - size[1] / 2
    sides = [
        (-math.inf, -math.inf, p - along, math.inf), (p + along, -math.inf, math.inf, math.inf),
        (-math.inf, -math.inf, math.inf, q - across), (-math.inf, q + across, math.inf, math.inf),
    ]  # fmt: skip
    cut = [
        (max(b[0], s[0]), max(b[1], s[1]), min(b[2], s[2]), min(b[3], s[3]))
        for b in boxes
        for s in sides
    ]
    return [b for b in cut if b[0] <= b[2] and b[1] <= b[3]]


class _Touching:
    """Placements that touch all of some shapes, in the axes of the rectangle."""

    def __init__(self, shapes: NDArray[np.object_], size: tuple[float, float]) -> None:
        self.shapes, self.size = shapes, size
        shapely.prepare(shapes)

    def possible(self, boxes: Floats) -> NDArray[np.bool_]:
        # Rectangles with a corner in a box cover just the box stretched by their size.
        p0, q0, p1, q1 = boxes.T
        stretched = shapely.box(p0, q0, p1 + self.size[0], q1 + self.size[1])
        met = np.ones(len(boxes), dtype=bool)
        for shape in self.shapes:
            met[met] = shapely.intersects(shape, stretched[met])
        return met

    def corner(self, box: Box) -> tuple[float, float] | None:
        if not self.possible(np.array([box]))[0]:
            return None
        (p0, q0, p1, q1), (length, width) = box, self.size
        tries = [((p0 + p1) / 2, (q0 + q1) / 2)]
        around = shapely.box(p0, q0, p1 + length, q1 + width)
        for shape in self.shapes:
            for x, y in shapely.get_coordinates(shapely.intersection(shape, around))[:1]:
                tries.append((min(max(x - length / 2, p0), p1), min(max(y - width / 2, q0), q1)))  # fmt: skip
        for p, q in tries:
            if self.possible(np.array([[p, q, p, q]]))[0]:
                return float(p), float(q)
        if max(p1 - p0, q1 - q0) <= TOUCH_M:
            return None
        u, v = tries[0]
        quarters = [(p0, q0, u, v), (u, q0, p1, v), (p0, v, u, q1), (u, v, p1, q1)]
        return next((c for quarter in quarters if (c := self.corner(quarter)) is not None), None)
