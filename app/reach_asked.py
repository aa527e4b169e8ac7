"""What a person asks of reach: who wants to get to what, by which way, within which limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from app import data, frame, inputs, memo, mine, state, travel
from app.later import EASY, kept_later, kept_when_easy
from app.mine import Mine
from geo.analysis.access import METHODS
from geo.analysis.places import Places, nodes_as_places, points_as_places, units_as_places
from geo.model.kinds import COUNTED
from geo.model.layout import tier_counts
from geo.words import say

__all__ = [
    "BETA", "CATCHMENT", "CUT", "GROUND", "OF", "PARAMETERS", "SHOWN", "Asked", "demand_asked", "facilities_asked", "kept",
    "says",
]  # fmt: skip

STANDARD = (15.0, 30.0, 45.0, 60.0)
PEOPLE, POINTS = 1_000_000.0, 1_000.0
"""Scores are for so many people, or so many points."""


def _listed() -> pd.DataFrame:
    return memo.kept(("tiers", data.key()), lambda: tier_counts(data.shown()))


def _counted(column: str) -> dict[str, str]:
    """Return how many nodes of each tier or kind have a position, of how many."""
    rows = _listed().groupby(column)[["located", "listed"]].sum()
    return {str(code): f"{located}/{listed}" for code, located, listed in rows.itertuples()}


def _tiers() -> list[str]:
    own = set(_listed()["tier"])
    return [t for t in COUNTED if t in own]


def _kinds() -> list[str]:
    own = _listed()
    return list(own.loc[own["tier"].isin(state.value_of(TIERS)), "kind"])


def _mine_too(first: str) -> Callable[[], list[str]]:
    return lambda: [first] if mine.current() is None else [first, "mine"]


WHAT = state.Choice("r_what", _mine_too("nodes"))
TIERS = state.Many("r_tier", _tiers, ("lab",))
KINDS = state.Many("r_kind", _kinds)
WHO = state.Choice("r_who", _mine_too("units"))
OF = state.Choice("r_of", ("minutes", "km"))
CUT = state.Number("r_cut", 30.0, 5.0, 120.0, 5.0)
SHOWN = state.Choice("r_show", ("nearest", *METHODS))
CATCHMENT = state.Number("r_catch", 30.0, 5.0, 120.0, 5.0)
BETA = state.Number("r_beta", 2.0, 0.5, 4.0, 0.1)
GROUND = state.Choice("r_ground", ("none", "together", "apart"))
PARAMETERS = (*travel.PARAMETERS, WHAT, TIERS, KINDS, WHO, OF, CUT, SHOWN, CATCHMENT, BETA, GROUND)


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked: who, to what, how (straight lines or a network), and its name for memory."""

    demand: Places
    facilities: Places
    travel: Any
    of: Any
    cut: float
    key: tuple[Any, ...]
    lines: tuple[str, ...]
    weight: str | None = None

    @property
    def cuts(self) -> tuple[float, ...]:
        """The usual limits and the one that was chosen."""
        return tuple(sorted({*STANDARD, self.cut}))

    @property
    def per(self) -> float:
        """For how many a score is."""
        return PEOPLE if self.demand.what == "units" else POINTS


def says(key: str, **values: Any) -> str:
    """Return words of the view."""
    return say(f"access.page.{key}", state.lang(), **values)


def facilities_asked() -> tuple[Places | None, Any, str]:
    """Return what is to be reached, its name for memory, and the Python that makes it."""
    lang, own = state.lang(), mine.current()
    what = "nodes"
    if own is not None:
        what = inputs.choice(WHAT, says("what"), lambda v: says(f"what-{v}"), "segmented")
    if what == "mine" and own is not None:
        return _points(own, as_facilities=True)

    def words(section: str, code: str) -> str:
        return f"{say(f'model.{section}.{code}', lang)} {_counted(section)[code]}"

    tiers = inputs.many(TIERS, says("tiers"), lambda t: words("tier", t), says("tiers-help"))
    kinds = (
        inputs.many(KINDS, says("kinds"), lambda k: words("kind", k), says("kinds-help"))
        if tiers
        else []
    )
    if not tiers:
        frame.note(says("no-tier"))
        return None, None, ""
    asked: dict[str, Any] = {"kinds": kinds} if kinds else {"tiers": tiers}
    places = memo.kept(("reach nodes", data.key(), repr(asked)), lambda: nodes_as_places(data.shown(), **asked))  # fmt: skip
    name, value = next(iter(asked.items()))
    return places, repr(asked), f"facilities = geo.nodes_as_places(layout, {name}={value!r})"


def demand_asked() -> tuple[Places | None, Any, str]:
    """Return who wants to get there, its name for memory, and the Python that makes it."""
    own, who = mine.current(), "units"
    if own is not None:
        who = inputs.choice(WHO, says("who"), lambda v: says(f"who-{v}"), "segmented")
    if who == "mine" and own is not None:
        return _points(own, as_facilities=False)
    units = data.units()
    if units is None:
        frame.note(says("no-units"))
        return None, None, ""
    places = memo.kept(("reach units", data.key()), lambda: units_as_places(data.shown(), units))
    return places, "units", "demand = geo.units_as_places(layout, geo.read_units(layout))"


def _points(own: Mine, *, as_facilities: bool) -> tuple[Places, Any, str]:
    name = "facilities" if as_facilities else "demand"
    label = f", label={own.label!r}" if own.label else ""

    def make() -> Places:
        return points_as_places(own.points, layout=data.shown(), weight=own.weight, by=own.by, label=own.label)  # fmt: skip

    places = memo.kept(("reach points", own.key, data.key()), make)
    return places, own.key, f"{name} = geo.points_as_places(points, by=by, weight=weight{label})"


def kept(a: Asked, key: tuple[Any, ...], make: Callable[[Any], Any]) -> Any:
    """Return a result: at once where it is quick, else when its button is pressed."""
    whole = ("reach", *a.key, *key)
    if travel.quick(a.travel, min(len(a.demand), len(a.facilities))):
        seconds = 0.17 * len(a.facilities)
        return kept_when_easy(whole, len(a.demand), seconds, make, easy=max(EASY // max(len(a.facilities) // 50, 1), 1))  # fmt: skip
    return kept_later(whole, make, label=says("working"), hint=says("press"), button=says("compute"))  # fmt: skip
