"""Datums of Chinese maps: WGS84, CGCS2000, GCJ-02 and BD-09, both ways, over whole arrays.

GCJ-02 is the obfuscated datum of maps published in mainland China; BD-09 is Baidu's further shift
of it. Neither is published officially: the formulas are those that the open implementations share
(a trigonometric series about 105° E, 35° N on the Krasovsky 1940 ellipsoid). CGCS2000 geographic
coordinates lie within centimetres of WGS84 and are taken as equal.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from threading import Lock
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.errors import DatumError

__all__ = ["Datum", "from_wgs84", "shifted", "to_wgs84"]

Array = NDArray[np.float64]

_A = 6378245.0
_EE = 0.00669342162296594323
_X_PI = np.pi * 3000.0 / 180.0
_CHINA = (72.004, 0.8293, 137.8347, 55.8271)
# Places inside that rectangle whose maps are not shifted. Hong Kong follows the Shenzhen River
# within about a kilometre; Macau and Taiwan are outlines through open water.
_UNSHIFTED = {
    "Hong Kong": [
        (113.815, 22.13), (114.52, 22.13), (114.52, 22.43), (114.33, 22.57), (114.24, 22.555),
        (114.215, 22.557), (114.165, 22.567), (114.13, 22.547), (114.11, 22.536),
        (114.085, 22.534), (114.065, 22.518), (114.045, 22.505), (113.99, 22.505),
        (113.93, 22.45), (113.86, 22.42), (113.815, 22.30),
    ],
    "Macau": [
        (113.55, 22.10), (113.61, 22.10), (113.61, 22.217), (113.532, 22.217), (113.532, 22.175),
        (113.55, 22.16),
    ],
    "Taiwan": [(119.3, 20.75), (124.6, 20.75), (124.6, 25.9), (120.2, 25.9), (119.3, 24.2)],
}  # fmt: skip
_UNSHIFTED_AREAS = [(shapely.Polygon(r).bounds, shapely.Polygon(r)) for r in _UNSHIFTED.values()]
_SHAPELY = Lock()

_PRECISION_DEG = 1e-11
_MAX_STEPS = 40
_BLOCK = 32_768
"""Points converted at once: all arrays of the series then stay in a core's cache."""
_MANY = 16
"""From so many blocks on, threads share them."""


