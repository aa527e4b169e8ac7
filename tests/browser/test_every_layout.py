"""Every page for every bundled layout: no trace, no console error, no sideways scroll, its own words."""

from __future__ import annotations

import base64
import json
import re
import zlib

import pytest

import geo
from app.main import PAGES
from geo.datasets import DEFAULT
from geo.words import say

pytestmark = [pytest.mark.browser]

PHONE = {"width": 390, "height": 844}
NAMES = [name for members in PAGES.values() for name in members]
SETTLED = "[data-testid=stApp][data-test-script-state=notRunning]"


def settled(page) -> None:
    """Wait until the page is drawn."""
    page.locator(SETTLED).wait_for()
    page.get_by_text(re.compile("示意图,不作为|Illustrative; no basis")).last.wait_for()
    page.locator("[data-testid=stSkeleton]").first.wait_for(state="detached")


def turn_to(page, name: str) -> None:
    """Go to another page as the browser's own buttons do: the session stays."""
    page.evaluate(
        "path => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate')) }",
        f"/{name}{page.evaluate('location.search')}",
    )
    page.wait_for_timeout(150)
    settled(page)


def walk(page, server, layout: str, lang: str | None, shot=None, *, tag: str = "") -> None:
    own = geo.load_layout(layout)
    first = own.meta.languages[0]
    asked = f"&lang={lang}" if lang else ""
    page.goto(f"{server}/?layout={layout}&data=demo{asked}")
    settled(page)
    shown = lang or first
    foreign = [
        getattr(geo.load_layout(n).meta, f"name_{shown}") for n in geo.layouts() if n != layout
    ]
    for name in NAMES:
        if name != "map":
            turn_to(page, name)
        assert page.locator("[data-testid=stException]").count() == 0, name
        failed = page.get_by_text(say("app.frame.failed", shown))
        assert failed.count() == 0, (name, page.locator("[data-testid=stText]").all_inner_texts())
        title = page.locator("[data-testid=stHeading]").first.inner_text()
        assert getattr(own.meta, f"name_{shown}") in title, name
        text = page.locator("[data-testid=stMain]").inner_text()
        assert not re.search(r"\b(app|report|model|coverpages|audit)\.[a-z-]+\.[a-z-]+", text), name
        if name not in ("layouts", "newcity"):
            # The other layouts stand in the menu and in the comparison alone.
            assert not [f for f in foreign if f in text], name
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 1, (name, wide)
        if shot:
            shot(page, f"every-{layout}-{shown}-{tag}{name}")


@pytest.mark.xdist_group("browser-every-layout")
@pytest.mark.parametrize("layout", [n if n == "oxcam" else pytest.param(n, marks=pytest.mark.long) for n in sorted(geo.layouts()) if n != DEFAULT])  # fmt: skip
@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_every_page_in_the_first_language_on_a_phone(page, server, layout):
    walk(page, server, layout, None)


@pytest.mark.long
@pytest.mark.xdist_group("browser-every-layout-long")
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("layout", sorted(geo.layouts()))
def test_every_page_in_both_languages(page, server, shot, layout, lang):
    walk(page, server, layout, lang, shot)


@pytest.mark.long
@pytest.mark.xdist_group("browser-every-layout-long")
@pytest.mark.parametrize(("layout", "lang"), [(n, lang) for n in sorted(geo.layouts()) for lang in ("zh", "en") if n == DEFAULT or lang != geo.load_layout(n).meta.languages[0]])  # fmt: skip
@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_every_page_on_a_phone_in_the_other_language(page, server, shot, layout, lang):
    walk(page, server, layout, lang, shot, tag="phone-")


@pytest.mark.xdist_group("browser-every-layout")
def test_the_switch_keeps_the_points_and_drops_the_scenario(page, server, shot):
    """From the default layout to another and back, by the menu in the head of the page."""
    home, other = geo.load_layout(), geo.load_layout("oxcam")
    page.goto(f"{server}/gaps?data=demo&lang=en&s={scenario_of(home)}")
    settled(page)
    page.get_by_text("A little aside").first.wait_for()
    pick(page, other.meta.name_en)
    page.wait_for_url("**layout=oxcam**")
    settled(page)
    assert other.meta.name_en in page.locator("[data-testid=stHeading]").first.inner_text()
    assert "data=demo" in page.url
    assert not re.search(r"[?&]s=", page.url)
    assert page.get_by_text("A little aside").count() == 0
    assert page.locator("[data-testid=stException]").count() == 0
    pick(page, home.meta.name_en)
    page.wait_for_url(lambda url: "layout=" not in url)
    settled(page)
    assert home.meta.name_en in page.locator("[data-testid=stHeading]").first.inner_text()
    assert "data=demo" in page.url
    assert not re.search(r"[?&]s=", page.url)


def scenario_of(layout) -> str:
    """Return a scenario as an address holds it."""
    axis = next(i.id for i in layout.of_layer("corridor"))
    change = {"do": "move", "feature": axis, "by_km": 1, "azimuth_deg": 90}
    scenario = {"id": "aside", "name_zh": "略移", "name_en": "A little aside", "base": layout.id, "changes": [change]}  # fmt: skip
    packed = zlib.compress(json.dumps(scenario, ensure_ascii=False).encode(), 9)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def pick(page, name: str) -> None:
    page.locator("[data-testid=stMenuButton] button, [data-testid=stMenuButton]").first.click()
    page.get_by_role("menuitem", name=name).or_(page.get_by_role("option", name=name)).first.click()
