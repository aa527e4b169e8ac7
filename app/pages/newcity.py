"""新建布局: a city of one's own, from an axis and a width, or from a layout folder."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import shapely
import streamlit as st

from app import data, frame, inputs, maps, memo, state
from geo.errors import CorridorError
from geo.io.drawn_axis import DrawnAxis, axis_of_points, axis_of_stored, axis_of_text
from geo.io.folder_zips import (
    MOST_PACKED,
    MOST_UNPACKED,
    OpenedFolder,
    folder_of_zip,
    zip_of_folder,
    zip_of_layout,
)
from geo.io.layouts import read_layout
from geo.io.next_steps import next_steps
from geo.io.refusals import RefusedError
from geo.io.slugs import slug_of
from geo.io.template import layout_of_axis, names_of
from geo.io.units_refusals import UnitsRefusedError
from geo.io.uploads import Upload, stored
from geo.maps.axis_preview import axis_features, focus_of
from geo.maps.my_points import datum_title
from geo.maps.web import features_json, group_of
from geo.measure import length_km
from geo.model.layout import Layout
from geo.words import name_of, say

__all__ = ["PARAMETERS", "show"]

WAY = state.Choice("way", ("draw", "paste", "line", "folder"))
NAME = state.Text("name", "", 100)
WIDTH = state.Number("width", 10.0, 0.5, 100.0, 0.5)
DATUM = state.Choice("datum", ("auto", "wgs84", "gcj02", "bd09"))
PARAMETERS = (WAY, NAME, WIDTH, DATUM)

_DIGIT_M = 0.05
"""Half of the last digit of what is drawn on the map, metres."""
_POINTS, _PACKED, _SAID, _WRONG = "newcity-points", "newcity-zip", "newcity-said", "newcity-wrong"
_GOTO, _GOTO_ZOOM = "newcity-goto", 10
_MOST_PROBLEMS = 100


def show() -> None:
    """Draw the page."""
    lang = state.lang()
    frame.intro("newcity.page.intro")
    if said := st.session_state.pop(_SAID, None):
        st.success(frame.plain(said))
    _own()
    way = inputs.choice(WAY, say("newcity.page.way", lang), lambda w: say(f"newcity.page.way-{w}", lang), form="segmented")  # fmt: skip
    if way == "folder":
        _folder()
    else:
        _make(way)


# ---- an axis becomes a layout


def _make(way: str) -> None:
    lang = state.lang()
    left, right = st.columns([2, 3])
    axis: DrawnAxis | None = None
    with left:
        if way == "draw":
            st.caption(say("newcity.page.draw-hint", lang))
            st.text_input(say("newcity.page.goto", lang), max_chars=60, key=_GOTO)
        else:
            axis = _told(way)
        inputs.text(NAME, say("newcity.page.name", lang))
        width = inputs.number(WIDTH, say("newcity.page.width", lang))
        err = st.number_input(say("newcity.page.err", lang), 0.0, 100_000.0, None, 50.0, format="%.0f", key="newcity-err", help=say("newcity.page.estimate", lang))  # fmt: skip
        source = st.text_input(say("newcity.page.source", lang), max_chars=200, key="newcity-source", help=say("newcity.page.source-help", lang))  # fmt: skip
        below = st.container()
    with right:
        drawn = _map(way, axis, width)
    axis = drawn if way == "draw" else axis
    with below:
        _confirm(axis, width, err, source)


def _told(way: str) -> DrawnAxis | None:
    """Return the axis of pasted points or of a file; what is wrong with it is said."""
    lang = state.lang()
    text, file = "", None
    if way == "paste":
        text = st.text_area(say("newcity.page.points", lang), key=_POINTS, height=140, max_chars=100_000)  # fmt: skip
    else:
        file = st.file_uploader(say("newcity.page.line", lang), key="newcity-line")
    datum = inputs.choice(
        DATUM, say("newcity.page.datum", lang),
        lambda d: say("newcity.page.datum-auto", lang) if d == "auto" else datum_title(d, lang),
    )  # fmt: skip
    try:
        if file is not None:
            with stored(Upload(file.name, file.getvalue())) as files:
                return axis_of_stored(files, datum=datum)
        return axis_of_text(text, datum=datum) if text.strip() else None
    except CorridorError as error:
        _refused(error)
        return None


def _map(way: str, axis: DrawnAxis | None, width: float) -> DrawnAxis | None:
    """Draw the map with the axis on it, and return what was drawn there by hand."""
    groups = maps.ground(names=False)
    focus = _asked_place() if way == "draw" else None
    if axis is not None:
        groups.append(group_of(features_json(axis_features(axis.line, width, state.lang()))))
        focus = focus_of(axis.line, width)
    drawing = ("line",) if way == "draw" else None
    clicked = maps.draw(groups, key=f"newcity-{way == 'draw'}", height=520, drawing=drawing, focus=focus)  # fmt: skip
    lines = [d["geometry"] for d in clicked.drawings if d["geometry"]["type"] == "LineString"]
    if not lines:
        return None
    try:
        xy = np.array(lines[-1]["coordinates"], dtype=float)[:, :2]
        return axis_of_points(xy, datum="wgs84", rounding_m=_DIGIT_M)
    except CorridorError as error:
        _refused(error)
        return None


def _asked_place() -> tuple[float, float, int] | None:
    """Return where the map is to go, as it is written beside it."""
    try:
        lon, lat = (
            float(part)
            for part in re.split(r"[,,\s]+", str(st.session_state.get(_GOTO, "")).strip())
        )
    except ValueError:
        return None
    return (lon, lat, _GOTO_ZOOM) if abs(lon) <= 180 and abs(lat) <= 85 else None


def _confirm(axis: DrawnAxis | None, width: float, err: float | None, source: str) -> None:
    lang = state.lang()
    name = str(state.value_of(NAME)).strip()
    if axis is None:
        st.info(say("newcity.page.need-axis", lang))
    else:
        how = say("newcity.page.how-estimated", lang) if err is None else ""
        points, km = shapely.get_num_coordinates(axis.line), length_km(axis.line)
        st.markdown(say("newcity.page.axis", lang, points=points, km=f"{km:,.1f}", err=f"{axis.err_m(err):,.0f}", how=how))  # fmt: skip
        if axis.doubt_m:
            st.warning(say("newcity.page.doubt", lang, metres=f"{axis.doubt_m:,.0f}"))
    if axis is not None and not name:
        st.info(say("newcity.page.need-name", lang))
    if error := st.session_state.pop(_WRONG, None):
        _refused(error)
    st.button(
        say("newcity.page.make", lang), type="primary", disabled=axis is None or not name, key="newcity-make",
        icon=":material/add_location_alt:", on_click=_made, args=(axis, width, name, err, source),
    )  # fmt: skip


def _made(axis: DrawnAxis, width: float, name: str, err: float | None, source: str) -> None:
    """Make the layout and take it as that of the session."""
    lang = state.lang()
    try:
        with tempfile.TemporaryDirectory(prefix="corridor-layout-") as private:
            folder = Path(private) / (slug_of(names_of(name)[1]) or "own-city")
            layout_of_axis(folder, axis, width_km=width, name=name, first=lang, err_m=err, source=source)  # fmt: skip
            own = read_layout(folder)
            packed = zip_of_folder(folder, own.id)
    except CorridorError as error:
        st.session_state[_WRONG] = error
        return
    _take(own, packed, "made")


def _take(own: Layout, packed: bytes, key: str) -> None:
    lang = state.lang()
    data.take_layout(_without_folder(own))
    # A switch of the layout must not change the language under the person's hands.
    state.remember(state.LANG, lang)
    st.session_state[_PACKED] = (data.layout_key(), packed)
    st.session_state[_SAID] = say(f"newcity.page.{key}", lang, name=name_of(own.meta, lang))


def _without_folder(own: Layout) -> Layout:
    return Layout(
        own.meta, own.features, own.claims, own.population, None, policies=own.policies, rates=own.rates
    )  # fmt: skip


# ---- a folder of one's own


def _folder() -> None:
    lang = state.lang()
    label = say("newcity.page.folder", lang, packed=MOST_PACKED // 10**6, unpacked=MOST_UNPACKED // 10**6)  # fmt: skip
    file = st.file_uploader(label, key="newcity-folder")
    if file is None:
        return
    found = _opened(file.file_id, Upload(file.name, file.getvalue()))
    if isinstance(found, CorridorError):
        st.error(say("newcity.page.refused", lang))
        _refused(found)
    elif found.layout is None:
        st.error(say("newcity.page.problems", lang, n=len(found.problems)))
        st.text("\n".join(str(p) for p in found.problems[:_MOST_PROBLEMS]))
    else:
        own = found.layout
        told = say("newcity.page.opens", lang, name=name_of(own.meta, lang), n=len(own), claims=len(own.claims))  # fmt: skip
        st.markdown(frame.plain(told))
        st.button(
            say("newcity.page.open", lang), type="primary", key="newcity-open", icon=":material/folder_open:",
            on_click=_take, args=(own, file.getvalue(), "opened"),
        )  # fmt: skip


def _opened(name: str, upload: Upload) -> OpenedFolder | CorridorError:
    def make() -> OpenedFolder | CorridorError:
        try:
            return folder_of_zip(upload)
        except CorridorError as error:
            return error

    return memo.kept(("own folder", name), make)


def _refused(error: CorridorError) -> None:
    """Say what is wrong; the text is never read as markup."""
    own = isinstance(error, RefusedError | UnitsRefusedError)
    told: Any = error
    st.text((told.says(state.lang()) if own else str(error))[:4000])


# ---- the session's own layout


def _own() -> None:
    """Show the next steps of the layout of the session, where it is one of the person's own."""
    own, lang = data.layout(), state.lang()
    if own.folder is not None:
        return
    with st.container(border=True):
        title = say("newcity.page.own", lang, name=name_of(own.meta, lang))
        st.markdown(f"**{frame.plain(title)}**")
        steps = next_steps(own)
        done = sum(step.done for step in steps)
        st.progress(done / len(steps), text=say("newcity.page.steps", lang, n=done, m=len(steps)))
        left = [f"{k}. {frame.plain(step.says(lang))}" for k, step in enumerate((s for s in steps if not s.done), 1)]  # fmt: skip
        st.markdown("\n".join(left) or say("newcity.page.none-left", lang))
        row = st.container(horizontal=True)
        row.download_button(
            say("newcity.page.download", lang), data=_packed(own), file_name=f"{own.id}.zip",
            mime="application/zip", key="newcity-zip-button", on_click="ignore", icon=":material/download:",
        )  # fmt: skip
        row.button(say("newcity.page.back", lang), key="newcity-back", on_click=_back)
        st.caption(say("newcity.page.further", lang))


def _packed(own: Layout) -> bytes | Callable[[], bytes]:
    """Return the folder as it was made or opened; of a layout that has changed since, made on demand."""
    kept = st.session_state.get(_PACKED)
    if kept is not None and kept[0] == data.layout_key():
        made: bytes = kept[1]
        return made
    return lambda: zip_of_layout(own)


def _back() -> None:
    lang = state.lang()
    data.use_layout(next(iter(data.layouts())))
    state.remember(state.LANG, lang)
