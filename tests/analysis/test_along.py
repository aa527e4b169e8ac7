from __future__ import annotations

import numpy as np
import pytest
from pandas.testing import assert_frame_equal
from shapely import LineString

import geo
from geo.analysis import profile_tally
from geo.analysis.along import (
    near_places,
    place_of,
    places_of,
    spot,
    valued,
)
from geo.analysis.cloud import Cloud
from geo.analysis.profile_tally import surely
from geo.analysis.routes import AFTER, BEFORE, BESIDE, INSIDE, places, route_of
from geo.errors import PointsError
from geo.measure import project_points
from geo.model.corridor import Corridor

BENT = LineString([(114.0, 30.5), (114.2, 30.5), (114.25, 30.62), (114.05, 30.66)])
ABOUTS = {
    "tapered": Corridor(BENT, [(0.0, 2.0), (20.0, 9.0), (45.0, 4.0)]),
    "constant": Corridor.constant(BENT, 5.0),
    "returning": Corridor.constant(
        LineString([(114.0, 30.5), (114.3, 30.5), (114.3, 30.6), (113.9, 30.6), (113.9, 30.45)]),
        4.0,
    ),
    "short": Corridor.constant(LineString([(114.1, 30.5), (114.12, 30.52)]), 3.0),
}


def cloud(seed, n=400, *, weights=True):
    rng = np.random.default_rng(seed)
    return Cloud(
        rng.uniform(113.7, 114.5, n), rng.uniform(30.3, 30.9, n),
        rng.normal(10, 20, n) if weights else np.ones(n), rng.choice([0, 50, 3000], n).astype(float),
        ("甲", "乙", ""), rng.integers(0, 3, n).astype(np.int32), np.arange(n), weighed=weights,
    )  # fmt: skip


@pytest.mark.parametrize("about", ABOUTS)
@pytest.mark.parametrize("err", [0.0, 1500.0])
def test_what_is_told_apart_at_once_is_counted_as_a_close_look_would(about, err, monkeypatch):
    def looked_at_closely(points, **options):
        with monkeypatch.context() as own:
            own.setattr(profile_tally, "surely", lambda route, xy, err: np.full(len(xy), INSIDE))
            return geo.profile(points, ABOUTS[about], **options)

    monkeypatch.setattr(profile_tally, "_CHUNK", 150)
    monkeypatch.setattr(profile_tally, "_PIECE", 40)
    for seed in range(4):
        points = cloud(seed)
        options = {"step_km": 1.3, "axis_err_m": err}
        expected = looked_at_closely(points, **options)
        calls = []
        found = geo.profile(points, ABOUTS[about], progress=lambda *a, to=calls: to.append(a), **options)  # fmt: skip
        assert_frame_equal(found.bins, expected.bins)
        assert_frame_equal(found.totals, expected.totals)
        assert_frame_equal(found.features, expected.features)
        assert found.provenance == expected.provenance
        assert calls == [(150, 400), (300, 400), (400, 400)]


@pytest.mark.parametrize(
    ("about", "known"),
    [
        ("constant", {INSIDE, BESIDE}),
        ("short", {INSIDE, BEFORE, AFTER, BESIDE}),
        ("returning", {INSIDE, BESIDE}),
    ],
)
def test_most_are_told_apart_without_a_close_look(about, known):
    points, route = cloud(1), route_of(ABOUTS[about])
    at = project_points(points.lon, points.lat, route.crs)
    sure = surely(route, at, points.err_m + route.err_m)
    at = project_points(points.lon, points.lat, route.crs)
    where = places(route, at)[2]
    assert 0.3 < (sure != INSIDE).mean() < 0.95
    assert set(sure) == known
    assert (where == sure)[sure != INSIDE].all()
    # Wherever they lie within their error, they stay where they are said to be.
    rng = np.random.default_rng(3)
    for _ in range(50):
        angle, share = rng.uniform(0, 2 * np.pi, len(points)), rng.uniform(0, 1, len(points))
        moved = at + (points.err_m * share)[:, None] * np.column_stack(
            [np.cos(angle), np.sin(angle)]
        )
        assert (places(route, moved)[2] == sure)[sure != INSIDE].all()


@pytest.mark.parametrize("what", ["count", "sum", "density"])
@pytest.mark.parametrize("smooth", [None, 0.8, 6.0])
def test_another_value_is_that_of_counting_again(what, smooth):
    points, about = cloud(7), ABOUTS["tapered"]
    base = geo.profile(points, about, step_km=0.7)
    expected = geo.profile(points, about, step_km=0.7, what=what, smooth_km=smooth, prominence=0.3)
    found = valued(base, what=what, smooth_km=smooth, prominence=0.3)
    assert_frame_equal(found.bins, expected.bins, check_dtype=False)
    assert_frame_equal(found.features, expected.features)
    assert found.provenance == expected.provenance
    assert "value" in base.bins
    assert (base.bins["value"] == base.bins["count"]).all()


def test_density_without_weights_is_of_the_counts():
    points = cloud(3, weights=False)
    found = valued(geo.profile(points, ABOUTS["constant"]), what="density")
    size = found.bins["to_km"] - found.bins["from_km"]
    assert np.allclose(found.bins["value"] * size, found.bins["count"])


def test_what_cannot_be_is_refused():
    base = geo.profile(cloud(3, weights=False), ABOUTS["constant"])
    with pytest.raises(PointsError, match="needs weights"):
        valued(base, what="sum")
    with pytest.raises(PointsError, match="above 0"):
        valued(base, smooth_km=0.0)
    with pytest.raises(PointsError, match="no chainage 99"):
        spot(route_of(ABOUTS["constant"]), 99.0)


def test_a_place_and_its_spot_are_inverse():
    route = route_of(ABOUTS["constant"])
    rng = np.random.default_rng(5)
    # Away from the bends, where one place has several chainages.
    for at in rng.uniform(2, 16, 40):
        for off in (-1.4, 0.0, 2.1):
            lon, lat = spot(route, at, off)
            own = place_of(route, lon, lat)
            assert own.chainage_km == pytest.approx(at, abs=1e-4)
            assert own.offset_km == pytest.approx(off, abs=1e-4)
            assert own.where == "inside"
            assert own.half_width_km == 2.5
            row = places_of(route, [lon], [lat]).iloc[0]
            assert row.tolist() == [own.chainage_km, own.offset_km, own.where]
    # North of an axis that runs east is on its left.
    assert place_of(route, 114.1, 30.51).offset_km < 0


def test_near_places_are_those_of_the_strip():
    points = cloud(2, 300)
    route = route_of(ABOUTS["tapered"])
    whole = geo.strip(ABOUTS["tapered"], points).table
    far = whole["where"].isin(["before", "after"]) | (whole["offset_km"].abs() > 6)
    expected = whole[~far]
    calls = []
    found = near_places(route, points, 6.0, progress=lambda *a: calls.append(a))
    assert 20 < len(found) < 250
    assert found["index"].tolist() == expected.index.tolist()
    assert np.allclose(found["chainage_km"], expected["chainage_km"])
    assert np.allclose(found["offset_km"], expected["offset_km"])
    assert calls == [(300, 300)]
    assert not len(near_places(route, cloud(1, 0), 6.0))
