"""数据来源: where the data come from, what they are not, and what has no position."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import data, frame, state, take
from geo.model.kinds import STATUSES
from geo.words import name_of, say

__all__ = ["show"]

FEATURE_COLUMNS = [
    "id", "name_zh", "name_en", "layer", "kind", "parent", "status", "err_m", "located",
    "confidence", "as_of", "source", "note_zh", "note_en", "refs",
]  # fmt: skip


def show() -> None:
    """Draw the page."""
    lang, layout = state.lang(), data.shown()
    st.markdown(f"**{say('app.sources.intro', lang)}** {say('app.sources.not', lang)}")
    st.markdown(frame.plain(name_of(layout.meta, lang, "note")))
    claim = layout.claims[layout.claims["of"] == "counted"]
    labs = [i for i in layout if getattr(i.properties, "counted", False)]
    if len(claim):
        st.info(
            say("app.sources.labs", lang, total=f"{claim['value'].iloc[0]:.0f}", listed=len(labs),
                located=sum(i.located for i in labs))
        )  # fmt: skip
    st.markdown(f"#### {say('app.sources.statuses', lang)}")
    for status in STATUSES:
        st.markdown(f"- {say(f'model.status-long.{status}', lang)}")
    st.markdown(f"#### {say('app.sources.attribution', lang)}")
    for entry in layout.meta.attribution:
        text = f"{entry.name} ({entry.licence}) — {name_of(entry, lang, 'text')}"
        st.markdown(f"- {frame.plain(text)}")
    missing = layout.unlocated
    st.markdown(f"#### {say('app.sources.unlocated', lang, n=len(missing))}")
    columns = [
        "id",
        "name_zh",
        "name_en",
        "layer",
        "kind",
        "place",
        "source",
        "note_zh",
        "note_en",
        "refs",
    ]
    frame.table(missing[columns], height=320)
    if len(layout.population):
        st.markdown(f"#### {say('app.sources.population', lang)}")
        st.caption(say("app.sources.population-note", lang))
        frame.table(layout.population, height=320)
    st.markdown(f"#### {say('app.sources.features', lang)}")
    frame.table(_features(), height=320)
    tables = {"unlocated": missing[columns], "features": _features()}
    calls = [
        f"unlocated = layout.unlocated[{columns!r}]",
        "import pandas as pd",
        "rows = [i.properties.model_dump() | {'located': i.located} for i in layout]",
        f"features = pd.DataFrame(rows)[{FEATURE_COLUMNS!r}]",
        "features['refs'] = [' '.join(r) for r in features['refs']]",
    ]
    if len(layout.population):
        tables["population"] = layout.population
        calls.append("population = layout.population")
    take.along("sources", tables, calls=calls)


def _features() -> pd.DataFrame:
    rows = [item.properties.model_dump() | {"located": item.located} for item in data.shown()]
    frame_of = pd.DataFrame(rows)[FEATURE_COLUMNS]
    frame_of["refs"] = [" ".join(r) for r in frame_of["refs"]]
    return frame_of
