"""缺口: who is left out, ranked; a row leads to its place on the map, with the change that would take it in."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import streamlit as st

import geo
from app import data, frame, inputs, maps, memo, mine, state, take, units_panel
from app.later import kept_when_easy
from app.pages.coverage import footprints
from app.parts import bars, figures
from geo.analysis.cloud import cloud_of
from geo.analysis.gap_trial import trial_of
from geo.analysis.gaps import Gaps
from geo.analysis.progress import part_of
from geo.maps.cover_features import (
    banded_text,
    change_features,
    distance_text,
    gap_features,
    shade_legend,
    unit_value_features,
)
from geo.maps.web import features_json, group_of
from geo.model.scenario import Scenario
from geo.report.tables import for_people, heading, widened
from geo.words import LANGUAGES, name_of, say
from geo.words.figures import figure

__all__ = ["PARAMETERS", "show"]

WHAT = state.Choice("what", ("points", "units"))
RANK = state.Choice("rank", ("weight", "distance"))
TOP = state.Number("top", 50, 10, 200, 10)
AT = state.Text("at")
PARAMETERS = (WHAT, RANK, TOP, AT)

_BY_POINT_S, _BY_UNIT_S = 7.0, 12.0
"""Seconds that a million points take."""
_POINT_COLUMNS = ("rank", "row", "by", "weight", "sure", "footprint_zh", "footprint_en", "distance_km_low", "distance_km", "distance_km_high", "change", "widen_km", "extend_km", "move_km")  # fmt: skip
_UNIT_COLUMNS = (
    "unit_zh", "unit_en", "count_low", "count", "count_high", "sum_low", "sum", "sum_high", "total", "share_low", "share", "share_high",
    "in_none_km2_low", "in_none_km2", "in_none_km2_high", "share_in_none", "footprint_zh", "footprint_en", "distance_km", "change",
    "widen_km", "extend_km", "move_km",
)  # fmt: skip


def show() -> None:
    """Draw the page."""
    lang = state.lang()
    frame.intro("coverpages.gaps.intro")
    with frame.controls():
        what = inputs.choice(WHAT, say("coverpages.gaps.what", lang), lambda w: say(f"coverpages.gaps.{w}", lang), form="segmented")  # fmt: skip
        rank = inputs.choice(RANK, say("coverpages.gaps.rank", lang), lambda r: say(f"coverpages.gaps.{r}", lang))  # fmt: skip
        top = int(inputs.number(TOP, say("coverpages.gaps.top", lang))) if what == "points" else 0
        ring = inputs.ring(say("coverpages.common.ring", lang), say("app.map.ring-help", lang))  # fmt: skip
    own = mine.ask()
    if own is None:
        return
    if not len(own.points):
        frame.note(say("coverpages.common.points-none", lang))
        return
    if what == "units" and data.units() is None:
        units_panel.lacking(say("coverpages.common.no-units", lang))
        return
    found = _found(own, what, rank, top, ring)
    if found is None:
        return
    _totals(own, found)
    table = found.by_point if what == "points" else found.by_unit
    if what == "points" and not len(table):
        st.success(say("coverpages.gaps.nobody", lang, n=f"{len(own.points):,}"))
    else:
        _map_and_list(own, found, table, what, ring)
    _along(own, found, what, rank, top)


def _label(own: mine.Mine) -> str | None:
    return own.label if own.label in own.points.frame.columns else None


def _found(own: mine.Mine, what: str, rank: str, top: int, ring: float) -> Gaps | None:
    units = data.units() if what == "units" else None
    label = _label(own)

    def make(progress: Any) -> Gaps:
        progress(0, 10)
        cloud = cloud_of(own.points, by=own.by, weight=own.weight, columns=[label] if label else [])  # fmt: skip
        progress(5, 10)
        return geo.gaps(
            cloud, data.shown(), units=units, by=own.by, weight=own.weight, top=top, rank="distance" if rank == "distance" else "weight",
            footprints=footprints(ring), ring_km=ring, progress=part_of(progress, 1, 2),
        )  # fmt: skip

    key = ("gaps", data.key(), own.key, what, rank, top, ring)
    return kept_when_easy(
        key, len(own.points), _BY_POINT_S if what == "points" else _BY_UNIT_S, make
    )


def _totals(own: mine.Mine, found: Gaps) -> None:
    lang = state.lang()
    rows = {r["where"]: r for r in found.totals[found.totals["by"] == ""].to_dict("records")}
    none, every = rows["none"], rows["all"]
    shown = [(say("coverpages.gaps.out-count", lang), *_split(none, "count"))]
    if own.weight:
        shown.append((say("coverpages.gaps.out-sum", lang, weight=frame.plain(own.weight)), *_split(none, "sum")))  # fmt: skip
    if every["count"]:
        share = {f"share{e}": none[f"count{e}"] / every["count"] for e in ("_low", "", "_high")}
        shown.append((say("coverpages.gaps.out-share", lang), *_split(share, "share", percent=True)))  # fmt: skip
    figures(shown)


def _split(row: Any, name: str, *, percent: bool = False) -> tuple[str, str]:
    value, _, band = banded_text(row, name, percent=percent).partition(" (")
    return value, band.rstrip(")")


def _ids(table: pd.DataFrame, what: str) -> list[str]:
    column, head = ("row", "gap") if what == "points" else ("unit_id", "unit")
    return [f"{head}:{v}" for v in table[column]]


def _go(name: str) -> None:
    """Choose a gap: the next table is a new one, with that row selected."""
    state.remember(AT, name)
    st.session_state["gaps-list"] = st.session_state.get("gaps-list", 0) + 1


def _map_and_list(own: mine.Mine, found: Gaps, table: pd.DataFrame, what: str, ring: float) -> None:
    ids = _ids(table, what)
    at = state.value_of(AT)
    chosen = table.iloc[ids.index(at)].to_dict() if at in ids else None
    _map(own, table, what, ring, chosen, at if chosen else "", ids)
    if chosen is None:
        st.caption(say("coverpages.gaps.pick", state.lang()))
    else:
        _chosen(own, chosen, what, ring)
    _list(table, what, ids, at, _label(own))
    if what == "units":
        _unit_bars(own, table)


def _map(own: mine.Mine, table: pd.DataFrame, what: str, ring: float, chosen: dict[Any, Any] | None, at: str, ids: list[str]) -> None:  # fmt: skip
    lang = state.lang()
    breaks: list[float] = []
    if what == "points":
        features = gap_features(table, lang, name=_label(own), chosen=chosen["row"] if chosen else None)  # fmt: skip
    else:
        breaks = [0.2, 0.4, 0.6, 0.8]
        lines = {"share_in_none": True, "count": False, "share": True} | ({"sum": False} if own.weight else {})  # fmt: skip
        features = unit_value_features(data.units(), table, "share_in_none", lang, breaks=breaks, lines=lines, chosen=at.removeprefix("unit:"))  # fmt: skip
    beneath: list[dict[str, Any]] = []
    footprint = _nearest(chosen, ring)
    if footprint is not None and chosen is not None:
        beneath = change_features(data.shown(), footprint, chosen, lang)
    groups = maps.ground()
    # Units are to be clicked, and lie beneath; points lie on what would take them in.
    layers = [features, beneath] if what == "units" else [beneath, features]
    groups += [group_of(features_json(layer)) for layer in layers if layer]
    clicked = maps.draw(groups, key="gaps-map", height=430, focus=_focus(chosen))
    st.caption(say(f"coverpages.gaps.map-key-{what}", lang))
    if what == "units":
        st.html(shade_legend(breaks, say("coverpages.gaps.share-out", lang), percent=True))
    if clicked.fresh and clicked.id in ids and clicked.id != at:
        _go(clicked.id)
        st.rerun()


def _nearest(chosen: dict[Any, Any] | None, ring: float) -> Any:
    if chosen is None or not chosen.get("footprint"):
        return None
    return next((f for f in footprints(ring) if f.id == chosen["footprint"]), None)


def _focus(chosen: dict[Any, Any] | None) -> tuple[float, float, int] | None:
    """Return the view that has the place in its middle and reaches to the nearest footprint."""
    if chosen is None or not math.isfinite(float(chosen.get("lon", math.nan))):
        return None
    away = float(chosen["distance_km"]) if math.isfinite(float(chosen["distance_km"])) else 0.0
    # 156.5 km is a pixel of the equator at zoom 0; 180 pixels are a little less than half the map.
    pixels_km = 180 * 156.5 * math.cos(math.radians(float(chosen["lat"])))
    zoom = math.floor(math.log2(pixels_km / max(1.3 * away, 2.0)))
    return float(chosen["lon"]), float(chosen["lat"]), min(max(zoom, 7), 13)


def _name(own: mine.Mine, chosen: dict[Any, Any], what: str) -> str:
    lang, label = state.lang(), _label(own)
    if what == "units":
        return name_of(chosen, lang, "unit")
    if label and chosen.get(label):
        return str(chosen[label])
    return say("coverpages.gaps.point", lang, row=chosen["row"])


def _chosen(own: mine.Mine, chosen: dict[Any, Any], what: str, ring: float) -> None:
    lang = state.lang()
    name = frame.plain(_name(own, chosen, what))
    with st.container(border=True):
        if what == "units" and not chosen["unit_id"]:
            st.markdown(say("coverpages.gaps.no-unit", lang))
        elif not chosen["change"]:
            area, share = figure(chosen["in_none_km2"]), f"{100 * chosen['share_in_none']:.1f}%"
            st.markdown(say("coverpages.gaps.unit-inside", lang, name=name, area=area, share=share))
        else:
            footprint = frame.plain(name_of(chosen, lang, "footprint"))
            away = {k: distance_text(float(chosen[c]), lang) for k, c in (("distance", "distance_km"), ("low", "distance_km_low"), ("high", "distance_km_high"))}  # fmt: skip
            where = say("coverpages.gaps.chosen", lang, name=f"**{name}**", footprint=footprint, **away)  # fmt: skip
            st.markdown(f"{where}  \n{_words(chosen)}")
            if not bool(chosen.get("sure", True)):
                st.caption(say("coverpages.gaps.unsure", lang))
        row = st.container(horizontal=True, vertical_alignment="center")
        if chosen["change"]:
            _offer(row, chosen, ring)
        row.button(say("coverpages.gaps.clear", lang), on_click=_go, args=("",), key="gaps-clear", type="tertiary")  # fmt: skip


def _words(chosen: dict[Any, Any]) -> str:
    """Say the least change."""
    lang = state.lang()
    end = say(f"profile.end.{chosen['end']}", lang) if chosen["end"] else ""
    return say(
        f"coverpages.gaps.do-{chosen['change']}", lang, footprint=frame.plain(name_of(chosen, lang, "footprint")), end=end,
        at=figure(chosen["chainage_km"]), widen=_length(chosen["widen_km"]), extend=_length(chosen["extend_km"]),
        move=_length(chosen["move_km"]), azimuth=figure(chosen["azimuth_deg"]),
    )  # fmt: skip


def _length(km: float) -> str:
    return distance_text(km, state.lang()) if math.isfinite(km) else ""


def _offer(row: Any, chosen: dict[Any, Any], ring: float) -> None:
    """Offer to try the change where the session can."""
    lang = state.lang()
    if chosen["change"] == "ring":
        # Up to the next tenth, as the slider counts.
        needed = math.ceil(round((ring + float(chosen["widen_km"])) * 10, 6)) / 10
        if needed > state.RING_MAX:
            row.caption(say("coverpages.gaps.ring-far", lang, km=figure(needed), most=figure(state.RING_MAX)))  # fmt: skip
        else:
            row.button(say("coverpages.gaps.ring-set", lang, km=figure(needed)), icon=":material/adjust:", key="gaps-ring",
                      on_click=inputs.put, args=(state.RING, needed))  # fmt: skip
        return
    changes = memo.kept(("trial", data.key(), repr(sorted((str(k), str(v)) for k, v in chosen.items()))), lambda: trial_of(data.shown(), chosen))  # fmt: skip
    if not changes:
        row.caption(say("coverpages.gaps.not-possible", lang))
        return
    row.button(
        say("coverpages.gaps.try", lang), help=say("coverpages.gaps.try-help", lang), key="gaps-try", type="primary",
        icon=":material/alt_route:", on_click=_try, args=(changes,),
    )  # fmt: skip


def _try(changes: tuple[Any, ...]) -> None:
    old = data.scenario()
    if old is None:
        zh, en = (say("coverpages.gaps.scenario-name", lang) for lang in LANGUAGES)
        old = Scenario(id="gaps", base=data.layout().id, name_zh=zh, name_en=en)
    data.take_scenario(old.model_copy(update={"changes": (*old.changes, *changes)}))
    _go("")


def _list(table: pd.DataFrame, what: str, ids: list[str], at: str, label: str | None) -> None:
    lang = state.lang()
    wanted = _POINT_COLUMNS if what == "points" else _UNIT_COLUMNS
    columns = [c for c in wanted if c in table.columns]
    if what == "points" and label:
        columns.insert(1, label)
    if "by" in columns and (table["by"] == "").all():
        columns.remove("by")
    # What no row has is no column.
    columns = [c for c in columns if table[c].notna().any()]
    wide = widened(table[columns], lang)
    shown = for_people(wide, lang)
    share = {heading(c, lang) for c in wide.columns if c.startswith("share")}
    config: dict[str, Any] = {}
    for column in shown.columns:
        if column in share:
            config[column] = st.column_config.NumberColumn(format="percent")
        elif pd.api.types.is_float_dtype(shown[column]):
            whole = (shown[column].dropna() % 1 == 0).all()
            config[column] = st.column_config.NumberColumn(format="localized" if whole else "%.2f")
    key = f"gaps-list-{what}-{st.session_state.get('gaps-list', 0)}"

    def selected() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        state.remember(AT, ids[rows[0]] if rows and rows[0] < len(ids) else "")

    start: Any = {"selection": {"rows": [ids.index(at)], "columns": [], "cells": []}} if at in ids else None  # fmt: skip
    st.dataframe(
        shown, hide_index=True, column_config=config, placeholder="–", height=360, key=key, on_select=selected,
        selection_mode="single-row", selection_default=start, alt=say("coverpages.gaps.table-alt", lang),
    )  # fmt: skip


def _unit_bars(own: mine.Mine, table: pd.DataFrame) -> None:
    lang = state.lang()
    value = "sum" if own.weight else "count"
    rows = table.sort_values(value, ascending=False).head(15)
    rest = say("coverpages.coverage.rest", lang)
    rows = rows.assign(label=[name_of(r, lang, "unit") or rest for r in rows.to_dict("records")])
    title = say("coverpages.gaps.out-sum", lang, weight=own.weight) if own.weight else say("coverpages.gaps.out-count", lang)  # fmt: skip
    bars(rows, "label", value, title=title)
    st.caption(say("coverpages.chart.band", lang))


def _along(own: mine.Mine, found: Gaps, what: str, rank: str, top: int) -> None:
    label = _label(own)
    units = ", units=geo.read_units(layout)" if what == "units" else ""
    columns = f", columns=[{label!r}]" if label else ""
    calls = [f"found = geo.gaps(points, layout{units}, by=by, weight=weight, top={top}, rank={rank!r}{columns}, ring_km=ring_km)"]  # fmt: skip
    tables = {"totals": found.totals}
    calls.append("totals = found.totals")
    layers: dict[str, Any] = {}
    if what == "points":
        tables["gaps"] = found.by_point
        calls.append("gaps = found.by_point")
        if len(found.by_point):
            layers["gaps"] = _placed(found.by_point)
    else:
        tables["units_left_out"] = found.by_unit
        calls.append("units_left_out = found.by_unit")
    take.along("gaps", tables, calls=calls, layers=layers or None, methods=[found.provenance])


def _placed(table: pd.DataFrame) -> Any:
    import geopandas as gpd

    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=4326)  # fmt: skip
