from __future__ import annotations

import typing

import pytest

import geo
from geo.errors import LayoutError
from geo.io.scenarios import change_words, changes_table, parse_scenario, scenario_text
from geo.model.changes import Change
from geo.model.scenario import Scenario

OPTICS, VALLEY = "optics-valley-corridor", "robot-valley"
CHANGES = [
    {"do": "move", "feature": OPTICS, "by_km": 4, "azimuth_deg": 180},
    {"do": "turn", "feature": VALLEY, "by_deg": -12.5},
    {"do": "turn", "feature": VALLEY, "by_deg": 3},
    {"do": "widen", "feature": VALLEY, "width_km": 20},
    {"do": "widths", "feature": OPTICS, "widths_km": [[0, 2], [20, 8.5]]},
    {"do": "lengthen", "feature": VALLEY, "length_km": 120},
    {"do": "lengthen", "feature": OPTICS, "start_km": 3, "end_km": -5},
    {"do": "axis", "feature": OPTICS, "coordinates": [[114, 30], [115, 30]]},
    {"do": "outline", "feature": "wuhan-new-city", "coordinates": [[114, 30], [114.1, 30], [114.1, 30.1]]},
    {"do": "add-node", "feature": "new", "name_zh": "新", "name_en": "New", "kind": "incubator", "lon": 114.4, "lat": 30.5},
    {"do": "place", "feature": "new", "lon": 114.5, "lat": 30.6},
    {"do": "remove", "feature": "new"},
]  # fmt: skip


def scenario():
    return Scenario.of({"id": "try", "name_zh": "试", "name_en": "Try", "base": "wuhan", "changes": CHANGES})  # fmt: skip


def test_each_change_is_told_in_both_languages(wuhan):
    own = scenario()
    kinds = {typing.get_args(m.model_fields["do"].annotation)[0] for m in typing.get_args(typing.get_args(Change)[0])}  # fmt: skip
    assert {c["do"] for c in CHANGES} == kinds
    said = {lang: [change_words(wuhan, own, c, lang) for c in own.changes] for lang in ("zh", "en")}
    assert said["zh"][0] == "“光谷科技创新大走廊”向南移动 4 公里(方位角 180°)"
    assert (
        said["en"][0] == "“Optics Valley S&T Innovation Corridor” moves 4 km south (azimuth 180°)"
    )
    assert "逆时针转 12.5°" in said["zh"][1]
    assert "3° clockwise" in said["en"][2]
    assert "0 公里处 2 公里、20 公里处 8.5 公里" in said["zh"][4]
    assert "+3 km at its start, −5 km at its end" in said["en"][6]
    assert "“New” (incubator; longitude 114.4000°" in said["en"][9]
    assert said["zh"][11] == "删除“新”"
    assert all(any("\u4e00" <= c <= "\u9fff" for c in t) for t in said["zh"])
    assert not any("\u4e00" <= c <= "\u9fff" for t in said["en"] for c in t)


@pytest.mark.parametrize(("azimuth", "towards"), [(0, "north"), (22, "north"), (23, "north-east"), (90, "east"), (359, "north"), (-90, "west")])  # fmt: skip
def test_directions_are_named(wuhan, azimuth, towards):
    own = Scenario.of({"id": "try", "name_zh": "试", "name_en": "Try", "base": "wuhan", "changes": [{"do": "move", "feature": OPTICS, "by_km": 1, "azimuth_deg": azimuth}]})  # fmt: skip
    assert f" km {towards} (" in change_words(wuhan, own, own.changes[0], "en")


def test_the_table_of_changes(wuhan):
    table = changes_table(wuhan, scenario())
    assert list(table["step"]) == list(range(1, len(CHANGES) + 1))
    assert list(table["id"]) == [c["feature"] for c in CHANGES]
    empty = changes_table(wuhan, scenario().model_copy(update={"changes": ()}))
    assert list(empty.columns) == list(table.columns)


def test_what_a_file_holds_comes_back(wuhan):
    own = scenario()
    assert parse_scenario(scenario_text(own).encode(), "s.json") == own
    assert parse_scenario(b"\xef\xbb\xbf" + scenario_text(own).encode(), "s.json") == own
    named = own.model_copy(update={"name_zh": "[ 1, 2 ] [\n 1,\n 2\n]"})
    assert parse_scenario(scenario_text(named).encode(), "s.json") == named
    assert "[114.0, 30.0],\n" in scenario_text(own)
    assert geo.apply_scenario(wuhan, own).id == "wuhan"
    with pytest.raises(LayoutError, match=r"s\.json: nested too deeply|s\.json: not valid JSON"):
        parse_scenario(b"[" * 200_000, "s.json")
    with pytest.raises(LayoutError, match=r"s\.json: not UTF-8"):
        parse_scenario(b"\xff\xfe", "s.json")
