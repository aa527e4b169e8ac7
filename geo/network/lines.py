"""Lines as they are read, before they are joined to a network."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.measure import distance_km, lonlat_of, to_wgs84
from geo.measure.detect import to_lonlat
from geo.network.problems import NetworkError

__all__ = ["MOST_VERTICES", "Lines", "codes_of", "lengths_km", "lines_of", "ragged", "to_degrees"]

MOST_VERTICES = 20_000_000
"""More are refused: they would take some 6 GB while they are joined."""
_LINES = (1, 2, 5)
"""Types of geometry that are lines, as GEOS numbers them; 2 is a closed one."""


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines with what is known of each.

    Attributes
    ----------
    xy
        (k, 2) vertices of all lines, one after the other, WGS84 degrees.
    first
        (w + 1,) where each line begins, and where the last one ends.
    kind
        (w,) class, blank where there is none.
    kmh
        (w,) speed.
    oneway
        (w,) 0 both ways, 1 only as it is drawn, -1 only against it.
    ids
        (k,) the node at each vertex, where the source names them; below 0: no node.
    counts
        What was left out or assumed, by key of ``network.note``.
    """

    xy: NDArray[np.float64]
    first: NDArray[np.int64]
    kind: NDArray[np.object_]
    kmh: NDArray[np.float64]
    oneway: NDArray[np.int8]
    ids: NDArray[np.int64] | None = None
    counts: dict[str, int | float | str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.first) - 1

    @property
    def line(self) -> NDArray[np.int64]:
        """(k,) the line that each vertex belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    def take(self, lines: NDArray[Any]) -> Lines:
        """Return some of the lines, by a mask or their numbers."""
        chosen = np.flatnonzero(lines) if lines.dtype == bool else lines
        at, first = ragged(self.first[chosen], np.diff(self.first)[chosen])
        return replace(
            self, xy=self.xy[at], first=first, kind=self.kind[chosen], kmh=self.kmh[chosen],
            oneway=self.oneway[chosen], ids=None if self.ids is None else self.ids[at],
        )  # fmt: skip


def ragged(
    start: NDArray[np.int64], count: NDArray[np.int64], step: NDArray[np.int64] | int = 1
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the indices of many ranges one after the other, and where each range begins.

    Parameters
    ----------
    start, count
        (w,) first index and length of each range.
    step
        (w,) 1 or -1 (a range that runs backwards).
    """
    first = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    within = np.arange(first[-1]) - np.repeat(first[:-1], count)
    steps = step if isinstance(step, int) else np.repeat(step, count)
    return np.repeat(start, count) + steps * within, first


def codes_of(xy: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return a number for each distinct position, exactly, and the positions in that order."""
    # Adding 0 turns -0.0 into 0.0, which is the same place.
    packed = np.ascontiguousarray(xy + 0.0).view(np.complex128).ravel()
    codes, places = pd.factorize(packed)
    return codes.astype(np.int64), places.view(np.float64).reshape(-1, 2)


def lengths_km(xy: NDArray[np.float64], first: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the geodesic lengths of lines, (w,), by their vertices and where each begins."""
    own = np.repeat(np.arange(len(first) - 1), np.diff(first))
    inner = own[1:] == own[:-1]
    a, b = xy[:-1][inner], xy[1:][inner]
    found = np.bincount(own[1:][inner], distance_km(*a.T, *b.T), len(first) - 1)
    return found.astype(np.float64, copy=False)


def lines_of(
    shapes: NDArray[np.object_], name: str
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], int]:
    """Return the vertices of lines, where each begins, the row of each, and how many rows are none.

    Parameters
    ----------
    shapes
        Geometries in any unit; parts of a MultiLineString become lines of their own.
    name
        Of the source, for messages.

    Raises
    ------
    NetworkError
        If there are no lines, or too many vertices.
    """
    kinds = shapely.get_type_id(shapes)
    good = np.isin(kinds, _LINES) & ~shapely.is_empty(shapes)
    if not good.any():
        found = {s.geom_type for s in shapes[kinds >= 0][:1000]}
        raise NetworkError("no-lines", name=name, kinds=", ".join(sorted(found)) or "–")
    rows = np.flatnonzero(good)
    parts, own = shapely.get_parts(shapely.force_2d(shapes[rows]), return_index=True)
    counts = shapely.get_num_coordinates(parts)
    if int(counts.sum()) > MOST_VERTICES:
        raise NetworkError("vertices", name=name, n=int(counts.sum()), most=MOST_VERTICES)
    keep = counts >= 2
    first = np.concatenate([[0], np.cumsum(counts[keep])]).astype(np.int64)
    xy = shapely.get_coordinates(parts[keep])
    return xy, first, rows[own[keep]], int((~good).sum())


def to_degrees(
    xy: NDArray[np.float64], datum: str, *, name: str, row: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return vertices in WGS84 degrees; what was the same place stays the same, to the last bit.

    Parameters
    ----------
    xy
        (k, 2) vertices.
    datum
        As :func:`geo.io.reading.declared` or ``parse_datum`` write it.
    name, row
        For messages: the source, and the row of each vertex, from 0.

    Raises
    ------
    NetworkError
        If a vertex is none, or cannot be in that datum.
    """
    _require(np.isfinite(xy), xy, name, row)
    codes, places = codes_of(xy)
    moved = _moved(places, datum)[codes]
    _require(np.isfinite(moved) & (np.abs(moved) <= (180, 90)), xy, name, row)
    return moved


def _require(good: NDArray[np.bool_], xy: NDArray[np.float64], name: str, row: NDArray[np.int64]) -> None:  # fmt: skip
    """Raise an error that names the first vertex that is none."""
    if not good.all():
        k = int(np.argmin(good.all(axis=1)))
        x, y = xy[k]
        raise NetworkError("position", name=name, row=int(row[k]) + 1, x=f"{x:g}", y=f"{y:g}")


def _moved(xy: NDArray[np.float64], datum: str) -> NDArray[np.float64]:
    if datum in ("wgs84", "cgcs2000"):
        return xy
    if datum.startswith("crs:"):
        return np.column_stack(lonlat_of(xy[:, 0], xy[:, 1], datum.removeprefix("crs:")))
    if datum.startswith("epsg:"):
        return np.column_stack(to_lonlat(xy[:, 0], xy[:, 1], datum))
    if not (np.abs(xy) <= (180, 90)).all():
        return xy  # found out of range by who asked
    return np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], datum))
