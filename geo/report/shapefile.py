"""Layers as Shapefiles, with every field name cut, every text shortened or lost told in the archive."""

from __future__ import annotations

import io
import tempfile
import unicodedata
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.report.layers import flat, require_wgs84, safe_name
from geo.report.tables import to_csv

__all__ = [
    "ENCODINGS",
    "NAME_BYTES",
    "TEXT_BYTES",
    "Encoding",
    "Shapefile",
    "field_names",
    "shapefile_of",
    "texts_lost",
]

Encoding = Literal["UTF-8", "GBK"]
ENCODINGS: tuple[Encoding, ...] = ("UTF-8", "GBK")
NAME_BYTES = 10
"""dBASE III: a field name has no more bytes."""
TEXT_BYTES = 254
"""dBASE III: nor a text more than these."""
STAND_IN = {"UTF-8": "\ufffd", "GBK": "〓"}
"""Written for a character that an encoding has neither itself nor in a plainer form; 〓 is the printers' sign."""
_FAMILIES = {
    "Point": "point", "MultiPoint": "point", "LineString": "line", "LinearRing": "line", "MultiLineString": "line",
    "Polygon": "polygon", "MultiPolygon": "polygon",
}  # fmt: skip
_MULTI = {"point": "MultiPoint", "line": "MultiLineString", "polygon": "MultiPolygon"}


@dataclass(frozen=True, eq=False)
class Shapefile:
    """Layers as a zip of Shapefiles.

    Attributes
    ----------
    content
        The zip: ``.shp``, ``.shx``, ``.dbf``, ``.prj`` and ``.cpg`` of each layer and kind of geometry,
        ``fields.csv`` and, where anything was lost, ``losses.csv``.
    fields
        Every field: ``layer``, ``column`` as it is, ``field`` as the file has it, ``cut`` whether they
        differ.
    losses
        Every text that the file does not hold whole: ``layer``, ``feature`` (from 1), ``column``,
        ``why`` (``encoding``, ``length`` or ``number``), ``text`` whole, ``written``.
    """

    content: bytes
    fields: pd.DataFrame
    losses: pd.DataFrame


def field_names(columns: Sequence[str], encoding: Encoding = "UTF-8") -> dict[str, str]:
    """Return a unique name of at most 10 bytes for each column, in order.

    A name that is short enough stays; others are cut at a whole character and, where two would be
    alike (dBASE does not tell capitals apart), end in a number.
    """
    names = [str(c) for c in columns]
    short = {n: _cut(_encodable(n, encoding), NAME_BYTES, encoding) or "field" for n in names}
    # Names that need no cut keep theirs, whatever comes before them.
    whole: dict[str, str] = {}
    for name in names:
        if short[name] == name and name.upper() not in whole:
            whole[name.upper()] = name
    taken = set(whole)
    found = {}
    for name in names:
        if whole.get(name.upper()) == name:
            found[name] = name
            continue
        field, number = short[name], 1
        while field.upper() in taken:
            tail = f"_{number}"
            field = _cut(short[name], NAME_BYTES - len(tail), encoding) + tail
            number += 1
        taken.add(field.upper())
        found[name] = field
    return found


def _cut(text: str, most: int, encoding: Encoding) -> str:
    """Return as many whole characters as fit into so many bytes."""
    raw = text.encode(encoding)
    return text if len(raw) <= most else raw[:most].decode(encoding, "ignore")


def _encodable(text: str, encoding: Encoding) -> str:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(c if _has(c, encoding) else _instead(c, encoding) for c in text)
    return text


def _instead(character: str, encoding: Encoding) -> str:
    # GBK has no ², but everyone reads km2.
    plain = unicodedata.normalize("NFKC", character)
    return plain if plain.strip() and _has(plain, encoding) else STAND_IN[encoding]


def _held(text: str, encoding: Encoding) -> str:
    """Return what a Shapefile holds of a text."""
    return _cut(_encodable(text, encoding), TEXT_BYTES, encoding)


def _has(character: str, encoding: Encoding) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def texts_lost(layers: Mapping[str, gpd.GeoDataFrame], encoding: Encoding) -> int:
    """Return how many texts a Shapefile would not hold whole, without making it."""
    lost = 0
    for frame in layers.values():
        table = flat(frame)
        for name in table.columns:
            column = table[name]
            if name != table.geometry.name and not pd.api.types.is_numeric_dtype(column):
                # Few texts differ, such as sources: each is looked at once.
                counts = column.dropna().astype(str).value_counts()
                lost += sum(int(n) for t, n in counts.items() if _held(str(t), encoding) != t)
    return lost


