"""A layer from a file into a layout: read, mapped, checked as a whole, and written at once or not at all."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from geo.errors import LayoutError
from geo.io.geojson import write_layer
from geo.io.importing_read import Bad, Rows, rows_of
from geo.io.importing_rows import columns_of, ids_of, properties_of, validated
from geo.io.layouts import check_layout, read_layout
from geo.io.reading import AUTO
from geo.model.kinds import LAYERS, Layer
from geo.model.layout import Layout
from geo.model.schema import Feature

__all__ = ["PROBLEM_COLUMNS", "Imported", "import_layer"]

PROBLEM_COLUMNS = ("row", "id", "field", "what", "mend")
_AROUND_DEG = 1.0
_ID = re.compile(r"\(([a-z0-9-]+)\)$")
_WHOLE = "layout"
"""The field of a problem that is of no row of the file."""


@dataclass(frozen=True)
class Imported:
    """What came of an import.

    Attributes
    ----------
    file
        The layer's file in the layout.
    layer
        Its layer.
    features
        What was added, or would be.
    columns
        Field to column, as asked for or guessed.
    datum
        What the coordinates were taken to be in; blank for links.
    problems
        ``row, id, field, what, mend``: what is wrong, by row of the file.
    replaced
        Ids that were there before.
    made_ids
        Whether ids were made from names.
    mended
        Ids of outlines that crossed themselves.
    written
        Whether the layer's file was written.
    """

    file: Path
    layer: Layer
    features: tuple[Feature, ...]
    columns: dict[str, str]
    datum: str
    problems: pd.DataFrame
    replaced: tuple[str, ...] = ()
    made_ids: bool = False
    mended: tuple[str, ...] = ()
    written: bool = False


def import_layer(
    folder: str | Path,
    file: str | Path,
    layer: Layer,
    *,
    columns: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
    err_m: float | None = None,
    datum: str = AUTO,
    from_layer: str = "",
    replacing: bool = False,
    skip_bad: bool = False,
    dry_run: bool = False,
) -> Imported:
    """Add the features of a file to a layer of a layout.

    The layer's file is written only where the whole layout is then valid; else nothing is.

    Parameters
    ----------
    folder
        A valid layout.
    file
        Shapefile (also zipped; GBK or UTF-8), GeoPackage, KML, GeoJSON, FlatGeobuf, GeoParquet; for
        nodes also CSV or XLSX with coordinates, for links any table. Any reference system; 3D is
        dropped.
    layer
        ``node``, ``zone``, ``corridor``, ``belt``, ``link``, ``road`` or ``river``.
    columns
        Field to column, such as ``{"id": "CODE", "name_zh": "名称"}``; ``lon`` and ``lat`` of a table
        with unusual names. Others are guessed.
    given
        Field to text for rows that have none of their own: ``kind``, ``status`` (by default
        ``digitised``), ``source`` (the file's name), ``confidence`` (``n/a``) …
    err_m
        Positional error in metres of rows without one of their own.
    datum
        ``auto``: what the file declares or shows; or ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``,
        an EPSG code.
    from_layer
        Sheet or layer of the file; by default the first.
    replacing
        Whether a feature of the layer with the same id gives way.
    skip_bad
        Whether rows with problems are left out, rather than nothing written.
    dry_run
        Whether nothing is written in any case.

    Raises
    ------
    LayoutError
        If the layout is not valid, or the file holds no such layer.
    PointsError
        If the file cannot be read, or its datum is neither declared nor sure.
    """
    if layer not in LAYERS:
        raise LayoutError(f"no layer {layer!r}: use one of {', '.join(LAYERS)}")
    layout = read_layout(folder)
    asked = dict(columns or {})
    rows = rows_of(file, layer, from_layer=from_layer, datum=datum, columns=asked, near=_near(layout))  # fmt: skip
    found = columns_of(rows.words, layer, asked, rows.name)
    features, bad, made = _features(rows, layer, found, _given(rows, given, err_m, layer))
    kept, clashes = _without_clashes(features, layout, layer, replacing)
    bad += clashes
    target = Path(folder) / f"{layer}s.geojson"
    old = [f for f in layout.features if f.properties.layer == layer]
    if not bad or skip_bad:
        wrong = _checked(target, layer, _merged(old, kept), kept)
        if skip_bad and wrong:
            kept = [(f, row) for f, row in kept if f.id not in {b.id for b in wrong}]
            bad += [b for b in wrong if b.field != _WHOLE]
            wrong = _checked(target, layer, _merged(old, kept), kept)
        bad += wrong
    by_row = sorted(bad, key=lambda b: b.row)
    ids = [f.id for f, _ in kept]
    result = Imported(
        target, layer, tuple(f for f, _ in kept), found, rows.datum,
        pd.DataFrame([[getattr(b, c) for c in PROBLEM_COLUMNS] for b in by_row], columns=list(PROBLEM_COLUMNS)),
        tuple(i for i in ids if i in layout), made, tuple(f.id for f, row in kept if row in rows.mended),
    )  # fmt: skip
    broken = any(b.field == _WHOLE for b in by_row) or (bad and not skip_bad)
    if dry_run or broken or not kept:
        return result
    _write(target, layer, _merged(old, kept))
    return replace(result, written=True)


def _near(layout: Layout) -> tuple[float, float, float, float]:
    x, y = layout.meta.centre
    boxes = [f.geometry.bounds for f in layout.features if f.geometry is not None] or [(x, y, x, y)]
    return (
        min(b[0] for b in boxes) - _AROUND_DEG, min(b[1] for b in boxes) - _AROUND_DEG,
        max(b[2] for b in boxes) + _AROUND_DEG, max(b[3] for b in boxes) + _AROUND_DEG,
    )  # fmt: skip


def _given(
    rows: Rows, given: Mapping[str, str] | None, err_m: float | None, layer: Layer
) -> dict[str, Any]:
    known = {"status": "digitised", "source": rows.name, "confidence": "n/a", **(given or {})}
    if err_m is not None and layer != "link":
        if not 0 <= err_m < 1e6:
            raise LayoutError(f"a positional error of {err_m} m: give 0 or more")
        known["err_m"] = err_m  # type: ignore[assignment]
    return known


Numbered = tuple[Feature, int]
"""A feature and the row that it comes from."""


def _features(
    rows: Rows, layer: Layer, columns: Mapping[str, str], given: Mapping[str, Any]
) -> tuple[list[Numbered], list[Bad], bool]:
    cells: list[dict[str, Any]] = rows.words.to_dict("records")  # type: ignore[assignment]
    raws = [properties_of(c, layer, columns, given) for c in cells]
    ids, made = ids_of(raws, rows.row)
    features: list[Numbered] = []
    bad = list(rows.bad)
    for raw, own, row, shape in zip(raws, ids, rows.row, rows.shapes, strict=True):
        properties, wrong = validated({**raw, "id": own}, layer, row, shape is not None)
        bad += wrong
        if properties is not None:
            features.append((Feature(properties, shape), row))
    return features, bad, made


def _without_clashes(
    features: Sequence[Numbered], layout: Layout, layer: Layer, replacing: bool
) -> tuple[list[Numbered], list[Bad]]:
    """Return the features whose id is free, or whose namesake gives way; and the others' problems."""
    kept, bad, seen = [], [], set()
    for feature, row in features:
        name = feature.id
        there = layout[name].properties.layer if name in layout else None
        if name in seen:
            bad.append(Bad(row, name, "id", "the id occurs twice in the file", "give each row its own"))  # fmt: skip
        elif there is not None and there != layer:
            bad.append(Bad(row, name, "id", f"also the id of a {there}", 'give it another: --map "id=COLUMN"'))  # fmt: skip
        elif there is not None and not replacing:
            bad.append(Bad(row, name, "id", "the layout has it already", "use --replace, or another id"))  # fmt: skip
        else:
            kept.append((feature, row))
        seen.add(name)
    return kept, bad


def _merged(old: Sequence[Feature], new: Sequence[Numbered]) -> list[Feature]:
    """Return the layer's features with the new ones, each in the place of its namesake or behind."""
    by_id = {f.id: f for f, _ in new}
    return [*(by_id.pop(f.id, f) for f in old), *by_id.values()]


def _checked(
    target: Path, layer: Layer, features: Sequence[Feature], new: Sequence[Numbered]
) -> list[Bad]:
    """Return what would be wrong with the layout if its layer held these features."""
    rows = {f.id: row for f, row in new}
    with tempfile.TemporaryDirectory() as private:
        trial = Path(private)
        for file in target.parent.iterdir():
            if file.suffix in (".geojson", ".csv", ".toml") and file.name != target.name:
                shutil.copyfile(file, trial / file.name)
        write_layer(trial / target.name, layer, list(features))
        problems = check_layout(trial)
    bad = []
    for problem in problems:
        told = _ID.search(problem.where)
        own = told[1] if told else problem.where
        bad.append(Bad(rows.get(own, 0), own, problem.field if own in rows else _WHOLE, problem.what, problem.mend))  # fmt: skip
    return bad


def _write(target: Path, layer: Layer, features: Sequence[Feature]) -> None:
    part = target.with_name(f".{target.name}.part")
    try:
        write_layer(part, layer, list(features))
        part.replace(target)
    except OSError as error:
        raise LayoutError(f"{target}: cannot be written ({error.strerror})") from error
    finally:
        part.unlink(missing_ok=True)
