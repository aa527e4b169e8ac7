"""Coverage curves as charts: bands, where they bend, and what is read off at a distance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from geo.maps.along_charts import SERIES
from geo.maps.charts import length_axis
from geo.maps.palette import GREY, VERMILION
from geo.measure.scales import KM
from geo.words import Lang, say
from geo.words.figures import figure
from geo.words.imperial import converted, is_imperial, unit_word

__all__ = ["PICKED", "curve_chart"]

PICKED = "picked"
"""Name of the selection that a click makes, with the field ``at``: a distance in km."""


def curve_chart(
    table: pd.DataFrame, lang: Lang, *, title: str, words: Mapping[str, str], breaks: pd.DataFrame | None = None,
    at: float | None = None, log: bool = False, height: int = 380,
) -> Any:  # fmt: skip
    """Return shares over distance with their bands; a click picks a distance.

    Parameters
    ----------
    table
        ``curve``, ``distance_km``, ``share_low``, ``share``, ``share_high``; one row for each curve
        and distance.
    lang
        Language of the axes and tooltips.
    title
        Title of the value axis.
    words
        Names of the curves, in order.
    breaks
        ``curve``, ``distance_km`` with its interval: marked on the curves.
    at
        Distance that is read off, km.
    log
        Whether distances are drawn on a logarithmic axis.
    height
        Pixels.
    """
    words = _distinct(words)
    rows = pd.DataFrame(
        {
            "name": [words[c] for c in table["curve"]], "at": table["distance_km"].to_numpy(float),
            "low": table["share_low"].to_numpy(float), "value": table["share"].to_numpy(float), "high": table["share_high"].to_numpy(float),
        }
    )  # fmt: skip
    if log:
        rows = rows[rows["at"] > 0]
    first, last = (float(v) for v in (rows["at"].min(), rows["at"].max()))
    scale = alt.Scale(type="log", domain=[first, last], nice=False) if log else alt.Scale(domain=[0, last], nice=False)  # fmt: skip
    x = alt.X("at:Q", title=say("curvespage.axis.distance", lang), scale=scale, axis=length_axis(lang, format="~g"))  # fmt: skip
    y = alt.Y("value:Q", title=title, axis=alt.Axis(format=".0%"), scale=alt.Scale(domainMin=0))
    names = list(words.values())
    colour = alt.Color(
        "name:N", title=None, sort=names, legend=alt.Legend(orient="bottom", columns=3, labelLimit=200, symbolOpacity=1),
        scale=alt.Scale(domain=names, range=[SERIES[k % len(SERIES)] for k in range(len(names))]),
    )  # fmt: skip
    base = alt.Chart(rows)
    layers = [
        base.mark_area(opacity=0.16).encode(x=x, y="low:Q", y2="high:Q", color=colour),
        base.mark_line(strokeWidth=2).encode(x=x, y=y, color=colour),
    ]
    if breaks is not None and len(breaks):
        layers += _bends(breaks, rows, words, (first if log else 0.0, last), x, y, colour, lang)
    if at is not None:
        own = alt.Chart(pd.DataFrame({"at": [at]}))
        layers.append(own.mark_rule(color=VERMILION, strokeWidth=2).encode(x=x))
    picked = alt.selection_point(name=PICKED, fields=["at"], on="click", clear=False)
    return alt.layer(*layers, _hits(rows, x, lang).add_params(picked)).properties(height=height)


def _bends(
    breaks: pd.DataFrame, rows: pd.DataFrame, words: Mapping[str, str], room: tuple[float, float], x: Any, y: Any,
    colour: Any, lang: Lang,
) -> list[Any]:  # fmt: skip
    """Return the breaks as diamonds on their curves, each with its interval as a line."""
    import numpy as np

    own = []
    for row in breaks.to_dict("records"):
        curve = rows[rows["name"] == words[row["curve"]]]
        at = float(row["distance_km"])
        if not room[0] <= at <= room[1]:
            continue
        low, high = float(row["distance_km_low"]), float(row["distance_km_high"])
        own.append(
            {
                "name": words[row["curve"]], "at": at, "value": float(np.interp(at, curve["at"], curve["value"])),
                "from": max(low, room[0]), "to": min(high, room[1]), "interval": f"{low:.2f}–{high:.2f}",
            }
        )  # fmt: skip
    if not own:
        return []
    base = alt.Chart(pd.DataFrame(own))
    tips = [
        alt.Tooltip("name:N", title=say("curvespage.axis.curve", lang)),
        alt.Tooltip("at:Q", title=say("curvespage.axis.break", lang), format=".2f"),
        alt.Tooltip("interval:N", title=say("curvespage.axis.interval", lang)),
    ]
    span = base.mark_rule(strokeWidth=4, opacity=0.55).encode(
        x=alt.X("from:Q", scale=x["scale"], title=x["title"], axis=x["axis"]), x2="to:Q", y=y, color=colour
    )  # fmt: skip
    mark = base.mark_point(shape="diamond", size=130, filled=True, opacity=1, stroke="white", strokeWidth=1).encode(x=x, y=y, color=colour, tooltip=tips)  # fmt: skip
    return [span, mark]


def _distinct(words: Mapping[str, str]) -> dict[str, str]:
    """Return the words of curves; those that several share are told apart by the curve's id."""
    often = Counter(words.values())
    return {key: f"{word} ({key})" if often[word] > 1 else word for key, word in words.items()}


def _hits(rows: pd.DataFrame, x: Any, lang: Lang) -> Any:
    """Return invisible lines of full height at each distance, with the shares there as tooltip."""
    wide = rows.drop_duplicates("at")[["at"]].reset_index(drop=True)
    tips = [alt.Tooltip("at:Q", title=say("curvespage.axis.distance", lang), format="~g")]
    if is_imperial(lang):
        wide["miles"] = [converted(figure(at), 1 / KM["mi"]) for at in wide["at"]]
        tips.append(alt.Tooltip("miles:N", title=unit_word("mi", lang)))
    for k, (name, own) in enumerate(rows.groupby("name", sort=False)):
        by_at = own.set_index("at").reindex(wide["at"])
        wide[f"v{k}"] = [f"{v:.1%} ({a:.1%}–{b:.1%})" for a, v, b in zip(by_at["low"], by_at["value"], by_at["high"], strict=True)]  # fmt: skip
        tips.append(alt.Tooltip(f"v{k}:N", title=str(name)))
    return (
        alt.Chart(wide)
        .mark_rule(color=GREY, strokeWidth=12, opacity=0.001, cursor="pointer", aria=False)
        .encode(x=x, tooltip=tips)
    )
