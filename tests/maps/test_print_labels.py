"""Names on the printed map are text, stand apart, and name only what is drawn."""

from __future__ import annotations

import json

import pytest
from matplotlib.text import Annotation

import geo
from geo.maps.static import draw_map, map_file


def names(figure):
    found = [t for t in figure.axes[0].texts if isinstance(t, Annotation) and t.get_text()]
    return {t.get_text(): t.get_window_extent(figure.canvas.get_renderer()) for t in found}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_names_stand_apart_and_inside_the_frame(wuhan, lang):
    figure = draw_map(wuhan, lang)
    boxes = list(names(figure).values())
    assert len(boxes) >= 9  # five seats, the science city, a belt, and corridors
    frame = figure.axes[0].get_window_extent()
    for k, box in enumerate(boxes):
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1
        assert frame.y0 <= box.y0 < box.y1 <= frame.y1
        for other in boxes[k + 1 :]:
            apart = box.x1 <= other.x0 or other.x1 <= box.x0
            assert apart or box.y1 <= other.y0 or other.y1 <= box.y0


def test_what_is_not_drawn_is_not_named(wuhan):
    assert names(draw_map(wuhan, "zh", layers=["rivers"])) == {}
    assert set(names(draw_map(wuhan, "zh", layers=["seats"]))) == {
        "武汉",
        "鄂州",
        "黄石",
        "黄冈",
        "孝感",
    }


def test_a_name_is_never_read_as_mathematics(copy_of_wuhan):
    hostile = r"A $\nosuch{ B$ <b>"
    for layer in ("nodes", "corridors", "zones"):
        path = copy_of_wuhan / f"{layer}.geojson"
        document = json.loads(path.read_text("utf-8"))
        for feature in document["features"]:
            feature["properties"] |= {"name_zh": hostile, "name_en": hostile}
        path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    layout = geo.read_layout(copy_of_wuhan)
    assert hostile in names(draw_map(layout, "zh"))
    assert map_file(layout, "zh", form="png", dpi=50).startswith(b"\x89PNG")


def test_the_core_is_in_the_printed_legend(wuhan):
    words = [t.get_text() for t in draw_map(wuhan, "zh").texts]
    assert words.index("核") < words.index("核心(示意)") < words.index("廊")
