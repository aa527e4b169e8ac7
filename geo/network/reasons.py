"""Why places cannot be reached along a network."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse.csgraph import connected_components

from geo.network.graph import Network
from geo.network.snap import MOST_M, snap
from geo.network.traversal import arcs_of
from geo.words import Said

__all__ = ["reasons"]


def reasons(
    network: Network,
    places: ArrayLike,
    *,
    cost: ArrayLike | None = None,
    within: float = np.inf,
    most_m: float = MOST_M,
) -> list[Said | None]:
    """Return why places cannot be reached, or left; ``None`` where they can.

    Parameters
    ----------
    network
        The network.
    places
        Shape (k, 2): WGS84 longitude and latitude.
    cost
        Shape (k,): the least cost of each from, or to, the others; infinite where there is no way.
        Without it only what the network alone tells is said.
    within
        The limit of those costs.
    most_m
        As for :func:`geo.network.route.costs`.

    Returns
    -------
    list
        For each place: too far from any edge; in a part of the network that is not joined to the
        longest; cut off by one-way edges; beyond the limit; or no way there.
    """
    at = snap(network, places, most_m=most_m)
    reached = np.isfinite(np.full(len(at), np.inf) if cost is None else np.asarray(cost, float))
    start, end = (nodes[np.maximum(at.edge, 0)] for nodes in (network.start, network.end))
    apart = network.parts[start] != 0
    _, part = connected_components(arcs_of(network, "km").matrix, connection="strong")
    main = part == np.argmax(np.bincount(part))
    one_way = ~main[start] & ~main[end]
    otherwise = None
    if cost is not None:
        limited = np.isfinite(within)
        otherwise = Said("isochrones.why.beyond", limit=f"{within:g}") if limited else Said("isochrones.why.none")  # fmt: skip

    def why(k: int) -> Said | None:
        if reached[k]:
            return None
        if not at.found[k]:
            far, most = f"{at.nearest_m[k] / 1000:.1f}", f"{most_m / 1000:g}"
            return Said("isochrones.why.far", km=far, most=most)
        if apart[k]:
            return Said("isochrones.why.apart")
        return Said("isochrones.why.oneway") if one_way[k] else otherwise

    return [why(k) for k in range(len(at))]
