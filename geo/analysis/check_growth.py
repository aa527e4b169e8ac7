"""Growth that is printed with its own end values: the rate against what they give."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from geo.analysis.check_rows import check_row, claimed, common, interval, measured_columns
from geo.analysis.verdicts import judge
from geo.measure import Band
from geo.model.claim_terms import years_of
from geo.words.figures import figure

__all__ = ["growth", "growth_pct"]


def growth_pct(start: float, end: float, years: float | None) -> float:
    """Return the growth in per cent from start to end: mean a year (compounded), or whole."""
    if start <= 0:
        return math.inf
    if end <= 0:
        return -100.0
    return 100 * (float((end / start) ** (1 / (years or 1.0))) - 1)


def growth(group: str, members: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Set each rate of a group against its start and end: only against claims of the group."""
    rows = {r: members[members["rule"] == r].to_dict("records") for r in ("growth-start", "growth-end", "growth-rate")}  # fmt: skip
    trials = [(s, e, r) for r in rows["growth-rate"] for s in rows["growth-start"] for e in rows["growth-end"]]  # fmt: skip
    for number, (start, end, rate) in enumerate(trials, 1):
        name = group if len(trials) == 1 else f"{group}:{number}"
        yield _row(name, start, end, rate, members)


def _row(
    name: str, start: dict[Any, Any], end: dict[Any, Any], rate: dict[Any, Any], members: pd.DataFrame
) -> dict[str, Any]:  # fmt: skip
    years = years_of(rate["of"])
    (low_start, high_start), (low_end, high_end) = interval(start), interval(end)
    band = Band(
        growth_pct(high_start, low_end, years), growth_pct(start["value"], end["value"], years),
        growth_pct(low_start, high_end, years),
    )  # fmt: skip
    verdict = judge(claimed(rate), band)
    words: dict[str, Any] = {
        "label_zh": rate["label_zh"], "label_en": rate["label_en"],
        "start": figure(start["value"], 6), "end": figure(end["value"], 6), "unit": start["unit"],
        "printed": figure(rate["value"], 6), "measured": f"{band.central:.1f}",
        "low": f"{band.low:.1f}", "high": f"{band.high:.1f}",
    }  # fmt: skip
    why = "growth-whole"
    if years is not None:
        why = "growth-yearly"
        words["years"] = f"{years:g}"
        would = _years_that_fit(start["value"], end["value"], rate["value"])
        if verdict == "differs" and would is not None:
            why, words["would"] = "growth-yearly-off", f"{would:.1f}"
    return check_row(
        name, str(rate["subject"]), verdict, "growth", why, "growth", words,
        **measured_columns(claimed(rate), band), **common(members) | {"unit": rate["unit"]},
    )  # fmt: skip


def _years_that_fit(start: float, end: float, rate_pct: float) -> float | None:
    """Return in how many years the end values would give a mean yearly rate, or ``None``."""
    if start <= 0 or end <= 0 or rate_pct <= -100 or rate_pct == 0:
        return None
    years = math.log(end / start) / math.log1p(rate_pct / 100)
    return years if years > 0 else None
