"""Study areas: where random placements may lie, and the points that are looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.analysis.cloud import Cloud
from geo.analysis.subjects import about, planar, united
from geo.errors import PointsError
from geo.io.units import read_units
from geo.measure import project_points
from geo.model.layout import Layout

__all__ = ["study_area_of", "within", "without_seams"]

_SEAM_M2 = 1e6
"""Gaps in the union of units that are smaller are seams between outlines, not outside."""


def study_area_of(wanted: Any, layout: Layout | None, avoid: Any = None) -> BaseGeometry:
    """Return where something random may lie, WGS84.

    Parameters
    ----------
    wanted
        Polygons of any kind that ``targets_of`` takes; a layout, or ``None`` for the one below,
        stands for the union of its administrative units.
    layout
        Used where nothing is wanted.
    avoid
        Polygons that count as outside.

    Raises
    ------
    PointsError
        If there is neither an area nor a layout.
    UnitsError
        If the layout names no administrative units.
    """
    wanted = layout if wanted is None else wanted
    if isinstance(wanted, Layout):
        area = without_seams(united(read_units(wanted)))
    elif wanted is None:
        raise PointsError("no study area: give study_area, a polygon in which placements may lie")
    else:
        area = united(wanted)
    return area if avoid is None else shapely.difference(area, united(avoid))


def without_seams(area: BaseGeometry) -> BaseGeometry:
    """Return polygons without the seams that outlines drawn one by one leave between them."""
    crs = about([area])

    def kept(ring: BaseGeometry) -> bool:
        return bool(planar(shapely.Polygon(ring), crs).area >= _SEAM_M2)

    parts = [
        shapely.Polygon(part.exterior, [r for r in part.interiors if kept(r)])
        for part in shapely.get_parts(area)
    ]
    return shapely.union_all(parts)


def within(cloud: Cloud, region: BaseGeometry, crs: Any) -> Cloud:
    """Return the points that lie in the study area."""
    xy = project_points(cloud.lon, cloud.lat, crs)
    shapely.prepare(region)
    kept = shapely.intersects_xy(region, xy[:, 0], xy[:, 1])
    if not kept.any():
        raise PointsError(
            f"none of the {len(cloud):,} points lies in the study area: give the one that they are in, "
            "and check their datum"
        )
    own = {f: getattr(cloud, f)[kept] for f in ("lon", "lat", "weight", "err_m", "codes")}
    # Categories that have no point here would be tested without any.
    used, codes = np.unique(own.pop("codes"), return_inverse=True)
    names = tuple(cloud.names[k] for k in used)
    row = cloud.row[kept] if len(cloud.row) else cloud.row
    return Cloud(
        **own, codes=codes.astype(np.int32), names=names, row=row, name=cloud.name,
        weighed=cloud.weighed, reading=cloud.reading, rejected=cloud.rejected, listed=cloud.listed,
        synthetic=cloud.synthetic,
    )  # fmt: skip
