from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.analysis.concentration.grid import grid_over
from geo.errors import PointsError

AREA = shapely.Polygon([(-9e3, -7e3), (12e3, -4e3), (8e3, 11e3), (-2e3, 3e3)])
LATTICES = ["square", "hexagon"]


@pytest.mark.parametrize("lattice", LATTICES)
@settings(max_examples=25, deadline=None)
@given(size=st.floats(400, 5000), seed=st.integers(0, 999))
def test_every_point_is_in_the_cell_that_holds_it(lattice, size, seed):
    grid = grid_over(AREA, size, lattice)
    cells = grid.polygons
    assert shapely.area(cells) == pytest.approx(size**2)
    assert shapely.get_coordinates(shapely.centroid(cells)) == pytest.approx(grid.centres, abs=1e-6)
    xy = np.random.default_rng(seed).uniform([-9e3, -7e3], [12e3, 11e3], (300, 2))
    xy = xy[shapely.intersects_xy(AREA, xy)]
    at = grid.find(xy)
    assert (at >= 0).all()
    assert shapely.distance(cells[at], shapely.points(xy)).max() < 1e-6
    away = np.hypot(*(xy[:, None] - grid.centres[None]).transpose(2, 0, 1))
    if lattice == "hexagon":
        assert away[np.arange(len(xy)), at] == pytest.approx(away.min(axis=1), abs=1e-6)
    assert grid.find(np.array([[5e7, 5e7]])).tolist() == [-1]


@pytest.mark.parametrize("lattice", LATTICES)
def test_cells_tile_the_area_and_know_their_neighbours(lattice):
    grid = grid_over(AREA, 1500, lattice)
    cells = grid.polygons
    assert shapely.union_all(shapely.set_precision(cells, 1e-3)).buffer(0.1).covers(AREA)
    assert shapely.area(shapely.intersection(cells, AREA)).sum() == pytest.approx(AREA.area, rel=1e-9)  # fmt: skip
    assert (shapely.area(shapely.intersection(cells, AREA)) > 0).all()
    links = grid.neighbours().toarray()
    near = shapely.distance(cells[:, None], cells[None]) < 1e-3
    np.fill_diagonal(near, False)
    assert (links == near).all()
    assert links.sum(axis=1).max() == (8 if lattice == "square" else 6)


def test_grids_agree_where_they_meet():
    left = grid_over(shapely.box(0, 0, 4000, 4000), 1000)
    right = grid_over(shapely.box(2000, 0, 8000, 4000), 1000)
    both = {tuple(i) for i in left.index} & {tuple(i) for i in right.index}
    assert len(left.index) == 16 and len(both) == 8


def test_what_is_no_grid_is_told():
    for size, lattice, message in [(0, "square", "above 0"), (1, "square", "too many"), (500, "triangle", "square or hexagon")]:  # fmt: skip
        with pytest.raises(PointsError, match=message):
            grid_over(AREA, size, lattice)
