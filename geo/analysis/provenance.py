"""What every result of an analysis says about itself: method, reference system, parameters, points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from geo.analysis.cloud import Cloud
from geo.words import Lang, say

__all__ = ["Provenance", "crs_text", "provenance_of"]


@dataclass(frozen=True)
class Provenance:
    """How a result came about.

    Attributes
    ----------
    method
        Key of the catalogue that says how it was computed and what its band means, with its source.
    crs
        The planar reference system, as :func:`crs_text` gives it; blank where nothing planar was used.
    parameters
        What the result depends on, by name: numbers, texts, or lists of them; the seed of anything
        random is among them.
    points
        Of the points: ``name``, ``rows`` used, ``rejected``, ``datum`` and ``synthetic``; empty
        where there are none.
    """

    method: str
    crs: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    points: Mapping[str, Any] = field(default_factory=dict)

    def says(self, lang: Lang) -> str:
        """Return the method in words."""
        return say(self.method, lang)


def provenance_of(
    method: str, *, cloud: Cloud | None = None, crs: Any = None, **parameters: Any
) -> Provenance:
    """Return the provenance of a result.

    Parameters
    ----------
    method
        Key of the catalogue.
    cloud
        The points it was computed from.
    crs
        The planar projection, or ``None``.
    **parameters
        What it depends on.
    """
    points: dict[str, Any] = {}
    if cloud is not None:
        datum = cloud.reading.datum if cloud.reading is not None else "wgs84"
        points = {
            "name": cloud.name, "rows": len(cloud), "rejected": cloud.rejected, "datum": datum,
            "synthetic": cloud.synthetic,
        }  # fmt: skip
    return Provenance(method, "" if crs is None else crs_text(crs), parameters, points)


def crs_text(crs: Any) -> str:
    """Return a projection as a person reads it: what it is and where it is centred."""
    operation = crs.coordinate_operation
    if operation is None:
        return str(crs.name)
    origin = {p.name: p.value for p in operation.params}
    lat, lon = (origin.get(f"{k} of natural origin") for k in ("Latitude", "Longitude"))
    where = "" if lat is None or lon is None else f", {lat:.6g}°, {lon:.6g}°"
    own = crs.geodetic_crs.name
    return f"{operation.method_name}{where}, {own if own != 'unknown' else crs.ellipsoid.name}"
