"""Speed of the map application in a headless browser with the network blocked; prints medians.

    python benchmarks/app_speed.py [--runs 5]

Measured, each against its limit:

- first map, cold: from asking a server just started for the page until the map is drawn;
- first map: the same from a new browser session of a server that runs already;
- rerun: from switching a layer on until it is drawn;
- map payload: bytes of text that the default page sends to the map component.

Exits with 1 where a limit is missed.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from geo.datasets import home
from geo.serve import command, environment, free_port, prepare
from geo.words import say

INTRO = """# Speed of the map application

Written by `make bench` (benchmarks/app_speed.py): headless Chromium with the network blocked, a new
browser session each time. *Cold* is a server that was started a moment ago; a *rerun* is one layer
switched on or off; the *payload* is all text that the default page sends. Measured on {machine}.

| what | median | worst | limit |
| --- | --- | --- | --- |
"""
LIMITS = {"first map, cold": 4.0, "first map": 4.0, "rerun": 0.5, "map payload": 600.0}
UNITS = {"map payload": "kB"}
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-background-networking", "--no-first-run", "--disable-component-update",
    "--disable-sync", "--disable-quic",
]  # fmt: skip
DRAWN = ".leaflet-container path.leaflet-interactive"


def chromium() -> str:
    named = os.environ.get("CHROME")
    path = named or next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        sys.exit("no Chromium found: install one (Debian: apt-get install chromium) or set CHROME")
    return path


@contextmanager
def server() -> Iterator[str]:
    """The address of the application, run as `corridor app` runs it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder, port = prepare(Path(name)), free_port("127.0.0.1", 0)
        process = subprocess.Popen(
            command(folder, "127.0.0.1", port, browser=False), cwd=folder,
            env=environment(None), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        address = f"http://127.0.0.1:{port}"
        try:
            answers(f"{address}/_stcore/health")
            yield address
        finally:
            process.terminate()
            process.wait()


def answers(url: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    sys.exit("the application did not start within 30 s")


class Visit:
    """One new browser session, with the bytes of text that come over its socket."""

    def __init__(self, browser: Any, address: str) -> None:
        self.context = browser.new_context(viewport={"width": 1400, "height": 1000})
        self.page = self.context.new_page()
        self.received = 0
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._count))
        start = time.perf_counter()
        self.page.goto(address)
        self.map = self.page.frame_locator("iframe").first
        self.map.locator(DRAWN).first.wait_for()
        self.seconds = time.perf_counter() - start

    def _count(self, payload: str | bytes) -> None:
        self.received += len(payload)

    def layer(self, name: str) -> float:
        """Switch a layer and wait until the map holds more, or fewer, things."""
        frame = self.page.query_selector("iframe").content_frame()
        before = frame.locator(DRAWN).count()
        button = self.page.locator("[data-testid=stSidebar]").get_by_role(
            "button", name=name, exact=True
        )
        # The browser itself looks at every frame that it paints: no waiting for the next poll.
        start = time.perf_counter()
        button.click()
        frame.wait_for_function(
            "([what, before]) => document.querySelectorAll(what).length !== before",
            arg=[DRAWN, before],
        )
        return time.perf_counter() - start

    def close(self) -> None:
        self.page.wait_for_timeout(300)
        self.context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, help="how often each is measured")
    runs = parser.parse_args().runs
    from playwright.sync_api import sync_playwright

    times: dict[str, list[float]] = {name: [] for name in LIMITS}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=FLAGS)
        for _ in range(runs):
            with server() as address:
                visit = Visit(browser, address)
                times["first map, cold"].append(visit.seconds)
                visit.close()
        with server() as address:
            Visit(browser, address).close()
            for _ in range(runs):
                visit = Visit(browser, address)
                times["first map"].append(visit.seconds)
                visit.page.wait_for_timeout(1500)
                times["map payload"].append(visit.received / 1000)
                times["rerun"] += [visit.layer(say("map.layer.links", "zh")) for _ in range(4)]
                visit.close()
        browser.close()
    missed, rows = False, []
    for name, limit in LIMITS.items():
        value, unit = statistics.median(times[name]), UNITS.get(name, "s")
        missed |= value > limit
        verdict = "over" if value > limit else "within"
        worst = max(times[name])
        print(
            f"{name:16} {value:8.2f} {unit:2}  worst {worst:8.2f}  {verdict} the limit of {limit:g}"
        )
        rows.append(f"| {name} | {value:.2f} {unit} | {worst:.2f} {unit} | {limit:g} {unit} |")
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {runs} runs"
    text = INTRO.format(machine=machine) + "\n".join(rows) + "\n"
    (home() / "docs" / "speed.md").write_text(text, encoding="utf-8")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
