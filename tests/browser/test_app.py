"""The application in a real browser with the network blocked."""

from __future__ import annotations

import csv
import io
import json

import openpyxl
import pytest

import geo
from geo.maps.layers import GROUPS, LAYER_KEYS, held_layers
from geo.report.tables import heading
from geo.words import say

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PHONE = {"width": 390, "height": 844}


def open_map(page, server, query="lang=zh"):
    page.goto(f"{server}/?{query}")
    frame = page.frame_locator("iframe").first
    frame.locator(".leaflet-container path.leaflet-interactive").first.wait_for()
    return frame


def go_to(page, group, name):
    """Open a page by the menu of its group."""
    page.get_by_text(group, exact=True).first.click()
    page.get_by_role("menuitem", name=name).first.click()


def paths(frame):
    return frame.locator("path.leaflet-interactive").count()


def settle(page, frame, before, more):
    """Wait until the map has more (or fewer) things than before."""
    for _ in range(60):
        now = paths(frame)
        if (now > before) if more else (now < before):
            return now
        page.wait_for_timeout(150)
    return paths(frame)


def test_the_map_draws_with_its_legend_and_credit(page, server):
    frame = open_map(page, server)
    assert paths(frame) > 150
    assert "tianditu" in frame.locator(".leaflet-control-attribution").inner_text()
    for text in ("武汉一城三廊多带", "光谷科技创新大走廊", "示意图,不作为权属或划界依据"):
        assert page.get_by_text(text).first.is_visible()
    labels = frame.locator(".corridor-label").all_inner_texts()
    assert {"武汉", "孝感", "机器人谷", "东湖科学城"} <= set(labels)
    legend = page.locator(".legend")
    assert legend.locator("span[style*=dashed]").count() >= 4
    dashed = frame.locator("path.leaflet-interactive[stroke-dasharray]").count()
    assert dashed > 8  # illustrative things look illustrative


QUICK = ("units", "lab")


@pytest.mark.parametrize(
    "key", [k if k in QUICK else pytest.param(k, marks=pytest.mark.long) for k in LAYER_KEYS]
)
def test_each_layer_toggles(page, server, wuhan, key):
    frame = open_map(page, server, f"lang=zh&layers={'roads' if key != 'roads' else 'rivers'}")
    group = next(g for g, keys in GROUPS.items() if key in keys)
    before = paths(frame)
    name = say(f"map.layer.{key}", "zh")
    box = page.get_by_role("group", name=say(f"map.group.{group}", "zh"), exact=True)
    button = (box if box.count() else page.locator("[data-testid=stSidebar]")).get_by_role(
        "button", name=name, exact=True
    )
    if key not in held_layers(wuhan):  # no firm has a known position: there is nothing to offer
        assert not button.count()
        return
    button.first.click()
    after = settle(page, frame, before, more=True)
    assert after > before
    button.first.click()
    assert settle(page, frame, after, more=False) == before


def test_a_click_inspects(page, server, wuhan):
    frame = open_map(page, server, "lang=zh&layers=seats")
    # The seats alone are drawn: click Wuhan's dot by the place of its label.
    label = frame.locator(".corridor-label", has_text="武汉").first.bounding_box()
    dots = frame.locator("path.leaflet-interactive").evaluate_all(
        "els => els.map(e => { const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })"
    )
    outer = page.locator("iframe").first.bounding_box()
    x, y = min(
        dots,
        key=lambda d: (
            abs(d[0] + outer["x"] - label["x"] - label["width"] - 8)
            + abs(d[1] + outer["y"] - label["y"] - label["height"] / 2)
        ),
    )
    page.mouse.click(outer["x"] + x, outer["y"] + y)
    card = page.get_by_text("位置误差: 500 米")
    card.wait_for()
    text = page.locator("[data-testid=stMain]").inner_text()
    for part in (
        "Wuhan",
        "状态: 数字化",
        "可信度: 高",
        "来源: 公开地图的行政中心",
        "机器人谷: 确定在内",
    ):
        assert part in text


def test_languages_switch_everything(page, server):
    open_map(page, server, "lang=zh")
    page.get_by_text("English", exact=True).click()
    page.get_by_text("Wuhan: one city, three corridors, many belts").wait_for()
    page.get_by_text("Click anything on the map to inspect it").wait_for()
    page.wait_for_url("**lang=en**")
    go_to(page, "Grounds", "Audit")
    page.get_by_text("Robot Valley: how to read its printed size").wait_for()
    page.wait_for_url("**audit?lang=en**")
    chinese = [
        t
        for t in page.locator("[data-testid=stMain] p").all_inner_texts()
        if any("\u4e00" <= c <= "\u9fff" for c in t)
    ]
    assert set(chinese) == {"语言 / Language", "中文"}  # the switch itself names both


def test_the_address_holds_the_state(page, server):
    frame = open_map(page, server, "lang=en&layers=zones.axes&ring=2&basemap=none")
    few = paths(frame)
    assert few < 20
    page.reload()
    frame = page.frame_locator("iframe").first
    frame.locator("path.leaflet-interactive").first.wait_for()
    assert paths(frame) == few
    assert "layers=zones.axes" in page.url
    assert "ring=2" in page.url


def test_a_tampered_address_gives_a_message(page, server):
    open_map(page, server, "lang=xx&layers=zones.<script>alert(1)</script>&ring=-4&evil=1")
    warning = page.locator("[data-testid=stAlert]").first
    warning.wait_for()
    text = warning.inner_text()
    for part in ("lang=xx", "ring=-4", "evil=1", "<script>"):
        assert part in text
    assert page.evaluate("document.querySelectorAll('[data-testid=stAlert] script').length") == 0


