"""Miles beside kilometres, for the readers of a layout that asks for them.

Who reads is told by the language that every function with words takes: :func:`reader` makes of it
one whose reader is shown both systems. So nothing is set for a whole program, and no function needs
a further parameter: :func:`geo.words.say` and :func:`geo.report.tables.for_people` see it.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, cast

from geo.measure.scales import KM, KM2
from geo.words.figures import figure

if TYPE_CHECKING:
    from geo.words import Lang

__all__ = [
    "SHORT_KM", "SMALL_KM2", "Imperial", "area_words", "beside", "converted", "in_other_units",
    "is_imperial", "length_words", "reader", "second", "unit_word",
]  # fmt: skip

SHORT_KM, SMALL_KM2 = KM["mi"] / 10, KM2["sq mi"]
"""Metres below a tenth of a mile are given in feet, areas below a square mile in acres."""
_FIGURES = 4
_LEAST = 2


class Imperial(str):
    """A language whose reader is shown miles and acres beside kilometres; else it is that language."""

    __slots__ = ()


def reader(lang: Lang, *, imperial: bool) -> Lang:
    """Return a language as it is spoken to a reader: with miles beside kilometres, or without."""
    return cast("Lang", Imperial(lang) if imperial else str(lang))


def is_imperial(lang: str) -> bool:
    """Return whether the reader of a language is shown miles beside kilometres."""
    return isinstance(lang, Imperial)


def converted(shown: str, factor: float) -> str:
    """Return a figure in another unit, with no more digits than it warrants.

    Its last place is worth at least half the last place of the figure; but two significant digits
    are always given, so that 1 km does not become a mile.

    Parameters
    ----------
    shown
        The figure as it is printed, such as ``"1,234.5"``.
    factor
        What one of its unit is in the other.

    Examples
    --------
    >>> converted("150", 1 / 1.609344), converted("1", 1 / 1.609344), converted("66", 1.609344)
    ('93', '0.62', '106')
    """
    sign = shown[0] if shown[:1] in ("-", "−") else ""
    plain = shown.removeprefix(sign).replace(",", "")
    value = float(plain) * factor
    if not value:
        return "0"
    step = 10.0 ** -len(plain.partition(".")[2]) * factor
    place = math.ceil(math.log10(step / 2))
    # Twice: 0.9996 becomes 1.0, and not 1.00.
    for _ in range(2):
        least = math.floor(math.log10(value)) + 1 - _LEAST
        value = round(value, -min(place, least))
    return f"{sign}{value:,.{max(-min(place, least), 0)}f}"


# ---- units

_WORDS: dict[str, dict[Lang, str]] = {
    "km": {"zh": "公里", "en": "km"}, "km²": {"zh": "平方公里", "en": "km²"},
    "m": {"zh": "米", "en": "m"}, "mi": {"zh": "英里", "en": "mi"}, "ft": {"zh": "英尺", "en": "ft"},
    "sq mi": {"zh": "平方英里", "en": "sq mi"}, "acre": {"zh": "英亩", "en": "acres"},
    "mph": {"zh": "英里/时", "en": "mph"}, "km/h": {"zh": "公里/时", "en": "km/h"},
}  # fmt: skip
_SPEEDS = {"km/h": 1.0, "公里/时": 1.0, "公里/小时": 1.0, "mph": KM["mi"]}
_SPELLED = {
    "miles": "mi", "mile": "mi", "英里": "mi", "acres": "acre", "英亩": "acre", "平方英里": "sq mi",
    "square miles": "sq mi", "square mile": "sq mi", "feet": "ft", "英尺": "ft", "英里/时": "mph",
}  # fmt: skip
_OTHER_SYSTEM = {"mi": "km", "ft": "m", "acre": "km²", "sq mi": "km²", "mph": "km/h"}


def unit_word(unit: str, lang: Lang) -> str:
    """Return the word of a unit: ``mi``, ``ft``, ``sq mi``, ``acre``, ``km``, ``km²`` or ``m``."""
    return _WORDS[unit]["zh" if lang == "zh" else "en"]


def second(unit: str, largest: float) -> tuple[str, float]:
    """Return the unit of the other system, and what one of the given unit is in it.

    Parameters
    ----------
    unit
        As printed, of a length, an area or a speed.
    largest
        The largest of the numbers in that unit: small ones are better read in a small unit.
    """
    own = _SPELLED.get(unit, unit)
    if own in _OTHER_SYSTEM:
        other = _OTHER_SYSTEM[own]
        return other, _size(own) / _size(other)
    if own in _SPEEDS:
        return "mph", _SPEEDS[own] / _SPEEDS["mph"]
    if own in KM2:
        other = "acre" if abs(largest) * KM2[own] < SMALL_KM2 else "sq mi"
    else:
        short = own in ("m", "米") and abs(largest) * KM[own] < SHORT_KM
        other = "ft" if short else "mi"
    return other, _size(own) / _size(other)


def _size(unit: str) -> float:
    table = _SPEEDS if unit in _SPEEDS else KM2 if unit in KM2 else KM
    return table[unit]


def length_words(km: float, lang: Lang, digits: int = _FIGURES) -> str:
    """Return a length in words: ``12.3 km``, for some readers ``12.3 km (7.64 mi)``."""
    return beside(f"{figure(km, digits)} {unit_word('km', lang)}", lang)


def area_words(km2: float, lang: Lang, digits: int = _FIGURES) -> str:
    """Return an area in words: ``390 km²``, for some readers ``390 km² (151 sq mi)``."""
    return beside(f"{figure(km2, digits)} {unit_word('km²', lang)}", lang)


def in_other_units(label: str, numbers: str, lang: Lang) -> str:
    """Return numbers, whose unit stands in brackets in their label, in the other system; else blank.

    Examples
    --------
    >>> in_other_units("area (km²)", "390", reader("en", imperial=True))
    '151 sq mi'
    """
    unit = _IN_LABEL.search(label)
    if unit is None or not is_imperial(lang):
        return ""
    text = f"{numbers} {unit[1]}"
    told = beside(text, lang).removeprefix(text).strip()
    return told.removeprefix("(").removesuffix(")") if told.startswith("(") else told.lstrip("/, ")


# ---- texts

# Repeats are bounded: a text from a file may hold thousands of numbers.
_NUMBER = r"[-−]?(?:\d{1,3}(?:,\d{3}){1,4}|\d{1,15})(?:\.\d{1,15})?(?![\d.]{0,9}\d)"
_BETWEEN = r"(?:\s?[–×/~-]\s?|\s(?:to|and|of|×)\s|\s?[至到和与]\s?)"
_BAND = rf"\s?\({_NUMBER}–{_NUMBER}\)"
_NUMBERS = rf"(?<![A-Za-z0-9_.-])(?<!\d,){_NUMBER}(?:{_BETWEEN}{_NUMBER}){{0,3}}(?:{_BAND})?"
_LATIN = "km/h|mph|km²|km2|km|m²|m|ha|square miles?|sq mi|miles?|mi|acres?|feet|ft"
_CHINESE = "公里/小时|公里/时|英里/时|平方公里|公里|米|公顷|平方英里|英里|英亩|英尺"
_UNIT = rf"(?:\s(?:{_LATIN})(?![A-Za-z0-9²/])|\s?(?:{_CHINESE})(?![/尺亩]))"
_DONE = rf"\s?(?:\(|/ |,\s?){_NUMBER}(?:{_BETWEEN}{_NUMBER}){{0,3}}(?:{_BAND})?{_UNIT}"
_IN_LABEL = re.compile(r"\((km²|km|m|平方公里|公里|米)\)")
_MEASURE = re.compile(
    rf"(?P<numbers>{_NUMBERS})(?P<mark>\*\*|</b>)?(?P<unit>{_UNIT})(?P<band>{_BAND})?(?P<done>{_DONE})?"
)
_RATE = re.compile(
    rf"(?P<numbers>{_NUMBERS})(?:\*\*|</b>)?(?: [a-z]+){{0,2}} per (?P<unit>km²|km)(?![\w²/])(?! \()"
)


def beside(text: str, lang: Lang) -> str:
    """Return a text in which each measure of one system has that of the other beside it.

    A text is left as it is where the reader of the language is not shown both; so is a measure that
    is given in both already. Numbers are rounded as those beside which they stand
    (:func:`converted`).

    Parameters
    ----------
    text
        Said, with its numbers in it.
    lang
        Of :func:`reader`.

    Examples
    --------
    >>> beside("150 × 30 km, about 12 km² (11–13)", reader("en", imperial=True))
    '150 × 30 km (93 × 19 mi), about 12 km² (11–13), 4.6 sq mi (4.2–5.0)'
    """
    if not is_imperial(lang):
        return text
    rated = _RATE.sub(lambda m: _rate(m, lang), text)
    return _MEASURE.sub(lambda m: _measure(m, lang), rated)


def _measure(found: re.Match[str], lang: Lang) -> str:
    unit, band, after = found["unit"].strip(), found["band"] or "", found["done"] or ""
    if after and _answers(re.sub(r"^.*[\d)]\s?", "", after), unit):
        return found[0]
    shown, after = found[0].removesuffix(after), beside(after, lang)
    other, factor = second(unit, _largest(found["numbers"] + band))
    words = f"{_all_converted(found['numbers'], factor)} {unit_word(other, lang)}"
    space = "" if lang == "zh" else " "
    if band:
        return f"{shown},{space}{words}{_all_converted(band, factor)}{after}"
    before = found.string[: found.start()]
    if "(" in found["numbers"] or before.count("(") > before.count(")"):
        # Within brackets no further ones.
        return f"{shown} / {words}{after}"
    return f"{shown}{space}({words}){after}"


def _answers(one: str, other: str) -> bool:
    """Return whether a unit is of the same measure as another, but of the other system."""
    (kind, metric), (own, also) = _system(one), _system(other)
    return kind == own and metric != also


def _system(unit: str) -> tuple[str, bool]:
    own = _SPELLED.get(unit, unit)
    kind = "speed" if own in _SPEEDS else "area" if own in KM2 else "length"
    return kind, own not in _OTHER_SYSTEM


def _rate(found: re.Match[str], lang: Lang) -> str:
    other = {"km²": "sq mi", "km": "mi"}[found["unit"]]
    numbers = _all_converted(found["numbers"], _size(other))
    return f"{found[0]} ({numbers} per {unit_word(other, lang)})"


def _all_converted(numbers: str, factor: float) -> str:
    return re.sub(_NUMBER, lambda m: converted(m[0], factor), numbers)


def _largest(numbers: str) -> float:
    return max(abs(_value(n)) for n in re.findall(_NUMBER, numbers))


def _value(number: str) -> float:
    return float(number.replace(",", "").replace("−", "-"))
