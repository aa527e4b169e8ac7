"""Three tasks as a new visitor does them, from the first page on; counts clicks and says what they gave.

    python benchmarks/user_tasks.py

A click is a press of a button, a link, a menu or a place on a map; a choice of a file and a text that
is typed count as one each. Writes docs/tasks.md with the counts, and pictures into .screenshots/.
"""

from __future__ import annotations

import io
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
from _app import FLAGS, chromium, server

import geo
from geo.datasets import demo, home
from geo.measure import from_wgs84

INTRO = """# Three tasks, counted

Written by `make bench` (benchmarks/user_tasks.py): a browser with an empty profile and no network,
each task from the first page, in Chinese. A click is a press of a button, a link, a menu or a place on
the map; a file that is chosen and a text that is typed count as one each.

| task | clicks | seconds | what it gave |
| --- | --- | --- | --- |
"""


@dataclass
class Person:
    """Who does a task: counts what is pressed."""

    page: Any
    clicks: int = 0
    start: float = field(default_factory=time.perf_counter)

    def press(self, what: Any) -> None:
        self.idle()
        what.click()
        self.clicks += 1

    def menu(self, group: str, name: str) -> None:
        self.press(self.page.get_by_text(group, exact=True).first)
        self.press(self.page.get_by_role("menuitem", name=name))

    def idle(self) -> None:
        self.page.wait_for_timeout(300)
        self.page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')")

    def take(self, label: str) -> bytes:
        self.idle()
        with self.page.expect_download() as waiting:
            self.press(self.page.get_by_role("button", name=label).first)
        return waiting.value.path().read_bytes()

    def picture(self, name: str) -> None:
        self.idle()
        folder = home() / ".screenshots"
        folder.mkdir(exist_ok=True)
        self.page.screenshot(path=folder / f"task-{name}.png", full_page=True)


def firm_list() -> bytes:
    """A planner's list in GCJ-02, with the districts that its firms are in."""
    wuhan = geo.load_layout("wuhan")
    firms = demo.demo_firms(wuhan, 1500)
    lon, lat = from_wgs84(firms["lon"], firms["lat"], "gcj02")
    names = geo.read_units(wuhan).set_index("adcode")["name_zh"]
    book = openpyxl.Workbook()
    book.active.append(["企业名称", "经度", "纬度", "行业", "员工数", "所在区"])
    for k, firm in enumerate(firms.to_dict("records")):
        place = ("", "") if k < 3 else (round(lon[k], 6), round(lat[k], 6))
        row = [firm["name"], *place, firm["industry"], firm["staff"], names[firm["unit"]]]
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def shares_and_gaps(person: Person) -> str:
    page = person.page
    person.press(page.get_by_role("link", name="我的数据"))
    page.locator("input[type=file]").set_input_files(
        [{"name": "企业.xlsx", "mimeType": "application/octet-stream", "buffer": firm_list()}]
    )
    person.clicks += 1
    page.get_by_text("GCJ-02(确定)").wait_for()
    person.press(page.get_by_role("button", name="使用这些点"))
    page.get_by_text("个点可供各项分析使用").wait_for()
    person.menu("分析", "覆盖")
    page.locator("[data-testid=stMetricValue]").first.wait_for()
    person.picture("shares")
    shares = page.get_by_test_id("stMain").inner_text()
    person.menu("分析", "缺口")
    page.get_by_text("不在任何范围内的点").first.wait_for()
    person.picture("gaps")
    gaps = page.locator("[data-testid=stMetricValue]").first.inner_text()
    person.press(page.get_by_text("带走", exact=True))
    book = openpyxl.load_workbook(io.BytesIO(person.take("XLSX")))
    assert "%" in shares
    return f"{gaps} firms in no footprint; a workbook of {len(book.worksheets)} sheets"


def frontier(person: Person) -> str:
    page = person.page
    person.menu("分析", "布带")
    person.press(page.get_by_role("button", name="用 5,000 家模拟企业试一试"))
    person.press(page.get_by_text("占比曲线", exact=True).first)
    person.press(page.get_by_role("button", name="算占比曲线"))
    page.get_by_text("带走", exact=True).wait_for(timeout=120_000)
    person.picture("frontier")
    person.press(page.get_by_text("带走", exact=True))
    figure = person.take("PDF")
    assert figure.startswith(b"%PDF")
    return f"a PDF figure of {len(figure) / 1000:.0f} kB"


def street(person: Person) -> str:
    page = person.page
    person.idle()
    box = page.get_by_test_id("stMain").get_by_role("textbox").first
    box.fill("珞喻路")
    box.press("Enter")
    person.clicks += 1
    page.get_by_text("公里在内").first.wait_for()
    person.picture("street")
    told = re.search(
        r"光谷科技创新大走廊[^\n]*公里在内", page.get_by_test_id("stMain").inner_text()
    )
    assert told is not None
    return f"“{told.group(0)}”"


TASKS = (
    ("shares and gaps of a GCJ-02 Excel list", shares_and_gaps, 1400, 1000),
    ("the belt's frontier as a figure for a paper", frontier, 1400, 1000),
    ("on a phone: does 珞喻路 lie in a corridor?", street, 390, 844),
)


def main() -> None:
    rows = []
    with server() as own, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=FLAGS)
        for name, task, width, height in TASKS:
            context = browser.new_context(
                viewport={"width": width, "height": height}, accept_downloads=True
            )
            page = context.new_page()
            page.goto(f"{own.address}/?lang=zh")
            page.locator("iframe").first.wait_for()
            person = Person(page)
            gave = task(person)
            seconds = time.perf_counter() - person.start
            print(f"{name}: {person.clicks} clicks, {seconds:.0f} s, {gave}")
            rows.append(f"| {name} | {person.clicks} | {seconds:.0f} | {gave} |")
            context.close()
        browser.close()
    text = INTRO + "\n".join(rows) + "\n"
    (home() / "docs" / "tasks.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
