"""The ground that a map keeps while its layers change: basemap tiles, the mark of a click, the view."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from geo.maps.basemaps import BASEMAPS, datum_of, place_on, shape_on
from geo.measure import Datum
from geo.words import Lang, say

__all__ = ["GROUND_STYLE", "View", "ground_call", "highlight_features", "view_of"]

_WORDS = (
    "network", "slow", "key", "refused", "without", "again", "close", "locate", "denied", "lost",
)  # fmt: skip
INK, LIGHT = "#111111", "#FFD400"
GROUND_STYLE = """<style>
.ground-notice{position:absolute;z-index:1100;left:50%;bottom:28px;transform:translateX(-50%);width:min(430px,calc(100% - 24px));box-sizing:border-box;
background:#fff;color:#111;border:1px solid #767676;border-left:5px solid #D55E00;border-radius:4px;padding:8px 12px;
font:13px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif;box-shadow:0 1px 5px rgba(0,0,0,.3)}
.ground-notice span{display:block;margin-bottom:6px}
.ground-notice button{min-height:30px;margin-right:8px;padding:2px 10px;border:1px solid #767676;border-radius:4px;background:#fff;color:#111;font:inherit;font-weight:600;cursor:pointer}
.ground-notice button:focus-visible,.ground-locate:focus-visible{outline:3px solid #0072B2;outline-offset:1px}
.ground-mark{background:none;border:0}
.ground-mark i{position:absolute;inset:0;border:3px solid #111;border-radius:50%;box-shadow:0 0 0 2px #FFD400,inset 0 0 0 2px #FFD400}
.leaflet-bar a.ground-locate{display:flex;align-items:center;justify-content:center}
</style>"""


@cache
def _script() -> str:
    return files("geo.maps").joinpath("scripts/ground.js").read_text("utf-8")


@dataclass(frozen=True)
class View:
    """Where a map is to look, and the place to mark there; WGS84.

    Attributes
    ----------
    token
        A map moves once for each token: another text moves it again.
    bounds
        West, south, east, north, or ``None`` to stay.
    place
        Longitude and latitude to mark, or ``None``.
    zoom
        Not nearer than this.
    """

    token: str
    bounds: tuple[float, float, float, float] | None = None
    place: tuple[float, float] | None = None
    zoom: int = 15


def view_of(token: str, shape: BaseGeometry, place: tuple[float, float] | None = None) -> View:
    """Return the view that shows a WGS84 geometry whole."""
    west, south, east, north = shape.bounds
    return View(token, (west, south, east, north), place, 14)


def _tiles(basemap: str, key: str) -> dict[str, Any] | None:
    source = BASEMAPS[basemap]
    if source is None or (source.needs_key and not key):
        return None
    return {
        "id": source.id, "attribution": source.attribution, "keyed": source.needs_key,
        "layers": [
            {"url": t.address(key), "zoom": t.max_zoom, "servers": t.servers} for t in source.layers
        ],
    }  # fmt: skip


def ground_call(
    lang: Lang, *, basemap: str = "none", key: str = "", view: View | None = None
) -> str:
    """Return the script that gives a map its tiles and view; where both are there nothing happens.

    The map says in words where tiles fail, for want of a network or of a valid key, and its vectors
    stay. It marks where one clicks, and offers to go to the place of the device, which is asked for
    on demand only.

    Parameters
    ----------
    lang
        Language of what the map says.
    basemap
        One of ``geo.maps.basemaps.BASEMAPS``; one that needs a key is left out without it.
    key
        The person's key. It is in the page of that person alone.
    view
        Where to look.
    """
    options: dict[str, Any] = {
        "tiles": _tiles(basemap, key), "datum": datum_of(basemap).value,
        "words": {word: say(f"map.ground.{word}", lang) for word in _WORDS},
        # A device gives WGS84, which a click on a shifted map is not.
        "locate": datum_of(basemap) in (Datum.WGS84, Datum.CGCS2000),
        "view": None if view is None else _shown(view, basemap),
    }  # fmt: skip
    text = json.dumps(options, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    safe = text.replace("<", "\\u003c")
    return f"{_script()}window.groundOn(map_div, {safe});\n"


def _shown(view: View, basemap: str) -> dict[str, Any]:
    def at(lon: float, lat: float) -> list[float]:
        x, y = place_on(basemap, lon, lat)
        return [round(y, 6), round(x, 6)]

    bounds = None
    if view.bounds is not None:
        west, south, east, north = view.bounds
        bounds = [at(west, south), at(east, north)]
    place = None if view.place is None else at(*view.place)
    return {"token": view.token, "bounds": bounds, "place": place, "zoom": view.zoom}


def highlight_features(
    shapes: Sequence[BaseGeometry], *, basemap: str = "none", tolerance_deg: float = 1e-4
) -> list[dict[str, Any]]:
    """Return outlines that make things stand out, above all else and not to be clicked.

    Parameters
    ----------
    shapes
        WGS84 geometries.
    basemap
        Whose datum they are drawn in.
    tolerance_deg
        To which they are simplified: some ten metres.
    """
    features = []
    for shape in shapes:
        simple = shape if shape.geom_type == "Point" else shapely.simplify(shape, tolerance_deg)
        drawn = shapely.transform(shape_on(basemap, simple), lambda xy: xy.round(5))
        for style in ({"color": LIGHT, "weight": 8, "opacity": 0.9}, {"color": INK, "weight": 2}):
            style |= {"fill": False, "interactive": False, "radius": 11}
            features.append(
                {
                    "type": "Feature", "geometry": shapely.geometry.mapping(drawn),
                    "properties": {"st": style},
                }
            )  # fmt: skip
    return features
