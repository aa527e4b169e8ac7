"""Section of a report about matching: the needs that come with a layout, and who can help with each."""

from __future__ import annotations

from geo.analysis.matching import bundled_needs, match, supply_of
from geo.errors import PointsError
from geo.maps.figures import bars
from geo.network.travel import Straight
from geo.report.contents import Ask, Builder
from geo.report.document import Figure, Section, Table
from geo.words import name_of, one_line, say

__all__ = ["MATCHING_SECTIONS"]

MOST = 5
"""So many are listed for each need, and so many needs are drawn."""
_NAME = 30


def _matching(ask: Ask) -> Section:
    title = ask.say("section.matching")
    try:
        needs = bundled_needs(ask.layout, units=ask.units)
    except PointsError:
        return Section("matching", title, [say("matching.report.none", ask.lang)])
    travel = Straight()
    found = match(needs, supply_of(ask.layout), layout=ask.layout, travel=travel, most=MOST)
    placed = int((needs.frame["placed_by"] != "none").sum())
    located = int(found.supply.frame["lon"].notna().sum())
    words = [
        say("matching.report.words", ask.lang, needs=len(needs), placed=placed, supply=len(found.supply), located=located),
        travel.says(ask.lang), found.provenance.says(ask.lang),
    ]  # fmt: skip
    columns = (
        "need_zh", "need_en", "rank", "rank_low", "rank_high", "supplier_zh", "supplier_en", "score_low", "score", "score_high",
        "minutes_low", "minutes", "minutes_high", "reason_zh", "reason_en",
    )  # fmt: skip
    told = ("need_zh", "need_en", "text_zh", "text_en", "place", "fields_zh", "fields_en")
    tables = [
        Table("matching-needs", say("matching.report.needs", ask.lang), needs.table, told),
        Table("matching-matches", say("matching.report.matches", ask.lang), found.table, columns),
        Table("matching-services", say("matching.report.services", ask.lang), found.services, ("need_zh", "need_en", "supplier_zh", "supplier_en", "same_place", "minutes")),
    ]  # fmt: skip
    if len(found.unassigned):
        tables.append(Table("matching-unassigned", say("matching.report.unassigned", ask.lang), found.unassigned, ("need_zh", "need_en", "why_zh", "why_en")))  # fmt: skip
    figures = []
    for number, (need, rows) in enumerate(found.table.groupby("need", sort=False), 1):
        if number > MOST:
            break
        # Two of one name would share a bar.
        names = [f"{r['rank']}. {one_line(name_of(r, ask.lang, 'supplier'))[:_NAME]}" for r in rows.to_dict("records")]  # fmt: skip
        own = one_line(name_of(rows.iloc[0], ask.lang, "need"))
        drawn = bars(names, rows["score_low"].tolist(), rows["score"].tolist(), rows["score_high"].tolist(), say("matching.page.score", ask.lang))  # fmt: skip
        figures.append(Figure(f"matching-{number}", say("matching.report.figure", ask.lang, need=own or str(need)), drawn))  # fmt: skip
    return Section("matching", title, words, tables, figures)


MATCHING_SECTIONS: tuple[tuple[str, Builder], ...] = (("matching", _matching),)
