"""What is said of the reference system of coordinates, and what is known besides them: the names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.measure.evidence import Finding, Level, Unit, both, by_districts, by_places, plain, title
from geo.words import Said

__all__ = [
    "CHINA",
    "DATUMS",
    "LANDS",
    "STRAY",
    "Box",
    "Clues",
    "Detection",
    "by_names",
    "order_of_names",
    "unsure",
    "within",
]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Box = tuple[float, float, float, float]

DATUMS = ("wgs84", "gcj02", "bd09")
CHINA: Box = (73.0, 17.5, 135.5, 54.0)
"""West, south, east, north of China, degrees: coarse, and not where coordinates are shifted."""
LANDS, STRAY = 0.8, 0.1
"""Share of points that must lie where a reading puts them, and that may do so by chance."""


@dataclass(frozen=True)
class Detection:
    """In which reference system coordinates are, and what speaks for it.

    Attributes
    ----------
    datum
        ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09`` or an EPSG code such as ``epsg:4526``; blank
        exactly where the confidence is ``unsure``.
    swapped
        Whether the first column holds latitude (or northing) and the second longitude (easting).
    confidence
        ``sure``, ``likely`` or ``unsure``.
    evidence
        Sentences with figures, each standing alone: ``says(lang)`` or, in English, ``str()``.
    candidates
        The references that remain possible, best first.
    doubt
        Why it is unsure, as a clause; None otherwise.
    """

    datum: str
    swapped: bool
    confidence: Level
    evidence: tuple[Said, ...]
    candidates: tuple[str, ...]
    doubt: Said | None = None

    def ask(self) -> str:
        """Return one sentence, in English, that says what is possible and asks for the datum."""
        if self.datum:
            return (
                f"the coordinates are taken as {title(self.datum)} ({self.confidence}): give datum= "
                "(--datum) explicitly if they are in another reference system"
            )
        listed = [str(title(c)) for c in self.candidates[:4]]
        if len(self.candidates) > 4:
            listed[3:] = [f"{len(self.candidates) - 3} more"]
        names = " or ".join(filter(None, [", ".join(listed[:-1]), *listed[-1:]]))
        possible = f"they may be in {names}" if names else "none is recognised"
        example = self.candidates[0] if self.candidates else "wgs84"
        return (
            f"the reference system of the coordinates is unsure ({self.doubt or 'no evidence'}): "
            f"{possible}; give it explicitly as datum= (--datum), such as {example}"
        )


def unsure(
    doubt: Said, evidence: Sequence[Said], candidates: Sequence[str] = (), swapped: bool = False
) -> Detection:
    """Return a detection that decides nothing."""
    return Detection("", swapped, "unsure", tuple(evidence), tuple(candidates), doubt)


_END = "(?:(?![a-z])|(?=lon|lng|lat|long|x|y))"
_WORDS = {
    "gcj02": rf"gcj|火星|国测局|高德|腾讯|gaode|autonavi|tencent|(?<![a-z])amap{_END}",
    "bd09mc": rf"百度墨卡托|(?<![a-z])bd_?-?(?:09)?_?mc{_END}",
    "bd09": rf"百度|baidu|(?<![a-z])bd_?-?(?:09)?(?:ll)?{_END}",
    "cgcs2000": r"cgcs|国家2000|2000国家|大地2000|天地图|tianditu|epsg[:_ ]?4490(?!\d)",
    "wgs84": r"wgs|(?<!\d)4326(?!\d)",
    "xian80": r"西安_?-?(?:19)?80|xi'?an_?-?(?:19)?80",
    "beijing54": r"北京_?-?(?:19)?54|beijing_?-?(?:19)?54",
    "another datum": r"搜狗|sogou|图吧|mapbar|地方坐标|独立坐标|城建坐标",
}
_LON = re.compile(r"经|lon|lng|(?<![a-z])east|东坐标")
_LAT = re.compile(r"纬|lat|(?<![a-z])north|北坐标")


def by_names(names: tuple[str, str]) -> frozenset[str]:
    """Return the references that the names of two columns speak of.

    ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``, an EPSG code as ``epsg:4547``, or one that no
    reading here stands for: ``bd09mc``, ``xian80``, ``beijing54``, ``another datum``. "GPS" is no
    datum's name: files say it of any coordinates that a phone gave.
    """
    found = set()
    for name in names:
        text = plain(name).lower()
        own = {datum for datum, words in _WORDS.items() if re.search(words, text)}
        if "bd09mc" in own:
            own.discard("bd09")
        codes = re.findall(r"epsg[:_ ]?(\d{4,5})(?!\d)", text)
        found |= own | {f"epsg:{code}" for code in codes if code not in ("4326", "4490")}
    return frozenset(found)


def order_of_names(names: tuple[str, str]) -> bool | None:
    """Return whether the names put latitude first; None where they do not say (as x and y)."""
    first, second = (plain(name).lower() for name in names)
    if _LON.search(first) and _LAT.search(second):
        return False
    if _LAT.search(first) and _LON.search(second):
        return True
    return None


@dataclass(frozen=True)
class Clues:
    """What the caller knows besides the coordinates."""

    names: tuple[str, str]
    districts: Any
    units: Sequence[Unit] | None
    places: Mapping[str, tuple[float, float]] | None
    labels: Any
    near: Box | None

    @property
    def named(self) -> frozenset[str]:
        """The references that the columns' names speak of."""
        return by_names(self.names)

    @property
    def columns(self) -> Said | str:
        """The columns' names as a sentence quotes them."""
        return both(repr(n) for n in self.names)

    def findings(self, readings: Mapping[str, tuple[Array, Array]], rows: Mask) -> list[Finding]:
        """Return what districts and places say of readings of all rows, on some of the rows."""
        some = {name: (lon[rows], lat[rows]) for name, (lon, lat) in readings.items()}
        found = []
        if self.districts is not None and self.units:
            found.append(by_districts(some, np.asarray(self.districts, object)[rows], self.units))
        if self.labels is not None and self.places:
            found.append(by_places(some, np.asarray(self.labels, object)[rows], self.places))
        return [f for f in found if f is not None]


def within(lon: Array, lat: Array, box: Box, margin: float = 0.0) -> Mask:
    """Return which points (degrees) lie in a box of west, south, east, north."""
    west, south, east, north = box
    return np.asarray(
        (lon >= west - margin)
        & (lon <= east + margin)
        & (lat >= south - margin)
        & (lat <= north + margin)
    )
