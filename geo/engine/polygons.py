"""Footprints compiled for counting: which set of polygons a point lies in, exactly.

A uniform grid is laid over the polygons. A cell that no boundary touches lies wholly in one set of
them. In a cell that boundaries touch, a point is compared with a reference point whose set is known:
each boundary segment that the line between the two crosses changes the state of its polygon
(parity). Crossings are decided by orientation tests with Shewchuk's error bound; where one is not
certain, the point is handed to shapely. The answer is shapely's for every point.

Sources: Jordan curve parity; J. R. Shewchuk, Adaptive precision floating-point arithmetic and fast
robust geometric predicates, 1997 (bound A of the orientation test).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.engine.cells import BLOCK, SHAPELY, Cells, Floats, Ints, distinct, ragged
from geo.errors import PointsError

__all__ = ["PolygonPlan", "Predicate", "compile_polygons"]

Predicate = Literal["intersects", "contains"]

_REFERENCE = (0.5137, 0.4769)
"""Where in a cell the reference point lies: off the centre, where real boundaries often pass."""
_CROWD = 8
"""More boundaries than this in one cell are left to shapely: 2**k outcomes would have to be listed."""
_BOUND = (3.0 + 16.0 * 2.0**-53) * 2.0**-53
"""Shewchuk's ccwerrboundA, for double precision."""


@dataclass(frozen=True, eq=False, repr=False)
class _Boundaries:
    """The cells that boundaries touch: for each its segments, reference point and outcomes.

    ``first`` and ``count`` give a cell's segments in ``ax … bit``; ``side`` is the side of a segment
    on which the cell's reference point lies, 0 where that is not certain.
    """

    first: Ints
    count: Ints
    ax: Floats
    ay: Floats
    bx: Floats
    by: Floats
    side: NDArray[np.int8]
    bit: Ints
    ref_x: Floats
    ref_y: Floats
    ref_mask: Ints
    base: Ints
    candidates: tuple[tuple[int, ...], ...]
    group: Ints
    outcome: Ints
    outcomes: Ints


@dataclass(frozen=True, eq=False, repr=False)
class PolygonPlan:
    """What :func:`compile_polygons` returns: immutable, and can be sent to another machine.

    Attributes
    ----------
    shapes
        The polygons; shapely, in the reference system of the points.
    sets
        Shape (n_sets, n_shapes): which polygons each known set holds; row 0 is the empty set.
    """

    shapes: tuple[Any, ...]
    predicate: Predicate
    cells: Cells
    code: NDArray[np.int32] = field(repr=False)
    sets: NDArray[np.bool_] = field(repr=False)
    edges: _Boundaries = field(repr=False)

    def locate(self, x: Floats, y: Floats) -> tuple[Ints, NDArray[np.bool_]]:
        """Return the set that each point lies in.

        Parameters
        ----------
        x, y
            Shape (n,), in the reference system of the shapes.

        Returns
        -------
        ids
            Shape (n,): rows of ``sets``, and beyond those of ``more``.
        more
            Shape (k, n_shapes): sets that occur only here.
        """
        ids = np.empty(len(x), dtype=np.int64)
        crowds: list[tuple[Ints, NDArray[np.bool_]]] = []
        for start in range(0, len(x), BLOCK):
            part = slice(start, start + BLOCK)
            found = self.cells.look_up(self.code, x[part], y[part])
            ids[part] = found
            hit = np.flatnonzero(found < 0)
            if len(hit):
                hit += start
                self._resolve(x, y, hit, ids, crowds)
        if not crowds:
            return ids, self.sets[:0]
        rows, inverse = np.unique(
            np.concatenate([m for _, m in crowds]), axis=0, return_inverse=True
        )
        ids[np.concatenate([k for k, _ in crowds])] = inverse.reshape(-1) + len(self.sets)
        return ids, rows

    def _resolve(
        self,
        x: Floats,
        y: Floats,
        hit: Ints,
        ids: Ints,
        crowds: list[tuple[Ints, NDArray[np.bool_]]],
    ) -> None:
        """Settle the points in cells that boundaries touch."""
        edges = self.edges
        cell = -ids[hit] - 1
        crowded = edges.outcome[cell] < 0
        if crowded.any():
            own = hit[crowded]
            crowds.append((own, self._by_shapely(x[own], y[own], cell[crowded])))
            hit, cell = hit[~crowded], cell[~crowded]
        px, py = x[hit], y[hit]
        mask, unsure = _masks(edges, cell, px, py)
        if len(unsure):
            # One row of truth for every polygon, packed into the bits of the cell's candidates.
            truth = self._by_shapely(px[unsure], py[unsure], cell[unsure])
            for k, c in enumerate(cell[unsure]):
                bits = truth[k, list(edges.candidates[edges.group[c]])]
                mask[unsure[k]] = int(np.dot(bits, 1 << np.arange(len(bits))))
        ids[hit] = edges.outcomes[edges.outcome[cell] + mask]

    def _by_shapely(self, x: Floats, y: Floats, cell: Ints) -> NDArray[np.bool_]:
        """Return, point by point, which polygons hold it: shapely decides where the grid does not."""
        edges = self.edges
        rows = self.sets[edges.base[cell]].copy()
        group = edges.group[cell]
        holds = shapely.intersects_xy if self.predicate == "intersects" else shapely.contains_xy
        for g in distinct(group):
            those = np.flatnonzero(group == g)
            for shape in edges.candidates[g]:
                with SHAPELY:
                    shapely.prepare(self.shapes[shape])
                    rows[those, shape] = holds(self.shapes[shape], x[those], y[those])
        return rows


