"""What a person asks of concentration: the parameters of the page, the points, and results kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

from app import data, frame, inputs, memo, mine, state
from app.later import kept_later
from app.mine import Mine
from geo.analysis.cloud import Cloud, cloud_of
from geo.analysis.concentration.years import year_columns, years_in
from geo.analysis.footprints import footprints_of
from geo.analysis.progress import Progress
from geo.analysis.provenance import Provenance
from geo.model.layout import Layout
from geo.words import Lang, say

__all__ = [
    "PARAMETERS",
    "QUESTIONS",
    "Asked",
    "asked",
    "columns_of",
    "kept_long",
    "method",
    "tell_errors",
    "words",
]

QUESTIONS = (
    "quotients", "uneven", "centres", "neighbours", "density", "spots", "clusters", "growth",
)  # fmt: skip
PRE = "concentrationpage"
T = TypeVar("T")


def groups() -> list[str]:
    """Return the categories of the person's points, in order."""
    own = mine.current()
    if own is None or own.by is None:
        return []
    by = own.by
    values = lambda: sorted({str(v) for v in own.points.frame[by].dropna().unique() if str(v)})  # noqa: E731
    return memo.kept(("groups", own.key), values)


def years_columns() -> list[str]:
    """Return the columns of the person's points that hold years."""
    own = mine.current()
    if own is None:
        return []
    return memo.kept(("year columns", own.key), lambda: year_columns(own.points.frame))


def years() -> list[str]:
    """Return the years of the column chosen."""
    own, column = mine.current(), inputs.value_of(YEAR)
    if own is None or not column:
        return []
    return memo.kept(("years", own.key, column), lambda: [str(y) for y in years_in(own.points.frame, column)])  # fmt: skip


@dataclass(frozen=True)
class FirstYear(state.Choice):
    """The year that growth starts at: at first the one ten years before the last."""

    def first(self) -> str:
        """Return the latest year that is ten years before the last, or the first of all."""
        found = self.listed()
        before = [y for y in found if int(y) <= int(found[-1]) - 10] if found else []
        return (before or found or [""])[-1 if before else 0]


@dataclass(frozen=True)
class LastYear(state.Choice):
    """The year that growth ends at: at first the last."""

    def first(self) -> str:
        """Return the last year."""
        return (self.listed() or [""])[-1]


def _places() -> list[str]:
    return ["any", *(f.row()["footprint"] for f in _footprints())]


def _footprints() -> list[Any]:
    make = lambda: footprints_of(data.shown(), ring_km=state.ring_km())  # noqa: E731
    return memo.kept(("footprints", data.key(), state.ring_km()), make)


def axes() -> list[str]:
    """Return the ids of corridors and belts that have an axis."""
    items = [*data.shown().of_layer("corridor"), *data.shown().of_layer("belt")]
    return [i.id for i in items if getattr(i, "axis", None) is not None]


QUESTION = state.Choice("q", QUESTIONS)
WEIGHED = state.Switch("weighed")
LEVEL = state.Choice("level", ("90", "95", "99"), "95")
AROUND = state.Choice("around", ("footprints", "units"))
PLACE = state.Choice("place", _places, "any")
OVER = state.Choice("over", ("units", "cells"))
CELL = state.Number("cell", 3.0, 0.5, 10.0, 0.5)
LATTICE = state.Choice("lattice", ("square", "hexagon"))
GROUP = state.Choice("of", lambda: ["", *groups()], "")
GROUPS = state.Many("groups", groups)
MOVE = state.Choice("move", lambda: ["", *years_columns()], "")
AXIS = state.Choice("axis", axes)
VARIANT = state.Choice("variant", ("crimestat", "yuill"))
RULE = state.Choice("rule", ("scott", "given"))
BANDWIDTH = state.Number("bandwidth", 3.0, 0.2, 20.0, 0.2)
STATISTIC = state.Choice("stat", ("g_type", "moran_type"))
PERMUTATIONS = state.Choice("permutations", ("999", "9999", "99999"), "9999")
FDR = state.Choice("fdr", ("1", "5", "10"), "5")
EPS = state.Number("eps", 500, 50, 5000, 50)
LEAST = state.Number("least", 10, 3, 200, 1)
YEAR = state.Choice("year", years_columns)
YEARS = state.Choice("years", ("founded", "panel"))
FIRST = FirstYear("first", years)
LAST = LastYear("last", years)
OCCUPIED = state.Number("occupied", 5, 1, 100, 1)
RATE = state.Number("rate", 10, 0, 90, 5)
PARAMETERS = (
    QUESTION, WEIGHED, LEVEL, AROUND, PLACE, OVER, CELL, LATTICE, GROUP, GROUPS, MOVE, AXIS, VARIANT, RULE,
    BANDWIDTH, STATISTIC, PERMUTATIONS, FDR, EPS, LEAST, YEAR, YEARS, FIRST, LAST, OCCUPIED, RATE,
)  # fmt: skip


