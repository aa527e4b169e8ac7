"""Who is to be served: the people of the units, or the person's points; and how many nodes have a position."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from app import data, frame, inputs, memo, mine, state, units_panel
from geo.analysis.places import Places, points_as_places, units_as_places
from geo.model.layout import tier_counts
from geo.words import say

__all__ = ["Named", "asked", "mine_too", "node_counts", "of_points", "people_note"]

Named = tuple[Places, Any, str]
"""Places, their name for memory, and the line of Python that makes them."""


def node_counts() -> pd.DataFrame:
    """Return how many nodes of each tier and kind there are, and how many have a position."""
    return memo.kept(("tiers", data.key()), lambda: tier_counts(data.shown()))


def mine_too(first: str) -> Callable[[], list[str]]:
    """Return the options of a choice between something and, where there are some, one's own points.

    One's own come first where nobody knows how many people live in the units.
    """

    def options() -> list[str]:
        if mine.current() is None:
            return [first]
        return ["mine", first] if first == "units" and not _peopled() else [first, "mine"]

    return options


def _peopled() -> bool:
    """Return whether the layout says how many people live in its units."""
    return data.units() is not None and len(data.shown().population) > 0


def asked(who: state.Choice, says: Callable[[str], str]) -> Named | tuple[None, Any, str]:
    """Let choose whom to serve and return them; ``None``, with a hint, where nobody knows.

    Parameters
    ----------
    who
        Parameter with the options of ``mine_too("units")``.
    says
        Words of the view: ``who``, ``who-units``, ``who-mine``, ``no-units``.
    """
    chosen = "units"
    if mine.current() is not None:
        chosen = inputs.choice(who, says("who"), lambda v: says(f"who-{v}"), "segmented")
    if chosen == "mine":
        return of_points("demand")
    units = data.units()
    if units is None:
        units_panel.lacking(says("no-units"))
        return None, None, ""
    if not _peopled():
        frame.note(say("access.page.no-people", state.lang()))
        return None, None, ""
    places = memo.kept(("people", data.key()), lambda: units_as_places(data.shown(), units))
    return places, "units", "demand = geo.units_as_places(layout, geo.read_units(layout))"


def of_points(name: str) -> Named:
    """Return the person's points as places; ``name`` is what Python calls them."""
    own = mine.current()
    assert own is not None
    label = f", label={own.label!r}" if own.label else ""

    def make() -> Places:
        return points_as_places(own.points, layout=data.shown(), weight=own.weight, by=own.by, label=own.label)  # fmt: skip

    places = memo.kept(("own places", own.key, data.key()), make)
    return places, own.key, f"{name} = geo.points_as_places(points, by=by, weight=weight{label})"


def people_note(demand: Places) -> None:
    """Say how many people have a figure but live in none of the units."""
    if demand.left_out > 0:
        st.caption(say("access.page.unplaced", state.lang(), n=f"{demand.left_out:,.0f}"))
