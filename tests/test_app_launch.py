"""How the application is started."""

from __future__ import annotations

import gc

from streamlit.runtime.scriptrunner import script_runner

from app import launch


def test_garbage_is_collected_now_and_then(monkeypatch):
    calls = []
    monkeypatch.setattr(gc, "collect", lambda generation: calls.append(generation) or 7)
    own = launch._Collector(seconds=60)
    assert [own.collect(2), own.collect(2)] == [7, 0]
    assert calls == [2]
    own.last -= 61
    assert own.collect(2) == 7


def test_streamlit_collects_by_way_of_it(monkeypatch):
    # Where Streamlit does it otherwise some day, this tells.
    assert script_runner.gc is gc
    monkeypatch.setattr(script_runner, "gc", gc)
    launch._collect_less_often()
    assert isinstance(script_runner.gc, launch._Collector)
