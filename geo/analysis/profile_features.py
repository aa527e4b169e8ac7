"""What stands out in a profile: peaks, the longest gap, how much of the length is occupied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import find_peaks, peak_widths

from geo.analysis.bands import band
from geo.analysis.reach import Possible, possible_places
from geo.analysis.routes import Floats, Route

__all__ = ["Stretches", "continuity", "longest_gap", "peaks"]


@dataclass(frozen=True, eq=False)
class Stretches:
    """Chainages inside: where points are, and between where and where they may be."""

    at: Floats
    may_first: Floats
    may_last: Floats
    sure_first: Floats
    sure_last: Floats

    @classmethod
    def of(cls, route: Route, xy: Floats, err: Floats) -> Stretches:
        """Return the stretches of points (planar) with their errors."""
        edges = np.array([0.0, route.length])
        return cls.within(possible_places(route, edges, xy, err))

    @classmethod
    def within(cls, may: Possible) -> Stretches:
        """Return the stretches of points whose possible places are known."""
        possible = np.isfinite(may.first)
        sure = possible & ~may.cells[:, may.outside].any(axis=1)
        inside = may.own < may.outside.start
        return cls(
            may.chainage[inside], may.first[possible], may.last[possible], may.first[sure], may.last[sure]
        )  # fmt: skip


def peaks(whole: pd.DataFrame, least: float) -> list[dict[str, Any]]:
    """Return the peaks of a profile, the most prominent first.

    Parameters
    ----------
    whole
        Bins of one side and category.
    least
        Least prominence, as a share of the largest value. From and to are where the value is half
        the prominence below the peak.
    """
    value = whole["value"].to_numpy(float)
    middle = (whole["from_km"].to_numpy() + whole["to_km"].to_numpy()) / 2
    # Beyond the ends lies what is lowest: a first or last bin can be a peak too.
    padded = np.concatenate([[value.min()], value, [value.min()]])
    if not value.max() > value.min():
        return []
    at, found = find_peaks(padded, prominence=least * np.abs(value).max())
    _, _, left, right = peak_widths(padded, at, rel_height=0.5)
    order = np.argsort(-found["prominences"], kind="stable")
    index = np.arange(1, len(value) + 1)
    start, end = (np.interp(v, index, middle) for v in (left, right))
    return [
        {
            "feature": "peak", "chainage_km": middle[at[k] - 1], "from_km": start[k], "to_km": end[k],
            "value": value[at[k] - 1], "prominence": found["prominences"][k],
        }
        for k in order
    ]  # fmt: skip


def continuity(whole: pd.DataFrame, least: float) -> list[dict[str, Any]]:
    """Return the occupied length of a profile and its longest unbroken run, with bounds.

    Parameters
    ----------
    whole
        Bins of one side and category.
    least
        So many points per km make a bin occupied.
    """
    size = (whole["to_km"] - whole["from_km"]).to_numpy()
    counts = whole[["count_low", "count", "count_high"]].to_numpy(float).T
    # A last bin longer than the step by rounding only asks for no further point.
    occupied = counts >= least * size * (1 - 1e-6)
    share = [float(size[own].sum() / size.sum()) for own in occupied]
    runs = [_longest_run(own, size) for own in occupied]
    start, length = runs[1]
    first = whole["from_km"].to_numpy(float)[start]
    longest = {"feature": "longest-run", "from_km": first, "to_km": first + length}
    return [
        {"feature": "occupied"} | band("length_km", [s * size.sum() for s in share]) | band("share", share),
        longest | band("length_km", [r[1] for r in runs]) | band("share", [r[1] / size.sum() for r in runs]),
    ]  # fmt: skip


def _longest_run(own: NDArray[np.bool_], size: Floats) -> tuple[int, float]:
    best, start, length = (0, 0.0), 0, 0.0
    for k, (occupied, own_size) in enumerate(zip(own, size, strict=True)):
        length = length + float(own_size) if occupied else 0.0
        start = start if occupied else k + 1
        if length > best[1]:
            best = (start, length)
    return best


def longest_gap(name: str, stretches: Stretches, length: float) -> dict[str, Any]:
    """Return the longest stretch without a point, from end to end, with its bounds.

    Low is the longest stretch where no point can be; high the longest that need not hold one.
    """
    stops = np.concatenate([[0.0], np.sort(stretches.at), [length]])
    k = int(np.argmax(np.diff(stops)))
    order = np.argsort(stretches.may_first)
    covered = np.maximum.accumulate(np.concatenate([[0.0], stretches.may_last[order]]))
    empty = np.concatenate([stretches.may_first[order], [length]]) - covered
    order = np.argsort(stretches.sure_first)
    ends = np.minimum.accumulate(np.concatenate([stretches.sure_last[order], [length]])[::-1])[::-1]
    free = ends - np.concatenate([[0.0], stretches.sure_first[order]])
    own = stops[k + 1] - stops[k]
    three = [min(max(empty.max(), 0.0), own), own, max(free.max(), own)]
    return {
        "feature": name, "chainage_km": (stops[k] + stops[k + 1]) / 2000, "from_km": stops[k] / 1000,
        "to_km": stops[k + 1] / 1000,
    } | band("length_km", [v / 1000 for v in three]) | band("share", [v / length for v in three])  # fmt: skip
