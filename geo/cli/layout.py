"""Commands about a layout: ``corridor layers | export | demo | app``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

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
from geo.console import Format, emit, format_of, reader_of
from geo.datasets import DEFAULT
from geo.words import Lang, as_lang, say

__all__ = ["layers"]


class TextEncoding(StrEnum):
    """Encoding of the texts of a Shapefile."""

    utf8 = "UTF-8"
    gbk = "GBK"


_MOST_TOLD = 10
"""So many losses are told; all are in the archive."""

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


@app.command(help=help_of("layers"))
def layers(
    lang: LangOption,
    layout: LayoutOption = DEFAULT,
    form: FormatOption = Format.table,
    output: OutOption = None,
    ring_km: RingOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every layer, with the unlocated.")
    ] = False,
) -> None:
    """List the features of a layout and their measures."""
    import geopandas as gpd

    own = load(layout)
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


@app.command(help=help_of("export"))
def export(
    output: Annotated[
        Path,
        typer.Argument(
            help="FILE.gpkg, .zip (Shapefiles), .kml, .geojson (footprints), .html, .pdf, .png, .svg or .xlsx."
        ),
    ],
    lang: LangOption,
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    ring_km: RingOption = None,
    title: Annotated[str, typer.Option("--title", help="Title of a printed map.")] = "",
    office: Annotated[str, typer.Option("--office", help="编制单位 of a printed map.")] = "",
    review: Annotated[str, typer.Option("--review-number", help="审图号 of a printed map.")] = "",
    encoding: Annotated[
        TextEncoding,
        typer.Option("--encoding", case_sensitive=False, help="Of the texts of Shapefiles."),
    ] = TextEncoding.utf8,
) -> None:
    """Export layers, the map as one offline file, or a print map."""
    from geo.report.layers import export_layers, to_geojson, write_file, write_gpkg
    from geo.report.tables import to_xlsx

    own = load(layout, own_units, units_columns)
    code: Lang = reader_of(as_lang(lang.value))
    suffix = output.suffix.lower()

    def write(content: bytes) -> None:
        write_file(output, content)

    if suffix == ".gpkg":
        write_gpkg(export_layers(own, ring_km=ring_km), output)
    elif suffix == ".zip":
        write(_shapefile(export_layers(own, ring_km=ring_km), encoding, code))
    elif suffix == ".kml":
        from geo.report.kml import kml_of
        from geo.report.notes import short_notes

        write(kml_of(export_layers(own, ring_km=ring_km), code, title=own.id, notes=short_notes(own, code)))  # fmt: skip
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

        write(one_file_html(own, code, units=units_of(own, code, "map"), ring_km=ring_km).encode())
    elif suffix in (".pdf", ".png", ".svg"):
        from geo.maps.static import Imprint, map_file

        imprint = Imprint(title=title, office=office, review_number=review)
        write(
            map_file(
                own,
                code,
                units=units_of(own, code, "map"),
                ring_km=ring_km,
                imprint=imprint,
                form=suffix[1:],
            )
        )
    else:
        raise typer.BadParameter(
            f"unknown ending {output.suffix!r}: use gpkg, zip (Shapefiles), kml, geojson, xlsx, html, pdf, png or svg"
        )
    typer.echo(say("cli.out.written", code, path=output), err=True)


def _shapefile(layers: dict[str, Any], encoding: TextEncoding, lang: Lang) -> bytes:
    """Return layers as a zip of Shapefiles, and tell what they could not hold."""
    from geo.report.shapefile import shapefile_of

    made = shapefile_of(layers, encoding.value)
    cut = made.fields[made.fields["cut"]].drop_duplicates("column")
    if len(cut):
        typer.echo(say("take.cut", lang, n=len(cut)), err=True)
        for row in cut.to_dict("records"):
            typer.echo(f"  {row['column']} -> {row['field']}", err=True)
    if len(made.losses):
        typer.echo(say("take.lost", lang, n=len(made.losses), encoding=encoding.value), err=True)
        for row in made.losses.head(_MOST_TOLD).to_dict("records"):
            typer.echo(f"  {row['layer']} {row['feature']} {row['column']}: {row['text'][:60]!r}", err=True)  # fmt: skip
    return made.content


@app.command(help=help_of("demo"))
def demo(
    output: Annotated[Path, typer.Argument(help="Workbook to write, such as firms.xlsx.")],
    lang: LangOption,
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    n: Annotated[int, typer.Option("--n", min=1, max=1_000_000, help="How many firms.")] = 5000,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the random process.")] = 20260224,
) -> None:
    """Write invented firms as a workbook, and a dirty copy of them as CSV beside it."""
    from geo.datasets.demo import write_demo, write_dirty
    from geo.report.layers import write_atomically

    if output.suffix.lower() != ".xlsx":
        raise typer.BadParameter(f"{output.name} is no workbook: give a name that ends in .xlsx")
    own, dirty = (
        load(layout, own_units, units_columns),
        output.with_name(f"{output.stem}_dirty_gcj02_gbk.csv"),
    )
    write_atomically(output, lambda target: write_demo(own, target, n, seed))
    typer.echo(say("cli.out.written", lang.value, path=output), err=True)
    if n >= 1000:
        write_atomically(dirty, lambda target: write_dirty(own, target, n, seed))
        typer.echo(say("cli.out.written", lang.value, path=dirty), err=True)
    typer.echo(say("cli.out.synthetic", lang.value), err=True)


@app.command("app", help=help_of("app-command"))
def open_app(
    lang: LangOption,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", help="Port; another free one if it is taken.")
    ] = 8501,
    layout: LayoutOption = DEFAULT,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
    base_path: Annotated[
        str, typer.Option("--base-path", help="Path below which a reverse proxy offers it.")
    ] = "",
) -> None:
    """Open the map application."""
    from geo.serve import free_port, serve

    load(layout)
    chosen = free_port(host, port)
    if chosen != port:
        typer.echo(say("cli.out.port", lang.value, asked=port, port=chosen), err=True)
    below = f"/{base_path.strip('/')}" if base_path.strip("/") else ""
    url = f"http://{host}:{chosen}{below}"
    typer.echo(say("cli.out.opening", lang.value, url=url), err=True)
    if host not in ("127.0.0.1", "localhost", "::1"):
        typer.echo(say("cli.out.open-to-all", lang.value, host=host), err=True)
    folder = str(Path(layout).resolve()) if Path(layout).exists() else layout
    raise typer.Exit(serve(host, chosen, browser=browser, layout=folder, base_path=base_path))
