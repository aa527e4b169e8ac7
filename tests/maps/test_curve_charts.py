from __future__ import annotations

import pandas as pd
import pytest

from geo.maps.curve_charts import PICKED, curve_chart

WORDS = {"a": "甲廊", "b": "乙廊"}
TABLE = pd.DataFrame(
    {
        "curve": ["a"] * 3 + ["b"] * 3, "distance_km": [0.0, 1.0, 2.0] * 2, "share_low": [0.0, 0.2, 0.3, 0.0, 0.1, 0.1],
        "share": [0.1, 0.3, 0.5, 0.0, 0.2, 0.4], "share_high": [0.2, 0.4, 0.6, 0.1, 0.3, 0.6],
    }
)  # fmt: skip
BREAKS = pd.DataFrame(
    {"curve": ["b", "a"], "distance_km_low": [0.5, 4.0], "distance_km": [1.5, 5.0], "distance_km_high": [9.0, 6.0]}
)  # fmt: skip


def layers_of(chart):
    spec = chart.to_dict()
    return spec, [(v["mark"]["type"], spec["datasets"][v["data"]["name"]], v) for v in spec["layer"]]  # fmt: skip


def test_curves_carry_their_bands_and_bends():
    spec, layers = layers_of(curve_chart(TABLE, "zh", title="占比", words=WORDS, breaks=BREAKS, at=1.0))  # fmt: skip
    assert [kind for kind, *_ in layers] == ["area", "line", "rule", "point", "rule", "rule"]
    assert [r["value"] for r in layers[1][1]] == TABLE["share"].tolist()
    assert [r["high"] for r in layers[0][1]] == TABLE["share_high"].tolist()
    # On its curve, half way between 0.2 and 0.4; its interval ends with the chart; one beyond is left out.
    (mark,) = layers[3][1]
    assert (mark["name"], mark["at"], mark["from"], mark["to"]) == ("乙廊", 1.5, 0.5, 2.0)
    assert mark["value"] == pytest.approx(0.3)
    assert mark["interval"] == "0.50–9.00"
    assert layers[4][1] == [{"at": 1.0}]
    assert [r["at"] for r in layers[5][1]] == [0.0, 1.0, 2.0]
    assert layers[5][1][1]["v1"] == "20.0% (10.0%–30.0%)"
    assert spec["params"][0]["name"] == PICKED


def test_a_logarithm_has_no_zero():
    _, layers = layers_of(curve_chart(TABLE, "en", title="Share", words=WORDS, log=True))
    assert {r["at"] for r in layers[1][1]} == {1.0, 2.0}
    scale = layers[1][2]["encoding"]["x"]["scale"]
    assert scale["type"] == "log"
    assert scale["domain"] == [1.0, 2.0]
    assert layers[1][2]["encoding"]["x"]["title"] == "Distance (km)"


def test_names_keep_their_order_and_colours():
    _, layers = layers_of(curve_chart(TABLE, "zh", title="占比", words={"b": "乙廊", "a": "甲廊"}))
    scale = layers[1][2]["encoding"]["color"]["scale"]
    assert scale["domain"] == ["乙廊", "甲廊"]
    assert len(set(scale["range"])) == 2
