"""The geodesic measures of what a person draws: legs, length, azimuths, perimeter, area."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geo.analysis.provenance import Provenance, provenance_of
from geo.errors import PointsError
from geo.measure import area_km2, azimuth_deg, distance_km

__all__ = ["Drawn", "drawn"]


@dataclass(frozen=True)
class Drawn:
    """What :func:`drawn` returns.

    Attributes
    ----------
    kind
        ``line`` or ``polygon``.
    legs
        ``leg`` from 1, ``from_lon``, ``from_lat``, ``to_lon``, ``to_lat`` (WGS84 degrees),
        ``length_km`` and ``azimuth_deg`` at its start; of a polygon the last leg closes it.
    length_km
        Of all legs: the length of a line, the perimeter of a polygon.
    area_km2
        Of a polygon; ``None`` of a line, and where the outline crosses itself.
    provenance
        How it was computed.
    """

    kind: str
    legs: pd.DataFrame
    length_km: float
    area_km2: float | None
    provenance: Provenance


def drawn(shape: BaseGeometry) -> Drawn:
    """Measure a line or polygon, whose edges are taken as geodesics.

    Parameters
    ----------
    shape
        LineString, or Polygon (its outline counts), WGS84.

    Raises
    ------
    PointsError
        If it is neither, or has no leg.
    RulerError
        If the coordinates cannot be degrees.
    """
    kind = {"LineString": "line", "Polygon": "polygon"}.get(shape.geom_type)
    if kind is None or shape.is_empty:
        raise PointsError(f"a {shape.geom_type} has no legs: give a line or polygon")
    outline = shape.exterior if kind == "polygon" else shape
    xy = shapely.get_coordinates(outline)
    legs = pd.DataFrame(
        {
            "leg": np.arange(1, len(xy)), "from_lon": xy[:-1, 0], "from_lat": xy[:-1, 1], "to_lon": xy[1:, 0],
            "to_lat": xy[1:, 1], "length_km": distance_km(*xy[:-1].T, *xy[1:].T),
            "azimuth_deg": azimuth_deg(*xy[:-1].T, *xy[1:].T),
        }
    )  # fmt: skip
    # Two vertices on one spot are one vertex.
    legs = legs[legs["length_km"] > 0].reset_index(drop=True).assign(leg=lambda t: t.index + 1)
    if not len(legs):
        raise PointsError("all vertices are one spot: nothing to measure")
    area = area_km2(shapely.Polygon(xy)) if kind == "polygon" and shapely.is_simple(outline) else None  # fmt: skip
    return Drawn(kind, legs, float(legs["length_km"].sum()), area, provenance_of("here.method.drawn"))  # fmt: skip
