"""What a claim allows, and how a measured number stands to it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from geo.measure import Band

__all__ = ["ABOUT", "VERDICTS", "Claimed", "Verdict", "claimed_interval", "deviation", "judge"]

Verdict = Literal["agrees", "within-band", "differs", "not-measurable"]
VERDICTS: tuple[Verdict, ...] = ("agrees", "within-band", "differs", "not-measurable")

ABOUT = 0.05
"""How far 约 (about) reaches to either side, and 近 (nearly) downwards."""
ROUNDED = 0.10
"""How far 余 (more than, rounded down) reaches upwards."""


@dataclass(frozen=True)
class Claimed:
    """A published number with its qualifier.

    Parameters
    ----------
    value, high
        The number; and the upper end of a range, else NaN.
    qualifier
        As in the claims table.
    """

    value: float
    high: float
    qualifier: str


def claimed_interval(claimed: Claimed) -> tuple[float, float]:
    """Return the values that a claim allows.

    ``exact`` and ``reached`` allow half a unit of the last printed digit to either side (a whole
    number of at least 1,000 may have been rounded to its trailing zeros); ``about`` 5 % to either
    side; ``nearly`` 5 % below; ``over`` anything above; ``more_than_rounded`` up to 10 % above;
    ``at_most`` anything below; ``range`` what lies between its ends.
    """
    value = claimed.value
    match claimed.qualifier:
        case "about":
            return value - ABOUT * abs(value), value + ABOUT * abs(value)
        case "nearly":
            return value - ABOUT * abs(value), value
        case "over":
            return value, math.inf
        case "more_than_rounded":
            return value, value + ROUNDED * abs(value)
        case "at_most":
            return -math.inf, value
        case "range":
            return value, claimed.high
        case _:
            half = _half_digit(value)
            return value - half, value + half


def _half_digit(value: float) -> float:
    number = Decimal(repr(value)).normalize()
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):
        return 0.0
    # 150 km or 30 km may be exact: only from thousands on are trailing zeros taken as rounding.
    if exponent > 0 and abs(value) < 1000:
        exponent = 0
    return float(Decimal(5).scaleb(exponent - 1))


def judge(claimed: Claimed, measured: Band) -> Verdict:
    """Return how a measured number stands to a claim."""
    low, high = claimed_interval(claimed)
    if low <= measured.central <= high:
        return "agrees"
    return "within-band" if measured.overlaps(low, high) else "differs"


def deviation(claimed: Claimed, measured: Band | None) -> tuple[float, float]:
    """Return measured minus stated, and that in per cent of the stated; NaN where there is none."""
    if measured is None or not measured.known or math.isnan(claimed.value):
        return math.nan, math.nan
    difference = measured.central - claimed.value
    return difference, 100 * difference / claimed.value if claimed.value else math.nan
