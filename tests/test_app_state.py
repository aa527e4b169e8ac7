"""The frame of the pages without a browser: what an address may hold, a page that fails alone."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from geo.maps.layers import DEFAULT_LAYERS, LAYER_KEYS
from geo.words import say


def read():
    import streamlit as st

    from app import frame, state

    state.read_address()
    frame.address_problems()
    state.write_address(state.address())
    st.json([state.lang(), state.layers(), state.ring_km(), state.basemap()])


def shown(app):
    return json.loads(app.json[0].value)


def opened(**address):
    app = AppTest.from_function(read)
    for key, value in address.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def test_an_empty_address_opens_the_default_map():
    app = opened()
    assert shown(app)[:2] == ["zh", [k for k in LAYER_KEYS if k in DEFAULT_LAYERS]]
    assert not app.warning
    assert "ring" not in app.query_params  # a short address: only what differs


def test_an_address_is_read_and_written_back():
    app = opened(lang="en", layers="axes.zones", ring="2.5", basemap="osm")
    assert app.session_state["ring"] == 2.5
    assert set(app.session_state["layers"]) == {"axes", "zones"}
    assert app.query_params["lang"] == "en"
    assert app.query_params["basemap"] == "osm"
    assert not app.warning


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("lang", "fr"), ("ring", "nan"), ("ring", "inf"), ("ring", "1e9"), ("ring", "-1"),
        ("ring", "two"), ("basemap", "../../etc"), ("layers", "zones.<b>x</b>"), ("other", "1"),
        ("lang", "x" * 5000),
    ],
)  # fmt: skip
def test_what_is_not_valid_is_dropped_and_said(key, value):
    app = opened(**{key: value})
    assert len(app.warning) == 1
    assert "<" not in app.warning[0].value  # escaped: no markup reaches the page
    assert len(app.warning[0].value) < 500
    assert [shown(app)[k] for k in (0, 2, 3)] == ["zh", 1.0, "none"]
    assert "other" not in app.query_params
    app.run()
    assert not app.warning  # said once


@pytest.mark.parametrize("kind", ["CorridorError", "ValueError", "KeyError"])
def test_a_page_that_fails_says_why_and_ends_there(kind):
    def script(kind):
        import builtins

        from app import frame
        from geo.errors import CorridorError

        def page():
            error = CorridorError if kind == "CorridorError" else getattr(builtins, kind)
            raise error("<i>no ring</i>")

        page.__module__ = "app.pages.example"
        frame.guarded(page)()

    app = AppTest.from_function(script, args=(kind,)).run()
    assert not app.exception
    assert app.error[0].value == say("app.frame.failed", "zh")
    assert "no ring" in app.text[0].value  # as text: what it holds is not markup
    assert len(app.caption) == 1  # the frame is whole


def test_a_scenario_goes_into_the_address_and_back_while_it_is_short():
    def script(n):
        import streamlit as st

        from app import data, frame
        from geo.model.scenario import Scenario

        changes = [
            {
                "do": "move",
                "feature": "robot-valley",
                "by_km": 0.1,
                "azimuth_deg": (k * 37.7319) % 360,
            }
            for k in range(n)
        ]
        names = {"id": "trial", "name_zh": "试", "name_en": "Trial", "base": data.layout().id}
        data.take_scenario(Scenario.of(names | {"changes": changes}))
        text, length = data.scenario_address(), data.shown()["robot-valley"].geometry.centroid.x
        frame.subjects()
        data.take_scenario(None)
        st.json([len(text), data.scenario_from_address(text) if text else None])
        st.json([length, data.shown()["robot-valley"].geometry.centroid.x])

    short = AppTest.from_function(script, args=(2,), default_timeout=30).run()
    assert not short.exception
    size, taken = json.loads(short.json[0].value)
    assert 0 < size < 400
    assert taken is True
    before, after = json.loads(short.json[1].value)
    assert before == after
    assert not short.caption
    long = AppTest.from_function(script, args=(200,), default_timeout=60).run()
    assert not long.exception
    assert json.loads(long.json[0].value) == [0, None]
    assert long.caption[0].value == say("app.frame.scenario-long", "zh")
