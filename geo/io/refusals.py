"""Why an upload is not read: what is wrong, where, and how to mend it, in both languages."""

from __future__ import annotations

from geo.errors import PointsError
from geo.words import Lang, Said

__all__ = ["RefusedError"]


class RefusedError(PointsError):
    """An upload that is refused, in words.

    Parameters
    ----------
    reason
        Key of the catalogue under ``mydata.refused``.
    **values
        Values for the places in its sentence.
    """

    def __init__(self, reason: str, **values: object) -> None:
        self.reason = reason
        self.said = Said(f"mydata.refused.{reason}", **values)
        super().__init__(str(self.said))

    def says(self, lang: Lang) -> str:
        """Return the sentence in a language."""
        return self.said.says(lang)
