"""Boundaries of one's own in a real browser: from a foreign file to the pages that need units."""

from __future__ import annotations

import re

import geopandas as gpd
import pytest
import shapely

import geo
from geo.analysis.units import unit_areas
from geo.io.own_units import with_units
from geo.words import say
from geo.words.figures import figure

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-units")]
PHONE = {"width": 390, "height": 844}
HOSTILE = "<img src=x onerror=window.hacked=1> *County*"
COLUMNS = {"adcode": "CTYUA23CD", "name_en": "CTYUA23NM"}


@pytest.fixture(scope="module")
def counties():
    """Eight made-up counties about the arc, with columns as a foreign office names them."""
    boxes = [
        shapely.box(-1.4 + i * 0.4, 51.6 + j * 0.4, -1.0 + i * 0.4, 52.0 + j * 0.4)
        for j in range(2)
        for i in range(4)
    ]
    names = [HOSTILE, *(f"County {k}" for k in range(1, 8))]
    codes = ["<b>E0</b>", *(f"E{k}" for k in range(1, 8))]
    return gpd.GeoDataFrame({"CTYUA23CD": codes, "CTYUA23NM": names}, geometry=boxes, crs=4326)


@pytest.fixture(scope="module")
def content(counties, tmp_path_factory):
    path = tmp_path_factory.mktemp("units") / "counties.gpkg"
    counties.to_crs(27700).to_file(path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def own(counties):
    return with_units(geo.load_layout("oxcam"), counties.to_crs(27700), columns=COLUMNS)


def opened(page, server, lang):
    page.goto(f"{server}/mydata?lang={lang}&layout=oxcam")
    page.get_by_text(say("units.panel.none", lang), exact=True).wait_for()


def upload(page, lang, content, name="counties.gpkg"):
    page.get_by_text(say("units.panel.bring", lang), exact=True).click()
    page.get_by_text(say("units.panel.upload", lang), exact=True).first.wait_for()
    page.locator("input[type=file]").last.set_input_files(
        [{"name": name, "mimeType": "application/octet-stream", "buffer": content}]
    )


def area_text(own, lang):
    return say("units.panel.area", lang, area=figure(unit_areas(own).area_km2))


@pytest.mark.parametrize("lang", ["en", pytest.param("zh", marks=pytest.mark.long)])
def test_a_file_of_boundaries_serves_the_pages(page, server, content, own, lang, shot):
    opened(page, server, lang)
    upload(page, lang, content)
    # The columns were guessed: the count, the sum of areas and the map are there at once.
    page.get_by_text(area_text(own, lang)).first.wait_for()
    page.frame_locator("iframe").last.locator("path.leaflet-interactive").first.wait_for()
    page.get_by_role("button", name=say("units.panel.take", lang)).scroll_into_view_if_needed()
    shot(page, f"units-asked-{lang}")
    page.get_by_role("button", name=say("units.panel.take", lang)).click()
    page.get_by_text("counties.gpkg").first.wait_for()
    page.get_by_role("button", name=say("units.panel.remove", lang)).wait_for()
    shot(page, f"units-taken-{lang}")
    # A menu that opens while the page still runs may close again.
    page.locator("[data-testid=stStatusWidget]").wait_for(state="detached")
    page.get_by_text(say("app.page.group-analyses", lang), exact=True).first.click()
    page.get_by_role("menuitem", name=say("app.page.coverage", lang)).first.click()
    rest = geo.footprint_units(own, geo.read_units(own))
    total = rest[rest["footprint"] == rest["footprint"].iat[0]]["area_km2"].sum()
    page.get_by_text(re.compile(re.escape(f"{total:,.2f}"))).first.wait_for()
    page.get_by_text(say("coverpages.common.no-units", lang)).wait_for(state="detached")
    assert page.evaluate("window.hacked") is None
    shot(page, f"units-coverage-{lang}")
    page.get_by_role("link", name=say("app.page.mydata", lang)).first.click()
    page.get_by_role("button", name=say("units.panel.remove", lang)).click()
    page.get_by_text(say("units.panel.none", lang), exact=True).wait_for()


def test_a_page_without_units_says_where_to_bring_some(page, server):
    page.goto(f"{server}/population?lang=en&layout=oxcam")
    page.get_by_text(say("coverpages.common.no-units", "en")).first.wait_for()
    page.get_by_role("link", name=say("units.panel.link", "en")).click()
    page.get_by_text(say("units.panel.none", "en"), exact=True).wait_for()


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_a_wrong_file_is_told_in_words_on_a_phone(page, server, counties, shot):
    opened(page, server, "zh")
    away = counties.assign(geometry=counties.geometry.translate(30, 0)).to_json().encode()
    upload(page, "zh", away, "far.geojson")
    page.get_by_text("没有一个单元靠近布局", exact=False).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    shot(page, "units-wrong-phone")
