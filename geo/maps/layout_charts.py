"""Charts of layouts beside one another: axes at one scale, and measures with their bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from geo.analysis.axis_shapes import AxisShape
from geo.maps.axis_drawing import (
    Drawn,
    badges,
    colours_of,
    extent,
    ink_on,
    rings_of,
    scale_km,
)
from geo.maps.cover_charts import heading
from geo.maps.palette import GREY
from geo.words import Lang, name_of, say

__all__ = ["axes_overlaid", "axes_panels", "measure_dots"]

NOTE = "#76808C"
"""Of words in a chart: read on a light and on a dark page."""
HEIGHT = 430
PANEL_WIDTH, PANEL_HEIGHT, LEAST_WIDTH = 330, 300, 150
"""Pixels of the largest panel, which fits a phone, and of the narrowest, which holds its name."""
BAR_ROOM, MARGINS = 30, 30
"""Pixels below a panel's shape for the bar, and what a page takes of its height."""


def axes_overlaid(shapes: Sequence[AxisShape], lang: Lang, *, turned: bool = False) -> Any:
    """Return the axes over one another, each centred on its middle, all at one scale.

    Parameters
    ----------
    shapes
        The plane figures.
    lang
        Language of the words.
    turned
        Whether each is turned so that it runs to the right; else north is up.

    Notes
    -----
    The domains follow the size on the screen, so that a kilometre is as many pixels across as up,
    whatever the width.
    """
    own = [s.turned() for s in shapes] if turned else list(shapes)
    drawn = colours_of(own, lang)
    west, south, east, north = extent(own)
    room = (north - south) * 0.12
    bar = _scale_bar(west + 0.02 * (east - west), south - room * 0.5, scale_km(east - west), lang)
    box = (west, south - room, east, north)
    x, y = _domains(box)
    parts = [*_lines(drawn, x, y), *_marks(drawn, x, y), *_bar(bar, x, y)]
    return alt.layer(*parts).properties(height=HEIGHT + 18 * len(drawn)).configure_view(stroke=None)


def axes_panels(shapes: Sequence[AxisShape], lang: Lang) -> list[Any]:
    """Return a chart for each axis with its footprint, north up, all at one scale; names are left to the page."""
    drawn = colours_of(shapes, lang)
    sizes = [(s.bounds[2] - s.bounds[0], s.bounds[3] - s.bounds[1]) for s in shapes]
    widest, tallest = max(w for w, _ in sizes), max(h for _, h in sizes)
    pixels = min(PANEL_WIDTH / (1.08 * widest), PANEL_HEIGHT / (1.08 * tallest))
    scale = scale_km(LEAST_WIDTH / pixels * 2)
    charts = []
    for one in drawn:
        west, south, east, north = one.shape.bounds
        # At least as wide as a name above it needs; below is room for the bar.
        half = max((east - west) / 2, LEAST_WIDTH / 2 / pixels)
        box = ((west + east) / 2 - half, south - BAR_ROOM / pixels, (west + east) / 2 + half, north)
        width, height = ((box[k + 2] - box[k]) * pixels for k in (0, 1))
        x, y = _domains(box, f"{1 / pixels:.9f}")
        bar = _scale_bar(box[0], box[1] + 4 / pixels, scale, lang)
        parts = [*_lines([one], x, y), *_bar(bar, x, y)]
        charts.append(alt.layer(*parts).properties(width=1.08 * width, height=1.08 * height + MARGINS).configure_view(stroke=None))  # fmt: skip
    return charts


def measure_dots(
    table: pd.DataFrame, measure: str, lang: Lang, *, numbers: Mapping[str, Drawn] | None = None
) -> Any:
    """Return a dot for each corridor with its band; what is not measured is said, never drawn at 0.

    Parameters
    ----------
    table
        :attr:`geo.analysis.layouts_compare.LayoutComparison.corridors`.
    measure
        One of :data:`geo.analysis.layouts_compare.BANDED`.
    lang
        Language of the words.
    numbers
        How the axes are drawn beside it, by key (``layout/corridor``), for the same colours.
    """
    rows = []
    for row in table.to_dict("records"):
        one = (numbers or {}).get(f"{row['layout']}/{row['corridor']}")
        name = name_of(row, lang, "corridor")
        rows.append(
            {
                "name": f"{one.number} {name}" if one else name, "colour": one.colour if one else GREY,
                "low": row[f"{measure}_low"], "value": row[measure], "high": row[f"{measure}_high"],
            }
        )  # fmt: skip
    plain = pd.DataFrame(rows, columns=["name", "colour", "low", "value", "high"])
    known = plain["value"].notna()
    least, most = plain.loc[known, "value"].min(), plain.loc[known, "value"].max()
    wide = bool(known.any() and least > 0 and most > 30 * least)
    title = heading(measure, lang)
    title = say("layouts.chart.logarithmic", lang, title=title) if wide else title
    lows = plain["low"].where(plain["low"] > 0, plain["value"] / 10) if wide else plain["low"]
    plain["low_drawn"] = lows.fillna(plain["value"])
    finite = plain["high"].where(plain["high"] < float("inf"))
    top = max(finite.max(), most) if known.any() else 1.0
    plain["high_drawn"] = plain["high"].clip(upper=top).fillna(plain["value"])
    scale = (
        alt.Scale(type="log", nice=False)
        if wide
        else alt.Scale(zero=measure not in ("azimuth_deg", "sinuosity"))
    )
    x = alt.X("value:Q", title=title, scale=scale, axis=alt.Axis(format=",.4~r", tickCount=6))
    y = alt.Y("name:N", sort=list(plain["name"]), title=None, axis=alt.Axis(labelLimit=180))
    tips = [alt.Tooltip("name:N", title=say("layouts.chart.corridor", lang))] + [
        alt.Tooltip(f"{n}:Q", format=",.4~r", title=say(f"coverpages.chart.{n}", lang)) for n in ("value", "low", "high")
    ]  # fmt: skip
    base = alt.Chart(plain).encode(y=y, tooltip=tips)
    colour = alt.Color("colour:N", scale=None)
    some = base.transform_filter("isValid(datum.value)")
    none = base.transform_filter("!isValid(datum.value)").transform_calculate(said=f"'{say('layouts.chart.unknown', lang)}'")  # fmt: skip
    layers = [
        some.mark_rule(strokeWidth=3, opacity=0.55).encode(x=alt.X("low_drawn:Q", title=title, scale=scale), x2="high_drawn:Q", color=colour),
        some.mark_point(filled=True, size=110, opacity=1).encode(x=x, color=colour),
        some.mark_text(dy=-11, fontSize=11, color=NOTE).encode(x=x, text=alt.Text("value:Q", format=",.4~r")),
        none.mark_text(align="left", dx=6, fontSize=11, color=NOTE).encode(x=alt.value(0), text="said:N"),
    ]  # fmt: skip
    return alt.layer(*layers).properties(height=alt.Step(36))


