"""Matches as lines from each need to its candidates."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from geo.analysis.matching.matches import Matches
from geo.measure import geodesic_line
from geo.model.layout import WGS84

__all__ = ["match_lines"]


def match_lines(found: Matches, need: str | None = None) -> gpd.GeoDataFrame:
    """Return the listed matches as geodesics, WGS84; those without a position at either end are left out.

    Columns as in ``found.table``; ``status`` is ``computed``.

    Parameters
    ----------
    found
        The matches.
    need
        Only those of this need.
    """
    needs, supply = found.needs.frame.set_index("need"), found.supply.frame.set_index("supplier")
    table = found.table if need is None else found.table[found.table["need"] == need]
    here = needs.loc[table["need"], ["lon", "lat"]].to_numpy(float)
    there = supply.loc[table["supplier"], ["lon", "lat"]].to_numpy(float)
    kept = np.isfinite(here).all(axis=1) & np.isfinite(there).all(axis=1)
    kept &= (here != there).any(axis=1)
    lines = [geodesic_line(*a, *b) for a, b in zip(here[kept].tolist(), there[kept].tolist(), strict=True)]  # fmt: skip
    frame = table[kept].reset_index(drop=True).assign(status="computed")
    return gpd.GeoDataFrame(frame, geometry=lines, crs=WGS84)
