"""Parts of pages: long results by button, tabs in the session."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app import later
from geo.words import say


def _long(n):
    import streamlit as st

    from app import later

    def make(progress):
        st.session_state["made"] = st.session_state.get("made", 0) + 1
        progress(1, 2)
        return 42

    st.write(f"result {later.kept_when_easy(('x', n), n, 5.0, make)}")


def test_what_is_quick_is_computed_at_once_and_once():
    page = AppTest.from_function(_long, kwargs={"n": later.EASY}).run()
    assert page.markdown[0].value == "result 42"
    page.run()
    assert page.session_state["made"] == 1


def test_what_is_long_waits_for_the_person_and_is_remembered():
    page = AppTest.from_function(_long, kwargs={"n": 1_000_000}).run()
    assert page.markdown[0].value == "result None"
    assert "made" not in page.session_state
    assert "1,000,000" in page.button[0].label
    assert "5" in page.button[0].label
    page.button[0].click().run()
    assert page.markdown[0].value == "result 42"
    page.run()
    assert page.markdown[0].value == "result 42"
    assert page.session_state["made"] == 1
    assert not page.exception


def _tabs():
    import streamlit as st

    from app import parts, state

    param = state.Choice("tab", ("a", "b"))
    shown = parts.tabs(param, str.upper, first="b")
    st.write(" ".join(name for name, tab in shown.items() if tab.open))
    st.write(state.value_of(param))


def test_the_first_tab_is_the_one_asked_for():
    page = AppTest.from_function(_tabs).run()
    assert not page.exception
    assert [m.value for m in page.markdown] == ["b", "b"]


def _page(name, take):
    from importlib import import_module

    import streamlit as st

    from app import mine

    st.session_state["page"] = name
    if take:
        from dataclasses import replace

        demo = mine.demo()
        points = replace(demo.points, frame=demo.points.frame.iloc[: take - 1])
        mine.take(replace(demo, points=points, digest=f"first-{take}"))
    import_module(f"app.pages.{name}").show()


def _says(page):
    return [e.value for kind in (page.info, page.success, page.caption, page.markdown, page.warning) for e in kind]  # fmt: skip


@pytest.mark.parametrize("name", ["coverage", "gaps", "overlap", "population"])
@pytest.mark.parametrize("take", [0, 1, *(pytest.param(n, marks=pytest.mark.long) for n in (2, 401))])  # fmt: skip
def test_few_points_or_none_are_said(name, take):
    page = AppTest.from_function(_page, kwargs={"name": name, "take": take}, default_timeout=60).run()  # fmt: skip
    assert not page.exception
    assert not page.error
    if take == 1 and name in ("coverage", "gaps"):
        assert say("coverpages.common.points-none", "zh") in _says(page)


@pytest.mark.parametrize("name", ["coverage", "gaps", "overlap", "population"])
def test_a_layout_without_units_is_said(name):
    page = AppTest.from_function(_page, kwargs={"name": name, "take": 401}, default_timeout=60)
    page.session_state["layout-chosen"] = "oxcam"
    page.session_state["lang"] = "zh"
    page.session_state["gaps:what"] = "units"
    page.session_state["coverage:tab"] = "areas"
    page.session_state["overlap:tab"] = "by-unit"
    page.run()
    assert not page.exception
    assert not page.error
    # A note is plain text: its signs are written as numbers.
    assert any("这个布局没有行政边界" in text for text in _says(page)), _says(page)


def _named(own):
    import streamlit as st

    import geo
    from app import data

    if own:
        data.take_layout(geo.Layout(*(getattr(geo.load_layout("oxcam"), n) for n in ("meta", "features", "claims", "population"))))  # fmt: skip
    else:
        data.use_layout("oxcam")
    st.text(f"named: {data.layout_address()}")


@pytest.mark.parametrize(("own", "name"), [(False, "oxcam"), (True, "")])
def test_an_address_names_no_other_layout_of_the_same_id(own, name):
    page = AppTest.from_function(_named, kwargs={"own": own}, default_timeout=60).run()
    assert not page.exception
    assert page.text[0].value == f"named: {name}".strip()
