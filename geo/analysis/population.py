"""Population of each footprint: census figures by areal interpolation, or a raster of people.

Areal interpolation spreads a figure evenly over the area that it was counted in and gives a
footprint the share of it that lies inside (areal weighting: Goodchild & Lam, 1980, Areal
interpolation: a variant of the traditional spatial problem, *Geo-Processing* 1, 297-312). That
people live evenly spread is an assumption, and a crude one for large units: the strict bounds beside
each figure say how little is sure without it.

Rows join units by code, never by name. Within a city the basis of the city's total decides: a figure
with another basis (a year-end estimate beside a census) is neither used nor subtracted; its unit is
treated as if it were blank. What the figures with the city's basis leave of the city's total is
spread over the units of the city without one. So every city's total is placed once, whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.analysis.areas import planar_units
from geo.analysis.footprints import Footprint, footprints_of, union_of
from geo.analysis.population_raster import raster_rows
from geo.errors import UnitsError
from geo.io.units import read_units
from geo.model.layout import Layout
from geo.words import LANGUAGES, say

__all__ = ["PLACEMENTS", "Population", "population"]

ROUNDING = 1e-6
"""A share of a unit below this is the rounding of coordinates: units that only touch share none."""
PLACEMENTS = (
    "own-outline", "spread-over-spans", "spread-over-blank-units", "spread-over-city", "through-parts",
    "within-city", "other-basis", "raster", "no-figure", "no-outline",
)  # fmt: skip
"""How a row was placed; the catalogue has the words."""
TABLE_COLUMNS = (
    "footprint", "footprint_zh", "footprint_en", "layer", "kind", "status", "err_m",
    "population_low", "population", "population_high", "possible_low", "possible_high",
    "covered_share", "spread_share", "method", "basis",
    "source", "population_source", "unit_source", "confidence",
)  # fmt: skip
_SUMMED = (
    "counted", "placed", "unplaced",
    "in_footprints_low", "in_footprints", "in_footprints_high", "outside",
)  # fmt: skip
_CONFIDENCES = ["n/a", "low", "medium", "high"]


@dataclass(frozen=True)
class Population:
    """What :func:`population` returns.

    Attributes
    ----------
    table
        One row a footprint: what identifies it, then

        ``population_low``, ``population``, ``population_high``
            People in the inner offset, the footprint and the outer offset by its positional error,
            as everywhere in the project. People are taken to be spread evenly in their unit (or in
            their raster cell): this band tells of the footprint's error, and of no other.
        ``possible_low``, ``possible_high``
            Strict bounds without that assumption: low counts only what was counted in units (or
            cells) that lie wholly within the inner offset, high counts all of what was counted in
            any that the outer offset reaches into. A statistical area without an outline, and what
            is left of a city's total, are sure only where *all* the units it may be in are.
        ``covered_share``
            Share of the footprint's area (of 1, central) in units with a figure, their own or a
            part of a spread one; on a raster, in cells with a value. What lies outside, such as in
            another province, adds no people: the population is then that of the covered part.
        ``spread_share``
            Share of ``population`` (of 1) that was spread over several units. Census only.
        ``nodata_share``
            Raster only: 1 − ``covered_share``.

        and ``method``, ``basis``, ``source`` and ``unit_source`` (of the outlines),
        ``population_source``, ``confidence``. Confidence is the lowest of the footprint's and the
        figures', at most medium, and low where less than half of ``population`` is sure
        (``possible_low``).
    balance
        One row for each source row in the order of the table (one for a raster): what it states,
        what of it counts (``counted``: each person once), how it was placed (``placement``, one
        of :data:`PLACEMENTS`, with the words), in which ``units``; ``placed`` and ``unplaced``;
        how much of it lies in any footprint (``in_footprints``, with band) and ``outside`` all.
        The last row, ``total``, adds them up.
    total, placed, unplaced
        People that count, and of these the placed and unplaced ones.
    """

    table: pd.DataFrame
    balance: pd.DataFrame
    total: float
    placed: float
    unplaced: float


@dataclass
class _Placing:
    """A source row and what becomes of it: ``counted`` people spread evenly over ``units``."""

    row: dict[str, Any]
    placement: str
    counted: float = 0.0
    units: list[str] = field(default_factory=list)


def population(
    layout: Layout,
    *,
    footprints: Sequence[Footprint] | None = None,
    units: gpd.GeoDataFrame | None = None,
    raster: str | Path | None = None,
    band: int | None = None,
    ring_km: float | None = None,
) -> Population:
    """Return how many people live in each footprint, with bands and a mass balance.

    Parameters
    ----------
    layout
        Its ``population`` gives the figures and its equal-area projection the areas.
    footprints
        By default all of the layout, the campus rings as one.
    units
        Outlines to spread the figures over (``geo.read_units``: counties by default), with
        ``adcode``; ``city_adcode`` where ``population.csv`` does not name a unit's city.
    raster
        A GeoTIFF with the number of people in each cell, in any reference system: the people are
        then taken from it and not from ``population.csv``.
    band
        Band of the raster, from 1; may be left out where there is only one.
    ring_km
        Width of the campus rings.

    Raises
    ------
    UnitsError
        If there are no figures or no units, none of them match, or figures contradict each other.
    RasterError
        If the raster cannot be read or would give wrong numbers.
    MissingDependencyError
        If a raster is given and the packages that read it are not installed.
    """
    found = footprints_of(layout, ring_km=ring_km) if footprints is None else list(footprints)
    if raster is not None:
        rows, balance = raster_rows(layout, found, Path(raster), band)
        return _population([r | {"spread_share": float("nan")} for r in rows], [balance])
    frame = _dissolved(read_units(layout) if units is None else units)
    stated = _rows_of(layout)
    placings = _place(stated, _homes(stated, frame))
    if not any(p.units for p in placings):
        raise UnitsError(
            f"layout {layout.id!r}: no code of population.csv is among the {len(frame)} units (such "
            f"as {frame['adcode'].iat[0]}): rows join units by adcode, so correct that column"
        )
    shapes = planar_units(layout, frame)
    area = shapely.area(shapes)
    # Rows: placings; columns: units. A placing is as dense in each of its units.
    member = np.array([frame["adcode"].isin(p.units) for p in placings])
    rows = [_footprint_row(f, _shared(f.three, shapes), area, member, placings) for f in found]
    inside = member @ _shared(union_of(found), shapes).T
    inside = inside / np.maximum(member @ area, 1e-9)[:, None]
    for row in rows:
        row["unit_source"] = _joined(frame["source"]) if "source" in frame.columns else ""
    return _population(rows, _balance(placings, inside))


def _population(rows: list[dict[str, object]], balance: list[dict[str, Any]]) -> Population:
    columns = [*TABLE_COLUMNS, *(["nodata_share"] if rows and "nodata_share" in rows[0] else [])]
    sums = {name: float(sum(row[name] for row in balance)) for name in _SUMMED}
    closing = dict.fromkeys(balance[0], "") | {
        "id": "total", "name_zh": "合计", "name_en": "Total", "population": float("nan"), **sums,
    }  # fmt: skip
    table, lines = pd.DataFrame(rows, columns=columns), pd.DataFrame([*balance, closing])
    return Population(table, lines, *(sums[name] for name in _SUMMED[:3]))


def _rows_of(layout: Layout) -> list[dict[str, Any]]:
    table = layout.population
    if not len(table) or not table["population"].notna().any():
        raise UnitsError(
            f"layout {layout.id!r} has no figures of population: add population.csv to its folder "
            "(docs/layout-format.md), or give a raster of people"
        )
    rows = []
    for record in table.to_dict("records"):
        row = {str(k): v for k, v in record.items()}
        city = row["city_adcode"] or (row["adcode"] if row["level"] == "city" else "")
        # A table made in memory may lack the two columns that came later.
        rows.append({"spans": "", "within": ""} | row | {"city_adcode": city})
    return rows


def _dissolved(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return units in WGS84, one row a code: a unit in several rows must not count several times."""
    if "adcode" not in units.columns or units.crs is None or not len(units):
        what = "the units have no rows, no column adcode or no reference system"
        raise UnitsError(f"{what}: use geo.read_units, or give a frame with adcode and a crs")
    frame = units.to_crs(4326).assign(adcode=units["adcode"].astype(str))
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    return frame.dissolve("adcode", sort=False).reset_index()


