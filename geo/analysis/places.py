"""Places with a weight: who demands, what serves, where something could go."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.analysis.areas import planar_units
from geo.analysis.cloud import Cloud, cloud_of
from geo.analysis.population import population
from geo.analysis.population_units import people_by_unit
from geo.errors import PointsError, UnitsError
from geo.measure import lonlat_of
from geo.model.items import Node
from geo.model.layout import WGS84, Layout

__all__ = ["STEP_KM", "Places", "nodes_as_places", "points_as_places", "units_as_places"]

Floats = NDArray[np.float64]
Words = NDArray[np.object_]
STEP_KM = 5.0
"""Side of the squares that units are cut into, unless the caller says otherwise."""
MOST_CELLS = 200_000
"""Cutting units into more squares than this is refused."""
_UNLOCATED = ["id", "name_zh", "name_en", "kind"]


@dataclass(frozen=True, eq=False)
class Places:
    """Places, each with a weight.

    Attributes
    ----------
    id, name_zh, name_en
        Shape (n,): texts; names may come from data.
    lon, lat
        Shape (n,): WGS84 degrees.
    weight
        Shape (n,): people, points, or 1.
    err_m
        Shape (n,): how far each may be from where it is said to be, metres.
    group
        Shape (n,): the unit, kind or category that each belongs to.
    what
        Where they come from.
    name
        Of the source.
    unlocated
        What was asked for but has no position: ``id``, ``name_zh``, ``name_en``, ``kind``.
    synthetic
        Whether they are invented.
    cloud
        The points that they were made of.
    left_out
        People with a figure who live in none of the units that the places are of.
    """

    id: Words
    name_zh: Words
    name_en: Words
    lon: Floats
    lat: Floats
    weight: Floats
    err_m: Floats
    group: Words
    what: Literal["nodes", "points", "units", "given"] = "given"
    name: str = ""
    unlocated: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=_UNLOCATED))
    synthetic: bool = False
    cloud: Cloud | None = None
    left_out: float = 0.0

    def __len__(self) -> int:
        return len(self.lon)

    @property
    def at(self) -> Floats:
        """Longitude and latitude, shape (n, 2)."""
        return np.column_stack([self.lon, self.lat])

    def frame(self) -> gpd.GeoDataFrame:
        """Return them as a table of points, WGS84."""
        columns = ("id", "name_zh", "name_en", "group", "weight", "err_m")
        table = {c: getattr(self, c) for c in columns}
        return gpd.GeoDataFrame(table, geometry=shapely.points(self.lon, self.lat), crs=WGS84)

    def some(self, which: NDArray[Any]) -> Places:
        """Return some of them, by index or by mask."""
        names = ("id", "name_zh", "name_en", "lon", "lat", "weight", "err_m", "group")
        parts = {name: getattr(self, name)[which] for name in names}
        return Places(
            **parts, what=self.what, name=self.name, unlocated=self.unlocated, synthetic=self.synthetic,
            left_out=self.left_out,
        )  # fmt: skip


def nodes_as_places(
    layout: Layout,
    *,
    tiers: Collection[str] = (),
    kinds: Collection[str] = (),
    ids: Collection[str] = (),
) -> Places:
    """Return nodes of a layout as places of weight 1; those without a position are listed.

    Parameters
    ----------
    layout
        The layout; what a scenario has placed in it is placed.
    tiers, kinds, ids
        A node is taken that is of one of the tiers or of one of the kinds, or is named.

    Raises
    ------
    PointsError
        If nothing is asked for, or an id is no node of the layout.
    """
    if not (tiers or kinds or ids):
        raise PointsError("no nodes were asked for: name tiers, kinds or ids of nodes")
    nodes = [item for item in layout.of_layer("node") if isinstance(item, Node)]
    missing = set(ids) - {n.properties.id for n in nodes}
    if missing:
        raise PointsError(
            f"{', '.join(sorted(missing))}: no node of layout {layout.id!r} has this id; "
            "`corridor layers` lists them"
        )
    taken = [
        n for n in nodes if n.tier in tiers or n.properties.kind in kinds or n.properties.id in ids
    ]
    placed = [n for n in taken if n.geometry is not None]
    lost = [n.properties for n in taken if n.geometry is None]
    at = [shapely.centroid(n.geometry) for n in placed]
    own = [n.properties for n in placed]
    return Places(
        id=_words(p.id for p in own), name_zh=_words(p.name_zh for p in own), name_en=_words(p.name_en for p in own),
        lon=np.array([p.x for p in at], dtype=float), lat=np.array([p.y for p in at], dtype=float),
        weight=np.ones(len(at)), err_m=np.array([p.err_m or 0.0 for p in own], dtype=float),
        group=_words(p.kind for p in own), what="nodes", name=layout.id,
        unlocated=pd.DataFrame([{c: getattr(p, c) for c in _UNLOCATED} for p in lost], columns=_UNLOCATED),
    )  # fmt: skip


def units_as_places(
    layout: Layout,
    units: gpd.GeoDataFrame,
    *,
    weigh: Literal["population", "area", "one"] = "population",
    step_km: float | None = STEP_KM,
) -> Places:
    """Return administrative units as places: cut into squares, with people spread evenly in each.

    Parameters
    ----------
    layout
        Its figures give the people, its projection the squares.
    units
        Administrative units (``geo.read_units``).
    weigh
        People as :func:`geo.population` places them; square kilometres; or 1 for each unit.
    step_km
        Side of the squares, aligned to the centre of the layout's projection. ``None``: one place
        for each unit, a point inside it.

    Returns
    -------
    Places
        ``group`` is the unit's code. ``err_m`` is the distance from the place to the farthest point
        of its part of the unit: whoever lives there lives within it.

    Raises
    ------
    UnitsError
        If there are no units, or no figures to weigh them by.
    PointsError
        If the step is not positive, or would give too many squares.
    """
    if not len(units):
        raise UnitsError("there are no units to take places from: give some")
    shapes = planar_units(layout, units)
    left_out = 0.0
    if weigh == "population":
        people = population(layout, units=units)
        whole = people_by_unit(people, layout, units)["population"].to_numpy(float)
        left_out = people.unplaced
    else:
        whole = shapely.area(shapes) / 1e6 if weigh == "area" else np.ones(len(shapes))
    unit, parts = _cut(shapes, step_km)
    share = shapely.area(parts) / shapely.area(shapes)[unit]
    inside = shapely.point_on_surface(parts)
    x, y = shapely.get_coordinates(inside).T
    lon, lat = lonlat_of(x, y, layout.crs.to_wkt())
    code = units["adcode"].astype(str).to_numpy(dtype=object)[unit]
    return Places(
        id=_words(f"{c}:{k}" for k, c in enumerate(code)) if step_km else code,
        name_zh=units["name_zh"].to_numpy(dtype=object)[unit], name_en=units["name_en"].to_numpy(dtype=object)[unit],
        lon=lon, lat=lat, weight=whole[unit] * share, err_m=shapely.hausdorff_distance(inside, parts),
        group=code, what="units", name=layout.id, left_out=left_out,
    )  # fmt: skip


def _cut(shapes: Words, step_km: float | None) -> tuple[NDArray[np.intp], Words]:
    """Return the parts of shapes in the squares of a grid, and which shape each is of."""
    if step_km is None:
        return np.arange(len(shapes)), shapes
    if not step_km > 0:
        raise PointsError(f"the step is {step_km} km: it must be above 0")
    step = step_km * 1000
    west, south, east, north = shapely.total_bounds(shapes)
    columns, rows = (
        np.arange(np.floor(a / step), np.ceil(b / step)) for a, b in ((west, east), (south, north))
    )
    if len(columns) * len(rows) > MOST_CELLS:
        raise PointsError(
            f"squares of {step_km:g} km over {(east - west) / 1000:.0f} × {(north - south) / 1000:.0f} km are "
            f"{len(columns) * len(rows):,}; at most {MOST_CELLS:,}: take a longer step"
        )  # fmt: skip
    x, y = (v.ravel() * step for v in np.meshgrid(columns, rows))
    squares = shapely.box(x, y, x + step, y + step)
    shapely.prepare(shapes)
    unit, square = shapely.STRtree(squares).query(shapes, predicate="intersects")
    parts = squares[square]
    cut = ~shapely.contains_properly(shapes[unit], parts)
    parts[cut] = shapely.intersection(shapes[unit[cut]], parts[cut])
    kept = shapely.area(parts) > 1.0
    return unit[kept], parts[kept]


def points_as_places(
    points: Any, *, layout: Layout | None = None, weight: str | None = None, label: str | None = None,
    by: str | None = None, **reading: Any,
) -> Places:  # fmt: skip
    """Return points from any source as places.

    Parameters
    ----------
    points
        Whatever ``geo.coverage`` takes.
    layout
        What helps to detect the datum.
    weight, by
        Columns of the weights and of the category that becomes the group.
    label
        Column with their names; by default they are called by their row.
    **reading
        ``datum``, ``lon``, ``lat``, ``sheet``, ``err_m`` as for ``geo.coverage``.

    Raises
    ------
    PointsError
        As ``geo.coverage``, and if a weight is negative.
    """
    columns = [label] if label else []
    cloud = cloud_of(points, layout=layout, weight=weight, by=by, columns=columns, **reading)
    below = np.flatnonzero(cloud.weight < 0)
    if len(below):
        raise PointsError(
            f"{cloud.name}: row {cloud.row[below[0]]}, column {weight}: a weight of {cloud.weight[below[0]]:g} "
            "is below 0: correct it, or count the points without weights"
        )  # fmt: skip
    row = _words(str(r) for r in cloud.row)
    names = row
    if label:
        own = cloud.columns[label]
        names = _words(r if v is None or v == "" else str(v) for r, v in zip(row, own, strict=True))
    return Places(
        id=row, name_zh=names, name_en=names, lon=cloud.lon, lat=cloud.lat, weight=cloud.weight, err_m=cloud.err_m,
        group=cloud.by, what="points", name=cloud.name, synthetic=cloud.synthetic, cloud=cloud,
    )  # fmt: skip


def _words(values: Any) -> Words:
    made = list(values)
    array = np.empty(len(made), dtype=object)
    array[:] = made
    return array
