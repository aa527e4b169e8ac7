"""Footprints from a file: polygons with names, in any reference system, brought to WGS84."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.errors import PointsError
from geo.io.columns import check_columns, find_column
from geo.io.kml import read_kml
from geo.io.reading import AUTO, LABEL_NAMES, declared
from geo.io.refusals import RefusedError
from geo.io.uploads import LIMITS, Limits, Stored, Upload, stored
from geo.measure import lonlat_of, to_wgs84
from geo.measure.detect import parse_datum, to_lonlat

__all__ = [
    "MOST_AREAS", "Areas", "area_of", "areas_of", "datum_of", "first_rows", "frame_of", "in_wgs84", "kinds_of", "read_areas",
]  # fmt: skip

MOST_AREAS, MOST_VERTICES = 2_000, 2_000_000
"""More footprints, or vertices in all, are refused: they are measured one by one."""
_STEP_M, _STEP_DEG = 2_000.0, 0.02
_PEEK = 200


@dataclass(frozen=True, eq=False, repr=False)
class Areas:
    """Footprints read from a file.

    Attributes
    ----------
    frame
        WGS84: ``id``, ``name_zh``, ``name_en``, ``status`` (``digitised``), ``err_m``, ``source`` (the
        file's name), ``confidence``, ``mended`` (whether its outline crossed itself).
    rejects
        Features that are no area: ``row``, ``name``, ``reason``.
    datum
        What the file's coordinates were taken to be in.
    """

    frame: gpd.GeoDataFrame
    rejects: pd.DataFrame
    datum: str

    def __len__(self) -> int:
        return len(self.frame)


def _path_for_gdal(path: Path) -> str:
    # Else GDAL goes by the content, which may be a recipe that reads other files.
    return f"GeoJSON:{path}" if path.suffix.lower() == ".geojson" else str(path)


def _options(path: Path, layer: str | None) -> dict[str, Any]:
    from geo.io.sources.layers import encoding_of

    encoding = encoding_of(path)
    named = {"layer": layer} if layer else {}
    return named | ({"encoding": encoding} if encoding else {})


def kinds_of(files: Stored, layer: str) -> set[str]:
    """Return the kinds of geometry that a layer holds, by its declaration or its first features."""
    import pyogrio

    path, own = files.file_of(layer)
    if files.form == "kml":
        return {shape.geom_type for place in read_kml(path) for shape in place.shapes}
    if files.form == "parquet":
        frame = _of_parquet(path, _PEEK)
        return set() if frame is None else set(frame.geometry.geom_type.dropna())
    kind = str(pyogrio.read_info(_path_for_gdal(path), **_options(path, own))["geometry_type"])
    if "Point" in kind or "Polygon" in kind or "Line" in kind:
        return {kind}
    frame = _of_layer(path, own, _PEEK)
    return set(frame.geometry.geom_type.dropna()) if "geometry" in frame else set()


def first_rows(files: Stored, layer: str, most: int) -> tuple[pd.DataFrame, str]:
    """Return the words of the first features of a layer, and the reference system it declares."""
    frame = frame_of(files, layer, most)
    crs = "" if frame.crs is None else frame.crs.to_string()
    return pd.DataFrame(frame.drop(columns=frame.geometry.name)), crs


def frame_of(files: Stored, layer: str, most: int) -> gpd.GeoDataFrame:
    """Return the first features of a layer, as they stand."""
    path, own = files.file_of(layer)
    if files.form == "kml":
        rows = [(p.words, s) for p in read_kml(path) for s in _gathered(p.shapes)][:most]
        return gpd.GeoDataFrame([w for w, _ in rows], geometry=[s for _, s in rows], crs=4326)
    if files.form == "parquet":
        found = _of_parquet(path, most)
        if found is None:
            raise PointsError(f"{files.name}: no column of geometry; save it as GeoParquet")
        return found
    return _of_layer(path, own, most)


def _gathered(shapes: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Return the polygons of a place as one geometry; its points and lines as they are."""
    areas = [s for s in shapes if s.geom_type == "Polygon"]
    others = [s for s in shapes if s.geom_type != "Polygon"]
    if not areas:
        return others
    return [areas[0] if len(areas) == 1 else shapely.MultiPolygon(areas)]


def _of_layer(path: Path, layer: str | None, most: int) -> gpd.GeoDataFrame:
    import warnings

    import pyogrio

    with warnings.catch_warnings():
        # Geometry of a kind that is not known comes as none, and is listed as rejected.
        warnings.simplefilter("ignore")
        frame = pyogrio.read_dataframe(
            _path_for_gdal(path), max_features=most, **_options(path, layer)
        )
    if not isinstance(frame, gpd.GeoDataFrame):
        raise PointsError(f"{path.name}: a table without geometry; export it with its geometry")
    return frame


def _of_parquet(path: Path, most: int) -> gpd.GeoDataFrame | None:
    import pyarrow.parquet as pq

    if b"geo" not in (pq.read_metadata(path).metadata or {}):
        return None
    from geopandas.io.arrow import _arrow_to_geopandas

    with pq.ParquetFile(path) as file:
        table = next(file.iter_batches(most), None)
        if table is None:
            return None
        import pyarrow as pa

        frame: gpd.GeoDataFrame = _arrow_to_geopandas(
            pa.Table.from_batches([table], file.schema_arrow)
        )
    return frame


def read_areas(
    upload: Upload,
    *,
    layer: str = "",
    label: str | None = None,
    datum: str = AUTO,
    err_m: float = 0.0,
    limits: Limits = LIMITS,
) -> Areas:
    """Read footprints from an upload.

    Parameters
    ----------
    upload
        GeoJSON, zipped Shapefile, GeoPackage, KML, GeoParquet or FlatGeobuf.
    layer
        Of a file with several; by default the first.
    label
        Column of the names; by default by its usual names.
    datum
        ``auto``: what the file declares; or ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``, an EPSG code.
    err_m
        Positional error of the outlines, metres, as the person states it.
    limits
        How much is read.

    Raises
    ------
    PointsError
        If it is refused or cannot be read, holds no areas, or its datum is neither declared nor
        given.
    """
    with stored(upload, limits) as files:
        frame = frame_of(files, layer, MOST_AREAS + 1)
        return areas_of(frame, name=files.name, label=label, datum=datum, err_m=err_m)


def areas_of(
    frame: gpd.GeoDataFrame,
    *,
    name: str,
    label: str | None = None,
    datum: str = AUTO,
    err_m: float = 0.0,
) -> Areas:
    """Return the areas of a frame as footprints.

    Parameters
    ----------
    frame
        Geometry with its own columns.
    name
        Of the file: the source of every footprint.
    label, datum, err_m
        As for :func:`read_areas`.

    Raises
    ------
    PointsError
        As :func:`read_areas`.
    """
    if not (err_m >= 0 and np.isfinite(err_m)):
        raise PointsError(f"the positional error is {err_m} m: it must be 0 or more")
    if len(frame) > MOST_AREAS:
        raise RefusedError("many-areas", name=name, most=MOST_AREAS)
    words = [str(c) for c in frame.columns if c != frame.geometry.name]
    check_columns(words, (label,), name)
    label = label or find_column(words, LABEL_NAMES)
    shapes = shapely.force_2d(frame.geometry.to_numpy())
    if int(shapely.get_num_coordinates(shapes).sum()) > MOST_VERTICES:
        raise RefusedError("many-vertices", name=name, most=MOST_VERTICES)
    taken = datum_of(frame, datum, name)
    names = _names(frame[label] if label else None, len(frame), name)
    kept: list[dict[str, Any]] = []
    gone: list[dict[str, Any]] = []
    for number, (title, shape) in enumerate(zip(names, shapes, strict=True), 1):
        area, reason, mended = area_of(shape, taken)
        if area is None:
            gone.append({"row": number, "name": title, "reason": reason})
            continue
        kept.append(
            {
                "id": f"mine-{number}", "name_zh": title, "name_en": title, "status": "digitised", "err_m": float(err_m),
                "source": name, "confidence": "n/a", "mended": mended, "geometry": area,
            }
        )  # fmt: skip
    if not kept:
        raise RefusedError("no-areas", name=name)
    rejects = pd.DataFrame(gone, columns=["row", "name", "reason"])
    return Areas(gpd.GeoDataFrame(kept, geometry="geometry", crs=4326), rejects, taken)


def _names(column: pd.Series | None, count: int, file: str) -> list[str]:
    """Return a name for every feature, each its own."""
    stem = Path(file).stem
    found: dict[str, None] = {}
    for k in range(count):
        raw = None if column is None else column.iat[k]
        blank = raw is None or str(raw).strip() in ("", "nan", "<NA>", "None")
        text = f"{stem} {k + 1}" if blank else " ".join(str(raw).split())[:120]
        found[text if text not in found else f"{text} ({k + 1})"] = None
    return list(found)


def datum_of(frame: gpd.GeoDataFrame, datum: str, name: str) -> str:
    """Return the datum of a frame: what is given, else what it declares, as a reading writes it."""
    if datum.startswith("crs:"):
        return datum
    if datum != AUTO:
        return parse_datum(datum)
    if frame.crs is None:
        raise RefusedError("undeclared", name=name)
    return declared(frame.crs.to_string(), name)


def area_of(shape: BaseGeometry | None, datum: str) -> tuple[BaseGeometry | None, str, bool]:
    """Return the WGS84 polygon of a feature; else why it has none; and whether it was mended."""
    if shape is None or shape.is_empty:
        return None, "no-geometry", False
    if shape.geom_type not in ("Polygon", "MultiPolygon", "GeometryCollection"):
        return None, "not-an-area", False
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        return None, "not-a-number", False
    moved = in_wgs84(shape, datum)
    if moved is None:
        return None, "out-of-range", False
    valid = bool(shapely.is_valid(shape) and shapely.is_valid(moved))
    whole = moved if valid else shapely.make_valid(moved)
    parts = [p for p in shapely.get_parts(shapely.get_parts(whole)) if p.geom_type == "Polygon" and p.area > 0]  # fmt: skip
    if not parts:
        return None, "not-an-area", False
    area = parts[0] if len(parts) == 1 else shapely.union_all(parts)
    return area, "", not valid


def in_wgs84(shape: BaseGeometry, datum: str) -> BaseGeometry | None:
    """Return a shape in WGS84 whose edges keep their place, or ``None`` where it cannot be there."""
    if datum in ("wgs84", "cgcs2000"):
        moved = shape
    else:
        planar = datum.startswith(("epsg:", "crs:"))
        # Of an outline that crosses itself, making it dense would silently keep a part only.
        shape = shape if shapely.is_valid(shape) else shapely.make_valid(shape)
        dense = shapely.segmentize(shape, _STEP_M if planar else _STEP_DEG)
        if not planar and not _in_range(dense):
            return None
        moved = shapely.transform(dense, lambda xy: _moved(xy, datum))
    return moved if _in_range(moved) else None


def _moved(xy: NDArray[np.float64], datum: str) -> NDArray[np.float64]:
    if datum.startswith("crs:"):
        return np.column_stack(lonlat_of(xy[:, 0], xy[:, 1], datum.removeprefix("crs:")))
    if datum.startswith("epsg:"):
        return np.column_stack(to_lonlat(xy[:, 0], xy[:, 1], datum))
    return np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], datum))


def _in_range(shape: BaseGeometry) -> bool:
    xy = shapely.get_coordinates(shape)
    return bool(np.isfinite(xy).all() and (np.abs(xy[:, 0]) <= 180).all() and (np.abs(xy[:, 1]) <= 90).all())  # fmt: skip
