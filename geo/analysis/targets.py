"""What points are counted by: footprints of a layout, of a file, or plain polygons, each with its band."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geo.engine.banded import with_offsets
from geo.errors import PointsError
from geo.io.reading import Known

__all__ = ["Target", "known_of", "read_frame", "targets_of"]

_TEXT = ("name_zh", "name_en", "layer", "kind", "status")
_SURE_M = 300.0
_ID_NAMES = ("id", "adcode", "code", "name", "name_zh", "name_en")


@dataclass(frozen=True, eq=False, repr=False)
class Target:
    """A footprint to count by.

    Attributes
    ----------
    row, origin
        What identifies it in a table, and where it comes from.
    outlines
        Inner offset, footprint and outer offset by its positional error: WGS84 polygons.
    """

    row: dict[str, Any]
    origin: dict[str, Any]
    outlines: tuple[Any, Any, Any]


def targets_of(footprints: Any, *, ring_km: float | None = None, band: bool = True) -> list[Target]:
    """Return what to count by.

    Parameters
    ----------
    footprints
        A ``Layout`` (its zones, corridors, belts and campus rings), footprints of
        ``footprints_of``, a GeoDataFrame of polygons, the path of a GeoJSON file or of another
        layer, a mapping of names to WGS84 polygons, or a sequence of them. A column or property
        ``err_m`` gives the positional error.
    ring_km
        Width of the campus rings of a layout.
    band
        Whether low and high are wanted; without them the footprints' errors are not used.

    Raises
    ------
    PointsError
        If it is none of these, or not in a known reference system.
    """
    if isinstance(footprints, str | Path):
        targets = _of_file(Path(footprints))
    elif isinstance(footprints, Mapping):
        targets = [_plain(shape, {"id": str(name)}) for name, shape in footprints.items()]
    elif hasattr(footprints, "meta") and hasattr(footprints, "features"):
        from geo.analysis.footprints import footprints_of

        targets = [_of_footprint(f) for f in footprints_of(footprints, ring_km=ring_km)]
    elif hasattr(footprints, "geometry") and hasattr(footprints, "to_crs"):
        targets = _of_frame(footprints)
    elif isinstance(footprints, Sequence | np.ndarray):
        targets = [
            _of_footprint(f) if hasattr(f, "outlines") else _plain(f, {"id": f"footprint-{k}"})
            for k, f in enumerate(footprints, 1)
        ]
    else:
        raise PointsError(
            f"footprints of type {type(footprints).__name__} are not known: give a layout, a file, a "
            "GeoDataFrame, or polygons in WGS84"
        )
    if band:
        return targets
    return [Target(t.row, t.origin, (t.outlines[1],) * 3) for t in targets]


def _of_footprint(footprint: Any) -> Target:
    low, central, high = footprint.outlines
    return Target(footprint.row(), footprint.origin(), (low, central, high))


def _plain(shape: Any, properties: Mapping[str, Any]) -> Target:
    """Return a target from a WGS84 polygon and what is said of it."""
    name = next((str(properties[k]) for k in _ID_NAMES if properties.get(k) not in (None, "")), "")
    kind = getattr(shape, "geom_type", type(shape).__name__)
    if kind not in ("Polygon", "MultiPolygon"):
        raise PointsError(f"footprint {name!r} is a {kind}: points are counted by polygons")
    west, south, east, north = shape.bounds
    if not shape.is_empty and not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise PointsError(
            f"footprint {name!r} reaches from {west:g}, {south:g} to {east:g}, {north:g}: that is no "
            "longitude and latitude; give it in WGS84"
        )
    if not shapely.is_valid(shape):
        raise PointsError(
            f"footprint {name!r} is not a valid polygon ({shapely.is_valid_reason(shape)}): mend it, "
            "such as with make_valid"
        )
    if shape.is_empty:
        raise PointsError(f"footprint {name!r} is empty: leave it out")
    err = _number(properties.get("err_m"))
    text = {k: str(properties.get(k) or "") for k in _TEXT}
    row = {
        "footprint": name, "footprint_zh": text["name_zh"] or name,
        "footprint_en": text["name_en"] or text["name_zh"] or name,
        "layer": text["layer"], "kind": text["kind"], "status": text["status"], "err_m": err,
    }  # fmt: skip
    origin = {k: str(properties.get(k) or "") for k in ("source", "confidence")}
    return Target(row, origin, with_offsets(shape, err))


def _number(value: Any) -> float:
    try:
        number = float(value or 0)
    except (TypeError, ValueError):
        return 0.0
    return number if np.isfinite(number) and number > 0 else 0.0


def read_frame(path: Path, what: str) -> Any:
    """Read a layer of any format as a GeoDataFrame; ``what`` it is goes into the error."""
    import geopandas as gpd

    _check_file(path, what)
    try:
        return gpd.read_file(path)
    except Exception as error:
        raise PointsError(f"{path.name}: not readable as a layer ({error})") from error


def _check_file(path: Path, what: str) -> None:
    if not path.is_file():
        raise PointsError(f"{path}: no such file of {what}; check the path")


def _of_file(path: Path) -> list[Target]:
    _check_file(path, "footprints")
    if path.suffix.lower() not in (".geojson", ".json"):
        return _of_frame(read_frame(path, "footprints"))
    # Plain GeoJSON is read without GDAL and pandas, which take longer to load than the counting.
    try:
        collection = json.loads(path.read_text("utf-8-sig"))
        features = collection["features"]
    except (ValueError, KeyError, TypeError) as error:
        raise PointsError(f"{path.name}: not readable as GeoJSON ({error})") from error
    crs = str((collection.get("crs") or {}).get("properties", {}).get("name", ""))
    if crs and not re.search(r"CRS84|4326|4490", crs):
        raise PointsError(f"{path.name} is in {crs}: GeoJSON is WGS84; export it so")
    targets = []
    for number, feature in enumerate(features, 1):
        own = feature.get("properties") or {}
        if feature.get("geometry") is None:
            raise PointsError(f"{path.name}: feature {number} has no geometry; leave it out")
        shape = _shape_of(feature["geometry"], path.name, number)
        head = {"id": feature.get("id") or own.get("id") or ""}
        named = {**own, **{k: v for k, v in head.items() if v}}
        if not any(named.get(k) for k in _ID_NAMES):
            named["id"] = f"footprint-{number}"
        targets.append(_plain(shape, named))
    return targets


def _shape_of(geometry: Mapping[str, Any], name: str, number: int) -> Any:
    """Return a polygon from its GeoJSON, four times as fast as by way of its text."""
    kind = geometry.get("type")
    try:
        if kind == "Polygon":
            return _polygon(geometry["coordinates"])
        if kind == "MultiPolygon":
            return shapely.multipolygons([_polygon(part) for part in geometry["coordinates"]])
    except (ValueError, TypeError, KeyError, shapely.errors.GEOSException) as error:
        raise PointsError(f"{name}: feature {number} has no readable polygon ({error})") from error
    raise PointsError(f"{name}: feature {number} is a {kind}: points are counted by polygons")


def _polygon(rings: Sequence[Any]) -> Any:
    if not rings:
        return shapely.Polygon()
    shell, *holes = (shapely.linearrings(np.array(ring, dtype=float)[:, :2]) for ring in rings)
    return shapely.polygons(shell, holes or None)


def _of_frame(frame: Any) -> list[Target]:
    if frame.crs is None:
        raise PointsError("the footprints have no reference system: set it, such as set_crs(4326)")
    frame = frame.to_crs(4326)
    targets = []
    for number, row in enumerate(frame.to_dict("records"), 1):
        shape = row.pop(frame.geometry.name)
        if not any(row.get(k) for k in _ID_NAMES):
            row["id"] = f"footprint-{number}"
        targets.append(_plain(shape, row))
    return targets


def known_of(layout: Any) -> Known:
    """Return what a layout knows that helps to tell datums apart."""
    from geo.errors import UnitsError
    from geo.io.units import read_units
    from geo.model.layout import bounds

    def units() -> list[tuple[str, str, Any]]:
        try:
            frame = read_units(layout)
        except UnitsError:
            return []
        return list(zip(frame["adcode"], frame["name_zh"], frame.geometry, strict=True))

    places: dict[str, tuple[float, float]] = {}
    for node in layout.of_layer("node"):
        # A place that may itself lie as far off as the datums are apart would prove nothing.
        if node.geometry is not None and (node.err_m or 0.0) <= _SURE_M:
            at = (node.geometry.x, node.geometry.y)
            places |= {name: at for name in (node.name_zh, node.name_en) if name}
    return Known(bounds(layout), places, units)
