"""Cells of a result gathered into regions: the densest that hold a share, and patches of one kind."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.analysis.concentration.result import Layered

__all__ = ["SHARES", "densest_regions", "patches_of"]

SHARES = (0.25, 0.5, 0.75, 0.9)


def densest_regions(density: Layered, shares: Sequence[float] = SHARES) -> gpd.GeoDataFrame:
    """Return the smallest areas that hold given shares of a density.

    Parameters
    ----------
    density
        What ``geo.kernel_density`` returns.
    shares
        Of all weight, each between 0 and 1.

    Returns
    -------
    GeoDataFrame
        WGS84, one row a share that the cells reach, largest region first: ``share_held`` (what the
        cells hold indeed), ``share_asked``, ``cells``, ``area_km2``, ``share_of_area`` of all cells,
        ``density_km2`` (the least of its cells).

    Notes
    -----
    Highest density regions: Hyndman (1996, *Computing and graphing highest density regions*). A cell
    is taken whole, so that a region holds its share at least.
    """
    table = density.table
    order = np.argsort(-table["mass"].to_numpy(), kind="stable")
    held = np.cumsum(table["share"].to_numpy()[order])
    cell_km2 = float(density.provenance.parameters["cell_km"]) ** 2
    rows, shapes = [], []
    cells = density.layer.geometry.to_numpy()
    for share in sorted(shares, reverse=True):
        n = int(np.searchsorted(held, share - 1e-12)) + 1
        if n > len(order):
            continue
        own = order[:n]
        rows.append(
            {
                "share_asked": share, "share_held": float(held[n - 1]), "cells": n, "area_km2": n * cell_km2,
                "share_of_area": n / len(order), "density_km2": float(table["density_km2"].iloc[own[-1]]),
            }
        )  # fmt: skip
        shapes.append(_union(cells[own]))
    columns = ["share_asked", "share_held", "cells", "area_km2", "share_of_area", "density_km2"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=shapes, crs=4326)


def patches_of(
    layer: gpd.GeoDataFrame, kind: str, *, without: Sequence[str] = (), sums: Sequence[str] = ()
) -> gpd.GeoDataFrame:
    """Return cells of one kind that share sides as one patch each.

    Parameters
    ----------
    layer
        Cells, WGS84, with a column of their kind and ``area_km2``.
    kind
        That column.
    without
        Kinds that are left out.
    sums
        Columns that are added up.

    Returns
    -------
    GeoDataFrame
        ``patch`` (from 1, by falling area), the kind with its names, ``cells``, ``area_km2``, the
        sums, ``lon`` and ``lat`` of a point within.
    """
    names = [c for c in (f"{kind}_zh", f"{kind}_en") if c in layer.columns]
    found = []
    for code, own in layer[~layer[kind].isin(list(without))].groupby(kind, sort=True):
        parts = shapely.get_parts(_union(own.geometry.to_numpy()))
        inside = shapely.point_on_surface(own.geometry.to_numpy())
        at, part = shapely.STRtree(parts).query(inside, predicate="within")
        rows = own.iloc[at].assign(part=part).groupby("part")
        summed = rows[["area_km2", *sums]].sum()
        summed.insert(0, "cells", rows.size())
        summed.insert(0, kind, code)
        for name in names:
            summed[name] = own[name].iloc[0]
        found.append(gpd.GeoDataFrame(summed, geometry=parts[summed.index], crs=4326))
    columns = ["patch", kind, *names, "cells", "area_km2", *sums, "lon", "lat", "geometry"]
    if not found:
        return gpd.GeoDataFrame(pd.DataFrame(columns=columns), geometry="geometry", crs=4326)
    merged = pd.concat(found, ignore_index=True)
    merged = merged.sort_values("area_km2", ascending=False, kind="stable", ignore_index=True)
    within = shapely.get_coordinates(shapely.point_on_surface(merged.geometry.to_numpy()))
    merged = merged.assign(patch=range(1, len(merged) + 1), lon=within[:, 0], lat=within[:, 1])
    return gpd.GeoDataFrame(merged[columns], geometry="geometry", crs=4326)


def _union(cells: np.ndarray) -> shapely.Geometry:
    # Corners that cells share differ by rounding: without a common grid slivers stay between them.
    return shapely.union_all(cells, grid_size=1e-7)
