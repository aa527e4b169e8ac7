"""The section of a report about siting: where the next stations do most, and who stays beyond."""

from __future__ import annotations

from geo.analysis.places import Places, nodes_as_places, points_as_places, units_as_places
from geo.analysis.progress import part_of
from geo.analysis.siting import Sites, site, site_curve
from geo.maps.figures import Line, lines
from geo.network.travel import Straight
from geo.report.contents import Ask, Builder
from geo.report.document import Figure, Section, Table
from geo.words import say

__all__ = ["SITING_SECTIONS"]

NEW, WITHIN, MOST = 3, 30.0, 10
"""New sites, minutes, and how far the curve goes: stated in the section."""


def _demand(ask: Ask) -> tuple[Places | None, str]:
    """Return who is to be served, people first, and how that is said."""
    if ask.units is not None:
        places = units_as_places(ask.layout, ask.units)
        key = "siting.report.demand-units"
    elif ask.cloud is not None and len(ask.cloud):
        places, key = points_as_places(ask.cloud), "siting.report.demand-points"
    else:
        return None, ""
    total = float(places.weight.sum())
    left = f"{places.left_out:,.0f}"
    return (
        (places, say(key, ask.lang, total=f"{total:,.0f}", left=left)) if total > 0 else (None, "")
    )


def _siting(ask: Ask) -> Section:
    lang, title = ask.lang, ask.say("section.siting")
    demand, whom = _demand(ask)
    candidates = nodes_as_places(ask.layout, tiers=["university"])
    if demand is None or not len(candidates):
        return Section("siting", title, [say("siting.report.none", lang)])
    existing, way = nodes_as_places(ask.layout, tiers=["service"]), Straight()
    n = min(NEW, len(candidates))
    found = site(
        demand, candidates, n=n, existing=existing, within=WITHIN, travel=way, seed=ask.seed,
        progress=part_of(ask.steps.now, 0, 2),
    )  # fmt: skip
    curve = site_curve(demand, candidates, most=MOST, existing=existing, within=WITHIN, travel=way, method="greedy", progress=part_of(ask.steps.now, 1, 2)).table  # fmt: skip
    words = [
        say("siting.report.words", lang, demand=whom, m=len(candidates), k=len(existing), lost=len(existing.unlocated), n=n, within=f"{WITHIN:g}", travel=way.says(lang)),
        _found(found, ask), found.provenance.says(lang),
    ]  # fmt: skip
    by_unit = len(found.by_group) > 0
    beyond = found.by_group if by_unit else found.beyond
    group_columns = ("name_zh", "name_en", "demand", "beyond_low", "beyond", "beyond_high", "share_beyond")  # fmt: skip
    tables = [
        Table("siting-sites", say("siting.report.sites", lang), found.tables()["sites"], ("order", "name_zh", "name_en", "existing", "gain", "served", "share_served", "mean_cost")),
        Table("siting-totals", say("siting.report.totals", lang), found.totals, ("stage", "sites", "covered_low", "covered", "covered_high", "share_covered_low", "share_covered", "share_covered_high", "mean_cost_low", "mean_cost", "mean_cost_high")),
        Table("siting-beyond", say("siting.report.beyond", lang), beyond, group_columns if by_unit else ("rank", "name_zh", "name_en", "weight", "cost_low", "cost", "cost_high"), most=12),
        Table("siting-curve", say("siting.report.curve", lang), curve, ("n", "added_zh", "added_en", "gain", "share_covered_low", "share_covered", "share_covered_high", "mean_cost")),
    ]  # fmt: skip
    line = Line("", curve["n"].tolist(), *(curve[f"share_covered{e}"].tolist() for e in ("_low", "", "_high")))  # fmt: skip
    of = say("siting.out.minutes", lang)
    drawn = lines([line], say("siting.chart.n", lang), say("siting.chart.share_covered", lang, of=of), percent=True)  # fmt: skip
    return Section("siting", title, words, tables, [Figure("siting-curve", say("siting.report.curve", lang), drawn)])  # fmt: skip


def _found(found: Sites, ask: Ask) -> str:
    rows = {str(r["stage"]): r for r in found.totals.to_dict("records")}
    now, before = rows["all"], rows.get("existing")
    quality = say("siting.out.best", ask.lang) if found.optimal else say("siting.out.gap", ask.lang, gap=f"{100 * found.gap:.1f}%")  # fmt: skip
    shares = {k: f"{100 * now[f'share_covered{e}']:.1f}%" for k, e in (("after", ""), ("low", "_low"), ("high", "_high"))}  # fmt: skip
    values = {"n": len(found.chosen), "quality": quality} | shares
    if before is None:
        return say("siting.report.found-first", ask.lang, **values)
    return say("siting.report.found", ask.lang, before=f"{100 * before['share_covered']:.1f}%", **values)  # fmt: skip


SITING_SECTIONS: tuple[tuple[str, Builder], ...] = (("siting", _siting),)
