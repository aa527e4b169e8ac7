"""The table of rates beside the layers: which published figures are set against which."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field, model_validator

from geo.io.problems import Problem
from geo.io.tables import Row

__all__ = ["RATE_COLUMNS", "Rate", "rate_problems"]

_CLAIMS = ("numerator", "less", "denominator", "since")


class Rate(Row):
    """A rate that is derived from claims: (numerator − less) / (denominator × periods).

    ``numerator``, ``less`` and ``denominator`` are ids of claims with a number; ``since`` is the id
    of a claim whose ``as_of`` is when counting began, ``per`` the length of a period. The rate is
    given in ``unit``; where that is ``%`` it is a hundred times as large.
    """

    id: Annotated[str, Field(min_length=1, max_length=80)]
    numerator: Annotated[str, Field(min_length=1)]
    less: str | None = None
    denominator: str | None = None
    since: str | None = None
    per: Literal["day", "month", "year"] | None = None
    unit_zh: Annotated[str, Field(min_length=1, max_length=40)]
    unit_en: Annotated[str, Field(min_length=1, max_length=40)]
    label_zh: Annotated[str, Field(min_length=1, max_length=200)]
    label_en: Annotated[str, Field(min_length=1, max_length=200)]
    note_zh: Annotated[str, Field(max_length=2000)] | None = None
    note_en: Annotated[str, Field(max_length=2000)] | None = None

    @model_validator(mode="after")
    def _divided_by_something(self) -> Rate:
        if (self.since is None) != (self.per is None):
            raise ValueError("since and per go together: give both, or leave both blank")
        if self.denominator is None and self.since is None:
            raise ValueError("a rate is divided by something: give a denominator, or since and per")
        return self


RATE_COLUMNS = tuple(Rate.model_fields)


def rate_problems(rates: pd.DataFrame, claims: pd.DataFrame) -> Iterator[Problem]:
    """Yield the claims that rates name and that are not there."""
    known = set(claims["id"])
    for row in rates.to_dict("records"):
        for column in _CLAIMS:
            if row[column] and row[column] not in known:
                what = f"no claim {row[column]!r}"
                mend = "name the id of a row of claims.csv"
                yield Problem("rates.csv", f"row {row['id']}", column, what, mend)
