"""Double counting between footprints: pair by pair, and as disjoint parts that add up to the union."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.analysis.areas import OUTSIDE, overlaps, planar_units
from geo.analysis.bands import band, by_category
from geo.analysis.footprints import Footprint, footprints_of, union_of
from geo.analysis.points import Counted, Found, count
from geo.analysis.provenance import Provenance, provenance_of
from geo.engine.banded import compile_banded
from geo.engine.run import Progress
from geo.engine.tally import Tally
from geo.errors import PointsError
from geo.io.positions import Rejects
from geo.io.reading import AUTO
from geo.model.layout import FOOTPRINT_LAYERS, Layout
from geo.words import say

__all__ = ["Level", "Overlap", "overlap"]

Level = Literal["layer", "footprint"]
_LEAST_M2 = 1.0
"""A part smaller than this is rounding of the overlay."""


@dataclass(frozen=True, eq=False, repr=False)
class Overlap:
    """What :func:`overlap` returns.

    Attributes
    ----------
    pairs
        One row for each pair ``a``, ``b`` of footprints or layers in both orders, and for each with
        itself: ``area_km2``, ``count`` and ``sum`` of what lies in both, with bands.
    parts
        One row for each combination that occurs (``part``: its ids with ``+``; ``members`` of them)
        and category: ``area_km2``, ``count`` and ``sum`` with bands of what lies in all of these
        and in no other. The blank part is what lies in none: points alone.
    totals
        ``each`` footprint added up, the union counted ``once``, what is counted again (``double``,
        their difference), and what lies in ``several``; with bands.
    by_unit
        The parts in each administrative unit; empty without units.
    counted
        How the points were read; ``None`` without points.
    provenance
        How it came about.
    """

    pairs: pd.DataFrame
    parts: pd.DataFrame
    totals: pd.DataFrame
    by_unit: pd.DataFrame
    counted: Counted | None
    provenance: Provenance

    def matrix(self, value: str = "area_km2") -> pd.DataFrame:
        """Return a column of the pairs as a square table, such as ``count`` or ``sum_high``."""
        order = list(dict.fromkeys(self.pairs["a"]))
        wide = self.pairs.pivot(index="a", columns="b", values=value)
        return wide.reindex(index=order, columns=order)


def overlap(
    layout: Layout,
    points: Any = None,
    *,
    units: gpd.GeoDataFrame | None = None,
    level: Level = "layer",
    footprints: Sequence[Footprint] | None = None,
    ring_km: float | None = None,
    by: str | None = None,
    weight: str | None = None,
    datum: str = AUTO,
    lon: str | None = None,
    lat: str | None = None,
    sheet: str | None = None,
    err_m: float = 0.0,
    threads: int | None = None,
    client: Any = None,
    progress: Progress | None = None,
    on_rejects: Callable[[Rejects], None] | None = None,
) -> Overlap:
    """Return what is counted more than once, as a matrix and as disjoint parts.

    Parameters
    ----------
    layout
        The layout.
    points
        As for ``geo.coverage``; without them only areas.
    units
        Administrative units (``geo.read_units``), to split the parts by.
    level
        ``layer``: 城, 廊 and 带, each the union of its footprints; ``footprint``: each on its own.
    footprints
        By default all of the layout, the campus rings as one.
    ring_km
        Width of the campus rings.
    by, weight, datum, lon, lat, sheet, err_m, threads, client, progress, on_rejects
        As for ``geo.coverage``.

    Returns
    -------
    Overlap
        Low of a part counts what is surely in all of its footprints and surely in no other, high
        what may be: bounds from the inner and outer offsets. Parts that only may occur, but do not
        by the footprints as they are, have no row. The parts add up to the union.

    Raises
    ------
    PointsError
        If the points cannot be read, or there is nothing to overlap.
    """
    if level not in ("layer", "footprint"):
        raise PointsError(f"unknown level {level!r}: layer or footprint")
    own = list(footprints_of(layout, ring_km=ring_km) if footprints is None else footprints)
    own = [f for f in own if not f.shape.is_empty]
    if level == "layer":
        own = [_layer(layer, [f for f in own if f.layer == layer]) for layer in FOOTPRINT_LAYERS if any(f.layer == layer for f in own)]  # fmt: skip
    if not own:
        raise PointsError(f"layout {layout.id!r} has no footprints: nothing to overlap")
    counted, found = None, None
    if points is not None:
        outlines: list[Any] = [f.outlines for f in own]
        if units is not None:
            outlines += [np.array([g] * 3, dtype=object) for g in units.geometry]
        found = count(
            points, lambda rows: compile_banded(outlines, rows=rows), layout=layout, by=by, weight=weight, datum=datum,
            lon=lon, lat=lat, sheet=sheet, err_m=err_m, threads=threads, client=client, progress=progress,
            on_rejects=on_rejects,
        )  # fmt: skip
        counted = _Counted.of(found, len(own), grouped=by is not None, weighed=weight is not None)
    cut = _cut([f.shape for f in own])
    combos = sorted({*cut, *(counted.combos() if counted is not None else ())}, key=lambda c: (sum(c), [not x for x in c]))  # fmt: skip
    provenance = provenance_of(
        "profile.method.overlap", crs=layout.crs, level=level, footprints=[f.id for f in own], ring_km=ring_km, by=by,
        weight=weight,
    )  # fmt: skip
    if counted is not None:
        provenance = Provenance(
            provenance.method, provenance.crs, provenance.parameters, counted.points
        )
    split = pd.DataFrame() if units is None else _by_unit(own, combos, cut, layout, units, counted)
    return Overlap(
        _pairs(layout, own, counted), _parts(own, combos, counted), _totals(own, counted), split,
        None if found is None else Counted(**found.fields()), provenance,
    )  # fmt: skip


def _layer(layer: str, those: Sequence[Footprint]) -> Footprint:
    low, central, high = union_of(those)
    return Footprint(
        id=layer, name_zh=say(f"model.layer.{layer}", "zh"), name_en=say(f"model.layer.{layer}", "en"), kind="",
        layer=layer, status="computed", err_m=max(f.err_m for f in those), shape=central, inner=low, outer=high,
        source="; ".join(dict.fromkeys(f.source for f in those)),
        confidence=min((f.confidence for f in those), key=["n/a", "low", "medium", "high"].index),
        crs=those[0].crs,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Counted:
    """Points by the sets of footprints, and of units, that they lie in."""

    tally: Tally
    member: NDArray[np.bool_]
    """Shape (sets, footprints, 3)."""
    unit: NDArray[np.bool_]
    """Shape (sets, units, 3)."""
    grouped: bool
    weighed: bool
    points: dict[str, Any]

    @classmethod
    def of(cls, found: Found, footprints: int, *, grouped: bool, weighed: bool) -> _Counted:
        tally, fields = found.outcome.tally, found.fields()
        member = tally.sets.reshape(len(tally.sets), -1, 3)
        points = {
            "name": found.name, "rows": fields["rows"] - fields["rejected"], "rejected": fields["rejected"],
            "datum": found.reading.datum, "synthetic": found.synthetic,
        }  # fmt: skip
        return cls(tally, member[:, :footprints], member[:, footprints:], grouped, weighed, points)

    def combos(self) -> set[tuple[bool, ...]]:
        return {tuple(map(bool, row)) for row in self.member[:, :, 1]} | {(False,) * self.member.shape[1]}  # fmt: skip

    def part(self, combo: tuple[bool, ...]) -> NDArray[np.bool_]:
        """Return which sets are surely, probably and perhaps in a part."""
        own, rest = self.member[:, np.array(combo)], self.member[:, ~np.array(combo)]
        # Surely in no other is what is not even perhaps there.
        return np.asarray(own.all(axis=1) & ~np.asarray(rest.any(axis=1))[:, ::-1])

    def rows(self, three: NDArray[np.bool_], *, whole: bool = False) -> list[dict[str, Any]]:
        """Return counts and sums with bands; of all categories together only, if ``whole``."""
        grouped = self.grouped and not whole
        rows = by_category(self.tally, three, grouped=grouped, weighed=self.weighed)
        gone = ("total", "share_low", "share", "share_high")
        return [{k: v for k, v in row.items() if k not in gone} for row in rows]

    def row(self, three: NDArray[np.bool_]) -> dict[str, Any]:
        return {k: v for k, v in self.rows(three, whole=True)[0].items() if k != "by"}


def _cut(shapes: Sequence[BaseGeometry]) -> dict[tuple[bool, ...], BaseGeometry]:
    """Return the disjoint parts of shapes by the combination that holds each."""
    parts: dict[tuple[bool, ...], BaseGeometry] = {}
    union: BaseGeometry = shapely.Polygon()
    for k, shape in enumerate(shapes):
        cut = {(*c, True): shapely.intersection(p, shape) for c, p in parts.items()}
        cut |= {(*c, False): shapely.difference(p, shape) for c, p in parts.items()}
        cut[(*(False,) * k, True)] = shapely.difference(shape, union)
        parts = {c: p for c, p in cut.items() if p.area > _LEAST_M2}
        union = shapely.union(union, shape)
    return parts


def _three(own: Sequence[Footprint], combo: tuple[bool, ...], within: Any = None) -> NDArray[np.float64]:  # fmt: skip
    """Return the area of a part, km²: low, central, high."""
    if not any(combo):
        return np.full(3, np.nan)
    held = [f.three for f, there in zip(own, combo, strict=True) if there]
    others = [f.three for f, there in zip(own, combo, strict=True) if not there]
    shapes = held[0] if within is None else shapely.intersection(held[0], within)
    for three in held[1:]:
        shapes = shapely.intersection(shapes, three)
    for three in others:
        shapes = shapely.difference(shapes, three[::-1])
    return np.asarray(shapely.area(shapes) / 1e6)


def _named(own: Sequence[Footprint], combo: tuple[bool, ...]) -> dict[str, Any]:
    held = [f for f, there in zip(own, combo, strict=True) if there]
    texts = {"part": [f.id for f in held], "part_zh": [f.name_zh for f in held], "part_en": [f.name_en for f in held]}  # fmt: skip
    return {name: " + ".join(text) for name, text in texts.items()} | {"members": len(held)}


def _parts(own: Sequence[Footprint], combos: Any, counted: _Counted | None) -> pd.DataFrame:
    rows = []
    for combo in combos:
        area = band("area_km2", _three(own, combo).tolist())
        head = _named(own, combo)
        if counted is None:
            rows.append(head | area)
            continue
        for row in counted.rows(counted.part(combo)):
            # An area belongs to no category.
            rows.append(head | (area if row["by"] == "" else dict.fromkeys(area, float("nan"))) | row)  # fmt: skip
    return pd.DataFrame(rows)


def _pairs(layout: Layout, own: Sequence[Footprint], counted: _Counted | None) -> pd.DataFrame:
    found = {(r["a"], r["b"]): r for r in overlaps(layout, footprints=own).to_dict("records")}
    names = ("area_km2_low", "area_km2", "area_km2_high")
    rows = []
    for i, a in enumerate(own):
        whole = (shapely.area(a.three) / 1e6).tolist()
        for j, b in enumerate(own):
            known = found.get((a.id, b.id)) or found.get((b.id, a.id))
            area = whole if i == j else [known[n] if known is not None else 0.0 for n in names]
            row = {
                "a": a.id, "a_zh": a.name_zh, "a_en": a.name_en, "b": b.id, "b_zh": b.name_zh, "b_en": b.name_en,
                **band("area_km2", area), "share_of_a": area[1] / whole[1],
            }  # fmt: skip
            if counted is not None:
                row |= counted.row(counted.member[:, i] & counted.member[:, j])
            rows.append(row)
    return pd.DataFrame(rows)


def _totals(own: Sequence[Footprint], counted: _Counted | None) -> pd.DataFrame:
    each = np.sum([shapely.area(f.three) for f in own], axis=0) / 1e6
    once = shapely.area(union_of(own)) / 1e6
    several = np.array([_twice([f.three[k] for f in own]) for k in range(3)])
    areas = {"each": each, "once": once, "double": np.maximum(each - once, 0), "several": several}
    rows: list[dict[str, Any]] = [{"where": w} | band("area_km2", a.tolist()) for w, a in areas.items()]  # fmt: skip
    if counted is not None:
        times = counted.member.sum(axis=1)
        for row, level in zip(rows, (times, np.minimum(times, 1), np.maximum(times - 1, 0), times > 1), strict=True):  # fmt: skip
            row |= _weighted(counted, np.asarray(level, dtype=np.int64))
    return pd.DataFrame(rows)


def _weighted(counted: _Counted, times: NDArray[np.int64]) -> dict[str, Any]:
    """Return counts and sums of points that count several times: one layer of the count at a time."""
    layers = [counted.row(times > k) for k in range(max(int(times.max(initial=0)), 1))]
    return {name: sum(layer[name] for layer in layers) for name in layers[0]}


def _twice(shapes: Sequence[BaseGeometry]) -> float:
    parts = _cut(shapes)
    return float(sum(p.area for combo, p in parts.items() if sum(combo) > 1)) / 1e6


def _by_unit(
    own: Sequence[Footprint], combos: Any, cut: Any, layout: Layout, units: gpd.GeoDataFrame, counted: _Counted | None
) -> pd.DataFrame:  # fmt: skip
    shapes = planar_units(layout, units)
    names = [{f"unit_{k}": units[c].iat[n] for k, c in (("id", "adcode"), ("zh", "name_zh"), ("en", "name_en"))} for n in range(len(units))]  # fmt: skip
    rows = []
    for combo in combos:
        head = _named(own, combo)
        part = cut.get(combo, shapely.Polygon())
        reach = (
            shapely.intersects(shapes, part) if not part.is_empty else np.zeros(len(shapes), bool)
        )
        three = None if counted is None else counted.part(combo)
        rest = band("area_km2", [float("nan")] * 3)
        for k, name in enumerate(names):
            points = (
                {} if counted is None or three is None else counted.row(three & counted.unit[:, k])
            )
            if reach[k] or points.get("count_high"):
                area = band("area_km2", _three(own, combo, shapes[k]).tolist())
                rows.append(name | head | area | points)
        if counted is not None and three is not None:
            # In no unit for sure is what is not even perhaps in one.
            points = counted.row(three & ~np.asarray(counted.unit.any(axis=1))[:, ::-1])
            if points["count_high"]:
                blank = {"unit_id": OUTSIDE, "unit_zh": "", "unit_en": ""}
                rows.append(blank | head | rest | points)
    return pd.DataFrame(rows)
