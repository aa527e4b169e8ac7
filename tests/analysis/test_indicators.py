from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geo.analysis.indicators import PACES, indicators, indicators_of
from geo.errors import PointsError
from geo.words import catalogue


def one(**values):
    return indicators(pd.DataFrame([{"indicator": "x"} | values])).iloc[0]


def test_progress_against_closed_forms():
    row = one(base_year=2020, base=10, now_year=2025, now=20, target_year=2030, target=30)
    assert (row["progress"], row["expected"], row["pace"]) == (0.5, 0.5, "on-pace")
    # One digit is printed: 20 stands for 19.5 to 20.5.
    assert (row["progress_low"], row["progress_high"]) == (0.475, 0.525)
    down = one(base_year=2020, base=8, now_year=2022, now=5, target_year=2030, target=2)
    assert (down["progress"], down["expected"], down["pace"]) == (0.5, 0.2, "ahead")


@pytest.mark.parametrize(
    ("now", "qualifier", "pace"),
    [
        (40, "exact", "reached"), (30, "over", "reached"), (12, "exact", "behind"), (22, "about", "unsure"),
        (12, "over", "unsure"), (28, "exact", "ahead"), (29.9, "at_most", "unsure"),
    ],
)  # fmt: skip
def test_paces_by_what_was_published(now, qualifier, pace):
    row = one(base_year=2020, base=10, now_year=2025, now=now, target_year=2030, target=30, qualifier=qualifier)  # fmt: skip
    assert row["pace"] == pace


def test_nothing_missing_is_filled_in():
    full = {
        "base_year": 2020,
        "base": 10,
        "now_year": 2025,
        "now": 20,
        "target_year": 2030,
        "target": 30,
    }
    for gone, pace in [
        ("now", "no-value"),
        ("target", "no-target"),
        ("base", "no-base"),
        ("now_year", "unsure"),
    ]:
        row = one(**{k: v for k, v in full.items() if k != gone})
        assert row["pace"] == pace
        assert np.isnan(row["progress"]) == (pace != "unsure")
    assert {f"score.pace.{p}" for p in PACES} <= set(catalogue())


def test_wrong_cells_are_told():
    with pytest.raises(PointsError, match=r"row 2 \(b\), column 'now': '两千'"):
        indicators(pd.DataFrame({"indicator": ["a", "b"], "now": [1, "两千"]}))
    with pytest.raises(PointsError, match="no way to go"):
        one(base=3, now=3, target=3)
    with pytest.raises(PointsError, match="no column 'indicator'"):
        indicators(pd.DataFrame({"name": [1]}))


def test_published_figures_of_wuhan(wuhan):
    table = indicators_of(wuhan).set_index("indicator")
    assert table.loc["contracts", "now"] == 2.7e11
    assert table.loc["contracts", "qualifier"] == "over"
    assert table.loc["rd-intensity", ["now", "now_year", "unit"]].tolist() == [4.17, 2025, "%"]
    assert set(table["pace"]) == {"no-target"}
    assert (table["source"] != "").all()
