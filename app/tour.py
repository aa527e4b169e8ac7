"""A short tour on the first visit: a few sentences, one at a time, that can be left at once."""

from __future__ import annotations

import streamlit as st

from app import state
from geo.words import say

__all__ = ["STEPS", "show"]

STEPS = ("map", "data", "analyses", "scenario", "along")
_COOKIE = "corridor_tour"
# A year; the browser alone keeps it, and it says nothing of the person.
_SEEN = f'<script>document.cookie="{_COOKIE}=seen;max-age=31536000;path=/;SameSite=Lax"</script>'


def _leave() -> None:
    st.session_state["tour"] = "left"


def _next() -> None:
    step = int(st.session_state.get("tour-step", 0)) + 1
    st.session_state["tour-step"] = step
    if step >= len(STEPS):
        _leave()


def show() -> None:
    """Draw the step of the tour that is due, on the first visit and on the map only."""
    if st.session_state.get("tour") == "left":
        if not st.session_state.get("tour-told"):
            st.session_state["tour-told"] = True
            st.html(_SEEN, unsafe_allow_javascript=True)
        return
    if state.page() != "map" or st.context.cookies.get(_COOKIE) == "seen":
        return
    lang, step = state.lang(), int(st.session_state.get("tour-step", 0))
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{step + 1}/{len(STEPS)}** {say(f'app.tour.{STEPS[step]}', lang)}", width="stretch"
        )
        last = step + 1 == len(STEPS)
        st.button(
            say("app.tour.done" if last else "app.tour.next", lang), on_click=_next, key="tour-next"
        )
        if not last:
            st.button(say("app.tour.leave", lang), on_click=_leave, key="tour-leave", type="tertiary")  # fmt: skip
