"""The map in a browser: Leaflet through folium, vectors only unless a basemap is chosen."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import folium
import geopandas as gpd
from branca.element import Element
from folium.template import Template

from geo.maps.assets import LAYERS_JS, LEAFLET_CSS, LEAFLET_JS, inline_leaflet
from geo.maps.basemaps import BASEMAPS, datum_of
from geo.maps.ground import GROUND_STYLE
from geo.maps.labels import STYLE
from geo.maps.layers import (
    DEFAULT_LAYERS,
    DRAW_ORDER,
    GROUPS,
    held_layers,
    layer_features,
    unit_features,
)
from geo.maps.legend import further_html, legend_html
from geo.maps.palette import BLUE, GREEN, VERMILION
from geo.maps.sheet import Further, Imprint, imprint_html, title_of
from geo.model.layout import Layout, bounds
from geo.words import Lang, say

__all__ = [
    "Features", "Group", "base_map", "belt_group", "features_json", "group_of", "layer_json", "layers_call",
    "one_file_html", "units_attribution",
]  # fmt: skip


def features_json(features: Sequence[dict[str, Any]]) -> str:
    """Return features as the text of a FeatureCollection that is safe inside a script element."""
    collection = {"type": "FeatureCollection", "features": list(features)}
    text = json.dumps(collection, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # Inside a script element nothing may look like the end of it.
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@dataclass(frozen=True)
class Group:
    """A layer of a map: the text of :func:`features_json`, and whom to name while it is shown.

    Attributes
    ----------
    data
        The words in it must be escaped already.
    attribution
        Plain text; escaped where it is drawn.
    """

    data: str
    attribution: str = ""


class Features(folium.map.Layer):
    """A layer in a page that stands for itself."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = window.corridorLayer({{ this.data }}, {{ this.attribution }});
        {{ this.get_name() }}.addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, group: Group) -> None:
        super().__init__()
        self._name = "Features"
        self.data = group.data
        self.attribution = json.dumps(html.escape(group.attribution)).replace("<", "\\u003c")


def layers_call(groups: Iterable[Group]) -> str:
    """Return the script that shows just these layers on the map of the application."""
    wanted = [
        # The name tells layers apart: one that is there already is not drawn again.
        [f"{hash(g):x}", html.escape(g.attribution), g.data]
        for g in groups
    ]
    return f"window.corridorShow(map_div, {json.dumps(wanted, ensure_ascii=False)});\n"


