"""A person's points, footprints and the evidence of their datum, as small features for the map."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.maps.features import feature_of
from geo.maps.palette import BLUE, WINE
from geo.measure import to_wgs84
from geo.measure.detect import to_lonlat
from geo.measure.evidence import title
from geo.words import Lang, Said, say
from geo.words.figures import figure

__all__ = [
    "DATUM_COLOURS", "MOST_DOTS", "Evidence", "Squares", "area_features", "datum_title",
    "dot_features", "evidence_of", "square_features", "squares_of",
]  # fmt: skip

MOST_DOTS, MOST_SQUARES = 1_500, 1_400
"""More points are summed up in squares, of which so many are drawn at most."""
_SIZES_KM = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)  # fmt: skip
_KM_PER_DEG = 111.195
DATUM_COLOURS = {"wgs84": "#004488", "gcj02": "#BB5566", "bd09": "#DDAA33"}
"""Apart from the layout's own colours, and from one another in grey too (Tol, high contrast)."""
_FURTHER = ("#117733", "#882255", "#44AA99")
_SHADES = ("#CFE1F2", "#93C4DF", "#4B97C9", "#1864AA", "#08306B")
_SAMPLED = 240
_WINDOW_DEG = 0.05
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Squares:
    """Points summed up in squares of equal steps of longitude and latitude.

    Attributes
    ----------
    km
        Side of a square at the middle latitude, about.
    west, south, dx, dy
        Corner of the first square and the steps, degrees.
    column, row, count
        Of every square that holds a point, shape (n,).
    """

    km: float
    west: float
    south: float
    dx: float
    dy: float
    column: Ints
    row: Ints
    count: Ints

    def members(self, lon: Floats, lat: Floats, name: str) -> Ints:
        """Return which points lie in the square of a name, such as ``12:7``."""
        try:
            column, row = (int(v) for v in name.split(":"))
        except ValueError:
            return np.empty(0, dtype=np.int64)
        inside = (np.floor((lon - self.west) / self.dx) == column) & (np.floor((lat - self.south) / self.dy) == row)  # fmt: skip
        return np.flatnonzero(inside)


def squares_of(lon: Floats, lat: Floats, *, most: int = MOST_SQUARES) -> Squares:
    """Return points summed up in squares, as small as ``most`` of them allow.

    Parameters
    ----------
    lon, lat
        WGS84 degrees, shape (n,), n at least 1.
    most
        So many squares at most hold points.
    """
    west, south, middle = float(lon.min()), float(lat.min()), float(np.median(lat))
    for km in _SIZES_KM:
        dy = km / _KM_PER_DEG
        dx = dy / max(np.cos(np.radians(middle)), 0.05)
        # Squares begin at multiples of their size, so that two sets of points share them.
        x0, y0 = np.floor(west / dx) * dx, np.floor(south / dy) * dy
        column = np.floor((lon - x0) / dx).astype(np.int64)
        row = np.floor((lat - y0) / dy).astype(np.int64)
        wide = int(column.max()) + 1
        own, count = _tallied(row * wide + column, wide * (int(row.max()) + 1))
        if len(own) <= most or km == _SIZES_KM[-1]:
            keep = np.sort(np.argsort(-count, kind="stable")[:most])
            own, count = own[keep], count[keep]
            return Squares(km, float(x0), float(y0), float(dx), float(dy), own % wide, own // wide, count)  # fmt: skip
    raise AssertionError


def _tallied(index: Ints, size: int) -> tuple[Ints, Ints]:
    if size <= 4_000_000:
        counts = np.bincount(index, minlength=size)
        own = np.flatnonzero(counts)
        return own, counts[own]
    own, counts = np.unique(index, return_counts=True)
    return own, counts


def square_features(squares: Squares, lang: Lang) -> list[dict[str, Any]]:
    """Return squares as features, darker where they hold more points (each shade as many times more)."""
    edges = np.geomspace(1, max(int(squares.count.max()), 2), len(_SHADES) + 1)[1:-1]
    shades = np.searchsorted(edges, squares.count, side="left")
    features = []
    for column, row, count, shade in zip(squares.column, squares.row, squares.count, shades, strict=True):  # fmt: skip
        west, south = squares.west + column * squares.dx, squares.south + row * squares.dy
        east, north = west + squares.dx, south + squares.dy
        corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
        ring = [[round(float(x), 5), round(float(y), 5)] for x, y in corners]
        colour = _SHADES[int(shade)]
        style = {"color": colour, "weight": 0.5, "fillColor": colour, "fillOpacity": 0.65}
        tip = f"<b>{say('mydata.mine.cell', lang, n=int(count))}</b><br><small>№ square:{column}:{row}</small>"
        shape = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "geometry": shape, "properties": {"st": style, "tip": tip}})  # fmt: skip
    return features


