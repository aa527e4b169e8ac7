from __future__ import annotations

import os
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from geo.serve import command, environment, free_port, prepare

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
# Name lookup is blocked but for this machine: whatever asks a network fails, and is seen to.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-background-networking", "--no-first-run", "--disable-component-update",
    "--disable-sync", "--disable-quic",
]  # fmt: skip


def chromium() -> str | None:
    named = os.environ.get("CHROME")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser():
    path = chromium()
    if path is None:
        if os.environ.get("CORRIDOR_REQUIRE_BROWSER"):
            pytest.fail(
                "no Chromium found, and CORRIDOR_REQUIRE_BROWSER is set: install one or set CHROME"
            )
        pytest.skip(
            "no Chromium found: install one (Debian: apt-get install chromium) or set CHROME"
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The address of the application, run as `corridor app` runs it."""
    folder = prepare(tmp_path_factory.mktemp("app"))
    port = free_port("127.0.0.1", 0)
    log = (folder / "log.txt").open("w")
    process = subprocess.Popen(
        command(folder, "127.0.0.1", port, browser=False),
        cwd=folder, env=environment(None), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    for _ in range(120):
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                break
        except OSError:
            if process.poll() is not None:
                pytest.fail(Path(folder / "log.txt").read_text())
            time.sleep(0.5)
    yield address
    process.terminate()
    process.wait(20)
    log.close()


def _missing(response) -> bool:
    """Whether something was not there; Streamlit looks for its health page below each page first."""
    return response.status >= 400 and "/_stcore/" not in response.url


def _broken(message) -> bool:
    """Whether a console message tells of an error; a missing health page is told there too."""
    return message.type == "error" and "404" not in message.text


@pytest.fixture(scope="session")
def context(browser):
    """One browser context for all tests, so that the application's scripts are loaded once."""
    opened = browser.new_context(accept_downloads=True)
    yield opened
    opened.close()


@pytest.fixture
def page(context, request):
    """A page that fails the test if anything was asked of a network or broke in the page."""
    context.clear_cookies()
    opened = context.new_page()
    opened.set_viewport_size(getattr(request, "param", {"width": 1400, "height": 1000}))
    opened.set_default_timeout(25_000)
    problems: list[str] = []
    opened.on(
        "requestfailed", lambda r: problems.append(r.url) if "127.0.0.1" not in r.url else None
    )
    opened.on("pageerror", lambda e: problems.append(str(e)))
    opened.on("response", lambda r: problems.append(f"{r.status} {r.url}") if _missing(r) else None)
    opened.on("console", lambda m: problems.append(m.text) if _broken(m) else None)
    yield opened
    opened.close()
    assert problems == []


SHOTS = Path(os.environ.get("CORRIDOR_SHOTS") or Path(__file__).parents[2] / ".screenshots")


@pytest.fixture
def shot():
    """Keep a picture of a page, to be looked at: ``shot(page, "coverage-zh")``."""

    def take(page, name):
        SHOTS.mkdir(exist_ok=True)
        page.wait_for_timeout(300)
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    return take
