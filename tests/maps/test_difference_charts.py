from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from geo.maps.difference_charts import MOST, difference_bars, difference_figure, differing
from geo.maps.figures import figure_file


def table_of(n, seed=0):
    random = np.random.default_rng(seed)
    diff = random.integers(-9, 10, n)
    slack = random.integers(0, 4, n)
    rows = pd.DataFrame(
        {
            "scope": "unit", "id": [f"{k:03d}" for k in range(n)], "statistic": "count", "by": "",
            "name_zh": [f"区{k}" for k in range(n)], "name_en": [f"Unit {k}" for k in range(n)],
            "diff_low": diff - slack, "diff": diff, "diff_high": diff + slack,
        }
    )  # fmt: skip
    signs = [(r.diff_low > 0, r.diff_high < 0, r.diff_low == r.diff_high == 0) for r in rows.itertuples()]  # fmt: skip
    rows["verdict"] = ["gain" if g else "loss" if x else "even" if e else "unsure" for g, x, e in signs]  # fmt: skip
    other = rows.assign(statistic="area_km2", diff=99.0)
    part = rows.assign(by="A", diff=77)
    return pd.concat([rows, other, part], ignore_index=True)


@pytest.mark.parametrize("n", [0, 1, 7, 60])
def test_what_differs_most_comes_in_order(n):
    table = table_of(n)
    shown = differing(table, "count", "unit", "en")
    own = [r for r in table.to_dict("records") if r["statistic"] == "count" and r["by"] == "" and r["verdict"] != "even"]  # fmt: skip
    reach = sorted((max(abs(r["diff_low"]), abs(r["diff"]), abs(r["diff_high"])) for r in own), reverse=True)[:MOST]  # fmt: skip
    assert len(shown) == min(len(own), MOST)
    got = sorted(shown[["diff_low", "diff", "diff_high"]].abs().max(axis=1), reverse=True)
    assert got == reach
    assert shown["diff"].is_monotonic_decreasing
    names = {r["name_en"]: r["diff"] for r in own}
    assert all(names[r.name] == r.diff for r in shown[["name", "diff"]].itertuples(index=False))


def test_names_that_come_twice_are_told_apart():
    table = table_of(4).assign(name_zh="同名", diff_low=1, diff=2, diff_high=3, verdict="gain")
    assert list(differing(table, "count", "unit", "zh")["name"]) == [f"同名 ({k})" for k in range(1, 5)]  # fmt: skip


def test_the_chart_carries_bands_and_words():
    shown = differing(table_of(12), "count", "unit", "en")
    chart = json.loads(difference_bars(shown, "scenario less base: points", "en").to_json())
    marks = [layer["mark"]["type"] for layer in chart["layer"]]
    assert marks.count("bar") == 1
    assert {"rule", "tick"} <= set(marks)
    text = json.dumps(chart, ensure_ascii=False)
    assert "unsure within the errors" in text
    assert "scenario less base: points" in text
    columns = [set(rows[0]) for rows in chart["datasets"].values()]
    assert any({"low", "value", "high", "name", "verdict"} <= own for own in columns)
    paper = figure_file(difference_figure(shown, "x"), "svg")
    assert paper.startswith(b"<?xml")
