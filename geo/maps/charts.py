"""Charts whose bars carry their bands, in the colours of the map."""

from __future__ import annotations

import re
from typing import Any

import altair as alt
import pandas as pd

from geo.maps.palette import BLUE
from geo.measure.scales import KM, KM2
from geo.words import Lang
from geo.words.imperial import is_imperial, unit_word

__all__ = ["axis_of", "banded_bars", "length_axis"]


def length_axis(lang: Lang, **more: Any) -> Any:
    """Return an axis in km; for readers who are shown miles, with those below each number."""
    return _axis("mi", KM["mi"], lang, more)


def axis_of(title: str, lang: Lang, **more: Any) -> Any:
    """Return an axis whose unit stands in brackets in its title: of km or km² as :func:`length_axis`."""
    if re.search(r"\((km|公里)\)", title):
        return length_axis(lang, **more)
    if re.search(r"\((km²|平方公里)\)", title):
        return _axis("sq mi", KM2["sq mi"], lang, more)
    return alt.Axis(**more)


def _axis(unit: str, size: float, lang: Lang, more: dict[str, Any]) -> Any:
    if is_imperial(lang):
        more["labelExpr"] = f"[datum.label, format(datum.value / {size}, ',.2~r') + ' {unit_word(unit, lang)}']"  # fmt: skip
    return alt.Axis(**more)


def banded_bars(
    frame: pd.DataFrame, category: str, value: str, *, title: str, percent: bool = False
) -> Any:
    """Return horizontal bars with a thin line from low to high.

    Parameters
    ----------
    frame
        With the columns ``<value>``, ``<value>_low`` and ``<value>_high``.
    category
        Column of the bars' names, drawn in the order of the rows.
    value
        Column of the bars' lengths.
    title
        Title of the value axis.
    percent
        Whether the values are shares of 1.
    """
    # Vega reads dots and brackets in field names as paths: give it plain ones.
    plain = pd.DataFrame(
        {
            "name": frame[category].astype(str),
            "value": frame[value].astype(float),
            "low": frame[f"{value}_low"].astype(float),
            "high": frame[f"{value}_high"].astype(float),
        }
    )
    axis = alt.Axis(format=".0%" if percent else ",.4~g")
    y = alt.Y("name:N", sort=list(plain["name"]), title=None, axis=alt.Axis(labelLimit=220))
    base = alt.Chart(plain)
    tips = [alt.Tooltip("name:N", title=title)] + [
        alt.Tooltip(f"{n}:Q", format=".1%" if percent else ",.4~g")
        for n in ("low", "value", "high")
    ]
    bars = base.mark_bar(color=BLUE, opacity=0.75).encode(
        x=alt.X("value:Q", title=title, axis=axis), y=y, tooltip=tips
    )
    bands = base.mark_rule(color="#222", strokeWidth=1.5).encode(
        x="low:Q", x2="high:Q", y=y, tooltip=tips
    )
    return (bars + bands).properties(height=alt.Step(26))
