from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import geo
from geo.analysis import maxrs
from geo.analysis.cloud import Cloud
from geo.analysis.fit import fit_belt
from geo.analysis.maxrs import MaxRS
from geo.analysis.maxrs_rules import Apart, Rules, back, turned
from geo.analysis.maxrs_turned import Turned, enlarged
from geo.errors import PointsError
from geo.measure import laea, project, unproject
from geo.model.belt import azimuths_that_hold, most_held

EDGE = 1.1e-6
EVERYWHERE = [(-math.inf, -math.inf, math.inf, math.inf)]
FREE = Rules(np.empty((0, 2)))


def held(u, v, weight, p, q, length, width):
    own = (u >= p - EDGE) & (u <= p + length + EDGE) & (v >= q - EDGE) & (v <= q + width + EDGE)
    return weight[own].sum()


def brute(u, v, weight, length, width, box=EVERYWHERE[0]):
    """All rectangles with a point, or the end of what is permitted, on their lower and left edges."""
    best = 0.0
    for p in {*u, box[2]}:
        for q in {*v, box[3]}:
            if box[0] <= p <= box[2] and box[1] <= q <= box[3] and math.isfinite(p + q):
                best = max(best, held(u, v, weight, p, q, length, width))
    return best


@st.composite
def problems(draw):
    seed, n = draw(st.integers(0, 2**32 - 1)), draw(st.integers(1, 25))
    rng = np.random.default_rng(seed)
    # On a lattice many points share a coordinate and lie on the very edges of rectangles.
    xy = rng.integers(0, 9, (n, 2)) * 1000.0 if draw(st.booleans()) else rng.uniform(0, 9000, (n, 2))  # fmt: skip
    weight = rng.integers(0, 4, n).astype(float) if draw(st.booleans()) else rng.random(n)
    return xy, weight, draw(st.sampled_from([1000.0, 2500.0, 4000.0])), draw(st.sampled_from([500.0, 2000.0]))  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(problems(), st.sampled_from([1 << 20, 256, 48]))
def test_the_best_translation_is_that_of_all_rectangles(problem, cells):
    (u, v), weight, length, width = problem[0].T, *problem[1:]
    with pytest.MonkeyPatch.context() as patch:
        # Few cells at a time: the division is used, not only the last comparison.
        patch.setattr(maxrs, "CELLS", cells)
        value, corner = MaxRS(u, v, weight, length, width).best(EVERYWHERE)
        bound, _ = MaxRS(u, v, weight, length, width).best(EVERYWHERE, cells=2)
    best = brute(u, v, weight, length, width)
    assert value == pytest.approx(best, abs=1e-9)
    assert bound >= value - 1e-9
    if best:
        assert held(u, v, weight, *corner, length, width) == pytest.approx(best, abs=1e-9)


@settings(max_examples=80, deadline=None)
@given(problems(), st.lists(st.integers(-3000, 9000), min_size=4, max_size=4), st.sampled_from([1 << 20, 64]))  # fmt: skip
def test_the_best_within_a_box_of_placements(problem, sides, cells):
    (u, v), weight, length, width = problem[0].T, *problem[1:]
    box = (min(sides[:2]) + 0.5, min(sides[2:]) + 0.5, max(sides[:2]) + 0.5, max(sides[2:]) + 0.5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(maxrs, "CELLS", cells)
        value, _ = MaxRS(u, v, weight, length, width).best([box])
    assert value == pytest.approx(brute(u, v, weight, length, width, box), abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_counts_are_those_of_the_slow_function_for_seats(seed):
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform((114, 30), (115.5, 31), (25, 2)).T
    azimuth = float(rng.uniform(0, 180))
    count, _ = most_held(lon, lat, azimuth, 60, 25)
    middle = (lon.min() + lon.max()) / 2, (lat.min() + lat.max()) / 2
    xy = shapely.get_coordinates(project(shapely.MultiPoint(np.column_stack([lon, lat])), laea(*middle)))  # fmt: skip
    u, v = turned(xy, azimuth)
    assert MaxRS(u, v, np.ones(25), 60e3, 25e3).best(EVERYWHERE)[0] == count


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 180), st.floats(0, 90), st.floats(-1, 1), st.floats(1, 200), st.floats(1, 200))
def test_the_enlarged_rectangle_holds_the_turned_one(azimuth, half, part, length, width):
    wide = np.array(enlarged(length, width, half)) / 2
    corners = [back(a * length / 2, b * width / 2, azimuth + part * half) for a in (-1, 1) for b in (-1, 1)]  # fmt: skip
    u, v = turned(np.array(corners), azimuth)
    assert np.abs(u).max() <= wide[0] * (1 + 1e-9)
    assert np.abs(v).max() <= wide[1] * (1 + 1e-9)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.booleans(), st.sampled_from([(0.0, 180.0), (20.0, 65.0), (170.0, 190.0)]))  # fmt: skip
