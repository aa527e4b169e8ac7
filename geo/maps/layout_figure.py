"""Axes of several layouts at one scale, on paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D

from geo.analysis.axis_shapes import AxisShape
from geo.maps.axis_drawing import (
    Arrangement,
    Drawn,
    badges,
    colours_of,
    extent,
    ink_on,
    rings_of,
    scale_km,
    shelves,
    shifted,
)
from geo.maps.static import cjk_font
from geo.words import Lang, say

__all__ = ["layout_figure"]

WIDTH = 7.2
MOST_HEIGHT = 9.5
"""Inches: of a page's text."""


def layout_figure(shapes: Sequence[AxisShape], lang: Lang, arrangement: Arrangement = "north-up") -> Figure:  # fmt: skip
    """Return axes and footprints at one scale, with a scale bar.

    Parameters
    ----------
    shapes
        The plane figures, at least one.
    lang
        Language of the words.
    arrangement
        ``north-up`` or ``turned``: over one another, each about its middle; ``side-by-side``: in
        rows, north up.

    Raises
    ------
    MissingDependencyError
        If no font with Chinese characters is installed.
    """
    font = cjk_font()
    own = list(shapes)
    apart = arrangement == "side-by-side"
    if arrangement == "turned":
        own = [s.turned() for s in own]
    elif apart:
        row = 2.1 * max(s.bounds[2] - s.bounds[0] for s in own)
        own = [shifted(s, by) for s, by in zip(own, shelves(own, row), strict=True)]
    drawn = colours_of(own, lang)
    west, south, east, north = extent(own)
    size = scale_km(east - west)
    south -= 0.06 * (east - west)
    legend = 0.0 if apart else 0.24 * len(drawn) + 0.1
    tall = min(WIDTH * (north - south) / (east - west), MOST_HEIGHT - legend)
    figure = Figure(figsize=(WIDTH, tall + legend + 0.3))
    FigureCanvasAgg(figure)
    whole = tall + legend + 0.3
    axes = figure.add_axes((0.01, legend / whole, 0.98, tall / whole))
    axes.set_axis_off()
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_aspect("equal")
    for one in drawn:
        _draw(axes, one)
    if apart:
        _names(axes, drawn, font)
    else:
        _numbers(axes, drawn)
        _key(figure, drawn, font)
    at = south + 0.02 * (east - west)
    start = west + 0.02 * (east - west)
    axes.plot([start, start + size], [at, at], color="#222222", linewidth=2.5, solid_capstyle="butt", gid="scale")  # fmt: skip
    axes.text(start, at + 0.012 * (east - west), say("layouts.chart.scale", lang, n=f"{size:g}"), fontproperties=font, fontsize=8)  # fmt: skip
    title = say(f"layouts.chart.title-{arrangement}", lang)
    figure.text(0.01, 1 - 0.05 / whole, title, fontproperties=font, fontsize=9, va="top")
    return figure


def _draw(axes: Any, one: Drawn) -> None:
    for ring in rings_of(one.shape):
        axes.fill(*ring.T, facecolor=one.colour, alpha=0.10, linewidth=0)
        axes.plot(*ring.T, color=one.colour, linewidth=0.7, alpha=0.7)
    xy = one.shape.axis.xy
    axes.plot(*xy, color=one.colour, linewidth=2.2, gid=f"axis-{one.number}")


def _numbers(axes: Any, drawn: Sequence[Drawn]) -> None:
    for one, (x, y) in zip(drawn, badges([d.shape for d in drawn]), strict=True):
        axes.plot(x, y, marker="o", markersize=12, color=one.colour, zorder=5)
        axes.text(x, y, str(one.number), color=ink_on(one.colour), fontsize=7.5, fontweight="bold", ha="center", va="center_baseline", zorder=6)  # fmt: skip


def _names(axes: Any, drawn: Sequence[Drawn], font: FontProperties) -> None:
    for one in drawn:
        west, _, east, north = one.shape.bounds
        said = f"{one.number} {one.own}" + (f"\n{one.whole}" if one.whole else "")
        axes.annotate(said, ((west + east) / 2, north), xytext=(0, 3), textcoords="offset points", ha="center", va="bottom", fontproperties=font, fontsize=6.5, linespacing=1.1)  # fmt: skip


def _key(figure: Any, drawn: Sequence[Drawn], font: FontProperties) -> None:
    handles = [Line2D([], [], color=one.colour, linewidth=3) for one in drawn]
    names = [one.name for one in drawn]
    key = figure.legend(handles, names, loc="lower left", frameon=False, prop=font, ncols=1)
    for text in key.get_texts():
        text.set_fontsize(8)
