"""The longer questions of the page 布带: the best place, the frontier, chance, positional error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

import geo
from app import data, frame, inputs, maps, memo, mine, state, take, units_panel
from app.belt_parts import (
    ACROSS,
    BEST,
    CONTAIN,
    DRAWS,
    EDGE,
    LENGTHS,
    ROTATE,
    SEED,
    STEPS,
    STUDY,
    WIDEST,
    cloud,
    groups_named,
    put_belt,
)
from geo.analysis.belt_lab import BeltLab
from geo.analysis.fit import BeltFit
from geo.analysis.frontier import Frontier
from geo.analysis.jitter import Uncertainty
from geo.analysis.null_model import NullModel
from geo.analysis.study_area import without_seams
from geo.analysis.subjects import united
from geo.engine.run import Progress
from geo.maps.belt_charts import Across, draws_chart, frontier_chart, frontier_figure
from geo.maps.belt_features import belt_features, rival_features
from geo.maps.figures import figure_file
from geo.maps.web import features_json, group_of
from geo.measure import area_km2
from geo.words import Lang, name_of, say
from geo.words.figures import figure

__all__ = ["layer_of", "show"]

T = TypeVar("T")


def show(view: str, lab: BeltLab) -> None:
    """Draw one of the longer questions."""
    found = mine.ask()
    if found is not None:
        {"fit": _fit, "frontier": _frontier, "chance": _chance, "sway": _sway}[view](lab, found)


def layer_of(lab: BeltLab) -> gpd.GeoDataFrame:
    """Return the belt as a layer: WGS84, with names, status, source and what is known of it."""
    row = lab.footprint.row() | lab.footprint.origin() | lab.summary.iloc[0].to_dict()
    named = {"id": row.pop("footprint"), "name_zh": row.pop("footprint_zh"), "name_en": row.pop("footprint_en")}  # fmt: skip
    return gpd.GeoDataFrame([named | row], geometry=[lab.belt.footprint], crs=4326)


def _computed(part: str, key: tuple[Any, ...], make: Callable[[Progress], T]) -> T | None:
    """Return what the button of a part has computed for these parameters, or ``None``."""
    lang = state.lang()
    label = say(f"beltpage.page.{part}-run", lang)
    held: dict[Any, T] = memo.kept(("belt", part), dict)
    if st.button(label, key=f"belt-run-{part}", type="primary"):
        with frame.working(label) as progress:
            result = make(progress)
        held.clear()
        held[key] = result
    if key not in held:
        st.caption(say("beltpage.page.stale", lang))
        return None
    return held[key]


def _what(found: mine.Mine, lang: Lang) -> str:
    return say("beltpage.page.points", lang) if found.weight is None else found.weight


def _size(lab: BeltLab) -> dict[str, str]:
    return {"length": f"{lab.belt.length_km:g}", "width": f"{lab.belt.width_km:g}"}


def _contain() -> str | None:
    seats = len(data.shown().seats) > 0
    wanted = seats and inputs.switch(CONTAIN, say("beltpage.page.contain", state.lang()))
    return "seats" if wanted else None


# -- the best place -----------------------------------------------------------------------------


def _fit(lab: BeltLab, found: mine.Mine) -> None:
    lang = state.lang()
    st.caption(say("beltpage.page.fit-intro", lang, what=frame.plain(_what(found, lang)), **_size(lab)))  # fmt: skip
    with frame.controls():
        contain = _contain()
        best = int(inputs.number(BEST, say("beltpage.page.best", lang)))
    length, width = lab.belt.length_km, lab.belt.width_km
    key = (data.key(), found.key, length, width, contain, best)
    result = _computed("fit", key, lambda progress: geo.fit_belt(
        cloud(found), length_km=length, width_km=width, contain=contain, best=best, layout=data.shown(),
        by=found.by, weight=found.weight, progress=progress,
    ))  # fmt: skip
    if result is not None:
        _fitted(result, lab, found, contain, best)


def _fitted(
    result: BeltFit, lab: BeltLab, found: mine.Mine, contain: str | None, best: int
) -> None:
    lang, table = state.lang(), result.table
    total = float(cloud(found).weight.sum())
    first = table[~table["published"]].iloc[0]
    low, share, high = _shares(first, total)
    text = say("beltpage.page.fit-found", lang, share=share, low=low, high=high, bound=f"{result.upper_bound / total:.1%}", gap=f"{result.gap:.2%}")  # fmt: skip
    parts = [text]
    for row in table[table["published"]].to_dict("records"):
        name = frame.plain(name_of(row, lang, "belt"))
        parts.append(say("beltpage.page.fit-published", lang, name=name, share=_shares(row, total)[1], part=f"{row['share_of_best']:.1%}"))  # fmt: skip
    st.markdown("".join(parts) if lang == "zh" else " ".join(parts))
    row_of = st.container(horizontal=True)
    for k, (row, belt) in enumerate(zip(table.to_dict("records"), result.belts, strict=True)):
        if not row["published"]:
            label = say("beltpage.page.use", lang, n=str(row["belt"]).removeprefix("fit-"), share=_shares(row, total)[1])  # fmt: skip
            row_of.button(label, on_click=put_belt, args=(belt,), key=f"belt-use-{k}")
    with_shares = table.assign(share_shown=[float(r["planar_value"]) / total for r in table.to_dict("records")])  # fmt: skip
    groups = [
        group_of(features_json(rival_features(with_shares, result.belts, lang, value="share_shown"))),
        group_of(features_json(belt_features(lab.belt, list(lab.footprint.outlines), lab.seats, list(data.shown().seats.geometry), lang))),
    ]  # fmt: skip
    clicked = maps.draw([*maps.ground(), *groups], key="belt-fit-map", height=420)
    chosen = (clicked.id or "").removeprefix("fit:")
    if (clicked.id or "").startswith("fit:") and chosen.isdigit() and int(chosen) < len(table):
        picked, belt = table.iloc[int(chosen)], result.belts[int(chosen)]
        label = say("beltpage.page.use", lang, n=frame.plain(name_of(picked, lang, "belt")), share=_shares(picked, total)[1])  # fmt: skip
        st.button(label, on_click=put_belt, args=(belt,), key="belt-use-clicked")
    columns = ["rank", "belt_zh", "belt_en", "lon", "lat", "azimuth_deg", "share_of_best", "count_low", "count", "count_high", "share_low", "share", "share_high", "sum_low", "sum", "sum_high"]  # fmt: skip
    frame.table(table[[c for c in columns if c in table]])
    tables = {"fit": table} | ({"groups": result.groups} if len(result.groups) else {})
    calls = [
        f"found = geo.fit_belt(points, length_km={lab.belt.length_km!r}, width_km={lab.belt.width_km!r}, contain={contain!r}, best={best}, layout=layout, by=by, weight=weight)",
        "fit = found.table", *(["groups = found.groups"] if "groups" in tables else []),
    ]  # fmt: skip
    take.along("belt-fit", tables, calls=calls, layers={"fit": _layer(result.layer)}, methods=[result.provenance])  # fmt: skip


def _shares(row: Any, total: float) -> tuple[str, str, str]:
    """Return low, central and high of what a belt takes, of the weight where there is one."""
    if "sum" in row and total:
        return tuple(f"{row[c] / total:.1%}" for c in ("sum_low", "sum", "sum_high"))  # type: ignore[return-value]
    return tuple(f"{row[c]:.1%}" for c in ("share_low", "share", "share_high"))  # type: ignore[return-value]


def _layer(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return belts that were found as a layer with names and status."""
    named = layer.rename(columns={"belt": "id", "belt_zh": "name_zh", "belt_en": "name_en"})
    if "id" not in named:
        names = [f"{r['length_km']:g} × {r['width_km']:g} km" for r in named.to_dict("records")]
        named = named.assign(id=[f"frontier-{k}" for k in range(1, len(named) + 1)], name_zh=names, name_en=names)  # fmt: skip
    return named.assign(status="illustrative")


