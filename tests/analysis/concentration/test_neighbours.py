from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from geo.analysis.concentration import nearest_neighbours
from geo.analysis.concentration.neighbours import _row
from geo.analysis.concentration.study import Study
from geo.errors import PointsError
from geo.measure import laea, outline, unproject

CRS = laea(114.4, 30.5)
SQUARE = shapely.box(-10_000, -10_000, 10_000, 10_000)


def lonlat(xy):
    found = shapely.get_coordinates(unproject(shapely.points(xy), CRS))
    return pd.DataFrame(found, columns=["lon", "lat"])


def measured(xy, **options):
    return nearest_neighbours(lonlat(xy), study=outline(SQUARE, CRS), datum="wgs84", **options).table.iloc[0]  # fmt: skip


def test_by_brute_force():
    xy = np.random.default_rng(1).uniform(-9500, 9500, (400, 2))
    row = measured(xy)
    away = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    np.fill_diagonal(away, np.inf)
    observed = away.min(axis=1).mean()
    expected = 0.5 * math.sqrt(4e8 / 400)
    assert row["observed_m"] == pytest.approx(observed, rel=1e-3)
    assert row["expected_m"] == pytest.approx(expected, rel=1e-3)
    assert row["nn_ratio"] == pytest.approx(observed / expected, rel=2e-3)
    # 0.26136 is the constant that Clark and Evans print.
    assert row["nn_z"] == pytest.approx((observed - expected) / (0.26136 / math.sqrt(400**2 / 4e8)), abs=0.05)  # fmt: skip
    assert row["nn_p"] == pytest.approx(2 * norm.sf(abs(row["nn_z"])))
    assert (row["area_km2"], row["perimeter_km"]) == pytest.approx((400, 80), rel=1e-3)


@pytest.mark.filterwarnings("ignore")
def test_against_pysal():
    from pointpats import PointPattern

    xy = np.array([[66.22, 32.54], [22.52, 22.39], [31.01, 81.21], [9.47, 31.02], [30.78, 60.10], [75.21, 58.93], [79.26, 7.68], [8.23, 39.93], [98.73, 77.17], [89.78, 42.53], [65.19, 92.08], [54.46, 8.48]])  # fmt: skip
    row = _row(xy, np.zeros(12), Study(shapely.box(0, 0, 100, 100), given=True), 30)
    # The example of O'Sullivan and Unwin (2003), whose mean is printed as 21.61.
    assert row["observed_m"] == pytest.approx(21.612139802089246)
    assert row["observed_m"] == pytest.approx(PointPattern(xy).mean_nnd)
    assert row["nn_ratio"] == pytest.approx(21.612139802089246 / (0.5 * math.sqrt(1e4 / 12)))


def test_regular_patterns_have_their_known_ratios():
    study = Study(shapely.box(0, 0, 100, 100), given=True)
    i, j = np.meshgrid(np.arange(100), np.arange(100))
    lattice = np.column_stack([i.ravel(), j.ravel()]) + 0.5
    assert _row(lattice, np.zeros(10_000), study, 30)["nn_ratio"] == pytest.approx(2)
    side = math.sqrt(2 / math.sqrt(3))
    hexagons = np.column_stack([(i + j / 2).ravel() * side, j.ravel() * side * math.sqrt(3) / 2])
    assert _row(hexagons, np.zeros(10_000), study, 30)["nn_ratio"] == pytest.approx(
        2.1491, abs=1e-4
    )


def test_donnellys_correction_is_what_random_points_show():
    rng = np.random.default_rng(7)
    study = Study(shapely.box(0, 0, 1, 1), given=True)
    rows = [_row(rng.random((80, 2)), np.zeros(80), study, 30) for _ in range(1500)]
    edged, plain = (np.array([r[c] for r in rows]) for c in ("nn_z_donnelly", "nn_z"))
    assert abs(edged.mean()) < 0.1
    assert edged.std() == pytest.approx(1, abs=0.07)
    # Without it, random points look regular.
    assert plain.mean() > 0.5
    assert np.mean([r["nn_ratio_donnelly"] for r in rows]) == pytest.approx(1, abs=0.01)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 9999), st.integers(3, 40), st.floats(0, 800))
def test_the_band_holds_what_moved_points_give(seed, n, most):
    rng = np.random.default_rng(seed)
    xy, err = rng.uniform(-8000, 8000, (n, 2)), rng.uniform(0, most, n)
    study = Study(SQUARE, given=True)
    row = _row(xy, err, study, 30)
    turn, far = rng.uniform(0, 2 * np.pi, n), err * rng.choice([0, 1, 1], n)
    moved = xy + np.column_stack([np.cos(turn), np.sin(turn)]) * far[:, None]
    assert row["observed_m_low"] - 1e-6 <= _row(moved, err * 0, study, 30)["observed_m"] <= row["observed_m_high"] + 1e-6  # fmt: skip


def test_two_points_bound_their_distance_exactly():
    xy, err = np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([200.0, 50.0])
    row = _row(xy, err, Study(SQUARE, given=True), 30)
    # The lower bound takes the largest error for the other point's own.
    assert row["observed_m_low"] == pytest.approx((600 + 750) / 2)
    assert row["observed_m_high"] == pytest.approx(1250)
    row = _row(xy, np.array([200.0, 200.0]), Study(SQUARE, given=True), 30)
    assert row["observed_m_low"] == pytest.approx(600)


def test_what_misleads_is_told():
    xy = np.random.default_rng(1).uniform(-9500, 9500, (40, 2))
    hull = nearest_neighbours(lonlat(xy), datum="wgs84").table.iloc[0]
    assert "convex hull" in hull["why_en"] and hull["area_km2"] < 400
    doubled = measured(np.vstack([xy, xy[:20]]))
    assert doubled["coincident"] == 40 and "40 points lie in one place" in doubled["why_en"]
    few = measured(xy[:5])
    assert few["few"] and "rests on 5 points" in few["why_en"]
    one = measured(xy[:1])
    assert np.isnan(one["nn_ratio"]) and one["why_en"].startswith("blank")
    far = nearest_neighbours(
        lonlat(xy + np.array([50_000, 0])), study=outline(SQUARE, CRS), datum="wgs84"
    )
    assert far.provenance.parameters["outside_study"] == 40
    with pytest.raises(PointsError, match="give a polygon"):
        measured_in = shapely.Point(114, 30)
        nearest_neighbours(lonlat(xy), study=measured_in, datum="wgs84")


def test_by_category():
    rng = np.random.default_rng(3)
    frame = lonlat(rng.uniform(-9000, 9000, (300, 2))).assign(kind=np.repeat(["x", "y", "z"], 100))
    table = nearest_neighbours(frame, by="kind", study=outline(SQUARE, CRS), datum="wgs84").table
    assert table[["by", "count"]].to_numpy().tolist() == [["", 300], ["x", 100], ["y", 100], ["z", 100]]  # fmt: skip
    alone = nearest_neighbours(
        frame[100:200], study=outline(SQUARE, CRS), datum="wgs84"
    ).table.iloc[0]
    assert table.iloc[2]["observed_m"] == pytest.approx(alone["observed_m"], rel=1e-3)
