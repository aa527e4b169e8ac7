"""``corridor match``: needs to laboratories, universities, firms and agencies, with reasons."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo.cli.base import (
    FormatOption,
    LangOption,
    LayoutOption,
    OutOption,
    UnitsColumnsOption,
    UnitsOption,
    app,
    help_of,
    load,
    units_of,
)
from geo.cli.counting import DatumOption, ErrOption, LatOption, LonOption, SheetOption
from geo.cli.travel import (
    DetourOption,
    Mode,
    ModeOption,
    NetworkOption,
    OfOption,
    Per,
    SpeedOption,
    travel_of,
)
from geo.console import Format, emit, format_of, reader_of
from geo.datasets import DEFAULT
from geo.network.travel import DETOUR
from geo.words import Lang, say

if TYPE_CHECKING:
    import pandas as pd

    from geo.analysis.matching import Matches

__all__ = ["match"]

_CONSOLE = {
    "matches": ("need", "supplier", "tier", "kind", "tied", "part_field", "part_distance", "part_capacity", "capacity", "left", "estimate", "source", "assigned"),
    "unassigned": ("code",),
    "needs": ("text_zh", "text_en", "spot", "lon", "lat", "err_m", "amount", "until", "node", "row"),
    "services": ("need", "supplier", "estimate", "source"),
    "problems": ("code",),
    "loads": ("supplier",),
}  # fmt: skip
"""Columns that a console has no room for; the other tables stand in files alone."""


@app.command(help=help_of("match"))
def match(
    lang: LangOption,
    needs: Annotated[
        Path | None,
        typer.Argument(help="Needs: a table with texts or fields, and places or coordinates."),
    ] = None,
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    example: Annotated[
        bool, typer.Option("--example", help="The needs that come with the layout.")
    ] = False,
    supply: Annotated[
        Path | None,
        typer.Option("--supply", help="Table of suppliers of your own, added to the layout's."),
    ] = None,
    only: Annotated[
        bool, typer.Option("--only-supply", help="Only your suppliers, not the layout's.")
    ] = False,
    taxonomy: Annotated[
        Path | None, typer.Option("--taxonomy", help="TOML file of fields of your own.")
    ] = None,
    most: Annotated[
        int, typer.Option("--most", min=1, max=1000, help="Candidates listed for each need.")
    ] = 5,
    assign: Annotated[
        bool, typer.Option("--assign", help="Assign each need, within capacities.")
    ] = False,
    weights: Annotated[
        str, typer.Option("--weights", help="Such as field=0.6,distance=0.3,capacity=0.1.")
    ] = "field=0.6,distance=0.3,capacity=0.1",
    reach: Annotated[
        float | None, typer.Option("--reach", help="No candidate is further, minutes or km.")
    ] = None,
    halving: Annotated[
        float | None,
        typer.Option("--halving", help="Distance counts half after so much: 30 minutes or 20 km."),
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="Column of the text.")] = None,
    field: Annotated[str | None, typer.Option("--field", help="Column of stated fields.")] = None,
    place: Annotated[
        str | None, typer.Option("--place", help="Column of the district or place.")
    ] = None,
    network: NetworkOption = None,
    mode: ModeOption = Mode.drive,
    detour: DetourOption = DETOUR,
    speed: SpeedOption = None,
    of: OfOption = Per.minutes,
    form: FormatOption = Format.table,
    output: OutOption = None,
    datum: DatumOption = "auto",
    lon: LonOption = None,
    lat: LatOption = None,
    sheet: SheetOption = None,
    err_m: ErrOption = 0.0,
) -> None:
    """Match needs to who can help."""
    from geo.analysis.matching import bundled_needs, bundled_taxonomy, needs_of, read_taxonomy
    from geo.analysis.matching import match as matched

    if example and needs is not None:
        raise typer.BadParameter("give a table of needs or --example, not both")
    if only and supply is None:
        raise typer.BadParameter("--only-supply needs --supply")
    shown, asked, own = (
        format_of(form, output),
        _weights(weights),
        load(layout, own_units, units_columns),
    )
    units, fields = units_of(own, lang.value, "needs"), bundled_taxonomy() if taxonomy is None else read_taxonomy(taxonomy)  # fmt: skip
    if needs is None:
        read = bundled_needs(own, taxonomy=fields, units=units)
    else:
        columns = {r: c for r, c in (("text_zh", text), ("field", field), ("place", place)) if c}
        read = needs_of(
            needs, layout=own, taxonomy=fields, units=units, columns=columns, datum=datum, lon=lon, lat=lat,
            sheet=sheet, err_m=err_m,
        )  # fmt: skip
    travel = travel_of(network, mode, detour, speed)
    found = matched(
        read, _supply(own, supply, only, fields, units, datum), layout=own, travel=travel, of=of.value, weights=asked,
        halving=halving, most=most, reach=reach, assign=assign,
    )  # fmt: skip
    _tell(found, fields, lang.value)
    typer.echo(travel.says(reader_of(lang.value)), err=True)
    tables = found.tables
    if shown is Format.table:
        tables = {k: t.drop(columns=list(_CONSOLE[k])) for k, t in tables.items() if k in _CONSOLE and len(t)}  # fmt: skip
    elif shown in (Format.csv, Format.geojson, Format.gpkg):
        tables = {"matches": tables["matches"]}
    emit(tables, form, output, lang.value, lambda _, t: _lines(found, t))


def _weights(text: str) -> dict[str, float]:
    """Return the weights of a call."""
    found: dict[str, float] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            raise typer.BadParameter(
                f"weights are written field=0.6,distance=0.3,capacity=0.1, not {part!r}"
            ) from None
    return found


def _supply(own: Any, file: Path | None, only: bool, fields: Any, units: Any, datum: str) -> Any:
    from geo.analysis.matching import supply_from, supply_of

    if file is None:
        return supply_of(own, taxonomy=fields)
    mine = supply_from(file, layout=own, taxonomy=fields, units=units, datum=datum)
    return mine if only else supply_of(own, taxonomy=fields).joined(mine)


def _tell(found: Matches, fields: Any, lang: Lang) -> None:
    """Say what was matched, what was not, and what the numbers rest on."""
    needs, supply = found.needs, found.supply
    placed = int((needs.frame["placed_by"] != "none").sum())
    typer.echo(say("matching.out.read", lang, needs=len(needs), placed=placed, supply=len(supply), located=int(supply.frame["lon"].notna().sum())), err=True)  # fmt: skip
    if fields.shared:
        terms = say("matching.list.inner", lang).join(fields.shared)
        typer.echo(say("matching.out.shared", lang, terms=terms), err=True)
    problems = len(needs.problems) + len(supply.problems)
    if problems:
        typer.echo(say("matching.out.problems", lang, n=problems), err=True)
    if len(found.unassigned):
        typer.echo(say("matching.out.unassigned", lang, n=len(found.unassigned)), err=True)


def _lines(found: Matches, table: pd.DataFrame) -> Any:
    from geo.analysis.matching.lines import match_lines

    return match_lines(found)
