"""Needs matched to who can help: ranked candidates with reasons, or an assignment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.analysis.matching.assign import assigned
from geo.analysis.matching.needs import Needs, needs_of
from geo.analysis.matching.ranking import COST, Ranking
from geo.analysis.matching.score import HALVING, Asked, Fit, blocks_of, weights_in
from geo.analysis.matching.supply import Supply, supply_from, supply_of
from geo.analysis.matching.taxonomy import Taxonomy, bundled_taxonomy
from geo.analysis.provenance import Provenance, provenance_of
from geo.errors import PointsError
from geo.model.layout import Layout
from geo.network.travel import MEASURES, Measure, Straight, Travel, require_pairs

__all__ = ["Matches", "match"]


@dataclass(frozen=True, eq=False)
class Matches:
    """What :func:`match` returns.

    Attributes
    ----------
    table
        One row a need and candidate, best first: ``rank`` with ``rank_low`` and ``rank_high`` (the
        best and the worst that it may be, by positional errors), ``tied`` (another candidate has
        the same score), ``score`` with its band and its parts ``part_field``, ``part_distance``,
        ``part_capacity``, the cost of the way (``minutes`` or ``way_km``) with its band, ``estimate``,
        ``capacity`` and ``left`` (NaN: not limited), ``assigned``, ``reason_zh``, ``reason_en``.
    unassigned
        Needs without a candidate, or to which nobody was assigned, with the reason (``code``, ``why_zh``, ``why_en``).
    counts
        How many candidates each need has: ``in_field``, ``able`` (of these, who takes more), and
        ``within_low``, ``within``, ``within_high`` (of these, within reach).
    services
        Service agencies for each need, whatever its fields: those whose name or place names the
        need's own place first, then the nearest.
    loads
        Of an assignment: how many needs each supplier with any was given.
    needs, supply
        What was matched.
    of
        What a way costs.
    assign
        Whether needs were assigned.
    provenance
        How it was computed.
    """

    table: pd.DataFrame
    unassigned: pd.DataFrame
    counts: pd.DataFrame
    services: pd.DataFrame
    loads: pd.DataFrame
    needs: Needs
    supply: Supply
    of: Measure
    assign: bool
    provenance: Provenance

    @property
    def cost(self) -> str:
        """The column of the cost of the way."""
        return COST[self.of]

    @property
    def assigned(self) -> pd.DataFrame:
        """The rows of ``table`` that were assigned."""
        return self.table[self.table["assigned"]].reset_index(drop=True)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        found = {"matches": self.table, "unassigned": self.unassigned, "needs": self.needs.table.merge(self.counts, on="need"), "services": self.services}  # fmt: skip
        found |= {"loads": self.loads} if self.assign else {}
        problems = pd.concat([self.needs.problems, self.supply.problems], ignore_index=True)
        found |= {"problems": problems} if len(problems) else {}
        return found | {"supply": self.supply.table, "evidence": self.supply.evidence}


def match(
    needs: Any,
    supply: Any,
    *,
    layout: Layout | None = None,
    taxonomy: Taxonomy | None = None,
    units: gpd.GeoDataFrame | None = None,
    travel: Travel | None = None,
    of: Measure = "minutes",
    weights: Mapping[str, float] | None = None,
    halving: float | None = None,
    most: int = 10,
    reach: float | None = None,
    least: float = 0.1,
    assign: bool = False,
    progress: Any = None,
    **reading: Any,
) -> Matches:
    """Match needs to who can help.

    Parameters
    ----------
    needs
        ``Needs``, or what ``geo.needs_of`` takes.
    supply
        ``Supply``, a layout (its nodes), or what ``geo.supply_from`` takes.
    layout
        Names places; by default ``supply`` where that is a layout.
    taxonomy
        Of needs and supply that are still to be read; by default the bundled one.
    units
        Administrative units that places may name; by default those of the layout.
    travel
        How one gets about; by default straight lines with a detour factor, an estimate.
    of
        What a way costs: ``minutes`` or ``km``.
    weights
        Of ``field``, ``distance`` and ``capacity``; they are divided by their sum.
    halving
        The distance counts half after so many minutes (or km), a quarter after twice as many.
    most
        So many candidates are listed for each need; ranks are among all of them.
    reach
        Dearer ways are no candidates, nor is who has no position.
    least
        Who serves a need's fields less than so much, 0 to 1, is no candidate.
    assign
        Whether each need is assigned to one supplier, none beyond what it takes, so that the sum of
        scores is the largest.
    progress
        Called with needs done and all needs.
    **reading
        Of needs: ``columns``, ``datum``, ``lon``, ``lat``, ``sheet``, ``err_m``.

    Returns
    -------
    Matches
        A supplier serves a field as well as the best product of similarity and strength over its
        own fields; the field part is the mean of that over the need's fields. The distance part is
        2 to the power of minus cost over ``halving`` (exponential decay: Fotheringham and O'Kelly,
        1989), 0 where a position is not known. The capacity part is the share that is left, 1 where
        that is not limited. Of equal scores the better in fields comes first, then the cheaper way,
        then the surer position, then the id. A need is never matched to its own firm.

    Raises
    ------
    PointsError
        If something cannot be read, or a parameter makes no sense.
    """
    if of not in MEASURES:
        raise PointsError(f"of is {of!r}: use {' or '.join(MEASURES)}")
    if most < 1:
        raise PointsError(f"most is {most}: list one candidate at least")
    if reach is not None and not reach > 0:
        raise PointsError(f"the reach is {reach}: it must be above 0")
    if not 0 <= least <= 1:
        raise PointsError(f"least is {least}: it must lie from 0 to 1")
    half = HALVING[of] if halving is None else float(halving)
    if not (np.isfinite(half) and half > 0):
        raise PointsError(f"halving is {half}: it must be above 0")
    where = layout if layout is not None else supply if isinstance(supply, Layout) else None
    own, offered = _read(needs, supply, where, taxonomy, units, reading)
    asked = Asked(Straight() if travel is None else travel, of, weights_in(weights), half, reach, least)  # fmt: skip
    fit = Fit.of(offered)
    ranked = Ranking(own, offered, fit, asked, most)
    scores = _scores(own, offered) if assign else None
    for block in blocks_of(own, offered, fit, asked, progress):
        ranked.take(block)
        if scores is not None:
            stop = block.start + len(block.score)
            scores[block.start : stop] = np.where(block.candidate, block.score, 0)
    given = None if scores is None else _assign(own, offered, scores)
    if given is not None and ranked.unlisted(given):
        for block in blocks_of(own, offered, fit, asked):
            ranked.add_given(block, given)
    table = ranked.table(given)
    provenance = provenance_of(
        "matching.method.match", weights=dict(asked.weights), of=of, halving=half, most=most, reach=reach, least=least,
        assign=assign, needs=own.name, n_needs=len(own), supply=offered.name, n_supply=len(offered),
        taxonomy=offered.taxonomy.name, **asked.travel.parameters,
    )  # fmt: skip
    return Matches(
        table, ranked.unassigned(given), ranked.counts(), ranked.services(), _loads(offered, given), own, offered, of,
        assign, provenance,
    )  # fmt: skip


def _read(
    needs: Any, supply: Any, layout: Layout | None, taxonomy: Taxonomy | None, units: Any, reading: Mapping[str, Any]
) -> tuple[Needs, Supply]:  # fmt: skip
    known = [x.taxonomy for x in (needs, supply) if isinstance(x, Needs | Supply)]
    own = taxonomy or (known[0] if known else bundled_taxonomy())
    if any(k is not own for k in known):
        raise PointsError("needs and supply were read with different fields: read both with one taxonomy")  # fmt: skip
    if isinstance(supply, Layout):
        offered = supply_of(supply, taxonomy=own)
    elif isinstance(supply, Supply):
        offered = supply
    else:
        offered = supply_from(supply, layout=layout, taxonomy=own, units=units)
    return needs_of(needs, layout=layout, taxonomy=own, units=units, **reading), offered


def _scores(needs: Needs, supply: Supply) -> NDArray[np.float64]:
    require_pairs(len(needs), len(supply))
    return np.zeros((len(needs), len(supply)))


def _assign(needs: Needs, supply: Supply, scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the supplier of each need; which of several equal assignments, is told by ids alone."""
    order = np.argsort(needs.frame["need"].to_numpy(dtype=str), kind="stable")
    given = np.empty(len(needs), dtype=np.int64)
    given[order] = assigned(scores[order], supply.left)
    return given


def _loads(supply: Supply, given: NDArray[np.int64] | None) -> pd.DataFrame:
    columns = ["supplier", "supplier_zh", "supplier_en", "capacity", "taken", "given"]
    if given is None:
        return pd.DataFrame(columns=columns)
    number = np.bincount(given[given >= 0], minlength=len(supply))
    frame = supply.frame.assign(given=number)[columns]
    return frame[number > 0].sort_values(["given", "supplier"], ascending=[False, True], ignore_index=True)  # fmt: skip
