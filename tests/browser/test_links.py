"""The page 联动: links, distances, flow estimates and the star, compared with what ``geo`` gives."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from geo.analysis.flows import flows
from geo.analysis.link_matrices import link_matrix
from geo.analysis.links import links
from geo.analysis.star import star
from geo.datasets.demo import demo_points
from geo.network.travel import Straight
from geo.words import say

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-links")]
PHONE = {"width": 390, "height": 844}


def metrics(page, first):
    page.locator("[data-testid=stMetricValue]", has_text=first).first.wait_for()
    return page.locator("[data-testid=stMetricValue]").all_inner_texts()


def chinese_left(page):
    texts = page.locator("[data-testid=stMain] p, [data-testid=stMain] label, [data-testid=stMain] li").all_inner_texts()  # fmt: skip
    return [t for t in texts if any("\u4e00" <= c <= "\u9fff" for c in t) and "Language" not in t and t != "中文" and "长江日报" not in t]  # fmt: skip


def labels(page):
    """What can be read on the map, and the boxes of it."""
    box = page.frame_locator("iframe").first
    box.locator("path.leaflet-interactive").first.wait_for(state="attached")
    page.wait_for_timeout(900)
    frame = next(f for f in page.frames if f != page.main_frame and f.query_selector(".corridor-label"))  # fmt: skip
    return frame.evaluate(
        """() => { const view = document.querySelector(".leaflet-container").getBoundingClientRect();
        return [...document.querySelectorAll(".corridor-label")].filter(e => e.style.visibility !== "hidden").map(e => {
            const b = e.getBoundingClientRect(); return [e.textContent, b.left, b.top, b.right, b.bottom,
            b.left >= view.left && b.right <= view.right && b.top >= view.top && b.bottom <= view.bottom]; }); }"""
    )


def overlapping(found):
    return [
        (a[0], b[0])
        for k, a in enumerate(found) for b in found[k + 1 :]
        if a[1] < b[3] and b[1] < a[3] and a[2] < b[4] and b[2] < a[4] and a[5] and b[5]
    ]  # fmt: skip


def test_the_map_shows_how_far_yichang_is(page, server, wuhan, shot):
    table = links(wuhan).table.set_index("id")
    page.goto(f"{server}/links?lang=zh")
    shown = metrics(page, str(len(table)))
    assert shown[:3] == [str(len(table)), str(table["located"].sum()), str((~table["located"]).sum())]  # fmt: skip
    read = labels(page)
    seen = {t for t, *_, inside in read if inside}
    assert {"宜昌", "武汉", "鄂州", "黄石"} <= seen
    assert f"{table.at['hxy-wuhan-yichang', 'km']:.1f} 公里" in seen
    assert any("香港" in t and f"{table.at['hong-kong', 'km']:.1f} 公里" in t for t in seen)
    assert overlapping(read) == []
    # What is not drawn is listed beside the map, with the end that is missing.
    for row in table[~table["located"]].to_dict("records"):
        page.get_by_text(say("links.page.missing", "zh", name=row["name_zh"], ends=row["missing_end_zh"])).first.wait_for(state="attached")  # fmt: skip
    shot(page, "links-zh")
    page.get_by_text("全部", exact=True).first.click()
    page.wait_for_url("**zoom=all**")
    assert "香港" in {t for t, *_, inside in labels(page) if inside}
    shot(page, "links-all-zh")


@pytest.mark.long
def test_a_link_tells_its_figures_and_its_source(page, server, wuhan, shot):
    table = links(wuhan, travel=Straight(1.5, 60)).table.set_index("id")
    page.goto(f"{server}/links?lang=en&link=partner-hust&detour=1.5&speed=60")
    page.get_by_text("What is published about it", exact=True).wait_for()
    page.get_by_text("Source: 长江日报/人民日报 2026-02-24").first.wait_for()
    page.goto(f"{server}/links?lang=en&link=hxy-wuhan-yichang&detour=1.5&speed=60")
    row = table.loc["hxy-wuhan-yichang"]
    shown = metrics(page, f"{row['minutes']:.1f}")
    assert f"{row['km_network']:.1f}" in shown
    page.get_by_text("Estimate: straight (geodesic) distance × detour factor 1.5").first.wait_for()
    seen = {t for t, *_, inside in labels(page) if inside}
    assert {"Yichang", "Wuhan", f"{row['km']:.1f} km"} <= seen
    assert chinese_left(page) == []
    shot(page, "links-en")
    # A click on a line chooses it.
    frame = next(f for f in page.frames if f != page.main_frame and f.query_selector(".leaflet-container"))  # fmt: skip
    frame.evaluate(
        """() => { let hit = null; map_div.eachLayer(l => { if (l.getTooltip && l.getTooltip() &&
        String(l.getTooltip().getContent()).includes("link:science-xiangjiang-nanchang")) hit = l; });
        const at = hit.getLatLngs()[2] || hit.getCenter(); hit.fire("click", {latlng: at}); map_div.fire("click", {latlng: at}); }"""
    )
    page.wait_for_url("**link=science-xiangjiang-nanchang**")
    metrics(page, f"{table.at['science-xiangjiang-nanchang', 'km']:.1f}")


@pytest.mark.long
def test_distances_between_cities_and_corridors(page, server, wuhan, shot):
    page.goto(f"{server}/links?lang=zh&view=matrix")
    found = link_matrix(wuhan)
    near = found.table.loc[found.table["value"].idxmin()]
    page.locator(f"[aria-label*='{near['a_zh']}与{near['b_zh']}']").first.wait_for(state="attached")
    page.wait_for_timeout(600)
    shot(page, "links-matrix-zh")
    page.get_by_text(say("take.title", "zh")).click()
    with page.expect_download() as got:
        page.get_by_role("button", name=say("take.csv", "zh", name=say("take.table.nearest", "zh"))).click()  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(Path(got.value.path()).read_text("utf-8-sig"))))
    assert [(r["a"], r["b"]) for r in rows] == list(zip(found.nearest["a"], found.nearest["b"], strict=True))  # fmt: skip
    page.goto(f"{server}/links?lang=en&view=matrix&between=corridors")
    page.locator("[aria-label*='Heat map of 3 × 3']").first.wait_for(state="attached")
    assert chinese_left(page) == []


@pytest.mark.long
def test_flows_are_marked_as_estimates(page, server, wuhan, shot):
    first = flows(wuhan).pairs().iloc[0]
    page.goto(f"{server}/links?lang=zh&view=flows")
    metrics(page, f"{100 * first['share']:.1f}%")
    page.get_by_text(say("links.page.estimate-badge", "zh")).wait_for()
    assert overlapping(labels(page)) == []
    shot(page, "links-flows-zh")
    page.goto(f"{server}/links?lang=en&view=flows&beta=1&data=demo&mass=points")
    own = flows(wuhan, mass="points", points=demo_points(wuhan), weight="staff", beta=1.0).pairs()
    metrics(page, f"{100 * own.iloc[0]['share']:.1f}%")
    page.goto(f"{server}/links?lang=en&view=flows&model=radiation")
    metrics(page, f"{100 * flows(wuhan, model='radiation').pairs().iloc[0]['share']:.1f}%")
    assert chinese_left(page) == []
    shot(page, "links-radiation-en")


@pytest.mark.long
def test_the_star_of_the_belt(page, server, wuhan, shot):
    found = star(wuhan, points=demo_points(wuhan), weight="staff")
    main = found.roles[found.roles["role"] == "main"]
    page.goto(f"{server}/links?lang=zh&view=star&data=demo")
    shown = metrics(page, f"{100 * main['share'].iloc[-1]:.1f}%")
    assert shown == [f"{100 * s:.1f}%" for s in main["share"]]
    labels(page)
    shot(page, "links-star-zh")


@pytest.mark.long
@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_on_a_phone(page, server, shot):
    page.goto(f"{server}/links?lang=zh")
    read = labels(page)
    assert {"宜昌", "289.3 公里"} <= {t for t, *_, inside in read if inside}
    assert overlapping(read) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"] + 1
    shot(page, "links-phone")
