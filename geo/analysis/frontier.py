"""The share that the best belt takes against its width, length and area, beside the published one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geo.analysis.fit import STEP_DEG
from geo.analysis.fit_ground import Ground, counted, ground_of, published_of, with_tolerance
from geo.analysis.fit_places import refuse
from geo.analysis.progress import Progress, part_of
from geo.analysis.provenance import Provenance, provenance_of
from geo.errors import PointsError
from geo.io.reading import AUTO
from geo.model.belt import Belt
from geo.words import LANGUAGES, Lang, name_of, say
from geo.words.figures import figure

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.model.layout import Layout

__all__ = ["WIDTHS_KM", "Frontier", "elbow_of", "frontier"]

WIDTHS_KM = (5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0)
"""Widths that are tried unless others are given."""
NARROW_KM = 0.1
"""The narrowest belt that takes as much as the published one is found to this."""
_ALIKE = 1e-9


@dataclass(frozen=True)
class Frontier:
    """What :func:`frontier` returns.

    Attributes
    ----------
    table
        One row for each size, by length and width: ``planar_value``, ``upper_bound``, ``gap`` and
        ``share_upper`` (proven) of the best belt; ``count``, ``share`` and, with a weight, ``sum``
        of its own footprint with their bands; ``share_per_km`` of width and ``share_per_km2`` that
        were gained since the next narrower one; ``elbow``; ``published``, whether it is of the
        published size; centre and azimuth.
    published
        One row for each published belt: its share with its band, that of the best belt of its size
        and the proven bound, ``narrowest_km`` (the width of a belt of its length that takes as
        much, found to 0.1 km) and ``too_narrow_km`` (a width proven not to suffice). Empty without
        a layout.
    why_zh, why_en
        The answer in a few sentences.
    belts
        The best belts, in the order of ``table``.
    provenance
        Method, projection, parameters, points.
    """

    table: pd.DataFrame
    published: pd.DataFrame
    why_zh: str
    why_en: str
    belts: tuple[Belt, ...]
    provenance: Provenance

    @property
    def shares(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """``table`` and ``published`` with the shares of what was maximised.

        Where a weight was given, ``share`` and its band are those of the weight instead of the count.
        """
        first = self.table.iloc[0]
        total = float(first["planar_value"] / first["planar_share"])
        return _of_weight(self.table, total), _of_weight(self.published, total)

    @property
    def layer(self) -> gpd.GeoDataFrame:
        """The table with the belts' footprints, WGS84."""
        import geopandas as gpd

        return gpd.GeoDataFrame(
            self.table.copy(), geometry=[b.footprint for b in self.belts], crs=4326
        )


