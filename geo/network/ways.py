"""Which ways of OpenStreetMap a mode may use, and in which directions, by their tags.

After the wiki's pages Key:access (the most specific tag decides), Key:oneway and Tag:highway.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.network.speeds import DRIVE_KMH, class_of, directions

__all__ = ["HIGHWAYS", "TAGS", "directed", "passable"]

TAGS = (
    "highway", "railway", "route", "oneway", "oneway:foot", "junction", "maxspeed", "access", "vehicle",
    "motor_vehicle", "motorcar", "foot", "service", "area", "motorroad", "highspeed",
)  # fmt: skip
"""The tags that are looked at."""
_WALKED = frozenset(DRIVE_KMH) - {"motorway", "motorway_link"} | {
    "footway", "pedestrian", "path", "steps", "corridor", "elevator", "track", "crossing",
}  # fmt: skip
_ALLOWED_WALK = ("cycleway", "bridleway")
HIGHWAYS = _WALKED | frozenset(DRIVE_KMH) | {"cycleway", "busway", "bus_guideway", "construction", "proposed", "raceway", "platform", "rest_area", "services", "escape", "trail"}  # fmt: skip
"""Classes that OpenStreetMap knows: a layer's own classes are others."""
_CLOSED = frozenset({"no", "private", "agricultural", "forestry", "emergency", "military"})
_CHAIN = {"drive": ("motorcar", "motor_vehicle", "vehicle", "access"), "walk": ("foot", "access")}
_NOT_DRIVEN = frozenset({"parking", "parking_aisle", "private", "emergency_access"})
_RAIL = {"rail": frozenset({"rail"}), "metro": frozenset({"subway", "light_rail"})}
_NOT_RUN = frozenset({"yard", "spur"})
_RINGS = frozenset({"roundabout", "circular"})

Mask = NDArray[np.bool_]


def _column(tags: pd.DataFrame, key: str) -> NDArray[np.object_]:
    return class_of(tags[key].to_numpy()) if key in tags else np.full(len(tags), "", object)


def _closed(tags: pd.DataFrame, mode: str) -> Mask:
    """Return which ways are closed to a mode: the most specific tag that a way carries decides."""
    closed, open_ = np.zeros(len(tags), bool), np.ones(len(tags), bool)
    for key in _CHAIN[mode]:
        value = _column(tags, key)
        said = open_ & (value != "")
        closed |= said & np.isin(value, list(_CLOSED))
        open_ &= ~said
    return closed


def passable(tags: pd.DataFrame, mode: str) -> tuple[Mask, dict[str, int]]:
    """Return which ways a mode may use, and how many it may not, by reason.

    Parameters
    ----------
    tags
        A column for each of :data:`TAGS` that there is, a row for each way.
    mode
        ``drive``, ``walk``, ``rail`` or ``metro``.
    """
    if mode in _RAIL:
        railway, service = _column(tags, "railway"), _column(tags, "service")
        tracks = np.isin(railway, list(_RAIL[mode]))
        run = tracks & ~np.isin(service, list(_NOT_RUN))
        return run, {"sidings": int((tracks & ~run).sum())}
    highway = _column(tags, "highway")
    classes = _WALKED if mode == "walk" else frozenset(DRIVE_KMH)
    known = np.isin(highway, list(classes))
    reasons = {"ferries": (_column(tags, "route") == "ferry") & (highway == "")}
    if mode == "walk":
        foot = np.isin(_column(tags, "foot"), ["yes", "designated", "permissive"])
        known |= np.isin(highway, list(_ALLOWED_WALK)) & foot
        reasons["closed"] = known & (_closed(tags, mode) | (_column(tags, "motorroad") == "yes"))
        reasons["private-service"] = known & (_column(tags, "service") == "private")
    else:
        reasons["closed"] = known & _closed(tags, mode)
        reasons["private-service"] = known & np.isin(_column(tags, "service"), list(_NOT_DRIVEN))
        reasons["reversible"] = known & (_directions(tags) == 2)
    reasons["areas"] = known & (_column(tags, "area") == "yes")
    reasons["other-class"] = ~known & (highway != "")
    out, counts = np.zeros(len(tags), bool), {}
    for reason, mask in reasons.items():
        counts[reason] = int((mask & ~out).sum())
        out |= mask
    return known & ~out, counts


def _directions(tags: pd.DataFrame, key: str = "oneway") -> NDArray[np.int8]:
    values = tags[key].to_numpy() if key in tags else np.full(len(tags), "", object)
    return directions(values)


def directed(tags: pd.DataFrame, mode: str) -> NDArray[np.int8]:
    """Return in which directions a mode uses ways: 0 both, 1 as drawn, -1 against it.

    Cars: as tagged; motorways and roundabouts that say nothing are one-way. On foot only
    ``oneway:foot`` counts. Tracks are used both ways.
    """
    if mode in _RAIL:
        return np.zeros(len(tags), np.int8)
    if mode == "walk":
        found = _directions(tags, "oneway:foot")
        return np.where(np.abs(found) == 1, found, 0).astype(np.int8)
    found = _directions(tags)
    implied = (_column(tags, "highway") == "motorway") | np.isin(
        _column(tags, "junction"), list(_RINGS)
    )
    silent = _column(tags, "oneway") == ""
    found = np.where(silent & implied, 1, found)
    return np.where(np.abs(found) == 1, found, 0).astype(np.int8)
