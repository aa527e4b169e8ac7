"""The legend as our own HTML, grouped 核·廊·带·轴·节点·联系."""

from __future__ import annotations

import html
from collections.abc import Collection
from typing import Any

from geo.maps.layers import GROUPS, LAYER_KEYS
from geo.maps.palette import area_style, line_style, node_style
from geo.model.kinds import COUNTED
from geo.model.layout import Layout
from geo.words import Lang, name_of, say

__all__ = ["legend_html"]


def _swatch(style: dict[str, Any]) -> str:
    dash = f' stroke-dasharray="{style["dashArray"]}"' if style.get("dashArray") else ""
    return (
        '<svg width="26" height="14" aria-hidden="true" style="vertical-align:middle">'
        f'<rect x="2" y="2" width="22" height="10" fill="{style["fillColor"]}" '
        f'fill-opacity="{max(style["fillOpacity"], 0.1)}" stroke="{style["color"]}" stroke-width="1.8"{dash}/></svg>'
    )


def _double(style: dict[str, Any]) -> str:
    return (
        '<svg width="26" height="14" aria-hidden="true" style="vertical-align:middle">'
        f'<circle cx="13" cy="7" r="5.6" fill="none" stroke="{style["color"]}" stroke-width="1.4"/>'
        f'<circle cx="13" cy="7" r="3" fill="none" stroke="{style["color"]}" stroke-width="1.4"/></svg>'
    )


def _stroke(style: dict[str, Any]) -> str:
    dash = f' stroke-dasharray="{style["dashArray"]}"' if style.get("dashArray") else ""
    return (
        '<svg width="26" height="14" aria-hidden="true" style="vertical-align:middle">'
        f'<line x1="1" y1="7" x2="25" y2="7" stroke="{style["color"]}" stroke-opacity="{style.get("opacity", 1)}" '
        f'stroke-width="{min(style["weight"], 5)}"{dash}/></svg>'
    )


def _dot(style: dict[str, Any]) -> str:
    return (
        '<svg width="26" height="14" aria-hidden="true" style="vertical-align:middle">'
        f'<circle cx="13" cy="7" r="{min(style["radius"], 5)}" fill="{style["fillColor"]}" '
        f'stroke="{style["color"]}" stroke-width="{style["weight"]}"/></svg>'
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
        Layers that are shown.
    """
    parts = []
    for group, members in GROUPS.items():
        entries = [e for key in members if key in keys for e in _entries(layout, key, lang)]
        if entries:
            head = html.escape(say(f"map.group.{group}", lang))
            items = "".join(f"<div>{mark} {html.escape(text)}</div>" for mark, text in entries)
            parts.append(f'<div style="margin-top:.25em"><b>{head}</b>{items}</div>')
    rules = " · ".join(say(f"map.legend.{name}", lang) for name in ("solid", "dashed", "hollow"))
    footer = say("map.legend.footer", lang)
    return (
        f'<div class="legend">{"".join(parts)}<div style="margin-top:.4em;opacity:.8">{html.escape(rules)}</div>'
        f'<div style="margin-top:.2em"><b>{html.escape(footer)}</b></div></div>'
    )


def _entries(layout: Layout, key: str, lang: Lang) -> list[tuple[str, str]]:
    name = say(f"map.layer.{key}", lang)
    if key == "zones":
        zone = area_style("zone", "science-city", "illustrative")
        core = f"{say('model.kind.core', lang)}({say('model.status.illustrative', lang)})"
        return [(_swatch(zone), name), (_double(zone), core)]
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
        return [(_dot(node_style(key, "digitised")), name)]  # type: ignore[arg-type]
    if key in ("seats", "places"):
        return [(_dot(node_style("place", "digitised")), name)]
    return [(_stroke(line_style(key.removesuffix("s"))), name)]
