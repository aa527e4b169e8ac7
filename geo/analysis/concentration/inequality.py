"""How unequally a weight is spread over units, inside and outside of the footprints."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.analysis.bands import band
from geo.analysis.concentration.grid import Lattice
from geo.analysis.concentration.indices import gini, hhi, theil, theil_parts
from geo.analysis.concentration.partition import partition_of
from geo.analysis.concentration.result import Reason, Result, reasons
from geo.analysis.concentration.study import cloud_for, groups_of, members_of, together
from geo.analysis.provenance import provenance_of

__all__ = ["inequality"]

_INDICES = {"gini": gini, "hhi": hhi, "theil": theil}
FEW_UNITS = 10


def inequality(
    points: Any,
    footprints: Any,
    *,
    units: gpd.GeoDataFrame | None = None,
    cell_km: float = 1.0,
    lattice: Lattice = "square",
    study: Any = None,
    by: str | None = None,
    weight: str | None = None,
    few: int = FEW_UNITS,
    ring_km: float | None = None,
    **source: Any,
) -> Result:
    """Return Gini, HHI and Theil of the points or their weight over units, by footprint.

    Parameters
    ----------
    points, footprints, by, weight, ring_km, **source
        As for ``geo.coverage``; weights are 0 or more.
    units
        Administrative units (``geo.read_units``) instead of the cells of a grid.
    cell_km, lattice
        Side of the cells, and ``square`` or ``hexagon``.
    study
        GeoDataFrame or WGS84 polygon whose cells count, with those that are empty; by default the
        convex hull of the points.
    few
        Rows that rest on fewer units are marked.

    Returns
    -------
    Result
        Rows by category and ``footprint``: ``all`` units, those in ``any`` footprint, in ``none``,
        and in each. A unit is in a footprint when its centre is. ``n_units`` with its band, ``n_empty``,
        ``total``, then each index with ``_low`` and ``_high``: the range of its values for the
        inner offset, the footprint and the outer offset. That is no bound of what may be: an index
        does not grow with the footprint. ``gini_normalised`` is times n / (n − 1),
        ``hhi_normalised`` (H − 1/n) / (1 − 1/n), ``theil_normalised`` over ln n, each from 0 to 1;
        ``equal_units`` is 1 / HHI. Of ``all``, ``theil_between`` and ``theil_within`` are the parts
        between and within what is in any footprint and what is in none.

    Raises
    ------
    PointsError
        As ``geo.coverage``; and for cells or a study area that are none.
    """
    layout = footprints if hasattr(footprints, "meta") else None
    cloud = cloud_for(points, by=by, weight=weight, **source)
    part = partition_of(cloud, layout=layout, units=units, cell_km=cell_km, lattice=lattice, study=study)  # fmt: skip
    members = members_of(
        footprints, part.table["lon"].to_numpy(), part.table["lat"].to_numpy(), ring_km=ring_km
    )
    worst = max(float(r["err_m"]) for r in members.rows)
    anywhere = members.of(None)
    everywhere = np.ones((len(part), 3), dtype=bool)
    places = [
        (together("all", 0.0), everywhere), (together("any", worst), anywhere),
        (together("none", worst), ~anywhere[:, ::-1]),
        *((row, members.of(k)) for k, row in enumerate(members.rows)),
    ]  # fmt: skip
    rows = []
    for name, those in groups_of(cloud):
        sums = part.sums(cloud.weight, those)
        for k, (head, member) in enumerate(places):
            row = head | {"by": name} | _row(sums, member, few, part.cautions(cloud))
            if k == 0:
                row["theil_between"], row["theil_within"] = theil_parts(sums, anywhere[:, 1])
            rows.append(row)
    provenance = provenance_of(
        "concentration.method.inequality", cloud=cloud, crs=part.crs, by=by, weight=weight, few=few,
        ring_km=ring_km, **part.parameters,
    )  # fmt: skip
    return Result(_ordered(pd.DataFrame(rows)), provenance)


def _row(
    sums: NDArray[np.float64], member: NDArray[np.bool_], few: int, why: list[Reason]
) -> dict[str, Any]:
    own = sums[member[:, 1]]
    n, total = len(own), float(own.sum())
    row: dict[str, Any] = band("n_units", member.sum(axis=0).tolist())
    row |= {"n_empty": int((own == 0).sum()), "total": total}
    for name, index in _INDICES.items():
        three = [index(sums[member[:, k]]) for k in range(3)]
        if np.isnan(three[1]):
            row |= band(name, [float("nan")] * 3)
        else:
            row |= band(name, [float(np.nanmin(three)), three[1], float(np.nanmax(three))])
    # With one unit there is nothing to be unequal.
    many = n if n > 1 else float("nan")
    row |= {
        "gini_normalised": row["gini"] * many / (many - 1),
        "hhi_normalised": (row["hhi"] - 1 / many) / (1 - 1 / many),
        "theil_normalised": row["theil"] / np.log(many),
        "equal_units": 1 / row["hhi"],
    }
    if n == 0:
        why = [*why, ("no-unit", {})]
    elif total == 0:
        why = [*why, ("nothing-there", {})]
    elif n < few:
        why = [*why, ("few-units", {"n": n, "few": few})]
    elif row["n_units_low"] < few:
        why = [*why, ("few-inner", {"n": row["n_units_low"]})]
    return row | {"few": n < few} | reasons(why)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    last = ["few", "why_zh", "why_en"]
    return table[[c for c in table.columns if c not in last] + last]
