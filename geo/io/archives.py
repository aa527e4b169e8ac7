"""Zip archives from people: what is in them is judged before anything is unpacked."""

from __future__ import annotations

import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from geo.io.refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "MAX_MEMBERS", "MAX_RATIO", "MAX_UNPACKED", "Layer", "check_workbook", "unpack_folder", "unpack_layers",
]  # fmt: skip

MAX_UNPACKED = 1_000_000_000
"""An upload that unpacks to more bytes is refused."""
MAX_RATIO = 250
"""So many times its size an upload may unpack to, once that is more than a few megabytes."""
MAX_MEMBERS = 5_000
_SMALL = 20_000_000
_PIECE = 1 << 20
_HEAD = 4096
_NESTED = (".zip", ".rar", ".7z", ".gz", ".tar", ".tgz", ".bz2", ".xz", ".kmz")
_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_NEEDED = (".shx", ".dbf")
_SINGLE = (".csv", ".tsv", ".txt", ".xlsx", ".geojson", ".json", ".gpkg", ".kml", ".parquet", ".fgb")  # fmt: skip
_PLAIN = re.compile(r"\w[\w .()+-]{0,100}")
"""A file's name without a folder, a drive or a dot in front."""
_LINKED = 3
"""What made the archive: only of Unix are the upper bits of its attributes a file's mode."""


@dataclass(frozen=True)
class Layer:
    """A readable file that was unpacked.

    Attributes
    ----------
    name
        As the archive calls it, for people: never used as a path.
    path
        Where it is now, under a name of our own.
    """

    name: str
    path: Path


@contextmanager
def _opened(file: Path, name: str) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as packed:
            yield packed
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise RefusedError("cut-archive", name=name) from error


def _members(packed: zipfile.ZipFile, file: Path, name: str) -> list[zipfile.ZipInfo]:
    """Return the files of an archive if none of them is a trick and all are bounded."""
    entries = packed.infolist()
    if len(entries) > MAX_MEMBERS:
        raise RefusedError("many-members", name=name, n=len(entries), most=MAX_MEMBERS)
    size = file.stat().st_size
    unpacked = sum(e.file_size for e in entries)
    if unpacked > MAX_UNPACKED:
        raise RefusedError("unpacks-to", name=name, mb=unpacked / 1e6, most=MAX_UNPACKED / 1e6)
    if unpacked > _SMALL and unpacked > MAX_RATIO * size:
        raise RefusedError("ratio", name=name, ratio=unpacked / size, most=MAX_RATIO)
    if sum(e.compress_size for e in entries) > size:
        # Members that lie over one another unpack to any size.
        raise RefusedError("overlapping", name=name)
    for entry in entries:
        _check_member(entry, name)
    return [e for e in entries if not e.is_dir()]


def _check_member(entry: zipfile.ZipInfo, name: str) -> None:
    # What follows a NUL is cut off by the library: look at the name as it stands.
    own = entry.orig_filename.replace("\\", "/")
    mode = entry.external_attr >> 16
    tricky = (
        "\0" in own
        or own.startswith("/")
        or re.match(r"^[A-Za-z]:", own)
        or ".." in own.split("/")
        or (entry.create_system == _LINKED and stat.S_ISLNK(mode))
    )
    if tricky:
        raise RefusedError("path-trick", name=name, member=shown(own))
    if entry.flag_bits & 1:
        raise RefusedError("encrypted", name=name)


def shown(text: str, most: int = 80) -> str:
    """Return a name from a file as it can be shown: on one line, without signs that print nothing."""
    kept = "".join(c for c in text if c.isprintable()).strip()
    return kept if len(kept) <= most else kept[: most - 1] + "…"


def _name_of(entry: zipfile.ZipInfo) -> str:
    """Return a member's name; Chinese Windows writes it in GBK without saying so."""
    own = entry.filename.replace("\\", "/")
    if entry.flag_bits & 0x800:
        return own
    try:
        return own.encode("cp437").decode("gb18030")
    except UnicodeError:
        return own


def unpack_layers(file: Path, folder: Path, name: str) -> list[Layer]:
    """Unpack the Shapefiles of an archive, or the one table or layer that it holds.

    Parameters
    ----------
    file
        The archive.
    folder
        Where to: an empty folder of our own. Files get names of our own there.
    name
        Of the archive, for messages.

    Raises
    ------
    RefusedError
        If it is cut off, encrypted, unpacks to too much, holds names that lead out of the folder,
        further archives, or nothing that can be read.
    """
    with _opened(file, name) as packed:
        members = [
            (m, own) for m in _members(packed, file, name)
            if not (own := _name_of(m)).startswith("__MACOSX/") and not own.rpartition("/")[2].startswith(".")
        ]  # fmt: skip
        shapefiles = _shapefiles(members, name)
        if shapefiles:
            return [
                Layer(stem, _unpacked_shapefile(packed, parts, folder, number))
                for number, (stem, parts) in enumerate(shapefiles.items(), 1)
            ]
        single = [(m, own) for m, own in members if _suffix(own) in _SINGLE]
        if len(single) > 1:
            names = ", ".join(shown(own, 40) for _, own in single[:6])
            raise RefusedError("several-files", name=name, names=names)
        if not single:
            nested = [own for _, own in members if _suffix(own) in _NESTED]
            if nested:
                raise RefusedError("nested", name=name, member=shown(nested[0]))
            raise RefusedError("nothing-inside", name=name)
        entry, own = single[0]
        target = folder / f"inside{_suffix(own)}"
        _copy(packed, entry, target)
        return [Layer(shown(own.rpartition("/")[2]), target)]


