"""The frame around every page: language, a page that fails alone, downloads, cards."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd
import streamlit as st

from app import data, state
from app.mine import current, demo, forget, take
from geo import __version__
from geo.analysis.progress import Progress
from geo.errors import CorridorError
from geo.report.tables import for_people, widened
from geo.words import name_of, say

__all__ = [
    "address_problems", "controls", "guarded", "intro", "language_switch", "layout_switch", "note", "plain",
    "stopped", "subjects", "table", "working", "wrong",
]  # fmt: skip

_log = logging.getLogger(__name__)
_BETWEEN_S = 0.1
"""A bar moves at most this often."""


def language_switch() -> None:
    """Show the switch between 中文 and English."""
    st.session_state["language"] = state.lang()
    st.segmented_control(
        f"{say('app.frame.language', 'zh')} / {say('app.frame.language', 'en')}",
        ["zh", "en"],
        format_func=lambda code: {"zh": "中文", "en": "English"}[code],
        key="language",
        required=True,
        label_visibility="collapsed",
        on_change=lambda: state.remember(state.LANG, st.session_state["language"]),
    )


def layout_switch() -> None:
    """Show the menu of the other layouts."""
    lang = state.lang()
    others = {n: own for n, own in data.layouts().items() if data.layout() is not own}
    st.menu_button(
        say("app.frame.layout", lang), list(others), key="layout-menu", icon=":material/public:",
        help=say("app.frame.layout-help", lang),
        format_func=lambda n: plain(name_of(others[n].meta, lang)), on_click=_turn,
    )  # fmt: skip


def _turn() -> None:
    """Turn to the layout chosen; points stay, invented ones are made anew about it."""
    name = st.session_state.get("layout-menu")
    if name not in data.layouts():
        return
    state.clear_pages()
    data.use_layout(name)
    found = current()
    if found is not None and found.synthetic:
        take(demo())


def address_problems() -> None:
    """Say what in the address was ignored."""
    parts = state.address_problems()
    if parts:
        lang = state.lang()
        st.warning(say("app.frame.tampered", lang, parts=plain(", ".join(parts))))


def guarded(page: Callable[[], None]) -> Callable[[], None]:
    """Return a page that says in plain words what failed, while the others go on."""

    def run() -> None:
        try:
            page()
        except CorridorError as error:
            wrong(error)
        except Exception as error:
            # Whatever it was: the person is told, the one who runs the server finds the trace.
            _log.exception("page %s", state.page())
            wrong(error)
        st.caption(say("app.frame.footer", state.lang(), version=__version__))

    run.__name__ = page.__module__.rsplit(".", 1)[-1]
    return run


def wrong(error: BaseException) -> None:
    """Say what failed; the text of an error is never read as markup."""
    own = isinstance(error, CorridorError)
    what = str(error) if own else f"{type(error).__name__}: {error}"
    st.error(say("app.frame.failed", state.lang()))
    st.text(say("app.frame.failed-what", state.lang(), error=what[:4000]))


def note(text: str) -> None:
    """Show a hint; the text is never read as markup."""
    st.info(plain(text))


def intro(key: str) -> None:
    """Show what a page answers."""
    st.caption(say(key, state.lang()))


def controls() -> Any:
    """Return the place for a page's parameters."""
    return st.sidebar


@contextmanager
def working(label: str) -> Iterator[Progress]:
    """Show a bar and a button that stops, while something long goes on.

    Yields a call that takes what is done and what there is in all. A click on stop ends the page's
    run at the next such call, and so the work.
    """
    place = st.empty()
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, text=label)
        st.button(
            say("app.frame.stop", state.lang()), key=f"stop:{state.page()}:{label}",
            icon=":material/stop_circle:",
            on_click=lambda: st.session_state.update(stopped=label),
        )  # fmt: skip
    last = [0.0]

    def progress(done: int, total: int) -> None:
        now = time.monotonic()
        if now - last[0] >= _BETWEEN_S:
            last[0] = now
            bar.progress(min(done / total, 1.0) if total else 0.0, text=label)

    try:
        yield progress
    finally:
        place.empty()


def stopped() -> None:
    """Say, once, what the person has stopped."""
    label = st.session_state.pop("stopped", None)
    if label:
        st.warning(plain(say("app.frame.stopped", state.lang(), what=label)))


def subjects() -> None:
    """Show what is measured: the person's points and the scenario, each with a way out."""
    mine, changed, lang = current(), data.scenario(), state.lang()
    if mine is None and changed is None:
        return
    row = st.container(horizontal=True, vertical_alignment="center")
    if mine is not None:
        name = plain(mine.name if not mine.synthetic else say("app.mine.demo", lang))
        text = say("app.mine.shown", lang, name=name, n=f"{len(mine.points):,}")
        row.markdown(f":material/scatter_plot: {text}", width="content")
        row.button(say("app.mine.forget", lang), on_click=forget, key="forget-mine", type="tertiary")  # fmt: skip
        if mine.synthetic:
            row.badge(say("app.mine.synthetic", lang), color="orange")
    if changed is not None:
        name = plain(name_of(changed, lang) or changed.id)
        text = say("app.frame.scenario", lang, name=name, n=len(changed.changes))
        row.markdown(f":material/alt_route: {text}", width="content")
        row.button(
            say("app.frame.scenario-off", lang), key="scenario-off", type="tertiary",
            on_click=lambda: data.take_scenario(None),
        )  # fmt: skip
        if not data.scenario_address():
            st.caption(say("app.frame.scenario-long", lang))


def plain(text: str) -> str:
    """Return text from data so that Markdown takes nothing in it for markup or HTML."""
    signs = set("\\`*_{}[]()<>#+!|~$:&")
    return "".join(f"&#{ord(c)};" if c in signs else c for c in text)


def table(frame: pd.DataFrame, *, height: int | None = None) -> None:
    """Show a table as a person reads it."""
    frame = widened(frame, state.lang())
    shown = for_people(frame, state.lang())
    config = {}
    for own, column in zip(_kept(frame, shown), shown.columns, strict=True):
        if own.startswith("share"):
            config[column] = st.column_config.NumberColumn(format="percent")
        elif pd.api.types.is_float_dtype(shown[column]):
            whole = (shown[column].dropna() % 1 == 0).all()
            config[column] = st.column_config.NumberColumn(format="localized" if whole else "%.2f")
    st.dataframe(
        shown, hide_index=True, column_config=config, height=height or "auto", placeholder="–"
    )


def _kept(frame: pd.DataFrame, shown: pd.DataFrame) -> list[str]:
    """Return the machine names of the columns that are shown, in their order."""
    from geo.report.tables import heading

    by_heading = {heading(str(c), state.lang()): str(c) for c in frame.columns}
    return [by_heading.get(str(c), str(c)) for c in shown.columns]
