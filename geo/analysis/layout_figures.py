"""The figures of a layout as a whole that layouts are compared by."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from geo.analysis.axis_bands import NOT_KNOWN, Three
from geo.analysis.bands import band
from geo.analysis.corridor_figures import (
    claim_counts,
    corridor_items,
    densities,
    members_of,
    reasons,
)
from geo.analysis.footprints import Footprint, footprints_of, union_of
from geo.model.layout import Layout

__all__ = ["LAYOUT_BANDED", "layout_figures"]

LAYOUT_BANDED = (
    "length_km", "area_km2", "footprints_km2", "cores_per_100km", "nodes_per_100km", "located_per_100km", "gap_km",
)  # fmt: skip
"""What is measured of a layout with a band, in the order of the columns."""


def layout_figures(
    layout: Layout, rows: Sequence[dict[str, Any]], audited: pd.DataFrame, ring_km: float | None
) -> dict[str, Any]:
    """Return the row of a layout.

    Parameters
    ----------
    layout
        The layout.
    rows
        The rows of its corridors and belts (:func:`geo.analysis.corridor_figures.figures_of`).
    audited
        Its claims and the checks between them, with their verdicts.
    ring_km
        Width of the rings around campuses, or ``None`` for the layout's own.

    Notes
    -----
    Lengths are added up over the corridors that have an axis, without belts; cores and nodes that
    several corridors list count once, and so does area that footprints share. The gap is the
    longest of its corridors'.
    """
    why: dict[str, str] = {}
    own = [r for r in rows if r["kind"] == "corridor"]
    drawn = [r for r in own if not math.isnan(r["length_km"])]
    length = _summed(drawn, why, some=len(drawn) < len(own))
    cores, nodes = _members(layout)
    counted = densities(cores, nodes, length, why)
    footprints = footprints_of(layout, ring_km=ring_km)
    bands: dict[str, Three] = {
        "length_km": length,
        "area_km2": _area("area_km2", [f for f in footprints if f.layer == "corridor"], why),
        "footprints_km2": _area("footprints_km2", footprints, why),
        "gap_km": _longest(drawn, why),
    }
    bands |= {name: counted.pop(name) for name in LAYOUT_BANDED if name in counted}
    everywhere = layout.of_layer("node")
    row: dict[str, Any] = {
        "layout": layout.id, "layout_zh": layout.meta.name_zh, "layout_en": layout.meta.name_en, "as_of": layout.meta.as_of,
        "corridors": len(own), "corridors_located": len(drawn),
        "belts": len(layout.of_layer("belt")), "zones": len(layout.of_layer("zone")),
    }  # fmt: skip
    for name in LAYOUT_BANDED:
        row |= band(name, bands[name])
    row |= counted
    row |= {"all_nodes": len(everywhere), "all_nodes_located": sum(i.located for i in everywhere)}
    return row | claim_counts(audited, why) | reasons(why)


def _members(layout: Layout) -> tuple[list[Any], list[Any]]:
    pairs = [members_of(i) for i in corridor_items(layout) if i.properties.layer == "corridor"]
    cores = {i.id: i for own, _ in pairs for i in own}
    nodes = {i.id: i for _, own in pairs for i in own if i.id not in cores}
    return list(cores.values()), list(nodes.values())


def _summed(drawn: Sequence[dict[str, Any]], why: dict[str, str], *, some: bool) -> Three:
    if not drawn:
        why["length_km"] = "no-axis"
        return NOT_KNOWN
    if some:
        why["length_km"] = "some-axes"
    low, central, high = (math.fsum(r[f"length_km{end}"] for r in drawn) for end in ("_low", "", "_high"))  # fmt: skip
    return low, central, high


def _area(name: str, footprints: Sequence[Footprint], why: dict[str, str]) -> Three:
    if not footprints:
        why[name] = "no-footprints"
        return NOT_KNOWN
    low, central, high = (float(shape.area) / 1e6 for shape in union_of(footprints))
    return low, central, high


def _longest(drawn: Sequence[dict[str, Any]], why: dict[str, str]) -> Three:
    known = [r for r in drawn if not math.isnan(r["gap_km"])]
    if not known:
        why["gap_km"] = "few-located" if drawn else "no-axis"
        return NOT_KNOWN
    low, central, high = (max(r[f"gap_km{end}"] for r in known) for end in ("_low", "", "_high"))
    return low, central, high
