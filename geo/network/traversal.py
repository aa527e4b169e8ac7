"""A network made ready to be travelled: its edges in a plane, their vertices, and what each way costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geo.errors import PointsError
from geo.measure import distance_km, laea, project, project_points
from geo.network.graph import Network
from geo.network.travel import Measure

__all__ = ["Arcs", "Ways", "arcs_of", "ways_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
_STEP_DEG = 0.005
"""Longer segments have vertices put in: shares of their length are then the same, within millimetres, in
degrees, in the plane and along the geodesic."""


@dataclass(frozen=True, eq=False)
class Ways:
    """The edges of a network, ready to be found and followed.

    Attributes
    ----------
    crs
        A Lambert azimuthal equal-area projection about the middle of the network.
    tree
        Of the edges in that plane, in their order.
    lonlat
        Shape (v, 2): vertices of all edges one after another, WGS84 degrees, half a kilometre apart at
        most.
    first
        Shape (m + 1,): where those of each edge begin.
    plane, run
        Shape (v,): metres in the plane, and geodesic kilometres, along all edges up to each vertex.
    onward, back
        By measure, shape (m,): what the whole edge costs from start to end, and from end to start;
        infinite where that is not allowed.
    """

    crs: Any
    tree: Any
    lonlat: Floats
    first: Ints
    plane: Floats
    run: Floats
    onward: Mapping[str, Floats]
    back: Mapping[str, Floats]

    def spots(self, edge: Ints, km: Floats) -> tuple[Ints, Floats]:
        """Return the places so many kilometres along edges.

        Parameters
        ----------
        edge, km
            Shape (k,): which edge, and how far from its start.

        Returns
        -------
        segment
            Shape (k,): the vertex before each, as an index of all vertices.
        at
            Shape (k, 2): longitude and latitude.
        """
        segment, share = self.placed(edge, self.run[self.first[edge]] + km, self.run)
        a, b = self.lonlat[segment], self.lonlat[segment + 1]
        at = np.where(share[:, None] == 1, b, a + (b - a) * share[:, None])
        return segment, at

    def stretches(self, edge: Ints, low: Floats, high: Floats) -> NDArray[np.object_]:
        """Return stretches of edges as lines, WGS84, with every vertex between their ends.

        Parameters
        ----------
        edge, low, high
            Shape (k,): which edge, and from where to where, kilometres from its start.
        """
        (a, start), (b, stop) = self.spots(edge, low), self.spots(edge, high)
        # A vertex at the very end is there already.
        count = np.maximum(b - a - (self.lonlat[b] == stop).all(axis=1), 0)
        size = count + 2
        begin = np.cumsum(size) - size
        line = np.repeat(np.arange(len(edge)), size)
        inner = np.arange(len(line)) - begin[line]
        at = self.lonlat[np.minimum(a[line] + inner, len(self.lonlat) - 1)]
        at[begin], at[begin + size - 1] = start, stop
        lines: NDArray[np.object_] = shapely.linestrings(at, indices=line)
        return lines

    def placed(self, edge: Ints, along: Floats, ruler: Floats) -> tuple[Ints, Floats]:
        """Return the segment, and the share of it, where a running length is reached in edges."""
        first, last = self.first[edge], self.first[edge + 1] - 2
        segment = np.clip(np.searchsorted(ruler, along, side="right") - 1, first, last)
        long = ruler[segment + 1] - ruler[segment]
        share = np.divide(along - ruler[segment], long, out=np.zeros(len(edge)), where=long > 0)
        return segment, np.clip(share, 0.0, 1.0)


_READY: WeakKeyDictionary[Network, Ways] = WeakKeyDictionary()


def ways_of(network: Network) -> Ways:
    """Return the ways of a network, made once and kept as long as the network is.

    Raises
    ------
    PointsError
        If it has no edges.
    """
    ready = _READY.get(network)
    if ready is None:
        ready = _READY[network] = _made(network)
    return ready


def _made(network: Network) -> Ways:
    m = len(network)
    if not m:
        raise PointsError(f"{network.name}: the network has no edges to travel along")
    lines = shapely.segmentize(network.lines, _STEP_DEG)
    lonlat, owner = shapely.get_coordinates(lines, return_index=True)
    first = np.searchsorted(owner, np.arange(m + 1))
    (west, south), (east, north) = lonlat.min(axis=0), lonlat.max(axis=0)
    crs = laea((west + east) / 2, (south + north) / 2)
    inner = owner[1:] == owner[:-1]
    steps, flat = np.zeros(len(lonlat)), np.zeros(len(lonlat))
    steps[1:][inner] = distance_km(*lonlat[:-1][inner].T, *lonlat[1:][inner].T)
    # The edge's own length counts, should it differ from that of its line.
    own = np.add.reduceat(steps, first[:-1])
    steps *= np.divide(network.km, own, out=np.ones(m), where=own > 0)[owner]
    xy = project_points(lonlat[:, 0], lonlat[:, 1], crs)
    flat[1:][inner] = np.hypot(*(xy[1:] - xy[:-1])[inner].T)
    costs = {"minutes": network.minutes, "km": network.km}
    onward = {of: np.where(network.oneway >= 0, cost, np.inf) for of, cost in costs.items()}
    back = {of: np.where(network.oneway <= 0, cost, np.inf) for of, cost in costs.items()}
    return Ways(
        crs, shapely.STRtree(project(lines, crs)), lonlat, first, np.cumsum(flat), np.cumsum(steps), onward, back,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Arcs:
    """What leads directly from node to node, the cheapest where several edges do.

    Attributes
    ----------
    matrix
        Shape (n, n): costs, from row to column.
    key
        Shape (a,): ``row * n + column`` of each arc, growing.
    edge, onward
        Shape (a,): the edge that it follows, and whether from its start to its end.
    """

    matrix: Any
    key: NDArray[np.int64]
    edge: Ints
    onward: NDArray[np.bool_]


def arcs_of(network: Network, of: Measure) -> Arcs:
    """Return the arcs of a network.

    Parameters
    ----------
    network
        The network.
    of
        What they cost.
    """
    ways, n, m = ways_of(network), len(network.lon), len(network)
    tail = np.concatenate([network.start, network.end]).astype(np.int64)
    head = np.concatenate([network.end, network.start]).astype(np.int64)
    cost = np.concatenate([ways.onward[of], ways.back[of]])
    key = tail * n + head
    order = np.lexsort([cost, key])
    order = order[np.isfinite(cost[order]) & (tail[order] != head[order])]
    order = order[np.unique(key[order], return_index=True)[1]]
    # Made of its parts: a sum over them would add parallel edges up, and lose those that cost nothing.
    starts = np.searchsorted(tail[order], np.arange(n + 1))
    matrix = csr_array((cost[order], head[order].astype(np.int32), starts.astype(np.int32)), shape=(n, n))  # fmt: skip
    return Arcs(matrix, key[order], order % m, order < m)
