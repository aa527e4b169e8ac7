"""The command line: ``corridor layers | audit | stats | check | new | export | demo | app``.

Exit codes: 0 done; 1 the data have problems; 2 the call was wrong.
"""

from __future__ import annotations

import locale
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo import __version__
from geo.console import Format, emit, format_of
from geo.errors import CorridorError
from geo.words import Lang, as_lang, say

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geo.model.layout import Layout

__all__ = ["app", "main"]


class Language(StrEnum):
    """Language of words."""

    zh = "zh"
    en = "en"


class Table(StrEnum):
    """The tables of ``corridor stats``."""

    areas = "areas"
    nodes = "nodes"
    seats = "seats"
    overlaps = "overlaps"
    none = "none"


def _default_language() -> Language:
    tag = locale.getlocale()[0] or ""
    return Language.zh if tag.lower().startswith(("zh", "chinese")) else Language.en


def _help(key: str) -> str:
    return f"{say(f'cli.help.{key}', 'en')}  {say(f'cli.help.{key}', 'zh')}"


app = typer.Typer(
    help=_help("app"), no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip

LayoutOption = Annotated[
    str, typer.Option("--layout", "-l", help="A bundled layout (wuhan) or the folder of your own.")
]
FormatOption = Annotated[Format, typer.Option("--format", "-f", help="How the result is written.")]
OutOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="File to write; its ending gives the format.")
]
LangOption = Annotated[
    Language, typer.Option("--lang", help="Language of words.", default_factory=_default_language)
]
RingOption = Annotated[
    float | None,
    typer.Option("--ring-km", min=0.01, max=100, help="Width of the rings around campuses, km."),
]


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        # A console of another code page must not break on a name.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        app()
    except CorridorError as error:
        typer.echo(f"corridor: {error}", err=True)
        raise SystemExit(2) from None
    except BrokenPipeError:
        raise SystemExit(0) from None


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def _load(name: str) -> Layout:
    from geo.datasets import layouts, load_layout
    from geo.io.layouts import read_layout

    return load_layout(name) if name in layouts() or not Path(name).exists() else read_layout(name)


def _units(layout: Layout) -> gpd.GeoDataFrame | None:
    from geo.errors import UnitsError
    from geo.io.units import read_units

    try:
        return read_units(layout)
    except UnitsError as error:
        typer.echo(f"corridor: {error}", err=True)
        return None


_LAYER_COLUMNS = [
    "id", "name_zh", "name_en", "layer", "kind", "status", "err_m", "area_km2_low", "area_km2",
    "area_km2_high", "length_km", "width_km", "elongation", "sinuosity", "azimuth_deg",
    "source", "confidence",
]  # fmt: skip
_SHORT = [
    "id",
    "name_zh",
    "name_en",
    "status",
    "err_m",
    "area_km2_low",
    "area_km2",
    "area_km2_high",
    "length_km",
    "width_km",
]


@app.command(help=_help("layers"))
def layers(
    lang: LangOption,
    layout: LayoutOption = "wuhan",
    form: FormatOption = Format.table,
    output: OutOption = None,
    ring_km: RingOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every layer, with the unlocated.")
    ] = False,
) -> None:
    """List the features of a layout and their measures."""
    import geopandas as gpd

    own = _load(layout)
    if not everything:
        frame = own.footprints
        short = form is Format.table and output is None
        columns = [c for c in (_SHORT if short else _LAYER_COLUMNS) if c in frame.columns]
        emit(
            {"layers": frame[[*columns, "geometry"]]},
            form,
            output,
            lang.value,
            lambda _, t: gpd.GeoDataFrame(t),
        )
        return
    from geo.report.layers import export_layers

    tables: dict[str, Any] = dict(export_layers(own, ring_km=ring_km))
    if format_of(form, output) not in (Format.geojson, Format.gpkg):
        tables["unlocated"] = own.unlocated
    emit(tables, form, output, lang.value, lambda _, t: gpd.GeoDataFrame(t))


@app.command(help=_help("audit"))
def audit(
    lang: LangOption,
    layout: LayoutOption = "wuhan",
    form: FormatOption = Format.table,
    output: OutOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what cannot be measured.")
    ] = False,
) -> None:
    """Audit what is published against the geometry."""
    from geo.analysis.audit import audit as run

    table = run(_load(layout))
    if form is Format.table and output is None:
        if not everything:
            table = table[table["verdict"] != "not-measurable"]
        table = table[
            [
                "verdict",
                "subject_zh",
                "subject_en",
                "label_zh",
                "label_en",
                "stated",
                "measured",
                "unit",
                "why_zh",
                "why_en",
            ]
        ]
    emit({"audit": table}, form, output, lang.value)


