"""What one more place would change: "with nine stations, who is beyond 30 minutes; with a tenth here?"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.analysis.cost_blocks import blocks, name_columns
from geo.analysis.places import Places
from geo.analysis.provenance import Provenance, provenance_of
from geo.analysis.siting.ground import ENDS, Ground, joined
from geo.errors import PointsError
from geo.network.travel import Measure, Straight, Travel
from geo.words import say

__all__ = ["Trial", "site_trial"]

Floats = NDArray[np.float64]
HERE = "here"
"""Id of a place that was named by its position."""


@dataclass(frozen=True, eq=False, repr=False)
class Trial:
    """What :func:`geo.site_trial` returns.

    Attributes
    ----------
    totals
        Two rows (``stage``: ``before`` and ``after``), as of :class:`geo.analysis.siting.Sites`.
    change
        One row: ``gained`` weight that is covered only with the new place, and by how much the mean
        cost falls (``mean_saved``), each with its band.
    newly
        Demands that are covered only with the new place, the heaviest first: ``cost_before``, ``cost``.
    ranking
        The new place among the candidates, by what each alone would add: ``rank``, ``gained``
        (where there is a limit), ``mean_saved``, whether it is the place ``tried``. Empty without
        candidates.
    rank
        Rank of the place tried, 0 without candidates.
    provenance
        How it came about.
    """

    totals: pd.DataFrame
    change: pd.DataFrame
    newly: pd.DataFrame
    ranking: pd.DataFrame
    rank: int
    provenance: Provenance


def site_trial(
    demand: Places, existing: Places | None, extra: Places | tuple[float, float], *, within: float | None = 30.0,
    of: Measure = "minutes", travel: Travel | None = None, candidates: Places | None = None,
) -> Trial:  # fmt: skip
    """Return who is served before and after a place is opened.

    Parameters
    ----------
    demand
        Who is to be served.
    existing
        What is open; ``None`` for nothing.
    extra
        The place: WGS84 longitude and latitude, or places that open together.
    within
        Greatest cost that covers, or ``None``.
    of, travel
        As of :func:`geo.site`.
    candidates
        Other places that it is ranked among.

    Raises
    ------
    PointsError
        If there is nobody, or the position is none.
    """
    travel = Straight() if travel is None else travel
    place = extra if isinstance(extra, Places) else _named(*extra)
    ground = Ground.made(demand, existing, place, of, travel)
    own = np.arange(ground.existing, len(ground.facilities))
    before = ground.nearest(ground.fixed)
    alone = ground.nearest(own)
    after = np.minimum(before, alone)
    rows = [
        {"stage": "before", "sites": ground.existing} | ground.summary(before, within),
        {"stage": "after", "sites": len(ground.facilities)} | ground.summary(after, within),
    ]
    method = provenance_of(
        "siting.method.trial", cloud=demand.cloud, within=within, of=of, existing=ground.existing,
        at=[[float(v) for v in p] for p in place.at], estimate=travel.estimate, **travel.parameters,
    )  # fmt: skip
    ranking = pd.DataFrame() if candidates is None else _ranked(ground, candidates, place, before[1], within)  # fmt: skip
    rank = int(ranking.loc[ranking["tried"], "rank"].min()) if len(ranking) else 0
    return Trial(
        pd.DataFrame(rows), pd.DataFrame([_change(demand.weight, before, alone, within)]),
        _newly(ground, before[1], alone[1], within), ranking, rank, method,
    )  # fmt: skip


def _named(lon: float, lat: float) -> Places:
    if not (np.isfinite([lon, lat]).all() and abs(lon) <= 180 and abs(lat) <= 90):
        raise PointsError(f"{lon}, {lat} is no longitude, latitude: write longitude first, in degrees")  # fmt: skip
    zh, en, own, none = (np.array([w], dtype=object) for w in (say("siting.trial.here", "zh"), say("siting.trial.here", "en"), HERE, ""))  # fmt: skip
    return Places(own, zh, en, np.array([float(lon)]), np.array([float(lat)]), np.ones(1), np.zeros(1), none)  # fmt: skip


def _change(weight: Floats, before: Floats, alone: Floats, within: float | None) -> dict[str, float]:  # fmt: skip
    row = {}
    if within is not None:
        # Surely gained: surely beyond before, surely within now; perhaps: the other ends.
        ends = [(0, 2), (1, 1), (2, 0)]
        gained = [float(weight[(before[b] > within) & (alone[a] <= within)].sum()) for b, a in ends]
        row = {f"gained{e}": v for e, v in zip(ENDS, gained, strict=True)}
    # A mean is only of those that are reached before as well.
    reached = np.isfinite(before[1]) & (weight > 0)
    whole = float(weight[reached].sum())
    for end, (b, a) in zip(ENDS, [(0, 2), (1, 1), (2, 0)], strict=True):
        saved = np.maximum(before[b][reached] - alone[a][reached], 0.0)
        row[f"mean_saved{end}"] = float(weight[reached] @ saved) / whole if whole else np.nan
    return row


def _newly(ground: Ground, before: Floats, alone: Floats, within: float | None) -> pd.DataFrame:
    demand, limit = ground.demand, np.inf if within is None else within
    newly = (before > limit) & (alone <= limit) if within is not None else alone < before
    table = pd.DataFrame(name_columns(demand) | {"group": demand.group, "lon": demand.lon, "lat": demand.lat, "weight": demand.weight, "cost_before": before, "cost": alone})  # fmt: skip
    kept = table[newly & (demand.weight > 0)]
    return kept.sort_values("weight", ascending=False, kind="stable", ignore_index=True)


def _ranked(
    ground: Ground, candidates: Places, place: Places, before: Floats, within: float | None
) -> pd.DataFrame:
    all_of, weight = joined(place, candidates), ground.demand.weight
    counts = np.flatnonzero(weight > 0)
    gained, saved = np.zeros(len(all_of)), np.zeros(len(all_of))
    far = np.isinf(before[counts])
    open_now = np.where(far, 0.0, before[counts])
    for b in blocks(ground.demand, all_of, ground.travel, of=ground.of):
        cost = b.cost[counts]
        if within is not None:
            gained[b.which] = weight[counts] @ ((cost <= within) & (before[counts] > within)[:, None])  # fmt: skip
        saved[b.which] = weight[counts] @ np.maximum(open_now[:, None] - cost, 0.0)
    reached = float(weight[counts][~far].sum())
    columns: dict[str, Any] = name_columns(all_of) | {"lon": all_of.lon, "lat": all_of.lat}
    if within is not None:
        columns["gained"] = gained
    columns["mean_saved"] = saved / reached if reached else np.full(len(saved), np.nan)
    table = pd.DataFrame(columns | {"tried": np.arange(len(all_of)) < len(place)})
    keys = ["gained", "mean_saved"] if within is not None else ["mean_saved"]
    table = table.sort_values(keys, ascending=False, kind="stable", ignore_index=True)
    # Who adds the same has the same rank.
    rank = table[keys].fillna(0.0).apply(tuple, axis=1).rank(method="min", ascending=False) if len(keys) == 1 else _rank(table, keys)  # fmt: skip
    table.insert(0, "rank", rank.astype(int))
    return table


def _rank(table: pd.DataFrame, keys: list[str]) -> pd.Series:
    new = table[keys].fillna(0.0).diff().ne(0).any(axis=1)
    first = np.where(new, np.arange(1, len(table) + 1), 0)
    return pd.Series(np.maximum.accumulate(first), table.index)
