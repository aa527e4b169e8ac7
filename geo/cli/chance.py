"""Commands about chance: ``corridor null | uncertainty``."""

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
)
from geo.cli.counting import (
    POINTS_HELP,
    ByOption,
    DatumOption,
    ErrOption,
    LatOption,
    LonOption,
    SheetOption,
    WeightOption,
    tell,
)
from geo.console import Format, emit, format_of, reader_of
from geo.datasets import DEFAULT
from geo.words import Lang, name_of, say

if TYPE_CHECKING:
    import pandas as pd

    from geo.model.layout import Layout

__all__ = ["null", "uncertainty"]


class Edge(StrEnum):
    """What is done at the edge of the study area."""

    inside = "inside"
    clip = "clip"


PointsArgument = Annotated[str, typer.Argument(help=POINTS_HELP)]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Of the random numbers.")]

_LONG = (
    "footprint", "layer", "kind", "status", "err_m", "source", "confidence", "why_zh", "why_en", "total",
    "share_low", "share", "share_high", "null_sd", "null_p50", "z", "draws", "p_step", "p_low", "p_high",
    "p_mc_low", "p_mc_high", "acceptance", "sd_m", "count_sd", "area_km2_sd", "area_km2_p50",
)  # fmt: skip
"""Columns that a console has no room for."""


@app.command(help=help_of("null"))
def null(
    lang: LangOption,
    points: PointsArgument,
    footprint: Annotated[
        str | None,
        typer.Option(
            "--footprint",
            help="A feature of the layout, or a file with one polygon; by default the first belt, else the first corridor or zone.",
        ),
    ] = None,
    study_area: Annotated[
        Path | None,
        typer.Option(
            "--study-area", help="Layer in which placements may lie; by default the layout's units."
        ),
    ] = None,
    avoid: Annotated[
        Path | None, typer.Option("--avoid", help="Layer that counts as outside, such as lakes.")
    ] = None,
    draws: Annotated[
        int, typer.Option("--draws", min=1, max=99_999, help="Random placements.")
    ] = 999,
    seed: SeedOption = 0,
    rotate: Annotated[
        bool, typer.Option("--rotate/--no-rotate", help="Whether placements are turned as well.")
    ] = True,
    edge: Annotated[
        Edge,
        typer.Option(
            "--edge", help="Placements inside the study area whole (counts), or clipped (per km²)."
        ),
    ] = Edge.inside,
    least_inside: Annotated[
        float,
        typer.Option("--least-inside", help="For clip: share of the area that must lie inside."),
    ] = 0.5,
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    form: FormatOption = Format.table,
    output: OutOption = None,
    ring_km: RingOption = None,
    by: ByOption = None,
    weight: WeightOption = None,
    datum: DatumOption = "auto",
    lon: LonOption = None,
    lat: LatOption = None,
    sheet: SheetOption = None,
    err_m: ErrOption = 0.0,
) -> None:
    """Compare a footprint with random placements of its shape."""
    from geo.analysis.cloud import cloud_of
    from geo.analysis.null_model import null_model

    format_of(form, output)
    own = load(layout, own_units, units_columns)
    cloud = cloud_of(
        points, by=by, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m, layout=own
    )  # fmt: skip
    result = null_model(
        cloud, _footprint(own, footprint or _first(own), ring_km), study_area=own if study_area is None else study_area, avoid=avoid,
        draws=draws, seed=seed, rotate=rotate, edge=edge.value, least_inside=least_inside, by=by, weight=weight,
    )  # fmt: skip
    tell(cloud, lang.value)
    share = f"{result.placements.acceptance:.1%}"
    text = say("chance.out.acceptance", lang.value, draws=f"{draws:,}", seed=seed, acceptance=share)
    typer.echo(text, err=True)
    _emit(result.table, result.draws, "null", form, output, lang.value)
    typer.echo(result.provenance.says(reader_of(lang.value)), err=True)


