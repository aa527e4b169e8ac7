"""The engine against plain shapely, point by point, where it hurts: edges, vertices, cell lines."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box
from shapely.affinity import rotate, scale, translate

from geo.engine.polygons import compile_polygons
from geo.errors import PointsError

STAR = Polygon(
    [(np.cos(a) * r, np.sin(a) * r) for a, r in zip(np.linspace(0, 2 * np.pi, 24, endpoint=False), [2, 0.7] * 12, strict=True)]
)  # fmt: skip
SQUARE = box(-1, -1, 1, 1)
HOLED = Polygon(SQUARE.exterior.coords, [box(-0.5, -0.5, 0.5, 0.5).exterior.coords])
TOUCHING = [box(0, 0, 1, 1), box(1, 0, 2, 1), box(0, 1, 1, 2), box(1, 1, 2, 2)]
MULTI = MultiPolygon([box(-2, -2, -1, -1), box(1, 1, 2, 2), Polygon([(0, 0), (1, 0), (0.5, 1)])])
PINCHED = Polygon(
    [(0, 0), (4, 0), (4, 4), (0, 4)], [[(0, 0), (2, 1), (2, 2)], [(2, 2), (3, 2), (3, 3)]]
)


def members(shapes, predicate, x, y):
    test = shapely.intersects_xy if predicate == "intersects" else shapely.contains_xy
    return np.array([test(s, x, y) for s in shapes]).T.reshape(len(x), len(shapes))


def agrees(shapes, x, y, predicate="intersects", cells=None):
    plan = compile_polygons(shapes, predicate, cells=cells)
    ids, more = plan.locate(x, y)
    found = np.concatenate([plan.sets, more])[ids]
    expected = members(shapes, predicate, x, y)
    wrong = np.flatnonzero((found != expected).any(axis=1))
    assert not len(wrong), (x[wrong[0]].hex(), y[wrong[0]].hex(), found[wrong[0]])
    return plan


def hard_points(shapes, plan, seed=0):
    """Vertices, points on edges, cell corners and all of their neighbours by one step of rounding."""
    rng = np.random.default_rng(seed)
    rings = shapely.get_rings(shapely.get_parts(np.array(shapes, dtype=object)))
    vertices = shapely.get_coordinates(rings)
    along = [shapely.line_interpolate_point(r, rng.random(40), normalized=True) for r in rings]
    edges = shapely.get_coordinates(np.concatenate(along))
    grid = plan.cells
    i, j = np.meshgrid(np.arange(-1, grid.nx + 2), np.arange(-1, grid.ny + 2))
    corners = np.column_stack([grid.west + i.ravel() * grid.dx, grid.south + j.ravel() * grid.dy])
    middles = (vertices[:-1] + vertices[1:]) / 2
    crossed = np.array([(x, y) for x in vertices[:60, 0] for y in vertices[:60, 1]])
    lines = edges.copy()
    lines[:, 0] = grid.west + np.round((lines[:, 0] - grid.west) / grid.dx) * grid.dx
    base = np.concatenate([vertices, edges, corners, middles, crossed, lines])
    steps = [base]
    for dx in (-np.inf, 0, np.inf):
        for dy in (-np.inf, 0, np.inf):
            moved = base.copy()
            if dx:
                moved[:, 0] = np.nextafter(moved[:, 0], dx)
            if dy:
                moved[:, 1] = np.nextafter(moved[:, 1], dy)
            steps.append(moved)
    west, south, east, north = shapely.total_bounds(shapes)
    inside = rng.uniform([west, south], [east, north], (3000, 2))
    return np.concatenate([*steps, inside]).T


CASES = {
    "square": [SQUARE],
    "square on cell lines": [box(0, 0, 8, 8), box(2, 2, 6, 6)],
    "star": [STAR],
    "hole": [HOLED],
    "touching": TOUCHING,
    "multi": [MULTI],
    "pinched": [PINCHED],
    "nested": [scale(STAR, k, k) for k in (0.2, 0.5, 0.9, 1.0, 1.1)],
    "the same twice": [STAR, STAR],
    "crowd": [translate(rotate(STAR, 7 * k), k * 0.01, k * 0.02) for k in range(14)],
    "crowd of boxes": [box(-k, -k, k, k) for k in np.linspace(0.001, 0.01, 20)],
    "far apart": [SQUARE, translate(scale(STAR, 1e-4, 1e-4), 100, 50)],
    "sliver": [Polygon([(0, 0), (100, 1e-7), (100, 2e-7)]), box(-1, -1, 101, 1)],
    "degrees": [translate(scale(STAR, 0.3, 0.2), 114.3, 30.6), box(114.0, 30.0, 114.5, 30.5)],
    "tiny in degrees": [translate(scale(STAR, 1e-9, 1e-9), 114.3, 30.6)],
    "with an empty one": [SQUARE, Polygon(), STAR],
}  # fmt: skip


@pytest.mark.parametrize("predicate", ["intersects", "contains"])
@pytest.mark.parametrize("cells", [1, 8, 100, None])
@pytest.mark.parametrize("name", CASES)
def test_equal_to_shapely_where_it_hurts(name, cells, predicate):
    shapes = CASES[name]
    plan = compile_polygons(shapes, predicate, cells=8 if cells is None else cells)
    x, y = hard_points(shapes, plan)
    agrees(shapes, x, y, predicate, cells)


def test_what_is_no_number_lies_nowhere():
    x = np.array([np.nan, 0.0, np.inf, -np.inf, 0.0, 1e308, -1e308, 0.0])
    y = np.array([0.0, np.nan, 0.0, 0.0, np.inf, 1e308, 0.0, 0.0])
    plan = compile_polygons([SQUARE])
    ids, _ = plan.locate(x, y)
    assert plan.sets[ids, 0].tolist() == [False] * 7 + [True]
    assert plan.locate(x[:0], y[:0])[0].tolist() == []


coordinate = st.integers(-6, 6).map(float) | st.floats(-6, 6, allow_nan=False, width=32)


@st.composite
def polygons(draw):
    corners = draw(st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=9, unique=True))
    shape = shapely.convex_hull(shapely.MultiPoint(corners))
    if shape.geom_type != "Polygon":
        shape = Point(corners[0]).buffer(0.5, quad_segs=2)
    if draw(st.booleans()):
        hole = Point(corners[-1]).buffer(draw(st.sampled_from([0.25, 1.0, 2.0])), quad_segs=1)
        shape = shape.difference(hole)
    return shape if shape.geom_type.endswith("Polygon") and shape.is_valid else box(-1, -1, 1, 1)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(polygons(), min_size=1, max_size=12),
    st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=60),
    st.sampled_from([1, 2, 3, 12, 64]),
    st.sampled_from(["intersects", "contains"]),
)
def test_equal_to_shapely_on_drawn_ones(shapes, points, cells, predicate):
    xy = np.concatenate([np.array(points), *[shapely.get_coordinates(s) for s in shapes]])
    up = np.nextafter(xy, np.inf)
    down = np.nextafter(xy, -np.inf)
    x, y = np.concatenate([xy, up, down, (xy + xy[::-1]) / 2]).T
    agrees(shapes, x, y, predicate, cells)


def test_real_outlines(wuhan, units):
    """Every footprint with both offsets, and the counties, which share their borders."""
    from geo.analysis.footprints import footprints_of

    rng = np.random.default_rng(3)
    shapes = [s for f in footprints_of(wuhan, rings="each") for s in f.outlines]
    west, south, east, north = shapely.total_bounds(shapes)
    at = rng.uniform([west, south], [east, north], (40_000, 2))
    on = np.concatenate([shapely.get_coordinates(s)[:200] for s in shapes])
    x, y = np.concatenate([at, on]).T
    assert len(agrees(shapes, x, y).sets) > 50
    counties = list(units.geometry)
    west, south, east, north = shapely.total_bounds(counties)
    at = rng.uniform([west, south], [east, north], (40_000, 2))
    on = np.concatenate([shapely.get_coordinates(s)[:300] for s in counties])
    agrees(counties, *np.concatenate([at, on]).T, "contains")


def test_the_grid_changes_nothing_but_speed():
    x, y = np.random.default_rng(5).uniform(-3, 3, (2, 5000))
    shapes = CASES["crowd"]
    rows = []
    for cells in (1, 7, 64, 500):
        plan = compile_polygons(shapes, cells=cells)
        ids, more = plan.locate(x, y)
        rows.append(np.concatenate([plan.sets, more])[ids])
    assert all((r == rows[0]).all() for r in rows)


def test_a_plan_can_be_sent_and_locates_the_same():
    plan = compile_polygons([STAR, SQUARE])
    sent = pickle.loads(pickle.dumps(plan))
    x, y = np.random.default_rng(6).uniform(-3, 3, (2, 2000))
    assert (sent.locate(x, y)[0] == plan.locate(x, y)[0]).all()


def test_what_cannot_be_counted_by_is_told():
    bow = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(PointsError, match="footprint 2 is not a valid polygon \\(Self-inter"):
        compile_polygons([SQUARE, bow])
    with pytest.raises(PointsError, match="footprint 1 is a LineString"):
        compile_polygons([shapely.LineString([(0, 0), (1, 1)])])
    with pytest.raises(PointsError, match="use intersects or contains"):
        compile_polygons([SQUARE], "within")  # type: ignore[arg-type]
    nothing = compile_polygons([])
    assert nothing.locate(np.zeros(3), np.zeros(3))[0].tolist() == [0, 0, 0]
