"""Random placements of a shape, and the p-value of what it holds among them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy import integrate, stats

import geo
from geo.analysis.cloud import Cloud
from geo.analysis.null_model import null_model
from geo.analysis.placements import held, moved, placed
from geo.analysis.subjects import about, planar, subjects_of
from geo.errors import PointsError, UnitsError
from geo.measure import outline, project_points, unproject
from geo.model.belt import Belt
from geo.model.corridor import Corridor
from geo.model.layout import Layout

AREA = shapely.box(114.0, 30.2, 115.0, 31.0)
BELT = Belt(114.5, 30.6, 70.0, 25.0, 8.0)
OPTIONS = {"study_area": AREA, "datum": "wgs84"}


def cloud_of(lon, lat, *, weight=None, kinds=None):
    n = len(lon)
    names, codes = ("",), np.zeros(n, np.int32)
    if kinds is not None:
        names, codes = np.unique(kinds, return_inverse=True)
        names = tuple(map(str, names))
    own = np.ones(n) if weight is None else weight
    return Cloud(
        np.asarray(lon), np.asarray(lat), own, np.zeros(n), names, codes.astype(np.int32),
        np.arange(n), weighed=weight is not None,
    )  # fmt: skip


def scattered(n, seed, bounds=AREA.bounds, **options):
    rng = np.random.default_rng(seed)
    west, south, east, north = bounds
    lon, lat = rng.uniform([west, south], [east, north], (n, 2)).T
    return cloud_of(lon, lat, **options)


def shape_with_a_hole():
    large = shapely.box(-4000, -2000, 5000, 2500) - shapely.Point(500, 300).buffer(1200)
    return shapely.union(large, shapely.box(7000, 0, 9000, 1500))


@pytest.mark.parametrize("least", [1.0, 0.4])
def test_every_placement_holds_what_shapely_counts(least):
    region = shapely.box(0, 0, 60_000, 40_000) - shapely.Point(20_000, 20_000).buffer(3000)
    found = placed(shape_with_a_hole(), region, 60, np.random.default_rng(3), least=least)
    rng = np.random.default_rng(4)
    xy = rng.uniform(-5000, 65_000, (4000, 2))
    xy = np.concatenate([xy, xy[:200], shapely.get_coordinates(found.polygons[:5])])
    weight, codes = rng.normal(size=len(xy)), rng.integers(0, 3, len(xy)).astype(np.int32)
    own = held(found, xy[:4200], weight[:4200], codes[:4200], 3)
    ones = held(found, xy, np.ones(len(xy)), np.zeros(len(xy), np.int32), 1)
    edge = xy[4200:]
    for k, polygon in enumerate(found.polygons):
        inside = shapely.intersects_xy(polygon, xy[:, 0], xy[:, 1])
        for c in range(3):
            those = inside[:4200] & (codes[:4200] == c)
            assert own[k, c] == pytest.approx(weight[:4200][those].sum(), abs=1e-9)
        # A vertex of a placed shape lies on its boundary, where the last digit decides.
        touching = shapely.dwithin(polygon.boundary, shapely.points(edge), 1e-6).sum()
        assert abs(ones[k, 0] - inside.sum()) <= touching
        if k >= 5:
            assert ones[k, 0] == inside.sum()


def test_placements_fit_and_their_areas_are_those_inside():
    region = shapely.box(0, 0, 60_000, 40_000) - shapely.Point(20_000, 20_000).buffer(3000)
    shape = shape_with_a_hole()
    for least in (1.0, 0.4):
        found = placed(shape, region, 200, np.random.default_rng(5), least=least)
        assert len(found) == 200
        assert shapely.area(found.polygons) == pytest.approx(shape.area)
        area = shapely.area(shapely.intersection(found.polygons, region))
        assert found.inside_m2 == pytest.approx(area)
        assert (area >= least * shape.area * (1 - 1e-9)).all()
        if least == 1.0:
            assert shapely.covers(region, found.polygons).all()
        else:
            assert (area < shape.area * 0.99).any()
    # A turn about the origin, then a shift: by hand.
    quarter = moved(shapely.box(0, 0, 2, 1), np.array([10.0]), np.array([5.0]), np.array([np.pi / 2]))  # fmt: skip
    assert quarter[0].bounds == pytest.approx((9, 5, 10, 7))


def test_placements_are_uniform_among_those_that_fit():
    """Of a rectangle in a rectangle all is known in closed form."""
    w, h, a, b = 100_000.0, 60_000.0, 30_000.0, 10_000.0
    region, shape = shapely.box(0, 0, w, h), shapely.box(0, 0, a, b)
    straight = placed(shape, region, 3000, np.random.default_rng(1), rotate=False)
    for at, room, side in ((straight.x, w - a, a), (straight.y, h - b, b)):
        assert stats.kstest((at - side / 2) / room, "uniform").pvalue > 0.01
    assert abs(stats.pearsonr(straight.x, straight.y).statistic) < 0.05
    assert (straight.angle == 0).all()

    def room(angle):
        c, s = abs(np.cos(angle)), abs(np.sin(angle))
        return max(w - a * c - b * s, 0) * max(h - a * s - b * c, 0) / (w * h)

    expected = integrate.quad(room, 0, np.pi / 2)[0] / (np.pi / 2)
    turned = placed(shape, region, 5000, np.random.default_rng(2))
    error = np.sqrt(expected * (1 - expected) / turned.tried)
    assert turned.acceptance == pytest.approx(expected, abs=4 * error)
    # Directions in which there is more room come up more often, as often as there is.
    steps = np.linspace(0, np.pi / 2, 9)
    share = [integrate.quad(room, *pair)[0] for pair in pairwise(steps)]
    folded = np.abs((turned.angle + np.pi / 2) % np.pi - np.pi / 2)
    seen = np.histogram(folded, steps)[0]
    assert stats.chisquare(seen, np.array(share) / sum(share) * len(turned)).pvalue > 0.01


def test_placements_that_stick_out_are_uniform_too():
    """Even those whose middle is outside: how many fit is known by quadrature."""
    w, h, a, b, least = 50_000.0, 40_000.0, 30_000.0, 10_000.0, 0.2
    found = placed(
        shapely.box(0, 0, a, b), shapely.box(0, 0, w, h), 5000, np.random.default_rng(6), rotate=False, least=least
    )  # fmt: skip
    reach = np.hypot(a, b) / 2

    def part(room, side):
        at = np.linspace(-reach, room + reach, 4001)
        inside = np.minimum(at + side / 2, room) - np.maximum(at - side / 2, 0)
        return at, np.clip(inside, 0, side) / side

    (x, ox), (_, oy) = part(w, a), part(h, b)
    fits = ox[:, None] * oy >= least
    error = np.sqrt(fits.mean() * (1 - fits.mean()) / found.tried)
    assert found.acceptance == pytest.approx(fits.mean(), abs=4 * error + 1e-3)
    assert ((found.x < 0) | (found.x > w)).mean() == pytest.approx(
        fits[(x < 0) | (x > w)].sum() / fits.sum(), abs=0.02
    )
    # Along each direction as well: the share of places left of a line.
    shares = fits.sum(axis=1).cumsum() / fits.sum()
    assert stats.kstest(found.x, lambda v: np.interp(v, x, shares)).pvalue > 0.01


@pytest.mark.long
@pytest.mark.parametrize("edge", ["inside", "clip"])
def test_p_values_are_uniform_where_the_footprint_itself_lies_at_random(edge):
    """Of points in clumps, so that it is the placing and no evenness of points that gives it."""
    draws, times = 19, 240
    crs = about([AREA])
    region, shape = planar(AREA, crs), planar(BELT.footprint, crs)
    rng = np.random.default_rng(11)
    homes = rng.uniform(AREA.bounds[:2], AREA.bounds[2:], (30, 2))
    at = homes[rng.integers(0, 30, 1500)] + rng.normal(0, 0.05, (1500, 2))
    # Continuous weights: no ties, so that the p-value is exactly uniform on k / (1 + draws).
    points = cloud_of(at[:, 0], at[:, 1], weight=rng.exponential(size=1500))
    least = 1.0 if edge == "inside" else 0.5
    own = outline(placed(shape, region, times, rng, least=least).polygons, crs)
    ranks = np.zeros(draws + 1)
    for k in range(times):
        result = null_model(points, own[k], study_area=AREA, draws=draws, seed=k, edge=edge)
        ranks[round(result.records[0]["p"] * (draws + 1)) - 1] += 1
    assert stats.chisquare(ranks).pvalue > 0.01
    p = np.repeat(np.arange(1, draws + 2) / (draws + 1), ranks.astype(int))
    uniform = np.arange(1, draws + 2) / (draws + 1)
    assert np.abs(ranks.cumsum() / times - uniform).max() < 1.63 / np.sqrt(times)  # KS, 1 %
    assert 0.01 < (p <= 0.05).mean() < 0.09


def test_points_without_structure_are_seldom_called_denser():
    """Homogeneous points and a footprint that stays: the same holds over the points."""
    small = []
    for k in range(200):
        result = null_model(scattered(400, 1000 + k), BELT, draws=19, seed=k, study_area=AREA)
        small.append(result.records[0]["p"])
    # Ties of counts make it conservative.
    assert (np.array(small) <= 0.05).mean() <= 0.09
    assert (np.array(small) <= 0.5).mean() == pytest.approx(0.5, abs=0.12)


def test_a_planted_cluster_is_found_and_what_is_elsewhere_is_not():
    rng = np.random.default_rng(2)
    even = rng.uniform(AREA.bounds[:2], AREA.bounds[2:], (3000, 2))
    own = Belt(114.5, 30.6, 70.0, 20.0, 5.0).footprint
    crowd = even[shapely.contains_xy(own, even[:, 0], even[:, 1])]
    lonlat = np.concatenate([even, *[crowd + rng.normal(0, 1e-4, crowd.shape) for _ in range(5)]])
    kinds = np.where(np.arange(len(lonlat)) < 3000, "even", "crowd")
    points = cloud_of(*lonlat.T, kinds=kinds)
    table = null_model(points, BELT, **OPTIONS, draws=199).table.set_index("by")
    assert table.loc[["", "crowd"], "p"].tolist() == [1 / 200, 1 / 200]
    assert table.loc["even", "p"] > 0.05
    assert table.loc["crowd", "draws_as_dense"] == 0
    assert table.loc["crowd", "p_adjusted"] == 2 / 200
    assert "is denser than random placements" in table.loc["crowd", "why_en"]
    assert "not shown to be denser" in table.loc["even", "why_en"]
    assert "研究区" in table.loc["even", "why_zh"]
    away = null_model(points, Belt(114.5, 30.85, 90.0, 25.0, 8.0), **OPTIONS, draws=199).table
    assert away["p"].iat[0] > 0.2


@pytest.fixture(scope="module")
def firms(wuhan):
    rng = np.random.default_rng(8)
    lon, lat = rng.uniform([113.6, 29.9], [115.4, 31.2], (5000, 2)).T
    return pd.DataFrame(
        {"lon": lon, "lat": lat, "kind": rng.choice(["a", "b", "c"], 5000), "err_m": 50.0,
         "staff": rng.integers(1, 500, 5000)}
    )  # fmt: skip


def test_the_figures_of_a_layout(wuhan, units, firms):
    own = wuhan["robot-valley"]
    result = null_model(firms, own, by="kind", draws=99, seed=5, datum="wgs84")
    again = null_model(firms, [own], by="kind", draws=99, seed=5, datum="wgs84")
    pd.testing.assert_frame_equal(result.table, again.table, check_exact=True)
    pd.testing.assert_frame_equal(result.draws, again.draws, check_exact=True)
    other = null_model(firms, own, by="kind", draws=99, seed=6, datum="wgs84")
    assert (other.draws["value"] != result.draws["value"]).any()
    longer = null_model(firms, own, by="kind", draws=300, seed=5, datum="wgs84")
    pd.testing.assert_frame_equal(longer.draws.head(99), result.draws, check_exact=True)

    # Counts are those of geo.coverage, of the points in the study area.
    within = firms[shapely.intersects_xy(shapely.union_all(units.geometry), firms["lon"], firms["lat"])]  # fmt: skip
    counted = geo.coverage(within, wuhan, by="kind", datum="wgs84").table.query("footprint == 'robot-valley'")  # fmt: skip
    columns = [
        "by",
        "count_low",
        "count",
        "count_high",
        "share_low",
        "share",
        "share_high",
        "total",
    ]
    pd.testing.assert_frame_equal(result.table[columns], counted[columns].reset_index(drop=True))

    # Draws by themselves: as WGS84 outlines, with what shapely counts in them.
    for k, shape in enumerate(result.outlines(20)):
        inside = shapely.intersects_xy(shape, within["lon"], within["lat"]).sum()
        assert abs(inside - result.draws["value"].iat[k]) <= 1  # edges are within 5 cm
        middle = shapely.centroid(shape)
        assert (middle.x, middle.y) == pytest.approx(tuple(result.draws[["lon", "lat"]].iloc[k]), abs=2e-3)  # fmt: skip
    row, drawn = result.records[0], result.draws["value"].to_numpy()
    assert row["null_mean"] == pytest.approx(drawn.mean())
    assert row["z"] == pytest.approx((row["count"] - drawn.mean()) / drawn.std(ddof=1))
    assert row["draws_as_dense"] == (drawn >= row["count"]).sum()
    assert row["p"] == (1 + (drawn >= row["count"]).sum()) / 100
    assert row["p_low"] == (1 + (drawn >= row["count_high"]).sum()) / 100
    assert row["p_high"] == (1 + (drawn >= row["count_low"]).sum()) / 100
    k = row["draws_as_dense"]
    assert row["p_mc_low"] == pytest.approx(stats.beta.ppf(0.025, k, 100 - k) if k else 0, rel=1e-6)
    assert row["p_mc_high"] == pytest.approx(stats.beta.ppf(0.975, k + 1, 99 - k), rel=1e-6)
    said = result.provenance
    assert said.parameters["seed"] == 5
    assert said.parameters["generator"] == "PCG64"
    assert "Phipson" in said.says("en")
    assert "Phipson" in said.says("zh")
    assert said.crs.startswith("Lambert Azimuthal Equal Area")


def test_adjusted_p_values_are_those_of_benjamini_and_hochberg(firms):
    points = firms.assign(kind=np.random.default_rng(1).choice(list("abcdefg"), len(firms)))
    table = null_model(points, BELT, **OPTIONS, by="kind", draws=99).table
    own = table[table["by"] != ""]
    p = np.sort(own["p"].to_numpy())
    m = len(p)
    expected = {v: min(p[j] * m / (j + 1) for j in range(i, m)) for i, v in enumerate(p)}
    # Of equal p-values the last rank counts.
    for value, adjusted in zip(own["p"], own["p_adjusted"], strict=True):
        assert adjusted == pytest.approx(min(1, expected[value]))
    assert table["p_adjusted"].iat[0] == table["p"].iat[0]


def test_density_of_what_is_clipped(firms):
    """A footprint half outside: counts per km² of the part inside, of it and of each draw."""
    own = Belt(114.0, 30.6, 70.0, 25.0, 8.0)
    lake = shapely.Point(114.6, 30.6).buffer(0.08)
    options = OPTIONS | {"draws": 40, "edge": "clip", "least_inside": 0.3, "avoid": [lake]}
    result = null_model(firms, own, **options)
    crs = result.crs
    region = planar(shapely.difference(AREA, lake), crs)
    xy = project_points(firms["lon"], firms["lat"], crs)
    shapes = [planar(own.footprint, crs), *result.placements.polygons]
    expected = []
    for shape in shapes:
        part = shapely.intersection(shape, region)
        inside = shapely.intersects_xy(shape, *xy.T) & shapely.intersects_xy(region, *xy.T)
        expected.append(inside.sum() / (part.area / 1e6))
    row = result.records[0]
    assert row["observed"] == pytest.approx(expected[0], rel=1e-9)
    assert row["statistic"] == "count/km²"
    assert row["area_km2"] < 0.6 * own.area_km2
    assert result.draws["value"].to_numpy() == pytest.approx(np.array(expected[1:]))
    assert result.provenance.method == "chance.method.null-clip"
    heavy = null_model(firms, own, **options, weight="staff")
    assert heavy.records[0]["statistic"] == "sum/km²"
    assert heavy.records[0]["observed"] == pytest.approx(heavy.records[0]["sum"] / row["area_km2"])
    pd.testing.assert_series_equal(heavy.draws["lon"], result.draws["lon"])


def test_what_is_avoided_is_outside(firms):
    lake = shapely.Point(114.3, 30.35).buffer(0.1)
    dry = null_model(firms, BELT, **OPTIONS, draws=50, avoid=gpd.GeoSeries([lake], crs=4326).to_frame("geometry").set_geometry("geometry"))  # fmt: skip
    lakes = planar(lake, dry.crs)
    assert not shapely.intersects(dry.placements.polygons, lakes.buffer(-1)).any()
    assert shapely.intersects(null_model(firms, BELT, **OPTIONS, draws=50).placements.polygons, lakes).any()  # fmt: skip
    wet = shapely.intersects_xy(lake, firms["lon"], firms["lat"])
    assert dry.records[0]["total"] == (~wet & shapely.intersects_xy(AREA, firms["lon"], firms["lat"])).sum()  # fmt: skip


def test_to_shift_the_whole_scene_changes_nothing():
    """Along a parallel the earth looks the same everywhere."""
    points = scattered(3000, 4)
    for edge in ("inside", "clip"):
        here = null_model(points, BELT, study_area=AREA, draws=60, edge=edge)
        moved_area = shapely.transform(AREA, lambda xy: xy - np.array([37.25, 0]))
        there = null_model(
            replace(points, lon=points.lon - 37.25), replace(BELT, lon=BELT.lon - 37.25),
            study_area=moved_area, draws=60, edge=edge,
        )  # fmt: skip
        assert there.draws["value"].to_numpy() == pytest.approx(here.draws["value"].to_numpy())
        assert (here.draws["lon"] - there.draws["lon"]).to_numpy() == pytest.approx(37.25)
        columns = ["count", "p", "p_mc_low", "p_mc_high", "null_mean", "null_p2_5", "null_p97_5"]
        left, right = (r.table[columns].iloc[0].astype(float).to_numpy() for r in (here, there))
        assert left == pytest.approx(right)


def test_ties_count_against_the_footprint():
    """Where no placement holds anything, none is denser than another."""
    result = null_model(cloud_of([114.001], [30.999]), BELT, study_area=AREA, draws=30)
    assert (result.draws["value"] == 0).any()
    row = result.records[0]
    assert (row["count"], row["p"], row["draws_as_dense"]) == (0, 1.0, 30)
    assert row["p_mc_high"] == 1.0
    assert np.isnan(row["ratio"]) or row["ratio"] == 0
    light = cloud_of([114.5] * 3, [30.6] * 3, weight=np.array([0.1, 0.2, 0.3]))
    spot = shapely.Point(114.5, 30.6).buffer(0.38)
    around = null_model(light, spot, study_area=AREA, draws=30)
    # 0.1 + 0.2 + 0.3 and 0.6 differ in the last digit: that is a tie.
    assert around.draws["value"].eq(0.6).any() or around.draws["value"].max() == pytest.approx(0.6)
    assert around.records[0]["p"] == (1 + (around.draws["value"] > 0.59).sum()) / 31


def test_footprints_of_every_kind(wuhan, firms, tmp_path):
    axis = shapely.LineString([(114.3, 30.5), (114.6, 30.7)])
    path = tmp_path / "own.geojson"
    gpd.GeoDataFrame({"id": ["own"]}, geometry=[BELT.footprint], crs=4326).to_file(path)
    found = {}
    for name, own in {
        "belt": BELT, "polygon": BELT.footprint, "file": path, "corridor": Corridor.constant(axis, 3.0),
        "mapping": {"x": BELT.footprint}, "zone": wuhan.of_layer("zone")[0],
    }.items():  # fmt: skip
        found[name] = null_model(firms, own, **OPTIONS, draws=20).records[0]
    same = ["belt", "polygon", "file", "mapping"]
    assert len({(found[k]["count"], found[k]["p"]) for k in same}) == 1
    assert found["file"]["footprint"] == "own"
    assert found["zone"]["footprint_zh"] == wuhan.of_layer("zone")[0].name_zh
    rings = [s for s in subjects_of(wuhan) if s.id == "campus-rings"]
    assert null_model(firms, rings, draws=20, datum="wgs84").records[0]["footprint"] == "campus-rings"  # fmt: skip


def test_what_cannot_be_compared_is_told(wuhan, firms):
    far = shapely.box(100, 20, 101, 21)
    lost = next(i for i in wuhan if i.geometry is None)
    cases = [
        (BELT, {"study_area": None}, "no study area: give study_area"),
        (BELT, {"study_area": far}, "only 0.0% of belt-1 lies in the study area"),
        (shapely.box(114.001, 30.201, 114.999, 30.999), {}, "hardly fits the study area"),
        (wuhan, {}, "of one footprint, not"),
        (lost, {}, "covers nothing"),
        (BELT, {"draws": 0}, "at least 1"),
        (BELT, {"seed": -1}, "seed is -1"),
        (BELT, {"edge": "wrap"}, "use inside or clip"),
        (BELT, {"least_inside": 0.0}, "above 0 and up to 1"),
        (BELT, {"study_area": shapely.LineString([(0, 0), (1, 1)])}, "LineString"),
    ]
    for own, options, message in cases:
        with pytest.raises(PointsError, match=message):
            null_model(firms, own, **(OPTIONS | options))
    with pytest.raises(PointsError, match="none of the 1 points lies in the study area"):
        null_model(cloud_of([10.0], [50.0]), BELT, study_area=AREA)
    units = wuhan.meta.units.model_copy(update={"provider": "none"})
    meta = wuhan.meta.model_copy(update={"units": units})
    bare = Layout(meta, wuhan.features, wuhan.claims, wuhan.population)
    with pytest.raises(UnitsError, match="names no administrative units"):
        null_model(firms, bare["robot-valley"], datum="wgs84")


def test_seams_between_units_are_no_gaps(wuhan, units):
    """The study area of a layout has no hole of less than a square kilometre, and no other change."""
    area = null_model(
        cloud_of([114.3], [30.6]), wuhan["science-island"], draws=1, datum="wgs84"
    ).study_area
    whole = shapely.union_all(units.geometry.to_numpy())
    added = shapely.difference(area, whole)
    crs = about([whole])
    assert shapely.area(planar(added, crs)) < 1e6
    holes = [r for part in shapely.get_parts(area) for r in part.interiors]
    assert all(planar(shapely.Polygon(r), crs).area >= 1e6 for r in holes)
    assert shapely.area(shapely.difference(whole, area)) < 1e-9
    assert unproject(shapely.Point(0, 0), crs).within(area)