@app.command(help=_help("stats"))
def stats(
    lang: LangOption,
    points: Annotated[
        Path | None, typer.Argument(help="A file of points to count by footprint.")
    ] = None,
    layout: LayoutOption = "wuhan",
    table: Annotated[Table | None, typer.Option("--table", "-t", help="One table only.")] = None,
    form: FormatOption = Format.table,
    output: OutOption = None,
    ring_km: RingOption = None,
    by: Annotated[str | None, typer.Option("--by", help="Column of a category.")] = None,
    weight: Annotated[
        str | None, typer.Option("--weight", help="Column of a number to sum.")
    ] = None,
    datum: Annotated[
        str, typer.Option("--datum", help="wgs84, cgcs2000, gcj02 or bd09.")
    ] = "wgs84",
    lon: Annotated[str | None, typer.Option("--lon", help="Column of the longitude.")] = None,
    lat: Annotated[str | None, typer.Option("--lat", help="Column of the latitude.")] = None,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", help="CSV of rows without a position.")
    ] = None,
) -> None:
    """Give the coverage of a layout, or of a file of points by its footprints."""
    own = _load(layout)
    from geo.report.layers import with_geometry

    if points is not None:
        _stats_of_points(
            own, points, lang.value, form, output, ring_km, by, weight, (datum, lon, lat), rejects
        )
        return
    import geo
    from geo.analysis.footprints import footprints_of

    units, found = _units(own), footprints_of(own, ring_km=ring_km)
    makers: dict[str, Callable[[], pd.DataFrame]] = {
        "areas": lambda: geo.footprint_units(own, units, footprints=found),
        "nodes": lambda: geo.node_counts(own, footprints=found),
        "seats": lambda: geo.seats_held(own),
        "overlaps": lambda: geo.overlaps(own, footprints=found),
        "none": lambda: geo.outside(own, units, footprints=found),
    }
    if units is None:
        makers = {k: v for k, v in makers.items() if k not in ("areas", "none")}
    wanted = [table.value] if table else list(makers)
    if table is not None and table.value not in makers:
        raise typer.BadParameter(
            f"the table {table.value} needs administrative units: see [units] in layout.toml"
        )
    tables = {name: makers[name]() for name in wanted}
    if form is Format.table and output is None:
        tables = {name: _brief(t) for name, t in tables.items()}
    emit(tables, form, output, lang.value, lambda _, t: with_geometry(own, t, units))


def _brief(table: pd.DataFrame) -> pd.DataFrame:
    long = (
        "source",
        "unit_source",
        "confidence",
        "layer",
        "kind",
        "a_status",
        "b_status",
        "err_m",
        "a",
        "b",
        "footprint",
        "unit",
    )
    return table.drop(columns=[c for c in long if c in table.columns])


def _stats_of_points(
    own: Layout, file: Path, lang: Lang, form: Format, output: Path | None, ring_km: float | None,
    by: str | None, weight: str | None, reading: tuple[str, str | None, str | None], rejects: Path | None,
) -> None:  # fmt: skip
    import geo
    from geo.report.layers import with_geometry, write_file
    from geo.report.tables import to_csv

    datum, lon, lat = reading
    points = geo.read_points(file, datum=datum, lon=lon, lat=lat)
    result = geo.coverage(points, own, by=by, weight=weight, ring_km=ring_km)
    counts = {
        k: f"{v:,}" for k, v in zip(result.totals["where"], result.totals["count"], strict=True)
    }
    typer.echo(say("cli.out.totals", lang, **counts), err=True)
    if result.rejected:
        reasons = points.rejects["reason"].value_counts()
        text = ", ".join(f"{reason} {n}" for reason, n in reasons.items())
        typer.echo(say("cli.out.rejected", lang, n=result.rejected, reasons=text), err=True)
    if rejects is not None:
        write_file(rejects, to_csv(points.rejects))
    if any("synthetic" in str(v) for column in points.frame for v in points.frame[column].head(1)):
        typer.echo(say("cli.out.synthetic", lang), err=True)
    tables = {"coverage": result.table, "totals": result.totals}
    if format_of(form, output) in (Format.csv, Format.geojson, Format.gpkg):
        tables.pop("totals")
    if form is Format.table and output is None:
        tables["coverage"] = _brief(result.table)
    if form is Format.xlsx or (output and output.suffix == ".xlsx"):
        tables["rejects"] = points.rejects
    emit(tables, form, output, lang, lambda _, t: with_geometry(own, t, None))


@app.command(help=_help("check"))
def check(
    folder: Annotated[Path, typer.Argument(help="The layout's folder.")], lang: LangOption
) -> None:
    """Check a layout folder and list every problem at once; exits 1 if there are any."""
    from geo.io.layouts import check_layout

    problems = check_layout(folder)
    if not problems:
        typer.echo(say("cli.out.valid", lang.value, path=folder))
        return
    typer.echo(say("cli.out.problems", lang.value, path=folder, n=len(problems)))
    for problem in problems:
        typer.echo(f"  {problem}")
    raise typer.Exit(1)


