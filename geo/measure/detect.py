"""The datum detective: say in which reference system two columns of coordinates are.

The magnitude of the figures tells degrees from metres, and mostly the projection. In mainland China
it does not tell WGS84 from GCJ-02 and BD-09, some 600 and 1,200 m off: only names of columns,
districts (:func:`geo.measure.evidence.by_districts`) and known places (``by_places``) do. Where the
evidence does not suffice, or contradicts itself, the answer is ``unsure``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import DatumError
from geo.measure.datums import shifted, to_wgs84
from geo.measure.detection import (
    CHINA,
    DATUMS,
    LANDS,
    STRAY,
    Box,
    Clues,
    Detection,
    order_of_names,
    unsure,
    within,
)
from geo.measure.evidence import Finding, Level, Unit, both, percent, title
from geo.measure.grids import mercator, meridian, parse_datum, to_lonlat, zoned
from geo.words import Said

__all__ = ["Detection", "detect_datum", "parse_datum", "to_lonlat"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

MISSING = ((0.0, 0.0), (-0.0065, -0.0060))
"""Positions that stand for none: 0, 0 and its image when a converter took it for BD-09."""
MAJORITY = 0.6


def detect_datum(
    x: ArrayLike,
    y: ArrayLike,
    *,
    names: tuple[str, str] = ("", ""),
    districts: Sequence[object] | NDArray[Any] | None = None,
    units: Sequence[Unit] | None = None,
    places: Mapping[str, tuple[float, float]] | None = None,
    labels: Sequence[object] | NDArray[Any] | None = None,
    near: Box | None = None,
) -> Detection:
    """Say in which reference system two columns of coordinates are.

    Parameters
    ----------
    x, y
        The first and the second column, shape (n,), n up to some 50,000; NaN where unusable.
    names
        Names of the two columns.
    districts
        Of every row, the district that it says it lies in (name or code of six digits).
    units
        Districts: code, name, outline in WGS84 degrees.
    places
        Known places: name to WGS84 longitude and latitude, good to some 300 m.
    labels
        Of every row, its name, to be looked up among the places.
    near
        West, south, east, north (WGS84 degrees) of the area of interest. It decides between central
        meridians and orders of columns, never between datums.

    Raises
    ------
    DatumError
        If arrays differ in length.
    """
    first, second = np.asarray(x, dtype=float).ravel(), np.asarray(y, dtype=float).ravel()
    for other in (second, districts, labels):
        if other is not None and len(other) != len(first):
            raise DatumError(f"columns differ in length: {len(first)} and {len(other)}")
    usable = np.isfinite(first) & np.isfinite(second)
    for a, b in MISSING:
        for u, v in ((a, b), (b, a)):
            usable &= ~(np.isclose(first, u, atol=1e-7) & np.isclose(second, v, atol=1e-7))
    n = int(usable.sum())
    lines = []
    if n < len(first):
        lines.append(Said("datum.rows.usable", n=n, total=len(first)))
    if not n:
        return unsure(Said("datum.doubt.no-rows"), lines or [Said("datum.rows.none")])
    clues = Clues(names, districts, units, places, labels, near)
    with np.errstate(invalid="ignore"):
        kinds = _kinds(first, second)
    kind, swapped = max(kinds, key=lambda k: int((kinds[k] & usable).sum()))
    rows = kinds[kind, swapped] & usable
    share = float(rows.sum()) / n
    if share < MAJORITY:
        lines.append(Said("datum.rows.mixed", share=percent(share), n=n))
        return unsure(Said("datum.doubt.neither"), lines)
    if share < 1:
        what = Said(f"datum.kind.{kind}")
        lines.append(Said("datum.rows.alike", share=percent(share), n=n, kind=what))
    if kind == "degrees":
        return _degrees(first, second, rows, clues, lines)
    if swapped:
        lines.append(Said("datum.order.metres-swapped"))
        first, second = second, first
    known = {"zoned": zoned, "plain": meridian, "mercator": mercator}[kind]
    return known(first, second, rows, clues, lines, swapped)


def _kinds(first: Array, second: Array) -> dict[tuple[str, bool], Mask]:
    """Return which rows could be what, by magnitude: kind and whether the columns are swapped."""
    a, b = np.abs(first), np.abs(second)
    found = {("degrees", False): ((a <= 180) & (b <= 90)) | ((a <= 90) & (b <= 180))}
    for swapped, (east, north) in ((False, (first, second)), (True, (second, first))):
        grid = (north > 1.9e6) & (north < 6.1e6)
        zone, own = np.floor(east / 1e6), np.mod(east, 1e6)
        prefix = ((zone >= 13) & (zone <= 23)) | ((zone >= 25) & (zone <= 45))
        # From 13 to 15 million it can be either: of two that hold as many rows the first is taken,
        # and questioned there.
        found["zoned", swapped] = grid & prefix & (own > 1.5e5) & (own < 8.5e5)
        found["plain", swapped] = grid & (east > 1.5e5) & (east < 8.5e5)
        found["mercator", swapped] = (
            (east > 8.1e6) & (east < 1.51e7) & (north > 1.9e6) & (north < 7.25e6)
        )
    return found


def _order(first: Array, second: Array, clues: Clues) -> tuple[bool | None, Said]:
    """Return whether columns of degrees are swapped (None: unsure), and why."""
    n = len(first)
    plainly, reverse = int((np.abs(first) > 90).sum()), int((np.abs(second) > 90).sum())
    if max(plainly, reverse) >= 0.25 * n and max(plainly, reverse) > 3 * min(plainly, reverse):
        swapped = reverse > plainly
        share = percent(max(plainly, reverse) / n)
        return swapped, Said(f"datum.order.{'second' if swapped else 'first'}", share=share, n=n)
    here = [within(first, second, CHINA).mean(), within(second, first, CHINA).mean()]
    votes = {order_of_names(clues.names)} - {None}
    if clues.near is not None:
        inside = [
            within(*pair, clues.near, 0.05).mean() for pair in ((first, second), (second, first))
        ]
        votes |= {k == 1 for k in (0, 1) if inside[k] >= LANDS and inside[1 - k] <= STRAY}
        if max(inside) <= STRAY and max(here) >= MAJORITY:
            votes |= {False, True}
    # Western China (longitudes below 90) turned about lies in the Arctic: doubt what says that.
    votes |= {k == 1 for k in (0, 1) if votes and here[k] >= MAJORITY and here[1 - k] <= STRAY}
    if len(votes) == 1:
        swapped = bool(votes.pop())
        return swapped, Said("datum.order.said-swapped" if swapped else "datum.order.said")
    return None, Said("datum.order.open")


def _degrees(first: Array, second: Array, rows: Mask, clues: Clues, lines: list[Said]) -> Detection:
    swapped, why = _order(first[rows], second[rows], clues)
    lines.append(why)
    if swapped is None:
        return unsure(Said("datum.doubt.swapped"), lines, DATUMS)
    lon, lat = (second, first) if swapped else (first, second)
    turned = rows & ~(np.abs(lat) <= 90)
    rows = rows & ~turned
    if turned.any():
        lines.append(Said("datum.order.turned", n=int(turned.sum())))
    if np.abs(lon[rows]).max() <= np.pi and np.abs(lat[rows]).max() <= np.pi / 2:
        lines.append(Said("datum.degrees.radians"))
        return unsure(Said("datum.doubt.radians"), lines, ("wgs84",), swapped)
    # A shift reaches 1.5 km, so whoever is nearer to the edge may have been moved across it.
    edge = np.zeros(len(lon), dtype=bool)
    for dx, dy in ((0, 0), (0.02, 0), (-0.02, 0), (0, 0.02), (0, -0.02)):
        edge[rows] |= shifted(lon[rows] + dx, lat[rows] + dy)
    inside = rows & shifted(np.where(rows, lon, 0), np.where(rows, lat, 0))
    if not inside.any() and edge.sum() <= STRAY * rows.sum():
        level: Level = "likely" if edge.any() else "sure"
        lines.append(Said("datum.degrees.outside", n=int(rows.sum())))
        return Detection("wgs84", swapped, level, tuple(lines), ("wgs84",))
    if not inside.any():
        lines.append(Said("datum.degrees.edge"))
        return unsure(Said("datum.doubt.edge"), lines, DATUMS, swapped)
    n = int(rows.sum())
    lines.append(Said("datum.degrees.inside", share=percent(inside.sum() / n), n=n))
    coarse = inside & _coarse(lon) & _coarse(lat)
    if coarse.any():
        lines.append(Said("datum.degrees.coarse", share=percent(coarse.sum() / inside.sum())))
    if (_whole(lon[inside] * 1000) & _whole(lat[inside] * 1000)).mean() > 0.5:
        lines.append(Said("datum.degrees.thousandths"))
    fine = inside & ~coarse
    readings = {"wgs84": (lon, lat)}
    for datum in DATUMS[1:]:
        moved = np.full_like(lon, np.nan), np.full_like(lat, np.nan)
        moved[0][fine], moved[1][fine] = to_wgs84(lon[fine], lat[fine], datum)
        readings[datum] = moved
    findings = clues.findings(readings, fine) if fine.any() else []
    return _judge(findings, clues, lines, swapped)


def _whole(values: Array) -> Mask:
    return np.asarray(np.abs(values - np.round(values)) < 1e-6)


def _coarse(degrees: Array) -> Mask:
    """Return which figures have two decimals or whole minutes.

    Cut off rather than rounded, they are 500 m off on average, and all to the same side: BD-09 cut
    to two decimals looks like GCJ-02.
    """
    with np.errstate(invalid="ignore"):
        return _whole(degrees * 100) | (np.abs(degrees * 60 - np.round(degrees * 60)) < 1e-4)


def _judge(findings: list[Finding], clues: Clues, lines: list[Said], swapped: bool) -> Detection:
    """Weigh names, districts and places on degrees in China against each other."""
    for finding in findings:
        lines += finding.lines
    order = findings[-1].order if findings else DATUMS
    # Looked up by raw coordinates in these outlines, districts speak for WGS84 in any datum.
    empty = [f for f in findings if f.best == "wgs84" and f.computed]
    if empty:
        lines.append(Said("datum.district.computed"))
        findings = [f for f in findings if f not in empty]
    against = frozenset().union(*(f.against for f in findings))
    firm = {f.best: f for f in findings if f.level != "unsure"}
    named = clues.named
    if named:
        datums = both(title(d) for d in sorted(named))
        lines.append(Said("datum.names.say", columns=clues.columns, datums=datums))
        said = next(iter(named))
        base = "wgs84" if said == "cgcs2000" else said
        if len(named) > 1 or base not in DATUMS:
            return unsure(Said("datum.doubt.names"), lines, order, swapped)
        if base in against or set(firm) - {base}:
            return unsure(Said("datum.doubt.names-contradicted"), lines, order, swapped)
        return Detection(said, swapped, "sure", tuple(lines), (said,))
    if not firm:
        lines.append(Said("datum.degrees.nothing"))
        doubt = Said("datum.doubt.computed" if empty else "datum.doubt.nothing")
        return unsure(doubt, lines, order, swapped)
    if len(firm) > 1 or set(firm) & against:
        return unsure(Said("datum.doubt.contradiction"), lines, order, swapped)
    best = next(iter(firm))
    backing = [f for f in findings if f.best == best]
    level: Level = "sure" if any(f.level == "sure" for f in backing) else "likely"
    if best == "wgs84" and not any(f.of == "places" for f in backing):
        # The same in outlines from elsewhere cannot be seen, and always speaks for WGS84.
        level = "likely"
        lines.append(Said("datum.district.unless-computed"))
    rest = () if level == "sure" else tuple(d for d in order if d != best)
    return Detection(best, swapped, level, tuple(lines), (best, *rest))