def shapefile_of(layers: Mapping[str, gpd.GeoDataFrame], encoding: Encoding = "UTF-8") -> Shapefile:
    """Return layers as a zip of Shapefiles.

    A Shapefile holds one kind of geometry: a layer of several becomes ``…_point``, ``…_line`` and
    ``…_polygon``. Rows without geometry go with the first.

    Parameters
    ----------
    layers
        WGS84 frames by name.
    encoding
        Of names and texts; written into ``.cpg``.

    Raises
    ------
    RulerError
        If a layer is not WGS84.
    """
    fields: list[dict[str, Any]] = []
    losses: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name, frame in layers.items():
            require_wgs84(frame, name)
            table = flat(frame)
            columns = [c for c in table.columns if c != table.geometry.name]
            names = field_names([str(c) for c in columns], encoding)
            fields += [{"layer": name, "column": str(c), "field": names[str(c)], "cut": names[str(c)] != str(c)} for c in columns]  # fmt: skip
            ready = pd.DataFrame({names[str(c)]: _written(table[c], str(c), name, encoding, losses) for c in columns})  # fmt: skip
            _write(ready, table.geometry, safe_name(name), folder, encoding)
        named = pd.DataFrame(fields, columns=["layer", "column", "field", "cut"])
        lost = pd.DataFrame(
            losses, columns=["layer", "feature", "column", "why", "text", "written"]
        )
        (folder / "fields.csv").write_bytes(to_csv(named))
        if len(lost):
            (folder / "losses.csv").write_bytes(to_csv(lost))
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(folder.iterdir()):
                archive.write(file, file.name)
    return Shapefile(buffer.getvalue(), named, lost)


def _written(column: pd.Series, name: str, layer: str, encoding: Encoding, losses: list[dict[str, Any]]) -> pd.Series:  # fmt: skip
    """Return a column as the file can hold it, and note what it cannot."""
    if pd.api.types.is_bool_dtype(column):
        return column.astype("int32").reset_index(drop=True)
    if pd.api.types.is_numeric_dtype(column):
        numbers = pd.to_numeric(column).reset_index(drop=True)
        if numbers.dtype.kind not in "iuf":
            return numbers.astype("float64")
        return numbers.astype("int64") if numbers.dtype.kind == "u" else numbers
    kept: list[str | None] = []
    for number, value in enumerate(column, 1):
        if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)) or value is pd.NaT:  # fmt: skip
            kept.append(None)
            continue
        text = str(value)
        encodable = _encodable(text, encoding)
        short = _cut(encodable, TEXT_BYTES, encoding)
        kept.append(short)
        for why, changed in (("encoding", encodable != text), ("length", short != encodable)):
            if changed:
                losses.append({"layer": layer, "feature": number, "column": name, "why": why, "text": text, "written": short})  # fmt: skip
    return pd.Series(kept, dtype=object)


def _write(table: pd.DataFrame, geometry: gpd.GeoSeries, name: str, folder: Path, encoding: Encoding) -> None:  # fmt: skip
    shapes = np.array([None if g is None or g.is_empty else g for g in geometry], dtype=object)
    kinds = np.array(["" if g is None else _FAMILIES.get(g.geom_type, "polygon") for g in shapes], dtype=object)  # fmt: skip
    families = [f for f in _MULTI if (kinds == f).any()] or ["point"]
    kinds[kinds == ""] = families[0]
    for family in families:
        own = kinds == family
        part = gpd.GeoDataFrame(
            table[own].reset_index(drop=True), geometry=_alike(shapes[own], family), crs=4326
        )
        stem = name if len(families) == 1 else f"{name}_{family}"
        target = folder / f"{stem}.shp"
        geometry_type = next((g.geom_type for g in part.geometry if g is not None), _MULTI[family])
        part.to_file(
            target, driver="ESRI Shapefile", engine="pyogrio", encoding=encoding, geometry_type=geometry_type,
        )  # fmt: skip
        target.with_suffix(".cpg").write_text(encoding, encoding="ascii")


def _alike(shapes: Any, family: str) -> list[Any]:
    """Return shapes that are all single, or all multiple where one is: a file holds one type."""
    parts = [[] if g is None else list(shapely.get_parts(g)) for g in shapes]
    multiple = any(g is not None and g.geom_type.startswith("Multi") for g in shapes)
    if not multiple:
        return [None if g is None else shapely.LineString(g.coords) if g.geom_type == "LinearRing" else g for g in shapes]  # fmt: skip
    make = {"point": shapely.MultiPoint, "line": shapely.MultiLineString, "polygon": shapely.MultiPolygon}  # fmt: skip
    return [make[family](p) if p else None for p in parts]
