"""Whose points a page counts: the person's own, or the located nodes of the layout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app import data, frame, inputs, mine, state
from geo.words import say

__all__ = ["PARAMETERS", "Subject", "ask"]


def _tiers() -> list[str]:
    return list(dict.fromkeys(data.shown().nodes["tier"]))


WHOSE = state.Choice("points", ("mine", "nodes"), "mine")
TIERS = state.Many("tiers", _tiers)
PARAMETERS: tuple[state.Parameter, ...] = (WHOSE, TIERS)


@dataclass(frozen=True, eq=False)
class Subject:
    """Points with their roles.

    Attributes
    ----------
    points
        What an analysis takes.
    by, weight, label
        Columns, or ``None``.
    key
        For memory.
    n
        How many.
    word
        Says a category in words.
    lines
        Python that makes them, for a script; empty where the script has them already.
    names
        What the script calls the points, the category and the weight.
    """

    points: Any
    by: str | None
    weight: str | None
    label: str | None
    key: str
    n: int
    word: Callable[[str], str]
    lines: tuple[str, ...]
    names: str


def ask() -> Subject | None:
    """Draw the choice and return what is chosen; ``None`` where there is nothing to count."""
    lang, own = state.lang(), mine.current()
    with frame.controls():
        whose = "nodes"
        if own is not None:
            whose = inputs.choice(WHOSE, say("alongpage.control.subject", lang), lambda c: say(f"alongpage.subject.{c}", lang), form="segmented")  # fmt: skip
        tiers: list[str] = []
        if whose == "nodes":
            tiers = inputs.many(TIERS, say("alongpage.control.tiers", lang), lambda t: say(f"model.tier.{t}", lang))  # fmt: skip
    if whose == "mine" and own is not None:
        if not len(own.points):
            return None
        return Subject(
            own.points, own.by, own.weight, own.label, own.key, len(own.points), lambda c: c, (),
            "points, by=by, weight=weight",
        )  # fmt: skip
    if own is None:
        st.caption(say("alongpage.subject.no-mine", lang))
    found = _nodes(tiers)
    if found is not None:
        st.caption(say("alongpage.subject.says-nodes", lang, n=found.n))
    return found


def _nodes(tiers: list[str]) -> Subject | None:
    lang, nodes = state.lang(), data.shown().nodes
    lines = ["nodes = layout.nodes"]
    if tiers:
        nodes = nodes[nodes["tier"].isin(tiers)].reset_index(drop=True)
        lines = [f"nodes = layout.nodes[layout.nodes['tier'].isin({tiers!r})]"]
    if not len(nodes):
        return None
    key = f"nodes:{data.key()}:{'.'.join(tiers)}"
    name = "name_zh" if lang == "zh" else "name_en"
    return Subject(nodes, "tier", None, name, key, len(nodes), lambda t: say(f"model.tier.{t}", lang), tuple(lines), "nodes, by='tier'")  # fmt: skip