class _Text(Element):
    """Text of the page as it is: never read as a template, since it may hold words from data."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


def base_map(
    layout: Layout, *, basemap: str = "none", key: str = "", inline: bool = False
) -> folium.Map:
    """Return the ground of a map, which stays the same while layers come and go.

    Parameters
    ----------
    layout
        Its footprints give the first view.
    basemap
        One of ``geo.maps.basemaps.BASEMAPS``.
    key
        The person's key, where the basemap needs one.
    inline
        Whether Leaflet goes into the page itself (one file) instead of being served.

    Raises
    ------
    ValueError
        If the basemap is not known, or needs a key that is not given.
    """
    if basemap not in BASEMAPS:
        raise ValueError(f"unknown basemap {basemap!r}: use one of {', '.join(BASEMAPS)}")
    source = BASEMAPS[basemap]
    if source is not None and source.needs_key and not key:
        raise ValueError(
            f"the basemap {basemap!r} needs a key: get one from its provider, it is free"
        )
    west, south, east, north = bounds(layout)
    chart = folium.Map(
        tiles=None,
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=9,
        zoom_control=True,
        prefer_canvas=False,
        max_zoom=18,
        min_zoom=5,
        attribution_control=True,
        # Of both systems; one file for itself has its own, out of the way of its legend.
        control_scale=layout.meta.imperial and not inline,
        zoomSnap=0.5,
    )
    scripts = [("leaflet", LEAFLET_JS), ("corridor_layers", LAYERS_JS)]
    chart.default_js = [] if inline else scripts
    chart.default_css = [] if inline else [("leaflet_css", LEAFLET_CSS)]
    chart.options["maxZoom"] = 18
    for tiles in () if source is None else source.layers:
        folium.TileLayer(
            tiles.address(key), attr="" if source is None else source.attribution, name=basemap, max_zoom=18, max_native_zoom=tiles.max_zoom,
            subdomains=tiles.servers or "abc",
        ).add_to(chart)  # fmt: skip
    first = folium.FitBounds([[south, west], [north, east]], padding=(10, 10))
    # An animation would end after the map has gone elsewhere, and take it back.
    first.options["animate"] = False
    first.add_to(chart)
    root: Any = chart.get_root()
    root.header.add_child(_Text(STYLE + GROUND_STYLE), name="corridor_style")
    return chart


def group_of(data: str, attribution: str = "") -> Group:
    """Return a layer of a map from its text."""
    return Group(data, attribution)


def units_attribution(units: gpd.GeoDataFrame | None) -> str:
    """Return whom to name for the boundaries of units."""
    return "" if units is None or not len(units) else ", ".join(sorted(set(units["source"])))


def layer_json(
    layout: Layout,
    key: str,
    lang: Lang,
    *,
    units: gpd.GeoDataFrame | None = None,
    ring_km: float | None = None,
    basemap: str = "none",
    cards: bool = False,
) -> str:
    """Return the text of a layer, which :func:`group_of` makes a feature group of.

    Parameters
    ----------
    layout, key, lang, ring_km, cards
        As of :func:`geo.maps.layers.layer_features`.
    units
        Administrative units, for the layer ``units``; without them it stays empty.
    basemap
        Whose datum the layer is drawn in.
    """
    datum = datum_of(basemap)
    if key == "units":
        features = [] if units is None else unit_features(units, lang, datum=datum)
    else:
        features = layer_features(layout, key, lang, ring_km=ring_km, datum=datum, cards=cards)
    return features_json(features)


def belt_group(
    shapes: Iterable[tuple[str, Any, str]], seats: Iterable[tuple[Any, str, bool]]
) -> Group:
    """Return belts beside one another and the seats that they hold or miss.

    Parameters
    ----------
    shapes
        ``(role, WGS84 polygon, escaped tooltip)``; role ``printed`` or ``works``.
    seats
        ``(WGS84 point, escaped name, held by the printed belt)``.
    """
    styles = {
        "printed": {"color": VERMILION, "weight": 2.5, "dashArray": "8 6", "fillColor": VERMILION, "fillOpacity": 0.10},
        "works": {"color": BLUE, "weight": 2.5, "fillColor": BLUE, "fillOpacity": 0.12},
    }  # fmt: skip
    features = [
        {
            "type": "Feature",
            "geometry": shape.__geo_interface__,
            "properties": {"st": styles[role], "tip": tip},
        }
        for role, shape, tip in shapes
    ]
    for point, name, held in seats:
        style = {
            "radius": 7,
            "color": "#FFFFFF",
            "weight": 1.5,
            "fillColor": GREEN if held else VERMILION,
            "fillOpacity": 1,
        }
        words = {"st": style, "label": name, "tip": name, "at": [point.y, point.x]}
        features.append(
            {"type": "Feature", "geometry": point.__geo_interface__, "properties": words}
        )
    return group_of(features_json(features))


_CONTROL = """
<style>
html,body{{margin:0;height:100%}}
#map-title{{position:absolute;z-index:1000;top:8px;left:54px;background:rgba(255,255,255,.9);padding:4px 10px;
border-radius:4px;font:600 15px system-ui,"Noto Sans CJK SC",sans-serif}}
#map-layers,#map-legend{{position:absolute;z-index:1000;background:rgba(255,255,255,.93);border-radius:4px;
padding:6px 10px;font:12px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;max-height:70vh;overflow:auto}}
#map-layers{{top:8px;right:8px}}#map-legend{{bottom:8px;left:8px;max-width:300px;max-height:calc(100vh - 120px)}}
#map-legend .legend{{font-size:11px!important;line-height:1.4!important}}
#map-layers label{{display:block;white-space:nowrap}}summary{{cursor:pointer}}
#map-footer{{position:absolute;z-index:1000;bottom:20px;right:8px;background:rgba(255,255,255,.93);border-radius:4px;
padding:1px 8px;font:600 11px/1.6 system-ui,"Noto Sans CJK SC",sans-serif}}
@media(max-width:640px){{#map-layers,#map-legend{{max-height:40vh}}#map-legend{{bottom:44px}}}}
</style>
<div id="map-title">{title}</div><details id="map-layers" open><summary>{layers}</summary>{boxes}</details>
<details id="map-legend" open><summary>{head}</summary>{legend}</details>
<div id="map-footer">{footer}</div>{imprint}
"""
_IMPRINT = """<style>
#map-imprint{{position:absolute;z-index:1000;bottom:46px;right:8px;max-width:min(46vw,560px);background:rgba(255,255,255,.93);
border-radius:4px;padding:2px 8px;font:11px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;white-space:pre-wrap;overflow-wrap:anywhere}}
#map-north{{position:absolute;right:4px;bottom:calc(100% + 6px);text-align:center;font:700 13px/1.1 system-ui,sans-serif;
background:rgba(255,255,255,.93);border-radius:4px;padding:3px 7px}}
@media(max-width:640px){{#map-legend{{bottom:auto!important;top:112px}}#map-imprint{{max-width:calc(100vw - 32px);font-size:10px}}}}
</style><div id="map-imprint">{lines}</div>
"""


def one_file_html(
    layout: Layout,
    lang: Lang,
    *,
    units: gpd.GeoDataFrame | None = None,
    layers: Sequence[str] | None = None,
    ring_km: float | None = None,
    further: Further | None = None,
    imprint: Imprint | None = None,
) -> str:
    """Return the whole map as one HTML file that asks nothing of any network.

    Parameters
    ----------
    layout, lang, units, ring_km
        As of :func:`layer_json`.
    layers
        Which layers are switched on at first; all are in the file. By default
        ``geo.maps.layers.DEFAULT_LAYERS``.
    further
        Layers on top of the layout's, with a box each.
    imprint
        Where it is given, the map also shows title, sources, 编制单位, date, 审图号, scale and north.
    """
    lang = layout.meta.reader(lang)
    shown = set(DEFAULT_LAYERS if layers is None else layers)
    chart = base_map(layout, inline=True)
    groups = {}
    for key in DRAW_ORDER:
        layer = layer_json(layout, key, lang, units=units, ring_km=ring_km, cards=True)
        groups[key] = Features(Group(layer, units_attribution(units) if key == "units" else ""))
        groups[key].add_to(chart)
    boxes = []
    held = held_layers(layout, units=units is not None)
    for group, members in GROUPS.items():
        keys = [key for key in members if key in held]
        if not keys:
            continue
        boxes.append(f"<b>{say(f'map.group.{group}', lang)}</b>")
        for key in keys:
            mark = " checked" if key in shown else ""
            name = html.escape(say(f"map.layer.{key}", lang))
            boxes.append(f'<label><input type="checkbox" data-layer="{key}"{mark}> {name}</label>')
    for number, (label, features) in enumerate((further or {}).items()):
        key = f"further-{number}"
        groups[key] = Features(Group(features_json([dict(f) for f in features])))
        groups[key].add_to(chart)
        boxes.append(f'<label><input type="checkbox" data-layer="{key}" checked> {html.escape(label)}</label>')  # fmt: skip
    name = title_of(layout, lang, imprint or Imprint())
    lines = "" if imprint is None else imprint_html(layout, lang, imprint, units=units is not None)
    control = _CONTROL.format(
        imprint=_IMPRINT.format(lines=lines) if lines else "",
        title=html.escape(name),
        layers=html.escape(say("map.legend.layers", lang)),
        boxes="".join(boxes),
        head=html.escape(say("map.legend.title", lang)),
        legend=legend_html(layout, lang, keys=sorted(shown)) + further_html(further or {}, lang),
        footer=html.escape((imprint and imprint.footer) or say("map.legend.footer", lang)),
    )
    miles = layout.meta.imperial
    scale = (
        ""
        if imprint is None and not miles
        else f'L.control.scale({{imperial: {str(miles).lower()}, position: "topleft"}}).addTo(map);'
    )
    root: Any = chart.get_root()
    root.title = html.escape(name)
    root.header.add_child(_Text(inline_leaflet()), name="leaflet_inline", index=0)
    root.html.add_child(_Text(control), name="corridor_control")
    table = ", ".join(f'"{key}": {group.get_name()}' for key, group in groups.items())
    west, south, east, north = bounds(layout)
    toggle = f"""
    window.addEventListener("load", function () {{
        var layers = {{{table}}}, map = {chart.get_name()};
        // In a frame the map may have had no size yet when its view was set.
        map.invalidateSize(); {scale}
        map.fitBounds([[{south}, {west}], [{north}, {east}]], {{padding: [10, 10], animate: false}});
        document.querySelectorAll("#map-layers input").forEach(function (box) {{
            function show() {{ layers[box.dataset.layer][box.checked ? "addTo" : "removeFrom"](map); }}
            box.addEventListener("change", show); show();
        }});
        if (window.innerWidth <= 640 || window.innerHeight <= 620) {{  // in little room the map comes first
            document.querySelectorAll("details").forEach(function (e) {{ e.open = false; }});
        }}
    }});"""
    root.script.add_child(_Text(toggle), name="corridor_toggle")
    text: str = root.render()
    return text