def frontier(
    points: Any,
    *,
    lengths_km: Sequence[float] = (150.0,),
    widths_km: Sequence[float] = WIDTHS_KM,
    published: str | None = None,
    azimuths: Any = (0.0, 180.0),
    step_deg: float = STEP_DEG,
    contain: Any = None,
    touch: Any = None,
    layout: Layout | None = None,
    weight: str | None = None,
    datum: str = AUTO,
    lon: str | None = None,
    lat: str | None = None,
    sheet: str | None = None,
    err_m: float = 0.0,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Frontier:
    """Return the share that the best belt of each size takes, and where the published one stands.

    Parameters
    ----------
    points
        As for ``geo.fit_belt``.
    lengths_km, widths_km
        Every length is tried with every width.
    published
        Id of the published belt; by default every oriented belt of the layout. Its own size is
        tried as well.
    azimuths, step_deg, contain, touch, layout, weight, datum, lon, lat, sheet, err_m, threads
        As for ``geo.fit_belt``.
    progress
        Called often with what is done and what there is; what it raises ends the work.

    Raises
    ------
    PointsError
        As ``geo.fit_belt``; sizes at which nothing is permitted are left out unless all are.

    Notes
    -----
    The elbow is where the curve of share against width, both scaled to 0–1, lies farthest above
    its chord (Satopää, Albrecht, Irwin and Raghavan, 2011, *Finding a "kneedle" in a haystack*,
    without smoothing, which few widths do not bear).
    """
    rows = [_width(length, width) for length in lengths_km for width in widths_km]
    if not rows:
        raise PointsError("no sizes: give at least one length and one width")
    own = published_of(layout)
    if published is not None:
        own = [b for b in own if b.id == published]
        if not own:
            raise PointsError(f"no published belt {published!r}: name an oriented belt of the layout that has a position")  # fmt: skip
    ground = ground_of(
        points, layout=layout, contain=contain, touch=touch, azimuths=azimuths, step_deg=step_deg, by=None,
        weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m, threads=threads,
    )  # fmt: skip
    theirs = {(b.shape.length_km, b.shape.width_km) for b in own}
    sizes = sorted({*rows, *theirs})
    parts = len(sizes) + len(own)
    table, belts = _sizes(
        ground, sizes, theirs, [part_of(progress, k, parts) for k in range(len(sizes))]
    )
    shares = _published(
        ground, own, table, [part_of(progress, k, parts) for k in range(len(sizes), parts)]
    )
    why = {lang: _why(table, shares, lang) for lang in LANGUAGES}
    return Frontier(
        table, shares, why["zh"], why["en"], belts,
        provenance_of(
            "fit.method.frontier", cloud=ground.cloud, crs=ground.crs, lengths_km=list(lengths_km),
            widths_km=list(widths_km), azimuths=[list(r) for r in ground.ranges], step_deg=step_deg,
            contain=len(ground.places), touch=len(ground.shapes), weight=weight or "",
        ),
    )  # fmt: skip


def _of_weight(rows: pd.DataFrame, total: float) -> pd.DataFrame:
    if "sum" not in rows:
        return rows
    return rows.assign(
        **{f"share{end}": rows[f"sum{end}"] / total for end in ("_low", "", "_high")}
    )


def _width(length: float, width: float) -> tuple[float, float]:
    return float(length), float(width)


def _sizes(
    ground: Ground,
    sizes: Sequence[tuple[float, float]],
    theirs: set[tuple[float, float]],
    tell: Sequence[Progress | None],
) -> tuple[pd.DataFrame, tuple[Belt, ...]]:
    total = float(ground.cloud.weight.sum())
    rows, belts = [], []
    for (length, width), progress in zip(sizes, tell, strict=True):
        placed, upper = ground.place(length, width, progress=progress)
        if placed is None:
            continue
        belt = ground.belt(placed, length, width)
        belts.append(belt)
        rows.append(
            {
                "length_km": length, "width_km": width, "area_km2": length * width,
                "planar_value": placed.value, "upper_bound": upper, "gap": upper / placed.value - 1,
                "share_upper": min(1.0, upper / total), "published": (length, width) in theirs,
                "lon": belt.lon, "lat": belt.lat, "azimuth_deg": belt.azimuth_deg,
                "planar_share": placed.value / total,
            }
        )  # fmt: skip
    if not rows:
        raise refuse(ground.places, ground.shapes, ground.ranges, *max(sizes))
    table = pd.DataFrame(rows)
    counts = counted(ground.cloud, [b.footprint for b in belts], None)
    kept = [c for c in counts.columns if c.startswith(("count", "share", "sum"))]
    table = table.join(counts[kept])
    gained = table.groupby("length_km")[["planar_share", "width_km", "area_km2"]].diff()
    table["share_per_km"] = gained["planar_share"] / gained["width_km"]
    table["share_per_km2"] = gained["planar_share"] / gained["area_km2"]
    table["elbow"] = False
    for _, rows_of in table.groupby("length_km"):
        found = elbow_of(rows_of["width_km"].to_numpy(), rows_of["planar_share"].to_numpy())
        table.loc[rows_of.index[rows_of["width_km"] == found], "elbow"] = True
    return table, tuple(belts)


def elbow_of(x: Any, y: Any) -> float | None:
    """Return the x at which a growing curve lies farthest above its chord.

    Parameters
    ----------
    x, y
        Shape (n,), ``x`` in growing order.

    Returns
    -------
    float or None
        ``None`` for fewer than three points, or if the curve lies nowhere above its chord.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if len(x) < 3 or not y[-1] > y[0]:
        return None
    above = (y - y[0]) / (y[-1] - y[0]) - (x - x[0]) / (x[-1] - x[0])
    k = int(above.argmax())
    return float(x[k]) if above[k] > _ALIKE else None


def _published(
    ground: Ground, own: Sequence[Any], table: pd.DataFrame, tell: Sequence[Progress | None]
) -> pd.DataFrame:
    if not own:
        return pd.DataFrame()
    counts = counted(ground.cloud, [with_tolerance(b) for b in own], None)
    kept = [c for c in counts.columns if c.startswith(("count", "share", "sum"))]
    rows = []
    for item, progress in zip(own, tell, strict=True):
        length, width = item.shape.length_km, item.shape.width_km
        held = item.shape.holds(ground.cloud.lon, ground.cloud.lat)
        value = float(ground.cloud.weight[held].sum())
        size = table[(table["length_km"] == length) & (table["width_km"] == width)]
        best, upper = (float(size[c].iloc[0]) if len(size) else float("nan") for c in ("planar_share", "share_upper"))  # fmt: skip
        narrowest, too_narrow = _narrowest(ground, length, width, value, progress)
        rows.append(
            {
                "belt": item.id, "belt_zh": item.name_zh, "belt_en": item.name_en, "length_km": length,
                "width_km": width, "planar_value": value,
                "planar_share": value / float(ground.cloud.weight.sum()), "best_share": best, "share_upper": upper,
                "narrowest_km": narrowest, "too_narrow_km": too_narrow,
            }
        )  # fmt: skip
    return pd.DataFrame(rows).join(counts[kept])


def _narrowest(
    ground: Ground, length: float, width: float, value: float, progress: Progress | None
) -> tuple[float, float]:
    """Return a width that is found to take a value, by halving, and one proven not to.

    NaN for the first if not even the given width takes it (the published belt may break the rules).
    """
    floor = value * (1 - _ALIKE)
    tries = 1 + max(0, math.ceil(math.log2(width / NARROW_KM)))
    first = part_of(progress, 0, tries)
    if (
        value <= 0
        or ground.place(length, width, floor=floor, enough=value, progress=first)[0] is None
    ):
        return float("nan"), float("nan")
    low, high, proven, tried = 0.0, width, 0.0, 1
    while high - low > NARROW_KM:
        middle = (low + high) / 2
        placed, upper = ground.place(
            length, middle, floor=floor, enough=value, progress=part_of(progress, tried, tries)
        )
        tried += 1
        if placed is not None:
            high = middle
        else:
            low = middle
            if upper <= floor:
                proven = max(proven, middle)
    return high, proven


def _why(table: pd.DataFrame, published: pd.DataFrame, lang: Lang) -> str:
    parts, elbows = [], {}
    for length, rows in table.groupby("length_km"):
        found = rows.loc[rows["elbow"], "width_km"]
        elbows[length] = float(found.iloc[0]) if len(found) else None
        if elbows[length] is None:
            parts.append(say("fit.why.straight", lang, length=f"{length:g}"))
        else:
            parts.append(say("fit.why.elbow", lang, length=f"{length:g}", elbow=f"{elbows[length]:g}"))  # fmt: skip
    for row in published.to_dict("records"):
        elbow = elbows.get(row["length_km"])
        if elbow is not None:
            side = "before" if row["width_km"] < elbow else "at" if row["width_km"] == elbow else "beyond"  # fmt: skip
            parts.append(say(f"fit.why.{side}", lang, width=f"{row['width_km']:g}"))
        shares = {"share": f"{row['planar_share']:.1%}", "best": f"{row['best_share']:.1%}"}
        key = "published" if np.isfinite(row["narrowest_km"]) else "wider"
        more = {"narrowest": figure(round(row["narrowest_km"], 1))} if key == "published" else {}
        parts.append(say(f"fit.why.{key}", lang, name=name_of(row, lang, "belt"), **shares, **more))
    return ("" if lang == "zh" else " ").join(parts)
