"""The map page: search, what lies here, measuring, basemaps; in a browser with the network blocked."""

from __future__ import annotations

import base64
import json
import re
import zlib

import pytest
from pyproj import Geod

import geo
from geo.analysis.find import layout_places, unit_places
from geo.analysis.here import here
from geo.datasets.demo import demo_points
from geo.measure import from_wgs84
from geo.words import say
from geo.words.figures import figure

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-map")]
PHONE = {"width": 390, "height": 844}
GEOD = Geod(ellps="WGS84")
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060"
    "000000050001a5f645400000000049454e44ae426082"
)


def opened(page, server, query="lang=zh"):
    page.goto(f"{server}/?{query}")
    frame = page.frame_locator("iframe").first
    frame.locator(".leaflet-container path.leaflet-interactive").first.wait_for()
    return frame


def main_text(page):
    return page.locator("[data-testid=stMain]").inner_text()


def search(page, text, lang="zh"):
    box = page.get_by_role("textbox", name=say("here.page.search", lang))
    box.fill(text)
    box.press("Enter")


def answer_of(place, name, lang="zh"):
    """What the page is to say of one footprint."""
    row = place.footprints.set_index("footprint").loc[name]
    key = "inside" if row["edge_km"] >= 0 else "beyond"
    return say(
        f"here.page.{key}", lang, name=row[f"footprint_{lang}"], lies=say(f"here.lies.{row['lies']}", lang),
        km=figure(abs(row["edge_km"]), 3), err=figure(row["err_m"] / 1000, 3),
    )  # fmt: skip


def test_pinyin_finds_and_the_map_goes_there(page, server, wuhan, shot):
    frame = opened(page, server)
    search(page, "guanggu guangchang")
    node = wuhan["guanggu-square"]
    place = here(wuhan, node.geometry.x, node.geometry.y, err_m=node.err_m, ring_km=1.0)
    page.get_by_text(answer_of(place, "optics-valley-corridor")).wait_for()
    assert "按拼音" in main_text(page)
    assert "洪山区" in main_text(page)
    frame.locator(".ground-mark").wait_for()
    mark, box = (
        frame.locator(".ground-mark").bounding_box(),
        page.locator("iframe").first.bounding_box(),
    )
    assert mark["x"] + 11 == pytest.approx(box["x"] + box["width"] / 2, abs=60)
    page.wait_for_url(re.compile("pick=guanggu-square"))
    shot(page, "map-search-zh")
    # The link alone brings it back.
    page.reload()
    page.get_by_text(answer_of(place, "optics-valley-corridor")).wait_for()
    page.frame_locator("iframe").first.locator(".ground-mark").wait_for()


@pytest.mark.long
def test_what_has_no_position_says_so(page, server, wuhan):
    opened(page, server)
    search(page, "光谷东智")
    page.get_by_text(say("here.page.no-position-note", "zh")).wait_for()
    search(page, "robot valey")
    page.get_by_text("150 公里").first.wait_for()
    assert "近似" in main_text(page)
    search(page, "qzqzqz没有的")
    page.get_by_text("没有找到").wait_for()


@pytest.mark.long
def test_coordinates_in_another_datum(page, server, wuhan):
    opened(page, server)
    search(page, "114.4,30.5")
    there = here(wuhan, 114.4, 30.5, ring_km=1.0)
    page.get_by_text(answer_of(there, "optics-valley-corridor")).wait_for()
    page.get_by_text("GCJ-02(高德、腾讯)").click()
    moved = here(wuhan, 114.4, 30.5, datum="gcj02", ring_km=1.0)
    page.get_by_text(answer_of(moved, "optics-valley-corridor")).wait_for()
    assert f"{moved.lon:.6f}" in main_text(page)
    assert answer_of(there, "optics-valley-corridor") != answer_of(moved, "optics-valley-corridor")


def tap(page, x, y):
    page.frame_locator("iframe").first.locator(".leaflet-container").click(
        position={"x": x, "y": y}
    )


def place_shown(page):
    page.get_by_text(re.compile("WGS84 经度")).wait_for()
    return tuple(map(float, re.search(r"经度 ([\d.]+),纬度 ([\d.]+)", main_text(page)).groups()))


def test_a_tap_tells_what_lies_here(page, server, wuhan, units):
    frame = opened(page, server, "lang=zh&layers=corridors")
    box = page.locator("iframe").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    lon, lat = place_shown(page)
    place = here(wuhan, lon, lat, units=units, ring_km=1.0)
    page.get_by_text(place.units["unit_zh"].iat[0]).first.wait_for()
    inside = place.footprints[place.footprints["lies"] != "outside"]
    for name in inside["footprint"]:
        assert answer_of(place, name) in main_text(page)
    frame.locator(".ground-mark").wait_for()
    nearest = place.axes.iloc[0]
    assert f"{nearest['chainage_km']:.2f} / {nearest['length_km']:.2f}" in main_text(page)


