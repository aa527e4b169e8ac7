"""Handing over a file: what it holds, which columns mean what, and in which datum it is."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from app import data, frame, maps, memo, mine, own_areas, state
from geo.analysis.points import is_synthetic
from geo.analysis.targets import known_of
from geo.errors import CorridorError, DatumError
from geo.io.areas import read_areas
from geo.io.previews import Choice, Preview, preview_of, read_upload
from geo.io.reading import AUTO, Known
from geo.io.refusals import RefusedError
from geo.io.sources import open_source
from geo.io.uploads import LIMITS, Upload
from geo.maps.my_points import Evidence, datum_title, evidence_of
from geo.maps.web import features_json, group_of
from geo.measure.detect import parse_datum
from geo.words import say

__all__ = ["refused", "said", "show"]

_SLOT, _NUMBER, _SAID, _TAKING = "upload", "upload-number", "upload-said", "upload-taking"
_DEGREES = ("wgs84", "cgcs2000", "gcj02", "bd09")
_OTHER = "other"
_NOTHING = ""


def show() -> None:
    """Draw the place for a file, and below it what the file holds."""
    lang = state.lang()
    number = int(st.session_state.get(_NUMBER, 0))
    waiting = _SLOT in st.session_state or mine.current() is None
    with st.expander(
        say("mydata.page.upload", lang), expanded=waiting, icon=":material/upload_file:"
    ):
        file = st.file_uploader(
            say("mydata.page.upload", lang), key=f"upload:{number}", label_visibility="collapsed"
        )
        st.caption(say("mydata.page.formats", lang, mb=LIMITS.size / 1e6, rows=LIMITS.rows))
    if file is None:
        st.session_state.pop(_SLOT, None)
        return
    held = st.session_state.get(_SLOT)
    if held is None or held[0] != file.file_id:
        held = (file.file_id, Upload(file.name, file.getvalue()))
        st.session_state[_SLOT] = held
    with st.container(border=True):
        try:
            _panel(*held)
        except CorridorError as error:
            # Not tried again and again.
            st.session_state.pop(_TAKING, None)
            refused(error)


def said() -> None:
    """Say, once, what was taken."""
    text = st.session_state.pop(_SAID, None)
    if text:
        st.success(frame.plain(text))


def refused(error: CorridorError) -> None:
    """Say why a file is not read; text from the file is never read as markup."""
    lang = state.lang()
    if isinstance(error, RefusedError):
        st.error(say("mydata.page.refused", lang))
        st.text(error.says(lang))
    else:
        st.error(say("mydata.page.unreadable", lang))
        st.text(str(error)[:4000])


def _known() -> Known:
    return data.of_layout(("known",), lambda: known_of(data.layout()))


def _looked_at(name: str, upload: Upload, layer: str, position: dict[str, str]) -> Preview:
    key = ("preview", name, layer, tuple(sorted(position.items())))

    def make() -> Preview | CorridorError:
        with st.spinner(say("mydata.page.looking", state.lang())):
            try:
                return preview_of(upload, layer=layer, position=position, known=_known())
            except CorridorError as error:
                return error

    found = memo.kept(key, make)
    if isinstance(found, CorridorError):
        raise found
    return found


def _panel(name: str, upload: Upload) -> None:
    lang = state.lang()
    first = _looked_at(name, upload, "", {})
    layer = first.choice.layer
    if first.layers:
        layer = st.selectbox(say("mydata.roles.layer", lang), first.layers, key=f"{name}:layer")
        first = _looked_at(name, upload, layer, {})
    encoding = say("mydata.page.encoding", lang, encoding=first.encoding.upper()) if first.encoding else ""  # fmt: skip
    form = say(f"mydata.form.{first.form}", lang)
    what = say("mydata.page.what", lang, name=first.name, form=form, n=len(first.columns), encoding=encoding)  # fmt: skip
    st.markdown(f"**{frame.plain(what)}**")
    if first.holds == "areas":
        _areas(name, upload, first)
    else:
        _points(name, upload, first)


def _rows(rows: pd.DataFrame) -> None:
    lang = state.lang()
    with st.expander(say("mydata.page.preview", lang, n=len(rows)), expanded=True):
        st.dataframe(as_text(rows), hide_index=True, height=210)


def as_text(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of a file as they stand: every cell as text, nothing in it read as anything."""
    return pd.DataFrame({str(c): [_written(v) for v in rows[c].tolist()] for c in rows.columns})


