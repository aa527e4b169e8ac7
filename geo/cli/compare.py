"""``corridor compare``: a scenario against its base."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from geo.cli.base import (
    FormatOption,
    LangOption,
    LayoutOption,
    OutOption,
    RingOption,
    UnitsColumnsOption,
    UnitsOption,
    app,
    help_of,
    load,
)
from geo.cli.counting import (
    POINTS_HELP,
    ByOption,
    DatumOption,
    ErrOption,
    LatOption,
    LonOption,
    ProgressOption,
    SchedulerOption,
    SheetOption,
    ThreadsOption,
    WeightOption,
    bar_of,
    brief,
    cluster_at,
)
from geo.console import Format, emit, format_of, reader_of
from geo.datasets import DEFAULT
from geo.words import name_of, say

__all__ = ["compare"]


@app.command(help=help_of("compare"))
def compare(
    lang: LangOption,
    scenario: Annotated[Path, typer.Argument(help="JSON of the changes; see docs/scenarios.md.")],
    points: Annotated[str | None, typer.Argument(help=POINTS_HELP)] = None,
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    form: FormatOption = Format.table,
    output: OutOption = None,
    ring_km: RingOption = None,
    by: ByOption = None,
    weight: WeightOption = None,
    datum: DatumOption = "auto",
    lon: LonOption = None,
    lat: LatOption = None,
    sheet: SheetOption = None,
    err_m: ErrOption = 0.0,
    scheduler: SchedulerOption = None,
    threads: ThreadsOption = None,
    progress: ProgressOption = None,
) -> None:
    """Compare a layout with a scenario."""
    import geo
    from geo.io.scenarios import read_scenario

    format_of(form, output)
    own, changes = load(layout, own_units, units_columns), read_scenario(scenario)
    with cluster_at(scheduler) as client, bar_of(points or "", progress) as tick:
        result = geo.compare(
            own, changes, points, by=by, weight=weight, ring_km=ring_km, datum=datum, lon=lon, lat=lat,
            sheet=sheet, err_m=err_m, threads=threads, client=client, progress=tick,
        )  # fmt: skip
    verdicts = result.table["verdict"].value_counts()
    counts = {v: int(verdicts.get(v, 0)) for v in ("gain", "loss", "unsure")}
    typer.echo(say("compare.out.summary", reader_of(lang.value), scenario=name_of(changes, lang.value), **counts), err=True)  # fmt: skip
    typer.echo(result.provenance.says(reader_of(lang.value)), err=True)
    table = result.table
    if form is Format.table and output is None:
        # What does not change has no place on a screen.
        table = brief(table[table["verdict"] != "even"]).drop(columns=["id"])
    emit({"compare": table}, form, output, lang.value)
