"""Charts of policies by level, and of derived rates with their bounds."""

from __future__ import annotations

import math
from typing import Any

import altair as alt
import pandas as pd
from matplotlib.figure import Figure

from geo.io.policies import LEVELS
from geo.maps.figures import bars
from geo.maps.palette import BLUE, GREY, ORANGE
from geo.words import Lang, say
from geo.words.figures import large

__all__ = ["level_chart", "range_text", "rate_chart", "rate_figure", "rate_rows"]


def level_chart(table: pd.DataFrame, lang: Lang) -> Any:
    """Return how many policies apply at each level, those that the error leaves open apart.

    Parameters
    ----------
    table
        Of ``geo.policies_at``: ``level`` and ``disputed``.
    lang
        Of the words.
    """
    words = {False: say("policies.page.sure", lang), True: say("policies.page.open-count", lang)}
    rows = [
        {"level": say(f"policies.level.{level}", lang), "how": words[how], "n": int(((table["level"] == level) & (table["disputed"] == how)).sum())}
        for level in LEVELS
        for how in (False, True)
    ]  # fmt: skip
    order = [say(f"policies.level.{level}", lang) for level in LEVELS]
    base = alt.Chart(pd.DataFrame(rows)).encode(
        y=alt.Y("level:N", sort=order, title=None),
        x=alt.X("sum(n):Q", title=say("policies.page.chart", lang), axis=alt.Axis(tickMinStep=1, format="d")),
        color=alt.Color("how:N", title=None, scale=alt.Scale(domain=list(words.values()), range=[BLUE, ORANGE]), legend=alt.Legend(orient="top")),
        order=alt.Order("how:N", sort="descending" if words[False] > words[True] else "ascending"),
        tooltip=[alt.Tooltip("level:N"), alt.Tooltip("how:N"), alt.Tooltip("n:Q")],
    )  # fmt: skip
    return base.mark_bar().properties(height=alt.Step(24))


def range_text(low: float, high: float, lang: Lang, digits: int = 4) -> str:
    """Return what is allowed in words: one value, from to, or one end only."""
    ends = {
        name: " ".join(part for part in large(value, lang, digits) if part)
        for name, value in (("low", low), ("high", high))
    }
    if math.isinf(high):
        return say("service_figures.range.at-least", lang, **ends)
    if low <= 0 < high:
        return say("service_figures.range.at-most", lang, **ends)
    key = "exact" if ends["low"] == ends["high"] else "between"
    return say(f"service_figures.range.{key}", lang, **ends)


def rate_rows(rates: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return one rate's readings as a chart needs them: ``name``, ``low``, ``rate``, ``high``.

    A bound without an end is drawn to half as far again as the rest, and its name says so.
    """
    ends = rates[["rate_low", "rate", "rate_high"]].astype(float)
    finite = ends.where(ends.abs() < math.inf).max().max()
    open_end = f" ({say('service_figures.page.open-end', lang)})"
    names = [
        say("service_figures.page.reading", lang, date=d) + (open_end if math.isinf(h) else "")
        for d, h in zip(rates["as_of"], ends["rate_high"], strict=True)
    ]
    high = ends["rate_high"].where(ends["rate_high"] < math.inf, 1.5 * finite)
    return pd.DataFrame(
        {
            "name": names, "low": ends["rate_low"].to_numpy(), "rate": ends["rate"].to_numpy(), "high": high.to_numpy(),
        }
    )  # fmt: skip


def rate_chart(rates: pd.DataFrame, lang: Lang) -> Any:
    """Return the readings of one derived rate: bars from bound to bound, a dot for the printed numbers.

    Parameters
    ----------
    rates
        Rows of ``geo.service_figures`` of one rate.
    lang
        Of the words.
    """
    plain = rate_rows(rates, lang)
    unit = str(rates[f"rate_unit_{lang}"].iloc[0])
    y = alt.Y("name:N", sort=list(plain["name"]), title=None, axis=alt.Axis(labelLimit=190))
    tips = [alt.Tooltip("name:N"), *(alt.Tooltip(f"{c}:Q", format=",.4~g") for c in ("low", "rate", "high"))]  # fmt: skip
    base = alt.Chart(plain).encode(y=y, tooltip=tips)
    x = alt.X("low:Q", title=unit, scale=alt.Scale(zero=True), axis=alt.Axis(format=",.4~g"))
    spans = base.mark_bar(color=BLUE, opacity=0.45, height=14, minBandSize=3).encode(x=x, x2="high:Q")  # fmt: skip
    ends = [base.mark_tick(color=GREY, thickness=2, size=18).encode(x=f"{c}:Q") for c in ("low", "high")]  # fmt: skip
    dots = base.transform_filter("isValid(datum.rate)").mark_point(aria=False, filled=True, size=80, color=ORANGE, opacity=1).encode(x="rate:Q")  # fmt: skip
    return alt.layer(spans, *ends, dots).properties(height=alt.Step(40))


def rate_figure(rates: pd.DataFrame, lang: Lang) -> Figure:
    """Return the readings of one derived rate as a figure on paper."""
    plain = rate_rows(rates, lang)
    low, high = plain["low"].to_numpy(), plain["high"].to_numpy()
    drawn = bars(plain["name"].tolist(), [math.nan] * len(plain), [math.nan] * len(plain), [math.nan] * len(plain), str(rates[f"rate_unit_{lang}"].iloc[0]))  # fmt: skip
    axes = drawn.axes[0]
    at = axes.get_yticks()
    axes.barh(at, high - low, left=low, height=0.45, color=BLUE, alpha=0.45)
    axes.vlines([*low, *high], [*(at - 0.3), *(at - 0.3)], [*(at + 0.3), *(at + 0.3)], color=GREY, linewidth=2)  # fmt: skip
    axes.plot(plain["rate"], at, "o", color=ORANGE)
    axes.set_ylim(-0.6, len(plain) - 0.4)
    axes.set_xlim(left=min(0.0, float(low.min())))
    return drawn
