"""Streets through footprints, and what is drawn, against geodesics walked step by step."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, Point, Polygon

from geo.analysis.drawn import drawn
from geo.analysis.footprints import footprints_of
from geo.analysis.passes import passes
from geo.errors import PointsError, RulerError
from geo.measure import project

GEOD = Geod(ellps="WGS84")
PLACES = st.tuples(st.floats(113.9, 115.1), st.floats(30.2, 30.9))


@pytest.fixture(scope="module")
def found(wuhan):
    return footprints_of(wuhan)


@settings(max_examples=12, deadline=None)
@given(st.lists(PLACES, min_size=2, max_size=5, unique=True), st.floats(0, 800))
def test_lengths_as_counted_in_short_steps(wuhan, found, vertices, err):
    line = LineString(vertices)
    table = passes(line, found, err_m=err).set_index("footprint")
    steps, sizes = [], []
    for a, b in itertools.pairwise(vertices):
        azimuth, _, size = GEOD.inv(*a, *b)
        n = max(int(size // 200), 1)
        at = (np.arange(n) + 0.5) * size / n
        lon, lat, _ = GEOD.fwd(*(np.full(n, v) for v in (*a, azimuth)), at)
        steps.append(np.column_stack([lon, lat]))
        sizes.append(np.full(n, size / n))
    points, size = shapely.points(np.concatenate(steps)), np.concatenate(sizes)
    planar = project(points, wuhan.crs)
    for f in found:
        counted = [
            size[shapely.distance(f.inner.boundary, planar) * shapely.intersects(f.inner, planar) > err].sum() if not f.inner.is_empty else 0.0,
            size[shapely.intersects(f.shape, planar)].sum(),
            size[shapely.distance(f.outer, planar) <= err].sum(),
        ]  # fmt: skip
        row = [0.0] * 3 if f.id not in table.index else list(table.loc[f.id, ["length_km_low", "length_km", "length_km_high"]])  # fmt: skip
        # Steps of 200 m, and an edge of the line that strays from the geodesic by some metres.
        assert np.array(row) * 1000 == pytest.approx(counted, abs=1000 + 0.02 * size.sum())
        assert row[0] <= row[1] + 1e-9 <= row[2] + 2e-9
    if len(table):
        assert table["share"].to_numpy() == pytest.approx(table["length_km"] / table["total_km"])
        assert table["total_km"].iat[0] * 1000 == pytest.approx(size.sum())


def test_an_axis_lies_in_its_own_corridor(wuhan, found):
    item = wuhan["optics-valley-corridor"]
    row = passes(item.axis, found).set_index("footprint").loc[item.id]
    assert row["share"] == pytest.approx(1, abs=1e-6)
    assert row["total_km"] == pytest.approx(item.length_km)
    assert len(passes(LineString([(2.3, 48.8), (2.4, 48.9)]), found)) == 0
    for bad in (Point(114, 30), LineString(), LineString([(114, 30), (114, 30)])):
        with pytest.raises(PointsError):
            passes(bad, found)
    with pytest.raises(PointsError, match="err_m"):
        passes(item.axis, found, err_m=-1)


@settings(max_examples=100, deadline=None)
@given(st.lists(PLACES, min_size=2, max_size=8, unique=True))
def test_a_drawn_line_leg_by_leg(vertices):
    own = drawn(LineString(vertices))
    legs = [GEOD.inv(*a, *b) for a, b in itertools.pairwise(vertices)]
    legs = [leg for leg in legs if leg[2] > 0]
    assert own.legs["length_km"].to_numpy() * 1000 == pytest.approx([leg[2] for leg in legs])
    assert own.legs["azimuth_deg"].to_numpy() == pytest.approx([leg[0] % 360 for leg in legs])
    assert own.length_km == pytest.approx(sum(leg[2] for leg in legs) / 1000)
    assert own.area_km2 is None
    assert own.legs["leg"].tolist() == list(range(1, len(legs) + 1))


def test_a_drawn_polygon():
    # One degree by one degree at the equator and at 60° north, as published of the WGS84 ellipsoid.
    own = drawn(Polygon([(10, 0), (11, 0), (11, 1), (10, 1)]))
    area, around = GEOD.polygon_area_perimeter([10, 11, 11, 10], [0, 0, 1, 1])
    assert own.area_km2 == pytest.approx(area / 1e6)
    assert own.area_km2 == pytest.approx(111.3195 * 110.5744, rel=2e-3)
    assert own.length_km == pytest.approx(around / 1000)
    assert len(own.legs) == 4
    turned = drawn(Polygon([(10, 0), (10, 1), (11, 1), (11, 0)]))
    assert turned.area_km2 == pytest.approx(own.area_km2)
    crossing = drawn(Polygon([(10, 0), (11, 1), (11, 0), (10, 1)]))
    assert crossing.area_km2 is None
    assert crossing.length_km > 0


def test_what_cannot_be_measured_is_refused():
    for bad in (Point(114, 30), LineString(), LineString([(114, 30), (114, 30)])):
        with pytest.raises(PointsError):
            drawn(bad)
    with pytest.raises(RulerError):
        drawn(LineString([(500_000, 3_000_000), (500_100, 3_000_000)]))
