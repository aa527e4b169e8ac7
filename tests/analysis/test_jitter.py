"""Random displacements within positional error, beside the exact bounds."""

from __future__ import annotations

import zlib

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import geo
from geo.analysis.cloud import Cloud
from geo.analysis.displacement import (
    Law,
    moved_axes,
    moved_boundaries,
    moved_discs,
    moved_places,
    moved_rectangles,
    shifts,
    smooth,
)
from geo.analysis.footprints import footprints_of
from geo.analysis.jitter import uncertainty
from geo.analysis.subjects import about, planar
from geo.errors import PointsError
from geo.measure import laea, outline, project_points, unproject
from geo.model.belt import Belt
from geo.model.corridor import Corridor
from geo.model.shapes import axis_footprint, offset

CRS = laea(114.3, 30.6)
AXIS = shapely.LineString([(0, 0), (12_000, 3000), (20_000, -4000), (30_000, -3000)])
PROFILE = [(0.0, 3000.0), (15_000.0, 5000.0), (30_000.0, 2000.0)]


def generator(seed=1):
    return np.random.default_rng(seed)


def lonlat(xy):
    return shapely.get_coordinates(unproject(shapely.points(xy), CRS)).T.copy()


def cloud_at(xy, err=0.0, weight=None):
    lon, lat = lonlat(xy)
    n = len(lon)
    own = np.ones(n) if weight is None else weight
    return Cloud(
        lon, lat, own, np.full(n, err), ("",), np.zeros(n, np.int32), np.arange(n), weighed=weight is not None
    )  # fmt: skip


