"""Accessibility: how much supply is within reach of a demand, shared with all who want it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.analysis.cost_blocks import Block, blocks, groups_of, name_columns, require_places
from geo.analysis.decay import Decay, decay_of
from geo.analysis.places import Places
from geo.analysis.progress import Progress
from geo.analysis.provenance import Provenance, provenance_of
from geo.errors import PointsError
from geo.network.travel import Measure, Straight, Travel

__all__ = ["METHODS", "STEPS", "Access", "Method", "access", "gini_of"]

Floats = NDArray[np.float64]
Method = Literal["2sfca", "e2sfca", "gravity"]
METHODS: tuple[Method, ...] = get_args(Method)
STEPS = (1.0, 0.68, 0.22)
"""Weights of the three zones of a catchment (Luo and Qi, 2009)."""
_ENDS = ("_low", "", "_high")


@dataclass(frozen=True, eq=False, repr=False)
class Access:
    """What :func:`access` returns.

    Attributes
    ----------
    who, where
        The demands and the facilities.
    scores
        Shape (n, 3): low, central and high, for ``per`` of demand.
    counts
        Shape (n, 3): how many facilities lie within the catchment of each demand.
    asked
        Shape (m, 3): the demand that each facility shares its supply among, least, central, most.
    per
        So much demand a score is for.
    provenance
        Method, parameters, points.
    """

    who: Places
    where: Places
    scores: Floats
    counts: NDArray[np.int32]
    asked: Floats
    per: float
    provenance: Provenance

    @property
    def method(self) -> Method:
        """Which of the methods."""
        own: Method = self.provenance.parameters["model"]
        return own

    @property
    def estimate(self) -> bool:
        """Whether costs are estimated from straight lines."""
        return bool(self.provenance.parameters["estimate"])

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a demand, in order.

        ``id``, names, ``group``, place, ``demand`` (its weight), ``score`` with its band, and how many
        ``facilities`` lie within its catchment, with band.
        """
        columns = name_columns(self.who) | {
            "group": self.who.group,
            "lon": self.who.lon,
            "lat": self.who.lat,
        }
        columns |= {"demand": self.who.weight, "err_m": self.who.err_m}
        columns |= {f"score{e}": self.scores[:, k] for k, e in enumerate(_ENDS)}
        columns |= {f"facilities{e}": self.counts[:, k] for k, e in enumerate(_ENDS)}
        return pd.DataFrame(columns).assign(estimate=self.estimate)

    @cached_property
    def groups(self) -> pd.DataFrame:
        """One row a group of demands, worst served first: ``score`` by the weight of its demands."""
        heads, of_group = groups_of(self.who)
        n, weight = len(heads), self.who.weight
        total = np.bincount(of_group, weight, minlength=n)
        columns: dict[str, Any] = {"total": total}
        with np.errstate(invalid="ignore", divide="ignore"):
            for k, e in enumerate(_ENDS):
                # A score without bound of a demand that weighs nothing is nobody's.
                own = np.where(weight > 0, self.scores[:, k], 0.0)
                columns[f"score{e}"] = np.bincount(of_group, weight * own, minlength=n) / total
        found = heads.assign(**columns, estimate=self.estimate)
        return found.sort_values("score", kind="stable", ignore_index=True)

    @cached_property
    def facilities(self) -> pd.DataFrame:
        """One row a facility, in order.

        ``id``, names, ``group``, place, ``supply`` (its weight); ``demand`` that shares it, weighted by
        the catchment, and ``supply_ratio`` of supply to it (for ``per``), both with band; no ratio where nobody
        is within reach. Gravity shares nothing: its ratios are not given.
        """
        columns = name_columns(self.where) | {
            "group": self.where.group,
            "lon": self.where.lon,
            "lat": self.where.lat,
        }
        columns |= {"supply": self.where.weight, "err_m": self.where.err_m}
        columns |= {f"demand{e}": self.asked[:, k] for k, e in enumerate(_ENDS)}
        if self.method != "gravity":
            possible = self.asked[:, 2] > 0
            for e, k in (("_low", 2), ("", 1), ("_high", 0)):
                with np.errstate(divide="ignore", invalid="ignore"):
                    ratio = self.per * self.where.weight / self.asked[:, k]
                known = possible if e else self.asked[:, 1] > 0
                columns[f"supply_ratio{e}"] = np.where(known, ratio, np.nan)
        return pd.DataFrame(columns).assign(estimate=self.estimate)

    @cached_property
    def totals(self) -> pd.DataFrame:
        """One row.

        ``mean`` score by weight of the demand, with band; ``gini`` of the scores over the demand's
        weight, without one: no exact bound of it is known; ``none``: weight of the demand without any
        access, with band, and its ``share_none``; ``supply`` of all facilities, ``used`` of it by somebody
        (with band), ``total`` demand, ``located`` of ``listed`` facilities have a position.
        """
        weight, supply = self.who.weight, self.where.weight
        total = float(weight.sum())
        row: dict[str, Any] = {"model": self.method, "per": self.per}
        used = [float(supply[self.asked[:, k] > 0].sum()) for k in range(3)]
        for k, e in enumerate(_ENDS):
            row[f"mean{e}"] = self._mean(k, used[k], total)
        row["gini"] = gini_of(self.scores[:, 1], weight)
        # Fewest are without access where every score is at its highest.
        none = [float(weight[self.scores[:, k] == 0].sum()) for k in (2, 1, 0)]
        row |= {f"none{e}": v for e, v in zip(_ENDS, none, strict=True)}
        share = [v / total if total else float("nan") for v in none]
        row |= {f"share_none{e}": v for e, v in zip(_ENDS, share, strict=True)}
        row |= {"supply": float(supply.sum())}
        row |= {f"used{e}": v for e, v in zip(_ENDS, used, strict=True)}
        listed = len(self.where) + len(self.where.unlocated)
        row |= {"total": total, "located": len(self.where), "listed": listed, "estimate": self.estimate}  # fmt: skip
        return pd.DataFrame([row])

    def _mean(self, k: int, used: float, total: float) -> float:
        if not total:
            return float("nan")
        if self.method == "gravity":
            return float(self.who.weight @ self.scores[:, k]) / total
        # All supply that anybody reaches is shared out: the mean needs no score.
        return self.per * used / total


