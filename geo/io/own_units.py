"""A layout with the units of a file, and how such units travel with it."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
from pydantic import ValidationError

from geo.io.problems import problems_of
from geo.io.units_columns import LEVELS, ROLES
from geo.io.units_file import UNIT_COLUMNS, UnitsFile, read_units_file
from geo.io.units_near import box_of
from geo.io.units_refusals import UnitsRefusedError
from geo.io.uploads import Upload, shown_name
from geo.model.layout import Layout
from geo.model.schema import Attribution
from geo.model.units_meta import Level, UnitsMeta

if TYPE_CHECKING:
    from geo.model.schema import LayoutMeta

__all__ = ["units_file_of", "units_written", "with_units"]

STORED = "units.gpkg"
_MOST_KEPT = 8
_KEPT: dict[str, UnitsFile] = {}
"""Files that were read, by name and signature; the first goes when there are too many."""
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def with_units(
    layout: Layout,
    file: str | Path | Upload | gpd.GeoDataFrame,
    *,
    columns: Mapping[str, str] | None = None,
    level: Level = "county",
    layer: str = "",
    err_m: float | None = None,
    source: str | None = None,
    licence: str = "",
    datum: str = "auto",
    near_km: float | None = None,
) -> Layout:
    """Return the same layout with the administrative units of a file.

    Every analysis then uses them: ``geo.read_units`` of the result gives these units. The layout
    itself is untouched.

    Parameters
    ----------
    layout
        The layout.
    file
        GeoJSON, GeoPackage, Shapefile (zipped, or ``.shp`` with its parts beside it), KML,
        FlatGeobuf or GeoParquet; a frame; or a TOML file that holds what ``[units]`` of a
        ``layout.toml`` does, with the file's path from there.
    columns
        Which column holds what, such as ``{"adcode": "CTYUA23CD", "name_en": "CTYUA23NM"}``: also
        ``name_zh``, ``level``, ``city_adcode``, ``city_zh``, ``city_en``, ``err_m``, ``source``.
        Others are found by their usual names; names in one language suffice.
    level
        What the units are, where no column says so.
    layer
        Of a file with several.
    err_m
        Positional error of the boundaries, metres; where nobody states one it counts as 0.
    source, licence
        Who made the boundaries, and on which terms.
    datum
        ``auto``: what the file declares; or ``wgs84``, ``gcj02``, ``bd09``, an EPSG code.
    near_km
        Only the units that come within so many kilometres of the bounds of the layout.

    Raises
    ------
    UnitsError
        If the file is not fit: the message says where and how to mend it.
    """
    if isinstance(file, str | Path) and Path(file).suffix.lower() == ".toml":
        return _taken(layout, *_of_toml(Path(file)))
    if isinstance(file, Upload):
        name = shown_name(file.name)
    else:
        name = "frame" if isinstance(file, gpd.GeoDataFrame) else Path(file).name
    wanted: dict[str, Any] = {
        "provider": "file", "file": name, "layer": layer, "columns": dict(columns or {}), "err_m": err_m,
        "source": source or "", "licence": licence, "datum": datum, "near_km": near_km,
        "levels": {} if level == "county" else {level: ""},
    }  # fmt: skip
    for role in wanted["columns"]:
        if role not in ROLES:
            raise UnitsRefusedError("bad-column", key=role, names=", ".join(ROLES))
    meta = _meta_of(wanted, name)
    return _taken(layout, Path(file) if isinstance(file, str) else file, meta, None)


def _meta_of(wanted: Any, name: str) -> UnitsMeta:
    try:
        return UnitsMeta.model_validate(wanted)
    except ValidationError as error:
        told = "; ".join(str(p) for p in problems_of(error, UnitsMeta, "[units]", ""))
        raise UnitsRefusedError("bad-toml", name=name, what=told) from error


def _of_toml(path: Path) -> tuple[Path, UnitsMeta, Path]:
    if not path.is_file():
        raise UnitsRefusedError("no-file", name=str(path))
    try:
        told = tomllib.loads(path.read_text("utf-8-sig"))
    except ValueError as error:
        raise UnitsRefusedError("bad-toml", name=path.name, what=str(error)) from error
    meta = _meta_of({"provider": "file"} | dict(told.get("units", told)), path.name)
    if meta.provider == "file" and not meta.file and not meta.levels:
        raise UnitsRefusedError("names-no-file")
    return _main_file(meta, path.parent), meta, path.parent


def _taken(layout: Layout, file: Path | Upload | gpd.GeoDataFrame, meta: UnitsMeta, folder: Path | None) -> Layout:  # fmt: skip
    before = layout.meta.units
    gone = None if before.held is None else _attribution(before, before.held)
    others = [a for a in layout.meta.attribution if a != gone]
    if meta.provider == "file":
        read = read_units_file(file, meta, layout, folder)
        others.append(_attribution(meta, read))
        meta = meta.holding(read)
    return _with_meta(layout, layout.meta.model_copy(update={"units": meta, "attribution": tuple(others)}))  # fmt: skip


def _attribution(meta: UnitsMeta, units: UnitsFile) -> Attribution:
    return Attribution(name=(meta.source or units.name)[:200], licence=meta.licence)


def _with_meta(layout: Layout, meta: LayoutMeta) -> Layout:
    return Layout(
        meta, layout.features, layout.claims, layout.population, layout.folder, policies=layout.policies,
        rates=layout.rates,
    )  # fmt: skip


def units_file_of(layout: Layout) -> UnitsFile:
    """Return the units of a layout whose provider is a file, as they were read.

    A file is read again only where it has changed since.

    Raises
    ------
    UnitsError
        If the file is not there or not fit.
    """
    meta = layout.meta.units
    if meta.held is not None:
        held: UnitsFile = meta.held
        return held
    if not meta.file and not meta.levels:
        raise UnitsRefusedError("names-no-file")
    folder = layout.folder
    if folder is None and not Path(meta.file).is_absolute():
        raise UnitsRefusedError("no-file", name=meta.file)
    folder = folder or Path()
    main = _main_file(meta, folder)
    files = [main, *(folder / where for where in meta.levels.values() if where)]
    box = box_of(layout, 0.0) if meta.near_km else None
    key = repr((folder.absolute(), layout.id, box, meta.model_dump(mode="json"), [_signature(f) for f in files]))  # fmt: skip
    found = _KEPT.get(key)
    if found is None:
        found = read_units_file(main, meta, layout, folder)
        while len(_KEPT) >= _MOST_KEPT:
            _KEPT.pop(next(iter(_KEPT)), None)
        _KEPT[key] = found
    return found


def _main_file(meta: UnitsMeta, folder: Path) -> Path:
    """Return the file of a layout's units; of several, the first."""
    return folder / (meta.file or next(iter(meta.levels.values()), ""))


