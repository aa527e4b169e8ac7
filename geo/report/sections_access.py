"""Section of a report about access: how many people are how near to labs, universities, parks, stations."""

from __future__ import annotations

import pandas as pd

from geo.analysis.places import Places, nodes_as_places, units_as_places
from geo.analysis.reached import Reached, reached
from geo.errors import UnitsError
from geo.maps.figures import Line, lines
from geo.report.contents import Ask, Builder
from geo.report.document import Figure, Section, Table
from geo.words import name_of, say

__all__ = ["ACCESS_SECTIONS"]

TIERS = ("lab", "university", "park", "service", "transport")
LIMIT = 30.0
"""Minutes of the list of who is beyond."""
_FARTHEST = 120.0


def _access(ask: Ask) -> Section:
    title = ask.say("section.access")
    if ask.units is None:
        return Section("access", title, [ask.say("no-units")])
    try:
        people = units_as_places(ask.layout, ask.units)
    except UnitsError as error:
        return Section("access", title, [str(error)])
    asked = {tier: nodes_as_places(ask.layout, tiers=[tier]) for tier in TIERS}
    found = {tier: reached(people, places) for tier, places in asked.items() if len(places)}
    if not found:
        return Section("access", title, [say("access.report.none", ask.lang)])
    words = [_words(ask, people, found), next(iter(found.values())).provenance.says(ask.lang)]
    lost = [tier for tier in TIERS if tier not in found and len(asked[tier].unlocated)]
    if lost:
        names = say("cli.out.between", ask.lang).join(say(f"model.tier.{t}", ask.lang) for t in lost)  # fmt: skip
        words.append(say("access.report.unlocated", ask.lang, names=names))
    columns = ("tier", "cut", "demand_low", "demand", "demand_high", "share_low", "share", "share_high", "located", "listed")  # fmt: skip
    far = ("tier", "name_zh", "name_en", "beyond_low", "beyond", "beyond_high", "total", "share", "mean_cost")  # fmt: skip
    totals = pd.concat([f.totals.assign(tier=t) for t, f in found.items()], ignore_index=True)
    groups = pd.concat([_beyond(f).assign(tier=t) for t, f in found.items()], ignore_index=True)
    tables = [
        Table("access", say("access.report.table", ask.lang), totals, columns, most=40),
        Table("access-beyond", say("access.report.beyond", ask.lang, limit=f"{LIMIT:g}"), groups, far, most=40),
    ]  # fmt: skip
    return Section("access", title, words, tables, [_figure(ask, found)])


def _words(ask: Ask, people: Places, found: dict[str, Reached]) -> str:
    first = next(iter(found.values()))
    detour, speed = (first.provenance.parameters[k] for k in ("detour", "speed_kmh"))
    return say(
        "access.report.words", ask.lang, n=f"{people.weight.sum():,.0f}", left=f"{people.left_out:,.0f}", detour=f"{detour:g}",
        speed=f"{speed:g}",
    )  # fmt: skip


def _beyond(found: Reached) -> pd.DataFrame:
    groups = found.groups
    return groups[(groups["cut"] == LIMIT) & (groups["beyond"] > 0)].head(8)


def _figure(ask: Ask, found: dict[str, Reached]) -> Figure:
    at = [float(k) for k in range(0, int(_FARTHEST) + 1, 3)]
    series = []
    for tier, own in found.items():
        rows = own.within(at)
        name = say(f"model.tier.{tier}", ask.lang)
        series.append(Line(name, at, *(rows[c].tolist() for c in ("share_low", "share", "share_high"))))  # fmt: skip
    drawn = lines(
        series, say("access.axis.minutes", ask.lang), say("access.axis.share", ask.lang), percent=True,
        marks=[(LIMIT, f"{LIMIT:g}")],
    )  # fmt: skip
    return Figure("access", say("access.report.figure", ask.lang, layout=name_of(ask.layout.meta, ask.lang)), drawn)  # fmt: skip


ACCESS_SECTIONS: tuple[tuple[str, Builder], ...] = (("access", _access),)
