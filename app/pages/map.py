"""地图: search or click anything for its card and what lies there; measure; layers and basemaps."""

from __future__ import annotations

from typing import Any

import pandas as pd
import shapely
import streamlit as st

from app import data, frame, inputs, inspect, maps, memo, mine, own_areas, search, state, take
from geo.analysis.drawn import drawn
from geo.analysis.here import Here
from geo.maps.basemaps import BASEMAPS, feature_from, features_on, key_problem, place_from
from geo.maps.ground import View, ground_call, highlight_features, view_of
from geo.maps.layers import DRAW_ORDER, GROUPS, held_layers
from geo.maps.legend import legend_html
from geo.maps.my_points import MOST_DOTS, area_features, dot_features, square_features
from geo.maps.web import Group, features_json, group_of, layer_json, units_attribution
from geo.measure import Datum, area_km2
from geo.words import say
from geo.words.figures import figure

__all__ = ["PARAMETERS", "show"]

OWN = state.Switch("own", True)
PARAMETERS = (search.QUERY, search.PICK, search.AT, search.DATUM, OWN)
_KEY = "tianditu-key"
_NEAR_DEG = 0.02


def show() -> None:
    """Draw the page."""
    lang = state.lang()
    frame.intro("here.page.intro")
    with frame.controls():
        _layer_control()
        _basemap_control()
    search.show()
    if search.chosen().token:
        inspect.verdict(search.chosen())
    chart, panel = st.columns([3, 1])
    with chart:
        drawings = _map()
    with panel:
        what = search.chosen()
        measured = _measured(drawings)
        place = inspect.show(what)
        with st.expander(say("map.legend.title", lang), expanded=what.id is None and what.lon is None):  # fmt: skip
            keys = [k for k in state.layers() if k != "units" or data.units() is not None]
            st.html(legend_html(data.shown(), lang, keys=keys))
            _own_legend()
            st.caption(say("here.drawn.hint", lang))
    _counts()
    _along(place, measured)


def _layer_control() -> None:
    lang = state.lang()
    st.markdown(f"**{say('app.map.layers', lang)}**")
    # A layer that has nothing to draw is not offered, and stays as it is.
    chosen, offered = set(state.layers()), held_layers(data.shown(), units=data.units() is not None)
    for group, members in GROUPS.items():
        name, keys = f"layers-{group}", [k for k in members if k in offered]
        if not keys:
            continue
        before = st.session_state.get(name, chosen) or ()
        st.session_state[name] = [k for k in keys if k in before]
        st.pills(
            say(f"map.group.{group}", lang),
            list(keys),
            selection_mode="multi",
            format_func=lambda key: say(f"map.layer.{key}", lang),
            key=name,
        )
    shown = {k for group in GROUPS for k in (st.session_state.get(f"layers-{group}") or [])}
    shown |= chosen - set(offered)
    state.remember(state.LAYERS, [k for k in state.LAYERS.listed() if k in shown])
    if mine.current() is not None or own_areas.current() is not None:
        inputs.switch(OWN, say("here.page.own", lang))
    inputs.ring(say("app.map.ring", lang), say("app.map.ring-help", lang))


def _basemap_control() -> None:
    lang = state.lang()
    chosen = inputs.choice(state.BASEMAP, say("app.map.basemap", lang), lambda b: say(f"map.basemap.{b}", lang))  # fmt: skip
    source = BASEMAPS[chosen]
    if source is not None and source.needs_key:
        if "w:key" not in st.session_state:
            st.session_state["w:key"] = st.session_state.get(_KEY, "")
        key = st.text_input(
            say("here.page.key", lang), key="w:key", type="password", help=say("here.page.key-help", lang),
            autocomplete="off",
        )  # fmt: skip
        st.session_state[_KEY] = (key or "").strip()
        if not st.session_state[_KEY]:
            st.info(say("app.map.key-missing", lang))
        elif key_problem(st.session_state[_KEY]):
            st.warning(say("here.page.key-odd", lang))
    elif source is not None and source.datum is Datum.GCJ02:
        st.caption(say("here.page.shifted", lang))


def _basemap() -> tuple[str, str]:
    """Return the basemap that can be shown, and the person's key to it."""
    source = BASEMAPS[state.basemap()]
    if source is None or not source.needs_key:
        return state.basemap(), ""
    key = str(st.session_state.get(_KEY) or "")
    return (source.id, key) if key and not key_problem(key) else ("none", "")


def _map() -> list[dict[str, Any]]:
    """Draw the map; what is clicked is chosen, and what is drawn is returned in WGS84."""
    basemap, key = _basemap()
    if not state.layers():
        st.info(say("app.map.none-selected", state.lang()))
    what = search.chosen()
    shape = _shape(what) if what.token else None
    groups = [*_layers(basemap), *_own(basemap)]
    if shape is not None:
        groups.append(group_of(features_json(highlight_features([shape], basemap=basemap))))
    clicked = maps.draw(
        groups, key="map", height=620, drawing=("line", "polygon"),
        further=ground_call(state.lang(), basemap=basemap, key=key, view=_view(what, shape)),
    )  # fmt: skip
    _take_click(clicked, basemap, stale=shape is not None)
    return [feature_from(basemap, f) for f in clicked.drawings]


def _shape(what: search.Chosen) -> Any:
    return None if what.id is None else inspect.shape_of_id(what.id)


def _view(what: search.Chosen, shape: Any) -> View | None:
    if not what.token:
        return None
    if shape is not None and shape.geom_type != "Point":
        return view_of(what.token, shape)
    lon, lat = (shape.x, shape.y) if shape is not None else (what.lon, what.lat)
    if lon is None or lat is None:
        return None
    around = (lon - _NEAR_DEG, lat - _NEAR_DEG, lon + _NEAR_DEG, lat + _NEAR_DEG)
    return View(what.token, around, (lon, lat), 14)


