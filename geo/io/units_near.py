"""Which units of a file come near a layout."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.io.units_refusals import UnitsRefusedError
from geo.model.layout import Layout

__all__ = ["box_of", "check_near", "near_layout"]

NEAR_KM = 50.0
"""Units of which none comes so near to the layout are those of another place."""
_KM_PER_DEG = 111.2


def box_of(layout: Layout, grown_km: float) -> tuple[float, float, float, float]:
    """Return the bounds of what a layout has, degrees, grown on all sides."""
    lon, lat = layout.meta.centre
    shapes = [f.geometry for f in layout.features if f.geometry is not None]
    west, south, east, north = shapely.total_bounds([*shapes, shapely.Point(lon, lat)])
    up = grown_km / _KM_PER_DEG
    across = up / max(np.cos(np.radians(max(abs(south), abs(north)))), 0.05)
    return float(west - across), float(south - up), float(east + across), float(north + up)


def near_layout(
    frame: gpd.GeoDataFrame, layout: Layout, within_km: float | None
) -> NDArray[np.bool_]:
    """Return which units come so near to the bounds of what a layout has; all where it is ``None``."""
    if within_km is None:
        return np.ones(len(frame), dtype=bool)
    near: NDArray[np.bool_] = shapely.intersects(frame.geometry.to_numpy(), shapely.box(*box_of(layout, within_km)))  # fmt: skip
    return near


def check_near(frame: gpd.GeoDataFrame, layout: Layout, name: str) -> None:
    """Raise :class:`UnitsError` if no unit comes near a layout: a wrong place or reference system."""
    shapes, box = frame.geometry.to_numpy(), shapely.box(*box_of(layout, NEAR_KM))
    if shapely.intersects(shapes, box).any():
        return
    west, south, east, north = shapely.total_bounds(shapes)
    lon, lat = layout.meta.centre
    if shapely.box(south, west, north, east).intersects(box):
        raise UnitsRefusedError("swapped", name=name, layout=layout.id)
    raise UnitsRefusedError(
        "far", name=name, layout=layout.id, west=west, east=east, south=south, north=north, lon=lon, lat=lat,
    )  # fmt: skip
