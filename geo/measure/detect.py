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
    percent,
    unsure,
    within,
)
from geo.measure.evidence import Finding, Level, Unit, title
from geo.measure.grids import mercator, meridian, parse_datum, to_lonlat, zoned

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
        lines.append(f"{n:,} of {len(first):,} rows hold coordinates (others are blank or 0, 0)")
    if not n:
        return unsure("no row holds coordinates", lines or ["There are no rows"])
    clues = Clues(names, districts, units, places, labels, near)
    with np.errstate(invalid="ignore"):
        kinds = _kinds(first, second)
    kind, swapped = max(kinds, key=lambda k: int((kinds[k] & usable).sum()))
    rows = kinds[kind, swapped] & usable
    share = float(rows.sum()) / n
    if share < MAJORITY:
        lines.append(
            f"Only {percent(share)} of {n:,} rows look alike: the column mixes degrees and metres, or "
            "holds neither"
        )
        return unsure("the figures are neither degrees nor metres of a known grid", lines)
    if share < 1:
        lines.append(f"{percent(share)} of {n:,} rows are {_WHAT[kind]}; the others are left out")
    if kind == "degrees":
        return _degrees(first, second, rows, clues, lines)
    if swapped:
        lines.append("The first column holds northings and the second eastings")
        first, second = second, first
    known = {"zoned": zoned, "plain": meridian, "mercator": mercator}[kind]
    return known(first, second, rows, clues, lines, swapped)


_WHAT = {
    "degrees": "degrees",
    "zoned": "metres with a zone prefix",
    "plain": "metres without a zone prefix",
    "mercator": "metres of the size of Web Mercator",
}


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


def _order(first: Array, second: Array, clues: Clues) -> tuple[bool | None, str]:
    """Return whether columns of degrees are swapped (None: unsure), and why."""
    n = len(first)
    plainly, reverse = int((np.abs(first) > 90).sum()), int((np.abs(second) > 90).sum())
    if max(plainly, reverse) >= 0.25 * n and max(plainly, reverse) > 3 * min(plainly, reverse):
        swapped = reverse > plainly
        which = ("first", "second")[swapped]
        return swapped, (
            f"The {which} column exceeds 90 in {percent(max(plainly, reverse) / n)} of {n:,} rows: it "
            "holds longitudes" + ", so the columns are swapped" * swapped
        )
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
        said = "are swapped" if swapped else "hold longitude, then latitude"
        return swapped, f"Both columns stay below 90; by their names or the area they {said}"
    return None, "Both columns stay below 90: which one holds latitudes is open"


def _degrees(first: Array, second: Array, rows: Mask, clues: Clues, lines: list[str]) -> Detection:
    swapped, why = _order(first[rows], second[rows], clues)
    lines.append(why)
    if swapped is None:
        return unsure("the columns may be swapped", lines, DATUMS)
    lon, lat = (second, first) if swapped else (first, second)
    turned = rows & ~(np.abs(lat) <= 90)
    rows = rows & ~turned
    if turned.any():
        lines.append(f"{turned.sum():,} rows have longitude and latitude the other way round")
    if np.abs(lon[rows]).max() <= np.pi and np.abs(lat[rows]).max() <= np.pi / 2:
        lines.append("No figure exceeds pi: these may be radians")
        return unsure("these may be radians", lines, ("wgs84",), swapped)
    # A shift reaches 1.5 km, so whoever is nearer to the edge may have been moved across it.
    edge = np.zeros(len(lon), dtype=bool)
    for dx, dy in ((0, 0), (0.02, 0), (-0.02, 0), (0, 0.02), (0, -0.02)):
        edge[rows] |= shifted(lon[rows] + dx, lat[rows] + dy)
    inside = rows & shifted(np.where(rows, lon, 0), np.where(rows, lat, 0))
    if not inside.any() and edge.sum() <= STRAY * rows.sum():
        level: Level = "likely" if edge.any() else "sure"
        lines.append(
            f"All {rows.sum():,} points lie outside mainland China, where datums do not differ"
        )
        return Detection("wgs84", swapped, level, tuple(lines), ("wgs84",))
    if not inside.any():
        lines.append("The points lie within 2 km of where datums begin to differ")
        return unsure("the points lie on the edge of the shifted area", lines, DATUMS, swapped)
    lines.append(
        f"{percent(inside.sum() / rows.sum())} of {rows.sum():,} points lie in mainland China, where "
        "GCJ-02 is some 600 m and BD-09 1,200 m off WGS84"
    )
    coarse = inside & _coarse(lon) & _coarse(lat)
    if coarse.any():
        lines.append(
            f"{percent(coarse.sum() / inside.sum())} of the points are rounded to 0.01 degrees or a "
            "minute (a kilometre or so), too coarse to tell datums apart"
        )
    if (_whole(lon[inside] * 1000) & _whole(lat[inside] * 1000)).mean() > 0.5:
        lines.append("Most points have three decimals (100 m), which blurs the comparison")
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


def _judge(findings: list[Finding], clues: Clues, lines: list[str], swapped: bool) -> Detection:
    """Weigh names, districts and places on degrees in China against each other."""
    for finding in findings:
        lines += finding.lines
    order = findings[-1].order if findings else DATUMS
    # Looked up by raw coordinates in these outlines, districts speak for WGS84 in any datum.
    empty = [f for f in findings if f.best == "wgs84" and f.computed]
    if empty:
        lines.append(
            "The rows follow the outlines of the districts to the metre, as they would in any datum "
            "if the districts had been looked up with these very coordinates: this proves nothing"
        )
        findings = [f for f in findings if f not in empty]
    against = frozenset().union(*(f.against for f in findings))
    firm = {f.best: f for f in findings if f.level != "unsure"}
    named = clues.named
    if named:
        lines.append(
            f"The columns {clues.columns} name {' and '.join(title(d) for d in sorted(named))}"
        )
        said = next(iter(named))
        base = "wgs84" if said == "cgcs2000" else said
        if len(named) > 1 or base not in DATUMS:
            doubt = "the columns' names speak of another or of several reference systems"
            return unsure(doubt, lines, order, swapped)
        if base in against or set(firm) - {base}:
            doubt = "what the columns' names say is contradicted by where the points lie"
            return unsure(doubt, lines, order, swapped)
        return Detection(said, swapped, "sure", tuple(lines), (said,))
    if not firm:
        lines.append("Nothing tells WGS84 (CGCS2000), GCJ-02 and BD-09 apart here")
        doubt = "nothing tells the datums apart"
        if empty:
            doubt = "the districts may have been looked up with these very coordinates"
        return unsure(doubt, lines, order, swapped)
    if len(firm) > 1 or set(firm) & against:
        return unsure("the evidence contradicts itself", lines, order, swapped)
    best = next(iter(firm))
    backing = [f for f in findings if f.best == best]
    level: Level = "sure" if any(f.level == "sure" for f in backing) else "likely"
    if best == "wgs84" and not any(f.of == "places" for f in backing):
        # The same in outlines from elsewhere cannot be seen, and always speaks for WGS84.
        level = "likely"
        lines.append(
            "The districts speak for WGS84 unless they had been looked up with these coordinates"
        )
    rest = () if level == "sure" else tuple(d for d in order if d != best)
    return Detection(best, swapped, level, tuple(lines), (best, *rest))
