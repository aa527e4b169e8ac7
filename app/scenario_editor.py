"""What can be done to one feature of a scenario: on the map, and with sliders and small forms beside it."""

from __future__ import annotations

import math
import re
from typing import Any

import pandas as pd
import streamlit as st
from shapely import LineString

from app import data, state
from app import scenario_state as steps
from geo.maps.drawing import belt_shape, shape_of
from geo.model.amend import belt_changes, belt_of, handles_of, redrawn
from geo.model.changes import (
    AddNode,
    Axis,
    Lengthen,
    Move,
    Outline,
    Place,
    Remove,
    Turn,
    Widen,
    Widths,
)
from geo.model.items import Item
from geo.model.kinds import KINDS, TIER_OF_KIND
from geo.words import name_of, say

__all__ = ["controls", "kind_of", "new_node", "shapes", "take_drawings", "tools"]

MOST_VERTICES = 200
"""An outline of more vertices is drawn anew instead of edited."""
_HANDLES, _SEEN = "scenario-handles", "scenario-drawn-at"


def kind_of(item: Item) -> str:
    """Return how a feature is edited: ``corridor``, ``belt``, ``area`` or ``node``."""
    layer = item.properties.layer
    if layer in ("corridor", "node"):
        return layer
    return "belt" if item.properties.kind == "oriented-belt" else "area"


def tools(item: Item | None) -> list[str]:
    """Return what can be drawn while a feature is chosen; a point is always a node."""
    own = {"corridor": ["line"], "area": ["polygon"]}
    return [*(own.get(kind_of(item), []) if item is not None else []), "point"]


# ---- on the map


def shapes(item: Item | None) -> list[dict[str, Any]]:
    """Return what of a feature is edited on the map."""
    shape = None if item is None else item.geometry
    if item is None or shape is None:
        return []
    belt = belt_of(item)
    if belt is not None:
        return [belt_shape(item.id, belt)]
    if kind_of(item) == "corridor":
        return [shape_of(item.id, _handles(item))]
    if kind_of(item) == "node":
        return [shape_of(item.id, shape)]
    simple = shape.geom_type == "Polygon" and not shape.interiors
    few = simple and len(shape.exterior.coords) <= MOST_VERTICES
    return [shape_of(item.id, shape)] if few else []


def _handles(item: Item) -> LineString:
    """Return the vertices of an axis that can be taken hold of: those that were drawn last, if any."""
    kept = st.session_state.get(_HANDLES)
    if kept is not None and kept[0] == (item.id, item.geometry.wkb):  # type: ignore[union-attr]
        return LineString(kept[1])
    return handles_of(item.geometry)


def take_drawings(drawings: list[dict[str, Any]], item: Item | None) -> bool:
    """Make what was drawn since the last run a step; return whether there was anything."""
    last = float(st.session_state.get(_SEEN, 0))
    fresh = [d for d in drawings if _at(d) > last]
    if not fresh:
        return False
    st.session_state[_SEEN] = max(_at(d) for d in fresh)
    before = data.key()
    for drawn in fresh:
        _taken(drawn, item)
    return data.key() != before or bool(steps.wrong())


def _at(drawn: dict[str, Any]) -> float:
    return float((drawn.get("properties") or {}).get("at") or 0)


@steps.guarded
def _taken(drawn: dict[str, Any], item: Item | None) -> None:
    own, geometry = drawn["properties"], drawn["geometry"]
    name = own.get("id")
    if name is not None and name in data.shown():
        item = data.shown()[name]
    if item is None or (name is None and geometry["type"] == "Point"):
        # A point that belongs to nothing waits for its name: see new_node.
        return
    places = geometry["coordinates"]
    if (belt := belt_of(item)) is not None and own.get("belt"):
        to = own["belt"]
        steps.do(*belt_changes(item.id, belt, to["lon"], to["lat"], to["azimuth_deg"]))
    elif kind_of(item) == "corridor" and geometry["type"] == "LineString":
        new = LineString(places) if name is None or item.geometry is None else redrawn(item.geometry, _handles(item), places)  # fmt: skip
        st.session_state[_HANDLES] = ((item.id, new.wkb), places)
        steps.do(Axis(do="axis", feature=item.id, coordinates=tuple(new.coords)))
    elif kind_of(item) == "area" and geometry["type"] == "Polygon":
        ring = tuple((x, y) for x, y in places[0][:-1])
        steps.do(Outline(do="outline", feature=item.id, coordinates=ring))
    elif kind_of(item) == "node" and geometry["type"] == "Point":
        steps.do(Place(do="place", feature=item.id, lon=places[0], lat=places[1]))


