"""What is drawn of a belt on trial: its outline with the band, its axis, the seats, and rivals."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.maps.features import feature_of
from geo.maps.palette import BLUE, GREEN, GREY, ORANGE, VERMILION
from geo.model.belt import Belt
from geo.words import Lang, name_of, say

__all__ = ["belt_features", "rival_features"]

DIGITS = 5
_OWN = {"color": BLUE, "weight": 3, "fillColor": BLUE, "fillOpacity": 0.12}
_EDGE = {"color": BLUE, "weight": 0.8, "dashArray": "2 4", "fill": False, "opacity": 0.8}
_AXIS = {"color": BLUE, "weight": 1.5, "dashArray": "14 4 2 4", "fill": False, "opacity": 0.9}
SEAT_COLOURS = {"held": GREEN, "perhaps": ORANGE, "missed": VERMILION}


def belt_features(
    belt: Belt, outlines: Sequence[Any], seats: pd.DataFrame, places: Sequence[Any], lang: Lang
) -> list[dict[str, Any]]:
    """Return a belt with its band and the seats, green where held, orange where that is not sure.

    Parameters
    ----------
    belt
        The belt.
    outlines
        Its inner offset, itself and its outer offset, WGS84.
    seats, places
        Rows of ``geo.analysis.belt_lab.belt_lab(...).seats`` and their WGS84 points.
    lang
        Language of the tips.
    """
    size = say("beltpage.map.belt", lang, length=f"{belt.length_km:g}", width=f"{belt.width_km:g}", azimuth=f"{belt.azimuth_deg:.2f}")  # fmt: skip
    found = [feature_of(belt.footprint, _OWN, html.escape(size)), feature_of(belt.axis, _AXIS)]
    inner, _, outer = outlines
    if not shapely.equals(inner, outer):
        found += [feature_of(s, _EDGE) for s in (inner, outer) if not s.is_empty]
    for row, point in zip(seats.to_dict("records"), places, strict=True):
        state = "held" if row["low"] else "perhaps" if row["high"] else "missed"
        style = {
            "radius": 8, "color": "#FFFFFF", "weight": 1.5, "fillColor": SEAT_COLOURS[state], "fillOpacity": 1,
        }  # fmt: skip
        depth = say(f"beltpage.map.{'inside' if row['depth_km'] >= 0 else 'outside'}", lang, km=f"{abs(row['depth_km']):.1f}")  # fmt: skip
        tip = f"<b>{html.escape(name_of(row, lang, 'seat'))}</b><br>{html.escape(say(f'beltpage.map.{state}', lang))} · {html.escape(depth)}"  # fmt: skip
        found.append(feature_of(point, style, f"{tip}<br><small>№ {html.escape(str(row['seat']))}</small>"))  # fmt: skip
    return found


def rival_features(
    table: pd.DataFrame, belts: Sequence[Belt], lang: Lang, *, value: str = "share"
) -> list[dict[str, Any]]:
    """Return other belts as outlines with their names and what they take.

    Parameters
    ----------
    table, belts
        Of ``geo.fit_belt``: a click on the n-th row has the id ``fit:n``.
    lang
        Language of the tips.
    value
        Column of a share that is told.
    """
    found = []
    for k, (row, belt) in enumerate(zip(table.to_dict("records"), belts, strict=True)):
        colour = VERMILION if row["published"] else ORANGE if row["rank"] == 1 else GREY
        style = {"color": colour, "weight": 2, "dashArray": "8 5", "fillColor": colour, "fillOpacity": 0.03}  # fmt: skip
        share = row[value]
        told = f"{share:.1%}" if np.isfinite(share) else "–"
        tip = f"<b>{html.escape(name_of(row, lang, 'belt'))}</b><br>{html.escape(told)}<br><small>№ fit:{k}</small>"  # fmt: skip
        found.append(feature_of(belt.footprint, style, tip))
    return found
