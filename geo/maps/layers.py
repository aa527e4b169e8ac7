"""What is drawn, layer by layer: small GeoJSON with the style and the escaped words of each thing."""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geo.maps.palette import area_style, line_style, node_style
from geo.measure import Datum, from_wgs84, laea, project, unproject
from geo.model.kinds import COUNTED
from geo.model.layout import Layout
from geo.words import Lang, name_of, say
from geo.words.figures import figure

__all__ = [
    "DEFAULT_LAYERS",
    "GROUPS",
    "LAYER_KEYS",
    "card_html",
    "held_layers",
    "layer_features",
    "unit_features",
]

GROUPS: dict[str, tuple[str, ...]] = {
    "core": ("zones",),
    "corridor": ("corridors",),
    "belt": ("belts", "university-belts", "rings"),
    "axis": ("axes",),
    "node": (*COUNTED, "seats", "places"),
    "link": ("links",),
    "ground": ("units", "rivers", "roads"),
}
"""The layers, grouped as the layout is: 核·廊·带·轴·节点·联系, and the ground beneath."""

LAYER_KEYS = tuple(key for keys in GROUPS.values() for key in keys)
DEFAULT_LAYERS = (
    "units", "rivers", "belts", "rings", "university-belts", "corridors", "zones", "axes",
    "lab", "university", "park", "seats",
)  # fmt: skip
DRAW_ORDER = (
    "units", "rivers", "roads", "belts", "rings", "university-belts", "corridors", "zones",
    "axes", "links", "places", "transport", "firm", "service", "computing", "incubator", "park",
    "university", "lab", "seats",
)  # fmt: skip
DIGITS = 5
"""Decimals of drawn coordinates: about a metre."""
SIMPLIFY_M = 15.0
"""Footprints are drawn within this distance of the measured shape."""


def _rounded(shape: BaseGeometry, digits: int, datum: Datum) -> dict[str, Any]:
    def move(xy: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        if datum is not Datum.WGS84:
            xy = np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], datum))
        return xy.round(digits)

    moved: dict[str, Any] = shapely.geometry.mapping(shapely.transform(shape, move))
    return moved


def _feature(
    shape: BaseGeometry, style: dict[str, Any], datum: Datum, digits: int = DIGITS, **words: Any
) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": _rounded(shape, digits, datum),
        "properties": {"st": style} | {k: v for k, v in words.items() if v},
    }


def _tip(row: dict[str, Any], lang: Lang) -> str:
    name = html.escape(name_of(row, lang))
    kind = say(f"model.kind.{row['kind']}", lang)
    status = say(f"model.status.{row['status']}", lang)
    number = html.escape(str(row["id"]))
    return f"<b>{name}</b><br>{kind} · {status}<br><small>№ {number}</small>"


def _label_at(shape: BaseGeometry, datum: Datum) -> list[float]:
    """Return latitude and longitude of a label: the middle of a line, else a point inside."""
    if shape.geom_type == "LineString":
        # A short axis is named at its end, where fewer things lie.
        point = shape.interpolate(0.5 if shape.length > 0.2 else 1.0, normalized=True)
    else:
        point = shapely.point_on_surface(shape)
    lon, lat = from_wgs84(point.x, point.y, datum)
    return [round(lat, DIGITS), round(lon, DIGITS)]


def _simple(shape: BaseGeometry, layout: Layout) -> BaseGeometry:
    return unproject(shapely.simplify(project(shape, layout.crs), SIMPLIFY_M), layout.crs)


def layer_features(
    layout: Layout,
    key: str,
    lang: Lang,
    *,
    ring_km: float | None = None,
    datum: Datum = Datum.WGS84,
    cards: bool = False,
) -> list[dict[str, Any]]:
    """Return a layer as GeoJSON features for drawing.

    Parameters
    ----------
    layout
        The layout.
    key
        One of :data:`LAYER_KEYS` except ``units``.
    lang
        Language of tooltips and cards.
    ring_km
        Width of the campus rings.
    datum
        Datum of the basemap; coordinates are shifted to it for display only.
    cards
        Whether each feature carries its card, for maps that no application stands behind.

    Returns
    -------
    list of dict
        Properties: ``id``, ``st`` (Leaflet style), ``tip``, ``card``, ``label``; every word from
        data is escaped.
    """
    lang = layout.meta.reader(lang)
    rows = _rows(layout, key, ring_km)
    features = []
    for row in rows:
        shape, style = row["geometry"], row["style"]
        words: dict[str, Any] = {"id": row["id"], "tip": _tip(row, lang)}
        if row.get("label"):
            words |= {"label": html.escape(name_of(row, lang)), "at": _label_at(shape, datum)}
            side = "left" if words["at"][1] < layout.meta.centre[0] else "right"
            words["side"] = f"{side} {row['layer']}"
        if cards:
            words["card"] = card_html(row, lang)
        if row["style"].get("double"):
            # 核: a double ring, a white line within the coloured one.
            style = {k: v for k, v in style.items() if k != "double"}
            features.append(_feature(shape, style | {"weight": 5, "opacity": 0.55}, datum, **words))
            inner = {"color": "#FFFFFF", "weight": 1.6, "fill": False, "interactive": False}
            features.append(_feature(shape, inner, datum))
        else:
            features.append(_feature(shape, style, datum, **words))
    return features


