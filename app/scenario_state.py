"""The scenario of this session while it is edited: changes, undo, redo; a step that fails leaves it as it was."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

import streamlit as st

from app import data
from geo.errors import CorridorError
from geo.model.amend import with_change, without
from geo.model.changes import Change
from geo.model.scenario import Scenario
from geo.words import LANGUAGES, Lang, say

__all__ = ["can_redo", "can_undo", "current", "do", "drop", "follow", "guarded", "redo", "rename", "replace", "reset", "token", "undo", "wrong"]  # fmt: skip

_PAST, _FUTURE, _LAST, _WRONG, _TOKEN = (
    f"scenario-{n}" for n in ("past", "future", "last", "wrong", "token")
)
MOST = 100
"""So many steps can be undone."""
TOLD_S = 20.0
"""So long it stays on the page why a step was not made."""


def current() -> Scenario:
    """Return the scenario of this session, or one without changes."""
    return data.scenario() or _blank()


def _blank() -> Scenario:
    zh, en = (say("scenarios.list.name-default", lang) for lang in LANGUAGES)
    return Scenario(id="my-scenario", base=data.layout().id, name_zh=zh, name_en=en)


def _steps(name: str) -> list[Any]:
    steps: list[Any] = st.session_state.setdefault(name, [])
    return steps


def follow() -> None:
    """Take note of what other pages and the address did to the scenario, so that it can be undone."""
    now = data.scenario()
    if _LAST in st.session_state and st.session_state[_LAST] != now:
        _push(st.session_state[_LAST])
    st.session_state[_LAST] = now


def _push(before: Scenario | None) -> None:
    past = _steps(_PAST)
    past.append(before)
    del past[:-MOST]
    st.session_state[_FUTURE] = []


def _become(scenario: Scenario | None) -> None:
    blank = _blank()
    if scenario is not None and not scenario.changes and scenario == blank:
        scenario = None
    data.take_scenario(scenario)
    st.session_state.pop(_WRONG, None)
    st.session_state[_LAST] = scenario
    # What was drawn has become part of it.
    st.session_state[_TOKEN] = int(st.session_state.get(_TOKEN, 0)) + 1


def token() -> str:
    """Return a text that is another one after each step."""
    return str(st.session_state.get(_TOKEN, 0))


def guarded(step: Callable[..., None]) -> Callable[..., None]:
    """Return a step that tells what is wrong on the page instead of ending it."""

    @wraps(step)
    def run(*args: Any, **more: Any) -> None:
        try:
            step(*args, **more)
        except (CorridorError, ValueError) as error:
            st.session_state[_WRONG] = (time.monotonic(), str(error))

    return run


def wrong() -> str:
    """Return why the last step was not made, for a while; blank if it was."""
    at, why = st.session_state.get(_WRONG, (0.0, ""))
    return str(why) if time.monotonic() - at < TOLD_S else ""


def replace(scenario: Scenario | None) -> None:
    """Make a scenario that of this session, as a step that can be undone."""
    before = data.scenario()
    if scenario == before:
        return
    _become(scenario)
    _push(before)


@guarded
def do(*changes: Change) -> None:
    """Make changes, as one step."""
    own = current()
    for change in changes:
        own = with_change(data.layout(), own, change)
    replace(own)


@guarded
def drop(number: int) -> None:
    """Take one change back."""
    replace(without(data.layout(), current(), number))


@guarded
def reset() -> None:
    """Leave no change."""
    replace(None)


@guarded
def rename(name: str, lang: Lang) -> None:
    """Name the scenario; a name in the other language that was not chosen follows."""
    name, own = name.strip(), current()
    if not name:
        return
    other: Lang = "en" if lang == "zh" else "zh"
    names = {f"name_{lang}": name}
    if getattr(own, f"name_{other}") == say("scenarios.list.name-default", other):  # fmt: skip
        names[f"name_{other}"] = name
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60]
    replace(Scenario.of(own.model_dump() | names | {"id": slug or own.id}))


def can_undo() -> bool:
    """Return whether there is a step to take back."""
    return bool(_steps(_PAST))


def can_redo() -> bool:
    """Return whether there is a step to make again."""
    return bool(_steps(_FUTURE))


def undo() -> None:
    """Take the last step back."""
    if can_undo():
        now, before = data.scenario(), _steps(_PAST).pop()
        _become(before)
        _steps(_FUTURE).append(now)


def redo() -> None:
    """Make the step again that was taken back last."""
    if can_redo():
        now, after = data.scenario(), _steps(_FUTURE).pop()
        _become(after)
        _steps(_PAST).append(now)
