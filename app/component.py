"""The map component of streamlit-folium, given its scripts directly.

``st_folium`` renders the whole map and every layer anew at each run, which takes most of the time of
a run; here the ground is rendered once, and layers are text. What the component gets is the same (a
test holds both against each other).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit_folium as folium_component

__all__ = ["Ground", "ground_of", "show"]


@dataclass(frozen=True)
class Ground:
    """What of a map stays the same: its script, its markup, and the files that it loads."""

    script: str
    header: str
    html: str
    name: str
    css_links: tuple[str, ...]
    js_links: tuple[str, ...]


def ground_of(chart: Any) -> Ground:
    """Return the ground of a folium map without layers."""
    chart.get_root().render()
    html, header = folium_component._get_html(chart), folium_component._get_header(chart)  # noqa: SLF001
    script = folium_component._get_map_string(chart)  # noqa: SLF001
    return Ground(
        script, header, html, folium_component.get_full_id(chart),
        tuple(href for _, href in chart.default_css), tuple(src for _, src in chart.default_js),
    )  # fmt: skip


def show(
    ground: Ground,
    call: str,
    *,
    key: str,
    height: int,
    returned: Sequence[str],
    center: tuple[float, float] | None = None,
    zoom: int | None = None,
) -> dict[str, Any]:
    """Show a map and return what has come back from it.

    Parameters
    ----------
    ground
        Of :func:`ground_of`. Another ground is another map, which starts from its first view.
    call
        Script that runs when it changes: what is on the map.
    key
        Of the map on its page.
    height
        Pixels.
    returned
        What comes back, by streamlit-folium's names; only a change of these runs the page again.
    center, zoom
        Latitude, longitude and zoom to move to.
    """
    answer = folium_component._component_func(  # noqa: SLF001
        script=ground.script, header=ground.header, html=ground.html, id=ground.name,
        key=folium_component.generate_js_hash(ground.script, key), height=height, width=None,
        returned_objects=list(returned), default=dict.fromkeys(returned), zoom=zoom, center=center,
        feature_group=call, return_on_hover=False, layer_control=None, pixelated=False,
        css_links=list(ground.css_links), js_links=list(ground.js_links), on_change=None,
        wrap_longitude=False,
    )  # fmt: skip
    return dict(answer or {})