def _domains(box: tuple[float, float, float, float], per_pixel: str = "") -> tuple[Any, Any]:
    """Return the scales of a box about whose middle a kilometre is as long across as up.

    Parameters
    ----------
    box
        West, south, east and north, km.
    per_pixel
        Kilometres a pixel; by default so many that the box fits the size on the screen.
    """
    west, south, east, north = box
    across, up = east - west, north - south
    scale = per_pixel or f"max({across:.6f} / width, {up:.6f} / height)"
    ends = []
    for middle, size in (((west + east) / 2, "width"), ((south + north) / 2, "height")):
        half = f"{scale} * {size} / 2"
        ends.append((alt.ExprRef(f"{middle:.6f} - {half}"), alt.ExprRef(f"{middle:.6f} + {half}")))
    return tuple(_axis(name, alt.Scale(domainMin=low, domainMax=high, nice=False, zero=False)) for name, (low, high) in zip("xy", ends, strict=True))  # fmt: skip


def _axis(name: str, scale: Any) -> Any:
    channel = alt.X if name == "x" else alt.Y
    return channel(f"{name}:Q", axis=None, scale=scale)


def _lines(drawn: Sequence[Drawn], x: Any, y: Any) -> list[Any]:
    """Return the footprints, quietly, and over them the axes."""
    rows: list[dict[str, Any]] = []
    for one in drawn:
        parts = [("footprint", ring) for ring in rings_of(one.shape)]
        for k, (what, xy) in enumerate([*parts, ("axis", one.shape.axis.coords)]):
            rows += [{"x": round(float(p[0]), 3), "y": round(float(p[1]), 3), "part": f"{one.number}-{k}", "what": what, "name": one.name, "order": n} for n, p in enumerate(xy)]  # fmt: skip
    names = [one.name for one in drawn]
    legend = None if len(drawn) == 1 else alt.Legend(orient="bottom", columns=1, title=None, labelLimit=330, symbolType="stroke", symbolStrokeWidth=4, symbolOpacity=1)  # fmt: skip
    colour = alt.Color("name:N", sort=names, legend=legend, scale=alt.Scale(domain=names, range=[one.colour for one in drawn]))  # fmt: skip
    base = alt.Chart(pd.DataFrame(rows)).encode(x=x, y=y, detail="part:N", order="order:Q", color=colour, tooltip=alt.Tooltip("name:N", title=None))  # fmt: skip
    return [
        base.transform_filter("datum.what === 'footprint'").mark_line(strokeWidth=1, opacity=0.45),
        base.transform_filter("datum.what === 'axis'").mark_line(strokeWidth=3),
    ]


def _marks(drawn: Sequence[Drawn], x: Any, y: Any) -> list[Any]:
    at = badges([one.shape for one in drawn])
    rows = [{"x": p[0], "y": p[1], "number": str(one.number), "colour": one.colour, "ink": ink_on(one.colour), "name": one.name} for one, p in zip(drawn, at, strict=True)]  # fmt: skip
    base = alt.Chart(pd.DataFrame(rows)).encode(x=x, y=y, tooltip=alt.Tooltip("name:N", title=None))
    return [
        base.mark_point(filled=True, size=300, opacity=1).encode(color=alt.Color("colour:N", scale=None)),
        base.mark_text(fontSize=11, fontWeight="bold").encode(text="number:N", color=alt.Color("ink:N", scale=None)),
    ]  # fmt: skip


def _scale_bar(west: float, south: float, size: float, lang: Lang) -> pd.DataFrame:
    said = say("layouts.chart.scale", lang, n=f"{size:g}")
    return pd.DataFrame({"x": [west], "y": [south], "x2": [west + size], "said": [said]})


def _bar(bar: pd.DataFrame, x: Any, y: Any) -> list[Any]:
    base = alt.Chart(bar).encode(x=x, y=y)
    return [
        base.mark_rule(color=NOTE, strokeWidth=3).encode(x2="x2:Q"),
        base.mark_text(color=NOTE, align="left", dy=-9, fontSize=11).encode(text="said:N"),
    ]
