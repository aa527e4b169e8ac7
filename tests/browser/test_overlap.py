"""The pages 重叠 and 人口."""

from __future__ import annotations

import pytest

import geo
from geo.datasets.demo import demo_points
from geo.words import say

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-coverage")]
PHONE = {"width": 390, "height": 844}


def metrics(page, first):
    page.locator("[data-testid=stMetricValue]", has_text=first).first.wait_for()
    return page.locator("[data-testid=stMetricValue]").all_inner_texts()


def chinese_left(page):
    texts = page.locator("[data-testid=stMain] p, [data-testid=stMain] label").all_inner_texts()
    return [t for t in texts if any("\u4e00" <= c <= "\u9fff" for c in t) and "Language" not in t and t != "中文"]  # fmt: skip


@pytest.mark.long
def test_overlap_counts_what_geo_counts(page, server, wuhan, shot):
    found = geo.overlap(wuhan, demo_points(wuhan), by="industry", weight="staff").totals.set_index("where")  # fmt: skip
    page.goto(f"{server}/overlap?lang=zh&data=demo&show=count")
    shown = metrics(page, f"{found.at['once', 'count']:,.0f}")
    assert [int(t.replace(",", "")) for t in shown] == [found.at[w, "count"] for w in ("once", "each", "double", "several")]  # fmt: skip
    box = page.frame_locator("iframe").first
    box.locator("path.leaflet-interactive[fill='#E69F00'][stroke='#FFFFFF']").first.wait_for(state="attached")  # fmt: skip
    page.get_by_text(f"被重复计入的点({found.at['several', 'count']:,.0f} 个)").wait_for()
    page.locator("[aria-label*='热图']").first.wait_for(state="attached")
    page.wait_for_timeout(800)
    shot(page, "overlap-zh")
    # Each footprint on its own: more is counted again.
    single = geo.overlap(wuhan, demo_points(wuhan), level="footprint").totals.set_index("where")
    page.get_by_label(say("coverpages.overlap.level", "zh")).first.click()
    page.get_by_role("option", name="逐个范围").click()
    shown = metrics(page, f"{single.at['double', 'count']:,.0f}")
    assert int(shown[1].replace(",", "")) == single.at["each", "count"]
    page.get_by_role("tab", name="各部分").click()
    page.wait_for_url("**tab=parts**")
    page.get_by_text("互不相交").first.wait_for()
    page.get_by_role("tab", name="按行政区").click()
    page.wait_for_url("**tab=by-unit**")
    page.wait_for_timeout(1000)
    shot(page, "overlap-footprint-zh")


@pytest.mark.long
def test_overlap_without_points_gives_areas(page, server, wuhan, shot):
    page.goto(f"{server}/overlap?lang=en")
    area = geo.overlap(wuhan).totals.set_index("where").at["once", "area_km2"]
    metrics(page, f"{area:,.0f}")
    page.get_by_text("Counted once (km²)").wait_for()
    page.frame_locator("iframe").first.locator("path.leaflet-interactive").first.wait_for()
    page.wait_for_timeout(800)
    assert chinese_left(page) == []
    shot(page, "overlap-en")


@pytest.mark.long
def test_people_by_footprint_and_by_raster(page, server, wuhan, units, tmp_path, shot):
    rasterio = pytest.importorskip("rasterio")
    found = geo.population(wuhan, units=units)
    page.goto(f"{server}/population?lang=zh")
    last = found.balance.iloc[-1]
    shown = metrics(page, f"{last['in_footprints']:,.0f}")
    assert [int(t.replace(",", "")) for t in shown[1:]] == [found.total, found.placed, found.unplaced]  # fmt: skip
    page.get_by_text("统计区不等于行政区").wait_for()
    page.get_by_text(f"没有分布的 {found.unplaced:,.0f} 人").wait_for()
    page.frame_locator("iframe").first.locator("path.leaflet-interactive").first.wait_for()
    page.get_by_role("tab", name="平衡表").click()
    page.wait_for_url("**tab=balance**")
    page.wait_for_timeout(800)
    shot(page, "population-zh")
    import numpy as np

    path = tmp_path / "people<b>.tif"
    grid = np.full((60, 80), 250.0, dtype="float32")
    with rasterio.open(
        path, "w", driver="GTiff", width=80, height=60, count=1, dtype="float32", crs="EPSG:4326",
        transform=rasterio.Affine(0.05, 0, 112.5, 0, -0.05, 32.0),
    ) as file:  # fmt: skip
        file.write(grid, 1)
    people = geo.population(wuhan, raster=path).balance.iloc[-1]
    page.get_by_text(say("coverpages.population.raster", "zh"), exact=True).first.click()
    page.locator("input[type=file]").first.set_input_files(path)
    page.get_by_role("button", name=say("coverpages.population.raster-read", "zh")).click()
    page.get_by_text("人口来自栅格 people<b>.tif。").wait_for()
    metrics(page, f"{people['in_footprints']:,.0f}")
    page.get_by_role("button", name=say("coverpages.population.raster-off", "zh")).click()
    metrics(page, f"{last['in_footprints']:,.0f}")


@pytest.mark.long
def test_people_in_english(page, server, wuhan, units, shot):
    page.goto(f"{server}/population?lang=en&tab=cities")
    page.locator("[aria-label*='Stacked bars']").first.wait_for(state="attached")
    page.wait_for_timeout(800)
    assert chinese_left(page) == []
    shot(page, "population-en")


@pytest.mark.long
@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_on_a_phone(page, server, shot):
    for name in ("overlap", "population"):
        page.goto(f"{server}/{name}?lang=zh&data=demo")
        page.frame_locator("iframe").first.locator("path.leaflet-interactive").first.wait_for()
        page.wait_for_timeout(800)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"] + 1
        shot(page, f"{name}-phone")
