"""Facts that the layout's tables and layers must keep, read without the library's model."""

from __future__ import annotations

import csv
import json

import pytest
from geographiclib.geodesic import Geodesic

from geo.datasets import home

FOLDER = home() / "data" / "geojson" / "wuhan"
LAYERS = ("zones", "corridors", "belts", "nodes", "links", "roads", "rivers")


def rows(name):
    with (FOLDER / f"{name}.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def features():
    found = {}
    for layer in LAYERS:
        for feature in json.loads((FOLDER / f"{layer}.geojson").read_text("utf-8"))["features"]:
            key = feature["properties"]["id"]
            assert key not in found, key
            found[key] = feature
    return found


def apart_km(a, b):
    (x, y), (u, v) = a["geometry"]["coordinates"], b["geometry"]["coordinates"]
    return Geodesic.WGS84.Inverse(y, x, v, u)["s12"] / 1000


def test_the_five_of_the_corridor_are_not_the_five_of_the_belt(features):
    belt = set(features["robot-valley"]["properties"]["seats"])
    groups = set(features["optics-valley-corridor"]["properties"]["groups"])
    corridor = {"seat-wuhan"} | {g for g in groups if g.startswith("seat-")}
    assert len(belt) == len(corridor) == 5
    assert belt - corridor == {"seat-xiaogan"}
    assert corridor - belt == {"seat-xianning"}


@pytest.mark.parametrize(
    ("city", "km"),
    [("yichang", 290), ("xiangyang", 261), ("xianning", 83), ("changsha", 294), ("nanchang", 260)],
)
def test_far_seats_lie_as_far_as_known(features, city, km):
    found = apart_km(features["seat-wuhan"], features[f"seat-{city}"])
    assert found == pytest.approx(km, abs=1.5)


def test_three_extents_are_nested_and_keep_their_areas(features):
    chain, key = [], "science-island"
    while key:
        chain.append(features[key]["properties"]["area_km2"])
        key = features[key]["properties"].get("nested_in")
    assert chain == [16.8, 19.69, 100, 160, 260]


def test_what_has_no_outline_is_not_given_one(features):
    for key in ("donghu-high-tech-zone", "wuhan-new-city", "wuhan-economic-zone"):
        assert features[key]["geometry"] is None
        assert features[key]["properties"]["area_km2"] > 400


def test_every_name_and_every_id_that_is_pointed_at_exists(features):
    for feature in features.values():
        properties = feature["properties"]
        assert properties["name_zh"]
        assert properties["name_en"]
        ends = [properties.get(k) for k in ("parent", "nested_in", "from_id", "to_id")]
        for field in ("cores", "nodes", "groups", "seats", "campuses"):
            ends += properties.get(field, [])
        assert {e for e in ends if e} <= set(features), properties["id"]


def test_the_places_in_hong_kong_are_not_put_at_the_science_park(features):
    for key in ("hubei-hk-centre", "guanggu-station-hk"):
        assert features[key]["geometry"] is None


def test_nine_stations_eight_without_a_place(features):
    stations = [f for f in features.values() if f["properties"]["kind"] == "practice-station"]
    assert len(stations) == 9
    assert sum(f["geometry"] is None for f in stations) == 8


def test_two_readings_and_a_disputed_rank_stay_two_claims():
    claims = rows("claims")
    needs = [c for c in claims if c["group"] == "needs"]
    assert [float(c["value"]) for c in needs] == [7474, 7474]
    assert len({c["as_of"] for c in needs}) == 2
    rank = [c for c in claims if c["group"] == "nature-index"]
    assert {c["as_of"] for c in rank} == {"2024", "2025"}
    assert {c["status"] for c in rank} == {"disputed"}


@pytest.mark.parametrize(
    ("group", "total"), [("axis-city", 73.06), ("xiangjiang-draft", 75)], ids=["axis", "xiangjiang"]
)
def test_printed_parts_add_up(group, total):
    claims = [c for c in rows("claims") if c["group"] == group]
    (whole,) = [float(c["value"]) for c in claims if c["rule"] == "sum"]
    parts = sum(float(c["value"]) for c in claims if c["rule"] == "addend")
    assert whole == total
    assert parts == pytest.approx(total)


def test_the_printed_extent_of_the_belt_is_kept_as_printed():
    claims = [c for c in rows("claims") if c["group"] == "valley-extent"]
    assert {(c["quantity"], float(c["value"])) for c in claims} == {
        ("extent_ew", 150.0),
        ("extent_ns", 30.0),
    }
