"""Who is left out: areas and points in no footprint, ranked, with the change that would take them in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.analysis.areas import OUTSIDE, outside, planar_units
from geo.analysis.bands import BLANK, band
from geo.analysis.changes import CHANGES, least_change
from geo.analysis.cloud import Cloud, cloud_of
from geo.analysis.footprints import Footprint, footprints_of
from geo.analysis.progress import Progress
from geo.analysis.provenance import Provenance, provenance_of
from geo.engine.banded import compile_banded
from geo.errors import PointsError
from geo.io.reading import AUTO
from geo.measure import project_points, unproject
from geo.model.layout import Layout

__all__ = ["Gaps", "Rank", "gaps"]

Rank = Literal["weight", "distance"]
_NODE = ("id", "name_zh", "name_en")
_AT_ONCE = 50_000
"""So many places are looked at between two words of progress."""

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Gaps:
    """What :func:`gaps` returns.

    Attributes
    ----------
    by_point
        The first points that lie in no footprint: ``rank``, ``row`` of the source, position, weight,
        whether they are ``sure`` to be outside, the nearest ``footprint`` with ``distance_km`` and
        its band, and the change that would take each in (:data:`geo.analysis.changes.CHANGES`).
    by_unit
        One row for each administrative unit, and one (``unit_id`` blank) for what is in none:
        ``in_none_km2`` and ``share_in_none`` of its area, ``count`` and ``sum`` of its points in no
        footprint and their ``share``, with bands; and the nearest footprint and the change for a
        place inside it (``lon``, ``lat``) where that is outside. Empty without units.
    totals
        Points in no footprint, and all, by category, with bands.
    provenance
        How it came about.
    """

    by_point: pd.DataFrame
    by_unit: pd.DataFrame
    totals: pd.DataFrame
    provenance: Provenance


def gaps(
    points: Any,
    layout: Layout,
    *,
    units: gpd.GeoDataFrame | None = None,
    weight: str | None = None,
    by: str | None = None,
    top: int = 50,
    rank: Rank = "weight",
    columns: Sequence[str] = (),
    footprints: Sequence[Footprint] | None = None,
    ring_km: float | None = None,
    datum: str = AUTO,
    lon: str | None = None,
    lat: str | None = None,
    sheet: str | None = None,
    err_m: float = 0.0,
    progress: Progress | None = None,
) -> Gaps:
    """Rank what lies in no footprint, and say what would take it in.

    Parameters
    ----------
    points
        As for ``geo.coverage``, or a cloud; ``None`` for the located nodes of the layout.
    layout
        The layout.
    units
        Administrative units (``geo.read_units``).
    weight, by, datum, lon, lat, sheet, err_m
        As for ``geo.coverage``.
    top
        So many points are listed.
    rank
        ``weight``: the heaviest first, among equals the nearest to a footprint; units by the weight
        of their points outside, then by their area outside. ``distance``: the nearest first, which
        need the least change, among equals the heaviest.
    columns
        Further columns of the points to list, such as a name.
    footprints
        By default all of the layout, the campus rings as one.
    ring_km
        Width of the campus rings.
    progress
        Told how many of the places that may be listed have their nearest footprint, and of how many.

    Returns
    -------
    Gaps
        Low counts points that are outside wherever the footprints and they lie within their errors
        (and surely in the unit), high those that may be.

    Raises
    ------
    PointsError
        If the points cannot be read, or there are no footprints.
    """
    if rank not in ("weight", "distance"):
        raise PointsError(f"unknown ranking {rank!r}: weight or distance")
    if top < 0:
        raise PointsError(f"top is {top}: give how many points to list, 0 or more")
    own = list(footprints_of(layout, ring_km=ring_km) if footprints is None else footprints)
    own = [f for f in own if not f.shape.is_empty]
    if not own:
        raise PointsError(f"layout {layout.id!r} has no footprints: everything is left out")
    if points is None:
        points, columns, datum = layout.nodes, _NODE, "wgs84"
    cloud = cloud_of(
        points, by=by, weight=weight, columns=columns, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m,
        layout=layout,
    )  # fmt: skip
    place = _Places.of(cloud, own, units)
    provenance = provenance_of(
        "profile.method.gaps", cloud=cloud, crs=layout.crs, footprints=[f.id for f in own], rank=rank, top=top,
        ring_km=ring_km, weight=weight, by=by,
    )  # fmt: skip
    return Gaps(
        _by_point(cloud, place, layout, own, top, rank, progress),
        pd.DataFrame() if units is None else _by_unit(cloud, place, layout, own, units, rank),
        _totals(cloud, place), provenance,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Places:
    """Of each point: is it in no footprint, and in which unit; surely, probably, perhaps."""

    none: Bools
    """Shape (n, 3)."""
    sets: Bools
    """Shape (sets, footprints + units, 3)."""
    ids: NDArray[np.int64]
    footprints: int

    @classmethod
    def of(cls, cloud: Cloud, own: Sequence[Footprint], units: gpd.GeoDataFrame | None) -> _Places:
        outlines: list[Any] = [f.outlines for f in own]
        if units is not None:
            outlines += [np.array([g] * 3, dtype=object) for g in units.geometry]
        plan = compile_banded(outlines, rows=len(cloud))
        err = cloud.err_m if (cloud.err_m > 0).any() else None
        sets, ids = plan.locate(cloud.lon, cloud.lat, err)
        sets = sets.reshape(len(sets), -1, 3)
        # Surely in none is what is not even perhaps in one.
        return cls(~np.asarray(sets[:, : len(own)].any(axis=1))[ids, ::-1], sets, ids, len(own))

    def of_unit(self, k: int) -> Bools:
        """Return which points are in a unit; in none of them for -1."""
        units = self.sets[:, self.footprints :]
        own = ~np.asarray(units.any(axis=1))[:, ::-1] if k < 0 else units[:, k]
        return np.asarray(own[self.ids])


def _summed(cloud: Cloud, three: Bools) -> dict[str, Any]:
    row = band("count", three.sum(axis=0).tolist())
    if cloud.weighed:
        row |= band("sum", cloud.weights_in(three).sum(axis=0).tolist())
    return row


def _totals(cloud: Cloud, place: _Places) -> pd.DataFrame:
    order = sorted(range(len(cloud.names)), key=lambda k: cloud.names[k]) if cloud.names != ("",) else []  # fmt: skip
    rows = []
    for where, three in (("none", place.none), ("all", np.ones_like(place.none))):
        rows.append({"where": where, "by": ""} | _summed(cloud, three))
        for k in order:
            mine = (cloud.codes == k)[:, None] & three
            rows.append({"where": where, "by": cloud.names[k] or BLANK} | _summed(cloud, mine))
    return pd.DataFrame(rows)


def _nearest(
    own: Sequence[Footprint], xy: Floats, progress: Progress | None = None
) -> tuple[NDArray[np.intp], Floats]:
    """Return the nearest footprint of each place (the first of several), and how far it is, metres."""
    at, away, which = shapely.points(xy), np.zeros(len(xy)), np.full(len(xy), len(own))
    edges = [_edges(f.shape) for f in own]
    of = np.repeat(np.arange(len(own)), [len(e) for e in edges])
    tree = shapely.STRtree(np.concatenate(edges))
    for start in range(0, len(at), _AT_ONCE):
        some = at[start : start + _AT_ONCE]
        (place, edge), distance = tree.query_nearest(some, return_distance=True)
        away[start + place] = distance
        np.minimum.at(which, start + place, of[edge])
        if progress is not None:
            progress(start + len(some), len(at))
    for k, footprint in reversed(list(enumerate(own))):
        shapely.prepare(footprint.shape)
        inside = shapely.intersects(footprint.shape, at)
        away[inside], which[inside] = 0.0, k
    return which, away


def _edges(shape: Any) -> NDArray[np.object_]:
    """Return the straight edges of a polygon, one by one."""
    xy, ring = shapely.get_coordinates(shapely.get_parts(shapely.get_rings(shapely.get_parts(shape))), return_index=True)  # fmt: skip
    joined = ring[1:] == ring[:-1]
    return np.asarray(shapely.linestrings(np.stack([xy[:-1][joined], xy[1:][joined]], axis=1)))


def _suggestion(
    layout: Layout, footprint: Footprint, lon: float, lat: float, away_m: float, err_m: float
) -> dict[str, Any]:  # fmt: skip
    reach = footprint.err_m + err_m
    three = [max(away_m - reach, 0.0) / 1000, away_m / 1000, (away_m + reach) / 1000]
    return (
        {"footprint": footprint.id, "footprint_zh": footprint.name_zh, "footprint_en": footprint.name_en}
        | band("distance_km", three)
        | least_change(layout, footprint, lon, lat)
    )  # fmt: skip


def _by_point(
    cloud: Cloud, place: _Places, layout: Layout, own: Sequence[Footprint], top: int, rank: Rank,
    progress: Progress | None = None,
) -> pd.DataFrame:  # fmt: skip
    out = np.flatnonzero(place.none[:, 1])
    if rank == "weight" and 0 < top < len(out):
        # Only these can be among the heaviest: the others need no nearest footprint.
        out = out[cloud.weight[out] >= np.partition(cloud.weight[out], -top)[-top]]
    xy = project_points(cloud.lon[out], cloud.lat[out], layout.crs) if len(out) else np.empty((0, 2))  # fmt: skip
    which, away = _nearest(own, xy, progress)
    weight = cloud.weight[out]
    keys = (away, -weight) if rank == "weight" else (-weight, away)
    rows = []
    for number, k in enumerate(np.lexsort((cloud.row[out], *keys))[:top], 1):
        p = out[k]
        row = {"rank": number, "row": int(cloud.row[p])} | {c: cloud.columns[c][p] for c in cloud.columns}  # fmt: skip
        row |= {
            "lon": float(cloud.lon[p]), "lat": float(cloud.lat[p]), "by": cloud.names[cloud.codes[p]],
            "weight": float(cloud.weight[p]), "sure": bool(place.none[p, 0]),
        }  # fmt: skip
        rows.append(row | _suggestion(layout, own[which[k]], row["lon"], row["lat"], float(away[k]), float(cloud.err_m[p])))  # fmt: skip
    columns = [
        "rank", "row", *cloud.columns, "lon", "lat", "by", "weight", "sure", "footprint", "footprint_zh", "footprint_en",
        "distance_km_low", "distance_km", "distance_km_high", *CHANGES,
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _by_unit(
    cloud: Cloud, place: _Places, layout: Layout, own: Sequence[Footprint], units: gpd.GeoDataFrame, rank: Rank
) -> pd.DataFrame:  # fmt: skip
    areas = outside(layout, units, footprints=own)
    areas = areas[areas["scope"] == "with-belt"].drop(columns=["scope", "in_one_km2", "in_several_km2"])  # fmt: skip
    inner = shapely.point_on_surface(planar_units(layout, units))
    xy, lonlat = (
        shapely.get_coordinates(inner),
        shapely.get_coordinates(unproject(inner, layout.crs)),
    )
    which, away = _nearest(own, xy)
    rows = []
    for k, row in enumerate(areas.to_dict("records")):
        head = {str(c): v for c, v in row.items()} | _share(cloud, place, place.of_unit(k))
        head |= {"lon": lonlat[k, 0], "lat": lonlat[k, 1]}
        if away[k] > 0:
            head |= _suggestion(layout, own[which[k]], lonlat[k, 0], lonlat[k, 1], float(away[k]), 0.0)  # fmt: skip
        else:
            head |= {"distance_km_low": 0.0, "distance_km": 0.0, "distance_km_high": own[which[k]].err_m / 1000}  # fmt: skip
        rows.append(head)
    rest = _share(cloud, place, place.of_unit(-1))
    table = pd.DataFrame(rows)
    value = "sum" if cloud.weighed else "count"
    keys = [value, "in_none_km2"] if rank == "weight" else ["distance_km", value]
    table = table.sort_values(keys, ascending=[rank == "distance", False], kind="stable")
    if rest["count_high"]:
        none = {"unit_id": OUTSIDE, "unit_zh": "", "unit_en": ""} | rest
        table = pd.concat([table, pd.DataFrame([none])])
    texts = ["footprint", "footprint_zh", "footprint_en", "change", "end", "unit_source"]
    order = [c for c in table.columns if c != "unit_source"]
    table = table.reindex(columns=[*dict.fromkeys([*order, *texts[:3], *CHANGES]), "unit_source"])
    for name in texts:
        table[name] = table[name].astype(object).where(table[name].notna(), "")
    return table.reset_index(drop=True)


def _share(cloud: Cloud, place: _Places, unit: Bools) -> dict[str, Any]:
    """Return the points of a unit in no footprint, and what share they are of its points."""
    left = _summed(cloud, unit & place.none)
    out = [left[f"count{end}"] for end in ("_low", "", "_high")]
    # The smallest share has the fewest outside and the most inside.
    inside = (unit & ~place.none[:, ::-1]).sum(axis=0)[::-1].tolist()
    total = int(unit[:, 1].sum())
    share = [a / (a + b) if a + b else 0.0 for a, b in zip(out, inside, strict=True)]
    return left | {"total": total} | band("share", share if total else [float("nan")] * 3)
