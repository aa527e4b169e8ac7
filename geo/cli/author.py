"""Commands for the author of a layout: ``corridor new | check | import-layer | schema``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geo.cli.base import LangOption, Language, app, help_of, load
from geo.words import Lang, as_lang, say

if TYPE_CHECKING:
    from geo.io.drawn_axis import DrawnAxis
    from geo.io.importing import Imported

__all__ = ["check", "import_layer", "new", "schema"]

_MOST = 50
"""So many problems of rows are told."""


class LayerName(StrEnum):
    """A layer of a layout."""

    node = "node"
    zone = "zone"
    corridor = "corridor"
    belt = "belt"
    link = "link"
    road = "road"
    river = "river"


DatumOption = Annotated[
    str, typer.Option("--datum", help="wgs84, cgcs2000, gcj02, bd09, an EPSG code, or auto.")
]


@app.command(help=help_of("new"))
def new(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    lang: LangOption,
    name: Annotated[
        str, typer.Option("--name", help="Of the layout, or 'name_zh / name_en'.")
    ] = "",
    axis: Annotated[
        str, typer.Option("--axis", help="'lon,lat lon,lat …', or a file with a line.")
    ] = "",
    width: Annotated[str, typer.Option("--width", help="In km, or with a unit: 10, '6 mi'.")] = "",
    datum: DatumOption = "auto",
    err_m: Annotated[
        float | None, typer.Option("--err-m", min=0, help="Positional error of the axis, metres.")
    ] = None,
    source: Annotated[str, typer.Option("--source", help="Where the axis comes from.")] = "",
    first: Annotated[
        Language | None, typer.Option("--lang-first", help="First language of the layout.")
    ] = None,
    lon: Annotated[float, typer.Option("--lon", help="Longitude of the example.")] = 0.0,
    lat: Annotated[float, typer.Option("--lat", help="Latitude of the example.")] = 0.0,
) -> None:
    """Make a layout folder from an axis and a width; without an axis, an invented example."""
    from geo.io.drawn_axis import axis_of, in_miles, km_of
    from geo.io.template import layout_of_axis, new_layout

    code = as_lang(lang.value)
    asking = not axis and _terminal()
    if asking:
        name = name or typer.prompt(say("author.new.ask-name", code), default=folder.name)
        axis = typer.prompt(say("author.new.ask-axis", code), default="", show_default=False)
    if not axis.strip():
        path = new_layout(folder, name=name, lon=lon, lat=lat)
        typer.echo(say("author.new.example", code))
        typer.echo(say("cli.out.made", code, path=path))
        return
    drawn = axis_of(axis, datum=datum)
    if asking and drawn.doubt_m:
        answer = typer.prompt(say("author.new.ask-datum", code), default="", show_default=False)
        drawn = axis_of(axis, datum=answer.strip() or datum)
    if not width and not _terminal():
        raise typer.BadParameter("a corridor needs a width: add --width, such as 10 or '6 mi'")
    width = width or typer.prompt(say("author.new.ask-width", code))
    if asking and err_m is None:
        answer = typer.prompt(say("author.new.ask-err", code), default="", show_default=False)
        err_m = _metres(answer)
    made = layout_of_axis(
        folder, drawn, width_km=km_of(width), name=name, first=(first or lang).value, err_m=err_m, source=source,
        imperial=in_miles(width),
    )  # fmt: skip
    _tell_axis(drawn, km_of(width), code)
    how = say("author.template.estimate-how", code) if made.estimated else ""
    note = say("author.new.err-estimated", code, how=how.rstrip(".。")) if made.estimated else ""
    typer.echo(say("author.new.err", code, err=f"{made.err_m:,.0f}", estimated=note))
    if drawn.doubt_m:
        typer.echo(say("author.new.doubt", code, metres=f"{drawn.doubt_m:,.0f}"))
    cities = ", ".join(made.cities)
    typer.echo(say("author.new.cities", code, codes=cities) if cities else say("author.new.no-units", code))  # fmt: skip
    typer.echo(say("cli.out.made", code, path=folder))


def _terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _metres(answer: str) -> float | None:
    if not answer.strip():
        return None
    try:
        return float(answer)
    except ValueError:
        raise typer.BadParameter(f"{answer.strip()!r} is no number of metres") from None


def _tell_axis(drawn: DrawnAxis, width_km: float, lang: Lang) -> None:
    import shapely

    from geo.measure import length_km

    points = int(shapely.get_num_coordinates(drawn.line))
    km = f"{length_km(drawn.line):,.1f}"
    datum = drawn.datum.removeprefix("crs:")[:60]
    typer.echo(say("author.new.axis", lang, points=points, km=km, datum=datum, width=f"{width_km:g}"))  # fmt: skip


@app.command(help=help_of("check"))
def check(
    folder: Annotated[str, typer.Argument(help="The layout's folder, or a bundled layout's id.")],
    lang: LangOption,
) -> None:
    """List every problem of a layout at once (exits 1), else what to do next."""
    from geo.datasets import layouts
    from geo.io.layouts import check_layout, read_layout
    from geo.io.next_steps import next_steps

    bundled = layouts()
    known = folder in bundled and not Path(folder).is_dir()
    path = bundled[folder] if known else Path(folder)
    problems = check_layout(path)
    if problems:
        typer.echo(say("cli.out.problems", lang.value, path=folder, n=len(problems)))
        for problem in problems:
            typer.echo(f"  {problem}")
        raise typer.Exit(1)
    typer.echo(say("cli.out.valid", lang.value, path=folder))
    steps = next_steps(load(folder) if known else read_layout(path))
    left = [s for s in steps if not s.done]
    key = "count" if left else "all-done"
    typer.echo(say(f"author.steps.{key}", lang.value, n=len(steps) - len(left), m=len(steps)))
    for number, step in enumerate(left, 1):
        typer.echo(f"  {number}. {step.says(lang.value)}")


@app.command("import-layer", help=help_of("import-layer"))
def import_layer(
    folder: Annotated[Path, typer.Argument(help="The layout's folder.")],
    file: Annotated[Path, typer.Argument(help="Shapefile, GeoPackage, KML, GeoJSON; CSV or XLSX.")],
    layer: Annotated[LayerName, typer.Option("--as", help="The layer that it becomes.")],
    lang: LangOption,
    columns: Annotated[
        str, typer.Option("--map", help="'id=CODE,name_zh=名称': field=COLUMN, also lon and lat.")
    ] = "",
    kind: Annotated[str, typer.Option("--kind", help="Kind, where no column gives it.")] = "",
    status: Annotated[str, typer.Option("--status", help="By default digitised.")] = "",
    source: Annotated[str, typer.Option("--source", help="By default the file's name.")] = "",
    given: Annotated[
        list[str] | None, typer.Option("--set", help="field=value for all, such as width_km=5.")
    ] = None,
    err_m: Annotated[
        float | None, typer.Option("--err-m", min=0, help="Positional error, metres.")
    ] = None,
    datum: DatumOption = "auto",
    from_layer: Annotated[str, typer.Option("--layer", help="Layer or sheet of the file.")] = "",
    replacing: Annotated[bool, typer.Option("--replace", help="Replace features by id.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad rows out.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing.")] = False,
) -> None:
    """Add the features of a file to a layer; nothing is written unless the layout is then valid."""
    from geo.io.importing import import_layer as run

    constants = _pairs(given or [], "--set") | {
        k: v for k, v in {"kind": kind, "status": status, "source": source}.items() if v
    }
    found = run(
        folder, file, layer.value, columns=_pairs([c for c in columns.split(",") if c.strip()], "--map"),
        given=constants, err_m=err_m, datum=datum, from_layer=from_layer, replacing=replacing,
        skip_bad=skip_bad, dry_run=dry_run,
    )  # fmt: skip
    _tell_import(found, lang.value, skip_bad=skip_bad, dry_run=dry_run)


def _pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        field, sign, value = text.partition("=")
        if not sign or not field.strip():
            raise typer.BadParameter(f'{text!r} is no pair: write {option} "field=…"')
        pairs[field.strip()] = value.strip()
    return pairs


def _tell_import(found: Imported, lang: Lang, *, skip_bad: bool, dry_run: bool) -> None:
    told = ", ".join(f"{f}={c}" for f, c in found.columns.items())
    made = (", " if told else "") + say("author.import.ids-made", lang) if found.made_ids else ""
    typer.echo(say("author.import.guessed", lang, columns=told + made))
    if found.datum:
        same = "-same" if found.datum in ("wgs84", "cgcs2000") else ""
        datum = found.datum.removeprefix("crs:")[:60]
        typer.echo(say(f"author.import.datum{same}", lang, datum=datum))
    bad = found.problems
    for row in bad.head(_MOST).to_dict("records"):
        number = f"row {row['row']}" if row["row"] else ""
        place = ", ".join(str(p) for p in (number, row["id"], row["field"]) if p)
        typer.echo(f"  {place}: {row['what']} — {row['mend']}")
    refused = len(bad) and not (skip_bad and (found.written or (dry_run and found.features)))
    if refused:
        typer.echo(say("author.import.problems", lang, n=len(bad)))
        raise typer.Exit(1)
    if len(bad):
        typer.echo(say("author.import.skipped", lang, n=bad["row"].nunique()))
    if not found.features:
        typer.echo(say("author.import.nothing", lang))
        raise typer.Exit(1)
    key = "added" if found.written else "would"
    new_ones = len(found.features) - len(found.replaced)
    typer.echo(say(f"author.import.{key}", lang, file=found.file, n=new_ones, replaced=len(found.replaced)))  # fmt: skip


@app.command(help=help_of("schema"))
def schema(
    lang: LangOption,
    name: Annotated[str, typer.Argument(help="Of one file, such as nodes or claims.")] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder to write them into.")
    ] = None,
) -> None:
    """Print or write the JSON Schemas of the files of a layout."""
    from geo.io.json_schemas import json_schemas, schema_text
    from geo.report.layers import write_file

    found = json_schemas()
    if name and name not in found:
        raise typer.BadParameter(f"no schema {name!r}: there is {', '.join(found)}")
    chosen = {name: found[name]} if name else found
    if output is None:
        if name:
            typer.echo(schema_text(found[name]), nl=False)
        else:
            typer.echo("\n".join(found))
        return
    output.mkdir(parents=True, exist_ok=True)
    for own, content in chosen.items():
        write_file(output / f"{own}.schema.json", schema_text(content).encode())
    typer.echo(say("author.schema.written", lang.value, n=len(chosen), folder=output), err=True)
