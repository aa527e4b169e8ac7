"""Projected coordinates of China: convert them, and say which grid they are in by their size.

Gauss-Krueger grids of CGCS2000 with a zone prefix (easting 38 5xx xxx), without one, and Web
Mercator. Where points must lie in an area of interest, that area decides between meridians.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geo.errors import DatumError
from geo.measure.datums import Datum, to_wgs84
from geo.measure.detection import (
    CHINA,
    DATUMS,
    LANDS,
    STRAY,
    Box,
    Clues,
    Detection,
    unsure,
    within,
)
from geo.measure.evidence import Finding, Level, percent, title
from geo.words import Said

__all__ = ["mercator", "meridian", "parse_datum", "to_lonlat", "zoned"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_MAX_OFF_MERIDIAN = 6.0


@lru_cache(maxsize=64)
def _crs(code: str) -> CRS:
    try:
        crs = CRS.from_epsg(int(code.removeprefix("epsg:")))
    except (CRSError, ValueError) as error:
        raise DatumError(_unknown(code)) from error
    if not (crs.is_projected or crs.is_geographic):
        raise DatumError(f"{code} ({crs.name}) holds no plane or geographic coordinates")
    return crs


def _unknown(text: object) -> str:
    valid = ", ".join(d.value for d in Datum)
    return f"unknown datum {text!r}: use one of {valid}, or an EPSG code such as epsg:4547"


@lru_cache(maxsize=64)
def _transformer(code: str) -> Transformer:
    return Transformer.from_crs(_crs(code), CRS.from_epsg(4326), always_xy=True)


def parse_datum(text: str) -> str:
    """Return a datum's name as :class:`Detection` writes it.

    Parameters
    ----------
    text
        ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09`` however they are spelt, or an EPSG code:
        ``EPSG:4547``, ``epsg 4547`` or ``4547``.

    Raises
    ------
    DatumError
        If it is not known; the message lists the valid names.
    """
    code = re.fullmatch(r"\s*(?:epsg)?\s*[:_]?\s*(\d{4,5})\s*", str(text), re.IGNORECASE)
    if code and code[1] not in ("4326", "4490"):
        name = f"epsg:{code[1]}"
        _crs(name)
        return name
    try:
        return Datum.of(f"epsg{code[1]}" if code else text).value
    except DatumError as error:
        raise DatumError(_unknown(text)) from error


def to_lonlat(x: ArrayLike, y: ArrayLike, datum: str, swapped: bool = False) -> tuple[Array, Array]:
    """Convert two columns to WGS84 longitude and latitude.

    Parameters
    ----------
    x, y
        The columns, shape (n,): degrees, or metres for a projected reference. NaN stays NaN.
    datum
        A name that :func:`parse_datum` takes.
    swapped
        Whether the first column holds latitude or northing.

    Returns
    -------
    lon, lat
        WGS84 degrees; NaN where a row cannot be converted: out of range, or more than 6 degrees
        from the central meridian of a transverse Mercator zone (as with another zone's prefix).

    Raises
    ------
    DatumError
        If the datum is not known, or the columns differ in length.
    """
    name = parse_datum(datum)
    east, north = np.array(x, dtype=float), np.array(y, dtype=float)
    if east.shape != north.shape:
        raise DatumError(f"the two columns differ in shape: {east.shape} and {north.shape}")
    if swapped:
        east, north = north, east
    if not name.startswith("epsg:"):
        bad = ~((np.abs(east) <= 180) & (np.abs(north) <= 90))
        east[bad], north[bad] = np.nan, np.nan
        lon, lat = to_wgs84(east, north, name)
        return np.asarray(lon), np.asarray(lat)
    crs = _crs(name)
    bad = ~(np.isfinite(east) & np.isfinite(north))
    if crs.is_geographic:
        bad |= (np.abs(east) > 180) | (np.abs(north) > 90)
    else:
        # Another zone's prefix puts a row a thousand kilometres or more from the false easting.
        bad |= np.abs(east - _parameter(crs, "False easting")) > 2.1e7
    east[bad], north[bad] = 0.0, 0.0
    lon, lat = (np.asarray(v, dtype=float) for v in _transformer(name).transform(east, north))
    bad |= ~(np.isfinite(lon) & np.isfinite(lat)) | (np.abs(lon) > 180) | (np.abs(lat) > 90)
    method = crs.coordinate_operation.method_name if crs.coordinate_operation else ""
    if "Transverse Mercator" in method:
        middle = _parameter(crs, "Longitude of natural origin")
        bad |= np.abs(lon - middle) > _MAX_OFF_MERIDIAN
    return np.where(bad, np.nan, lon), np.where(bad, np.nan, lat)


def _is_known(code: str) -> bool:
    try:
        return bool(_crs(code).is_projected)
    except DatumError:
        return False


def _parameter(crs: CRS, name: str) -> float:
    operation = crs.coordinate_operation
    return next(
        (float(p.value) for p in (operation.params if operation else ()) if p.name == name), 0.0
    )


def _unroll(east: Array, north: Array, scale: float = 1.0) -> tuple[Array, Array]:
    """Return degrees from the central meridian, and latitude, of a transverse Mercator grid."""
    good = np.isfinite(east) & np.isfinite(north)
    grid = CRS.from_proj4(f"+proj=tmerc +lon_0=0 +k={scale} +x_0=500000 +ellps=GRS80 +type=crs")
    back = Transformer.from_crs(grid, grid.geodetic_crs, always_xy=True)
    lon, lat = back.transform(np.where(good, east, 5e5), np.where(good, north, 3e6))
    return np.where(good, lon, np.nan), np.where(good, lat, np.nan)


def _land(lon: Array, lat: Array, code: str) -> Mask:
    """Return which points lie in the latitudes for which a zone of China is meant."""
    area = _crs(code).area_of_use
    south, north = (area.south - 0.5, area.north + 0.5) if area else (-90.0, 90.0)
    box = (CHINA[0], max(south, CHINA[1]), CHINA[2], min(north, CHINA[3]))
    return within(lon, lat, box)


def _also_shifted(code: str, lon: Array, lat: Array) -> dict[str, tuple[Array, Array]]:
    """Return a grid's reading, and those in which the grid holds shifted coordinates."""
    out = ~within(lon, lat, CHINA)
    lon, lat = np.where(out, np.nan, lon), np.where(out, np.nan, lat)
    readings = {code: (lon, lat)}
    for datum in DATUMS[1:]:
        readings[f"{datum} in {code}"] = to_wgs84(lon, lat, datum)
    return readings


def _weigh(
    code: str, findings: list[Finding], lines: list[Said], *, trust: bool = False
) -> tuple[bool, Level]:
    """Return whether districts or places contradict a grid's reading, and how firmly they agree.

    Districts that were looked up with these coordinates agree with the grid whatever datum it
    holds; they are trusted only where they choose between grids.
    """
    for finding in findings:
        lines += finding.lines
    findings = [f for f in findings if trust or f.best != code or not f.computed]
    firm = {f.best for f in findings if f.level != "unsure"}
    against = frozenset().union(*(f.against for f in findings))
    levels = {"likely" if f.of == "districts" else f.level for f in findings if f.best == code}
    level: Level = "sure" if "sure" in levels else "likely" if levels else "unsure"
    return bool(code in against or firm - {code}), level


def zoned(
    east: Array, north: Array, rows: Mask, clues: Clues, lines: list[Said], swapped: bool
) -> Detection:
    """Say which zone eastings with a prefix are in (metres; ``rows`` are those that look so)."""
    zones = np.floor(east[rows] / 1e6).astype(int)
    zone = int(np.bincount(zones).argmax())
    share = float((zones == zone).mean())
    wide = zone < 25
    code = f"epsg:{(4491 + zone - 13) if wide else (4513 + zone - 25)}"
    own = rows & (np.floor(np.where(rows, east, 0) / 1e6) == zone)
    lon, lat = to_lonlat(np.where(own, east, np.nan), north, code)
    middle = _parameter(_crs(code), "Longitude of natural origin")
    fit = _land(lon, lat, code) & (np.abs(lon - middle) <= (3.5 if wide else 2))
    lands = float(fit[own].mean())
    near = float(within(lon, lat, clues.near)[own].mean()) if clues.near else 0.0
    # 13 to 15 million is also Web Mercator in eastern China; 43 to 45 also a prefixed UTM zone.
    other, there = f"epsg:{32600 + zone}" if zone > 42 else "", 0.0
    if zone < 16:
        other = "epsg:3857"
        there = float(within(*to_lonlat(east, north, other), clues.near or CHINA)[own].mean())
        if there >= LANDS and (lands < LANDS or (clues.near and near <= STRAY)):
            return mercator(east, north, rows, clues, lines, swapped)
    figures = {"share": percent(share), "n": int(rows.sum()), "zone": zone, "middle": middle}
    lines.append(Said("datum.grid.zone", width=6 if wide else 3, grid=title(code), **figures))
    xian, beijing = (2327 - 13, 21413 - 13) if wide else (2349 - 25, 2401 - 25)
    rivals = (f"epsg:{xian + zone}", f"epsg:{beijing + zone}")
    if share < 0.9 or lands < LANDS:
        lines.append(Said("datum.grid.lands", share=percent(lands)))
        doubt = Said("datum.doubt.several-zones" if share < 0.9 else "datum.doubt.outside-zone")
        return unsure(doubt, lines, (code,), swapped)
    if {"xian80", "beijing54"} & clues.named:
        kept = [r for r, n in zip(rivals, ("xian80", "beijing54"), strict=True) if n in clues.named]
        lines.append(Said("datum.names.older", columns=clues.columns))
        return unsure(Said("datum.doubt.older"), lines, (*kept, code), swapped)
    if clues.near:
        lines.append(Said("datum.grid.near", share=percent(near), zone=zone))
    contradicted, level = _weigh(code, clues.findings(_also_shifted(code, lon, lat), own), lines)
    if contradicted or not clues.named <= {"cgcs2000", "wgs84", code}:
        return unsure(Said("datum.doubt.zone-contradicted"), lines, (code,), swapped)
    if other and (near < LANDS or there > STRAY):
        lines.append(Said("datum.grid.also", grid=title(other)))
        return unsure(Said("datum.doubt.two-grids"), lines, (code, other), swapped)
    if near >= 0.5 or level == "sure" or clues.named & {"cgcs2000", code}:
        return Detection(code, swapped, "sure", tuple(lines), (code,))
    return Detection(code, swapped, "likely", tuple(lines), (code, *rivals))


def meridian(
    east: Array, north: Array, rows: Mask, clues: Clues, lines: list[Said], swapped: bool
) -> Detection:
    """Say on which central meridian eastings without a prefix are (metres)."""
    area: Box | None = clues.near
    if area is None and clues.units:
        box = np.array([g.bounds for _, _, g in clues.units if g is not None and not g.is_empty])
        area = (*box[:, :2].min(axis=0), *box[:, 2:].max(axis=0)) if len(box) else None
    shares: dict[str, float] = {}
    readings: dict[str, tuple[Array, Array]] = {}
    grids = [(f"epsg:{4534 + k}", 75 + 3 * k, 1.0) for k in range(21)]
    grids += [(f"epsg:{32600 + zone}", 6 * zone - 183, 0.9996) for zone in range(43, 54)]
    unrolled = {k: _unroll(np.where(rows, east, np.nan), north, k) for k in (1.0, 0.9996)}
    for code, middle, scale in grids:
        readings[code] = middle + unrolled[scale][0], unrolled[scale][1]
    codes = [c for c in clues.named if c.startswith("epsg:") and _is_known(c)]
    for code in codes:
        readings[code] = to_lonlat(np.where(rows, east, np.nan), north, code)
    for code, (lon, lat) in readings.items():
        lands = within(lon, lat, area) if area else _land(lon, lat, code)
        shares[code] = float(lands[rows].mean())
    order = sorted((c for c in shares if shares[c] > STRAY), key=lambda c: -shares[c])
    lines.append(Said("datum.grid.no-prefix"))
    if area and order:
        listed = [
            Said("datum.under.share", share=percent(shares[c]), datum=title(c)) for c in order[:5]
        ]
        lines.append(Said("datum.grid.shares", n=int(rows.sum()), shares=listed))
    if codes:
        order = codes + [c for c in order if c not in codes]
    if not clues.named <= {"cgcs2000", "wgs84", *codes} or len(codes) > 1:
        return unsure(Said("datum.doubt.another"), lines, order, swapped)
    if not order:
        return unsure(Said("datum.doubt.no-meridian"), lines, (), swapped)
    best = order[0]
    several = {c: readings[c] for c in order[:6]}
    chosen = len(order) == 1 or bool(codes)
    if chosen:
        several = _also_shifted(best, *readings[best])
    findings = clues.findings(several, rows) if area or codes else []
    firm = {f.best for f in findings if f.level != "unsure"}
    if len(firm) == 1 and not codes:
        best = next(iter(firm & shares.keys()), best)
    contradicted, level = _weigh(best, findings, lines, trust=not chosen)
    if contradicted or shares[best] < LANDS:
        return unsure(Said("datum.doubt.no-fit"), lines, order, swapped)
    if level != "unsure" or codes:
        return Detection(best, swapped, "sure" if codes else level, tuple(lines), (best,))
    if clues.near is None or len(order) > 1:
        return unsure(Said("datum.doubt.meridian"), lines, order, swapped)
    return Detection(best, swapped, "likely", tuple(lines), (best,))


def mercator(
    east: Array, north: Array, rows: Mask, clues: Clues, lines: list[Said], swapped: bool
) -> Detection:
    """Say whether metres of the size of Web Mercator are plain Web Mercator."""
    code = "epsg:3857"
    lon, lat = to_lonlat(np.where(rows, east, np.nan), north, code)
    lines.append(Said("datum.grid.mercator", n=int(rows.sum()), grid=title(code)))
    contradicted, level = _weigh(code, clues.findings(_also_shifted(code, lon, lat), rows), lines)
    if contradicted or not clues.named <= {"wgs84", code}:
        return unsure(Said("datum.doubt.not-mercator"), lines, (code,), swapped)
    if level == "unsure" and "wgs84" not in clues.named:
        return unsure(Said("datum.doubt.hidden"), lines, (code,), swapped)
    return Detection(code, swapped, "likely" if level == "unsure" else level, tuple(lines), (code,))
