from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.analysis.concentration import mean_centres
from geo.analysis.concentration.ellipse import spread_of
from geo.errors import PointsError
from geo.measure import unproject

# The example of PySAL's pointpats.ellipse: 11 points of O'Sullivan and Unwin (2003).
SULLIVAN = np.array(
    [
        [66.22, 32.54], [22.52, 22.39], [31.01, 81.21], [9.47, 31.02], [30.78, 60.10], [75.21, 58.93],
        [79.26, 7.68], [8.23, 39.93], [98.73, 77.17], [89.78, 42.53], [65.19, 92.08],
    ]
)  # fmt: skip

# 50 generated points with what CrimeStat prints for them (parker-group/SDEtool on GitHub, MIT licence,
# validation/data/test_rotation.csv and CrimeStatValid/Rotate).
ROTATED = """105.680606506046,21.1358775821682 102.356352111501,16.247836450592 102.656104071747,19.8845193008416
103.887905859889,19.7971027772748 103.794112256241,18.92105298003 102.579324996313,17.9704268138167
105.726092634688,21.686752091122 102.735676412839,17.8627192993861 109.39815758067,20.1652889916709
102.665520637566,18.0684059741381 106.027720649367,20.5083724370292 107.719729601544,22.9816851785433
99.6423700372845,15.4651930434353 101.418836314939,18.3983631198496 103.231455884035,17.2029095897201
103.428017789018,20.2700912448239 102.159528012158,17.6344889780093 96.6304723691827,13.0991417785681
97.1719344423577,13.4740412708987 105.29064545873,21.3101211334745 103.087117787306,16.6119248372154
99.285045586387,14.1575027753007 102.194414295273,18.076202136359 106.250956982463,19.9024713178614
107.404150380171,21.636474508554 101.676010510493,17.4976636372057 101.911064829871,17.9974336192434
98.9318330716116,14.5876994851142 104.602352305334,18.3496754523089 102.420028381105,15.8647033185985
102.896510227327,20.0358009964898 104.312807784872,19.6775637798562 105.133249473077,20.2583228446135
101.793758853635,16.6227853306028 104.915689636372,18.2266535149016 98.9249274023438,14.7904217156827
101.489452204229,16.1823700894428 101.324180916339,16.0657239036293 97.2187166804627,13.5386677167191
102.495546281826,18.6577089599001 102.452614091726,19.4213639509736 102.570787617414,16.8973759973819
104.148441218204,20.0681729730529 100.474762629467,17.4420899036524 100.882883933891,14.3119912356421
104.526817958753,18.3094734080006 102.079035244493,15.4785150529669 107.0952214989,20.031581270399
102.028208187471,17.1413205990182 103.928953975206,19.8527244113393"""


def test_against_what_crimestat_prints():
    lonlat = np.array([[float(v) for v in p.split(",")] for p in ROTATED.split()])
    frame = pd.DataFrame(lonlat, columns=["lon", "lat"])
    row = mean_centres(frame, datum="wgs84").table.iloc[0]
    # CrimeStat measures on a sphere and in another projection, over 1,300 km.
    assert row["azimuth_deg"] == pytest.approx(47.331807, abs=0.5)
    assert row["semi_major_km"] == pytest.approx(535.07618, rel=0.01)
    assert row["semi_minor_km"] == pytest.approx(139.11900, rel=0.01)
    assert row["ellipse_km2"] == pytest.approx(233_857.849, rel=0.01)
    assert row["axis_ratio"] == pytest.approx(3.8462, rel=0.01)


def test_against_what_pysal_prints():
    own = spread_of(SULLIVAN, np.ones(11))
    assert (own.major, own.minor) == pytest.approx(
        (50.13029459102783, 37.95222670267865), rel=1e-12
    )
    assert own.azimuth_deg == pytest.approx(90 - math.degrees(0.3465582095042642), abs=1e-9)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=10, deadline=None)
@given(st.integers(0, 9999), st.integers(4, 60), st.floats(0, 180))
def test_against_pysal_on_random_points(seed, n, turn):
    from pointpats import ellipse

    rng = np.random.default_rng(seed)
    a = math.radians(turn)
    xy = rng.normal(size=(n, 2)) * [5, 1] @ np.array([[math.sin(a), math.cos(a)], [math.cos(a), -math.sin(a)]])  # fmt: skip
    weight = np.ones(n)
    major, minor, _ = ellipse(xy)
    own = spread_of(xy, weight)
    assert sorted([own.major, own.minor]) == pytest.approx(sorted([major, minor]), rel=1e-6)
    major, minor, _ = ellipse(xy, method="yuill", crimestatCorr=False, degfreedCorr=False)
    own = spread_of(xy, weight, "yuill")
    assert sorted([own.major, own.minor]) == pytest.approx(sorted([major, minor]), rel=1e-6)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 9999), st.integers(5, 40))
def test_the_angle_is_that_of_ebdons_formula(seed, n):
    rng = np.random.default_rng(seed)
    xy, w = rng.normal(size=(n, 2)) @ rng.normal(size=(2, 2)), rng.random(n) + 0.1
    x, y = (xy - w @ xy / w.sum()).T
    top = (w * x**2).sum() - (w * y**2).sum()
    cross = (w * x * y).sum()
    theta = math.atan((top + math.sqrt(top**2 + 4 * cross**2)) / (2 * cross))
    along = x * math.sin(theta) + y * math.cos(theta)
    across = x * math.cos(theta) - y * math.sin(theta)
    spread = [math.sqrt((w * v**2).sum() / w.sum()) for v in (along, across)]
    own = spread_of(xy, w, "yuill")
    assert sorted(spread) == pytest.approx([own.minor, own.major], rel=1e-6)
    azimuth = math.degrees(theta) if spread[0] > spread[1] else math.degrees(theta) + 90
    assert abs((own.azimuth_deg - azimuth + 90) % 180 - 90) < 1e-5
    assert own.standard_distance == pytest.approx(math.hypot(*spread))


