"""The view of flows: what two models would have flow between the cities, marked as estimates."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
import streamlit as st

from app import data, frame, inputs, maps, memo, mine, state, take, travel
from app.later import kept_when_easy
from app.parts import figures
from geo.analysis.city_masses import Masses, masses_of
from geo.analysis.flows import BETA, BETAS, Flows, flows
from geo.analysis.link_matrices import cities_of
from geo.maps.flow_features import flow_features, width_legend
from geo.maps.link_charts import flow_bars
from geo.maps.link_features import view_call
from geo.maps.web import features_json, group_of
from geo.measure import geodesic_line
from geo.model.kinds import COUNTED
from geo.network.travel import Measure, Travel
from geo.words import name_of, say

__all__ = ["PARAMETERS", "SECONDS", "show"]

SECONDS = 3.0
"""That a million points take to be shared out among cities."""

_DRAWN = 15
_UNITS: dict[str, Measure] = {"way-minutes": "minutes"}


def _masses() -> list[str]:
    own = ["points"] if mine.current() is not None else []
    return ["population", *own, "nodes", *(f"nodes:{t}" for t in COUNTED)]


MODEL = state.Choice("model", ("gravity", "radiation"))
MASS = state.Choice("mass", _masses)
BETA_POWER = state.Number("beta", BETA, 0.5, 3.0, 0.1)
APART = state.Choice("apart", ("geodesic", "way-km", "way-minutes"))
PARAMETERS = (MODEL, MASS, BETA_POWER, APART)


def _mass_words(name: str) -> str:
    lang = state.lang()
    what, _, tier = name.partition(":")
    if tier:
        return say("links.page.mass-nodes-of", lang, tier=say(f"model.tier.{tier}", lang))
    return say(f"links.page.mass-{what}", lang)


def show(way: Travel) -> None:
    """Draw the view."""
    lang = state.lang()
    with frame.controls():
        model = inputs.choice(MODEL, say("links.page.model", lang), lambda m: say(f"links.page.{m}", lang), "segmented")  # fmt: skip
        mass = inputs.choice(MASS, say("links.page.mass", lang), _mass_words)
        beta = BETA
        if model == "gravity":
            beta = inputs.number(BETA_POWER, say("links.page.beta", lang), help=say("links.page.beta-help", lang))  # fmt: skip
        apart = inputs.choice(APART, say("links.page.measure", lang), lambda m: say(f"links.page.{m}", lang))  # fmt: skip
    travels, unit = (None if apart == "geodesic" else way), _UNITS.get(apart, "km")
    own = mine.current() if mass == "points" else None
    masses = _weighed(mass, own)
    if masses is None:
        return
    key = ("flows", data.key(), model, mass, own.key if own else "", beta, apart, travel.key() if travels else "")  # fmt: skip
    found: Flows = memo.kept(key, lambda: flows(data.shown(), model=model, beta=beta, travel=travels, measure=unit, masses=masses))  # type: ignore[arg-type]  # fmt: skip
    pairs = found.pairs()
    st.badge(say("links.page.estimate-badge", lang), icon=":material/calculate:", color="orange")
    _largest(pairs)
    _picture(found, pairs, model)
    if len(found.left_out):
        each = [say("links.page.left-one", lang, name=name_of(r, lang), why=r[f"why_{lang}"]) for r in found.left_out.to_dict("records")]  # fmt: skip
        st.caption(frame.plain(say("links.page.left-out", lang, names=("、" if lang == "zh" else ", ").join(each))))  # fmt: skip
    st.caption(found.provenance.says(lang))
    if travels is not None:
        travel.note(way)
    frame.table(pairs.drop(columns=["a", "b", "measure", "flow"]).dropna(axis=1, how="all"))
    frame.table(found.masses.drop(columns=["id"]))
    _along(found, pairs, mass, travels, unit, model, beta)


def _weighed(mass: str, own: mine.Mine | None) -> Masses | None:
    """Return what the cities weigh, or ``None`` before it has been asked for."""
    layout = data.shown()
    if own is None:
        return memo.kept(("city masses", data.key(), mass), lambda: masses_of(layout, mass))

    def make(progress: Any) -> Masses:
        return masses_of(layout, mass, points=own.points, weight=own.weight, progress=progress)

    return kept_when_easy(
        ("city masses", data.key(), mass, own.key), len(own.points), SECONDS, make
    )


def _largest(pairs: pd.DataFrame) -> None:
    lang = state.lang()
    told: list[tuple[str, str, str]] = []
    for row in pairs.head(3).to_dict("records"):
        pair = f"{name_of(row, lang, 'a')} – {name_of(row, lang, 'b')}"
        label = say("links.page.flow-top", lang, pair=pair) if not told else pair
        told.append((label, f"{100 * row['share']:.1f}%", f"{100 * row['share_low']:.1f}–{100 * row['share_high']:.1f}%"))  # fmt: skip
    figures(told)


def _places() -> dict[str, tuple[float, float]]:
    cities = cities_of(data.shown())
    return {str(n): (float(x), float(y)) for n, x, y in zip(cities.id, cities.lon, cities.lat, strict=True)}  # fmt: skip


def _picture(found: Flows, pairs: pd.DataFrame, model: str) -> None:
    lang, at = state.lang(), _places()
    left, right = st.columns([1, 1], gap="medium")
    names = [f"{name_of(r, lang, 'a')} – {name_of(r, lang, 'b')}" for r in pairs.head(1).to_dict("records")]  # fmt: skip
    with left:
        text = features_json(flow_features(pairs, at, lang, data.shown().crs, most=_DRAWN, directed=model == "radiation", table=found.table))  # fmt: skip
        used = shapely.MultiPoint([at[n] for n in {*pairs["a"], *pairs["b"]}]).buffer(0.25).bounds
        maps.draw([*maps.ground(names=False, footprints=False), group_of(text)], key="flows-map", height=440, further=view_call(f"flows:{used}", used))  # fmt: skip
        st.html(width_legend(float(pairs["share"].max()), say("links.page.width", lang)))
    with right:
        alt = say("links.page.flow-alt", lang, n=min(len(pairs), 12), pair=names[0], share=f"{100 * pairs['share'].iloc[0]:.1f}%")  # fmt: skip
        st.altair_chart(flow_bars(pairs, lang), theme="streamlit", alt=alt)
        st.caption(say("links.page.flow-note", lang, n=min(len(pairs), _DRAWN)))


def _along(
    found: Flows, pairs: pd.DataFrame, mass: str, way: Travel | None, unit: str, model: str, beta: float
) -> None:  # fmt: skip
    lang, at = state.lang(), _places()
    lines = gpd.GeoDataFrame(
        pairs.assign(source=found.provenance.says(lang), status="computed"),
        geometry=[geodesic_line(*at[a], *at[b]) for a, b in zip(pairs["a"], pairs["b"], strict=True)], crs=4326,
    )  # fmt: skip

    def drawn(form: str) -> bytes:
        from geo.maps.figures import bars, figure_file

        top = pairs.head(12)
        names = [f"{name_of(r, lang, 'a')} – {name_of(r, lang, 'b')}" for r in top.to_dict("records")]  # fmt: skip
        figure = bars(names, top["share_low"].tolist(), top["share"].tolist(), top["share_high"].tolist(), say("links.chart.share", lang), percent=True)  # fmt: skip
        return figure_file(figure, form)

    given: list[Any] = [f"model={model!r}", f"mass={mass!r}"]
    given += [f"beta={beta:g}", f"betas={BETAS!r}"] if model == "gravity" else []
    given += [f"measure={unit!r}"] + (["travel=travel"] if way is not None else [])
    given += ["points=points", "weight=weight"] if mass == "points" else []
    calls = [] if way is None else [travel.call(way)]
    calls += [f"found = geo.flows(layout, {', '.join(given)})", "flows, masses, left_out = found.table, found.masses, found.left_out"]  # fmt: skip
    tables = {"flows": found.table, "masses": found.masses, "left_out": found.left_out}
    take.along("flows", tables, calls=calls, layers={"flows": lines}, figure=drawn, methods=[found.provenance])  # fmt: skip
