"""Checks of claims that share a group: one value twice, nesting, parts, sums, two units, dates."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from geo.analysis.check_rows import (  # fmt: skip
    TOLERANCE,
    check_row,
    claimed,
    common,
    interval,
    labels,
    measured_columns,
)
from geo.analysis.verdicts import Claimed, Verdict, claimed_interval, judge
from geo.measure import Band
from geo.measure.scales import scales_of
from geo.model.layout import Layout
from geo.words import LANGUAGES, say
from geo.words.figures import figure

__all__ = ["converted", "dated", "nested", "parts", "same_value", "total"]


def same_value(group: str, members: pd.DataFrame) -> dict[str, Any]:
    """Say whether one figure in several readings has the same value."""
    values = members["value"].to_numpy()
    same = bool(np.ptp(values) == 0)
    words = labels(members) | {
        "value": figure(values[0], 6),
        "dates": " / ".join(members["as_of"]),
        "values": " / ".join(figure(v, 6) for v in values),
    }
    why = "same-value-same" if same else "same-value-differs"
    verdict: Verdict = "agrees" if same else "differs"
    subject = str(members["subject"].iloc[0])
    return check_row(group, subject, verdict, "same-value", why, "compare", words, **common(members))  # fmt: skip


def nested(group: str, members: pd.DataFrame, layout: Layout) -> dict[str, Any]:
    """Say whether extents grow in the order given, and are drawn inside one another."""
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
    words = labels(members) | {
        "values": " ⊂ ".join(f"{v:g}" for v in members["value"]) + f" {unit}"
    }
    why = "nested-holds" if holds else "nested-fails"
    verdict: Verdict = "agrees" if holds else "differs"
    subject = str(members["subject"].iloc[0])
    return check_row(group, subject, verdict, "nested", why, "compare", words, **common(members))


def parts(group: str, members: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Say of each part whether it is no larger than the whole."""
    whole = members[members["rule"] == "whole"].iloc[0]
    for number, part in enumerate(members[members["rule"] == "part"].to_dict("records"), 1):
        holds = part["value"] <= whole["value"]
        words = {
            "label_zh": f"{part['label_zh']} / {whole['label_zh']}",
            "label_en": f"{part['label_en']} / {whole['label_en']}",
            "part": figure(part["value"], 6), "whole": figure(whole["value"], 6), "unit": whole["unit"],
        }  # fmt: skip
        yield check_row(
            f"{group}:{number}", str(part["subject"]), "agrees" if holds else "differs",
            "parts-whole", "parts-whole-holds" if holds else "parts-whole-fails", "compare", words,
            stated=whole["value"], measured=part["value"], **common(members),
        )  # fmt: skip


def total(group: str, members: pd.DataFrame) -> dict[str, Any]:
    """Set a sum against its addends: each may be rounded as its digits and qualifier say."""
    whole = members[members["rule"] == "sum"].iloc[0]
    addends = members[members["rule"] == "addend"].to_dict("records")
    value = float(sum(a["value"] for a in addends))
    band = Band.exact(value)
    if whole["quantity"] != "count":  # a printed count is no rounded number
        lows, highs = zip(*(interval(a) for a in addends), strict=True)
        band = Band(min(sum(lows), value), value, max(sum(highs), value))
    words = {
        "label_zh": whole["label_zh"], "label_en": whole["label_en"],
        "parts": " + ".join(f"{a['value']:.15g}" for a in addends),
        "total": figure(value, 6), "whole": figure(whole["value"], 6), "unit": whole["unit"],
    }  # fmt: skip
    return check_row(
        group, str(whole["subject"]), judge(claimed(whole), band), "sum", "sum-is", "compare", words,
        **measured_columns(claimed(whole), band), **common(members),
    )  # fmt: skip


def converted(group: str, members: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Convert the first of a group into the unit of each other one.

    What is converted is the number as printed, with its digits: the “about” of both is one and the
    same, and allowing for it twice would let 75 km pass as 50 miles.
    """
    first, *others = members.to_dict("records")
    low, high = claimed_interval(Claimed(first["value"], np.nan, "exact"))
    for number, other in enumerate(others, 1):
        factor = scales_of(first["unit"], other["unit"])
        band = Band(low * factor, first["value"] * factor, high * factor)
        verdict = judge(claimed(other), band)
        words: dict[str, Any] = {
            "label_zh": first["label_zh"], "label_en": first["label_en"],
            "value": figure(first["value"], 6), "from_unit": first["unit"], "unit": other["unit"],
            "measured": figure(band.central, 3), "printed": figure(other["value"], 6),
        }  # fmt: skip
        words |= {f"how_{g}": say(f"audit.qualifier.{other['qualifier']}", g) for g in LANGUAGES}
        yield check_row(
            group if len(others) == 1 else f"{group}:{number}", str(first["subject"]), verdict,
            "converted", "converted-differs" if verdict == "differs" else "converted-holds", "converted",
            words, **measured_columns(claimed(other), band), **common(members) | {"unit": other["unit"]},
        )  # fmt: skip


def dated(group: str, members: pd.DataFrame) -> dict[str, Any]:
    """List extents of one name in the order of their dates; only those of one date can disagree."""
    ordered = members.sort_values("as_of", kind="stable").to_dict("records")
    unit = ordered[0]["unit"]
    values = " → ".join(
        f"{figure(m['value'], 6)}{'' if m['unit'] == unit else ' ' + m['unit']} ({m['as_of']})"
        for m in ordered
    )
    clashes = [
        (a, b) for a, b in itertools.combinations(ordered, 2)
        if a["as_of"] == b["as_of"] and _apart(a, b)
    ]  # fmt: skip
    words = labels(members) | {"values": values, "unit": unit}
    why = "dated-listed"
    if clashes:
        why = "dated-clash"
        a, b = clashes[0]
        words |= {"date": a["as_of"], "a": figure(a["value"], 6), "b": figure(b["value"], 6)}
    subject, verdict = str(members["subject"].iloc[0]), "differs" if clashes else "agrees"
    return check_row(
        group, subject, verdict, "dated", why, "compare", words, **common(members)  # type: ignore[arg-type]
    )  # fmt: skip


def _apart(a: dict[Any, Any], b: dict[Any, Any]) -> bool:
    """Return whether two claims allow no value together."""
    factor = 1.0 if a["unit"] == b["unit"] else scales_of(a["unit"], b["unit"])
    (a_low, a_high), (b_low, b_high) = interval(a), interval(b)
    return a_high * factor < b_low or b_high < a_low * factor
