"""Policies by place: what applies where one stands, at which level, why, and how sure that is."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.analysis.dates import day_of, span_of
from geo.analysis.here import LIES
from geo.analysis.policy_grounds import (
    DIGITS,
    OUTSIDE,
    Ground,
    Neighbourhood,
    lies_of,
    nearest_first,
    neighbourhood,
)
from geo.analysis.policy_reasons import ASSUMED, UNPLACED, notes_of, why
from geo.analysis.provenance import Provenance, provenance_of
from geo.errors import PointsError
from geo.io.policies import KINDS, LEVELS, POLICY_COLUMNS
from geo.io.provinces import read_provinces
from geo.measure import Datum, to_wgs84
from geo.model.layout import Layout
from geo.words import LANGUAGES, Lang, say

__all__ = [
    "ENDED",
    "STATES",
    "Policies",
    "asked_for",
    "policies_at",
    "row_of",
    "state_on",
    "table_of",
    "wanted_of",
]

STATES = ("in-force", "issued", "perhaps", "undated", "any", "not-yet", "ended")
"""How a policy stands on a day; ``any`` where no day was asked for."""
ENDED = ("not-yet", "ended")
_REST = [c for c in POLICY_COLUMNS if c not in ("id", "level", "place", "title_zh", "title_en")]
_COLUMNS = (
    "level", "policy", "title_zh", "title_en", "place", "place_zh", "place_en", "lies", "disputed", "state",
    "why_zh", "why_en", *_REST,
)  # fmt: skip
_PLACES = ("level", "place", "place_zh", "place_en", "lies", "edge_km", "err_m", "unit_source")


@dataclass(frozen=True)
class Policies:
    """What :func:`policies_at` returns.

    Attributes
    ----------
    lon, lat
        The place, WGS84 degrees.
    table
        The policies that apply, by level from the nation to the zone: what each is, ``lies`` (how
        the place lies to where it applies: one of ``geo.analysis.here.LIES``, or ``assumed``),
        ``disputed`` (whether the error leaves that open), ``state`` on the day asked for (one of
        :data:`STATES`) and why, in both languages.
    ended
        Those that would apply here, but not on that day.
    unplaced
        Those of zones without an outline: whether they apply here cannot be told by position.
    places
        Where one stands: each province, city, district and zone that it may be, with ``lies`` and
        ``edge_km`` (planar, positive inside; NaN far from the edge).
    notes
        Keys of the catalogue: what else has to be known.
    provenance
        How it was computed.
    """

    lon: float
    lat: float
    table: pd.DataFrame
    ended: pd.DataFrame
    unplaced: pd.DataFrame
    places: pd.DataFrame
    notes: tuple[str, ...]
    provenance: Provenance

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        return {
            "policies": self.table, "ended": self.ended, "unplaced": self.unplaced, "places": self.places,
        }  # fmt: skip

    def says(self, lang: Lang) -> list[str]:
        """Return what else has to be known, in words."""
        return [say(key, lang) for key in self.notes]


def state_on(row: dict[Any, Any], on: dt.date | None) -> str:
    """Return how a policy stands on a day, as far as its dates tell.

    Parameters
    ----------
    row
        Of the table: ``in_force_from``, ``in_force_to``, ``issued``.
    on
        The day, or ``None`` for any.

    Returns
    -------
    str
        One of :data:`STATES`: a date that is known to the month or the year leaves open days
        ``perhaps``; without a date of entry into force, it is ``issued`` from its issue on.
    """
    if on is None:
        return "any"
    begin, end = span_of(row["in_force_from"]), span_of(row["in_force_to"])
    issued = span_of(row["issued"])
    if end is not None and on > end[1]:
        return "ended"
    first = begin or issued
    if first is None:
        return "undated"
    if on < first[0]:
        return "not-yet"
    if on < first[1] or (end is not None and on > end[0]):
        return "perhaps"
    return "in-force" if begin is not None else "issued"


def policies_at(
    lon: float,
    lat: float,
    *,
    layout: Layout,
    units: gpd.GeoDataFrame | None = None,
    datum: str = "wgs84",
    err_m: float = 0.0,
    on: dt.date | str | None = None,
    kinds: Collection[str] = (),
    fields: Collection[str] = (),
) -> Policies:
    """Return the policies that apply at a place.

    Parameters
    ----------
    lon, lat
        The place, degrees.
    layout
        Its ``policies`` are the table; its footprints are the zones.
    units
        Administrative units (``geo.read_units``); without them only the national policies and those
        of zones are told.
    datum
        Datum of ``lon`` and ``lat``.
    err_m
        Positional error of the place, metres.
    on
        The day asked for; by default policies of all times are listed.
    kinds, fields
        Only policies of one of these kinds, and of one of these fields or of none in particular.

    Raises
    ------
    PointsError
        If a number is not finite, the error is below 0, the day is no day, or a kind is not known.
    DatumError
        If the datum is not known, or longitude or latitude are out of range.
    """
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise PointsError(f"a place needs two finite numbers, not {lon}, {lat}")
    if not (math.isfinite(err_m) and err_m >= 0):
        raise PointsError(f"err_m is {err_m}: give 0 or more metres")
    day = day_of(on)
    x, y = to_wgs84(float(lon), float(lat), datum)
    wanted = wanted_of(layout, kinds, fields)
    near = neighbourhood(
        layout,
        np.array([x]),
        np.array([y]),
        np.array([float(err_m)]),
        units,
        read_provinces(layout),
    )
    places = _places(near, wanted)
    rows, unplaced = [], []
    for row in wanted.to_dict("records"):
        own = near.ground(row["level"], row["place"]) if near.tells(row["level"]) else None
        if own is None:
            if row["level"] == "zone":
                unplaced.append(row_of(row, None, UNPLACED, state_on(row, day), near, places))
            elif row["level"] == "national":
                rows.append(row_of(row, None, ASSUMED, state_on(row, day), near, places))
            continue
        lies, edge = lies_of(own, near.points, near.err_m)
        if lies[0] != OUTSIDE:
            rows.append(row_of(row, own, LIES[lies[0]], state_on(row, day), near, places, float(edge[0])))  # fmt: skip
    asked: dict[str, Any] = {
        "lon": x,
        "lat": y,
        "datum": Datum.of(datum).value,
        "err_m": float(err_m),
    }
    now = [r for r in rows if r["state"] not in ENDED]
    gone = [r for r in rows if r["state"] in ENDED]
    return Policies(
        x, y, table_of(now), table_of(gone), table_of(unplaced), pd.DataFrame(places, columns=list(_PLACES)),
        notes_of(near, wanted, unplaced, places), asked_for(layout, day, kinds, fields, **asked),
    )  # fmt: skip


def wanted_of(layout: Layout, kinds: Collection[str], fields: Collection[str]) -> pd.DataFrame:
    """Return the policies of some kinds and fields, by level."""
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise PointsError(f"no kind of policy {', '.join(unknown)}: use one of {', '.join(KINDS)}")
    table = layout.policies
    if not len(table):
        return pd.DataFrame(columns=list(POLICY_COLUMNS))
    kept = np.ones(len(table), bool)
    if kinds:
        kept &= np.array([bool(set(tags.split()) & set(kinds)) for tags in table["kinds"]])
    if fields:
        kept &= np.array([not t or bool(set(t.split()) & set(fields)) for t in table["fields"]])
    order = table["level"].map({level: k for k, level in enumerate(LEVELS)})
    return table[kept].loc[order[kept].sort_values(kind="stable").index]


def _places(near: Neighbourhood, wanted: pd.DataFrame) -> list[dict[str, Any]]:
    """Return where one may stand: units of each level, and the zones that policies are of."""
    rows: list[dict[str, Any]] = []
    zones = list(dict.fromkeys(wanted.loc[wanted["level"] == "zone", "place"]))
    for level in (*DIGITS, "zone"):
        if level != "province" and level != "zone" and near.units is None:
            continue
        own = []
        for place in zones if level == "zone" else near.places(level):
            ground = near.ground(level, place)
            if ground is None:
                continue
            lies, edge = lies_of(ground, near.points, near.err_m)
            if lies[0] != OUTSIDE:
                # Beyond the neighbourhood that was cut out an edge is that of the cut.
                near_edge = level == "zone" or abs(edge[0]) <= 1_000 + float(near.err_m[0])
                own.append(
                    {
                        "level": level, "place": place, "place_zh": ground.name_zh, "place_en": ground.name_en,
                        "lies": LIES[lies[0]], "edge_km": float(edge[0]) / 1000 if near_edge else float("nan"),
                        "err_m": ground.err_m, "unit_source": ground.source,
                    }
                )  # fmt: skip
        rows += nearest_first(own)
    return rows


def row_of(
    row: dict[Any, Any], own: Ground | None, lies: str, state: str, near: Neighbourhood,
    places: list[dict[str, Any]], edge_m: float = float("nan"),
) -> dict[str, Any]:  # fmt: skip
    """Return the row of a policy that applies, perhaps applies, or cannot be told."""
    found: dict[str, Any] = {c: row[c] for c in _REST}
    found |= {"level": row["level"], "policy": row["id"], "place": row["place"], "lies": lies, "state": state}  # fmt: skip
    found["disputed"] = lies in ("probably", "perhaps")
    for lang in LANGUAGES:
        found[f"title_{lang}"] = row[f"title_{lang}"]
        name = getattr(own, f"name_{lang}", row["place"])
        if lies == UNPLACED and row["place"] in near.layout:
            name = getattr(near.layout[row["place"]], f"name_{lang}")
        found[f"place_{lang}"] = "" if row["level"] == "national" else name
        found[f"why_{lang}"] = why(row["level"], own, lies, near, places, edge_m, name, lang)
    return found


def table_of(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows of policies as a table, which has its columns also where there are none."""
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def asked_for(
    layout: Layout, day: dt.date | None, kinds: Collection[str], fields: Collection[str], *, cloud: Any = None,
    **asked: Any,
) -> Provenance:  # fmt: skip
    """Return the provenance of what was asked for."""
    asked |= {"layout": layout.id, "on": day.isoformat() if day else "any"}
    asked |= {n: sorted(v) for n, v in (("kinds", kinds), ("fields", fields)) if v}
    return provenance_of("policies.method", crs=layout.crs, cloud=cloud, **asked)