# -- the frontier -------------------------------------------------------------------------------


def _frontier(lab: BeltLab, found: mine.Mine) -> None:
    lang = state.lang()
    st.caption(say("beltpage.page.frontier-intro", lang))
    with frame.controls():
        contain = _contain()
        lengths = [float(v) for v in inputs.many(LENGTHS, say("beltpage.page.lengths", lang), str)]
        widest = inputs.number(WIDEST, say("beltpage.page.widest", lang))
        steps = int(inputs.number(STEPS, say("beltpage.page.steps", lang)))
        inputs.choice(ACROSS, say("beltpage.page.across", lang), lambda v: say(f"beltpage.page.across-{v}", lang), form="segmented")  # fmt: skip
    if not lengths:
        frame.note(say("beltpage.page.no-length", lang))
        return
    widths = [round(float(w), 1) for w in np.linspace(widest / steps, widest, steps)]
    key = (data.key(), found.key, tuple(lengths), tuple(widths), contain)
    result = _computed("frontier", key, lambda progress: geo.frontier(
        cloud(found), lengths_km=lengths, widths_km=widths, contain=contain, layout=data.shown(),
        weight=found.weight, progress=progress,
    ))  # fmt: skip
    if result is not None:
        _frontier_shown(result, found, lengths, widths, contain)


