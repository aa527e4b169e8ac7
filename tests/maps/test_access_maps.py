"""Maps and charts of access: shaded by their numbers, escaped, few enough, with bands."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from geo.analysis.places import nodes_as_places, points_as_places, units_as_places
from geo.analysis.reached import reached
from geo.maps import access_features as draw
from geo.maps.access_charts import reach_chart
from geo.words import LANGUAGES, name_of

BAD = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def found(wuhan, units):
    people = units_as_places(wuhan, units, step_km=20)
    return reached(people, nodes_as_places(wuhan, tiers=["lab"]))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_units_are_the_darker_the_farther(found, units, lang):
    groups = found.groups[found.groups["cut"] == 30]
    chosen = str(groups["group"].iloc[0])
    features = draw.unit_demand_features(units, groups, "mean_cost", lang, lines=("total", "mean_cost", "share"), chosen=chosen)  # fmt: skip
    assert len(features) == len(units)
    rank = {c: k for k, c in enumerate(draw.COSTS)}
    drawn = {f["properties"]["tip"].split("unit:")[1].split("<")[0]: f["properties"]["st"] for f in features}  # fmt: skip
    cost = groups.set_index("group")["mean_cost"]
    shades = [rank[drawn[g]["fillColor"]] for g in cost.sort_values().index]
    assert shades == sorted(shades)
    assert set(shades) == set(range(5))
    assert features[-1]["properties"]["tip"].endswith(f"unit:{chosen}</small>")
    own = groups.iloc[0]
    assert name_of(own, lang) in features[-1]["properties"]["tip"]
    assert f"({100 * own['share_low']:.1f}" in features[-1]["properties"]["tip"]


def test_a_unit_without_a_number_is_blank(units):
    table = pd.DataFrame({"group": [units["adcode"].iloc[0]], "mean_cost": [np.nan]})
    features = draw.unit_demand_features(units, table, "mean_cost", "en", lines=("mean_cost",))
    assert {f["properties"]["st"]["fillColor"] for f in features} == {"#FFFFFF"}


def cloud(n, name="x"):
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {"lon": rng.uniform(114, 115, n), "lat": rng.uniform(30, 31, n), "label": [name] * n}
    )


def test_few_points_are_drawn_each_and_many_in_squares(wuhan):
    labs = nodes_as_places(wuhan, tiers=["lab"])
    few = reached(points_as_places(cloud(50, BAD), label="label", datum="wgs84"), labs).demand
    features = draw.point_demand_features(few, "cost", "zh", wuhan.crs)
    assert len(features) == 50
    assert all(BAD not in f["properties"]["tip"] for f in features)
    assert all("&lt;img" in f["properties"]["tip"] for f in features)
    many = reached(points_as_places(cloud(9000), datum="wgs84"), labs).demand
    features = draw.point_demand_features(many, "cost", "zh", wuhan.crs)
    assert 100 < len(features) <= draw.MOST_POINTS
    assert len(json.dumps(features)) < 500_000
    at = np.array([f["geometry"]["coordinates"] for f in features])
    assert at.min(axis=0) == pytest.approx([114, 30], abs=0.05)
    assert at.max(axis=0) == pytest.approx([115, 31], abs=0.05)


def test_squares_have_the_mean_by_weight_of_what_is_finite(wuhan):
    table = pd.DataFrame(
        {
            "lon": [114.3, 114.3001, 114.3002, 115.5], "lat": [30.6] * 4, "demand": [1.0, 3.0, 9.0, 1.0],
            "cost": [10.0, 20.0, np.inf, np.inf],
        }
    )  # fmt: skip
    squares, size = draw._squared(table, "cost", wuhan.crs, 2)
    assert sorted(squares["n"]) == [1, 3]
    full = squares[squares["n"] == 3].iloc[0]
    assert full["value"] == pytest.approx(17.5)
    assert np.isnan(squares[squares["n"] == 1]["value"].iloc[0])
    assert size >= 500
    features = draw.point_demand_features(table, "cost", "en", wuhan.crs, most=2)
    assert "17.5" in "".join(f["properties"]["tip"] for f in features)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_facilities_and_the_one_that_is_chosen(found, lang):
    table = found.facilities
    own = str(table["id"].iloc[3])
    features = draw.facility_features(table, lang, chosen=own)
    assert len(features) == len(table)
    assert features[-1]["properties"]["tip"].endswith(f"facility:{own}</small>")
    spoiled = table.assign(name_zh=BAD, name_en=BAD)
    assert all(BAD not in f["properties"]["tip"] for f in draw.facility_features(spoiled, lang))


def test_keys_have_a_swatch_for_each_shade():
    text = draw.shade_key([1, 2, 3, 4], "t", none="nobody")
    assert all(colour in text for colour in draw.COSTS)
    assert "nobody" in text
    assert "–" in draw.shade_key([], "t")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_chart_is_the_curve_with_its_band(found, lang):
    chart = reach_chart(found.curve, lang, cuts=(15, 30), at=30).to_dict()
    rows = next(v for v in chart["datasets"].values() if "value" in v[0])
    curve = found.curve
    assert [r["value"] for r in rows[:-1]] == pytest.approx(curve["share"].tolist())
    assert [r["low"] for r in rows[:-1]] == pytest.approx(curve["share_low"].tolist())
    assert rows[-1]["value"] == curve["share"].iloc[-1]
    assert [r["at"] for v in chart["datasets"].values() for r in v if set(r) == {"at"}] == [15, 30]
