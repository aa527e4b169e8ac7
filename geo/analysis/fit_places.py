"""What a belt must hold or touch, which azimuths are permitted, and why nothing may be."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geo.analysis.maxrs import Floats
from geo.analysis.maxrs_rules import turned
from geo.errors import PointsError
from geo.io.units import read_units
from geo.measure import laea, project_points
from geo.model.belt import azimuths_that_hold

if TYPE_CHECKING:
    from geo.model.layout import Layout

__all__ = ["coordinates_of", "polygons_of", "ranges_of", "refuse"]

Ranges = tuple[tuple[float, float], ...]


def ranges_of(azimuths: Any) -> Ranges:
    """Return permitted azimuths as ranges from less to more; one across north ends above 180.

    Raises
    ------
    PointsError
        If they are no pairs of degrees from 0 to 180.
    """
    try:
        given = np.atleast_2d(np.asarray(azimuths, dtype=float))
    except (TypeError, ValueError):
        given = np.empty((0, 0))
    fine = given.ndim == 2 and given.shape[1:] == (2,) and len(given) > 0
    if not fine or not (np.isfinite(given) & (given >= 0) & (given <= 180)).all():
        raise PointsError(
            f"azimuths are {azimuths!r}: give (from, to) in degrees from 0 to 180, or several of these"
        )
    return tuple((float(a), float(b if a <= b else b + 180)) for a, b in given)


def coordinates_of(contain: Any, layout: Layout | None) -> Floats:
    """Return longitude and latitude (shape (k, 2)) of what must be held; of a line or polygon its vertices.

    Raises
    ------
    PointsError
        If it is nothing that is known, or has no position.
    """
    if contain is None:
        return np.empty((0, 2))
    if isinstance(contain, str):
        contain = [contain]
    if hasattr(contain, "geometry") and hasattr(contain, "to_crs"):
        shapes = np.asarray(_wgs84(contain).geometry)
    elif isinstance(contain, Iterable) and (listed := list(contain)) and all(isinstance(c, str) or hasattr(c, "feature") for c in listed):  # fmt: skip
        shapes = np.array([s for c in listed for s in _of_layout(c, layout)], dtype=object)
    else:
        try:
            lonlat = np.asarray(contain, dtype=float)
        except (TypeError, ValueError):
            lonlat = np.empty(0)
        if lonlat.ndim != 2 or lonlat.shape[1] != 2 or not np.isfinite(lonlat).all():
            raise PointsError(
                "what must be held is not known: give ids or features of a layout, a GeoDataFrame, or "
                "longitude and latitude as an array of shape (k, 2)"
            )
        return _checked(lonlat)
    return _checked(shapely.get_coordinates(shapes))


def _checked(lonlat: Floats) -> Floats:
    if not len(lonlat):
        raise PointsError("nothing to hold: none of the places has a position")
    if (np.abs(lonlat) > (180, 90)).any():
        raise PointsError("what must be held is no longitude and latitude: give it in WGS84")
    return lonlat


def _wgs84(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if frame.crs is None:
        raise PointsError("a frame has no reference system: set it, such as set_crs(4326)")
    return frame.to_crs(4326)


def _of_layout(wanted: Any, layout: Layout | None) -> list[Any]:
    if not isinstance(wanted, str):
        item = wanted
    elif layout is None:
        raise PointsError(f"{wanted!r} is a name in a layout: give the layout as well")
    elif wanted == "seats":
        return list(layout.seats.geometry)
    elif wanted not in layout:
        near = [i.id for i in layout if wanted in i.id or wanted in i.name_zh][:5] or list(layout.meta.seats)  # fmt: skip
        raise PointsError(f"no feature {wanted!r} in layout {layout.id!r}: try {', '.join(near)}")
    else:
        item = layout[wanted]
    shape = item.footprint if item.geometry is None or item.footprint is not None else item.geometry
    if shape is None:
        raise PointsError(f"{item.id} has no position: a belt cannot be made to hold it")
    return [shape]


def polygons_of(touch: Any, layout: Layout | None) -> tuple[Any, ...]:
    """Return the WGS84 polygons that must be touched.

    Raises
    ------
    PointsError
        If they are no polygons, or a unit is not known.
    """
    if touch is None:
        return ()
    if isinstance(touch, str):
        touch = [touch]
    if hasattr(touch, "geometry") and hasattr(touch, "to_crs"):
        touch = _wgs84(touch).geometry
    elif hasattr(touch, "geom_type"):
        touch = [touch]
    shapes = list(touch)
    if any(isinstance(s, str) for s in shapes):
        shapes = _units_of([str(s) for s in shapes], layout)
    if not shapes:
        raise PointsError("nothing to touch: leave the condition out, or give polygons")
    for shape in shapes:
        if getattr(shape, "geom_type", "") not in ("Polygon", "MultiPolygon") or shape.is_empty:
            raise PointsError("what must be touched is no polygon: give units, polygons, or a GeoDataFrame of them")  # fmt: skip
        if not shape.is_valid:
            raise PointsError(f"what must be touched is not a valid polygon ({shapely.is_valid_reason(shape)}): mend it")  # fmt: skip
        if (np.abs(np.reshape(shape.bounds, (2, 2))) > (180, 90)).any():
            raise PointsError("what must be touched is no longitude and latitude: give it in WGS84")
    return tuple(shapes)


def _units_of(codes: list[str], layout: Layout | None) -> list[Any]:
    if layout is None:
        raise PointsError(f"{codes[0]!r} is a unit of a layout: give the layout as well")
    counties, cities = read_units(layout), read_units(layout, "city")
    if codes == ["units"]:
        return list(cities.geometry)
    known = {**dict(zip(counties["adcode"], counties.geometry, strict=True)), **dict(zip(cities["adcode"], cities.geometry, strict=True))}  # fmt: skip
    for code in codes:
        if code not in known:
            raise PointsError(
                f"no unit {code!r} in layout {layout.id!r}: give codes such as {', '.join(list(known)[:3])}, or units for all cities"
            )
    return [known[code] for code in codes]


def refuse(
    places: Floats, shapes: tuple[Any, ...], ranges: Ranges, length_km: float, width_km: float
) -> PointsError:
    """Return the error that says why no belt is permitted, and what would be."""
    size = f"{length_km:g} × {width_km:g} km"
    allowed = ", ".join(
        f"{a:g}°" if a == b else f"{a:g}°–{b - 180 if b > 180 else b:g}°" for a, b in ranges
    )
    if len(places):
        works = azimuths_that_hold(places[:, 0], places[:, 1], length_km, width_km)
        azimuth, along, across = _nearest_fit(places, ranges, length_km, width_km)
        if max(along / length_km, across / width_km) > 1:
            where = " or ".join(f"{a:.1f}°–{b:.1f}°" for a, b in works)
            way = f"a belt of {size} holds them for azimuths {where} only" if works else f"no azimuth lets {size} hold them: make the belt larger"  # fmt: skip
            return PointsError(
                f"a belt of {size} cannot hold the {len(places)} places at the permitted azimuths ({allowed}): they "
                f"span {along:.1f} × {across:.1f} km along and across azimuth {azimuth:.1f}°; {way}"
            )
    conditions = [text for text, given in (("holds all places", len(places)), ("touches all polygons", len(shapes))) if given]  # fmt: skip
    that = f" that {' and '.join(conditions)}" if conditions else ""
    return PointsError(
        f"no belt of {size} at azimuths {allowed}{that} takes any point: give up a condition, permit more "
        "azimuths, or make the belt larger"
    )


def _nearest_fit(
    places: Floats, ranges: Ranges, length_km: float, width_km: float
) -> tuple[float, float, float]:
    """Return the permitted azimuth at which the places fit best, and their spans in km."""
    middle = (places.min(axis=0) + places.max(axis=0)) / 2
    xy = project_points(places[:, 0], places[:, 1], laea(*middle))
    tries = np.concatenate([np.linspace(a, b, max(2, math.ceil((b - a) / 0.1))) for a, b in ranges])
    spans = [np.ptp(turned(xy, float(a)), axis=1) / 1000 for a in tries]
    best = min(range(len(tries)), key=lambda k: max(spans[k][0] / length_km, spans[k][1] / width_km))  # fmt: skip
    return float(tries[best]) % 180, float(spans[best][0]), float(spans[best][1])