def unpack_folder(
    file: Path, folder: Path, name: str, *, marker: str, suffixes: Sequence[str], most: int
) -> None:
    """Unpack the plain files of the one folder of an archive that holds a certain file.

    Parameters
    ----------
    file
        The archive.
    folder
        Where to: an empty folder of our own.
    name
        Of the archive, for messages.
    marker
        Name of the file that tells the folder.
    suffixes
        Endings of the files that are unpacked; others, and further folders, are left.
    most
        Bytes that they may be unpacked.

    Raises
    ------
    RefusedError
        As :func:`unpack_layers`, or if not exactly one folder holds the marker.
    """
    with _opened(file, name) as packed:
        members = [(m, _name_of(m)) for m in _members(packed, file, name)]
        members = [(m, own) for m, own in members if not own.startswith("__MACOSX/")]
        homes = {own.removesuffix(marker) for _, own in members if own.rpartition("/")[2] == marker}
        if len(homes) != 1:
            raise RefusedError("no-layout" if not homes else "several-layouts", name=name)
        home = homes.pop()
        chosen = {
            own.removeprefix(home): m for m, own in members
            if own.startswith(home) and _PLAIN.fullmatch(own.removeprefix(home)) and _suffix(own) in suffixes
        }  # fmt: skip
        unpacked = sum(m.file_size for m in chosen.values())
        if unpacked > most:
            raise RefusedError("unpacks-to", name=name, mb=unpacked / 1e6, most=most / 1e6)
        for own, entry in chosen.items():
            _copy(packed, entry, folder / own)


def _suffix(name: str) -> str:
    return Path(name).suffix.lower()


def _shapefiles(
    members: Sequence[tuple[zipfile.ZipInfo, str]], name: str
) -> dict[str, dict[str, zipfile.ZipInfo]]:
    """Return the parts of every Shapefile, by the name to show."""
    parts: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for entry, own in members:
        if _suffix(own) in _SHAPEFILE:
            parts.setdefault(own[: -len(Path(own).suffix)], {})[_suffix(own)] = entry
    found: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for stem, own_parts in parts.items():
        if ".shp" not in own_parts:
            continue
        missing = [s for s in _NEEDED if s not in own_parts]
        last = shown(stem.rpartition("/")[2], 60)
        if missing:
            raise RefusedError("shapefile-part", name=name, layer=last, parts=", ".join(missing))
        found[last if last not in found else shown(stem.replace("/", " / "))] = own_parts
    return found


def _unpacked_shapefile(
    packed: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo], folder: Path, number: int
) -> Path:
    for suffix, entry in parts.items():
        _copy(packed, entry, folder / f"layer-{number}{suffix}")
    _mend_names(folder / f"layer-{number}.dbf")
    return folder / f"layer-{number}.shp"


def _mend_names(table: Path) -> None:
    """Take what is left of a cut sign off the names of columns, which hold ten bytes.

    Programs that write UTF-8 cut a Chinese name within a sign, and GDAL then reads nothing at all.
    """
    stated = table.with_suffix(".cpg")
    told = stated.read_bytes()[:20].strip().upper() if stated.exists() else b"UTF-8"
    if told not in (b"UTF-8", b"UTF8", b"65001"):
        return
    with table.open("r+b") as file:
        head = file.read(32)
        if len(head) < 32:
            return
        size = struct.unpack("<H", head[8:10])[0]
        for at in range(32, min(size, 32 * 2048) - 31, 32):
            file.seek(at)
            own = file.read(11)
            name = own.split(b"\0")[0]
            kept = name.decode("utf-8", "ignore").encode()
            # Only an end that is cut: other bytes that are no UTF-8 are another encoding.
            if own[:1] != b"\r" and kept != name and name.startswith(kept) and len(kept) > len(name) - 4:  # fmt: skip
                file.seek(at)
                file.write(kept.ljust(11, b"\0"))


def _copy(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    # No more than the archive states of a member is ever written, and that was added up before.
    with packed.open(entry) as source, target.open("xb") as sink:
        shutil.copyfileobj(source, sink, _PIECE)


def check_workbook(file: Path, name: str) -> None:
    """Raise :class:`RefusedError` if a workbook is cut off, a bomb, or declares entities.

    Parameters
    ----------
    file
        The workbook.
    name
        Of the workbook, for messages.
    """
    with _opened(file, name) as packed:
        members = _members(packed, file, name)
        names = {m.filename for m in members}
        if "[Content_Types].xml" not in names:
            raise RefusedError("no-workbook", name=name)
        for entry in members:
            if entry.filename.lower().endswith((".xml", ".rels")):
                with packed.open(entry) as part:
                    _refuse_doctype(part, name, entry.filename)


def _refuse_doctype(part: IO[bytes], name: str, member: str) -> None:
    head = part.read(_HEAD).replace(b"\0", b"")
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise RefusedError("doctype", name=name, member=shown(member))
