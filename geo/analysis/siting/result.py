"""Tables of a siting: the sites in the order of their worth, who is served where, who stays beyond."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.analysis.cost_blocks import groups_of, name_columns
from geo.analysis.provenance import Provenance
from geo.analysis.siting.ground import ENDS, Ground
from geo.model.layout import WGS84

__all__ = ["Sites", "beyond_of", "by_group_of", "ordered", "served_of", "sites_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False, repr=False)
class Sites:
    """What :func:`geo.site` returns.

    Attributes
    ----------
    sites
        GeoDataFrame, WGS84: the new sites in the ``order`` in which what each adds falls, then what
        is open already (``order`` 0, ``existing``): ``gain``, what each adds to those before it
        (weight covered; of p-median what it takes off the mean cost, of p-center off the greatest;
        with a capacity the weight it serves), ``served`` weight and its ``share_served`` of all,
        ``mean_cost`` of those it serves.
    served
        One row a demand: the ``site`` that serves it, ``cost`` to the nearest open site with its band (with a
        capacity: the mean of what its shares cost), and whether it is ``covered`` (surely,
        probably, perhaps: ``covered_low``, ``covered``, ``covered_high``), and the
        ``share_served`` of it.
    beyond
        Those of ``served`` that ask for something and are not covered, the heaviest first, by ``rank``.
    by_group
        Demand and weight ``beyond`` by group (unit, category) with bands; groups of nobody left out.
    totals
        Two rows (``stage``: ``existing`` and ``all``): weight covered and its share, mean and
        greatest cost, with bands from the positional errors.
    objective, bound, gap, optimal, status
        As of :class:`geo.analysis.siting.problem.Solution`.
    unlocated
        Facilities that were asked for but have no position, with their ``role``.
    estimate
        Whether costs are estimated from straight lines.
    provenance
        How it came about.
    """

    sites: gpd.GeoDataFrame
    served: pd.DataFrame
    beyond: pd.DataFrame
    by_group: pd.DataFrame
    totals: pd.DataFrame
    objective: float
    bound: float
    gap: float
    optimal: bool
    status: str
    unlocated: pd.DataFrame
    estimate: bool
    provenance: Provenance

    @property
    def chosen(self) -> gpd.GeoDataFrame:
        """The new sites alone."""
        return self.sites[~self.sites["existing"]]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return its tables by name."""
        found = {"sites": pd.DataFrame(self.sites.drop(columns="geometry")), "totals": self.totals}
        found |= {"by_group": self.by_group} if len(self.by_group) else {}
        return found | {"beyond": self.beyond, "served": self.served}


def ordered(ground: Ground, chosen: Ints, model: str, within: float | None) -> tuple[Ints, Floats]:
    """Return chosen sites in the order in which what each adds falls, and what each adds.

    Again and again the one comes next that adds most to what is open before it.
    """
    weight = ground.demand.weight
    now = ground.nearest(ground.fixed)[1]
    costs = ground.three(chosen)[1] if len(chosen) else np.empty((len(now), 0))
    counts = weight > 0
    whole = float(weight.sum())

    def worth(nearest: Floats) -> float:
        if model in ("mclp", "lscp"):
            return float(weight[nearest <= np.float64(within)].sum())
        own = nearest[counts]
        return -(float(weight[counts] @ own) / whole if model == "p-median" else float(own.max()))

    left, order, gains = list(range(len(chosen))), [], []
    before = worth(now)
    while left:
        values = [worth(np.minimum(now, costs[:, k])) for k in left]
        best = int(np.argmax(values))
        gains.append(values[best] - before if np.isfinite(before) else np.nan)
        before = values[best]
        one = left.pop(best)
        now = np.minimum(now, costs[:, one])
        order.append(one)
    return chosen[np.array(order, dtype=np.intp)], np.array(gains)


