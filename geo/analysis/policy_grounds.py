"""Where policies apply: the shape of each place that a table of policies names, and how points lie to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.analysis.here import LIES
from geo.measure import project, project_points, signed_distance
from geo.model.layout import Layout
from geo.model.shapes import offset
from geo.words import LANGUAGES, Lang, catalogue

__all__ = ["DIGITS", "OUTSIDE", "OWN_LAW", "Ground", "Neighbourhood", "lies_of", "neighbourhood"]

DIGITS = {"province": 2, "city": 4, "district": 6}
"""So many digits of a unit's code name the place of each level."""
OWN_LAW = ("71", "81", "82")
"""Provinces, by code, where the policies of the mainland do not apply."""
SURELY, OUTSIDE = 0, LIES.index("outside")
CLOSE_M = 5.0
"""Gaps narrower than twice this between neighbouring units are no part of a boundary."""
FEW = 64
"""For fewer points distances are measured at once."""


@dataclass(frozen=True)
class Ground:
    """Where a policy applies.

    Attributes
    ----------
    level, place
        As in the table of policies.
    name_zh, name_en
        Of the place.
    three
        Inner offset, shape, outer offset: planar metres, as far as the neighbourhood reaches.
    err_m
        Error of its boundary, metres.
    source, status
        Of the boundary.
    """

    level: str
    place: str
    name_zh: str
    name_en: str
    three: tuple[Any, Any, Any]
    err_m: float
    source: str
    status: str = ""


def lies_of(
    ground: Ground, points: NDArray[np.object_], err_m: NDArray[np.float64]
) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Return how points lie to a ground, and their distance to its edge where that was measured.

    Parameters
    ----------
    ground
        The ground.
    points
        Shape (n,), shapely points in planar metres.
    err_m
        Shape (n,), errors of the points.

    Returns
    -------
    lies
        Shape (n,): indices of ``geo.analysis.here.LIES``.
    edge_m
        Shape (n,): positive inside; NaN where the answer was sure without it.
    """
    lies = np.full(len(points), OUTSIDE, np.int8)
    edge = np.full(len(points), np.nan)
    asked = np.ones(len(points), bool)
    if len(points) > FEW and not err_m.any():
        # Without errors of their own it is enough to know which offset holds them.
        shapely.prepare(list(ground.three))
        for k in (2, 1):
            lies[shapely.intersects(ground.three[k], points)] = k
        lies[shapely.contains_properly(ground.three[0], points) & (lies < 2)] = SURELY
        return lies, edge
    if len(points) > FEW:
        # Round corners of an offset are cut by chords, 0.03 % of it at most: a wider ring is safe.
        reach = 1.01 * float(err_m.max()) + 1.0
        core, rim = offset(ground.three[0], -reach), offset(ground.three[2], reach)
        shapely.prepare([core, rim])
        sure = shapely.intersects(core, points)
        lies[sure] = SURELY
        asked = ~sure & shapely.intersects(rim, points)
    if asked.any():
        inner, own, outer = (signed_distance(points[asked], shape) for shape in ground.three)
        low, high = np.minimum(inner, own) - err_m[asked], np.maximum(outer, own) + err_m[asked]
        inside = np.where(low > 0, SURELY, LIES.index("probably"))
        beyond = np.where(high >= 0, LIES.index("perhaps"), OUTSIDE)
        lies[asked], edge[asked] = np.where(own >= 0, inside, beyond), own
    return lies, edge


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Units and provinces about some points, cut to where they can matter.

    Attributes
    ----------
    layout
        Its projection is that of all shapes, its footprints are the zones.
    xy, err_m
        The points: planar metres, shape (n, 2), and their errors.
    units, provinces
        What lies near them; ``None`` where there are none to ask.
    """

    layout: Layout
    xy: NDArray[np.float64]
    err_m: NDArray[np.float64]
    units: gpd.GeoDataFrame | None
    provinces: gpd.GeoDataFrame | None
    _known: dict[tuple[str, str], Ground | None] = field(default_factory=dict)

    @cached_property
    def points(self) -> NDArray[np.object_]:
        """The points as shapely points, planar metres."""
        return np.asarray(shapely.points(self.xy))

    def ground(self, level: str, place: str) -> Ground | None:
        """Return where the policies of a place apply; ``None`` where that is not known."""
        if (level, place) not in self._known:
            self._known[level, place] = self._made(level, place)
        return self._known[level, place]

    def _made(self, level: str, place: str) -> Ground | None:
        if level == "zone":
            return self._zone(place)
        if level == "national":
            if self.provinces is None:
                return None
            own = ~self.provinces["adcode"].str[:2].isin(OWN_LAW)
            return self._merged(level, "", self.provinces[own])
        prefix = place[: DIGITS[level]]
        table = self.provinces if level == "province" and self.provinces is not None else self.units
        if table is None:
            return None
        return self._merged(level, place, table[table["adcode"].str.startswith(prefix)])

    def tells(self, level: str) -> bool:
        """Return whether policies of a level can be told: those of units only where there are some."""
        return level in ("national", "zone") or self.units is not None

    def places(self, level: str) -> list[str]:
        """Return the codes of the provinces, cities or districts near the points."""
        table = self.provinces if level == "province" and self.provinces is not None else self.units
        if table is None:
            return []
        return sorted({code[: DIGITS[level]].ljust(6, "0") for code in table["adcode"]})

    def _zone(self, place: str) -> Ground | None:
        item = self.layout[place] if place in self.layout else None
        shape = None if item is None else item.planar_footprint
        if item is None or shape is None:
            return None
        err = float(item.err_m or 0.0)
        three = (offset(shape, -err), shape, offset(shape, err))
        return Ground(
            "zone", place, item.name_zh, item.name_en, three, err, item.source, item.status
        )

    def _merged(self, level: str, place: str, table: gpd.GeoDataFrame) -> Ground:
        zh, en = (_name(self.layout, table, level, place, lang) for lang in LANGUAGES)
        err = float(table["err_m"].max()) if len(table) else 0.0
        # Outlines of provinces touch themselves here and there once they are cut and projected.
        shape = shapely.union_all(shapely.make_valid([project(g, self.layout.crs) for g in table.geometry]))  # fmt: skip
        if len(table) > 1:
            shape = offset(offset(shape, CLOSE_M), -CLOSE_M)
        three = (offset(shape, -err), shape, offset(shape, err))
        source = "; ".join(dict.fromkeys(table["source"]))
        return Ground(level, place, zh, en, three, err, source, "digitised")


