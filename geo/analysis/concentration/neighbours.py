"""Nearest neighbours: whether points gather more than chance would have them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.stats import norm

from geo.analysis.bands import band
from geo.analysis.concentration.result import Reason, Result, reasons
from geo.analysis.concentration.study import Study, cloud_for, groups_of, plane_of, study_of
from geo.analysis.provenance import provenance_of
from geo.measure import project_points

__all__ = ["nearest_neighbours"]


def nearest_neighbours(
    points: Any,
    layout: Any = None,
    *,
    study: Any = None,
    by: str | None = None,
    few: int = 30,
    **source: Any,
) -> Result:
    """Return the nearest-neighbour ratio of Clark and Evans, with z, by category.

    Parameters
    ----------
    points, by, **source
        As for ``geo.coverage``.
    layout
        Gives the plane.
    study
        GeoDataFrame or WGS84 polygon in which points could lie, and whose area counts; points
        outside are left out. By default their convex hull, which is the least it can be: the ratio
        is then the largest.
    few
        Rows that rest on fewer points are marked: the normal approximation is then rough.

    Returns
    -------
    Result
        By category: ``count``, ``area_km2``, ``observed_m`` (mean distance to the nearest other
        point of the category), ``expected_m``, ``nn_ratio`` (below 1: gathered; 1: random; up to
        2.149: regular), both with ``_low`` and ``_high``, bounds by the errors of the points;
        ``nn_z`` and two-sided ``nn_p``; ``nn_ratio_donnelly``, ``nn_z_donnelly``, ``nn_p_donnelly`` with the edge
        correction of Donnelly; ``coincident``, how many have a neighbour at distance 0.

    Raises
    ------
    PointsError
        As ``geo.coverage``; and if the study area is none.

    Notes
    -----
    Clark and Evans (1954, *Distance to nearest neighbor as a measure of spatial relationships in
    populations*): expected 0.5 √(A/n), standard error √((4 − π)/(4π)) √A / n. They do without edges; points near
    an edge have their neighbours further off, so the plain ratio is too large. Donnelly (1978,
    *Simulations to determine the variance and edge effect of total nearest-neighbour distance*):
    expected + (0.0514 + 0.041/√n) P/n, variance 0.0703 A/n² + 0.037 P √(A/n⁵), with P the
    perimeter; it is meant for areas without deep bays.
    """
    cloud = cloud_for(points, by=by, **source)
    crs = plane_of(cloud, layout)
    xy = project_points(cloud.lon, cloud.lat, crs)
    area = study_of(study, xy, crs)
    inside = area.holds(xy)
    rows = []
    for name, those in groups_of(cloud):
        own = those & inside
        rows.append({"by": name} | _row(xy[own], cloud.err_m[own], area, few))
    provenance = provenance_of(
        "concentration.method.neighbours", cloud=cloud, crs=crs, by=by, few=few,
        outside_study=int((~inside).sum()), **area.parameters(),
    )  # fmt: skip
    return Result(pd.DataFrame(rows), provenance)


def _row(
    xy: NDArray[np.float64], err: NDArray[np.float64], study: Study, few: int
) -> dict[str, Any]:
    n, area, edge = len(xy), study.shape.area, study.shape.length
    row: dict[str, Any] = {"count": n, "area_km2": area / 1e6, "perimeter_km": edge / 1000}
    why: list[Reason] = []
    if n < 2 or area == 0:
        blank = [float("nan")] * 3
        why.append(("no-neighbour", {}))
        row |= band("observed_m", blank) | {"expected_m": float("nan")} | band("nn_ratio", blank)
        row |= dict.fromkeys(_TESTS, float("nan")) | {"coincident": 0}
        return row | {"few": True} | reasons(why)
    away, which = cKDTree(xy).query(xy, k=2)
    # Of points in one place either may come first: the other of the two is the neighbour.
    nearest, other = away[:, 1], np.where(which[:, 1] == np.arange(n), which[:, 0], which[:, 1])
    low = np.maximum(nearest - err - err.max(), 0).mean()
    three = [float(low), float(nearest.mean()), float((nearest + err + err[other]).mean())]
    expected = 0.5 * math.sqrt(area / n)
    z = (three[1] - expected) / (math.sqrt((4 - math.pi) / (4 * math.pi) * area) / n)
    edged = expected + (0.0514 + 0.041 / math.sqrt(n)) * edge / n
    spread = math.sqrt(0.0703 * area / n**2 + 0.037 * edge * math.sqrt(area / n**5))
    z_edged = (three[1] - edged) / spread
    row |= band("observed_m", three) | {"expected_m": expected}
    row |= band("nn_ratio", [v / expected for v in three])
    tests = (z, _two_sided(z), three[1] / edged, z_edged, _two_sided(z_edged))
    coincident = int((nearest == 0).sum())
    row |= dict(zip(_TESTS, tests, strict=True)) | {"coincident": coincident}
    if n < few:
        why.append(("few", {"n": n, "few": few}))
    if not study.given:
        why.append(("hull", {}))
    if coincident > n / 10:
        why.append(("coincident", {"n": coincident}))
    return row | {"few": n < few} | reasons(why)


_TESTS = ("nn_z", "nn_p", "nn_ratio_donnelly", "nn_z_donnelly", "nn_p_donnelly")


def _two_sided(z: float) -> float:
    return float(2 * norm.sf(abs(z)))