@lru_cache(maxsize=16)
def held_layers(layout: Layout, *, units: bool = True) -> tuple[str, ...]:
    """Return those of :data:`LAYER_KEYS` that have something to draw.

    Parameters
    ----------
    layout
        The layout.
    units
        Whether there are administrative units.
    """
    return tuple(
        key for key in LAYER_KEYS if (units if key == "units" else bool(_rows(layout, key, None)))
    )


def _rows(layout: Layout, key: str, ring_km: float | None) -> list[dict[str, Any]]:
    if key in _ROWS:
        return _ROWS[key](layout, ring_km)
    frame = layout.nodes[layout.nodes["tier"] == key]
    return [_node_row(row) for row in _records(frame)]


def _records(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def _node_row(row: dict[str, Any], **more: Any) -> dict[str, Any]:
    return row | {"style": node_style(row["tier"], row["status"])} | more


def _zones(layout: Layout, _: float | None) -> list[dict[str, Any]]:
    rows = sorted(_records(layout.zones), key=lambda r: -r["area_km2"])
    return [
        r | {
            "geometry": _simple(r["geometry"], layout),
            "style": area_style("zone", r["kind"], r["status"]) | {"double": r["kind"] == "core"},
            "label": r["kind"] == "science-city",
        }
        for r in rows
    ]  # fmt: skip


def _corridor_ranks(layout: Layout) -> dict[str, int]:
    return {item.id: k for k, item in enumerate(layout.of_layer("corridor"))}


def _corridors(layout: Layout, _: float | None) -> list[dict[str, Any]]:
    ranks = _corridor_ranks(layout)
    return [
        r | {
            "geometry": _simple(r["geometry"], layout),
            "style": area_style("corridor", r["kind"], r["status"], ranks[r["id"]]),
        }
        for r in _records(layout.corridors)
    ]  # fmt: skip


def _belts(kind: str) -> Callable[[Layout, float | None], list[dict[str, Any]]]:
    def rows(layout: Layout, _: float | None) -> list[dict[str, Any]]:
        frame = layout.belts[layout.belts["kind"] == kind]
        return [
            r | {
                "geometry": _simple(r["geometry"], layout),
                "style": area_style("belt", kind, r["status"]),
            }
            for r in _records(frame)
        ]  # fmt: skip

    return rows


def _rings(layout: Layout, ring_km: float | None) -> list[dict[str, Any]]:
    if layout.meta.campus_rings is None:
        return []
    return [
        r | {
            "geometry": _simple(r["geometry"], layout),
            "style": area_style("belt", "campus-ring", "computed"),
        }
        for r in _records(layout.rings(ring_km))
    ]  # fmt: skip


def _axes(layout: Layout, _: float | None) -> list[dict[str, Any]]:
    ranks = _corridor_ranks(layout)
    return [
        r | {"style": line_style(r["layer"], ranks.get(r["id"], 0)), "label": True}
        for r in _records(layout.axes)
    ]


def _lines(name: str) -> Callable[[Layout, float | None], list[dict[str, Any]]]:
    def rows(layout: Layout, _: float | None) -> list[dict[str, Any]]:
        style = line_style(name)
        return [r | {"style": style} for r in _records(getattr(layout, f"{name}s"))]

    return rows


def _seats(layout: Layout, _: float | None) -> list[dict[str, Any]]:
    frame = layout.nodes[layout.nodes["kind"] == "seat"]
    own = set(layout.meta.seats)
    return [
        _node_row(r, label=r["id"] in own, style=node_style("place", r["status"]) | {"radius": 5})
        for r in _records(frame)
    ]


def _places(layout: Layout, _: float | None) -> list[dict[str, Any]]:
    frame = layout.nodes[(layout.nodes["tier"] == "place") & (layout.nodes["kind"] != "seat")]
    return [_node_row(r) for r in _records(frame)]


_ROWS: dict[str, Callable[[Layout, float | None], list[dict[str, Any]]]] = {
    "zones": _zones,
    "corridors": _corridors,
    "belts": _belts("oriented-belt"),
    "university-belts": _belts("university-belt"),
    "rings": _rings,
    "axes": _axes,
    "links": _lines("link"),
    "roads": _lines("road"),
    "rivers": _lines("river"),
    "seats": _seats,
    "places": _places,
}


def unit_features(
    units: gpd.GeoDataFrame, lang: Lang, *, tolerance_m: float = 250.0, datum: Datum = Datum.WGS84
) -> list[dict[str, Any]]:
    """Return administrative units for drawing, simplified together so that borders stay shared.

    Parameters
    ----------
    units
        WGS84, with adcode and names.
    lang
        Language of the tooltips.
    tolerance_m
        Tolerance of the simplification (Visvalingam–Whyatt, ``shapely.coverage_simplify``).
    datum
        Datum of the basemap.
    """
    style = line_style("unit")
    shapes = _simplified(tuple(units.geometry.to_wkb()), tolerance_m)
    unit = say("model.kind.unit", lang)
    return [
        _feature(
            shape, style, datum, 4, id=f"unit:{row.adcode}",
            tip=f"<b>{html.escape(name_of(row, lang))}</b><br>{unit} · {html.escape(row.source)}"
            f"<br><small>№ unit:{html.escape(str(row.adcode))}</small>",
        )
        for shape, row in zip(shapes, units.itertuples(), strict=True)
    ]  # fmt: skip


@lru_cache(maxsize=8)
def _simplified(wkb: tuple[bytes, ...], tolerance_m: float) -> list[BaseGeometry]:
    shapes = shapely.from_wkb(np.array(wkb, dtype=object))
    west, south, east, north = shapely.total_bounds(shapes)
    crs = laea(round((west + east) / 2, 3), round((south + north) / 2, 3))
    planar = np.array([project(s, crs) for s in shapes], dtype=object)
    simple = shapely.coverage_simplify(planar, tolerance_m)
    return [unproject(s, crs) for s in simple]


_KM = ("length_km", "width_km", "distance_km")
_TEXTS = ("host", "place", "since")


def card_html(row: dict[str, Any], lang: Lang) -> str:
    """Return the card of a feature: names, figures, source, status, error, confidence; all escaped.

    Parameters
    ----------
    row
        A row of one of the layout's frames.
    lang
        Language of the words.
    """
    lines = [f"<b>{html.escape(name_of(row, lang))}</b>"]
    other = row["name_en"] if lang == "zh" else row["name_zh"]
    lines.append(f"<i>{html.escape(str(other))}</i>")
    for label, value in card_rows(row, lang):
        lines.append(f"{html.escape(label)}: {html.escape(value)}")
    return "<br>".join(lines)


def card_rows(row: dict[str, Any], lang: Lang) -> list[tuple[str, str]]:
    """Return what a card says of a feature as plain label and value pairs (not escaped)."""

    def has(name: str) -> bool:
        value = row.get(name)
        return (
            value is not None and value != "" and not (isinstance(value, float) and pd.isna(value))
        )

    rows = [("kind", say(f"model.kind.{row['kind']}", lang))]
    if has("area_km2"):
        value = figure(row["area_km2"])
        if has("area_km2_low"):
            low, high = figure(row["area_km2_low"]), figure(row["area_km2_high"])
            rows.append(
                ("area_km2", say("map.card.band-of-km2", lang, value=value, low=low, high=high))
            )
        else:
            rows.append(("area_km2", say("map.card.unit-of-km2", lang, value=value)))
    rows += [(n, say("map.card.km", lang, value=figure(row[n]))) for n in _KM if has(n)]
    if has("azimuth_deg"):
        rows.append(("azimuth_deg", say("map.card.deg", lang, value=figure(row["azimuth_deg"], 5))))
    rows += [(n, str(row[n])) for n in _TEXTS if has(n)]
    if has("campuses_zh"):
        rows.append(("campuses", name_of(row, lang, "campuses")))
    rows.append(("status", say(f"model.status.{row['status']}", lang)))
    if has("err_m"):
        rows.append(("err_m", say("map.card.m", lang, value=figure(row["err_m"]))))
    rows.append(("confidence", say(f"model.confidence.{row['confidence']}", lang)))
    rows.append(("source", str(row["source"])))
    if has("as_of"):
        rows.append(("as_of", str(row["as_of"])))
    note = name_of(row, lang, "note")
    if note:
        rows.append(("note", note))
    return [(say(f"model.field.{name}", lang), value) for name, value in rows]
