"""The frame around all pages: both languages, narrow and wide, dark, accessible, and a tour."""

from __future__ import annotations

import pytest

from app.main import PAGES
from geo.datasets.demo import demo_points
from geo.words import say

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-frame")]
NAMES = [name for group in PAGES.values() for name in group]
PHONE, TABLET, DESKTOP = (390, 844), (820, 1180), (1400, 1000)


@pytest.fixture(scope="module")
def words(wuhan):
    """Words of the invented firms: categories are shown as the data write them."""
    frame = demo_points(wuhan).frame
    return sorted({str(v) for v in frame["industry"]}, key=len, reverse=True)


def footer(lang):
    return say("app.frame.footer", lang, version="").split("·")[0].strip()


def settled(page, lang):
    """Wait until the page is whole: its footer is there and nothing runs any more."""
    page.get_by_text(footer(lang)).last.wait_for()
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')")
    page.wait_for_timeout(300)


def chinese_in(page, data):
    """Return what is written in Chinese that is neither a word of the data nor the switch itself."""
    texts = page.locator("[data-testid=stMain] :is(p, label, button, h3, h4, summary)")
    found = []
    for text in texts.all_inner_texts():
        rest = text
        for word in ("中文", "语言 / Language", *data):
            rest = rest.replace(word, "")
        found += [text] if any("\u4e00" <= c <= "\u9fff" for c in rest) else []
    return set(found)


QUICK = ("mydata",)


@pytest.mark.parametrize(
    "name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.long) for n in NAMES]
)
def test_every_page_is_whole_in_both_languages_at_each_width(page, server, shot, words, name):
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    path = "" if name == "map" else name
    page.goto(f"{server}/{path}?lang=zh&data=demo")
    settled(page, "zh")
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.get_by_text(say("app.frame.failed", "zh")).count() == 0
    found = Axe().run(page).response["violations"]
    serious = [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")]  # fmt: skip
    assert serious == []
    shot(page, f"{name}-zh")
    page.goto(f"{server}/{path}?lang=en&data=demo")
    settled(page, "en")
    assert page.get_by_text(say("app.frame.failed", "en")).count() == 0
    assert chinese_in(page, words) == set()
    for width, height in (TABLET, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth") <= width + 1, width
    shot(page, f"{name}-en-phone")


def test_the_address_keeps_what_is_set_and_nothing_else(page, server):
    page.goto(f"{server}/coverage?lang=en&data=demo&ring=2.5&evil=<b>x</b>&step=99")
    page.get_by_text("evil=<b>x</b>").wait_for()
    settled(page, "en")
    query = page.url.partition("?")[2]
    assert {"lang=en", "data=demo", "ring=2.5"} <= set(query.split("&"))
    assert "evil" not in query
    page.reload()
    settled(page, "en")
    assert page.get_by_text("invented firms").count() > 0


@pytest.mark.parametrize(
    "text",
    ["x", *(pytest.param(t, marks=pytest.mark.long, id=t[:8]) for t in ("A" * 5000, "eJyrVkrLz1eyUkpKLFKqBQAdegQ0", "..%2F..", "%00"))],
)  # fmt: skip
def test_a_broken_scenario_in_the_address_gives_a_message(page, server, text):
    page.goto(f"{server}/audit?lang=en&s={text}")
    page.get_by_text("The address held something unknown").wait_for()
    settled(page, "en")
    assert "s=" not in page.url.partition("?")[2]


def test_the_tour_goes_step_by_step_and_does_not_come_back(page, server):
    page.goto(f"{server}/?lang=en")
    page.get_by_text("1/5").wait_for()
    page.get_by_role("button", name="Next").click()
    page.get_by_text("2/5").wait_for()
    page.get_by_role("button", name="Skip").click()
    page.get_by_text("2/5").wait_for(state="detached")
    settled(page, "en")
    page.goto(f"{server}/?lang=zh")
    settled(page, "zh")
    assert page.get_by_text("1/5").count() == 0


def test_dark_is_dark(browser, server, shot):
    context = browser.new_context(color_scheme="dark", viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.goto(f"{server}/coverage?lang=zh&data=demo")
    page.get_by_text(footer("zh")).last.wait_for()
    colour = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    assert max(int(v) for v in colour.removeprefix("rgb(").rstrip(")").split(",")) < 60
    shot(page, "coverage-zh-dark")
    context.close()


def test_two_sessions_do_not_see_each_other(browser, server):
    first, second = browser.new_context(), browser.new_context()
    one, other = first.new_page(), second.new_page()
    one.goto(f"{server}/coverage?lang=en&data=demo")
    one.get_by_text("invented firms").first.wait_for()
    other.goto(f"{server}/gaps?lang=en")
    other.get_by_role("button", name=say("app.mine.try", "en")).wait_for()
    assert other.get_by_text("invented firms, 5,000 points").count() == 0
    first.close(), second.close()


def test_data_can_be_removed(page, server):
    page.goto(f"{server}/gaps?lang=en&data=demo")
    settled(page, "en")
    page.get_by_role("button", name=say("app.mine.forget", "en")).click()
    page.get_by_role("button", name=say("app.mine.try", "en")).wait_for()
    page.wait_for_function("!location.search.includes('data=')")
