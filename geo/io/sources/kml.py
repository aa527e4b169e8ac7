"""Points of a KML file as a table."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import shapely

from geo.errors import PointsError
from geo.io.kml import read_kml
from geo.io.sources.memory import TableSource

__all__ = ["KmlSource"]

_GEOMETRY = "wkb_geometry"


class KmlSource(TableSource):
    """Places of a KML file that are points; lines and areas are left out.

    Parameters
    ----------
    path
        ``.kml``.

    Raises
    ------
    PointsError
        If it cannot be read, or holds no points.
    """

    def __init__(self, path: Path) -> None:
        rows = [
            (place.words, shape)
            for place in read_kml(path)
            for shape in place.shapes
            if shape.geom_type == "Point"
        ]
        if not rows:
            raise PointsError(f"{path.name}: holds no points; are its places lines or areas?")
        names = list(dict.fromkeys(name for words, _ in rows for name in words))
        columns = {n: pa.array([w.get(n) or None for w, _ in rows], pa.string()) for n in names}
        shapes = shapely.to_wkb([shape for _, shape in rows])
        super().__init__(pa.table(columns | {_GEOMETRY: pa.array(shapes, pa.binary())}), path.name)
        # The datum of KML is WGS84 by its standard.
        self.geometry, self.crs = _GEOMETRY, "EPSG:4326"
