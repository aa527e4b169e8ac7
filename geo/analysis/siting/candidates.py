"""Where a site could go: nodes of the layout, a grid, or places that a person gives."""

from __future__ import annotations

import math
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.analysis.areas import planar_units
from geo.analysis.footprints import footprints_of, union_of
from geo.analysis.places import Places, nodes_as_places, points_as_places
from geo.errors import PointsError
from geo.measure import lonlat_of
from geo.model.kinds import TIER_OF_KIND, TIERS
from geo.model.layout import Layout

__all__ = ["MOST", "Over", "candidates_of"]

Over = Literal["footprints", "units"]
MOST = 20_000
"""More candidates of a grid are refused."""


def candidates_of(
    layout: Layout, source: Any, *, over: Over = "footprints", units: gpd.GeoDataFrame | None = None, ring_km: float | None = None,
    label: str | None = None, **reading: Any,
) -> Places:  # fmt: skip
    """Return places where a site could go, or is.

    Parameters
    ----------
    layout
        With its scenario applied: what that has placed is a place.
    source
        ``tier:a,b`` or ``kind:a,b``: nodes of the layout (those without a position are listed in
        ``unlocated``, and never placed by guess); ``grid:5``: the middles of squares of so many
        kilometres whose middle lies over what is asked; ``grid:5:units`` the same over the units;
        places, which are returned as they are; else any points that ``geo.coverage`` takes.
    over
        What a grid covers: the footprints together, or the units.
    units
        Administrative units: for a grid over them, and to name its places by.
    ring_km
        Width of the campus rings among the footprints.
    label
        Column with the names of points.
    **reading
        As of :func:`geo.points_as_places`.

    Raises
    ------
    PointsError
        If a tier or kind is unknown, a grid has no step, is too fine or has no middle over what is
        asked.

    Notes
    -----
    A grid knows nothing of what is on the ground: its places may lie in water, on a slope, or where
    building is not allowed. The squares are aligned to the centre of the layout's Lambert azimuthal
    equal-area projection.
    """
    if isinstance(source, Places):
        return source
    if not isinstance(source, str):
        return points_as_places(source, layout=layout, label=label, **reading)
    head, _, rest = source.partition(":")
    if head in ("tier", "kind") and rest:
        return _nodes(layout, head, [name.strip() for name in rest.split(",") if name.strip()])
    if head == "grid" and rest:
        step, _, of = rest.partition(":")
        if of and of not in ("footprints", "units"):
            raise PointsError(f"{source!r}: a grid lies over footprints or units, not {of!r}")
        return _grid(layout, _step(source, step), "units" if (of or over) == "units" else "footprints", units, ring_km)  # fmt: skip
    return points_as_places(source, layout=layout, label=label, **reading)


def _nodes(layout: Layout, what: str, names: list[str]) -> Places:
    known = TIERS if what == "tier" else tuple(TIER_OF_KIND)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise PointsError(f"no {what} {unknown[0]!r}: use {', '.join(known)}")
    return nodes_as_places(layout, tiers=names if what == "tier" else (), kinds=names if what == "kind" else ())  # fmt: skip


def _step(source: str, text: str) -> float:
    try:
        step = float(text)
    except ValueError:
        step = math.nan
    if not (math.isfinite(step) and step > 0):
        raise PointsError(f"{source!r}: write the step of a grid in km, such as grid:5")
    return step


def _grid(
    layout: Layout, step_km: float, over: Over, units: gpd.GeoDataFrame | None, ring_km: float | None
) -> Places:  # fmt: skip
    if over == "units":
        if units is None or not len(units):
            raise PointsError(
                "a grid over the units needs units: give them, or take the footprints"
            )
        area: Any = shapely.union_all(planar_units(layout, units))
    else:
        area = union_of(footprints_of(layout, ring_km=ring_km))[1]
    if area.is_empty:
        raise PointsError(f"layout {layout.id!r} has no footprints to lay a grid over: take the units")  # fmt: skip
    step = step_km * 1000
    west, south, east, north = area.bounds
    columns, rows = (np.arange(math.floor(a / step), math.ceil(b / step)) for a, b in ((west, east), (south, north)))  # fmt: skip
    if len(columns) * len(rows) > 50 * MOST:
        raise PointsError(f"a grid of {step_km:g} km has too many places here: take a longer step")
    x, y = ((v.ravel() + 0.5) * step for v in np.meshgrid(columns, rows))
    shapely.prepare(area)
    inside = shapely.intersects_xy(area, x, y)
    x, y = x[inside], y[inside]
    if not 0 < len(x) <= MOST:
        why = "no place" if not len(x) else f"{len(x):,} places, more than {MOST:,}"
        raise PointsError(f"a grid of {step_km:g} km has {why} here: take a {'shorter' if not len(x) else 'longer'} step")  # fmt: skip
    lon, lat = lonlat_of(x, y, layout.crs.to_wkt())
    return _named(x, y, lon, lat, layout, units, f"grid {step_km:g} km")


def _named(
    x: NDArray[np.float64], y: NDArray[np.float64], lon: NDArray[np.float64], lat: NDArray[np.float64], layout: Layout,
    units: gpd.GeoDataFrame | None, name: str,
) -> Places:  # fmt: skip
    """Return places of a grid, called by their unit and how far east and north of the centre they are."""
    place = [f"E{a / 1000:+g} N{b / 1000:+g}" for a, b in zip(x, y, strict=True)]
    names = {"zh": [""] * len(x), "en": [""] * len(x)}
    code = [""] * len(x)
    if units is not None and len(units):
        at, unit = shapely.STRtree(planar_units(layout, units)).query(shapely.points(x, y), predicate="intersects")  # fmt: skip
        for lang, own in names.items():
            words = units[f"name_{lang}"].astype(str).to_numpy()
            for k, u in zip(at, unit, strict=True):
                own[k] = str(words[u])
        codes = units["adcode"].astype(str).to_numpy()
        for k, u in zip(at, unit, strict=True):
            code[k] = str(codes[u])

    def words_of(own: list[str]) -> NDArray[np.object_]:
        return np.array([f"{n} {p}".strip() for n, p in zip(own, place, strict=True)], dtype=object)

    return Places(
        np.array(place, dtype=object), words_of(names["zh"]), words_of(names["en"]), lon, lat, np.ones(len(x)), np.zeros(len(x)),
        np.array(code, dtype=object), what="given", name=name,
    )  # fmt: skip
