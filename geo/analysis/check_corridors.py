"""What a corridor's own length, area and width say of each other, and of whole units."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geo.analysis.check_rows import check_row, claimed, common, interval, measured_columns
from geo.analysis.claim_finding import Context
from geo.analysis.claim_measures import ends_km
from geo.analysis.verdicts import Verdict, judge
from geo.measure import SCALES, Band, area_km2, project
from geo.model.items import CorridorItem, Item
from geo.model.shapes import offset
from geo.words.figures import figure

__all__ = ["MOST_COUNTIES", "WHOLE_UNITS", "corridor_rows", "whole_unit_rows"]

WHOLE_UNITS = 0.01
"""Relative difference up to which an area is that of whole units; the positional error of their
boundaries comes on top, with as much again at most (on a small unit it would allow any area)."""
MOST_COUNTIES = 12
"""So many units of the lower level may be touched for their sum to mean anything."""

_Claim = dict[Any, Any]


def corridor_rows(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the checks of each corridor: its lengths against its ends, its mean width."""
    for item in context.layout.of_layer("corridor"):
        if not isinstance(item, CorridorItem):
            continue
        own = _of(context, item.id)
        lengths, ends = own.get("length", []), ends_km(item)
        possible = []
        for claim in lengths:
            row = None if ends is None else _length_row(claim, item, ends)
            if row is None or row["verdict"] != "differs":
                possible.append(claim)
            if row is not None:
                yield row
        areas = [c for c in own.get("area", []) if c["status"] != "proxy"]
        possible = [c for c in possible if c["status"] != "proxy" and c["value"] > 0]
        if areas and possible:
            yield _mean_width_row(item, areas, possible, own.get("width", []))


def _of(context: Context, subject: str) -> dict[str, list[_Claim]]:
    """Return the numbers that are published of a subject as it is, by quantity."""
    table = context.layout.claims
    table = table[(table["subject"] == subject) & table["value"].notna()]
    table = table[~table["qualifier"].isin(["target", "statement"])]
    found: dict[str, list[_Claim]] = {}
    for claim in table.to_dict("records"):
        found.setdefault(str(claim["quantity"]), []).append(claim)
    return found


def _length_row(claim: _Claim, item: CorridorItem, ends: Band) -> dict[str, Any]:
    """Return what the distance of its ends says of a length: shorter cannot be, longer winds."""
    scale = SCALES["length"][claim["unit"]]
    away = ends.scaled(1 / scale)
    most = interval(claim)[1]
    verdict: Verdict = "agrees"
    if most < away.central:
        verdict = "differs" if most < away.low else "within-band"
    words = {
        "label_zh": claim["label_zh"], "label_en": claim["label_en"],
        "value": figure(claim["value"], 6), "most": figure(most), "unit": claim["unit"],
        "ends": figure(away.central), "low": figure(away.low), "high": figure(away.high),
        "times": figure(claim["value"] / away.central if away.central else math.nan, 3),
        "axis": figure((item.length_km or math.nan) / scale), "drawn": figure(item.sinuosity or math.nan, 3),
    }  # fmt: skip
    why = "length-possible" if claim["value"] >= away.central else "length-short"
    why = "length-impossible" if verdict == "differs" else why
    return check_row(
        f"{claim['id']}:length-ends", item.id, verdict, "length-ends", why, "ends-distance", words,
        **measured_columns(claimed(claim), away), **common(pd.DataFrame([claim])),
        feature_status=item.status,
    )  # fmt: skip


def _mean_width_row(
    item: CorridorItem, areas: list[_Claim], lengths: list[_Claim], widths: list[_Claim]
) -> dict[str, Any]:
    """Return area ÷ length of one date, beside the width that is published and the layout's own."""
    pairs = [(a, b) for a in areas for b in lengths if a["as_of"] and a["as_of"] == b["as_of"]]
    area, length = (pairs or [(areas[0], lengths[0])])[0]
    unit = widths[0]["unit"] if widths else length["unit"]
    to_km2, to_km = SCALES["area"][area["unit"]], SCALES["length"][length["unit"]]
    scale = to_km2 / to_km / SCALES["width"][unit]
    (area_low, area_high), (length_low, length_high) = interval(area), interval(length)
    mean = area["value"] / length["value"] * scale
    high = area_high / length_low * scale if length_low > 0 else math.inf
    band = Band(area_low / length_high * scale, mean, high)
    own = (item.width_km or math.nan) / SCALES["width"][unit]
    words: dict[str, Any] = {
        "label_zh": item.name_zh, "label_en": item.name_en,
        "area": figure(area["value"], 6), "area_unit": area["unit"], "area_date": area["as_of"] or "–",
        "length": figure(length["value"], 6), "length_unit": length["unit"], "length_date": length["as_of"] or "–",
        "mean": figure(mean, 3), "unit": unit, "own": figure(own, 3),
    }  # fmt: skip
    used = [area, length]
    why, verdict, columns = "mean-width-alone", "not-measurable", _band_columns(band)
    if widths:
        width = widths[0]
        why, verdict = "mean-width-stated", judge(claimed(width), band)
        words["stated"] = figure(width["value"], 6)
        columns, used = measured_columns(claimed(width), band), [*used, width]
    return check_row(
        f"{item.id}:mean-width", item.id, verdict, "mean-width", why, "mean-width", words,  # type: ignore[arg-type]
        **columns, **common(pd.DataFrame(used)) | {"unit": unit}, feature_status=item.status,
    )  # fmt: skip


