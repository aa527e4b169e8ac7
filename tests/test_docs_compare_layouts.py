"""The table in docs/compare-layouts.md is what the code measures."""

from __future__ import annotations

import os
import re

import pytest

from geo.analysis.layouts_compare import compare_layouts
from geo.datasets import home
from geo.words.figures import figure

PAGE = home() / "docs" / "compare-layouts.md"
MEASURED = re.compile(r"(?<=<!-- measured -->\n).*?(?=<!-- /measured -->)", re.DOTALL)
COLUMNS = {
    "length_km": "length, km", "width_km": "width, km", "area_km2": "area, km²", "elongation": "elongation",
    "sinuosity": "sinuosity", "azimuth_deg": "azimuth, °", "gap_km": "longest gap, km",
}  # fmt: skip


def cell(row, name):
    low, central, high = (figure(row[f"{name}{end}"], 4) for end in ("_low", "", "_high"))
    return central if low == central == high else f"{central} ({low}–{high})"


def table():
    head = ["corridor", "status, ± m", *COLUMNS.values(), "cores", "nodes", "with a position"]
    lines = [head, ["---"] * len(head)]
    for row in compare_layouts().corridors.to_dict("records"):
        counts = [figure(row[c]) for c in ("cores", "nodes", "nodes_located")]
        lines.append([row["corridor_en"], f"{row['status']}, {figure(row['err_m'])}", *(cell(row, c) for c in COLUMNS), *counts])  # fmt: skip
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def test_the_table_is_what_is_measured():
    if not PAGE.exists():
        pytest.skip("the documents are not part of the wheel")
    text = PAGE.read_text("utf-8")
    if os.environ.get("CORRIDOR_WRITE_DOCS"):
        PAGE.write_text(MEASURED.sub(lambda _: table(), text), "utf-8")
        text = PAGE.read_text("utf-8")
    assert MEASURED.search(text)[0] == table()
