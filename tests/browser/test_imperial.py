"""Miles beside kilometres in the application, where the layout has readers of them."""

from __future__ import annotations

import pytest

import geo
from geo.maps.layers import card_rows
from geo.report.tables import heading
from geo.words import say

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-imperial")]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def arc():
    return geo.load_layout("oxcam")


def main_text(page):
    return page.locator("[data-testid=stMain]").inner_text()


def headings(page):
    """Return the headings of the tables of a page, which are drawn but also there to be read."""
    return page.locator("[data-testid=stDataFrame] th[role=columnheader]").all_text_contents()


def test_the_map_its_inspector_and_its_scale_give_both(page, server, shot, arc):
    en = arc.meta.reader("en")
    row = arc.corridors.iloc[0].to_dict()
    page.goto(f"{server}/?layout=oxcam&lang=en")
    scale = page.frame_locator("iframe").first.locator(".leaflet-control-scale-line")
    scale.nth(1).wait_for(state="attached")
    assert [text.split()[-1] for text in scale.all_inner_texts()] == ["km", "mi"]
    box = page.get_by_role("textbox", name=say("here.page.search", "en"))
    box.fill("Oxford–Cambridge Arc")
    box.press("Enter")
    rows = dict(card_rows(row, en))
    area = rows[say("model.field.area_km2", "en")]
    page.get_by_text(area).first.wait_for()
    assert "sq mi" in area
    assert rows[say("model.field.length_km", "en")] in main_text(page)
    shot(page, "imperial-map-en")


def test_a_slider_tells_what_its_bounds_are_in_miles(page, server):
    page.goto(f"{server}/layouts?layout=oxcam&lang=en")
    help_ = page.get_by_test_id("stSidebar").get_by_test_id("stTooltipHoverTarget").first
    help_.hover()
    page.get_by_text("0.2–5 = 0.12–3.1 mi").wait_for()


def test_tables_have_columns_of_miles_and_those_of_another_layout_have_none(page, server):
    page.goto(f"{server}/coverage?layout=oxcam&lang=en&data=demo")
    page.locator("[data-testid=stDataFrame] th[role=columnheader]").first.wait_for(state="attached")
    en = geo.load_layout("oxcam").meta.reader("en")
    assert heading("err_mi", en) in headings(page)
    assert heading("err_m", en) in headings(page)
    page.goto(f"{server}/coverage?layout=hangzhou-chengxi&lang=en&data=demo")
    page.get_by_text(geo.load_layout("hangzhou-chengxi").meta.name_en).first.wait_for()
    page.locator("[data-testid=stDataFrame] th[role=columnheader]").first.wait_for(state="attached")
    assert heading("err_m", "en") in headings(page)
    assert not any("(mi)" in text for text in headings(page))


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_in_chinese_on_a_phone(page, server, shot):
    page.goto(f"{server}/curves?layout=oxcam&lang=zh&data=demo")
    page.get_by_text("英里").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shot(page, "imperial-curves-zh-phone")
