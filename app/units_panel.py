"""Boundaries of the person's own: from a file to every page, in this session only."""

from __future__ import annotations

import hashlib

import pandas as pd
import streamlit as st

from app import data, frame, inputs, maps, memo, state
from geo.analysis.units import UnitAreas, unit_areas
from geo.errors import CorridorError
from geo.io.areas import first_rows
from geo.io.own_units import with_units
from geo.io.units import read_units
from geo.io.units_columns import columns_of
from geo.io.units_refusals import UnitsRefusedError
from geo.io.uploads import Upload, stored
from geo.maps.web import group_of, layer_json
from geo.model.layout import Layout
from geo.words import name_of, say
from geo.words.figures import figure

__all__ = ["BRING", "lacking", "show"]

BRING = state.Switch("boundaries")
_HEAD, _NAMED, _MOST_DRAWN = 50, 6, 1_500
_ROLES = (("adcode", "code"), ("name_zh", "name-zh"), ("name_en", "name-en"), ("city_adcode", "city"))  # fmt: skip


def lacking(text: str = "") -> None:
    """Say that something needs units that the layout has not, and where to bring some.

    Parameters
    ----------
    text
        What there is not without them, where the page says so itself.
    """
    lang = state.lang()
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(frame.plain(text or say("units.panel.missing-plain", lang)), width="stretch")
        pages = st.session_state.get("pages", {})
        if "mydata" in pages:
            st.page_link(pages["mydata"], label=say("units.panel.link", lang), icon=":material/upload_file:")  # fmt: skip


def show() -> None:
    """Draw the section of boundaries: those in use, and the place for a file."""
    lang = state.lang()
    st.markdown(f"#### {say('units.panel.title', lang)}")
    st.caption(say("units.panel.intro", lang))
    if data.has_own_units():
        _in_use()
        return
    units = data.units()
    if units is None:
        st.markdown(say("units.panel.none", lang))
    else:
        sources = ", ".join(dict.fromkeys(units["source"]))
        st.markdown(frame.plain(say("units.panel.from-provider", lang, n=len(units), source=sources)))  # fmt: skip
    if not inputs.switch(BRING, say("units.panel.bring", lang)):
        return
    file = st.file_uploader(say("units.panel.upload", lang), key="units-file")
    if file is None:
        return
    upload = Upload(file.name, file.getvalue())
    with st.container(border=True):
        try:
            _asked(file.file_id, upload)
        except CorridorError as error:
            _refused(error)


def _refused(error: CorridorError) -> None:
    lang = state.lang()
    st.error(say("mydata.page.refused", lang))
    st.text((error.says(lang) if isinstance(error, UnitsRefusedError) else str(error))[:4000])


