"""What lies at a place: its unit, the footprints about it, where it is along each axis, the nearest nodes."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

from geo.analysis.bands import band
from geo.analysis.footprints import Footprint, footprints_of
from geo.analysis.provenance import Provenance, provenance_of
from geo.analysis.routes import WHERES, places, route_of
from geo.errors import PointsError
from geo.measure import (
    Datum,
    azimuth_deg,
    distance_km,
    length_km,
    project,
    project_points,
    to_wgs84,
    unproject,
)
from geo.model.items import BeltItem, CorridorItem
from geo.model.kinds import TIERS
from geo.model.layout import Layout
from geo.model.shapes import offset

__all__ = ["LIES", "Here", "here", "lonlat_in"]

LIES = ("surely", "probably", "perhaps", "outside")
"""How a place lies to a footprint whose edge, and whose own position, is not exactly known."""
SAME_M = 0.5
"""A place this near to an axis is on neither side."""
_FOOTPRINTS = (
    "footprint", "footprint_zh", "footprint_en", "layer", "kind", "status", "err_m", "lies", "edge_km_low",
    "edge_km", "edge_km_high", "source", "confidence",
)  # fmt: skip
_UNITS = ("unit_id", "unit_zh", "unit_en", "city_zh", "lies", "edge_km", "err_m", "unit_source")
_AXES = (
    "axis", "axis_zh", "axis_en", "layer", "status", "err_m", "distance_km_low", "distance_km", "distance_km_high",
    "side", "where", "chainage_km", "length_km", "source", "confidence",
)  # fmt: skip
_NODES = (
    "tier", "node", "node_zh", "node_en", "kind", "status", "err_m", "distance_km_low", "distance_km",
    "distance_km_high", "azimuth_deg", "source", "confidence",
)  # fmt: skip


@dataclass(frozen=True)
class Here:
    """What :func:`here` returns.

    Attributes
    ----------
    lon, lat
        The place, WGS84 degrees.
    units
        The units that it lies in, surely or perhaps: ``unit_id``, names, ``lies`` (one of
        :data:`LIES`), ``edge_km`` (geodesic distance to the border, positive inside).
    footprints
        Every footprint, those that it lies in first, then by distance: ``lies``, and ``edge_km``
        (geodesic distance to the edge, positive inside, negative outside) with its band: those to
        its inner and outer offset, widened by the error of the place; low is minus infinity where
        the inner offset is empty.
    axes
        Every axis, the nearest first: ``distance_km`` with its band, ``side`` (left, right, on) in
        the direction of the axis, ``where`` (inside its width, beside, before, after),
        ``chainage_km`` of the nearest place on it and its ``length_km``; geodesic.
    nodes
        The nearest node of each tier: geodesic ``distance_km`` with its band, and ``azimuth_deg``
        towards it.
    provenance
        How it was computed.
    """

    lon: float
    lat: float
    units: pd.DataFrame
    footprints: pd.DataFrame
    axes: pd.DataFrame
    nodes: pd.DataFrame
    provenance: Provenance

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        return {n: getattr(self, n) for n in ("units", "footprints", "axes", "nodes")}


def here(
    layout: Layout,
    lon: float,
    lat: float,
    *,
    datum: str = "wgs84",
    err_m: float = 0.0,
    units: gpd.GeoDataFrame | None = None,
    ring_km: float | None = None,
    footprints: Sequence[Footprint] | None = None,
) -> Here:
    """Return what lies at a place.

    Parameters
    ----------
    layout
        The layout.
    lon, lat
        The place, degrees.
    datum
        Datum of ``lon`` and ``lat``.
    err_m
        Positional error of the place, metres.
    units
        Administrative units, such as of ``geo.read_units``; without them the place has none.
    ring_km
        Width of the campus rings; by default the layout's own.
    footprints
        Of ``footprints_of``, where they are at hand.

    Returns
    -------
    Here
        Distances are geodesic: the nearest place of an edge or axis is found in the layout's
        equal-area projection and the geodesic to it measured (Karney, 2013). A place lies *surely*
        inside if it is inside by more than the errors of footprint and place together, *perhaps*
        if it is no further outside than that.

    Raises
    ------
    PointsError
        If a number is not finite or the error is below 0.
    DatumError
        If the datum is not known, or longitude or latitude are out of range.
    """
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise PointsError(f"a place needs two finite numbers, not {lon}, {lat}")
    if not (math.isfinite(err_m) and err_m >= 0):
        raise PointsError(f"err_m is {err_m}: give 0 or more metres")
    x, y = to_wgs84(float(lon), float(lat), datum)
    found = footprints_of(layout, ring_km=ring_km) if footprints is None else footprints
    asked: dict[str, Any] = {
        "lon": x,
        "lat": y,
        "datum": Datum.of(datum).value,
        "err_m": float(err_m),
    }
    if ring_km is not None:
        asked["ring_km"] = float(ring_km)
    return Here(
        x, y, _units(layout, units, x, y, err_m), _footprints(found, x, y, err_m), _axes(layout, x, y, err_m),
        _nodes(layout, x, y, err_m), provenance_of("here.method.here", crs=layout.crs, **asked),
    )  # fmt: skip


def _edge_km(shape: Any, crs: Any, lon: float, lat: float) -> float:
    """Return the geodesic distance of a place to the edge of a planar polygon, positive inside."""
    if shape.is_empty:
        return -math.inf
    point = shapely.points(project_points(lon, lat, crs)[0])
    nearest = unproject(shapely.shortest_line(shape.boundary, point), crs).coords[0]
    away = float(distance_km(lon, lat, *nearest[:2]))
    return away if shapely.intersects(shape, point) else -away


def _placed(
    shapes: Sequence[Any], crs: Any, lon: float, lat: float, err_m: float
) -> tuple[str, tuple[float, float, float]]:
    """Return how a place lies to a footprint (inner offset, itself, outer offset), and its edge."""
    low, edge, high = (_edge_km(s, crs, lon, lat) for s in shapes)
    low, high = min(low, edge) - err_m / 1000, max(high, edge) + err_m / 1000
    if edge >= 0:
        return "surely" if low > 0 else "probably", (low, edge, high)
    return "perhaps" if high >= 0 else "outside", (low, edge, high)


def _footprints(found: Sequence[Footprint], lon: float, lat: float, err_m: float) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for f in found:
        lies, edge = _placed([f.inner, f.shape, f.outer], f.crs, lon, lat, err_m)
        rows.append(f.row() | f.origin() | {"lies": lies} | band("edge_km", edge))
    rows.sort(key=lambda r: (LIES.index(r["lies"]), -r["edge_km"] if r["edge_km"] < 0 else 0.0))
    return pd.DataFrame(rows, columns=list(_FOOTPRINTS))


def _units(
    layout: Layout, units: gpd.GeoDataFrame | None, lon: float, lat: float, err_m: float
) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    if units is not None and len(units):
        reach = float(units["err_m"].max()) + err_m
        # A degree is at least this long from east to west at latitudes where there are units.
        near = reach / (111_000 * max(math.cos(math.radians(min(abs(lat), 89.0))), 0.02)) * 1.1
        box = shapely.box(lon - near, lat - near, lon + near, lat + near)
        for row in units.iloc[units.sindex.query(box)].to_dict("records"):
            shape, own = project(row["geometry"], layout.crs), float(row["err_m"])
            three = [offset(shape, -own), shape, offset(shape, own)]
            lies, edge = _placed(three, layout.crs, lon, lat, err_m)
            if lies != "outside":
                rows.append(
                    {
                        "unit_id": row["adcode"], "unit_zh": row["name_zh"], "unit_en": row["name_en"],
                        "city_zh": row["city_zh"], "lies": lies, "err_m": own, "unit_source": row["source"],
                        "edge_km": edge[1],
                    }
                )  # fmt: skip
    rows.sort(key=lambda r: LIES.index(r["lies"]))
    return pd.DataFrame(rows, columns=list(_UNITS))


def _axes(layout: Layout, lon: float, lat: float, err_m: float) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for item in layout:
        if not isinstance(item, CorridorItem | BeltItem) or item.axis is None:
            continue
        route = route_of(item)
        chainage, across, where = places(route, project_points(lon, lat, route.crs))
        to = unproject(shapely.line_interpolate_point(route.axis, chainage[0]), route.crs)
        before = unproject(substring(route.axis, 0, float(chainage[0])), route.crs)
        away, reach = float(distance_km(lon, lat, to.x, to.y)), (route.err_m + err_m) / 1000
        side = "on" if away * 1000 <= SAME_M else "left" if across[0] < 0 else "right"
        p = item.properties
        rows.append(
            {
                "axis": item.id, "axis_zh": item.name_zh, "axis_en": item.name_en, "layer": p.layer,
                "status": p.status, "err_m": route.err_m, "distance_km_low": max(0.0, away - reach),
                "distance_km": away, "distance_km_high": away + reach, "side": side,
                "where": WHERES[where[0]],
                "chainage_km": length_km(before) if before.geom_type == "LineString" else 0.0,
                "length_km": length_km(item.axis), "source": p.source, "confidence": p.confidence,
            }
        )  # fmt: skip
    rows.sort(key=lambda r: float(r["distance_km"]))
    return pd.DataFrame(rows, columns=list(_AXES))


def _nodes(layout: Layout, lon: float, lat: float, err_m: float) -> pd.DataFrame:
    frame = layout.nodes
    if not len(frame):
        return pd.DataFrame(columns=list(_NODES))
    x, y = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
    away: NDArray[np.float64] = distance_km(lon, lat, x, y)
    rows = []
    for tier in TIERS:
        own = np.flatnonzero((frame["tier"] == tier).to_numpy())
        if not len(own):
            continue
        k = int(own[away[own].argmin()])
        row, reach = frame.iloc[k], (float(frame["err_m"].iat[k]) + err_m) / 1000
        rows.append(
            {
                "tier": tier, "node": row["id"], "node_zh": row["name_zh"], "node_en": row["name_en"],
                "kind": row["kind"], "status": row["status"], "err_m": float(row["err_m"]),
                "distance_km_low": max(0.0, away[k] - reach), "distance_km": float(away[k]),
                "distance_km_high": float(away[k] + reach),
                "azimuth_deg": float(azimuth_deg(lon, lat, x[k], y[k])),
                "source": row["source"], "confidence": row["confidence"],
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(_NODES))


_NUMBER = r"([-+]?\d{1,3}(?:\.\d+)?)°?([EWNS]?)"
_PAIR = re.compile(rf"^([EWNS]?){_NUMBER}[,;/ ]+([EWNS]?){_NUMBER}$")
_LETTERS = str.maketrans(
    {"东": "E", "西": "W", "北": "N", "南": "S", "、": ",", "，": ",", "。": "."}
)


def lonlat_in(text: str) -> tuple[float, float] | None:
    """Return the longitude and latitude that a text gives, or ``None`` if it is none.

    Parameters
    ----------
    text
        Such as ``114.4, 30.5``, ``30.5N 114.4E`` or ``东经114.4 北纬30.5``. Longitude comes first
        unless letters or the size of the numbers say otherwise.
    """
    plain = unicodedata.normalize("NFKC", text).strip().translate(_LETTERS).upper()
    plain = re.sub("[经纬度:]", "", plain)
    match = _PAIR.match(" ".join(plain.split()).replace(" ,", ",").replace(", ", ","))
    if match is None:
        return None
    lead_a, a, end_a, lead_b, b, end_b = match.groups()
    first, second = float(a), float(b)
    letters = ((lead_a or end_a), (lead_b or end_b))
    first *= -1 if letters[0] in ("W", "S") and letters[0] else 1
    second *= -1 if letters[1] in ("W", "S") and letters[1] else 1
    turned = letters[0] in ("N", "S") if letters[0] else letters[1] in ("E", "W") if letters[1] else abs(second) > 90 >= abs(first)  # fmt: skip
    lon, lat = (second, first) if turned else (first, second)
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None
