"""How long, how straight and which way an axis is, with what its positional error allows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely import LineString

from geo.measure import azimuth_deg, distance_km, laea, length_km, project, unproject

__all__ = ["AxisBands", "axis_bands", "legs_km"]

Three = tuple[float, float, float]
NOT_KNOWN: Three = (math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class AxisBands:
    """Figures of an axis: low, central, high.

    Attributes
    ----------
    length_km
        Geodesic length.
    straight_km
        Geodesic distance of the ends.
    sinuosity
        Length over distance of the ends; the upper bound is infinite where the ends may be one place.
    azimuth_deg
        Of the line from end to end, at its middle, 0 to 180 clockwise from north. The bounds are not
        wrapped: the lower may be below 0, the upper above 180.
    legs
        Stretches between the ends and the bends that are larger than the error.
    """

    length_km: Three
    straight_km: Three
    sinuosity: Three
    azimuth_deg: Three
    legs: int


def legs_km(axis: LineString, err_m: float) -> NDArray[np.float64]:
    """Return the geodesic lengths of the stretches between the bends of an axis, km.

    Parameters
    ----------
    axis
        WGS84 longitude/latitude.
    err_m
        Bends smaller than this do not count (Douglas and Peucker, 1973, Algorithms for the
        reduction of the number of points required to represent a digitized line).
    """
    lonlat = shapely.get_coordinates(axis)
    lonlat = lonlat[np.concatenate([[True], (np.diff(lonlat, axis=0) != 0).any(axis=1)])]
    planar = project(LineString(lonlat), _crs_of(axis))
    xy = shapely.get_coordinates(planar)
    kept = shapely.get_coordinates(shapely.simplify(planar, err_m, preserve_topology=False))
    at, start = [0], 1
    for vertex in kept[1:-1]:
        # Of a line that crosses itself in a vertex the first one after the last found is meant.
        start += int(np.flatnonzero((xy[start:] == vertex).all(axis=1))[0]) + 1
        at.append(start - 1)
    sizes = distance_km(lonlat[:-1, 0], lonlat[:-1, 1], lonlat[1:, 0], lonlat[1:, 1])
    return np.asarray(np.add.reduceat(sizes, at))


def _crs_of(axis: LineString) -> CRS:
    west, south, east, north = axis.bounds
    return laea((west + east) / 2, (south + north) / 2)


def axis_bands(axis: LineString, err_m: float | None) -> AxisBands:
    """Return the figures of an axis with their bounds.

    Parameters
    ----------
    axis
        WGS84 longitude/latitude, with a length.
    err_m
        Positional error; ``None`` where it is not known: there are then no bounds.

    Notes
    -----
    The ends and bends may each be off by the error, and what lies between two of them is displaced
    linearly from the one to the other. A leg then changes by no more than twice the error, and so
    does the distance of the ends; the azimuth by no more than the arcsine of twice the error over
    that distance. The bounds of the sinuosity are quotients of those, so they hold but need not be
    reached. Of a single leg of length l and distance d, moved to l' and d', Cauchy and Schwarz give
    l'² - d'² ≤ l² - d²: what is straight stays so.
    """
    reach = math.nan if err_m is None else 2 * err_m / 1000
    legs = legs_km(axis, err_m or 0.0)
    length = length_km(axis)
    (x0, y0), (x1, y1) = axis.coords[0][:2], axis.coords[-1][:2]
    straight = float(distance_km(x0, y0, x1, y1))
    ends = (max(straight - reach, 0.0), straight, straight + reach)
    least = max(float(np.maximum(legs - reach, 0).sum()), ends[0])
    long = (min(least, length), length, length + reach * len(legs))
    if err_m is None:
        ends, long = (math.nan, straight, math.nan), (math.nan, length, math.nan)
    return AxisBands(long, ends, _sinuosity(long, ends, len(legs)), _azimuth((x0, y0), (x1, y1), straight, reach), len(legs))  # fmt: skip


def _sinuosity(length: Three, straight: Three, legs: int) -> Three:
    if straight[1] == 0:
        return NOT_KNOWN
    own = length[1] / straight[1]
    if math.isnan(straight[0]):
        return math.nan, own, math.nan
    if straight[0] == 0:
        high = math.inf if own > 1 else own
    elif legs == 1:
        high = math.hypot(1, math.sqrt(max(length[1] ** 2 - straight[1] ** 2, 0)) / straight[0])
    else:
        high = length[2] / straight[0]
    return min(max(1.0, length[0] / straight[2]), own), own, max(high, own)


def _azimuth(
    first: tuple[float, float], last: tuple[float, float], straight: float, reach: float
) -> Three:
    if straight == 0:
        return NOT_KNOWN
    chord = LineString([first, last])
    crs = _crs_of(chord)
    half = unproject(shapely.centroid(project(chord, crs)), crs)
    middle = float(azimuth_deg(half.x, half.y, *last)) % 180
    if math.isnan(reach):
        return math.nan, middle, math.nan
    turn = 90.0 if reach >= straight else math.degrees(math.asin(reach / straight))
    return middle - turn, middle, middle + turn
