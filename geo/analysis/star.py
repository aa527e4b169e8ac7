"""The star of a belt: its hub, and the cities that support it (主链–配套)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.analysis.city_masses import Masses, masses_of
from geo.analysis.links import ways
from geo.analysis.provenance import Provenance, provenance_of
from geo.errors import PointsError
from geo.measure import azimuth_deg, distance_km
from geo.model.items import BeltItem, Item
from geo.model.layout import Layout
from geo.network.travel import Straight, Travel

__all__ = ["ROLE_COLUMNS", "STAR_COLUMNS", "Star", "belts_with_roles", "star", "star_masses"]

_BANDED = ("population", "nodes", "points")
STAR_COLUMNS = (
    "belt", "seat", "seat_zh", "seat_en", "role", "hub", "hub_zh", "hub_en", "km_low", "km", "km_high", "azimuth_deg",
    "km_network_low", "km_network", "km_network_high", "minutes_low", "minutes", "minutes_high", "estimate",
)  # fmt: skip
ROLE_COLUMNS = ("belt", "role", "holding", "cities", "value_low", "value", "value_high", "share_low", "share", "share_high")  # fmt: skip


@dataclass(frozen=True, eq=False)
class Star:
    """What :func:`star` returns.

    Attributes
    ----------
    table
        One row a seat: its role, the hub it belongs to (the nearest of the main ones), how far that
        is, and for ``population``, ``nodes`` and ``points``, where they are known, its amount and
        ``share`` of all seats that have one, each with a band.
    roles
        One row for each role and ``holding``: the amount of its cities and their share; the shares of the
        roles add up to 1.
    left_out
        Seats without a figure of a mass, and why.
    provenance
        Method and parameters.
    """

    table: pd.DataFrame
    roles: pd.DataFrame
    left_out: pd.DataFrame
    provenance: Provenance


def belts_with_roles(layout: Layout) -> list[BeltItem]:
    """Return the belts whose seats have roles, a main one among them."""
    belts = [i for i in layout.of_layer("belt") if isinstance(i, BeltItem)]
    return [b for b in belts if "main" in b.properties.roles.values()]


def star(
    layout: Layout,
    belt: str | None = None,
    *,
    travel: Travel | None = None,
    points: Any = None,
    tier: str | None = None,
    masses: Mapping[str, Masses] | None = None,
    **reading: Any,
) -> Star:
    """Return the hub of a belt and its supporting cities: how far, and who holds what.

    Parameters
    ----------
    layout
        The layout.
    belt
        Id of a belt with roles; by default the first.
    travel
        How the way to the hub is found; straight lines, an estimate, by default.
    points
        Points to share out, from any source; by the city that they lie in.
    tier
        Tier of the nodes to share out; by default all that are counted.
    masses
        What :func:`star_masses` gave already.
    **reading
        ``weight``, ``datum``, ``lon``, ``lat``, ``sheet``, ``err_m`` as for ``geo.coverage``.

    Returns
    -------
    Star
        Distances: geodesic, bounds from the errors of both ends. Shares: low takes a city's least
        with the others' most, high the other way round. Census figures have no positional band.

    Raises
    ------
    PointsError
        If no belt has roles, or none of its main seats has a position.
    """
    item = _belt(layout, belt)
    way = travel or Straight()
    table = _distances(item, layout, way)
    own = masses or star_masses(layout, points=points, tier=tier, **reading)
    roles, lost = [], []
    for name, found in own.items():
        known = found.table.set_index("id")
        for end in ("_low", "", "_high"):
            table[f"{name}{end}"] = table["seat"].map(known[f"city_mass{end}"])
        table = _with_shares(table, name)
        roles += _by_role(table, name)
        missing = found.left_out[found.left_out["id"].isin(table["seat"])]
        lost.append(missing.assign(holding=name))
    made = provenance_of("links.method.star", belt=item.id, tier=tier or "", **dict(way.parameters))
    return Star(
        table, pd.DataFrame(roles, columns=list(ROLE_COLUMNS)), pd.concat(lost, ignore_index=True), made
    )  # fmt: skip


def star_masses(
    layout: Layout, *, points: Any = None, tier: str | None = None, **reading: Any
) -> dict[str, Masses]:
    """Return what each city holds: ``population``, ``nodes`` and, where there are any, ``points``.

    The parameters are those of :func:`star`, and ``progress``.
    """
    found = {"population": masses_of(layout, "population")}
    found["nodes"] = masses_of(layout, f"nodes:{tier}" if tier else "nodes")
    if points is not None:
        found["points"] = masses_of(layout, "points", points=points, **reading)
    return found


def _belt(layout: Layout, belt: str | None) -> BeltItem:
    known = belts_with_roles(layout)
    if belt is None and known:
        return known[0]
    found = next((b for b in known if b.id == belt), None)
    if found is None:
        names = ", ".join(b.id for b in known)
        hint = f"use one of {names}" if names else "give a belt seats and roles (main, supporting) in belts.geojson"  # fmt: skip
        raise PointsError(f"layout {layout.id!r} has no belt {f'{belt!r} ' if belt else ''}with a main seat: {hint}")  # fmt: skip
    return found


def _distances(item: BeltItem, layout: Layout, way: Travel) -> pd.DataFrame:
    roles = item.properties.roles
    seats = [layout[name] for name in item.properties.seats if name in roles]
    hubs = [s for s in seats if roles[s.id] == "main" and s.geometry is not None]
    if not hubs:
        raise PointsError(f"no main seat of {item.id} has a position: place one, such as in a scenario")  # fmt: skip
    rows = []
    for seat in seats:
        row: dict[str, Any] = {"belt": item.id, "seat": seat.id, "seat_zh": seat.name_zh, "seat_en": seat.name_en, "role": roles[seat.id], "estimate": way.estimate}  # fmt: skip
        if seat.geometry is not None:
            row |= _to_hub(seat, seat if seat in hubs else _nearest(seat, hubs), way)
        rows.append(row)
    return pd.DataFrame(rows, columns=list(STAR_COLUMNS))


def _nearest(seat: Item, hubs: list[Item]) -> Item:
    x, y = _at(seat)
    return min(hubs, key=lambda h: float(distance_km(x, y, *_at(h))))


def _at(item: Item) -> tuple[float, float]:
    point = shapely.centroid(item.geometry)
    return point.x, point.y


def _to_hub(seat: Item, hub: Item, way: Travel) -> dict[str, Any]:
    row: dict[str, Any] = {"hub": hub.id, "hub_zh": hub.name_zh, "hub_en": hub.name_en}
    if seat is hub:
        return row | {f"{c}{e}": 0.0 for c in ("km", "km_network", "minutes") for e in ("_low", "", "_high")}  # fmt: skip
    here, there = _at(hub), _at(seat)
    err = (seat.err_m or 0.0) + (hub.err_m or 0.0)
    row["azimuth_deg"] = float(azimuth_deg(*here, *there))
    costs = {"km": (float(distance_km(*here, *there)), err / 1000)}
    for name, of in (("km_network", "km"), ("minutes", "minutes")):
        cost = float(ways(way, np.array([here]), np.array([there]), of)[0])
        costs[name] = (cost if np.isfinite(cost) else float("nan"), float(way.slack(err, of=of)))  # type: ignore[arg-type]
    for name, (value, slack) in costs.items():
        row |= {f"{name}_low": max(value - slack, 0.0), name: value, f"{name}_high": value + slack}
    return row


def _with_shares(table: pd.DataFrame, name: str) -> pd.DataFrame:
    low, central, high = (table[f"{name}{e}"].to_numpy(float) for e in ("_low", "", "_high"))
    known = ~np.isnan(central)
    shares = _shares(np.nan_to_num(low), np.nan_to_num(central), np.nan_to_num(high))
    blank = {f"share_{name}{e}": np.where(known, s, np.nan) for e, s in zip(("_low", "", "_high"), shares, strict=True)}  # fmt: skip
    return table.assign(**blank)


def _shares(low: Any, central: Any, high: Any) -> list[Any]:
    """Return bounds of each one's share of all, from bounds of the amounts."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return [
            low / (low + (high.sum() - high)), central / central.sum(), high / (high + (low.sum() - low))
        ]  # fmt: skip


def _by_role(table: pd.DataFrame, name: str) -> list[dict[str, Any]]:
    known = table[table[name].notna()]
    if not len(known):
        return []
    columns = [f"{name}{e}" for e in ("_low", "", "_high")]
    sums = known.groupby("role", sort=False)[columns].sum()
    three = _shares(*(sums[c].to_numpy(float) for c in columns))
    return [
        {
            "belt": known["belt"].iloc[0], "role": role, "holding": name, "cities": int((known["role"] == role).sum()),
            "value_low": sums.loc[role, columns[0]], "value": sums.loc[role, columns[1]], "value_high": sums.loc[role, columns[2]],
            "share_low": three[0][k], "share": three[1][k], "share_high": three[2][k],
        }
        for k, role in enumerate(sums.index)
    ]  # fmt: skip
