"""Estimated flows, and the star of a hub, on a map in a browser: the wider the larger."""

from __future__ import annotations

import html
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from pyproj import CRS

from geo.maps.features import feature_of
from geo.maps.link_features import (
    BEND,
    arc,
    chevron,
    km_text,
    legend_of,
    place_feature,
    stroke,
    word_at,
)
from geo.maps.palette import BLUE, VERMILION
from geo.words import Lang, name_of, say
from geo.words.figures import figure

__all__ = ["flow_features", "star_features", "width_legend", "width_of"]

_WIDEST, _THINNEST = 11.0, 1.2


def width_of(share: float, largest: float) -> float:
    """Return the width of a flow in pixels: its square root over that of the largest."""
    if not (share > 0 and largest > 0):
        return _THINNEST
    return round(max(_WIDEST * float(np.sqrt(min(share / largest, 1.0))), _THINNEST), 2)


def flow_features(
    pairs: pd.DataFrame, at: Mapping[str, tuple[float, float]], lang: Lang, crs: CRS, *, most: int = 24,
    written: int = 8, chosen: Collection[str] = (), directed: bool = False, table: pd.DataFrame | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return the largest flows as features, the wider the larger.

    Parameters
    ----------
    pairs
        :meth:`geo.analysis.flows.Flows.pairs`.
    at
        Longitude and latitude of each city.
    lang
        Language of the words.
    crs
        Projection in which lines are bent.
    most, written
        So many pairs are drawn, and so many shares written; the rest is in the table.
    chosen
        The two cities whose flow stands out.
    directed
        Whether an arrow head shows the larger direction, from ``table``.
    table
        Rows of :attr:`geo.analysis.flows.Flows.table`, for the two directions.
    """
    drawn = pairs[pairs["share"] > 0].head(most)
    if not len(drawn):
        return []
    largest = float(drawn["share"].max())
    ways = {} if table is None else {(r["a"], r["b"]): float(r["share"]) for r in table.to_dict("records")}  # fmt: skip
    lines, words = [], []
    for k, row in enumerate(drawn.to_dict("records")):
        ends = (row["a"], row["b"])
        there, back = ways.get(ends, 0.0), ways.get(ends[::-1], 0.0)
        start, end = (at[n] for n in (ends if there >= back else ends[::-1]))
        line = arc(start, end, BEND, crs)
        mine = set(ends) == set(chosen)
        style = {"color": VERMILION if mine else BLUE, "weight": width_of(row["share"], largest), "opacity": 0.7, "fill": False, "smoothFactor": 0.2}  # fmt: skip
        tip = _flow_tip(row, there, back, lang)
        lines.append(feature_of(line, style, tip=tip))
        if directed and abs(there - back) > 0.02 * max(there, back):
            head = chevron(line, crs)
            lines.append(feature_of(head, style | {"color": "#222222", "weight": 2.2, "opacity": 0.95}, tip=tip))  # fmt: skip
        if k < written:
            words.append(word_at(f"{100 * row['share']:.1f}%", line.interpolate(0.5, normalized=True)))  # fmt: skip
    names = {r[c]: name_of(r, lang, c) for r in drawn.to_dict("records") for c in ("a", "b")}
    # Thick lines lie beneath, so that thin ones can be hit.
    return [*lines, *(place_feature(at[n], text) for n, text in names.items()), *words]


def _flow_tip(row: Mapping[Any, Any], there: float, back: float, lang: Lang) -> str:
    a, b = (html.escape(name_of(row, lang, c)) for c in ("a", "b"))
    share = say("links.map.share", lang, share=100 * row["share"], low=100 * row["share_low"], high=100 * row["share_high"])  # fmt: skip
    rows = [f"<b>{a} – {b}</b>", html.escape(share)]
    if np.isfinite(row["share_beta_low"]):
        rows.append(html.escape(say("links.map.share-beta", lang, low=100 * row["share_beta_low"], high=100 * row["share_beta_high"])))  # fmt: skip
    if there or back:
        rows += [f"{a} → {b}: {100 * there:.1f}%", f"{b} → {a}: {100 * back:.1f}%"]
    rows.append(html.escape(say("links.map.geodesic", lang, km=figure(row["km"]))))
    rows.append(f"<small>№ flow:{html.escape(str(row['a']))}|{html.escape(str(row['b']))}</small>")
    return "<br>".join(rows)


def star_features(
    table: pd.DataFrame, at: Mapping[str, tuple[float, float]], share: str, lang: Lang, crs: CRS
) -> list[dict[str, Any]]:
    """Return the lines from a hub to its supporters, as wide as their share.

    Parameters
    ----------
    table
        :attr:`geo.analysis.star.Star.table`.
    at
        Longitude and latitude of each seat.
    share
        Column of the shares that give the widths.
    lang
        Language of the words.
    crs
        Projection in which lines are bent.
    """
    own = table[table["hub"].notna()]
    arms = own[own["hub"] != own["seat"]]
    largest = float(np.nanmax(arms[share])) if arms[share].notna().any() else 0.0
    lines, words = [], []
    for row in arms.to_dict("records"):
        line = arc(at[row["hub"]], at[row["seat"]], BEND, crs)
        style = {"color": BLUE, "weight": width_of(float(np.nan_to_num(row[share])), largest), "opacity": 0.75, "fill": False, "smoothFactor": 0.2}  # fmt: skip
        band = say("links.map.band", lang, **{k: f"{row[c]:,.1f}" for k, c in (("km", "km"), ("low", "km_low"), ("high", "km_high"))})  # fmt: skip
        name = html.escape(f"{name_of(row, lang, 'hub')} – {name_of(row, lang, 'seat')}")
        tip = f"<b>{name}</b><br>{html.escape(band)}<br><small>№ star:{html.escape(str(row['seat']))}</small>"
        lines += [feature_of(line, style, tip=tip), feature_of(chevron(line, crs), style | {"weight": 2.2, "color": "#222222"}, tip=tip)]  # fmt: skip
        words.append(word_at(html.escape(km_text(row["km"], lang)), line.interpolate(0.5, normalized=True)))  # fmt: skip
    places = [place_feature(at[r["seat"]], name_of(r, lang, "seat")) for r in own.to_dict("records")]  # fmt: skip
    return [*lines, *places, *words]


def width_legend(largest: float, title: str) -> str:
    """Return the legend of widths as HTML: three shares, each as wide as it is drawn."""
    parts = []
    for share in (largest, largest / 4, largest / 16):
        width = width_of(share, largest)
        parts.append(stroke(BLUE, "", width, f"{100 * share:.1f}%"))  # fmt: skip
    return legend_of(parts, title)
