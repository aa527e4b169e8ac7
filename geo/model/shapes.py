"""Footprints from what is known: an axis with widths, a skeleton with an area, campuses with a ring.

All functions work in planar metres (the layout's equal-area projection) and return planar shapes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.optimize import brentq
from shapely.geometry.base import BaseGeometry

__all__ = [
    "axis_footprint",
    "mean_width",
    "merge_rings",
    "offset",
    "skeleton_footprint",
    "width_at",
]

QUARTER = 32
"""Segments in a quarter circle of a round end: its area is then short by 0.04 %."""


def width_at(
    widths: Sequence[tuple[float, float]], chainage: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the width at chainages: linear between the given ones, constant beyond them.

    Parameters
    ----------
    widths
        ``(chainage, width)`` pairs in growing order, any one unit of length.
    chainage
        Where the width is wanted, same unit.
    """
    at, width = np.asarray(widths, dtype=float).T
    return np.asarray(np.interp(chainage, at, width))


def axis_footprint(axis: BaseGeometry, widths: Sequence[tuple[float, float]]) -> BaseGeometry:
    """Return the footprint of a corridor: its axis widened by a profile, with round ends.

    Between two chainages with different widths the footprint is the convex hull of the two discs,
    which is exact for a width that changes linearly along a straight piece of axis.

    Parameters
    ----------
    axis
        LineString in planar metres.
    widths
        ``(chainage_m, full_width_m)`` pairs; one pair is a constant width.
    """
    if len({w for _, w in widths}) == 1:
        return axis.buffer(widths[0][1] / 2, quad_segs=QUARTER)
    vertices = shapely.line_locate_point(axis, shapely.points(shapely.get_coordinates(axis)))
    stops = np.unique(
        np.clip(
            np.concatenate([vertices, [0, axis.length], [c for c, _ in widths]]), 0, axis.length
        )
    )
    centres = shapely.line_interpolate_point(axis, stops)
    discs = shapely.buffer(centres, width_at(widths, stops) / 2, quad_segs=QUARTER)
    pairs = [shapely.GeometryCollection([a, b]) for a, b in itertools.pairwise(discs)]
    return shapely.union_all(shapely.convex_hull(np.array(pairs, dtype=object)))


def mean_width(widths: Sequence[tuple[float, float]], length: float) -> float:
    """Return the mean of a width profile over an axis of a given length (same unit as the profile)."""
    stops = np.unique(np.clip([0.0, length, *(c for c, _ in widths)], 0, length))
    if len(stops) < 2:
        return widths[0][1]
    return float(np.trapezoid(width_at(widths, stops), stops) / length)


def skeleton_footprint(skeleton: BaseGeometry, area_m2: float, side: str = "both") -> BaseGeometry:
    """Return the buffer of a skeleton that has exactly a given area.

    The shape is illustrative; the area is right by construction.

    Parameters
    ----------
    skeleton
        Point, LineString or MultiLineString in planar metres.
    area_m2
        Area that the footprint must have.
    side
        ``"both"``, or ``"left"`` / ``"right"`` of a LineString in its direction.

    Raises
    ------
    ValueError
        If a one-sided buffer is asked of anything but a LineString.
    """
    if side != "both" and skeleton.geom_type != "LineString":
        raise ValueError(f"side={side!r} needs a LineString skeleton, not a {skeleton.geom_type}")

    def grown(d: float) -> BaseGeometry:
        if side == "both":
            return skeleton.buffer(d, quad_segs=QUARTER)
        signed = d if side == "left" else -d
        return skeleton.buffer(signed, single_sided=True, join_style="mitre", mitre_limit=2.0)

    upper = math.sqrt(area_m2 / math.pi)
    while grown(upper).area < area_m2:
        upper *= 2
    distance = brentq(lambda d: grown(d).area - area_m2, 1e-3, upper * 1.01, xtol=1e-6, rtol=1e-12)
    return grown(distance)


def merge_rings(
    campuses: Sequence[BaseGeometry], width_m: float
) -> tuple[list[BaseGeometry], list[list[int]]]:
    """Return the rings around campuses, those that overlap merged into one belt.

    Parameters
    ----------
    campuses
        Points (or outlines) in planar metres.
    width_m
        Width of the ring around each.

    Returns
    -------
    belts
        One shape for each cluster, ordered by its first campus.
    members
        For each belt the positions of its campuses in the input.
    """
    discs = shapely.buffer(np.array(campuses, dtype=object), width_m, quad_segs=QUARTER)
    union = shapely.union_all(discs)
    parts = list(shapely.get_parts(union))
    tree = shapely.STRtree(parts)
    part_of = np.empty(len(discs), dtype=int)
    inside = shapely.point_on_surface(np.array(campuses, dtype=object))
    campus, part = tree.query(inside, predicate="intersects")
    part_of[campus] = part
    order = sorted(range(len(parts)), key=lambda k: int(np.flatnonzero(part_of == k)[0]))
    return [parts[k] for k in order], [np.flatnonzero(part_of == k).tolist() for k in order]


def offset(footprint: BaseGeometry, distance_m: float) -> BaseGeometry:
    """Return the inner (negative) or outer (positive) offset of a footprint, in planar metres."""
    return footprint.buffer(distance_m, quad_segs=QUARTER)
