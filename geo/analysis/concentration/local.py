"""Hot and cold spots: local Getis–Ord G*i and local Moran's I on a grid or on units."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.stats import false_discovery_control

from geo.analysis.concentration.grid import Lattice
from geo.analysis.concentration.partition import partition_of
from geo.analysis.concentration.result import Layered, Reason, named, reasons
from geo.analysis.concentration.study import cloud_for, of_category
from geo.analysis.progress import Progress
from geo.analysis.provenance import provenance_of
from geo.errors import PointsError

__all__ = ["getis_ord", "local_moran", "local_statistics", "permutation_p"]

Floats = NDArray[np.float64]
FEW_UNITS = 30
MOST_DRAWS = 50_000_000
"""More are refused: they take a gigabyte and tell little more."""


def local_statistics(
    points: Any,
    layout: Any = None,
    *,
    units: gpd.GeoDataFrame | None = None,
    cell_km: float = 1.0,
    lattice: Lattice = "square",
    study: Any = None,
    reach_km: float | None = None,
    by: str | None = None,
    category: str | None = None,
    weight: str | None = None,
    permutations: int = 99_999,
    seed: int = 20260224,
    level: float = 0.05,
    progress: Progress | None = None,
    **source: Any,
) -> Layered:
    """Return G*i and local Moran's I of each cell or unit, with permutation p-values and FDR.

    Parameters
    ----------
    points, by, weight, **source
        As for ``geo.coverage``; weights are 0 or more. A cell's value is their count or sum.
    category
        Of the column ``by``: only its points.
    layout
        Gives the plane.
    units, cell_km, lattice, study
        As for :func:`geo.analysis.concentration.inequality`: empty cells of the study area count.
    reach_km
        Cells are neighbours when their centres are so far apart at most; by default when they
        share a side or a corner. Weights are 1 for a neighbour (and for the cell itself in G*i).
    permutations, seed
        Of the conditional permutations, which give each cell's neighbours the values of others.
        They must be many: p is 2 / (permutations + 1) at least, and of thousands of cells none is
        called if that is no small part of ``level``.
    level
        False discovery rate below which a cell is called hot, cold, or a cluster or outlier.
    progress
        Called with how many cells are tested, and of how many; what it raises ends the work.

    Returns
    -------
    Layered
        One row a cell, with its polygon: ``cell_value``, ``neighbours``, ``g_z`` (of G*i), ``moran``,
        ``p_two_sided`` (by permutation, one for both), ``q`` (adjusted for the false discovery
        rate), ``g_type`` (``hot``, ``cold``, ``none``) and ``moran_type`` (``high-high``, ``low-low``,
        ``high-low``, ``low-high``, ``none``) with names in both languages, and ``why``. The
        provenance has ``p_least``, the least p that so many permutations can give.

    Raises
    ------
    PointsError
        As ``geo.coverage``; if all cells have one value, there are fewer than three, or fewer
        permutations than 99.

    Notes
    -----
    G*i as the standard score of Ord and Getis (1995, *Local spatial autocorrelation statistics*,
    eq. 6); I with row-standardised weights, (n − 1) z Σwz / Σz² (Anselin, 1995, *Local indicators of
    spatial association*). Given a cell's own value both grow or fall with the sum over its
    neighbours alone, so one two-sided permutation test serves both: it is twice the smaller tail,
    ties counted in both. False discovery rate: Benjamini and Hochberg (1995).
    """
    if permutations < 99:
        raise PointsError(f"{permutations} permutations are too few: give 99 or more")
    cloud = cloud_for(points, by=by, weight=weight, **source)
    part = partition_of(cloud, layout=layout, units=units, cell_km=cell_km, lattice=lattice, study=study)  # fmt: skip
    x = part.sums(cloud.weight, of_category(cloud, category))
    if len(x) < 3 or np.ptp(x) == 0:
        raise PointsError(
            f"{len(x)} cells of which none differs: local statistics need at least three with "
            "different values; make the cells smaller or the study area larger"
        )
    links = part.touching() if reach_km is None else part.within(reach_km * 1000)
    degree = np.diff(links.indptr)
    if degree.max() >= len(x) - 1 and len(x) > 3:
        raise PointsError(
            f"neighbours within {reach_km} km are all cells: nothing is local then; give less"
        )
    if permutations * degree.max() > MOST_DRAWS:
        raise PointsError(
            f"{permutations:,} permutations of {degree.max():,} neighbours are too many: give fewer "
            "permutations, or less reach"
        )
    z, moran = getis_ord(x, links), local_moran(x, links)
    p, high = permutation_p(x, links, permutations, seed, progress)
    alone = degree == 0
    q = np.full(len(x), np.nan)
    q[~alone] = false_discovery_control(p[~alone]) if (~alone).any() else []
    table = part.table.assign(
        cell_value=x, neighbours=degree, g_z=z, moran=moran, p_two_sided=p, q=q
    )
    called = q <= level
    # G*i counts the cell itself as well: a low one amid slightly high ones is not hot.
    spot = np.where(high & (z > 0), "hot", np.where(~high & (z < 0), "cold", "none"))
    hot = np.where(called, spot, "none")
    side, beside = np.where(x > x.mean(), "high", "low"), np.where(high, "high", "low")
    kinds = np.where(called, np.char.add(np.char.add(side, "-"), beside), "none")
    table = _typed(_typed(table, "g_type", hot), "moran_type", kinds)
    why = part.cautions(cloud)
    if len(x) < FEW_UNITS:
        why.append(("few-units", {"n": len(x), "few": FEW_UNITS}))
    provenance = provenance_of(
        "concentration.method.local", cloud=cloud, crs=part.crs, by=by, category=category, weight=weight,
        neighbours="side or corner" if reach_km is None else f"within {reach_km:g} km",
        permutations=permutations, seed=seed, p_least=2 / (permutations + 1), level=level,
        **part.parameters,
    )  # fmt: skip
    floored = ~called & (p <= 2 / (permutations + 1))
    return Layered(_said(table, alone, floored, why), provenance, part.shapes)


def _typed(table: pd.DataFrame, column: str, codes: NDArray[Any]) -> pd.DataFrame:
    names = {code: named(column, column.replace("_", "-"), code) for code in np.unique(codes)}
    keys = (column, f"{column}_zh", f"{column}_en")
    return table.assign(**{key: [names[code][key] for code in codes] for key in keys})


def _said(
    table: pd.DataFrame, alone: NDArray[np.bool_], floored: NDArray[np.bool_], why: list[Reason]
) -> pd.DataFrame:
    plain, lonely = reasons(why), reasons([*why, ("no-neighbours", {})])
    least = reasons([*why, ("least-p", {})])
    return table.assign(
        **{key: np.select([alone, floored], [lonely[key], least[key]], plain[key]) for key in plain}
    )


def getis_ord(x: Floats, links: sparse.csr_array) -> Floats:
    """Return the standard score of G*i: weights 1 for neighbours and the cell itself.

    Parameters
    ----------
    x
        Shape (n,), not all the same.
    links
        Shape (n, n): ones for neighbours, none on the diagonal.
    """
    n = len(x)
    held = np.diff(links.indptr) + 1.0
    total = links @ x + x
    spread = np.sqrt(held * (n - held) / (n - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(
            np.where(spread > 0, (total - x.mean() * held) / (x.std() * spread), np.nan)
        )


def local_moran(x: Floats, links: sparse.csr_array) -> Floats:
    """Return local Moran's I with row-standardised weights; NaN without neighbours."""
    z = x - x.mean()
    degree = np.diff(links.indptr)
    with np.errstate(invalid="ignore"):
        return np.asarray(
            (len(x) - 1) * z * np.where(degree > 0, (links @ z) / degree, np.nan) / (z @ z)
        )


