"""The application as `corridor app` runs it, and browsers that look at it, for benchmarks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.serve import command, environment, free_port, prepare

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
MARK = f"(() => {{ const all = document.querySelectorAll('{DRAWN}'); all.forEach(e => e.dataset.seen = 1); return all.length; }})()"
OTHERWISE = f"before => document.querySelectorAll('{DRAWN}').length !== before || document.querySelector('{DRAWN}:not([data-seen])')"
"""What is drawn is marked; it is drawn otherwise when something unmarked is there, or a thing is gone."""


def chromium() -> str:
    named = os.environ.get("CHROME")
    path = named or next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        sys.exit("no Chromium found: install one (Debian: apt-get install chromium) or set CHROME")
    return path


@dataclass(frozen=True)
class Server:
    address: str
    pid: int


@contextmanager
def server() -> Iterator[Server]:
    """The application, run as `corridor app` runs it."""
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
            yield Server(address, process.pid)
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
    """One new browser session (playwright's asynchronous interface)."""

    def __init__(self, context: Any, page: Any) -> None:
        self.context, self.page = context, page
        self.received = 0
        self.seconds = 0.0

    @classmethod
    async def of(cls, browser: Any) -> Visit:
        context = await browser.new_context(viewport={"width": 1400, "height": 1000})
        visit = cls(context, await context.new_page())
        visit.page.set_default_timeout(120_000)
        visit.page.on("websocket", lambda socket: socket.on("framereceived", visit._count))
        return visit

    def _count(self, payload: str | bytes) -> None:
        self.received += len(payload)

    async def open(self, address: str) -> float:
        """Ask for a page and wait until its map is drawn."""
        start = time.perf_counter()
        await self.page.goto(address)
        await self.page.frame_locator("iframe").first.locator(DRAWN).first.wait_for()
        return time.perf_counter() - start

    async def _frame(self) -> Any:
        element = await self.page.query_selector("iframe")
        return await element.content_frame()

    async def _until_drawn_anew(self, act: Any) -> float:
        """Do something and wait until the map is drawn otherwise than before."""
        frame = await self._frame()
        before = await frame.evaluate(MARK)
        # The browser itself looks at every frame that it paints: no waiting for the next poll.
        start = time.perf_counter()
        await act()
        await frame.wait_for_function(OTHERWISE, arg=before)
        return time.perf_counter() - start

    async def layer(self, name: str) -> float:
        """Switch a layer and wait until the map holds more, or fewer, things."""
        button = self.page.locator("[data-testid=stSidebar]").get_by_role(
            "button", name=name, exact=True
        )
        # The press itself, without the driver's looking whether it can be pressed.
        return await self._until_drawn_anew(lambda: button.evaluate("e => e.click()"))

    async def slide(self, name: str, key: str = "ArrowRight") -> float:
        """Move a slider by one step and wait until the map is drawn anew."""
        slider = self.page.get_by_role("slider", name=name)
        await slider.focus()
        return await self._until_drawn_anew(lambda: self.page.keyboard.press(key))

    async def close(self) -> None:
        await self.page.wait_for_timeout(200)
        await self.context.close()
