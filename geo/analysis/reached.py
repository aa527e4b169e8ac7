"""Who reaches which service in what time: the nearest facility, how many within a limit, who is beyond."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from geo.analysis.cost_blocks import blocks, groups_of, limits_of, name_columns, require_places
from geo.analysis.places import Places
from geo.analysis.progress import Progress
from geo.analysis.provenance import Provenance, provenance_of
from geo.network.travel import Measure, Straight, Travel

__all__ = ["CUTS", "Reached", "reached", "within"]

Floats = NDArray[np.float64]
CUTS = (15.0, 30.0, 45.0, 60.0)
CURVE_POINTS = 500
"""A curve has this many points at most; each is exact."""
_NARROW = 12
"""So few columns are faster to go through one by one than row by row."""
_ENDS = ("_low", "", "_high")


@dataclass(frozen=True, eq=False, repr=False)
class Reached:
    """What :func:`reached` returns.

    Attributes
    ----------
    who, where
        The demands and the facilities.
    cuts, of
        The limits, in minutes or kilometres.
    nearest
        Shape (n,): index of each demand's nearest facility, -1 where it reaches none.
    costs
        Shape (n, 3): what it costs to reach the nearest, low, central and high.
    within_cuts
        Shape (n, cuts, 3): how many facilities each demand reaches within each limit, surely,
        centrally, perhaps.
    provenance
        Method, parameters, points.
    """

    who: Places
    where: Places
    cuts: tuple[float, ...]
    of: Measure
    nearest: NDArray[np.intp]
    costs: Floats
    within_cuts: NDArray[np.int32]
    provenance: Provenance

    @property
    def estimate(self) -> bool:
        """Whether costs are estimated from straight lines."""
        return bool(self.provenance.parameters["estimate"])

    @property
    def unlocated(self) -> pd.DataFrame:
        """Facilities that were asked for and have no position: ``id``, names, ``kind``."""
        return self.where.unlocated

    @property
    def located(self) -> tuple[int, int]:
        """How many facilities have a position, and how many were asked for."""
        return len(self.where), len(self.where) + len(self.where.unlocated)

    @cached_property
    def demand(self) -> pd.DataFrame:
        """One row a demand, in order, with its nearest facility.

        ``id``, names, ``group``, place, ``demand`` (its weight), ``facility`` (the nearest, with names),
        ``cost`` with its band (infinite where it reaches none), and how many ``facilities`` it reaches
        within the last limit, with their band.
        """
        columns = name_columns(self.who) | {
            "group": self.who.group,
            "lon": self.who.lon,
            "lat": self.who.lat,
        }
        columns |= {"demand": self.who.weight, "err_m": self.who.err_m}
        for own, name in (
            ("facility", "id"),
            ("facility_zh", "name_zh"),
            ("facility_en", "name_en"),
        ):
            texts = np.append(getattr(self.where, name), np.array([""], dtype=object))
            columns[own] = texts[self.nearest]
        columns |= {f"cost{e}": self.costs[:, k] for k, e in enumerate(_ENDS)}
        columns |= {f"facilities{e}": self.within_cuts[:, -1, k] for k, e in enumerate(_ENDS)}
        return pd.DataFrame(columns).assign(estimate=self.estimate)

    @cached_property
    def counts(self) -> pd.DataFrame:
        """One row a demand and limit: ``id``, names, ``cut``, ``facilities`` within it, with band."""
        n, k = len(self.who), len(self.cuts)
        columns = {c: np.repeat(v, k) for c, v in name_columns(self.who).items()}
        columns["cut"] = np.tile(self.cuts, n)
        columns |= {
            f"facilities{e}": self.within_cuts[:, :, j].ravel() for j, e in enumerate(_ENDS)
        }
        return pd.DataFrame(columns)

    @cached_property
    def totals(self) -> pd.DataFrame:
        """:meth:`within` the limits that were asked for."""
        return self.within(self.cuts)

    def within(self, cuts: ArrayLike) -> pd.DataFrame:
        """Return how much of the demand reaches its nearest facility within limits.

        Parameters
        ----------
        cuts
            Shape (k,): any limits, not only those asked for.

        Returns
        -------
        DataFrame
            One row a limit: ``cut``, ``of``; ``places``, ``demand`` and ``share`` (of 1) within it and
            ``beyond`` it (weight), each with band; ``total`` (weight of all); ``unreached`` (weight of
            those that reach no facility at all); ``located`` of ``listed`` facilities have a position.
        """
        at = np.atleast_1d(np.asarray(cuts, dtype=float))
        total = float(self.who.weight.sum())
        columns: dict[str, Any] = {"cut": at, "of": self.of}
        # Low counts whom even the high cost leaves within the limit.
        sums = [within(self.costs[:, k], self.who.weight, at) for k in (2, 1, 0)]
        numbers = [within(self.costs[:, k], np.ones(len(self.who)), at) for k in (2, 1, 0)]
        for e, number in zip(_ENDS, numbers, strict=True):
            columns[f"places{e}"] = np.rint(number).astype(np.int64)
        for e, own in zip(_ENDS, sums, strict=True):
            columns[f"demand{e}"] = own
        for e, own in zip(_ENDS, sums, strict=True):
            columns[f"share{e}"] = own / total if total else np.full(len(at), np.nan)
        for e, own in zip(_ENDS, reversed(sums), strict=True):
            columns[f"beyond{e}"] = np.maximum(total - own, 0.0)
        unreached = float(self.who.weight[self.nearest < 0].sum())
        located, listed = self.located
        return pd.DataFrame(columns).assign(
            total=total, unreached=unreached, located=located, listed=listed, estimate=self.estimate
        )

    @cached_property
    def curve(self) -> pd.DataFrame:
        """The share of the demand within every cost: ``cost``, ``demand`` and ``share`` with bands.

        Steps rise where a row stands; where there are more than 500 steps, as many rows that are exact
        stand for all.
        """
        finite = self.costs[np.isfinite(self.costs)]
        at = np.unique(np.append(finite, 0.0))
        if len(at) > CURVE_POINTS:
            at = at[np.unique(np.linspace(0, len(at) - 1, CURVE_POINTS).round().astype(int))]
        kept = [f"{c}{e}" for c in ("demand", "share") for e in _ENDS]
        return self.within(at).rename(columns={"cut": "cost"})[["cost", "of", *kept]]

    def beyond(self, cut: float | None = None) -> pd.DataFrame:
        """Return who is beyond a limit, heaviest first.

        Parameters
        ----------
        cut
            The limit; by default the last of those asked for.

        Returns
        -------
        DataFrame
            Rows of ``demand`` whose central cost is above it, with ``rank`` and ``surely_beyond``:
            whether even the low cost is.
        """
        limit = self.cuts[-1] if cut is None else float(cut)
        rows = self.demand[self.demand["cost"] > limit]
        rows = rows.sort_values(
            ["demand", "cost"], ascending=False, kind="stable", ignore_index=True
        )
        rows.insert(0, "rank", np.arange(1, len(rows) + 1))
        return rows.assign(surely_beyond=rows["cost_low"] > limit)

    @cached_property
    def groups(self) -> pd.DataFrame:
        """One row a group of demands (unit, kind, category) and limit, most beyond the limit first.

        ``group`` with names, ``cut``, ``total``, ``demand``, ``share`` and ``beyond`` as in
        :meth:`within`, and ``mean_cost``: the mean cost by weight of those that reach any.
        """
        heads, of_group = groups_of(self.who)
        n, weight = len(heads), self.who.weight
        total = np.bincount(of_group, weight, minlength=n)
        finite = np.isfinite(self.costs[:, 1])
        known = np.where(finite, weight, 0.0)
        cost = np.bincount(of_group, known * np.where(finite, self.costs[:, 1], 0.0), minlength=n)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = cost / np.bincount(of_group, known, minlength=n)
            parts = []
            for cut in self.cuts:
                own = [np.bincount(of_group, weight * (self.costs[:, k] <= cut), minlength=n) for k in (2, 1, 0)]  # fmt: skip
                part = heads.assign(cut=cut, of=self.of, total=total)
                part = part.assign(**{f"demand{e}": v for e, v in zip(_ENDS, own, strict=True)})
                part = part.assign(**{f"share{e}": v / total for e, v in zip(_ENDS, own, strict=True)})  # fmt: skip
                part = part.assign(**{f"beyond{e}": total - v for e, v in zip(_ENDS, reversed(own), strict=True)})  # fmt: skip
                parts.append(part.assign(mean_cost=mean, estimate=self.estimate))
        whole = pd.concat(parts, ignore_index=True)
        return whole.sort_values(["cut", "beyond"], ascending=[True, False], kind="stable", ignore_index=True)  # fmt: skip

    @cached_property
    def facilities(self) -> pd.DataFrame:
        """One row a facility, in order, with those that it is the nearest of.

        ``id``, names, ``group`` (its kind), place, how many ``places`` and how much ``demand`` (and which
        ``share`` of all) it is the nearest of, their mean cost by weight and their largest.
        """
        m, hit = len(self.where), self.nearest >= 0
        own, weight, cost = self.nearest[hit], self.who.weight[hit], self.costs[hit, 1]
        demand = np.bincount(own, weight, minlength=m)
        largest = np.full(m, np.nan)
        np.fmax.at(largest, own, cost)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.bincount(own, weight * cost, minlength=m) / demand
            share = demand / self.who.weight.sum()
        return pd.DataFrame(
            name_columns(self.where)
            | {
                "group": self.where.group, "lon": self.where.lon, "lat": self.where.lat, "err_m": self.where.err_m,
                "places": np.bincount(own, minlength=m), "demand": demand, "share": share, "mean_cost": mean, "max_cost": largest,
            }
        ).assign(estimate=self.estimate)  # fmt: skip


def within(cost: Floats, weight: Floats, cuts: Floats) -> Floats:
    """Return the sum of the weights whose cost is at most each limit, shape of ``cuts``."""
    order = np.argsort(cost, kind="stable")
    summed = np.concatenate([[0.0], np.cumsum(weight[order])])
    return np.asarray(summed[np.searchsorted(cost[order], cuts, side="right")])


def reached(
    demand: Places,
    facilities: Places,
    travel: Travel | None = None,
    *,
    cuts: Sequence[float] = CUTS,
    of: Measure = "minutes",
    progress: Progress | None = None,
) -> Reached:
    """Return who reaches the nearest facility at what cost, and who does not.

    Parameters
    ----------
    demand
        Who wants to get there, with weights of 0 or more: people, points.
    facilities
        What they want to reach; their weights play no part.
    travel
        How one gets about; by default ``Straight()``: an estimate from straight lines.
    cuts
        Limits, rising, in the measure ``of``.
    of
        Minutes, or kilometres of the way.
    progress
        Called with what is done and what there is; what it raises ends the work.

    Returns
    -------
    Reached
        A cost lies between low and high whatever the positional errors of demand and facility are, up
        to their ``err_m``: a bound with straight lines; with a network an estimate that takes errors as
        moved along the network. Facilities without a position are never placed by guess: what is
        reached is of those that have one, and real shares can only be larger.

    Raises
    ------
    PointsError
        If there is nobody, no facility with a position, a weight below 0, or the limits are none.

    Notes
    -----
    The distribution of the distance to the nearest facility: Apparicio, Abdelmajid, Riva and Shearmur
    (2008), Comparing alternative approaches to measuring the geographical accessibility of urban health
    services, *International Journal of Health Geographics* 7:7; numbers within a limit are their
    cumulative opportunities (Wachs and Kumagai, 1973, Physical accessibility as a social indicator,
    *Socio-Economic Planning Sciences* 7, 437-456).
    """
    way = Straight() if travel is None else travel
    require_places(demand, facilities, of)
    limits = limits_of(cuts)
    n = len(demand)
    best = np.full((n, 3), np.inf)
    nearest = np.full(n, -1, dtype=np.intp)
    counts = np.zeros((n, len(limits), 3), dtype=np.int32)
    for block in blocks(demand, facilities, way, of=of, progress=progress):
        low, cost, high = block.three
        own, least = _first_least(cost)
        closer = least < best[:, 1]
        nearest[closer] = own[closer] + block.which.start
        for k, costs in enumerate((low, cost, high)):
            own_least = least if costs is cost else _first_least(costs)[1]
            best[:, k] = np.minimum(best[:, k], own_least)
            for c, limit in enumerate(limits):
                counts[:, c, 2 - k] += _how_many(costs <= limit)
    return Reached(
        demand, facilities, limits, of, nearest, best, counts,
        provenance_of(
            "access.method.reached", cloud=demand.cloud or facilities.cloud, of=of, cuts=list(limits), demand=demand.name,
            demands=n, facilities=len(facilities), unlocated=len(facilities.unlocated), estimate=way.estimate, **way.parameters,
        ),
    )  # fmt: skip


def _first_least(costs: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Return where the least of each row stands, the first of equal ones, and the least itself."""
    if costs.shape[1] > _NARROW:
        own = costs.argmin(axis=1)
        return own, costs[np.arange(len(costs)), own]
    own, least = np.zeros(len(costs), dtype=np.intp), costs[:, 0].copy()
    for k in range(1, costs.shape[1]):
        closer = costs[:, k] < least
        own[closer] = k
        np.copyto(least, costs[:, k], where=closer)
    return own, least


def _how_many(true: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return how many of each row are true."""
    if true.shape[1] > _NARROW:
        return np.asarray(true.sum(axis=1, dtype=np.int32))
    counted = np.zeros(len(true), dtype=np.int32)
    for column in true.T:
        counted += column
    return counted
