from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString
from shapely.geometry import shape

from geo.maps.axis_preview import axis_features, focus_of
from geo.measure import area_km2, length_km

LON, LAT = st.floats(-170, 170), st.floats(-70, 70)


def test_the_strip_is_that_of_the_width():
    line = LineString([(2.1, 48.8), (2.3, 48.7)])
    strip, axis = axis_features(line, 4, "en")
    assert shape(axis["geometry"]).equals(line)
    expected = length_km(line) * 4 + math.pi * 4
    assert area_km2(shape(strip["geometry"])) == pytest.approx(expected, rel=0.005)


@given(LON, LAT, st.floats(0.001, 5), st.floats(0.001, 5), st.floats(0.5, 100))
def test_the_map_shows_all_of_it_and_not_much_more(lon, lat, dx, dy, width):
    line = LineString([(lon - dx, lat - dy), (lon + dx, lat + dy)])
    x, y, zoom = focus_of(line, width)
    assert (x, y) == pytest.approx((lon, lat), abs=1e-6)
    # Web Mercator: so many pixels a degree at that zoom.
    pixels = 256 * 2**zoom / 360
    wide = (2 * dx + width / 111.2 / math.cos(math.radians(lat))) * pixels
    high = (2 * dy + width / 111.2) * pixels / math.cos(math.radians(lat))
    assert (wide <= 341 and high <= 481) or zoom == 2
    assert wide > 169 or high > 239 or zoom == 14
