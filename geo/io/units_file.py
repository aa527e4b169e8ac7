"""Administrative units from a file of any form, with columns of any names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.errors import CorridorError, PointsError
from geo.io.areas import area_of, datum_of, frame_of
from geo.io.layer_files import opened
from geo.io.refusals import RefusedError
from geo.io.signatures import short
from geo.io.units_columns import LEVELS, columns_of, text_of
from geo.io.units_near import check_near, near_layout
from geo.io.units_refusals import UnitsRefusedError, few
from geo.io.uploads import LIMITS, Stored, Upload, stored
from geo.model.layout import Layout
from geo.model.units_meta import Level, UnitRole, UnitsMeta

__all__ = ["MOST_UNITS", "UNIT_COLUMNS", "UnitsFile", "read_units_file"]

UNIT_COLUMNS = (
    "adcode", "name_zh", "name_en", "level", "city_adcode", "city_zh", "source", "err_m",
)  # fmt: skip
MOST_READ, MOST_UNITS, MOST_VERTICES = 50_000, 5_000, 3_000_000
"""So many features are read of a file; so many units, and vertices in all, are taken."""
Cities = Literal["own", "dissolved", "same"]


@dataclass(frozen=True, eq=False, repr=False)
class UnitsFile:
    """Units read from a file.

    Attributes
    ----------
    name
        Of the file.
    county, city
        The units of both levels, WGS84, with the columns of ``geo.read_units``.
    cities
        Where the upper level comes from: ``own`` (the file), ``dissolved`` (units of one
        ``city_adcode`` joined) or ``same`` (a file of one level serves as both).
    columns
        What was read from which column.
    mended
        Codes of units whose outline crossed itself.
    left_out
        How many lie farther than ``near_km``.
    err_stated
        Whether the positional error was stated; else it counts as 0.
    """

    name: str
    county: gpd.GeoDataFrame
    city: gpd.GeoDataFrame
    cities: Cities
    columns: Mapping[UnitRole, str]
    mended: tuple[str, ...]
    left_out: int
    err_stated: bool

    def of_level(self, level: Level) -> gpd.GeoDataFrame:
        """Return the units of a level."""
        return (self.city if level == "city" else self.county).copy()


@dataclass(frozen=True, eq=False)
class _Read:
    """The units of one part of a file: a layer, or the rows of one level."""

    frame: gpd.GeoDataFrame
    city_en: NDArray[np.object_]
    columns: dict[UnitRole, str]
    mended: tuple[str, ...]
    left_out: int


def read_units_file(
    file: Path | Upload | gpd.GeoDataFrame, meta: UnitsMeta, layout: Layout, folder: Path | None = None
) -> UnitsFile:  # fmt: skip
    """Read administrative units from a file.

    Parameters
    ----------
    file
        GeoJSON, GeoPackage, Shapefile (zipped or with its parts beside it), KML, FlatGeobuf or
        GeoParquet; or a frame.
    meta
        Its layer, columns, levels, datum, error and source, as ``[units]`` of ``layout.toml`` has
        them.
    layout
        What the units are for: they must come near it.
    folder
        Where further files that ``meta.levels`` names lie.

    Raises
    ------
    UnitsError
        If it cannot be read, lacks a column, a code, a name or a reference system, holds what is no
        polygon, a code twice, too much, or units of another place.
    """
    name = meta.file or "units"
    with _told(name), _store(file, name) as files:
        parts = list(_parts(files, file, meta, layout, folder or Path()))
    own = dict(parts)
    county = own.get("county", own.get("city"))
    if county is None:  # pragma: no cover - there is always one part
        raise UnitsRefusedError("empty", name=name)
    check_near(gpd.GeoDataFrame(pd.concat([p.frame for _, p in parts], ignore_index=True), crs=4326), layout, name)  # fmt: skip
    city, how = _cities(own, county)
    return UnitsFile(
        name, county.frame.assign(level="county"), city.assign(level="city"), how, county.columns,
        tuple(dict.fromkeys(c for _, p in parts for c in p.mended)), sum(p.left_out for _, p in parts),
        meta.err_m is not None or "err_m" in county.columns,
    )  # fmt: skip


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn what the readers of files raise into an error of units."""
    try:
        yield
    except UnitsRefusedError:
        raise
    except RefusedError as error:
        reason = "no-crs" if error.reason == "undeclared" else "unreadable"
        raise UnitsRefusedError(reason, name=name, what=error.said) from error
    except PointsError as error:
        raise UnitsRefusedError("unreadable", name=name, what=str(error)) from error
    except CorridorError:
        raise
    except (OSError, RuntimeError, ValueError) as error:
        raise UnitsRefusedError("unreadable", name=name, what=f"{name}: {short(error)}") from error


