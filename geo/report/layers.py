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
from geo.errors import CorridorError
from geo.measure import project, unproject
from geo.model.layout import Layout

__all__ = [
    "LAYERS_OUT",
    "export_layers",
    "to_geojson",
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


def _flat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a layer whose lists and mappings are text, as files of layers want it."""
    flat = frame.copy()
    for column in flat.columns:
        if (
            column != "geometry"
            and flat[column].map(lambda v: isinstance(v, list | tuple | dict)).any()
        ):
            flat[column] = [
                json.dumps(v, ensure_ascii=False) if isinstance(v, list | tuple | dict) else v
                for v in flat[column]
            ]
    return flat


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
    if isinstance(value, tuple):
        return list(value)
    return None if value is pd.NA else value


def write_gpkg(layers: Mapping[str, gpd.GeoDataFrame], path: Path) -> None:
    """Write layers to a GeoPackage, whole or not at all."""

    def write(target: Path) -> None:
        for name, frame in layers.items():
            _flat(frame).to_file(target, layer=name, driver="GPKG", engine="pyogrio")

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
