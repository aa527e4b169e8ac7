"""What the person sees, kept in the address: language, layers, and the parameters of each page.

A parameter is declared by its page, checked when it comes from an address, and remembered while
the person is on other pages.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.data import RING_KM, languages, layout
from geo.maps.basemaps import BASEMAPS
from geo.maps.layers import DEFAULT_LAYERS, LAYER_KEYS
from geo.words import Lang

__all__ = [
    "BASEMAP", "LANG", "LAYERS", "RING", "RING_MAX", "RING_MIN", "Choice", "Many", "Number",
    "Parameter", "Switch", "Text", "address", "address_problems", "basemap", "clear_pages", "lang", "layers", "page",
    "read_address", "remember", "ring_km", "value_of", "write_address",
]  # fmt: skip

RING_MIN, RING_MAX = 0.2, 5.0
MOST_SHOWN = 5
"""So many unknown parts of an address are told."""

Options = Sequence[str] | Callable[[], Sequence[str]]
Figure = float | Callable[[], float]


def _figure(given: Figure) -> float:
    return float(given() if callable(given) else given)


class Parameter(ABC):
    """One thing that a person can set and that stands in the address.

    Attributes
    ----------
    key
        Its short name in the address, unique on its page.
    """

    key: str

    @abstractmethod
    def first(self) -> Any:
        """Return the value at first."""

    @abstractmethod
    def parse(self, text: str) -> Any:
        """Return the value that a text of an address means, or ``None`` if it is not valid."""

    def text(self, value: Any) -> str:
        """Return a value as the address writes it."""
        return str(value)

    def valid(self, value: Any) -> bool:
        """Return whether a remembered value can still be had."""
        return value is not None


@dataclass(frozen=True)
class Number(Parameter):
    """A number between bounds; each can depend on the layout of the session."""

    key: str
    default: Figure
    low: Figure
    high: Figure
    step: float = 0.1

    def first(self) -> float:
        """Return the default."""
        return _figure(self.default)

    def lowest(self) -> float:
        """Return the lower bound."""
        return _figure(self.low)

    def highest(self) -> float:
        """Return the upper bound."""
        return _figure(self.high)

    def parse(self, text: str) -> float | None:
        """Return the number if it lies within the bounds."""
        try:
            value = float(text)
        except ValueError:
            return None
        return round(value, 6) if self.valid(value) else None

    def text(self, value: Any) -> str:
        """Return the number without needless digits."""
        return f"{value:.6f}".rstrip("0").rstrip(".")

    def valid(self, value: Any) -> bool:
        """Return whether the number is finite and within the bounds."""
        return (
            value is not None and math.isfinite(value) and self.lowest() <= value <= self.highest()
        )


def _listed(options: Options) -> list[str]:
    return list(options() if callable(options) else options)


@dataclass(frozen=True)
class Choice(Parameter):
    """One of several."""

    key: str
    options: Options
    default: str | None = None

    def listed(self) -> list[str]:
        """Return what can be chosen."""
        return _listed(self.options)

    def first(self) -> str:
        """Return the default, or the first option."""
        options = self.listed()
        if self.default in options or not options:
            return self.default or ""
        return options[0]

    def parse(self, text: str) -> str | None:
        """Return the option of that name."""
        return text if text in self.listed() else None

    def valid(self, value: Any) -> bool:
        """Return whether it is still among the options."""
        return value in self.listed()


@dataclass(frozen=True)
class Many(Parameter):
    """Any number of several, in the order of the options."""

    key: str
    options: Options
    default: Options = ()

    def listed(self) -> list[str]:
        """Return what can be chosen."""
        return _listed(self.options)

    def first(self) -> list[str]:
        """Return those of the default that there are."""
        default = _listed(self.default)
        return [name for name in self.listed() if name in default]

    def parse(self, text: str) -> list[str] | None:
        """Return the options named; ``None`` if one is not known."""
        names = [_unpacked(n) for n in text.split(".") if n]
        options = self.listed()
        return None if set(names) - set(options) else [n for n in options if n in names]

    def unknown(self, text: str) -> list[str]:
        """Return the names in a text that are no options."""
        return [n for n in map(_unpacked, text.split(".")) if n and n not in self.listed()]

    def text(self, value: Any) -> str:
        """Return the names joined by dots."""
        return ".".join(_packed(n) for n in value)

    def valid(self, value: Any) -> bool:
        """Return whether all are still among the options."""
        return value is not None and not set(value) - set(self.listed())


def _packed(name: str) -> str:
    return name.replace("~", "~0").replace(".", "~1")


def _unpacked(text: str) -> str:
    return text.replace("~1", ".").replace("~0", "~")


@dataclass(frozen=True)
class Switch(Parameter):
    """Yes or no."""

    key: str
    default: bool = False

    def first(self) -> bool:
        """Return the default."""
        return self.default

    def parse(self, text: str) -> bool | None:
        """Return yes for 1 and no for 0."""
        return {"1": True, "0": False}.get(text)

    def text(self, value: Any) -> str:
        """Return 1 or 0."""
        return "1" if value else "0"


@dataclass(frozen=True)
class Text(Parameter):
    """A short text on one line."""

    key: str
    default: str = ""
    most: int = 60

    def first(self) -> str:
        """Return the default."""
        return self.default

    def parse(self, text: str) -> str | None:
        """Return the text if it is short and on one line."""
        return text if len(text) <= self.most and text.isprintable() else None

    def valid(self, value: Any) -> bool:
        """Return whether it is a text."""
        return isinstance(value, str)


LANG = Choice("lang", languages)
RING = Number("ring", RING_KM, RING_MIN, RING_MAX, 0.1)
LAYERS = Many("layers", LAYER_KEYS, DEFAULT_LAYERS)
BASEMAP = Choice("basemap", tuple(BASEMAPS), "none")
_EVERYWHERE: tuple[Parameter, ...] = (LANG, RING, LAYERS, BASEMAP)
_ON_MAP = (LAYERS, BASEMAP)


_KEPT = ("address_problems", "basemap", "clear_pages", "lang", "layout", "mine", "page", "read_address", "ring", "tour")  # fmt: skip
"""What a session keeps when it turns to another layout, by how the names begin."""


def clear_pages() -> None:
    """Forget what was set and computed on the pages: it was of another layout."""
    for name in list(st.session_state):
        if not str(name).startswith(_KEPT) and name != LAYERS.key:
            del st.session_state[name]


def page() -> str:
    """Return the name of the page that is shown."""
    return str(st.session_state.get("page", ""))


def slot(param: Parameter) -> str:
    """Return where the session remembers a parameter: for all pages, or for the page shown."""
    return param.key if param in _EVERYWHERE else f"{page()}:{param.key}"


def value_of(param: Parameter) -> Any:
    """Return the value of a parameter."""
    value = st.session_state.get(slot(param))
    return value if value is not None and param.valid(value) else param.first()


def remember(param: Parameter, value: Any) -> None:
    """Keep the value of a parameter."""
    st.session_state[slot(param)] = value


def read_address(own: Sequence[Parameter] = (), take: Mapping[str, Callable[[str], bool]] | None = None) -> None:  # fmt: skip
    """Take the state from the address, once a session; what is not valid is ignored and said.

    Parameters
    ----------
    own
        The parameters of the page that is shown.
    take
        For further keys, what takes the text of one and returns whether it was valid.
    """
    if st.session_state.get("read_address"):
        return
    st.session_state["read_address"] = True
    known = {p.key: p for p in (*_EVERYWHERE, *own)}
    further = take or {}
    bad: list[str] = []
    # First what options depend on, such as the points whose columns can be chosen.
    for key in sorted(st.query_params, key=lambda k: k not in further):
        text = st.query_params[key]
        if key in further:
            if not further[key](text):
                bad.append(f"{key}={text}")
            continue
        param = known.get(key)
        value = param.parse(text[:500]) if param else None
        if param is not None and value is not None:
            remember(param, value)
        elif isinstance(param, Many):
            unknown = param.unknown(text[:500])
            bad += [f"{key}={n}" for n in unknown]
            names = [_unpacked(n) for n in text[:500].split(".")]
            remember(param, [n for n in param.listed() if n in names])
        else:
            bad.append(f"{key}={text}")
    if bad:
        st.session_state["address_problems"] = [part[:60] for part in bad[:MOST_SHOWN]]


def address(own: Sequence[Parameter] = ()) -> dict[str, str]:
    """Return the part of the address that holds the parameters: what differs from the default."""
    everywhere = [p for p in _EVERYWHERE if p not in _ON_MAP or page() in ("", "map")]
    values = {p.key: (p, value_of(p)) for p in (*everywhere, *own)}
    return {key: p.text(v) for key, (p, v) in values.items() if v != p.first()}


def write_address(wanted: Mapping[str, str]) -> None:
    """Put the state into the address, so that a link is enough to show the same again."""
    if dict(st.query_params) != dict(wanted):
        st.query_params.from_dict(dict(wanted))


def address_problems() -> list[str]:
    """Return, once, what in the address was ignored."""
    parts: list[str] = st.session_state.pop("address_problems", [])
    return parts


def lang() -> Lang:
    """Return the language chosen, as readers of this session's layout read it."""
    value: Lang = value_of(LANG)
    return layout().meta.reader(value)


def layers() -> list[str]:
    """Return the layers switched on, in the order of the layout."""
    value: list[str] = value_of(LAYERS)
    return value


def ring_km() -> float:
    """Return the width of the campus rings in km."""
    return float(value_of(RING))


def basemap() -> str:
    """Return the basemap chosen."""
    return str(value_of(BASEMAP))