def new_node(drawings: list[dict[str, Any]], item: Item | None) -> None:
    """Show a form for a point that was drawn: a new node, or the place of one that had none."""
    drawn = next((d for d in drawings if (d["properties"].get("id") is None) and d["geometry"]["type"] == "Point"), None)  # fmt: skip
    if drawn is None or drawn["properties"].get("at") == st.session_state.get("scenario-node-done"):
        return
    lang, (lon, lat) = state.lang(), drawn["geometry"]["coordinates"]
    done = drawn["properties"].get("at")
    with st.form("scenario-node", border=True):
        st.markdown(f"**{say('scenarios.edit.new-node', lang)}** · {lon:.4f}°, {lat:.4f}°")
        zh = st.text_input(say("scenarios.edit.name-zh", lang), max_chars=100)
        en = st.text_input(say("scenarios.edit.name-en", lang), max_chars=100)
        kind = st.selectbox(
            say("scenarios.edit.kind", lang), KINDS["node"], format_func=_kind_words
        )
        err = st.number_input(say("scenarios.edit.err", lang), 0.0, 50_000.0, 100.0, 10.0)
        if st.form_submit_button(say("scenarios.edit.add", lang), type="primary"):
            if not (zh.strip() or en.strip()):
                st.warning(say("scenarios.edit.named", lang))
            else:
                st.session_state["scenario-node-done"] = done
                _add_node(zh.strip() or en.strip(), en.strip() or zh.strip(), kind, lon, lat, err)
                st.rerun()
    if item is not None and kind_of(item) == "node" and item.geometry is None:
        name = say("scenarios.edit.put-here", lang, name=name_of(item, lang))
        place = Place(do="place", feature=item.id, lon=lon, lat=lat, err_m=err)
        st.button(name, key="scenario-put", on_click=_put, args=(place, done))


def _put(place: Place, done: Any) -> None:
    st.session_state["scenario-node-done"] = done
    steps.do(place)


def _kind_words(kind: str) -> str:
    lang = state.lang()
    tier = say(f"model.tier.{TIER_OF_KIND[kind]}", lang)
    return say("scenarios.edit.kind-of-tier", lang, kind=say(f"model.kind.{kind}", lang), tier=tier)


def _add_node(zh: str, en: str, kind: str, lon: float, lat: float, err: float) -> None:
    stem = re.sub(r"[^a-z0-9]+", "-", en.lower()).strip("-")[:60] or "node"
    name, k = stem, 2
    while name in data.shown():
        name, k = f"{stem}-{k}", k + 1
    steps.do(AddNode(do="add-node", feature=name, name_zh=zh, name_en=en, kind=kind, lon=lon, lat=lat, err_m=err))  # fmt: skip


# ---- beside the map


def controls(item: Item) -> None:
    """Show what can be done to a feature by numbers."""
    located = item.geometry is not None
    if belt_of(item) is not None:
        _belt(item)
    elif kind_of(item) == "corridor" and located:
        _corridor(item)
    if located:
        _move(item)
        if belt_of(item) is None and item.geometry.geom_type != "Point":  # type: ignore[union-attr]
            _turn(item)
    st.button(
        say("scenarios.edit.remove", state.lang()), key="scenario-remove", icon=":material/delete:",
        on_click=steps.do, args=(Remove(do="remove", feature=item.id),),
    )  # fmt: skip


def _slider(
    key: str, label: str, value: float, low: float, high: float, step: float, act: Any
) -> None:
    """Show a slider that follows the scenario and changes it."""
    name = f"scenario-{key}"
    low, high = min(low, value), max(high, value)
    # Steps are counted from the low end: a value between them would be moved to one of them.
    st.session_state[name] = value
    st.slider(label, low, high, step=step, key=name, on_change=lambda: act(float(st.session_state[name])))  # fmt: skip


