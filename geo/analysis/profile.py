"""The profile along an axis: what lies at each kilometre of chainage, left and right of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from scipy.stats import norm

from geo.analysis.cloud import cloud_of
from geo.analysis.profile_features import Stretches, continuity, longest_gap, peaks
from geo.analysis.profile_tally import SIDES, Tally, What
from geo.analysis.progress import Progress
from geo.analysis.provenance import Provenance, provenance_of
from geo.analysis.routes import Floats, Route, route_of
from geo.errors import PointsError
from geo.io.reading import AUTO
from geo.measure import project

__all__ = ["SIDES", "Profile", "What", "profile", "smoothing"]


@dataclass(frozen=True, eq=False, repr=False)
class Profile:
    """What :func:`profile` returns.

    Attributes
    ----------
    bins
        One row for each side (all, left, right), category (and blank for all) and bin: ``from_km``,
        ``to_km``, ``count`` with its band, ``sum`` with its band where there are weights, and
        ``value`` with its band: what was asked for, smoothed if that was asked for.
    totals
        Points inside, before the start, after the end, beside, and all, by category, with bands.
        The bins add up to what is inside.
    features
        Peaks of the value, the longest gap between points and between nodes, the share of the
        length with enough points and the longest unbroken run of it, with bands.
    provenance
        How it came about.
    """

    bins: pd.DataFrame
    totals: pd.DataFrame
    features: pd.DataFrame
    provenance: Provenance


def profile(
    points: Any,
    corridor: Any,
    *,
    step_km: float = 1.0,
    within_km: float | None = None,
    smooth_km: float | None = None,
    what: What = "count",
    prominence: float = 0.1,
    least_per_km: float = 1.0,
    axis_err_m: float | None = None,
    by: str | None = None,
    weight: str | None = None,
    datum: str = AUTO,
    lon: str | None = None,
    lat: str | None = None,
    sheet: str | None = None,
    err_m: float = 0.0,
    progress: Progress | None = None,
) -> Profile:
    """Count points by chainage along an axis, left and right of it.

    Parameters
    ----------
    points
        As for ``geo.coverage``; or a cloud.
    corridor
        A corridor or oriented belt of a layout, a ``Corridor``, a ``Belt`` (its long axis), or a
        WGS84 LineString.
    step_km
        Length of a bin; the last one is what is left, and counts the end itself.
    within_km
        How far from the axis counts; by default half the local width.
    smooth_km
        Standard deviation of a Gaussian kernel; without it nothing is smoothed.
    what
        The value of a bin: ``count``; ``sum`` of the weights; or ``density``, which is that per km
        (of the weights where there are any).
    prominence
        Least prominence of a peak, as a share of the largest value.
    least_per_km
        So many points per km make a stretch count as occupied.
    axis_err_m
        Positional error of the axis; by default its own.
    by, weight, datum, lon, lat, sheet, err_m
        As for ``geo.coverage``.
    progress
        Called with how many points have been counted, and how many there are.

    Returns
    -------
    Profile
        Low counts the points that are in a bin wherever they lie within the errors of axis and
        point together, high those that are in it somewhere there: bounds, exact along a straight
        axis of one width, and never too narrow at bends and tapers. The kernel is reflected at the ends
        (Silverman, 1986, Density Estimation for Statistics and Data Analysis, section 2.10), so
        that smoothing keeps the total. Points beyond an end are in no bin: the round ends of a
        footprint are left out.

    Raises
    ------
    PointsError
        If there is no axis or width, a number makes no sense, or the points cannot be read.
    """
    _check(what, step_km=step_km, smooth_km=smooth_km, prominence=prominence, least=least_per_km)
    route = route_of(corridor, within_km=within_km, axis_err_m=axis_err_m)
    cloud = cloud_of(
        points, by=by, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m,
        layout=route.layout,
    )  # fmt: skip
    if what == "sum" and not cloud.weighed:
        raise PointsError("what='sum' needs weights: give weight, or count with what='count'")
    edges = _edges(route.length, step_km * 1000)
    tally = Tally.of(route, edges, cloud, progress)
    kernel = None if smooth_km is None else smoothing(edges / 1000, smooth_km)
    bins = tally.bins(what, kernel)
    whole = bins[(bins["side"] == "all") & (bins["by"] == "")]
    rows = [*peaks(whole, prominence), *continuity(whole, least_per_km)]
    rows.append(longest_gap("gap-points", tally.stretches, route.length))
    nodes = _nodes(route)
    if len(nodes[0]):
        rows.append(longest_gap("gap-nodes", Stretches.of(route, *nodes), route.length))
    order = [
        "feature", "chainage_km", "from_km", "to_km", "value", "prominence", "length_km_low", "length_km",
        "length_km_high", "share_low", "share", "share_high",
    ]  # fmt: skip
    provenance = provenance_of(
        "profile.method.profile", cloud=cloud, crs=route.crs, about=route.id, what=what, by=by, weight=weight, step_km=step_km,
        within_km=within_km, smooth_km=smooth_km, kernel="" if smooth_km is None else "gaussian, reflected",
        prominence=prominence, least_per_km=least_per_km, axis_err_m=route.err_m, length_km=route.length / 1000,
    )  # fmt: skip
    return Profile(bins, tally.totals(), pd.DataFrame(rows, columns=order), provenance)


def _check(what: str, *, step_km: float, smooth_km: float | None, prominence: float, least: float) -> None:  # fmt: skip
    if what not in ("count", "sum", "density"):
        raise PointsError(f"unknown value {what!r}: count, sum or density")
    if not (math.isfinite(step_km) and step_km > 0):
        raise PointsError(f"step_km is {step_km}: give a length above 0 km")
    if smooth_km is not None and not (math.isfinite(smooth_km) and smooth_km > 0):
        raise PointsError(f"smooth_km is {smooth_km}: give a bandwidth above 0 km, or none")
    if not 0 < prominence <= 1:
        raise PointsError(f"prominence is {prominence}: give a share above 0 and up to 1")
    if not least > 0:
        raise PointsError(f"least_per_km is {least}: give a number above 0")


def _edges(length: float, step: float) -> Floats:
    if length / step > 100_000:
        raise PointsError(f"a step of {step / 1000:g} km makes more than 100,000 bins: give a longer one")  # fmt: skip
    # A rest of less than a millimetre is rounding, not a bin.
    count = max(math.ceil((length - 1e-3) / step), 1)
    return np.concatenate([np.arange(count) * step, [length]])


def smoothing(edges_km: Floats, bandwidth_km: float) -> Floats:
    """Return the matrix that smooths bins with a Gaussian kernel reflected at both ends.

    Parameters
    ----------
    edges_km
        Shape (n + 1,): bounds of the bins.
    bandwidth_km
        Standard deviation of the kernel.

    Returns
    -------
    array of shape (n, n)
        Column k says how what lies at the middle of bin k is spread; each adds up to 1.
    """
    length = edges_km[-1] - edges_km[0]
    middle = (edges_km[1:] + edges_km[:-1]) / 2 - edges_km[0]
    turns = math.ceil(9 * bandwidth_km / (2 * length)) + 1
    spread = np.zeros((len(middle), len(middle)))
    for k in range(-turns, turns + 1):
        for image in (2 * k * length + middle, 2 * k * length - middle):
            below = norm.cdf((edges_km[:, None] - edges_km[0] - image) / bandwidth_km)
            spread += np.diff(below, axis=0)
    return np.asarray(spread / spread.sum(axis=0))


def _nodes(route: Route) -> tuple[Floats, Floats]:
    """Return the located nodes of a corridor (seats of a belt), planar, with their errors."""
    items = [] if route.layout is None else [route.layout[name] for name in route.nodes]
    located = [i for i in items if i.geometry is not None]
    xy = [shapely.get_coordinates(shapely.centroid(project(i.geometry, route.crs)))[0] for i in located]  # fmt: skip
    err = [float(i.err_m or 0.0) + route.err_m for i in located]
    return np.reshape(np.array(xy, dtype=float), (-1, 2)), np.array(err)
