"""The curves page in a browser: shares within a distance, with the numbers of ``geo``."""

from __future__ import annotations

import pytest

import geo
from geo.datasets.demo import demo_points

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-curves")]
OPTICS, AUTO = "optics-valley-corridor", "auto-valley-corridor"
MAIN = "[data-testid=stMain]"


def opened(page, server, query):
    page.goto(f"{server}/curves?{query}")
    page.locator(".stVegaLiteChart").nth(1).wait_for(timeout=60_000)
    page.wait_for_timeout(600)


def told(table, curve, distance, by=""):
    rows = table[(table["distance_km"] == distance) & (table["by"] == by) & (table["curve"] == curve)]  # fmt: skip
    row = rows.iloc[0]
    return row["share"], f"{row['share']:.1%}", f"{row['share_low']:.1%}–{row['share_high']:.1%}"


def test_shares_are_read_off_at_a_distance(page, server, wuhan, shot):
    opened(page, server, f"data=demo&of={OPTICS}.{AUTO}&d=8")
    halves = [k / 2 for k in range(1, 61)]
    table = geo.coverage_curves(demo_points(wuhan), [wuhan[OPTICS], wuhan[AUTO]], distances_km=halves, by="industry").table  # fmt: skip
    text = page.locator(MAIN).inner_text()
    for name in (OPTICS, AUTO):
        _, share, band = told(table, name, 8.0)
        assert f"{share}({band})" in text
    shot(page, "curves-zh")
    # A click on the chart chooses the distance that is read off.
    box = page.locator(".stVegaLiteChart canvas, .stVegaLiteChart svg.marks").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.55, box["y"] + box["height"] * 0.3)
    page.wait_for_url(lambda url: "d=8" not in url)
    page.wait_for_timeout(800)
    distance = float(page.url.split("&d=")[1].split("&")[0])
    _, share, band = told(table, OPTICS, distance)
    page.get_by_text(f"{share}({band})").first.wait_for()
    # So does the slider, by keyboard.
    slider = page.locator(MAIN).get_by_role("slider")
    slider.focus()
    slider.press("ArrowRight")
    _, share, band = told(table, OPTICS, distance + 0.5)
    page.get_by_text(f"{share}({band})").first.wait_for()


@pytest.mark.long
def test_categories_bends_and_the_footprint_in_english(page, server, wuhan, shot):
    opened(
        page,
        server,
        f"lang=en&data=demo&mode=categories&about={OPTICS}&from=footprint&cats=新材料.生物医药&log=1",
    )
    curve = geo.coverage_curves(
        demo_points(wuhan), [wuhan[OPTICS]], distances_km=[k / 2 for k in range(1, 61)], of="footprint", by="industry"
    ).table  # fmt: skip
    text = page.locator(MAIN).inner_text()
    for by in ("新材料", "生物医药"):
        _, share, band = told(curve, OPTICS, 5.0, by)
        assert f"{by} {share} ({band})" in text
    assert "Where the curves bend" in text
    page.get_by_text("Mark the bends", exact=True).click()
    page.get_by_text("Where the curves bend", exact=True).wait_for(state="detached")
    shot(page, "curves-en")


@pytest.mark.long
@pytest.mark.parametrize("page", [{"width": 390, "height": 844}], indirect=True)
def test_nodes_on_a_phone(page, server, wuhan, shot):
    opened(page, server, f"of={OPTICS}&tiers=lab")
    labs = wuhan.nodes[wuhan.nodes["tier"] == "lab"]
    table = geo.coverage_curves(labs, [wuhan[OPTICS]], distances_km=[5.0], by="tier").table
    _, share, band = told(table, OPTICS, 5.0)
    page.get_by_text(f"{share}({band})").first.wait_for()
    assert "不是企业" in page.locator(MAIN).inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shot(page, "curves-phone-zh")


@pytest.mark.long
def test_nothing_chosen_is_said(page, server):
    page.goto(f"{server}/curves?data=demo&of=nonsense")
    page.get_by_text("请至少选一个有位置的走廊、带或城").wait_for()
