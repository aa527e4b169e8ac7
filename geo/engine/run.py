"""Runs a plan over a source: on the threads of this machine, or on a cluster; never with all rows in memory."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo.engine.cells import Floats, Ints
from geo.engine.tally import MAX_CATEGORIES, Tally, names_of
from geo.errors import PointsError
from geo.io.positions import Rejects, locate_rows, numbers_of, values_of
from geo.io.reading import Reading
from geo.io.sources.base import Batch, Part, Source

_BUNDLE = 32
"""Parts in a task of a cluster, at most."""
_BYTES_A_ROW = 50
"""Of text, about: so many rows are expected."""

__all__ = [
    "LISTED",
    "Outcome",
    "Plan",
    "Progress",
    "categories_of",
    "errors_of",
    "run",
    "weights_of",
]

Progress = Callable[[int, int], None]
"""Called with what is done and what there is, in rows or bytes; 0 where the whole is not known."""

LISTED = 10_000
"""So many rejected rows are kept; all of them go to ``on_rejects``."""


class Plan(Protocol):
    """What points are counted by."""

    @property
    def width(self) -> int:
        """Number of columns of the sets."""

    def locate(
        self, x: Floats, y: Floats, err: Floats | None = None
    ) -> tuple[NDArray[np.bool_], Ints]:
        """Return sets, and the set that each point (WGS84; with its error in metres) lies in."""


@dataclass(eq=False, repr=False)
class Outcome:
    """What a run has found.

    Attributes
    ----------
    tally
        The counts.
    rows
        How many rows were read.
    reasons
        How many rows have no position, by reason.
    rejects
        The first of them.
    """

    tally: Tally = field(default_factory=lambda: Tally.empty(0, weighed=False))
    rows: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    rejects: Rejects = field(default_factory=Rejects)


@dataclass(eq=False, repr=False)
class _Piece:
    tally: Tally
    rejects: Rejects
    count: int
    passed: int


def run(
    source: Source,
    reading: Reading,
    plan_for: Callable[[int], Plan],
    *,
    threads: int | None = None,
    client: Any = None,
    progress: Progress | None = None,
    on_rejects: Callable[[Rejects], None] | None = None,
) -> Outcome:
    """Count the points of a source.

    Parameters
    ----------
    source, reading
        Where the points are and how they are read.
    plan_for
        Returns what they are counted by, given about how many rows there are (0 where that is not
        known); it is called once, while the first rows are read.
    threads
        By default one for each core that may be used.
    client
        ``dask.distributed.Client``: its workers read the parts themselves, so they need the same
        paths. Used for Parquet and for plain text; other sources are read here.
    progress
        See :data:`Progress`.
    on_rejects
        Called with rejected rows, in the order of the source.

    Raises
    ------
    PointsError
        If a part cannot be read or understood.
    """
    rows = source.size // _BYTES_A_ROW if source.counts_bytes else source.size
    with ThreadPoolExecutor(1, thread_name_prefix="compile") as aside:
        plan = aside.submit(plan_for, rows).result
        tally, outcome, done, file, after = None, Outcome(), 0, None, 0
        for part, piece in _pieces(source, reading, plan, threads or _cores(), client):
            if part.file != file:
                file, after = part.file, source.first_row
            start = after if part.first is None else part.first
            after = start + piece.passed
            tally = piece.tally if tally is None else tally + piece.tally
            outcome.rows += piece.count
            if len(piece.rejects):
                placed = Rejects()
                placed.add(piece.rejects, after=start)
                outcome.reasons.update(placed.reason)
                outcome.rejects.add(placed.first(max(LISTED - len(outcome.rejects), 0)))
                if on_rejects is not None:
                    on_rejects(placed)
            done += part.size
            if progress is not None:
                progress(done if source.parallel else outcome.rows, source.size)
        outcome.tally = tally or Tally.empty(plan().width, weighed=bool(reading.weight))
    return outcome


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _pieces(
    source: Source, reading: Reading, plan: Callable[[], Plan], threads: int, client: Any
) -> Iterator[tuple[Part, _Piece]]:
    if client is not None and source.movable:
        yield from _on_cluster(source, reading, plan(), client)
    else:
        yield from _on_threads(source, reading, plan, threads)


def _on_threads(
    source: Source, reading: Reading, plan: Callable[[], Plan], threads: int
) -> Iterator[tuple[Part, _Piece]]:
    """Count parts side by side; of a source that reads from the top, its batches."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="coverage")
    waiting: deque[tuple[Part, Any]] = deque()
    try:
        for part, job in _jobs(source, reading, plan):
            waiting.append((part, pool.submit(job)))
            # As many more wait as are worked on: the input is never in memory whole.
            if len(waiting) > threads + 1:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        # After an error or Ctrl-C nothing more is begun, and what runs is waited for.
        pool.shutdown(wait=True, cancel_futures=True)


