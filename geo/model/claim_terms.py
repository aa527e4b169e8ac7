"""The terms of a table of claims: rules between claims, and what ``of`` says of time and distance."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal, get_args

from geo.measure.scales import KM

__all__ = ["FAMILIES", "RULES", "RuleName", "Within", "within_of", "years_of"]

RuleName = Literal[
    "same-value", "nested", "whole", "part", "sum", "addend", "growth-start", "growth-end", "growth-rate",
    "converted", "dated",
]  # fmt: skip
RULES: tuple[RuleName, ...] = get_args(RuleName)
FAMILIES: tuple[frozenset[str], ...] = (
    frozenset({"same-value"}), frozenset({"nested"}), frozenset({"whole", "part"}),
    frozenset({"sum", "addend"}), frozenset({"growth-start", "growth-end", "growth-rate"}),
    frozenset({"converted"}), frozenset({"dated"}),
)  # fmt: skip
"""The rules that claims of one group may have together."""

_WITHIN = re.compile(r"(within|within-axis):\s*(\d+(?:\.\d+)?)\s*([^\d:\s][^:]*)?(?::(.+))?")


@dataclass(frozen=True)
class Within:
    """What ``of`` of a coverage claim says: ``within:10``, ``within-axis:5mi``, ``within:10:firms``.

    Parameters
    ----------
    of_axis
        Whether the distance is that from the axis; else it is from the footprint (0 inside it).
    km
        The distance in kilometres.
    text
        The distance as printed, such as ``5 mi``.
    category
        Only points of this category are looked at; blank for all.
    """

    of_axis: bool
    km: float
    text: str
    category: str = ""


def within_of(text: str) -> Within:
    """Return what ``of`` of a coverage claim says.

    Raises
    ------
    ValueError
        If it is not ``within:<distance>`` or ``within-axis:<distance>``, with a unit of length
        (kilometres if none is given), or the distance is not above 0.
    """
    found = _WITHIN.fullmatch((text or "").strip())
    mend = "write within:10 (km), within:5mi, or within-axis:10 for the distance from the axis"
    if found is None:
        raise ValueError(f"{text!r} says no distance: {mend}")
    kind, number, unit, category = found.groups()
    unit = (unit or "km").strip()
    if unit not in KM:
        raise ValueError(f"{unit!r} is no unit of length: use one of {', '.join(KM)}")
    if not float(number) > 0:
        raise ValueError(f"{text!r} is a distance of 0: {mend}")
    return Within(
        kind == "within-axis", float(number) * KM[unit], f"{float(number):g} {unit}", category or ""
    )


def years_of(text: str) -> float | None:
    """Return the years of a rate of growth that is ``years:7``; ``None`` of one that is ``whole``.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if text == "whole":
        return None
    kind, _, number = (text or "").partition(":")
    try:
        years = float(number) if kind == "years" else math.nan
    except ValueError:
        years = math.nan
    if not 0 < years < math.inf:
        raise ValueError(
            f"{text!r} says no time: write years:7 for a mean yearly rate over seven years, or whole "
            "for the growth over the whole time"
        )
    return years
