"""Long analyses tell how far they are, and end at once when whoever listens has had enough."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd
import pytest
import shapely

import geo
from geo.analysis.progress import part_of
from geo.model.belt import Belt

BELT = Belt(114.5, 30.55, 120, 60, 20)
AREA = shapely.box(113.4, 29.8, 115.6, 31.3)


class EnoughError(Exception):
    pass


@pytest.fixture(scope="module")
def points():
    rng = np.random.default_rng(3)
    return pd.DataFrame({"lon": rng.normal(114.5, 0.3, 400), "lat": rng.normal(30.5, 0.2, 400)})


def works(points, wuhan):
    free = {"datum": "wgs84", "azimuths": (100, 140)}
    return {
        "fit": lambda p: geo.fit_belt(points, length_km=60, width_km=20, best=2, progress=p, **free).table,
        "frontier": lambda p: geo.frontier(points, lengths_km=[60], widths_km=[5, 10], step_deg=2, layout=wuhan, progress=p, **free).table,
        "null": lambda p: geo.null_model(points, BELT, study_area=AREA, draws=99, datum="wgs84", progress=p).table,
        "uncertainty": lambda p: geo.uncertainty(points, BELT, draws=50, axis_sd_m=200, datum="wgs84", progress=p).table,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["fit", "frontier", "null", "uncertainty"])
def test_it_grows_to_the_end_and_changes_nothing(points, wuhan, name):
    told = []
    work = works(points, wuhan)[name]
    heard = work(lambda done, total: told.append((done, total)))
    pd.testing.assert_frame_equal(heard, work(None))
    done, total = np.array(told, dtype=float).T
    assert len(told) >= 10
    assert (total == total[0]).all()
    assert (np.diff(done) >= 0).all()
    assert done[0] >= 0
    assert done[-1] / total[-1] >= (0.75 if name in ("fit", "frontier") else 1.0)
    assert done[-1] <= total[-1]


@pytest.mark.parametrize("name", ["fit", "frontier", "null", "uncertainty"])
def test_whoever_listens_can_end_it(points, wuhan, name):
    calls = []

    def stop(done, total):
        assert threading.current_thread() is threading.main_thread()
        calls.append(done)
        if len(calls) == 3:
            raise EnoughError

    before = threading.active_count()
    with pytest.raises(EnoughError):
        works(points, wuhan)[name](stop)
    assert len(calls) == 3
    assert threading.active_count() == before


def test_a_part_is_told_as_a_share_of_the_whole():
    told = []
    second = part_of(lambda done, total: told.append((done, total)), 1, 4)
    second(0, 8)
    second(4, 8)
    second(8, 8)
    second(0, 0)
    assert told == [(1000, 4000), (1500, 4000), (2000, 4000), (1000, 4000)]
    assert part_of(None, 0, 2) is None