def test_weights_are_repeated_points():
    rng = np.random.default_rng(5)
    xy, times = rng.normal(size=(20, 2)) * [3, 1], rng.integers(1, 6, 20)
    one = spread_of(xy, times.astype(float), "yuill")
    two = spread_of(np.repeat(xy, times, axis=0), np.ones(times.sum()), "yuill")
    for name in ("x", "y", "major", "minor", "azimuth_deg", "standard_distance"):
        assert getattr(one, name) == pytest.approx(getattr(two, name))


def test_the_standard_error_of_the_azimuth_is_what_samples_show():
    rng = np.random.default_rng(2)
    found, told = [], []
    for _ in range(800):
        s = spread_of(rng.normal(size=(200, 2)) * [1, 2], np.ones(200))
        found.append((s.azimuth_deg + 90) % 180 - 90)
        told.append(s.azimuth_se_deg)
    assert np.std(found) == pytest.approx(np.mean(told), rel=0.08)


def along(belt, n, seed=0, spread=(20, 3)):
    """Points scattered along and across a belt, km."""
    rng = np.random.default_rng(seed)
    a = math.radians(belt.azimuth_deg)
    d = rng.normal(size=(n, 2)) * spread * 1000
    xy = d @ np.array([[math.sin(a), math.cos(a)], [math.cos(a), -math.sin(a)]])
    lonlat = shapely.get_coordinates(unproject(shapely.points(xy), belt.crs))
    return pd.DataFrame(lonlat, columns=["lon", "lat"])


def test_points_along_the_belt_lie_along_the_belt(wuhan):
    belt = wuhan["robot-valley"].shape
    result = mean_centres(along(belt, 4000), wuhan, datum="wgs84")
    row = result.axes.set_index("axis").loc["robot-valley"]
    assert row["axis_azimuth_deg"] == pytest.approx(belt.azimuth_deg, abs=1e-4)
    assert row["difference_deg"] < 0.5
    assert row["difference_deg_low"] <= row["difference_deg"] <= row["difference_deg_high"] < 1.5
    across = along(belt, 4000, spread=(3, 20))
    row = mean_centres(across, wuhan, datum="wgs84").axes.set_index("axis").loc["robot-valley"]
    assert 89 < row["difference_deg"] <= 90
    assert set(result.axes["axis"]) == set(wuhan.axes["id"])
    assert result.axes["difference_deg"].between(0, 90).all()


def test_the_ellipse_is_drawn_where_it_is_and_holds_what_a_normal_one_does(wuhan):
    frame = along(wuhan["robot-valley"].shape, 6000)
    for variant, share in (("crimestat", 1 - math.exp(-1)), ("yuill", 1 - math.exp(-0.5))):
        result = mean_centres(frame, variant=variant, err_m=80, datum="wgs84")
        row, shape = result.table.iloc[0], result.layer.geometry.iloc[0]
        inside = shapely.intersects(shape, shapely.points(frame.to_numpy())).mean()
        assert row["share_inside"] == pytest.approx(inside, abs=1e-3)
        assert inside == pytest.approx(share, abs=0.02)
        assert (row["lon"], row["lat"]) == pytest.approx((shape.centroid.x, shape.centroid.y), abs=1e-3)  # fmt: skip
        assert row["centre_err_m"] == pytest.approx(80)


def test_by_category_and_year(wuhan):
    frame = along(wuhan["robot-valley"].shape, 900).assign(
        kind=np.repeat(["a", "b", "c"], 300), year=np.tile([2019.0, 2020.0, np.nan], 300), w=1.0
    )
    table = mean_centres(frame, by="kind", year="year", weight="w", datum="wgs84").table
    assert table[["by", "year", "count"]].to_numpy().tolist() == [
        [by, year, n] for by, n_all in (("", 900), ("a", 300), ("b", 300), ("c", 300))
        for year, n in (("", n_all), ("2019", n_all // 3), ("2020", n_all // 3))
    ]  # fmt: skip


def test_what_says_little_is_told(wuhan):
    one = pd.DataFrame({"lon": [114.3], "lat": [30.5]})
    row = mean_centres(one, wuhan, datum="wgs84").table.iloc[0]
    assert (row["lon"], row["lat"]) == pytest.approx((114.3, 30.5))
    assert np.isnan(row["semi_major_km"]) and "no ellipse" in row["why_en"] and row["few"]
    without = mean_centres(one, datum="wgs84").axes
    assert len(without) == 0
    assert list(without.columns) == list(mean_centres(one, wuhan, datum="wgs84").axes.columns)
    line = pd.DataFrame({"lon": [114.3] * 5, "lat": np.linspace(30.4, 30.6, 5)})
    result = mean_centres(line, wuhan, datum="wgs84")
    assert result.table.iloc[0]["azimuth_deg"] == pytest.approx(0, abs=1e-6) or result.table.iloc[0]["azimuth_deg"] == pytest.approx(180, abs=1e-6)  # fmt: skip
    assert result.layer.geometry.iloc[0] is None
    round_one = along(wuhan["robot-valley"].shape, 3000, spread=(5, 5))
    result = mean_centres(round_one, wuhan, datum="wgs84")
    assert "nearly round" in result.table.iloc[0]["why_en"]
    assert result.axes["why_zh"].str.contains("近圆").all()
    nothing = mean_centres(one.assign(w=0.0), weight="w", datum="wgs84").table.iloc[0]
    assert "blank" in nothing["why_en"]
    with pytest.raises(PointsError, match="crimestat or yuill"):
        mean_centres(one, variant="esri", datum="wgs84")
