from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import geo
from geo.analysis.curve_breaks import break_points, coverage_curves, segments
from geo.errors import PointsError

X = np.arange(0.0, 20.5, 0.5)


def curve(y, x=X, **columns):
    return pd.DataFrame({"distance_km": x, "share": y, **columns})


def bent(x, start, slopes, at):
    y = start + slopes[0] * x
    for a, before, after in zip(at, slopes, slopes[1:], strict=False):
        y = y + (after - before) * np.maximum(x - a, 0)
    return y


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 100_000), st.integers(0, 3))
def test_an_exact_segmented_line_gives_its_breaks_back(seed, m):
    rng = np.random.default_rng(seed)
    # Breaks anywhere, not only at samples, with two samples at least between them.
    at = np.sort(rng.choice(np.arange(2, 18, 3), m, replace=False) + rng.uniform(0, 1, m))
    slopes = np.cumsum(rng.choice([-1, 1], m + 1) * rng.uniform(0.2, 2, m + 1))
    found = break_points(curve(bent(X, rng.normal(), slopes, at)))
    assert found.table["distance_km"].to_numpy() == pytest.approx(at, abs=1e-6)
    assert found.table["slope_before"].to_numpy() == pytest.approx(slopes[:-1], abs=1e-6)
    assert found.table["slope_after"].to_numpy() == pytest.approx(slopes[1:], abs=1e-6)
    assert (found.table["distance_km_high"] - found.table["distance_km_low"]).to_numpy() == pytest.approx(0, abs=1e-5)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 3))
def test_the_dynamic_program_is_as_good_as_trying_every_split(seed, m):
    rng = np.random.default_rng(seed)
    x, y = np.sort(rng.uniform(0, 9, 13)), rng.normal(size=13)

    def rss(starts):
        cuts = [0, *starts, 13]
        parts = itertools.pairwise(cuts)
        return sum(np.polyfit(x[a:b], y[a:b], 1, full=True)[1].sum() for a, b in parts)  # fmt: skip

    every = [c for c in itertools.combinations(range(3, 11), m) if min(np.diff([0, *c, 13])) >= 3]
    assert rss(segments(x, y, m)) == pytest.approx(min(map(rss, every)), abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100_000), st.integers(3, 30))
