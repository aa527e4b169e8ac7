"""The axis that an author draws: points typed or pasted, or a line in a file; and its error."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString

from geo.errors import LayoutError
from geo.io.areas import datum_of, frame_of, in_wgs84
from geo.io.layer_files import opened
from geo.io.reading import AUTO
from geo.io.uploads import Stored
from geo.measure import distance_km, to_wgs84
from geo.measure.detect import detect_datum, parse_datum, to_lonlat
from geo.measure.scales import KM

__all__ = ["DrawnAxis", "axis_of", "axis_of_file", "axis_of_points", "axis_of_text", "coarseness_m", "in_miles", "km_of"]  # fmt: skip

_METRES = 111_195.0
"""Length of a degree of a great circle."""
_BEND = 0.1
"""Between two points an arc that is 2.7 % longer than its chord strays a tenth of the chord from it."""
_LEAST_M = 100.0
"""A line drawn by hand on a map is hardly better than that."""
MOST_POINTS = 5_000
_PAIR = re.compile(r"^\s*\[?\(?\s*([-+]?[\d.]+)\s*[,,\s]\s*([-+]?[\d.]+)\s*\)?\]?\s*$")
_UNITS = {**KM, "": 1.0, "千米": 1.0, "米": 0.001, "英里": KM["mi"], "miles": KM["mi"], "kilometres": 1.0, "kilometers": 1.0}  # fmt: skip
_WIDTH = re.compile(r"\s*([\d.,]+)\s*([^\d\s]*)\s*")
_SAME_M = 1.0


@dataclass(frozen=True)
class DrawnAxis:
    """An axis in WGS84 with what is known of its error.

    Attributes
    ----------
    line
        WGS84 longitude, latitude.
    datum
        What its coordinates were taken to be in.
    doubt_m
        How far the line would move if its datum were another that it may be in; 0 where it is sure.
    coarse_m
        What the coarseness of its points alone makes its error, metres.
    name
        Of the file that it comes from, or blank.
    """

    line: LineString
    datum: str
    doubt_m: float
    coarse_m: float
    name: str = ""

    def err_m(self, stated: float | None = None) -> float:
        """Return the positional error in metres: what is stated, else the coarseness; and the doubt."""
        return _rounded_up((self.coarse_m if stated is None else stated) + self.doubt_m)


def km_of(text: str) -> float:
    """Return a width in km, of a text such as ``10``, ``6 mi``, ``800 m`` or ``3 公里``.

    Raises
    ------
    LayoutError
        If it is no positive number with a known unit.
    """
    match = _WIDTH.fullmatch(text)
    unit = match[2].lower() if match else ""
    try:
        value = float(match[1].replace(",", "")) if match else math.nan
    except ValueError:
        value = math.nan
    if unit not in _UNITS or not (0 < value < math.inf):
        raise LayoutError(
            f"{text.strip()!r} is no width: give kilometres or miles, such as 10, '10 km' or '6 mi'"
        )
    return round(value * _UNITS[unit], 6)


def in_miles(text: str) -> bool:
    """Return whether a width is given in miles, so that its author thinks in them."""
    match = _WIDTH.fullmatch(text)
    return match is not None and match[2].lower() in ("mi", "mile", "miles", "英里")


def axis_of(wanted: str, *, datum: str = AUTO, layer: str = "") -> DrawnAxis:
    """Return the axis of a text of points, or of the file that it names.

    Raises
    ------
    LayoutError
        As :func:`axis_of_text` and :func:`axis_of_file`.
    """
    if any(_PAIR.match(part) for part in _parts(wanted)):
        return axis_of_text(wanted, datum=datum)
    if not Path(wanted).is_file():
        raise LayoutError(
            f"{wanted[:80]!r} is neither a file nor points: write 'lon,lat lon,lat …' in degrees"
        )
    return axis_of_file(wanted, datum=datum, layer=layer)


def _parts(text: str) -> list[str]:
    """Return the points of a text, one a part: between blanks, semicolons or lines."""
    if re.search(r"[\n;;]", text):
        return [p for p in re.split(r"[\n;;]+", text) if p.strip()]
    return re.sub(r"\s*[,,]\s*", ",", text.strip()).split()


def axis_of_text(text: str, *, datum: str = AUTO) -> DrawnAxis:
    """Return the axis through points written as ``lon,lat lon,lat …``.

    Parameters
    ----------
    text
        Longitude first; points between blanks, semicolons or lines.
    datum
        ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``, an EPSG code; or ``auto``: WGS84 outside China.
        Inside, where points alone do not tell, WGS84 with the shift to the others as its error.

    Raises
    ------
    LayoutError
        If there are not two points, or they are no longitudes and latitudes.
    """
    pairs, digits = [], 0
    for part in _parts(text):
        match = _PAIR.match(part)
        if match is None:
            raise LayoutError(
                f"{part.strip()[:60]!r} is no point: write 'lon,lat lon,lat …' in degrees, longitude first"
            )
        digits = max(digits, *(len(number.partition(".")[2]) for number in match.groups()))
        try:
            pairs.append((float(match[1]), float(match[2])))
        except ValueError:
            raise LayoutError(f"{part.strip()[:60]!r} is no point: check its decimal points") from None  # fmt: skip
    planar = datum.lower().startswith("epsg:")
    rounding = 0.5 * 10.0**-digits * (1.0 if planar else _METRES)
    return axis_of_points(np.array(pairs, dtype=float).reshape(-1, 2), datum=datum, rounding_m=rounding)  # fmt: skip


def axis_of_points(
    xy: NDArray[np.float64], *, datum: str = AUTO, rounding_m: float = 0.0
) -> DrawnAxis:
    """Return the axis through points.

    Parameters
    ----------
    xy
        Shape (n, 2): longitude, latitude, or easting, northing of an EPSG code.
    datum
        As :func:`axis_of_text`.
    rounding_m
        Half a unit of the last digit that the points are written with, metres.

    Raises
    ------
    LayoutError
        As :func:`axis_of_text`.
    """
    if len(xy) > MOST_POINTS:
        raise LayoutError(f"{len(xy):,} points: an axis has at most {MOST_POINTS:,}; simplify it")
    if len(xy) < 2:
        raise LayoutError("an axis needs at least two points: 'lon,lat lon,lat …'")
    taken, readings = _readings(xy, datum)
    lonlat = readings[0]
    if not (np.abs(lonlat) <= (180, 90)).all():
        bad = xy[~(np.abs(lonlat) <= (180, 90)).all(axis=1)][0]
        turned = abs(bad[1]) > 90 and abs(bad[0]) <= 90
        raise LayoutError(
            f"{bad[0]:g}, {bad[1]:g} is no longitude, latitude"
            + (": write longitude first" if turned else ": give degrees, or --datum with an EPSG code")
        )  # fmt: skip
    doubt = max((_apart_m(lonlat, other) for other in readings[1:]), default=0.0)
    kept = np.concatenate([[True], distance_km(*lonlat[:-1].T, *lonlat[1:].T) * 1000 > _SAME_M])
    if kept.sum() < 2:
        raise LayoutError("an axis needs two points that are apart")
    line = LineString(lonlat[kept])
    return DrawnAxis(line, taken, doubt, coarseness_m(line, rounding_m))


def _readings(xy: NDArray[np.float64], datum: str) -> tuple[str, list[NDArray[np.float64]]]:
    """Return the datum that points are taken to be in, and what they are in WGS84, also if not."""
    if datum != AUTO:
        own = parse_datum(datum)
        if own.startswith("epsg:"):
            return own, [np.column_stack(to_lonlat(xy[:, 0], xy[:, 1], own)).round(7)]
        return own, [_moved(xy, own)]
    found = detect_datum(xy[:, 0], xy[:, 1], names=("lon", "lat"))
    if found.confidence != "unsure" or "wgs84" not in found.candidates:
        if found.datum.startswith("epsg:") or found.swapped:
            raise LayoutError(
                f"{xy[0, 0]:g}, {xy[0, 1]:g}: write longitude first, in degrees, or give --datum with an EPSG code"
            )
        return "wgs84", [xy]
    others = [_moved(xy, name) for name in found.candidates if name != "wgs84"]
    return "wgs84", [xy, *others]


def _moved(xy: NDArray[np.float64], datum: str) -> NDArray[np.float64]:
    if datum in ("wgs84", "cgcs2000"):
        return xy
    return np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], datum)).round(7)


def _apart_m(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(np.max(distance_km(*one.T, *other.T))) * 1000


def coarseness_m(line: LineString, rounding_m: float = 0.0) -> float:
    """Return what the coarseness of a line makes its positional error: a rule of thumb, metres.

    Half a unit of its last digit, and a tenth of its longest leg: so far strays an arc that is
    2.7 % longer than its chord (the sagitta s of a chord c gives an arc of about c (1 + 8/3 (s/c)²)).
    At least 100 m. A measurement of the real line replaces it.

    Parameters
    ----------
    line
        WGS84 longitude, latitude.
    rounding_m
        Half a unit of the last digit, metres.
    """
    xy = shapely.get_coordinates(line)
    longest = float(np.max(distance_km(*xy[:-1].T, *xy[1:].T))) * 1000
    return max(_LEAST_M, rounding_m + _BEND * longest)


def _rounded_up(metres: float) -> float:
    """Return a number of metres with two digits that is not below."""
    if metres <= 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(metres)) - 1)
    return float(round(math.ceil(round(metres / unit, 6)) * unit, 6))


def axis_of_file(path: str | Path, *, datum: str = AUTO, layer: str = "") -> DrawnAxis:
    """Return the one line that a file holds.

    Parameters
    ----------
    path
        GeoJSON, KML, GeoPackage or Shapefile.
    datum
        ``auto``: what the file declares; else as :func:`axis_of_text`.
    layer
        Of a file with several; by default the first.

    Raises
    ------
    LayoutError
        If there is no such file, or not exactly one line in it.
    PointsError
        If it cannot be read.
    """
    with opened(path) as files:
        return axis_of_stored(files, datum=datum, layer=layer)


def axis_of_stored(files: Stored, *, datum: str = AUTO, layer: str = "") -> DrawnAxis:
    """Return the one line that an opened file holds; as :func:`axis_of_file`."""
    if files.form in ("text", "book"):
        raise LayoutError(f"{files.name}: a table holds no line; paste its points, or draw a line")
    frame = frame_of(files, layer, MOST_POINTS)
    taken = datum_of(frame, datum, files.name)
    shapes = [s for s in shapely.force_2d(frame.geometry.to_numpy()) if s is not None and not s.is_empty]  # fmt: skip
    lines = [s for s in shapes if s.geom_type.endswith("LineString")]
    if not lines and len(shapes) > 1 and all(s.geom_type == "Point" for s in shapes):
        lines = [LineString(shapely.get_coordinates(shapes))]
    merged = shapely.line_merge(shapely.MultiLineString(list(shapely.get_parts(lines))))
    if merged.geom_type != "LineString" or merged.is_empty:
        n = len(shapely.get_parts(merged))
        raise LayoutError(
            f"{files.name}: {n} lines that do not join; an axis is one line: keep just that one"
        )
    if shapely.get_num_coordinates(merged) > MOST_POINTS:
        raise LayoutError(f"{files.name}: above {MOST_POINTS:,} vertices; simplify the line")
    # Its points are converted, and the legs between them are drawn anew, as they are when pasted.
    moved = in_wgs84(shapely.MultiPoint(shapely.get_coordinates(merged)), taken)
    if moved is None:
        raise LayoutError(f"{files.name}: coordinates out of range; give --datum")
    own = axis_of_points(shapely.get_coordinates(moved).round(7), datum="wgs84")
    return replace(own, datum=taken, name=files.name)
