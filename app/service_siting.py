"""选址: where the next stations do most, who stays beyond, and what one more place would change."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import pandas as pd
import streamlit as st

from app import data, frame, inputs, maps, memo, mine, state, take, travel
from app.later import kept_later
from app.parts import figures
from app.served import people_note
from app.siting_asked import AT, PARAMETERS, Asked, asked, says
from geo.analysis.siting import Curve, Sites, Trial, site, site_curve, site_trial
from geo.errors import PointsError
from geo.maps.cover_features import banded_text, shade_legend
from geo.maps.siting_charts import VALUES, gain_chart
from geo.maps.siting_features import (
    SHARES,
    demand_features,
    site_features,
    siting_key,
    trial_feature,
    unit_features_of,
)
from geo.maps.web import features_json, group_of
from geo.words import name_of, say
from geo.words.figures import figure

__all__ = ["PARAMETERS", "show"]

QUICK = {"mclp": 1_000_000, "lscp": 200_000, "p-median": 100_000, "p-center": 200_000}
"""Up to so many pairs of demand and facility a model is solved at once."""
SECONDS = 60.0
MOST_CURVE, CURVE_PAIRS, RANKED_PAIRS = 10, 20_000_000, 5_000_000
"""Of more pairs no curve is drawn, and a place that is tried is not ranked: a click must answer at once."""
MOST_LISTED = 300
FAR_M = 20_000.0


def show() -> None:
    """Draw the view."""
    frame.intro("siting.page.intro")
    a = asked()
    if a is None:
        return
    travel.note(a.travel)
    try:
        found = _solved(a)
    except PointsError as error:
        if not error.problems:
            raise
        names = say("coverpages.population.comma", state.lang()).join(map(str, error.problems[:20]))
        st.warning(frame.plain(says("unreached", n=len(error.problems), names=names)))
        _unlocated(a)
        return
    if found is None:
        _unlocated(a)
        return
    tried = _tried(a)
    _numbers(a, found)
    _map(a, found, tried)
    if tried is not None:
        _trial(a, *tried)
    curve = _curve(a, found)
    _unlocated(a)
    _tables(a, found)
    _along(a, found, tried, curve)


def _solved(a: Asked) -> Sites | None:
    def make(progress: Any) -> Sites:
        found: Sites = site(
            a.demand, a.candidates, model=a.model, n=a.n, existing=a.existing, within=a.within, of=a.of, travel=a.travel,
            capacity=a.capacity, seconds=SECONDS, progress=progress,
        )  # fmt: skip
        return found

    key = ("siting", *a.key)
    if (
        travel.quick(a.travel, min(len(a.demand), len(a.candidates)))
        and a.capacity is None
        and a.pairs <= QUICK[a.model]
    ):
        return memo.kept(key, lambda: make(None))
    hint = says("press", pairs=f"{a.pairs:,}", s=f"{SECONDS:.0f}")
    return kept_later(key, make, label=says("working"), hint=hint, button=says("compute"))


def _of(a: Asked) -> str:
    return say(f"siting.out.{a.of}", state.lang())


def _band(row: Any, name: str, *, percent: bool = False) -> tuple[str, str]:
    value, _, band = banded_text(row, name, percent=percent).partition(" (")
    return value, band.rstrip(")")


def _quality(found: Sites) -> str:
    return says("best") if found.optimal else says("gap", gap=f"{100 * found.gap:.1f}%")


def _numbers(a: Asked, found: Sites) -> None:
    rows = {str(r["stage"]): r for r in found.totals.to_dict("records")}
    now, before = rows["all"], rows.get("existing")

    def was(name: str, *, percent: bool = False) -> str:
        if before is None or not math.isfinite(float(before[name])):
            return "–"
        return f"{100 * before[name]:.1f}%" if percent else figure(before[name])

    limit = f"{a.within:g} {_of(a)}"
    own = mine.current()
    weighed = a.demand.what == "points" and own is not None and own.weight
    what = frame.plain(own.weight) if weighed and own is not None and own.weight else says(f"what-{'units' if a.demand.what == 'units' else 'points'}")  # fmt: skip
    shown = [(says("number-new"), str(len(found.chosen)), "")]
    shown.append((says("number-share", before=was("share_covered", percent=True)), *_band(now, "share_covered", percent=True)))  # fmt: skip
    shown.append((says("number-covered", limit=limit, what=what), *_band(now, "covered")))
    shown.append((says("number-beyond"), *_band(now, "beyond")))
    key, name = ("max", "max_cost") if a.model == "p-center" else ("mean", "mean_cost")
    shown.append((says(f"number-{key}", of=_of(a), before=was(name)), *_band(now, name)))
    figures(shown)
    if found.optimal:
        st.success(_quality(found), icon=":material/verified:")
    else:
        st.info(_quality(found))


def _map(a: Asked, found: Sites, tried: tuple[Trial, float, float] | None) -> None:
    lang, units = state.lang(), data.units()
    by_unit = a.demand.what == "units" and units is not None and len(found.by_group) > 0
    if by_unit:
        under = unit_features_of(units, found.by_group, lang)
    else:
        name = ("siting dots", *a.key, lang)
        under = memo.kept(name, lambda: demand_features(found.served, lang, data.shown().crs, within=a.within))  # fmt: skip
    groups = [*maps.ground(names=False), group_of(features_json(under))]
    groups.append(group_of(features_json(site_features(found.sites, lang))))
    if tried is not None:
        groups.append(group_of(features_json([trial_feature(*tried[1:], tried[0].change, lang)])))
    clicked = maps.draw(groups, key="siting", height=430)
    st.html(siting_key(lang, points=not by_unit))
    if by_unit:
        st.html(shade_legend(SHARES, say("siting.map.shade", lang), percent=True))
    st.caption(says("click"))
    if clicked.fresh and clicked.lon is not None and clicked.lat is not None:
        place = f"{clicked.lon:.5f},{clicked.lat:.5f}"
        if place != state.value_of(AT):
            state.remember(AT, place)
            st.rerun()


def _tried(a: Asked) -> tuple[Trial, float, float] | None:
    """Return what the place that was clicked would change, and where it is."""
    try:
        lon, lat = (float(part) for part in str(state.value_of(AT)).split(","))
    except ValueError:
        return None
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        return None

    def make() -> Trial:
        found: Trial = site_trial(
            a.demand, a.existing, (lon, lat), within=a.within, of=a.of, travel=a.travel,
            candidates=a.candidates if a.pairs <= RANKED_PAIRS else None,
        )  # fmt: skip
        return found

    return memo.kept(("siting trial", *a.key, lon, lat), make), lon, lat


def _trial(a: Asked, tried: Trial, lon: float, lat: float) -> None:
    change = tried.change.iloc[0].to_dict()
    before, after = tried.totals.to_dict("records")
    shown = [(says("trial-gained"), *_band(change, "gained"))]
    shown.append((says("trial-share", before=f"{100 * before['share_covered']:.1f}%"), *_band(after, "share_covered", percent=True)))  # fmt: skip
    mean = figure(before["mean_cost"]) if math.isfinite(before["mean_cost"]) else "–"
    shown.append((says("trial-mean", of=_of(a), before=mean), *_band(after, "mean_cost")))
    if tried.rank:
        shown.append((says("trial-rank"), says("trial-of", rank=tried.rank, m=len(a.candidates) + 1), ""))  # fmt: skip
    with st.container(border=True):
        st.markdown(f"**{says('trial', lon=f'{lon:.4f}', lat=f'{lat:.4f}', k=len(a.existing or ()))}**")  # fmt: skip
        figures(shown)
        if not change["gained"]:
            st.caption(says("trial-none"))
        st.button(says("trial-clear"), on_click=lambda: inputs.put(AT, ""), key="siting-clear", type="tertiary")  # fmt: skip


def _curve(a: Asked, found: Sites) -> Curve | None:
    """Show what each further site adds, where that is quickly known."""
    if a.pairs > CURVE_PAIRS or not a.quick or a.capacity is not None:
        return None
    most = max(MOST_CURVE, a.n or len(found.chosen))

    def make() -> Curve:
        made: Curve = site_curve(a.demand, a.candidates, model=a.model, most=most, existing=a.existing, within=a.within, of=a.of, travel=a.travel, method="greedy")  # fmt: skip
        return made

    curve = memo.kept(("siting curve", *a.key, most), make)
    lang, value, at = state.lang(), VALUES[a.model], len(found.chosen)
    row = curve.table[curve.table["n"] == min(at, int(curve.table["n"].max()))].iloc[0]
    percent = value.startswith("share")
    text = f"{100 * row[value]:.1f}%" if percent else figure(row[value])
    what = say(f"siting.chart.{value}", lang, of=_of(a))
    st.markdown(f"**{says('curve')}**")
    st.altair_chart(gain_chart(curve.table, a.model, a.of, lang, at=at), theme="streamlit", alt=says("curve-alt", what=what, n=at, value=text))  # fmt: skip
    st.caption(says(f"curve-{curve.method}"))
    return curve


def _unlocated(a: Asked) -> None:
    """Say what has no position, and what else the numbers rest on."""
    lang = state.lang()
    lost = a.existing.unlocated if a.existing is not None else pd.DataFrame()
    if a.existing is not None and len(lost):
        names = say("coverpages.population.comma", lang).join(name_of(r, lang) for r in lost.to_dict("records"))  # fmt: skip
        st.warning(says("unlocated", k=len(a.existing), n=len(a.existing) + len(lost), names=frame.plain(names)))  # fmt: skip
    if len(a.candidates.unlocated):
        m = len(a.candidates)
        st.caption(says("unlocated-from", k=m, n=m + len(a.candidates.unlocated)))
    if a.grid:
        st.caption(says("water"))
    if a.demand.what == "units":
        st.caption(says("people"))
        people_note(a.demand)
    places = [p for p in (a.existing, a.candidates) if p is not None and len(p)]
    worst = max(float(p.err_m.max()) for p in places)
    if worst > FAR_M:
        st.caption(says("far", km=f"{worst / 1000:.0f}"))


_SITES = ("order", "name_zh", "name_en", "existing", "gain", "served", "share_served", "mean_cost")
_TOTALS = (
    "stage", "sites", "covered_low", "covered", "covered_high", "share_covered_low", "share_covered", "share_covered_high",
    "mean_cost_low", "mean_cost", "mean_cost_high", "max_cost_low", "max_cost", "max_cost_high", "unreached",
)  # fmt: skip
_BEYOND = ("rank", "name_zh", "name_en", "weight", "cost_low", "cost", "cost_high", "site_zh", "site_en")  # fmt: skip
_GROUPS = ("name_zh", "name_en", "demand", "beyond_low", "beyond", "beyond_high", "share_beyond_low", "share_beyond", "share_beyond_high")  # fmt: skip


def _whole(table: pd.DataFrame, a: Asked) -> pd.DataFrame:
    """Return a table in which people, and other large sums, have no fractions."""
    if a.demand.what != "units":
        return table
    heads = ("served", "demand", "beyond", "covered", "unreached")
    columns = [c for c in table.columns if str(c).startswith(heads)]
    columns += ["gain"] if "gain" in table.columns and a.model in ("mclp", "lscp") else []
    return table.round(dict.fromkeys(columns, 0))


def _tables(a: Asked, found: Sites) -> None:
    st.markdown(f"**{says('sites')}**")
    frame.table(_whole(pd.DataFrame(found.sites)[list(_SITES)], a))
    st.markdown(f"**{says('beyond')}**")
    by_unit = a.demand.what == "units" and len(found.by_group) > 0
    table = found.by_group[found.by_group["beyond"] > 0] if by_unit else found.beyond
    if not len(table):
        st.caption(says("beyond-none"))
    else:
        if len(table) > MOST_LISTED:
            st.caption(says("beyond-most", shown=MOST_LISTED, n=f"{len(table):,}"))
        frame.table(
            _whole(table[list(_GROUPS if by_unit else _BEYOND)].head(MOST_LISTED), a), height=300
        )
    st.markdown(f"**{says('totals')}**")
    frame.table(_whole(found.totals[[c for c in _TOTALS if c in found.totals.columns]], a))
    st.caption(frame.plain(found.provenance.says(state.lang())))


def _along(
    a: Asked, found: Sites, tried: tuple[Trial, float, float] | None, curve: Curve | None
) -> None:
    asks = f"within={a.within!r}, of={a.of!r}, travel=travel"
    number = "" if a.n is None else f", n={a.n}"
    limit = "" if a.capacity is None else f", capacity={a.capacity!r}"
    lines = [*a.lines, f"found = geo.site(demand, candidates, model={a.model!r}{number}, existing=existing, {asks}{limit}, seconds={SECONDS!r})"]  # fmt: skip
    tables = found.tables()
    lines += [f"{name} = found.{name}" for name in tables if name != "sites"]
    lines.append('sites = found.sites.drop(columns="geometry")')
    methods = [found.provenance]
    if curve is not None:
        tables["curve"] = curve.table
        lines.append(f'curve = geo.site_curve(demand, candidates, model={a.model!r}, most={int(curve.table["n"].max())}, existing=existing, {asks}, method="greedy").table')  # fmt: skip
        methods.append(curve.provenance)
    if tried is not None:
        one, lon, lat = tried
        tables |= {"trial": one.totals, "change": one.change, "newly": one.newly}
        tables |= {"ranking": one.ranking} if one.rank else {}
        ranked = ", candidates=candidates" if one.rank else ""
        lines.append(f"tried = geo.site_trial(demand, existing, ({lon!r}, {lat!r}), {asks}{ranked})")  # fmt: skip
        lines += [f"{name} = tried.{'totals' if name == 'trial' else name}" for name in ("trial", "change", "newly", "ranking") if name in tables]  # fmt: skip
        methods.append(one.provenance)
    layers: dict[str, gpd.GeoDataFrame] = {"sites": found.sites}
    if len(found.beyond):
        at = gpd.points_from_xy(found.beyond["lon"], found.beyond["lat"])
        layers["beyond"] = gpd.GeoDataFrame(found.beyond, geometry=at, crs=4326)
    take.along(
        "siting", tables, calls=lines, layers=layers, methods=methods,
        figure=None if curve is None else lambda form: _figure(a, curve, form),
    )  # fmt: skip


def _figure(a: Asked, curve: Curve, form: str) -> bytes:
    from geo.maps import figures as paper

    lang, value = state.lang(), VALUES[a.model]
    rows = curve.table[curve.table[value].notna()]
    line = paper.Line("", rows["n"].tolist(), *(rows[f"{value}{e}"].tolist() for e in ("_low", "", "_high")))  # fmt: skip
    drawn = paper.lines([line], say("siting.chart.n", lang), say(f"siting.chart.{value}", lang, of=_of(a)), percent=value.startswith("share"))  # fmt: skip
    return paper.figure_file(drawn, form)
