"""The application: the workbench's pages about one layout."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import streamlit as st

from app import data, frame, mine, state, tour
from geo.errors import CorridorError
from geo.words import name_of, say

__all__ = ["PAGES", "run"]

PAGES: dict[str, dict[str, str]] = {
    "": {
        "map": ":material/map:",
        "mydata": ":material/upload_file:",
        "scenarios": ":material/alt_route:",
        "report": ":material/description:",
        "newcity": ":material/add_location_alt:",
    },
    "analyses": {
        "coverage": ":material/bar_chart:",
        "curves": ":material/show_chart:",
        "profile": ":material/area_chart:",
        "gaps": ":material/location_searching:",
        "overlap": ":material/join_inner:",
        "belt": ":material/crop_rotate:",
        "concentration": ":material/bubble_chart:",
        "population": ":material/groups:",
        "score": ":material/checklist:",
        "layouts": ":material/compare:",
    },
    "network": {"links": ":material/hub:", "services": ":material/support_agent:"},
    "grounds": {"audit": ":material/rule:", "sources": ":material/library_books:"},
}
"""The pages by group, each with its icon; a page is the module of its name in ``app.pages``."""
_STYLE = """<style>
.block-container{padding:4rem 2rem 1rem}
@media(max-width:640px){.block-container{padding:4rem .6rem 1rem}}
[data-testid=stIFrame]{border-radius:6px}
[data-testid=stCaptionContainer],[data-testid=stCaptionContainer] *{color:inherit!important;opacity:1!important}
[data-testid=stCaptionContainer]{opacity:.8!important}
</style>"""
# The words of Streamlit's own widget come in English alone.
_UPLOADS = """<style>
[data-testid=stFileUploaderDropzone] [data-testid=stFileUploaderDropzoneInstructions]{{display:none}}
[data-testid=stFileUploaderDropzone]>span button p,[data-testid=stFileUploaderDropzone]>button p{{font-size:0}}
[data-testid=stFileUploaderDropzone]>span button p::after,[data-testid=stFileUploaderDropzone]>button p::after{{content:"{button}";font-size:.875rem}}
</style>"""


def _page(name: str) -> Any:
    return import_module(f"app.pages.{name}")


def _shown(name: str) -> Callable[[], None]:
    """Return what draws a page; its module is loaded when the page is first asked for."""

    def show() -> None:
        _page(name).show()

    show.__module__ = f"app.pages.{name}"
    return frame.guarded(show)


def _navigation() -> Any:
    lang = state.lang()
    groups: dict[str, list[Any]] = {}
    pages: dict[str, Any] = {}
    for group, members in PAGES.items():
        title = say(f"app.page.group-{group}", lang) if group else ""
        for name, icon in members.items():
            pages[name] = st.Page(
                _shown(name), title=say(f"app.page.{name}", lang), icon=icon, url_path=name,
                default=name == "map",
            )  # fmt: skip
            groups.setdefault(title, []).append(pages[name])
    st.session_state["pages"] = pages
    return st.navigation(groups, position="top")


def run() -> None:
    """Draw the page that the address asks for."""
    st.set_page_config(page_title="创新走廊 Innovation corridors", page_icon="🧭", layout="wide")
    st.html(_STYLE)
    if "read_address" not in st.session_state:
        # The titles of the pages are in the language that the address, or else the layout, asks for.
        data.layout_from_address(st.query_params.get("layout", ""))
        asked = state.LANG.parse(st.query_params.get("lang", ""))
        if asked:
            state.remember(state.LANG, asked)
    st.html(_UPLOADS.format(button=say("mydata.page.browse", state.lang())))
    chosen = _navigation()
    name = chosen.url_path or "map"
    st.session_state["page"] = name
    try:
        title = name_of(data.layout().meta, state.lang())
    except CorridorError as error:
        frame.wrong(error)
        return
    own = getattr(_page(name), "PARAMETERS", ())
    state.read_address(
        own,
        {
            "layout": data.layout_from_address,
            "data": mine.take_from_address,
            "s": data.scenario_from_address,
        },
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(frame.plain(title), anchor=False, width="stretch")
        frame.layout_switch()
        frame.language_switch()
    # One place for what comes and goes: what stands below it keeps its own, and a map is not loaded anew.
    with st.container():
        frame.address_problems()
        frame.stopped()
        tour.show()
        frame.subjects()
    chosen.run()
    wanted = state.address(own)
    further = {
        "layout": data.layout_address(),
        "data": mine.address(),
        "s": data.scenario_address(),
    }
    state.write_address(wanted | {key: text for key, text in further.items() if text})
