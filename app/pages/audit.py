"""核对: every claim, stated against measured; the belt as printed beside the belt that works."""

from __future__ import annotations

import html

import pandas as pd
import streamlit as st

import geo
from app import data, frame, maps, memo, mine, state, take
from geo.analysis.verdicts import VERDICTS
from geo.maps.web import belt_group, group_of, units_attribution
from geo.model.items import BeltItem
from geo.words import imperial, name_of, say

__all__ = ["show"]

_COLUMNS = [
    "verdict", "subject_zh", "subject_en", "label_zh", "label_en", "qualifier", "stated", "unit",
    "measured_low", "measured", "measured_high", "deviation_pct", "why_zh", "why_en", "method_zh",
    "method_en", "as_of", "claim_status", "source", "note_zh", "note_en",
]  # fmt: skip
_RANK = {"differs": 0, "within-band": 1, "agrees": 2, "not-measurable": 3}


def show() -> None:
    """Draw the page."""
    lang = state.lang()
    st.caption(say("app.audit.intro", lang))
    table, call = _audited()
    counts = table["verdict"].value_counts()
    row = st.container(horizontal=True)
    for verdict in VERDICTS:
        words = say(f"audit.verdict.{verdict}", lang)
        row.metric(words, int(counts.get(verdict, 0)), width=150)
    if data.printed():
        _belt()
    checks = table[table["type"] == "check"]
    st.markdown(f"#### {say('app.audit.checks', lang)}")
    checks = checks.sort_values("verdict", key=lambda v: v.map(_RANK), kind="stable")
    _told(checks)
    frame.table(checks[["verdict", "subject_zh", "subject_en", "label_zh", "label_en", "why_zh", "why_en", "source"]])  # fmt: skip
    _claims(table[table["type"] == "claim"])
    take.along("audit", {"audit": table}, calls=[call])


def _audited() -> tuple[pd.DataFrame, str]:
    """Return the audit and the call that makes it: with the person's points where claims need them."""
    own, layout = mine.current(), data.shown()
    plain = "audit = geo.audit(layout)"
    if not (layout.claims["quantity"] == "coverage").any():
        return data.audit(), plain
    if own is None or not len(own.points):
        st.caption(say("app.audit.needs-points", state.lang()))
        return data.audit(), plain
    table = memo.kept(
        ("audit", data.key(), own.key),
        lambda: geo.audit(layout, own.points, by=own.by, weight=own.weight),
    )
    return table, "audit = geo.audit(layout, points, by=by, weight=weight)"


def _told(checks: pd.DataFrame) -> None:
    """Say in full what does not simply agree; what is told beside the belt's map is not told twice."""
    lang = state.lang()
    apart = checks["verdict"].isin(["differs", "within-band"])
    beside = checks["subject"].isin([belt.id for belt in data.printed()[:1]])
    for check in checks[apart & ~beside].to_dict("records"):
        verdict = say(f"audit.verdict.{check['verdict']}", lang)
        label = " · ".join(name_of(check, lang, part) for part in ("subject", "label"))
        st.markdown(f"**{frame.plain(verdict)}** — {frame.plain(label)}")
        st.caption(frame.plain(imperial.beside(name_of(check, lang, "why"), lang)))


def _claims(claims: pd.DataFrame) -> None:
    lang = state.lang()
    st.markdown(f"#### {say('app.audit.claims', lang)}")
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    chosen = left.pills(
        say("app.audit.verdict", lang), list(VERDICTS), selection_mode="multi",
        format_func=lambda v: say(f"audit.verdict.{v}", lang), key="audit-verdicts",
    )  # fmt: skip
    names = {str(r["subject"]): name_of(r, lang, "subject") for r in claims.to_dict("records")}
    subject = right.selectbox(
        say("app.audit.subject", lang), ["", *names],
        format_func=lambda s: names.get(s, say("app.audit.all", lang)), key="audit-subject",
    )  # fmt: skip
    shown = claims
    if chosen:
        shown = shown[shown["verdict"].isin(chosen)]
    if subject:
        shown = shown[shown["subject"] == subject]
    # What differs comes first, what cannot be measured last.
    shown = shown.sort_values("verdict", key=lambda v: v.map(_RANK), kind="stable")
    frame.table(shown[_COLUMNS], height=420)


def _belt() -> None:
    lang, layout = state.lang(), data.shown()
    belt = data.printed()[0]
    own = layout[belt.id]
    if not isinstance(own, BeltItem):
        return
    name = frame.plain(name_of(own, lang))
    st.markdown(f"#### {say('app.audit.belt', lang, name=name)}")
    chart, words = st.columns([2, 1])
    shapes = [("printed", belt.printed.footprint, say("map.legend.printed", lang))]
    if belt.works is not None:
        shapes.append(("works", belt.works.footprint, say("map.legend.works", lang)))
    seats = []
    for item in (layout[s] for s in own.properties.seats):
        if item.geometry is not None:
            held = bool(belt.printed.holds(item.geometry.x, item.geometry.y)[0])
            seats.append((item.geometry, html.escape(name_of(item, lang)), held))
    ground = group_of(data.layer_text("units", lang, 1.0, "none"), units_attribution(data.units()))
    with chart:
        maps.draw([ground, belt_group(shapes, seats)], key="belt-map", height=430)
    with words:
        st.html(_belt_legend())
        table = data.audit()
        table = table[(table["subject"] == belt.id) & (table["type"] == "check")]
        for check in table.to_dict("records"):
            verdict = say(f"audit.verdict.{check['verdict']}", lang)
            st.markdown(
                f"**{frame.plain(verdict)}** — {frame.plain(name_of(check, lang, 'label'))}"
            )
            st.caption(frame.plain(imperial.beside(name_of(check, lang, "why"), lang)))


def _belt_legend() -> str:
    from geo.maps.palette import BLUE, GREEN, VERMILION

    lang = state.lang()
    entries = [
        ("printed", VERMILION, "▭"),
        ("works", BLUE, "▭"),
        ("held", GREEN, "●"),
        ("missed", VERMILION, "●"),
    ]
    return "".join(
        f'<div><span style="color:{colour}" aria-hidden="true">{sign}</span> {say(f"map.legend.{name}", lang)}</div>'
        for name, colour, sign in entries
    )
