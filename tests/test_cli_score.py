"""``corridor score`` and ``corridor indicators``, called as a person calls them."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest
from typer.testing import CliRunner

import geo
from geo.cli import app
from geo.datasets import demo

RUNNER = CliRunner()


def call(*arguments):
    return RUNNER.invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def firms(wuhan, tmp_path_factory):
    path = tmp_path_factory.mktemp("score") / "firms.xlsx"
    demo.write_demo(wuhan, path, n=600)
    return path


def test_score(firms):
    done = call("score", firms, "--corridor", "riverside-corridor", "--draws", "19", "-f", "json", "--lang", "zh")  # fmt: skip
    assert done.exit_code == 0, done.output
    tables = json.loads(done.stdout)
    assert [m["dimension"] for m in tables["marks"]] == ["concentration", "connectivity", "competitiveness", "collaboration"]  # fmt: skip
    assert len(tables["items"]) == 9
    assert "武汉滨江数创大走廊" in done.stderr
    every = call("score", "-f", "json")
    assert len(json.loads(every.stdout)["marks"]) == 12
    shown = call("score", "--corridor", "riverside-corridor", "--lang", "zh")
    assert "集聚" in shown.stdout
    assert "没有数据" in shown.stdout


def test_indicators_of_the_layout_and_of_a_file(tmp_path, wuhan):
    own = json.loads(call("indicators", "-f", "json").stdout)
    assert len(own) == len(geo.indicators_of(wuhan))
    table = tmp_path / "i.csv"
    table.write_text("indicator,base_year,base,now_year,now,target_year,target\n高新技术企业,2020,6000,2025,17000,2030,20000\n", "utf-8")  # fmt: skip
    (row,) = json.loads(call("indicators", table, "-f", "json").stdout)
    assert row["progress"] == pytest.approx(11 / 14)
    assert row["pace"] == "ahead"
    assert "2025" in call("indicators", table, "--lang", "zh").stdout


def test_composites_panels_and_weights(firms, tmp_path):
    table = tmp_path / "a.csv"
    table.write_text("name,jobs,rent\na,3,5\nb,9,7\nc,1,2\n", "utf-8")
    ranked = json.loads(call("indicators", table, "-t", "composite", "--rank-by", "jobs,rent:less", "--id", "name", "-f", "json").stdout)  # fmt: skip
    assert {r["id"] for r in ranked["composite"]} == {"a", "b", "c"}
    assert sum(w["weight"] for w in ranked["weights"]) == pytest.approx(1)
    made = call("indicators", firms, "-t", "panel", "--period", "成立年份", "-f", "csv")
    panel = pd.read_csv(io.StringIO(made.stdout))
    assert panel["count"].sum() == 600
    assert panel["period"].between(1990, 2030).all()
    out = tmp_path / "w.gal"
    assert call("indicators", "-t", "weights", "-o", out).exit_code == 0
    assert out.read_text().startswith("0 ")
    near = json.loads(call("indicators", "-t", "weights", "--neighbours", "nearest:2", "-f", "json").stdout)  # fmt: skip
    assert all(r["weight"] == 0.5 for r in near)
    for options, message in [
        (["-t", "panel"], "needs a file"),
        ([str(table), "-t", "composite"], "name the columns"),
        (["-t", "weights", "--neighbours", "distance:far"], "nearest:4 or distance:30"),
    ]:
        wrong = call("indicators", *options)
        assert wrong.exit_code == 2
        assert message in " ".join(wrong.output.replace("│", " ").split())
