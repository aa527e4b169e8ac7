"""How fast each line is travelled, and in which directions."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.network.problems import NetworkError

__all__ = [
    "DRIVE_KMH",
    "KMH",
    "Speeds",
    "class_of",
    "column_kmh",
    "directions",
    "kmh_of",
    "limits_kmh",
]

DRIVE_KMH = {
    "motorway": 100.0, "trunk": 80.0, "primary": 50.0, "secondary": 40.0, "tertiary": 30.0,
    "unclassified": 30.0, "residential": 20.0, "road": 20.0, "living_street": 10.0, "service": 15.0,
    "motorway_link": 50.0, "trunk_link": 40.0, "primary_link": 25.0, "secondary_link": 20.0,
    "tertiary_link": 15.0,
}  # fmt: skip
"""Car speeds, km/h, by class of OpenStreetMap's ``highway``, where no limit is tagged.

The middle of the three design speeds that Chinese standards give for the class that each is mapped
from: motorway 高速公路 120/100/80 (JTG B01-2014); trunk 快速路 100/80/60, primary 主干路 60/50/40, secondary
次干路 50/40/30, tertiary 支路 40/30/20 (CJJ 37-2012). Residential streets get the lowest of 支路; links half of
their road (CJJ 37: 0.4 to 0.7). Service roads and shared streets are assumed. Free flow: no traffic, no
lights.
"""
KMH = {"drive": 30.0, "walk": 4.8, "rail": 80.0, "metro": 35.0}
"""Speed where a class says nothing: a local street; 1.33 m/s on foot; a train with its stops
(assumed); a metro with its stops (the least that GB 50157-2013 asks for)."""
FAST_RAIL_KMH = 200.0
"""With ``highspeed=yes``: 0.8 of a line built for 250 km/h, with its stops (assumed)."""
Speeds = float | Mapping[str, float] | None
TOP_KMH = 1000.0
_LIMITS = (5.0, 200.0)
_LONGEST = 1000
_UNITS = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}
_LIMIT = re.compile(r"(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?")
_WAYS = {
    "yes": 1, "true": 1, "1": 1, "1.0": 1, "f": 1, "ft": 1, "是": 1, "单行": 1,
    "-1": -1, "-1.0": -1, "reverse": -1, "t": -1, "tf": -1,
    "": 0, "no": 0, "false": 0, "0": 0, "0.0": 0, "b": 0, "否": 0, "双向": 0, "none": 0, "nan": 0, "<na>": 0,
    "reversible": 2, "alternating": 2,
}  # fmt: skip


def _by_word(values: NDArray[Any], of: Any, kind: Any) -> NDArray[Any]:
    """Return what a function says of each value; each distinct text is asked for once."""
    texts = pd.Series(values, dtype=object).map(_text)
    codes, words = pd.factorize(texts)
    return np.array([of(w) for w in words], dtype=kind)[codes]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, (list, tuple, set, np.ndarray)):
        return ";".join(_text(v) for v in value)
    return "" if value is None or value is pd.NA or value != value else str(value)


def _several(text: str) -> list[str]:
    """Return the values of a text that may be a list: ``50;30``, ``50|30`` or ``['50', '30']``."""
    if text.startswith("[") and len(text) < _LONGEST:
        try:
            return [_text(v) for v in ast.literal_eval(text)]
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            return []
    return re.split(r"[;|]", text)


def class_of(values: NDArray[Any]) -> NDArray[np.object_]:
    """Return the class of each line; of several, the first."""
    return _by_word(values, lambda text: (_several(text) or [""])[0].strip()[:60], object)


def limits_kmh(values: NDArray[Any]) -> tuple[NDArray[np.float64], int]:
    """Return the speeds of ``maxspeed`` tags, NaN where they name none, and how many cannot be read.

    ``50``, ``30 mph`` and the least of ``50;30`` are read; ``none`` and ``RU:urban`` name no figure, and
    leave the speed to the class.
    """
    found = _by_word(values, _limit, float)
    return np.where(found > 0, found, np.nan), int((found == -1).sum())


def _limit(text: str) -> float:
    """Return a limit, km/h; 0 where there is none; -1 where it cannot be read."""
    if not text:
        return 0.0
    read = [_one_limit(part.strip().lower()) for part in _several(text)]
    figures = [r for r in read if r > 0]
    return min(figures) if figures else min(read, default=-1.0)


def _one_limit(text: str) -> float:
    if (
        re.fullmatch(r"none|signals|variable|walk|national|[a-z]{2}(-[a-z]+)?:[a-z_:]+", text)
        or not text
    ):
        return 0.0
    match = _LIMIT.fullmatch(text)
    if match is None:
        return -1.0
    kmh = float(match[1]) * _UNITS[match[2] or ""]
    if not kmh:
        # Geofabrik's layers write 0 where there is no limit.
        return 0.0
    return kmh if _LIMITS[0] <= kmh <= _LIMITS[1] else -1.0


def column_kmh(
    values: NDArray[Any], column: str, name: str, *, least: float = 1e-3, most: float = TOP_KMH
) -> NDArray[np.float64]:
    """Return the speeds of one's own column; NaN where it is blank.

    Parameters
    ----------
    values
        (w,) numbers or texts.
    column, name
        For messages: the column, and the source.
    least, most
        Between which a value must lie.

    Raises
    ------
    NetworkError
        If a value is no speed above 0: with its row and column.
    """
    blank = _by_word(values, lambda text: text in ("", "nan", "None", "<NA>"), bool)
    found = pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").to_numpy(float)
    bad = ~blank & ~((found >= least) & (found <= most))
    if bad.any():
        k = int(np.flatnonzero(bad)[0])
        raise NetworkError(
            "speed",
            name=name,
            row=k + 1,
            column=column,
            value=str(values[k])[:40],
            n=int(bad.sum()),
        )
    return found


def directions(values: NDArray[Any]) -> NDArray[np.int8]:
    """Return the directions that ``oneway`` values allow: 0, 1, -1; 2 by turns; 9 not known."""
    return _by_word(values, lambda text: _WAYS.get(text.lower(), 9), np.int8)


def kmh_of(
    kind: NDArray[np.object_],
    mode: str,
    speeds: Speeds,
    *,
    limits: NDArray[np.float64] | None = None,
    own: NDArray[np.float64] | None = None,
    name: str = "",
) -> tuple[NDArray[np.float64], dict[str, int | float | str]]:
    """Return the speed of each line, and what was assumed.

    Parameters
    ----------
    kind
        (w,) classes.
    mode
        What travels.
    speeds
        One for all, or by class; they go before everything else but ``own``.
    limits
        (w,) those tagged, NaN where there is none: for cars.
    own
        (w,) those of one's own column, NaN where it is blank.

    Raises
    ------
    NetworkError
        If a speed is none, names a class that no line has, or none is given for lines of one's own.
    """
    table = DRIVE_KMH if mode == "drive" else {"highspeed": FAST_RAIL_KMH} if mode == "rail" else {}
    asked = _asked(speeds, kind, name)
    counts: dict[str, int | float | str] = {}
    codes, classes = pd.factorize(kind)
    usual = KMH.get(mode, np.nan)
    kmh = np.array([table.get(c, usual) for c in classes], float)[codes]
    vague = np.array([c not in table for c in classes], bool)[codes]
    open_to = np.ones(len(kind), bool)
    if own is not None:
        open_to &= np.isnan(own)
        kmh = np.where(open_to, kmh, own)
        counts["speed-column"] = int((~open_to).sum())
    if isinstance(asked, float):
        kmh = np.where(open_to, asked, kmh)
        return kmh, {k: v for k, v in (counts | {"speed-one": asked}).items() if v}
    given = np.array([asked.get(c, np.nan) for c in classes], float)[codes]
    by_class = open_to & ~np.isnan(given)
    kmh = np.where(by_class, given, kmh)
    open_to &= ~by_class
    counts["speed-given"] = int(by_class.sum())
    if limits is not None and mode == "drive":
        tagged = open_to & ~np.isnan(limits)
        kmh = np.where(tagged, limits, kmh)
        open_to &= ~tagged
        counts["speed-limit"] = int(tagged.sum())
    if np.isnan(kmh).any():
        raise NetworkError("speed-needed", name=name, n=int(np.isnan(kmh).sum()))
    if mode == "drive":
        counts["speed-class"] = int((open_to & ~vague).sum())
        counts["speed-unknown"] = int((open_to & vague).sum())
    elif open_to.any():
        counts["speed-mode"] = KMH[mode]
    return kmh, {k: v for k, v in counts.items() if v}


def _asked(speeds: Speeds, kind: NDArray[np.object_], name: str) -> float | dict[str, float]:
    """Return the speeds that a person gives, checked."""
    if speeds is None:
        return {}
    several = dict(speeds) if isinstance(speeds, Mapping) else {"": speeds}
    for label, value in several.items():
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float, np.number))
            or not 0 < value <= TOP_KMH
        ):
            raise NetworkError(
                "speed-given", label=label or "–", value=str(value)[:40], most=TOP_KMH
            )
    if not isinstance(speeds, Mapping):
        return float(speeds)
    strange = sorted(set(several) - set(kind))
    if strange:
        known = ", ".join(sorted(k for k in set(kind) if k)[:30]) or "–"
        raise NetworkError("speed-classes", name=name, asked=", ".join(strange), known=known)
    return {str(k): float(v) for k, v in several.items()}
