"""One belt on trial: its area, the seats that it holds, the units, nodes and points that it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from shapely import Point

from geo.analysis.areas import footprint_units
from geo.analysis.bands import band, by_category
from geo.analysis.cloud import Cloud, cloud_of
from geo.analysis.footprints import Footprint
from geo.analysis.nodes import node_counts
from geo.analysis.provenance import Provenance, provenance_of
from geo.engine.banded import compile_banded
from geo.engine.tally import Tally
from geo.errors import LayoutError, PointsError
from geo.io.reading import AUTO
from geo.measure import area_km2, distance_km, laea, project
from geo.model.belt import Belt
from geo.model.items import BeltItem
from geo.model.scenario import Scenario
from geo.model.shapes import offset
from geo.words import LANGUAGES, say

if TYPE_CHECKING:
    from geo.model.layout import Layout

__all__ = [
    "BeltLab", "belt_lab", "belt_scenario", "oriented_belt_of", "trial_belt",
]  # fmt: skip

Floats = NDArray[np.float64]

BELT_ID = "belt-lab"
"""Id of the footprint in tables, and of the scenario made from it."""
_EARTH_KM = 6371.0
_SEAT_COLUMNS = (
    "seat", "seat_zh", "seat_en", "role", "along_km", "across_km", "depth_km", "low", "central", "high", "err_m",
)  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class BeltLab:
    """What :func:`belt_lab` returns.

    Attributes
    ----------
    belt
        The belt.
    footprint
        It as a footprint of the layout, with its offsets.
    summary
        One row: centre, ``azimuth_deg``, ``length_km``, ``width_km``; ``area_km2`` (geodesic; low
        and high by the offsets); ``seats_held`` with its band, ``seats``; ``slack_along_km`` and
        ``slack_across_km``, the room left along and across all seats wherever the belt is centred
        (negative: at this azimuth and size no place holds them all).
    seats
        One row for each seat, as of ``geo.seats_held``: ``depth_km`` is the distance to the edge,
        negative outside.
    units
        Area in each unit with its band and shares, the largest first; empty without units.
    nodes
        Located nodes of each tier inside, with the band.
    points
        Rows as of ``geo.coverage(...).table``; empty without points.
    provenance
        Method, projection, parameters, points.
    """

    belt: Belt
    footprint: Footprint
    summary: pd.DataFrame
    seats: pd.DataFrame
    units: pd.DataFrame
    nodes: pd.DataFrame
    points: pd.DataFrame
    provenance: Provenance


def belt_lab(
    belt: Belt,
    layout: Layout,
    points: Any = None,
    *,
    units: gpd.GeoDataFrame | None = None,
    belt_err_m: float = 0.0,
    by: str | None = None,
    weight: str | None = None,
    datum: str = AUTO,
    lon: str | None = None,
    lat: str | None = None,
    sheet: str | None = None,
    err_m: float = 0.0,
) -> BeltLab:
    """Return all that one belt holds and takes.

    Parameters
    ----------
    belt
        Any rectangle.
    layout
        Gives the seats, the nodes and the projection.
    points
        As for ``geo.coverage``, or a cloud (which is not read again); ``None`` for none.
    units
        Administrative units, WGS84 (``geo.read_units``).
    belt_err_m
        Positional error of the belt's outline, metres.
    by, weight, datum, lon, lat, sheet, err_m
        As for ``geo.coverage``.

    Returns
    -------
    BeltLab
        Areas in units, nodes and points are those that ``geo.footprint_units``,
        ``geo.node_counts`` and ``geo.coverage`` give for this footprint. Low and high are exact
        bounds: by the offsets of the outline by its error, and the errors of seats, nodes and
        points added to that.

    Raises
    ------
    PointsError
        As ``geo.coverage``; or if the error of the belt is no number from 0.
    """
    if not (math.isfinite(belt_err_m) and belt_err_m >= 0):
        raise PointsError(f"belt_err_m is {belt_err_m}: give metres from 0")
    footprint = _footprint(belt, layout, belt_err_m)
    cloud = None
    if points is not None:
        cloud = points if isinstance(points, Cloud) else cloud_of(
            points, by=by, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m, layout=layout
        )  # fmt: skip
    seats = _seats(belt, layout, belt_err_m)
    nodes = node_counts(layout, footprints=[footprint])
    shares = pd.DataFrame() if units is None else footprint_units(layout, units, footprints=[footprint])  # fmt: skip
    if len(shares):
        shares = shares.sort_values("area_km2", ascending=False, ignore_index=True)
    return BeltLab(
        belt, footprint, _summary(belt, footprint, seats, layout), seats, shares,
        nodes[nodes["footprint"] == footprint.id].reset_index(drop=True),
        pd.DataFrame() if cloud is None else _counted(belt, footprint, cloud, layout),
        provenance_of(
            "beltpage.method.lab", cloud=cloud, crs=layout.crs, lon=belt.lon, lat=belt.lat,
            azimuth_deg=belt.azimuth_deg, length_km=belt.length_km, width_km=belt.width_km,
            belt_err_m=belt_err_m, by=by or "", weight=weight or "",
        ),
    )  # fmt: skip


def _footprint(belt: Belt, layout: Layout, err_m: float) -> Footprint:
    shape = project(belt.footprint, layout.crs)
    names = {lang: say("beltpage.name.belt", lang) for lang in LANGUAGES}
    return Footprint(
        BELT_ID, names["zh"], names["en"], "oriented-belt", "belt", "illustrative", err_m, shape,
        offset(shape, -err_m), offset(shape, err_m), say("beltpage.name.source", "zh"), "n/a", layout.crs,
    )  # fmt: skip


def _depth_km(belt: Belt, lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Return places along and across a belt, and their distances to its edge (negative outside)."""
    at = belt.along_across(lon, lat)
    room = np.array([belt.length_km, belt.width_km]) / 2 - np.abs(at)
    outside = np.hypot(*np.maximum(-room, 0.0).T)
    return at, np.where(outside > 0, -outside, room.min(axis=1))


