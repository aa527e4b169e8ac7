"""Sections of a report about the layout itself: map, features, audit, coverage, people, figures."""

from __future__ import annotations

from typing import Any

import pandas as pd

import geo
from geo.analysis.indicators import indicators_of
from geo.maps.figures import bars, matrix
from geo.maps.static import draw_map
from geo.report.contents import Ask, Builder
from geo.report.document import Figure, Section, Table
from geo.words import say

__all__ = ["LAST_SECTIONS", "LAYOUT_SECTIONS"]


def _section(ask: Ask, name: str, words: list[str], tables: list[Table], figures: list[Figure] | None = None) -> Section:  # fmt: skip
    return Section(name, ask.say(f"section.{name}"), words, tables, figures or [])


def _layout(ask: Ask) -> Section:
    drawn = draw_map(ask.layout, ask.lang, units=ask.units, ring_km=ask.ring_km, imprint=ask.imprint)  # fmt: skip
    frames = [ask.layout.zones, ask.layout.corridors, ask.layout.belts]
    columns = (
        "name_zh", "name_en", "kind", "status", "err_m", "length_km", "width_km", "area_km2_low", "area_km2", "area_km2_high", "source",
    )  # fmt: skip
    features = pd.concat(
        [f.drop(columns="geometry").reindex(columns=["id", "layer", *columns]) for f in frames if len(f)], ignore_index=True,
    )  # fmt: skip
    unlocated = ask.layout.unlocated
    words = [ask.say("layout.words", n=len(features), nodes=len(ask.layout.nodes), unlocated=len(unlocated))]  # fmt: skip
    tables = [Table("features", ask.say("layout.features"), features, columns)]
    if len(unlocated):
        shown = ("name_zh", "name_en", "kind", "place", "source")
        tables.append(Table("unlocated", ask.say("layout.unlocated"), unlocated, shown))
    return _section(ask, "layout", words, tables, [Figure("map", ask.say("layout.map"), drawn)])


def _audit(ask: Ask) -> Section:
    table = geo.audit(ask.layout, ask.cloud)
    verdicts = table["verdict"].value_counts()
    counts = {v.replace("-", "_"): int(verdicts.get(v, 0)) for v in ("agrees", "within-band", "differs", "not-measurable")}  # fmt: skip
    columns = (
        "subject_zh", "subject_en", "label_zh", "label_en", "stated", "unit", "qualifier", "measured_low", "measured",
        "measured_high", "verdict", "why_zh", "why_en",
    )  # fmt: skip
    order = {"differs": 0, "within-band": 1, "agrees": 2, "not-measurable": 3}
    ordered = table.sort_values("verdict", key=lambda v: v.map(order), kind="stable", ignore_index=True)  # fmt: skip
    return _section(ask, "audit", [ask.say("audit.words", n=len(table), **counts)], [Table("audit", ask.say("audit.table"), ordered, columns, most=30)])  # fmt: skip


def _areas(ask: Ask) -> Section:
    if ask.units is None:
        return _section(ask, "areas", [ask.say("no-units")], [])
    areas = geo.footprint_units(ask.layout, ask.units, footprints=ask.footprints)
    nodes = geo.node_counts(ask.layout, footprints=ask.footprints)
    none = geo.outside(ask.layout, ask.units, footprints=ask.footprints)
    area_columns = (
        "footprint_zh", "footprint_en", "unit_zh", "unit_en", "area_km2_low", "area_km2", "area_km2_high", "share_of_footprint", "share_of_unit",
    )  # fmt: skip
    node_columns = ("footprint_zh", "footprint_en", "scope", "tier", "count_low", "count", "count_high", "located", "listed", "share")  # fmt: skip
    none_columns = ("scope", "unit_zh", "unit_en", "area_km2", "in_none_km2_low", "in_none_km2", "in_none_km2_high", "share_in_none")  # fmt: skip
    tables = [
        Table("areas", ask.say("areas.units"), areas.sort_values("area_km2", ascending=False, ignore_index=True), area_columns),
        Table("nodes", ask.say("areas.nodes"), nodes[nodes["count_high"] > 0], node_columns),
        Table("none", ask.say("areas.none"), none, none_columns, most=20),
    ]  # fmt: skip
    return _section(ask, "areas", [ask.say("areas.words")], tables)


