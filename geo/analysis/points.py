"""Points by footprint and category: counts and weighted sums with their bands, none counted twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.analysis.footprints import Footprint, footprints_of
from geo.errors import PointsError
from geo.io.points import Points
from geo.measure import project_points, signed_distance
from geo.model.layout import Layout

__all__ = ["Coverage", "coverage"]


@dataclass(frozen=True)
class Coverage:
    """What :func:`coverage` returns.

    Attributes
    ----------
    table
        One row for each footprint and category, and for each footprint in all (``by`` blank):
        ``count_low``, ``count``, ``count_high``, ``share`` of all points of the category with its
        band, and the same of ``sum`` where a weight is given.
    totals
        Points in ``any`` footprint, in ``several``, in ``none``, and ``all``, with bands; a point
        in several footprints counts once.
    rejected
        How many rows had no usable position.
    """

    table: pd.DataFrame
    totals: pd.DataFrame
    rejected: int


def coverage(
    points: Points | gpd.GeoDataFrame,
    layout: Layout,
    *,
    footprints: Sequence[Footprint] | None = None,
    by: str | None = None,
    weight: str | None = None,
    predicate: Literal["intersects", "contains"] = "intersects",
    ring_km: float | None = None,
) -> Coverage:
    """Count points by footprint and category.

    Parameters
    ----------
    points
        Of ``geo.read_points``, or a GeoDataFrame of points in any reference system; a column
        ``err_m`` gives the positional error of each.
    layout
        The layout whose projection is used, and whose footprints unless others are given.
    footprints
        Footprints to count by; default all of the layout, the campus rings as one.
    by
        Column of a category.
    weight
        Column of a number to sum up as well.
    predicate
        ``intersects`` counts a point on a boundary as inside, ``contains`` does not.
    ring_km
        Width of the campus rings.

    Returns
    -------
    Coverage
        Low counts the points inside the footprint's inner offset by its error and theirs
        together, high those inside the outer offset: bounds, not estimates.

    Raises
    ------
    PointsError
        If a column is not there, a weight is no number, or there is no reference system.
    """
    frame, rejected = _frame_of(points)
    for name in filter(None, (by, weight)):
        if name not in frame.columns:
            raise PointsError(
                f"no column {name!r}: there are {', '.join(c for c in frame.columns if c != 'geometry')}"
            )
    category = (
        frame[by].fillna("").astype(str).to_numpy() if by else np.full(len(frame), "", dtype=object)
    )
    weights = _weights(frame, weight) if weight else None
    found = footprints_of(layout, ring_km=ring_km) if footprints is None else list(footprints)
    at = _planar(frame, layout)
    err = frame["err_m"].to_numpy(float) if "err_m" in frame.columns else np.zeros(len(frame))
    inside = np.zeros((len(found), 3, len(frame)), dtype=bool)
    for k, footprint in enumerate(found):
        inside[k] = _inside(footprint, at, err, predicate)
    table = pd.DataFrame(_rows(found, inside, category, weights, by is not None))
    return Coverage(table, _totals(inside, weights, len(frame)), rejected)


def _frame_of(points: Points | gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, int]:
    if isinstance(points, Points):
        return points.frame, len(points.rejects)
    if points.crs is None:
        raise PointsError("the points have no reference system: set it, such as set_crs(4326)")
    kinds = set(points.geometry.geom_type.dropna()) - {"Point"}
    if kinds:
        raise PointsError(f"geometry of type {', '.join(sorted(kinds))}: coverage counts points")
    usable = ~(points.geometry.isna() | points.geometry.is_empty)
    return points[usable].to_crs(4326), int((~usable).sum())


def _weights(frame: gpd.GeoDataFrame, name: str) -> NDArray[np.float64]:
    numbers = pd.to_numeric(frame[name], errors="coerce").to_numpy(float)
    bad = np.flatnonzero(np.isnan(numbers) & frame[name].notna().to_numpy())
    if len(bad):
        value = frame[name].iloc[bad[0]]
        raise PointsError(
            f"column {name!r} is no number in {len(bad)} rows, first {value!r}: correct it"
        )
    return np.asarray(np.nan_to_num(numbers))


def _planar(frame: gpd.GeoDataFrame, layout: Layout) -> Any:
    if not len(frame):
        return np.array([], dtype=object)
    lon, lat = shapely.get_coordinates(frame.geometry.to_numpy()).T
    return shapely.points(project_points(lon, lat, layout.crs))


def _inside(
    footprint: Footprint, points: Any, err: NDArray[np.float64], predicate: str
) -> NDArray[np.bool_]:
    """Return three rows: surely, probably and perhaps inside."""
    test = shapely.intersects if predicate == "intersects" else shapely.contains_properly
    central = _tested(test, footprint.shape, points)
    low = _tested(shapely.intersects, footprint.inner, points)
    high = _tested(shapely.intersects, footprint.outer, points)
    rough = err > 0
    if rough.any():
        low[rough] = signed_distance(points[rough], footprint.inner) > err[rough]
        high[rough] = signed_distance(points[rough], footprint.outer) >= -err[rough]
    low, high = low & central, high | central
    return np.array([low, central, high])


def _tested(test: Any, shape: Any, points: Any) -> NDArray[np.bool_]:
    shapely.prepare(shape)
    return np.asarray(test(shape, points), dtype=bool).reshape(len(points))


def _rows(
    found: Sequence[Footprint],
    inside: NDArray[np.bool_],
    category: NDArray[Any],
    weights: NDArray[np.float64] | None,
    grouped: bool,
) -> list[dict[str, Any]]:
    groups = [("", np.ones(len(category), dtype=bool))]
    if grouped:
        groups += [(name, category == name) for name in sorted(set(category))]
    rows = []
    for footprint, three in zip(found, inside, strict=True):
        for name, own in groups:
            counts = [int((hit & own).sum()) for hit in three]
            row = footprint.row() | {"by": name} | _band("count", counts)
            row |= _band("share", [n / own.sum() if own.any() else np.nan for n in counts])
            if weights is not None:
                row |= _band("sum", _sums(three, own, weights))
            rows.append(row | {"total": int(own.sum())} | footprint.origin())
    return rows


def _sums(
    three: NDArray[np.bool_], own: NDArray[np.bool_], weights: NDArray[np.float64]
) -> list[float]:
    central = float(weights[three[1] & own].sum())
    # A negative weight makes the sum smaller where it comes in: take the extremes of each sign.
    gain = weights[three[2] & ~three[1] & own]
    loss = weights[three[1] & ~three[0] & own]
    low = central - float(loss[loss > 0].sum()) + float(gain[gain < 0].sum())
    high = central + float(gain[gain > 0].sum()) - float(loss[loss < 0].sum())
    return [low, central, high]


def _band(name: str, values: Sequence[float]) -> dict[str, Any]:
    return {f"{name}_low": values[0], name: values[1], f"{name}_high": values[2]}


def _totals(inside: NDArray[np.bool_], weights: NDArray[np.float64] | None, n: int) -> pd.DataFrame:
    times = inside.sum(axis=0) if len(inside) else np.zeros((3, n), dtype=int)
    rows = []
    for where in ("any", "several", "none", "all"):
        hit = {
            "any": times > 0,
            "several": times > 1,
            # Fewest in none when every point that may be inside is inside.
            "none": times[::-1] == 0,
            "all": np.ones((3, n), dtype=bool),
        }[where]
        row = {"where": where} | _band("count", [int(h.sum()) for h in hit])
        if weights is not None:
            row |= _band("sum", [float(weights[h].sum()) for h in hit])
        rows.append(row)
    return pd.DataFrame(rows)
