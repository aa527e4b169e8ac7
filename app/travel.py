"""How one gets about: along straight lines, or along the network that a person brings to the session."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

import geo
from app import frame, inputs, state, upload_panel
from geo.errors import CorridorError
from geo.network.graph import MODES, Network
from geo.network.travel import DETOUR, Straight, Travel
from geo.words import say

__all__ = ["PARAMETERS", "ask", "call", "key", "note", "quick"]

DETOUR_FACTOR = state.Number("detour", DETOUR, 1.0, 2.0, 0.05)
SPEED = state.Number("speed", 40.0, 4.0, 120.0, 1.0)
PARAMETERS = (DETOUR_FACTOR, SPEED)
_SLOT = "network"
_HOW = ("straight", "network")
_QUICK = 2_000_000
"""Nodes that searches look at in some 0.3 s."""
_FORMS = ["pbf", "graphml", "gpkg", "geojson", "json", "kml", "zip", "fgb", "parquet"]


@dataclass(frozen=True)
class _Held:
    """The network of a session."""

    key: str
    network: Network


def ask() -> Travel:
    """Show the controls and return how one gets about; a network is remembered in the session."""
    lang = state.lang()
    held: _Held | None = st.session_state.get(_SLOT)
    wanted = st.segmented_control(
        say("travel.page.how", lang), _HOW, default="network" if held else "straight",
        format_func=lambda how: say(f"travel.page.{how}", lang), key=f"w:{state.page()}:travel-how", required=True,
    )  # fmt: skip
    if wanted == "network":
        found = _network()
        if found is not None:
            return found
    else:
        st.session_state.pop(_SLOT, None)
    detour = inputs.number(DETOUR_FACTOR, say("travel.page.detour", lang), say("travel.page.detour-help", lang))  # fmt: skip
    speed = inputs.number(SPEED, say("travel.page.speed", lang))
    return Straight(detour, speed)


def _network() -> Network | None:
    lang = state.lang()
    mode = st.selectbox(
        say("travel.page.mode", lang), MODES, format_func=lambda m: say(f"travel.page.mode-{m}", lang),
        key=f"w:{state.page()}:travel-mode",
    )  # fmt: skip
    speed = None
    if mode == "user":
        speed = inputs.number(SPEED, say("travel.page.speed", lang))
    file = st.file_uploader(
        say("travel.page.upload", lang), type=_FORMS, help=say("travel.page.upload-help", lang), key=f"w:{state.page()}:travel-file"
    )  # fmt: skip
    held: _Held | None = st.session_state.get(_SLOT)
    if file is None:
        if held is None:
            st.caption(say("travel.page.none-yet", lang))
            return None
    else:
        own = f"{file.file_id}:{mode}:{speed}"
        if held is None or held.key != own:
            held = _built(own, file.name, file.getvalue(), mode, speed)
    if held is None:
        return None
    made = held.network
    words = say("travel.page.loaded", lang, name=made.name, nodes=len(made.lon), edges=len(made), km=float(made.km.sum()))  # fmt: skip
    st.caption(frame.plain(words))
    return made


def _built(own: str, name: str, content: bytes, mode: str, speed: float | None) -> _Held | None:
    """Return the network of an uploaded file; what cannot be read is said."""
    lang = state.lang()
    st.session_state.pop(_SLOT, None)
    try:
        with st.spinner(say("travel.page.building", lang)), tempfile.TemporaryDirectory() as folder:
            # Nothing of a person's file is kept: neither this copy nor a network built from it.
            path = Path(folder) / Path(name).name
            path.write_bytes(content)
            network = geo.read_network(path, mode=mode, speeds=speed, cache=False)
    except CorridorError as error:
        upload_panel.refused(error)
        return None
    held = _Held(own, network)
    st.session_state[_SLOT] = held
    return held


def key() -> tuple[object, ...]:
    """Return all that costs depend on, for memory."""
    held: _Held | None = st.session_state.get(_SLOT)
    if held is not None:
        return ("network", held.key)
    return ("straight", state.value_of(DETOUR_FACTOR), state.value_of(SPEED))


def call(travel: Travel) -> str:
    """Return the line of Python that gives the same way of getting about."""
    if isinstance(travel, Straight):
        return f"travel = geo.Straight(detour={travel.detour!r}, speed_kmh={travel.speed_kmh!r})"
    own = travel.parameters
    return f"travel = geo.read_network({own.get('name', '')!r}, mode={own.get('mode', 'drive')!r})"


def quick(travel: Travel, searches: int) -> bool:
    """Return whether so many searches are answered at once; along straight lines they all are."""
    return not isinstance(travel, Network) or searches * len(travel.lon) <= _QUICK


def note(travel: Travel) -> None:
    """Say whether costs are estimates or measured along a network."""
    frame.note(travel.says(state.lang()))
