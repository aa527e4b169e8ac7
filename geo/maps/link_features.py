"""Links and flows on a map in a browser: bent lines that do not hide each other, lengths written at them."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from geo.maps.features import feature_of
from geo.maps.layers import DIGITS
from geo.maps.palette import BLUE, BROWN, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, WINE
from geo.measure import project, unproject
from geo.words import Lang, name_of, say

__all__ = [
    "BEND", "DIRECTED", "KIND_STYLES", "VIEWS", "Bundle", "arc", "bundles", "chevron", "kind_legend",
    "km_text", "legend_of", "link_features", "place_feature", "stroke", "view_box", "view_call", "word_at",
]  # fmt: skip

Box = tuple[float, float, float, float]
KIND_STYLES: dict[str, tuple[str, str]] = {
    "main-supporting": (BLUE, ""), "offshore-centre": (ORANGE, "9 5"), "city-alliance": (GREEN, "16 4"),
    "science-cities": (PURPLE, "3 5"), "research-computing": (VERMILION, "12 4 3 4"), "cross-border": (WINE, "18 5 3 5"),
    "partner-university": (SKY, "6 4"), "matching": (BROWN, "2 6"), "partnership": (GREY, "6 3 2 3"),
    "offshore-pair": ("#222222", "4 4"),
}  # fmt: skip
"""Colour and dashes of each kind: what cannot be told by the one is told by the other."""
_OTHER = (GREY, "5 5")
DIRECTED = frozenset({"main-supporting", "offshore-centre", "matching", "partner-university"})
"""Kinds whose ends are not alike: they bend to the right of their direction and bear an arrow head."""
VIEWS: dict[str, float] = {"near": 110.0, "region": 400.0, "all": float("inf")}
"""What a view takes in: links up to so many kilometres."""
BEND, _SPREAD = 0.07, 0.10
_STEPS = 24
_ALONG = (0.5, 0.4, 0.6)
"""Where on their lines lengths are written, in turn: lines side by side have theirs apart."""


@dataclass(frozen=True, eq=False)
class Bundle:
    """Links of one kind between the same two ends, drawn as one line.

    Attributes
    ----------
    rows
        Of the table of links.
    line
        WGS84, from the first end to the second.
    """

    rows: tuple[Mapping[str, Any], ...]
    line: LineString

    @property
    def kind(self) -> str:
        """Their kind."""
        return str(self.rows[0]["kind"])

    @property
    def km(self) -> float:
        """Their geodesic length."""
        return float(self.rows[0]["km"])


def arc(start: tuple[float, float], end: tuple[float, float], bend: float, crs: CRS) -> LineString:
    """Return a line between two places that bends to the right by a share of its length.

    Parameters
    ----------
    start, end
        Longitude and latitude.
    bend
        Largest distance from the straight line, over its length; negative: to the left.
    crs
        Projection in which it is bent.
    """
    a, b = (shapely.get_coordinates(project(shapely.Point(p), crs))[0] for p in (start, end))
    t = np.linspace(0, 1, _STEPS + 1)[:, None]
    along = b - a
    right = np.array([along[1], -along[0]])
    xy = a + t * along + 4 * bend * t * (1 - t) * right
    line: LineString = unproject(LineString(xy), crs)
    return line


def bundles(frame: gpd.GeoDataFrame, crs: CRS) -> list[Bundle]:
    """Return the drawable links as lines of which no two are the same, the longest first.

    Parameters
    ----------
    frame
        :meth:`geo.analysis.links.Links.frame`, or some rows of it.
    crs
        Projection in which lines are bent.
    """
    drawn = frame[frame.geometry.notna()]
    groups: dict[frozenset[str], dict[tuple[str, str], list[Mapping[str, Any]]]] = {}
    for row in drawn.to_dict("records"):
        ends = frozenset((row["from_id"], row["to_id"]))
        # Whichever way round they are stored, undirected links of a kind are one line.
        way = row["from_id"] if row["kind"] in DIRECTED else ""
        groups.setdefault(ends, {}).setdefault((row["kind"], way), []).append(row)
    found = []
    for ends, kinds in groups.items():
        for k, rows in enumerate(kinds.values()):
            first = rows[0]
            line = first[frame.geometry.name]
            start, end = line.coords[0], line.coords[-1]
            spread = _SPREAD * (k - (len(kinds) - 1) / 2)
            # The same side whichever end comes first, so that parallel lines stay apart.
            turned = -1.0 if first["from_id"] != min(ends) else 1.0
            bend = spread * turned if len(kinds) > 1 else BEND if first["kind"] in DIRECTED else 0.0  # fmt: skip
            found.append(Bundle(tuple(rows), arc(start, end, bend, crs) if bend else line))
    return sorted(found, key=lambda b: -b.km)


def chevron(line: LineString, crs: CRS, at: float = 0.62) -> BaseGeometry:
    """Return an arrow head on a line, as two strokes, WGS84."""
    planar = project(line, crs)
    size = float(np.clip(0.05 * planar.length, 1000.0, 12_000.0))
    tip, back = (shapely.get_coordinates(planar.interpolate(d))[0] for d in (at * planar.length, at * planar.length - size))  # fmt: skip
    along = tip - back
    side = np.array([along[1], -along[0]]) * 0.55
    head: BaseGeometry = unproject(LineString([back + side, tip, back - side]), crs)
    return head


def view_box(frame: gpd.GeoDataFrame, view: str, fallback: Box) -> Box:
    """Return west, south, east, north of the links that a view takes in."""
    own = frame[frame.geometry.notna() & (frame["km"] <= VIEWS[view])]
    if not len(own):
        return fallback
    west, south, east, north = (float(v) for v in own.total_bounds)
    dx, dy = 0.03 * (east - west), 0.03 * (north - south)
    return west - dx, south - dy, east + dx, north + dy


def view_call(token: str, box: Box) -> str:
    """Return the script that shows a box whole, once for each token."""
    west, south, east, north = box
    corners = json.dumps([[south, west], [north, east]])
    name = json.dumps(token).replace("<", "\\u003c")
    return (
        f"if (map_div.corridorBox !== {name}) {{ map_div.corridorBox = {name};"
        f" map_div.invalidateSize(); map_div.fitBounds({corners}, {{animate: false}}); }}\n"
    )


def km_text(km: float, lang: Lang) -> str:
    """Return a distance as it is written at a line."""
    return say("links.map.km", lang, n=f"{km:,.1f}")


def _at(shape: BaseGeometry) -> list[float]:
    return [round(shape.y, DIGITS), round(shape.x, DIGITS)]


def _middle(line: LineString, box: Box | None, at: float) -> BaseGeometry | None:
    """Return a place near the middle of a line, or in its longest part in view where that is not.

    ``None`` where nothing of it is in view.
    """
    middle = line.interpolate(at, normalized=True)
    if box is None:
        return middle
    seen = shapely.box(*box)
    if seen.contains(middle):
        return middle
    parts = shapely.get_parts(shapely.intersection(line, seen))
    lines = [p for p in parts if p.geom_type == "LineString" and not p.is_empty]
    return max(lines, key=lambda p: p.length).interpolate(0.6, normalized=True) if lines else None


def link_features(
    frame: gpd.GeoDataFrame,
    lang: Lang,
    crs: CRS,
    *,
    view: str = "",
    box: Box | None = None,
    chosen: str = "",
) -> list[dict[str, Any]]:
    """Return links as features, with the places that they join.

    Parameters
    ----------
    frame
        :meth:`geo.analysis.links.Links.frame`, or some rows of it.
    lang
        Language of the words.
    crs
        Projection in which lines are bent.
    view
        One of :data:`VIEWS`: lengths of links that are too short for it are not written, nor, where
        all is in view, the names of their ends. Blank: all are.
    box
        What is in view: a length is written where it can be seen.
    chosen
        Id of the link that stands out.
    """
    features, written = [], []
    drawn = bundles(frame, crs)
    longest = drawn[0].km if drawn else 0.0
    least = {"region": VIEWS["near"], "all": 0.4 * longest}.get(view, 0.0)
    for k, bundle in enumerate(drawn):
        colour, dash = KIND_STYLES.get(bundle.kind, _OTHER)
        n, first = len(bundle.rows), bundle.rows[0]
        mine = any(r["id"] == chosen for r in bundle.rows)
        style = {"color": colour, "weight": 2.4 + 0.8 * min(n - 1, 4) + (3 if mine else 0), "opacity": 0.95, "fill": False, "smoothFactor": 0.2}  # fmt: skip
        tip = _tip(bundle, lang)
        features.append(feature_of(bundle.line, style | ({"dashArray": dash} if dash else {}), tip=tip))  # fmt: skip
        if bundle.kind in DIRECTED:
            features.append(feature_of(chevron(bundle.line, crs), style, tip=tip))
        place = _middle(bundle.line, box, _ALONG[k % len(_ALONG)])
        if place is None or (bundle.km <= least and not mine):
            continue
        text = km_text(bundle.km, lang) + (f" ×{n}" if n > 1 else "")
        far = _out_of(bundle, box)
        if far:
            text = f"{name_of(first, lang, far)} {text}"
        written.append(word_at(html.escape(text), place, "node" if least else ""))
    places = _ends(frame, lang, VIEWS["near"] if view == "all" else 0.0)
    # From afar it is the lengths that one looks for: they find their room before the names.
    return [*features, *written, *places] if least else [*features, *places, *written]


def _out_of(bundle: Bundle, box: Box | None) -> str:
    """Return which end (``from`` or ``to``) lies out of view; blank if none or both do."""
    if box is None:
        return ""
    seen = shapely.box(*box)
    inside = [seen.contains(shapely.Point(bundle.line.coords[k])) for k in (0, -1)]
    return "" if all(inside) or not any(inside) else ("from" if not inside[0] else "to")


def word_at(text: str, at: BaseGeometry, rank: str = "") -> dict[str, Any]:
    """Return a word on the map that has no mark of its own; of rank ``node`` it looks for room early."""
    style = {"radius": 0, "opacity": 0, "fillOpacity": 0, "interactive": False}
    return feature_of(at, style, label=text, at=_at(at), side=f"right {rank}".strip())


def _tip(bundle: Bundle, lang: Lang) -> str:
    rows = []
    for r in bundle.rows:
        rows.append(f"<b>{html.escape(name_of(r, lang))}</b>")
    first = bundle.rows[0]
    kind = say(f"model.kind.{bundle.kind}", lang)
    status = say(f"model.status.{first['status']}", lang)
    band = say("links.map.band", lang, km=f"{first['km']:,.1f}", low=f"{first['km_low']:,.1f}", high=f"{first['km_high']:,.1f}")  # fmt: skip
    since = say("links.map.since", lang, since=first["since"]) if first["since"] else ""
    rows += [html.escape(t) for t in (f"{kind} · {status}", band, since) if t]
    return "<br>".join([*rows, f"<small>№ link:{html.escape(str(first['id']))}</small>"])


def _ends(frame: gpd.GeoDataFrame, lang: Lang, least: float) -> list[dict[str, Any]]:
    """Return the places at the ends of lines, each once, those with most lines first.

    Those whose lines are all shorter than ``least`` are not named on the map.
    """
    names: dict[tuple[float, float], str] = {}
    lengths: dict[tuple[float, float], list[float]] = {}
    for row in frame[frame.geometry.notna()].to_dict("records"):
        line = row[frame.geometry.name]
        for side, end in (("from", line.coords[0]), ("to", line.coords[-1])):
            at = (round(end[0], DIGITS), round(end[1], DIGITS))
            names.setdefault(at, name_of(row, lang, side))
            lengths.setdefault(at, []).append(row["km"])
    order = sorted(names, key=lambda at: -len(lengths[at]))
    return [place_feature(at, names[at], named=max(lengths[at]) > least) for at in order]


def place_feature(at: tuple[float, float], name: str, *, named: bool = True) -> dict[str, Any]:
    """Return a dot with its name, which looks for room early."""
    point, text = shapely.Point(at), html.escape(name)
    style = {"radius": 5, "color": "#FFFFFF", "weight": 1.2, "fillColor": "#222222", "fillOpacity": 1.0}  # fmt: skip
    return feature_of(point, style, tip=f"<b>{text}</b>", label=text if named else "", at=_at(point), side="right node")  # fmt: skip


def kind_legend(kinds: Sequence[str], lang: Lang) -> str:
    """Return the legend of kinds as HTML: a stroke of each, with its colour and dashes."""
    parts = []
    for kind in kinds:
        colour, dash = KIND_STYLES.get(kind, _OTHER)
        head = "→ " if kind in DIRECTED else ""
        parts.append(stroke(colour, dash, 3.0, head + say(f"model.kind.{kind}", lang)))
    return legend_of(parts, "")


def stroke(colour: str, dash: str, width: float, text: str) -> str:
    """Return an entry of a legend as HTML: a stroke as it is drawn, and its text."""
    stops, at = [], 0.0
    for k, part in enumerate(dash.split()):
        stops.append(f"{colour if k % 2 == 0 else 'transparent'} {at:g}px {at + float(part):g}px")
        at += float(part)
    fill = f"repeating-linear-gradient(90deg,{','.join(stops)})" if stops else colour
    return (
        '<span style="white-space:nowrap;margin-right:14px"><span style="display:inline-block;vertical-align:middle;'
        f'width:38px;height:{width:g}px;background:{fill};margin-right:5px"></span>{html.escape(text)}</span>'
    )


def legend_of(parts: Sequence[str], title: str) -> str:
    """Return entries of a legend with their title."""
    head = f"<b>{html.escape(title)}</b> " if title else ""
    return (
        f'<div class="legend" style="font-size:12px;line-height:1.8">{head}{" ".join(parts)}</div>'
    )
