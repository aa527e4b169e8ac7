"""Checks of claims against each other: shapes that cannot be, sums, nesting, one figure twice."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geo.analysis.verdicts import Verdict
from geo.measure import SCALES, project
from geo.model.belt import Belt, azimuths_that_hold, fit_belt_to_seats, most_held
from geo.model.items import BeltItem
from geo.model.layout import Layout
from geo.words import LANGUAGES, say
from geo.words.figures import figure

__all__ = ["PrintedBelt", "check_claims", "printed_belts"]

TOLERANCE = 1e-3
"""Relative difference up to which two figures count as one: printed digits are fewer than that."""


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
        points = [layout[s].geometry for s in item.properties.seats]
        lonlat = np.array([(p.x, p.y) for p in points if p is not None])
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
        planar = np.array([project(p, layout.crs).coords[0] for p in points if p is not None])
        spans = np.ptp(planar, axis=0) / 1000
        works = Belt(box.lon, box.lat, box.azimuth_deg, length, width) if ranges else None
        if works is not None and not works.holds(lon, lat).all():
            middle = sum(ranges[0]) / 2 if ranges[0][0] <= ranges[0][1] else ranges[0][0]
            works = most_held(lon, lat, middle, length, width)[1]
        found.append(
            PrintedBelt(
                item.id,
                printed,
                held,
                len(lonlat),
                works,
                ranges,
                box,
                float(spans[0]),
                float(spans[1]),
            )
        )
    return found


def check_claims(layout: Layout) -> list[dict[str, Any]]:
    """Return one audit row for each check between claims."""
    rows = [row for belt in printed_belts(layout) for row in _belt_rows(belt, layout)]
    claims = layout.claims
    for group, members in claims[claims["group"] != ""].groupby("group", sort=False):
        rules = set(members["rule"])
        if rules == {"same-value"}:
            rows.append(_same_value(str(group), members))
        elif rules == {"nested"}:
            rows.append(_nested(str(group), members, layout))
        elif rules == {"whole", "part"}:
            rows += _parts(str(group), members)
        elif rules == {"sum", "addend"}:
            rows.append(_sum(str(group), members))
    return rows


def _row(
    name: str,
    subject: str,
    verdict: Verdict,
    label: str,
    why: str,
    method: str,
    words: dict[str, Any],
    **figures: Any,
) -> dict[str, Any]:
    row = {
        "id": f"check:{name}", "type": "check", "subject": subject, "verdict": verdict,
        "unit": "", "qualifier": "", "as_of": "", "claim_status": "", "feature_status": "",
        "ref": "", "source": "",
    } | figures  # fmt: skip
    for lang in LANGUAGES:
        own = {k.removesuffix(f"_{lang}"): v for k, v in words.items()}
        row[f"subject_{lang}"] = own.get("name", own.get("label", subject))
        row[f"label_{lang}"] = say(f"audit.check.{label}", lang, **own)
        row[f"why_{lang}"] = say(f"audit.check.{why}", lang, **own)
        row[f"method_{lang}"] = say(f"audit.method.{method}", lang)
        row[f"note_{lang}"] = ""
    return row


def compass(azimuth_deg: float) -> str:
    """Return the key of the compass axis nearest to an azimuth."""
    keys = ("n", "nne", "ne", "ene", "e", "ese", "se", "sse")
    return keys[round(azimuth_deg % 180 / 22.5) % 8]


def _belt_rows(belt: PrintedBelt, layout: Layout) -> Iterator[dict[str, Any]]:
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
    yield _row(
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
    yield _row(
        f"{belt.id}:along-across", belt.id, "agrees" if works else "differs", "along-across",
        "along-across-holds" if works else "along-across-fails", "azimuths", words | {"ew": length, "ns": width},
        feature_status=item.status, source=source,
    )  # fmt: skip
    product, measured = length * width, item.area_km2
    if measured is not None:
        close = abs(measured - product) <= TOLERANCE * product
        yield _row(
            f"{belt.id}:length-width-area", belt.id, "agrees" if close else "differs",
            "length-width-area", "length-width-area-is", "product",
            words | {"length": length, "width": width, "product": product, "measured": measured},
            stated=product, measured=measured, measured_low=measured, measured_high=measured,
            deviation=measured - product, deviation_pct=100 * (measured - product) / product,
            unit="km²", feature_status=item.status, source=source,
        )  # fmt: skip


def _labels(members: pd.DataFrame) -> dict[str, Any]:
    first = members.iloc[0]
    return {"label_zh": first["label_zh"], "label_en": first["label_en"]}


def _common(members: pd.DataFrame) -> dict[str, Any]:
    return {
        "unit": members["unit"].iloc[0],
        "source": "; ".join(dict.fromkeys(members["source"])),
        "ref": " ".join(dict.fromkeys(r for r in members["ref"] if r)),
    }


def _same_value(group: str, members: pd.DataFrame) -> dict[str, Any]:
    values = members["value"].to_numpy()
    same = bool(np.ptp(values) == 0)
    words = _labels(members) | {
        "value": figure(values[0], 6),
        "dates": " / ".join(members["as_of"]),
        "values": " / ".join(figure(v, 6) for v in values),
    }
    why = "same-value-same" if same else "same-value-differs"
    verdict: Verdict = "agrees" if same else "differs"
    subject = str(members["subject"].iloc[0])
    return _row(group, subject, verdict, "same-value", why, "compare", words, **_common(members))


def _nested(group: str, members: pd.DataFrame, layout: Layout) -> dict[str, Any]:
    ordered = members.sort_values("value", kind="stable")
    shapes = [layout[s].planar_footprint for s in ordered["subject"] if s in layout]
    grows = bool((np.diff(ordered["value"]) > 0).all())
    inside = all(
        a is None or b is None or a.difference(b).area <= TOLERANCE * a.area
        for a, b in itertools.pairwise(shapes)
    )
    in_order = list(members["value"]) == list(ordered["value"])
    holds = grows and inside and in_order
    unit = members["unit"].iloc[0]
    words = _labels(members) | {
        "values": " ⊂ ".join(f"{v:g}" for v in members["value"]) + f" {unit}"
    }
    why = "nested-holds" if holds else "nested-fails"
    verdict: Verdict = "agrees" if holds else "differs"
    subject = str(members["subject"].iloc[0])
    return _row(group, subject, verdict, "nested", why, "compare", words, **_common(members))


def _parts(group: str, members: pd.DataFrame) -> Iterator[dict[str, Any]]:
    whole = members[members["rule"] == "whole"].iloc[0]
    for number, part in enumerate(members[members["rule"] == "part"].to_dict("records"), 1):
        holds = part["value"] <= whole["value"]
        words = {
            "label_zh": f"{part['label_zh']} / {whole['label_zh']}",
            "label_en": f"{part['label_en']} / {whole['label_en']}",
            "part": figure(part["value"], 6), "whole": figure(whole["value"], 6), "unit": whole["unit"],
        }  # fmt: skip
        yield _row(
            f"{group}:{number}", str(part["subject"]), "agrees" if holds else "differs",
            "parts-whole", "parts-whole-holds" if holds else "parts-whole-fails", "compare", words,
            stated=whole["value"], measured=part["value"], **_common(members),
        )  # fmt: skip


def _sum(group: str, members: pd.DataFrame) -> dict[str, Any]:
    whole = members[members["rule"] == "sum"].iloc[0]
    addends = members[members["rule"] == "addend"]
    total = float(addends["value"].sum())
    holds = abs(total - whole["value"]) <= TOLERANCE * abs(whole["value"])
    words = {
        "label_zh": whole["label_zh"], "label_en": whole["label_en"],
        "parts": " + ".join(f"{v:g}" for v in addends["value"]),
        "total": figure(total, 6), "whole": figure(whole["value"], 6), "unit": whole["unit"],
    }  # fmt: skip
    return _row(
        group, str(whole["subject"]), "agrees" if holds else "differs", "sum", "sum-is", "compare",
        words, stated=whole["value"], measured=total, measured_low=total, measured_high=total,
        deviation=total - whole["value"], deviation_pct=100 * (total - whole["value"]) / whole["value"],
        **_common(members),
    )  # fmt: skip
