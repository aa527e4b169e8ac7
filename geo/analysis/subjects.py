"""Footprints as subjects of chance: what each covers, and the figure that it is built from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from geo.analysis.footprints import footprints_of
from geo.analysis.targets import Target, targets_of
from geo.engine.banded import with_offsets
from geo.errors import PointsError
from geo.measure import laea, project
from geo.model.belt import Belt
from geo.model.corridor import Corridor
from geo.model.items import Item
from geo.model.layout import Layout

__all__ = ["Kind", "Rings", "Subject", "about", "planar", "subjects_of", "united"]

_STEP_DEG = 0.025
"""Edges are densified to this before they are projected: straight in longitude and latitude, they
then lie within 10 cm of the straight planar ones."""


Kind = Literal["axis", "belt", "rings", "place", "boundary"]


@dataclass(frozen=True, eq=False, repr=False)
class Rings:
    """Discs about places, which may overlap.

    Attributes
    ----------
    places
        WGS84 points, shape (n,).
    err_m
        Positional error of each, shape (n,).
    width_m
        Radius of the discs.
    """

    places: NDArray[np.object_]
    err_m: NDArray[np.float64]
    width_m: float


@dataclass(frozen=True, eq=False, repr=False)
class Subject:
    """A footprint and what it is built from.

    Attributes
    ----------
    target
        What is counted by: WGS84 outlines with their offsets, and what identifies them.
    form
        The corridor, belt or rings that the outline comes from; ``None`` for any other polygon.
    layout
        Where it belongs, or ``None``.
    by_construction
        Whether the outline was made to have its published area about a place that is known.
    """

    target: Target
    form: Corridor | Belt | Rings | None = None
    layout: Layout | None = None
    by_construction: bool = False

    @property
    def kind(self) -> Kind:
        """Return what may be in error: an axis, a belt, rings, a place, or a drawn boundary."""
        kinds: dict[type, Kind] = {Corridor: "axis", Belt: "belt", Rings: "rings"}
        return kinds.get(type(self.form), "place" if self.by_construction else "boundary")

    @property
    def id(self) -> str:
        """Identifier of the footprint."""
        return str(self.target.row["footprint"])

    @property
    def err_m(self) -> float:
        """Positional error of the boundary, metres."""
        return float(self.target.row["err_m"])

    @property
    def outline(self) -> BaseGeometry:
        """The footprint, WGS84."""
        return self.target.outlines[1]

    def with_error(self, err_m: float) -> Subject:
        """Return the same footprint with another positional error, and offsets by it."""
        row = self.target.row | {"err_m": err_m}
        target = Target(row, self.target.origin, with_offsets(self.outline, err_m))
        return replace(self, target=target)


def subjects_of(footprints: Any, *, ring_km: float | None = None) -> list[Subject]:
    """Return footprints with what they are built from.

    Parameters
    ----------
    footprints
        A layout; an item of one, a ``Corridor``, a ``Belt`` or a WGS84 polygon, or a sequence of
        them; or anything else that ``targets_of`` takes.
    ring_km
        Width of the campus rings of a layout.

    Raises
    ------
    PointsError
        If it is none of these, or a feature that covers nothing.
    """
    if isinstance(footprints, Layout):
        return _of_layout(footprints, ring_km)
    if isinstance(footprints, Item | Corridor | Belt | BaseGeometry):
        footprints = [footprints]
    if isinstance(footprints, Sequence) and not isinstance(footprints, str):
        items = [one for one in footprints if isinstance(one, Item)]
        layouts = {id(item.layout): item.layout for item in items}
        known = {key: {s.id: s for s in _of_layout(own)} for key, own in layouts.items()}
        return [_of_one(one, k, known) for k, one in enumerate(footprints, 1)]
    return [Subject(target) for target in targets_of(footprints)]


def _of_layout(layout: Layout, ring_km: float | None = None) -> list[Subject]:
    found = []
    for target in targets_of(footprints_of(layout, ring_km=ring_km)):
        name = str(target.row["footprint"])
        if name not in layout:
            found.append(Subject(target, _rings_of(layout, ring_km), layout))
            continue
        item = layout[name]
        shape = getattr(item, "shape", None)
        form = shape if isinstance(shape, Corridor | Belt) else None
        found.append(Subject(target, form, layout, getattr(item, "by_construction", False)))
    return found


def _rings_of(layout: Layout, ring_km: float | None) -> Rings | None:
    """Return the discs that the footprint of all campus rings together is the union of."""
    rules = layout.meta.campus_rings
    if rules is None:
        return None
    nodes = layout.of_layer("node")
    those = [i for i in nodes if i.properties.kind == rules.kind and i.geometry is not None]
    places = np.array([i.geometry for i in those], dtype=object)
    width = rules.width_km if ring_km is None else ring_km
    return Rings(places, np.array([i.err_m or 0.0 for i in those]), width * 1000)


def _of_one(one: Any, number: int, known: dict[int, dict[str, Subject]]) -> Subject:
    if isinstance(one, Subject):
        return one
    if isinstance(one, Item):
        found = known[id(one.layout)].get(one.id)
        if found is None:
            raise PointsError(
                f"{one.id} covers nothing: give a zone, a corridor or a belt that has a position"
            )
        return found
    if isinstance(one, Corridor | Belt):
        name = f"{type(one).__name__.lower()}-{number}"
        return Subject(targets_of({name: one.footprint})[0], one)
    own = [one] if hasattr(one, "outlines") else {f"footprint-{number}": one}
    return Subject(targets_of(own)[0])


def united(polygons: Any) -> BaseGeometry:
    """Return polygons of any kind that ``targets_of`` takes as one, WGS84."""
    if isinstance(polygons, BaseGeometry):
        polygons = [polygons]
    return shapely.union_all([target.outlines[1] for target in targets_of(polygons)])


def about(shapes: Sequence[BaseGeometry] | NDArray[np.object_]) -> CRS:
    """Return the equal-area projection about the middle of WGS84 shapes."""
    west, south, east, north = shapely.total_bounds(np.asarray(shapes, dtype=object))
    return laea(round((west + east) / 2, 6), round((south + north) / 2, 6))


def planar(shape: Any, crs: CRS) -> Any:
    """Return a WGS84 polygon (or an array of them) in metres, its edges where they were."""
    return project(shapely.segmentize(shape, _STEP_DEG), crs)
