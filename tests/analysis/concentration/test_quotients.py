from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, norm

from geo.analysis.concentration import location_quotients
from geo.analysis.concentration.quotients import delta_interval, exact_interval
from geo.errors import PointsError
from geo.measure import project, project_points

BOX = shapely.box(114.2, 30.4, 114.6, 30.8)


@pytest.fixture(scope="module")
def points():
    rng = np.random.default_rng(4)
    lon, lat = rng.uniform([113.9, 30.1], [114.9, 31.1], (5000, 2)).T
    kind = rng.choice(["甲", "乙", "丙"], 5000, p=[0.6, 0.3, 0.1])
    return pd.DataFrame({"lon": lon, "lat": lat, "kind": kind, "staff": rng.integers(0, 90, 5000)})


def quotients(points, footprints, **options):
    return location_quotients(points, footprints, datum="wgs84", **options)


def test_central_values_are_those_of_shapely(points, wuhan):
    table = quotients(points, wuhan, by="kind").table
    own = shapely.points(points[["lon", "lat"]].to_numpy())
    for row in table[table["footprint"] != "any"].to_dict("records"):
        if row["footprint"] not in wuhan:
            continue
        inside = shapely.intersects(wuhan[row["footprint"]].footprint, own)
        of_kind = (points["kind"] == row["by"]).to_numpy()
        assert row["count"] == (inside & of_kind).sum()
        if inside.sum():
            expected = (inside & of_kind).sum() / inside.sum() / of_kind.mean()
            assert row["lq"] == pytest.approx(expected, rel=1e-12)
            assert row["lq_low"] <= row["lq"] <= row["lq_high"]
        else:
            assert np.isnan(row["lq"])
            assert row["why_en"].startswith("blank: the footprint holds no points")


def test_by_units_and_of_all_footprints_at_once(points, units):
    table = quotients(points, units, by="kind").table
    joined = gpd.sjoin(gpd.GeoDataFrame(points, geometry=gpd.points_from_xy(points["lon"], points["lat"]), crs=4326), units[["adcode", "geometry"]])  # fmt: skip
    code = units["adcode"].iloc[3]
    own = joined[joined["adcode"] == code]
    row = table[(table["footprint"] == str(code)) & (table["by"] == "甲")].iloc[0]
    assert row["lq"] == pytest.approx(
        (own["kind"] == "甲").mean() / (points["kind"] == "甲").mean()
    )
    anywhere = table[(table["footprint"] == "any") & (table["by"] == "甲")].iloc[0]
    assert anywhere["count"] == joined.loc[joined["kind"] == "甲"].index.nunique()


@pytest.mark.parametrize("seed", [12, 13, 14, 15])
@pytest.mark.parametrize("weight", [None, "staff"])
def test_bounds_are_the_extremes_over_every_way_that_uncertain_points_lie(weight, seed):
    rng = np.random.default_rng(seed)
    lon = np.concatenate([rng.uniform(114.3, 114.5, 12), 114.2 + rng.uniform(-0.004, 0.004, 8), rng.uniform(114.7, 114.9, 20)])  # fmt: skip
    frame = pd.DataFrame({"lon": lon, "lat": rng.uniform(30.5, 30.7, 40), "kind": rng.choice(["a", "b"], 40), "staff": rng.integers(1, 9, 40)})  # fmt: skip
    row = quotients(frame, [gpd.GeoDataFrame(geometry=[BOX], crs=4326).geometry.iloc[0]], by="kind", weight=weight, err_m=500).table  # fmt: skip
    row = row[(row["footprint"] == "footprint-1") & (row["by"] == "a")].iloc[0]
    crs = _crs()
    xy = shapely.points(project_points(frame["lon"], frame["lat"], crs))
    edge = shapely.distance(project(BOX, crs).boundary, xy)
    inside = shapely.intersects(BOX, shapely.points(frame[["lon", "lat"]].to_numpy()))
    unsure = np.flatnonzero(edge <= 500)
    assert 4 <= len(unsure) <= 12
    value = frame["staff"].to_numpy(float) if weight else np.ones(40)
    of_kind = (frame["kind"] == "a").to_numpy()
    found = []
    for choice in itertools.product([False, True], repeat=len(unsure)):
        own = inside.copy()
        own[unsure] = choice
        found.append((value * own * of_kind).sum() / (value * own).sum() / ((value * of_kind).sum() / value.sum()))  # fmt: skip
    assert row["lq_low"] == pytest.approx(min(found), rel=1e-12)
    assert row["lq_high"] == pytest.approx(max(found), rel=1e-12)


