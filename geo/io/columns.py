"""Which column of a table holds what: coordinates by their usual names, or as they are named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from geo.errors import PointsError

__all__ = [
    "LAT_NAMES",
    "LON_NAMES",
    "PAIR_NAMES",
    "Roles",
    "check_columns",
    "find_column",
    "roles_of",
]

LON_NAMES = (
    "经度", "lon", "lng", "long", "longitude", "x", "东经", "经度坐标", "lon_wgs84", "wgs84_lon",
    "lng_wgs84", "wgs84_lng", "经度_wgs84", "wgs84经度", "lng_gcj02", "lon_gcj02", "gcj02_lng", "gcj02_lon",
    "经度_gcj02", "高德经度", "火星经度", "腾讯经度", "lng_bd09", "lon_bd09", "bd09_lng", "bd09_lon",
    "经度_bd09", "百度经度", "坐标x", "x坐标", "横坐标", "企业经度", "地址经度", "poi经度", "point_x", "easting",
)  # fmt: skip
LAT_NAMES = (
    "纬度", "lat", "latitude", "y", "北纬", "纬度坐标", "lat_wgs84", "wgs84_lat",
    "纬度_wgs84", "wgs84纬度", "lat_gcj02", "gcj02_lat",
    "纬度_gcj02", "高德纬度", "火星纬度", "腾讯纬度", "lat_bd09", "bd09_lat",
    "纬度_bd09", "百度纬度", "坐标y", "y坐标", "纵坐标", "企业纬度", "地址纬度", "poi纬度", "point_y", "northing",
)  # fmt: skip
PAIR_NAMES = ("坐标", "经纬度", "location", "coordinates", "coords", "lonlat", "lnglat")
ERR_NAME = "err_m"
"""Column of the positional error of each point, metres."""


@dataclass(frozen=True)
class Roles:
    """Which columns hold the position: two of numbers, one of both as text, or one of points.

    Attributes
    ----------
    lon, lat
        Columns of longitude and latitude (or easting and northing), or blank.
    pair
        Column of ``"lon,lat"`` as text, or blank.
    geometry
        Column of points as WKB or as a struct of x and y, or blank.
    err
        Column of positional errors in metres, or blank.
    """

    lon: str = ""
    lat: str = ""
    pair: str = ""
    geometry: str = ""
    err: str = ""

    @property
    def columns(self) -> list[str]:
        """The columns that are needed."""
        return [c for c in (self.lon, self.lat, self.pair, self.geometry, self.err) if c]

    @property
    def names(self) -> tuple[str, str]:
        """The names that may tell of the datum."""
        return (self.lon or self.pair or self.geometry, self.lat or self.pair or self.geometry)


def _plain(name: object) -> str:
    return re.sub(r"[\s_\-()()°]", "", str(name)).lower()


def find_column(columns: Iterable[str], names: Iterable[str]) -> str | None:
    """Return the first column that has one of the names, whatever its case, spaces and dashes."""
    by_plain = {_plain(c): c for c in reversed(list(columns))}
    return next((by_plain[_plain(n)] for n in names if _plain(n) in by_plain), None)


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(map(str, columns[:40]))
    return shown + (f" and {len(columns) - 40:,} more" if len(columns) > 40 else "")


def check_columns(columns: Sequence[str], wanted: Iterable[str | None], name: str) -> None:
    """Raise :class:`PointsError` if a column that is asked for is not there."""
    for column in wanted:
        if column and column not in columns:
            raise PointsError(f"{name}: no column {column!r}; there are {_listed(columns)}")


def roles_of(
    columns: Sequence[str],
    *,
    lon: str | None = None,
    lat: str | None = None,
    geometry: str | None = None,
    name: str = "the table",
) -> Roles:
    """Return which columns hold the position.

    Parameters
    ----------
    columns
        All that the table has.
    lon, lat
        Columns to take, where they are not among the usual names.
    geometry
        The column of points that the file declares, which comes first unless others are named.
    name
        Of the table, for messages.

    Raises
    ------
    PointsError
        If there are none, or a named one is not there.
    """
    check_columns(columns, (lon, lat), name)
    err = ERR_NAME if ERR_NAME in columns else ""
    if geometry and not (lon and lat):
        return Roles(geometry=geometry, err=err)
    x = lon or find_column(columns, LON_NAMES)
    y = lat or find_column(columns, LAT_NAMES)
    if x is not None and y is not None:
        return Roles(lon=x, lat=y, err=err)
    pair = find_column(columns, PAIR_NAMES)
    if pair is None:
        raise PointsError(
            f"{name}: no columns of longitude and latitude among {_listed(columns)}; name them with "
            "lon= and lat= (--lon, --lat)"
        )
    return Roles(pair=pair, err=err)