def test_the_bound_is_never_below_a_dense_scan_of_azimuths(seed, contain, span):
    rng = np.random.default_rng(seed)
    xy = np.concatenate([rng.normal(0, 20e3, (60, 2)), rng.normal(30e3, 4e3, (20, 2))])
    weight = rng.integers(1, 5, 80).astype(float)
    rules = Rules(xy[:2] / 10) if contain else FREE
    placed, upper = Turned(xy, weight).place(50e3, 9e3, [span], 1.0, rules)
    found = placed.value
    for azimuth in np.arange(*span, 0.5):
        boxes = rules.boxes(azimuth, 0.0, (50e3, 9e3))
        best, _ = MaxRS(*turned(xy, azimuth), weight, 50e3, 9e3).best(boxes)
        assert best <= upper
    u, v = turned(xy, placed.azimuth_deg)
    (cu,), (cv,) = turned(np.array([[placed.x, placed.y]]), placed.azimuth_deg)
    assert held(u, v, weight, cu - 25e3, cv - 4.5e3, 50e3, 9e3) == found == placed.value <= upper
    finer, bound = Turned(xy, weight).place(50e3, 9e3, [span], 0.1, rules)
    assert found <= upper
    assert finer.value <= bound <= upper


def test_a_planted_belt_is_found_among_a_hundred_thousand_points():
    rng = np.random.default_rng(4)
    planted = geo.Belt(114.6, 30.5, 121.5, 150, 30)
    own = rng.uniform(-0.499, 0.499, (20_000, 2)) * (150e3, 30e3)
    xy = np.array([back(u, v, 121.5) for u, v in own])
    inside = shapely.get_coordinates(unproject(shapely.MultiPoint(xy), planted.crs))
    noise = rng.uniform((109, 28), (120, 33), (80_000, 2))
    frame = pd.DataFrame(np.concatenate([inside, noise]), columns=["lon", "lat"])
    result = fit_belt(frame, length_km=150, width_km=30, best=1, datum="wgs84")
    (belt,) = result.belts
    assert (belt.lon, belt.lat) == pytest.approx((114.6, 30.5), abs=0.01)
    assert belt.azimuth_deg == pytest.approx(121.5, abs=0.3)
    assert 20_000 * 0.98 <= result.value <= result.upper_bound
    count = planted.holds(frame["lon"], frame["lat"]).sum()
    assert count >= 20_000
    assert result.upper_bound >= count * 0.999


@pytest.fixture(scope="module")
def firms():
    rng = np.random.default_rng(11)
    lon, lat = rng.normal((114.4, 30.6), (0.5, 0.3), (1500, 2)).T
    return pd.DataFrame({"lon": lon, "lat": lat, "kind": rng.choice(["光", "车"], 1500), "staff": rng.integers(0, 90, 1500)})  # fmt: skip


