"""Places along an axis, and profiles whose values change without counting again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike

from geo.analysis.cloud import Cloud
from geo.analysis.profile import Profile, smoothing
from geo.analysis.profile_features import peaks
from geo.analysis.profile_tally import What
from geo.analysis.progress import Progress
from geo.analysis.routes import (
    AFTER,
    BEFORE,
    WHERES,
    Route,
    places,
)
from geo.errors import PointsError
from geo.measure import project_points, unproject

__all__ = [
    "Place",
    "near_places",
    "place_of",
    "places_of",
    "spot",
    "valued",
]

_CHUNK = 65_536


@dataclass(frozen=True)
class Place:
    """Where something lies along an axis.

    Attributes
    ----------
    chainage_km, offset_km
        Of the nearest place on the axis; the offset is negative on the left.
    where
        ``inside``, ``before``, ``after`` or ``beside``.
    half_width_km
        Half the local width there.
    """

    chainage_km: float
    offset_km: float
    where: str
    half_width_km: float


def places_of(route: Route, lon: ArrayLike, lat: ArrayLike) -> pd.DataFrame:
    """Return where WGS84 points lie along a route: ``chainage_km``, ``offset_km``, ``where``."""
    chainage, offset, where = places(route, project_points(lon, lat, route.crs))
    return pd.DataFrame({"chainage_km": chainage / 1000, "offset_km": offset / 1000, "where": np.array(WHERES, object)[where]})  # fmt: skip


def place_of(route: Route, lon: float, lat: float) -> Place:
    """Return where a WGS84 point lies along a route (linear referencing)."""
    chainage, offset, where = places(route, project_points(lon, lat, route.crs))
    half = float(route.half_width(chainage)[0])
    return Place(float(chainage[0]) / 1000, float(offset[0]) / 1000, WHERES[where[0]], half / 1000)


def spot(route: Route, chainage_km: float, offset_km: float = 0.0) -> tuple[float, float]:
    """Return longitude and latitude of a place that is given by chainage and offset.

    Parameters
    ----------
    route
        The route.
    chainage_km
        From 0 to the length of the axis.
    offset_km
        At a right angle to the axis there; negative on the left.

    Raises
    ------
    PointsError
        If the axis has no such chainage.
    """
    at = chainage_km * 1000
    if not 0 <= at <= route.length + 1e-6:
        raise PointsError(
            f"the axis has no chainage {chainage_km:g} km: give 0 to {route.length / 1000:.3f} km"
        )
    k = int(np.clip(np.searchsorted(route.stops, at, side="right") - 1, 0, len(route.stops) - 2))
    unit = route.directions[k]
    foot = route.vertices[k] + unit * (at - route.stops[k])
    xy = foot + np.array([unit[1], -unit[0]]) * offset_km * 1000
    point = unproject(shapely.Point(xy), route.crs)
    return float(point.x), float(point.y)


def near_places(
    route: Route, cloud: Cloud, reach_km: float, *, progress: Progress | None = None
) -> pd.DataFrame:
    """Return the points that lie beside an axis, neither beyond its ends nor too far.

    Parameters
    ----------
    route
        The route.
    cloud
        The points.
    reach_km
        How far from the axis.
    progress
        Called with how many points have been looked at, and how many there are.

    Returns
    -------
    DataFrame
        ``index`` of the point in the cloud, ``chainage_km``, ``offset_km`` (negative on the left).
    """
    shapely.prepare(route.axis)
    parts = []
    for k in range(0, len(cloud), _CHUNK):
        some = slice(k, k + _CHUNK)
        xy = project_points(cloud.lon[some], cloud.lat[some], route.crs)
        near = np.flatnonzero(shapely.dwithin(route.axis, shapely.points(xy), reach_km * 1000))
        chainage, offset, where = places(route, xy[near])
        kept = ~np.isin(where, (BEFORE, AFTER))
        parts.append(np.column_stack([near + k, chainage / 1000, offset / 1000])[kept])
        if progress is not None:
            progress(min(k + _CHUNK, len(cloud)), len(cloud))
    table = pd.DataFrame(np.concatenate(parts) if parts else np.empty((0, 3)), columns=["index", "chainage_km", "offset_km"])  # fmt: skip
    return table.astype({"index": np.int64})


def valued(
    found: Profile, *, what: What = "count", smooth_km: float | None = None, prominence: float = 0.1
) -> Profile:
    """Return a profile with another value of its bins, from the counts that it has already.

    Parameters
    ----------
    found
        A profile.
    what, smooth_km, prominence
        As for ``geo.profile``, whose result with them this is.

    Raises
    ------
    PointsError
        If sums are asked for and there are no weights, or the bandwidth is not above 0.
    """
    weighed = "sum" in found.bins.columns
    if what == "sum" and not weighed:
        raise PointsError("what='sum' needs weights: give weight, or count with what='count'")
    if smooth_km is not None and not smooth_km > 0:
        raise PointsError(f"smooth_km is {smooth_km}: give a bandwidth above 0 km, or none")
    bins = found.bins.copy()
    first = bins[(bins["side"] == "all") & (bins["by"] == "")]
    edges = np.append(first["from_km"].to_numpy(float), first["to_km"].to_numpy(float)[-1])
    own = "sum" if what == "sum" or (what == "density" and weighed) else "count"
    value = bins[[f"{own}_low", own, f"{own}_high"]].to_numpy(float).reshape(-1, len(first), 3)
    if smooth_km is not None:
        value = np.einsum("kb,gbl->gkl", smoothing(edges, smooth_km), value)
    if what == "density":
        value = value / np.diff(edges)[:, None]
    bins[["value_low", "value", "value_high"]] = value.reshape(-1, 3)
    tops = pd.DataFrame(peaks(bins.loc[first.index], prominence), columns=found.features.columns)
    rest = found.features[found.features["feature"] != "peak"]
    features = pd.DataFrame([*tops.to_dict("records"), *rest.to_dict("records")], columns=rest.columns)  # fmt: skip
    parameters = dict(found.provenance.parameters) | {
        "what": what, "smooth_km": smooth_km, "prominence": prominence,
        "kernel": "" if smooth_km is None else "gaussian, reflected",
    }  # fmt: skip
    return replace(
        found, bins=bins, features=features,
        provenance=replace(found.provenance, parameters=parameters),
    )  # fmt: skip
