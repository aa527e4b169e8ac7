"""Commands that place belts: ``corridor fit | frontier``."""

from __future__ import annotations

from collections import Counter
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
)
from geo.cli.counting import (
    POINTS_HELP,
    ByOption,
    DatumOption,
    ErrOption,
    LatOption,
    LonOption,
    SheetOption,
    ThreadsOption,
    WeightOption,
    tell,
)
from geo.console import Format, emit, format_of, reader_of
from geo.datasets import DEFAULT
from geo.words import Lang, name_of, say
from geo.words.figures import figure
from geo.words.imperial import beside

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geo.analysis.cloud import Cloud
    from geo.model.layout import Layout

__all__ = ["fit", "frontier"]

LengthOption = Annotated[float, typer.Option("--length", help="Length of the belt, km.")]
AzimuthOption = Annotated[
    str,
    typer.Option(
        "--azimuths", help="Permitted azimuths: ranges such as 90-140 or 170-10, with commas; or one."
    ),
]  # fmt: skip
StepOption = Annotated[
    float, typer.Option("--step", help="Resolution of azimuths, degrees (0.001 to 90).")
]
ContainOption = Annotated[
    str | None,
    typer.Option("--contain", help="What it must hold: seats, ids with commas, or a file."),
]
TouchOption = Annotated[
    str | None,
    typer.Option("--touch", help="What it must touch: units, codes with commas, or a file of polygons."),
]  # fmt: skip


@app.command(help=help_of("fit"))
def fit(
    lang: LangOption,
    points: Annotated[str, typer.Argument(help=POINTS_HELP)],
    length: LengthOption,
    width: Annotated[float, typer.Option("--width", help="Width of the belt, km.")],
    azimuths: AzimuthOption = "0-180",
    contain: ContainOption = None,
    touch: TouchOption = None,
    best: Annotated[int, typer.Option("--best", min=1, help="So many belts at most.")] = 3,
    apart: Annotated[
        float,
        typer.Option("--apart", help="Share of width and length by which centres differ."),
    ] = 0.5,
    apart_deg: Annotated[
        float, typer.Option("--apart-deg", help="Or degrees by which azimuths differ.")
    ] = 5.0,
    step: StepOption = 0.5,
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
    threads: ThreadsOption = None,
) -> None:
    """Give the best places of a belt of given size, with the published belt among them."""
    from geo.analysis.fit import fit_belt

    known, own = format_of(form, output), load(layout, own_units, units_columns)
    ranges = _ranges(azimuths)
    cloud = _cloud(points, own, by, weight, datum, lon, lat, sheet, err_m)
    _tell(cloud, lang.value)
    result = fit_belt(
        cloud, length_km=length, width_km=width, azimuths=ranges, step_deg=step, contain=_wanted(contain),
        touch=_wanted(touch), best=best, apart=apart, apart_deg=apart_deg, layout=own, by=by, weight=weight,
        threads=threads,
    )  # fmt: skip
    shown = {"value": figure(result.value), "bound": figure(result.upper_bound), "gap": f"{result.gap:.2%}"}  # fmt: skip
    typer.echo(say("fit.out.found", reader_of(lang.value), step=f"{step:g}", **shown), err=True)
    for row in result.table[result.table["published"]].to_dict("records"):
        share = f"{row['share_of_best']:.1%}"
        name = name_of(row, lang.value, "belt")
        typer.echo(say("fit.out.published", reader_of(lang.value), name=name, value=figure(row["planar_value"]), share=share), err=True)  # fmt: skip
    tables = {"belts": result.table}
    if len(result.groups) and known not in (Format.csv, Format.geojson, Format.gpkg):
        tables["groups"] = result.groups
    if known is Format.table:
        tables["belts"] = result.table.drop(columns=["belt", "published", "planar_azimuth_deg", "length_km", "width_km"])  # fmt: skip
    emit(tables, form, output, lang.value, lambda _, table: _shaped(table, result.belts))


