"""``corridor fit`` and ``corridor frontier``, called as a person calls them."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import geo.cli.fit  # noqa: F401  (registers the commands)
from geo.analysis.fit import fit_belt
from geo.cli import app

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
    lon, lat = rng.normal((114.4, 30.6), (0.4, 0.25), (800, 2)).T
    return pd.DataFrame({"lon": lon.round(6), "lat": lat.round(6), "kind": rng.choice(["光电子", "汽车"], 800), "staff": rng.integers(0, 9, 800)})  # fmt: skip


@pytest.fixture(scope="module")
def file(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("points") / "firms.csv"
    pd.concat([table, pd.DataFrame({"lon": [0.0], "lat": [0.0]})]).to_csv(path, index=False)
    return path


COMMON = ["--length", "150", "--width", "30", "--datum", "wgs84", "--lang", "en", "--step", "2"]


def test_fit_gives_what_the_library_gives(file, table, wuhan):
    done = call("fit", file, *COMMON, "--azimuths", "90-140", "--contain", "seats", "--best", "2", "--by", "kind", "--weight", "staff", "-f", "json")  # fmt: skip
    assert done.exit_code == 0, done.output
    tables = json.loads(done.stdout)
    own = fit_belt(table, length_km=150, width_km=30, azimuths=(90, 140), contain="seats", best=2, by="kind", weight="staff", layout=wuhan, step_deg=2.0, datum="wgs84")  # fmt: skip
    assert [r["planar_value"] for r in tables["belts"]] == own.table["planar_value"].tolist()
    assert {r["belt"] for r in tables["belts"]} == {"fit-1", "fit-2", "robot-valley"}
    assert {r["by"] for r in tables["groups"]} == {"光电子", "汽车"}
    assert "no azimuth takes more than" in done.stderr
    assert "Robot Valley" in done.stderr
    assert "1 " in done.stderr  # the row at 0, 0 is told


def test_belts_as_layers(file, tmp_path):
    for name in ("belts.geojson", "belts.gpkg"):
        done = call("fit", file, *COMMON, "--azimuths", "120", "--best", "1", "-o", tmp_path / name)
        assert done.exit_code == 0, done.output
        frame = gpd.read_file(tmp_path / name).to_crs(6933)
        assert frame.area.to_numpy() / 1e6 == pytest.approx(4500, rel=1e-3)
        assert set(frame["belt"]) == {"fit-1", "robot-valley"}
    assert call("fit", file, *COMMON, "--azimuths", "120", "-o", tmp_path / "belts.xlsx").exit_code == 0  # fmt: skip


def test_names_of_places_and_units_and_files(file, wuhan, tmp_path):
    wuhan.seats.iloc[:2].to_file(tmp_path / "two.geojson")
    for options in (
        ["--contain", "seat-wuhan, seat-ezhou"],
        ["--contain", tmp_path / "two.geojson"],
        ["--touch", "420106,420111"],
    ):
        done = call("fit", file, *COMMON, "--azimuths", "110-120,170-10", "--best", "1", *options)
        assert done.exit_code == 0, done.output
        assert "best belt 1" in done.stdout


def test_frontier(file, tmp_path):
    common = ["--length", "150", "--widths", "10,20,40", "--azimuths", "121", "--datum", "wgs84"]
    done = call("frontier", file, *common, "--lang", "en", "-f", "json")
    assert done.exit_code == 0, done.output
    tables = json.loads(done.stdout)
    assert [r["width_km"] for r in tables["sizes"]] == [10, 20, 30, 40]
    assert tables["published"][0]["belt"] == "robot-valley"
    assert "Robot Valley takes" in done.stderr
    shown = call("frontier", file, *common, "--lang", "zh")
    assert shown.exit_code == 0, shown.output
    assert "公布的宽度 30 km" in shown.stderr
    for name in ("sizes.csv", "sizes.geojson", "sizes.xlsx"):
        assert call("frontier", file, *common, "-o", tmp_path / name).exit_code == 0


def test_bad_calls_say_how(file):
    for command, options, message in [
        ("fit", [*COMMON, "--azimuths", "east"], "ranges of degrees such as 90-140"),
        ("fit", [*COMMON, "--azimuths", "1-2-3"], "ranges of degrees such as 90-140"),
        ("fit", [*COMMON, "--azimuths", "90-190"], "degrees from 0 to 180"),
        ("fit", [*COMMON, "--azimuths", "90", "--contain", "seats"], "azimuths 114.2°–137.6° only"),
        ("fit", [*COMMON, "--contain", "seat-wuhan,atlantis"], "no feature 'atlantis'"),
        ("fit", [*COMMON, "--contain", ","], "nothing is named"),
        ("fit", [*COMMON, "--touch", "999"], "no unit '999'"),
        ("fit", [*COMMON, "--weight", "size"], "size"),
        ("fit", [*COMMON, "--format", "gpkg"], "needs a file"),
        ("frontier", ["--widths", "a;b", "--datum", "wgs84"], "numbers with commas"),
        ("frontier", ["--published", "none", "--datum", "wgs84"], "no published belt 'none'"),
    ]:
        assert message in complaint(call(command, file, *options)), options
