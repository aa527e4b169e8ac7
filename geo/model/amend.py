"""Scenarios made step by step: a change joins those before it, and a shape drawn by hand becomes a change."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString

from geo.errors import LayoutError
from geo.measure import azimuth_deg, distance_km, laea, project
from geo.model.belt import Belt
from geo.model.changes import AddNode, Change, Lengthen, Move, Place, Turn
from geo.model.items import BeltItem, Item
from geo.model.layout import Layout
from geo.model.scenario import Scenario, apply_scenario

__all__ = ["DIGITS", "belt_changes", "belt_of", "handles_of", "redrawn", "with_change", "without"]

DIGITS = 6
"""Decimals to which a vertex that comes back from a map is the one that was given to it."""
_WHOLE = ("axis", "outline", "widen", "widths", "place")
"""Changes of which a later one leaves nothing of the one just before it."""


def with_change(layout: Layout, scenario: Scenario, change: Change) -> Scenario:
    """Return a scenario with one more change, joined to an earlier one where both are one.

    An axis that is drawn again replaces the drawing before it, a belt that is turned twice is turned
    once by the sum, a node of the scenario that is put elsewhere is added there. What cannot be told
    in one change stays two.

    Parameters
    ----------
    layout
        As published, without the scenario.
    scenario, change
        The changes so far, and one more.

    Raises
    ------
    LayoutError
        If the result does not fit the layout.
    """
    changes = list(scenario.changes)
    at = _earlier(layout, scenario, change)
    if at is None:
        changes.append(change)
    else:
        changes[at : at + 1] = _joined(layout, scenario, at, change)
    result = scenario.model_copy(update={"changes": tuple(changes)})
    apply_scenario(layout, result)
    return result


def without(layout: Layout, scenario: Scenario, number: int) -> Scenario:
    """Return a scenario without the change of a number, counted from 1.

    Raises
    ------
    LayoutError
        If there is no such change, or a later one needs it.
    """
    if not 1 <= number <= len(scenario.changes):
        raise LayoutError(f"there is no change {number}: there are {len(scenario.changes)}")
    kept = tuple(c for k, c in enumerate(scenario.changes, 1) if k != number)
    result = scenario.model_copy(update={"changes": kept})
    apply_scenario(layout, result)
    return result


def _earlier(layout: Layout, scenario: Scenario, change: Change) -> int | None:
    """Return the place of the change that a new one joins, or ``None``."""
    same = [k for k, c in enumerate(scenario.changes) if c.feature == change.feature]
    if not same:
        return None
    last = scenario.changes[same[-1]]
    if isinstance(change, Place) and isinstance(last, AddNode):
        return same[-1]
    belt = change.feature in layout and belt_of(layout[change.feature]) is not None
    if belt and change.do in ("move", "turn", "widen", "lengthen"):
        # Middle, azimuth, length and width of a belt do not depend on each other.
        return next((k for k in same[::-1] if scenario.changes[k].do == change.do), None)
    return same[-1] if last.do == change.do and change.do in _WHOLE else None


def _joined(layout: Layout, scenario: Scenario, at: int, change: Change) -> list[Change]:
    old = scenario.changes[at]
    if isinstance(old, AddNode) and isinstance(change, Place):
        err_m = old.err_m if change.err_m is None else change.err_m
        return [old.model_copy(update={"lon": change.lon, "lat": change.lat, "err_m": err_m})]
    if isinstance(old, Turn) and isinstance(change, Turn):
        by = round((old.by_deg + change.by_deg + 90) % 180 - 90, DIGITS)
        return [old.model_copy(update={"by_deg": by})] if by else []
    if isinstance(old, Move) and isinstance(change, Move):
        before = scenario.model_copy(update={"changes": scenario.changes[:at]})
        after = scenario.model_copy(update={"changes": (*scenario.changes[: at + 1], change)})
        start, end = (belt_of(apply_scenario(layout, s)[change.feature]) for s in (before, after))
        return [] if start is None or end is None else _move(change.feature, start, end.lon, end.lat)  # fmt: skip
    if isinstance(old, Lengthen) and isinstance(change, Lengthen) and change.length_km is None:
        return [old, change]
    return [change]


def belt_of(item: Item) -> Belt | None:
    """Return the rectangle of an oriented belt, or ``None`` for anything else."""
    return item.shape if isinstance(item, BeltItem) else None


def belt_changes(name: str, belt: Belt, lon: float, lat: float, azimuth: float) -> list[Change]:
    """Return the changes that take an oriented belt to another middle and azimuth.

    Parameters
    ----------
    name
        Its id.
    belt
        As it is.
    lon, lat, azimuth
        Where its middle goes, WGS84, and the azimuth of its long axis, degrees. Less than a metre or
        a hundredth of a degree is no change.
    """
    changes = _move(name, belt, lon, lat)
    by = round((azimuth - belt.azimuth_deg + 90) % 180 - 90, 2)
    return [*changes, Turn(do="turn", feature=name, by_deg=by)] if by else changes


def _move(name: str, belt: Belt, lon: float, lat: float) -> list[Change]:
    by = round(float(distance_km(belt.lon, belt.lat, lon, lat)), 3)
    if not by:
        return []
    azimuth = round(float(azimuth_deg(belt.lon, belt.lat, lon, lat)), 3) % 360
    return [Move(do="move", feature=name, by_km=by, azimuth_deg=azimuth)]


def handles_of(line: LineString, most: int = 40) -> LineString:
    """Return a line of at most so many of a line's vertices, those that make its shape.

    The vertices are chosen by the algorithm of Douglas and Peucker (1973), with the least tolerance
    (to 5 %) that leaves so few.

    Parameters
    ----------
    line, most
        WGS84; a line of no more vertices is returned as it is.
    """
    coords = shapely.get_coordinates(line)
    if len(coords) <= most:
        return line
    west, south, east, north = line.bounds
    planar = project(line, laea((west + east) / 2, (south + north) / 2))
    low, high = 0.1, float(planar.length)
    while high > 1.05 * low:
        middle = float(np.sqrt(low * high))
        few = len(shapely.get_coordinates(shapely.simplify(planar, middle, preserve_topology=False))) <= most  # fmt: skip
        low, high = (low, middle) if few else (middle, high)
    kept = shapely.get_coordinates(shapely.simplify(planar, high, preserve_topology=False))
    own = shapely.get_coordinates(planar)
    at: list[int] = []
    for vertex in kept:
        first = at[-1] + 1 if at else 0
        at.append(first + int(np.flatnonzero((own[first:] == vertex).all(axis=1))[0]))
    return LineString(coords[at])


def redrawn(line: LineString, shown: LineString, drawn: Sequence[Sequence[float]]) -> LineString:
    """Return a line after some of its vertices were edited by hand.

    Between two neighbours that were not touched the line keeps all that it had; what was moved is
    straight, as it was drawn.

    Parameters
    ----------
    line
        As it was, WGS84.
    shown
        The vertices that were given to the map: see :func:`handles_of`.
    drawn
        Longitude and latitude of the vertices that came back.

    Raises
    ------
    LayoutError
        If what was drawn is no line.
    """
    own = shapely.get_coordinates(line)
    new = _keys(np.asarray(drawn, dtype=float).reshape(-1, 2))
    if len(set(new)) < 2:
        raise LayoutError("a line needs at least two places")
    place = {key: k for k, key in reversed(list(enumerate(_keys(own))))}
    beside = set(pairwise(_keys(shapely.get_coordinates(shown))))

    def exact(key: tuple[float, float]) -> Any:
        return own[place[key]] if key in place else key

    out = [exact(new[0])]
    for a, b in pairwise(new):
        if (a, b) in beside and a in place and b in place and place[a] < place[b]:
            out.extend(own[place[a] + 1 : place[b] + 1])
        elif a != b:
            out.append(exact(b))
    return LineString(np.array(out))


def _keys(coords: NDArray[np.float64]) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in coords.round(DIGITS)]
