"""Map features, lines and the section of a report about matches."""

from __future__ import annotations

import json
import math

import pytest
import shapely

from geo.analysis.matching import bundled_needs, match, needs_of, supply_from, supply_of
from geo.analysis.matching.lines import match_lines
from geo.maps.matching_features import match_features, match_focus
from geo.measure import area_km2, distance_km
from geo.report.contents import Ask
from geo.report.sections_matching import MATCHING_SECTIONS

EVIL = "<img src=x onerror=alert(1)>\u2028</script>"


@pytest.fixture(scope="module")
def found(wuhan):
    return match(bundled_needs(wuhan), supply_of(wuhan), most=6)


def test_the_need_its_error_its_suppliers_and_lines(found):
    features = match_features(found, "need-jiangxia", "zh")
    kinds = [f["geometry"]["type"] for f in features]
    located = found.table["minutes"].notna().sum()
    assert kinds.count("LineString") == kinds.count("Point") - 1 == located
    circle = shapely.geometry.shape(features[0]["geometry"])
    err = found.needs.frame["err_m"].iat[0]
    assert area_km2(circle) == pytest.approx(math.pi * (err / 1000) ** 2, rel=0.01)
    labels = [f["properties"]["label"] for f in features if "label" in f["properties"]]
    assert labels == [str(r) for r in range(located, 0, -1)]
    solid = [f for f in features if f["geometry"]["type"] == "LineString" and "dashArray" not in f["properties"]["st"]]  # fmt: skip
    assert len(solid) == 1
    lon, lat, zoom = match_focus(found, "need-jiangxia")
    assert 114 < lon < 115
    assert 30 < lat < 31
    assert 5 <= zoom <= 13


def test_words_from_data_are_escaped():
    needs = needs_of([{"id": EVIL, "name": EVIL, "text": "激光", "lon": 114.3, "lat": 30.5}], datum="wgs84")  # fmt: skip
    supply = supply_from([{"id": EVIL, "name": EVIL + "甲", "fields": "lasers", "lon": 114.4, "lat": 30.5}], datum="wgs84")  # fmt: skip
    own = match(needs, supply)
    assert len(own.table) == 1
    text = json.dumps(match_features(own, EVIL, "en"), ensure_ascii=False)
    assert "<img" not in text
    assert "</script" not in text
    assert "\u2028" not in own.table["reason_zh"].iat[0]


def test_who_has_no_position_is_left_out(found):
    own = match(needs_of([{"id": "a", "text": "激光"}]), supply_from([{"name": "甲", "fields": "lasers"}]))  # fmt: skip
    assert match_features(own, "a", "zh") == []
    assert match_focus(own, "a") is None
    assert not len(match_lines(own))


def test_lines_are_as_long_as_the_ways(found):
    lines = match_lines(found)
    assert lines.crs.to_epsg() == 4326
    assert (lines["status"] == "computed").all()
    for row in lines.itertuples():
        ends = shapely.get_coordinates(row.geometry)[[0, -1]]
        km = float(distance_km(*ends[0], *ends[1]))
        assert row.minutes == pytest.approx(km * 1.3 / 40 * 60, rel=1e-5)
    assert match_lines(found, "none").empty


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_section_of_a_report(wuhan, lang):
    section = MATCHING_SECTIONS[0][1](Ask(wuhan, lang))
    tables = {t.name: t.frame for t in section.tables}
    assert tables["matching-matches"]["supplier"].iat[0] == "univ-hzau"
    assert set(tables) == {"matching-needs", "matching-matches", "matching-services"}
    assert len(section.figures) == 1
    assert "Pearl" in section.words[-1]


def test_a_layout_without_needs_says_so(tmp_path):
    from geo.io.layouts import read_layout

    (tmp_path / "layout.toml").write_text('id="bare"\nname_zh="空"\nname_en="Bare"\ncentre=[114.3, 30.5]\n', encoding="utf-8")  # fmt: skip
    section = MATCHING_SECTIONS[0][1](Ask(read_layout(tmp_path), "en"))
    assert not section.tables
    assert "No needs" in section.words[0]
