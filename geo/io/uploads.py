"""Files that a person hands over: bounded, judged by their content, and on disk only while read.

A file lies in a private temporary folder under a name of our own as long as :func:`stored` is open,
and is removed then, whatever happens. The name that it came with is shown and never a path.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from geo.errors import CorridorError, PointsError
from geo.io.archives import Layer, check_workbook, shown, unpack_layers
from geo.io.refusals import RefusedError
from geo.io.signatures import (  # fmt: skip
    STORED_AS,
    check_gpkg,
    check_parquet,
    check_shp,
    checked_form,
    gpkg_layers,
    sheets,
    short,
)
from geo.io.sources import open_source
from geo.io.sources.base import Batch, Part, Source

__all__ = ["LIMITS", "Bounded", "Limits", "Progress", "Stored", "Upload", "shown_name", "stored"]

Progress = Callable[[int, int], None]
_SAMPLE = 50_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """How much of an upload is read.

    Attributes
    ----------
    size
        Bytes of the file.
    rows
        Of a table.
    seconds
        That reading may take.
    """

    size: int = 200_000_000
    rows: int = 2_000_000
    seconds: float = 240.0


LIMITS = Limits()


@dataclass(frozen=True, eq=False, repr=False)
class Upload:
    """A file as it was handed over.

    Attributes
    ----------
    name
        As the person's browser called it.
    content
        Its bytes.
    """

    name: str
    content: bytes | memoryview = field()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content, hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def shown_name(name: str) -> str:
    """Return a file's name as it can be shown: its last part, on one line, not too long."""
    return shown(name.replace("\\", "/").rpartition("/")[2], 100) or "upload"


@dataclass(frozen=True, eq=False, repr=False)
class Stored:
    """An upload while it lies on disk.

    Attributes
    ----------
    name
        As it is shown.
    form
        ``text``, ``book``, ``geojson``, ``shp``, ``gpkg``, ``kml``, ``parquet`` or ``fgb``.
    path
        Where it is.
    layers
        Names of its sheets or layers, in order; empty where it has just the one.
    files
        Of an archive with several Shapefiles, their paths by layer.
    limits
        How much of it is read.
    """

    name: str
    form: str
    path: Path
    layers: tuple[str, ...]
    files: dict[str, Path]
    limits: Limits

    def file_of(self, layer: str | None) -> tuple[Path, str | None]:
        """Return the path of a layer, and its name within that file."""
        chosen = layer if layer in self.layers else (self.layers[0] if self.layers else None)
        if self.files:
            return self.files[chosen or ""], None
        return self.path, chosen

    def source(self, layer: str | None = None) -> Bounded:
        """Return the table of points of a layer, bounded in rows and time."""
        path, own = self.file_of(layer)
        return Bounded(open_source(path, sheet=own), self.name, self.limits)


class Bounded(Source):
    """A source whose rows and time are bounded, and whose every failure is said in words.

    Parameters
    ----------
    source
        The source itself.
    name
        Of the upload, for messages.
    limits
        How much is read.
    """

    def __init__(self, source: Source, name: str, limits: Limits) -> None:
        self.source, self.name, self.limits = source, name, limits
        self.columns, self.geometry, self.crs = source.columns, source.geometry, source.crs
        self.encoding, self.first_row, self.size = source.encoding, source.first_row, source.size
        self.counts_bytes = source.counts_bytes
        self._end = time.monotonic() + limits.seconds
        if not self.counts_bytes and self.size > limits.rows:
            raise RefusedError("rows", name=name, most=limits.rows)

    def parts(self) -> Iterator[Part]:
        """Return the parts of the source."""
        self._rows = done = 0
        for part in self.source.parts():
            yield part
            done += part.size
            self._tell(done)

    def read(self, part: Part, columns: Sequence[str]) -> Iterator[Batch]:
        """Read on until the rows or the time are used up."""
        batches = self.source.read(part, columns)
        while True:
            try:
                batch = next(batches, None)
            except CorridorError:
                raise
            except Exception as error:
                # Whatever a damaged file makes its reader stumble over.
                raise RefusedError("damaged", name=self.name, what=short(error)) from error
            if batch is None:
                return
            self._rows += batch.count
            if self._rows > self.limits.rows:
                raise RefusedError("rows", name=self.name, most=self.limits.rows)
            if time.monotonic() > self._end:
                raise RefusedError("time", name=self.name, most=self.limits.seconds)
            if not self.counts_bytes:
                self._tell(self._rows)
            yield batch

    def _tell(self, done: int) -> None:
        if self.progress is not None:
            self.progress(done, self.size)

    def sample(self, columns: Sequence[str], rows: int) -> dict[str, Any]:
        """Return the first rows; they are read once, however often they are asked for."""
        if self._head is None:
            self._head = super().sample(self.columns, _SAMPLE)
        return {c: self._head[c][:rows] for c in columns}

    progress: Progress | None = None
    """Called with what is done and what there is, in rows or bytes."""
    _rows = 0
    _head: dict[str, Any] | None = None


@contextmanager
def stored(upload: Upload, limits: Limits = LIMITS) -> Iterator[Stored]:
    """Keep an upload in a private folder while it is read.

    Parameters
    ----------
    upload
        The file.
    limits
        How much of it is read.

    Raises
    ------
    RefusedError
        If it is too large, empty, cut off, something else than its name says, or could harm: the
        message says what, where, and how to mend it.
    PointsError
        If it cannot be read for another reason.
    """
    name = shown_name(upload.name)
    form = checked_form(upload.content, name, limits.size)
    folder = Path(tempfile.mkdtemp(prefix="corridor-upload-"))
    inside = folder / f"upload{STORED_AS.get(form, '.' + form)}"
    try:
        inside.write_bytes(upload.content)
        yield _opened(inside, form, name, limits)
    except RefusedError:
        raise
    except PointsError as error:
        # The readers know the file by the name that it has on disk.
        told = str(error)
        for path in folder.iterdir():
            told = told.replace(path.name, name)
        raise PointsError(told) from error
    except CorridorError:
        raise
    except Exception as error:
        _log.info("an upload of form %s was not readable", form, exc_info=error)
        raise RefusedError("damaged", name=name, what=short(error)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _opened(inside: Path, form: str, name: str, limits: Limits) -> Stored:
    if form == "zip":
        layers = unpack_layers(inside, inside.parent, name)
        if len(layers) > 1 or layers[0].path.suffix == ".shp":
            for layer in layers:
                check_shp(layer, name)
            return Stored(name, "shp", layers[0].path, _several(layers), {x.name: x.path for x in layers} | {"": layers[0].path}, limits)  # fmt: skip
        own = checked_form(layers[0].path.read_bytes(), layers[0].name, limits.size)
        wanted = inside.parent / f"inner{STORED_AS.get(own, '.' + own)}"
        layers[0].path.rename(wanted)
        return _opened(wanted, own, name, limits)
    names: Sequence[str] = ()
    if form == "book":
        check_workbook(inside, name)
        names = sheets(inside, name)
    elif form == "gpkg":
        check_gpkg(inside, name)
        names = gpkg_layers(inside, name)
    elif form == "parquet":
        check_parquet(inside, name, limits.rows)
    return Stored(name, form, inside, tuple(names) if len(names) > 1 else (), {}, limits)


def _several(layers: Sequence[Layer]) -> tuple[str, ...]:
    return tuple(x.name for x in layers) if len(layers) > 1 else ()
