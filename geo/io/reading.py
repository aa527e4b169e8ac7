"""How a source is read: which columns hold what, and in which datum, given or detected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import PointsError
from geo.io.columns import Roles, check_columns, find_column, roles_of
from geo.io.positions import coordinates_of
from geo.io.sources.base import Source

if TYPE_CHECKING:
    from geo.measure.detect import Detection

__all__ = ["AUTO", "DISTRICT_NAMES", "LABEL_NAMES", "Known", "Reading", "declared", "detected", "reading_of"]  # fmt: skip

AUTO = "auto"
"""The datum is to be detected."""
_SAMPLE = 50_000
DISTRICT_NAMES = (
    "区", "区县", "县区", "行政区", "行政区划", "所在区", "所属区", "所在区县", "区域", "区划代码", "行政区划代码",
    "行政区代码", "区县代码", "所属区县", "adcode", "district", "county", "unit", "unit_id", "区名",
)  # fmt: skip
"""Columns of the district that a row lies in, by their usual names."""
LABEL_NAMES = (
    "名称", "name", "企业名称", "公司名称", "单位名称", "机构名称", "单位", "poi", "poi名称", "name_zh", "地名",
    "学校", "学校名称", "实验室", "title",
)  # fmt: skip
"""Columns of the name of a row."""


@dataclass(frozen=True)
class Known:
    """What is known of the area besides the points, to tell datums apart.

    Attributes
    ----------
    near
        West, south, east, north in WGS84 degrees of the area of interest.
    places
        Positions of places by name, WGS84.
    units
        Code, name and outline of administrative units, WGS84: a call, since they take a second to
        load.
    """

    near: tuple[float, float, float, float] | None = None
    places: Mapping[str, tuple[float, float]] | None = None
    units: Callable[[], Sequence[tuple[str, str, Any]]] | None = None


@dataclass(frozen=True)
class Reading:
    """Which columns are read, and how positions are understood.

    Attributes
    ----------
    roles
        Columns of the position.
    datum
        ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``, ``epsg:…`` or, as declared, ``crs:…``.
    swapped
        Whether the first coordinate is the latitude or northing.
    by, weight
        Columns of the category and of the weight, or blank.
    err_m
        Positional error of points whose row gives none, metres.
    detection
        What was detected, where the datum was not given.
    """

    roles: Roles
    datum: str
    swapped: bool = False
    by: str = ""
    weight: str = ""
    err_m: float = 0.0
    detection: Detection | None = None

    @property
    def columns(self) -> list[str]:
        """All columns that are read, each once."""
        wanted = [*self.roles.columns, self.by, self.weight]
        return list(dict.fromkeys(c for c in wanted if c))


def reading_of(
    source: Source,
    *,
    datum: str = AUTO,
    lon: str | None = None,
    lat: str | None = None,
    by: str | None = None,
    weight: str | None = None,
    err_m: float = 0.0,
    known: Known | None = None,
) -> Reading:
    """Return how to read a source.

    Parameters
    ----------
    source
        The source.
    datum
        Datum of the coordinates, or ``auto``: what the source declares, else what its coordinates,
        the names of its columns, its districts and the places that it names show.
    lon, lat
        Columns of the coordinates, where they have unusual names.
    by, weight
        Columns of a category and of a weight.
    err_m
        Positional error of points for which no column ``err_m`` gives one.
    known
        What helps to detect the datum.

    Raises
    ------
    PointsError
        If a column is not there, or the datum is neither given nor sure.
    DatumError
        If the datum is not known.
    """
    if not (err_m >= 0 and np.isfinite(err_m)):
        raise PointsError(f"the positional error is {err_m} m: it must be 0 or more")
    check_columns(source.columns, (by, weight), source.name)
    roles = roles_of(
        source.columns, lon=lon, lat=lat, geometry=source.geometry or None, name=source.name
    )
    common = {"by": by or "", "weight": weight or "", "err_m": err_m}
    if datum != AUTO:
        from geo.measure import Datum

        try:
            plain = Datum.of(datum).value
        except ValueError:
            from geo.measure.detect import parse_datum

            plain = parse_datum(datum)
        return Reading(roles, plain, **common)  # type: ignore[arg-type]
    if roles.geometry and source.crs:
        return Reading(roles, declared(source.crs, source.name), **common)  # type: ignore[arg-type]
    detection = detected(source, roles, known or Known())
    if detection.confidence == "unsure":
        raise PointsError(f"{source.name}: {detection.ask()}")
    return Reading(roles, detection.datum, detection.swapped, detection=detection, **common)  # type: ignore[arg-type]


def declared(crs: str, name: str) -> str:
    """Return the datum of a reference system that a source declares, as a reading writes it.

    Raises
    ------
    PointsError
        If it is not known.
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        own = CRS.from_user_input(crs)
    except CRSError as error:
        raise PointsError(
            f"{name}: its reference system is not known ({error}); give datum= (--datum)"
        ) from error
    if own.is_geographic and own.to_epsg() in (None, 4326, 4490) and own.ellipsoid is not None:
        wgs = {"WGS 84": "wgs84", "CGCS2000": "cgcs2000", "GRS 1980": "cgcs2000"}
        if own.ellipsoid.name in wgs:
            return wgs[own.ellipsoid.name]
    code = own.to_epsg()
    return f"crs:EPSG:{code}" if code else f"crs:{own.to_wkt()}"


def detected(source: Source, roles: Roles, known: Known) -> Detection:
    """Return in which datum the coordinates of a source are, by what its first rows show."""
    from geo.measure.detect import detect_datum

    district = find_column(source.columns, DISTRICT_NAMES)
    label = find_column(source.columns, LABEL_NAMES)
    wanted = list(dict.fromkeys([*roles.columns, *filter(None, (district, label))]))
    rows = source.sample(wanted, _SAMPLE)
    x, y = coordinates_of(rows, roles, source.name)
    if not len(x):
        raise PointsError(f"{source.name}: a header but no rows; nothing to read")
    first = detect_datum(x, y, names=roles.names, near=known.near)
    helped = known.places is not None or known.units is not None
    if first.confidence == "sure" or not helped or not (district or label):
        return first
    return detect_datum(
        x, y, names=roles.names, near=known.near,
        districts=_texts(rows[district]) if district and known.units else None,
        units=known.units() if district and known.units else None,
        places=known.places if label else None,
        labels=_texts(rows[label]) if label and known.places else None,
    )  # fmt: skip


def _texts(column: Any) -> NDArray[np.object_]:
    return np.array(["" if v is None else str(v) for v in column.to_pylist()], dtype=object)
