"""Published figures of a service network, and the rates that follow from them, with what each allows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from geo.analysis.bands import band
from geo.analysis.dates import DAYS, days_between
from geo.analysis.provenance import Provenance, provenance_of
from geo.analysis.verdicts import Claimed, claimed_interval
from geo.model.items import Node
from geo.model.layout import Layout
from geo.words import LANGUAGES, Lang, say

__all__ = ["ServiceFigures", "Span", "figure_span", "rate_span", "service_figures"]

TOPIC, TIER = "service", "service"
_FIGURES = (
    "id", "subject", "subject_zh", "subject_en", "label_zh", "label_en", "stated", "stated_high", "value_low",
    "value_high", "unit", "qualifier", "as_of", "reading_of", "status", "source", "ref", "note_zh", "note_en",
)  # fmt: skip
_RATES = (
    "id", "label_zh", "label_en", "as_of", "rate_low", "rate", "rate_high", "rate_unit_zh", "rate_unit_en",
    "periods_low", "periods_high", "same_date", "derived", "inputs", "formula_zh", "formula_en", "assumes_zh",
    "assumes_en", "source",
)  # fmt: skip
_MISSING = ("id", "label_zh", "label_en", "as_of", "why", "why_zh", "why_en", "inputs")


class Span(NamedTuple):
    """A number with the least and the greatest value that is allowed; NaN: no single one is stated."""

    low: float
    stated: float
    high: float


@dataclass(frozen=True)
class ServiceFigures:
    """What :func:`service_figures` returns.

    Attributes
    ----------
    figures
        One row a published number, as it is printed (``stated``, in the ``unit`` of the claim) with
        what its qualifier allows (``value_low``, ``value_high``; infinite where there is no end).
        ``reading_of`` names the group of claims that are one number read at several dates.
    rates
        One row a derived rate and reading: ``derived`` is always true, ``inputs`` are the ids of
        the claims, ``periods_low`` and ``periods_high`` how many periods the dates allow. ``rate`` is
        that of the printed numbers, NaN where a date or range leaves no single one; ``rate_low`` and
        ``rate_high`` are bounds.
    missing
        The rates that nothing can be derived for, and why.
    provenance
        How it was computed.
    """

    figures: pd.DataFrame
    rates: pd.DataFrame
    missing: pd.DataFrame
    provenance: Provenance

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        return {"figures": self.figures, "rates": self.rates, "missing": self.missing}


def service_figures(layout: Layout) -> ServiceFigures:
    """Return the published figures of services and the rates derived from them.

    Parameters
    ----------
    layout
        Its ``claims`` of the topic ``service``, those about nodes of the tier service, and those
        that a rate names, are the figures; its ``rates`` say what is set against what.

    Notes
    -----
    A rate is (numerator − less) / (denominator × periods), in interval arithmetic (Moore, 1966,
    *Interval Analysis*): low and high are the least and greatest value that the qualifiers and the
    dates of its inputs allow, each on its own. Where a numerator is one number read at several
    dates there is one row for each reading. Nothing is derived from a claim without a number, from
    a denominator that may be 0, from dates that are not known or may be in the wrong order, nor
    where any value at all would be allowed.
    """
    claims = {str(row["id"]): row for row in layout.claims.to_dict("records")}
    named = {row[c] for row in layout.rates.to_dict("records") for c in _PARTS if row[c]}
    figures = [
        _figure_row(c, layout)
        for c in claims.values()
        if not math.isnan(c["value"]) and (c["id"] in named or _of_services(c, layout))
    ]
    rates: list[dict[str, Any]] = []
    missing: list[dict[str, Any]] = []
    for rate in layout.rates.to_dict("records"):
        for reading in _readings(claims, rate["numerator"]):
            parts = _parts_of(claims, rate, reading)
            row = _rate_row(rate, parts)
            (missing if "why" in row else rates).append(row)
    return ServiceFigures(
        pd.DataFrame(figures, columns=list(_FIGURES)), pd.DataFrame(rates, columns=list(_RATES)),
        pd.DataFrame(missing, columns=list(_MISSING)),
        provenance_of("service_figures.method", layout=layout.id, month_days=DAYS["month"]),
    )  # fmt: skip


def figure_span(claim: dict[Any, Any]) -> Span:
    """Return what a claim allows: counts are whole numbers, and nothing counted is below 0.

    Parameters
    ----------
    claim
        A row of the claims, with a value.
    """
    value = float(claim["value"])
    low, high = claimed_interval(Claimed(value, float(claim["value_high"]), claim["qualifier"]))
    if claim["quantity"] == "count":
        low = math.ceil(low) if math.isfinite(low) else low
        high = math.floor(high) if math.isfinite(high) else high
    if value >= 0:
        low = max(low, 0.0)
    return Span(float(low), math.nan if claim["qualifier"] == "range" else value, float(high))


def rate_span(numerator: Span, less: Span, denominator: Span, periods: Span) -> Span | None:
    """Return (numerator − less) / (denominator × periods) with the extremes of all four.

    Returns
    -------
    Span or None
        ``None`` where the divisor may be 0 or less, or where any value of at least 0 is allowed.
    """
    top = Span(*(a - b for a, b in zip(numerator, less[::-1], strict=True)))
    bottom = Span(*(a * b for a, b in zip(denominator, periods, strict=True)))
    if not bottom.low > 0 or math.isnan(top.low) or math.isnan(top.high):
        return None
    low = top.low / (bottom.high if top.low >= 0 else bottom.low)
    high = top.high / (bottom.low if top.high >= 0 else bottom.high)
    if not math.isfinite(high) and low <= 0:
        return None
    return Span(low, top.stated / bottom.stated, high)


_PARTS = ("numerator", "less", "denominator", "since")


def _of_services(claim: dict[Any, Any], layout: Layout) -> bool:
    if claim.get("topic") == TOPIC:
        return True
    item = layout[claim["subject"]] if claim["subject"] in layout else None
    return isinstance(item, Node) and item.tier == TIER


def _figure_row(claim: dict[Any, Any], layout: Layout) -> dict[str, Any]:
    span = figure_span(claim)
    subject = claim["subject"]
    about: Any = layout[subject] if subject in layout else layout.meta
    row = {c: claim[c] for c in _FIGURES if c in claim}
    names = {f"subject_{g}": getattr(about, f"name_{g}") for g in LANGUAGES}
    return row | names | {
        "stated": claim["value"], "stated_high": claim["value_high"], "value_low": span.low, "value_high": span.high,
        "reading_of": claim["group"] if claim["rule"] == "same-value" else "",
    }  # fmt: skip


def _readings(claims: dict[str, Any], name: str) -> list[dict[Any, Any]]:
    """Return the claim of an id with those that are the same number at another date, oldest first."""
    own = claims.get(name)
    if own is None or own["rule"] != "same-value":
        return [] if own is None else [own]
    same = [c for c in claims.values() if c["group"] == own["group"] and c["rule"] == "same-value"]
    return sorted(same, key=lambda c: str(c["as_of"]))


def _parts_of(
    claims: dict[str, Any], rate: dict[Any, Any], reading: dict[Any, Any]
) -> dict[str, Any]:
    """Return the claims of a rate; of those with readings the one of the numerator's date."""
    parts: dict[str, Any] = {"numerator": reading}
    for part in _PARTS[1:]:
        if rate[part]:
            others = _readings(claims, rate[part])
            same = [c for c in others if c["as_of"] == reading["as_of"]]
            parts[part] = same[0] if same else claims.get(rate[part])
    return parts


