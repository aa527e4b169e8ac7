"""What is asked of a siting model: costs, weights, what is open already, how many more."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from geo.analysis.progress import Progress
from geo.errors import PointsError

__all__ = [
    "METHODS",
    "MODELS",
    "Cover",
    "Method",
    "Model",
    "Problem",
    "Solution",
    "Time",
    "problem_of",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Model = Literal["mclp", "lscp", "p-median", "p-center"]
Method = Literal["auto", "exact", "heuristic"]
MODELS: tuple[Model, ...] = get_args(Model)
METHODS: tuple[Method, ...] = get_args(Method)
COVERING = ("mclp", "lscp")
MOST_COLUMNS = 2_000
"""Of more candidates than this no dominated ones are looked for."""


@dataclass(frozen=True, eq=False)
class Problem:
    """A siting model, checked.

    Attributes
    ----------
    costs
        Shape (n, m): from each demand to each facility, infinite where it is not reached; of a
        covering model also bool, which says what is within reach.
    weights
        Shape (n,).
    model
        Which.
    free, fixed
        Columns of the candidates and of what is open already.
    n
        How many candidates are to be opened; of ``lscp`` at most all.
    within
        Greatest cost that covers.
    capacity
        Shape (m,): weight that each facility serves at most, or ``None``.
    """

    costs: NDArray[Any]
    weights: Floats
    model: Model
    free: Ints
    fixed: Ints
    n: int
    within: float | None
    capacity: Floats | None

    @property
    def counts(self) -> Ints:
        """Demands that count: a weight of 0 asks for nothing."""
        return np.flatnonzero(self.weights > 0)

    def covers(self, columns: Ints) -> NDArray[np.bool_]:
        """Return which demands facilities cover, shape (n, len(columns))."""
        some = self.costs[:, columns]
        # Of a small float a comparison would round the limit as well.
        return some if some.dtype == bool else some <= np.float64(self.within)


@dataclass(frozen=True, eq=False)
class Solution:
    """What :func:`geo.analysis.siting.solve` returns.

    Attributes
    ----------
    chosen
        Columns of the facilities to be opened, rising; those that are open already are not in it.
    objective
        ``mclp``: weight covered; ``lscp``: how many are opened; ``p-median``: weight times cost;
        ``p-center``: the greatest cost.
    bound
        What no choice can surpass: above the objective of ``mclp``, below that of the others.
    gap
        ``|objective - bound|`` as a share of the larger; 0 where the choice is proven best.
    optimal
        Whether it is proven best.
    method
        ``exact`` or ``heuristic``: what found it.
    status
        How the solver ended: ``optimal``, ``bound`` (the bound was met without it), ``time``,
        ``heuristic``.
    shares
        Capacitated: sparse, shape (n, m): what share of each demand each facility serves.
    """

    chosen: Ints
    objective: float
    bound: float
    gap: float
    optimal: bool
    method: str
    status: str
    shares: Any = None


@dataclass
class Time:
    """How long a search may still take, and who is told how it goes.

    Attributes
    ----------
    seconds
        That it may take.
    progress
        Told milliseconds used of those allowed; what it raises ends the search.
    """

    seconds: float
    progress: Progress | None = None
    start: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Seconds left, 0 at least."""
        return max(self.seconds - (time.monotonic() - self.start), 0.0)

    def tick(self) -> bool:
        """Tell how it goes; return whether there is time left."""
        if self.progress is not None:
            self.progress(int(1000 * (self.seconds - self.left)), max(int(1000 * self.seconds), 1))
        return self.left > 0


@dataclass(frozen=True, eq=False)
class Cover:
    """A covering model, reduced: demands of the same candidates are one row.

    Attributes
    ----------
    matrix
        Sparse CSR, shape (rows, columns), of ones: which candidate covers which row.
    weight
        Shape (rows,).
    columns
        Which column of the problem each column is.
    sure
        Weight that is covered already.
    nobody
        Demands that nothing covers.
    """

    matrix: Any
    weight: Floats
    columns: Ints
    sure: float
    nobody: Ints

    @classmethod
    def of(cls, problem: Problem, *, all_rows: bool, least: int = 1) -> Cover:
        """Return the reduced model.

        Parameters
        ----------
        problem
            A problem of a covering model, or of ``p-center`` with a limit.
        all_rows
            Whether each row must be covered: rows that are covered with another are then left out.
        least
            So many columns are kept at least.
        """
        rows = problem.counts
        # Only what is not yet covered, and can be, is still to be decided.
        done = problem.covers(problem.fixed)[rows].any(axis=1)
        open_rows = rows[~done]
        own = problem.covers(problem.free)[open_rows]
        some = own.any(axis=1)
        first, group = _distinct(own[some])
        matrix = sp.csr_array(own[some][first], dtype=float)
        weight = np.asarray(np.bincount(group, problem.weights[open_rows[some]], minlength=len(first)), dtype=float)  # fmt: skip
        columns = problem.free
        if matrix.shape[1] <= MOST_COLUMNS and matrix.shape[0]:
            kept = _undominated(matrix.T.tocsr(), least)
            matrix, columns = matrix[:, kept].tocsr(), columns[kept]
        if all_rows and 0 < matrix.shape[0] <= MOST_COLUMNS:
            # The fewer candidates cover a row, the more it asks for.
            kept = _undominated(matrix, 1, smallest=True)
            matrix, weight = matrix[kept], weight[kept]
        return cls(matrix, weight, columns, float(problem.weights[rows[done]].sum()), open_rows[~some])  # fmt: skip