def permutation_p(
    x: Floats, links: sparse.csr_array, permutations: int, seed: int,
    progress: Progress | None = None,
) -> tuple[Floats, NDArray[np.bool_]]:  # fmt: skip
    """Return two-sided p of each cell's sum over neighbours, others' values drawn for them.

    Parameters
    ----------
    x, links
        As for :func:`getis_ord`.
    permutations, seed
        All cells share the draws. A cell with k neighbours takes the first k others of each.
    progress
        Called with how many cells are done, and of how many.

    Returns
    -------
    p
        Shape (n,): min(1, 2 (min(tails) + 1) / (permutations + 1)), ties in both tails; NaN without
        neighbours.
    high
        Shape (n,): whether the sum is in the upper tail.
    """
    n, degree = len(x), np.diff(links.indptr)
    most = int(degree.max())
    rng = np.random.default_rng(seed)
    # One more than is needed: it stands in where a draw has the cell itself.
    drawn = _draws(n, min(most + 1, n), permutations, rng)
    sums = np.cumsum(x[drawn], axis=1)
    seen = links @ x
    slack = 1e-9 * max(float(np.abs(x).max()), 1e-300)
    above, below = np.zeros(n), np.zeros(n)
    done, todo = 0, int((degree > 0).sum())
    for k in np.unique(degree[degree > 0]):
        own = np.flatnonzero(degree == k)
        ordered = np.sort(sums[:, k - 1])
        above[own] = permutations - np.searchsorted(ordered, seen[own] - slack, side="left")
        below[own] = np.searchsorted(ordered, seen[own] + slack, side="right")
        # Draws that hold the cell itself: it goes, the one more comes.
        m, at = np.nonzero(degree[drawn[:, :k]] == k)
        cell = drawn[m, at]
        before = sums[m, k - 1]
        after = before - x[cell] + x[drawn[m, k]]
        for tail, sign in ((above, 1), (below, -1)):
            change = (sign * (after - seen[cell]) >= -slack).astype(float)
            change -= sign * (before - seen[cell]) >= -slack
            np.add.at(tail, cell, change)
        done += len(own)
        if progress is not None:
            progress(done, todo)
    p = np.minimum(1.0, 2 * (np.minimum(above, below) + 1) / (permutations + 1))
    return np.where(degree > 0, p, np.nan), above < below


def _draws(n: int, k: int, permutations: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return rows of k different numbers below n, in random order, shape (permutations, k)."""
    if k * k > n:
        return np.array([rng.choice(n, k, replace=False) for _ in range(permutations)])
    # Few rows have a number twice: those are drawn again.
    drawn = rng.integers(0, n, (permutations, k))
    again = np.arange(permutations)
    while len(again):
        ordered = np.sort(drawn[again], axis=1)
        again = again[(ordered[:, 1:] == ordered[:, :-1]).any(axis=1)]
        drawn[again] = rng.integers(0, n, (len(again), k))
    return drawn
