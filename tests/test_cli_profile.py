"""The commands along an axis and about footprints together, called as a person calls them."""

from __future__ import annotations

import json

import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

import geo.cli.profile  # noqa: F401
from geo.analysis.footprints import footprints_of
from geo.analysis.gaps import gaps
from geo.analysis.overlap import overlap
from geo.analysis.profile import profile
from geo.analysis.strip import strip
from geo.cli import app
from geo.words import say

RUNNER = CliRunner()
WGS84 = ["--datum", "wgs84"]


def call(*arguments):
    return RUNNER.invoke(app, [str(a) for a in arguments])


def complaint(done):
    assert done.exit_code
    return " ".join(f"{done.output} {done.exception}".replace("│", " ").split())


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform([113.7, 29.9], [115.3, 31.2], (1500, 2)).T
    return pd.DataFrame(
        {"lon": lon.round(6), "lat": lat.round(6), "kind": rng.choice(["光电子", "汽车"], 1500), "w": rng.integers(1, 9, 1500)}
    )  # fmt: skip


@pytest.fixture(scope="module")
def file(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("points") / "firms.csv"
    table.to_csv(path, index=False)
    return path


def test_profile_is_that_of_the_library(file, table, wuhan, tmp_path):
    about = [
        "--about",
        "optics-valley-corridor",
        "--step",
        "2",
        "--smooth",
        "3",
        "--by",
        "kind",
        "--weight",
        "w",
    ]
    done = call("profile", file, *about, "--what", "sum", *WGS84, "-f", "json", "--lang", "en")
    assert done.exit_code == 0, done.output
    tables = json.loads(done.stdout)
    own = wuhan["optics-valley-corridor"]
    found = profile(table, own, step_km=2, smooth_km=3, what="sum", by="kind", weight="w", datum="wgs84")  # fmt: skip
    for column in ("count_low", "count", "count_high", "sum", "value"):
        assert [r[column] for r in tables["bins"]] == pytest.approx(found.bins[column].tolist())
    assert [r["feature"] for r in tables["features"]] == found.features["feature"].tolist()
    assert say("profile.method.profile", "en") in done.stderr
    assert "1,500 points" in done.stderr
    book = tmp_path / "profile.xlsx"
    assert call("profile", file, *about, *WGS84, "-o", book).exit_code == 0
    assert {"bins", "features", "totals"} <= set(openpyxl.load_workbook(book).sheetnames)
    drawn = json.loads(
        call("profile", file, *about[:2], "--table", "strip", *WGS84, "-f", "json").stdout
    )
    assert len(drawn) == len(strip(own, table, datum="wgs84").table)
    shown = call("profile", file, *about[:2], "-t", "features", *WGS84, "--lang", "zh").stdout
    assert say("profile.feature.gap-nodes", "zh") in shown
    csv = call("profile", file, *about[:2], "-t", "bins", *WGS84, "-f", "csv").stdout
    assert csv.startswith("side,side_zh,side_en,by,from_km,to_km,count_low")


def test_profile_along_the_line_of_a_file(file, wuhan, tmp_path):
    line = tmp_path / "axis.geojson"
    line.write_text(shapely.to_geojson(wuhan["optics-valley-corridor"].axis), "utf-8")
    rows = json.loads(call("profile", file, "--about", line, "--within", "2.5", "-t", "totals", *WGS84, "-f", "json").stdout)  # fmt: skip
    own = json.loads(call("profile", file, "--about", "optics-valley-corridor", "-t", "totals", *WGS84, "-f", "json").stdout)  # fmt: skip
    # About the file's line distances are planar about that line: a point or two may change sides.
    assert np.abs(np.subtract([r["count"] for r in rows], [r["count"] for r in own])).max() <= 2


def test_gaps_are_those_of_the_library(file, table, wuhan, units, tmp_path):
    common = [
        "--weight",
        "w",
        "--columns",
        "kind",
        "--without",
        "robot-valley",
        "--top",
        "20",
        *WGS84,
    ]
    done = call("gaps", file, *common, "-f", "json", "--lang", "en")
    assert done.exit_code == 0, done.output
    tables = json.loads(done.stdout)
    own = [f for f in footprints_of(wuhan) if f.id != "robot-valley"]
    found = gaps(
        str(file), wuhan, units=units, footprints=own, weight="w", columns=["kind"], top=20, datum="wgs84")  # fmt: skip
    for name in ("row", "kind", "footprint", "distance_km", "change"):
        assert [r[name] for r in tables["points"]] == found.by_point[name].tolist()
    assert [r["sum"] for r in tables["units"]] == found.by_unit["sum"].tolist()
    assert {"change_zh", "change_en"} <= set(tables["points"][0])
    assert "of 1,500 points" in done.stderr
    near = json.loads(call("gaps", file, "--rank", "distance", *common, "-t", "points", "-f", "json").stdout)  # fmt: skip
    assert [r["distance_km"] for r in near] == sorted(r["distance_km"] for r in near)
    layer = call("gaps", file, *common, "-t", "points", "-f", "geojson")
    assert json.loads(layer.stdout)["features"][0]["geometry"]["type"] == "Point"
    nodes = json.loads(call("gaps", "-t", "points", "-f", "json", "--top", "3").stdout)
    assert nodes[0]["id"] in wuhan
    shown = call("gaps", "-t", "points", "--top", "3", "--lang", "zh")
    assert "平移" in shown.stdout or "加宽" in shown.stdout


def test_overlap_is_that_of_the_library(file, table, wuhan):
    done = call(
        "overlap", file, "--by", "kind", "--weight", "w", *WGS84, "-f", "json", "--lang", "en"
    )
    assert done.exit_code == 0, done.output
    tables = json.loads(done.stdout)
    found = overlap(wuhan, table, by="kind", weight="w", datum="wgs84")
    for name in ("part", "by", "count_low", "count", "count_high", "sum"):
        assert [r[name] for r in tables["parts"]] == found.parts[name].tolist()
    areas = json.loads(call("overlap", "--level", "footprint", "-t", "pairs", "-f", "json").stdout)
    assert [r["area_km2"] for r in areas] == overlap(wuhan, level="footprint").pairs["area_km2"].tolist()  # fmt: skip
    split = json.loads(call("overlap", file, *WGS84, "-t", "units", "-f", "json").stdout)
    assert sum(r["count"] for r in split) == 1500
    shown = call("overlap", file, *WGS84, "-t", "totals", "--lang", "zh")
    assert "只计一次" in shown.stdout


def test_wrong_calls_say_how(file, tmp_path):
    two = tmp_path / "two.geojson"
    two.write_text(json.dumps({"type": "FeatureCollection", "features": []}), "utf-8")
    for arguments, message in [
        (["profile", file, "--about", "optics"], "try optics-valley"),
        (["profile", file, "--about", "seat-wuhan-none"], "no feature or file"),
        (["profile", file, "--about", "donghu-science-city", *WGS84], "has no axis"),
        (["profile", file, "--about", "robot-valley", "--step", "-1", *WGS84], "above 0 km"),
        (["profile", file, "--about", "robot-valley", "--what", "sum", *WGS84], "needs weights"),
        (
            ["profile", file, "--about", "robot-valley", "-f", "csv", *WGS84],
            "choose one with --table",
        ),
        (["gaps", file, "--without", "nonsense", *WGS84], "no footprint nonsense"),
        (["gaps", "-t", "totals", "-f", "geojson"], "totals have no place"),
        (["overlap", file, "--weight", "size", *WGS84], "size"),
    ]:
        assert message in complaint(call(*arguments)), arguments
