"""How far every place is from every other: cities, corridors, or the nodes of a tier; who is nearest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.analysis.places import Places, nodes_as_places
from geo.analysis.provenance import Provenance, provenance_of
from geo.errors import PointsError
from geo.measure import distance_km, unproject
from geo.model.items import CorridorItem
from geo.model.kinds import TIERS
from geo.model.layout import Layout
from geo.network.travel import Measure, Straight, Travel

__all__ = [
    "MATRIX_COLUMNS", "MOST_PLACES", "NEAREST_COLUMNS", "LinkMatrix", "cities_of", "costs_between", "link_matrix",
]  # fmt: skip

Floats = NDArray[np.float64]
MOST_PLACES = 1000
"""More nodes than this make a table that nobody reads: a million rows."""
_PAIR = ("a", "a_zh", "a_en", "b", "b_zh", "b_en")
MATRIX_COLUMNS = (
    *_PAIR, "value_low", "value", "value_high", "measure", "estimate", "km_low", "km", "km_high",
    "axes_km_low", "axes_km", "axes_km_high", "overlap",
)  # fmt: skip
NEAREST_COLUMNS = (
    "a", "a_zh", "a_en", "rank", "b", "b_zh", "b_en", "value_low", "value", "value_high", "measure", "estimate", "mutual", "surely_nearest",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class LinkMatrix:
    """What :func:`link_matrix` returns.

    Attributes
    ----------
    table
        One row for each ordered pair: ``value`` in the ``measure`` asked for, whether it is an
        ``estimate``, and geodesic ``km``, each with its band. Between corridors ``value`` and
        ``km`` are those of the footprints (0 where they ``overlap``), ``axes_km`` of the axes.
        Blank where there is no way.
    nearest
        For each place the nearest and the second nearest (``rank``): ``mutual`` if it is the
        nearest of that one as well; ``surely_nearest`` if no positional error can change that it is the
        nearest.
    unlocated
        Places without a position: ``id``, ``name_zh``, ``name_en``, ``kind``.
    provenance
        Method and parameters.
    """

    table: pd.DataFrame
    nearest: pd.DataFrame
    unlocated: pd.DataFrame
    provenance: Provenance

    def square(self, column: str = "value") -> pd.DataFrame:
        """Return a column as a square frame: from the row's place to the column's, 0 on the diagonal."""
        names = list(dict.fromkeys(self.table["a"]))
        own = self.table.pivot(index="a", columns="b", values=column).reindex(index=names, columns=names)  # fmt: skip
        values = own.to_numpy(float, copy=True)
        np.fill_diagonal(values, 0.0)
        return pd.DataFrame(values, index=names, columns=names)


def link_matrix(
    layout: Layout,
    between: str = "cities",
    measure: Measure = "km",
    *,
    travel: Travel | None = None,
) -> LinkMatrix:
    """Return how far each of some places is from each other one.

    Parameters
    ----------
    layout
        The layout.
    between
        ``"cities"``: its seats, those of the main belt first; ``"corridors"``; or
        ``"nodes:<tier>"``.
    measure
        ``"km"`` or ``"minutes"``.
    travel
        A network, or straight lines with a detour factor. Without one kilometres are geodesic,
        and minutes those of ``Straight()``.

    Returns
    -------
    LinkMatrix
        Geodesic distances on WGS84; low and high are bounds from the positional errors of both.
        Between footprints they are the distances of the outer and of the inner offsets; where
        nothing is left of an inner offset, high adds both errors. The points of two corridors that
        are nearest are found in the layout's projection.

    Raises
    ------
    PointsError
        If ``between`` or ``measure`` is unknown, or there are fewer than two places, or too many.
    """
    if measure not in get_args(Measure):
        raise PointsError(f"unknown measure {measure!r}: use km or minutes")
    way = travel if travel is not None else Straight() if measure == "minutes" else None
    if between == "corridors":
        table, unlocated = _between_corridors(layout, measure, way)
    else:
        places = _places(layout, between)
        table, unlocated = _between_places(places, measure, way), places.unlocated
    table["measure"], table["estimate"] = measure, way is not None and way.estimate
    table = table.reindex(columns=list(MATRIX_COLUMNS))
    if between != "corridors":
        table = table.drop(columns=["axes_km_low", "axes_km", "axes_km_high", "overlap"])
    method = "geodesic" if way is None else "way"
    made = provenance_of(
        f"links.method.{'corridors' if between == 'corridors' else 'matrix'}-{method}", between=between,
        crs=layout.crs if between == "corridors" else None, measure=measure, **({} if way is None else dict(way.parameters)),
    )  # fmt: skip
    return LinkMatrix(table, _nearest(table), unlocated, made)


def cities_of(layout: Layout) -> Places:
    """Return the located seats of a layout, those of its main belt first."""
    own = nodes_as_places(layout, kinds=("seat",))
    rank = {name: k for k, name in enumerate(layout.meta.seats)}
    order = sorted(range(len(own)), key=lambda k: rank.get(str(own.id[k]), len(rank)))
    return own.some(np.array(order, dtype=int))


def _places(layout: Layout, between: str) -> Places:
    what, _, tier = between.partition(":")
    if between == "cities":
        places = cities_of(layout)
    elif what == "nodes" and tier in TIERS:
        places = nodes_as_places(layout, tiers=(tier,))
    else:
        raise PointsError(
            f"unknown places {between!r}: use cities, corridors, or nodes:<tier> with one of {', '.join(TIERS)}"
        )
    if len(places) > MOST_PLACES:
        raise PointsError(f"{between} are {len(places):,} places; a matrix has at most {MOST_PLACES:,}")  # fmt: skip
    _need_two(len(places), between)
    return places


def _need_two(n: int, between: str) -> None:
    if n < 2:
        raise PointsError(f"{between}: {n} with a position; a matrix needs two. Place more, such as in a scenario")  # fmt: skip


def costs_between(
    places: Places, measure: Measure, travel: Travel | None
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return what it takes between places: low, central, high, and geodesic kilometres.

    Parameters
    ----------
    places
        n places.
    measure, travel
        As of :func:`link_matrix`.

    Returns
    -------
    tuple of ndarray
        Each of shape (n, n), 0 on the diagonal; infinite where there is no way.
    """
    lon, lat = places.lon, places.lat
    km = distance_km(lon[:, None], lat[:, None], lon, lat)
    err = places.err_m[:, None] + places.err_m
    way = travel if travel is not None else Straight() if measure == "minutes" else None
    central = km if way is None else way.costs(places.at, places.at, of=measure)
    slack = err / 1000 if way is None else way.slack(err, of=measure)
    low, high = np.maximum(central - slack, 0.0), central + slack
    central = np.array(central, dtype=float)
    for matrix in (low, central, high):
        np.fill_diagonal(matrix, 0.0)
    return low, central, high, km


