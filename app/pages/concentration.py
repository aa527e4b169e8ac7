"""集聚: which industries gather where, how unevenly, in which direction, and since when."""

from __future__ import annotations

import streamlit as st

from app import concentration_maps as maps
from app import concentration_views as views
from app import frame, inputs, mine, state, units_panel
from app.concentration_asked import PARAMETERS, PRE, QUESTION, asked, words
from geo.words import say

__all__ = ["PARAMETERS", "show"]

_VIEWS = {
    "quotients": views.quotients, "uneven": views.uneven, "centres": maps.centres, "neighbours": views.neighbours,
    "density": maps.density, "spots": maps.spots, "clusters": maps.clusters, "growth": maps.growth,
}  # fmt: skip
_LEAST = {"centres": 3, "density": 2, "spots": 2, "neighbours": 2}
"""Fewer points cannot answer the question."""
_OF_STUDY = {"uneven", "neighbours", "density", "spots", "growth"}
"""What depends on where points could lie."""


def show() -> None:
    """Draw the page."""
    frame.intro(f"{PRE}.intro")
    own = mine.ask()
    if own is None:
        return
    label = say(f"{PRE}.question", state.lang())
    question = inputs.choice(QUESTION, label, words("q"), "segmented")
    least = _LEAST.get(question, 1)
    if len(own.points) < least:
        st.info(say(f"{PRE}.one-point", state.lang(), n=len(own.points), least=least))
        return
    with frame.controls():
        a = asked(own)
    if a.study is None and question in _OF_STUDY:
        units_panel.lacking(a.says("no-units"))
    _VIEWS[question](a)
