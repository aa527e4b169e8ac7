"""Parquet and GeoParquet: files, folders and globs, read by row groups."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from geo.errors import PointsError
from geo.io.sources.base import BATCH_ROWS, Batch, Part, Source, batches_of

__all__ = ["ParquetSource"]

_ENOUGH = 500_000
"""Row groups are taken together until they hold so many rows."""
_SLICE = 1 << 17
_AT_ONCE = 2 * BATCH_ROWS
"""A run of row groups with more rows is read in slices, so that memory stays bounded."""


@lru_cache(maxsize=64)
def _metadata(path: str, stamp: int) -> pq.FileMetaData:
    return pq.read_metadata(path)


def _opened(path: str) -> pq.FileMetaData:
    try:
        return _metadata(path, Path(path).stat().st_mtime_ns)
    except (pa.ArrowException, OSError) as error:
        raise PointsError(
            f"{Path(path).name}: not readable as Parquet ({_short(error)}); was it copied whole?"
        ) from error


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


class ParquetSource(Source):
    """Row groups of one or many Parquet files.

    Parameters
    ----------
    paths
        Files with the same columns, in the order that they are read.
    name
        For messages.

    Raises
    ------
    PointsError
        If a file is not Parquet, or the files differ in their columns.
    """

    movable = True

    def __init__(self, paths: Sequence[Path], name: str) -> None:
        self.name = name
        self.paths = [str(p) for p in paths]
        first = _opened(self.paths[0])
        schema = first.schema.to_arrow_schema()
        self.columns = list(schema.names)
        self._texts = {f.name for f in schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)}  # fmt: skip
        self.geometry, self.crs = _geo_column(first)
        for path in self.paths:
            own = list(_opened(path).schema.to_arrow_schema().names)
            missing = [c for c in self.columns if c not in own]
            if missing:
                raise PointsError(
                    f"{Path(path).name}: no column {', '.join(missing[:5])}, which "
                    f"{Path(self.paths[0]).name} has; files that are read together have the same columns"
                )
            self.size += _opened(path).num_rows
        self.parallel = sum(1 for _ in zip(self.parts(), range(2), strict=False)) > 1

    def parts(self) -> Iterator[Part]:
        """Return runs of row groups of about half a million rows."""
        for path in self.paths:
            groups = _opened(path)
            first, rows, start = 0, 0, 1
            for k in range(groups.num_row_groups):
                rows += groups.row_group(k).num_rows
                if rows >= _ENOUGH or k == groups.num_row_groups - 1:
                    yield Part(Path(path).name, rows, (path, first, k + 1), start)
                    first, start, rows = k + 1, start + rows, 0

    def sample(self, columns: Sequence[str], rows: int) -> dict[str, Any]:
        """Return the first rows."""
        for path in self.paths:
            with pq.ParquetFile(path, metadata=_opened(path), pre_buffer=False) as file:
                for piece in file.iter_batches(rows, columns=list(columns), use_threads=False):
                    if piece.num_rows:
                        return {c: piece.column(c) for c in columns}
        return {c: pa.nulls(0) for c in columns}

    def read(self, part: Part, columns: Sequence[str]) -> Iterator[Batch]:
        """Read a run of row groups, its columns decoded one after another."""
        path, first, last = part.key
        groups = list(range(first, last))
        try:
            # A column of text comes as codes and names, which is what a category is counted by.
            text = [c for c in columns if c in self._texts]
            with pq.ParquetFile(path, metadata=_opened(path), pre_buffer=False, read_dictionary=text) as file:  # fmt: skip
                # Slices of the only part of a source are counted while the next ones are decoded.
                alone = part.size == self.size
                if part.size <= _AT_ONCE and not alone:
                    table = file.read_row_groups(groups, columns=list(columns), use_threads=False)
                    pieces: Any = table.combine_chunks().to_batches()
                else:
                    step = _SLICE if alone else BATCH_ROWS
                    pieces = file.iter_batches(step, row_groups=groups, columns=list(columns), use_threads=False)  # fmt: skip
                yield from batches_of(pieces, columns)
        except (pa.ArrowException, OSError) as error:
            start = part.first or 1
            raise PointsError(
                f"{part.file}: rows {start:,} to {start + part.size - 1:,} are not readable "
                f"({_short(error)}); the file is damaged: copy or export it again"
            ) from error


def _geo_column(metadata: pq.FileMetaData) -> tuple[str, str]:
    """Return the primary column of points of a GeoParquet file and its reference system."""
    raw = (metadata.metadata or {}).get(b"geo")
    if raw is None:
        return "", ""
    try:
        geo = json.loads(raw)
        column = geo["primary_column"]
        crs = geo["columns"][column].get("crs", "OGC:CRS84")
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", ""
    if isinstance(crs, dict):
        code = crs.get("id")
        crs = f"{code['authority']}:{code['code']}" if isinstance(code, dict) else json.dumps(crs)
    return column, crs or ""
