"""Charts and map features of concentration and of the scorecard: whole, escaped, small."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import shapely

import geo
from geo.analysis.concentration.lorenz import lorenz_curves
from geo.analysis.concentration.regions import densest_regions, patches_of
from geo.datasets.demo import demo_points
from geo.maps import concentration_charts as charts
from geo.maps import concentration_features as features
from geo.maps import score_charts
from geo.maps.web import features_json
from geo.words import LANGUAGES

BAD = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def firms(wuhan):
    return demo_points(wuhan, n=2000)


@pytest.fixture(scope="module")
def units(wuhan):
    return geo.read_units(wuhan)


def values_of(chart, n=None):
    """The data of a chart, and that the chart is a whole Vega-Lite specification."""
    spec = chart.to_dict()
    assert spec["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
    return [row for rows in spec["datasets"].values() for row in rows]


def drawn(found):
    """What is drawn is small, valid JSON, in WGS84, and every text in it is escaped."""
    text = features_json(found)
    assert len(text) < 500_000
    assert len(found) < 2_000
    assert "<img" not in text
    for feature in json.loads(text)["features"]:
        shape = shapely.geometry.shape(feature["geometry"])
        west, south, east, north = shape.bounds
        assert 105 < west <= east < 122
        assert 25 < south <= north < 36
        assert feature["properties"]["tip"]
        assert "№ " in feature["properties"]["tip"]
    return json.loads(text)["features"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_heat_map_says_what_the_table_says(wuhan, firms, lang):
    table = geo.location_quotients(firms, wuhan, by="industry").table
    rows = [r for r in values_of(charts.quotient_heat(table, lang)) if "lq" in r]
    assert len(rows) == len(table)
    for row, own in zip(rows, table.to_dict("records"), strict=True):
        assert row["place"] == own[f"footprint_{lang}"]
        if own["lq"] != own["lq"]:
            assert row["text"] == "–"
            continue
        assert row["lq"] == pytest.approx(own["lq"])
        assert -2 <= row["strength"] <= 2
        clear = own["lq_ci_low"] > 1 or own["lq_ci_high"] < 1
        assert (row["weight"] == 1) == (clear and not own["few"])


def test_dots_carry_both_intervals_and_keep_zero_ends_on_a_log_axis():
    frame = pd.DataFrame(
        {"by": ["a", "b", "c"], "v": [1.2, 0.0, np.nan], "lo": [0.0, 0.0, np.nan], "hi": [2, 1.0, np.nan], "cl": [0.9, 0, np.nan], "ch": [1.5, 3, np.nan]}
    )  # fmt: skip
    chart = charts.interval_dots(frame, "by", "v", title="t", band=("lo", "hi"), interval=("cl", "ch"), reference=1, log=True)  # fmt: skip
    rows = {r["name"]: r for r in values_of(chart) if "name" in r}
    assert list(rows) == ["a", "b", "c"]
    assert 0 < rows["a"]["band_low"] < 0.9
    assert rows["b"]["value"] is None
    assert rows["c"]["interval_high"] is None
    plain = charts.interval_dots(frame, "by", "v", title="t", band=("lo", "hi"))
    assert {r["band_low"] for r in values_of(plain) if r.get("name") == "a"} == {0.0}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_lorenz_curves_are_drawn_from_corner_to_corner(wuhan, firms, units, lang):
    table = lorenz_curves(firms, wuhan, units=units).table
    rows = values_of(charts.lorenz_chart(table, lang, weighed=False))
    for name in set(table[f"footprint_{lang}"]):
        own = [(r["x"], r["y"]) for r in rows if r.get("name") == name]
        assert min(own) == (0, 0)
        assert max(own) == (1, 1)


def test_ellipses_are_drawn_with_their_centres_and_the_path_of_years(wuhan, firms):
    result = geo.mean_centres(firms, wuhan, by="industry")
    found = drawn(features.ellipse_features(result.layer, "zh"))
    kinds = [f["geometry"]["type"] for f in found]
    assert kinds.count("Polygon") == kinds.count("Point") == len(result.table)
    firms.frame["when"] = np.where(firms.frame["founded"] < 2020, 2010, 2020)
    by_year = geo.mean_centres(firms, wuhan, year="when")
    found = drawn(features.ellipse_features(by_year.layer, "en"))
    line = next(f for f in found if f["geometry"]["type"] == "LineString")
    ends = by_year.table[by_year.table["year"] != ""][["lon", "lat"]].to_numpy()
    assert np.asarray(line["geometry"]["coordinates"]) == pytest.approx(ends, abs=1e-4)


def test_regions_patches_and_clusters_are_few_and_small_shapes(wuhan, firms, units):
    density = geo.kernel_density(firms, wuhan, cell_km=3, study=units)
    regions = densest_regions(density)
    found = drawn(features.region_features(regions, "zh"))
    assert len(found) == len(features.region_colours(len(regions))) == 4
    local = geo.local_statistics(firms, wuhan, cell_km=3, study=units, permutations=9999)
    for kind, colours in (("g_type", features.SPOT_COLOURS), ("moran_type", features.MORAN_COLOURS)):  # fmt: skip
        patches = patches_of(local.layer, kind, without=["none"], sums=["cell_value"])
        found = drawn(features.spot_features(patches, kind, "en"))
        assert 0 < len(found) == min(len(patches), features.MOST)
        assert {f["properties"]["st"]["color"] for f in found} <= set(colours.values())
    growth = geo.growth_types(firms, wuhan, year="founded", first=2012, last=2024, founded=True, cell_km=2, study=units, least=2)  # fmt: skip
    patches = patches_of(growth.layer, "type", without=["sparse"], sums=["at_first", "at_last"])
    assert len(drawn(features.growth_features(patches, "zh"))) == min(len(patches), features.MOST)
    clusters = geo.dbscan_clusters(firms, wuhan, eps_m=800, least=5)
    found = drawn(features.cluster_features(clusters.layer, "zh"))
    assert sum(f["geometry"]["type"] == "Point" for f in found) == len(clusters.table)


def test_text_from_data_is_escaped(wuhan, firms):
    frame = firms.frame.assign(industry=BAD)
    layer = geo.mean_centres(frame, wuhan, by="industry", datum="wgs84").layer
    drawn(features.ellipse_features(layer, "zh"))
    clusters = geo.dbscan_clusters(firms, wuhan, eps_m=800, least=5).layer.assign(node_zh=BAD)
    drawn(features.cluster_features(clusters, "zh"))
    assert "<img" not in features.key_html([("#000000", BAD)])


def test_nothing_is_drawn_of_nothing(wuhan, firms):
    layer = geo.dbscan_clusters(firms, wuhan, eps_m=10, least=1000).layer
    assert features.cluster_features(layer, "zh") == []
    assert features.region_colours(0) == ()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_marks_and_items_are_drawn_as_they_are(wuhan, lang):
    card = geo.scorecard(wuhan, "optics-valley-corridor")
    marks = card.marks.assign(footprint_zh="甲", footprint_en="A")
    rows = values_of(score_charts.mark_chart(marks, lang))
    assert [r["mark"] for r in rows] == card.marks["mark"].tolist()
    rows = [r for r in values_of(score_charts.item_chart(card.items, lang)) if "times" in r]
    tested = card.items[card.items["passes"] != "untested"]
    assert len(rows) == len(tested)
    for row in rows:
        right = row["times"] >= 1
        assert right == (row["passes"] == "yes")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_indicators_ranks_and_panels_are_drawn(wuhan, firms, lang):
    table = pd.DataFrame({"indicator": ["a", "b"], "base": [0, np.nan], "base_year": [2020, 2020], "now": [5, 3], "now_year": [2023, 2023], "target": [10, 10], "target_year": [2026, 2026]})  # fmt: skip
    rows = values_of(score_charts.progress_chart(geo.indicators(table), lang))
    assert [(r["name"], r["progress"], r["expected"]) for r in rows] == [("a", 0.5, 0.5)]
    panel = geo.panel(wuhan, firms, period="founded").table
    ranks = geo.composite(pd.DataFrame({"id": list("abc"), "x": [1, 2, 3], "y": [3, 1, 9]}), ["x", "y"], draws=50)  # fmt: skip
    chart = score_charts.rank_chart(ranks.table, "id", lang, equal=False)
    assert {r["name"] for r in values_of(chart)} == {"a", "b", "c"}
    bars = values_of(score_charts.weight_bars(ranks.weights, {"x": "X"}, lang))
    assert [r["name"] for r in bars if "name" in r] == ["X", "y"]
    heat = values_of(score_charts.panel_heat(panel, "count", lang, most=5))
    assert len({r["name"] for r in heat}) == 5
    top = panel.groupby("unit")["count"].sum().nlargest(5)
    assert sum(r["value"] for r in heat) == top.sum()
