"""Drawing and editing on a map of one file, by mouse, touch and keyboard."""

from __future__ import annotations

import json

import numpy as np
import pytest
from branca.element import Element
from pyproj import Geod
from shapely.geometry import LineString, Point, Polygon, shape

from geo.maps.assets import inline_leaflet
from geo.maps.drawing import add_drawing, belt_shape, shape_of
from geo.maps.web import base_map
from geo.model.belt import Belt

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-drawing")]
HEAR = """
window.addEventListener("load", function () {
    window.told = [];
    ["created", "edited", "deleted"].forEach(function (what) {
        THEMAP.on("draw:" + what, function (e) { told.push([what, e.layerType, JSON.parse(JSON.stringify(e.layer.toGeoJSON()))]); });
    });
    THEMAP.setView([30.5, 114.3], 10, {animate: false});
    window.at = function (lon, lat) { var p = THEMAP.latLngToContainerPoint([lat, lon]); return [p.x, p.y]; };
    window.ready = true;
});"""
AXIS = LineString([(114.1, 30.5), (114.3, 30.55), (114.5, 30.5)])


def opened(page, wuhan, folder, **options):
    chart = base_map(wuhan, inline=True)
    for name in [k for k in chart._children if k.startswith("fit_bounds")]:
        del chart._children[name]  # its animation would outlast the test's own view
    add_drawing(chart, **options)
    root = chart.get_root()
    root.header.add_child(Element("{% raw %}" + inline_leaflet() + "{% endraw %}"), index=0)
    root.script.add_child(Element(HEAR.replace("THEMAP", chart.get_name())))
    path = folder / "map.html"
    path.write_text(root.render(), "utf-8")
    page.goto(path.as_uri())
    page.wait_for_function("window.ready")
    page.wait_for_timeout(100)


def pixel(page, lon, lat):
    return page.evaluate("([lon, lat]) => at(lon, lat)", [lon, lat])


def click(page, *places):
    for lon, lat in places:
        page.mouse.click(*pixel(page, lon, lat))
        page.wait_for_timeout(30)


def drag(page, start, end):
    page.mouse.move(*pixel(page, *start))
    page.mouse.down()
    x, y = pixel(page, *end)
    page.mouse.move(x + 3, y + 2)
    page.mouse.move(x, y, steps=3)
    page.mouse.up()


def told(page):
    return page.evaluate("told")


def items(page):
    return page.evaluate("drawnItems.toGeoJSON().features")


def near(found, wanted, tolerance=2e-3):
    np.testing.assert_allclose(np.array(found), np.array(wanted), atol=tolerance)


@pytest.mark.long
def test_a_line_is_drawn_point_by_point_with_undo_and_finish(page, wuhan, tmp_path):
    opened(page, wuhan, tmp_path)
    page.get_by_role("button", name="画线").click()
    click(page, (114.0, 30.4), (114.2, 30.5), (114.35, 30.3))
    assert told(page) == []
    page.get_by_role("button", name="撤销一点").click()
    click(page, (114.4, 30.5))
    page.get_by_role("button", name="完成").click()
    ((what, kind, feature),) = told(page)
    assert (what, kind) == ("created", "line")
    near(feature["geometry"]["coordinates"], [(114.0, 30.4), (114.2, 30.5), (114.4, 30.5)])
    assert [f["geometry"] for f in items(page)] == [feature["geometry"]]
    # What was drawn can be changed, and cleared.
    drag(page, (114.2, 30.5), (114.2, 30.6))
    what, _, feature = told(page)[1]
    assert what == "edited"
    near(feature["geometry"]["coordinates"], [(114.0, 30.4), (114.2, 30.6), (114.4, 30.5)])
    page.get_by_role("button", name="清除所画").click()
    assert told(page)[2][0] == "deleted"
    assert items(page) == []


@pytest.mark.long
def test_a_polygon_closes_at_its_first_point_and_a_point_is_put(page, wuhan, tmp_path):
    opened(page, wuhan, tmp_path, lang="en")
    page.get_by_role("button", name="Polygon").click()
    square = [(114.0, 30.4), (114.2, 30.4), (114.2, 30.6), (114.0, 30.6)]
    click(page, *square)
    page.wait_for_timeout(500)
    click(page, square[0])
    (first,) = told(page)
    assert first[:2] == ["created", "polygon"]
    near(first[2]["geometry"]["coordinates"], [[*square, square[0]]])
    page.locator("button.drawing-point").click()
    click(page, (114.4, 30.45))
    near(told(page)[1][2]["geometry"]["coordinates"], (114.4, 30.45))
    # One new thing at a time.
    assert [f["geometry"]["type"] for f in items(page)] == ["Point"]


