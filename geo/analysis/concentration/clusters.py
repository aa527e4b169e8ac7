"""Clusters of points by density (DBSCAN), named by the nearest node of the layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy.spatial import cKDTree

from geo.analysis.bands import BLANK, band
from geo.analysis.cloud import Cloud
from geo.analysis.concentration.result import Layered, Reason, named, reasons
from geo.analysis.concentration.study import cloud_for, plane_of
from geo.analysis.provenance import provenance_of
from geo.errors import PointsError
from geo.measure import outline, project, project_points, unproject

__all__ = ["Clusters", "CrowdedError", "dbscan_clusters"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FEW = 5
MOST_PAIRS = 150_000_000
"""More neighbours are refused: scikit-learn holds all of them, eight bytes each."""
_SAMPLE = 2_000
_COLUMNS = [
    "cluster", "count", "weight", "share", "lon", "lat", "hull_km2", "density_km2", "node", "node_zh",
    "node_en", "node_km", "node_err_m", "why_zh", "why_en",
]  # fmt: skip


class CrowdedError(PointsError):
    """There are more neighbours than memory would hold.

    Attributes
    ----------
    fits_m
        A radius within which there are fewer, metres.
    """

    def __init__(self, message: str, fits_m: float) -> None:
        super().__init__(message)
        self.fits_m = fits_m


@dataclass(frozen=True, eq=False, repr=False)
class Clusters(Layered):
    """What :func:`dbscan_clusters` returns.

    Attributes
    ----------
    mix
        One row a cluster and category: ``count``, ``weight`` and ``share`` of the cluster's weight.
    totals
        ``clustered`` and ``all``, the first with its band.
    cluster
        Shape (n,): the number of each point's cluster, 0 for none; in the order of the cloud.
    """

    mix: pd.DataFrame
    totals: pd.DataFrame
    cluster: Ints


def dbscan_clusters(
    points: Any,
    layout: Any = None,
    *,
    eps_m: float = 500.0,
    least: float | None = None,
    by: str | None = None,
    weight: str | None = None,
    **source: Any,
) -> Clusters:
    """Return clusters of points by DBSCAN, each with the nearest node, its hull and its mix.

    Parameters
    ----------
    points, by, weight, **source
        As for ``geo.coverage``; weights are 0 or more.
    layout
        Gives the plane, and the nodes that clusters are named by.
    eps_m
        Points are neighbours within this distance, metres.
    least
        A point is a core when it and its neighbours together weigh so much at least (or are so
        many, without weights); by default 10 points, or the weight of ten average ones.

    Returns
    -------
    Clusters
        ``table``, with convex hulls as shapes, heaviest first: ``cluster``, ``count``, ``weight``,
        ``share`` of all weight, ``lon``, ``lat`` of the mean centre, ``hull_km2``, ``density_km2`` (weight
        over hull), ``node`` with names, ``node_km`` from the centre to it and ``node_err_m``,
        ``top`` category and ``top_share``. The cluster of a border point that two share is the
        one found first. ``totals``: what lies in any cluster, with low and high: bounds when each
        point may be off by the largest error of all, since distances then change by twice that
        at most and the clustered points grow with ``eps_m``.

    Raises
    ------
    PointsError
        As ``geo.coverage``; and if ``eps_m`` or ``least`` is not above 0.
    CrowdedError
        If so many points are neighbours within ``eps_m`` that memory would not hold them.

    Notes
    -----
    Ester, Kriegel, Sander and Xu (1996, *A density-based algorithm for discovering clusters in
    large spatial databases with noise*); computed by scikit-learn.
    """
    cloud = cloud_for(points, by=by, weight=weight, **source)
    if least is None:
        least = 10 * float(cloud.weight.mean()) if cloud.weighed else 10
    if not (eps_m > 0 and least > 0):
        raise PointsError(f"eps_m is {eps_m:g} and least {least:g}: both must be above 0")
    crs = plane_of(cloud, layout)
    xy = project_points(cloud.lon, cloud.lat, crs)
    label = _labels(xy, cloud.weight, eps_m, least)
    number = _by_weight(label, cloud.weight)
    nodes = _nodes(layout, crs)
    rows, hulls, mix = [], [], []
    total = float(cloud.weight.sum())
    order = np.argsort(number, kind="stable")
    ends = np.cumsum(np.bincount(number, minlength=1))
    for k, own in enumerate(np.split(order, ends[:-1])[1:], 1):
        hull = shapely.convex_hull(shapely.MultiPoint(xy[own]))
        rows.append({"cluster": k} | _row(cloud, own, xy, hull, total, crs, nodes))
        hulls.append(hull)
        mix += [{"cluster": k} | r for r in _mix(cloud, own)] if by else []
    worst = float(cloud.err_m.max())
    provenance = provenance_of(
        "concentration.method.clusters", cloud=cloud, crs=crs, by=by, weight=weight, eps_m=eps_m,
        least=least, largest_err_m=worst,
    )  # fmt: skip
    return Clusters(
        pd.DataFrame(rows, columns=None if rows else _COLUMNS),
        provenance, lambda: [outline(h, crs) for h in hulls],
        pd.DataFrame(mix, columns=["cluster", "by", "count", "weight", "share"]),
        _totals(cloud, xy, label, eps_m, least, worst), number,
    )  # fmt: skip


def _labels(xy: Floats, weight: Floats, eps_m: float, least: float) -> Ints:
    from sklearn.cluster import DBSCAN

    whole = int(least)
    if whole != least:
        # The library takes whole numbers alone: let 1 stand for the least, a rounding off to be in.
        whole, weight = 1, weight / least * (1 + 1e-12)
    # Points in one place, such as one address, share their neighbours: one stands for them all.
    places, which = np.unique(xy, axis=0, return_inverse=True)
    _refuse_crowds(places, eps_m)
    found = DBSCAN(eps=eps_m, min_samples=whole, algorithm="kd_tree").fit(
        places, sample_weight=np.bincount(which.ravel(), weight)
    )
    return np.asarray(found.labels_[which.ravel()], dtype=np.int64)


def _refuse_crowds(places: Floats, eps_m: float) -> None:
    """Raise if the places have too many neighbours, by an even sample of them."""
    if len(places) < MOST_PAIRS**0.5:
        return
    some = places[:: max(len(places) // _SAMPLE, 1)]
    tree = cKDTree(places)
    near = neighbours = float(np.mean(tree.query_ball_point(some, eps_m, return_length=True)))
    fits = eps_m
    while near * len(places) > MOST_PAIRS:
        fits *= 0.8
        near = float(np.mean(tree.query_ball_point(some, fits, return_length=True)))
    if fits < eps_m:
        raise CrowdedError(
            f"{len(places):,} places have about {neighbours:,.0f} neighbours each within {eps_m:g} m, "
            f"too many to hold at once: give a smaller eps_m, such as {fits:.0f}, or fewer points, such "
            "as those of one category",
            fits,
        )


def _by_weight(label: Ints, weight: Floats) -> Ints:
    """Return clusters numbered from 1 by falling weight, 0 for none."""
    sums = np.bincount(label + 1, weight, minlength=1)[1:]
    rank = np.empty(len(sums) + 1, dtype=np.int64)
    rank[0] = 0
    rank[1 + np.argsort(-sums, kind="stable")] = np.arange(1, len(sums) + 1)
    return np.asarray(rank[label + 1])


def _row(
    cloud: Cloud, own: Ints, xy: Floats, hull: Any, total: float, crs: CRS, nodes: list[tuple[Any, Any]]
) -> dict[str, Any]:  # fmt: skip
    weight = cloud.weight[own]
    held = float(weight.sum())
    centre = weight @ xy[own] / held
    at = unproject(shapely.Point(centre), crs)
    area = hull.area / 1e6
    row = {
        "count": len(own), "weight": held, "share": held / total, "lon": at.x, "lat": at.y,
        "hull_km2": area, "density_km2": held / area if area > 0 else float("nan"),
    }  # fmt: skip
    why: list[Reason] = [] if area > 0 else [("no-hull", {})]
    if len(own) < FEW:
        why.append(("few", {"n": len(own), "few": FEW}))
    row |= {"node": "", "node_zh": "", "node_en": "", "node_km": float("nan"), "node_err_m": float("nan")}  # fmt: skip
    if nodes:
        away = [float(np.hypot(*(np.array(p) - centre))) / 1000 for _, p in nodes]
        item, near = nodes[int(np.argmin(away))][0], min(away)
        row |= {
            "node": item.id, "node_zh": item.name_zh, "node_en": item.name_en, "node_km": near,
            "node_err_m": item.err_m or 0.0,
        }  # fmt: skip
        if (item.err_m or 0.0) / 1000 > max(near, 0.1):
            why.append(("rough-node", {"err_m": item.err_m}))
    if cloud.names != ("",):
        first = max(_mix(cloud, own), key=lambda r: r["weight"])
        row |= {"top": first["by"], "top_share": first["share"]}
    return row | reasons(why)


def _nodes(layout: Any, crs: CRS) -> list[tuple[Any, Any]]:
    """Return the located nodes of a layout with their place in the plane."""
    if layout is None:
        return []
    items = [i for i in layout.of_layer("node") if i.geometry is not None]
    points = [project(shapely.centroid(i.geometry), crs) for i in items]
    return [(i, (p.x, p.y)) for i, p in zip(items, points, strict=True)]


def _mix(cloud: Cloud, own: Ints) -> list[dict[str, Any]]:
    codes, weight, n = cloud.codes[own], cloud.weight[own], len(cloud.names)
    counts, sums = np.bincount(codes, minlength=n), np.bincount(codes, weight, minlength=n)
    return [
        {"by": cloud.names[k] or BLANK, "count": int(counts[k]), "weight": float(sums[k]), "share": float(sums[k] / sums.sum())}
        for k in sorted(range(n), key=lambda k: (-sums[k], cloud.names[k])) if counts[k]
    ]  # fmt: skip


def _totals(
    cloud: Cloud, xy: Floats, label: Ints, eps_m: float, least: float, worst: float
) -> pd.DataFrame:
    inside = [label >= 0] * 3
    if worst > 0:
        inside[2] = _labels(xy, cloud.weight, eps_m + 2 * worst, least) >= 0
        narrow = eps_m - 2 * worst
        inside[0] = (
            _labels(xy, cloud.weight, narrow, least) >= 0 if narrow > 0 else cloud.weight >= least
        )
    total = float(cloud.weight.sum())
    sums = [float(cloud.weight[i].sum()) for i in inside]
    clustered = named("where", "where", "clustered") | band("count", [int(i.sum()) for i in inside])
    clustered |= band("weight", sums) | band("share", [s / total for s in sums])
    everything = named("where", "where", "all") | band("count", [len(cloud)] * 3)
    everything |= band("weight", [total] * 3) | band("share", [1.0] * 3)
    return pd.DataFrame([clustered, everything])
