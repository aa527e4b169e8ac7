"""The page of marks, indicators, rankings and panels."""

from __future__ import annotations

import re

import pytest

import geo
from geo.datasets.demo import demo_points
from geo.words import say
from geo.words.figures import figure

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-score")]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def firms(wuhan):
    return demo_points(wuhan)


def ask(page, question, lang):
    words = say(f"scorepage.q.{question}", lang)
    page.get_by_test_id("stMain").get_by_role("radio", name=words, exact=True).click()


def told(page, *numbers):
    place = page.get_by_test_id("stMain").locator("p, li")
    for number in numbers:
        place = place.filter(has_text=str(number))
    place.first.wait_for()
    assert page.get_by_test_id("stException").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")


@pytest.mark.long
def test_marks_indicators_ranks_and_panel_in_chinese(page, server, shot, wuhan, firms):
    page.goto(f"{server}/score?data=demo&lang=zh&draws=99")
    page.get_by_role("button", name=say("scorepage.compute", "zh")).click()
    cards = {i: geo.scorecard(wuhan, i, firms, by="industry", weight="staff", draws=99) for i in ("optics-valley-corridor", "auto-valley-corridor", "riverside-corridor")}  # fmt: skip
    page.get_by_text(re.compile("方法:")).first.wait_for(timeout=60_000)
    for card in cards.values():
        told(page, card.why.says("zh"))
    shot(page, "score-marks-zh")

    ask(page, "composite", "zh")
    table = geo.panel(wuhan, firms, weight="staff").table
    table = table[table["count"] > 0].assign(density_km2=lambda t: t["count"] / t["area_km2"])
    ranked = geo.composite(table, {"density_km2": "more", "inside_share": "more", "axis_km": "less"}, id_column="unit", draws=300)  # fmt: skip
    first = ranked.table.iloc[0]
    name = table.set_index("unit").loc[first["id"], "unit_zh"]
    told(page, f"第一是 {name}", f"{first['score']:.3f}", figure(ranked.tau, 3))
    shot(page, "score-composite-zh")

    ask(page, "panel", "zh")
    units = len(geo.read_units(wuhan))
    told(page, f"{units} 个行政区 × 1 个时期")
    shot(page, "score-panel-zh")


@pytest.mark.long
def test_limits_can_be_changed_and_indicators_filled_in_english(page, server, shot, wuhan):
    page.goto(f"{server}/score?lang=en&transport-nodes=10&tiers=8")
    card = geo.scorecard(wuhan, "auto-valley-corridor", thresholds={"transport-nodes": 10, "tiers": 8})  # fmt: skip
    page.get_by_text(re.compile("Method: ")).first.wait_for()
    told(page, card.why.says("en"))
    marks = ", ".join(say(f"score.mark.{m}", "en") for m in card.marks["mark"])
    chart = page.get_by_label(re.compile(re.escape(marks)))
    alt = page.locator("[data-testid=stVegaLiteChart] [aria-label*='Marks of the four C']")
    chart.or_(alt).first.wait_for(state="attached")
    shot(page, "score-marks-en")
    ask(page, "indicators", "en")
    told(page, str(len(geo.indicators_of(wuhan))), "none has both base and target")
    shot(page, "score-indicators-en")


@pytest.mark.long
@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_it_fits_a_phone(page, server, shot):
    page.goto(f"{server}/score?lang=zh&data=demo&q=composite")
    page.get_by_text(re.compile("方法:")).first.wait_for()
    told(page, "第一是")
    shot(page, "score-composite-phone")
    ask(page, "indicators", "zh")
    told(page, "没有一项既有基期又有目标")
    shot(page, "score-indicators-phone")
