"""What a person asks of matching: which needs, where, and how fields, distance and capacity count."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app import data, frame, inputs, memo, mine, state, travel, upload_panel
from geo.analysis.here import lonlat_in
from geo.analysis.matching import (  # fmt: skip
    Needs,
    Taxonomy,
    bundled_needs,
    bundled_taxonomy,
    needs_of,
    notes_of_needs,
    read_taxonomy,
)
from geo.errors import CorridorError
from geo.words import name_of, say

__all__ = ["NEED", "PARAMETERS", "Asked", "asked", "click_taken", "clicked", "says", "taxonomy"]

NOWHERE, HERE = "none", "at"
_LONGEST_ID = 80
_CLICK, _FIELDS = "matching-click", "matching-fields"


def _sources() -> list[str]:
    folder = data.layout().folder
    bundled = ["example"] if folder is not None and (folder / "needs.csv").is_file() else []
    return [*bundled, "own", *(["mine"] if _columns() else [])]


def _columns() -> list[str]:
    """Return the columns of the person's points that hold texts."""
    own = mine.current()
    if own is None:
        return []
    table = own.points.frame.drop(columns=["geometry", "row", "err_m"], errors="ignore")
    return [str(c) for c in table.columns if table[c].dtype.kind not in "iufbM"]


def _places() -> list[str]:
    units = data.units()
    return [NOWHERE, HERE, *(units["adcode"].tolist() if units is not None else [])]


def _ids() -> list[str]:
    found: list[str] = st.session_state.get("matching-ids", [])
    return found


class _Ids(state.Choice):
    """One of the needs, which are known once they have been read: until then any id will do."""

    def parse(self, text: str) -> str | None:
        """Return the text if it can be an id."""
        return text if text.isprintable() and len(text) <= _LONGEST_ID else None


FROM = state.Choice("m_from", _sources)
TEXT = state.Text("m_text", "", 200)
PLACE = state.Choice("m_place", _places)
AT = state.Text("m_at", "", 40)
COLUMN = state.Choice("m_col", _columns)
NEED = _Ids("m_need", _ids)
FIELD = state.Number("m_wf", 0.6, 0.0, 1.0, 0.05)
DISTANCE = state.Number("m_wd", 0.3, 0.0, 1.0, 0.05)
CAPACITY = state.Number("m_wc", 0.1, 0.0, 1.0, 0.05)
REACH = state.Number("m_reach", 0.0, 0.0, 240.0, 10.0)
MOST = state.Number("m_most", 5.0, 1.0, 20.0, 1.0)
ASSIGN = state.Switch("m_assign")
PARAMETERS = (*travel.PARAMETERS, FROM, TEXT, PLACE, AT, COLUMN, NEED, FIELD, DISTANCE, CAPACITY, REACH, MOST, ASSIGN)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Asked:
    """Which needs are matched and how.

    Attributes
    ----------
    needs
        The needs.
    line
        The Python that reads them.
    key
        Name of all of it, for memory.
    options
        Keywords of ``geo.match``.
    """

    needs: Needs
    line: str
    key: tuple[Any, ...]
    options: dict[str, Any]


def says(key: str, **values: Any) -> str:
    """Return words of the view."""
    return say(f"matching.page.{key}", state.lang(), **values)


def clicked(lon: float, lat: float) -> None:
    """Take the place of a click on the map at the next run, before widgets are drawn."""
    st.session_state[_CLICK] = (lon, lat)


def click_taken() -> None:
    """Make a place that was clicked that of the need."""
    at = st.session_state.pop(_CLICK, None)
    if at is not None:
        inputs.put(PLACE, HERE)
        inputs.put(AT, f"{at[0]:.5f}, {at[1]:.5f}")


def taxonomy() -> tuple[Taxonomy, str]:
    """Return the fields of this session, and what names them."""
    held: tuple[str, Taxonomy] | None = st.session_state.get(_FIELDS)
    return (bundled_taxonomy(), "") if held is None else (held[1], held[0])


