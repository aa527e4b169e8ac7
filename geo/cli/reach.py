"""``corridor reach``: who gets to which service at what cost, who does not, and accessibility scores."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
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
from geo.cli.counting import (
    POINTS_HELP,
    ByOption,
    DatumOption,
    ErrOption,
    LatOption,
    LonOption,
    ProgressOption,
    SheetOption,
    WeightOption,
    bar_of,
    brief,
)
from geo.cli.places import demand_of, with_points
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
from geo.words import Lang, name_of, say

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geo.analysis.access import Access
    from geo.analysis.places import Places
    from geo.analysis.reached import Reached
    from geo.model.layout import Layout

__all__ = ["reach"]


class Model(StrEnum):
    """Models of accessibility."""

    two = "2sfca"
    enhanced = "e2sfca"
    gravity = "gravity"


class Falls(StrEnum):
    """How gravity falls with the cost."""

    power = "power"
    exponential = "exponential"


class Table(StrEnum):
    """The tables of ``corridor reach``."""

    totals = "totals"
    groups = "groups"
    demand = "demand"
    facilities = "facilities"
    beyond = "beyond"
    counts = "counts"
    curve = "curve"
    unlocated = "unlocated"
    access = "access"
    access_groups = "access-groups"
    access_facilities = "access-facilities"
    access_totals = "access-totals"
    isochrones = "isochrones"


_CONSOLE = ("totals", "groups", "beyond", "facilities", "access-totals", "access-groups", "access-facilities", "isochrones")  # fmt: skip
_LAYERS = ("demand", "facilities", "beyond", "access", "access-facilities", "groups", "access-groups", "isochrones")  # fmt: skip
_SHOWN = 20
_LONG = (
    "id", "lon", "lat", "group", "facility", "estimate", "total", "located", "listed", "model", "of", "places_low", "places_high",
    "facilities_low", "facilities_high",
)  # fmt: skip
"""Columns that a console has no room for."""
Makers = dict[str, Callable[[], Any]]


@app.command(help=help_of("reach"))
def reach(
    lang: LangOption,
    points: Annotated[
        str | None,
        typer.Argument(help=f"{POINTS_HELP} Without them: the people of the layout's units."),
    ] = None,
    to: Annotated[
        str,
        typer.Option("--to", help="What to reach: tier:lab, kind:university or ids, with commas; or a file of points."),
    ] = "tier:lab",
    cuts: Annotated[
        str, typer.Option("--within", help="Limits in minutes (or km), in growing order, with commas.")
    ] = "15,30,45,60",
    method: Annotated[
        Model | None, typer.Option("--method", help="Accessibility scores as well, by this model.")
    ] = None,
    catchment: Annotated[
        float, typer.Option("--catchment", min=0.01, help="For scores: limit in minutes (or km).")
    ] = 30.0,
    weights: Annotated[
        str, typer.Option("--weights", help="For e2sfca: weights of equal zones of the catchment, with commas.")
    ] = "1,0.68,0.22",
    decay: Annotated[Falls, typer.Option("--decay", help="For gravity: how it falls.")] = Falls.power,
    beta: Annotated[
        float | None, typer.Option("--beta", min=0.0001, help="For gravity: the exponent, or the rate.")
    ] = None,
    per: Annotated[
        float | None,
        typer.Option("--per", min=0.0001, help="Scores for so much demand; by default 1,000,000 people or 1,000 points."),
    ] = None,
    capacity: Annotated[
        str | None, typer.Option("--capacity", help="Column of the supply, of a file given with --to.")
    ] = None,
    to_datum: Annotated[
        str, typer.Option("--to-datum", help="As --datum, of a file given with --to.")
    ] = "auto",
    step_km: Annotated[
        float, typer.Option("--step-km", min=0, help="Squares that units are cut into, km; 0: one place a unit.")
    ] = 5.0,
    network: NetworkOption = None,
    mode: ModeOption = Mode.drive,
    detour: DetourOption = DETOUR,
    speed: SpeedOption = None,
    of: OfOption = Per.minutes,
    isochrones: Annotated[
        bool, typer.Option("--isochrones", help="The ground within each limit as well.")
    ] = False,
    by_facility: Annotated[
        bool, typer.Option("--by-facility", help="Isochrones of each facility apart.")
    ] = False,
    table: Annotated[Table | None, typer.Option("--table", "-t", help="One table only.")] = None,
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    form: FormatOption = Format.table,
    output: OutOption = None,
    by: ByOption = None,
    weight: WeightOption = None,
    datum: DatumOption = "auto",
    lon: LonOption = None,
    lat: LatOption = None,
    sheet: SheetOption = None,
    err_m: ErrOption = 0.0,
    progress: ProgressOption = None,
) -> None:  # fmt: skip
    """Say who reaches the nearest facility within limits, who does not, and who shares what supply."""
    from geo.analysis.access import access
    from geo.analysis.reached import reached

    kind = format_of(form, output)
    limits = _numbers(cuts, "--within")
    model = _model(method, table)
    own = load(layout, own_units, units_columns)
    units = units_of(own, lang.value) if points is None else None
    reading = {"datum": datum, "lon": lon, "lat": lat, "sheet": sheet, "err_m": err_m}
    demand = demand_of(
        own, points, units, step_km, {"weight": weight, "by": by} | reading, lang.value
    )
    facilities = _facilities(own, to, capacity, to_datum)
    travel: Any = travel_of(network, mode.value, detour, speed)
    with bar_of(points or own.id, progress) as tick:
        found = reached(demand, facilities, travel, cuts=limits, of=of.value, progress=tick)
        scores = None
        if model is not None:
            scores = access(
                demand, facilities, travel, method=model.value, catchment=catchment, weights=_numbers(weights, "--weights"),
                decay=decay.value, beta=beta, per=per or (1e6 if points is None else 1e3), of=of.value, progress=tick,
            )  # fmt: skip
    makers = _makers(found, scores)
    if isochrones or table is Table.isochrones:
        from geo.analysis.isochrones import isochrones as ground

        makers["isochrones"] = lambda: ground(travel, facilities, limits, of=of.value, by_facility=by_facility, layout=own).table  # fmt: skip
    typer.echo(travel.says(reader_of(lang.value)), err=True)
    _say_unlocated(found, lang.value)
    grouped = demand.what == "units" or by is not None
    made = {name: makers[name]() for name in _wanted(makers, table, kind, grouped=grouped)}
    if kind is Format.table:
        made = {name: _short(name, t, lang.value) for name, t in made.items()}
    emit(made, form, output, lang.value, lambda name, t: _shaped(makers[name](), units))
    for how in [found.provenance] + ([scores.provenance] if scores is not None else []):
        typer.echo(how.says(reader_of(lang.value)), err=True)


def _model(method: Model | None, table: Table | None) -> Model | None:
    wanted = table is not None and table.value.startswith("access")
    return Model.enhanced if wanted and method is None else method


def _numbers(text: str, option: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise typer.BadParameter(
            f"{option} takes numbers with commas, such as 15,30,45, not {text!r}"
        ) from None


def _facilities(own: Layout, wanted: str, capacity: str | None, datum: str) -> Places:
    """Return nodes of a layout by tier, kind or id, or the points of a file."""
    from geo.analysis.places import nodes_as_places, points_as_places

    if Path(wanted).is_file():
        return points_as_places(wanted, layout=own, weight=capacity, datum=datum)
    if capacity is not None:
        raise typer.BadParameter("--capacity is a column of a file of points: give one with --to")
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    asked: dict[str, list[str]] = {"tier": [], "kind": [], "id": []}
    for name in names:
        what, _, value = name.rpartition(":")
        if what not in ("", "tier", "kind"):
            raise typer.BadParameter(
                f"--to {name!r}: write tier:…, kind:…, ids of nodes, or a file"
            )
        asked[what or "id"].append(value)
    nodes = own.of_layer("node")
    known = {
        "tier": {str(getattr(n, "tier", "")) for n in nodes}, "kind": {n.properties.kind for n in nodes},
        "id": {n.id for n in nodes},
    }  # fmt: skip
    for what, values in asked.items():
        for value in [v for v in values if v not in known[what]]:
            near = sorted(k for k in known[what] if value in k or k in value)[:5] or sorted(known[what])[:12]  # fmt: skip
            raise typer.BadParameter(
                f"no {what} or file {value!r} in layout {own.id!r}: try {', '.join(near)}"
            )
    if not names:
        raise typer.BadParameter("--to is blank: name tiers, kinds or ids of nodes, or a file")
    return nodes_as_places(own, tiers=asked["tier"], kinds=asked["kind"], ids=asked["id"])


def _makers(found: Reached, scores: Access | None) -> Makers:
    makers: Makers = {
        "totals": lambda: found.totals, "groups": lambda: found.groups, "demand": lambda: found.demand,
        "facilities": lambda: found.facilities, "beyond": found.beyond, "counts": lambda: found.counts,
        "curve": lambda: found.curve, "unlocated": lambda: found.unlocated,
    }  # fmt: skip
    if scores is None:
        return makers
    return makers | {
        "access": lambda: scores.table, "access-groups": lambda: scores.groups,
        "access-facilities": lambda: scores.facilities, "access-totals": lambda: scores.totals,
    }  # fmt: skip


def _wanted(makers: Makers, table: Table | None, kind: Format, *, grouped: bool) -> list[str]:
    if table is not None:
        return [table.value]
    if kind is Format.table:
        # Of units the groups say who is beyond; of points the list of them.
        idle = ("beyond",) if grouped else ("groups", "access-groups")
        return [name for name in _CONSOLE if name in makers and name not in idle]
    if kind in (Format.gpkg, Format.geojson):
        return [name for name in _LAYERS if name in makers]
    return list(makers)


def _short(name: str, table: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return what of a table a console has room for: of many rows the first."""
    if name == "groups":
        table = table[table["cut"] == table["cut"].max()]
    if name.endswith("facilities"):
        table = table.sort_values("demand", ascending=False, kind="stable")
    if len(table) > _SHOWN:
        typer.echo(say("access.out.first", lang, table=name, shown=_SHOWN, n=f"{len(table):,}"), err=True)  # fmt: skip
    return brief(table.head(_SHOWN), *_LONG)


def _shaped(table: pd.DataFrame, units: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return a table with its geometry: points of places, outlines of units."""
    import geopandas as gpd

    if isinstance(table, gpd.GeoDataFrame):
        return table
    if "lon" not in table.columns and "group" in table.columns and units is not None:
        shapes = dict(zip(units["adcode"].astype(str), units.geometry, strict=True))
        return gpd.GeoDataFrame(table, geometry=[shapes.get(g) for g in table["group"]], crs=4326)
    return with_points(table)


def _say_unlocated(found: Reached, lang: Lang) -> None:
    located, listed = found.located
    if located == listed:
        return
    names = say("cli.out.between", lang).join(name_of(r, lang) for r in found.unlocated.head(10).to_dict("records"))  # fmt: skip
    more = "…" if len(found.unlocated) > 10 else ""
    typer.echo(say("access.out.located", lang, k=located, n=listed, names=names + more), err=True)
