"""What the person sees, kept in the address: language, layers, ring width, basemap."""

from __future__ import annotations

import streamlit as st

from app.data import RING_KM
from geo.maps.basemaps import BASEMAPS
from geo.maps.layers import DEFAULT_LAYERS, LAYER_KEYS
from geo.words import LANGUAGES, Lang

__all__ = [
    "RING_MAX",
    "RING_MIN",
    "address_problems",
    "basemap",
    "lang",
    "layers",
    "read_address",
    "ring_km",
    "write_address",
]

RING_MIN, RING_MAX = 0.2, 5.0


def read_address() -> None:
    """Take the state from the address, once a session; what is not valid is ignored and said."""
    if st.session_state.get("read_address"):
        return
    state, bad = st.session_state, []
    state["read_address"] = True
    query = {k: st.query_params[k][:500] for k in st.query_params}
    state.setdefault("lang", "zh")
    state.setdefault("layers", list(DEFAULT_LAYERS))
    state.setdefault("ring", RING_KM)
    state.setdefault("basemap", "none")
    for key, text in query.items():
        if key == "lang" and text in LANGUAGES:
            state["lang"] = text
        elif key == "layers":
            names = [n for n in text.split(".") if n]
            bad += [f"layers={n}" for n in names if n not in LAYER_KEYS]
            state["layers"] = [n for n in LAYER_KEYS if n in names]
        elif key == "ring" and _ring(text) is not None:
            state["ring"] = _ring(text)
        elif key == "basemap" and text in BASEMAPS:
            state["basemap"] = text
        else:
            bad.append(f"{key}={text}")
    if bad:
        state["address_problems"] = [part[:60] for part in bad[:5]]


def _ring(text: str) -> float | None:
    try:
        value = round(float(text), 1)
    except ValueError:
        return None
    return value if RING_MIN <= value <= RING_MAX else None


def write_address() -> None:
    """Put the state into the address, so that a link is enough to show the same again."""
    wanted = {
        "lang": lang(),
        "layers": ".".join(layers()),
        "ring": f"{ring_km():g}",
        "basemap": basemap(),
    }
    if dict(st.query_params) != wanted:
        st.query_params.from_dict(wanted)


def address_problems() -> list[str]:
    """Return, once, what in the address was ignored."""
    parts: list[str] = st.session_state.pop("address_problems", [])
    return parts


def lang() -> Lang:
    """Return the language chosen."""
    value: Lang = st.session_state.get("lang") or "zh"
    return value


def layers() -> list[str]:
    """Return the layers switched on, in the order of the layout."""
    chosen = st.session_state.get("layers", DEFAULT_LAYERS)
    return [key for key in LAYER_KEYS if key in chosen]


def ring_km() -> float:
    """Return the width of the campus rings in km."""
    return float(st.session_state.get("ring", RING_KM))


def basemap() -> str:
    """Return the basemap chosen."""
    return str(st.session_state.get("basemap", "none"))
