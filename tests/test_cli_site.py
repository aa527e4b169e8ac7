"""``corridor site``, called as a person calls it."""

from __future__ import annotations

import json

import openpyxl
import pytest
from typer.testing import CliRunner

import geo.cli.site  # noqa: F401
from geo.analysis.places import points_as_places, units_as_places
from geo.analysis.siting import candidates_of, site, site_trial
from geo.cli import app
from geo.datasets import demo

RUNNER = CliRunner()


def call(*arguments):
    return RUNNER.invoke(app, ["site", *(str(a) for a in arguments)])


def test_people_of_the_units(wuhan, units, tmp_path):
    done = call("-n", 3, "--within", 30, "-f", "json", "--lang", "zh")
    assert done.exit_code == 0, done.output
    people = units_as_places(wuhan, units)
    found = site(people, candidates_of(wuhan, "tier:university"), n=3, existing=candidates_of(wuhan, "kind:practice-station"), within=30)  # fmt: skip
    tables = json.loads(done.stdout)
    assert [r["id"] for r in tables["sites"]] == found.sites["id"].tolist()
    assert tables["totals"][1]["covered"] == pytest.approx(found.objective)
    assert len(tables["served"]) == len(people)
    assert len(tables["curve"]) == 11
    assert "1/9 处有位置" in done.stderr
    assert "已证明最优" in done.stderr
    assert "估算" in done.stderr
    assert "Church" in done.stderr
    book = tmp_path / "sites.xlsx"
    assert call("--candidates", "grid:12", "-n", 2, "-o", book, "--lang", "en").exit_code == 0
    sheets = openpyxl.load_workbook(book).sheetnames
    assert {"sites", "totals", "groups", "beyond", "served", "curve"} <= set(sheets)
    layer = tmp_path / "sites.geojson"
    assert call("-o", layer).exit_code == 0
    assert len(json.loads(layer.read_text("utf-8"))["features"]) == 4


@pytest.mark.long
def test_ones_own_points_and_a_place(wuhan, tmp_path):
    file = tmp_path / "firms.xlsx"
    demo.write_demo(wuhan, file)
    asked = (file, "--weight", "员工数", "--of", "km", "--within", 8, "--existing", "none")
    done = call(*asked, "-n", 2, "-f", "json", "--lang", "en", "-t", "totals")
    assert done.exit_code == 0, done.output
    points = points_as_places(file, layout=wuhan, weight="员工数")
    places = candidates_of(wuhan, "tier:university")
    found = site(points, places, n=2, within=8, of="km")
    assert json.loads(done.stdout)[0]["covered"] == pytest.approx(found.objective)
    done = call(*asked, "--at", "114.4,30.5", "-t", "change", "-f", "json", "--lang", "en")
    tried = site_trial(points, None, (114.4, 30.5), within=8, of="km", candidates=places)
    assert json.loads(done.stdout)[0]["gained"] == pytest.approx(tried.change.iloc[0]["gained"])
    assert f"it comes {tried.rank}." in done.stderr


def test_on_a_screen(wuhan):
    done = call("--model", "p-center", "-n", 2, "--lang", "en")
    assert done.exit_code == 0, done.output
    assert "farthest" in done.stderr
    assert "proven best" in done.stderr.lower()
    assert "practice station" in done.stdout


def test_what_is_wrong_is_told(tmp_path):
    for arguments, why in [
        (("--candidates", "nothing.csv"), "neither a file nor one of"),
        (("--candidates", "none"), "where could a site go"),
        (("--candidates", "tier:x"), "no tier 'x'"),
        (("--at", "here"), "longitude,latitude"),
        (("--model", "lscp", "-n", 2), "leave -n out"),
        (("-t", "trial",), "no table trial here"),
    ]:  # fmt: skip
        done = call(*arguments)
        assert done.exit_code == 2, (arguments, done.output)
        assert why in " ".join(done.output.replace("│", " ").split()), (arguments, done.output)
    done = call("--model", "lscp", "--within", 20)
    assert "no candidate reaches" in str(done.exception)
