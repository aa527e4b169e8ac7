"""KML: places with their folder, words and geometry. Nothing that a file refers to is ever fetched.

Read here and not by GDAL, whose driver turns the Chinese names of columns into underscores.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.errors import PointsError

__all__ = ["Placemark", "read_kml"]

_DEPTH = 200
_PIECE = 1 << 20


@dataclass
class Placemark:
    """A place of a KML file.

    Attributes
    ----------
    words
        ``folder``, ``name``, ``description`` and the file's own data by name; text as it stands.
    shapes
        Its geometries, WGS84 longitude and latitude, heights left out.
    """

    words: dict[str, str] = field(default_factory=dict)
    shapes: list[BaseGeometry] = field(default_factory=list)


def read_kml(file: Path) -> list[Placemark]:
    """Return the places of a KML file, in order.

    Parameters
    ----------
    file
        Text in UTF-8 or another encoding that its first line declares.

    Raises
    ------
    PointsError
        If it is no KML, is cut off, declares entities, or only links to what lies elsewhere.
    """
    reader = _Reader(file.name)
    try:
        with file.open("rb") as stream:
            while piece := stream.read(_PIECE):
                reader.parser.Parse(piece, False)
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise PointsError(
            f"{file.name}: not readable as KML after line {error.lineno:,} ({error}); was it copied "
            "whole? Export it again"
        ) from error
    if not reader.seen_root:
        raise PointsError(f"{file.name}: no KML inside; export it again as KML")
    if not reader.places and reader.links:
        raise PointsError(
            f"{file.name}: holds only links to other addresses, which are never fetched; open it "
            "where it was made and save the places themselves as KML"
        )
    return reader.places


class _Reader:
    """Gathers places while expat walks through a file."""

    def __init__(self, name: str) -> None:
        self.name, self.seen_root, self.links = name, False, 0
        self.places: list[Placemark] = []
        self.path: list[str] = []
        self.folders: list[str] = []
        self.text: list[str] = []
        self.place: Placemark | None = None
        self.key = ""
        self.rings: list[list[Any]] = []
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self.text.append
        # Entities can grow without bound or name files and addresses: none is needed in KML.
        parser.StartDoctypeDeclHandler = self._refuse
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.parser = parser

    def _refuse(self, *_: object) -> None:
        raise PointsError(
            f"{self.name}: declares a document type (DOCTYPE), whose entities can fetch or swell; "
            "export it again as plain KML"
        )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        own = tag.rpartition(" ")[2]
        if not self.path and own != "kml":
            raise PointsError(f"{self.name}: its root is <{own[:40]}>, not <kml>; export it as KML")
        self.seen_root = True
        self.path.append(own)
        if len(self.path) > _DEPTH:
            raise PointsError(f"{self.name}: nested more than {_DEPTH} deep, which is refused")
        self.text.clear()
        if own in ("Folder", "Document"):
            self.folders.append("")
        elif own == "Placemark":
            self.place = Placemark()
        elif own == "NetworkLink":
            self.links += 1
        elif own in ("Data", "SimpleData"):
            self.key = attributes.get("name", "")
        elif own == "Polygon":
            self.rings.append([])

    def _end(self, _: str) -> None:
        own, text = self.path.pop(), "".join(self.text).strip()
        self.text.clear()
        above = self.path[-1] if self.path else ""
        if own in ("Folder", "Document"):
            self.folders.pop()
        elif own == "name" and above in ("Folder", "Document") and self.folders:
            self.folders[-1] = text if above == "Folder" else ""
        if self.place is None:
            return
        if own == "Placemark":
            folder = " / ".join(filter(None, self.folders))
            self.place.words = ({"folder": folder} if folder else {}) | self.place.words
            self.places.append(self.place)
            self.place = None
        elif own in ("name", "description") and above == "Placemark":
            self.place.words[own] = text
        elif self.key and ((own == "value" and above == "Data") or own == "SimpleData"):
            self.place.words[self.key] = text
        elif own == "coordinates":
            self._shape(above, text)
        elif own == "Polygon":
            rings = self.rings.pop()
            if rings:
                self.place.shapes.append(shapely.Polygon(rings[0], rings[1:]))

    def _shape(self, kind: str, text: str) -> None:
        xy = self._numbers(text)
        if self.place is None or not len(xy):
            return
        if kind == "LinearRing" and self.rings:
            if len(xy) >= 3:
                self.rings[-1].append(xy)
        elif kind == "Point":
            self.place.shapes.append(shapely.Point(xy[0]))
        elif kind in ("LineString", "LinearRing") and len(xy) >= 2:
            self.place.shapes.append(shapely.LineString(xy))

    def _numbers(self, text: str) -> np.ndarray[Any, Any]:
        try:
            pairs = [tuple(map(float, part.split(",")[:2])) for part in text.split()]
            if any(len(p) != 2 for p in pairs):
                raise ValueError("a pair lacks its second number")
        except ValueError as error:
            raise PointsError(
                f"{self.name}: coordinates that are no numbers near line "
                f"{self.parser.CurrentLineNumber:,} ({str(error)[:80]}); export it again"
            ) from error
        return np.array(pairs, dtype=float).reshape(-1, 2)
