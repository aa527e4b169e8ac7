"""How each change is made to the features of a layout."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from shapely import LineString, Point, Polygon
from shapely.affinity import rotate
from shapely.ops import substring

from geo.errors import LayoutError
from geo.measure import laea, length_km, project, unproject
from geo.model.changes import (
    AddNode,
    Axis,
    Lengthen,
    Move,
    Outline,
    Place,
    Remove,
    Turn,
    Widen,
    Widths,
)
from geo.model.layout import Layout
from geo.model.schema import PROPERTIES_OF_LAYER, Feature

__all__ = ["edited"]


def edited(layout: Layout, change: Any) -> list[Feature]:
    """Return the features of a layout with one change made.

    Raises
    ------
    LayoutError, ValueError
        If the change does not fit its feature.
    """
    return _APPLY[change.do](layout, change)


def _changed(layout: Layout, name: str, change: Callable[[Feature], Feature]) -> list[Feature]:
    if name not in layout:
        near = ", ".join([n.id for n in layout if name in n.id][:5] or [n.id for n in layout.of_layer("corridor")])  # fmt: skip
        raise LayoutError(f"no feature {name!r} in the layout; try {near}")
    return [change(f) if f.id == name else f for f in layout.features]


def _with(feature: Feature, **properties: Any) -> Feature:
    """Return a feature with other properties, validated as when it is read."""
    kind = type(feature.properties)
    return replace(feature, properties=kind.model_validate(feature.properties.model_dump() | properties))  # fmt: skip


def _geometry(feature: Feature) -> Any:
    if feature.geometry is None:
        raise LayoutError("it has no position: nothing to move, turn or lengthen")
    return feature.geometry


def _moved(layout: Layout, change: Move) -> list[Feature]:
    def move(feature: Feature) -> Feature:
        shape, (lon, lat) = _geometry(feature), _centre(_geometry(feature))
        here = laea(lon, lat)
        a = math.radians(change.azimuth_deg)
        step = 1000 * change.by_km
        there = unproject(Point(step * math.sin(a), step * math.cos(a)), here)
        # The shape is carried to a projection centred where it goes, so that it keeps its size; north
        # stays north.
        planar = project(shape, here)
        return replace(feature, geometry=unproject(planar, laea(there.x, there.y)))

    return _changed(layout, change.feature, move)


def _centre(shape: Any) -> tuple[float, float]:
    west, south, east, north = shape.bounds
    return (west + east) / 2, (south + north) / 2


def _turned(layout: Layout, change: Turn) -> list[Feature]:
    def turn(feature: Feature) -> Feature:
        properties = feature.properties
        if getattr(properties, "azimuth_deg", None) is not None:
            return _with(feature, azimuth_deg=(properties.azimuth_deg + change.by_deg) % 180)  # type: ignore[attr-defined]
        shape = _geometry(feature)
        if shape.geom_type == "Point":
            raise LayoutError("a point cannot be turned")
        crs = laea(*_centre(shape))
        planar = project(shape, crs)
        return replace(feature, geometry=unproject(rotate(planar, -change.by_deg, origin="center"), crs))  # fmt: skip

    return _changed(layout, change.feature, turn)


def _widened(layout: Layout, change: Widen) -> list[Feature]:
    def widen(feature: Feature) -> Feature:
        if feature.properties.layer == "corridor":
            return _with(feature, width_km=change.width_km, widths_km=None)
        if getattr(feature.properties, "azimuth_deg", None) is not None:
            return _with(feature, width_km=change.width_km)
        raise LayoutError("only a corridor or an oriented belt has a width")

    return _changed(layout, change.feature, widen)


def _lengthened(layout: Layout, change: Lengthen) -> list[Feature]:
    def lengthen(feature: Feature) -> Feature:
        properties = feature.properties
        if getattr(properties, "azimuth_deg", None) is not None:
            if change.length_km is None:
                raise LayoutError("a belt takes another length_km")
            return _with(feature, length_km=change.length_km)
        if properties.layer != "corridor":
            raise LayoutError("only a corridor or an oriented belt has a length")
        if change.length_km is not None or not (change.start_km or change.end_km):
            raise LayoutError("an axis is prolonged or shortened by start_km and end_km")
        crs = layout.crs
        line = _prolonged(project(_geometry(feature), crs), change.start_km, change.end_km)
        return _shifted_widths(replace(feature, geometry=unproject(line, crs)), change.start_km)

    return _changed(layout, change.feature, lengthen)


def _prolonged(line: LineString, start_km: float, end_km: float) -> LineString:
    """Return a planar line that is longer (straight on) or shorter at its ends, km."""
    cut = [max(0.0, -1000 * v) for v in (start_km, end_km)]
    if sum(cut) >= line.length:
        raise LayoutError(f"the axis is only {line.length / 1000:.1f} km long")
    if any(cut):
        line = substring(line, cut[0], line.length - cut[1])
    xy = shapely.get_coordinates(line)
    for km, at, before in ((start_km, 0, 1), (end_km, -1, -2)):
        if km > 0:
            step = xy[at] - xy[before]
            far = xy[at] + step / np.hypot(*step) * km * 1000
            xy = np.vstack([far, xy]) if at == 0 else np.vstack([xy, far])
    return LineString(xy)


def _shifted_widths(feature: Feature, start_km: float) -> Feature:
    """Return a corridor whose width profile stays where it was when the axis begins elsewhere."""
    widths = getattr(feature.properties, "widths_km", None)
    if widths is None or not start_km:
        return feature
    moved = [(c + start_km, w) for c, w in widths]
    kept = [(c, w) for c, w in moved if c >= 0]
    if not kept or kept[0][0] > 0:
        at_start = float(np.interp(0.0, [c for c, _ in moved], [w for _, w in moved]))
        kept = [(0.0, at_start), *kept]
    return _with(feature, widths_km=tuple(kept))


def _profiled(layout: Layout, change: Widths) -> list[Feature]:
    def profile(feature: Feature) -> Feature:
        if feature.properties.layer != "corridor":
            raise LayoutError("only a corridor has a width profile; a belt takes one width_km")
        return _with(feature, width_km=None, widths_km=change.widths_km)

    return _changed(layout, change.feature, profile)


def _outlined(layout: Layout, change: Outline) -> list[Feature]:
    def outline(feature: Feature) -> Feature:
        properties = feature.properties
        if properties.layer not in ("zone", "belt") or properties.kind == "oriented-belt":
            raise LayoutError(
                "only a zone, or a belt that is no rectangle, takes an outline; give a corridor "
                "another axis or width, turn or widen an oriented belt"
            )
        err_m = 0.0 if properties.err_m is None else properties.err_m
        return replace(_with(feature, err_m=err_m), geometry=Polygon(change.coordinates))

    return _changed(layout, change.feature, outline)


def _placed(layout: Layout, change: Place) -> list[Feature]:
    def place(feature: Feature) -> Feature:
        if feature.properties.layer != "node":
            raise LayoutError("only a node is put at a place; move the others")
        err_m = feature.properties.err_m if change.err_m is None else change.err_m
        if err_m is None:
            raise LayoutError("it had no position: give err_m, how sure the new one is, in metres")
        return replace(_with(feature, err_m=err_m), geometry=Point(change.lon, change.lat))

    return _changed(layout, change.feature, place)


def _with_axis(layout: Layout, change: Axis) -> list[Feature]:
    line = LineString(change.coordinates)
    if length_km(line) == 0:
        raise LayoutError("the axis has no length")

    def set_axis(feature: Feature) -> Feature:
        if feature.properties.layer != "corridor":
            raise LayoutError("only a corridor has an axis of its own")
        return replace(feature, geometry=line)

    return _changed(layout, change.feature, set_axis)


def _added(layout: Layout, change: AddNode) -> list[Feature]:
    if change.feature in layout:
        raise LayoutError(f"there is a feature {change.feature!r} already: choose another id")
    properties = PROPERTIES_OF_LAYER["node"].model_validate(
        {
            "id": change.feature, "name_zh": change.name_zh, "name_en": change.name_en,
            "kind": change.kind, "layer": "node", "status": "illustrative", "err_m": change.err_m,
            "source": "proposed", "confidence": "low",
        }
    )  # fmt: skip
    return [*layout.features, Feature(properties, Point(change.lon, change.lat))]


def _removed(layout: Layout, change: Remove) -> list[Feature]:
    gone = {layout[change.feature].id} if change.feature in layout else set()
    if not gone:
        raise LayoutError("there is no such feature")
    if change.feature in layout.meta.seats:
        raise LayoutError("it is a seat of the layout's main belt and cannot be taken out")
    kept = []
    for feature in layout.features:
        p = feature.properties
        if feature.id in gone or {getattr(p, "from_id", ""), getattr(p, "to_id", "")} & gone:
            continue
        kept.append(_without(feature, change.feature))
    return kept


def _without(feature: Feature, name: str) -> Feature:
    update: dict[str, Any] = {}
    for field, value in feature.properties.model_dump().items():
        if isinstance(value, Sequence) and not isinstance(value, str) and name in value:
            update[field] = tuple(v for v in value if v != name)
        elif isinstance(value, dict) and name in value:
            update[field] = {k: v for k, v in value.items() if k != name}
        elif field in ("parent", "nested_in") and value == name:
            update[field] = None
    return _with(feature, **update) if update else feature


_APPLY: dict[str, Callable[[Layout, Any], list[Feature]]] = {
    "move": _moved, "turn": _turned, "widen": _widened, "widths": _profiled, "lengthen": _lengthened, "axis": _with_axis,
    "outline": _outlined, "place": _placed,
    "add-node": _added, "remove": _removed,
}  # fmt: skip
