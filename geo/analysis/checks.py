"""Checks of claims against each other: which claims are set against which, and by what rule.

Claims meet only where they share a ``group``, or speak of one corridor's length, area and width;
never because their values happen to be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from geo.analysis import check_groups
from geo.analysis.check_belts import PrintedBelt, belt_rows, compass, printed_belts
from geo.analysis.check_corridors import corridor_rows, whole_unit_rows
from geo.analysis.check_growth import growth
from geo.analysis.claim_finding import Context
from geo.words import LANGUAGES

__all__ = ["PrintedBelt", "check_claims", "compass", "printed_belts"]


def check_claims(context: Context) -> list[dict[str, Any]]:
    """Return one audit row for each check between claims."""
    layout, claims = context.layout, context.layout.claims
    rows = [row for belt in printed_belts(layout) for row in belt_rows(belt, layout)]
    rows += corridor_rows(context)
    rows += whole_unit_rows(context)
    for group, members in claims[claims["group"] != ""].groupby("group", sort=False):
        own = members[members["value"].notna()]
        rule = _RULES.get(frozenset(own["rule"]))
        if rule is not None:
            rows += rule(str(group), own, context)
    for row in rows:
        row |= {f"subject_{lang}": context.name(row["subject"], lang) for lang in LANGUAGES}
    return rows


_Rule = Callable[[str, pd.DataFrame, Context], Iterator[dict[str, Any]] | list[dict[str, Any]]]

_RULES: dict[frozenset[str], _Rule] = {
    frozenset({"same-value"}): lambda g, m, _: [check_groups.same_value(g, m)],
    frozenset({"nested"}): lambda g, m, c: [check_groups.nested(g, m, c.layout)],
    frozenset({"whole", "part"}): lambda g, m, _: check_groups.parts(g, m),
    frozenset({"sum", "addend"}): lambda g, m, _: [check_groups.total(g, m)],
    frozenset({"growth-start", "growth-end", "growth-rate"}): lambda g, m, _: growth(g, m),
    frozenset({"converted"}): lambda g, m, _: check_groups.converted(g, m),
    frozenset({"dated"}): lambda g, m, _: [check_groups.dated(g, m)],
}
