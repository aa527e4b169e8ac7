"""Names on the printed map: beside their places, clear of each other, and never read as markup."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from matplotlib.font_manager import FontProperties
from matplotlib.patheffects import withStroke

from geo.measure import project
from geo.model.layout import Layout
from geo.words import Lang, name_of

__all__ = ["label_places"]

_SPOTS = tuple(
    (dx, dy, side) for dy in (3, -9, 14, -20, 25, -31) for dx, side in ((6, "left"), (-6, "right"))
)
"""Where a name may stand, in points from its place, nearest first; with its alignment."""


def label_places(
    axes: Any, layout: Layout, lang: Lang, layers: Collection[str], font: FontProperties
) -> None:
    """Write the names of seats, science cities and axes that are drawn.

    A name that has no free spot is left out: seats choose first, for they say where one is.

    Parameters
    ----------
    axes
        Of matplotlib, in the layout's equal-area projection (metres), its limits already set.
    layout, lang
        Whose names, in which language.
    layers
        Layers that are drawn; what is not drawn is not named.
    font
        A font that has the characters.
    """
    renderer, frame = axes.figure.canvas.get_renderer(), axes.get_window_extent()
    halo = [withStroke(linewidth=2.5, foreground="white")]
    taken: list[Any] = []
    for name, point in _places(layout, lang, layers):
        at = project(point, layout.crs)
        text = axes.annotate(
            name, (at.x, at.y), xytext=(0, 0), textcoords="offset points", fontproperties=font,
            fontsize=7.5, zorder=9, path_effects=halo, parse_math=False, annotation_clip=True,
        )  # fmt: skip
        for dx, dy, side in _SPOTS:
            text.set_position((dx, dy))
            text.set_horizontalalignment(side)
            box = text.get_window_extent(renderer)
            inside = frame.containsx(box.x0) and frame.containsx(box.x1)
            inside = inside and frame.containsy(box.y0) and frame.containsy(box.y1)
            if inside and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                break
        else:
            text.remove()


def _places(layout: Layout, lang: Lang, layers: Collection[str]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    if "seats" in layers:
        seats = [layout[name] for name in layout.meta.seats]
        found += [(name_of(s, lang), s.geometry) for s in seats if s.geometry is not None]
    if "zones" in layers:
        cities = layout.zones[layout.zones["kind"] == "science-city"]
        found += [
            (name_of(layout[row.id], lang), row.geometry.representative_point())
            for row in cities.itertuples()
        ]
    if "axes" in layers:
        found += [
            (name_of(layout[row.id], lang), row.geometry.interpolate(0.5, normalized=True))
            for row in layout.axes.itertuples()
        ]
    return found
