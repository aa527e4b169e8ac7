"""A layout folder as one zip: packed to take along, or handed over and opened with care."""

from __future__ import annotations

import io
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.errors import LayoutError
from geo.io.archives import unpack_folder
from geo.io.layouts import META, check_layout, read_layout, write_layout
from geo.io.own_units import with_units
from geo.io.problems import Problem
from geo.io.signatures import checked_form
from geo.io.uploads import Limits, Upload, shown_name
from geo.model.layout import Layout

__all__ = ["MOST_PACKED", "MOST_UNPACKED", "OpenedFolder", "folder_of_zip", "zip_of_folder", "zip_of_layout"]  # fmt: skip

MOST_PACKED, MOST_UNPACKED = 20_000_000, 50_000_000
"""So many bytes a zipped layout may have, and have unpacked."""
_SUFFIXES = (".toml", ".geojson", ".csv", ".md", ".gpkg", ".kml", ".fgb", ".parquet")
_STAMP = (2000, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class OpenedFolder:
    """What a zipped layout holds.

    Attributes
    ----------
    layout
        The layout, in memory; ``None`` where it has problems.
    problems
        What is wrong with it.
    """

    layout: Layout | None
    problems: tuple[Problem, ...]


def folder_of_zip(upload: Upload) -> OpenedFolder:
    """Open a zipped layout folder; what it unpacks to is gone again afterwards.

    Parameters
    ----------
    upload
        A zip of at most 20 MB whose files unpack to at most 50 MB.

    Raises
    ------
    RefusedError
        If it is no zip, tricks with paths or sizes, or holds no layout.
    LayoutError
        If ``layout.toml`` names a file that does not lie beside it.
    UnitsError
        If its file of units is not fit.
    """
    name = shown_name(upload.name)
    form = checked_form(upload.content, name, Limits(size=MOST_PACKED).size)
    with tempfile.TemporaryDirectory(prefix="corridor-layout-") as private:
        packed = Path(private) / "packed.zip"
        packed.write_bytes(upload.content)
        if form != "zip":
            raise LayoutError(f"{name}: no zip; pack the folder of the layout as a zip")
        inside = Path(private) / "layout"
        inside.mkdir()
        unpack_folder(packed, inside, name, marker=META, suffixes=_SUFFIXES, most=MOST_UNPACKED)
        _refuse_files_elsewhere(inside / META)
        problems = check_layout(inside)
        if problems:
            return OpenedFolder(None, tuple(problems))
        return OpenedFolder(_in_memory(read_layout(inside), inside), ())


def _refuse_files_elsewhere(meta: Path) -> None:
    """Raise :class:`LayoutError` if a file of units is named that does not lie in the folder."""
    try:
        units = tomllib.loads(meta.read_text("utf-8-sig")).get("units", {})
    except ValueError:
        return
    for text in _texts(units):
        if any(sign in text for sign in ("/", "\\", "\0")) and _is_path(text, units):
            raise LayoutError(
                f"{META}, [units]: {text[:60]!r} is not in the folder; put the file beside {META} and name it plainly"
            )


def _is_path(text: str, units: dict[str, Any]) -> bool:
    levels = units.get("levels", {})
    return text == units.get("file") or (isinstance(levels, dict) and text in levels.values())


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [t for v in value.values() for t in _texts(v)]
    return [value] if isinstance(value, str) else []


def _in_memory(layout: Layout, folder: Path) -> Layout:
    """Return a layout that needs its folder no more."""
    if layout.meta.units.provider == "file":
        layout = with_units(layout, folder / META)
    return Layout(
        layout.meta, layout.features, layout.claims, layout.population, None, policies=layout.policies, rates=layout.rates
    )  # fmt: skip


def zip_of_folder(folder: Path, name: str) -> bytes:
    """Return the files of a folder as a zip, in a folder of a name; the same files, the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(f"{name}/{file.name}", _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, file.read_bytes())
    return stream.getvalue()


def zip_of_layout(layout: Layout) -> bytes:
    """Return a layout's folder as a zip, also where it is in memory only."""
    with tempfile.TemporaryDirectory(prefix="corridor-layout-") as private:
        return zip_of_folder(write_layout(layout, Path(private) / layout.id), layout.id)
