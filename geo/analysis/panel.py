"""A tidy panel of units and years, and spatial weights between units, for regressions elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.analysis.cloud import Cloud, cloud_of
from geo.analysis.footprints import footprints_of, union_of
from geo.analysis.provenance import Provenance, provenance_of
from geo.engine.banded import compile_banded
from geo.engine.polygons import compile_polygons
from geo.engine.tally import names_of
from geo.errors import UnitsError
from geo.io.reading import AUTO
from geo.io.units import read_units
from geo.measure import project
from geo.model.layout import Layout

__all__ = ["Panel", "Weights", "panel", "spatial_weights"]

SLIVER_M = 1.0
"""Units closer than this touch: rounding parts neighbours by less."""


@dataclass(frozen=True, eq=False)
class Panel:
    """What :func:`panel` returns.

    Attributes
    ----------
    table
        One row for each unit and period (and category), none left out: ``unit``, names, ``period``,
        ``by``, ``count``, ``sum`` (with a weight), ``inside_count`` and ``inside_sum`` (in any
        footprint, with low and high by the footprints' errors and the points' own), and what does
        not change over time: ``area_km2``, ``inside_share_low … high`` of the area, ``axis_km``
        (planar distance of the unit's centroid from the nearest axis), ``x_km``, ``y_km`` of it.
    unplaced
        How many points lie in no unit.
    provenance
        Method, reference system, parameters.
    """

    table: pd.DataFrame
    unplaced: int
    provenance: Provenance


@dataclass(frozen=True, eq=False)
class Weights:
    """Spatial weights: which units neighbour which.

    Attributes
    ----------
    table
        ``unit``, ``neighbour``, ``weight``; ordered, none with itself.
    units
        All units in order, also those without a neighbour.
    islands
        Units without a neighbour.
    provenance
        Method and parameters.
    """

    table: pd.DataFrame
    units: list[str]
    islands: list[str]
    provenance: Provenance

    def gal(self) -> str:
        """Return the neighbours in the GAL format of GeoDa and PySAL; weights are not part of it."""
        own = self.table.groupby("unit", sort=False)["neighbour"].apply(list).to_dict()
        lines = [f"0 {len(self.units)} units adcode"]
        for unit in self.units:
            near = own.get(unit, [])
            lines += [f"{unit} {len(near)}", " ".join(near)]
        return "\n".join(lines) + "\n"


def panel(
    layout: Layout,
    points: Any,
    *,
    units: gpd.GeoDataFrame | None = None,
    period: str | None = None,
    by: str | None = None,
    weight: str | None = None,
    ring_km: float | None = None,
    datum: str = AUTO,
    lon: str | None = None,
    lat: str | None = None,
    sheet: str | None = None,
    err_m: float = 0.0,
) -> Panel:
    """Return points by unit and period, with what of them lies in any footprint.

    Parameters
    ----------
    layout
        Its footprints and axes.
    points
        Whatever ``geo.coverage`` takes.
    units
        Administrative units with ``adcode`` and names; by default the layout's.
    period
        Column of the period, such as a year; one blank period without it.
    by, weight, ring_km, datum, lon, lat, sheet, err_m
        As for ``geo.coverage``.

    Raises
    ------
    PointsError
        As for ``geo.coverage``.
    UnitsError
        If there are no units.
    """
    frame = read_units(layout) if units is None else units.to_crs(4326)
    cloud = cloud_of(
        points, by=by, weight=weight, columns=[period] if period else [], datum=datum, lon=lon, lat=lat, sheet=sheet,
        err_m=err_m, layout=layout,
    )  # fmt: skip
    found = footprints_of(layout, ring_km=ring_km)
    shapes = np.asarray(project(frame.geometry.to_numpy(), layout.crs))
    unit = _first_of(cloud, list(frame.geometry))
    inside = _inside(cloud, found)
    counted = _counted(frame, cloud, unit, inside, period, weighed=weight is not None)
    table = counted.merge(_standing(layout, frame, shapes, found), on="unit", how="left")
    return Panel(
        table, int((unit < 0).sum()),
        provenance_of("score.method.panel", cloud=cloud, crs=layout.crs, period=period, by=by, weight=weight),
    )  # fmt: skip


def _first_of(cloud: Cloud, shapes: list[Any]) -> NDArray[np.int64]:
    """Return the unit of each point, the first where borders overlap, or -1."""
    plan = compile_polygons(shapes, rows=len(cloud))
    ids, more = plan.locate(cloud.lon, cloud.lat)
    sets = np.concatenate([plan.sets, more])
    return np.where(sets.any(axis=1), sets.argmax(axis=1), -1)[ids]


def _inside(cloud: Cloud, found: Any) -> NDArray[np.bool_]:
    """Return for each point whether it is surely, probably, perhaps in any footprint: (n, 3)."""
    if not found:
        return np.zeros((len(cloud), 3), dtype=bool)
    plan = compile_banded([list(f.outlines) for f in found], rows=len(cloud))
    sets, ids = plan.locate(cloud.lon, cloud.lat, cloud.err_m if cloud.err_m.any() else None)
    return np.asarray(sets.reshape(len(sets), -1, 3).any(axis=1))[ids]


def _counted(
    frame: gpd.GeoDataFrame, cloud: Cloud, unit: NDArray[np.int64], inside: NDArray[np.bool_],
    period: str | None, *, weighed: bool,
) -> pd.DataFrame:  # fmt: skip
    when = np.full(len(cloud), "", dtype=object)
    if period:
        when = np.array(names_of(cloud.columns[period].tolist()), dtype=object)
    rows = pd.DataFrame({"unit": unit, "period": when, "by": cloud.by})  # fmt: skip
    rows["count"] = 1
    for name, column in zip(("inside_count_low", "inside_count", "inside_count_high"), inside.T, strict=True):  # fmt: skip
        rows[name] = column.astype(int)
    if weighed:
        rows["sum"] = cloud.weight
        rows[["inside_sum_low", "inside_sum", "inside_sum_high"]] = cloud.weights_in(inside)
    summed = rows[rows["unit"] >= 0].groupby(["unit", "period", "by"]).sum()
    whole = pd.MultiIndex.from_product(
        [range(len(frame)), sorted(set(when)) or [""], sorted(cloud.names)],
        names=["unit", "period", "by"],
    )
    full = summed.reindex(whole, fill_value=0).reset_index()
    codes = frame["adcode"].astype(str).to_numpy()
    own = full["unit"].to_numpy()
    for name in ("name_en", "name_zh"):
        if name in frame.columns:
            full.insert(1, f"unit_{name[-2:]}", frame[name].to_numpy()[own])
    return full.assign(unit=codes[own])


def _standing(
    layout: Layout, frame: gpd.GeoDataFrame, shapes: NDArray[np.object_], found: Any
) -> pd.DataFrame:
    area = shapely.area(shapes)
    shares = [shapely.area(shapely.intersection(shapes, u)) / area for u in union_of(found)]
    centres = shapely.centroid(shapes)
    axes = [project(line, layout.crs) for line in layout.axes.geometry]
    away = shapely.distance(centres, shapely.union_all(axes)) / 1000 if axes else np.full(len(area), np.nan)  # fmt: skip
    return pd.DataFrame(
        {
            "unit": frame["adcode"].astype(str).to_numpy(), "area_km2": area / 1e6,
            "inside_share_low": shares[0], "inside_share": shares[1], "inside_share_high": shares[2],
            "axis_km": away, "x_km": shapely.get_x(centres) / 1000, "y_km": shapely.get_y(centres) / 1000,
        }
    )  # fmt: skip


def spatial_weights(
    layout: Layout,
    *,
    units: gpd.GeoDataFrame | None = None,
    kind: Literal["queen", "nearest", "distance"] = "queen",
    k: int = 4,
    km: float | None = None,
    standardise: bool = True,
) -> Weights:
    """Return spatial weights between units.

    Parameters
    ----------
    layout
        Its planar projection.
    units
        With ``adcode``; by default the layout's.
    kind
        ``queen``: units that touch, in a corner at least; ``nearest``: the ``k`` nearest centroids
        (not symmetric); ``distance``: centroids within ``km``, by inverse distance.
    k, km
        See ``kind``.
    standardise
        Whether the weights of a unit add up to 1.

    Raises
    ------
    UnitsError
        If there are no units, or the parameters make no neighbours.
    """
    frame = read_units(layout) if units is None else units.to_crs(4326)
    ids = frame["adcode"].astype(str).tolist()
    shapes = np.asarray(project(frame.geometry.to_numpy(), layout.crs))
    centres = shapely.centroid(shapes)
    apart = np.hypot(*(shapely.get_coordinates(centres)[:, None] - shapely.get_coordinates(centres)[None]).transpose(2, 0, 1))  # fmt: skip
    np.fill_diagonal(apart, np.inf)
    weight = np.zeros_like(apart)
    if kind == "queen":
        a, b = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=SLIVER_M)
        weight[a, b] = 1.0
        np.fill_diagonal(weight, 0.0)
    elif kind == "nearest":
        if not 0 < k < len(ids):
            raise UnitsError(f"{k} nearest of {len(ids)} units: k is at least 1 and below that")
        np.put_along_axis(weight, np.argsort(apart, axis=1, kind="stable")[:, :k], 1.0, axis=1)
    elif kind == "distance":
        if km is None or not km > 0:
            raise UnitsError("weights by distance need km, above 0")
        near = apart <= km * 1000
        weight[near] = 1000 / apart[near]
    else:
        raise UnitsError(f"unknown kind of weights {kind!r}: use queen, nearest or distance")
    total = weight.sum(axis=1, keepdims=True)
    if standardise:
        weight = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    at, to = np.nonzero(weight)
    table = pd.DataFrame(
        {"unit": np.array(ids)[at], "neighbour": np.array(ids)[to], "weight": weight[at, to]}
    )
    return Weights(
        table, ids, [i for i, t in zip(ids, total[:, 0], strict=True) if t == 0],
        provenance_of("score.method.weights", crs=layout.crs, kind=kind, k=k, km=km, standardise=standardise),
    )  # fmt: skip
