"""Nodes and seats: which lie in which footprint, surely, probably or perhaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from geo.analysis.footprints import Footprint, footprints_of, oriented_belts
from geo.measure import project, signed_distance
from geo.model.items import BeltItem
from geo.model.kinds import COUNTED
from geo.model.layout import Layout, tier_counts

__all__ = ["node_counts", "nodes_in", "seats_held", "tier_counts"]


def nodes_in(layout: Layout, *, footprints: Sequence[Footprint] | None = None) -> pd.DataFrame:
    """Return how each located node lies to each footprint that it may be in.

    A node counts as *surely* inside (``low``) if it lies inside by more than the error of the
    footprint and its own together, and as *perhaps* inside (``high``) if it lies no further outside
    than that. The two errors are added, so that the band is a bound and no estimate.

    Returns
    -------
    DataFrame
        One row for each node and footprint of which it is at least perhaps inside: node, names,
        kind, tier, err_m, footprint, ``depth_km`` (distance inside the boundary; negative
        outside), ``low``, ``central``, ``high`` (bool).
    """
    frame = layout.nodes
    points = np.array([project(g, layout.crs) for g in frame.geometry], dtype=object)
    parts = []
    for footprint in footprints_of(layout) if footprints is None else footprints:
        if not len(points):
            break
        depth = signed_distance(points, footprint.shape)
        reach = frame["err_m"].to_numpy(float)
        central = depth >= 0
        low = central & (signed_distance(points, footprint.inner) > reach)
        high = central | (signed_distance(points, footprint.outer) >= -reach)
        if footprint.kind == "campus-ring" and layout.meta.campus_rings is not None:
            # A ring moves with its own campus: that campus is inside whatever its error.
            own = (frame["kind"] == layout.meta.campus_rings.kind).to_numpy()
            low, high = np.where(own, central, low), np.where(own, central, high)
        part = pd.DataFrame(
            {
                "node": frame["id"], "name_zh": frame["name_zh"], "name_en": frame["name_en"],
                "kind": frame["kind"], "tier": frame["tier"], "err_m": frame["err_m"],
                "footprint": footprint.id, "footprint_zh": footprint.name_zh,
                "footprint_en": footprint.name_en,
                "depth_km": depth / 1000,
                "low": low, "central": central, "high": high,
                "source": frame["source"], "confidence": frame["confidence"],
            }
        )  # fmt: skip
        parts.append(part[part["high"]])
    columns = [
        "node", "name_zh", "name_en", "kind", "tier", "err_m", "footprint", "footprint_zh",
        "footprint_en", "depth_km", "low", "central", "high", "source", "confidence",
    ]  # fmt: skip
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)[columns]


def node_counts(layout: Layout, *, footprints: Sequence[Footprint] | None = None) -> pd.DataFrame:
    """Return the nodes of each tier in each footprint, and in none.

    Returns
    -------
    DataFrame
        footprint, names, tier, ``count_low``, ``count``, ``count_high``, ``located`` (nodes of
        the tier that have a position), ``listed`` (with those that have none) and ``share`` of
        the located ones with its band (of 1). The rows with the footprint ``""`` count the nodes
        in no footprint at all (scope ``with-belt``) and in none but the oriented belts
        (``without-belt``).
    """
    found = list(footprints_of(layout) if footprints is None else footprints)
    member = nodes_in(layout, footprints=found)
    totals = tier_counts(layout).groupby("tier", sort=False)[["listed", "located"]].sum()
    levels = ["low", "central", "high"]
    slim = member[["node", "tier", "footprint", *levels]].astype(dict.fromkeys(levels, bool))
    counted = slim.groupby(["footprint", "tier"])[levels].sum().to_dict("index")
    nothing = dict.fromkeys(levels, 0)
    tiers = [tier for tier in COUNTED if tier in totals.index]
    rows: list[dict[str, Any]] = []
    for footprint in found:
        for tier in tiers:
            own = counted.get((footprint.id, tier), nothing)
            head = footprint.row() | {"scope": ""}
            rows.append(head | _count_row(tier, [int(own[level]) for level in levels], totals))
    for scope, without in (("with-belt", set[str]()), ("without-belt", oriented_belts(layout))):
        those = slim[~slim["footprint"].isin(without)]
        nodes = those.groupby(["tier", "node"])[levels].any().groupby("tier").sum().to_dict("index")
        for tier in tiers:
            located, own = int(totals["located"][tier]), nodes.get(tier, nothing)
            # Fewest outside when every node that is perhaps inside is inside.
            outside = [located - int(own[level]) for level in reversed(levels)]
            head = {"footprint": "", "footprint_zh": "", "footprint_en": "", "scope": scope}
            rows.append(head | _count_row(tier, outside, totals))
    columns = [
        "footprint", "footprint_zh", "footprint_en", "scope", "layer", "status", "err_m", "tier",
        "count_low", "count", "count_high", "located", "listed", "share_low", "share", "share_high",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _count_row(tier: str, counts: list[int], totals: pd.DataFrame) -> dict[str, Any]:
    located, listed = (int(totals[name][tier]) for name in ("located", "listed"))
    shares = [n / located if located else float("nan") for n in counts]
    return {
        "tier": tier,
        "count_low": counts[0], "count": counts[1], "count_high": counts[2],
        "located": located, "listed": listed,
        "share_low": shares[0], "share": shares[1], "share_high": shares[2],
    }  # fmt: skip


def seats_held(layout: Layout) -> pd.DataFrame:
    """Return how each oriented belt holds its seats.

    Returns
    -------
    DataFrame
        belt, names, seat, names, role, ``along_km``, ``across_km`` (in the belt's own axes),
        ``depth_km`` (inside the nearest edge; negative outside), ``low``, ``central``, ``high``.
    """
    rows = []
    for belt in layout.of_layer("belt"):
        if not isinstance(belt, BeltItem) or belt.shape is None or belt.planar_footprint is None:
            continue
        for seat in belt.seats.to_dict("records"):
            point = layout[str(seat["id"])]
            if point.geometry is None:
                continue
            placed = np.array([project(point.geometry, layout.crs)], dtype=object)
            depth = float(np.asarray(signed_distance(placed, belt.planar_footprint))[0])
            reach = (belt.err_m or 0.0) + (point.err_m or 0.0)
            rows.append(
                {
                    "belt": belt.id, "belt_zh": belt.name_zh, "belt_en": belt.name_en,
                    "seat": seat["id"], "seat_zh": seat["name_zh"], "seat_en": seat["name_en"],
                    "role": seat["role"], "along_km": seat["along_km"],
                    "across_km": seat["across_km"], "depth_km": depth / 1000,
                    "low": depth > reach, "central": bool(seat["inside"]), "high": depth >= -reach,
                    "err_m": reach,
                }
            )  # fmt: skip
    columns = [
        "belt", "belt_zh", "belt_en", "seat", "seat_zh", "seat_en", "role", "along_km",
        "across_km", "depth_km", "low", "central", "high", "err_m",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)
