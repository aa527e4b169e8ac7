from __future__ import annotations

import json
import time

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import box

from geo.datasets.demo import demo_firms
from geo.maps.my_points import (
    DATUM_COLOURS,
    MOST_SQUARES,
    area_features,
    datum_title,
    dot_features,
    evidence_of,
    square_features,
    squares_of,
)
from geo.maps.web import features_json
from geo.measure import distance_km, from_wgs84

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "{{7*7}}",
    "'\"><b>",
    "№ row:999",
]


def random_points(n, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(114.3, 0.3, n), rng.normal(30.6, 0.2, n)


@pytest.mark.parametrize("n", [1, 2, 1501, 30_000])
def test_squares_hold_every_point_once(n):
    lon, lat = random_points(n)
    squares = squares_of(lon, lat)
    assert squares.count.sum() == n
    assert len(squares.count) <= MOST_SQUARES
    for k in range(0, len(squares.count), max(len(squares.count) // 25, 1)):
        column, row = squares.column[k], squares.row[k]
        at = squares.members(lon, lat, f"{column}:{row}")
        west, south = squares.west + column * squares.dx, squares.south + row * squares.dy
        inside = (lon >= west) & (lon < west + squares.dx) & (lat >= south) & (lat < south + squares.dy)  # fmt: skip
        assert abs(inside.sum() - len(at)) <= 1  # a point on an edge may be rounded to either side
        assert squares.count[k] == len(at)
    assert len(squares.members(lon, lat, "nonsense")) == 0


def test_squares_have_the_size_they_are_said_to_have():
    squares = squares_of(*random_points(30_000))
    across = distance_km(114.3, 30.6, 114.3 + squares.dx, 30.6)
    along = distance_km(114.3, 30.6, 114.3, 30.6 + squares.dy)
    assert across == pytest.approx(squares.km, rel=0.02)
    assert along == pytest.approx(squares.km, rel=0.02)


def test_a_stray_point_and_the_whole_world():
    lon, lat = random_points(5000)
    squares = squares_of(np.append(lon, -170), np.append(lat, -80))
    assert squares.count.sum() == 5001
    rng = np.random.default_rng(2)
    squares = squares_of(rng.uniform(-180, 180, 20_000), rng.uniform(-85, 85, 20_000))
    assert squares.count.sum() == 20_000
    assert len(squares.count) <= MOST_SQUARES


def test_a_million_points_take_less_than_a_second():
    lon, lat = random_points(1_000_000)
    start = time.process_time()
    squares = squares_of(lon, lat)
    text = features_json(square_features(squares, "zh"))
    assert time.process_time() - start < 1.0
    assert squares.count.sum() == 1_000_000
    assert len(text) < 500_000


def test_hostile_names_are_text():
    lon, lat = random_points(len(HOSTILE))
    features = dot_features(lon, lat, range(2, 2 + len(HOSTILE)), HOSTILE, "zh")
    areas = gpd.GeoDataFrame({"id": [f"mine-{k}" for k in range(len(HOSTILE))], "name_zh": HOSTILE}, geometry=[box(114, 30, 115, 31)] * len(HOSTILE), crs=4326)  # fmt: skip
    features += area_features(areas, [1.0] * len(HOSTILE), "en")
    for k, feature in enumerate(features):
        words = feature["properties"]
        assert "<script" not in words["tip"]
        assert "<img" not in words["tip"]
        assert "<" not in words.get("label", "")
        # What is clicked is known by what stands after the last sign, which names cannot reach.
        wanted = f"row:{2 + k}" if k < len(HOSTILE) else f"mine-{k - len(HOSTILE)}"
        assert words["tip"].rpartition("№")[2].removesuffix("</small>").strip() == wanted
    assert "</script" not in features_json(features)


def test_evidence_shows_the_same_points_in_each_datum(wuhan):
    firms = demo_firms(wuhan, 800)
    x, y = from_wgs84(firms["lon"], firms["lat"], "gcj02")
    x, y = np.append(x, np.nan), np.append(y, 30.0)
    found = evidence_of(x, y, ["wgs84", "gcj02", "bd09"], "zh")
    dots = [f for f in found.features if f["geometry"]["type"] == "Point"]
    lines = [f for f in found.features if f["geometry"]["type"] == "LineString"]
    assert (len(dots), len(lines)) == (3 * found.n, found.n)
    assert 200 <= found.n <= 240
    truth = set(map(tuple, np.round(firms[["lon", "lat"]].to_numpy(), 4)))
    for datum, colour in DATUM_COLOURS.items():
        own = [f["geometry"]["coordinates"] for f in dots if f["properties"]["st"]["fillColor"] == colour]  # fmt: skip
        hits = np.mean([min(abs(lon - u) + abs(lat - v) for u, v in truth) < 2e-4 for lon, lat in own[:40]])  # fmt: skip
        assert hits == 1.0 if datum == "gcj02" else hits < 0.2, datum
    assert len(json.dumps(found.features)) < 300_000
    # Turned columns are turned back.
    turned = evidence_of(y, x, ["wgs84"], "zh", swapped=True)
    assert turned.focus == found.focus
    assert evidence_of(np.array([np.nan]), np.array([1.0]), ["wgs84"], "zh").n == 0


def test_evidence_of_grids_has_its_own_colours():
    rng = np.random.default_rng(3)
    x, y = rng.uniform(5e5, 5.2e5, 50), rng.uniform(3.37e6, 3.39e6, 50)
    found = evidence_of(x, y, ["epsg:4547", "epsg:4546"], "en")
    assert found.n == 50
    assert len(set(found.colours.values())) == 2
    shapes = [shapely.geometry.shape(f["geometry"]) for f in found.features]
    assert all(shapely.is_valid(shapes))
    assert datum_title("epsg:4547", "zh") == "EPSG:4547"
    assert datum_title("gcj02", "zh") == "GCJ-02"
