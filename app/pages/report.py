"""成果: a report of the layout, the person's points and the scenario, as HTML, PDF or workbook."""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import streamlit as st

from app import data, frame, inputs, memo, mine, state, take
from geo.analysis.cloud import Cloud, cloud_of
from geo.maps.sheet import Imprint
from geo.report.card import card_of
from geo.report.contents import OPTIONAL, Ask, report, section_names
from geo.report.document import Document
from geo.report.html import html_report
from geo.report.pdf import pdf_report
from geo.report.tables import to_xlsx
from geo.words import LANGUAGES, as_lang, say

__all__ = ["PARAMETERS", "show"]

SEED = 20_260_224
MOST_SHOWN = 16_000_000
"""A preview above so many signs would hold up the browser."""
_SLOT = "report"
_NO_YEAR = "-"
_LEFT_TO_METHOD = "method"


def _languages() -> list[str]:
    own = state.lang()
    return [own, *(code for code in LANGUAGES if code != own)]


def _sections() -> list[str]:
    return [name for name in section_names() if name != _LEFT_TO_METHOD]


def _years() -> list[str]:
    """Return the columns of the points that hold whole numbers such as years."""
    found = mine.current()
    if found is None:
        return [_NO_YEAR]
    table = found.points.frame

    def own() -> list[str]:
        return [str(c) for c in table.columns if pd.api.types.is_numeric_dtype(table[c]) and _all_years(table[c])]  # fmt: skip

    return [_NO_YEAR, *memo.kept(("years", found.key), own)]


def _all_years(column: pd.Series) -> bool:
    values = column.dropna()
    return bool(len(values)) and bool(values.between(1800, 2200).all()) and bool((values % 1 == 0).all())  # fmt: skip


LANGUAGE = state.Choice("out", _languages)
SECTIONS = state.Many("sections", _sections, tuple(n for n in _sections() if n not in OPTIONAL))
POINTS = state.Switch("points", default=True)
SCENARIO = state.Switch("scenario", default=True)
YEAR = state.Choice("year", _years)
FOUNDED = state.Switch("founded")
DRAWS = state.Choice("draws", ("99", "199", "499", "999"), "199")
PARAMETERS = (LANGUAGE, SECTIONS, POINTS, SCENARIO, YEAR, FOUNDED, DRAWS)


@dataclass(frozen=True, eq=False)
class Made:
    """A report that was made.

    Attributes
    ----------
    subject
        The data and the scenario that it was made of.
    settings
        All else that was set.
    document
        The report.
    page
        It as HTML.
    preview
        The same without the interactive map, which would need a script.
    wanted
        Names of the sections that were chosen.
    """

    subject: tuple[str, str]
    settings: tuple[Any, ...]
    document: Document
    page: str
    preview: str
    wanted: tuple[str, ...]


def show() -> None:
    """Draw the page."""
    lang = state.lang()
    frame.intro("take.report.intro")
    found, changed = mine.current(), take.what_went_in().scenario
    with frame.controls():
        language = inputs.choice(LANGUAGE, say("take.report.language", lang), lambda c: say(f"take.report.{c}", lang), form="segmented")  # fmt: skip
        with_points = found is not None and inputs.switch(POINTS, say("take.report.points", lang))
        with_scenario = changed is not None and inputs.switch(SCENARIO, say("take.report.scenario", lang), say("take.report.scenario-help", lang))  # fmt: skip
        year, founded, draws = _about_points() if with_points else (None, False, int(DRAWS.first()))
    names = inputs.many(SECTIONS, say("take.report.sections", lang), lambda n: say(f"document.section.{n}", lang, name=""))  # fmt: skip
    fields = take.imprint_of("report", "take.report.title")
    if found is None:
        frame.note(say("take.report.points-none", lang))
    subject = (found.key if found is not None else "", data.key())
    settings = (language, tuple(names), with_points, with_scenario, year, founded, draws, state.ring_km(), *fields.values())  # fmt: skip
    made: Made | None = st.session_state.get(_SLOT)
    if made is not None and made.subject != subject:
        # A report of points that were forgotten is forgotten as well.
        st.session_state.pop(_SLOT)
        made = None
    if st.button(say("take.report.make", lang), type="primary", disabled=not names, icon=":material/description:", key="make-report"):  # fmt: skip
        cloud = _cloud(found, year) if found is not None and with_points else None
        ask = Ask(
            data.layout(), as_lang(language), cloud, found.by if cloud and found else None, found.weight if cloud and found else None, year, founded,
            changed if with_scenario else None, state.ring_km(), SEED, draws, Imprint(**fields),
        )  # fmt: skip
        made = _make(ask, names, found if with_points else None, subject, settings)
        st.session_state[_SLOT] = made
    if not names:
        frame.note(say("take.report.none", lang))
    if made is None:
        st.caption(say("take.report.slow", lang))
        return
    if made.settings != settings:
        st.warning(say("take.report.changed", lang))
    _downloads(made)
    _not_made(made)
    _preview(made)


