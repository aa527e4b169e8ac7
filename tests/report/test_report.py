"""The report: one document in three files, whole, offline, and safe with what data say."""

from __future__ import annotations

import html
import re
from functools import cache
from html.parser import HTMLParser

import numpy as np
import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

import geo
from geo.analysis.cloud import cloud_of, frame_of
from geo.cli import app
from geo.datasets import demo
from geo.errors import CorridorError
from geo.report.card import card_of, hash_of, without_password
from geo.report.contents import Ask, report
from geo.report.document import Document, Section, Table
from geo.report.html import html_report
from geo.report.pdf import pdf_report

# One worker builds the two documents once.
pytestmark = pytest.mark.xdist_group("report")
NASTY = '<img src=x onerror="alert(1)">=1+1'


@pytest.fixture(scope="module")
def points(wuhan, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "firms.xlsx"
    demo.write_demo(wuhan, path, n=400)
    return path


@pytest.fixture(scope="module")
def documents(wuhan, points):
    """Return what gives the document in a language: made once, in whatever order tests ask."""

    @cache
    def made(lang):
        cloud = cloud_of(points, by="行业", weight="员工数", columns=["成立年份"], layout=wuhan)
        change = {"do": "widen", "feature": "robot-valley", "width_km": 20}
        scenario = geo.Scenario.of({"id": "narrow", "name_zh": "收窄", "name_en": "Narrow", "base": "wuhan", "changes": [change]})  # fmt: skip
        ask = Ask(wuhan, lang, cloud, "行业", "员工数", "成立年份", True, scenario, draws=19)
        return report(ask, card=card_of(wuhan, command="corridor report"))

    return made


@pytest.fixture(params=["zh", pytest.param("en", marks=pytest.mark.long)])
def document(request, documents):
    return documents(request.param)


class Reader(HTMLParser):
    """What a browser would load, and what a person reads."""

    def __init__(self):
        super().__init__()
        self.loads, self.words, self.frames, self.tags = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        found = dict(attrs)
        self.frames += [found["srcdoc"]] if "srcdoc" in found else []
        self.loads += [found[a] for a in ("src", "href", "data") if a in found]
        assert not [a for a in found if a.startswith("on")], found

    def handle_data(self, data):
        self.words.append(data)


def test_every_section_is_there_and_has_content(document):
    names = [s.name for s in document.sections]
    assert len(set(names)) == len(names)
    assert {"layout", "audit", "areas", "overlaps", "population", "coverage", "method", "scenario"} <= set(names)  # fmt: skip
    failed = "没有做成" if document.lang == "zh" else "could not be made"
    for section in document.sections:
        assert section.words, section.name
        assert not any(failed in w for w in section.words), section.words
        assert (section.tables or section.figures) or section.name == "method"
    tables = [t.name for t in document.tables]
    assert len(set(tables)) == len(tables)


def test_one_file_that_asks_nothing_of_a_network(document):
    page = html_report(document)
    reader = Reader()
    reader.feed(page)
    assert all(link.startswith(("#", "data:image/svg+xml")) for link in reader.loads)
    assert len(reader.frames) == 1
    assert "leaflet-container" in reader.frames[0]
    assert not re.findall(r"<(?:script|link)[^>]+(?:src|href)=[\"']?https?:", reader.frames[0])
    assert "script" not in reader.tags
    text = " ".join(reader.words)
    assert document.title in text
    assert all(section.title in text for section in document.sections)
    for image in re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", page):
        assert len(image) > 2000


def test_its_numbers_are_those_of_the_analyses(document, wuhan, points):
    coverage = next(t for t in document.tables if t.name == "coverage").frame
    cloud = cloud_of(points, by="行业", weight="员工数", layout=wuhan)
    expected = geo.coverage(frame_of(cloud), wuhan, by="by", weight="weight", datum="wgs84").table
    order = ["footprint", "by"]
    pd.testing.assert_frame_equal(
        *(f.sort_values(order, ignore_index=True) for f in (coverage, expected))
    )
    reader = Reader()
    reader.feed(html_report(document))
    total = f"{len(cloud):,}"
    assert total in " ".join(reader.words)


def test_a_workbook_and_a_pdf_of_the_same(document):
    content = pdf_report(document)
    assert content.startswith(b"%PDF-")
    assert len(content) > 100_000
    assert content == pdf_report(document)


def test_what_data_say_is_never_run():
    frame = pd.DataFrame({"name_zh": [NASTY], "name_en": ["#let x = 1; $x^2$ \\ *b* @a <l>"], "count": [np.nan]})  # fmt: skip
    document = Document(
        "en", NASTY, [NASTY], [Section("one", NASTY, [NASTY, "#panic()"], [Table("t", NASTY, frame)])], [NASTY],
        {NASTY: NASTY}, {NASTY: [NASTY]},
    )  # fmt: skip
    page = html_report(document)
    reader = Reader()
    reader.feed(page)
    assert "img" not in reader.tags
    assert html.unescape(" ".join(reader.words)).count(NASTY) >= 7
    assert pdf_report(document).startswith(b"%PDF-")


def test_long_tables_say_what_they_leave_out():
    frame = pd.DataFrame({"count": range(100)})
    document = Document(
        "en", "x", [], [Section("s", "S", [], [Table("t", "T", frame, most=7)])], []
    )
    page = html_report(document)
    assert "93 more rows of this table" in page
    assert page.count("<tr>") == 8


def test_a_section_that_fails_does_not_cost_the_others(wuhan, monkeypatch):
    def fail(*_, **__):
        raise CorridorError("no units today")

    monkeypatch.setattr(geo, "audit", fail)
    document = report(Ask(wuhan, "en"))
    audit = next(s for s in document.sections if s.name == "audit")
    assert audit.words == ["This section could not be made: no units today"]
    assert len(document.sections) > 5


def test_the_card_names_what_went_in(wuhan, points, tmp_path):
    card = card_of(wuhan, inputs={"points": points}, parameters={"seed": 7, "by": None}, command="corridor report x")  # fmt: skip
    assert card["parameters"] == {"seed": 7}
    assert card["points, SHA-256"] == hash_of(points)
    assert len(card["layout, SHA-256"]) == 64
    assert {"python", "shapely", "geopandas"} <= set(card["versions"])
    address = "corridor report 'postgresql+psycopg://me:s3cr:et@host:5432/db#firms' -o r.html"
    assert without_password(address) == address.replace("s3cr:et", "***")
    assert (
        without_password("corridor report a@b.csv --by x:y@z")
        == "corridor report a@b.csv --by x:y@z"
    )
    folder = tmp_path / "f"
    folder.mkdir()
    (folder / "a").write_text("1")
    one = hash_of(folder)
    (folder / "a").rename(folder / "b")
    assert hash_of(folder) != one


@pytest.mark.long
def test_the_command(points, tmp_path):
    page, book = tmp_path / "r.html", tmp_path / "r.xlsx"
    folder = tmp_path / "figures"
    own = [
        str(points),
        "--by",
        "行业",
        "--draws",
        "19",
        "--office",
        "规划院",
        "--figures",
        str(folder),
    ]
    for options in ([*own, "-o", str(page)], ["-o", str(book)]):
        done = CliRunner().invoke(app, ["report", *options, "--lang", "zh"])
        assert done.exit_code == 0, done.output
    assert "规划院" in page.read_text("utf-8")
    heads = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}
    files = sorted(folder.iterdir())
    assert len(files) >= 3 * 10
    assert {"map.pdf", "overlaps.png", "frontier.svg", "strip-optics-valley-corridor.png"} <= {
        f.name for f in files
    }
    assert all(f.read_bytes().startswith(heads[f.suffix]) for f in files)
    sheets = openpyxl.load_workbook(book)
    assert {"features", "audit", "areas", "population"} <= set(sheets.sheetnames)
    notes = " ".join(str(c.value) for row in sheets[sheets.sheetnames[-1]].iter_rows() for c in row)
    assert "SHA-256" in notes
    wrong = CliRunner().invoke(app, ["report", "-o", "r.docx"])
    assert wrong.exit_code == 2
    assert "use html, pdf or xlsx" in wrong.output
