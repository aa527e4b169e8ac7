"""Lines joined to a graph: split where they meet, and joined again where nothing branches off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.engine.run import Progress
from geo.network.crossings import crossed
from geo.network.graph import Network
from geo.network.lines import Lines, codes_of, lengths_km, ragged
from geo.network.problems import NetworkError
from geo.network.snapping import snapped

__all__ = ["JOINTS", "Joint", "network_of"]

Joint = Literal["vertices", "ends", "crossings"]
JOINTS: tuple[Joint, ...] = get_args(Joint)
_STEPS = 5

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Stretches of lines from one node to the next.

    Attributes
    ----------
    first, last
        (p,) their first and last vertex, among all vertices.
    start, end
        (p,) the nodes there.
    line
        (p,) the line that each is of.
    """

    first: Ints
    last: Ints
    start: Ints
    end: Ints
    line: Ints

    def __len__(self) -> int:
        return len(self.first)


def network_of(
    lines: Lines,
    *,
    name: str,
    mode: str,
    source: str,
    node: Joint = "vertices",
    notes: tuple[str, ...] = (),
    progress: Progress | None = None,
) -> Network:
    """Return the network of lines.

    Parameters
    ----------
    lines
        WGS84 degrees, with class, speed and direction.
    name, mode, source, notes
        Of the network.
    node
        Where lines are joined, unless they name their nodes themselves: at vertices that they share
        exactly, and where one ends within 0.1 m of a vertex; only at their ends; or also where they
        cross.
    progress
        Called with what is done and what there is; what it raises ends the work.

    Returns
    -------
    Network
        Nodes where lines meet, end, or change class, speed or direction. Edges keep every vertex.

    Raises
    ------
    NetworkError
        If nothing is left to travel on.
    """
    tell = progress or (lambda done, total: None)
    counts = dict(lines.counts)
    if node == "crossings" and lines.ids is None:
        lines, counts["crossings"] = crossed(lines)
    tell(1, _STEPS)
    key, places, joined = _nodes(lines, node)
    counts["snapped"] = joined
    lines, key, zero = _without_repeats(replace(lines, xy=places[key]), key)
    counts["zero"] = zero
    if not len(lines):
        raise NetworkError("empty", name=name)
    tell(2, _STEPS)
    pieces = _split(lines, key)
    tell(3, _STEPS)
    half, edge = _chains(pieces, lines)
    tell(4, _STEPS)
    network = _assembled(lines, pieces, half, edge, places, Network(
        name, mode, source, *(np.empty(0),) * 2, *(np.empty(0, np.int32),) * 2, *(np.empty(0),) * 2,
        np.empty(0, np.int8), np.empty(0, object), (*notes, *(f"{k}={v}" for k, v in counts.items() if v)),
    ))  # fmt: skip
    tell(_STEPS, _STEPS)
    return network


def _nodes(lines: Lines, node: Joint) -> tuple[Ints, NDArray[np.float64], int]:
    """Return a node number for each vertex, the place of each number, and how many were moved."""
    if lines.ids is not None:
        inner = lines.ids < 0
        # A vertex that is no node is one of its own.
        own = np.where(inner, -1 - np.arange(len(lines.ids)), lines.ids)
        key = pd.factorize(own)[0].astype(np.int64)
        places = np.empty((key.max(initial=-1) + 1, 2))
        places[key[::-1]] = lines.xy[::-1]
        return key, places, 0
    key, places = codes_of(lines.xy)
    last = np.zeros(len(key), bool)
    last[lines.first[:-1]] = last[lines.first[1:] - 1] = True
    if node == "ends":
        key[~last] = len(places) + np.arange(int((~last).sum()))
        places = np.concatenate([places, lines.xy[~last]])
    end, line = np.zeros(len(places), bool), np.zeros(len(places), np.int64)
    end[key[last]] = True
    line[key] = lines.line
    among = np.flatnonzero(end) if node == "ends" else np.arange(len(places))
    moved, joined = snapped(places, end, line, among)
    return moved[key], places, joined


def _without_repeats(lines: Lines, key: Ints) -> tuple[Lines, Ints, int]:
    """Return lines none of whose vertices repeats the one before; lines of no length go."""
    line = lines.line
    again = np.zeros(len(key), bool)
    again[1:] = (key[1:] == key[:-1]) & (line[1:] == line[:-1])
    counts = np.bincount(line[~again], minlength=len(lines))
    left = counts >= 2
    keep = ~again & left[line]
    first = np.concatenate([[0], np.cumsum(counts[left])]).astype(np.int64)
    rest = Lines(
        lines.xy[keep], first, lines.kind[left], lines.kmh[left], lines.oneway[left], None, lines.counts
    )  # fmt: skip
    return rest, key[keep], int(again.sum())


def _split(lines: Lines, key: Ints) -> _Pieces:
    """Cut lines at their ends and wherever a node occurs more than once."""
    cut = np.bincount(key)[key] > 1
    cut[lines.first[:-1]] = cut[lines.first[1:] - 1] = True
    at = np.flatnonzero(cut)
    line = lines.line[at]
    same = line[1:] == line[:-1]
    first, last = at[:-1][same], at[1:][same]
    return _Pieces(first, last, key[first], key[last], line[:-1][same])


