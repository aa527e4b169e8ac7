"""Things on a map as GeoJSON features, and what is told where a pointer is on one."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

__all__ = ["feature_of", "tip_of"]

_DIGITS = 5
"""A metre."""


def feature_of(
    shape: BaseGeometry, style: Mapping[str, Any], tip: str = "", *, digits: int = _DIGITS, **words: Any
) -> dict[str, Any]:  # fmt: skip
    """Return a shape as a feature that the map draws in its own style.

    Parameters
    ----------
    shape
        WGS84 degrees.
    style
        As Leaflet takes it.
    tip
        What is told of it, as HTML; blank for nothing.
    digits
        Decimals of its coordinates.
    **words
        Further properties, such as ``label`` and ``at``; blank ones are left out.
    """
    rounded = shapely.transform(shape, lambda xy: xy.round(digits))
    properties = {"st": dict(style)} | {k: v for k, v in ({"tip": tip} | words).items() if v}
    return {"type": "Feature", "geometry": shapely.geometry.mapping(rounded), "properties": properties}  # fmt: skip


def tip_of(name: str, lines: Iterable[str], number: str) -> str:
    """Return a name, lines and the number that a click gives, as HTML; all of it is escaped."""
    rows = [f"<b>{html.escape(name)}</b>", *(html.escape(line) for line in lines)]
    return "<br>".join([*rows, f"<small>№ {html.escape(number)}</small>"])
