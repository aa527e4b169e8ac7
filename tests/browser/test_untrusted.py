"""A layout whose names are hostile is shown as text, in the application and in a one-file map."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request

import pytest

import geo
from app.main import PAGES
from geo.maps.web import one_file_html
from geo.serve import command, environment, free_port, prepare

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
HOSTILE = (
    "<script>window.hacked=1</script><img src=x onerror=window.hacked=1>{{7*7}}</script>\u2028`*_"
)


@pytest.fixture
def hostile(copy_of_wuhan):
    for layer in ("node", "corridor", "zone", "belt"):
        path = copy_of_wuhan / f"{layer}s.geojson"
        document = json.loads(path.read_text("utf-8"))
        for feature in document["features"]:
            feature["properties"] |= {
                "name_zh": HOSTILE,
                "name_en": HOSTILE,
                "note_zh": HOSTILE,
                "source": HOSTILE,
            }
        path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    meta = copy_of_wuhan / "layout.toml"
    text = meta.read_text("utf-8").replace(
        'name_zh = "武汉一城三廊多带"', f"name_zh = '''{HOSTILE}'''"
    )
    meta.write_text(text, "utf-8")
    return copy_of_wuhan


def test_in_a_one_file_map(page, hostile, tmp_path):
    path = tmp_path / "map.html"
    path.write_text(one_file_html(geo.read_layout(hostile), "zh"), "utf-8")
    page.goto(path.as_uri())
    page.locator("path.leaflet-interactive[stroke='#882255']").first.dispatch_event("click")
    page.locator(".leaflet-popup-content").wait_for()
    assert page.evaluate("window.hacked") is None
    assert "<script>window.hacked=1</script>" in page.locator(".leaflet-popup-content").inner_text()
    assert "{{7*7}}" in page.locator("#map-title").inner_text()


PAGES_QUICK = ("mydata", "coverage")


@pytest.mark.parametrize("names", [PAGES_QUICK, pytest.param(None, marks=pytest.mark.long)])
def test_in_the_application(page, hostile, tmp_path, names):
    folder = prepare(tmp_path / "app")
    port = free_port("127.0.0.1", 0)
    process = subprocess.Popen(
        command(folder, "127.0.0.1", port, browser=False), cwd=folder,
        env=environment(str(hostile)), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(100):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).close()
                break
            except OSError:
                time.sleep(0.3)
        page.goto(f"{address}/?lang=zh&layers=seats.zones.corridors")
        frame = page.frame_locator("iframe").first
        frame.locator("path.leaflet-interactive").first.wait_for()
        frame.locator("path.leaflet-interactive[stroke='#0072B2']").first.dispatch_event("click")
        page.get_by_text("位置误差").first.wait_for()
        for name in names or [n for group in PAGES.values() for n in group if n != "map"]:
            page.goto(f"{address}/{name}?lang=zh&data=demo")
            page.get_by_text("示意图,不作为权属或划界依据").last.wait_for()
            page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')")
            assert {f.evaluate("window.hacked") for f in page.frames} == {None}
            assert page.get_by_text("这一页出了问题").count() == 0, name
    finally:
        page.goto("about:blank")
        process.terminate()
        process.wait(20)
