"""The audit: every published number against what the geometry gives, and against other claims."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from geo.analysis import claim_counts, claim_coverage, claim_measures
from geo.analysis.checks import check_claims, printed_belts
from geo.analysis.claim_finding import Claim, Context, Finding, claimed_of
from geo.analysis.verdicts import Verdict, deviation, judge
from geo.measure import Band
from geo.model.layout import Layout
from geo.words import LANGUAGES, say, unit_in
from geo.words.figures import figure

__all__ = ["AUDIT_COLUMNS", "audit", "printed_belts"]

AUDIT_COLUMNS = (
    "id", "type", "subject", "subject_zh", "subject_en", "label_zh", "label_en",
    "stated", "stated_high", "unit", "qualifier", "as_of",
    "measured_low", "measured", "measured_high", "deviation", "deviation_pct",
    "method_zh", "method_en", "verdict", "why_zh", "why_en",
    "note_zh", "note_en", "claim_status", "feature_status", "source", "ref",
)  # fmt: skip


def audit(
    layout: Layout,
    points: Any = None,
    *,
    by: str | None = None,
    weight: str | None = None,
    datum: str = "auto",
    lon: str | None = None,
    lat: str | None = None,
    sheet: str | None = None,
    err_m: float = 0.0,
) -> pd.DataFrame:
    """Compare every claim of a layout with its geometry, and the claims with each other.

    Parameters
    ----------
    layout
        The layout; its ``claims`` are what was published.
    points
        Whatever ``geo.coverage`` takes, or a cloud of ``cloud_of``: claims of coverage
        (``quantity`` ``coverage``, ``of`` such as ``within:10``) are measured with them. Without
        points they are not measurable.
    by
        Column of the category that ``of`` may name (``within:10:laboratory``).
    weight
        Column of the number that shares and sums are of; without it points are counted.
    datum, lon, lat, sheet, err_m
        As for ``geo.coverage``.

    Returns
    -------
    DataFrame
        One row for each claim (``type`` = ``claim``), then one for each check between claims
        (``type`` = ``check``): what is stated, the measured value with its band, deviation (measured
        minus stated) and in per cent, method, verdict (``agrees``, ``within-band``, ``differs``,
        ``not-measurable``) and why, in both languages. Areas and lengths are geodesic (WGS84).

    Raises
    ------
    PointsError
        If the points cannot be read.

    Notes
    -----
    A claim *agrees* if the measured value lies in the interval that its qualifier and its printed
    digits allow; it is *within band* if only the measured band reaches that interval. A footprint
    that was made from a figure never confirms it. Claims are set against each other only where they
    share a ``group``, or speak of area, length and width of one corridor: never because their
    values happen to be the same.
    """
    cloud = None
    if points is not None:
        from geo.analysis.cloud import cloud_of  # what reads points takes long to load

        cloud = cloud_of(points, by=by, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m, layout=layout)  # fmt: skip
    context = Context(layout, cloud)
    rows = [
        _claim_row({str(k): v for k, v in claim.items()}, context)
        for claim in layout.claims.to_dict("records")
    ]
    rows += check_claims(context)
    return pd.DataFrame(rows).reindex(columns=list(AUDIT_COLUMNS))


_RULES: dict[str, Callable[[Claim, Context], Finding]] = {
    "area": claim_measures.area,
    "length": claim_measures.length,
    "distance": claim_measures.distance,
    "width": claim_measures.width,
    "radius": claim_measures.radius,
    "extent_ew": claim_measures.extent,
    "extent_ns": claim_measures.extent,
    "count": claim_counts.count,
    "population": claim_counts.population,
    "coverage": claim_coverage.coverage,
}


def _find(claim: Claim, context: Context) -> Finding:
    if claim["qualifier"] == "target":
        return Finding(why="target")
    if claim["qualifier"] == "statement" or np.isnan(claim["value"]):
        return Finding(why="statement")
    rule = _RULES.get(claim["quantity"])
    return rule(claim, context) if rule else Finding(why="not-spatial")


def _claim_row(claim: Claim, context: Context) -> dict[str, Any]:
    finding = _find(claim, context)
    stated, measured = claimed_of(claim), finding.band
    if finding.verdict is None:
        finding.verdict = "not-measurable" if measured is None else judge(stated, measured)
        if measured is not None:
            finding.why, finding.words = _why_measured(claim, measured, finding.verdict)
    difference, percent = deviation(stated, measured)
    item = context.item(claim)
    row: dict[str, Any] = {
        "id": claim["id"],
        "type": "claim",
        "subject": claim["subject"],
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
        row[f"subject_{lang}"] = context.name(claim["subject"], lang)
        row[f"label_{lang}"] = claim[f"label_{lang}"]
        row[f"note_{lang}"] = claim[f"note_{lang}"]
        row[f"method_{lang}"] = say(f"audit.method.{finding.method}", lang, **finding.method_words)
        words = finding.words | (
            {"unit": unit_in(str(finding.words["unit"]), lang)} if "unit" in finding.words else {}
        )
        row[f"why_{lang}"] = say(f"audit.why.{finding.why}", lang, **words)
    return row


def _why_measured(claim: Claim, band: Band, verdict: Verdict) -> tuple[str, dict[str, Any]]:
    difference, percent = deviation(claimed_of(claim), band)
    words = {
        "measured": figure(band.central), "low": figure(band.low), "high": figure(band.high),
        "unit": claim["unit"], "deviation": ("+" if difference > 0 else "") + figure(difference),
        "pct": percent,
    }  # fmt: skip
    return {"agrees": "close", "within-band": "in-band", "differs": "off"}[verdict], words
