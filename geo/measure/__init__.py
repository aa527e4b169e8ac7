"""Rulers and datums: the only place that picks a projection or converts a datum."""

from __future__ import annotations

from geo.measure.band import Band
from geo.measure.datums import Datum, from_wgs84, to_wgs84
from geo.measure.geodesy import (
    area_km2,
    azimuth_deg,
    distance_km,
    geodesic_line,
    length_km,
)
from geo.measure.planar import (
    laea,
    locate,
    lonlat_of,
    midline,
    outline,
    planar_area_km2,
    planar_length_km,
    project,
    project_points,
    require_planar,
    signed_distance,
    unproject,
)
from geo.measure.scales import SCALES

__all__ = [
    "SCALES",
    "Band",
    "Datum",
    "area_km2",
    "azimuth_deg",
    "distance_km",
    "from_wgs84",
    "geodesic_line",
    "laea",
    "length_km",
    "locate",
    "lonlat_of",
    "midline",
    "outline",
    "planar_area_km2",
    "planar_length_km",
    "project",
    "project_points",
    "require_planar",
    "signed_distance",
    "to_wgs84",
    "unproject",
]
