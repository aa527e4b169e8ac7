"""重叠: what is counted more than once: pairs, parts that do not overlap, totals counted once."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

import geo
from app import data, frame, inputs, maps, memo, mine, state, take, units_panel
from app.later import kept_when_easy
from app.pages.coverage import footprints
from app.parts import bars, figures, tabs
from geo.analysis.cloud import Cloud, cloud_of
from geo.analysis.overlap import Level, Overlap
from geo.analysis.overlap_shapes import part_shapes, times_counted
from geo.maps.cover_charts import pair_matrix
from geo.maps.cover_features import banded_text, part_features, point_features
from geo.maps.web import features_json, group_of
from geo.report.tables import heading
from geo.words import LANGUAGES, name_of, say

__all__ = ["PARAMETERS", "show"]

_LEVELS: tuple[Level, ...] = ("layer", "footprint")
_TABS = ("pairs", "parts", "totals", "by-unit")


def _values() -> list[str]:
    own = mine.current()
    if own is None:
        return ["area_km2"]
    return ["area_km2", "count", *(["sum"] if own.weight else [])]


LEVEL = state.Choice("level", _LEVELS)
VALUE = state.Choice("show", _values)
POINTS = state.Switch("dots", True)
TAB = state.Choice("tab", _TABS)
PARAMETERS = (LEVEL, VALUE, POINTS, TAB)

_SECONDS = {"layer": 2.5, "footprint": 4.0}
"""Seconds that a million points take."""


def show() -> None:
    """Draw the page."""
    lang = state.lang()
    frame.intro("coverpages.overlap.intro")
    own = mine.current()
    with frame.controls():
        level = inputs.choice(LEVEL, say("coverpages.overlap.level", lang), lambda v: say(f"coverpages.overlap.{v}", lang))  # fmt: skip
        value = inputs.choice(VALUE, say("coverpages.overlap.value", lang), lambda v: say(f"coverpages.overlap.{v}", lang), form="segmented")  # fmt: skip
        dots = own is not None and inputs.switch(POINTS, say("coverpages.overlap.show-points", lang))  # fmt: skip
        ring = inputs.ring(say("coverpages.common.ring", lang), say("app.map.ring-help", lang))  # fmt: skip
    if not footprints(ring):
        frame.note(say("coverpages.common.no-footprints", lang))
        return
    if own is None:
        with st.expander(
            say("coverpages.overlap.only-areas", lang), icon=":material/scatter_plot:"
        ):
            mine.ask()
    chosen = _LEVELS[_LEVELS.index("footprint" if level == "footprint" else "layer")]
    found = _found(own, chosen, ring)
    if found is None:
        return
    _totals(found, value)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        _matrix(found, value)
    with right:
        _map(own, found, chosen, ring, dots=dots)
    _tables(found, value)
    _along(own, found, chosen)


def _found(own: mine.Mine | None, level: Level, ring: float) -> Overlap | None:
    units = data.units()
    if own is None or not len(own.points):
        key = ("overlap", data.key(), level, ring)
        return memo.kept(key, lambda: geo.overlap(data.shown(), units=units, level=level, footprints=footprints(ring), ring_km=ring))  # fmt: skip

    def make(progress: Any) -> Overlap:
        found: Overlap = geo.overlap(
            data.shown(), own.points, units=units, level=level, footprints=footprints(ring), ring_km=ring, by=own.by,
            weight=own.weight, progress=progress,
        )  # fmt: skip
        return found

    return kept_when_easy(("overlap", data.key(), own.key, level, ring), len(own.points), _SECONDS[level], make)  # fmt: skip


def _totals(found: Overlap, value: str) -> None:
    lang = state.lang()
    rows = {str(r["where"]): r for r in found.totals.to_dict("records")}
    shown = []
    for where in ("once", "each", "double", "several"):
        amount, _, band = banded_text(rows[where], value).partition(" (")
        label = say(f"coverpages.overlap.{where}", lang)
        if value == "area_km2":
            label = say("coverpages.overlap.in-km2", lang, label=label)
        shown.append((label, amount, band.rstrip(")")))
    figures(shown)


def _matrix(found: Overlap, value: str) -> None:
    lang = state.lang()
    pairs = found.pairs
    apart = pairs[pairs["a"] != pairs["b"]]
    if not len(apart) or not (apart[value] > 0).any():
        frame.note(say("coverpages.overlap.nothing", lang))
        return
    top = apart.iloc[int(apart[value].to_numpy(float).argmax())].to_dict()
    alt = say(
        "coverpages.overlap.matrix-alt", lang, what=heading(value, lang), n=pairs["a"].nunique(), a=top[f"a_{lang}"],
        b=top[f"b_{lang}"], value=banded_text(top, value),
    )  # fmt: skip
    st.markdown(f"**{heading(value, lang)}**")
    st.altair_chart(pair_matrix(pairs, value, lang), theme="streamlit", alt=alt)
    st.caption(say("coverpages.overlap.matrix-note", lang))


def _parts(found: Overlap, level: Level, ring: float, key: str) -> Any:
    def make() -> Any:
        shapes = part_shapes(found.parts, footprints(ring), level)
        if "count" in found.parts:
            whole = found.parts[found.parts["by"] == ""]
            shapes = shapes.merge(whole[["part", "count_low", "count", "count_high"]], on="part", how="left")  # fmt: skip
        return shapes

    return memo.kept(("overlap parts", data.key(), key, level, ring), make)


def _map(own: mine.Mine | None, found: Overlap, level: Level, ring: float, *, dots: bool) -> None:
    lang = state.lang()
    key = own.key if own is not None else ""
    shapes = _parts(found, level, ring, key)
    features = memo.kept(("overlap map", data.key(), key, level, ring, lang), lambda: features_json(part_features(shapes, lang)))  # fmt: skip
    groups = [*maps.ground(names=False), group_of(features)]
    twice = 0
    if dots and own is not None and len(own.points):
        text, twice = memo.kept(("overlap dots", data.key(), key, level, ring, lang), lambda: _dots(own, level, ring))  # fmt: skip
        groups.append(group_of(text))
    maps.draw(groups, key="overlap-map", height=430)
    note = "drawn-note" if dots else "drawn-areas"
    st.caption(say(f"coverpages.overlap.{note}", lang, n=f"{twice:,}"))


def _dots(own: mine.Mine, level: Level, ring: float) -> tuple[str, int]:
    cloud: Cloud = cloud_of(own.points)
    times = times_counted(cloud, footprints(ring), level)
    k = times > 1
    features = point_features(cloud.lon[k], cloud.lat[k], times[k], state.lang(), data.shown().crs)
    return features_json(features), int(k.sum())


def _tables(found: Overlap, value: str) -> None:
    lang = state.lang()
    for name, tab in tabs(TAB, lambda n: say(f"coverpages.overlap.{n}", lang)).items():
        if not tab.open:
            continue
        with tab:
            if name == "pairs":
                apart = found.pairs[found.pairs["a"] < found.pairs["b"]]
                frame.table(apart[apart["area_km2_high"] > 0].sort_values(value, ascending=False).drop(columns=["a", "b"]))  # fmt: skip
            elif name == "parts":
                _parts_table(found, value)
            elif name == "totals":
                frame.table(found.totals)
            elif not len(found.by_unit):
                units_panel.lacking(say("coverpages.common.no-units", lang))
            else:
                named = _named(found.by_unit)
                frame.table(named[named["members"] > 1].sort_values(value, ascending=False).drop(columns=["part"]))  # fmt: skip


def _named(parts: pd.DataFrame) -> pd.DataFrame:
    none = {code: say("coverpages.overlap.none-part", code) for code in LANGUAGES}
    texts = {f"part_{c}": parts[f"part_{c}"].where(parts["part"] != "", t) for c, t in none.items()}
    return parts.assign(**texts)


def _parts_table(found: Overlap, value: str) -> None:
    lang = state.lang()
    st.markdown(f"**{say('coverpages.overlap.parts-title', lang)}**")
    parts = _named(found.parts)
    whole = parts[parts["by"] == ""] if "by" in parts else parts
    chart = whole[whole[value].notna()].sort_values(value, ascending=False).head(20)
    chart = chart.assign(label=[name_of(r, lang, "part") for r in chart.to_dict("records")])
    bars(chart, "label", value)
    st.caption(say("coverpages.chart.band", lang))
    frame.table(parts.drop(columns=["part"]))


def _along(own: mine.Mine | None, found: Overlap, level: Level) -> None:
    lang = state.lang()
    points = ", points" if own is not None else ""
    roles = ", by=by, weight=weight" if own is not None else ""
    units = ", units=geo.read_units(layout)" if data.units() is not None else ""
    calls = [f"found = geo.overlap(layout{points}{units}, level={level!r}, ring_km=ring_km{roles})"]
    tables = {"pairs": found.pairs, "parts": found.parts, "totals": found.totals}
    if len(found.by_unit):
        tables["by_unit"] = found.by_unit
    calls += [f"{name} = found.{name}" for name in tables]

    def drawn(form: str) -> bytes:
        from geo.maps import figures as paper

        square = found.matrix("area_km2")
        names = dict(zip(found.pairs["a"], found.pairs[f"a_{lang}"], strict=True))
        figure = paper.matrix([names[n] for n in square.index], square.to_numpy(), heading("area_km2", lang))  # fmt: skip
        return paper.figure_file(figure, form)

    shapes = part_shapes(found.parts, footprints(state.ring_km()), level)
    take.along("overlap", tables, calls=calls, layers={"parts": shapes} if len(shapes) else None, figure=drawn, methods=[found.provenance])  # fmt: skip
