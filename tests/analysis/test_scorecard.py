from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from geo.analysis.scorecard import DIMENSIONS, MARKS, THRESHOLDS, VERDICTS, scorecard
from geo.errors import LayoutError, PointsError
from geo.words import catalogue

NAME = "optics-valley-corridor"


def spread(n, bounds=(113.8, 29.9, 115.3, 31.2), seed=5):
    lon, lat = np.random.default_rng(seed).uniform(bounds[:2], bounds[2:], (n, 2)).T
    return pd.DataFrame({"lon": lon, "lat": lat, "kind": "other"})


def along(layout, n, seed=6):
    """Points along the axis, half a kilometre about it."""
    rng = np.random.default_rng(seed)
    at = shapely.line_interpolate_point(layout[NAME].axis, rng.random(n), normalized=True)
    xy = shapely.get_coordinates(at) + rng.normal(0, 0.002, (n, 2))
    return pd.DataFrame({"lon": xy[:, 0], "lat": xy[:, 1], "kind": "光电子"})


def card(wuhan, points, **options):
    return scorecard(wuhan, NAME, points, by="kind", datum="wgs84", draws=99, **options)


def test_points_along_the_axis_show_concentration(wuhan):
    found = card(wuhan, pd.concat([spread(300), along(wuhan, 3000)]))
    items = found.items.set_index("item")
    assert items.loc["p-value", "value"] == 0.01
    assert items.loc["density-ratio", "value"] > 10
    assert items.loc["specialisation", "detail"] == "光电子"
    assert items.loc["continuity", "value"] > 0.95
    assert found.verdict in ("corridor", "partly")
    assert found.marks.set_index("dimension").loc["concentration", "mark"] in ("shown", "partly")


def test_points_spread_at_random_show_no_corridor(wuhan, units):
    # All over the study area: what lies outside of it is left out.
    found = card(wuhan, spread(60_000, units.total_bounds))
    items = found.items.set_index("item")
    assert items.loc["density-ratio", "value"] == pytest.approx(1, abs=0.2)
    assert items.loc["p-value", "passes"] == "no"
    assert found.verdict == "not-shown"
    assert "do not show a corridor" in str(found.why)
    assert "没有显示它是一条走廊" in found.why.says("zh")


def test_without_points_it_is_open(wuhan):
    found = scorecard(wuhan, NAME)
    assert found.verdict == "open"
    assert found.marks["dimension"].tolist() == list(DIMENSIONS)
    assert found.marks["mark"].iloc[0] == "no-data"
    assert (found.marks["missing_zh"] != "").all()
    items = found.items.set_index("item")
    nodes = wuhan.nodes[shapely.intersects(wuhan[NAME].footprint, wuhan.nodes.geometry.to_numpy())]
    assert items.loc["transport-nodes", "value"] == (nodes["tier"] == "transport").sum()
    stops = sorted(wuhan[NAME].shape.locate(p.x, p.y)[0, 0] for p in nodes[nodes["tier"] == "transport"].geometry)  # fmt: skip
    gap = max(np.diff([0, *stops, wuhan[NAME].length_km]))
    assert items.loc["transport-gap", "value"] == pytest.approx(
        gap / wuhan[NAME].length_km, abs=1e-3
    )


def test_limits_are_the_readers(wuhan):
    strict = scorecard(wuhan, NAME, thresholds={"transport-gap": 0.01, "tiers": 99}).items.set_index("item")  # fmt: skip
    loose = scorecard(wuhan, NAME, thresholds={"transport-gap": 1.0, "tiers": 1}).items.set_index("item")  # fmt: skip
    for item in ("transport-gap", "tiers"):
        assert (strict.loc[item, "passes"], loose.loc[item, "passes"]) == ("no", "yes")
    with pytest.raises(PointsError, match="no threshold 'luck'"):
        scorecard(wuhan, NAME, thresholds={"luck": 1})
    with pytest.raises(LayoutError, match="no corridor with an axis; there are optics-valley"):
        scorecard(wuhan, "seat-wuhan")


def test_everything_has_its_words():
    words = catalogue()
    assert {f"score.mark.{m}" for m in MARKS} | {f"score.verdict.{v}" for v in VERDICTS} <= set(words)  # fmt: skip
    assert {f"score.item.{i}" for i in THRESHOLDS} | {f"score.dimension.{d}" for d in DIMENSIONS} <= set(words)  # fmt: skip
