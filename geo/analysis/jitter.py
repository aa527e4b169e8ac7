"""Positional uncertainty: random draws of axes, boundaries and points beside the exact bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo.analysis.bands import band, by_category
from geo.analysis.cloud import Cloud, cloud_of
from geo.analysis.displacement import FAR, shifts
from geo.analysis.moving import Moving, moving_of
from geo.analysis.progress import Progress
from geo.analysis.provenance import Provenance, provenance_of
from geo.analysis.subjects import about, subjects_of
from geo.engine.banded import compile_banded, with_offsets
from geo.engine.tally import Tally
from geo.errors import PointsError
from geo.io.reading import AUTO
from geo.measure import project_points
from geo.words import LANGUAGES, say
from geo.words.figures import figure

__all__ = ["CORRELATION_KM", "Uncertainty", "uncertainty"]

Floats = NDArray[np.float64]

CORRELATION_KM = 10.0
"""Along so much of an axis its errors go together unless another length is given: an assumption."""
MAX_DRAWS = 100_000


@dataclass(frozen=True, eq=False, repr=False)
class Uncertainty:
    """What :func:`uncertainty` returns.

    Attributes
    ----------
    records
        The rows of ``table``.
    draw_records
        The columns of ``draws``.
    provenance
        Method, reference system, parameters with the seed, points.
    """

    records: list[dict[str, Any]]
    draw_records: dict[str, Any]
    provenance: Provenance

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row for each footprint and category, and for each footprint in all (``by`` blank).

        ``count_low, count, count_high`` are the exact bounds about the central count, as in
        ``Coverage.table``; ``count_p2_5, count_p50, count_p97_5`` and ``count_sd`` are of the Monte
        Carlo draws. The same of ``sum`` where a weight is given, and of ``area_km2``. ``jitter``
        says what was moved: the ``axis`` of a corridor, a ``belt``, the campuses of ``rings``, the
        ``place`` of a footprint that was made to have its published area, or a drawn ``boundary``.
        """
        return pd.DataFrame(self.records)

    @cached_property
    def draws(self) -> pd.DataFrame:
        """One row for each footprint and draw: area and count of all points (and sum)."""
        return pd.DataFrame(self.draw_records)


def uncertainty(
    points: Any,
    footprints: Any,
    *,
    draws: int = 200,
    seed: int = 0,
    axis_sd_m: float | None = None,
    boundary_sd_m: float | None = None,
    correlation_km: float = CORRELATION_KM,
    truncate: bool = True,
    move_points: bool = True,
    ring_km: float | None = None,
    by: str | None = None,
    weight: str | None = None,
    datum: str = AUTO,
    lon: str | None = None,
    lat: str | None = None,
    sheet: str | None = None,
    err_m: float = 0.0,
    progress: Progress | None = None,
) -> Uncertainty:
    """Count points in randomly displaced footprints, beside the bounds by inner and outer offset.

    Parameters
    ----------
    points
        Whatever ``geo.coverage`` takes, or a cloud.
    footprints
        A layout, items of one, corridors, belts, polygons, or anything else that ``geo.coverage``
        counts by.
    draws
        How many. The true 2.5 % quantile lies between the smallest and the 10th smallest of 200
        draws with a probability of 96 %.
    seed
        Of PCG64. The draws of a footprint depend on the seed and its id, not on the others.
    axis_sd_m
        Standard deviation across the axis of corridors, and at the ends of that of belts; by
        default half of each one's ``err_m``, so that ±``err_m`` is about the 95 % range: an
        assumption. With ``truncate`` it is at most ``err_m``.
    boundary_sd_m
        The same of the boundary of any other footprint, or of the places that it was built about.
        A footprint without an ``err_m`` takes twice the standard deviation as its error.
    correlation_km
        Correlation length along an axis.
    truncate
        Whether no displacement exceeds ``err_m``: every draw then lies within the exact bounds.
        Otherwise the normal laws are whole, and draws may lie outside the bounds.
    move_points
        Whether points that have an ``err_m`` move too.
    ring_km
        Width of the campus rings of a layout.
    by, weight, datum, lon, lat, sheet, err_m
        As for ``geo.coverage``.
    progress
        Called after each draw with how many are done; what it raises ends the work.

    Returns
    -------
    Uncertainty
        Sources: P. F. Fisher, 1991, Modelling soil map-unit inclusions by Monte Carlo simulation;
        G. B. M. Heuvelink, 1998, Error propagation in environmental modelling with GIS;
        P. A. Zandbergen, 2008, Positional accuracy of spatial data (errors of points). Planar in the
        layout's equal-area projection, or one about the footprints.

    Raises
    ------
    PointsError
        As ``geo.coverage``; or if an option is out of range.
    """
    _check(draws, seed, axis_sd_m, boundary_sd_m, correlation_km)
    subjects = subjects_of(footprints, ring_km=ring_km)
    sds = [axis_sd_m if s.kind in ("axis", "belt") else boundary_sd_m for s in subjects]
    if not subjects:
        raise PointsError("no footprints: give a layout, items of one, or polygons")
    layout = subjects[0].layout
    crs = layout.crs if layout is not None else about([s.outline for s in subjects])
    cloud = cloud_of(
        points, by=by, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m, layout=layout
    )  # fmt: skip
    moving = [
        moving_of(s, crs, sd=sd, correlation_m=correlation_km * 1000, truncate=truncate, seed=seed, draws=draws)
        for s, sd in zip(subjects, sds, strict=True)
    ]  # fmt: skip
    bounds, sure, perhaps = _bounds(moving, cloud, truncate=truncate)
    values, areas = _drawn(
        moving, cloud, crs, sure, perhaps, draws=draws,
        rng=np.random.default_rng(seed) if move_points else None, truncate=truncate, progress=progress,
    )  # fmt: skip
    records = [
        row
        for k, one in enumerate(moving)
        for row in _rows(one, bounds[k], values[k], areas[k], cloud, correlation_km, move_points)
    ]
    return Uncertainty(
        records, _draw_records(moving, values, areas, weighed=cloud.weighed),
        provenance_of(
            "chance.method.uncertainty", cloud=cloud, crs=crs, draws=draws, seed=seed, generator="PCG64",
            footprints=[s.id for s in subjects], axis_sd_m="err_m / 2" if axis_sd_m is None else axis_sd_m,
            boundary_sd_m="err_m / 2" if boundary_sd_m is None else boundary_sd_m,
            correlation_km=correlation_km, truncate=truncate, move_points=move_points, ring_km=ring_km, by=by or "",
            weight=weight or "",
        ),
    )  # fmt: skip


