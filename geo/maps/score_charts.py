"""Charts of the scorecard, of indicators, of rankings and of panels."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from geo.analysis.scorecard import AT_MOST, DIMENSIONS
from geo.maps.palette import BLUE, GREEN, GREY, ORANGE, UNIT, VERMILION
from geo.words import Lang, name_of, say

__all__ = ["item_chart", "mark_chart", "panel_heat", "progress_chart", "rank_chart", "weight_bars"]

_MARKS = {"shown": "#8FD0BC", "partly": "#F3D08A", "not-shown": "#F0B58E", "no-data": "#DDE1E5"}
_PASSES = {"yes": GREEN, "unsure": ORANGE, "no": VERMILION}
_INK = "#222222"
_TIMES = (0.1, 20.0)
"""Multiples of a limit beyond these are drawn at the edge."""


def mark_chart(marks: pd.DataFrame, lang: Lang) -> Any:
    """Return the marks of corridors: a row for each corridor, a column for each dimension.

    Parameters
    ----------
    marks
        Of scorecards, with ``footprint_zh`` and ``footprint_en`` of each.
    lang
        Of the words.
    """
    plain = pd.DataFrame(
        {
            "place": [name_of(r, lang, "footprint") for r in marks.to_dict("records")],
            "dimension": [say(f"scorepage.dimension.{d}", lang) for d in marks["dimension"]],
            "mark": marks["mark"], "said": [say(f"score.mark.{m}", lang) for m in marks["mark"]],
            "evidence": marks[f"evidence_{lang}"],
        }
    )  # fmt: skip
    order = [say(f"scorepage.dimension.{d}", lang) for d in DIMENSIONS]
    base = alt.Chart(plain).encode(
        x=alt.X("dimension:N", sort=order, title=None, axis=alt.Axis(orient="top", labelAngle=0, labelOverlap=False, labelLimit=110)),
        y=alt.Y("place:N", sort=list(dict.fromkeys(plain["place"])), title=None, axis=alt.Axis(labelLimit=150, labelFlush=False)),
        tooltip=[alt.Tooltip("place:N"), alt.Tooltip("dimension:N"), alt.Tooltip("said:N"), alt.Tooltip("evidence:N")],
    )  # fmt: skip
    colour = alt.Color("mark:N", legend=None, scale=alt.Scale(domain=list(_MARKS), range=list(_MARKS.values())))  # fmt: skip
    cells = base.mark_rect(stroke="#FFFFFF", strokeWidth=2).encode(color=colour)
    return (cells + base.mark_text(color=_INK, fontSize=12).encode(text="said:N")).properties(height=alt.Step(40))  # fmt: skip


def item_chart(items: pd.DataFrame, lang: Lang) -> Any:
    """Return how the items of a corridor stand to their limits, with their bands.

    Parameters
    ----------
    items
        Of one scorecard. What is untested is left out.
    lang
        Of the words.

    Returns
    -------
    alt.Chart
        Multiples of the limit on a logarithmic axis; where less is better the inverse, so that right
        of 1 is always good.
    """
    tested = items[items["passes"] != "untested"]
    less = tested["item"].isin(AT_MOST).to_numpy()

    def times(column: str) -> Any:
        value = tested[column].astype(float).to_numpy()
        limit = tested["threshold"].astype(float).to_numpy()
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.clip(np.where(less, limit / value, value / limit), *_TIMES)

    ends = np.sort(np.column_stack([times("value_low"), times("value_high")]), axis=1)
    plain = pd.DataFrame(
        {
            "name": [say(f"scorepage.item.{i}", lang) for i in tested["item"]], "times": times("value"),
            "low": ends[:, 0], "high": ends[:, 1], "passes": tested["passes"].to_numpy(),
            "said": [say(f"score.passes.{p}", lang) for p in tested["passes"]],
            "value": tested["value"].to_numpy(), "threshold": tested["threshold"].to_numpy(),
        }
    )  # fmt: skip
    y = alt.Y(
        "name:N",
        sort=list(plain["name"]),
        title=None,
        axis=alt.Axis(labelLimit=170, labelFlush=False),
    )
    tips: list[Any] = ["name:N", alt.Tooltip("value:Q", format=".3~g"), alt.Tooltip("threshold:Q", format=".3~g"), "said:N"]  # fmt: skip
    base = alt.Chart(plain).encode(y=y, tooltip=tips)
    scale = alt.Scale(type="log", nice=False, padding=12)
    words = {p: say(f"score.passes.{p}", lang) for p in _PASSES}
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=alt.X("times:Q", scale=scale, title=say("scorepage.chart.times", lang), axis=alt.Axis(format=".2~g")),
        color=alt.Color("said:N", title=None, scale=alt.Scale(domain=list(words.values()), range=list(_PASSES.values())), legend=alt.Legend(orient="top")),
        shape=alt.Shape("said:N", title=None, scale=alt.Scale(domain=list(words.values()), range=["circle", "diamond", "cross"])),
    )  # fmt: skip
    rule = alt.Chart(pd.DataFrame({"at": [1.0]})).mark_rule(color=UNIT, strokeDash=[4, 3]).encode(x="at:Q")  # fmt: skip
    bands = base.mark_rule(color=GREY, strokeWidth=1.5).encode(x="low:Q", x2="high:Q")
    return (rule + bands + dots).properties(height=alt.Step(28))


def progress_chart(table: pd.DataFrame, lang: Lang) -> Any:
    """Return indicators on the way from base to target, with their bands and where they should be.

    Parameters
    ----------
    table
        Of ``geo.indicators``; rows without progress are left out.
    lang
        Of the words.
    """
    known = table[table["progress"].notna()]
    plain = pd.DataFrame(
        {
            "name": [name_of(r, lang, "label") or str(r["indicator"]) for r in known.to_dict("records")],
            "progress": known["progress"], "low": known["progress_low"], "high": known["progress_high"],
            "expected": known["expected"], "pace": [say(f"score.pace.{p}", lang) for p in known["pace"]],
        }
    )  # fmt: skip
    y = alt.Y(
        "name:N",
        sort=list(plain["name"]),
        title=None,
        axis=alt.Axis(labelLimit=200, labelFlush=False),
    )
    percent = alt.Axis(format=".0%")
    tips: list[Any] = ["name:N", *(alt.Tooltip(f"{c}:Q", format=".1%") for c in ("low", "progress", "high", "expected")), "pace:N"]  # fmt: skip
    base = alt.Chart(plain).encode(y=y, tooltip=tips)
    bars = base.mark_bar(color=BLUE, opacity=0.75).encode(x=alt.X("progress:Q", title=say("scorepage.chart.progress", lang), axis=percent))  # fmt: skip
    bands = base.mark_rule(color=GREY, strokeWidth=2).encode(x="low:Q", x2="high:Q")
    ticks = base.mark_tick(color=VERMILION, thickness=3, size=20).encode(x="expected:Q")
    return (bars + bands + ticks).properties(height=alt.Step(28))


def rank_chart(table: pd.DataFrame, name: str, lang: Lang, *, equal: bool, most: int = 30) -> Any:
    """Return ranks with their spread over the draws: by the weights chosen and by the other ones.

    Parameters
    ----------
    table
        Of ``geo.composite``, in the order that it is drawn in.
    name
        Column of the names.
    lang
        Of the words.
    equal
        Whether the rank with equal weights is the main one.
    most
        So many are drawn.
    """
    shown = table.head(most)
    first, second = ("rank_equal", "rank") if equal else ("rank", "rank_equal")
    said = {c: say(f"scorepage.chart.{c.replace('_', '-')}", lang) for c in ("rank", "rank_equal")}
    plain = shown[["rank", "rank_equal", "rank_best", "rank_worst", "score", "share_same"]].assign(name=shown[name].astype(str))  # fmt: skip
    tall = plain.melt(["name"], ["rank", "rank_equal"], "kind", "at").replace({"kind": said})
    order = list(plain["name"])
    y = alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=150, labelFlush=False))
    x = alt.X("at:Q", title=say("scorepage.chart.place", lang), axis=alt.Axis(tickMinStep=1, format="d"))  # fmt: skip
    band = alt.Chart(plain).mark_rule(color=BLUE, strokeWidth=8, opacity=0.3).encode(
        y=y, x="rank_best:Q", x2="rank_worst:Q",
        tooltip=["name:N", "rank:Q", "rank_equal:Q", "rank_best:Q", "rank_worst:Q", alt.Tooltip("score:Q", format=".3f"), alt.Tooltip("share_same:Q", format=".0%")],
    )  # fmt: skip
    kinds = [said[first], said[second]]
    dots = alt.Chart(tall).mark_point(size=70, opacity=1, filled=True).encode(
        y=y, x=x,
        color=alt.Color("kind:N", title=None, scale=alt.Scale(domain=kinds, range=[BLUE, ORANGE]), legend=alt.Legend(orient="top", labelLimit=260)),
        shape=alt.Shape("kind:N", title=None, scale=alt.Scale(domain=kinds, range=["circle", "diamond"])),
        tooltip=["name:N", "kind:N", "at:Q"],
    )  # fmt: skip
    return (band + dots).properties(height=alt.Step(22))


def weight_bars(weights: pd.DataFrame, names: dict[str, str], lang: Lang) -> Any:
    """Return the entropy weights of indicators, with equal weights as a line.

    Parameters
    ----------
    weights
        Of ``geo.composite``.
    names
        Of the indicators, in words.
    lang
        Of the words.
    """
    plain = pd.DataFrame({"name": [names.get(i, i) for i in weights["indicator"]], "weight": weights["weight"]})  # fmt: skip
    bars = alt.Chart(plain).mark_bar(color=BLUE, opacity=0.75).encode(
        x=alt.X("weight:Q", title=say("scorepage.chart.weight", lang), axis=alt.Axis(format=".0%"), scale=alt.Scale(domain=[0, 1])),
        y=alt.Y("name:N", sort=list(plain["name"]), title=None, axis=alt.Axis(labelLimit=170, labelFlush=False)),
        tooltip=["name:N", alt.Tooltip("weight:Q", format=".1%")],
    )  # fmt: skip
    even = alt.Chart(pd.DataFrame({"at": [1 / len(plain)]})).mark_rule(color=ORANGE, strokeDash=[4, 3], strokeWidth=2).encode(x="at:Q")  # fmt: skip
    return (bars + even).properties(height=alt.Step(26))


def panel_heat(table: pd.DataFrame, value: str, lang: Lang, *, most: int = 25) -> Any:
    """Return a panel as cells: unit down, period across, darker where more is.

    Parameters
    ----------
    table
        Of ``geo.panel``, one row a unit and period.
    value
        Column.
    lang
        Of the words.
    most
        So many units are drawn, those with most.
    """
    kept = table.groupby("unit")[value].sum().nlargest(most).index
    shown = table[table["unit"].isin(kept)]
    plain = pd.DataFrame(
        {
            "name": [name_of(r, lang, "unit") for r in shown.to_dict("records")], "unit": shown["unit"].to_numpy(),
            "period": shown["period"].astype(str).to_numpy(), "value": shown[value].astype(float).to_numpy(),
        }
    )  # fmt: skip
    names = plain.drop_duplicates("unit").set_index("unit")["name"]
    return alt.Chart(plain).mark_rect().encode(
        x=alt.X("period:O", title=None),
        y=alt.Y("name:N", sort=[names[u] for u in kept], title=None, axis=alt.Axis(labelLimit=150, labelFlush=False)),
        color=alt.Color("value:Q", title=say("scorepage.chart.value", lang), scale=alt.Scale(scheme="blues"), legend=alt.Legend(orient="top")),
        tooltip=["name:N", "period:O", alt.Tooltip("value:Q", format=",")],
    ).properties(height=alt.Step(18))  # fmt: skip
