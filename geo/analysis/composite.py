"""A composite of several indicators by entropy weights, and how stable its ranking is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import kendalltau, rankdata

from geo.analysis.provenance import Provenance, provenance_of
from geo.errors import PointsError

__all__ = ["Composite", "composite", "entropy_weights"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Composite:
    """What :func:`composite` returns.

    Attributes
    ----------
    table
        One row for each alternative: ``id``, ``score`` (0 to 1), ``rank`` (1 is the best; equal
        scores share the better one), ``rank_equal`` (with equal weights), ``rank_best`` and
        ``rank_worst`` (over the 2.5 to 97.5 % of the draws), ``share_same`` (of the draws that
        give the same rank).
    weights
        One row for each indicator: ``indicator``, ``entropy``, ``weight``, ``rank_change`` (the
        largest change of any rank without this indicator) and ``tau`` (Kendall's, of the ranking
        without it with the ranking with it).
    tau
        Mean of Kendall's tau of the drawn rankings with the composite's.
    provenance
        Method and parameters, the seed among them.
    """

    table: pd.DataFrame
    weights: pd.DataFrame
    tau: float
    provenance: Provenance


def entropy_weights(values: Floats) -> tuple[Floats, Floats]:
    """Return the entropy of each indicator and its weight.

    Parameters
    ----------
    values
        Shape (n, m), 0 or more: n alternatives, m indicators, larger is better.

    Returns
    -------
    entropy, weight
        Shape (m,). An indicator that is the same everywhere tells nothing: its weight is 0. Where
        all are so, weights are equal.

    Notes
    -----
    Shannon (1948), as used for weights by Zeleny (1982), *Multiple Criteria Decision Making*, ch. 6.
    """
    n, m = values.shape
    total = values.sum(axis=0)
    share = np.divide(values, total, out=np.full_like(values, 1 / n), where=total > 0)
    logs = np.log(share, out=np.zeros_like(share), where=share > 0)
    entropy = -(share * logs).sum(axis=0) / np.log(n) if n > 1 else np.ones(m)
    spare = np.where(np.ptp(values, axis=0) > 0, 1 - entropy, 0.0)
    whole = spare.sum()
    return entropy, spare / whole if whole > 0 else np.full(m, 1 / m)


def composite(
    frame: pd.DataFrame,
    indicators: Mapping[str, str] | Sequence[str],
    *,
    id_column: str = "id",
    draws: int = 1000,
    spread: float = 0.2,
    seed: int = 20_260_224,
) -> Composite:
    """Rank alternatives by several indicators.

    Parameters
    ----------
    frame
        One row for each alternative. Where ``<indicator>_low`` and ``<indicator>_high`` are there,
        the draws take the indicator anywhere between them.
    indicators
        Columns, each with ``more`` or ``less`` for what is better (``more`` for a plain list).
    id_column
        Column that names the alternatives.
    draws, seed
        How many rankings are drawn to see how stable the ranking is.
    spread
        In a draw each weight is multiplied by a number with this coefficient of variation.

    Returns
    -------
    Composite
        Indicators are scaled to 0…1 by their least and greatest value, so that a composite compares
        these alternatives with each other and says nothing about any other.

    Raises
    ------
    PointsError
        If a column is missing, is no number, or there are fewer than two alternatives.
    """
    senses = dict(indicators) if isinstance(indicators, Mapping) else dict.fromkeys(indicators, "more")  # fmt: skip
    values = _values(frame, senses, id_column)
    low, high = (_ends(frame, senses, values, end) for end in ("low", "high"))
    signs = np.array([1.0 if s == "more" else -1.0 for s in senses.values()])
    entropy, weight = entropy_weights(_scaled(values * signs))
    score = _scaled(values * signs) @ weight
    rank = _ranks(score)
    rng = np.random.default_rng(seed)
    drawn = np.empty((draws, len(frame)))
    for k in range(draws):
        own = rng.uniform(low, high)
        shape = 1 / spread**2
        weights = weight * rng.gamma(shape, 1 / shape, len(weight))
        drawn[k] = _ranks(_scaled(own * signs) @ (weights / (weights.sum() or 1.0)))
    taus = [_tau(rank, d) for d in drawn]
    table = pd.DataFrame(
        {
            "id": frame[id_column].astype(str).to_numpy(), "score": score, "rank": rank.astype(int),
            "rank_equal": _ranks(_scaled(values * signs).mean(axis=1)).astype(int),
            "rank_best": np.percentile(drawn, 2.5, axis=0, method="lower").astype(int),
            "rank_worst": np.percentile(drawn, 97.5, axis=0, method="higher").astype(int),
            "share_same": (drawn == rank).mean(axis=0),
        }
    ).sort_values(["rank", "id"], ignore_index=True)  # fmt: skip
    without = [_without(values * signs, k, rank) for k in range(len(senses))]
    weights_table = pd.DataFrame(
        {
            "indicator": list(senses), "entropy": entropy, "weight": weight,
            "rank_change": [change for change, _ in without], "tau": [tau for _, tau in without],
        }
    )  # fmt: skip
    return Composite(
        table, weights_table, float(np.mean(taus)) if taus else float("nan"),
        provenance_of("score.method.composite", indicators=senses, draws=draws, spread=spread, seed=seed),
    )  # fmt: skip


def _values(frame: pd.DataFrame, senses: Mapping[str, str], id_column: str) -> Floats:
    for column in (id_column, *senses):
        if column not in frame.columns:
            raise PointsError(
                f"no column {column!r}; there are {', '.join(map(str, frame.columns))}"
            )
    wrong = [s for s in senses.values() if s not in ("more", "less")]
    if wrong or not senses:
        raise PointsError(
            f"an indicator is better with more or less, not {wrong[0]!r}" if wrong
            else "no indicators: name at least one column"
        )  # fmt: skip
    if len(frame) < 2:
        raise PointsError(f"{len(frame)} alternatives: a ranking compares at least two")
    for column in senses:
        numbers = pd.to_numeric(frame[column], errors="coerce")
        bad = np.flatnonzero(~np.isfinite(numbers.to_numpy(float)))
        if len(bad):
            raise PointsError(
                f"column {column!r}, row {bad[0] + 1} ({frame[id_column].iloc[bad[0]]}): "
                f"{frame[column].iloc[bad[0]]!r} is no number; fill it in or leave the row out"
            )
    return frame[list(senses)].astype(float).to_numpy()


def _ends(frame: pd.DataFrame, senses: Mapping[str, str], values: Floats, end: str) -> Floats:
    """Return one end of each indicator's band; the value itself where it has none."""
    columns = [
        pd.to_numeric(frame[f"{c}_{end}"], errors="coerce").fillna(frame[c]).to_numpy(float)
        if {f"{c}_low", f"{c}_high"} <= set(frame.columns) else values[:, k]
        for k, c in enumerate(senses)
    ]  # fmt: skip
    return np.stack(columns, axis=1)


def _scaled(values: Floats) -> Floats:
    span = np.ptp(values, axis=0)
    scaled: Floats = np.zeros_like(values)
    np.divide(values - values.min(axis=0), span, out=scaled, where=span > 0)
    return scaled


def _ranks(score: Floats) -> Floats:
    # Scores that differ by rounding alone are equal.
    return np.asarray(rankdata(-np.round(score, 12), method="min"))


def _tau(a: Floats, b: Floats) -> float:
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan") if not (a == b).all() else 1.0
    return float(kendalltau(a, b).statistic)


def _without(values: Floats, k: int, rank: Floats) -> tuple[float, float]:
    rest = np.delete(values, k, axis=1)
    if not rest.shape[1]:
        return float("nan"), float("nan")
    scaled = _scaled(rest)
    other = _ranks(scaled @ entropy_weights(scaled)[1])
    return float(np.abs(other - rank).max()), _tau(rank, other)
