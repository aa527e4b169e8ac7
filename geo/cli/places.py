"""Whom commands about services serve, and places as a layer: what ``reach`` and ``site`` share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from geo.cli.counting import tell
from geo.words import Lang, say

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geo.analysis.places import Places
    from geo.model.layout import Layout

__all__ = ["demand_of", "with_points"]


def demand_of(
    own: Layout, points: str | None, units: gpd.GeoDataFrame | None, step_km: float, asked: Mapping[str, Any],
    lang: Lang,
) -> Places:  # fmt: skip
    """Return the points that a call names, or else the people of the layout's units, and say whom.

    Parameters
    ----------
    own
        The layout.
    points
        Source of points, or ``None`` for people.
    units
        Administrative units of the layout.
    step_km
        Side of the squares that they are cut into; 0 for one place a unit.
    asked
        Roles and reading of the points.
    lang
        Of what is said on standard error.
    """
    from geo.analysis.places import points_as_places, units_as_places

    if points is not None:
        places = points_as_places(points, layout=own, **asked)
        if places.cloud is not None:
            tell(places.cloud, lang)
        return places
    if units is None:
        raise typer.BadParameter(
            "without points the people of administrative units are the demand, and the layout names none: "
            "give points, bring units by --units FILE, or see [units] in layout.toml"
        )
    places = units_as_places(own, units, step_km=step_km or None)
    told = {"n": f"{places.weight.sum():,.0f}", "left": f"{places.left_out:,.0f}", "km": f"{step_km:g}"}  # fmt: skip
    key = "access.out.people" if step_km else "access.out.people-whole"
    typer.echo(say(key, lang, **told), err=True)
    return places


def with_points(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return a table of places with their points."""
    import geopandas as gpd

    if "lon" not in table.columns:
        raise typer.BadParameter(
            "this table has no geometry: use table, json, csv or xlsx, or another --table"
        )
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=4326)  # fmt: skip
