"""Why a supplier suits a need, in words of both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from geo.analysis.matching.needs import Needs
from geo.analysis.matching.score import Fit
from geo.analysis.matching.supply import Supply
from geo.network.travel import Measure
from geo.words import Lang, one_line, say

__all__ = ["Reasons"]

FEW = 3
"""So many pieces of evidence are told; all are in the table of evidence."""


def _in(terms: str, lang: Lang) -> str:
    """Return those of some terms that are in a language; all where none is."""
    parts = [p for p in terms.split("; ") if p]
    own = [p for p in parts if any(ord(c) >= 0x2E80 for c in p) == (lang == "zh")]
    return one_line(say("matching.list.terms", lang).join(own or parts))


class Reasons:
    """Says why a supplier suits a need.

    Parameters
    ----------
    needs, supply, fit
        What was matched.
    of
        What a way costs.
    estimate
        Whether costs are estimates.
    """

    def __init__(self, needs: Needs, supply: Supply, fit: Fit, of: Measure, estimate: bool) -> None:
        self._needs, self._supply, self._fit = needs, supply, fit
        self._of, self._estimate = of, estimate
        self._terms = {
            (r["need"], r["field"]): (r["shown_by"], r["terms"]) for r in needs.found.to_dict("records")
        }  # fmt: skip
        self._evidence: dict[tuple[str, str], list[Mapping[Any, Any]]] = {}
        for row in supply.evidence.to_dict("records"):
            self._evidence.setdefault((row["supplier"], row["field"]), []).append(row)
        self._need_ids, self._ids = needs.frame["need"].tolist(), supply.frame["supplier"].tolist()
        self._said: dict[tuple[Any, ...], str] = {}

    def fields(self, need: int, supplier: int, lang: Lang) -> str:
        """Return which of its fields a need shares with a supplier, and what shows that."""
        weight, best = self._needs.weight[need], self._fit.best[:, supplier]
        shared = [int(f) for f in np.flatnonzero(weight * best)]
        shared.sort(key=lambda f: -weight[f] * best[f])
        told: set[int] = set()
        parts = [self._field(need, supplier, f, told, lang) for f in shared]
        return say("matching.list.between", lang).join(parts)

    def _field(self, need: int, supplier: int, f: int, told: set[int], lang: Lang) -> str:
        own, g = self._supply.taxonomy, int(self._fit.by[f, supplier])
        basis, terms = self._terms.get((self._need_ids[need], own.fields[f].id), ("stated", ""))
        words = {
            "field": getattr(own.fields[f], f"name_{lang}"), "value": self._needs.weight[need, f] * self._fit.best[f, supplier],
            "asked": self._once(("asked", basis, terms, lang), lambda: say(f"matching.asked.{basis}", lang, terms=_in(terms, lang))),
        }  # fmt: skip
        near = {"near": getattr(own.fields[g], f"name_{lang}"), "similarity": own.similarity[f, g]}
        if g in told:
            # What shows the supplier's field has been said.
            return say("matching.reason.again", lang, **words, **near)
        told.add(g)
        shown = self._once(("shown", supplier, g, lang), lambda: self._shown(supplier, g, lang))
        if f == g:
            return say("matching.reason.same", lang, **words, shown=shown)
        return say("matching.reason.near", lang, **words, **near, shown=shown)

    def _shown(self, supplier: int, g: int, lang: Lang) -> str:
        field = self._supply.taxonomy.fields[g].id
        rows = self._evidence.get((self._ids[supplier], field), [])
        rows = sorted(rows, key=lambda r: -r["probability"])
        told = [
            say(f"matching.evidence.{r['shown_by']}", lang, terms=_in(r["terms"], lang), via=one_line(r[f"via_{lang}"] or r["via_zh"]))
            for r in rows[:FEW]
        ]  # fmt: skip
        if len(rows) > FEW:
            told.append(say("matching.evidence.more", lang, n=len(rows) - FEW))
        return say("matching.list.inner", lang).join(told)

    def _once(self, key: tuple[Any, ...], make: Any) -> str:
        if key not in self._said:
            self._said[key] = make()
        return self._said[key]

    def whole(self, need: int, supplier: int, row: Mapping[str, Any], lang: Lang) -> str:
        """Return all that speaks for a supplier.

        Parameters
        ----------
        need, supplier
            Their numbers.
        row
            Its ``part_field``, ``cost_low``, ``cost``, ``cost_high``, ``capacity``, ``left``.
        lang
            Language.
        """
        parts = [say("matching.reason.field", lang, value=row["part_field"], fields=self.fields(need, supplier, lang))]  # fmt: skip
        if np.isnan(row["cost"]):
            parts.append(say("matching.reason.no-position", lang))
        elif np.isinf(row["cost"]):
            parts.append(say("matching.reason.no-way", lang))
        else:
            kind = "estimate" if self._estimate else "network"
            unit = say(f"matching.unit.{self._of}", lang)
            parts.append(say(f"matching.reason.{kind}", lang, cost=row["cost"], low=row["cost_low"], high=row["cost_high"], unit=unit))  # fmt: skip
        if np.isinf(row["left"]):
            parts.append(say("matching.reason.unlimited", lang))
        else:
            parts.append(say("matching.reason.left", lang, left=int(row["left"]), capacity=int(row["capacity"])))  # fmt: skip
        return say("matching.list.sentences", lang).join(parts)