def test_five_seats_and_azimuths(wuhan, seats):
    frame = pd.DataFrame(seats.T, columns=["lon", "lat"])
    common = {"length_km": 150, "width_km": 30, "datum": "wgs84", "layout": wuhan, "best": 1}
    assert fit_belt(frame, **common, azimuths=(90, 90)).value == 3
    assert fit_belt(frame, **common).value == 5
    ((low, high),) = azimuths_that_hold(*seats, 150, 30)
    assert (low, high) == pytest.approx((114.2, 137.6), abs=0.05)
    # The layout's projection and that about the seats have meridians a little apart.
    for azimuth, works in ((low - 0.1, False), (low + 0.1, True), (high - 0.1, True), (high + 0.1, False)):  # fmt: skip
        assert (fit_belt(frame, **common, azimuths=(azimuth, azimuth)).value == 5) is works
    tight = {**common, "length_km": 130.1, "width_km": 15.5}
    assert fit_belt(frame, **tight, azimuths=(121.57, 121.57)).value == 5
    assert fit_belt(frame, **{**tight, "width_km": 15.3}, step_deg=0.1).upper_bound == 4


def test_what_must_be_held_is_held_and_the_impossible_is_refused_with_the_reason(wuhan, firms, seats):  # fmt: skip
    common = {"length_km": 150, "width_km": 30, "datum": "wgs84", "layout": wuhan}
    free = fit_belt(firms, **common, best=1)
    bound = fit_belt(firms, **common, contain="seats")
    for belt in bound.belts:
        assert belt.holds(*seats).all()
    assert bound.value <= free.upper_bound
    for same in (wuhan.seats, seats.T, list(wuhan.meta.seats), [wuhan[s] for s in wuhan.meta.seats]):  # fmt: skip
        assert fit_belt(firms, **common, contain=same, best=1).value == bound.value
    message = (
        r"span 103\.8 × 79\.5 km along and across azimuth 90\.0°.*azimuths 114\.2°–137\.6° only"
    )
    with pytest.raises(PointsError, match=message):
        fit_belt(firms, **common, contain="seats", azimuths=(90, 90))
    with pytest.raises(PointsError, match="no azimuth lets 100 × 10 km hold them"):
        fit_belt(firms, **{**common, "length_km": 100, "width_km": 10}, contain="seats")


def test_units_that_must_be_touched_are_touched(wuhan, units, firms):
    common = {"length_km": 60, "width_km": 15, "datum": "wgs84", "best": 1, "azimuths": (100, 130), "step_deg": 5.0}  # fmt: skip
    free = fit_belt(firms, **common, layout=wuhan)
    assert fit_belt(firms, **common, layout=wuhan, touch=["420106"]).value <= free.value
    far = units[units["adcode"].isin(["420922", "420116"])]
    result = fit_belt(firms, **common, layout=wuhan, touch=far)
    belt = project(found_of(result).footprint, wuhan.crs)
    for shape in project(far.geometry.to_numpy(), wuhan.crs):
        assert shapely.distance(belt, shape) < 15  # the scale of the projections
    assert result.value < free.value
    with pytest.raises(PointsError, match="touches all polygons takes any point"):
        fit_belt(firms, **common, layout=wuhan, touch="units")
    with pytest.raises(PointsError, match="no unit '999999'"):
        fit_belt(firms, **common, layout=wuhan, touch=["999999"])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1 << 20, 512]))
def test_touching_is_exact_at_an_azimuth(seed, cells):
    """Against every set that a rectangle can hold: edges of placements, and what lies between."""
    rng = np.random.default_rng(seed)
    xy, size = rng.uniform(0, 9000, (8, 2)), (3000.0, 1500.0)
    shapes = tuple(shapely.Point(*rng.uniform(0, 9000, 2)).buffer(r) for r in rng.uniform(10, 900, 2))  # fmt: skip
    rules = Rules(np.empty((0, 2)), shapes)
    azimuth = float(rng.uniform(0, 180))
    u, v = turned(xy, azimuth)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(maxrs, "CELLS", cells)
        value, corner = MaxRS(u, v, np.ones(8), *size, rules.condition(azimuth, size)).best(rules.boxes(azimuth, 0.0, size))  # fmt: skip
    turnedshapes = [shapely.transform(s, lambda xy: np.column_stack(turned(xy, azimuth))) for s in shapes]  # fmt: skip
    if corner is not None:
        box = shapely.box(*corner, corner[0] + size[0], corner[1] + size[1])
        assert all(box.distance(s) < 1e-6 for s in turnedshapes)
        assert held(u, v, np.ones(8), *corner, *size) == value
    for p, q in rng.uniform((u.min() - 3000, v.min() - 1500), (u.max(), v.max()), (400, 2)):
        box = shapely.box(p, q, p + size[0], q + size[1])
        if all(box.intersects(s) for s in turnedshapes):
            assert held(u, v, np.ones(8), p, q, *size) <= value


