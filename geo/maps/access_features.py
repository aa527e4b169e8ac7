"""What maps of access draw: who demands, shaded by cost or score, and what serves them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.maps.cover_features import banded_text, breaks_of
from geo.maps.features import feature_of, tip_of
from geo.maps.layers import unit_features
from geo.maps.legend import marks_html
from geo.maps.palette import GREY, VERMILION
from geo.measure import lonlat_of, project_points
from geo.words import Lang, name_of, say
from geo.words.figures import figure

__all__ = [
    "COSTS", "MOST_POINTS", "SCORES", "facility_features", "point_demand_features",
    "shade_key", "unit_demand_features",
]  # fmt: skip

COSTS = ("#FFFFCC", "#A1DAB4", "#41B6C4", "#2C7FB8", "#253494")
"""Near to far (Brewer's YlGnBu)."""
SCORES = ("#FEEBE2", "#FBB4B9", "#F768A1", "#C51B8A", "#7A0177")
"""Badly to well served (Brewer's RdPu)."""
MOST_POINTS = 1200
"""More points than this are drawn together, square by square."""
_SQUARES_M = (500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16_000.0, 32_000.0, 64_000.0, 128_000.0)


def _shade(value: float, limits: Sequence[float], colours: Sequence[str]) -> str:
    # With fewer limits than colours those in the middle are left out.
    k = int(np.searchsorted(limits, value, side="right"))
    return colours[round(k * (len(colours) - 1) / max(len(limits), 1))]


def shade_key(
    limits: Sequence[float], title: str, colours: Sequence[str] = COSTS, *, none: str = ""
) -> str:
    """Return the key of shades as HTML: a row of swatches with their limits; words are escaped.

    Parameters
    ----------
    limits
        Between shades, rising (``geo.maps.cover_features.breaks_of``).
    title
        What is shaded, with its unit.
    colours
        Light to dark.
    none
        What no shade means.
    """
    names = [f"< {figure(limits[0])}"] if limits else ["–"]
    names += [f"{figure(a)}–{figure(b)}" for a, b in pairwise(limits)]
    names += [f"≥ {figure(limits[-1])}"] if limits else []
    own = [colours[round(k * (len(colours) - 1) / max(len(limits), 1))] for k in range(len(names))]
    return marks_html(
        [*zip(own, names, strict=True), *([("#FFFFFF", none)] if none else [])], title
    )


def unit_demand_features(
    units: gpd.GeoDataFrame, groups: pd.DataFrame, value: str, lang: Lang, *, lines: Sequence[str],
    colours: Sequence[str] = COSTS, limits: Sequence[float] | None = None, chosen: str = "",
) -> list[dict[str, Any]]:  # fmt: skip
    """Return administrative units shaded by what their people have.

    Parameters
    ----------
    units
        Administrative units.
    groups
        One row a unit: ``group`` (its code), ``<value>`` and the columns of ``lines``.
    value
        Column of the shades.
    lang
        Language of the words.
    lines
        Columns that a tooltip tells, with bands where there are some; ``share…`` as percent.
    colours
        Light to dark.
    limits
        Between shades; by default fifths of the values.
    chosen
        Code of the unit whose border stands out.
    """
    rows = {str(r["group"]): r for r in groups.to_dict("records")}
    breaks = breaks_of(groups[value]) if limits is None else limits
    features = unit_features(units, lang)
    for feature, unit in zip(features, units.to_dict("records"), strict=True):
        code = str(unit["adcode"])
        row = rows.get(code, {})
        number = float(row.get(value, float("nan")))
        mine = code == chosen
        known = bool(np.isfinite(number))
        feature["properties"] = {
            "st": {
                "color": VERMILION if mine else GREY, "weight": 3 if mine else 0.8, "fillOpacity": 0.7 if known else 0.05,
                "fillColor": _shade(number, breaks, colours) if known else "#FFFFFF",
            },
            "tip": tip_of(name_of(unit, lang), [_told(row, c, lang) for c in lines if c in row], f"unit:{code}"),
        }  # fmt: skip
    return sorted(features, key=lambda f: float(f["properties"]["st"]["weight"]))


def _told(row: dict[Any, Any], column: str, lang: Lang) -> str:
    percent = column.startswith("share")
    name = say(f"report.column.{column}", lang)
    if f"{column}_low" in row:
        return f"{name}: {banded_text(row, column, percent=percent)}"
    value = float(row[column])
    return f"{name}: {f'{100 * value:.1f}%' if percent else figure(value)}"


def point_demand_features(
    demand: pd.DataFrame, value: str, lang: Lang, crs: CRS, *, colours: Sequence[str] = COSTS,
    limits: Sequence[float] | None = None, most: int = MOST_POINTS,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return points shaded by what they have; where there are many, square by square.

    Parameters
    ----------
    demand
        ``id``, names, ``lon``, ``lat``, ``demand`` and ``<value>`` with its band.
    value
        ``cost`` or ``score``. Of a square: the mean by weight of its points that have a finite one.
    lang
        Language of the words.
    crs
        Planar projection of the squares.
    colours, limits
        As of :func:`unit_demand_features`.
    most
        So many features at most.
    """
    breaks = breaks_of(demand[value]) if limits is None else limits
    if len(demand) <= most:
        return [
            feature_of(
                shapely.Point(row["lon"], row["lat"]), _dot(float(row[value]), breaks, colours, 4.0),
                tip_of(name_of(row, lang), [_told(row, value, lang)], f"place:{row['id']}"),
            )
            for row in demand.to_dict("records")
        ]  # fmt: skip
    squares, size = _squared(demand, value, crs, most)
    radius = 2.5 + 7 * np.sqrt(squares["n"] / squares["n"].max())
    return [
        feature_of(
            shapely.Point(row["lon"], row["lat"]), _dot(float(row["value"]), breaks, colours, round(float(r), 1)),
            tip_of(
                say("access.map.square", lang, n=f"{row['n']:,}", km=f"{size / 1000:g}"),
                [f"{say(f'access.map.mean-{value}', lang)}: {figure(row['value'])}"], f"square:{k}",
            ),
        )
        for k, (row, r) in enumerate(zip(squares.to_dict("records"), radius, strict=True))
    ]  # fmt: skip


def _dot(value: float, limits: Sequence[float], colours: Sequence[str], radius: float) -> dict[str, Any]:  # fmt: skip
    colour = _shade(value, limits, colours) if np.isfinite(value) else "#FFFFFF"
    return {"radius": radius, "color": GREY, "weight": 0.6, "fillColor": colour, "fillOpacity": 0.9}


def _squared(demand: pd.DataFrame, value: str, crs: CRS, most: int) -> tuple[pd.DataFrame, float]:
    xy = project_points(demand["lon"].to_numpy(), demand["lat"].to_numpy(), crs)
    for size in _SQUARES_M:
        column, row = np.floor((xy - xy.min(axis=0)) / size).astype(np.int64).T
        cells, of = np.unique(column * 1_000_000 + row, return_inverse=True)
        if len(cells) <= most:
            break
    own = demand[value].to_numpy(float)
    known = np.isfinite(own)
    # Where all weigh nothing each counts as one.
    weight = demand["demand"].to_numpy(float)
    weight = np.where(known, weight if weight.sum() > 0 else 1.0, 0.0)
    counts, total = np.bincount(of), np.bincount(of, weight)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(of, weight * np.where(known, own, 0.0)) / total
    at = [np.bincount(of, xy[:, k]) / counts for k in (0, 1)]
    lon, lat = lonlat_of(at[0], at[1], crs.to_wkt())
    return pd.DataFrame({"lon": lon, "lat": lat, "n": counts, "value": mean}), float(size)


def facility_features(facilities: pd.DataFrame, lang: Lang, *, chosen: str = "") -> list[dict[str, Any]]:  # fmt: skip
    """Return facilities as dots; the ``chosen`` one (by id) stands out.

    Parameters
    ----------
    facilities
        ``Reached.facilities`` or ``Access.facilities``.
    lang
        Language of the words.
    """
    lines = ("demand", "share", "mean_cost", "supply", "supply_ratio")
    features = []
    for row in facilities.to_dict("records"):
        mine = str(row["id"]) == chosen
        style = {
            "radius": 7.5 if mine else 5, "color": "#222222" if mine else "#FFFFFF", "weight": 2.5 if mine else 1,
            "fillColor": VERMILION, "fillOpacity": 0.95,
        }  # fmt: skip
        told = [_told(row, c, lang) for c in lines if c in row]
        features.append(feature_of(shapely.Point(row["lon"], row["lat"]), style, tip_of(name_of(row, lang), told, f"facility:{row['id']}")))  # fmt: skip
    return sorted(features, key=lambda f: float(f["properties"]["st"]["weight"]))
