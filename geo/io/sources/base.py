"""What every source of points gives: its columns, and parts that can be read one by one, anywhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo.errors import PointsError

__all__ = ["BATCH_ROWS", "MAX_COLUMNS", "Batch", "Part", "Source"]

BATCH_ROWS = 1 << 20
"""Rows handled at once."""
MAX_COLUMNS = 10_000
"""A table with more columns is refused: it is turned on its side, or no table."""


@dataclass(frozen=True)
class Part:
    """A piece of a source that can be read on its own; it can be sent to another machine.

    Attributes
    ----------
    file
        Name of the file, for messages and rejects.
    size
        Rows or bytes, in the unit of the source's ``size``.
    key
        What the source needs to find it.
    first
        Number of its first row, or ``None`` where that is only known once the parts before it in
        the same file have been read.
    """

    file: str
    size: int
    key: Any = None
    first: int | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Batch:
    """Some rows of a part.

    Attributes
    ----------
    columns
        Arrow arrays by name.
    count
        How many rows there are.
    rows
        Their numbers, counted from the first row of the part (0); ``None`` where they follow on.
    passed
        How many rows of the part have been read when this batch has, blank lines included.
    """

    columns: dict[str, Any]
    count: int
    rows: NDArray[np.int64] | None
    passed: int


class Source(ABC):
    """A table of points that is read in parts, never whole.

    Attributes
    ----------
    name
        For messages.
    columns
        Names of the columns.
    geometry
        The column of points that the table declares, or blank.
    crs
        The reference system that it declares, such as ``EPSG:4326``, or blank.
    encoding
        Of text, or blank.
    first_row
        Number of the first row: 2 below a header, as a spreadsheet shows it, else 1.
    size
        Rows or bytes in all, for progress; 0 where it is not known.
    counts_bytes
        Whether sizes are bytes.
    """

    name: str
    columns: list[str]
    geometry: str = ""
    crs: str = ""
    encoding: str = ""
    first_row: int = 1
    size: int = 0
    counts_bytes: bool = False
    parallel: bool = False
    """Whether its parts can be read side by side."""
    movable: bool = False
    """Whether its parts can be read by another process on the same files."""

    @abstractmethod
    def parts(self) -> Iterator[Part]:
        """Return the parts, in order."""

    @abstractmethod
    def read(self, part: Part, columns: Sequence[str]) -> Iterator[Batch]:
        """Read some columns of a part, in batches."""

    def sample(self, columns: Sequence[str], rows: int) -> dict[str, Any]:
        """Return the first rows that have any, as Arrow arrays by name."""
        for part in self.parts():
            for batch in self.read(part, columns):
                if batch.count:
                    return {c: batch.columns[c][:rows] for c in columns}
        return {c: pa.nulls(0) for c in columns}

    def checked(self) -> Source:
        """Return the source if its columns are a table's.

        Raises
        ------
        PointsError
            If there are none or far too many, or two have one name.
        """
        if not self.columns:
            raise PointsError(f"{self.name}: no columns; nothing to read")
        if len(self.columns) > MAX_COLUMNS:
            raise PointsError(
                f"{self.name}: {len(self.columns):,} columns, above {MAX_COLUMNS:,}; is the table "
                "turned on its side? Keep the columns that are needed"
            )
        return self


def batches_of(table: Any, columns: Sequence[str], start: int = 0) -> Iterator[Batch]:
    """Return batches of an Arrow table or an iterable of Arrow record batches."""
    passed = start
    pieces = table.to_batches(max_chunksize=BATCH_ROWS) if isinstance(table, pa.Table) else table
    for piece in pieces:
        passed += piece.num_rows
        yield Batch({c: piece.column(c) for c in columns}, piece.num_rows, None, passed)
