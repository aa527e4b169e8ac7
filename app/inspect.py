"""What the map says of a thing and of a place: its card, its claims, and what lies here."""

from __future__ import annotations

from typing import Any

import shapely
import streamlit as st
from shapely.geometry.base import BaseGeometry

from app import data, frame, memo, mine, own_areas, state
from app.search import Chosen
from geo.analysis.find import POINT, UNIT, shape_of
from geo.analysis.footprints import Footprint, footprints_of
from geo.analysis.here import LIES, Here, here
from geo.analysis.passes import passes
from geo.maps.layers import card_html
from geo.maps.my_points import Squares, squares_of
from geo.measure import area_km2
from geo.words import Lang, name_of, say
from geo.words.figures import figure
from geo.words.imperial import beside

__all__ = ["here_of", "lonlat", "passes_lines", "shape_of_id", "show", "squares_of_own", "verdict"]

_SHOWN = {
    "footprints": ["footprint_zh", "footprint_en", "lies", "edge_km_low", "edge_km", "edge_km_high", "err_m", "status"],
    "axes": ["axis_zh", "axis_en", "distance_km_low", "distance_km", "distance_km_high", "side", "where", "chainage_km", "length_km"],
    "nodes": ["tier", "node_zh", "node_en", "distance_km_low", "distance_km", "distance_km_high", "azimuth_deg"],
    "units": ["unit_zh", "unit_en", "city_zh", "lies", "edge_km"],
}  # fmt: skip
_KM = {"surely": "inside", "probably": "inside", "perhaps": "beyond"}
_TEXT_MOST = 300
_SQUARE = "square:"
_FIRST = 2
_BETWEEN: dict[Lang, str] = {"zh": "、", "en": ", "}


def show(what: Chosen) -> Here | None:
    """Draw what is known of what was chosen, and return what lies at its place."""
    lang = state.lang()
    if what.id is None and what.lon is None:
        st.info(say("app.map.inspect", lang))
        return None
    place = here_of(what)
    with st.container(border=True):
        if place is not None:
            _summary(place)
        if what.id is not None:
            lines = _passes_of(what.id)
            st.markdown("\n".join(f"- {frame.plain(line)}" for line in lines))
            _card(what.id)
    return place


def verdict(what: Chosen) -> None:
    """Say in one line where what was searched for lies."""
    lang, place = state.lang(), here_of(what)
    if place is None:
        street = [] if what.id is None else _passes_of(what.id)
        if street:
            # The rest is in the card.
            st.markdown(" · ".join(frame.plain(line) for line in street[:_FIRST]))
        return
    table, parts = place.footprints, [_unit_names(place, lang)]
    for code in LIES[:-1]:
        names = [name_of(r, lang, "footprint") for r in table[table["lies"] == code].to_dict("records")]  # fmt: skip
        if names:
            parts.append(f"{say(f'here.lies.{code}', lang)} **{frame.plain(_BETWEEN[lang].join(names))}**")  # fmt: skip
    if len(parts) == 1:
        parts += [frame.plain(line) for line in _footprint_lines(place, lang)]
    st.markdown(" · ".join(parts))


def passes_lines(shape: Any, err_m: float) -> list[str]:
    """Return in words how much of a line runs through each footprint."""
    lang = state.lang()
    table = passes(shape, _footprints(), err_m=err_m)
    lines = [
        say(
            "here.page.passes", lang, name=name_of(row, lang, "footprint"), total=figure(row["total_km"], 3),
            km=figure(row["length_km"], 3), low=figure(row["length_km_low"], 3), high=figure(row["length_km_high"], 3),
        )
        for row in table.to_dict("records")
    ]  # fmt: skip
    return lines or [say("here.page.passes-none", lang)]


def _passes_of(name: str) -> list[str]:
    """Return in words how much of a street runs through each footprint; nothing of other things."""
    layout = data.shown()
    if name not in layout or layout[name].properties.layer != "road":
        return []
    shape = shape_of(layout[name])
    return [] if shape is None else passes_lines(shape, float(layout[name].err_m or 0.0))


def _footprints() -> list[Footprint]:
    layout, ring = data.shown(), state.ring_km()
    return memo.kept(("footprints", data.key(), ring), lambda: footprints_of(layout, ring_km=ring))


