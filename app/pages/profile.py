"""剖面: what lies along an axis, on a chart, on the straightened corridor and on the map, all linked."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import streamlit as st

from app import along, data, frame, inputs, maps, memo, mine, state, subject, take
from app.along import Along
from geo.analysis.along import place_of, spot, valued
from geo.analysis.bands import BLANK
from geo.analysis.profile import SIDES, Profile
from geo.analysis.routes import route_of
from geo.maps import along_charts as charts
from geo.maps import along_features as drawn
from geo.maps.web import features_json, group_of
from geo.report.tables import heading
from geo.words import name_of, say
from geo.words.figures import figure

__all__ = ["PARAMETERS", "categories_of", "show"]

_PENDING, _EXACT, _FOCUS, _SAID = (f"along-{n}" for n in ("pending", "exact", "focus", "said"))
_PLACE = re.compile(r"(\d+(?:\.\d+)?)(?:\s*[,,]\s*(-?\d+(?:\.\d+)?))?")


def _axes() -> list[str]:
    return [item.id for item in data.shown() if getattr(item, "axis", None) is not None]


def _own_points() -> mine.Mine | None:
    return mine.current() if inputs.value_of(subject.WHOSE) == "mine" else None


def _whats() -> list[str]:
    own = _own_points()
    return ["count", "sum", "density"] if own is not None and own.weight else ["count", "density"]


def categories_of() -> list[str]:
    """Return the categories of what is counted, the largest first."""
    own = _own_points()
    if own is None:
        return list(dict.fromkeys(data.shown().nodes["tier"]))
    if own.by is None:
        return []
    column = own.points.frame[own.by]
    names = memo.kept(("categories", own.key), lambda: _by_size(column))
    return [name or BLANK for name in names[: len(charts.SERIES)]]


def _by_size(column: pd.Series) -> list[str]:
    return list(column[column.notna()].astype(str).value_counts().index)


ABOUT = state.Choice("about", _axes)
STEP = state.Number("step", 1.0, 0.2, 10.0, 0.1)
WITHIN = state.Number("within", 0.0, 0.0, 30.0, 0.5)
SMOOTH = state.Number("smooth", 0.0, 0.0, 10.0, 0.5)
WHAT = state.Choice("what", _whats, "count")
SIDE = state.Choice("side", SIDES, "all")
WHICH = state.Many("cats", categories_of)
AT = state.Text("at", "", most=24)
PARAMETERS = (*subject.PARAMETERS, ABOUT, STEP, WITHIN, SMOOTH, WHAT, SIDE, WHICH, AT)


def show() -> None:
    """Draw the page."""
    lang = state.lang()
    frame.intro("alongpage.page.intro")
    if not _axes():
        frame.note(say("alongpage.page.no-axis", lang))
        return
    if (pending := st.session_state.pop(_PENDING, None)) is not None:
        inputs.put(AT, pending)
    chosen = subject.ask()
    if chosen is None:
        frame.note(say("alongpage.page.no-points", lang))
        return
    with frame.controls():
        own = _asked(chosen)
        what, side, smooth, which = _view(chosen)
        inputs.text(AT, say("alongpage.control.at", lang), help=say("alongpage.control.at-help", lang))  # fmt: skip
    base = along.counted(own)
    if base is None:
        return
    key = ("profile valued", *own.key, own.step_km, what, smooth)
    found = memo.kept(key, lambda: valued(base, what=what, smooth_km=smooth or None))
    place = _place(own)
    _headline(own, found, place)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _profile(own, found, what, side, which, place)
        _strip(own, place)
    with right:
        _map(own, found, (*key, side), place)
    _tables(own, found, what, smooth)


def _asked(chosen: subject.Subject) -> Along:
    lang = state.lang()
    names = {name: name_of(data.shown()[name], lang) for name in _axes()}
    about = inputs.choice(ABOUT, say("alongpage.control.about", lang), lambda i: names[i])
    step = inputs.number(STEP, say("alongpage.control.step", lang))
    within = inputs.number(WITHIN, say("alongpage.control.within", lang), help=say("alongpage.control.within-help", lang))  # fmt: skip
    item = data.shown()[about]
    return Along(chosen, item, route_of(item, within_km=within or None), step, within or None)


def _view(chosen: subject.Subject) -> tuple[Any, str, float, list[str]]:
    lang = state.lang()
    what = inputs.choice(WHAT, say("alongpage.control.what", lang), lambda w: say(f"alongpage.what.{w}", lang), form="segmented")  # fmt: skip
    smooth = inputs.number(SMOOTH, say("alongpage.control.smooth", lang), help=say("alongpage.control.smooth-help", lang))  # fmt: skip
    side = inputs.choice(SIDE, say("alongpage.control.side", lang), lambda s: say(f"profile.side.{s}", lang), form="segmented")  # fmt: skip
    which = inputs.many(WHICH, say("alongpage.control.categories", lang), chosen.word) if WHICH.listed() else []  # fmt: skip
    return what, side, smooth, which


def _place(own: Along) -> tuple[float, float] | None:
    """Return the chainage and offset that are marked; say so where there is no such place."""
    text = str(inputs.value_of(AT)).strip()
    if not text:
        return None
    match = _PLACE.fullmatch(text)
    if match is None or float(match[1]) > own.length_km + 0.005:
        frame.note(say("alongpage.page.bad-at", state.lang(), at=text, length=f"{own.length_km:.2f}"))  # fmt: skip
        return None
    return min(float(match[1]), own.length_km), float(match[2] or 0)


def _text(at: float, off: float) -> str:
    """Return a place as the address holds it: 42.5, or 42.5,-1.2 beside the axis."""
    at_text, off_text = (f"{v:.2f}".rstrip("0").rstrip(".") for v in (at, off))
    return at_text if abs(off) < 0.005 else f"{at_text},{off_text}"


def _bin_at(bins: pd.DataFrame, at: float) -> Any:
    own = bins[(bins["from_km"] <= at) & (at < bins["to_km"])]
    return (own if len(own) else bins.tail(1)).iloc[0]


def _whole(found: Profile, side: str = "all") -> pd.DataFrame:
    return found.bins[(found.bins["side"] == side) & (found.bins["by"] == "")]


def _headline(own: Along, found: Profile, place: tuple[float, float] | None) -> None:
    lang = state.lang()
    totals = found.totals[found.totals["by"] == ""].set_index("where")
    inside, counts = totals.loc["inside"], totals["count"].to_dict()
    n = counts["all"]
    parts = found.features.set_index("feature")
    occupied, gap = parts.loc["occupied"], parts.loc["gap-points"]
    st.markdown(
        say(
            "alongpage.page.headline", lang, name=frame.plain(name_of(own.item, lang)), n=f"{inside['count']:,.0f}",
            low=f"{inside['count_low']:,.0f}", high=f"{inside['count_high']:,.0f}", share=f"{counts['inside'] / n:.1%}" if n else "–",
            length=f"{own.length_km:.1f}", occupied=f"{occupied['share']:.1%}", occupied_low=f"{occupied['share_low']:.1%}",
            occupied_high=f"{occupied['share_high']:.1%}", gap=f"{gap['length_km']:.1f}", gap_low=f"{gap['length_km_low']:.1f}",
            gap_high=f"{gap['length_km_high']:.1f}",
        )
    )  # fmt: skip
    if place is None:
        st.caption(say("alongpage.page.hint", lang))
        return
    row = _bin_at(_whole(found), place[0])
    name, _ = along.known_place(own, *place, _tiers())
    words = drawn.place_text(lang, *place)
    beyond = st.session_state.get(_SAID)
    if beyond and beyond[0] == _text(*place):
        words = say("alongpage.page.picked-where", lang, place=words, where=say(f"profile.where.{beyond[1]}", lang))  # fmt: skip
    line = st.container(horizontal=True, vertical_alignment="center")
    line.markdown(
        say(
            "alongpage.page.picked", lang, place=frame.plain(f"{name} · {words}" if name else words), count=f"{row['count']:,.0f}",
            start=f"{row['from_km']:g}", end=f"{round(row['to_km'], 2):g}", low=f"{row['count_low']:,.0f}", high=f"{row['count_high']:,.0f}",
        ),
        width="content",
    )  # fmt: skip
    line.button(say("alongpage.page.clear", lang), key="along-clear", type="tertiary", on_click=lambda: inputs.put(AT, ""))  # fmt: skip


def _tiers() -> list[str]:
    return list(inputs.value_of(subject.TIERS)) if _own_points() is None else []


def _picked_on(key: str) -> None:
    """Take a click on a chart as the place that is marked."""
    answer = st.session_state.get(key) or {}
    rows = answer.get("selection", {}).get(charts.PICKED) or []
    if rows and "at" in rows[0]:
        st.session_state.pop(_EXACT, None)
        inputs.put(AT, _text(float(rows[0]["at"]), float(rows[0].get("off") or 0)))


def _chart(chart: Any, key: str, words: str) -> None:
    st.altair_chart(chart, key=key, on_select=lambda: _picked_on(key), selection_mode=charts.PICKED, alt=words)  # fmt: skip


def _unit(own: Along, what: str) -> str:
    lang, weight = state.lang(), own.subject.weight
    if weight and what != "count":
        key = "density-sum" if what == "density" else "sum"
        return say(f"alongpage.unit.{key}", lang, weight=heading(weight, lang))
    return say(f"alongpage.unit.{what}", lang)


def _profile(own: Along, found: Profile, what: str, side: str, which: list[str], place: tuple[float, float] | None) -> None:  # fmt: skip
    lang, bins = state.lang(), found.bins
    there = [c for c in which if c in set(bins["by"])]
    words = {c: own.subject.word(c) for c in there} or {"": say("alongpage.unit.all", lang)}
    shown = bins[(bins["side"] == side) & bins["by"].isin(list(words))]
    unit, name = _unit(own, what), name_of(own.item, lang)
    chart = charts.profile_chart(shown, lang, title=unit, words=words, at=place[0] if place else None)  # fmt: skip
    top = shown.iloc[int(shown["value"].to_numpy().argmax())]
    alt = say("alongpage.page.chart-alt", lang, name=name, what=unit, at=f"{(top['from_km'] + top['to_km']) / 2:.1f}", value=figure(top["value"]))  # fmt: skip
    _chart(chart, "along-profile", alt if top["value"] else say("alongpage.page.chart-alt-empty", lang, name=name))  # fmt: skip


def _strip(own: Along, place: tuple[float, float] | None) -> None:
    lang, near = state.lang(), along.near(own)
    many = len(near) > charts.MOST_DOTS
    words = say("alongpage.page.strip", lang)
    st.caption(words + (say("alongpage.page.strip-cells", lang) if many else ""))
    cells = charts.cells_of(near["chainage_km"], near["offset_km"], length_km=own.length_km, reach_km=own.reach_km, step_km=own.strip_step_km)  # fmt: skip
    chart = charts.strip_chart(
        cells, along.widths(own), lang, nodes=along.nodes(own, _tiers()),
        dots=None if many else near.head(0) if own.subject.lines else near, picked=place,
    )  # fmt: skip
    _chart(chart, "along-strip", say("alongpage.page.strip-alt", lang, name=name_of(own.item, lang), n=f"{len(near):,}"))  # fmt: skip


def _focus(own: Along, place: tuple[float, float] | None) -> tuple[float, float, int]:
    """Return where the map looks: it follows clicks on charts, and stays where it is clicked itself."""
    wanted = (own.item.id, None if place is None else _text(*place))
    before, focus = st.session_state.get(_FOCUS, ((None, None), None))
    if wanted != before:
        by_map = (st.session_state.get(_EXACT) or ("",))[0] == wanted[1]
        if focus is None or before[0] != wanted[0] or (place is not None and not by_map):
            lon, lat, zoom = along.middle(own)
            focus = (lon, lat, zoom) if place is None else (*spot(own.route, *place), min(zoom + 2, 14))  # fmt: skip
    st.session_state[_FOCUS] = (wanted, focus)
    lon, lat, zoom = focus
    return float(lon), float(lat), int(zoom)


def _map(own: Along, found: Profile, key: tuple[Any, ...], place: tuple[float, float] | None) -> None:  # fmt: skip
    lang, tiers = state.lang(), _tiers()
    side = str(inputs.value_of(SIDE))
    groups = [*maps.ground(names=False), *(group_of(t) for t in along.map_texts(own, _whole(found, side), tiers, key))]  # fmt: skip
    if place is not None:
        exact = st.session_state.get(_EXACT)
        point = exact[1] if exact and exact[0] == _text(*place) else along.known_place(own, *place, tiers)[1]  # fmt: skip
        row = _bin_at(_whole(found), place[0])
        marks = drawn.cross_features(own.route, lang, at_km=place[0], off_km=place[1], reach=(row["from_km"], row["to_km"]), point=point)  # fmt: skip
        groups.append(group_of(features_json(marks)))
    clicked = maps.draw(groups, key="along-map", height=560, focus=_focus(own, place))
    if clicked.fresh and clicked.lon is not None and clicked.lat is not None:
        _picked_on_map(own, clicked)
        st.rerun()


def _picked_on_map(own: Along, clicked: maps.Clicked) -> None:
    """Take a click on the map, on a node, a point or anywhere, as the place that is marked."""
    at = (float(clicked.lon or 0), float(clicked.lat or 0))
    name = clicked.id or ""
    if name in data.shown() and (shape := data.shown()[name].geometry) is not None and shape.geom_type == "Point":  # fmt: skip
        at = (shape.x, shape.y)
    elif name.startswith("row:"):
        near = along.near(own)
        same = near[near["row"].astype(str) == name.removeprefix("row:")]
        at = (same["lon"].tolist()[0], same["lat"].tolist()[0]) if len(same) else at
    where = place_of(own.route, *at)
    beyond = where.where in ("before", "after")
    text = _text(where.chainage_km, 0.0 if beyond else where.offset_km)
    st.session_state[_PENDING] = text
    st.session_state[_EXACT] = (text, at)
    st.session_state[_SAID] = (text, where.where) if beyond else None


def _tables(own: Along, found: Profile, what: str, smooth: float) -> None:
    lang = state.lang()
    bins, totals = (t.assign(by=[own.subject.word(b) if b else "" for b in t["by"]]) for t in (found.bins, found.totals))  # fmt: skip
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{say('alongpage.page.features', lang)}**")
        frame.table(found.features)
    with right:
        st.markdown(f"**{say('alongpage.page.totals', lang)}**")
        frame.table(totals)
    st.markdown(f"**{say('alongpage.page.bins', lang)}**")
    frame.table(bins, height=260)
    st.caption(f"{say('alongpage.page.band', lang)} {say('alongpage.page.method', lang)}: {frame.plain(found.provenance.says(lang))}")  # fmt: skip
    points, names = own.subject.names.split(", ", 1)
    options = f"step_km={own.step_km!r}, within_km={own.within_km!r}, smooth_km={smooth or None!r}, what={what!r}"  # fmt: skip
    calls = [
        *own.subject.lines,
        f"found = geo.profile({points}, layout[{own.item.id!r}], {options}, {names})",
        "bins, totals, features = found.bins, found.totals, found.features",
        f"strip = geo.strip(layout[{own.item.id!r}], within_km={own.within_km!r}).table",
    ]
    tables = {"bins": found.bins, "totals": found.totals, "features": found.features, "strip": along.strip_table(own)}  # fmt: skip
    layer = memo.kept(("bin layer", *own.key, own.step_km, what, smooth), lambda: along.bin_layer(own, _whole(found)))  # fmt: skip
    take.along(f"profile-{own.item.id}", tables, calls=calls, layers={"bins": layer}, figure=lambda form: _figure(found, form), methods=[found.provenance])  # fmt: skip


def _figure(found: Profile, form: str) -> bytes:
    from geo.maps.figures import figure_file, profile_figure

    lang = state.lang()
    bins = found.bins[found.bins["by"] == ""]
    sides = (say(f"profile.side.{s}", lang) for s in ("left", "right"))
    return figure_file(profile_figure(bins, say("alongpage.axis.chainage", lang), *sides), form)