def _homes(rows: list[dict[str, Any]], units: gpd.GeoDataFrame) -> dict[str, str]:
    """Return the city of each unit, by code: as the table says, or the units."""
    said = {row["adcode"]: row["city_adcode"] for row in rows if row["adcode"]}
    own = units["city_adcode"] if "city_adcode" in units.columns else [""] * len(units)
    return {
        code: said.get(code) or str(city) for code, city in zip(units["adcode"], own, strict=True)
    }


def _known(row: dict[str, Any]) -> bool:
    return bool(pd.notna(row["population"]))


def _place(rows: list[dict[str, Any]], homes: dict[str, str]) -> list[_Placing]:
    """Return what becomes of each row, city by city, in the order of the rows."""
    done: dict[str, _Placing] = {}
    for city in dict.fromkeys(row["city_adcode"] for row in rows):
        own = [row for row in rows if row["city_adcode"] == city]
        cities = [row for row in own if row["level"] == "city"]
        totals = [row for row in cities if _known(row)]
        if len(totals) > 1:
            both = " and ".join(r["id"] for r in totals)
            raise UnitsError(f"population.csv: {both} all give the total of city {city}: keep one")
        members = [code for code, home in homes.items() if home == city and code != city]
        parts = [row for row in own if row["level"] != "city"]
        placings = [_Placing(row, "no-figure") for row in cities if not _known(row)]
        if totals and not members:
            # The city as a whole, where the units are cities or it is none of the layout's.
            placings += [_on(totals[0], float(totals[0]["population"]), [city], homes)]
            placings += [_Placing(r, "within-city" if _known(r) else "no-figure") for r in parts]
        else:
            basis = totals[0]["population_basis"] if totals else None
            placed = _parts(parts, basis, homes)
            placings += placed
            placings += [_rest(row, placed, members) for row in totals]
        done |= {p.row["id"]: p for p in placings}
    return [done[row["id"]] for row in rows]


