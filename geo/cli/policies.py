"""``corridor policies``: which policies apply at a place, or at each of many points."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo.cli.base import (
    NEGATIVE,
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
    DatumOption,
    ErrOption,
    LatOption,
    LonOption,
    SheetOption,
    WeightOption,
    brief,
    tell,
)
from geo.console import Format, emit, format_of
from geo.datasets import DEFAULT
from geo.words import Lang, name_of, say

if TYPE_CHECKING:
    import pandas as pd

    from geo.model.layout import Layout

__all__ = ["policies"]


class Part(StrEnum):
    """The tables of ``corridor policies``."""

    policies = "policies"
    ended = "ended"
    unplaced = "unplaced"
    places = "places"
    points = "points"


_AT = (Part.policies, Part.ended, Part.unplaced, Part.places)
_OF = (Part.policies, Part.points, Part.unplaced)
_SHOWN = (
    "level", "title_zh", "title_en", "place_zh", "place_en", "lies", "state", "number", "kinds", "amount_zh", "amount_en",
    "why_zh", "why_en", "count_low", "count", "count_high", "edge_km", "row", "lon", "lat",
)  # fmt: skip


@app.command(help=help_of("policies"), context_settings=NEGATIVE)
def policies(
    lang: LangOption,
    at_lon: Annotated[
        float | None, typer.Argument(metavar="LON", help="Longitude, degrees.")
    ] = None,
    at_lat: Annotated[
        float | None, typer.Argument(metavar="LAT", help="Latitude, degrees.")
    ] = None,
    points: Annotated[str | None, typer.Option("--points", help=POINTS_HELP)] = None,
    place: Annotated[
        str | None, typer.Option("--place", help="A name: 中文, pinyin or English.")
    ] = None,
    on: Annotated[
        str | None,
        typer.Option("--on", help="The day, YYYY-MM-DD; today by default; any for all times."),
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Only this kind, such as loan; repeatable.")
    ] = None,
    field: Annotated[
        list[str] | None, typer.Option("--field", help="Only this field or none in particular.")
    ] = None,
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    table: Annotated[Part | None, typer.Option("--table", "-t", help="One table only.")] = None,
    form: FormatOption = Format.table,
    output: OutOption = None,
    weight: WeightOption = None,
    datum: DatumOption = "auto",
    lon: LonOption = None,
    lat: LatOption = None,
    sheet: SheetOption = None,
    err_m: ErrOption = 0.0,
) -> None:
    """Give the policies that apply."""
    format_of(form, output)
    own = load(layout, own_units, units_columns)
    day = None if on == "any" else on or dt.datetime.now().astimezone().date().isoformat()
    asked: dict[str, Any] = {"on": day, "kinds": tuple(kind or ()), "fields": tuple(field or ())}
    given = [at_lon is not None, points is not None, place is not None]
    if sum(given) != 1 or (at_lon is None) != (at_lat is None):
        raise typer.BadParameter(
            "give a place as LON LAT, --place NAME, or --points FILE: one of them"
        )
    if points is not None:
        reading = {
            "weight": weight,
            "datum": datum,
            "lon": lon,
            "lat": lat,
            "sheet": sheet,
            "err_m": err_m,
        }
        tables = _of_points(own, points, asked, reading, lang.value)
    else:
        # One pair of numbers tells no datum of itself.
        datum = "wgs84" if datum == "auto" else datum
        if place is not None:
            at_lon, at_lat, err_m = _found(own, place, err_m, lang.value)
            datum = "wgs84"
        tables = _at(own, (at_lon, at_lat, datum, err_m), asked, lang.value)
    if table is not None and table not in tables:
        raise typer.BadParameter(
            f"no table {table.value} here: use one of {', '.join(t.value for t in tables)}"
        )
    chosen = {p.value: t for p, t in tables.items() if table in (None, p)}
    if format_of(form, output) in (Format.csv, Format.geojson, Format.gpkg) and table is None:
        chosen = {Part.policies.value: tables[Part.policies]}
    if form is Format.table and output is None:
        chosen = {n: brief(t[[c for c in _SHOWN if c in t.columns]]) for n, t in chosen.items() if len(t) and (table is not None or n != Part.points)}  # fmt: skip
    emit(chosen, form, output, lang.value)


def _at(
    own: Layout, at: tuple[Any, ...], asked: dict[str, Any], lang: Lang
) -> dict[Part, pd.DataFrame]:
    from geo.analysis.policies import policies_at

    lon, lat, datum, err_m = at
    found = policies_at(
        lon,
        lat,
        layout=own,
        units=units_of(own, lang, "policies"),
        datum=datum,
        err_m=err_m,
        **asked,
    )
    _tell(found, found.table["level"].value_counts().to_dict(), asked["on"], lang)
    return {p: found.tables[p.value] for p in _AT}


def _of_points(
    own: Layout, points: str, asked: dict[str, Any], reading: dict[str, Any], lang: Lang
) -> dict[Part, pd.DataFrame]:
    from geo.analysis.cloud import cloud_of
    from geo.analysis.policy_counts import policies_of

    cloud = cloud_of(points, layout=own, **reading)
    tell(cloud, lang)
    found = policies_of(cloud, layout=own, units=units_of(own, lang, "policies"), **asked)
    for line in found.says(lang):
        typer.echo(line, err=True)
    made = {"policies": found.table, "points": found.points, "unplaced": found.unplaced}
    return {p: made[p.value] for p in _OF}


def _tell(found: Any, counts: dict[Any, int], on: str | None, lang: Lang) -> None:
    """Say how many apply at which level, and what else has to be known."""
    from geo.io.policies import LEVELS

    day = on or say("policies.out.any-day", lang)
    if counts:
        levels = [say("policies.out.level-count", lang, level=say(f"policies.level.{k}", lang), n=counts[k]) for k in LEVELS if k in counts]  # fmt: skip
        between = "、" if lang == "zh" else ", "
        text = say(
            "policies.out.count", lang, n=len(found.table), levels=between.join(levels), on=day
        )
    else:
        text = say("policies.out.none", lang)
    typer.echo(text, err=True)
    for line in found.says(lang):
        typer.echo(line, err=True)


def _found(own: Layout, text: str, err_m: float, lang: Lang) -> tuple[float, float, float]:
    """Return the position of what a text names, with its error."""
    from geo.analysis import find as finding

    units = units_of(own, lang, "names")
    places = [finding.layout_places(own)] + ([finding.unit_places(units)] if units is not None else [])  # fmt: skip
    hits = finding.find(text, places)
    if not len(hits):
        raise typer.BadParameter(say("here.out.none", lang, text=text))
    # Of things of one name the first with a position.
    hit = hits.sort_values("located", ascending=False, kind="stable").iloc[0]
    if not hit["located"]:
        raise typer.BadParameter(
            f"{hit['name_zh']} / {hit['name_en']} has no published position: give LON LAT instead"
        )
    if hit["layer"] == "node":
        err_m = max(err_m, float(own[hit["id"]].err_m or 0.0))
    at = {"lon": float(hit["lon"]), "lat": float(hit["lat"])}
    typer.echo(say("policies.out.place", lang, name=name_of(hit.to_dict(), lang), **at), err=True)
    return at["lon"], at["lat"], err_m
