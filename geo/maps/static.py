"""The map on paper: PDF, PNG or SVG, with all that a printed plan must say."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, cast

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findSystemFonts, fontManager
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path as MplPath
from pyproj import CRS

from geo.errors import MissingDependencyError
from geo.maps.layers import DEFAULT_LAYERS, GROUPS, held_layers
from geo.maps.palette import UNIT, ZONE, area_style, line_style, node_style
from geo.maps.print_labels import label_places
from geo.maps.sheet import LEAFLET, Further, Imprint, imprint_lines, title_of
from geo.measure import project, unproject
from geo.measure.scales import KM
from geo.model.kinds import COUNTED
from geo.model.layout import Layout, bounds
from geo.words import Lang, name_of, say
from geo.words.imperial import is_imperial, unit_word

__all__ = ["FONTS", "Imprint", "cjk_font", "draw_map", "map_file"]

FONTS = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "Microsoft YaHei", "PingFang SC", "PingFang HK", "SimHei",
    "Noto Sans CJK JP", "Droid Sans Fallback",
)  # fmt: skip


@cache
def cjk_font() -> FontProperties:
    """Return an installed font with Chinese characters.

    Raises
    ------
    MissingDependencyError
        If none of :data:`FONTS` is installed.
    """
    for look_again in (False, True):
        if look_again:
            _add_new_fonts()
        installed = {entry.name for entry in fontManager.ttflist}
        for name in FONTS:
            if name in installed:
                return FontProperties(family=name)
    raise MissingDependencyError(
        f"{say('map.static.no-font', 'zh')} / {say('map.static.no-font', 'en')}"
    )


def _add_new_fonts() -> None:
    """Add the fonts that were installed after matplotlib wrote down which there are."""
    known = {entry.fname for entry in fontManager.ttflist}
    for path in findSystemFonts():
        if path not in known:
            try:
                fontManager.addfont(path)
            except (OSError, RuntimeError):  # no font that can be drawn, such as one of bitmaps
                continue


def map_file(
    layout: Layout,
    lang: Lang = "zh",
    *,
    units: gpd.GeoDataFrame | None = None,
    layers: Sequence[str] = DEFAULT_LAYERS,
    ring_km: float | None = None,
    imprint: Imprint | None = None,
    further: Further | None = None,
    form: str = "pdf",
    dpi: int = 150,
) -> bytes:
    """Return the printed map as a file.

    Parameters
    ----------
    layout, lang, units, layers, ring_km
        As of ``geo.maps.web``.
    imprint
        What the map says of itself.
    further
        Layers on top of the layout's, which the legend names.
    form
        ``"pdf"``, ``"png"`` or ``"svg"``.
    dpi
        Dots an inch of a PNG.
    """
    figure = draw_map(
        layout, lang, units=units, layers=layers, ring_km=ring_km, imprint=imprint, further=further
    )
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, dpi=dpi)
    return buffer.getvalue()


def draw_map(
    layout: Layout,
    lang: Lang = "zh",
    *,
    units: gpd.GeoDataFrame | None = None,
    layers: Sequence[str] = DEFAULT_LAYERS,
    ring_km: float | None = None,
    imprint: Imprint | None = None,
    further: Further | None = None,
) -> Figure:
    """Return the printed map as a figure: A4 landscape, in the layout's equal-area projection.

    Raises
    ------
    MissingDependencyError
        If no font with Chinese characters is installed.
    """
    own, font = imprint or Imprint(), cjk_font()
    lang = layout.meta.reader(lang)
    figure = Figure(figsize=(11.69, 8.27))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.04, 0.13, 0.70, 0.78))
    axes.set_aspect("equal")
    box = shapely.box(*bounds(layout))
    west, south, east, north = project(shapely.segmentize(box, 0.05), layout.crs).bounds
    margin = 0.04 * max(east - west, north - south)
    axes.set_xlim(west - margin, east + margin)
    axes.set_ylim(south - margin, north + margin)
    axes.set_facecolor("#F4F6F8")
    _draw_layers(axes, layout, units, layers, ring_km)
    for features in (further or {}).values():
        for feature in features:
            _draw_feature(axes, feature, layout.crs)
    label_places(axes, layout, lang, layers, font)
    _graticule(axes, layout)
    _scale_bar(axes, lang, font)
    _north(axes, lang, font)
    _legend(figure, layout, lang, layers, font, further or {})
    _imprint(figure, layout, lang, own, font, units)
    return figure


def _patch(shape: Any, style: dict[str, Any], z: float) -> PathPatch:
    rings = [r for p in shapely.get_parts(shape) for r in (p.exterior, *p.interiors)]
    path = MplPath.make_compound_path(*[MplPath(np.asarray(r.coords), closed=True) for r in rings])
    return PathPatch(path, zorder=z, **_patch_style(style))


def _patch_style(style: dict[str, Any]) -> dict[str, Any]:
    from matplotlib.colors import to_rgba

    return {
        "facecolor": to_rgba(style["fillColor"], style["fillOpacity"]),
        "edgecolor": style["color"],
        "linewidth": style["weight"] * 0.6,
        "linestyle": _dash(style),
    }


def _dash(style: dict[str, Any]) -> Any:
    if not style.get("dashArray"):
        return "solid"
    return (0, tuple(float(n) * 0.6 for n in style["dashArray"].split()))


def _line(axes: Any, shape: Any, style: dict[str, Any], z: float) -> None:
    for part in shapely.get_parts(shape):
        x, y = np.asarray(part.coords).T
        axes.plot(
            x, y, color=style["color"], linewidth=style["weight"] * 0.6, linestyle=_dash(style),
            alpha=style.get("opacity", 1), zorder=z, solid_capstyle="round",
        )  # fmt: skip


def _draw_layers(
    axes: Any,
    layout: Layout,
    units: gpd.GeoDataFrame | None,
    layers: Sequence[str],
    ring_km: float | None,
) -> None:
    crs = layout.crs
    if "units" in layers and units is not None:
        for shape in units.geometry:
            _line(axes, shapely.boundary(project(shape, crs)), {"color": UNIT, "weight": 0.8}, 1)
    for name, z in (("rivers", 2.0), ("roads", 2.1), ("links", 6.0)):
        if name in layers:
            for shape in getattr(layout, name).geometry:
                _line(axes, project(shape, crs), line_style(name.removesuffix("s")), z)
    frames = {
        "belts": layout.belts[layout.belts["kind"] == "oriented-belt"],
        "university-belts": layout.belts[layout.belts["kind"] == "university-belt"],
        "corridors": layout.corridors,
        "zones": layout.zones.sort_values("area_km2", ascending=False),
    }
    if "rings" in layers and layout.meta.campus_rings is not None:
        frames["rings"] = layout.rings(ring_km)
    for z, (name, frame) in enumerate(frames.items(), 3):
        for rank, row in enumerate(frame.itertuples() if name in layers else ()):
            style = area_style(row.layer, row.kind, row.status, rank)
            shape = project(row.geometry, crs)
            axes.add_patch(_patch(shape, style, z * 0.3 + 2))
            if row.kind == "core":
                inner = style | {"fillOpacity": 0.0}
                axes.add_patch(_patch(shape.buffer(-350), inner, z * 0.3 + 2))
    if "axes" in layers:
        ranks = {item.id: k for k, item in enumerate(layout.of_layer("corridor"))}
        for row in layout.axes.itertuples():
            _line(axes, project(row.geometry, crs), line_style(row.layer, ranks.get(row.id, 0)), 5)
    nodes = layout.nodes
    for row in nodes.itertuples():
        key = "seats" if row.kind == "seat" else "places" if row.tier == "place" else row.tier
        if key in layers:
            style, at = node_style(row.tier, row.status), project(row.geometry, crs)
            style |= {"radius": 5} if key == "seats" else {}
            axes.plot(
                at.x, at.y, "o", markersize=style["radius"] * 0.75, markerfacecolor=style["fillColor"],
                markeredgecolor=style["color"], markeredgewidth=style["weight"] * 0.5, zorder=8,
            )  # fmt: skip


def _draw_feature(axes: Any, feature: Mapping[str, Any], crs: CRS) -> None:
    """Draw a feature of a web map: GeoJSON with a style of Leaflet."""
    shape = project(shapely.geometry.shape(feature["geometry"]), crs)
    style = dict(LEAFLET) | feature["properties"].get("st", {})
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon":
            axes.add_patch(_patch(part, style, 7))
        elif part.geom_type == "LineString":
            _line(axes, part, style, 7)
        else:
            axes.add_line(_mark(style, [part.x], [part.y], size=1.0))


def _mark(style: Mapping[str, Any], x: Sequence[float], y: Sequence[float], *, size: float) -> Line2D:  # fmt: skip
    return Line2D(
        x, y, linestyle="", marker="o", markersize=style["radius"] * size, markerfacecolor=style["fillColor"],
        markeredgecolor=style["color"], markeredgewidth=style["weight"] * 0.4, alpha=max(style["fillOpacity"], 0.3), zorder=7.5,
    )  # fmt: skip


def _graticule(axes: Any, layout: Layout) -> None:
    """Tick the frame where meridians and parallels cross it."""
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    steps = np.linspace(0, 1, 200)
    bottom = unproject(
        shapely.linestrings(np.column_stack([x0 + steps * (x1 - x0), np.full(200, y0)])), layout.crs
    )
    left = unproject(
        shapely.linestrings(np.column_stack([np.full(200, x0), y0 + steps * (y1 - y0)])), layout.crs
    )
    lon, lat = shapely.get_coordinates(bottom)[:, 0], shapely.get_coordinates(left)[:, 1]
    span = lon[-1] - lon[0]
    step = next(s for s in (0.1, 0.25, 0.5, 1, 2, 5, 10, 30) if span / s <= 7)
    meridians = np.arange(np.ceil(lon[0] / step), np.floor(lon[-1] / step) + 1) * step
    parallels = np.arange(np.ceil(lat[0] / step), np.floor(lat[-1] / step) + 1) * step
    axes.set_xticks(
        np.interp(meridians, lon, x0 + steps * (x1 - x0)), [f"{m:g}°" for m in meridians]
    )
    axes.set_yticks(
        np.interp(parallels, lat, y0 + steps * (y1 - y0)), [f"{p:g}°" for p in parallels]
    )
    axes.tick_params(labelsize=7, direction="in", top=True, right=True)


def _scale_bar(axes: Any, lang: Lang, font: FontProperties) -> None:
    """Draw a bar of whole kilometres, true at the centre of the projection; for some readers one of miles."""
    y0, y1 = axes.get_ylim()
    at = y0 + 0.05 * (y1 - y0)
    _bar(axes, at, 1000, lambda n: say("map.static.scale", cast("Lang", str(lang)), km=n), font)
    if is_imperial(lang):
        below = at - 0.033 * (y1 - y0)
        _bar(axes, below, KM["mi"] * 1000, lambda n: f"{n:g} {unit_word('mi', lang)}", font)


def _bar(axes: Any, y: float, unit_m: float, words: Callable[[int], str], font: FontProperties) -> None:  # fmt: skip
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    reach = (x1 - x0) / 5 / unit_m
    n = max(n for n in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500) if n <= max(reach, 1))
    x, size, tall = x0 + 0.04 * (x1 - x0), n * unit_m, 0.008 * (y1 - y0)
    for k, colour in enumerate(("black", "white")):
        xs = x + k * size / 2
        axes.fill([xs, xs + size / 2, xs + size / 2, xs], [y, y, y + tall, y + tall], facecolor=colour,
                  edgecolor="black", linewidth=0.6, zorder=10)  # fmt: skip
    axes.text(x + size, y + 2 * tall, words(n), fontproperties=font, fontsize=7.5, ha="center", zorder=10)  # fmt: skip
    axes.text(x, y + 2 * tall, "0", fontsize=7.5, ha="center", zorder=10)


def _north(axes: Any, lang: Lang, font: FontProperties) -> None:
    axes.annotate("", (0.96, 0.97), (0.96, 0.90), xycoords="axes fraction",
                  arrowprops={"arrowstyle": "-|>", "color": "black", "lw": 1.4}, zorder=10)  # fmt: skip
    axes.text(0.96, 0.88, say("map.static.north", lang), transform=axes.transAxes, ha="center", va="top",
              fontproperties=font, fontsize=9, zorder=10)  # fmt: skip


def _legend(
    figure: Figure, layout: Layout, lang: Lang, layers: Sequence[str], font: FontProperties,
    further: Further,
) -> None:  # fmt: skip
    x, y = 0.765, 0.90

    def write(text: str, size: float, dx: float = 0.0, weight: str = "normal") -> None:
        figure.text(x + dx, y, text, fontproperties=font, fontsize=size, weight=weight, va="center",
                    parse_math=False)  # fmt: skip

    write(say("map.legend.title", lang), 11, weight="bold")
    held = held_layers(layout)
    groups = {
        say(f"map.group.{group}", lang): [e for key in keys if key in layers and key in held for e in _entries(layout, key, lang)]
        for group, keys in GROUPS.items()
    }  # fmt: skip
    own = [(_further_mark(features[0]), label) for label, features in further.items() if features]
    for head, entries in (groups | {say("take.map.further", lang): own}).items():
        if not entries:
            continue
        y -= 0.026
        write(head, 8.5, weight="bold")
        for mark, text in entries:
            y -= 0.021
            mark.set_transform(figure.transFigure)
            if isinstance(mark, Patch):
                mark.set_bounds(x + 0.004, y - 0.006, 0.026, 0.012)  # type: ignore[attr-defined]
            else:
                mark.set_data(
                    [x + 0.004, x + 0.030]
                    if mark.get_marker() in ("None", "", None)
                    else [x + 0.017],
                    [y, y] if mark.get_marker() in ("None", "", None) else [y],
                )
            figure.add_artist(mark)
            write(text, 7.5, 0.036)
    for key in ("solid", "dashed", "hollow"):
        y -= 0.021
        write(say(f"map.legend.{key}", lang), 6.5)


def _further_mark(feature: Mapping[str, Any]) -> Any:
    from matplotlib.patches import Rectangle

    style, kind = dict(LEAFLET) | feature["properties"].get("st", {}), feature["geometry"]["type"]
    if kind.endswith("Polygon"):
        return Rectangle((0, 0), 1, 1, **_patch_style(style))
    if kind.endswith("LineString"):
        return Line2D([], [], color=style["color"], linewidth=style["weight"] * 0.6, linestyle=_dash(style))  # fmt: skip
    return _mark(style | {"radius": min(style["radius"], 7)}, [], [], size=0.9)


def _entries(layout: Layout, key: str, lang: Lang) -> list[tuple[Any, str]]:
    from matplotlib.patches import Rectangle

    def area(layer: str, kind: str, status: str, rank: int = 0) -> Any:
        return Rectangle((0, 0), 1, 1, **_patch_style(area_style(layer, kind, status, rank)))

    def stroke(style: dict[str, Any]) -> Any:
        return Line2D(
            [], [], color=style["color"], linewidth=style["weight"] * 0.6, linestyle=_dash(style)
        )

    name = say(f"map.layer.{key}", lang)
    if key == "zones":
        round_ = MplPath.unit_circle()
        double = MplPath.make_compound_path(
            round_, MplPath(np.asarray(round_.vertices) * 0.5, round_.codes)
        )
        ring = Line2D([], [], marker=double, linestyle="", markersize=9, markerfacecolor="none",
                      markeredgecolor=ZONE)  # fmt: skip
        found = set(layout.zones["kind"])
        plain = (area("zone", "science-city", "illustrative"), name)
        core = (ring, say("map.legend.core", lang))
        return [*([plain] if found - {"core"} else []), *([core] if "core" in found else [])]
    if key in ("corridors", "axes"):
        items = list(enumerate(layout.of_layer("corridor")))
        if key == "corridors":
            return [(area("corridor", "corridor", i.status, k), name_of(i, lang)) for k, i in items]
        return [(stroke(line_style("corridor", k)), name_of(i, lang)) for k, i in items]
    kinds = {
        "belts": "oriented-belt",
        "university-belts": "university-belt",
        "rings": "campus-ring",
    }
    if key in kinds:
        status = "illustrative" if key == "university-belts" else "computed"
        return [(area("belt", kinds[key], status), name)]
    if key in COUNTED or key in ("seats", "places"):
        style = node_style(key if key in COUNTED else "place", "digitised")
        dot = Line2D([], [], marker="o", linestyle="", markersize=style["radius"] * 0.8,
                     markerfacecolor=style["fillColor"], markeredgecolor="white")  # fmt: skip
        return [(dot, name)]
    return [(stroke(line_style(key.removesuffix("s"))), name)]


def _imprint(
    figure: Figure,
    layout: Layout,
    lang: Lang,
    own: Imprint,
    font: FontProperties,
    units: gpd.GeoDataFrame | None,
) -> None:
    figure.text(0.39, 0.945, title_of(layout, lang, own), fontproperties=font, fontsize=17, ha="center",
                weight="bold", parse_math=False)  # fmt: skip
    lon, lat = layout.meta.centre
    lines = [
        say("map.static.crs", lang, lon=lon, lat=lat),
        *imprint_lines(layout, lang, own, units=units is not None),
    ]
    for k, line in enumerate(lines):
        figure.text(
            0.04, 0.082 - 0.022 * k, line, fontproperties=font, fontsize=7.5, parse_math=False
        )
    figure.text(0.96, 0.012, own.footer or say("map.legend.footer", lang), fontproperties=font, fontsize=9,
                ha="right", weight="bold", parse_math=False)  # fmt: skip
