from __future__ import annotations

import json
import re
from itertools import pairwise

import folium
import pytest
from pyproj import Geod
from shapely import LineString, Point, Polygon

from geo.maps.drawing import KINDS, add_drawing, belt_shape, shape_of, shapes_call
from geo.model.belt import Belt


def page_of(**options):
    chart = folium.Map(tiles=None)
    add_drawing(chart, **options)
    return chart.get_root().render()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_tools_are_in_the_page(lang):
    text = page_of(kinds=("line",), shapes=[shape_of("lab", Point(114.3, 30.5))], lang=lang)
    # The global that streamlit-folium reads, and the events that it listens to.
    assert re.search(r"^\s*var drawnItems = L\.featureGroup\(\)", text, re.MULTILINE)
    assert 'map.fire("draw:" + what' in text
    assert {"zh": '"\\u753b\\u7ebf"', "en": '"Line"'}[lang] in text
    assert '"coordinates": [114.3, 30.5]' in text
    assert '"kinds": ["line"]' in text
    assert "drawing-bar" in text


def test_a_kind_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match=r"'circle': use line, polygon, point"):
        page_of(kinds=("circle",))
    assert KINDS == ("line", "polygon", "point")


def test_coordinates_are_rounded_to_a_tenth_of_a_metre():
    line = LineString([(114.123456789, 30.987654321), (114.2, 30.1)])
    shape = shape_of("x", line)
    assert shape["geometry"]["coordinates"] == [[114.123457, 30.987654], [114.2, 30.1]]
    assert shape["properties"] == {"id": "x"}
    ring = shape_of("x", Polygon([(0, 0), (1, 0), (1, 1.00000049)]))["geometry"]["coordinates"]
    assert ring == [[[0, 0], [1, 0], [1, 1], [0, 0]]]


def test_a_belt_has_its_corners_and_what_makes_them():
    belt = Belt(114.3, 30.5, 120.0, 150.0, 30.0)
    shape = belt_shape("valley", belt)
    assert shape["properties"]["belt"] == {
        "lon": 114.3, "lat": 30.5, "azimuth_deg": 120.0, "length_km": 150.0, "width_km": 30.0,
    }  # fmt: skip
    (ring,) = shape["geometry"]["coordinates"]
    assert ring[0] == ring[-1]
    sides = [Geod(ellps="WGS84").inv(*a, *b)[2] / 1000 for a, b in pairwise(ring)]  # fmt: skip
    assert sorted(sides) == pytest.approx([30, 30, 150, 150], rel=1e-3)


def test_a_call_is_safe_in_a_script_and_in_a_template():
    hostile = {"type": "Feature", "properties": {"id": "</script>{{7*7}}{% x %}{# y #}"}, "geometry": None}  # fmt: skip
    text = shapes_call([hostile], "1", ("point",))
    assert "</" not in text
    assert not re.search(r"\{\{|\{%|\{#", text.replace("{{ window", ""))
    call = re.search(r"edit\((.*)\); \}", text)
    shapes, token, kinds = json.loads(f"[{call[1]}]")
    assert (token, kinds) == ("1", ["point"])
    assert shapes[0]["properties"]["id"].startswith("</script>")
