"""What every command shares: the application, its options, how it ends."""

from __future__ import annotations

import locale
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geo import __version__
from geo.console import Format, begin, read_by
from geo.errors import CorridorError
from geo.words import Lang, Said, say

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.model.layout import Layout

__all__ = ["NEGATIVE",
    "FormatOption", "LangOption", "Language", "LayoutOption", "OutOption", "RingOption", "UnitsColumnsOption",
    "UnitsOption", "app", "help_of", "load", "main", "units_of",
]  # fmt: skip


class Language(StrEnum):
    """Language of words."""

    zh = "zh"
    en = "en"


def _default_language() -> Language:
    tag = locale.getlocale()[0] or ""
    return Language.zh if tag.lower().startswith(("zh", "chinese")) else Language.en


def help_of(key: str) -> str:
    """Return the help of a command in both languages."""
    return f"{say(f'cli.help.{key}', 'en')}  {say(f'cli.help.{key}', 'zh')}"


app = typer.Typer(
    help=help_of("app"), no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip

NEGATIVE = {"ignore_unknown_options": True}
"""Of a command that takes a longitude: west of Greenwich it is a number, not an option."""
LayoutOption = Annotated[
    str,
    typer.Option("--layout", "-l", help="The id of a bundled layout, or the folder of your own."),
]
UnitsOption = Annotated[
    Path | None,
    typer.Option(
        "--units",
        help="File of administrative units in place of the layout's, or a TOML file that holds what the table units of layout.toml does.",
    ),
]
UnitsColumnsOption = Annotated[
    str | None,
    typer.Option("--units-columns", help="Its columns, such as adcode=CODE,name_en=NAME."),
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
    except SystemExit as ended:
        if ended.code == 130:
            # Typer ends so after Ctrl-C, without a word.
            typer.echo(say("cli.out.stopped", _default_language().value), err=True)
        raise
    except BrokenPipeError:
        raise SystemExit(0) from None


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    begin()
    context.call_on_close(begin)


def load(name: str, units: Path | None = None, columns: str | None = None) -> Layout:
    """Return a bundled layout by name, or the one in a folder; with the units of a file, if any.

    Parameters
    ----------
    name
        Of the layout, or its folder.
    units, columns
        As ``--units`` and ``--units-columns`` give them.
    """
    from geo.datasets import layouts, load_layout
    from geo.io.layouts import read_layout

    bundled = name in layouts() or not Path(name).exists()
    own = load_layout(name) if bundled else read_layout(name)
    if units is not None:
        from geo.io.own_units import with_units

        own = with_units(own, units, columns=_columns(columns))
    elif columns is not None:
        raise typer.BadParameter("--units-columns needs the file that they are of: add --units FILE")  # fmt: skip
    read_by(own)
    return own


def _columns(text: str | None) -> dict[str, str]:
    """Return the columns that ``--units-columns`` names, by what they hold."""
    pairs = [pair.partition("=") for pair in (text or "").split(",") if pair.strip()]
    if not all(mark and role.strip() and column.strip() for role, mark, column in pairs):
        raise typer.BadParameter("--units-columns is read as adcode=CODE,name_en=NAME")
    return {role.strip(): column.strip() for role, _, column in pairs}


def units_of(layout: Layout, lang: Lang | None = None, *what: str) -> gpd.GeoDataFrame | None:
    """Return the administrative units of a layout, or say why there are none.

    Parameters
    ----------
    layout, lang
        The layout, and the language of words.
    *what
        What there is not without units: keys of the catalogue under ``units.what``.
    """
    from geo.errors import UnitsError
    from geo.io.units import read_units
    from geo.io.units_refusals import UnitsRefusedError

    try:
        return read_units(layout)
    except UnitsError as error:
        own = lang or _default_language().value
        typer.echo(f"corridor: {error.says(own) if isinstance(error, UnitsRefusedError) else error}", err=True)  # fmt: skip
        if what:
            missing = [Said(f"units.what.{w}") for w in what]
            typer.echo(Said("units.out.without", what=missing).says(own), err=True)
        return None
