"""The audit: every published number against what the geometry gives, and against other claims."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.analysis.checks import check_claims, printed_belts
from geo.analysis.verdicts import Claimed, Verdict, deviation, judge
from geo.errors import UnitsError
from geo.io.units import read_units
from geo.measure import SCALES, Band, area_km2, length_km, project
from geo.model.items import BeltItem, CorridorItem, Item, Link, Zone
from geo.model.layout import Layout
from geo.model.shapes import offset
from geo.words import LANGUAGES, say
from geo.words.figures import figure

__all__ = ["AUDIT_COLUMNS", "audit", "printed_belts"]

AUDIT_COLUMNS = (
    "id", "type", "subject", "subject_zh", "subject_en", "label_zh", "label_en",
    "stated", "stated_high", "unit", "qualifier", "as_of",
    "measured_low", "measured", "measured_high", "deviation", "deviation_pct",
    "method_zh", "method_en", "verdict", "why_zh", "why_en",
    "note_zh", "note_en", "claim_status", "feature_status", "source", "ref",
)  # fmt: skip


@dataclass
class _Finding:
    """What a rule found out about a claim."""

    band: Band | None = None
    method: str = "none"
    method_words: dict[str, Any] = field(default_factory=dict)
    verdict: Verdict | None = None
    why: str = ""
    words: dict[str, Any] = field(default_factory=dict)


@dataclass
class _Context:
    layout: Layout
    units: gpd.GeoDataFrame | None


def audit(layout: Layout) -> pd.DataFrame:
    """Compare every claim of a layout with its geometry, and the claims with each other.

    Parameters
    ----------
    layout
        The layout; its ``claims`` are what was published.

    Returns
    -------
    DataFrame
        One row for each claim (``type`` = ``claim``), then one for each check between claims
        (``type`` = ``check``): what is stated, the measured value with its band, deviation (measured
        minus stated) and in per cent, method, verdict (``agrees``, ``within-band``, ``differs``,
        ``not-measurable``) and why, in both languages. Areas and lengths are geodesic (WGS84).

    Notes
    -----
    A claim *agrees* if the measured value lies in the interval that its qualifier and its printed
    digits allow; it is *within band* if only the measured band reaches that interval. A footprint
    that was made from a figure never confirms it.
    """
    context = _Context(layout, _units(layout))
    rows = [
        _claim_row({str(k): v for k, v in claim.items()}, context)
        for claim in layout.claims.to_dict("records")
    ]
    rows += check_claims(layout)
    return pd.DataFrame(rows).reindex(columns=list(AUDIT_COLUMNS))


def _units(layout: Layout) -> gpd.GeoDataFrame | None:
    """Return the layout's units of both levels; ``None`` where it names no provider."""
    try:
        frames = [read_units(layout, level) for level in ("city", "county")]
    except UnitsError:
        return None
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=4326)


def _claim_row(claim: dict[str, Any], context: _Context) -> dict[str, Any]:
    finding = _find(claim, context)
    stated = Claimed(claim["value"], claim["value_high"], claim["qualifier"])
    measured = finding.band
    if finding.verdict is None:
        if measured is None:
            finding.verdict = "not-measurable"
        else:
            finding.verdict = judge(stated, measured)
            finding.why, finding.words = _why_measured(claim, measured, finding.verdict)
    difference, percent = deviation(stated, measured)
    subject = claim["subject"]
    item = context.layout[subject] if subject in context.layout else None
    row: dict[str, Any] = {
        "id": claim["id"],
        "type": "claim",
        "subject": subject,
        "stated": claim["value"],
        "stated_high": claim["value_high"],
        "unit": claim["unit"],
        "qualifier": claim["qualifier"],
        "as_of": claim["as_of"],
        "measured_low": measured.low if measured else float("nan"),
        "measured": measured.central if measured else float("nan"),
        "measured_high": measured.high if measured else float("nan"),
        "deviation": difference,
        "deviation_pct": percent,
        "verdict": finding.verdict,
        "claim_status": claim["status"],
        "feature_status": item.status if item is not None else "",
        "source": claim["source"],
        "ref": claim["ref"],
    }
    for lang in LANGUAGES:
        row[f"subject_{lang}"] = _subject_name(subject, context, lang)
        row[f"label_{lang}"] = claim[f"label_{lang}"]
        row[f"note_{lang}"] = claim[f"note_{lang}"]
        row[f"method_{lang}"] = say(f"audit.method.{finding.method}", lang, **finding.method_words)
        row[f"why_{lang}"] = say(f"audit.why.{finding.why}", lang, **finding.words)
    return row


def _subject_name(subject: str, context: _Context, lang: Literal["zh", "en"]) -> str:
    if subject in context.layout:
        item = context.layout[subject]
        return item.name_zh if lang == "zh" else item.name_en
    if subject.startswith("unit:"):
        units = context.units
        if units is not None:
            hit = units.loc[units["adcode"] == subject.removeprefix("unit:"), f"name_{lang}"]
            if len(hit):
                return str(hit.iloc[0])
        return subject
    return context.layout.meta.name_zh if lang == "zh" else context.layout.meta.name_en