def here_of(what: Chosen) -> Here | None:
    """Return what lies at the place chosen: for a thing at a point, at that point with its error."""
    lon, lat, err = what.lon, what.lat, 0.0
    layout = data.shown()
    if what.id is not None and what.id in layout:
        item = layout[what.id]
        if item.geometry is not None and item.properties.layer == "node":
            lon, lat, err = item.geometry.x, item.geometry.y, float(item.err_m or 0.0)
    own = mine.current()
    if own is not None and what.id is not None and what.id.startswith(POINT):
        row = _own_row(own, what.id)
        if row is not None:
            lon, lat, err = row["geometry"].x, row["geometry"].y, float(row["err_m"])
    if lon is None or lat is None:
        return None
    at = (lon, lat, err)
    ring = state.ring_km()
    found = _footprints()
    return memo.kept(
        ("here", data.key(), ring, at),
        lambda: here(layout, at[0], at[1], err_m=at[2], units=data.units(), ring_km=ring, footprints=found),
    )  # fmt: skip


def _summary(place: Here) -> None:
    lang = state.lang()
    lines = [say("here.page.at", lang, lon=f"{place.lon:.6f}", lat=f"{place.lat:.6f}")]
    if data.units() is None:
        lines.append(say("here.page.no-units", lang))
    elif not len(place.units):
        lines.append(say("here.page.no-unit", lang))
    st.markdown(f"**{_unit_names(place, lang)}**")
    st.markdown("\n".join(f"- {frame.plain(line)}" for line in _footprint_lines(place, lang)))
    st.caption("  \n".join(frame.plain(line) for line in [*_axis_lines(place, lang), *lines]))
    with st.expander(say("here.page.numbers", lang)):
        for name, columns in _SHOWN.items():
            table = place.tables[name]
            if len(table):
                st.markdown(f"**{say(f'here.page.{name}', lang)}**")
                frame.table(table[columns])


def _unit_names(place: Here, lang: Lang) -> str:
    names = [name_of(r, lang, "unit") for r in place.units.to_dict("records")]
    # Near a border it may be either.
    return frame.plain(say("here.page.or", lang).join(names or [say("here.page.place", lang)]))


def _footprint_lines(place: Here, lang: Lang) -> list[str]:
    table = place.footprints
    if not len(table):
        return [say("here.page.no-footprints", lang)]
    lines = []
    for row in table[table["lies"] != "outside"].to_dict("records"):
        lines.append(
            say(
                f"here.page.{_KM[row['lies']]}", lang, name=name_of(row, lang, "footprint"),
                lies=say(f"here.lies.{row['lies']}", lang), km=figure(abs(row["edge_km"]), 3),
                err=figure(row["err_m"] / 1000, 3),
            )
        )  # fmt: skip
    if not lines:
        row = table.iloc[0].to_dict()
        lines = [say("here.page.in-none", lang, name=name_of(row, lang, "footprint"), km=figure(-row["edge_km"], 3))]  # fmt: skip
    return lines


def _axis_lines(place: Here, lang: Lang) -> list[str]:
    lines = []
    for row in place.axes.head(2).to_dict("records"):
        side = say(f"{'here' if row['side'] == 'on' else 'profile'}.side.{row['side']}", lang)
        if row["where"] in ("before", "after"):
            side = say(f"report.where.{row['where']}", lang)
        lines.append(
            say(
                "here.page.axis", lang, name=name_of(row, lang, "axis"), km=figure(row["distance_km"], 3), side=side,
                chainage=f"{row['chainage_km']:.2f}", length=f"{row['length_km']:.2f}",
            )
        )  # fmt: skip
    return lines or [say("here.page.no-axis", lang)]


# ---- cards


