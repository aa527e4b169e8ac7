from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.analysis.fit import fit_belt
from geo.analysis.frontier import elbow_of, frontier
from geo.errors import PointsError


@pytest.fixture(scope="module")
def firms():
    rng = np.random.default_rng(3)
    along, across = rng.uniform(-0.8, 0.8, 1200), rng.normal(0, 0.06, 1200)
    lon, lat = 114.5 + along + across / 2, 30.57 - along * 0.55 + across
    return pd.DataFrame({"lon": lon, "lat": lat, "staff": rng.integers(1, 9, 1200)})


@pytest.fixture(scope="module")
def made(wuhan, firms):
    return frontier(firms, lengths_km=[100, 150], widths_km=[4, 8, 16, 30], layout=wuhan, weight="staff", azimuths=(100, 140), step_deg=2.0, err_m=300, datum="wgs84")  # fmt: skip


def test_each_size_is_the_best_belt_of_its_size(wuhan, firms, made):
    total = firms["staff"].sum()
    table = made.table
    assert table[["length_km", "width_km"]].to_numpy().tolist() == [[n, w] for n in (100, 150) for w in (4, 8, 16, 30)]  # fmt: skip
    for row in table.to_dict("records")[1::3]:
        one = fit_belt(firms, length_km=row["length_km"], width_km=row["width_km"], layout=wuhan, weight="staff", azimuths=(100, 140), step_deg=2.0, best=1, datum="wgs84")  # fmt: skip
        assert (row["planar_value"], row["upper_bound"]) == (one.value, one.upper_bound)
        assert row["planar_share"] == one.value / total
        assert row["share_upper"] == min(1, one.upper_bound / total)
    assert (table["count_low"] <= table["count"]).all()
    assert (table["count"] <= table["count_high"]).all()
    assert (table["count_low"] < table["count_high"]).any()


def test_gains_add_up_and_grow_with_size(made):
    for _, rows in made.table.groupby("length_km"):
        share = rows["planar_share"]
        assert share.is_monotonic_increasing
        assert rows["share_per_km"].isna().tolist() == [True, False, False, False]
        gained = (rows["share_per_km"] * rows["width_km"].diff()).sum()
        assert share.iloc[0] + gained == pytest.approx(share.iloc[-1])
        area = (rows["share_per_km2"] * rows["area_km2"].diff()).sum()
        assert area == pytest.approx(gained)
        assert rows["elbow"].sum() == 1
    short, long = (rows["planar_value"].to_numpy() for _, rows in made.table.groupby("length_km"))
    assert (short <= long).all()


def test_the_published_belt_and_the_narrowest_that_takes_as_much(wuhan, firms, made):
    (row,) = made.published.to_dict("records")
    inside = wuhan["robot-valley"].shape.holds(firms["lon"], firms["lat"])
    assert row["planar_value"] == firms["staff"][inside].sum()
    assert row["share_low"] <= row["share"] <= row["share_high"]
    common = {"length_km": 150, "layout": wuhan, "weight": "staff", "azimuths": (100, 140), "datum": "wgs84", "best": 1}  # fmt: skip
    assert row["too_narrow_km"] < row["narrowest_km"] <= 30
    assert fit_belt(firms, width_km=row["narrowest_km"], **common, step_deg=2.0).value >= row["planar_value"]  # fmt: skip
    if row["too_narrow_km"]:
        # A finer search does not find what was proven not to be there.
        assert fit_belt(firms, width_km=row["too_narrow_km"], **common, step_deg=0.5).value < row["planar_value"]  # fmt: skip
    size = made.table[made.table["published"]]
    assert size[["length_km", "width_km"]].to_numpy().tolist() == [[150, 30]]
    assert row["best_share"] == size["planar_share"].iloc[0]


def test_the_answer_says_where_the_published_width_lies(wuhan, made):
    elbow = made.table[made.table["elbow"] & (made.table["length_km"] == 150)]["width_km"].iloc[0]
    assert elbow < 30
    assert f"beyond a width of {elbow:g} km" in made.why_en
    assert "30 km lies beyond the elbow" in made.why_en
    assert "在拐点之外" in made.why_zh
    assert "Satopää" in made.provenance.says("zh")
    assert len(made.layer) == len(made.belts) == len(made.table)


def test_without_a_layout_and_nonsense(firms, wuhan):
    options = {"azimuths": (120, 120), "datum": "wgs84"}
    plain = frontier(firms, widths_km=[10, 20], **options)
    assert plain.published.empty
    assert not plain.table["published"].any()
    assert "no elbow" in plain.why_en
    with pytest.raises(PointsError, match="no sizes"):
        frontier(firms, widths_km=[], **options)
    with pytest.raises(PointsError, match="no published belt 'nothing'"):
        frontier(firms, published="nothing", layout=wuhan, **options)
    with pytest.raises(PointsError, match="span 103"):
        frontier(firms, layout=wuhan, contain="seats", azimuths=(90, 90), datum="wgs84")
    # At 20 km the seats cannot be held along 137 degrees, at 30 km they can.
    some = frontier(firms, layout=wuhan, contain="seats", azimuths=(137, 137), widths_km=[20, 30], datum="wgs84")  # fmt: skip
    assert some.table["width_km"].tolist() == [30]


def test_the_elbow_of_known_curves():
    x = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    assert elbow_of(x, [0, 8, 9, 9.5, 10]) == 1
    assert elbow_of(x, [0, 1, 2, 9, 10]) == 3
    assert elbow_of(x, 2 * x) is None
    assert elbow_of(x, x**2) is None
    assert elbow_of(x[:2], [0, 1]) is None
    assert elbow_of(x, x * 0) is None


@settings(max_examples=50, deadline=None)
@given(st.floats(0.5, 20), st.integers(20, 200))
def test_the_elbow_of_a_saturating_curve_is_where_calculus_says(rate, n):
    """1 − exp(−rx), scaled, lies farthest above its chord where its slope is that of the chord."""
    x = np.linspace(0, 1, n)
    whole = 1 - np.exp(-rate)
    expected = np.log(rate / whole) / rate
    assert elbow_of(x, 1 - np.exp(-rate * x)) == pytest.approx(expected, abs=1.01 / (n - 1))


def test_the_order_of_sizes_does_not_matter(firms):
    options = {"azimuths": (118, 122), "datum": "wgs84", "lengths_km": [80]}
    one = frontier(firms, widths_km=[5, 10, 20], **options)
    two = frontier(firms.iloc[::-1], widths_km=[20, 5, 10, 5], **options)
    pd.testing.assert_frame_equal(one.table, two.table)


def test_shares_are_those_of_the_weight_where_there_is_one(wuhan, firms, made):
    table, published = made.shares
    total = firms["staff"].sum()
    assert table["share"].tolist() == pytest.approx((made.table["sum"] / total).tolist())
    assert table["share"].tolist() == pytest.approx(made.table["planar_share"].tolist(), abs=0.01)
    assert (table["share"] <= table["share_upper"] + 0.01).all()
    (row,) = published.to_dict("records")
    assert row["share_low"] <= row["share"] <= row["share_high"]
    assert row["share"] == pytest.approx(row["planar_share"], abs=1e-3)
    assert f"takes {row['planar_share']:.1%};" in made.why_en
    plain = frontier(
        firms, widths_km=[10, 20, 30], azimuths=(120, 120), layout=wuhan, datum="wgs84"
    )
    assert plain.shares[0] is plain.table
