"""The page 服务, view 选址: its numbers are those of geo, and a click on the map tries a place."""

from __future__ import annotations

import re

import pytest

from geo.analysis.places import nodes_as_places, points_as_places, units_as_places
from geo.analysis.siting import candidates_of, site, site_trial
from geo.datasets.demo import demo_points
from geo.network.travel import Straight
from geo.words import say

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-services")]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def people(wuhan, units):
    return units_as_places(wuhan, units)


@pytest.fixture(scope="module")
def stations(wuhan):
    return nodes_as_places(wuhan, kinds=["practice-station"])


@pytest.fixture(scope="module")
def universities(wuhan):
    return nodes_as_places(wuhan, tiers=["university"])


def settled(page):
    page.wait_for_timeout(500)
    page.locator("[data-testid=stStatusWidget]").wait_for(state="detached")


def metric(page, text):
    page.locator("[data-testid=stMetricValue]", has_text=text).first.wait_for()


def test_three_more_and_a_tenth_here(page, server, people, stations, universities, shot):
    page.goto(f"{server}/services?lang=zh&view=siting")
    found = site(people, universities, n=3, existing=stations, within=30)
    row = found.totals.iloc[-1]
    metric(page, f"{100 * row['share_covered']:.1f}%")
    metric(page, f"{row['covered']:,.0f}")
    assert page.get_by_text(f"{row['covered_low']:,.0f}–{row['covered_high']:,.0f}").count()
    page.get_by_text(say("siting.page.best", "zh")).wait_for()
    page.get_by_text("9 处中 1 处有位置").first.wait_for()
    box = page.frame_locator("iframe").first
    box.locator("path.leaflet-interactive[fill='#D55E00']").nth(2).wait_for(state="attached")
    settled(page)
    shot(page, "services-siting-zh")
    size = page.locator("iframe").first.bounding_box()
    page.mouse.click(size["x"] + size["width"] * 0.4, size["y"] + size["height"] * 0.4)
    page.wait_for_url(re.compile("s_at="))
    place = re.search(r"s_at=([\d.]+)(?:,|%2C)([\d.]+)", page.url)
    lon, lat = float(place[1]), float(place[2])
    tried = site_trial(people, stations, (lon, lat), within=30, candidates=universities)
    after = tried.totals.iloc[1]
    page.get_by_text(f"在 {lon:.4f}、{lat:.4f} 再设一处").wait_for()
    metric(page, f"{tried.rank} / {len(universities) + 1}")
    metric(page, f"{100 * after['share_covered']:.1f}%")
    settled(page)
    shot(page, "services-siting-trial-zh")
    page.get_by_role("button", name=say("siting.page.trial-clear", "zh")).click()
    page.get_by_text("再设一处(在现有").wait_for(state="detached")


@pytest.mark.long
def test_a_long_search_is_asked_for_and_said(page, server, people, stations, wuhan, units, shot):
    page.goto(f"{server}/services?lang=en&view=siting&s_model=p-median&s_from=grid&s_step=8&s_n=4&detour=1.5&speed=60")  # fmt: skip
    page.get_by_role("button", name=say("siting.page.compute", "en")).click()
    places = candidates_of(wuhan, "grid:8", units=units)
    found = site(people, places, model="p-median", n=4, existing=stations, within=30, travel=Straight(1.5, 60))  # fmt: skip
    row = found.totals.iloc[-1]
    metric(page, f"{row['mean_cost']:.1f}"[:4])
    page.get_by_text(say("siting.page.water", "en")).first.wait_for()
    page.get_by_text("Jiangxia").first.wait_for(state="attached")
    settled(page)
    shot(page, "services-siting-en")
    page.get_by_text(say("take.title", "en")).click()
    page.get_by_text("found = geo.site(demand, candidates, model='p-median', n=4").wait_for()


@pytest.mark.long
def test_ones_own_points_and_what_cannot_be_covered(page, server, wuhan, universities, shot):
    page.goto(f"{server}/services?lang=zh&view=siting&data=demo&s_who=mine&s_of=km&s_cut=10&s_n=2")  # fmt: skip
    points = points_as_places(demo_points(wuhan), weight="staff", by="industry", label="name")
    found = site(points, universities, n=2, existing=nodes_as_places(wuhan, kinds=["practice-station"]), within=10, of="km")  # fmt: skip
    metric(page, f"{100 * found.totals.iloc[-1]['share_covered']:.1f}%")
    settled(page)
    shot(page, "services-siting-points-zh")
    page.goto(f"{server}/services?lang=zh&view=siting&s_model=lscp")
    page.get_by_text("没有任何备选地能在时限内到达").wait_for()


@pytest.mark.long
@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_on_a_phone_nothing_runs_off_the_side(page, server, shot):
    page.goto(f"{server}/services?lang=zh&view=siting&s_at=114.5,30.6")
    page.locator("[data-testid=stMetricValue]").first.wait_for()
    settled(page)
    page.get_by_text(say("take.title", "zh")).wait_for()
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shot(page, "services-siting-phone")
