"""Lines drawn across each other without a vertex where they meet: one is put there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo.measure import laea, project_points, unproject
from geo.network.lines import Lines
from geo.network.snapping import TOLERANCE_M

__all__ = ["crossed"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Segments:
    """Segments of lines: their first vertex, and all vertices in degrees and in metres."""

    at: Ints
    degrees: Floats
    metres: Floats
    crs: CRS


def crossed(lines: Lines) -> tuple[Lines, int]:
    """Return lines with a vertex in each wherever two cross or one ends on another.

    Parameters
    ----------
    lines
        WGS84 degrees. Their segments are straight in an equal-area projection about their middle.

    Returns
    -------
    Lines
        The same, with vertices added, exactly the same one in both lines.
    int
        How many.
    """
    middle = (lines.xy.min(axis=0) + lines.xy.max(axis=0)) / 2
    crs = laea(middle[0], middle[1])
    line = lines.line
    metres = project_points(lines.xy[:, 0], lines.xy[:, 1], crs)
    own = _Segments(np.flatnonzero(line[1:] == line[:-1]), lines.xy, metres, crs)
    shapes = shapely.linestrings(np.stack([own.metres[own.at], own.metres[own.at + 1]], axis=1))
    tree = shapely.STRtree(shapes)
    owner, metres, degrees = _meetings(tree, shapes, own)
    ends = np.unique(np.concatenate([lines.first[:-1], lines.first[1:] - 1]))
    ours, theirs = tree.query(shapely.points(own.metres[ends]), "dwithin", TOLERANCE_M)
    owner = np.concatenate([owner, theirs])
    metres = np.concatenate([metres, own.metres[ends[ours]]])
    degrees = np.concatenate([degrees, own.degrees[ends[ours]]])
    # Near one of its own vertices a segment needs no other one: those are joined as they are.
    away = [np.hypot(*(metres - own.metres[own.at[owner] + k]).T) > TOLERANCE_M for k in (0, 1)]
    inside = away[0] & away[1]
    owner, metres, degrees = owner[inside], metres[inside], degrees[inside]
    along = np.hypot(*(metres - own.metres[own.at[owner]]).T)
    order = np.lexsort((along, owner))
    owner, degrees = owner[order], degrees[order]
    xy = np.insert(lines.xy, own.at[owner] + 1, degrees, axis=0)
    more = np.bincount(line[own.at[owner]], minlength=len(lines))
    first = lines.first + np.concatenate([[0], np.cumsum(more)])
    return replace(lines, xy=xy, first=first), len(np.unique(degrees, axis=0))


def _meetings(
    tree: shapely.STRtree, shapes: NDArray[np.object_], own: _Segments
) -> tuple[Ints, Floats, Floats]:
    """Return where segments meet: the segment, and the place in metres and in degrees."""
    one, other = tree.query(shapes, "intersects")
    # Neighbours along a line meet by nature.
    apart = (one < other) & (own.at[one] + 1 != own.at[other])
    one, other = one[apart], other[apart]
    met = shapely.intersection(shapes[one], shapes[other])
    metres, which = shapely.get_coordinates(met, return_index=True)
    degrees = shapely.get_coordinates(unproject(shapely.points(metres), own.crs))
    for side in (one, other):
        for k in (0, 1):
            vertex = own.at[side[which]] + k
            near = np.hypot(*(metres - own.metres[vertex]).T) <= TOLERANCE_M
            metres[near], degrees[near] = own.metres[vertex[near]], own.degrees[vertex[near]]
    owner = np.concatenate([one[which], other[which]])
    return owner, np.concatenate([metres, metres]), np.concatenate([degrees, degrees])
