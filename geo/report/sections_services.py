"""Sections of a report about services: policies by level, and published figures with derived rates."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from geo.analysis.policies import ENDED, state_on
from geo.analysis.policy_counts import policies_of
from geo.analysis.service_figures import service_figures
from geo.maps.service_charts import rate_figure
from geo.report.contents import Ask, Builder
from geo.report.document import Figure, Section, Table
from geo.words import LANGUAGES, name_of, say

__all__ = ["SERVICES_SECTIONS"]


def _policies(ask: Ask) -> Section:
    title = ask.say("section.policies")
    own = ask.layout.policies
    if not len(own):
        return Section("policies", title, [say("policies.note.no-table", ask.lang)])
    # The day that a report is about: that of the layout where it gives one, else today.
    stated = ask.layout.meta.as_of
    day = dt.date.fromisoformat(stated) if len(stated) == 10 else dt.datetime.now().astimezone().date()  # fmt: skip
    states = [state_on(row, day) for row in own.to_dict("records")]
    listed = own.rename(columns={"id": "policy"}).assign(state=states)
    for lang in LANGUAGES:
        listed[f"place_{lang}"] = [_place(ask, row, lang) for row in own.to_dict("records")]
    current = sum(s not in ENDED for s in states)
    words = [
        say("policies.report.words", ask.lang, n=len(own), current=current, on=day.isoformat())
    ]
    columns = (
        "level", "title_zh", "title_en", "place_zh", "place_en", "issuer_zh", "issuer_en", "number", "issued", "state",
        "amount_zh", "amount_en", "confidence", "source",
    )  # fmt: skip
    tables = [Table("policies", say("policies.report.table", ask.lang), listed, columns)]
    if ask.cloud is not None:
        counted = policies_of(ask.cloud, layout=ask.layout, units=ask.units, on=day)
        words += counted.says(ask.lang)
        shown = ("level", "title_zh", "title_en", "place_zh", "place_en", "state", "count_low", "count", "count_high", "share")  # fmt: skip
        tables.append(Table("policy-counts", say("policies.report.counts", ask.lang), counted.table, shown))  # fmt: skip
    return Section("policies", title, [*words, say("policies.method", ask.lang)], tables)


def _place(ask: Ask, row: dict[Any, Any], lang: str) -> str:
    place = str(row["place"])
    if place in ask.layout:
        return str(getattr(ask.layout[place], f"name_{lang}"))
    table = ask.layout.population
    named = table[table["adcode"] == place] if place and len(table) else table.iloc[:0]
    if len(named):
        return str(named[f"name_{lang}"].iat[0])
    return place if row["level"] != "province" else say(f"policies.province.{place[:2]}", "zh" if lang == "zh" else "en")  # fmt: skip


def _figures(ask: Ask) -> Section:
    title = ask.say("section.service-figures")
    found = service_figures(ask.layout)
    if not len(found.figures):
        return Section("service-figures", title, [say("service_figures.page.none", ask.lang)])
    twice = int((found.rates["id"].value_counts() > 1).sum())
    words = [say("service_figures.page.both", ask.lang, n=len(found.figures), rates=found.rates["id"].nunique(), readings=twice)]  # fmt: skip
    columns = (
        "subject_zh", "subject_en", "label_zh", "label_en", "stated", "unit", "qualifier", "value_low", "value_high",
        "as_of", "source",
    )  # fmt: skip
    tables = [Table("service-figures", say("service_figures.page.figures", ask.lang), found.figures, columns)]  # fmt: skip
    figures: list[Figure] = []
    if len(found.rates):
        shown = (
            "label_zh", "label_en", "as_of", "rate_low", "rate", "rate_high", "rate_unit_zh", "rate_unit_en", "formula_zh",
            "formula_en", "assumes_zh", "assumes_en",
        )  # fmt: skip
        words.append(say("service_figures.page.rates-note", ask.lang))
        tables.append(Table("service-rates", say("service_figures.page.rates", ask.lang), found.rates, shown))  # fmt: skip
        figures = [Figure(f"service-rate-{name}", _caption(ask, own), rate_figure(own, ask.lang)) for name, own in _read_twice(found.rates)]  # fmt: skip
    if len(found.missing):
        title_missing = say("service_figures.page.missing", ask.lang, n=len(found.missing))
        tables.append(Table("service-missing", title_missing, found.missing, ("label_zh", "label_en", "as_of", "why_zh", "why_en")))  # fmt: skip
    return Section("service-figures", title, [*words, say("service_figures.method", ask.lang)], tables, figures)  # fmt: skip


def _read_twice(rates: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the rates whose readings differ."""
    return [
        (str(name), own) for name, own in rates.groupby("id", sort=False) if own["rate_low"].nunique() > 1
    ]  # fmt: skip


def _caption(ask: Ask, own: pd.DataFrame) -> str:
    row = own.iloc[0].to_dict()
    return f"{name_of(row, ask.lang, 'label')} ({say('service_figures.page.rates', ask.lang)})"


SERVICES_SECTIONS: list[tuple[str, Builder]] = [
    ("policies", _policies), ("service-figures", _figures),
]  # fmt: skip