@pytest.fixture(scope="module")
def firms():
    rng = generator(8)
    lon, lat = rng.uniform([113.6, 29.9], [115.4, 31.2], (8000, 2)).T
    return pd.DataFrame(
        {"lon": lon, "lat": lat, "kind": rng.choice(["a", "b"], 8000), "err_m": rng.choice([0, 80, 700], 8000),
         "gain": rng.normal(size=8000)}
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(wuhan, firms):
    return uncertainty(firms, wuhan, by="kind", weight="gain", draws=60, seed=3, datum="wgs84")


def test_every_truncated_draw_lies_within_the_exact_bounds(found):
    table = found.table
    for name in ("count", "sum", "area_km2"):
        low, high = table[f"{name}_low"], table[f"{name}_high"]
        for q in ("p2_5", "p50", "p97_5"):
            assert (low <= table[f"{name}_{q}"] + 1e-9).all()
            assert (table[f"{name}_{q}"] <= high + 1e-9).all()
        assert (table[f"{name}_p2_5"] <= table[f"{name}_p50"]).all()
        assert (table[f"{name}_p50"] <= table[f"{name}_p97_5"]).all()
        whole = table[table["by"] == ""].set_index("footprint")
        drawn = found.draws
        assert (drawn[name] >= drawn["footprint"].map(whole[f"{name}_low"]) - 1e-9).all()
        assert (drawn[name] <= drawn["footprint"].map(whole[f"{name}_high"]) + 1e-9).all()
    # They do move: bounds that hold because nothing happens would prove nothing.
    assert (table.query("by == ''")["count_sd"] > 0).all()
    assert set(table["jitter"]) == {"axis", "belt", "rings", "place"}


def test_bounds_and_the_central_count_are_those_of_coverage(wuhan, firms, found):
    counted = geo.coverage(firms, wuhan, by="kind", weight="gain", datum="wgs84").table
    columns = ["footprint", "by", "count_low", "count", "count_high", "sum_low", "sum", "sum_high", "total"]  # fmt: skip
    pd.testing.assert_frame_equal(found.table[columns], counted[columns], check_exact=True)
    for one in footprints_of(wuhan):
        row = found.table.query("footprint == @one.id").iloc[0]
        assert row["area_km2"] == pytest.approx(one.shape.area / 1e6, rel=1e-6)
        assert row["area_km2_low"] == pytest.approx(one.inner.area / 1e6, rel=1e-5, abs=1e-6)
        assert row["area_km2_high"] == pytest.approx(one.outer.area / 1e6, rel=1e-6)


def test_quantiles_are_of_the_draws_and_the_seed_decides(wuhan, firms, found):
    own = found.draws.query("footprint == 'robot-valley'")
    row = found.table.query("footprint == 'robot-valley' and by == ''").iloc[0]
    for name in ("count", "sum", "area_km2"):
        assert row[[f"{name}_p2_5", f"{name}_p50", f"{name}_p97_5"]].tolist() == pytest.approx(
            np.quantile(own[name], [0.025, 0.5, 0.975]).tolist()
        )
        assert row[f"{name}_sd"] == pytest.approx(own[name].std(ddof=1), abs=1e-9)
    options = {"by": "kind", "weight": "gain", "draws": 60, "datum": "wgs84"}
    # A footprint draws the same whatever else is counted, so one of them shows all.
    alone = uncertainty(firms, wuhan["robot-valley"], seed=3, **options)
    pd.testing.assert_frame_equal(
        alone.table, found.table.query("footprint == 'robot-valley'").reset_index(drop=True), check_exact=True
    )  # fmt: skip
    again = uncertainty(firms, wuhan["robot-valley"], seed=3, **options)
    pd.testing.assert_frame_equal(again.draws, alone.draws, check_exact=True)
    other = uncertainty(firms, wuhan["robot-valley"], seed=4, **options)
    assert (other.draws["count"].to_numpy() != alone.draws["count"].to_numpy()).any()
    said = found.provenance
    assert said.parameters["seed"] == 3
    assert said.parameters["correlation_km"] == 10.0
    assert "Heuvelink" in said.says("zh")
    assert "exact bounds" in row["why_en"]
    assert "精确界" in row["why_zh"]
    assert "points moved" in row["why_en"]


def test_the_counts_of_draws_are_shapelys(firms):
    """All points against each drawn shape, not only those between the bounds."""
    own = gpd.GeoDataFrame(
        {"id": ["square"], "err_m": [1500.0]}, geometry=[outline(shapely.box(-9000, -9000, 9000, 9000), CRS)],
        crs=4326,
    )  # fmt: skip
    result = uncertainty(firms, own, draws=40, seed=9, move_points=False, datum="wgs84")
    crs = about(own.geometry.to_numpy())
    shape = planar(own.geometry.iat[0], crs)
    xy = project_points(firms["lon"], firms["lat"], crs)
    rng = np.random.default_rng([9, zlib.crc32(b"square")])
    away = stats.truncnorm(-2, 2, scale=750).ppf(stats.norm.cdf(rng.standard_normal(40)))
    grown = [offset(shape, d) for d in away]
    assert result.draws["area_km2"].to_numpy() == pytest.approx(shapely.area(grown) / 1e6, rel=1e-9)
    expected = [shapely.intersects_xy(g, *xy.T).sum() for g in grown]
    assert result.draws["count"].tolist() == expected
    assert np.std(expected) > 10


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=2, max_size=5, unique=True),
    st.floats(50, 1500), st.floats(1, 20), st.integers(0, 99),
)  # fmt: skip
def test_draws_of_any_corridor_lie_within_the_bounds(corners, err, correlation, seed):
    """Sharp bends, crossings, errors as wide as the corridor itself."""
    axis = unproject(shapely.LineString(np.array(corners) * 2000.0), CRS)
    own = [Corridor(axis, [(0.0, 3.0), (9.0, 1.5)], CRS)]
    xy = generator(seed).uniform(-22_000, 22_000, (1500, 2))
    result = uncertainty(
        cloud_at(xy, err=100.0),
        own,
        draws=6,
        seed=seed,
        axis_sd_m=err / 2,
        correlation_km=correlation,
    )
    row = result.table.iloc[0]
    for name in ("count", "area_km2"):
        drawn = result.draws[name]
        assert row[f"{name}_low"] - 1e-9 <= drawn.min()
        assert drawn.max() <= row[f"{name}_high"] + 1e-9
        assert row[f"{name}_low"] - 1e-9 <= row[name] <= row[f"{name}_high"] + 1e-9


def test_without_truncation_draws_may_leave_the_bounds(wuhan, firms):
    own = {"circle": outline(shapely.Point(0, 0).buffer(8000, quad_segs=64), CRS)}
    wide = uncertainty(firms, own, draws=400, boundary_sd_m=500, truncate=False, datum="wgs84", move_points=False)  # fmt: skip
    row = wide.table.iloc[0]
    assert row["err_m"] == 1000
    outside = (wide.draws["area_km2"] < row["area_km2_low"]) | (wide.draws["area_km2"] > row["area_km2_high"])  # fmt: skip
    assert outside.mean() == pytest.approx(2 * stats.norm.sf(2), abs=0.03)
    # In closed form: a circle whose radius is normal.
    radius = 8 + 0.5 * stats.norm.ppf([0.025, 0.5, 0.975])
    drawn = np.sqrt(row[["area_km2_p2_5", "area_km2_p50", "area_km2_p97_5"]].astype(float) / np.pi)
    assert drawn.tolist() == pytest.approx(radius.tolist(), abs=0.12)
    held_in = uncertainty(firms, own, draws=400, boundary_sd_m=500, datum="wgs84")
    cut = stats.truncnorm(-2, 2)
    radius = 8 + 0.5 * cut.ppf([0.025, 0.5, 0.975])
    drawn = np.sqrt(held_in.table.iloc[0][["area_km2_p2_5", "area_km2_p50", "area_km2_p97_5"]].astype(float) / np.pi)  # fmt: skip
    assert drawn.tolist() == pytest.approx(radius.tolist(), abs=0.12)


