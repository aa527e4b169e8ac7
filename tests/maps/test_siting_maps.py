"""Maps and charts of siting: numbers, marks, and words from data that are escaped."""

from __future__ import annotations

import json

import pytest

from geo.analysis.places import nodes_as_places, units_as_places
from geo.analysis.siting import candidates_of, site, site_curve, site_trial
from geo.maps.siting_charts import VALUES, gain_chart
from geo.maps.siting_features import (
    demand_features,
    site_features,
    siting_key,
    trial_feature,
    unit_features_of,
)
from geo.maps.web import features_json
from geo.report.contents import Ask
from geo.report.sections_siting import SITING_SECTIONS


@pytest.fixture(scope="module")
def people(wuhan, units):
    return units_as_places(wuhan, units, step_km=10.0)


@pytest.fixture(scope="module")
def found(people, wuhan):
    stations = nodes_as_places(wuhan, kinds=["practice-station"])
    return site(people, candidates_of(wuhan, "tier:university"), n=3, existing=stations, within=30)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_marks(found, wuhan, units, lang):
    marks = site_features(found.sites, lang)
    assert [m["properties"].get("label") for m in marks] == [None, "1", "2", "3"]
    for mark, row in zip(marks[1:], found.chosen.to_dict("records"), strict=True):
        assert mark["geometry"]["coordinates"] == [round(row["lon"], 5), round(row["lat"], 5)]
        assert f"№ site:{row['id']}" in mark["properties"]["tip"]
    shades = unit_features_of(units, found.by_group, lang)
    assert len(shades) == len(units)
    dots = demand_features(found.served, lang, wuhan.crs, within=30.0, most=300)
    assert 0 < len(dots) <= 300
    colours = {d["properties"]["st"]["fillColor"] for d in dots}
    assert colours == {"#9ECAE1", "#E69F00"}
    assert len(features_json([*marks, *shades, *dots])) < 700_000
    assert siting_key(lang, points=True).count("<span") == 10


def test_names_from_data_are_escaped(found):
    sites = found.sites.copy()
    sites["name_zh"] = "<script>alert(1)</script>"
    assert "<script>" not in json.dumps(site_features(sites, "zh"))


def test_the_place_tried(people, wuhan):
    tried = site_trial(people, None, (114.4, 30.5))
    mark = trial_feature(114.4, 30.5, tried.change, "en")
    assert mark["properties"]["label"] == "+"
    assert f"{tried.change.iloc[0]['gained']:,.0f}" in mark["properties"]["tip"]


@pytest.mark.parametrize("model", list(VALUES))
def test_chart(people, wuhan, model):
    curve = site_curve(people, candidates_of(wuhan, "tier:university"), model=model, most=4, within=30, method="greedy")  # fmt: skip
    drawn = gain_chart(curve.table, model, "minutes", "zh", at=3).to_dict()
    rows = next(iter(drawn["datasets"].values()))
    own = curve.table[curve.table[VALUES[model]].notna()]
    assert [r["value"] for r in rows] == pytest.approx(own[VALUES[model]].tolist())
    assert all(r["low"] <= r["value"] <= r["high"] for r in rows)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_section_of_the_report(wuhan, lang):
    name, build = SITING_SECTIONS[0]
    section = build(Ask(wuhan, lang))
    assert section.name == name
    tables = {t.name: t.frame for t in section.tables}
    assert tables["siting-sites"]["order"].tolist() == [1, 2, 3, 0]
    assert tables["siting-curve"]["n"].tolist() == list(range(11))
    assert f"{100 * tables['siting-totals'].iloc[-1]['share_covered']:.1f}%" in section.words[1]
    assert section.figures[0].svg.startswith(b"<?xml")
