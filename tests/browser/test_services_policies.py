"""Policies by place and service figures, as a person uses them."""

from __future__ import annotations

import re

import pytest

import geo
from geo.analysis.policies import policies_at
from geo.analysis.service_figures import service_figures
from geo.maps.service_charts import range_text
from geo.words import say

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-services-policies")]
PHONE, TALL = {"width": 390, "height": 844}, {"width": 1400, "height": 2400}
DAY = "2026-02-24"


def told(page, text):
    page.get_by_test_id("stMain").get_by_text(text).first.wait_for()
    assert page.get_by_test_id("stException").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")


@pytest.fixture(scope="module")
def units(wuhan):
    return geo.read_units(wuhan)


def title(found, lang, where):
    return say("policies.page.title", lang, where=where, n=len(found.table), on=DAY)


@pytest.mark.parametrize("page", [TALL], indirect=True)
def test_policies_of_a_place_in_chinese(page, server, shot, wuhan, units):
    page.goto(f"{server}/services?lang=zh&view=policies&p_at=114.4,30.5&p_on={DAY}")
    found = policies_at(114.4, 30.5, layout=wuhan, units=units, on=DAY)
    told(page, title(found, "zh", "洪山区"))
    told(page, "洪山区关于实施“山水星光”计划")
    told(page, "该点在武汉市 洪山区。")
    for level in ("national", "province", "city", "district", "zone"):
        n = int((found.table["level"] == level).sum())
        told(
            page,
            say("policies.page.level-title", "zh", level=say(f"policies.level.{level}", "zh"), n=n),
        )
    told(page, say("policies.page.ended", "zh", n=len(found.ended)))
    page.wait_for_timeout(1500)
    shot(page, "services-policies-zh")
    # Loans alone.
    page.get_by_test_id("stSidebar").get_by_role(
        "button", name=say("policies.kind.loan", "zh"), exact=True
    ).click()
    loans = policies_at(114.4, 30.5, layout=wuhan, units=units, on=DAY, kinds=["loan"])
    told(page, title(loans, "zh", "洪山区"))


@pytest.mark.long
def test_own_table_and_a_click_in_english(page, server, shot, wuhan, units, tmp_path):
    page.goto(f"{server}/services?lang=en&view=policies&p_on={DAY}")
    told(page, say("policies.page.hint", "en"))
    frame = page.frame_locator(
        "iframe[title*='folium'], iframe[title*='st_folium'], iframe[title*='corridor'], iframe"
    ).first
    frame.locator(".leaflet-container").click(position={"x": 180, "y": 140})
    page.wait_for_url(re.compile(r"p_at=1\d\d\."))
    told(page, "policies apply")
    shot(page, "services-policies-en")
    page.get_by_text(say("policies.page.own", "en")).click()
    bad = tmp_path / "bad.csv"
    bad.write_text(
        "id,level,place,title_zh,title_en,source,confidence\nx,city,wuhan,a,b,c,high\n",
        encoding="utf-8",
    )
    page.get_by_test_id("stMain").locator("input[type=file]").set_input_files(bad)
    told(page, re.compile("row 2.*is no code of a city"))
    good = tmp_path / "own.csv"
    good.write_text(
        "id,level,place,title_zh,title_en,source,confidence,kinds\nx,national,,甲,Only one,me,low,fund\n",
        encoding="utf-8",
    )
    page.get_by_test_id("stMain").locator("input[type=file]").set_input_files(good)
    told(page, "Only one")


@pytest.mark.long
@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_hong_kong_on_a_phone(page, server, shot):
    page.goto(f"{server}/services?lang=zh&view=policies&p_at=114.1747,22.2783")
    told(page, say("policies.note.own-law", "zh"))
    told(page, say("policies.page.nothing", "zh"))
    shot(page, "services-policies-phone")
    page.goto(f"{server}/services?lang=zh&view=figures")
    told(page, say("service_figures.page.rates", "zh"))
    shot(page, "services-figures-phone")


@pytest.mark.long
@pytest.mark.parametrize("page", [TALL], indirect=True)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_figures_and_both_readings(page, server, shot, wuhan, lang):
    page.goto(f"{server}/services?lang={lang}&view=figures&f_rate=needs-per-month")
    found = service_figures(wuhan)
    rows = found.rates[found.rates["id"] == "needs-per-month"].to_dict("records")
    told(page, say("service_figures.page.rates", lang))
    for row in rows:
        told(page, say("service_figures.page.reading", lang, date=row["as_of"]))
        told(page, range_text(row["rate_low"], row["rate_high"], lang))
    told(page, say("service_figures.page.both", lang, n=len(found.figures), rates=found.rates["id"].nunique(), readings=int((found.rates["id"].value_counts() > 1).sum())))  # fmt: skip
    page.wait_for_timeout(800)
    shot(page, f"services-figures-{lang}")
