"""Grids of equal cells, square or hexagonal, in planar metres."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse

from geo.errors import PointsError

__all__ = ["MAX_CELLS", "Grid", "Lattice", "grid_over"]

Lattice = Literal["square", "hexagon"]
MAX_CELLS = 1_000_000
"""More cells are refused: they tell nothing that larger ones do not."""
_HEIGHT = np.sqrt(3) / 2
_BESIDE = {
    "square": [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)],
    "hexagon": [(1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1)],
}

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Grid:
    """Cells of a grid whose lines pass through the origin of the plane, so that grids agree.

    Attributes
    ----------
    size_m
        Side of a square; a hexagon has the area of that square.
    lattice
        ``square`` or ``hexagon`` (with a corner to the north).
    index
        Shape (n, 2): column and row (axial coordinates of hexagons), in lexical order.
    """

    size_m: float
    lattice: Lattice
    index: Ints

    @property
    def centres(self) -> Floats:
        """Shape (n, 2): centres, planar metres."""
        return _centres(self.index, self.size_m, self.lattice)

    @property
    def polygons(self) -> NDArray[np.object_]:
        """The cells, planar metres."""
        turns = np.arange(4 if self.lattice == "square" else 6)
        if self.lattice == "square":
            radius, angle = self.size_m / np.sqrt(2), np.pi / 4 + turns * np.pi / 2
        else:
            radius, angle = _width(self.size_m) / np.sqrt(3), np.pi / 2 + turns * np.pi / 3
        corners = radius * np.column_stack([np.cos(angle), np.sin(angle)])
        return np.asarray(shapely.polygons(self.centres[:, None, :] + corners))

    @cached_property
    def _keys(self) -> Ints:
        return _keys(self.index)

    def find(self, xy: Floats) -> Ints:
        """Return the cell of each point (shape (n, 2), planar metres); -1 where there is none."""
        return self._find(_index_of(xy, self.size_m, self.lattice))

    def _find(self, index: Ints) -> Ints:
        keys = _keys(index)
        at = np.minimum(np.searchsorted(self._keys, keys), max(len(self._keys) - 1, 0))
        if not len(self._keys):
            return np.full(len(index), -1)
        return np.where(self._keys[at] == keys, at, -1)

    def neighbours(self) -> sparse.csr_array:
        """Return who shares a side or corner with whom: ones, none on the diagonal."""
        rows, columns = [], []
        for step in _BESIDE[self.lattice]:
            there = self._find(self.index + np.array(step))
            own = np.flatnonzero(there >= 0)
            rows.append(own)
            columns.append(there[own])
        row, column = np.concatenate(rows), np.concatenate(columns)
        n = len(self.index)
        return sparse.csr_array((np.ones(len(row)), (row, column)), shape=(n, n))


def _width(size_m: float) -> float:
    """Return the width between opposite sides of a hexagon with the area of a square."""
    return float(size_m / np.sqrt(_HEIGHT))


def _centres(index: Ints, size_m: float, lattice: Lattice) -> Floats:
    i, j = index.T.astype(float)
    if lattice == "square":
        return np.column_stack([i + 0.5, j + 0.5]) * size_m
    return np.column_stack([i + j / 2, j * _HEIGHT]) * _width(size_m)


def _index_of(xy: Floats, size_m: float, lattice: Lattice) -> Ints:
    if lattice == "square":
        return np.asarray(np.floor(xy / size_m), dtype=np.int64)
    j = xy[:, 1] / (_HEIGHT * _width(size_m))
    i = xy[:, 0] / _width(size_m) - j / 2
    # The nearest centre: round the three axes of a hexagon, and mend the one that was rounded most.
    cube = np.column_stack([i, j, -i - j])
    near = np.rint(cube)
    worst = np.abs(near - cube).argmax(axis=1)
    rows = np.arange(len(near))
    near[rows, worst] -= near.sum(axis=1)
    return np.asarray(near[:, :2], dtype=np.int64)


def _keys(index: Ints) -> Ints:
    return np.asarray(index[:, 0] * 2**31 + index[:, 1])


def grid_over(area: shapely.Geometry, size_m: float, lattice: Lattice = "square") -> Grid:
    """Return the cells that share an area with a polygon.

    Parameters
    ----------
    area
        Polygon, planar metres; of a line or point, the cells that it touches.
    size_m
        Side of a square, or of the square with a hexagon's area.
    lattice
        ``square`` or ``hexagon``.

    Raises
    ------
    PointsError
        If the size is not above 0, the lattice is not known, or there would be too many cells.
    """
    if lattice not in _BESIDE:
        raise PointsError(f"unknown lattice {lattice!r}: square or hexagon")
    if not size_m > 0:
        raise PointsError(f"the size of cells is {size_m / 1000:g} km: give one above 0")
    west, south, east, north = area.bounds
    if (east - west) * (north - south) / size_m**2 > 4 * MAX_CELLS:
        raise PointsError(
            f"cells of {size_m / 1000:g} km over {(east - west) / 1000:,.0f} × "
            f"{(north - south) / 1000:,.0f} km are too many: give larger ones"
        )
    corners = np.array([[west, south], [west, north], [east, south], [east, north]])
    index = _index_of(corners, size_m, lattice)
    (i0, j0), (i1, j1) = index.min(axis=0) - 1, index.max(axis=0) + 1
    i, j = np.meshgrid(np.arange(i0, i1 + 1), np.arange(j0, j1 + 1), indexing="ij")
    whole = Grid(size_m, lattice, np.column_stack([i.ravel(), j.ravel()]))
    shapely.prepare(area)
    cells = whole.polygons
    kept = shapely.intersects(area, cells)
    if area.area > 0:
        # What only touches the area shares none of it.
        kept &= ~shapely.touches(area, cells)
    if kept.sum() > MAX_CELLS:
        raise PointsError(f"{kept.sum():,} cells are too many: give larger ones than {size_m / 1000:g} km")  # fmt: skip
    return Grid(size_m, lattice, whole.index[kept])
