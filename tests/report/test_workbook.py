"""Workbooks and reports of one's own choice: sheets, what a sheet has no room for, chosen sections."""

from __future__ import annotations

import io

import openpyxl
import pandas as pd
import pytest

import geo.report.tables as tables
from geo.report.contents import Ask, report, section_names
from geo.report.tables import to_csv, to_xlsx
from geo.words import say


def book_of(content):
    return openpyxl.load_workbook(io.BytesIO(content))


def test_sheets_whose_names_would_clash_all_are_there():
    one = pd.DataFrame({"n": [1]})
    names = ["a" * 40, "a" * 31 + "b", "A" * 31, "sources", "来源"]
    for lang in ("zh", "en"):
        book = book_of(to_xlsx(dict.fromkeys(names, one), lang))
        assert len({n.lower() for n in book.sheetnames}) == len(names) + 1
        assert all(book.worksheets[k]["A2"].value == 1 for k in range(len(names)))


def test_rows_that_a_sheet_has_no_room_for_are_told(monkeypatch):
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    book = book_of(to_xlsx({"long": pd.DataFrame({"n": range(5)}), "short": pd.DataFrame({"n": range(3)})}, "en"))  # fmt: skip
    assert [c.value for c in book["long"]["A"]][1:] == [0, 1, 2]
    said = [c.value for c in book.worksheets[-1]["A"]]
    assert say("report.notice.rows-left-out", "en", name="long", kept=3, n=5) in said
    assert not any("short" in str(s) for s in said)


def test_a_heading_of_a_persons_own_column_is_no_formula():
    header = to_csv(pd.DataFrame({'=HYPERLINK("x")': [1]})).decode("utf-8-sig").splitlines()[0]
    assert header.strip('"').startswith("'=")


def test_a_report_of_chosen_sections_in_their_order_with_its_method(wuhan):
    told = []
    document = report(Ask(wuhan, "en"), sections=["indicators", "overlaps"], progress=lambda done, n: told.append(done / n))  # fmt: skip
    assert [s.name for s in document.sections] == ["overlaps", "indicators", "method"]
    assert told == sorted(told)
    assert told[0] == 0
    assert told[-1] == 1
    assert {"layout", "fit", "scenario"} < set(section_names())


def test_what_progress_raises_ends_the_report_within_a_section(wuhan):
    """A person who stops does not wait for the end of the longest section."""
    from geo.analysis.cloud import cloud_of
    from geo.datasets.demo import demo_points

    class Stop(BaseException):
        pass

    seen = []

    def tell(done, total):
        seen.append(done / total)
        if 0 < seen[-1] < 0.5:
            raise Stop

    ask = Ask(wuhan, "en", cloud_of(demo_points(wuhan, 300), layout=wuhan))
    with pytest.raises(Stop):
        report(ask, sections=["fit"], progress=tell)
    assert 0 < seen[-1] < 0.5
