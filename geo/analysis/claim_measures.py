"""What geometry says of one claim: areas, lengths, widths, distances and extents."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from geo.analysis.claim_finding import Claim, Context, Finding, scale_of
from geo.analysis.verdicts import Claimed, Verdict, claimed_interval
from geo.measure import SCALES, Band, area_km2, distance_km, length_km, project
from geo.model.items import BeltItem, CorridorItem, Item, Link, Zone
from geo.model.layout import Layout
from geo.model.shapes import offset
from geo.words.figures import figure

__all__ = ["area", "distance", "ends_km", "extent", "length", "radius", "width"]

MADE = ("illustrative", "computed")
"""Statuses of shapes that are ours and not those that a figure speaks of."""


def area(claim: Claim, context: Context) -> Finding:
    """Measure an area: that of a unit, of the extent of the claim's date, or of the footprint."""
    if claim["subject"].startswith("unit:"):
        return _unit_area(claim, context)
    item = _dated_extent(claim, context) or context.item(claim)
    if item is None:
        return Finding(why="not-spatial")
    if item.footprint is None or item.area_band is None:
        return Finding(why="unlocated")
    if isinstance(item, Zone | BeltItem) and item.by_construction:
        own = getattr(item.properties, "area_km2", None)
        same = own is not None and abs(own - claim["value"] * scale_of(claim)) <= 1e-9 * own
        return Finding(why="by-construction" if same else "no-outline")
    if item.status == "illustrative":
        return Finding(why="no-outline")
    return Finding(item.area_band.scaled(1 / scale_of(claim)), "geodesic-area")


def _dated_extent(claim: Claim, context: Context) -> Item | None:
    """Return the zone that holds the subject's extent at the date of a claim of rule ``dated``."""
    if claim["rule"] != "dated" or not claim["as_of"]:
        return None
    for zone in context.layout.of_layer("zone"):
        own = zone.properties
        if (own.kind, own.parent, own.as_of) == ("extent", claim["subject"], claim["as_of"]):
            return zone
    return None


def _unit_area(claim: Claim, context: Context) -> Finding:
    adcode = claim["subject"].removeprefix("unit:")
    if context.units is None or adcode not in set(context.units["adcode"]):
        return Finding(why="no-unit", words={"code": adcode})
    unit = context.units[context.units["adcode"] == adcode].iloc[0]
    shape = project(unit["geometry"], context.layout.crs)
    inner, outer = (offset(shape, d).area / 1e6 for d in (-unit["err_m"], unit["err_m"]))
    band = Band(inner, area_km2(unit["geometry"]), outer)
    words = {"source": unit["source"], "err": float(unit["err_m"])}
    return Finding(band.scaled(1 / scale_of(claim)), "unit-areas", words)


def length(claim: Claim, context: Context) -> Finding:
    """Measure a length along the axis or the line."""
    item = context.item(claim)
    line = None
    if item is not None:
        line = item.axis if isinstance(item, CorridorItem | BeltItem) else item.geometry
    if line is None or not line.geom_type.endswith("LineString"):
        return Finding(why="unlocated")
    known = length_km(line) / scale_of(claim)
    if getattr(item.properties if item else None, "complete", True) is False:
        words = {"known": known, "unit": claim["unit"]}
        return Finding(
            Band.exact(known), "geodesic-length", {}, "not-measurable", "partial-line", words
        )
    if item is not None and item.status in MADE:
        return Finding(why="no-outline")
    return Finding(Band.exact(known), "geodesic-length")


def ends_km(item: Item | None) -> Band | None:
    """Return the geodesic distance of the two ends of an axis or a link, or ``None``.

    Low and high take the positional errors of both ends off and add them: by the triangle
    inequality they are bounds. Kilometres.
    """
    if isinstance(item, Link):
        errs = [end.err_m or 0.0 for end in item.ends]
        line = item.line
    elif isinstance(item, CorridorItem | BeltItem):
        errs, line = [item.err_m or 0.0] * 2, item.axis
    else:
        return None
    if line is None:
        return None
    (lon1, lat1), (lon2, lat2) = line.coords[0][:2], line.coords[-1][:2]
    straight, slack = float(distance_km(lon1, lat1, lon2, lat2)), sum(errs) / 1000
    return Band(max(straight - slack, 0.0), straight, straight + slack)


