"""The profile page in a browser: chart, strip and map mark one place, with the numbers of ``geo``."""

from __future__ import annotations

import base64
import json
import re
import zlib
from urllib.parse import parse_qs, urlsplit

import pytest

import geo
from geo.analysis.along import place_of, spot
from geo.analysis.routes import route_of
from geo.datasets.demo import demo_points
from geo.model.scenario import Scenario, apply_scenario

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-profile")]
OPTICS = "optics-valley-corridor"
MAIN = "[data-testid=stMain]"


def opened(page, server, query="data=demo"):
    page.goto(f"{server}/profile?{query}")
    map_frame = page.frame_locator("iframe").first
    map_frame.locator("path.leaflet-interactive").first.wait_for(state="attached", timeout=60_000)
    chart(page, 1).wait_for()
    page.wait_for_timeout(600)


def chart(page, k):
    return page.locator(".stVegaLiteChart canvas, .stVegaLiteChart svg.marks").nth(k)


def click(page, box, x, y):
    page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)


def at_of(page):
    return parse_qs(urlsplit(page.url).query).get("at", [""])[0]


def wait_for_at(page, other=""):
    for _ in range(80):
        if at_of(page) not in ("", other):
            page.wait_for_timeout(500)
            return at_of(page)
        page.wait_for_timeout(100)
    raise AssertionError(page.url)


def text_of(page):
    return page.locator(MAIN).inner_text()


@pytest.mark.long
def test_a_click_on_any_of_the_three_marks_the_other_two(page, server, wuhan, shot):
    opened(page, server)
    found = geo.profile(demo_points(wuhan), wuhan[OPTICS])
    inside = found.totals.set_index("where").loc["inside"]
    share = found.features.set_index("feature").loc["occupied"]
    assert (
        f"{inside['count']} 个点在光谷科技创新大走廊内({inside['count_low']}–{inside['count_high']})"
        in text_of(page)
    )
    assert f"{share['share']:.1%}({share['share_low']:.1%}–{share['share_high']:.1%})" in text_of(
        page
    )
    shot(page, "profile-zh")
    marks = page.frame_locator("iframe").first.locator("path[stroke='#D55E00'][stroke-width='3.5']")
    assert marks.count() == 0
    # The profile: the place stands in the address, in words with the counts of its bin, and on the map.
    click(page, chart(page, 0).bounding_box(), 0.5, 0.4)
    first = wait_for_at(page)
    row = found.bins[(found.bins["side"] == "all")].iloc[int(float(first))]
    assert float(first) == (row["from_km"] + row["to_km"]) / 2
    page.get_by_text(f"{row['count']} 个点在这一段({row['from_km']:g}–{row['to_km']:g} 公里;{row['count_low']}–{row['count_high']})").wait_for()  # fmt: skip
    marks.first.wait_for()
    # The strip: chainage and offset; above its middle is on the left.
    click(page, chart(page, 1).bounding_box(), 0.72, 0.12)
    second = wait_for_at(page, first)
    assert re.fullmatch(r"\d+(\.\d+)?,-\d+(\.\d+)?", second)
    page.get_by_text("公里,左侧").first.wait_for()
    # The map, which the click on the strip has moved there: a click near its middle is near that place.
    box = page.locator("iframe").first.bounding_box()
    page.wait_for_timeout(1200)
    click(page, box, 0.5, 0.62)
    third = wait_for_at(page, second)
    assert abs(float(third.split(",")[0]) - float(second.split(",")[0])) < 25
    shot(page, "profile-picked-zh")
    page.get_by_role("button", name="取消标记").click()
    page.wait_for_url(lambda url: "at=" not in url)


@pytest.mark.long
def test_a_chainage_that_is_typed_finds_the_node_there(page, server, wuhan):
    opened(page, server, "tiers=lab")
    route = route_of(wuhan[OPTICS])
    labs = wuhan.nodes[wuhan.nodes["tier"] == "lab"]
    placed = [(place_of(route, p.x, p.y), n, p) for p, n in zip(labs.geometry, labs["name_zh"], strict=True)]  # fmt: skip
    own, name, point = max((p for p in placed if p[0].where == "inside"), key=lambda p: p[0].chainage_km)  # fmt: skip
    field = page.get_by_role("textbox", name="里程(公里)")
    field.fill(f"{own.chainage_km:.2f},{own.offset_km:.2f}")
    field.press("Enter")
    page.get_by_text(name).first.wait_for()
    assert f"里程 {own.chainage_km:.2f} 公里" in text_of(page)
    assert spot(route, own.chainage_km, own.offset_km) == pytest.approx((point.x, point.y), abs=1e-3)  # fmt: skip
    assert "不是企业" in text_of(page)
    found = geo.profile(labs, wuhan[OPTICS]).totals.set_index("where").loc["inside"]
    assert f"{found['count']} 个点在光谷科技创新大走廊内" in text_of(page)


