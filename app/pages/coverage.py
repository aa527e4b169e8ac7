"""覆盖: areas, nodes, seats, overlaps and what is left out, each with its band and downloads."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import data, frame, state
from geo.maps.charts import banded_bars
from geo.report.tables import heading
from geo.words import name_of, say

__all__ = ["show"]


def show() -> None:
    """Draw the page."""
    lang = state.lang()
    st.caption(say("app.coverage.intro", lang))
    tables = data.coverage_tables(state.ring_km())
    names = ["areas", "nodes", "seats", "overlaps", "none", "points"]
    tabs = st.tabs([say(f"app.coverage.{name}", lang) for name in names])
    draw = {"areas": _areas, "nodes": _nodes, "seats": _seats, "overlaps": _overlaps, "none": _none}
    for name, tab in zip(names, tabs, strict=True):
        with tab:
            if name == "points":
                _points()
            elif name in tables:
                draw[name](tables[name])
            else:
                st.info(say("app.frame.no-units", lang, error=data.layout().id))


def _pick(column: str, label: str, table: pd.DataFrame, key: str) -> str:
    """Let the person choose one of the footprints (or tiers) in a table; return its id."""
    lang = state.lang()
    own = table.drop_duplicates(column)
    words = {
        str(r[column]): name_of(r, lang, column) or str(r[column]) for r in own.to_dict("records")
    }
    return str(st.selectbox(label, list(words), format_func=lambda n: words[n], key=key))


def _areas(table: pd.DataFrame) -> None:
    lang = state.lang()
    name = _pick("footprint", say("app.coverage.footprint", lang), table, "areas-footprint")
    own = table[table["footprint"] == name].sort_values("area_km2", ascending=False)
    chart = own.assign(label=[name_of(r, lang, "unit") or "–" for r in own.to_dict("records")])
    st.altair_chart(banded_bars(chart, "label", "area_km2", title=heading("area_km2", lang)))
    total = f"{own['area_km2'].sum():,.2f}"
    st.caption(
        f"{say('app.coverage.sum-check', lang, total=total)} {say('app.coverage.band', lang)}"
    )
    frame.table(own.drop(columns=["footprint", "footprint_zh", "footprint_en", "layer", "kind"]))
    frame.downloads("areas", table)


def _nodes(table: pd.DataFrame) -> None:
    lang = state.lang()
    inside = table[table["footprint"] != ""]
    tiers = list(dict.fromkeys(inside["tier"]))
    tier = st.selectbox(
        say("app.coverage.tier", lang), tiers, format_func=lambda t: say(f"model.tier.{t}", lang),
        key="nodes-tier",
    )  # fmt: skip
    own = inside[inside["tier"] == tier]
    chart = own.assign(label=[name_of(r, lang, "footprint") for r in own.to_dict("records")])
    st.altair_chart(banded_bars(chart, "label", "count", title=heading("count", lang)))
    st.caption(say("app.coverage.band", lang))
    frame.table(table[(table["tier"] == tier)])
    frame.downloads("nodes", table)


def _seats(table: pd.DataFrame) -> None:
    frame.table(table)
    frame.downloads("seats", table)


def _overlaps(table: pd.DataFrame) -> None:
    frame.table(table.sort_values("area_km2", ascending=False))
    frame.downloads("overlaps", table)


def _none(table: pd.DataFrame) -> None:
    lang = state.lang()
    scope = st.segmented_control(
        say("app.coverage.scope", lang), ["without-belt", "with-belt"],
        format_func=lambda s: say(f"app.coverage.{s}", lang), default="without-belt", required=True,
        key="none-scope",
    )  # fmt: skip
    own = table[table["scope"] == scope].sort_values("share_in_none")
    chart = own.assign(label=[name_of(r, lang, "unit") for r in own.to_dict("records")]).head(20)
    st.altair_chart(
        banded_bars(
            chart, "label", "share_in_none", title=heading("share_in_none", lang), percent=True
        )
    )
    frame.table(own)
    frame.downloads("none", table)


def _points() -> None:
    lang = state.lang()
    st.warning(say("app.coverage.try-note", lang))
    if st.button(say("app.coverage.try", lang), key="try-demo"):
        st.session_state["tried"] = True
    if not st.session_state.get("tried"):
        return
    result = data.demo_coverage(state.ring_km())
    totals = result.totals.set_index("where")["count"]
    st.markdown(
        say("app.coverage.total", lang, any=f"{totals['any']:,.0f}", several=f"{totals['several']:,.0f}",
            none=f"{totals['none']:,.0f}", n=f"{totals['all']:,.0f}")
    )  # fmt: skip
    table = result.table
    whole = table[table["by"] == ""]
    chart = whole.assign(label=[name_of(r, lang, "footprint") for r in whole.to_dict("records")])
    st.altair_chart(banded_bars(chart, "label", "count", title=heading("count", lang)))
    of_staff = say("app.coverage.sum-of", lang, column=heading("sum", lang))
    st.caption(f"{say('app.coverage.band', lang)} {of_staff}")
    frame.table(table)
    frame.downloads("demo-firms", table)
