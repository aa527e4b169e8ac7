"""Growth types: which cells of a grid emerge, grow, stay, decline or vanish between two years."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binom

from geo.analysis.bands import band
from geo.analysis.cloud import Cloud
from geo.analysis.concentration.grid import Lattice
from geo.analysis.concentration.partition import partition_of
from geo.analysis.concentration.result import Layered, named, reasons
from geo.analysis.concentration.study import cloud_for, members_of, together
from geo.analysis.provenance import provenance_of
from geo.errors import PointsError

__all__ = ["GROWTH_TYPES", "Growth", "growth_types", "types_of"]

GROWTH_TYPES = ("emerging", "growing", "stable", "declining", "vanished", "sparse")
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Growth(Layered):
    """What :func:`growth_types` returns.

    Attributes
    ----------
    counts
        One row a footprint and type: how many cells, with a band.
    """

    counts: pd.DataFrame


def growth_types(
    points: Any,
    footprints: Any,
    *,
    year: str,
    first: float | None = None,
    last: float | None = None,
    founded: bool = False,
    cell_km: float = 1.0,
    lattice: Lattice = "square",
    units: gpd.GeoDataFrame | None = None,
    study: Any = None,
    weight: str | None = None,
    least: float = 5.0,
    rate: float = 0.1,
    ring_km: float | None = None,
    **source: Any,
) -> Growth:
    """Return the growth type of each cell between two years, and how many each footprint has.

    Parameters
    ----------
    points, footprints, weight, ring_km, **source
        As for ``geo.coverage``; weights are 0 or more.
    year
        Column of the year: a number, or a text that begins with four digits.
    first, last
        The two years; by default the least and the largest that occur.
    founded
        Whether the year is that of founding: all points up to a year are then there in it, and
        none vanishes. Otherwise each point is there in its own year alone (a panel).
    cell_km, lattice, units, study
        As for :func:`geo.analysis.concentration.inequality`.
    least
        Weight (or count) from which a cell counts as occupied.
    rate
        Relative change from which a cell grows or declines.

    Returns
    -------
    Growth
        ``table``, one row a cell that has anything in either year, with its polygon: ``at_first``,
        ``at_last``, ``net_change``, ``change_rate``, ``type`` with names, and, of counts in a panel, ``p_two_sided``, the
        exact probability of so uneven a split if nothing changed. Types, with a and b the first
        and last: ``sparse`` if both are below ``least``; ``emerging`` if a is 0; ``vanished`` if b
        is 0; ``growing`` if b ≥ (1 + rate) a; ``declining`` if b ≤ (1 − rate) a; else ``stable``.
        ``counts``: ``cells`` of each type by footprint with its band: those whose centre is in the
        inner offset, the footprint, the outer offset.

    Raises
    ------
    PointsError
        As ``geo.coverage``; if a year is none or the first is not before the last; or a threshold
        is not fit.
    """
    if not (least > 0 and 0 <= rate < 1):
        raise PointsError(f"least is {least:g}, rate {rate:g}: give least above 0, rate from 0 to below 1")  # fmt: skip
    layout = footprints if hasattr(footprints, "meta") else None
    cloud = cloud_for(points, weight=weight, columns=[year], **source)
    years, unread = _years(cloud, year)
    known = years[np.isfinite(years)]
    if not len(known):
        raise PointsError(f"column {year!r} has no year: give numbers such as 2020")
    start = float(known.min()) if first is None else float(first)
    end = float(known.max()) if last is None else float(last)
    if not start < end:
        raise PointsError(f"the first year is {start:g} and the last {end:g}: growth needs two years in order")  # fmt: skip
    part = partition_of(cloud, layout=layout, units=units, cell_km=cell_km, lattice=lattice, study=study)  # fmt: skip
    there = np.less_equal if founded else np.equal
    a, b = (part.sums(cloud.weight, there(years, y)) for y in (start, end))
    used = np.flatnonzero((a > 0) | (b > 0))
    types = types_of(a[used], b[used], least=least, rate=rate)
    table = _table(part.table.iloc[used], a[used], b[used], types, weighed=cloud.weighed, founded=founded)  # fmt: skip
    lonlat = (table["lon"].to_numpy(), table["lat"].to_numpy())
    counts = _counts(footprints, lonlat, types, ring_km)
    provenance = provenance_of(
        "concentration.method.growth", cloud=cloud, crs=part.crs, year=year, first=start, last=end,
        founded=founded, weight=weight, least=least, rate=rate, without_year=unread, ring_km=ring_km,
        **part.parameters,
    )  # fmt: skip
    said = reasons(part.cautions(cloud))
    return Growth(table.assign(**said), provenance, lambda: part.shapes()[used], counts)


def _years(cloud: Cloud, column: str) -> tuple[Floats, int]:
    """Return the year of each point, NaN where there is none, and how many have none."""
    values = pd.Series(cloud.columns[column], dtype=object)
    plain = pd.to_numeric(values.astype(str).str.strip().str.slice(0, 4), errors="coerce")
    years = plain.to_numpy(float)
    return years, int(np.isnan(years).sum())


def types_of(first: Floats, last: Floats, *, least: float, rate: float) -> NDArray[np.str_]:
    """Return the growth type of cells by what they have in two years; see :func:`growth_types`."""
    return np.select(
        [
            np.maximum(first, last) < least, first == 0, last == 0, last >= (1 + rate) * first,
            last <= (1 - rate) * first,
        ],
        ["sparse", "emerging", "vanished", "growing", "declining"],
        "stable",
    )  # fmt: skip


def _table(
    cells: pd.DataFrame, a: Floats, b: Floats, types: NDArray[np.str_], *, weighed: bool, founded: bool
) -> pd.DataFrame:  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(a > 0, (b - a) / a, np.nan)
    table = cells.reset_index(drop=True).assign(
        at_first=a, at_last=b, net_change=b - a, change_rate=relative, p_two_sided=np.nan
    )
    if not weighed and not founded:
        table["p_two_sided"] = np.minimum(1.0, 2 * binom.cdf(np.minimum(a, b), a + b, 0.5))
    names = {code: named("type", "growth", code) for code in GROWTH_TYPES}
    return table.assign(**{key: [names[t][key] for t in types] for key in ("type", "type_zh", "type_en")})  # fmt: skip


def _counts(
    footprints: Any, lonlat: tuple[Floats, Floats], types: NDArray[np.str_], ring_km: float | None
) -> pd.DataFrame:
    members = members_of(footprints, *lonlat, ring_km=ring_km)
    worst = max(float(r["err_m"]) for r in members.rows)
    anywhere = members.of(None)
    places = [
        (together("all", 0.0), np.ones_like(anywhere)), (together("any", worst), anywhere),
        (together("none", worst), ~anywhere[:, ::-1]),
        *((row, members.of(k)) for k, row in enumerate(members.rows)),
    ]  # fmt: skip
    return pd.DataFrame(
        [
            head | named("type", "growth", code) | band("cells", member[types == code].sum(axis=0).tolist())
            for head, member in places
            for code in GROWTH_TYPES
        ]
    )  # fmt: skip
