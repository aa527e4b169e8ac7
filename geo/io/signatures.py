"""What a file is by its content, whatever its name says, and whether it is whole."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any

from geo.io.archives import MAX_UNPACKED, Layer, shown
from geo.io.refusals import RefusedError
from geo.words import Said

__all__ = [
    "STORED_AS", "SUFFIXES", "check_gpkg", "check_parquet", "check_shp", "checked_form", "form_of",
    "gpkg_layers", "sheets", "short",
]  # fmt: skip

SUFFIXES: dict[str, str] = {
    ".csv": "text", ".tsv": "text", ".txt": "text", ".xlsx": "book", ".xlsm": "book",
    ".geojson": "geojson", ".json": "geojson", ".zip": "zip", ".kmz": "zip", ".gpkg": "gpkg", ".kml": "kml",
    ".parquet": "parquet", ".geoparquet": "parquet", ".pq": "parquet", ".fgb": "fgb", ".shp": "shp",
}  # fmt: skip
"""What a suffix says of the form of a file."""
_MENDED = {".xls": "old-workbook", ".et": "old-workbook", ".shp": "bare-shapefile", ".dbf": "bare-shapefile",
           ".shx": "bare-shapefile", ".rar": "other-archive", ".7z": "other-archive", ".gz": "other-archive"}  # fmt: skip
STORED_AS = {"geojson": ".geojson", "parquet": ".parquet", "zip": ".zip", "text": ".csv", "book": ".xlsx"}  # fmt: skip
_SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"SQLite format 3\0", "gpkg"), (b"PAR1", "parquet"),
    (b"fgb\x03", "fgb"), (b"\x00\x00\x27\x0a", "shp"), (b"%PDF", "pdf"), (b"\xd0\xcf\x11\xe0", "old-workbook"),
    (b"Rar!", "other-archive"), (b"7z\xbc\xaf", "other-archive"), (b"\x1f\x8b", "other-archive"),
    (b"\x89PNG", "picture"), (b"\xff\xd8\xff", "picture"),
)  # fmt: skip
_GEOJSON_TYPES = (b"FeatureCollection", b"Feature", b"Point", b"Polygon")


def form_of(head: bytes) -> str:
    """Return what the first bytes of a file show it to be; blank for a table of text."""
    for sign, form in _SIGNS:
        if head.startswith(sign):
            return form
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:4096]
    if start.startswith(b"{"):
        return "geojson"
    if start.startswith(b"<"):
        return "kml" if b"<kml" in start else "xml"
    return ""


def checked_form(content: bytes | memoryview, name: str, most: int) -> str:
    """Return the form of a file, judged by its suffix and its content.

    Parameters
    ----------
    content
        Its bytes.
    name
        As it is shown.
    most
        So many bytes it may have.

    Raises
    ------
    RefusedError
        If it is too large, empty, of no known kind, cut off, or something else than its name says.
    """
    size = len(content)
    if size > most:
        raise RefusedError("size", name=name, mb=size / 1e6, most=most / 1e6)
    if not size:
        raise RefusedError("empty", name=name)
    suffix = Path(name).suffix.lower()
    if suffix in _MENDED:
        raise RefusedError(_MENDED[suffix], name=name)
    if suffix not in SUFFIXES:
        raise RefusedError("unknown", name=name)
    head = bytes(content[:65_536])
    form, own = SUFFIXES[suffix], form_of(head)
    if not head.strip(b" \t\r\n\x0b\x0c\xef\xbb\xbf"):
        raise RefusedError("empty", name=name)
    _check_content(form, own, head, name)
    _check_whole(form, content, name)
    return form


def _check_content(form: str, own: str, head: bytes, name: str) -> None:
    """Raise :class:`RefusedError` if a file is something else than its suffix says."""
    if own == "old-workbook":
        raise RefusedError("old-workbook", name=name)
    wanted = {"book": "zip", "text": ""}.get(form, form)
    if own != wanted:
        raise RefusedError("lies", name=name, suffix=Path(name).suffix, **_kind(own))
    if form == "geojson" and not any(t in head for t in _GEOJSON_TYPES):
        raise RefusedError("no-geojson", name=name)


def _kind(own: str) -> dict[str, object]:
    return {"kind": Said(f"mydata.kind.{own or 'text'}")}


def _check_whole(form: str, content: bytes | memoryview, name: str) -> None:
    """Raise :class:`RefusedError` if a file plainly ends before its end."""
    size, tail = len(content), bytes(content[-65_536:])
    cut = False
    if form == "parquet":
        cut = not tail.endswith(b"PAR1") or size < 12
    elif form == "geojson":
        cut = not tail.rstrip(b" \t\r\n\0").endswith((b"}", b"]"))
    elif form == "kml":
        cut = not tail.rstrip().endswith(b">")
    elif form == "gpkg":
        pages, (own,) = struct.unpack(">I", bytes(content[28:32]))[0], struct.unpack(">H", bytes(content[16:18]))  # fmt: skip
        cut = size < pages * (65_536 if own == 1 else own)
    elif form == "text":
        _check_last_row(content, tail, name)
    if cut:
        raise RefusedError("cut", name=name)


def _check_last_row(content: bytes | memoryview, tail: bytes, name: str) -> None:
    """Raise :class:`RefusedError` if a table of text ends within a row: its last figure may be cut."""
    if tail.endswith((b"\n", b"\r")) or b"\0" in tail:
        return
    header = bytes(content[:65_536]).split(b"\n", 1)[0]
    mark = max((b",", b"\t", b";"), key=header.count)
    last = tail.rpartition(b"\n")[2]
    if b'"' not in tail and 0 < last.count(mark) < header.count(mark):
        have, wanted = last.count(mark) + 1, header.count(mark) + 1
        raise RefusedError("cut-row", name=name, have=have, wanted=wanted)


def check_shp(layer: Layer, name: str) -> None:
    """Raise :class:`RefusedError` if a layer is no Shapefile, or ends before its header says."""
    with layer.path.open("rb") as file:
        head = file.read(100)
    # The header states the length in words of two bytes.
    if len(head) < 100 or head[:4] != b"\x00\x00\x27\x0a":
        raise RefusedError("no-shapefile", name=name, layer=layer.name)
    if struct.unpack(">i", head[24:28])[0] * 2 > layer.path.stat().st_size:
        raise RefusedError("cut", name=name)


def sheets(file: Path, name: str) -> list[str]:
    """Return the names of a workbook's sheets."""
    import openpyxl

    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except Exception as error:
        raise RefusedError("damaged", name=name, what=short(error)) from error
    try:
        names = [str(page.title) for page in book.worksheets]
    finally:
        book.close()
    if not names:
        raise RefusedError("no-sheet", name=name)
    return names


