"""From columns as they come to positions in WGS84, and the rows that have none with the reason."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geo.errors import PointsError
from geo.io.columns import Roles

__all__ = ["REASONS", "Located", "Rejects", "coordinates_of", "locate_rows", "number_of", "numbers_of", "values_of", "written"]  # fmt: skip

Floats = NDArray[np.float64]

REASONS = ("blank", "not a number", "0, 0 for missing", "swapped", "out of range")
"""Why a row has no usable position."""
_MISSING = ((0.0, 0.0), (-0.0065, -0.0060))
"""Positions that stand for none: 0, 0 and its image when a converter took it for BD-09."""
_PLAIN_NUMBER = r"^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$"
_POINT = np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])
"""A point as little-endian WKB, 21 bytes."""


@dataclass
class Rejects:
    """Rows without a usable position: where they are, why, and what was written there."""

    file: list[str] = field(default_factory=list)
    row: list[int] = field(default_factory=list)
    reason: list[str] = field(default_factory=list)
    lon: list[str] = field(default_factory=list)
    lat: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.row)

    def add(self, other: Rejects, *, after: int = 0) -> None:
        """Take in others, whose rows count from ``after``."""
        self.file += other.file
        self.row += [r + after for r in other.row]
        self.reason += other.reason
        self.lon += other.lon
        self.lat += other.lat

    def first(self, n: int) -> Rejects:
        """Return the first of them."""
        file, row, reason = self.file[:n], self.row[:n], self.reason[:n]
        return Rejects(file, row, reason, self.lon[:n], self.lat[:n])

    def columns(self) -> dict[str, list[Any]]:
        """Return them by column, as a table has them."""
        return {"file": self.file, "row": self.row, "reason": self.reason, "lon": self.lon, "lat": self.lat}  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Located:
    """Positions of some rows.

    Attributes
    ----------
    lon, lat
        WGS84 degrees of the rows that have a position.
    kept
        Which rows those are; ``None`` for all.
    reasons
        For the others, the index in :data:`REASONS`; shape of those that are not kept.
    """

    lon: Floats
    lat: Floats
    kept: NDArray[np.bool_] | None
    reasons: NDArray[np.int8]

    def rejects(
        self, columns: dict[str, Any], roles: Roles, rows: NDArray[np.int64], file: str = ""
    ) -> Rejects:
        """Return the rows that have no position.

        Parameters
        ----------
        columns, roles
            What they were located from.
        rows
            Numbers of all rows, shape of ``columns``.
        file
            Where they stand.
        """
        if self.kept is None:
            return Rejects()
        gone = ~self.kept
        first, second = written(columns, roles, gone)
        reasons = [REASONS[k] for k in self.reasons]
        return Rejects([file] * len(first), rows[gone].tolist(), reasons, first, second)


def _half_width(text: str) -> str:
    """Return text with full-width digits and signs made plain."""
    return unicodedata.normalize("NFKC", text).replace("、", ",")


def number_of(value: object) -> float:
    """Return a number as people write it: full-width, with a degree sign or a letter; else NaN."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = _half_width(str(value if value is not None else "")).strip().rstrip("°EeNn").strip()
    try:
        # An underscore is no part of a number outside of a program.
        return float(text) if "_" not in text else float("nan")
    except ValueError:
        return float("nan")


def values_of(array: Any) -> NDArray[Any]:
    """Return an Arrow array of numbers or truths as a numpy array; what is null holds anything.

    ``Array.to_numpy`` would load pandas, which takes longer than counting a million points.
    """
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.uint8())
    kind = np.dtype(array.type.to_pandas_dtype())
    data = array.buffers()[1]
    if data is None or not len(array):
        return np.zeros(len(array), dtype=kind)
    return np.frombuffer(data, kind, count=len(array), offset=array.offset * kind.itemsize)


def _truths(array: Any) -> NDArray[np.bool_]:
    return values_of(array).astype(bool)


def _decoded(column: Any) -> Any:
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_dictionary(column.type):
        return column.dictionary_decode()
    if isinstance(column, pa.ExtensionArray):
        return column.storage
    return column


