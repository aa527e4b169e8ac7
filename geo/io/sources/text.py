"""CSV and TSV of any size, in UTF-8 or GB18030, gzip too: cut at line breaks, parsed block by block."""

from __future__ import annotations

import csv
import gzip
import io
import mmap
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc_csv

from geo.errors import PointsError
from geo.io.sources.base import Batch, Part, Source

__all__ = ["TextSource", "table_names"]

_BLOCK = 8 << 20
"""Bytes of a part, about: it ends at the end of a row."""
_LONGEST = 4 << 20
"""A row with more bytes is none: the file is no table of text."""
_BOM = b"\xef\xbb\xbf"


def table_names(cells: Sequence[object]) -> list[str]:
    """Return the names of columns from the cells of a header; blank and doubled ones are numbered."""
    names: dict[str, None] = {}
    for k, cell in enumerate(cells):
        text = str(cell).strip() if cell not in (None, "") else f"column {k + 1}"
        names[text if text not in names else f"{text} ({k + 1})"] = None
    return list(names)


class TextSource(Source):
    """Rows of a text file.

    Parameters
    ----------
    path
        ``.csv``, ``.tsv`` or ``.txt``, or one of them with ``.gz``.

    Raises
    ------
    PointsError
        If it is not text, or has no header.
    """

    counts_bytes = True
    first_row = 2

    def __init__(self, path: Path) -> None:
        self.path, self.name = str(path), path.name
        self.packed = path.suffix.lower() == ".gz"
        self.parallel = self.movable = not self.packed
        self.size = path.stat().st_size
        with self._open() as file:
            head = self._try(lambda: file.read(_LONGEST))
        self.encoding = self._encoding_of(head)
        self.skip = len(_BOM) if head.startswith(_BOM) else 0
        end = _row_end(head[self.skip :], last=False)
        line = head[self.skip : self.skip + end] if end >= 0 else head[self.skip :]
        if end < 0 and len(head) >= _LONGEST:
            raise PointsError(
                f"{self.name}: no line break in the first {_LONGEST >> 20} MB; it is no table of text"
            )
        if b"\r" in line.rstrip(b"\r\n"):
            raise PointsError(
                f"{self.name}: its lines end in a carriage return alone, as on old Macs; save it with "
                "ordinary line ends"
            )
        text = line.decode(self.encoding)
        first = text.split("\n")[0]
        self.delimiter = max(",\t;", key=first.count)
        cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter), [])
        if not any(cells):
            raise PointsError(
                f"{self.name}: no header in row 1; put the names of the columns there"
            )
        self.columns = table_names(cells)
        self.body = self.skip + len(line)

    def _open(self) -> BinaryIO:
        if self.packed:
            return cast("BinaryIO", gzip.open(self.path))
        return Path(self.path).open("rb")

    def _try(self, read: Any) -> Any:
        try:
            return read()
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise PointsError(f"{self.name}: damaged ({error}); pack or copy it again") from error

    def _encoding_of(self, head: bytes) -> str:
        # UTF-16 has a zero in every second byte; a workbook or a picture has some as well.
        if b"\x00" in head:
            raise PointsError(
                f"{self.name}: binary, not text; is it a workbook that was renamed to .csv, or "
                "UTF-16? Save it as UTF-8 CSV"
            )
        samples = [head]
        if not self.packed and self.size > 2 * _LONGEST:
            # Names at the head can be plain ASCII: look further down as well.
            with self._open() as file:
                for share in (0.25, 0.5, 0.75, 0.98):
                    file.seek(int(self.size * share))
                    samples.append(file.read(1 << 18).partition(b"\n")[2])
        if all(_decodes(s, "utf-8") for s in samples) or _mostly_utf8(samples):
            return "utf-8"
        if all(_decodes(s, "gb18030") for s in samples):
            return "gb18030"
        raise PointsError(f"{self.name}: neither UTF-8 nor GB18030 text; save it as UTF-8 CSV")

    def parts(self) -> Iterator[Part]:
        """Return blocks of whole rows, found by reading the file once."""
        if self.packed:
            yield Part(self.name, self.size)
            return
        with Path(self.path).open("rb") as file:
            # Nothing is read here but what shows where rows end; the blocks are read side by side.
            whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            with whole:
                at, wanted = self.body, _BLOCK
                while at < len(whole):
                    stop = min(at + wanted, len(whole))
                    if whole.find(b'"', at, stop) < 0:
                        end = whole.rfind(b"\n", at, stop) + 1 - at
                    else:
                        end = _row_end(whole[at:stop])
                    if stop == len(whole):
                        # The last row may lack its line end, and be no longer than others.
                        self._refuse_longer(_BLOCK + stop - at - max(end, 0))
                        end = stop - at
                    if end <= 0:
                        self._refuse_longer(wanted)
                        wanted += _BLOCK
                        continue
                    if hasattr(mmap, "MADV_DONTNEED"):
                        # What has been looked at need not stay mapped.
                        page = at // mmap.PAGESIZE * mmap.PAGESIZE
                        whole.madvise(mmap.MADV_DONTNEED, page, stop - page)
                    yield Part(self.name, end, (at, end))
                    at, wanted = at + end, _BLOCK

    def _refuse_longer(self, length: int) -> None:
        if length > _BLOCK + _LONGEST:
            raise PointsError(
                f"{self.name}: a row longer than {_LONGEST >> 20} MB; is a quotation mark left open, or "
                "is this no table of text?"
            )

    def _blocks(self) -> Iterator[bytes]:
        """Read the body of a packed file in blocks that end where a row ends."""
        with self._open() as file:
            self._try(lambda: file.read(self.body))
            rest = b""
            while True:
                fresh = self._try(lambda: file.read(_BLOCK))
                block = rest + fresh
                if not fresh:
                    if block:
                        yield block
                    return
                end = _row_end(block)
                if end < 0:
                    self._refuse_longer(len(block))
                    rest = block
                    continue
                yield block[:end]
                rest = block[end:]

    def read(self, part: Part, columns: Sequence[str]) -> Iterator[Batch]:
        """Parse a block; of a packed file, block after block."""
        if self.packed:
            passed = 0
            for block in self._blocks():
                batch = self._parsed(block, columns, passed)
                passed = batch.passed
                yield batch
            return
        start, length = part.key
        with self._open() as file:
            file.seek(start)
            yield self._parsed(file.read(length), columns, 0)

    def _parsed(self, block: bytes, columns: Sequence[str], before: int) -> Batch:
        ragged: list[tuple[int, str]] = []

        def aside(row: Any) -> str:
            ragged.append((row.number, row.text))
            return "skip"

        # A carriage return is part of a line end, or something that needs care.
        odd = b"\r" in block and b"\r" in block.replace(b"\r\n", b"")
        quoted = b'"' in block
        # A blank line in a table of one column is a row without a value to the parser.
        if odd or ((quoted or len(self.columns) == 1) and _has_blank_line(block)):
            return self._careful(block, columns, before)
        options = {
            "read_options": pc_csv.ReadOptions(
                column_names=self.columns, use_threads=False, encoding=self.encoding,
                block_size=max(len(block) * 2, 1 << 20),
            ),
            "parse_options": pc_csv.ParseOptions(
                delimiter=self.delimiter, newlines_in_values=quoted, quote_char='"' if quoted else False,
                ignore_empty_lines=False, invalid_row_handler=aside,
            ),
        }  # fmt: skip
        for numeric in (True, False):
            ragged.clear()
            codes = pa.dictionary(pa.int32(), pa.string())
            kinds = {c: pa.float64() if c in self._numeric else codes for c in columns}
            if not numeric:
                kinds = dict.fromkeys(columns, pa.string())
            try:
                table = pc_csv.read_csv(
                    pa.BufferReader(block),
                    convert_options=pc_csv.ConvertOptions(
                        include_columns=list(columns), column_types=kinds, strings_can_be_null=True,
                        null_values=[""], quoted_strings_can_be_null=True, check_utf8=not numeric,
                    ),
                    **options,
                )  # fmt: skip
                arrays = {c: _whole(table.column(c)) for c in columns}
                for array in arrays.values():
                    # Each different text is checked once, which takes no time.
                    if numeric and pa.types.is_dictionary(array.type):
                        array.dictionary.validate(full=True)
                break
            except (pa.ArrowInvalid, UnicodeDecodeError) as error:
                if not numeric:
                    return self._careful(block, columns, before, why=error)
        count = table.num_rows
        if ragged:
            # Short, long and blank rows need their numbers: go through the block by hand.
            return self._careful(block, columns, before)
        return Batch(arrays, count, None if not before else np.arange(before, before + count), before + count)  # fmt: skip

    _numeric: frozenset[str] = frozenset()

    def expect_numbers(self, columns: Sequence[str]) -> None:
        """Parse these columns as numbers where a block allows it, which is faster."""
        self._numeric = frozenset(columns)

    def _careful(
        self, block: bytes, columns: Sequence[str], before: int, why: Exception | None = None
    ) -> Batch:
        """Parse a block row by row: short rows are filled up, blank ones passed over but numbered."""
        try:
            text = block.decode(self.encoding)
        except UnicodeDecodeError as error:
            line = block[: error.start].count(b"\n")
            first = block.rfind(b"\n", 0, error.start) + 1
            cell = block[first : error.start].count(self.delimiter.encode())
            column = self.columns[min(cell, len(self.columns) - 1)]
            raise PointsError(
                f"{self.name}: not {self.encoding.upper()} in column {column!r}, {line + 1:,} rows into "
                f"a block of {block.count(bytes([10])):,} that begins with {block[:40]!r}, though the "
                "file begins so; mixed encodings: save it whole as UTF-8"
            ) from error
        at = [self.columns.index(c) for c in columns]
        kept: list[list[str | None]] = []
        rows: list[int] = []
        number = -1
        try:
            for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter)):  # fmt: skip
                if any(cells):
                    kept.append([(cells[k] or None) if k < len(cells) else None for k in at])
                    rows.append(before + number)
        except csv.Error as error:
            raise PointsError(
                f"{self.name}: not readable as CSV ({error}) after {kept[-1] if kept else 'the header'}; "
                "save it as plain CSV"
            ) from (why or error)
        arrays = {c: pa.array([r[k] for r in kept], pa.string()) for k, c in enumerate(columns)}
        return Batch(arrays, len(kept), np.array(rows, dtype=np.int64), before + number + 1)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    # To combine a single chunk would copy it.
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _decodes(sample: bytes, encoding: str) -> bool:
    # The end of a sample may cut a character in two; so may its beginning, which is cut at a line.
    for cut in range(4):
        try:
            sample[: len(sample) - cut].decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(sample) - 8:
                return False
        else:
            return True
    return False


