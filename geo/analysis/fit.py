"""Where a belt of given size takes the most: the best places, proven bounds, and the published one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from geo.analysis.fit_ground import Ground, counted, ground_of, published_of, with_tolerance
from geo.analysis.fit_places import refuse
from geo.analysis.maxrs_rules import Apart
from geo.analysis.maxrs_turned import Placed
from geo.analysis.progress import Progress, part_of
from geo.analysis.provenance import Provenance, provenance_of
from geo.errors import PointsError
from geo.io.reading import AUTO
from geo.model.belt import Belt
from geo.words import LANGUAGES, say

if TYPE_CHECKING:
    from geo.model.layout import Layout

__all__ = ["STEP_DEG", "BeltFit", "fit_belt"]

STEP_DEG = 0.5
"""Intervals of azimuth are divided down to this, unless another step is given."""


@dataclass(frozen=True)
class BeltFit:
    """What :func:`fit_belt` returns.

    Attributes
    ----------
    table
        One row for each belt, the best first; a published belt stands where its value puts it.
        ``rank``, ``belt`` (id and names), ``published``, centre, ``azimuth_deg`` at it,
        ``planar_azimuth_deg`` (that of the projection), size, ``planar_value``, ``upper_bound`` and
        ``gap`` (its share above the value), ``share_of_best``; then what the belt's own footprint
        takes: ``count``, ``share`` and, with a weight, ``sum``, each with its band.
    groups
        The same counts for each category; empty where none was asked for.
    belts
        The belts of ``table``, in its order.
    value
        Weight that the best belt holds, planar.
    upper_bound
        No permitted belt of this size holds more.
    step_deg
        Resolution of azimuths.
    solved
        At how many azimuths all translations were compared.
    provenance
        Method, projection, parameters, points.
    """

    table: pd.DataFrame
    groups: pd.DataFrame
    belts: tuple[Belt, ...]
    value: float
    upper_bound: float
    step_deg: float
    solved: int
    provenance: Provenance

    @property
    def gap(self) -> float:
        """What finer azimuths could still gain at most, as a share of the value."""
        return self.upper_bound / self.value - 1

    @property
    def layer(self) -> gpd.GeoDataFrame:
        """The table with the belts' footprints, WGS84."""
        return gpd.GeoDataFrame(
            self.table.copy(), geometry=[b.footprint for b in self.belts], crs=4326
        )


def fit_belt(
    points: Any,
    *,
    length_km: float,
    width_km: float,
    azimuths: Any = (0.0, 180.0),
    step_deg: float = STEP_DEG,
    contain: Any = None,
    touch: Any = None,
    best: int = 3,
    apart: float = 0.5,
    apart_deg: float = 5.0,
    layout: Layout | None = None,
    by: str | None = None,
    weight: str | None = None,
    datum: str = AUTO,
    lon: str | None = None,
    lat: str | None = None,
    sheet: str | None = None,
    err_m: float = 0.0,
    threads: int | None = None,
    progress: Progress | None = None,
) -> BeltFit:
    """Place a belt of given length and width to take the most points, or weight.

    Parameters
    ----------
    points
        As for ``geo.coverage``, or a cloud.
    length_km, width_km
        Of the belt.
    azimuths
        What is permitted for its long axis: ``(from, to)`` in degrees clockwise from north, 0 to
        180, or several of these; ``from > to`` goes across north, ``from = to`` is one azimuth.
    step_deg
        Intervals of azimuth are divided down to this.
    contain
        Places that it must hold: ``"seats"`` or ids of a layout, its features, a GeoDataFrame, or
        longitude and latitude, shape (k, 2).
    touch
        Polygons that it must touch, if only at a point: ``"units"`` or codes of units of a layout,
        a GeoDataFrame, or WGS84 polygons.
    best
        So many belts at most, the best first. Each further one is the best of those that differ
        from all before it.
    apart, apart_deg
        Belts differ if their centres are at least this share of the width apart across, or of the
        length along (in the axes of the further one), or their azimuths this many degrees.
    layout
        Gives the projection, the names above, the published belts, and helps to detect the datum.
    by
        Column of a category to count by as well.
    weight
        Column of a number, 0 or more, that is summed instead of counting points.
    datum, lon, lat, sheet, err_m
        As for ``geo.coverage``.
    threads
        By default one for each core.
    progress
        Called often with what is done and what there is; what it raises ends the search.

    Returns
    -------
    BeltFit
        Places are found in one Lambert equal-area projection, about the layout's centre or the
        median of the points: lengths there are within c²/8 at c radians from its centre (1e-4 for
        180 km, 3e-4 for 310 km), and its azimuths are off true ones by the convergence of
        meridians (0.5° for each degree of longitude at 30° north). The belts returned have true
        azimuths, and what they are said to count is what their own footprints hold: near an edge
        this can differ from ``planar_value`` by the scale.

    Raises
    ------
    PointsError
        If there is no point, a weight is negative, a parameter makes no sense, or nothing is
        permitted; where ``contain`` cannot be held, with what it spans and what would hold it.

    Notes
    -----
    Maximum range sum, exact over all translations at each azimuth examined
    (:class:`geo.analysis.maxrs.MaxRS`), with a bound over all others
    (:class:`geo.analysis.maxrs_turned.Turned`). Edges count as inside.
    """
    if best < 1:
        raise PointsError(f"best is {best}: ask for 1 belt or more")
    if not (apart > 0 and apart_deg > 0):
        raise PointsError(f"apart is {apart}, apart_deg {apart_deg}: both must be above 0")
    ground = ground_of(
        points, layout=layout, contain=contain, touch=touch, azimuths=azimuths, step_deg=step_deg, by=by,
        weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m, threads=threads,
    )  # fmt: skip
    placed: list[Placed] = []
    rules = ground.rules
    for k in range(best):
        found = ground.place(length_km, width_km, rules, progress=part_of(progress, k, best))[0]
        if found is None:
            break
        placed.append(found)
        rules = rules.but(
            Apart(found.azimuth_deg, found.x, found.y, apart * length_km * 1000, apart * width_km * 1000, apart_deg)
        )  # fmt: skip
    if not placed:
        raise refuse(ground.places, ground.shapes, ground.ranges, length_km, width_km)
    table, groups, belts = _ranked(ground, placed, length_km, width_km, layout, by)
    return BeltFit(
        table, groups, belts, placed[0].value, placed[0].upper_bound, step_deg, placed[0].solved,
        provenance_of(
            "fit.method.maxrs", cloud=ground.cloud, crs=ground.crs, length_km=length_km, width_km=width_km,
            azimuths=[list(r) for r in ground.ranges], step_deg=step_deg, best=best, apart=apart,
            apart_deg=apart_deg, contain=len(ground.places), touch=len(ground.shapes), weight=weight or "",
        ),
    )  # fmt: skip


