"""Distance bands about an axis, a footprint or places, compiled: which band a point lies in, exactly.

A quadtree of cells, refined to a uniform grid: a cell lies wholly in one band when the distance of
its centre is further from every limit than the cell's own radius. Only points in the other cells are
projected and measured, against the few segments that can be nearest there; where that distance lies
within a hair of a limit, shapely decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo.engine.cells import BLOCK, SHAPELY, Cells, Floats, Ints, ragged
from geo.errors import PointsError
from geo.measure import project_points, unproject

__all__ = ["DistancePlan", "compile_distances"]

_HAIR_M = 1e-5
"""A distance closer to a limit than this is left to shapely; rounding is a thousandth of it."""
_LEVELS = 5
_COARSE = 32


@dataclass(frozen=True)
class DistancePlan:
    """What :func:`compile_distances` returns.

    The sets have three columns for each distance: surely, probably and perhaps within it.

    Attributes
    ----------
    shape
        What distances are measured from, planar metres of ``crs``.
    limits
        The different distances at which bands meet, in growing order.
    columns
        Shape (n, 3): which limits are low, central and high of each distance; -1 where a point
        cannot surely be within.
    """

    shape: Any
    limits: Floats
    columns: NDArray[np.int64]
    crs: CRS
    cells: Cells
    code: NDArray[np.int32] = field(repr=False)
    first: Ints = field(repr=False)
    count: Ints = field(repr=False)
    ends: Floats = field(repr=False)

    @property
    def width(self) -> int:
        """Number of columns of the sets."""
        return int(self.columns.size)

    def locate(
        self, x: Floats, y: Floats, err: Floats | None = None
    ) -> tuple[NDArray[np.bool_], Ints]:
        """Return the sets and the one that each point lies in.

        Parameters
        ----------
        x, y
            WGS84 degrees.
        err
            Positional error of each point, metres: it is added to that of the shape.
        """
        ids = self.bands(x, y)
        sets = self._within(np.arange(len(self.limits) + 1)[:, None] <= np.arange(len(self.limits)))
        if err is None or not (rough := np.flatnonzero(err > 0)).size:
            return sets, ids
        points = shapely.points(project_points(x[rough], y[rough], self.crs))
        with SHAPELY:
            away, err = shapely.distance(self.shape, points)[:, None], err[rough][:, None]
        low, central, high = (self._within(away + sign * err <= self.limits) for sign in (1, 0, -1))
        rows = np.where(np.arange(self.width) % 3 == 0, low, np.where(np.arange(self.width) % 3 == 1, central, high))  # fmt: skip
        rows, which = np.unique(rows, axis=0, return_inverse=True)
        ids[rough] = which.reshape(-1) + len(sets)
        return np.concatenate([sets, rows]), ids

    def _within(self, limits: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return sets by column from sets by limit."""
        columns = self.columns.ravel()
        return np.asarray(limits[:, np.maximum(columns, 0)] & (columns >= 0))

    def bands(self, x: Floats, y: Floats) -> Ints:
        """Return for each point (WGS84 degrees) how many limits it lies beyond."""
        ids = np.empty(len(x), dtype=np.int64)
        for start in range(0, len(x), BLOCK):
            part = slice(start, start + BLOCK)
            band = self.cells.look_up(self.code, x[part], y[part]).astype(np.int64)
            hit = np.flatnonzero(band < 0)
            if len(hit):
                band[hit] = self._measured(x[part][hit], y[part][hit], -band[hit] - 1)
            ids[part] = band
        return ids

    def _measured(self, lon: Floats, lat: Floats, cell: Ints) -> Ints:
        xy = project_points(lon, lat, self.crs)
        count = self.count[cell]
        distance = np.full(len(lon), np.nan)
        plain = count > 0
        owner, segment = ragged(self.first[cell[plain]], count[plain])
        at = xy[plain][owner]
        ax, ay, bx, by = self.ends[segment].T
        dx, dy = bx - ax, by - ay
        length = dx * dx + dy * dy
        along = (at[:, 0] - ax) * dx + (at[:, 1] - ay) * dy
        share = np.clip(np.divide(along, length, out=np.zeros_like(along), where=length > 0), 0, 1)
        away = np.hypot(ax + share * dx - at[:, 0], ay + share * dy - at[:, 1])
        if len(owner):
            distance[plain] = np.minimum.reduceat(away, np.flatnonzero(np.diff(owner, prepend=-1)))
        band = np.searchsorted(self.limits, distance)
        near = np.abs(distance[:, None] - self.limits[None, :]).min(axis=1)
        unsure = np.flatnonzero(~(near > _HAIR_M))
        if len(unsure):
            with SHAPELY:
                exact = shapely.distance(self.shape, shapely.points(xy[unsure]))
            band[unsure] = np.searchsorted(self.limits, exact)
        return band


