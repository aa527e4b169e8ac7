from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pytest
import shapely
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Polygon, box

from geo.errors import RulerError
from geo.measure import (
    area_km2,
    azimuth_deg,
    distance_km,
    distances_km,
    geodesic_line,
    laea,
    length_km,
    planar_area_km2,
    planar_length_km,
    project,
    require_planar,
    unproject,
)

GEOD = Geodesic.WGS84
lons = st.floats(-179, 179)
lats = st.floats(-85, 85)


def karney_area(ring):
    polygon = GEOD.Polygon()
    for lon, lat in ring[:-1]:
        polygon.AddPoint(lat, lon)
    return abs(polygon.Compute(False, True)[2]) / 1e6


@given(lons, lats, lons, lats)
def test_distance_and_azimuth_agree_with_geographiclib(lon1, lat1, lon2, lat2):
    expected = GEOD.Inverse(lat1, lon1, lat2, lon2)
    assert float(distance_km(lon1, lat1, lon2, lat2)) == pytest.approx(
        expected["s12"] / 1000, abs=1e-6
    )
    # Near the antipode two geodesics are equally short: azimuths are compared elsewhere.
    if 1 < expected["s12"] < 19.5e6:
        turn = float(azimuth_deg(lon1, lat1, lon2, lat2)) - expected["azi1"]
        assert (turn + 180) % 360 - 180 == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("span", "most"), [(1, 1e-6), (3, 2e-6), (10, 2e-5), (30, 2e-4)])
def test_all_distances_at_once_agree_with_geographiclib(span, most):
    rng = np.random.default_rng(span)
    here, there = (rng.uniform(-span, span, (40, 2)) * (1, 0.8) + (114, 30) for _ in range(2))
    got = distances_km(*here.T, *there.T)
    assert got.shape == (40, 40)
    for i, j in itertools.product(range(40), range(40)):
        expected = GEOD.Inverse(here[i, 1], here[i, 0], there[j, 1], there[j, 0])["s12"] / 1000
        assert got[i, j] == pytest.approx(expected, rel=most)
    assert np.allclose(distances_km(*here.T, *here.T).diagonal(), 0, atol=1e-9)
    with pytest.raises(RulerError, match="latitude 114 is out of range"):
        distances_km([30.0], [114.0], [114.0], [30.0])


@given(st.floats(73, 134), st.floats(4, 53), st.floats(0.05, 1.5), st.integers(3, 9))
def test_area_agrees_with_geographiclib(lon, lat, size, corners):
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    ring = [(lon + size * np.cos(a), lat + 0.7 * size * np.sin(a)) for a in angle]
    ring.append(ring[0])
    expected = karney_area(ring)
    assert area_km2(Polygon(ring)) == pytest.approx(expected, rel=1e-9)
    assert area_km2(Polygon(ring[::-1])) == pytest.approx(expected, rel=1e-9)


def test_area_takes_off_holes_and_adds_parts():
    outer, hole, far = (
        box(114, 30, 115, 31),
        box(114.4, 30.4, 114.6, 30.6),
        box(116, 30, 116.5, 30.5),
    )
    holed = Polygon(outer.exterior.coords, [hole.exterior.coords])
    expected = area_km2(outer) - area_km2(hole) + area_km2(far)
    assert area_km2(MultiPolygon([holed, far])) == pytest.approx(expected, rel=1e-12)
    assert area_km2(LineString([(114, 30), (115, 31)])) == 0


def test_length_of_a_line_is_the_sum_of_its_legs():
    line = [(114.3, 30.6), (114.9, 30.4), (115.0, 30.2)]
    legs = sum(GEOD.Inverse(a[1], a[0], b[1], b[0])["s12"] for a, b in itertools.pairwise(line))
    assert length_km(LineString(line)) == pytest.approx(legs / 1000, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "lon", "lat", "km"),
    [
        ("Yichang", 111.28472, 30.71444, 290),
        ("Xiangyang", 112.14479, 32.0422, 261),
        ("Xianning", 114.32201, 29.84347, 83),
        ("Changsha", 112.9388, 28.2282, 294),
        ("Nanchang", 115.8581, 28.6832, 260),
    ],
)
def test_published_distances_from_wuhan(name, lon, lat, km):
    assert float(distance_km(114.3, 30.5956, lon, lat)) == pytest.approx(km, abs=1.5), name


def test_geodesic_line_stays_on_the_geodesic():
    line = geodesic_line(114.3, 30.6, 114.17, 22.28)
    assert length_km(line) == pytest.approx(
        float(distance_km(114.3, 30.6, 114.17, 22.28)), rel=1e-9
    )
    assert len(line.coords) >= 18


def test_projection_keeps_areas_and_comes_back(wuhan):
    shape = wuhan["robot-valley"].footprint
    planar = project(shape, wuhan.crs)
    assert planar.area / 1e6 == pytest.approx(area_km2(shape), rel=1e-6)
    back = unproject(planar, wuhan.crs)
    assert shapely.hausdorff_distance(back, shape) < 3e-8  # three millimetres


def test_web_mercator_and_degrees_are_refused(wuhan):
    from pyproj import Transformer

    shape = wuhan["robot-valley"].footprint
    mercator = shapely.transform(
        shape,
        lambda xy: np.column_stack(
            Transformer.from_crs(4326, 3857, always_xy=True).transform(*xy.T)
        ),
    )
    # What a careless measure would read of a true 4,500 km²:
    assert mercator.area / 1e6 == pytest.approx(6087, rel=1e-3)
    for crs, hint in (
        (3857, "Mercator"),
        (3395, "Mercator"),
        (4326, "degrees"),
        (4490, "degrees"),
        (32662, "Plate Carrée"),
        ("ESRI:54001", "Plate Carrée"),
        ("EPSG:3857+5773", "Mercator"),
        (4978, "no map projection"),
        (5773, "no map projection"),
        ("wuhan", "no known reference system"),
        (None, "reference system"),
    ):
        with pytest.raises(RulerError, match=hint):
            planar_area_km2(mercator, crs)
        with pytest.raises(RulerError, match=hint):
            planar_length_km(mercator, crs)
    with pytest.raises(RulerError, match="no longitude/latitude"):
        area_km2(mercator)
    with pytest.raises(RulerError, match="longitude first"):
        distance_km(30.6, 114.3, 30.7, 114.4)
    with pytest.raises(RulerError, match="longitude 526000 is out of range"):
        azimuth_deg(114.3, 30.6, 526000.0, 30.7)


@pytest.mark.parametrize("ruler", [area_km2, length_km])
def test_a_column_of_geometries_is_told_how_to_be_measured(ruler):
    column = gpd.GeoSeries([box(114, 30, 115, 31), Polygon()], crs=4326)
    with pytest.raises(RulerError, match=r"frame\.geometry\.map"):
        ruler(column)
    assert column.map(ruler).tolist() == [ruler(column[0]), 0]


def test_projections_fit_to_measure_in_are_accepted():
    assert require_planar(laea(114.5, 30.6)).is_projected
    assert require_planar(32650).is_projected
    # US survey feet count as what they are.
    assert planar_length_km(LineString([(0, 0), (5280, 0)]), 2263) == pytest.approx(
        1.609347, abs=1e-5
    )
