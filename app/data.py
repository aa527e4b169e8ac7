"""What the pages show, computed by ``geo`` once; nothing here is changed afterwards.

A session looks at one layout: that which the application was started with, another that comes with
it, or one of the person's own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Hashable
from typing import TypeVar

import geopandas as gpd
import pandas as pd
import streamlit as st

import geo
from app import memo
from geo.analysis.checks import PrintedBelt, printed_belts
from geo.analysis.footprints import footprints_of
from geo.analysis.layouts_compare import LayoutComparison
from geo.datasets import DEFAULT
from geo.errors import LayoutError, UnitsError
from geo.io.scenarios import scenario_text
from geo.maps.layers import DEFAULT_LAYERS, LAYER_KEYS
from geo.maps.web import layer_json
from geo.model.layout import Layout
from geo.model.scenario import Scenario, apply_scenario
from geo.serve import LAYOUT_VARIABLE
from geo.words import LANGUAGES, Lang

__all__ = [
    "RING_KM", "as_published", "audit", "compared", "coverage_tables", "drop_units", "has_own_units", "key", "languages", "layer_text", "layout",
    "layout_address", "layout_from_address", "layout_key", "layouts", "of_layout", "of_offered", "printed", "scenario",
    "scenario_address", "scenario_from_address", "shown", "tables_of", "take_layout", "take_scenario", "take_units", "units",
    "use_layout", "warm",
]  # fmt: skip

T = TypeVar("T")

RING_KM = 1.0
"""Width of the campus rings at first."""
MOST_ADDRESS, MOST_UNPACKED = 1800, 65_536
"""So many signs a scenario may take in an address, and so many bytes unpacked."""


_CHOSEN, _OWN, _MADE = "layout-chosen", "layout-own", "layout-made"
_WITHOUT = "layout-without-units"
"""The layout before units of the person's own, and whether it was of their own too."""


def _started() -> str:
    """Return the name or folder of the layout that the application was started with."""
    return os.environ.get(LAYOUT_VARIABLE, DEFAULT)


@st.cache_resource(show_spinner=False)
def _served(name: str) -> Layout:
    return geo.load_layout(name) if name in geo.layouts() else geo.read_layout(name)


def layouts() -> dict[str, Layout]:
    """Return the layouts that the application offers by id: that of its start, and those that come with it."""
    first = _served(_started())
    return {first.id: first} | {n: _served(n) for n in geo.layouts() if n != first.id}


def _chosen() -> str:
    return str(st.session_state.get(_CHOSEN) or _started())


def layout() -> Layout:
    """Return the layout of this session as published."""
    own: Layout | None = st.session_state.get(_OWN)
    return _served(_chosen()) if own is None else own


def layout_key() -> str:
    """Return the name of the layout of this session, for memory: one of a person's own has one of its own."""
    if _OWN in st.session_state:
        return f"{layout().id}#{st.session_state[_MADE]}"
    return layout().id


def use_layout(name: str) -> None:
    """Make one of :func:`layouts` that of this session; the scenario of another is dropped."""
    take_scenario(None)
    st.session_state.pop(_OWN, None)
    st.session_state[_CHOSEN] = _started() if name == _served(_started()).id else name


def take_layout(own: Layout, *, keep_scenario: bool = False) -> None:
    """Make a layout of the person's own that of this session, in memory only.

    Parameters
    ----------
    own
        The layout.
    keep_scenario
        Whether the scenario stays, as where only the units are others.

    Raises
    ------
    LayoutError
        If a scenario that stays does not fit; the session then keeps what it had.
    """
    changed = scenario() if keep_scenario else None
    if changed is not None and changed.changes:
        apply_scenario(own, changed)
    st.session_state["scenario"] = changed
    st.session_state[_OWN] = own
    st.session_state[_MADE] = int(st.session_state.get(_MADE, 0)) + 1


def take_units(own: Layout) -> None:
    """Take the layout of this session with units of the person's own; the scenario stays.

    Parameters
    ----------
    own
        As ``geo.with_units`` returns it.
    """
    before = st.session_state[_WITHOUT] if has_own_units() else (layout(), _OWN in st.session_state)
    take_layout(own, keep_scenario=True)
    st.session_state[_WITHOUT] = before


def has_own_units() -> bool:
    """Return whether the units of this session are of the person's own."""
    return _WITHOUT in st.session_state and layout().meta.units.held is not None


def drop_units() -> None:
    """Go back to the units that the layout comes with; the scenario stays."""
    before, own = st.session_state.pop(_WITHOUT)
    take_layout(before, keep_scenario=True)
    if not own:
        st.session_state.pop(_OWN)


