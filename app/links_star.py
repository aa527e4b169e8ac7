"""The view of the star: from a hub to the cities that support it, and who holds what."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
import streamlit as st

from app import data, frame, inputs, maps, memo, mine, state, take, travel
from app.later import kept_when_easy
from app.links_flows import SECONDS
from app.parts import figures
from geo.analysis.city_masses import Masses
from geo.analysis.star import Star, belts_with_roles, star, star_masses
from geo.maps.flow_features import star_features, width_legend
from geo.maps.link_charts import role_bars
from geo.maps.link_features import view_call
from geo.maps.web import features_json, group_of
from geo.measure import geodesic_line
from geo.network.travel import Travel
from geo.words import name_of, say

__all__ = ["PARAMETERS", "show"]


def _belts() -> list[str]:
    return [b.id for b in belts_with_roles(data.shown())]


def _widths() -> list[str]:
    return ["population", "nodes", *(["points"] if mine.current() is not None else [])]


BELT = state.Choice("belt", _belts)
WIDTH = state.Choice("width", _widths)
PARAMETERS = (BELT, WIDTH)


def show(way: Travel) -> None:
    """Draw the view."""
    lang, layout, own = state.lang(), data.shown(), mine.current()
    if not BELT.listed():
        frame.note(say("links.page.no-star", lang))
        return
    with frame.controls():
        belt = inputs.choice(BELT, say("links.page.star-of", lang), lambda b: name_of(layout[b], lang))  # fmt: skip
        width = inputs.choice(WIDTH, say("links.page.star-width", lang), lambda w: say(f"links.mass.{w}", lang), "segmented")  # fmt: skip
    masses = _masses(own)
    if masses is None:
        return
    key = ("star", data.key(), belt, own.key if own else "", travel.key())
    found: Star = memo.kept(key, lambda: star(layout, belt, travel=way, masses=masses))
    _shares(found)
    _picture(found, width)
    st.caption(say("links.page.star-note", lang))
    travel.note(way)
    st.markdown(f"**{say('links.page.seats-title', lang)}**")
    frame.table(found.table.drop(columns=["belt", "seat", "hub"]).dropna(axis=1, how="all"))
    st.markdown(f"**{say('links.page.roles-title', lang)}**")
    frame.table(found.roles.drop(columns=["belt"]))
    _along(found, way, belt, own)


def _masses(own: mine.Mine | None) -> dict[str, Masses] | None:
    layout = data.shown()
    if own is None or not len(own.points):
        return memo.kept(("star masses", data.key()), lambda: star_masses(layout))

    def make(progress: Any) -> dict[str, Masses]:
        return star_masses(layout, points=own.points, weight=own.weight, progress=progress)

    return kept_when_easy(("star masses", data.key(), own.key), len(own.points), SECONDS, make)


def _shares(found: Star) -> None:
    lang = state.lang()
    main = found.roles[found.roles["role"] == "main"]
    figures(
        [
            (
                say("links.page.star-main", lang, what=say(f"links.mass.{r['holding']}", lang)), f"{100 * r['share']:.1f}%",
                f"{100 * r['share_low']:.1f}–{100 * r['share_high']:.1f}%" if r["share_low"] < r["share_high"] else "",
            )
            for r in main.to_dict("records")
        ]
    )  # fmt: skip


def _picture(found: Star, width: str) -> None:
    lang, layout = state.lang(), data.shown()
    at = _at(found)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        share = f"share_{width}"
        text = features_json(star_features(found.table, at, share, lang, layout.crs))
        box = shapely.MultiPoint(list(at.values())).buffer(0.2).bounds
        maps.draw([*maps.ground(names=False), group_of(text)], key="star-map", height=400, further=view_call(f"star:{box}", box))  # fmt: skip
        arms = found.table[found.table["hub"] != found.table["seat"]]
        if arms[share].notna().any():
            st.html(width_legend(float(np.nanmax(arms[share])), say("links.page.width", lang)))
    with right:
        if not len(found.roles):
            return
        main = found.roles[found.roles["role"] == "main"].to_dict("records")
        told = [say("links.page.star-one", lang, what=say(f"links.mass.{r['holding']}", lang), share=f"{100 * r['share']:.1f}%") for r in main]  # fmt: skip
        st.altair_chart(role_bars(found.roles, lang), theme="streamlit", alt=say("links.page.star-alt", lang, told="; ".join(told)))  # fmt: skip


def _at(found: Star) -> dict[str, tuple[float, float]]:
    layout = data.shown()
    placed = {name: layout[name].geometry for name in found.table["seat"]}
    points = {name: shapely.centroid(g) for name, g in placed.items() if g is not None}
    return {name: (p.x, p.y) for name, p in points.items()}


def _along(found: Star, way: Travel, belt: str, own: mine.Mine | None) -> None:
    lang, at = state.lang(), _at(found)
    arms = found.table[found.table["hub"].notna() & (found.table["hub"] != found.table["seat"])]
    lines = gpd.GeoDataFrame(
        arms.assign(name_zh=arms["hub_zh"] + "—" + arms["seat_zh"], name_en=arms["hub_en"] + " – " + arms["seat_en"], source=found.provenance.says(lang), status="computed"),
        geometry=[geodesic_line(*at[h], *at[s]) for h, s in zip(arms["hub"], arms["seat"], strict=True)], crs=4326,
    )  # fmt: skip

    def drawn(form: str) -> bytes:
        from geo.maps.figures import bars, figure_file

        rows = found.roles.to_dict("records")
        names = [" · ".join((say(f"links.mass.{r['holding']}", lang), say(f"model.role.{r['role']}", lang))) for r in rows]  # fmt: skip
        low, central, high = (
            [float(r[c]) for r in rows] for c in ("share_low", "share", "share_high")
        )
        figure = bars(names, low, central, high, say("links.chart.role-share", lang), percent=True)  # fmt: skip
        return figure_file(figure, form)

    points = "" if own is None else ", points=points, weight=weight"
    calls = [travel.call(way), f"found = geo.star(layout, {belt!r}, travel=travel{points})", "star, roles = found.table, found.roles"]  # fmt: skip
    take.along("star", {"star": found.table, "roles": found.roles}, calls=calls, layers={"star": lines} if len(lines) else None, figure=drawn, methods=[found.provenance])  # fmt: skip
