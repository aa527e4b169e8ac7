"""``corridor audit``: what is published against the geometry, and against other claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

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
    tell,
)
from geo.console import Format, emit, format_of
from geo.datasets import DEFAULT

if TYPE_CHECKING:
    from geo.analysis.cloud import Cloud

__all__ = ["audit"]

_SHORT = [
    "verdict", "subject_zh", "subject_en", "label_zh", "label_en", "stated", "measured", "unit",
    "why_zh", "why_en",
]  # fmt: skip


@app.command(help=help_of("audit"))
def audit(
    lang: LangOption,
    layout: LayoutOption = DEFAULT,
    own_units: UnitsOption = None,
    units_columns: UnitsColumnsOption = None,
    points: Annotated[
        str | None, typer.Option("--points", help=f"{POINTS_HELP} For claims of coverage.")
    ] = None,
    form: FormatOption = Format.table,
    output: OutOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what cannot be measured.")
    ] = False,
    by: ByOption = None,
    weight: WeightOption = None,
    datum: DatumOption = "auto",
    lon: LonOption = None,
    lat: LatOption = None,
    sheet: SheetOption = None,
    err_m: ErrOption = 0.0,
) -> None:
    """Audit what is published against the geometry."""
    from geo.analysis.audit import audit as run

    format_of(form, output)
    own, cloud = load(layout, own_units, units_columns), None
    units_of(own, lang.value, "audit")
    if points is not None:
        cloud = _read(points, by, weight, datum, lon, lat, sheet, err_m, own)
        tell(cloud, lang.value)
    elif by or weight:
        raise typer.BadParameter("--by and --weight are columns of points: give them with --points FILE")  # fmt: skip
    table = run(own, cloud)
    if form is Format.table and output is None:
        if not everything:
            # A mean width without a published one to set it against is still worth reading.
            table = table[(table["verdict"] != "not-measurable") | (table["type"] == "check")]
        table = table[_SHORT]
    emit({"audit": table}, form, output, lang.value)


def _read(
    points: str, by: str | None, weight: str | None, datum: str, lon: str | None, lat: str | None,
    sheet: str | None, err_m: float, own: object,
) -> Cloud:  # fmt: skip
    from geo.analysis.cloud import cloud_of

    return cloud_of(points, by=by, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m, layout=own)  # fmt: skip
