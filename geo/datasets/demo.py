"""Invented firms to try the toolkit on; nothing computed on them says anything of the real world.

The process: 55 % of the firms fall into the units of the layout's main cities by population, evenly
within a unit; 45 % gather about its located parks, universities and zones, at a distance that is
exponentially distributed with a mean of 2.5 km. Where a county has no census figure it takes its
share, by area, of what is left of its city; a city's statistical areas without an outline are
spread over its districts by population. Where a city has no figure at all, area takes the place of
population; where the layout has no units, the surroundings of its footprints take theirs.
Industry, year, staff and revenue are drawn independently.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.datasets.demo_ground import ground_of
from geo.io.points import Points
from geo.measure import from_wgs84, unproject
from geo.model.layout import Layout
from geo.words import LANGUAGES, Lang, say

__all__ = ["SEED", "SPOILED", "demo_firms", "demo_points", "write_demo", "write_dirty"]

SEED = 20260224
CLUSTERED = 0.45
DECAY_KM = 2.5
INDUSTRIES: dict[str, tuple[str, float, float]] = {
    "光电子信息": ("Optoelectronics", 0.16, 120),
    "智能网联汽车": ("Connected vehicles", 0.11, 150),
    "生物医药": ("Biomedicine", 0.11, 110),
    "机器人与智能装备": ("Robots and smart machines", 0.09, 95),
    "软件与数字创意": ("Software and digital media", 0.17, 70),
    "新材料": ("New materials", 0.09, 130),
    "新能源与环保": ("New energy and environment", 0.09, 125),
    "现代农业": ("Modern agriculture", 0.06, 60),
    "商贸物流": ("Trade and logistics", 0.12, 90),
}
"""Industry: English name, share of firms, revenue a head in 10⁴ CNY; all invented."""

SPOILED: dict[str, int] = {
    "blank": 60, "not a number": 25, "0, 0 for missing": 40, "swapped": 20, "out of range": 15,
}  # fmt: skip
"""What the dirty copy spoils, by the reason that the reader must give, and in how many rows."""
WIDE, SPACED, FORMULA, TWICE = 50, 80, 12, 30
"""Rows of the dirty copy with full-width digits, stray spaces, formula-like names, and doubles."""


def demo_firms(layout: Layout, n: int = 5000, seed: int = SEED) -> gpd.GeoDataFrame:
    """Return invented firms in the layout's main cities, or about its footprints.

    Parameters
    ----------
    layout
        Gives the units, the population and the places that firms gather about; names and
        industries are in its first language.
    n
        How many.
    seed
        Of the random process (NumPy's PCG64); the same seed gives the same firms.

    Returns
    -------
    GeoDataFrame
        WGS84; firm_id, name, industry, industry_en, founded, staff, revenue_wan (10⁴ CNY), unit
        (blank without units), data_kind (``模拟数据 synthetic`` in every row), lon, lat.

    Raises
    ------
    LayoutError
        If nothing of the layout has a position.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    ground, lang = ground_of(layout), _first_language(layout)
    clustered = round(CLUSTERED * n) if len(ground.anchors) else 0
    spread = _spread(rng, ground.shapes, ground.weights, n - clustered)
    gathered = _gathered(rng, ground.shapes, ground.anchors, clustered)
    xy = np.vstack([spread, gathered])
    xy = xy[rng.permutation(n)]
    points = shapely.points(xy)
    unit = np.full(n, "", dtype=object)
    for code, shape in zip(ground.codes, ground.shapes, strict=True):
        unit[shapely.intersects(shape, points)] = code
    lonlat = shapely.get_coordinates(unproject(shapely.multipoints(xy), layout.crs)).round(6)
    names = list(INDUSTRIES)
    weights = np.array([INDUSTRIES[i][1] for i in names])
    pick = rng.choice(len(names), n, p=weights / weights.sum())
    staff = np.maximum(1, np.exp(rng.normal(np.log(24), 1.1, n))).round().astype(int)
    a_head = np.array([INDUSTRIES[names[k]][2] for k in pick])
    english = [INDUSTRIES[names[k]][0] for k in pick]
    return gpd.GeoDataFrame(
        {
            "firm_id": [f"DEMO{k:05d}" for k in range(1, n + 1)],
            "name": [say("demo.firm", lang, number=f"{k:05d}") for k in range(1, n + 1)],
            "industry": [names[k] for k in pick] if lang == "zh" else english,
            "industry_en": english,
            "founded": 2026 - np.minimum(25, rng.exponential(7, n)).astype(int),
            "staff": staff,
            "revenue_wan": (staff * a_head * np.exp(rng.normal(0, 0.6, n))).round(1),
            "unit": unit,
            "data_kind": "模拟数据 synthetic",
            "lon": lonlat[:, 0],
            "lat": lonlat[:, 1],
        },
        geometry=shapely.points(lonlat),
        crs=4326,
    )


def demo_points(layout: Layout, n: int = 5000, seed: int = SEED) -> Points:
    """Return the invented firms as points, as if they had been read from a file."""
    frame = demo_firms(layout, n, seed)
    frame["row"], frame["err_m"] = np.arange(2, n + 2), 0.0
    return Points(frame, pd.DataFrame({"row": [], "reason": []}), "wgs84", "", "demo")


def _first_language(layout: Layout) -> Lang:
    return next((own for own in layout.meta.languages if own in LANGUAGES), LANGUAGES[0])


def _spread(
    rng: np.random.Generator, units: np.ndarray[Any, Any], people: np.ndarray[Any, Any], n: int
) -> np.ndarray[Any, Any]:
    share = people / people.sum()
    found = []
    for shape, count in zip(units, rng.multinomial(n, share), strict=True):
        west, south, east, north = shape.bounds
        own = np.empty((0, 2))
        while len(own) < count:
            draw = rng.uniform((west, south), (east, north), (max(4 * count, 64), 2))
            own = np.vstack([own, draw[shapely.contains_xy(shape, draw[:, 0], draw[:, 1])]])
        found.append(own[:count])
    return np.vstack(found)


def _gathered(
    rng: np.random.Generator, units: np.ndarray[Any, Any], anchors: np.ndarray[Any, Any], n: int
) -> np.ndarray[Any, Any]:
    found = np.empty((0, 2))
    while len(found) < n:
        at = anchors[rng.integers(len(anchors), size=2 * n)]
        angle = rng.uniform(0, 2 * np.pi, 2 * n)
        away = rng.exponential(DECAY_KM * 1000, 2 * n)
        draw = at + np.column_stack([np.cos(angle), np.sin(angle)]) * away[:, None]
        hit = np.zeros(2 * n, dtype=bool)
        for shape in units:
            hit |= shapely.contains_xy(shape, draw[:, 0], draw[:, 1])
        found = np.vstack([found, draw[hit]])
    return found[:n]


_COLUMNS = (
    "firm_id", "name", "industry", "industry_en", "founded", "staff", "revenue_wan", "unit",
    "data_kind", "lon", "lat",
)  # fmt: skip


def _headings(lang: Lang) -> dict[str, str]:
    return {column: say(f"demo.column.{column}", lang) for column in _COLUMNS}


def write_demo(layout: Layout, path: Path, n: int = 5000, seed: int = SEED) -> None:
    """Write the invented firms as a workbook: WGS84, a sheet of data and one of explanation."""
    import xlsxwriter

    lang = _first_language(layout)
    named = _headings(lang)
    named |= {column: f"{named[column]}(WGS84)" for column in ("lon", "lat")}
    frame = demo_firms(layout, n, seed).drop(columns="geometry").rename(columns=named)
    with xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet(say("demo.sheet.data", lang))
        bold = book.add_format({"bold": True})
        for k, column in enumerate(frame.columns):
            sheet.write_string(0, k, column, bold)
            sheet.write_column(1, k, frame[column].tolist())
        sheet.freeze_panes(1, 0)
        notes = book.add_worksheet(say("demo.sheet.readme", lang))
        notes.set_column(0, 0, 110)
        keys = ("what", "not", f"where-{ground_of(layout).by}", "size")
        lines = [say(f"demo.readme.{key}", own, n=f"{n:,}") for own in LANGUAGES for key in keys]
        for row, line in enumerate([*lines, f"seed = {seed}"]):
            notes.write_string(row, 0, line)


def write_dirty(layout: Layout, path: Path, n: int = 5000, seed: int = SEED) -> None:
    """Write the same firms as people's files come: GCJ-02, GBK, with the errors of :data:`SPOILED`.

    Besides those, some rows have full-width digits or stray spaces in their coordinates (which can
    be read), names that look like formulas, or occur twice. The rows keep their order, so that row
    ``k`` of the file is firm ``k - 1``; the doubles stand at the end.
    """
    frame = demo_firms(layout, n, seed)
    rng = np.random.Generator(np.random.PCG64(seed + 1))
    lon, lat = from_wgs84(frame["lon"], frame["lat"], "gcj02")
    x, y = [f"{v:.6f}" for v in lon], [f"{v:.6f}" for v in lat]
    names = list(frame["name"])
    rows = rng.permutation(n)
    counts = [*SPOILED.values(), WIDE, SPACED, FORMULA]
    parts = np.split(rows[: sum(counts)], np.cumsum(counts)[:-1])
    spoil = dict(zip([*SPOILED, "wide", "spaced", "formula"], parts, strict=True))
    for k in spoil["blank"]:
        x[k], y[k] = "", ""
    for k in spoil["not a number"]:
        x[k] = "不详"
    for number, k in enumerate(spoil["0, 0 for missing"]):
        x[k], y[k] = ("0", "0") if number % 2 else ("-0.0065", "-0.0060")
    for k in spoil["swapped"]:
        x[k], y[k] = y[k], x[k]
    for k in spoil["out of range"]:
        x[k] = "1143" + x[k][3:]
    wide = str.maketrans("0123456789.", "".join(chr(ord(c) + 0xFEE0) for c in "0123456789."))
    for k in spoil["wide"]:
        x[k] = x[k].translate(wide)
    for k in spoil["spaced"]:
        x[k], y[k] = f"  {x[k]} ", f"{y[k]}\u3000"
    for number, k in enumerate(spoil["formula"]):
        names[k] = ("=1+1", "@SUM(A1:A9)", "+00-12", "-2+3")[number % 4]
    order: Sequence[int] = [*range(n), *rng.choice(n, TWICE, replace=False).tolist()]
    headings = _headings("zh")
    kept = [c for c in _COLUMNS if c != "industry_en"]
    with path.open("w", encoding="gbk", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([headings[c] for c in kept])
        for k in order:
            own = frame.iloc[k]
            special = {"name": names[k], "lon": x[k], "lat": y[k]}
            writer.writerow([special.get(c, own[c]) for c in kept])
