"""Every form that ``corridor export`` writes, the layers of the map and the printed map, of every layout."""

from __future__ import annotations

import io
import json
import re
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
import shapely
from PIL import Image
from typer.testing import CliRunner

import geo
from geo.cli import app
from geo.maps.layers import LAYER_KEYS
from geo.maps.web import layer_json
from geo.words import LANGUAGES

RUNNER = CliRunner()
FORMS = ("gpkg", "zip", "kml", "geojson", "xlsx", "html", "pdf", "png", "svg")


def written(w: Any, form: str, lang: str, folder: Any) -> bytes:
    out = folder / f"map.{form}"
    done = RUNNER.invoke(app, ["export", str(out), "--layout", w.name, "--lang", lang])
    assert done.exit_code == 0, (done.output, repr(done.exception))
    assert [p.name for p in folder.iterdir()] == [out.name], "nothing half-written is left"
    return out.read_bytes()


def _cases() -> list[Any]:
    slow = {"pdf", "png", "svg"}
    return [
        pytest.param(layout, form, lang, id=f"{layout}-{form}-{lang}",
                     marks=[] if lang == "en" and (layout in ("guangshen", "oxcam") or form not in slow) else [pytest.mark.long])
        for layout in sorted(geo.layouts()) for form in FORMS for lang in LANGUAGES
    ]  # fmt: skip


@pytest.mark.parametrize(("layout", "form", "lang"), _cases())
def test_an_export_of_a_layout(worlds, invariants, tmp_path, layout, form, lang):
    w = worlds(layout)
    content = written(w, form, lang, tmp_path)
    text = CHECKS[form](w, content, lang)
    assert not invariants.foreign_in(w, text)
    assert not any(sign in text for sign in ("{n}", "{name}", ">nan<", "None,"))


def _gpkg(w: Any, content: bytes, lang: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "map.gpkg"
        file.write_bytes(content)
        names = gpd.list_layers(file)["name"]
        return _layers(w, {name: gpd.read_file(file, layer=name) for name in names})


def _zip(w: Any, content: bytes, lang: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        names = [n for n in packed.namelist() if n.endswith(".shp")]
        assert {n.rsplit(".", 1)[0] + ".prj" for n in names} <= set(packed.namelist())
        inner = [n for n in packed.namelist() if n.endswith(".zip")]
    assert names or inner
    return ""


def _kml(w: Any, content: bytes, lang: str) -> str:
    text = content.decode("utf-8")
    assert text.count("<Placemark") >= len(w.layout.nodes)
    return text


def _geojson(w: Any, content: bytes, lang: str) -> str:
    frame = gpd.read_file(io.BytesIO(content))
    assert set(w.layout.footprints["id"]) <= set(frame["id"])
    return _layers(w, {"footprints": frame})


def _layers(w: Any, layers: dict[str, gpd.GeoDataFrame]) -> str:
    assert layers
    west, south, east, north = w.layout.nodes.total_bounds
    for name, frame in layers.items():
        if isinstance(frame, gpd.GeoDataFrame) and len(frame) and name not in ("units", "links"):
            near = shapely.intersects(shapely.box(west - 5, south - 5, east + 5, north + 5), frame.geometry)  # fmt: skip
            assert near.any(), name
    return "\n".join(frame.drop(columns="geometry", errors="ignore").to_csv() for frame in layers.values())  # fmt: skip


def _xlsx(w: Any, content: bytes, lang: str) -> str:
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    cells = [str(c) for s in book for row in s.iter_rows(values_only=True) for c in row if c is not None]  # fmt: skip
    assert (w.layout.meta.name_zh if lang == "zh" else w.layout.meta.name_en) or cells
    assert not any(c.startswith("=") for c in cells)
    return "\n".join(cells)


def _html(w: Any, content: bytes, lang: str) -> str:
    text = content.decode("utf-8")
    assert getattr(w.layout.meta, f"name_{lang}") in text.replace("&amp;", "&")
    # It opens with no network: nothing is loaded from elsewhere.
    assert not re.search(r'(?:src|href)="https?://[^"]+\.(?:js|css|png)"', text)
    return text


def _svg(w: Any, content: bytes, lang: str) -> str:
    text = content.decode("utf-8")
    assert text.lstrip().startswith("<?xml")
    return text


def _png(w: Any, content: bytes, lang: str) -> str:
    image = Image.open(io.BytesIO(content)).convert("L")
    assert min(image.size) > 500
    assert len(image.getcolors(1 << 20) or []) > 20
    return ""


def _pdf(w: Any, content: bytes, lang: str) -> str:
    assert content.startswith(b"%PDF")
    assert len(content) > 10_000
    return ""


CHECKS = {"gpkg": _gpkg, "zip": _zip, "kml": _kml, "geojson": _geojson, "xlsx": _xlsx, "html": _html, "pdf": _pdf, "png": _png, "svg": _svg}  # fmt: skip


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_layer_of_the_map(world, invariants, lang):
    for key in LAYER_KEYS:
        text = layer_json(world.layout, key, lang, units=world.units)
        found = json.loads(text)
        assert not invariants.foreign_in(world, text), key
        features = found["features"] if isinstance(found, dict) else found
        for feature in features:
            if feature.get("geometry"):
                assert shapely.geometry.shape(feature["geometry"]).is_valid or key in ("links", "units", "rivers", "roads", "axes"), key  # fmt: skip
