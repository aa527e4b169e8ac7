"""Charts of what is covered, what is counted twice and where people live; every bar with its band."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from geo.maps.charts import axis_of
from geo.maps.palette import BLUE, GREY, ORANGE
from geo.words import Lang, say
from geo.words.figures import figure
from geo.words.imperial import in_other_units

__all__ = ["heading", "measured_bars", "pair_matrix", "people_bars"]


def heading(column: str, lang: Lang) -> str:
    """Return the heading of a column."""
    return say(f"report.column.{column}", lang)


_SHARE, _AMOUNT = ".1%", ",.4~r"


def measured_bars(
    frame: pd.DataFrame, label: str, value: str, lang: Lang, *, title: str = "", percent: bool = False
) -> Any:  # fmt: skip
    """Return horizontal bars with a line from low to high.

    Parameters
    ----------
    frame
        With ``<value>``, ``<value>_low`` and ``<value>_high``.
    label
        Column of the bars' names, drawn in the order of the rows; a name that comes again is
        numbered.
    value
        Column of the bars' lengths.
    lang
        Language of the titles and tooltips.
    title
        Title of the value axis; by default the column's heading.
    percent
        Whether the values are shares of 1.
    """
    plain = pd.DataFrame(
        {
            "name": _apart(frame[label].astype(str).tolist()),
            "value": frame[value].astype(float).to_numpy(),
            "low": frame[f"{value}_low"].astype(float).to_numpy(),
            "high": frame[f"{value}_high"].astype(float).to_numpy(),
        }
    )
    form = _SHARE if percent else _AMOUNT
    title = title or heading(value, lang)
    y = alt.Y("name:N", sort=list(plain["name"]), title=None, axis=alt.Axis(labelLimit=200))
    tips = [alt.Tooltip("name:N", title=say("coverpages.chart.name", lang))] + [
        alt.Tooltip(f"{n}:Q", format=form, title=say(f"coverpages.chart.{n}", lang))
        for n in ("value", "low", "high")
    ]
    other = [in_other_units(title, f"{figure(v)} ({figure(a)}–{figure(b)})", lang) for a, v, b in zip(plain["low"], plain["value"], plain["high"], strict=True)]  # fmt: skip
    if any(other):
        plain["other"] = other
        tips.append(alt.Tooltip("other:N", title=say("coverpages.chart.other", lang)))
    base = alt.Chart(plain)
    large = bool((plain["high"] >= 1000).any())
    axis = axis_of(title, lang, format=".0%" if percent else ",.0f" if large else ",.4~g", tickCount=4)  # fmt: skip
    bars = base.mark_bar(color=BLUE, opacity=0.75).encode(
        x=alt.X("value:Q", title=title, axis=axis), y=y, tooltip=tips
    )
    bands = base.mark_rule(color=ORANGE, strokeWidth=2.5).encode(
        x="low:Q", x2="high:Q", y=y, tooltip=tips
    )
    ends = [
        base.mark_tick(color=ORANGE, thickness=2.5, size=9).encode(x=f"{n}:Q", y=y, tooltip=tips)
        for n in ("low", "high")
    ]
    return alt.layer(bars, bands, *ends).properties(height=alt.Step(24))


def _apart(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
    used: dict[str, int] = {}
    out = []
    for name in names:
        used[name] = used.get(name, 0) + 1
        out.append(f"{name} ({used[name]})" if seen[name] > 1 else name)
    return out


def pair_matrix(pairs: pd.DataFrame, value: str, lang: Lang) -> Any:
    """Return a heat map of what lies in both of two footprints.

    Parameters
    ----------
    pairs
        ``Overlap.pairs``.
    value
        ``area_km2``, ``count`` or ``sum``.
    lang
        Language of the names.

    Notes
    -----
    The diagonal, each footprint with itself, is written but left out of the colours: it would
    drown what the chart is for.
    """
    ends = ("low", "", "high")
    plain = pd.DataFrame({"a": pairs[f"a_{lang}"].astype(str), "b": pairs[f"b_{lang}"].astype(str)})
    names = list(dict.fromkeys(plain["a"]))
    for end in ends:
        plain[end or "value"] = pairs[f"{value}_{end}" if end else value].astype(float)
    plain["own"] = (pairs["a"] == pairs["b"]).to_numpy()
    plain["share"] = pairs["share_of_a"].astype(float)
    top = float(plain.loc[~plain["own"], "value"].max()) if (~plain["own"]).any() else 0.0
    tips = [
        alt.Tooltip("a:N", title=heading(f"a_{lang}", lang)),
        alt.Tooltip("b:N", title=heading(f"b_{lang}", lang)),
        *(
            alt.Tooltip(f"{n}:Q", format=_AMOUNT, title=say(f"coverpages.chart.{n}", lang))
            for n in ("value", "low", "high")
        ),
        alt.Tooltip("share:Q", format=_SHARE, title=say("coverpages.chart.share-of-a", lang)),
    ]
    few = len(names) <= 5
    axis = alt.Axis(labelLimit=130, labelAngle=0 if few else -40, labelOverlap=False)
    x = alt.X("b:N", sort=names, title=None, axis=axis)
    y = alt.Y("a:N", sort=names, title=None, axis=alt.Axis(labelLimit=170, labelOverlap=False))
    base = alt.Chart(plain)
    scale = alt.Scale(scheme="blues", domain=[0, top or 1.0])
    legend = alt.Legend(title=None, orient="top", gradientLength=160, format=",.3~s")
    cells = base.mark_rect(stroke=GREY, strokeWidth=0.3).encode(
        x=x, y=y, tooltip=tips,
        color=alt.condition("datum.own", alt.value("#D5DAE0"), alt.Color("value:Q", scale=scale, legend=legend, title=None)),
    )  # fmt: skip
    dark = f"!datum.own && datum.value > {0.55 * top:.12g}"
    text = base.mark_text(fontSize=11).encode(
        x=x, y=y, tooltip=tips,
        text=alt.Text("value:Q", format=_AMOUNT if few else ",.3~r"),
        color=alt.condition(dark, alt.value("#FFFFFF"), alt.value("#222222")),
    )  # fmt: skip
    return (cells + text).properties(height=alt.Step(46 if few else 30))


_PEOPLE = {"in_footprints": BLUE, "outside": "#9ECAE1", "unplaced": ORANGE}


def people_bars(balance: pd.DataFrame, lang: Lang) -> Any:
    """Return for each city a bar of its people: in some footprint, outside all, not placed.

    Parameters
    ----------
    balance
        ``Population.balance``.
    lang
        Language of the names.
    """
    rows = balance[(balance["id"] != "total") & (balance["counted"] > 0)].copy()
    rows["city"] = [str(r["city_adcode"]) or str(r["id"]) for r in rows.to_dict("records")]
    cities = balance[balance["level"] == "city"]
    names = dict(zip(cities["city_adcode"].astype(str), cities[f"name_{lang}"], strict=True))
    sums = rows.groupby("city", sort=False)[list(_PEOPLE)].sum()
    sums = sums.loc[sums.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    own = dict(zip(rows["city"], rows[f"name_{lang}"], strict=True))
    words = [str(names.get(code) or own[code]) for code in sums.index]
    long = pd.DataFrame(
        [
            {"name": name, "part": heading(part, lang), "people": float(sums[part].iloc[k]), "order": n}
            for k, name in enumerate(words)
            for n, part in enumerate(_PEOPLE)
        ]
    )  # fmt: skip
    parts = [heading(part, lang) for part in _PEOPLE]
    return (
        alt.Chart(long)
        .mark_bar()
        .encode(
            x=alt.X("people:Q", title=heading("counted", lang), axis=alt.Axis(format=",.3~s", tickCount=5)),
            y=alt.Y("name:N", sort=words, title=None),
            color=alt.Color("part:N", title=None, legend=alt.Legend(orient="top"), scale=alt.Scale(domain=parts, range=list(_PEOPLE.values()))),
            order="order:Q",
            tooltip=[
                alt.Tooltip("name:N", title=say("coverpages.chart.name", lang)), alt.Tooltip("part:N", title=heading("placement", lang)),
                alt.Tooltip("people:Q", format=",.0f", title=heading("counted", lang)),
            ],
        )
        .properties(height=alt.Step(24))
    )  # fmt: skip
