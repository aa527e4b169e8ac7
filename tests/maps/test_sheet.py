"""What stands around a map, and what is drawn on it besides the layout."""

from __future__ import annotations

import html
import io
import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from geo.datasets.demo import demo_points
from geo.maps.dots import MOST, dot_features
from geo.maps.sheet import Imprint, imprint_lines
from geo.maps.static import draw_map, map_file
from geo.maps.web import one_file_html
from geo.measure import laea, project_points
from geo.words import say

NASTY = "</script><img src=x onerror=alert(1)>"
SQUARE = [[114.2, 30.5], [114.4, 30.5], [114.4, 30.7], [114.2, 30.5]]
FURTHER = {
    "面 <b>": [{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [SQUARE]}, "properties": {"st": {"color": "#123456", "fillColor": "#123456"}, "tip": "面"}}],
    "线": [{"type": "Feature", "geometry": {"type": "LineString", "coordinates": SQUARE}, "properties": {"st": {"color": "#654321"}}}],
    "点": [{"type": "Feature", "geometry": {"type": "MultiPoint", "coordinates": SQUARE[:3]}, "properties": {}}],
}  # fmt: skip
OWN = Imprint(title=f"图 {NASTY}", office=f"局 {NASTY}", date="2026-02-24", review_number="鄂S(2026)001号", footer=f"示意 {NASTY}")  # fmt: skip


def count_of(feature):
    return int(re.sub(r"\D", "", feature["properties"].get("tip", "1")) or 1)


@pytest.mark.parametrize("n", [0, 1, MOST, MOST + 1, 5000])
def test_no_point_is_left_out(wuhan, n):
    rng = np.random.default_rng(3)
    lon, lat = 114 + rng.normal(size=n) / 5, 30.5 + rng.normal(size=n) / 5
    features = dot_features(lon, lat, wuhan.crs, "en")
    assert len(features) <= MOST
    assert sum(map(count_of, features)) == n


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 60), st.integers(0, 10**6))
def test_circles_stand_at_the_mean_of_their_points(n, seed):
    rng = np.random.default_rng(seed)
    lon, lat = 114 + rng.random(n), 30 + rng.random(n)
    features = dot_features(lon, lat, laea(114.5, 30.5), "en", most=2)
    counts = np.array([count_of(f) for f in features])
    at = np.array([f["geometry"]["coordinates"] for f in features])
    assert np.allclose((at * counts[:, None]).sum(axis=0) / n, [lon.mean(), lat.mean()], atol=2e-6)
    radius = np.array([f["properties"]["st"]["radius"] for f in features])
    large = radius > 2.5
    # Area in proportion to the count, but for the smallest.
    assert np.ptp(radius[large] ** 2 / counts[large]) <= 0.05 * (radius**2 / counts).max()


def test_points_on_one_place_are_one_circle(wuhan):
    features = dot_features([114.3] * 3000, [30.5] * 3000, wuhan.crs, "zh")
    assert [count_of(f) for f in features] == [3000]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_printed_sheet_says_all_that_it_must(wuhan, units, lang):
    figure = draw_map(wuhan, lang, units=units, layers=("belts",), imprint=OWN, further=FURTHER)
    words = [t.get_text() for t in figure.texts]
    text = "\n".join(words)
    for part in (OWN.title, OWN.office, "2026-02-24", OWN.review_number, OWN.footer, *FURTHER, say("take.map.further", lang)):  # fmt: skip
        assert part in text
    assert say("map.static.north", lang) in [t.get_text() for t in figure.axes[0].texts]
    blank = draw_map(wuhan, lang, layers=("belts",))
    own = "\n".join(t.get_text() for t in blank.texts)
    assert own.count("_" * 12) == 2
    assert "frykit" not in own
    assert say("take.map.further", lang) not in own


def test_further_features_are_drawn_where_they_are(wuhan):
    plain = draw_map(wuhan, "en", layers=())
    more = draw_map(wuhan, "en", layers=(), further={"p": [FURTHER["点"][0]]})
    old, new = ({tuple(np.round(line.get_xydata().ravel(), 3)) for line in f.axes[0].lines} for f in (plain, more))  # fmt: skip
    expected = {tuple(np.round(xy, 3)) for xy in project_points(*np.array(SQUARE[:3]).T, wuhan.crs)}
    assert new - old == expected


def test_a_png_shows_the_colour_of_a_further_layer(wuhan):
    content = map_file(wuhan, "en", layers=(), further={"p": FURTHER["线"]}, form="png", dpi=60)
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    assert picture.size == (701, 496)
    near = (np.abs(np.asarray(picture, dtype=int) - [0x65, 0x43, 0x21]).sum(axis=2) < 40).sum()
    bare = Image.open(io.BytesIO(map_file(wuhan, "en", layers=(), form="png", dpi=60))).convert("RGB")  # fmt: skip
    assert near > 30
    assert (np.abs(np.asarray(bare, dtype=int) - [0x65, 0x43, 0x21]).sum(axis=2) < 40).sum() == 0


def test_the_one_file_map_carries_imprint_and_further_layers_escaped(wuhan):
    text = one_file_html(wuhan, "zh", imprint=OWN, further=FURTHER)
    assert NASTY not in text
    assert html.escape(NASTY) in text
    for line in imprint_lines(wuhan, "zh", OWN, units=False):
        assert html.escape(line) in text
    assert "L.control.scale" in text
    assert 'data-layer="further-2"' in text
    assert json.dumps(SQUARE, separators=(",", ":")) in text
    plain = one_file_html(wuhan, "zh")
    assert "map-imprint" not in plain
    assert "further-0" not in plain


def test_the_demo_firms_fit_into_one_file(wuhan):
    at = demo_points(wuhan).frame.geometry
    size = len(json.dumps(dot_features(at.x, at.y, wuhan.crs, "zh")))
    assert size < 500_000
