"""Map features of coverage, gaps, overlaps and people: small, styled, every word from data escaped."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from geo.analysis.changes import changed_footprint
from geo.analysis.footprints import Footprint
from geo.maps.cover_charts import heading
from geo.maps.features import feature_of, tip_of
from geo.maps.layers import DIGITS, SIMPLIFY_M, unit_features
from geo.maps.palette import GREEN, GREY, ORANGE, VERMILION
from geo.measure import project_points, unproject
from geo.model.layout import Layout
from geo.words import Lang, name_of, say
from geo.words.figures import figure

__all__ = [
    "SHADES", "banded_text", "breaks_of", "change_features", "distance_text", "footprint_features", "gap_features",
    "part_features", "point_features", "shade_legend", "unit_value_features",
]  # fmt: skip

SHADES = ("#DEEBF7", "#9ECAE1", "#6BAED6", "#3182BD", "#08519C")
"""Light to dark (Brewer's Blues)."""
MOST_POINTS = 800
"""More points than this are drawn together, square by square."""
_SQUARES_M = (500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16_000.0, 32_000.0, 64_000.0, 128_000.0)


def banded_text(row: Mapping[Any, Any], name: str, *, percent: bool = False) -> str:
    """Return a value with its band, such as ``2,750 (2,426–2,992)`` or ``55.0 % (48.5–59.8 %)``."""
    low, central, high = (float(row[f"{name}{end}"]) for end in ("_low", "", "_high"))
    if percent:
        return f"{100 * central:.1f}% ({100 * low:.1f}–{100 * high:.1f}%)"
    return f"{figure(central)} ({figure(low)}–{figure(high)})"


def distance_text(km: float, lang: Lang) -> str:
    """Return a distance as a person says it: metres where it is short."""
    if km < 1:
        return say("coverpages.common.metres", lang, n=f"{1000 * km:.0f}")
    return say("coverpages.common.km", lang, n=f"{km:,.1f}")


def breaks_of(values: Any) -> list[float]:
    """Return up to four limits between shades, two significant digits each, rising.

    They are the quintiles of the positive values, so that each shade is used about as often.
    """
    own = np.asarray(values, dtype=float)
    own = own[np.isfinite(own) & (own > 0)]
    if not len(own):
        return []
    found = [float(f"{v:.2g}") for v in np.quantile(own, [0.2, 0.4, 0.6, 0.8])]
    return sorted(set(found))


def _shade(value: float, breaks: Sequence[float]) -> str:
    if not np.isfinite(value):
        return "#FFFFFF"
    # With fewer limits than shades the lighter ones are left out of the middle.
    k = int(np.searchsorted(breaks, value, side="right"))
    return SHADES[round(k * (len(SHADES) - 1) / max(len(breaks), 1))]


def shade_legend(breaks: Sequence[float], title: str, *, percent: bool = False) -> str:
    """Return the legend of shades as HTML: a row of swatches with their limits."""

    def text(v: float) -> str:
        return f"{100 * v:.3g}%" if percent else figure(v)

    names = [f"< {text(breaks[0])}"] if breaks else ["–"]
    names += [f"{text(a)}–{text(b)}" for a, b in pairwise(breaks)]
    names += [f"≥ {text(breaks[-1])}"] if breaks else []
    swatches = "".join(
        f'<span style="white-space:nowrap;margin-right:10px"><span style="display:inline-block;width:14px;height:12px;'
        f"background:{SHADES[round(k * (len(SHADES) - 1) / max(len(breaks), 1))]};border:1px solid {GREY};"
        f'margin-right:4px;vertical-align:-1px"></span>{html.escape(name)}</span>'
        for k, name in enumerate(names)
    )
    return f'<div class="legend" style="font-size:12px;line-height:1.7"><b>{html.escape(title)}</b> {swatches}</div>'


def _drawn(shape: BaseGeometry, crs: CRS) -> BaseGeometry:
    """Return a planar shape in WGS84, as fine as a map shows it."""
    found: BaseGeometry = unproject(shapely.simplify(shape, SIMPLIFY_M), crs)
    return found


def _label_at(shape: BaseGeometry) -> list[float]:
    point = shapely.point_on_surface(shape)
    return [round(point.y, DIGITS), round(point.x, DIGITS)]


def footprint_features(
    footprints: Sequence[Footprint], table: pd.DataFrame, value: str, lang: Lang, *,
    breaks: Sequence[float], lines: Mapping[str, bool], label: bool = False,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return footprints shaded by a value of theirs, the large ones beneath.

    Parameters
    ----------
    footprints
        The footprints.
    table
        One row for each: ``footprint`` and the columns of ``lines``.
    value
        Column of the shades.
    lang
        Language of the words.
    breaks
        Limits between shades (:func:`breaks_of`).
    lines
        What a tooltip tells: columns (with band where there is one), and whether each is a share.
    label
        Whether the value is written on the map.
    """
    rows = {str(r["footprint"]): r for r in table.to_dict("records")}
    features = []
    for f in sorted(footprints, key=lambda f: -f.shape.area):
        row = rows.get(f.id)
        if row is None or f.shape.is_empty:
            continue
        shape = _drawn(f.shape, f.crs)
        told = [f"{heading(c, lang)}: {_value_text(row, c, percent)}" for c, percent in lines.items() if c in row]  # fmt: skip
        style = {"color": GREY, "weight": 1.3, "fillColor": _shade(float(row[value]), breaks), "fillOpacity": 0.7}  # fmt: skip
        words: dict[str, Any] = {}
        if label:
            number = float(row[value])
            words = {"label": f"{100 * number:.1f}%" if lines.get(value) else figure(number), "at": _label_at(shape)}  # fmt: skip
        features.append(feature_of(shape, style, tip_of(name_of(f, lang), told, f.id), **words))
    return features


def unit_value_features(
    units: gpd.GeoDataFrame, table: pd.DataFrame, value: str, lang: Lang, *,
    breaks: Sequence[float], lines: Mapping[str, bool], chosen: str = "",
) -> list[dict[str, Any]]:  # fmt: skip
    """Return administrative units shaded by a value of theirs.

    Parameters
    ----------
    units
        Administrative units.
    table
        One row for each: ``unit_id`` and the columns of ``lines``.
    value
        Column of the shades.
    lang
        Language of the words.
    breaks
        Limits between shades.
    lines
        What a tooltip tells: columns (with band where there is one), and whether each is a share.
    chosen
        Code of the unit whose border stands out.
    """
    rows = {str(r["unit_id"]): r for r in table.to_dict("records")}
    features = unit_features(units, lang)
    for feature, row_of_unit in zip(features, units.to_dict("records"), strict=True):
        code = str(row_of_unit["adcode"])
        row = rows.get(code, {})
        number = float(row.get(value, float("nan")))
        told = [f"{heading(c, lang)}: {_value_text(row, c, percent)}" for c, percent in lines.items() if c in row]  # fmt: skip
        mine = code == chosen
        feature["properties"] = {
            "st": {
                "color": VERMILION if mine else GREY, "weight": 3 if mine else 0.8,
                "fillColor": _shade(number, breaks), "fillOpacity": 0.65 if np.isfinite(number) else 0.05,
            },
            "tip": tip_of(name_of(row_of_unit, lang), told, f"unit:{code}"),
        }  # fmt: skip
    # A border that stands out is drawn last.
    return sorted(features, key=lambda f: float(f["properties"]["st"]["weight"]))


def _value_text(row: Mapping[Any, Any], column: str, percent: bool) -> str:
    if f"{column}_low" in row:
        return banded_text(row, column, percent=percent)
    value = float(row[column])
    if not np.isfinite(value):
        return "–"
    return f"{100 * value:.1f}%" if percent else figure(value)


def part_features(parts: gpd.GeoDataFrame, lang: Lang) -> list[dict[str, Any]]:
    """Return the parts that lie in several footprints, the darker the more of them.

    Parameters
    ----------
    parts
        :func:`geo.analysis.overlap_shapes.part_shapes`, perhaps with ``count`` and its band.
    lang
        Language of the words.
    """
    several = parts[parts["members"] > 1].sort_values("members")
    features = []
    for row in several.to_dict("records"):
        shape = row["geometry"].simplify(SIMPLIFY_M / 111_000)
        lines = [say("coverpages.overlap.members", lang, n=row["members"]), f"{heading('area_km2', lang)}: {banded_text(row, 'area_km2')}"]  # fmt: skip
        if pd.notna(row.get("count")):
            lines.append(f"{heading('count', lang)}: {banded_text(row, 'count')}")
        shade = SHADES[min(row["members"] - 1, len(SHADES) - 1)]
        style = {"color": GREY, "weight": 0.8, "fillColor": shade, "fillOpacity": 0.8}
        features.append(feature_of(shape, style, tip_of(name_of(row, lang, "part"), lines, f"part:{row['part']}")))  # fmt: skip
    return features


def point_features(
    lon: NDArray[np.float64], lat: NDArray[np.float64], times: NDArray[np.int64], lang: Lang, crs: CRS,
    most: int = MOST_POINTS,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return points that count several times: each, or where there are many, square by square.

    Parameters
    ----------
    lon, lat
        WGS84 degrees, shape (n,).
    times
        How often each counts, shape (n,).
    lang
        Language of the words.
    crs
        Planar projection of the squares.
    most
        So many features at most.
    """
    if len(lon) <= most:
        style = {"radius": 2.5, "color": "#FFFFFF", "weight": 0.4, "fillColor": ORANGE, "fillOpacity": 0.9}  # fmt: skip
        return [
            feature_of(shapely.Point(x, y), style, html.escape(say("coverpages.overlap.counts-times", lang, n=int(n))))
            for x, y, n in zip(lon, lat, times, strict=True)
        ]  # fmt: skip
    xy = project_points(lon, lat, crs)
    for size in _SQUARES_M:
        cells, of = np.unique(np.floor(xy / size).astype(np.int64), axis=0, return_inverse=True)
        if len(cells) <= most:
            break
    counts = np.bincount(of.ravel(), minlength=len(cells))
    # At the mean place of what it holds, not at the middle of the square.
    mean = np.column_stack([np.bincount(of.ravel(), xy[:, k]) / counts for k in (0, 1)])
    at = shapely.get_coordinates(unproject(shapely.points(mean), crs))
    radius = 1.5 + 7 * np.sqrt(counts / counts.max())
    return [
        feature_of(
            shapely.Point(at[k]),
            {"radius": round(float(radius[k]), 1), "color": "#FFFFFF", "weight": 0.4, "fillColor": ORANGE, "fillOpacity": 0.8},
            html.escape(say("coverpages.overlap.square", lang, n=f"{counts[k]:,}", km=f"{size / 1000:g}")),
        )
        for k in range(len(cells))
    ]  # fmt: skip


def gap_features(
    table: pd.DataFrame, lang: Lang, *, name: str | None = None, chosen: int | None = None
) -> list[dict[str, Any]]:  # fmt: skip
    """Return points in no footprint; the ``chosen`` one (by ``row``) stands out.

    Parameters
    ----------
    table
        Rows of ``Gaps.by_point``.
    lang
        Language of the words.
    name
        Column with a name of each point.
    chosen
        ``row`` of the point that was chosen.
    """
    weight = table["weight"].clip(lower=0).astype(float)
    radius = 4 + 6 * np.sqrt(weight / weight.max()) if len(table) and weight.max() > 0 else weight * 0 + 5  # fmt: skip
    features = []
    for size, row in zip(radius, table.to_dict("records"), strict=True):
        mine = row["row"] == chosen
        style = {
            "radius": round(float(size) + (3 if mine else 0), 1), "color": VERMILION if mine else "#FFFFFF", "weight": 4 if mine else 1,
            "fillColor": ORANGE if row["sure"] else "#FFE3A6", "fillOpacity": 0.95,
        }  # fmt: skip
        title = str(row[name]) if name and row.get(name) is not None else say("coverpages.gaps.point", lang, row=row["row"])  # fmt: skip
        lines = [
            f"{heading('rank', lang)}: {row['rank']}", f"{heading('weight', lang)}: {figure(row['weight'])}",
            f"{name_of(row, lang, 'footprint')}: {distance_text(row['distance_km'], lang)}",
        ]  # fmt: skip
        features.append(feature_of(shapely.Point(row["lon"], row["lat"]), style, tip_of(title, lines, f"gap:{row['row']}")))  # fmt: skip
    return sorted(features, key=lambda f: float(f["properties"]["st"]["weight"]))


def change_features(
    layout: Layout, footprint: Footprint, gap: Mapping[Any, Any], lang: Lang
) -> list[dict[str, Any]]:
    """Return the nearest footprint, what it would be after the change, and the way between.

    Parameters
    ----------
    layout, footprint
        Where the gap was found, and the footprint that it names.
    gap
        A row of ``Gaps.by_point`` or ``Gaps.by_unit``.
    lang
        Language of the words.
    """
    own = _drawn(footprint.shape, footprint.crs)
    name = name_of(footprint, lang)
    features = [
        feature_of(own, {"color": GREY, "weight": 2.5, "fillOpacity": 0.05, "fillColor": GREY}, tip_of(name, [say("coverpages.gaps.now", lang)], footprint.id))
    ]  # fmt: skip
    if gap["change"]:
        after = _drawn(changed_footprint(layout, footprint, gap), layout.crs)
        style = {"color": GREEN, "weight": 3, "dashArray": "8 6", "fillColor": GREEN, "fillOpacity": 0.12}  # fmt: skip
        features.append(feature_of(after, style, tip_of(name, [say("coverpages.gaps.after", lang)], f"after:{footprint.id}")))  # fmt: skip
    place = shapely.Point(project_points(gap["lon"], gap["lat"], footprint.crs)[0])
    way = shapely.shortest_line(place, footprint.shape)
    if way is not None and way.length > 0:
        middle = unproject(way.interpolate(0.5, normalized=True), footprint.crs)
        label = distance_text(float(gap["distance_km"]), lang)
        line = {"color": VERMILION, "weight": 2.5, "dashArray": "2 6"}
        features.append(feature_of(unproject(way, footprint.crs), line, label=label, at=[round(middle.y, DIGITS), round(middle.x, DIGITS)]))  # fmt: skip
    return features
