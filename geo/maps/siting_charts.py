"""The chart of siting: what each further site adds, with its band."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from geo.maps.palette import BLUE, VERMILION
from geo.words import Lang, say

__all__ = ["VALUES", "gain_chart"]

VALUES = {
    "mclp": "share_covered",
    "lscp": "share_covered",
    "p-median": "mean_cost",
    "p-center": "max_cost",
}
"""What the curve of each model shows."""


def gain_chart(
    curve: pd.DataFrame, model: str, of: str, lang: Lang, *, at: int | None = None, height: int = 260
) -> Any:  # fmt: skip
    """Return the objective against the number of new sites, with its band.

    Parameters
    ----------
    curve
        Of :class:`geo.analysis.siting.Curve`.
    model
        Which siting model.
    of
        ``minutes`` or ``km``.
    lang
        Language of axes and tooltips.
    at
        The number that stands out.
    height
        Pixels.
    """
    value = VALUES[model]
    percent = value.startswith("share")
    rows = pd.DataFrame({"n": curve["n"].astype(int)} | {k: curve[f"{value}{e}"].astype(float) for k, e in (("low", "_low"), ("value", ""), ("high", "_high"))})  # fmt: skip
    rows = rows[rows["value"].notna()]
    form = ".1%" if percent else ",.1f"
    x = alt.X("n:Q", title=say("siting.chart.n", lang), axis=alt.Axis(tickMinStep=1, format="d"))
    axis = alt.Axis(format=".0%" if percent else "~g")
    title = say(f"siting.chart.{value}", lang, of=say(f"siting.out.{of}", lang))
    y = alt.Y("value:Q", title=title, axis=axis, scale=alt.Scale(zero=True))
    tips = [alt.Tooltip("n:Q", title=say("siting.chart.n", lang))] + [
        alt.Tooltip(f"{k}:Q", title=say(f"siting.chart.{k}", lang), format=form)
        for k in ("low", "value", "high")
    ]
    base = alt.Chart(rows)
    layers = [
        base.mark_area(opacity=0.18, color=BLUE).encode(x=x, y=alt.Y("low:Q", axis=axis, title=title), y2="high:Q"),
        base.mark_line(color=BLUE, strokeWidth=2, point=alt.OverlayMarkDef(color=BLUE, size=45)).encode(x=x, y=y, tooltip=tips),
    ]  # fmt: skip
    if at is not None:
        rule = alt.Chart(pd.DataFrame({"n": [at]}))
        layers.append(rule.mark_rule(color=VERMILION, strokeWidth=2).encode(x=x))
    return alt.layer(*layers).properties(height=height)
