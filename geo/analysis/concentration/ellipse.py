"""Mean centres and standard deviational ellipses, and how they lie against the axes of a layout."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.stats import norm

from geo.analysis.cloud import Cloud
from geo.analysis.concentration.result import Layered, Reason, reasons
from geo.analysis.concentration.study import cloud_for, groups_of
from geo.analysis.provenance import provenance_of
from geo.errors import PointsError
from geo.measure import laea, outline, project, project_points, unproject
from geo.words import LANGUAGES

__all__ = ["Ellipses", "Spread", "Variant", "mean_centres", "spread_of"]

Floats = NDArray[np.float64]
Variant = Literal["crimestat", "yuill"]
ROUND = 1.1
"""Of an ellipse whose axes differ by less than this, the azimuth says little."""
BENT = 1.2
"""Of an axis more sinuous than this, the direction from end to end says little."""


@dataclass(frozen=True)
class Spread:
    """Mean centre and standard deviational ellipse of points in a plane.

    Attributes
    ----------
    x, y
        The mean centre.
    major, minor
        Semi-axes.
    azimuth_deg
        Of the major axis, clockwise from the direction of y, in [0, 180).
    azimuth_se_deg
        Its standard error.
    standard_distance
        Root mean square distance from the centre.
    """

    x: float
    y: float
    major: float
    minor: float
    azimuth_deg: float
    azimuth_se_deg: float
    standard_distance: float


def spread_of(xy: Floats, weight: Floats, variant: Variant = "crimestat") -> Spread:
    """Return mean centre and standard deviational ellipse.

    Parameters
    ----------
    xy
        Shape (n, 2), planar.
    weight
        Shape (n,), 0 or more, not all 0.
    variant
        ``yuill``: semi-axes are the standard deviations along the two axes, divisor Σw (Yuill,
        1971). ``crimestat``: times √2 and √(n / (n − 2)) (Levine, CrimeStat, chapter 4), NaN below
        three points.

    Notes
    -----
    The angle is that of Ebdon (1985, *Statistics in Geography*, section 7.4) in both:
    tan θ = (A + √(A² + 4 C²)) / 2C with A = Σw x'² − Σw y'² and C = Σw x'y', θ clockwise from y;
    it is the direction of the first principal component, as which it is computed here. Its
    standard error is that of a principal axis of normal data (Anderson, 1963, *Asymptotic theory
    for principal component analysis*), with (Σw)² / Σw² as the number of points.
    """
    total = weight.sum()
    centre = weight @ xy / total
    away = xy - centre
    xx, yy, cross = (float(weight @ v / total) for v in (away[:, 0] ** 2, away[:, 1] ** 2, away[:, 0] * away[:, 1]))  # fmt: skip
    half, gap = (xx + yy) / 2, math.hypot((xx - yy) / 2, cross)
    large, small = half + gap, max(half - gap, 0.0)
    azimuth = (
        math.degrees(0.5 * math.atan2(2 * cross, yy - xx)) % 180.0 if gap > 0 else float("nan")
    )
    n = float(total**2 / (weight @ weight))
    error = (
        math.degrees(math.sqrt(large * small / n) / (large - small)) if gap > 0 else float("nan")
    )
    used = int((weight > 0).sum())
    factor = 1.0
    if variant == "crimestat":
        factor = math.sqrt(2 * used / (used - 2)) if used > 2 else float("nan")
    return Spread(
        float(centre[0]), float(centre[1]), factor * math.sqrt(large), factor * math.sqrt(small),
        azimuth, error, math.sqrt(xx + yy),
    )  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Ellipses(Layered):
    """What :func:`mean_centres` returns.

    Attributes
    ----------
    axes
        One row for each group and axis of the layout: azimuths, and ``difference_deg`` with its band.
    """

    axes: pd.DataFrame


def mean_centres(
    points: Any,
    layout: Any = None,
    *,
    by: str | None = None,
    weight: str | None = None,
    year: str | None = None,
    variant: Variant = "crimestat",
    level: float = 0.95,
    few: int = 10,
    **source: Any,
) -> Ellipses:
    """Return mean centres and standard deviational ellipses, against the axes of a layout.

    Parameters
    ----------
    points, by, weight, **source
        As for ``geo.coverage``; weights are 0 or more.
    layout
        Its corridors and belts give the axes; without one there are none.
    year
        Column by which points are grouped as well, such as a year: where the centre moves.
    variant
        As for :func:`spread_of`.
    level
        Of the interval of differences.
    few
        Rows that rest on fewer points are marked.

    Returns
    -------
    Ellipses
        ``table``, whose rows have the ellipses as shapes: by category and year, ``count``,
        ``weight``, ``lon``, ``lat`` of the mean centre, ``centre_err_m`` (it is no further off than
        the weighted mean of the points' errors), ``standard_distance_km``, ``semi_major_km``,
        ``semi_minor_km``, ``axis_ratio``, ``ellipse_km2``, ``azimuth_deg`` with ``azimuth_se_deg``,
        ``share_inside`` of the weight that is in the ellipse, ``variant``.
        ``axes``: ``difference_deg`` (0 along the axis, 90 across) with ``difference_deg_low``
        and ``_high``, the interval by the standard error of the ellipse's azimuth. The azimuth of
        an axis is that from end to end, ``sinuosity`` says how much it bends. Each azimuth is true
        where it is measured: at the mean centre, and at the middle of the axis.

    Raises
    ------
    PointsError
        As ``geo.coverage``; and for a variant that is not known.
    """
    if variant not in ("crimestat", "yuill"):
        raise PointsError(f"unknown variant {variant!r} of the ellipse: crimestat or yuill")
    columns = [year] if year else []
    cloud = cloud_for(points, by=by, weight=weight, columns=columns, **source)
    rows, shapes, spreads = [], [], []
    for name, those in groups_of(cloud):
        for when, own in _years(cloud, year, those):
            row, shape, spread = _ellipse(cloud, own, variant, few)
            head = {"by": name} | ({"year": when} if year else {})
            rows.append(head | row)
            shapes.append(shape)
            spreads.append((head, spread))
    axes = _axes(layout)
    found = [_against(head, s, axis, level) for head, s in spreads for axis in axes]
    table = pd.DataFrame(found, columns=None if found else _AXIS_COLUMNS)
    crs = laea(rows[0]["lon"], rows[0]["lat"]) if np.isfinite(rows[0]["lon"]) else None
    provenance = provenance_of(
        f"concentration.method.ellipse-{variant}", cloud=cloud, crs=crs, by=by, weight=weight,
        year=year, variant=variant, level=level, few=few, centred="each group's mean centre",
    )  # fmt: skip
    return Ellipses(pd.DataFrame(rows), provenance, lambda: shapes, table)


def _years(cloud: Cloud, year: str | None, those: NDArray[np.bool_]) -> list[tuple[str, Any]]:
    if year is None:
        return [("", those)]
    values = np.array([_text(v) for v in cloud.columns[year]])
    return [("", those), *((v, those & (values == v)) for v in sorted(set(values[those])) if v)]


def _text(value: Any) -> str:
    if value is None or value != value:  # not a number
        return ""
    return (
        str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
    )


def _ellipse(
    cloud: Cloud, those: NDArray[np.bool_], variant: Variant, few: int
) -> tuple[dict[str, Any], Any, Spread | None]:
    weight = cloud.weight[those]
    n, total = int((weight > 0).sum()), float(weight.sum())
    row: dict[str, Any] = {"count": int(those.sum()), "weight": total}
    if n == 0:
        blank = dict.fromkeys(_FIGURES, float("nan"))
        why: list[Reason] = [("nothing-there", {})]
        return row | blank | {"variant": variant, "few": True} | reasons(why), None, None
    lon, lat = cloud.lon[those], cloud.lat[those]
    crs = laea(float(weight @ lon / total), float(weight @ lat / total))
    middle = weight @ project_points(lon, lat, crs) / total
    # Directions are true only at a projection's centre: centre it on the mean.
    centre = unproject(shapely.Point(middle), crs)
    crs = laea(centre.x, centre.y)
    xy = project_points(lon, lat, crs)
    spread = spread_of(xy, weight, variant)
    ratio = spread.major / spread.minor if spread.minor > 1e-6 else float("nan")
    shape, inside = None, float("nan")
    if np.isfinite(ratio):
        shape = outline(_polygon(spread), crs)
        inside = float(weight[_holds(spread, xy)].sum() / total)
    row |= {
        "lon": centre.x, "lat": centre.y, "centre_err_m": float(weight @ cloud.err_m[those] / total),
        "standard_distance_km": spread.standard_distance / 1000, "semi_major_km": spread.major / 1000,
        "semi_minor_km": spread.minor / 1000, "axis_ratio": ratio,
        "ellipse_km2": math.pi * spread.major * spread.minor / 1e6, "azimuth_deg": spread.azimuth_deg,
        "azimuth_se_deg": spread.azimuth_se_deg, "share_inside": inside, "variant": variant,
        "few": n < few,
    }  # fmt: skip
    why = [("few", {"n": n, "few": few})] if n < few else []
    if not np.isfinite(ratio):
        why.append(("no-ellipse", {}))
    elif ratio < ROUND:
        why.append(("round", {"ratio": ratio}))
    return row | reasons(why), shape, spread


_FIGURES = (
    "lon", "lat", "centre_err_m", "standard_distance_km", "semi_major_km", "semi_minor_km", "axis_ratio",
    "ellipse_km2", "azimuth_deg", "azimuth_se_deg", "share_inside",
)  # fmt: skip


_AXIS_COLUMNS = [
    "by", "axis", "axis_zh", "axis_en", "axis_azimuth_deg", "sinuosity", "azimuth_deg",
    "difference_deg_low", "difference_deg", "difference_deg_high", "why_zh", "why_en",
]  # fmt: skip


def _along_across(s: Spread, xy: Floats) -> Floats:
    a = math.radians(s.azimuth_deg)
    axes = np.array([[math.sin(a), math.cos(a)], [math.cos(a), -math.sin(a)]])
    return np.asarray((xy - [s.x, s.y]) @ axes.T)


def _holds(s: Spread, xy: Floats) -> NDArray[np.bool_]:
    own = _along_across(s, xy) / [s.major, s.minor]
    return np.asarray((own**2).sum(axis=1) <= 1)


def _polygon(s: Spread) -> shapely.Polygon:
    t = np.linspace(0, 2 * math.pi, 181)[:-1]
    a = math.radians(s.azimuth_deg)
    along, across = s.major * np.cos(t), s.minor * np.sin(t)
    x = along * math.sin(a) + across * math.cos(a)
    y = along * math.cos(a) - across * math.sin(a)
    return shapely.Polygon(np.column_stack([s.x + x, s.y + y]))


def _axes(layout: Any) -> list[dict[str, Any]]:
    """Return the axes of corridors and belts with their direction from end to end."""
    if layout is None:
        return []
    found = []
    for item in [*layout.of_layer("corridor"), *layout.of_layer("belt")]:
        axis = getattr(item, "axis", None)
        if axis is None:
            continue
        west, south, east, north = axis.bounds
        rough = laea((west + east) / 2, (south + north) / 2)
        middle = unproject(project(axis, rough).interpolate(0.5, normalized=True), rough)
        line = project(axis, laea(middle.x, middle.y))
        dx, dy = np.subtract(line.coords[-1], line.coords[0])
        straight = math.hypot(dx, dy)
        names = {f"axis_{lang}": getattr(item, f"name_{lang}") for lang in LANGUAGES}
        found.append(
            {"axis": item.id} | names | {
                "axis_azimuth_deg": math.degrees(math.atan2(dx, dy)) % 180.0 if straight else float("nan"),
                "sinuosity": line.length / straight if straight else float("inf"),
            }
        )  # fmt: skip
    return found


def _against(head: dict[str, Any], s: Spread | None, axis: dict[str, Any], level: float) -> dict[str, Any]:  # fmt: skip
    azimuth = s.azimuth_deg if s is not None else float("nan")
    own = axis["axis_azimuth_deg"]
    # An axis has no direction: 170 and 10 degrees are 20 apart.
    difference = abs((azimuth - own + 90) % 180 - 90)
    wide = norm.ppf((1 + level) / 2) * s.azimuth_se_deg if s is not None else float("nan")
    why: list[Reason] = []
    if s is not None and s.major < ROUND * s.minor:
        why.append(("round", {"ratio": s.major / s.minor}))
    if axis["sinuosity"] > BENT:
        why.append(("bent", {"sinuosity": axis["sinuosity"]}))
    return head | axis | {
        "azimuth_deg": azimuth, "difference_deg_low": max(difference - wide, 0.0) if wide == wide else wide,
        "difference_deg": difference, "difference_deg_high": min(difference + wide, 90.0) if wide == wide else wide,
    } | reasons(why)  # fmt: skip
