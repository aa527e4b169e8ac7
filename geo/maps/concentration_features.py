"""What maps of concentration draw: ellipses, densest regions, patches of cells, clusters."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo.maps.features import feature_of
from geo.maps.palette import BLUE, BROWN, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, WINE
from geo.words import Lang, name_of, say
from geo.words.figures import figure

__all__ = [
    "GROWTH_COLOURS", "MORAN_COLOURS", "MOST", "SPOT_COLOURS", "cluster_features", "ellipse_features",
    "growth_features", "key_html", "region_colours", "region_features", "spot_features",
]  # fmt: skip

MOST = 400
"""So many patches or clusters are drawn, the largest; the table has all."""
_DIGITS = 4
_feature = partial(feature_of, digits=_DIGITS)
"""Decimals of drawn coordinates: about ten metres, below the size of any cell."""
_GROUPS = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, WINE, SKY, BROWN)
_REGIONS = ("#FEE391", "#FE9929", "#CC4C02", "#662506")
SPOT_COLOURS = {"hot": VERMILION, "cold": BLUE}
MORAN_COLOURS = {"high-high": VERMILION, "high-low": ORANGE, "low-high": SKY, "low-low": BLUE}
GROWTH_COLOURS = {
    "emerging": VERMILION, "growing": ORANGE, "stable": GREEN, "declining": SKY, "vanished": BLUE,
}  # fmt: skip


def _tip(key: str, lang: Lang, number: str, **values: Any) -> str:
    escaped = {k: html.escape(str(v)) for k, v in values.items()}
    text = say(f"concentrationpage.tip.{key}", lang, **escaped)
    return f"{text}<br><small>№ {html.escape(number)}</small>"


def _filled(colour: str, opacity: float = 0.45, weight: float = 1.0) -> dict[str, Any]:
    return {"color": colour, "weight": weight, "fillColor": colour, "fillOpacity": opacity}


def _percent(value: float) -> str:
    return "–" if value != value else f"{value:.1%}"


def ellipse_features(layer: gpd.GeoDataFrame, lang: Lang) -> list[dict[str, Any]]:  # fmt: skip
    """Return ellipses with their centres; with years, the path of each group's centre as well.

    Parameters
    ----------
    layer
        Of ``geo.mean_centres``.
    lang
        Of the words.
    """
    features = []
    year = "year" if "year" in layer.columns else ""
    everyone = say("concentrationpage.view.everyone", lang)
    groups = list(dict.fromkeys(layer["by"]))
    for k, group in enumerate(groups):
        colour = GREY if group == "" else _GROUPS[(k - 1) % len(_GROUPS)]
        own = layer[layer["by"] == group]
        name = group or everyone
        for row in own[own["lon"].notna()].to_dict("records"):
            when = str(row.get(year, "")) if year else ""
            said = f"{name} {when}".strip()
            number = f"ellipse:{group}:{when}"
            tip = _tip(
                "ellipse", lang, number, name=said, n=figure(row["count"]), km=figure(row["standard_distance_km"], 3),
                azimuth="–" if row["azimuth_deg"] != row["azimuth_deg"] else f"{row['azimuth_deg']:.0f}", err=figure(round(row["centre_err_m"])),
            )  # fmt: skip
            if row["geometry"] is not None and (not year or not when):
                style = _filled(colour, 0.01, 2.2)
                features.append(_feature(row["geometry"], style, tip))
            dot = {"radius": 3.5 if when else 5.5, "color": "#FFFFFF", "weight": 1, "fillColor": colour, "fillOpacity": 1}  # fmt: skip
            label: dict[str, Any] = (
                {} if when else {"label": html.escape(said), "at": [row["lat"], row["lon"]]}
            )
            features.append(_feature(shapely.Point(row["lon"], row["lat"]), dot, tip, **label))
        if year:
            path = own[(own[year] != "") & own["lon"].notna()]
            if len(path) > 1:
                line = shapely.LineString(path[["lon", "lat"]].to_numpy(float))
                tip = _tip("path", lang, f"path:{group}", name=name, first=path[year].iloc[0], last=path[year].iloc[-1])  # fmt: skip
                features.append(_feature(line, {"color": colour, "weight": 2, "fill": False}, tip))
    return features


def region_colours(n: int) -> tuple[str, ...]:
    """Return the colours of so many regions, the largest and least dense first."""
    return _REGIONS[-n:] if n else ()


def region_features(regions: gpd.GeoDataFrame, lang: Lang) -> list[dict[str, Any]]:
    """Return the densest regions, the smaller above the larger.

    Parameters
    ----------
    regions
        Of ``densest_regions``, largest first.
    lang
        Of the words.
    """
    return [
        _feature(
            row["geometry"], _filled(colour, 0.45, 0.8),
            _tip("region", lang, f"region:{row['share_asked']:.0%}", share=_percent(row["share_held"]), km2=figure(row["area_km2"]), density=figure(row["density_km2"], 3)),
        )
        for row, colour in zip(regions.to_dict("records"), region_colours(len(regions)), strict=True)
    ]  # fmt: skip


def _patch_features(
    patches: gpd.GeoDataFrame, kind: str, colours: Mapping[str, str], tip: Any
) -> list[dict[str, Any]]:
    shown = patches.head(MOST)
    return [
        _feature(row["geometry"], _filled(colours[row[kind]]), tip(row))
        for row in shown.to_dict("records")
        if row[kind] in colours
    ]


def spot_features(patches: gpd.GeoDataFrame, kind: str, lang: Lang) -> list[dict[str, Any]]:
    """Return patches of hot and cold cells, or of local Moran's types.

    Parameters
    ----------
    patches
        Of ``patches_of``, with the sum ``cell_value``.
    kind
        ``g_type`` or ``moran_type``.
    lang
        Of the words.
    """
    colours = SPOT_COLOURS if kind == "g_type" else MORAN_COLOURS
    return _patch_features(
        patches, kind, colours,
        lambda r: _tip("spot", lang, f"patch:{r['patch']}", kind=name_of(r, lang, kind), cells=figure(r["cells"]), km2=figure(r["area_km2"]), value=figure(r["cell_value"])),
    )  # fmt: skip


def growth_features(patches: gpd.GeoDataFrame, lang: Lang) -> list[dict[str, Any]]:
    """Return patches of cells of one growth type.

    Parameters
    ----------
    patches
        Of ``patches_of``, with the sums ``at_first`` and ``at_last``.
    lang
        Of the words.
    """
    return _patch_features(
        patches, "type", GROWTH_COLOURS,
        lambda r: _tip("growth", lang, f"patch:{r['patch']}", kind=name_of(r, lang, "type"), cells=figure(r["cells"]), first=figure(r["at_first"]), last=figure(r["at_last"])),
    )  # fmt: skip


def cluster_features(layer: gpd.GeoDataFrame, lang: Lang, *, named: int = 12) -> list[dict[str, Any]]:  # fmt: skip
    """Return the hulls of clusters with their centres, the heaviest with their number.

    Parameters
    ----------
    layer
        Of ``geo.dbscan_clusters``.
    lang
        Of the words.
    named
        So many have their number on the map.
    """
    features = []
    for row in layer.head(MOST).to_dict("records"):
        node = name_of(row, lang, "node") or "–"
        tip = _tip(
            "cluster", lang, f"cluster:{row['cluster']}", k=row["cluster"], n=figure(row["count"]), share=_percent(row["share"]),
            node=node, km=figure(row["node_km"], 3),
        )  # fmt: skip
        if row["geometry"].geom_type == "Polygon":
            features.append(_feature(row["geometry"], _filled(PURPLE, 0.35, 1.4), tip))
        dot = {"radius": 3 + 9 * float(np.sqrt(row["share"])), "color": "#FFFFFF", "weight": 1, "fillColor": WINE, "fillOpacity": 0.85}  # fmt: skip
        label: dict[str, Any] = {"label": str(row["cluster"]), "at": [row["lat"], row["lon"]]} if row["cluster"] <= named else {}  # fmt: skip
        features.append(_feature(shapely.Point(row["lon"], row["lat"]), dot, tip, **label))
    return features


def key_html(entries: Sequence[tuple[str, str]]) -> str:
    """Return a key to colours: a square and words for each; the words are escaped."""
    square = "display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 .9em;border-radius:2px"
    parts = [f'<span style="white-space:nowrap"><i style="{square};background:{colour}"></i>{html.escape(words)}</span>' for colour, words in entries]  # fmt: skip
    return f'<div style="font-size:.9rem">{"".join(parts)}</div>'
