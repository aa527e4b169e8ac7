"""Sums of weights over all cells of a lattice at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Floats", "cells_of", "depth", "windows"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def cells_of(x: Floats, start: float, step: float, n: int) -> Ints:
    """Return the cell of each coordinate, the first or last where it lies outside."""
    own = x - start
    own /= step
    return np.clip(own, 0, n - 1, out=own).astype(np.int64)


def depth(
    first_u: Ints, stop_u: Ints, first_v: Ints, stop_v: Ints, weight: Floats, shape: tuple[int, int]
) -> Floats:
    """Return the weight of the index ranges that overlap at each place of an array.

    Parameters
    ----------
    first_u, stop_u, first_v, stop_v
        Shape (n,): ``array[first_u:stop_u, first_v:stop_v]`` is what each covers.
    weight
        Shape (n,).
    shape
        Of the array.
    """
    across = shape[1] + 1
    size = (shape[0] + 1) * across
    total = np.bincount(first_u * across + first_v, weight, size)
    total -= np.bincount(stop_u * across + first_v, weight, size)
    total -= np.bincount(first_u * across + stop_v, weight, size)
    total += np.bincount(stop_u * across + stop_v, weight, size)
    grid = total.reshape(shape[0] + 1, across)
    np.cumsum(grid, axis=0, out=grid)
    np.cumsum(grid, axis=1, out=grid)
    return np.ascontiguousarray(grid[:-1, :-1])


def windows(u: Ints, v: Ints, weight: Floats, shape: tuple[int, int], per: int) -> Floats:
    """Return the sums over all windows of ``per`` + 1 by ``per`` + 1 cells.

    Parameters
    ----------
    u, v
        Cells of the points, shape (n,), from 0 to ``shape`` + ``per`` - 1.
    weight
        Shape (n,).
    shape
        Number of windows along and across.
    per
        See above.
    """
    n, m = shape[0] + per, shape[1] + per
    grid = np.zeros((n + 1, m + 1))
    grid[1:, 1:] = np.bincount(u * m + v, weight, n * m).reshape(n, m)
    np.cumsum(grid, axis=0, out=grid)
    strips = grid[per + 1 :] - grid[: -per - 1]
    np.cumsum(strips, axis=1, out=strips)
    return np.asarray(strips[:, per + 1 :] - strips[:, : -per - 1])
