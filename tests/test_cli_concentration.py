"""``corridor concentration``, called as a person calls it."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

import geo.cli.concentration  # noqa: F401
from geo.analysis.concentration import location_quotients
from geo.cli import app
from geo.report.tables import heading

RUNNER = CliRunner()


def call(*arguments):
    return RUNNER.invoke(app, ["concentration", *[str(a) for a in arguments]])


def complaint(done):
    assert done.exit_code
    return " ".join(f"{done.output} {done.exception}".replace("│", " ").split())


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(5)
    lonlat = np.vstack([rng.uniform([113.9, 30.2], [114.8, 30.9], (2500, 2)), rng.normal([114.45, 30.47], 0.01, (500, 2))])  # fmt: skip
    return pd.DataFrame(
        {
            "lon": lonlat[:, 0].round(6), "lat": lonlat[:, 1].round(6), "行业": rng.choice(["光电子", "汽车"], 3000),
            "员工数": rng.integers(1, 400, 3000), "年份": rng.choice([2020, 2024], 3000),
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def file(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("points") / "firms.csv"
    table.to_csv(path, index=False)
    return path


COMMON = ["--datum", "wgs84", "--by", "行业", "--year", "年份"]
TABLES = {
    "lq", "inequality", "centre", "axes", "neighbour", "density", "local", "clusters", "mix", "clustered",
    "growth", "growth_counts", "methods",
}  # fmt: skip


def test_everything_as_json_and_as_a_workbook(file, table, wuhan, tmp_path):
    done = call(file, *COMMON, "--cell-km", 2, "-f", "json", "--lang", "en")
    assert done.exit_code == 0, done.output
    tables = json.loads(done.stdout)
    assert set(tables) == TABLES
    expected = location_quotients(table, wuhan, by="行业", datum="wgs84").table
    assert [r["lq"] for r in tables["lq"]] == pytest.approx([None if np.isnan(v) else v for v in expected["lq"]])  # fmt: skip
    assert tables["clusters"][0]["count"] > 300
    methods = {r["what"]: r for r in tables["methods"]}
    assert "Moineddin" in methods["lq"]["method_en"]
    assert json.loads(methods["local"]["parameters"])["seed"] == 20260224
    assert methods["density"]["crs"].startswith("Lambert")

    book = tmp_path / "all.xlsx"
    done = call(file, *COMMON, "--weight", "员工数", "--cell-km", 3, "-o", book, "--lang", "zh")
    assert done.exit_code == 0, done.output
    sheets = openpyxl.load_workbook(book)
    assert set(sheets.sheetnames) >= TABLES
    first = [c.value for c in sheets["lq"][1]]
    assert "区位熵" in first and not any(str(c).startswith("lq") for c in first)


def test_every_column_has_a_heading(file):
    done = call(file, *COMMON, "--weight", "员工数", "--cell-km", 3, "-f", "json")
    for name, rows in json.loads(done.stdout).items():
        for lang, other in (("zh", "_en"), ("en", "_zh")):
            shown = [heading(c, lang) for c in rows[0] if not c.endswith(other)]
            assert len(set(shown)) == len(shown), (name, lang)
        for column in rows[0]:
            assert heading(column, "zh") != column or column == "q", (name, column)


@pytest.mark.long
def test_on_the_console_with_the_method_beside_it(file):
    of_one = call(
        file, *COMMON, "--what", "local", "--category", "汽车", "--cell-km", 3, "-f", "json"
    )
    rows = json.loads(of_one.stdout)["local"]
    assert sum(r["cell_value"] for r in rows) == (pd.read_csv(file)["行业"] == "汽车").sum()
    done = call(file, *COMMON, "--what", "density,local,growth", "--lang", "en", "--cell-km", 2)
    assert done.exit_code == 0, done.output
    assert "Silverman 1986" in done.stderr and "hot spot" in done.stdout
    assert done.stdout.count("\n") < 200
    assert "local: the first 20 of" in done.stderr
    assert call(file, *COMMON, "--what", "centre,neighbour,clusters,lq,inequality", "--lang", "zh").exit_code == 0  # fmt: skip


@pytest.mark.long
def test_layers(file, tmp_path):
    one = tmp_path / "hot.geojson"
    assert call(file, *COMMON, "--what", "local", "--lattice", "hexagon", "--cell-km", 3, "-o", one).exit_code == 0  # fmt: skip
    hot = gpd.read_file(one)
    assert (hot.geom_type == "Polygon").all() and hot["g_type"].isin(["hot", "cold", "none"]).all()
    many = tmp_path / "all.gpkg"
    done = call(file, *COMMON, "--cell-km", 4, "-o", many)
    assert done.exit_code == 0, done.output
    layers = set(gpd.list_layers(many)["name"])
    assert "empty cells left out" in call(file, *COMMON, "--what", "local", "--lang", "en").stderr
    whole = call(file, *COMMON, "--what", "local", "--cell-km", 4, "-f", "json", "--all-cells")
    busy = call(file, *COMMON, "--what", "local", "--cell-km", 4, "-f", "json")
    assert len(json.loads(whole.stdout)["local"]) > len(json.loads(busy.stdout)["local"]) > 0
    assert layers == {"lq", "centre", "density", "local", "clusters", "growth"}
    lq = gpd.read_file(many, layer="lq")
    assert lq.loc[lq["footprint"] == "robot-valley"].geometry.iloc[0].area > 0
    assert call(file, *COMMON, "--what", "lq", "-f", "csv").stdout.count("\n") > 10


def test_by_administrative_units_and_by_polygons_of_a_file(file, tmp_path):
    done = call(file, *COMMON, "--by-units", "--what", "lq,inequality,local,growth", "-f", "json")
    assert done.exit_code == 0, done.output
    tables = json.loads(done.stdout)
    assert "unit_zh" in tables["local"][0] and "420102" in {r["footprint"] for r in tables["lq"]}
    box = tmp_path / "box.geojson"
    from shapely import box as rectangle

    gpd.GeoDataFrame({"id": ["box"]}, geometry=[rectangle(114.3, 30.4, 114.6, 30.7)], crs=4326).to_file(box)  # fmt: skip
    done = call(file, *COMMON, "--footprints", box, "--study-area", box, "--what", "lq,inequality,neighbour", "-f", "json")  # fmt: skip
    assert done.exit_code == 0, done.output
    tables = json.loads(done.stdout)
    assert {r["footprint"] for r in tables["lq"]} == {"any", "box"}
    assert tables["neighbour"][0]["area_km2"] < 1200


def test_bad_calls_say_how(file, tmp_path):
    for options, message in [
        (["--what", "gini"], "takes some of lq, inequality"),
        (["--what", "lq"], "add --by COLUMN"),
        (["--what", "growth"], "add --year COLUMN"),
        (["--what", " , "], "nothing asked for"),
        (["--what", "local", "--category", "汽车"], "add --by COLUMN"),
        (["--what", "density", "--by", "行业", "--category", "航空"], "no point is of category"),
        (["--by", "行业", "--what", "lq,centre", "-f", "csv"], "choose one with --what"),
        (["--what", "neighbour", "-o", tmp_path / "a.geojson"], "has no geometry"),
        (["--what", "neighbour", "-o", tmp_path / "a.gpkg"], "has no geometry"),
        (["--by", "部门"], "部门"),
        (["--study-area", tmp_path / "none.gpkg", "--what", "neighbour"], "no such file of the study area"),
        (["--what", "growth", "--year", "年份", "--first", 2030], "two years in order"),
    ]:  # fmt: skip
        assert message in complaint(call(file, "--datum", "wgs84", *options)), options
