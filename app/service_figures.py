"""数字: the published figures of services with what their qualifiers allow, and the rates derived from them."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from app import data, frame, inputs, memo, state, take
from geo.analysis.service_figures import ServiceFigures, service_figures
from geo.maps.figures import figure_file
from geo.maps.service_charts import range_text, rate_chart, rate_figure
from geo.words import catalogue, name_of, say
from geo.words.figures import figure, large

__all__ = ["PARAMETERS", "show"]


def _found() -> ServiceFigures:
    return memo.kept(("service figures", data.key()), lambda: service_figures(data.shown()))


def _rates() -> list[str]:
    found = _found().rates
    # Those with more than one reading first.
    twice = found["id"].value_counts()
    bounded = found[found["id"].map(twice) > 1]
    differ = [i for i in dict.fromkeys(bounded["id"]) if found.loc[found["id"] == i, "rate_low"].nunique() > 1]  # fmt: skip
    return list(dict.fromkeys([*differ, *found["id"]]))


def _subjects() -> list[str]:
    return ["", *dict.fromkeys(_found().figures["subject"])]


RATE = state.Choice("f_rate", _rates)
SUBJECT = state.Choice("f_of", _subjects, "")
PARAMETERS = (RATE, SUBJECT)


def _says(key: str, **values: Any) -> str:
    return say(f"service_figures.page.{key}", state.lang(), **values)


def show() -> None:
    """Draw the view."""
    lang, found = state.lang(), _found()
    if not len(found.figures):
        frame.note(_says("none"))
        return
    twice = int((found.rates["id"].value_counts() > 1).sum())
    st.markdown(
        _says("both", n=len(found.figures), rates=found.rates["id"].nunique(), readings=twice)
    )
    if len(found.rates):
        _chosen(found)
    _published(found)
    if len(found.rates):
        _derived(found)
    with st.expander(_says("whole")):
        frame.table(_shown(found.figures.drop(columns=["subject", "ref"])))
        if len(found.rates):
            frame.table(_shown(found.rates.drop(columns=["derived"])))
    st.caption(frame.plain(found.provenance.says(lang)))
    lines = ["found = geo.service_figures(layout)"]
    tables = {n: t for n, t in found.tables.items() if len(t)}
    lines += [f"{n} = found.{n}" for n, t in found.tables.items() if len(t)]
    own = _of(found, str(inputs.value_of(RATE)))
    drawn = partial(_figure, own, lang) if len(own) else None
    take.along("figures", tables, calls=lines, figure=drawn, methods=[found.provenance])


def _figure(own: pd.DataFrame, lang: Any, form: str) -> bytes:
    return figure_file(rate_figure(own, lang), form)


def _of(found: ServiceFigures, name: str) -> pd.DataFrame:
    return pd.DataFrame(found.rates[found.rates["id"] == name])


def _line(row: dict[Any, Any]) -> str:
    """Return a rate in words: what is allowed, in its unit, and what the printed numbers give."""
    lang = state.lang()
    shares = {"range": range_text(row["rate_low"], row["rate_high"], lang), "unit": name_of(row, lang, "rate_unit")}  # fmt: skip
    text = _says("rate", label=_says("reading", date=row["as_of"]), **shares)
    return text if row["rate"] != row["rate"] else text + _says("stated", value=figure(row["rate"]))


def _chosen(found: ServiceFigures) -> None:
    """Show one rate, its readings side by side."""
    lang = state.lang()
    names = {r["id"]: name_of(r, lang, "label") for r in found.rates.to_dict("records")}
    chosen = inputs.choice(RATE, _says("show"), lambda i: names[i])
    own = _of(found, chosen)
    columns = st.columns(len(own))
    for place, row in zip(columns, own.to_dict("records"), strict=True):
        unit = name_of(row, lang, "rate_unit")
        value = range_text(row["rate_low"], row["rate_high"], lang)
        place.metric(_says("reading", date=row["as_of"]), f"{value} {unit}")
        if row["periods_low"] == row["periods_low"]:
            place.caption(_says("months", low=figure(row["periods_low"], 3), high=figure(row["periods_high"], 3)))  # fmt: skip
    told = "; ".join(_line(r) for r in own.to_dict("records"))
    st.altair_chart(rate_chart(own, lang), theme="streamlit", alt=_says("alt", label=names[chosen], text=told))  # fmt: skip
    row = own.iloc[0].to_dict()
    lines = [_says("formula", text=name_of(row, lang, "formula"))]
    if name_of(row, lang, "assumes"):
        lines.append(_says("assumes", text=name_of(row, lang, "assumes")))
    st.caption("  \n".join(frame.plain(line) for line in [*lines, _says("rates-note")]))
    for group, members in found.figures[found.figures["reading_of"] != ""].groupby("reading_of", sort=False):  # fmt: skip
        label = name_of(members.iloc[0].to_dict(), lang, "label")
        dates = " / ".join(sorted(members["as_of"]))
        if group:
            st.markdown(
                f"- {frame.plain(_says('readings-note', label=label, n=len(members), dates=dates))}"
            )


def _unit(code: str) -> str:
    entry = catalogue().get(f"service_figures.unit.{code}")
    return entry[state.lang()] if entry else code


def _published(found: ServiceFigures) -> None:
    """Show the published figures in words, by whom they are about."""
    lang = state.lang()
    st.markdown(f"**{_says('figures')}**")
    names = {r["subject"]: name_of(r, lang, "subject") for r in found.figures.to_dict("records")}
    chosen = inputs.choice(SUBJECT, _says("subject"), lambda s: names.get(s, _says("all")))
    own = found.figures if not chosen else found.figures[found.figures["subject"] == chosen]
    for subject, group in own.groupby("subject", sort=False):
        st.markdown(f"**{frame.plain(names[str(subject)])}**")
        rows = []
        for row in group.to_dict("records"):
            rows.append(
                {
                    f"label_{lang}": name_of(row, lang, "label"), "stated": _said(row),
                    "allowed": range_text(row["value_low"], row["value_high"], lang, 6), "as_of": row["as_of"],
                    "source": row["source"],
                }
            )  # fmt: skip
        frame.table(pd.DataFrame(rows).rename(columns={"allowed": _says("allowed"), "stated": _says("printed")}))  # fmt: skip


def _said(row: dict[Any, Any]) -> str:
    """Return a figure as it was printed, with its qualifier."""
    lang, unit = state.lang(), _unit(row["unit"])
    (value, scale), (high, high_scale) = (large(row[c], lang) for c in ("stated", "stated_high"))
    last = scale
    if row["qualifier"] == "range":
        value, last = f"{value} {scale}".strip() if scale != high_scale else value, high_scale
    between = " " if lang == "en" else ""
    words = {"value": value, "high": high, "unit": f"{last}{between if last else ''}{unit}"}
    return say(f"service_figures.says.{row['qualifier']}", lang, **words)


def _derived(found: ServiceFigures) -> None:
    """Show every derived rate in words, marked as derived."""
    lang = state.lang()
    st.markdown(f"**{_says('rates')}**")
    st.caption(_says("rates-note"))
    for _, group in found.rates.groupby("id", sort=False):
        rows = group.to_dict("records")
        st.markdown(f"- **{frame.plain(name_of(rows[0], lang, 'label'))}**  \n" + "  \n".join(frame.plain(_line(r)) for r in rows))  # fmt: skip
    if len(found.missing):
        with st.expander(_says("missing", n=len(found.missing))):
            frame.table(found.missing[["label_zh", "label_en", "as_of", "why_zh", "why_en"]])


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose missing ends are blank: infinity is no number that a cell shows."""
    return table.replace([float("inf"), float("-inf")], float("nan"))