def dot_features(
    lon: Floats, lat: Floats, rows: Sequence[int], labels: Sequence[str], lang: Lang
) -> list[dict[str, Any]]:
    """Return points as dots with their label and row; labels are escaped here.

    Parameters
    ----------
    lon, lat
        WGS84 degrees.
    rows
        Numbers of their rows.
    labels
        What they are called, or blank texts.
    lang
        Language of the words.
    """
    style = {"radius": 4, "color": "#FFFFFF", "weight": 1, "fillColor": BLUE, "fillOpacity": 0.85}
    features = []
    for x, y, row, label in zip(lon, lat, rows, labels, strict=True):
        where = say("mydata.mine.row-of", lang, row=int(row))
        head = f"<b>{html.escape(label[:80])}</b><br>" if label else ""
        tip = f"{head}{html.escape(where)}<br><small>№ row:{int(row)}</small>"
        features.append(feature_of(shapely.Point(x, y), style, tip))
    return features


def area_features(areas: gpd.GeoDataFrame, area_km2: Sequence[float], lang: Lang) -> list[dict[str, Any]]:  # fmt: skip
    """Return a person's own footprints as features, their names beside them."""
    style = {"color": WINE, "weight": 2.5, "fillColor": WINE, "fillOpacity": 0.15}
    features = []
    for name, shape, area, own in zip(areas["name_zh"], areas.geometry, area_km2, areas["id"], strict=True):  # fmt: skip
        size = say("mydata.area.tip", lang, area=figure(area))
        text = html.escape(str(name))
        tip = f"<b>{text}</b><br>{html.escape(size)}<br><small>№ {html.escape(str(own))}</small>"
        simple = shapely.simplify(shape, 0.0002)
        at = shapely.point_on_surface(shape)
        feature = feature_of(simple if not simple.is_empty else shape, style, tip)
        feature["properties"] |= {"label": text, "at": [round(at.y, 5), round(at.x, 5)]}
        features.append(feature)
    return features


@dataclass(frozen=True, eq=False, repr=False)
class Evidence:
    """Where a sample of points falls in each datum.

    Attributes
    ----------
    features
        Dots by datum, and thin lines that join those of one point.
    focus
        Longitude and latitude of the densest place, or ``None``.
    n
        How many points there are.
    colours
        Datum to colour, in the order drawn.
    """

    features: list[dict[str, Any]]
    focus: tuple[float, float] | None
    n: int
    colours: Mapping[str, str]


def datum_title(datum: str, lang: Lang) -> str:
    """Return a datum's name as a person reads it."""
    if datum.startswith("crs:"):
        return datum.removeprefix("crs:")[:40]
    found = title(datum)
    return found.says(lang) if isinstance(found, Said) else str(found)