def _about_points() -> tuple[str | None, bool, int]:
    lang = state.lang()
    year = inputs.choice(YEAR, say("take.report.year", lang), lambda c: say("take.report.year-none", lang) if c == _NO_YEAR else c)  # fmt: skip
    founded = year != _NO_YEAR and inputs.switch(FOUNDED, say("take.report.founded", lang), say("take.report.founded-help", lang))  # fmt: skip
    draws = inputs.choice(DRAWS, say("take.report.draws", lang), str, form="segmented", help=say("take.report.draws-help", lang))  # fmt: skip
    return (None if year == _NO_YEAR else year), founded, int(draws)


def _cloud(found: mine.Mine, year: str | None) -> Cloud:
    cloud = cloud_of(
        found.points, by=found.by, weight=found.weight, columns=[year] if year else [], layout=data.layout()
    )  # fmt: skip
    name = say("take.notes.invented", state.lang()) if found.digest == mine.DEMO else found.name
    return replace(cloud, name=name, synthetic=found.synthetic, rejected=len(found.points.rejects))


def _make(ask: Ask, names: list[str], found: mine.Mine | None, subject: tuple[str, str], settings: tuple[Any, ...]) -> Made:  # fmt: skip
    points = {}
    if found is not None:
        points = {"points": found.name, "datum": found.points.datum, "err_m": found.err_m or None}
    parameters = points | {
        "by": ask.by, "weight": ask.weight, "year": ask.year, "founded": ask.founded, "ring_km": ask.ring_km,
        "seed": ask.seed, "draws": ask.draws, "sections": ", ".join(names),
        "scenario": ask.scenario.id if ask.scenario is not None else None,
    }  # fmt: skip
    card = card_of(ask.layout, parameters=parameters)
    if found is not None and found.digest != mine.DEMO:
        card["points, SHA-256"] = found.digest
    with frame.working(say("take.report.making", state.lang())) as progress:
        document = report(ask, card=card, progress=progress, sections=names)
        page, preview = html_report(document), html_report(replace(document, map_html=""))
    return Made(subject, settings, document, page, preview, tuple(names))


def _downloads(made: Made) -> None:
    lang, document = state.lang(), made.document
    st.markdown(
        say("take.report.made", lang, sections=len(document.sections), tables=len(document.tables), figures=len(document.figures))
    )  # fmt: skip

    def workbook() -> bytes:
        notes = [*document.notices, *document.subtitle, *(f"{k}: {v}" for k, v in document.card.items())]  # fmt: skip
        return to_xlsx({t.name: t.frame for t in document.tables}, document.lang, notes=notes)

    row = st.container(horizontal=True)
    take.offer(row, "HTML", "report", "html", made.page.encode)
    take.offer(row, "PDF", "report", "pdf", lambda: pdf_report(document))
    take.offer(row, "XLSX", "report", "xlsx", workbook)


def _not_made(made: Made) -> None:
    """Say of each section that holds nothing why it does not."""
    lang, document = state.lang(), made.document
    lines = [
        (s.title, " ".join(s.words)) for s in document.sections
        if not s.tables and not s.figures and s.name != _LEFT_TO_METHOD
    ]  # fmt: skip
    there = {s.name for s in document.sections}
    for name in made.wanted:
        if name not in there:
            lines.append((say(f"document.section.{name}", lang), say("take.report.no-scenario", lang)))  # fmt: skip
    if lines:
        st.markdown(say("take.report.not-made", lang))
        for title, why in lines:
            st.caption(f"**{frame.plain(title)}** — {frame.plain(why)}")


def _preview(made: Made) -> None:
    """Show the report in a frame of its own in which nothing runs and nothing of the app is reached."""
    lang = state.lang()
    if len(made.preview) > MOST_SHOWN:
        frame.note(say("take.report.too-large", lang, mb=len(made.preview) / 1e6))
        return
    st.caption(say("take.report.preview", lang))
    # The inner frame has no permission at all; the outer one is Streamlit's and holds nothing else.
    inner = (
        f'<iframe sandbox="" title="{html.escape(say("take.report.preview-of", lang))}" srcdoc="{html.escape(made.preview)}" '
        'style="border:0;width:100%;height:96vh;background:#fff"></iframe>'
    )
    st.iframe(f"<!doctype html><html><body style='margin:0'>{inner}</body></html>", height=720, alt=say("take.report.preview-of", lang))  # fmt: skip