def test_points_that_move_alone():
    """A sharp edge and points a known way from it: how often each is inside is in closed form."""
    half = {"half": outline(shapely.box(0, -20_000, 40_000, 20_000), CRS)}
    xy = np.array([(d, 0.0) for d in (-250.0, -60.0, 0.0, 60.0, 250.0)])
    for k, d in enumerate(xy[:, 0]):
        crowd = cloud_at(np.repeat(xy[k : k + 1], 500, axis=0), err=200.0)
        free = uncertainty(crowd, half, draws=40, truncate=False, seed=k).draws["count"] / 500
        inside = stats.norm.cdf(d / 100)
        error = np.sqrt(inside * (1 - inside) / 20_000)
        assert free.mean() == pytest.approx(inside, abs=4 * error + 1e-3)
        # Cut off at 200 m, a point 250 m away never crosses.
        held = uncertainty(crowd, half, draws=40, seed=k).draws["count"] / 500
        assert held.mean() == (d > 0) if abs(d) == 250 else 0 < held.mean() < 1
    xy = xy[1:-1]
    still = uncertainty(cloud_at(xy, err=200.0), half, draws=5, move_points=False)
    assert still.table["count_sd"].iat[0] == 0
    assert still.table["count_p50"].iat[0] == still.table["count"].iat[0]
    assert "points moved" not in still.table["why_en"].iat[0]
    assert (still.table["count_low"].iat[0], still.table["count_high"].iat[0]) == (0, 3)


def test_without_an_error_nothing_moves():
    rng = generator(3)
    points = cloud_at(rng.uniform(-20_000, 50_000, (3000, 2)), weight=rng.random(3000))
    axis = unproject(AXIS, CRS)
    own = [
        Corridor(axis, [(c / 1000, w / 1000) for c, w in PROFILE], CRS), Belt(114.4, 30.6, 100, 30, 8),
        outline(shapely.box(0, 0, 5000, 9000), CRS),
    ]  # fmt: skip
    table = uncertainty(points, own, draws=5).table
    assert table["footprint"].tolist() == ["corridor-1", "belt-2", "footprint-3"]
    for name in ("count", "sum", "area_km2"):
        for end in ("_low", "_high", "_p2_5", "_p97_5"):
            assert table[f"{name}{end}"].tolist() == pytest.approx(table[name].tolist())


def test_a_corridor_and_a_belt_with_a_given_deviation(firms):
    own = [Corridor.constant(unproject(AXIS, CRS), 4.0), Belt(114.4, 30.6, 100, 30, 8)]
    result = uncertainty(firms, own, draws=50, axis_sd_m=300, correlation_km=5, datum="wgs84")
    assert result.table["err_m"].tolist() == [600, 600]
    assert result.table["sd_m"].tolist() == [300, 300]
    assert result.table["jitter"].tolist() == ["axis", "belt"]
    assert (result.table["count_sd"] > 0).all()
    assert (result.table["count_low"] <= result.table["count_p2_5"]).all()
    assert (result.table["count_p97_5"] <= result.table["count_high"]).all()
    areas = result.draws.query("footprint == 'belt-2'")["area_km2"]
    assert areas.to_numpy() == pytest.approx(240, rel=1e-5)


def test_rings_of_another_width(wuhan, firms):
    wide = uncertainty(firms, wuhan, draws=20, ring_km=2.0, datum="wgs84").table
    counted = geo.coverage(firms, wuhan, ring_km=2.0, datum="wgs84").table
    columns = ["count_low", "count", "count_high"]
    row, other = (t[(t["footprint"] == "campus-rings")].iloc[0] for t in (wide, counted))
    assert row[columns].tolist() == other[columns].tolist()
    # The rings that are drawn anew are as wide: only their overlap changes.
    assert row["area_km2_p50"] == pytest.approx(row["area_km2"], rel=0.1)


