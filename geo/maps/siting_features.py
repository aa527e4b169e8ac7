"""What maps of siting draw: who stays beyond, the sites by number, the place that is tried."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from geo.maps.access_features import point_demand_features
from geo.maps.cover_features import banded_text, unit_value_features
from geo.maps.legend import marks_html
from geo.maps.palette import GREEN, ORANGE, VERMILION, WINE
from geo.words import Lang, name_of, say
from geo.words.figures import figure

__all__ = ["SHARES", "demand_features", "site_features", "siting_key", "trial_feature", "unit_features_of"]  # fmt: skip

SHARES = (0.2, 0.4, 0.6, 0.8)
_DIGITS = 5
_NEAR = "#9ECAE1"


def unit_features_of(units: gpd.GeoDataFrame, by_group: pd.DataFrame, lang: Lang) -> list[dict[str, Any]]:  # fmt: skip
    """Return units shaded by the share of their demand that stays beyond.

    Parameters
    ----------
    units
        Administrative units.
    by_group
        Of :class:`geo.analysis.siting.Sites`.
    lang
        Language of the words.
    """
    table = by_group.rename(columns={"group": "unit_id"})
    lines = {"share_beyond": True, "beyond": False}
    return unit_value_features(units, table, "share_beyond", lang, breaks=SHARES, lines=lines)


def demand_features(
    served: pd.DataFrame, lang: Lang, crs: CRS, *, within: float, most: int = 1200
) -> list[dict[str, Any]]:  # fmt: skip
    """Return points blue within the limit and orange beyond it; where there are many, square by square.

    Parameters
    ----------
    served
        Of :class:`geo.analysis.siting.Sites`.
    lang
        Language of the words.
    crs
        Planar projection of the squares, which are coloured by their mean.
    within
        The limit.
    most
        So many features at most.
    """
    rows = served[served["weight"] > 0].rename(columns={"weight": "demand"})
    return point_demand_features(rows, "cost", lang, crs, colours=(_NEAR, ORANGE), limits=(within,), most=most)  # fmt: skip


def _told(row: dict[Any, Any], columns: Sequence[str], lang: Lang) -> list[str]:
    lines = []
    for column in columns:
        value = float(row[column])
        if value == value:
            text = f"{100 * value:.1f}%" if column.startswith("share") else figure(value)
            lines.append(f"{say(f'report.column.{column}', lang)}: {text}")
    return lines


def _point(lon: float, lat: float, style: dict[str, Any], rows: Sequence[str], number: str, label: str) -> dict[str, Any]:  # fmt: skip
    at = [round(lon, _DIGITS), round(lat, _DIGITS)]
    tip = "<br>".join([*rows, f"<small>№ {html.escape(number)}</small>"])
    words = {"st": style, "tip": tip} | (
        {"label": html.escape(label), "at": at[::-1]} if label else {}
    )
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": at}, "properties": words}  # fmt: skip


def site_features(sites: pd.DataFrame, lang: Lang) -> list[dict[str, Any]]:
    """Return what is open already, and over it the new sites by the number of their order.

    Parameters
    ----------
    sites
        Of :class:`geo.analysis.siting.Sites`.
    lang
        Language of the words.
    """
    features = []
    for row in sites.sort_values("order", kind="stable").to_dict("records"):
        old = bool(row["existing"])
        style = {
            "radius": 6 if old else 9, "color": "#FFFFFF", "weight": 2,
            "fillColor": WINE if old else VERMILION, "fillOpacity": 0.95,
        }  # fmt: skip
        head = f"<b>{html.escape(name_of(row, lang))}</b>"
        stage = say("siting.map.existing" if old else "siting.map.new", lang, k=row["order"])
        lines = [html.escape(t) for t in (stage, *_told(row, ("served", "share_served", "mean_cost"), lang))]  # fmt: skip
        label = "" if old else str(row["order"])
        features.append(_point(row["lon"], row["lat"], style, [head, *lines], f"site:{row['id']}", label))  # fmt: skip
    return features


def trial_feature(lon: float, lat: float, change: pd.DataFrame, lang: Lang) -> dict[str, Any]:
    """Return the place that is tried.

    Parameters
    ----------
    lon, lat
        WGS84 degrees.
    change
        Of :class:`geo.analysis.siting.Trial`.
    lang
        Language of the words.
    """
    row = change.iloc[0].to_dict()
    style = {"radius": 9, "color": "#FFFFFF", "weight": 2, "fillColor": GREEN, "fillOpacity": 0.95}
    lines = [f"<b>{html.escape(say('siting.map.tried', lang))}</b>"]
    if "gained" in row:
        name = say("report.column.gained", lang)
        lines.append(html.escape(f"{name}: {banded_text(row, 'gained')}"))
    return _point(lon, lat, style, lines, "trial", "+")


def siting_key(lang: Lang, *, points: bool) -> str:
    """Return the key of the marks as HTML."""
    marks = [(VERMILION, "key-new"), (WINE, "key-existing"), (GREEN, "key-tried")]
    marks += [(_NEAR, "key-within"), (ORANGE, "key-beyond")] if points else []
    return marks_html([(c, say(f"siting.map.{name}", lang)) for c, name in marks], dots=True)
