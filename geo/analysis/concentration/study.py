"""Points, the plane they are measured in, the area that is studied, and who lies in which footprint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from geo.analysis.bands import BLANK
from geo.analysis.cloud import Cloud, cloud_of
from geo.analysis.targets import targets_of
from geo.engine.banded import compile_banded
from geo.errors import PointsError
from geo.measure import laea, project
from geo.words import LANGUAGES, say

__all__ = [
    "Members",
    "Study",
    "cloud_for",
    "groups_of",
    "members_of",
    "of_category",
    "plane_of",
    "study_of",
]

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def cloud_for(
    points: Any,
    *,
    by: str | None = None,
    weight: str | None = None,
    columns: Sequence[str] = (),
    **source: Any,
) -> Cloud:
    """Return points in memory that concentration can be measured of.

    Parameters
    ----------
    points, by, weight, columns
        As for :func:`geo.analysis.cloud.cloud_of`.
    **source
        Its further options: ``datum``, ``lon``, ``lat``, ``sheet``, ``err_m``, ``layout``.

    Raises
    ------
    PointsError
        As ``cloud_of``; and if there are no points, a weight is below 0, or a cloud that is given
        has been read without a column that is asked for.
    """
    cloud = cloud_of(points, by=by, weight=weight, columns=columns, **source)
    name = cloud.name or "the points"
    if len(cloud) == 0:
        raise PointsError(f"{name}: no row has a usable position, so nothing can be measured")
    if cloud.weight.min() < 0:
        row = int(np.argmin(cloud.weight))
        raise PointsError(
            f"{name}: the weight {cloud.weight[row]:g} of point {row + 1} is below 0: concentration "
            "needs weights of 0 or more; mend it or leave the row out"
        )
    missing = [c for c in columns if c not in cloud.columns]
    if missing:
        raise PointsError(f"{name} was read without {', '.join(missing)}: name them in columns")
    return cloud


def groups_of(cloud: Cloud, *, whole: bool = True) -> Iterator[tuple[str, Bools]]:
    """Return names and members of the categories, all together (blank) first."""
    everyone = np.ones(len(cloud), dtype=bool)
    if whole:
        yield "", everyone
    if cloud.names != ("",):
        for k in sorted(range(len(cloud.names)), key=lambda k: cloud.names[k]):
            yield cloud.names[k] or BLANK, cloud.codes == k


def of_category(cloud: Cloud, category: str | None) -> Bools:
    """Return which points are of a category; all where it is ``None``.

    Raises
    ------
    PointsError
        If no point is.
    """
    if category is None:
        return np.ones(len(cloud), dtype=bool)
    if category not in cloud.names:
        some = ", ".join(sorted(cloud.names)[:8])
        raise PointsError(f"no point is of category {category!r}: there are {some}")
    return np.asarray(cloud.codes == cloud.names.index(category))


def plane_of(cloud: Cloud, layout: Any = None) -> CRS:
    """Return the equal-area projection: that of the layout, or one about the middle of the points."""
    if layout is not None and hasattr(layout, "crs") and hasattr(layout, "meta"):
        own: CRS = layout.crs
        return own
    west, east, south, north = cloud.lon.min(), cloud.lon.max(), cloud.lat.min(), cloud.lat.max()
    return laea(round((west + east) / 2, 6), round((south + north) / 2, 6))


@dataclass(frozen=True)
class Study:
    """The area that is studied.

    Attributes
    ----------
    shape
        Polygon, planar metres.
    given
        Whether it was given; otherwise it is the convex hull of the points.
    """

    shape: BaseGeometry
    given: bool

    def holds(self, xy: Floats) -> Bools:
        """Return whether each point (shape (n, 2), planar metres) lies in it."""
        shapely.prepare(self.shape)
        return np.asarray(shapely.intersects_xy(self.shape, xy[:, 0], xy[:, 1]))

    def parameters(self) -> dict[str, Any]:
        """Return what a result says of it."""
        return {
            "study": "given" if self.given else "convex hull of the points",
            "study_km2": self.shape.area / 1e6,
        }


def study_of(study: Any, xy: Floats, crs: CRS) -> Study:
    """Return the area that is studied.

    Parameters
    ----------
    study
        A GeoDataFrame or WGS84 polygon, or ``None`` for the convex hull of the points.
    xy
        Points in planar metres, shape (n, 2).
    crs
        Their projection.

    Raises
    ------
    PointsError
        If it is no polygon, or one without a reference system.
    """
    if study is None:
        return Study(shapely.convex_hull(shapely.MultiPoint(xy)), given=False)
    if hasattr(study, "to_crs"):
        if study.crs is None:
            raise PointsError("the study area has no reference system: set it (set_crs)")
        study = shapely.union_all(study.to_crs(4326).geometry.to_numpy())
    kind = getattr(study, "geom_type", type(study).__name__)
    if kind not in ("Polygon", "MultiPolygon") or study.is_empty:
        raise PointsError(f"the study area is a {kind}: give a polygon with an area, in WGS84")
    return Study(project(study, crs), given=True)


@dataclass(frozen=True, eq=False, repr=False)
class Members:
    """Which points lie in which footprint.

    Attributes
    ----------
    rows
        What identifies each footprint in a table.
    sets
        Shape (n_sets, n_footprints, 3): the different sets of footprints that points lie surely,
        probably and perhaps in.
    ids
        Shape (n,): the set of each point.
    """

    rows: list[dict[str, Any]]
    sets: Bools
    ids: NDArray[np.int64]

    def of_sets(self, k: int | None) -> Bools:
        """Return which sets hold footprint ``k`` (``None``: any) surely, probably and perhaps."""
        return np.asarray(self.sets.any(axis=1) if k is None else self.sets[:, k])

    def of(self, k: int | None) -> Bools:
        """Return who is surely, probably and perhaps in footprint ``k`` (``None``: in any)."""
        return np.asarray(self.of_sets(k)[self.ids])

    def sums(self, values: Floats, codes: NDArray[Any], n: int) -> Floats:
        """Return the sums of values by set and code, shape (n_sets, n)."""
        key = self.ids * n + codes
        flat = np.bincount(key, values, minlength=len(self.sets) * n)
        return np.asarray(flat.reshape(len(self.sets), n), dtype=float)


def members_of(
    footprints: Any, lon: Floats, lat: Floats, err_m: Floats | None = None, *, ring_km: float | None = None
) -> Members:  # fmt: skip
    """Return which points lie in which footprint, surely, probably and perhaps.

    Parameters
    ----------
    footprints, ring_km
        As for :func:`geo.analysis.targets.targets_of`.
    lon, lat
        WGS84 degrees, shape (n,).
    err_m
        Positional error of each point, metres.
    """
    targets = targets_of(footprints, ring_km=ring_km)
    if not targets:
        raise PointsError("there are no footprints: give a layout or polygons")
    plan = compile_banded([t.outlines for t in targets], rows=len(lon))
    sets, ids = plan.locate(np.ascontiguousarray(lon), np.ascontiguousarray(lat), err_m)
    return Members([t.row for t in targets], sets.reshape(len(sets), -1, 3), np.asarray(ids))


def together(code: str, err_m: float) -> dict[str, Any]:
    """Return what identifies ``all``, ``any`` or ``none`` of the footprints in a table."""
    names = {f"footprint_{lang}": say(f"concentration.where.{code}", lang) for lang in LANGUAGES}
    blank = {"layer": "", "kind": "", "status": "", "err_m": err_m}
    return {"footprint": code} | names | blank
