"""How axes of several layouts are drawn to one scale, on the screen and on paper alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import shapely
from shapely import affinity

from geo.analysis.axis_shapes import AxisShape
from geo.maps.palette import BLUE, BROWN, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, WINE
from geo.words import Lang, name_of

__all__ = ["ARRANGEMENTS", "COLOURS", "Arrangement", "Drawn", "badges", "colours_of", "extent", "ink_on", "rings_of", "scale_km", "shelves", "shifted"]  # fmt: skip

Arrangement = Literal["north-up", "turned", "side-by-side"]
ARRANGEMENTS: tuple[Arrangement, ...] = ("north-up", "turned", "side-by-side")
COLOURS = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, WINE, SKY, BROWN, GREY)
MARGIN = 0.06
"""Of the larger extent, around all that is drawn."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """A shape with its number, colour and name.

    Attributes
    ----------
    shape
        The plane figure.
    number
        From 1, in the order given.
    colour
        Of its lines.
    own, whole
        Name of the corridor, and of its layout where that is another one, else blank.
    """

    shape: AxisShape
    number: int
    colour: str
    own: str
    whole: str

    @property
    def name(self) -> str:
        """The number and both names, in one line."""
        return f"{self.number} {self.own}" + (f" ({self.whole})" if self.whole else "")


def colours_of(shapes: Sequence[AxisShape], lang: Lang) -> list[Drawn]:
    """Return shapes with what tells them apart; the number does so too where colours come again."""
    found = []
    for k, shape in enumerate(shapes):
        own, whole = name_of(shape, lang), name_of(shape, lang, "layout")
        found.append(Drawn(shape, k + 1, COLOURS[k % len(COLOURS)], own, "" if own == whole else whole))  # fmt: skip
    return found


def ink_on(colour: str) -> str:
    """Return black or white, whichever is read better on a colour (WCAG 2, relative luminance)."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    light = float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
    return "#111111" if (light + 0.05) ** 2 > 1.05 * 0.05 else "#FFFFFF"


def extent(shapes: Sequence[AxisShape]) -> tuple[float, float, float, float]:
    """Return west, south, east and north of all shapes with a margin, km."""
    boxes = np.array([s.bounds for s in shapes])
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    margin = MARGIN * max(east - west, north - south)
    return float(west - margin), float(south - margin), float(east + margin), float(north + margin)


def scale_km(width_km: float) -> float:
    """Return a round length of about a fifth of a width, for a scale bar: 1, 2 or 5 times a power of ten."""
    rough = width_km / 4
    power = 10.0 ** math.floor(math.log10(rough))
    return max(n * power for n in (1, 2, 5) if n * power <= rough)


def badges(shapes: Sequence[AxisShape]) -> list[tuple[float, float]]:
    """Return where the number of each shape stands: at the end of its axis that has the most room."""
    placed: list[tuple[float, float]] = []
    for shape in shapes:
        ends = [(float(x), float(y)) for x, y in shape.ends]
        room = [min((math.dist(end, other) for other in placed), default=math.inf) for end in ends]
        placed.append(ends[0] if room[0] > room[1] else ends[1])
    return placed


def shelves(shapes: Sequence[AxisShape], width_km: float) -> list[tuple[float, float]]:
    """Return by how much to shift each shape so that they stand in rows, none upon another.

    Parameters
    ----------
    shapes
        In the order of reading.
    width_km
        Of a row; a wider shape has one to itself.
    """
    gap = 0.08 * max(max(s.bounds[2] - s.bounds[0], s.bounds[3] - s.bounds[1]) for s in shapes)
    # A name stands above each: a narrow one needs as much room.
    least = width_km / 3.4
    moved, x, top, row = [], 0.0, 0.0, 0.0
    for shape in shapes:
        west, south, east, north = shape.bounds
        wide, tall = max(east - west, least), north - south
        if x and x + wide > width_km:
            x, top, row = 0.0, top - row - 2.5 * gap, 0.0
        moved.append((x + (wide - (east - west)) / 2 - west, top - north))
        x, row = x + wide + gap, max(row, tall)
    return moved


def shifted(shape: AxisShape, by: tuple[float, float]) -> AxisShape:
    """Return a shape moved in the plane."""
    axis, footprint = (affinity.translate(g, *by) for g in (shape.axis, shape.footprint))
    return replace(shape, axis=axis, footprint=footprint)


def rings_of(shape: AxisShape) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    """Return the closed outlines of a footprint, the holes too: arrays of shape (n, 2), km."""
    return [
        shapely.get_coordinates(ring)
        for part in shapely.get_parts(shape.footprint)
        for ring in (part.exterior, *part.interiors)
    ]
