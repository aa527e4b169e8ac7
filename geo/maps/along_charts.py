"""The profile along an axis and the strip map as charts that answer to a click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from geo.maps.charts import length_axis
from geo.maps.palette import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    TIER_COLOURS,
    VERMILION,
    WINE,
)
from geo.words import Lang, name_of, say
from geo.words.figures import figure
from geo.words.imperial import beside, is_imperial, unit_word

__all__ = ["MOST_DOTS", "PICKED", "SERIES", "cells_of", "profile_chart", "strip_chart"]

SERIES = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, WINE, SKY, GREY)
"""Colours of categories, in order; so many are drawn together."""
PICKED = "picked"
"""Name of the selection that a click makes, with the fields ``at`` and ``off`` in km."""
MOST_DOTS = 1_500
"""More points are drawn as cells only."""
_NAME, _TURN = 0.24, 0.76
"""Share of a strip that a name takes, and from where on names are written to the left."""
_MARGIN = 46
"""Room for the labels of the value axis, so that charts below one another share their chainage."""


def _x(length: float, lang: Lang, name: str = "at", **more: Any) -> Any:
    return alt.X(
        f"{name}:Q", title=say("alongpage.axis.chainage", lang), scale=alt.Scale(domain=[0, length], nice=False),
        axis=length_axis(lang, format=",.4~g"), **more,
    )  # fmt: skip


def _mark_at(at: float | None, length: float, lang: Lang) -> list[Any]:
    if at is None:
        return []
    own = alt.Chart(pd.DataFrame({"at": [at]}))
    return [own.mark_rule(color=VERMILION, strokeWidth=2).encode(x=_x(length, lang))]


def _banded(low: float, value: float, high: float) -> str:
    return f"{figure(value)} ({figure(low)}–{figure(high)})"


def profile_chart(
    bins: pd.DataFrame, lang: Lang, *, title: str, words: Mapping[str, str], at: float | None = None,
    height: int = 270,
) -> Any:  # fmt: skip
    """Return the profile along an axis with its low–high band; a click picks a bin.

    Parameters
    ----------
    bins
        Rows of ``geo.profile(...).bins`` of one side and of one category or several.
    lang
        Language of the axes and tooltips.
    title
        Title of the value axis, with its unit.
    words
        Names of the categories, in order; blank is the key of all points together.
    at
        Chainage that is marked, km.
    height
        Pixels.

    Returns
    -------
    altair.LayerChart
        One category as bars with a line from low to high, several as steps with bands. A click on a
        bin selects :data:`PICKED` with its middle ``at`` and ``off`` 0.
    """
    rows = pd.DataFrame(
        {
            "name": [words[str(b)] for b in bins["by"]], "from": bins["from_km"].to_numpy(float), "to": bins["to_km"].to_numpy(float),
            "low": bins["value_low"].to_numpy(float), "value": bins["value"].to_numpy(float), "high": bins["value_high"].to_numpy(float),
        }
    )  # fmt: skip
    rows["at"], rows["off"] = (rows["from"] + rows["to"]) / 2, 0.0
    length = float(rows["to"].max())
    y = alt.Y("value:Q", title=title, axis=alt.Axis(format=",.4~g", minExtent=_MARGIN, maxExtent=_MARGIN, tickCount=5))  # fmt: skip
    if len(words) == 1:
        base = alt.Chart(rows)
        # A hair between the bars.
        layers = [
            base.mark_bar(color=BLUE, opacity=0.7, stroke="white", strokeWidth=0.4).encode(
                x=_x(length, lang, "from"), x2="to:Q", y=y, y2="off:Q"
            ),
            base.mark_rule(color=GREY, strokeWidth=1.4).encode(
                x=_x(length, lang), y="low:Q", y2="high:Q"
            ),
        ]
    else:
        layers = _steps(rows, length, lang, y, list(words.values()))
    picked = alt.selection_point(name=PICKED, fields=["at", "off"], on="click", clear=False)
    hit = _hits(rows, length, lang).add_params(picked)
    return alt.layer(*layers, *_mark_at(at, length, lang), hit).properties(height=height)


def _steps(rows: pd.DataFrame, length: float, lang: Lang, y: Any, names: Sequence[str]) -> list[Any]:  # fmt: skip
    """Return steps with bands; each step is drawn from the edge where it starts."""
    last = rows[rows["to"] == length].assign(**{"from": length})
    base = alt.Chart(pd.concat([rows, last], ignore_index=True))
    colour = alt.Color(
        "name:N", title=None, sort=list(names), legend=alt.Legend(orient="bottom", columns=3, labelLimit=160, symbolOpacity=1),
        scale=alt.Scale(domain=list(names), range=list(SERIES[: len(names)])),
    )  # fmt: skip
    x = _x(length, lang, "from")
    band = base.mark_area(interpolate="step-after", opacity=0.16).encode(x=x, y="low:Q", y2="high:Q", color=colour)  # fmt: skip
    line = base.mark_line(interpolate="step-after", strokeWidth=1.8).encode(x=x, y=y, color=colour)
    return [band, line]


def _hits(rows: pd.DataFrame, length: float, lang: Lang) -> Any:
    """Return invisible bars of full height, one for each bin, with what the bin holds as tooltip."""
    wide = rows.drop_duplicates("at")[["at", "off", "from", "to"]].reset_index(drop=True)
    wide["reach"] = [f"{a:g}–{b:g}" for a, b in zip(wide["from"].round(3), wide["to"].round(3), strict=True)]  # fmt: skip
    if is_imperial(lang):
        wide["reach"] = [beside(f"{reach} {unit_word('km', lang)}", lang) for reach in wide["reach"]]  # fmt: skip
    tips = [alt.Tooltip("reach:N", title=say("alongpage.axis.chainage", lang))]
    for k, (name, own) in enumerate(rows.groupby("name", sort=False)):
        three = zip(own["low"], own["value"], own["high"], strict=True)
        wide[f"v{k}"] = [_banded(*v) for v in three]
        tips.append(alt.Tooltip(f"v{k}:N", title=str(name)))
    return (
        alt.Chart(wide)
        .mark_rect(opacity=0.001, color=GREY, cursor="pointer", aria=False)
        .encode(x=_x(length, lang, "from"), x2="to:Q", tooltip=tips)
    )


def cells_of(
    chainage_km: Any, offset_km: Any, *, length_km: float, reach_km: float, step_km: float
) -> pd.DataFrame:
    """Return how many points lie in each cell of a straightened corridor.

    Parameters
    ----------
    chainage_km, offset_km
        Of the points, shape (n,); those outside the strip are not counted.
    length_km, reach_km
        The strip reaches from 0 to the length, and so far to each side.
    step_km
        Size of a cell along the axis; across it there are twelve.

    Returns
    -------
    DataFrame
        ``from``, ``to``, ``left``, ``right`` (offsets), ``at``, ``off`` (the middle) and ``count``
        of every cell, empty ones too.
    """
    along = np.unique(np.append(np.arange(0, length_km, step_km), length_km))
    across = np.linspace(-reach_km, reach_km, 13)
    counts, _, _ = np.histogram2d(chainage_km, offset_km, bins=[along, across])
    k, j = np.indices(counts.shape).reshape(2, -1)
    cells = pd.DataFrame({"from": along[k], "to": along[k + 1], "left": across[j], "right": across[j + 1]})  # fmt: skip
    cells["at"], cells["off"] = (cells["from"] + cells["to"]) / 2, (cells["left"] + cells["right"]) / 2  # fmt: skip
    return cells.assign(count=counts.reshape(-1).astype(int))


def strip_chart(
    cells: pd.DataFrame, widths: pd.DataFrame, lang: Lang, *, nodes: pd.DataFrame, dots: pd.DataFrame | None = None,
    picked: tuple[float, float] | None = None, height: int = 350,
) -> Any:  # fmt: skip
    """Return the strip map: chainage to the right, left of the axis above it; a click picks a place.

    Parameters
    ----------
    cells
        As of :func:`cells_of`; drawn darker the more points they hold where there are no dots.
    widths
        ``chainage_km`` and ``half_width_km`` of the corridor.
    lang
        Language of the axes and tooltips.
    nodes
        Places to name: ``chainage_km``, ``offset_km``, ``name_zh``, ``name_en``, ``tier``.
    dots
        Single points: ``chainage_km``, ``offset_km``, ``name``.
    picked
        Chainage and offset that are marked, km.
    height
        Pixels.
    """
    length = float(widths["chainage_km"].max())
    reach = float(cells["right"].max())
    # Left of the direction of the axis is drawn above, as on a map on which it runs east.
    scale = alt.Scale(domain=[-reach, reach], reverse=True, nice=False)
    y = alt.Y(
        "off:Q", title=say("alongpage.axis.offset", lang), scale=scale,
        axis=alt.Axis(labelExpr="format(abs(datum.value), '~g')", minExtent=_MARGIN, maxExtent=_MARGIN, tickCount=7),
    )  # fmt: skip
    edge = pd.DataFrame({"at": widths["chainage_km"], "off": widths["half_width_km"]}).assign(left=lambda f: -f["off"])  # fmt: skip
    ground = [
        alt.Chart(edge).mark_area(color=BLUE, opacity=0.12).encode(x=_x(length, lang), y=y, y2="left:Q"),
        alt.Chart(pd.DataFrame({"off": [0.0]})).mark_rule(color=BLUE, strokeWidth=2).encode(y=y),
    ]  # fmt: skip
    choice = alt.selection_point(name=PICKED, fields=["at", "off"], on="click", clear=False)
    grid = _grid(cells, length, lang, y, shaded=dots is None).add_params(choice)
    layers = [*ground, grid]
    if dots is not None and len(dots):
        layers.append(_dots(dots, length, lang, y))
    layers += _named(nodes, length, lang, y)
    if picked is not None:
        # A place further off than the strip reaches is marked at its edge.
        inside = float(np.clip(picked[1], -reach, reach))
        own = alt.Chart(pd.DataFrame({"at": [picked[0]], "off": [inside]}))
        layers += _mark_at(picked[0], length, lang)
        layers.append(
            own.mark_point(color=VERMILION, size=140, strokeWidth=3, filled=False).encode(
                x=_x(length, lang), y=y
            )
        )
    return alt.layer(*layers).properties(height=height)


def _grid(cells: pd.DataFrame, length: float, lang: Lang, y: Any, *, shaded: bool) -> Any:
    own = cells.assign(
        reach=[f"{a:g}–{b:g}" for a, b in zip(cells["from"].round(3), cells["to"].round(3), strict=True)],
        shade=np.where(cells["count"] > 0, 0.12 + 0.78 * np.sqrt(cells["count"] / max(cells["count"].max(), 1)), 0.001) if shaded else 0.001,
    )  # fmt: skip
    tips = [
        alt.Tooltip("reach:N", title=say("alongpage.axis.chainage", lang)),
        alt.Tooltip("off:Q", title=say("alongpage.axis.offset-short", lang), format=".2~f"),
        alt.Tooltip("count:Q", title=say("alongpage.axis.points", lang), format=","),
    ]
    return (
        alt.Chart(own)
        .mark_rect(color=GREY, cursor="pointer", aria=False)
        .encode(
            x=_x(length, lang, "from"), x2="to:Q", y=alt.Y("left:Q", scale=y["scale"], title=y["title"], axis=y["axis"]), y2="right:Q",
            opacity=alt.Opacity("shade:Q", scale=None, legend=None), tooltip=tips,
        )
    )  # fmt: skip


def _tips(lang: Lang) -> list[Any]:
    return [
        alt.Tooltip("name:N", title=say("alongpage.axis.name", lang)),
        alt.Tooltip("at:Q", title=say("alongpage.axis.chainage", lang), format=".2f"),
        alt.Tooltip("off:Q", title=say("alongpage.axis.offset-short", lang), format=".2f"),
    ]


def _dots(dots: pd.DataFrame, length: float, lang: Lang, y: Any) -> Any:
    own = pd.DataFrame({"at": dots["chainage_km"], "off": dots["offset_km"], "name": dots["name"]})
    return (
        alt.Chart(own)
        .mark_circle(color=GREY, size=22, opacity=0.55, cursor="pointer", aria=False)
        .encode(x=_x(length, lang), y=y, tooltip=_tips(lang))
    )


def _named(nodes: pd.DataFrame, length: float, lang: Lang, y: Any) -> list[Any]:
    """Return the nodes in the colours of their tiers, with names where there is room for them."""
    if not len(nodes):
        return []
    own = pd.DataFrame(
        {
            "at": nodes["chainage_km"].to_numpy(float), "off": nodes["offset_km"].to_numpy(float), "tier": nodes["tier"].to_numpy(),
            "name": [name_of(r, lang) for r in nodes.to_dict("records")],
        }
    ).sort_values("at")  # fmt: skip
    tiers = [t for t in TIER_COLOURS if t in set(own["tier"])]
    own["tier"] = [say(f"model.tier.{t}", lang) for t in own["tier"]]
    colour = alt.Color(
        "tier:N", title=None, legend=alt.Legend(orient="bottom", columns=3, labelLimit=150),
        scale=alt.Scale(domain=[say(f"model.tier.{t}", lang) for t in tiers], range=[TIER_COLOURS[t] for t in tiers]),
    )  # fmt: skip
    dots = alt.Chart(own).mark_circle(size=64, opacity=1, stroke="white", strokeWidth=0.8, cursor="pointer").encode(x=_x(length, lang), y=y, color=colour, tooltip=_tips(lang))  # fmt: skip
    labelled, last = [], -np.inf
    for k, at in enumerate(own["at"]):
        # Names near the end are written to the left of their place, so that none leaves the strip.
        start = at if at < _TURN * length else at - _NAME * length
        if start - last > 0:
            labelled.append(k)
            last = start + _NAME * length
    names = []
    turned: tuple[tuple[Literal["left", "right"], int, bool], ...] = (("left", 6, False), ("right", -6, True))  # fmt: skip
    for align, dx, late in turned:
        rows = own.iloc[labelled]
        base = alt.Chart(rows[(rows["at"] >= _TURN * length) == late])
        text = base.mark_text(
            align=align, dx=dx, dy=-8, fontSize=11, fontWeight="bold", color=GREY, limit=110
        )
        names.append(text.encode(x=_x(length, lang), y=y, text="name:N", tooltip=_tips(lang)))
    return [dots, *names]
