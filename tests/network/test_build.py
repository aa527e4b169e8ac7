from __future__ import annotations

import itertools
import json

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from geo.io.uploads import Upload
from geo.measure import from_wgs84
from geo.network.problems import NetworkError
from geo.network.read import read_network
from geo.network.speeds import DRIVE_KMH, directions, limits_kmh

GEOD = Geod(ellps="WGS84")
X, Y = 114.3, 30.5


def layer(lines, crs=4326, **columns):
    return gpd.GeoDataFrame(columns, geometry=[shapely.LineString(xy) for xy in lines], crs=crs)


def near(lines, unit=1e-3):
    return [[(X + unit * x, Y + unit * y) for x, y in line] for line in lines]


def steps(network, of="km"):
    """(from, to, cost) of every direction of every edge, by the place of its nodes."""
    cost = getattr(network, of)
    at = [(round(x, 9), round(y, 9)) for x, y in zip(network.lon, network.lat, strict=True)]
    for a, b, c, way in zip(network.start, network.end, cost, network.oneway, strict=True):
        if way >= 0:
            yield at[a], at[b], c
        if way <= 0:
            yield at[b], at[a], c


def shortest(network, of="km"):
    """All distances between nodes, by the place of each."""
    at = [(round(x, 9), round(y, 9)) for x, y in zip(network.lon, network.lat, strict=True)]
    n, number = len(at), {p: k for k, p in enumerate(at)}
    rows = [(number[a], number[b], c) for a, b, c in steps(network, of)]
    best: dict = {}
    for a, b, c in rows:
        best[a, b] = min(c, best.get((a, b), np.inf))
    (i, j), c = np.array(list(best)).T, np.array(list(best.values()))
    return at, dijkstra(coo_array((c, (i, j)), shape=(n, n)).tocsr())


def segments_graph(lines, oneway, kmh):
    """The oracle: every segment of every line, in networkx, with pyproj's lengths."""
    graph = nx.MultiDiGraph()
    for line, way, speed in zip(lines, oneway, kmh, strict=True):
        for (x1, y1), (x2, y2) in itertools.pairwise(line):
            km = GEOD.inv(x1, y1, x2, y2)[2] / 1000
            a, b = (round(x1, 9), round(y1, 9)), (round(x2, 9), round(y2, 9))
            if way >= 0:
                graph.add_edge(a, b, km=km, minutes=km / speed * 60)
            if way <= 0:
                graph.add_edge(b, a, km=km, minutes=km / speed * 60)
    return graph


def assert_same_distances(network, graph):
    for of in ("km", "minutes"):
        at, found = shortest(network, of)
        for k, place in enumerate(at):
            true = nx.single_source_dijkstra_path_length(graph, place, weight=of)
            expected = np.array([true.get(p, np.inf) for p in at])
            np.testing.assert_allclose(found[k], expected, rtol=1e-9, atol=1e-12)