def _distinct(rows: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Return the first of each kind of row, and which kind each row is."""
    if not len(rows):
        return np.empty(0, np.intp), np.empty(0, np.intp)
    packed = np.ascontiguousarray(np.packbits(rows, axis=1))
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    return first, group.ravel()


def _undominated(sets: Any, least: int, *, smallest: bool = False) -> Ints:
    """Return which sets (rows) no other contains, or with ``smallest``, which contain no other.

    So many are kept at least; of equal ones the first.
    """
    size = np.asarray(sets.sum(axis=1)).ravel()
    shared = (sets @ sets.T).toarray()
    inside = shared == size[:, None]
    if smallest:
        inside = inside.T
    order = np.arange(len(size))
    equal = inside & inside.T
    beaten = (inside & ~equal) | (equal & (order[None, :] < order[:, None]))
    lost = beaten.any(axis=1)
    kept = np.flatnonzero(~lost)
    if len(kept) < least:
        more = np.flatnonzero(lost)[np.argsort(-size[lost], kind="stable")][: least - len(kept)]
        kept = np.sort(np.concatenate([kept, more]))
    return kept


def problem_of(
    costs: ArrayLike, weights: ArrayLike | None, *, model: str, n: int | None, fixed: ArrayLike, within: float | None,
    capacity: ArrayLike | None,
) -> Problem:  # fmt: skip
    """Return what is asked, checked.

    Raises
    ------
    PointsError
        If a part of it is missing, or does not fit the others.
    """
    matrix = np.asarray(costs)
    if model not in MODELS:
        raise PointsError(f"no model {model!r}: use one of {', '.join(MODELS)}")
    if matrix.ndim != 2 or not matrix.size:
        raise PointsError(f"costs have the shape {matrix.shape}: give demands × facilities, one of each at least")  # fmt: skip
    if matrix.dtype == bool and (model not in COVERING or capacity is not None):
        raise PointsError(f"{model} needs costs, not whether they are within a limit")
    if matrix.dtype != bool and not np.issubdtype(matrix.dtype, np.floating):
        matrix = matrix.astype(float)
    if matrix.dtype != bool and not (matrix.min() >= 0):
        raise PointsError("costs must be 0 or more: infinite where a demand is not reached")
    held = np.ones(len(matrix)) if weights is None else np.asarray(weights, dtype=float)
    if held.shape != (len(matrix),) or not np.isfinite(held).all() or (held < 0).any():
        raise PointsError(f"weights must be {len(matrix)} finite numbers, 0 or more")
    if not (held > 0).any():
        raise PointsError("all demands have the weight 0: there is nobody to serve")
    open_now = np.unique(np.asarray(fixed, dtype=np.intp))
    if len(open_now) and not (open_now[0] >= 0 and open_now[-1] < matrix.shape[1]):
        raise PointsError("fixed must be columns of the costs")
    free = np.setdiff1d(np.arange(matrix.shape[1]), open_now)
    return Problem(
        matrix, held, model, free, open_now, _number(model, n, len(free), len(open_now)),
        _limit(model, within, matrix.dtype == bool), _capacity(model, capacity, open_now, free),
    )  # fmt: skip


def _number(model: str, n: int | None, free: int, fixed: int) -> int:
    if model == "lscp":
        if n is not None:
            raise PointsError("lscp asks how many sites are needed: leave n out")
        return free
    if n is None or n != int(n) or not 0 <= n <= free:
        raise PointsError(f"n is {n}: give how many new sites, 0 to {free} (so many candidates there are)")  # fmt: skip
    if model != "mclp" and n + fixed == 0:
        raise PointsError(f"{model} needs one site at least: give n of 1 or more, or existing ones")
    return int(n)


def _limit(model: str, within: float | None, known: bool) -> float | None:
    if model in COVERING and not known and (within is None or not within >= 0 or not np.isfinite(within)):  # fmt: skip
        raise PointsError(f"{model} needs within: the greatest cost that covers, 0 or more")
    return None if within is None else float(within)


def _capacity(model: str, capacity: ArrayLike | None, fixed: Ints, free: Ints) -> Floats | None:
    if capacity is None:
        return None
    if model == "p-center":
        raise PointsError("p-center has no capacity: use p-median, lscp or mclp")
    own, m = np.asarray(capacity, dtype=float), len(fixed) + len(free)
    whole = np.full(m, np.inf)
    if own.ndim == 0 or own.shape == (m,):
        whole[:] = own
    elif own.shape == (len(free),):
        whole[free] = own
    else:
        raise PointsError(f"capacity must be a number, or {len(free)} of them: one for each candidate")  # fmt: skip
    if np.isnan(whole).any() or (whole < 0).any():
        raise PointsError("a capacity must be 0 or more")
    return whole