@pytest.mark.long
def test_further_belts_differ_and_come_in_order(firms):
    result = fit_belt(
        firms, length_km=60, width_km=12, best=4, apart_deg=10, step_deg=2.0, datum="wgs84"
    )
    table = result.table
    assert table["rank"].tolist() == [1, 2, 3, 4]
    assert table["planar_value"].is_monotonic_decreasing
    for k, one in enumerate(result.belts):
        for other in result.belts[:k]:
            turn = abs((one.azimuth_deg - other.azimuth_deg + 90) % 180 - 90)
            along, across = np.abs(one.along_across(other.lon, other.lat)[0])
            assert turn >= 9.9 or along >= 29.9 or across >= 5.95
    assert len(fit_belt(firms, length_km=60, width_km=12, best=1, datum="wgs84").belts) == 1


def test_the_second_is_the_best_of_those_that_differ():
    """By brute force at one azimuth, where differing leaves four half planes."""
    rng = np.random.default_rng(2)
    xy = rng.normal(0, 8000, (60, 2))
    first = Apart(90.0, 0.0, 0.0, 6000.0, 1500.0, 5.0)
    placed, _ = Turned(xy, np.ones(60)).place(12e3, 3e3, [(90.0, 90.0)], 1.0, FREE.but(first))
    u, v = turned(xy, 90.0)
    best = 0.0
    for p in [*u, -12000.0, 0.0]:
        for q in [*v, -3000.0, 0.0]:
            if abs(p + 6000) >= 6000 or abs(q + 1500) >= 1500:
                best = max(best, held(u, v, np.ones(60), p, q, 12e3, 3e3))
    assert placed.value == best


def test_the_published_belt_is_ranked_and_counts_are_those_of_the_engine(wuhan, firms):
    result = fit_belt(firms, length_km=150, width_km=30, layout=wuhan, by="kind", weight="staff", err_m=500, datum="wgs84", contain="seats")  # fmt: skip
    table, own = result.table.set_index("belt"), wuhan["robot-valley"].shape
    inside = own.holds(firms["lon"], firms["lat"])
    row = table.loc["robot-valley"]
    assert row["planar_value"] == firms["staff"][inside].sum()
    assert row["rank"] == 1 + (table["planar_value"] > row["planar_value"]).sum()
    assert row["share_of_best"] == row["planar_value"] / result.value
    engine = geo.coverage(firms, wuhan, weight="staff", err_m=500, datum="wgs84").table
    engine = engine[engine["footprint"] == "robot-valley"].iloc[0]
    columns = [f"{c}{s}" for c in ("count", "sum", "share") for s in ("_low", "", "_high")]
    assert row[columns].tolist() == engine[columns].tolist()
    best = result.table[~result.table["published"]].iloc[0]
    belt = result.belts[result.table.index.get_loc(best.name)]
    two = shapely.points(project_of(firms, belt))
    shape = project(belt.footprint, belt.crs)
    # Offsets in the belt's projection; the engine's are about all footprints: metres at 500.
    for column, by in (("count_low", -500), ("count_high", 500)):
        near = shapely.intersects(shape.buffer(by, quad_segs=64), two).sum()
        assert best[column] == pytest.approx(near, abs=1)
    assert best["count"] == shapely.intersects(shape, two).sum()
    assert best["sum"] == pytest.approx(best["planar_value"], rel=0.01)
    groups = result.groups[result.groups["belt"] == best["belt"]]
    assert groups["count"].sum() == best["count"]
    other = fit_belt(firms, length_km=60, width_km=12, layout=wuhan, best=1, datum="wgs84").table
    assert other.set_index("belt")["rank"].isna()["robot-valley"]
    assert isinstance(result.layer, gpd.GeoDataFrame)
    assert "Imai" in result.provenance.says("en")
    assert result.gap == result.upper_bound / result.value - 1


