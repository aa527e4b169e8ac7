"""What a weight is spread over: the cells of a grid, or administrative units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy import sparse
from scipy.spatial import cKDTree

from geo.analysis.cloud import Cloud
from geo.analysis.concentration.grid import Lattice, grid_over
from geo.analysis.concentration.result import Reason
from geo.analysis.concentration.study import members_of, plane_of, study_of
from geo.errors import PointsError
from geo.measure import outline, project, project_points, unproject

__all__ = ["Partition", "partition_of"]

Floats = NDArray[np.float64]
_SNAP_M = 1.0
"""Units this close are neighbours: boundaries that should be one differ by rounding."""


@dataclass(frozen=True, eq=False, repr=False)
class Partition:
    """Cells or units, and the one that each point is in.

    Attributes
    ----------
    table
        One row each: what identifies it, ``lon`` and ``lat`` of its centre (of a unit, a point
        within it), ``area_km2``.
    of
        Shape (n,): the one that each point is in, -1 for none.
    xy
        Shape (m, 2): the centres in planar metres.
    crs
        The plane.
    parameters
        What a result says of it.
    touching
        Returns which of them touch, as a sparse matrix of ones.
    shapes
        Returns them as WGS84 polygons.
    cell_m
        Side of the cells; 0 of units.
    """

    table: pd.DataFrame
    of: NDArray[np.int64]
    xy: Floats
    crs: CRS
    parameters: dict[str, Any]
    touching: Callable[[], sparse.csr_array]
    shapes: Callable[[], Any]
    cell_m: float

    def __len__(self) -> int:
        return len(self.table)

    def sums(self, values: Floats, those: NDArray[np.bool_] | None = None) -> Floats:
        """Return the sum of values of the points in each, shape (m,)."""
        kept = self.of >= 0 if those is None else those & (self.of >= 0)
        sums = np.bincount(self.of[kept], values[kept], minlength=len(self))
        return np.asarray(sums, dtype=float)

    def within(self, reach_m: float) -> sparse.csr_array:
        """Return whose centres are within a distance of one another: ones, none on the diagonal."""
        pairs = cKDTree(self.xy).query_pairs(reach_m * (1 + 1e-9), output_type="ndarray")
        row, column = np.concatenate([pairs, pairs[:, ::-1]]).T
        return sparse.csr_array((np.ones(len(row)), (row, column)), shape=(len(self), len(self)))

    def cautions(self, cloud: Cloud) -> list[Reason]:
        """Return what to say of points that may lie in another cell than they seem to."""
        worst = float(cloud.err_m.max())
        if self.cell_m and worst > self.cell_m / 2:
            return [("rough-points", {"err_m": worst, "cell_m": self.cell_m})]
        return []


def partition_of(
    cloud: Cloud,
    *,
    layout: Any = None,
    units: gpd.GeoDataFrame | None = None,
    cell_km: float = 1.0,
    lattice: Lattice = "square",
    study: Any = None,
) -> Partition:
    """Return the cells of a grid over the study area, or units, with the points in them.

    Parameters
    ----------
    cloud
        The points; those outside the study area, or in no unit, are in none.
    layout
        Gives the plane.
    units
        Units instead of cells (``geo.read_units``): ``adcode``, ``name_zh``, ``name_en``.
    cell_km, lattice, study
        As for :func:`geo.analysis.concentration.grid.grid_over` and
        :func:`geo.analysis.concentration.study.study_of`.
    """
    crs = plane_of(cloud, layout)
    if units is not None:
        return _units(cloud, units, crs)
    xy = project_points(cloud.lon, cloud.lat, crs)
    area = study_of(study, xy, crs)
    grid = grid_over(area.shape, cell_km * 1000, lattice)
    inside = np.where(area.holds(xy), grid.find(xy), -1)
    lonlat = shapely.get_coordinates(unproject(shapely.points(grid.centres), crs))
    ids = [f"{i}:{j}" for i, j in grid.index]
    table = pd.DataFrame(
        {"cell": ids, "lon": lonlat[:, 0], "lat": lonlat[:, 1], "area_km2": cell_km**2}
    )
    parameters = {"cell_km": cell_km, "lattice": lattice, "cells": len(table)} | area.parameters()
    parameters["outside_study"] = int((inside < 0).sum())
    return Partition(
        table, inside, grid.centres, crs, parameters, grid.neighbours,
        lambda: outline(grid.polygons, crs), cell_km * 1000,
    )  # fmt: skip


def _units(cloud: Cloud, units: gpd.GeoDataFrame, crs: CRS) -> Partition:
    missing = [c for c in ("adcode", "name_zh", "name_en") if c not in units.columns]
    if missing or not len(units):
        raise PointsError(
            f"the units have no {', '.join(missing) or 'rows'}: give what geo.read_units returns"
        )
    own = units.to_crs(4326)
    plain = own[["adcode", "name_zh", "name_en", own.geometry.name]]
    members = members_of(plain, cloud.lon, cloud.lat)
    central = members.sets[:, :, 1]
    # A point on a boundary that two units share belongs to the first.
    first = np.where(central.any(axis=1), central.argmax(axis=1), -1)[members.ids]
    shapes = np.asarray(project(own.geometry.to_numpy(), crs))
    within = shapely.point_on_surface(shapes)
    lonlat = shapely.get_coordinates(unproject(within, crs))
    table = pd.DataFrame(
        {
            "unit_id": own["adcode"].astype(str).to_numpy(), "unit_zh": own["name_zh"].to_numpy(),
            "unit_en": own["name_en"].to_numpy(), "lon": lonlat[:, 0], "lat": lonlat[:, 1],
            "area_km2": shapely.area(shapes) / 1e6,
        }
    )  # fmt: skip
    parameters = {"units": len(table), "in_no_unit": int((first < 0).sum())}
    return Partition(
        table, first, shapely.get_coordinates(within), crs, parameters, lambda: _touching(shapes),
        own.geometry.to_numpy, 0.0,
    )  # fmt: skip


def _touching(shapes: NDArray[np.object_]) -> sparse.csr_array:
    a, b = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_SNAP_M)
    apart = a != b
    n = len(shapes)
    return sparse.csr_array((np.ones(int(apart.sum())), (a[apart], b[apart])), shape=(n, n))
