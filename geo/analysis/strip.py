"""The strip map: features and points as chainage × offset, the corridor straightened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.analysis.cloud import Cloud, cloud_of
from geo.analysis.provenance import Provenance, provenance_of
from geo.analysis.routes import WHERES, Floats, Route, places, route_of, second_places
from geo.errors import PointsError
from geo.io.reading import AUTO
from geo.measure import project, project_points
from geo.model.items import CorridorItem

__all__ = ["COLUMNS", "Strip", "strip"]

_LAYERS = ("node", "zone", "corridor", "belt")
_STATION_M = 500.0
COLUMNS = [
    "corridor", "corridor_zh", "corridor_en", "layer", "id", "name_zh", "name_en", "kind", "row", "by", "weight", "err_m", "chainage_km",
    "offset_km", "from_km", "to_km", "left_km", "right_km", "half_width_km", "where", "ambiguous", "other_km",
]  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Strip:
    """What :func:`strip` returns.

    Attributes
    ----------
    table
        One row for each corridor and located feature or point. ``chainage_km`` along the axis and
        ``offset_km`` from it (negative on the left) of its place (the centroid of an area), which
        has ``half_width_km`` there and lies ``where``: inside, before, after or beside. Areas also
        have the extent of their outline: ``from_km``, ``to_km``, ``left_km``, ``right_km``.
        ``ambiguous`` says that another place on the axis may be the nearest one: ``other_km``.
    widths
        ``chainage_km`` and ``half_width_km`` along each corridor.
    provenance
        How it came about.
    """

    table: pd.DataFrame
    widths: pd.DataFrame
    provenance: Provenance


def strip(
    about: Any,
    points: Any = None,
    *,
    within_km: float | None = None,
    axis_err_m: float | None = None,
    apart_km: float = 0.5,
    by: str | None = None,
    weight: str | None = None,
    datum: str = AUTO,
    lon: str | None = None,
    lat: str | None = None,
    sheet: str | None = None,
    err_m: float = 0.0,
) -> Strip:
    """Return features and points in the axes of a corridor.

    Parameters
    ----------
    about
        A layout (all its corridors that have an axis), or what :func:`geo.analysis.routes.route_of`
        takes.
    points
        As for ``geo.coverage``; or ``None``.
    within_km
        Half width to use instead of the corridor's own.
    axis_err_m
        Positional error of the axis; by default its own.
    apart_km
        Two places on the axis that are less than this apart are one and not ambiguous.
    by, weight, datum, lon, lat, sheet, err_m
        As for ``geo.coverage``.

    Returns
    -------
    Strip
        A point is ambiguous if another place on the axis is no further than the nearest one plus
        twice the errors of axis and point together.

    Raises
    ------
    PointsError
        If there is no axis, or the points cannot be read.
    """
    if hasattr(about, "of_layer"):
        abouts = [c for c in about.of_layer("corridor") if isinstance(c, CorridorItem) and c.shape]
        if not abouts:
            raise PointsError(f"layout {about.id!r} has no corridor with an axis: give it one")
    else:
        abouts = [about]
    routes = [route_of(a, within_km=within_km, axis_err_m=axis_err_m) for a in abouts]
    cloud = None
    if points is not None:
        cloud = cloud_of(
            points, by=by, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m,
            layout=routes[0].layout,
        )  # fmt: skip
    parts = [part for route in routes for part in _parts(route, cloud, apart_km * 1000)]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    crs = routes[0].crs
    provenance = provenance_of(
        "profile.method.strip", cloud=cloud, crs=crs, corridors=[r.id for r in routes],
        within_km=within_km, axis_err_m=[r.err_m for r in routes], apart_km=apart_km,
    )  # fmt: skip
    widths = pd.concat([_stations(r) for r in routes], ignore_index=True)
    return Strip(table.reindex(columns=COLUMNS), widths, provenance)


def _stations(route: Route) -> pd.DataFrame:
    even = np.linspace(0, route.length, max(int(route.length // _STATION_M), 1) + 1)
    at = np.unique(np.clip([*even, *(c for c, _ in route.widths)], 0, route.length))
    return pd.DataFrame(
        {"corridor": route.id, "corridor_zh": route.name_zh, "corridor_en": route.name_en, "chainage_km": at / 1000, "half_width_km": route.half_width(at) / 1000}
    )  # fmt: skip


def _parts(route: Route, cloud: Cloud | None, apart_m: float) -> Iterable[pd.DataFrame]:
    if route.layout is not None:
        yield _features(route, apart_m)
    if cloud is not None:
        frame = pd.DataFrame({"layer": "point", "row": cloud.row, "weight": cloud.weight, "err_m": cloud.err_m})  # fmt: skip
        frame["by"] = cloud.by
        yield _straightened(route, frame, project_points(cloud.lon, cloud.lat, route.crs), apart_m)


def _straightened(route: Route, frame: pd.DataFrame, xy: Floats, apart_m: float) -> pd.DataFrame:
    chainage, offset, where = places(route, xy)
    other = second_places(route, xy, frame["err_m"].to_numpy(float) + route.err_m, apart_m=apart_m)
    return frame.assign(
        corridor=route.id, corridor_zh=route.name_zh, corridor_en=route.name_en, chainage_km=chainage / 1000, offset_km=offset / 1000,
        half_width_km=route.half_width(chainage) / 1000, where=np.array(WHERES, object)[where],
        ambiguous=np.isfinite(other), other_km=other / 1000,
    )  # fmt: skip


def _features(route: Route, apart_m: float) -> pd.DataFrame:
    rows, xy = [], []
    for item in route.layout:
        p = item.properties
        shape = item.footprint if item.footprint is not None else item.geometry
        if p.layer not in _LAYERS or shape is None or item.id == route.id:
            continue
        planar = project(shape, route.crs)
        xy.append(shapely.get_coordinates(shapely.centroid(planar))[0])
        row = {"layer": p.layer, "id": p.id, "name_zh": p.name_zh, "name_en": p.name_en, "kind": p.kind, "err_m": item.err_m or 0.0}  # fmt: skip
        if item.footprint is not None:
            row |= _extent(route, planar)
        rows.append(row)
    frame = pd.DataFrame(rows, columns=["layer", "id", "name_zh", "name_en", "kind", "err_m", "from_km", "to_km", "left_km", "right_km"])  # fmt: skip
    return _straightened(route, frame, np.reshape(np.array(xy, dtype=float), (-1, 2)), apart_m)


def _extent(route: Route, planar: Any) -> dict[str, float]:
    """Return how far an outline reaches along and across, at points no more than 100 m apart."""
    outline = shapely.get_coordinates(shapely.segmentize(planar, 100.0))
    chainage, offset, _ = places(route, outline)
    values = chainage.min(), chainage.max(), offset.min(), offset.max()
    names = ("from_km", "to_km", "left_km", "right_km")
    return {name: float(v) / 1000 for name, v in zip(names, values, strict=True)}
