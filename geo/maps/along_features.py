"""What the map shows beside a profile: chainage along the axis, bins, a cross-line, points."""

from __future__ import annotations

import html
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from geo.analysis.along import spot
from geo.analysis.routes import Floats, Route
from geo.maps.layers import DIGITS
from geo.maps.palette import BLUE, GREY, VERMILION, node_style
from geo.measure import unproject
from geo.words import Lang, name_of, say
from geo.words.figures import figure

__all__ = ["MOST_BINS", "bin_features", "cross_features", "cross_line", "dot_features", "node_features", "place_text", "slab", "tick_features"]  # fmt: skip

MOST_BINS = 400
"""With more bins than this none is drawn but the one that is picked."""


def cross_line(route: Route, chainage_km: float, *, half_km: float | None = None) -> BaseGeometry:
    """Return the line across a corridor at a chainage, WGS84, from left to right.

    Parameters
    ----------
    route
        The route.
    chainage_km
        From 0 to its length.
    half_km
        How far to each side; by default half the local width.
    """
    half = float(route.half_width(chainage_km * 1000)) / 1000 if half_km is None else half_km
    return shapely.LineString([spot(route, chainage_km, -half), spot(route, chainage_km, half)])


def slab(route: Route, from_km: float, to_km: float) -> BaseGeometry:
    """Return the part of a corridor between two chainages, WGS84: within half the local width.

    Its ends are flat: what lies beyond them belongs to the next bin, or to none.
    """
    start, end = from_km * 1000, min(to_km * 1000, route.length)
    if len({width for _, width in route.widths}) == 1:
        half = route.widths[0][1] / 2
        part = substring(route.axis, start, end)
        return unproject(part.buffer(half, cap_style="flat", join_style="mitre"), route.crs)
    cuts = {start, end, *(c for c in (*route.stops, *(c for c, _ in route.widths)) if start < c < end)}  # fmt: skip
    pieces = [_trapezium(route, a, b) for a, b in itertools.pairwise(sorted(cuts))]
    # Neighbours share an edge but for rounding.
    return unproject(shapely.union_all(pieces).buffer(0.5, join_style="mitre").buffer(-0.5, join_style="mitre"), route.crs)  # fmt: skip


def _trapezium(route: Route, start: float, end: float) -> BaseGeometry:
    """Return the part of a corridor along one straight piece of its axis, planar."""
    ends = shapely.get_coordinates(shapely.line_interpolate_point(route.axis, [start, end]))
    unit = (ends[1] - ends[0]) / np.hypot(*(ends[1] - ends[0]))
    aside = np.array([unit[1], -unit[0]]) * route.half_width([start, end])[:, None]
    return shapely.Polygon([*(ends + aside), *(ends - aside)[::-1]])


def _coordinates(shape: BaseGeometry) -> Any:
    return shapely.geometry.mapping(shapely.transform(shape, lambda xy: xy.round(DIGITS)))


