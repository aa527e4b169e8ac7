"""What every result about concentration is made of: tables, layers, names and reasons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import pandas as pd

from geo.analysis.provenance import Provenance
from geo.words import LANGUAGES, say

__all__ = ["Layered", "Reason", "Result", "named", "reasons"]

Reason = tuple[str, dict[str, object]]
"""Key under ``concentration.why`` and what fills its places."""


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """A table and how it came about.

    Attributes
    ----------
    table
        Tidy; the function that returns it names its columns.
    provenance
        Method, reference system, parameters and points.
    """

    table: pd.DataFrame
    provenance: Provenance


@dataclass(frozen=True, eq=False, repr=False)
class Layered(Result):
    """A table whose rows have shapes, drawn when they are asked for.

    Attributes
    ----------
    shapes
        Returns the shapes of the rows, WGS84.
    """

    shapes: Callable[[], Any]

    @cached_property
    def layer(self) -> gpd.GeoDataFrame:
        """The table with the shape of each row, WGS84."""
        return gpd.GeoDataFrame(self.table.copy(), geometry=self.shapes(), crs=4326)


def reasons(found: Sequence[Reason]) -> dict[str, str]:
    """Return ``why_zh`` and ``why_en``: what a row's numbers could mislead by, or blank."""
    return {
        f"why_{lang}": "; ".join(say(f"concentration.why.{key}", lang, **v) for key, v in found)
        for lang in LANGUAGES
    }


def named(column: str, section: str, code: str) -> dict[str, str]:
    """Return a code with its names: ``x``, ``x_zh``, ``x_en``."""
    names = {f"{column}_{lang}": say(f"concentration.{section}.{code}", lang) for lang in LANGUAGES}
    return {column: code} | names