def _head(name: str, upload: Upload, layer: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the first rows of a layer, and the layers that there are."""

    def make() -> tuple[pd.DataFrame, tuple[str, ...]]:
        with stored(upload) as files:
            return first_rows(files, layer, _HEAD)[0], files.layers

    return memo.kept(("units head", name, layer), make)


def _asked(name: str, upload: Upload) -> None:
    """Ask what the columns mean, show what comes of it, and take it."""
    lang = state.lang()
    layer = ""
    rows, layers = _head(name, upload, "")
    if layers:
        layer = st.selectbox(say("units.panel.layer", lang), layers, key=f"{name}:units-layer")
        rows, _ = _head(name, upload, layer)
    words = [str(c) for c in rows.columns]
    try:
        guessed = columns_of(words, {}, upload.name)
    except CorridorError:
        guessed = {}
    columns: dict[str, str] = {}
    for place, (role, label) in zip(st.columns(len(_ROLES)), _ROLES, strict=True):
        options = words if role == "adcode" else ["", *words]
        proposed = guessed.get(role, "")  # type: ignore[call-overload]
        with place:
            chosen = st.selectbox(
                say(f"units.panel.{label}", lang), options, key=f"{name}:{layer}:units-{role}",
                index=options.index(proposed) if proposed in options else None if role == "adcode" else 0,
                format_func=lambda c: frame.plain(c) if c else say("units.panel.no-column", lang),
            )  # fmt: skip
        if chosen:
            columns[role] = chosen
    left, middle, right = st.columns(3)
    err = left.number_input(say("units.panel.err", lang), 0.0, 100_000.0, None, 10.0, format="%.0f", help=say("units.panel.err-help", lang), key=f"{name}:units-err")  # fmt: skip
    near = middle.number_input(say("units.panel.near", lang), 1.0, 2_000.0, None, 10.0, format="%.0f", help=say("units.panel.near-help", lang), key=f"{name}:units-near")  # fmt: skip
    source = right.text_input(say("units.panel.source", lang), max_chars=200, key=f"{name}:units-source")  # fmt: skip
    with st.expander(say("mydata.page.preview", lang, n=len(rows))):
        st.dataframe(rows.astype(str), hide_index=True, height=210)
    if "adcode" not in columns or not {"name_zh", "name_en"} & set(columns):
        return
    told = (upload.digest, layer, tuple(columns.items()), err, near, source)
    key = ("units read", data.layout_key(), hashlib.sha256(repr(told).encode()).hexdigest())

    def make() -> Layout | CorridorError:
        try:
            return with_units(data.layout(), upload, columns=columns, layer=layer, err_m=err, near_km=near, source=source.strip() or None)  # fmt: skip
        except CorridorError as error:
            return error

    own = memo.kept(key, make)
    if isinstance(own, CorridorError):
        raise own
    _preview(own, key)


def _preview(own: Layout, key: tuple[str, ...]) -> None:
    lang = state.lang()
    found = memo.kept((*key, "areas"), lambda: unit_areas(own))
    names = [name_of(r, lang) for r in found.table.head(_NAMED).to_dict("records")]
    more = [say("units.panel.more", lang)] if len(found.table) > _NAMED else []
    between = "、" if lang == "zh" else ", "
    text = say("units.panel.checked", lang, n=len(found.table), area=_area(found), names=between.join([*names, *more]))  # fmt: skip
    st.markdown(f"**{frame.plain(text)}**")
    _told(found)
    _map(own, key)
    st.button(
        say("units.panel.take", lang), key="units-take", type="primary", icon=":material/check:",
        on_click=lambda: data.take_units(own),
    )  # fmt: skip


def _area(found: UnitAreas) -> str:
    return say("units.panel.area", state.lang(), area=figure(found.area_km2))


def _told(found: UnitAreas) -> None:
    lang = state.lang()
    lines = [found.summary(lang), *(said.says(lang) for said in found.told)]
    st.caption("  \n".join(frame.plain(line) for line in lines))


def _map(own: Layout, key: tuple[str, ...]) -> None:
    """Draw the units over what is shown; too many of them are not drawn."""
    units = read_units(own)
    if len(units) > _MOST_DRAWN:
        return
    lang = state.lang()
    text = memo.kept((*key, "map", lang), lambda: layer_json(own, "units", lang, units=units))
    maps.draw([*maps.ground(names=False), group_of(text)], key="units-map", height=320)


def _in_use() -> None:
    lang, own = state.lang(), data.layout()
    key = ("units in use", data.layout_key())
    found = memo.kept(key, lambda: unit_areas(own))
    name = own.meta.units.file
    st.success(frame.plain(say("units.panel.taken", lang, name=name, n=len(found.table), area=_area(found))))  # fmt: skip
    _told(found)
    _map(own, key)
    with st.expander(say("units.panel.table", lang)):
        frame.table(found.table.drop(columns=["level", "city_adcode", "city_zh"]), height=300)
    st.button(say("units.panel.remove", lang), key="units-remove", icon=":material/delete:", on_click=data.drop_units)  # fmt: skip
