"""A belt as an object: an oriented rectangle of given length and width."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS
from shapely import LineString, Point, Polygon

from geo.measure import laea, outline, project_points, unproject

__all__ = ["Belt", "azimuths_that_hold", "fit_belt_to_seats", "most_held"]


@dataclass(frozen=True)
class Belt:
    """An oriented rectangle on the ground.

    Lengths and areas are those of the Lambert azimuthal equal-area projection centred on the belt
    (areas exact; lengths within 1e-4 over 150 km).

    Parameters
    ----------
    lon, lat
        Centre, WGS84 degrees.
    azimuth_deg
        Azimuth of the long axis, clockwise from north; taken modulo 180.
    length_km, width_km
        Extent along and across the axis.

    Raises
    ------
    ValueError
        If a length is not positive or a number is not finite.
    """

    lon: float
    lat: float
    azimuth_deg: float
    length_km: float
    width_km: float

    def __post_init__(self) -> None:
        numbers = (self.lon, self.lat, self.azimuth_deg, self.length_km, self.width_km)
        if not all(map(math.isfinite, numbers)):
            raise ValueError(f"a belt needs finite numbers, not {numbers}")
        if self.length_km <= 0 or self.width_km <= 0:
            raise ValueError(
                f"a belt needs a positive length and width, not {self.length_km} × {self.width_km} km"
            )
        object.__setattr__(self, "azimuth_deg", self.azimuth_deg % 180.0)

    @classmethod
    def from_corners(cls, corners: ArrayLike) -> Belt:
        """Return the belt with four given corners.

        Parameters
        ----------
        corners
            Shape (4, 2): longitude, latitude of the corners in order around the belt.

        Raises
        ------
        ValueError
            If they are not four, or their sides do not make a rectangle within 1 %.
        """
        lonlat = np.asarray(corners, dtype=float)
        if lonlat.shape != (4, 2):
            raise ValueError(
                f"a belt has four corners of longitude and latitude, not {lonlat.shape}"
            )
        crs = laea(*lonlat.mean(axis=0))
        xy = project_points(lonlat[:, 0], lonlat[:, 1], crs)
        sides = np.hypot(*(np.roll(xy, -1, axis=0) - xy).T)
        diagonals = np.hypot(*(xy[2] - xy[0])), np.hypot(*(xy[3] - xy[1]))
        uneven = max(
            abs(sides[0] - sides[2]), abs(sides[1] - sides[3]), abs(diagonals[0] - diagonals[1])
        )
        if uneven > 0.01 * max(diagonals):
            raise ValueError(f"the four corners are no rectangle: sides differ by {uneven:,.0f} m")
        return cls.from_planar_corners(xy, crs)

    @classmethod
    def from_planar_corners(cls, corners: NDArray[np.float64], crs: CRS) -> Belt:
        """Return the belt with four corners (shape (4, 2)) in a planar projection."""
        edges = np.roll(corners, -1, axis=0) - corners
        lengths = np.hypot(*edges.T)
        first, second = (lengths[0] + lengths[2]) / 2, (lengths[1] + lengths[3]) / 2
        along = edges[0] if first >= second else edges[1]
        centre = unproject(Point(corners.mean(axis=0)), crs)
        return cls(
            centre.x,
            centre.y,
            math.degrees(math.atan2(along[0], along[1])) % 180,
            float(max(first, second)) / 1000,
            float(min(first, second)) / 1000,
        )

    @cached_property
    def crs(self) -> CRS:
        """Equal-area projection centred on the belt; its y axis points north."""
        return laea(self.lon, self.lat)

    @cached_property
    def _planar_corners(self) -> NDArray[np.float64]:
        along, across = self.length_km * 500, self.width_km * 500
        box = np.array([[-along, -across], [along, -across], [along, across], [-along, across]])
        return np.asarray(box @ self._axes)

    @cached_property
    def _axes(self) -> NDArray[np.float64]:
        """Rows: the unit vectors along and across (to the right) in planar x, y."""
        a = math.radians(self.azimuth_deg)
        return np.array([[math.sin(a), math.cos(a)], [math.cos(a), -math.sin(a)]])

    @property
    def corners(self) -> NDArray[np.float64]:
        """Shape (4, 2): longitude, latitude of the corners."""
        corners = unproject(shapely.MultiPoint(self._planar_corners), self.crs)
        return np.asarray(shapely.get_coordinates(corners))

    @cached_property
    def footprint(self) -> Polygon:
        """The rectangle as a WGS84 polygon, its edges densified to 2 km."""
        return outline(shapely.normalize(Polygon(self._planar_corners)), self.crs)

    @cached_property
    def axis(self) -> LineString:
        """The long axis as a WGS84 line, in the direction of the azimuth."""
        half = self._axes[0] * self.length_km * 500
        return outline(LineString([-half, half]), self.crs)

    @property
    def area_km2(self) -> float:
        """Length × width, which is the area on the ground since the projection keeps areas."""
        return self.length_km * self.width_km

    def along_across(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
        """Return where points lie in the belt's own axes.

        Parameters
        ----------
        lon, lat
            WGS84 degrees, shape (n,).

        Returns
        -------
        array of shape (n, 2)
            Kilometres along (from the centre, positive in the direction of the azimuth) and across
            (positive to the right).
        """
        xy = project_points(lon, lat, self.crs)
        return np.asarray(xy @ self._axes.T / 1000)

    def holds(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
        """Return whether each point lies in the belt (its edges count as inside)."""
        half = np.array([self.length_km, self.width_km]) / 2
        # A seat that defines the fitted rectangle lies on its edge: allow for rounding, 1 mm.
        return np.asarray((np.abs(self.along_across(lon, lat)) <= half + 1e-6).all(axis=1))

    def slack(self, lon: ArrayLike, lat: ArrayLike) -> tuple[float, float]:
        """Return the room left along and across the points, in km (negative: they do not fit)."""
        spans = np.ptp(self.along_across(lon, lat), axis=0)
        return float(self.length_km - spans[0]), float(self.width_km - spans[1])


def _planar(lon: ArrayLike, lat: ArrayLike) -> tuple[NDArray[np.float64], CRS]:
    lonlat = np.column_stack([np.asarray(lon, float), np.asarray(lat, float)])
    if len(lonlat) == 0:
        raise ValueError("no points: give at least one seat")
    middle = (lonlat.min(axis=0) + lonlat.max(axis=0)) / 2
    crs = laea(*middle)
    return project_points(lonlat[:, 0], lonlat[:, 1], crs), crs


def fit_belt_to_seats(
    lon: ArrayLike,
    lat: ArrayLike,
    *,
    length_km: float | None = None,
    width_km: float | None = None,
) -> Belt:
    """Return the belt fitted to seats: their minimum rotated rectangle.

    Parameters
    ----------
    lon, lat
        WGS84 degrees of at least three seats that are not on one line.
    length_km, width_km
        Where given, the belt keeps the rectangle's centre and azimuth and takes this size.

    Raises
    ------
    ValueError
        If the seats span no rectangle, or do not fit a given size at this azimuth.

    Notes
    -----
    The rectangle of least area has a side on the convex hull (Freeman and Shapira, 1975); it is
    found by ``shapely.minimum_rotated_rectangle`` in an equal-area projection centred on the seats.
    """
    xy, crs = _planar(lon, lat)
    # Directions are true only at a projection's centre: fit once more about the centre found.
    for _ in range(2):
        box = shapely.minimum_rotated_rectangle(shapely.MultiPoint(xy))
        if box.geom_type != "Polygon":
            raise ValueError(
                "the seats lie on one line or in one place: give at least three that do not"
            )
        fitted = Belt.from_planar_corners(shapely.get_coordinates(box.exterior)[:4], crs)
        crs = fitted.crs
        xy = project_points(lon, lat, crs)
    belt = Belt(
        fitted.lon,
        fitted.lat,
        fitted.azimuth_deg,
        fitted.length_km if length_km is None else length_km,
        fitted.width_km if width_km is None else width_km,
    )
    if min(belt.slack(lon, lat)) < -1e-3:
        raise ValueError(
            f"the seats span {fitted.length_km:.1f} × {fitted.width_km:.1f} km at azimuth "
            f"{fitted.azimuth_deg:.1f}°: they do not fit {belt.length_km:g} × {belt.width_km:g} km there"
        )
    return belt


def azimuths_that_hold(
    lon: ArrayLike, lat: ArrayLike, length_km: float, width_km: float, *, step_deg: float = 0.05
) -> list[tuple[float, float]]:
    """Return the ranges of azimuth at which a belt of given size can hold all points.

    Parameters
    ----------
    lon, lat
        WGS84 degrees.
    length_km, width_km
        Size of the belt.
    step_deg
        Step of the scan; the ends of each range are then bisected to 1e-6 degrees. A range
        narrower than the step can be missed.

    Returns
    -------
    list of (from, to)
        Degrees in [0, 180); a range across north is given with ``from > to``. Empty if no
        azimuth works.
    """
    xy, _ = _planar(lon, lat)

    def fits(azimuth: NDArray[np.float64]) -> NDArray[np.bool_]:
        a = np.radians(azimuth)[:, None]
        along = np.sin(a) * xy[:, 0] + np.cos(a) * xy[:, 1]
        across = np.cos(a) * xy[:, 0] - np.sin(a) * xy[:, 1]
        return np.asarray(
            (np.ptp(along, axis=1) <= length_km * 1000)
            & (np.ptp(across, axis=1) <= width_km * 1000)
        )

    grid = np.arange(0.0, 180.0, step_deg)
    works = fits(grid)
    if works.all():
        return [(0.0, 180.0)]

    def edge(inside: float, outside: float) -> float:
        for _ in range(40):
            middle = (inside + outside) / 2
            if fits(np.array([middle]))[0]:
                inside = middle
            else:
                outside = middle
        return float(inside % 180)

    starts = np.flatnonzero(works & ~np.roll(works, 1))
    ends = np.flatnonzero(works & ~np.roll(works, -1))
    if len(ends) and ends[0] < starts[0]:
        ends = np.roll(ends, -1)
    return [
        (edge(grid[s], grid[s] - step_deg), edge(grid[e], grid[e] + step_deg))
        for s, e in zip(starts, ends, strict=True)
    ]


def most_held(
    lon: ArrayLike, lat: ArrayLike, azimuth_deg: float, length_km: float, width_km: float
) -> tuple[int, Belt]:
    """Return the most points that a belt of given size and azimuth can hold, and such a belt.

    Every best placement can be slid until a point lies on its rear and one on its left edge, so
    trying the pairs of points is exact. Among the best ones the one nearest to the middle of all
    points is returned, centred on the points that it holds.

    Parameters
    ----------
    lon, lat
        WGS84 degrees; meant for a handful of seats (the work grows with the cube of their number).
    azimuth_deg, length_km, width_km
        The belt.
    """
    xy, crs = _planar(lon, lat)
    a = math.radians(azimuth_deg)
    axes = np.array([[math.sin(a), math.cos(a)], [math.cos(a), -math.sin(a)]])
    uv = xy @ axes.T
    size = np.array([length_km, width_km]) * 1000
    best: tuple[int, float, NDArray[np.float64]] | None = None
    for u in uv[:, 0]:
        for v in uv[:, 1]:
            inside = ((uv >= (u, v)) & (uv <= np.array([u, v]) + size)).all(axis=1)
            held = uv[inside]
            if not len(held):
                continue
            centre = (held.min(axis=0) + held.max(axis=0)) / 2
            rank = (len(held), -float(np.hypot(*centre)))
            if best is None or rank > (best[0], best[1]):
                best = (*rank, centre)
    if best is None:  # each point alone is held by some placement
        raise AssertionError("unreachable: a belt can hold any one point")
    middle = unproject(Point(best[2] @ axes), crs)
    return best[0], Belt(middle.x, middle.y, azimuth_deg, length_km, width_km)
