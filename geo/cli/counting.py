"""What commands that read points share: their options, progress, clusters, what they tell."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from geo.words import Lang, Said, say

if TYPE_CHECKING:
    import pandas as pd

    from geo.analysis.cloud import Cloud
    from geo.analysis.points import Counted
    from geo.io.positions import Rejects

__all__ = [
    "POINTS_HELP", "ByOption", "DatumOption", "ErrOption", "LatOption", "LonOption", "ProgressOption",
    "RejectsOption", "SchedulerOption", "SheetOption", "ThreadsOption", "WeightOption", "bar_of", "brief",
    "cluster_at", "rejecting", "tell",
]  # fmt: skip

T = TypeVar("T")

POINTS_HELP = (
    "Points: parquet, csv, tsv (gz), xlsx, gpkg, geojson, shp, zip or fgb; a folder or glob of "
    "parquet; or a database address with #table."
)
ByOption = Annotated[str | None, typer.Option("--by", help="Column of a category.")]
WeightOption = Annotated[str | None, typer.Option("--weight", help="Column of a number to sum.")]
DatumOption = Annotated[
    str,
    typer.Option(
        "--datum", help="wgs84, cgcs2000, gcj02, bd09, an EPSG code, or auto to detect it."
    ),
]
LonOption = Annotated[str | None, typer.Option("--lon", help="Column of the longitude.")]
LatOption = Annotated[str | None, typer.Option("--lat", help="Column of the latitude.")]
SheetOption = Annotated[
    str | None, typer.Option("--sheet", help="Sheet of a workbook, layer of a file.")
]
ErrOption = Annotated[
    float,
    typer.Option(
        "--err-m", min=0, help="Positional error of points without a column err_m, metres."
    ),
]
RejectsOption = Annotated[
    Path | None, typer.Option("--rejects", help="CSV of all rows without a usable position.")
]
SchedulerOption = Annotated[
    str | None,
    typer.Option("--scheduler", help="Count on a dask cluster, such as tcp://host:8786."),
]
ThreadsOption = Annotated[
    int | None, typer.Option("--threads", min=1, help="Threads; by default one for each core.")
]
ProgressOption = Annotated[
    bool | None, typer.Option("--progress/--no-progress", help="By default on a terminal.")
]


_LONG = (
    "source", "unit_source", "population_source", "confidence", "layer", "kind", "a_status", "b_status",
    "err_m", "a", "b", "footprint", "unit", "method", "basis",
)  # fmt: skip
"""Columns that a console has no room for."""


def brief(table: pd.DataFrame, *others: str) -> pd.DataFrame:
    """Return a table without the columns that a console has no room for."""
    return table.drop(columns=[c for c in (*_LONG, *others) if c in table.columns])


def tell(result: Counted | Cloud, lang: Lang) -> None:
    """Say on standard error how the points were understood and what was left out."""
    found = None if result.reading is None else result.reading.detection
    if found is not None and result.reading is not None:
        names = {"datum": result.reading.datum, "confidence": say(f"cli.confidence.{found.confidence}", lang)}  # fmt: skip
        evidence = say("cli.out.between", lang).join(line.says(lang) for line in found.evidence)
        typer.echo(say("cli.out.datum", lang, **names, evidence=evidence), err=True)
    if result.rejected:
        listed = [
            Said("cli.out.rejected-reason", reason=Said(f"report.reason.{reason}"), n=n)
            for reason, n in result.reasons.items()
        ]
        told = Said("cli.out.rejected", n=f"{result.rejected:,}", reasons=listed)
        typer.echo(told.says(lang), err=True)
    if result.synthetic:
        typer.echo(say("cli.out.synthetic", lang), err=True)


def rejecting(file: Path | None, work: Callable[[Any], T]) -> T:
    """Do the work, with all rejected rows written to a file, whole or not at all."""
    if file is None:
        return work(None)
    from geo.report.layers import write_atomically
    from geo.report.tables import defused

    found: list[T] = []

    def write(target: Path) -> None:
        with target.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["file", "row", "reason", "lon", "lat"])

            def take(rejects: Rejects) -> None:
                rows = zip(*rejects.columns().values(), strict=True)
                writer.writerows([defused(cell) for cell in row] for row in rows)

            found.append(work(take))

    write_atomically(file, write)
    return found[0]


@contextmanager
def cluster_at(address: str | None) -> Iterator[Any]:
    """Connect to a cluster for as long as the context lasts; without an address to none."""
    if address is None:
        yield None
        return
    from geo.engine.cluster import connect

    with connect(address) as client:
        yield client


def bar_of(name: str, wanted: bool | None) -> Any:
    """Return a progress bar as a context, or one that does nothing where nobody sees it."""
    shown = sys.stderr.isatty() if wanted is None else wanted
    return _drawn(name, forced=bool(wanted)) if shown else nullcontext(None)


@contextmanager
def _drawn(name: str, *, forced: bool) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(show_speed=True),
        TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(
        *columns, console=Console(stderr=True, force_terminal=forced or None), transient=True
    ) as bar:
        task = bar.add_task(Path(name).name[:40], total=None, rate="")

        def tick(done: int, total: int) -> None:
            speed = bar.tasks[0].speed or 0.0
            bar.update(task, completed=done, total=total or None, rate=f"{speed / 1e6:,.1f} M/s")

        yield tick
