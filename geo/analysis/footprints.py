"""The footprints that coverage is counted by, each with its inner and outer offset."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from geo.measure import outline, project
from geo.model.items import BeltItem
from geo.model.layout import FOOTPRINT_LAYERS, Layout
from geo.model.shapes import offset

__all__ = ["Footprint", "Rings", "footprints_of", "union_of"]

Rings = Literal["union", "each", "none"]


@dataclass(frozen=True)
class Footprint:
    """A footprint in planar metres with its positional tolerance.

    Parameters
    ----------
    id, name_zh, name_en, kind, layer, status
        As the feature's.
    err_m
        Positional error of its boundary.
    shape, inner, outer
        The footprint, and its offset inwards and outwards by ``err_m``; planar metres.
    source, confidence
        As the feature's.
    crs
        Planar projection of the three shapes.
    """

    id: str
    name_zh: str
    name_en: str
    kind: str
    layer: str
    status: str
    err_m: float
    shape: BaseGeometry
    inner: BaseGeometry
    outer: BaseGeometry
    source: str
    confidence: str
    crs: CRS

    @cached_property
    def outlines(self) -> NDArray[np.object_]:
        """The same three as WGS84 polygons, by which points are counted."""
        return np.asarray(outline(self.three, self.crs))

    @property
    def three(self) -> NDArray[np.object_]:
        """Inner offset, footprint and outer offset: low, central, high."""
        return np.array([self.inner, self.shape, self.outer], dtype=object)

    def row(self) -> dict[str, object]:
        """Return what identifies the footprint in a table."""
        return {
            "footprint": self.id,
            "footprint_zh": self.name_zh,
            "footprint_en": self.name_en,
            "layer": self.layer,
            "kind": self.kind,
            "status": self.status,
            "err_m": self.err_m,
        }

    def origin(self) -> dict[str, object]:
        """Return where the footprint comes from, for a table."""
        return {"source": self.source, "confidence": self.confidence}


def footprints_of(
    layout: Layout, *, rings: Rings = "union", ring_km: float | None = None
) -> list[Footprint]:
    """Return the footprints of a layout: zones, corridors, belts, and the campus rings.

    Parameters
    ----------
    layout
        The layout.
    rings
        ``"union"``: the rings around campuses as one footprint (id ``campus-rings``);
        ``"each"``: every merged belt on its own; ``"none"``: without them.
    ring_km
        Width of the rings; by default the layout's own.
    """
    found = []
    for item in layout:
        shape = item.planar_footprint
        if item.properties.layer in FOOTPRINT_LAYERS and shape is not None:
            p, err = item.properties, item.err_m or 0.0
            found.append(
                Footprint(
                    p.id, p.name_zh, p.name_en, p.kind, p.layer, p.status, err,
                    shape, offset(shape, -err), offset(shape, err), p.source, p.confidence, layout.crs,
                )
            )  # fmt: skip
    if rings != "none" and layout.meta.campus_rings is not None:
        frame = layout.rings(ring_km)
        each = [
            _ring(row, project(row["geometry"], layout.crs), layout.crs)
            for row in frame.to_dict("records")
        ]
        found += each if rings == "each" or not each else [_together(each)]
    return found


def _ring(row: dict[str, object], shape: BaseGeometry, crs: CRS) -> Footprint:
    err = float(str(row["err_m"]))
    text = {
        name: str(row[name]) for name in ("id", "name_zh", "name_en", "kind", "layer", "status")
    }
    return Footprint(
        **text,
        err_m=err,
        shape=shape,
        inner=offset(shape, -err),
        outer=offset(shape, err),
        source=str(row["source"]),
        confidence=str(row["confidence"]),
        crs=crs,
    )


def _together(each: list[Footprint]) -> Footprint:
    def union(name: str) -> BaseGeometry:
        return _united([getattr(f, name) for f in each])

    sources = sorted({part for f in each for part in f.source.split("; ")})
    return Footprint(
        id="campus-rings",
        name_zh="环大学创新发展带(校园环合计)",
        name_en="University belts (all campus rings)",
        kind="campus-ring",
        layer="belt",
        status="computed",
        err_m=max(f.err_m for f in each),
        shape=union("shape"),
        inner=union("inner"),
        outer=union("outer"),
        source="; ".join(sources),
        confidence=min((f.confidence for f in each), key=["n/a", "low", "medium", "high"].index),
        crs=each[0].crs,
    )


def union_of(footprints: Collection[Footprint]) -> NDArray[np.object_]:
    """Return the union of footprints as three shapes: low, central, high; planar metres."""
    if not footprints:
        return np.array([shapely.Polygon()] * 3, dtype=object)
    stacked = np.array([f.three for f in footprints], dtype=object)
    return np.array([_united(stacked[:, k]) for k in range(3)], dtype=object)


def _united(shapes: Any) -> BaseGeometry:
    # Of nothing but empty polygons GEOS makes an empty collection, which is no polygon.
    found = shapely.union_all(np.asarray(shapes, dtype=object))
    return shapely.Polygon() if found.is_empty else found


def oriented_belts(layout: Layout) -> set[str]:
    """Return the ids of the oriented belts: the large rectangles that cover what others share."""
    return {
        i.id for i in layout if isinstance(i, BeltItem) and i.properties.kind == "oriented-belt"
    }