def check_gpkg(file: Path, name: str) -> None:
    """Raise :class:`RefusedError` if a database is no GeoPackage, is damaged, or reaches outside itself."""
    import sqlite3

    try:
        base = sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)
        try:
            base.execute("pragma trusted_schema = off")
            tables = {str(r[0]).lower(): str(r[1] or "") for r in base.execute("select name, sql from sqlite_master")}  # fmt: skip
        finally:
            base.close()
    except sqlite3.Error as error:
        raise RefusedError("damaged", name=name, what=short(error)) from error
    if not {"gpkg_contents", "gpkg_spatial_ref_sys"} <= set(tables):
        raise RefusedError("no-gpkg", name=name)
    for sql in tables.values():
        if re.match(r"\s*create\s+virtual\b", sql, re.IGNORECASE) and not re.search(r"\busing\s+[\"']?rtree\b", sql, re.IGNORECASE):  # fmt: skip
            raise RefusedError("virtual-table", name=name)


def gpkg_layers(file: Path, name: str) -> list[str]:
    """Return the names of a GeoPackage's layers that have geometry."""
    import pyogrio

    try:
        found = [str(n) for n, kind in pyogrio.list_layers(file) if kind is not None]
    except Exception as error:
        raise RefusedError("damaged", name=name, what=short(error)) from error
    if not found:
        raise RefusedError("no-layer", name=name)
    return found


def check_parquet(file: Path, name: str, rows: int) -> None:
    """Raise :class:`RefusedError` if a Parquet file is damaged or larger than can be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        known: Any = pq.read_metadata(file)
    except (pa.ArrowException, OSError) as error:
        raise RefusedError("damaged", name=name, what=short(error)) from error
    if known.num_rows > rows:
        raise RefusedError("rows", name=name, most=rows)
    groups = range(known.num_row_groups)
    unpacked = sum(known.row_group(k).total_byte_size for k in groups)
    if unpacked > MAX_UNPACKED:
        raise RefusedError("unpacks-to", name=name, mb=unpacked / 1e6, most=MAX_UNPACKED / 1e6)


def short(error: BaseException) -> str:
    """Return what an error says, on one line."""
    text = str(error).splitlines()[0] if str(error) else ""
    return shown(f"{type(error).__name__}: {text}", 160)
