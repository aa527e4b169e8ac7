"""Units in which areas and lengths are published, and what they are in km² and km."""

from __future__ import annotations

__all__ = ["KM", "KM2", "SCALES"]

KM2: dict[str, float] = {
    "km²": 1.0, "km2": 1.0, "平方公里": 1.0, "ha": 0.01, "公顷": 0.01, "m²": 1e-6, "m2": 1e-6,
    "亩": 1 / 1500, "mu": 1 / 1500, "acre": 0.0040468564224, "sq mi": 2.589988110336,
}  # fmt: skip
KM: dict[str, float] = {"km": 1.0, "公里": 1.0, "m": 0.001, "mi": 1.609344, "mile": 1.609344}
SCALES: dict[str, dict[str, float]] = {
    "area": KM2, "length": KM, "width": KM, "extent_ew": KM, "extent_ns": KM,
}  # fmt: skip
"""By measured quantity: the units that a claim of it may be in, as km² or km."""
