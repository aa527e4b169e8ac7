"""Your own city in a real browser: pasted, drawn, opened, refused, taken along."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace

import pytest

import geo
from geo.io.drawn_axis import axis_of_text
from geo.io.folder_zips import folder_of_zip, zip_of_folder, zip_of_layout
from geo.io.next_steps import next_steps
from geo.io.uploads import Upload
from geo.measure import length_km
from geo.model.layout import Layout
from geo.model.schema import Attribution
from geo.words import say

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-newcity")]
HOSTILE = "<img src=x onerror=window.hacked=1>"
PHONE = {"width": 390, "height": 844}
PARIS = "2.13424,48.80359\n2.16923,48.7326\n2.18727,48.69572\n2.2498,48.71828\n2.28301,48.72692"


def opened(page, server, lang, further=""):
    page.goto(f"{server}/newcity?lang={lang}{further}")
    page.get_by_text(say("newcity.page.way", lang), exact=True).first.wait_for()


def fill(page, label, text):
    box = page.get_by_label(label, exact=True)
    box.fill(text)
    box.press("Control+Enter" if "\n" in text else "Enter")


def upload(page, name, content):
    page.locator("input[type=file]").first.set_input_files(
        [{"name": name, "mimeType": "application/octet-stream", "buffer": content}]
    )


def packed(files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name, text in files.items():
            target.writestr(name, text)
    return stream.getvalue()


@pytest.mark.parametrize(("lang", "page"), [("zh", {"width": 1400, "height": 1000}), pytest.param("en", {"width": 1400, "height": 1000}, marks=pytest.mark.long), pytest.param("zh", PHONE, marks=pytest.mark.long)], indirect=["page"], ids=["zh", "en", "phone"])  # fmt: skip
def test_pasted_points_become_the_layout_of_the_session(page, server, lang, shot, request):
    opened(page, server, lang, "&way=paste&width=4")
    fill(page, say("newcity.page.points", lang), PARIS)
    fill(page, say("newcity.page.name", lang), "萨克雷 / <b>Paris-Saclay</b>")
    axis = axis_of_text(PARIS)
    km, err = f"{length_km(axis.line):,.1f}", f"{axis.err_m():,.0f}"
    how = say("newcity.page.how-estimated", lang)
    page.get_by_text(say("newcity.page.axis", lang, points=5, km=km, err=err, how=how)).wait_for()
    shot(page, f"newcity-{request.node.callspec.id}-before")
    if request.node.callspec.id == "phone":
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        return
    page.get_by_role("button", name=say("newcity.page.make", lang)).click()
    name = {"zh": "萨克雷", "en": "<b>Paris-Saclay</b>"}[lang]
    page.get_by_text(say("newcity.page.own", lang, name=name)).wait_for()
    with page.expect_download() as got:
        page.get_by_role("button", name=say("newcity.page.download", lang)).click()
    content = got.value.path().read_bytes()
    assert got.value.suggested_filename == "b-paris-saclay-b.zip"
    found = folder_of_zip(Upload("x.zip", content))
    assert found.problems == ()
    assert found.layout.corridors["width_km"].iat[0] == 4
    assert "README.md" in " ".join(zipfile.ZipFile(io.BytesIO(content)).namelist())
    steps = next_steps(found.layout)
    done = sum(s.done for s in steps)
    page.get_by_text(say("newcity.page.steps", lang, n=done, m=len(steps))).wait_for()
    assert page.locator("ol > li").count() == len(steps) - done
    shot(page, f"newcity-{request.node.callspec.id}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_line_is_drawn_and_other_pages_show_it(page, server, shot):
    opened(page, server, "en")
    page.get_by_label(say("newcity.page.name", "en"), exact=True).fill("Drawn")
    page.get_by_label(say("newcity.page.name", "en"), exact=True).press("Enter")
    fill(page, say("newcity.page.goto", "en"), "-77.2,39.2")
    frame = page.frame_locator("iframe").first
    frame.locator(".drawing-bar button").first.wait_for()
    frame.get_by_role("button", name=say("scenarios.drawing.line", "en") + ":").click()
    box = page.locator("iframe").first.bounding_box()
    for x, y in ((0.3, 0.4), (0.5, 0.5), (0.7, 0.45)):
        page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
        page.wait_for_timeout(350)
    frame.get_by_role("button", name=say("scenarios.drawing.finish", "en") + ":").click()
    page.get_by_text(re.compile("Axis of 3 points")).wait_for()
    shot(page, "newcity-drawn")
    page.get_by_role("button", name=say("newcity.page.make", "en")).click()
    page.get_by_text(say("newcity.page.own", "en", name="Drawn")).wait_for()
    page.get_by_role("heading", name="Drawn").first.wait_for()
    with page.expect_download() as got:
        page.get_by_role("button", name=say("newcity.page.download", "en")).click()
    found = folder_of_zip(Upload("x.zip", got.value.path().read_bytes()))
    assert found.layout.meta.centre == pytest.approx((-77.2, 39.2), abs=0.5)
    page.get_by_role("button", name=say("newcity.page.back", "en")).click()
    page.get_by_text(say("newcity.page.own", "en", name="Drawn")).wait_for(state="detached")


def test_words_of_a_strangers_layout_are_never_markup(page, server):
    own = geo.load_layout("oxcam")
    features = [
        replace(f, properties=f.properties.model_copy(update={"name_zh": HOSTILE, "name_en": HOSTILE, "note_en": HOSTILE, "source": HOSTILE}))
        for f in own.features
    ]  # fmt: skip
    credit = Attribution(name=HOSTILE, licence=HOSTILE, text_en=HOSTILE)
    meta = own.meta.model_copy(update={"name_en": HOSTILE, "note_en": HOSTILE, "attribution": (credit,)})  # fmt: skip
    hostile = Layout(meta, features, own.claims, own.population, None, policies=own.policies, rates=own.rates)  # fmt: skip
    opened(page, server, "en", "&way=folder")
    upload(page, "hostile.zip", zip_of_layout(hostile))
    page.get_by_role("button", name=say("newcity.page.open", "en")).click()
    page.get_by_text(say("newcity.page.own", "en", name=HOSTILE)).wait_for()
    page.get_by_role("link", name=say("app.page.map", "en"), exact=True).first.click()
    page.frame_locator("iframe").first.locator("path.leaflet-interactive").first.wait_for()
    page.frame_locator("iframe").first.locator("path.leaflet-interactive").last.hover(force=True)
    page.wait_for_timeout(500)
    assert [f.evaluate("window.hacked === undefined") for f in page.frames] == [True] * len(page.frames)  # fmt: skip


def test_a_folder_is_opened_or_refused(page, server, shot):
    source = geo.layouts()["oxcam"]
    opened(page, server, "en", "&way=folder")
    upload(page, "tricky.zip", packed({"layout.toml": "x", "../../evil.csv": "1"}))
    page.get_by_text("leads out of the archive").wait_for()
    broken = {f.name: f.read_text("utf-8") for f in source.iterdir() if f.is_file()}
    broken["nodes.geojson"] = broken["nodes.geojson"].replace('"status": "', '"status": "<i>', 1)
    upload(page, "broken.zip", packed({f"o/{n}": t for n, t in broken.items()}))
    page.get_by_text("nodes.geojson, feature 1").wait_for()
    shot(page, "newcity-problems")
    upload(page, "oxcam.zip", zip_of_folder(source, "mine"))
    own = geo.load_layout("oxcam")
    said = say("newcity.page.opens", "en", name=own.meta.name_en, n=len(own), claims=len(own.claims))  # fmt: skip
    page.get_by_text(said).wait_for()
    page.get_by_role("button", name=say("newcity.page.open", "en")).click()
    page.get_by_text(say("newcity.page.own", "en", name=own.meta.name_en)).wait_for()


@pytest.mark.long
def test_what_is_no_axis_is_said(page, server):
    opened(page, server, "zh", "&way=paste")
    fill(page, say("newcity.page.points", "zh"), "114.3,30.6\nabc")
    page.get_by_text("'abc'").wait_for()
    fill(page, say("newcity.page.points", "zh"), "114.3,30.6\n114.4,30.5")
    page.get_by_text("分不清 WGS84").wait_for()
    assert page.get_by_role("button", name=say("newcity.page.make", "zh")).is_disabled()
