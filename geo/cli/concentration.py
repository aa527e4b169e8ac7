"""``corridor concentration``: where points gather, how unequally, in which direction, since when."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
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
    SheetOption,
    WeightOption,
    brief,
    tell,
)
from geo.console import Format, emit, format_of, reader_of
from geo.datasets import DEFAULT
from geo.words import LANGUAGES, Lang, say

if TYPE_CHECKING:
    import pandas as pd

    from geo.analysis.concentration import Layered, Result
    from geo.model.layout import Layout

__all__ = ["concentration"]


class Lattice(StrEnum):
    """Shape of the cells."""

    square = "square"
    hexagon = "hexagon"


class Variant(StrEnum):
    """How long the axes of an ellipse are."""

    crimestat = "crimestat"
    yuill = "yuill"


@dataclass
class Found:
    """What an analysis gives: the result that has the method, its tables, the layer if any."""

    result: Result
    tables: dict[str, pd.DataFrame]
    layer: Callable[[], Any] | None = None


_ALL = ("lq", "inequality", "centre", "neighbour", "density", "local", "clusters", "growth")
_SHOWN, _CELLS_SHOWN = 200, 20
_FAINT = 1e-7
"""Share of all weight below which a cell of the density counts as empty."""
_LONG = ("status", "variant", "few", "parent", "lon", "lat", "layer", "kind", "cell", "in_category", "area_km2", "g_type", "moran_type", "type", "where")  # fmt: skip


@app.command(help=help_of("concentration"))
def concentration(
    lang: LangOption,
    points: Annotated[str, typer.Argument(help=POINTS_HELP)],
    by: ByOption = None,
    weight: WeightOption = None,
    year: Annotated[
        str | None, typer.Option("--year", help="Column of the year, for growth and centres.")
    ] = None,
    what: Annotated[
        str | None,
        typer.Option("--what", help=f"Some of {', '.join(_ALL)}, with commas; by default all that apply."),
    ] = None,
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    footprints: Annotated[
        Path | None,
        typer.Option("--footprints", help="By the polygons of this file, not the layout's."),
    ] = None,
    units: Annotated[
        bool, typer.Option("--by-units/--cells", help="Administrative units instead of cells and, for lq, footprints.")
    ] = False,
    study_area: Annotated[
        Path | None,
        typer.Option("--study-area", help="Layer in which points could lie; by default the layout's units."),
    ] = None,
    cell_km: Annotated[float, typer.Option("--cell-km", min=0.05, help="Side of the cells, km.")] = 1.0,
    lattice: Annotated[Lattice, typer.Option("--lattice", help="Shape of the cells.")] = Lattice.square,
    category: Annotated[
        str | None,
        typer.Option("--category", help="For density and hot spots: only this one of --by."),
    ] = None,
    bandwidth_m: Annotated[
        float | None,
        typer.Option("--bandwidth-m", min=1, help="Of the density; by default Scott's rule."),
    ] = None,
    eps_m: Annotated[float, typer.Option("--eps-m", min=1, help="Neighbours of clusters, metres.")] = 500.0,
    least: Annotated[
        float | None,
        typer.Option("--least", min=0.001, help="Count about a core of a cluster, or weight; by default that of ten points."),
    ] = None,
    first: Annotated[float | None, typer.Option("--first", help="First year of growth.")] = None,
    last: Annotated[float | None, typer.Option("--last", help="Last year of growth.")] = None,
    founded: Annotated[
        bool, typer.Option("--founded/--panel", help="Years of founding, or of observation.")
    ] = False,
    occupied: Annotated[
        float, typer.Option("--occupied", min=0.001, help="Weight or count of an occupied cell, for growth.")
    ] = 5.0,
    rate: Annotated[
        float, typer.Option("--rate", min=0, max=0.99, help="Relative change of growth and decline.")
    ] = 0.1,
    variant: Annotated[Variant, typer.Option("--variant", help="Length of the ellipse's axes.")] = Variant.crimestat,
    level: Annotated[
        float, typer.Option("--level", min=0.5, max=0.999, help="Of intervals.")
    ] = 0.95,
    fdr: Annotated[
        float, typer.Option("--fdr", min=0.001, max=0.5, help="False discovery rate of hot spots.")
    ] = 0.05,
    permutations: Annotated[
        int, typer.Option("--permutations", min=99, max=999_999, help="For hot spots.")
    ] = 99_999,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the random numbers.")] = 20260224,
    all_cells: Annotated[
        bool, typer.Option("--all-cells", help="Empty cells of density and hot spots as well.")
    ] = False,
    form: FormatOption = Format.table,
    output: OutOption = None,
    ring_km: RingOption = None,
    datum: DatumOption = "auto",
    lon: LonOption = None,
    lat: LatOption = None,
    sheet: SheetOption = None,
    err_m: ErrOption = 0.0,
) -> None:  # fmt: skip
    """Give location quotients, inequality, ellipses, neighbours, density, hot spots, clusters, growth."""
    from geo.analysis import concentration as c
    from geo.analysis.cloud import cloud_of
    from geo.analysis.targets import read_frame

    wanted = _wanted(what, by, year)
    if category is not None and by is None:
        raise typer.BadParameter("--category needs the column that it is of: add --by COLUMN")
    kind = format_of(form, output)
    if kind in (Format.csv, Format.geojson) and len(wanted) > 1:
        raise typer.BadParameter(f"{kind.value} holds one table: choose one with --what, such as --what lq")  # fmt: skip
    own = load(layout, own_units, units_columns)
    cloud = cloud_of(
        points, by=by, weight=weight, columns=[year] if year else [], datum=datum, lon=lon, lat=lat,
        sheet=sheet, err_m=err_m, layout=own,
    )  # fmt: skip
    tell(cloud, lang.value)
    around: Any = footprints if footprints is not None else own
    districts = (
        units_of(own, lang.value, *([] if units else ["study"]))
        if units or study_area is None
        else None
    )
    if units and districts is None:
        raise typer.BadParameter(
            "--by-units needs administrative units: bring some by --units FILE, or see [units] in layout.toml"
        )
    study: Any = districts if study_area is None else read_frame(study_area, "the study area")
    names: dict[str, Any] = {"by": by, "weight": weight}
    over: dict[str, Any] = {
        "units": districts if units else None, "cell_km": cell_km, "lattice": lattice.value, "study": study,
    }  # fmt: skip

    def quotients() -> Found:
        r = c.location_quotients(
            cloud, districts if units else around, level=level, ring_km=ring_km, **names
        )
        return Found(r, {"lq": r.table})

    def inequality() -> Found:
        r = c.inequality(cloud, around, ring_km=ring_km, **names, **over)
        return Found(r, {"inequality": r.table})

    def centre() -> Found:
        r = c.mean_centres(cloud, own, year=year, variant=variant.value, level=level, **names)
        return Found(r, {"centre": r.table, "axes": r.axes}, lambda: r.layer)

    def neighbour() -> Found:
        r = c.nearest_neighbours(cloud, own, study=study, by=by)
        return Found(r, {"neighbour": r.table})

    def density() -> Found:
        r = c.kernel_density(
            cloud,
            own,
            bandwidth_m=bandwidth_m or "scott",
            cell_km=cell_km,
            study=study,
            category=category,
            **names,
        )
        return _busy("density", r, r.table["share"] > _FAINT, lang.value, whole=all_cells)

    def local() -> Found:
        r = c.local_statistics(
            cloud,
            own,
            category=category,
            **names,
            permutations=permutations,
            seed=seed,
            level=fdr,
            **over,
        )
        busy = (r.table["cell_value"] > 0) | (r.table["g_type"] != "none")
        return _busy("local", r, busy, lang.value, whole=all_cells)

    def clusters() -> Found:
        r = c.dbscan_clusters(cloud, own, eps_m=eps_m, least=least, **names)
        mix = {"mix": r.mix} if by else {}
        return Found(r, {"clusters": r.table} | mix | {"clustered": r.totals}, lambda: r.layer)

    def growth() -> Found:
        r = c.growth_types(
            cloud,
            around,
            year=str(year),
            first=first,
            last=last,
            founded=founded,
            weight=weight,
            least=occupied,
            rate=rate,
            ring_km=ring_km,
            **over,
        )
        return Found(r, {"growth": r.table, "growth_counts": r.counts}, lambda: r.layer)

    makers: dict[str, Callable[[], Found]] = dict(
        zip(
            _ALL,
            (quotients, inequality, centre, neighbour, density, local, clusters, growth),
            strict=True,
        )
    )
    found = {name: makers[name]() for name in wanted}
    if wanted[0] == "lq" and footprints is None and not units:
        found["lq"].layer = lambda: _of_footprints(own, found["lq"].tables["lq"])
    _write(found, kind, form, output, lang.value)


def _wanted(what: str | None, by: str | None, year: str | None) -> list[str]:
    """Return which analyses are asked for, or all for which there are columns."""
    needs = {"lq": (by, "--by"), "growth": (year, "--year")}
    if what is None:
        return [name for name in _ALL if name not in needs or needs[name][0]]
    wanted = list(dict.fromkeys(name.strip() for name in what.split(",") if name.strip()))
    for name in wanted:
        if name not in _ALL:
            raise typer.BadParameter(f"unknown {name!r}: --what takes some of {', '.join(_ALL)}")
        if name in needs and not needs[name][0]:
            raise typer.BadParameter(f"{name} needs a column: add {needs[name][1]} COLUMN")
    if not wanted:
        raise typer.BadParameter(f"nothing asked for: --what takes some of {', '.join(_ALL)}")
    return wanted


def _busy(name: str, result: Layered, busy: pd.Series[bool], lang: Lang, *, whole: bool) -> Found:
    """Return what cells have, without the empty ones unless the whole is wanted."""
    if whole or busy.all():
        return Found(result, {name: result.table}, lambda: result.layer)
    typer.echo(say("concentration.out.empty", lang, table=name, n=f"{(~busy).sum():,}"), err=True)
    table = result.table[busy].reset_index(drop=True)
    return Found(result, {name: table}, lambda: result.layer[busy].reset_index(drop=True))


def _of_footprints(layout: Layout, table: pd.DataFrame) -> Any:
    from geo.report.layers import with_geometry

    return with_geometry(layout, table, None)


def _write(
    found: dict[str, Found], kind: Format, form: Format, output: Path | None, lang: Lang
) -> None:
    """Write the tables; a file of layers holds the main table of each analysis that has shapes."""
    if kind in (Format.geojson, Format.gpkg):
        drawn = {name: f.layer for name, f in found.items() if f.layer is not None}
        if not drawn or (kind is Format.geojson and len(drawn) < len(found)):
            raise typer.BadParameter(f"{', '.join(found)} has no geometry: use table, json, csv or xlsx, not {kind.value}")  # fmt: skip
        tables = {name: found[name].tables[name] for name in drawn}
        emit(tables, form, output, lang, lambda name, _: drawn[name]())
        return
    if kind is Format.csv:
        emit({name: f.tables[name] for name, f in found.items()}, form, output, lang)
        return
    tables = {name: t for f in found.values() for name, t in f.tables.items()}
    if kind is Format.table:
        for f in found.values():
            typer.echo(f.result.provenance.says(reader_of(lang)), err=True)
        emit({name: _short(name, t, lang) for name, t in tables.items()}, form, output, lang)
        return
    emit(tables | {"methods": _methods(found)}, form, output, lang)


def _short(name: str, table: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return what of a table a console has room for: of cells the first by what counts."""
    order = {"density": "density_km2", "local": "g_z", "growth": "net_change"}.get(name)
    if order is not None:
        table = table.sort_values(order, ascending=False, key=abs if name == "growth" else None)
    most = _SHOWN if order is None else _CELLS_SHOWN
    if len(table) > most:
        told = say("concentration.out.first", lang, table=name, shown=most, n=f"{len(table):,}")
        typer.echo(told, err=True)
    keep = ["cell"] if order is not None and "cell" in table.columns else []
    return brief(table.head(most), *(column for column in _LONG if column not in keep))


def _methods(found: dict[str, Found]) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for name, f in found.items():
        own = f.result.provenance
        text = {f"method_{lang}": own.says(lang) for lang in LANGUAGES}
        facts = json.dumps({**own.parameters, **own.points}, ensure_ascii=False, default=str)
        rows.append({"what": name} | text | {"crs": own.crs, "parameters": facts})
    return pd.DataFrame(rows)
