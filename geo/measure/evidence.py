"""What speaks for one reading of coordinates against another: districts and places.

A *reading* is the same rows taken to be in one reference system and converted to WGS84. Districts
tell readings apart only where rows lie near a border, so the rows on which two readings disagree
are compared in pairs (McNemar's exact test), one vote for each square kilometre: a thousand firms
in one building are one observation. Places with a known position tell them apart by offset.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.measure.planar import laea, project, project_points
from geo.words import Said

__all__ = [
    "Finding",
    "Level",
    "both",
    "by_districts",
    "by_places",
    "percent",
    "plain",
    "sign_test",
    "title",
]

Array = NDArray[np.float64]
Level = Literal["sure", "likely", "unsure"]
Readings = Mapping[str, tuple[Array, Array]]
Unit = tuple[str, str, BaseGeometry]

BORDER_ERR_M = 100.0
"""Borders are widened by their error: a row of a district then hardly ever counts as outside."""
CELL_M = 1000.0
MOVE_M = 600.0
"""A reading must also beat itself moved this far in eight directions, else it merely is the least
bad of the readings tried, or has borders on one side only."""
P_SURE, P_MOVED = 1e-4, 1e-2
MIN_SHARE = 0.7
NEAR_PLACE_M, FAR_PLACE_M = 350.0, 3000.0
SPOT_DEG = 0.005
_REACH_DEG = 5.0


@dataclass(frozen=True)
class Finding:
    """What one kind of evidence says.

    Attributes
    ----------
    of
        ``districts`` or ``places``.
    best
        The reading that it favours; blank where it tells none apart.
    level
        How strongly; ``unsure`` where it does not decide.
    against
        Readings that it speaks clearly against.
    order
        All readings, best first.
    lines
        Sentences with the figures.
    computed
        Districts only: whether they may have been computed from these very coordinates.
    """

    of: Literal["districts", "places"]
    best: str
    level: Level
    against: frozenset[str]
    order: tuple[str, ...]
    lines: tuple[Said, ...]
    computed: bool = False


def title(reading: str) -> Said | str:
    """Return a datum's or reading's name as it is written in sentences."""
    datum, _, grid = reading.partition(" in ")
    if grid:
        return Said("datum.name.within-grid", datum=title(datum), grid=title(grid))
    if reading.startswith("epsg:"):
        return reading.replace("epsg:", "EPSG:")
    return Said(f"datum.name.{reading.replace(' ', '-')}")


def both(things: Iterable[Said | str]) -> Said | str:
    """Return things joined by "and"."""
    return reduce(lambda a, b: Said("datum.list.and", a=a, b=b), things)


def percent(share: float) -> str:
    """Return a share as a sentence writes it."""
    return f"{100 * share:.1f} %"


def _with_rest(first: Said, rest: list[Said]) -> Said:
    return Said("datum.list.more", first=first, rest=rest) if rest else first


def plain(text: object) -> str:
    """Return a text in NFKC without outer blanks, so that equal words compare equal."""
    return unicodedata.normalize("NFKC", str(text)).strip()


def sign_test(wins: int, losses: int) -> float:
    """Return the chance of at least so many wins if either side were as likely (one-sided)."""
    n = wins + losses
    logs = [
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2)
        for k in range(wins, n + 1)
    ]
    return min(1.0, math.fsum(math.exp(v) for v in logs))


def _beats(wins: int, losses: int, p: float) -> bool:
    return wins >= MIN_SHARE * (wins + losses) and sign_test(wins, losses) < p


def by_districts(
    readings: Readings, districts: Sequence[object] | NDArray[Any], units: Sequence[Unit]
) -> Finding | None:
    """Compare readings by the share of rows that lie in the district that the row names.

    Parameters
    ----------
    readings
        Name to WGS84 degrees of every row; NaN where a row has none.
    districts
        Of every row, a name or a code of six digits, as the table writes it.
    units
        Code, name, outline (WGS84 degrees).

    Returns
    -------
    Finding or None
        None where fewer than ten rows name a unit.
    """
    index = _named_units(districts, units)
    outlines = {int(k): units[k][2] for k in np.unique(index[index >= 0])}
    named = index >= 0
    for lon, lat in readings.values():
        named &= np.isfinite(lon) & np.isfinite(lat)
    if named.sum() < 10:
        return None
    west, south, east, north = shapely.total_bounds(list(outlines.values()))
    middle = ((west + east) / 2, (south + north) / 2)
    reach = named.copy()
    for lon, lat in readings.values():
        # Rows from elsewhere cannot be projected here, and lie in none of the units anyway.
        reach &= (np.abs(lon - middle[0]) < (east - west) / 2 + _REACH_DEG) & (
            np.abs(lat - middle[1]) < (north - south) / 2 + _REACH_DEG
        )
    if not reach.any():
        line = Said("datum.district.nowhere", n=int(named.sum()))
        return Finding("districts", "", "unsure", frozenset(readings), tuple(readings), (line,))
    crs = laea(*middle)
    shapes = {k: project(outline, crs) for k, outline in outlines.items()}
    index = index[reach]
    spots = {
        name: project_points(lon[reach], lat[reach], crs) for name, (lon, lat) in readings.items()
    }
    wide = {k: shape.buffer(BORDER_ERR_M) for k, shape in shapes.items()}
    inside = {name: _inside(wide, index, xy) for name, xy in spots.items()}
    squares = np.floor(next(iter(spots.values())) / CELL_M).astype(np.int64)
    cell = np.unique(squares[:, 0] * 1_000_003 + squares[:, 1], return_inverse=True)[1].ravel()

    order = tuple(sorted(inside, key=lambda name: -int(inside[name].sum())))
    best, total = order[0], int(named.sum())
    shares = {name: float(inside[name].sum()) / total for name in order}
    tallies = {name: _votes(cell, inside[best], inside[name]) for name in order[1:]}
    beaten = frozenset(name for name, tally in tallies.items() if _beats(*tally, P_SURE))
    share = {name: {"share": percent(shares[name]), "datum": title(name)} for name in order}
    lead = Said("datum.district.shares", n=total, margin=BORDER_ERR_M, **share[best])
    lines = [_with_rest(lead, [Said("datum.under.share", **share[name]) for name in order[1:]])]
    if tallies:
        figures = both(
            Said("datum.district.tally", wins=wins, n=wins + losses, other=title(name))
            for name, (wins, losses) in tallies.items()
        )
        lines.append(Said("datum.district.better", datum=title(best), tallies=figures))
    against = beaten | {name for name in order if total >= 30 and shares[name] < 0.5}
    if len(beaten) < len(tallies) or shares[best] < MIN_SHARE:
        return Finding("districts", "", "unsure", frozenset(against), order, tuple(lines))
    turns = np.arange(8) * np.pi / 4
    for step in MOVE_M * np.column_stack([np.cos(turns), np.sin(turns)]):
        moved = _inside(wide, index, spots[best] + step)
        if not _beats(*_votes(cell, inside[best], moved), P_MOVED):
            lines.append(Said("datum.district.vague", datum=title(best)))
            return Finding("districts", "", "unsure", frozenset(against), order, tuple(lines))
    computed = _computed(shapes, index, spots[best])
    return Finding("districts", best, "sure", frozenset(against), order, tuple(lines), computed)


def _inside(
    shapes: Mapping[int, BaseGeometry], index: NDArray[Any], xy: Array
) -> NDArray[np.bool_]:
    found = np.zeros(len(index), dtype=bool)
    for k, shape in shapes.items():
        rows = np.flatnonzero(index == k)
        if len(rows):
            shapely.prepare(shape)
            found[rows] = shapely.contains_xy(shape, xy[rows, 0], xy[rows, 1])
    return found


def _votes(cell: NDArray[Any], one: NDArray[np.bool_], other: NDArray[np.bool_]) -> tuple[int, int]:
    """Return how many square kilometres favour the one reading, and how many the other."""
    sums = np.bincount(cell, weights=one.astype(float) - other)
    return int((sums > 0).sum()), int((sums < 0).sum())


def _computed(shapes: Mapping[int, BaseGeometry], index: NDArray[Any], xy: Array) -> bool:
    """Return whether rows agree with these borders better than borders are known.

    Districts that were written down independently lie on the wrong side of a border quite often
    within 50 m of it; districts that were looked up in these outlines never do. Where too few rows
    lie so close, nothing shows that they are independent.
    """
    half = BORDER_ERR_M / 2
    close = _inside({k: s.buffer(half) for k, s in shapes.items()}, index, xy)
    close &= ~_inside({k: s.buffer(-half) for k, s in shapes.items()}, index, xy)
    right = _inside(shapes, index, xy)[close]
    return len(right) < 10 or float(right.mean()) > 0.95


def _named_units(
    districts: Sequence[object] | NDArray[Any], units: Sequence[Unit]
) -> NDArray[np.int64]:
    """Return the unit that each row names, or -1: a name that two units share names none."""
    codes = {plain(code): k for k, (code, _, g) in enumerate(units) if _has_area(g)}
    names: dict[str, set[int]] = {}
    for k, (_, name, outline) in enumerate(units):
        if _has_area(outline) and plain(name):
            names.setdefault(plain(name), set()).add(k)

    def find(text: str) -> int:
        code = re.fullmatch(r"(\d{6})(?:\d*|\.0)", text)
        if code:
            return codes.get(code[1], -1)
        hits = names.get(text) or set().union(*(names.get(text + s, ()) for s in "区县市"))
        # An address may hold the name: taken where just one unit's name occurs in it.
        hits = hits or set().union(*(own for name, own in names.items() if name in text))
        return next(iter(hits)) if len(hits) == 1 else -1

    known: dict[object, int] = {}
    found = np.full(len(districts), -1, dtype=np.int64)
    for row, raw in enumerate(districts):
        key = raw if isinstance(raw, str) else str(raw)
        if key not in known:
            known[key] = find(plain(key)) if plain(key) else -1
        found[row] = known[key]
    return found


def _has_area(outline: BaseGeometry | None) -> bool:
    return outline is not None and not outline.is_empty and outline.area > 0


def by_places(
    readings: Readings,
    labels: Sequence[object] | NDArray[Any],
    places: Mapping[str, tuple[float, float]],
) -> Finding | None:
    """Compare readings by how far rows lie from the known place that they are named after.

    Places within some 500 m of one another, and rows of one place, count once.

    Parameters
    ----------
    readings
        Name to WGS84 degrees of every row; NaN where a row has none.
    labels
        Of every row, its name.
    places
        Name to WGS84 longitude and latitude; they may be some 300 m off.

    Returns
    -------
    Finding or None
        None where no row is named after a place.
    """
    known = {plain(name): at for name, at in places.items() if np.isfinite(at).all()}
    pairs = [(row, known[key]) for row, raw in enumerate(labels) if (key := plain(raw)) in known]
    if not pairs:
        return None
    rows, at = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs], dtype=float)
    usable = np.ones(len(rows), dtype=bool)
    for lon, lat in readings.values():
        # One degree is far beyond any place's own error, and keeps the projection in its range.
        usable &= (np.abs(lon[rows] - at[:, 0]) < 1) & (np.abs(lat[rows] - at[:, 1]) < 1)
    far = int((~usable).sum())
    rows, at = rows[usable], at[usable]
    off = np.empty((len(readings), len(rows), 2))
    if len(rows):
        crs = laea(*np.median(at, axis=0))
        for k, (lon, lat) in enumerate(readings.values()):
            off[k] = project_points(lon[rows], lat[rows], crs) - project_points(
                at[:, 0], at[:, 1], crs
            )
        close = np.hypot(*np.moveaxis(off, 2, 0)).min(axis=0) < FAR_PLACE_M
        far += int((~close).sum())
        off, at = off[:, close], at[close]
    if off.shape[1] < far:
        line = Said("datum.place.far", n=far)
        against = frozenset(readings) if far >= 3 else frozenset()
        return Finding("places", "", "unsure", against, tuple(readings), (line,))
    spot = np.unique(np.round(at / SPOT_DEG).astype(int), axis=0, return_inverse=True)[1].ravel()
    each = np.stack([np.median(off[:, spot == s], axis=1) for s in np.unique(spot)], axis=1)
    return _judge_offsets(dict(zip(readings, each, strict=True)))


def _judge_offsets(off: Mapping[str, Array]) -> Finding:
    """Judge offsets (metres, one row a place) of each reading from the places."""
    away = {name: np.hypot(*v.T) for name, v in off.items()}
    medians = {name: float(np.median(v)) for name, v in away.items()}
    order = tuple(sorted(medians, key=lambda name: medians[name]))
    best, n = order[0], len(away[order[0]])
    offset = {name: {"m": medians[name], "datum": title(name)} for name in order}
    lead = Said(f"datum.place.{'one' if n == 1 else 'several'}", n=n, **offset[best])
    line = _with_rest(lead, [Said("datum.under.offset", **offset[name]) for name in order[1:]])
    limit = max(2 * medians[best], medians[best] + 200)
    clear = [name for name in order[1:] if medians[name] >= limit]
    fit = float((away[best] <= NEAR_PLACE_M).mean())
    closer = [
        (int((away[best] < away[name]).sum()), int((away[best] > away[name]).sum()))
        for name in order[1:]
    ]
    tight = medians[best] <= 250 and len(clear) == len(order) - 1
    # Many rough places locate a shift as well as few good ones do: the shift is common to all.
    centre = np.median(off[best], axis=0)
    scatter = float(np.median(np.hypot(*(off[best] - centre).T)))
    pooled = (
        n >= 12
        and float(np.hypot(*centre)) <= 200
        and 1.5 * scatter / math.sqrt(n) <= 75
        and all(_beats(*tally, P_SURE) for tally in closer)
    )
    level: Level = "unsure"
    if pooled or (
        n >= 5
        and tight
        and fit >= (0.75 if n < 10 else 0.6)
        and all(sign_test(*tally) <= 1 / 16 for tally in closer)
    ):
        level = "sure"
    elif n >= 3 and tight and fit == 1.0 and all(medians[c] > 3 * medians[best] for c in clear):
        level = "likely"
    against = {name for name in order[1:] if level != "unsure" and medians[name] > 400}
    # However rough the places are: the median of three is not that far off in the right reading.
    against |= {name for name in order if medians[name] > (1000 if name != best else 1500)}
    return Finding(
        "places",
        best if level != "unsure" else "",
        level,
        frozenset(against) if n >= 3 else frozenset(),
        order,
        (line,),
    )
