"""Lorenz curves: which share of a weight lies in the emptiest share of units."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.analysis.concentration.grid import Lattice
from geo.analysis.concentration.partition import partition_of
from geo.analysis.concentration.result import Result
from geo.analysis.concentration.study import cloud_for, members_of, together
from geo.analysis.provenance import provenance_of

__all__ = ["lorenz_curves", "lorenz_of"]

POINTS = 200
"""A curve has this many points at most: more are not seen."""


def lorenz_of(values: NDArray[np.float64], most: int = POINTS) -> NDArray[np.float64]:
    """Return a Lorenz curve.

    Parameters
    ----------
    values
        Shape (n,), 0 or more.
    most
        So many points at most; left out are those that the straight line of the others meets best
        by position, the ends and the first unit that is not empty stay.

    Returns
    -------
    ndarray
        Shape (k, 2), from (0, 0) to (1, 1): share of units, emptiest first, and of the sum. Empty
        where there is no unit or the sum is 0.
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    n, total = len(ordered), float(ordered.sum())
    if not total > 0:
        return np.empty((0, 2))
    held = np.concatenate([[0.0], np.cumsum(ordered) / total])
    held[-1] = 1.0
    at = np.arange(n + 1)
    if n + 1 > most:
        empty = int((ordered == 0).sum())
        # The curve bends most where units are fullest: take points evenly along both of its sides.
        even = np.searchsorted(held, np.linspace(0, 1, most // 2))
        at = np.unique(np.concatenate([[0, empty, n], np.linspace(empty, n, most // 2 - 3).astype(int), even.clip(0, n)]))  # fmt: skip
    return np.column_stack([at / n, held[at]])


def lorenz_curves(
    points: Any,
    footprints: Any,
    *,
    units: gpd.GeoDataFrame | None = None,
    cell_km: float = 1.0,
    lattice: Lattice = "square",
    study: Any = None,
    weight: str | None = None,
    ring_km: float | None = None,
    **source: Any,
) -> Result:
    """Return the Lorenz curves of all units, of those in any footprint and of those in none.

    Parameters
    ----------
    points, footprints, units, cell_km, lattice, study, weight, ring_km, **source
        As for :func:`geo.analysis.concentration.inequality`, whose Gini is twice the area between a
        curve and the diagonal.

    Returns
    -------
    Result
        ``footprint`` (``all``, ``any``, ``none``) with names, ``share_of_units`` and ``share_held``.

    Notes
    -----
    Lorenz (1905, *Methods of measuring the concentration of wealth*). A unit is in a footprint when
    its centre is. There is no band: the table of the indices has them.
    """
    layout = footprints if hasattr(footprints, "meta") else None
    cloud = cloud_for(points, weight=weight, **source)
    part = partition_of(cloud, layout=layout, units=units, cell_km=cell_km, lattice=lattice, study=study)  # fmt: skip
    lon, lat = part.table["lon"].to_numpy(), part.table["lat"].to_numpy()
    inside = members_of(footprints, lon, lat, ring_km=ring_km).of(None)[:, 1]
    sums = part.sums(cloud.weight)
    frames = []
    for code, own in (("all", np.ones(len(part), bool)), ("any", inside), ("none", ~inside)):
        curve = lorenz_of(sums[own])
        head = {k: v for k, v in together(code, 0.0).items() if k.startswith("footprint")}
        frames.append(pd.DataFrame({"share_of_units": curve[:, 0], "share_held": curve[:, 1]}).assign(**head))  # fmt: skip
    provenance = provenance_of(
        "concentration.method.lorenz", cloud=cloud, crs=part.crs, weight=weight, ring_km=ring_km,
        **part.parameters,
    )  # fmt: skip
    return Result(pd.concat(frames, ignore_index=True), provenance)