@pytest.mark.long
def test_escape_gives_up_and_a_double_click_ends(page, wuhan, tmp_path):
    opened(page, wuhan, tmp_path, kinds=["line"])
    assert page.get_by_role("button", name="画点").count() == 0
    page.get_by_role("button", name="画线").click()
    click(page, (114.0, 30.4), (114.2, 30.5))
    page.keyboard.press("Escape")
    assert (told(page), items(page)) == ([], [])
    page.get_by_role("button", name="画线").click()
    click(page, (114.0, 30.4))
    page.wait_for_timeout(500)
    x, y = pixel(page, 114.2, 30.5)
    page.mouse.dblclick(x, y)
    near(told(page)[0][2]["geometry"]["coordinates"], [(114.0, 30.4), (114.2, 30.5)])
    assert (
        page.evaluate("Object.values(window).find(v => v instanceof L.Map).getZoom()") == 10
    )  # no zoom by the double click


@pytest.mark.long
def test_all_by_keyboard(page, wuhan, tmp_path):
    opened(page, wuhan, tmp_path, kinds=["line"])
    page.get_by_role("button", name="画线").focus()
    page.keyboard.press("Enter")
    page.keyboard.press(" ")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    page.keyboard.press(" ")
    page.keyboard.press("Enter")
    ((_, _, feature),) = told(page)
    (a, b) = feature["geometry"]["coordinates"]
    near(a, (114.3, 30.5))
    assert b[0] > a[0] + 0.02
    assert abs(b[1] - a[1]) < 1e-3
    # A vertex is moved by the arrow keys and removed by Delete.
    vertex = page.locator(".drawing-handle.vertex").first
    vertex.focus()
    page.keyboard.press("ArrowUp")
    page.wait_for_timeout(800)
    what, _, feature = told(page)[1]
    assert what == "edited"
    assert feature["geometry"]["coordinates"][0][1] > a[1]


def test_vertices_are_dragged_added_and_removed(page, wuhan, tmp_path):
    opened(page, wuhan, tmp_path, kinds=[], shapes=[shape_of("axis", AXIS)])
    near(items(page)[0]["geometry"]["coordinates"], AXIS.coords, 1e-9)
    drag(page, (114.3, 30.55), (114.3, 30.7))
    what, _, feature = told(page)[0]
    assert (what, feature["properties"]["id"]) == ("edited", "axis")
    near(feature["geometry"]["coordinates"], [(114.1, 30.5), (114.3, 30.7), (114.5, 30.5)])
    # What was not touched is as it was.
    assert feature["geometry"]["coordinates"][0] == [114.1, 30.5]
    drag(page, (114.4, 30.6), (114.45, 30.65))
    assert len(told(page)[1][2]["geometry"]["coordinates"]) == 4
    page.mouse.dblclick(*pixel(page, 114.3, 30.7))
    near(
        told(page)[2][2]["geometry"]["coordinates"], [(114.1, 30.5), (114.45, 30.65), (114.5, 30.5)]
    )
    at = [f["properties"]["at"] for _, _, f in told(page)]
    assert at == sorted(set(at))


@pytest.mark.long
def test_polygons_and_points_are_edited(page, wuhan, tmp_path):
    square = Polygon([(114.0, 30.4), (114.2, 30.4), (114.2, 30.6), (114.0, 30.6)])
    opened(
        page, wuhan, tmp_path, kinds=[], shapes=[shape_of("zone", square), shape_of("lab", Point(114.5, 30.5))]
    )  # fmt: skip
    drag(page, (114.2, 30.6), (114.3, 30.7))
    drag(page, (114.5, 30.5), (114.6, 30.4))
    zone, lab = (shape(f["geometry"]) for _, _, f in told(page))
    assert zone.symmetric_difference(Polygon([(114.0, 30.4), (114.2, 30.4), (114.3, 30.7), (114.0, 30.6)])).area < 1e-3  # fmt: skip
    near(lab.coords, [(114.6, 30.4)])
    assert [f["properties"]["id"] for f in items(page)] == ["zone", "lab"]


BELT = Belt(114.3, 30.5, 60.0, 60.0, 12.0)


