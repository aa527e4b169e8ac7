"""The page 覆盖 with the person's own points."""

from __future__ import annotations

import pytest

import geo
from geo.datasets.demo import demo_points
from geo.words import say

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-coverage")]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def found(wuhan):
    return geo.coverage(demo_points(wuhan), wuhan, by="industry", weight="staff")


def ready(page):
    page.locator("[data-testid=stStatusWidget]").wait_for(state="detached")
    page.get_by_text("示意图,不作为").or_(
        page.get_by_text("Illustrative; no basis")
    ).last.wait_for()


def chinese_left(page):
    texts = page.locator("[data-testid=stMain] p, [data-testid=stMain] label").all_inner_texts()
    return [t for t in texts if any("\u4e00" <= c <= "\u9fff" for c in t) and "Language" not in t and t != "中文"]  # fmt: skip


def test_points_by_footprint(page, server, found, shot):
    page.goto(f"{server}/coverage?lang=zh&data=demo")
    page.get_by_text("合计:2,750 个点").wait_for()
    # The tab of points opens by itself where there are points.
    assert page.get_by_role("tab", name="点数据", exact=True).get_attribute("aria-selected") == "true"  # fmt: skip
    totals = found.totals.set_index("where")
    page.locator("[data-testid=stMetricValue]").nth(3).wait_for()
    shown = page.locator("[data-testid=stMetricValue]").all_inner_texts()
    assert [int(t.replace(",", "")) for t in shown] == [totals.at[w, "count"] for w in ("any", "several", "none", "all")]  # fmt: skip
    bands = page.locator("[data-testid=stMetricDelta]").all_inner_texts()
    assert bands[0] == f"{totals.at['any', 'count_low']:,}–{totals.at['any', 'count_high']:,}"
    box = page.frame_locator("iframe").first
    box.locator("path.leaflet-interactive").first.wait_for()
    whole = found.table[found.table["by"] == ""].set_index("footprint")
    label = f"{100 * whole.at['robot-valley', 'share']:.1f}%"
    box.locator(".corridor-label", has_text=label).wait_for(state="attached")
    assert page.locator("[data-testid=stVegaLiteChart][aria-label], [aria-label*='条形图']").count()
    shot(page, "coverage-zh")
    # Another category and value: the map and chart follow, and the address holds it.
    page.get_by_text("个数", exact=True).first.click()
    page.wait_for_url("**show=count**")
    ready(page)
    page.get_by_label(say("coverpages.coverage.category", "zh")).first.click()
    page.get_by_role("option", name="生物医药").click()
    page.wait_for_url("**cat=**")
    rows = found.table[(found.table["by"] == "生物医药")].set_index("footprint")
    box = page.frame_locator("iframe").first
    box.locator(".corridor-label", has_text=str(rows.at["robot-valley", "count"])).first.wait_for(state="attached")  # fmt: skip
    assert page.get_by_text(f"该类别的全部点({rows['total'].iloc[0]} 个)").count()


@pytest.mark.long
def test_tabs_are_in_the_address_and_in_english(page, server, wuhan, shot):
    page.goto(f"{server}/coverage?lang=en&tab=none")
    page.get_by_text("With the oriented belts?").wait_for()
    page.get_by_role("tab", name="Overlaps", exact=True).click()
    page.wait_for_url("**tab=overlaps**")
    page.get_by_role("tab", name="Points", exact=True).click()
    page.get_by_role("button", name="Try it with 5,000 invented firms").click()
    page.get_by_text("In all: 2,750 in some footprint").wait_for()
    ready(page)
    page.frame_locator("iframe").first.locator("path.leaflet-interactive").first.wait_for()
    page.wait_for_timeout(800)
    assert chinese_left(page) == []
    shot(page, "coverage-en")


@pytest.mark.long
@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_on_a_phone(page, server, shot):
    page.goto(f"{server}/coverage?lang=zh&data=demo")
    page.get_by_text("合计:2,750 个点").wait_for()
    page.wait_for_timeout(1200)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"] + 1
    shot(page, "coverage-phone")