@pytest.mark.long
@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_a_phone_asks_in_a_few_taps(page, server, wuhan, shot):
    opened(page, server)
    search(page, "luoyulu")  # a street
    page.get_by_text("珞喻路").first.wait_for()
    page.get_by_text("按拼音").first.wait_for()
    shot(page, "map-phone-zh")
    assert re.search("光谷科技创新大走廊: 全程 [\\d.]+ 公里中有 [\\d.]+ 公里在内", main_text(page))
    tap(page, 150, 300)
    lon, lat = place_shown(page)
    place = here(wuhan, lon, lat, ring_km=1.0)
    for name in place.footprints.loc[place.footprints["lies"] != "outside", "footprint"]:
        assert answer_of(place, name) in main_text(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"] + 1


@pytest.mark.long
def test_a_line_and_an_area_are_measured(page, server):
    frame = opened(page, server, "lang=en&layers=zones")
    box = page.locator("iframe").first.bounding_box()
    frame.locator(".drawing-line").click()
    for x, y in ((300, 300), (420, 300), (420, 380)):
        page.mouse.click(box["x"] + x, box["y"] + y)
        page.wait_for_timeout(500)
    frame.locator(".drawing-finish").click()
    page.get_by_text(re.compile("Length [\\d.,]+ km")).wait_for()
    text = main_text(page)
    length, legs = re.search(r"Length ([\d.,]+) km, (\d) legs", text).groups()
    assert legs == "2"
    assert float(length.replace(",", "")) > 1
    frame.locator(".drawing-polygon").click()
    for x, y in ((300, 300), (420, 300), (420, 380), (300, 380)):
        page.mouse.click(box["x"] + x, box["y"] + y)
        page.wait_for_timeout(500)
    frame.locator(".drawing-finish").click()
    page.get_by_text(re.compile("Area [\\d.,]+ km², perimeter")).wait_for()
    area, around = re.search(
        r"Area ([\d.,]+) km², perimeter ([\d.,]+) km", main_text(page)
    ).groups()
    # Legs of 120 and 80 pixels, on whatever scale the map has.
    area, around, length = (float(v.replace(",", "")) for v in (area, around, length))
    assert around == pytest.approx(2 * length, rel=0.01)
    assert area == pytest.approx(length * 0.6 * length * 0.4, rel=0.01)


@pytest.mark.long
def test_own_points_are_a_layer_with_cards(page, server, wuhan, shot):
    frame = opened(page, server, "lang=zh&data=demo&layers=corridors")
    frame.locator("path.leaflet-interactive[fill='#08306B']").first.wait_for()
    search(page, "moniqiye 00042")
    page.get_by_text("模拟企业 00042").first.wait_for()
    page.get_by_text("industry:").wait_for()
    text = main_text(page)
    firm = demo_points(wuhan).frame.iloc[41]
    assert f"staff: {firm['staff']}" in text
    shot(page, "map-own-zh")


def packed(scenario):
    text = json.dumps(scenario, ensure_ascii=False)
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


@pytest.mark.long
def test_what_a_scenario_adds_is_found_and_told(page, server, wuhan):
    node = {
        "do": "add-node", "feature": "new-lab", "name_zh": "新设实验室", "name_en": "New laboratory",
        "kind": "provincial-lab", "lon": 114.55, "lat": 30.49, "err_m": 100,
    }  # fmt: skip
    own = {
        "id": "mine",
        "name_zh": "我的方案",
        "name_en": "Mine",
        "base": "wuhan",
        "changes": [node],
    }
    opened(page, server, f"lang=en&s={packed(own)}")
    search(page, "xinsheshiyanshi", "en")
    page.get_by_text(say("here.page.scenario", "en", name="Mine")).wait_for()
    changed = geo.apply_scenario(wuhan, geo.Scenario.of(own))
    place = here(changed, 114.55, 30.49, err_m=100, ring_km=1.0)
    inside = place.footprints[place.footprints["lies"] != "outside"]
    assert len(inside)
    for name in inside["footprint"]:
        assert answer_of(place, name, "en") in main_text(page)


@pytest.mark.long
def test_the_place_of_the_device_on_demand(browser, server):
    context = browser.new_context(
        viewport=PHONE,
        geolocation={"longitude": 114.4, "latitude": 30.5},
        permissions=["geolocation"],
    )
    page = context.new_page()
    frame = opened(page, server, "lang=zh&layers=corridors")
    frame.locator(".ground-locate").click()
    assert place_shown(page) == pytest.approx((114.4, 30.5), abs=1e-6)
    context.close()


def own_page(browser, **routes):
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(25_000)
    for pattern, handle in routes.items():
        page.route(re.compile(pattern), handle)
    return context, page


def choose_basemap(page, name, lang="zh"):
    page.get_by_role("combobox", name=re.compile(say("app.map.basemap", lang))).click()
    page.get_by_role("option", name=say(f"map.basemap.{name}", lang)).click()


def test_a_missing_network_is_said_and_the_vectors_stay(browser, server, shot):
    context, page = own_page(browser)
    frame = opened(page, server, "lang=zh&basemap=osm")
    notice = frame.locator(".ground-notice")
    notice.wait_for()
    assert say("map.ground.network", "zh") in notice.inner_text()
    assert frame.locator("path.leaflet-interactive").count() > 100
    shot(page, "map-no-network-zh")
    frame.get_by_text(say("map.ground.without", "zh")).click()
    assert notice.count() == 0
    assert frame.locator("img.leaflet-tile").count() == 0
    box = page.locator("iframe").first.bounding_box()
    page.mouse.click(box["x"] + 400, box["y"] + 300)
    place_shown(page)
    context.close()


@pytest.mark.long
def test_a_wrong_key_is_said_and_the_key_stays_secret(browser, server):
    key = "0123456789abcdef0123456789abcdef"
    context, page = own_page(browser, tianditu=lambda r: r.fulfill(status=403, body="no"))
    asked = []
    page.on("request", lambda r: asked.append(r.url))
    frame = opened(page, server, "lang=zh")
    choose_basemap(page, "tianditu")
    page.get_by_text(say("app.map.key-missing", "zh")).wait_for()
    box = page.locator("input[type=password]")
    box.fill("a b")
    box.press("Enter")
    page.get_by_text(say("here.page.key-odd", "zh")).wait_for()
    box.fill(key)
    box.press("Enter")
    frame.locator(".ground-notice").wait_for()
    assert say("map.ground.key", "zh") in frame.locator(".ground-notice").inner_text()
    layers = {re.search("LAYER=(\\w+)", u)[1] for u in asked if "tianditu" in u and "LAYER=" in u}
    assert layers == {"vec", "cva"}
    assert key not in page.url
    assert not [u for u in asked if key in u and "tianditu.gov.cn" not in u]
    context.close()


@pytest.mark.long
def test_a_click_on_a_shifted_basemap_is_turned_back(browser, server):
    context, page = own_page(
        browser, autonavi=lambda r: r.fulfill(body=PNG, content_type="image/png")
    )
    frame = opened(page, server, "lang=zh&layers=corridors")
    tap(page, 400, 300)
    plain = place_shown(page)
    choose_basemap(page, "amap")
    frame.locator("img.leaflet-tile-loaded").first.wait_for(state="attached")
    page.get_by_text(say("here.page.shifted", "zh")).wait_for()
    tap(page, 401, 300)
    page.get_by_text(re.compile(f"经度 (?!{plain[0]:.6f})")).wait_for()
    tap(page, 400, 300)
    page.get_by_text(re.compile(f"经度 (?!{plain[0]:.6f})")).wait_for()
    for _ in range(40):
        shifted = place_shown(page)
        away = GEOD.inv(*from_wgs84(*shifted, "gcj02"), *plain)[2]
        if away < 1:
            break
        page.wait_for_timeout(150)
    # Six decimals are shown, a tenth of a metre; the same pixel is the same coordinate of the map.
    assert away < 0.3
    assert 400 < GEOD.inv(*shifted, *plain)[2] < 700
    assert frame.locator(".ground-notice").count() == 0
    context.close()


@pytest.mark.long
def test_a_layer_comes_and_goes(page, server):
    frame = opened(page, server, "lang=en")
    button = page.get_by_role("button", name=say("map.layer.transport", "en"), exact=True).first
    things = frame.locator("path.leaflet-interactive")
    before = things.count()
    for more in (True, False, True, False):
        button.click()
        if more:
            things.nth(before).wait_for()
        else:
            things.nth(before).wait_for(state="detached")
            assert things.count() == before


@pytest.mark.long
def test_every_thing_is_searchable_in_both_languages(wuhan, units):
    from geo.analysis.find import find

    places = [layout_places(wuhan), unit_places(units)]
    for text in ("光谷", "guanggu", "gg", "Optics Valley", "hongshan", "洪山", "HUST"):
        assert len(find(text, places))


@pytest.mark.long
def test_english(page, server, shot):
    opened(page, server, "lang=en")
    search(page, "Optics Valley Software Park", "en")
    page.get_by_text("surely inside").first.wait_for()
    chinese = [
        t
        for t in page.locator("[data-testid=stMain] p").all_inner_texts()
        if any("\u4e00" <= c <= "\u9fff" for c in t)
    ]
    assert set(chinese) <= {"语言 / Language", "中文"}
    shot(page, "map-en")
