"""Claims of coverage: what share, or how many, lie within a distance of a footprint or an axis."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.analysis.claim_finding import Claim, Context, Finding
from geo.measure import Band, project, project_points
from geo.model.claim_terms import Within, within_of
from geo.model.items import Item

if TYPE_CHECKING:
    from geo.analysis.cloud import Cloud

__all__ = ["coverage", "multiplier"]

_POWER = re.compile(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)\s*(.*)")
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def multiplier(unit: str) -> float:
    """Return how many one of a unit of counts is: 1e6 for ``10⁶ people``, 1 for ``people``."""
    found = _POWER.fullmatch(unit.strip())
    return 1.0 if found is None else 10.0 ** int(found[1].translate(_DIGITS))


def coverage(claim: Claim, context: Context) -> Finding:
    """Measure a claim of coverage with points.

    A claim in ``%`` is the share of the points' weight (of their number where no weight is given);
    in any other unit it is the sum of the weights, or the number. Inside a footprint the distance
    is 0; ``within-axis`` measures from the axis of a corridor or belt. Distances are planar, in the
    layout's equal-area projection. Low and high move every distance by the positional errors of
    footprint and point together: they are bounds.
    """
    within, item = within_of(claim["of"]), context.item(claim)
    shape = _shape(item, within)
    if item is None or shape is None:
        return Finding(why="unlocated")
    cloud = context.cloud
    if cloud is None:
        return Finding(why="needs-points")
    own = np.ones(len(cloud), bool)
    if within.category:
        own = cloud.by == within.category
    if not own.any():
        words = {"category": within.category or "–", "n": len(cloud)}
        return Finding(why="no-such-points", words=words)
    sums, total = _sums(cloud, own, shape, within, float(item.err_m or 0.0), context.layout.crs)
    if claim["unit"] == "%":
        factor = 100 / total if total > 0 else math.nan
    else:
        factor = 1 / multiplier(claim["unit"])
    if math.isnan(factor):
        return Finding(why="no-weight")
    method = "within-axis" if within.of_axis else "within-footprint"
    words = {"d": within.text, "n": f"{int(own.sum()):,}"}
    return Finding(Band(*(float(s) * factor for s in sums)), method, words)


def _shape(item: Item | None, within: Within) -> Any:
    """Return what distances are measured from (WGS84), or ``None``."""
    if item is None:
        return None
    if within.of_axis:
        return getattr(item, "axis", None)
    return item.footprint if item.footprint is not None else item.geometry


def _sums(
    cloud: Cloud, own: np.ndarray[Any, Any], shape: Any, within: Within, err_m: float, crs: Any
) -> tuple[list[float], float]:
    """Return low, central and high of the weight within the distance, and the weight in all."""
    planar = project(shape, crs)
    shapely.prepare(planar)
    points = shapely.points(project_points(cloud.lon[own], cloud.lat[own], crs))
    away, slack = shapely.distance(points, planar), cloud.err_m[own] + err_m
    limit = within.km * 1000
    three = np.column_stack([away + slack <= limit, away <= limit, away - slack <= limit])
    kept = np.zeros((len(cloud), 3), bool)
    kept[own] = three
    sums = [math.fsum(column) for column in cloud.weights_in(kept).T]
    return sums, math.fsum(cloud.weight[own])