def taxonomy_asked() -> None:
    """Offer to bring fields of one's own."""
    file = st.file_uploader(says("fields-upload"), type=["toml"], help=says("fields-upload-help"), key="matching-fields-file")  # fmt: skip
    if file is None:
        if st.session_state.pop(_FIELDS, None) is not None:
            st.rerun()
        return
    digest = hashlib.sha256(file.getvalue()).hexdigest()[:16]
    if taxonomy()[1] == digest:
        return
    try:
        own = read_taxonomy(file.getvalue(), name=file.name)
    except CorridorError as error:
        upload_panel.refused(error)
        return
    st.session_state[_FIELDS] = (digest, own)
    st.rerun()


def asked() -> Asked | None:
    """Show the controls and return what is asked; ``None`` while it is not enough."""
    click_taken()
    own, fields_key = taxonomy()
    source = inputs.choice(FROM, says("from"), lambda s: says(f"from-{s}"), "segmented")
    if not source:
        return None
    makers: dict[str, Callable[[], tuple[Any, tuple[Any, ...], str] | None]] = {"own": _written, "mine": _mine, "example": _example}  # fmt: skip
    given = makers[source]()
    if given is None:
        return None
    make, key, line = given
    needs: Needs = memo.kept(("needs", data.key(), fields_key, *key), lambda: make(own))
    with frame.controls():
        weights = {
            name: inputs.number(param, says(f"weight-{name}"), says("weight-help"))
            for name, param in (("field", FIELD), ("distance", DISTANCE), ("capacity", CAPACITY))
        }
        reach = inputs.number(REACH, says("reach"), says("reach-help"))
        most = int(inputs.number(MOST, says("most")))
        assign = inputs.switch(ASSIGN, says("assign"), says("assign-help"))
    if not sum(weights.values()):
        frame.note(says("no-weight"))
        return None
    options = {"weights": weights, "most": most, "reach": reach or None, "assign": assign}
    return Asked(needs, line, (data.key(), fields_key, *key, repr(options)), options)


def _example() -> tuple[Any, tuple[Any, ...], str]:
    for note in notes_of_needs(data.layout(), state.lang()):
        st.caption(frame.plain(note))
    return lambda own: bundled_needs(data.shown(), taxonomy=own, units=data.units()), ("example",), "needs = geo.bundled_needs(layout)"  # fmt: skip


def _mine() -> tuple[Any, tuple[Any, ...], str] | None:
    own = mine.current()
    if own is None:
        return None
    column = inputs.choice(COLUMN, says("column"), str, help=says("column-help"))
    columns = {"text_zh": column} | ({"name_zh": own.label} if own.label else {})
    st.caption(says("mine-note", n=f"{len(own.points):,}"))
    return (
        lambda fields: needs_of(own.points, layout=data.shown(), taxonomy=fields, units=data.units(), columns=columns),
        ("mine", own.key, column), f"needs = geo.needs_of(points, layout=layout, columns={columns!r})",
    )  # fmt: skip


def _written() -> tuple[Any, tuple[Any, ...], str] | None:
    lang, units = state.lang(), data.units()
    text = inputs.text(TEXT, says("text"), says("text-help"))
    names = {NOWHERE: says("place-none"), HERE: says("place-at")}
    if units is not None:
        names |= {r["adcode"]: name_of(r, lang) for r in units.to_dict("records")}
    place = inputs.choice(PLACE, says("place"), lambda p: names[p], help=says("place-help"))
    row: dict[str, Any] = {"id": "own", "text": text}
    if place == HERE:
        at = inputs.text(AT, says("at"), says("at-help"))
        found = lonlat_in(at)
        if found is None:
            st.caption(says("at-none"))
        else:
            row |= {"lon": found[0], "lat": found[1]}
    elif place != NOWHERE:
        row |= {"place": place}
    if not text:
        frame.note(says("no-text"))
        return None
    return (
        lambda own: needs_of([row], layout=data.shown(), taxonomy=own, units=units, datum="wgs84"), ("own", repr(row)),
        f"needs = geo.needs_of([{row!r}], layout=layout, datum='wgs84')",
    )  # fmt: skip