@app.command(help=_help("new"))
def new(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    lang: LangOption,
    name: Annotated[str, typer.Option("--name", help="Name of the layout.")] = "",
    lon: Annotated[float, typer.Option("--lon", help="Longitude of the example.")] = 114.3,
    lat: Annotated[float, typer.Option("--lat", help="Latitude of the example.")] = 30.6,
) -> None:
    """Write a small valid example of a layout, with comments for its author."""
    from geo.io.template import new_layout

    path = new_layout(folder, name=name, lon=lon, lat=lat)
    typer.echo(say("cli.out.made", lang.value, path=path))


@app.command(help=_help("export"))
def export(
    output: Annotated[
        Path,
        typer.Argument(help="FILE.gpkg, .geojson (footprints), .html, .pdf, .png, .svg or .xlsx."),
    ],
    lang: LangOption,
    layout: LayoutOption = "wuhan",
    ring_km: RingOption = None,
    title: Annotated[str, typer.Option("--title", help="Title of a printed map.")] = "",
    office: Annotated[str, typer.Option("--office", help="编制单位 of a printed map.")] = "",
    review: Annotated[str, typer.Option("--review-number", help="审图号 of a printed map.")] = "",
) -> None:
    """Export layers, the map as one offline file, or a print map."""
    from geo.report.layers import export_layers, to_geojson, write_file, write_gpkg
    from geo.report.tables import to_xlsx

    own = _load(layout)
    code: Lang = as_lang(lang.value)
    suffix = output.suffix.lower()

    def write(content: bytes) -> None:
        write_file(output, content)

    if suffix == ".gpkg":
        write_gpkg(export_layers(own, ring_km=ring_km), output)
    elif suffix == ".geojson":
        write(to_geojson(own.footprints, own.id).encode())
    elif suffix == ".xlsx":
        tables: dict[str, Any] = {
            **export_layers(own, ring_km=ring_km),
            "unlocated": own.unlocated,
            "claims": own.claims,
        }
        write(to_xlsx(tables, code))
    elif suffix == ".html":
        from geo.maps.web import one_file_html

        write(one_file_html(own, code, units=_units(own), ring_km=ring_km).encode())
    elif suffix in (".pdf", ".png", ".svg"):
        from geo.maps.static import Imprint, map_file

        imprint = Imprint(title=title, office=office, review_number=review)
        write(
            map_file(
                own, code, units=_units(own), ring_km=ring_km, imprint=imprint, form=suffix[1:]
            )
        )
    else:
        raise typer.BadParameter(
            f"unknown ending {output.suffix!r}: use gpkg, geojson, xlsx, html, pdf, png or svg"
        )
    typer.echo(say("cli.out.written", code, path=output), err=True)


@app.command(help=_help("demo"))
def demo(
    output: Annotated[Path, typer.Argument(help="Workbook to write, such as firms.xlsx.")],
    lang: LangOption,
    layout: LayoutOption = "wuhan",
    n: Annotated[int, typer.Option("--n", min=1, max=1_000_000, help="How many firms.")] = 5000,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the random process.")] = 20260224,
) -> None:
    """Write invented firms as a workbook, and a dirty copy of them as CSV beside it."""
    from geo.datasets.demo import write_demo, write_dirty
    from geo.report.layers import write_atomically

    if output.suffix.lower() != ".xlsx":
        raise typer.BadParameter(f"{output.name} is no workbook: give a name that ends in .xlsx")
    own, dirty = _load(layout), output.with_name(f"{output.stem}_dirty_gcj02_gbk.csv")
    write_atomically(output, lambda target: write_demo(own, target, n, seed))
    typer.echo(say("cli.out.written", lang.value, path=output), err=True)
    if n >= 1000:
        write_atomically(dirty, lambda target: write_dirty(own, target, n, seed))
        typer.echo(say("cli.out.written", lang.value, path=dirty), err=True)
    typer.echo(say("cli.out.synthetic", lang.value), err=True)


@app.command("app", help=_help("app-command"))
def open_app(
    lang: LangOption,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", help="Port; another free one if it is taken.")
    ] = 8501,
    layout: LayoutOption = "wuhan",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
) -> None:
    """Open the map application."""
    from geo.serve import free_port, serve

    _load(layout)
    chosen = free_port(host, port)
    if chosen != port:
        typer.echo(say("cli.out.port", lang.value, asked=port, port=chosen), err=True)
    typer.echo(say("cli.out.opening", lang.value, url=f"http://{host}:{chosen}"), err=True)
    folder = str(Path(layout).resolve()) if Path(layout).exists() else layout
    raise typer.Exit(serve(host, chosen, browser=browser, layout=folder))
