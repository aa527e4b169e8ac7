"""The map of links on paper: what is within reach, what is near, and all of it, in three panels."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from shapely.geometry.base import BaseGeometry

from geo.maps.link_features import (
    DIRECTED,
    KIND_STYLES,
    VIEWS,
    Bundle,
    bundles,
    chevron,
    km_text,
    view_box,
)
from geo.maps.palette import GREY, UNIT
from geo.maps.static import cjk_font
from geo.measure import project
from geo.model.layout import Layout, bounds
from geo.words import Lang, name_of, say

__all__ = ["draw_links"]

_SPOTS = tuple((dx, dy, side) for dy in (3, -9, 14, -20, 25, -31) for dx, side in ((5, "left"), (-5, "right")))  # fmt: skip


_WHOLE = (0.02, 0.13, 0.96, 0.85)
_PLACES = ((0.02, 0.13, 0.60, 0.85), (0.64, 0.56, 0.34, 0.42), (0.64, 0.13, 0.34, 0.42))
"""Panels: links within 400 km, those near, and all."""


def draw_links(
    layout: Layout, frame: gpd.GeoDataFrame, lang: Lang, *, units: gpd.GeoDataFrame | None = None
) -> Figure:
    """Return a figure with the links of a layout, their kinds and lengths.

    Parameters
    ----------
    layout
        Its equal-area projection is drawn in.
    frame
        :meth:`geo.analysis.links.Links.frame`, or some rows of it.
    lang
        Language of the words.
    units
        Outlines beneath.

    Raises
    ------
    MissingDependencyError
        If no font with Chinese characters is installed.
    """
    font = cjk_font()
    figure = Figure(figsize=(10.4, 6.6))
    FigureCanvasAgg(figure)
    found = bundles(frame, layout.crs)
    panels: dict[tuple[float, float, float, float], tuple[float, float]] = {}
    for view, shortest in (("region", VIEWS["near"]), ("near", 0.0), ("all", VIEWS["region"])):
        # Where all links are near, or none is far, two views are the same: one panel shows both.
        panels.setdefault(view_box(frame, view, bounds(layout)), (shortest, VIEWS[view]))
    places = _PLACES if len(panels) > 1 else (_WHOLE,)
    outer = next(iter(panels))
    for k, ((box, (shortest, longest)), place) in enumerate(zip(panels.items(), places, strict=False)):  # fmt: skip
        axes = figure.add_axes(place)
        _panel(axes, layout, box, units if k < 2 else None)
        if k == 2:
            _frame_of(axes, layout, outer)
        _lines(axes, found, layout)
        written = [b for b in found if shortest < b.km <= longest or len(panels) == 1 or (k == 0 and b.km > longest)]  # fmt: skip
        _words(axes, written if k == 2 else found, written, layout, lang, font, box)
    _legend(figure, list(dict.fromkeys(b.kind for b in found)), lang, font)
    return figure


def _planar(box: tuple[float, float, float, float], layout: Layout) -> tuple[float, ...]:
    return tuple(project(shapely.segmentize(shapely.box(*box), 0.25), layout.crs).bounds)


def _panel(axes: Any, layout: Layout, box: tuple[float, float, float, float], units: gpd.GeoDataFrame | None) -> None:  # fmt: skip
    axes.set_aspect("equal", adjustable="box")
    west, south, east, north = _planar(box, layout)
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    # The frame takes its final size now: words are kept within it.
    axes.apply_aspect()
    axes.set_facecolor("#F4F6F8")
    axes.set_xticks([])
    axes.set_yticks([])
    if units is not None:
        for shape in units.geometry:
            for part in shapely.get_parts(shapely.boundary(project(shape, layout.crs))):
                axes.plot(*np.asarray(part.coords).T, color=UNIT, linewidth=0.4, zorder=1)


def _frame_of(axes: Any, layout: Layout, box: tuple[float, float, float, float]) -> None:
    west, south, east, north = _planar(box, layout)
    axes.add_patch(Rectangle((west, south), east - west, north - south, fill=False, edgecolor=GREY, linewidth=0.8, zorder=2))  # fmt: skip


def _dash(kind: str) -> Any:
    dash = KIND_STYLES.get(kind, (GREY, "5 5"))[1]
    return (0, tuple(float(n) * 0.6 for n in dash.split())) if dash else "solid"


def _lines(axes: Any, found: list[Bundle], layout: Layout) -> None:
    for bundle in found:
        colour = KIND_STYLES.get(bundle.kind, (GREY, ""))[0]
        wide = 1.5 + 0.6 * min(len(bundle.rows) - 1, 4)
        _stroke(axes, bundle.line, layout, color=colour, linewidth=wide, linestyle=_dash(bundle.kind), zorder=4)  # fmt: skip
        if bundle.kind in DIRECTED:
            _stroke(axes, chevron(bundle.line, layout.crs), layout, color=colour, linewidth=wide, zorder=4)  # fmt: skip


def _stroke(axes: Any, line: BaseGeometry, layout: Layout, **style: Any) -> None:
    x, y = np.asarray(project(line, layout.crs).coords).T
    axes.plot(x, y, solid_capstyle="round", scalex=False, scaley=False, **style)


def _words(
    axes: Any, found: list[Bundle], written: list[Bundle], layout: Layout, lang: Lang, font: FontProperties,
    box: tuple[float, float, float, float],
) -> None:  # fmt: skip
    """Write names of ends, then lengths, the longest first; what finds no free spot is left out."""
    seen = shapely.box(*_planar(box, layout))
    words: list[tuple[str, BaseGeometry, str]] = []
    named: dict[str, BaseGeometry] = {}
    for bundle in found:
        for row in bundle.rows[:1]:
            for side, k in (("from", 0), ("to", -1)):
                named.setdefault(name_of(row, lang, side), shapely.Point(bundle.line.coords[k]))
    for name, point in named.items():
        at = project(point, layout.crs)
        axes.plot(at.x, at.y, "o", color="#222222", markersize=3, zorder=6, scalex=False, scaley=False)  # fmt: skip
        words.append((name, at, "#111111"))
    for bundle in written:
        line = project(bundle.line, layout.crs)
        inside = shapely.intersection(line, seen)
        if inside.is_empty:
            continue
        longest = max(shapely.get_parts(inside), key=lambda p: p.length)
        text = km_text(bundle.km, lang) + (f" ×{len(bundle.rows)}" if len(bundle.rows) > 1 else "")
        words.append((text, longest.interpolate(0.5, normalized=True), "#4A4F55"))
    _placed(axes, [w for w in words if seen.contains(w[1])], font)


def _placed(axes: Any, words: list[tuple[str, BaseGeometry, str]], font: FontProperties) -> None:
    renderer, frame = axes.figure.canvas.get_renderer(), axes.get_window_extent()
    halo = [withStroke(linewidth=2.2, foreground="white")]
    taken: list[Any] = []
    for text, at, colour in words:
        drawn = axes.annotate(
            text, (at.x, at.y), xytext=(0, 0), textcoords="offset points", fontproperties=font, fontsize=7, color=colour,
            zorder=9, path_effects=halo, parse_math=False,
        )  # fmt: skip
        for dx, dy, side in _SPOTS:
            drawn.set_position((dx, dy))
            drawn.set_horizontalalignment(side)
            own = drawn.get_window_extent(renderer)
            inside = frame.x0 <= own.x0 and own.x1 <= frame.x1 and frame.y0 <= own.y0 and own.y1 <= frame.y1  # fmt: skip
            if inside and not any(own.overlaps(other) for other in taken):
                taken.append(own)
                break
        else:
            drawn.remove()


def _legend(figure: Figure, kinds: list[str], lang: Lang, font: FontProperties) -> None:
    marks = [
        Line2D([], [], color=KIND_STYLES.get(k, (GREY, ""))[0], linestyle=_dash(k), linewidth=1.8, label=say(f"model.kind.{k}", lang))
        for k in kinds
    ]  # fmt: skip
    if marks:
        figure.legend(handles=marks, prop=font, frameon=False, loc="lower center", ncols=4, fontsize="small", handlelength=3.2)  # fmt: skip