def _belt(item: Item) -> None:
    lang, belt = state.lang(), belt_of(item)
    if belt is None:
        return

    def turn(to: float) -> None:
        steps.do(*belt_changes(item.id, belt, belt.lon, belt.lat, to))

    _slider("azimuth", say("scenarios.edit.azimuth", lang), round(belt.azimuth_deg, 2), 0.0, 180.0, 0.5, turn)  # fmt: skip
    _slider("length", say("scenarios.edit.length", lang), belt.length_km, 5.0, 300.0, 1.0, lambda km: steps.do(Lengthen(do="lengthen", feature=item.id, length_km=km)))  # fmt: skip
    _slider("width", say("scenarios.edit.width", lang), belt.width_km, 1.0, 100.0, 0.5, lambda km: steps.do(Widen(do="widen", feature=item.id, width_km=km)))  # fmt: skip


def _corridor(item: Any) -> None:
    lang = state.lang()
    _slider("width", say("scenarios.edit.width", lang), round(item.width_km, 2), 0.5, 40.0, 0.5, lambda km: steps.do(Widen(do="widen", feature=item.id, width_km=km)))  # fmt: skip
    with st.expander(say("scenarios.edit.widths", lang)):
        _widths(item)
    with (
        st.expander(say("scenarios.edit.prolong", lang)),
        st.form("scenario-prolong", border=False, clear_on_submit=True),
    ):
        start = st.number_input(say("scenarios.edit.start", lang), -500.0, 500.0, 0.0, 0.5)
        end = st.number_input(say("scenarios.edit.end", lang), -500.0, 500.0, 0.0, 0.5)
        if st.form_submit_button(say("scenarios.edit.apply", lang)) and (start or end):
            steps.do(Lengthen(do="lengthen", feature=item.id, start_km=start, end_km=end))
            st.rerun()


def _widths(item: Any) -> None:
    lang = state.lang()
    st.caption(say("scenarios.edit.widths-note", lang))
    at, width = say("scenarios.edit.chainage", lang), say("scenarios.edit.full-width", lang)
    p = item.properties
    pairs = p.widths_km or ((0.0, p.width_km), (round(item.length_km, 2), p.width_km))
    edited = st.data_editor(
        pd.DataFrame(pairs, columns=[at, width]), num_rows="dynamic", hide_index=True,
        key=f"scenario-widths-{item.id}-{lang}-{steps.token()}",
        column_config={
            at: st.column_config.NumberColumn(min_value=0.0, max_value=2000.0, format="%.2f", required=True),
            width: st.column_config.NumberColumn(min_value=0.01, max_value=500.0, format="%.2f", required=True),
        },
    )  # fmt: skip
    if st.button(say("scenarios.edit.apply", lang), key="scenario-widths-apply"):
        rows = edited.dropna(how="all")
        if rows.isna().any(axis=None) or rows.empty:
            st.warning(say("scenarios.edit.sized", lang))
            return
        _take_widths(item.id, sorted((float(c), float(w)) for c, w in rows.itertuples(index=False)))
        st.rerun()


@steps.guarded
def _take_widths(name: str, pairs: list[tuple[float, float]]) -> None:
    steps.do(Widths(do="widths", feature=name, widths_km=tuple(pairs)))


def _move(item: Item) -> None:
    lang = state.lang()
    with (
        st.expander(say("scenarios.edit.move", lang)),
        st.form("scenario-move", border=False, clear_on_submit=True),
    ):
        east = st.number_input(say("scenarios.edit.east", lang), -500.0, 500.0, 0.0, 0.5)
        north = st.number_input(say("scenarios.edit.north", lang), -500.0, 500.0, 0.0, 0.5)
        if st.form_submit_button(say("scenarios.edit.apply", lang)) and (east or north):
            azimuth = math.degrees(math.atan2(east, north)) % 360
            steps.do(Move(do="move", feature=item.id, by_km=math.hypot(east, north), azimuth_deg=azimuth))  # fmt: skip
            st.rerun()


def _turn(item: Item) -> None:
    lang = state.lang()
    with (
        st.expander(say("scenarios.edit.turn", lang)),
        st.form("scenario-turn", border=False, clear_on_submit=True),
    ):
        by = st.number_input(say("scenarios.edit.turn-by", lang), -180.0, 180.0, 0.0, 1.0)
        if st.form_submit_button(say("scenarios.edit.apply", lang)) and by:
            steps.do(Turn(do="turn", feature=item.id, by_deg=by))
            st.rerun()
