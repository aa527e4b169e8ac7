"""Measure the map application in headless Chromium with the network blocked.

Prints medians: bytes of the default map, seconds until the first map stands, seconds of a rerun
(a layer switched on), for a fresh session each time. Run by ``make bench``.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

import geo
from geo.datasets import home
from geo.maps.layers import DEFAULT_LAYERS
from geo.maps.web import layer_json
from geo.serve import command, environment, free_port, prepare

ROUNDS = 7
INTRO = """# Speed of the map application

Written by `make bench` (benchmarks/app_speed.py): headless Chromium, network blocked, a new session
in each round. The aims are a default map of at most 600 kB, a first map within 4 s of the page being
asked for, and a rerun within 0.5 s.

"""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
PATHS = "path.leaflet-interactive"


def first_map(page: Page, address: str) -> float:
    start = time.perf_counter()
    page.goto(address)
    page.frame_locator("iframe").first.locator(PATHS).nth(150).wait_for(state="attached")
    return time.perf_counter() - start


def rerun(page: Page) -> float:
    frame = page.frame_locator("iframe").first
    page.wait_for_timeout(1500)
    before = frame.locator(PATHS).count()
    button = page.get_by_role("button", name="车站机场", exact=True)
    start = time.perf_counter()
    button.click()
    while frame.locator(PATHS).count() <= before:
        time.sleep(0.01)
    return time.perf_counter() - start


def main() -> None:
    layout = geo.load_layout("wuhan")
    units = geo.read_units(layout)
    size = sum(len(layer_json(layout, k, "zh", units=units).encode()) for k in DEFAULT_LAYERS)
    folder = prepare(Path(tempfile.mkdtemp()))
    port = free_port("127.0.0.1", 0)
    server = subprocess.Popen(
        command(folder, "127.0.0.1", port, browser=False), cwd=folder, env=environment(None),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).close()
                break
            except OSError:
                time.sleep(0.2)
        first, again = [], []
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            for _ in range(ROUNDS):
                context = browser.new_context(viewport={"width": 1400, "height": 1000})
                page = context.new_page()
                first.append(first_map(page, address))
                again.append(rerun(page))
                context.close()
            browser.close()
    finally:
        server.terminate()
        server.wait()
    figures = {
        "default map, kB": round(size / 1000),
        "first map after the server's start, s": round(first[0], 2),
        "first map, median, s": round(statistics.median(first), 2),
        "rerun with one more layer, median, s": round(statistics.median(again), 2),
        "rounds": ROUNDS,
    }
    print(json.dumps(figures, indent=1))
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    rows = "\n".join(f"| {name} | {value} |" for name, value in figures.items())
    text = f"{INTRO}Measured on {machine}:\n\n| what | figure |\n| --- | --- |\n{rows}\n"
    (home() / "docs" / "speed.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
