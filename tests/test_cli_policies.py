"""``corridor policies``, called as a person calls it."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

import geo
import geo.cli.policies
from geo.analysis.policies import policies_at
from geo.analysis.policy_counts import policies_of
from geo.cli import app

RUNNER = CliRunner()
DAY = "2026-02-24"


def call(*arguments):
    return RUNNER.invoke(app, ["policies", *(str(a) for a in arguments)])


def complaint(done):
    assert done.exit_code
    return " ".join(f"{done.output} {done.exception}".replace("│", " ").split())


@pytest.fixture(scope="module")
def units(wuhan):
    return geo.read_units(wuhan)


def test_at_a_place(wuhan, units):
    done = call(114.4, 30.5, "--on", DAY, "-f", "json", "--lang", "en")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    found = policies_at(114.4, 30.5, layout=wuhan, units=units, on=DAY)
    assert {n: [r.get("policy") for r in rows] for n, rows in told.items() if n != "places"} == {n: list(t["policy"]) for n, t in found.tables.items() if n != "places"}  # fmt: skip
    assert f"15 apply: 6 national, 2 province, 5 city, 1 district, 1 zone (on {DAY})" in done.stderr
    words = call(114.4, 30.5, "--on", DAY, "--lang", "zh")
    assert "该点在武汉市" in words.output
    assert "效力" in words.output
    assert "in-force" not in words.output


def test_one_table_kinds_and_any_day(tmp_path):
    done = call(
        114.4, 30.5, "--on", "any", "--kind", "loan", "-t", "policies", "-f", "json", "--lang", "en"
    )
    assert {r["state"] for r in json.loads(done.stdout)} == {"any"}
    assert all("loan" in r["kinds"] for r in json.loads(done.stdout))
    path = tmp_path / "p.csv"
    assert call(114.4, 30.5, "-o", path, "--lang", "en").exit_code == 0
    assert pd.read_csv(path)["policy"].is_unique


def test_by_name_in_hong_kong_and_unlocated():
    done = call("--place", "香港科学园", "--lang", "zh")
    assert done.exit_code == 0, done.output
    assert "香港、澳门或台湾" in done.stderr
    assert "没有列出的政策适用" in done.stderr
    assert "洪山区" in call("--place", "hongshanqu", "--lang", "zh").output
    assert "no published position" in complaint(call("--place", "武创通"))
    assert "qqqqzzzz" in complaint(call("--place", "qqqqzzzz"))


def test_of_points(wuhan, units, tmp_path):
    path = tmp_path / "firms.csv"
    frame = pd.DataFrame({"lon": [114.4, 114.88, 114.3], "lat": [30.5, 30.39, 30.6]})
    frame.to_csv(path, index=False)
    done = call("--points", path, "--datum", "wgs84", "--on", DAY, "-f", "json", "--lang", "en")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    found = policies_of(frame, layout=wuhan, units=units, on=DAY, datum="wgs84")
    assert [r["count"] for r in told["policies"]] == found.table["count"].tolist()
    assert [r["count"] for r in told["points"]] == found.points["count"].tolist()


def test_bad_calls_say_how():
    for arguments, words in (
        ((), "give a place as LON LAT"), ((114.4,), "give a place as LON LAT"), ((114.4, 30.5, "--place", "武汉"), "one of them"),
        ((114.4, 30.5, "--kind", "lottery"), "no kind of policy lottery"), ((114.4, 30.5, "--on", "soon"), "not a date"),
        ((114.4, 30.5, "-t", "points"), "no table points here"),
    ):  # fmt: skip
        assert words in complaint(call(*arguments)), arguments
