"""布带 in a real browser with the network blocked: each question is clicked through."""

from __future__ import annotations

import re

import pytest

import geo
from geo.analysis.belt_lab import belt_lab
from geo.datasets.demo import demo_points
from geo.words import say

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-belt")]
PHONE = {"width": 390, "height": 844}


def opened(page, server, query="lang=zh&data=demo"):
    page.goto(f"{server}/belt?{query}")
    page.locator("[data-testid=stMetric]").nth(2).wait_for()
    return page


def metrics(page):
    """The figures on top: what each is of, and its value with the band."""
    found = {}
    for one in page.locator("[data-testid=stMetric]").all():
        lines = [t.strip() for t in one.inner_text().split("\n") if t.strip()]
        found[lines[0]] = lines[1:]
    return found


def until(page, wanted, tries=60):
    for _ in range(tries):
        if wanted():
            return
        page.wait_for_timeout(150)
    raise AssertionError(metrics(page))


@pytest.fixture(scope="module")
def points(wuhan):
    return demo_points(wuhan)


def lab_of(belt, wuhan, points, **more):
    return belt_lab(belt, wuhan, points, units=geo.read_units(wuhan, "city"), belt_err_m=500, by="industry", weight="staff", **more)  # fmt: skip


def shown(lab, lang):
    row, inside = lab.summary.iloc[0], lab.points.iloc[0]
    held = [int(row[f"seats_held{e}"]) for e in ("", "_low", "_high")]
    value = say("beltpage.page.seats-value", lang, held=held[0], seats=5)
    return {
        say("beltpage.page.seats", lang): [value, f"{held[1]}–{held[2]}"],
        say("beltpage.page.area-km2", lang): [f"{row['area_km2']:,.0f}", f"{row['area_km2_low']:,.0f}–{row['area_km2_high']:,.0f}"],
        say("beltpage.page.inside", lang): [f"{inside['share']:.1%}", f"{inside['share_low']:.1%}–{inside['share_high']:.1%}"],
    }  # fmt: skip


def agrees(page, expected):
    until(page, lambda: expected.items() <= metrics(page).items())


def test_presets_change_the_seats_and_shares_at_once(page, server, shot, wuhan, points):
    opened(page, server)
    agrees(page, shown(lab_of(wuhan["robot-valley"].shape, wuhan, points), "zh"))
    assert metrics(page)["余量(公里)"][0] == "20.0 / 14.6"
    assert page.get_by_text("方位角 114.2–137.6° 能含全部 5 座").is_visible()
    map_ = page.frame_locator("iframe").first
    map_.locator("path.leaflet-interactive").first.wait_for()
    page.get_by_text("带走").wait_for()
    shot(page, "belt-zh")
    page.get_by_role("button", name="照报道:150 × 30 正东西").click()
    until(page, lambda: metrics(page)["驻地"][0] == "3 / 5")
    page.wait_for_url(re.compile("az=90"))
    assert page.get_by_text("含 3 座,不在带内").is_visible()
    page.get_by_role("button", name="含全部驻地").click()
    until(page, lambda: metrics(page)["驻地"][0] == "5 / 5")


@pytest.mark.long
def test_the_address_makes_the_belt_in_english(page, server, shot, wuhan, points):
    opened(page, server, "lang=en&data=demo&len=120&wid=25&az=95&lon=114.6&lat=30.45")
    agrees(page, shown(lab_of(geo.Belt(114.6, 30.45, 95, 120, 25), wuhan, points), "en"))
    page.get_by_text("Take along").wait_for()
    shot(page, "belt-en")
    page.get_by_role("button", name="Use as a scenario").click()
    page.get_by_text("Leave the scenario").wait_for()
    page.wait_for_url(re.compile("[?&]s="))
    assert page.get_by_role("button", name="Use as a scenario").is_disabled()


