"""Where a belt of given size takes the most: the best places, proven bounds, and the published one."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.analysis.cloud import Cloud, cloud_of, frame_of
from geo.analysis.fit_places import coordinates_of, polygons_of, ranges_of, refuse
from geo.analysis.maxrs import Floats
from geo.analysis.maxrs_rules import Apart, Rules, back
from geo.analysis.maxrs_turned import Placed, Turned
from geo.analysis.points import coverage
from geo.analysis.provenance import Provenance, provenance_of
from geo.errors import PointsError
from geo.io.reading import AUTO
from geo.measure import laea, project, project_points, unproject
from geo.model.belt import Belt
from geo.words import LANGUAGES, say

if TYPE_CHECKING:
    from geo.model.layout import Layout

__all__ = [
    "STEP_DEG", "BeltFit", "Ground", "counted", "fit_belt", "ground_of", "published_of", "with_tolerance",
]  # fmt: skip

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
    for _ in range(best):
        found = ground.place(length_km, width_km, rules)[0]
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


@dataclass(frozen=True, eq=False, repr=False)
class Ground:
    """Points in a plane, and what is permitted of a belt.

    Attributes
    ----------
    cloud
        The points.
    crs
        The projection.
    turned
        The points in it.
    places
        Longitude and latitude of what must be held, shape (k, 2).
    shapes
        WGS84 polygons that must be touched.
    ranges
        Permitted azimuths, each from less to more.
    step_deg
        Resolution of azimuths.
    rules
        What is permitted, planar.
    """

    cloud: Cloud
    crs: CRS
    turned: Turned
    places: Floats
    shapes: tuple[Any, ...]
    ranges: tuple[tuple[float, float], ...]
    step_deg: float
    rules: Rules

    def place(
        self, length_km: float, width_km: float, rules: Rules | None = None, *,
        floor: float = 0.0, enough: float = math.inf,
    ) -> tuple[Placed | None, float]:  # fmt: skip
        """Return the best place of a belt (``None`` if none beats the floor), and the bound."""
        for name, value in (("length", length_km), ("width", width_km)):
            if not (math.isfinite(value) and value > 0):
                raise PointsError(f"the {name} is {value:g} km: give a number above 0")
        return self.turned.place(
            length_km * 1000, width_km * 1000, self.ranges, self.step_deg, rules or self.rules,
            floor=floor, enough=enough,
        )  # fmt: skip

    def belt(self, placed: Placed, length_km: float, width_km: float) -> Belt:
        """Return a placed rectangle as a belt, its azimuth true at its own centre."""
        u, v = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]).T * np.array([[length_km], [width_km]]) * 500  # fmt: skip
        corners = [back(a, b, placed.azimuth_deg) for a, b in zip(u, v, strict=True)]
        planar = shapely.points(np.array(corners) + np.array([placed.x, placed.y]))
        centre = unproject(shapely.Point(placed.x, placed.y), self.crs)
        own = laea(centre.x, centre.y)
        lonlat = shapely.get_coordinates(unproject(planar, self.crs))
        there = project_points(lonlat[:, 0], lonlat[:, 1], own)
        along = (there[1] + there[2] - there[0] - there[3]) / 2
        azimuth = math.degrees(math.atan2(along[0], along[1]))
        return Belt(centre.x, centre.y, azimuth, length_km, width_km)


def ground_of(
    points: Any, *, layout: Layout | None, contain: Any, touch: Any, azimuths: Any, step_deg: float,
    by: str | None, weight: str | None, datum: str, lon: str | None, lat: str | None, sheet: str | None,
    err_m: float, threads: int | None,
) -> Ground:  # fmt: skip
    """Read points and what is permitted; parameters and errors as of :func:`fit_belt`."""
    if not (math.isfinite(step_deg) and 0.001 <= step_deg <= 90):
        raise PointsError(f"step_deg is {step_deg:g}: give degrees from 0.001 to 90")
    ranges = ranges_of(azimuths)
    places, shapes = coordinates_of(contain, layout), polygons_of(touch, layout)
    cloud = cloud_of(
        points, by=by, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m, layout=layout
    )  # fmt: skip
    if not len(cloud) or not cloud.weight.sum() > 0:
        raise PointsError(f"{cloud.name or 'points'}: no points with a weight to place a belt by")
    if cloud.weight.min() < 0:
        row = int(cloud.row[cloud.weight.argmin()]) if len(cloud.row) else 0
        raise PointsError(
            f"{cloud.name or 'points'}: row {row} has the negative weight {cloud.weight.min():g}: the best place "
            "is for weights of 0 or more; leave such rows out or choose another column"
        )
    crs = layout.crs if layout is not None else laea(round(float(np.median(cloud.lon)), 6), round(float(np.median(cloud.lat)), 6))  # fmt: skip
    own = cloud.weight > 0
    xy, summed = _merged(project_points(cloud.lon[own], cloud.lat[own], crs), cloud.weight[own])
    rules = Rules(
        project_points(places[:, 0], places[:, 1], crs) if len(places) else places,
        tuple(project(shape, crs) for shape in shapes),
    )
    workers = threads or os.cpu_count() or 1
    return Ground(cloud, crs, Turned(xy, summed, workers), places, shapes, ranges, step_deg, rules)


def _merged(xy: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return points in an order of their own, each place once: sums do not depend on the source's order."""
    order = np.lexsort((weight, xy[:, 1], xy[:, 0]))
    xy, weight = xy[order], weight[order]
    first = np.flatnonzero(np.r_[True, (np.diff(xy, axis=0) != 0).any(axis=1)])
    # By columns: turning reads all x, then all y.
    return np.asfortranarray(xy[first]), np.add.reduceat(weight, first)


def published_of(layout: Layout | None) -> list[Any]:
    """Return the rectangles that a layout has published: its oriented belts with a position."""
    belts = [] if layout is None else layout.of_layer("belt")
    return [b for b in belts if getattr(b, "shape", None) is not None]


def counted(cloud: Cloud, shapes: Sequence[Any], by: str | None) -> pd.DataFrame:
    """Return what footprints take of a cloud, as ``geo.coverage`` counts it; ``footprint`` numbers them."""
    found = coverage(
        frame_of(cloud), list(shapes), by="by" if by is not None else None,
        weight="weight" if cloud.weighed else None, datum="wgs84",
    ).table  # fmt: skip
    per = len(found) // len(shapes)
    return found.assign(number=np.repeat(np.arange(len(shapes)), per))


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


def with_tolerance(item: Any) -> Any:
    """Return the footprint of a feature of a layout with its inner and outer offset."""
    from geo.analysis.footprints import footprints_of

    return next(f for f in footprints_of(item.layout, rings="none") if f.id == item.id)
