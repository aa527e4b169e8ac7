"""Axes as routes: where points lie along and across them.

All lengths here are planar metres, in the projection of the route.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely import LineString

from geo.errors import PointsError
from geo.measure import laea, locate, project
from geo.model.belt import Belt
from geo.model.corridor import Corridor
from geo.model.shapes import width_at

__all__ = [
    "AFTER",
    "BEFORE",
    "BESIDE",
    "INSIDE",
    "WHERES",
    "Route",
    "places",
    "route_of",
    "second_places",
]

INSIDE, BEFORE, AFTER, BESIDE = range(4)
WHERES = ("inside", "before", "after", "beside")
"""Within the half width; beyond the start; beyond the end; too far to a side."""
CELLS = 500_000
"""Points × pieces looked at together, which bounds the memory."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Route:
    """An axis with its width profile.

    Attributes
    ----------
    id, name_zh, name_en
        As the feature's; blank of an axis that is in no layout.
    axis
        LineString, planar metres; chainage grows in its direction.
    crs
        Planar equal-area projection.
    widths
        ``(chainage, full width)`` pairs, metres: linear between, constant beyond.
    err_m
        Positional error of the axis.
    nodes
        Ids of the nodes that are named with it.
    layout
        Its layout, or ``None``.
    """

    id: str
    name_zh: str
    name_en: str
    axis: LineString
    crs: CRS
    widths: Sequence[tuple[float, float]]
    err_m: float
    nodes: tuple[str, ...] = ()
    layout: Any = None

    @cached_property
    def vertices(self) -> Floats:
        """Shape (n, 2): the vertices, none twice in a row."""
        xy = shapely.get_coordinates(self.axis)
        return np.asarray(xy[np.concatenate([[True], np.hypot(*np.diff(xy, axis=0).T) > 0])])

    @cached_property
    def stops(self) -> Floats:
        """Shape (n,): chainage of the vertices."""
        sizes = np.hypot(*np.diff(self.vertices, axis=0).T)
        return np.asarray(np.concatenate([[0.0], np.cumsum(sizes)]))

    @cached_property
    def directions(self) -> Floats:
        """Shape (n - 1, 2): unit vectors of the segments."""
        steps = np.diff(self.vertices, axis=0)
        return np.asarray(steps / np.hypot(*steps.T)[:, None])

    @property
    def length(self) -> float:
        """Length of the axis, metres."""
        return float(self.stops[-1])

    def half_width(self, chainage: Any) -> Floats:
        """Return half the local width at chainages, metres."""
        return width_at(self.widths, np.asarray(chainage, dtype=float)) / 2


def route_of(
    about: Any, *, within_km: float | None = None, axis_err_m: float | None = None
) -> Route:
    """Return the route of a corridor, a belt or a line.

    Parameters
    ----------
    about
        A corridor or oriented belt of a layout, a ``Corridor``, a ``Belt`` (its long axis), or a
        WGS84 LineString.
    within_km
        Half width to use instead of its own; a line alone needs one.
    axis_err_m
        Positional error to use instead of its own.

    Raises
    ------
    PointsError
        If there is no axis, no width, or a number is not above 0.
    """
    if within_km is not None and not within_km > 0:
        raise PointsError(f"within_km is {within_km}: give a half width above 0 km")
    if axis_err_m is not None and not axis_err_m >= 0:
        raise PointsError(f"axis_err_m is {axis_err_m}: give 0 or more metres")
    item = about if hasattr(about, "properties") else None
    shape: Any = getattr(about, "shape", None) if item is not None else about
    if isinstance(shape, Corridor):
        axis, crs, widths = (
            shape.axis,
            shape.crs,
            [(c * 1000, w * 1000) for c, w in shape.widths_km],
        )
    elif isinstance(shape, Belt):
        axis, crs, widths = shape.axis, shape.crs, [(0.0, shape.width_km * 1000)]
    elif (
        getattr(shape, "geom_type", "") == "LineString" and not shape.is_empty and shape.length > 0
    ):
        axis, crs, widths = *_lonlat(shape), []
    else:
        name = f"{item.id} " if item is not None else f"a {type(about).__name__} "
        raise PointsError(
            f"{name}has no axis: give a corridor or oriented belt of a layout, a Corridor, a Belt or "
            "a WGS84 LineString with a length"
        )
    if within_km is not None:
        widths = [(0.0, within_km * 2000)]
    if not widths:
        raise PointsError("a line has no width of its own: give within_km")
    own = 0.0 if item is None else float(item.err_m or 0.0)
    p = getattr(item, "properties", None)
    nodes = tuple(getattr(p, "nodes", ()) or getattr(p, "seats", ()) or ())
    return Route(
        getattr(item, "id", ""), getattr(item, "name_zh", ""), getattr(item, "name_en", ""),
        project(axis, crs), crs, widths, own if axis_err_m is None else float(axis_err_m), nodes,
        getattr(item, "layout", None),
    )  # fmt: skip


