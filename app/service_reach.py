"""可达: who reaches a service within how many minutes, who does not, and how supply is shared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import streamlit as st

from app import data, frame, inputs, maps, memo, mine, served, state, take, travel
from app.parts import bars, figures
from app.reach_asked import (
    BETA,
    CATCHMENT,
    CUT,
    GROUND,
    OF,
    PARAMETERS,
    SHOWN,
    WHO,
    Asked,
    facilities_asked,
    kept,
    says,
)
from geo.analysis.access import Access, access
from geo.analysis.isochrones import Isochrones, isochrones
from geo.analysis.places import Places
from geo.analysis.reached import Reached, reached
from geo.maps import access_features as draw
from geo.maps.access_charts import reach_chart
from geo.maps.cover_features import breaks_of
from geo.maps.isochrone_features import isochrone_key, isochrone_layers
from geo.maps.web import features_json, group_of
from geo.words import name_of, say
from geo.words.figures import figure

__all__ = ["PARAMETERS", "show"]

MOST_LISTED = 500
"""So many of those beyond are listed on the page; the files hold all."""
FAR_M = 20_000.0
_BEYOND = (
    "rank", "name_zh", "name_en", "beyond_low", "beyond", "beyond_high", "total", "share_low", "share", "share_high", "mean_cost",
    "demand", "facility_zh", "facility_en", "cost_low", "cost", "cost_high", "surely_beyond",
)  # fmt: skip
_WITHIN = (
    "cut", "demand_low", "demand", "demand_high", "share_low", "share", "share_high", "beyond_low", "beyond", "beyond_high",
)  # fmt: skip


def show() -> None:
    """Draw the view."""
    frame.intro("access.page.intro")
    with frame.controls():
        facilities, what_key, what_line = facilities_asked()
        demand, who_key, who_line = served.asked(WHO, says)
        of: Any = inputs.choice(OF, says("of"), lambda v: say(f"access.of.{v}", state.lang()), "segmented")  # fmt: skip
        cut = inputs.number(CUT, says("cut", of=say(f"access.of.{of}", state.lang())))
        way = travel.ask()
    if facilities is None or demand is None:
        return
    if not len(facilities):
        _nothing_located(facilities)
        return
    if not len(demand):
        frame.note(says("no-demand"))
        return
    key = (data.key(), who_key, what_key, travel.key(), of)
    weight = own.weight if demand.what == "points" and (own := mine.current()) else None
    a = Asked(
        demand, facilities, way, of, cut, key, (who_line, what_line, travel.call(way)), weight
    )
    with frame.controls():
        shown: Any = inputs.choice(SHOWN, says("show"), lambda v: says(f"show-{v}"), help=says("show-help"))  # fmt: skip
        ground = inputs.choice(GROUND, says("ground"), lambda v: says(f"ground-{v}"), "segmented", says("ground-help"))  # fmt: skip
    found = kept(a, ("reached", a.cuts), lambda tick: reached(demand, facilities, way, cuts=a.cuts, of=of, progress=tick))  # fmt: skip
    if found is None:
        return
    travel.note(way)
    scores, score_line = (None, "") if shown == "nearest" else _scores(a, shown)
    if shown != "nearest" and scores is None:
        return
    _numbers(a, found, scores)
    _map(a, found, scores, ground)
    _notes(a)
    if scores is not None:
        _served(a, scores)
    _curve(a, found)
    _beyond(a, found)
    frame.table(_whole(a, _columns(found.totals, _WITHIN)))
    methods = [r.provenance for r in (found, scores) if r is not None]
    for method in methods:
        st.caption(frame.plain(method.says(state.lang())))
    _along(a, found, scores, score_line, methods)


def _scores(a: Asked, method: Any) -> tuple[Access | None, str]:
    with frame.controls():
        of = say(f"access.of.{a.of}", state.lang())
        catchment = inputs.number(CATCHMENT, says("catchment", of=of), says("catchment-help"))
        more: dict[str, Any] = {}
        if method == "gravity":
            more["beta"] = inputs.number(BETA, says("beta"), says("beta-help"))
        else:
            more["per"] = a.per
    asked = {"method": method, "catchment": catchment, **more}
    found = kept(
        a, ("access", repr(asked)),
        lambda tick: access(a.demand, a.facilities, a.travel, of=a.of, progress=tick, **asked),
    )  # fmt: skip
    given = ", ".join(f"{k}={v!r}" for k, v in asked.items())
    return found, f"scored = geo.access(demand, facilities, travel, {given}, of={a.of!r})"


def _numbers(a: Asked, found: Reached, scores: Access | None) -> None:
    row = found.totals.set_index("cut").loc[a.cut]
    of = say(f"access.of.{a.of}", state.lang())
    limit = f"{a.cut:g} {of}"
    percent = _band([f"{100 * row[f'share{e}']:.1f}%" for e in ("_low", "_high")])
    amount = _band([f"{row[f'demand{e}']:,.0f}" for e in ("_low", "_high")])
    beyond = _band([f"{row[f'beyond{e}']:,.0f}" for e in ("_low", "_high")])
    located, listed = found.located
    what = frame.plain(a.weight) if a.weight else says(f"what-{a.demand.what}")
    shown = [
        (says("number-share", limit=limit), f"{100 * row['share']:.1f}%", percent),
        (says("number-within", limit=limit, what=what), f"{row['demand']:,.0f}", amount),
        (says("number-beyond", limit=limit, what=what), f"{row['beyond']:,.0f}", beyond),
        (says("number-located"), f"{located}/{listed}", ""),
    ]
    if scores is not None:
        own = scores.totals.iloc[0]
        mean = _band([figure(own[f"mean{e}"]) for e in ("_low", "_high")])
        none = _band([f"{100 * own[f'share_none{e}']:.1f}%" for e in ("_low", "_high")])
        shown = [
            (_per(a, scores), figure(own["mean"]), mean),
            (says("number-gini"), "–" if own["gini"] != own["gini"] else f"{own['gini']:.3f}", ""),
            (says("number-none"), f"{100 * own['share_none']:.1f}%", none),
            *shown[::3],
        ]
    figures(shown)
    if row["unreached"] > 0:
        st.warning(says("unreached", n=f"{row['unreached']:,.0f}"))


def _band(ends: Sequence[str]) -> str:
    return say("coverpages.gaps.band", state.lang(), low=ends[0], high=ends[1])


def _per(a: Asked, scores: Access) -> str:
    """Say what a score is."""
    if scores.method == "gravity":
        return says("score-gravity")
    return says(f"score-{a.demand.what}", n=f"{a.per:,.0f}")


def _map(a: Asked, found: Reached, scores: Access | None, ground: str) -> None:
    lang, units = state.lang(), data.units()
    chosen = str(st.session_state.get("reach-chosen", ""))
    colours = draw.COSTS if scores is None else draw.SCORES
    title = says("map-cost", of=say(f"access.of.{a.of}", lang)) if scores is None else _per(a, scores)  # fmt: skip
    if a.demand.what == "units" and units is not None:
        table, value = _unit_rows(a, found, scores), "mean_cost" if scores is None else "score"
        lines = ("total", "mean_cost", "share", "beyond") if scores is None else ("total", "score")
        limits = breaks_of(table[value])
        features = draw.unit_demand_features(units, table, value, lang, lines=lines, colours=colours, limits=limits, chosen=chosen.removeprefix("unit:"))  # fmt: skip
    else:
        table, value = (found.demand, "cost") if scores is None else (scores.table, "score")
        limits = breaks_of(table[value])
        name = ("reach dots", *a.key, value, "" if scores is None else repr(scores.provenance.parameters), lang)  # fmt: skip
        features = memo.kept(name, lambda: draw.point_demand_features(table, value, lang, data.shown().crs, colours=colours, limits=limits))  # fmt: skip
    facilities = found.facilities if scores is None else scores.facilities
    dots = draw.facility_features(facilities, lang, chosen=chosen.removeprefix("facility:")) if len(facilities) <= MOST_LISTED else []  # fmt: skip
    under = _ground(a, ground)
    own = isochrone_layers(under.table, lang, of=a.of).values() if under is not None else []
    lowest, *outlines = maps.ground(names=False)
    shaded, *over = (group_of(features_json(f)) for f in (features, *own, dots))
    groups = [lowest, shaded, *outlines, *over]
    clicked = maps.draw(groups, key="reach", height=430)
    st.html(draw.shade_key(limits, title, colours))
    if under is not None:
        st.html(isochrone_key(under.table, lang, says("ground"), of=a.of))
    if clicked.fresh:
        wanted = clicked.id if clicked.id and clicked.id.startswith(("unit:", "facility:", "place:")) else ""  # fmt: skip
        if wanted != chosen:
            st.session_state["reach-chosen"] = wanted
            st.rerun()
    if chosen:
        _who(a, found, chosen)


def _unit_rows(a: Asked, found: Reached, scores: Access | None) -> pd.DataFrame:
    groups = found.groups[found.groups["cut"] == a.cut]
    return groups if scores is None else scores.groups


def _ground(a: Asked, kind: str) -> Isochrones | None:
    if kind == "none":
        return None
    found = kept(
        a, ("ground", kind, a.cut),
        lambda tick: isochrones(a.travel, a.facilities, _ground_cuts(a), of=a.of, by_facility=kind == "apart", layout=data.shown()),
    )  # fmt: skip
    made: Isochrones | None = found
    return made


def _ground_cuts(a: Asked) -> list[float]:
    return [c for c in a.cuts if c <= a.cut]


def _who(a: Asked, found: Reached, chosen: str) -> None:
    """Say what there is to know of the unit, point or facility that was clicked."""
    lang, (kind, _, own) = state.lang(), chosen.partition(":")
    if kind == "facility":
        row = found.facilities[found.facilities["id"] == own]
        served = found.demand[(found.demand["facility"] == own) & (found.demand["cost"] <= a.cut)]
        if not len(row):
            return
        one = row.iloc[0]
        st.markdown(says("who-facility", name=frame.plain(name_of(one, lang)), places=f"{one['places']:,}", n=f"{one['demand']:,.0f}", mean=figure(one["mean_cost"], 3)))  # fmt: skip
        frame.table(_whole(a, _by_name(served)), height=220)
        return
    if kind == "place":
        rows = found.demand[found.demand["id"] == own]
        if len(rows):
            one = rows.iloc[0]
            st.markdown(says("who-place", name=frame.plain(name_of(one, lang)), facility=frame.plain(name_of(one, lang, "facility") or "–"), cost=figure(one["cost"], 3), low=figure(one["cost_low"], 3), high=figure(one["cost_high"], 3), of=say(f"access.of.{a.of}", lang)))  # fmt: skip
        return
    rows = found.groups[found.groups["group"] == own]
    if len(rows):
        st.markdown(says("who-unit", name=frame.plain(name_of(rows.iloc[0], lang)), n=f"{rows['total'].iloc[0]:,.0f}"))  # fmt: skip
        frame.table(_whole(a, _columns(rows, _WITHIN)))


def _by_name(rows: pd.DataFrame) -> pd.DataFrame:
    """Return whom a facility serves, gathered by name, most first."""
    grouped = rows.groupby(["name_zh", "name_en"], sort=False)["demand"].sum().reset_index()
    return grouped.sort_values("demand", ascending=False, ignore_index=True).head(MOST_LISTED)


def _notes(a: Asked) -> None:
    """Say what a unit stands for, who is not placed, and what has no position."""
    lang = state.lang()
    if a.demand.what == "units":
        st.caption(says("units-note"))
        served.people_note(a.demand)
    if a.facilities.err_m.max() > FAR_M:
        k = int((a.facilities.err_m > FAR_M).sum())
        st.caption(says("far", k=k, n=len(a.facilities), km=f"{a.facilities.err_m.max() / 1000:.0f}"))  # fmt: skip
    lost = a.facilities.unlocated
    if len(lost):
        names = say("coverpages.population.comma", lang).join(frame.plain(name_of(r, lang)) for r in lost.to_dict("records"))  # fmt: skip
        st.warning(says("unlocated", k=len(a.facilities), n=len(a.facilities) + len(lost), names=names))  # fmt: skip


def _nothing_located(facilities: Places) -> None:
    lost, lang = facilities.unlocated, state.lang()
    if not len(lost):
        frame.note(says("no-facilities"))
        return
    st.warning(says("none-located", n=len(lost)))
    frame.table(lost.drop(columns="id").assign(name=[name_of(r, lang) for r in lost.to_dict("records")])[["name", "kind"]])  # fmt: skip


def _served(a: Asked, scores: Access) -> None:
    """Show the groups that are served worst and best."""
    rows = scores.groups[scores.groups["total"] > 0]
    if len(rows) < 2:
        return
    best = rows.sort_values("score", ascending=False, kind="stable").head(15)
    st.markdown(says("best"))
    lang = state.lang()
    labelled = best.assign(label=[name_of(r, lang) or str(r["group"]) or "–" for r in best.to_dict("records")])  # fmt: skip
    bars(labelled, "label", "score", title=_per(a, scores))
    st.caption(says("worst", n=int((rows["score"] == 0).sum()), total=len(rows)))


def _curve(a: Asked, found: Reached) -> None:
    row = found.totals.set_index("cut").loc[a.cut]
    of = say(f"access.of.{a.of}", state.lang())
    st.markdown(says("curve"))
    alt = says("curve-alt", share=f"{100 * row['share']:.1f}%", limit=f"{a.cut:g} {of}")
    st.altair_chart(reach_chart(found.curve, state.lang(), cuts=a.cuts, at=a.cut), theme="streamlit", alt=alt)  # fmt: skip


def _beyond(a: Asked, found: Reached) -> None:
    limit = f"{a.cut:g} {say(f'access.of.{a.of}', state.lang())}"
    st.markdown(says("beyond", limit=limit))
    table = _beyond_table(a, found)
    if not len(table):
        st.caption(says("beyond-none"))
        return
    if len(table) > MOST_LISTED:
        st.caption(says("beyond-most", shown=MOST_LISTED, n=f"{len(table):,}"))
    frame.table(_whole(a, _columns(table.head(MOST_LISTED), _BEYOND)), height=360)


def _columns(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(table[[c for c in names if c in table.columns]])


def _whole(a: Asked, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose people are whole."""
    if a.demand.what != "units":
        return table
    counts = [c for c in table.columns if c.startswith(("demand", "beyond", "total"))]
    return table.assign(**{c: table[c].round() for c in counts})