grid = st.tuples(st.integers(0, 4), st.integers(0, 4))
drawn = st.lists(
    st.tuples(
        st.lists(grid, min_size=2, max_size=6).filter(
            lambda xy: all(a != b for a, b in itertools.pairwise(xy))
        ),
        st.sampled_from(["no", "yes", "-1"]),
        st.sampled_from([30.0, 50.0]),
        st.sampled_from(["a", "b"]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(drawn)
def test_joining_and_contracting_keep_every_distance(rows):
    lines = near([xy for xy, *_ in rows])
    frame = layer(
        lines, way=[w for _, w, *_ in rows], v=[v for *_, v, _ in rows], k=[k for *_, k in rows]
    )
    network = read_network(
        frame, mode="user", speed_column="v", oneway_column="way", class_column="k"
    )
    ways = [{"no": 0, "yes": 1, "-1": -1}[w] for _, w, *_ in rows]
    assert_same_distances(network, segments_graph(lines, ways, [v for *_, v, _ in rows]))
    total = sum(GEOD.geometry_length(g) for g in frame.geometry) / 1000
    assert network.km.sum() == pytest.approx(total, rel=1e-12)
    for k, line in enumerate(network.lines):
        assert line.coords[0] == (network.lon[network.start[k]], network.lat[network.start[k]])
        assert line.coords[-1] == (network.lon[network.end[k]], network.lat[network.end[k]])
        assert network.km[k] == pytest.approx(GEOD.geometry_length(line) / 1000, rel=1e-12)
    # Nothing is left that could be contracted, and every vertex is still there.
    drawn_at = set(map(tuple, shapely.get_coordinates(frame.geometry.to_numpy())))
    assert set(map(tuple, shapely.get_coordinates(network.lines))) == drawn_at
    joins(network)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("way", [0, 1, -1])
@pytest.mark.parametrize("closed", [False, True])
def test_a_road_cut_up_turned_and_shuffled_is_one_edge(seed, way, closed):
    rng = np.random.default_rng(seed)
    turn = np.linspace(0, 2 * np.pi if closed else 5, 80)
    road = np.column_stack([X + 0.01 * np.cos(turn), Y + 0.01 * np.sin(turn)])
    road[-1] = road[0] if closed else road[-1]
    cuts = np.r_[0, np.sort(rng.choice(np.arange(1, 79), 30, replace=False)), 79]
    turned = rng.random(31) < 0.5
    pieces = [road[a : b + 1] for a, b in itertools.pairwise(cuts)]
    pieces = [p[::-1] if t else p for p, t in zip(pieces, turned, strict=True)]
    words = {0: "no", 1: "yes", -1: "-1"}
    order = rng.permutation(31)
    ways = [words[-way if turned[k] else way] for k in order]
    network = read_network(
        layer([pieces[k] for k in order], way=ways), mode="user", speeds=30, oneway_column="way"
    )
    assert len(network) == 1
    found = shapely.get_coordinates(network.lines[0])
    lead = np.flatnonzero((road == found[0]).all(axis=1))[0]
    ring = np.roll(road[:-1], -lead, axis=0) if closed else road
    same = (found[: len(ring)] == ring).all()
    if not same:
        other = np.roll(ring[::-1], 1, axis=0) if closed else ring[::-1]
        np.testing.assert_array_equal(found[: len(ring)], other)
    assert network.oneway[0] == (way if same else -way)


def joins(network):
    degree = np.bincount(np.r_[network.start, network.end], minlength=len(network.lon))
    for node in np.flatnonzero(degree == 2):
        own = np.flatnonzero((network.start == node) | (network.end == node))
        if len(own) == 1:
            continue  # a ring that nothing leaves
        a, b = own
        out = [network.oneway[k] * (1 if network.start[k] == node else -1) for k in own]
        same = network.kind[a] == network.kind[b] and np.isclose(
            network.km[a] / network.minutes[a], network.km[b] / network.minutes[b]
        )
        assert not (same and out[0] == -out[1])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.floats(0, 4, allow_nan=False, width=32)] * 4).filter(
            lambda s: np.hypot(s[0] - s[2], s[1] - s[3]) > 0.5
        ),
        min_size=2,
        max_size=7,
    )
)
def test_crossings_are_those_that_shapely_nodes(rows):
    lines = [shapely.LineString([s[:2], s[2:]]) for s in rows]
    noded = shapely.get_parts(shapely.node(shapely.MultiLineString(lines)))
    lengths = shapely.length(noded)
    ends = shapely.points(np.array([c for s in rows for c in (s[:2], s[2:])]))
    # What all but touches is left to the tolerance, which the planar oracle does not know.
    apart = shapely.distance(ends[:, None], np.array(lines)[None, :])
    own = np.arange(len(lines)).repeat(2)
    apart[np.arange(len(ends)), own] = np.inf
    if lengths.min() < 1e-2 or apart.min() < 1e-2:
        return
    frame = layer([[(X + x * 1e-3, Y + y * 1e-3) for x, y in line.coords] for line in lines])
    network = read_network(frame, mode="user", speeds=30, node="crossings")
    crossing = {tuple(np.round(c, 6)) for g in noded for c in (g.coords[0], g.coords[-1])}
    degree = np.bincount(np.r_[network.start, network.end], minlength=len(network.lon))
    assert len(network) == len(noded)
    assert len(network.lon) == len(crossing)
    assert degree.sum() == 2 * len(noded)


