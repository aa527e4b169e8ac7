"""A corridor as an object: an axis, a width profile, cores and nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS
from shapely import LineString, Point
from shapely.geometry.base import BaseGeometry

from geo.measure import (
    area_km2,
    distance_km,
    laea,
    length_km,
    locate,
    outline,
    project,
    project_points,
)
from geo.model.shapes import axis_footprint, mean_width

__all__ = ["Corridor"]


@dataclass(frozen=True)
class Corridor:
    """A corridor: what lies within half its width of an axis.

    Parameters
    ----------
    axis
        LineString, WGS84 longitude/latitude. Its direction is that of the chainage.
    widths_km
        ``(chainage_km, full_width_km)`` pairs: linear between, constant beyond. One pair is a
        constant width.
    crs
        Planar equal-area projection in which the footprint is made; by default one centred on
        the middle of the axis.

    Raises
    ------
    ValueError
        If the axis is no line with a length, or a width is not positive.
    """

    axis: LineString
    widths_km: Sequence[tuple[float, float]]
    crs: CRS = field(default=None)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.axis.geom_type != "LineString" or self.axis.is_empty or self.axis.length == 0:
            raise ValueError("the axis of a corridor is a LineString with a length")
        if not self.widths_km or min(w for _, w in self.widths_km) <= 0:
            raise ValueError("a corridor needs at least one width, and every width above 0")
        if self.crs is None:
            west, south, east, north = self.axis.bounds
            object.__setattr__(self, "crs", laea((west + east) / 2, (south + north) / 2))

    @classmethod
    def constant(cls, axis: LineString, width_km: float, crs: CRS | None = None) -> Corridor:
        """Return a corridor of one width."""
        return cls(axis, [(0.0, width_km)], crs)  # type: ignore[arg-type]

    @cached_property
    def planar_axis(self) -> LineString:
        """The axis in planar metres."""
        return project(self.axis, self.crs)

    @cached_property
    def footprint(self) -> BaseGeometry:
        """The corridor's polygon, WGS84."""
        metres = [(c * 1000, w * 1000) for c, w in self.widths_km]
        return outline(axis_footprint(self.planar_axis, metres), self.crs)

    @property
    def length_km(self) -> float:
        """Geodesic length of the axis."""
        return length_km(self.axis)

    @property
    def width_km(self) -> float:
        """Mean width of the profile along the axis."""
        return mean_width(self.widths_km, self.length_km)

    @property
    def area_km2(self) -> float:
        """Geodesic area of the footprint, round ends included."""
        return area_km2(self.footprint)

    @property
    def elongation(self) -> float:
        """Length of the axis over the mean width."""
        return self.length_km / self.width_km

    @property
    def sinuosity(self) -> float:
        """Length of the axis over the geodesic distance of its ends (infinite for a closed one)."""
        first, last = Point(self.axis.coords[0]), Point(self.axis.coords[-1])
        straight = float(distance_km(first.x, first.y, last.x, last.y))
        return float("inf") if straight == 0 else self.length_km / straight

    def locate(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
        """Return chainage and offset of points (linear referencing).

        Parameters
        ----------
        lon, lat
            WGS84 degrees, shape (n,).

        Returns
        -------
        array of shape (n, 2)
            Chainage in km from the start of the axis, and offset in km from it: negative on the
            left, positive on the right of its direction.
        """
        points = shapely.points(project_points(lon, lat, self.crs))
        chainage, across = locate(points, self.planar_axis)
        return np.column_stack([chainage, across]) / 1000
