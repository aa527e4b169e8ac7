"""The page 比较布局."""

from __future__ import annotations

import pytest

import geo
from geo.analysis.layouts_compare import compare_layouts
from geo.maps.cover_features import banded_text
from geo.words import say

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-layouts")]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def found():
    return compare_layouts(ring_km=1.0)


def largest(table, measure):
    known = table[table[measure].notna()]
    return banded_text(known.iloc[int(known[measure].to_numpy(float).argmax())].to_dict(), measure)


def metric(page, text):
    page.locator("[data-testid=stMetricValue]", has_text=text.partition(" (")[0]).first.wait_for()


def test_corridors_of_all_layouts_are_compared(page, server, found, shot):
    page.goto(f"{server}/layouts?lang=zh")
    for measure in ("length_km", "area_km2", "gap_km"):
        metric(page, largest(found.corridors, measure))
    page.locator("[aria-label*='上为北叠放']").first.wait_for(state="attached")
    page.locator("[aria-label*='点图']").first.wait_for(state="attached")
    page.wait_for_timeout(800)
    shot(page, "layouts-zh")
    page.get_by_text(say("layouts.page.turned", "zh"), exact=True).click()
    page.wait_for_url("**arrange=turned**")
    page.locator("[aria-label*='转到同一方向']").first.wait_for(state="attached")
    page.wait_for_timeout(500)
    shot(page, "layouts-turned-zh")
    page.get_by_text(say("layouts.page.side-by-side", "zh"), exact=True).click()
    page.wait_for_url("**arrange=side-by-side**")
    panels = page.locator("div[aria-label*='与其他走廊同一比例尺']")
    panels.nth(len(found.corridors) - 1).wait_for(state="attached")
    assert panels.count() == len(found.corridors)
    page.wait_for_timeout(500)
    shot(page, "layouts-panels-zh")
    # Without a layout its corridors go too.
    name = geo.load_layout("guangshen").meta.name_zh
    page.get_by_test_id("stSidebar").get_by_role("button", name=name, exact=True).first.click()
    rest = found.corridors[found.corridors["layout"] != "guangshen"]
    metric(page, largest(rest, "length_km"))
    page.wait_for_url("**with=wuhan.hangzhou-chengxi.oxcam**")
    page.get_by_role("tab", name=say("layouts.page.tab-published", "zh")).click()
    page.get_by_text("只是公布的数字").wait_for()


@pytest.mark.long
def test_in_english_with_one_corridor_taken_along(page, server, found, shot):
    page.goto(f"{server}/layouts?layout=oxcam&lang=en&with=oxcam&measure=sinuosity&arrange=turned")
    own = found.corridors[found.corridors["layout"] == "oxcam"]
    metric(page, largest(own, "length_km"))
    page.locator("[aria-label*='Dots of sinuosity']").first.wait_for(state="attached")
    # Of a layout whose readers ask for miles they stand beside the kilometres.
    page.locator("div[aria-label*='114.7 km (71.3 mi)']").first.wait_for(state="attached")
    page.get_by_text(say("take.title", "en")).click()
    page.get_by_text("compare_layouts").first.wait_for(state="attached")
    page.wait_for_timeout(500)
    shot(page, "layouts-en")
    texts = page.locator("[data-testid=stMain] p, [data-testid=stMain] label").all_inner_texts()
    assert [t for t in texts if any("\u4e00" <= c <= "\u9fff" for c in t) and "Language" not in t and t != "中文"] == []  # fmt: skip


@pytest.mark.long
def test_nothing_chosen_is_said(page, server):
    page.goto(f"{server}/layouts?lang=en&with=")
    page.get_by_text(say("layouts.page.none", "en")).wait_for()
    page.goto(f"{server}/layouts?lang=en&corridors=")
    page.get_by_text("no corridor is chosen").wait_for()
    page.get_by_role("tab", name=say("layouts.page.tab-layouts", "en")).click()
    page.wait_for_url("**tab=layouts**")


@pytest.mark.long
@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_on_a_phone(page, server, shot):
    page.goto(f"{server}/layouts?lang=zh")
    page.locator("[aria-label*='点图']").first.wait_for(state="attached")
    page.wait_for_timeout(800)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"] + 1
    shot(page, "layouts-phone")
    page.get_by_text(say("layouts.page.side-by-side", "zh"), exact=True).click()
    page.locator("[aria-label*='与其他走廊同一比例尺']").first.wait_for(state="attached")
    page.wait_for_timeout(1500)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"] + 1
    page.locator("[aria-label*='与其他走廊同一比例尺']").nth(6).scroll_into_view_if_needed()
    shot(page, "layouts-panels-phone")
