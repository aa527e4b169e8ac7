"""Policies of many points: how many each applies to, and how many apply to each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.analysis.bands import band
from geo.analysis.cloud import cloud_of
from geo.analysis.dates import day_of
from geo.analysis.policies import ENDED, asked_for, row_of, state_on, table_of, wanted_of
from geo.analysis.policy_grounds import Neighbourhood, lies_of, neighbourhood
from geo.analysis.policy_reasons import UNPLACED, notes_of
from geo.analysis.provenance import Provenance
from geo.io.provinces import read_provinces
from geo.model.layout import Layout
from geo.words import LANGUAGES, Lang, say

__all__ = ["PolicyCounts", "policies_of"]

_COLUMNS = (
    "level", "policy", "title_zh", "title_en", "place", "place_zh", "place_en", "state", "count_low", "count",
    "count_high", "share_low", "share", "share_high", "sum_low", "sum", "sum_high", "kinds", "source", "confidence",
)  # fmt: skip


@dataclass(frozen=True)
class PolicyCounts:
    """What :func:`policies_of` returns.

    Attributes
    ----------
    table
        One row a policy: how many points it applies to as ``count`` with its band, the ``share``
        of all (of 1), and their weight as ``sum``; ``state`` on the day asked for. Policies of
        zones without an outline are not among them.
    points
        One row a point: ``row``, ``lon``, ``lat``, and how many policies apply as ``count``.
    unplaced
        Policies of zones without an outline.
    notes
        Keys of the catalogue: what else has to be known.
    provenance
        How it was computed.
    """

    table: pd.DataFrame
    points: pd.DataFrame
    unplaced: pd.DataFrame
    notes: tuple[str, ...]
    provenance: Provenance

    def says(self, lang: Lang) -> list[str]:
        """Return what else has to be known, in words."""
        return [say(key, lang) for key in self.notes]


def policies_of(
    places: Any,
    *,
    layout: Layout,
    units: gpd.GeoDataFrame | None = None,
    on: dt.date | str | None = None,
    kinds: Collection[str] = (),
    fields: Collection[str] = (),
    **reading: Any,
) -> PolicyCounts:
    """Return how many of many points each policy applies to.

    Parameters
    ----------
    places
        ``Places``, a cloud, or whatever ``geo.coverage`` takes.
    layout, units, on, kinds, fields
        As for :func:`policies_at`.
    **reading
        ``weight``, ``datum``, ``lon``, ``lat``, ``sheet``, ``err_m`` as for ``geo.coverage``.

    Raises
    ------
    PointsError
        As :func:`policies_at` and ``geo.coverage``.
    """
    day, wanted = day_of(on), wanted_of(layout, kinds, fields)
    # Places carry the same arrays as a cloud; what is neither is read into one.
    own = places if hasattr(places, "err_m") and hasattr(places, "at") else None
    cloud = cloud_of(places, layout=layout, **reading) if own is None else own.cloud
    points: Any = cloud if own is None else own
    near = neighbourhood(
        layout, points.lon, points.lat, points.err_m, units, read_provinces(layout)
    )
    rows, unplaced = [], []
    each = np.zeros((len(points), 3), np.int64)
    weight = np.asarray(points.weight, float)
    # Policies of one place hold the same points.
    for (level, place), group in wanted.groupby(["level", "place"], sort=False):
        three = _three(near, str(level), str(place))
        states = [state_on(row, day) for row in group.to_dict("records")]
        if three is None:
            if level == "zone":
                unplaced += [row_of(r, None, UNPLACED, s, near, []) for r, s in zip(group.to_dict("records"), states, strict=True)]  # fmt: skip
            continue
        each += three.astype(np.int64) * sum(s not in ENDED for s in states)
        told = _numbers(three, weight) | _names(near, str(level), str(place))
        rows += [_row(r, s, told) for r, s in zip(group.to_dict("records"), states, strict=True)]
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    counts = pd.DataFrame(
        {
            "row": getattr(points, "row", np.arange(len(points))), "lon": points.lon, "lat": points.lat,
            "count_low": each[:, 0], "count": each[:, 1], "count_high": each[:, 2],
        }
    )  # fmt: skip
    return PolicyCounts(
        table, counts, table_of(unplaced), notes_of(near, wanted, unplaced, None),
        asked_for(layout, day, kinds, fields, cloud=cloud),
    )  # fmt: skip


def _three(near: Neighbourhood, level: str, place: str) -> NDArray[np.bool_] | None:
    """Return which points a place surely, probably and perhaps holds, shape (n, 3)."""
    if not len(near.xy):
        return np.zeros((0, 3), bool)
    own = near.ground(level, place) if near.tells(level) else None
    if own is None:
        return np.ones((len(near.xy), 3), bool) if level == "national" else None
    lies, _ = lies_of(own, near.points, near.err_m)
    return np.column_stack([lies <= k for k in range(3)])


def _numbers(three: NDArray[np.bool_], weight: NDArray[np.float64]) -> dict[str, Any]:
    """Return count, share and sum of the points that a place holds, each with its band."""
    counts = three.sum(axis=0)
    above, below = np.maximum(weight, 0.0), np.minimum(weight, 0.0)
    # A negative weight makes the sum smaller where it comes in.
    sums = above @ three + below @ three[:, ::-1]
    share = counts / len(three) if len(three) else np.full(3, np.nan)
    return (
        band("count", [int(c) for c in counts])
        | band("share", [float(s) for s in share])
        | band("sum", [float(s) for s in sums])
    )


def _names(near: Neighbourhood, level: str, place: str) -> dict[str, Any]:
    own = near.ground(level, place) if place and len(near.xy) else None
    return {f"place_{lang}": getattr(own, f"name_{lang}", "") for lang in LANGUAGES}


def _row(row: dict[Any, Any], state: str, told: dict[str, Any]) -> dict[str, Any]:
    same = {c: row[c] for c in _COLUMNS if c in row}
    return same | told | {"policy": row["id"], "state": state}