def numbers_of(column: Any, name: str, where: str) -> Floats:
    """Return a column as numbers, NaN where it holds none.

    Parameters
    ----------
    column
        Arrow array of numbers or of text.
    name, where
        Of the column and the table, for messages.

    Raises
    ------
    PointsError
        If it is of a kind that is no number, such as dates.
    """
    column = _decoded(column)
    kind = column.type
    if pa.types.is_float64(kind) and not column.null_count:
        return values_of(column)
    # Loaded where it is needed: it takes as long to load as a good file takes to count.
    import pyarrow.compute as pc

    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return values_of(pc.fill_null(column.cast(pa.float64(), safe=False), float("nan")))
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):  # fmt: skip
        raise PointsError(
            f"{where}: column {name!r} holds values of type {kind}, not numbers; choose another with "
            "lon= and lat= (--lon, --lat)"
        )
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    plain = pc.fill_null(pc.match_substring_regex(text, _PLAIN_NUMBER), False)
    numbers = pc.if_else(plain, text, pa.scalar(None, pa.string())).cast(pa.float64())
    values = values_of(pc.fill_null(numbers, float("nan"))).copy()
    odd = np.flatnonzero(~_truths(plain) & ~_truths(text.is_null()))
    for k in odd:
        values[k] = number_of(text[int(k)].as_py())
    return values


def _of_geometry(column: Any, where: str) -> tuple[Floats, Floats]:
    column = _decoded(column)
    if pa.types.is_struct(column.type):
        x, y = (numbers_of(column.field(f), f, where).copy() for f in ("x", "y"))
        gone = _truths(column.is_null())
        x[gone], y[gone] = np.nan, np.nan
        return x, y
    fixed = _of_fixed_wkb(column)
    if fixed is not None:
        return fixed
    try:
        shapes = shapely.from_wkb(np.array(column.to_pylist(), dtype=object))
    except (shapely.errors.GEOSException, TypeError, SystemError) as error:
        raise PointsError(f"{where}: the column of geometry is not readable ({error})") from error
    kinds = set(np.unique(shapely.get_type_id(shapes))) - {-1, 0}
    if kinds:
        names = sorted({g.geom_type for g in shapes if g is not None} - {"Point"})
        raise PointsError(f"{where}: holds {', '.join(names)}, not points")
    return shapely.get_x(shapes), shapely.get_y(shapes)


def _of_fixed_wkb(column: Any) -> tuple[Floats, Floats] | None:
    """Return the points of a column of plain two-dimensional WKB, or ``None`` if it is another."""
    if column.null_count or not len(column) or not (pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)):  # fmt: skip
        return None
    wide = pa.types.is_large_binary(column.type)
    _, offsets, data = column.buffers()
    if data is None:
        return None
    at = np.frombuffer(offsets, "<i8" if wide else "<i4")[column.offset : column.offset + len(column) + 1]  # fmt: skip
    if (np.diff(at) != _POINT.itemsize).any():
        return None
    points = np.frombuffer(data, _POINT, count=len(column), offset=int(at[0]))
    if (points["order"] != 1).any() or (points["kind"] != 1).any():
        return None
    return points["x"].copy(), points["y"].copy()


def coordinates_of(columns: dict[str, Any], roles: Roles, where: str) -> tuple[Floats, Floats]:
    """Return the two coordinates of every row as numbers, NaN where there is none."""
    if roles.geometry:
        return _of_geometry(columns[roles.geometry], where)
    if roles.pair:
        texts = [_half_width(str(v or "")) for v in _decoded(columns[roles.pair]).to_pylist()]
        parts = [re.sub(r"[\[\]()\s]", "", t).partition(",") for t in texts]
        return np.array([number_of(a) for a, _, _ in parts], dtype=float), np.array([number_of(b) for _, _, b in parts], dtype=float)  # fmt: skip
    x = numbers_of(columns[roles.lon], roles.lon, where)
    return x, numbers_of(columns[roles.lat], roles.lat, where)


