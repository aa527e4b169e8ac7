"""我的数据: the person's own points and footprints, from a file to every analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app import data, frame, maps, memo, mine, own_areas, state, take, units_panel, upload_panel
from geo.analysis.own_footprints import OwnFootprints, own_footprints
from geo.maps.my_points import (
    MOST_DOTS,
    Squares,
    area_features,
    datum_title,
    dot_features,
    square_features,
    squares_of,
)
from geo.maps.web import features_json, group_of
from geo.report.rejects import rejected_areas, rejected_rows
from geo.report.tables import heading, to_csv, to_xlsx
from geo.words import say
from geo.words.figures import figure

__all__ = ["PARAMETERS", "show"]

PARAMETERS: tuple[state.Parameter, ...] = (units_panel.BRING,)
_LISTED, _HEAD, _IN_SQUARE = 1_000, 20, 200
_MOST_ALONG = 20_000
_KM_PER_DEG, _FAR_KM = 111.2, 300.0


def show() -> None:
    """Draw the page."""
    lang = state.lang()
    frame.intro("mydata.page.intro")
    upload_panel.said()
    upload_panel.show()
    own, areas = mine.current(), own_areas.current()
    if own is None:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(say("mydata.mine.none", lang), width="stretch")
            st.button(say("mydata.mine.try", lang), key="mydata-try", on_click=lambda: mine.take(mine.demo()))  # fmt: skip
    measured = None if areas is None else _measured(areas, own)
    if own is not None:
        _points(own, areas, measured)
    elif areas is not None and measured is not None:
        maps.draw([*maps.ground(), _area_group(areas, measured)], key="own-areas", height=480)
    if areas is not None and measured is not None:
        _areas(areas, measured, own)
    units_panel.show()
    _along(own, areas, measured)


def _measured(areas: own_areas.OwnAreas, own: mine.Mine | None) -> OwnFootprints:
    key = ("own-areas", areas.key, own.key if own else "", data.key(), state.ring_km())

    def make() -> OwnFootprints:
        return own_footprints(
            areas.areas.frame, data.shown(), units=data.units(), ring_km=state.ring_km(),
            points=own.points if own else None, by=own.by if own else None, weight=own.weight if own else None,
        )  # fmt: skip

    return memo.kept(key, make)


def _points(own: mine.Mine, areas: own_areas.OwnAreas | None, measured: OwnFootprints | None) -> None:  # fmt: skip
    lang = state.lang()
    name = own.name if not own.synthetic else say("app.mine.demo", lang)
    st.markdown(f"#### {frame.plain(say('mydata.mine.title', lang, name=name))}")
    rejects = own.points.rejects
    numbers = [
        (say("mydata.mine.count", lang), f"{len(own.points):,}"),
        (say("mydata.mine.rejected", lang), f"{len(rejects):,}"),
        (say("mydata.mine.datum", lang), datum_title(own.points.datum, lang)),
    ]
    if own.weight:
        column_name = heading(own.weight, lang) if own.synthetic else own.weight
        label = say("mydata.mine.weight", lang, column=column_name)
        numbers.append((frame.plain(label), figure(_sum_of(own, own.weight))))
    for column, (label, number) in zip(st.columns(len(numbers)), numbers, strict=True):
        column.metric(label, number)
    if len(own.points):
        _map(own, areas, measured)
    _rejects(rejects)
    st.button(say("mydata.mine.remove", lang), key="mydata-remove", icon=":material/delete:", on_click=mine.forget)  # fmt: skip


def _sum_of(own: mine.Mine, column: str) -> float:
    def make() -> float:
        values = pd.to_numeric(own.points.frame[column], errors="coerce")
        return float(values.sum())

    return memo.kept(("weight", own.key), make)


def _lonlat(own: mine.Mine) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    def make() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        points = own.points.frame.geometry
        return points.x.to_numpy(dtype=float), points.y.to_numpy(dtype=float)

    return memo.kept(("lonlat", own.key), make)


def _map(own: mine.Mine, areas: own_areas.OwnAreas | None, measured: OwnFootprints | None) -> None:
    lang, rows = state.lang(), own.points.frame
    lon, lat = _lonlat(own)
    far = memo.kept(("far", own.key), lambda: _far(lon, lat))
    groups = maps.ground(names=False)
    squares: Squares | None = None
    if len(rows) > MOST_DOTS:
        squares = memo.kept(("squares", own.key), lambda: squares_of(lon, lat))
        found = squares
        text = memo.kept(("squares", own.key, lang), lambda: features_json(square_features(found, lang)))  # fmt: skip
        caption = say("mydata.mine.map-grid", lang, n=len(rows), cells=len(squares.count), km=squares.km)  # fmt: skip
    else:
        text = memo.kept(("dots", own.key, lang), lambda: features_json(dot_features(lon, lat, rows["row"].tolist(), _labels(own), lang)))  # fmt: skip
        caption = say("mydata.mine.map-dots", lang, n=len(rows))
    groups.append(group_of(text))
    if areas is not None and measured is not None:
        groups.append(_area_group(areas, measured))
    clicked = maps.draw(groups, key="mine", height=460)
    st.caption(caption)
    if far:
        st.caption(say("mydata.mine.far", lang, n=far))
    _clicked(own, clicked.id or "", squares)


def _far(lon: np.ndarray[Any, Any], lat: np.ndarray[Any, Any]) -> int:
    """Return how many points lie far from the layout: mostly a wrong datum or a wrong column."""
    centre = data.layout().meta.centre
    across = (lon - centre[0]) * np.cos(np.radians(centre[1]))
    return int((np.hypot(across, lat - centre[1]) * _KM_PER_DEG > _FAR_KM).sum())


def _labels(own: mine.Mine) -> list[str]:
    if own.label is None:
        return [""] * len(own.points)
    return ["" if v is None or v != v else str(v) for v in own.points.frame[own.label]]


def _clicked(own: mine.Mine, name: str, squares: Squares | None) -> None:
    """List the row or the square that was clicked, else the first rows."""
    lang, rows = state.lang(), own.points.frame
    kind, _, rest = name.partition(":")
    if kind == "row" and rest.isdigit():
        found = rows[rows["row"] == int(rest)]
        if len(found):
            _listed(say("mydata.mine.chosen-row", lang), found)
            return
    if kind == "square" and squares is not None:
        grid = squares
        at = memo.kept(("square", own.key, rest), lambda: grid.members(*_lonlat(own), rest))
        if len(at):
            title = say("mydata.mine.chosen-cell", lang, n=len(at), shown=min(len(at), _IN_SQUARE))
            _listed(title, rows.iloc[at[:_IN_SQUARE]])
            return
    _listed(say("mydata.mine.head", lang, n=min(_HEAD, len(rows))), rows.head(_HEAD))


def _listed(title: str, rows: pd.DataFrame) -> None:
    st.markdown(f"**{title}**")
    plain = upload_panel.as_text(pd.DataFrame(rows.drop(columns="geometry")))
    first = [c for c in ("row",) if c in plain.columns]
    order = [*first, *[c for c in plain.columns if c not in first]]
    words = {"row": say("mydata.reject.row", state.lang()), "err_m": say("mydata.roles.err", state.lang())}  # fmt: skip
    words = {k: v for k, v in words.items() if v not in plain.columns}
    st.dataframe(plain[order].rename(columns=words), hide_index=True)


def _rejects(rejects: pd.DataFrame) -> None:
    lang = state.lang()
    if not len(rejects):
        st.caption(say("mydata.mine.rejects-none", lang))
        return
    with st.expander(say("mydata.mine.rejects", lang, n=len(rejects)), expanded=True):
        st.caption(say("mydata.mine.rejects-note", lang))
        shown = rejected_rows(rejects.head(_LISTED), lang)
        st.dataframe(shown, hide_index=True, height=240)
        if len(rejects) > _LISTED:
            st.caption(say("mydata.mine.rejects-more", lang, n=_LISTED))
        sheet = say("mydata.mine.sheet-rejects", lang)
        row = st.container(horizontal=True)
        row.download_button(
            say("mydata.mine.xlsx", lang), data=lambda: to_xlsx({sheet: rejected_rows(rejects, lang)}, lang),
            file_name="rejected-rows.xlsx", key="rejects-xlsx", on_click="ignore",
            mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )  # fmt: skip
        row.download_button(
            say("mydata.mine.csv", lang), data=lambda: to_csv(rejected_rows(rejects, lang)),
            file_name="rejected-rows.csv", mime="text/csv", key="rejects-csv", on_click="ignore",
        )  # fmt: skip


def _area_group(areas: own_areas.OwnAreas, measured: OwnFootprints) -> Any:
    lang = state.lang()
    make = lambda: features_json(area_features(areas.areas.frame, measured.table["area_km2"].tolist(), lang))  # noqa: E731  # fmt: skip
    return group_of(memo.kept(("area-features", areas.key, lang), make))


def _areas(areas: own_areas.OwnAreas, measured: OwnFootprints, own: mine.Mine | None) -> None:
    lang = state.lang()
    st.markdown(f"#### {say('mydata.area.title', lang)}")
    st.caption(frame.plain(say("mydata.area.status", lang, source=areas.name, err=areas.err_m)))
    mended = int(areas.areas.frame["mended"].sum())
    if mended:
        st.warning(say("mydata.area.mended", lang, n=mended))
    if len(areas.areas.rejects):
        st.warning(say("mydata.area.rejects", lang, n=len(areas.areas.rejects)))
        st.dataframe(rejected_areas(areas.areas.rejects, lang), hide_index=True)
    st.markdown(f"**{say('mydata.area.table', lang)}**")
    frame.table(measured.table)
    st.markdown(f"**{say('mydata.area.points', lang)}**")
    if measured.points is None:
        st.caption(say("mydata.area.no-points", lang))
    else:
        frame.table(measured.points)
    st.markdown(f"**{say('mydata.area.overlaps', lang)}**")
    if len(measured.overlaps):
        frame.table(measured.overlaps)
    else:
        st.caption(say("mydata.area.no-overlaps", lang))
    st.markdown(f"**{say('mydata.area.units', lang)}**")
    if data.units() is None:
        units_panel.lacking(say("mydata.area.no-units", lang))
    else:
        frame.table(measured.units)
    st.caption(say("mydata.area.method", lang))
    st.button(say("mydata.area.remove", lang), key="mydata-remove-areas", icon=":material/delete:", on_click=own_areas.forget)  # fmt: skip


def _along(
    own: mine.Mine | None, areas: own_areas.OwnAreas | None, measured: OwnFootprints | None
) -> None:
    if own is None and areas is None:
        return
    tables: dict[str, pd.DataFrame] = {}
    layers: dict[str, Any] = {}
    calls: list[str] = []
    if own is not None:
        tables["rejects"] = own.points.rejects
        calls.append("rejects = points.rejects")
        if len(own.points) <= _MOST_ALONG:
            tables["rows"] = pd.DataFrame(own.points.frame.drop(columns="geometry"))
            calls.append('rows = points.frame.drop(columns="geometry")')
            layers["my_points"] = own.points.frame
    if areas is not None and measured is not None:
        further: Mapping[str, pd.DataFrame | None] = {
            "my_footprints": measured.table, "my_overlaps": measured.overlaps, "my_units": measured.units,
            "my_counts": measured.points,
        }  # fmt: skip
        tables |= {k: v for k, v in further.items() if v is not None and len(v)}
        layers["my_footprints"] = areas.areas.frame
    methods = [measured.provenance] if measured is not None else []
    # A script can be given where all of it comes from the points.
    take.along("my-data", tables, layers=layers, calls=calls if areas is None else (), methods=methods)  # fmt: skip