def test_crossings_are_joined_only_when_asked():
    cross = layer(near([[(0, 0), (2, 0)], [(1, -1), (1, 1)], [(1.5, 1), (1.5, 0)]]))
    apart = read_network(cross, mode="user", speeds=30)
    assert len(apart) == 3
    assert apart.parts.max() == 2
    joined = read_network(cross, mode="user", speeds=30, node="crossings")
    assert (len(joined), joined.parts.max()) == (6, 0)
    assert "crossings=2" in joined.notes
    assert joined.km.sum() == pytest.approx(apart.km.sum(), rel=1e-6)


def test_the_tolerance_joins_ends_and_vertices_but_not_a_dense_line():
    metre = 1 / 111_000
    gap = 0.05 * metre
    lines = [[(X, Y), (X + 0.001, Y)], [(X + 0.001 + gap, Y), (X + 0.002, Y)]]
    assert len(read_network(layer(lines), mode="user", speeds=30)) == 1
    far = [[(X, Y), (X + 0.001, Y)], [(X + 0.001 + 4 * gap, Y), (X + 0.002, Y)]]
    assert len(read_network(layer(far), mode="user", speeds=30)) == 2
    # Two lines that share a vertex up to rounding.
    cross = [
        [(X, Y), (X + 0.001, Y), (X + 0.002, Y)],
        [(X + 0.001, Y - 0.001), (X + 0.001 + 1e-10, Y + 1e-10), (X + 0.001, Y + 0.001)],
    ]
    network = read_network(layer(cross), mode="user", speeds=30)
    assert len(network) == 4
    assert "snapped=1" in network.notes
    # A line with a vertex every 5 cm keeps its length.
    dense = [[(X + k * gap, Y) for k in range(1000)]]
    network = read_network(layer(dense), mode="user", speeds=30)
    assert network.km.sum() * 1000 == pytest.approx(GEOD.line_length(*np.array(dense[0]).T), rel=0.01)  # fmt: skip


def test_ends_alone_can_be_joined():
    lines = near([[(0, 0), (1, 0), (2, 0)], [(1, 0), (1, 1)], [(2, 0), (3, 0)]])
    assert len(read_network(layer(lines), mode="user", speeds=30)) == 3
    network = read_network(layer(lines), mode="user", speeds=30, node="ends")
    assert len(network) == 2
    assert network.parts.max() == 1


def test_rings_loops_parallels_and_lines_of_no_length():
    ring = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    alone = read_network(layer(near([ring[:3], ring[2:]])), mode="user", speeds=30)
    assert (len(alone), len(alone.lon)) == (1, 1)
    assert alone.start[0] == alone.end[0]
    lines = near([ring, [(0, 0), (-1, 0)], [(-1, 0), (-1, 1), (0, 0)], [(5, 5), (5, 5)]])
    network = read_network(layer(lines), mode="user", speeds=30)
    assert (len(network), len(network.lon)) == (2, 1)
    assert int(next(n for n in network.notes if n.startswith("zero=")).split("=")[1]) == 1
    total = sum(GEOD.geometry_length(shapely.LineString(xy)) for xy in lines) / 1000
    assert network.km.sum() == pytest.approx(total, rel=1e-12)
    twice = read_network(layer(near([ring[:2], ring[:2]])), mode="user", speeds=30)
    assert len(twice) == 1  # a ring there and back that nothing leaves
    thrice = read_network(layer(near([ring[:2]] * 3)), mode="user", speeds=30)
    assert len(thrice) == 3


def test_projected_shifted_and_multi_lines_come_to_wgs84():
    lines = near([[(0, 0), (3, 1), (5, 0)], [(3, 1), (3, 4)]])
    truth = read_network(layer(lines), mode="user", speeds=30)
    utm = layer(lines).to_crs(32650)
    there = read_network(utm, mode="user", speeds=30)
    np.testing.assert_allclose(np.sort(there.km), np.sort(truth.km), rtol=1e-7)
    multi = gpd.GeoDataFrame(geometry=[shapely.MultiLineString(lines)], crs=4326)
    assert len(read_network(multi, mode="user", speeds=30)) == len(truth) == 3
    moved = [list(zip(*from_wgs84(*np.array(xy).T, "gcj02"), strict=True)) for xy in lines]
    back = read_network(layer(moved, crs=None), mode="user", speeds=30, datum="gcj02")
    assert np.abs(np.sort(back.lon) - np.sort(truth.lon)).max() < 1e-8
    assert np.abs(np.sort(layer(moved).total_bounds) - np.sort(layer(lines).total_bounds)).max() > 1e-3  # fmt: skip
    assert "datum=gcj02" in back.notes