def found_of(result):
    """The first belt that is not a published one."""
    return result.belts[int(np.flatnonzero(~result.table["published"])[0])]


def project_of(frame, belt):
    return shapely.get_coordinates(project(shapely.points(frame["lon"], frame["lat"]), belt.crs))


def test_the_order_of_points_and_the_number_of_threads_do_not_matter(firms):
    weighed = firms.assign(staff=firms["staff"] / 7)
    shuffled = weighed.sample(frac=1, random_state=3)
    common = {
        "length_km": 60,
        "width_km": 12,
        "weight": "staff",
        "datum": "wgs84",
        "best": 2,
        "step_deg": 2.0,
    }
    one, two, three = (fit_belt(f, **common, threads=t) for f, t in ((weighed, 1), (shuffled, 2), (weighed, 5)))  # fmt: skip
    columns = ["planar_value", "upper_bound", "lon", "lat", "azimuth_deg", "count"]
    pd.testing.assert_frame_equal(one.table[columns], two.table[columns], check_exact=True)
    pd.testing.assert_frame_equal(one.table[columns], three.table[columns], check_exact=True)


def test_points_in_one_place_and_clouds():
    one = Cloud(np.full(5, 114.3), np.full(5, 30.6), np.ones(5), np.zeros(5), codes=np.zeros(5, np.int32), row=np.arange(5))  # fmt: skip
    result = fit_belt(one, length_km=5, width_km=1, best=1)
    assert (result.value, result.upper_bound) == (5, 5)
    assert (result.belts[0].lon, result.belts[0].lat) == pytest.approx((114.3, 30.6), abs=1e-6)


def test_nonsense_is_refused(firms, wuhan):
    common = {"length_km": 60, "width_km": 12, "datum": "wgs84"}
    cases = [
        ({"length_km": 0}, "the length is 0 km"),
        ({"width_km": math.nan}, "the width is nan km"),
        ({"best": 0}, "ask for 1 belt or more"),
        ({"apart": 0}, "must be above 0"),
        ({"step_deg": 0}, "step_deg is 0"),
        ({"azimuths": (0, 200)}, "degrees from 0 to 180"),
        ({"azimuths": "east"}, "degrees from 0 to 180"),
        ({"contain": "seats"}, "give the layout as well"),
        ({"contain": ["nowhere"], "layout": wuhan}, "no feature 'nowhere'"),
        ({"contain": [(500000.0, 3e6)]}, "no longitude and latitude"),
        ({"contain": []}, "what must be held is not known"),
        ({"contain": object()}, "what must be held is not known"),
        ({"contain": gpd.GeoDataFrame(geometry=[shapely.Point(1, 1)])}, "no reference system"),
        ({"contain": next(i for i in wuhan.of_layer("node") if i.geometry is None).id, "layout": wuhan}, "has no position"),
        ({"touch": [shapely.Point(1, 1)]}, "no polygon"),
        ({"touch": shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])}, "not a valid polygon"),
        ({"touch": shapely.box(0, 0, 500, 5)}, "no longitude and latitude"),
        ({"touch": []}, "nothing to touch"),
        ({"touch": "420106"}, "give the layout as well"),
    ]  # fmt: skip
    for options, message in cases:
        with pytest.raises(PointsError, match=message):
            fit_belt(firms, **{**common, **options})
    with pytest.raises(PointsError, match="negative weight -2"):
        fit_belt(firms.assign(staff=firms["staff"].where(firms["staff"] != 5, -2)), **common, weight="staff")  # fmt: skip
    with pytest.raises(PointsError, match="no points with a weight"):
        fit_belt(firms.assign(staff=0), **common, weight="staff")
