"""Vertices of lines that all but touch: within a tolerance they are one node."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geo.measure import laea, project_points

__all__ = ["TOLERANCE_M", "snapped"]

TOLERANCE_M = 0.1
"""Vertices this near to each other are one: finer than anyone digitises, coarser than rounding."""


def snapped(
    places: NDArray[np.float64],
    end: NDArray[np.bool_],
    line: NDArray[np.int64],
    among: NDArray[np.int64],
) -> tuple[NDArray[np.int64], int]:
    """Return for each place the one it is moved to, and how many are moved.

    An end joins whatever is near. Of vertices along lines, those of two lines join that are each
    other's nearest: a line with many vertices to the decimetre does not shrink to a point.

    Parameters
    ----------
    places
        (p, 2) distinct places, WGS84 degrees.
    end
        (p,) whether a line ends there.
    line
        (p,) a line that the place is on.
    among
        Which places may be joined.
    """
    same = np.arange(len(places))
    box = places[among]
    middle = (box.min(axis=0) + box.max(axis=0)) / 2
    metres = project_points(box[:, 0], box[:, 1], laea(middle[0], middle[1]))
    near = cKDTree(metres).query_pairs(TOLERANCE_M, output_type="ndarray")
    if not len(near):
        return same, 0
    apart = np.hypot(*(metres[near[:, 0]] - metres[near[:, 1]]).T)
    a, b = among[near].T
    least = np.full(len(places), np.inf)
    across = line[a] != line[b]
    for side in (a, b):
        np.minimum.at(least, side[across], apart[across])
    mutual = across & (apart <= least[a]) & (apart <= least[b])
    joined = end[a] | end[b] | mutual
    a, b = a[joined], b[joined]
    pairs = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(len(places),) * 2)
    label = connected_components(pairs.tocsr(), directed=False)[1]
    _, lowest, back = np.unique(label, return_index=True, return_inverse=True)
    moved = lowest[back].astype(np.int64)
    return moved, int((moved != same).sum())
