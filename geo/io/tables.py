"""The tables beside the layers: claims and population, each row validated."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from geo.io.problems import Problem, problems_of
from geo.measure import SCALES
from geo.model.claim_terms import RuleName
from geo.model.schema import DATE

__all__ = [
    "CLAIM_COLUMNS",
    "POPULATION_COLUMNS",
    "Claim",
    "PopulationRow",
    "read_table",
    "write_table",
]

MAX_ROWS = 100_000


class Row(BaseModel):
    """A row of a table: blank cells are ``None``."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @field_validator("*", mode="before")
    @classmethod
    def _blank_is_none(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value


class Claim(Row):
    """A published number about a feature, a unit or the layout, or a statement without a number."""

    id: Annotated[str, Field(min_length=1)]
    subject: Annotated[str, Field(min_length=1)]
    quantity: Annotated[str, Field(min_length=1)]
    of: str | None = None
    value: Annotated[float, Field(allow_inf_nan=False)] | None = None
    value_high: Annotated[float, Field(allow_inf_nan=False)] | None = None
    unit: str | None = None
    qualifier: Literal[
        "exact", "about", "nearly", "over", "more_than_rounded", "reached", "range", "target",
        "statement", "at_most", "one_of", "first_batch", "cumulative",
    ]  # fmt: skip
    as_of: str | None = None
    source: Annotated[str, Field(min_length=1)]
    status: Literal["stated", "disputed", "superseded", "proxy"]
    group: str | None = None
    rule: RuleName | None = None
    ref: str | None = None
    label_zh: Annotated[str, Field(min_length=1)]
    label_en: Annotated[str, Field(min_length=1)]
    note_zh: str | None = None
    note_en: str | None = None
    topic: str | None = None

    @model_validator(mode="after")
    def _unit_is_known(self) -> Claim:
        known = SCALES.get(self.quantity)
        if known is not None and self.value is not None and self.unit not in known:
            raise ValueError(
                f"{self.unit!r} is no unit of {self.quantity}: use one of {', '.join(known)}"
            )
        return self


class PopulationRow(Row):
    """The people and the official area of a unit or of a statistical area.

    ``spans``: codes of the units, separated by spaces, that a statistical area without an outline
    lies in. ``within``: id of the statistical area whose figure holds this row's already.
    """

    id: Annotated[str, Field(min_length=1)]
    name_zh: Annotated[str, Field(min_length=1)]
    name_en: Annotated[str, Field(min_length=1)]
    level: Literal["city", "district", "county", "functional-zone"]
    type: Literal["unit", "statistical-area"]
    adcode: str | None = None
    city_adcode: str | None = None
    population: Annotated[int, Field(ge=0)] | None = None
    population_basis: str | None = None
    area_official_km2: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    source: Annotated[str, Field(min_length=1)]
    confidence: Literal["high", "medium", "low", "n/a"]
    note_zh: str | None = None
    note_en: str | None = None
    spans: str | None = None
    within: str | None = None


CLAIM_COLUMNS = tuple(Claim.model_fields)
POPULATION_COLUMNS = tuple(PopulationRow.model_fields)
_NUMERIC = {"value", "value_high", "population", "area_official_km2"}


def read_table(path: Path, model: type[Row]) -> tuple[pd.DataFrame, list[Problem]]:
    """Return a table and every problem in it.

    Parameters
    ----------
    path
        A UTF-8 CSV file with a header row.
    model
        :class:`Claim` or :class:`PopulationRow`.

    Returns
    -------
    frame
        One row for each valid row, columns as the model's fields; blank text is ``""``, blank
        numbers are NaN.
    problems
        With the row number as a spreadsheet shows it (the header is row 1).
    """
    name = path.name
    problems: list[Problem] = []
    rows: list[dict[str, object]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            missing = [
                f
                for f, d in model.model_fields.items()
                if d.is_required() and f not in (reader.fieldnames or [])
            ]
            if missing:
                what = f"no column {', '.join(missing)}"
                return _frame([], model), [Problem(name, "header", "", what, "add the column")]
            for raw in reader:
                where = f"row {reader.line_num}"
                if len(rows) >= MAX_ROWS:
                    problems.append(
                        Problem(name, where, "", f"over {MAX_ROWS:,} rows", "split the table")
                    )
                    break
                if None in raw or None in raw.values():
                    what = "the row has not as many cells as the header"
                    problems.append(Problem(name, where, "", what, "quote cells that hold commas"))
                    continue
                try:
                    rows.append(model.model_validate(raw).model_dump())
                except ValidationError as error:
                    problems += problems_of(error, model, name, where)
    except UnicodeDecodeError as error:
        problems.append(
            Problem(name, "", "", f"not UTF-8 at byte {error.start}", "save it as UTF-8")
        )
    except csv.Error as error:
        problems.append(
            Problem(name, "", "", f"not readable as CSV: {error}", "save it as plain CSV")
        )
    problems += _row_problems(rows, name)
    return _frame(rows, model), problems


def _row_problems(rows: list[dict[str, object]], name: str) -> list[Problem]:
    problems = []
    seen: set[object] = set()
    for row in rows:
        where = f"row {row['id']}"
        if row["id"] in seen:
            problems.append(
                Problem(name, where, "id", "the id occurs twice", "give each row its own")
            )
        seen.add(row["id"])
        as_of = row.get("as_of")
        if isinstance(as_of, str) and not DATE.match(as_of):
            what = f"{as_of!r} is not a date"
            problems.append(
                Problem(name, where, "as_of", what, "write YYYY, YYYY-MM or YYYY-MM-DD")
            )
    return problems


def _frame(rows: list[dict[str, object]], model: type[Row]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(model.model_fields))
    for column in frame.columns:
        if column in _NUMERIC:
            frame[column] = pd.to_numeric(frame[column])
        else:
            frame[column] = frame[column].astype(object).where(frame[column].notna(), "")
    return frame


def write_table(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as UTF-8 CSV; whole numbers without a decimal point."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(frame.columns)
        for row in frame.itertuples(index=False):
            writer.writerow([_cell(value) for value in row])


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