def gini_of(values: Floats, weight: Floats) -> float:
    """Return the Gini coefficient of values held by groups of so many; NaN where all are 0.

    Parameters
    ----------
    values
        Shape (n,), 0 or more: of each member of a group.
    weight
        Shape (n,), 0 or more: how many members.
    """
    order = np.argsort(values, kind="stable")
    size, held = weight[order], (weight * values)[order]
    people, sum_held = size.sum(), held.sum()
    if not (people > 0 and sum_held > 0):
        return float("nan")
    below = np.cumsum(held)
    return max(1.0 - float(size @ (2 * below - held)) / float(people * sum_held), 0.0)


def access(
    demand: Places,
    facilities: Places,
    travel: Travel | None = None,
    *,
    method: Method = "e2sfca",
    catchment: float = 30.0,
    zones: Sequence[float] | None = None,
    weights: Sequence[float] = STEPS,
    decay: Literal["power", "exponential"] = "power",
    beta: float | None = None,
    per: float = 1.0,
    of: Measure = "minutes",
    progress: Progress | None = None,
) -> Access:
    """Return how much supply each demand has access to, and how much demand each facility serves.

    Parameters
    ----------
    demand
        Who wants it, with weights of 0 or more: people, points.
    facilities
        What supplies it; the weight is the supply (capacity), 1 of nodes, whose capacity is not known.
    travel
        How one gets about; by default ``Straight()``: an estimate from straight lines.
    method
        ``2sfca``: a facility shares its supply evenly among all demand in its catchment, and a demand
        adds up the shares of all facilities in its own. ``e2sfca``: both weighted by zones of the
        catchment. ``gravity``: supply weighted by decay, shared among nobody.
    catchment
        Limit, in the measure ``of``; of gravity it may be infinite.
    zones, weights
        For ``e2sfca``: upper limits of the zones, rising, and their weights, falling. By default the
        catchment in equal parts.
    decay, beta
        For ``gravity``: cost to the power of minus ``beta`` (by default 2; costs below 1 count as 1),
        or exp(-``beta`` · cost) (by default 3 / catchment: a twentieth at its edge). No value of either
        is known for these services: it is an assumption.
    per
        Scores are given for so much demand, such as 1,000,000 people. Gravity has no such sense.
    of
        Minutes, or kilometres of the way.
    progress
        Called with what is done and what there is; what it raises ends the work.

    Returns
    -------
    Access
        Scores lie between low and high whatever the positional errors, up to ``err_m`` of each: a bound
        with straight lines, an estimate with a network (:func:`geo.reached`). See the notes.

    Raises
    ------
    PointsError
        If there is nobody, no facility with a position, a weight below 0, or a parameter is none.

    Notes
    -----
    Radke and Mu (2000), Spatial decompositions, modeling and mapping service regions to predict access
    to social programs, *Geographic Information Sciences* 6, 105-112; Luo and Wang (2003), Measures of
    spatial accessibility to health care in a GIS environment, *Environment and Planning B* 30, 865-884;
    Luo and Qi (2009), An enhanced two-step floating catchment area (E2SFCA) method for measuring spatial
    accessibility to primary care physicians, *Health & Place* 15, 1100-1107; Hansen (1959), How
    accessibility shapes land use, *Journal of the American Institute of Planners* 25, 73-76.

    What facility j with supply S gives demand i with weight P is S w / (P w + D), where w falls with the
    cost between them and D is what all others ask of j. It grows with w and falls with D, and no pair of
    places occurs twice in a score. So a score is largest where its own costs are low and those of all
    others high, and least the other way round: bounds over all costs between low and high. A demand of
    weight 0 whose facility perhaps serves nobody else has no upper bound.
    """
    way = Straight() if travel is None else travel
    require_places(demand, facilities, of)
    if method not in METHODS:
        raise PointsError(f"unknown method {method!r}: use one of {', '.join(METHODS)}")
    if not (np.isfinite(per) and per > 0):
        raise PointsError(f"scores are asked for per {per}: it must be above 0")
    law = decay_of(
        method, catchment=catchment, zones=zones, weights=weights, decay=decay, beta=beta
    )
    n, m = len(demand), len(facilities)
    scores, counts, asked = np.zeros((n, 3)), np.zeros((n, 3), dtype=np.int32), np.zeros((m, 3))
    for block in blocks(demand, facilities, way, of=of, within=law.edge, progress=progress):
        pairs = _Pairs.of(block, law, demand.weight, facilities.weight)
        given = pairs.weighted() if method == "gravity" else pairs.shared()
        asked[block.which] = pairs.asked()
        for k in range(3):
            scores[:, k] += np.bincount(pairs.who, given[k], minlength=n)
            counts[:, k] += np.bincount(pairs.who[pairs.w[k] > 0], minlength=n).astype(np.int32)
    scale = 1.0 if method == "gravity" else per
    # The same sums in another order may differ in the last digit.
    scores[:, 0] = np.minimum(scores[:, 0], scores[:, 1])
    scores[:, 2] = np.maximum(scores[:, 2], scores[:, 1])
    return Access(
        demand, facilities, scores * scale, counts, asked, scale,
        provenance_of(
            f"access.method.{method}", cloud=demand.cloud or facilities.cloud, model=method, of=of, **law.parameters,
            per=scale, demand=demand.name, demands=n, facilities=m, unlocated=len(facilities.unlocated),
            estimate=way.estimate, **way.parameters,
        ),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Pairs:
    """The pairs of a block that may lie within the catchment.

    Attributes
    ----------
    who, where
        Index of the demand, and of the facility in the block.
    w
        Weights at the high, the central and the low cost: least, central, most.
    p, s
        Weight of the demand and supply of the facility of each pair.
    m
        How many facilities the block has.
    """

    who: NDArray[np.intp]
    where: NDArray[np.intp]
    w: tuple[Floats, Floats, Floats]
    p: Floats
    s: Floats
    m: int

    @classmethod
    def of(cls, block: Block, law: Decay, weight: Floats, supply: Floats) -> _Pairs:
        low, cost, high = block.three
        who, where = np.nonzero(low <= law.edge)
        w = law(cost[who, where])
        # Where nothing is off there is one array of costs.
        both = (w, w) if low is cost else (law(high[who, where]), law(low[who, where]))
        own = supply[block.which]
        return cls(who, where, (both[0], w, both[1]), weight[who], own[where], len(own))

    def asked(self) -> Floats:
        """Return what all demands ask of each facility, shape (m, 3)."""
        sums = [np.bincount(self.where, self.p * w, minlength=self.m) for w in self.w]
        return np.column_stack(sums)

    def weighted(self) -> list[Floats]:
        """Return the supply of each pair, weighted."""
        return [self.s * w for w in self.w]

    def shared(self) -> list[Floats]:
        """Return what of the supply each pair has, shared among all who ask for it."""
        low, w, high = self.w
        least, central, most = self.asked()[self.where].T
        own = _over(self.s * w, central)
        if low is w:
            return [own, own, own]
        # Others ask most while one asks least oneself, and the other way round.
        rest = np.maximum(most - self.p * (high - low), self.p * low)
        # Perhaps the facility serves nobody: it then gives nothing, not even to whom it is near.
        fewest = np.where(least > 0, _over(self.s * low, rest), 0.0)
        largest = _over(self.s * high, self.p * (high - low) + least)
        unbounded = (least + self.p == 0) & (most > 0) & (self.s * high > 0)
        return [fewest, own, np.where(unbounded, np.inf, largest)]


def _over(a: Floats, b: Floats) -> Floats:
    """Return quotients, 0 where nobody asks."""
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)
