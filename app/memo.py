"""Results remembered within one session: never shared, bounded, gone when the session ends."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

__all__ = ["MOST", "forget", "has", "kept"]

MOST = 40
"""So many results a session remembers; the one not used for longest goes first."""
_SLOT = "memo"
T = TypeVar("T")


def _store() -> OrderedDict[Hashable, object]:
    if _SLOT not in st.session_state:
        st.session_state[_SLOT] = OrderedDict()
    store: OrderedDict[Hashable, object] = st.session_state[_SLOT]
    return store


def kept(key: Hashable, make: Callable[[], T]) -> T:
    """Return the result remembered under a key, or make and remember it.

    Parameters
    ----------
    key
        All that the result depends on.
    make
        Called if the session has none.
    """
    store = _store()
    if key not in store:
        store[key] = make()
        while len(store) > MOST:
            store.popitem(last=False)
    store.move_to_end(key)
    return store[key]  # type: ignore[return-value]


def has(key: Hashable) -> bool:
    """Return whether a result is remembered under a key."""
    return key in _store()


def forget() -> None:
    """Forget all results of this session."""
    st.session_state.pop(_SLOT, None)