def _jobs(
    source: Source, reading: Reading, plan: Callable[[], Plan]
) -> Iterator[tuple[Part, Callable[[], _Piece]]]:
    for part in source.parts():
        if source.parallel:
            yield part, partial(count_part, source, part, reading, plan)
            continue
        before = 0
        for batch in source.read(part, reading.columns):
            step = batch.passed - before
            own = Part(part.file, step, None, None)
            rows = batch.rows
            if rows is not None:
                rows = rows - before
            shifted = Batch(batch.columns, batch.count, rows, step)
            before = batch.passed
            yield own, partial(_count_ready, shifted, source.name, reading, plan)


def _count_ready(batch: Batch, file: str, reading: Reading, plan: Callable[[], Plan]) -> _Piece:
    return count_batch(batch, file, reading, plan())


def _same(thing: Any) -> Any:
    return thing


def _on_cluster(
    source: Source, reading: Reading, plan: Plan, client: Any
) -> Iterator[tuple[Part, _Piece]]:
    """Count parts on the workers of a cluster.

    A part is a pure function of its files, so that a worker that dies costs a retry. The plan goes
    out as a task of its own, which the scheduler can repeat as well.
    """
    shared = client.submit(_same, (source, reading, plan), pure=False)
    cores = max(1, sum(client.nthreads().values()))
    waiting: deque[tuple[list[Part], Any]] = deque()

    def next_pieces() -> Iterator[tuple[Part, _Piece]]:
        parts, future = waiting.popleft()
        return zip(parts, future.result(), strict=True)

    try:
        for parts in _bundles(source, cores):
            task = client.submit(_count_shared, shared, parts, pure=False, retries=3)
            waiting.append((parts, task))
            if len(waiting) > 4 * cores:
                yield from next_pieces()
        while waiting:
            yield from next_pieces()
    finally:
        client.cancel([f for _, f in waiting])


def _bundles(source: Source, cores: int) -> Iterator[list[Part]]:
    """Return parts in tasks: large, as a scheduler deals out some hundreds a second, yet enough of them."""
    parts = source.parts()
    first = next(parts, None)
    if first is None:
        return
    size = int(np.clip(source.size / max(first.size, 1) / (8 * cores), 1, _BUNDLE))
    parts = chain([first], parts)
    while bundle := list(islice(parts, size)):
        yield bundle


def _count_shared(shared: tuple[Source, Reading, Plan], parts: list[Part]) -> list[_Piece]:
    source, reading, plan = shared
    return [count_part(source, part, reading, partial(_same, plan)) for part in parts]


def count_part(source: Source, part: Part, reading: Reading, plan: Callable[[], Plan]) -> _Piece:
    """Count the points of a part; a function of its arguments and of the files that they name."""
    total: _Piece | None = None
    for batch in source.read(part, reading.columns):
        piece = count_batch(batch, part.file, reading, plan(), before=total.passed if total else 0)
        if total is None:
            total = piece
            continue
        total.tally = total.tally + piece.tally
        total.rejects.add(piece.rejects)
        total.count += piece.count
        total.passed = batch.passed
    if total is None:
        total = _Piece(Tally.empty(plan().width, weighed=bool(reading.weight)), Rejects(), 0, 0)
    return total


