from __future__ import annotations

import pandas as pd
import pytest

import geo
from geo.analysis.scorecard import THRESHOLDS, marked_again
from geo.datasets.demo import demo_points
from geo.errors import PointsError


def test_other_limits_mark_as_if_all_were_computed_anew(wuhan):
    firms = demo_points(wuhan, n=800)
    seen = []
    limits = {"transport-nodes": 50, "density-ratio": 4.0, "p-value": 0.3, "specialisation": 1.0}
    options = {"by": "industry", "draws": 49}
    card = geo.scorecard(wuhan, "auto-valley-corridor", firms, progress=lambda d, t: seen.append((d, t)), **options)  # fmt: skip
    anew = geo.scorecard(wuhan, "auto-valley-corridor", firms, thresholds=limits, **options)
    again = marked_again(card, limits)
    pd.testing.assert_frame_equal(again.items, anew.items)
    pd.testing.assert_frame_equal(again.marks, anew.marks)
    assert not again.marks.equals(card.marks)
    assert (again.verdict, again.why) == (anew.verdict, anew.why)
    assert again.provenance.parameters == anew.provenance.parameters
    pd.testing.assert_frame_equal(marked_again(again, THRESHOLDS).items, card.items)
    assert seen[-1][0] == seen[-1][1]


def test_an_unknown_limit_is_refused(wuhan):
    card = geo.scorecard(wuhan, "auto-valley-corridor")
    with pytest.raises(PointsError, match="no threshold 'nonsense'"):
        marked_again(card, {"nonsense": 1})
