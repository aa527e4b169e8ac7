"""The one-file map says what it is at every width."""

from __future__ import annotations

import pytest

from geo.maps.web import one_file_html

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize(
    ("page", "opened"),
    [({"width": 1400, "height": 900}, True), ({"width": 390, "height": 844}, False)],
    indirect=["page"],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_disclaimer_is_always_in_sight(page, opened, lang, wuhan, tmp_path):
    path = tmp_path / "map.html"
    path.write_text(one_file_html(wuhan, lang), "utf-8")
    page.goto(path.as_uri())
    page.locator(".leaflet-container svg path").first.wait_for(state="attached")
    footer = page.locator("#map-footer")
    words = {
        "zh": "示意图,不作为权属或划界依据",
        "en": "Illustrative; no basis for title or boundaries",
    }
    assert footer.inner_text() == words[lang]
    on_top = footer.evaluate(
        "e => { const b = e.getBoundingClientRect();"
        " return document.elementFromPoint((b.left + b.right) / 2, (b.top + b.bottom) / 2) === e; }"
    )
    assert on_top
    legend = page.locator("#map-legend .legend")
    assert legend.is_visible() is opened
    if not opened:
        page.locator("#map-legend summary").click()
    assert legend.is_visible()
