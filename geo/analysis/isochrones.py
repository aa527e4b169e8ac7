"""Isochrones: the ground from which a facility is reached within so many minutes or kilometres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.analysis.places import Places
from geo.analysis.provenance import Provenance, provenance_of
from geo.errors import PointsError
from geo.measure import area_km2, laea, outline, project, project_points
from geo.network.graph import Network
from geo.network.isochrones import Direction, Reached, cells_of, discs, grounds, reached
from geo.network.reasons import reasons
from geo.network.travel import MEASURES, Measure, Straight, Travel
from geo.network.traversal import ways_of
from geo.words import Said, say

__all__ = ["MOST_CUTS", "Isochrones", "isochrones"]

MOST_CUTS = 12
"""More limits at once cannot be told apart on a map."""
_FACILITY = ["facility", "facility_zh", "facility_en"]
_UNREACHED = [*_FACILITY, "reason_zh", "reason_en"]


@dataclass(frozen=True)
class Isochrones:
    """What :func:`isochrones` returns.

    Attributes
    ----------
    table
        WGS84, one row a limit (and facility, where wanted): ``cut_low`` and ``cut`` (beyond the one
        and within the other), ``area_km2`` of this band (geodesic), ``within_km2`` of all bands up to
        it, ``road_km`` (network in the band; not a number of straight lines), ``status``
        (``computed``), ``estimate``. Bands do not overlap; one without ground has no geometry.
    unreached
        Facilities that have no ground, or are cut off from most of the network, with the reason.
    estimate
        Whether it is of straight lines, and not of a network.
    provenance
        How it was computed.
    """

    table: gpd.GeoDataFrame
    unreached: pd.DataFrame
    estimate: bool
    provenance: Provenance


def isochrones(
    travel: Travel,
    facilities: Places,
    cuts: Sequence[float] = (10, 20, 30),
    *,
    of: Measure = "minutes",
    by_facility: bool = False,
    direction: Direction = "to",
    width_m: float = 150.0,
    layout: Any = None,
) -> Isochrones:
    """Return the ground from which the nearest facility is within limits, band by band.

    Parameters
    ----------
    travel
        A network, or straight lines with a detour factor.
    facilities
        Where people travel to.
    cuts
        Limits, at most 12; they are put in order.
    of
        Whether limits are minutes or kilometres.
    by_facility
        Whether the ground is divided by the facility that is reached first.
    direction
        ``to``: people travel to the facility. ``from``: something travels from it. It matters where
        edges lead one way only.
    width_m
        With a network: ground no further than this from a reached road is reached.
    layout
        Its projection is used for straight lines; otherwise one about the facilities.

    Raises
    ------
    PointsError
        If limits or width are none, no facility has a position, or travel is of another kind.

    Notes
    -----
    Along a network edges are cut exactly where the limit is used up, from both ends and the right
    way along one-way edges; facilities are joined to their nearest edge on foot. Of ground that is
    near to roads of one band from several facilities, each has what is nearer to its own. Straight
    lines give geodesic discs, divided by Voronoi cells of the facilities.
    """
    limits = _limits(cuts, of)
    if direction not in ("to", "from"):
        raise PointsError(f"travel is to the facilities or from them, not {direction!r}")
    if not len(facilities):
        raise PointsError(
            f"none of the {len(facilities.unlocated)} facilities has a position: there is nothing to reach"
        )
    if isinstance(travel, Network):
        if not (math.isfinite(width_m) and width_m > 0):
            raise PointsError(f"the width is {width_m} m: give metres above 0")
        crs = ways_of(travel).crs
        found = reached(travel, facilities.at, limits, of=of, direction=direction)
        bands = grounds(travel, found, len(limits), width_m, apart=by_facility)
        why = reasons(travel, facilities.at)
    elif isinstance(travel, Straight):
        crs = laea(*_middle(facilities)) if layout is None else layout.crs
        found, why = None, [None] * len(facilities)
        bands = _straight_bands(travel, facilities, limits, of, crs, apart=by_facility)
    else:
        raise PointsError(
            f"isochrones are of a network or of straight lines, not of a {type(travel).__name__}"
        )
    own: dict[str, Any] = {"width_m": width_m} if isinstance(travel, Network) else {}
    return Isochrones(
        _table(bands, limits, facilities, crs, found, by_facility=by_facility, estimate=travel.estimate),
        _unreached(facilities, why), travel.estimate,
        provenance_of(
            f"isochrones.method.{'network' if isinstance(travel, Network) else 'straight'}",
            cloud=facilities.cloud, crs=crs, **travel.parameters, cuts=limits, of=of, direction=direction,
            by_facility=by_facility, facilities=facilities.name, facilities_count=len(facilities), **own,
        ),
    )  # fmt: skip


def _limits(cuts: Sequence[float], of: str) -> list[float]:
    limits = sorted({float(c) for c in cuts})
    if of not in MEASURES:
        raise PointsError(f"limits are in minutes or in km, not in {of!r}")
    if not 1 <= len(limits) <= MOST_CUTS or not all(0 < c < math.inf for c in limits):
        raise PointsError(
            f"limits {', '.join(f'{c:g}' for c in limits) or '(none)'}: give 1 to {MOST_CUTS} numbers above 0"
        )
    return limits


def _middle(facilities: Places) -> tuple[float, float]:
    return (
        float(facilities.lon.min() + facilities.lon.max()) / 2,
        float(facilities.lat.min() + facilities.lat.max()) / 2,
    )


def _straight_bands(
    travel: Straight, facilities: Places, limits: list[float], of: Measure, crs: Any, *, apart: bool
) -> list[dict[int, Any]]:
    """Return for each limit, by facility, the ground in the plane that is beyond the one before."""
    rings = [project(discs(facilities.lon, facilities.lat, travel.radius_km(c, of)), crs) for c in limits]  # fmt: skip
    if not apart:
        whole = [shapely.union_all(ring) for ring in rings]
        return [{0: _less(shape, whole[k - 1] if k else None)} for k, shape in enumerate(whole)]
    # Of facilities in one place the first has the ground.
    xy, one = np.unique(project_points(facilities.lon, facilities.lat, crs).round(3), axis=0, return_index=True)  # fmt: skip
    cells = cells_of(xy, one, shapely.union_all(shapely.box(*shapely.bounds(rings[-1]).T)))
    return [
        {
            f: _less(shapely.intersection(ring[f], cell), rings[k - 1][f] if k else None)
            for f, cell in cells.items()
        }
        for k, ring in enumerate(rings)
    ]


def _less(shape: Any, other: Any) -> Any:
    return shape if other is None else shapely.difference(shape, other)


def _table(
    bands: list[dict[int, Any]], limits: list[float], facilities: Places, crs: Any, found: Reached | None, *,
    by_facility: bool, estimate: bool,
) -> gpd.GeoDataFrame:  # fmt: skip
    rows: list[dict[str, Any]] = []
    shapes: list[Any] = []
    so_far: dict[int, float] = {}
    for number, band in enumerate(bands):
        for place, planar in sorted(band.items()):
            shape = _outline(planar, crs)
            area = area_km2(shape)
            if by_facility and not area:
                continue
            so_far[place] = so_far.get(place, 0.0) + area
            road = np.nan
            if found is not None:
                own = (found.cut == number) & ((found.place == place) | (not by_facility))
                road = float(found.km[own].sum())
            named = {}
            if by_facility:
                own_name = (
                    facilities.id[place],
                    facilities.name_zh[place],
                    facilities.name_en[place],
                )
                named = dict(zip(_FACILITY, own_name, strict=True))
            rows.append(
                {"cut_low": limits[number - 1] if number else 0.0, "cut": limits[number]} | named
                | {"area_km2": area, "within_km2": so_far[place], "road_km": road, "status": "computed", "estimate": estimate}
            )  # fmt: skip
            shapes.append(shape if area else None)
    columns = ["cut_low", "cut", *(_FACILITY if by_facility else []), "area_km2", "within_km2", "road_km", "status", "estimate"]  # fmt: skip
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=gpd.GeoSeries(shapes, crs=4326))  # fmt: skip


def _outline(planar: Any, crs: Any) -> Any:
    """Return ground as WGS84 polygons."""
    shape = outline(_polygons(planar), crs)
    # Edges that nearly touch may cross, by nanometres, once they are degrees.
    return shape if shape.is_valid else _polygons(shapely.make_valid(shape))


def _polygons(shape: Any) -> Any:
    """Return the polygons of a shape: borders that only touch leave lines and points."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    parts = parts[shapely.get_type_id(parts) == 3]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _unreached(facilities: Places, why: Sequence[Said | None]) -> pd.DataFrame:
    rows = [
        (facilities.id[k], facilities.name_zh[k], facilities.name_en[k], said.says("zh"), said.says("en"))
        for k, said in enumerate(why)
        if said is not None
    ]  # fmt: skip
    lost = [say("isochrones.why.unlocated", "zh"), say("isochrones.why.unlocated", "en")]
    rows += [
        (r["id"], r["name_zh"], r["name_en"], *lost)
        for r in facilities.unlocated.to_dict("records")
    ]
    return pd.DataFrame(rows, columns=_UNREACHED)
