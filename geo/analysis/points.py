"""Points by footprint and category: counts and weighted sums with their bands, none counted twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from geo.analysis.bands import band, by_category, whole
from geo.analysis.targets import known_of, targets_of
from geo.engine.banded import compile_banded
from geo.engine.run import Outcome, Plan, Progress, run
from geo.engine.tally import Tally
from geo.io.columns import check_columns
from geo.io.positions import Rejects
from geo.io.reading import AUTO, Known, Reading, reading_of
from geo.io.sources import Source, open_source

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Counted", "Coverage", "Found", "count", "coverage", "is_synthetic", "opened"]


@dataclass(frozen=True, eq=False, repr=False)
class Counted:
    """What was read while points were counted.

    Attributes
    ----------
    name
        Of the source.
    rows
        How many rows were read.
    rejected
        How many of them have no usable position.
    reasons
        The same by reason.
    listed
        The first 10,000 of them.
    reading
        How the source was understood: columns, datum, and the evidence where it was detected.
    synthetic
        Whether the source says of itself that its rows are invented.
    """

    name: str
    rows: int
    rejected: int
    reasons: dict[str, int]
    listed: Rejects
    reading: Reading
    synthetic: bool

    @property
    def rejects(self) -> pd.DataFrame:
        """The first rejected rows: file, row, reason, lon, lat as they were written."""
        import pandas as pd

        return pd.DataFrame(self.listed.columns())


@dataclass(frozen=True, eq=False, repr=False)
class Coverage(Counted):
    """What :func:`coverage` returns.

    Attributes
    ----------
    records
        The rows of ``table``.
    total_records
        The rows of ``totals``.
    """

    records: list[dict[str, Any]]
    total_records: list[dict[str, Any]]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row for each footprint and category, and for each footprint in all (``by`` blank).

        ``count_low``, ``count``, ``count_high``, ``share`` of all points of the category with its
        band, the same of ``sum`` where a weight is given, and ``total`` of the category.
        """
        import pandas as pd

        return pd.DataFrame(self.records)

    @cached_property
    def totals(self) -> pd.DataFrame:
        """Points in ``any`` footprint, in ``several``, in ``none``, and ``all``, with bands.

        A point in several footprints counts once.
        """
        import pandas as pd

        return pd.DataFrame(self.total_records)


@dataclass(frozen=True, eq=False, repr=False)
class Found:
    """What :func:`count` returns; ``before`` are rows rejected when the points were read earlier."""

    name: str
    reading: Reading
    outcome: Outcome
    before: Rejects
    synthetic: bool

    def fields(self) -> dict[str, Any]:
        """Return the fields of :class:`Counted`."""
        listed, reasons = Rejects(), dict(self.outcome.reasons)
        listed.add(self.before)
        listed.add(self.outcome.rejects)
        for reason in self.before.reason:
            reasons[reason] = reasons.get(reason, 0) + 1
        return {
            "name": self.name, "rows": self.outcome.rows + len(self.before),
            "rejected": sum(reasons.values()), "reasons": reasons, "listed": listed,
            "reading": self.reading, "synthetic": self.synthetic,
        }  # fmt: skip


def coverage(
    points: Any,
    footprints: Any,
    *,
    by: str | None = None,
    weight: str | None = None,
    predicate: Literal["intersects", "contains"] = "intersects",
    ring_km: float | None = None,
    band: bool = True,
    datum: str = AUTO,
    lon: str | None = None,
    lat: str | None = None,
    sheet: str | None = None,
    err_m: float = 0.0,
    threads: int | None = None,
    client: Any = None,
    progress: Progress | None = None,
    on_rejects: Callable[[Rejects], None] | None = None,
) -> Coverage:
    """Count points by footprint and category, exactly and in bounded memory.

    Parameters
    ----------
    points
        Whatever ``geo.io.sources.open_source`` takes: a file, folder or glob, a database address, a
        table in memory; or what ``geo.read_points`` returns. A column ``err_m`` gives the
        positional error of each point in metres.
    footprints
        A layout; or footprints, a file, a GeoDataFrame or polygons
        (:func:`geo.analysis.targets.targets_of`).
    by
        Column of a category.
    weight
        Column of a number to sum up as well; blank counts as 0.
    predicate
        ``intersects`` counts a point on a boundary as inside, ``contains`` does not.
    ring_km
        Width of the campus rings of a layout.
    band
        Whether low and high are counted as well; they cost little.
    datum
        ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``, an EPSG code, or ``auto``.
    lon, lat
        Columns of the coordinates, where they have unusual names.
    sheet
        Sheet of a workbook or layer of a file.
    err_m
        Positional error of points whose row gives none.
    threads
        By default one for each core.
    client
        ``dask.distributed.Client`` to count on a cluster.
    progress
        Called with what is done and what there is, in rows or bytes.
    on_rejects
        Called with the rows that have no usable position, all of them, in order.

    Returns
    -------
    Coverage
        Low counts the points inside the footprint's inner offset by its error and theirs
        together, high those inside the outer offset: bounds, not estimates. A footprint is what
        its WGS84 outline holds.

    Raises
    ------
    PointsError
        If the points cannot be read, a column is not there, a weight is no number, or the datum is
        neither given nor sure; the message says how to mend it.
    """
    targets = targets_of(footprints, ring_km=ring_km, band=band)
    layout = footprints if hasattr(footprints, "of_layer") else None
    found = count(
        points, lambda rows: compile_banded([t.outlines for t in targets], predicate, rows=rows),
        layout=layout, by=by, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet,
        err_m=err_m, threads=threads, client=client, progress=progress, on_rejects=on_rejects,
    )  # fmt: skip
    tally = found.outcome.tally
    member = tally.sets.reshape(len(tally.sets), len(targets), 3)
    records = [
        target.row | row | target.origin
        for k, target in enumerate(targets)
        for row in by_category(
            tally, member[:, k], grouped=by is not None, weighed=weight is not None
        )
    ]
    return Coverage(
        **found.fields(),
        records=records,
        total_records=_totals(tally, member, weighed=weight is not None),
    )


