"""Coverage curves of several layers together, and the distances at which they bend."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.stats import t as student

from geo.analysis.cloud import Cloud
from geo.analysis.curves import DISTANCES_KM, Curve, coverage_curve
from geo.analysis.provenance import Provenance, provenance_of
from geo.errors import PointsError
from geo.model.items import CorridorItem
from geo.words import Lang, name_of, say

__all__ = ["Breaks", "Curves", "break_points", "coverage_curves", "line_costs", "segments"]

Floats = NDArray[np.float64]

_NAMES = ("curve", "curve_zh", "curve_en")
_LEAST = 3
"""Distances that each line has at least: through two there is always one."""
_ROUNDING = 1e-9
"""Residuals below this share of the range of the curve are rounding."""


@dataclass(frozen=True, eq=False, repr=False)
class Curves:
    """What :func:`coverage_curves` returns.

    Attributes
    ----------
    table
        One row for each curve, distance and category: ``curve`` (its name, and its names
        ``curve_zh``, ``curve_en``), then the columns of ``Curve.table``.
    curves
        Each curve by its name.
    provenance
        How they came about.
    """

    table: pd.DataFrame
    curves: Mapping[str, Curve]
    provenance: Provenance


def coverage_curves(
    points: Any,
    features: Any,
    *,
    distances_km: Sequence[float] = DISTANCES_KM,
    **options: Any,
) -> Curves:
    """Count points within distances of several things, one pass for each.

    Parameters
    ----------
    points
        As for ``geo.coverage``.
    features
        A mapping of names to what ``geo.coverage_curve`` measures from; features of a layout; or a
        layout, for its corridors that have an axis.
    distances_km
        In growing order, 0 or more.
    **options
        As for ``geo.coverage_curve``: ``of``, ``by``, ``weight``, ``datum`` …

    Raises
    ------
    PointsError
        As ``geo.coverage_curve``; and if there is nothing to measure from.
    """
    named = _named(features)
    if not named:
        raise PointsError("no curve is asked for: give features, or a mapping of names to them")
    curves = {
        name: coverage_curve(points, about, distances_km=distances_km, **options)
        for name, about in named.items()
    }
    parts = [
        c.table.assign(
            curve=name, curve_zh=name_of(named[name], "zh") or name, curve_en=name_of(named[name], "en") or name
        )
        for name, c in curves.items()
    ]  # fmt: skip
    table = pd.concat(parts, ignore_index=True)
    first = next(iter(curves.values()))
    known = {
        "name": first.name, "rows": first.rows - first.rejected, "rejected": first.rejected,
        "datum": first.reading.datum, "synthetic": first.synthetic,
    }  # fmt: skip
    wanted = {k: options[k] for k in ("of", "by", "weight") if k in options}
    crs = {
        str(c): c
        for c in (getattr(getattr(a, "layout", None), "crs", None) for a in named.values())
    }
    method = provenance_of(
        "profile.method.curves", crs=next(iter(crs.values())) if len(crs) == 1 else None, curves=list(curves), distances_km=list(distances_km),
        about_err_m=[c.err_m for c in curves.values()], **wanted,
    )  # fmt: skip
    columns = [*_NAMES, *(c for c in table.columns if c not in _NAMES)]
    return Curves(
        table[columns], curves, Provenance(method.method, method.crs, method.parameters, known)
    )


def _named(features: Any) -> dict[str, Any]:
    if isinstance(features, Mapping):
        return {str(name): about for name, about in features.items()}
    if hasattr(features, "of_layer"):
        features = [c for c in features.of_layer("corridor") if isinstance(c, CorridorItem) and c.shape]  # fmt: skip
    if isinstance(features, Sequence) and all(hasattr(f, "layout") for f in features):
        return {f.id: f for f in features}
    raise PointsError(
        "curves are of features of a layout, a layout, or a mapping of names to shapes"
    )


@dataclass(frozen=True, eq=False, repr=False)
class Breaks:
    """What :func:`break_points` returns.

    Attributes
    ----------
    table
        One row for each curve and break: ``curve`` and its names, ``distance_km`` with its interval (``_low``,
        ``_high``), ``slope_before`` and ``slope_after`` (of the value, per km).
    fits
        One row for each curve and number of breaks: ``breaks``, ``rss``, ``bic``, and whether it was
        ``chosen``.
    slopes
        One row for each curve: its names and its first ``slope``.
    provenance
        How they came about.
    """

    table: pd.DataFrame
    fits: pd.DataFrame
    slopes: pd.DataFrame
    provenance: Provenance

    def says(self, lang: Lang) -> str:
        """Return the breaks in words, a line for each curve."""
        lines = []
        for own in self.slopes.to_dict("records"):
            name, slope = name_of(own, lang, "curve"), own["slope"]
            rows = self.table[self.table["curve"] == own["curve"]].to_dict("records")
            if not rows:
                lines.append(say("profile.breaks.none", lang, name=name, slope=f"{slope:.3g}"))
                continue
            each = [
                say(
                    "profile.breaks.one", lang, at=f"{r['distance_km']:.3g}", low=f"{r['distance_km_low']:.3g}",
                    high=f"{r['distance_km_high']:.3g}", before=f"{r['slope_before']:.3g}", after=f"{r['slope_after']:.3g}",
                )
                for r in rows
            ]  # fmt: skip
            joined = (";" if lang == "zh" else "; ").join(each)
            lines.append(say("profile.breaks.some", lang, name=name, where=joined))
        return "\n".join(lines)


def break_points(
    curve: Any, *, value: str = "share", by: str = "", most: int = 4, level: float = 0.95
) -> Breaks:
    """Return the distances at which curves bend: a segmented line with the breaks that BIC chooses.

    Parameters
    ----------
    curve
        A ``Curve`` or ``Curves``; or a frame with ``distance_km``, the value, and where there are
        several curves or categories ``curve`` and ``by``.
    value
        Column to look at, such as ``share``, ``count`` or ``sum_low``.
    by
        Category; blank for all points.
    most
        Most breaks that are tried, each line with three distances at least. A curve that bends
        smoothly has no breaks, and takes as many as it may.
    level
        Of the interval.

    Returns
    -------
    Breaks
        For each number of breaks the best split of the distances into separate lines is found by an
        exact dynamic program (Bai and Perron, 1998, Estimating and testing linear models with
        multiple structural changes; algorithm of 2003); where neighbouring lines meet starts the
        fit of a continuous segmented line (Muggeo, 2003, Estimating regression models with unknown
        break-points), by least squares. The number of breaks has the least BIC, of two parameters
        and two more for each break. The interval is Muggeo's: t-quantile × standard error of the
        linearised fit. It says how well the distances tell the break, takes points as independent,
        which those of a cumulative curve are not, and is no bound from positional error.

    Raises
    ------
    PointsError
        If there is no such value, fewer than three distances, or a distance twice.
    """
    if most < 0 or not 0 < level < 1:
        raise PointsError(f"most is {most} and level {level}: give 0 or more breaks, a level between 0 and 1")  # fmt: skip
    rows: list[dict[str, Any]] = []
    fits: list[dict[str, Any]] = []
    slopes: list[dict[str, Any]] = []
    for names, x, y in _series(curve, value, by):
        cost = line_costs(x, y)
        tried = [_fitted(x, y, m, cost) for m in range(min(most, max(len(x) // _LEAST - 1, 0)) + 1)]
        bic = [_bic(x, y, rss, len(at)) for at, rss in tried]
        best = int(np.argmin(bic))
        fits += [
            names | {"breaks": k, "rss": rss, "bic": bic[k], "chosen": k == best}
            for k, (_, rss) in enumerate(tried)
        ]
        slope, half = _slopes_and_halves(x, y, tried[best][0], level)
        slopes.append(names | {"slope": float(slope[0])})
        rows += [
            names | {
                "distance_km_low": float(at - h), "distance_km": float(at), "distance_km_high": float(at + h),
                "slope_before": float(slope[k]), "slope_after": float(slope[k + 1]),
            }
            for k, (at, h) in enumerate(zip(tried[best][0], half, strict=True))
        ]  # fmt: skip
    columns = [*_NAMES, "distance_km_low", "distance_km", "distance_km_high", "slope_before", "slope_after"]  # fmt: skip
    provenance = provenance_of("profile.method.breaks", value=value, by=by, most=most, level=level)
    return Breaks(
        pd.DataFrame(rows, columns=columns), pd.DataFrame(fits), pd.DataFrame(slopes), provenance
    )


def _series(curve: Any, value: str, by: str) -> list[tuple[dict[str, str], Floats, Floats]]:
    table = curve if isinstance(curve, pd.DataFrame) else getattr(curve, "table", None)
    if not isinstance(table, pd.DataFrame) or isinstance(curve, Cloud):
        raise PointsError("breaks are looked for in a curve, curves, or a frame with distance_km")
    if missing := [c for c in ("distance_km", value) if c not in table.columns]:
        raise PointsError(f"the curve has no column {missing[0]!r}: it has {', '.join(map(str, table.columns))}")  # fmt: skip
    if "by" in table.columns:
        table = table[table["by"] == by]
    own = getattr(curve, "of", "")
    names = table["curve"] if "curve" in table.columns else pd.Series(own, index=table.index)
    found = []
    for name, part in table.groupby(names, sort=False):
        part = part.sort_values("distance_km")
        x, y = part["distance_km"].to_numpy(float), part[value].to_numpy(float)
        if len(x) < 3 or not np.isfinite(y).all():
            raise PointsError(f"curve {name!r}: a bend needs three or more distances with a number")
        if (np.diff(x) <= 0).any():
            raise PointsError(f"curve {name!r} has a distance twice: choose one curve or category")
        named = {c: str(part[c].iat[0]) if c in part.columns else str(name) for c in _NAMES}
        found.append((named, x, y))
    if not found:
        raise PointsError(f"no curve has the category {by!r}")
    return found


def segments(x: Floats, y: Floats, breaks: int, *, cost: Floats | None = None) -> list[int]:
    """Return the split of samples into separate lines that leaves the least sum of squares.

    Parameters
    ----------
    x, y
        Shape (n,), x growing.
    breaks
        One less than the lines; each line has three samples at least.
    cost
        What each line leaves, where it is known already: :func:`line_costs`.

    Returns
    -------
    list of int
        The first sample of each line but the first. Exact (Bai and Perron, 2003, Computation and
        analysis of multiple structural change models).
    """
    n = len(x)
    cost = line_costs(x, y) if cost is None else cost
    best = cost[0].copy()
    cut = np.zeros((breaks + 1, n + 1), dtype=int)
    for k in range(1, breaks + 1):
        total = best[:, None] + cost
        cut[k] = total.argmin(axis=0)
        best = total.min(axis=0)
    starts, end = [], n
    for k in range(breaks, 0, -1):
        end = int(cut[k][end])
        starts.append(end)
    return starts[::-1]


def line_costs(x: Floats, y: Floats) -> Floats:
    """Return for each start (row) and end (column, exclusive) the sum of squares about its line."""
    n = len(x)
    cost = np.full((n + 1, n + 1), np.inf)
    for i in range(n - _LEAST + 1):
        # Sums from sample i on, taken about it, so that little is lost to rounding.
        u, v, size = x[i:] - x[i], y[i:] - y[i], np.arange(1, n - i + 1)
        su, sv = np.cumsum(u), np.cumsum(v)
        uu, uv, vv = (
            np.cumsum(a) - b / size
            for a, b in ((u * u, su * su), (u * v, su * sv), (v * v, sv * sv))
        )
        few = _LEAST - 1
        cost[i, i + _LEAST :] = np.maximum(vv[few:] - uv[few:] ** 2 / uu[few:], 0)
    return cost


def _design(x: Floats, at: Floats) -> Floats:
    return np.column_stack([np.ones_like(x), x, *(np.maximum(x - b, 0) for b in at)])


def _residuals(at: Floats, x: Floats, y: Floats) -> Floats:
    design = _design(x, at)
    fit = np.linalg.lstsq(design, y, rcond=None)[0]
    return np.asarray(y - design @ fit)


def _fitted(x: Floats, y: Floats, breaks: int, cost: Floats) -> tuple[Floats, float]:
    """Return the breaks of the continuous line of least squares, and its sum of squares."""
    start = np.empty(0)
    if breaks:
        cuts = [0, *segments(x, y, breaks, cost=cost), len(x)]
        lines = [np.polyfit(x[a:b] - x[0], y[a:b], 1) for a, b in itertools.pairwise(cuts)]
        start = np.array([_meeting(x, c, *two) for c, *two in zip(cuts[1:-1], lines, lines[1:], strict=False)])  # fmt: skip
    rest = _residuals(start, x, y)
    best = (start, float(rest @ rest))
    if breaks and best[1] > len(x) * (_ROUNDING * np.ptp(y)) ** 2:
        # Two distances or more beyond either outer break, or its place could not be told.
        edge = 1e-6 * np.diff(x).min()
        room = float(x[1] + edge), float(x[-2] - edge)
        inner = np.clip(start, room[0] + edge, room[1] - edge)
        done = least_squares(_residuals, inner, args=(x, y), bounds=room, x_scale=np.ptp(x) / len(x), xtol=1e-12, ftol=1e-12)  # fmt: skip
        at = np.sort(done.x)
        rest = _residuals(at, x, y)
        if float(rest @ rest) < best[1] and _tells(x, at):
            best = (at, float(rest @ rest))
    return best


def _tells(x: Floats, at: Floats) -> bool:
    """Return whether there is a distance between any two breaks."""
    return bool((np.diff(np.searchsorted(x, at)) > 0).all())


def _meeting(x: Floats, cut: int, before: Floats, after: Floats) -> float:
    """Return where two lines meet, between the last sample of one and the first of the other."""
    turn = before[0] - after[0]
    low, high = float(x[cut - 1]), float(x[cut])
    if abs(turn) < 1e-300:
        return (low + high) / 2
    return float(np.clip(x[0] + (after[1] - before[1]) / turn, low, high))


def _bic(x: Floats, y: Floats, rss: float, breaks: int) -> float:
    n, least = len(x), len(x) * (_ROUNDING * float(np.ptp(y))) ** 2
    return n * math.log(max(rss, least, 1e-300) / n) + (2 + 2 * breaks) * math.log(n)


def _slopes_and_halves(x: Floats, y: Floats, at: Floats, level: float) -> tuple[Floats, Floats]:
    """Return the slopes of the pieces, and half the interval of each break."""
    design = _design(x, at)
    fit = np.linalg.lstsq(design, y, rcond=None)[0]
    slopes = np.cumsum(fit[1:])
    if not len(at):
        return slopes, np.empty(0)
    free = len(x) - 2 - 2 * len(at)
    rest = y - design @ fit
    # The derivative with respect to a break is minus the change of slope beyond it.
    full = np.column_stack([design, *(-b * (x > a) for a, b in zip(at, fit[2:], strict=True))])
    if free <= 0 or np.linalg.matrix_rank(full) < full.shape[1]:
        return slopes, np.full(len(at), np.inf)
    spread = np.linalg.inv(full.T @ full).diagonal()[-len(at) :] * float(rest @ rest) / free
    return slopes, np.asarray(student.ppf((1 + level) / 2, free) * np.sqrt(np.maximum(spread, 0)))
