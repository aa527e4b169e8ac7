"""A belt as printed: what an extent east–west by north–south can hold, read both ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo.analysis.check_rows import TOLERANCE, check_row
from geo.measure import SCALES, project
from geo.model.belt import Belt, azimuths_that_hold, fit_belt_to_seats, most_held
from geo.model.items import BeltItem
from geo.model.layout import Layout
from geo.words import LANGUAGES, say

__all__ = ["PrintedBelt", "belt_rows", "compass", "printed_belts"]


@dataclass(frozen=True)
class PrintedBelt:
    """A belt as printed (due east–west) beside the belt that works.

    Parameters
    ----------
    id
        The belt's feature.
    printed
        The best axis-aligned rectangle of the printed size.
    held
        How many seats that holds at most, of ``seats``.
    works
        A rectangle of the same size that holds all of them, or ``None``.
    azimuths
        The ranges of azimuth at which one does.
    box
        The minimum rotated rectangle of the seats.
    """

    id: str
    printed: Belt
    held: int
    seats: int
    works: Belt | None
    azimuths: list[tuple[float, float]]
    box: Belt
    span_ew_km: float
    span_ns_km: float


def printed_belts(layout: Layout) -> list[PrintedBelt]:
    """Return the belts whose extent is published as east–west by north–south, both ways read."""
    table = layout.claims
    found = []
    for item in layout.of_layer("belt"):
        own = table[table["subject"] == item.id].set_index("quantity")
        if not isinstance(item, BeltItem) or not {"extent_ew", "extent_ns"} <= set(own.index):
            continue
        shapes = [layout[s].geometry for s in item.properties.seats]
        points = [shapely.centroid(g) for g in shapes if g is not None]
        lonlat = np.array([(p.x, p.y) for p in points])
        if len(lonlat) < 3:
            continue
        ew, ns = (
            float(value) * SCALES[name][unit]
            for name in ("extent_ew", "extent_ns")
            for value, unit in [tuple(own.loc[name, ["value", "unit"]])]
        )
        lon, lat = lonlat.T
        # The printed rectangle lies along its longer side: azimuth 90° if that runs east–west.
        azimuth, length, width = (90.0, ew, ns) if ew >= ns else (0.0, ns, ew)
        held, printed = most_held(lon, lat, azimuth, length, width)
        ranges = azimuths_that_hold(lon, lat, length, width)
        box = fit_belt_to_seats(lon, lat)
        planar = np.array([project(p, layout.crs).coords[0] for p in points])
        spans = np.ptp(planar, axis=0) / 1000
        works = Belt(box.lon, box.lat, box.azimuth_deg, length, width) if ranges else None
        if works is not None and not works.holds(lon, lat).all():
            middle = sum(ranges[0]) / 2 if ranges[0][0] <= ranges[0][1] else ranges[0][0]
            works = most_held(lon, lat, middle, length, width)[1]
        found.append(
            PrintedBelt(item.id, printed, held, len(lonlat), works, ranges, box, *map(float, spans))
        )
    return found


def compass(azimuth_deg: float) -> str:
    """Return the key of the compass axis nearest to an azimuth."""
    keys = ("n", "nne", "ne", "ene", "e", "ese", "se", "sse")
    return keys[round(azimuth_deg % 180 / 22.5) % 8]


def belt_rows(belt: PrintedBelt, layout: Layout) -> Iterator[dict[str, Any]]:
    """Yield the rows of a belt: read due east–west, read along and across, and length × width."""
    item, n = layout[belt.id], belt.seats
    own = layout.claims[layout.claims["subject"] == belt.id]
    extents = own[own["quantity"].isin(["extent_ew", "extent_ns"])]
    source = "; ".join(dict.fromkeys(extents["source"]))
    due_east = belt.printed.azimuth_deg == 90
    length, width = belt.printed.length_km, belt.printed.width_km
    words: dict[str, Any] = {
        "name_zh": item.name_zh, "name_en": item.name_en,
        "ew": length if due_east else width, "ns": width if due_east else length,
        "n": n, "held": belt.held, "span_ew": belt.span_ew_km, "span_ns": belt.span_ns_km,
        "box_l": belt.box.length_km, "box_w": belt.box.width_km, "box_az": belt.box.azimuth_deg,
    }  # fmt: skip
    holds = belt.held == n
    yield check_row(
        f"{belt.id}:axis-aligned", belt.id, "agrees" if holds else "differs", "axis-aligned",
        "axis-aligned-holds" if holds else "axis-aligned-fails", "max-held", words,
        stated=n, measured=belt.held, measured_low=belt.held, measured_high=belt.held,
        deviation=belt.held - n, deviation_pct=100 * (belt.held - n) / n,
        feature_status=item.status, source=source,
    )  # fmt: skip
    works = bool(belt.azimuths)
    if works:
        words |= {"from_deg": belt.azimuths[0][0], "to_deg": belt.azimuths[0][1]}
        key = compass(belt.box.azimuth_deg)
        words |= {f"compass_{lang}": say(f"audit.compass.{key}", lang) for lang in LANGUAGES}
    yield check_row(
        f"{belt.id}:along-across", belt.id, "agrees" if works else "differs", "along-across",
        "along-across-holds" if works else "along-across-fails", "azimuths", words | {"ew": length, "ns": width},
        feature_status=item.status, source=source,
    )  # fmt: skip
    product, measured = length * width, item.area_km2
    if measured is not None:
        close = abs(measured - product) <= TOLERANCE * product
        yield check_row(
            f"{belt.id}:length-width-area", belt.id, "agrees" if close else "differs",
            "length-width-area", "length-width-area-is", "product",
            words | {"length": length, "width": width, "product": product, "measured": measured},
            stated=product, measured=measured, measured_low=measured, measured_high=measured,
            deviation=measured - product, deviation_pct=100 * (measured - product) / product,
            unit="km²", feature_status=item.status, source=source,
        )  # fmt: skip
