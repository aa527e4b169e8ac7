"""``corridor find | here``: things by their names, and what lies at a place."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from geo.cli.base import (
    NEGATIVE,
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
from geo.cli.counting import POINTS_HELP, DatumOption, LatOption, LonOption, SheetOption, brief
from geo.console import Format, emit, format_of, reader_of
from geo.datasets import DEFAULT
from geo.words import say

__all__ = ["find", "here"]


class Part(StrEnum):
    """The tables of ``corridor here``."""

    footprints = "footprints"
    axes = "axes"
    nodes = "nodes"
    units = "units"


@app.command(help=help_of("find"))
def find(
    lang: LangOption,
    text: Annotated[str, typer.Argument(help="中文, pinyin or its initials, or English.")],
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    points: Annotated[str | None, typer.Option("--points", help=POINTS_HELP)] = None,
    label: Annotated[str | None, typer.Option("--label", help="Column of their names.")] = None,
    most: Annotated[int, typer.Option("--most", min=1, max=1000, help="Rows at most.")] = 10,
    form: FormatOption = Format.table,
    output: OutOption = None,
    datum: DatumOption = "auto",
    lon: LonOption = None,
    lat: LatOption = None,
    sheet: SheetOption = None,
) -> None:
    """Find things of a layout, its units, and points by name."""
    from geo.analysis import find as finding

    format_of(form, output)
    if (points is None) != (label is None):
        raise typer.BadParameter("--points and --label go together: give both, or none")
    own = load(layout, own_units, units_columns)
    units = units_of(own, lang.value, "names")
    places = [finding.layout_places(own)] + ([finding.unit_places(units)] if units is not None else [])  # fmt: skip
    if points is not None and label is not None:
        from geo.analysis.targets import known_of
        from geo.io.points import read_points

        read = read_points(points, datum=datum, lon=lon, lat=lat, sheet=sheet, known=known_of(own))
        if label not in read.frame.columns:
            columns = ", ".join(c for c in read.frame.columns if c != "geometry")
            raise typer.BadParameter(f"no column {label!r} in {read.name}: use one of {columns}")
        places.append(finding.point_places(read, label))
    table = finding.find(text, places, most=most)
    if not len(table):
        typer.echo(say("here.out.none", reader_of(lang.value), text=text), err=True)
    if form is Format.table and output is None:
        table = brief(table, "layer", "source")
    emit({"found": table}, form, output, lang.value)


@app.command(help=help_of("here"), context_settings=NEGATIVE)
def here(
    lang: LangOption,
    lon: Annotated[float, typer.Argument(help="Longitude, degrees.")],
    lat: Annotated[float, typer.Argument(help="Latitude, degrees.")],
    datum: Annotated[
        str, typer.Option("--datum", help="wgs84, cgcs2000, gcj02 or bd09.")
    ] = "wgs84",
    err_m: Annotated[
        float, typer.Option("--err-m", min=0, help="Positional error of the place, metres.")
    ] = 0.0,
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    table: Annotated[Part | None, typer.Option("--table", "-t", help="One table only.")] = None,
    form: FormatOption = Format.table,
    output: OutOption = None,
    ring_km: RingOption = None,
) -> None:
    """Give what lies at a place."""
    from geo.analysis import here as there

    format_of(form, output)
    own = load(layout, own_units, units_columns)
    found = there.here(own, lon, lat, datum=datum, err_m=err_m, units=units_of(own, lang.value, "place"), ring_km=ring_km)  # fmt: skip
    typer.echo(say("here.out.place", reader_of(lang.value), lon=found.lon, lat=found.lat), err=True)
    tables = {p.value: found.tables[p.value] for p in ([table] if table is not None else Part)}
    if form is Format.table and output is None:
        tables = {name: brief(t, "layer", "kind", "status") for name, t in tables.items()}
    emit(tables, form, output, lang.value)