def _between_places(places: Places, measure: Measure, way: Travel | None) -> pd.DataFrame:
    low, central, high, km = costs_between(places, measure, way)
    slack = (places.err_m[:, None] + places.err_m) / 1000
    i, j = np.nonzero(~np.eye(len(places), dtype=bool))
    columns: dict[str, Any] = {}
    for side, k in (("a", i), ("b", j)):
        columns |= {side: places.id[k], f"{side}_zh": places.name_zh[k], f"{side}_en": places.name_en[k]}  # fmt: skip
    found = {
        "value_low": low, "value": central, "value_high": high,
        "km_low": np.maximum(km - slack, 0.0), "km": km, "km_high": km + slack,
    }  # fmt: skip
    return pd.DataFrame(columns | {c: np.where(np.isfinite(v), v, np.nan)[i, j] for c, v in found.items()})  # fmt: skip


def _between_corridors(layout: Layout, measure: Measure, way: Travel | None) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    every = [i for i in layout.of_layer("corridor") if isinstance(i, CorridorItem)]
    own = [i for i in every if i.shape is not None]
    lost = [{c: getattr(i.properties, c) for c in ("id", "name_zh", "name_en", "kind")} for i in every if i.shape is None]  # fmt: skip
    _need_two(len(own), "corridors")
    rows = [_pair(a, b, layout, measure, way) for a in own for b in own if a is not b]
    return pd.DataFrame(rows), pd.DataFrame(lost, columns=["id", "name_zh", "name_en", "kind"])


