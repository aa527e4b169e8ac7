"""Ranks: the best candidates of each need, block by block, and the tables that tell of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.analysis.matching.needs import Needs
from geo.analysis.matching.reasons import Reasons
from geo.analysis.matching.score import Asked, Block, Fit
from geo.analysis.matching.supply import Supply
from geo.analysis.matching.words import fold
from geo.network.travel import Measure
from geo.words import LANGUAGES, say

__all__ = ["COST", "Ranking"]

SAME = 1e-12
"""Scores this near to each other are equal."""
COST: dict[Measure, str] = {"minutes": "minutes", "km": "way_km"}
"""Column of the cost of a way."""
SERVICES = 3
"""So many service agencies are named for each need."""


class Ranking:
    """Gathers the best candidates of needs, block by block."""

    def __init__(self, needs: Needs, supply: Supply, fit: Fit, asked: Asked, most: int) -> None:
        self.needs, self.supply, self.asked, self.most = needs, supply, asked, most
        self.reasons = Reasons(needs, supply, fit, asked.of, asked.travel.estimate)
        self.rows: list[dict[str, Any]] = []
        self.listed: set[tuple[int, int]] = set()
        self.count: list[tuple[int, int, int, int, int]] = []
        self.near: list[dict[str, Any]] = []
        self.order = np.arange(len(supply))  # suppliers are sorted by id
        self.agencies = np.flatnonzero((supply.frame["tier"] == "service").to_numpy())

    def take(self, block: Block) -> None:
        """Rank the candidates of a block."""
        whole = (block.in_field, block.able, block.near_low, block.candidate, block.near_high)
        self.count += zip(*(w.sum(axis=1).tolist() for w in whole), strict=True)
        for k in range(len(block.score)):
            candidates = np.flatnonzero(block.candidate[k])
            if len(candidates):
                best = self._best(block, k, candidates)
                self._add(block, k, candidates, best[: self.most], np.arange(1, self.most + 1))
        self._agencies(block)

    def _best(self, block: Block, k: int, candidates: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return candidates, best first: all that may be among the first ``most``."""
        score = block.score[k, candidates]
        if len(candidates) > 4 * self.most:
            limit = -np.partition(-score, self.most - 1)[self.most - 1]
            candidates = candidates[score >= limit - SAME]
        return self._sorted(block, k, candidates)

    def _sorted(self, block: Block, k: int, those: NDArray[np.intp]) -> NDArray[np.intp]:
        # Rounding is what makes scores equal that differ by the order of a sum alone.
        keys = (self.order[those], _last(block.cost_high[k, those]), _last(block.cost[k, those]), -block.field[k, those].round(12), -block.score[k, those].round(12))  # fmt: skip
        return those[np.lexsort(keys)]

    def _add(
        self, block: Block, k: int, candidates: NDArray[np.intp], those: NDArray[np.intp], ranks: NDArray[np.intp]
    ) -> None:  # fmt: skip
        low, high, score = (v[k, candidates] for v in (block.low, block.high, block.score))
        for j, rank in zip(those.tolist(), ranks.tolist(), strict=False):
            surely = int((low > block.high[k, j] + SAME).sum())
            perhaps = int((high >= block.low[k, j] - SAME).sum())
            self.listed.add((block.start + k, j))
            self.rows.append(
                {
                    "k": block.start + k, "j": j, "rank": rank, "rank_low": min(1 + surely, rank), "rank_high": max(perhaps, rank),
                    "tied": bool((np.abs(score - block.score[k, j]) <= SAME).sum() > 1),
                    "score_low": block.low[k, j], "score": block.score[k, j], "score_high": block.high[k, j],
                    "part_field": block.field[k, j], "part_distance": block.distance[k, j], "part_capacity": block.capacity[k, j],
                    "cost_low": block.cost_low[k, j], "cost": block.cost[k, j], "cost_high": block.cost_high[k, j],
                }
            )  # fmt: skip

    def unlisted(self, given: NDArray[np.int64]) -> bool:
        """Return whether some were assigned that stand further down than is listed."""
        return any(j >= 0 and (k, j) not in self.listed for k, j in enumerate(given.tolist()))

    def add_given(self, block: Block, given: NDArray[np.int64]) -> None:
        """List those that were assigned and stand further down."""
        for k in range(len(block.score)):
            j = int(given[block.start + k])
            if j >= 0 and (block.start + k, j) not in self.listed:
                candidates = np.flatnonzero(block.candidate[k])
                rank = int(np.flatnonzero(self._sorted(block, k, candidates) == j)[0]) + 1
                self._add(block, k, candidates, np.array([j]), np.array([rank]))

    def _agencies(self, block: Block) -> None:
        if not len(self.agencies):
            return
        told = [fold(f"{r.place} {r.supplier_zh} {r.supplier_en}") for r in self.supply.frame.iloc[self.agencies].itertuples()]  # fmt: skip
        places = self.needs.frame["place"].tolist()[block.start :]
        for k in range(len(block.score)):
            place = fold(places[k])
            same = np.array([len(place) > 1 and place in t for t in told])
            cost = block.cost[k, self.agencies]
            useful = [i for i in np.lexsort((self.agencies, _last(cost), ~same)) if same[i] or np.isfinite(cost[i])]  # fmt: skip
            for n, i in enumerate(useful[:SERVICES], 1):
                j = int(self.agencies[i])
                self.near.append({"k": block.start + k, "j": j, "rank": n, "same_place": bool(same[i]), "cost_low": block.cost_low[k, j], "cost": block.cost[k, j], "cost_high": block.cost_high[k, j]})  # fmt: skip

    def _named(self, frame: pd.DataFrame) -> pd.DataFrame:
        needs, supply = self.needs.frame, self.supply.frame
        names = {c: needs[c].to_numpy(dtype=object)[frame["k"]] for c in ("need", "need_zh", "need_en")}  # fmt: skip
        names |= {c: supply[c].to_numpy(dtype=object)[frame["j"]] for c in ("supplier", "supplier_zh", "supplier_en", "tier", "kind", "source")}  # fmt: skip
        of = COST[self.asked.of]
        named = frame.rename(columns={"cost_low": f"{of}_low", "cost": of, "cost_high": f"{of}_high"})  # fmt: skip
        return named.assign(**names, estimate=self.asked.travel.estimate)

    def table(self, given: NDArray[np.int64] | None) -> pd.DataFrame:
        """Return the ranked candidates."""
        of, columns = COST[self.asked.of], ["k", "j", "rank", "rank_low", "rank_high", "tied", "score_low", "score", "score_high", "part_field", "part_distance", "part_capacity", "cost_low", "cost", "cost_high"]  # fmt: skip
        frame = pd.DataFrame(self.rows, columns=columns).sort_values(["k", "rank"], kind="stable", ignore_index=True)  # fmt: skip
        frame["k"], frame["j"] = frame["k"].astype(int), frame["j"].astype(int)
        capacity = self.supply.frame["capacity"].to_numpy(float)[frame["j"]]
        left = self.supply.left[frame["j"]]
        told: Any = frame.assign(capacity=capacity, left=left).to_dict("records")
        reasons = {f"reason_{lang}": [self.reasons.whole(r["k"], r["j"], r, lang) for r in told] for lang in LANGUAGES}  # fmt: skip
        chosen = np.zeros(len(frame), bool) if given is None else given[frame["k"]] == frame["j"].to_numpy()  # fmt: skip
        full = self._named(frame).assign(capacity=capacity, left=np.where(np.isinf(left), np.nan, left), assigned=chosen, **reasons)  # fmt: skip
        order = [
            "need", "need_zh", "need_en", "rank", "rank_low", "rank_high", "tied", "supplier", "supplier_zh", "supplier_en",
            "tier", "kind", "score_low", "score", "score_high", "part_field", "part_distance", "part_capacity",
            f"{of}_low", of, f"{of}_high", "estimate", "capacity", "left", "assigned", "reason_zh", "reason_en", "source",
        ]  # fmt: skip
        return full[order]

    def counts(self) -> pd.DataFrame:
        """Return how many candidates each need has."""
        columns = ["in_field", "able", "within_low", "within", "within_high"]
        frame = pd.DataFrame(self.count, columns=columns)
        return frame.assign(need=self.needs.frame["need"].to_numpy())[["need", *columns]]

    def services(self) -> pd.DataFrame:
        """Return the service agencies of each need."""
        frame = pd.DataFrame(self.near, columns=["k", "j", "rank", "same_place", "cost_low", "cost", "cost_high"])  # fmt: skip
        frame["k"], frame["j"] = frame["k"].astype(int), frame["j"].astype(int)
        of = COST[self.asked.of]
        return self._named(frame)[["need", "need_zh", "need_en", "rank", "supplier", "supplier_zh", "supplier_en", "same_place", f"{of}_low", of, f"{of}_high", "estimate", "source"]]  # fmt: skip

    def unassigned(self, given: NDArray[np.int64] | None) -> pd.DataFrame:
        """Return the needs that nobody was found for, with why."""
        rows = []
        placed = np.isfinite(self.needs.frame["lon"].to_numpy(float))
        for k, (in_field, able, _, within, _) in enumerate(self.count):
            if within and (given is None or given[k] >= 0):
                continue
            why = "outbid" if within else "no-field" if not self.needs.weight[k].any() else "no-supplier" if not in_field else "full" if not able else "reach" if placed[k] else "no-position"  # fmt: skip
            row = self.needs.frame.iloc[k]
            words = {f"why_{lang}": say(f"matching.why.{why}", lang) for lang in LANGUAGES}
            rows.append({"need": row["need"], "need_zh": row["need_zh"], "need_en": row["need_en"], "row": row["row"], "code": why} | words)  # fmt: skip
        return pd.DataFrame(rows, columns=["need", "need_zh", "need_en", "row", "code", "why_zh", "why_en"])  # fmt: skip


def _last(cost: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return costs with what is not known last."""
    return np.where(np.isnan(cost), np.inf, cost)
