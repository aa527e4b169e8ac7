"""What is taken along: each file is downloaded as a person does it and opened by another library."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pandas as pd
import pyogrio
import pytest
from PIL import Image

import geo
from geo.datasets.demo import demo_points
from geo.report.tables import heading, to_csv
from geo.serve import command, environment, free_port, prepare
from geo.words import say

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-take")]
PHONE = {"width": 390, "height": 844}
TRIAL = """
import geopandas as gpd
import streamlit as st
from shapely.geometry import Point

import geo
from app import data, mine, state, take
from geo.maps.figures import bars, figure_file

st.set_page_config(layout="wide")
st.session_state["page"] = "trial"
state.read_address((), {"data": mine.take_from_address, "s": data.scenario_from_address})
points, layout = mine.current().points, data.shown()
found = geo.coverage(points, layout, by="industry", weight="staff", ring_km=state.ring_km())
places = gpd.GeoDataFrame({"name_zh": ["甲 km² 𠮷", "<b>乙</b>"], "a_long_column_name": [1, 2], "a_long_column_nome": [3, 4]},
                          geometry=[Point(114.3, 30.5), Point(114.4, 30.6)], crs=4326)
take.along(
    "trial", {"coverage": found.table, "totals": found.totals},
    calls=["found = geo.coverage(points, layout, by=by, weight=weight, ring_km=ring_km)",
           "coverage, totals = found.table, found.totals"],
    layers={"belts": layout.belts, "places": places},
    figure=lambda form: figure_file(bars(["甲"], [1.0], [2.0], [3.0], "x"), form),
)
feature = {"type": "Feature", "geometry": places.geometry[0].__geo_interface__, "properties": {"st": {"radius": 9}, "tip": "甲"}}
take.map_view(["belts", "zones", "seats"], ring_km=state.ring_km(), extra={"<i>额外</i>": [feature]})
"""


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """The address of an application whose one page offers known tables and layers."""
    folder = prepare(tmp_path_factory.mktemp("trial"))
    (folder / "main.py").write_text(TRIAL, "utf-8")
    port = free_port("127.0.0.1", 0)
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(
            command(folder, "127.0.0.1", port, browser=False), cwd=folder, env=environment(None),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        address = f"http://127.0.0.1:{port}"
        for _ in range(120):
            try:
                with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                    break
            except OSError:
                if process.poll() is not None:
                    pytest.fail((folder / "log.txt").read_text())
                time.sleep(0.5)
        yield address
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def found(wuhan):
    return geo.coverage(demo_points(wuhan), wuhan, by="industry", weight="staff", ring_km=1.0)


def taken(page, name, nth=0):
    # While the page is drawn anew its buttons still name the files of the last run.
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name, exact=True).nth(nth).click()
    return Path(waiting.value.path()).read_bytes(), waiting.value.suggested_filename


def opened(page, address, lang="zh"):
    page.goto(f"{address}/?data=demo&lang={lang}")
    page.get_by_text(say("take.title", lang), exact=True).first.click()
    page.get_by_role("button", name=say("take.workbook", lang)).wait_for()


def test_tables_layers_and_figure(page, trial, found, wuhan, tmp_path, shot):
    opened(page, trial)
    content, name = taken(page, say("take.workbook", "zh"))
    assert name == "wuhan-trial.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["coverage", "totals", say("report.sheet.sources", "zh")]
    rows = list(book["coverage"].iter_rows(values_only=True))
    counts = [row[rows[0].index(heading("count", "zh"))] for row in rows[1:]]
    assert counts == found.table["count"].tolist()
    said = "\n".join(str(r[0]) for r in book.worksheets[2].iter_rows(values_only=True) if r[0])
    for part in (
        "wuhan",
        "模拟企业",
        "wgs84",
        "SHA-256",
        "示意",
        say("report.notice.synthetic", "zh"),
    ):
        assert part in said
    for key, table in (("coverage", found.table), ("totals", found.totals)):
        content, name = taken(page, say("take.csv", "zh", name=say(f"take.table.{key}", "zh")))
        assert (content, name) == (to_csv(table), f"wuhan-trial-{key}.csv")
    content, _ = taken(page, "PNG")
    assert Image.open(io.BytesIO(content)).size[0] > 800
    content, _ = taken(page, "SVG")
    assert ET.fromstring(content).tag.endswith("svg")
    content, _ = taken(page, "PDF")
    assert content.startswith(b"%PDF")
    shot(page, "take-zh")
    belts = wuhan.belts
    content, _ = taken(page, "GPKG")
    (tmp_path / "x.gpkg").write_bytes(content)
    back = pyogrio.read_dataframe(tmp_path / "x.gpkg", layer="belts")
    assert back["area_km2"].tolist() == pytest.approx(belts["area_km2"].tolist(), nan_ok=True)
    assert {"status", "source", "err_m", "confidence"} <= set(back.columns)
    places = pyogrio.read_dataframe(tmp_path / "x.gpkg", layer="places")
    assert places["status"].tolist() == ["computed"] * 2
    assert "wuhan" in places["source"][0]
    content, _ = taken(page, say("take.geojson", "zh", name=say("take.table.places", "zh")))
    parsed = json.loads(content)
    assert [f["properties"]["name_zh"] for f in parsed["features"]] == ["甲 km² 𠮷", "<b>乙</b>"]
    content, _ = taken(page, "KML")
    names = [e.text for e in ET.fromstring(content).iter("{http://www.opengis.net/kml/2.2}name")]
    assert "<b>乙</b>" in names
    assert set(belts["name_zh"]) <= set(names)
    content, _ = taken(page, say("take.shapefile", "zh"))
    assert zipfile.ZipFile(io.BytesIO(content)).read("places.cpg") == b"UTF-8"


@pytest.mark.long
def test_a_shapefile_in_gbk_says_what_it_cuts(page, trial, tmp_path, shot):
    opened(page, trial)
    page.get_by_text("GBK", exact=True).click()
    page.get_by_text("2 处文字放不进 Shapefile(GBK").wait_for()  # said before anyone asks
    page.get_by_text(say("take.check", "zh")).click()
    page.get_by_text("GBK 没有的字").wait_for()
    shot(page, "take-gbk-zh")
    content, _ = taken(page, say("take.shapefile", "zh"))
    archive = zipfile.ZipFile(io.BytesIO(content))
    archive.extractall(tmp_path)
    assert archive.read("places.cpg") == b"GBK"
    assert pyogrio.read_dataframe(tmp_path / "places.shp")["name_zh"].tolist() == ["甲 km2 〓", "<b>乙</b>"]  # fmt: skip
    fields = pd.read_csv(tmp_path / "fields.csv", encoding="utf-8-sig").set_index("column")["field"]
    assert fields[["a_long_column_name", "a_long_column_nome"]].tolist() == ["a_long_col", "a_long_c_1"]  # fmt: skip
    lost = pd.read_csv(tmp_path / "losses.csv", encoding="utf-8-sig")
    assert "甲 km² 𠮷" in lost["text"].tolist()


def test_the_script_makes_the_same_tables(page, trial, tmp_path):
    opened(page, trial, "en")
    shown = page.locator("[data-testid=stCode]").inner_text()
    content, name = taken(page, say("take.python-file", "en"))
    assert name == "wuhan-trial.py"
    assert "".join(content.decode().split()) == "".join(shown.split())
    wanted = {key: taken(page, say("take.csv", "en", name=say(f"take.table.{key}", "en")))[0] for key in ("coverage", "totals")}  # fmt: skip
    (tmp_path / name).write_bytes(content)
    done = subprocess.run([sys.executable, name], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for key, csv in wanted.items():
        assert (tmp_path / f"wuhan-{key}.csv").read_bytes() == csv


@pytest.mark.long
def test_the_view_of_the_map(page, trial, tmp_path, shot):
    page.goto(f"{trial}/?data=demo&lang=zh")
    page.get_by_text(say("take.map.title", "zh"), exact=True).click()
    hostile = "某局</div><script>document.title='hostile'</script>"
    page.get_by_label(say("take.map.office", "zh")).fill(hostile)
    page.get_by_label(say("take.map.review-number", "zh")).fill("鄂S(2026)001号")
    page.get_by_label(say("take.map.field-title", "zh")).fill("我的图")
    page.keyboard.press("Tab")
    page.wait_for_timeout(1200)
    shot(page, "take-map-zh")
    for form in ("PNG", "PDF"):
        content, _ = taken(page, form)
        if form == "PNG":
            width, height = Image.open(io.BytesIO(content)).size
            assert (width, height) == (2338, 1654)
            (tmp_path / "map.png").write_bytes(content)
        else:
            assert content.startswith(b"%PDF")
    content, name = taken(page, say("take.map.html", "zh"))
    assert name == "wuhan-map.html"
    (tmp_path / name).write_bytes(content)
    page.goto((tmp_path / name).as_uri())
    page.locator(".leaflet-container svg path").first.wait_for(state="attached")
    page.locator("#map-imprint").wait_for()
    assert page.title() == "我的图"
    text = page.locator("#map-imprint").inner_text()
    for part in (hostile, "鄂S(2026)001号", "来源:", "北"):
        assert part in text
    assert say("report.notice.synthetic", "zh") in page.locator("#map-footer").inner_text()
    assert page.locator(".leaflet-control-scale-line").is_visible()
    boxes = page.locator("#map-layers label").all_inner_texts()
    assert " <i>额外</i>" in boxes
    assert any("模拟企业" in b and "5,000" in b for b in boxes)
    shot(page, "take-map-file-zh")


def make_report(page, server, query, lang):
    page.goto(f"{server}/report?{query}&lang={lang}")
    page.get_by_role("button", name=say("take.report.make", lang)).click()
    page.get_by_role("button", name="HTML", exact=True).wait_for(timeout=60_000)


@pytest.mark.long
def test_a_report_is_made_shown_and_taken(page, server, wuhan, found, tmp_path, shot):
    make_report(page, server, "data=demo&sections=layout.coverage.scenario", "zh")
    page.get_by_text(say("take.report.no-scenario", "zh")).wait_for()
    outer = page.frame_locator("[data-testid=stIFrame], iframe").first
    inner = outer.locator("iframe")
    assert inner.get_attribute("sandbox") == ""
    body = outer.frame_locator("iframe").locator("body")
    assert say("document.section.coverage", "zh") in body.inner_text()
    whole = found.table[found.table["by"] == ""]
    assert f"{int(whole['count'].max()):,}" in body.inner_text()
    shot(page, "report-zh")
    html, name = taken(page, "HTML")
    assert name == "wuhan-report.html"
    assert "srcdoc" in html.decode()
    content, _ = taken(page, "PDF")
    assert content.startswith(b"%PDF")
    assert content.rstrip().endswith(b"%%EOF")
    content, _ = taken(page, "XLSX")
    book = openpyxl.load_workbook(io.BytesIO(content))
    rows = list(book["coverage"].iter_rows(values_only=True))
    counts = sorted(row[rows[0].index(heading("count", "zh"))] for row in rows[1:])
    assert counts == sorted(found.table["count"].tolist())


@pytest.mark.long
def test_without_points_the_sections_say_so(page, server, shot):
    make_report(page, server, "sections=overlaps.coverage.gaps", "en")
    assert page.get_by_text(say("document.no-points", "en")).count() >= 2
    page.get_by_role("button", name=say("document.section.indicators", "en")).click()
    page.get_by_text(say("take.report.changed", "en")).wait_for()
    shot(page, "report-en")


@pytest.mark.long
def test_a_report_can_be_stopped(page, server):
    page.goto(f"{server}/report?data=demo&lang=zh&sections=fit.chance")
    page.get_by_role("button", name=say("take.report.make", "zh")).click()
    page.get_by_role("button", name=say("app.frame.stop", "zh")).click()
    page.get_by_text(say("app.frame.stopped", "zh", what=say("take.report.making", "zh"))).wait_for()  # fmt: skip
    assert page.get_by_role("button", name="HTML", exact=True).count() == 0


@pytest.mark.long
@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_on_a_phone_nothing_runs_over(page, trial, server, shot):
    page.goto(f"{server}/report?lang=zh")
    page.get_by_role("button", name=say("take.report.make", "zh")).wait_for()
    shot(page, "report-phone-zh")
    width = "() => document.scrollingElement.scrollWidth - window.innerWidth"
    assert page.evaluate(width) <= 0
    opened(page, trial, "en")
    shot(page, "take-phone-en")
    assert page.evaluate(width) <= 0
