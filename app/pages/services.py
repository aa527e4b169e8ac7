"""服务: what serves whom, where the next should go, who fits a need, which policies apply, and the figures."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from app import frame, inputs, state, travel
from geo.words import say

__all__ = ["PARAMETERS", "show"]

_VIEWS = ("reach", "siting", "matching", "policies", "figures")
VIEW = state.Choice("view", _VIEWS)


def _view(name: str) -> Any:
    return import_module(f"app.service_{name}")


def _parameters() -> tuple[state.Parameter, ...]:
    own = [p for name in _VIEWS for p in _view(name).PARAMETERS if p not in travel.PARAMETERS]
    return (VIEW, *travel.PARAMETERS, *own)


PARAMETERS = _parameters()


def show() -> None:
    """Draw the page."""
    lang = state.lang()
    frame.intro("services.page.intro")
    chosen = inputs.choice(
        VIEW, say("services.page.view", lang), lambda name: say(f"services.view.{name}", lang), "segmented"
    )  # fmt: skip
    _view(chosen).show()
