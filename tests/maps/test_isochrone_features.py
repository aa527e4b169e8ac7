"""Map features of isochrones and ways: nearer above farther, escaped, small; the same on paper."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from matplotlib.colors import to_rgb

from geo.analysis.isochrones import isochrones
from geo.analysis.places import Places
from geo.maps.isochrone_features import (
    band_colours,
    isochrone_key,
    isochrone_layers,
)
from geo.maps.static import map_file
from geo.maps.web import features_json
from geo.network.graph import Network
from geo.network.travel import Straight
from geo.words import LANGUAGES

BAD = "<img src=x onerror=alert(1)>"


def facilities(at):
    at = np.asarray(at, dtype=float)
    names = np.array([f"{BAD}{k}" for k in range(len(at))], dtype=object)
    return Places(names, names, names, *at.T, np.ones(len(at)), np.zeros(len(at)), names)


def streets(n=20, step=0.002):
    row, column = np.divmod(np.arange(n * n), n)
    nodes = np.column_stack([114.3 + step * column, 30.5 + step * row])
    across, up = np.flatnonzero(column < n - 1), np.flatnonzero(row < n - 1)
    start, end = np.concatenate([across, up]), np.concatenate([across + 1, up + n])
    lines = shapely.linestrings(np.stack([nodes[start], nodes[end]], axis=1))
    km = np.full(len(start), 0.2)
    ends = start.astype(np.int32), end.astype(np.int32)
    return Network("s", "user", "", *nodes.T, *ends, km, km * 2, np.zeros(len(km), np.int8), lines)


def drawn(features):
    text = features_json(features)
    assert len(text) < 500_000
    assert "<img" not in text
    assert "\\u003cimg" not in text
    for feature in json.loads(text)["features"]:
        assert "№ " in feature["properties"]["tip"]
        assert not shapely.geometry.shape(feature["geometry"]).is_empty
    return json.loads(text)["features"]


def test_nearer_bands_are_darker():
    for n in (1, 2, 3, 7, 12):
        light = [np.dot(to_rgb(c), (0.2126, 0.7152, 0.0722)) for c in band_colours(n)]
        assert len(light) == n
        assert (np.diff(light) > 0).all()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("apart", [False, True])
def test_the_ground_of_each_limit_is_drawn_with_its_words(lang, apart):
    at = facilities([[114.31, 30.51], [114.325, 30.52]])
    found = isochrones(streets(), at, (1, 2, 3), by_facility=apart)
    layers = isochrone_layers(found.table, lang)
    assert list(layers) == (["2–3 分钟", "1–2 分钟", "0–1 分钟"] if lang == "zh" else ["2–3 min", "1–2 min", "0–1 min"])  # fmt: skip
    assert [len(v) for v in layers.values()] == [2 if apart else 1] * 3
    features = drawn([f for own in layers.values() for f in own])
    areas = [shapely.geometry.shape(f["geometry"]).area for f in features]
    degrees = [shapely.area(found.table.geometry[found.table["cut"] == c].to_numpy()).sum() for c in (3, 2, 1)]  # fmt: skip
    np.testing.assert_allclose(np.reshape(areas, (3, -1)).sum(axis=1), degrees, rtol=0.02)
    colours = [f["properties"]["st"]["fillColor"] for f in features]
    assert len(set(colours)) == (2 if apart else 3)


def test_an_estimate_is_called_one():
    found = isochrones(Straight(), facilities([[114.31, 30.51]]), (1, 2), of="km")
    layers = isochrone_layers(found.table, "zh", of="km")
    assert list(layers) == ["1–2 公里(直线估算)", "0–1 公里(直线估算)"]
    assert "直线估算" in layers["0–1 公里(直线估算)"][0]["properties"]["tip"]


def test_outlines_stay_small():
    random = np.random.default_rng(1)
    many = facilities(random.uniform((113.5, 29.9), (115, 31), (400, 2)))
    found = isochrones(Straight(), many, (10, 20, 30), by_facility=True)
    assert len(found.table) > 600
    layers = isochrone_layers(found.table, "zh")
    assert sum(len(drawn(v)) for v in layers.values()) == 600
    assert len(features_json([f for v in layers.values() for f in v])) < 900_000


def test_a_band_without_ground_is_not_drawn():
    found = isochrones(streets(3), facilities([[114.3, 31]]), (1, 2))
    assert [len(v) for v in isochrone_layers(found.table, "en").values()] == [0, 0]


def test_the_key_names_each_band_and_trusts_no_title():
    found = isochrones(streets(), facilities([[114.31, 30.51]]), (1, 2, 3))
    key = isochrone_key(found.table, "en", "<b>x")
    assert [key.index(f"{a}–{a + 1} min") for a in range(3)] == sorted(key.index(f"{a}–{a + 1} min") for a in range(3))  # fmt: skip
    assert all(colour in key for colour in band_colours(3))
    assert "<b>x" not in key


def test_the_printed_map_takes_the_same_layers(wuhan):
    found = isochrones(Straight(), facilities([[114.4, 30.5]]), (10, 20), layout=wuhan)
    own = isochrone_layers(found.table, "zh")
    assert map_file(wuhan, "zh", further=own, form="png", dpi=40).startswith(b"\x89PNG")
