"""What comes with the package: bundled layouts and invented demonstration data."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from geo.errors import LayoutError

if TYPE_CHECKING:
    from geo.model.layout import Layout

__all__ = ["DEFAULT", "home", "layouts", "load_layout"]

DEFAULT = "wuhan"
"""The bundled layout that commands and the application take where none is named."""


def home() -> Path:
    """Return the folder that holds ``app/`` and ``data/``.

    In an installed wheel that is a folder inside the package, in a checkout the checkout itself.
    """
    package = Path(__file__).resolve().parents[1]
    bundle = package / "_bundle"
    return bundle if bundle.is_dir() else package.parent


def layouts() -> dict[str, Path]:
    """Return the bundled layouts: their ids and folders."""
    folders = sorted((home() / "data" / "geojson").glob("*/layout.toml"))
    return {file.parent.name: file.parent for file in folders}


@cache
def load_layout(name: str = DEFAULT) -> Layout:
    """Return a bundled layout; the same object each time.

    Parameters
    ----------
    name
        One of :func:`layouts`.

    Raises
    ------
    LayoutError
        If there is no such layout; a folder of your own is read with ``geo.read_layout``.
    """
    from geo.io.layouts import read_layout

    found = layouts()
    if name not in found:
        raise LayoutError(
            f"no bundled layout {name!r}: there is {', '.join(found) or 'none'}. "
            "For a folder of your own use geo.read_layout(folder) or --layout FOLDER"
        )
    return read_layout(found[name])