def _written(value: object) -> str:
    if value is None or value != value:
        return ""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value)[:300]  # type: ignore[call-overload]


def _column(name: str, label: str, columns: Sequence[str], proposed: str, role: str, *, must: bool = False) -> str:  # fmt: skip
    lang = state.lang()
    options = list(columns) if must else [_NOTHING, *columns]
    index = options.index(proposed) if proposed in options else (None if must else 0)
    chosen = st.selectbox(
        label, options, index=index, key=f"{name}:{role}", placeholder=say("mydata.roles.choose", lang),
        format_func=lambda c: c or say("mydata.roles.none", lang),
    )  # fmt: skip
    return chosen or ""


def _position(name: str, preview: Preview) -> dict[str, str]:
    """Return the columns of the position as the person has them."""
    lang, own, columns = state.lang(), preview.choice, preview.columns
    forms = (["geometry"] if preview.crs or own.geometry else []) + ["two", "pair"]
    proposed = "geometry" if own.geometry else "pair" if own.pair else "two"
    form = st.segmented_control(
        say("mydata.roles.position", lang), forms, default=proposed, required=True, key=f"{name}:form",
        format_func=lambda f: say(f"mydata.roles.position-{f}", lang),
    )  # fmt: skip
    if form == "geometry":
        return {}
    left, right = st.columns(2)
    if form == "pair":
        with left:
            pair = _column(name, say("mydata.roles.pair", lang), columns, own.pair, "pair", must=True)  # fmt: skip
        return {"pair": pair}
    with left:
        lon = _column(name, say("mydata.roles.lon", lang), columns, own.lon, "lon", must=True)
    with right:
        lat = _column(name, say("mydata.roles.lat", lang), columns, own.lat, "lat", must=True)
    return {"lon": lon, "lat": lat}


def _points(name: str, upload: Upload, first: Preview) -> None:
    lang, own = state.lang(), first.choice
    scope = f"{name}:{own.layer}"
    # What it all comes down to stands above the columns that it depends on.
    above = st.container()
    st.markdown(f"**{say('mydata.roles.title', lang)}**")
    position = _position(scope, first)
    proposed = {k: v for k in ("lon", "lat", "pair") if (v := getattr(own, k))}
    complete = bool(position.get("pair") or (position.get("lon") and position.get("lat")))
    preview = first if not complete or position == proposed else _looked_at(name, upload, own.layer, position)  # fmt: skip
    columns = st.columns(4)
    with columns[0]:
        by = _column(scope, say("mydata.roles.by", lang), first.columns, own.by, "by")
    with columns[1]:
        weight = _column(scope, say("mydata.roles.weight", lang), first.columns, own.weight, "weight")  # fmt: skip
    with columns[2]:
        label = _column(scope, say("mydata.roles.label", lang), first.columns, own.label, "label")
    with columns[3]:
        err = st.number_input(
            say("mydata.roles.err", lang), 0.0, 100_000.0, float(preview.choice.err_m), 10.0, key=f"{scope}:err",
            help=say("mydata.roles.err-help", lang), format="%.0f",
        )  # fmt: skip
    if not len(preview.x):
        frame.note(say("mydata.roles.no-position", lang))
        _rows(first.rows)
        return
    with above:
        datum = _datum(f"{scope}:{preview.choice.lon}:{preview.choice.pair}", preview)
        st.caption(say("mydata.page.usable", lang, sampled=preview.sampled, usable=preview.usable))
        if preview.detection is not None and preview.detection.swapped and not own.geometry:
            st.caption(say("mydata.roles.swapped", lang))
        choice = replace(preview.choice, by=by, weight=weight, label=label, err_m=float(err), datum=datum or AUTO)  # fmt: skip
        if _asked("points", name, ready=bool(datum)):
            _take_points(upload, choice)
    _rows(first.rows)


