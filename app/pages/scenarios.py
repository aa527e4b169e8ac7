"""方案: the layout edited on the map, step by step, and compared with what it was."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import data, frame, inputs, maps, scenario_compare, scenario_editor, state
from app import scenario_state as steps
from geo.io.scenarios import change_words, parse_scenario, scenario_text
from geo.maps.ground import ground_call, view_of
from geo.model.items import Item
from geo.words import name_of, say
from geo.words.figures import figure
from geo.words.imperial import in_other_units

__all__ = ["PARAMETERS", "show"]

_LAYERS = ("corridor", "belt", "zone", "node")
_PICKED = "scenario-picked"


def _features() -> list[str]:
    layer: Any = inputs.value_of(LAYER)
    return [item.id for item in data.shown().of_layer(layer)]


VIEW = state.Choice("view", ("edit", "maps", "diff"))
LAYER = state.Choice("layer", _LAYERS)
FEATURE = state.Choice("f", _features)
PARAMETERS = (VIEW, LAYER, FEATURE, *scenario_compare.PARAMETERS)


def show() -> None:
    """Draw the page."""
    lang = state.lang()
    steps.follow()
    frame.intro("scenarios.page.intro")
    if (picked := st.session_state.pop(_PICKED, None)) is not None and picked in data.shown():
        inputs.put(LAYER, data.shown()[picked].properties.layer)
        inputs.put(FEATURE, picked)
    view = inputs.choice(VIEW, say("scenarios.page.view", lang), lambda v: say(f"scenarios.page.view-{v}", lang), form="segmented")  # fmt: skip
    if why := steps.wrong():
        st.error(say("scenarios.list.failed", lang))
        st.text(why[:2000])
    with frame.controls():
        item = _pick()
        if item is not None:
            scenario_editor.controls(item)
    if view == "edit":
        _edit(item)
    else:
        scenario_compare.show(view)


def _pick() -> Item | None:
    lang = state.lang()
    inputs.choice(LAYER, say("scenarios.page.layer", lang), lambda k: say(f"model.layer.{k}", lang), form="segmented")  # fmt: skip
    if not _features():
        st.caption(say("scenarios.page.none-here", lang))
        return None
    own = data.shown()
    chosen = inputs.choice(
        FEATURE, say("scenarios.page.feature", lang), lambda i: name_of(own[i], lang),
        help=say("scenarios.page.feature-help", lang),
    )  # fmt: skip
    return own[chosen]


def _edit(item: Item | None) -> None:
    chart, panel = st.columns([2, 1], gap="medium")
    with chart:
        _measures(item)
        clicked = maps.draw(
            maps.ground(), key="scenario-map", height=470, drawing=scenario_editor.tools(item),
            shapes=scenario_editor.shapes(item), token=steps.token(), further=_view(item),
        )  # fmt: skip
        _hint(item)
    if scenario_editor.take_drawings(clicked.drawings, item):
        st.rerun()
    if clicked.fresh and _can_be_picked(clicked.id, item):
        st.session_state[_PICKED] = clicked.id
        st.rerun()
    with panel:
        scenario_editor.new_node(clicked.drawings, item)
        _list()
        _file()


def _view(item: Item | None) -> str:
    """Return the script that takes the map to the chosen feature, where it is as published."""
    own = data.layout()[item.id] if item is not None and item.id in data.layout() else item
    shape = None if own is None else own.footprint if own.footprint is not None else own.geometry
    view = None if own is None or shape is None else view_of(own.id, shape)
    return ground_call(state.lang(), view=view)


def _can_be_picked(name: str | None, item: Item | None) -> bool:
    own = data.shown()
    return name in own and (item is None or name != item.id) and own[str(name)].properties.layer in _LAYERS  # fmt: skip


def _measures(item: Item | None) -> None:
    """Show what the geometry of the chosen feature gives, each with its difference from the base."""
    lang = state.lang()
    if item is None:
        return
    own = item.measures()
    old = data.layout()[item.id].measures() if item.id in data.layout() else {}
    if (belt := getattr(item, "shape", None)) is not None and hasattr(belt, "azimuth_deg"):
        own |= {"azimuth_deg": belt.azimuth_deg}
        before = (
            getattr(data.layout()[item.id], "shape", None) if item.id in data.layout() else None
        )
        old |= {"azimuth_deg": before.azimuth_deg} if before is not None else {}
    row = st.container(horizontal=True, vertical_alignment="top")
    row.markdown(f"**{frame.plain(name_of(item, lang))}**", width="content")
    for key in ("length_km", "width_km", "azimuth_deg", "area_km2"):
        if key not in own:
            continue
        label = say(f"scenarios.page.{key.split('_')[0]}", lang)
        value, change = f"{own[key]:,.2f}", own[key] - old.get(key, own[key])
        moved = f"{change:+,.2f}" if abs(change) >= 0.005 else None
        miles = in_other_units(label, value, lang) or None
        row.metric(label, value, moved, delta_color="off", help=miles, width="content")
    if "area_km2_low" in own:
        low, high = figure(own["area_km2_low"]), figure(own["area_km2_high"])
        row.caption(say("scenarios.page.band-of", lang, low=low, high=high), width="content")


def _hint(item: Item | None) -> None:
    lang = state.lang()
    hints = [say("scenarios.page.hint-new", lang)]
    if item is not None:
        kind = scenario_editor.kind_of(item)
        if item.geometry is None and kind in ("node", "area"):
            hints.insert(0, say(f"scenarios.page.no-position{'-node' if kind == 'node' else ''}", lang))  # fmt: skip
        else:
            hints.insert(0, say(f"scenarios.page.hint-{kind}", lang))
    st.caption(" ".join(hints))


def _list() -> None:
    """Show the changes in words, each with a way back."""
    lang, own = state.lang(), steps.current()
    st.markdown(f"**{say('scenarios.list.title', lang)}**")
    row = st.container(horizontal=True)
    row.button(say("scenarios.list.undo", lang), icon=":material/undo:", key="scenario-undo", on_click=steps.undo, disabled=not steps.can_undo())  # fmt: skip
    row.button(say("scenarios.list.redo", lang), icon=":material/redo:", key="scenario-redo", on_click=steps.redo, disabled=not steps.can_redo())  # fmt: skip
    row.button(say("scenarios.list.reset", lang), key="scenario-reset", on_click=steps.reset, disabled=not own.changes)  # fmt: skip
    if not own.changes:
        st.caption(say("scenarios.list.empty", lang))
    with st.container(height=240 if len(own.changes) > 3 else "content", border=False):
        for k, change in enumerate(own.changes, 1):
            words, way_back = st.columns([6, 1], gap="small", vertical_alignment="center")
            words.markdown(f"{k}. {frame.plain(change_words(data.layout(), own, change, lang))}")
            way_back.button(
                "", icon=":material/close:", key=f"scenario-drop-{k}", type="tertiary", on_click=steps.drop, args=(k,),
                help=say("scenarios.list.drop", lang, n=k),
            )  # fmt: skip


def _file() -> None:
    """Name, save and load."""
    lang, own = state.lang(), steps.current()
    st.session_state["scenario-name"] = name_of(own, lang)
    st.text_input(
        say("scenarios.list.name", lang), key="scenario-name", max_chars=100,
        on_change=lambda: steps.rename(st.session_state["scenario-name"], lang),
    )  # fmt: skip
    st.download_button(
        say("scenarios.list.save", lang), data=scenario_text(own).encode(), mime="application/json",
        file_name=f"{data.layout().id}-{own.id}.json", key="scenario-save", on_click="ignore",
        icon=":material/save:", help=say("scenarios.list.save-help", lang), disabled=not own.changes,
    )  # fmt: skip
    file = st.file_uploader(say("scenarios.list.load", lang), type=["json"], key="scenario-load")
    if file is not None and st.session_state.get("scenario-file") != file.file_id:
        st.session_state["scenario-file"] = file.file_id
        _load(file.getvalue(), file.name)
        st.rerun()


@steps.guarded
def _load(content: bytes, name: str) -> None:
    found = parse_scenario(content, name)
    steps.replace(found)
    st.toast(say("scenarios.list.loaded", state.lang(), name=frame.plain(name_of(found, state.lang())), n=len(found.changes)))  # fmt: skip
