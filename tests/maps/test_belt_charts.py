from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import shapely

from geo.analysis.belt_azimuths import azimuth_scale
from geo.analysis.belt_lab import belt_lab
from geo.maps.belt_charts import azimuth_chart, draws_chart, frontier_chart, frontier_figure
from geo.maps.belt_features import SEAT_COLOURS, belt_features, rival_features
from geo.maps.figures import figure_file
from geo.model.belt import Belt
from geo.words import LANGUAGES

VALLEY = Belt(114.5001, 30.5708, 121.57, 150, 30)
TABLE = pd.DataFrame(
    {
        "length_km": [100.0, 100, 150, 150], "width_km": [10.0, 20, 10, 20], "area_km2": [1000.0, 2000, 1500, 3000],
        "share_low": [0.1, 0.2, 0.15, 0.3], "share": [0.12, 0.25, 0.2, 0.35], "share_high": [0.2, 0.3, 0.25, 0.4],
        "share_upper": [0.21, 0.31, 0.26, 0.41], "elbow": [False, True, False, False],
    }
)  # fmt: skip
PUBLISHED = pd.DataFrame(
    {
        "belt_zh": ["甲<b>"], "belt_en": ["A<b>"], "length_km": [150.0], "width_km": [15.0], "share_low": [0.1],
        "share": [0.15], "share_high": [0.18],
    }
)  # fmt: skip


def rows_of(spec):
    """All rows of data that a chart holds."""
    return [row for rows in spec["datasets"].values() for row in rows]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_scale_of_azimuths(seats, lang):
    scale = azimuth_scale(*seats, 150, 30)
    spec = azimuth_chart(scale.table, scale.ranges, 121.57, 5, lang).to_dict()
    rows = rows_of(spec)
    assert {"azimuth": 121.57, "held": 5} in rows
    assert {"azimuth": 90.0, "held": 3} in rows
    (band,) = [r for r in rows if "from" in r]
    assert (band["from"], band["to"]) == (pytest.approx(114.163, abs=1e-3), pytest.approx(137.582, abs=1e-3))  # fmt: skip


def test_a_range_across_north_is_drawn_in_two_stretches():
    table = pd.DataFrame({"azimuth_deg": [0.0, 90, 180], "held": [2, 1, 2]})
    rows = rows_of(azimuth_chart(table, [(170.0, 12.0)], 5, 2, "en").to_dict())
    assert [(r["from"], r["to"]) for r in rows if "from" in r] == [(170.0, 180.0), (0.0, 12.0)]
    none = azimuth_chart(table, [], 5, 1, "zh").to_dict()
    assert not [r for r in rows_of(none) if "from" in r]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("across", ["width_km", "area_km2"])
def test_the_frontier(lang, across):
    spec = frontier_chart(TABLE, PUBLISHED, lang, across=across, what="人数").to_dict()
    rows = rows_of(spec)
    own = [r for r in rows if "bound" in r]
    assert sorted(r["x"] for r in own) == sorted(TABLE[across])
    assert [r["share"] for r in own if r["elbow"]] == [0.25]
    (mark,) = [r for r in rows if "name" in r]
    assert mark["x"] == (15 if across == "width_km" else 2250)
    assert "人数" in json.dumps(spec, ensure_ascii=False)
    alone = frontier_chart(TABLE[:2], pd.DataFrame(), lang, across=across).to_dict()
    assert not [r for r in rows_of(alone) if "name" in r]


@pytest.mark.parametrize("form", ["svg", "png", "pdf"])
def test_the_frontier_in_print(form):
    drawn = frontier_figure(TABLE, PUBLISHED, "zh")
    axes = drawn.axes[0]
    lines = {line.get_label(): line for line in axes.lines if not line.get_label().startswith("_")}
    assert list(lines["长 150 公里的最优带"].get_xdata()) == [10, 20]
    assert list(lines["长 150 公里的最优带"].get_ydata()) == [0.2, 0.35]
    assert [list(line.get_xdata()) for line in axes.lines if line.get_marker() == "X"] == [[15.0]]
    assert "宽度" in axes.get_xlabel()
    assert [t.get_text() for t in axes.texts] == ["甲<b>:15,占 15.0%"]
    content = figure_file(drawn, form)
    assert len(content) > 5000
    assert figure_file(frontier_figure(TABLE, pd.DataFrame(), "en", across="area_km2"), form)


def test_the_draws():
    values = np.random.default_rng(0).normal(1000, 50, 500)
    spec = draws_chart(values.tolist(), (1100, 1120, 1150), "个数", "zh").to_dict()
    rows = rows_of(spec)
    assert sum(r["n"] for r in rows if "n" in r) == 500
    assert {"low": 1100, "at": 1120, "high": 1150} in rows
    assert rows_of(draws_chart([5.0] * 20, (5, 5, 5), "n", "en").to_dict())


def test_the_belt_and_its_seats_on_a_map(wuhan):
    belt = Belt(114.5001, 30.5708, 90, 150, 30)
    lab = belt_lab(belt, wuhan, belt_err_m=500)
    seats = lab.seats.assign(seat_zh="<i>x</i>")
    features = belt_features(belt, list(lab.footprint.outlines), seats, list(wuhan.seats.geometry), "zh")  # fmt: skip
    dots = [f for f in features if f["geometry"]["type"] == "Point"]
    colours = [f["properties"]["st"]["fillColor"] for f in dots]
    wanted = ["held" if a else "perhaps" if b else "missed" for a, b in zip(seats["low"], seats["high"], strict=True)]  # fmt: skip
    assert colours == [SEAT_COLOURS[w] for w in wanted]
    assert len(set(colours)) > 1
    assert all("<i>" not in f["properties"]["tip"] for f in dots)
    assert "№ seat-wuhan" in dots[0]["properties"]["tip"]
    polygons = [shapely.geometry.shape(f["geometry"]) for f in features if f["geometry"]["type"] == "Polygon"]  # fmt: skip
    assert len(polygons) == 3
    assert polygons[2].contains(polygons[0])
    assert polygons[0].contains(polygons[1])
    assert len(json.dumps(features)) < 60_000
    exact = belt_lab(belt, wuhan)
    assert len(belt_features(belt, list(exact.footprint.outlines), exact.seats, list(wuhan.seats.geometry), "en")) == 2 + 5  # fmt: skip


def test_rivals_on_a_map():
    table = pd.DataFrame(
        {"belt_zh": ["<b>", "乙"], "belt_en": ["<b>", "B"], "rank": [1, None], "published": [False, True], "share": [0.5, float("nan")]}
    )  # fmt: skip
    first, second = rival_features(table, [VALLEY, VALLEY], "en")
    assert first["properties"]["tip"].startswith("<b>&lt;b&gt;</b>")
    assert "50.0%" in first["properties"]["tip"]
    assert second["properties"]["tip"].endswith("№ fit:1</small>")
