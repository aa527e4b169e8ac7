"""布带: a belt on trial — where it lies, what it holds and takes — and where a better one would."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import belt_fit, data, frame, inputs, maps, memo, mine, state, take, units_panel
from app.belt_parts import (
    AZIMUTH,
    ERR,
    LAT,
    LENGTH,
    LEVEL,
    LON,
    PARAMETERS,
    VIEW,
    WIDTH,
    alike,
    cloud,
    fits,
    groups_named,
    kept_belt,
    put_belt,
    whole,
)
from geo.analysis.belt_azimuths import AzimuthScale, azimuth_scale, belt_over_seats
from geo.analysis.belt_lab import BeltLab, belt_lab, belt_scenario, oriented_belt_of
from geo.maps.belt_charts import azimuth_chart
from geo.maps.belt_features import belt_features
from geo.maps.charts import banded_bars
from geo.maps.web import features_json, group_of
from geo.model.belt import Belt
from geo.words import Lang, name_of, say
from geo.words.imperial import in_other_units

__all__ = ["PARAMETERS", "show"]


def show() -> None:
    """Draw the page."""
    frame.intro("beltpage.page.intro")
    with frame.controls():
        _controls()
    belt, mine_now = kept_belt(), mine.current()
    lab = _lab(belt, mine_now)
    _figures(lab, mine_now)
    lang = state.lang()
    chosen = inputs.choice(VIEW, say("beltpage.page.view", lang), lambda v: say(f"beltpage.page.view-{v}", lang), form="segmented")  # fmt: skip
    if chosen == "now":
        _now(lab, mine_now)
    else:
        belt_fit.show(chosen, lab)


def _lab(belt: Belt, found: mine.Mine | None) -> BeltLab:
    level, err = inputs.value_of(LEVEL), inputs.value_of(ERR)
    points = None if found is None else cloud(found)
    key = ("belt-lab", data.key(), found.key if found else "", belt, level, err)
    return memo.kept(key, lambda: belt_lab(belt, data.shown(), points, units=data.units(level), belt_err_m=err))  # fmt: skip


# -- parameters ---------------------------------------------------------------------------------


def _controls() -> None:
    lang = state.lang()
    _presets(lang)
    inputs.number(LENGTH, say("beltpage.page.length", lang))
    inputs.number(WIDTH, say("beltpage.page.width", lang))
    inputs.number(AZIMUTH, say("beltpage.page.azimuth", lang), help=say("beltpage.page.azimuth-help", lang))  # fmt: skip
    inputs.number(LON, say("beltpage.page.lon", lang))
    inputs.number(LAT, say("beltpage.page.lat", lang))
    _centres(lang)
    inputs.number(ERR, say("beltpage.page.err", lang), help=say("beltpage.page.err-help", lang))


def _presets(lang: Lang) -> None:
    st.caption(say("beltpage.page.presets", lang))
    item = oriented_belt_of(data.layout())
    if item is not None and item.shape is not None:
        label = say("beltpage.page.preset-layout", lang, name=frame.plain(name_of(item, lang)))
        st.button(label, on_click=put_belt, args=(item.shape,), key="preset-layout", width="stretch")  # fmt: skip
    for n, printed in enumerate(data.printed()):
        own = printed.printed
        key = "preset-printed" if own.azimuth_deg == 90 else "preset-printed-ns"
        sizes = sorted((own.length_km, own.width_km), reverse=own.azimuth_deg == 90)
        label = say(f"beltpage.page.{key}", lang, length=f"{sizes[0]:g}", width=f"{sizes[1]:g}")
        st.button(label, on_click=put_belt, args=(own,), key=f"preset-printed-{n}", width="stretch")
    seats = data.shown().seats
    if len(seats):
        st.button(
            say("beltpage.page.preset-all", lang), on_click=_hold_all, key="preset-all", width="stretch"
        )  # fmt: skip
        if st.session_state.pop("belt-none", False):
            frame.note(say("beltpage.page.preset-none", lang))


def _hold_all() -> None:
    at, now = data.shown().seats.geometry, kept_belt()
    found = belt_over_seats(at.x, at.y, now.length_km, now.width_km)
    if found is None or not fits(found):
        st.session_state["belt-none"] = True
    else:
        put_belt(found)


def _centre_on(lon: float, lat: float) -> None:
    inputs.put(LON, whole(LON, lon))
    inputs.put(LAT, whole(LAT, lat))


def _centres(lang: Lang) -> None:
    seats = data.shown().seats
    if not len(seats):
        return
    names = {str(r["id"]): r for r in seats.to_dict("records")}

    def chosen() -> None:
        row = names.get(str(st.session_state.get("belt-centre")))
        if row is not None:
            _centre_on(row["geometry"].x, row["geometry"].y)
        st.session_state["belt-centre"] = None

    st.selectbox(
        say("beltpage.page.centre", lang), list(names), index=None, key="belt-centre", on_change=chosen,
        format_func=lambda i: name_of(names[i], lang), placeholder=say("beltpage.page.centre-choose", lang),
    )  # fmt: skip


# -- what the belt holds and takes --------------------------------------------------------------


def _figures(lab: BeltLab, found: mine.Mine | None) -> None:
    """Show the figures that matter, each with its band."""
    lang, row = state.lang(), lab.summary.iloc[0]
    places = st.container(horizontal=True)

    def metric(label: str, value: str, low: str, high: str, tip: str | None = None) -> None:
        band = say("beltpage.page.band", lang, low=low, high=high) if low else ""
        below = " · ".join(filter(None, (band, in_other_units(label, value, lang))))
        places.metric(
            label, value, below or None, delta_color="off", delta_arrow="off", help=tip, width=170
        )

    if row["seats"]:
        held = [f"{int(row[f'seats_held{end}'])}" for end in ("_low", "", "_high")]
        value = say("beltpage.page.seats-value", lang, held=held[1], seats=int(row["seats"]))
        metric(say("beltpage.page.seats", lang), value, held[0], held[2])  # fmt: skip
        slack = {k: f"{row[f'slack_{k}_km']:.1f}".replace("-", "−") for k in ("along", "across")}
        metric(say("beltpage.page.slack", lang), say("beltpage.page.slack-value", lang, **slack), "", "", say("beltpage.page.slack-help", lang))  # fmt: skip
    metric(say("beltpage.page.area-km2", lang), f"{row['area_km2']:,.0f}", f"{row['area_km2_low']:,.0f}", f"{row['area_km2_high']:,.0f}")  # fmt: skip
    if found is not None and len(lab.points):
        inside = lab.points.iloc[0]
        if inside["total"]:
            metric(say("beltpage.page.inside", lang), f"{inside['share']:.1%}", f"{inside['share_low']:.1%}", f"{inside['share_high']:.1%}")  # fmt: skip
        weight = cloud(found).weight
        if found.weight is not None and weight.min(initial=0) >= 0 and weight.sum() > 0:
            low, central, high = (f"{inside[c] / weight.sum():.1%}" for c in ("sum_low", "sum", "sum_high"))  # fmt: skip
            metric(say("beltpage.page.inside-share", lang, what=frame.plain(found.weight)), central, low, high)  # fmt: skip


def _now(lab: BeltLab, found: mine.Mine | None) -> None:
    lang = state.lang()
    left, right = st.columns([3, 2])
    with left:
        _map(lab)
    with right:
        _seats(lab)
    left, right = st.columns(2)
    with left:
        _units(lab)
    with right:
        st.markdown(f"**{say('beltpage.page.groups-title', lang)}**")
        if found is None:
            mine.ask()
        else:
            _groups(lab)
    st.markdown(f"**{say('beltpage.page.nodes-title', lang)}**")
    frame.table(lab.nodes[["tier", "count_low", "count", "count_high", "located", "share_low", "share", "share_high"]])  # fmt: skip
    _as_scenario(lab.belt)
    _along(lab)


def _map(lab: BeltLab) -> None:
    lang = state.lang()
    places = list(data.shown().seats.geometry)
    features = belt_features(lab.belt, list(lab.footprint.outlines), lab.seats, places, lang)
    clicked = maps.draw([*maps.ground(), group_of(features_json(features))], key="belt-map")
    if clicked.lon is None or clicked.lat is None:
        return
    at = {"lon": f"{clicked.lon:.4f}", "lat": f"{clicked.lat:.4f}"}
    st.button(
        say("beltpage.page.here", lang, **at), on_click=_centre_on, args=(round(clicked.lon, 4), round(clicked.lat, 4)),
        key="belt-here", icon=":material/my_location:",
    )  # fmt: skip


def _scale(belt: Belt) -> AzimuthScale:
    at = data.shown().seats.geometry
    key = ("belt-azimuths", data.key(), belt.length_km, belt.width_km)
    return memo.kept(key, lambda: azimuth_scale(at.x, at.y, belt.length_km, belt.width_km))


def _seats(lab: BeltLab) -> None:
    lang = state.lang()
    if not len(lab.seats):
        frame.note(say("beltpage.page.seats-none", lang))
        return
    st.markdown(_held(lab, lang))
    scale = _scale(lab.belt)
    ranges = [say("beltpage.page.range", lang, **{"from": f"{a:.1f}", "to": f"{b:.1f}"}) for a, b in scale.ranges]  # fmt: skip
    size = {"length": f"{lab.belt.length_km:g}", "width": f"{lab.belt.width_km:g}"}
    told = "、".join(ranges) if lang == "zh" else ", ".join(ranges)
    if ranges:
        text = say("beltpage.page.ranges", lang, ranges=told, seats=scale.seats, **size)
    else:
        text = say("beltpage.page.ranges-none", lang, seats=scale.seats, most=int(scale.table["held"].max()), **size)  # fmt: skip
    st.caption(text)
    held = int(lab.summary["seats_held"].iloc[0])
    st.altair_chart(
        azimuth_chart(scale.table, scale.ranges, lab.belt.azimuth_deg, held, lang), width="stretch",
        alt=say("beltpage.chart.azimuth-alt", lang, azimuth=f"{lab.belt.azimuth_deg:.1f}", held=held, ranges=told or "–"),
    )  # fmt: skip
    st.markdown(f"**{say('beltpage.page.seats-title', lang)}**")
    frame.table(lab.seats[["seat_zh", "seat_en", "depth_km", "low", "central", "high"]])


def _held(lab: BeltLab, lang: Lang) -> str:
    missed = lab.seats[~lab.seats["central"]]
    if not len(missed):
        return say("beltpage.page.all-held", lang, seats=len(lab.seats))
    names = [
        say("beltpage.page.missed-one", lang, name=frame.plain(name_of(row, lang, "seat")), km=f"{-row['depth_km']:.1f}")
        for row in missed.to_dict("records")
    ]  # fmt: skip
    listed = "、".join(names) if lang == "zh" else ", ".join(names)
    return say("beltpage.page.missed", lang, held=len(lab.seats) - len(missed), names=listed)


def _units(lab: BeltLab) -> None:
    lang = state.lang()
    st.markdown(f"**{say('beltpage.page.units-title', lang)}**")
    if data.units() is None:
        units_panel.lacking(say("beltpage.page.units-none", lang))
        return
    inputs.choice(LEVEL, say("beltpage.page.level", lang), lambda v: say(f"beltpage.page.level-{v}", lang), form="segmented")  # fmt: skip
    shown = lab.units
    named = shown.assign(name=[name_of(r, lang, "unit") or "–" for r in shown.to_dict("records")])
    st.altair_chart(
        banded_bars(named, "name", "area_km2", title=say("beltpage.chart.area", lang)), width="stretch",
        alt=say("beltpage.chart.units-alt", lang, n=len(named)),
    )  # fmt: skip
    columns = ["unit_zh", "unit_en", "area_km2_low", "area_km2", "area_km2_high", "share_of_footprint", "share_of_unit"]  # fmt: skip
    frame.table(shown[columns])
    sources = sorted({str(s) for s in shown["unit_source"] if s})
    st.caption(say("beltpage.page.units-source", lang, source=frame.plain(", ".join(sources))))


def _groups(lab: BeltLab) -> None:
    lang, rows = state.lang(), lab.points
    if not len(rows) or not rows["total"].iloc[0]:
        frame.note(say("beltpage.page.no-points", lang))
        return
    all_of = rows.iloc[0]
    st.caption(say("beltpage.page.count-band", lang, n=f"{all_of['count']:,}", low=f"{all_of['count_low']:,}", high=f"{all_of['count_high']:,}"))  # fmt: skip
    groups = rows[rows["by"] != ""]
    if 0 < len(groups) <= 40:
        st.altair_chart(
            banded_bars(groups, "by", "share", title=say("beltpage.chart.share", lang), percent=True), width="stretch",
            alt=say("beltpage.chart.groups-alt", lang, n=len(groups)),
        )  # fmt: skip
    columns = ["by", "count_low", "count", "count_high", "share_low", "share", "share_high", "sum_low", "sum", "sum_high", "total"]  # fmt: skip
    frame.table(groups_named(rows[[c for c in columns if c in rows]]))


def _as_scenario(belt: Belt) -> None:
    lang, item = state.lang(), oriented_belt_of(data.layout())
    if item is None:
        st.caption(say("beltpage.page.scenario-none", lang))
        return

    def adopt() -> None:
        data.take_scenario(belt_scenario(data.layout(), item.id, belt, onto=data.scenario()))

    same = oriented_belt_of(data.shown())
    st.button(
        say("beltpage.page.scenario", lang), on_click=adopt, icon=":material/alt_route:", key="belt-scenario",
        disabled=same is not None and same.shape is not None and alike(same.shape, belt),
        help=say("beltpage.page.scenario-help", lang, name=name_of(item, lang)),
    )  # fmt: skip


def _along(lab: BeltLab) -> None:
    belt, found = lab.belt, mine.current()
    tables: dict[str, pd.DataFrame] = {"belt": lab.summary, "seats": lab.seats, "nodes": lab.nodes}
    asked: list[Any] = [f"geo.Belt({belt.lon!r}, {belt.lat!r}, {belt.azimuth_deg!r}, {belt.length_km!r}, {belt.width_km!r})", "layout"]  # fmt: skip
    if found is not None:
        tables["inside"] = lab.points
        asked.append("points, by=by, weight=weight")
    if len(lab.units):
        tables["units"] = lab.units
        asked.append(f"units=geo.read_units(layout, {inputs.value_of(LEVEL)!r})")
    asked.append(f"belt_err_m={lab.footprint.err_m!r}")
    names = {"belt": "summary", "inside": "points"}
    calls = [
        "from geo.analysis.belt_lab import belt_lab", f"lab = belt_lab({', '.join(asked)})",
        *(f"{key} = lab.{names.get(key, key)}" for key in tables),
    ]  # fmt: skip
    take.along(
        "belt", tables, calls=calls, layers={"belt": belt_fit.layer_of(lab)}, methods=[lab.provenance]
    )  # fmt: skip