# --- the laws ---------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.floats(0.5, 3000), st.floats(0.2, 8.0))
def test_the_law_is_the_truncated_normal(sd, wide):
    law = Law(sd, sd * wide)
    at = np.linspace(0.001, 0.999, 41)
    expected = stats.truncnorm(-wide, wide, scale=sd).ppf(at)
    assert law.of_normal(stats.norm.ppf(at)) == pytest.approx(expected, rel=1e-6, abs=sd * 1e-9)
    assert np.abs(law.of_normal(np.array([-40.0, 40.0]))) == pytest.approx(law.bound)
    assert (Law(0.0, 5.0).of_normal(at) == 0).all()
    assert (Law(5.0, 0.0).of_normal(at) == 0).all()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 60), min_size=1, max_size=12), st.floats(0.5, 40))
def test_the_process_has_variance_one_and_its_correlation_length(chainage, length):
    at = np.array(chainage)
    matrix = smooth(at, length)
    expected = np.exp(-(((at[:, None] - at) / length) ** 2) / 2)
    assert np.abs(matrix @ matrix.T - expected).max() < 1e-5


def test_the_displaced_axis_has_the_law_at_each_place_and_goes_together():
    law = Law(400.0, 800.0)
    line = shapely.LineString([(0, 0), (40_000, 0)])
    draw = moved_axes(line, [(0.0, 2000.0)], law, 8000.0, generator(5), 800)
    shapes = np.array([draw(k) for k in range(800)])
    # Seen in a cross-section: the middle of the part of the corridor there.
    across = {x: shapely.LineString([(x, -9000), (x, 9000)]) for x in (10_000, 18_000, 34_000)}
    middle = {x: shapely.get_y(shapely.centroid(shapely.intersection(shapes, c))) for x, c in across.items()}  # fmt: skip
    for own in middle.values():
        # Slopes widen the section a little and evenly: the middle is that of the axis.
        assert stats.kstest(own / 400, stats.truncnorm(-2, 2).cdf).pvalue > 0.01
        assert np.abs(own).max() <= 801
    near = stats.pearsonr(middle[10_000], middle[18_000]).statistic
    assert near == pytest.approx(np.exp(-0.5), abs=0.1)
    assert abs(stats.pearsonr(middle[10_000], middle[34_000]).statistic) < 0.15


@pytest.mark.parametrize("widths", [[(0.0, 4000.0)], PROFILE])
def test_a_displaced_corridor_stays_near_its_own(widths):
    law = Law(300.0, 600.0)
    own = axis_footprint(AXIS, widths)
    still = moved_axes(AXIS, widths, Law(0.0, 0.0), 5000.0, generator(), 1)(0)
    assert shapely.symmetric_difference(still, own).area < 2e-3 * own.area
    draw = moved_axes(AXIS, widths, law, 5000.0, generator(2), 100)
    for k in range(100):
        shape = draw(k)
        assert shape.is_valid
        # Never farther out than the bound, but for arcs drawn as polygons.
        assert shapely.difference(shape, own.buffer(604, quad_segs=64)).area == 0
        # Nor farther in, but at the inner corner of a bend of 55°: by 1 / cos 27.5° there.
        assert shape.covers(own.buffer(-604 / np.cos(np.radians(27.5)) - 4))
    # An axis that errs as a whole along its length is shifted, and keeps its shape.
    straight = shapely.LineString([(0, 0), (20_000, 0)])
    draw = moved_axes(straight, widths, law, 1e7, generator(3), 20)
    whole = axis_footprint(straight, widths)
    for k in range(20):
        shape = draw(k)
        by = shape.centroid.y - whole.centroid.y
        back = shapely.transform(shape, lambda xy, by=by: xy - np.array([0, by]))
        assert shapely.symmetric_difference(back, whole).area < 2e-3 * whole.area
        assert abs(by) <= 600.001


