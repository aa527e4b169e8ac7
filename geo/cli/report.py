"""``corridor report``: everything about a layout, its points and a scenario in one file."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geo.cli.base import (
    LangOption,
    LayoutOption,
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
    SheetOption,
    WeightOption,
    bar_of,
)
from geo.datasets import DEFAULT
from geo.words import as_lang, say

if TYPE_CHECKING:
    from geo.report.document import Document

__all__ = ["report"]


@app.command(help=help_of("report"))
def report(
    lang: LangOption,
    points: Annotated[str | None, typer.Argument(help=POINTS_HELP)] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="FILE.html, .pdf or .xlsx.")
    ] = Path("report.html"),
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    scenario: Annotated[
        Path | None, typer.Option("--scenario", help="JSON of changes to compare with.")
    ] = None,
    ring_km: RingOption = None,
    by: ByOption = None,
    weight: WeightOption = None,
    year: Annotated[
        str | None, typer.Option("--year", help="Column of the year, for growth.")
    ] = None,
    founded: Annotated[
        bool, typer.Option("--founded", help="The year is that of founding: what is there stays.")
    ] = False,
    datum: DatumOption = "auto",
    lon: LonOption = None,
    lat: LatOption = None,
    sheet: SheetOption = None,
    err_m: ErrOption = 0.0,
    seed: Annotated[int, typer.Option("--seed", help="Seed of all that is random.")] = 20260224,
    draws: Annotated[
        int, typer.Option("--draws", min=19, max=9999, help="Draws of a null model.")
    ] = 199,
    title: Annotated[str, typer.Option("--title", help="Title of the report.")] = "",
    office: Annotated[str, typer.Option("--office", help="编制单位.")] = "",
    review: Annotated[str, typer.Option("--review-number", help="审图号.")] = "",
    figures: Annotated[
        Path | None, typer.Option("--figures", help="Folder for all figures as SVG, PNG and PDF.")
    ] = None,
    progress: ProgressOption = None,
) -> None:
    """Write a report."""
    from geo.analysis.cloud import cloud_of
    from geo.io.scenarios import read_scenario
    from geo.maps.static import Imprint
    from geo.report.card import card_of, without_password
    from geo.report.contents import Ask
    from geo.report.contents import report as make
    from geo.report.layers import write_file

    suffix = output.suffix.lower()
    if suffix not in (".html", ".pdf", ".xlsx"):
        raise typer.BadParameter(f"unknown ending {output.suffix!r}: use html, pdf or xlsx")
    own, code = load(layout, own_units, units_columns), as_lang(lang.value)
    units_of(own, code, "report")
    cloud = None
    if points is not None:
        cloud = cloud_of(
            points, by=by, weight=weight, columns=[year] if year else [], datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m, layout=own
        )  # fmt: skip
    ask = Ask(
        own, code, cloud, by, weight, year, founded, None if scenario is None else read_scenario(scenario), ring_km, seed, draws,
        Imprint(title=title, office=office, review_number=review),
    )  # fmt: skip
    inputs = {"points": Path(points)} if points is not None else {}
    inputs |= {"scenario": scenario} if scenario is not None else {}
    inputs |= {"units": own_units} if own_units is not None else {}
    parameters = {
        "by": by, "weight": weight, "year": year, "founded": founded, "datum": cloud.reading.datum if cloud is not None and cloud.reading is not None else None,
        "err_m": err_m, "ring_km": ring_km, "seed": seed, "draws": draws, "units_columns": units_columns,
    }  # fmt: skip
    # A password in a database address must not go out with the report.
    command = without_password(shlex.join(["corridor", *sys.argv[1:]]))
    card = card_of(own, inputs=inputs, parameters=parameters, command=command)
    with bar_of(output.name, progress) as tick:
        document = make(ask, card=card, progress=tick)
    write_file(output, _content(document, suffix))
    if figures is not None:
        figures.mkdir(parents=True, exist_ok=True)
        for figure in document.figures:
            for name, content in figure.files().items():
                write_file(figures / name, content)
    typer.echo(say("cli.out.written", code, path=output), err=True)


def _content(document: Document, suffix: str) -> bytes:
    if suffix == ".html":
        from geo.report.html import html_report

        return html_report(document).encode()
    if suffix == ".pdf":
        from geo.report.pdf import pdf_report

        return pdf_report(document)
    from geo.report.tables import to_xlsx

    notes = [
        *document.notices,
        *document.subtitle,
        *(f"{k}: {v}" for k, v in document.card.items()),
    ]
    return to_xlsx({t.name: t.frame for t in document.tables}, document.lang, notes=notes)
