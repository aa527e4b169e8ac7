"""Where footprints lie on one another: the disjoint parts as shapes, and how often each point counts."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.analysis.cloud import Cloud
from geo.analysis.footprints import Footprint
from geo.analysis.overlap import Level
from geo.engine.banded import compile_banded
from geo.measure import unproject

__all__ = ["part_shapes", "times_counted"]

_NAMES = ["part", "part_zh", "part_en", "members", "area_km2_low", "area_km2", "area_km2_high"]


def part_shapes(
    parts: pd.DataFrame, footprints: Sequence[Footprint], level: Level = "layer"
) -> gpd.GeoDataFrame:
    """Return the parts that :func:`geo.analysis.overlap.overlap` found as shapes.

    Parameters
    ----------
    parts
        ``Overlap.parts``.
    footprints, level
        What it was given.

    Returns
    -------
    GeoDataFrame
        WGS84; ``part`` with its names, ``members``, ``area_km2`` with its band, and what lies in
        all members of the part and in no other. Parts without an area are left out.
    """
    own = _shapes(footprints, level)
    rows, shapes = [], []
    for row in parts.drop_duplicates("part")[_NAMES].to_dict("records"):
        held = str(row["part"]).split(" + ")
        if held == [""] or not row["area_km2"] > 0:
            continue
        shape: BaseGeometry = shapely.intersection_all(np.array([own[name] for name in held]))
        others = [s for name, s in own.items() if name not in held]
        shape = shapely.difference(shape, shapely.union_all(np.array(others, dtype=object)))
        rows.append(row)
        shapes.append(unproject(shape, footprints[0].crs))
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=_NAMES), geometry=shapes, crs=4326)


def _shapes(footprints: Sequence[Footprint], level: Level) -> dict[str, BaseGeometry]:
    groups: dict[str, list[BaseGeometry]] = {}
    for f in footprints:
        if not f.shape.is_empty:
            groups.setdefault(f.layer if level == "layer" else f.id, []).append(f.shape)
    return {name: shapely.union_all(np.array(those)) for name, those in groups.items()}


def times_counted(
    cloud: Cloud, footprints: Sequence[Footprint], level: Level = "layer"
) -> NDArray[np.int64]:
    """Return in how many footprints (or layers of them) each point lies, shape (n,).

    Positional errors are not looked at: this is for drawing, the bands are those of
    :func:`geo.analysis.overlap.overlap`.
    """
    outlines = [[f.outlines[1]] * 3 for f in footprints]
    if not outlines or not len(cloud):
        return np.zeros(len(cloud), dtype=np.int64)
    sets, ids = compile_banded(outlines, rows=len(cloud)).locate(cloud.lon, cloud.lat, None)
    inside = sets.reshape(len(sets), -1, 3)[:, :, 1]
    names = [f.layer if level == "layer" else f.id for f in footprints]
    held = [inside[:, [n == name for n in names]].any(axis=1) for name in dict.fromkeys(names)]
    return np.asarray(np.asarray(held).sum(axis=0, dtype=np.int64)[ids])
