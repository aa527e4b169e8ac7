"""The person's own footprints: one set a session, in memory only."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from geo.io.areas import Areas

__all__ = ["OwnAreas", "current", "forget", "take"]

_SLOT = "own-areas"


@dataclass(frozen=True)
class OwnAreas:
    """Footprints that a person brought along.

    Attributes
    ----------
    name
        Of the file.
    key
        Names the file and how it was read, for memory.
    areas
        The footprints, WGS84.
    err_m
        Positional error of their outlines, as stated.
    """

    name: str
    key: str
    areas: Areas
    err_m: float


def current() -> OwnAreas | None:
    """Return the footprints of this session, or ``None``."""
    found: OwnAreas | None = st.session_state.get(_SLOT)
    return found


def take(own: OwnAreas) -> None:
    """Make footprints those of this session."""
    st.session_state[_SLOT] = own


def forget() -> None:
    """Forget the footprints of this session."""
    st.session_state.pop(_SLOT, None)