def count(
    points: Any, plan_for: Callable[[int], Plan], *, layout: Any, by: str | None, weight: str | None, datum: str,
    lon: str | None, lat: str | None, sheet: str | None, err_m: float, threads: int | None,
    client: Any, progress: Progress | None, on_rejects: Callable[[Rejects], None] | None,
) -> Found:  # fmt: skip
    """Run a plan over points: the one way in which anything is counted.

    ``plan_for`` is as for :func:`geo.engine.run.run`.
    """
    source, reading, before, name = opened(
        points, layout=layout, by=by, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m
    )  # fmt: skip
    if on_rejects is not None and len(before):
        on_rejects(before)
    outcome = run(
        source, reading, plan_for, threads=threads, client=client, progress=progress, on_rejects=on_rejects
    )  # fmt: skip
    return Found(name or source.name, reading, outcome, before, is_synthetic(source))


def opened(
    points: Any, *, layout: Any, by: str | None, weight: str | None, datum: str, lon: str | None,
    lat: str | None, sheet: str | None, err_m: float, further: Sequence[str] = (),
) -> tuple[Source, Reading, Rejects, str]:  # fmt: skip
    """Return the source of points, how to read it, and rows rejected when it was read earlier.

    The last is the name under which it was read earlier, or blank. ``further`` columns are only
    checked to be there.
    """
    before, name = Rejects(), ""
    if hasattr(points, "frame") and hasattr(points, "rejects"):
        known = points.rejects.reindex(columns=["row", "reason", "lon", "lat"], fill_value="")
        name, points = points.name, points.frame
        before = Rejects([name] * len(known), *(known[c].tolist() for c in known.columns))
    source = open_source(points, sheet=sheet)
    check_columns(source.columns, further, source.name)
    reading = reading_of(
        source, datum=datum, lon=lon, lat=lat, by=by, weight=weight, err_m=err_m,
        known=known_of(layout) if layout is not None and datum == AUTO and not source.crs else Known(),
    )  # fmt: skip
    if hasattr(source, "expect_numbers"):
        source.expect_numbers([c for c in (reading.roles.lon, reading.roles.lat, reading.weight, reading.roles.err) if c])  # fmt: skip
    return source, reading, before, name


def is_synthetic(source: Source) -> bool:
    """Return whether a source says that its rows are invented."""
    kinds = [c for c in ("data_kind", "数据性质") if c in source.columns]
    rows = source.sample(kinds, 1) if kinds else {}
    return any("synthetic" in str(v) for column in rows.values() for v in column.to_pylist())


def _totals(tally: Tally, member: NDArray[np.bool_], *, weighed: bool) -> list[dict[str, Any]]:
    times = member.sum(axis=1)
    everything = np.ones((len(times), 3), dtype=bool)
    wheres = {
        "any": times > 0,
        "several": times > 1,
        # Fewest in none when every point that may be inside is inside.
        "none": times[:, ::-1] == 0,
        "all": everything,
    }
    rows = []
    for where, three in wheres.items():
        counts = tally.count(three).sum(axis=1)
        row: dict[str, Any] = {"where": where} | band("count", [int(n) for n in counts])
        if weighed:
            row |= band("sum", whole(tally, three))
        rows.append(row)
    return rows
