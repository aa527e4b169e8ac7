"""Where a layout's invented firms may stand: its home units, or the surroundings of its footprints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.errors import LayoutError, UnitsError
from geo.io.units import read_units
from geo.measure import area_km2, project
from geo.model.layout import Layout

__all__ = ["Ground", "ground_of"]

ANCHORS = (
    "science-park",
    "development-zone",
    "bonded-zone",
    "university",
    "incubator",
    "robot-park",
)
AROUND_KM = 10.0
"""So far beyond the footprints firms stand where a layout has no units."""


@dataclass(frozen=True)
class Ground:
    """Where firms may stand.

    Attributes
    ----------
    by
        What the evenly spread firms follow: the people of the units, their area, or the area about
        the footprints.
    shapes
        The units, or that area: polygons in the layout's planar projection, metres.
    codes
        The code of each unit; blank where there are none.
    weights
        People, or km², of each shape.
    anchors
        Places that firms gather about, planar, shape (n, 2); empty where the layout locates none.
    """

    by: Literal["people", "area", "around"]
    shapes: np.ndarray[Any, Any]
    codes: tuple[str, ...]
    weights: np.ndarray[Any, Any]
    anchors: np.ndarray[Any, Any]


def ground_of(layout: Layout) -> Ground:
    """Return where the firms of a layout may stand.

    These are the units of the cities that its seats lie in (all its units where they lie in none);
    without units it is what lies within :data:`AROUND_KM` of its footprints, or of its nodes.

    Raises
    ------
    LayoutError
        If nothing of the layout has a position.
    """
    units = _home_units(layout)
    if units is None:
        shapes = _around(layout)
        blank = ("",) * len(shapes)
        return Ground("around", shapes, blank, shapely.area(shapes) / 1e6, _anchors(layout, shapes))
    shapes = np.array([project(g, layout.crs) for g in units.geometry], dtype=object)
    shapely.prepare(shapes)
    codes, anchors, people = (
        tuple(units["adcode"]),
        _anchors(layout, shapes),
        _people(layout, units),
    )
    if people is not None:
        return Ground("people", shapes, codes, people, anchors)
    areas = np.array([area_km2(g) for g in units.geometry])
    return Ground("area", shapes, codes, areas, anchors)


def _home_units(layout: Layout) -> gpd.GeoDataFrame | None:
    try:
        units, cities = read_units(layout), read_units(layout, "city")
    except UnitsError:
        return None
    own: list[str] = []
    for seat in layout.seats.geometry:
        own += list(cities.loc[cities.intersects(seat), "adcode"])
    home = units[units["city_adcode"].isin(own)] if own else units
    return (home if len(home) else units).reset_index(drop=True) if len(units) else None


def _around(layout: Layout) -> np.ndarray[Any, Any]:
    footprints = [project(g, layout.crs) for g in layout.footprints.geometry]
    nodes = [project(g, layout.crs) for g in layout.nodes.geometry]
    if not footprints and not nodes:
        raise LayoutError(
            f"nothing of layout {layout.id!r} has a position, so that invented firms have no place: "
            "give a zone, a corridor, a belt or a node its geometry"
        )
    about = shapely.union_all(footprints) if footprints else shapely.convex_hull(shapely.union_all(nodes))  # fmt: skip
    shapes = np.asarray(shapely.get_parts(shapely.buffer(about, AROUND_KM * 1000)))
    shapely.prepare(shapes)
    return shapes


def _people(layout: Layout, units: gpd.GeoDataFrame) -> np.ndarray[Any, Any] | None:
    """Return people for each unit, or ``None`` where some city has no figure at all."""
    table = layout.population
    if not len(table):
        return None
    known = table[(table["adcode"] != "") & table["population"].notna()].set_index("adcode")[
        "population"
    ]
    areas = pd.Series([area_km2(g) for g in units.geometry], index=units["adcode"])
    people = pd.Series(np.nan, index=units["adcode"])
    for city, codes in units.groupby("city_adcode", sort=False)["adcode"]:
        own = known.reindex(list(codes))
        if city not in known.index and own.isna().any():
            return None
        rest = max(float(known.get(city, own.sum())) - float(own.sum()), 0.0)
        blank = own.isna()
        if blank.any():
            own[blank] = rest * areas[list(codes)][blank] / areas[list(codes)][blank].sum()
        else:
            # What is left lives in statistical areas that have no outline of their own.
            own = own * (1 + rest / own.sum())
        people[list(codes)] = own
    return people.to_numpy(float)


def _anchors(layout: Layout, shapes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the parks and universities that lie inside; where there are none, the nodes that do."""
    for frame in (layout.nodes[layout.nodes["kind"].isin(ANCHORS)], layout.nodes):
        points = np.array([project(g, layout.crs) for g in frame.geometry], dtype=object)
        inside = np.array([shapely.intersects(shapes, p).any() for p in points], dtype=bool)
        if inside.any():
            return np.asarray(shapely.get_coordinates(points[inside]))
    return np.empty((0, 2))