def _frontier_shown(
    result: Frontier,
    found: mine.Mine,
    lengths: list[float],
    widths: list[float],
    contain: str | None,
) -> None:
    lang, (table, published) = state.lang(), result.shares
    across: Across = "width_km" if inputs.value_of(ACROSS) == "width" else "area_km2"
    title = say(f"beltpage.page.across-{inputs.value_of(ACROSS)}", lang)
    st.markdown(frame.plain(result.why_zh if lang == "zh" else result.why_en))
    st.altair_chart(
        frontier_chart(table, published, lang, across=across, what=found.weight or ""), width="stretch",
        alt=say("beltpage.chart.frontier-alt", lang, across=title, n=len(table), first=f"{table['share'].min():.1%}", last=f"{table['share'].max():.1%}"),
    )  # fmt: skip
    columns = ["length_km", "belt_width_km", "area_km2", "share_low", "share", "share_high", "share_upper", "share_per_km", "elbow", "published"]  # fmt: skip
    frame.table(table.rename(columns={"width_km": "belt_width_km"})[columns])
    calls = [
        f"found = geo.frontier(points, lengths_km={lengths!r}, widths_km={widths!r}, contain={contain!r}, layout=layout, weight=weight)",
        "frontier, published = found.shares",
    ]  # fmt: skip
    take.along(
        "belt-frontier", {"frontier": table, "published": published}, calls=calls,
        layers={"frontier": _layer(result.layer)}, methods=[result.provenance],
        figure=lambda form: figure_file(frontier_figure(table, published, lang, across=across, what=found.weight or ""), form, dpi=300),
    )  # fmt: skip


# -- chance -------------------------------------------------------------------------------------


def _chance(lab: BeltLab, found: mine.Mine) -> None:
    lang = state.lang()
    st.caption(say("beltpage.page.chance-intro", lang))
    if data.units("city") is None:
        units_panel.lacking(say("beltpage.page.units-none", lang))
        return
    with frame.controls():
        study = inputs.choice(STUDY, say("beltpage.page.study", lang), lambda v: say(f"beltpage.page.study-{v}", lang))  # fmt: skip
        edge: Any = inputs.choice(EDGE, say("beltpage.page.edge", lang), lambda v: say(f"beltpage.page.edge-{v}", lang), help=say("beltpage.page.edge-help", lang))  # fmt: skip
        draws = int(inputs.choice(DRAWS, say("beltpage.page.draws", lang), str, form="segmented"))
        rotate = inputs.switch(ROTATE, say("beltpage.page.rotate", lang))
        seed = int(inputs.number(SEED, say("beltpage.page.seed", lang)))
    key = (data.key(), found.key, lab.belt, lab.footprint.err_m, study, edge, draws, rotate, seed)
    result = _computed("chance", key, lambda progress: geo.null_model(
        cloud(found), [lab.footprint], study_area=_study(study, lab), draws=draws, seed=seed, rotate=rotate,
        edge=edge, by=found.by, weight=found.weight, progress=progress,
    ))  # fmt: skip
    if result is not None:
        _chance_shown(result, lab, found)


def _study(study: str, lab: BeltLab) -> Any:
    """Return the area in which belts may lie: all units, or the cities that the belt lies in."""
    if study == "all":
        return data.shown()
    cities = data.units("city")
    assert cities is not None
    return without_seams(united(cities[cities.intersects(lab.belt.footprint)]))


