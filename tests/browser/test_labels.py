"""Labels on the map keep out of each other's way, at every zoom and width."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

BOXES = """els => els.filter(e => getComputedStyle(e).visibility === "visible" && e.offsetWidth)
    .map(e => { const b = e.getBoundingClientRect(); return [e.innerText, b.left, b.top, b.right, b.bottom]; })"""


def overlapping(boxes):
    return [
        (a[0], b[0])
        for k, a in enumerate(boxes)
        for b in boxes[k + 1 :]
        if a[1] < b[3] and b[1] < a[3] and a[2] < b[4] and b[2] < a[4]
    ]


@pytest.mark.parametrize("lang", ["zh", pytest.param("en", marks=pytest.mark.long)])
def test_labels_neither_meet_nor_leave_the_map(page, server, lang):
    page.goto(f"{server}/?lang={lang}")
    frame = page.frame_locator("iframe").first
    labels = frame.locator(".corridor-label")
    labels.first.wait_for()
    page.wait_for_timeout(600)
    width = frame.locator(".leaflet-container").evaluate("e => e.getBoundingClientRect().width")
    boxes = labels.evaluate_all(BOXES)
    assert len(boxes) >= 9  # five seats, a zone, a belt, and corridors
    assert overlapping(boxes) == []
    assert all(box[1] >= 0 and box[3] <= width for box in boxes)
    for _ in range(2):
        frame.locator(".leaflet-control-zoom-in").click()
        page.wait_for_timeout(700)
    near = labels.evaluate_all(BOXES)
    assert overlapping(near) == []
    assert near != boxes


@pytest.mark.long
@pytest.mark.parametrize("page", [{"width": 390, "height": 844}], indirect=True)
def test_on_a_phone_seats_are_named(page, server):
    page.goto(f"{server}/?lang=zh")
    labels = page.frame_locator("iframe").first.locator(".corridor-label")
    labels.filter(has_text="武汉").last.wait_for()
    page.wait_for_timeout(600)
    boxes = labels.evaluate_all(BOXES)
    assert overlapping(boxes) == []
    assert {"武汉", "鄂州", "黄石", "黄冈", "孝感"} <= {box[0] for box in boxes}
