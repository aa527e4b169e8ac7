"""Widgets bound to parameters: what is set stays while the person is on other pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import streamlit as st

from app import data, state
from app.state import Choice, Many, Number, Parameter, Switch, Text, value_of
from geo.words.imperial import in_other_units

__all__ = ["choice", "many", "number", "put", "ring", "switch", "text", "value_of"]

Words = Callable[[str], str]


def _key(param: Parameter) -> str:
    # Of the page, also where the parameter is that of all pages: a widget of another page that had
    # the same key would leave its key behind, but not its value.
    return f"w:{state.page()}:{param.key}"


def _widget(param: Parameter) -> str:
    """Return the key of a parameter's widget, which shows the value remembered."""
    key = _key(param)
    if key not in st.session_state or not param.valid(st.session_state[key]):
        st.session_state[key] = value_of(param)
    return key


def _kept(param: Parameter, value: Any) -> Any:
    value = param.first() if value is None else value
    state.remember(param, value)
    return value


def put(param: Parameter, value: Any) -> None:
    """Set a parameter from code; before its widget is drawn, as in a callback."""
    state.remember(param, value)
    st.session_state[_key(param)] = value


def number(param: Number, label: str, help: str | None = None) -> float:  # noqa: A002
    """Show a slider and return its number."""
    key = _widget(param)
    help = _with_miles(param, label, help)  # noqa: A001
    # As many decimals as a step has: a hundredth of a degree is a kilometre.
    decimals = len(f"{param.step:.6f}".rstrip("0").partition(".")[2])
    value = st.slider(
        label, param.lowest(), param.highest(), step=float(param.step), key=key, help=help,
        format=f"%.{decimals}f",
    )  # fmt: skip
    return float(_kept(param, round(value, 6)))


def ring(label: str, help: str | None = None) -> float:  # noqa: A002
    """Let the width of the campus rings be set, and return it; no slider where the layout has none."""
    if data.layout().meta.campus_rings is None:
        return state.ring_km()
    return number(state.RING, label, help)


def _with_miles(param: Number, label: str, told: str | None) -> str | None:
    """Return the help of a slider in km; for readers who are shown miles, with its range in those."""
    span = f"{param.lowest():g}–{param.highest():g}"
    miles = in_other_units(label, span, state.lang())
    if not miles:
        return told
    return "  \n".join([*([told] if told else []), f"{span} = {miles}"])


def choice(
    param: Choice, label: str, words: Words, form: Literal["select", "segmented"] = "select",
    help: str | None = None,  # noqa: A002
) -> str:  # fmt: skip
    """Show the options by their words and return the one chosen; blank where there are none."""
    options, key = param.listed(), _widget(param)
    if not options:
        st.session_state.pop(key, None)
        return ""
    if form == "segmented":
        chosen = st.segmented_control(label, options, format_func=words, key=key, help=help, required=True)  # fmt: skip
    else:
        chosen = st.selectbox(label, options, format_func=words, key=key, help=help)
    return str(_kept(param, chosen))


def many(param: Many, label: str, words: Words, help: str | None = None) -> list[str]:  # noqa: A002
    """Show the options as pills and return those chosen."""
    options, key = param.listed(), _widget(param)
    chosen = st.pills(label, options, selection_mode="multi", format_func=words, key=key, help=help)
    return list(_kept(param, [name for name in options if name in (chosen or [])]))


def switch(param: Switch, label: str, help: str | None = None) -> bool:  # noqa: A002
    """Show a switch and return its position."""
    return bool(_kept(param, st.toggle(label, key=_widget(param), help=help)))


def text(param: Text, label: str, help: str | None = None) -> str:  # noqa: A002
    """Show a line to write in and return what is written."""
    value = st.text_input(label, key=_widget(param), help=help, max_chars=param.most)
    return str(_kept(param, (value or "").strip()))
