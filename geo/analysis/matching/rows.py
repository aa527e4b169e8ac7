"""Tables of needs and of what is on offer, as people write them: by roles of columns, each row placed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from geo.analysis.matching.spots import Gazetteer, gazetteer_of
from geo.analysis.targets import known_of
from geo.errors import PointsError, UnitsError
from geo.io.columns import (
    ERR_NAME,
    LAT_NAMES,
    LON_NAMES,
    Roles,
    check_columns,
    find_column,
    roles_of,
)
from geo.io.points import Points
from geo.io.positions import coordinates_of, locate_rows, number_of
from geo.io.reading import AUTO, Reading, reading_of
from geo.io.sources import open_source
from geo.io.sources.base import Source
from geo.io.units import read_units
from geo.model.layout import Layout
from geo.words import LANGUAGES, say

__all__ = ["MAX_ROWS", "Rows", "problem", "problem_table", "read_rows", "units_or_none"]

MAX_ROWS = 200_000
"""More rows are refused: that many needs are nobody's list."""
_PROBLEMS = ("row", "column", "written", "code", "problem_zh", "problem_en", "mend_zh", "mend_en")


@dataclass(frozen=True, eq=False)
class Rows:
    """A table by roles.

    Attributes
    ----------
    frame
        One row for each row of the source, none left out: texts by role (blank where there are
        none), ``row`` (its number in the source), ``placed_by`` (``point``, ``unit`` or ``none``),
        ``spot`` (id of the place it was placed by), ``lon``, ``lat`` (WGS84, NaN where it has no
        position) and ``err_m``.
    problems
        What could not be understood; the row is kept with the rest of it.
    roles
        The column that was taken for each role.
    """

    frame: pd.DataFrame
    problems: list[dict[str, Any]]
    roles: dict[str, str]
    name: str
    synthetic: bool = False


def problem(row: int, column: str, value: object, code: str) -> dict[str, Any]:
    """Return a line of a table of problems."""
    words = {f"{part}_{lang}": say(f"matching.{part}.{code}", lang) for part in ("problem", "mend") for lang in LANGUAGES}  # fmt: skip
    return {"row": row, "column": column, "written": str(value)[:200], "code": code} | words


def problem_table(lines: Any) -> pd.DataFrame:
    """Return problems as a table, in the order of rows."""
    table = pd.DataFrame(lines, columns=list(_PROBLEMS))
    return table.sort_values("row", kind="stable", ignore_index=True)


def units_or_none(layout: Layout | None) -> gpd.GeoDataFrame | None:
    """Return the units of a layout, ``None`` where it names none."""
    if layout is None:
        return None
    try:
        return read_units(layout)
    except UnitsError:
        return None


def read_rows(
    source: Any,
    names: Mapping[str, Sequence[str]],
    *,
    columns: Mapping[str, str] | None = None,
    layout: Layout | None = None,
    units: gpd.GeoDataFrame | None = None,
    datum: str = AUTO,
    lon: str | None = None,
    lat: str | None = None,
    sheet: str | None = None,
    err_m: float = 0.0,
) -> Rows:
    """Return a table by roles, each row placed by its coordinates, else by the place that it names.

    Parameters
    ----------
    source
        A file that ``geo.read_points`` takes, a DataFrame, rows as mappings, or ``Points``.
    names
        For each role the usual names of its column.
    columns
        Columns by role, where they have other names.
    layout, units
        What places can be named, and what helps to detect the datum.
    datum, lon, lat, sheet, err_m
        As for ``geo.read_points``; coordinates need not be there.

    Raises
    ------
    PointsError
        If it cannot be read, a named column is not there, there are too many rows, or the datum of
        coordinates is neither given nor sure.
    """
    synthetic, numbered = False, isinstance(source, Points)
    if isinstance(source, Points):
        synthetic = bool(source.frame.attrs.get("synthetic", False))
        frame = source.frame.drop(columns="geometry").assign(lon=source.frame.geometry.x, lat=source.frame.geometry.y)  # fmt: skip
        lon, lat, datum, source = "lon", "lat", "wgs84", pd.DataFrame(frame)
    elif isinstance(source, Mapping):
        source = pd.DataFrame([source])
    elif isinstance(source, list | tuple):
        source = pd.DataFrame(list(source))
    opened = open_source(source, sheet=sheet)
    raw, number = _read(opened)
    chosen = {}
    for role, usual in names.items():
        asked = (columns or {}).get(role)
        check_columns(opened.columns, (asked,), opened.name)
        chosen[role] = asked or find_column(opened.columns, usual) or ""
    unknown = set(columns or {}) - set(names)
    if unknown:
        raise PointsError(f"no role {', '.join(sorted(unknown))}: use {', '.join(names)}")
    frame = pd.DataFrame(
        {role: _texts(raw, column, len(number)) for role, column in chosen.items()}
    )
    frame["row"] = raw["row"].to_pylist() if numbered else number
    at = _by_coordinates(opened, raw, frame["row"].to_numpy(), layout, datum, lon, lat, err_m)
    placed, problems = _by_name(frame, at, chosen, gazetteer_of(layout, units_or_none(layout) if units is None else units))  # fmt: skip
    return Rows(placed, [*at.problems, *problems], chosen, opened.name, synthetic)