def _asked(what: str, name: str, *, ready: bool) -> bool:
    """Return whether the person has asked for the file to be read, and it is not read yet.

    It is remembered until then: a click on a map ends the run of a page in the midst of reading.
    """
    lang = state.lang()
    row = st.container(horizontal=True, vertical_alignment="center")
    row.button(
        say(f"mydata.use.{what}", lang), type="primary", disabled=not ready, key=f"{name}:use", icon=":material/check:",
        on_click=lambda: st.session_state.update({_TAKING: name}),
    )  # fmt: skip
    row.button(say("mydata.page.cancel", lang), key=f"{name}:cancel", on_click=_next_file)
    if not ready:
        row.caption(say("mydata.datum.must", lang))
    if st.session_state.get(f"stop:{state.page()}:{say('mydata.page.reading', lang)}"):
        st.session_state.pop(_TAKING, None)
    return ready and st.session_state.get(_TAKING) == name


def _next_file() -> None:
    """Let go of the file: the place for it is empty again."""
    st.session_state.pop(_SLOT, None)
    st.session_state.pop(_TAKING, None)
    st.session_state[_NUMBER] = int(st.session_state.get(_NUMBER, 0)) + 1


def _take_points(upload: Upload, choice: Choice) -> None:
    lang = state.lang()
    with frame.working(say("mydata.page.reading", lang)) as progress:
        points = read_upload(upload, choice, progress=progress)
    declared = choice.datum.startswith("crs:")
    lon, lat = (choice.lat, choice.lon) if choice.swapped else (choice.lon, choice.lat)
    mine.take(
        mine.Mine(
            points.name, upload.digest, points, by=choice.by or None, weight=choice.weight or None,
            label=choice.label or None, synthetic=len(points) > 0 and is_synthetic(open_source(points.frame.head(1))),
            datum_asked=AUTO if declared else choice.datum, lon=lon or None, lat=lat or None,
            sheet=choice.layer or None, err_m=choice.err_m,
        )
    )  # fmt: skip
    _next_file()
    st.session_state[_SAID] = say("mydata.use.done", lang, name=points.name, n=len(points))
    st.rerun()


def _datum(scope: str, preview: Preview) -> str:
    """Show the evidence and return the datum that the person confirms; blank for none yet."""
    lang, found = state.lang(), preview.detection
    st.markdown(f"**{say('mydata.datum.title', lang)}**")
    default = _verdict(preview)
    left, right = st.columns([3, 2])
    with right:
        if found is not None:
            with st.expander(say("mydata.datum.evidence", lang), expanded=True):
                st.markdown("\n".join(f"- {frame.plain(line.says(lang))}" for line in found.evidence))  # fmt: skip
        chosen = _datum_chosen(scope, preview, default)
    with left:
        _evidence_map(scope, preview)
    return chosen


def _verdict(preview: Preview) -> str:
    """Say what the evidence shows, and return the datum that it speaks for; blank where it does not."""
    lang, found, told = state.lang(), preview.detection, preview.declared
    if told and (found is None or found.confidence == "unsure" or _alike(found.datum, told)):
        st.info(say("mydata.datum.says-declared", lang, datum=frame.plain(datum_title(told, lang))))
        return told
    if found is None:
        return told
    if found.confidence == "unsure":
        doubt = found.doubt.says(lang) if found.doubt else ""
        st.warning(say("mydata.datum.says-unsure", lang, doubt=frame.plain(doubt)))
        return ""
    name = frame.plain(datum_title(found.datum, lang))
    if told:
        declared = frame.plain(datum_title(told, lang))
        st.warning(say("mydata.datum.contradicts", lang, declared=declared, datum=name))
        return ""
    show_it = st.success if found.confidence == "sure" else st.info
    show_it(say(f"mydata.datum.says-{found.confidence}", lang, datum=name))
    return found.datum


def _alike(one: str, other: str) -> bool:
    same = {"cgcs2000": "wgs84"}
    return same.get(one, one) == same.get(other, other)