def _beyond_table(a: Asked, found: Reached) -> pd.DataFrame:
    if a.demand.what != "units":
        return memo.kept(("reach beyond", *a.key, a.cut), lambda: found.beyond(a.cut))
    groups = found.groups
    return groups[(groups["cut"] == a.cut) & (groups["beyond"] > 0)].reset_index(drop=True)


def _along(a: Asked, found: Reached, scores: Access | None, score_line: str, methods: Sequence[Any]) -> None:  # fmt: skip
    lines = [*a.lines, f"found = geo.reached(demand, facilities, travel, cuts={a.cuts!r}, of={a.of!r})"]  # fmt: skip
    tables = {"within": found.totals, "beyond": _beyond_table(a, found), "nearest": found.demand, "serves": found.facilities, "curve": found.curve}  # fmt: skip
    own = f'found.groups[(found.groups["cut"] == {a.cut!r}) & (found.groups["beyond"] > 0)].reset_index(drop=True)'  # fmt: skip
    lines += [
        "within = found.totals", f"beyond = {own if a.demand.what == 'units' else f'found.beyond({a.cut!r})'}",
        "nearest = found.demand", "serves = found.facilities", "curve = found.curve",
    ]  # fmt: skip
    if scores is not None:
        tables |= {"scores": scores.table, "served": scores.groups, "shared": scores.facilities, "inequality": scores.totals}  # fmt: skip
        lines += [score_line, "scores = scored.table", "served = scored.groups", "shared = scored.facilities", "inequality = scored.totals"]  # fmt: skip
    lang = state.lang()
    layers = {"nearest": memo.kept(("reach layer", *a.key, a.cut), lambda: _dots(found.demand)), "serves": _dots(found.facilities)}  # fmt: skip
    units = data.units()
    if a.demand.what == "units" and units is not None:
        groups = found.groups[found.groups["cut"] == a.cut].drop(columns=["name_zh", "name_en"])
        joined = units[["adcode", "name_zh", "name_en", "source", "geometry"]].merge(groups, left_on="adcode", right_on="group")  # fmt: skip
        layers["within-units"] = gpd.GeoDataFrame(joined, geometry="geometry", crs=units.crs)
    ground = _ground(a, inputs.value_of(GROUND))
    if ground is not None:
        layers["ground"] = ground.table[~ground.table.geometry.isna()]
        methods = [*methods, ground.provenance]

    def drawn(form: str) -> bytes:
        from geo.maps import figures as paper

        one = found.curve
        line = paper.Line("", *(one[c].tolist() for c in ("cost", "share_low", "share", "share_high")))  # fmt: skip
        whole = paper.lines([line], say(f"access.axis.{a.of}", lang), say("access.axis.share", lang), percent=True, marks=[(a.cut, f"{a.cut:g}")])  # fmt: skip
        return paper.figure_file(whole, form)

    take.along("reach", tables, calls=lines, layers=layers, figure=drawn, methods=methods)


def _dots(table: pd.DataFrame) -> gpd.GeoDataFrame:
    at = gpd.points_from_xy(table["lon"], table["lat"])
    return gpd.GeoDataFrame(table, geometry=at, crs=4326)