def neighbourhood(
    layout: Layout,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    err_m: NDArray[np.float64],
    units: gpd.GeoDataFrame | None,
    provinces: gpd.GeoDataFrame | None,
) -> Neighbourhood:
    """Return what policies may depend on near some points (WGS84 degrees, shape (n,))."""
    xy = project_points(lon, lat, layout.crs)
    own, wide = (_near(t, lon, lat, err_m) for t in (units, provinces))
    return Neighbourhood(layout, xy, np.asarray(err_m, float), own, wide)


def _near(
    table: gpd.GeoDataFrame | None, lon: NDArray[np.float64], lat: NDArray[np.float64], err_m: NDArray[np.float64]
) -> gpd.GeoDataFrame | None:  # fmt: skip
    """Return what lies near points, cut so far away that no answer depends on the cut."""
    if table is None or not len(table) or not len(lon):
        return table
    reach = 2 * float(table["err_m"].max()) + 1.1 * float(np.max(err_m)) + 1_000.0
    high = min(float(np.abs(lat).max()) + 1.0, 89.0)
    dx, dy = reach / (111_000 * math.cos(math.radians(high))), reach / 110_000
    box = (
        float(lon.min()) - dx,
        float(lat.min()) - dy,
        float(lon.max()) + dx,
        float(lat.max()) + dy,
    )
    found = table.iloc[np.sort(table.sindex.query(shapely.box(*box), predicate="intersects"))]
    cut = shapely.clip_by_rect(found.geometry.to_numpy(), *box)
    return gpd.GeoDataFrame(found.assign(geometry=cut, adcode=found["adcode"].astype(str)))


def _name(layout: Layout, table: gpd.GeoDataFrame, level: str, place: str, lang: Lang) -> str:
    """Return the name of a unit in a language, as well as it is known."""
    entry = catalogue().get(f"policies.province.{place[:2]}") if level == "province" else None
    if entry is not None:
        return entry[lang]
    own = layout.population
    named = own[own["adcode"] == place] if len(own) else own
    if len(named):
        return str(named[f"name_{lang}"].iat[0])
    if level == "city" and len(table) and "city_zh" in table.columns:
        return str(table["city_zh"].iat[0]) or place
    column = f"name_{lang}" if f"name_{lang}" in table.columns else "name_zh"
    return str(table[column].iat[0]) if len(table) == 1 else place


def nearest_first(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of places by how they lie, the surest first."""
    return sorted(rows, key=lambda r: LIES.index(r["lies"]))
