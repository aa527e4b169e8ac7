"""``corridor compare``, called as a person calls it."""

from __future__ import annotations

import json

import openpyxl
import pytest
from typer.testing import CliRunner

import geo
from geo.cli import app
from geo.datasets import demo

RUNNER = CliRunner()
CHANGES = [
    {"do": "move", "feature": "optics-valley-corridor", "by_km": 4, "azimuth_deg": 180},
    {"do": "widen", "feature": "robot-valley", "width_km": 20},
]


def call(*arguments):
    return RUNNER.invoke(app, [str(a) for a in arguments])


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "south.json"
    data = {
        "id": "south",
        "name_zh": "南移",
        "name_en": "South",
        "base": "wuhan",
        "changes": CHANGES,
    }
    path.write_text(json.dumps(data), "utf-8")
    return path


@pytest.mark.long
def test_compare_with_points(scenario, tmp_path, wuhan):
    demo.write_demo(wuhan, tmp_path / "firms.xlsx")
    done = call(
        "compare", scenario, tmp_path / "firms.xlsx", "--by", "行业", "-f", "json", "--lang", "zh"
    )
    assert done.exit_code == 0, done.output
    assert "南移:" in done.stderr
    assert "方案减基准" in done.stderr
    rows = json.loads(done.stdout)
    expected = geo.compare(
        wuhan, geo.read_scenario(scenario), tmp_path / "firms.xlsx", by="行业"
    ).table
    assert [r["diff"] for r in rows] == [None if d != d else d for d in expected["diff"]]
    book = tmp_path / "compare.xlsx"
    assert call("compare", scenario, "-o", book).exit_code == 0
    sheet = openpyxl.load_workbook(book)["compare"]
    assert sheet.max_row > 60
    shown = call("compare", scenario, "--lang", "zh")
    assert "减" in shown.stdout
    assert "不变" not in shown.stdout


def test_what_is_wrong_is_told(scenario, tmp_path):
    scenario.write_text('{"id": "x"}', "utf-8")
    done = call("compare", scenario)
    assert "name_zh: Field required" in str(done.exception)
    done = call("compare", tmp_path / "none.json")
    assert "no such scenario" in str(done.exception)