def words(section: str) -> Callable[[str], str]:
    """Return what says the options of a section."""
    return lambda code: say(f"{PRE}.{section}.{code}", state.lang())


@dataclass(frozen=True)
class Asked:
    """What all questions share.

    Attributes
    ----------
    mine
        The person's points.
    layout
        The layout that is shown.
    lang
        Of the page.
    ring_km
        Width of the campus rings.
    weighed
        Whether the weight counts, or each point as one.
    """

    mine: Mine
    layout: Layout
    lang: Lang
    ring_km: float
    weighed: bool

    @property
    def weight(self) -> str | None:
        """The column of the weight, if it counts."""
        return self.mine.weight if self.weighed else None

    @property
    def roles(self) -> dict[str, Any]:
        """Category and weight, as analyses take them."""
        return {"by": self.mine.by, "weight": self.weight}

    @property
    def what(self) -> str:
        """What is counted, in words."""
        name = "weight" if self.weighed else "count"
        return say(f"{PRE}.view.{name}", self.lang)

    @property
    def study(self) -> Any:
        """The administrative units, in which points could lie, or ``None``."""
        return data.units()

    @property
    def footprints(self) -> list[Any]:
        """The footprints of the layout that is shown."""
        return _footprints()

    def cloud(self, *columns: str) -> Cloud:
        """Return the points in memory."""
        make = lambda: cloud_of(self.mine.points, columns=columns, layout=self.layout, **self.roles)  # noqa: E731
        return memo.kept(("cloud", self.mine.key, self.weighed, columns), make)

    def key(self, name: str, *parameters: Any) -> tuple[Any, ...]:
        """Return the key of a result."""
        return (PRE, name, data.key(), self.mine.key, self.ring_km, self.weighed, *parameters)

    def call(self, function: str, *arguments: str, by: bool = True, weight: bool = True) -> str:
        """Return a call in Python as the page makes it."""
        roles = ["by=by"] if by and self.mine.by else []
        roles += ["weight=weight"] if weight and self.weighed else []
        return f"geo.{function}({', '.join(['points', *arguments, *roles])})"

    @property
    def study_call(self) -> str:
        """The argument that gives the study area in Python."""
        return "study=None" if self.study is None else "study=geo.read_units(layout)"

    def says(self, key: str, **values: Any) -> str:
        """Return words of the page."""
        return say(f"{PRE}.{key}", self.lang, **values)


def asked(own: Mine) -> Asked:
    """Return what all questions share, with the switch of the weight."""
    weighed = False
    if own.weight:
        label = say(f"{PRE}.set.weighed", state.lang(), column=own.weight)
        weighed = inputs.switch(WEIGHED, frame.plain(label), say(f"{PRE}.help.weighed", state.lang()))  # fmt: skip
    return Asked(own, data.shown(), state.lang(), state.ring_km(), weighed)


def kept_long(
    a: Asked, key: tuple[Any, ...], what: str, make: Callable[[Progress | None], T], *, quick: bool
) -> T | None:  # fmt: skip
    """Return a result; one that takes long is computed when its button is pressed.

    Parameters
    ----------
    a
        What is asked.
    key
        Of the result.
    what
        What is computed, in words.
    make
        Computes it; takes what to tell of its progress.
    quick
        Whether it takes so little that it needs no button.

    Returns
    -------
    The result, or ``None`` before the button is pressed.
    """
    if quick:
        return memo.kept(key, lambda: make(None))
    return kept_later(
        key, make, label=what, hint=a.says("press", what=what), button=a.says("compute")
    )


def method(a: Asked, *results: Provenance) -> None:
    """Show how results came about."""
    for result in results:
        st.caption(frame.plain(a.says("method", text=result.says(a.lang))))


def tell_errors(a: Asked) -> None:
    """Say where bands by the points have no width because the data give no errors."""
    if not a.cloud().err_m.any():
        st.caption(a.says("says.no-error"))


def columns_of(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return those of the columns that a table has; ``x`` stands for ``x_zh`` and ``x_en`` as well."""
    wanted = [c for n in names for c in (n, f"{n}_zh", f"{n}_en") if c in table.columns]
    return pd.DataFrame(table[list(dict.fromkeys(wanted))])


def units_call() -> str:
    """Return how Python reads the administrative units."""
    return "geo.read_units(layout)"