def test_classes_limits_and_directions_of_a_layer():
    lines = near([[(k, 0), (k + 1, 0)] for k in range(8)])
    kinds = ["motorway", "primary", "primary", "footway", "residential", "乡道", "motorway_link", "service"]  # fmt: skip
    frame = layer(lines, fclass=kinds, maxspeed=[0, 0, 60, 0, 30, 0, 0, 0], oneway=list("FBTBBBBB"))
    network = read_network(frame)
    kmh = dict(
        zip(
            zip(network.kind, network.oneway, strict=True),
            network.km / network.minutes * 60,
            strict=True,
        )
    )
    expected = {
        ("motorway", 1): DRIVE_KMH["motorway"], ("primary", 0): DRIVE_KMH["primary"], ("primary", -1): 60,
        ("residential", 0): 30, ("乡道", 0): 30, ("motorway_link", 0): DRIVE_KMH["motorway_link"],
        ("service", 0): DRIVE_KMH["service"],
    }  # fmt: skip
    assert kmh == pytest.approx(expected)
    assert {"other-class=1", "speed-limit=2", "speed-unknown=1", "speed-class=4"} <= set(network.notes)  # fmt: skip
    slow = read_network(frame, speeds={"primary": 25})
    assert np.isclose(slow.km / slow.minutes * 60, 25)[slow.kind == "primary"].all()
    walk = read_network(frame, mode="walk")
    assert np.allclose(walk.km / walk.minutes * 60, 4.8)
    assert not walk.oneway.any()
    assert "motorway" not in walk.kind
    assert "footway" in walk.kind


@pytest.mark.parametrize(
    ("text", "kmh"),
    [("50", 50), ("30 mph", 48.28032), ("50;30", 30), ("['50', '30']", 30), ("50|80", 50), ("10 knots", 18.52),
     ("none", np.nan), ("RU:urban", np.nan), ("", np.nan), (None, np.nan), (60.0, 60), ("CN:urban;40", 40),
     ("9999", np.nan), ("fast", np.nan), ("0", np.nan)],
)  # fmt: skip
def test_limits_as_they_are_tagged(text, kmh):
    found, unread = limits_kmh(np.array([text], object))
    np.testing.assert_allclose(found, [kmh])
    assert unread == (text in ("9999", "fast"))


def test_directions_as_they_are_written():
    words = ["yes", "no", "-1", "reverse", "reversible", "", None, np.nan, True, False, "F", "T", "B", 1, "上行"]  # fmt: skip
    assert directions(np.array(words, object)).tolist() == [1, 0, -1, -1, 2, 0, 0, 0, 1, 0, 1, -1, 0, 1, 9]  # fmt: skip


def test_bounds_keep_what_reaches_inside():
    lines = near([[(0, 0), (1, 0)], [(1, 0), (9, 0)], [(9, 0), (10, 0)]])
    box = (X - 1e-4, Y - 1e-4, X + 2e-3, Y + 1e-3)
    network = read_network(layer(lines), mode="user", speeds=30, bounds=box)
    assert network.lon.max() == pytest.approx(X + 9e-3)
    assert "outside=1" in network.notes
    with pytest.raises(NetworkError, match="no line inside"):
        read_network(layer(lines), mode="user", speeds=30, bounds=(0, 0, 1, 1))


LINE = near([[(0, 0), (1, 0)]])
FRAME = layer(LINE * 2, v=[30.0, -1.0], way=["yes", "perhaps"], word=["fast", "30"], kind=["a", "b"])  # fmt: skip


