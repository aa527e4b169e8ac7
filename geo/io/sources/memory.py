"""Tables in memory: GeoDataFrames, pandas, Arrow, DuckDB relations and whatever speaks Arrow's stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from geo.errors import PointsError
from geo.io.sources.base import BATCH_ROWS, Batch, Part, Source

__all__ = ["FrameSource", "StreamSource", "TableSource", "memory_source"]

_X, _Y = "geometry.x", "geometry.y"


class TableSource(Source):
    """An Arrow table, in slices.

    Parameters
    ----------
    table
        The table.
    name
        For messages.
    """

    parallel = True

    def __init__(self, table: pa.Table, name: str = "the table") -> None:
        self.table, self.name = table, name
        self.columns, self.size = list(table.column_names), table.num_rows

    def parts(self) -> Iterator[Part]:
        """Return slices of about a quarter of a million rows, which keeps every core busy."""
        step = BATCH_ROWS // 4
        for start in range(0, self.table.num_rows, step):
            yield Part(self.name, min(step, self.table.num_rows - start), start, start + 1)

    def read(self, part: Part, columns: Sequence[str]) -> Iterator[Batch]:
        """Return a slice."""
        piece = self.table.slice(part.key, part.size)
        arrays = {c: piece.column(c) for c in columns}
        yield Batch(arrays, part.size, None, part.size)


class FrameSource(TableSource):
    """A pandas DataFrame, or a GeoDataFrame of points in any reference system.

    Raises
    ------
    PointsError
        If a GeoDataFrame has no reference system or holds something else than points.
    """

    def __init__(self, frame: Any, name: str = "the table") -> None:
        self.frame = frame
        self.spatial = hasattr(frame, "geometry") and hasattr(frame, "crs")
        self.name, self.size = name, len(frame)
        self.columns = [str(c) for c in frame.columns]
        if not self.spatial:
            return
        if frame.crs is None:
            raise PointsError("the points have no reference system: set it, such as set_crs(4326)")
        self.geometry, self.crs = str(frame.geometry.name), frame.crs.to_string()
        # Kinds by number: their names take a second for a million points. Missing ones are -1.
        if (shapely.get_type_id(frame.geometry.to_numpy()) > 0).any():
            kinds = set(frame.geometry.geom_type.dropna()) - {"Point"}
            raise PointsError(
                f"geometry of type {', '.join(sorted(kinds))}: coverage counts points"
            )

    def parts(self) -> Iterator[Part]:
        """Return slices of the frame."""
        step = BATCH_ROWS // 4
        for start in range(0, len(self.frame), step):
            yield Part(self.name, min(step, len(self.frame) - start), start, start + 1)

    def read(self, part: Part, columns: Sequence[str]) -> Iterator[Batch]:
        """Return a slice; points as a struct of x and y."""
        piece = self.frame.iloc[part.key : part.key + part.size]
        arrays = {c: self._column(piece, c) for c in columns}
        yield Batch(arrays, part.size, None, part.size)

    def _column(self, piece: Any, name: str) -> Any:
        if self.spatial and name == self.geometry:
            points = piece.geometry
            x, y = points.x.to_numpy(dtype=float), points.y.to_numpy(dtype=float)
            return pa.StructArray.from_arrays([pa.array(x), pa.array(y)], ["x", "y"])
        own = piece[name] if name in piece.columns else piece.iloc[:, self.columns.index(name)]
        values = own.to_numpy()
        if values.dtype == np.float64:
            return pa.array(values, from_pandas=True)
        try:
            return pa.Array.from_pandas(own)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            # A column of mixed kinds, as spreadsheets leave behind.
            missing = own.isna().to_numpy()
            return pa.array([None if m else str(v) for v, m in zip(values, missing, strict=True)], pa.string())  # fmt: skip


class StreamSource(Source):
    """A stream of Arrow record batches, which can be read once."""

    def __init__(self, reader: pa.RecordBatchReader, name: str = "the stream") -> None:
        self.reader, self.name = reader, name
        self.columns = list(reader.schema.names)
        self._head: pa.RecordBatch | None = None

    def parts(self) -> Iterator[Part]:
        """Return the stream as one part."""
        yield Part(self.name, 0)

    def _pieces(self) -> Iterator[pa.RecordBatch]:
        head, self._head = self._head, None
        if head is not None:
            yield head
        yield from self.reader

    def sample(self, columns: Sequence[str], rows: int) -> dict[str, Any]:
        """Return the first rows, and keep them to be read again."""
        if self._head is None:
            self._head = next(iter(self.reader), pa.RecordBatch.from_pylist([], self.reader.schema))
        return {c: self._head.column(c)[:rows] for c in columns}

    def read(self, part: Part, columns: Sequence[str]) -> Iterator[Batch]:
        """Read on."""
        passed = 0
        for piece in self._pieces():
            passed += piece.num_rows
            yield Batch({c: piece.column(c) for c in columns}, piece.num_rows, None, passed)


def memory_source(points: Any) -> Source | None:
    """Return the source of something in memory, or ``None`` if it is no table that is known."""
    if isinstance(points, pa.Table):
        return TableSource(points)
    if isinstance(points, pa.RecordBatch):
        return TableSource(pa.Table.from_batches([points]))
    if isinstance(points, pa.RecordBatchReader):
        return StreamSource(points)
    if hasattr(points, "iloc") and hasattr(points, "columns"):
        return FrameSource(points)
    for name in ("to_arrow_reader", "fetch_record_batch"):
        # DuckDB relations, by their newer and their older name of it.
        if hasattr(points, name):
            return StreamSource(getattr(points, name)(BATCH_ROWS), "the relation")
    if hasattr(points, "__arrow_c_stream__"):
        return StreamSource(pa.RecordBatchReader.from_stream(points))
    return None
