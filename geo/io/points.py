"""Tables of points as people have them: XLSX, CSV in Chinese encodings, GeoJSON and layers."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.errors import PointsError
from geo.measure import Datum, to_wgs84

__all__ = ["LAT_NAMES", "LON_NAMES", "Points", "read_points"]

LON_NAMES = (
    "经度",
    "lon",
    "lng",
    "long",
    "longitude",
    "x",
    "东经",
    "经度坐标",
    "lon_wgs84",
    "wgs84_lon",
    "lng_gcj02",
    "lng_bd09",
    "坐标x",
)
LAT_NAMES = (
    "纬度",
    "lat",
    "latitude",
    "y",
    "北纬",
    "纬度坐标",
    "lat_wgs84",
    "wgs84_lat",
    "lat_gcj02",
    "lat_bd09",
    "坐标y",
)
PAIR_NAMES = ("坐标", "经纬度", "location", "coordinates", "coords", "lonlat", "lnglat")
MAX_BYTES = 200_000_000
"""A file above this, packed or unpacked, is refused here."""
_MISSING = ((0.0, 0.0), (-0.0065, -0.0060))
"""Positions that stand for none: 0, 0 and its image when a converter took it for BD-09."""


@dataclass(frozen=True)
class Points:
    """Points read from a file.

    Attributes
    ----------
    frame
        WGS84 (EPSG:4326): the columns of the file, ``row`` (as a spreadsheet numbers it, the
        header being row 1) and ``err_m``.
    rejects
        Rows without a usable position: ``row``, ``reason``, ``lon``, ``lat`` as they were written.
    datum
        The datum that the file's coordinates were taken to be in.
    encoding
        Of a text file, else blank.
    """

    frame: gpd.GeoDataFrame
    rejects: pd.DataFrame
    datum: str
    encoding: str
    name: str

    def __len__(self) -> int:
        return len(self.frame)


def read_points(
    path: str | Path,
    *,
    datum: str = "wgs84",
    lon: str | None = None,
    lat: str | None = None,
    sheet: str | None = None,
    err_m: float = 0.0,
) -> Points:
    """Read a table of points and convert it to WGS84.

    Parameters
    ----------
    path
        XLSX, CSV or TSV (UTF-8, GB18030), GeoJSON, GeoPackage or Shapefile (zipped too).
    datum
        Datum of the coordinates: ``wgs84``, ``cgcs2000``, ``gcj02`` or ``bd09``.
    lon, lat
        Names of the columns, where they are not among the usual ones.
    sheet
        Sheet of a workbook; by default the first.
    err_m
        Positional error of points for which the file gives none in a column ``err_m``.

    Raises
    ------
    PointsError
        If the file cannot be read or no column holds coordinates; the message says how to mend it.
    DatumError
        If the datum is not known.
    """
    file = Path(path)
    known = Datum.of(datum)
    if not file.is_file():
        raise PointsError(f"{file}: no such file; check the path")
    size = file.stat().st_size
    if size == 0:
        raise PointsError(f"{file.name}: the file is empty; export it again")
    if size > MAX_BYTES:
        raise PointsError(
            f"{file.name}: {size / 1e6:,.0f} MB, above {MAX_BYTES / 1e6:,.0f} MB; split it"
        )
    suffix, encoding = file.suffix.lower(), ""
    if suffix in (".csv", ".tsv", ".txt"):
        table, encoding = _read_text(file)
    elif suffix in (".xlsx", ".xlsm"):
        table = _read_workbook(file, sheet)
    elif suffix in (".geojson", ".json", ".gpkg", ".shp", ".zip"):
        table = _read_layer(file)
    else:
        raise PointsError(
            f"{file.name}: unknown kind of file; use xlsx, csv, tsv, geojson, gpkg, shp or zip"
        )
    if not len(table):
        raise PointsError(f"{file.name}: a header but no rows; nothing to read")
    return _located(table, known, lon, lat, err_m, encoding, file.name)


def _read_text(file: Path) -> tuple[pd.DataFrame, str]:
    raw = file.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise PointsError(f"{file.name}: neither UTF-8 nor GB18030 text; save it as UTF-8 CSV")
    if "\x00" in text[:4096]:
        raise PointsError(
            f"{file.name}: binary, not text; is it a workbook that was renamed to .csv?"
        )
    head = text[: text.find("\n")] if "\n" in text else text
    delimiter = max(",\t;", key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise PointsError(
            f"{file.name}: not readable as CSV ({error}); save it as plain CSV"
        ) from error
    table = _table(rows, file.name)
    return table, {"utf-8-sig": "utf-8"}.get(encoding, encoding)


def _read_workbook(file: Path, sheet: str | None) -> pd.DataFrame:
    import openpyxl

    _check_unpacked(file)
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise PointsError(
            f"{file.name}: not a readable workbook ({error}); save it again as .xlsx"
        ) from error
    try:
        if sheet is not None and sheet not in book.sheetnames:
            raise PointsError(
                f"{file.name}: no sheet {sheet!r}; there are {', '.join(book.sheetnames)}"
            )
        page = book[sheet] if sheet is not None else book.worksheets[0]
        return _table([list(row) for row in page.iter_rows(values_only=True)], file.name)
    finally:
        book.close()


def _check_unpacked(file: Path) -> None:
    if not zipfile.is_zipfile(file):
        raise PointsError(f"{file.name}: not a workbook or zip inside; save it again")
    with zipfile.ZipFile(file) as packed:
        size = sum(entry.file_size for entry in packed.infolist())
    if size > 10 * MAX_BYTES:
        raise PointsError(
            f"{file.name}: unpacks to {size / 1e6:,.0f} MB, which is refused; split it"
        )


def _table(rows: list[list[Any]], name: str) -> pd.DataFrame:
    """Return rows as a table whose index is the row number that a spreadsheet shows."""
    if not rows or not any(cell not in (None, "") for cell in rows[0]):
        raise PointsError(f"{name}: no header in row 1; put the names of the columns there")
    names: list[str] = []
    for k, cell in enumerate(rows[0]):
        text = str(cell).strip() if cell not in (None, "") else f"column {k + 1}"
        names.append(text if text not in names else f"{text} ({k + 1})")
    width = len(names)
    body = [
        (number, [*row[:width], *[None] * (width - len(row))])
        for number, row in enumerate(rows[1:], 2)
        if any(cell not in (None, "") for cell in row)
    ]
    return pd.DataFrame(
        [r for _, r in body], columns=names, index=[n for n, _ in body], dtype=object
    )


def _read_layer(file: Path) -> pd.DataFrame:
    if file.suffix.lower() == ".zip":
        _check_unpacked(file)
    try:
        layer = gpd.read_file(file)
    except Exception as error:
        # The drivers raise many kinds of error: all of them mean that the file is no layer.
        raise PointsError(
            f"{file.name}: not readable as a layer ({error}); export it again"
        ) from error
    if "geometry" not in layer.columns or layer.geometry.isna().all():
        raise PointsError(f"{file.name}: a table without geometry; save it as CSV with coordinates")
    kinds = set(layer.geometry.geom_type.dropna()) - {"Point"}
    if kinds:
        raise PointsError(f"{file.name}: holds {', '.join(sorted(kinds))}, not points")
    if layer.crs is not None and not layer.crs.is_geographic:
        layer = layer.to_crs(4326)
    table = pd.DataFrame(layer.drop(columns="geometry")).astype(object)
    table["lon"], table["lat"] = layer.geometry.x.to_numpy(), layer.geometry.y.to_numpy()
    return table.set_axis(range(2, len(table) + 2))


def _half_width(text: str) -> str:
    """Return text with full-width digits and signs made plain."""
    return unicodedata.normalize("NFKC", text).replace("、", ",")


def _plain(name: object) -> str:
    return re.sub(r"[\s_\-()()°]", "", str(name)).lower()


def _find(columns: Iterable[str], names: Iterable[str]) -> str | None:
    by_plain = {_plain(c): c for c in reversed(list(columns))}
    return next((by_plain[_plain(n)] for n in names if _plain(n) in by_plain), None)


def _columns(
    table: pd.DataFrame, lon: str | None, lat: str | None, name: str
) -> tuple[pd.Series, pd.Series]:
    listed = ", ".join(map(str, table.columns))
    for wanted in filter(None, (lon, lat)):
        if wanted not in table.columns:
            raise PointsError(f"{name}: no column {wanted!r}; there are {listed}")
    x = lon or _find(table.columns, LON_NAMES)
    y = lat or _find(table.columns, LAT_NAMES)
    if x is not None and y is not None:
        return table[x], table[y]
    pair = _find(table.columns, PAIR_NAMES)
    if pair is None:
        raise PointsError(
            f"{name}: no columns of longitude and latitude among {listed}; name them with lon= and "
            "lat= (--lon, --lat)"
        )
    texts = table[pair].astype(str).map(_half_width).str.replace(r"[\[\]()\s]", "", regex=True)
    parts = texts.str.split(",", n=1, expand=True).reindex(columns=[0, 1])
    return parts[0], parts[1]


def _number(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = _half_width(str(value if value is not None else "")).strip().rstrip("°EeNn").strip()
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _located(
    table: pd.DataFrame,
    datum: Datum,
    lon: str | None,
    lat: str | None,
    err_m: float,
    encoding: str,
    name: str,
) -> Points:
    raw_x, raw_y = _columns(table, lon, lat, name)
    x, y = np.array([_number(v) for v in raw_x]), np.array([_number(v) for v in raw_y])
    reasons = _reasons(raw_x, raw_y, x, y)
    swapped = reasons == "swapped"
    if swapped.sum() > max(1, 0.5 * (np.isfinite(x) & np.isfinite(y)).sum()):
        raise PointsError(
            f"{name}: longitude and latitude look swapped in {int(swapped.sum())} rows; name the "
            "columns the other way round with lon= and lat= (--lon, --lat)"
        )
    good = reasons == ""
    wx, wy = to_wgs84(x[good], y[good], datum)
    frame = table[good].copy()
    frame["row"] = frame.index
    own = frame["err_m"] if "err_m" in frame.columns else pd.Series(err_m, index=frame.index)
    numbers = pd.to_numeric(own, errors="coerce").fillna(err_m)
    frame["err_m"] = numbers.clip(lower=0).astype(float)
    rejects = pd.DataFrame(
        {
            "row": table.index[~good],
            "reason": reasons[~good],
            "lon": [str(v) if v is not None else "" for v in raw_x[~good]],
            "lat": [str(v) if v is not None else "" for v in raw_y[~good]],
        }
    )
    points = gpd.GeoDataFrame(
        frame.reset_index(drop=True), geometry=shapely.points(wx, wy), crs=4326
    )
    return Points(points, rejects, datum.value, encoding, name)


def _reasons(
    raw_x: pd.Series, raw_y: pd.Series, x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[Any]:
    """Return why each row has no usable position: blank where it has one."""
    blank = np.array([_blank(a) or _blank(b) for a, b in zip(raw_x, raw_y, strict=True)])
    number = np.isfinite(x) & np.isfinite(y)
    nothing = np.zeros(len(x), dtype=bool)
    for px, py in _MISSING:
        nothing |= (np.abs(x - px) < 5e-5) & (np.abs(y - py) < 5e-5)
    off = (np.abs(y) > 90) | (np.abs(x) > 180)
    return np.select(
        [
            blank,
            ~number,
            nothing,
            # Latitudes stop at 90, so a second number above it is a longitude.
            number & (np.abs(y) > 90) & (np.abs(y) <= 180) & (np.abs(x) <= 90),
            number & off,
        ],
        ["blank", "not a number", "0, 0 for missing", "swapped", "out of range"],
        default="",
    )


def _blank(value: object) -> bool:
    return value is None or str(value).strip() in ("", "nan", "None", "-", "—", "/")
