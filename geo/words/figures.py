"""Numbers as people read them: significant digits, thousands apart, no exponent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geo.words import Lang

__all__ = ["figure", "large"]

_SCALES: dict[Lang, tuple[tuple[float, str], ...]] = {
    "zh": ((1e8, "亿"), (1e6, "万")), "en": ((1e9, "billion"), (1e6, "million")),
}  # fmt: skip
_SIZES = {"万": 1e4}


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


def large(value: float, lang: Lang, digits: int = 6) -> tuple[str, str]:
    """Return a number of a million or more as a language counts it: ``("18.56", "亿")``.

    A smaller one is given in full, with a blank word.
    """
    for least, word in _SCALES[lang]:
        if least <= abs(value) < math.inf:
            return figure(value / _SIZES.get(word, least), digits), word
    return figure(value, digits), ""
