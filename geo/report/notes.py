"""What a workbook says of itself: layout, scenario, points with their hash, methods, statuses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from geo import __version__
from geo.analysis.provenance import Provenance
from geo.model.layout import Layout
from geo.model.scenario import Scenario
from geo.report.card import hash_of
from geo.report.script import PointsAsked
from geo.words import Lang, name_of, say

__all__ = ["notes_of", "short_notes"]


def short_notes(
    layout: Layout, lang: Lang, *, scenario: Scenario | None = None, points: PointsAsked | None = None, synthetic: bool = False
) -> list[str]:  # fmt: skip
    """Return in a few lines what numbers are about: layout, scenario, points, and that it is illustrative."""
    lines = [say("take.notes.layout", lang, name=name_of(layout.meta, lang), id=layout.id)]
    if scenario is not None:
        lines.append(say("take.notes.scenario", lang, name=name_of(scenario, lang), id=scenario.id, n=len(scenario.changes)))  # fmt: skip
    if points is not None:
        name = points.file or say("take.notes.invented", lang)
        lines.append(say("take.notes.points", lang, name=name, datum=points.datum))
    if synthetic:
        lines.append(say("report.notice.synthetic", lang))
    return [*lines, say("map.legend.footer", lang)]


def notes_of(
    layout: Layout, lang: Lang, *, scenario: Scenario | None = None, points: PointsAsked | None = None, n: int = 0, rejected: int = 0,
    datum: str = "", synthetic: bool = False, ring_km: float | None = None, methods: Sequence[Provenance] = (),
    tables: Iterable[pd.DataFrame] = (),
) -> list[str]:  # fmt: skip
    """Return the lines of a sheet of sources.

    Parameters
    ----------
    layout
        As published; hashed with all files of its folder.
    lang
        Language.
    scenario, points
        What else went in.
    n, rejected, datum
        Of the points: how many, how many rows have no position, and the datum that they were read in.
    synthetic
        Whether the points are invented.
    ring_km
        Width of campus rings.
    methods
        Of the results.
    tables
        What is in the workbook: the statuses that occur are explained.
    """
    lang = layout.meta.reader(lang)
    lines = [say("take.notes.version", lang, version=__version__)]
    lines.append(say("take.notes.layout", lang, name=name_of(layout.meta, lang), id=layout.id))
    if layout.folder is not None:
        lines.append(say("take.notes.layout-hash", lang, digest=hash_of(Path(layout.folder))))
    if scenario is not None:
        lines.append(say("take.notes.scenario", lang, name=name_of(scenario, lang), id=scenario.id, n=len(scenario.changes)))  # fmt: skip
    if points is not None:
        name = points.file or say("take.notes.invented", lang)
        lines.append(say("take.notes.points-counted", lang, name=name, n=n, rejected=rejected))
        lines.append(say("take.notes.datum", lang, datum=datum or points.datum))
        if points.digest:
            lines.append(say("take.notes.digest", lang, digest=points.digest))
        roles = [(say(f"take.notes.{k}", lang), v) for k, v in (("by", points.by), ("weight", points.weight)) if v]  # fmt: skip
        lines += [f"{word}{v}" for word, v in roles]
    if synthetic:
        lines.append(say("report.notice.synthetic", lang))
    if ring_km is not None:
        lines.append(say("take.notes.ring", lang, km=ring_km))
    for found in {m.method: m for m in methods}.values():
        lines.append(found.says(lang))
        lines += [say("take.notes.crs", lang, crs=found.crs)] if found.crs else []
        lines += [_parameters(found.parameters, lang)] if found.parameters else []
    lines += [say(f"model.status-long.{s}", lang) for s in _statuses(tables)]
    return [*lines, say("take.notes.sources", lang)]


def _parameters(parameters: Mapping[str, object], lang: Lang) -> str:
    told = ", ".join(f"{k} = {v}" for k, v in parameters.items() if v is not None)
    return say("take.notes.parameters", lang, text=told)


def _statuses(tables: Iterable[pd.DataFrame]) -> list[str]:
    """Return the statuses that occur, in the order of the catalogue."""
    known = ("official", "digitised", "illustrative", "computed")
    found = {str(s) for t in tables for c in t.columns if str(c).endswith("status") for s in t[c].dropna().unique()}  # fmt: skip
    return [s for s in known if s in found]
