"""Sections of a report about points and scenarios: curves, profile, gaps, fit, chance, concentration."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import pandas as pd

from geo.analysis.compare import compare
from geo.analysis.concentration import (
    dbscan_clusters,
    growth_types,
    inequality,
    kernel_density,
    local_statistics,
    location_quotients,
    mean_centres,
    nearest_neighbours,
)
from geo.analysis.curve_breaks import break_points, coverage_curves
from geo.analysis.fit import fit_belt
from geo.analysis.frontier import frontier
from geo.analysis.gaps import gaps
from geo.analysis.jitter import uncertainty
from geo.analysis.null_model import null_model
from geo.analysis.overlap import overlap
from geo.analysis.profile import profile
from geo.analysis.progress import part_of
from geo.analysis.scorecard import scorecard
from geo.analysis.strip import strip
from geo.maps.figures import Line, lines, profile_figure, strip_figure
from geo.model.items import BeltItem
from geo.report.contents import Ask, Builder
from geo.report.document import Figure, Section, Table
from geo.words import name_of

__all__ = ["POINT_SECTIONS"]

_LEFT_OUT = ("metro-station", "bus-stop", "rail-station", "airport")
"""Kinds of nodes that a strip map has no room for."""
LEAST = 30
"""With fewer points a belt is not fitted and chance is not asked."""


def _with_points(name: str, least: int = 1, *, along: bool = False) -> Callable[[Callable[[Ask, pd.DataFrame], Section]], Builder]:  # fmt: skip
    """Make a builder of a section that needs points (and axes): without them it says so."""

    def wrapped(build: Callable[[Ask, pd.DataFrame], Section]) -> Builder:
        @wraps(build)
        def section(ask: Ask) -> Section:
            if along and not ask.corridors:
                return Section(name, ask.say(f"section.{name}"), [ask.say("no-corridors")])
            if ask.points is None or len(ask.points) < least:
                key = "no-points" if ask.points is None else "few-points"
                return Section(name, ask.say(f"section.{name}"), [ask.say(key)])
            return build(ask, ask.points)

        return section

    return wrapped


def _named(frame: pd.DataFrame, ids: str, ask: Ask) -> pd.DataFrame:
    """Return a table with the names of the features whose ids are in a column."""
    own = [ask.layout[i] for i in frame[ids]]
    return frame.assign(footprint_zh=[i.name_zh for i in own], footprint_en=[i.name_en for i in own])  # fmt: skip


def _said(result: Any, ask: Ask) -> str:
    return str(result.provenance.says(ask.lang))


@_with_points("curves", along=True)
def _curves(ask: Ask, points: pd.DataFrame) -> Section:
    found = coverage_curves(points, {i.id: i for i in ask.corridors}, datum="wgs84")
    breaks = [break_points(curve) for curve in found.curves.values()]
    bends = pd.concat([b.table for b in breaks], ignore_index=True)
    drawn = []
    for item in ask.corridors:
        own = found.table[found.table["curve"] == item.id]
        at = bends.loc[bends["curve"] == item.id, "distance_km"].tolist()
        x, low, central, high = (own[c].tolist() for c in ("distance_km", "share_low", "share", "share_high"))  # fmt: skip
        drawn.append(Line(ask.name(item), x, low, central, high, at))
    figure = lines(drawn, ask.say("curves.x"), ask.say("coverage.share"), percent=True)
    tables = [
        Table("curves", ask.say("curves.table"), _named(found.table, "curve", ask), ("footprint_zh", "footprint_en", "distance_km", "count_low", "count", "count_high", "share_low", "share", "share_high")),
        Table("breaks", ask.say("curves.breaks"), _named(bends, "curve", ask), ("footprint_zh", "footprint_en", "distance_km_low", "distance_km", "distance_km_high", "slope_before", "slope_after")),
    ]  # fmt: skip
    return Section("curves", ask.say("section.curves"), [_said(found, ask), _said(breaks[0], ask)], tables, [Figure("curves", ask.say("curves.figure"), figure)])  # fmt: skip


@_with_points("profile", along=True)
def _profile(ask: Ask, points: pd.DataFrame) -> Section:
    bins, features, figures, words = [], [], [], []
    for item in ask.corridors:
        found = profile(points, item, datum="wgs84")
        own, name = found.bins, ask.name(item)
        bins.append(own.assign(corridor=item.id))
        features.append(found.features.assign(corridor=item.id))
        whole = own[own["by"] == ""]
        side = {s: ask.say(f"profile.{s}") for s in ("left", "right")}
        drawn = profile_figure(whole, ask.say("profile.x"), side["left"], side["right"])
        figures.append(Figure(f"profile-{item.id}", ask.say("profile.figure", name=name), drawn))  # fmt: skip
        places = strip(item)
        label = "name_zh" if ask.lang == "zh" else "name_en"
        nodes = places.table[
            (places.table["layer"] == "node") & ~places.table["kind"].isin(_LEFT_OUT)
        ]
        straight = strip_figure(nodes, places.widths, ask.say("profile.x"), ask.say("profile.offset"), name=label)  # fmt: skip
        figures.append(Figure(f"strip-{item.id}", ask.say("profile.strip", name=name), straight))  # fmt: skip
        words = [_said(found, ask)]
    tables = [
        Table("profile", ask.say("profile.table"), _named(pd.concat(features, ignore_index=True), "corridor", ask), ("footprint_zh", "footprint_en", "feature", "chainage_km", "from_km", "to_km", "value", "length_km_low", "length_km", "length_km_high", "share_low", "share", "share_high")),
        Table("profile-bins", ask.say("profile.bins"), _named(pd.concat(bins, ignore_index=True), "corridor", ask), most=0),
    ]  # fmt: skip
    return Section("profile", ask.say("section.profile"), words, tables, figures)


@_with_points("gaps")
def _gaps(ask: Ask, points: pd.DataFrame) -> Section:
    found = gaps(points, ask.layout, units=ask.units, ring_km=ask.ring_km, **ask.columns)
    unit_columns = (
        "unit_zh", "unit_en", "in_none_km2", "share_in_none", "count_low", "count", "count_high", "footprint_zh", "footprint_en", "distance_km", "change",
        "widen_km", "extend_km", "move_km", "azimuth_deg",
    )  # fmt: skip
    point_columns = (
        "rank", "row", "by", "weight", "footprint_zh", "footprint_en", "distance_km_low", "distance_km", "distance_km_high", "change", "widen_km", "extend_km",
        "move_km", "azimuth_deg",
    )  # fmt: skip
    tables = [
        Table("gaps-units", ask.say("gaps.units"), found.by_unit, unit_columns, most=15),
        Table("gaps-points", ask.say("gaps.points"), found.by_point, point_columns, most=15),
    ]
    return Section("gaps", ask.say("section.gaps"), [ask.say("gaps.words"), _said(found, ask)], [t for t in tables if len(t.frame)])  # fmt: skip


@_with_points("double")
def _double(ask: Ask, points: pd.DataFrame) -> Section:
    found = overlap(ask.layout, points, ring_km=ask.ring_km, **ask.columns)
    whole = found.parts[found.parts["by"] == ""] if "by" in found.parts else found.parts
    tables = [
        Table("parts", ask.say("double.parts"), found.parts, ("part_zh", "part_en", "by", "area_km2", "count_low", "count", "count_high", "sum")),
        Table("double", ask.say("double.totals"), found.totals),
    ]  # fmt: skip
    return Section("double", ask.say("section.double"), [ask.say("double.words", n=len(whole)), _said(found, ask)], tables)  # fmt: skip


def _main_belt(ask: Ask) -> BeltItem | None:
    belts = [i for i in ask.layout.of_layer("belt") if isinstance(i, BeltItem) and i.shape is not None]  # fmt: skip
    return belts[0] if belts else None


@_with_points("fit", LEAST)
def _fit(ask: Ask, points: pd.DataFrame) -> Section:
    belt = _main_belt(ask)
    if belt is None or belt.shape is None:
        return Section("fit", ask.say("section.fit"), [ask.say("fit.no-belt")])
    weight = ask.columns["weight"]
    length, width = belt.shape.length_km, belt.shape.width_km
    best = fit_belt(points, length_km=length, width_km=width, layout=ask.layout, weight=weight, datum="wgs84", progress=part_of(ask.steps.now, 0, 2))  # fmt: skip
    widths = [width * k for k in (1 / 3, 2 / 3, 1, 4 / 3, 5 / 3)]
    edge = frontier(points, lengths_km=[length], widths_km=widths, published=belt.id, layout=ask.layout, weight=weight, datum="wgs84", progress=part_of(ask.steps.now, 1, 2))  # fmt: skip
    table = edge.table
    drawn = lines(
        [Line(ask.say("fit.best"), *(table[c].tolist() for c in ("width_km", "share_low", "share", "share_high")))],
        ask.say("fit.x"), ask.say("coverage.share"), percent=True, marks=[(width, ask.name(belt))],
    )  # fmt: skip
    words = [_said(best, ask), str(name_of(edge, ask.lang, "why")), _said(edge, ask)]
    tables = [
        Table("fit", ask.say("fit.table"), best.table, ("rank", "belt_zh", "belt_en", "azimuth_deg", "lon", "lat", "count_low", "count", "count_high", "share", "share_of_best", "upper_bound", "gap")),
        Table("frontier", ask.say("fit.frontier"), table, ("length_km", "width_km", "area_km2", "count", "share_low", "share", "share_high", "share_upper", "share_per_km", "elbow")),
    ]  # fmt: skip
    return Section("fit", ask.say("section.fit", name=ask.name(belt)), words, tables, [Figure("frontier", ask.say("fit.figure"), drawn)])  # fmt: skip


@_with_points("chance", LEAST)
def _chance(ask: Ask, points: pd.DataFrame) -> Section:
    subjects = [*ask.corridors, *([belt] if (belt := _main_belt(ask)) else [])]
    found, words, failed = [], [], []
    parts = len(subjects) + 1
    for k, item in enumerate(subjects):
        tell = part_of(ask.steps.now, k, parts)
        try:
            result = null_model(points, item, draws=ask.draws, seed=ask.seed, datum="wgs84", weight=ask.columns["weight"], progress=tell)  # fmt: skip
        except ValueError as error:
            failed.append(ask.say("chance.failed", name=ask.name(item), why=str(error)))
            continue
        found.append(result.table)
        words = [_said(result, ask)]
    spread = uncertainty(
        points, ask.layout, draws=min(ask.draws, 200), seed=ask.seed, datum="wgs84",
        progress=part_of(ask.steps.now, parts - 1, parts),
    )  # fmt: skip
    tables = [Table("uncertainty", ask.say("chance.uncertainty"), spread.table, ("footprint_zh", "footprint_en", "count_low", "count", "count_high", "count_p2_5", "count_p50", "count_p97_5", "area_km2_low", "area_km2", "area_km2_high", "area_km2_p2_5", "area_km2_p97_5"))]  # fmt: skip
    if found:
        columns = ("footprint_zh", "footprint_en", "observed", "null_mean", "null_p2_5", "null_p97_5", "ratio", "p", "p_mc_low", "p_mc_high", "p_step", "why_zh", "why_en")  # fmt: skip
        tables.insert(0, Table("chance", ask.say("chance.table"), pd.concat(found, ignore_index=True), columns))  # fmt: skip
    return Section("chance", ask.say("section.chance"), [*words, *failed, _said(spread, ask)], tables)  # fmt: skip


@_with_points("concentration", LEAST)
def _concentration(ask: Ask, points: pd.DataFrame) -> Section:
    weight, words, tables = ask.columns["weight"], [], []
    columns: tuple[str, ...]
    if ask.by:
        quotients = location_quotients(points, ask.layout, by="by", datum="wgs84")
        columns = ("footprint_zh", "footprint_en", "by", "count", "lq_low", "lq", "lq_high", "lq_ci_low", "lq_ci_high", "few")  # fmt: skip
        ordered = quotients.table.sort_values("lq", ascending=False, ignore_index=True)
        tables.append(Table("quotients", ask.say("concentration.quotients"), ordered, columns, most=20))  # fmt: skip
        words.append(_said(quotients, ask))
    if ask.units is not None:
        unequal = inequality(points, ask.layout, units=ask.units, weight=weight, datum="wgs84")
        columns = ("footprint_zh", "footprint_en", "n_units", "total", "gini_low", "gini", "gini_high", "hhi", "theil", "few")  # fmt: skip
        tables.append(Table("inequality", ask.say("concentration.inequality"), unequal.table, columns))  # fmt: skip
        words.append(_said(unequal, ask))
    centres = mean_centres(points, ask.layout, by=ask.columns["by"], weight=weight, datum="wgs84")
    columns = ("by", "count", "lon", "lat", "semi_major_km", "semi_minor_km", "azimuth_deg", "azimuth_se_deg", "share_inside")  # fmt: skip
    tables.append(Table("centres", ask.say("concentration.centres"), centres.table, columns))
    tables.append(Table("azimuths", ask.say("concentration.axes"), centres.axes, ("by", "axis_zh", "axis_en", "axis_azimuth_deg", "azimuth_deg", "difference_deg_low", "difference_deg", "difference_deg_high"), most=15))  # fmt: skip
    clusters = dbscan_clusters(points, ask.layout, eps_m=1000.0, weight=weight, datum="wgs84")
    columns = ("cluster", "count", "share", "lon", "lat", "hull_km2", "density_km2", "node_zh", "node_en", "node_km")  # fmt: skip
    tables.append(Table("clusters", ask.say("concentration.clusters"), clusters.table, columns, most=15))  # fmt: skip
    words += [_said(centres, ask), _said(clusters, ask)]
    more, said = _spatial(ask, points)
    return Section("concentration", ask.say("section.concentration"), words + said, tables + more)


def _spatial(ask: Ask, points: pd.DataFrame) -> tuple[list[Table], list[str]]:
    """Return nearest neighbours, density, hot spots, and growth where the points have a year."""
    weight = ask.columns["weight"]
    near = nearest_neighbours(points, ask.layout, datum="wgs84")
    dense = kernel_density(points, ask.layout, cell_km=2.0, weight=weight, datum="wgs84")
    hot = local_statistics(points, ask.layout, cell_km=2.0, weight=weight, permutations=999, seed=ask.seed, datum="wgs84")  # fmt: skip
    spots = hot.table.sort_values("g_z", ascending=False, ignore_index=True)
    densest = dense.table.sort_values("density_km2", ascending=False, ignore_index=True)
    tables = [
        Table("neighbours", ask.say("concentration.neighbours"), near.table, ("by", "count", "area_km2", "observed_m", "expected_m", "nn_ratio_low", "nn_ratio", "nn_ratio_high", "nn_z", "nn_ratio_donnelly", "nn_z_donnelly")),
        Table("density", ask.say("concentration.density", metres=dense.provenance.parameters["bandwidth_m"]), densest, ("cell", "lon", "lat", "density_km2", "share"), most=10),
        Table("hot-spots", ask.say("concentration.hot"), spots, ("cell", "lon", "lat", "cell_value", "g_z", "q", "g_type_zh", "g_type_en", "moran", "moran_type_zh", "moran_type_en"), most=10),
    ]  # fmt: skip
    words = [_said(near, ask), _said(dense, ask), _said(hot, ask)]
    if ask.year:
        growth = growth_types(points, ask.layout, year="year", founded=ask.founded, weight=weight, ring_km=ask.ring_km, datum="wgs84")  # fmt: skip
        tables.append(Table("growth", ask.say("concentration.growth"), growth.counts, most=60))
        words.append(_said(growth, ask))
    return tables, words


def _score(ask: Ask) -> Section:
    marks, items, words = [], [], []
    if not ask.corridors:
        return Section("score", ask.say("section.score"), [ask.say("no-corridors")])
    for item in ask.corridors:
        found = scorecard(ask.layout, item.id, ask.points, draws=ask.draws, seed=ask.seed, by=ask.columns["by"], datum="wgs84")  # fmt: skip
        known = {"footprint": item.id, "footprint_zh": item.name_zh, "footprint_en": item.name_en}
        marks.append(found.marks.assign(**known))
        items.append(found.items.assign(**known))
        words.append(found.why.says(ask.lang))
    tables = [
        Table("marks", ask.say("score.marks"), pd.concat(marks, ignore_index=True), ("footprint_zh", "footprint_en", "dimension", "mark", "evidence_zh", "evidence_en", "missing_zh", "missing_en")),
        Table("items", ask.say("score.items"), pd.concat(items, ignore_index=True), ("footprint_zh", "footprint_en", "item", "value_low", "value", "value_high", "threshold", "passes")),
    ]  # fmt: skip
    return Section("score", ask.say("section.score"), [*words, _said(found, ask)], tables)


def _scenario(ask: Ask) -> Section | None:
    if ask.scenario is None:
        return None
    found = compare(
        ask.layout, ask.scenario, ask.points, units=ask.units if ask.units is not None else False, datum="wgs84",
        weight=ask.columns["weight"], ring_km=ask.ring_km,
    )  # fmt: skip
    moved = found.table[found.table["verdict"] != "even"]
    columns = ("scope", "name_zh", "name_en", "statistic", "base", "scenario", "diff_low", "diff", "diff_high", "verdict")  # fmt: skip
    words = [
        ask.say("compare.words", name=name_of(ask.scenario, ask.lang), n=len(moved)),
        _said(found, ask),
    ]
    shown = Table("changes", ask.say("compare.changes"), moved.reset_index(drop=True), columns)
    table = Table("compare", ask.say("compare.table"), found.table, columns, most=0)
    return Section("scenario", ask.say("section.scenario"), words, [shown, table])


POINT_SECTIONS: tuple[tuple[str, Builder], ...] = (
    ("curves", _curves), ("profile", _profile), ("gaps", _gaps), ("double", _double), ("fit", _fit),
    ("chance", _chance), ("concentration", _concentration), ("score", _score), ("scenario", _scenario),
)  # fmt: skip
