"""How much of a street or of a drawn line runs through each footprint."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geo.analysis.bands import band
from geo.analysis.footprints import Footprint
from geo.errors import PointsError
from geo.measure import length_km, project, unproject
from geo.model.shapes import offset

__all__ = ["passes"]

_COLUMNS = (
    "footprint", "footprint_zh", "footprint_en", "layer", "kind", "status", "err_m", "length_km_low", "length_km",
    "length_km_high", "share_low", "share", "share_high", "total_km", "source", "confidence",
)  # fmt: skip


def passes(
    line: BaseGeometry, footprints: Sequence[Footprint], *, err_m: float = 0.0
) -> pd.DataFrame:
    """Return how much of a line runs through each footprint.

    Parameters
    ----------
    line
        LineString or MultiLineString, WGS84.
    footprints
        Of ``footprints_of``.
    err_m
        Positional error of the line, metres.

    Returns
    -------
    DataFrame
        One row for each footprint that the line perhaps touches, the longest first: geodesic
        ``length_km`` inside with its band (that within the footprint's inner and outer offset, each
        moved by the line's own error as well: a bound), its ``share`` of the whole and the whole,
        ``total_km``.

    Raises
    ------
    PointsError
        If it is no line with a length, or the error is below 0.
    """
    if not line.geom_type.endswith("LineString") or line.is_empty or not length_km(line) > 0:
        raise PointsError(f"a {line.geom_type} has no length: give a line")
    if not (math.isfinite(err_m) and err_m >= 0):
        raise PointsError(f"err_m is {err_m}: give 0 or more metres")
    total = length_km(line)
    rows: list[dict[str, Any]] = []
    for f in footprints:
        own = project(line, f.crs)
        shapes = (offset(f.inner, -err_m), f.shape, offset(f.outer, err_m))
        inside = [min(_length_km(shapely.intersection(own, s), f.crs), total) for s in shapes]
        if inside[2] > 0:
            shares = [km / total for km in inside]
            rows.append(f.row() | f.origin() | band("length_km", inside) | band("share", shares) | {"total_km": total})  # fmt: skip
    rows.sort(key=lambda r: (-float(r["length_km"]), -float(r["length_km_high"])))
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _length_km(shape: Any, crs: Any) -> float:
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "LineString"]
    return sum(length_km(unproject(p, crs)) for p in parts)
