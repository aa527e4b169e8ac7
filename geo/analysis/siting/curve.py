"""What one more site adds, and the next: the objective against the number of sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.analysis.places import Places
from geo.analysis.progress import Progress, part_of
from geo.analysis.provenance import Provenance, provenance_of
from geo.analysis.siting.ground import Ground
from geo.analysis.siting.problem import COVERING, Model
from geo.analysis.siting.solve import solve
from geo.errors import PointsError
from geo.network.travel import Measure, Straight, Travel

__all__ = ["EASY", "Curve", "site_curve"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
EASY = 60_000
"""Up to so many pairs of demand and candidate, ``auto`` solves each number of sites for itself."""


@dataclass(frozen=True, eq=False, repr=False)
class Curve:
    """What :func:`geo.site_curve` returns.

    Attributes
    ----------
    table
        One row for each number of new sites ``n``, from 0: ``objective`` and ``gain`` against one
        fewer; ``bound`` and whether it is ``optimal`` (by size), or the site that was ``added``
        (greedy); then what these sites do for all, as the totals of :func:`geo.site`, with bands.
    method
        ``greedy``: each site is added to those before it; ``exact``: each number is solved for itself.
    provenance
        How it came about.
    """

    table: pd.DataFrame
    method: str
    provenance: Provenance


def site_curve(
    demand: Places, candidates: Places, *, model: Model = "mclp", most: int = 10, existing: Places | None = None,
    within: float | None = None, of: Measure = "minutes", travel: Travel | None = None,
    method: Literal["auto", "greedy", "exact"] = "auto", seconds: float = 60.0, seed: int = 0,
    progress: Progress | None = None,
) -> Curve:  # fmt: skip
    """Return what 0, 1, 2 … new sites do, so that one sees where more of them add little.

    Parameters
    ----------
    demand, candidates, existing, within, of, travel, seed
        As of :func:`geo.site`.
    model
        As of :func:`geo.site`; ``lscp`` asks what share so many sites cover, as ``mclp`` does.
    most
        The largest number of new sites; at most as many as there are candidates.
    method
        ``greedy`` adds to each choice the site that helps most (of the covering models at least
        1 - 1/e of the best; Nemhauser, Wolsey and Fisher, 1978); ``exact`` solves each number for
        itself in ``seconds / most``; ``auto``: exact up to :data:`EASY` pairs.
    seconds
        Time for all, of ``exact``.
    progress
        Called often with what is done and what there is; what it raises ends the work.

    Raises
    ------
    PointsError
        As of :func:`geo.site`, or for an unknown method.
    """
    if method not in ("auto", "greedy", "exact"):
        raise PointsError(f"no method {method!r}: use auto, greedy or exact")
    if model in COVERING and within is None:
        raise PointsError(f"{model} needs within: the greatest number of {of} that covers")
    travel = Straight() if travel is None else travel
    ground = Ground.made(demand, existing, candidates, of, travel)
    covering = model in COVERING
    first, last = part_of(progress, 0, 2), part_of(progress, 1, 2)
    costs = ground.covers(float(within), first) if covering and within is not None else ground.costs(first)  # fmt: skip
    most = min(most, len(candidates))
    if method == "auto":
        method = "exact" if costs.size <= EASY else "greedy"
    asked: Model = "mclp" if covering else model
    free = np.arange(ground.existing, costs.shape[1])
    if method == "greedy":
        added = _greedy(costs, demand.weight, asked, ground.fixed, free, most, last)
        steps: list[dict[str, Any]] = [{"chosen": added[:k]} for k in range(most + 1)]
    else:
        steps = []
        for k in range(most + 1):
            if not k and not ground.existing and asked != "mclp":
                steps.append({"chosen": np.empty(0, np.intp)})
                continue
            found = solve(costs, demand.weight, model=asked, n=k, fixed=ground.fixed, within=within, seconds=seconds / (most + 1), seed=seed, progress=part_of(last, k, most + 1))  # fmt: skip
            steps.append({"chosen": found.chosen, "bound": found.bound, "optimal": found.optimal})
    provenance = provenance_of(
        "siting.method.curve", cloud=demand.cloud, model=model, most=most, within=within, of=of, search=method, seed=seed,
        candidates=len(candidates), existing=ground.existing, estimate=travel.estimate, **travel.parameters,
    )  # fmt: skip
    return Curve(_table(ground, asked, within, steps, method), method, provenance)


def _greedy(
    costs: NDArray[Any], weight: Floats, model: str, fixed: Ints, free: Ints, most: int, progress: Progress | None
) -> Ints:  # fmt: skip
    """Return candidates in the order in which each helps most."""
    counts = np.flatnonzero(weight > 0)
    own, w = costs[np.ix_(counts, free)], weight[counts]
    chosen = np.empty(0, np.intp)
    if model == "mclp":
        left = w * ~costs[np.ix_(counts, fixed)].any(axis=1)
    now = None if model == "mclp" else costs[np.ix_(counts, fixed)].min(axis=1, initial=np.inf)
    for k in range(most):
        worth = left @ own if now is None else -_after(own, now, w, mean=model == "p-median")
        worth[chosen] = -np.inf
        one = int(np.argmax(worth))
        chosen = np.append(chosen, one)
        if now is None:
            left = left * ~own[:, one]
        else:
            now = np.minimum(now, own[:, one])
        if progress is not None:
            progress(k + 1, most)
    return free[chosen]


def _after(costs: NDArray[Any], now: Floats, weight: Floats, *, mean: bool) -> Floats:
    """Return the weight times cost, or the greatest cost, after each candidate is opened."""
    found = np.empty(costs.shape[1])
    step = max(2_000_000 // max(len(costs), 1), 1)
    for start in range(0, costs.shape[1], step):
        some = np.minimum(costs[:, start : start + step], now[:, None])
        found[start : start + step] = weight @ some if mean else some.max(axis=0)
    return found


def _table(
    ground: Ground, model: str, within: float | None, steps: list[dict[str, Any]], method: str
) -> pd.DataFrame:
    rows, last = [], np.nan
    for k, step in enumerate(steps):
        opened = np.concatenate([ground.fixed, step["chosen"]]).astype(np.intp)
        own = ground.summary(ground.nearest(opened), within)
        key = {"mclp": "covered", "p-median": "mean_cost", "p-center": "max_cost"}[model]
        objective = float(own[key])
        row: dict[str, Any] = {"n": k, "sites": len(opened), "objective": objective, "gain": abs(objective - last)}  # fmt: skip
        last = objective
        if method == "exact":
            bound = step.get("bound", np.nan)
            row |= {"bound": bound / ground.total if model == "p-median" else bound, "optimal": step.get("optimal", True)}  # fmt: skip
        else:
            one = step["chosen"][-1:] if k else step["chosen"][:0]
            for column, source in (("added", "id"), ("added_zh", "name_zh"), ("added_en", "name_en")):  # fmt: skip
                row[column] = str(getattr(ground.facilities, source)[one[0]]) if len(one) else ""
        rows.append(row | own)
    return pd.DataFrame(rows)
