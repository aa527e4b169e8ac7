"""The application: pages 地图, 覆盖, 核对, 数据来源 about one layout."""

from __future__ import annotations

import streamlit as st

from app import data, frame, state
from app.pages import audit, coverage, sources
from app.pages import map as map_page
from geo.errors import CorridorError
from geo.words import name_of, say

__all__ = ["run"]


def run() -> None:
    """Draw the page that the address asks for."""
    st.set_page_config(page_title="创新走廊 Innovation corridors", page_icon="🧭", layout="wide")
    state.read_address()
    st.html(
        "<style>.block-container{padding:3.4rem 2rem 1rem}@media(max-width:640px){.block-container{padding:3.4rem .6rem 1rem}}"
        "[data-testid=stIFrame]{border-radius:6px}</style>"
    )
    lang = state.lang()
    pages = {
        "map": (map_page.show, ":material/map:"),
        "coverage": (coverage.show, ":material/bar_chart:"),
        "audit": (audit.show, ":material/rule:"),
        "sources": (sources.show, ":material/library_books:"),
    }
    chosen = st.navigation(
        [
            st.Page(
                frame.guarded(page),
                title=say(f"app.page.{name}", lang),
                icon=icon,
                url_path=name,
                default=name == "map",
            )
            for name, (page, icon) in pages.items()
        ],
        position="top",
    )
    try:
        name = name_of(data.layout().meta, lang)
    except CorridorError as error:
        st.error(say("app.frame.failed", lang))
        st.text(str(error))
        return
    title, switch = st.columns([5, 1], vertical_alignment="center")
    title.subheader(frame.plain(name), anchor=False)
    with switch:
        frame.language_switch()
    frame.address_problems()
    chosen.run()
    state.write_address()
