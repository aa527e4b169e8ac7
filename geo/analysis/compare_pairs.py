"""Footprints of base and scenario side by side, and what names their rows in a comparison."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import shapely

from geo.analysis.footprints import Footprint

__all__ = [
    "NOWHERE",
    "Pair",
    "change_of",
    "head_of",
    "head_of_total",
    "heads_of_units",
    "is_same",
    "paired",
]

Pair = tuple[Footprint | None, Footprint | None]
"""A footprint in the base and in the scenario; ``None`` where it is not."""


def paired(base: list[Footprint], other: list[Footprint]) -> list[Pair]:
    """Return the footprints of two layouts by id, those of the base first."""
    mine, theirs = {f.id: f for f in base}, {f.id: f for f in other}
    return [(mine.get(k), theirs.get(k)) for k in dict.fromkeys([*mine, *theirs])]


def is_same(pair: Pair) -> bool:
    """Return whether a footprint has the same shape and error in both."""
    a, b = pair
    return a is not None and b is not None and a.err_m == b.err_m and bool(shapely.equals_exact(a.shape, b.shape, 0.0))  # fmt: skip


def change_of(pair: Pair) -> str:
    """Return whether a footprint is added, removed, changed or unchanged."""
    if pair[0] is None or pair[1] is None:
        return "added" if pair[0] is None else "removed"
    return "unchanged" if is_same(pair) else "changed"


def head_of(pair: Pair) -> dict[str, Any]:
    """Return what names the row of a footprint."""
    known = next(f for f in pair[::-1] if f is not None)
    return {
        "scope": "footprint", "id": known.id, "name_zh": known.name_zh, "name_en": known.name_en,
        "change": change_of(pair), "by": "", "source": known.source,
    }  # fmt: skip


def heads_of_units(frame: gpd.GeoDataFrame | None) -> Iterator[dict[str, Any]]:
    """Yield what names the row of each unit."""
    for unit in [] if frame is None else frame.to_dict("records"):
        yield {
            "scope": "unit", "id": str(unit.get("adcode", "")), "name_zh": unit.get("name_zh", ""),
            "name_en": unit.get("name_en", "") or unit.get("name_zh", ""), "change": "", "by": "",
            "source": unit.get("source", ""),
        }  # fmt: skip


def head_of_total(where: str) -> dict[str, Any]:
    """Return what names the row of a total: inside of any footprint, or of none."""
    return {"scope": "total", "id": where, "name_zh": "", "name_en": "", "change": "", "by": "", "source": ""}  # fmt: skip


NOWHERE = [shapely.Polygon()] * 3
"""Low, central and high of what is not there."""