@pytest.mark.long
def test_the_centre_by_a_seat_and_by_a_click(page, server, wuhan):
    opened(page, server, "lang=zh")
    page.get_by_role("combobox", name=re.compile("以驻地为中心")).click()
    page.get_by_role("option", name="黄石").click()
    at = wuhan["seat-huangshi"].geometry
    page.wait_for_url(re.compile(f"lon={at.x}&lat={at.y}"))
    map_ = page.frame_locator("iframe").first
    map_.locator("path.leaflet-interactive").first.wait_for()
    map_.locator(".leaflet-container").click(position={"x": 150, "y": 400})
    here = page.get_by_role("button", name=re.compile("把中心移到点击处"))
    lon, lat = re.search(r"\((\d+\.\d+), (\d+\.\d+)\)", here.inner_text()).groups()
    here.click()
    page.wait_for_url(re.compile(f"lon={float(lon)}&lat={float(lat)}"))


@pytest.mark.long
def test_the_frontier_as_a_figure_for_a_paper(page, server, shot, wuhan, points):
    opened(page, server, "lang=zh&data=demo&view=frontier&seats=1&fn=4")
    page.get_by_role("button", name="算占比曲线").click()
    page.get_by_text("带走").wait_for()
    found = geo.frontier(points, widths_km=[15, 30, 45, 60], contain="seats", layout=wuhan, weight="staff")  # fmt: skip
    assert page.get_by_text(found.why_zh[:20]).first.is_visible()
    shot(page, "belt-frontier-zh")
    page.get_by_text("带走").click()
    for form, head in (("SVG", b"<?xml"), ("PDF", b"%PDF")):
        with page.expect_download() as download:
            page.get_by_role("button", name=form, exact=True).click()
        content = download.value.path().read_bytes()
        assert content.startswith(head)
        assert len(content) > 10_000


@pytest.mark.long
def test_the_best_place_and_its_way_into_the_sliders(page, server, wuhan, points):
    opened(page, server, "lang=zh&data=demo&view=fit&seats=1&best=2")
    page.get_by_role("button", name="找最优位置").click()
    found = geo.fit_belt(points, length_km=150, width_km=30, contain="seats", best=2, layout=wuhan, weight="staff")  # fmt: skip
    share = found.table.loc[found.table["belt"] == "fit-1", "sum"].iloc[0] / found.table.attrs.get("total", points.frame["staff"].sum())  # fmt: skip
    use = page.get_by_role("button", name=f"用第 1 条:{share:.1%}")
    use.click()
    best = found.belts[list(found.table["belt"]).index("fit-1")]
    page.wait_for_url(re.compile(f"az={best.azimuth_deg:.2f}"))
    until(page, lambda: metrics(page)["驻地"][0] == "5 / 5")


@pytest.mark.long
def test_a_long_search_can_be_stopped(page, server):
    opened(page, server, "lang=zh&data=demo&view=frontier&fn=20")
    page.get_by_role("button", name="算占比曲线").click()
    page.get_by_role("button", name="停止").click()
    page.get_by_text("已停止:算占比曲线").wait_for(timeout=4000)


@pytest.mark.long
def test_chance_and_positional_error(page, server, shot, wuhan, points):
    opened(page, server, "lang=zh&data=demo&view=chance&draws=199&seed=7")
    page.get_by_role("button", name="与随机位置比较").click()
    lab = lab_of(wuhan["robot-valley"].shape, wuhan, points)
    row = geo.null_model(points, [lab.footprint], study_area=wuhan, draws=199, seed=7, by="industry", weight="staff").table.iloc[0]  # fmt: skip
    page.get_by_text(f"p = {row['p']:.3g}({row['p_low']:.3g}–{row['p_high']:.3g})").wait_for()
    assert page.get_by_text("199 次抽样,种子 7").is_visible()
    shot(page, "belt-chance-zh")
    page.get_by_text("位置误差", exact=True).click()
    page.get_by_role("button", name="抽样位置误差").click()
    sway = geo.uncertainty(points, wuhan["robot-valley"].shape, draws=199, seed=7, axis_sd_m=250, by="industry", weight="staff").table.iloc[0]  # fmt: skip
    page.get_by_text(f"蒙特卡洛 95 % 区间 {sway['count_p2_5']:,.0f}–{sway['count_p97_5']:,.0f}").wait_for()  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_on_a_phone_without_points(page, server, shot):
    opened(page, server, "lang=zh")
    page.get_by_role("button", name="用 5,000 家模拟企业试一试").wait_for()
    assert "带内的点" not in metrics(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 391
    shot(page, "belt-phone-zh")
