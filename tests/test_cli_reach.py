"""``corridor reach``, called as a person calls it."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

import geo.cli.reach  # noqa: F401
from geo.analysis.access import access
from geo.analysis.isochrones import isochrones
from geo.analysis.places import nodes_as_places, points_as_places, units_as_places
from geo.analysis.reached import reached
from geo.cli import app
from geo.network.travel import Straight
from geo.report.tables import heading

RUNNER = CliRunner()


def call(*arguments):
    return RUNNER.invoke(app, ["reach", *[str(a) for a in arguments]])


def complaint(done):
    assert done.exit_code
    return " ".join(f"{done.output} {done.exception}".replace("│", " ").split())


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    rng = np.random.default_rng(5)
    table = pd.DataFrame(
        {
            "lon": rng.uniform(113.9, 114.8, 300).round(6), "lat": rng.uniform(30.2, 30.9, 300).round(6),
            "行业": rng.choice(["光电子", "汽车"], 300), "员工数": rng.integers(1, 400, 300),
        }
    )  # fmt: skip
    path = tmp_path_factory.mktemp("points") / "firms.csv"
    table.to_csv(path, index=False)
    return path


def test_people_and_stations_as_json(wuhan, units):
    done = call("--to", "kind:practice-station", "--within", "20,40", "-f", "json", "--lang", "en", "--step-km", 10)  # fmt: skip
    assert done.exit_code == 0, done.output
    tables = json.loads(done.stdout)
    demand = units_as_places(wuhan, units, step_km=10)
    want = reached(demand, nodes_as_places(wuhan, kinds=["practice-station"]), cuts=(20, 40))
    assert set(tables) == {"totals", "groups", "demand", "facilities", "beyond", "counts", "curve", "unlocated"}  # fmt: skip
    assert [r["share"] for r in tables["totals"]] == pytest.approx(want.totals["share"].tolist())
    assert len(tables["demand"]) == len(demand)
    assert len(tables["unlocated"]) == 8
    assert tables["totals"][0]["estimate"] is True
    assert "1 of 9 facilities have a position" in done.stderr
    assert "Estimate: straight" in done.stderr
    assert "Apparicio" in done.stderr


def test_points_weighed_and_grouped_with_scores(file, wuhan, tmp_path):
    book = tmp_path / "reach.xlsx"
    done = call(
        file, "--to", "tier:park,tier:lab", "--by", "行业", "--weight", "员工数", "--datum", "wgs84", "--method", "2sfca",
        "--catchment", 25, "--detour", 1.2, "--speed", 60, "--per", 100, "-o", book, "--lang", "zh", "--err-m", 50,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    demand = points_as_places(file, by="行业", weight="员工数", datum="wgs84", err_m=50)
    facilities = nodes_as_places(wuhan, tiers=["park", "lab"])
    travel = Straight(1.2, 60)
    want = access(demand, facilities, travel, method="2sfca", catchment=25, per=100)
    sheets = openpyxl.load_workbook(book)
    rows = list(sheets["access"].iter_rows(values_only=True))
    column = rows[0].index(heading("score", "zh"))
    assert [r[column] for r in rows[1:]] == pytest.approx(want.scores[:, 1].tolist())
    totals = list(sheets["access-totals"].iter_rows(values_only=True))
    assert totals[1][totals[0].index(heading("mean", "zh"))] == pytest.approx(want.totals["mean"].iloc[0])  # fmt: skip
    assert "两步移动搜索(2SFCA)" in totals[1]
    groups = list(sheets["groups"].iter_rows(values_only=True))
    assert {r[0] for r in groups[1:]} == {"光电子", "汽车"}


@pytest.mark.parametrize(("method", "more"), [("e2sfca", ("--weights", "1,0.5")), ("gravity", ("--decay", "exponential", "--beta", 0.2))])  # fmt: skip
def test_the_parameters_of_a_method_are_passed_on(file, wuhan, method, more):
    done = call(file, "--datum", "wgs84", "--method", method, *more, "-t", "access", "-f", "json", "--of", "km")  # fmt: skip
    assert done.exit_code == 0, done.output
    demand = points_as_places(file, datum="wgs84")
    asked = {"weights": (1, 0.5)} if method == "e2sfca" else {"decay": "exponential", "beta": 0.2}
    facilities = nodes_as_places(wuhan, tiers=["lab"])
    want = access(demand, facilities, method=method, of="km", per=1000, **asked)
    scores = [r["score"] for r in json.loads(done.stdout)]
    assert scores == pytest.approx(want.scores[:, 1].tolist())


def test_a_file_of_facilities_with_capacity(file, wuhan, units):
    done = call("--to", file, "--to-datum", "wgs84", "--capacity", "员工数", "--step-km", 0, "-t", "access-facilities", "-f", "json")  # fmt: skip
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)
    own = pd.read_csv(file)
    assert [r["supply"] for r in rows] == own["员工数"].tolist()
    assert len(rows) == 300


def test_layers_hold_places_units_and_their_numbers(file, wuhan, units, tmp_path):
    path = tmp_path / "reach.gpkg"
    done = call("--to", "tier:university", "--method", "e2sfca", "--step-km", 10, "-o", path)
    assert done.exit_code == 0, done.output
    demand = units_as_places(wuhan, units, step_km=10)
    layer = gpd.read_file(path, layer="demand")
    assert len(layer) == len(demand)
    assert layer.geometry.x.to_numpy() == pytest.approx(demand.lon)
    groups = gpd.read_file(path, layer="groups")
    assert len(groups) == 4 * len(units)
    shape = groups.loc[groups["group"] == units["adcode"].iloc[0], "geometry"].iloc[0]
    assert shape.equals_exact(units.geometry.iloc[0], 1e-9) or shape.equals(units.geometry.iloc[0])
    assert len(gpd.read_file(path, layer="access-facilities")) == 42
    done = call(file, "--datum", "wgs84", "-t", "beyond", "-f", "geojson")
    assert done.exit_code == 0, done.output
    features = json.loads(done.stdout)["features"]
    assert features[0]["properties"]["rank"] == 1
    assert features[0]["geometry"]["type"] == "Point"


@pytest.mark.parametrize("more", [(), ("--by-facility",)])
def test_isochrones_are_a_table_with_geometry(wuhan, more):
    done = call("--to", "tier:computing", "--step-km", 0, "-t", "isochrones", "--within", "10,20", "--speed", 60, *more, "-f", "geojson")  # fmt: skip
    assert done.exit_code == 0, done.output
    found = isochrones(Straight(speed_kmh=60), nodes_as_places(wuhan, tiers=["computing"]), (10, 20), by_facility=bool(more), layout=wuhan)  # fmt: skip
    rows = [f["properties"] for f in json.loads(done.stdout)["features"]]
    assert [r["area_km2"] for r in rows] == pytest.approx(found.table["area_km2"].tolist())


def test_the_console_shows_what_it_has_room_for(file):
    done = call(file, "--datum", "wgs84", "--lang", "zh", "--within", "5,10")
    assert done.exit_code == 0, done.output
    assert "beyond:只显示前 20 行" in done.stderr
    assert heading("share", "zh") in done.stdout
    done = call("--step-km", 20, "--lang", "en")
    assert done.exit_code == 0, done.output
    assert "Yangxin County" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--to", "tier:robots"), "no tier or file 'robots' in layout 'wuhan'"),
        (("--to", "kind:practice"), "try practice-station"),
        (("--to", "nowhere"), "no id or file 'nowhere'"),
        (("--to", "level:lab"), "write tier:"),
        (("--to", " , "), "--to is blank"),
        (("--within", "15;30"), "numbers with commas"),
        (("--within", "30,15"), "positive numbers"),
        (("--capacity", "beds"), "a file of points"),
        (("--to", "kind:robot-firm"), "none of the 10 facilities has a position"),
        (("-t", "totals", "-f", "geojson"), "no geometry"),
        (("-t", "curve", "-o", "curve.gpkg"), "no geometry"),
        (("--method", "e2sfca", "--weights", "0.2,1"), "weights are"),
        (("-f", "csv"), "--table"),
    ],
)
def test_a_bad_call_says_how(arguments, why, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert why in complaint(call("--step-km", 0, *arguments))
