"""A report as data: sections of words, tables and figures, in a language, whatever file it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from geo.maps.figures import figure_file
from geo.words import Lang

__all__ = ["Document", "Figure", "Section", "Table"]


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure.

    Attributes
    ----------
    name
        Unique in the report; a file name without an ending.
    title
        What it shows.
    drawn
        The figure of matplotlib.
    """

    name: str
    title: str
    drawn: Any

    @cached_property
    def svg(self) -> bytes:
        """The figure as SVG, self-contained."""
        return figure_file(self.drawn)

    def files(self) -> dict[str, bytes]:
        """Return the figure as SVG, PNG and PDF, by file name."""
        return {f"{self.name}.{form}": figure_file(self.drawn, form) for form in ("svg", "png", "pdf")}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Table:
    """A table.

    Attributes
    ----------
    name
        Unique in the report: the name of its sheet.
    title
        What it holds.
    frame
        All of its rows, with machine names of columns.
    columns
        Those that a page shows; a workbook has them all.
    most
        So many rows are shown on a page; the rest is in the workbook, and the page says so.
    """

    name: str
    title: str
    frame: pd.DataFrame
    columns: Sequence[str] = ()
    most: int = 40

    @property
    def shown(self) -> pd.DataFrame:
        """What a page shows."""
        kept = [c for c in self.columns if c in self.frame.columns] or list(self.frame.columns)
        return self.frame.loc[:, kept].head(self.most)

    @property
    def left_out(self) -> int:
        """How many rows a page does not show."""
        return max(len(self.frame) - self.most, 0)


@dataclass(frozen=True, eq=False)
class Section:
    """A section.

    Attributes
    ----------
    name
        Unique in the report.
    title
        Its heading.
    words
        Paragraphs: what was found, then method and limits.
    tables, figures
        In order.
    """

    name: str
    title: str
    words: Sequence[str] = ()
    tables: Sequence[Table] = ()
    figures: Sequence[Figure] = ()


@dataclass(frozen=True, eq=False)
class Document:
    """A report.

    Attributes
    ----------
    lang
        The language that all of it is in; tables keep their codes until they are rendered.
    title
        Of the report.
    subtitle
        What it is about: layout, points, scenario.
    sections
        In order.
    notices
        What every page must say: illustrative, synthetic.
    imprint
        编制单位, date, 审图号, by the names of :class:`geo.maps.static.Imprint`.
    card
        Reproducibility: what went in, versions, parameters, seed, command; in order.
    map_html
        The interactive map as a page of its own, or blank.
    """

    lang: Lang
    title: str
    subtitle: Sequence[str]
    sections: Sequence[Section]
    notices: Sequence[str]
    imprint: Mapping[str, str] = field(default_factory=dict)
    card: Mapping[str, Any] = field(default_factory=dict)
    map_html: str = ""

    @property
    def tables(self) -> list[Table]:
        """All tables, in order."""
        return [t for s in self.sections for t in s.tables]

    @property
    def figures(self) -> list[Figure]:
        """All figures, in order."""
        return [f for s in self.sections for f in s.figures]