def _feature(shape: BaseGeometry, style: dict[str, Any], **words: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": _coordinates(shape), "properties": {"st": style} | words}


def tick_features(route: Route, lang: Lang, *, step_km: float) -> list[dict[str, Any]]:
    """Return short lines across the axis at round chainages, each with its kilometre."""
    length = route.length / 1000
    half = max(length / 150, 0.15)
    features = []
    for at in np.arange(0, length + 1e-9, step_km):
        lon, lat = spot(route, min(float(at), length))
        words = {"label": html.escape(say("alongpage.map.km", lang, at=f"{at:g}")), "at": [round(lat, DIGITS), round(lon, DIGITS)]}  # fmt: skip
        line = cross_line(route, min(float(at), length), half_km=half)
        style = {"color": GREY, "weight": 2, "interactive": False}
        features.append(_feature(line, style, **words))
    return features


def bin_features(
    shapes: Sequence[BaseGeometry], bins: pd.DataFrame, lang: Lang
) -> list[dict[str, Any]]:
    """Return the bins of a profile as parts of the corridor, the darker the greater their value.

    Parameters
    ----------
    shapes
        The :func:`slab` of each bin.
    bins
        Rows of one side (all) and one category: ``from_km``, ``to_km``, ``value`` with its band.
    lang
        Language of the tooltips.
    """
    if len(bins) > MOST_BINS:
        return []
    top = float(bins["value"].max())
    features = []
    for shape, row in zip(shapes, bins.to_dict("records"), strict=True):
        share = float(row["value"]) / top if top > 0 else 0.0
        style = {"color": BLUE, "weight": 0.4, "opacity": 0.5, "fillColor": BLUE, "fillOpacity": round(0.02 + 0.6 * max(share, 0.0), 3)}  # fmt: skip
        tip = say(
            "alongpage.map.bin", lang, start=f"{row['from_km']:g}", end=f"{round(row['to_km'], 2):g}",
            value=figure(row["value"]), low=figure(row["value_low"]), high=figure(row["value_high"]),
        )  # fmt: skip
        features.append(_feature(shape, style, tip=html.escape(tip)))  # fmt: skip
    return features


def cross_features(
    route: Route, lang: Lang, *, at_km: float, off_km: float = 0.0, reach: tuple[float, float] | None = None,
    point: tuple[float, float] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return what marks a place: its bin, the line across the corridor, the place itself.

    Parameters
    ----------
    route
        The route.
    lang
        Language of the tooltips.
    at_km, off_km
        Chainage and offset of the place (negative on the left).
    reach
        Chainages of its bin.
    point
        Longitude and latitude of the place, where they are known: about a bend chainage and offset
        alone are those of several places.
    """
    half = float(route.half_width(at_km * 1000)) / 1000
    features = []
    if reach is not None:
        style = {"color": VERMILION, "weight": 1.5, "fillColor": VERMILION, "fillOpacity": 0.18}
        features.append(_feature(slab(route, *reach), style))
    # The band of the width is drawn whole, and the line runs on to a place outside it.
    tip = say("alongpage.map.cross", lang, at=f"{at_km:.2f}", half=f"{half:.2f}")
    line = {"color": VERMILION, "weight": 3.5}
    features.append(_feature(cross_line(route, at_km), line, tip=html.escape(tip)))
    if abs(off_km) > half:
        sign = np.sign(off_km)
        rest = shapely.LineString([spot(route, at_km, sign * half), point or spot(route, at_km, off_km)])  # fmt: skip
        features.append(_feature(rest, line | {"dashArray": "4 6", "weight": 2}))
    words = {"tip": html.escape(place_text(lang, at_km, off_km))}
    style = {"radius": 8, "color": VERMILION, "weight": 3, "fillColor": "#FFFFFF", "fillOpacity": 0.9}  # fmt: skip
    features.append(_feature(shapely.Point(point or spot(route, at_km, off_km)), style, **words))
    return features


def place_text(lang: Lang, at_km: float, off_km: float) -> str:
    """Return a place along an axis in words: chainage, and how far to which side."""
    if abs(off_km) < 5e-3:
        return say("alongpage.place.on", lang, at=f"{at_km:.2f}")
    side = "left" if off_km < 0 else "right"
    return say(f"alongpage.place.{side}", lang, at=f"{at_km:.2f}", off=f"{abs(off_km):.2f}")


def node_features(nodes: pd.DataFrame, lang: Lang) -> list[dict[str, Any]]:
    """Return nodes of a layout (rows of ``layout.nodes``) as dots that answer to a click."""
    features = []
    for row in nodes.to_dict("records"):
        number = html.escape(str(row["id"]))
        tip = f"<b>{html.escape(name_of(row, lang))}</b><br>{say('model.kind.' + row['kind'], lang)}<br><small>№ {number}</small>"
        point = shapely.centroid(row["geometry"])
        features.append(_feature(point, node_style(row["tier"], row["status"]), tip=tip))
    return features


def dot_features(
    lon: Floats, lat: Floats, rows: Sequence[int], names: Sequence[str], lang: Lang
) -> list[dict[str, Any]]:
    """Return single points as dots that answer to a click by their row.

    Parameters
    ----------
    lon, lat
        WGS84 degrees, shape (n,).
    rows
        Their rows in the source.
    names
        Text from data; escaped here.
    lang
        Language of the tooltips.
    """
    style = {"radius": 3.5, "color": "#FFFFFF", "weight": 0.6, "fillColor": "#222222", "fillOpacity": 0.75}  # fmt: skip
    features = []
    for x, y, row, name in zip(lon, lat, rows, names, strict=True):
        head = html.escape(name or say("alongpage.map.row", lang, row=row))
        tip = f"{head}<br><small>№ row:{row}</small>"
        features.append(_feature(shapely.Point(x, y), style, tip=tip))
    return features
