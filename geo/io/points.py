"""Small tables of points as frames: XLSX, CSV in Chinese encodings, layers, Parquet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.errors import PointsError
from geo.io.columns import ERR_NAME
from geo.io.positions import Rejects, locate_rows
from geo.io.reading import AUTO, Known, Reading, reading_of
from geo.io.sources import open_source
from geo.io.sources.base import Batch, Source

if TYPE_CHECKING:
    from geo.measure.detect import Detection

__all__ = ["MAX_BYTES", "Points", "points_of", "read_points"]

MAX_BYTES = 200_000_000
"""A file above this is refused here: a frame holds all of it. ``geo.coverage`` reads any size."""


@dataclass(frozen=True)
class Points:
    """Points read from a file.

    Attributes
    ----------
    frame
        WGS84 (EPSG:4326): the columns of the file, ``row`` (as a spreadsheet numbers it, the
        header being row 1; from 1 where there is no header) and ``err_m``.
    rejects
        Rows without a usable position: ``row``, ``reason``, ``lon``, ``lat`` as they were written.
    datum
        The datum that the file's coordinates were taken to be in.
    encoding
        Of a text file, else blank.
    name
        Of the file.
    detection
        What was detected, where the datum was not given.
    """

    frame: gpd.GeoDataFrame
    rejects: pd.DataFrame
    datum: str
    encoding: str
    name: str
    detection: Detection | None = None

    def __len__(self) -> int:
        return len(self.frame)


def read_points(
    path: str | Path,
    *,
    datum: str = AUTO,
    lon: str | None = None,
    lat: str | None = None,
    sheet: str | None = None,
    err_m: float = 0.0,
    known: Known | None = None,
) -> Points:
    """Read a table of points into a frame and convert it to WGS84.

    Parameters
    ----------
    path
        A file that ``geo.io.sources.open_source`` takes.
    datum
        Datum of the coordinates: ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``, an EPSG code, or
        ``auto`` to detect it.
    lon, lat
        Names of the columns, where they are not among the usual ones.
    sheet
        Sheet of a workbook or layer of a file; by default the first.
    err_m
        Positional error of points for which the file gives none in a column ``err_m``.
    known
        What helps to detect the datum (``geo.analysis.targets.known_of`` of a layout).

    Raises
    ------
    PointsError
        If the file cannot be read, no column holds coordinates, or the datum is neither given nor
        sure; the message says how to mend it.
    DatumError
        If the datum is not known.
    """
    file = Path(path)
    if file.is_file() and file.stat().st_size > MAX_BYTES:
        raise PointsError(
            f"{file.name}: {file.stat().st_size / 1e6:,.0f} MB, above {MAX_BYTES / 1e6:,.0f} MB; split "
            "it, or count it with geo.coverage (corridor stats), which reads any size"
        )
    source = open_source(file, sheet=sheet)
    reading = reading_of(source, datum=datum, lon=lon, lat=lat, err_m=err_m, known=known)
    return points_of(source, reading)


def points_of(source: Source, reading: Reading) -> Points:
    """Read all of a source into a frame, as a reading understands it.

    Raises
    ------
    PointsError
        If it has no rows, cannot be read to the end, or its coordinates look swapped.
    """
    frames, rejects, after = [], Rejects(), source.first_row
    for part in source.parts():
        start = after if part.first is None else part.first
        for batch in source.read(part, source.columns):
            if batch.count:
                frames.append(_located(batch, reading, start, rejects, source))
            after = start + batch.passed
    if not frames:
        raise PointsError(f"{source.name}: a header but no rows; nothing to read")
    frame = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), geometry="geometry", crs=4326)
    _refuse_swapped(frame, rejects, source.name)
    listed = pd.DataFrame(rejects.columns()).drop(columns="file")
    return Points(frame, listed, reading.datum, source.encoding, source.name, reading.detection)


def _located(
    batch: Batch, reading: Reading, start: int, rejects: Rejects, source: Source
) -> gpd.GeoDataFrame:
    at = locate_rows(
        batch.columns, reading.roles, reading.datum, swapped=reading.swapped, where=source.name
    )
    number = np.arange(batch.passed - batch.count, batch.passed)
    number = (number if batch.rows is None else batch.rows) + start
    names = [c for c in source.columns if c != source.geometry]
    table = pd.DataFrame({c: _objects(batch.columns[c]) for c in names})
    rejects.add(at.rejects(batch.columns, reading.roles, number))
    if at.kept is not None:
        table, number = table[at.kept], number[at.kept]
    own = table[ERR_NAME] if ERR_NAME in table.columns else pd.Series(reading.err_m, table.index)
    err = pd.to_numeric(own, errors="coerce").fillna(reading.err_m).clip(lower=0)
    table = table.assign(row=number, err_m=err.astype(float)).reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry=shapely.points(at.lon, at.lat), crs=4326)


def _objects(column: Any) -> pd.Series:
    """Return a column as a frame holds it: numbers as numbers, all else as objects."""
    series = column.to_pandas() if hasattr(column, "to_pandas") else pd.Series(column)
    numeric = series.dtype.kind in "iuf"
    return series if numeric else series.astype(object).where(series.notna(), None)


def _refuse_swapped(frame: gpd.GeoDataFrame, rejects: Rejects, name: str) -> None:
    swapped = rejects.reason.count("swapped")
    if swapped > max(1, len(frame)):
        raise PointsError(
            f"{name}: longitude and latitude look swapped in {swapped} rows; name the columns the "
            "other way round with lon= and lat= (--lon, --lat)"
        )
