"""Map features of policies: the units and zones whose policies apply at a place, and the place."""

from __future__ import annotations

import html
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geo.analysis.policies import Policies
from geo.analysis.policy_grounds import DIGITS
from geo.io.provinces import read_provinces
from geo.maps.features import feature_of, tip_of
from geo.maps.palette import BLUE, GREEN, ORANGE, PURPLE, VERMILION
from geo.measure import project, unproject
from geo.model.layout import WGS84, Layout
from geo.words import Lang, name_of, say

__all__ = ["policy_features", "policy_layer", "shape_of_place"]

SIMPLIFY_M = {"province": 800.0, "city": 150.0, "district": 60.0, "zone": 15.0}
_COLOURS = {"province": PURPLE, "city": BLUE, "district": GREEN, "zone": ORANGE}
_DIGITS = 4


def shape_of_place(
    layout: Layout, units: gpd.GeoDataFrame | None, level: str, place: str
) -> BaseGeometry | None:
    """Return where the policies of a place apply, WGS84, as fine as a map shows it.

    Parameters
    ----------
    layout
        The layout.
    units
        Administrative units, or ``None``.
    level, place
        As in the table of policies.
    """
    if level == "zone":
        found = layout[place].footprint if place in layout else None
        shapes = [] if found is None else [found]
    else:
        provinces = read_provinces(layout) if level == "province" else None
        table = provinces if provinces is not None else units
        if level not in DIGITS or table is None:
            return None
        own = table["adcode"].astype(str).str.startswith(place[: DIGITS[level]])
        shapes = list(table.geometry[own])
    if not shapes:
        return None
    planar = shapely.union_all([project(g, layout.crs) for g in shapes])
    drawn: BaseGeometry = unproject(shapely.simplify(planar, SIMPLIFY_M[level]), layout.crs)
    return drawn


def policy_layer(
    found: Policies, layout: Layout, units: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Return the units and zones whose policies apply, the widest first: how many, and how sure.

    Returns
    -------
    GeoDataFrame
        WGS84: ``id``, names, ``level``, ``lies``, ``count`` of policies, ``status``, ``source``.
    """
    rows: list[dict[str, Any]] = []
    places = {(r["level"], r["place"]): r for r in found.places.to_dict("records")}
    for (level, place), group in found.table.groupby(["level", "place"], sort=False):
        shape = shape_of_place(layout, units, str(level), str(place))
        if shape is None:
            continue
        first = group.iloc[0]
        status = layout[str(place)].status if level == "zone" else "digitised"
        rows.append(
            {
                "id": str(place), "name_zh": first["place_zh"], "name_en": first["place_en"], "level": level,
                "lies": first["lies"], "count": len(group), "status": status,
                "source": places.get((level, place), {}).get("unit_source", ""), "geometry": shape,
            }
        )  # fmt: skip
    columns = ["id", "name_zh", "name_en", "level", "lies", "count", "status", "source", "geometry"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=WGS84)


def policy_features(found: Policies, layer: gpd.GeoDataFrame, lang: Lang) -> list[dict[str, Any]]:
    """Return the map features of the units and zones, and a ring about the place.

    Parameters
    ----------
    found
        What applies.
    layer
        Of :func:`policy_layer`.
    lang
        Of the words.
    """
    features = []
    for row in layer.to_dict("records"):
        dashed = {} if row["lies"] == "surely" else {"dashArray": "6 5"}
        level = say(f"policies.level.{row['level']}", lang)
        words = say(
            "policies.page.tip", lang, level=level, n=row["count"], lies=_lies(row["lies"], lang)
        )
        style = {"color": _COLOURS[row["level"]], "weight": 2, "fillOpacity": 0.06} | dashed
        name = name_of(row, lang)
        tip = tip_of(name, [words], row["id"])
        features.append(feature_of(row["geometry"], style, tip, digits=_DIGITS))
    style = {"radius": 8, "color": VERMILION, "weight": 3, "fillOpacity": 0}
    tip = html.escape(say("policies.page.here", lang))
    return [*features, feature_of(shapely.Point(found.lon, found.lat), style, tip, digits=6)]


def _lies(code: str, lang: Lang) -> str:
    return say(f"policies.lies.{code}" if code == "assumed" else f"here.lies.{code}", lang)
