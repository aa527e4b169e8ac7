"""Planar rulers in an equal-area projection, guarded against degrees and Web Mercator."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from geo.errors import RulerError

__all__ = [
    "laea",
    "locate",
    "lonlat_of",
    "midline",
    "outline",
    "planar_area_km2",
    "planar_length_km",
    "project",
    "project_points",
    "require_planar",
    "signed_distance",
    "unproject",
]

_WGS84 = CRS.from_epsg(4326)
EDGE_STEP_M = 2_000.0
"""Edges are densified to this before they go back to longitude/latitude: straight there, they then
lie within 5 cm of the straight planar ones."""
_STRETCHED = ("Equidistant Cylindrical", "Plate Carr", "Plate_Carr", "Equidistant_Cylindrical")
"""Method names, as EPSG and ESRI spell them, that draw degrees as if they were metres."""


@lru_cache(maxsize=256)
def laea(lon: float, lat: float) -> CRS:
    """Return the Lambert azimuthal equal-area projection centred on a point, in metres.

    Areas are exact; lengths are within 1e-4 up to 150 km from the centre, and directions at the
    centre are true (Snyder, 1987, chapter 24).

    Parameters
    ----------
    lon, lat
        WGS84 degrees.
    """
    return CRS.from_proj4(
        f"+proj=laea +lat_0={float(lat):.10f} +lon_0={float(lon):.10f} +datum=WGS84 +units=m +type=crs"
    )


def require_planar(crs: Any) -> CRS:
    """Return a projection that areas and lengths may be measured in.

    Raises
    ------
    RulerError
        If it is missing, unknown, geographic (degrees) or no projection at all, or one whose
        lengths and areas grow with latitude: Plate Carrée, or a Mercator projection such as
        EPSG:3857, which reads a true 4,500 km² as 6,087 km² at 30.6° north.
    """
    if crs is None:
        raise RulerError(
            "no reference system is given: say which one the coordinates are in, or use "
            "area_km2 / length_km for WGS84 longitude/latitude"
        )
    try:
        known = CRS.from_user_input(crs)
    except CRSError as error:
        raise RulerError(
            f"{crs!r} is no known reference system: give an EPSG code, or laea(lon, lat)"
        ) from error
    if known.is_geographic:
        raise RulerError(
            f"{known.name} counts in degrees: use area_km2 / length_km (geodesic), or project() to "
            "laea(lon, lat) first"
        )
    if not known.is_projected:
        raise RulerError(
            f"{known.name} is no map projection: use area_km2 / length_km on WGS84, or project() "
            "to laea(lon, lat)"
        )
    operation = known.coordinate_operation
    method = operation.method_name if operation is not None else known.name
    mercator = "Mercator" in method and "Transverse" not in method and "Oblique" not in method
    if mercator or any(name in method for name in _STRETCHED):
        kind = "Mercator" if mercator else "Plate Carrée"
        raise RulerError(
            f"{known.name} is a {kind} projection, whose lengths and areas grow with latitude: "
            "use area_km2 / length_km on WGS84, or project() to laea(lon, lat)"
        )
    return known


@lru_cache(maxsize=512)
def _transformer(crs: CRS) -> Transformer:
    return Transformer.from_crs(_WGS84, require_planar(crs), always_xy=True)


def project(geometry: Any, crs: CRS) -> Any:
    """Return a WGS84 geometry (or an array of them) in a planar projection, metres.

    Parameters
    ----------
    geometry
        Shapely geometry or array of geometries, longitude/latitude.
    crs
        Planar projection.

    Raises
    ------
    RulerError
        If the projection is not fit to measure in, or a coordinate cannot be projected.
    """
    return _transformed(geometry, _transformer(crs), "FORWARD")


def project_points(lon: ArrayLike, lat: ArrayLike, crs: CRS) -> NDArray[np.float64]:
    """Return points in a planar projection.

    Parameters
    ----------
    lon, lat
        WGS84 degrees, shape (n,), or numbers for one point.
    crs
        Planar projection.

    Returns
    -------
    array of shape (n, 2)
        x, y in metres.
    """
    lonlat = np.column_stack([np.atleast_1d(lon), np.atleast_1d(lat)]).astype(float)
    return _moved(lonlat, _transformer(crs), "FORWARD")


def unproject(geometry: Any, crs: CRS) -> Any:
    """Return a planar geometry (or an array of them) as WGS84 longitude/latitude."""
    return _transformed(geometry, _transformer(crs), "INVERSE")


def outline(shape: Any, crs: CRS) -> Any:
    """Return a planar polygon (or an array of them) as a WGS84 one whose edges keep their place.

    Parameters
    ----------
    shape
        Polygon in planar metres. Its edges are densified to 2 km.
    crs
        Planar projection.
    """
    return unproject(shapely.segmentize(shape, EDGE_STEP_M), crs)


@lru_cache(maxsize=64)
def _to_wgs84(crs: str) -> Transformer:
    return Transformer.from_crs(CRS.from_user_input(crs), _WGS84, always_xy=True)


def lonlat_of(
    x: NDArray[np.float64], y: NDArray[np.float64], crs: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points of any reference system as WGS84 degrees; NaN where that cannot be done.

    Parameters
    ----------
    x, y
        Shape (n,), easting (or longitude) first.
    crs
        EPSG code or WKT.
    """
    lon, lat = (np.array(v, dtype=float) for v in _to_wgs84(crs).transform(x, y))
    bad = ~(np.isfinite(lon) & np.isfinite(lat)) | (np.abs(lon) > 180) | (np.abs(lat) > 90)
    lon[bad], lat[bad] = np.nan, np.nan
    return lon, lat


