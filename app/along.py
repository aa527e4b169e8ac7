"""What the profile page shows, remembered: counts along an axis, the points and nodes beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

import geo
from app import data, frame, memo, state
from app.subject import Subject
from geo.analysis.along import near_places, places_of, spot
from geo.analysis.cloud import Cloud, cloud_of
from geo.analysis.profile import Profile
from geo.analysis.routes import Route
from geo.maps import along_features as drawn
from geo.maps.along_charts import MOST_DOTS
from geo.maps.web import features_json
from geo.words import name_of, say

__all__ = ["Along", "bin_layer", "counted", "finished", "known_place", "map_texts", "middle", "near", "nodes", "started", "strip_table", "widths"]  # fmt: skip

FEW = 30_000
"""So many points are counted at once; for more the person is asked first."""
SECONDS_EACH = 35e-6
ROOM = 1.5
"""A strip reaches so many half widths to each side."""
_QUIET_TIERS = ("transport",)
"""Nodes that a strip has no room for unless they are asked for."""
_MOST_NODES = 250


@dataclass(frozen=True, eq=False)
class Along:
    """What is counted, and along what.

    Attributes
    ----------
    subject
        The points.
    item
        The corridor or belt.
    route
        Its route, of the width that counts.
    step_km, within_km
        Length of a bin, and how far to each side counts if not the corridor's own half width.
    """

    subject: Subject
    item: Any
    route: Route
    step_km: float
    within_km: float | None

    @property
    def key(self) -> tuple[Any, ...]:
        """Name for memory."""
        return (data.key(), self.subject.key, self.item.id, self.within_km)

    @property
    def length_km(self) -> float:
        """Length of the axis."""
        return self.route.length / 1000

    @property
    def reach_km(self) -> float:
        """How far the strip reaches to each side."""
        return ROOM * max(width for _, width in self.route.widths) / 2000

    @property
    def strip_step_km(self) -> float:
        """Length of a cell of the strip."""
        return max(self.step_km, self.length_km / 80)


def started(key: tuple[Any, ...], n: int, few: int, ask: str, button: str) -> bool:
    """Return whether work may go on: it is short, was done before, or the person starts it now."""
    done = st.session_state.setdefault("started", set())
    name = repr(key)
    if n <= few or name in done:
        return True
    place = st.empty()
    with place.container(border=True):
        st.markdown(frame.plain(ask))
        pressed = st.button(button, type="primary", key=f"start:{state.page()}")
    if pressed:
        place.empty()
    return bool(pressed)


def finished(key: tuple[Any, ...]) -> None:
    """Remember that work was done, so that it goes on by itself from memory."""
    st.session_state.setdefault("started", set()).add(repr(key))


def _cloud(own: Subject) -> Cloud:
    return memo.kept(("cloud", own.key), lambda: cloud_of(own.points, by=own.by, weight=own.weight))


def counted(own: Along) -> Profile | None:
    """Return counts of the bins, or ``None`` while the person has not yet started the counting."""
    lang, n = state.lang(), own.subject.n
    key = ("profile", *own.key, own.step_km)
    ask = say("alongpage.page.many", lang, n=f"{n:,}", s=max(round(n * SECONDS_EACH), 1))
    if not started(key, n, FEW, ask, say("alongpage.page.count", lang, n=f"{n:,}")):
        return None

    def count(progress: Any = None) -> Profile:
        return geo.profile(_cloud(own.subject), own.item, step_km=own.step_km, within_km=own.within_km, progress=progress)  # fmt: skip

    if n <= FEW:
        return memo.kept(key, count)
    with frame.working(say("alongpage.page.working", lang)) as progress:
        found = memo.kept(key, lambda: count(progress))
        near(own, progress)
    finished(key)
    return found


def near(own: Along, progress: Any = None) -> pd.DataFrame:
    """Return the points within the strip: chainage, offset, lon, lat, row, name."""

    def make() -> pd.DataFrame:
        cloud = _cloud(own.subject)
        found = near_places(own.route, cloud, own.reach_km, progress=progress)
        k = found.pop("index").to_numpy()
        found = found.assign(lon=cloud.lon[k], lat=cloud.lat[k], row=cloud.row[k])
        return found.assign(name=_names(own.subject, k, len(cloud)) if len(k) <= MOST_DOTS else "")

    return memo.kept(("near", *own.key, state.lang()), make)


def _names(own: Subject, index: np.ndarray[Any, Any], n: int) -> list[str]:
    table = own.points if isinstance(own.points, pd.DataFrame) else own.points.frame
    if own.label not in table.columns or len(table) != n:
        return [""] * len(index)
    return ["" if v is None or v != v else str(v)[:80] for v in table[own.label].iloc[index]]


def nodes(own: Along, tiers: list[str]) -> gpd.GeoDataFrame:
    """Return the layout's located nodes within the strip, with chainage and offset."""

    def make() -> gpd.GeoDataFrame:
        own_nodes = data.shown().nodes
        at = places_of(own.route, own_nodes.geometry.x, own_nodes.geometry.y)
        placed = own_nodes.assign(chainage_km=at["chainage_km"], offset_km=at["offset_km"], where=at["where"])  # fmt: skip
        shown = ~placed["where"].isin(["before", "after"]) & (placed["offset_km"].abs() <= own.reach_km)  # fmt: skip
        shown &= placed["tier"].isin(tiers) if tiers else ~placed["tier"].isin(_QUIET_TIERS)
        return placed[shown].head(_MOST_NODES)

    return memo.kept(("nodes along", data.key(), own.item.id, own.within_km, tuple(tiers)), make)


