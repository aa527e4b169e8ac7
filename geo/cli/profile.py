"""Commands along an axis and about footprints together: ``corridor profile | gaps | overlap``."""

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
    ByOption,
    DatumOption,
    ErrOption,
    LatOption,
    LonOption,
    ProgressOption,
    RejectsOption,
    SchedulerOption,
    SheetOption,
    ThreadsOption,
    WeightOption,
    bar_of,
    brief,
    cluster_at,
    rejecting,
    tell,
)
from geo.console import Format, emit, format_of, reader_of
from geo.datasets import DEFAULT
from geo.words import LANGUAGES, Lang, catalogue, say

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geo.analysis.footprints import Footprint
    from geo.model.layout import Layout

__all__ = ["gaps", "overlap", "profile"]


class ProfileTable(StrEnum):
    """The tables of ``corridor profile``."""

    bins = "bins"
    features = "features"
    totals = "totals"
    strip_map = "strip"


class GapTable(StrEnum):
    """The tables of ``corridor gaps``."""

    points = "points"
    units = "units"
    totals = "totals"


class OverlapTable(StrEnum):
    """The tables of ``corridor overlap``."""

    parts = "parts"
    pairs = "pairs"
    totals = "totals"
    units = "units"


class What(StrEnum):
    """The value of a bin."""

    points = "count"
    sum = "sum"
    density = "density"


class Rank(StrEnum):
    """What comes first."""

    weight = "weight"
    distance = "distance"


class Level(StrEnum):
    """What overlaps."""

    layer = "layer"
    footprint = "footprint"


WithoutOption = Annotated[
    str | None,
    typer.Option("--without", help="Footprints to leave out, with commas."),
]
OptionalPoints = Annotated[str | None, typer.Argument(help=POINTS_HELP)]

_CODES = ("side", "where", "feature", "change", "end")
"""Columns of codes; the catalogue has their words under ``profile.<column>``."""


@app.command(help=help_of("profile"))
def profile(
    lang: LangOption,
    points: Annotated[str, typer.Argument(help=POINTS_HELP)],
    about: Annotated[
        str,
        typer.Option("--about", help="A corridor or oriented belt, or a file with one line."),
    ],
    step: Annotated[float, typer.Option("--step", help="Length of a bin, km.")] = 1.0,
    within: Annotated[
        float | None, typer.Option("--within", help="Half width, km; by default the local one.")
    ] = None,
    smooth: Annotated[
        float | None, typer.Option("--smooth", help="Bandwidth of a Gaussian kernel, km.")
    ] = None,
    what: Annotated[What, typer.Option("--what", help="The value of a bin.")] = What.points,
    axis_err_m: Annotated[
        float | None,
        typer.Option("--axis-err-m", min=0, help="Positional error of the axis, metres."),
    ] = None,
    table: Annotated[
        ProfileTable | None, typer.Option("--table", "-t", help="One table only.")
    ] = None,
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
) -> None:
    """Give the profile along an axis."""
    import geo.analysis.profile as along
    from geo.analysis.cloud import cloud_of
    from geo.analysis.strip import strip

    format_of(form, output)
    own = load(layout, own_units, units_columns)
    axis = _axis(own, about)
    cloud = cloud_of(
        points, by=by, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m, layout=own
    )  # fmt: skip
    if table is ProfileTable.strip_map:
        drawn = strip(axis, cloud, within_km=within, axis_err_m=axis_err_m)
        tables, method = {"strip": drawn.table}, drawn.provenance
    else:
        found = along.profile(
            cloud, axis, step_km=step, within_km=within, smooth_km=smooth, what=what.value, axis_err_m=axis_err_m,
        )  # fmt: skip
        tables = {"features": found.features, "totals": found.totals, "bins": found.bins}
        method = found.provenance
        of = found.totals[found.totals["by"] == ""].set_index("where")["count"]
        counts = {str(k): f"{n:,}" for k, n in of.items()}
        typer.echo(say("profile.out.inside", reader_of(lang.value), **counts), err=True)
    tell(cloud, lang.value)
    typer.echo(method.says(reader_of(lang.value)), err=True)
    _emit(tables, table, form, output, lang.value)


