"""Progress of work that has parts: how far the whole is, from how far a part is."""

from __future__ import annotations

from geo.engine.run import Progress

__all__ = ["Progress", "part_of"]

STEPS = 1000
"""A part counts as so many steps of the whole."""


def part_of(progress: Progress | None, k: int, n: int) -> Progress | None:
    """Return the progress of the k-th (from 0) of n equal parts of a work.

    Parameters
    ----------
    progress
        Called with what is done and what there is of the whole; what it raises ends the work.
        ``None`` where nobody wants to know.
    k, n
        Which part, and of how many.
    """
    if progress is None:
        return None
    whole = progress

    def of_part(done: int, total: int) -> None:
        share = min(done / total, 1.0) if total else 0.0
        whole(int(STEPS * (k + share)), STEPS * n)

    return of_part
