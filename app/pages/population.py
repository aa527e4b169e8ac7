"""人口: how many people live in each footprint, where every person was placed, and who was not."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

import geo
from app import data, frame, inputs, maps, memo, state, take, units_panel
from app.pages.coverage import footprints
from app.parts import bars, figures, tabs
from geo.analysis.population import Population
from geo.analysis.population_units import people_by_unit
from geo.errors import UnitsError
from geo.maps.cover_charts import people_bars
from geo.maps.cover_features import (
    breaks_of,
    footprint_features,
    shade_legend,
    unit_value_features,
)
from geo.maps.web import features_json, group_of
from geo.report.tables import heading
from geo.words import name_of, say

__all__ = ["PARAMETERS", "show"]

TAB = state.Choice("tab", ("table", "balance", "cities"))
PARAMETERS = (TAB,)
MOST_BYTES = 200_000_000
_SLOT = "population-raster"


def show() -> None:
    """Draw the page."""
    lang = state.lang()
    frame.intro("coverpages.population.intro")
    with frame.controls():
        ring = inputs.ring(say("coverpages.common.ring", lang), say("app.map.ring-help", lang))  # fmt: skip
        _upload(ring)
    if not footprints(ring):
        frame.note(say("coverpages.common.no-footprints", lang))
        return
    name, found = _of_raster(ring)
    if found is None:
        found = _of_census(ring)
    if found is None:
        return
    if name:
        row = st.container(horizontal=True, vertical_alignment="center")
        row.markdown(say("coverpages.population.raster-used", lang, name=frame.plain(name)), width="content")  # fmt: skip
        row.button(say("coverpages.population.raster-off", lang), on_click=_forget_raster, type="tertiary", key="raster-off")  # fmt: skip
    _show(found, ring, raster=bool(name))


def _show(found: Population, ring: float, *, raster: bool) -> None:
    lang = state.lang()
    total = found.balance.iloc[-1]
    band = say("coverpages.gaps.band", lang, low=f"{total['in_footprints_low']:,.0f}", high=f"{total['in_footprints_high']:,.0f}")  # fmt: skip
    figures(
        [
            (say("coverpages.population.inside", lang), f"{total['in_footprints']:,.0f}", band),
            (say("coverpages.population.counted", lang), f"{found.total:,.0f}", ""),
            (say("coverpages.population.placed", lang), f"{found.placed:,.0f}", ""),
            (say("coverpages.population.unplaced", lang), f"{found.unplaced:,.0f}", ""),
        ]
    )
    left, right = st.columns([1, 1], gap="medium")
    with left:
        rows = found.table.sort_values("population", ascending=False)
        rows = rows.assign(label=[name_of(r, lang, "footprint") for r in rows.to_dict("records")])
        bars(rows, "label", "population")
        st.caption(f"{say('coverpages.chart.band', lang)} {say('coverpages.population.evenly', lang)}")  # fmt: skip
    with right:
        _map(found, ring, raster=raster)
    _notes(found)
    _tables(found)
    _along(found, raster=raster)


def _of_census(ring: float) -> Population | None:
    lang, units = state.lang(), data.units()
    if units is None:
        units_panel.lacking(say("coverpages.common.no-units", lang))
        return None
    if not len(data.shown().population):
        frame.note(say("coverpages.population.no-census", lang))
        return None
    try:
        return memo.kept(
            ("population", data.key(), ring),
            lambda: geo.population(data.shown(), footprints=footprints(ring), units=units, ring_km=ring),
        )  # fmt: skip
    except UnitsError as error:
        frame.note(say("coverpages.population.no-figures", lang, error=error))
        return None


def _of_raster(ring: float) -> tuple[str, Population | None]:
    """Return the name and the people of the raster that was read for what is shown."""
    held = st.session_state.get(_SLOT)
    if held is None:
        return "", None
    key = ("raster people", held["digest"], data.key(), ring)
    if not memo.has(key):
        # The file is gone: only what was counted of it is remembered.
        frame.note(say("coverpages.population.raster-again", state.lang(), name=held["name"]))
        return "", None
    return held["name"], memo.kept(key, lambda: None)


def _forget_raster() -> None:
    st.session_state.pop(_SLOT, None)


def _upload(ring: float) -> None:
    lang = state.lang()
    with st.expander(say("coverpages.population.raster", lang)):
        key = f"raster-{st.session_state.get('raster-n', 0)}"
        file = st.file_uploader(
            say("coverpages.population.raster", lang), type=["tif", "tiff"], key=key, label_visibility="collapsed",
            help=say("coverpages.population.raster-help", lang),
        )  # fmt: skip
        st.caption(say("coverpages.population.raster-help", lang))
        band = int(st.number_input(say("coverpages.population.raster-band", lang), 0, 500, 0, key="raster-band"))  # fmt: skip
        if file is None:
            return
        if file.size > MOST_BYTES:
            frame.note(say("coverpages.population.raster-large", lang, mb=f"{file.size / 1e6:,.0f}"))  # fmt: skip
        elif st.button(say("coverpages.population.raster-read", lang), key="raster-read", type="primary"):  # fmt: skip
            with st.spinner(say("coverpages.population.reading", lang)):
                _read(file, band or None, ring)
            # Another uploader: the server lets go of the file.
            st.session_state["raster-n"] = st.session_state.get("raster-n", 0) + 1
            st.rerun()


def _read(file: Any, band: int | None, ring: float) -> None:
    content = file.getvalue()
    digest = hashlib.sha256(content).hexdigest()[:16] + f":{band}"
    with tempfile.TemporaryDirectory(prefix="corridor-") as folder:
        # A name of our own: what the person's file is called is shown and never a path.
        path = Path(folder) / "people.tif"
        path.write_bytes(content)
        found = geo.population(data.shown(), footprints=footprints(ring), raster=path, band=band, ring_km=ring)  # fmt: skip
    memo.kept(("raster people", digest, data.key(), ring), lambda: found)
    st.session_state[_SLOT] = {"name": Path(file.name).name[:80], "digest": digest}


def _map(found: Population, ring: float, *, raster: bool) -> None:
    lang, units = state.lang(), data.units()
    if raster or units is None:
        breaks = breaks_of(found.table["population"])
        features = footprint_features(
            footprints(ring), found.table, "population", lang, breaks=breaks,
            lines={"population": False, "covered_share": True, "nodata_share": True},
        )  # fmt: skip
        title = heading("population", lang)
    else:
        people = people_by_unit(found, data.shown(), units)
        breaks = breaks_of(people["density_km2"])
        lines = {"population": False, "density_km2": False, "own_share": True}
        features = unit_value_features(units, people, "density_km2", lang, breaks=breaks, lines=lines)  # fmt: skip
        title = say("coverpages.population.density", lang)
    ground = maps.ground()
    maps.draw([*ground[:1], group_of(features_json(features)), *ground[1:]], key="population-map", height=400)  # fmt: skip
    st.html(shade_legend(breaks, title))
    if raster:
        st.caption(say("coverpages.population.raster-map", lang))


def _notes(found: Population) -> None:
    """Say which people share their figure with other units, and who was not placed."""
    lang = state.lang()
    rows = found.balance[found.balance["id"] != "total"]
    comma = say("coverpages.population.comma", lang)
    spread = rows[rows["placement"] == "spread-over-spans"]
    if len(spread):
        names = comma.join(frame.plain(name_of(r, lang)) for r in spread.to_dict("records"))
        st.info(say("coverpages.population.areas-note", lang, names=names))
    left = rows[rows["unplaced"] > 0]
    if len(left):
        names = comma.join(frame.plain(name_of(r, lang)) for r in left.to_dict("records"))
        st.warning(say("coverpages.population.unplaced-note", lang, n=f"{found.unplaced:,.0f}", names=names))  # fmt: skip


def _tables(found: Population) -> None:
    lang = state.lang()
    titles = {"table": "people", "balance": "balance", "cities": "by-city"}
    shown = tabs(TAB, lambda n: say(f"coverpages.population.{titles[n]}", lang))
    for name, tab in shown.items():
        if not tab.open:
            continue
        with tab:
            if name == "table":
                frame.table(found.table.drop(columns=["footprint", "layer", "kind"]))
            elif name == "balance":
                frame.table(found.balance.drop(columns=["id", "placement", "adcode", "city_adcode", "level"]))  # fmt: skip
            else:
                told = {"counted": f"{found.total:,.0f}", "placed": f"{found.placed:,.0f}"}
                alt = say("coverpages.population.city-alt", lang, **told)
                st.altair_chart(people_bars(found.balance, lang), theme="streamlit", alt=alt)


def _along(found: Population, *, raster: bool) -> None:
    tables: dict[str, pd.DataFrame] = {"people": found.table, "balance": found.balance}
    given = 'raster="people.tif", ' if raster else ""
    calls = [
        f"found = geo.population(layout, {given}ring_km=ring_km)",
        "people = found.table",
        "balance = found.balance",
    ]

    def drawn(form: str) -> bytes:
        from geo.maps import figures as paper

        lang = state.lang()
        rows = found.table.sort_values("population", ascending=False)
        names = [name_of(r, lang, "footprint") for r in rows.to_dict("records")]
        low, central, high = (rows[f"population{e}"].tolist() for e in ("_low", "", "_high"))
        return paper.figure_file(paper.bars(names, low, central, high, heading("population", lang)), form)  # fmt: skip

    take.along("population", tables, calls=calls, figure=drawn)
