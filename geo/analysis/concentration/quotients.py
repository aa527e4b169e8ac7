"""Location quotients: how much more of a category a footprint holds than its share of everything."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import beta, norm

from geo.analysis.bands import BLANK, band
from geo.analysis.concentration.result import Reason, Result, reasons
from geo.analysis.concentration.study import cloud_for, members_of, together
from geo.analysis.provenance import provenance_of
from geo.errors import PointsError

__all__ = ["delta_interval", "exact_interval", "location_quotients"]

Floats = NDArray[np.float64]


def location_quotients(
    points: Any,
    footprints: Any,
    *,
    by: str | None = None,
    weight: str | None = None,
    level: float = 0.95,
    few: int = 5,
    ring_km: float | None = None,
    **source: Any,
) -> Result:
    """Return the location quotient of each category in each footprint, and in any of them.

    Parameters
    ----------
    points, by, weight, **source
        As for ``geo.coverage``; the category is needed, weights are 0 or more.
    footprints, ring_km
        As for ``geo.coverage``: a layout, units (``geo.read_units``), a file, or polygons.
    level
        Of the interval, between 0 and 1.
    few
        Rows that rest on fewer points are marked.

    Returns
    -------
    Result
        One row a footprint and category: ``count`` with its band (and ``sum``, where weighed),
        ``in_footprint`` and ``in_category`` and ``total`` (points, or their weight), then
        ``lq_low``, ``lq``, ``lq_high``: bounds by the positional error of footprint and points,
        over every way in which the points that may lie in or out do; and ``lq_ci_low``,
        ``lq_ci_high``: the sampling interval of the central value, which says nothing of
        position. ``few`` marks small counts, ``why_zh``/``why_en`` say what is blank and why.

    Raises
    ------
    PointsError
        As ``geo.coverage``; and without a category, or with a level that is none.

    Notes
    -----
    LQ = (x / n) / (X / N), with x of the category in the footprint, n everything in it, X the
    category and N everything (Isard, 1960, *Methods of Regional Analysis*, chapter 7). It is also the
    share of the category that is in the footprint over that of everything. The exact interval is
    that of Clopper and Pearson (1934) for the first share, with the second as it is: x given X is
    binomial when counts are Poisson. The interval of weights is that of the delta method (Moineddin,
    Beyene and Boyle, 2003, *On the location quotient confidence interval*), on the logarithm and
    with each point as one draw.
    """
    if not 0 < level < 1:
        raise PointsError(f"the level of the interval is {level}: give one between 0 and 1")
    cloud = cloud_for(points, by=by, weight=weight, **source)
    if cloud.names == ("",):
        raise PointsError("a location quotient needs a category: name its column with by")
    members = members_of(footprints, cloud.lon, cloud.lat, _errors(cloud.err_m), ring_km=ring_km)
    n = len(cloud.names)
    powers = [members.sums(cloud.weight**p, cloud.codes, n) for p in (0, 1, 2)]
    worst = max(float(r["err_m"]) for r in members.rows)
    rows: list[dict[str, Any]] = []
    for k, head in [(None, together("any", worst)), *enumerate(members.rows)]:
        rows += _rows(head, members.of_sets(k), powers, cloud.names, level, few, cloud.weighed)
    method = "concentration.method.quotient-" + ("delta" if cloud.weighed else "exact")
    provenance = provenance_of(
        method, cloud=cloud, by=by, weight=weight, level=level, few=few, ring_km=ring_km
    )
    return Result(pd.DataFrame(rows), provenance)


def _errors(err_m: Floats) -> Floats | None:
    return err_m if (err_m > 0).any() else None


def _rows(
    head: dict[str, Any], inside: NDArray[np.bool_], powers: list[Floats], names: tuple[str, ...],
    level: float, few: int, weighed: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    counts, weights, squares = (inside.T.astype(float) @ p for p in powers)
    all_counts, all_weights, all_squares = (p.sum(axis=0) for p in powers)
    rows = []
    for c in sorted(range(len(names)), key=lambda c: names[c]):
        x, of_category, total = weights[:, c], all_weights[c], all_weights.sum()
        held = weights.sum(axis=1)
        lq = _bounds(x, held - x, of_category, total)
        row = head | {"by": names[c] or BLANK} | band("count", [int(v) for v in counts[:, c]])
        if weighed:
            row |= band("sum", x.tolist())
        row |= {"in_footprint": held[1], "in_category": of_category, "total": total} | band("lq", lq)  # fmt: skip
        why: list[Reason] = []
        low = high = float("nan")
        if of_category == 0:
            why.append(("no-weight-in-category", {}))
        elif held[1] == 0:
            why.append(("nothing-in-footprint", {}))
        elif not weighed:
            low, high = exact_interval(int(x[1]), int(of_category), held[1] / total, level)
        elif x[1] == 0:
            why.append(("no-interval-of-nothing", {}))
        else:
            parts = _parts(squares[1], all_squares, c)
            low, high = delta_interval(x[1], held[1], of_category, total, parts, level)
        if (scarce := int(min(counts[1, c], all_counts[c]))) < few:
            why.append(("few", {"n": scarce, "few": few}))
        row |= {"lq_ci_low": low, "lq_ci_high": high, "few": scarce < few} | reasons(why)
        rows.append(row)
    return rows


def _bounds(x: Floats, others: Floats, of_category: float, total: float) -> list[float]:
    """Return low, central and high of LQ over every way in which uncertain points lie in or out.

    The share x / (x + others) grows with x and falls with the others, so its extremes take the
    uncertain points of one kind in and those of the other kind out.
    """
    if of_category == 0:
        return [float("nan")] * 3
    shares = []
    for own, rest, alone in ((x[0], others[2], x[2] > 0), (x[1], others[1], None), (x[2], others[0], False)):  # fmt: skip
        if own + rest > 0:
            shares.append(own / (own + rest))
        else:
            # Whoever may come in comes alone: the share is then all or nothing.
            shares.append(float("nan") if alone is None or x[2] + others[2] == 0 else float(alone))
    return [float(s * total / of_category) for s in shares]


def exact_interval(x: int, of_category: int, share: float, level: float) -> tuple[float, float]:
    """Return the exact interval of a location quotient of counts.

    Parameters
    ----------
    x, of_category
        Points of the category in the footprint, and in all.
    share
        Of all points, in the footprint; above 0.
    level
        Between 0 and 1.
    """
    tail = (1 - level) / 2
    low = 0.0 if x == 0 else float(beta.ppf(tail, x, of_category - x + 1))
    high = 1.0 if x == of_category else float(beta.ppf(1 - tail, x + 1, of_category - x))
    return low / share, high / share


def _parts(inside: Floats, everywhere: Floats, c: int) -> tuple[float, float, float, float]:
    """Return sums of squared weights: both in, of footprint alone, of category alone, of neither."""
    both, held, kind, total = inside[c], inside.sum(), everywhere[c], everywhere.sum()
    return both, held - both, kind - both, total - held - kind + both


def delta_interval(
    x: float, held: float, of_category: float, total: float,
    squares: tuple[float, float, float, float], level: float,
) -> tuple[float, float]:  # fmt: skip
    """Return the interval of a location quotient of weights, by the delta method on its logarithm.

    Parameters
    ----------
    x, held, of_category, total
        Weight of the category in the footprint, of all in it, of the category, of all; above 0.
    squares
        Sums of squared weights of the points that are of category and footprint, of the footprint
        alone, of the category alone, of neither.
    level
        Between 0 and 1.
    """
    a, b, c, d = 1 / x, 1 / held, 1 / of_category, 1 / total
    slopes = np.array([a - b - c + d, d - b, d - c, d])
    spread = norm.ppf((1 + level) / 2) * float(np.sqrt(np.sum(slopes**2 * np.array(squares))))
    lq = (x / held) / (of_category / total)
    return float(lq * np.exp(-spread)), float(lq * np.exp(spread))
