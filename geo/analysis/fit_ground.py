"""Points in a plane with what is permitted of a belt there, and what footprints take of them."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.analysis.cloud import Cloud, cloud_of, frame_of
from geo.analysis.fit_places import coordinates_of, polygons_of, ranges_of
from geo.analysis.footprints import footprints_of
from geo.analysis.maxrs import Floats
from geo.analysis.maxrs_rules import Rules, back
from geo.analysis.maxrs_turned import Placed, Turned
from geo.analysis.points import coverage
from geo.analysis.progress import Progress
from geo.errors import PointsError
from geo.measure import laea, project, project_points, unproject
from geo.model.belt import Belt

if TYPE_CHECKING:
    from geo.model.layout import Layout

__all__ = ["Ground", "counted", "ground_of", "published_of", "with_tolerance"]


@dataclass(frozen=True, eq=False, repr=False)
class Ground:
    """Points in a plane, and what is permitted of a belt.

    Attributes
    ----------
    cloud
        The points.
    crs
        The projection.
    turned
        The points in it.
    places
        Longitude and latitude of what must be held, shape (k, 2).
    shapes
        WGS84 polygons that must be touched.
    ranges
        Permitted azimuths, each from less to more.
    step_deg
        Resolution of azimuths.
    rules
        What is permitted, planar.
    """

    cloud: Cloud
    crs: CRS
    turned: Turned
    places: Floats
    shapes: tuple[Any, ...]
    ranges: tuple[tuple[float, float], ...]
    step_deg: float
    rules: Rules

    def place(
        self, length_km: float, width_km: float, rules: Rules | None = None, *,
        floor: float = 0.0, enough: float = math.inf, progress: Progress | None = None,
    ) -> tuple[Placed | None, float]:  # fmt: skip
        """Return the best place of a belt (``None`` if none beats the floor), and the bound."""
        for name, value in (("length", length_km), ("width", width_km)):
            if not (math.isfinite(value) and value > 0):
                raise PointsError(f"the {name} is {value:g} km: give a number above 0")
        return self.turned.place(
            length_km * 1000, width_km * 1000, self.ranges, self.step_deg, rules or self.rules,
            floor=floor, enough=enough, progress=progress,
        )  # fmt: skip

    def belt(self, placed: Placed, length_km: float, width_km: float) -> Belt:
        """Return a placed rectangle as a belt, its azimuth true at its own centre."""
        u, v = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]).T * np.array([[length_km], [width_km]]) * 500  # fmt: skip
        corners = [back(a, b, placed.azimuth_deg) for a, b in zip(u, v, strict=True)]
        planar = shapely.points(np.array(corners) + np.array([placed.x, placed.y]))
        centre = unproject(shapely.Point(placed.x, placed.y), self.crs)
        own = laea(centre.x, centre.y)
        lonlat = shapely.get_coordinates(unproject(planar, self.crs))
        there = project_points(lonlat[:, 0], lonlat[:, 1], own)
        along = (there[1] + there[2] - there[0] - there[3]) / 2
        azimuth = math.degrees(math.atan2(along[0], along[1]))
        return Belt(centre.x, centre.y, azimuth, length_km, width_km)


def ground_of(
    points: Any, *, layout: Layout | None, contain: Any, touch: Any, azimuths: Any, step_deg: float,
    by: str | None, weight: str | None, datum: str, lon: str | None, lat: str | None, sheet: str | None,
    err_m: float, threads: int | None,
) -> Ground:  # fmt: skip
    """Read points and what is permitted; parameters and errors as of ``geo.fit_belt``."""
    if not (math.isfinite(step_deg) and 0.001 <= step_deg <= 90):
        raise PointsError(f"step_deg is {step_deg:g}: give degrees from 0.001 to 90")
    ranges = ranges_of(azimuths)
    places, shapes = coordinates_of(contain, layout), polygons_of(touch, layout)
    cloud = cloud_of(
        points, by=by, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m, layout=layout
    )  # fmt: skip
    if not len(cloud) or not cloud.weight.sum() > 0:
        raise PointsError(f"{cloud.name or 'points'}: no points with a weight to place a belt by")
    if cloud.weight.min() < 0:
        row = int(cloud.row[cloud.weight.argmin()]) if len(cloud.row) else 0
        raise PointsError(
            f"{cloud.name or 'points'}: row {row} has the negative weight {cloud.weight.min():g}: the best place "
            "is for weights of 0 or more; leave such rows out or choose another column"
        )
    crs = layout.crs if layout is not None else laea(round(float(np.median(cloud.lon)), 6), round(float(np.median(cloud.lat)), 6))  # fmt: skip
    own = cloud.weight > 0
    xy, summed = _merged(project_points(cloud.lon[own], cloud.lat[own], crs), cloud.weight[own])
    rules = Rules(
        project_points(places[:, 0], places[:, 1], crs) if len(places) else places,
        tuple(project(shape, crs) for shape in shapes),
    )
    workers = threads or os.cpu_count() or 1
    return Ground(cloud, crs, Turned(xy, summed, workers), places, shapes, ranges, step_deg, rules)


def _merged(xy: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return points in an order of their own, each place once: sums do not depend on the source's order."""
    order = np.lexsort((weight, xy[:, 1], xy[:, 0]))
    xy, weight = xy[order], weight[order]
    first = np.flatnonzero(np.r_[True, (np.diff(xy, axis=0) != 0).any(axis=1)])
    # By columns: turning reads all x, then all y.
    return np.asfortranarray(xy[first]), np.add.reduceat(weight, first)


def published_of(layout: Layout | None) -> list[Any]:
    """Return the rectangles that a layout has published: its oriented belts with a position."""
    belts = [] if layout is None else layout.of_layer("belt")
    return [b for b in belts if getattr(b, "shape", None) is not None]


def counted(cloud: Cloud, shapes: Sequence[Any], by: str | None) -> pd.DataFrame:
    """Return what footprints take of a cloud, as ``geo.coverage`` counts it; ``footprint`` numbers them."""
    found = coverage(
        frame_of(cloud), list(shapes), by="by" if by is not None else None,
        weight="weight" if cloud.weighed else None, datum="wgs84",
    ).table  # fmt: skip
    per = len(found) // len(shapes)
    return found.assign(number=np.repeat(np.arange(len(shapes)), per))


def with_tolerance(item: Any) -> Any:
    """Return the footprint of a feature of a layout with its inner and outer offset."""
    return next(f for f in footprints_of(item.layout, rings="none") if f.id == item.id)
