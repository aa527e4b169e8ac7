"""Areas: footprint by unit, what lies in two footprints at once, what in none.

Every area is measured in the layout's equal-area projection. Low and high are those of the inner
and the outer offset of a footprint by its positional error.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.analysis.footprints import Footprint, footprints_of, oriented_belts, union_of
from geo.measure import project
from geo.model.layout import Layout

__all__ = ["footprint_units", "outside", "overlaps"]

OUTSIDE = ""
"""Code of the row for what lies in none of the units."""


def planar_units(layout: Layout, units: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the shapes of units in the layout's planar projection, metres."""
    return np.array([project(g, layout.crs) for g in units.geometry], dtype=object)


def footprint_units(
    layout: Layout, units: gpd.GeoDataFrame, *, footprints: Sequence[Footprint] | None = None
) -> pd.DataFrame:
    """Return the area of every footprint in every unit.

    Parameters
    ----------
    layout
        The layout.
    units
        Administrative units (``geo.read_units``), WGS84.
    footprints
        By default all of the layout, the campus rings as one.

    Returns
    -------
    DataFrame
        One row for each footprint and unit that share an area, and one with the unit ``""`` for
        what lies in none of the units, so that the rows of a footprint add up to its area.
        Columns: the footprint, the unit, ``area_km2_low``, ``area_km2``, ``area_km2_high``,
        ``share_of_footprint`` and ``share_of_unit`` with their bands (of 1), source, confidence.
    """
    shapes = planar_units(layout, units)
    # Only the ring between inner and outer offset can change: prepared tests skip the rest.
    shapely.prepare(shapes)
    tree = shapely.STRtree(shapes)
    unit_area = shapely.area(shapes) / 1e6
    rows = []
    for footprint in footprints_of(layout) if footprints is None else footprints:
        whole = shapely.area(footprint.three) / 1e6
        sums = np.zeros(3)
        for k in sorted(tree.query(footprint.outer, predicate="intersects")):
            area = _shared_area(footprint.three, shapes[k])
            sums += area
            if area[2] > 0:
                rows.append(
                    _row(footprint, area, whole, float(unit_area[k]))
                    | {
                        "unit_id": units["adcode"].iat[k],
                        "unit_zh": units["name_zh"].iat[k],
                        "unit_en": units["name_en"].iat[k],
                        "unit_source": units["source"].iat[k],
                    }
                )
        rest = whole - sums
        if (rest > 1e-6).any():
            area = np.maximum(rest, 0)
            rows.append(
                _row(footprint, np.sort(area), whole, float("nan"))
                | {"unit_id": OUTSIDE, "unit_zh": "", "unit_en": "", "unit_source": ""}
            )
    frame = pd.DataFrame(rows)
    order = [
        "footprint", "footprint_zh", "footprint_en", "layer", "kind", "status", "err_m",
        "unit_id", "unit_zh", "unit_en",
        "area_km2_low", "area_km2", "area_km2_high",
        "share_of_footprint_low", "share_of_footprint", "share_of_footprint_high",
        "share_of_unit_low", "share_of_unit", "share_of_unit_high",
        "source", "confidence", "unit_source",
    ]  # fmt: skip
    return frame.reindex(columns=order)


def _shared_area(three: NDArray[np.object_], unit: BaseGeometry) -> NDArray[np.float64]:
    return np.asarray(shapely.area(shapely.intersection(three, unit)) / 1e6)


def _row(
    footprint: Footprint, area: NDArray[np.float64], whole: NDArray[np.float64], unit: float
) -> dict[str, object]:
    # Of a share the extremes: the smallest part of the largest whole, and the other way round.
    largest = np.array([whole[2], whole[1], whole[0]])
    with np.errstate(divide="ignore", invalid="ignore"):
        # Where nothing is surely in the footprint, all of it may lie in this unit.
        share = np.where(largest > 0, np.minimum(area / largest, 1.0), area > 0)
    return (
        footprint.row()
        | _band("area_km2", area)
        | _band("share_of_footprint", share)
        | _band("share_of_unit", area / unit)
        | footprint.origin()
    )