def _orient(
    ax: Floats, ay: Floats, bx: Floats, by: Floats, cx: Floats, cy: Floats
) -> NDArray[np.int8]:
    """Return on which side of a→b the point c lies: 1 left, -1 right, 0 where it is not certain."""
    left = (ax - cx) * (by - cy)
    right = (ay - cy) * (bx - cx)
    twice_area = left - right
    bound = _BOUND * (np.abs(left) + np.abs(right))
    return (twice_area > bound).view(np.int8) - (twice_area < -bound).view(np.int8)


def _masks(edges: _Boundaries, cell: Ints, px: Floats, py: Floats) -> tuple[Ints, Ints]:
    """Return for each point a bit for each candidate of its cell, and which points are not certain."""
    owner, segment = ragged(edges.first[cell], edges.count[cell])
    side = edges.side[segment]
    x, y = px[owner], py[owner]
    ax, ay, bx, by = edges.ax[segment], edges.ay[segment], edges.bx[segment], edges.by[segment]
    own = _orient(ax, ay, bx, by, x, y)
    unsure = (own == 0) | (side == 0)
    # Only a segment that the two points lie on different sides of can be crossed between them.
    far = np.flatnonzero((own != side) & ~unsure)
    c = cell[owner[far]]
    ref_x, ref_y = edges.ref_x[c], edges.ref_y[c]
    a = _orient(x[far], y[far], ref_x, ref_y, ax[far], ay[far])
    b = _orient(x[far], y[far], ref_x, ref_y, bx[far], by[far])
    unsure[far] |= (a == 0) | (b == 0)
    flips = np.zeros(len(owner), dtype=np.int64)
    flips[far] = np.where(a != b, edges.bit[segment[far]], 0)
    # Every cell here has a segment, so no run is empty.
    firsts = np.flatnonzero(np.diff(owner, prepend=-1))
    mask = edges.ref_mask[cell]
    if len(firsts):
        mask = mask ^ np.bitwise_xor.reduceat(flips, firsts)
    return mask, distinct(owner[unsure])


def compile_polygons(
    shapes: Sequence[Any],
    predicate: Predicate = "intersects",
    *,
    cells: int | None = None,
    rows: int = 0,
) -> PolygonPlan:
    """Compile polygons for counting.

    Parameters
    ----------
    shapes
        Polygons or MultiPolygons in one reference system; they may touch, overlap or be empty.
    predicate
        ``intersects`` takes a point on a boundary as inside, ``contains`` does not.
    cells
        Cells along each side of the grid; by default according to the number of vertices, of
        shapes and of rows. It changes the speed and never the result.
    rows
        About how many points will be counted, where that is known.

    Raises
    ------
    PointsError
        If a shape is no polygon or is invalid, or the predicate is not known.
    """
    if predicate not in ("intersects", "contains"):
        raise PointsError(f"unknown predicate {predicate!r}: use intersects or contains")
    _check(shapes)
    full = [s for s in shapes if not s.is_empty]
    vertices = int(shapely.get_num_coordinates(np.array(full, dtype=object)).sum()) if full else 0
    west, south, east, north = shapely.total_bounds(full) if full else (0.0, 0.0, 1.0, 1.0)
    grid = Cells.over((west, south, east, north), cells or _side(vertices, len(full), rows))
    cell, segment = _touched(grid, segments := _segments(shapes))
    code, sets = _painted(grid, shapes, cell, segments.shape[segment], predicate)
    edges, code, sets = _boundaries(grid, shapes, predicate, cell, segment, segments, code, sets)
    return PolygonPlan(tuple(shapes), predicate, grid, code.astype(np.int32), sets, edges)


