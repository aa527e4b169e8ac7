"""JSON Schemas (draft 2020-12) of the files of a layout, from the models that read them.

They say what an editor or another program can check of one file. What goes across files (ids that
refer to others, sums of claims) only ``corridor check`` sees.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from geo.io.policies import Policy
from geo.io.rates import Rate
from geo.io.tables import Claim, PopulationRow
from geo.model.kinds import KINDS, LAYERS, Layer
from geo.model.schema import DATE, GEOMETRY_TYPES, PROPERTIES_OF_LAYER, LayoutMeta
from geo.words import catalogue, say

__all__ = ["json_schemas", "schema_text"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TABLES: dict[str, type[BaseModel]] = {
    "claims": Claim, "population": PopulationRow, "policies": Policy, "rates": Rate,
}  # fmt: skip
_DATES = ("as_of", "issued", "in_force_from", "in_force_to")
_DEPTH = {"Point": 0, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
_LEAST = {"LineString": 2, "Polygon": 1}


def json_schemas() -> dict[str, dict[str, Any]]:
    """Return a schema by the name of each file, such as ``layout``, ``nodes`` and ``claims``.

    A table's schema is of the list of its rows, with blank cells as ``null`` and numbers as numbers.
    """
    found = {"layout": _head("layout") | _layout()}
    for layer in LAYERS:
        found[f"{layer}s"] = _head(f"{layer}s") | _collection(layer)
    for name, model in _TABLES.items():
        row = _of_model(model, name)
        definitions = {"$defs": row.pop("$defs")} if "$defs" in row else {}
        found[name] = _head(name) | {"type": "array", "items": row} | definitions
    return found


def schema_text(schema: dict[str, Any]) -> str:
    """Return a schema as the text of a file."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _both(key: str) -> str:
    return f"{say(key, 'en')} / {say(key, 'zh')}"


def _head(name: str) -> dict[str, Any]:
    return {"$schema": DIALECT, "title": _both(f"schema.file.{name}")}


class _Plain(GenerateJsonSchema):
    """As pydantic makes them, without titles that only repeat the names of fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _of_model(model: type[BaseModel], name: str) -> dict[str, Any]:
    schema = model.model_json_schema(schema_generator=_Plain)
    for part in (schema, *schema.get("$defs", {}).values()):
        part.pop("title", None)
        # Of a docstring the first paragraph: the rest is for engineers.
        part["description"] = part.get("description", "").split("\n\n")[0].replace("``", "")
        for field, own in part.get("properties", {}).items():
            told = _described(field, name)
            if told:
                own["description"] = told
            if field in _DATES or (field == "since" and name != "rates"):
                own["pattern"] = DATE.pattern
    return schema


def _described(field: str, name: str) -> str:
    for key in (f"schema.{name}.{field}", f"schema.field.{field}"):
        if key in catalogue():
            return _both(key)
    return ""


def _layout() -> dict[str, Any]:
    schema = _of_model(LayoutMeta, "layout")
    rings = schema["$defs"].get("CampusRings")
    if rings is not None:
        rings["properties"]["kind"]["enum"] = list(KINDS["node"])
    return schema


def _collection(layer: Layer) -> dict[str, Any]:
    properties = _of_model(PROPERTIES_OF_LAYER[layer], f"{layer}s")
    definitions = properties.pop("$defs", {})
    properties["properties"]["kind"]["enum"] = list(KINDS[layer])
    # The file says it: a feature may leave it out.
    properties["required"] = [f for f in properties["required"] if f != "layer"]
    if layer == "link":
        properties["required"] = [f for f in properties["required"] if f != "err_m"]
    properties |= _RULES.get(layer, {})
    feature = {
        "type": "object", "required": ["type", "properties", "geometry"],
        "properties": {"type": {"const": "Feature"}, "properties": properties, "geometry": _geometry(layer)},
        "allOf": [_located()] if layer != "link" else [],
    }  # fmt: skip
    if not feature["allOf"]:
        del feature["allOf"]
    return {
        "type": "object", "required": ["type", "features"],
        "properties": {
            "type": {"const": "FeatureCollection"}, "name": {"type": "string"},
            "features": {"type": "array", "items": feature},
        },
    } | ({"$defs": definitions} if definitions else {})  # fmt: skip


def _geometry(layer: Layer) -> dict[str, Any]:
    kinds = GEOMETRY_TYPES[layer]
    if not kinds:
        return {"type": "null"}
    return {"anyOf": [{"type": "null"}, *(_shape(kind) for kind in kinds)]}


def _shape(kind: str) -> dict[str, Any]:
    lon, lat = ({"type": "number", "minimum": -most, "maximum": most} for most in (180, 90))
    inner: dict[str, Any] = {"type": "array", "prefixItems": [lon, lat], "minItems": 2, "maxItems": 3}  # fmt: skip
    for level in range(_DEPTH[kind], 0, -1):
        inner = {"type": "array", "items": inner}
        if level == 1:
            inner["minItems"] = _LEAST.get(kind, 1)
    return {
        "type": "object", "required": ["type", "coordinates"],
        "properties": {"type": {"const": kind}, "coordinates": inner},
    }  # fmt: skip


def _located() -> dict[str, Any]:
    """Return that what has a position has a positional error."""
    return {
        "if": {"properties": {"geometry": {"type": "object"}}},
        "then": {"properties": {"properties": {"properties": {"err_m": {"type": "number"}}}}},
    }


_NUMBER = {"type": "number"}
_RULES: dict[str, dict[str, Any]] = {
    "corridor": {
        "oneOf": [
            {"properties": {"width_km": _NUMBER}, "required": ["width_km"]},
            {"properties": {"widths_km": {"type": "array"}}, "required": ["widths_km"]},
        ]
    },
    "belt": {
        "if": {"properties": {"kind": {"const": "oriented-belt"}}},
        "then": {
            "properties": dict.fromkeys(("azimuth_deg", "length_km", "width_km"), _NUMBER),
            "required": ["azimuth_deg", "length_km", "width_km"],
        },
    },
}
"""Rules between fields that the models check themselves."""
