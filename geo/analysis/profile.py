"""The profile along an axis: what lies at each kilometre of chainage, left and right of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.stats import norm

from geo.analysis.bands import BLANK, band
from geo.analysis.cloud import Cloud, cloud_of
from geo.analysis.profile_features import Stretches, continuity, longest_gap, peaks
from geo.analysis.provenance import Provenance, provenance_of
from geo.analysis.reach import Possible, possible_places
from geo.analysis.routes import WHERES, Floats, Route, route_of
from geo.errors import PointsError
from geo.io.reading import AUTO
from geo.measure import project, project_points

__all__ = ["SIDES", "Profile", "What", "profile", "smoothing"]

What = Literal["count", "sum", "density"]
SIDES = ("all", "left", "right")
_CHUNK = 4_096
"""Points looked at together, whose tables then stay in the cache."""


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
    tally = _Tally.of(route, edges, cloud)
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


@dataclass(frozen=True, eq=False)
class _Tally:
    """Counts and weights, above and below 0, of low, central and high by category and group."""

    edges: Floats
    names: tuple[str, ...]
    grouped: bool
    weighed: bool
    counts: NDArray[np.int64]
    """Shape (3, categories, groups): bins on both sides, left, right; then the four wheres, all."""
    sums: Floats
    stretches: Stretches

    @classmethod
    def of(cls, route: Route, edges: Floats, cloud: Cloud) -> _Tally:
        bins, kinds = len(edges) - 1, len(cloud.names)
        groups = 3 * bins + len(WHERES) + 1
        counts = np.zeros((3, kinds * groups))
        signed = np.zeros((2, 3, kinds * groups))
        parts = []
        for k in range(0, max(len(cloud), 1), _CHUNK):
            some = slice(k, k + _CHUNK)
            xy = project_points(cloud.lon[some], cloud.lat[some], route.crs) if len(cloud) else np.empty((0, 2))  # fmt: skip
            may = possible_places(route, edges, xy, cloud.err_m[some] + route.err_m)
            parts.append(Stretches.within(may))
            weight, codes = cloud.weight[some], cloud.codes[some]
            for level, member in enumerate(_members(may, bins)):
                point, group = np.nonzero(member)
                key = codes[point] * groups + group
                counts[level] += np.bincount(key, minlength=kinds * groups)
                for sign, own in enumerate((np.maximum(weight, 0), np.minimum(weight, 0))):
                    signed[sign, level] += np.bincount(key, own[point], minlength=kinds * groups)
        # A negative weight makes a sum smaller where it comes in.
        sums = signed[0] + signed[1][::-1]
        shape = (3, kinds, groups)
        joined = [np.concatenate([getattr(p, f) for p in parts]) for f in Stretches.__annotations__]  # fmt: skip
        grouped = cloud.names != ("",)
        return cls(
            edges, cloud.names, grouped, cloud.weighed, counts.astype(np.int64).reshape(shape),
            sums.reshape(shape), Stretches(*joined),
        )  # fmt: skip

    def categories(self) -> list[tuple[str, Any]]:
        order = sorted(range(len(self.names)), key=lambda k: self.names[k]) if self.grouped else []
        return [("", slice(None)), *((self.names[k] or BLANK, slice(k, k + 1)) for k in order)]

    def bins(self, what: What, kernel: Floats | None) -> pd.DataFrame:
        size = len(self.edges) - 1
        frames = []
        for s, side in enumerate(SIDES):
            group = slice(s * size, (s + 1) * size)
            for name, own in self.categories():
                n = self.counts[:, own, group].sum(axis=1)
                total = self.sums[:, own, group].sum(axis=1)
                value = (total if what == "sum" or (what == "density" and self.weighed) else n).astype(float)  # fmt: skip
                if kernel is not None:
                    value = value @ kernel.T
                if what == "density":
                    value = value / (np.diff(self.edges) / 1000)
                columns = {"side": side, "by": name, "from_km": self.edges[:-1] / 1000, "to_km": self.edges[1:] / 1000}  # fmt: skip
                columns |= band("count", list(n))
                columns |= band("sum", list(total)) if self.weighed else {}
                frames.append(pd.DataFrame(columns | band("value", list(value))))
        return pd.concat(frames, ignore_index=True)

    def totals(self) -> pd.DataFrame:
        rows = []
        for k, where in enumerate((*WHERES, "all"), 3 * (len(self.edges) - 1)):
            for name, own in self.categories():
                row: dict[str, Any] = {"where": where, "by": name}
                row |= band("count", self.counts[:, own, k].sum(axis=1).tolist())
                if self.weighed:
                    row |= band("sum", self.sums[:, own, k].sum(axis=1).tolist())
                rows.append(row)
        return pd.DataFrame(rows)


def _members(may: Possible, bins: int) -> list[NDArray[np.bool_]]:
    """Return of low, central and high which points (rows) are in which group (columns)."""

    def grouped(cells: NDArray[np.bool_]) -> NDArray[np.int32]:
        left, right, out = np.split(cells.astype(np.int32), [bins, 2 * bins], axis=1)
        inside, beyond = (part.sum(axis=1, keepdims=True, dtype=np.int32) for part in (cells[:, : 2 * bins], out))  # fmt: skip
        return np.hstack([left + right, left, right, inside, out, inside + beyond])

    hits = grouped(may.cells)
    # Surely in a group is what can be nowhere else.
    return [(hits > 0) & (hits == hits[:, -1:]), grouped(may.as_said) > 0, hits > 0]


def _nodes(route: Route) -> tuple[Floats, Floats]:
    """Return the located nodes of a corridor (seats of a belt), planar, with their errors."""
    items = [] if route.layout is None else [route.layout[name] for name in route.nodes]
    located = [i for i in items if i.geometry is not None]
    xy = [shapely.get_coordinates(shapely.centroid(project(i.geometry, route.crs)))[0] for i in located]  # fmt: skip
    err = [float(i.err_m or 0.0) + route.err_m for i in located]
    return np.reshape(np.array(xy, dtype=float), (-1, 2)), np.array(err)
