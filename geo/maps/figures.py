"""Charts on paper and in reports: PNG, SVG or PDF with Chinese type, in the colours of the map."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import PercentFormatter

from geo.maps.palette import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, WINE
from geo.maps.static import cjk_font

__all__ = ["Line", "bars", "figure_file", "lines", "matrix", "profile_figure", "strip_figure"]

COLOURS = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, WINE, SKY, GREY)
WIDTH, HEIGHT = 7.2, 3.6
"""Inches: the width of a page's text."""


@dataclass(frozen=True)
class Line:
    """A line with its band.

    Attributes
    ----------
    name
        For the legend.
    x, low, central, high
        Shape (n,).
    breaks
        Where to mark it.
    """

    name: str
    x: Sequence[float]
    low: Sequence[float]
    central: Sequence[float]
    high: Sequence[float]
    breaks: Sequence[float] = ()


def figure_file(figure: Figure, form: str = "svg", dpi: int = 150) -> bytes:
    """Return a figure as ``svg``, ``png`` or ``pdf``.

    Type is drawn as outlines in SVG, so that it looks the same where no such font is installed; no
    file holds the time it was made at, and the same figure gives the same bytes.
    """
    buffer = io.BytesIO()
    stamp = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(form, {})
    with rc_context({"svg.hashsalt": "corridor"}):
        figure.savefig(buffer, format=form, dpi=dpi, metadata=stamp)
    return buffer.getvalue()


def _axes(width: float = WIDTH, height: float = HEIGHT) -> tuple[Figure, Axes, FontProperties]:
    font = cjk_font()
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#E3E7EB", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes, font


def _finish(axes: Axes, font: FontProperties, x: str, y: str, *, legend: bool = False) -> None:
    axes.set_xlabel(x, fontproperties=font)
    axes.set_ylabel(y, fontproperties=font)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(font)
    if legend:
        axes.legend(prop=font, frameon=False, fontsize="small")


def lines(
    series: Sequence[Line], x: str, y: str, *, percent: bool = False, marks: Sequence[tuple[float, str]] = ()
) -> Figure:  # fmt: skip
    """Return lines with their bands.

    Parameters
    ----------
    series
        The lines.
    x, y
        Titles of the axes.
    percent
        Whether values are shares of 1.
    marks
        Places on the x axis with their names, such as a published width.
    """
    figure, axes, font = _axes()
    for k, line in enumerate(series):
        colour = COLOURS[k % len(COLOURS)]
        axes.fill_between(line.x, line.low, line.high, color=colour, alpha=0.18, linewidth=0)
        axes.plot(line.x, line.central, color=colour, marker="o", markersize=3, label=line.name)
        for at in line.breaks:
            axes.plot(at, np.interp(at, line.x, line.central), marker="D", color=colour, markersize=6, markerfacecolor="white")  # fmt: skip
    for at, name in marks:
        axes.axvline(at, color=GREY, linestyle="--", linewidth=1)
        axes.annotate(name, (at, 1.0), xycoords=("data", "axes fraction"), xytext=(3, -3), textcoords="offset points", va="top", fontproperties=font, color=GREY)  # fmt: skip
    if percent:
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylim(bottom=0)
    _finish(axes, font, x, y, legend=len(series) > 1)
    return figure


def bars(
    names: Sequence[str], low: Sequence[float], central: Sequence[float], high: Sequence[float], x: str, *,
    percent: bool = False,
) -> Figure:  # fmt: skip
    """Return horizontal bars, the first on top, each with a thin line from low to high."""
    figure, axes, font = _axes(height=0.9 + 0.28 * len(names))
    at = np.arange(len(names))[::-1]
    axes.barh(at, central, color=BLUE, alpha=0.75, height=0.62)
    axes.hlines(at, low, high, color="#222222", linewidth=1.3)
    axes.set_yticks(at, list(names))
    axes.grid(axis="y", visible=False)
    if percent:
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    _finish(axes, font, x, "")
    return figure


