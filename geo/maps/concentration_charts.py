"""Charts of concentration: quotients, Lorenz curves, and values with both of their intervals."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from geo.maps.palette import BLUE, GREEN, GREY, ORANGE, SKY, UNIT, VERMILION
from geo.words import Lang, name_of, say

__all__ = ["interval_dots", "lorenz_chart", "quotient_heat"]

MOST_TIMES = 4.0
"""Quotients beyond this, or below its inverse, have the strongest colour."""
_INK = "#222222"


def quotient_heat(table: pd.DataFrame, lang: Lang) -> Any:
    """Return location quotients as cells: category down, footprint across.

    Parameters
    ----------
    table
        Of ``geo.location_quotients``.
    lang
        Of the words.

    Returns
    -------
    alt.Chart
        The darker a cell the further its quotient is from 1. A quotient whose sampling interval
        reaches over 1 is faint, as is one that rests on few points; where there is none there is a dash.
    """
    lq = table["lq"].astype(float)
    with np.errstate(divide="ignore"):
        strength = np.log2(lq).clip(-np.log2(MOST_TIMES), np.log2(MOST_TIMES))
    sure = (table["lq_ci_low"] > 1) | (table["lq_ci_high"] < 1)
    plain = pd.DataFrame(
        {
            "place": [name_of(r, lang, "footprint") for r in table.to_dict("records")],
            "group": table["by"].astype(str), "strength": strength, "lq": lq,
            "text": ["–" if v != v else f"{v:.1f}" for v in lq],
            "low": table["lq_low"], "high": table["lq_high"], "ci_low": table["lq_ci_low"],
            "ci_high": table["lq_ci_high"], "count": table["count"],
            "weight": np.where(sure & ~table["few"].astype(bool), 1.0, 0.45),
        }
    )  # fmt: skip
    words = {
        k: say(f"concentrationpage.chart.{k}", lang)
        for k in ("place", "group", "lq", "low", "high", "ci-low", "ci-high", "count")
    }
    tips = [alt.Tooltip("place:N", title=words["place"]), alt.Tooltip("group:N", title=words["group"])]  # fmt: skip
    tips += [
        alt.Tooltip(f"{c}:Q", title=words[c.replace("_", "-")], format=",.2f")
        for c in ("lq", "ci_low", "ci_high", "low", "high")
    ]
    tips.append(alt.Tooltip("count:Q", title=words["count"], format=","))
    base = alt.Chart(plain).encode(
        x=alt.X("place:N", sort=list(dict.fromkeys(plain["place"])), title=None, axis=alt.Axis(labelAngle=-50, labelLimit=110, labelOverlap=False, orient="top")),
        y=alt.Y("group:N", sort=list(dict.fromkeys(plain["group"])), title=None, axis=alt.Axis(labelLimit=110, labelFlush=False)),
        tooltip=tips,
    )  # fmt: skip
    edge = float(np.log2(MOST_TIMES))
    colour = alt.Color(
        "strength:Q", legend=None,
        scale=alt.Scale(domain=[-edge, 0, edge], range=[SKY, "#F4F4F4", ORANGE], interpolate="rgb"),
    )  # fmt: skip
    cells = base.transform_filter("isValid(datum.lq)").mark_rect().encode(
        color=colour, opacity=alt.Opacity("weight:Q", legend=None, scale=None)
    )  # fmt: skip
    text = base.mark_text(fontSize=11).encode(
        text="text:N",
        color=alt.condition("isValid(datum.lq) && datum.weight == 1", alt.value(_INK), alt.value(GREY)),
    )  # fmt: skip
    return (cells + text).properties(height=alt.Step(26))


def interval_dots(
    frame: pd.DataFrame, name: str, value: str, *, title: str, band: tuple[str, str] | None = None,
    interval: tuple[str, str] | None = None, reference: float | None = None, log: bool = False,
    domain: tuple[float, float] | None = None,
) -> Any:  # fmt: skip
    """Return values as dots, with a broad line for bounds and a thin one for a sampling interval.

    Parameters
    ----------
    frame
        One row a dot, drawn in this order; rows without a value keep their place.
    name, value
        Columns.
    title
        Of the value axis.
    band
        Columns of the bounds by positional error, drawn broad.
    interval
        Columns of a sampling interval, drawn thin.
    reference
        Where a line is drawn across.
    log
        Whether the axis is logarithmic; what is not above 0 is then left out.
    domain
        Of the value axis.
    """
    columns = {"value": value}
    for key, pair in (("band", band), ("interval", interval)):
        if pair is not None:
            columns |= {f"{key}_low": pair[0], f"{key}_high": pair[1]}
    plain = pd.DataFrame({k: frame[c].astype(float) for k, c in columns.items()})
    if log:
        least = float(plain[plain > 0].min().min()) if (plain > 0).any().any() else 0.01
        # An end at 0 is as far left as the axis goes.
        ends = [c for c in plain.columns if c.endswith("low")]
        plain[ends] = plain[ends].where(plain[ends] != 0, least / 1.5)
        plain = plain.where(plain > 0)
    plain.insert(0, "name", frame[name].astype(str).to_numpy())
    scale: dict[str, Any] = {"type": "log", "nice": False} if log else {"zero": False}
    if domain is not None:
        scale["domain"] = list(domain)
    x = alt.X("value:Q", title=title, scale=alt.Scale(**scale), axis=alt.Axis(format=",.3~g"))
    y = alt.Y(
        "name:N",
        sort=list(plain["name"]),
        title=None,
        axis=alt.Axis(labelLimit=130, labelFlush=False),
    )
    tips: list[Any] = ["name:N", *(alt.Tooltip(f"{c}:Q", format=",.3f") for c in plain.columns[1:])]
    base = alt.Chart(plain).encode(y=y, tooltip=tips)
    layers = []
    if reference is not None:
        rule = alt.Chart(pd.DataFrame({"at": [float(reference)]}))
        layers.append(rule.mark_rule(color=UNIT, strokeDash=[4, 3]).encode(x="at:Q"))
    if band is not None:
        layers.append(base.mark_rule(color=BLUE, strokeWidth=8, opacity=0.35).encode(x="band_low:Q", x2="band_high:Q"))  # fmt: skip
    if interval is not None:
        layers.append(base.mark_rule(color=UNIT, strokeWidth=1.5).encode(x="interval_low:Q", x2="interval_high:Q"))  # fmt: skip
    layers.append(base.mark_point(color=BLUE, filled=True, size=70, opacity=1).encode(x=x))
    return alt.layer(*layers).properties(height=alt.Step(24))


def lorenz_chart(table: pd.DataFrame, lang: Lang, *, weighed: bool) -> Any:
    """Return Lorenz curves against the line of equality.

    Parameters
    ----------
    table
        Of ``lorenz_curves``.
    lang
        Of the words.
    weighed
        Whether a weight is spread, or a count.
    """
    names = [name_of(r, lang, "footprint") for r in table.to_dict("records")]
    plain = pd.DataFrame({"name": names, "x": table["share_of_units"], "y": table["share_held"]})
    order = list(dict.fromkeys(names))
    percent = alt.Axis(format=".0%")
    what = "weight" if weighed else "count"
    line = alt.Chart(plain).mark_line(strokeWidth=2.5).encode(
        x=alt.X("x:Q", title=say("concentrationpage.chart.share-units", lang), axis=percent, scale=alt.Scale(domain=[0, 1])),
        y=alt.Y("y:Q", title=say(f"concentrationpage.chart.share-{what}", lang), axis=percent, scale=alt.Scale(domain=[0, 1])),
        order="x:Q",
        color=alt.Color("name:N", sort=order, title=None, scale=alt.Scale(domain=order, range=[BLUE, VERMILION, GREEN]), legend=alt.Legend(orient="top")),
        tooltip=[alt.Tooltip("name:N"), alt.Tooltip("x:Q", format=".1%"), alt.Tooltip("y:Q", format=".1%")],
    )  # fmt: skip
    even = alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]})).mark_line(color=UNIT, strokeDash=[4, 3]).encode(x="x:Q", y="y:Q")  # fmt: skip
    return (even + line).properties(height=340)
