"""Drawing on a map in a browser: new lines, polygons and points, and shapes that are edited by hand."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import folium
from branca.element import Element, MacroElement
from folium.template import Template
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from geo.model.belt import Belt
from geo.words import Lang, say

__all__ = ["DIGITS", "KINDS", "add_drawing", "belt_shape", "shape_of", "shapes_call"]

KINDS = ("line", "polygon", "point")
DIGITS = 6
"""Decimals of the coordinates that a map gives back: a tenth of a metre."""
_WORDS = (
    "bar", "line", "lineHelp", "lineHint", "polygon", "polygonHelp", "polygonHint", "point", "pointHelp",
    "pointHint", "undo", "undoHelp", "finish", "finishHelp", "cancel", "cancelHelp", "drop", "dropHelp",
    "editHint", "vertex", "middle", "whole", "turn", "place",
)  # fmt: skip
_STYLE = """<style>
.drawing-bar{display:flex;flex-wrap:wrap;gap:4px;justify-content:flex-end;max-width:min(430px,calc(100vw - 72px))}
.drawing-bar[hidden],.drawing-bar [hidden]{display:none!important}
.drawing-bar button{min-height:30px;padding:2px 10px;border:1px solid #767676;border-radius:4px;background:#fff;
color:#111;font:600 13px/1.4 system-ui,"Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif;cursor:pointer}
.drawing-bar button[aria-pressed=true]{background:#111;color:#fff}
.drawing-bar button:disabled{color:#767676;cursor:default}
.drawing-bar button:focus-visible,.drawing-handle:focus-visible{outline:3px solid #0072B2;outline-offset:1px}
.drawing-hint{flex-basis:100%;text-align:right;font:12px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif;color:#111}
.drawing-hint:not(:empty){text-shadow:0 0 3px #fff,0 0 3px #fff,0 0 3px #fff}
.leaflet-container.drawing,.leaflet-container.drawing .leaflet-interactive{cursor:crosshair}
.leaflet-container.drawing:focus-visible::after{content:"+";position:absolute;z-index:900;left:50%;top:50%;
transform:translate(-50%,-50%);font:28px/1 sans-serif;color:#111;pointer-events:none}
.drawing-handle{display:flex;align-items:center;justify-content:center;background:none;border:0}
.drawing-handle i{box-sizing:border-box;width:13px;height:13px;background:#FFD400;border:2px solid #111;border-radius:2px}
.drawing-handle.middle i{width:11px;height:11px;border-radius:50%;background:#fff;opacity:.8}
.drawing-handle.turn i,.drawing-handle.whole i{width:20px;height:20px;border-radius:50%}
.drawing-handle.whole i::after,.drawing-handle.turn i::after{display:block;margin:-1px 0 0;text-align:center;font:700 14px/17px sans-serif;color:#111}
.drawing-handle.whole i::after{content:"✥"}.drawing-handle.turn i::after{content:"↻"}
</style>"""


@cache
def _script() -> str:
    return files("geo.maps").joinpath("scripts/drawing.js").read_text("utf-8")


def _safe(data: Any) -> str:
    """Return JSON that is safe in a script, and that no template takes for its own."""
    text = json.dumps(data, ensure_ascii=True, separators=(", ", ": "), allow_nan=False)
    return (
        text.replace("<", "\\u003c").replace("{{", "{ {").replace("{%", "{ %").replace("{#", "{ #")
    )


class _Tools(MacroElement):
    """The toolbar, and the group of what is drawn, which streamlit-folium reads as ``drawnItems``."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        {{ this.code }}
        var drawnItems = L.featureGroup().addTo({{ this._parent.get_name() }});
        window.drawing = window.drawingOn({{ this._parent.get_name() }}, drawnItems, {{ this.options }});
        window.drawing.edit({{ this.shapes }}, "");
        {% endmacro %}
        """
    )

    def __init__(self, options: dict[str, Any], shapes: Sequence[dict[str, Any]]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Drawing"
        self.code, self.options, self.shapes = _script(), _safe(options), _safe(list(shapes))


def add_drawing(
    chart: folium.Map,
    *,
    kinds: Sequence[str] = KINDS,
    shapes: Sequence[dict[str, Any]] = (),
    lang: Lang = "zh",
) -> None:
    """Put the tools for drawing on a map; they need Leaflet alone.

    What is drawn stands in the group ``drawnItems`` of the page; the map fires ``draw:created``,
    ``draw:edited`` and ``draw:deleted``, which streamlit-folium listens to. Each feature that comes
    back has the properties ``id`` (of a shape that was given, else null), ``kind`` (of a new one),
    ``at`` (milliseconds, so that no two results are the same) and, for a belt, ``belt``.

    Parameters
    ----------
    chart
        The map.
    kinds
        What can be drawn anew: of ``line``, ``polygon`` and ``point``. One new thing at a time.
    shapes
        What is edited by hand: GeoJSON features of :func:`shape_of` and :func:`belt_shape`.
    lang
        Language of the buttons.

    Raises
    ------
    ValueError
        If a kind is not known.
    """
    unknown = [k for k in kinds if k not in KINDS]
    if unknown:
        raise ValueError(f"nothing to draw of kind {unknown[0]!r}: use {', '.join(KINDS)}")
    words = {word: say(f"scenarios.drawing.{word}", lang) for word in _WORDS}
    _Tools({"kinds": list(kinds), "words": words}, shapes).add_to(chart)
    root: Any = chart.get_root()
    root.header.add_child(Element(_STYLE), name="drawing_style")


def shapes_call(
    shapes: Sequence[dict[str, Any]], token: str = "", kinds: Sequence[str] | None = None
) -> str:
    """Return the script that gives shapes to the tools of a map that stays as it is.

    Parameters
    ----------
    shapes
        What is edited from now on; where the map shows just that, nothing changes.
    token
        Another text clears what was drawn, also where the shapes are the same.
    kinds
        What can be drawn from now on, of the kinds that the tools were made with; by default all.
    """
    asked = ", ".join(map(_safe, (list(shapes), token, None if kinds is None else list(kinds))))
    return f"if (window.drawing) {{ window.drawing.edit({asked}); }}\n"


def shape_of(name: str, shape: BaseGeometry) -> dict[str, Any]:
    """Return a shape to edit: vertices and middles of a line or polygon, or a point; WGS84."""
    geometry = json.loads(json.dumps(mapping(shape)), parse_float=lambda t: round(float(t), DIGITS))
    return {"type": "Feature", "properties": {"id": name}, "geometry": geometry}


def belt_shape(name: str, belt: Belt) -> dict[str, Any]:
    """Return an oriented belt to move as a whole and to turn.

    The map draws it on a sphere, to about a third of a percent; what comes back is its middle and
    azimuth, not the corners.
    """
    corners = [[round(float(v), DIGITS) for v in p] for p in [*belt.corners, belt.corners[0]]]
    own = {
        "lon": round(belt.lon, DIGITS), "lat": round(belt.lat, DIGITS),
        "azimuth_deg": round(math.fmod(belt.azimuth_deg, 180), 4),
        "length_km": belt.length_km, "width_km": belt.width_km,
    }  # fmt: skip
    geometry = {"type": "Polygon", "coordinates": [corners]}
    return {"type": "Feature", "properties": {"id": name, "belt": own}, "geometry": geometry}
