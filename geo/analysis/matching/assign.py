"""Each need to at most one supplier, no supplier beyond what it takes: the largest total score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from geo.errors import PointsError

__all__ = ["MOST_CELLS", "assigned"]

MOST_CELLS = 50_000_000
"""Needs times places at suppliers with a limit; more are refused."""


def assigned(score: NDArray[np.float64], left: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the supplier of each need, -1 for none.

    Parameters
    ----------
    score
        Shape (n, m): above 0 for candidates, 0 for others.
    left
        Shape (m,): how many needs each supplier takes; infinite where that is not limited.

    Returns
    -------
    ndarray
        Shape (n,): the assignment with the largest sum of scores (Jonker and Volgenant, 1987, as
        ``scipy.optimize.linear_sum_assignment`` has it), a supplier that takes k needs being k
        columns. One without a limit is open to every need: what counts of the others is what they
        bring beyond it.

    Raises
    ------
    PointsError
        If there are too many needs and places.
    """
    n = len(score)
    chosen = np.full(n, -1, dtype=np.int64)
    if not score.size:
        return chosen
    free = np.isinf(left)
    beyond = np.zeros(n)
    if free.any():
        columns = np.flatnonzero(free)
        best = score[:, columns].argmax(axis=1)
        beyond = score[np.arange(n), columns[best]]
        chosen = np.where(beyond > 0, columns[best], -1)
    limited = np.flatnonzero(~free & (left >= 1))
    gain = np.maximum(score[:, limited] - beyond[:, None], 0)
    copies = np.minimum(left[limited], (gain > 0).sum(axis=0)).astype(np.int64)
    rows = np.flatnonzero((gain > 0).any(axis=1))
    if not len(rows):
        return chosen
    if len(rows) * int(copies.sum()) > MOST_CELLS:
        raise PointsError(
            f"{len(rows):,} needs and {int(copies.sum()):,} places at suppliers are too many to assign at once: "
            "assign part of the needs, or only rank them"
        )  # fmt: skip
    column = np.repeat(np.arange(len(limited)), copies)
    own = gain[np.ix_(rows, column)]
    for r, c in zip(*linear_sum_assignment(own, maximize=True), strict=True):
        if own[r, c] > 0:
            chosen[rows[r]] = limited[column[c]]
    return chosen
