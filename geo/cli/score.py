"""``corridor score | indicators``: the scorecard; indicators, composites, panels, spatial weights."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    SheetOption,
    WeightOption,
)
from geo.console import Format, emit, format_of, reader_of
from geo.datasets import DEFAULT
from geo.words import say

if TYPE_CHECKING:
    import pandas as pd

    from geo.model.layout import Layout

__all__ = ["indicators", "score"]


@app.command(help=help_of("score"))
def score(
    lang: LangOption,
    points: Annotated[str | None, typer.Argument(help=POINTS_HELP)] = None,
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    corridor: Annotated[
        str | None, typer.Option("--corridor", help="One corridor; by default all with an axis.")
    ] = None,
    draws: Annotated[int, typer.Option("--draws", min=19, max=9999)] = 199,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the null model.")] = 20260224,
    form: FormatOption = Format.table,
    output: OutOption = None,
    by: ByOption = None,
    weight: WeightOption = None,
    datum: DatumOption = "auto",
    lon: LonOption = None,
    lat: LatOption = None,
    sheet: SheetOption = None,
    err_m: ErrOption = 0.0,
) -> None:
    """Mark corridors by the four C."""
    import pandas as pd

    import geo
    from geo.analysis.cloud import cloud_of

    format_of(form, output)
    own = load(layout, own_units, units_columns)
    names = [corridor] if corridor else [i.id for i in own.of_layer("corridor") if i.geometry is not None]  # fmt: skip
    cloud = None
    if points is not None:
        cloud = cloud_of(points, by=by, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m, layout=own)  # fmt: skip
    marks, items = [], []
    for name in names:
        found = geo.scorecard(own, name, cloud, draws=draws, seed=seed)
        typer.echo(found.why.says(reader_of(lang.value)), err=True)
        known = {"footprint": name, "footprint_zh": own[name].name_zh, "footprint_en": own[name].name_en}  # fmt: skip
        marks.append(found.marks.assign(**known))
        items.append(found.items.assign(**known))
    typer.echo(say("score.method.scorecard", reader_of(lang.value)), err=True)
    tables = {"marks": pd.concat(marks, ignore_index=True), "items": pd.concat(items, ignore_index=True)}  # fmt: skip
    if format_of(form, output) is Format.csv:
        tables.pop("marks")
    emit(tables, form, output, lang.value)


class What(StrEnum):
    """The tables of ``corridor indicators``."""

    indicators = "indicators"
    composite = "composite"
    panel = "panel"
    weights = "weights"


@app.command(help=help_of("indicators"))
def indicators(
    lang: LangOption,
    source: Annotated[
        str | None,
        typer.Argument(help="Indicators or alternatives as CSV or XLSX; points for a panel."),
    ] = None,
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    table: Annotated[What, typer.Option("--table", "-t", help="What to give.")] = What.indicators,
    rank_by: Annotated[
        str, typer.Option("--rank-by", help="Columns of a composite: jobs,rent:less,area")
    ] = "",
    id_column: Annotated[
        str, typer.Option("--id", help="Column that names the alternatives.")
    ] = "id",
    period: Annotated[
        str | None, typer.Option("--period", help="Column of the year of a panel.")
    ] = None,
    neighbours: Annotated[
        str, typer.Option("--neighbours", help="queen, nearest:4 or distance:30 (km).")
    ] = "queen",
    seed: Annotated[int, typer.Option("--seed", help="Seed of a composite's draws.")] = 20260224,
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
) -> None:
    """Give indicators, a composite, a panel, or spatial weights (FILE.gal for GeoDa and PySAL)."""
    import geo

    own = load(layout, own_units, units_columns)
    if table is What.weights:
        _weights(own, neighbours, form, output, lang.value)
        return
    format_of(form, output)
    if table is What.indicators:
        found = geo.indicators_of(own) if source is None else geo.indicators(_frame(source, sheet))
        emit({"indicators": found}, form, output, lang.value)
        return
    if source is None:
        raise typer.BadParameter(f"the table {table.value} needs a file")
    if table is What.composite:
        if not rank_by:
            raise typer.BadParameter("name the columns: --rank-by jobs,rent:less")
        senses = {c.partition(":")[0].strip(): c.partition(":")[2] or "more" for c in rank_by.split(",")}  # fmt: skip
        ranked = geo.composite(_frame(source, sheet), senses, id_column=id_column, seed=seed)
        typer.echo(ranked.provenance.says(reader_of(lang.value)), err=True)
        tables: dict[str, pd.DataFrame] = {"composite": ranked.table, "weights": ranked.weights}
        if format_of(form, output) is Format.csv:
            tables.pop("weights")
        emit(tables, form, output, lang.value)
        return
    made = geo.panel(
        own, source, period=period, by=by, weight=weight, ring_km=ring_km, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m,
    )  # fmt: skip
    typer.echo(say("score.out.panel", reader_of(lang.value), n=made.unplaced), err=True)
    emit({"panel": made.table}, form, output, lang.value)


def _weights(own: Layout, neighbours: str, form: Format, output: Path | None, lang: Any) -> None:
    import geo
    from geo.report.layers import write_file

    kind, _, number = neighbours.partition(":")
    options: dict[str, Any] = {}
    try:
        if kind == "nearest":
            options = {"k": int(number or 4)}
        elif kind == "distance":
            options = {"km": float(number)}
    except ValueError:
        raise typer.BadParameter(
            f"neighbours are queen, nearest:4 or distance:30, not {neighbours!r}"
        ) from None
    found = geo.spatial_weights(own, kind=kind, **options)  # type: ignore[arg-type]
    if found.islands:
        typer.echo(say("score.out.islands", lang, units=", ".join(found.islands)), err=True)
    if output is not None and output.suffix.lower() == ".gal":
        write_file(output, found.gal().encode())
        typer.echo(say("cli.out.written", lang, path=output), err=True)
        return
    emit({"weights": found.table}, form, output, lang)


def _frame(source: str, sheet: str | None) -> Any:
    """Read a small table of any kind that points can be in, positions or not."""
    import pandas as pd

    from geo.io.sources import open_source

    table = open_source(source, sheet=sheet)
    rows = [{c: batch.columns[c].to_pylist() for c in table.columns} for part in table.parts() for batch in table.read(part, table.columns)]  # fmt: skip
    return pd.concat([pd.DataFrame(r) for r in rows], ignore_index=True) if rows else pd.DataFrame(columns=table.columns)  # fmt: skip
