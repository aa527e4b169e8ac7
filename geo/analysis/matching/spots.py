"""Where a thing is that is told by a name: a unit, a city, or a thing of the layout."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import shapely

from geo.analysis.matching.words import fold
from geo.measure import area_km2
from geo.model.layout import FOOTPRINT_LAYERS, Layout

__all__ = ["Gazetteer", "Spot", "gazetteer_of"]

_CITY = "city:"
_SUFFIXES = ("区", "县", "市", " district", " county", " city")


@dataclass(frozen=True)
class Spot:
    """A place that stands for something with an extent.

    Attributes
    ----------
    id
        Code of the unit or city, or id of the thing of the layout.
    lon, lat
        A point inside it, WGS84.
    err_m
        Radius of the circle that is as large as it, with its own positional error; of a point its
        own error.
    """

    id: str
    lon: float
    lat: float
    err_m: float


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """Names of places; each is placed when it is first asked for."""

    names: dict[str, set[str]] = field(default_factory=dict)
    makers: dict[str, Callable[[], Spot | None]] = field(default_factory=dict)
    _made: dict[str, Spot | None] = field(default_factory=dict)

    def add(self, id: str, names: list[str], make: Callable[[], Spot | None]) -> None:  # noqa: A002
        """Take in a place."""
        self.makers[id] = make
        for name in names:
            if len(fold(name)) > 1:
                self.names.setdefault(fold(name), set()).add(id)

    def find(self, text: str) -> Spot | str:
        """Return the place that a text names, or why there is none: ``unknown`` or ``several``.

        A whole name counts first; else the last part of the text that is one, as in ``city district``;
        else what stands in it, as in ``citydistrictstreet`` without spaces: there a city counts only without a place
        in it, and two places are one too many.
        """
        whole = fold(text)
        parts = [p for p in re.split(r"[\s/,,、;;()()·]+", text.strip()) if p]
        for name in (whole, *(fold(p) for p in parts[::-1])):
            if name in self.names:
                return self._one(self.names[name])
        inside = [n for n in self.names if len(n) > 2 and n in whole and _bounded(whole, n)]
        widest = [n for n in inside if not any(n != o and n in o for o in inside)]
        found = {i for n in widest for i in self.names[n]}
        return self._one({i for i in found if not i.startswith(_CITY)} or found)

    def _one(self, ids: set[str]) -> Spot | str:
        if len(ids) != 1:
            return "several" if ids else "unknown"
        return self.spot(next(iter(ids))) or "unlocated"

    def spot(self, id: str) -> Spot | None:  # noqa: A002
        """Return a place by its id."""
        if id not in self._made:
            self._made[id] = self.makers[id]() if id in self.makers else None
        return self._made[id]


def _bounded(text: str, name: str) -> bool:
    """Return whether a name stands in a text as whole words, where its script has words."""
    if not name.isascii():
        return True
    return re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", text) is not None


def gazetteer_of(layout: Layout | None, units: gpd.GeoDataFrame | None) -> Gazetteer:
    """Return what places can be named: units, their cities, and what a layout locates.

    Where two have one name, a unit comes before a thing of the layout.
    """
    found = Gazetteer()
    if units is not None:
        for row in units.to_dict("records"):
            found.add(str(row["adcode"]), _unit_names(row), lambda row=row: _of_shape(str(row["adcode"]), [row["geometry"]], float(row["err_m"])))  # type: ignore[misc]  # fmt: skip
        for code, own in units.groupby("city_adcode"):
            names = [n for n in {*own["city_zh"]} if n]
            known = [n for name in names for n in (name, _short(name)) if fold(n) not in found.names]  # fmt: skip
            found.add(f"{_CITY}{code}", known, lambda own=own, code=code: _of_shape(str(code), list(own.geometry), float(own["err_m"].max())))  # type: ignore[misc]  # fmt: skip
    for item in layout or ():
        p = item.properties
        if p.layer in (*FOOTPRINT_LAYERS, "node") and p.kind != "seat":
            names = [n for n in (p.name_zh, p.name_en, p.id) if fold(n) not in found.names]
            found.add(p.id, names, lambda item=item: _of_item(item))  # type: ignore[misc]
    return found


def _unit_names(row: dict[Any, Any]) -> list[str]:
    own = [str(row["name_zh"]), str(row["name_en"])]
    shorter = [s for n in own if len(s := _short(n)) > 1]
    return [*own, *shorter, f"{row['city_zh']}{own[0]}", f"{_short(str(row['city_zh']))}{own[0]}", str(row["adcode"])]  # fmt: skip


def _short(name: str) -> str:
    end = next((s for s in _SUFFIXES if name.lower().endswith(s)), "")
    return name[: len(name) - len(end)] if end and len(name) > len(end) + 1 else name


def _of_shape(id: str, shapes: list[Any], err_m: float) -> Spot:  # noqa: A002
    inside = shapely.point_on_surface(shapely.union_all(shapes))
    radius = math.sqrt(sum(area_km2(s) for s in shapes) / math.pi) * 1000
    return Spot(id, float(inside.x), float(inside.y), radius + err_m)


def _of_item(item: Any) -> Spot | None:
    if item.footprint is not None:
        return _of_shape(item.id, [item.footprint], float(item.err_m or 0.0))
    if item.geometry is None:
        return None
    point = shapely.centroid(item.geometry)
    return Spot(item.id, float(point.x), float(point.y), float(item.err_m or 0.0))