def _seats(belt: Belt, layout: Layout, err_m: float) -> pd.DataFrame:
    frame = layout.seats
    if not len(frame):
        return pd.DataFrame(columns=list(_SEAT_COLUMNS))
    at, depth = _depth_km(belt, frame.geometry.x, frame.geometry.y)
    reach = frame["err_m"].fillna(0.0).to_numpy(float) + err_m
    inside = belt.holds(frame.geometry.x, frame.geometry.y)
    roles: dict[str, str] = {}
    for item in layout.of_layer("belt"):
        roles |= getattr(item.properties, "roles", {})
    return pd.DataFrame(
        {
            "seat": frame["id"], "seat_zh": frame["name_zh"], "seat_en": frame["name_en"],
            "role": [roles.get(str(i), "") for i in frame["id"]],
            "along_km": at[:, 0], "across_km": at[:, 1], "depth_km": depth,
            "low": inside & (1000 * depth > reach), "central": inside,
            "high": inside | (1000 * depth >= -reach), "err_m": reach,
        }
    )  # fmt: skip


def _summary(belt: Belt, footprint: Footprint, seats: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    low, _, high = (float(s.area) / 1e6 for s in footprint.three)
    slack = (math.nan, math.nan)
    if len(seats):
        slack = belt.slack(layout.seats.geometry.x, layout.seats.geometry.y)
    row: dict[str, Any] = {
        "lon": belt.lon, "lat": belt.lat, "azimuth_deg": belt.azimuth_deg, "length_km": belt.length_km,
        "width_km": belt.width_km,
    }  # fmt: skip
    area = area_km2(belt.footprint)
    row |= band("area_km2", [min(low, area), area, max(high, area)])
    row |= band("seats_held", [int(seats[c].sum()) for c in ("low", "central", "high")])
    row |= {"seats": len(seats), "slack_along_km": slack[0], "slack_across_km": slack[1]}
    return pd.DataFrame([row])


def _counted(belt: Belt, footprint: Footprint, cloud: Cloud, layout: Layout) -> pd.DataFrame:
    """Return the rows of ``geo.coverage`` for one footprint of a cloud."""
    plan = compile_banded([list(footprint.outlines)], rows=len(cloud))
    sets, ids = plan.locate(cloud.lon, cloud.lat, _errors(belt, footprint.err_m, cloud, layout))
    grouped = cloud.names != ("",)
    tally = Tally.of(sets, ids, cloud.names, cloud.codes, cloud.weight if cloud.weighed else None)
    rows = by_category(tally, tally.sets, grouped=grouped, weighed=cloud.weighed)
    return pd.DataFrame([footprint.row() | row | footprint.origin() for row in rows])


def _errors(belt: Belt, err_m: float, cloud: Cloud, layout: Layout) -> Floats | None:
    """Return the errors of the points that may lie on the other side of the edge, 0 for the rest.

    The exact test of a point with an error is slow; far from the edge it cannot change anything.
    """
    if not cloud.err_m.any():
        return None
    away = 1000 * np.abs(_depth_km(belt, cloud.lon, cloud.lat)[1])
    # Here lengths are the belt's own; those of a projection centred c radians away differ by c²/8.
    off = (
        float(distance_km(belt.lon, belt.lat, *layout.meta.centre)) + belt.length_km + belt.width_km
    )
    scale = min((off / _EARTH_KM) ** 2, 0.5)
    near = away * (1 - scale) <= cloud.err_m + err_m + scale * 1000 * belt.length_km
    return np.where(near, cloud.err_m, 0.0)


def oriented_belt_of(layout: Layout) -> BeltItem | None:
    """Return the first oriented belt of a layout that has a position, or ``None``."""
    for item in layout.of_layer("belt"):
        if isinstance(item, BeltItem) and item.shape is not None:
            return item
    return None


def trial_belt(layout: Layout) -> Belt:
    """Return the belt that trials start from.

    The layout's own; without one the smallest rectangle about its first corridor, in whole
    kilometres; without that one of 100 × 20 km, east–west about the layout's centre.
    """
    item = oriented_belt_of(layout)
    if item is not None and item.shape is not None:
        return item.shape
    for corridor in layout.of_layer("corridor"):
        planar = corridor.planar_footprint
        if planar is not None:
            corners = np.asarray(planar.minimum_rotated_rectangle.exterior.coords)[:4]
            own = Belt.from_planar_corners(corners, layout.crs)
            return replace(
                own, length_km=math.ceil(own.length_km), width_km=math.ceil(own.width_km)
            )
    return Belt(*layout.meta.centre, 90.0, 100.0, 20.0)


def belt_scenario(
    layout: Layout, belt_id: str, belt: Belt, *, onto: Scenario | None = None
) -> Scenario:
    """Return the scenario that turns an oriented belt of a layout into another rectangle.

    Parameters
    ----------
    layout
        The layout as published.
    belt_id
        Its belt.
    belt
        What it becomes: moved, turned, lengthened and widened as far as it differs.
    onto
        A scenario of the same layout whose other changes are kept.

    Raises
    ------
    LayoutError
        If there is no such oriented belt.
    """
    item = layout[belt_id] if belt_id in layout else None
    if not isinstance(item, BeltItem) or item.shape is None:
        raise LayoutError(f"no oriented belt {belt_id!r} in the layout: name one that has a position")  # fmt: skip
    old = item.shape
    x, y = project(Point(belt.lon, belt.lat), laea(old.lon, old.lat)).coords[0]
    by_km, turn = math.hypot(x, y) / 1000, (belt.azimuth_deg - old.azimuth_deg + 90) % 180 - 90
    changes: list[dict[str, Any]] = []
    if by_km > 1e-4:
        changes.append({"do": "move", "by_km": round(by_km, 6), "azimuth_deg": round(math.degrees(math.atan2(x, y)), 8)})  # fmt: skip
    if abs(turn) > 1e-6:
        changes.append({"do": "turn", "by_deg": round(turn, 6)})
    if not math.isclose(belt.length_km, old.length_km):
        changes.append({"do": "lengthen", "length_km": belt.length_km})
    if not math.isclose(belt.width_km, old.width_km):
        changes.append({"do": "widen", "width_km": belt.width_km})
    kept = [] if onto is None else [c.model_dump() for c in onto.changes if c.feature != belt_id]
    values = {"length": f"{belt.length_km:g}", "width": f"{belt.width_km:g}", "azimuth": f"{belt.azimuth_deg:.2f}"}  # fmt: skip
    return Scenario.of(
        {
            "id": BELT_ID if onto is None else onto.id, "base": layout.id,
            **{f"name_{lang}": say("beltpage.name.scenario", lang, name=getattr(item, f"name_{lang}"), **values)
               if onto is None else getattr(onto, f"name_{lang}") for lang in LANGUAGES},
            "changes": [*kept, *({"feature": belt_id} | c for c in changes)],
        }
    )  # fmt: skip
