"""Tallies: counts and exact sums by set of footprints and category, which add up in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.engine.cells import BLOCK, Floats, Ints
from geo.errors import PointsError

__all__ = ["MAX_CATEGORIES", "Tally", "exact_parts", "names_of"]

MAX_CATEGORIES = 5_000
"""A column with more values is no category."""
_STEP = 24
"""Bits in each part of a weight: 2**29 of them add up in a double without rounding."""


def exact_parts(weights: Floats) -> list[tuple[int, Floats]]:
    """Split numbers into whole multiples of powers of two, whose sums are exact.

    Parameters
    ----------
    weights
        Finite numbers, shape (n,).

    Returns
    -------
    list of (exponent, whole)
        ``weights`` is the sum over the list of ``whole * 2**exponent``; each whole is below
        2**24 in size. Numbers with few digits, such as counts, need one part.

    Notes
    -----
    The pre-rounding of reproducible summation (Demmel and Nguyen, 2013), with fixed bins so that
    the parts of any two batches can be added as integers.
    """
    parts: list[tuple[int, Floats]] = []
    rest = weights
    while True:
        largest = float(np.abs(rest).max(initial=0.0))
        if largest == 0:
            return parts
        exponent = int(np.frexp(largest)[1] - 1) // _STEP * _STEP
        whole = np.trunc(np.ldexp(rest, -exponent))
        parts.append((exponent, whole))
        rest = rest - np.ldexp(whole, exponent)


@dataclass(eq=False, repr=False)
class Tally:
    """How many points, and how much weight, lie in each set of shapes, by category.

    Attributes
    ----------
    sets
        Shape (n_sets, n_shapes): the shapes that each set holds.
    categories
        Names, in the order of the columns of ``counts``.
    counts
        Shape (n_sets, n_categories).
    sums
        By exponent of two: shape (2, n_sets, n_categories), whole multiples of the weights above 0
        and below 0. ``None`` where nothing is weighed.
    """

    sets: NDArray[np.bool_]
    categories: tuple[str, ...]
    counts: Ints
    sums: dict[int, Ints] | None

    @classmethod
    def empty(cls, n_shapes: int, *, weighed: bool) -> Tally:
        """Return a tally of nothing."""
        sets = np.zeros((1, n_shapes), dtype=bool)
        return cls(sets, (), np.zeros((1, 0), dtype=np.int64), {} if weighed else None)

    @classmethod
    def of(
        cls,
        sets: NDArray[np.bool_],
        ids: Ints,
        categories: tuple[str, ...],
        codes: Ints | NDArray[np.int32] | None,
        weights: Floats | None,
    ) -> Tally:
        """Count points.

        Parameters
        ----------
        sets, ids
            As :meth:`PolygonPlan.locate` gives them: the sets, and the one that each point is in.
        categories, codes
            Names, and the category of each point; ``None`` where there is only one.
        weights
            Weight of each point, finite.

        Raises
        ------
        PointsError
            If there are too many categories.
        """
        n = len(categories)
        _refuse_many(n)
        shape, size = (len(sets), n), len(sets) * n

        def keys(part: slice) -> Ints:
            return ids[part] if codes is None else ids[part] * n + codes[part]

        # In blocks that stay in the cache, unless the table itself does not.
        step = BLOCK if size <= BLOCK // 8 else max(len(ids), 1)
        flat = np.zeros(size, dtype=np.int64)
        for start in range(0, len(ids), step):
            flat += np.bincount(keys(slice(start, start + step)), minlength=size)
        counts = flat.reshape(shape)
        tally = cls(sets, categories, counts, None)
        if weights is not None:
            tally.sums = {}
            key = keys(slice(None))
            for sign, those in ((0, weights > 0), (1, weights < 0)):
                for exponent, whole in exact_parts(np.where(those, weights, 0.0)):
                    own = np.bincount(key, whole, minlength=size).reshape(shape)
                    total = tally.sums.setdefault(exponent, np.zeros((2, *shape), dtype=np.int64))
                    total[sign] += own.astype(np.int64)
        kept = np.asarray(counts.any(axis=1))
        return tally if kept.all() else tally._of_sets(kept)

    def _of_sets(self, kept: NDArray[np.bool_]) -> Tally:
        sums = None if self.sums is None else {e: s[:, kept] for e, s in self.sums.items()}
        return Tally(self.sets[kept], self.categories, self.counts[kept], sums)

    def __add__(self, other: Tally) -> Tally:
        """Return both together."""
        place = {row.tobytes(): k for k, row in enumerate(self.sets)}
        fresh: list[NDArray[np.bool_]] = []
        for row in other.sets:
            if row.tobytes() not in place:
                place[row.tobytes()] = len(self.sets) + len(fresh)
                fresh.append(row)
        sets = np.concatenate([self.sets, np.array(fresh)]) if fresh else self.sets
        names = {name: k for k, name in enumerate(self.categories)}
        for name in other.categories:
            names.setdefault(name, len(names))
        _refuse_many(len(names))
        rows = np.array([place[row.tobytes()] for row in other.sets], dtype=np.int64)
        columns = np.array([names[name] for name in other.categories], dtype=np.int64)
        shape = (len(sets), len(names))

        def placed(mine: Ints, theirs: Ints) -> Ints:
            total = np.zeros((*mine.shape[:-2], *shape), dtype=np.int64)
            total[..., : mine.shape[-2], : mine.shape[-1]] = mine
            # A set can stand in several rows of the other: += would take in one of them.
            np.add.at(total, (..., rows[:, None], columns[None, :]), theirs)  # type: ignore[arg-type]
            return total

        sums: dict[int, Ints] | None = None
        if self.sums is not None and other.sums is not None:
            none_mine = np.zeros((2, *self.counts.shape), dtype=np.int64)
            none_theirs = np.zeros((2, *other.counts.shape), dtype=np.int64)
            sums = {
                e: placed(self.sums.get(e, none_mine), other.sums.get(e, none_theirs))
                for e in sorted({*self.sums, *other.sums})
            }
        return Tally(sets, tuple(names), placed(self.counts, other.counts), sums)

    def count(self, member: NDArray[np.bool_]) -> Ints:
        """Return how many points, by category, lie in the sets that are chosen.

        Parameters
        ----------
        member
            Shape (n_sets,) or (n_sets, k).
        """
        return np.asarray(member.T.astype(np.int64) @ self.counts)

    def total(self, positive: NDArray[np.bool_], negative: NDArray[np.bool_]) -> list[float]:
        """Return the weight, by category, of chosen sets: exact, rounded once.

        Parameters
        ----------
        positive, negative
            Shape (n_sets,): the sets whose weights above 0, and below 0, are taken.
        """
        from fractions import Fraction

        totals = [Fraction(0)] * len(self.categories)
        for exponent, sums in (self.sums or {}).items():
            # Python's integers do not overflow, however many batches were added.
            above = sums[0][positive].astype(object).sum(axis=0) if positive.any() else [0] * len(totals)  # fmt: skip
            below = sums[1][negative].astype(object).sum(axis=0) if negative.any() else [0] * len(totals)  # fmt: skip
            scale = Fraction(2) ** exponent
            totals = [t + scale * (int(a) + int(b)) for t, a, b in zip(totals, above, below, strict=True)]  # fmt: skip
        return [float(t) for t in totals]


def _refuse_many(categories: int) -> None:
    if categories > MAX_CATEGORIES:
        raise PointsError(
            f"the column of the category has more than {MAX_CATEGORIES:,} different values: "
            "choose one with fewer, such as an industry or a year"
        )


def names_of(values: Sequence[object]) -> tuple[str, ...]:
    """Return values as names of categories: blank for none, whole numbers without a point."""
    return tuple(
        "" if v is None or v != v  # not a number
        else str(int(v)) if isinstance(v, float) and v.is_integer()
        else str(v)
        for v in values
    )  # fmt: skip