@app.command(help=help_of("gaps"))
def gaps(
    lang: LangOption,
    points: OptionalPoints = None,
    rank: Annotated[
        Rank,
        typer.Option("--rank", help="The heaviest first, or the nearest to a footprint first."),
    ] = Rank.weight,
    top: Annotated[int, typer.Option("--top", min=0, help="How many points are listed.")] = 50,
    columns: Annotated[
        str, typer.Option("--columns", help="Columns of the points to list, with commas.")
    ] = "",
    without: WithoutOption = None,
    table: Annotated[GapTable | None, typer.Option("--table", "-t", help="One table only.")] = None,
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
    """Rank what lies in no footprint: of points, or without them of the layout's nodes."""
    import geopandas as gpd

    import geo.analysis.gaps as left
    from geo.analysis.cloud import cloud_of

    format_of(form, output)
    own = load(layout, own_units, units_columns)
    units = units_of(own, lang.value, "units") if table in (None, GapTable.units) else None
    if table is GapTable.units and units is None:
        raise typer.BadParameter("the table units needs administrative units: bring some by --units FILE, or see [units] in layout.toml")  # fmt: skip
    cloud = None
    if points is not None:
        listed = [c.strip() for c in columns.split(",") if c.strip()]
        cloud = cloud_of(
            points, by=by, weight=weight, columns=listed, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m,
            layout=own,
        )  # fmt: skip
        tell(cloud, lang.value)
    found = left.gaps(
        cloud, own, units=units, top=top, rank=rank.value, ring_km=ring_km,
        footprints=_footprints(own, ring_km, without),
    )  # fmt: skip
    of = found.totals[found.totals["by"] == ""].set_index("where").to_dict("index")
    none = of["none"]
    numbers = {"n": none["count"], "low": none["count_low"], "high": none["count_high"], "all": of["all"]["count"]}  # fmt: skip
    told = {k: f"{v:,}" for k, v in numbers.items()}
    typer.echo(say("profile.out.outside", reader_of(lang.value), **told), err=True)
    typer.echo(found.provenance.says(reader_of(lang.value)), err=True)
    tables = {"points": found.by_point, "units": found.by_unit, "totals": found.totals}
    if units is None:
        tables.pop("units")

    def placed(_: str, frame: pd.DataFrame) -> gpd.GeoDataFrame:
        if "lon" not in frame.columns:
            raise typer.BadParameter("totals have no place: use --table points or units")
        at = gpd.points_from_xy(frame["lon"], frame["lat"])
        return gpd.GeoDataFrame(frame, geometry=at, crs=4326)

    _emit(tables, table, form, output, lang.value, placed)


@app.command(help=help_of("overlap"))
def overlap(
    lang: LangOption,
    points: OptionalPoints = None,
    level: Annotated[
        Level, typer.Option("--level", help="城, 廊 and 带 as wholes, or each footprint.")
    ] = Level.layer,
    without: WithoutOption = None,
    table: Annotated[
        OverlapTable | None, typer.Option("--table", "-t", help="One table only.")
    ] = None,
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
    rejects: RejectsOption = None,
    scheduler: SchedulerOption = None,
    threads: ThreadsOption = None,
    progress: ProgressOption = None,
) -> None:
    """Give what is counted more than once, pair by pair and as disjoint parts."""
    import geo.analysis.overlap as double

    format_of(form, output)
    own = load(layout, own_units, units_columns)
    units = None
    if table is OverlapTable.units and (units := units_of(own, lang.value)) is None:
        raise typer.BadParameter("the table units needs administrative units: bring some by --units FILE, or see [units] in layout.toml")  # fmt: skip
    with cluster_at(scheduler) as client, bar_of(points or "", progress) as tick:
        found = rejecting(
            rejects,
            lambda on_rejects: double.overlap(
                own, points, units=units, level=level.value, footprints=_footprints(own, ring_km, without),
                ring_km=ring_km, by=by, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m,
                threads=threads, client=client, progress=tick, on_rejects=on_rejects,
            ),
        )  # fmt: skip
    if found.counted is not None:
        tell(found.counted, lang.value)
    typer.echo(found.provenance.says(reader_of(lang.value)), err=True)
    tables = {"parts": found.parts, "pairs": found.pairs, "totals": found.totals}
    if units is not None:
        tables["units"] = found.by_unit
    _emit(tables, table, form, output, lang.value)


def _axis(own: Layout, wanted: str) -> Any:
    """Return a feature of a layout, or the one line of a file."""
    if Path(wanted).is_file():
        from geo.analysis.targets import read_frame

        frame = read_frame(Path(wanted), "the axis")
        if len(frame) != 1 or frame.crs is None:
            raise typer.BadParameter(f"{wanted} holds {len(frame)} features: give a file with one line")  # fmt: skip
        return frame.to_crs(4326).geometry.iat[0]
    if wanted not in own:
        near = [i.id for i in own if (wanted in i.id or wanted in i.name_zh) and hasattr(i, "axis")][:5]  # fmt: skip
        near = near or [i.id for i in own.of_layer("corridor")]
        raise typer.BadParameter(
            f"no feature or file {wanted!r} in layout {own.id!r}: try {', '.join(near)}"
        )
    return own[wanted]


def _footprints(own: Layout, ring_km: float | None, without: str | None) -> list[Footprint]:
    from geo.analysis.footprints import footprints_of

    found = footprints_of(own, ring_km=ring_km)
    gone = {name.strip() for name in (without or "").split(",") if name.strip()}
    if unknown := gone - {f.id for f in found}:
        raise typer.BadParameter(
            f"no footprint {', '.join(sorted(unknown))}: there are {', '.join(f.id for f in found)}"
        )
    return [f for f in found if f.id not in gone]


def _emit(
    tables: dict[str, pd.DataFrame], only: StrEnum | None, form: Format, output: Path | None, lang: Lang,
    geometry: Any = None,
) -> None:  # fmt: skip
    wanted = {only.value: tables[only.value]} if only is not None else tables
    if (
        format_of(form, output) in (Format.geojson, Format.gpkg)
        and geometry is not None
        and only is None
    ):
        wanted = {name: t for name, t in wanted.items() if name != "totals"}
    worded = {name: _worded(t) for name, t in wanted.items()}
    if form is Format.table and output is None:
        worded = {name: _narrow(t) for name, t in worded.items()}
    emit(worded, form, output, lang, geometry)


_LONG = (
    *_CODES, "corridor", "corridor_zh", "corridor_en", "id", "part", "unit_id", "to_lon", "to_lat", "lon", "lat", "total", "distance_km_low",
    "distance_km_high", "share_in_none_low", "share_in_none", "share_in_none_high", "share_low", "share_high",
    "left_km", "right_km", "half_width_km",
)  # fmt: skip
"""Columns that a console has no room for."""


def _narrow(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table as a console has room for it, without columns that say nothing."""
    gone = [c for c in _LONG if not (c.startswith("share_") and "feature_en" in table.columns)]
    shown = brief(table, *gone)
    return shown[[c for c in shown.columns if not (shown[c].isna() | (shown[c] == "")).all()]]


def _worded(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the words of its codes, in both languages, beside each."""
    words, table = catalogue(), table.copy()
    for code in [c for c in _CODES if c in table.columns]:
        at = int(table.columns.get_loc(code))  # type: ignore[arg-type]
        for k, lang in enumerate(LANGUAGES, 1):
            known = [words.get(f"profile.{code}.{v}", {lang: ""})[lang] for v in table[code]]
            table.insert(at + k, f"{code}_{lang}", known)
    return table
