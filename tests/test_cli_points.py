"""The commands that count, called as a person calls them."""

from __future__ import annotations

import json
import re

import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

import geo
from geo.cli import app
from geo.words import catalogue, say

RUNNER = CliRunner()


def call(*arguments):
    return RUNNER.invoke(app, [str(a) for a in arguments])


def complaint(done):
    """What a person reads; an error of ours is printed by the outermost function."""
    assert done.exit_code
    return " ".join(f"{done.output} {done.exception}".replace("│", " ").split())


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform([113.7, 29.9], [115.3, 31.2], (4000, 2)).T
    return pd.DataFrame(
        {"lon": lon.round(6), "lat": lat.round(6), "kind": rng.choice(["光电子", "汽车"], 4000)}
    )


@pytest.fixture(scope="module")
def file(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("points") / "firms.parquet"
    table.to_parquet(path, row_group_size=500)
    return path


def test_curve_about_features_layers_and_files(file, table, wuhan, tmp_path):
    common = ["--datum", "wgs84", "-f", "json", "--distances", "0.5,2,10"]
    one = call("curve", file, "--about", "optics-valley-corridor", "--by", "kind", *common)
    assert one.exit_code == 0, one.output
    rows = json.loads(one.stdout)
    expected = geo.coverage_curve(
        table, wuhan["optics-valley-corridor"], distances_km=[0.5, 2, 10], by="kind", datum="wgs84"
    )
    assert [r["count"] for r in rows] == expected.table["count"].tolist()
    assert {r["by"] for r in rows} == {"", "光电子", "汽车"}

    all_nodes = json.loads(call("curve", file, "--about", "node", *common).stdout)
    located = [n for n in wuhan.of_layer("node") if n.geometry is not None]
    two = json.loads(call("curve", file, "--about", f"{located[0].id}, {located[1].id}", *common).stdout)  # fmt: skip
    assert [r["distance_km"] for r in all_nodes] == [0.5, 2, 10]
    assert 0 < two[2]["count"] < all_nodes[2]["count"]

    line = tmp_path / "axis.geojson"
    line.write_text(shapely.to_geojson(wuhan["optics-valley-corridor"].axis), "utf-8")
    from_file = json.loads(call("curve", file, "--about", line, *common).stdout)
    whole = [r["count"] for r in rows if r["by"] == ""]
    # About the file's line, distances are planar about that line: a point or two may change sides.
    assert np.abs(np.subtract([r["count"] for r in from_file], whole)).max() <= 2


def test_what_is_told_of_the_points_is_in_the_language_at_hand(table, tmp_path):
    path = tmp_path / "firms.csv"
    dirty = table.rename(columns={"lon": "lng_gcj02", "lat": "lat_gcj02"}).astype(object)
    dirty.iloc[:3, 0] = ""
    dirty.iloc[3:5, :2] = 0
    dirty.iloc[5, :2] = ["无", "无"]
    dirty.to_csv(path, index=False)
    told = {}
    for lang in ("zh", "en"):
        done = call("curve", path, "--about", "optics-valley-corridor", "--lang", lang)
        assert done.exit_code == 0, done.output
        told[lang] = " ".join(done.stderr.split())
    assert "坐标系判为 gcj02(确定):" in told["zh"]
    assert ";列名 'lng_gcj02'、'lat_gcj02' 所指坐标系:GCJ-02" in told["zh"]
    assert "6 行没有可用的位置:" in told["zh"]
    for reason in ("空白 3 行", "以 0, 0 代替缺失 2 行", "不是数字 1 行"):
        assert reason in told["zh"]
    assert not re.search("[A-Za-z]{2,}", re.sub(r"'\w+'|gcj02|WGS84|GCJ-02|BD-09|CGCS2000", "", told["zh"]))  # fmt: skip
    assert "; The columns 'lng_gcj02' and 'lat_gcj02' name GCJ-02" in told["en"]
    for reason in ("blank 3", "0, 0 for missing 2", "not a number 1"):
        assert reason in told["en"]
    assert not re.search("[\u4e00-\u9fff]", told["en"])


def test_every_reason_has_its_words():
    from geo.io.positions import REASONS

    assert {f"report.reason.{reason}" for reason in REASONS} <= set(catalogue())


def test_a_layer_is_named_in_short(file, wuhan):
    done = call("curve", file, "--about", "node", "--datum", "wgs84", "-f", "json")
    located = [n.id for n in wuhan.of_layer("node") if n.geometry is not None]
    assert {r["about"] for r in json.loads(done.stdout)} == {f"{located[0]} +{len(located) - 1}"}


def test_curve_says_what_is_wrong(file):
    for options, message in [
        (["--about", "optics"], "try optics-valley"),
        (["--about", "no-such"], "no feature, layer or file 'no-such'"),
        (["--about", "node", "--distances", "1;2"], "numbers with commas"),
        (["--about", "node", "--distances", "2,1"], "in growing order"),
    ]:
        assert message in complaint(call("curve", file, "--datum", "wgs84", *options))


def test_population_balances(tmp_path, monkeypatch):
    done = call("population", "-f", "json")
    assert done.exit_code == 0, done.output
    tables = json.loads(done.stdout)
    counted = [r for r in tables["balance"] if r["counted"]]
    assert counted
    assert {"footprint", "population_low", "population", "population_high"} <= set(tables["population"][0])  # fmt: skip
    # A console has no room for codes.
    monkeypatch.setenv("COLUMNS", "400")
    shown = call("population", "--lang", "zh").stdout.split("balance")[-1]
    assert say("report.column.why_zh", "zh") in shown
    for column in ("id", "placement", "adcode", "city_adcode"):
        assert column in tables["balance"][0]
        assert say(f"report.column.{column}", "zh") not in shown
    book = tmp_path / "population.xlsx"
    assert call("population", "-o", book).exit_code == 0
    assert {"population", "balance"} <= set(openpyxl.load_workbook(book).sheetnames)


def test_counting_by_polygons_of_a_file(file, table, tmp_path):
    box = tmp_path / "box.geojson"
    geometry = json.loads(shapely.to_geojson(shapely.box(114.2, 30.4, 114.6, 30.8)))
    feature = {"type": "Feature", "properties": {"name": "盒"}, "geometry": geometry}
    box.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    done = call("stats", file, "--footprints", box, "--datum", "wgs84", "-f", "json", "--progress")
    assert done.exit_code == 0, done.output
    inside = table["lon"].between(114.2, 114.6) & table["lat"].between(30.4, 30.8)
    rows = json.loads(done.stdout)["coverage"]
    assert [(r["footprint"], r["count"]) for r in rows] == [("盒", inside.sum())]
    assert "firms.parquet" in done.stderr


@pytest.mark.filterwarnings("ignore")
def test_counting_on_a_cluster_from_the_command_line(file, scheduler):
    options = ["--datum", "wgs84", "--by", "kind", "-f", "json"]
    here = call("stats", file, *options)
    there = call("stats", file, *options, "--scheduler", scheduler)
    curve = call("curve", file, *options, "--about", "node", "--scheduler", scheduler)
    assert there.exit_code == curve.exit_code == 0, there.output
    assert json.loads(there.stdout) == json.loads(here.stdout)
    assert json.loads(curve.stdout) == json.loads(call("curve", file, *options, "--about", "node").stdout)  # fmt: skip


def test_a_scheduler_that_does_not_answer_is_told(file, monkeypatch):
    from geo.engine import cluster

    monkeypatch.setattr(cluster.connect.__wrapped__, "__defaults__", ("1s",))
    done = call("stats", file, "--datum", "wgs84", "--scheduler", "tcp://127.0.0.1:9")
    assert "start one with: dask scheduler" in complaint(done)
