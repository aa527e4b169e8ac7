"""A file on disk as an upload is opened: judged by its content, its layers ready to be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geo.errors import LayoutError
from geo.io.uploads import LIMITS, Stored, Upload, stored

__all__ = ["opened"]


@contextmanager
def opened(path: str | Path) -> Iterator[Stored]:
    """Open a file of features or rows: what :func:`geo.io.uploads.stored` takes, or a ``.shp``.

    Parameters
    ----------
    path
        A Shapefile (``.shp`` with its other files beside it, or zipped), GeoPackage, KML, GeoJSON,
        FlatGeobuf, GeoParquet, CSV or XLSX.

    Raises
    ------
    LayoutError
        If there is no such file.
    PointsError
        If it cannot be read.
    """
    file = Path(path)
    if not file.is_file():
        raise LayoutError(f"{file}: no such file; check the path")
    if file.suffix.lower() == ".shp":
        # Its parts lie beside it, so it is read where it is.
        yield Stored(file.name, "shp", file, (), {}, LIMITS)
        return
    with stored(Upload(file.name, file.read_bytes())) as files:
        yield files
