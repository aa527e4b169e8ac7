"""The figures of one corridor or belt that layouts are compared by, with bands and reasons."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.analysis.axis_bands import NOT_KNOWN, Three, axis_bands
from geo.analysis.bands import band
from geo.analysis.neighbour_gap import NeighbourGap, neighbour_gap
from geo.analysis.routes import route_of
from geo.analysis.verdicts import VERDICTS
from geo.measure import project_points
from geo.model.items import BeltItem, CorridorItem, Item
from geo.model.layout import Layout
from geo.words import LANGUAGES, Said

__all__ = [
    "BANDED", "claim_counts", "columns", "corridor_items", "densities", "figures_of", "members_of", "reasons",
]  # fmt: skip

BANDED = (
    "length_km", "width_km", "elongation", "sinuosity", "azimuth_deg", "area_km2", "cores_per_100km", "nodes_per_100km",
    "located_per_100km", "gap_km",
)  # fmt: skip
"""What is measured with a band, in the order of the columns."""
EVERYWHERE_KM = 5_000.0
"""A half width that takes in every place: how wide a corridor is drawn must not leave out what it lists."""


def corridor_items(layout: Layout) -> list[CorridorItem | BeltItem]:
    """Return the corridors and oriented belts of a layout, located or not, in file order."""
    return [
        item for item in layout
        if isinstance(item, CorridorItem) or (isinstance(item, BeltItem) and item.properties.kind == "oriented-belt")
    ]  # fmt: skip


def members_of(item: CorridorItem | BeltItem) -> tuple[list[Item], list[Item]]:
    """Return the cores and the nodes of a corridor; the seats of a belt are its nodes."""
    layout = item.layout
    if isinstance(item, BeltItem):
        return [], [layout[name] for name in item.properties.seats]
    listed = dict.fromkeys(item.properties.cores)
    own = {i.id: None for i in layout.of_layer("zone") if i.properties.kind == "core" and i.properties.parent == item.id}  # fmt: skip
    cores = listed | own
    return [layout[n] for n in cores], [layout[n] for n in dict.fromkeys(item.properties.nodes) if n not in cores]  # fmt: skip


def figures_of(item: CorridorItem | BeltItem, audited: pd.DataFrame) -> dict[str, Any]:
    """Return the row of a corridor or belt.

    Parameters
    ----------
    item
        The corridor or oriented belt.
    audited
        The claims of its layout and the checks between them, with their verdicts (:func:`geo.audit`).
    """
    why: dict[str, str] = {}
    bands, length = _shape_bands(item, why)
    cores, nodes = members_of(item)
    row = {
        "layout": item.layout.id, "layout_zh": item.layout.meta.name_zh, "layout_en": item.layout.meta.name_en,
        "corridor": item.id, "corridor_zh": item.name_zh, "corridor_en": item.name_en, "kind": item.properties.kind,
        "status": item.status, "err_m": math.nan if item.err_m is None else float(item.err_m),
    }  # fmt: skip
    counted = densities(cores, nodes, length, why)
    bands |= {name: counted.pop(name) for name in BANDED if name in counted}
    gap = None if item.axis is None else _gap(item, [i for i in (*cores, *nodes) if i.geometry is not None])  # fmt: skip
    bands["gap_km"] = NOT_KNOWN if gap is None else gap[0].length_km
    if gap is None:
        why["gap_km"] = "no-axis" if item.axis is None else "few-located"
    for name in BANDED:
        row |= band(name, bands[name])
    row |= {f"gap_{end}_{lang}": "" if gap is None else getattr(place, f"name_{lang}") for end, place in zip(("from", "to"), gap[1] if gap else (None, None), strict=True) for lang in LANGUAGES}  # fmt: skip
    row |= counted | claim_counts(audited[audited["subject"] == item.id], why)
    return row | reasons(why) | {"source": item.source}


def _shape_bands(item: CorridorItem | BeltItem, why: dict[str, str]) -> tuple[dict[str, Three], Three]:  # fmt: skip
    """Return what the axis and the footprint give, and the length."""
    names = ("length_km", "width_km", "elongation", "sinuosity", "azimuth_deg", "area_km2")
    if item.axis is None or item.shape is None:
        why |= dict.fromkeys(names, "no-axis")
        return dict.fromkeys(names, NOT_KNOWN), NOT_KNOWN
    axis = axis_bands(item.axis, item.err_m)
    reach = math.nan if item.err_m is None else 2 * item.err_m / 1000
    own = float(item.shape.width_km)
    width = (max(own - reach, 0.0) if reach == reach else math.nan, own, own + reach)
    if math.isnan(axis.sinuosity[1]):
        why |= dict.fromkeys(("sinuosity", "azimuth_deg"), "closed")
    area = item.area_band
    if area is None:
        why["area_km2"] = "no-error"
    if item.err_m is None:
        why |= dict.fromkeys(("length_km", "width_km"), "no-error")
    elongation = axis.length_km[0] / width[2], axis.length_km[1] / own, axis.length_km[2] / width[0] if width[0] else math.inf  # fmt: skip
    found = {
        "length_km": axis.length_km, "width_km": width, "elongation": elongation, "sinuosity": axis.sinuosity,
        "azimuth_deg": axis.azimuth_deg, "area_km2": NOT_KNOWN if area is None else (area.low, area.central, area.high),
    }  # fmt: skip
    return found, axis.length_km


def densities(cores: Sequence[Item], nodes: Sequence[Item], length: Three, why: dict[str, str]) -> dict[str, Any]:  # fmt: skip
    """Return counts of cores and nodes, the share located, and how many there are in 100 km.

    A corridor for which none are listed may have some all the same: their number is not known.
    """
    found: dict[str, Any] = {}
    for name, items in (("cores", cores), ("nodes", nodes)):
        known = bool(items)
        located = sum(i.geometry is not None for i in items)
        found[name] = float(len(items)) if known else math.nan
        found[f"{name}_located"] = float(located) if known else math.nan
        if not known:
            why[name] = f"no-{name}"
    found["share_nodes_located"] = found["nodes_located"] / found["nodes"]
    for name, number in (("cores", found["cores"]), ("nodes", found["nodes"]), ("located", found["nodes_located"])):  # fmt: skip
        found[f"{name}_per_100km"] = _per_100(number, length)
        if math.isnan(length[1]) and not math.isnan(number):
            why[f"{name}_per_100km"] = "no-axis"
    return found


def _per_100(number: float, length: Three) -> Three:
    low, central, high = (100 * number / one if one else math.inf for one in reversed(length))
    return low, central, high


def _gap(item: Item, members: Sequence[Item]) -> tuple[NeighbourGap, tuple[Item, Item]] | None:
    if len(members) < 2:
        return None
    route = route_of(item, within_km=EVERYWHERE_KM)
    at = shapely.centroid(np.array([m.geometry for m in members], dtype=object))
    xy = project_points(shapely.get_x(at), shapely.get_y(at), route.crs)
    err = np.array([m.err_m or 0.0 for m in members]) + route.err_m
    gap = neighbour_gap(route, xy, err)
    return None if gap is None else (gap, (members[gap.first], members[gap.last]))


def claim_counts(audited: pd.DataFrame, why: dict[str, str]) -> dict[str, Any]:
    """Return how many claims and checks there are, how each kind of verdict goes, and what share is measured."""
    found = _verdicts(audited, "claim") | _verdicts(audited, "check")
    claims, unknown = found["claims"], found["claims_not_measured"]
    found["share_claims_measured"] = (claims - unknown) / claims if claims else math.nan
    if not claims:
        why["share_claims_measured"] = "no-claims"
    return found


def _verdicts(audited: pd.DataFrame, kind: str) -> dict[str, Any]:
    rows = audited[audited["type"] == kind]
    counts = rows["verdict"].value_counts()
    measured = {
        f"{kind}s_{v.replace('-', '_')}": int(counts.get(v, 0))
        for v in VERDICTS if v in ("agrees", "within-band", "differs")
    }  # fmt: skip
    return {f"{kind}s": len(rows)} | measured | {f"{kind}s_not_measured": len(rows) - sum(measured.values())}  # fmt: skip


def reasons(why: dict[str, str]) -> dict[str, str]:
    """Return what is not known and why, in both languages: a reason once, with what it concerns."""
    causes: dict[str, list[Said]] = {}
    for name, cause in why.items():
        causes.setdefault(cause, []).append(Said(f"report.column.{name}"))
    said = [Said("layouts.why.of", what=names, why=Said(f"layouts.why.{cause}")) for cause, names in causes.items()]  # fmt: skip
    between = {"zh": ";", "en": "; "}
    return {f"why_{lang}": between[lang].join(one.says(lang) for one in said) for lang in LANGUAGES}


def columns() -> list[str]:
    """Return the columns of a row, for a table without rows."""
    head = ["layout", "layout_zh", "layout_en", "corridor", "corridor_zh", "corridor_en", "kind", "status", "err_m"]  # fmt: skip
    bands = [column for name in BANDED for column in (f"{name}_low", name, f"{name}_high")]
    ends = [f"gap_{end}_{lang}" for end in ("from", "to") for lang in LANGUAGES]
    tail = [
        "cores", "cores_located", "nodes", "nodes_located", "share_nodes_located", "claims", "claims_agrees",
        "claims_within_band", "claims_differs", "claims_not_measured", "checks", "checks_agrees", "checks_within_band", "checks_differs",
        "checks_not_measured", "share_claims_measured", "why_zh", "why_en", "source",
    ]  # fmt: skip
    return [*head, *bands, *ends, *tail]
