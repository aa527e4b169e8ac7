"""What an upload seems to hold, before all of it is read: columns, their roles, the datum's evidence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import PointsError
from geo.io.columns import ERR_NAME, Roles, find_column, roles_of
from geo.io.points import Points, points_of
from geo.io.positions import coordinates_of, locate_rows
from geo.io.reading import AUTO, LABEL_NAMES, Known, Reading, declared, detected
from geo.io.uploads import LIMITS, Limits, Progress, Stored, Upload, stored
from geo.measure.detect import Detection, parse_datum

__all__ = ["Choice", "Preview", "preview_of", "read_upload"]

BY_NAMES = (
    "行业", "行业类别", "行业名称", "所属行业", "产业", "产业类别", "产业类型", "类别", "类型", "分类", "大类", "性质",
    "industry", "category", "type", "class", "kind", "sector",
)  # fmt: skip
WEIGHT_NAMES = (
    "员工数", "员工人数", "从业人数", "从业人员", "人数", "职工人数", "就业人数", "营收", "营收(万元)", "营业收入", "产值",
    "面积", "人口", "权重", "staff", "employees", "headcount", "weight", "population", "revenue",
)  # fmt: skip
_SAMPLE, _SHOWN = 20_000, 20
_FEW = 60
"""A column with more different values is no category that a person reads."""
_METRES = 111_195.0
"""Length of a degree of a great circle."""


@dataclass(frozen=True)
class Choice:
    """How the columns of an upload are to be read.

    Attributes
    ----------
    layer
        Sheet or layer; blank for the only one.
    lon, lat, pair, geometry
        Columns of the position: two of numbers, or one of both as text, or the layer's own points.
    datum
        As ``geo.coverage`` takes it, or ``crs:…`` for a reference system that the file declares.
    swapped
        Whether the first coordinate is the latitude or northing.
    by, weight, label
        Columns of the category, the weight and the name, or blank.
    err_m
        Positional error of points for which no column gives one, metres.
    """

    layer: str = ""
    lon: str = ""
    lat: str = ""
    pair: str = ""
    geometry: str = ""
    datum: str = AUTO
    swapped: bool = False
    by: str = ""
    weight: str = ""
    label: str = ""
    err_m: float = 0.0

    def roles(self, columns: Sequence[str]) -> Roles:
        """Return which columns hold the position."""
        err = ERR_NAME if ERR_NAME in columns else ""
        if self.lon and self.lat:
            return Roles(lon=self.lon, lat=self.lat, err=err)
        return Roles(pair=self.pair, geometry="" if self.pair else self.geometry, err=err)


@dataclass(frozen=True, eq=False, repr=False)
class Preview:
    """What the first rows of an upload show.

    Attributes
    ----------
    name, digest, form
        Of the upload.
    layers
        Its sheets or layers, where there are several.
    holds
        ``points`` or ``areas``.
    columns
        Names of the columns that are no geometry.
    rows
        The first rows, as they stand.
    encoding
        Of a text, or blank.
    crs
        What it declares of its reference system, or blank.
    choice
        The roles that are proposed.
    detection
        What the coordinates show of their datum; ``None`` where they have no columns yet.
    declared
        The datum that the file declares, or blank.
    x, y
        Coordinates of the sample as they stand, shape (n,), NaN where unusable.
    sampled, usable
        How many rows were looked at, and how many of them have a usable position.
    """

    name: str
    digest: str
    form: str
    layers: tuple[str, ...]
    holds: Literal["points", "areas"]
    columns: tuple[str, ...]
    rows: pd.DataFrame
    encoding: str = ""
    crs: str = ""
    choice: Choice = Choice()
    detection: Detection | None = None
    declared: str = ""
    x: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    y: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    sampled: int = 0
    usable: int = 0


def preview_of(
    upload: Upload,
    *,
    layer: str = "",
    position: Mapping[str, str] | None = None,
    known: Known | None = None,
    limits: Limits = LIMITS,
) -> Preview:
    """Return what an upload seems to hold.

    Parameters
    ----------
    upload
        The file.
    layer
        Sheet or layer; by default the first.
    position
        Columns of the position by role (``lon``, ``lat``, ``pair``) where the person names them.
    known
        What helps to detect the datum (``geo.analysis.targets.known_of`` of a layout).
    limits
        How much of it is read.

    Raises
    ------
    PointsError
        If it is refused or cannot be read; the message says how to mend it.
    """
    with stored(upload, limits) as files:
        own = layer if layer in files.layers else (files.layers[0] if files.layers else "")
        base: dict[str, Any] = {
            "name": files.name,
            "digest": upload.digest,
            "form": files.form,
            "layers": files.layers,
        }
        if _holds_areas(files, own):
            from geo.io.areas import first_rows

            rows, crs = first_rows(files, own, _SHOWN)
            label = find_column(rows.columns, LABEL_NAMES) or ""
            told = _declared(crs, files.name)
            choice = Choice(layer=own, label=label, datum=told or AUTO)
            return Preview(**base, holds="areas", columns=tuple(map(str, rows.columns)), rows=rows, crs=crs, choice=choice, declared=told)  # fmt: skip
        return _of_points(files, own, position or {}, known or Known(), base)


def _of_points(
    files: Stored, layer: str, position: Mapping[str, str], known: Known, base: dict[str, Any]
) -> Preview:
    source = files.source(layer)
    columns = tuple(c for c in source.columns if c != source.geometry)
    sample = source.sample(source.columns, _SAMPLE)
    count = max((len(v) for v in sample.values()), default=0)
    table = pd.DataFrame({c: _objects(sample[c]) for c in columns})
    choice = replace(
        _roles_proposed(source.columns, source.geometry, position, files.name),
        layer=layer, **_meanings_proposed(table),
    )  # fmt: skip
    preview = Preview(
        **base, holds="points", columns=columns, rows=table.head(_SHOWN), encoding=source.encoding,
        crs=source.crs, choice=choice, sampled=count,
    )  # fmt: skip
    roles = choice.roles(source.columns)
    if not (roles.lon or roles.pair or roles.geometry):
        return preview
    if not count:
        raise PointsError(f"{files.name}: a header but no rows; nothing to read")
    x, y = coordinates_of(sample, roles, files.name)
    told = _declared(source.crs, files.name) if roles.geometry else ""
    detection = None
    if not told.startswith("crs:"):
        detection = detected(source, roles, known)
    datum = told or (detection.datum if detection else "") or AUTO
    swapped = detection.swapped if detection and not roles.geometry else False
    if swapped and roles.lon and not position:
        # Proposed the other way round, so that the columns' roles say what is read.
        choice, swapped, x, y = replace(choice, lon=roles.lat, lat=roles.lon), False, y, x
        roles = choice.roles(source.columns)
    at = locate_rows(sample, roles, "wgs84" if datum == AUTO else datum, swapped=swapped, where=files.name)  # fmt: skip
    err = 0.0 if roles.err else _rounding_m(x, y, datum)
    return replace(
        preview, choice=replace(choice, datum=datum, swapped=swapped, err_m=err), detection=detection,
        declared=told, x=x, y=y, usable=len(at.lon),
    )  # fmt: skip


def _declared(crs: str, name: str) -> str:
    return declared(crs, name) if crs else ""


def _holds_areas(files: Stored, layer: str) -> bool:
    """Return whether a layer holds polygons: by its declared kind, else by its first features."""
    if files.form in ("text", "book"):
        return False
    from geo.io.areas import kinds_of

    kinds = kinds_of(files, layer)
    return (
        bool(kinds) and not any("Point" in k for k in kinds) and any("Polygon" in k for k in kinds)
    )


def _roles_proposed(
    columns: Sequence[str], geometry: str, position: Mapping[str, str], name: str
) -> Choice:
    if position.get("lon") and position.get("lat"):
        return Choice(lon=position["lon"], lat=position["lat"])
    if position.get("pair"):
        return Choice(pair=position["pair"])
    try:
        found = roles_of(columns, geometry=geometry or None, name=name)
    except PointsError:
        # The person is asked for the columns.
        return Choice()
    return Choice(lon=found.lon, lat=found.lat, pair=found.pair, geometry=found.geometry)


def _meanings_proposed(table: pd.DataFrame) -> dict[str, Any]:
    """Return the columns that seem to hold a category, a weight and a name."""
    columns = list(map(str, table.columns))
    by = find_column([c for c in columns if 1 < table[c].nunique() <= _FEW], BY_NAMES)
    weight = find_column([c for c in columns if _numeric(table[c])], WEIGHT_NAMES)
    return {"by": by or "", "weight": weight or "", "label": find_column(columns, LABEL_NAMES) or ""}  # fmt: skip


def _numeric(column: pd.Series) -> bool:
    filled = column.dropna()
    numbers = pd.to_numeric(filled, errors="coerce")
    return len(filled) > 0 and bool(numbers.notna().mean() > 0.95)


def _objects(column: Any) -> pd.Series:
    values = column.to_pandas() if hasattr(column, "to_pandas") else pd.Series(column)
    return values.astype(object).where(values.notna(), None)


def _rounding_m(x: NDArray[np.float64], y: NDArray[np.float64], datum: str) -> float:
    """Return the error that the decimals of degrees leave at worst, metres; 0 below ten metres."""
    if datum.startswith(("epsg:", "crs:")):
        return 0.0
    values = np.concatenate([x, y])
    values = values[np.isfinite(values)][:4000]
    for decimals in range(5):
        scaled = values * 10**decimals
        if len(values) and (np.abs(scaled - np.round(scaled)) < 1e-6).mean() > 0.9:
            worst = 0.5 * 10.0**-decimals * _METRES * math.sqrt(2)
            return float(math.ceil(worst)) if decimals < 4 else 0.0
    return 0.0


def read_upload(
    upload: Upload, choice: Choice, *, limits: Limits = LIMITS, progress: Progress | None = None
) -> Points:
    """Read all of an upload as points.

    Parameters
    ----------
    upload
        The file.
    choice
        Which columns hold what, and the datum that the person confirmed.
    limits
        How much of it is read.
    progress
        Called with the rows or bytes that are done, and those there are (0: not known).

    Raises
    ------
    PointsError
        If it is refused or cannot be read, or no datum is chosen.
    DatumError
        If the datum is not known.
    """
    with stored(upload, limits) as files:
        source = files.source(choice.layer)
        roles = choice.roles(source.columns)
        if not roles.columns or choice.datum == AUTO:
            raise PointsError(
                f"{files.name}: choose the columns of the position and the datum first"
            )
        datum = choice.datum if choice.datum.startswith("crs:") else parse_datum(choice.datum)
        reading = Reading(roles, datum, choice.swapped, choice.by, choice.weight, choice.err_m)
        source.progress = progress
        return replace(points_of(source, reading), name=files.name)
