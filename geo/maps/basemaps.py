"""The registry of basemaps: each says its datum, whether it needs a key, and whom to name."""

from __future__ import annotations

from dataclasses import dataclass

from geo.measure import Datum

__all__ = ["BASEMAPS", "Basemap"]


@dataclass(frozen=True)
class Basemap:
    """A source of map tiles.

    Parameters
    ----------
    id
        Name in the registry.
    datum
        Datum of its tiles. Where that is not WGS84, what is drawn over it is shifted, for display
        only.
    url
        Tile address with ``{z}``, ``{x}``, ``{y}`` and, where a key is needed, ``{key}``.
    attribution
        Whom to name on the map.
    needs_key
        Whether the person must bring a key.
    """

    id: str
    datum: Datum
    url: str
    attribution: str
    needs_key: bool = False


BASEMAPS: dict[str, Basemap | None] = {
    "none": None,
    "osm": Basemap(
        "osm",
        Datum.WGS84,
        "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
        "© OpenStreetMap contributors",
    ),
    "tianditu": Basemap(
        "tianditu",
        Datum.CGCS2000,
        "https://t0.tianditu.gov.cn/vec_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
        "&LAYER=vec&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
        "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}",
        "天地图 © 国家地理信息公共服务平台",
        needs_key=True,
    ),
    "amap": Basemap(
        "amap",
        Datum.GCJ02,
        "https://webrd01.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}",
        "© 高德地图",
    ),
}
"""``none`` is the default: vectors only, no network, no key."""