def _on(
    row: dict[str, Any],
    counted: float,
    codes: Iterable[str],
    homes: dict[str, str],
    placement: str = "own-outline",
) -> _Placing:
    """Place people on units; nowhere if one of them has no outline: the rest would get too many."""
    wanted = list(dict.fromkeys(codes))
    if wanted and all(code in homes for code in wanted):
        return _Placing(row, placement, counted, wanted)
    return _Placing(row, "no-outline" if counted else "through-parts", counted)


def _parts(parts: list[dict[str, Any]], basis: str | None, homes: dict[str, str]) -> list[_Placing]:
    """Place the units and statistical areas of a city whose figures have the basis of its total."""
    fits = {r["id"]: _known(r) and basis in (None, r["population_basis"]) for r in parts}
    bases = {r["id"]: r["population_basis"] for r in parts if fits[r["id"]]}
    for r in parts:
        # What an area counts already on another basis cannot be told apart from the rest of it.
        fits[r["id"]] &= bases.get(r["within"], r["population_basis"]) == r["population_basis"]
    placings: list[_Placing] = []
    taken: dict[str, str] = {}
    for row in parts:
        code, people = row["adcode"], row["population"]
        if not fits[row["id"]]:
            placings.append(_Placing(row, "other-basis" if _known(row) else "no-figure"))
            continue
        held = [r for r in parts if r["within"] == row["id"]]
        apart = [r for r in held if fits[r["id"]]]
        counted = float(people) - sum(float(r["population"]) for r in apart)
        if counted < 0:
            raise UnitsError(
                f"population.csv: {row['id']} has {people:,.0f} people, fewer than the rows within "
                "it: correct a figure, or the column within"
            )
        if code:
            if code in taken:
                raise UnitsError(
                    f"population.csv: {taken[code]} and {row['id']} both count unit {code}: leave "
                    "one blank, or say in within which row holds which"
                )
            taken[code] = row["id"]
            placings.append(_on(row, counted, [code], homes))
            continue
        # A held unit without a usable figure is one more place where these people may live.
        spans = [c for c in row["spans"].split() if c not in {r["adcode"] for r in apart}]
        spans += [r["adcode"] for r in held if r not in apart and r["adcode"] in homes]
        placings.append(_on(row, counted, spans, homes, "spread-over-spans"))
    return placings


