"""``corridor links``, called as a person calls it."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest
from typer.testing import CliRunner

import geo
import geo.cli.links
from geo.analysis.flows import flows
from geo.analysis.link_matrices import link_matrix
from geo.analysis.links import links
from geo.analysis.star import star
from geo.cli import app
from geo.datasets import demo
from geo.network.travel import Straight

RUNNER = CliRunner()


def call(*arguments):
    return RUNNER.invoke(app, ["links", *(str(a) for a in arguments)])


def rows(*arguments):
    done = call(*arguments, "-f", "json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_links_and_their_figures(wuhan):
    own = rows("--detour", "1.5", "--speed", "60")
    expected = links(wuhan, travel=Straight(1.5, 60)).table
    assert [r["id"] for r in own] == expected["id"].tolist()
    got = next(r for r in own if r["id"] == "hxy-wuhan-yichang")
    assert got["km"] == pytest.approx(289.297, abs=0.01)
    assert got["km_network"] == pytest.approx(1.5 * got["km"], rel=1e-4)
    assert next(r for r in own if r["id"] == "africa-needs")["km"] is None
    figures = rows("-t", "figures")
    assert {r["value"] for r in figures if r["link"] == "partner-whu"} == {23}
    shown = call("--lang", "zh")
    assert "30 条联系,10 条有一端没有位置" in shown.stderr
    assert "绕行系数 1.3" in shown.stderr
    assert "289.3" in shown.stdout
    english = call("--lang", "en")
    assert "Wuhan–Yichang" in english.stdout
    assert "30 links" in english.stderr


def test_matrices_and_the_nearest(wuhan):
    own = rows("-t", "matrix")
    expected = link_matrix(wuhan).table
    assert [r["value"] for r in own] == pytest.approx(expected["value"].tolist())
    minutes = rows("-t", "matrix", "--of", "minutes", "--detour", "2")
    assert all(r["estimate"] for r in minutes)
    assert minutes[0]["value"] == pytest.approx(2 * 60 / 40 * own[0]["km"], rel=1e-4)
    ways = rows("-t", "matrix", "--way")
    assert ways[0]["value"] == pytest.approx(1.3 * own[0]["km"], rel=1e-4)
    corridors = rows("-t", "nearest", "--between", "corridors")
    assert {r["a"] for r in corridors} == {i.id for i in wuhan.of_layer("corridor")}


def test_flows_say_that_they_are_estimates(wuhan, tmp_path):
    done = call("-t", "flows", "--beta", "1", "-f", "csv", "--lang", "en")
    own = pd.read_csv(io.StringIO(done.stdout))
    expected = flows(wuhan, beta=1.0).pairs()
    assert own["share"].tolist() == pytest.approx(expected["share"].tolist())
    assert own["estimate"].all()
    assert "estimates of a model" in done.stderr
    assert "Hong Kong (no outline" in done.stderr
    radiation = rows("-t", "flows", "--model", "radiation", "--mass", "nodes:university")
    assert sum(r["share"] for r in radiation) == pytest.approx(1)
    firms = tmp_path / "firms.xlsx"
    demo.write_demo(wuhan, firms, n=400)
    points = rows(firms, "-t", "flows", "--mass", "points", "--weight", "员工数")
    assert sum(r["share"] for r in points) == pytest.approx(1)


def test_the_star(wuhan, tmp_path):
    own = rows("-t", "star")
    expected = star(wuhan).table
    assert [r["km"] for r in own] == pytest.approx(expected["km"].tolist())
    path = tmp_path / "star.geojson"
    assert call("-t", "star", "-o", path).exit_code == 0
    features = json.loads(path.read_text("utf-8"))["features"]
    assert [f["geometry"] is None for f in features] == [True, False, False, False, False]
    for name in ("links", "flows"):
        path = tmp_path / f"{name}.gpkg"
        assert call("-t", name, "-o", path).exit_code == 0
        assert path.exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["-t", "matrix", "--between", "towns"], "use cities, corridors, or nodes:<tier>"),
        (["-t", "flows", "--mass", "gold"], "use population"),
        (["-t", "flows", "--mass", "points"], "needs points"),
        (["-t", "star", "--belt", "nowhere"], "use one of robot-valley"),
        (["-t", "matrix", "-f", "geojson"], "no geometry"),
        (["-t", "flows", "--beta", "-1"], "beta"),
    ],
)
def test_bad_calls_exit_2_and_say_how(arguments, why):
    done = call(*arguments)
    assert done.exit_code == 2
    assert why in " ".join(done.output.replace("│", " ").split())


def test_the_layout_of_ones_own(copy_of_wuhan):
    assert geo.read_layout(copy_of_wuhan)
    assert len(rows("--layout", copy_of_wuhan)) == 30