def matrix(names: Sequence[str], values: Any, title: str, *, form: str = "{:,.0f}") -> Figure:
    """Return a square table of numbers whose cells are the darker the larger they are.

    Parameters
    ----------
    names
        Of rows and columns.
    values
        Shape (n, n); not a number is left blank.
    title
        What the numbers are.
    form
        How a number is written.
    """
    grid = np.asarray(values, dtype=float)
    side = max(3.2, 1.6 + 0.52 * len(names))
    figure, axes, font = _axes(width=side + 1.2, height=side)
    axes.grid(visible=False)
    axes.imshow(grid, cmap="Blues", vmin=0)
    top = np.nanmax(grid) if np.isfinite(grid).any() else 1.0
    for (r, c), value in np.ndenumerate(grid):
        if np.isfinite(value):
            dark = value > 0.6 * top
            axes.text(c, r, form.format(value), ha="center", va="center", fontsize=7, color="white" if dark else "#222222")  # fmt: skip
    axes.set_xticks(range(len(names)), list(names), rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), list(names))
    axes.set_title(title, fontproperties=font, fontsize=10)
    _finish(axes, font, "", "")
    return figure


def profile_figure(
    bins: pd.DataFrame, x: str, left: str, right: str, *, value: str = "value",
    nodes: Sequence[tuple[float, str]] = (),
) -> Figure:  # fmt: skip
    """Return a profile: what lies left of the axis above it, what lies right below.

    Parameters
    ----------
    bins
        Rows of ``geo.profile(...).bins`` of one category: ``side``, ``from_km``, ``to_km`` and
        ``<value>`` with its band.
    x, left, right
        Titles: of the chainage, and of the values on each side.
    value
        Column.
    nodes
        Chainage and name of places to mark on the axis.
    """
    figure, axes, font = _axes(height=4.2)
    for side, sign, colour in (("left", 1, BLUE), ("right", -1, ORANGE)):
        own = bins[bins["side"] == side]
        start, width = own["from_km"], own["to_km"] - own["from_km"]
        axes.bar(start, sign * own[value], width, align="edge", color=colour, alpha=0.75, label=left if side == "left" else right)  # fmt: skip
        axes.vlines(start + width / 2, sign * own[f"{value}_low"], sign * own[f"{value}_high"], color="#222222", linewidth=0.8)  # fmt: skip
    axes.axhline(0, color="#222222", linewidth=1)
    for at, name in nodes:
        axes.plot(at, 0, marker="o", color=VERMILION, markersize=4, zorder=5)
        axes.annotate(name, (at, 0), xytext=(0, 4), textcoords="offset points", rotation=60, fontsize=7, fontproperties=font)  # fmt: skip
    axes.yaxis.set_major_formatter(lambda v, _: f"{abs(v):,.4g}")
    _finish(axes, font, x, "", legend=True)
    return figure


def strip_figure(
    table: pd.DataFrame, widths: pd.DataFrame, x: str, y: str, *, points: pd.DataFrame | None = None, name: str = "name_zh"
) -> Figure:  # fmt: skip
    """Return the strip map: the corridor straightened, chainage to the right, left of the axis above.

    Parameters
    ----------
    table
        Features of one corridor: ``chainage_km``, ``offset_km`` (negative on the left), ``name``,
        ``where``.
    widths
        ``chainage_km`` and ``half_width_km`` of the same corridor.
    x, y
        Titles of the axes.
    points
        Points in the same axes, drawn faintly.
    name
        Column of the names that are written.
    """
    figure, axes, font = _axes(height=3.8)
    at, half = widths["chainage_km"], widths["half_width_km"]
    axes.fill_between(at, -half, half, color=BLUE, alpha=0.12, linewidth=0)
    axes.axhline(0, color=BLUE, linewidth=2)
    if points is not None and len(points):
        axes.scatter(points["chainage_km"], -points["offset_km"], s=2, color=GREY, alpha=0.35, linewidths=0)  # fmt: skip
    inside = table[table["where"] == "inside"]
    axes.scatter(inside["chainage_km"], -inside["offset_km"], s=18, color=VERMILION, zorder=4)
    reach = float(at.max() - at.min()) or 1.0, 2 * float(half.max()) or 1.0
    written: list[tuple[float, float]] = []
    for row in inside.sort_values("chainage_km").to_dict("records"):
        place = float(row["chainage_km"]), -float(row["offset_km"])
        # A name that would lie on another is left to the table.
        if all(abs(place[0] - x) > 0.09 * reach[0] or abs(place[1] - y) > 0.05 * reach[1] for x, y in written):  # fmt: skip
            axes.annotate(str(row[name]), place, xytext=(3, 3), textcoords="offset points", fontsize=6.5, fontproperties=font)  # fmt: skip
            written.append(place)
    axes.yaxis.set_major_formatter(lambda v, _: f"{abs(v):g}")
    axes.set_xlim(float(at.min()), float(at.max()))
    _finish(axes, font, x, y)
    return figure