def _rest(total: dict[str, Any], placed: list[_Placing], members: list[str]) -> _Placing:
    """Place what the parts leave of a city's total."""
    parts = sum(p.counted for p in placed)
    rest = float(total["population"]) - parts
    if rest < 0:
        raise UnitsError(
            f"population.csv: the parts of {total['id']} add up to {parts:,.0f} people, more than "
            f"its {total['population']:,.0f}: correct a figure, or say in within what is counted twice"
        )
    if not rest:
        return _Placing(total, "through-parts")
    known = {c for p in placed if p.placement == "own-outline" for c in p.units}
    # A unit that an area holds is counted there, whether or not its own figure could be used.
    areas = {p.row["id"] for p in placed if p.counted}
    known |= {p.row["adcode"] for p in placed if p.row["within"] in areas}
    blank = [code for code in members if code not in known]
    if blank and len(blank) < len(members):
        return _Placing(total, "spread-over-blank-units", rest, blank)
    return _Placing(total, "spread-over-city", rest, members)


def _shared(three: NDArray[np.object_], shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the area (m²) that inner offset, shape and outer offset share with each unit."""
    shared = np.zeros((3, len(shapes)))
    near = shapely.STRtree(shapes).query(three[2], predicate="intersects")
    shared[:, near] = shapely.area(shapely.intersection(three[:, None], shapes[near][None]))
    return shared


def _footprint_row(
    footprint: Footprint,
    shared: NDArray[np.float64],
    area: NDArray[np.float64],
    member: NDArray[np.bool_],
    placings: list[_Placing],
) -> dict[str, object]:
    counted = np.array([p.counted for p in placings])
    shares = (member @ shared.T) / np.maximum(member @ area, 1e-9)[:, None]
    low, central, high = (float(v) for v in counted @ shares)
    several = float(counted @ (shares[:, 1] * (member.sum(axis=1) > 1)))
    wholly = member.any(axis=1) & ~(member & (area - shared[0] > ROUNDING * area)).any(axis=1)
    reached = (member & (shared[2] > ROUNDING * area)).any(axis=1)
    sure = float(counted[wholly].sum())
    used = [p.row for p, hit in zip(placings, reached, strict=True) if hit]
    levels = [footprint.confidence, "medium", *(str(r["confidence"]) for r in used)]
    if sure < central / 2:
        levels.append("low")
    covered, whole = shared[1][member.any(axis=0)].sum(), footprint.shape.area
    return {
        **footprint.row(),
        "population_low": low, "population": central, "population_high": high,
        "possible_low": sure, "possible_high": float(counted[reached].sum()),
        "covered_share": min(covered / whole, 1.0) if whole else float("nan"),
        "spread_share": several / central if central else float("nan"),
        "method": " / ".join(say("population.method.census", lang) for lang in LANGUAGES),
        "basis": _joined(r["population_basis"] for r in used),
        "source": footprint.source,
        "population_source": _joined(r["source"] for r in used),
        "confidence": min(levels, key=_CONFIDENCES.index) if used else "n/a",
    }  # fmt: skip


def _joined(texts: Iterable[object]) -> str:
    return "; ".join(dict.fromkeys(str(t) for t in texts if t))


def _balance(placings: list[_Placing], inside: NDArray[np.float64]) -> list[dict[str, Any]]:
    rows = []
    for placing, shares in zip(placings, inside, strict=True):
        row, placed = placing.row, placing.counted if placing.units else 0.0
        low, central, high = (float(s) * placed for s in shares)
        rows.append(
            {
                **{k: row[k] for k in ("id", "name_zh", "name_en", "level", "adcode", "city_adcode")},
                "population": row["population"], "basis": row["population_basis"],
                "counted": placing.counted, "placement": placing.placement,
                "why_zh": say(f"population.placement.{placing.placement}", "zh"),
                "why_en": say(f"population.placement.{placing.placement}", "en"),
                "units": " ".join(placing.units),
                "placed": placed, "unplaced": placing.counted - placed,
                "in_footprints_low": low, "in_footprints": central, "in_footprints_high": high,
                "outside": max(placed - central, 0.0),
                "source": row["source"], "confidence": row["confidence"],
            }
        )  # fmt: skip
    return rows
