from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod
from shapely import LineString
from shapely.geometry import shape

import geo
from geo.analysis.routes import route_of
from geo.maps.along_charts import PICKED, cells_of, profile_chart, strip_chart
from geo.maps.along_features import (
    bin_features,
    cross_features,
    cross_line,
    dot_features,
    node_features,
    place_text,
    slab,
    tick_features,
)
from geo.maps.web import features_json
from geo.model.corridor import Corridor

GEOD = Geod(ellps="WGS84")
STRAIGHT = Corridor.constant(LineString([(114.0, 30.5), (114.2, 30.5)]), 6.0)
TAPERED = Corridor(LineString([(114.0, 30.5), (114.2, 30.5)]), [(0.0, 2.0), (10.0, 6.0)])
BENT = Corridor.constant(LineString([(114.0, 30.5), (114.1, 30.5), (114.15, 30.6)]), 3.0)


def area(polygon):
    return abs(GEOD.geometry_area_perimeter(polygon)[0]) / 1e6


def length(line):
    return GEOD.geometry_length(line) / 1000


@pytest.mark.parametrize(("start", "end"), [(0.0, 1.0), (3.2, 8.4), (18.0, 30.0)])
def test_a_bin_is_as_long_as_it_says_and_as_wide_as_the_corridor(start, end):
    route = route_of(STRAIGHT)
    kilometres = min(end, route.length / 1000) - start
    assert area(slab(route, start, end)) == pytest.approx(kilometres * 6, rel=2e-4)


def test_a_bin_of_a_taper_is_a_trapezium():
    # From 2 + 0.4 · 2 = 2.8 km wide to 2 + 0.4 · 5 = 4 km, over 3 km.
    assert area(slab(route_of(TAPERED), 2.0, 5.0)) == pytest.approx(3 * (2.8 + 4) / 2, rel=5e-3)


def test_bins_cover_the_corridor_and_no_more():
    route = route_of(BENT)
    whole = shapely.union_all([slab(route, k, k + 1) for k in np.arange(0, route.length / 1000)])
    beyond = whole.difference(BENT.footprint.buffer(0.008))
    assert beyond.area == 0
    # All but the round ends and the outer sliver at the bend, where a place is nearest to the bend itself.
    assert area(whole) == pytest.approx(area(BENT.footprint) - np.pi * 1.5**2, rel=0.02)


def test_a_line_across_is_as_long_as_the_width_and_at_a_right_angle():
    for about in (STRAIGHT, TAPERED):
        route = route_of(about)
        for at in (0.0, 4.0, 12.0):
            line = cross_line(route, at)
            assert length(line) == pytest.approx(
                2 * float(route.half_width(at * 1000)) / 1000, rel=1e-4
            )
            azimuth = GEOD.inv(*line.coords[0], *line.coords[1])[0] % 360
            # The axis runs east: from left to right is from north to south.
            assert azimuth == pytest.approx(180, abs=0.2)
    assert length(cross_line(route_of(STRAIGHT), 1.0, half_km=0.5)) == pytest.approx(1, rel=1e-4)


def test_what_marks_a_place_stands_there():
    route = route_of(STRAIGHT)
    marks = cross_features(route, "en", at_km=4.0, off_km=-1.0, reach=(4.0, 5.0))
    kinds = [f["geometry"]["type"] for f in marks]
    assert kinds == ["Polygon", "LineString", "Point"]
    point = shape(marks[-1]["geometry"])
    assert length(LineString([(114.0, 30.5), (point.x, 30.5)])) == pytest.approx(4, abs=0.01)
    assert point.y > 30.5
    assert marks[-1]["properties"]["tip"] == "At 4.00 km, 1.00 km to the left"
    # Outside the corridor a broken line leads there; a known position is kept as it is.
    far = cross_features(route, "zh", at_km=4.0, off_km=7.0, point=(114.05, 30.4))
    assert [f["geometry"]["type"] for f in far] == ["LineString", "LineString", "Point"]
    assert (
        far[1]["geometry"]["coordinates"][-1] == far[2]["geometry"]["coordinates"] == (114.05, 30.4)
    )
    assert place_text("zh", 4.0, 7.0) == "里程 4.00 公里,右侧 7.00 公里"
    assert place_text("en", 4.0, 0.0) == "At 4.00 km, on the axis"


def test_bins_are_drawn_by_their_value():
    bins = pd.DataFrame(
        {"from_km": [0.0, 1.0], "to_km": [1.0, 2.0], "value": [2.0, 4.0], "value_low": [1.0, 3.0], "value_high": [3.0, 9.0]}
    )  # fmt: skip
    shapes = [slab(route_of(STRAIGHT), k, k + 1) for k in (0, 1)]
    first, second = bin_features(shapes, bins, "en")
    assert shape(second["geometry"]).equals_exact(shapes[1], 1e-5)
    assert second["properties"]["st"]["fillOpacity"] == pytest.approx(0.62)
    assert first["properties"]["st"]["fillOpacity"] == pytest.approx(0.32)
    assert second["properties"]["tip"] == "1–2 km: 4 (3–9)"
    assert bin_features(shapes * 300, pd.concat([bins] * 300), "en") == []
    none = bins.assign(value=0.0)
    assert {f["properties"]["st"]["fillOpacity"] for f in bin_features(shapes, none, "zh")} == {
        0.02
    }


def test_kilometres_stand_where_they_are():
    ticks = tick_features(route_of(STRAIGHT), "zh", step_km=5)
    assert [t["properties"]["label"] for t in ticks] == ["0 公里", "5 公里", "10 公里", "15 公里"]
    for k, tick in enumerate(ticks):
        lat, lon = tick["properties"]["at"]
        assert GEOD.inv(114.0, 30.5, lon, lat)[2] == pytest.approx(5000 * k, abs=12)


