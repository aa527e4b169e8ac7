"""What can be reached within a limit: parts of edges along a network, and the ground about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import Voronoi, cKDTree

from geo.measure import project
from geo.measure.geodesy import GEOD
from geo.network.graph import Network
from geo.network.route import doors, require_measure, with_roots
from geo.network.snap import MOST_M, WALK_KMH, Snapped, snap
from geo.network.travel import Measure
from geo.network.traversal import Floats, Ints, arcs_of, ways_of

__all__ = ["Direction", "Reached", "cells_of", "discs", "grounds", "reached"]

Direction = Literal["to", "from"]
_SAME_KM = 1e-9
_DISC = 360
"""Corners of a disc."""
_ARC = 8
"""Corners of a quarter of a circle about the end of a road: its area is short of that by 0.6%."""
_FRAME = 16
"""Points about all others that close the outer cells."""
_INSET = 0.5
"""Metres from the end of a stretch to the first point that stands for it."""
_SHARE_OF_WIDTH = 3
"""Points along a stretch are no further apart than the width over this."""


@dataclass(frozen=True, eq=False)
class Reached:
    """Stretches of edges that are reached from some places within limits, each stretch once.

    Attributes
    ----------
    edge, low_km, high_km
        Shape (s,): which edge, and from where to where along it, from its start.
    place
        Shape (s,): the place that reaches it first.
    cut
        Shape (s,): the least limit that it is within, by its number.
    """

    edge: Ints
    low_km: Floats
    high_km: Floats
    place: Ints
    cut: Ints

    @property
    def km(self) -> Floats:
        """Shape (s,): their lengths."""
        return self.high_km - self.low_km


@dataclass(frozen=True, eq=False)
class _Spans:
    """Edges, cut where there are places on them: what it costs to be at both ends, and to go on.

    ``up`` and ``down`` are costs for each kilometre, away from the places in both directions.
    """

    edge: Ints
    low: Floats
    high: Floats
    at_low: Floats
    at_high: Floats
    place_low: Ints
    place_high: Ints
    up: Floats
    down: Floats


def reached(
    network: Network,
    places: ArrayLike,
    cuts: Sequence[float],
    *,
    of: Measure = "minutes",
    direction: Direction = "to",
    walk_kmh: float = WALK_KMH,
    most_m: float = MOST_M,
) -> Reached:
    """Return the parts of edges from which the nearest place, or to which it, is within limits.

    Parameters
    ----------
    network
        The network.
    places
        Shape (k, 2): WGS84 longitude and latitude.
    cuts
        Limits, growing.
    of
        What they are in.
    direction
        Travel ``to`` the places, or ``from`` them.
    walk_kmh, most_m
        As for :func:`geo.network.route.costs`.

    Returns
    -------
    Reached
        Exact: an edge is cut where the limit is used up, from either end, and where the nearest
        place changes.
    """
    require_measure(of)
    at = snap(network, places, most_m=most_m)
    spans = _spans(network, at, cuts[-1], of, direction, walk_kmh)
    with np.errstate(invalid="ignore"):
        meet = (spans.at_high - spans.at_low + (spans.high - spans.low) * spans.down) / (spans.up + spans.down)  # fmt: skip
    long = spans.high - spans.low
    one, other = _usable(spans.at_low, spans.up), _usable(spans.at_high, spans.down)
    meet = np.where(one & other, np.clip(np.nan_to_num(meet), 0.0, long), np.where(one, long, 0.0))
    parts: list[tuple[Any, ...]] = []
    before = np.zeros(len(long)), np.zeros(len(long))
    for number, cut in enumerate(cuts):
        up = np.where(one, np.minimum(_length(cut - spans.at_low, spans.up, long), meet), 0.0)
        down = np.where(other, np.minimum(_length(cut - spans.at_high, spans.down, long), long - meet), 0.0)  # fmt: skip
        # Both ways meet, and nothing tells them apart: one stretch.
        whole = (up + down >= long - _SAME_KM) & (before[0] + before[1] < long - _SAME_KM)
        whole &= (spans.place_low == spans.place_high) | (up <= 0) | (down <= 0)
        stop = np.where(whole, long - before[1], up)
        owner = np.where(whole & (up <= 0), spans.place_high, spans.place_low)
        parts += [
            (spans.edge, spans.low + before[0], spans.low + stop, owner, number),
            (spans.edge, spans.high - np.where(whole, before[1], down), spans.high - before[1], spans.place_high, number),
        ]  # fmt: skip
        before = up, down
    return _joined(parts)


def _usable(cost: Floats, step: Floats) -> NDArray[np.bool_]:
    return np.isfinite(cost) & np.isfinite(step)


def _length(left: Floats, step: Floats, long: Floats) -> Floats:
    """Return how far one gets with what is left."""
    free = np.where(left >= 0, long, 0.0)
    return np.clip(np.divide(left, step, out=free, where=(step > 0) & np.isfinite(left)), 0.0, long)


def _joined(parts: list[tuple[Any, ...]]) -> Reached:
    edge, low, high, place = (np.concatenate([p[k] for p in parts]) for k in range(4))
    cut = np.repeat([p[4] for p in parts], [len(p[0]) for p in parts])
    some = high - low > _SAME_KM
    return Reached(edge[some], low[some], high[some], place[some], cut[some].astype(np.intp))


def _spans(
    network: Network, at: Snapped, within: float, of: Measure, direction: Direction, walk_kmh: float
) -> _Spans:
    leaving, n = direction == "from", len(network.lon)
    ways, graph = ways_of(network), arcs_of(network, of).matrix
    roots = doors(network, at, of, walk_kmh, leaving=leaving)
    grown = with_roots(graph if leaving else csr_array(graph.T), roots)
    cost, _, source = dijkstra(
        grown, indices=n + np.arange(len(at)), limit=within, min_only=True, return_predecessors=True
    )
    place = np.maximum(source - n, -1)
    up, down = (ways.onward[of], ways.back[of]) if leaving else (ways.back[of], ways.onward[of])
    edge = np.flatnonzero(np.isfinite(up) | np.isfinite(down))
    plain = edge[~np.isin(edge, at.edge)]
    start, end = network.start[plain], network.end[plain]
    rows = [(
        plain, np.zeros(len(plain)), network.km[plain], cost[start], cost[end], place[start], place[end],
    )]  # fmt: skip
    walk = at.walk(of, walk_kmh)
    for own in np.unique(at.edge[at.found]):
        ends = network.start[own], network.end[own]
        rows.append(_split(own, network.km[own], up[own], down[own], at, walk, [cost[e] for e in ends], [place[e] for e in ends]))  # fmt: skip
    edge, low, high, at_low, at_high, place_low, place_high = (
        np.concatenate([r[k] for r in rows]) for k in range(7)
    )
    per = [np.divide(w[edge], network.km[edge], out=np.full(len(edge), np.inf), where=network.km[edge] > 0) for w in (up, down)]  # fmt: skip
    return _Spans(edge, low, high, at_low, at_high, place_low, place_high, per[0], per[1])


def _split(
    edge: int, km: float, up: float, down: float, at: Snapped, walk: Floats, cost: list[float], place: list[int]
) -> tuple[Any, ...]:  # fmt: skip
    """Return the spans of an edge that has places on it: one from each to the next."""
    own = np.flatnonzero(at.edge == edge)
    own = own[np.lexsort([walk[own], at.km[own]])]
    stops = np.concatenate([[0.0], at.km[own], [km]])
    costs = np.concatenate([cost[:1], walk[own], cost[1:]])
    first = np.concatenate([place[:1], own, place[1:]])
    order = range(1, len(stops))
    for step, pairs in ((up, [(k - 1, k) for k in order]), (down, [(k, k - 1) for k in reversed(order)])):  # fmt: skip
        for a, b in pairs:
            share = abs(stops[b] - stops[a]) / km if km > 0 else 0.0
            there = costs[a] + (share * step if share > 0 else 0.0)
            if there < costs[b]:
                costs[b], first[b] = there, first[a]
    return (
        np.full(len(stops) - 1, edge), stops[:-1], stops[1:], costs[:-1], costs[1:], first[:-1], first[1:],
    )  # fmt: skip


def grounds(
    network: Network, found: Reached, cuts: int, width_m: float, *, apart: bool = False
) -> list[dict[int, Any]]:
    """Return the ground within so far of what is reached, band by band.

    Parameters
    ----------
    network
        The network.
    found
        What is reached.
    cuts
        How many limits there are.
    width_m
        How far from a reached road ground counts as reached.
    apart
        Whether the ground of each place is wanted: that which lies nearest to a road of the band that
        this place reaches first. Otherwise all ground is that of place 0.

    Returns
    -------
    list of dict
        For each limit, by place, the polygons in the plane of the network that are within this limit
        and not within the one before. They do not overlap.
    """
    ways = ways_of(network)
    lines = project(ways.stretches(found.edge, found.low_km, found.high_km), ways.crs)
    bands: list[dict[int, Any]] = []
    whole = shapely.Polygon()
    for number in range(cuts):
        own = found.cut == number
        near = shapely.union_all(shapely.buffer(lines[own], width_m, quad_segs=_ARC))
        band = shapely.difference(near, whole)
        whole = shapely.union(whole, near)
        if not apart:
            bands.append({0: band})
            continue
        cells = _nearest(lines[own], found.place[own], width_m, near)
        bands.append({place: shapely.intersection(cell, band) for place, cell in cells.items()})
    return bands


def _nearest(lines: Any, place: Ints, width_m: float, ground: Any) -> dict[int, Any]:
    """Return where the nearest line is one of each place: Voronoi cells of points along the lines."""
    places = np.unique(place)
    if len(places) < 2:
        return {int(p): ground for p in places}
    long = shapely.length(lines)
    # A point near both ends of each line puts the border where the nearest place changes.
    inset = np.minimum(_INSET, long / 4)
    count = np.ceil((long - 2 * inset) / (width_m / _SHARE_OF_WIDTH)).astype(int) + 1
    line = np.repeat(np.arange(len(lines)), count)
    number = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    along = inset[line] + number * ((long - 2 * inset) / np.maximum(count - 1, 1))[line]
    xy = shapely.get_coordinates(shapely.line_interpolate_point(lines[line], along)).round(2)
    xy, one = np.unique(xy, axis=0, return_index=True)
    return cells_of(xy, place[line[one]], ground)


def cells_of(xy: Floats, place: Ints, ground: Any) -> dict[int, Any]:
    """Return where the nearest of some points in a plane is one of each place.

    Parameters
    ----------
    xy
        Shape (k, 2): points, all different.
    place
        Shape (k,): whose they are.
    ground
        What the cells must cover at least.
    """
    (west, south, east, north), places = ground.bounds, np.unique(place)
    if len(places) < 2:
        return {int(p): shapely.box(west, south, east, north) for p in places}
    # Points far about the others close every cell, well outside the ground.
    turn = np.arange(_FRAME) * 2 * np.pi / _FRAME
    centre, far = ((west + east) / 2, (south + north) / 2), 4 * np.hypot(east - west, north - south)
    frame = centre + far * np.column_stack([np.cos(turn), np.sin(turn)])
    cells = Voronoi(np.concatenate([xy, frame]))
    whose = np.concatenate([place, np.full(_FRAME, -1)])[cells.ridge_points]
    border = np.array(cells.ridge_vertices)[whose[:, 0] != whose[:, 1]]
    faces = shapely.get_parts(shapely.polygonize(shapely.linestrings(cells.vertices[border])))
    inside = shapely.get_coordinates(shapely.point_on_surface(faces))
    owner = place[cKDTree(xy).query(inside)[1]]
    return {int(p): shapely.multipolygons(faces[owner == p]) for p in places}


def discs(lon: Floats, lat: Floats, radius_km: float) -> NDArray[np.object_]:
    """Return geodesic discs as WGS84 polygons of 360 corners, with the area of the circle.

    Parameters
    ----------
    lon, lat
        Shape (k,): their centres, degrees.
    radius_km
        Geodesic.
    """
    turn = 2 * np.pi / _DISC
    # A polygon between the circles in and about it has the area of the circle.
    radius = radius_km * 1000 * np.sqrt(turn / np.sin(turn))
    azimuth = np.tile(np.arange(_DISC) * -360.0 / _DISC, len(lon))
    x, y, _ = GEOD.fwd(np.repeat(lon, _DISC), np.repeat(lat, _DISC), azimuth, np.full(len(azimuth), radius))  # fmt: skip
    made: NDArray[np.object_] = shapely.polygons(np.stack([x, y], axis=-1).reshape(-1, _DISC, 2))
    return made
