"""The search of the map: names in any spelling, or coordinates in any datum; a pick is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from app import data, frame, inputs, memo, mine, state
from geo.analysis.find import Places, find, layout_places, point_places, unit_places
from geo.analysis.here import lonlat_in
from geo.measure import Datum, to_wgs84
from geo.words import Lang, name_of, say

__all__ = ["AT", "DATUM", "PICK", "QUERY", "Chosen", "choose", "chosen", "show"]

QUERY = state.Text("q", most=60)
PICK = state.Text("pick", most=80)
AT = state.Text("at", most=40)
DATUM = state.Choice("datum", ("wgs84", "gcj02", "bd09"))
MOST = 12
_DONE = "map:searched"


@dataclass(frozen=True)
class Chosen:
    """What the person looks at: a thing by its id, a place (WGS84), or both.

    Attributes
    ----------
    id
        Of the thing.
    lon, lat
        The place.
    token
        Another one each time something is searched for, to which the map then moves; blank of a click.
    """

    id: str | None = None
    lon: float | None = None
    lat: float | None = None
    token: str = ""


def chosen() -> Chosen:
    """Return what the person looks at."""
    at = lonlat_in(state.value_of(AT))
    lon, lat = at if at is not None else (None, None)
    token = str(st.session_state.get("map:token", "address"))
    return Chosen(state.value_of(PICK) or None, lon, lat, token)


def choose(name: str | None, at: tuple[float, float] | None = None, *, move: bool = True) -> None:
    """Make a thing or a WGS84 place what the person looks at, and move the map there or not."""
    state.remember(PICK, name or "")
    state.remember(AT, "" if at is None else f"{at[0]:.6f},{at[1]:.6f}")
    st.session_state["map:moves"] = moves = int(st.session_state.get("map:moves", 0)) + 1
    st.session_state["map:token"] = str(moves) if move else ""


def show() -> None:
    """Draw the search; what it finds is chosen."""
    lang = state.lang()
    line, answer = st.columns([3, 2])
    with line:
        asked = say("here.page.search-help", lang, examples=frame.plain(_examples(lang)))
        text = inputs.text(QUERY, say("here.page.search", lang), help=asked)
    if not text:
        st.session_state.pop(_DONE, None)
        return
    at = lonlat_in(text)
    with answer:
        if at is not None:
            _coordinates(text, at)
        else:
            _names(text)


def _examples(lang: Lang) -> str:
    """Return what could be searched for in this layout: names of its own, and a place."""
    own = data.layout()
    named = next((i for i in own if i.located), None)
    lon, lat = own.meta.centre
    names = [] if named is None else dict.fromkeys((named.name_zh, named.name_en))
    return ("、" if lang == "zh" else "; ").join([*names, f"{lon:g},{lat:g}"])


def _coordinates(text: str, at: tuple[float, float]) -> None:
    lang = state.lang()
    datum = inputs.choice(
        DATUM, say("here.page.datum", lang), lambda d: say(f"here.datum.{d}", lang), form="segmented",
        help=say("here.page.datum-help", lang),
    )  # fmt: skip
    if _is_new((text, datum)):
        choose(None, to_wgs84(*at, Datum.of(datum)))


def _names(text: str) -> None:
    lang = state.lang()
    table = found(text)
    if not len(table):
        _is_new((text, ""))
        st.caption(frame.plain(say("here.page.none", lang, text=text)))
        return
    rows: dict[str, dict[str, Any]] = {
        str(r["id"]): {str(k): v for k, v in r.items()} for r in table.to_dict("records")
    }
    before, key = state.value_of(PICK), f"found:{text}"
    if key not in st.session_state and before in rows:
        st.session_state[key] = before
    title = "here.page.found-most" if len(table) == MOST else "here.page.found"
    picked = st.selectbox(
        say(title, lang, n=len(table)), list(rows), key=key, format_func=lambda name: _line(rows[name], lang),
    )  # fmt: skip
    if picked is None:
        return
    row = rows[picked]
    if _is_new((text, picked)):
        at = (row["lon"], row["lat"]) if row["located"] and row["layer"] in ("node", "point") else None  # fmt: skip
        choose(picked, at)
    why = {k: say(f"here.{k}.{row[k]}", lang) for k in ("match", "spelling")}
    st.caption(frame.plain(say("here.page.why", lang, matched=row["matched"], **why)))


def _is_new(now: tuple[str, str]) -> bool:
    """Return whether this was not searched for before; an address that names a thing tells it itself."""
    before = st.session_state.get(_DONE)
    st.session_state[_DONE] = now
    told = state.value_of(PICK) == now[1] != "" or (now[1] in DATUM.listed() and state.value_of(AT))
    return before != now and not (before is None and told)


def _line(row: dict[str, Any], lang: Lang) -> str:
    kind = say("here.page.own" if row["layer"] == "point" else f"model.kind.{row['kind']}", lang)
    parts = [name_of(row, lang), kind, say(f"here.match.{row['match']}", lang)]
    if not row["located"]:
        parts.append(say("here.page.no-position", lang))
    return " · ".join(parts)


def found(text: str) -> pd.DataFrame:
    """Return what a text names."""
    own = mine.current()
    label = None if own is None else own.label
    key = ("found", data.key(), own.key if own and label else "", text)
    return memo.kept(key, lambda: find(text, _places(own), most=MOST))


def _places(own: mine.Mine | None) -> list[Places]:
    of_layout = _base_places() if data.as_published() else memo.kept(("names", data.key()), lambda: layout_places(data.shown()))  # fmt: skip
    places = [of_layout, *_unit_places()]
    if own is not None and own.label is not None:
        label = own.label
        with st.spinner(say("here.page.indexing", state.lang()), show_time=False):
            places.append(memo.kept(("names", own.key), lambda: point_places(own.points, label)))
    return places


def _base_places() -> Places:
    return data.of_layout(("places",), lambda: layout_places(data.layout()))


def _unit_places() -> list[Places]:
    units = data.units()
    return [] if units is None else [data.of_layout(("unit places",), lambda: unit_places(units))]
