"""Map features of matches: the need with its error, its numbered suppliers, and lines to them."""

from __future__ import annotations

import html
import math
from typing import Any

import numpy as np
import shapely

from geo.analysis.matching import Matches
from geo.maps.features import feature_of
from geo.maps.layers import DIGITS
from geo.maps.palette import BLUE, GREY, VERMILION
from geo.measure import geodesic_line, laea, unproject
from geo.words import Lang, name_of, one_line, say

__all__ = ["match_features", "match_focus"]

_QUIET_M = 300.0
"""A need whose place is known better than this is drawn without a circle."""


def match_features(found: Matches, need: str, lang: Lang) -> list[dict[str, Any]]:
    """Return a need, those listed for it and lines between them; words from data are escaped.

    Parameters
    ----------
    found
        The matches.
    need
        Id of the need.
    lang
        Language of the words.

    Returns
    -------
    list
        GeoJSON features; whoever has no position is left out. The circle about a need has its
        positional error as radius. The line to who was assigned is solid, others are dashed.
    """
    row: Any = found.needs.frame.set_index("need").loc[need]
    here = (float(row["lon"]), float(row["lat"]))
    placed = math.isfinite(here[0])
    rows = found.table[found.table["need"] == need]
    supply = found.supply.frame.set_index("supplier")
    lines, dots = [], []
    for one in rows.to_dict("records"):
        there = tuple(supply.loc[one["supplier"], ["lon", "lat"]].to_numpy(float))
        if not math.isfinite(there[0]):
            continue
        best = bool(one["assigned"]) if found.assign else one["rank"] == 1
        if placed and there != here:
            style = {"color": BLUE, "weight": 3 if best else 1.5, "opacity": 0.9, "fill": False}
            dash = {} if best else {"dashArray": "4 4"}
            lines.append(feature_of(geodesic_line(*here, *there), style | dash, ""))
        name = one_line(name_of(one, lang, "supplier"))
        words = say("matching.map.supplier", lang, rank=one["rank"], name=name, score=one["score"])
        dot = {"radius": 7 if best else 5.5, "color": "#FFFFFF", "weight": 1.5, "fillColor": BLUE, "fillOpacity": 1}  # fmt: skip
        label: dict[str, Any] = {"label": html.escape(str(one["rank"])), "at": [round(there[1], DIGITS), round(there[0], DIGITS)]}  # fmt: skip
        dots.append(feature_of(shapely.Point(there), dot, _tip(words, f"match:{one['supplier']}"), **label))  # fmt: skip
    # The best lies on top: of several at one place it is the one that is seen.
    return [*_need(row, here, need, lang), *lines, *dots[::-1]] if placed else dots[::-1]


def _need(row: Any, here: tuple[float, float], need: str, lang: Lang) -> list[dict[str, Any]]:
    tip = _tip(one_line(name_of(row, lang, "need")), f"need:{need}")
    dot = {"radius": 8, "color": "#FFFFFF", "weight": 2, "fillColor": VERMILION, "fillOpacity": 1}
    found = [feature_of(shapely.Point(here), dot, tip)]
    if float(row["err_m"]) > _QUIET_M:
        crs = laea(*here)
        circle = unproject(shapely.Point(0, 0).buffer(float(row["err_m"])), crs)
        style = {"color": VERMILION, "weight": 1, "dashArray": "3 5", "fillColor": GREY, "fillOpacity": 0.05}  # fmt: skip
        found.insert(0, feature_of(circle, style, ""))
    return found


def _tip(text: str, number: str) -> str:
    return f"<b>{html.escape(text)}</b><br><small>№ {html.escape(number)}</small>"


def match_focus(found: Matches, need: str) -> tuple[float, float, int] | None:
    """Return longitude, latitude and zoom that show a need with those listed for it."""
    rows = found.table[found.table["need"] == need]
    supply = found.supply.frame.set_index("supplier").loc[rows["supplier"], ["lon", "lat"]]
    own = found.needs.frame.set_index("need").loc[[need], ["lon", "lat"]]
    at = np.vstack([own.to_numpy(float), supply.to_numpy(float)])
    at = at[np.isfinite(at[:, 0])]
    if not len(at):
        return None
    low, high = at.min(axis=0), at.max(axis=0)
    middle = (low + high) / 2
    span = max(float(high[0] - low[0]) * math.cos(math.radians(float(middle[1]))), float(high[1] - low[1]), 0.02)  # fmt: skip
    # 360° are 256 pixels at zoom 0; some 330 pixels of a map are for what is shown.
    zoom = math.floor(math.log2(330 / 256 * 360 / span))
    return float(middle[0]), float(middle[1]), min(max(zoom, 5), 13)
