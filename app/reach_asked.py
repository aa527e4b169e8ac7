"""What a person asks of reach: who wants to get to what, by which way, within which limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app import data, frame, inputs, memo, mine, served, state, travel
from app.later import EASY, kept_later, kept_when_easy
from geo.analysis.access import METHODS
from geo.analysis.places import Places, nodes_as_places
from geo.model.kinds import COUNTED
from geo.words import say

__all__ = [
    "BETA", "CATCHMENT", "CUT", "GROUND", "OF", "PARAMETERS", "SHOWN", "WHO", "Asked", "facilities_asked", "kept",
    "says",
]  # fmt: skip

STANDARD = (15.0, 30.0, 45.0, 60.0)
PEOPLE, POINTS = 1_000_000.0, 1_000.0
"""Scores are for so many people, or so many points."""


def _counted(column: str) -> dict[str, str]:
    """Return how many nodes of each tier or kind have a position, of how many."""
    rows = served.node_counts().groupby(column)[["located", "listed"]].sum()
    return {str(code): f"{located}/{listed}" for code, located, listed in rows.itertuples()}


def _tiers() -> list[str]:
    own = set(served.node_counts()["tier"])
    return [t for t in COUNTED if t in own]


def _kinds() -> list[str]:
    own = served.node_counts()
    return list(own.loc[own["tier"].isin(state.value_of(TIERS)), "kind"])


WHAT = state.Choice("r_what", served.mine_too("nodes"))


class _Tiers(state.Many):
    """Tiers of nodes: at first laboratories, or the first tier of which any has a position."""

    def first(self) -> list[str]:
        """Return one tier that can be reached."""
        sums = served.node_counts().groupby("tier")["located"].sum()
        located = [t for t in self.listed() if sums.get(t, 0)]
        return ["lab"] if "lab" in located else located[:1]


TIERS = _Tiers("r_tier", _tiers)
KINDS = state.Many("r_kind", _kinds)
WHO = state.Choice("r_who", served.mine_too("units"))
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
    lang, what = state.lang(), "nodes"
    if mine.current() is not None:
        what = inputs.choice(WHAT, says("what"), lambda v: says(f"what-{v}"), "segmented")
    if what == "mine":
        return served.of_points("facilities")

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


def kept(a: Asked, key: tuple[Any, ...], make: Callable[[Any], Any]) -> Any:
    """Return a result: at once where it is quick, else when its button is pressed."""
    whole = ("reach", *a.key, *key)
    if travel.quick(a.travel, min(len(a.demand), len(a.facilities))):
        seconds = 0.17 * len(a.facilities)
        return kept_when_easy(whole, len(a.demand), seconds, make, easy=max(EASY // max(len(a.facilities) // 50, 1), 1))  # fmt: skip
    return kept_later(whole, make, label=says("working"), hint=says("press"), button=says("compute"))  # fmt: skip