def _signature(file: Path) -> tuple[str, int, int] | None:
    beside = [file.with_suffix(s) for s in _PARTS] if file.suffix.lower() == ".shp" else [file]
    told = [p.stat() for p in beside if p.is_file()]
    return (file.name, sum(s.st_size for s in told), max(s.st_mtime_ns for s in told)) if told else None  # fmt: skip


def units_written(layout: Layout, folder: Path) -> LayoutMeta:
    """Write the file of a layout's units into its new folder, and return what ``layout.toml`` then says.

    Units that were brought are written as ``units.gpkg``; a file of the layout's own folder is
    copied; one that lies elsewhere stays there and is named by its path.

    Parameters
    ----------
    layout, folder
        What is written, and where to.
    """
    meta = layout.meta.units
    if meta.provider != "file":
        return layout.meta
    if meta.held is None:
        return layout.meta if layout.folder is None else _copied(layout, layout.folder, folder)
    units: UnitsFile = meta.held
    columns: list[Any] = [c for c in UNIT_COLUMNS if c != "level" and (c != "err_m" or units.err_stated)]  # fmt: skip
    for level in LEVELS:
        units.of_level(level)[[*columns, "geometry"]].to_file(folder / STORED, layer=level, driver="GPKG")  # fmt: skip
    told = UnitsMeta(
        provider="file", file=STORED, columns={c: c for c in columns}, levels={n: n for n in LEVELS},
        source=meta.source or units.name, licence=meta.licence, note_zh=meta.note_zh, note_en=meta.note_en,
    )  # fmt: skip
    return layout.meta.model_copy(update={"units": told})


def _copied(layout: Layout, here: Path, folder: Path) -> LayoutMeta:
    meta = layout.meta.units
    moved: dict[str, Any] = {}
    for name in {meta.file, *meta.levels.values()} - {""}:
        source = here / name
        if not source.is_file():
            continue
        if source.resolve().parent != here.resolve():
            moved[name] = str(source.resolve())
            continue
        parts = [source.with_suffix(s) for s in _PARTS] if source.suffix.lower() == ".shp" else [source]  # fmt: skip
        for part in parts:
            if part.is_file():
                shutil.copyfile(part, folder / part.name)
    if not moved:
        return layout.meta
    levels = {k: moved.get(v, v) for k, v in meta.levels.items()}
    update = {"file": moved.get(meta.file, meta.file), "levels": levels}
    return layout.meta.model_copy(update={"units": meta.model_copy(update=update)})
