"""Distance bands about an axis, a footprint or places, compiled: which band a point lies in, exactly.

A quadtree of cells, refined to a uniform grid: a cell lies wholly in one band when the distance of
its centre is further from every limit than the cell's own radius. Only points in the other cells are
projected and measured, against the few segments that can be nearest there. Those are of a simplified
shape, no further than ``slack`` from the true one; where the distance lies within that of a limit,
shapely decides with the true one.
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
_LEVELS = 4
_SLACK = 1 / 20
"""Of a cell: a shape is simplified by so much for measuring."""
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
    slack: float = 0.0

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
        if len(owner):
            away = _distance(xy[plain][owner], self.ends[segment])
            distance[plain] = np.minimum.reduceat(away, np.flatnonzero(np.diff(owner, prepend=-1)))
        band = np.searchsorted(self.limits, distance)
        near = np.abs(distance[:, None] - self.limits[None, :]).min(axis=1)
        unsure = np.flatnonzero(~(near > self.slack + _HAIR_M))
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
    slack = _SLACK * max(reach.bounds[2] - reach.bounds[0], reach.bounds[3] - reach.bounds[1]) / n
    ends = _segments(shape, slack)
    code = np.full((cells.ny + 2, cells.nx + 2), len(limits), dtype=np.int32)
    shapely.prepare(shape)
    # From coarse to fine: blocks of cells that lie in one band are painted whole.
    step = 1 << levels
    rows, columns = (v.ravel() for v in np.meshgrid(np.arange(0, cells.ny, step), np.arange(0, cells.nx, step), indexing="ij"))  # fmt: skip
    blocks = _Blocks.of(shape, cells, rows, columns, step, crs, slack)
    near = _Near.first_of(ends, blocks)
    while True:
        low, high = (np.searchsorted(limits, away) for away in blocks.reach(near.away))
        whole = low == high
        for r, c, band in zip(rows[whole], columns[whole], high[whole], strict=True):
            code[r + 1 : r + 1 + step, c + 1 : c + 1 + step] = band
        open_ = np.flatnonzero(~whole)
        rows, columns = rows[open_], columns[open_]
        if step == 1 or not len(rows):
            break
        step //= 2
        parent = np.tile(open_, 4)
        rows = np.concatenate([rows, rows, rows + step, rows + step])
        columns = np.concatenate([columns, columns + step, columns, columns + step])
        kept = (rows < cells.ny) & (columns < cells.nx)
        rows, columns = rows[kept], columns[kept]
        blocks = _Blocks.of(shape, cells, rows, columns, step, crs, slack)
        near = near.of(ends, parent[kept], blocks)
    # Blocks at the rim may have painted over the margin.
    code[0], code[-1], code[:, 0], code[:, -1] = (len(limits),) * 4
    code[rows + 1, columns + 1] = -np.arange(len(rows)) - 1
    # Where a polygon begins no segment tells whether a point is inside: shapely does.
    rim = blocks.area & (near.away <= blocks.radius)
    count = np.where(rim, 0, near.count)[open_]
    return DistancePlan(
        shape, limits, triples, crs, cells, code.ravel(), near.first[open_], count, ends[near.segment], slack
    )  # fmt: skip


def _segments(shape: Any, slack: float) -> Floats:
    """Return the segments of a shape that is simplified by ``slack``; a point is one of no length.

    Every vertex left out lies within ``slack`` of the segment that replaces it (Douglas and Peucker,
    1973). The path that it was on joins the segment's ends, so that each place of the segment is
    within ``slack`` of the path as well: distances differ by no more.

    Returns
    -------
    array of shape (n, 4)
        x, y of both ends.
    """
    parts = shapely.get_parts(shape)
    rings = [shapely.get_rings(p) if p.geom_type == "Polygon" else [p] for p in parts]
    ends = []
    for ring in (r for own in rings for r in own):
        xy = shapely.get_coordinates(ring)
        if len(xy) > 2:
            line = shapely.simplify(shapely.linestrings(xy), slack, preserve_topology=False)
            xy = shapely.get_coordinates(line)
        ends.append(np.hstack([xy[:-1], xy[1:]] if len(xy) > 1 else [xy, xy]))
    return np.concatenate(ends)


def _distance(at: Floats, ends: Floats) -> Floats:
    """Return the distance of points, shape (n, 2), each from its segment, shape (n, 4)."""
    ax, ay, bx, by = ends.T
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    along = (at[:, 0] - ax) * dx + (at[:, 1] - ay) * dy
    share = np.clip(np.divide(along, length, out=np.zeros_like(along), where=length > 0), 0, 1)
    away: Floats = np.hypot(ax + share * dx - at[:, 0], ay + share * dy - at[:, 1])
    return away


@dataclass(frozen=True)
class _Blocks:
    """Square blocks of cells: centre, radius about it, whether it is inside, whether any can be."""

    centre: Floats
    radius: Floats
    inside: NDArray[np.bool_]
    area: bool

    @classmethod
    def of(
        cls, shape: Any, cells: Cells, rows: Ints, columns: Ints, step: int, crs: CRS, slack: float
    ) -> _Blocks:
        xs = np.stack([columns, columns + step, columns + step, columns, columns + step / 2])
        ys = np.stack([rows, rows, rows + step, rows + step, rows + step / 2])
        lon, lat = cells.west + xs * cells.dx, cells.south + ys * cells.dy
        xy = project_points(lon.ravel(), lat.ravel(), crs).reshape(5, len(rows), 2)
        # A side of a block is no straight line in the projection: a hundredth covers that and
        # rounding.
        radius = np.hypot(*(xy[:4] - xy[4]).transpose(2, 0, 1)).max(axis=0) * 1.01
        area = shapely.get_dimensions(shape) == 2
        inside = shapely.intersects(shape, shapely.points(xy[4])) if area else np.zeros(len(rows), dtype=bool)  # fmt: skip
        return cls(xy[4], radius + slack + _HAIR_M, inside, bool(area))

    def reach(self, away: Floats) -> tuple[Floats, Floats]:
        """Return the least and the greatest distance that a point of each block can have.

        Wholly inside a polygon it is 0; about its boundary it begins at 0.
        """
        deep = self.inside & (away > self.radius)
        low = np.where(self.inside, 0.0, away - self.radius)
        high = np.where(deep, 0.0, np.where(self.inside, self.radius, away + self.radius))
        return low, high


@dataclass(frozen=True)
class _Near:
    """The distance of each block's centre from the segments, and those that can be nearest in it."""

    away: Floats
    first: Ints
    count: Ints
    segment: Ints

    @classmethod
    def first_of(cls, ends: Floats, blocks: _Blocks) -> _Near:
        lines = shapely.linestrings(ends.reshape(-1, 2, 2))
        tree, points = shapely.STRtree(lines), shapely.points(blocks.centre)
        _, away = tree.query_nearest(points, return_distance=True, all_matches=False)
        owner, segment = tree.query(points, predicate="dwithin", distance=away + 2 * blocks.radius)
        order = np.argsort(owner, kind="stable")
        count = np.bincount(owner, minlength=len(points))
        return cls(away, np.cumsum(count) - count, count, segment[order])

    def of(self, ends: Floats, parent: Ints, blocks: _Blocks) -> _Near:
        """Return the same for parts of blocks: what is nearest there is among their parents'."""
        owner, member = ragged(self.first[parent], self.count[parent])
        segment = self.segment[member]
        apart = _distance(blocks.centre[owner], ends[segment])
        away = np.minimum.reduceat(apart, np.flatnonzero(np.diff(owner, prepend=-1)))
        kept = apart <= (away + 2 * blocks.radius)[owner]
        count = np.bincount(owner[kept], minlength=len(parent))
        return _Near(away, np.cumsum(count) - count, count, segment[kept])
