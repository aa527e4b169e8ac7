"""``corridor site``: where the next stations should go, how good that is, and what one more would change."""

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
    units_of,
)
from geo.cli.counting import (
    POINTS_HELP,
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
from geo.model.kinds import COUNTED
from geo.network.travel import DETOUR
from geo.words import Lang, name_of, say
from geo.words.figures import figure

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geo.analysis.places import Places
    from geo.analysis.siting import Sites, Trial
    from geo.model.layout import Layout

__all__ = ["site"]

_SHOWN = 20
_LONG = (
    "id",
    "lon",
    "lat",
    "site",
    "covered_low",
    "covered_high",
    "added",
    "sites",
    "bound",
    "unreached",
)
"""Columns that a console has no room for."""
_PLACES = "tier:university, kind:science-park, grid:5 or grid:5:units (km), or a file of points"


class Model(StrEnum):
    """Siting models."""

    mclp = "mclp"
    lscp = "lscp"
    median = "p-median"
    farthest = "p-center"


class Method(StrEnum):
    """How a model is solved."""

    auto = "auto"
    exact = "exact"
    heuristic = "heuristic"


class Table(StrEnum):
    """The tables of ``corridor site``."""

    sites = "sites"
    totals = "totals"
    groups = "groups"
    beyond = "beyond"
    served = "served"
    curve = "curve"
    unlocated = "unlocated"
    trial = "trial"
    change = "change"
    newly = "newly"
    ranking = "ranking"


@app.command(help=help_of("site"))
def site(
    lang: LangOption,
    points: Annotated[
        str | None,
        typer.Argument(help=f"{POINTS_HELP} Without them: the people of the layout's units."),
    ] = None,
    model: Annotated[
        Model,
        typer.Option("--model", help="mclp: most within the limit; lscp: all within, fewest sites; p-median: least mean; p-center: least farthest."),
    ] = Model.mclp,
    n: Annotated[
        int | None, typer.Option("-n", min=0, help="How many new sites; 3, but not for lscp.")
    ] = None,
    within: Annotated[
        float, typer.Option("--within", min=0, help="Limit in minutes (or km) that covers.")
    ] = 30.0,
    existing: Annotated[
        str | None,
        typer.Option("--existing", help=f"What is open already: {_PLACES}; or none. By default the layout's services that have a position."),
    ] = None,
    candidates: Annotated[
        str | None,
        typer.Option("--candidates", help=f"Where a site could go: {_PLACES}. By default the layout's universities; without any, the tier with most places."),
    ] = None,
    capacity: Annotated[
        float | None, typer.Option("--capacity", min=0, help="Demand that a site serves at most.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", help="Try one place instead: LON,LAT in WGS84; it is ranked among the candidates."),
    ] = None,
    method: Annotated[Method, typer.Option("--method", help="How it is solved.")] = Method.auto,
    seconds: Annotated[
        float, typer.Option("--seconds", min=0.1, help="Time for the search.")
    ] = 60.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of random exchanges.")] = 0,
    most: Annotated[
        int, typer.Option("--most", min=1, max=100, help="Of the table curve: so many new sites at most.")
    ] = 10,
    step_km: Annotated[
        float, typer.Option("--step-km", min=0, help="Squares that units are cut into, km; 0: one place a unit.")
    ] = 5.0,
    network: NetworkOption = None,
    mode: ModeOption = Mode.drive,
    detour: DetourOption = DETOUR,
    speed: SpeedOption = None,
    of: OfOption = Per.minutes,
    table: Annotated[Table | None, typer.Option("--table", "-t", help="One table only.")] = None,
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    form: FormatOption = Format.table,
    output: OutOption = None,
    ring_km: RingOption = None,
    weight: WeightOption = None,
    datum: DatumOption = "auto",
    lon: LonOption = None,
    lat: LatOption = None,
    sheet: SheetOption = None,
    err_m: ErrOption = 0.0,
    progress: ProgressOption = None,
) -> None:  # fmt: skip
    """Choose where new sites go, or try one place."""
    from geo.analysis import siting

    kind = format_of(form, output)
    own = load(layout, own_units, units_columns)
    place = None if at is None else _place(at)
    units = units_of(own, lang.value)
    reading = {"datum": datum, "lon": lon, "lat": lat, "sheet": sheet, "err_m": err_m}
    demand = demand_of(own, points, units, step_km, {"weight": weight} | reading, lang.value)
    existing, candidates = existing or _services(own), candidates or _hosts(own)
    open_now = _places(own, existing, "--existing", units, ring_km)
    free = _places(own, candidates, "--candidates", units, ring_km)
    assert free is not None
    travel = travel_of(network, mode.value, detour, speed)
    for role in (open_now, free):
        _say_unlocated(role, lang.value)
    if candidates.startswith("grid:"):
        typer.echo(say("siting.out.water", reader_of(lang.value)), err=True)
    typer.echo(travel.says(reader_of(lang.value)), err=True)
    asked: dict[str, Any] = {"within": within, "of": of.value, "travel": travel}
    if place is not None:
        tried = siting.site_trial(demand, open_now, place, candidates=free, **asked)
        _say_trial(tried, place, len(free), of.value, lang.value)
        makers = {"trial": tried.totals, "change": tried.change, "newly": tried.newly, "ranking": tried.ranking}  # fmt: skip
        how, first = tried.provenance, ["trial", "ranking"]
    else:
        number = None if model is Model.lscp else 3 if n is None else n
        if model is Model.lscp and n is not None:
            raise typer.BadParameter("lscp asks how many sites are needed: leave -n out")
        with bar_of(points or own.id, progress) as tick:
            found = siting.site(
                demand, free, model=model.value, n=number, existing=open_now, capacity=capacity, method=method.value,
                seconds=seconds, seed=seed, progress=tick, **asked,
            )  # fmt: skip
        _say_sites(found, lang.value)
        makers = found.tables() | {"unlocated": found.unlocated}
        makers["groups"] = makers.pop("by_group", found.beyond.iloc[:0])
        how, first = found.provenance, ["sites", "totals", "groups" if demand.what == "units" else "beyond"]  # fmt: skip
        if table is Table.curve or kind in (Format.xlsx, Format.json):
            curve = siting.site_curve(demand, free, model=model.value, most=most, existing=open_now, seed=seed, seconds=seconds, **asked)  # fmt: skip
            makers["curve"] = curve.table
    made = _wanted(makers, table, kind, first, lang.value)
    emit(made, form, output, lang.value, lambda name, t: with_points(makers[name]))
    typer.echo(how.says(reader_of(lang.value)), err=True)


def _place(text: str) -> tuple[float, float]:
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(
            f"--at takes longitude,latitude in WGS84, such as 114.4,30.5, not {text!r}"
        ) from None
    return lon, lat


def _services(own: Layout) -> str:
    """Return the kinds of the layout's services that have a position, or that there are none."""
    nodes = own.nodes
    kinds = sorted(set(nodes.loc[nodes["tier"] == "service", "kind"]))
    return f"kind:{','.join(kinds)}" if kinds else "none"


def _hosts(own: Layout) -> str:
    """Return where a site could go if nobody says so: universities, else what there is most of."""
    tiers = own.nodes["tier"].value_counts()
    known = [t for t in tiers.index if t in COUNTED]
    first = "university" if "university" in known else known[0] if known else ""
    return f"tier:{first}" if first else "grid:5"


def _places(
    own: Any, wanted: str | None, option: str, units: gpd.GeoDataFrame | None, ring_km: float | None
) -> Places | None:  # fmt: skip
    from geo.analysis.siting import candidates_of
    from geo.errors import PointsError

    if wanted in (None, "none"):
        if option == "--candidates":
            raise typer.BadParameter("--candidates are needed: where could a site go?")
        return None
    if not wanted.startswith(("tier:", "kind:", "grid:")) and not Path(wanted).exists():
        raise typer.BadParameter(f"{option} {wanted!r} is neither a file nor one of {_PLACES}")
    try:
        return candidates_of(own, wanted, units=units, ring_km=ring_km)
    except PointsError as error:
        raise typer.BadParameter(f"{option}: {error}") from None


def _say_unlocated(places: Places | None, lang: Lang) -> None:
    if places is None or not len(places.unlocated):
        return
    lost = places.unlocated.to_dict("records")
    names = say("cli.out.between", lang).join(name_of(r, lang) for r in lost[:10])
    values = {"k": len(places), "n": len(places) + len(lost), "names": names + (" …" if len(lost) > 10 else "")}  # fmt: skip
    typer.echo(say("siting.out.unlocated", lang, **values), err=True)


def _say_sites(found: Sites, lang: Lang) -> None:
    own = found.provenance.parameters
    row = found.totals.iloc[-1]
    model = str(own["model"])
    value = "max_cost" if model == "p-center" else "mean_cost" if model == "p-median" else "covered"
    quality = say("siting.out.best", lang) if found.optimal else say("siting.out.gap", lang, gap=f"{100 * found.gap:.1f}%")  # fmt: skip
    text = say(
        f"siting.out.summary-{model}", lang, n=len(found.chosen), of=say(f"siting.out.{own['of']}", lang), quality=quality,
        within=f"{own['within']:g}", covered=f"{row['covered']:,.0f}", share=f"{100 * row['share_covered']:.1f}%",
        mean=figure(row[value]), low=figure(row[f"{value}_low"]), high=figure(row[f"{value}_high"]),
    )  # fmt: skip
    typer.echo(text, err=True)


def _say_trial(tried: Trial, place: tuple[float, float], m: int, of: str, lang: Lang) -> None:
    row = tried.change.iloc[0]
    text = say(
        "siting.out.trial", lang, lon=f"{place[0]:g}", lat=f"{place[1]:g}", gained=figure(row["gained"]), low=figure(row["gained_low"]),
        high=figure(row["gained_high"]), saved=figure(row["mean_saved"]), of=say(f"siting.out.{of}", lang), rank=tried.rank, m=m,
    )  # fmt: skip
    typer.echo(text, err=True)


def _wanted(
    makers: dict[str, pd.DataFrame],
    table: Table | None,
    kind: Format,
    first: list[str],
    lang: Lang,
) -> dict[str, pd.DataFrame]:
    if table is not None:
        if table.value not in makers:
            raise typer.BadParameter(f"no table {table.value} here: there are {', '.join(makers)}")
        names: list[str] = [table.value]
    elif kind in (Format.csv, Format.geojson):
        names = first[:1]
    elif kind is Format.gpkg:
        names = [n for n, t in makers.items() if "lon" in t.columns]
    else:
        names = first if kind is Format.table else list(makers)
    if kind is not Format.table:
        return {name: makers[name] for name in names}
    for name in names:
        if len(makers[name]) > _SHOWN:
            typer.echo(say("access.out.first", lang, table=name, shown=_SHOWN, n=f"{len(makers[name]):,}"), err=True)  # fmt: skip
    return {name: brief(makers[name].head(_SHOWN), "group", *_LONG) for name in names}
