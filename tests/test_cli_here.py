"""``corridor find`` and ``corridor here``, called as a person calls them."""

from __future__ import annotations

import csv
import io
import json

import pandas as pd
import pytest
from typer.testing import CliRunner

import geo.cli.here  # noqa: F401
from geo.analysis.here import here
from geo.cli import app

RUNNER = CliRunner()


def call(*arguments):
    return RUNNER.invoke(app, [str(a) for a in arguments])


def complaint(done):
    assert done.exit_code
    return " ".join(f"{done.output} {done.exception}".replace("│", " ").split())


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("guanggu guangchang", "guanggu-square"), ("珞喻路", "road-luoyu-road"), ("robot valey", "robot-valley"),
        ("dhkxc", "donghu-science-city"), ("硚口", "unit:420104"), ("420104", "unit:420104"), ("huazhongkejidaxue", "univ-hust"),
    ],
)  # fmt: skip
def test_find(text, first):
    done = call("find", text, "-f", "json", "--lang", "en")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)[0]["id"] == first


def test_find_says_why_in_words():
    done = call("find", "guanggu guangchang", "--lang", "zh", "--most", 3)
    assert done.exit_code == 0, done.output
    assert "名称相同" in done.output
    assert "按拼音" in done.output
    none = call("find", "qqqqzzzz", "--lang", "zh")
    assert none.exit_code == 0
    assert "没有找到“qqqqzzzz”" in none.output


def test_find_own_points(tmp_path):
    path = tmp_path / "firms.csv"
    pd.DataFrame({"企业": ["长飞光纤", "=1+1"], "lon": [114.4, 114.5], "lat": [30.5, 30.6]}).to_csv(path, index=False)  # fmt: skip
    done = call("find", "changfei", "--points", path, "--label", "企业", "--datum", "wgs84", "-f", "csv", "--lang", "en")  # fmt: skip
    assert done.exit_code == 0, done.output
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert (row["id"], row["lon"], row["name_zh"]) == ("row:2", "114.4", "长飞光纤")
    assert "use one of 企业" in complaint(call("find", "a", "--points", path, "--label", "名", "--datum", "wgs84"))  # fmt: skip
    assert "go together" in complaint(call("find", "a", "--points", path))


def test_here(wuhan, units):
    done = call("here", 114.4, 30.5, "--datum", "gcj02", "-f", "json", "--lang", "en")
    assert done.exit_code == 0, done.output
    tables = json.loads(done.stdout)
    own = here(wuhan, 114.4, 30.5, datum="gcj02", units=units)
    assert list(tables) == ["footprints", "axes", "nodes", "units"]
    assert [r["footprint"] for r in tables["footprints"]] == own.footprints["footprint"].tolist()
    assert [r["chainage_km"] for r in tables["axes"]] == pytest.approx(own.axes["chainage_km"])
    assert [r["node"] for r in tables["nodes"]] == own.nodes["node"].tolist()
    assert tables["units"][0]["unit_id"] == "420111"
    assert f"{own.lon:.6f}, {own.lat:.6f}" in done.stderr


def test_here_in_words_and_one_table(tmp_path):
    done = call("here", 114.4, 30.5, "--lang", "zh")
    assert done.exit_code == 0, done.output
    for part in ("确定在内", "光谷科技创新大走廊", "右侧", "洪山区"):
        assert part in done.output
    path = tmp_path / "here.csv"
    assert call("here", 114.4, 30.5, "-t", "axes", "-o", path, "--err-m", 500, "--ring-km", 2).exit_code == 0  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    assert rows[0]["axis"] == "optics-valley-corridor"


def test_bad_calls_say_how():
    assert "swapped" in complaint(call("here", 30.5, 114.4))
    assert "use one of wgs84" in complaint(call("here", 114.4, 30.5, "--datum", "nad27"))
    assert call("here", 114.4).exit_code == 2
    assert call("here", "abc", 30).exit_code == 2
    assert "holds one table" in complaint(call("here", 114.4, 30.5, "-f", "csv"))
