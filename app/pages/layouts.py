"""比较布局: the corridors of several layouts at one scale, and their measures side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import streamlit as st

import geo
from app import data, frame, inputs, memo, state, take
from app.parts import figures, tabs
from geo.analysis.axis_shapes import AxisShape, axis_shapes
from geo.analysis.corridor_figures import BANDED, corridor_items
from geo.analysis.layouts_compare import LayoutComparison, compare_layouts, together
from geo.datasets.published import published_corridors
from geo.maps.axis_drawing import ARRANGEMENTS, colours_of
from geo.maps.cover_features import banded_text
from geo.maps.layout_charts import axes_overlaid, axes_panels, measure_dots
from geo.model.layout import Layout
from geo.report.tables import heading
from geo.words import name_of, say

__all__ = ["PARAMETERS", "show"]

_TABS = ("corridors", "layouts", "published")


@dataclass(frozen=True)
class _All(state.Many):
    """Any number of several: at first all."""

    def first(self) -> list[str]:
        """Return all."""
        return self.listed()


def _offered() -> dict[str, Layout]:
    """Return the layouts that can be compared: that of the session as it is shown."""
    return data.layouts() | {data.layout().id: data.shown()}


def _keys() -> list[str]:
    offered = _offered()
    chosen = [offered[n] for n in state.value_of(LAYOUTS)]
    return [f"{one.id}/{i.id}" for one in chosen for i in corridor_items(one) if i.axis is not None]


LAYOUTS = _All("with", lambda: list(_offered()))
CORRIDORS = _All("corridors", _keys)
ARRANGE = state.Choice("arrange", ARRANGEMENTS)
MEASURE = state.Choice("measure", BANDED)
TAB = state.Choice("tab", _TABS)
PARAMETERS = (LAYOUTS, CORRIDORS, ARRANGE, MEASURE, TAB)


def show() -> None:
    """Draw the page."""
    lang = state.lang()
    frame.intro("layouts.page.intro")
    offered = _offered()
    with frame.controls():
        names = inputs.many(LAYOUTS, say("layouts.page.layouts", lang), lambda n: name_of(offered[n].meta, lang))  # fmt: skip
        keys = inputs.many(CORRIDORS, say("layouts.page.corridors", lang), lambda k: _corridor(offered, k))  # fmt: skip
        ring = inputs.number(state.RING, say("coverpages.common.ring", lang), help=say("layouts.page.ring-help", lang))  # fmt: skip
    if not names:
        frame.note(say("layouts.page.none", lang))
        return
    found = together([_one(offered[name], ring) for name in names])
    key = ("layout shapes", data.key(), tuple(names), tuple(keys))
    shapes = memo.kept(key, lambda: axis_shapes(found.compared, keys))
    own = found.corridors["layout"] + "/" + found.corridors["corridor"]
    corridors = found.corridors[own.isin(keys)].reset_index(drop=True)
    if shapes:
        _headlines(corridors)
        left, right = st.columns([3, 2], gap="medium")
        with left:
            arrangement = inputs.choice(ARRANGE, say("layouts.page.arrange", lang), lambda n: say(f"layouts.page.{n}", lang), "segmented")  # fmt: skip
        with right:
            measure = inputs.choice(MEASURE, say("layouts.page.measure", lang), lambda n: heading(n, lang))  # fmt: skip
        if arrangement == "side-by-side":
            _panels(shapes)
            _dots(corridors, shapes, measure)
        else:
            with left:
                _overlaid(shapes, corridors, turned=arrangement == "turned")
            with right:
                _dots(corridors, shapes, measure)
    else:
        frame.note(say("layouts.page.no-axes", lang))
    tables = {"corridors": corridors, "layouts": found.layouts, "published": published_corridors()}
    _tables(tables)
    _along(found, tables, shapes, keys)


def _corridor(offered: dict[str, Layout], key: str) -> str:
    layout, _, corridor = key.partition("/")
    return name_of(offered[layout][corridor], state.lang())


def _one(layout: Layout, ring: float) -> LayoutComparison:
    if data.layouts().get(layout.id) is layout:
        return data.compared(layout.id, ring)
    own = data.key() if layout.id == data.layout().id else layout.id
    return memo.kept(("compare layouts", own, ring), lambda: compare_layouts([layout], ring_km=ring))  # fmt: skip


def _headlines(corridors: pd.DataFrame) -> None:
    lang = state.lang()
    shown = []
    for measure in ("length_km", "area_km2", "gap_km"):
        row = _largest(corridors, measure)
        if row is not None:
            amount, _, band = banded_text(row, measure).partition(" (")
            label = say("layouts.page.largest", lang, what=heading(measure, lang), name=name_of(row, lang, "corridor"))  # fmt: skip
            shown.append((label, amount, band.rstrip(")")))
    figures(shown)


def _largest(corridors: pd.DataFrame, measure: str) -> dict[str, Any] | None:
    known = corridors[corridors[measure].notna()]
    if known.empty:
        return None
    row = known.iloc[int(known[measure].to_numpy(float).argmax())]
    return {str(k): v for k, v in row.to_dict().items()}


def _overlaid(shapes: list[AxisShape], corridors: pd.DataFrame, *, turned: bool) -> None:
    lang = state.lang()
    kind = "turned" if turned else "north-up"
    alt = say(f"layouts.page.alt-{kind}", lang, lengths=_lengths(corridors))
    st.altair_chart(axes_overlaid(shapes, lang, turned=turned), theme="streamlit", alt=alt, width="stretch")  # fmt: skip
    st.caption(say(f"layouts.page.note-{kind}", lang))


def _lengths(corridors: pd.DataFrame) -> str:
    lang = state.lang()
    between = "、" if lang == "zh" else ", "
    rows = corridors[corridors["length_km"].notna()].to_dict("records")
    return between.join(say("layouts.page.alt-length", lang, name=name_of(r, lang, "corridor"), km=f"{r['length_km']:,.1f}") for r in rows)  # fmt: skip


def _panels(shapes: list[AxisShape]) -> None:
    lang = state.lang()
    row = st.container(horizontal=True, gap="medium")
    for one, chart in zip(colours_of(shapes, lang), axes_panels(shapes, lang), strict=True):
        west, south, east, north = one.shape.bounds
        alt = say("layouts.page.alt-panel", lang, name=one.name, across=f"{east - west:,.0f}", up=f"{north - south:,.0f}")  # fmt: skip
        with row.container(width=round(chart.width) + 8, gap="small"):
            st.markdown(f"**{one.number}** {frame.plain(one.name.partition(' ')[2])}")
            st.altair_chart(chart, theme="streamlit", alt=alt, width="content")
    st.caption(say("layouts.page.note-side-by-side", lang))


def _dots(corridors: pd.DataFrame, shapes: list[AxisShape], measure: str) -> None:
    lang = state.lang()
    known, row = int(corridors[measure].notna().sum()), _largest(corridors, measure)
    if row is None:
        frame.note(say("layouts.page.unknown", lang, what=heading(measure, lang)))
        return
    alt = say("layouts.page.alt-dots", lang, what=heading(measure, lang), n=known, unknown=len(corridors) - known, name=name_of(row, lang, "corridor"), value=banded_text(row, measure))  # fmt: skip
    numbers = {one.shape.key: one for one in colours_of(shapes, lang)}
    st.altair_chart(measure_dots(corridors, measure, lang, numbers=numbers), theme="streamlit", alt=alt)  # fmt: skip
    st.caption(say("layouts.page.note-dots", lang))


def _tables(tables: dict[str, pd.DataFrame]) -> None:
    lang = state.lang()
    for name, tab in tabs(TAB, lambda n: say(f"layouts.page.tab-{n}", lang)).items():
        if not tab.open:
            continue
        with tab:
            if name == "published":
                st.caption(say("layouts.method.published", lang))
            frame.table(tables[name].drop(columns=["layout", "corridor", "id"], errors="ignore"))


def _along(
    found: LayoutComparison,
    tables: dict[str, pd.DataFrame],
    shapes: list[AxisShape],
    keys: list[str],
) -> None:
    lang = state.lang()
    given = ", ".join(_said(one) for one in found.compared)
    calls = [
        f"compared = geo.compare_layouts([{given}], ring_km=ring_km)",
        "corridors, layouts = compared.corridors, compared.layouts",
        "published = geo.published_corridors()",
    ]
    if len(tables["corridors"]) < len(found.corridors):
        calls.insert(2, f'corridors = corridors[(corridors["layout"] + "/" + corridors["corridor"]).isin({keys!r})]')  # fmt: skip

    def drawn(form: str) -> bytes:
        from geo.maps.figures import figure_file
        from geo.maps.layout_figure import layout_figure

        arrangement = next(a for a in ARRANGEMENTS if a == state.value_of(ARRANGE))
        return figure_file(layout_figure(shapes, lang, arrangement), form)

    take.along(
        "layouts", tables, calls=calls, layers=_layers(found, keys) if shapes else None,
        figure=drawn if shapes else None, methods=[found.provenance],
    )  # fmt: skip


def _said(layout: Layout) -> str:
    """Return a layout as a script names it."""
    if layout.id == data.layout().id:
        return "layout"
    return repr(layout.id if layout.id in geo.layouts() else str(layout.folder))


def _layers(found: LayoutComparison, keys: list[str]) -> dict[str, gpd.GeoDataFrame]:
    columns = ["layout", "id", "name_zh", "name_en", "kind", "status", "err_m", "source"]
    parts: dict[str, list[dict[str, Any]]] = {"axes": [], "footprints": []}
    for layout in found.compared:
        for name, rows in parts.items():
            own = getattr(layout, name).assign(layout=layout.id)
            own = own[(own["layout"] + "/" + own["id"]).isin(keys)]
            rows += own[[*columns, "geometry"]].to_dict("records")
    return {name: gpd.GeoDataFrame(rows, geometry="geometry", crs=4326) for name, rows in parts.items()}  # fmt: skip