def _why_measured(
    claim: dict[str, Any], band: Band, verdict: Verdict
) -> tuple[str, dict[str, Any]]:
    difference, percent = deviation(
        Claimed(claim["value"], claim["value_high"], claim["qualifier"]), band
    )
    words = {
        "measured": figure(band.central), "low": figure(band.low), "high": figure(band.high),
        "unit": claim["unit"], "deviation": ("+" if difference > 0 else "") + figure(difference),
        "pct": percent,
    }  # fmt: skip
    return {"agrees": "close", "within-band": "in-band", "differs": "off"}[verdict], words


def _find(claim: dict[str, Any], context: _Context) -> _Finding:
    if claim["qualifier"] == "statement" or (
        np.isnan(claim["value"]) and claim["quantity"] == "statement"
    ):
        return _Finding(why="target" if claim["qualifier"] == "target" else "statement")
    if claim["qualifier"] == "target":
        return _Finding(why="target")
    rule = _RULES.get(claim["quantity"])
    return rule(claim, context) if rule else _Finding(why="not-spatial")


def _area(claim: dict[str, Any], context: _Context) -> _Finding:
    subject = claim["subject"]
    if subject.startswith("unit:"):
        return _unit_area(claim, context)
    if subject not in context.layout:
        return _Finding(why="not-spatial")
    item = context.layout[subject]
    if item.footprint is None or item.area_band is None:
        return _Finding(why="unlocated")
    if isinstance(item, Zone | BeltItem) and item.by_construction:
        own = getattr(item.properties, "area_km2", None)
        same = own is not None and abs(own - claim["value"] * _scale(claim)) <= 1e-9 * own
        return _Finding(why="by-construction" if same else "no-outline")
    if item.status == "illustrative":
        return _Finding(why="no-outline")
    return _Finding(item.area_band.scaled(1 / _scale(claim)), "geodesic-area")


def _scale(claim: dict[str, Any]) -> float:
    """Return what one unit of the claim is in km² or km."""
    return SCALES[claim["quantity"]][claim["unit"]]


def _unit_area(claim: dict[str, Any], context: _Context) -> _Finding:
    adcode = claim["subject"].removeprefix("unit:")
    if context.units is None or adcode not in set(context.units["adcode"]):
        return _Finding(why="no-unit", words={"code": adcode})
    unit = context.units[context.units["adcode"] == adcode].iloc[0]
    shape = project(unit["geometry"], context.layout.crs)
    inner, outer = (offset(shape, d).area / 1e6 for d in (-unit["err_m"], unit["err_m"]))
    band = Band(inner, area_km2(unit["geometry"]), outer)
    return _Finding(band.scaled(1 / _scale(claim)), "unit-areas", {"source": unit["source"]})


def _length(claim: dict[str, Any], context: _Context) -> _Finding:
    item = context.layout[claim["subject"]] if claim["subject"] in context.layout else None
    line = None
    if item is not None:
        line = item.axis if isinstance(item, CorridorItem | BeltItem) else item.geometry
    if line is None or not line.geom_type.endswith("LineString"):
        return _Finding(why="unlocated")
    known = length_km(line) / _scale(claim)
    if getattr(item.properties if item else None, "complete", True) is False:
        band = Band.exact(known)
        return _Finding(
            band,
            "geodesic-length",
            {},
            "not-measurable",
            "partial-line",
            {"known": known, "unit": claim["unit"]},
        )
    if item is not None and item.status in ("illustrative", "computed"):
        return _Finding(why="no-outline")
    return _Finding(Band.exact(known), "geodesic-length")


def _extent(claim: dict[str, Any], context: _Context) -> _Finding:
    """Judge an extent east–west or north–south by the span of the seats that must lie in it."""
    item = context.layout[claim["subject"]] if claim["subject"] in context.layout else None
    seats = _seat_points(item, context.layout)
    if len(seats) < 2:
        return _Finding(why="unlocated")
    errs = [context.layout[s].err_m or 0.0 for s in item.properties.seats]  # type: ignore[union-attr]
    east_west = claim["quantity"] == "extent_ew"
    spans = np.ptp(seats, axis=0) / 1000 / _scale(claim)
    span = float(spans[0] if east_west else spans[1])
    slack = 2 * max(errs) / 1000 / _scale(claim)
    band = Band(max(span - slack, 0.0), span, span + slack)
    claimed = float(claim["value"])
    if span <= claimed:
        other = _other_extent(claim, context.layout)
        if east_west and other is not None:
            return _Finding(
                band,
                "seat-span",
                {},
                "agrees",
                "span-fits",
                {"measured": span, "other": other, "unit": claim["unit"]},
            )
        why = "close" if east_west else "span-fits-ns"
        words: dict[str, Any] = {
            "measured": figure(span) if east_west else span,
            "unit": claim["unit"],
        }
        return _Finding(band, "seat-span", {}, "agrees", why, words)
    why = "span-too-large-ew" if east_west else "span-too-large"
    verdict: Verdict = "within-band" if band.low <= claimed else "differs"
    return _Finding(
        band,
        "seat-span",
        {},
        verdict,
        why,
        {"measured": span, "claimed": claimed, "unit": claim["unit"]},
    )


