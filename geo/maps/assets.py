"""Leaflet from its released package, so that a map needs no network."""

from __future__ import annotations

import base64
import re
import shutil
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path

from geo.errors import MissingDependencyError
from geo.maps.labels import PLACE_LABELS

__all__ = [
    "LAYERS_JS", "LEAFLET_CSS", "LEAFLET_JS", "STATIC_FILES", "copy_assets", "inline_leaflet", "layers_script",
]  # fmt: skip

_FILES = (
    "leaflet.js", "leaflet.css", "images/layers.png", "images/layers-2x.png",
    "images/marker-icon.png", "images/marker-icon-2x.png", "images/marker-shadow.png",
)  # fmt: skip
STATIC_FILES = tuple(f"leaflet/{name}" for name in _FILES)
# Relative to the page of the map component, so that it also works below a proxy's path.
LEAFLET_JS = "../../app/static/leaflet/leaflet.js"
LAYERS_JS = "../../app/static/corridor/layers.js"
LEAFLET_CSS = "../../app/static/leaflet/leaflet.css"
LICENCE = """Leaflet, https://leafletjs.com — BSD 2-Clause licence.
Copyright (c) 2010-2023, Volodymyr Agafonkin; copyright (c) 2010-2011, CloudMade.
"""


@cache
def _leaflet() -> Path:
    try:
        package = import_module("xstatic.pkg.leaflet")
    except ImportError as error:
        raise MissingDependencyError(
            "Leaflet is not installed, without which no map can be drawn: run pip install xstatic-leaflet"
        ) from error
    return Path(package.BASE_DIR)


def copy_assets(folder: Path) -> None:
    """Copy Leaflet, with its licence, and our own script into a folder of static files."""
    for name in _FILES:
        target = folder / "leaflet" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_leaflet() / name, target)
    (folder / "leaflet" / "LICENSE.txt").write_text(LICENCE, encoding="utf-8")
    (folder / "corridor").mkdir(exist_ok=True)
    (folder / "corridor" / "layers.js").write_text(layers_script(), encoding="utf-8")


@cache
def layers_script() -> str:
    """Return our own script that draws layers and places their labels."""
    return PLACE_LABELS + files("geo.maps").joinpath("scripts/layers.js").read_text("utf-8")


@cache
def inline_leaflet() -> str:
    """Return the ``<style>`` and ``<script>`` that put Leaflet and our layers into one HTML file."""
    base = _leaflet()
    css = (base / "leaflet.css").read_text("utf-8")

    def embedded(match: re.Match[str]) -> str:
        image = base / match.group(1)
        data = base64.b64encode(image.read_bytes()).decode()
        return f"url(data:image/png;base64,{data})"

    css = re.sub(r"url\((images/[\w.-]+\.png)\)", embedded, css)
    script = (base / "leaflet.js").read_text("utf-8")
    script = re.sub(r"//# sourceMappingURL=.*", "", script).replace("</script", "<\\/script")
    return f"<style>{css}</style>\n<script>/* {LICENCE} */\n{script}\n{layers_script()}</script>"
