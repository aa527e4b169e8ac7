"""Layers of points that GDAL reads: GeoPackage, GeoJSON, Shapefile (zipped too), FlatGeobuf."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from geo.errors import PointsError
from geo.io.sources.base import Batch, Part, Source
from geo.io.sources.workbook import check_unpacked

__all__ = ["LayerSource", "encoding_of"]

_ROWS = 65_536
_GEOMETRY = "wkb_geometry"


class LayerSource(Source):
    """Features of a layer, streamed.

    Parameters
    ----------
    path
        ``.gpkg``, ``.geojson``, ``.json``, ``.shp``, ``.fgb`` or a zip of a Shapefile.
    layer
        Name of the layer; by default the only one that holds points, or the first.

    Raises
    ------
    PointsError
        If it cannot be read as a layer, or holds no points.
    """

    def __init__(self, path: Path, layer: str | None = None) -> None:
        import pyogrio

        self.path, self.name = str(path), path.name
        if path.suffix.lower() == ".geojson":
            # Else GDAL goes by the content, which may be a recipe that reads other files.
            self.path = f"GeoJSON:{path}"
        if path.suffix.lower() == ".zip":
            check_unpacked(path)
        try:
            layers = [(str(n), str(g)) for n, g in pyogrio.list_layers(self.path)]
            points = [n for n, g in layers if "Point" in g] or [n for n, _ in layers]
            if layer is not None and layer not in [n for n, _ in layers]:
                raise PointsError(
                    f"{self.name}: no layer {layer!r}; there are {', '.join(n for n, _ in layers)}"
                )
            self.layer = layer or points[0]
            self.encoding = encoding_of(path)
            self.options = {"ENCODING": self.encoding.upper()} if self.encoding else {}
            info = pyogrio.read_info(self.path, layer=self.layer, **self.options)
        except PointsError:
            raise
        except Exception as error:
            # The drivers raise many kinds of error: all of them mean that the file is no layer.
            raise PointsError(
                f"{self.name}: not readable as a layer ({error}); export it again"
            ) from error
        kind = str(info["geometry_type"] or "None")
        if kind == "None":
            raise PointsError(
                f"{self.name}: a table without geometry; save it as CSV with coordinates"
            )
        if not kind.startswith(("Point", "Unknown", "3D Point", "2.5D Point", "Geometry")):
            raise PointsError(f"{self.name}: holds {kind}, not points")
        self.columns = [*map(str, info["fields"]), _GEOMETRY]
        self.geometry, self.crs = _GEOMETRY, str(info["crs"] or "")
        self.size = max(int(info["features"]), 0)

    def parts(self) -> Iterator[Part]:
        """Return the layer as one part, which GDAL reads from its beginning."""
        yield Part(self.name, self.size)

    def read(self, part: Part, columns: Sequence[str]) -> Iterator[Batch]:
        """Read features in batches."""
        from pyogrio.raw import open_arrow

        fields = [c for c in columns if c != _GEOMETRY]
        passed = 0
        try:
            with open_arrow(
                self.path, layer=self.layer, columns=fields, batch_size=_ROWS, use_pyarrow=True,
                read_geometry=_GEOMETRY in columns, **self.options,
            ) as (info, reader):  # fmt: skip
                own = info["geometry_name"] or _GEOMETRY
                for piece in reader:
                    passed += piece.num_rows
                    arrays = {c: piece.column(own if c == _GEOMETRY else c) for c in columns}
                    yield Batch(arrays, piece.num_rows, None, passed)
        except (pa.ArrowException, OSError, RuntimeError, ValueError) as error:
            raise PointsError(
                f"{self.name}: not readable after row {passed:,} ({error}); export it again"
            ) from error


def encoding_of(path: Path) -> str:
    """Return the encoding of a Shapefile's text, ``utf-8`` or ``gb18030``, where it does not say it.

    Blank for other files, and where a ``.cpg`` beside it says it.
    """
    if path.suffix.lower() != ".shp" or path.with_suffix(".cpg").exists():
        return ""
    table = path.with_suffix(".dbf")
    text = table.read_bytes()[32:4_000_000] if table.exists() else b""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(text) - 8:
            return "gb18030"
    return "utf-8"
