"""The section of a report about links: map, table, matrices, estimates, and the star of the belt."""

from __future__ import annotations

from typing import Any, get_args

import pandas as pd

from geo.analysis.flows import BETA, Model, flows
from geo.analysis.link_matrices import LinkMatrix, link_matrix
from geo.analysis.links import links
from geo.analysis.star import belts_with_roles, star
from geo.errors import PointsError
from geo.maps.figures import matrix
from geo.maps.link_static import draw_links
from geo.network.travel import Straight
from geo.report.contents import Ask, Builder
from geo.report.document import Figure, Section, Table
from geo.words import name_of, say

__all__ = ["LINKS_SECTIONS"]

_PAIR = ("a_zh", "a_en", "b_zh", "b_en")


def _links(ask: Ask) -> Section:
    lang = ask.lang
    title = ask.say("section.links")
    if not ask.layout.of_layer("link"):
        return Section("links", title, [say("links.report.none", lang)])
    way = Straight()
    found = links(ask.layout, travel=way)
    lost = found.table[~found.table["located"]].reset_index(drop=True)
    words = [
        say("links.report.links", lang, n=len(found.table), drawn=int(found.table["located"].sum()), missing=len(lost), travel=way.says(lang)),
        found.provenance.says(lang),
    ]  # fmt: skip
    columns = ("name_zh", "name_en", "kind", "since", "km_low", "km", "km_high", "km_network", "minutes", "estimate", "claim", "source")  # fmt: skip
    drawn = found.table[found.table["located"]].reset_index(drop=True)
    tables = [
        Table("links", say("links.report.table", lang), drawn, columns),
        Table("links-missing", say("links.report.missing", lang), lost, ("name_zh", "name_en", "kind", "missing_end_zh", "missing_end_en", "since", "claim", "source")),
        Table("links-figures", say("links.report.figures", lang), found.figures, ("link_zh", "link_en", "label_zh", "label_en", "value", "unit", "qualifier", "joined", "source")),
    ]  # fmt: skip
    figures = [Figure("links-map", say("links.report.map", lang), draw_links(ask.layout, found.frame(), lang, units=ask.units))]  # fmt: skip
    _matrices(ask, tables, figures)
    _flows(ask, words, tables)
    _star(ask, words, tables)
    return Section("links", title, words, tables, figures)


def _between(ask: Ask, between: str) -> LinkMatrix | None:
    try:
        return link_matrix(ask.layout, between)
    except PointsError:
        # Fewer than two places have a position: there is nothing to tell apart.
        return None


def _matrices(ask: Ask, tables: list[Table], figures: list[Figure]) -> None:
    lang = ask.lang
    cities, corridors = _between(ask, "cities"), _between(ask, "corridors")
    if cities is not None:
        square = cities.square()
        names = {r["a"]: name_of(r, lang, "a") for r in cities.table.to_dict("records")}
        title = say("links.report.matrix", lang)
        figures.append(Figure("links-matrix", title, matrix([names[n] for n in square.index], square.to_numpy(), title)))  # fmt: skip
        nearest = ("a_zh", "a_en", "rank", "b_zh", "b_en", "value_low", "value", "value_high", "mutual", "surely_nearest")  # fmt: skip
        tables.append(Table("links-nearest", say("links.report.nearest", lang), cities.nearest, nearest))  # fmt: skip
    if corridors is not None:
        apart = (*_PAIR, "km_low", "km", "km_high", "axes_km_low", "axes_km", "axes_km_high", "overlap")  # fmt: skip
        tables.append(Table("links-corridors", say("links.report.corridors", lang), corridors.table, apart))  # fmt: skip


def _flows(ask: Ask, words: list[str], tables: list[Table]) -> None:
    lang = ask.lang
    try:
        found = {model: flows(ask.layout, model=model) for model in get_args(Model)}
    except PointsError:
        # Fewer than two cities have a figure of their people.
        return
    named = [f.pairs().head(12).assign(flow_model=say(f"links.page.{m}", lang)) for m, f in found.items()]  # fmt: skip
    columns = (*_PAIR, "flow_model", "km", "share_low", "share", "share_high", "share_beta_low", "share_beta_high", "estimate")  # fmt: skip
    title = say("links.report.flows", lang, beta=BETA)
    tables.append(Table("links-flows", title, pd.concat(named, ignore_index=True), columns))
    basis = "; ".join(dict.fromkeys(found["gravity"].masses["basis"]))
    words.append(say("links.report.flows-words", lang, basis=basis))


def _star(ask: Ask, words: list[str], tables: list[Table]) -> None:
    if not belts_with_roles(ask.layout):
        return
    reading: dict[str, Any] = {} if ask.points is None else {"weight": "weight" if ask.weight else None, "datum": "wgs84"}  # fmt: skip
    try:
        found = star(ask.layout, points=ask.points, **reading)
    except PointsError:
        return
    words.append(found.provenance.says(ask.lang))
    columns = ("seat_zh", "seat_en", "role", "km_low", "km", "km_high", "km_network", "minutes", "share_population", "share_nodes", "share_points")  # fmt: skip
    tables.append(Table("links-star", say("links.report.star", ask.lang), found.table, columns))
    tables.append(Table("links-roles", say("links.report.roles", ask.lang), found.roles, ("holding", "role", "cities", "value", "share_low", "share", "share_high")))  # fmt: skip


LINKS_SECTIONS: list[tuple[str, Builder]] = [("links", _links)]
