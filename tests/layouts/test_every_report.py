"""The report of every layout: every section, every form, both languages."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest

import geo
from geo.analysis.cloud import cloud_of
from geo.datasets import DEFAULT
from geo.report.contents import Ask, report, section_names
from geo.report.html import html_report
from geo.report.tables import to_xlsx
from geo.words import LANGUAGES, catalogue


def asked(w, lang: str, *, points: bool = True) -> Ask:
    cloud = cloud_of(w.points, by="industry", weight="staff", columns=["founded"], layout=w.layout) if points else None  # fmt: skip
    scenario = geo.Scenario.of(
        {
            "id": "aside", "name_zh": "旁移", "name_en": "Aside", "base": w.name,
            "changes": [{"do": "move", "feature": w.axis.id, "by_km": 2, "azimuth_deg": 180}],
        }
    )  # fmt: skip
    return Ask(w.layout, lang, cloud, "industry", "staff", "founded", True, scenario, draws=19) if points else Ask(w.layout, lang)  # fmt: skip


def checked(w, invariants, document, lang: str) -> None:
    """Every section is there and says something in its language, of this layout alone."""
    assert getattr(w.layout.meta, f"name_{lang}") in document.title
    for section in document.sections:
        assert section.title
        assert not invariants.placeholder(section.title)
        assert section.words or section.tables or section.figures, section.name
        for text in section.words:
            assert text not in catalogue(), (section.name, text)
            assert not re.search(r"\{[a-z_]+\}|\bnan\b|\bNone\b", text), (section.name, text)
            if section.name not in ("others", "layouts", "compare-layouts"):
                assert not invariants.foreign_in(w, text), (section.name, text)
        for table in section.tables:
            assert not invariants.wrong_bands(table.frame), (section.name, table.name)
            if section.name not in ("others", "layouts", "compare-layouts"):
                assert not invariants.foreign_in(w, invariants.texts_of(table.frame)), table.name


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("layout", [pytest.param(n, marks=[pytest.mark.long] if n == DEFAULT else []) for n in sorted(geo.layouts())])  # fmt: skip
def test_the_report_of_a_layout_alone(worlds, invariants, layout, lang):
    w = worlds(layout)
    document = report(asked(w, lang, points=False))
    checked(w, invariants, document, lang)
    page = html_report(document)
    text = page.decode() if isinstance(page, bytes) else page
    assert not re.search(r'(?:src|href)="https?://[^"]+\.(?:js|css|png)"', text)
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx({t.name: t.frame for t in document.tables}, lang)))  # fmt: skip
    assert len(book.sheetnames) == len(document.tables) + 1


@pytest.mark.long
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("layout", sorted(geo.layouts()))
def test_every_section_with_points_and_a_scenario_in_every_form(worlds, invariants, tmp_path, layout, lang):  # fmt: skip
    from geo.report.pdf import pdf_report

    w = worlds(layout)
    document = report(asked(w, lang), sections=section_names())
    checked(w, invariants, document, lang)
    assert {s.name for s in document.sections} == set(section_names())
    assert html_report(document)
    assert pdf_report(document).startswith(b"%PDF")
