"""The map component gets from us what streamlit-folium's own call would give it."""

from __future__ import annotations

import folium
import pytest
import streamlit_folium

from app import component
from geo.maps.assets import LAYERS_JS, LEAFLET_JS
from geo.maps.drawing import add_drawing
from geo.maps.web import Group, base_map, features_json, layers_call


@pytest.fixture
def given(monkeypatch):
    """What the component is called with, call by call."""
    calls = []
    monkeypatch.setattr(streamlit_folium, "_component_func", lambda **own: calls.append(own))
    return calls


@pytest.mark.parametrize("drawing", [False, True])
@pytest.mark.parametrize(("basemap", "key"), [("none", ""), ("osm", ""), ("tianditu", "abc123")])
def test_the_ground_is_that_of_streamlit_folium(wuhan, given, drawing, basemap, key):
    def chart():
        made = base_map(wuhan, basemap=basemap, key=key)
        if drawing:
            add_drawing(made, lang="zh")
        return made

    names = ["last_clicked", "last_object_clicked"]
    streamlit_folium.st_folium(
        chart(), key="map", height=300, use_container_width=True, returned_objects=names,
        center=(30.5, 114.3), zoom=9, feature_group_to_add=[folium.FeatureGroup()],
    )  # fmt: skip
    component.show(
        component.ground_of(chart()), "call", key="map", height=300, returned=names,
        center=(30.5, 114.3), zoom=9,
    )  # fmt: skip
    theirs, ours = given
    assert set(theirs) == set(ours)
    for name in set(theirs) - {"feature_group", "on_change"}:
        assert ours[name] == theirs[name], name
    assert ours["js_links"] == [LEAFLET_JS, LAYERS_JS]


def test_layers_are_named_by_what_they_hold():
    text = features_json([])
    call = layers_call([Group(text, "<b>")])
    assert "&lt;b&gt;" in call
    assert call == layers_call([Group(text, "<b>")])
    assert call != layers_call([Group(text, "other")])
    assert layers_call([]).startswith("window.corridorShow(")
