from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from geo.analysis.concentration import growth_types
from geo.analysis.concentration.growth import GROWTH_TYPES, types_of
from geo.errors import PointsError
from geo.measure import project_points


def test_types_are_those_of_the_definition():
    a = np.array([0, 0, 4, 5, 10, 10, 10, 10, 10, 9, 4, 4])
    b = np.array([5, 4, 0, 0, 11, 10, 9, 12, 2, 0, 4, 6])
    assert types_of(a, b, least=5, rate=0.1).tolist() == [
        "emerging", "sparse", "sparse", "vanished", "growing", "stable", "declining", "growing",
        "declining", "vanished", "sparse", "growing",
    ]  # fmt: skip


@given(st.integers(0, 50), st.integers(0, 50), st.floats(0.5, 20), st.floats(0, 0.9))
def test_turned_round_in_time_a_type_becomes_its_opposite(a, b, least, rate):
    there, back = (types_of(np.array([x]), np.array([y]), least=least, rate=rate)[0] for x, y in ((a, b), (b, a)))  # fmt: skip
    opposite = {"emerging": "vanished", "vanished": "emerging", "sparse": "sparse"}
    if there in opposite:
        assert back == opposite[there]
    else:
        # A rise by a tenth is a fall by an eleventh: stable may be its opposite.
        assert back in {"growing": ("declining", "stable"), "declining": ("growing",), "stable": ("stable", "declining", "growing")}[there] or a == b  # fmt: skip


@pytest.fixture(scope="module")
def points():
    rng = np.random.default_rng(8)
    lonlat = rng.normal([114.42, 30.5], [0.08, 0.06], (4000, 2))
    year = rng.choice([2018, 2020, 2024, np.nan], 4000, p=[0.3, 0.2, 0.45, 0.05])
    return pd.DataFrame({"lon": lonlat[:, 0], "lat": lonlat[:, 1], "year": year, "w": rng.integers(0, 9, 4000)})  # fmt: skip


@pytest.mark.parametrize("founded", [False, True])
@pytest.mark.parametrize("weight", [None, "w"])
def test_cells_as_counted_by_hand(points, wuhan, founded, weight):
    result = growth_types(points, wuhan, year="year", first=2018, last=2024, founded=founded, weight=weight, datum="wgs84")  # fmt: skip
    cell = np.floor(project_points(points["lon"], points["lat"], wuhan.crs) / 1000).astype(int)
    value = points["w"] if weight else pd.Series(1.0, points.index)
    key = pd.Series([f"{i}:{j}" for i, j in cell])
    for row in result.table.sample(40, random_state=1).to_dict("records"):
        own = (key == row["cell"]).to_numpy()
        for column, y in (("at_first", 2018), ("at_last", 2024)):
            when = (points["year"] <= y if founded else points["year"] == y).to_numpy()
            assert row[column] == value[own & when].sum()
        assert row["net_change"] == row["at_last"] - row["at_first"]
        if not founded and weight is None:
            n = int(row["at_first"] + row["at_last"])
            assert row["p_two_sided"] == pytest.approx(binomtest(int(row["at_first"]), n).pvalue)
        else:
            assert np.isnan(row["p_two_sided"])
    if founded:
        assert not result.table["type"].isin(["vanished", "declining"]).any()
    assert result.provenance.parameters["without_year"] == points["year"].isna().sum()
    assert len(result.layer) == len(result.table)


def test_counts_by_footprint_are_those_of_centres(points, wuhan):
    result = growth_types(points, wuhan, year="year", datum="wgs84")
    assert (result.provenance.parameters["first"], result.provenance.parameters["last"]) == (2018, 2024)  # fmt: skip
    counts = result.counts.set_index(["footprint", "type"])
    own = wuhan["optics-valley-corridor"]
    centres = shapely.points(result.table[["lon", "lat"]].to_numpy())
    inside = shapely.intersects(own.footprint, centres)
    for code in GROWTH_TYPES:
        of_type = (result.table["type"] == code).to_numpy()
        row = counts.loc[(own.id, code)]
        assert row["cells"] == (inside & of_type).sum()
        assert row["cells_low"] <= row["cells"] <= row["cells_high"]
        assert counts.loc[("any", code), "cells"] + counts.loc[("none", code), "cells"] == of_type.sum()  # fmt: skip
        assert counts.loc[("any", code), "cells_low"] + counts.loc[("none", code), "cells_high"] == of_type.sum()  # fmt: skip
    assert counts.loc[("all", "growing"), "type_zh"] == "增长"


def test_years_as_text_and_units_instead_of_cells(points, wuhan, units):
    text = points.assign(year=[("" if np.isnan(y) else f"{y:.0f}-06-30") for y in points["year"]])
    one = growth_types(points, wuhan, year="year", datum="wgs84").table
    two = growth_types(text, wuhan, year="year", datum="wgs84").table
    pd.testing.assert_frame_equal(one, two)
    by_unit = growth_types(points, wuhan, year="year", units=units, datum="wgs84")
    assert by_unit.table["at_first"].sum() <= (points["year"] == 2018).sum()
    assert "unit_zh" in by_unit.table


def test_what_cannot_be_done_is_told(points, wuhan):
    cases = [
        ({"year": "when"}, "when"), ({"year": "year", "first": 2024, "last": 2020}, "two years in order"),
        ({"year": "year", "least": 0}, "least above 0"), ({"year": "year", "rate": 1}, "below 1"),
    ]  # fmt: skip
    for options, message in cases:
        with pytest.raises(PointsError, match=message):
            growth_types(points, wuhan, datum="wgs84", **options)
    with pytest.raises(PointsError, match="has no year"):
        growth_types(points.assign(year="soon"), wuhan, year="year", datum="wgs84")
    none = growth_types(points, wuhan, year="year", first=1990, last=1991, datum="wgs84")
    assert len(none.table) == 0 and (none.counts["cells"] == 0).all() and len(none.layer) == 0