def test_whatever_the_curve_breaks_lie_where_they_can_be_told(seed, n):
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(0, 30, n)) + np.arange(n) * 0.01
    y = np.cumsum(rng.uniform(0, 1, n)) / n
    found = break_points(curve(y, x=x)).table
    assert len(found) <= max(n // 3 - 1, 0)
    assert found["distance_km"].is_monotonic_increasing
    assert ((found["distance_km"] > x[0]) & (found["distance_km"] < x[-1])).all()
    # No slope is steeper than the steepest piece of the curve by much.
    steepest = (np.diff(y) / np.diff(x)).max(initial=0)
    assert (found[["slope_before", "slope_after"]].abs() <= 10 * steepest).all(axis=None)


def test_the_fit_is_the_best_of_all_places_of_the_break():
    rng = np.random.default_rng(3)
    for _ in range(10):
        y = bent(X, 0.1, [0.08, 0.01], [7.3]) + rng.normal(0, 0.01, len(X))
        found = break_points(curve(y), most=1)
        fits = found.fits.set_index("breaks")
        assert fits.loc[1, "chosen"]
        grid = np.linspace(0.6, 19.4, 3001)
        tried = [np.linalg.lstsq(np.column_stack([np.ones_like(X), X, np.maximum(X - a, 0)]), y, rcond=None)[1][0] for a in grid]  # fmt: skip
        assert fits.loc[1, "rss"] <= min(tried) * (1 + 1e-9)
        assert found.table["distance_km"].iat[0] == pytest.approx(grid[int(np.argmin(tried))], abs=0.02)  # fmt: skip
        line = np.polyfit(X, y, 1, full=True)[1][0]
        n = len(X)
        assert fits.loc[0, "bic"] == pytest.approx(n * np.log(line / n) + 2 * np.log(n))


def test_the_interval_holds_the_break_as_often_as_it_says():
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(100):
        y = bent(X, 0.0, [0.08, 0.01], [8.0]) + rng.normal(0, 0.02, len(X))
        row = break_points(curve(y), most=1).table.iloc[0]
        held += row["distance_km_low"] <= 8.0 <= row["distance_km_high"]
    assert 0.88 <= held / 100 <= 1


@pytest.mark.long
def test_noise_about_a_line_has_no_break():
    rng = np.random.default_rng(5)
    chosen = [
        len(break_points(curve(0.3 * X + rng.normal(0, 0.1, len(X)))).table) for _ in range(40)
    ]
    assert np.mean(np.array(chosen) == 0) >= 0.75
    flat = break_points(curve(np.zeros(len(X))))
    assert flat.table.empty
    assert flat.says("en") == ": no break; 0 per km"


def test_curves_of_a_layout_are_the_single_ones(wuhan):
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform([113.6, 29.9], [115.4, 31.2], (4000, 2)).T
    points = pd.DataFrame({"lon": lon, "lat": lat, "k": rng.choice(["a", "b"], 4000)})
    several = coverage_curves(points, wuhan, distances_km=[1, 5, 10, 20], by="k", datum="wgs84")
    for name, part in several.table.groupby("curve"):
        alone = geo.coverage_curve(points, wuhan[name], distances_km=[1, 5, 10, 20], by="k", datum="wgs84")  # fmt: skip
        pd.testing.assert_frame_equal(
            part.drop(columns=["curve", "curve_zh", "curve_en"]).reset_index(drop=True), alone.table
        )
    assert several.provenance.points["rows"] == 4000
    named = coverage_curves(points, {"轴": wuhan["riverside-corridor"], "带": wuhan["robot-valley"].axis}, datum="wgs84")  # fmt: skip
    assert named.table["curve"].unique().tolist() == ["轴", "带"]
    found = break_points(named, most=2)
    assert set(found.fits["curve"]) == {"轴", "带"}
    assert found.says("zh").count("\n") == 1
    of_layout = break_points(several, most=1)
    assert wuhan["riverside-corridor"].name_en in of_layout.says("en")
    assert wuhan["riverside-corridor"].name_zh in of_layout.says("zh")
    assert "95" in found.provenance.says("en")


def test_a_curve_that_bends_where_the_points_stop(wuhan):
    """Evenly spread to 8 km either side of the axis and nowhere else: the share grows, then stays."""
    own = geo.Corridor.constant(wuhan["robot-valley"].axis, 2.0)
    rng = np.random.default_rng(6)
    from geo.measure import unproject

    n = 20_000
    half = own.planar_axis.length / 2
    ends = np.array(own.planar_axis.coords)[[0, -1]]
    along = (ends[1] - ends[0]) / np.hypot(*(ends[1] - ends[0]))
    at = ends.mean(axis=0) + rng.uniform(-half * 0.9, half * 0.9, n)[:, None] * along
    xy = at + rng.uniform(-8000, 8000, n)[:, None] * np.array([along[1], -along[0]])
    import shapely

    lonlat = shapely.get_coordinates(unproject(shapely.points(xy), own.crs))
    points = pd.DataFrame({"lon": lonlat[:, 0], "lat": lonlat[:, 1]})
    found = break_points(
        geo.coverage_curve(
            points, own, distances_km=np.arange(0, 20.1, 0.5).tolist(), datum="wgs84"
        )
    )
    main = found.table.loc[(found.table["slope_before"] - found.table["slope_after"]).idxmax()]
    assert main["distance_km"] == pytest.approx(8.0, abs=0.1)
    assert main["slope_before"] == pytest.approx(1 / 8, rel=0.05)
    assert main["slope_after"] == pytest.approx(0, abs=2e-3)


def test_what_cannot_be_looked_at_is_told(wuhan):
    good = curve(X)
    for what, options, message in [
        (3, {}, "in a curve, curves, or a frame"),
        (good, {"value": "size"}, "no column 'size'"),
        (good.head(2), {}, "three or more distances"),
        (pd.concat([good, good]), {}, "a distance twice"),
        (good.assign(by="a"), {}, "no curve has the category ''"),
        (good.assign(share=np.nan), {}, "with a number"),
        (good, {"most": -1}, "0 or more breaks"),
        (good, {"level": 1.5}, "a level between"),
    ]:
        with pytest.raises(PointsError, match=message):
            break_points(what, **options)
    for features, message in [({}, "no curve is asked for"), (3, "features of a layout")]:
        with pytest.raises(PointsError, match=message):
            coverage_curves(pd.DataFrame({"lon": [114.0], "lat": [30.0]}), features)
    with_few = break_points(curve([0, 1, 3], x=[0, 1, 2]))
    assert with_few.table.empty
    assert with_few.fits["breaks"].tolist() == [0]