def _check(
    draws: int, seed: int, axis: float | None, boundary: float | None, correlation: float
) -> None:
    if not 2 <= draws <= MAX_DRAWS:
        raise PointsError(f"draws is {draws}: 2 to {MAX_DRAWS:,}, such as 200")
    if seed < 0:
        raise PointsError(f"seed is {seed}: 0 or more")
    for name, value in (("axis_sd_m", axis), ("boundary_sd_m", boundary)):
        if value is not None and not (np.isfinite(value) and value >= 0):
            raise PointsError(f"{name} is {value}: 0 or more metres")
    if not (np.isfinite(correlation) and correlation > 0):
        raise PointsError(f"correlation_km is {correlation}: above 0 km")


def _bounds(
    moving: Sequence[Moving], cloud: Cloud, *, truncate: bool
) -> tuple[list[list[dict[str, Any]]], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return rows with the exact bounds, and which points are in every draw, and which in some."""
    outlines = [one.subject.target.outlines for one in moving]
    err = cloud.err_m if cloud.err_m.any() else None
    plan = compile_banded(outlines, rows=len(cloud))
    sets, ids = plan.locate(cloud.lon, cloud.lat, err)
    weights = cloud.weight if cloud.weighed else None
    tally = Tally.of(sets, ids, cloud.names, cloud.codes, weights)
    member = tally.sets.reshape(-1, len(moving), 3)
    grouped = cloud.names != ("",)
    rows = [
        by_category(tally, member[:, k], grouped=grouped, weighed=cloud.weighed)
        for k in range(len(moving))
    ]
    if not truncate:
        far = [with_offsets(m.subject.outline, m.law.bound) for m in moving]
        plan = compile_banded(far, rows=len(cloud))
        sets, ids = plan.locate(cloud.lon, cloud.lat, None if err is None else FAR / 2 * err)
    whole = sets.reshape(-1, len(moving), 3)
    return rows, whole[ids, :, 0], whole[ids, :, 2]


def _drawn(
    moving: Sequence[Moving], cloud: Cloud, crs: CRS, sure: NDArray[np.bool_],
    perhaps: NDArray[np.bool_], *, draws: int, rng: np.random.Generator | None, truncate: bool,
    progress: Progress | None = None,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Return counts and sums, shape (n_footprints, draws, 2, categories), and areas in km²."""
    n = len(cloud.names)
    xy = project_points(cloud.lon, cloud.lat, crs)
    rough = np.flatnonzero(cloud.err_m > 0) if rng is not None else np.empty(0, dtype=np.int64)
    err = cloud.err_m[rough]
    base = np.array([_sums(cloud, sure[:, k], n) for k in range(len(moving))])
    between = [np.flatnonzero(perhaps[:, k] & ~sure[:, k]) for k in range(len(moving))]
    values = np.repeat(base[:, None], draws, axis=1)
    areas = np.empty((len(moving), draws))
    for d in range(draws):
        at = xy
        if rng is not None and len(rough):
            at = xy.copy()
            at[rough] += shifts(err, err / 2, rng, bounded=truncate)
        for k, one in enumerate(moving):
            shape = one.shape(d)
            areas[k, d] = shape.area / 1e6
            shapely.prepare(shape)
            own = between[k][shapely.intersects_xy(shape, at[between[k], 0], at[between[k], 1])]
            values[k, d] += _sums(cloud, own, n)
        if progress is not None:
            progress(d + 1, draws)
    return values, areas


def _sums(cloud: Cloud, those: NDArray[Any], categories: int) -> Floats:
    codes, weight = cloud.codes[those], cloud.weight[those]
    both = [np.bincount(codes, w, minlength=categories) for w in (None, weight)]
    return np.stack(both).astype(float)


def _rows(
    one: Moving, rows: list[dict[str, Any]], values: Floats, areas: Floats, cloud: Cloud,
    correlation_km: float, move_points: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return the rows of a footprint: bounds beside the quantiles of the draws."""
    head = {k: one.subject.target.row[k] for k in ("footprint", "footprint_zh", "footprint_en", "layer", "kind", "status", "err_m")}  # fmt: skip
    head |= {"jitter": one.subject.kind, "sd_m": one.law.sd, "draws": len(areas)}
    area = [float(shape.area) / 1e6 for shape in one.bounds]
    order = [None, *sorted(range(len(cloud.names)), key=lambda k: cloud.names[k])]
    found = []
    for row, category in zip(rows, order, strict=False):
        own = values.sum(axis=2) if category is None else values[:, :, category]
        full = head | {"by": row["by"]} | {k: v for k, v in row.items() if k.startswith("count")}
        full |= _spread("count", own[:, 0])
        if cloud.weighed:
            full |= {k: v for k, v in row.items() if k.startswith("sum")} | _spread("sum", own[:, 1])  # fmt: skip
        full |= {"total": row["total"]} | band("area_km2", area) | _spread("area_km2", areas)
        found.append(full | _why(one, len(areas), correlation_km, move_points and bool(cloud.err_m.any())) | one.subject.target.origin)  # fmt: skip
    return found


def _spread(name: str, drawn: Floats) -> dict[str, float]:
    """Return quantiles and standard deviation of the draws."""
    low, middle, high = (float(q) for q in np.quantile(drawn, [0.025, 0.5, 0.975]))
    return {
        f"{name}_p2_5": low, f"{name}_p50": middle, f"{name}_p97_5": high,
        f"{name}_sd": float(drawn.std(ddof=1)),
    }  # fmt: skip


def _why(one: Moving, draws: int, correlation_km: float, points: bool) -> dict[str, str]:
    values = {
        "err": figure(one.subject.err_m), "sd": figure(one.law.sd), "draws": f"{draws:,}",
        "correlation": figure(correlation_km),
    }  # fmt: skip
    return {
        f"why_{lang}": say(
            f"chance.why.{one.subject.kind}", lang, points=say("chance.why.points-moved", lang) if points else "", **values
        )
        for lang in LANGUAGES
    }  # fmt: skip


def _draw_records(
    moving: Sequence[Moving], values: Floats, areas: Floats, *, weighed: bool
) -> dict[str, Any]:
    n = areas.shape[1]
    columns: dict[str, Any] = {
        "footprint": np.repeat([m.subject.id for m in moving], n),
        "draw": np.tile(np.arange(1, n + 1), len(moving)),
        "area_km2": areas.ravel(),
        "count": values[:, :, 0].sum(axis=2).round().astype(np.int64).ravel(),
    }
    if weighed:
        columns["sum"] = values[:, :, 1].sum(axis=2).ravel()
    return columns
