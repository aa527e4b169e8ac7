"""地图: the layout, layer by layer; a click on anything shows its card."""

from __future__ import annotations

import streamlit as st
from streamlit_folium import st_folium

from app import data, frame, state
from geo.maps.basemaps import BASEMAPS
from geo.maps.layers import DRAW_ORDER, GROUPS, card_html
from geo.maps.legend import legend_html
from geo.maps.web import base_map, group_of, units_attribution
from geo.words import Lang, name_of, say

__all__ = ["show"]


def show() -> None:
    """Draw the page."""
    lang = state.lang()
    with st.sidebar:
        _layer_control()
    chart, panel = st.columns([3, 1])
    with chart:
        clicked = _map()
    with panel:
        _inspect(clicked)
        with st.expander(say("map.legend.title", lang), expanded=not clicked):
            st.html(legend_html(data.layout(), lang, keys=state.layers()))
    _counts()
    _exports()


def _layer_control() -> None:
    lang = state.lang()
    st.markdown(f"**{say('app.map.layers', lang)}**")
    chosen = set(state.layers())
    for group, keys in GROUPS.items():
        name = f"layers-{group}"
        if name not in st.session_state:
            st.session_state[name] = [k for k in keys if k in chosen]
        st.pills(
            say(f"map.group.{group}", lang),
            list(keys),
            selection_mode="multi",
            format_func=lambda key: say(f"map.layer.{key}", lang),
            key=name,
        )
    st.session_state["layers"] = [
        k for group in GROUPS for k in (st.session_state.get(f"layers-{group}") or [])
    ]
    ring = st.slider(
        say("app.map.ring", lang), state.RING_MIN, state.RING_MAX, state.ring_km(), 0.1,
        help=say("app.map.ring-help", lang), key="ring-slider",
    )  # fmt: skip
    st.session_state["ring"] = round(float(ring), 1)
    names = list(BASEMAPS)
    chosen_map = st.selectbox(
        say("app.map.basemap", lang), names, names.index(state.basemap()),
        format_func=lambda name: say(f"map.basemap.{name}", lang), key="basemap-box",
    )  # fmt: skip
    st.session_state["basemap"] = chosen_map
    source = BASEMAPS[chosen_map]
    if source is not None and source.needs_key:
        st.text_input(say("app.map.key", lang), key="basemap-key", type="password")


def _map() -> str | None:
    """Draw the map and return the id of what was clicked."""
    lang, layout = state.lang(), data.layout()
    basemap, key = state.basemap(), str(st.session_state.get("basemap-key") or "")
    source = BASEMAPS[basemap]
    if source is not None and source.needs_key and not key:
        st.info(say("app.map.key-missing", lang))
        basemap = "none"
    shown = [k for k in DRAW_ORDER if k in state.layers()]
    if not shown:
        st.info(say("app.map.none-selected", lang))
    credit = units_attribution(data.units()) if "units" in shown else ""
    groups = [
        group_of(data.layer_text(k, lang, state.ring_km(), basemap), credit if k == "units" else "")
        for k in shown
    ]
    answer = st_folium(
        base_map(layout, basemap=basemap, key=key),
        feature_group_to_add=groups,
        returned_objects=["last_object_clicked_tooltip"],
        use_container_width=True,
        height=620,
        key="map",
    )
    tooltip = str((answer or {}).get("last_object_clicked_tooltip") or "")
    # The tooltip ends with the feature's id; its text comes without line breaks.
    return tooltip.rpartition("№")[2].strip() or None


def _inspect(clicked: str | None) -> None:
    """Show the card of what was clicked."""
    lang = state.lang()
    found = _row_of(clicked) if clicked else None
    if found is None:
        st.info(say("app.map.inspect", lang))
        return
    with st.container(border=True):
        st.html(
            f'<div style="line-height:1.6;overflow-wrap:anywhere">{card_html(found, lang)}</div>'
        )
        if found["layer"] == "node":
            _lies_in(str(found["id"]))
        claims = data.audit()
        own = claims[claims["subject"] == found["id"]]
        if len(own):
            st.markdown(f"**{say('app.map.claims', lang)}**")
            for claim in own.to_dict("records"):
                verdict = say(f"audit.verdict.{claim['verdict']}", lang)
                text = f"{name_of(claim, lang, 'label')} — {verdict}: {name_of(claim, lang, 'why')}"
                st.caption(frame.plain(text))


def _lies_in(node: str) -> None:
    lang = state.lang()
    member = data.nodes_in(state.ring_km())
    own = member[member["node"] == node]
    if len(own):
        st.markdown(f"**{say('app.map.lying', lang)}**")
    lines = []
    for row in own.to_dict("records"):
        sure = "surely" if row["low"] else "central" if row["central"] else "probably"
        lines.append(f"{name_of(row, lang, 'footprint')}: {say(f'app.map.{sure}', lang)}")
    st.caption("  \n".join(frame.plain(line) for line in lines))


def _row_of(name: str) -> dict[str, object] | None:
    """Return the row of a feature by its id: of the layout, a ring or a unit."""
    layout = data.layout()
    if name.startswith("unit:"):
        units = data.units()
        if units is None:
            return None
        hit = units[units["adcode"] == name.removeprefix("unit:")]
        return None if not len(hit) else _unit_row(hit.to_dict("records")[0])
    if name.startswith("campus-ring-"):
        frames = [layout.rings(state.ring_km())]
    elif name in layout:
        layer = layout[name].properties.layer
        frames = [getattr(layout, f"{layer}s")]
    else:
        return None
    for table in frames:
        hit = table[table["id"] == name]
        if len(hit):
            return {str(k): v for k, v in hit.to_dict("records")[0].items()}
    return None


def _unit_row(row: dict[str, object]) -> dict[str, object]:
    from geo.measure import area_km2

    area = area_km2(row["geometry"])
    return row | {
        "id": f"unit:{row['adcode']}", "kind": "unit", "layer": "unit", "status": "digitised",
        "confidence": "medium", "area_km2": area, "as_of": "",
    }  # fmt: skip


def _counts() -> None:
    lang, layout = state.lang(), data.layout()
    claim = layout.claims[layout.claims["of"] == "counted"]
    labs = [i for i in layout if getattr(i.properties, "counted", False)]
    if len(claim):
        st.caption(
            say("app.map.located", lang, total=f"{claim['value'].iloc[0]:.0f}",
                n=sum(i.located for i in labs), unlocated=len(layout.unlocated))
        )  # fmt: skip


def _exports() -> None:
    lang = state.lang()
    layers = tuple(state.layers())
    with st.expander(say("app.map.prepare", lang)):
        row = st.container(horizontal=True)
        row.download_button(
            say("app.map.download", lang),
            data=lambda: data.offline_map(lang, layers, state.ring_km()),
            file_name=f"{data.layout().id}-map.html", mime="text/html", key="download-map",
            on_click="ignore",
        )  # fmt: skip
        row.download_button(
            say("app.map.print", lang),
            data=lambda: _print(lang),
            file_name=f"{data.layout().id}-map.pdf", mime="application/pdf", key="download-pdf",
            on_click="ignore",
        )  # fmt: skip


def _print(lang: Lang) -> bytes:
    from geo.maps.static import map_file

    return map_file(
        data.layout(), lang, units=data.units(), layers=state.layers(), ring_km=state.ring_km()
    )
