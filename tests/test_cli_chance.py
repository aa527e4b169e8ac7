"""The commands about chance, called as a person calls them."""

from __future__ import annotations

import json

import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

import geo.cli.chance  # noqa: F401  (the commands register themselves)
from geo.analysis.jitter import uncertainty
from geo.analysis.null_model import null_model
from geo.cli import app

RUNNER = CliRunner()
COMMON = ["--datum", "wgs84", "--lang", "en"]


def call(*arguments):
    return RUNNER.invoke(app, [str(a) for a in arguments])


def complaint(done):
    assert done.exit_code
    return " ".join(f"{done.output} {done.exception}".replace("│", " ").split())


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform([113.7, 29.9], [115.3, 31.2], (3000, 2)).T
    return pd.DataFrame(
        {"lon": lon.round(6), "lat": lat.round(6), "kind": rng.choice(["=1+1", "汽车"], 3000),
         "staff": rng.integers(1, 99, 3000)}
    )  # fmt: skip


@pytest.fixture(scope="module")
def file(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("points") / "firms.parquet"
    table.to_parquet(path)
    return path


def same(rows, frame):
    expected = json.loads(frame.drop(columns=["source"]).to_json(orient="records"))
    assert len(rows) == len(expected)
    for own, other in zip(rows, expected, strict=True):
        for name, value in other.items():
            assert own[name] == (pytest.approx(value, rel=1e-9, abs=1e-9) if isinstance(value, float) else value)  # fmt: skip


def test_null_gives_what_the_function_gives(file, table, wuhan):
    options = ["--draws", 49, "--seed", 3, "--by", "kind", "-f", "json"]
    done = call("null", file, "--footprint", "robot-valley", *options, *COMMON)
    assert done.exit_code == 0, done.output
    expected = null_model(table, wuhan["robot-valley"], by="kind", draws=49, seed=3, datum="wgs84")
    same(json.loads(done.stdout), expected.table)
    assert "49 random placements (seed 3)" in done.stderr
    assert "Phipson & Smyth 2010" in done.stderr


def test_null_with_an_own_area_clipped_and_without_turns(file, table, wuhan, tmp_path):
    area, lake, own = (tmp_path / f"{name}.geojson" for name in ("area", "lake", "own"))
    shapes = shapely.box(113.8, 30.0, 115.2, 31.1), shapely.Point(114.4, 30.5).buffer(0.05), shapely.box(114.3, 30.5, 114.6, 30.7)  # fmt: skip
    for path, shape in zip((area, lake, own), shapes, strict=True):
        feature = {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(shape))}  # fmt: skip
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    done = call(
        "null", file, "--footprint", own, "--study-area", area, "--avoid", lake, "--edge", "clip",
        "--least-inside", 0.8, "--no-rotate", "--draws", 30, "--weight", "staff", "-f", "json", *COMMON,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    expected = null_model(
        table, own, study_area=area, avoid=lake, edge="clip", least_inside=0.8, rotate=False, draws=30,
        weight="staff", datum="wgs84",
    )  # fmt: skip
    same(json.loads(done.stdout), expected.table)
    assert set(expected.draws["turn_deg"]) == {0.0}
    assert "per km² of the part inside" in done.stderr


def test_null_on_a_console_and_in_a_workbook(file, tmp_path):
    for lang, words in (("en", "random placements"), ("zh", "随机位置")):
        done = call("null", file, "--draws", 20, "--datum", "wgs84", "--lang", lang, "--by", "kind")
        assert done.exit_code == 0, done.output
        assert words in done.stderr
        assert ("Robot Valley: " if lang == "en" else "机器人谷:") in done.stderr
        assert ("times the" if lang == "en" else "与随机均值之") in done.stdout
        assert "p_adjusted" not in done.stdout
    book = tmp_path / "null.xlsx"
    assert call("null", file, "--draws", 20, "--by", "kind", "-o", book, *COMMON).exit_code == 0
    sheets = openpyxl.load_workbook(book)
    assert sheets["draws"].max_row == 21
    assert "null" in sheets.sheetnames


def test_uncertainty_gives_what_the_function_gives(file, table, wuhan):
    options = ["--draws", 20, "--seed", 4, "--err-m", 80, "-f", "json"]
    names = ["robot-valley", "riverside-corridor"]
    done = call("uncertainty", file, "--footprint", ", ".join(names), *options, *COMMON)
    assert done.exit_code == 0, done.output
    expected = uncertainty(table, [wuhan[n] for n in names], draws=20, seed=4, err_m=80, datum="wgs84")  # fmt: skip
    same(json.loads(done.stdout), expected.table)
    assert "exact bounds" in done.stderr
    free = call(
        "uncertainty", file, "--footprint", "robot-valley", "--axis-sd-m", 900, "--correlation-km", 3,
        "--no-truncate", "--keep-points", *options, *COMMON,
    )  # fmt: skip
    assert free.exit_code == 0, free.output
    other = uncertainty(
        table, wuhan["robot-valley"], draws=20, seed=4, err_m=80, datum="wgs84", axis_sd_m=900,
        correlation_km=3, truncate=False, move_points=False,
    )  # fmt: skip
    same(json.loads(free.stdout), other.table)


def test_uncertainty_of_a_whole_layout_on_a_console_and_in_csv(file, tmp_path):
    done = call("uncertainty", file, "--draws", 3, "--datum", "wgs84", "--lang", "zh")
    assert done.exit_code == 0, done.output
    assert "精确界" in done.stderr
    assert "蒙特卡洛" in done.stdout
    rings = ["--footprint", "campus-rings", "--draws", 3, "-f", "json"]
    narrow, wide = (json.loads(call("uncertainty", file, *rings, "--ring-km", km, *COMMON).stdout)[0] for km in (1, 3))  # fmt: skip
    assert narrow["area_km2"] < narrow["area_km2_p50"] * 1.2 < wide["area_km2_p50"]
    path = tmp_path / "u.csv"
    assert call("uncertainty", file, "--draws", 3, "-o", path, "--by", "kind", *COMMON).exit_code == 0  # fmt: skip
    read = pd.read_csv(path)
    assert {"count_low", "count", "count_high", "count_p2_5", "count_p97_5", "count_sd"} <= set(
        read
    )
    assert "campus-rings" in set(read["footprint"])
    # A category that a spreadsheet would take for a formula.
    assert {"'=1+1", "汽车"} == set(read["by"].dropna())


def test_bad_calls_say_how(file):
    for options, message in [
        (["null", file, "--footprint", "robot"], "try robot-valley"),
        (["null", file, "--footprint", "nowhere"], "no footprint or file 'nowhere'"),
        (["null", file, "--footprint", ","], "name a footprint"),
        (["null", file, "--footprint", "robot-valley,science-island"], "of one footprint, not 2"),
        (["null", file, "--draws", "0"], "greater than or equal to 1"),
        (["null", file, "--study-area", "no.geojson"], "no such file"),
        (["null", file, "-f", "xlsx"], "needs a file"),
        (["uncertainty", file, "--draws", "1"], "greater than or equal to 2"),
        (["uncertainty", file, "--correlation-km", "0"], "greater than or equal to 0.01"),
        (["uncertainty", "no.csv"], "no.csv"),
    ]:
        assert message in complaint(call(*options, *COMMON))
