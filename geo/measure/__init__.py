"""Rulers and datums: the only place that picks a projection or converts a datum.

Each name is loaded when it is first used: a count in longitude and latitude needs no projection.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geo.measure.band import Band as Band
    from geo.measure.datums import Datum as Datum
    from geo.measure.datums import from_wgs84 as from_wgs84
    from geo.measure.datums import to_wgs84 as to_wgs84
    from geo.measure.geodesy import area_km2 as area_km2
    from geo.measure.geodesy import azimuth_deg as azimuth_deg
    from geo.measure.geodesy import distance_km as distance_km
    from geo.measure.geodesy import distances_km as distances_km
    from geo.measure.geodesy import geodesic_line as geodesic_line
    from geo.measure.geodesy import length_km as length_km
    from geo.measure.planar import laea as laea
    from geo.measure.planar import locate as locate
    from geo.measure.planar import lonlat_of as lonlat_of
    from geo.measure.planar import midline as midline
    from geo.measure.planar import outline as outline
    from geo.measure.planar import planar_area_km2 as planar_area_km2
    from geo.measure.planar import planar_length_km as planar_length_km
    from geo.measure.planar import project as project
    from geo.measure.planar import project_points as project_points
    from geo.measure.planar import require_planar as require_planar
    from geo.measure.planar import signed_distance as signed_distance
    from geo.measure.planar import unproject as unproject
    from geo.measure.scales import SCALES as SCALES

_HOMES = {
    "Band": "geo.measure.band",
    "Datum": "geo.measure.datums",
    "SCALES": "geo.measure.scales",
    "area_km2": "geo.measure.geodesy",
    "azimuth_deg": "geo.measure.geodesy",
    "distance_km": "geo.measure.geodesy",
    "distances_km": "geo.measure.geodesy",
    "from_wgs84": "geo.measure.datums",
    "geodesic_line": "geo.measure.geodesy",
    "laea": "geo.measure.planar",
    "length_km": "geo.measure.geodesy",
    "locate": "geo.measure.planar",
    "lonlat_of": "geo.measure.planar",
    "midline": "geo.measure.planar",
    "outline": "geo.measure.planar",
    "planar_area_km2": "geo.measure.planar",
    "planar_length_km": "geo.measure.planar",
    "project": "geo.measure.planar",
    "project_points": "geo.measure.planar",
    "require_planar": "geo.measure.planar",
    "signed_distance": "geo.measure.planar",
    "to_wgs84": "geo.measure.datums",
    "unproject": "geo.measure.planar",
}

__all__ = [  # noqa: PLE0604
    *_HOMES
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'geo.measure' has no attribute {name!r}")
