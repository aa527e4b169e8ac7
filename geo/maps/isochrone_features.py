"""What maps of isochrones draw: the ground within each limit, and its key.

Layers go by what the legend calls them, so that the map in a browser and the printed one
(``geo.maps.static.map_file(further=…)``) show the same.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo.maps.features import feature_of, tip_of
from geo.maps.legend import marks_html
from geo.maps.palette import BLUE, BROWN, GREEN, ORANGE, PURPLE, SKY, VERMILION, WINE
from geo.network.travel import Measure
from geo.words import Lang, name_of, say
from geo.words.figures import figure

__all__ = ["MOST", "band_colours", "isochrone_key", "isochrone_layers"]

MOST = 600
"""So many grounds are drawn, the largest first; the table has all."""
_VERTICES = 12_000
"""Outlines are simplified, from 10 m on, until they have no more vertices in all."""
_HUES = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, WINE, SKY, BROWN)


def band_colours(n: int) -> tuple[str, ...]:
    """Return the colours of so many bands, the nearest first and darkest: one hue, told by lightness."""
    dark, pale = (np.array([int(c[k : k + 2], 16) for k in (1, 3, 5)]) for c in ("#00375A", "#BFDCEB"))  # fmt: skip
    base, steps = np.array([int(BLUE[k : k + 2], 16) for k in (1, 3, 5)]), np.linspace(0, 1, max(n, 2))[:n]  # fmt: skip
    mixed = [dark + (base - dark) * 2 * s if s < 0.5 else base + (pale - base) * (2 * s - 1) for s in steps]  # fmt: skip
    return tuple("#" + "".join(f"{round(v):02X}" for v in rgb) for rgb in mixed)


def isochrone_layers(table: gpd.GeoDataFrame, lang: Lang, *, of: Measure = "minutes") -> dict[str, list[dict[str, Any]]]:  # fmt: skip
    """Return the ground of each limit, by what the legend calls it, the farthest first.

    Parameters
    ----------
    table
        Of ``geo.isochrones``.
    lang
        Of the words.
    of
        What the limits are in.

    Returns
    -------
    dict
        GeoJSON features by name. Of one ground for all facilities, nearer is darker; where each
        facility has its own, it has its own hue, and nearer is less transparent.
    """
    shown = table[table.geometry.notna()]
    shown = shown.loc[shown["area_km2"].sort_values(ascending=False, kind="stable").index[:MOST]]
    shapes = dict(zip(shown.index, _simple(shown.geometry.to_numpy()), strict=True))
    cuts = sorted(set(table["cut"]))
    colours = dict(zip(cuts, band_colours(len(cuts)), strict=True))
    apart = "facility" in table.columns
    hues = {f: _HUES[k % len(_HUES)] for k, f in enumerate(dict.fromkeys(table["facility"]))} if apart else {}  # fmt: skip
    layers: dict[str, list[dict[str, Any]]] = {}
    for rank, cut in reversed(list(enumerate(cuts))):
        features = []
        for index, row in shown[shown["cut"] == cut].iterrows():
            colour = hues[row["facility"]] if apart else colours[cut]
            opacity = 0.6 - 0.4 * rank / max(len(cuts) - 1, 1) if apart else 0.55
            style = {"color": colour, "weight": 0.8, "fillColor": colour, "fillOpacity": round(opacity, 2)}  # fmt: skip
            features.append(feature_of(shapes[index], style, _ground_tip(row, lang, of)))
        layers[_band_name(table, cut, lang, of)] = features
    return layers


def _band_name(table: gpd.GeoDataFrame, cut: float, lang: Lang, of: Measure) -> str:
    low = float(table.loc[table["cut"] == cut, "cut_low"].iloc[0])
    words = say(f"isochrones.band.{of}", lang, low=f"{low:g}", high=f"{cut:g}")
    estimate = bool(table["estimate"].any())
    return say("isochrones.band.estimate", lang, band=words) if estimate else words


def _ground_tip(row: Any, lang: Lang, of: Measure) -> str:
    band = say(f"isochrones.band.{of}", lang, low=f"{row['cut_low']:g}", high=f"{row['cut']:g}")
    lines = [
        say("isochrones.tip.area", lang, km2=figure(row["area_km2"]), within=figure(row["within_km2"])),
    ]  # fmt: skip
    if row["road_km"] == row["road_km"]:
        lines.append(say("isochrones.tip.road", lang, km=figure(row["road_km"])))
    if row["estimate"]:
        lines.append(say("isochrones.tip.estimate", lang))
    name = name_of(row, lang, "facility") if "facility" in row else ""
    head = f"{name}: {band}" if name else band
    return tip_of(head, lines, f"isochrone:{row['cut']:g}:{row.get('facility', '')}")


def isochrone_key(table: gpd.GeoDataFrame, lang: Lang, title: str, *, of: Measure = "minutes") -> str:  # fmt: skip
    """Return the key of the ground of each limit as HTML, the nearest first.

    Parameters
    ----------
    table, lang, of
        As of :func:`isochrone_layers`.
    title
        What stands before it.
    """
    cuts = sorted(set(table["cut"]))
    colours = band_colours(len(cuts))
    return marks_html([(colours[k], _band_name(table, c, lang, of)) for k, c in enumerate(cuts)], title)  # fmt: skip


def _simple(shapes: Any) -> Any:
    """Return shapes with no more vertices in all than a map can hold."""
    step, simple = 1e-4, shapes
    while len(simple) and shapely.get_num_coordinates(simple).sum() > _VERTICES and step < 0.1:
        simple = shapely.simplify(shapes, step)
        step *= 2
    return simple
