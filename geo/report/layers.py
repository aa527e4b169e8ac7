"""Layers as files: GeoJSON and GeoPackage with provenance on every feature; tables with geometry."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.analysis.footprints import Footprint, footprints_of
from geo.errors import CorridorError, RulerError
from geo.measure import project, unproject
from geo.model.layout import Layout

__all__ = [
    "LAYERS_OUT",
    "export_layers",
    "file_bytes",
    "flat",
    "require_wgs84",
    "safe_name",
    "to_geojson",
    "traced",
    "with_geometry",
    "write_atomically",
    "write_file",
    "write_gpkg",
]

LAYERS_OUT = (
    "zones",
    "corridors",
    "belts",
    "campus_rings",
    "axes",
    "nodes",
    "links",
    "roads",
    "rivers",
)


def export_layers(layout: Layout, *, ring_km: float | None = None) -> dict[str, gpd.GeoDataFrame]:
    """Return every layer with its derived geometry: footprints, axes, link lines; WGS84."""
    layers = {
        name: getattr(layout, name) for name in LAYERS_OUT if name != "campus_rings"
    }  # fmt: skip
    if layout.meta.campus_rings is not None:
        layers["campus_rings"] = layout.rings(ring_km)
    return {name: layers[name] for name in LAYERS_OUT if name in layers and len(layers[name])}


def traced(frame: gpd.GeoDataFrame, source: str, status: str = "computed") -> gpd.GeoDataFrame:
    """Return a layer whose every feature says its status, source, positional error and confidence.

    What a layer does not say itself: it has this status and source, an error that is not known and
    no confidence of its own.
    """
    missing = {"status": status, "source": source, "err_m": float("nan"), "confidence": "n/a"}
    return frame.assign(**{c: v for c, v in missing.items() if c not in frame.columns})


def require_wgs84(frame: gpd.GeoDataFrame, name: str) -> None:
    """Refuse a layer that is not in WGS84.

    Raises
    ------
    RulerError
        If it is in another reference system, or in none.
    """
    if frame.crs is None or frame.crs.to_epsg() != 4326:
        own = "none" if frame.crs is None else frame.crs.name
        raise RulerError(
            f"layer {name!r} has the reference system {own}, and files of layers are WGS84: convert it with geo.measure.unproject or geo.to_wgs84"
        )


def safe_name(text: str) -> str:
    """Return a text as part of a file name that every system takes."""
    kept = "".join(c if c.isalnum() or c in "-_" else "-" for c in text)
    return kept.strip("-")[:60] or "data"


def flat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a layer as files of layers want it: every column of one type, no two names alike.

    Lists and mappings become JSON, dates and what is mixed become text; a name that differs from an
    earlier one by its capitals only ends in a number.
    """
    geometry = frame.geometry.name
    columns = [c for c in frame.columns if c != geometry]
    named: dict[str, Any] = {}
    for column in columns:
        name, number = str(column), 1
        while name.upper() in {n.upper() for n in (*named, "geometry")}:
            name, number = f"{column}_{number}", number + 1
        own = frame[column]
        named[name] = _plain_column(own) if own.dtype.kind in "OMm" else own
    return gpd.GeoDataFrame(named, geometry=frame.geometry.values, index=frame.index, crs=frame.crs)


def _plain_column(column: pd.Series) -> pd.Series:
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in ("string", "empty"):
        return column
    if kind in ("integer", "floating", "mixed-integer-float", "decimal"):
        return pd.to_numeric(column)
    return pd.Series([_as_text(v) for v in column], column.index, dtype=object)


def _as_text(value: Any) -> str | None:
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return None if pd.isna(value) else str(value)


def to_geojson(frame: gpd.GeoDataFrame, name: str = "layer") -> str:
    """Return a layer as GeoJSON (RFC 7946: WGS84, 7 decimals, right-hand rings)."""
    features = []
    for row in frame.to_dict("records"):
        shape = row.pop("geometry")
        if shape is not None and not shape.is_empty:
            shape = shapely.transform(shape, lambda xy: np.round(xy, 7))
            if shape.geom_type.endswith("Polygon"):
                shape = shapely.orient_polygons(shape, exterior_cw=False)
        features.append(
            {
                "type": "Feature",
                "properties": {str(k): _value(v) for k, v in row.items()},
                "geometry": None
                if shape is None or shape.is_empty
                else shapely.geometry.mapping(shape),
            }
        )
    collection = {"type": "FeatureCollection", "name": name, "features": features}
    return json.dumps(collection, ensure_ascii=False, allow_nan=False)


def _value(value: Any) -> Any:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if isinstance(value, tuple | list):
        return [_value(v) for v in value]
    if isinstance(value, dict):
        return {str(k): _value(v) for k, v in value.items()}
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return None if pd.isna(value) else str(value)


def write_gpkg(layers: Mapping[str, gpd.GeoDataFrame], path: Path) -> None:
    """Write layers to a GeoPackage, whole or not at all."""

    def write(target: Path) -> None:
        for name, frame in layers.items():
            table = flat(frame)
            # Columns of these names would be taken for those that the format needs for itself.
            own = {"FID": "fid", "GEOMETRY_NAME": "geom"}
            taken = {str(c).lower() for c in table.columns}
            options = {k: v if v not in taken else f"{v}_of_layer" for k, v in own.items()}
            table.to_file(target, layer=name, driver="GPKG", engine="pyogrio", layer_options=options)  # fmt: skip

    write_atomically(path, write)


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file through a temporary one beside it, so that it is never half-written.

    Raises
    ------
    CorridorError
        If the folder is not there or not writable.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as folder:
            target = Path(folder) / path.name
            write(target)
            target.replace(path)
    except FileNotFoundError as error:
        raise CorridorError(
            f"{path.parent}: no such folder; make it first ({error.strerror})"
        ) from error
    except PermissionError as error:
        raise CorridorError(
            f"{path}: not writable ({error.strerror}); close it or choose another"
        ) from error


def file_bytes(name: str, write: Callable[[Path], None]) -> bytes:
    """Return what is written to a file of that name, in a folder of its own that goes again."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / name
        write(target)
        return target.read_bytes()


def write_file(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""

    def write(target: Path) -> None:
        target.write_bytes(content)

    write_atomically(path, write)


def with_geometry(
    layout: Layout, frame: pd.DataFrame, units: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Return a table of coverage with the geometry that each row speaks of, WGS84.

    A row of footprint and unit gets what both share, a pair of footprints their overlap, a unit
    its outline, a seat or node its point, a footprint its outline; a row that speaks of no place
    none.
    """
    found = {f.id: f for f in footprints_of(layout)}
    shapes = {} if units is None else dict(zip(units["adcode"], units.geometry, strict=True))
    rows = [_shape_of(row, found, shapes, layout) for row in frame.to_dict("records")]
    return gpd.GeoDataFrame(frame.copy(), geometry=rows, crs=4326)


def _shape_of(
    row: dict[Any, Any], found: dict[str, Footprint], units: dict[str, Any], layout: Layout
) -> Any:
    def back(shape: Any) -> Any:
        return unproject(shape, layout.crs)

    for column in ("seat", "node"):
        if row.get(column) in layout:
            return layout[row[column]].geometry
    if row.get("a") in found and row.get("b") in found:
        return back(shapely.intersection(found[row["a"]].shape, found[row["b"]].shape))
    own, unit = found.get(row.get("footprint", "")), units.get(row.get("unit_id", ""))
    if own is not None and unit is not None:
        return back(shapely.intersection(own.shape, project(unit, layout.crs)))
    if own is not None:
        return back(own.shape)
    return unit