@pytest.mark.parametrize(
    ("source", "options", "said"),
    [
        (FRAME, {"mode": "user"}, "2 lines have no speed"),
        (FRAME, {"mode": "fly"}, "no mode fly"),
        (FRAME, {"node": "middle"}, "not joined at middle"),
        (FRAME, {"speeds": 0}, "km/h above 0"),
        (FRAME, {"speeds": {"a": "fast"}}, "a: fast"),
        (FRAME, {"speeds": {"c": 30}, "class_column": "kind"}, "no line has the class c; there are a, b"),
        (FRAME, {"speed_column": "v"}, "row 2, column v: -1.0"),
        (FRAME, {"speed_column": "word"}, "row 1, column word: fast"),
        (FRAME, {"speed_column": "nothing"}, "nothing"),
        (FRAME, {"oneway_column": "way"}, "row 2, column way: perhaps"),
        (FRAME, {"bounds": (2, 2, 1, 1)}, "west, south, east, north"),
        (FRAME, {"datum": "mars"}, "mars"),
        (FRAME.set_crs(None, allow_override=True), {}, "declares no reference system"),
        (FRAME.iloc[:0], {}, "is empty"),
        (gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=4326), {}, "no lines \\(only: Polygon"),
        (layer([[(200, 0), (1, 0)]]), {}, "row 1 has a coordinate that cannot be"),
        (layer(near([[(0, 0), (0, 0)]])), {"speeds": 30}, "no line to travel on"),
        (layer(LINE, highway=["footway"]), {}, "no line that mode drive can use"),
        ("/no/such/file.gpkg", {}, "no such file"),
        (pd.DataFrame(), {}, "DataFrame"),
    ],
)  # fmt: skip
def test_what_is_no_network_is_said(source, options, said):
    with pytest.raises(ValueError, match=said) as caught:
        read_network(source, **options)
    if isinstance(caught.value, NetworkError):
        assert caught.value.says("zh") != caught.value.says("en")


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".fgb", ".parquet", ".kml"])
def test_layers_of_every_form_are_one_network(tmp_path, suffix):
    lines = near([[(0, 0), (1, 0), (2, 0)], [(1, 0), (1, 1)]])
    frame = layer(lines, name=["中山路", "b"])
    path = tmp_path / f"roads{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path)
    elif suffix == ".kml":
        marks = "".join(
            f"<Placemark><name>x</name><LineString><coordinates>{' '.join(f'{x!r},{y!r}' for x, y in xy)}"
            "</coordinates></LineString></Placemark>"
            for xy in lines
        )
        path.write_text(
            f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{marks}</Document></kml>'
        )
    else:
        frame.to_file(path)
    network = read_network(path, speeds=30, cache=False)
    assert len(network) == 3
    assert network.km.sum() == pytest.approx(sum(GEOD.geometry_length(g) for g in frame.geometry) / 1000)  # fmt: skip
    if suffix != ".shp":
        upload = read_network(Upload(f"../{path.name}", path.read_bytes()), speeds=30, cache=False)
        assert (upload.name, len(upload)) == (path.name, 3)


def test_a_recipe_for_gdal_is_not_followed(tmp_path):
    recipe = tmp_path / "roads.geojson"
    recipe.write_text(json.dumps({"type": "nothing"}))
    with pytest.raises(ValueError, match="roads"):
        read_network(recipe, speeds=30, cache=False)


def test_tables_and_layers_of_a_network():
    lines = near([[(0, 0), (1, 0), (2, 0)], [(1, 0), (1, 1)], [(7, 7), (8, 8)]])
    network = read_network(layer(lines, highway=["primary", "tertiary", "tertiary"]))
    edges = network.edges()
    assert edges.crs == 4326
    assert edges["km"].sum() == pytest.approx(network.km.sum())
    assert list(edges["part"]) == [network.parts[k] for k in network.start]
    figures = network.table().set_index("what")["figure"]
    assert figures["parts"] == 2
    assert figures["edges"] == len(network) == 4
    main = sum(GEOD.line_length(*np.array(xy).T) for xy in lines[:2]) / 1000
    assert figures["main-share"] == pytest.approx(main / network.km.sum(), rel=1e-6)
    for lang in ("zh", "en"):
        assert "GeoDataFrame" in network.summary(lang)
        assert "{" not in network.summary(lang)