def _crs():
    from geo.measure import laea

    return laea(114.4, 30.6)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 60),
    st.integers(1, 60),
    st.floats(0.01, 0.99),
    st.sampled_from([0.8, 0.95, 0.99]),
)
def test_the_exact_interval_is_that_of_clopper_and_pearson(x, more, share, level):
    n = x + more
    low, high = exact_interval(x, n, share, level)
    own = binomtest(x, n).proportion_ci(level, method="exact")
    assert (low * share, high * share) == pytest.approx((own.low, own.high), abs=1e-9)
    low, high = exact_interval(n, n, share, level)
    assert high * share == pytest.approx(1.0) and low < high


def test_the_exact_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(1)
    share, true, of_category = 0.2, 1.6, 40
    drawn = rng.binomial(of_category, share * true, 4000)
    held = [a <= true <= b for a, b in (exact_interval(int(x), of_category, share, 0.9) for x in drawn)]  # fmt: skip
    assert 0.9 - 0.01 <= np.mean(held) <= 0.97


def test_the_delta_interval_is_that_of_moineddin_beyene_and_boyle_for_counts():
    x, held, kind, total = 300.0, 2000.0, 1200.0, 20_000.0
    squares = (x, held - x, kind - x, total - held - kind + x)
    low, high = delta_interval(x, held, kind, total, squares, 0.95)
    # Their variance of a ratio of two proportions, the first part of the second.
    p, q = x / held, kind / total
    variance = (1 - p) / x + (1 - q) / kind - 2 * (1 - p) / kind
    assert np.log(high / low) / 2 / norm.ppf(0.975) == pytest.approx(np.sqrt(variance), rel=0.02)
    exact = exact_interval(int(x), int(kind), held / total, 0.95)
    # Exact is a little wider: it has the counts of a category as they are, and is never too short.
    assert exact[0] == pytest.approx(low, rel=0.03)
    assert exact[1] == pytest.approx(high, rel=0.03)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(1, 50), min_size=12, max_size=30), st.integers(0, 999))
def test_the_delta_interval_has_the_slopes_of_the_logarithm(weights, seed):
    w, rng = np.array(weights), np.random.default_rng(seed)
    inside, kind = rng.random((2, len(w))) < 0.5
    inside[:4], kind[:4] = [True, True, False, False], [True, False, True, False]

    def log_lq(times):
        own = w * times
        return np.log((own * inside * kind).sum() * own.sum() / (own * inside).sum() / (own * kind).sum())  # fmt: skip

    one = np.ones(len(w))
    step = 1e-5 * np.eye(len(w))
    # The variance when each point may come in Poisson-many times: the sum of squared slopes.
    slopes = np.array([(log_lq(one + s) - log_lq(one - s)) / 2e-5 for s in step])
    masks = (inside & kind, inside & ~kind, ~inside & kind, ~inside & ~kind)
    squares = tuple(float((w[m] ** 2).sum()) for m in masks)
    sums = ((w * inside * kind).sum(), (w * inside).sum(), (w * kind).sum(), w.sum())
    low, high = delta_interval(*map(float, sums), squares, 0.9)
    spread = norm.ppf(0.95) * np.sqrt((slopes**2).sum())
    assert np.log([low, high]) == pytest.approx([log_lq(one) - spread, log_lq(one) + spread], abs=1e-6)  # fmt: skip


