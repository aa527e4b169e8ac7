"""Coverage curves: how many points, and what share, lie within each distance of something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely

from geo.analysis.bands import by_category
from geo.analysis.points import Counted, count
from geo.analysis.targets import read_frame
from geo.engine.distances import compile_distances
from geo.engine.run import Progress
from geo.errors import PointsError
from geo.io.positions import Rejects
from geo.io.reading import AUTO
from geo.measure import laea, project

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DISTANCES_KM", "Curve", "coverage_curve"]

DISTANCES_KM = (0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0)
"""Where a curve is read unless other distances are given."""


@dataclass(frozen=True)
class Curve(Counted):
    """What :func:`coverage_curve` returns.

    Attributes
    ----------
    records
        The rows of ``table``.
    of
        What distances are measured from: up to three ids, the first and how many more, or blank.
    err_m
        Its positional error.
    """

    records: list[dict[str, Any]]
    of: str
    err_m: float

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row for each distance and category, and for each distance in all (``by`` blank).

        ``distance_km``, then counts, shares and sums with their bands as in ``Coverage.table``.
        """
        import pandas as pd

        return pd.DataFrame(self.records)


def coverage_curve(
    points: Any,
    about: Any,
    *,
    distances_km: Sequence[float] = DISTANCES_KM,
    of: Literal["axis", "footprint"] = "axis",
    about_err_m: float | None = None,
    by: str | None = None,
    weight: str | None = None,
    datum: str = AUTO,
    lon: str | None = None,
    lat: str | None = None,
    sheet: str | None = None,
    err_m: float = 0.0,
    threads: int | None = None,
    client: Any = None,
    progress: Progress | None = None,
    on_rejects: Callable[[Rejects], None] | None = None,
) -> Curve:
    """Count points within distances of an axis, a footprint or a set of places.

    Parameters
    ----------
    points
        As for ``geo.coverage``.
    about
        A feature of a layout (a corridor, belt, zone or node), several of them (nodes, say), a
        GeoDataFrame or a file of one, or a WGS84 geometry. Inside a footprint the distance is 0.
    distances_km
        In growing order, 0 or more.
    of
        Of a corridor or belt: whether distances are those from its axis or its footprint.
    about_err_m
        Positional error of ``about``; by default its own.
    by, weight, datum, lon, lat, sheet, err_m, threads, client, progress, on_rejects
        As for ``geo.coverage``.

    Returns
    -------
    Curve
        Distances are planar, in the layout's equal-area projection (or one about the shape), whose
        scale at c radians from its centre differs by c²/8: within 1e-4 for what is up to 350 km
        across, 1e-3 up to 1,100 km. Low takes the positional errors of shape and point together off
        each distance, high adds them.

    Raises
    ------
    PointsError
        As ``geo.coverage``; and if there is nothing to measure from, or the distances do not grow.
    """
    shape, crs, own_err, name, layout = _about(about, of)
    limits = [d * 1000 for d in distances_km]
    plan = compile_distances(shape, limits, crs, err_m=own_err if about_err_m is None else about_err_m)  # fmt: skip
    found = count(
        points, lambda _: plan, layout=layout, by=by, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet,
        err_m=err_m, threads=threads, client=client, progress=progress, on_rejects=on_rejects,
    )  # fmt: skip
    tally = found.outcome.tally
    member = tally.sets.reshape(len(tally.sets), len(limits), 3)
    records = [
        {"about": name, "distance_km": float(distance)} | row
        for k, distance in enumerate(distances_km)
        for row in by_category(
            tally, member[:, k], grouped=by is not None, weighed=weight is not None
        )
    ]
    return Curve(
        **found.fields(), records=records, of=name,
        err_m=own_err if about_err_m is None else about_err_m,
    )  # fmt: skip


def _about(about: Any, of: str) -> tuple[Any, Any, float, str, Any]:
    """Return shape (planar), projection, positional error, id and layout of what is measured from."""
    if of not in ("axis", "footprint"):
        raise PointsError(f"unknown kind of distance {of!r}: from the axis or the footprint")
    if getattr(about, "layout", None) is not None:
        return _of_features([about], of)
    if isinstance(about, Sequence) and not isinstance(about, str) and all(hasattr(a, "layout") for a in about):  # fmt: skip
        return _of_features([a for a in about if a.geometry is not None or hasattr(a, "axis")], of)
    err = 0.0
    if isinstance(about, str | Path):
        about = read_frame(Path(about), "what is measured from")
    if hasattr(about, "to_crs"):
        if about.crs is None:
            raise PointsError("what is measured from has no reference system: set it (set_crs)")
        frame = about.to_crs(4326)
        err = float(frame["err_m"].max()) if "err_m" in frame.columns and len(frame) else 0.0
        about = shapely.union_all(frame.geometry.to_numpy())
    elif hasattr(about, "axis") and hasattr(about, "footprint"):
        about = about.axis if of == "axis" else about.footprint
    if not hasattr(about, "geom_type") or about.is_empty:
        raise PointsError(
            "nothing to measure from: give features of a layout, a GeoDataFrame, a file or a geometry"
        )
    west, south, east, north = about.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise PointsError("what is measured from is no longitude and latitude: give it in WGS84")
    crs = laea((west + east) / 2, (south + north) / 2)
    return project(about, crs), crs, 0.0 if not np.isfinite(err) else err, "", None


def _of_features(features: Sequence[Any], of: str) -> tuple[Any, Any, float, str, Any]:
    shapes = []
    for feature in features:
        shape = getattr(feature, "axis", None) if of == "axis" else feature.footprint
        shape = feature.footprint or feature.geometry if shape is None else shape
        if shape is None:
            raise PointsError(f"{feature.id} has no position: nothing to measure from")
        shapes.append(shape)
    if not shapes:
        raise PointsError("nothing to measure from: none of the features has a position")
    layout = features[0].layout
    err = max(float(f.err_m or 0.0) for f in features)
    shape = project(shapely.union_all(shapes), layout.crs)
    return shape, layout.crs, err, _name([f.id for f in features]), layout


def _name(ids: Sequence[str]) -> str:
    return " ".join(ids) if len(ids) <= 3 else f"{ids[0]} +{len(ids) - 1}"
