"""A uniform grid of cells, and how a point finds its cell."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCK", "SHAPELY", "Cells", "distinct", "ragged"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 32_768
"""Points looked up at once: their working arrays stay in a core's cache."""


SHAPELY = Lock()
"""Held while a shape that threads share is used: GEOS is not safe there, prepared or not."""


@dataclass(frozen=True)
class Cells:
    """A grid of ``nx`` × ``ny`` cells over a rectangle, with a margin of one cell for what is outside.

    Parameters
    ----------
    west, south
        Corner of the first cell, in the units of the coordinates.
    dx, dy
        Size of a cell.
    nx, ny
        How many cells there are, the margin not counted.
    """

    west: float
    south: float
    dx: float
    dy: float
    nx: int
    ny: int

    @classmethod
    def over(cls, bounds: tuple[float, float, float, float], n: int) -> Cells:
        """Return a grid of at most ``n`` × ``n`` cells over bounds, a little wider than they are.

        Cells are never so small that rounding of a coordinate could move a point by a thousandth
        of one.
        """
        west, south, east, north = bounds
        grain = 1e4 * np.finfo(float).eps * max(map(abs, bounds), default=1.0)
        # The rectangle is widened by more than cells are in ``pad``, so that no boundary touches the
        # margin: a point in the margin may be anywhere.
        pad_x = max((east - west) / n * 0.01, grain)
        pad_y = max((north - south) / n * 0.01, grain)
        west, east, south, north = west - pad_x, east + pad_x, south - pad_y, north + pad_y
        nx = int(np.clip((east - west) / grain, 1, n))
        ny = int(np.clip((north - south) / grain, 1, n))
        return cls(west, south, (east - west) / nx, (north - south) / ny, nx, ny)

    @property
    def row(self) -> int:
        """Length of a row with its margin."""
        return self.nx + 2

    @property
    def size(self) -> int:
        """Number of cells with the margin."""
        return (self.nx + 2) * (self.ny + 2)

    @property
    def pad(self) -> tuple[float, float]:
        """By how much a cell is widened when asked what touches it: far above any rounding."""
        return self.dx * 1e-3, self.dy * 1e-3

    def look_up(self, table: NDArray[np.int32], x: Floats, y: Floats) -> NDArray[np.int32]:
        """Return what a table of cells holds where each point lies.

        What is outside, infinite or not a number is in the margin: the first column or row, which
        an integer that overflows is clipped or wrapped into.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            cell = self._steps(y, self.south, 1.0 / self.dy, self.ny)
            cell *= np.int32(self.row)
            cell += self._steps(x, self.west, 1.0 / self.dx, self.nx)
        return table.take(cell, mode="clip")

    @staticmethod
    def _steps(values: Floats, start: float, scale: float, n: int) -> NDArray[np.int32]:
        at = values * scale
        at += 1.0 - start * scale
        np.minimum(at, n + 1.0, out=at)
        np.maximum(at, 0.0, out=at)
        return at.astype(np.int32)

    def centres(self, cells: Ints, at: tuple[float, float] = (0.5, 0.5)) -> tuple[Floats, Floats]:
        """Return a point in each cell, by default its centre."""
        row, column = np.divmod(cells, self.row)
        return (
            self.west + (column - 1 + at[0]) * self.dx,
            self.south + (row - 1 + at[1]) * self.dy,
        )


def ragged(starts: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Return all members of runs that lie one after another in a table.

    Parameters
    ----------
    starts, counts
        First member and length of each run.

    Returns
    -------
    owner
        For each member, which run it belongs to.
    member
        Its place in the table.
    """
    owner = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    before = np.cumsum(counts) - counts
    member = np.arange(len(owner), dtype=np.int64) + np.repeat(starts - before, counts)
    return owner, member


def distinct(values: Ints) -> Ints:
    """Return different integers in growing order; ``numpy.unique`` first loads masked arrays."""
    ordered = np.sort(values)
    kept: Ints = ordered[np.diff(ordered, prepend=ordered[:1] - 1) != 0]
    return kept