def test_the_delta_interval_of_weights_is_that_of_the_bootstrap(points):
    table = quotients(points, [BOX], by="kind", weight="staff").table
    row = table[(table["footprint"] == "footprint-1") & (table["by"] == "丙")].iloc[0]
    rng = np.random.default_rng(3)
    inside = shapely.intersects(BOX, shapely.points(points[["lon", "lat"]].to_numpy()))
    kind, w = (points["kind"] == "丙").to_numpy(), points["staff"].to_numpy(float)
    found = []
    for _ in range(1500):
        k = rng.integers(0, len(w), len(w))
        a, i, j = w[k], inside[k], kind[k]
        found.append((a * i * j).sum() / (a * i).sum() / ((a * j).sum() / a.sum()))
    low, high = np.quantile(found, [0.025, 0.975])
    assert row["lq_ci_low"] == pytest.approx(low, rel=0.05)
    assert row["lq_ci_high"] == pytest.approx(high, rel=0.05)
    assert row["lq"] == pytest.approx((w * inside * kind).sum() / (w * inside).sum() / ((w * kind).sum() / w.sum()))  # fmt: skip


def test_small_counts_are_marked_and_nothing_is_divided_by_zero():
    frame = pd.DataFrame({"lon": [114.3, 114.4, 115.0, 115.1], "lat": [30.5] * 4, "kind": list("abca"), "staff": [1.0, 0, 0, 2]})  # fmt: skip
    far = shapely.box(116, 30, 117, 31)
    table = quotients(frame, {"near": BOX, "far": far}, by="kind", few=3).table
    assert table["few"].all()
    near = table[(table["footprint"] == "near") & (table["by"] == "c")].iloc[0]
    assert (near["lq"], near["lq_ci_low"]) == (0.0, 0.0)
    assert near["lq_ci_high"] > 1
    assert table.loc[table["footprint"] == "far", ["lq", "lq_low", "lq_ci_high"]].isna().all().all()
    weighed = quotients(frame, {"near": BOX}, by="kind", weight="staff").table
    row = weighed[(weighed["footprint"] == "near") & (weighed["by"] == "c")].iloc[0]
    assert np.isnan(row["lq"]) and "undefined" in row["why_en"] and "留空" in row["why_zh"]


def test_few_are_the_points_that_are_there_and_not_those_that_may_be():
    lon = [114.3] * 3 + [114.601] * 6
    frame = pd.DataFrame({"lon": lon, "lat": [30.5] * 9, "kind": ["a"] * 9})
    row = quotients(frame, {"near": BOX}, by="kind", err_m=500).table.iloc[-1]
    assert (row["count"], row["count_high"]) == (3, 9)
    assert row["few"] and "rests on 3 points" in row["why_en"]


def test_what_cannot_be_done_is_told(points):
    cases = [
        ({}, "needs a category"), ({"by": "kind", "level": 1.0}, "between 0 and 1"), ({"by": "sector"}, "sector"),
    ]  # fmt: skip
    for options, message in cases:
        with pytest.raises(PointsError, match=message):
            quotients(points, [BOX], **options)
    with pytest.raises(PointsError, match="below 0"):
        quotients(points.assign(staff=-1), [BOX], by="kind", weight="staff")
    with pytest.raises(PointsError, match="no footprints"):
        quotients(points, [], by="kind")
    with pytest.raises(PointsError, match="no row has a usable position"):
        quotients(points.assign(lon=np.nan), [BOX], by="kind")


def test_provenance_names_the_method_and_what_it_depends_on(points):
    own = quotients(points, [BOX], by="kind", level=0.9).provenance
    assert own.method == "concentration.method.quotient-exact"
    assert "Moineddin" in own.says("zh") and "Clopper" in own.says("en")
    assert own.parameters["level"] == 0.9 and own.points["rows"] == 5000
