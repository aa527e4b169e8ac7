"""The person's own points: one set a session, in memory only, gone when the session ends."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import streamlit as st

from app import data, memo, state
from geo.io.points import Points
from geo.words import one_line, say

__all__ = ["DEMO", "Mine", "ask", "current", "demo", "forget", "take", "take_from_address"]

DEMO = "demo"
"""Name of the invented firms in an address."""
_SLOT = "mine"


@dataclass(frozen=True)
class Mine:
    """A set of points and what its columns mean.

    Attributes
    ----------
    name
        Of the file, as the person named it.
    digest
        SHA-256 of the file, hexadecimal.
    points
        The points, WGS84.
    by, weight, label
        Columns of the category, of the weight and of the name, or ``None``.
    synthetic
        Whether the rows are invented.
    datum_asked
        ``auto`` or the datum that the person chose.
    lon, lat, sheet
        Columns and sheet that the person chose, where the proposed ones were changed.
    err_m
        Positional error that the person states for rows that give none, metres.
    """

    name: str
    digest: str
    points: Points
    by: str | None = None
    weight: str | None = None
    label: str | None = None
    synthetic: bool = False
    datum_asked: str = "auto"
    lon: str | None = None
    lat: str | None = None
    sheet: str | None = None
    err_m: float = 0.0

    @property
    def key(self) -> str:
        """Name of the data and of what its columns mean, for memory."""
        roles = (self.digest, self.by, self.weight, self.label, self.points.datum, self.lon, self.lat, self.sheet, self.err_m)  # fmt: skip
        return hashlib.sha256(repr(roles).encode()).hexdigest()[:16]


def demo() -> Mine:
    """Return the invented firms about the layout."""
    points = data.of_layout(("demo",), _invented)
    return Mine(points.name, DEMO, points, by="industry", weight="staff", label="name", synthetic=True)  # fmt: skip


def _invented() -> Points:
    from geo.datasets.demo import demo_points

    return demo_points(data.layout())


def current() -> Mine | None:
    """Return the points of this session, or ``None``."""
    found: Mine | None = st.session_state.get(_SLOT)
    return found


def take(mine: Mine) -> None:
    """Make points those of this session; categories and names then stand on one line each."""
    memo.forget()
    frame = mine.points.frame
    for column in [c for c in (mine.by, mine.label) if c is not None and c in frame.columns]:
        broken = [v for v in frame[column].unique() if isinstance(v, str) and not v.isprintable()]
        if broken:
            frame = frame.assign(**{column: frame[column].replace({v: one_line(v) for v in broken})})  # fmt: skip
    if frame is not mine.points.frame:
        mine = replace(mine, points=replace(mine.points, frame=frame))
    st.session_state[_SLOT] = mine


def forget() -> None:
    """Forget the points of this session and all that was computed of them."""
    memo.forget()
    st.session_state.pop(_SLOT, None)


def take_from_address(text: str) -> bool:
    """Take the points that an address names; return whether it names any that can be had."""
    if text == DEMO:
        take(demo())
        return True
    # A link says which file it was made with; the file itself stays with its owner.
    if len(text) == 8 and all(c in "0123456789abcdef" for c in text):
        st.session_state["data_asked"] = text
        return True
    return False


def address() -> str:
    """Return how the address names the points of this session; blank for none."""
    mine = current()
    return "" if mine is None else mine.digest[:8]


def ask() -> Mine | None:
    """Return the points of this session; where there are none, say how to get some."""
    mine = current()
    if mine is not None:
        return mine
    lang = state.lang()
    with st.container(border=True):
        st.markdown(say("app.mine.ask", lang))
        if st.session_state.get("data_asked"):
            st.caption(say("app.mine.asked", lang, digest=st.session_state["data_asked"]))
        row = st.container(horizontal=True)
        pages = st.session_state.get("pages", {})
        if "mydata" in pages:
            row.page_link(pages["mydata"], label=say("app.mine.load", lang), icon=":material/upload_file:")  # fmt: skip
        row.button(say("app.mine.try", lang), on_click=lambda: take(demo()), key="take-demo", help=say("app.mine.try-note", lang))  # fmt: skip
    return None
