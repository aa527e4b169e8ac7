"""The table of policies beside the layers: what is in force where, each row with its source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, get_args

import pandas as pd
from pydantic import Field, field_validator, model_validator

from geo.errors import LayoutError
from geo.io.problems import Problem
from geo.io.tables import Row, read_table
from geo.model.schema import DATE

__all__ = ["KINDS", "LEVELS", "POLICY_COLUMNS", "Policy", "place_problems", "read_policies"]

Level = Literal["national", "province", "city", "district", "zone"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""From the widest to the narrowest: the order in which policies are listed."""
Kind = Literal[
    "law", "plan", "fund", "tax", "loan", "subsidy", "space", "talent", "transfer", "ip", "recognition", "procurement",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
_CODE: dict[str, tuple[re.Pattern[str], str]] = {
    "province": (re.compile(r"\d{2}0000"), "420000"),
    "city": (re.compile(r"\d{2}(?!00)\d{2}00"), "420100"),
    "district": (re.compile(r"\d{4}(?!00)\d{2}"), "420106"),
}
_TAG = re.compile(r"[^\s,;]+")


class Policy(Row):
    """A policy: who issued it, where and since when it is in force, and what it offers.

    ``place`` is the code of a unit (of a province, city or district), the id of a footprint (of a
    zone), or blank (national). ``kinds`` and ``fields`` are tags separated by spaces. What is not
    known stays blank.
    """

    id: Annotated[str, Field(min_length=1, max_length=80)]
    level: Level
    place: str | None = None
    title_zh: Annotated[str, Field(min_length=1, max_length=300)]
    title_en: Annotated[str, Field(min_length=1, max_length=300)]
    issuer_zh: Annotated[str, Field(max_length=300)] | None = None
    issuer_en: Annotated[str, Field(max_length=300)] | None = None
    number: Annotated[str, Field(max_length=100)] | None = None
    issued: str | None = None
    in_force_from: str | None = None
    in_force_to: str | None = None
    fields: str | None = None
    kinds: str | None = None
    amount_zh: Annotated[str, Field(max_length=500)] | None = None
    amount_en: Annotated[str, Field(max_length=500)] | None = None
    source: Annotated[str, Field(min_length=1, max_length=500)]
    url: str | None = None
    as_of: str | None = None
    confidence: Literal["high", "medium", "low", "n/a"]
    note_zh: Annotated[str, Field(max_length=2000)] | None = None
    note_en: Annotated[str, Field(max_length=2000)] | None = None

    @field_validator("issued", "in_force_from", "in_force_to", "as_of")
    @classmethod
    def _dates(cls, value: str | None) -> str | None:
        if value and not DATE.match(value):
            raise ValueError(f"{value!r} is not a date: write YYYY, YYYY-MM or YYYY-MM-DD")
        return value

    @field_validator("kinds")
    @classmethod
    def _known_kinds(cls, value: str | None) -> str | None:
        unknown = [tag for tag in _TAG.findall(value or "") if tag not in KINDS]
        if unknown:
            raise ValueError(
                f"{', '.join(unknown)!r} is no kind of policy: use {', '.join(KINDS)}, separated by spaces"
            )
        return " ".join(_TAG.findall(value)) if value else None

    @field_validator("fields")
    @classmethod
    def _tags(cls, value: str | None) -> str | None:
        return " ".join(_TAG.findall(value)) if value else None

    @field_validator("url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value and not re.match(r"https?://[^\s]+$", value):
            raise ValueError(
                f"{value!r} is no web address: begin it with https:// or leave it blank"
            )
        return value

    @model_validator(mode="after")
    def _place_fits_level(self) -> Policy:
        place = self.place or ""
        if self.level == "national" and place:
            raise ValueError("a national policy has no place: leave place blank")
        if self.level in _CODE:
            pattern, example = _CODE[self.level]
            if not pattern.fullmatch(place):
                raise ValueError(
                    f"place {place!r} is no code of a {self.level}: give six digits such as {example}"
                )
        if self.level == "zone" and not place:
            raise ValueError(
                "a policy of a zone needs a place: give the id of a zone of the layout"
            )
        return self

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Policy:
        begin, end = self.in_force_from or self.issued, self.in_force_to
        # Of two dates the shorter decides how far they can be compared.
        if begin and end and end[: len(begin)] < begin[: len(end)]:
            raise ValueError(f"it ends ({end}) before it begins ({begin}): correct the dates")
        return self


POLICY_COLUMNS = tuple(Policy.model_fields)


def read_policies(path: str | Path) -> pd.DataFrame:
    """Return a table of policies from a CSV file.

    Parameters
    ----------
    path
        UTF-8 CSV with the columns of :class:`Policy`.

    Raises
    ------
    LayoutError
        If anything in it is wrong; the message lists every problem, ``.problems`` holds them.
    """
    file = Path(path)
    if not file.is_file():
        raise LayoutError(f"no file {file}: give a table of policies as CSV")
    frame, problems = read_table(file, Policy)
    if problems:
        lines = "\n".join(f"  {problem}" for problem in problems[:20])
        raise LayoutError(f"{file.name} is not a valid table of policies:\n{lines}", problems)
    return frame


def place_problems(
    policies: pd.DataFrame, layers: Mapping[str, str], file: str = "policies.csv"
) -> Iterator[Problem]:
    """Yield the zones of policies that are nothing of a layout, or cover nothing.

    Parameters
    ----------
    policies
        The table.
    layers
        The layer of each feature of the layout, by id.
    file
        What the problems call the table.
    """
    for row in policies[policies["level"] == "zone"].to_dict("records"):
        layer = layers.get(row["place"])
        where = f"row {row['id']}"
        if layer is None:
            what = f"no feature {row['place']!r}"
            yield Problem(file, where, "place", what, "correct the id or add the feature")
        elif layer not in ("zone", "corridor", "belt"):
            what = f"{row['place']!r} is a {layer}, which covers no area"
            yield Problem(file, where, "place", what, "name a zone, corridor or belt")
