"""``corridor match``, called as a person calls it."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest
from typer.testing import CliRunner

import geo.cli.match  # noqa: F401  (registers the command)
from geo.analysis.matching import bundled_needs, match, supply_of
from geo.cli import app
from geo.datasets import home

RUNNER = CliRunner()


def call(*arguments):
    return RUNNER.invoke(app, ["match", *map(str, arguments)])


def complaint(done):
    """What a person reads; an error of ours is printed by the outermost function."""
    assert done.exit_code
    return " ".join(f"{done.output} {done.exception}".replace("│", " ").split())


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("needs") / "needs.xlsx"
    rows = [
        ("甲公司", "激光焊接", "洪山区"),
        ("乙公司", "随便", "火星"),
        ("=丙()", "桥梁监测", "蔡甸区"),
    ]
    pd.DataFrame(rows, columns=["企业名称", "技术需求", "所在区"]).to_excel(path, index=False)
    return path


def test_the_example_gives_what_the_library_gives(wuhan):
    done = call("--example", "--lang", "en", "-f", "json", "--most", "3", "--weights", "field=1,distance=1")  # fmt: skip
    assert done.exit_code == 0, done.output
    tables = json.loads(done.stdout)
    own = match(bundled_needs(wuhan), supply_of(wuhan), most=3, weights={"field": 1, "distance": 1})
    assert [r["supplier"] for r in tables["matches"]] == own.table["supplier"].tolist()
    assert [r["score"] for r in tables["matches"]] == own.table["score"].tolist()
    assert tables["matches"][0]["supplier"] == "univ-hzau"
    assert set(tables) == {"matches", "unassigned", "needs", "services", "supply", "evidence"}
    assert "1 needs (1 with a position)" in done.stderr
    assert "Estimate" in done.stderr
    assert "建筑材料" in done.stderr


def test_without_a_table_the_bundled_needs_are_matched_in_words():
    done = call("--lang", "zh")
    assert done.exit_code == 0, done.output
    assert "华中农业大学" in done.stdout
    assert "有机废弃物" in done.stdout
    assert "江夏区首席服务机构" in done.stdout


def test_a_table_of_ones_own(file, tmp_path):
    out = tmp_path / "found.xlsx"
    done = call(file, "--lang", "zh", "-o", out, "--assign")
    assert done.exit_code == 0, done.output
    sheets = pd.read_excel(out, sheet_name=None)
    assert {"matches", "unassigned", "needs", "problems", "supply"} <= set(sheets)
    assert len(sheets["needs"]) == 3
    assert "无" not in sheets["unassigned"]["理由"].iloc[0][:1]
    assert sheets["unassigned"]["需求"].tolist() == ["乙公司"]
    assert len(sheets["problems"]) == 2
    assert "1 项需求没有对上" in done.stderr


def test_lines_and_a_single_table(tmp_path):
    layer, table = tmp_path / "lines.geojson", tmp_path / "m.csv"
    assert call("--lang", "en", "-o", layer, "--most", "4").exit_code == 0
    found = gpd.read_file(layer)
    assert len(found) == 4
    assert set(found.geom_type) == {"LineString"}
    assert call("--lang", "en", "-o", table).exit_code == 0
    assert pd.read_csv(table)["supplier"].iat[0] == "univ-hzau"


def test_own_suppliers_and_fields(tmp_path, file):
    supply = tmp_path / "supply.csv"
    supply.write_text("名称,领域,所在区,容量\n某焊接所,激光,洪山区,1\n", encoding="utf-8")
    done = call(file, "--lang", "en", "-f", "json", "--supply", supply, "--only-supply")
    assert {r["supplier_zh"] for r in json.loads(done.stdout)["matches"]} == {"某焊接所"}
    done = call(file, "--lang", "en", "-f", "json", "--supply", supply)
    assert len(json.loads(done.stdout)["supply"]) > 50
    own = tmp_path / "own.toml"
    own.write_text((home() / "data/taxonomy/fields.toml").read_text("utf-8").replace('"桥梁",', ""), "utf-8")  # fmt: skip
    assert call(file, "--lang", "en", "--taxonomy", own).exit_code == 0
    own.write_text("[[field]]\nid='a'\n", "utf-8")
    assert "own.toml" in complaint(call(file, "--taxonomy", own))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--weights", "field"], "field=0.6"),
        (["--weights", "price=1"], "no weight"),
        (["--only-supply"], "--supply"),
        (["--reach", "-1"], "above 0"),
        (["nowhere.xlsx"], "no such file"),
        (["nowhere.xlsx", "--example"], "not both"),
        (["-o", "x.doc"], "unknown ending"),
    ],
)
def test_bad_calls_say_how_to_mend_them(arguments, told):
    assert told in complaint(call(*arguments))
