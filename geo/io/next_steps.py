"""What a valid layout still lacks: the next steps of its author, in order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import shapely

from geo.io.layouts import META
from geo.model.items import Item
from geo.model.layout import Layout
from geo.words import LANGUAGES, Lang, say

__all__ = ["Step", "next_steps"]

_CHINESE = re.compile("[\u4e00-\u9fff]")
_NO_SOURCE = ("", "example", "source", "…", "-", "?")
_FEW = 5
"""So many features are named, then how many more there are."""


@dataclass(frozen=True)
class Step:
    """One thing that a layout should have.

    Attributes
    ----------
    key
        Of the words that say how, under ``author.steps``.
    file
        Where it is done.
    where
        Ids of the features, or rows, that it is about; empty for the file as a whole.
    done
        Whether there is nothing left to do.
    folder
        The layout's folder, for the commands in the words.
    """

    key: str
    file: str
    where: tuple[str, ...]
    done: bool
    folder: str = ""

    def says(self, lang: Lang) -> str:
        """Return the step on one line: file, features, and how to do it."""
        how = say(f"author.steps.{self.key}", lang, folder=self.folder)
        named = (", " if lang == "en" else "、").join(self.where[:_FEW])
        if len(self.where) > _FEW:
            named += (" " if lang == "en" else "") + say("author.steps.more", lang, n=len(self.where) - _FEW)  # fmt: skip
        place = self.file + (f" ({named})" if named else "")
        return f"{place}: {how}"


Found = Sequence[str] | bool
"""Ids of what is not done; or whether the layout as a whole lacks it."""


def next_steps(layout: Layout) -> list[Step]:
    """Return every step to a finished layout, in order, done or not.

    Parameters
    ----------
    layout
        A valid layout.
    """
    folder = layout.folder.name if layout.folder is not None else layout.id
    steps = []
    for key, file, look in _STEPS:
        found = look(layout)
        where = () if isinstance(found, bool) else tuple(found)
        steps.append(Step(key, file, where, not found, folder))
    return steps


def _corridors(layout: Layout) -> list[Item]:
    return layout.of_layer("corridor")


def _no_corridor(layout: Layout) -> Found:
    return not any(layout.of_layer(x) for x in ("corridor", "belt", "zone"))


def _two_points(layout: Layout) -> Found:
    return [i.id for i in _corridors(layout) if i.geometry is not None and shapely.get_num_coordinates(i.geometry) <= 2]  # fmt: skip


def _estimated(layout: Layout) -> Found:
    marks = {x: say("author.template.estimated", x) for x in LANGUAGES}
    return [
        i.id for i in layout
        if marks["zh"] in i.properties.note_zh or marks["en"] in i.properties.note_en
    ]  # fmt: skip


def _no_source(layout: Layout) -> Found:
    drawn = say("author.template.drawn", "en")
    return [i.id for i in layout if i.source.strip() in _NO_SOURCE or i.source.startswith(drawn)]


def _no_english(layout: Layout) -> Found:
    names = [layout.meta.name_en] if _CHINESE.search(layout.meta.name_en) else []
    return [*(META for _ in names), *(i.id for i in layout if _CHINESE.search(i.name_en))]


def _no_chinese(layout: Layout) -> Found:
    """Return where a Chinese name is the English one: many names of firms are, a layout's is not."""
    missing = [META] if not _CHINESE.search(layout.meta.name_zh) else []
    big = (*_corridors(layout), *layout.of_layer("belt"), *layout.of_layer("zone"))
    return [*missing, *(i.id for i in big if not _CHINESE.search(i.name_zh))]


def _no_nodes(layout: Layout) -> Found:
    return not layout.of_layer("node")


def _unlocated(layout: Layout) -> Found:
    return [i.id for i in layout.of_layer("node") if i.geometry is None]


def _no_claims(layout: Layout) -> Found:
    return not len(layout.claims)


def _unclaimed(layout: Layout) -> Found:
    told = set(layout.claims["subject"]) if len(layout.claims) else set()
    return [i.id for i in _corridors(layout) if told and i.id not in told]


def _no_units(layout: Layout) -> Found:
    return layout.meta.units.provider == "none"


def _no_date(layout: Layout) -> Found:
    return not layout.meta.as_of


def _no_attribution(layout: Layout) -> Found:
    blank = " / ".join(say("author.template.own-source", x) for x in LANGUAGES)
    turned = " / ".join(say("author.template.own-source", x) for x in reversed(LANGUAGES))
    return all(a.name in (blank, turned, "your source") for a in layout.meta.attribution)


_STEPS: tuple[tuple[str, str, Callable[[Layout], Found]], ...] = (
    ("corridor", "corridors.geojson", _no_corridor),
    ("two-points", "corridors.geojson", _two_points),
    ("estimated", "corridors.geojson", _estimated),
    ("source", "*.geojson", _no_source),
    ("names-en", "*.geojson", _no_english),
    ("names-zh", "*.geojson", _no_chinese),
    ("nodes", "nodes.geojson", _no_nodes),
    ("positions", "nodes.geojson", _unlocated),
    ("claims", "claims.csv", _no_claims),
    ("corridor-claim", "claims.csv", _unclaimed),
    ("units", META, _no_units),
    ("as-of", META, _no_date),
    ("attribution", META, _no_attribution),
)
