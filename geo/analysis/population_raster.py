"""People in footprints from a raster: each cell counts by the share of it that a shape covers.

The shapes are taken into the raster's reference system and not the raster into theirs: warping a
raster of counts would make people or lose them. Cells are cut exactly (package ``exactextract``),
and read piece by piece, so that a raster of the whole Earth needs no more memory than a small one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from shapely.geometry.base import BaseGeometry

from geo.analysis.footprints import Footprint, union_of
from geo.errors import MissingDependencyError, RasterError
from geo.measure import project
from geo.model.layout import Layout, bounds
from geo.words import LANGUAGES, say

__all__ = ["raster_rows"]

STEP_M = 500.0
"""Edges are cut into pieces no longer than this before they are taken into another reference
system, where a straight line is curved: 500 m is off by 3 mm at most at this latitude."""
CELLS = 4_000_000
"""Cells in memory at a time."""
WHOLE = 0.99999
"""Share of a cell, held in single precision, from which on all of it is covered."""


def raster_rows(
    layout: Layout, footprints: Sequence[Footprint], path: Path, band: int | None = None
) -> tuple[list[dict[str, object]], dict[str, object]]:
    """Return the people of each footprint by a raster, and what the box about all of them holds.

    Parameters
    ----------
    layout, footprints
        Planar metres of ``layout.crs``.
    path
        A GeoTIFF with the number of people in each cell (not per km²: that cannot be told apart).
    band
        From 1; may be left out where there is only one.

    Returns
    -------
    rows
        One for each footprint; see :class:`geo.analysis.population.Population`. Cells without a
        value count as 0 people.
    balance
        The row of the raster in the balance: the people in the box (in planar metres) that holds
        the layout's bounds and every outer offset.

    Raises
    ------
    RasterError
        If the file is no GeoTIFF, has no reference system, several bands and none is named, a
        turned grid, negative or infinite values, or no value near the layout.
    MissingDependencyError
        If ``rasterio`` or ``exactextract`` is not installed.
    """
    rasterio, exactextract = (_package(name) for name in ("rasterio", "exactextract"))
    with _opened(rasterio, path) as dataset:
        number = _checked(dataset, path, band)
        union = union_of(footprints)
        stacked = [*(f.three for f in footprints), union]
        planar = np.concatenate([*stacked, [_box(layout, stacked)]])
        shapes = _reprojected(planar, layout.crs, dataset, path)
        sums = _sums(exactextract, dataset, number, shapes)
        name = f"{path.name}, band {number}" if dataset.count > 1 else path.name
        cell = abs(dataset.transform.a * dataset.transform.e)
    _check_values(sums[-1], path)
    cells = shapely.area(shapes) / cell
    rows = []
    for k, footprint in enumerate(footprints):
        inner, central, outer = sums[3 * k : 3 * k + 3]
        whole = cells[3 * k + 1]
        covered = min(central["cells"] / whole, 1.0) if whole else float("nan")
        rows.append(
            {
                **footprint.row(),
                "population_low": inner["people"],
                "population": central["people"],
                "population_high": outer["people"],
                "possible_low": inner["within"],
                "possible_high": outer["touched"],
                "covered_share": covered,
                "nodata_share": 1 - covered,
                "method": " / ".join(say("population.method.raster", lang) for lang in LANGUAGES),
                "basis": name,
                "source": footprint.source,
                "population_source": name,
                "unit_source": "",
                # What a raster is worth nobody says here: it makes no footprint more certain.
                "confidence": footprint.confidence if footprint.confidence != "high" else "medium",
            }
        )
    total = sums[-1]["people"]
    low, central_sum, high = (s["people"] for s in sums[-4:-1])
    balance: dict[str, object] = {
        "id": name, "name_zh": name, "name_en": name, "level": "raster", "adcode": "",
        "city_adcode": "", "population": total, "basis": name, "counted": total,
        "placement": "raster", "why_zh": say("population.placement.raster", "zh"), "why_en": say("population.placement.raster", "en"), "units": "",
        "placed": total, "unplaced": 0.0,
        "in_footprints_low": low, "in_footprints": central_sum, "in_footprints_high": high,
        "outside": total - central_sum, "source": name, "confidence": "medium",
    }  # fmt: skip
    return rows, balance


def _package(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingDependencyError(
            f"a raster of people needs the package {name}: "
            'pip install "innovation-corridors[raster]"'
        ) from error


@contextmanager
def _opened(rasterio: Any, path: Path) -> Iterator[Any]:
    if not path.is_file():
        raise RasterError(f"no file {path}: give the path of a GeoTIFF on this machine")
    with warnings.catch_warnings():
        # What is not georeferenced is refused below; the rest are notes to rasterio's authors.
        warnings.simplefilter("ignore")
        try:
            dataset = rasterio.open(path, driver="GTiff")
        except rasterio.errors.RasterioIOError as error:
            raise RasterError(
                f"{path} is no GeoTIFF that can be read: save it as one, such as with "
                "gdal_translate -of GTiff"
            ) from error
        with dataset:
            try:
                yield dataset
            except rasterio.errors.RasterioIOError as error:
                raise RasterError(f"{path} breaks off or is damaged: fetch it again") from error


def _checked(dataset: Any, path: Path, band: int | None) -> int:
    if dataset.crs is None:
        raise RasterError(
            f"{path} does not say its reference system: set it, such as with "
            "gdal_edit.py -a_srs EPSG:4326 if it is in WGS84 degrees"
        )
    grid = dataset.transform
    if grid.b or grid.d or grid.a <= 0 or grid.e >= 0:
        raise RasterError(
            f"{path}: its grid is turned, mirrored or has no position (north must be up): "
            "write it anew with gdalwarp -r sum, which keeps the number of people"
        )
    if band is None and dataset.count > 1:
        names = ", ".join(
            f"{k} ({text})" if text else str(k) for k, text in enumerate(dataset.descriptions, 1)
        )
        raise RasterError(
            f"{path} has {dataset.count} bands: say with band= which one counts people: {names}"
        )
    number = 1 if band is None else band
    if not 1 <= number <= dataset.count:
        raise RasterError(f"{path} has no band {number}: give band= from 1 to {dataset.count}")
    return number


def _box(layout: Layout, stacked: Sequence[NDArray[np.object_]]) -> BaseGeometry:
    """Return the box about the layout's bounds and every outer offset, planar metres."""
    shapes = [three[2] for three in stacked]
    degrees = bounds(layout)
    if np.isfinite(degrees).all():
        shapes.append(project(shapely.segmentize(shapely.box(*degrees), 0.01), layout.crs))
    box: BaseGeometry = shapely.box(*shapely.total_bounds(np.array(shapes, dtype=object)))
    return box