def _chance_shown(result: NullModel, lab: BeltLab, found: mine.Mine) -> None:
    lang, row = state.lang(), result.table.iloc[0]
    told = result.provenance.parameters
    st.markdown(say(
        "beltpage.page.chance-found", lang, p=f"{row['p']:.3g}", low=f"{row['p_low']:.3g}", high=f"{row['p_high']:.3g}",
        ratio=figure(row["ratio"], 3), area=f"{area_km2(result.study_area):,.0f}", draws=f"{row['draws']:,}", seed=told["seed"],
    ))  # fmt: skip
    st.caption(frame.plain(str(row[f"why_{lang}"])))
    what = say("beltpage.page.count", lang) if found.weight is None else say("beltpage.page.sum", lang, weight=found.weight)  # fmt: skip
    unit = 1.0 if told["edge"] == "inside" else float(row["area_km2"])
    title = what if unit == 1.0 else say("beltpage.page.per-km2", lang, what=what)
    stem = "count" if found.weight is None else "sum"
    observed = tuple(float(row[f"{stem}{end}"]) / unit for end in ("_low", "", "_high"))
    _histogram(result.draws["value"], observed, title, lang)
    columns = ["by", "observed", "null_mean", "null_p2_5", "null_p97_5", "ratio", "p_low", "p", "p_high", "p_adjusted"]  # fmt: skip
    frame.table(groups_named(result.table[columns]))
    belt = lab.belt
    calls = [
        f"belt = geo.Belt({belt.lon!r}, {belt.lat!r}, {belt.azimuth_deg!r}, {belt.length_km!r}, {belt.width_km!r})",
        "from geo.analysis.belt_lab import belt_lab", "from geo.analysis.study_area import without_seams",
        "from geo.analysis.subjects import united", f"footprint = belt_lab(belt, layout, belt_err_m={lab.footprint.err_m!r}).footprint",
        *(["cities = geo.read_units(layout, 'city')", "area = without_seams(united(cities[cities.intersects(belt.footprint)]))"] if inputs.value_of(STUDY) == "taken" else ["area = layout"]),
        f"found = geo.null_model(points, [footprint], study_area=area, draws={told['draws']}, seed={told['seed']}, rotate={told['rotate']}, edge={told['edge']!r}, by=by, weight=weight)",
        "chance, draws = found.table, found.draws",
    ]  # fmt: skip
    take.along("belt-chance", {"chance": result.table, "draws": result.draws}, calls=calls, methods=[result.provenance])  # fmt: skip


def _histogram(values: pd.Series, observed: Any, title: str, lang: Lang) -> None:
    st.altair_chart(
        draws_chart(values.tolist(), observed, title, lang), width="stretch",
        alt=say("beltpage.chart.draws-alt", lang, n=f"{len(values):,}", least=figure(values.min()), most=figure(values.max()), observed=figure(observed[1])),
    )  # fmt: skip


# -- positional error ---------------------------------------------------------------------------


def _sway(lab: BeltLab, found: mine.Mine) -> None:
    lang, err = state.lang(), lab.footprint.err_m
    if not err:
        frame.note(say("beltpage.page.sway-none", lang))
        return
    st.caption(say("beltpage.page.sway-intro", lang, err=figure(err)))
    with frame.controls():
        draws = int(inputs.choice(DRAWS, say("beltpage.page.draws", lang), str, form="segmented"))
        seed = int(inputs.number(SEED, say("beltpage.page.seed", lang)))
    key = (data.key(), found.key, lab.belt, err, draws, seed)
    result = _computed("sway", key, lambda progress: geo.uncertainty(
        cloud(found), lab.belt, draws=draws, seed=seed, axis_sd_m=err / 2, by=found.by, weight=found.weight,
        progress=progress,
    ))  # fmt: skip
    if result is not None:
        _sway_shown(result, lab)


def _sway_shown(result: Uncertainty, lab: BeltLab) -> None:
    lang, row = state.lang(), result.table.iloc[0]
    told, belt = result.provenance.parameters, lab.belt
    values = {k: f"{row[c]:,.0f}" for k, c in {"count": "count", "low": "count_low", "high": "count_high", "from": "count_p2_5", "to": "count_p97_5"}.items()}  # fmt: skip
    st.markdown(say("beltpage.page.sway-found", lang, draws=f"{row['draws']:,}", seed=told["seed"], **values))  # fmt: skip
    observed = tuple(float(row[c]) for c in ("count_low", "count", "count_high"))
    _histogram(result.draws["count"], observed, say("beltpage.page.count", lang), lang)
    columns = ["by", "count_low", "count", "count_high", "count_p2_5", "count_p50", "count_p97_5", "sum_low", "sum", "sum_high", "sum_p2_5", "sum_p50", "sum_p97_5"]  # fmt: skip
    frame.table(groups_named(result.table[[c for c in columns if c in result.table]]))
    calls = [
        f"belt = geo.Belt({belt.lon!r}, {belt.lat!r}, {belt.azimuth_deg!r}, {belt.length_km!r}, {belt.width_km!r})",
        f"found = geo.uncertainty(points, belt, draws={told['draws']}, seed={told['seed']}, axis_sd_m={lab.footprint.err_m / 2!r}, by=by, weight=weight)",
        "sway, draws = found.table, found.draws",
    ]  # fmt: skip
    take.along("belt-sway", {"sway": result.table, "draws": result.draws}, calls=calls, methods=[result.provenance])  # fmt: skip