def _read(source: Source) -> tuple[dict[str, Any], Any]:
    """Return all columns of a source, and the numbers of its rows."""
    pieces: list[dict[str, Any]] = []
    numbers, after = [], source.first_row
    for part in source.parts():
        start = after if part.first is None else part.first
        for batch in source.read(part, source.columns):
            pieces.append({c: _array(batch.columns[c]) for c in source.columns})
            own = np.arange(batch.passed - batch.count, batch.passed) if batch.rows is None else batch.rows  # fmt: skip
            numbers.append(own + start)
            after = start + batch.passed
            if sum(map(len, numbers)) > MAX_ROWS:
                raise PointsError(f"{source.name}: more than {MAX_ROWS:,} rows; split the table")
    if not sum(map(len, numbers)):
        raise PointsError(f"{source.name}: a header but no rows; nothing to read")
    joined = {c: pa.chunked_array([p[c] for p in pieces]) if len({p[c].type for p in pieces}) == 1 else pa.array([v for p in pieces for v in p[c].to_pylist()]) for c in source.columns}  # fmt: skip
    return joined, np.concatenate(numbers)


def _array(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _texts(raw: dict[str, Any], column: str, n: int) -> list[str]:
    if not column:
        return [""] * n
    return [_text(v) for v in raw[column].to_pylist()]


def _text(value: Any) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


@dataclass(frozen=True, eq=False)
class _At:
    lon: Any
    lat: Any
    err_m: Any
    problems: list[dict[str, Any]]


def _by_coordinates(
    source: Source, raw: dict[str, Any], number: Any, layout: Layout | None, datum: str, lon: str | None,
    lat: str | None, err_m: float,
) -> _At:  # fmt: skip
    n = len(number)
    at = _At(np.full(n, np.nan), np.full(n, np.nan), np.full(n, err_m), [])
    roles = _roles(source, raw, lon, lat)
    if roles is None:
        return at
    x, y = coordinates_of(raw, roles, source.name)
    if not (np.isfinite(x) & np.isfinite(y)).any():
        return at
    known = None if layout is None else known_of(layout)
    reading: Reading = reading_of(source, datum=datum, lon=lon, lat=lat, err_m=err_m, known=known)
    own = {c: _array(raw[c]) for c in roles.columns}
    found = locate_rows(own, roles, reading.datum, swapped=reading.swapped, where=source.name)
    kept = np.ones(n, bool) if found.kept is None else found.kept
    at.lon[kept], at.lat[kept] = found.lon, found.lat
    gone = found.rejects(own, roles, number, source.name)
    for row, why, a, b in zip(gone.row, gone.reason, gone.lon, gone.lat, strict=True):
        if why != "blank":
            at.problems.append(problem(row, ", ".join(c for c in (roles.lon, roles.lat, roles.pair) if c), f"{a}, {b}", f"position-{_CODES[why]}"))  # fmt: skip
    if ERR_NAME in raw:
        errors = np.array([number_of(v) for v in raw[ERR_NAME].to_pylist()])
        at.err_m[:] = np.where(np.isfinite(errors) & (errors >= 0), errors, err_m)
    return at


_CODES = {
    "not a number": "number", "0, 0 for missing": "zero", "swapped": "swapped", "out of range": "range",
}  # fmt: skip


def _roles(source: Source, raw: dict[str, Any], lon: str | None, lat: str | None) -> Roles | None:
    """Return the columns of coordinates, ``None`` where the table has none."""
    two = find_column(source.columns, LON_NAMES) and find_column(source.columns, LAT_NAMES)
    if lon or lat or source.geometry or two:
        return roles_of(source.columns, lon=lon, lat=lat, geometry=source.geometry or None, name=source.name)  # fmt: skip
    try:
        roles = roles_of(source.columns, name=source.name)
    except PointsError:
        return None
    # A column called location may as well hold names of places.
    digits = [any(c.isdigit() for c in _text(v)) for v in raw[roles.pair].to_pylist()]
    return roles if any(digits) else None


def _by_name(
    frame: pd.DataFrame, at: _At, roles: Mapping[str, str], names: Gazetteer
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Return the rows with where they are; those without coordinates by the place that they name."""
    problems: list[dict[str, Any]] = []
    found: dict[str, Any] = {}
    where = np.where(np.isfinite(at.lon), "point", "none").astype(object)
    spot = np.full(len(frame), "", dtype=object)
    texts, numbers = frame["place"].tolist(), frame["row"].tolist()
    for k in np.flatnonzero(where == "none").tolist():
        text = str(texts[k])
        if not text:
            continue
        if text not in found:
            found[text] = names.find(text)
        own = found[text]
        if isinstance(own, str):
            problems.append(problem(int(numbers[k]), roles["place"], text, f"place-{own}"))
        else:
            where[k], spot[k] = "unit", own.id
            at.lon[k], at.lat[k], at.err_m[k] = own.lon, own.lat, own.err_m
    return frame.assign(placed_by=where, spot=spot, lon=at.lon, lat=at.lat, err_m=np.where(where == "none", np.nan, at.err_m)), problems  # fmt: skip


def points_of(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the rows that have a position as points, WGS84."""
    kept = frame[np.isfinite(frame["lon"])]
    return gpd.GeoDataFrame(kept, geometry=shapely.points(kept["lon"], kept["lat"]), crs=4326)
