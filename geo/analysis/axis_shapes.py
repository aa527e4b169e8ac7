"""Axes and footprints as plane figures in kilometres, to be drawn at one scale beside one another."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, affinity
from shapely.geometry.base import BaseGeometry

from geo.analysis.corridor_figures import corridor_items
from geo.measure import laea, project, unproject
from geo.model.layout import Layout

__all__ = ["DRAWN_TO_KM", "AxisShape", "axis_shapes"]

DRAWN_TO_KM = 0.02
"""Outlines are thinned to this: a fifth of a pixel at ten pixels a kilometre."""


@dataclass(frozen=True, eq=False)
class AxisShape:
    """An axis and its footprint about the middle of the axis.

    Attributes
    ----------
    layout, id
        Of the layout and of the corridor or belt in it.
    name_zh, name_en, layout_zh, layout_en, status
        As the feature's.
    axis, footprint
        Kilometres in the Lambert azimuthal equal-area projection about the middle of the axis,
        which lies at 0, 0: y is north there, lengths are within 1e-4 up to 150 km.
    """

    layout: str
    id: str
    name_zh: str
    name_en: str
    layout_zh: str
    layout_en: str
    status: str
    axis: LineString
    footprint: BaseGeometry

    @property
    def key(self) -> str:
        """A name that no other has: layout and corridor."""
        return f"{self.layout}/{self.id}"

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north of all of it, km."""
        west, south, east, north = shapely.total_bounds(np.array([self.axis, self.footprint], dtype=object))  # fmt: skip
        return float(west), float(south), float(east), float(north)

    @cached_property
    def ends(self) -> NDArray[np.float64]:
        """Shape (2, 2): the ends of the axis."""
        return np.asarray(shapely.get_coordinates(self.axis)[[0, -1]])

    def turned(self) -> AxisShape:
        """Return it turned so that the line from its start to its end runs to the right.

        A closed axis stays as it is.
        """
        dx, dy = self.ends[1] - self.ends[0]
        angle = -math.atan2(dy, dx)
        spun = [affinity.rotate(g, angle, origin=(0, 0), use_radians=True) for g in (self.axis, self.footprint)]  # fmt: skip
        return replace(self, axis=spun[0], footprint=spun[1])


def axis_shapes(layouts: Sequence[Layout], keep: Collection[str] | None = None) -> list[AxisShape]:
    """Return the corridors and belts of layouts as plane figures, those with an axis.

    Parameters
    ----------
    layouts
        The layouts, each projected by itself.
    keep
        Keys (``layout/corridor``) of those wanted; by default all.
    """
    found = []
    for layout in layouts:
        for item in corridor_items(layout):
            wanted = keep is None or f"{layout.id}/{item.id}" in keep
            if not wanted or item.axis is None or item.footprint is None:
                continue
            axis, footprint = _about_middle(item.axis, item.footprint)
            found.append(
                AxisShape(
                    layout.id, item.id, item.name_zh, item.name_en, layout.meta.name_zh, layout.meta.name_en, item.status, axis, footprint
                )
            )  # fmt: skip
    return found


def _about_middle(axis: LineString, footprint: BaseGeometry) -> tuple[LineString, BaseGeometry]:
    west, south, east, north = axis.bounds
    rough = laea((west + east) / 2, (south + north) / 2)
    middle = shapely.line_interpolate_point(project(axis, rough), 0.5, normalized=True)
    lonlat = shapely.get_coordinates(unproject(middle, rough))[0]
    crs = laea(float(lonlat[0]), float(lonlat[1]))
    own = [shapely.transform(project(g, crs), lambda xy: xy / 1000) for g in (axis, footprint)]
    return own[0], shapely.simplify(own[1], DRAWN_TO_KM)
