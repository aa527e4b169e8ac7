"""``corridor compare-layouts``, called as a person calls it."""

from __future__ import annotations

import json

import openpyxl
import pytest
from typer.testing import CliRunner

import geo
import geo.cli.compare_layouts
from geo.analysis.layouts_compare import compare_layouts
from geo.cli import app
from geo.datasets.published import published_corridors

RUNNER = CliRunner()


def call(*arguments):
    return RUNNER.invoke(app, ["compare-layouts", *map(str, arguments)])


def test_all_bundled_layouts_as_data(tmp_path):
    done = call("-f", "json", "--lang", "en")
    assert done.exit_code == 0, done.output
    tables = json.loads(done.stdout)
    found = compare_layouts()
    assert [r["corridor"] for r in tables["corridors"]] == found.corridors["corridor"].tolist()
    assert [r["length_km"] for r in tables["corridors"]] == found.corridors["length_km"].tolist()
    assert {r["layout"] for r in tables["layouts"]} == set(geo.layouts())
    assert len(tables["published"]) == len(published_corridors())
    # What is not known is null, never 0.
    assert any(r["cores"] is None for r in tables["corridors"])
    book = tmp_path / "layouts.xlsx"
    assert call("-o", book, "--lang", "zh").exit_code == 0
    assert {"corridors", "layouts", "published"} < set(openpyxl.load_workbook(book).sheetnames)


def test_a_folder_and_a_bundled_one_as_a_table(copy_of_wuhan):
    done = call("oxcam", copy_of_wuhan, "--lang", "zh")
    assert done.exit_code == 0, done.output
    assert "牛津—剑桥弧" in done.stdout.replace("\n", "")
    assert "没有量出的" in done.stderr
    assert "Douglas" in done.stderr
    again = call("wuhan", copy_of_wuhan)
    assert "more than one has the id 'wuhan'" in str(again.exception)


@pytest.mark.parametrize("arrange", ["north-up", "turned", "side-by-side"])
def test_the_axes_as_a_figure(tmp_path, arrange):
    path = tmp_path / "axes.svg"
    done = call("oxcam", "guangshen", "--figure", path, "--arrange", arrange, "-f", "csv", "--lang", "en")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert path.read_bytes().startswith(b"<?xml")
    assert done.stdout.splitlines()[0].startswith("layout,layout_zh")
    assert len(done.stdout.strip().splitlines()) == 3


def test_wider_rings_and_one_table():
    tables = [json.loads(call("hangzhou-chengxi", "-t", "layouts", "-f", "json", "--ring-km", r).stdout) for r in (1, 3)]  # fmt: skip
    assert tables[0][0]["footprints_km2"] < tables[1][0]["footprints_km2"]


def test_what_is_wrong_is_told(tmp_path):
    done = call("--figure", tmp_path / "axes.gif")
    assert done.exit_code == 2
    assert "use svg, png or pdf" in " ".join(done.output.split()).replace("│ ", "")
    assert "no bundled layout 'atlantis'" in str(call("atlantis").exception)
