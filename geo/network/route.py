"""What it costs to travel along a network, from places to places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.engine.run import Progress
from geo.errors import PointsError
from geo.network.graph import Network
from geo.network.snap import MOST_M, WALK_KMH, Snapped, snap
from geo.network.travel import DETOUR, MEASURES, Measure, require_pairs
from geo.network.traversal import Floats, Ints, Ways, arcs_of, ways_of
from geo.words import Lang, say

__all__ = [
    "Doors", "costs", "doors", "parameters", "require_measure", "rooted", "same_pairs", "says", "slack",
    "straight_on", "with_roots",
]  # fmt: skip

_CELLS = 16_000_000
"""So many costs to nodes are held at once."""
_MOST_ROOTS = 256
"""Places that are searched from at once: progress is told, and work can be stopped, between them."""


def costs(
    network: Network,
    origins: ArrayLike,
    destinations: ArrayLike,
    *,
    of: Measure = "minutes",
    within: float = np.inf,
    walk_kmh: float = WALK_KMH,
    most_m: float = MOST_M,
    progress: Progress | None = None,
) -> Floats:
    """Return what it costs to get from each origin to each destination.

    Parameters
    ----------
    network
        The network.
    origins, destinations
        Shapes (n, 2) and (m, 2): WGS84 longitude and latitude.
    of
        Minutes, along the quickest way; or kilometres, along the shortest.
    within
        Dearer ways are not looked for.
    walk_kmh
        Speed between a place and the nearest place on an edge; its length is added on both ends.
    most_m
        A place further off every edge is not reached.
    progress
        Called with what is done and what there is; what it raises ends the work.

    Returns
    -------
    ndarray
        Shape (n, m); infinite where there is no way, or none within the limit. From a place to
        itself it is 0.

    Raises
    ------
    PointsError
        If there are too many pairs, places are no pairs of degrees, or the measure is unknown.

    Notes
    -----
    Exact: Dijkstra's algorithm (1959) from the side with fewer places, backwards where those are
    destinations, over the graph with a node more for each of them, read at both ends of the other
    side's edges; and straight on where both are on one edge.
    """
    require_measure(of)
    here = snap(network, origins, most_m=most_m)
    there = snap(network, destinations, most_m=most_m)
    require_pairs(len(here), len(there))
    out, into = (
        doors(network, places, of, walk_kmh, leaving=leaving)
        for places, leaving in ((here, True), (there, False))
    )
    found = np.full((len(here), len(there)), np.inf)
    arcs, backwards = arcs_of(network, of), len(there) < len(here)
    graph, roots, leaves = arcs.matrix, out, into
    if backwards:
        graph, roots, leaves = csr_array(graph.T), into, out
    view = found.T if backwards else found
    for part, to_node in rooted(graph, roots, within, progress):
        view[part] = _read(to_node, leaves)
    for i, j in same_pairs(here.edge, there.edge):
        walks = here.walk(of, walk_kmh)[i] + there.walk(of, walk_kmh)[j]
        on = straight_on(ways_of(network), here, there, i, j, of)
        found[i, j] = np.minimum(found[i, j], on + walks)
    for i, j in same_pairs(*_same_places(here, there)):
        found[i, j] = 0.0
    found[found > within] = np.inf
    return found


def _read(to_node: Floats, leaves: Doors) -> Floats:
    """Return costs to places, shape (some, k), from those to every node."""
    best: Floats
    best, other = (np.take(to_node, node, axis=1) for node in leaves.node.T)
    best += leaves.cost[:, 0]
    other += leaves.cost[:, 1]
    np.minimum(best, other, out=best)
    return best


def require_measure(of: str) -> None:
    """Refuse a measure that is none.

    Raises
    ------
    PointsError
        If it is unknown.
    """
    if of not in MEASURES:
        raise PointsError(f"costs are in minutes or in km, not in {of!r}")


@dataclass(frozen=True, eq=False)
class Doors:
    """The two nodes at the ends of the edge of each place, and the cost between place and node.

    Attributes
    ----------
    node
        Shape (k, 2): at the edge's start, and at its end; 0 of a place that is not on the network.
    cost
        Shape (k, 2): the way off the network included; infinite where that way is not allowed.
    """

    node: Ints
    cost: Floats


def doors(
    network: Network, places: Snapped, of: Measure, walk_kmh: float = WALK_KMH, *, leaving: bool
) -> Doors:
    """Return the nodes through which places are left, or entered.

    Parameters
    ----------
    network
        The network.
    places
        Places on it.
    of
        What the ways cost.
    walk_kmh
        Speed off the network.
    leaving
        Whether from the place to the node, or the other way.
    """
    ways, edge = ways_of(network), np.maximum(places.edge, 0)
    whole = network.km[edge]
    share = np.divide(places.km, whole, out=np.zeros(len(places)), where=whole > 0)
    onward, back = ways.onward[of][edge], ways.back[of][edge]
    to_start, to_end = (back, onward) if leaving else (onward, back)
    # At a node nothing has to be allowed to get there.
    part = [_part(share, to_start), _part(1 - share, to_end)]
    cost = np.column_stack(part) + places.walk(of, walk_kmh)[:, None]
    return Doors(np.column_stack([network.start[edge], network.end[edge]]).astype(np.intp), cost)


def _part(share: Floats, cost: Floats) -> Floats:
    return np.multiply(share, cost, out=np.zeros(len(share)), where=share > 0)


def rooted(
    graph: Any, roots: Doors, within: float, progress: Progress | None = None
) -> Iterator[tuple[slice, Floats]]:
    """Yield some of the places, and the costs from them to every node, shape (some, n).

    Parameters
    ----------
    graph
        Costs from node to node.
    roots
        The places, by what leads from them to nodes.
    within
        Dearer ways are not looked for.
    progress
        Called with what is done and what there is.
    """
    total, n = len(roots.node), graph.shape[0]
    block = max(min(_CELLS // max(n, 1), _MOST_ROOTS), 1)
    for k in range(0, total, block):
        part = slice(k, min(k + block, total))
        grown = with_roots(graph, Doors(roots.node[part], roots.cost[part]))
        start = np.arange(n, grown.shape[0])
        yield part, dijkstra(grown, indices=start, limit=within)[:, :n]
        if progress is not None:
            progress(part.stop, total)


def with_roots(graph: Any, roots: Doors) -> Any:
    """Return a graph with one node more for each place, at its end."""
    n, k = graph.shape[0], len(roots.node)
    real = np.isfinite(roots.cost)
    # Both doors may be one node: the cheaper counts.
    real[:, 0] &= (roots.node[:, 0] != roots.node[:, 1]) | (roots.cost[:, 0] <= roots.cost[:, 1])
    real[:, 1] &= (roots.node[:, 0] != roots.node[:, 1]) | ~real[:, 0]
    ends = graph.indptr[-1] + np.cumsum(real.sum(axis=1))
    return csr_array(
        (
            np.concatenate([graph.data, roots.cost[real]]),
            np.concatenate([graph.indices, roots.node[real].astype(np.int32)]),
            np.concatenate([graph.indptr, ends.astype(np.int32)]),
        ),
        shape=(n + k, n + k),
    )


def straight_on(ways: Ways, here: Snapped, there: Snapped, i: Ints, j: Ints, of: Measure) -> Floats:
    """Return costs between places that are on one edge, along it; infinite where not allowed.

    Parameters
    ----------
    ways
        Of the network.
    here, there
        Places.
    i, j
        Which of them, pair by pair.
    of
        What the ways cost.
    """
    edge = np.maximum(here.edge[i], 0)
    whole = ways.run[ways.first[edge + 1] - 1] - ways.run[ways.first[edge]]
    step = there.km[j] - here.km[i]
    share = np.divide(np.abs(step), whole, out=np.zeros(len(edge)), where=whole > 0)
    return _part(share, np.where(step >= 0, ways.onward[of][edge], ways.back[of][edge]))


def same_pairs(a: Ints, b: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Yield where two arrays of codes are the same, pair by pair; below 0 is no code.

    Parameters
    ----------
    a, b
        Shapes (n,) and (m,).
    """
    order = np.argsort(b, kind="stable")
    low, high = (np.searchsorted(b[order], a, side=side) for side in ("left", "right"))
    count = np.where(a >= 0, high - low, 0)
    some = np.flatnonzero(count)
    # Everything may be on one edge: then there are as many pairs as costs.
    for part in np.split(some, np.flatnonzero(np.diff(np.cumsum(count[some]) // _CELLS)) + 1):
        if not len(part):
            continue
        i = np.repeat(part, count[part])
        inside = np.arange(len(i)) - np.repeat(np.cumsum(count[part]) - count[part], count[part])
        yield i, order[low[i] + inside]


def _same_places(here: Snapped, there: Snapped) -> tuple[Ints, Ints]:
    both = np.concatenate([np.column_stack([p.lon, p.lat]) for p in (here, there)])
    code = np.unique(both, axis=0, return_inverse=True)[1].ravel()
    return code[: len(here)], code[len(here) :]


def slack(network: Network, err_m: ArrayLike, *, of: Measure = "minutes") -> Floats:
    """Return how much a positional error of so many metres may change a cost: an estimate.

    Parameters
    ----------
    network
        The network.
    err_m
        Metres; taken as moved along the network with the usual detour, at its mean speed.
    of
        Minutes, or kilometres.
    """
    km = np.asarray(err_m, dtype=float) / 1000 * DETOUR
    return km if of == "km" else km * float(network.minutes.sum() / network.km.sum())


def says(network: Network, lang: Lang) -> str:
    """Return in words how costs along a network come about."""
    return say(
        "isochrones.network.says", lang, name=network.name, mode=say(f"network.mode.{network.mode}", lang),
        source=network.source or "–", walk=f"{WALK_KMH:g}", most=f"{MOST_M / 1000:g}",
    )  # fmt: skip


def parameters(network: Network) -> dict[str, Any]:
    """Return what costs along a network depend on, by name."""
    return {
        "travel": "network", "network": network.name, "mode": network.mode, "network_source": network.source,
        "network_km": round(float(network.km.sum()), 3), "network_notes": list(network.notes),
        "walk_kmh": WALK_KMH, "most_m": MOST_M,
    }  # fmt: skip