def _check(shapes: Sequence[Any]) -> None:
    for k, shape in enumerate(shapes, 1):
        kind = getattr(shape, "geom_type", type(shape).__name__)
        if kind not in ("Polygon", "MultiPolygon"):
            raise PointsError(f"footprint {k} is a {kind}: points are counted by polygons")
        if not shapely.is_valid(shape):
            reason = shapely.is_valid_reason(shape)
            raise PointsError(
                f"footprint {k} is not a valid polygon ({reason}): mend it, such as with make_valid"
            )


def _side(vertices: int, shapes: int, rows: int) -> int:
    if shapes > 50:
        vertices = max(vertices, 50_000)
    base = 256 if vertices < 20_000 else 512 if vertices < 50_000 else 1024
    # A finer grid takes longer to lay and leaves fewer points to test: it pays for millions.
    finer = (2 if rows > 3_000_000 else 1) * (2 if vertices > 1_000_000 else 1)
    return min(base * finer, 2048)


@dataclass(frozen=True, eq=False, repr=False)
class _Segments:
    shape: Ints
    ax: Floats
    ay: Floats
    bx: Floats
    by: Floats


def _segments(shapes: Sequence[Any]) -> _Segments:
    parts, part_of = shapely.get_parts(np.array(shapes, dtype=object), return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    if not len(xy):
        nothing = np.empty(0)
        return _Segments(np.empty(0, np.int64), nothing, nothing, nothing, nothing)
    # Vertices that repeat make segments without a direction.
    within = (np.diff(ring) == 0) & (np.diff(xy, axis=0) != 0).any(axis=1)
    shape = part_of[ring_of[ring[:-1][within]]].astype(np.int64)
    a, b = xy[:-1][within], xy[1:][within]
    return _Segments(
        shape, *(np.ascontiguousarray(v) for v in (a[:, 0], a[:, 1], b[:, 0], b[:, 1]))
    )


def _touched(grid: Cells, s: _Segments) -> tuple[Ints, Ints]:
    """Return all pairs of a cell and a segment that meets it; cells are taken a little wider."""
    pad_x, pad_y = grid.pad
    low = np.floor((np.minimum(s.ay, s.by) - pad_y - grid.south) / grid.dy).astype(np.int64)
    high = np.floor((np.maximum(s.ay, s.by) + pad_y - grid.south) / grid.dy).astype(np.int64)
    segment, row = ragged(low, high - low + 1)
    ax, ay, bx, by = s.ax[segment], s.ay[segment], s.bx[segment], s.by[segment]
    bottom = grid.south + row * grid.dy - pad_y
    rise = by - ay
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.stack([(bottom - ay) / rise, (bottom + grid.dy + 2 * pad_y - ay) / rise])
    t = np.where(rise == 0, [[0.0], [1.0]], np.clip(t, 0.0, 1.0))
    at = ax + t * (bx - ax)
    west = np.floor((at.min(axis=0) - pad_x - grid.west) / grid.dx).astype(np.int64)
    east = np.floor((at.max(axis=0) + pad_x - grid.west) / grid.dx).astype(np.int64)
    pair, column = ragged(west, east - west + 1)
    cell = (row[pair] + 1) * grid.row + column + 1
    return cell, segment[pair]


def _painted(
    grid: Cells, shapes: Sequence[Any], cell: Ints, shape: Ints, predicate: Predicate
) -> tuple[Ints, NDArray[np.bool_]]:
    """Return for each cell the set of polygons that hold it whole, and the sets."""
    code = np.zeros(grid.size, dtype=np.int64)
    sets = [np.zeros(len(shapes), dtype=bool)]
    order = np.argsort(shape, kind="stable")
    ends = np.searchsorted(shape[order], np.arange(len(shapes) + 1))
    for k, polygon in enumerate(shapes):
        own = distinct(cell[order[ends[k] : ends[k + 1]]])
        if not len(own):
            continue
        runs, lengths = _between(own, grid.row)
        x, y = grid.centres(runs)
        shapely.prepare(polygon)
        inside = shapely.contains_xy(polygon, x, y)
        _, those = ragged(runs[inside], lengths[inside])
        for old in distinct(code[those]):
            new = sets[old].copy()
            new[k] = True
            code[those[code[those] == old]] = len(sets)
            sets.append(new)
    return code, np.array(sets)


def _between(touched: Ints, row: int) -> tuple[Ints, Ints]:
    """Return the runs of cells between touched ones of a row: first cell and length.

    Cells of a run share one state, since no boundary passes between or through them.
    """
    gap = np.diff(touched) - 1
    first = touched[:-1] + 1
    inner = (gap > 0) & (first // row == (first + gap - 1) // row) & (touched[1:] // row == touched[:-1] // row)  # fmt: skip
    return first[inner], gap[inner]


def _boundaries(
    grid: Cells,
    shapes: Sequence[Any],
    predicate: Predicate,
    cell: Ints,
    segment: Ints,
    s: _Segments,
    code: Ints,
    sets: NDArray[np.bool_],
) -> tuple[_Boundaries, Ints, NDArray[np.bool_]]:
    """Return the touched cells with what settles a point in them."""
    # Ordered by cell, then polygon: each cell's segments lie together, and so do its candidates.
    order = np.lexsort((s.shape[segment], cell))
    cell, segment = cell[order], segment[order]
    shape = s.shape[segment]
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    touched, count = cell[first], np.diff(first, append=len(cell))
    local = np.repeat(np.arange(len(touched)), count)
    new_shape = np.diff(shape, prepend=-1) != 0
    new_shape[first] = True
    place = np.cumsum(new_shape) - 1
    bit_no = place - place[first][local]
    pair_cell, pair_shape = local[new_shape], shape[new_shape]
    pair_bit = bit_no[new_shape]
    ref_x, ref_y = grid.centres(touched, _REFERENCE)
    holds = shapely.intersects_xy if predicate == "intersects" else shapely.contains_xy
    state = np.zeros(len(pair_cell), dtype=bool)
    by_shape = np.argsort(pair_shape, kind="stable")
    ends = np.searchsorted(pair_shape[by_shape], np.arange(len(shapes) + 1))
    for k, polygon in enumerate(shapes):
        those = by_shape[ends[k] : ends[k + 1]]
        if len(those):
            at = pair_cell[those]
            state[those] = holds(polygon, ref_x[at], ref_y[at])
    bits = np.where(pair_bit < _CROWD, 1 << np.minimum(pair_bit, _CROWD), 0)
    ref_mask = np.zeros(len(touched), dtype=np.int64)
    np.add.at(ref_mask, pair_cell, np.where(state, bits, 0))
    ax, ay, bx, by = s.ax[segment], s.ay[segment], s.bx[segment], s.by[segment]
    side = _orient(ax, ay, bx, by, ref_x[local], ref_y[local])
    base = code[touched]
    starts = np.flatnonzero(np.diff(pair_cell, prepend=-1))
    members = np.split(pair_shape, starts[1:]) if len(starts) else []
    groups: dict[tuple[int, ...], int] = {}
    group = np.array([groups.setdefault(tuple(m.tolist()), len(groups)) for m in members], dtype=np.int64)  # fmt: skip
    outcome, outcomes, sets = _outcomes(base, group, list(groups), sets)
    code = code.copy()
    code[touched] = -np.arange(len(touched)) - 1
    edges = _Boundaries(
        first=first, count=count, ax=ax, ay=ay, bx=bx, by=by, side=side,
        bit=np.where(bit_no < _CROWD, 1 << np.minimum(bit_no, _CROWD), 0),
        ref_x=ref_x, ref_y=ref_y, ref_mask=ref_mask, base=base, candidates=tuple(groups),
        group=group, outcome=outcome, outcomes=outcomes,
    )  # fmt: skip
    return edges, code, sets


def _outcomes(
    base: Ints, group: Ints, groups: list[tuple[int, ...]], sets: NDArray[np.bool_]
) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """List, for each pair of base set and candidates, the set of every combination of them.

    Returns
    -------
    outcome
        For each touched cell where its list begins; -1 where it has too many candidates for one.
    outcomes
        The lists: rows of the sets.
    sets
        The sets, each once.
    """
    known: dict[bytes, int] = {}
    rows: list[NDArray[np.bool_]] = []

    def number(members: NDArray[np.bool_]) -> int:
        key = members.tobytes()
        if key not in known:
            known[key] = len(rows)
            rows.append(members)
        return known[key]

    for members in sets:
        number(members)
    lists: list[int] = []
    start: dict[tuple[int, int], int] = {}
    outcome = np.empty(len(base), dtype=np.int64)
    for k, pair in enumerate(zip(base.tolist(), group.tolist(), strict=True)):
        if pair not in start:
            candidates = groups[pair[1]]
            if len(candidates) > _CROWD:
                start[pair] = -1
            else:
                start[pair] = len(lists)
                for mask in range(1 << len(candidates)):
                    members = sets[pair[0]].copy()
                    members[list(candidates)] = [
                        bool(mask >> j & 1) for j in range(len(candidates))
                    ]
                    lists.append(number(members))
        outcome[k] = start[pair]
    return outcome, np.array(lists, dtype=np.int64), np.array(rows)