def _chains(pieces: _Pieces, lines: Lines) -> tuple[Ints, Ints]:
    """Join pieces where just two meet that agree in class, speed and direction.

    Each piece p has two halves, 2p as it is drawn and 2p + 1 against it; a chain is a run of halves.

    Returns
    -------
    half
        (p,) one half of each piece, along the chains.
    edge
        (p,) the chain that it is of, growing from 0.
    """
    n = len(pieces)
    one, other = _joints(pieces, lines)
    label = _labels(one, other, n)
    # A ring without a way out has as many joints as pieces: it is cut at its first.
    joints = np.bincount(label[one // 2], minlength=n)
    rings = joints == np.bincount(label, minlength=n)
    _, lead = np.unique(label[one // 2], return_index=True)
    cut = np.zeros(len(one), bool)
    cut[lead] = rings[label[one[lead] // 2]]
    one, other = one[~cut], other[~cut]
    before = np.full(2 * n, -1, np.int64)
    before[other], before[one] = one ^ 1, other ^ 1
    head, rank = _ranked(before)
    # Of a chain and its reverse, the one in which its first piece runs as it is drawn.
    lowest = np.full(n, n, np.int64)
    np.minimum.at(lowest, label, np.arange(n))
    chosen = head[2 * lowest[label]] == head[2 * np.arange(n)]
    half = 2 * np.arange(n) + ~chosen
    order = np.lexsort((rank[half], lowest[label]))
    half = half[order]
    edge = np.unique(lowest[label[half // 2]], return_inverse=True)[1].astype(np.int64)
    return half, edge


def _joints(pieces: _Pieces, lines: Lines) -> tuple[Ints, Ints]:
    """Return pairs of halves that leave the same node and can be joined there."""
    leaves = np.column_stack([pieces.start, pieces.end]).ravel()
    order = np.argsort(leaves, kind="stable")
    at = leaves[order]
    alone = np.r_[True, at[1:] != at[:-1]]
    first = np.flatnonzero(alone)
    pair = first[np.diff(np.r_[first, len(at)]) == 2]
    one, other = order[pair], order[pair + 1]
    a, b = pieces.line[one // 2], pieces.line[other // 2]
    heading = np.column_stack([lines.oneway, -lines.oneway])
    kinds = pd.factorize(lines.kind)[0]
    fits = (
        (one // 2 != other // 2)
        & (kinds[a] == kinds[b])
        & np.isclose(lines.kmh[a], lines.kmh[b], rtol=1e-6, atol=0)
        & (heading[a, one % 2] == -heading[b, other % 2])
    )
    return one[fits], other[fits]


def _labels(one: Ints, other: Ints, n: int) -> Ints:
    joined = coo_array((np.ones(len(one), np.int8), (one // 2, other // 2)), shape=(n, n))
    return np.asarray(connected_components(joined.tocsr(), directed=False)[1], np.int64)


def _ranked(before: Ints) -> tuple[Ints, Ints]:
    """Return the head of the chain of each half, and how far along it is (pointer jumping)."""
    head = np.where(before < 0, np.arange(len(before)), before)
    rank = (before >= 0).astype(np.int64)
    while True:
        further = head[head]
        if np.array_equal(further, head):
            return head, rank
        rank += rank[head]
        head = further


def _assembled(
    lines: Lines,
    pieces: _Pieces,
    half: Ints,
    edge: Ints,
    places: NDArray[np.float64],
    bare: Network,
) -> Network:
    """Return the network whose edges are chains of halves of pieces."""
    piece, back = half // 2, half % 2 == 1
    lead = np.r_[True, edge[1:] != edge[:-1]]
    start = np.where(back, pieces.last[piece], pieces.first[piece])
    step = np.where(back, -1, 1)
    skip = (~lead).astype(np.int64)
    count = pieces.last[piece] - pieces.first[piece] + 1 - skip
    at, _ = ragged(start + step * skip, count, step)
    own = np.repeat(edge, count)
    xy = lines.xy[at]
    m = int(edge[-1]) + 1
    km = lengths_km(xy, np.concatenate([[0], np.cumsum(np.bincount(own, minlength=m))]))
    tail = np.r_[lead[1:], True]
    ends = np.where(back[tail], pieces.start[piece[tail]], pieces.end[piece[tail]])
    starts = np.where(back[lead], pieces.end[piece[lead]], pieces.start[piece[lead]])
    used, numbers = np.unique(np.concatenate([starts, ends]), return_inverse=True)
    line = pieces.line[piece[lead]]
    start_of, end_of = numbers[:m].astype(np.int32), numbers[m:].astype(np.int32)
    return replace(
        bare, lon=places[used, 0].copy(), lat=places[used, 1].copy(), start=start_of, end=end_of,
        km=km, minutes=km / lines.kmh[line] * 60, kind=lines.kind[line],
        oneway=(lines.oneway[line] * np.where(back[lead], -1, 1)).astype(np.int8),
        lines=shapely.linestrings(xy, indices=own),
    )  # fmt: skip
