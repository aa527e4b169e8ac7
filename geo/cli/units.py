"""``corridor units``: the administrative units of a layout, where they come from, how exact they are."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

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
from geo.console import Format, emit
from geo.datasets import DEFAULT

__all__ = ["units"]


class UnitLevel(StrEnum):
    """Levels of units."""

    city = "city"
    county = "county"


@app.command(help=help_of("units"))
def units(
    lang: LangOption,
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    level: Annotated[
        UnitLevel, typer.Option("--level", help="The units, or the upper ones.")
    ] = UnitLevel.county,
    form: FormatOption = Format.table,
    output: OutOption = None,
) -> None:
    """List the administrative units of a layout."""
    import geopandas as gpd
    import pandas as pd

    from geo.analysis.units import UNIT_AREA_COLUMNS, unit_areas
    from geo.io.units import read_units

    own = load(layout, own_units, units_columns)
    if units_of(own, lang.value) is None:
        if output is None and form in (Format.json, Format.csv):
            # Who reads on by a program gets a table without rows.
            emit({"units": pd.DataFrame(columns=list(UNIT_AREA_COLUMNS))}, form, output, lang.value)
        return
    found = unit_areas(own, level.value)
    typer.echo(found.summary(lang.value), err=True)
    for said in found.told:
        typer.echo(said.says(lang.value), err=True)

    def shaped(_: str, table: object) -> gpd.GeoDataFrame:
        frame = read_units(own, level.value)
        return gpd.GeoDataFrame(table, geometry=frame.geometry.to_numpy(), crs=4326)

    emit({"units": found.table}, form, output, lang.value, shaped)
