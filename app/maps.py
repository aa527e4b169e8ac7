"""The map of a page: a constant ground, and on it what the page shows; a click comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from app import component, data, memo, state
from geo.maps.drawing import KINDS, add_drawing, shapes_call
from geo.maps.web import (
    Group,
    base_map,
    features_json,
    group_of,
    layer_json,
    layers_call,
    units_attribution,
)
from geo.words import Lang

__all__ = ["Clicked", "draw", "ground"]

_GROUND = ("units", "rivers")
_OUTLINES = ("belts", "rings", "university-belts", "corridors", "zones", "axes", "seats")
_QUIET = {"fillOpacity": 0.04, "opacity": 0.65}


@dataclass(frozen=True)
class Clicked:
    """What was clicked on a map.

    Attributes
    ----------
    id
        Of the feature, where one was hit.
    lon, lat
        Place of the click, WGS84 degrees (on a basemap of another datum: of that datum).
    drawings
        What was drawn, as GeoJSON features.
    fresh
        Whether the click was not seen by an earlier run of the page.
    """

    id: str | None = None
    lon: float | None = None
    lat: float | None = None
    drawings: list[dict[str, Any]] = field(default_factory=list)
    fresh: bool = False


def ground(*, footprints: bool = True, names: bool = True) -> list[Group]:
    """Return units, rivers and, quietly, the outlines of the layout that is shown.

    Parameters
    ----------
    footprints
        Whether outlines, axes and seats are drawn, or only units and rivers.
    names
        Whether things are named on the map.
    """
    lang, credit = state.lang(), units_attribution(data.units())
    keys = (*_GROUND, *_OUTLINES) if footprints else _GROUND
    return [
        group_of(_quiet_text(key, lang, names), credit if key == "units" else "") for key in keys
    ]


def _quiet_text(key: str, lang: Any, names: bool) -> str:
    layer = _base_text if data.as_published() else _shown_text
    return layer(key, lang, state.ring_km() if key == "rings" else data.RING_KM, names)


def _base_text(key: str, lang: Any, ring_km: float, names: bool) -> str:
    what = ("quiet layer", key, lang, ring_km, names)
    return data.of_layout(what, lambda: _text(data.layout(), key, lang, ring_km, names))


def _shown_text(key: str, lang: Any, ring_km: float, names: bool) -> str:
    name = ("quiet layer", data.key(), key, lang, ring_km, names)
    return memo.kept(name, lambda: _text(data.shown(), key, lang, ring_km, names))


def _text(layout: Any, key: str, lang: Any, ring_km: float, names: bool) -> str:
    import json

    own = data.units() if key == "units" else None
    text = layer_json(layout, key, lang, units=own, ring_km=ring_km)
    features = json.loads(text)["features"]
    for feature in features:
        words = feature["properties"]
        if key in _OUTLINES and feature["geometry"]["type"].endswith("Polygon"):
            words["st"] = words["st"] | _QUIET
        if not names:
            words.pop("label", None)
    return features_json(features)


def draw(
    groups: Sequence[Group],
    *,
    key: str,
    height: int = 480,
    focus: tuple[float, float, int] | None = None,
    drawing: Sequence[str] | None = None,
    shapes: Sequence[dict[str, Any]] = (),
    token: str = "",
    further: str = "",
) -> Clicked:
    """Draw a map and return what was clicked or drawn on it.

    Parameters
    ----------
    groups
        What is on it, in order.
    key
        Of the map on its page.
    height
        Pixels.
    focus
        Longitude, latitude and zoom that the map moves to.
    drawing
        Kinds of shapes that can be drawn: ``line``, ``polygon``, ``point``.
    shapes
        Features of ``geo.maps.drawing`` that can be edited; the map stays as it is when they change.
    token
        Another text clears what was drawn.
    further
        A script for the map, such as of ``geo.maps.ground``, that runs when it or the layers change.
    """
    # In the component's own order: else it takes its first answer for a new one, and the page runs twice.
    wanted = ["last_clicked", "last_object_clicked", "last_object_clicked_tooltip"]
    kinds = None if drawing is None and not shapes else tuple(drawing or ())
    call = layers_call(groups) + further
    if kinds is not None:
        wanted.append("all_drawings")
        call += shapes_call(shapes, token, kinds)
    # The tools stay the same, and so the map; what they offer comes with the layers.
    answer = component.show(
        _ground(None if kinds is None else KINDS, state.lang()),
        call,
        key=key,
        height=height,
        returned=wanted,
        center=(focus[1], focus[0]) if focus else None,
        zoom=focus[2] if focus else None,
    )
    return _clicked(answer, key)


def _ground(kinds: tuple[str, ...] | None, lang: Lang) -> component.Ground:
    def make() -> component.Ground:
        chart = base_map(data.layout())
        if kinds is not None:
            add_drawing(chart, kinds=kinds, lang=lang)
        return component.ground_of(chart)

    return data.of_layout(("ground", kinds, lang), make)


def _clicked(answer: dict[str, Any], key: str) -> Clicked:
    at, hit = answer.get("last_clicked"), answer.get("last_object_clicked")
    tooltip = str(answer.get("last_object_clicked_tooltip") or "")
    # A click on a thing is a click on the map as well; a later click beside it leaves the thing's
    # tooltip standing, but at another place.
    name = tooltip.rpartition("№")[2].strip() if hit and (at is None or hit == at) else ""
    place = at or hit
    seen, now = f"clicked:{state.page()}:{key}", repr((at, hit))
    fresh = place is not None and st.session_state.get(seen) != now
    st.session_state[seen] = now
    return Clicked(
        id=name or None,
        lon=float(place["lng"]) if place else None,
        lat=float(place["lat"]) if place else None,
        drawings=list(answer.get("all_drawings") or []),
        fresh=fresh,
    )
