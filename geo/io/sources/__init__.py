"""Sources of points: whatever holds a table, read in parts and never whole."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from geo.errors import PointsError
from geo.io.sources.base import Batch, Part, Source

__all__ = ["Batch", "Part", "Source", "open_source"]

_TEXT = (".csv", ".tsv", ".txt")
_BOOKS = (".xlsx", ".xlsm")
_PARQUET = (".parquet", ".geoparquet", ".pq")
_KML = (".kml",)
_LAYERS = (".geojson", ".json", ".gpkg", ".shp", ".zip", ".fgb")


def open_source(points: Any, *, sheet: str | None = None) -> Source:
    """Return the source of points.

    Parameters
    ----------
    points
        Path of a Parquet, CSV, TSV, XLSX, GeoPackage, GeoJSON, Shapefile (zipped too), KML or
        FlatGeobuf file; a folder or glob of Parquet files; a database address with its table after ``#``; or a
        GeoDataFrame, DataFrame, Arrow table or stream, or DuckDB relation.
    sheet
        Sheet of a workbook, or layer of a file with several.

    Raises
    ------
    PointsError
        If it cannot be opened; the message says how to mend it.
    """
    if not isinstance(points, str | Path):
        from geo.io.sources.memory import memory_source

        source = memory_source(points)
        if source is None:
            raise PointsError(
                f"points of type {type(points).__name__} are not known: give a path, a DataFrame, an "
                "Arrow table or a DuckDB relation"
            )
        return source.checked()
    text = str(points)
    if re.match(r"^[a-z][a-z0-9]*(\+[a-z0-9_]+)?://", text):
        from geo.io.sources.database import DatabaseSource

        return DatabaseSource(text).checked()
    return _of_files(text, sheet).checked()


def _of_files(text: str, sheet: str | None) -> Source:
    path = Path(text)
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.suffix.lower() in _PARQUET)
        if not files:
            raise PointsError(f"{text}: a folder without Parquet files; name a file")
        return _parquet(files, path.name)
    if not path.is_file() and any(c in text for c in "*?["):
        base = Path(path.anchor) if path.anchor else Path()
        files = sorted(base.glob(str(path.relative_to(path.anchor) if path.anchor else path)))
        if not files:
            raise PointsError(f"{text}: no file of that pattern; check the path")
        if not all(p.suffix.lower() in _PARQUET for p in files):
            raise PointsError(
                f"{text}: a pattern is for Parquet files; name other files one by one"
            )
        return _parquet(files, text)
    if not path.is_file():
        raise PointsError(f"{text}: no such file; check the path")
    if path.stat().st_size == 0:
        raise PointsError(f"{path.name}: the file is empty; export it again")
    suffix = path.suffix.lower()
    if suffix == ".gz":
        suffix = Path(path.stem).suffix.lower()
        if suffix not in _TEXT:
            raise PointsError(f"{path.name}: only text is read packed by gzip: csv.gz, tsv.gz")
    if suffix in _PARQUET:
        return _parquet([path], path.name)
    if suffix in _TEXT:
        from geo.io.sources.text import TextSource

        return TextSource(path)
    if suffix in _BOOKS:
        from geo.io.sources.workbook import WorkbookSource

        return WorkbookSource(path, sheet)
    if suffix in _LAYERS:
        from geo.io.sources.layers import LayerSource

        return LayerSource(path, sheet)
    if suffix in _KML:
        from geo.io.sources.kml import KmlSource

        return KmlSource(path)
    raise PointsError(
        f"{path.name}: unknown kind of file; use parquet, csv, tsv, xlsx, geojson, gpkg, shp, zip, kml or fgb"
    )


def _parquet(files: list[Path], name: str) -> Source:
    from geo.io.sources.parquet import ParquetSource

    return ParquetSource(files, name)
