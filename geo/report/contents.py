"""What a report holds: the sections, each from the analyses, in the order that they are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import pandas as pd

from geo.analysis.cloud import Cloud, frame_of
from geo.analysis.footprints import Footprint, footprints_of
from geo.analysis.progress import Progress, part_of
from geo.errors import CorridorError, UnitsError
from geo.io.units import read_units
from geo.maps.static import Imprint
from geo.model.items import CorridorItem
from geo.model.layout import Layout
from geo.model.scenario import Scenario
from geo.report.document import Document, Section
from geo.words import Lang, name_of, say

__all__ = ["OPTIONAL", "Ask", "Steps", "report", "section_names"]


@dataclass
class Steps:
    """How a section that is being made says how far it is.

    Attributes
    ----------
    now
        Called with what is done and what there is; what it raises ends the work.
    """

    now: Progress | None = None


@dataclass(frozen=True, eq=False)
class Ask:
    """What a report is asked for.

    Attributes
    ----------
    layout
        The layout.
    lang
        Language of all words.
    cloud
        The points, or ``None``.
    by, weight, year
        Columns of the category, the weight and the year of the points, where they have them.
    founded
        Whether the year is that of founding: what is there stays.
    scenario
        Changes to compare with, or ``None``.
    ring_km
        Width of campus rings.
    seed, draws
        Of whatever is random.
    imprint
        What the map says of itself.
    steps
        How far the section is that is being made.
    """

    layout: Layout
    lang: Lang = "zh"
    cloud: Cloud | None = None
    by: str | None = None
    weight: str | None = None
    year: str | None = None
    founded: bool = False
    scenario: Scenario | None = None
    ring_km: float | None = None
    seed: int = 20_260_224
    draws: int = 199
    imprint: Imprint = field(default_factory=Imprint)
    steps: Steps = field(default_factory=Steps)

    @cached_property
    def units(self) -> gpd.GeoDataFrame | None:
        """Administrative units, or ``None`` where the layout names none."""
        try:
            return read_units(self.layout)
        except UnitsError:
            return None

    @cached_property
    def footprints(self) -> list[Footprint]:
        """What coverage is counted by."""
        return footprints_of(self.layout, ring_km=self.ring_km)

    @cached_property
    def points(self) -> pd.DataFrame | None:
        """The points as a table, or ``None``."""
        if self.cloud is None:
            return None
        table = frame_of(self.cloud)
        return table.assign(year=self.cloud.columns[self.year]) if self.year else table

    @property
    def columns(self) -> dict[str, Any]:
        """How analyses read that table."""
        return {
            "by": "by" if self.by else None, "weight": "weight" if self.weight else None, "datum": "wgs84",
        }  # fmt: skip

    @property
    def corridors(self) -> list[CorridorItem]:
        """Corridors with an axis."""
        return [i for i in self.layout.of_layer("corridor") if isinstance(i, CorridorItem) and i.shape is not None]  # fmt: skip

    def say(self, key: str, **values: object) -> str:
        """Return words of the report."""
        return say(f"document.{key}", self.lang, **values)

    def name(self, thing: Any) -> str:
        """Return the name of a feature or row in the language."""
        return name_of(thing, self.lang)


Builder = Callable[[Ask], Section | None]
OPTIONAL = frozenset({"layouts"})
"""Sections that a report has only where they are asked for: they are about other layouts too."""


def _builders() -> list[tuple[str, Builder]]:
    from geo.report.sections_access import ACCESS_SECTIONS
    from geo.report.sections_layout import LAST_SECTIONS, LAYOUT_SECTIONS
    from geo.report.sections_layouts import LAYOUTS_SECTIONS
    from geo.report.sections_links import LINKS_SECTIONS
    from geo.report.sections_matching import MATCHING_SECTIONS
    from geo.report.sections_points import POINT_SECTIONS
    from geo.report.sections_services import SERVICES_SECTIONS
    from geo.report.sections_siting import SITING_SECTIONS

    network = (
        LINKS_SECTIONS,
        ACCESS_SECTIONS,
        SITING_SECTIONS,
        MATCHING_SECTIONS,
        SERVICES_SECTIONS,
    )
    links = [section for group in network for section in group]
    return [*LAYOUT_SECTIONS, *POINT_SECTIONS, *links, *LAYOUTS_SECTIONS, *LAST_SECTIONS]


def section_names() -> list[str]:
    """Return the names of all sections, in order."""
    return [name for name, _ in _builders()]


def report(
    ask: Ask, *, card: Mapping[str, Any] | None = None, progress: Progress | None = None, sections: Collection[str] | None = None,
) -> Document:  # fmt: skip
    """Return a report.

    A section whose data are missing says so in one sentence; none is left out silently.

    Parameters
    ----------
    ask
        What it is about.
    card
        The reproducibility card.
    progress
        Called with what is done and what there is; what it raises ends the work.
    sections
        Names of those wanted; by default all but :data:`OPTIONAL`. What the report says of itself is always in it.
    """
    from geo.maps.web import one_file_html

    ask = replace(ask, lang=ask.layout.meta.reader(ask.lang))
    named = set(section_names()) - OPTIONAL if sections is None else {*sections}
    wanted = {*named, "method"}
    builders = [b for b in _builders() if b[0] in wanted]
    made = list(_built(ask, builders, progress))
    layout, lang = ask.layout, ask.lang
    subtitle = [ask.say("about", layout=name_of(layout.meta, lang), features=len(layout))]
    notices = [say("report.notice.illustrative", lang)]
    if ask.cloud is not None:
        subtitle.append(ask.say("points", name=ask.cloud.name, n=len(ask.cloud), rejected=ask.cloud.rejected))  # fmt: skip
        if ask.cloud.synthetic:
            notices.append(say("report.notice.synthetic", lang))
    if ask.scenario is not None:
        subtitle.append(ask.say("scenario", name=name_of(ask.scenario, lang), n=len(ask.scenario.changes)))  # fmt: skip
    own = ask.imprint
    imprint = {
        ask.say("office"): own.office or ask.say("blank"),
        ask.say("date"): own.date or dt.datetime.now().astimezone().date().isoformat(),
        ask.say("review-number"): own.review_number or ask.say("blank"),
    }
    return Document(
        lang, own.title or ask.say("title", layout=name_of(layout.meta, lang)), subtitle, made, notices, imprint,
        dict(card or {}), one_file_html(layout, lang, units=ask.units, ring_km=ask.ring_km),
    )  # fmt: skip


def _built(
    ask: Ask, builders: Sequence[tuple[str, Builder]], progress: Progress | None
) -> Iterator[Section]:
    for k, (name, build) in enumerate(builders):
        ask.steps.now = part_of(progress, k, len(builders))
        if ask.steps.now is not None:
            ask.steps.now(0, 1)
        try:
            section = build(ask)
        except CorridorError as error:
            # One analysis that cannot be made must not cost the others.
            section = Section(name, ask.say(f"section.{name}"), [ask.say("failed", why=str(error))])
        if section is not None:
            yield section
        if ask.steps.now is not None:
            ask.steps.now(1, 1)