@app.command(help=help_of("uncertainty"))
def uncertainty(
    lang: LangOption,
    points: PointsArgument,
    footprint: Annotated[
        str | None,
        typer.Option(
            "--footprint", help="Features of the layout, with commas, or a file; by default all."
        ),
    ] = None,
    draws: Annotated[int, typer.Option("--draws", min=2, max=100_000, help="Random draws.")] = 200,
    seed: SeedOption = 0,
    axis_sd_m: Annotated[
        float | None,
        typer.Option(
            "--axis-sd-m", min=0, help="Standard deviation of axes, metres; by default err_m / 2."
        ),
    ] = None,
    boundary_sd_m: Annotated[
        float | None,
        typer.Option("--boundary-sd-m", min=0, help="The same of boundaries and places."),
    ] = None,
    correlation_km: Annotated[
        float, typer.Option("--correlation-km", min=0.01, help="Correlation length along an axis.")
    ] = 10.0,
    truncate: Annotated[
        bool,
        typer.Option("--truncate/--no-truncate", help="Whether no displacement exceeds err_m."),
    ] = True,
    move_points: Annotated[
        bool,
        typer.Option("--move-points/--keep-points", help="Whether points move by their err_m."),
    ] = True,
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    form: FormatOption = Format.table,
    output: OutOption = None,
    ring_km: RingOption = None,
    by: ByOption = None,
    weight: WeightOption = None,
    datum: DatumOption = "auto",
    lon: LonOption = None,
    lat: LatOption = None,
    sheet: SheetOption = None,
    err_m: ErrOption = 0.0,
) -> None:
    """Count in randomly displaced footprints beside the exact bounds."""
    from geo.analysis.cloud import cloud_of
    from geo.analysis.jitter import uncertainty as uncertainty_of

    format_of(form, output)
    own = load(layout, own_units, units_columns)
    cloud = cloud_of(
        points, by=by, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m, layout=own
    )  # fmt: skip
    result = uncertainty_of(
        cloud, own if footprint is None else _footprint(own, footprint, ring_km), draws=draws, seed=seed,
        axis_sd_m=axis_sd_m, boundary_sd_m=boundary_sd_m, correlation_km=correlation_km, truncate=truncate,
        move_points=move_points, ring_km=ring_km, by=by, weight=weight,
    )  # fmt: skip
    tell(cloud, lang.value)
    _emit(result.table, result.draws, "uncertainty", form, output, lang.value)
    typer.echo(result.provenance.says(reader_of(lang.value)), err=True)


def _first(own: Layout) -> str:
    """Return the footprint that is meant where none is named: a belt, else a corridor, else a zone."""
    frames = (own.belts, own.corridors, own.zones)
    found = [str(i) for frame in frames for i in frame["id"]]
    if not found:
        raise typer.BadParameter(f"layout {own.id!r} has no footprint: give --footprint FILE")
    return found[0]


def _footprint(own: Layout, wanted: str, ring_km: float | None) -> Any:
    """Return footprints of a layout, or the path of a file."""
    from geo.analysis.subjects import subjects_of

    if Path(wanted).is_file():
        return Path(wanted)
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    known = {subject.id: subject for subject in subjects_of(own, ring_km=ring_km)}
    for name in names:
        if name not in known:
            near = [k for k in known if name in k][:5] or list(known)
            raise typer.BadParameter(
                f"no footprint or file {name!r} in layout {own.id!r}: try {', '.join(near)}"
            )
    if not names:
        raise typer.BadParameter(f"name a footprint: {', '.join(known)}")
    return [known[name] for name in names]


def _emit(
    table: pd.DataFrame, draws: pd.DataFrame, name: str, form: Format, output: Path | None, lang: Lang
) -> None:  # fmt: skip
    """Write the table: a workbook holds the draws as well, a console has the reasons below it."""
    if form is not Format.table or output is not None:
        further = {"draws": draws} if format_of(form, output) is Format.xlsx else {}
        emit({name: table} | further, form, output, lang)
        return
    emit({name: table.drop(columns=[c for c in _LONG if c in table.columns])}, form, output, lang)
    for row in table.to_dict("records"):
        if row["by"] == "" or name == "null":
            who = " · ".join(filter(None, (name_of(row, lang, "footprint"), row["by"])))
            typer.echo(say("chance.out.why", lang, who=who, why=row[f"why_{lang}"]), err=True)
