"""``corridor links``: every pair measured, matrices, who is nearest, flow estimates, the star of a belt."""

from __future__ import annotations

from enum import StrEnum
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
)
from geo.cli.counting import (
    POINTS_HELP,
    DatumOption,
    ErrOption,
    LatOption,
    LonOption,
    SheetOption,
    WeightOption,
)
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
from geo.errors import CorridorError
from geo.network.travel import DETOUR
from geo.words import Lang, say

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geo.model.layout import Layout
    from geo.network.travel import Travel

__all__ = ["links"]


class Table(StrEnum):
    """The tables of ``corridor links``."""

    links = "links"
    figures = "figures"
    matrix = "matrix"
    nearest = "nearest"
    flows = "flows"
    star = "star"


class Model(StrEnum):
    """Models of flows."""

    gravity = "gravity"
    radiation = "radiation"


_SHOWN = {
    "links": ("name_zh", "name_en", "kind", "since", "km_low", "km", "km_high", "km_network", "minutes", "missing_end_zh", "missing_end_en", "claim"),
    "figures": ("link_zh", "link_en", "label_zh", "label_en", "value", "unit", "qualifier", "joined", "source"),
    "star": ("seat_zh", "seat_en", "role", "km", "km_network", "minutes", "population", "share_population", "nodes", "share_nodes", "points", "share_points"),
    "flows": ("a_zh", "a_en", "b_zh", "b_en", "km", "share_low", "share", "share_high", "share_beta_low", "share_beta_high", "estimate"),
}  # fmt: skip
"""What a console shows; a file has every column."""


@app.command(help=help_of("links"))
def links(
    lang: LangOption,
    points: Annotated[str | None, typer.Argument(help=POINTS_HELP)] = None,
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    table: Annotated[Table, typer.Option("--table", "-t", help="What to give.")] = Table.links,
    between: Annotated[
        str, typer.Option("--between", help="Of a matrix: cities, corridors or nodes:<tier>.")
    ] = "cities",
    model: Annotated[Model, typer.Option("--model", help="Of flows.")] = Model.gravity,
    mass: Annotated[
        str, typer.Option("--mass", help="Of flows: population, nodes, nodes:<tier>, or points.")
    ] = "population",
    beta: Annotated[
        float, typer.Option("--beta", min=0, max=10, help="Of gravity: power of the distance.")
    ] = 2.0,
    belt: Annotated[
        str | None, typer.Option("--belt", help="Of the star: a belt with roles.")
    ] = None,
    straight: Annotated[
        bool,
        typer.Option("--geodesic/--way", help="Matrix and flows by geodesic km, or by the way."),
    ] = True,
    of: OfOption = Per.km,
    network: NetworkOption = None,
    mode: ModeOption = Mode.drive,
    detour: DetourOption = DETOUR,
    speed: SpeedOption = None,
    form: FormatOption = Format.table,
    output: OutOption = None,
    weight: WeightOption = None,
    datum: DatumOption = "auto",
    lon: LonOption = None,
    lat: LatOption = None,
    sheet: SheetOption = None,
    err_m: ErrOption = 0.0,
) -> None:
    """Give links, matrices, flow estimates or the star; what is estimated says so."""
    format_of(form, output)
    own = load(layout, own_units, units_columns)
    way = travel_of(network, mode.value, detour, speed)
    # A network that is named, or a time that is asked for, is meant to be used.
    chosen = None if straight and network is None and of is Per.km else way
    reading = {"weight": weight, "datum": datum, "lon": lon, "lat": lat, "sheet": sheet, "err_m": err_m}  # fmt: skip
    counted: dict[str, Any] = {} if points is None else {"points": points, **reading}
    try:
        found = _made(own, table, reader_of(lang.value), way, chosen, between, of.value, model.value, mass, beta, belt, counted)  # fmt: skip
    except CorridorError as error:
        raise typer.BadParameter(str(error)) from None
    if form is Format.table and output is None and table.value in _SHOWN:
        found = found[[c for c in _SHOWN[table.value] if c in found]]
    shapes = (lambda _, t: _drawn(own, table, t)) if table in (Table.links, Table.star, Table.flows) else None  # fmt: skip
    emit({table.value: found}, form, output, lang.value, shapes)


def _made(
    own: Layout, table: Table, lang: Lang, way: Travel, chosen: Travel | None, between: str, of: Any, model: Any, mass: str,
    beta: float, belt: str | None, counted: dict[str, Any],
) -> pd.DataFrame:  # fmt: skip
    from geo.analysis.flows import flows as flows_of
    from geo.analysis.link_matrices import link_matrix
    from geo.analysis.links import links as links_of
    from geo.analysis.star import star

    if table in (Table.links, Table.figures):
        found = links_of(own, travel=way)
        missing = int((~found.table["located"]).sum())
        typer.echo(say("links.out.links", lang, n=len(found.table), missing=missing, travel=way.says(lang)), err=True)  # fmt: skip
        return found.table if table is Table.links else found.figures
    if table in (Table.matrix, Table.nearest):
        matrix = link_matrix(own, between, of, travel=chosen)
        typer.echo(matrix.provenance.says(lang), err=True)
        if chosen is not None:
            typer.echo(chosen.says(lang), err=True)
        return matrix.table if table is Table.matrix else matrix.nearest
    if table is Table.star:
        spread = star(own, belt, travel=way, **counted)
        typer.echo(f"{spread.provenance.says(lang)}\n{way.says(lang)}", err=True)
        return spread.table
    given = counted if mass == "points" else {}
    estimated = flows_of(own, model=model, mass=mass, beta=beta, travel=chosen, measure=of, **given)
    typer.echo(f"{say('links.out.estimate', lang)}\n{estimated.provenance.says(lang)}", err=True)
    if len(estimated.left_out):
        names = ", ".join(f"{r[f'name_{lang}']} ({r[f'why_{lang}']})" for r in estimated.left_out.to_dict("records"))  # fmt: skip
        typer.echo(say("links.out.left-out", lang, names=names), err=True)
    return estimated.pairs()


def _drawn(own: Layout, table: Table, found: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return a table with its lines; what cannot be drawn has none."""
    import geopandas as gpd
    import shapely

    from geo.measure import geodesic_line
    from geo.model.items import Link

    def line(a: Any, b: Any) -> Any:
        ends = [own[n].geometry if isinstance(n, str) and n in own else None for n in (a, b)]
        if any(e is None for e in ends) or a == b:
            return None
        start, end = (shapely.centroid(e) for e in ends)
        return geodesic_line(start.x, start.y, end.x, end.y)

    if table is Table.links:
        lines = [item.line if isinstance(item := own[n], Link) else None for n in found["id"]]
    else:
        ends = ("hub", "seat") if table is Table.star else ("a", "b")
        lines = [line(a, b) for a, b in zip(found[ends[0]], found[ends[1]], strict=True)]
    return gpd.GeoDataFrame(found, geometry=gpd.GeoSeries(lines, crs=4326, index=found.index))
