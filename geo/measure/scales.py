"""Units in which areas and lengths are published, and what they are in km² and km.

The international mile, foot and acre are exact: a mile is 1.609344 km, and an acre a 640th of a
square mile (US National Bureau of Standards, *Refinement of values for the yard and the pound*, 1959).
"""

from __future__ import annotations

__all__ = ["KM", "KM2", "SCALES", "scales_of"]

KM2: dict[str, float] = {
    "km²": 1.0, "km2": 1.0, "平方公里": 1.0, "ha": 0.01, "公顷": 0.01, "m²": 1e-6, "m2": 1e-6,
    "亩": 1 / 1500, "mu": 1 / 1500, "acre": 0.0040468564224, "sq mi": 2.589988110336,
    "英亩": 0.0040468564224, "平方英里": 2.589988110336,
}  # fmt: skip
KM: dict[str, float] = {
    "km": 1.0, "公里": 1.0, "m": 0.001, "米": 0.001, "mi": 1.609344, "mile": 1.609344, "英里": 1.609344,
    "ft": 0.0003048, "英尺": 0.0003048,
}  # fmt: skip
SCALES: dict[str, dict[str, float]] = {
    "area": KM2, "length": KM, "width": KM, "distance": KM, "radius": KM, "extent_ew": KM, "extent_ns": KM,
}  # fmt: skip
"""By measured quantity: the units that a claim of it may be in, as km² or km."""


def scales_of(unit: str, other: str) -> float:
    """Return how many of ``other`` one of ``unit`` is, such as 0.621… for ``km`` and ``mi``.

    Raises
    ------
    ValueError
        If they measure different things, or one of them is not known.
    """
    for table in (KM, KM2):
        if unit in table and other in table:
            return table[unit] / table[other]
    raise ValueError(f"{unit!r} and {other!r} are no two units of one quantity")