def _card(name: str) -> None:
    lang = state.lang()
    own = mine.current()
    if own is not None and name.startswith(POINT):
        _point_card(own, name)
        return
    if own is not None and name.startswith(_SQUARE):
        n = len(squares_of_own(own).members(*lonlat(own), name.removeprefix(_SQUARE)))
        st.caption(say("here.page.in-square", lang, n=f"{n:,}"))
        return
    row = _row_of(name)
    if row is None:
        return
    st.html(f'<div style="line-height:1.6;overflow-wrap:anywhere">{card_html(row, lang)}</div>')
    if row["layer"] != "unit" and name in data.shown() and shape_of(data.shown()[name]) is None:
        st.caption(f"**{say('here.page.no-position', lang)}** — {say('here.page.no-position-note', lang)}")  # fmt: skip
    changed = data.scenario()
    if changed is not None and str(row["source"]).startswith(f"scenario {changed.id}"):
        st.caption(frame.plain(say("here.page.scenario", lang, name=name_of(changed, lang))))
    claims = data.audit()
    for k, claim in enumerate(claims[claims["subject"] == name].to_dict("records")):
        if not k:
            st.markdown(f"**{say('app.map.claims', lang)}**")
        verdict = say(f"audit.verdict.{claim['verdict']}", lang)
        text = f"{name_of(claim, lang, 'label')} — {verdict}: {name_of(claim, lang, 'why')}"
        st.caption(frame.plain(beside(text, lang)))


def lonlat(own: mine.Mine) -> tuple[Any, Any]:
    """Return longitudes and latitudes of the person's points, WGS84."""
    lon, lat = shapely.get_coordinates(own.points.frame.geometry.to_numpy()).T
    return lon, lat


def squares_of_own(own: mine.Mine) -> Squares:
    """Return the person's points summed up in squares."""
    return memo.kept(("squares", own.key), lambda: squares_of(*lonlat(own)))


def _own_row(own: mine.Mine, name: str) -> dict[str, Any] | None:
    try:
        number = int(name.removeprefix(POINT))
    except ValueError:
        return None
    points = own.points.frame
    hit = points[points["row"] == number]
    return {str(k): v for k, v in hit.iloc[0].items()} if len(hit) else None


def _point_card(own: mine.Mine, name: str) -> None:
    lang, row = state.lang(), _own_row(own, name)
    if row is None:
        return
    label = str(row[own.label]) if own.label and row[own.label] is not None else ""
    title = say("here.page.row", lang, row=row["row"])
    st.markdown(f"**{frame.plain(label or title)}**")
    source = say("app.mine.demo", lang) if own.synthetic else own.name
    st.caption(frame.plain(f"{source} · {title}"))
    hidden = ("geometry", "row", own.label)
    # Cells come from a file: text, never markup.
    lines = [f"{k}: {str(v)[:_TEXT_MOST]}" for k, v in row.items() if k not in hidden and v is not None and v == v]  # fmt: skip
    st.text("\n".join(lines))
    if own.synthetic:
        st.caption(say("report.notice.synthetic", lang))


def _row_of(name: str) -> dict[str, Any] | None:
    """Return the row of a thing by its id: of the layout, a ring, a unit, or a footprint of one's own."""
    layout = data.shown()
    if name.startswith(UNIT):
        return _unit_row(name)
    if name.startswith("campus-ring-") and layout.meta.campus_rings is not None:
        return _first(layout.rings(state.ring_km()), name)
    if name in layout:
        item = layout[name]
        row = _first(getattr(layout, f"{item.properties.layer}s"), name)
        # Without a position it is in no frame of the layout.
        return row if row is not None else item.properties.model_dump()
    own = own_areas.current()
    if own is not None:
        row = _first(own.areas.frame, name)
        if row is not None:
            return row | {"kind": "extent", "layer": "zone", "area_km2": area_km2(row["geometry"]), "as_of": "", "note_zh": "", "note_en": ""}  # fmt: skip
    return None


def _first(table: Any, name: str) -> dict[str, Any] | None:
    hit = table[table["id"] == name]
    return {str(k): v for k, v in hit.to_dict("records")[0].items()} if len(hit) else None


def _unit_row(name: str) -> dict[str, Any] | None:
    units = data.units()
    hit = None if units is None else units[units["adcode"] == name.removeprefix(UNIT)]
    if hit is None or not len(hit):
        return None
    row = {str(k): v for k, v in hit.to_dict("records")[0].items()}
    return row | {
        "id": name, "kind": "unit", "layer": "unit", "status": "digitised", "confidence": "medium",
        "area_km2": area_km2(row["geometry"]), "as_of": "",
    }  # fmt: skip


def shape_of_id(name: str) -> BaseGeometry | None:
    """Return where a thing is, WGS84; ``None`` where that is not known."""
    layout, own = data.shown(), mine.current()
    if name in layout:
        return shape_of(layout[name])
    row = _own_row(own, name) if own is not None and name.startswith(POINT) else _row_of(name)
    return None if row is None else row["geometry"]