@app.command(help=help_of("frontier"))
def frontier(
    lang: LangOption,
    points: Annotated[str, typer.Argument(help=POINTS_HELP)],
    length: Annotated[str, typer.Option("--length", help="Lengths, km, with commas.")] = "150",
    widths: Annotated[
        str, typer.Option("--widths", help="Widths, km, with commas.")
    ] = "5,10,15,20,25,30,40,50",
    published: Annotated[
        str | None, typer.Option("--published", help="Published belt; by default all of the layout.")
    ] = None,
    azimuths: AzimuthOption = "0-180",
    contain: ContainOption = None,
    touch: TouchOption = None,
    step: StepOption = 0.5,
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    form: FormatOption = Format.table,
    output: OutOption = None,
    weight: WeightOption = None,
    datum: DatumOption = "auto",
    lon: LonOption = None,
    lat: LatOption = None,
    sheet: SheetOption = None,
    err_m: ErrOption = 0.0,
    threads: ThreadsOption = None,
) -> None:  # fmt: skip
    """Give the best share for each size, and where the published belt stands."""
    from geo.analysis import frontier as made

    known, own = format_of(form, output), load(layout, own_units, units_columns)
    ranges, lengths, wide = _ranges(azimuths), _numbers(length), _numbers(widths)
    cloud = _cloud(points, own, None, weight, datum, lon, lat, sheet, err_m)
    _tell(cloud, lang.value)
    result = made.frontier(
        cloud, lengths_km=lengths, widths_km=wide, published=published, azimuths=ranges, step_deg=step,
        contain=_wanted(contain), touch=_wanted(touch), layout=own, weight=weight, threads=threads,
    )  # fmt: skip
    why = result.why_zh if lang.value == "zh" else result.why_en
    typer.echo(beside(why, reader_of(lang.value)), err=True)
    tables = {"sizes": result.table}
    if len(result.published) and known not in (Format.csv, Format.geojson, Format.gpkg):
        tables["published"] = result.published
    if known is Format.table:
        tables["sizes"] = result.table.drop(columns=["planar_value", "planar_share", "published"])
    emit(tables, form, output, lang.value, lambda _, table: _shaped(table, result.belts))


def _shaped(table: pd.DataFrame, belts: Any) -> gpd.GeoDataFrame:
    import geopandas as gpd

    return gpd.GeoDataFrame(table.copy(), geometry=[b.footprint for b in belts], crs=4326)


def _cloud(
    points: str, layout: Layout, by: str | None, weight: str | None, datum: str, lon: str | None, lat: str | None,
    sheet: str | None, err_m: float,
) -> Cloud:  # fmt: skip
    from geo.analysis.cloud import cloud_of

    return cloud_of(
        points, by=by, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m, layout=layout
    )  # fmt: skip


def _tell(cloud: Cloud, lang: Lang) -> None:
    """Say on standard error how the points were understood and what was left out."""
    from geo.analysis.points import Counted

    if cloud.reading is None:
        return
    # The first rejected rows alone are listed: their reasons stand for all of them.
    reasons = dict(Counter(cloud.listed.reason))
    tell(
        Counted(
            cloud.name, len(cloud) + cloud.rejected, cloud.rejected, reasons, cloud.listed, cloud.reading,
            cloud.synthetic,
        ),
        lang,
    )  # fmt: skip


def _wanted(text: str | None) -> Any:
    """Return names with commas, or the layer of a file."""
    if text is None:
        return None
    if Path(text).is_file():
        from geo.analysis.targets import read_frame

        return read_frame(Path(text), "places")
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise typer.BadParameter("nothing is named: give names with commas, or leave the option out")  # fmt: skip
    return names


def _ranges(text: str) -> list[tuple[float, float]]:
    try:
        pairs = [[float(v) for v in part.split("-")] for part in text.split(",")]
        if not all(1 <= len(pair) <= 2 for pair in pairs):
            raise ValueError
    except ValueError:
        raise typer.BadParameter(f"azimuths are ranges of degrees such as 90-140, with commas, not {text!r}") from None  # fmt: skip
    return [(pair[0], pair[-1]) for pair in pairs]


def _numbers(text: str) -> list[float]:
    try:
        return [float(v) for v in text.split(",") if v.strip()]
    except ValueError:
        raise typer.BadParameter(f"sizes are numbers with commas, such as 10,20,30, not {text!r}") from None  # fmt: skip
