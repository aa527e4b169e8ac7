"""Charts of a belt: azimuths that hold the seats, share against width, and random placements."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from geo.maps.figures import Line, lines
from geo.maps.palette import BLUE, GREEN, GREY, ORANGE, VERMILION
from geo.words import Lang, name_of, say
from geo.words.figures import figure
from geo.words.imperial import length_words

__all__ = ["Across", "azimuth_chart", "draws_chart", "frontier_chart", "frontier_figure"]

Across = Literal["width_km", "area_km2"]
MOST_BINS = 40


def azimuth_chart(
    table: pd.DataFrame, ranges: Sequence[tuple[float, float]], azimuth_deg: float, held: int, lang: Lang
) -> Any:  # fmt: skip
    """Return the scale of azimuths: seats held at most, where all are, and where the belt lies now.

    Parameters
    ----------
    table
        ``azimuth_deg`` and ``held`` (:func:`geo.analysis.belt_azimuths.azimuth_scale`).
    ranges
        Azimuths that hold all seats; one across north has its first number above its second.
    azimuth_deg, held
        The belt: its azimuth, and how many seats it holds where it lies.
    lang
        Language of titles.
    """
    x = alt.X("azimuth:Q", title=say("beltpage.chart.azimuth", lang), scale=alt.Scale(domain=[0, 180], nice=False), axis=alt.Axis(values=list(range(0, 181, 30))))  # fmt: skip
    most = int(table["held"].max()) if len(table) else 0
    y = alt.Y("held:Q", title=say("beltpage.chart.held", lang), scale=alt.Scale(domain=[0, max(most, 1)]), axis=alt.Axis(values=list(range(most + 1)), format="d"))  # fmt: skip
    steps = pd.DataFrame({"azimuth": table["azimuth_deg"], "held": table["held"]})
    tips = [
        alt.Tooltip("azimuth:Q", title=say("beltpage.chart.azimuth", lang), format=".1f"),
        alt.Tooltip("held:Q", title=say("beltpage.chart.held", lang)),
    ]
    area = alt.Chart(steps).mark_area(interpolate="step", color=BLUE, opacity=0.25, line={"color": BLUE, "strokeWidth": 1.2, "interpolate": "step"}).encode(x=x, y=y, tooltip=tips)  # fmt: skip
    # A range across north is two stretches of the scale.
    parts = [p for a, b in ranges for p in ([(a, b)] if a <= b else [(a, 180.0), (0.0, b)])]
    layers = [area]
    if parts:
        whole = pd.DataFrame(parts, columns=["from", "to"])
        layers.insert(0, alt.Chart(whole).mark_rect(color=GREEN, opacity=0.25).encode(x=alt.X("from:Q", title=say("beltpage.chart.azimuth", lang)), x2="to:Q"))  # fmt: skip
    now = pd.DataFrame({"azimuth": [azimuth_deg], "held": [held]})
    layers.append(alt.Chart(now).mark_rule(color=VERMILION, strokeWidth=2).encode(x="azimuth:Q", tooltip=tips))  # fmt: skip
    layers.append(alt.Chart(now).mark_point(color=VERMILION, filled=True, size=90, opacity=1).encode(x="azimuth:Q", y="held:Q", tooltip=tips))  # fmt: skip
    return alt.layer(*layers).properties(height=180)


def _across_title(across: Across, lang: Lang) -> str:
    return say(f"beltpage.chart.{across.removesuffix('_km').removesuffix('_km2')}", lang)


def _share_title(what: str, lang: Lang) -> str:
    return say("beltpage.chart.share-of", lang, what=what) if what else say("beltpage.chart.share", lang)  # fmt: skip


def frontier_chart(
    table: pd.DataFrame,
    published: pd.DataFrame,
    lang: Lang,
    *,
    across: Across = "width_km",
    what: str = "",
) -> Any:
    """Return the share that the best belt takes against its width or area, with band and proven bound.

    Parameters
    ----------
    table, published
        Of ``geo.frontier(...).shares``. The elbow is a diamond, a published belt a cross.
    lang
        Language of titles and names.
    across
        What the horizontal axis shows.
    what
        What is shared, in words; blank for points.
    """
    title, vertical = _across_title(across, lang), _share_title(what, lang)
    own = pd.DataFrame(
        {
            "x": table[across].astype(float), "share": table["share"].astype(float),
            "low": table["share_low"].astype(float), "high": table["share_high"].astype(float),
            "bound": table["share_upper"].astype(float), "elbow": table["elbow"].astype(bool),
            "length": [length_words(v, lang) for v in table["length_km"]],
        }
    ).sort_values(["length", "x"])  # fmt: skip
    x = alt.X("x:Q", title=title, scale=alt.Scale(zero=True))
    y = alt.Y("share:Q", title=vertical, axis=alt.Axis(format=".0%"), scale=alt.Scale(zero=True))  # fmt: skip
    many = own["length"].nunique() > 1
    colour = alt.Color("length:N", title=say("beltpage.chart.length", lang), scale=alt.Scale(range=[BLUE, ORANGE, GREEN, GREY])) if many else alt.value(BLUE)  # fmt: skip
    words = {"x": title, "share": vertical, "low": say("beltpage.chart.low", lang), "high": say("beltpage.chart.high", lang), "bound": say("beltpage.chart.bound", lang)}  # fmt: skip
    tips = [alt.Tooltip(f"{k}:Q", title=t, format=",.4~g" if k == "x" else ".1%") for k, t in words.items()]  # fmt: skip
    base = alt.Chart(own)
    layers = [
        base.mark_area(opacity=0.2).encode(x=x, y=alt.Y("low:Q", title=vertical), y2="high:Q", color=colour),
        base.mark_line(strokeDash=[4, 4], strokeWidth=1).encode(x=x, y=alt.Y("bound:Q", title=vertical), color=colour),
        base.mark_line(point=True).encode(x=x, y=y, color=colour, tooltip=tips),
        base.transform_filter("datum.elbow").mark_point(shape="diamond", size=180, filled=True, color=ORANGE, opacity=1).encode(x=x, y=y, tooltip=tips),
    ]  # fmt: skip
    if len(published):
        printed = pd.DataFrame(
            {
                "x": published["width_km"] if across == "width_km" else published["length_km"] * published["width_km"],
                "share": published["share"], "low": published["share_low"], "high": published["share_high"],
                "name": [name_of(row, lang, "belt") for row in published.to_dict("records")],
            }
        )  # fmt: skip
        mark = alt.Chart(printed)
        tip = [alt.Tooltip("name:N", title=say("beltpage.chart.published", lang)), *tips[:4]]
        layers += [
            mark.mark_rule(color=VERMILION, strokeWidth=1.5).encode(x=x, y="low:Q", y2="high:Q", tooltip=tip),
            mark.mark_point(shape="cross", size=140, filled=True, color=VERMILION, opacity=1).encode(x=x, y="share:Q", tooltip=tip),
            mark.mark_text(align="left", dx=9, dy=9, color=VERMILION).encode(x=x, y="share:Q", text="name:N"),
        ]  # fmt: skip
    return alt.layer(*layers).properties(height=320)


def frontier_figure(
    table: pd.DataFrame,
    published: pd.DataFrame,
    lang: Lang,
    *,
    across: Across = "width_km",
    what: str = "",
) -> Figure:
    """Return the same for print: a line with its band for each length, the elbow, the published belt.

    Parameters
    ----------
    table, published, lang, across, what
        As of :func:`frontier_chart`.
    """
    series = []
    for length, rows in table.groupby("length_km"):
        own = rows.sort_values(across)
        name = say("beltpage.chart.line", lang, length=f"{length:g}")
        series.append(
            Line(
                name, own[across].tolist(), own["share_low"].tolist(), own["share"].tolist(),
                own["share_high"].tolist(), breaks=own.loc[own["elbow"], across].tolist(),
            )
        )  # fmt: skip
    marks = []
    for row in published.to_dict("records"):
        at = row["width_km"] if across == "width_km" else row["length_km"] * row["width_km"]
        text = say("beltpage.chart.mark", lang, name=name_of(row, lang, "belt"), size=figure(at), share=f"{row['share']:.1%}")  # fmt: skip
        marks.append((float(at), text))
    drawn = lines(
        series, _across_title(across, lang), _share_title(what, lang), percent=True, marks=marks
    )  # fmt: skip
    axes = drawn.axes[0]
    for row, (at, _) in zip(published.to_dict("records"), marks, strict=True):
        axes.errorbar(
            [at], [row["share"]], yerr=[[row["share"] - row["share_low"]], [row["share_high"] - row["share"]]],
            fmt="X", color=VERMILION, markersize=7, capsize=3, zorder=5,
        )  # fmt: skip
    return drawn


def _bins(data: Any) -> Any:
    """Return the edges of bins; those of whole numbers each hold as many of them."""
    n = min(MOST_BINS, max(5, int(np.sqrt(len(data)))))
    low, high = float(data.min()), float(data.max())
    if (data == np.floor(data)).all():
        step = max(1, math.ceil((high - low + 1) / n))
        return low + step * np.arange(math.ceil((high - low + 1) / step) + 1)
    return np.histogram_bin_edges(data, n)


def draws_chart(
    values: Sequence[float], observed: tuple[float, float, float], title: str, lang: Lang
) -> Any:
    """Return a histogram of random draws with what is observed, and its band, upon it.

    Parameters
    ----------
    values
        One for each draw.
    observed
        Low, central and high.
    title
        What is counted, with its unit.
    lang
        Language of titles.
    """
    data = np.asarray(values, dtype=float)
    counts, edges = np.histogram(data, bins=_bins(data))
    frame = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "n": counts, "zero": 0})
    low, central, high = observed
    form = ",.0f" if edges[-1] >= 100 else ".3~r"
    x = alt.X("from:Q", title=title, axis=alt.Axis(format=form), scale=alt.Scale(zero=False))
    tips = [
        alt.Tooltip("from:Q", title=say("beltpage.chart.from", lang), format=form),
        alt.Tooltip("to:Q", title=say("beltpage.chart.to", lang), format=form),
        alt.Tooltip("n:Q", title=say("beltpage.chart.draws", lang)),
    ]
    bars = alt.Chart(frame).mark_rect(color=BLUE, opacity=0.7, stroke="white", strokeWidth=0.5).encode(
        x=x, x2="to:Q", y=alt.Y("n:Q", title=say("beltpage.chart.draws", lang)), y2="zero:Q", tooltip=tips
    )  # fmt: skip
    at = pd.DataFrame({"low": [low], "at": [central], "high": [high]})
    told = [
        alt.Tooltip(f"{k}:Q", title=say(f"beltpage.chart.{w}", lang), format=form)
        for k, w in (("low", "low"), ("at", "observed"), ("high", "high"))
    ]
    band = alt.Chart(at).mark_rect(color=VERMILION, opacity=0.2).encode(x=alt.X("low:Q", title=title), x2="high:Q", tooltip=told)  # fmt: skip
    rule = alt.Chart(at).mark_rule(color=VERMILION, strokeWidth=2.5).encode(x="at:Q", tooltip=told)
    return alt.layer(bars, band, rule).properties(height=260)
