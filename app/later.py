"""What takes long is computed when the person asks for it, what is quick at once; both are remembered."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

from app import frame, memo, state
from geo.analysis.progress import Progress
from geo.words import say

__all__ = ["EASY", "kept_later", "kept_when_easy"]

EASY = 100_000
"""Up to so many points nobody has to ask."""
T = TypeVar("T")


def _silent(done: int, total: int) -> None:
    """Tell nobody."""


def kept_later(
    key: Hashable, make: Callable[[Progress], T], *, label: str, hint: str, button: str
) -> T | None:
    """Return a result that is remembered, or offer to compute it.

    Parameters
    ----------
    key
        All that the result depends on.
    make
        Computes it; takes what to tell of its progress.
    label
        What is computed, beside the bar.
    hint
        What is said before it is.
    button
        What the button says.

    Returns
    -------
    The result, or ``None`` before the button is pressed.
    """
    if memo.has(key):
        return memo.kept(key, lambda: make(_silent))
    said, pressed = st.empty(), st.empty()
    said.info(frame.plain(hint))
    if not pressed.button(button, type="primary", icon=":material/play_arrow:"):
        return None
    pressed.empty()
    with frame.working(label) as progress:
        found = memo.kept(key, lambda: make(progress))
    said.empty()
    return found


def kept_when_easy(
    key: Hashable, n: int, seconds: float, make: Callable[[Progress], T], *, easy: int = EASY
) -> T | None:
    """Return a result that is remembered: computed at once for few points, else when it is asked for.

    Parameters
    ----------
    key, make
        As of :func:`kept_later`.
    n
        How many points there are.
    seconds
        How long a million of them take, about.
    easy
        Up to so many points it is computed without asking.
    """
    if n <= easy:
        return memo.kept(key, lambda: make(_silent))
    lang, shown = state.lang(), f"{n:,}"
    about = f"{max(1.0, seconds * n / 1e6):.0f}"
    return kept_later(
        key, make, label=say("coverpages.common.working", lang, n=shown), hint=say("coverpages.common.many", lang),
        button=say("coverpages.common.start", lang, n=shown, s=about),
    )  # fmt: skip