def known_place(
    own: Along, at: float, off: float, tiers: list[str]
) -> tuple[str, tuple[float, float] | None]:
    """Return the name and the exact position of the node or point at a place, where there is one."""
    lang = state.lang()
    for table, names in ((nodes(own, tiers), None), (near(own), "name")):
        same = (table["chainage_km"] - at).abs().lt(0.006) & (table["offset_km"] - off).abs().lt(0.006)  # fmt: skip
        if same.any():
            row = table[same].iloc[0].to_dict()
            lon, lat = (row["lon"], row["lat"]) if names else (row["geometry"].x, row["geometry"].y)
            return (str(row["name"]) if names else name_of(row, lang)), (float(lon), float(lat))
    return "", None


def map_texts(own: Along, bins: pd.DataFrame, tiers: list[str], bins_key: tuple[Any, ...]) -> list[str]:  # fmt: skip
    """Return the layers of the map that stay while places are picked."""
    lang = state.lang()

    def ground() -> str:
        tick = next(s for s in (0.5, 1, 2, 5, 10, 20, 50, 100) if own.length_km / s <= 12)
        return features_json([*drawn.tick_features(own.route, lang, step_km=tick), *drawn.node_features(nodes(own, tiers), lang)])  # fmt: skip

    def dots() -> str:
        table = near(own)
        if not 0 < len(table) <= MOST_DOTS or own.subject.lines:
            return ""
        return features_json(drawn.dot_features(table["lon"].to_numpy(), table["lat"].to_numpy(), table["row"].tolist(), table["name"].tolist(), lang))  # fmt: skip

    texts = [
        memo.kept(("map bins", *bins_key, lang), lambda: features_json(drawn.bin_features(slabs(own, bins), bins, lang))),
        memo.kept(("map dots", *own.key, lang), dots),
        memo.kept(("map ticks", *own.key, tuple(tiers), lang), ground),
    ]  # fmt: skip
    return [text for text in texts if text]


def slabs(own: Along, bins: pd.DataFrame) -> list[Any]:
    """Return the parts of the corridor that bins are, WGS84."""
    reach = list(zip(bins["from_km"], bins["to_km"], strict=True))
    key = ("slabs", data.key(), own.item.id, own.within_km, own.step_km)
    return memo.kept(key, lambda: [drawn.slab(own.route, a, b) for a, b in reach])


def bin_layer(own: Along, bins: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the bins as polygons with their values, WGS84."""
    columns = [c for c in bins.columns if c not in ("side", "by")]
    names = {f"name_{c}": getattr(own.item, f"name_{c}") for c in ("zh", "en")}
    return gpd.GeoDataFrame(
        bins[columns].assign(id=own.item.id, **names, status="computed"),
        geometry=slabs(own, bins),
        crs=4326,
    )


def widths(own: Along) -> pd.DataFrame:
    """Return half the local width at stations along the axis."""
    at = np.unique(np.clip([*np.linspace(0, own.route.length, 101), *(c for c, _ in own.route.widths)], 0, own.route.length))  # fmt: skip
    return pd.DataFrame({"chainage_km": at / 1000, "half_width_km": own.route.half_width(at) / 1000})  # fmt: skip


def strip_table(own: Along) -> pd.DataFrame:
    """Return the features of the layout as chainage and offset."""
    key = ("strip", data.key(), own.item.id, own.within_km)
    return memo.kept(key, lambda: geo.strip(own.item, within_km=own.within_km).table)


def middle(own: Along) -> tuple[float, float, int]:
    """Return the middle of the axis and a zoom that shows all of it."""
    lon, lat = spot(own.route, own.length_km / 2)
    metres = own.length_km * 1000 * 1.15 / 520
    zoom = np.log2(156_543 * np.cos(np.radians(lat)) / metres)
    return lon, lat, int(np.clip(np.floor(zoom), 6, 15))
