"""Memory of the server of the map application: flat over many reruns and many sessions.

    python benchmarks/app_memory.py [--reruns 500] [--sessions 100]

Resident memory of the server's process is read

- after 50 reruns of one session, and again after 500 more;
- after ten sessions were opened and closed, and again after 100 more, when the server has forgotten
  the sessions that were closed (two minutes later).

Prints both and the growth; exits with 1 where one has grown by more than 5 %.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

import psutil
from playwright.async_api import async_playwright

sys.path.insert(0, str(Path(__file__).parent))
from _app import FLAGS, Server, Visit, chromium, server

from geo.datasets import home
from geo.words import say

LIMIT = 5.0
"""Per cent."""
FORGOTTEN_S = 150
"""A session that was closed is kept two minutes, so that a sleeping phone can come back."""
INTRO = """# Memory of the map application

Written by `make bench` (benchmarks/app_memory.py): resident memory of the server. *Reruns*: one
session switches a layer on and off; after 50 and after {reruns} more. *Sessions*: browser sessions
that open the map and close; after ten and after {sessions} more, each time when the server has forgotten
those that were closed.

| what | before | after | growth | limit |
| --- | --- | --- | --- | --- |
"""


def megabytes(own: Server) -> float:
    process = psutil.Process(own.pid)
    return sum(p.memory_info().rss for p in [process, *process.children(recursive=True)]) / 1e6


async def rerun(visit: Visit, times: int) -> None:
    for _ in range(times):
        await visit.layer(say("map.layer.links", "zh"))


async def opened(browser: Any, own: Server, times: int) -> None:
    for _ in range(times):
        visit = await Visit.of(browser)
        await visit.open(own.address)
        await visit.close()


async def measured(reruns: int, sessions: int) -> dict[str, tuple[float, float]]:
    found = {}
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium(), args=FLAGS)
        with server() as own:
            visit = await Visit.of(browser)
            await visit.open(own.address)
            await rerun(visit, 50)
            before = megabytes(own)
            await rerun(visit, reruns)
            found["reruns"] = (before, megabytes(own))
            await visit.close()
        with server() as own:
            await opened(browser, own, 10)
            await asyncio.sleep(FORGOTTEN_S)
            before = megabytes(own)
            await opened(browser, own, sessions)
            await asyncio.sleep(FORGOTTEN_S)
            found["sessions"] = (before, megabytes(own))
        await browser.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reruns", type=int, default=500)
    parser.add_argument("--sessions", type=int, default=100)
    asked = parser.parse_args()
    missed, rows = False, []
    for name, (before, after) in asyncio.run(measured(asked.reruns, asked.sessions)).items():
        growth = 100 * (after / before - 1)
        missed |= growth > LIMIT
        print(f"{name:10} {before:7.1f} MB -> {after:7.1f} MB  {growth:+.1f} %  limit {LIMIT:g} %")
        rows.append(
            f"| {name} | {before:.1f} MB | {after:.1f} MB | {growth:+.1f} % | ±{LIMIT:g} % |"
        )
    text = INTRO.format(reruns=asked.reruns, sessions=asked.sessions) + "\n".join(rows) + "\n"
    (home() / "docs" / "memory.md").write_text(text, encoding="utf-8")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
