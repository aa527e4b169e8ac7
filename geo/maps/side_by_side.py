"""A layout and a scenario of it on two maps side by side that move together, as one HTML page."""

from __future__ import annotations

import html
import json
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import geopandas as gpd

from geo.maps.assets import inline_leaflet
from geo.maps.labels import PLACE_LABELS, STYLE
from geo.maps.layers import layer_features, unit_features
from geo.maps.web import features_json, units_attribution
from geo.model.kinds import COUNTED
from geo.model.layout import Layout, bounds
from geo.words import Lang, say

__all__ = ["PAGE_CSS", "PAGE_JS", "changed_features", "side_by_side_html"]

PAGE_JS, PAGE_CSS = "app/static/leaflet/leaflet.js", "app/static/leaflet/leaflet.css"
"""Leaflet as a page of the application finds it, relative to the page itself."""
_OUTLINES = ("belts", "rings", "university-belts", "corridors", "zones", "axes", "links", "seats")
_KEYS = (*_OUTLINES, "places", *COUNTED)
_GHOST = {"color": "#333333", "weight": 1.4, "dashArray": "3 5", "opacity": 0.75, "fill": False, "interactive": False}  # fmt: skip
_PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width,initial-scale=1">{leaflet}{style}<style>
html,body{{margin:0;height:100%}}main{{display:grid;grid-template-columns:1fr 1fr;gap:6px;height:100%}}
section{{position:relative;min-height:0;min-width:0}}section>div{{position:absolute;inset:0;border-radius:6px}}
h2{{position:absolute;z-index:900;top:8px;left:54px;right:8px;margin:0;width:fit-content;max-width:calc(100% - 78px);background:rgba(255,255,255,.92);
color:#111;border-radius:4px;padding:2px 8px;font:600 13px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif}}
@media(max-width:640px){{main{{grid-template-columns:1fr;grid-template-rows:1fr 1fr}}}}
</style></head><body><main>
<section aria-label="{left}"><h2>{left}</h2><div id="left"></div></section>
<section aria-label="{right}"><h2>{right}</h2><div id="right"></div></section>
</main><script>{script}</script></body></html>
"""


@cache
def _script() -> str:
    return files("geo.maps").joinpath("scripts/side_by_side.js").read_text("utf-8")


# A base stays while its scenario changes: its features are made once for each language.
@lru_cache(maxsize=8)
def _features(layout: Layout, lang: Lang, ring_km: float | None) -> dict[str, list[dict[str, Any]]]:
    return {key: layer_features(layout, key, lang, ring_km=ring_km) for key in _KEYS}


def changed_features(base: Layout, other: Layout, lang: Lang, ring_km: float | None = None) -> set[str]:  # fmt: skip
    """Return the ids of what is drawn elsewhere or otherwise shaped in one layout than in the other."""
    sides = [_shapes(layout, lang, ring_km) for layout in (base, other)]
    return {name for name in {*sides[0], *sides[1]} if sides[0].get(name) != sides[1].get(name)}


def _shapes(layout: Layout, lang: Lang, ring_km: float | None) -> dict[str, list[Any]]:
    """Return all that is drawn of each feature: of a corridor its outline and its axis."""
    found: dict[str, list[Any]] = {}
    for own in _features(layout, lang, ring_km).values():
        for feature in own:
            if _id(feature):
                found.setdefault(_id(feature), []).append(feature["geometry"])
    return found


def _id(feature: dict[str, Any]) -> str:
    return str(feature["properties"].get("id") or "")


def side_by_side_html(
    base: Layout,
    other: Layout,
    lang: Lang,
    *,
    names: tuple[str, str],
    units: gpd.GeoDataFrame | None = None,
    ring_km: float | None = None,
    inline: bool = False,
) -> str:
    """Return one page with two maps that show the same place: the base left, the scenario right.

    What differs is drawn in full, all else quietly; over the scenario lie the outlines that the base
    had, dotted. On a narrow screen the maps lie one above the other.

    Parameters
    ----------
    base, other
        The layouts.
    lang
        Language of the words.
    names
        What to call them.
    units
        Administrative units beneath.
    ring_km
        Width of the campus rings.
    inline
        Whether Leaflet goes into the page (one file that needs nothing else) instead of being
        fetched from the application.
    """
    changed = changed_features(base, other, lang, ring_km)
    before, after = (_drawn(layout, lang, ring_km, changed) for layout in (base, other))
    ghosts = [_ghost(f) for f in before if _id(f) in changed and f["geometry"]["type"] != "Point"]
    credit = html.escape(units_attribution(units))
    sides = ", ".join(
        f'{{id: "{name}", credit: {_text(credit)}, data: {features_json(own)}}}'
        for name, own in (("left", before), ("right", [*after, *ghosts]))
    )
    west, south, east, north = bounds(base)
    memory = _text(f"side-by-side:{base.id}")
    call = f"{PLACE_LABELS}\n{_script()}\nsideBySide({_ground(base, units, lang)}, [{sides}], [[{south}, {west}], [{north}, {east}]], {memory});"  # fmt: skip
    linked = f'<link rel="stylesheet" href="{PAGE_CSS}"><script src="{PAGE_JS}"></script>'
    left, right = (html.escape(name) for name in names)
    return _PAGE.format(
        lang=lang, title=f"{left} | {right}", left=left, right=right, style=STYLE, script=call,
        leaflet=inline_leaflet() if inline else linked,
    )  # fmt: skip


def _text(text: str) -> str:
    return json.dumps(text).replace("<", "\\u003c")


def _ground(layout: Layout, units: gpd.GeoDataFrame | None, lang: Lang) -> str:
    rivers = layer_features(layout, "rivers", lang)
    return features_json([*([] if units is None else unit_features(units, lang)), *rivers])


def _drawn(layout: Layout, lang: Lang, ring_km: float | None, changed: set[str]) -> list[dict[str, Any]]:  # fmt: skip
    """Return what is drawn: outlines and seats, of the other nodes and links what differs; that last."""
    quiet, loud = [], []
    for key, own in _features(layout, lang, ring_km).items():
        for feature in own:
            if _id(feature) in changed:
                loud.append(_with_style(feature, _louder(feature), lang))
            elif key in _OUTLINES and key != "links":
                quiet.append(_with_style(feature, _quieter(feature), None))
    return [*quiet, *loud]


def _with_style(feature: dict[str, Any], style: dict[str, Any], lang: Lang | None) -> dict[str, Any]:  # fmt: skip
    p = feature["properties"]
    tip = {"tip": f"{p['tip']}<br>{say('scenarios.map.changed', lang)}"} if lang and "tip" in p else {}  # fmt: skip
    return feature | {"properties": p | tip | {"st": p["st"] | style}}


def _louder(feature: dict[str, Any]) -> dict[str, Any]:
    if feature["geometry"]["type"] == "Point":
        return {"radius": 8, "weight": 3, "color": "#111111"}
    return {"weight": 4, "opacity": 1} | ({"fillOpacity": 0.3} if "fillOpacity" in feature["properties"]["st"] else {})  # fmt: skip


def _quieter(feature: dict[str, Any]) -> dict[str, Any]:
    if feature["geometry"]["type"] == "Point":
        return {}
    return {"opacity": 0.45} | ({"fillOpacity": 0.05} if "fillOpacity" in feature["properties"]["st"] else {})  # fmt: skip


def _ghost(feature: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": feature["geometry"], "properties": {"st": _GHOST}}
