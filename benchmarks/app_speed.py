"""Speed of the map application in a headless browser with the network blocked; prints medians.

    python benchmarks/app_speed.py [--runs 5]

Measured, each against its limit:

- first map, cold: from asking a server just started for the page until the map is drawn;
- first map: the same from a new browser session of a server that runs already;
- layer: from switching a layer on or off until that is drawn;
- slider: from setting the width of the campus rings by the keyboard until they are drawn anew;
- belt: from setting the belt's azimuth in the belt laboratory until it is drawn anew;
- a million points: a CSV of a million rows is loaded; *read* is from the press of the button that takes
  them until the page says so, *first* from the choice of the page Coverage until its numbers are
  there, and *rerun* from another choice on that page until it shows;
- map payload: bytes of text that the default page sends to the map component;
- ten at once: the same in a browser while nine other sessions, which speak the application's own
  protocol, ask for the page, or move the slider, at the same moment;
- ten browsers: ten browsers that ask for the page at the same moment, on the cores that the server
  has as well, beside ten that ask for an empty Streamlit page. This is told, not judged: most of it
  is the browsers' own work, which visitors do on machines of their own.

Exits with 1 where a limit is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from playwright.async_api import async_playwright

sys.path.insert(0, str(Path(__file__).parent))
from _app import FLAGS, Server, Visit, answers, chromium, server
from _sessions import Session

from geo.datasets import home
from geo.serve import free_port
from geo.words import say

INTRO = """# Speed of the map application

Written by `make bench` (benchmarks/app_speed.py): headless Chromium with the network blocked, a new
browser session each time; the browsers run on the same two cores as the server. *Cold* is a server
that was started a moment ago; the *payload* is all text that the default page sends. *Ten at once*: nine
other sessions, which speak the application's protocol, do the same at the same moment. *Ten
browsers* run all on the server's two cores, beside ten that open an empty Streamlit page: what
those take is the browsers' own work, and no limit is set. Measured on {machine}.

| what | median | worst | limit |
| --- | --- | --- | --- |
"""
LIMITS = {
    "first map, cold": 4.0, "first map": 3.0, "layer": 0.4, "slider": 0.4, "belt": 0.4,
    "a million points, read": math.inf, "a million points, first": math.inf, "a million points, rerun": 1.0,
    "map payload": 500.0, "first map, ten at once": 6.0, "layer, ten at once": 0.8,
    "slider, ten at once": 0.8, "ten browsers": math.inf, "ten browsers, empty page": math.inf,
}  # fmt: skip
UNITS = {"map payload": "kB"}
REPEATS = 4
"""So often each visit switches and slides."""
OTHERS = 9
MANY = 1_000_000
Times = dict[str, list[float]]


async def alone(browser: Any, address: str, times: Times) -> None:
    """One visit that has the server for itself."""
    visit = await Visit.of(browser)
    times["first map"].append(await visit.open(address))
    await visit.page.wait_for_timeout(1500)
    times["map payload"].append(visit.received / 1000)
    times["layer"] += [await visit.layer(say("map.layer.links", "zh")) for _ in range(REPEATS)]
    times["slider"] += [await visit.slide(say("app.map.ring", "zh")) for _ in range(REPEATS)]
    await visit.close()


async def among_nine(browser: Any, address: str, times: Times) -> None:
    """A visit while nine other sessions do the same at the same moment."""
    ring, links = say("app.map.ring", "zh"), say("map.layer.links", "zh")
    visit = await Visit.of(browser)
    first, *others = await asyncio.gather(
        visit.open(address), *(Session.open(address) for _ in range(OTHERS))
    )
    times["first map, ten at once"].append(first)
    sessions = [session for session, _ in others]
    await asyncio.sleep(2)
    for k in range(REPEATS):
        for name, act in (("layer", visit.layer(links)), ("slider", visit.slide(ring))):
            # Each to a place of its own on the slider, where nobody has been before.
            step = (2 * k + (name == "slider")) * OTHERS
            moves = [s.slide(ring, 2.0 + 0.1 * ((step + n) % 30)) for n, s in enumerate(sessions)]
            found = await asyncio.gather(act, *moves)
            times[f"{name}, ten at once"].append(found[0])
            await asyncio.sleep(0.5)
    for session in sessions:
        await session.close()
    await visit.close()


async def ten_browsers(browser: Any, address: str) -> list[float]:
    visits = [await Visit.of(browser) for _ in range(OTHERS + 1)]
    seconds = list(await asyncio.gather(*(v.open(address) for v in visits)))
    for visit in visits:
        await visit.close()
    return seconds


@contextmanager
def empty_page() -> Iterator[str]:
    """A Streamlit page with a word on it: what any page of Streamlit takes at least."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "empty.py"
        script.write_text("import streamlit as st\nst.write('empty')\n")
        port = free_port("127.0.0.1", 0)
        call = [
            sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port),
            "--server.headless", "true", "--browser.gatherUsageStats", "false",
        ]  # fmt: skip
        process = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            answers(f"http://127.0.0.1:{port}/_stcore/health")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


