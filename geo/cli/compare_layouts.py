"""``corridor compare-layouts``: the corridors of several layouts beside one another."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo.cli.base import FormatOption, LangOption, OutOption, RingOption, app, help_of, load
from geo.console import Format, emit, format_of, reader_of
from geo.words import Lang, say

if TYPE_CHECKING:
    import pandas as pd

    from geo.analysis.layouts_compare import LayoutComparison

__all__ = ["compare_layouts"]


class Table(StrEnum):
    """The tables of ``corridor compare-layouts``."""

    corridors = "corridors"
    layouts = "layouts"
    published = "published"


class Arrange(StrEnum):
    """How the axes stand to one another in the figure."""

    north_up = "north-up"
    turned = "turned"
    side_by_side = "side-by-side"


_MEASURES = (
    "length_km", "width_km", "elongation", "sinuosity", "azimuth_deg", "area_km2", "cores_per_100km",
    "nodes_per_100km", "gap_km", "cores", "nodes", "nodes_located", "share_nodes_located", "claims",
    "claims_agrees", "claims_within_band", "claims_differs", "claims_not_measured",
    "checks", "checks_agrees", "checks_differs",
)  # fmt: skip
_PUBLISHED = ("name_zh", "name_en", "length_km", "width_km", "area_km2", "stated", "unit", "qualifier", "as_of", "source")  # fmt: skip
"""What a console shows; a file has every column."""
_FIGURES = (".svg", ".png", ".pdf")


@app.command("compare-layouts", help=help_of("compare-layouts"))
def compare_layouts(
    lang: LangOption,
    layouts: Annotated[
        list[str] | None,
        typer.Argument(help="Bundled layouts or folders; by default all that are bundled."),
    ] = None,
    table: Annotated[
        Table | None, typer.Option("--table", "-t", help="Which table; by default all that fit the format.")
    ] = None,
    form: FormatOption = Format.table,
    output: OutOption = None,
    ring_km: RingOption = None,
    figure: Annotated[
        Path | None, typer.Option("--figure", help="FILE.svg, .png or .pdf: the axes at one scale.")
    ] = None,
    arrange: Annotated[
        Arrange, typer.Option("--arrange", help="How the axes stand in the figure.")
    ] = Arrange.north_up,
) -> None:  # fmt: skip
    """Compare layouts."""
    from geo.analysis.layouts_compare import compare_layouts as compared
    from geo.datasets import layouts as bundled
    from geo.datasets.published import published_corridors

    code: Lang = lang.value
    wanted = format_of(form, output)
    if figure is not None and figure.suffix.lower() not in _FIGURES:
        raise typer.BadParameter(
            f"unknown ending {figure.suffix!r} of --figure: use svg, png or pdf"
        )
    found = compared([load(name) for name in layouts or bundled()], ring_km=ring_km)
    tables = {"corridors": found.corridors, "layouts": found.layouts, "published": published_corridors()}  # fmt: skip
    if table is not None:
        tables = {table.value: tables[table.value]}
    elif wanted is Format.csv:
        tables = {"corridors": found.corridors}
    elif wanted is Format.table:
        tables = {name: tables[name] for name in ("corridors", "layouts")}
    if figure is not None:
        _draw(found, figure, code, arrange.value)
    typer.echo(found.provenance.says(code), err=True)
    if "published" in tables:
        typer.echo(say("layouts.method.published", code), err=True)
    if wanted is Format.table:
        shown = {
            name: own[[c for c in _PUBLISHED if c in own]] if name == "published" else _turned(own, name.removesuffix("s"), reader_of(code))
            for name, own in tables.items()
        }  # fmt: skip
        emit(shown, form, output, code)
        if "corridors" in tables:
            _say_why(found.corridors, code)
        return
    emit(tables, form, output, code)


def _turned(table: pd.DataFrame, kind: str, lang: Lang) -> pd.DataFrame:
    """Return a table as a console has room for it: a row a measure with its band, a column a corridor."""
    import pandas as pd

    from geo.report.tables import heading
    from geo.words import name_of
    from geo.words.figures import figure
    from geo.words.imperial import in_other_units

    def cell(row: dict[str, Any], measure: str) -> str:
        value, low, high = (row.get(f"{measure}{end}") for end in ("", "_low", "_high"))
        if value is None or pd.isna(value):
            return "–"
        band = f" ({figure(low)}–{figure(high)})" if low is not None and high is not None else ""
        other = in_other_units(heading(measure, lang), f"{figure(value)}{band}", lang)
        return f"{figure(value)}{band}" + (f"; {other}" if other else "")

    rows = [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
    measures = [m for m in _MEASURES if m in table.columns]
    columns = {" ": [heading(m, lang) for m in measures]}
    for row in rows:
        name = name_of(row, lang, kind)
        # Two may have one name.
        name = name if name not in columns else f"{name} ({row[kind]})"
        columns[name] = [cell(row, m) for m in measures]
    return pd.DataFrame(columns)


def _say_why(corridors: pd.DataFrame, lang: Lang) -> None:
    from geo.words import name_of

    for row in corridors.to_dict("records"):
        if row[f"why_{lang}"]:
            typer.echo(say("layouts.out.why", lang, name=name_of(row, lang, "corridor"), why=row[f"why_{lang}"]), err=True)  # fmt: skip


def _draw(found: LayoutComparison, path: Path, lang: Lang, arrange: str) -> None:
    from geo.analysis.axis_shapes import axis_shapes
    from geo.maps.axis_drawing import ARRANGEMENTS
    from geo.maps.figures import figure_file
    from geo.maps.layout_figure import layout_figure
    from geo.report.layers import write_file

    shapes = axis_shapes(found.compared)
    if not shapes:
        raise typer.BadParameter("none of these layouts has a corridor with an axis: no figure")
    drawn = layout_figure(shapes, lang, next(a for a in ARRANGEMENTS if a == arrange))
    write_file(path, figure_file(drawn, path.suffix.lower().removeprefix(".")))
    typer.echo(say("cli.out.written", lang, path=path), err=True)