def locate_rows(
    columns: dict[str, Any], roles: Roles, datum: str, *, swapped: bool = False, where: str = ""
) -> Located:
    """Return the positions of rows in WGS84.

    Parameters
    ----------
    columns
        Arrow arrays by name, those of the roles at least.
    roles
        Which of them hold the position.
    datum
        ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``, ``epsg:…`` of a projection, or ``crs:`` and
        a reference system that the source declares.
    swapped
        Whether the first coordinate is the latitude or northing.
    where
        Name of the table, for messages.
    """
    x, y = coordinates_of(columns, roles, where)
    if swapped:
        x, y = y, x
    projected = datum.startswith(("epsg:", "crs:"))
    if projected:
        usable = np.isfinite(x) & np.isfinite(y) & ((x != 0) | (y != 0))
        x, y = np.where(usable, x, np.nan), np.where(usable, y, np.nan)
        if datum.startswith("crs:"):
            from geo.measure import lonlat_of

            lon, lat = lonlat_of(x, y, datum.removeprefix("crs:"))
        else:
            from geo.measure.detect import to_lonlat

            lon, lat = to_lonlat(x, y, datum)
        kept: NDArray[np.bool_] | None = np.isfinite(lon) & np.isfinite(lat)
    else:
        lon, lat = x, y
        kept = None if not len(x) or _plainly_fine(x, y) else _usable(x, y)
    if kept is not None and kept.all():
        kept = None
    reasons = np.empty(0, dtype=np.int8)
    if kept is not None:
        gone = ~kept
        reasons = _reasons(columns, roles, x[gone], y[gone], gone, projected)
        lon, lat = lon[kept], lat[kept]
    if datum in ("gcj02", "bd09"):
        from geo.measure import to_wgs84

        lon, lat = to_wgs84(lon, lat, datum)
    return Located(lon, lat, kept, reasons)


def _plainly_fine(x: Floats, y: Floats) -> bool:
    """Return whether four extremes show that every row has a position, as they do in good files."""
    low_x, high_x, low_y, high_y = x.min(), x.max(), y.min(), y.max()
    inside = low_x >= -180 and high_x <= 180 and low_y >= -90 and high_y <= 90
    return bool(inside and (low_x > 0.1 or high_x < -0.1 or low_y > 0.1 or high_y < -0.1))


def _nothing(x: Floats, y: Floats) -> NDArray[np.bool_]:
    gone = np.zeros(len(x), dtype=bool)
    for px, py in _MISSING:
        gone |= (np.abs(x - px) < 5e-5) & (np.abs(y - py) < 5e-5)
    return gone


def _usable(x: Floats, y: Floats) -> NDArray[np.bool_]:
    return (np.abs(x) <= 180) & (np.abs(y) <= 90) & ~_nothing(x, y)


def _reasons(
    columns: dict[str, Any], roles: Roles, x: Floats, y: Floats, gone: NDArray[np.bool_], projected: bool
) -> NDArray[np.int8]:  # fmt: skip
    first, second = written(columns, roles, gone)
    blank = np.array([_blank(a) or _blank(b) for a, b in zip(first, second, strict=True)])
    number = np.isfinite(x) & np.isfinite(y)
    swap = (np.abs(y) > 90) & (np.abs(y) <= 180) & (np.abs(x) <= 90) & (not projected)
    which = [blank, ~number, _nothing(x, y), number & swap, number]
    return np.select(which, range(5), default=4).astype(np.int8)


def written(
    columns: dict[str, Any], roles: Roles, rows: NDArray[np.bool_]
) -> tuple[list[str], list[str]]:
    """Return what stands in the two columns of coordinates, in some of the rows."""
    chosen = pa.array(rows)

    def texts(name: str) -> list[str]:
        values = _decoded(columns[name]).filter(chosen).to_pylist()
        return ["" if v is None else str(v) for v in values]

    if roles.geometry:
        x, y = _of_geometry(_decoded(columns[roles.geometry]).filter(chosen), "")
        return ["" if np.isnan(v) else repr(float(v)) for v in x], ["" if np.isnan(v) else repr(float(v)) for v in y]  # fmt: skip
    if roles.pair:
        whole = texts(roles.pair)
        return whole, ["" if _blank(t) else t for t in whole]
    return texts(roles.lon), texts(roles.lat)


def _blank(value: object) -> bool:
    return str(value).strip() in ("", "nan", "NaN", "None", "-", "—", "/")