def served_of(
    ground: Ground, opened: Ints, within: float | None, shares: Any = None
) -> tuple[pd.DataFrame, Floats]:
    """Return the row of each demand, and the weight that each open site serves of each demand.

    Parameters
    ----------
    ground
        The ground.
    opened
        Columns of all open sites.
    within
        Greatest cost that covers, or ``None``.
    shares
        Sparse, shape (demands, facilities): how each demand is split, with a capacity.
    """
    demand, places = ground.demand, ground.facilities
    n = len(demand)
    if not len(opened):
        three, part = np.full((3, n), np.inf), np.zeros((n, 0))
    else:
        costs = ground.three(opened)
        if shares is None:
            part = np.zeros((n, len(opened)))
            part[np.arange(n), costs[1].argmin(axis=1)] = 1.0
            part[~np.isfinite(costs[1]).any(axis=1)] = 0.0
            three = costs.min(axis=2)
        else:
            part = shares[:, opened].toarray()
            own = np.where(part > 0, costs, 0.0) * part
            three = own.sum(axis=2) / np.where(part.any(axis=1), part.sum(axis=1), np.nan)
    sums = part.sum(axis=1)
    limit = np.inf if within is None else within
    covered = three[::-1] <= limit if shares is None else np.tile(sums > 1 - 1e-6, (3, 1))
    covered = covered & np.isfinite(three[1])
    main = opened[part.argmax(axis=1)] if len(opened) else np.zeros(n, np.intp)
    some = sums > 0
    table = pd.DataFrame(name_columns(demand) | {"group": demand.group, "lon": demand.lon, "lat": demand.lat, "weight": demand.weight})  # fmt: skip
    for column, source in (("site", "id"), ("site_zh", "name_zh"), ("site_en", "name_en")):
        table[column] = np.where(some, getattr(places, source)[main], "")
    for k, end in enumerate(ENDS):
        table[f"cost{end}"] = three[k]
    for k, end in enumerate(ENDS):
        table[f"covered{end}"] = covered[k]
    counted = sums if shares is not None else covered[1].astype(float)
    table["share_served"] = counted
    return table, part * demand.weight[:, None] * (1.0 if shares is not None else covered[1][:, None])  # fmt: skip


def sites_of(
    ground: Ground, opened: Ints, gains: Floats, served: Floats, costs: Floats
) -> gpd.GeoDataFrame:
    """Return the table of sites: the new ones, in order, then what is open already.

    Parameters
    ----------
    ground
        The ground.
    opened
        Columns: the new ones in order, then the existing ones.
    gains
        Shape (new,).
    served
        Shape (demands, opened): weight.
    costs
        Shape (demands, opened).
    """
    places, new = ground.facilities.some(opened), len(gains)
    weight = served.sum(axis=0)
    spent = np.where(served > 0, costs, 0.0) * served
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(weight > 0, spent.sum(axis=0) / weight, np.nan)
    table = {
        "order": np.concatenate([np.arange(1, new + 1), np.zeros(len(opened) - new, int)]),
        "id": places.id, "name_zh": places.name_zh, "name_en": places.name_en, "group": places.group,
        "existing": np.arange(len(opened)) >= new, "gain": np.concatenate([gains, np.full(len(opened) - new, np.nan)]),
        "served": weight, "share_served": weight / ground.total, "mean_cost": mean, "lon": places.lon, "lat": places.lat,
        "err_m": places.err_m,
    }  # fmt: skip
    return gpd.GeoDataFrame(table, geometry=shapely.points(places.lon, places.lat), crs=WGS84)


def beyond_of(served: pd.DataFrame) -> pd.DataFrame:
    """Return the demands that ask for something and are not covered, the heaviest first."""
    left = served[(served["weight"] > 0) & ~(served["share_served"] >= 1 - 1e-6)]
    left = left.sort_values(["weight", "cost"], ascending=False, kind="stable", ignore_index=True)
    left.insert(0, "rank", np.arange(1, len(left) + 1))
    return left


def by_group_of(ground: Ground, served: pd.DataFrame) -> pd.DataFrame:
    """Return demand and what of it stays beyond, by group, most beyond first."""
    heads, codes = groups_of(ground.demand)
    if len(heads) < 2:
        return pd.DataFrame()
    weight = ground.demand.weight

    def sums(of: Floats) -> Floats:
        return np.asarray(np.bincount(codes, of, minlength=len(heads)), dtype=float)

    table = heads.assign(demand=sums(weight))
    for end, other in zip(ENDS, ENDS[::-1], strict=True):
        # Least stays beyond where most is covered.
        left = 1.0 - served["share_served"].to_numpy(float) if end == "" else (~served[f"covered{other}"]).to_numpy(float)  # fmt: skip
        table[f"beyond{end}"] = sums(weight * left)
    whole = np.where(table["demand"] > 0, table["demand"], np.nan)
    for end in ENDS:
        table[f"share_beyond{end}"] = table[f"beyond{end}"] / whole
    kept = table[table["demand"] > 0]
    return kept.sort_values("beyond", ascending=False, kind="stable", ignore_index=True)
