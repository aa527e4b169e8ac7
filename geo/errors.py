"""The errors of the toolkit: few, and each says what is wrong, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "CorridorError",
    "DatumError",
    "LayoutError",
    "MissingDependencyError",
    "PointsError",
    "RasterError",
    "RulerError",
    "UnitsError",
]


class CorridorError(Exception):
    """Base of every error that the toolkit raises on purpose.

    Parameters
    ----------
    message
        What is wrong, where, and how to mend it.
    problems
        The single problems, where several were found at once.
    """

    def __init__(self, message: str, problems: Iterable[object] = ()) -> None:
        super().__init__(message)
        self.problems = list(problems)


class DatumError(CorridorError, ValueError):
    """A datum that is not known, or coordinates that cannot be in it."""


class RulerError(CorridorError, ValueError):
    """A measurement that would be wrong, such as an area in degrees or in Web Mercator."""


class LayoutError(CorridorError, ValueError):
    """A layout folder that is missing, malformed or inconsistent."""


class PointsError(CorridorError, ValueError):
    """A file of points that cannot be read or understood."""


class RasterError(CorridorError, ValueError):
    """A raster that cannot be read, or whose numbers would be wrong."""


class UnitsError(CorridorError, ValueError):
    """Administrative units that cannot be had or are not known."""


class MissingDependencyError(CorridorError, ImportError):
    """An optional package or font that this call needs is not installed."""