def test_words_from_data_are_never_markup(wuhan):
    evil = "<img src=x onerror=alert(1)>"
    dots = dot_features(np.array([114.0]), np.array([30.5]), [7], [evil], "en")
    nodes = node_features(wuhan.nodes.head(1).assign(name_zh=evil, name_en=evil), "zh")
    text = features_json([*dots, *nodes])
    assert "<" not in text
    tip = json.loads(text)["features"][0]["properties"]["tip"]
    assert "<img" not in tip
    assert tip.endswith("<small>№ row:7</small>")
    assert "Row 7" in dot_features(np.array([114.0]), np.array([30.5]), [7], [""], "en")[0]["properties"]["tip"]  # fmt: skip


def test_cells_hold_every_point_within_the_strip():
    rng = np.random.default_rng(4)
    at, off = rng.uniform(0, 20, 500), rng.uniform(-5, 5, 500)
    cells = cells_of(at, off, length_km=20.0, reach_km=3.0, step_km=1.5)
    assert len(cells) == 14 * 12
    assert cells["count"].sum() == (np.abs(off) <= 3).sum()
    for row in cells.sample(20, random_state=1).to_dict("records"):
        inside = (
            (at >= row["from"]) & (at < row["to"]) & (off >= row["left"]) & (off < row["right"])
        )
        assert row["count"] == inside.sum()
        assert row["at"] == (row["from"] + row["to"]) / 2


def layers_of(chart):
    spec = chart.to_dict()
    sets = spec["datasets"]
    own = [(layer["mark"]["type"], sets[layer["data"]["name"]], layer) for layer in spec["layer"]]
    return spec, own


@pytest.fixture(scope="module")
def bins(wuhan):
    nodes = wuhan.nodes[wuhan.nodes["tier"].isin(["lab", "park"])]
    return geo.profile(nodes, wuhan["optics-valley-corridor"], by="tier").bins


def test_the_profile_draws_what_it_is_given(bins):
    own = bins[(bins["side"] == "all") & (bins["by"] == "")]
    spec, layers = layers_of(profile_chart(own, "zh", title="每段点数", words={"": "合计"}, at=3.5))
    assert [kind for kind, *_ in layers] == ["bar", "rule", "rule", "rect"]
    assert [r["value"] for r in layers[0][1]] == own["value"].tolist()
    assert [r["high"] for r in layers[1][1]] == own["value_high"].tolist()
    assert layers[2][1] == [{"at": 3.5}]
    # A click anywhere over a bin picks its middle.
    assert [r["at"] for r in layers[3][1]] == ((own["from_km"] + own["to_km"]) / 2).tolist()
    assert spec["params"][0]["name"] == PICKED
    assert spec["params"][0]["select"]["fields"] == ["at", "off"]
    tip = layers[3][1][4]["v0"]
    row = own.iloc[4]
    assert tip == f"{row['value']:g} ({row['value_low']:g}–{row['value_high']:g})"


def test_categories_are_steps_with_bands(bins):
    own = bins[(bins["side"] == "all") & (bins["by"] != "")]
    _, layers = layers_of(profile_chart(own, "en", title="Count", words={"lab": "Labs", "park": "Parks"}))  # fmt: skip
    assert [kind for kind, *_ in layers] == ["area", "line", "rect"]
    drawn = pd.DataFrame(layers[1][1])
    for name, by in (("Labs", "lab"), ("Parks", "park")):
        values = drawn.loc[drawn["name"] == name, "value"].tolist()
        expected = own.loc[own["by"] == by, "value"].tolist()
        # The last step is drawn to its end.
        assert values[: len(expected)] == expected or sorted(values) == sorted(
            [*expected, expected[-1]]
        )
    assert layers[1][2]["encoding"]["color"]["scale"]["domain"] == ["Labs", "Parks"]


def test_the_strip_draws_places_and_marks_one():
    nodes = pd.DataFrame(
        {"chainage_km": [1.0, 1.2, 9.5], "offset_km": [0.5, 0.1, -1], "name_zh": ["甲", "乙", "丙"], "name_en": ["A", "B", "C"], "tier": ["lab", "park", "lab"]}
    )  # fmt: skip
    cells = cells_of([1.0], [0.5], length_km=10.0, reach_km=3.0, step_km=1.0)
    widths = pd.DataFrame({"chainage_km": [0.0, 10], "half_width_km": [2.0, 3]})
    dots = pd.DataFrame({"chainage_km": [1.0], "offset_km": [0.5], "name": ["x"]})
    spec, layers = layers_of(strip_chart(cells, widths, "en", nodes=nodes, dots=dots, picked=(4.0, -9.0)))  # fmt: skip
    kinds = [kind for kind, *_ in layers]
    assert kinds == ["area", "rule", "rect", "circle", "circle", "text", "text", "rule", "point"]
    assert spec["layer"][2]["encoding"]["y"]["scale"] == {"domain": [-3.0, 3.0], "nice": False, "reverse": True}  # fmt: skip
    # Two names at one place: the second is left out; the last is written to the left.
    assert [r["name"] for r in layers[5][1]] == ["A"]
    assert [r["name"] for r in layers[6][1]] == ["C"]
    assert layers[8][1] == [{"at": 4.0, "off": -3.0}]
    # With single points cells are there for clicks only.
    assert {r["shade"] for r in layers[2][1]} == {0.001}
    shaded = layers_of(strip_chart(cells, widths, "zh", nodes=nodes.head(0)))[1]
    assert max(r["shade"] for r in shaded[2][1]) == pytest.approx(0.9)
    assert len(shaded) == 3
