from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from geo.analysis.concentration import gini, hhi, inequality, theil, theil_parts
from geo.errors import PointsError
from geo.measure import project_points

values = st.lists(st.floats(0, 1e6), min_size=2, max_size=40).filter(lambda v: sum(v) > 1e-3)


@given(st.integers(1, 500))
def test_closed_forms(n):
    one = np.zeros(n)
    one[0] = 7.0
    assert gini(one) == pytest.approx((n - 1) / n)
    assert hhi(one) == 1.0
    assert theil(one) == pytest.approx(np.log(n))
    same = np.full(n, 3.0)
    assert gini(same) == pytest.approx(0, abs=1e-12)
    assert hhi(same) == pytest.approx(1 / n)
    assert theil(same) == pytest.approx(0, abs=1e-12)
    ramp = np.arange(1, n + 1)
    assert gini(ramp) == pytest.approx((n - 1) / (3 * n))
    assert hhi(ramp) == pytest.approx(2 * (2 * n + 1) / (3 * n * (n + 1)))


def test_the_indices_of_a_lognormal_are_known():
    sigma = 0.7
    x = np.exp(sigma * norm.ppf((np.arange(200_000) + 0.5) / 200_000))
    assert gini(x) == pytest.approx(2 * norm.cdf(sigma / np.sqrt(2)) - 1, abs=1e-4)
    assert theil(x) == pytest.approx(sigma**2 / 2, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(values, st.integers(1, 4), st.integers(0, 99))
def test_gini_is_the_mean_difference_and_theil_adds_up(x, groups, seed):
    x = np.array(x)
    n = len(x)
    assert gini(x) == pytest.approx(np.abs(x[:, None] - x).sum() / (2 * n * n * x.mean()), abs=1e-9)
    label = np.random.default_rng(seed).integers(0, groups, n)
    between, within = theil_parts(x, label)
    assert between + within == pytest.approx(theil(x), abs=1e-9)
    assert between >= -1e-12 and within >= -1e-12


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.01, 1e4), min_size=4, max_size=30), st.integers(0, 99))
def test_against_pysal(x, seed):
    from inequality.gini import Gini
    from inequality.theil import Theil, TheilD

    x = np.array(x)
    label = np.random.default_rng(seed).integers(0, 3, len(x))
    assert gini(x) == pytest.approx(Gini(x).g, abs=1e-9)
    assert theil(x) == pytest.approx(Theil(x).T, abs=1e-9)
    between, within = theil_parts(x, label)
    own = TheilD(x, label)
    assert between == pytest.approx(float(np.ravel(own.bg)[0]), abs=1e-9)
    assert within == pytest.approx(float(np.ravel(own.wg)[0]), abs=1e-9)


def test_nothing_has_no_inequality():
    for index in (gini, hhi, theil):
        assert np.isnan(index([0.0, 0.0]))
        with pytest.raises(ValueError, match="0 or more"):
            index([1.0, -1.0])
    assert np.isnan(theil_parts([0.0, 0.0], [0, 1])).all()


@pytest.fixture(scope="module")
def points():
    rng = np.random.default_rng(6)
    lonlat = rng.normal([114.4, 30.55], [0.12, 0.08], (6000, 2))
    return pd.DataFrame({"lon": lonlat[:, 0], "lat": lonlat[:, 1], "kind": rng.choice(["a", "b"], 6000), "w": rng.random(6000)})  # fmt: skip


STUDY = shapely.box(114.2, 30.4, 114.6, 30.7)


@pytest.mark.parametrize("weight", [None, "w"])
def test_over_cells_as_counted_by_hand(points, wuhan, weight):
    result = inequality(
        points, wuhan, cell_km=2, study=STUDY, by="kind", weight=weight, datum="wgs84"
    )
    xy = project_points(points["lon"], points["lat"], wuhan.crs)
    inside = shapely.intersects(STUDY, shapely.points(points[["lon", "lat"]].to_numpy()))
    # A box of longitude and latitude has bent edges in the plane: a few points may change sides.
    frame = pd.DataFrame(np.floor(xy / 2000)).assign(w=points["w"] if weight else 1.0, kind=points["kind"])[inside]  # fmt: skip
    cells = result.provenance.parameters["cells"]
    for name in ("", "a"):
        own = frame if not name else frame[frame["kind"] == name]
        sums = own.groupby([0, 1])["w"].sum().to_numpy()
        sums = np.concatenate([sums, np.zeros(cells - len(sums))])
        row = result.table[(result.table["footprint"] == "all") & (result.table["by"] == name)].iloc[0]  # fmt: skip
        assert row["n_units"] == cells
        assert row["total"] == pytest.approx(sums.sum(), rel=2e-3)
        assert row["gini"] == pytest.approx(gini(sums), abs=2e-3)
        assert row["hhi"] == pytest.approx(hhi(sums), rel=1e-2)
        assert row["gini_normalised"] == pytest.approx(row["gini"] * cells / (cells - 1))
        assert row["hhi_normalised"] == pytest.approx((row["hhi"] - 1 / cells) / (1 - 1 / cells))
        assert row["theil_normalised"] == pytest.approx(row["theil"] / np.log(cells))
        assert row["theil_between"] + row["theil_within"] == pytest.approx(row["theil"])
        assert row["equal_units"] == pytest.approx(1 / row["hhi"])


def test_inside_and_outside_share_the_cells_and_the_points(points, wuhan):
    table = inequality(points, wuhan, study=STUDY, datum="wgs84").table.set_index("footprint")
    for column in ("n_units", "n_empty", "total"):
        assert table.loc["any", column] + table.loc["none", column] == table.loc["all", column]
    assert (table["gini_low"].fillna(0) <= table["gini"].fillna(0)).all()
    assert (table["gini"].fillna(0) <= table["gini_high"].fillna(0)).all()
    assert (table["n_units_low"] <= table["n_units_high"]).all()
    far = table.loc["junshan-university-belt"]
    assert far["n_units"] > 0 or far["why_en"].startswith("blank")


def test_over_administrative_units(points, wuhan, units):
    result = inequality(points, wuhan, units=units, datum="wgs84")
    own = shapely.points(points[["lon", "lat"]].to_numpy())
    sums = [shapely.intersects(g, own).sum() for g in units.geometry]
    row = result.table[result.table["footprint"] == "all"].iloc[0]
    assert (row["n_units"], row["total"]) == (len(units), sum(sums))
    assert row["gini"] == pytest.approx(gini(sums))
    assert result.provenance.parameters["in_no_unit"] == 6000 - sum(sums)
    with pytest.raises(PointsError, match="adcode"):
        inequality(points, wuhan, units=units[["geometry"]], datum="wgs84")


def test_a_thin_inner_offset_is_told(points, wuhan):
    table = inequality(points, wuhan, datum="wgs84").table
    row = table[table["footprint"] == "donghu-science-city"].iloc[0]
    assert row["n_units_low"] < 10 <= row["n_units"]
    assert "the inner offset holds only" in row["why_en"] and not row["few"]


def test_a_rough_position_and_few_units_are_told(points, wuhan):
    table = inequality(points, wuhan, study=STUDY, cell_km=20, err_m=15_000, datum="wgs84").table
    row = table[table["footprint"] == "all"].iloc[0]
    assert "15000 m" in row["why_en"] and "units, fewer than 10" in row["why_en"]
    assert row["few"]
