"""The registry of basemaps: each says its layers, datum, whether it needs a key, and whom to name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.measure import Datum, from_wgs84, to_wgs84

__all__ = [
    "BASEMAPS", "Basemap", "Tiles", "datum_of", "feature_from", "features_on", "key_problem", "place_from", "place_on",
    "shape_from", "shape_on",
]  # fmt: skip


@dataclass(frozen=True)
class Tiles:
    """A layer of map tiles.

    Parameters
    ----------
    url
        Address with ``{z}``, ``{x}``, ``{y}`` and, where there are any, ``{s}`` and ``{key}``.
    max_zoom
        Deepest level that is published; beyond it tiles are enlarged.
    servers
        The signs that ``{s}`` stands for, one for each server.
    labels
        Whether the layer holds names alone, to lie above another.
    """

    url: str
    max_zoom: int = 18
    servers: str = ""
    labels: bool = False

    def address(self, key: str = "") -> str:
        """Return the address with a person's key in it; a key of other signs is left out."""
        return self.url.replace("{key}", "" if key_problem(key) else key)


@dataclass(frozen=True)
class Basemap:
    """A source of map tiles.

    Parameters
    ----------
    id
        Name in the registry.
    datum
        Datum of its tiles. Where that is not WGS84, what is drawn over it is shifted, for display
        only, and what is clicked or drawn on it is shifted back.
    layers
        Its tiles, from below.
    attribution
        Whom to name on the map.
    needs_key
        Whether the person must bring a key.
    key_url
        Where a key can be had.
    """

    id: str
    datum: Datum
    layers: tuple[Tiles, ...]
    attribution: str
    needs_key: bool = False
    key_url: str = ""


def _tianditu(layer: str, *, labels: bool = False) -> Tiles:
    url = (
        f"https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
        f"&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
        "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}"
    )
    return Tiles(url, 18, "01234567", labels)


def _amap(server: str, query: str, *, labels: bool = False) -> Tiles:
    url = f"https://{server}{{s}}.is.autonavi.com/appmaptile?{query}&x={{x}}&y={{y}}&z={{z}}"
    return Tiles(url, 18, "1234", labels)


_TIANDITU = "天地图 © 国家地理信息公共服务平台"
_KEY = "https://console.tianditu.gov.cn/"
_AMAP = "© 高德地图"
_ALL = (
    Basemap(
        "osm", Datum.WGS84, (Tiles("https://tile.openstreetmap.org/{z}/{x}/{y}.png", 19),),
        "© OpenStreetMap contributors",
    ),
    Basemap(
        "tianditu", Datum.CGCS2000, (_tianditu("vec"), _tianditu("cva", labels=True)), _TIANDITU, True, _KEY,
    ),
    Basemap("amap", Datum.GCJ02, (_amap("webrd0", "lang=zh_cn&size=1&scale=1&style=8"),), _AMAP),
    Basemap(
        "tianditu-image", Datum.CGCS2000, (_tianditu("img"), _tianditu("cia", labels=True)), _TIANDITU, True, _KEY,
    ),
    Basemap(
        "amap-image", Datum.GCJ02, (_amap("webst0", "style=6"), _amap("webst0", "style=8", labels=True)), _AMAP,
    ),
)  # fmt: skip
BASEMAPS: dict[str, Basemap | None] = {"none": None} | {b.id: b for b in _ALL}
"""``none`` is the default: vectors only, no network, no key."""


def key_problem(key: str) -> bool:
    """Return whether a text cannot be a key: keys are letters and digits."""
    return not (key.isascii() and key.isalnum())


def datum_of(basemap: str) -> Datum:
    """Return the datum that a map shows: that of its basemap."""
    source = BASEMAPS[basemap]
    return Datum.WGS84 if source is None else source.datum


def place_on(basemap: str, lon: float, lat: float) -> tuple[float, float]:
    """Return where a WGS84 place is shown on a basemap."""
    shown: tuple[float, float] = from_wgs84(lon, lat, datum_of(basemap))
    return shown


def place_from(basemap: str, lon: float, lat: float) -> tuple[float, float]:
    """Return the WGS84 place of a click on a basemap."""
    meant: tuple[float, float] = to_wgs84(lon, lat, datum_of(basemap))
    return meant


def _shifted(shape: BaseGeometry, convert: Any, basemap: str) -> BaseGeometry:
    datum = datum_of(basemap)
    if datum in (Datum.WGS84, Datum.CGCS2000):
        return shape
    moved: BaseGeometry = shapely.transform(
        shape, lambda xy: np.column_stack(convert(xy[:, 0], xy[:, 1], datum))
    )
    return moved


def shape_on(basemap: str, shape: BaseGeometry) -> BaseGeometry:
    """Return where a WGS84 geometry is shown on a basemap."""
    return _shifted(shape, from_wgs84, basemap)


def shape_from(basemap: str, shape: BaseGeometry) -> BaseGeometry:
    """Return the WGS84 geometry of what was drawn on a basemap."""
    return _shifted(shape, to_wgs84, basemap)


def feature_from(basemap: str, feature: Mapping[str, Any]) -> dict[str, Any]:
    """Return a GeoJSON feature that was drawn on a basemap, in WGS84."""
    shape = shape_from(basemap, shapely.geometry.shape(feature["geometry"]))
    return {**feature, "geometry": shapely.geometry.mapping(shape)}


def features_on(basemap: str, features: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return WGS84 features for drawing as they are shown on a basemap, with their labels."""
    if datum_of(basemap) in (Datum.WGS84, Datum.CGCS2000):
        return list(features)
    shown = []
    for feature in features:
        shape = shape_on(basemap, shapely.geometry.shape(feature["geometry"]))
        words = dict(feature["properties"])
        if "at" in words:
            lat, lon = words["at"]
            words["at"] = [round(v, 5) for v in place_on(basemap, lon, lat)[::-1]]
        rounded = shapely.transform(shape, lambda xy: xy.round(6))
        shown.append({**feature, "geometry": shapely.geometry.mapping(rounded), "properties": words})  # fmt: skip
    return shown
