from __future__ import annotations

import shutil
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
