"""对接: who can help with a need, in which order and why, on a map and as a list."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import data, frame, inputs, maps, memo, state, take, travel
from app.later import kept_later
from app.matching_asked import (
    NEED,
    PARAMETERS,
    Asked,
    asked,
    clicked,
    says,
    taxonomy,
    taxonomy_asked,
)
from app.parts import figures
from geo.analysis.matching import Matches, match, supply_of
from geo.analysis.matching.lines import match_lines
from geo.maps.figures import bars, figure_file
from geo.maps.matching_features import match_features, match_focus
from geo.maps.web import features_json, group_of
from geo.words import name_of, one_line, say

__all__ = ["PARAMETERS", "show"]

FEW = 200
"""So many needs are matched at once; for more the person is asked first."""
SECONDS_EACH = 1.5e-3
MOST_SHOWN = 500
"""So many rows of a table are shown; the files hold all."""


def show() -> None:
    """Draw the view."""
    frame.intro("matching.page.intro")
    with frame.controls():
        way = travel.ask()
    a = asked()
    if a is None:
        _fields()
        return
    found = _matched(a, way)
    if found is None:
        return
    tables = memo.kept(("match tables", *a.key, travel.key()), lambda: found.tables)
    need = _need(found)
    if need:
        _numbers(found, need)
        # Side by side where there is room; one below the other on a phone.
        left, right = st.columns(2)
        with left:
            _list(found, need)
        with right:
            _map(found, need)
    travel.note(way)
    _tables(found, tables)
    _fields()
    _along(a, found, tables, way, need)


def _matched(a: Asked, way: Any) -> Matches | None:
    layout, (own, fields_key), n = data.shown(), taxonomy(), len(a.needs)
    supply = memo.kept(("supply", data.key(), fields_key), lambda: supply_of(layout, taxonomy=own))
    key = ("match", *a.key, travel.key())

    def make(progress: Any = None) -> Matches:
        return match(a.needs, supply, layout=layout, travel=way, progress=progress, **a.options)

    if n <= FEW and travel.quick(way, min(n, len(supply))):
        return memo.kept(key, make)
    shown = f"{n:,}"
    return kept_later(
        key, make, label=says("working", n=shown), hint=says("many", n=shown, s=f"{max(1, n * SECONDS_EACH):.0f}"),
        button=says("start", n=shown),
    )  # fmt: skip


def _need(found: Matches) -> str:
    """Return the need that is looked at: that one, or the one chosen among several."""
    ids = found.needs.frame["need"].tolist()
    st.session_state["matching-ids"] = ids
    if len(ids) == 1:
        return str(ids[0])
    names = {r["need"]: one_line(name_of(r, state.lang(), "need")) for r in found.needs.frame.to_dict("records")}  # fmt: skip
    return inputs.choice(NEED, says("need", n=f"{len(ids):,}"), lambda i: names[i][:80])


def _fields_found(found: Matches, need: str) -> str:
    rows = found.needs.found[found.needs.found["need"] == need]
    lang = state.lang()
    return say("matching.list.inner", lang).join(f"{r[f'field_{lang}']} {r['weight']:.0%}" for r in rows.to_dict("records"))  # fmt: skip


def _numbers(found: Matches, need: str) -> None:
    lang, rows = state.lang(), found.table[found.table["need"] == need]
    row = found.needs.frame.set_index("need").loc[need]
    told = _fields_found(found, need)
    st.markdown(says("asked", text=frame.plain(_clip(row["text_zh"] if lang == "zh" else row["text_en"] or row["text_zh"])), fields=told or says("no-fields")))  # fmt: skip
    if row["placed_by"] == "unit":
        st.caption(says("by-unit", place=frame.plain(str(row["place"])), km=f"{row['err_m'] / 1000:.0f}"))  # fmt: skip
    elif row["placed_by"] == "none":
        st.caption(says("by-none"))
    lost = found.unassigned[found.unassigned["need"] == need]
    if len(lost):
        st.warning(says("nobody", why=name_of(lost.iloc[0], lang, "why")))
    if not len(rows):
        return
    best = rows[rows["assigned"]].iloc[0] if found.assign and rows["assigned"].any() else rows.iloc[0]  # fmt: skip
    count = found.counts.set_index("need").loc[need]
    name = frame.plain(_clip(name_of(best, lang, "supplier")))
    st.markdown(says("best-assigned" if found.assign else "best", name=name, ranks=_ranks(best)))  # fmt: skip
    within = "" if count["within_low"] == count["within_high"] else f"{count['within_low']:,}–{count['within_high']:,}"  # fmt: skip
    figures(
        [
            (says("score"), f"{best['score']:.2f}", f"{best['score_low']:.2f}–{best['score_high']:.2f}"),
            (says("candidates"), f"{count['within']:,}", within),
        ]
    )  # fmt: skip


def _ranks(row: Any) -> str:
    low, high = int(row["rank_low"]), int(row["rank_high"])
    return str(low) if low == high else f"{low}–{high}"


def _clip(text: Any, most: int = 200) -> str:
    line = one_line(str(text))
    return line if len(line) <= most else line[: most - 1] + "…"


def _map(found: Matches, need: str) -> None:
    groups = [*maps.ground(footprints=False), group_of(features_json(match_features(found, need, state.lang())))]  # fmt: skip
    click = maps.draw(groups, key="matching-map", height=420, focus=match_focus(found, need))
    st.caption(says("map-key"))
    if click.fresh and click.id is None and click.lon is not None and click.lat is not None and found.needs.frame["need"].tolist() == ["own"]:  # fmt: skip
        clicked(click.lon, click.lat)
        st.rerun()


def _list(found: Matches, need: str) -> None:
    """Show who can help, one after the other, each with its reason."""
    lang = state.lang()
    for row in found.table[found.table["need"] == need].to_dict("records"):
        name = frame.plain(_clip(name_of(row, lang, "supplier")))
        key = "line-tied" if row["tied"] else "line"
        text = says(key, rank=row["rank"], name=name, score=row["score"], ranks=_ranks(row))  # fmt: skip
        mark = f" :blue-badge[{says('given')}]" if row["assigned"] else ""
        st.markdown(f"{text}{mark}  \n:small[{frame.plain(one_line(row[f'reason_{lang}']))}]")
    near = found.services[found.services["need"] == need]
    if len(near):
        names = [frame.plain(name_of(r, lang, "supplier")) + (says("of-the-place") if r["same_place"] else "") for r in near.to_dict("records")]  # fmt: skip
        st.markdown(says("services", names=say("matching.list.between", lang).join(names)))


def _brief(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return table.drop(columns=list(columns), errors="ignore").head(MOST_SHOWN)


def _tables(found: Matches, tables: dict[str, pd.DataFrame]) -> None:
    with st.expander(says("tables"), icon=":material/table:"):
        frame.table(_brief(tables["matches"], "need", "supplier", "tier", "kind", "source", "estimate", "part_capacity"))  # fmt: skip
        if len(tables["unassigned"]):
            st.markdown(says("table-unassigned"))
            frame.table(_brief(tables["unassigned"], "code"))
        if found.assign:
            st.markdown(says("table-loads"))
            frame.table(_brief(tables["loads"], "supplier"))
        st.markdown(says("table-needs"))
        frame.table(_brief(tables["needs"], "text_en", "spot", "node", "row"))
        if "problems" in tables:
            st.markdown(says("table-problems"))
            frame.table(_brief(tables["problems"], "code"))
        st.markdown(says("table-supply"))
        frame.table(_brief(tables["supply"], "supplier", "kind", "lon", "lat"))
        if max(map(len, tables.values())) > MOST_SHOWN:
            st.caption(says("most-shown", n=MOST_SHOWN))
    with st.expander(says("method"), icon=":material/function:"):
        st.caption(frame.plain(found.provenance.says(state.lang())))


def _fields() -> None:
    """Show the fields with their words, to take along and to bring others."""
    own, _ = taxonomy()
    with st.expander(says("fields", n=len(own)), icon=":material/account_tree:"):
        st.caption(says("fields-note"))
        frame.table(own.table, height=320)
        if own.shared:
            st.caption(says("fields-shared", terms=frame.plain(say("matching.list.inner", state.lang()).join(own.shared))))  # fmt: skip
        st.download_button(
            says("fields-download"), own.text.encode(), file_name="fields.toml", mime="application/toml", key="matching-fields-take",
            on_click="ignore",
        )  # fmt: skip
        taxonomy_asked()


def _along(a: Asked, found: Matches, tables: dict[str, pd.DataFrame], way: Any, need: str) -> None:  # fmt: skip
    fields, fields_key = taxonomy()
    given = ", ".join(f"{k}={v!r}" for k, v in a.options.items())
    line, supply = a.line, "supply = geo.supply_of(layout)"
    first = []
    if fields_key:
        first = [f"taxonomy = geo.read_taxonomy({fields.name!r})"]
        line, supply = line[:-1] + ", taxonomy=taxonomy)", "supply = geo.supply_of(layout, taxonomy=taxonomy)"  # fmt: skip
    calls = [
        *first, line, supply, travel.call(way), f"found = geo.match(needs, supply, layout=layout, travel=travel, {given})",
        *(f"{name} = found.tables[{name!r}]" for name in tables),
    ]  # fmt: skip
    rows = found.table[found.table["need"] == need]
    drawn = None
    if len(rows):
        names = [_clip(name_of(r, state.lang(), "supplier"), 30) for r in rows.to_dict("records")]
        drawn = lambda form: figure_file(bars(names, rows["score_low"].tolist(), rows["score"].tolist(), rows["score_high"].tolist(), says("score")), form)  # noqa: E731  # fmt: skip
    lines = match_lines(found, None if len(found.needs) <= FEW else need)
    take.along("matching", tables, calls=calls, layers={"matches": lines} if len(lines) else None, figure=drawn, methods=[found.provenance])  # fmt: skip
