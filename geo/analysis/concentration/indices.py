"""Indices of inequality of a weight over units: Gini, Herfindahl–Hirschman, Theil."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["gini", "hhi", "theil", "theil_parts"]


def _values(values: ArrayLike) -> NDArray[np.float64]:
    x = np.asarray(values, dtype=float).ravel()
    if len(x) and not (np.isfinite(x).all() and x.min() >= 0):
        raise ValueError("an index of inequality needs finite values of 0 or more")
    return x


def gini(values: ArrayLike) -> float:
    """Return the Gini coefficient of values over units, 0 to (n − 1) / n; NaN where all are 0.

    Half the mean difference of all pairs over the mean (Gini, 1912, *Variabilità e mutabilità*);
    times n / (n − 1) it reaches 1 when one unit has everything.
    """
    x = np.sort(_values(values))
    n, total = len(x), x.sum()
    if not total:
        return float("nan")
    return max(float(2 * np.sum(np.arange(1, n + 1) * x) / (n * total) - (n + 1) / n), 0.0)


def hhi(values: ArrayLike) -> float:
    """Return the Herfindahl–Hirschman index, the sum of squared shares: 1/n to 1; NaN where all are 0.

    Hirschman (1945, *National Power and the Structure of Foreign Trade*), Herfindahl (1950,
    *Concentration in the Steel Industry*). Its inverse is the number of equal units that would be
    as concentrated.
    """
    x = _values(values)
    total = x.sum()
    return float(np.sum((x / total) ** 2)) if total else float("nan")


def theil(values: ArrayLike) -> float:
    """Return Theil's T of values over units, 0 to ln n; NaN where all are 0.

    Mean of (x / mean) ln(x / mean), with 0 ln 0 = 0 (Theil, 1967, *Economics and Information
    Theory*).
    """
    x = _values(values)
    if not x.sum():
        return float("nan")
    ratio = x / x.mean()
    return max(float(np.mean(ratio * np.log(np.where(ratio > 0, ratio, 1.0)))), 0.0)


def theil_parts(values: ArrayLike, groups: ArrayLike) -> tuple[float, float]:
    """Return Theil's T between and within groups of units; they add up to the whole.

    Parameters
    ----------
    values
        Shape (n,), 0 or more.
    groups
        Shape (n,): the group of each.

    Returns
    -------
    between, within
        The first is the T that is left when each unit has the mean of its group, the second the
        mean of the groups' own T by their share of the total.
    """
    x = _values(values)
    _, which = np.unique(np.asarray(groups), return_inverse=True)
    total = x.sum()
    if not total:
        return float("nan"), float("nan")
    sums, sizes = np.bincount(which, x), np.bincount(which)
    between = theil(np.repeat(sums / sizes, sizes))
    within = sum(s / total * theil(x[which == k]) for k, s in enumerate(sums) if s)
    return between, float(within)
