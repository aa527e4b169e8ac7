"""Footprints with their tolerance as a plan: low, central and high of each, in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.engine.cells import SHAPELY, Floats, Ints
from geo.engine.polygons import PolygonPlan, Predicate, compile_polygons

if TYPE_CHECKING:
    from pyproj import CRS

# Projections are loaded where they are needed: for errors of points, and for offsets.

__all__ = ["BandedPlan", "compile_banded"]


@dataclass(frozen=True, eq=False, repr=False)
class BandedPlan:
    """What :func:`compile_banded` returns.

    The sets have three columns for each footprint: surely, probably and perhaps inside.

    Attributes
    ----------
    polygons
        The different shapes, compiled.
    columns
        Shape (n, 3): which of them are inner offset, footprint and outer offset of each.
    """

    polygons: PolygonPlan
    columns: NDArray[np.int64]

    @property
    def width(self) -> int:
        """Number of columns of the sets."""
        return int(self.columns.size)

    @cached_property
    def _sets(self) -> NDArray[np.bool_]:
        return self.polygons.sets[:, self.columns.ravel()]

    @cached_property
    def crs(self) -> CRS:
        """Equal-area projection about the footprints, for the error of points."""
        from geo.measure import laea

        west, south, east, north = shapely.total_bounds(self.polygons.shapes)
        return laea(round((west + east) / 2, 6), round((south + north) / 2, 6))

    def locate(
        self, x: Floats, y: Floats, err: Floats | None = None
    ) -> tuple[NDArray[np.bool_], Ints]:
        """Return sets and the one that each point lies in.

        Parameters
        ----------
        x, y
            WGS84 degrees.
        err
            Positional error of each point, metres: it is added to that of the footprints.
        """
        ids, more = self.polygons.locate(x, y)
        sets = self._sets
        if len(more):
            sets = np.concatenate([sets, more[:, self.columns.ravel()]])
        if err is None or not (rough := np.flatnonzero(err > 0)).size:
            return sets, ids
        with SHAPELY:
            wide = self._widened(sets[ids[rough]], x[rough], y[rough], err[rough])
        rows, which = np.unique(wide, axis=0, return_inverse=True)
        ids = ids.copy()
        ids[rough] = which.reshape(-1) + len(sets)
        return np.concatenate([sets, rows]), ids

    def _widened(self, rows: NDArray[np.bool_], x: Floats, y: Floats, err: Floats) -> Any:
        """Return the sets of points that may lie elsewhere by their own error.

        Surely inside is what lies deeper than its error inside the inner offset, perhaps inside
        what lies no further than that from the outer one.
        """
        from geo.measure import project_points

        rows = rows.copy()
        xy = project_points(x, y, self.crs)
        points = shapely.points(xy)
        for k, (inner, _, outer) in enumerate(self.columns):
            low, central, high = 3 * k, 3 * k + 1, 3 * k + 2
            own = np.flatnonzero(rows[:, low])
            if len(own):
                rim = shapely.boundary(self._planar[inner])
                rows[own, low] = ~self._near(rim, points[own], err[own])
            # A point that is on the far side already needs no test, nor one beyond reach.
            west, south, east, north = self._planar[outer].bounds if not self._planar[outer].is_empty else (0, 0, -1, -1)  # fmt: skip
            reach = (xy[:, 0] >= west - err) & (xy[:, 0] <= east + err) & (xy[:, 1] >= south - err) & (xy[:, 1] <= north + err)  # fmt: skip
            own = np.flatnonzero(~rows[:, high] & reach)
            if len(own):
                rows[own, high] = self._near(self._planar[outer], points[own], err[own])
            rows[:, low] &= rows[:, central]
            rows[:, high] |= rows[:, central]
        return rows

    @cached_property
    def _planar(self) -> NDArray[np.object_]:
        from geo.measure import project

        shapes = np.array(self.polygons.shapes, dtype=object)
        return np.asarray(project(shapes, self.crs))

    @staticmethod
    def _near(shape: Any, points: Any, reach: Floats) -> NDArray[np.bool_]:
        shapely.prepare(shape)
        return np.asarray(shapely.dwithin(shape, points, reach))


def compile_banded(
    outlines: Sequence[Sequence[Any]], predicate: Predicate = "intersects", *, rows: int = 0
) -> BandedPlan:
    """Compile footprints with their inner and outer offsets.

    Parameters
    ----------
    outlines
        For each footprint its inner offset, itself and its outer offset, WGS84 polygons; the same
        three times where there is no error.
    predicate, rows
        As for :func:`geo.engine.polygons.compile_polygons`.
    """
    known: dict[bytes, int] = {}
    shapes: list[Any] = []
    columns = np.empty((len(outlines), 3), dtype=np.int64)
    for k, three in enumerate(outlines):
        for j, shape in enumerate(three):
            key = shapely.to_wkb(shape)
            if key not in known:
                known[key] = len(shapes)
                shapes.append(shape)
            columns[k, j] = known[key]
    return BandedPlan(compile_polygons(shapes, predicate, rows=rows), columns)


def with_offsets(shape: Any, err_m: float) -> tuple[Any, Any, Any]:
    """Return a WGS84 polygon with its inner and outer offset by an error in metres, all WGS84."""
    if not err_m:
        return shape, shape, shape
    from geo.measure import laea, outline, project

    west, south, east, north = shape.bounds
    crs = laea((west + east) / 2, (south + north) / 2)
    planar = project(shape, crs)
    inner, outer = (outline(planar.buffer(d, quad_segs=32), crs) for d in (-err_m, err_m))
    return inner, shape, outer
