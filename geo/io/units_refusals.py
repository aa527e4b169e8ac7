"""Why a file of units is not taken: what is wrong, where, and how to mend it, in both languages."""

from __future__ import annotations

from collections.abc import Iterable

from geo.errors import UnitsError
from geo.words import Lang, Said

__all__ = ["UnitsRefusedError", "few"]

_FEW = 5


class UnitsRefusedError(UnitsError):
    """A file of units that is refused, in words.

    Parameters
    ----------
    reason
        Key of the catalogue under ``units.refused``.
    **values
        Values for the places in its sentence.
    """

    def __init__(self, reason: str, **values: object) -> None:
        self.reason = reason
        self.said = Said(f"units.refused.{reason}", **values)
        super().__init__(str(self.said))

    def says(self, lang: Lang) -> str:
        """Return the sentence in a language."""
        return self.said.says(lang)


def few(values: Iterable[object], most: int = _FEW) -> str:
    """Return some values as a person reads them, the first ones where there are many."""
    told = [" ".join(str(v).split())[:60] for v in values]
    more = f" … ({len(told)})" if len(told) > most else ""
    return ", ".join(told[:most]) + more
