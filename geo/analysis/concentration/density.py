"""Kernel density: the weight of points, smoothed, over the cells of a grid."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.special import ndtr

from geo.analysis.concentration.grid import Grid, grid_over
from geo.analysis.concentration.result import Layered, Reason, reasons
from geo.analysis.concentration.study import cloud_for, of_category, plane_of, study_of
from geo.analysis.progress import Progress
from geo.analysis.provenance import provenance_of
from geo.errors import PointsError
from geo.measure import outline, project_points, unproject

__all__ = ["bandwidth_of", "kernel_density"]

Floats = NDArray[np.float64]
REACH = 4.5
"""Bandwidths by which the grid goes beyond the points: 1.4e-5 of the weight is left out at most."""
_BLOCK = 20_000


def kernel_density(
    points: Any,
    layout: Any = None,
    *,
    bandwidth_m: float | Literal["scott", "silverman"] = "scott",
    cell_km: float = 1.0,
    study: Any = None,
    by: str | None = None,
    category: str | None = None,
    weight: str | None = None,
    progress: Progress | None = None,
    **source: Any,
) -> Layered:
    """Return the kernel density of points or their weight over the cells of a grid.

    Parameters
    ----------
    points, by, weight, **source
        As for ``geo.coverage``; weights are 0 or more.
    layout
        Gives the plane.
    bandwidth_m
        Standard deviation of the kernel in metres, or the rule by which it is found.
    cell_km
        Side of the cells.
    study
        GeoDataFrame or WGS84 polygon: only cells that share an area with it. By default all cells
        within 4.5 bandwidths of the box about the points.
    category
        Of the column ``by``: only its points.
    progress
        Called with how many points are done, and of how many; what it raises ends the work.

    Returns
    -------
    Layered
        One row a cell, with its square as the shape: ``cell``, ``lon``, ``lat`` of its centre,
        ``mass`` (the integral of the density over the cell), ``density_km2``, ``share`` of all
        weight. The provenance has ``bandwidth_m``, ``total`` and ``mass_share``, the part of the total
        that the cells hold: above 0.99998 where no study area is given, but for rounding.

    Raises
    ------
    PointsError
        As ``geo.coverage``; for a bandwidth that is no length or cannot be found; and for a
        category that no point has.

    Notes
    -----
    A normal kernel of one bandwidth in all directions. Its integral over a square is a product of
    two differences of the normal distribution, so every cell has its exact mass and no point is
    binned (Silverman, 1986, *Density Estimation for Statistics and Data Analysis*, section 4.2).
    Scott (1992, *Multivariate Density Estimation*) and Silverman give the same rule in two
    dimensions: σ n^(−1/6), with σ² the mean variance of x and y and n = (Σw)² / Σw². It suits one
    round cluster and smooths several too much. There is no edge correction, and no band: where
    points may be further off than a bandwidth, it is said.
    """
    cloud = cloud_for(points, by=by, weight=weight, **source)
    those = of_category(cloud, category)
    weights = cloud.weight[those]
    total = float(weights.sum())
    if total == 0:
        raise PointsError("the weights are all 0: there is no density to give")
    crs = plane_of(cloud, layout)
    xy = project_points(cloud.lon[those], cloud.lat[those], crs)
    width = bandwidth_of(xy, weights, bandwidth_m)
    if study is None:
        box = shapely.box(*(xy.min(axis=0) - REACH * width), *(xy.max(axis=0) + REACH * width))
        grid = grid_over(box, cell_km * 1000)
    else:
        grid = grid_over(study_of(study, xy, crs).shape, cell_km * 1000)
    mass = _masses(xy, weights, width, grid, progress)
    lonlat = shapely.get_coordinates(unproject(shapely.points(grid.centres), crs))
    worst = float(cloud.err_m[those].max())
    why: list[Reason] = [("rough-kernel", {"err_m": worst, "bandwidth_m": width})] if worst > width else []  # fmt: skip
    table = pd.DataFrame(
        {
            "cell": [f"{i}:{j}" for i, j in grid.index], "lon": lonlat[:, 0], "lat": lonlat[:, 1],
            "mass": mass, "density_km2": mass / cell_km**2, "share": mass / total,
        }
    ).assign(**reasons(why))  # fmt: skip
    provenance = provenance_of(
        "concentration.method.density", cloud=cloud, crs=crs, by=by, category=category, weight=weight,
        rule=bandwidth_m if isinstance(bandwidth_m, str) else "given", bandwidth_m=width,
        cell_km=cell_km, cells=len(table), total=total, mass_share=float(mass.sum() / total),
        study="given" if study is not None else "box about the points",
    )  # fmt: skip
    return Layered(table, provenance, lambda: outline(grid.polygons, crs))


def bandwidth_of(xy: Floats, weights: Floats, bandwidth: float | str) -> float:
    """Return the bandwidth in metres: the number that is given, or that of a rule.

    Parameters
    ----------
    xy
        Shape (n, 2), planar metres.
    weights
        Shape (n,), 0 or more, not all 0.
    bandwidth
        Metres, or ``scott`` or ``silverman``, which are the same in two dimensions.

    Raises
    ------
    PointsError
        If it is neither, or all points are in one place.
    """
    if isinstance(bandwidth, str):
        if bandwidth not in ("scott", "silverman"):
            raise PointsError(f"unknown rule {bandwidth!r} for the bandwidth: scott, silverman, or metres")  # fmt: skip
        total = weights.sum()
        away = xy - weights @ xy / total
        spread = float(np.sqrt((weights @ away**2).sum() / total / 2))
        if spread == 0:
            raise PointsError("all points are in one place: give the bandwidth in metres")
        return float(spread * (total**2 / (weights @ weights)) ** (-1 / 6))
    if not (np.isfinite(bandwidth) and bandwidth > 0):
        raise PointsError(f"the bandwidth is {bandwidth}: give metres above 0")
    return float(bandwidth)


def _masses(
    xy: Floats, weights: Floats, width: float, grid: Grid, progress: Progress | None
) -> Floats:  # fmt: skip
    """Return the integral of the kernels over each cell: separable, so a product of two matrices."""
    (i0, j0), (i1, j1) = grid.index.min(axis=0), grid.index.max(axis=0)
    edges = [np.arange(a, b + 2) * grid.size_m for a, b in ((i0, i1), (j0, j1))]
    whole = np.zeros((i1 - i0 + 1, j1 - j0 + 1))
    for start in range(0, len(xy), _BLOCK):
        part = slice(start, start + _BLOCK)
        across, along = (
            np.diff(ndtr((e[:, None] - xy[None, part, k]) / width), axis=0)
            for k, e in enumerate(edges)
        )
        whole += (across * weights[part]) @ along.T
        if progress is not None:
            progress(min(start + _BLOCK, len(xy)), len(xy))
    return np.asarray(whole[grid.index[:, 0] - i0, grid.index[:, 1] - j0])