def _pair(a: CorridorItem, b: CorridorItem, layout: Layout, measure: Measure, way: Travel | None) -> dict[str, Any]:  # fmt: skip
    row: dict[str, Any] = {}
    for side, item in (("a", a), ("b", b)):
        row |= {side: item.id, f"{side}_zh": item.name_zh, f"{side}_en": item.name_en}
    slack = ((a.err_m or 0.0) + (b.err_m or 0.0)) / 1000
    km, ends = _apart(a.planar_footprint, b.planar_footprint, layout)
    low, high = (_offset_apart(a, b, sign, layout) for sign in (1, -1))
    low, high = (min(low, km) if low is not None else km), (max(high, km) if high is not None else km + slack)  # fmt: skip
    row |= {"km_low": low, "km": km, "km_high": high, "overlap": km == 0}
    axis, _ = _apart(_planar_axis(a, layout), _planar_axis(b, layout), layout)
    row |= {"axes_km_low": max(axis - slack, 0.0), "axes_km": axis, "axes_km_high": axis + slack}
    if way is None:
        return row | {f"value{e}": row[f"km{e}"] for e in ("_low", "", "_high")}
    value = 0.0 if km == 0 else float(way.costs(ends[:1], ends[1:], of=measure)[0, 0])
    # The way between the points that are nearest; how far it may change, by how far they may.
    less, more = (float(way.slack(1000 * d, of=measure)) for d in (km - low, high - km))
    value = value if np.isfinite(value) else float("nan")
    return row | {"value_low": max(value - less, 0.0), "value": value, "value_high": value + more}


def _planar_axis(item: CorridorItem, layout: Layout) -> BaseGeometry:
    from geo.measure import project

    return project(item.axis, layout.crs)


def _offset_apart(a: CorridorItem, b: CorridorItem, sign: int, layout: Layout) -> float | None:
    shapes = [item.planar_offset(sign * (item.err_m or 0.0)) for item in (a, b)]
    if any(s is None or s.is_empty for s in shapes):
        return None
    return _apart(shapes[0], shapes[1], layout)[0]


def _apart(a: Any, b: Any, layout: Layout) -> tuple[float, Floats]:
    """Return geodesic kilometres between the nearest points of two planar shapes, and these points."""
    line = shapely.shortest_line(a, b)
    ends = shapely.get_coordinates(unproject(shapely.points(shapely.get_coordinates(line)), layout.crs))  # fmt: skip
    if line.length == 0:
        return 0.0, ends
    return float(distance_km(*ends[0], *ends[1])), ends


def _nearest(table: pd.DataFrame) -> pd.DataFrame:
    """Return the nearest and second nearest of each place; of what overlaps, by the axes."""
    by = ["value", *(["axes_km"] if "axes_km" in table else ["km"])]
    rows: list[dict[str, Any]] = []
    for _, own in table[table["value"].notna()].groupby("a", sort=False):
        order = own.sort_values(by, kind="stable")
        rest = order["value_low"].iloc[1:]
        sure = not len(rest) or bool(order["value_high"].iloc[0] < rest.min())
        for rank, found in enumerate(order.head(2).to_dict("records"), 1):
            row = {str(k): v for k, v in found.items()}
            rows.append(row | {"rank": rank, "surely_nearest": sure and rank == 1})
    first = {r["a"]: r["b"] for r in rows if r["rank"] == 1}
    for row in rows:
        row["mutual"] = row["rank"] == 1 and first.get(row["b"]) == row["a"]
    return pd.DataFrame(rows, columns=list(NEAREST_COLUMNS))