def _options(preview: Preview) -> list[str]:
    found = preview.detection
    candidates = list(found.candidates) if found else []
    metric = [c for c in candidates if c.startswith("epsg:")]
    return list(dict.fromkeys([*filter(None, [preview.declared]), *metric, *_DEGREES, _OTHER]))


def _datum_chosen(scope: str, preview: Preview, default: str) -> str:
    lang, options = state.lang(), _options(preview)

    def words(datum: str) -> str:
        if datum == _OTHER:
            return say("mydata.datum.other", lang)
        name = frame.plain(datum_title(datum, lang))
        return say("mydata.datum.declared", lang, datum=name) if datum == preview.declared else name

    chosen = st.radio(
        say("mydata.datum.choose", lang), options, index=options.index(default) if default in options else None,
        format_func=words, key=f"{scope}:datum", help=say("mydata.datum.confirm", lang),
    )  # fmt: skip
    if chosen != _OTHER:
        return chosen or ""
    code = st.text_input(
        say("mydata.datum.epsg", lang), key=f"{scope}:epsg", max_chars=12, help=say("mydata.datum.epsg-help", lang)
    )  # fmt: skip
    if not code.strip():
        return ""
    try:
        return parse_datum(code)
    except DatumError as error:
        st.text(str(error))
        return ""


def _evidence_map(scope: str, preview: Preview) -> None:
    lang, found = state.lang(), preview.detection
    metric = [c for c in _options(preview) if c.startswith("epsg:")][:4]
    candidates = metric or ["wgs84", "gcj02", "bd09"]
    swapped = bool(found and found.swapped and preview.choice.swapped)

    def make() -> Evidence:
        return evidence_of(preview.x, preview.y, candidates, lang, swapped=swapped)

    drawn = memo.kept(("evidence", scope, lang, tuple(candidates)), make)
    if preview.declared.startswith("crs:") or not drawn.n:
        return
    st.caption(say("mydata.datum.map", lang))
    chips = "".join(
        f'<span style="display:inline-flex;align-items:center;gap:6px;margin-right:14px"><span style="width:11px;height:11px;'
        f'border-radius:50%;background:{colour}"></span>{html.escape(datum_title(datum, lang))}</span>'
        for datum, colour in drawn.colours.items()
    )  # fmt: skip
    st.html(f'<div style="font-size:.9rem">{chips}</div>')
    group = group_of(features_json(drawn.features))
    focus = (*drawn.focus, 13) if drawn.focus else None
    maps.draw([*maps.ground(), group], key=f"evidence:{scope}", height=360, focus=focus)
    st.caption(say("mydata.datum.map-note", lang, n=drawn.n))


def _areas(name: str, upload: Upload, preview: Preview) -> None:
    lang, scope = state.lang(), f"{name}:{preview.choice.layer}"
    left, right = st.columns(2)
    with left:
        label = _column(scope, say("mydata.area.label", lang), preview.columns, preview.choice.label, "label")  # fmt: skip
    with right:
        err = st.number_input(
            say("mydata.area.err", lang), 0.0, 100_000.0, 0.0, 10.0, key=f"{scope}:err",
            help=say("mydata.area.err-help", lang), format="%.0f",
        )  # fmt: skip
    if preview.declared:
        st.info(say("mydata.datum.says-declared", lang, datum=frame.plain(datum_title(preview.declared, lang))))  # fmt: skip
    datum = _datum_chosen(scope, preview, preview.declared)
    if _asked("areas", name, ready=bool(datum)):
        areas = read_areas(upload, layer=preview.choice.layer, label=label or None, datum=datum, err_m=float(err))  # fmt: skip
        told = repr((upload.digest, preview.choice.layer, label, datum, err))
        key = hashlib.sha256(told.encode()).hexdigest()[:16]
        own_areas.take(own_areas.OwnAreas(preview.name, key, areas, float(err)))
        _next_file()
        st.session_state[_SAID] = say("mydata.use.done-areas", lang, name=preview.name, n=len(areas))  # fmt: skip
        st.rerun()
    _rows(preview.rows)