def download(page, name):
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name, exact=True).first.click()
    return waiting.value


def test_downloads_hold_what_the_page_shows(page, server, wuhan, units):
    page.goto(f"{server}/coverage?lang=zh")
    page.get_by_text("各行政区之和").wait_for()
    table = geo.footprint_units(wuhan, units)
    page.get_by_text(say("take.title", "zh"), exact=True).click()
    xlsx = download(page, say("take.workbook", "zh"))
    assert xlsx.suggested_filename == "wuhan-coverage.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(xlsx.path().read_bytes()))
    (sheet,) = (
        s
        for s in book.worksheets
        if s.title == say("take.table.areas", "zh").replace(" × ", "×") or s.title == "areas"
    )
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == len(table) + 1
    column = rows[0].index(heading("area_km2", "zh"))
    assert [r[column] for r in rows[1:]] == pytest.approx(table["area_km2"].tolist())
    assert "示意图件与数字,不作为权属或划界依据。" in [c.value for c in book.worksheets[-1]["A"]]
    areas = say("take.table.areas", "zh")
    text = download(page, say("take.csv", "zh", name=areas)).path().read_text("utf-8-sig")
    records = list(csv.DictReader(io.StringIO(text)))
    assert [float(r["area_km2"]) for r in records] == pytest.approx(table["area_km2"].tolist())
    assert all(r["source"] and r["status"] for r in records)
    layer = json.loads(
        download(page, say("take.geojson", "zh", name=areas)).path().read_text("utf-8")
    )
    assert len(layer["features"]) == len(table)
    assert layer["features"][0]["geometry"]["type"].endswith("Polygon")


def test_the_coverage_page_has_its_tables(page, server):
    page.goto(f"{server}/coverage?lang=en")
    for name in ("Nodes", "Seats", "Overlaps", "In none", "Points"):
        page.get_by_role("tab", name=name, exact=True).click()
        page.wait_for_timeout(300)
        page.locator("[data-testid=stStatusWidget]").wait_for(state="detached")
    page.get_by_role("button", name="Try it with 5,000 invented firms").click()
    page.get_by_text("In all: 2,750 in some footprint").wait_for()
    assert (
        page.get_by_text("says nothing about the real world").count()
        + page.get_by_text("say nothing about any real city").count()
        > 0
    )
    page.locator("canvas.marks, svg.marks").first.wait_for()


def test_the_audit_page(page, server, wuhan):
    page.goto(f"{server}/audit?lang=zh")
    page.get_by_text("任何正置的 150 × 30 公里矩形最多容下 3 个驻地").wait_for()
    page.get_by_text("方位角 114.2°–137.6° 皆可").wait_for()
    frame = page.frame_locator("iframe").first
    frame.locator("path.leaflet-interactive").first.wait_for()
    styles = frame.locator("path.leaflet-interactive").evaluate_all(
        "els => els.map(e => e.getAttribute('stroke') + (e.getAttribute('stroke-dasharray') || ''))"
    )
    assert any(s.startswith("#D55E00") and s != "#D55E00" for s in styles)  # as printed: dashed
    assert "#0072B2" in styles  # what works: solid
    counts = geo.audit(wuhan)["verdict"].value_counts()
    shown = page.locator("[data-testid=stMetricValue]").all_inner_texts()
    assert [int(n) for n in shown] == [
        counts[v] for v in ("agrees", "within-band", "differs", "not-measurable")
    ]


def test_the_sources_page_lists_what_has_no_position(page, server, wuhan):
    page.goto(f"{server}/sources?lang=zh")
    page.get_by_text(f"没有位置的要素({len(wuhan.unlocated)} 项)").wait_for()
    page.get_by_text("全国重点实验室:公布 41 家").wait_for()
    assert page.get_by_text("ODbL").count() > 0
    page.get_by_text(say("take.title", "zh"), exact=True).click()
    name = say("take.csv", "zh", name=say("take.table.unlocated", "zh"))
    text = download(page, name).path().read_text("utf-8-sig")
    assert {r["id"] for r in csv.DictReader(io.StringIO(text))} == set(wuhan.unlocated["id"])


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_a_phone_is_wide_enough(page, server):
    frame = open_map(page, server, "lang=zh")
    assert paths(frame) > 150
    for name in ("", "coverage", "audit", "sources"):
        page.goto(f"{server}/{name}?lang=zh")
        page.get_by_text("示意图,不作为权属或划界依据").last.wait_for()
        page.wait_for_timeout(400)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"] + 1


def test_the_offline_map_works_from_a_file(page, server, tmp_path):
    open_map(page, server, "lang=en")
    page.get_by_text(say("take.map.title", "en"), exact=True).click()
    saved = download(page, say("take.map.html", "en"))
    target = tmp_path / "map.html"
    saved.save_as(target)
    page.goto(target.as_uri())
    page.locator(".leaflet-container path.leaflet-interactive").first.wait_for()
    before = page.locator("path.leaflet-interactive").count()
    page.locator("input[data-layer=transport]").check()
    assert page.locator("path.leaflet-interactive").count() > before
    page.locator("input[data-layer=transport]").uncheck()
    assert page.locator("path.leaflet-interactive").count() == before
    page.locator("path.leaflet-interactive[stroke='#882255']").first.dispatch_event("click")
    page.locator(".leaflet-popup-content").wait_for()
    card = page.locator(".leaflet-popup-content").inner_text()
    for part in ("Status:", "Positional error:", "Confidence:", "Source:"):
        assert part in card