@contextmanager
def _store(file: Path | Upload | gpd.GeoDataFrame, name: str) -> Iterator[Stored | None]:
    if isinstance(file, gpd.GeoDataFrame):
        yield None
    elif isinstance(file, Upload):
        with stored(file) as files:
            yield files
    else:
        if not file.is_file():
            raise UnitsRefusedError("no-file", name=str(file))
        if file.stat().st_size > LIMITS.size:
            raise RefusedError("size", name=name, mb=file.stat().st_size / 1e6, most=LIMITS.size / 1e6)  # fmt: skip
        with opened(file) as files:
            yield files


def _parts(
    files: Stored | None, file: Any, meta: UnitsMeta, layout: Layout, folder: Path
) -> Iterator[tuple[Level, _Read]]:
    """Yield the levels that a file has, each with its units."""
    name = meta.file or "units"
    if not meta.levels:
        raw = _raw(files, file, meta.layer, name)
        yield from _by_level(raw, meta, layout, name)
        return
    for level, where in meta.levels.items():
        beside = folder / where
        if where and files is not None and Path(where).suffix and beside.is_file():
            with _store(beside, where) as others:
                yield level, _read(_raw(others, None, "", where), meta, layout, where)
        elif where and files is not None and where in files.layers:
            yield level, _read(_raw(files, file, where, name), meta, layout, name)
        else:
            raw = _raw(files, file, meta.layer, name)
            yield level, _read(_of_value(raw, where, files, meta, name), meta, layout, name)


def _raw(files: Stored | None, file: Any, layer: str, name: str) -> gpd.GeoDataFrame:
    if files is None:
        frame: gpd.GeoDataFrame = file
    else:
        if layer and files.layers and layer not in files.layers:
            raise UnitsRefusedError("no-layer", name=name, layer=layer, names=few(files.layers, 30))
        frame = frame_of(files, layer, MOST_READ + 1)
    if not len(frame):
        raise UnitsRefusedError("empty", name=name)
    if len(frame) > MOST_READ:
        raise UnitsRefusedError("many", name=name, most=MOST_READ)
    return frame.reset_index(drop=True).assign(**{_ROW: range(1, len(frame) + 1)})


_ROW = "__row"


def _words(frame: gpd.GeoDataFrame) -> list[str]:
    return [str(c) for c in frame.columns if c not in (frame.geometry.name, _ROW)]


def _of_value(
    raw: gpd.GeoDataFrame, value: str, files: Stored | None, meta: UnitsMeta, name: str
) -> gpd.GeoDataFrame:
    """Return the rows whose column for the level has a value; all where the value is blank."""
    if not value:
        return raw
    column = columns_of(_words(raw), meta.columns, name).get("level")
    told = text_of(raw[column]) if column is not None else np.array([], dtype=object)
    chosen = told == value
    if not chosen.any():
        layers = () if files is None else files.layers
        raise UnitsRefusedError(
            "no-level", name=name, value=value, layers=few(layers, 30) or "–",
            names=few(dict.fromkeys(told), 30) or "–",
        )  # fmt: skip
    return gpd.GeoDataFrame(raw[chosen])


def _by_level(
    raw: gpd.GeoDataFrame, meta: UnitsMeta, layout: Layout, name: str
) -> Iterator[tuple[Level, _Read]]:
    column = columns_of(_words(raw), meta.columns, name).get("level")
    told = np.array([]) if column is None else text_of(raw[column])
    if column is None or not set(told) <= set(LEVELS):
        if column is not None and "level" in meta.columns:
            raise UnitsRefusedError("bad-level", name=name, column=column, names=few(dict.fromkeys(told)))  # fmt: skip
        yield "county", _read(raw, meta, layout, name)
        return
    for level in LEVELS:
        if (told == level).any():
            yield level, _read(gpd.GeoDataFrame(raw[told == level]), meta, layout, name)


def _read(raw: gpd.GeoDataFrame, meta: UnitsMeta, layout: Layout, name: str) -> _Read:
    """Return the units of some rows as every analysis knows them."""
    columns = columns_of(_words(raw), meta.columns, name)
    frame, mended = _outlined(raw, meta, name)
    near = near_layout(frame, layout, meta.near_km)
    left_out = int((~near).sum())
    if not near.any():
        check_near(frame, layout, name)
    frame, mended = gpd.GeoDataFrame(frame[near]), mended[near]
    if len(frame) > MOST_UNITS:
        raise UnitsRefusedError("many", name=name, most=MOST_UNITS)
    if int(shapely.get_num_coordinates(frame.geometry.to_numpy()).sum()) > MOST_VERTICES:
        raise UnitsRefusedError("many-vertices", name=name, most=MOST_VERTICES)
    words = {role: text_of(frame[column]) for role, column in columns.items()}
    codes = _codes(words["adcode"], frame[_ROW].to_numpy(), columns["adcode"], name)
    names = _names(words, columns, frame[_ROW].to_numpy(), name)
    blank = np.full(len(frame), "", dtype=object)
    city, city_en = words.get("city_zh", blank), words.get("city_en", blank)
    made = gpd.GeoDataFrame(
        {
            "adcode": codes, **names, "level": "county", "city_adcode": words.get("city_adcode", blank),
            "city_zh": np.where(city == "", city_en, city), "source": _sources(words, meta, name),
            "err_m": _errors(frame, columns, meta, name),
        },
        geometry=frame.geometry.to_numpy(), crs=4326,
    )  # fmt: skip
    return _Read(made, np.where(city_en == "", city, city_en), columns, tuple(codes[mended]), left_out)  # fmt: skip


