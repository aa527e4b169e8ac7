"""An axis that is about to become a corridor, on the web map: its line and the strip about it."""

from __future__ import annotations

import html
import math
from typing import Any

import shapely
from shapely import LineString

from geo.maps.features import feature_of
from geo.maps.palette import BLUE
from geo.measure import laea, outline, project
from geo.words import Lang, say

__all__ = ["axis_features", "focus_of"]

_WIDE_PX, _HIGH_PX, _KM_PER_DEG = 340.0, 480.0, 111.2
"""What a map shows even on a phone."""


def axis_features(line: LineString, width_km: float, lang: Lang) -> list[dict[str, Any]]:
    """Return a drawn axis and its strip as features.

    Parameters
    ----------
    line
        WGS84 longitude, latitude.
    width_km
        Of the strip.
    lang
        Language of the tooltips.
    """
    middle = shapely.line_interpolate_point(line, 0.5, normalized=True)
    crs = laea(float(middle.x), float(middle.y))
    strip = outline(shapely.buffer(project(line, crs), width_km * 500.0), crs)
    area = {"color": BLUE, "weight": 1, "fillColor": BLUE, "fillOpacity": 0.12}
    axis = {"color": BLUE, "weight": 3, "fill": False}
    return [
        feature_of(strip, area, html.escape(say("newcity.page.strip", lang))),
        feature_of(line, axis, html.escape(say("newcity.page.preview", lang))),
    ]


def focus_of(line: LineString, width_km: float) -> tuple[float, float, int]:
    """Return the longitude, latitude and zoom at which a map shows all of an axis and its strip.

    Parameters
    ----------
    line
        WGS84 longitude, latitude.
    width_km
        Of the strip.
    """
    west, south, east, north = line.bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    shrunk = max(math.cos(math.radians(lat)), 0.1)
    across, up = (
        east - west + width_km / _KM_PER_DEG / shrunk,
        north - south + width_km / _KM_PER_DEG,
    )
    scale = min(_WIDE_PX / across, _HIGH_PX * shrunk / up)
    return lon, lat, max(2, min(math.floor(math.log2(scale * 360.0 / 256.0)), 14))
