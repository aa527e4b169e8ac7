"""Parts that several pages have: tabs whose choice stands in the address, figures in a row, bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.state import Choice
from geo.maps.cover_charts import measured_bars
from geo.maps.cover_features import banded_text
from geo.report.tables import heading
from geo.words import say
from geo.words.imperial import in_other_units

__all__ = ["bars", "figures", "tabs"]


def figures(shown: Sequence[tuple[str, str, str]]) -> None:
    """Show figures in a row that wraps: what each is, the figure, and its band or blank."""
    row = st.container(horizontal=True, gap="medium")
    for label, value, band in shown:
        below = " · ".join(filter(None, (band, in_other_units(label, value, state.lang()))))
        row.metric(label, value, below or None, delta_color="off", delta_arrow="off", width="content")  # fmt: skip


def bars(rows: pd.DataFrame, label: str, value: str, *, title: str = "", percent: bool = False) -> None:  # fmt: skip
    """Show bars with their bands, and say the largest to those who cannot see them."""
    lang = state.lang()
    title = title or heading(value, lang)
    if not rows[value].notna().any():
        return
    largest = rows.iloc[int(np.nanargmax(rows[value].to_numpy(float)))].to_dict()
    words = banded_text(largest, value, percent=percent)
    alt = say("coverpages.chart.bars-alt", lang, title=title, n=len(rows), name=largest[label], value=words)  # fmt: skip
    st.altair_chart(measured_bars(rows, label, value, lang, title=title, percent=percent), theme="streamlit", alt=alt)  # fmt: skip


def tabs(param: Choice, words: Callable[[str], str], *, first: str | None = None) -> dict[str, Any]:
    """Show tabs and return their containers by name; draw only into those that are ``open``.

    Parameters
    ----------
    param
        Its options are the tabs.
    words
        Says the title of a tab.
    first
        Opened while nobody has chosen, where that is not the parameter's first option.
    """
    titles = {name: words(name) for name in param.listed()}
    if first in titles and st.session_state.get(state.slot(param)) is None:
        state.remember(param, first)
    chosen = state.value_of(param)
    # Titles are the widget's values: those of another language are another widget.
    key = f"tabs:{state.slot(param)}:{state.lang()}"
    if st.session_state.get(key) not in (None, titles[chosen]):
        st.session_state[key] = titles[chosen]

    def changed() -> None:
        title = st.session_state.get(key)
        state.remember(param, next((n for n, t in titles.items() if t == title), chosen))

    found = st.tabs(list(titles.values()), key=key, default=titles[chosen], on_change=changed)
    return dict(zip(titles, found, strict=True))