@pytest.mark.long
def test_a_link_opens_the_same_in_english_and_moved_by_a_scenario(page, server, wuhan, shot):
    change = {"do": "move", "feature": OPTICS, "by_km": 6, "azimuth_deg": 90}
    moved = Scenario.of({"id": "try", "name_zh": "试", "name_en": "Try", "base": "wuhan", "changes": [change]})  # fmt: skip
    text = json.dumps(moved.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)
    packed = base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")
    opened(
        page, server, f"lang=en&data=demo&at=42.5&step=2&smooth=3&cats=光电子信息.新材料&s={packed}"
    )
    other = geo.profile(demo_points(wuhan), apply_scenario(wuhan, moved)[OPTICS], step_km=2)
    inside = other.totals.set_index("where").loc["inside"]
    was = geo.profile(demo_points(wuhan), wuhan[OPTICS]).totals.set_index("where").loc["inside"]
    assert inside["count"] != was["count"]
    page.get_by_text(f"{inside['count']} points lie within").wait_for()
    assert f"({inside['count_low']}–{inside['count_high']})" in text_of(page)
    row = other.bins[other.bins["side"] == "all"].iloc[21]
    assert f"{row['count']} points in this bin (42–44 km; {row['count_low']}–{row['count_high']})" in text_of(page)  # fmt: skip
    assert "At 42.50 km, on the axis" in text_of(page)
    shot(page, "profile-en")


@pytest.mark.long
@pytest.mark.parametrize("page", [{"width": 390, "height": 844}], indirect=True)
def test_it_fits_a_phone_and_says_what_is_not_there(page, server, shot):
    opened(page, server, "data=demo&at=999")
    page.get_by_text("里程 999 不在轴线上").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("[aria-label*='剖面']").count() or page.locator("[role=graphics-document]").count()  # fmt: skip
    shot(page, "profile-phone-zh")


def run_page():
    import streamlit as st

    from app import frame, mine
    from app.pages import profile

    st.session_state["page"] = "profile"
    if "loaded" not in st.session_state:
        st.session_state["loaded"] = True
        mine.take(mine.demo())
    frame.guarded(profile.show)()


@pytest.mark.long
def test_many_points_are_counted_when_the_person_says_so(monkeypatch):
    from streamlit.testing.v1 import AppTest

    monkeypatch.setattr("app.along.FEW", 1000)
    page = AppTest.from_function(run_page, default_timeout=90).run()
    (button,) = (b for b in page.button if b.key == "start:profile")
    assert button.label == "数这 5,000 个点"
    assert not any("个点在" in m.value for m in page.markdown)
    button.click().run()
    assert not page.exception
    assert any("**490** 个点在" in m.value for m in page.markdown)
    # What is known already is shown by itself, smoothed as well.
    page.slider(key="w:profile:smooth").set_value(2.0).run()
    assert any("**490** 个点在" in m.value for m in page.markdown)
    # Bins of another length are counted anew, and that waits again.
    page.slider(key="w:profile:step").set_value(2.0).run()
    assert [b.key for b in page.button if b.key == "start:profile"]


@pytest.mark.long
def test_a_layout_without_axes_says_so(monkeypatch):
    from streamlit.testing.v1 import AppTest

    monkeypatch.setattr("app.pages.profile._axes", list)
    page = AppTest.from_function(run_page, default_timeout=90).run()
    assert not page.exception
    assert "没有带轴线的走廊或带" in page.info[0].value.replace("&#40;", "(")


def run_click():
    import streamlit as st

    from app import along, data, maps, subject
    from app.along import Along
    from app.pages import profile
    from geo.analysis.routes import route_of

    st.session_state["page"] = "profile"
    item = data.shown()["optics-valley-corridor"]
    own = Along(subject._nodes([]), item, route_of(item), 1.0, None)
    near = along.nodes(own, ["lab"])
    name = near.loc[near["where"] == "inside", "id"].iloc[0]
    # The click itself lies elsewhere: it is the node that is meant.
    for clicked in (maps.Clicked(name, 114.0, 30.0), maps.Clicked(None, 113.0, 30.5)):
        profile._picked_on_map(own, clicked)
        st.text(
            f"{clicked.id}|{st.session_state['along-pending']}|{st.session_state['along-said']}"
        )


@pytest.mark.long
def test_a_click_on_a_node_means_the_node_and_beyond_the_end_is_said(wuhan):
    from streamlit.testing.v1 import AppTest

    page = AppTest.from_function(run_click, default_timeout=60).run()
    assert not page.exception
    name, text, _ = page.text[0].value.split("|")
    node = wuhan[name].geometry
    at, off = wuhan[OPTICS].shape.locate(node.x, node.y)[0]
    parts = [*map(float, text.split(",")), 0.0][:2]
    assert parts == pytest.approx([at, off], abs=0.006)
    # Far to the west: before the start, which is what is marked.
    assert page.text[1].value == "None|0|('0', 'before')"
