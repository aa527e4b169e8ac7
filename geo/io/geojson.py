"""One GeoJSON layer of a layout: read with every problem reported, written one feature a line."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import shapely
from pydantic import ValidationError
from shapely.geometry.base import BaseGeometry

from geo.io.problems import Problem, problems_of
from geo.model.kinds import Layer
from geo.model.schema import GEOMETRY_TYPES, PROPERTIES_OF_LAYER, Feature, Properties

__all__ = ["MAX_BYTES", "read_layer", "write_layer"]

MAX_BYTES = 50_000_000
"""A layer file above this is refused: an authored layer is far smaller."""


def read_layer(path: Path, layer: Layer) -> tuple[list[Feature], list[Problem]]:
    """Return the features of a layer file and every problem in it.

    Parameters
    ----------
    path
        A GeoJSON file (RFC 7946: WGS84 longitude/latitude).
    layer
        The layer that its features must belong to.
    """
    name = path.name
    if path.stat().st_size > MAX_BYTES:
        return [], [
            Problem(name, "", "", f"larger than {MAX_BYTES // 10**6} MB", "split or simplify it")
        ]
    try:
        document = json.loads(path.read_text("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        return [], [Problem(name, "", "", f"not UTF-8 at byte {error.start}", "save it as UTF-8")]
    except json.JSONDecodeError as error:
        what = f"not valid JSON at line {error.lineno}, column {error.colno}: {error.msg}"
        return [], [Problem(name, "", "", what, "correct the text there")]
    except _NotANumberError as error:
        return [], [
            Problem(name, "", "", f"holds {error}, which is no JSON number", "use null or a number")
        ]
    except RecursionError:
        return [], [
            Problem(name, "", "", "nested too deeply", "save it as a plain FeatureCollection")
        ]
    problems = _collection_problems(document, name)
    if problems:
        return [], problems
    features: list[Feature] = []
    for number, raw in enumerate(document["features"], 1):
        feature, found = _read_feature(raw, number, layer, name)
        problems += found
        if feature is not None:
            features.append(feature)
    return features, problems


class _NotANumberError(ValueError):
    pass


def _refuse_constant(text: str) -> float:
    raise _NotANumberError(text)


def _collection_problems(document: Any, name: str) -> list[Problem]:
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        what = "not a GeoJSON FeatureCollection"
        return [
            Problem(name, "", "type", what, 'write {"type": "FeatureCollection", "features": […]}')
        ]
    if not isinstance(document.get("features"), list):
        return [Problem(name, "", "features", "no list of features", 'add "features": […]')]
    crs = document.get("crs")
    if crs is not None and not any(word in json.dumps(crs) for word in ("CRS84", "4326", "4490")):
        what = f"its crs member says {json.dumps(crs, ensure_ascii=False)[:80]}"
        return [
            Problem(name, "", "crs", what, "convert it to WGS84 longitude/latitude and drop crs")
        ]
    return []


def _read_feature(
    raw: Any, number: int, layer: Layer, file: str
) -> tuple[Feature | None, list[Problem]]:
    properties_raw = raw.get("properties") if isinstance(raw, dict) else None
    if (
        not isinstance(raw, dict)
        or raw.get("type") != "Feature"
        or not isinstance(properties_raw, dict)
    ):
        what = "not a GeoJSON Feature with properties"
        mend = 'write {"type": "Feature", "properties": {…}, "geometry": {…}}'
        return None, [Problem(file, f"feature {number}", "", what, mend)]
    where = f"feature {number} ({properties_raw.get('id', 'no id')})"
    problems: list[Problem] = []
    model = PROPERTIES_OF_LAYER[layer]
    properties: Properties | None = None
    if properties_raw.get("layer") not in (layer, None):
        what = f"its layer is {properties_raw['layer']!r} in the file of layer {layer!r}"
        problems.append(
            Problem(file, where, "layer", what, "move it to its own file or correct layer")
        )
    else:
        try:
            properties = model.model_validate({"layer": layer, **properties_raw})
        except ValidationError as error:
            problems += problems_of(error, model, file, where)
    geometry, found = _read_geometry(raw.get("geometry"), layer, file, where)
    problems += found
    if properties is not None and not found:
        problems += _fit_problems(properties, geometry, file, where)
    if properties is None or problems:
        return None, problems
    return Feature(properties, geometry), []


def _read_geometry(
    raw: Any, layer: Layer, file: str, where: str
) -> tuple[BaseGeometry | None, list[Problem]]:
    def problem(what: str, mend: str) -> tuple[None, list[Problem]]:
        return None, [Problem(file, where, "geometry", what, mend)]

    if raw is None:
        return None, []
    kind = raw.get("type") if isinstance(raw, dict) else None
    allowed = GEOMETRY_TYPES[layer]
    if kind not in allowed:
        if not allowed:
            return problem(f"a {layer} is drawn between its ends", "set geometry to null")
        return problem(
            f"geometry of type {kind!r} in layer {layer}", f"use {' or '.join(allowed)}, or null"
        )
    try:
        numbers = list(_numbers(raw.get("coordinates")))
    except TypeError:
        return problem(
            "coordinates are not numbers", "write [longitude, latitude] pairs of numbers"
        )
    if not numbers:
        return problem("it is empty", "give coordinates, or null where the position is unknown")
    if not all(map(math.isfinite, numbers)):
        return problem("a coordinate is not finite", "give numbers, or null for the whole geometry")
    try:
        shape = shapely.force_2d(shapely.from_geojson(json.dumps(raw)))
    except (shapely.errors.ShapelyError, ValueError) as error:
        return problem(f"it cannot be read ({error})", "write it as RFC 7946 GeoJSON")
    west, south, east, north = shape.bounds
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        if west >= -90 and east <= 90 and south >= -180 and north <= 180:
            mend = "write longitude first, then latitude"
            return problem(f"latitude {north:g} is out of range: swapped coordinates?", mend)
        mend = "convert it to WGS84 longitude/latitude"
        return problem(f"coordinates such as {west:g}, {south:g} are not degrees", mend)
    if not shape.is_valid:
        reason = shapely.is_valid_reason(shape)
        return problem(f"invalid geometry: {reason}", "redraw it so that no ring crosses itself")
    return shape, []


def _numbers(coordinates: Any) -> Any:
    if isinstance(coordinates, list):
        for part in coordinates:
            yield from _numbers(part)
    elif isinstance(coordinates, int | float) and not isinstance(coordinates, bool):
        yield float(coordinates)
    else:
        raise TypeError


def _fit_problems(
    properties: Properties, geometry: BaseGeometry | None, file: str, where: str
) -> list[Problem]:
    """Return what does not fit between the properties of a feature and its geometry."""
    problems = []
    if properties.layer != "link":
        if geometry is not None and properties.err_m is None:
            mend = "give the positional error in metres"
            problems.append(Problem(file, where, "err_m", "a located feature has no err_m", mend))
        derived = getattr(properties, "between", None) is not None
        if geometry is None and properties.err_m is not None and not derived:
            what = "an unlocated feature has an err_m"
            problems.append(
                Problem(file, where, "err_m", what, "set it to null, or give a geometry")
            )
    if geometry is None:
        return problems
    outlined = geometry.geom_type.endswith("Polygon")
    area = getattr(properties, "area_km2", None)
    if properties.layer == "zone" or properties.kind == "university-belt":
        if not outlined and area is None:
            what = f"a {geometry.geom_type} skeleton without area_km2"
            problems.append(
                Problem(file, where, "area_km2", what, "give the area, or draw the outline")
            )
        if getattr(properties, "side", "both") != "both" and geometry.geom_type != "LineString":
            mend = "use side with a LineString skeleton only"
            problems.append(Problem(file, where, "side", "one-sided without a line", mend))
    if properties.kind == "oriented-belt" and geometry.geom_type != "Point":
        what = f"the centre of an oriented-belt is a {geometry.geom_type}"
        problems.append(Problem(file, where, "geometry", what, "give its centre as a Point"))
    return problems


def write_layer(path: Path, layer: Layer, features: list[Feature]) -> None:
    """Write a layer as GeoJSON, one feature a line so that changes read well.

    Properties that hold their default are left out; coordinates keep the digits that they have.
    """
    lines = []
    for feature in features:
        properties = feature.properties.model_dump(mode="json", exclude_defaults=True)
        # Always there, even where they are null: a reader of the file looks for them.
        for name in ("layer", "parent", "err_m", "as_of", "note_zh", "note_en"):
            properties.setdefault(name, getattr(feature.properties, name))
        ordered = {
            n: properties[n] for n in type(feature.properties).model_fields if n in properties
        }
        geometry = None if feature.geometry is None else shapely.geometry.mapping(feature.geometry)
        lines.append(
            json.dumps(
                {"type": "Feature", "properties": ordered, "geometry": geometry},
                ensure_ascii=False,
                allow_nan=False,
            )
        )
    head = f'{{"type": "FeatureCollection", "name": "{layer}s", "features": ['
    path.write_text(head + "\n" + ",\n".join(lines) + "\n]}\n", encoding="utf-8", newline="\n")
