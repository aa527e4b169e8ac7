"""What the pages show, computed by ``geo`` once and shared; nothing here is changed afterwards."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zlib

import geopandas as gpd
import pandas as pd
import streamlit as st

import geo
from app import memo
from geo.analysis.checks import PrintedBelt, printed_belts
from geo.analysis.footprints import footprints_of
from geo.errors import LayoutError, UnitsError
from geo.io.scenarios import scenario_text
from geo.maps.layers import DEFAULT_LAYERS, LAYER_KEYS
from geo.maps.web import layer_json
from geo.model.layout import Layout
from geo.model.scenario import Scenario, apply_scenario
from geo.serve import LAYOUT_VARIABLE
from geo.words import LANGUAGES, Lang

__all__ = [
    "RING_KM", "audit", "coverage_tables", "key", "layer_text", "layout",
    "printed", "scenario", "scenario_address", "scenario_from_address", "shown",
    "tables_of", "take_scenario", "units", "warm",
]  # fmt: skip

RING_KM = 1.0
"""Width of the campus rings at first."""
MOST_ADDRESS, MOST_UNPACKED = 1800, 65_536
"""So many signs a scenario may take in an address, and so many bytes unpacked."""


@st.cache_resource(show_spinner=False)
def layout() -> Layout:
    """Return the layout that the application was started with."""
    name = os.environ.get(LAYOUT_VARIABLE, geo.datasets.DEFAULT)
    return geo.load_layout(name) if name in geo.layouts() else geo.read_layout(name)


def scenario() -> Scenario | None:
    """Return the scenario of this session, or ``None`` for the layout as published."""
    found: Scenario | None = st.session_state.get("scenario")
    return found


def take_scenario(changed: Scenario | None) -> None:
    """Make a scenario that of this session.

    Raises
    ------
    LayoutError
        If it does not fit the layout; the session then keeps the one it had.
    """
    if changed is not None and changed.changes:
        apply_scenario(layout(), changed)
    st.session_state["scenario"] = changed


def shown() -> Layout:
    """Return the layout that the pages measure: with the scenario of this session applied."""
    changed = scenario()
    if changed is None or not changed.changes:
        return layout()
    return memo.kept(("layout", key()), lambda: apply_scenario(layout(), changed))


def key() -> str:
    """Return the name of the layout and its scenario, for memory."""
    changed = scenario()
    if changed is None or not changed.changes:
        return layout().id
    return f"{layout().id}:{hashlib.sha256(scenario_text(changed).encode()).hexdigest()[:16]}"


def scenario_address() -> str:
    """Return the scenario as an address holds it; blank for none or where it is too long."""
    changed = scenario()
    if changed is None:
        return ""
    text = json.dumps(changed.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)
    packed = base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")
    return packed if len(packed) <= MOST_ADDRESS else ""


def scenario_from_address(text: str) -> bool:
    """Take the scenario that an address holds; return whether it is a valid one."""
    if len(text) > MOST_ADDRESS:
        return False
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        plain = zlib.decompressobj().decompress(packed, MOST_UNPACKED)
        take_scenario(Scenario.of(json.loads(plain)))
    except (ValueError, zlib.error, LayoutError, RecursionError):
        return False
    return True


@st.cache_resource(show_spinner=False)
def units(level: str = "county") -> gpd.GeoDataFrame | None:
    """Return the administrative units, or ``None`` where there are none."""
    try:
        return geo.read_units(layout(), "city" if level == "city" else "county")
    except UnitsError:
        return None


def layer_text(key: str, lang: Lang, ring_km: float, basemap: str) -> str:
    """Return a map layer of the layout as published as text."""
    # Of the width of the rings only the rings depend.
    return _layer_text(key, lang, ring_km if key == "rings" else RING_KM, basemap)


@st.cache_resource(show_spinner=False, max_entries=400)
def _layer_text(key: str, lang: Lang, ring_km: float, basemap: str) -> str:
    own = units() if key == "units" else None
    return layer_json(layout(), key, lang, units=own, ring_km=ring_km, basemap=basemap)


@st.cache_resource(show_spinner=False, max_entries=20)
def coverage_tables(ring_km: float) -> dict[str, pd.DataFrame]:
    """Return the tables of the coverage page for the layout as published."""
    return tables_of(layout(), ring_km)


def tables_of(own: Layout, ring_km: float) -> dict[str, pd.DataFrame]:
    """Return the tables of the coverage page for a layout."""
    found = footprints_of(own, ring_km=ring_km)
    tables = {
        "nodes": geo.node_counts(own, footprints=found),
        "seats": geo.seats_held(own),
        "overlaps": geo.overlaps(own, footprints=found),
    }
    shapes = units()
    if shapes is not None:
        tables["areas"] = geo.footprint_units(own, shapes, footprints=found)
        tables["none"] = geo.outside(own, shapes, footprints=found)
    return tables


def audit() -> pd.DataFrame:
    """Return the audit of the layout that is shown."""
    if scenario() is None:
        return _audit()
    return memo.kept(("audit", key()), lambda: geo.audit(shown()))


@st.cache_resource(show_spinner=False)
def _audit() -> pd.DataFrame:
    return geo.audit(layout())


def printed() -> list[PrintedBelt]:
    """Return the belts of the layout that is shown, as printed and as they work."""
    if scenario() is None:
        return _printed()
    return memo.kept(("printed", key()), lambda: printed_belts(shown()))


@st.cache_resource(show_spinner=False)
def _printed() -> list[PrintedBelt]:
    return printed_belts(layout())


def warm() -> None:
    """Compute what the first page needs, before anyone asks."""
    for lang in LANGUAGES:
        for key in DEFAULT_LAYERS:
            layer_text(key, lang, RING_KM, "none")
    _audit(), _printed(), coverage_tables(RING_KM)
    for lang in LANGUAGES:
        for key in LAYER_KEYS:
            layer_text(key, lang, RING_KM, "none")
