"""Needs of firms matched to laboratories, universities, firms and agencies, with reasons."""

from geo.analysis.matching.fields import TermFound, fields_of, terms_in
from geo.analysis.matching.matches import Matches, match
from geo.analysis.matching.needs import Needs, bundled_needs, needs_of, notes_of_needs
from geo.analysis.matching.supply import Supply, supply_from, supply_of
from geo.analysis.matching.taxonomy import Taxonomy, bundled_taxonomy, read_taxonomy

__all__ = [
    "Matches",
    "Needs",
    "Supply",
    "Taxonomy",
    "TermFound",
    "bundled_needs",
    "bundled_taxonomy",
    "fields_of",
    "match",
    "needs_of",
    "notes_of_needs",
    "read_taxonomy",
    "supply_from",
    "supply_of",
    "terms_in",
]  # fmt: skip
