"""Sections of a report about points and scenarios: curves, profile, gaps, fit, chance, concentration."""

from __future__ import annotations

from geo.analysis.compare import compare
from geo.report.contents import Ask, Builder
from geo.report.document import Section, Table
from geo.words import name_of

__all__ = ["POINT_SECTIONS"]


def _scenario(ask: Ask) -> Section | None:
    if ask.scenario is None:
        return None
    from geo.analysis.cloud import frame_of

    points = None if ask.cloud is None else frame_of(ask.cloud)
    found = compare(
        ask.layout, ask.scenario, points, units=ask.units if ask.units is not None else False, datum="wgs84",
        weight="weight" if ask.weight else None, ring_km=ask.ring_km,
    )  # fmt: skip
    moved = found.table[found.table["verdict"] != "even"]
    columns = (
        "scope", "name_zh", "name_en", "statistic", "base", "scenario", "diff_low", "diff", "diff_high", "verdict",
    )  # fmt: skip
    words = [
        ask.say("compare.words", name=name_of(ask.scenario, ask.lang), n=len(moved)),
        found.provenance.says(ask.lang),
    ]
    table = Table("compare", ask.say("compare.table"), found.table, columns)
    shown = Table("changes", ask.say("compare.changes"), moved.reset_index(drop=True), columns)
    return Section("scenario", ask.say("section.scenario"), words, [shown, table])


POINT_SECTIONS: tuple[tuple[str, Builder], ...] = (("scenario", _scenario),)
