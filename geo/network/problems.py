"""Why a network cannot be built: what is wrong, where, and how to mend it, in both languages."""

from __future__ import annotations

from geo.errors import PointsError
from geo.io.refusals import RefusedError
from geo.words import Said

__all__ = ["NetworkError"]


class NetworkError(RefusedError):
    """A source that no network can be built of, in words.

    Parameters
    ----------
    reason
        Key of the catalogue under ``network.refused``.
    **values
        Values for the places in its sentence.
    """

    def __init__(self, reason: str, **values: object) -> None:
        self.reason = reason
        self.said = Said(f"network.refused.{reason}", **values)
        PointsError.__init__(self, str(self.said))
