"""Basemaps: what is clicked or drawn on a shifted one comes back to the place; the key stays out of the way."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo.maps.basemaps import (
    BASEMAPS,
    datum_of,
    feature_from,
    features_on,
    key_problem,
    place_from,
    place_on,
    shape_from,
    shape_on,
)
from geo.maps.ground import View, ground_call, highlight_features, view_of
from geo.maps.layers import layer_features
from geo.maps.web import base_map, layer_json, one_file_html
from geo.measure import Datum
from geo.words import say

GEOD = Geod(ellps="WGS84")
KEY = "0123456789abcdef0123456789abcdef"
# North of Hong Kong, Macau and Taiwan, whose maps are not shifted.
CHINA = st.tuples(st.floats(80, 125), st.floats(26, 45))


def options_of(call):
    return json.loads(re.search(r"window\.groundOn\(map_div, (.*)\);\n$", call)[1])


@settings(max_examples=200, deadline=None)
@given(CHINA, st.sampled_from(sorted(BASEMAPS)))
def test_a_click_comes_back_to_its_place(at, basemap):
    shown = place_on(basemap, *at)
    back = place_from(basemap, *shown)
    assert GEOD.inv(*at, *back)[2] < 0.1
    # What the map gives back has six decimals.
    rounded = place_from(basemap, *np.round(shown, 6))
    assert GEOD.inv(*at, *rounded)[2] < 0.1
    away = GEOD.inv(*at, *shown)[2]
    assert (away > 10) == (datum_of(basemap) is Datum.GCJ02)


@settings(max_examples=60, deadline=None)
@given(st.lists(CHINA, min_size=3, max_size=6, unique=True), st.sampled_from(["amap", "amap-image", "tianditu", "none"]))  # fmt: skip
def test_what_is_drawn_comes_back_too(vertices, basemap):
    line = shapely.LineString(vertices)
    feature = {
        "type": "Feature", "properties": {"id": None, "kind": "line"},
        "geometry": shapely.geometry.mapping(shape_on(basemap, line)),
    }  # fmt: skip
    back = feature_from(basemap, feature)
    assert back["properties"] == feature["properties"]
    drawn = np.array(back["geometry"]["coordinates"])
    assert GEOD.inv(*drawn.T, *np.array(vertices).T)[2].max() < 0.1
    assert shape_from("none", line) is line


def test_layers_and_features_are_shifted_alike(wuhan):
    own = layer_features(wuhan, "axes", "zh")
    once = features_on("amap", own)
    layers = json.loads(layer_json(wuhan, "axes", "zh", basemap="amap"))["features"]
    for a, b in zip(once, layers, strict=True):
        there = np.array(a["geometry"]["coordinates"]), np.array(b["geometry"]["coordinates"])
        assert there[0] == pytest.approx(there[1], abs=2e-5)
        assert a["properties"]["at"] == pytest.approx(b["properties"]["at"], abs=2e-5)
    assert features_on("tianditu", own) == own
    assert own == layer_features(wuhan, "axes", "zh")


def test_each_basemap_has_its_layers_and_whom_to_name(wuhan):
    assert next(iter(BASEMAPS)) == "none"
    for name, source in BASEMAPS.items():
        assert say(f"map.basemap.{name}", "zh") != say(f"map.basemap.{name}", "en")
        if source is None:
            continue
        assert source.attribution
        assert not source.layers[0].labels
        assert {t.labels for t in source.layers[1:]} <= {True}
        for tiles in source.layers:
            assert {"{z}", "{x}", "{y}"} <= set(re.findall(r"\{\w\}", tiles.url))
            assert ("{s}" in tiles.url) == bool(tiles.servers)
            assert ("{key}" in tiles.url) == source.needs_key
            assert 17 <= tiles.max_zoom <= 19
        chart = base_map(wuhan, basemap=name, key=KEY)
        urls = [c.tiles for c in chart._children.values() if hasattr(c, "tiles")]
        assert urls == [t.address(KEY) for t in source.layers]
    layers = {n: [re.search("LAYER=(\\w+)", t.url)[1] for t in BASEMAPS[n].layers] for n in ("tianditu", "tianditu-image")}  # fmt: skip
    assert layers == {"tianditu": ["vec", "cva"], "tianditu-image": ["img", "cia"]}


@pytest.mark.parametrize("key", ["", "a b", 'x"><script>', "abc&tk=1", "密钥", "a/b"])
def test_a_text_that_is_no_key_never_gets_into_an_address(key):
    assert key_problem(key)
    for source in BASEMAPS.values():
        for tiles in source.layers if source else ():
            assert tiles.address(key) == tiles.url.replace("{key}", "")
    assert not key_problem(KEY)


def test_the_ground_without_a_basemap_asks_for_nothing():
    options = options_of(ground_call("zh"))
    assert options["tiles"] is None
    assert options["view"] is None
    assert "http" not in json.dumps({k: v for k, v in options.items() if k != "words"})
    assert options_of(ground_call("zh", basemap="tianditu"))["tiles"] is None
    # Without a change there is nothing for the map to do.
    assert ground_call("en", basemap="osm") == ground_call("en", basemap="osm")


def test_the_ground_has_tiles_words_and_view():
    for lang in ("zh", "en"):
        options = options_of(ground_call(lang, basemap="tianditu-image", key=KEY))
        assert options["tiles"]["keyed"]
        assert [KEY in t["url"] for t in options["tiles"]["layers"]] == [True, True]
        assert options["words"]["key"] == say("map.ground.key", lang)
        assert options["locate"]
    assert not options_of(ground_call("zh", basemap="amap"))["locate"]
    box = shapely.box(114, 30, 115, 31)
    view = options_of(ground_call("zh", view=view_of("7", box, (114.5, 30.5))))["view"]
    assert view == {"token": "7", "bounds": [[30, 114], [31, 115]], "place": [30.5, 114.5], "zoom": 14}  # fmt: skip
    place = options_of(ground_call("zh", basemap="amap", view=View("8", None, (114.5, 30.5))))["view"]["place"]  # fmt: skip
    assert place[::-1] == pytest.approx(place_on("amap", 114.5, 30.5), abs=1e-6)


def test_the_key_is_in_no_export(wuhan, units):
    assert KEY not in one_file_html(wuhan, "zh", units=units)
    assert "tianditu.gov.cn" not in one_file_html(wuhan, "zh", units=units)


def test_a_highlight_is_drawn_over_its_thing(wuhan):
    axis = wuhan["optics-valley-corridor"].axis
    light, ink = highlight_features([axis])
    for feature in (light, ink):
        drawn = shapely.geometry.shape(feature["geometry"])
        assert drawn.hausdorff_distance(axis) < 3e-4
        assert not feature["properties"]["st"]["interactive"]
    assert light["properties"]["st"]["weight"] > ink["properties"]["st"]["weight"]
