"""A number with its band: low, central, high."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Band"]


@dataclass(frozen=True)
class Band:
    """A number with the lowest and highest value that its positional error allows.

    Parameters
    ----------
    low, central, high
        Any one unit, in growing order. NaN in all three means that there is no number.

    Raises
    ------
    ValueError
        If they are not in growing order.
    """

    low: float
    central: float
    high: float

    def __post_init__(self) -> None:
        if math.isnan(self.low) and math.isnan(self.central) and math.isnan(self.high):
            return
        if not self.low <= self.central <= self.high:
            raise ValueError(
                f"a band runs low ≤ central ≤ high, not {self.low}, {self.central}, {self.high}"
            )

    @classmethod
    def exact(cls, value: float) -> Band:
        """Return a number that has no error of its own."""
        return cls(value, value, value)

    @property
    def known(self) -> bool:
        """Whether there is a number at all."""
        return not math.isnan(self.central)

    def __add__(self, other: Band) -> Band:
        return Band(self.low + other.low, self.central + other.central, self.high + other.high)

    def scaled(self, factor: float) -> Band:
        """Return the band times a factor that is not negative.

        Raises
        ------
        ValueError
            If the factor is negative.
        """
        if factor < 0:
            raise ValueError(f"a band is scaled by a factor of at least 0, not {factor}")
        return Band(self.low * factor, self.central * factor, self.high * factor)

    def overlaps(self, low: float, high: float) -> bool:
        """Return whether the band shares a value with the interval from low to high."""
        return self.low <= high and low <= self.high