def test_a_displaced_belt_keeps_its_size_and_its_law():
    belt = shapely.affinity.rotate(shapely.box(-50_000, -10_000, 50_000, 10_000), 33)
    belt = shapely.transform(belt, lambda xy: xy + np.array([7e4, 3e4]))
    n = 4000
    draw = moved_rectangles(belt, Law(400.0, 1e9), generator(6), n)
    shapes = np.array([draw(k) for k in range(n)])
    assert shapely.area(shapes) == pytest.approx(belt.area)
    shift = shapely.get_coordinates(shapely.centroid(shapes)) - (7e4, 3e4)
    for k in range(2):
        assert stats.kstest(shift[:, k] / (400 / np.sqrt(2)), "norm").pvalue > 0.01
    corner = shapely.get_coordinates(shapes).reshape(n, 5, 2)
    ends = (corner[:, 0] + corner[:, 1]) / 2, (corner[:, 2] + corner[:, 3]) / 2
    own = shapely.get_coordinates(belt)
    old = (own[0] + own[1]) / 2, (own[2] + own[3]) / 2
    along = (old[1] - old[0]) / np.hypot(*(old[1] - old[0]))
    if np.hypot(*(old[1] - old[0])) < 50_000:  # that pair was of the long sides
        ends = (corner[:, 1] + corner[:, 2]) / 2, (corner[:, 3] + corner[:, 4]) / 2
        old = (own[1] + own[2]) / 2, (own[3] + own[4]) / 2
        along = (old[1] - old[0]) / np.hypot(*(old[1] - old[0]))
    across = np.array([-along[1], along[0]])
    for end, place in zip(ends, old, strict=True):
        assert stats.kstest((end - place) @ across / 400, "norm").pvalue > 0.01
    held = moved_rectangles(belt, Law(400.0, 800.0), generator(7), 300)
    for k in range(300):
        moved = shapely.get_coordinates(held(k))
        assert np.hypot(*(moved - own).T).max() <= 800 + 1e-6
        assert held(k).covers(offset(belt, -800))
        assert offset(belt, 800.01).buffer(0.5).covers(held(k))


def test_shifts_are_even_in_direction_and_cut_off_at_the_error():
    err = np.full(20_000, 300.0)
    free = shifts(err, err / 2, generator(1), bounded=False)
    for k in range(2):
        assert stats.kstest(free[:, k] / 150, "norm").pvalue > 0.01
    held = shifts(err, err / 2, generator(2), bounded=True)
    away = np.hypot(*held.T)
    assert away.max() <= 300
    whole = stats.rayleigh(scale=150)
    assert stats.kstest(away, lambda r: whole.cdf(r) / whole.cdf(300)).pvalue > 0.01
    assert stats.kstest(np.arctan2(*held.T) / (2 * np.pi) + 0.5, "uniform").pvalue > 0.01
    assert (shifts(np.zeros(5), np.zeros(5), generator(), bounded=True) == 0).all()
    assert (shifts(np.full(5, 9.0), np.zeros(5), generator(), bounded=True) == 0).all()


def test_discs_places_and_boundaries():
    places = shapely.points([(0.0, 0.0), (20_000.0, 0.0)])
    err = np.array([0.0, 500.0])
    draw = moved_discs(places, 2000.0, err, err / 2, generator(4), 50, bounded=True)
    for k in range(50):
        one, two = sorted(shapely.get_parts(draw(k)), key=lambda g: g.centroid.x)
        assert (one.centroid.x, one.centroid.y) == pytest.approx((0, 0), abs=1e-6)
        assert 0 < two.centroid.distance(places[1]) <= 500
        assert two.area == pytest.approx(one.area)
    shape = shapely.box(0, 0, 3000, 1000)
    draw = moved_places(shape, 500.0, 250.0, generator(5), 50, bounded=True)
    for k in range(50):
        assert draw(k).area == pytest.approx(shape.area)
        assert draw(k).centroid.distance(shape.centroid) <= 500
    draw = moved_boundaries(shape, Law(100.0, 200.0), generator(6), 50)
    away = Law(100.0, 200.0).of_normal(generator(6).standard_normal(50))
    for k, d in enumerate(away):
        area = 3e6 + 8000 * d + np.pi * d * d if d > 0 else (3000 + 2 * d) * (1000 + 2 * d)
        assert draw(k).area == pytest.approx(area, rel=1e-4)


def test_what_makes_no_sense_is_told(wuhan, firms):
    own = Belt(114.4, 30.6, 100, 30, 8)
    for options, message in [
        ({"draws": 1}, "draws is 1: 2 to"),
        ({"seed": -1}, "seed is -1"),
        ({"axis_sd_m": -1.0}, "axis_sd_m is -1"),
        ({"boundary_sd_m": np.nan}, "boundary_sd_m is nan"),
        ({"correlation_km": 0.0}, "above 0 km"),
    ]:
        with pytest.raises(PointsError, match=message):
            uncertainty(firms, own, datum="wgs84", **options)
    with pytest.raises(PointsError, match="robot-valley has an err_m of 500"):
        uncertainty(firms, wuhan, datum="wgs84", axis_sd_m=501.0)
    with pytest.raises(PointsError, match="no footprints"):
        uncertainty(firms, [], datum="wgs84")
    with pytest.raises(PointsError, match="LineString"):
        uncertainty(firms, [shapely.LineString([(0, 0), (1, 1)])], datum="wgs84")
