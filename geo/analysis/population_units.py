"""People by administrative unit, as areal interpolation places them: what a map of them shows."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.analysis.areas import planar_units
from geo.analysis.population import Population
from geo.model.layout import Layout

__all__ = ["people_by_unit"]


def people_by_unit(found: Population, layout: Layout, units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return how many people were placed in each unit, and how.

    Parameters
    ----------
    found
        What :func:`geo.population` returned for ``layout`` and ``units``, of census figures.
    layout
        The layout.
    units
        Administrative units (``geo.read_units``).

    Returns
    -------
    DataFrame
        One row for each unit, in their order: ``unit_id`` and names, ``area_km2``, ``population``
        that the balance places in it, ``density_km2``, and ``own_share``: the share of these people
        (of 1) that a figure counted in this very unit, while the others share a figure with other
        units. The figures of a row that spans several units are spread evenly over their area, so
        that all rows add up to ``found.placed``.
    """
    area = shapely.area(planar_units(layout, units)) / 1e6
    code = units["adcode"].astype(str).to_numpy()
    people, own = np.zeros(len(units)), np.zeros(len(units))
    for row in found.balance.to_dict("records"):
        held = np.isin(code, str(row["units"]).split())
        if not held.any() or row["id"] == "total":
            continue
        people[held] += row["placed"] * area[held] / area[held].sum()
        if len(set(code[held])) == 1:
            own[held] += row["placed"] * area[held] / area[held].sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(people > 0, own / people, np.nan)
        density = np.where(area > 0, people / area, np.nan)
    return pd.DataFrame(
        {
            "unit_id": code, "unit_zh": units["name_zh"].to_numpy(), "unit_en": units["name_en"].to_numpy(),
            "area_km2": area, "population": people, "density_km2": density, "own_share": share,
        }
    )  # fmt: skip
