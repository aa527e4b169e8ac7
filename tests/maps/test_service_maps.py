"""Charts and map features of policies and service figures."""

from __future__ import annotations

import math

import pandas as pd
import pytest

import geo
from geo.analysis.policies import policies_at
from geo.analysis.service_figures import service_figures
from geo.maps.figures import figure_file
from geo.maps.policy_features import policy_features, policy_layer, shape_of_place
from geo.maps.service_charts import level_chart, range_text, rate_chart, rate_figure, rate_rows
from geo.measure import area_km2


@pytest.fixture(scope="module")
def found(wuhan):
    units = geo.read_units(wuhan)
    at = policies_at(114.4, 30.5, layout=wuhan, units=units)
    return at, policy_layer(at, wuhan, units), units


def test_what_applies_is_drawn_once_each_widest_first(found):
    at, layer, _ = found
    assert layer["level"].tolist() == ["province", "city", "district", "zone"]
    assert layer["count"].sum() == (at.table["level"] != "national").sum()
    features = policy_features(at, layer, "zh")
    assert len(features) == 5
    assert features[-1]["geometry"]["type"] == "Point"
    assert [bool(f["properties"]["st"].get("dashArray")) for f in features] == [
        False,
        False,
        False,
        True,
        False,
    ]
    assert len(str(features)) < 500_000


def test_shapes_are_those_of_the_units(found, wuhan):
    units = found[2]
    city = shape_of_place(wuhan, units, "city", "420100")
    whole = sum(area_km2(g) for g in units.geometry[units["city_adcode"] == "420100"])
    assert area_km2(city) == pytest.approx(whole, rel=0.01)
    assert shape_of_place(wuhan, None, "city", "420100") is None
    assert shape_of_place(wuhan, units, "zone", "donghu-high-tech-zone") is None
    assert shape_of_place(wuhan, units, "national", "") is None


def test_names_from_data_are_escaped(found):
    at, layer, _ = found
    hostile = layer.assign(name_zh="<img src=x>", id='"><script>')
    for feature in policy_features(at, hostile, "zh"):
        assert "<img" not in feature["properties"]["tip"]
        assert "<script" not in feature["properties"]["tip"]


def test_charts_hold_the_numbers(found, wuhan):
    chart = level_chart(found[0].table, "en").to_dict()
    (data,) = chart["datasets"].values()
    assert sum(r["n"] for r in data) == len(found[0].table)
    rates = service_figures(wuhan).rates
    for lang in ("zh", "en"):
        for _, own in rates.groupby("id"):
            rows = rate_rows(own, lang)
            assert rows["low"].tolist() == own["rate_low"].tolist()
            assert len(rate_chart(own, lang).to_dict()["layer"]) == 4
    assert figure_file(rate_figure(own, "zh"), "png")[:4] == b"\x89PNG"


def test_a_rate_without_an_end_is_drawn_so_far_and_says_so():
    rate = pd.DataFrame(
        {
            "as_of": ["2025"],
            "rate_low": [2.0],
            "rate": [2.0],
            "rate_high": [math.inf],
            "rate_unit_zh": ["项"],
            "rate_unit_en": ["each"],
        }
    )
    row = rate_rows(rate, "en").iloc[0]
    assert row["high"] == 3.0
    assert "no upper end" in row["name"]


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(9, 9, "9"), (1600, 1760, "1,600 to 1,760"), (20_000, math.inf, "20,000 or more"), (0, 0.3737, "0.3737 or less")],
)  # fmt: skip
def test_ranges_in_words(low, high, text):
    assert range_text(low, high, "en") == text