def _rate_row(rate: dict[Any, Any], parts: dict[str, Any]) -> dict[str, Any]:
    reading = parts["numerator"]
    row = {c: rate[c] for c in ("id", "label_zh", "label_en")}
    row |= {f"rate_unit_{g}": rate[f"unit_{g}"] for g in LANGUAGES}
    inputs = list(dict.fromkeys(c["id"] for c in parts.values() if c is not None))
    row |= {"as_of": reading["as_of"], "inputs": " ".join(inputs), "derived": True}
    spans: dict[str, Span] = {"less": Span(0, 0, 0), "denominator": Span(1, 1, 1)}
    for part in _PARTS[:3]:
        if part in parts:
            claim = parts[part]
            if claim is None or math.isnan(claim["value"]):
                return _missed(row, "no-number", claim)
            spans[part] = figure_span(claim)
    periods = Span(1, 1, 1)
    if "since" in parts:
        found = _periods(parts["since"], reading, rate["per"])
        if isinstance(found, str):
            return _missed(row, found, parts["since"])
        periods = found
        row |= {"periods_low": periods.low, "periods_high": periods.high}
    span = rate_span(spans["numerator"], spans["less"], spans["denominator"], periods)
    if span is None:
        return _missed(row, "unbounded", reading)
    times = 100.0 if rate["unit_en"] == "%" else 1.0
    row |= band("rate", [v * times for v in span])
    dates = {c["as_of"] for name, c in parts.items() if name != "since" and c is not None}
    row["same_date"] = len(dates) == 1 or rate["less"] != ""
    row["source"] = "; ".join(dict.fromkeys(c["source"] for c in parts.values() if c is not None))
    for lang in LANGUAGES:
        row[f"formula_{lang}"] = _formula(parts, rate, lang)
        row[f"assumes_{lang}"] = _assumes(row, rate, parts, lang)
    return row