def compile_distances(
    shape: Any, distances_m: Sequence[float], crs: CRS, *, err_m: float = 0.0, levels: int = _LEVELS
) -> DistancePlan:
    """Compile distance bands about a shape.

    Parameters
    ----------
    shape
        Point, line or polygon of any kind, planar metres of ``crs``. Inside a polygon the distance
        is 0.
    distances_m
        Distances in metres, 0 or more, in growing order, each once.
    crs
        Planar projection in which distances are measured.
    err_m
        Positional error of the shape.
    levels
        How often a cell of the coarse grid is halved: speed, never the result.

    Raises
    ------
    PointsError
        If the shape is empty, or the distances are not in growing order.
    """
    asked = np.asarray(distances_m, dtype=float)
    if not len(asked) or not np.isfinite(asked).all() or asked[0] < 0 or (np.diff(asked) <= 0).any():  # fmt: skip
        raise PointsError(
            f"distances must be 0 or more, in growing order, not {', '.join(f'{v:g}' for v in asked)}"
        )
    three = asked[:, None] + np.array([-err_m, 0.0, err_m])
    limits = np.unique(three[three >= 0])
    triples = np.where(three >= 0, np.searchsorted(limits, three), -1)
    if shape.is_empty:
        raise PointsError("distances are measured from a shape, and this one is empty")
    west, south, east, north = shape.bounds
    margin = limits[-1] * 1.001 + 10.0
    reach = shapely.box(west - margin, south - margin, east + margin, north + margin)
    box = unproject(shapely.segmentize(reach, max(reach.length / 200, 1.0)), crs)
    n = _COARSE << levels
    cells = Cells.over(box.bounds, n)
    segments = _segments(shape)
    tree = shapely.STRtree(segments)
    code = np.full((cells.ny + 2, cells.nx + 2), len(limits), dtype=np.int32)
    shapely.prepare(shape)
    # From coarse to fine: blocks of cells that lie in one band are painted whole.
    step = 1 << levels
    rows, columns = (v.ravel() for v in np.meshgrid(np.arange(0, cells.ny, step), np.arange(0, cells.nx, step), indexing="ij"))  # fmt: skip
    while True:
        away, radius, inside = _of_blocks(shape, tree, cells, rows, columns, step, crs)
        low, high = np.searchsorted(limits, away - radius), np.searchsorted(limits, away + radius)
        # The nearest and the farthest that a point of the block can be, a hair apart from a limit.
        whole = (low == high) | (inside & (high == 0))
        for r, c, band in zip(rows[whole], columns[whole], high[whole], strict=True):
            code[r + 1 : r + 1 + step, c + 1 : c + 1 + step] = band
        rows, columns, away, radius = rows[~whole], columns[~whole], away[~whole], radius[~whole]
        if step == 1 or not len(rows):
            break
        step //= 2
        rows = np.concatenate([rows, rows, rows + step, rows + step])
        columns = np.concatenate([columns, columns + step, columns, columns + step])
        kept = (rows < cells.ny) & (columns < cells.nx)
        rows, columns = rows[kept], columns[kept]
    # Blocks at the rim may have painted over the margin.
    code[0], code[-1], code[:, 0], code[:, -1] = (len(limits),) * 4
    code[rows + 1, columns + 1] = -np.arange(len(rows)) - 1
    first, count, ends = _nearest(shape, tree, segments, cells, rows, columns, away, radius, crs)
    return DistancePlan(shape, limits, triples, crs, cells, code.ravel(), first, count, ends)


def _segments(shape: Any) -> Any:
    """Return the segments of a shape; a point is one of no length."""
    parts = shapely.get_parts(shape)
    rings = [shapely.get_rings(p) if p.geom_type == "Polygon" else [p] for p in parts]
    lines = []
    for ring in (r for own in rings for r in own):
        xy = shapely.get_coordinates(ring)
        pairs = np.stack([xy[:-1], xy[1:]], axis=1) if len(xy) > 1 else np.stack([xy, xy], axis=1)
        lines.append(pairs)
    return shapely.linestrings(np.concatenate(lines))


def _of_blocks(
    shape: Any, tree: Any, cells: Cells, rows: Ints, columns: Ints, step: int, crs: CRS
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return for each block the distance of its centre, its radius, and whether the centre is inside."""
    xs = np.stack([columns, columns + step, columns + step, columns, columns + step / 2])
    ys = np.stack([rows, rows, rows + step, rows + step, rows + step / 2])
    lon, lat = cells.west + xs * cells.dx, cells.south + ys * cells.dy
    xy = project_points(lon.ravel(), lat.ravel(), crs).reshape(5, len(rows), 2)
    centre = xy[4]
    # A side of a block is no straight line in the projection: a hundredth covers that, and rounding.
    radius = np.hypot(*(xy[:4] - centre).transpose(2, 0, 1)).max(axis=0) * 1.01 + _HAIR_M
    points = shapely.points(centre)
    _, away = tree.query_nearest(points, return_distance=True, all_matches=False)
    inside = np.zeros(len(rows), dtype=bool)
    if shapely.get_dimensions(shape) == 2:
        inside = shapely.intersects(shape, points)
        # Wholly inside a polygon the distance is 0 throughout; near its boundary on either side it
        # is between 0 and that of the outer point.
        deep = inside & (away > radius)
        away = np.where(inside, 0.0, away)
        radius = np.where(deep, 0.0, radius)
    return away, radius, inside


def _nearest(
    shape: Any,
    tree: Any,
    segments: Any,
    cells: Cells,
    rows: Ints,
    columns: Ints,
    away: Floats,
    radius: Floats,
    crs: CRS,
) -> tuple[Ints, Ints, Floats]:
    """Return for each cell on a limit the segments that can be nearest to a point of it.

    A cell has none, and so is left to shapely, where a polygon begins.
    """
    count = np.zeros(len(rows), dtype=np.int64)
    if not len(rows):
        return count, count, np.empty((0, 4))
    at = (cells.west + (columns + 0.5) * cells.dx, cells.south + (rows + 0.5) * cells.dy)
    points = shapely.points(project_points(*at, crs))
    use = np.ones(len(rows), dtype=bool)
    if shapely.get_dimensions(shape) == 2:
        use = away > radius
    which = np.flatnonzero(use)
    pair, segment = tree.query(points[which], predicate="dwithin", distance=away[which] + 2 * radius[which])  # fmt: skip
    order = np.argsort(pair, kind="stable")
    pair, segment = pair[order], segment[order]
    count[which] = np.bincount(pair, minlength=len(which))
    ends = shapely.get_coordinates(segments).reshape(-1, 4)[segment]
    return np.cumsum(count) - count, count, ends
