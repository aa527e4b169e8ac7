"""What can be wrong between the claims of a table: groups that no rule can compare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from geo.io.problems import Problem
from geo.measure.scales import scales_of
from geo.model.claim_terms import FAMILIES, within_of, years_of

__all__ = ["claim_problems"]

_Row = dict[Any, Any]


def claim_problems(claims: pd.DataFrame) -> Iterator[Problem]:
    """Yield each claim, or group of claims, that its rule cannot work with, and how to mend it."""
    rows = claims.to_dict("records")
    for row in rows:
        yield from _own_problems(row)
    groups: dict[str, list[_Row]] = {}
    for row in rows:
        if row["group"] and row["rule"]:
            groups.setdefault(row["group"], []).append(row)
    for group, members in groups.items():
        yield from _group_problems(group, members)


def _problem(row: _Row, column: str, what: str, mend: str) -> Problem:
    return Problem("claims.csv", f"row {row['id']}", column, what, mend)


def _of_problem(row: _Row, read: Any) -> Iterator[Problem]:
    try:
        read(row["of"])
    except ValueError as error:
        what, _, mend = str(error).partition(": ")
        yield _problem(row, "of", what, mend)


def _own_problems(row: _Row) -> Iterator[Problem]:
    if row["rule"] and not row["group"]:
        what = f"the rule {row['rule']} needs the other claims that it is set against"
        yield _problem(row, "group", what, "give all of them one name in group")
    if row["rule"] and pd.isna(row["value"]):
        what = f"the rule {row['rule']} compares numbers, and there is none"
        yield _problem(row, "value", what, "give the number, or leave rule blank")
    if row["quantity"] == "coverage" and row["qualifier"] not in ("statement", "target"):
        yield from _of_problem(row, within_of)
        if not row["unit"]:
            yield _problem(row, "unit", "a coverage without a unit", "write % or what is counted, such as people")  # fmt: skip
    if row["rule"] == "growth-rate":
        yield from _of_problem(row, years_of)
        if row["unit"] != "%":
            yield _problem(row, "unit", f"a rate of growth in {row['unit']!r}", "write %")
    if row["rule"] == "dated" and not row["as_of"]:
        mend = "write YYYY, YYYY-MM or YYYY-MM-DD: what is set against it is its date"
        yield _problem(row, "as_of", "a dated extent without a date", mend)


def _group_problems(group: str, members: list[_Row]) -> Iterator[Problem]:
    first, rules = members[0], {row["rule"] for row in members}
    family = next((f for f in FAMILIES if rules <= f), None)
    if family is None:
        what = f"the group {group!r} mixes the rules {', '.join(sorted(rules))}"
        yield _problem(first, "rule", what, "give each rule a group of its own")
        return
    if "growth-rate" in family:
        for missing in sorted(family - rules):
            what = f"the group {group!r} has no {missing}"
            mend = "growth needs a start, an end and a rate: add the claim, or leave rule blank"
            yield _problem(first, "rule", what, mend)
        ends = [row for row in members if row["rule"] != "growth-rate"]
        for row in ends[1:]:
            if row["unit"] != ends[0]["unit"]:
                what = f"{row['unit']!r} is not the unit of {ends[0]['id']} ({ends[0]['unit']!r})"
                yield _problem(row, "unit", what, "give start and end in one unit")
    if rules in ({"converted"}, {"dated"}) and len(members) < 2:
        what = f"{first['id']} is alone in the group {group!r}"
        yield _problem(first, "group", what, "give the other claim the same group, or leave it blank")  # fmt: skip
    if rules == {"converted"}:
        yield from _unit_problems(members)
    if rules == {"dated"}:
        for row in members[1:]:
            if row["unit"] != first["unit"]:
                yield from _unit_problems([first, row])


def _unit_problems(members: list[_Row]) -> Iterator[Problem]:
    first = members[0]
    for row in members[1:]:
        if row["quantity"] != first["quantity"]:
            what = f"{row['quantity']} is another quantity than that of {first['id']} ({first['quantity']})"  # fmt: skip
            yield _problem(row, "quantity", what, "one figure in two units is one quantity: correct it, or leave group blank")  # fmt: skip
            continue
        try:
            scales_of(first["unit"], row["unit"])
        except ValueError:
            what = f"{row['unit']!r} cannot be had from {first['unit']!r} (row {first['id']})"
            yield _problem(row, "unit", what, "use two units of length, or two of area, such as km and mi")  # fmt: skip
