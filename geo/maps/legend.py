"""The legend as our own HTML, grouped 核·廊·带·轴·节点·联系."""

from __future__ import annotations

import html
from collections.abc import Collection, Sequence
from typing import Any

from geo.maps.layers import GROUPS, LAYER_KEYS, held_layers
from geo.maps.palette import GREY, area_style, line_style, node_style
from geo.maps.sheet import LEAFLET, Further
from geo.model.kinds import COUNTED
from geo.model.layout import Layout
from geo.words import Lang, name_of, say

__all__ = ["further_html", "legend_html", "marks_html"]


_BOX = "display:inline-block;vertical-align:middle;margin-right:4px;box-sizing:border-box;"
"""Marks are styled spans: pictures inside HTML are taken out by careful pages."""


def _rgba(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def _line_kind(style: dict[str, Any]) -> str:
    dash = str(style.get("dashArray", ""))
    return "" if not dash else "dotted" if dash.startswith(("1 ", "2 ")) else "dashed"


def _swatch(style: dict[str, Any]) -> str:
    fill = _rgba(style["fillColor"], max(style["fillOpacity"], 0.1))
    return (
        f'<span style="{_BOX}width:24px;height:12px;background:{fill};'
        f'border:2px {_line_kind(style) or "solid"} {style["color"]}"></span>'
    )


def _double(style: dict[str, Any]) -> str:
    return (
        f'<span style="{_BOX}width:14px;height:14px;margin-left:5px;margin-right:9px;border-radius:50%;'
        f'border:5px double {style["color"]}"></span>'
    )


def _stroke(style: dict[str, Any]) -> str:
    weight = min(style["weight"], 5)
    return (
        f'<span style="{_BOX}width:24px;height:0;'
        f'border-top:{weight:g}px {_line_kind(style) or "solid"} {style["color"]}"></span>'
    )


def _dot(style: dict[str, Any]) -> str:
    return (
        f'<span style="{_BOX}width:11px;height:11px;margin-left:6px;margin-right:11px;border-radius:50%;'
        f'background:{style["fillColor"]};border:1px solid {style["color"]}"></span>'
    )


def legend_html(layout: Layout, lang: Lang, *, keys: Collection[str] = LAYER_KEYS) -> str:
    """Return the legend of the layers that are shown.

    Parameters
    ----------
    layout
        The layout, whose corridors are named one by one.
    lang
        Language of the words; names from data are escaped.
    keys
        Layers that are shown; of those without anything to draw there is no word.
    """
    parts, held = [], held_layers(layout)
    for group, members in GROUPS.items():
        entries = [
            e for key in members if key in keys and key in held for e in _entries(layout, key, lang)
        ]
        if entries:
            head = html.escape(say(f"map.group.{group}", lang))
            items = "".join(f"<div>{mark} {html.escape(text)}</div>" for mark, text in entries)
            parts.append(f'<div style="margin-top:.25em"><b>{head}</b>{items}</div>')
    rules = " · ".join(say(f"map.legend.{name}", lang) for name in ("solid", "dashed", "hollow"))
    footer = say("map.legend.footer", lang)
    return (
        f'<div class="legend" style="font-size:13px;line-height:1.55">{"".join(parts)}<div style="margin-top:.4em;opacity:.8">{html.escape(rules)}</div>'
        f'<div style="margin-top:.2em"><b>{html.escape(footer)}</b></div></div>'
    )


def further_html(further: Further, lang: Lang) -> str:
    """Return the legend of layers besides the layout's, each by the style of its first feature."""
    items = []
    for label, features in further.items():
        if features:
            style = dict(LEAFLET) | dict(features[0]["properties"].get("st", {}))
            kind = str(features[0]["geometry"]["type"])
            mark = _swatch if kind.endswith("Polygon") else _stroke if kind.endswith("LineString") else _dot  # fmt: skip
            items.append(f"<div>{mark(style)} {html.escape(label)}</div>")
    head = html.escape(say("take.map.further", lang))
    return f'<div class="legend"><b>{head}</b>{"".join(items)}</div>' if items else ""


def _entries(layout: Layout, key: str, lang: Lang) -> list[tuple[str, str]]:
    name = say(f"map.layer.{key}", lang)
    if key == "zones":
        zone, kinds = area_style("zone", "science-city", "illustrative"), set(layout.zones["kind"])
        plain, core = (_swatch(zone), name), (_double(zone), say("map.legend.core", lang))
        return [*([plain] if kinds - {"core"} else []), *([core] if "core" in kinds else [])]
    if key in ("corridors", "axes"):
        found = []
        for rank, item in enumerate(layout.of_layer("corridor")):
            style = area_style("corridor", "corridor", item.status, rank)
            mark = _swatch(style) if key == "corridors" else _stroke(line_style("corridor", rank))
            found.append((mark, name_of(item, lang)))
        return found
    if key == "belts":
        return [(_swatch(area_style("belt", "oriented-belt", "computed")), name)]
    if key == "university-belts":
        return [(_swatch(area_style("belt", "university-belt", "illustrative")), name)]
    if key == "rings":
        return [(_swatch(area_style("belt", "campus-ring", "computed")), name)]
    if key in COUNTED:
        return [(_dot(node_style(key, "digitised")), name)]
    if key in ("seats", "places"):
        return [(_dot(node_style("place", "digitised")), name)]
    return [(_stroke(line_style(key.removesuffix("s"))), name)]


def marks_html(entries: Sequence[tuple[str, str]], title: str = "", *, dots: bool = False) -> str:
    """Return a key in one row: a mark in its colour and what it stands for; words are escaped.

    Parameters
    ----------
    entries
        Colours and words.
    title
        What stands before them.
    dots
        Dots and not squares.
    """
    mark = f"display:inline-block;width:12px;height:12px;border:1px solid {GREY};margin-right:4px;vertical-align:-1px"
    mark += ";border-radius:50%" if dots else ""
    swatches = "".join(
        f'<span style="white-space:nowrap;margin-right:10px"><span style="{mark};background:{colour}"></span>{html.escape(name)}</span>'
        for colour, name in entries
    )
    head = f"<b>{html.escape(title)}</b> " if title else ""
    return f'<div class="legend" style="font-size:12px;line-height:1.7">{head}{swatches}</div>'
