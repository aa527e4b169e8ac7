from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import geo
from geo.datasets import home

SEATS = {
    "武汉": (114.3000, 30.5956),
    "鄂州": (114.8899, 30.3938),
    "黄石": (115.0336, 30.2035),
    "黄冈": (114.8671, 30.4563),
    "孝感": (113.9515, 30.9202),
}


@pytest.fixture(scope="session")
def wuhan():
    return geo.load_layout("wuhan")


@pytest.fixture(scope="session")
def units(wuhan):
    return geo.read_units(wuhan)


@pytest.fixture(scope="session")
def seats():
    return np.array(list(SEATS.values())).T


@pytest.fixture
def copy_of_wuhan(tmp_path: Path) -> Path:
    """A copy of the layout's folder that a test may spoil."""
    target = tmp_path / "copy"
    shutil.copytree(home() / "data" / "geojson" / "wuhan", target)
    return target


@pytest.fixture(scope="session")
def scheduler(tmp_path_factory):
    """The address of a cluster of two workers, started by the commands that the documents name."""
    folder = tmp_path_factory.mktemp("cluster")
    dask = [sys.executable, "-m", "dask"]
    found = folder / "scheduler.json"
    host = ["--host", "127.0.0.1"]
    with (folder / "log.txt").open("w") as log:
        commands = [
            ["scheduler", *host, "--port", "0", "--no-dashboard", "--scheduler-file", found],
            ["worker", *host, "--nworkers", "2", "--nthreads", "1", "--no-dashboard", "--scheduler-file", found,
             "--local-directory", folder],
        ]  # fmt: skip
        running = [
            subprocess.Popen(
                [*dask, *map(str, c)], stdout=log, stderr=subprocess.STDOUT, cwd=folder
            )
            for c in commands
        ]
        try:
            yield _address_of_two_workers(found, folder / "log.txt")
        finally:
            for process in reversed(running):
                process.terminate()
            for process in running:
                process.wait(timeout=30)


def _address_of_two_workers(found: Path, log: Path) -> str:
    from distributed import Client

    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if found.exists() and found.stat().st_size:
            with Client(scheduler_file=str(found), set_as_default=False) as client:
                client.wait_for_workers(2, timeout=60)
                return client.scheduler.address
        time.sleep(0.1)
    raise RuntimeError(log.read_text())