def layout_address() -> str:
    """Return how the address names the layout of this session; blank for that of the start.

    Blank also for one of the person's own, even where it bears the id of another: a link must not
    lead to something else.
    """
    own: Layout = st.session_state[_WITHOUT][0] if has_own_units() else layout()
    offered = layouts().get(own.id) is own
    return own.id if offered and own is not _served(_started()) else ""


def layout_from_address(text: str) -> bool:
    """Take the layout that an address names; return whether there is one."""
    if text not in layouts():
        return False
    if text != layout().id:
        use_layout(text)
    return True


def languages() -> list[Lang]:
    """Return the languages of words, that of the layout first."""
    own: list[Lang] = [n for n in layout().meta.languages if n in LANGUAGES]
    return [*own, *(n for n in LANGUAGES if n not in own)]


def of_layout(what: tuple[Hashable, ...], make: Callable[[], T]) -> T:
    """Return a result that depends on the layout as published alone.

    Those of the layouts that the application offers are shared by all sessions; those of a layout
    of a person's own stay in the session.

    Parameters
    ----------
    what
        All else that the result depends on, a name first.
    make
        Called if there is none.
    """
    if _OWN in st.session_state:
        return memo.kept(("of layout", layout_key(), *what), make)
    return of_offered(layout().id, what, make)


def of_offered(name: str, what: tuple[Hashable, ...], make: Callable[[], T]) -> T:
    """Return a result that depends on one of :func:`layouts` alone; all sessions share it.

    Parameters
    ----------
    name
        Of the layout.
    what
        All else that the result depends on, a name first.
    make
        Called if there is none.
    """
    found: T = _shared(name, what, make)
    return found


@st.cache_resource(show_spinner=False, max_entries=1000)
def _shared(name: str, what: tuple[Hashable, ...], _make: Callable[[], T]) -> T:
    return _make()


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


def as_published() -> bool:
    """Return whether the layout is shown as published, without a scenario."""
    changed = scenario()
    return changed is None or not changed.changes


def key() -> str:
    """Return the name of the layout and its scenario, for memory."""
    changed = scenario()
    if changed is None or not changed.changes:
        return layout_key()
    return f"{layout_key()}:{hashlib.sha256(scenario_text(changed).encode()).hexdigest()[:16]}"


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


def units(level: str = "county") -> gpd.GeoDataFrame | None:
    """Return the administrative units, or ``None`` where there are none."""

    def make() -> gpd.GeoDataFrame | None:
        try:
            return geo.read_units(layout(), "city" if level == "city" else "county")
        except UnitsError:
            return None

    return of_layout(("units", level), make)


def layer_text(key: str, lang: Lang, ring_km: float, basemap: str) -> str:
    """Return a map layer of the layout as published as text."""
    # Of the width of the rings only the rings depend.
    ring_km = ring_km if key == "rings" else RING_KM

    def make() -> str:
        own = units() if key == "units" else None
        return layer_json(layout(), key, lang, units=own, ring_km=ring_km, basemap=basemap)

    return of_layout(("layer", key, lang, ring_km, basemap), make)


def coverage_tables(ring_km: float) -> dict[str, pd.DataFrame]:
    """Return the tables of the coverage page for the layout as published."""
    return of_layout(("coverage", ring_km), lambda: tables_of(layout(), ring_km))


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
    if as_published():
        return of_layout(("audit",), lambda: geo.audit(layout()))
    return memo.kept(("audit", key()), lambda: geo.audit(shown()))


def printed() -> list[PrintedBelt]:
    """Return the belts of the layout that is shown, as printed and as they work."""
    if as_published():
        return of_layout(("printed",), lambda: printed_belts(layout()))
    return memo.kept(("printed", key()), lambda: printed_belts(shown()))


def warm() -> None:
    """Compute what the first page needs, before anyone asks."""
    for lang in LANGUAGES:
        for key in DEFAULT_LAYERS:
            layer_text(key, lang, RING_KM, "none")
    audit(), printed(), coverage_tables(RING_KM)
    for lang in LANGUAGES:
        for key in LAYER_KEYS:
            layer_text(key, lang, RING_KM, "none")
    for name in layouts():
        compared(name, RING_KM)


def compared(name: str, ring_km: float) -> LayoutComparison:
    """Return the measures of the corridors of one of :func:`layouts`."""
    return of_offered(name, ("compared", ring_km), lambda: geo.compare_layouts([layouts()[name]], ring_km=ring_km))  # fmt: skip
