"""One thing of a layout with its footprint: what ``layout["some-id"]`` returns."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely
from shapely import LineString, Point
from shapely.geometry.base import BaseGeometry

from geo.measure import Band, area_km2, geodesic_line, outline, project
from geo.model.belt import Belt
from geo.model.corridor import Corridor
from geo.model.schema import (
    BeltProperties,
    CorridorProperties,
    Feature,
    LineProperties,
    LinkProperties,
    NodeProperties,
    Properties,
    ZoneProperties,
)
from geo.model.shapes import offset, skeleton_footprint

if TYPE_CHECKING:
    from geo.model.layout import Layout

__all__ = ["BeltItem", "CorridorItem", "Item", "Link", "Node", "Reference", "Zone", "item_of"]


class Item:
    """A feature in its layout.

    Attributes
    ----------
    properties
        The validated properties of the feature.
    geometry
        What is stored of its geometry (WGS84), or ``None``.
    """

    def __init__(self, feature: Feature, layout: Layout) -> None:
        self.feature = feature
        self.layout = layout

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}: {self.properties.name_zh}>"

    @property
    def properties(self) -> Properties:
        """The validated properties."""
        return self.feature.properties

    @property
    def geometry(self) -> BaseGeometry | None:
        """What is stored of the geometry, WGS84."""
        return self.feature.geometry

    @property
    def id(self) -> str:
        """Identifier in the layout."""
        return self.feature.id

    @property
    def name_zh(self) -> str:
        """Name in 中文."""
        return self.properties.name_zh

    @property
    def name_en(self) -> str:
        """Name in English."""
        return self.properties.name_en

    @property
    def status(self) -> str:
        """One of official, digitised, illustrative, computed."""
        return self.properties.status

    @property
    def err_m(self) -> float | None:
        """Positional error in metres; ``None`` if unlocated."""
        return self.properties.err_m

    @property
    def source(self) -> str:
        """Where it comes from."""
        return self.properties.source

    @property
    def located(self) -> bool:
        """Whether a position is known."""
        return self.feature.located

    def _make_footprint(self) -> BaseGeometry | None:
        return None

    @cached_property
    def footprint(self) -> BaseGeometry | None:
        """The polygon that it covers, WGS84; ``None`` for points, links and unlocated things."""
        return self._make_footprint()

    @cached_property
    def planar_footprint(self) -> BaseGeometry | None:
        """The footprint in the layout's planar projection, metres."""
        return None if self.footprint is None else project(self.footprint, self.layout.crs)

    def planar_offset(self, distance_m: float) -> BaseGeometry | None:
        """Return the footprint moved outwards (or, negative, inwards), planar metres."""
        shape = self.planar_footprint
        return None if shape is None else offset(shape, distance_m)

    @property
    def area_km2(self) -> float | None:
        """Geodesic area of the footprint."""
        return None if self.footprint is None else area_km2(self.footprint)

    @cached_property
    def area_band(self) -> Band | None:
        """Area of the footprint with its band: that of its inner and outer offset by ``err_m``."""
        if self.footprint is None or self.err_m is None:
            return None
        inner, outer = self.planar_offset(-self.err_m), self.planar_offset(self.err_m)
        if inner is None or outer is None or self.area_km2 is None:  # pragma: no cover
            return None
        return Band(
            min(inner.area / 1e6, self.area_km2),
            self.area_km2,
            max(outer.area / 1e6, self.area_km2),
        )

    def measures(self) -> dict[str, float]:
        """Return the figures that the geometry gives, for tables: ``area_km2`` and its band."""
        band = self.area_band
        if band is None:
            return {}
        return {"area_km2_low": band.low, "area_km2": band.central, "area_km2_high": band.high}


def _area_footprint(item: Item, area: float | None, side: str) -> BaseGeometry | None:
    shape = item.geometry
    if shape is None:
        return None
    if shape.geom_type.endswith("Polygon"):
        return shape
    if area is None:
        return None
    planar = skeleton_footprint(project(shape, item.layout.crs), area * 1e6, side)
    return outline(planar, item.layout.crs)


