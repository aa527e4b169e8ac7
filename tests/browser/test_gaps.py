"""The page 缺口: a row leads to the map, a place on the map to its row, and the change becomes a scenario."""

from __future__ import annotations

import re

import pytest

import geo
from geo.analysis.gap_trial import trial_of
from geo.datasets.demo import demo_points
from geo.model.scenario import Scenario, apply_scenario
from geo.words import say

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-coverage")]
PHONE = {"width": 390, "height": 844}
ROW, HEADER = 35, 35


@pytest.fixture(scope="module")
def found(wuhan, units):
    return geo.gaps(demo_points(wuhan), wuhan, units=units, by="industry", weight="staff", top=50)


def settled(page):
    page.wait_for_timeout(400)
    page.locator("[data-testid=stStatusWidget]").wait_for(state="detached")


def click_row(page, k):
    table = page.locator("[data-testid=stDataFrame]").first
    table.scroll_into_view_if_needed()
    page.wait_for_timeout(400)
    box = table.bounding_box()
    page.mouse.click(box["x"] + 16, box["y"] + HEADER + ROW * k + ROW / 2)


def test_a_row_goes_there_and_the_change_is_tried(page, server, found, wuhan, shot):
    page.goto(f"{server}/gaps?lang=zh&data=demo&rank=distance")
    near = geo.gaps(demo_points(wuhan), wuhan, by="industry", weight="staff", top=50, rank="distance")  # fmt: skip
    row = near.totals.set_index(["where", "by"]).loc[("none", "")]
    page.locator("[data-testid=stMetricValue]", has_text=f"{row['count']:,.0f}").first.wait_for()
    assert page.get_by_text(f"{row['count_low']:,.0f}–{row['count_high']:,.0f}").count()
    box = page.frame_locator("iframe").first
    box.locator("path.leaflet-interactive").first.wait_for()
    k = next(k for k, r in enumerate(near.by_point.to_dict("records")) if r["change"] != "ring" and k < 8)  # fmt: skip
    own = near.by_point.iloc[k]
    click_row(page, k)
    page.get_by_text(f"离最近的范围“{own['footprint_zh']}”").wait_for()
    page.wait_for_url(f"**at=gap*{own['row']}*")
    # The map moved: the chosen point is in the middle, with what would take it in drawn dashed.
    box.locator("path.leaflet-interactive[stroke='#009E73'][stroke-dasharray]").first.wait_for(state="attached")  # fmt: skip
    chosen = box.locator("path.leaflet-interactive[stroke='#D55E00'][stroke-width='4']").first
    chosen.wait_for(state="attached")
    page.wait_for_timeout(1200)
    size = page.locator("iframe").first.bounding_box()
    at = chosen.bounding_box()
    assert abs(at["x"] + at["width"] / 2 - size["x"] - size["width"] / 2) < 12
    assert abs(at["y"] + at["height"] / 2 - size["y"] - size["height"] / 2) < 12
    shot(page, "gaps-zh")
    page.get_by_role("button", name=say("coverpages.gaps.try", "zh")).click()
    page.get_by_text("方案:纳入缺口").wait_for()
    changed = apply_scenario(wuhan, Scenario(id="a", name_zh="a", name_en="a", base=wuhan.id, changes=trial_of(wuhan, own.to_dict())))  # fmt: skip
    after = geo.gaps(demo_points(wuhan), changed).totals.set_index("where").at["none", "count"]
    assert after < row["count"]
    page.locator("[data-testid=stMetricValue]", has_text=f"{after:,.0f}").first.wait_for()


@pytest.mark.long
def test_a_place_on_the_map_selects_its_row(page, server, found, shot):
    page.goto(f"{server}/gaps?lang=en&data=demo")
    box = page.frame_locator("iframe").first
    box.locator("path.leaflet-interactive").first.wait_for()
    settled(page)
    marks = box.locator("path.leaflet-interactive[fill='#E69F00'][stroke='#FFFFFF']")
    size = page.locator("iframe").first.bounding_box()
    places = marks.evaluate_all("els => els.map(e => { const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })")  # fmt: skip
    x, y = min(places, key=lambda p: abs(p[0] - size["width"] / 2) + abs(p[1] - size["height"] / 2))
    page.mouse.move(size["x"] + x, size["y"] + y)
    tip = box.locator(".leaflet-tooltip").first.inner_text()
    number = int(tip.rpartition("gap:")[2])
    page.mouse.click(size["x"] + x, size["y"] + y)
    row = found.by_point.set_index("row").loc[number]
    page.wait_for_url(f"**at=gap*{number}*")
    page.get_by_text(f"from the nearest footprint, {row['footprint_en']}").first.wait_for()
    # Its row is selected in the list.
    page.wait_for_timeout(600)
    chosen = page.locator("[data-testid=stDataFrame] [role=row][aria-selected=true]")
    rank = int(row["rank"])
    if rank <= 8:
        assert chosen.count() == 1
        assert chosen.get_attribute("aria-rowindex") == str(rank + 1)
    settled(page)
    box.locator("path.leaflet-interactive[stroke='#D55E00'][stroke-width='4']").first.wait_for(state="attached")  # fmt: skip
    page.wait_for_timeout(800)
    shot(page, "gaps-en")
    page.get_by_text("Units", exact=True).first.click()
    page.wait_for_url("**what=units**")
    settled(page)
    click_row(page, 0)
    name = found.by_unit.iloc[0]["unit_en"]
    page.get_by_text(re.compile(rf"{name}.*from the nearest|inside {name}")).first.wait_for()
    page.wait_for_timeout(800)
    shot(page, "gaps-units-en")


@pytest.mark.long
@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_on_a_phone(page, server, shot):
    page.goto(f"{server}/gaps?lang=zh&data=demo")
    page.frame_locator("iframe").first.locator("path.leaflet-interactive").first.wait_for()
    page.wait_for_timeout(1000)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"] + 1
    shot(page, "gaps-phone")