def _take_click(clicked: maps.Clicked, basemap: str, *, stale: bool) -> None:
    """Make a new click what the person looks at."""
    if clicked.lon is None or clicked.lat is None:
        return
    now = (clicked.lon, clicked.lat)
    if st.session_state.get("map:clicked") == now:
        return
    st.session_state["map:clicked"] = now
    lon = (clicked.lon + 180) % 360 - 180
    search.choose(clicked.id, place_from(basemap, lon, clicked.lat), move=False)
    if stale:
        # What was searched for is no longer looked at: it is drawn once more without.
        st.rerun()


def _layers(basemap: str) -> list[Group]:
    lang, ring = state.lang(), state.ring_km()
    shown = [k for k in DRAW_ORDER if k in state.layers()]
    credit = units_attribution(data.units()) if "units" in shown else ""
    base = data.as_published()

    def text(key: str) -> str:
        if base or key == "units":
            return data.layer_text(key, lang, ring, basemap)
        name = ("layer", data.key(), key, lang, ring if key == "rings" else None, basemap)
        return memo.kept(name, lambda: layer_json(data.shown(), key, lang, ring_km=ring, basemap=basemap))  # fmt: skip

    return [group_of(text(k), credit if k == "units" else "") for k in shown]


def _own(basemap: str) -> list[Group]:
    """Return the person's footprints and points."""
    if not state.value_of(OWN):
        return []
    lang, groups = state.lang(), []
    areas, own = own_areas.current(), mine.current()
    if areas is not None and len(areas.areas):
        shapes = areas.areas.frame
        key = ("map areas", areas.key, lang, basemap)
        groups.append(memo.kept(key, lambda: _group(area_features(shapes, [area_km2(g) for g in shapes.geometry], lang), basemap)))  # fmt: skip
    if own is not None and len(own.points):
        key = ("map points", own.key, lang, basemap)
        groups.append(memo.kept(key, lambda: _group(_point_features(own), basemap)))
    return groups


def _group(features: list[dict[str, Any]], basemap: str) -> Group:
    return group_of(features_json(features_on(basemap, features)))


def _point_features(own: mine.Mine) -> list[dict[str, Any]]:
    table, lang = own.points.frame, state.lang()
    lon, lat = inspect.lonlat(own)
    if len(table) > MOST_DOTS:
        return square_features(inspect.squares_of_own(own), lang)
    labels = [""] * len(table) if own.label is None else ["" if v is None or v != v else str(v) for v in table[own.label]]  # fmt: skip
    return dot_features(lon, lat, table["row"].tolist(), labels, lang)


def _own_legend() -> None:
    own, lang = mine.current(), state.lang()
    if own is None or not len(own.points) or not state.value_of(OWN):
        return
    if len(own.points) > MOST_DOTS:
        st.caption(say("here.page.squares", lang, km=figure(inspect.squares_of_own(own).km)))
    else:
        st.caption(say("here.page.dots", lang))


def _measured(drawings: list[dict[str, Any]]) -> tuple[pd.DataFrame, str] | None:
    """Show the measures of what was drawn, and return its legs and its outline as text."""
    lang = state.lang()
    for feature in drawings:
        shape = shapely.geometry.shape(feature["geometry"])
        if shape.geom_type not in ("LineString", "Polygon"):
            continue
        found = drawn(shape)
        with st.container(border=True):
            st.markdown(f"**{say('here.drawn.title', lang)}**")
            if found.kind == "line":
                lines = inspect.passes_lines(shape, 0.0)
                st.markdown(say("here.drawn.line", lang, km=figure(found.length_km, 5), n=len(found.legs)))  # fmt: skip
                st.caption("  \n".join(frame.plain(line) for line in lines))
            elif found.area_km2 is None:
                st.warning(say("here.drawn.crossing", lang))
            else:
                st.markdown(say("here.drawn.polygon", lang, km2=figure(found.area_km2, 5), km=figure(found.length_km, 5)))  # fmt: skip
            with st.expander(say("here.drawn.legs", lang)):
                frame.table(found.legs[["leg", "length_km", "azimuth_deg"]])
        return found.legs, shapely.to_wkt(shape, rounding_precision=7)
    return None


def _counts() -> None:
    lang, layout = state.lang(), data.shown()
    claim = layout.claims[layout.claims["of"] == "counted"]
    labs = [i for i in layout if getattr(i.properties, "counted", False)]
    if len(claim):
        st.caption(
            say("app.map.located", lang, total=f"{claim['value'].iloc[0]:.0f}",
                n=sum(i.located for i in labs), unlocated=len(layout.unlocated))
        )  # fmt: skip


def _along(place: Here | None, measured: tuple[pd.DataFrame, str] | None) -> None:
    take.map_view(state.layers(), ring_km=state.ring_km())
    if place is not None:
        at = f"{place.lon!r}, {place.lat!r}, err_m={place.provenance.parameters['err_m']!r}"
        units = "" if data.units() is None else "units=geo.read_units(layout), "
        calls = [
            f"found = geo.here(layout, {at}, {units}ring_km=ring_km)",
            *(f"{name} = found.{name}" for name in place.tables),
        ]
        take.along("here", place.tables, calls=calls, methods=[place.provenance])
    if measured is not None:
        legs, text = measured
        calls = [
            "from shapely import from_wkt",
            "from geo.analysis.drawn import drawn",
            f"legs = drawn(from_wkt({text!r})).legs",
        ]
        take.along("measured", {"legs": legs}, calls=calls)