def _periods(since: dict[Any, Any] | None, reading: dict[Any, Any], per: str) -> Span | str:
    """Return how many periods lie between two dates, or the key of why that is not known."""
    days = None if since is None else days_between(since["as_of"], reading["as_of"])
    if days is None:
        return "no-date"
    if days[0] <= 0:
        return "no-period"
    low, high = (d / DAYS[per] for d in days)
    return Span(low, low if low == high else math.nan, high)


def _missed(row: dict[str, Any], why: str, claim: dict[Any, Any] | None) -> dict[str, Any]:
    found = {c: row[c] for c in _MISSING if c in row} | {"why": why}
    for lang in LANGUAGES:
        label = claim[f"label_{lang}"] if claim is not None else ""
        found[f"why_{lang}"] = say(f"service_figures.missing.{why}", lang, label=label)
    return found


def _formula(parts: dict[str, Any], rate: dict[Any, Any], lang: Lang) -> str:
    """Return in words what was divided by what."""
    label = {name: c[f"label_{lang}"] for name, c in parts.items()}
    top = label["numerator"]
    if "less" in label:
        top = say("service_figures.formula.less", lang, a=top, b=label["less"])
    bottom = [label["denominator"]] if "denominator" in label else []
    if "since" in label:
        unit = say(f"service_figures.per.{rate['per']}", lang)
        bottom.append(say("service_figures.formula.periods", lang, unit=unit, since=parts["since"]["as_of"], until=parts["numerator"]["as_of"]))  # fmt: skip
    return say("service_figures.formula.ratio", lang, a=top, b=" × ".join(bottom))


def _assumes(row: dict[str, Any], rate: dict[Any, Any], parts: dict[str, Any], lang: Lang) -> str:
    """Return in words what the rate supposes beyond the printed numbers."""
    texts = [rate[f"note_{lang}"]] if rate[f"note_{lang}"] else []
    if not row["same_date"] and "denominator" in parts:
        dates = {"a": parts["numerator"]["as_of"], "b": parts["denominator"]["as_of"]}
        texts.append(say("service_figures.assumes.dates", lang, **dates))
    return ("" if lang == "zh" else " ").join(texts)
