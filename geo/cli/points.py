"""Commands that count: ``corridor stats | curve | population``."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

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
    units_of,
)
from geo.cli.counting import (
    POINTS_HELP,
    ByOption,
    DatumOption,
    ErrOption,
    LatOption,
    LonOption,
    ProgressOption,
    RejectsOption,
    SchedulerOption,
    SheetOption,
    ThreadsOption,
    WeightOption,
    bar_of,
    brief,
    cluster_at,
    rejecting,
    tell,
)
from geo.console import Format, emit, format_of, reader_of
from geo.datasets import DEFAULT
from geo.words import Lang, say

if TYPE_CHECKING:
    import pandas as pd

    from geo.model.layout import Layout

__all__ = ["curve", "population", "stats"]

T = TypeVar("T")


class Table(StrEnum):
    """The tables of ``corridor stats``."""

    areas = "areas"
    nodes = "nodes"
    seats = "seats"
    overlaps = "overlaps"
    none = "none"


class Predicate(StrEnum):
    """Whether a point on a boundary is inside."""

    intersects = "intersects"
    contains = "contains"


class Of(StrEnum):
    """What distances are measured from."""

    axis = "axis"
    footprint = "footprint"


@app.command(help=help_of("stats"))
def stats(
    lang: LangOption,
    points: Annotated[str | None, typer.Argument(help=POINTS_HELP)] = None,
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    footprints: Annotated[
        Path | None,
        typer.Option("--footprints", help="Count by the polygons of this file, not the layout's."),
    ] = None,
    table: Annotated[Table | None, typer.Option("--table", "-t", help="One table only.")] = None,
    form: FormatOption = Format.table,
    output: OutOption = None,
    ring_km: RingOption = None,
    by: ByOption = None,
    weight: WeightOption = None,
    predicate: Annotated[
        Predicate, typer.Option("--predicate", help="Whether a point on a boundary is inside.")
    ] = Predicate.intersects,
    band: Annotated[bool, typer.Option("--band/--no-band", help="Low and high as well.")] = True,
    datum: DatumOption = "auto",
    lon: LonOption = None,
    lat: LatOption = None,
    sheet: SheetOption = None,
    err_m: ErrOption = 0.0,
    rejects: RejectsOption = None,
    scheduler: SchedulerOption = None,
    threads: ThreadsOption = None,
    progress: ProgressOption = None,
) -> None:
    """Give the coverage of a layout, or of a file of points by its footprints."""
    if points is None:
        _stats_of_layout(
            load(layout, own_units, units_columns), lang.value, table, form, output, ring_km
        )
        return
    import geo

    format_of(form, output)
    own: Any = footprints if footprints is not None else load(layout, own_units, units_columns)
    with cluster_at(scheduler) as client, bar_of(points, progress) as tick:
        result = rejecting(
            rejects,
            lambda on_rejects: geo.coverage(
                points, own, by=by, weight=weight, predicate=predicate.value, ring_km=ring_km, band=band,
                datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m, threads=threads, client=client,
                progress=tick, on_rejects=on_rejects,
            ),
        )  # fmt: skip
    totals = {r["where"]: f"{r['count']:,}" for r in result.total_records}
    typer.echo(say("cli.out.totals", reader_of(lang.value), **totals), err=True)
    tell(result, lang.value)
    if form is Format.json and output is None:
        # The plain answer, without what tables and geometry need to be loaded.
        from geo.report.plain import json_of

        typer.echo(json_of({"coverage": result.records, "totals": result.total_records}))
        return
    from geo.report.layers import with_geometry

    tables = {"coverage": result.table, "totals": result.totals}
    whole = None if footprints is not None else own
    if format_of(form, output) in (Format.csv, Format.geojson, Format.gpkg):
        tables.pop("totals")
    if form is Format.table and output is None:
        tables["coverage"] = brief(result.table)
    if format_of(form, output) is Format.xlsx:
        tables["rejects"] = result.rejects
    shapes = None if whole is None else (lambda _, t: with_geometry(whole, t, None))
    emit(tables, form, output, lang.value, shapes)


def _stats_of_layout(
    own: Layout, lang: Lang, table: Table | None, form: Format, output: Path | None, ring_km: float | None
) -> None:  # fmt: skip
    import geo
    from geo.analysis.footprints import footprints_of
    from geo.report.layers import with_geometry

    units, found = units_of(own, lang, "areas", "none"), footprints_of(own, ring_km=ring_km)
    makers: dict[str, Callable[[], pd.DataFrame]] = {
        "areas": lambda: geo.footprint_units(own, units, footprints=found),
        "nodes": lambda: geo.node_counts(own, footprints=found),
        "seats": lambda: geo.seats_held(own),
        "overlaps": lambda: geo.overlaps(own, footprints=found),
        "none": lambda: geo.outside(own, units, footprints=found),
    }
    if units is None:
        makers = {k: v for k, v in makers.items() if k not in ("areas", "none")}
    wanted = [table.value] if table else list(makers)
    if table is not None and table.value not in makers:
        raise typer.BadParameter(
            f"the table {table.value} needs administrative units: bring some by --units FILE, or see [units] in layout.toml"
        )
    tables = {name: makers[name]() for name in wanted}
    if form is Format.table and output is None:
        tables = {name: brief(t) for name, t in tables.items()}
    emit(tables, form, output, lang, lambda _, t: with_geometry(own, t, units))


@app.command(help=help_of("curve"))
def curve(
    lang: LangOption,
    points: Annotated[str, typer.Argument(help=POINTS_HELP)],
    about: Annotated[
        str,
        typer.Option(
            "--about",
            help="What to measure from: features with commas, a layer such as node, or a file.",
        ),
    ],
    of: Annotated[
        Of, typer.Option("--of", help="From the axis of a corridor or belt, or its footprint.")
    ] = Of.axis,
    distances: Annotated[
        str, typer.Option("--distances", help="Kilometres, in growing order, with commas.")
    ] = "0.5,1,2,5,10,15,20,30",
    layout: LayoutOption = DEFAULT,
    form: FormatOption = Format.table,
    output: OutOption = None,
    by: ByOption = None,
    weight: WeightOption = None,
    datum: DatumOption = "auto",
    lon: LonOption = None,
    lat: LatOption = None,
    sheet: SheetOption = None,
    err_m: ErrOption = 0.0,
    rejects: RejectsOption = None,
    scheduler: SchedulerOption = None,
    threads: ThreadsOption = None,
    progress: ProgressOption = None,
) -> None:
    """Give the count and share of points within distances of a feature."""
    import geo

    format_of(form, output)
    own = load(layout)
    target = _about(own, about)
    try:
        limits = [float(d) for d in distances.split(",") if d.strip()]
    except ValueError:
        raise typer.BadParameter(
            f"distances are numbers with commas, such as 1,2,5, not {distances!r}"
        ) from None
    with cluster_at(scheduler) as client, bar_of(points, progress) as tick:
        result = rejecting(
            rejects,
            lambda on_rejects: geo.coverage_curve(
                points, target, distances_km=limits, of=of.value, by=by, weight=weight, datum=datum,
                lon=lon, lat=lat, sheet=sheet, err_m=err_m, threads=threads, client=client, progress=tick,
                on_rejects=on_rejects,
            ),
        )  # fmt: skip
    tell(result, lang.value)
    emit({"curve": result.table}, form, output, lang.value)


def _about(own: Layout, wanted: str) -> Any:
    """Return features of a layout, all located ones of a layer, or the path of a file."""
    if Path(wanted).is_file():
        return Path(wanted)
    layer = [i for i in own if i.properties.layer == wanted and (i.geometry is not None or i.footprint is not None)]  # fmt: skip
    if layer:
        return layer
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    for name in names:
        if name not in own:
            near = [i.id for i in own if name in i.id or name in i.name_zh][:5] or [i.id for i in own.of_layer("corridor")]  # fmt: skip
            raise typer.BadParameter(
                f"no feature, layer or file {name!r} in layout {own.id!r}: try {', '.join(near)}"
            )
    return own[names[0]] if len(names) == 1 else [own[name] for name in names]


@app.command(help=help_of("population"))
def population(
    lang: LangOption,
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    raster: Annotated[
        Path | None, typer.Option("--raster", help="GeoTIFF of people in each cell.")
    ] = None,
    band: Annotated[int | None, typer.Option("--band", min=1, help="Band of the raster.")] = None,
    form: FormatOption = Format.table,
    output: OutOption = None,
    ring_km: RingOption = None,
) -> None:
    """Give the population of each footprint, with the balance of what was placed where."""
    import geo
    from geo.report.layers import with_geometry

    own = load(layout, own_units, units_columns)
    result = geo.population(own, raster=raster, band=band, ring_km=ring_km)
    placed = {k: f"{getattr(result, k):,.0f}" for k in ("total", "placed", "unplaced")}
    typer.echo(say("cli.out.population", reader_of(lang.value), **placed), err=True)
    tables = {"population": result.table, "balance": result.balance}
    if format_of(form, output) in (Format.csv, Format.geojson, Format.gpkg):
        tables.pop("balance")
    if form is Format.table and output is None:
        counted = result.balance[result.balance["counted"] > 0]
        balance = brief(counted, "id", "placement", "adcode", "city_adcode")
        tables = {"population": brief(result.table), "balance": balance}
    emit(tables, form, output, lang.value, lambda _, t: with_geometry(own, t, None))
