"""What every command shares: the application, its options, how it ends."""

from __future__ import annotations

import locale
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geo import __version__
from geo.console import Format
from geo.errors import CorridorError
from geo.words import say

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.model.layout import Layout

__all__ = [
    "FormatOption", "LangOption", "Language", "LayoutOption", "OutOption", "RingOption", "app", "help_of", "load",
    "main", "units_of",
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
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def load(name: str) -> Layout:
    """Return a bundled layout by name, or the one in a folder."""
    from geo.datasets import layouts, load_layout
    from geo.io.layouts import read_layout

    return load_layout(name) if name in layouts() or not Path(name).exists() else read_layout(name)


def units_of(layout: Layout) -> gpd.GeoDataFrame | None:
    """Return the administrative units of a layout, or say why there are none."""
    from geo.errors import UnitsError
    from geo.io.units import read_units

    try:
        return read_units(layout)
    except UnitsError as error:
        typer.echo(f"corridor: {error}", err=True)
        return None
