"""The person's points on a map: dots while they are few, circles that count them where they are many."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from geo.maps.palette import WINE
from geo.measure import project_points
from geo.words import Lang, say

__all__ = ["MOST", "dot_features"]

MOST = 2000
"""More things than these are too many for one view."""
_DOT: dict[str, Any] = {
    "radius": 2.5, "color": "#FFFFFF", "weight": 0.6, "fillColor": WINE, "fillOpacity": 0.6,
}  # fmt: skip
_LARGEST = 20
"""Radius of the fullest square's circle, pixels."""
_COLUMNS = 40
"""Squares across the wider side when points are counted."""


def dot_features(lon: ArrayLike, lat: ArrayLike, crs: CRS, lang: Lang, *, most: int = MOST) -> list[dict[str, Any]]:  # fmt: skip
    """Return points as features: each as a dot, or, above ``most``, counted by squares.

    The circle of a square stands at the mean of its points, and its area is in proportion to how
    many they are, though none is smaller than a dot; no point is left out.

    Parameters
    ----------
    lon, lat
        WGS84 degrees, shape (n,).
    crs
        Planar projection in which the squares are equal.
    lang
        Language of the counts.
    most
        So many dots at most.
    """
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    if len(x) <= most:
        return [_feature(a, b, _DOT, "") for a, b in zip(x, y, strict=True)]
    counted = _counted(x, y, crs)
    radius = np.maximum(_LARGEST * np.sqrt(counted["n"] / counted["n"].max()), _DOT["radius"])
    return [
        _feature(row["lon"], row["lat"], _DOT | {"radius": round(float(r), 1)}, say("take.map.points-here", lang, n=int(row["n"])))
        for row, r in zip(counted.to_dict("records"), radius, strict=True)
    ]  # fmt: skip


def _counted(lon: NDArray[np.float64], lat: NDArray[np.float64], crs: CRS) -> pd.DataFrame:
    """Return how many points lie in each square, and their mean position."""
    x, y = project_points(lon, lat, crs).T
    side = max(np.ptp(x), np.ptp(y)) / _COLUMNS or 1.0
    column, row = (np.floor((v - v.min()) / side).astype(int) for v in (x, y))
    squares = pd.DataFrame({"column": column, "row": row, "lon": lon, "lat": lat, "n": 1})
    found = squares.groupby(["column", "row"], as_index=False).agg({"lon": "mean", "lat": "mean", "n": "sum"})  # fmt: skip
    return found.sort_values("n", ascending=False, ignore_index=True)


def _feature(lon: float, lat: float, style: dict[str, Any], tip: str) -> dict[str, Any]:
    words = {"st": style} | ({"tip": html.escape(tip)} if tip else {})
    at = [round(float(lon), 6), round(float(lat), 6)]
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": at},
        "properties": words,
    }