def evidence_of(
    x: Floats, y: Floats, candidates: Sequence[str], lang: Lang, *, swapped: bool = False,
    colours: Mapping[str, str] = DATUM_COLOURS,
) -> Evidence:  # fmt: skip
    """Return where points fall in each of several datums.

    Parameters
    ----------
    x, y
        Coordinates as the file has them, NaN where unusable.
    candidates
        Datums: ``wgs84``, ``gcj02``, ``bd09``, ``epsg:…``.
    lang
        Language of the words.
    swapped
        Whether the first is the latitude or northing.
    colours
        Of the datums; others get further ones.
    """
    first, second = (y, x) if swapped else (x, y)
    read = {datum: _read(first, second, datum) for datum in candidates}
    own = _with_further(candidates, colours)
    usable = np.ones(len(x), dtype=bool)
    for lon, lat in read.values():
        usable &= np.isfinite(lon) & np.isfinite(lat)
    rows = np.flatnonzero(usable)
    if not len(rows):
        return Evidence([], None, 0, own)
    lead = read[candidates[0]]
    focus, close, near = _densest(lead[0][rows], lead[1][rows])
    chosen = rows[_spread(close, near, _SAMPLED)]
    features = []
    for k in chosen:
        path = [(float(lon[k]), float(lat[k])) for lon, lat in read.values()]
        if len(path) > 1:
            line = {
                "color": "#5B6470",
                "weight": 1,
                "opacity": 0.6,
                "fill": False,
                "interactive": False,
            }
            features.append(feature_of(shapely.LineString(path), line, ""))
    for datum, (lon, lat) in read.items():
        style = {
            "radius": 4,
            "color": "#FFFFFF",
            "weight": 0.7,
            "fillColor": own[datum],
            "fillOpacity": 0.9,
        }
        tip = html.escape(say("mydata.datum.tip", lang, datum=datum_title(datum, lang)))
        features += [feature_of(shapely.Point(lon[k], lat[k]), style, tip) for k in chosen]
    return Evidence(features, focus, len(chosen), own)


def _with_further(candidates: Sequence[str], colours: Mapping[str, str]) -> dict[str, str]:
    own: dict[str, str] = {}
    for datum in candidates:
        more = _FURTHER[sum(d not in colours for d in own) % len(_FURTHER)]
        own[datum] = colours.get(datum, more)
    return own


def _read(x: Floats, y: Floats, datum: str) -> tuple[Floats, Floats]:
    if datum.startswith("epsg:"):
        lon, lat = to_lonlat(x, y, datum)
    else:
        inside = (np.abs(x) <= 180) & (np.abs(y) <= 90) & ~((x == 0) & (y == 0))
        lon, lat = np.where(inside, x, np.nan), np.where(inside, y, np.nan)
        if datum in ("gcj02", "bd09") and inside.any():
            moved = to_wgs84(lon[inside], lat[inside], datum)
            lon[inside], lat[inside] = moved
    return np.asarray(lon), np.asarray(lat)


def _densest(lon: Floats, lat: Floats) -> tuple[tuple[float, float], Ints, int]:
    """Return the middle of the fullest window, all points by distance from it, how many are near."""
    column, row = np.floor(lon / _WINDOW_DEG).astype(np.int64), np.floor(lat / _WINDOW_DEG).astype(np.int64)  # fmt: skip
    _, inverse, count = np.unique(column * 10_000_019 + row, return_inverse=True, return_counts=True)  # fmt: skip
    own = inverse.ravel() == int(np.argmax(count))
    middle = float(np.median(lon[own])), float(np.median(lat[own]))
    away = np.hypot(lon - middle[0], lat - middle[1])
    return middle, np.argsort(away, kind="stable"), int((away < _WINDOW_DEG * 0.7).sum())


def _spread(order: Ints, near: int, most: int) -> Ints:
    """Return up to two thirds evenly from the nearest, and the rest evenly from all others."""
    first = _evenly(order[:near], 2 * most // 3)
    return np.concatenate([first, _evenly(order[near:], most - len(first))])


def _evenly(rows: Ints, most: int) -> Ints:
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(np.int64)]
