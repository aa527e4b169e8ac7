from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
import shapely
from pyproj import Geod
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from geo.network.problems import NetworkError
from geo.network.read import read_network

GEOD = Geod(ellps="WGS84")
ox = pytest.importorskip("osmnx")
X, Y = 114.3, 30.5


def city(seed=4, n=7):
    """A grid of streets as OSMnx has them: directed, some bent, some one-way, with loops and twins."""
    rng = np.random.default_rng(seed)
    graph = nx.MultiDiGraph(crs="epsg:4326", simplified=True, created_with="OSMnx test")
    xy = {}
    for k in range(n * n):
        xy[k] = (X + 0.004 * (k % n) + rng.normal(0, 3e-4), Y + 0.004 * (k // n) + rng.normal(0, 3e-4))  # fmt: skip
        graph.add_node(k + 1000, x=xy[k][0], y=xy[k][1], street_count=4)
    classes = ["primary", "residential", "tertiary"]
    pairs = [(k, k + 1) for k in range(n * n) if k % n < n - 1] + [(k, k + n) for k in range(n * n - n)]  # fmt: skip
    for a, b in [*pairs, (3, 3), (9, 9), (0, 1)]:
        bends = rng.integers(0, 4) if a != b else 3
        middle = [
            (xy[a][0] + (xy[b][0] - xy[a][0]) * t + rng.normal(0, 2e-4), xy[a][1] + (xy[b][1] - xy[a][1]) * t + rng.normal(0, 2e-4))
            for t in np.linspace(0, 1, bends + 2)[1:-1]
        ]  # fmt: skip
        line = shapely.LineString([xy[a], *middle, xy[b]])
        way = rng.random() < 0.25
        own = {
            "highway": str(rng.choice(classes)) if rng.random() < 0.9 else ["residential", "service"],
            "oneway": bool(way), "length": float(GEOD.geometry_length(line)), "osmid": int(rng.integers(1e9)),
        }  # fmt: skip
        if rng.random() < 0.5:
            own["maxspeed"] = "40" if rng.random() < 0.7 else ["50", "30"]
        # OSMnx leaves straight unsimplified edges without geometry.
        shape = {"geometry": line} if bends else {}
        graph.add_edge(a + 1000, b + 1000, **own, reversed=False, **shape)
        if not way:
            back = {"geometry": line.reverse()} if bends else {}
            graph.add_edge(b + 1000, a + 1000, **own, reversed=True, **back)
    return graph


@pytest.fixture(scope="module")
def graph():
    return city()


@pytest.fixture
def saved(graph, tmp_path):
    path = tmp_path / "city.graphml"
    ox.save_graphml(graph, path)
    return path


def distances(network, cost):
    n, m = len(network.lon), network.oneway
    on, back = m >= 0, m <= 0
    a = np.r_[network.start[on], network.end[back]]
    b = np.r_[network.end[on], network.start[back]]
    c = np.r_[cost[on], cost[back]]
    order = np.lexsort((c, b, a))
    a, b, c = a[order], b[order], c[order]
    first = np.r_[True, (a[1:] != a[:-1]) | (b[1:] != b[:-1])]
    return dijkstra(coo_array((c[first], (a[first], b[first])), shape=(n, n)).tocsr())


def same_as(network, graph, weight, cost):
    """All distances between the network's nodes are those of the graph that nothing was done to."""
    place = {(d["x"], d["y"]): k for k, d in graph.nodes(data=True)}
    nodes = [place[at] for at in zip(network.lon, network.lat, strict=True)]
    found = distances(network, cost)
    for k, node in enumerate(nodes):
        true = nx.single_source_dijkstra_path_length(graph, node, weight=weight)
        expected = np.array([true.get(other, np.inf) for other in nodes])
        np.testing.assert_allclose(found[k], expected, rtol=1e-9, atol=1e-9)
    return len(nodes)


def test_a_saved_graph_is_the_same_network(graph, saved):
    network = read_network(saved, cache=False)
    assert same_as(network, graph, "length", network.km * 1000) > 40
    undirected = {}
    for u, v, d in graph.edges(data=True):
        line = d.get("geometry") or shapely.LineString([[graph.nodes[w]["x"], graph.nodes[w]["y"]] for w in (u, v)])  # fmt: skip
        undirected[shapely.normalize(line).wkb] = d["length"]
    assert network.km.sum() * 1000 == pytest.approx(sum(undirected.values()), rel=1e-9)
    merged = sum(1 for *_, d in graph.edges(data=True) if not d["oneway"]) // 2
    assert f"merged={merged}" in network.notes
    assert network.source.startswith("OpenStreetMap")
    kmh = network.km / network.minutes * 60
    assert {30.0, 40.0} <= set(np.round(kmh, 6))


def test_travel_times_of_the_graph_are_taken(graph, tmp_path):
    timed = ox.add_edge_travel_times(
        ox.add_edge_speeds(graph.copy(), hwy_speeds={"primary": 60, "residential": 25}, fallback=33)
    )
    path = tmp_path / "timed.graphml"
    ox.save_graphml(timed, path)
    network = read_network(path, cache=False)
    assert same_as(network, timed, "travel_time", network.minutes * 60) > 40
    one = read_network(path, speeds=12, cache=False)
    assert np.allclose(one.km / one.minutes * 60, 12)


def test_tables_of_edges_are_the_same_network(graph, saved):
    _, edges = ox.graph_to_gdfs(graph)
    assert edges.index.names == ["u", "v", "key"]
    table = read_network(edges)
    file = read_network(saved, cache=False)
    assert len(table) == len(file)
    assert table.km.sum() == pytest.approx(file.km.sum(), rel=1e-12)
    same_as(table, graph, "length", table.km * 1000)
    flat = read_network(edges.reset_index())
    assert len(flat) == len(table)


def test_a_projected_graph_comes_to_wgs84(graph, tmp_path):
    path = tmp_path / "utm.graphml"
    ox.save_graphml(ox.project_graph(graph), path)
    network = read_network(path, cache=False)
    plain = read_network(ox.graph_to_gdfs(graph, nodes=False))
    assert network.km.sum() == pytest.approx(plain.km.sum(), rel=1e-7)


def test_what_is_no_graph_is_said(saved, tmp_path, monkeypatch):
    text = saved.read_text("utf-8")
    cases = {
        '<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>' + text.split("?>", 1)[1]: "DOCTYPE",
        text[: len(text) // 2]: "cannot be read",
        "<kml></kml>": "no GraphML",
        "<graphml><graph></graph></graphml>": "no edges",
        text.replace('source="1000"', 'source="77"'): "names the node 77",
        text.replace(">114.", ">abc", 1): "a node without usable x and y|WKT",
        text.replace("LINESTRING", "LINESTRONG", 1): "WKT",
        text.replace("epsg:4326", "epsg:99999999"): "reference system",
        "<graphml>" + "<a>" * 50: "no GraphML",
    }
    for k, (wrong, said) in enumerate(cases.items()):
        path = tmp_path / f"wrong{k}.graphml"
        path.write_text(wrong, "utf-8")
        with pytest.raises(NetworkError, match=said):
            read_network(path, cache=False)
    monkeypatch.setattr("geo.network.graphml.MOST_BYTES", 100)
    with pytest.raises(NetworkError, match="above the limit"):
        read_network(saved, cache=False)


def test_bad_times_have_row_and_column(graph, tmp_path):
    wrong = graph.copy()
    nx.set_edge_attributes(wrong, 5.0, "travel_time")
    u, v, k = list(wrong.edges(keys=True))[7]
    wrong.edges[u, v, k]["travel_time"] = -1.0
    edges = ox.graph_to_gdfs(wrong, nodes=False)
    row = list(edges.index).index((u, v, k)) + 1
    with pytest.raises(NetworkError, match=rf"row {row}, column travel_time: -1\.0"):
        read_network(edges)
