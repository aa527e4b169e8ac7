"""Differences of a scenario from its base as bars to the left and right of zero, each with its band."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from geo.maps.palette import BLUE, GREY, VERMILION
from geo.words import Lang, name_of, say

__all__ = ["MOST", "difference_bars", "difference_figure", "differing"]

MOST = 20
"""So many bars at most, the largest differences."""
_COLOURS = {"gain": BLUE, "loss": VERMILION, "unsure": GREY}


def differing(table: pd.DataFrame, statistic: str, scope: str, lang: Lang) -> pd.DataFrame:
    """Return what differs in one statistic, the largest gain first, with the names in a language.

    Parameters
    ----------
    table
        ``geo.compare(...).table``.
    statistic, scope
        Of its rows, over all categories.

    Returns
    -------
    DataFrame
        ``name``, ``diff_low``, ``diff``, ``diff_high``, ``verdict``; at most :data:`MOST` rows.
    """
    own = table[(table["statistic"] == statistic) & (table["scope"] == scope) & (table["by"] == "")]
    own = own[own["verdict"] != "even"]
    largest = own[["diff_low", "diff", "diff_high"]].abs().max(axis=1).nlargest(MOST).index
    own = own.loc[largest].sort_values(["diff", "diff_high", "id"], ascending=[False, False, True])
    if scope == "total":
        names = [say(f"scenarios.total.{i}", lang) for i in own["id"]]
    else:
        names = [name_of(r, lang) for r in own.to_dict("records")]
    columns = ["diff_low", "diff", "diff_high", "verdict"]
    return own[columns].assign(name=_apart(names)).reset_index(drop=True)


def _apart(names: list[str]) -> list[str]:
    """Return names of which none comes twice: those of units may."""
    return [n if names.count(n) == 1 else f"{n} ({names[:k].count(n) + 1})" for k, n in enumerate(names)]  # fmt: skip


def difference_bars(shown: pd.DataFrame, title: str, lang: Lang) -> Any:
    """Return horizontal bars from zero, blue for a gain, red for a loss, with lines from low to high.

    Parameters
    ----------
    shown
        Rows of :func:`differing`.
    title
        Title of the axis, with the unit.
    lang
        Language of the legend and the tooltips.
    """
    words = {v: say(f"compare.verdict.{v}", lang) for v in _COLOURS}
    plain = shown.rename(columns={"diff_low": "low", "diff": "value", "diff_high": "high"})
    plain = plain.assign(verdict=[words[v] for v in plain["verdict"]])
    base = alt.Chart(plain)
    y = alt.Y("name:N", sort=list(plain["name"]), title=None, axis=alt.Axis(labelLimit=190))
    tips = [alt.Tooltip("name:N", title=say("scenarios.chart.name", lang))] + [
        alt.Tooltip(f"{n}:Q", format="+,.4~r", title=say(f"scenarios.chart.{n}", lang))
        for n in ("low", "value", "high")
    ]
    colour = alt.Color(
        "verdict:N", title=None, legend=alt.Legend(orient="top"),
        scale=alt.Scale(domain=list(words.values()), range=list(_COLOURS.values())),
    )  # fmt: skip
    bars = base.mark_bar(opacity=0.75).encode(
        x=alt.X("value:Q", title=title, axis=alt.Axis(format="+,.4~g", tickCount=6)), y=y,
        color=colour, tooltip=tips,
    )  # fmt: skip
    bands = base.mark_rule(strokeWidth=1.6, color="#7F7F7F").encode(x="low:Q", x2="high:Q", y=y, tooltip=tips)  # fmt: skip
    ends = [
        base.mark_tick(thickness=1.6, size=8, color="#7F7F7F").encode(x=f"{n}:Q", y=y, tooltip=tips)
        for n in ("low", "high")
    ]
    zero = alt.Chart(pd.DataFrame({"at": [0]})).mark_rule(color="#7F7F7F").encode(x="at:Q")
    return alt.layer(bars, zero, bands, *ends).properties(height=alt.Step(24))


def difference_figure(shown: pd.DataFrame, title: str) -> Any:
    """Return the same bars for paper, as a matplotlib figure."""
    from geo.maps.figures import bars

    low, central, high = (shown[c].tolist() for c in ("diff_low", "diff", "diff_high"))
    return bars(shown["name"].tolist(), low, central, high, title)