def _outlined(
    raw: gpd.GeoDataFrame, meta: UnitsMeta, name: str
) -> tuple[gpd.GeoDataFrame, NDArray[np.bool_]]:
    """Return rows with their outlines in WGS84, and which of them had to be mended."""
    datum = datum_of(raw, meta.datum, name)
    shapes = [None if s is None else shapely.force_2d(s) for s in raw.geometry]
    found = [area_of(shape, datum) for shape in shapes]
    bad = {int(row): (reason, shape) for row, shape, (area, reason, _) in zip(raw[_ROW], shapes, found, strict=True) if area is None}  # fmt: skip
    if bad:
        far = [row for row, (reason, _) in bad.items() if reason in ("out-of-range", "not-a-number")]  # fmt: skip
        if far:
            raise UnitsRefusedError("not-degrees", name=name, rows=few(far))
        kinds = dict.fromkeys("–" if s is None else s.geom_type for _, s in bad.values())
        raise UnitsRefusedError("no-areas", name=name, rows=few(bad), kinds=few(kinds))
    words = raw.drop(columns=raw.geometry.name)
    frame = gpd.GeoDataFrame(words, geometry=[area for area, _, _ in found], crs=4326)
    return frame, np.array([mended for _, _, mended in found], dtype=bool)


def _codes(codes: NDArray[np.object_], rows: NDArray[Any], column: str, name: str) -> NDArray[np.object_]:  # fmt: skip
    if (codes == "").any():
        raise UnitsRefusedError("blank", name=name, column=column, rows=few(rows[codes == ""]))
    again = pd.Series(codes).duplicated(keep=False).to_numpy()
    if again.any():
        raise UnitsRefusedError(
            "twice", name=name, column=column, codes=few(dict.fromkeys(codes[again])), rows=few(rows[again])
        )  # fmt: skip
    return codes


def _names(
    words: Mapping[UnitRole, NDArray[np.object_]], columns: Mapping[UnitRole, str], rows: NDArray[Any], name: str
) -> dict[str, NDArray[np.object_]]:  # fmt: skip
    """Return the names of both languages, each standing in for the other where that is blank."""
    zh = words["name_zh"] if "name_zh" in words else words["name_en"]
    en = words["name_en"] if "name_en" in words else words["name_zh"]
    own_zh, own_en = np.where(zh == "", en, zh), np.where(en == "", zh, en)
    if (own_zh == "").any():
        column = columns.get("name_zh") or columns["name_en"]
        raise UnitsRefusedError("blank", name=name, column=column, rows=few(rows[own_zh == ""]))
    return {"name_zh": own_zh, "name_en": own_en}


def _sources(words: Mapping[UnitRole, NDArray[np.object_]], meta: UnitsMeta, name: str) -> Any:
    whole = meta.source or name
    return whole if "source" not in words else np.where(words["source"] == "", whole, words["source"])  # fmt: skip


def _errors(frame: gpd.GeoDataFrame, columns: Mapping[UnitRole, str], meta: UnitsMeta, name: str) -> Any:  # fmt: skip
    if "err_m" not in columns:
        return meta.err_m or 0.0
    errors = pd.to_numeric(frame[columns["err_m"]], errors="coerce").to_numpy(dtype=float)
    bad = ~(np.isfinite(errors) & (errors >= 0))
    if bad.any():
        raise UnitsRefusedError("bad-err", name=name, column=columns["err_m"], rows=few(frame[_ROW][bad]))  # fmt: skip
    return errors


def _cities(own: Mapping[Level, _Read], county: _Read) -> tuple[gpd.GeoDataFrame, Cities]:
    """Return the units of the upper level, and where they come from."""
    if "city" in own and "county" in own:
        return _as_cities(own["city"].frame), "own"
    codes = county.frame["city_adcode"].to_numpy()
    if "county" not in own or (codes == "").any():
        return _as_cities(county.frame), "same"
    rows = []
    for code in dict.fromkeys(codes):
        those = codes == code
        part = county.frame[those]
        zh, en = part["city_zh"].iat[0] or code, county.city_en[those][0] or code
        rows.append(
            {
                "adcode": code, "name_zh": zh, "name_en": en, "level": "city", "city_adcode": code, "city_zh": zh,
                "source": part["source"].iat[0], "err_m": float(part["err_m"].max()),
                "geometry": shapely.union_all(part.geometry.to_numpy()),
            }
        )  # fmt: skip
    return gpd.GeoDataFrame(rows, columns=[*UNIT_COLUMNS, "geometry"], crs=4326), "dissolved"


def _as_cities(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.assign(city_adcode=frame["adcode"], city_zh=frame["name_zh"])
