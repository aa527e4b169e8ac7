"""对接 in a browser: a need is written and placed, the list and its reasons are those of ``geo``."""

from __future__ import annotations

import pytest

from geo.analysis.matching import bundled_needs, match, needs_of, supply_of

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-matching")]
MAIN = "[data-testid=stMain]"


def opened(page, server, query):
    page.goto(f"{server}/services?view=matching&{query}")
    page.get_by_text("示意图,不作为权属或划界依据").or_(page.get_by_text("Illustrative")).last.wait_for(timeout=60_000)  # fmt: skip
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')")


def lines(found, lang="zh"):
    word = {"zh": "名次", "en": "rank"}[lang]

    def ranks(r):
        return (
            f"{r['rank_low']}–{r['rank_high']}" if r["rank_low"] < r["rank_high"] else r["rank_low"]
        )

    return [
        f"{r['rank']}. {r[f'supplier_{lang}']} {r['score']:.2f} · {word} {ranks(r)}"
        for r in found.table.to_dict("records")
    ]


def test_the_example_in_chinese(page, server, wuhan, shot):
    opened(page, server, "")
    found = match(bundled_needs(wuhan), supply_of(wuhan), most=5)
    page.frame_locator("iframe").first.locator("path.leaflet-interactive").first.wait_for()
    text = page.locator(MAIN).inner_text()
    for line in lines(found):
        assert line in text
    assert found.table["reason_zh"].iat[0].split("。")[0] in text
    assert "江夏区首席服务机构(就在当地)" in text
    assert "±" not in text
    assert "误差 25 公里" in text
    shot(page, "matching-zh")
    # The first is assigned to the need when that is asked for.
    page.get_by_text("指派(每项一家,不超容量)").click()
    page.get_by_text("指派给:华中农业大学").wait_for()
    page.wait_for_url("**m_assign=1**")


@pytest.mark.long
def test_a_need_is_written_and_placed_by_a_click(page, server, wuhan, shot):
    opened(page, server, "lang=en&m_from=own")
    assert "Write down what is needed" in page.locator(MAIN).inner_text()
    field = page.get_by_role("textbox", name="What is needed")
    field.fill("laser welding of electric vehicles <img src=x onerror=window.hacked=1> **x**")
    field.press("Enter")
    page.get_by_text("New-energy and intelligent vehicles 50%").wait_for()
    page.wait_for_timeout(1500)
    row = {"id": "own", "text": "laser welding of electric vehicles"}
    own = match(needs_of([row]), supply_of(wuhan), most=5)
    text = page.locator(MAIN).inner_text()
    for line in lines(own, "en"):
        assert line in text
    assert "No position" in text
    assert "<img src=x" in text
    assert page.evaluate("window.hacked") is None
    chart = page.locator("iframe").first.bounding_box()
    page.mouse.click(chart["x"] + chart["width"] * 0.3, chart["y"] + 60)
    page.get_by_role("textbox", name="Longitude, latitude (WGS84)").wait_for()
    page.wait_for_timeout(1500)
    lon, lat = map(
        float,
        page.get_by_role("textbox", name="Longitude, latitude (WGS84)").input_value().split(","),
    )
    own = match(needs_of([row | {"lon": lon, "lat": lat}], datum="wgs84"), supply_of(wuhan), most=5)
    text = page.locator(MAIN).inner_text()
    for line in lines(own, "en"):
        assert line in text
    assert "m_at=" in page.url
    shot(page, "matching-en")


@pytest.mark.long
@pytest.mark.parametrize("page", [{"width": 390, "height": 844}], indirect=True)
def test_own_points_and_the_list_of_fields_on_a_phone(page, server, shot):
    opened(page, server, "m_from=mine&data=demo&m_col=industry&m_need=row-7")
    page.get_by_role("button", name="对接 5,000 项").click()
    page.get_by_text("看哪一项(共 5,000 项)").wait_for(timeout=60_000)
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')")
    page.wait_for_timeout(1500)
    assert "m_need=row-7" in page.url
    assert "忽略" not in page.locator(MAIN).inner_text()
    shot(page, "matching-phone-top-zh")
    page.get_by_text("领域表(39 个领域)").click()
    page.get_by_role("button", name="下载领域表").wait_for()
    page.wait_for_timeout(1000)
    with page.expect_download() as caught:
        page.get_by_role("button", name="下载领域表").click()
    assert caught.value.suggested_filename == "fields.toml"
    page.locator("input[type=file]").last.set_input_files({"name": "own.toml", "mimeType": "application/toml", "buffer": b"[[field]]\nid='a'\n"})  # fmt: skip
    page.get_by_text("own.toml").last.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shot(page, "matching-phone-zh")