def _reprojected(
    shapes: NDArray[np.object_], crs: CRS, dataset: Any, path: Path
) -> NDArray[np.object_]:
    fine = shapely.segmentize(shapes, STEP_M)
    try:
        there = Transformer.from_crs(crs, CRS.from_wkt(dataset.crs.to_wkt()), always_xy=True)
        moved = shapely.transform(fine, lambda xy: np.column_stack(there.transform(*xy.T)))
    except ProjError as error:
        raise RasterError(
            f"{path}: the layout cannot be taken into its reference system "
            f"({dataset.crs.to_string()[:60]}): use a raster in EPSG:4326 or a UTM zone"
        ) from error
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        raise RasterError(
            f"{path}: its reference system ({dataset.crs.to_string()[:60]}) does not reach the "
            "layout: use a raster in EPSG:4326 or a UTM zone"
        )
    return np.asarray(moved)


def _sums(
    exactextract: Any, dataset: Any, band: int, shapes: NDArray[np.object_]
) -> list[dict[str, float]]:
    """Return for each shape its people, cells with a value, and people of whole and touched cells."""
    source = import_module("exactextract.raster").RasterioRasterSource(dataset, band)
    filled = np.flatnonzero(~shapely.is_empty(shapes))
    features = [
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shapes[k])}
        for k in filled
    ]
    wkt = dataset.crs.wkt
    answers = exactextract.exact_extract(
        source,
        import_module("exactextract.feature").JSONFeatureSource(features, srs_wkt=wkt),
        [
            "people=sum",
            "cells=count",
            "least=min",
            f"within=sum(coverage_weight=none,min_coverage_frac={WHOLE})",
            "touched=sum(coverage_weight=none)",
        ],
        strategy="feature-sequential",
        max_cells_in_memory=CELLS,
    )
    found = [{"people": 0.0, "cells": 0.0, "within": 0.0, "touched": 0.0} for _ in shapes]
    for k, answer in zip(filled, answers, strict=True):
        found[k] = {
            name: float("nan") if value is None else float(value)
            for name, value in answer["properties"].items()
        }
    return found


def _check_values(box: dict[str, float], path: Path) -> None:
    if not box["cells"]:
        raise RasterError(
            f"{path} has no value in the box about the layout: use a raster of that place (longitudes "
            "from -180 to 180), and look whether its nodata value is right"
        )
    if box["least"] < 0:
        raise RasterError(
            f"{path}: a cell near the layout has {box['least']:g} people: if that stands for no "
            f"data, say so with gdal_edit.py -a_nodata {box['least']:g}, otherwise correct it"
        )
    if not np.isfinite(box["people"]):
        raise RasterError(f"{path}: a cell near the layout is infinite: mark it as nodata")
