"""Counting along an axis: which bins each point is in, surely, probably, perhaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.analysis.bands import BLANK, band
from geo.analysis.cloud import Cloud
from geo.analysis.profile_features import Stretches
from geo.analysis.progress import Progress
from geo.analysis.reach import Possible, possible_places
from geo.analysis.routes import AFTER, BEFORE, BESIDE, INSIDE, WHERES, Floats, Route
from geo.measure import project_points

__all__ = ["SIDES", "Tally", "What", "surely"]

What = Literal["count", "sum", "density"]
SIDES = ("all", "left", "right")
Ints = NDArray[Any]
_CHUNK, _PIECE = 65_536, 4_096
"""Points told apart together, and those looked at closely together, whose tables stay in the cache."""
_MARGIN_M = 1.0
"""What lies this close to a bound is looked at closely."""


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts and weights, above and below 0, of low, central and high by category and group."""

    edges: Floats
    names: tuple[str, ...]
    grouped: bool
    weighed: bool
    counts: NDArray[np.int64]
    """Shape (3, categories, groups): bins on both sides, left, right; then the four wheres, all."""
    sums: Floats
    stretches: Stretches

    @classmethod
    def of(
        cls, route: Route, edges: Floats, cloud: Cloud, progress: Progress | None = None
    ) -> Tally:
        """Count a cloud along a route, whose bins lie between edges in metres."""
        bins, kinds = len(edges) - 1, len(cloud.names)
        groups = 3 * bins + len(WHERES) + 1
        counts = np.zeros((3, kinds * groups))
        signed = np.zeros((2, 3, kinds * groups))
        parts = []

        def add(level: int, codes: Ints, group: Ints, weight: Floats) -> None:
            key = codes * groups + group
            counts[level] += np.bincount(key, minlength=kinds * groups)
            for sign, own in enumerate((np.maximum(weight, 0), np.minimum(weight, 0))):
                signed[sign, level] += np.bincount(key, own, minlength=kinds * groups)

        for start in range(0, max(len(cloud), 1), _CHUNK):
            some = slice(start, start + _CHUNK)
            xy = project_points(cloud.lon[some], cloud.lat[some], route.crs) if len(cloud) else np.empty((0, 2))  # fmt: skip
            err, weight, codes = cloud.err_m[some] + route.err_m, cloud.weight[some], cloud.codes[some]  # fmt: skip
            where = surely(route, xy, err)
            known = where != INSIDE
            for group in (where[known] + 3 * bins, np.full(known.sum(), groups - 1)):
                for level in range(3):
                    add(level, codes[known], group, weight[known])
            xy, err, weight, codes = xy[~known], err[~known], weight[~known], codes[~known]
            for piece in range(0, max(len(xy), 1), _PIECE):
                few = slice(piece, piece + _PIECE)
                may = possible_places(route, edges, xy[few], err[few])
                parts.append(Stretches.within(may))
                for level, member in enumerate(_members(may, bins)):
                    point, group = np.nonzero(member)
                    add(level, codes[few][point], group, weight[few][point])
            if progress is not None:
                progress(min(start + _CHUNK, len(cloud)), len(cloud))
        # A negative weight makes a sum smaller where it comes in.
        sums = signed[0] + signed[1][::-1]
        shape = (3, kinds, groups)
        joined = [np.concatenate([getattr(p, f) for p in parts]) for f in Stretches.__annotations__]  # fmt: skip
        grouped = cloud.names != ("",)
        return cls(
            edges, cloud.names, grouped, cloud.weighed, counts.astype(np.int64).reshape(shape),
            sums.reshape(shape), Stretches(*joined),
        )  # fmt: skip

    def categories(self) -> list[tuple[str, Any]]:
        """Return each category with where it stands, after all of them together."""
        order = sorted(range(len(self.names)), key=lambda k: self.names[k]) if self.grouped else []
        return [("", slice(None)), *((self.names[k] or BLANK, slice(k, k + 1)) for k in order)]

    def bins(self, what: What, kernel: Floats | None) -> pd.DataFrame:
        """Return the bins of each side and category, with their value."""
        size = len(self.edges) - 1
        frames = []
        for s, side in enumerate(SIDES):
            group = slice(s * size, (s + 1) * size)
            for name, own in self.categories():
                n = self.counts[:, own, group].sum(axis=1)
                total = self.sums[:, own, group].sum(axis=1)
                value = (total if what == "sum" or (what == "density" and self.weighed) else n).astype(float)  # fmt: skip
                if kernel is not None:
                    value = value @ kernel.T
                if what == "density":
                    value = value / (np.diff(self.edges) / 1000)
                columns = {"side": side, "by": name, "from_km": self.edges[:-1] / 1000, "to_km": self.edges[1:] / 1000}  # fmt: skip
                columns |= band("count", list(n))
                columns |= band("sum", list(total)) if self.weighed else {}
                frames.append(pd.DataFrame(columns | band("value", list(value))))
        return pd.concat(frames, ignore_index=True)

    def totals(self) -> pd.DataFrame:
        """Return what lies inside, before, after and beside, by category."""
        rows = []
        for k, where in enumerate((*WHERES, "all"), 3 * (len(self.edges) - 1)):
            for name, own in self.categories():
                row: dict[str, Any] = {"where": where, "by": name}
                row |= band("count", self.counts[:, own, k].sum(axis=1).tolist())
                if self.weighed:
                    row |= band("sum", self.sums[:, own, k].sum(axis=1).tolist())
                rows.append(row)
        return pd.DataFrame(rows)