def _overlaps(ask: Ask) -> Section:
    pairs = geo.overlaps(ask.layout, footprints=ask.footprints)
    names = {f.id: ask.name(f) for f in ask.footprints}
    grid = pd.DataFrame(float("nan"), index=list(names), columns=list(names))
    for f in ask.footprints:
        grid.loc[f.id, f.id] = f.shape.area / 1e6
    for row in pairs.to_dict("records"):
        grid.loc[row["a"], row["b"]] = grid.loc[row["b"], row["a"]] = row["area_km2"]
    drawn = matrix(list(names.values()), grid.to_numpy(), ask.say("overlaps.unit"))
    columns = ("a_zh", "a_en", "b_zh", "b_en", "area_km2_low", "area_km2", "area_km2_high", "share_of_a", "share_of_b", "nested")  # fmt: skip
    return _section(
        ask, "overlaps", [ask.say("overlaps.words")], [Table("overlaps", ask.say("overlaps.table"), pairs, columns)],
        [Figure("overlaps", ask.say("overlaps.figure"), drawn)],
    )  # fmt: skip


def _population(ask: Ask) -> Section:
    found = geo.population(ask.layout, footprints=ask.footprints)
    columns = (
        "footprint_zh", "footprint_en", "population_low", "population", "population_high", "possible_low", "possible_high", "spread_share", "confidence",
    )  # fmt: skip
    words = [
        ask.say(
            "population.words", total=found.total, placed=found.placed, unplaced=found.unplaced
        ),
        say("population.method.census", ask.lang),
    ]
    return _section(
        ask, "population", words,
        [Table("population", ask.say("population.table"), found.table, columns), Table("balance", ask.say("population.balance"), found.balance, ("name_zh", "name_en", "stated", "counted", "placed", "unplaced", "why_zh", "why_en"), most=15)],
    )  # fmt: skip


def _coverage(ask: Ask) -> Section:
    if ask.points is None:
        return _section(ask, "coverage", [ask.say("no-points")], [])
    found = geo.coverage(ask.points, ask.layout, ring_km=ask.ring_km, **ask.columns)
    whole = found.table[found.table["by"] == ""]
    names = [ask.name(_Row(r)) for r in whole.to_dict("records")]
    drawn = bars(names, whole["share_low"].tolist(), whole["share"].tolist(), whole["share_high"].tolist(), ask.say("coverage.share"), percent=True)  # fmt: skip
    totals = {r["where"]: r["count"] for r in found.total_records}
    columns = ("footprint_zh", "footprint_en", "status", "by", "count_low", "count", "count_high", "share_low", "share", "share_high", "sum_low", "sum", "sum_high")  # fmt: skip
    return _section(
        ask, "coverage", [ask.say("coverage.words", **totals)],
        [Table("coverage", ask.say("coverage.table"), found.table.sort_values("by", key=lambda v: v != "", kind="stable", ignore_index=True), columns), Table("totals", ask.say("coverage.totals"), found.totals)],
        [Figure("coverage", ask.say("coverage.figure"), drawn)],
    )  # fmt: skip


class _Row:
    """A row of a table of footprints, named as a feature is."""

    def __init__(self, row: dict[Any, Any]) -> None:
        self.name_zh, self.name_en = str(row["footprint_zh"]), str(row["footprint_en"])


def _indicators(ask: Ask) -> Section:
    table = indicators_of(ask.layout)
    columns = ("label_zh", "label_en", "now_year", "now", "unit", "qualifier", "target", "progress", "pace", "source")  # fmt: skip
    return _section(ask, "indicators", [ask.say("indicators.words", n=len(table))], [Table("indicators", ask.say("indicators.table"), table, columns)])  # fmt: skip


def _method(ask: Ask) -> Section:
    words = [say(f"report.notice.{key}", ask.lang) for key in ("illustrative", "band", "crs")]
    return _section(ask, "method", [*words, ask.say("method.words")], [])


LAYOUT_SECTIONS: tuple[tuple[str, Builder], ...] = (
    ("layout", _layout), ("audit", _audit), ("areas", _areas), ("overlaps", _overlaps),
    ("population", _population), ("coverage", _coverage),
)  # fmt: skip
LAST_SECTIONS: tuple[tuple[str, Builder], ...] = (("indicators", _indicators), ("method", _method))