def _transformed(geometry: Any, transformer: Transformer, direction: Any) -> Any:
    return shapely.transform(geometry, lambda xy: _moved(xy, transformer, direction))


def _moved(
    xy: NDArray[np.float64], transformer: Transformer, direction: Any
) -> NDArray[np.float64]:
    moved = np.column_stack(transformer.transform(xy[:, 0], xy[:, 1], direction=direction))
    if not np.isfinite(moved).all():
        bad = xy[~np.isfinite(moved).all(axis=1)][0]
        raise RulerError(
            f"the coordinate {bad[0]:g}, {bad[1]:g} cannot be projected: is it longitude, latitude in "
            "degrees?"
        )
    return moved


def planar_area_km2(geometry: BaseGeometry, crs: Any) -> float:
    """Return the area of a planar geometry whose projection is given, in km².

    Raises
    ------
    RulerError
        If the projection counts in degrees or is a Mercator projection.
    """
    known = require_planar(crs)
    return float(geometry.area) * _unit(known) ** 2 / 1e6


def planar_length_km(geometry: BaseGeometry, crs: Any) -> float:
    """Return the length of a planar geometry whose projection is given, in km.

    Raises
    ------
    RulerError
        If the projection counts in degrees or is a Mercator projection.
    """
    known = require_planar(crs)
    return float(geometry.length) * _unit(known) / 1000


def _unit(crs: CRS) -> float:
    return float(crs.axis_info[0].unit_conversion_factor) if crs.axis_info else 1.0


def signed_distance(points: Any, polygon: BaseGeometry) -> NDArray[np.float64]:
    """Return the distance of points to the boundary of a polygon: positive inside, negative outside.

    Parameters
    ----------
    points
        Array of shapely points, planar metres.
    polygon
        Polygon or MultiPolygon, planar metres. A point on the boundary has distance 0; from an
        empty polygon every point is infinitely far.
    """
    if polygon.is_empty:
        return np.full(np.shape(points), -np.inf)
    shapely.prepare(polygon)
    boundary = shapely.boundary(polygon)
    shapely.prepare(boundary)
    away = shapely.distance(boundary, points)
    return np.asarray(np.where(shapely.intersects(polygon, points), away, -away))


def locate(points: Any, axis: LineString) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return chainage and signed offset of points along a line (linear referencing).

    Parameters
    ----------
    points
        Array of shapely points, planar metres.
    axis
        LineString, planar metres.

    Returns
    -------
    chainage
        Distance along the axis of the nearest point on it, from its start.
    offset
        Distance from the axis: negative on the left of its direction, positive on the right.
    """
    points = np.atleast_1d(points)
    chainage = np.asarray(shapely.line_locate_point(axis, points), dtype=float)
    across = np.asarray(shapely.distance(axis, points), dtype=float)
    vertices = shapely.get_coordinates(axis)
    stops = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(vertices, axis=0).T))])
    xy = shapely.get_coordinates(points)
    nearest = shapely.get_coordinates(shapely.line_interpolate_point(axis, chainage))
    # At a vertex the direction is that of the bisector: either neighbour alone can name the wrong
    # side there, on the outer side of a bend.
    after = np.clip(np.searchsorted(stops, chainage + 1e-6, side="right") - 1, 0, len(stops) - 2)
    before = np.clip(np.searchsorted(stops, chainage - 1e-6, side="right") - 1, 0, len(stops) - 2)
    steps = np.diff(vertices, axis=0)
    units = steps / np.maximum(np.hypot(*steps.T), 1e-12)[:, None]
    heading = units[after] + units[before]
    away = xy - nearest
    left = heading[:, 0] * away[:, 1] - heading[:, 1] * away[:, 0] > 0
    return chainage, np.where(left, -across, across)


def midline(
    left: LineString, right: LineString, *, step_m: float = 500.0
) -> tuple[LineString, NDArray[np.float64]]:
    """Return the line midway between two lines, such as the banks of a river.

    Where one line runs on beyond the other, that part plays no role.

    Parameters
    ----------
    left, right
        LineStrings in planar metres, in either direction.
    step_m
        Spacing of the vertices of the midline.

    Returns
    -------
    line
        The midline, in the direction of ``left``.
    widths
        Shape (n, 2): chainage along the midline and distance between the two lines there, metres.

    Raises
    ------
    ValueError
        If the lines do not run beside one another.
    """
    if _against(left, right):
        right = LineString(shapely.get_coordinates(right)[::-1])
    ends = shapely.points(shapely.get_coordinates(right)[[0, -1]])
    start, stop = np.clip(shapely.line_locate_point(left, ends), 0, left.length)
    if stop - start < step_m:
        raise ValueError("the two lines do not run beside one another: no midline between them")
    stations = np.linspace(start, stop, max(2, round((stop - start) / step_m) + 1))
    on_left = shapely.line_interpolate_point(left, stations)
    # Nearest points on the other line can jump at bends: keep them in growing order.
    there = np.maximum.accumulate(shapely.line_locate_point(right, on_left))
    on_right = shapely.line_interpolate_point(right, there)
    a, b = shapely.get_coordinates(on_left), shapely.get_coordinates(on_right)
    middle = LineString((a + b) / 2)
    at = np.concatenate([[0], np.cumsum(np.hypot(*np.diff((a + b) / 2, axis=0).T))])
    return middle, np.column_stack([at, np.hypot(*(a - b).T)])


def _against(left: LineString, right: LineString) -> bool:
    a, b = shapely.get_coordinates(left)[[0, -1]], shapely.get_coordinates(right)[[0, -1]]
    return bool(np.dot(a[1] - a[0], b[1] - b[0]) < 0)