def _has_blank_line(block: bytes) -> bool:
    return b"\n\n" in block or b"\n\r\n" in block or block.startswith((b"\n", b"\r\n"))


def _mostly_utf8(samples: Sequence[bytes]) -> bool:
    """Return whether most lines beyond ASCII are UTF-8, which lines of GB18030 hardly ever are.

    Such a file mixes encodings: GB18030 would read all of it, most of it as other characters.
    """
    lines = [line for s in samples for line in s.split(b"\n")[:20_000] if not line.isascii()]
    return bool(lines) and sum(_decodes(line, "utf-8") for line in lines) > 0.5 * len(lines)


def _row_end(block: bytes, *, last: bool = True) -> int:
    """Return where the last (or the first) row ends, line break included; -1 where none does.

    A line break between quotation marks belongs to the row.
    """
    if b'"' not in block:
        end = block.rfind(b"\n") if last else block.find(b"\n")
        return end + 1 if end >= 0 else -1
    data = np.frombuffer(block, dtype=np.uint8)
    breaks = np.flatnonzero(data == 10)
    marks = np.flatnonzero(data == 34)
    closed = breaks[np.searchsorted(marks, breaks) % 2 == 0]
    if not len(closed):
        return -1
    return int(closed[-1 if last else 0]) + 1