def _lonlat(line: LineString) -> tuple[LineString, CRS]:
    west, south, east, north = line.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise PointsError("the axis is no longitude and latitude: give it in WGS84")
    return line, laea((west + east) / 2, (south + north) / 2)


def places(route: Route, xy: Floats) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Return where points lie along a route.

    Parameters
    ----------
    route
        The route.
    xy
        Shape (n, 2), planar metres.

    Returns
    -------
    chainage, offset
        Of the nearest place on the axis; offsets are negative on the left.
    where
        Index into :data:`WHERES`.
    """
    if not len(xy):
        return np.empty(0), np.empty(0), np.empty(0, np.intp)
    chainage, offset = locate(shapely.points(xy), route.axis)
    first, last = route.vertices[[0, -1]]
    where = np.where(np.abs(offset) <= route.half_width(chainage), INSIDE, BESIDE).astype(np.intp)
    where[(chainage <= 0) & ((xy - first) @ route.directions[0] < 0)] = BEFORE
    # The sum of the segments may differ from the whole by rounding.
    end = chainage >= route.length - 1e-6
    where[end & ((xy - last) @ route.directions[-1] > 1e-6)] = AFTER
    return chainage, offset, where


def second_places(route: Route, xy: Floats, err: Floats, *, apart_m: float = 500.0) -> Floats:
    """Return the chainage of a second place on the axis that may be the nearest one; NaN if none.

    Parameters
    ----------
    route
        The route.
    xy, err
        Points and errors, as for :func:`geo.analysis.reach.possible_places`.
    apart_m
        Places less than this apart along the axis count as one.

    Notes
    -----
    A place is one where the distance is least among its neighbours on the axis; it may be the
    nearest if it is no further than the nearest one plus twice the error.
    """
    found = np.full(len(xy), np.nan)
    sizes = np.diff(route.stops)
    step = max(CELLS // len(sizes), 1)
    for k in range(0, len(xy), step):
        some = slice(k, k + step)
        away = xy[some][:, None, :] - route.vertices[:-1]
        along = np.clip((away * route.directions).sum(axis=2), 0, sizes)
        rest = away - along[..., None] * route.directions
        distance = np.hypot(rest[..., 0], rest[..., 1])
        chainage = route.stops[:-1] + along
        at_start, at_end = along <= 0, along >= sizes
        # At a vertex only if neither neighbour comes closer.
        least = np.ones(distance.shape, dtype=bool)
        least[:, 1:] &= ~at_start[:, 1:] | at_end[:, :-1]
        least[:, :-1] &= ~at_end[:, :-1] | at_start[:, 1:]
        nearest = distance.argmin(axis=1)[:, None]
        own = np.take_along_axis(chainage, nearest, axis=1)
        reach = np.take_along_axis(distance, nearest, axis=1) + 2 * err[some][:, None]
        other = least & (np.abs(chainage - own) > apart_m) & (distance <= reach + 1e-6)
        ranked = np.where(other, distance, np.inf)
        best = ranked.argmin(axis=1)[:, None]
        is_there = np.isfinite(np.take_along_axis(ranked, best, axis=1))
        found[some] = np.where(is_there, np.take_along_axis(chainage, best, axis=1), np.nan)[:, 0]
    return found
