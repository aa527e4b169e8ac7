from __future__ import annotations

import json
import re

import pytest

import geo
from geo.maps.side_by_side import PAGE_JS, changed_features, side_by_side_html
from geo.model.scenario import Scenario

OPTICS, VALLEY = "optics-valley-corridor", "robot-valley"


def edited(wuhan, *changes):
    data = {"id": "try", "name_zh": "试", "name_en": "Try", "base": "wuhan", "changes": changes}
    return geo.apply_scenario(wuhan, Scenario.of(data))


def data_of(text):
    """Return the features of both sides."""
    return [json.loads(m)["features"] for m in re.findall(r"data: (\{.*?\]\})\}", text)]


ADD = {"do": "add-node", "feature": "new", "name_zh": "</script><b>", "name_en": "x", "kind": "incubator", "lon": 114.3, "lat": 30.5}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ({"do": "turn", "feature": VALLEY, "by_deg": 5}, {VALLEY}),
        ({"do": "widen", "feature": OPTICS, "width_km": 4}, {OPTICS}),
        ({"do": "remove", "feature": "shishan-valley"}, set()),  # it had no position
        (ADD, {"new"}),
    ],
)
def test_what_differs_is_known(wuhan, change, changed):
    assert changed_features(wuhan, edited(wuhan, change), "zh", 1.0) == changed
    assert changed_features(wuhan, wuhan, "zh", 1.0) == set()


def test_both_sides_and_the_ghost(wuhan):
    other = edited(wuhan, {"do": "turn", "feature": VALLEY, "by_deg": 5})
    text = side_by_side_html(
        wuhan, other, "zh", names=("基准", "方案"), units=geo.read_units(wuhan)
    )
    left, right = data_of(text)
    known = [{f["properties"].get("id"): f for f in side} for side in (left, right)]
    assert known[0][VALLEY]["geometry"] != known[1][VALLEY]["geometry"]
    assert known[0][OPTICS]["geometry"] == known[1][OPTICS]["geometry"]
    assert known[1][VALLEY]["properties"]["st"]["weight"] > known[1][OPTICS]["properties"]["st"]["weight"]  # fmt: skip
    ghosts = [f for f in right if "id" not in f["properties"] and f["properties"]["st"].get("dashArray") == "3 5"]  # fmt: skip
    before = [f["geometry"] for f in left if f["properties"].get("id") == VALLEY]
    assert [g["geometry"] for g in ghosts] == before
    assert f'src="{PAGE_JS}"' in text
    assert len(text) < 500_000


def test_a_file_for_itself_asks_nothing_of_any_network(wuhan):
    text = side_by_side_html(wuhan, edited(wuhan, ADD), "zh", names=("a", "<i>b"), inline=True)
    assert not re.search(r"<(script|link|img)[^>]*(src|href)=", text)
    assert "<i>b" not in text
    assert "&lt;i&gt;b" in text
    # Names from data cannot end the script, nor become markup.
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 2
    assert "&lt;/script&gt;" in scripts[1]
