"""Workbooks (XLSX): one sheet, read row by row."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from geo.errors import PointsError
from geo.io.sources.base import Batch, Part, Source
from geo.io.sources.text import table_names

__all__ = ["MAX_UNPACKED", "WorkbookSource", "check_unpacked"]

MAX_UNPACKED = 2_000_000_000
"""A workbook or a zipped layer that unpacks to more bytes is refused."""
_ROWS = 50_000
_MOST_ROWS = 1_048_576
"""Rows of a sheet, by the format."""


def check_unpacked(file: Path) -> None:
    """Raise :class:`PointsError` if a zip is none, or unpacks to too much."""
    if not zipfile.is_zipfile(file):
        raise PointsError(f"{file.name}: not a workbook or zip inside; save it again")
    with zipfile.ZipFile(file) as packed:
        size = sum(entry.file_size for entry in packed.infolist())
    if size > MAX_UNPACKED:
        raise PointsError(
            f"{file.name}: unpacks to {size / 1e6:,.0f} MB, above {MAX_UNPACKED / 1e6:,.0f} MB, which "
            "is refused; split it"
        )


class WorkbookSource(Source):
    """Rows of a sheet.

    Parameters
    ----------
    path
        ``.xlsx`` or ``.xlsm``.
    sheet
        Name of the sheet; by default the first.

    Raises
    ------
    PointsError
        If it is no workbook, or has no such sheet or no header.
    """

    first_row = 2

    def __init__(self, path: Path, sheet: str | None = None) -> None:
        self.path, self.name, self.sheet = path, path.name, sheet
        check_unpacked(path)
        head = next(self._rows(None), None)
        if head is None or not any(cell not in (None, "") for cell in head):
            raise PointsError(
                f"{self.name}: no header in row 1; put the names of the columns there"
            )
        self.columns = table_names(head)

    def _rows(self, width: int | None) -> Iterator[tuple[Any, ...]]:
        import openpyxl

        try:
            book = openpyxl.load_workbook(self.path, read_only=True, data_only=True)
        except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
            raise PointsError(
                f"{self.name}: not a readable workbook ({error}); save it again as .xlsx"
            ) from error
        try:
            if self.sheet is not None and self.sheet not in book.sheetnames:
                raise PointsError(
                    f"{self.name}: no sheet {self.sheet!r}; there are {', '.join(book.sheetnames)}"
                )
            page = book[self.sheet] if self.sheet is not None else book.worksheets[0]
            # The extent that a file states can be wrong in either direction: go by its cells.
            page.reset_dimensions()
            # A row or cell may claim any number: what no spreadsheet has is not filled up to.
            yield from page.iter_rows(max_row=_MOST_ROWS, max_col=width, values_only=True)
        finally:
            book.close()

    def parts(self) -> Iterator[Part]:
        """Return the sheet as one part: it can only be read from the top."""
        yield Part(self.name, 0)

    def read(self, part: Part, columns: Sequence[str]) -> Iterator[Batch]:
        """Read the rows below the header; wholly blank ones are passed over."""
        at = [self.columns.index(c) for c in columns]
        kept: list[list[Any]] = []
        numbers: list[int] = []
        number = -1
        rows = self._rows(len(self.columns))
        next(rows, None)
        for number, row in enumerate(rows):
            if any(cell not in (None, "") for cell in row):
                kept.append([row[k] if k < len(row) else None for k in at])
                numbers.append(number)
            if len(kept) == _ROWS:
                yield _batch(kept, numbers, columns, number + 1)
                kept, numbers = [], []
        yield _batch(kept, numbers, columns, number + 1)


def _batch(rows: list[list[Any]], numbers: list[int], columns: Sequence[str], passed: int) -> Batch:
    arrays = {c: _array([r[k] for r in rows]) for k, c in enumerate(columns)}
    return Batch(arrays, len(rows), np.array(numbers, dtype=np.int64), passed)


def _array(values: list[Any]) -> pa.Array:
    """Return cells as an array: of numbers if all are, else of text."""
    if all(v is None or (isinstance(v, int | float) and not isinstance(v, bool)) for v in values):
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    return pa.array([None if v is None or v == "" else _text(v) for v in values], pa.string())


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