def _ranked(
    ground: Ground, placed: Sequence[Placed], length_km: float, width_km: float, layout: Layout | None, by: str | None
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[Belt, ...]]:  # fmt: skip
    rows: list[tuple[dict[str, Any], Belt, Any]] = []
    for number, found in enumerate(placed, 1):
        belt = ground.belt(found, length_km, width_km)
        names = {f"belt_{lang}": say("fit.name.belt", lang, n=number) for lang in LANGUAGES}
        values = {
            "planar_azimuth_deg": found.azimuth_deg, "planar_value": found.value,
            "upper_bound": found.upper_bound, "gap": found.upper_bound / found.value - 1,
        }  # fmt: skip
        rows.append(({"belt": f"fit-{number}", **names, "published": False} | values, belt, belt.footprint))  # fmt: skip
    for item in published_of(layout):
        held = item.shape.holds(ground.cloud.lon, ground.cloud.lat)
        row = {
            "belt": item.id, "belt_zh": item.name_zh, "belt_en": item.name_en, "published": True,
            "planar_azimuth_deg": math.nan, "planar_value": float(ground.cloud.weight[held].sum()),
            "upper_bound": math.nan, "gap": math.nan,
        }  # fmt: skip
        rows.append((row, item.shape, with_tolerance(item)))
    rows.sort(key=lambda r: -r[0]["planar_value"])
    best = placed[0].value
    alike = [math.isclose(b.length_km, length_km) and math.isclose(b.width_km, width_km) for _, b, _ in rows]  # fmt: skip
    found_counts = counted(ground.cloud, [shape for _, _, shape in rows], by)
    kept = [c for c in found_counts.columns if c.startswith(("count", "share", "sum"))]
    whole = found_counts[found_counts["by"] == ""].set_index("number")[kept]
    table = pd.DataFrame(
        [
            # A belt of another size is no rival: it has no rank.
            {"rank": 1 + sum(alike[:k]) if alike[k] else None}
            | row
            | {
                "lon": belt.lon, "lat": belt.lat, "azimuth_deg": belt.azimuth_deg, "length_km": belt.length_km,
                "width_km": belt.width_km, "share_of_best": row["planar_value"] / best,
            }
            for k, (row, belt, _) in enumerate(rows)
        ]
    ).join(whole)  # fmt: skip
    table["rank"] = table["rank"].astype("Int64")
    groups = found_counts[found_counts["by"] != ""].reset_index(drop=True)
    called = table[["belt", "belt_zh", "belt_en"]].iloc[groups["number"]].reset_index(drop=True)
    return table, called.join(groups[["by", *kept]]), tuple(b for _, b, _ in rows)
