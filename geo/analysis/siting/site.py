"""Where the next stations should go: a siting model on places, with what it does for whom."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from geo.analysis.places import Places
from geo.analysis.progress import Progress, part_of
from geo.analysis.provenance import provenance_of
from geo.analysis.siting.exact import split
from geo.analysis.siting.ground import ENDS, Ground
from geo.analysis.siting.problem import COVERING, Method, Model, Solution, Time
from geo.analysis.siting.result import Sites, beyond_of, by_group_of, ordered, served_of, sites_of
from geo.analysis.siting.solve import solve
from geo.errors import PointsError
from geo.network.travel import Measure, Straight, Travel

__all__ = ["ended_of", "site", "unlocated_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def site(
    demand: Places, candidates: Places, *, model: Model = "mclp", n: int | None = None, existing: Places | None = None,
    within: float | None = None, of: Measure = "minutes", travel: Travel | None = None, capacity: ArrayLike | None = None,
    method: Method = "auto", seconds: float = 60.0, seed: int = 0, progress: Progress | None = None,
) -> Sites:  # fmt: skip
    """Choose where new sites should go.

    Parameters
    ----------
    demand
        Who is to be served; a weight of 0 asks for nothing.
    candidates
        Where a site could go.
    model
        ``mclp``: as much weight as possible within a cost; ``lscp``: all of it, with the fewest
        sites; ``p-median``: the least mean cost; ``p-center``: the least greatest cost.
    n
        How many new sites; not of ``lscp``.
    existing
        What is open already and stays so.
    within
        Greatest cost that covers: of ``mclp`` and ``lscp`` what is asked, of the others what the
        tables tell.
    of
        Whether costs are minutes or km.
    travel
        How one gets about; by default :class:`geo.Straight`, an estimate.
    capacity, method, seconds, seed
        As of :func:`geo.analysis.siting.solve.solve`; ``seconds`` are those of the search, after the costs.
    progress
        Called often with what is done and what there is; what it raises ends the work.

    Raises
    ------
    PointsError
        As of ``solve``; demands that nothing reaches are named.

    Notes
    -----
    Church and ReVelle (1974), *The maximal covering location problem*; Toregas, Swain, ReVelle and
    Bergman (1971), *The location of emergency service facilities*; Hakimi (1964), *Optimum locations
    of switching centers and the absolute centers and medians of a graph*; ReVelle and Swain (1970),
    *Central facilities location*. Low and high of what is covered are bounds from the positional
    errors of demands and sites where costs are straight lines, and estimates along a network; they
    are of the chosen sites, which are chosen by central costs.
    """
    travel = Straight() if travel is None else travel
    ground = Ground.made(demand, existing, candidates, of, travel)
    if within is None and model in COVERING:
        raise PointsError(f"{model} needs within: the greatest number of {of} that covers")
    first, last = part_of(progress, 0, 2), part_of(progress, 1, 2)
    costs = ground.covers(float(within), first) if model in COVERING and capacity is None and within is not None else ground.costs(first)  # fmt: skip
    try:
        found = solve(
            costs, demand.weight, model=model, n=n, fixed=ground.fixed, within=within, capacity=capacity, method=method,
            seconds=seconds, seed=seed, progress=last,
        )  # fmt: skip
    except PointsError as error:
        raise _named(error, demand) from None
    parameters = {
        "model": model, "n": n, "within": within, "of": of, "capacity": _listed(capacity), "search": method, "seconds": seconds,
        "seed": seed, "candidates": len(candidates), "existing": ground.existing, "solver": found.status, "gap": found.gap,
    }  # fmt: skip
    return ended_of(ground, found, model, within, capacity, parameters)


def ended_of(
    ground: Ground, found: Solution, model: str, within: float | None, capacity: ArrayLike | None, parameters: dict[str, Any]
) -> Sites:  # fmt: skip
    """Return the tables of a solution."""
    if found.shares is None:
        new, gains = ordered(ground, found.chosen, model, within)
    else:
        load = np.asarray((found.shares.multiply(ground.demand.weight[:, None])).sum(axis=0)).ravel()  # fmt: skip
        new = found.chosen[np.argsort(-load[found.chosen], kind="stable")]
        gains = load[new]
    opened = np.concatenate([new, ground.fixed]).astype(np.intp)
    table, weight = served_of(ground, opened, within, found.shares)
    rows = []
    for stage, columns in (("existing", ground.fixed), ("all", opened)):
        if len(columns) or stage == "all":
            row = {"stage": stage, "sites": len(columns)} | ground.summary(ground.nearest(columns), within)  # fmt: skip
            if found.shares is not None:
                row |= _within_capacity(ground, columns, model, within, capacity)
            rows.append(row)
    costs = ground.three(opened)[1] if len(opened) else np.zeros((len(table), 0))
    travel, method = ground.travel, f"siting.method.{model}"
    provenance = provenance_of(method, cloud=ground.demand.cloud, **parameters, estimate=travel.estimate, **travel.parameters)  # fmt: skip
    return Sites(
        sites_of(ground, opened, gains, weight, costs), table, beyond_of(table), by_group_of(ground, table), pd.DataFrame(rows),
        found.objective, found.bound, found.gap, found.optimal, found.status, unlocated_of(ground),
        travel.estimate, provenance,
    )  # fmt: skip


def unlocated_of(ground: Ground) -> pd.DataFrame:
    """Return the facilities that have no position."""
    return ground.facilities.unlocated


def _within_capacity(
    ground: Ground, columns: Ints, model: str, within: float | None, capacity: ArrayLike | None
) -> dict[str, float]:
    """Return what sites of limited capacity can serve, with its band."""
    m, total = len(ground.facilities), ground.total
    limit = np.full(m, np.inf)
    own = np.asarray(capacity, dtype=float)
    if own.ndim and own.shape != (m,):
        limit[ground.existing :] = own
    else:
        limit[:] = own
    reach = np.inf if within is None or model == "p-median" else within
    weight, values = ground.demand.weight, []
    costs = ground.three(columns) if len(columns) else np.zeros((3, len(weight), 0))
    for k in (2, 1, 0):
        row, column = np.nonzero((costs[k] <= reach) & np.isfinite(costs[k]) & (weight > 0)[:, None])  # fmt: skip
        pairs = (row, columns[column].astype(np.intp), costs[k][row, column])
        served = split(pairs, weight, limit, columns, Time(20.0), all_served=False)[0] if len(row) else 0.0  # fmt: skip
        values.append(served)
    found = {f"covered{e}": v for e, v in zip(ENDS, values, strict=True)}
    found |= {f"share_covered{e}": v / total for e, v in zip(ENDS, values, strict=True)}
    return found | {f"beyond{e}": total - v for e, v in zip(ENDS, values[::-1], strict=True)}


def _listed(capacity: ArrayLike | None) -> Any:
    return None if capacity is None else np.asarray(capacity, dtype=float).tolist()


def _named(error: PointsError, demand: Places) -> PointsError:
    """Return the error of demands that nothing reaches with their names instead of their rows."""
    rows = error.problems
    if not rows:
        return error
    own = np.array([int(str(r)) for r in rows])
    heavy = float(demand.weight[own].sum())
    # Squares of one unit have one name.
    names = [
        f"{name} ({k})" if k > 1 else str(name) for name, k in Counter(demand.name_zh[own]).items()
    ]
    listed = ", ".join(names[:10]) + (" …" if len(names) > 10 else "")
    return PointsError(
        f"no candidate reaches {len(rows):,} of the demands (weight {heavy:,.0f}): {listed}: raise within, add "
        "candidates, leave these demands out, or ask mclp, which serves as many as can be", names,
    )  # fmt: skip