def _other_extent(claim: dict[str, Any], layout: Layout) -> float | None:
    other = {"extent_ew": "extent_ns", "extent_ns": "extent_ew"}[claim["quantity"]]
    table = layout.claims
    hit = table[(table["subject"] == claim["subject"]) & (table["quantity"] == other)]
    return float(hit["value"].iloc[0]) if len(hit) else None


def _seat_points(item: Item | None, layout: Layout) -> np.ndarray[Any, Any]:
    if not isinstance(item, BeltItem):
        return np.empty((0, 2))
    shapes = [layout[s].geometry for s in item.properties.seats]
    placed = [project(g, layout.crs) for g in shapes if g is not None]
    return np.array([[p.x, p.y] for p in placed]).reshape(-1, 2)


def _count(claim: dict[str, Any], context: _Context) -> _Finding:
    what, _, kind = (claim["of"] or "").partition(":")
    layout, item = context.layout, None
    if claim["subject"] in layout:
        item = layout[claim["subject"]]
    if what == "seats" and isinstance(item, BeltItem):
        seats = item.seats
        return _Finding(Band.exact(float(len(seats))), "counted")
    if what == "role" and isinstance(item, BeltItem):
        n = sum(role == kind for role in item.properties.roles.values())
        return _Finding(Band.exact(float(n)), "counted")
    if what == "layer":
        return _Finding(Band.exact(float(len(layout.of_layer(kind)))), "counted")  # type: ignore[arg-type]
    if what == "kind":
        return _listed(claim, [i for i in layout if i.properties.kind == kind])
    if what == "counted":
        return _listed(claim, [i for i in layout if getattr(i.properties, "counted", False)])
    if what == "ends" and isinstance(item, Link):
        return _Finding(Band.exact(float(len(set(item.ends)))), "counted")
    if what == "link":
        return _links(claim, [i for i in layout.of_layer("link") if i.properties.kind == kind])
    if what == "units" and item is not None:
        return _units_touched(item, context)
    return _Finding(why="not-spatial")


def _listed(claim: dict[str, Any], items: list[Item]) -> _Finding:
    """Judge a published number of places by those that have a position: a list may be incomplete."""
    located = sum(i.located for i in items)
    claimed = float(claim["value"])
    band = Band.exact(float(located))
    if located == claimed:
        return _Finding(band, "listed")
    if located > claimed:
        return _Finding(band, "listed", {}, "differs", "too-many", {"measured": located})
    words = {"claimed": claimed, "listed": len(items), "located": located}
    return _Finding(band, "listed", {}, "not-measurable", "incomplete-list", words)


def _links(claim: dict[str, Any], links: list[Item]) -> _Finding:
    """Count the places of a kind of link: its own ends, without an end that all of them share."""
    ends = [set(link.ends) for link in links if isinstance(link, Link)]
    shared = (
        set.intersection(*ends) if len(ends) > 1 else {e for pair in ends for e in list(pair)[:1]}
    )
    places = sorted({end for pair in ends for end in pair} - shared, key=lambda i: i.id)
    return _listed_names(claim, places)


def _listed_names(claim: dict[str, Any], items: list[Item]) -> _Finding:
    claimed, named = float(claim["value"]), len(items)
    band = Band.exact(float(named))
    if named >= claimed:
        return _Finding(band, "counted")
    words = {"claimed": claimed, "listed": named, "located": sum(i.located for i in items)}
    return _Finding(band, "counted", {}, "not-measurable", "incomplete-list", words)


def _units_touched(item: Item, context: _Context) -> _Finding:
    if item.planar_footprint is None or item.err_m is None or context.units is None:
        return _Finding(why="unlocated")
    units = context.units
    shapes = units.loc[units["level"] == "county", "geometry"]
    planar = [project(g, context.layout.crs) for g in shapes]
    counts = []
    for distance in (-item.err_m, 0.0, item.err_m):
        shape = item.planar_offset(distance)
        counts.append(sum(p.intersection(shape).area > 0 for p in planar))
    return _Finding(Band(*map(float, counts)), "units-touched")


def _population(claim: dict[str, Any], context: _Context) -> _Finding:
    table = context.layout.population
    city = claim["subject"].removeprefix("unit:")
    areas = table[(table["type"] == "statistical-area") & (table["city_adcode"] == city)]
    # An area within another is counted with it, as Hannan is with the economic zone.
    held = areas["within"].isin(areas.loc[areas["population"].notna(), "id"])
    total = float(areas.loc[~held, "population"].sum())
    if total == 0:
        return _Finding(why="unlocated")
    return _Finding(Band.exact(total), "sum-of-areas")


_RULES: dict[str, Callable[[dict[str, Any], _Context], _Finding]] = {
    "area": _area,
    "length": _length,
    "extent_ew": _extent,
    "extent_ns": _extent,
    "count": _count,
    "population": _population,
}
