"""Charts of links: distances as a heat map, estimated flows with their ranges, shares of the roles."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from geo.maps.cover_charts import heading
from geo.maps.palette import BLUE, GREY, ORANGE, VERMILION
from geo.words import Lang, name_of, say

__all__ = ["flow_bars", "matrix_heat", "role_bars"]

_INK = "#222222"
_MOST_WRITTEN = 16
"""Larger matrices are coloured alone: numbers would not fit."""


def matrix_heat(table: pd.DataFrame, value: str, lang: Lang) -> Any:
    """Return a heat map of ordered pairs: from the row's place to the column's.

    Parameters
    ----------
    table
        :attr:`geo.analysis.link_matrices.LinkMatrix.table`.
    value
        Column with a band: ``value``, ``km`` or ``axes_km``.
    lang
        Language of the names.
    """
    plain = pd.DataFrame({"a": [name_of(r, lang, "a") for r in table.to_dict("records")], "b": [name_of(r, lang, "b") for r in table.to_dict("records")]})  # fmt: skip
    for name, column in (("low", f"{value}_low"), ("value", value), ("high", f"{value}_high")):
        plain[name] = table[column].astype(float).to_numpy()
    names = list(dict.fromkeys(plain["a"]))
    tips = [
        alt.Tooltip("a:N", title=heading(f"a_{lang}", lang)), alt.Tooltip("b:N", title=heading(f"b_{lang}", lang)),
        *(alt.Tooltip(f"{n}:Q", format=",.1f", title=say(f"links.chart.{n}", lang)) for n in ("value", "low", "high")),
    ]  # fmt: skip
    few = len(names) <= _MOST_WRITTEN
    x = alt.X("b:N", sort=names, title=None, axis=alt.Axis(labelLimit=110, labelAngle=-40, labelOverlap=not few))  # fmt: skip
    y = alt.Y("a:N", sort=names, title=None, axis=alt.Axis(labelLimit=150, labelOverlap=not few))
    top = float(np.nanmax(plain["value"])) if plain["value"].notna().any() else 1.0
    # Near places are told apart, however far the farthest is.
    scale = alt.Scale(type="sqrt", scheme="blues", reverse=True, domain=[0, top or 1.0])
    base = alt.Chart(plain).encode(x=x, y=y, tooltip=tips)
    legend = alt.Legend(title=None, orient="top", gradientLength=160, format=",.3~s")
    cells = base.mark_rect(stroke=GREY, strokeWidth=0.3).encode(
        color=alt.Color("value:Q", scale=scale, legend=legend, title=None)
    )
    step = 34 if few else max(520 // len(names), 6)
    if not few:
        return cells.properties(height=alt.Step(step))
    light = f"datum.value > {0.22 * top:.12g}"
    text = base.mark_text(fontSize=11).encode(
        text=alt.Text("value:Q", format=",.0f" if top >= 100 else ",.1f"),
        color=alt.condition(light, alt.value(_INK), alt.value("#FFFFFF")),
    )
    return (cells + text).properties(height=alt.Step(step))


def flow_bars(pairs: pd.DataFrame, lang: Lang, *, most: int = 12) -> Any:
    """Return the largest flows as bars, with their bounds and, where there is one, the range over β.

    Parameters
    ----------
    pairs
        :meth:`geo.analysis.flows.Flows.pairs`.
    lang
        Language of the names.
    most
        So many bars.
    """
    rows = pairs.head(most)
    plain = pd.DataFrame(
        {
            "name": [f"{name_of(r, lang, 'a')} – {name_of(r, lang, 'b')}" for r in rows.to_dict("records")],
            **{c: rows[c].astype(float).to_numpy() for c in ("share", "share_low", "share_high", "share_beta_low", "share_beta_high")},
        }
    )  # fmt: skip
    ranged = bool(plain["share_beta_low"].notna().any())
    shown = ["share", "share_low", "share_high", *(["share_beta_low", "share_beta_high"] if ranged else [])]  # fmt: skip
    tips = [alt.Tooltip("name:N", title=say("links.chart.pair", lang))] + [
        alt.Tooltip(f"{c}:Q", format=".1%", title=heading(c, lang)) for c in shown
    ]
    y = alt.Y("name:N", sort=list(plain["name"]), title=None, axis=alt.Axis(labelLimit=190))
    base = alt.Chart(plain).encode(y=y, tooltip=tips)
    axis = alt.Axis(format=".0%", tickCount=5)
    layers = [
        base.mark_bar(color=BLUE, opacity=0.75).encode(x=alt.X("share:Q", title=say("links.chart.share", lang), axis=axis)),
        base.mark_rule(color=ORANGE, strokeWidth=2.5).encode(x="share_low:Q", x2="share_high:Q"),
    ]  # fmt: skip
    if ranged:
        layers.append(base.mark_rule(color=VERMILION, strokeWidth=1.6, strokeDash=[4, 3], yOffset=7).encode(x="share_beta_low:Q", x2="share_beta_high:Q"))  # fmt: skip
    return alt.layer(*layers).properties(height=alt.Step(26))


def role_bars(roles: pd.DataFrame, lang: Lang) -> Any:
    """Return for each mass how much of it the main and the supporting cities hold, with bands.

    Parameters
    ----------
    roles
        :attr:`geo.analysis.star.Star.roles`.
    lang
        Language of the names.
    """
    plain = pd.DataFrame(
        {
            "mass": [say(f"links.mass.{m}", lang) for m in roles["holding"]], "role": [say(f"model.role.{r}", lang) for r in roles["role"]],
            **{c: roles[c].astype(float).to_numpy() for c in ("value", "share_low", "share", "share_high")},
        }
    )  # fmt: skip
    masses, names = list(dict.fromkeys(plain["mass"])), list(dict.fromkeys(plain["role"]))
    tips = [
        alt.Tooltip("mass:N", title=heading("holding", lang)), alt.Tooltip("role:N", title=heading("role", lang)),
        alt.Tooltip("value:Q", format=",.0f", title=heading("value", lang)),
        *(alt.Tooltip(f"{c}:Q", format=".1%", title=heading(c, lang)) for c in ("share", "share_low", "share_high")),
    ]  # fmt: skip
    base = alt.Chart(plain).encode(
        y=alt.Y("mass:N", sort=masses, title=None, axis=alt.Axis(labelLimit=120)),
        yOffset=alt.YOffset("role:N", sort=names), tooltip=tips,
    )  # fmt: skip
    colour = alt.Color("role:N", sort=names, title=None, legend=alt.Legend(orient="top"), scale=alt.Scale(domain=names, range=[BLUE, "#9ECAE1"]))  # fmt: skip
    x = alt.X("share:Q", title=say("links.chart.role-share", lang), axis=alt.Axis(format=".0%", tickCount=5), scale=alt.Scale(domain=[0, 1]))  # fmt: skip
    bars = base.mark_bar().encode(x=x, color=colour)
    bands = base.mark_rule(color=ORANGE, strokeWidth=2.5).encode(x="share_low:Q", x2="share_high:Q")
    return (bars + bands).properties(height=alt.Step(22))
