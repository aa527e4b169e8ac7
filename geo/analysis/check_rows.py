"""The row of a check between claims, and what such rows share."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from geo.analysis.verdicts import Claimed, Verdict, claimed_interval, deviation
from geo.measure import Band
from geo.words import LANGUAGES, say, unit_in

__all__ = ["TOLERANCE", "check_row", "claimed", "common", "interval", "labels", "measured_columns"]

TOLERANCE = 1e-3
"""Relative difference up to which two figures count as one: printed digits are fewer than that."""


def check_row(
    name: str,
    subject: str,
    verdict: Verdict,
    label: str,
    why: str,
    method: str,
    words: dict[str, Any],
    **figures: Any,
) -> dict[str, Any]:
    """Return one row of the audit for a check.

    Parameters
    ----------
    name
        Of the check; the id of its row is ``check:<name>``.
    subject
        Feature that it is about.
    verdict
        How it came out.
    label, why, method
        Keys of the words: ``audit.check.<label>``, ``audit.check.<why>``, ``audit.method.<method>``.
    words
        Values in the words; those that end in ``_zh`` or ``_en`` go into that language only.
    figures
        Further columns of the audit.
    """
    row = {
        "id": f"check:{name}", "type": "check", "subject": subject, "verdict": verdict,
        "unit": "", "qualifier": "", "as_of": "", "claim_status": "", "feature_status": "",
        "ref": "", "source": "",
    } | figures  # fmt: skip
    for lang in LANGUAGES:
        other = "_en" if lang == "zh" else "_zh"
        own = {k.removesuffix(f"_{lang}"): v for k, v in words.items() if not k.endswith(other)}
        own |= {k: unit_in(str(own[k]), lang) for k in ("unit", "from_unit") if k in own}
        row[f"label_{lang}"] = say(f"audit.check.{label}", lang, **own)
        row[f"why_{lang}"] = say(f"audit.check.{why}", lang, **own)
        row[f"method_{lang}"] = say(f"audit.method.{method}", lang)
        row[f"note_{lang}"] = ""
    return row


def labels(members: pd.DataFrame) -> dict[str, Any]:
    """Return the label of the first of some claims, for the words."""
    first = members.iloc[0]
    return {"label_zh": first["label_zh"], "label_en": first["label_en"]}


def common(members: pd.DataFrame) -> dict[str, Any]:
    """Return unit, sources and references of some claims together."""
    return {
        "unit": members["unit"].iloc[0],
        "source": "; ".join(dict.fromkeys(members["source"])),
        "ref": " ".join(dict.fromkeys(r for r in members["ref"] if r)),
    }


def claimed(claim: Any) -> Claimed:
    """Return the number of a claim (a row) with its qualifier."""
    return Claimed(float(claim["value"]), float(claim["value_high"]), str(claim["qualifier"]))


def interval(claim: Any) -> tuple[float, float]:
    """Return the values that a claim (a row) allows, from 0 on: areas, lengths, counts."""
    low, high = claimed_interval(claimed(claim))
    return max(low, 0.0), high


def measured_columns(stated: Claimed, band: Band) -> dict[str, float]:
    """Return the columns that hold a measured band and how far it is from what is stated."""
    difference, percent = deviation(stated, band)
    columns = {
        "stated": stated.value, "stated_high": stated.high, "measured_low": band.low,
        "measured": band.central, "measured_high": band.high,
        "deviation": difference, "deviation_pct": percent,
    }  # fmt: skip
    return {k: v for k, v in columns.items() if not math.isnan(v)}
