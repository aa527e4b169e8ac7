"""联动: which cities and places work together, how far apart they are, and what might flow between them."""

from __future__ import annotations

from app import frame, inputs, links_flows, links_map, links_matrix, links_star, state, travel
from geo.words import say

__all__ = ["PARAMETERS", "show"]

_VIEWS = {
    "links": links_map.show, "matrix": links_matrix.show, "flows": links_flows.show, "star": links_star.show,
}  # fmt: skip
VIEW = state.Choice("view", tuple(_VIEWS))
PARAMETERS = (
    VIEW, *travel.PARAMETERS, *links_map.PARAMETERS, *links_matrix.PARAMETERS, *links_flows.PARAMETERS,
    *links_star.PARAMETERS,
)  # fmt: skip


def show() -> None:
    """Draw the page."""
    lang = state.lang()
    frame.intro("links.page.intro")
    view = inputs.choice(VIEW, say("links.page.view", lang), lambda v: say(f"links.page.{v}", lang), "segmented")  # fmt: skip
    with frame.controls():
        way = travel.ask()
    _VIEWS[view](way)