@pytest.mark.long
def test_a_belt_is_turned_and_moved_as_a_whole(page, wuhan, tmp_path):
    opened(page, wuhan, tmp_path, kinds=[], shapes=[belt_shape("belt", BELT)])
    drawn = shape(items(page)[0]["geometry"])
    assert drawn.symmetric_difference(Polygon(BELT.corners)).area / drawn.area < 0.01
    # By its handle, to the east: the far end of the belt.
    geod = Geod(ellps="WGS84")
    lon, lat, _ = geod.fwd(BELT.lon, BELT.lat, 60, 30_000)
    east = geod.fwd(BELT.lon, BELT.lat, 90, 30_000)[:2]
    drag(page, (lon, lat), east)
    belt = told(page)[0][2]["properties"]["belt"]
    assert belt["azimuth_deg"] == pytest.approx(90, abs=1)
    assert (belt["lon"], belt["lat"], belt["length_km"]) == (114.3, 30.5, 60)
    # By its body, then by its middle.
    drag(page, (114.45, 30.5), (114.45, 30.6))
    belt = told(page)[1][2]["properties"]["belt"]
    near((belt["lon"], belt["lat"]), (114.3, 30.6))
    drag(page, (114.3, 30.6), (114.2, 30.5))
    belt = told(page)[2][2]["properties"]["belt"]
    near((belt["lon"], belt["lat"]), (114.2, 30.5))
    moved = shape(told(page)[2][2]["geometry"])
    wanted = Polygon(Belt(belt["lon"], belt["lat"], belt["azimuth_deg"], 60, 12).corners)
    assert moved.symmetric_difference(wanted).area / moved.area < 0.01


@pytest.mark.long
def test_given_shapes_are_replaced_and_left_where_they_are_the_same(page, wuhan, tmp_path):
    opened(page, wuhan, tmp_path, kinds=["point"], shapes=[shape_of("axis", AXIS)])
    same = json.dumps([shape_of("axis", AXIS)])
    page.locator(".drawing-handle.vertex").first.evaluate("e => { e.mark = 1; }")
    page.evaluate(f"drawing.edit({same}, 'x')")
    assert page.locator(".drawing-handle.vertex").first.evaluate("e => e.mark") == 1
    other = json.dumps([shape_of("lab", Point(114.2, 30.4))])
    page.evaluate(f"drawing.edit({other}, 'x')")
    assert [f["properties"]["id"] for f in items(page)] == ["lab"]
    assert page.locator(".drawing-handle").count() == 1
    page.get_by_role("button", name="画点").click()
    click(page, (114.4, 30.4))
    assert len(items(page)) == 2
    page.evaluate(f"drawing.edit({other}, 'y')")
    assert len(items(page)) == 1
    assert told(page)[0][2]["properties"]["kind"] == "point"


@pytest.mark.long
@pytest.mark.parametrize("page", [{"width": 390, "height": 780}], indirect=True)
def test_by_touch_on_a_phone(browser, wuhan, tmp_path, page):
    context = browser.new_context(
        viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True
    )
    phone = context.new_page()
    opened(
        phone,
        wuhan,
        tmp_path,
        shapes=[shape_of("axis", LineString([(114.2, 30.5), (114.4, 30.5)]))],
    )
    phone.get_by_role("button", name="画线").tap()
    for place in ((114.2, 30.3), (114.3, 30.4), (114.4, 30.3)):
        phone.touchscreen.tap(*pixel(phone, *place))
        phone.wait_for_timeout(60)
    phone.get_by_role("button", name="完成").tap()
    near(told(phone)[0][2]["geometry"]["coordinates"], [(114.2, 30.3), (114.3, 30.4), (114.4, 30.3)], 5e-3)  # fmt: skip
    # A finger drags a vertex of the axis.
    cdp = context.new_cdp_session(phone)
    x, y = pixel(phone, 114.4, 30.5)
    for kind, dy in (("touchStart", 0), ("touchMove", -20), ("touchMove", -60), ("touchEnd", None)):
        points = [] if dy is None else [{"x": x, "y": y + dy}]
        cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    phone.wait_for_timeout(100)
    feature = told(phone)[1][2]
    assert feature["properties"]["id"] == "axis"
    assert feature["geometry"]["coordinates"][1][1] > 30.53
    boxes = [b.bounding_box() for b in phone.locator(".drawing-bar button:visible").all()]
    assert all(b["x"] >= 0 and b["x"] + b["width"] <= 390 and b["height"] >= 28 for b in boxes)
    context.close()
