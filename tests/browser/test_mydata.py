"""My data in a real browser: a planner's Excel list, a hostile one, footprints, a phone."""

from __future__ import annotations

import io
import json

import openpyxl
import pytest

from geo.datasets import demo
from geo.maps.my_points import DATUM_COLOURS
from geo.measure import from_wgs84
from geo.words import say

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-mydata")]
PHONE = {"width": 390, "height": 844}
HOSTILE = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>"
BAD = [("", ""), ("不详", "30.5"), ("0", "0"), ("30.5", "114.3"), ("1143.5", "30.5")]


def workbook(rows):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.fixture(scope="module")
def firms(wuhan):
    return demo.demo_firms(wuhan, 2000)


@pytest.fixture(scope="module")
def planner(firms, units):
    """A planner's list: GCJ-02, Chinese headers, districts by name, and five rows that are spoilt."""
    lon, lat = from_wgs84(firms["lon"], firms["lat"], "gcj02")
    names = units.set_index("adcode")["name_zh"]
    rows = [["企业名称", "经度", "纬度", "行业", "员工数", "所在区"]]
    for k, firm in enumerate(firms.to_dict("records")):
        x, y = BAD[k] if k < len(BAD) else (round(lon[k], 6), round(lat[k], 6))
        name = HOSTILE if k == 7 else "=1+1" if k == 8 else firm["name"]
        rows.append([name, x, y, firm["industry"], firm["staff"], names[firm["unit"]]])
    return workbook(rows)


def upload(page, name, content, mime="application/octet-stream"):
    page.locator("input[type=file]").set_input_files(
        [{"name": name, "mimeType": mime, "buffer": content}]
    )


def opened(page, server, lang="zh", further=""):
    page.goto(f"{server}/mydata?lang={lang}{further}")
    page.get_by_text(say("mydata.page.upload", lang), exact=True).first.wait_for()
    page.locator("input[type=file]").wait_for(state="attached")


def use(page, lang, what="points"):
    page.get_by_role("button", name=say(f"mydata.use.{what}", lang)).click()


@pytest.mark.parametrize("lang", ["zh", pytest.param("en", marks=pytest.mark.long)])
def test_a_planners_list(page, server, planner, firms, lang, shot):
    opened(page, server, lang)
    upload(page, "企业名录.xlsx", planner)
    page.get_by_text(say("mydata.datum.says-sure", lang, datum="GCJ-02")).wait_for()
    assert page.get_by_role("radio", name="GCJ-02").is_checked()
    frame = page.frame_locator("iframe").first
    for colour in DATUM_COLOURS.values():
        frame.locator(f"path.leaflet-interactive[fill='{colour}']").first.wait_for()
    shot(page, f"mydata-upload-{lang}")
    use(page, lang)
    page.get_by_text(say("mydata.mine.count", lang), exact=True).first.wait_for()
    values = page.locator("[data-testid=stMetricValue]").all_inner_texts()
    kept = firms.iloc[len(BAD) :]
    assert values == [f"{len(kept):,}", str(len(BAD)), "GCJ-02", f"{kept['staff'].sum():,}"]
    page.get_by_text(say("mydata.mine.rejects", lang, n=len(BAD))).wait_for()
    page.frame_locator("iframe").first.locator("path.leaflet-interactive").first.wait_for()
    page.get_by_text(say("take.title", lang)).first.wait_for()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=say("mydata.mine.xlsx", lang)).click()
    saved = io.BytesIO(waiting.value.path().read_bytes())
    sheet = openpyxl.load_workbook(saved).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    reasons = ["blank", "not-a-number", "zero", "swapped", "out-of-range"]
    assert [r[0] for r in rows[1:]] == [2, 3, 4, 5, 6]
    assert [r[1] for r in rows[1:]] == [say(f"mydata.reason.{r}", lang) for r in reasons]
    assert page.evaluate("window.hacked") is None
    shot(page, f"mydata-used-{lang}")


@pytest.mark.long
def test_nothing_to_tell_by_must_be_chosen(page, server, firms):
    rows = [["企业名称", "经度", "纬度"]]
    rows += [[f"甲 {k}", x, y] for k, (x, y) in enumerate(zip(firms["lon"][:300], firms["lat"][:300], strict=True))]  # fmt: skip
    opened(page, server)
    upload(page, "无依据.xlsx", workbook(rows))
    page.get_by_text("无法判定").wait_for()
    button = page.get_by_role("button", name="使用这些点")
    assert button.is_disabled()
    page.get_by_role("radiogroup").get_by_text("WGS84", exact=True).click()
    use(page, "zh")
    page.get_by_text("无依据.xlsx:300 个点可供各项分析使用。").wait_for()
    frame = page.frame_locator("iframe").first
    frame.locator(
        "path.leaflet-interactive[fill='#0072B2'][stroke='#FFFFFF']"
    ).first.dispatch_event("click")
    page.get_by_text("点选的行", exact=True).wait_for()
    page.get_by_role("button", name="移除这些点").click()
    page.get_by_text("还没有上传点").wait_for()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("表.csv", b"PK\x03\x04" + b"x" * 50, "后缀是 .csv,内容却是"),
        ("空.csv", b"", "文件是空的"),
        ("旧.xls", b"\xd0\xcf\x11\xe0", "另存为 .xlsx"),
        ("半.csv", "名称,经度,纬度\n甲,114.3,30.5\n乙,114".encode("gbk"), "像是没有传完"),
    ],
)
def test_refusals_are_said(page, server, name, content, words):
    opened(page, server)
    upload(page, name, content)
    page.get_by_text(words).wait_for()
    assert page.get_by_text("这一页出了问题").count() == 0


@pytest.mark.long
def test_own_footprints(page, server, wuhan, shot):
    ring = [[114.40, 30.45], [114.50, 30.45], [114.50, 30.52], [114.40, 30.52], [114.40, 30.45]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    features = [{"type": "Feature", "properties": {"名称": HOSTILE}, "geometry": shape}]
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    opened(page, server, further="&data=demo")
    upload(page, "园区.geojson", content)
    page.get_by_text("文件声明为 WGS84").wait_for()
    use(page, "zh", "areas")
    page.get_by_text("我的范围", exact=True).wait_for()
    page.get_by_text("状态:数字化;来源:园区.geojson").wait_for()
    assert page.evaluate("window.hacked") is None
    labels = page.frame_locator("iframe").first.locator(".corridor-label")
    labels.filter(has_text="<img src=x").wait_for()
    shot(page, "mydata-areas-zh")


@pytest.mark.long
@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_on_a_phone(page, server, planner, shot):
    opened(page, server)
    upload(page, "企业名录.xlsx", planner)
    page.get_by_text("证据表明是 GCJ-02(确定)").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"] + 1
    shot(page, "mydata-phone-zh")
    use(page, "zh")
    page.get_by_text("可用的点", exact=True).first.wait_for()
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"] + 1
