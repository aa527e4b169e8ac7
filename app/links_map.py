"""The view of links: on the map, one by one, and as a table."""

from __future__ import annotations

from typing import Any

import pandas as pd
import shapely
import streamlit as st

from app import data, frame, inputs, maps, memo, state, take, travel
from app.parts import figures
from geo.analysis.links import Links, links
from geo.maps.link_features import VIEWS, kind_legend, link_features, view_box, view_call
from geo.maps.web import features_json, group_of
from geo.model.layout import bounds
from geo.network.travel import Travel
from geo.words import name_of, say

__all__ = ["PARAMETERS", "show"]


def _kinds() -> list[str]:
    return list(dict.fromkeys(i.properties.kind for i in data.shown().of_layer("link")))


def _ids() -> list[str]:
    return ["", *(i.id for i in data.shown().of_layer("link"))]


KINDS = state.Many("kinds", _kinds)
ZOOM = state.Choice("zoom", tuple(VIEWS), "region")
LINK = state.Choice("link", _ids)
PARAMETERS = (KINDS, ZOOM, LINK)


def show(way: Travel) -> None:
    """Draw the view."""
    lang = state.lang()
    if not data.shown().of_layer("link"):
        frame.note(say("links.page.no-links", lang))
        return
    with frame.controls():
        kinds = inputs.many(KINDS, say("links.page.kinds", lang), lambda k: say(f"model.kind.{k}", lang))  # fmt: skip
    found = memo.kept(("links", data.key(), travel.key()), lambda: links(data.shown(), travel=way))  # fmt: skip
    whole = found.frame()
    shown = whole[whole["kind"].isin(kinds)] if kinds else whole
    if not len(shown):
        frame.note(say("links.page.none-of-kind", lang))
        return
    _numbers(shown)
    _map(shown)
    _one(found)
    travel.note(way)
    st.markdown(f"**{say('links.page.table', lang)}**")
    frame.table(pd.DataFrame(shown.drop(columns=["geometry", "id", "from_id", "to_id", "missing_end"])))  # fmt: skip
    _along(found, way)


def _numbers(shown: Any) -> None:
    lang = state.lang()
    told = [
        (say("links.page.n-links", lang), str(len(shown)), ""),
        (say("links.page.n-drawn", lang), str(int(shown["located"].sum())), ""),
        (say("links.page.n-missing", lang), str(int((~shown["located"]).sum())), ""),
    ]
    if shown["km"].notna().any():
        far = shown.loc[shown["km"].idxmax()].to_dict()
        label = say("links.page.longest", lang, name=name_of(far, lang))
        told.append((label, say("links.map.km", lang, n=f"{far['km']:,.1f}"), f"{far['km_low']:,.1f}–{far['km_high']:,.1f}"))  # fmt: skip
    figures(told)


def _map(shown: Any) -> None:
    lang, layout = state.lang(), data.shown()
    zoom = inputs.choice(ZOOM, say("links.page.zoom", lang), lambda z: say(f"links.page.{z}", lang), "segmented")  # fmt: skip
    chosen = inputs.value_of(LINK)
    box = view_box(shown, zoom, bounds(layout))
    key = ("links map", data.key(), lang, zoom, chosen, tuple(shown["id"]))
    text = memo.kept(key, lambda: features_json(link_features(shown, lang, layout.crs, view=zoom, box=box, chosen=chosen)))  # fmt: skip
    token = f"{zoom}:{'.'.join(dict.fromkeys(shown['kind']))}"
    side, beside = st.columns([3, 1], gap="medium")
    with side:
        clicked = maps.draw([*maps.ground(names=False, footprints=zoom == "near"), group_of(text)], key="links-map", height=480, further=view_call(token, box))  # fmt: skip
        st.html(kind_legend(list(dict.fromkeys(shown[shown.geometry.notna()]["kind"])), lang))
    with beside:
        _undrawn(shown)
    name = (clicked.id or "").removeprefix("link:")
    if clicked.fresh and name and name != chosen and name in LINK.listed():
        inputs.put(LINK, name)
        st.rerun()


def _undrawn(shown: Any) -> None:
    """List what a map cannot show: links with an end that has no position, and those of one point."""
    lang = state.lang()
    rows = shown[shown.geometry.isna()].to_dict("records")
    st.markdown(f"**{say('links.page.alone', lang, n=len(rows))}**")
    lines = []
    for row in rows:
        key = "same-place" if row["located"] else "missing"
        words = {"name": frame.plain(name_of(row, lang))}
        if key == "missing":
            words["ends"] = frame.plain(str(row[f"missing_end_{lang}"]))
        lines.append(f"- {say(f'links.page.{key}', lang, **words)}")
    st.caption("\n".join(lines))


def _one(found: Links) -> None:
    """Tell of the link that is chosen: its figures, and where they are from."""
    lang = state.lang()
    rows = {r["id"]: r for r in found.table.to_dict("records")}
    chosen = inputs.choice(
        LINK, say("links.page.link", lang), lambda i: name_of(rows[i], lang) if i in rows else say("links.page.none-chosen", lang)
    )  # fmt: skip
    row = rows.get(chosen)
    if row is None:
        return
    ends = {k: frame.plain(name_of(row, lang, side)) for k, side in (("a", "from"), ("b", "to"))}
    st.markdown(f"**{say('links.page.ends', lang, **ends)}**")
    if row["km"] == row["km"]:
        way, time = ("way-estimate", "minutes-estimate") if row["estimate"] else ("way", "minutes")
        figures(
            [
                (say(f"links.page.{label}", lang), f"{row[c]:,.1f}", f"{row[f'{c}_low']:,.1f}–{row[f'{c}_high']:,.1f}")
                for label, c in (("km", "km"), (way, "km_network"), (time, "minutes")) if row[c] == row[c]
            ]
        )  # fmt: skip
    own = found.figures[found.figures["link"] == chosen]
    st.markdown(say("links.page.figures-title", lang))
    if len(own):
        columns = ["label_zh", "label_en", "value", "value_high", "unit", "qualifier", "joined", "as_of", "ref", "source", "note_zh", "note_en"]  # fmt: skip
        frame.table(own[columns].dropna(axis=1, how="all"))
    else:
        st.caption(say("links.page.no-figures", lang))
    words = {
        "source": frame.plain(row["source"]), "status": say(f"model.status.{row['status']}", lang),
        "confidence": say(f"model.confidence.{row['confidence']}", lang),
    }  # fmt: skip
    st.caption(say("links.page.source", lang, **words))


def _along(found: Links, way: Travel) -> None:
    lang, layout = state.lang(), data.shown()

    def drawn(form: str) -> bytes:
        from geo.maps.figures import figure_file
        from geo.maps.link_static import draw_links

        return figure_file(draw_links(layout, found.frame(), lang, units=data.units()), form)

    lines = found.frame()
    lines = lines[lines.geometry.map(lambda g: isinstance(g, shapely.LineString))]
    calls = [travel.call(way), "found = geo.links(layout, travel=travel)", "links, figures = found.table, found.figures"]  # fmt: skip
    take.along(
        "links", {"links": found.table, "figures": found.figures}, calls=calls, layers={"links": lines} if len(lines) else None,
        figure=drawn, methods=[found.provenance],
    )  # fmt: skip