def count_batch(
    batch: Batch, file: str, reading: Reading, plan: Plan, *, before: int = 0
) -> _Piece:
    """Count the points of a batch; rejected rows are numbered from the first row of the part, 0."""
    columns, roles = batch.columns, reading.roles
    at = locate_rows(columns, roles, reading.datum, swapped=reading.swapped, where=file)
    kept, rejects = at.kept, Rejects()
    if kept is not None:
        rows = np.arange(before, before + batch.count) if batch.rows is None else batch.rows
        rejects = at.rejects(columns, roles, rows, file)
    err = errors_of(columns, reading, kept, file)
    sets, ids = plan.locate(at.lon, at.lat, err)
    names: tuple[str, ...] = ("",)
    codes = None
    if reading.by:
        names, codes = categories_of(columns[reading.by], kept, reading.by, file)
    weights = None
    if reading.weight:
        weights = weights_of(batch, kept, reading.weight, file)
    tally = Tally.of(sets, ids, names, codes, weights)
    return _Piece(tally, rejects, batch.count, batch.passed)


def errors_of(
    columns: dict[str, Any], reading: Reading, kept: NDArray[np.bool_] | None, file: str
) -> Floats | None:
    """Return the positional error of the rows that are kept; ``None`` where none is known."""
    if not reading.roles.err and not reading.err_m:
        return None
    if not reading.roles.err:
        count = int(kept.sum()) if kept is not None else len(next(iter(columns.values())))
        return np.full(count, reading.err_m)
    err = numbers_of(columns[reading.roles.err], reading.roles.err, file)
    err = np.where(np.isfinite(err), np.maximum(err, 0.0), reading.err_m)
    return err if kept is None else err[kept]


def categories_of(
    column: Any, kept: NDArray[np.bool_] | None, name: str, file: str
) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Return the names of categories, and the category of each row that is kept."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if kept is not None:
        column = column.filter(pa.array(kept))
    if not pa.types.is_dictionary(column.type):
        import pyarrow.compute as pc

        if pa.types.is_nested(column.type):
            raise PointsError(f"{file}: column {name!r} holds lists or structs, not a category")
        column = pc.dictionary_encode(column, null_encoding="encode")
    values = names_of(column.dictionary.to_pylist())
    if len(values) > 50 * MAX_CATEGORIES:
        raise PointsError(
            f"{file}: column {name!r} has more than {MAX_CATEGORIES:,} different values: choose one "
            "with fewer, such as an industry or a year"
        )
    indices = column.indices
    if indices.null_count:
        import pyarrow.compute as pc

        indices = pc.fill_null(indices.cast(pa.int32()), len(values))
        values = (*values, "")
    codes = values_of(indices).astype(np.int32, copy=False)
    # Values that are written alike, such as 1 and 1.0, are one category.
    unique = {v: k for k, v in enumerate(dict.fromkeys(values))}
    if len(unique) < len(values):
        codes = np.array([unique[v] for v in values], dtype=np.int32)[codes]
    return tuple(unique) or ("",), codes


def weights_of(batch: Batch, kept: NDArray[np.bool_] | None, name: str, file: str) -> Floats:
    """Return the weights of the rows that are kept; a blank is 0, a text is an error."""
    column = batch.columns[name]
    numbers = numbers_of(column, name, file)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    bad = ~np.isfinite(numbers)
    if bad.any():
        blank = values_of(column.is_null(nan_is_null=True)).astype(bool)
        wrong = np.flatnonzero(bad & ~blank)
        wrong = np.array([k for k in wrong if str(column[int(k)].as_py()).strip()], dtype=int)
        if len(wrong):
            value = column[int(wrong[0])].as_py()
            raise PointsError(
                f"{file}: column {name!r} is no number in {len(wrong)} rows, first {value!r}: correct it"
            )
        numbers = np.where(bad, 0.0, numbers)
    return numbers if kept is None else numbers[kept]
