"""The view of distances: every place to every other, and who is nearest to whom."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import data, frame, inputs, memo, state, take, travel
from geo.analysis.link_matrices import LinkMatrix, link_matrix
from geo.maps.link_charts import matrix_heat
from geo.model.items import Node
from geo.model.kinds import COUNTED
from geo.network.travel import Measure, Travel
from geo.words import name_of, say
from geo.words.figures import figure

__all__ = ["PARAMETERS", "show"]

_LEAST = 2
_UNITS: dict[str, Measure] = {"way-minutes": "minutes"}


def _between() -> list[str]:
    """Return what can be measured between: at least two places with a position."""
    layout = data.shown()
    nodes = [i for i in layout.of_layer("node") if isinstance(i, Node) and i.geometry is not None]
    tiers = [t for t in COUNTED if sum(n.tier == t for n in nodes) >= _LEAST]
    kinds = ["cities"] if sum(n.properties.kind == "seat" for n in nodes) >= _LEAST else []
    axes = [i for i in layout.of_layer("corridor") if i.geometry is not None]
    return [*kinds, *(["corridors"] if len(axes) >= _LEAST else []), *(f"nodes:{t}" for t in tiers)]


BETWEEN = state.Choice("between", _between)
MEASURE = state.Choice("measure", ("geodesic", "way-km", "way-minutes"))
OF = state.Choice("of", ("footprints", "axes"))
PARAMETERS = (BETWEEN, MEASURE, OF)


def _words(name: str) -> str:
    lang = state.lang()
    what, _, tier = name.partition(":")
    if tier:
        return say("links.page.nodes", lang, tier=say(f"model.tier.{tier}", lang))
    return say(f"links.page.{what}", lang)


def show(way: Travel) -> None:
    """Draw the view."""
    lang = state.lang()
    if not BETWEEN.listed():
        frame.note(say("links.page.too-few", lang))
        return
    with frame.controls():
        between = inputs.choice(BETWEEN, say("links.page.between", lang), _words)
        measure = inputs.choice(MEASURE, say("links.page.measure", lang), lambda m: say(f"links.page.{m}", lang))  # fmt: skip
        of = "footprints"
        if between == "corridors" and measure == "geodesic":
            of = inputs.choice(OF, say("links.page.corridor-of", lang), lambda o: say(f"links.page.{o}", lang), "segmented")  # fmt: skip
    travels, unit = (None if measure == "geodesic" else way), _UNITS.get(measure, "km")
    key = ("link matrix", data.key(), between, measure, travel.key() if travels else "")
    found: LinkMatrix = memo.kept(
        key, lambda: link_matrix(data.shown(), between, unit, travel=travels)
    )
    value = "axes_km" if of == "axes" else "value"
    _heat(found, value, _words(between), unit)
    lost = len(found.unlocated)
    if lost:
        k = found.table["a"].nunique()
        st.caption(say("links.page.unlocated", lang, k=k, n=k + lost, m=lost))
    if travels is not None:
        travel.note(way)
    st.markdown(f"**{say('links.page.nearest', lang)}**")
    frame.table(found.nearest.drop(columns=["a", "b", "measure"]))
    st.markdown(f"**{say('links.page.pairs-table', lang)}**")
    frame.table(found.table.drop(columns=["a", "b", "measure"]), height=300)
    _along(found, between, unit, travels, value)


def _heat(found: LinkMatrix, value: str, what: str, unit: str) -> None:
    lang = state.lang()
    words = say(f"links.measure.{unit}", lang)
    st.markdown(f"**{say('links.page.matrix-title', lang, what=what, unit=words)}**")
    known = found.table[found.table[value].notna()]
    if not len(known):
        frame.note(say("links.page.too-few", lang))
        return
    near = known.sort_values(value, kind="stable").iloc[0].to_dict()
    alt = say(
        "links.page.matrix-alt", lang, n=found.table["a"].nunique(), a=name_of(near, lang, "a"), b=name_of(near, lang, "b"),
        value=figure(near[value]), unit=words,
    )  # fmt: skip
    st.altair_chart(matrix_heat(found.table, value, lang), theme="streamlit", alt=alt)


def _along(found: LinkMatrix, between: str, unit: str, way: Travel | None, value: str) -> None:
    lang = state.lang()

    def drawn(form: str) -> bytes:
        from geo.maps.figures import figure_file, matrix

        square = found.square(value)
        names = {r["a"]: name_of(r, lang, "a") for r in found.table.to_dict("records")}
        title = say("links.page.matrix-title", lang, what=_words(between), unit=say(f"links.measure.{unit}", lang))  # fmt: skip
        return figure_file(matrix([names[n] for n in square.index], square.to_numpy(), title), form)

    calls: list[Any] = [] if way is None else [travel.call(way)]
    given = "" if way is None else ", travel=travel"
    calls += [f"found = geo.link_matrix(layout, {between!r}, {unit!r}{given})", "matrix, nearest = found.table, found.nearest"]  # fmt: skip
    take.along("link-matrix", {"matrix": found.table, "nearest": found.nearest}, calls=calls, figure=drawn, methods=[found.provenance])  # fmt: skip
