"""The ways themselves: the line that leads from place to place, how long it is and what it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.engine.run import Progress
from geo.errors import PointsError
from geo.measure import distance_km
from geo.network.graph import Network
from geo.network.route import Doors, doors, require_measure, straight_on, with_roots
from geo.network.snap import MOST_M, WALK_KMH, Snapped, snap
from geo.network.travel import Measure
from geo.network.traversal import Arcs, Floats, Ints, Ways, arcs_of, ways_of

__all__ = ["MOST_PATHS", "paths"]

MOST_PATHS = 100_000
"""More paths at once are refused."""
_CELLS = 4_000_000
_SAME_KM = 1e-9


class _Step(NamedTuple):
    """A stretch of an edge, in the direction of travel."""

    edge: int
    start_km: float
    stop_km: float


def paths(
    network: Network,
    origins: ArrayLike,
    destinations: ArrayLike,
    *,
    of: Measure = "minutes",
    within: float = np.inf,
    walk_kmh: float = WALK_KMH,
    most_m: float = MOST_M,
    progress: Progress | None = None,
) -> gpd.GeoDataFrame:
    """Return the best way from each origin to the destination of the same number.

    Parameters
    ----------
    network
        The network.
    origins, destinations
        Shape (k, 2) each: WGS84 longitude and latitude, pair by pair.
    of
        Whether the quickest ways are wanted (minutes) or the shortest (km).
    within, walk_kmh, most_m, progress
        As for :func:`geo.network.route.costs`.

    Returns
    -------
    GeoDataFrame
        WGS84, one row a pair: ``origin`` and ``destination`` (from 0), ``km`` and ``minutes`` as
        :func:`geo.network.route.costs` gives them, ``off_km`` (the part of ``km`` off the network),
        ``geodesic_km``, ``detour`` (km over geodesic), and the line exactly along the edges, its
        first and last edge from and to the places on them. Where there is no way, ``km`` and
        ``minutes`` are infinite, ``detour`` is not a number and there is no line; from a place to
        itself ``km`` and ``minutes`` are 0, and there is no line either.

    Raises
    ------
    PointsError
        If there are not as many origins as destinations, or more than can be held.
    """
    require_measure(of)
    here, there = snap(network, origins, most_m=most_m), snap(network, destinations, most_m=most_m)
    if len(here) != len(there):
        raise PointsError(
            f"{len(here)} origins and {len(there)} destinations: paths lead pair by pair, so give as many "
            "of both (costs() takes all with all)"
        )  # fmt: skip
    if len(here) > MOST_PATHS:
        raise PointsError(
            f"{len(here):,} paths are more than {MOST_PATHS:,}: ask for fewer at once, or for costs()"
        )
    ways, found = ways_of(network), np.full(len(here), np.inf)
    still = (here.lon == there.lon) & (here.lat == there.lat)
    off = np.where(still, 0.0, (here.off_m + there.off_m) / 1000)
    lines, sums = np.full(len(here), None, dtype=object), np.full((len(here), 2), np.inf)
    for k, steps, cost in _ways(network, here, there, of, within, walk_kmh, progress):
        if cost > within or still[k]:
            continue
        found[k] = cost
        lines[k] = _line(ways, steps, here.at[k], there.at[k])
        sums[k] = _sums(network, ways, steps)
    found[still], sums[still] = 0.0, 0.0
    straight = distance_km(here.lon, here.lat, there.lon, there.lat)
    km = np.where(np.isfinite(found), sums[:, 0] + off, np.inf)
    detour = np.divide(km, straight, out=np.full(len(km), np.nan), where=(straight > 0) & np.isfinite(km))  # fmt: skip
    table = {
        "origin": np.arange(len(km)), "destination": np.arange(len(km)), "km": km,
        "minutes": np.where(np.isfinite(found), sums[:, 1] + off / walk_kmh * 60, np.inf), "off_km": off,
        "geodesic_km": straight, "detour": detour,
    }  # fmt: skip
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(lines, crs=4326))


def _ways(
    network: Network, here: Snapped, there: Snapped, of: Measure, within: float, walk_kmh: float,
    progress: Progress | None,
) -> Iterator[tuple[int, list[_Step], float]]:  # fmt: skip
    """Yield which pair, the stretches of its way, and its cost; pairs without a way are passed over."""
    arcs, n = arcs_of(network, of), len(network.lon)
    out, into = (doors(network, p, of, walk_kmh, leaving=leave) for p, leave in ((here, True), (there, False)))  # fmt: skip
    straight = _straight(network, here, there, of, walk_kmh)
    # Places that are left, or entered, more than once are searched from once, on the side with fewer.
    (left, owner), (entered, other) = _distinct(here), _distinct(there)
    backwards = len(entered) < len(left)
    graph, roots, leaves = (csr_array(arcs.matrix.T), into, out) if backwards else (arcs.matrix, out, into)  # fmt: skip
    place, root = (entered, other) if backwards else (left, owner)
    pairs = np.argsort(root, kind="stable")
    bounds = np.searchsorted(root[pairs], np.arange(len(place) + 1))
    block = max(_CELLS // max(n, 1), 1)
    for low in range(0, len(place), block):
        some = place[low : low + block]
        grown = with_roots(graph, Doors(roots.node[some], roots.cost[some]))
        start = n + np.arange(len(some))
        cost, before = dijkstra(grown, indices=start, limit=within, return_predecessors=True)
        for r in range(len(some)):
            for k in pairs[bounds[low + r] : bounds[low + r + 1]].tolist():
                ends = cost[r, leaves.node[k]] + leaves.cost[k]
                door = int(np.argmin(ends))
                if straight[k] <= ends[door]:
                    if np.isfinite(straight[k]):
                        stretch = _Step(int(here.edge[k]), here.km[k], there.km[k])
                        yield k, [stretch], float(straight[k])
                elif np.isfinite(ends[door]):
                    nodes = _nodes(before[r], int(leaves.node[k, door]), n)
                    far = _door(roots, k, nodes[-1])
                    if not backwards:
                        nodes, door, far = nodes[::-1], far, door
                    whole = float(network.km[here.edge[k]]), float(network.km[there.edge[k]])
                    first = _Step(int(here.edge[k]), here.km[k], (0.0, whole[0])[door])
                    last = _Step(int(there.edge[k]), (0.0, whole[1])[far], there.km[k])
                    yield k, [first, *_through(network, arcs, nodes), last], float(ends.min())
        if progress is not None:
            progress(min(low + block, len(place)), len(place))


def _straight(
    network: Network, here: Snapped, there: Snapped, of: Measure, walk_kmh: float
) -> Floats:
    """Return the costs of the ways along one edge; infinite where there is none."""
    every, one = np.arange(len(here)), here.edge == there.edge
    along = straight_on(ways_of(network), here, there, every, every, of)
    return np.where(one, along, np.inf) + here.walk(of, walk_kmh) + there.walk(of, walk_kmh)


def _distinct(places: Snapped) -> tuple[Ints, Ints]:
    """Return one of each place that is there several times, and which of these each place is."""
    at = np.column_stack([places.lon, places.lat])
    _, one, which = np.unique(at, axis=0, return_index=True, return_inverse=True)
    return one, which.ravel()


def _nodes(before: NDArray[Any], leaf: int, n: int) -> list[int]:
    """Return the nodes from a leaf to the root of a tree of ways."""
    nodes, at = [], leaf
    while at < n:
        nodes.append(at)
        at = int(before[at])
    return nodes


def _door(roots: Doors, k: int, node: int) -> int:
    # Of a loop both ends are one node: the cheaper way was taken.
    return int(np.argmin(np.where(roots.node[k] == node, roots.cost[k], np.inf)))


def _through(network: Network, arcs: Arcs, nodes: list[int]) -> list[_Step]:
    visited = np.array(nodes, dtype=np.int64)
    arc = np.searchsorted(arcs.key, visited[:-1] * len(network.lon) + visited[1:])
    return [
        _Step(int(e), 0.0, float(network.km[e])) if on else _Step(int(e), float(network.km[e]), 0.0)
        for e, on in zip(arcs.edge[arc], arcs.onward[arc], strict=True)
    ]


def _sums(network: Network, ways: Ways, steps: list[_Step]) -> tuple[float, float]:
    """Return kilometres and minutes along the network."""
    edge = np.array([s.edge for s in steps], dtype=np.intp)
    step = np.array([s.stop_km - s.start_km for s in steps])
    whole = network.km[edge]
    share = np.divide(np.abs(step), whole, out=np.zeros(len(edge)), where=whole > 0)
    minutes = np.where(step >= 0, ways.onward["minutes"][edge], ways.back["minutes"][edge])
    return float(np.abs(step).sum()), float(share[share > 0] @ minutes[share > 0])


def _line(ways: Ways, steps: list[_Step], start: Floats, stop: Floats) -> Any:
    pieces = [start[None]]
    for step in steps:
        pieces.append(_vertices(ways, step))
    line = np.concatenate([*pieces, stop[None]])
    kept = np.concatenate([[True], (np.diff(line, axis=0) != 0).any(axis=1)])
    line = line[kept]
    return shapely.linestrings(line if len(line) > 1 else np.repeat(line, 2, axis=0))


def _vertices(ways: Ways, step: _Step) -> Floats:
    """Return the vertices of an edge that lie within a stretch of it, in the direction of travel."""
    low, high = sorted((step.start_km, step.stop_km))
    first, last = ways.first[step.edge], ways.first[step.edge + 1]
    along = ways.run[first:last] - ways.run[first]
    inside = (along > low) & (along < high - _SAME_KM)
    # Whether the ends of the edge are in must not hang on the last digit of a length.
    inside[0], inside[-1] = low == 0 < high, high >= along[-1] - _SAME_KM and high > low
    vertices: Floats = ways.lonlat[first:last][inside]
    return vertices if step.stop_km >= step.start_km else vertices[::-1]
