"""The page 服务, view 可达: its numbers are those of geo, in both languages, and a click says who."""

from __future__ import annotations

import re

import pytest

from geo.analysis.access import access
from geo.analysis.places import nodes_as_places, points_as_places, units_as_places
from geo.analysis.reached import reached
from geo.datasets.demo import demo_points
from geo.network.travel import Straight
from geo.words import say
from geo.words.figures import figure

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-services")]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def people(wuhan, units):
    return units_as_places(wuhan, units)


def settled(page):
    page.wait_for_timeout(500)
    page.locator("[data-testid=stStatusWidget]").wait_for(state="detached")


def metric(page, text):
    page.locator("[data-testid=stMetricValue]", has_text=text).first.wait_for()


def test_people_within_and_beyond_the_limit(page, server, people, wuhan, shot):
    page.goto(f"{server}/services?lang=zh&view=reach")
    found = reached(people, nodes_as_places(wuhan, tiers=["lab"]), cuts=(30,))
    row = found.totals.iloc[0]
    metric(page, f"{100 * row['share']:.1f}%")
    metric(page, f"{row['demand']:,.0f}")
    metric(page, "34/40")
    page.get_by_text(f"{row['beyond_low']:,.0f}–{row['beyond_high']:,.0f}").first.wait_for()
    page.get_by_text("湖北光谷实验室").first.wait_for()
    page.get_by_text("9,278,558").first.wait_for()
    map_ = page.frame_locator("iframe").first
    map_.locator("path.leaflet-interactive").first.wait_for()
    settled(page)
    shot(page, "services-reach-zh")
    # A facility that is clicked says whom it is the nearest of.
    dots = map_.locator("path.leaflet-interactive[fill='#D55E00']")
    frame = page.locator("iframe").first.bounding_box()
    seen = [b for b in (dots.nth(k).bounding_box() for k in range(dots.count())) if frame["x"] + 20 < b["x"] < frame["x"] + frame["width"] - 20]  # fmt: skip
    # The lowest has no other one above it.
    dot = max(seen, key=lambda b: b["y"])
    page.mouse.click(dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2)
    page.get_by_text(re.compile("最近的一处,平均")).wait_for()
    settled(page)


@pytest.mark.long
def test_stations_of_one_kind_and_the_map_of_scores(page, server, people, wuhan, shot):
    stations = nodes_as_places(wuhan, kinds=["practice-station"])
    page.goto(f"{server}/services?lang=en&view=reach&r_tier=service&r_kind=practice-station&r_cut=45&detour=1.5&speed=60")  # fmt: skip
    travel = Straight(1.5, 60)
    row = reached(people, stations, travel, cuts=(45,)).totals.iloc[0]
    metric(page, f"{100 * row['share']:.1f}%")
    metric(page, "1/9")
    page.get_by_text("1 of 9 facilities have a position").first.wait_for()
    page.get_by_text("positional error above 20 km").first.wait_for()
    page.goto(f"{server}/services?lang=en&view=reach&r_tier=university&r_show=e2sfca&r_catch=45&r_ground=together")  # fmt: skip
    scored = access(people, nodes_as_places(wuhan, tiers=["university"]), catchment=45, per=1e6).totals.iloc[0]  # fmt: skip
    metric(page, figure(scored["mean"]))
    metric(page, f"{scored['gini']:.3f}")
    metric(page, f"{100 * scored['share_none']:.1f}%")
    settled(page)
    shot(page, "services-reach-scores-en")
    page.get_by_text(say("take.title", "en")).click()
    page.get_by_text("scored = geo.access(demand, facilities, travel, method='e2sfca', catchment=45.0, per=1000000.0").wait_for()  # fmt: skip


@pytest.mark.long
def test_ones_own_points_as_demand_and_what_has_no_position(page, server, wuhan, shot):
    page.goto(f"{server}/services?lang=zh&view=reach&data=demo&r_who=mine&r_tier=park&r_of=km&r_cut=20")  # fmt: skip
    points = points_as_places(demo_points(wuhan), weight="staff", by="industry", label="name")
    row = reached(points, nodes_as_places(wuhan, tiers=["park"]), cuts=(20,), of="km").totals.iloc[0]  # fmt: skip
    metric(page, f"{100 * row['share']:.1f}%")
    metric(page, f"{row['beyond']:,.0f}")
    settled(page)
    shot(page, "services-reach-points-zh")
    page.goto(f"{server}/services?lang=zh&view=reach&r_tier=firm")
    page.get_by_text("所选的 13 处设施都没有公布位置").wait_for()


@pytest.mark.long
@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_on_a_phone_nothing_runs_off_the_side(page, server, shot):
    page.goto(f"{server}/services?lang=zh&view=reach&r_ground=apart")
    page.locator("[data-testid=stMetricValue]").first.wait_for()
    settled(page)
    page.frame_locator("iframe").first.locator("path.leaflet-interactive").first.wait_for()
    page.get_by_text(say("take.title", "zh")).wait_for()
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shot(page, "services-reach-phone")
