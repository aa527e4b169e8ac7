"""The rows of a file that becomes a layer: their words, their geometry in WGS84, what cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geo.errors import LayoutError, PointsError
from geo.io.areas import datum_of, frame_of, in_wgs84
from geo.io.layer_files import opened
from geo.io.points import points_of
from geo.io.reading import AUTO, Known, reading_of
from geo.io.uploads import Stored
from geo.model.kinds import Layer
from geo.model.schema import GEOMETRY_TYPES

__all__ = ["MOST_FEATURES", "Bad", "Rows", "rows_of"]

MOST_FEATURES = 20_000
"""A layer of a layout is authored, one feature a line: more are no layer but points to count."""
_AREA = ("Polygon", "MultiPolygon")


@dataclass(frozen=True)
class Bad:
    """What is wrong with a row.

    Attributes
    ----------
    row
        As a spreadsheet numbers it; from 1 in a layer.
    id
        Of the feature, where it has one yet.
    field
        The field or part.
    what, mend
        What is wrong, and how to mend it.
    """

    row: int
    id: str
    field: str
    what: str
    mend: str

    def __str__(self) -> str:
        place = ", ".join(p for p in (f"row {self.row}", self.id, self.field) if p)
        return f"{place}: {self.what} — {self.mend}"


@dataclass(frozen=True)
class Rows:
    """Rows of a file, each with its geometry.

    Attributes
    ----------
    words
        Columns of the file, one row each.
    row
        Their numbers.
    shapes
        WGS84, 2D; ``None`` for links.
    datum
        What the file's coordinates were taken to be in; blank where it has none.
    name
        Of the file.
    bad
        Rows that cannot be used.
    mended
        Numbers of rows whose outline crossed itself.
    """

    words: pd.DataFrame
    row: list[int]
    shapes: list[BaseGeometry | None]
    datum: str
    name: str
    bad: list[Bad] = field(default_factory=list)
    mended: list[int] = field(default_factory=list)


def rows_of(
    path: str | Path,
    layer: Layer,
    *,
    from_layer: str = "",
    datum: str = AUTO,
    columns: Mapping[str, str] | None = None,
    near: tuple[float, float, float, float] | None = None,
) -> Rows:
    """Read the rows of a file for a layer.

    Parameters
    ----------
    path
        As :func:`geo.io.layer_files.opened` takes it.
    layer
        The layer that they are to be of: nodes can come from a table of points, links from any table.
    from_layer
        Sheet or layer of the file; by default the first.
    datum
        ``auto``: what the file declares, or what its points show.
    columns
        ``lon`` and ``lat`` of a table with unusual names.
    near
        West, south, east, north of the layout, to tell the order of two columns.

    Raises
    ------
    LayoutError
        If the file holds no such things, or too many.
    PointsError
        If it cannot be read, or its datum is neither declared nor sure.
    """
    with opened(path) as files:
        if from_layer and files.layers and from_layer not in files.layers:
            raise LayoutError(
                f"{files.name}: no layer {from_layer!r}; there are {', '.join(files.layers)}"
            )
        if layer == "link":
            return _without_geometry(files, from_layer)
        if files.form in ("text", "book"):
            if layer != "node":
                raise LayoutError(
                    f"{files.name}: a table of points can be nodes only; bring a {layer} as a layer"
                )
            return _of_table(files, from_layer, datum, columns or {}, near)
        return _of_layer(files, layer, from_layer, datum)


def _refuse_many(n: int, name: str) -> None:
    if n > MOST_FEATURES:
        raise LayoutError(
            f"{name}: more than {MOST_FEATURES:,} features are no layer of a layout; count them with "
            "corridor stats instead"
        )


def _of_table(
    files: Stored, sheet: str, datum: str, columns: Mapping[str, str], near: tuple[float, float, float, float] | None
) -> Rows:  # fmt: skip
    source = files.source(sheet or None)
    reading = reading_of(
        source, datum=datum, lon=columns.get("lon"), lat=columns.get("lat"), known=Known(near=near)
    )
    # A blank error stays blank: nobody has said that it is none.
    points = points_of(source, replace(reading, err_m=np.nan))
    _refuse_many(len(points), files.name)
    bad = [
        Bad(int(r["row"]), "", "geometry", f"no usable position ({r['reason']}): {r['lon']}, {r['lat']}"[:160],
            "correct it, or leave the row out")
        for r in points.rejects.to_dict("records")
    ]  # fmt: skip
    own = points.frame
    position = {reading.roles.lon, reading.roles.lat, reading.roles.pair, reading.roles.geometry}
    added = {c for c in ("row", "err_m") if c not in source.columns}
    words = pd.DataFrame(own.drop(columns=[c for c in {own.geometry.name, *position, *added} if c in own.columns]))  # fmt: skip
    shapes = [_rounded(s) if reading.datum not in ("wgs84", "cgcs2000") else s for s in own.geometry]  # fmt: skip
    return Rows(words, own["row"].astype(int).tolist(), shapes, reading.datum, files.name, bad)


def _without_geometry(files: Stored, from_layer: str) -> Rows:
    if files.form in ("text", "book"):
        source = files.source(from_layer or None)
        frames = [
            pd.DataFrame({c: batch.columns[c].to_pandas() for c in source.columns})
            for part in source.parts() for batch in source.read(part, source.columns)
        ]  # fmt: skip
        words = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=source.columns)  # fmt: skip
        first = source.first_row
    else:
        frame = frame_of(files, from_layer, MOST_FEATURES + 1)
        words, first = pd.DataFrame(frame.drop(columns=frame.geometry.name)), 1
    _refuse_many(len(words), files.name)
    return Rows(words, list(range(first, first + len(words))), [None] * len(words), "", files.name)


def _of_layer(files: Stored, layer: Layer, from_layer: str, datum: str) -> Rows:
    frame = frame_of(files, from_layer, MOST_FEATURES + 1)
    _refuse_many(len(frame), files.name)
    if not len(frame):
        raise PointsError(f"{files.name}: no features in it")
    taken = datum_of(frame, datum, files.name)
    words = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    kept: list[int] = []
    shapes: list[BaseGeometry | None] = []
    bad: list[Bad] = []
    mended: list[int] = []
    for number, raw in enumerate(shapely.force_2d(frame.geometry.to_numpy()), 1):
        shape, what, was_bad = _shape_of(raw, layer, taken)
        if shape is None:
            allowed = " or ".join(GEOMETRY_TYPES[layer])
            bad.append(Bad(number, "", "geometry", what, f"a {layer} needs {allowed}"))
            continue
        kept.append(number)
        shapes.append(shape)
        if was_bad:
            mended.append(number)
    chosen = words.iloc[[n - 1 for n in kept]].reset_index(drop=True)
    return Rows(chosen, kept, shapes, taken, files.name, bad, mended)


def _shape_of(raw: Any, layer: Layer, datum: str) -> tuple[BaseGeometry | None, str, bool]:
    """Return the WGS84 geometry of a feature; else what is wrong; and whether it was mended."""
    if raw is None or raw.is_empty:
        return None, "no geometry", False
    if not np.isfinite(shapely.get_coordinates(raw)).all():
        return None, "a coordinate is not a number", False
    shape = in_wgs84(_single(raw), datum)
    if shape is None:
        return None, "coordinates out of range: is the datum right?", False
    if datum not in ("wgs84", "cgcs2000"):
        # What was added to keep long edges in place is taken off again where they are straight.
        shape = _rounded(shapely.simplify(shape, 1e-6) if shape.geom_type.endswith("LineString") else shape)  # fmt: skip
    crossed = not (raw.is_valid and shape.is_valid)
    if crossed:
        shape = _mended(shape)
        if shape is None:
            return None, "its outline crosses itself and cannot be mended", False
    if shape.geom_type not in GEOMETRY_TYPES[layer]:
        return None, f"a {shape.geom_type}", False
    return shape, "", crossed


def _single(shape: BaseGeometry) -> BaseGeometry:
    """Return a multi-part geometry of one part, or of lines that join, as that one."""
    if shape.geom_type == "MultiLineString":
        shape = shapely.line_merge(shape)
    parts = shapely.get_parts(shape)
    return parts[0] if len(parts) == 1 else shape


def _mended(shape: BaseGeometry) -> BaseGeometry | None:
    parts = shapely.get_parts(shapely.get_parts(shapely.make_valid(shape)))
    areas = [p for p in parts if p.geom_type in _AREA and p.area > 0]
    return shapely.union_all(areas) if areas else None


def _rounded(shape: BaseGeometry) -> BaseGeometry:
    """Return a converted geometry with seven decimals, about a centimetre."""
    return shapely.transform(shape, lambda xy: np.round(xy, 7))