def _members(may: Possible, bins: int) -> list[NDArray[np.bool_]]:
    """Return of low, central and high which points (rows) are in which group (columns)."""

    def grouped(cells: NDArray[np.bool_]) -> NDArray[np.int32]:
        left, right, out = np.split(cells.astype(np.int32), [bins, 2 * bins], axis=1)
        inside, beyond = (part.sum(axis=1, keepdims=True, dtype=np.int32) for part in (cells[:, : 2 * bins], out))  # fmt: skip
        return np.hstack([left + right, left, right, inside, out, inside + beyond])

    hits = grouped(may.cells)
    # Surely in a group is what can be nowhere else.
    return [(hits > 0) & (hits == hits[:, -1:]), grouped(may.as_said) > 0, hits > 0]


def surely(route: Route, xy: Floats, err: Floats) -> NDArray[np.intp]:
    """Return of points where they surely are: before, after or beside; inside where that is open.

    A point is surely beside if it is further from the axis than its widest half and the error, and
    neither end lies within its reach. It is surely before the start if it lies behind it, by more
    than the error, in the direction of every segment, and each segment leads away from the start:
    the start is then the nearest place, and no place within the error has another one.

    Parameters
    ----------
    route
        The route.
    xy
        Shape (n, 2), in the plane of the route.
    err
        Shape (n,): errors of point and axis together, metres.
    """
    err = err + _MARGIN_M
    shapely.prepare(route.axis)
    distance = shapely.distance(route.axis, shapely.points(xy))
    beside = distance > max(width for _, width in route.widths) / 2 + err
    for vertex, sign in ((0, -1), (-1, 1)):
        away = xy - route.vertices[vertex]
        beyond = sign * (away @ route.directions[vertex]) > -err
        beside &= ~(beyond & (np.hypot(*away.T) <= distance + 2 * err))
    sure = np.where(beside, BESIDE, INSIDE)
    steps = route.directions
    for where, vertex, sign, ends in ((BEFORE, 0, 1, route.vertices[:-1]), (AFTER, -1, -1, route.vertices[1:])):  # fmt: skip
        leads_away = (sign * ((ends - route.vertices[vertex]) * steps).sum(axis=1) >= -1e-6).all()
        if leads_away:
            along = sign * ((xy - route.vertices[vertex]) @ steps.T)
            sure[along.max(axis=1) < -err] = where
    return np.asarray(sure, dtype=np.intp)