def _band_columns(band: Band) -> dict[str, float]:
    return {"measured_low": band.low, "measured": band.central, "measured_high": band.high}


def whole_unit_rows(context: Context, *, within: float = WHOLE_UNITS) -> Iterator[dict[str, Any]]:
    """Yield the areas of corridors, belts and zones that are those of whole administrative units.

    Notes
    -----
    A published area is set against few sums only: all cities that the footprint touches, all cities
    of the layout, all units of the lower level that it touches (where there are at most
    ``MOST_COUNTIES`` of them), and each touched unit alone. Of twelve units 4,095 sums can be made;
    within 1 % nearly any area would be one of them, so that arbitrary subsets prove nothing.
    """
    units = context.units
    if units is None:
        return
    planar = [project(g, context.layout.crs) for g in units.geometry]
    for layer in ("corridor", "belt", "zone"):
        for item in context.layout.of_layer(layer):
            claims = _of(context, item.id).get("area", [])
            if not claims or item.planar_footprint is None:
                continue
            sums = list(_candidates(units, planar, item))
            for claim in claims if sums else []:
                row = _whole_units_row(claim, item, units, sums, within)
                if row is not None:
                    yield row


def _candidates(
    units: gpd.GeoDataFrame, planar: list[Any], item: Item
) -> Iterator[tuple[list[int], Band]]:
    """Yield the groups of units that an area may be that of, with their area in km².

    Low and high offset the common outline of a group by the positional error of its boundaries.
    """
    shape = item.planar_footprint
    touched = [k for k, p in enumerate(planar) if p.intersects(shape) and not p.touches(shape)]
    seen: set[tuple[int, ...]] = set()
    level = units["level"].to_numpy()
    cities = [k for k in touched if level[k] == "city"]
    counties = [k for k in touched if level[k] == "county"]
    groups = [cities, [k for k in range(len(units)) if level[k] == "city"]]
    if len(counties) <= MOST_COUNTIES:
        groups.append(counties)
    groups += [[k] for k in touched]
    for group in groups:
        if group and tuple(group) not in seen:
            seen.add(tuple(group))
            total = sum(area_km2(units.geometry.iloc[k]) for k in group)
            err, union = float(units["err_m"].iloc[group].max()), shapely.union_all([planar[k] for k in group])  # fmt: skip
            inner, outer = (offset(union, d).area / 1e6 for d in (-err, err))
            yield group, Band(min(inner, total), total, max(outer, total))


def _whole_units_row(
    claim: _Claim, item: Item, units: gpd.GeoDataFrame, sums: list[tuple[list[int], Band]], within: float
) -> dict[str, Any] | None:  # fmt: skip
    scale = SCALES["area"][claim["unit"]]
    stated = claim["value"] * scale
    if not stated > 0:
        return None
    group, band = min(sums, key=lambda s: abs(s[1].central - stated))
    off = (band.central - stated) / stated
    edge = (band.high if off < 0 else band.low) - band.central
    if abs(off) > within + min(abs(edge) / stated, within):
        return None
    words: dict[str, Any] = {
        "label_zh": claim["label_zh"], "label_en": claim["label_en"], "unit": claim["unit"],
        "value": figure(claim["value"], 6), "pct": 100 * off,
        "names_zh": "、".join(units["name_zh"].iloc[group]), "names_en": " + ".join(units["name_en"].iloc[group]),
    }  # fmt: skip
    own = band.scaled(1 / scale)
    words |= {"total": figure(own.central, 5), "low": figure(own.low, 5), "high": figure(own.high, 5)}  # fmt: skip
    return check_row(
        f"{claim['id']}:whole-units", item.id, "agrees" if abs(off) <= within else "within-band",
        "whole-units", "whole-units-sum" if len(group) > 1 else "whole-units-one", "unit-sum", words,
        **measured_columns(claimed(claim), own), **common(pd.DataFrame([claim])),
        feature_status=item.status,
    )  # fmt: skip
