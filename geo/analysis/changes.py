"""The least change of a footprint that takes a place in: widen, extend or move it; and the result of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from shapely import LineString, Point
from shapely.geometry.base import BaseGeometry

from geo.analysis.footprints import Footprint
from geo.analysis.routes import AFTER, BEFORE, places, route_of
from geo.measure import azimuth_deg, distance_km, project, project_points, unproject
from geo.model.belt import Belt
from geo.model.corridor import Corridor
from geo.model.layout import Layout
from geo.model.shapes import QUARTER, width_at

__all__ = ["CHANGES", "changed_footprint", "least_change"]

CHANGES = (
    "change", "chainage_km", "offset_km", "widen_km", "extend_km", "end", "move_km", "azimuth_deg", "to_lon", "to_lat",
)  # fmt: skip
"""Columns that say how to change a footprint; blank what does not apply."""
_MARGIN_M = 1.0
"""So much deeper inside than needed, which rounding cannot undo."""
_APOTHEM = math.cos(math.pi / (4 * QUARTER))
"""A drawn disc holds this share of its radius in every direction."""
TAPER_KM = 1.0
"""A corridor that is widened at a chainage is back at its own width so far before and after."""


def least_change(layout: Layout, footprint: Footprint, lon: float, lat: float) -> dict[str, Any]:
    """Return the least change of a footprint that takes in a place outside it.

    Parameters
    ----------
    layout
        The layout, in which the footprint's id is looked up.
    footprint
        A corridor is widened at the chainage of the place; where the place lies beyond an end of
        the axis, it is extended straight on, and widened there if that is not enough. The campus
        rings are widened. All others are moved.
    lon, lat
        The place, WGS84 degrees.

    Returns
    -------
    dict
        The columns :data:`CHANGES`: ``widen_km`` of full width at ``chainage_km`` (of the ring
        width, for rings), ``extend_km`` at ``end``, or ``move_km`` in the direction
        ``azimuth_deg`` (of the centre, along the geodesic), which is then at ``to_lon``,
        ``to_lat``.
    """
    item = layout[footprint.id] if footprint.id in layout else None
    shape = getattr(item, "shape", None)
    row: dict[str, Any] = dict.fromkeys(CHANGES, float("nan")) | {"change": "", "end": ""}
    if isinstance(shape, Corridor):
        return row | _lengthened_or_widened(shape, lon, lat)
    if footprint.kind == "campus-ring" and item is None and layout.meta.campus_rings is not None:
        return row | {"change": "ring", "widen_km": _ring_growth(layout, footprint, lon, lat)}
    if isinstance(shape, Belt):
        at, to = (shape.lon, shape.lat), _belt_centre(shape, lon, lat)
    else:
        at, to = _shape_centre(footprint), _moved_centre(footprint, lon, lat)
    return row | {
        "change": "move", "move_km": float(distance_km(*at, *to)), "azimuth_deg": float(azimuth_deg(*at, *to)),
        "to_lon": to[0], "to_lat": to[1],
    }  # fmt: skip


def changed_footprint(layout: Layout, footprint: Footprint, change: Mapping[str, Any]) -> BaseGeometry:  # fmt: skip
    """Return the footprint built anew after a change, planar metres in the layout's projection.

    Parameters
    ----------
    layout, footprint
        As for :func:`least_change`.
    change
        What that returned.
    """
    item = layout[footprint.id] if footprint.id in layout else None
    shape = getattr(item, "shape", None)
    kind = change["change"]
    if kind == "ring":
        width = _ring_width(layout, footprint) + change["widen_km"]
        return project(shapely.union_all(layout.rings(width).geometry.to_numpy()), layout.crs)
    if kind == "move" and isinstance(shape, Belt):
        return project(replace(shape, lon=change["to_lon"], lat=change["to_lat"]).footprint, layout.crs)  # fmt: skip
    if kind == "move":
        to = project_points(change["to_lon"], change["to_lat"], footprint.crs)[0]
        shift = to - project_points(*_shape_centre(footprint), footprint.crs)[0]
        return shapely.transform(footprint.shape, lambda xy: xy + shift)
    if not isinstance(shape, Corridor):  # pragma: no cover
        raise TypeError(f"{footprint.id} is no corridor")
    after = shape
    if change["extend_km"] > 0:
        after = _extended(after, change["end"], change["extend_km"])
    if change["widen_km"] > 0:
        start_moved = change["extend_km"] if change["end"] == "start" else 0.0
        after = _widened(after, change["chainage_km"] + start_moved, change["widen_km"])
    return project(after.footprint, layout.crs)


def _lengthened_or_widened(corridor: Corridor, lon: float, lat: float) -> dict[str, Any]:
    route = route_of(corridor)
    xy = project_points(lon, lat, corridor.crs)
    chainage, offset, where = (v[0] for v in places(route, xy))
    half = float(route.half_width(chainage))
    row = {"chainage_km": chainage / 1000, "offset_km": offset / 1000}
    if where not in (BEFORE, AFTER):
        return row | {"change": "widen", "widen_km": _growth(abs(offset), half)}
    k, sign, end = (0, -1, "start") if where == BEFORE else (-1, 1, "end")
    away = xy[0] - route.vertices[k]
    beyond = float(sign * (away @ route.directions[k]))
    aside = math.sqrt(max(float(away @ away) - beyond**2, 0.0))
    reach = half * _APOTHEM - _MARGIN_M
    row |= {"end": end}
    if aside <= reach:
        more = max(beyond - math.sqrt(reach**2 - aside**2), _MARGIN_M)
        return row | {"change": "extend", "extend_km": more / 1000}
    # Straight on until the place lies beside the end, whose chainage this then is.
    row["chainage_km"] = (-beyond if where == BEFORE else route.length + beyond) / 1000
    return row | {"change": "extend-widen", "extend_km": beyond / 1000, "widen_km": _growth(aside, half)}  # fmt: skip


def _growth(aside_m: float, half_m: float) -> float:
    """Return by how many km a full width must grow to reach so far aside."""
    return max(2 * ((aside_m + _MARGIN_M) / _APOTHEM - half_m), 2 * _MARGIN_M) / 1000


def _extended(corridor: Corridor, end: str, by_km: float) -> Corridor:
    xy = shapely.get_coordinates(corridor.planar_axis)
    route = route_of(corridor)
    at_start = end == "start"
    tip = xy[0] - route.directions[0] * by_km * 1000 if at_start else xy[-1] + route.directions[-1] * by_km * 1000  # fmt: skip
    more = unproject(Point(tip), corridor.crs).coords[0]
    axis = LineString([more, *corridor.axis.coords] if at_start else [*corridor.axis.coords, more])
    shift = by_km if at_start else 0.0
    return replace(corridor, axis=axis, widths_km=[(c + shift, w) for c, w in corridor.widths_km])


def _widened(corridor: Corridor, chainage_km: float, by_km: float) -> Corridor:
    near = [chainage_km - TAPER_KM, chainage_km, chainage_km + TAPER_KM]
    own = width_at(corridor.widths_km, np.array(near)) + np.array([0.0, by_km, 0.0])
    rest = [(c, w) for c, w in corridor.widths_km if not near[0] <= c <= near[2]]
    return replace(corridor, widths_km=sorted([*rest, *zip(near, own.tolist(), strict=True)]))


@lru_cache(maxsize=8)
def _ring_width(layout: Layout, footprint: Footprint) -> float:
    """Return the width of the campus rings as they are drawn, km."""
    # An override of the width is not kept with the footprint: a disc around a campus shows it.
    campuses = _campuses(layout)
    away = shapely.distance(shapely.boundary(footprint.shape), campuses)
    inside = shapely.intersects(footprint.shape, campuses)
    own = float(away[inside].min()) if inside.any() else 0.0
    return round(own / _APOTHEM) / 1000


@lru_cache(maxsize=8)
def _campuses(layout: Layout) -> Any:
    rules = layout.meta.campus_rings
    kind = rules.kind if rules is not None else ""
    found = [n for n in layout.of_layer("node") if n.properties.kind == kind and n.geometry is not None]  # fmt: skip
    return np.array([project(n.geometry, layout.crs) for n in found], dtype=object)


def _ring_growth(layout: Layout, footprint: Footprint, lon: float, lat: float) -> float:
    place = Point(project_points(lon, lat, layout.crs)[0])
    away = float(shapely.distance(_campuses(layout), place).min())
    return (away + _MARGIN_M) / _APOTHEM / 1000 - _ring_width(layout, footprint)


def _belt_centre(belt: Belt, lon: float, lat: float) -> tuple[float, float]:
    """Return where a belt's centre must go, its azimuth there as it was, to hold a place."""
    # The meridians turn as the belt moves: what is still missing is made good a few times.
    half = np.array([belt.length_km, belt.width_km]) / 2
    half -= np.minimum(_MARGIN_M / 1000, half / 2)
    moved = belt
    for _ in range(20):
        at = moved.along_across(lon, lat)[0]
        excess = at - np.clip(at, -half, half)
        if np.abs(excess).max() * 1000 < _MARGIN_M / 2:
            break
        a = math.radians(moved.azimuth_deg)
        step = 1000 * np.array(
            [excess[0] * math.sin(a) + excess[1] * math.cos(a), excess[0] * math.cos(a) - excess[1] * math.sin(a)]
        )  # fmt: skip
        centre = unproject(Point(step), moved.crs)
        moved = replace(moved, lon=centre.x, lat=centre.y)
    return moved.lon, moved.lat


def _shape_centre(footprint: Footprint) -> tuple[float, float]:
    centre = unproject(shapely.centroid(footprint.shape), footprint.crs)
    return centre.x, centre.y


def _moved_centre(footprint: Footprint, lon: float, lat: float) -> tuple[float, float]:
    """Return where the centre goes when what is nearest to a place is moved onto it."""
    place = Point(project_points(lon, lat, footprint.crs)[0])
    core = _core(footprint)
    nearest = shapely.get_coordinates(shapely.shortest_line(core, place))
    shift = nearest[1] - nearest[0]
    centre = shapely.get_coordinates(shapely.centroid(footprint.shape))[0] + shift
    to = unproject(Point(centre), footprint.crs)
    return to.x, to.y


@lru_cache(maxsize=64)
def _core(footprint: Footprint) -> BaseGeometry:
    """Return what lies deeper inside than the margin; a point inside of what is nowhere so deep."""
    core = footprint.shape.buffer(-_MARGIN_M)
    return shapely.point_on_surface(footprint.shape) if core.is_empty else core
