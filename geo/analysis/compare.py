"""A scenario against its base: every statistic with its signed difference and band, and who gains."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.analysis.bands import BLANK
from geo.analysis.compare_pairs import (
    NOWHERE,
    Pair,
    head_of,
    head_of_total,
    heads_of_units,
    is_same,
    paired,
)
from geo.analysis.footprints import Footprint, footprints_of
from geo.analysis.moves import Moves, difference_row, moves_of
from geo.analysis.nodes import nodes_in
from geo.analysis.points import Found, count
from geo.analysis.population import population
from geo.analysis.provenance import Provenance, crs_text
from geo.engine.banded import compile_banded
from geo.engine.run import Progress
from geo.engine.tally import Tally
from geo.errors import CorridorError, LayoutError, UnitsError
from geo.io.reading import AUTO
from geo.io.units import read_units
from geo.measure import project
from geo.model.layout import Layout
from geo.model.scenario import Scenario, apply_scenario

__all__ = ["COMPARE_COLUMNS", "STATISTICS", "Comparison", "compare"]

Truths = NDArray[np.bool_]

STATISTICS = ("area_km2", "nodes", "population", "count", "sum")
COMPARE_COLUMNS = (
    "scope", "id", "name_zh", "name_en", "change", "statistic", "by",
    "base_low", "base", "base_high", "scenario_low", "scenario", "scenario_high",
    "gained_low", "gained", "gained_high", "lost_low", "lost", "lost_high",
    "diff_low", "diff", "diff_high", "verdict", "source",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Comparison:
    """What :func:`compare` returns.

    Attributes
    ----------
    table
        One row for each statistic of each thing that is compared (and category). ``scope`` is
        ``footprint`` (of either layout; ``change`` says whether it is changed, unchanged, added or
        removed), ``total`` (id ``any`` or ``none``: inside of any footprint, each km² and point
        once, or of none) or ``unit`` (what lies of each administrative unit in any footprint). Then
        ``base``, ``scenario``, ``gained``, ``lost`` and ``diff`` (scenario less base, which is gained
        less lost), each with low and high, and the ``verdict``: ``gain`` or ``loss`` where the whole
        band has that sign, ``even`` where nothing changes, else ``unsure``.
    layout
        The layout with the changes made.
    points
        How the points were read and counted, or ``None`` without points.
    provenance
        Method, reference system and parameters, the changes among them.
    """

    table: pd.DataFrame
    layout: Layout
    points: Found | None
    provenance: Provenance

    def ranked(self, statistic: str = "count", scope: str = "unit") -> pd.DataFrame:
        """Return who gains and who loses: rows of one statistic that change, the most gained first."""
        own = self.table[(self.table["statistic"] == statistic) & (self.table["scope"] == scope) & (self.table["by"] == "")]  # fmt: skip
        moved = own[own["verdict"] != "even"]
        return moved.sort_values(["diff", "id"], ascending=[False, True], ignore_index=True)


def compare(
    base: Layout,
    scenario: Scenario | Layout,
    points: Any = None,
    *,
    units: gpd.GeoDataFrame | Literal[False] | None = None,
    by: str | None = None,
    weight: str | None = None,
    ring_km: float | None = None,
    datum: str = AUTO,
    lon: str | None = None,
    lat: str | None = None,
    sheet: str | None = None,
    err_m: float = 0.0,
    threads: int | None = None,
    client: Any = None,
    progress: Progress | None = None,
) -> Comparison:
    """Compare a layout with an edited one.

    Parameters
    ----------
    base
        The layout as it is.
    scenario
        Changes to it, or another layout.
    points
        Whatever ``geo.coverage`` takes, of any size; or ``None`` for areas, nodes and people alone.
    units
        Administrative units with ``adcode`` and names; by default those of the base, if it has any;
        ``False`` for none.
    ring_km
        Width of the campus rings of both.
    by, weight, datum, lon, lat, sheet, err_m, threads, client, progress
        As for ``geo.coverage``.

    Returns
    -------
    Comparison
        Bands are bounds. What base and scenario share errs together and differs by exactly 0; an
        edited footprint errs independently of what it was, so that the band of a difference is the
        least and the most that any pair of outlines within their errors can give. Population is
        interpolated, and its band is the one of the footprints' errors alone.

    Raises
    ------
    LayoutError
        If a change does not fit the layout, or there is nothing to compare.
    PointsError
        As for ``geo.coverage``.
    """
    other = apply_scenario(base, scenario) if isinstance(scenario, Scenario) else scenario
    pairs = paired(_footprints(base, ring_km), footprints_of(other, ring_km=ring_km))
    if not pairs:
        raise LayoutError("neither layout has a footprint: nothing to compare")
    frame = None if units is False else _units(base) if units is None else units
    shapes = [] if frame is None else list(np.asarray(project(frame.geometry.to_numpy(), base.crs)))
    rows = [*_area_rows(pairs, frame, shapes), *_node_rows(base, other, pairs, ring_km), *_people_rows(base, other, pairs, ring_km)]  # fmt: skip
    found = None
    if points is not None:
        outlines = [] if frame is None else list(frame.geometry)
        found = count(
            points, lambda n: _plan(pairs, outlines, n), layout=base, by=by, weight=weight, datum=datum,
            lon=lon, lat=lat, sheet=sheet, err_m=err_m, threads=threads, client=client, progress=progress,
            on_rejects=None,
        )  # fmt: skip
        rows += _point_rows(pairs, frame, found.outcome.tally, grouped=by is not None)
    changes = [c.model_dump(mode="json", exclude_defaults=True) for c in scenario.changes] if isinstance(scenario, Scenario) else []  # fmt: skip
    parameters = {"base": base.id, "scenario": scenario.id, "changes": changes, "by": by, "weight": weight}  # fmt: skip
    about = {} if found is None else {"name": found.name, "rows": found.outcome.rows, "datum": found.reading.datum, "synthetic": found.synthetic}  # fmt: skip
    return Comparison(
        pd.DataFrame(rows, columns=list(COMPARE_COLUMNS)), other, found,
        Provenance("compare.method.differences", crs_text(base.crs), parameters, about),
    )  # fmt: skip


# A base is compared again and again while somebody edits: what it alone gives is kept for a few.
@lru_cache(maxsize=4)
def _footprints(base: Layout, ring_km: float | None) -> list[Footprint]:
    return footprints_of(base, ring_km=ring_km)


@lru_cache(maxsize=4)
def _nodes(base: Layout, ring_km: float | None) -> pd.DataFrame:
    return nodes_in(base, footprints=_footprints(base, ring_km))


@lru_cache(maxsize=4)
def _people(base: Layout, ring_km: float | None) -> pd.DataFrame:
    return population(base, footprints=_footprints(base, ring_km)).table


def _units(layout: Layout) -> gpd.GeoDataFrame | None:
    try:
        return read_units(layout)
    except UnitsError:
        return None


def _shape_moves(pairs: Sequence[Pair]) -> Moves:
    def together(footprints: Sequence[Footprint | None]) -> list[Any]:
        known = [f.three for f in footprints if f is not None]
        return [shapely.union_all([t[k] for t in known]) for k in range(3)] if known else NOWHERE

    changed = [p for p in pairs if not is_same(p)]
    shared = together([p[0] for p in pairs if is_same(p)])
    before, after = (together([p[side] for p in changed]) for side in (0, 1))
    return moves_of(before, after, shared, shapely.union, shapely.difference)


def _area_rows(
    pairs: list[Pair], frame: gpd.GeoDataFrame | None, units: list[Any]
) -> Iterator[dict[str, Any]]:
    def areas(shapes: Sequence[Any], within: Any = None) -> list[float]:
        cut = shapes if within is None else [shapely.intersection(s, within) for s in shapes]
        return [float(a) / 1e6 for a in shapely.area(np.array(cut, dtype=object))]

    def row(head: dict[str, Any], m: Moves, within: Any = None) -> dict[str, Any]:
        return difference_row(head, "area_km2", *m.each(lambda shapes: areas(shapes, within)))

    for pair in pairs:
        yield row(head_of(pair), _shape_moves([pair]))
    whole = _shape_moves(pairs)
    yield row(head_of_total("any"), whole)
    for head, unit in zip(heads_of_units(frame), units, strict=True):
        yield row(head, whole, unit)


def _node_rows(
    base: Layout, other: Layout, pairs: list[Pair], ring_km: float | None
) -> Iterator[dict[str, Any]]:
    sides = [_nodes(base, ring_km), nodes_in(other, footprints=[p[1] for p in pairs if p[1] is not None])]  # fmt: skip
    for pair in pairs:
        head = head_of(pair)
        own = [n[n["footprint"] == head["id"]].set_index("node") for n in sides]
        ids = list(dict.fromkeys([*own[0].index, *own[1].index]))
        before, after = ([n[c].reindex(ids, fill_value=False).to_numpy(bool) for c in ("low", "central", "high")] for n in own)  # fmt: skip
        still = np.array([is_same(pair) and _same_node(base, other, i) for i in ids], dtype=bool)
        m = moves_of([b & ~still for b in before], [a & ~still for a in after], [b & still for b in before], np.logical_or, _less)  # fmt: skip
        yield difference_row(head, "nodes", *m.each(lambda sets: [int(v.sum()) for v in sets]))


def _same_node(base: Layout, other: Layout, name: str) -> bool:
    if name not in base or name not in other:
        return False
    a, b = base[name], other[name]
    return a.err_m == b.err_m and a.geometry is not None and a.geometry == b.geometry


def _less(a: Truths, b: Truths) -> Truths:
    return a & ~b


def _people_rows(
    base: Layout, other: Layout, pairs: list[Pair], ring_km: float | None
) -> Iterator[dict[str, Any]]:
    # The same people in the same footprint are counted once.
    kept = [p[1] for p in pairs if p[1] is not None and is_same(p)] if other.population is base.population else []  # fmt: skip
    new = [p[1] for p in pairs if p[1] is not None and not any(p[1] is k for k in kept)]
    try:
        before = _people(base, ring_km)
        fresh = population(other, footprints=new).table if new else before.iloc[:0]
    except CorridorError:
        # No figures, or no outlines to spread them over: there is nothing to compare.
        return
    same = before[before["footprint"].isin([f.id for f in kept])]
    sides = [before, fresh if same.empty else same if fresh.empty else pd.concat([fresh, same])]
    own = [t.set_index("footprint") for t in sides]
    for name in dict.fromkeys([*own[0].index, *own[1].index]):
        three = [[float(str(t.at[name, c])) if name in t.index else 0.0 for c in ("population_low", "population", "population_high")] for t in own]  # fmt: skip
        known = own[1] if name in own[1].index else own[0]
        head = {
            "scope": "footprint", "id": name, "name_zh": known.at[name, "footprint_zh"], "name_en": known.at[name, "footprint_en"],
            "change": "", "by": "", "source": known.at[name, "population_source"],
        }  # fmt: skip
        yield difference_row(head, "population", *three)


def _plan(pairs: list[Pair], units: list[Any], rows: int) -> Any:
    """Return a plan: three columns for each footprint of the base, each changed one, each unit."""
    sides = [*(p[0] for p in pairs), *(p[1] for p in pairs if not is_same(p))]
    footprints = [NOWHERE if f is None else list(f.outlines) for f in sides]
    return compile_banded([*footprints, *([u, u, u] for u in units)], rows=rows)


def _point_rows(
    pairs: list[Pair], frame: gpd.GeoDataFrame | None, tally: Tally, *, grouped: bool
) -> Iterator[dict[str, Any]]:
    """Return rows of counts and sums: sets of the tally that are gained and lost."""
    n = len(pairs)
    member = tally.sets.reshape(len(tally.sets), -1, 3)
    changed = [k for k, p in enumerate(pairs) if not is_same(p)]
    after = np.arange(n)
    after[changed] = n + np.arange(len(changed))
    base, other, units = member[:, :n], member[:, after], member[:, n + len(changed) :, 1]
    same = np.array([is_same(p) for p in pairs])

    def moved(which: Sequence[int]) -> Moves:
        own = np.zeros(n, dtype=bool)
        own[list(which)] = True
        before, after, shared = (
            list(np.asarray(s[:, own & k].any(axis=1)).T)
            for s, k in ((base, ~same), (other, ~same), (base, same))
        )
        return moves_of(before, after, shared, np.logical_or, _less)

    whole = moved(range(n))
    for k, pair in enumerate(pairs):
        yield from _counted(head_of(pair), moved([k]), tally, grouped=grouped)
    yield from _counted(head_of_total("any"), whole, tally, grouped=grouped)
    outside = Moves([~b for b in whole.base[::-1]], [~o for o in whole.other[::-1]], whole.lost, whole.gained)  # fmt: skip
    yield from _counted(head_of_total("none"), outside, tally, grouped=grouped)
    for k, head in enumerate(heads_of_units(frame)):
        here = units[:, k]
        cut = Moves(*([v & here for v in s] for s in (whole.base, whole.other, whole.gained, whole.lost)))  # fmt: skip
        yield from _counted(head, cut, tally, grouped=grouped)


def _counted(
    head: dict[str, Any], m: Moves, tally: Tally, *, grouped: bool
) -> Iterator[dict[str, Any]]:
    counts = m.each(lambda sets: tally.count(np.stack(sets, axis=1)))
    sums = None if tally.sums is None else m.each(lambda sets: _sums(tally, sets))
    names = tally.categories
    order = sorted(range(len(names)), key=lambda k: names[k]) if grouped else []
    for name, own in [("", list(range(len(names)))), *((names[k] or BLANK, [k]) for k in order)]:
        of_one = head | {"by": name}
        yield difference_row(
            of_one, "count", *([int(v) for v in c[:, own].sum(axis=1)] for c in counts)
        )
        if sums is not None:
            yield difference_row(
                of_one, "sum", *([math.fsum(v[k] for k in own) for v in s] for s in sums)
            )


def _sums(tally: Tally, inside: Sequence[Truths]) -> list[list[float]]:
    """Return low, central and high of the weight by category; a negative weight lowers what it joins."""
    low, central, high = inside
    return [tally.total(a, b) for a, b in ((low, high), (central, central), (high, low))]