async def ten_empty(browser: Any, address: str) -> list[float]:
    async def one() -> float:
        context = await browser.new_context(viewport={"width": 1400, "height": 1000})
        page = await context.new_page()
        start = time.perf_counter()
        await page.goto(address)
        await page.get_by_text("empty", exact=True).wait_for(timeout=120_000)
        seconds = time.perf_counter() - start
        await context.close()
        return seconds

    return list(await asyncio.gather(*(one() for _ in range(OTHERS + 1))))


async def belts(browser: Any, address: str, times: Times) -> None:
    """The belt laboratory with the invented firms."""
    visit = await Visit.of(browser)
    await visit.open(f"{address}/belt?data=demo")
    await visit.page.wait_for_timeout(1500)
    for _ in range(REPEATS):
        times["belt"].append(await visit.slide(say("beltpage.page.azimuth", "zh")))
        await visit.page.wait_for_timeout(500)
    await visit.close()


def million(folder: Path) -> Path:
    """Points spread over the area, with an industry and staff."""
    rng = np.random.default_rng(20260224)
    table = pd.DataFrame(
        {
            "lon_wgs84": rng.uniform(113.7, 115.2, MANY).round(6),
            "lat_wgs84": rng.uniform(30.0, 31.1, MANY).round(6),
            "行业": rng.choice(["光电子", "软件", "生物"], MANY),
            "员工数": rng.integers(1, 200, MANY),
        }
    )
    path = folder / "million.csv"
    table.to_csv(path, index=False)
    return path


async def many(browser: Any, address: str, times: Times) -> None:
    """A session with a million points of its own."""
    visit = await Visit.of(browser)
    page = visit.page
    await page.goto(f"{address}/mydata?lang=zh")
    await page.locator("input[type=file]").wait_for(state="attached")
    with tempfile.TemporaryDirectory() as folder:
        await page.locator("input[type=file]").set_input_files(million(Path(folder)))
        use = page.get_by_role("button", name=say("mydata.use.points", "zh"))
        await use.wait_for()
        await page.wait_for_timeout(1000)
        if await use.is_disabled():
            await page.get_by_role("radiogroup").get_by_text("WGS84", exact=True).click()
        start = time.perf_counter()
        await use.click()
        await page.get_by_text("个点可供各项分析使用").wait_for()
        times["a million points, read"].append(time.perf_counter() - start)
    await page.wait_for_timeout(3000)
    await page.get_by_text(say("app.page.group-analyses", "zh"), exact=True).first.click()
    start = time.perf_counter()
    await page.get_by_role("menuitem", name=say("app.page.coverage", "zh")).click()
    await page.get_by_text("不在任何范围内").first.wait_for()
    times["a million points, first"].append(time.perf_counter() - start)
    await page.wait_for_timeout(3000)
    for k in range(REPEATS):
        name = say(f"coverpages.coverage.{('count', 'share')[k % 2]}", "zh")
        text = "document.querySelector('[data-testid=stMain]').innerText"
        before = await page.evaluate(text)
        start = time.perf_counter()
        await page.get_by_role("radio", name=name, exact=True).click()
        await page.wait_for_function(f"before => {text} !== before", arg=before)
        times["a million points, rerun"].append(time.perf_counter() - start)
        await page.wait_for_timeout(1500)
    await visit.close()


async def measured(runs: int) -> Times:
    times: Times = {name: [] for name in LIMITS}
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium(), args=FLAGS)

        async def first(own: Server) -> float:
            visit = await Visit.of(browser)
            seconds = await visit.open(own.address)
            await visit.close()
            return seconds

        for _ in range(runs):
            with server() as own:
                times["first map, cold"].append(await first(own))
        with server() as own:
            await first(own)
            for _ in range(runs):
                await alone(browser, own.address, times)
            await belts(browser, own.address, times)
            await many(browser, own.address, times)
            for _ in range(runs):
                await among_nine(browser, own.address, times)
            times["ten browsers"] += await ten_browsers(browser, own.address)
        with empty_page() as address:
            times["ten browsers, empty page"] += await ten_empty(browser, address)
        await browser.close()
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, help="how often each is measured")
    asked = parser.parse_args()
    times = asyncio.run(measured(asked.runs))
    missed, rows = False, []
    for name, limit in LIMITS.items():
        value, unit = statistics.median(times[name]), UNITS.get(name, "s")
        missed |= value > limit
        verdict = "over" if value > limit else "within"
        worst = max(times[name])
        bound = f"{limit:g} {unit}" if math.isfinite(limit) else "–"
        print(
            f"{name:26} {value:8.2f} {unit:2}  worst {worst:8.2f}  {verdict} the limit of {bound}"
        )
        rows.append(f"| {name} | {value:.2f} {unit} | {worst:.2f} {unit} | {bound} |")
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {asked.runs} runs"
    text = INTRO.format(machine=machine) + "\n".join(rows) + "\n"
    (home() / "docs" / "speed.md").write_text(text, encoding="utf-8")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
