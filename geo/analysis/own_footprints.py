"""A person's own footprints: their measures, what they overlap, and how many points they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from geo.analysis.areas import footprint_units, overlaps
from geo.analysis.bands import band
from geo.analysis.footprints import Footprint, footprints_of
from geo.analysis.points import coverage
from geo.analysis.provenance import Provenance, provenance_of
from geo.measure import laea, project
from geo.model.layout import Layout
from geo.model.shapes import offset

__all__ = ["OwnFootprints", "footprints_from", "minimum_rectangle", "own_footprints"]

METHOD = "mydata.area.method"
_REACH_DEG = 15.0
"""Farther than this from the layout its projection is no ruler: nothing of it is overlapped."""


@dataclass(frozen=True, eq=False, repr=False)
class OwnFootprints:
    """What :func:`own_footprints` returns.

    Attributes
    ----------
    table
        One row for each: ``footprint`` with names, ``status``, ``err_m``, ``area_km2`` with its band,
        ``length_km``, ``width_km``, ``elongation`` and ``azimuth_deg`` of the enclosing rectangle of
        least area, ``source``, ``confidence``.
    overlaps
        As ``geo.overlaps``: ``a`` is one of them, ``b`` a published footprint or another of them.
    units
        As ``geo.footprint_units``; empty without units.
    points
        As the table of ``geo.coverage``; ``None`` without points.
    provenance
        How it came about.
    """

    table: pd.DataFrame
    overlaps: pd.DataFrame
    units: pd.DataFrame
    points: pd.DataFrame | None
    provenance: Provenance


def footprints_from(areas: gpd.GeoDataFrame, crs: CRS | None = None) -> list[Footprint]:
    """Return areas as footprints, each with its inner and outer offset by its error.

    Parameters
    ----------
    areas
        WGS84: ``id``, ``name_zh``, ``name_en``, ``status``, ``err_m``, ``source``, ``confidence``.
    crs
        Planar projection; by default the equal-area one about each footprint's own middle.
    """
    found = []
    for row in areas.to_dict("records"):
        shape = row["geometry"]
        own = crs or _plane_of(shape)
        planar, err = project(shape, own), float(row["err_m"])
        text = {
            k: str(row[k]) for k in ("id", "name_zh", "name_en", "status", "source", "confidence")
        }
        found.append(
            Footprint(
                **text, kind="", layer="", err_m=err, shape=planar, inner=offset(planar, -err),
                outer=offset(planar, err), crs=own,
            )
        )  # fmt: skip
    return found


def _plane_of(shape: BaseGeometry) -> CRS:
    west, south, east, north = shape.bounds
    return laea((west + east) / 2, (south + north) / 2)


def minimum_rectangle(shape: BaseGeometry) -> tuple[float, float, float]:
    """Return length, width and azimuth of the enclosing rectangle of least area.

    One side of it lies on an edge of the convex hull (Freeman and Shapira, 1975), so that it is
    found by turning along the hull (rotating calipers; Toussaint, 1983), as GEOS does.

    Parameters
    ----------
    shape
        Polygon in planar metres.

    Returns
    -------
    tuple of float
        Length (the longer side) and width, metres; azimuth of the length, 0 to 180 degrees from north.
    """
    corners = shapely.get_coordinates(shapely.oriented_envelope(shape))
    sides = np.diff(corners[:3], axis=0)
    lengths = np.hypot(*sides.T)
    x, y = sides[int(np.argmax(lengths))]
    return float(lengths.max()), float(lengths.min()), float(np.degrees(np.arctan2(x, y)) % 180)


def own_footprints(
    areas: gpd.GeoDataFrame,
    layout: Layout,
    *,
    units: gpd.GeoDataFrame | None = None,
    points: Any = None,
    by: str | None = None,
    weight: str | None = None,
    ring_km: float | None = None,
) -> OwnFootprints:
    """Measure footprints that do not belong to a layout, and hold them against it.

    Parameters
    ----------
    areas
        As :func:`footprints_from` (``geo.io.areas.read_areas`` gives them).
    layout
        The layout.
    units
        Administrative units, WGS84.
    points, by, weight
        As for ``geo.coverage``.
    ring_km
        Width of the layout's campus rings.

    Returns
    -------
    OwnFootprints
        Low and high of an area are those of the outline offset inwards and outwards by its error;
        of points they are exact bounds, as ``geo.coverage`` gives them.
    """
    mine = footprints_from(areas)
    near = _near(areas, layout)
    here = footprints_from(areas[near], layout.crs)
    published = footprints_of(layout, ring_km=ring_km)
    return OwnFootprints(
        pd.DataFrame([_measured(f) for f in mine]),
        _overlaps(layout, here, published),
        footprint_units(layout, units, footprints=here).drop(columns=["layer", "kind"]) if units is not None else pd.DataFrame(),
        None if points is None else _counted(points, mine, by, weight),
        provenance_of(METHOD, crs=layout.crs, ring_km=ring_km, footprints=[f.id for f in mine]),
    )  # fmt: skip


def _near(areas: gpd.GeoDataFrame, layout: Layout) -> np.ndarray[Any, Any]:
    lon, lat = layout.meta.centre
    box = areas.bounds.to_numpy(dtype=float)
    away = np.max(np.abs(box - np.array([lon, lat, lon, lat])), axis=1)
    return np.asarray(away < _REACH_DEG)


def _measured(own: Footprint) -> dict[str, object]:
    length, width, azimuth = minimum_rectangle(own.shape)
    low, central, high = (float(v) / 1e6 for v in shapely.area(own.three))
    names = {k: v for k, v in own.row().items() if k not in ("layer", "kind")}
    return names | band("area_km2", (low, central, high)) | {
        "length_km": length / 1000, "width_km": width / 1000,
        "elongation": length / width if width > 0 else float("nan"), "azimuth_deg": azimuth,
    } | own.origin()  # fmt: skip


def _overlaps(
    layout: Layout, mine: Sequence[Footprint], published: Sequence[Footprint]
) -> pd.DataFrame:
    """Return pairs of which one at least is the person's own; the published pairs are known."""
    found = overlaps(layout, footprints=[*mine, *published])
    return found[found["a"].isin({f.id for f in mine})].reset_index(drop=True)


def _counted(
    points: Any, mine: Sequence[Footprint], by: str | None, weight: str | None
) -> pd.DataFrame:
    table = coverage(points, list(mine), by=by, weight=weight).table
    return table.drop(columns=["layer", "kind"])