class Datum(Enum):
    """The datums that are known."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"

    @classmethod
    def of(cls, name: str | Datum) -> Datum:
        """Return the datum of a name, whatever its case, dashes and spaces.

        Raises
        ------
        DatumError
            If it is not known; the message lists the valid names.
        """
        if isinstance(name, Datum):
            return name
        plain = str(name).lower().replace("-", "").replace("_", "").replace(" ", "")
        aliases = {
            "epsg4326": "wgs84",
            "epsg4490": "cgcs2000",
            "gcj": "gcj02",
            "bd": "bd09",
            "bd09ll": "bd09",
        }
        plain = aliases.get(plain.replace(":", ""), plain)
        for datum in cls:
            if datum.value == plain:
                return datum
        valid = ", ".join(d.value for d in cls)
        raise DatumError(f"unknown datum {name!r}: use one of {valid}")


def shifted(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """Return where GCJ-02 differs from WGS84: in mainland China, by a rectangle with exceptions.

    The rectangle is the one that the open implementations share; it also takes in parts of
    neighbouring countries. Hong Kong, Macau and Taiwan are taken out by coarse outlines.

    Parameters
    ----------
    lon, lat
        WGS84 degrees.
    """
    x, y = np.broadcast_arrays(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
    west, south, east, north = _CHINA
    inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    for (w, s, e, n), outline in _UNSHIFTED_AREAS:
        # Few points lie near an exception, and GEOS must not share a shape between threads.
        near = inside & (x >= w) & (x <= e) & (y >= s) & (y <= n)
        if near.any():
            with _SHAPELY:
                inside[near] = ~shapely.contains_xy(outline, x[near], y[near])
    return np.asarray(inside)


def _gcj_offset(lon: Array, lat: Array) -> tuple[Array, Array]:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    # sin 3t = 3 sin t - 4 sin³ t: the wave of a third of the length costs no second sine.
    wave = np.sin(2.0 * x * np.pi)
    common = (20.0 * wave * (3.0 - 4.0 * wave * wave) + 20.0 * wave) * 2.0 / 3.0
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    d_lat += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    d_lat += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    d_lon += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    d_lon += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    magic = 1.0 - _EE * np.sin(phi) ** 2
    d_lat = np.degrees(d_lat / (_A * (1.0 - _EE) / (magic * np.sqrt(magic))))
    d_lon = np.degrees(d_lon / (_A / np.sqrt(magic) * np.cos(phi)))
    return d_lon, d_lat


def _gcj_of_wgs(lon: Array, lat: Array) -> tuple[Array, Array]:
    d_lon, d_lat = _gcj_offset(lon, lat)
    return lon + d_lon, lat + d_lat


def _bd_of_gcj(lon: Array, lat: Array) -> tuple[Array, Array]:
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * _X_PI)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * _X_PI)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _bd_of_wgs(lon: Array, lat: Array) -> tuple[Array, Array]:
    return _bd_of_gcj(*_gcj_of_wgs(lon, lat))


_FORWARD: dict[Datum, Callable[[Array, Array], tuple[Array, Array]]] = {
    Datum.GCJ02: _gcj_of_wgs,
    Datum.BD09: _bd_of_wgs,
}


def _inverse(
    forward: Callable[[Array, Array], tuple[Array, Array]], lon: Array, lat: Array
) -> tuple[Array, Array]:
    """Solve ``forward(w) = (lon, lat)`` by fixed-point iteration; the map is nearly a shift."""
    w_lon, w_lat = lon.copy(), lat.copy()
    for _ in range(_MAX_STEPS):
        f_lon, f_lat = forward(w_lon, w_lat)
        step_lon, step_lat = lon - f_lon, lat - f_lat
        w_lon, w_lat = w_lon + step_lon, w_lat + step_lat
        if max(np.abs(step_lon).max(), np.abs(step_lat).max()) < _PRECISION_DEG:
            break
    return w_lon, w_lat


def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str | Datum) -> tuple[Any, Any]:
    """Convert WGS84 coordinates to another datum.

    Parameters
    ----------
    lon, lat
        WGS84 degrees: numbers, or arrays (or Series) of one shape. NaN stays NaN.
    datum
        ``wgs84``, ``cgcs2000``, ``gcj02`` or ``bd09``.

    Returns
    -------
    lon, lat
        Degrees in that datum: arrays of the input's shape, floats for numbers. Unchanged outside
        mainland China (see :func:`shifted`).

    Raises
    ------
    DatumError
        If the datum is not known, or a latitude or longitude is out of range.
    """
    return _convert(lon, lat, Datum.of(datum), back=False)


def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str | Datum) -> tuple[Any, Any]:
    """Convert coordinates in another datum to WGS84; the inverse of :func:`from_wgs84`.

    Exact to well under a millimetre. Within some 0.75 km (BD-09: 1.5 km) of the edge of the shifted
    area two places on the ground can share one coordinate; where the coordinate itself lies outside
    the area (in Hong Kong, say) it is taken to be that place and returned as it is.

    Parameters
    ----------
    lon, lat
        Degrees in the given datum: numbers, or arrays (or Series) of one shape. NaN stays NaN.
    datum
        ``wgs84``, ``cgcs2000``, ``gcj02`` or ``bd09``.

    Returns
    -------
    lon, lat
        WGS84 degrees: arrays of the input's shape, floats for numbers.

    Raises
    ------
    DatumError
        If the datum is not known, or a latitude or longitude is out of range.
    """
    return _convert(lon, lat, Datum.of(datum), back=True)


def _convert(lon: ArrayLike, lat: ArrayLike, datum: Datum, *, back: bool) -> tuple[Any, Any]:
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    if x.shape != y.shape:
        raise DatumError(f"longitudes and latitudes differ in shape: {x.shape} and {y.shape}")
    _check_range(x, y)
    scalar = x.ndim == 0
    x, y = np.atleast_1d(x).astype(float), np.atleast_1d(y).astype(float)
    if datum in _FORWARD and x.size:
        flat_x, flat_y = x.reshape(-1), y.reshape(-1)
        spans = [slice(k, k + _BLOCK) for k in range(0, x.size, _BLOCK)]

        def convert(span: slice) -> None:
            _convert_block(flat_x[span], flat_y[span], _FORWARD[datum], back=back)

        if len(spans) < _MANY:
            for span in spans:
                convert(span)
        else:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(convert, spans))
        x, y = flat_x.reshape(x.shape), flat_y.reshape(y.shape)
    return (float(x[0]), float(y[0])) if scalar else (x, y)


def _convert_block(
    x: Array, y: Array, forward: Callable[[Array, Array], tuple[Array, Array]], *, back: bool
) -> None:
    """Convert some points in place."""
    if back:
        # Far from China the series is meaningless: leave such points out of the iteration.
        west, south, east, north = _CHINA
        # What is no number fails every comparison.
        near = (x > west - 1) & (x < east + 1) & (y > south - 1) & (y < north + 1)
        if near.any():
            w_lon, w_lat = _inverse(forward, x[near], y[near])
            inside = shifted(x[near], y[near]) & shifted(w_lon, w_lat)
            x[near] = np.where(inside, w_lon, x[near])
            y[near] = np.where(inside, w_lat, y[near])
    else:
        inside = np.isfinite(x) & np.isfinite(y) & shifted(x, y)
        x[inside], y[inside] = forward(x[inside], y[inside])


def _check_range(lon: Array, lat: Array) -> None:
    bad = (np.abs(lat) > 90) | (np.abs(lon) > 180)
    if bad.any():
        k = np.flatnonzero(bad.ravel())[0]
        first, second = lon.ravel()[k], lat.ravel()[k]
        hint = " (swapped?)" if abs(first) <= 90 and abs(second) <= 180 else " (projected?)"
        raise DatumError(
            f"coordinate {k + 1} is longitude {first:g}, latitude {second:g}, out of range{hint}: "
            "give longitude first, in degrees"
        )