def _band(name: str, values: NDArray[np.float64]) -> dict[str, object]:
    low, central, high = (float(v) for v in values)
    return {f"{name}_low": low, name: central, f"{name}_high": high}


def overlaps(layout: Layout, *, footprints: Sequence[Footprint] | None = None) -> pd.DataFrame:
    """Return what lies in two footprints at once, pair by pair.

    Returns
    -------
    DataFrame
        One row for each pair that shares an area (of their outer offsets at least): ids and names
        as ``a…`` and ``b…``, ``area_km2`` with its band, ``share_of_a`` and ``share_of_b`` (of 1,
        central), ``nested`` (true where one lies wholly inside the other by more than rounding).
    """
    found = list(footprints_of(layout) if footprints is None else footprints)
    rows = []
    for i, a in enumerate(found):
        for b in found[i + 1 :]:
            area = np.asarray(shapely.area(shapely.intersection(a.three, b.three)) / 1e6)
            if area[2] <= 0:
                continue
            whole_a, whole_b = a.shape.area / 1e6, b.shape.area / 1e6
            rows.append(
                {
                    "a": a.id, "a_zh": a.name_zh, "a_en": a.name_en,
                    "b": b.id, "b_zh": b.name_zh, "b_en": b.name_en,
                    **_band("area_km2", area),
                    "share_of_a": float(area[1] / whole_a),
                    "share_of_b": float(area[1] / whole_b),
                    "nested": bool(area[1] >= (1 - 1e-6) * min(whole_a, whole_b)),
                    "a_status": a.status, "b_status": b.status,
                }
            )  # fmt: skip
    columns = [
        "a", "a_zh", "a_en", "b", "b_zh", "b_en", "area_km2_low", "area_km2", "area_km2_high",
        "share_of_a", "share_of_b", "nested", "a_status", "b_status",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def outside(
    layout: Layout, units: gpd.GeoDataFrame, *, footprints: Sequence[Footprint] | None = None
) -> pd.DataFrame:
    """Return how much of each unit lies in no footprint, in one, and in several.

    Parameters
    ----------
    layout, units, footprints
        As for :func:`footprint_units`.

    Returns
    -------
    DataFrame
        Two rows a unit, by ``scope``: ``with-belt`` counts every footprint, ``without-belt``
        leaves out the oriented belts, which lie over all the others. Columns: ``area_km2`` of the
        unit, ``in_none_km2`` with its band, ``in_one_km2``, ``in_several_km2`` (central), and
        ``share_in_none`` with its band (of 1).
    """
    found = list(footprints_of(layout) if footprints is None else footprints)
    large = oriented_belts(layout)
    shapes = planar_units(layout, units)
    rows = []
    for scope, those in (
        ("with-belt", found),
        ("without-belt", [f for f in found if f.id not in large]),
    ):
        low, central, high = union_of(those)
        several = _covered_twice([f.shape for f in those])
        for k, shape in enumerate(shapes):
            whole = shape.area / 1e6
            inside = shapely.area(shapely.intersection([low, central, high], shape)) / 1e6
            twice = shapely.area(shapely.intersection(several, shape)) / 1e6
            none = np.array([whole - inside[2], whole - inside[1], whole - inside[0]])
            none = np.clip(none, 0, whole)
            rows.append(
                {
                    "scope": scope,
                    "unit_id": units["adcode"].iat[k],
                    "unit_zh": units["name_zh"].iat[k],
                    "unit_en": units["name_en"].iat[k],
                    "area_km2": whole,
                    **_band("in_none_km2", none),
                    "in_one_km2": float(max(inside[1] - twice, 0)),
                    "in_several_km2": float(twice),
                    **_band("share_in_none", none / whole),
                    "unit_source": units["source"].iat[k],
                }
            )
    return pd.DataFrame(rows)


def _covered_twice(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    """Return where at least two shapes lie on one another."""
    once: BaseGeometry = shapely.Polygon()
    twice: BaseGeometry = shapely.Polygon()
    for shape in shapes:
        twice = shapely.union(twice, shapely.intersection(once, shape))
        once = shapely.union(once, shape)
    return twice
