"""What a rule finds out about one claim, and what it may look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from geo.analysis.verdicts import Claimed, Verdict
from geo.errors import UnitsError
from geo.io.units import read_units
from geo.measure import SCALES, Band
from geo.model.items import Item
from geo.model.layout import Layout
from geo.words import Lang

if TYPE_CHECKING:
    from geo.analysis.cloud import Cloud

__all__ = ["Claim", "Context", "Finding", "claimed_of", "scale_of"]

Claim = dict[str, Any]
"""A row of the table of claims."""


@dataclass
class Finding:
    """What a rule found out about a claim.

    Parameters
    ----------
    band
        What was measured, in the unit of the claim; ``None`` where nothing could be.
    method, method_words
        Key under ``[method]`` of the words of the audit, and the values in it.
    verdict
        ``None`` to judge by the band.
    why, words
        Key under ``[why]``, and the values in it.
    """

    band: Band | None = None
    method: str = "none"
    method_words: dict[str, Any] = field(default_factory=dict)
    verdict: Verdict | None = None
    why: str = ""
    words: dict[str, Any] = field(default_factory=dict)


@dataclass
class Context:
    """The layout that claims are about, and the points that they may be measured with."""

    layout: Layout
    cloud: Cloud | None = None

    @cached_property
    def units(self) -> gpd.GeoDataFrame | None:
        """The layout's units of both levels (WGS84); ``None`` where it has none."""
        frames = []
        for level in ("city", "county"):
            try:
                frames.append(read_units(self.layout, level))
            except UnitsError:
                continue
        if not any(len(frame) for frame in frames):
            return None
        return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=4326)

    def name(self, subject: str, lang: Lang) -> str:
        """Return the name of what a claim is about: a feature, a unit or the layout."""
        if subject in self.layout:
            item = self.layout[subject]
            return item.name_zh if lang == "zh" else item.name_en
        if subject.startswith("unit:"):
            code = subject.removeprefix("unit:")
            units = self.units
            if units is not None:
                hit = units.loc[units["adcode"] == code, f"name_{lang}"]
                if len(hit):
                    return str(hit.iloc[0])
            return subject
        meta = self.layout.meta
        return meta.name_zh if lang == "zh" else meta.name_en

    def item(self, claim: Claim) -> Item | None:
        """Return the feature that a claim is about, or ``None``."""
        subject = claim["subject"]
        return self.layout[subject] if subject in self.layout else None


def scale_of(claim: Claim) -> float:
    """Return what one unit of a claim is in km² or km."""
    return SCALES[claim["quantity"]][claim["unit"]]


def claimed_of(claim: Claim) -> Claimed:
    """Return the number of a claim with its qualifier."""
    return Claimed(float(claim["value"]), float(claim["value_high"]), claim["qualifier"])
