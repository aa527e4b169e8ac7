"""The page 方案: a scenario is built by hand, compared, saved and read again."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pandas as pd
import pytest
from pyproj import Geod

import geo
from geo.datasets import home
from geo.datasets.demo import demo_points
from geo.io.scenarios import read_scenario
from geo.words import say
from geo.words.figures import figure

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-scenarios")]
PHONE = {"width": 390, "height": 844}
OPTICS, VALLEY = "optics-valley-corridor", "robot-valley"


def opened(page, server, query):
    page.goto(f"{server}/scenarios?{query}")
    page.frame_locator("iframe").first.locator(".drawing-handle").first.wait_for()
    page.wait_for_timeout(700)  # the view goes to the feature


def board(page):
    return next(f for f in page.frames if "streamlit_folium" in f.url)


def handles(page, look):
    """Return where the handles of a look are on the page."""
    page.locator("iframe").first.scroll_into_view_if_needed()
    outer = page.locator("iframe").first.bounding_box()
    found = board(page).evaluate(
        f"Array.from(document.querySelectorAll('.drawing-handle.{look}')).map(e => {{"
        " const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })"
    )
    return [(outer["x"] + x, outer["y"] + y) for x, y in found]


def drag(page, start, step):
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + 3, start[1] + 3)
    page.mouse.move(start[0] + step[0], start[1] + step[1], steps=4)
    page.mouse.up()


def metric(page, key, lang="zh"):
    box = page.locator("[data-testid=stMetric]", has_text=say(f"scenarios.page.{key}", lang))
    value = box.locator("[data-testid=stMetricValue]")
    for _ in range(50):  # while a page runs, a figure of before may stand beside that of now
        if value.count() == 1:
            break
        page.wait_for_timeout(100)
    return value.inner_text()


def settled(page):
    page.wait_for_timeout(150)
    page.locator("[data-testid=stStatusWidget]").wait_for(state="detached")


def saved(page, folder, lang="zh"):
    # A file that is asked for while the page runs may be gone before it is fetched.
    page.wait_for_timeout(400)
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')")
    with page.expect_download() as waiting:
        page.get_by_role("button", name=say("scenarios.list.save", lang)).click()
    path = folder / "scenario.json"
    waiting.value.save_as(path)
    return read_scenario(path)


def button(page, key, lang="zh"):
    return page.get_by_role("button", name=say(f"scenarios.{key}", lang), exact=True)


def test_an_axis_is_edited_by_hand_undone_redone_and_saved(page, server, wuhan, tmp_path, shot):
    opened(page, server, "lang=zh")
    base = f"{wuhan[OPTICS].length_km:,.2f}"
    assert metric(page, "length") == base
    middle = handles(page, "vertex")[2]
    drag(page, middle, (10, -60))
    page.get_by_text("改用手绘轴线").wait_for()
    settled(page)
    shot(page, "scenarios-edit-zh")
    own = saved(page, tmp_path)
    assert [c.do for c in own.changes] == ["axis"]
    new = geo.apply_scenario(wuhan, own)[OPTICS]
    assert metric(page, "length") == f"{new.length_km:,.2f}" != base
    assert metric(page, "area") == f"{new.area_km2:,.2f}"
    # Exactly one vertex is elsewhere.
    before, after = list(wuhan[OPTICS].axis.coords), list(new.axis.coords)
    assert len(before) == len(after)
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
    # A second drag is the same change; one step back is the first drag, two are the base.
    drag(page, handles(page, "vertex")[1], (0, 40))
    page.get_by_text(f"{new.length_km:,.2f}", exact=True).wait_for(state="detached")
    settled(page)
    assert metric(page, "length") != base
    assert len(saved(page, tmp_path).changes) == 1
    button(page, "list.undo").click()
    page.get_by_text(f"{new.length_km:,.2f}").first.wait_for()
    button(page, "list.undo").click()
    page.get_by_text(say("scenarios.list.empty", "zh")).wait_for()
    assert metric(page, "length") == base
    button(page, "list.redo").click()
    page.get_by_text("改用手绘轴线").wait_for()
    assert metric(page, "length") == f"{new.length_km:,.2f}"
    # The map shows what the scenario holds.
    settled(page)
    board(page).wait_for_function("typeof drawnItems !== 'undefined'")
    drawn = board(page).evaluate("drawnItems.toGeoJSON().features[0].geometry.coordinates")
    assert [[round(v, 6) for v in c] for c in after] == drawn


@pytest.mark.long
def test_a_belt_is_turned_moved_and_widened(page, server, wuhan, tmp_path):
    opened(page, server, "lang=en")
    belt = wuhan[VALLEY].shape
    # It is chosen by a click on the map, 9 km beside its axis where nothing else lies.
    lon, lat, _ = Geod(ellps="WGS84").fwd(belt.lon, belt.lat, belt.azimuth_deg - 90, 9000)
    lon, lat, _ = Geod(ellps="WGS84").fwd(lon, lat, belt.azimuth_deg, 15_000)
    x, y = board(page).evaluate(f"(p => [p.x, p.y])(map.latLngToContainerPoint([{lat}, {lon}]))")
    outer = page.locator("iframe").first.bounding_box()
    page.mouse.click(outer["x"] + x, outer["y"] + y)
    page.wait_for_url("**layer=belt**")
    page.frame_locator("iframe").first.locator(".drawing-handle.turn").first.wait_for()
    settled(page)
    page.wait_for_timeout(500)
    assert metric(page, "azimuth", "en") == f"{belt.azimuth_deg:.2f}"
    drag(page, handles(page, "turn")[0], (60, 40))
    page.get_by_text(re.compile("turns .*° (anti)?clockwise")).wait_for()
    settled(page)
    own = saved(page, tmp_path, "en")
    turned = geo.apply_scenario(wuhan, own)[VALLEY].shape
    assert [c.do for c in own.changes] == ["turn"]
    assert metric(page, "azimuth", "en") == f"{turned.azimuth_deg:.2f}" != f"{belt.azimuth_deg:.2f}"
    # By the slider it is the same change.
    slider = page.get_by_role("slider", name=say("scenarios.edit.azimuth", "en"))
    slider.focus()
    page.keyboard.press("ArrowRight")
    settled(page)
    page.wait_for_timeout(500)
    assert metric(page, "azimuth", "en") != f"{turned.azimuth_deg:.2f}"
    drag(page, handles(page, "whole")[0], (-50, 20))
    page.get_by_text(re.compile("moves .* km south-west|moves .* km west")).wait_for()
    slider = page.get_by_role("slider", name=say("scenarios.edit.width", "en"))
    slider.focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_text("becomes 29.5 km wide").wait_for()
    settled(page)
    own = saved(page, tmp_path, "en")
    new = geo.apply_scenario(wuhan, own)[VALLEY]
    assert [c.do for c in own.changes] == ["turn", "move", "widen"]
    assert metric(page, "azimuth", "en") == f"{new.shape.azimuth_deg:.2f}"
    assert metric(page, "area", "en") == f"{new.area_km2:,.2f}"
    # One change is taken back.
    page.locator(".st-key-scenario-drop-1 button").first.click()
    page.get_by_text(re.compile("turns .*° (anti)?clockwise")).wait_for(state="detached")
    assert metric(page, "azimuth", "en") == f"{belt.azimuth_deg:.2f}"


@pytest.mark.long
def test_a_node_is_added_and_a_profile_and_an_outline_are_set(page, server, wuhan, tmp_path):
    opened(page, server, "lang=zh")
    frame = page.frame_locator("iframe").first
    frame.get_by_role("button", name="画点").click()
    outer = page.locator("iframe").first.bounding_box()
    page.mouse.click(outer["x"] + 200, outer["y"] + 300)
    page.get_by_label(say("scenarios.edit.name-zh", "zh")).fill("新实验室<b>")
    button(page, "edit.add").click()
    page.get_by_text("新增节点“新实验室").wait_for()
    settled(page)
    assert not page.get_by_label(say("scenarios.edit.name-zh", "zh")).count()
    page.get_by_text(say("scenarios.edit.widths", "zh"), exact=True).click()
    page.locator(".st-key-scenario-widths-apply button").click()
    page.get_by_text("按里程改宽:0 公里处").wait_for()
    # A drawn line replaces the axis.
    frame.get_by_role("button", name="画线").click()
    for x, y in ((150, 200), (300, 260), (420, 220)):
        page.mouse.click(outer["x"] + x, outer["y"] + y)
        page.wait_for_timeout(60)
    frame.get_by_role("button", name="完成").click()
    page.get_by_text("改用手绘轴线(3 个顶点").wait_for()
    settled(page)
    own = saved(page, tmp_path)
    assert [c.do for c in own.changes] == ["add-node", "widths", "axis"]
    new = geo.apply_scenario(wuhan, own)
    assert metric(page, "length") == f"{new[OPTICS].length_km:,.2f}"
    assert new[own.changes[0].feature].name_zh == "新实验室<b>"
    assert page.url.count("s=") == 1  # the link holds it


@pytest.mark.long
def test_files_that_are_no_scenario_are_told(page, server, wuhan, tmp_path):
    opened(page, server, "lang=zh")
    good = {"id": "kept", "name_zh": "南移", "name_en": "South", "base": "wuhan",
            "changes": [{"do": "move", "feature": OPTICS, "by_km": 4, "azimuth_deg": 180}]}  # fmt: skip
    bad = good | {"changes": [*good["changes"], {"do": "fly", "feature": "x"}]}
    lost = good | {"changes": [{"do": "widen", "feature": "nowhere", "width_km": 3}]}
    for data, message in (
        (b'{"id": ', "not valid JSON at line 1"),
        (json.dumps(bad).encode(), "changes.1"),
        (json.dumps(lost).encode(), "change 1 (widen nowhere)"),
        (json.dumps(good | {"base": "oxford"}).encode(), "'oxford', not 'wuhan'"),
    ):
        page.locator("[data-testid=stFileUploader] input").set_input_files(
            {"name": "try.json", "mimeType": "application/json", "buffer": data}
        )
        page.get_by_text(message).first.wait_for()
        assert page.get_by_text(say("scenarios.list.empty", "zh")).count()
    page.locator("[data-testid=stFileUploader] input").set_input_files(
        {"name": "good.json", "mimeType": "application/json", "buffer": json.dumps(good).encode()}
    )
    page.get_by_text("向南移动 4 公里").wait_for()
    settled(page)
    assert saved(page, tmp_path).changes == geo.Scenario.of(good).changes
    assert page.get_by_label(say("scenarios.list.name", "zh")).input_value() == "南移"


def linked(page):
    return next(f for f in page.frames if f.evaluate("Boolean(window.linkedMaps)"))


@pytest.mark.long
def test_maps_move_together_and_differences_are_those_of_geo(page, server, wuhan, tmp_path, shot):
    opened(page, server, f"lang=zh&data=demo&layer=belt&f={VALLEY}")
    slider = page.get_by_role("slider", name=say("scenarios.edit.length", "zh"))
    slider.focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_text("长度改为 149 公里").wait_for()
    settled(page)
    own = saved(page, tmp_path)
    found = geo.compare(wuhan, own, demo_points(wuhan), weight="staff", ring_km=1.0, units=geo.read_units(wuhan)).table  # fmt: skip
    whole = found[(found["scope"] == "total") & (found["id"] == "any")].set_index("statistic")
    page.get_by_text(say("scenarios.page.view-maps", "zh"), exact=True).click()
    page.frame_locator("iframe").first.locator("#right path.leaflet-interactive").first.wait_for()
    page.locator("[data-testid=stMetricValue]").nth(2).wait_for()
    values = page.locator("[data-testid=stMetricValue]").all_inner_texts()
    assert values == [figure(whole.at[s, "scenario"]) for s in ("area_km2", "count", "sum")]
    two = linked(page)
    centre = "linkedMaps.map(m => [m.getCenter().lat, m.getCenter().lng, m.getZoom()])"
    left, right = two.evaluate(centre)
    assert left == right
    box = page.locator("iframe").first.bounding_box()
    drag(page, (box["x"] + 200, box["y"] + 450), (60, -40))
    page.wait_for_timeout(500)
    moved, other = two.evaluate(centre)
    assert moved != left
    pixel = 360 / 256 / 2 ** moved[2]
    assert moved == pytest.approx(other, abs=1.5 * pixel)
    assert abs(moved[1] - left[1]) > 20 * pixel
    page.mouse.move(box["x"] + box["width"] - 150, box["y"] + 300)
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(900)
    zoomed, other = two.evaluate(centre)
    assert zoomed[2] > moved[2]
    assert zoomed == pytest.approx(other, abs=1.5 * pixel)
    shot(page, "scenarios-maps-zh")
    page.get_by_text(say("scenarios.page.view-diff", "zh"), exact=True).click()
    page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").first.wait_for()  # fmt: skip
    settled(page)
    shot(page, "scenarios-diff-zh")
    # The script that can be taken along makes the same table.
    page.get_by_text(say("take.title", "zh")).click()
    script = page.locator("[data-testid=stCode]")
    script.wait_for()
    run = subprocess.run([sys.executable, "-c", script.inner_text()], cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(home())})  # fmt: skip
    assert run.returncode == 0, run.stderr
    own_table = pd.read_csv(tmp_path / "wuhan-differences.csv", dtype={"id": str, "by": str}, keep_default_na=False)  # fmt: skip
    assert list(own_table["diff"]) == pytest.approx(list(found["diff"]), rel=1e-9)
    assert list(own_table["verdict"]) == list(found["verdict"])
    # In English the same, by unit and by points.
    page.get_by_text("English", exact=True).click()
    page.get_by_role("radio", name=say("compare.statistic.count", "en"), exact=True).click()
    page.get_by_role("radio", name=say("compare.scope.unit", "en"), exact=True).click()
    page.wait_for_url("**stat=count**")
    settled(page)
    shot(page, "scenarios-diff-en")
    lost = whole.loc["count"]
    assert page.locator("[data-testid=stMetricValue]").all_inner_texts()[1] == figure(
        lost["scenario"]
    )
    chinese = [t for t in page.locator("[data-testid=stMain] p, [data-testid=stMain] label").all_inner_texts()
               if any("\u4e00" <= c <= "\u9fff" for c in t)]  # fmt: skip
    assert set(chinese) <= {"语言 / Language", "中文"}


@pytest.mark.long
@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_on_a_phone(page, server, shot):
    opened(page, server, "lang=zh")
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0
    drag(page, handles(page, "vertex")[1], (0, -30))
    page.get_by_text("改用手绘轴线").wait_for()
    settled(page)
    shot(page, "scenarios-edit-phone")
    page.get_by_text(say("scenarios.page.view-maps", "zh"), exact=True).click()
    page.frame_locator("iframe").first.locator("#right path.leaflet-interactive").first.wait_for()
    boxes = [linked(page).evaluate(f"document.getElementById('{i}').getBoundingClientRect().top") for i in ("left", "right")]  # fmt: skip
    assert boxes[1] > boxes[0] + 100  # one above the other
    assert page.evaluate(wide) <= 0
    shot(page, "scenarios-maps-phone")


@pytest.mark.long
def test_an_outline_is_drawn_and_a_node_is_dragged(page, server, wuhan, tmp_path):
    page.goto(f"{server}/scenarios?lang=zh&layer=zone&f=wuhan-new-city")
    frame = page.frame_locator("iframe").first
    frame.get_by_role("button", name="画面").click()
    page.get_by_text(say("scenarios.page.no-position", "zh")).wait_for()
    outer = page.locator("iframe").first.bounding_box()
    for x, y in ((200, 150), (330, 160), (300, 260)):
        page.mouse.click(outer["x"] + x, outer["y"] + y)
        page.wait_for_timeout(60)
    frame.get_by_role("button", name="完成").click()
    page.get_by_text("改用手绘边界(3 个顶点").wait_for()
    settled(page)
    new = geo.apply_scenario(wuhan, saved(page, tmp_path))["wuhan-new-city"]
    assert metric(page, "area") == f"{new.area_km2:,.2f}"
    # A node is chosen and dragged.
    page.get_by_role("radio", name=say("model.layer.node", "zh")).click()
    page.get_by_role("combobox").first.fill("孝感")
    page.keyboard.press("Enter")
    page.wait_for_url("**layer=node**")
    settled(page)
    page.wait_for_timeout(700)
    (place,) = handles(page, "vertex")
    drag(page, place, (40, 0))
    page.get_by_text(re.compile("移到经度")).wait_for()
    settled(page)
    own = saved(page, tmp_path)
    assert [c.do for c in own.changes] == ["outline", "place"]
    moved = own.changes[1]
    before = wuhan[moved.feature].geometry
    assert moved.lon > before.x
    assert moved.lat == pytest.approx(before.y, abs=1e-3)
