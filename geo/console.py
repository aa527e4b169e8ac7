"""Tables out of the command line: to the console, or to a file in a format."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextvars import ContextVar
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from geo.words import Lang, say
from geo.words.imperial import reader

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geo.model.layout import Layout

__all__ = ["Format", "begin", "emit", "format_of", "read_by", "reader_of"]

_IMPERIAL: ContextVar[bool | None] = ContextVar("imperial", default=None)
"""Of the call of a command: whether a layout that it is about has readers of miles."""


class Format(StrEnum):
    """How a table is written."""

    table = "table"
    json = "json"
    csv = "csv"
    xlsx = "xlsx"
    geojson = "geojson"
    gpkg = "gpkg"


def format_of(form: Format, output: Path | None) -> Format:
    """Return the format of a result: that of the file's ending where there is a file.

    Raises
    ------
    typer.BadParameter
        If the ending is not known, or the format needs a file.
    """
    if output is None:
        if form in (Format.xlsx, Format.gpkg):
            raise typer.BadParameter(f"{form.value} needs a file: add -o FILE.{form.value}")
        return form
    suffix = output.suffix.lower().lstrip(".")
    known = [f.value for f in Format if f is not Format.table]
    if suffix not in known:
        raise typer.BadParameter(f"unknown ending {output.suffix!r}: use one of {', '.join(known)}")
    return Format(suffix)


def begin() -> None:
    """Begin the call of a command: nothing is known yet of who reads its tables."""
    _IMPERIAL.set(None)


def read_by(layout: Layout) -> None:
    """Note of the call of a command that it is about a layout: its readers may want miles beside km.

    Of several layouts all must: kilometres alone are what they have in common.
    """
    _IMPERIAL.set(layout.meta.imperial and _IMPERIAL.get() is not False)


def reader_of(lang: Lang) -> Lang:
    """Return a language as the readers of the layouts of this call of a command read it."""
    return reader(lang, imperial=bool(_IMPERIAL.get()))


def emit(
    tables: dict[str, pd.DataFrame],
    form: Format,
    output: Path | None,
    lang: Lang,
    geometry: Callable[[str, pd.DataFrame], gpd.GeoDataFrame] | None = None,
) -> None:
    """Write tables in a format, to a file or to the console."""
    lang = reader_of(lang)
    form = format_of(form, output)
    if form in (Format.geojson, Format.gpkg) and geometry is None:
        raise typer.BadParameter(
            f"this table has no geometry: use table, json, csv or xlsx, not {form.value}"
        )
    if form is Format.table:
        _print_tables(tables, lang)
        return
    single = form in (Format.csv, Format.geojson)
    if single and len(tables) > 1:
        raise typer.BadParameter(f"{form.value} holds one table: choose one with --table")
    content = _content(tables, form, lang, geometry)
    if output is None:
        typer.echo(content.decode("utf-8-sig"))
        return
    from geo.report.layers import write_file, write_gpkg

    if form is Format.gpkg and geometry is not None:
        write_gpkg({name: geometry(name, t) for name, t in tables.items()}, output)
    else:
        write_file(output, content)
    typer.echo(say("cli.out.written", lang, path=output), err=True)


def _content(
    tables: dict[str, pd.DataFrame],
    form: Format,
    lang: Lang,
    geometry: Callable[[str, pd.DataFrame], Any] | None,
) -> bytes:
    from geo.report.layers import to_geojson
    from geo.report.tables import to_csv, to_json, to_xlsx

    name, first = next(iter(tables.items()))
    if form is Format.json:
        if len(tables) == 1:
            return to_json(first).encode()
        parts = [f'"{key}": {to_json(table)}' for key, table in tables.items()]
        return ("{" + ",\n".join(parts) + "}").encode()
    if form is Format.csv:
        return to_csv(first)
    if form is Format.xlsx:
        return to_xlsx(tables, lang)
    if form is Format.geojson and geometry is not None:
        return to_geojson(geometry(name, first), name).encode()
    return b""


def _print_tables(tables: dict[str, pd.DataFrame], lang: Lang) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table as RichTable

    from geo.report.tables import for_people
    from geo.words.figures import figure

    console = Console(width=None if sys.stdout.isatty() else 200, soft_wrap=False)
    for name, table in tables.items():
        shown = for_people(table, lang)
        grid = RichTable(title=escape(name) if len(tables) > 1 else None, header_style="bold")
        for column in shown.columns:
            numeric = shown[column].dtype.kind in "fi"
            grid.add_column(
                escape(str(column)), justify="right" if numeric else "left", overflow="fold"
            )
        for row in shown.itertuples(index=False):
            cells = [
                figure(v) if isinstance(v, float | int) and not isinstance(v, bool) else str(v)
                for v in row
            ]
            grid.add_row(*[escape(c) for c in cells])
        console.print(grid)
