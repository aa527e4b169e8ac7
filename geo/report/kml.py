"""Layers as KML: one file, a folder a layer, every column of a feature as its data."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import shapely

from geo.report.layers import require_wgs84
from geo.report.second_units import with_second_units
from geo.report.tables import heading
from geo.words import Lang, name_of
from geo.words.imperial import is_imperial

__all__ = ["KML", "kml_of"]

KML = "http://www.opengis.net/kml/2.2"
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document may hold, not even escaped."""


def kml_of(
    layers: Mapping[str, gpd.GeoDataFrame], lang: Lang = "zh", *, title: str = "", notes: Sequence[str] = ()
) -> bytes:  # fmt: skip
    """Return layers as KML 2.2, whose datum is WGS84 by its standard.

    Parameters
    ----------
    layers
        WGS84 frames by name; ``name_zh`` and ``name_en``, ``footprint_zh`` and so on name the places.
    lang
        Language of names and of headings.
    title
        Of the document.
    notes
        Lines of its description.

    Raises
    ------
    RulerError
        If a layer is not WGS84.
    """
    root = ET.Element("kml", xmlns=KML)
    document = ET.SubElement(root, "Document")
    _text(document, "name", title or next(iter(layers), ""))
    _text(document, "description", "\n".join(notes))
    for name, frame in layers.items():
        require_wgs84(frame, name)
        folder = ET.SubElement(document, "Folder")
        _text(folder, "name", name)
        geometry = frame.geometry.name
        table = with_second_units(frame, lang) if is_imperial(lang) else frame
        headings = {str(c): heading(str(c), lang) for c in table.columns if c != geometry}
        for number, row in enumerate(table.to_dict("records"), 1):
            _placemark(folder, row.pop(geometry), row, headings, lang, number)
    ET.indent(root, " ")
    return bytes(ET.tostring(root, "utf-8", xml_declaration=True)) + b"\n"


def _placemark(folder: Any, shape: Any, row: dict[Any, Any], headings: dict[str, str], lang: Lang, number: int) -> None:  # fmt: skip
    mark = ET.SubElement(folder, "Placemark")
    _text(mark, "name", _name(row, lang) or str(number))
    data = ET.SubElement(mark, "ExtendedData")
    for column, value in row.items():
        text = _value(value)
        if text:
            entry = ET.SubElement(data, "Data", name=_clean(str(column)))
            _text(entry, "displayName", headings[str(column)])
            _text(entry, "value", text)
    if shape is not None and not shape.is_empty:
        mark.append(_geometry(shape))


def _name(row: dict[Any, Any], lang: Lang) -> str:
    for field in ("name", "footprint", "unit", "node", "seat", "label", "corridor"):
        found = name_of(row, lang, field)
        if found:
            return found
    return next((str(row[c]) for c in ("name", "id", "cell", "cluster", "row") if row.get(c)), "")


def _geometry(shape: Any) -> Any:
    kind = shape.geom_type
    if kind.startswith("Multi") or kind == "GeometryCollection":
        several = ET.Element("MultiGeometry")
        for part in shapely.get_parts(shape):
            several.append(_geometry(part))
        return several
    if kind == "Polygon":
        own = shapely.orient_polygons(shape, exterior_cw=False)
        polygon = ET.Element("Polygon")
        for tag, ring in [("outerBoundaryIs", own.exterior), *(("innerBoundaryIs", r) for r in own.interiors)]:  # fmt: skip
            boundary = ET.SubElement(polygon, tag)
            _coordinates(ET.SubElement(boundary, "LinearRing"), ring)
        return polygon
    element = ET.Element("Point" if kind == "Point" else "LineString")
    _coordinates(element, shape)
    return element


def _coordinates(element: Any, shape: Any) -> None:
    xy = shapely.get_coordinates(shape)
    _text(element, "coordinates", " ".join(f"{x:.7f},{y:.7f}" for x, y in xy))


def _value(value: Any) -> str:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):  # fmt: skip
        return ""
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def _text(parent: Any, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = _clean(text)
