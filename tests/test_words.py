from __future__ import annotations

import pytest

from geo.words.figures import figure, large


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (1_856_000_000, ("18.56", "亿"), ("1.856", "billion")),
        (270e9, ("2,700", "亿"), ("270", "billion")),
        (100_000_000, ("1", "亿"), ("100", "million")),
        (2_000_000, ("200", "万"), ("2", "million")),
        (999_999, ("999,999", ""), ("999,999", "")),
        (-5_000_000, ("-500", "万"), ("-5", "million")),
        (float("inf"), ("∞", ""), ("∞", "")),
        (float("nan"), ("–", ""), ("–", "")),
    ],
)
def test_large_numbers_are_counted_as_each_language_does(value, zh, en):
    assert large(value, "zh") == zh
    assert large(value, "en") == en


def test_figures_keep_their_digits():
    assert [figure(v) for v in (12_326_518, 0.0412345, 1234.5)] == [
        "12,326,518",
        "0.04123",
        "1,234",
    ]
