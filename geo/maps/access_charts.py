"""The chart of reach: the share of a demand within every cost, with its band and limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from geo.maps.charts import length_axis
from geo.maps.palette import BLUE, GREY, VERMILION
from geo.words import Lang, say

__all__ = ["reach_chart"]


def reach_chart(
    curve: pd.DataFrame, lang: Lang, *, cuts: Sequence[float] = (), at: float | None = None, height: int = 300
) -> Any:  # fmt: skip
    """Return the share within every cost as steps with their band, and the limits asked for.

    Parameters
    ----------
    curve
        ``Reached.curve``: ``cost``, ``of``, ``share`` with band.
    lang
        Language of the axes and tooltips.
    cuts
        Limits drawn as thin lines.
    at
        The limit that stands out.
    height
        Pixels.
    """
    of = str(curve["of"].iloc[0])
    rows = pd.DataFrame(
        {
            "at": curve["cost"].to_numpy(float), "low": curve["share_low"].to_numpy(float),
            "value": curve["share"].to_numpy(float), "high": curve["share_high"].to_numpy(float),
        }
    )  # fmt: skip
    last = max([float(rows["at"].max()), *cuts])
    # Beyond the last step nothing changes.
    rows = pd.concat([rows, rows.tail(1).assign(at=last)], ignore_index=True)
    x = alt.X("at:Q", title=say(f"access.axis.{of}", lang), scale=alt.Scale(domain=[0, last], nice=False), axis=length_axis(lang) if of == "km" else alt.Axis())  # fmt: skip
    axis = alt.Axis(format=".0%")
    y = alt.Y("value:Q", title=say("access.axis.share", lang), axis=axis, scale=alt.Scale(domain=[0, 1]))  # fmt: skip
    tips = [
        alt.Tooltip("at:Q", title=say(f"access.axis.{of}", lang), format=",.1f"),
        *(
            alt.Tooltip(f"{name}:Q", title=say(f"access.axis.{name}", lang), format=".1%")
            for name in ("low", "value", "high")
        ),
    ]
    base = alt.Chart(rows)
    layers = [
        base.mark_area(interpolate="step-after", opacity=0.2, color=BLUE).encode(
            x=x, y=alt.Y("low:Q", axis=axis, title=y["title"]), y2="high:Q"
        ),
        base.mark_line(interpolate="step-after", strokeWidth=2, color=BLUE).encode(x=x, y=y),
    ]
    thin = pd.DataFrame({"at": [c for c in cuts if c != at]})
    layers.append(alt.Chart(thin).mark_rule(color=GREY, strokeDash=[4, 4]).encode(x=x))
    if at is not None:
        layers.append(alt.Chart(pd.DataFrame({"at": [at]})).mark_rule(color=VERMILION, strokeWidth=2).encode(x=x))  # fmt: skip
    # Steps are read off anywhere near them.
    layers.append(base.mark_rule(strokeWidth=6, opacity=0).encode(x=x, tooltip=tips))
    return alt.layer(*layers).properties(height=height)
