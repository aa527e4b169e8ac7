"""Numbers as people read them: significant digits, thousands apart, no exponent."""

from __future__ import annotations

import math

__all__ = ["figure"]


def figure(value: float, digits: int = 4) -> str:
    """Return a number with so many significant digits, such as ``12,326,518`` or ``0.041``.

    Whole numbers are given in full; a missing number is ``–``.
    """
    number = float(value)
    if math.isnan(number):
        return "–"
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    if number == int(number):
        return f"{int(number):,}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(number))))
    text = f"{number:,.{min(decimals, 6)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
