"""覆盖: areas, nodes, seats, overlaps, what is left out, and the person's points, each with its band."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

import geo
from app import data, frame, inputs, maps, memo, mine, state, take, units_panel
from app.later import kept_when_easy
from app.parts import bars, figures, tabs
from geo.analysis.footprints import Footprint, footprints_of, oriented_belts
from geo.analysis.points import Coverage
from geo.maps.cover_features import breaks_of, footprint_features, shade_legend
from geo.maps.web import features_json, group_of
from geo.report.layers import with_geometry
from geo.report.tables import heading
from geo.words import name_of, say
from geo.words.figures import figure

__all__ = ["PARAMETERS", "show"]

_TABS = ("areas", "nodes", "seats", "overlaps", "none", "points")
MOST_CATEGORIES = 200
"""More categories than this are not offered one by one."""


def _categories() -> list[str]:
    found = mine.current()
    if found is None or found.by is None:
        return [""]
    column = found.points.frame[found.by]
    names = memo.kept(("categories", found.key), lambda: sorted(column.dropna().astype(str).unique()))  # fmt: skip
    return ["", *(n for n in names[:MOST_CATEGORIES] if n)]


def _values() -> list[str]:
    found = mine.current()
    return ["share", "count", *(["sum"] if found is not None and found.weight else [])]


TAB = state.Choice("tab", _TABS)
VALUE = state.Choice("show", _values)
CATEGORY = state.Choice("cat", _categories)
PARAMETERS = (TAB, VALUE, CATEGORY)


def show() -> None:
    """Draw the page."""
    lang = state.lang()
    frame.intro("app.coverage.intro")
    with frame.controls():
        ring = inputs.ring(say("coverpages.common.ring", lang), say("app.map.ring-help", lang))  # fmt: skip
    tables = _tables(ring)
    names = {name: f"app.coverage.{name}" for name in _TABS} | {"points": "coverpages.coverage.points-tab"}  # fmt: skip
    shown = tabs(TAB, lambda n: say(names[n], lang), first="points" if mine.current() else None)
    for name, tab in shown.items():
        if not tab.open:
            continue
        with tab:
            if name == "points":
                _points(ring)
            elif name not in tables:
                units_panel.lacking(say("coverpages.common.no-units", lang))
            elif not len(tables[name]):
                frame.note(say(f"coverpages.coverage.no-{name}", lang) if name in ("nodes", "seats", "overlaps") else say("coverpages.common.no-footprints", lang))  # fmt: skip
            else:
                _DRAW[name](tables[name])
    if not shown["points"].open:
        _along(tables)


def _tables(ring_km: float) -> dict[str, pd.DataFrame]:
    if data.as_published():
        return data.coverage_tables(ring_km)
    return memo.kept(("coverage tables", data.key(), ring_km), lambda: data.tables_of(data.shown(), ring_km))  # fmt: skip


def _pick(column: str, label: str, table: pd.DataFrame, key: str) -> str:
    """Let the person choose one of the footprints in a table; return its id."""
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
    rest = say("coverpages.coverage.rest", lang)
    chart = own.assign(label=[name_of(r, lang, "unit") or rest for r in own.to_dict("records")])
    bars(chart, "label", "area_km2")
    total = f"{own['area_km2'].sum():,.2f}"
    st.caption(
        f"{say('app.coverage.sum-check', lang, total=total)} {say('coverpages.chart.band', lang)}"
    )
    frame.table(own.drop(columns=["footprint", "footprint_zh", "footprint_en", "layer", "kind"]))


def _nodes(table: pd.DataFrame) -> None:
    lang = state.lang()
    inside = table[table["footprint"] != ""]
    if not len(inside):
        frame.note(say("coverpages.coverage.no-nodes", lang))
        return
    tiers = list(dict.fromkeys(inside["tier"]))
    tier = st.selectbox(
        say("app.coverage.tier", lang), tiers, format_func=lambda t: say(f"model.tier.{t}", lang),
        key="nodes-tier",
    )  # fmt: skip
    own = inside[inside["tier"] == tier]
    chart = own.assign(label=[name_of(r, lang, "footprint") for r in own.to_dict("records")])
    bars(chart, "label", "count")
    st.caption(say("coverpages.chart.band", lang))
    frame.table(table[(table["tier"] == tier)])


def _seats(table: pd.DataFrame) -> None:
    frame.table(table)


def _overlaps(table: pd.DataFrame) -> None:
    frame.table(table.sort_values("area_km2", ascending=False))


def _none(table: pd.DataFrame) -> None:
    lang = state.lang()
    scope = "with-belt"
    if oriented_belts(data.shown()):
        scope = st.segmented_control(
            say("app.coverage.scope", lang), ["without-belt", "with-belt"],
            format_func=lambda s: say(f"app.coverage.{s}", lang), default="without-belt", required=True,
            key="none-scope",
        )  # fmt: skip
    own = table[table["scope"] == scope].sort_values("share_in_none")
    chart = own.assign(label=[name_of(r, lang, "unit") for r in own.to_dict("records")]).head(20)
    bars(chart, "label", "share_in_none", percent=True)
    st.caption(say("coverpages.chart.band", lang))
    frame.table(own)


_DRAW = {"areas": _areas, "nodes": _nodes, "seats": _seats, "overlaps": _overlaps, "none": _none}


def _along(tables: dict[str, pd.DataFrame]) -> None:
    calls = [
        "from geo.analysis.footprints import footprints_of",
        "footprints = footprints_of(layout, ring_km=ring_km)",
        "nodes = geo.node_counts(layout, footprints=footprints)",
        "seats = geo.seats_held(layout)",
        "overlaps = geo.overlaps(layout, footprints=footprints)",
    ]
    if "areas" in tables:
        calls += [
            "units = geo.read_units(layout)",
            "areas = geo.footprint_units(layout, units, footprints=footprints)",
            "none = geo.outside(layout, units, footprints=footprints)",
        ]
    ring = state.ring_km()
    key = ("coverage layers", data.key(), ring)
    layers = memo.kept(key, lambda: {"areas": with_geometry(data.shown(), tables["areas"], data.units())}) if "areas" in tables else None  # fmt: skip
    take.along("coverage", tables, calls=calls, layers=layers)


def footprints(ring_km: float) -> list[Footprint]:
    """Return the footprints of the layout that is shown, remembered."""
    return memo.kept(("footprints", data.key(), ring_km), lambda: footprints_of(data.shown(), ring_km=ring_km))  # fmt: skip


def _points(ring: float) -> None:
    lang, own = state.lang(), mine.ask()
    if own is None:
        return
    with frame.controls():
        value = inputs.choice(VALUE, say("coverpages.coverage.value", lang), lambda v: say(f"coverpages.coverage.{v}", lang), form="segmented")  # fmt: skip
        every = say("coverpages.coverage.every", lang)
        category = inputs.choice(CATEGORY, say("coverpages.coverage.category", lang), lambda c: c or every) if own.by else ""  # fmt: skip
    if not len(own.points):
        frame.note(say("coverpages.common.points-none", lang))
        return
    if not footprints(ring):
        frame.note(say("coverpages.common.no-footprints", lang))
        return
    found = kept_when_easy(
        ("coverage", data.key(), own.key, ring), len(own.points), 1.0, lambda progress: _counted(own, ring, progress),
        easy=2_000_000,
    )  # fmt: skip
    if found is None:
        return
    _totals(found)
    table = found.table
    _chart_and_map(table[table["by"] == category], value, category, ring)
    _notes(own, table, category)
    frame.table(table.drop(columns=["layer", "kind"]))
    _points_along(own, found)


def _counted(own: mine.Mine, ring: float, progress: Any) -> Coverage:
    found: Coverage = geo.coverage(
        own.points, data.shown(), by=own.by, weight=own.weight, ring_km=ring, progress=progress
    )
    return found


def _totals(found: Coverage) -> None:
    lang = state.lang()
    rows = {str(r["where"]): r for r in found.totals.to_dict("records")}
    shown = []
    for where in ("any", "several", "none", "all"):
        row = rows[where]
        low, high = f"{row['count_low']:,}", f"{row['count_high']:,}"
        band = say("coverpages.gaps.band", lang, low=low, high=high) if low != high else ""
        shown.append((say(f"coverpages.coverage.{where}", lang), f"{row['count']:,}", band))
    figures(shown)
    told = {w: f"{rows[w]['count']:,.0f}" for w in ("any", "several", "none")}
    total = say("app.coverage.total", lang, n=f"{rows['all']['count']:,.0f}", **told)
    st.caption(f"{total} {say('coverpages.coverage.once', lang)}")


def _chart_and_map(rows: pd.DataFrame, value: str, category: str, ring: float) -> None:
    lang, percent = state.lang(), value == "share"
    chart = rows.assign(label=[name_of(r, lang, "footprint") for r in rows.to_dict("records")])
    left, right = st.columns([1, 1], gap="medium")
    with left:
        if not (chart["count"] > 0).any():
            frame.note(say("coverpages.coverage.no-points-inside", lang))
        title = heading(value, lang) + (f" · {category}" if category else "")
        bars(chart.sort_values(value, ascending=False), "label", value, title=title, percent=percent)  # fmt: skip
    with right:
        breaks = breaks_of(rows[value])
        lines = {"count": False, "share": True, "sum": False}
        features = footprint_features(footprints(ring), rows, value, lang, breaks=breaks, lines=lines, label=True)  # fmt: skip
        ground = maps.ground(footprints=False, names=False)
        maps.draw([*ground, group_of(features_json(features))], key="coverage-map", height=400)
        st.html(shade_legend(breaks, heading(value, lang), percent=percent))


def _notes(own: mine.Mine, table: pd.DataFrame, category: str) -> None:
    lang = state.lang()
    rows = table[table["by"] == category]
    total = figure(float(rows["total"].iloc[0])) if len(rows) else "0"
    words = [
        say("coverpages.chart.band", lang),
        say("coverpages.coverage.of-category", lang, n=total),
    ]
    if own.weight:
        words.append(say("coverpages.common.weight-sum", lang, column=heading("sum", lang), weight=frame.plain(own.weight)))  # fmt: skip
    st.caption(" ".join(words))


def _points_along(own: mine.Mine, found: Coverage) -> None:
    call = "found = geo.coverage(points, layout, by=by, weight=weight, ring_km=ring_km)"
    tables = {"coverage": found.table, "totals": found.totals}
    whole = found.table[found.table["by"] == ""]

    def drawn(form: str) -> bytes:
        from geo.maps import figures as paper

        lang = state.lang()
        names = [name_of(r, lang, "footprint") for r in whole.to_dict("records")]
        low, central, high = (whole[f"share{end}"].tolist() for end in ("_low", "", "_high"))
        return paper.figure_file(paper.bars(names, low, central, high, heading("share", lang), percent=True), form)  # fmt: skip

    calls = [call, "coverage = found.table", "totals = found.totals"]
    take.along("coverage-points", tables, calls=calls, figure=drawn)
