"""The section of a report about access: its numbers, what it says, and what it lacks."""

from __future__ import annotations

import pytest

from geo.analysis.places import nodes_as_places, units_as_places
from geo.analysis.reached import reached
from geo.report.contents import Ask
from geo.report.sections_access import ACCESS_SECTIONS, LIMIT, TIERS
from geo.words import LANGUAGES

BUILD = dict(ACCESS_SECTIONS)["access"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_people_by_tier_and_limit(wuhan, units, lang):
    section = BUILD(Ask(wuhan, lang))
    tables = {t.name: t.frame for t in section.tables}
    people = units_as_places(wuhan, units)
    table = tables["access"]
    assert set(table["tier"]) == set(TIERS)
    for tier in TIERS:
        want = reached(people, nodes_as_places(wuhan, tiers=[tier])).totals
        own = table[table["tier"] == tier]
        assert own["share"].tolist() == want["share"].tolist()
        assert own["demand_low"].tolist() == want["demand_low"].tolist()
    assert table["estimate"].all()
    assert f"{people.weight.sum():,.0f}" in section.words[0]
    assert "9,278,558" in section.words[0]
    assert "1.3" in section.words[0]
    beyond = tables["access-beyond"]
    assert (beyond["cut"] == LIMIT).all()
    assert len(section.figures) == 1


def test_a_layout_without_units_or_facilities_says_so(copy_of_wuhan):
    import geo

    nodes = copy_of_wuhan / "population.csv"
    nodes.unlink()
    section = BUILD(Ask(geo.read_layout(copy_of_wuhan), "en"))
    assert not section.tables
    assert "population" in section.words[0]