class Zone(Item):
    """A core with an extent."""

    properties: ZoneProperties

    @property
    def by_construction(self) -> bool:
        """Whether the footprint was made to have its published area (so it cannot test it)."""
        return self.geometry is not None and not self.geometry.geom_type.endswith("Polygon")

    def _make_footprint(self) -> BaseGeometry | None:
        return _area_footprint(self, self.properties.area_km2, self.properties.side)


class CorridorItem(Item):
    """A corridor of the layout: an axis with a width profile, cores and nodes."""

    properties: CorridorProperties

    @cached_property
    def shape(self) -> Corridor | None:
        """The corridor as a geometric object, or ``None`` if it has no axis yet."""
        if self.geometry is None:
            return None
        p = self.properties
        widths = p.widths_km if p.widths_km is not None else ((0.0, p.width_km or 0.0),)
        return Corridor(self.geometry, widths, self.layout.crs)

    def _make_footprint(self) -> BaseGeometry | None:
        return None if self.shape is None else self.shape.footprint

    @property
    def axis(self) -> LineString | None:
        """The axis, WGS84."""
        return self.geometry

    @property
    def length_km(self) -> float | None:
        """Geodesic length of the axis."""
        return None if self.shape is None else self.shape.length_km

    @property
    def width_km(self) -> float | None:
        """Mean width along the axis."""
        return None if self.shape is None else self.shape.width_km

    @property
    def elongation(self) -> float | None:
        """Length over mean width."""
        return None if self.shape is None else self.shape.elongation

    @property
    def sinuosity(self) -> float | None:
        """Length over the distance of the ends."""
        return None if self.shape is None else self.shape.sinuosity

    @property
    def cores(self) -> pd.DataFrame:
        """Its cores, with chainage and offset."""
        return self.referenced(self.properties.cores)

    @property
    def nodes(self) -> pd.DataFrame:
        """Its named nodes, with chainage and offset."""
        return self.referenced(self.properties.nodes)

    @property
    def groups(self) -> pd.DataFrame:
        """Its named groups (组团), with chainage and offset."""
        return self.referenced(self.properties.groups)

    def referenced(self, ids: tuple[str, ...]) -> pd.DataFrame:
        """Return features along the axis: linear referencing of their representative points.

        Parameters
        ----------
        ids
            Features of the layout.

        Returns
        -------
        DataFrame
            id, name_zh, name_en, kind, located, chainage_km, offset_km (negative on the left),
            inside (of the footprint); in the order given. Blank where unlocated.
        """
        rows: list[dict[str, Any]] = []
        for name in ids:
            other = self.layout[name]
            row: dict[str, Any] = {
                "id": other.id,
                "name_zh": other.name_zh,
                "name_en": other.name_en,
                "kind": other.properties.kind,
                "located": other.geometry is not None,
                "err_m": other.err_m,
                "chainage_km": float("nan"),
                "offset_km": float("nan"),
                "inside": None,
            }
            if self.shape is not None and other.geometry is not None:
                point = shapely.centroid(other.geometry)
                row["chainage_km"], row["offset_km"] = self.shape.locate(point.x, point.y)[0]
                row["inside"] = bool(shapely.intersects(self.footprint, point))
            rows.append(row)
        columns = [
            "id", "name_zh", "name_en", "kind", "located", "err_m", "chainage_km", "offset_km", "inside",
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    def measures(self) -> dict[str, float]:
        """Return the figures that the geometry gives, for tables."""
        if self.shape is None:
            return {}
        return super().measures() | {
            "length_km": self.shape.length_km,
            "width_km": self.shape.width_km,
            "elongation": self.shape.elongation,
            "sinuosity": self.shape.sinuosity,
        }


class BeltItem(Item):
    """A belt of the layout: an oriented rectangle, or a belt around campuses."""

    properties: BeltProperties

    @property
    def by_construction(self) -> bool:
        """Whether the footprint was made to have its published area (so it cannot test it)."""
        return (
            self.shape is None
            and self.geometry is not None
            and not self.geometry.geom_type.endswith("Polygon")
        )

    @cached_property
    def shape(self) -> Belt | None:
        """The rectangle as a geometric object; ``None`` for other belts."""
        p = self.properties
        if self.geometry is None or p.kind != "oriented-belt":
            return None
        centre: Point = self.geometry
        return Belt(centre.x, centre.y, p.azimuth_deg or 0.0, p.length_km or 0.0, p.width_km or 0.0)

    def _make_footprint(self) -> BaseGeometry | None:
        if self.shape is not None:
            return self.shape.footprint
        return _area_footprint(self, self.properties.area_km2, self.properties.side)

    @property
    def axis(self) -> LineString | None:
        """The long axis of a rectangle, WGS84."""
        return None if self.shape is None else self.shape.axis

    @property
    def seats(self) -> pd.DataFrame:
        """Its seats: id, names, role, along_km, across_km and whether the belt holds each."""
        p = self.properties
        rows: list[dict[str, Any]] = []
        for name in p.seats:
            seat = self.layout[name]
            row: dict[str, Any] = {
                "id": name,
                "name_zh": seat.name_zh,
                "name_en": seat.name_en,
                "role": p.roles.get(name),
                "along_km": float("nan"),
                "across_km": float("nan"),
                "inside": None,
            }
            if self.shape is not None and seat.geometry is not None:
                point: Point = seat.geometry
                row["along_km"], row["across_km"] = self.shape.along_across(point.x, point.y)[0]
                row["inside"] = bool(self.shape.holds(point.x, point.y)[0])
            rows.append(row)
        columns = ["id", "name_zh", "name_en", "role", "along_km", "across_km", "inside"]
        return pd.DataFrame(rows, columns=columns)

    def measures(self) -> dict[str, float]:
        """Return the figures that the geometry gives, for tables."""
        if self.shape is None:
            return super().measures()
        return super().measures() | {
            "length_km": self.shape.length_km,
            "width_km": self.shape.width_km,
            "elongation": self.shape.length_km / self.shape.width_km,
            "azimuth_deg": self.shape.azimuth_deg,
        }


class Node(Item):
    """One place."""

    properties: NodeProperties

    @property
    def tier(self) -> str:
        """Its tier in the node pyramid."""
        return self.properties.tier


class Link(Item):
    """A pair of places that work together."""

    properties: LinkProperties

    @property
    def ends(self) -> tuple[Item, Item]:
        """The two features that it joins."""
        return self.layout[self.properties.from_id], self.layout[self.properties.to_id]

    @property
    def located(self) -> bool:
        """Whether both its ends have a position."""
        return all(end.geometry is not None for end in self.ends)

    @cached_property
    def line(self) -> LineString | None:
        """The geodesic between its ends, WGS84; ``None`` if an end is unlocated or both are one place."""
        a, b = (end.geometry for end in self.ends)
        if a is None or b is None:
            return None
        start, end = shapely.centroid(a), shapely.centroid(b)
        if start.equals(end):
            return None
        return geodesic_line(start.x, start.y, end.x, end.y)


class Reference(Item):
    """A road or a river."""

    properties: LineProperties

    @cached_property
    def line(self) -> BaseGeometry | None:
        """Its line, WGS84: as stored, or where the units on its two sides meet."""
        if self.geometry is not None or self.properties.between is None:
            return self.geometry
        from geo.io.units import line_between

        return line_between(self.layout, self.properties.between)

    @property
    def located(self) -> bool:
        """Whether there is a line."""
        return self.line is not None


_ITEM_OF_LAYER: dict[str, type[Item]] = {
    "zone": Zone,
    "corridor": CorridorItem,
    "belt": BeltItem,
    "node": Node,
    "link": Link,
    "road": Reference,
    "river": Reference,
}


def item_of(feature: Feature, layout: Layout) -> Item:
    """Return the object for a feature, by its layer."""
    return _ITEM_OF_LAYER.get(feature.properties.layer, Item)(feature, layout)