def distance(claim: Claim, context: Context) -> Finding:
    """Measure the distance of the ends of a corridor, a belt or a link (``of = "ends"``)."""
    if claim["of"] != "ends":
        return Finding(why="no-ends")
    band = ends_km(context.item(claim))
    if band is None:
        return Finding(why="unlocated")
    return Finding(band.scaled(1 / scale_of(claim)), "ends-distance")


def width(claim: Claim, context: Context) -> Finding:
    """Set a width beside the layout's own, which never confirms the figure that it was made from."""
    item = context.item(claim)
    own = item.measures().get("width_km") if isinstance(item, CorridorItem | BeltItem) else None
    if item is None or own is None:
        return Finding(why="unlocated")
    own /= scale_of(claim)
    low, high = claimed_interval(Claimed(claim["value"], np.nan, "exact"))
    words = {"own": figure(own), "unit": claim["unit"]}
    if low <= own <= high:
        return Finding(why="width-by-construction", words=words)
    if item.status in MADE:
        return Finding(why="width-illustrative", words=words)
    return Finding(Band.exact(own), "mean-width-of-axis")


def radius(claim: Claim, context: Context) -> Finding:
    """Say that a radius has no centre: no layout holds what it is measured from."""
    del claim, context
    return Finding(why="no-centre")


def extent(claim: Claim, context: Context) -> Finding:
    """Judge an extent east–west or north–south by the span of the seats that must lie in it."""
    item = context.item(claim)
    seats = _seat_points(item, context.layout)
    if not isinstance(item, BeltItem) or len(seats) < 2:
        return Finding(why="unlocated")
    errs = [context.layout[s].err_m or 0.0 for s in item.properties.seats]
    east_west, unit = claim["quantity"] == "extent_ew", claim["unit"]
    spans = np.ptp(seats, axis=0) / 1000 / scale_of(claim)
    span = float(spans[0] if east_west else spans[1])
    slack = 2 * max(errs) / 1000 / scale_of(claim)
    band = Band(max(span - slack, 0.0), span, span + slack)
    claimed = float(claim["value"])
    if span > claimed:
        why = "span-too-large-ew" if east_west else "span-too-large"
        verdict: Verdict = "within-band" if band.low <= claimed else "differs"
        words: dict[str, Any] = {"measured": span, "claimed": claimed, "unit": unit}
        return Finding(band, "seat-span", {}, verdict, why, words)
    other = _other_extent(claim, context.layout)
    if east_west and other is not None:
        words = {"measured": span, "other": other, "unit": unit}
        return Finding(band, "seat-span", {}, "agrees", "span-fits", words)
    words = {"measured": figure(span) if east_west else span, "unit": unit}
    return Finding(band, "seat-span", {}, "agrees", "close" if east_west else "span-fits-ns", words)


def _other_extent(claim: Claim, layout: Layout) -> float | None:
    """Return the extent of the other direction, in the unit of the claim."""
    other = {"extent_ew": "extent_ns", "extent_ns": "extent_ew"}[claim["quantity"]]
    table = layout.claims
    hit = table[(table["subject"] == claim["subject"]) & (table["quantity"] == other)]
    if not len(hit):
        return None
    return float(hit["value"].iloc[0]) * SCALES[other][hit["unit"].iloc[0]] / scale_of(claim)


def _seat_points(item: Item | None, layout: Layout) -> np.ndarray[Any, Any]:
    if not isinstance(item, BeltItem):
        return np.empty((0, 2))
    shapes = [layout[s].geometry for s in item.properties.seats]
    placed = [project(shapely.centroid(g), layout.crs) for g in shapes if g is not None]
    return np.array([[p.x, p.y] for p in placed]).reshape(-1, 2)
