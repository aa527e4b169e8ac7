"""A problem found in a layout folder: the file, the feature, the field, and the mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

__all__ = ["Problem", "problems_of"]


@dataclass(frozen=True)
class Problem:
    """One problem of a layout folder.

    Parameters
    ----------
    file
        File name within the folder.
    where
        The feature or row, such as ``feature 3 (junshan)`` or ``row 12``; empty for the file.
    field
        The field or part, such as ``err_m`` or ``geometry``; empty where none.
    what
        What is wrong.
    mend
        How to mend it.
    """

    file: str
    where: str
    field: str
    what: str
    mend: str

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.file, self.where, self.field) if part)
        return f"{place}: {self.what} — {self.mend}"


_MENDS = {
    "missing": ("the field is missing", "add it"),
    "string_pattern_mismatch": (
        "{value} is not an identifier",
        "use lower-case letters, digits and hyphens, such as my-zone-1",
    ),
    "string_too_short": ("the text is empty", "fill it in"),
    "string_too_long": ("the text is too long", "shorten it"),
    "greater_than": ("{value} is not above {gt}", "give a larger number"),
    "greater_than_equal": ("{value} is below {ge}", "give a number of at least {ge}"),
    "less_than": ("{value} is not below {lt}", "give a smaller number"),
    "less_than_equal": ("{value} is above {le}", "give a number of at most {le}"),
    "finite_number": ("{value} is not a finite number", "give a number"),
    "float_parsing": ("{value} is not a number", "give a number"),
    "float_type": ("{value} is not a number", "give a number"),
    "string_type": ("{value} is not text", "put it in quotation marks"),
    "literal_error": ("{value} is not one of {expected}", "use one of {expected}"),
    "none_required": ("{value} is given where nothing may be", "set it to null"),
    "bool_parsing": ("{value} is not true or false", "write true or false"),
    "bool_type": ("{value} is not true or false", "write true or false"),
    "tuple_type": ("{value} is not a list", "write a list [ … ]"),
}


def problems_of(
    error: ValidationError, model: type[BaseModel], file: str, where: str
) -> list[Problem]:
    """Return the problems that a pydantic error tells of, in our words."""
    return [_problem(detail, model, file, where) for detail in error.errors(include_url=False)]


def _problem(detail: Any, model: type[BaseModel], file: str, where: str) -> Problem:
    field = ".".join(str(part) for part in detail["loc"])
    value = repr(detail.get("input"))
    value = value if len(value) <= 60 else value[:57] + "…"
    kind: str = detail["type"]
    if kind == "extra_forbidden":
        return Problem(file, where, field, "the field is not known", _nearest(field, model))
    if kind in _MENDS:
        what, mend = _MENDS[kind]
        words = {"value": value, **detail.get("ctx", {})}
        return Problem(file, where, field, what.format(**words), mend.format(**words))
    what = str(detail["msg"]).removeprefix("Value error, ")
    what, _, mend = what.partition(": ")
    return Problem(file, where, field, what, mend or "correct it")


def _nearest(field: str, model: type[BaseModel]) -> str:
    names: Iterable[str] = model.model_fields
    near = difflib.get_close_matches(field, names, n=1)
    if near:
        return f"did you mean {near[0]}? Otherwise take it out"
    return f"take it out, or use one of {', '.join(names)}"
