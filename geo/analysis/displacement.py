"""Random displacements of footprints and points within their positional error.

A corridor's axis is moved sideways by a smooth random function of its chainage, a belt as a rigid
rectangle, what was built about places with them, a drawn boundary in or out as a whole. All lengths
are planar metres.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from geo.analysis.placements import moved
from geo.model.shapes import QUARTER, axis_footprint, width_at

__all__ = [
    "FAR", "Draw", "Law", "moved_axes", "moved_boundaries", "moved_discs", "moved_places",
    "moved_rectangles", "shifts", "smooth",
]  # fmt: skip

Floats = NDArray[np.float64]
Draw = Callable[[int], BaseGeometry]

FAR = 8.0
"""Standard deviations beyond which nothing is drawn: one draw in 10¹⁵ would be."""
_KNOTS = 4
"""Knots of the process convolution, and stations of the axis, in one correlation length."""
_RIM = 4.0
"""Correlation lengths that the knots run on beyond both ends; the kernel is 1e-7 there."""


@dataclass(frozen=True)
class Law:
    """A normal law about 0, cut off symmetrically.

    Attributes
    ----------
    sd
        Standard deviation before it is cut off, metres.
    bound
        Largest displacement, metres.
    """

    sd: float
    bound: float

    def of_normal(self, z: Floats) -> Floats:
        """Return displacements from standard normal numbers, rank by rank (a Gaussian copula)."""
        if self.sd == 0 or self.bound == 0:
            return np.zeros_like(z)
        tail = ndtr(-self.bound / self.sd)
        # By the lower tail of either side: near 1 a probability has no digits left.
        away = -self.sd * ndtri(tail + ndtr(-np.abs(z)) * (1 - 2 * tail))
        return np.asarray(np.copysign(np.minimum(away, self.bound), z))


def smooth(chainage: Floats, correlation: float) -> Floats:
    """Return the matrix that makes a smooth Gaussian process along a line out of white noise.

    Parameters
    ----------
    chainage
        Where the process is wanted, shape (n,).
    correlation
        Correlation length, same unit: the correlation at a distance d is exp(−½ (d / length)²).

    Returns
    -------
    array of shape (n, k)
        Times k independent standard normal numbers it has variance 1 everywhere.

    Notes
    -----
    A process convolution: independent noise at knots, smoothed by a Gaussian kernel (Higdon, 2002,
    Space and space-time modeling using process convolutions).
    """
    step = correlation / _KNOTS
    rim = _RIM * correlation
    knots = np.arange(chainage.min() - rim, chainage.max() + rim + step, step)
    kernel = np.exp(-(((chainage[:, None] - knots) / correlation) ** 2))
    return np.asarray(kernel / np.sqrt((kernel**2).sum(axis=1, keepdims=True)))


def moved_axes(
    axis: LineString,
    widths: Sequence[tuple[float, float]],
    law: Law,
    correlation: float,
    rng: np.random.Generator,
    n: int,
) -> Draw:
    """Return draws of a corridor whose axis is displaced sideways.

    Parameters
    ----------
    axis
        Planar; between its vertices stations are set.
    widths
        Chainage and full width; each place of the axis keeps its own.
    law
        Of the displacement at one place.
    correlation
        Correlation length along the axis.
    rng, n
        Generator, and how many draws there are.
    """
    chainage, xy = _stations(axis, correlation / _KNOTS, [c for c, _ in widths])
    across = _normals(xy)
    matrix = smooth(chainage, correlation)
    away = law.of_normal(matrix @ rng.standard_normal((matrix.shape[1], n)))
    width = width_at(widths, chainage)

    def draw(k: int) -> BaseGeometry:
        own = xy + away[:, k, None] * across
        if np.ptp(width) == 0:
            return axis_footprint(LineString(own), [(0.0, float(width[0]))])
        there = _chainage(own).tolist()
        return axis_footprint(LineString(own), list(zip(there, width.tolist(), strict=True)))

    return draw


def _stations(axis: LineString, step: float, further: list[float]) -> tuple[Floats, Floats]:
    """Return chainage and place of stations: vertices, some between, and where widths are given."""
    xy = shapely.get_coordinates(shapely.segmentize(axis, step))
    at = _chainage(xy)
    # To a millimetre, lest two stations that are one have a direction between them.
    stops = np.unique(np.round(np.clip([*at, *further], 0.0, at[-1]), 3))
    return stops, np.column_stack([np.interp(stops, at, xy[:, k]) for k in range(2)])


def _chainage(xy: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])


def _normals(xy: Floats) -> Floats:
    """Return unit vectors to the left of a line at its vertices: of the bisector at a bend."""
    steps = np.diff(xy, axis=0)
    units = steps / np.maximum(np.hypot(*steps.T), 1e-12)[:, None]
    along = np.concatenate([units[:1], units[:-1] + units[1:], units[-1:]])
    # Where a line turns back on itself the two directions cancel: take that of one side.
    back = np.hypot(*along.T) < 1e-9
    along[back] = np.concatenate([units, units[-1:]])[back]
    along /= np.hypot(*along.T)[:, None]
    return np.column_stack([-along[:, 1], along[:, 0]])


def moved_rectangles(shape: BaseGeometry, law: Law, rng: np.random.Generator, n: int) -> Draw:
    """Return draws of a rectangle that is shifted and turned but keeps its size.

    Half of the variance comes from the centre (the same in every direction) and half from the
    azimuth, so that the ends of the long axis have the standard deviation of the law across it.
    Draws that would move a corner beyond the bound are drawn again.

    Parameters
    ----------
    shape
        Planar.
    law
        Of the displacement at the ends of the axis.
    rng, n
        Generator, and how many draws there are.
    """
    middle = np.array(shape.centroid.coords[0])
    own = shapely.transform(shape, lambda xy: xy - middle)
    corners = shapely.get_coordinates(shapely.convex_hull(own))
    box = shapely.get_coordinates(shapely.minimum_rotated_rectangle(own))
    half = np.hypot(*np.diff(box, axis=0).T).max() / 2
    kept = np.empty((0, 3))
    while len(kept) < n:
        x, y, turn = rng.standard_normal((3, max(n, 64))) * law.sd / np.sqrt(2)
        angle = turn / half
        cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
        dx = (cos - 1) * corners[:, 0] - sin * corners[:, 1] + x[:, None]
        dy = sin * corners[:, 0] + (cos - 1) * corners[:, 1] + y[:, None]
        fits = np.hypot(dx, dy).max(axis=1) <= law.bound
        kept = np.concatenate([kept, np.column_stack([x, y, angle])[fits]])
    x, y, angle = kept[:n].T + np.array([*middle, 0.0])[:, None]

    def draw(k: int) -> BaseGeometry:
        part = slice(k, k + 1)
        shape: BaseGeometry = moved(own, x[part], y[part], angle[part])[0]
        return shape

    return draw


def moved_boundaries(shape: BaseGeometry, law: Law, rng: np.random.Generator, n: int) -> Draw:
    """Return draws of a footprint whose whole boundary is offset by one distance.

    Every place of the boundary errs the same way, which spreads counts and areas most.
    """
    away = law.of_normal(rng.standard_normal(n))

    def draw(k: int) -> BaseGeometry:
        return shapely.buffer(shape, float(away[k]), quad_segs=QUARTER)

    return draw


def moved_places(
    shape: BaseGeometry, err: float, sd: float, rng: np.random.Generator, n: int, *, bounded: bool
) -> Draw:
    """Return draws of a footprint that is shifted as a whole and keeps its shape and area."""
    away = shifts(np.full(n, err), np.full(n, sd), rng, bounded=bounded)

    def draw(k: int) -> BaseGeometry:
        return shapely.transform(shape, lambda xy: xy + away[k])

    return draw


def moved_discs(
    places: NDArray[np.object_], radius: float, err: Floats, sd: Floats, rng: np.random.Generator,
    n: int, *, bounded: bool,
) -> Draw:  # fmt: skip
    """Return draws of the union of discs about places that move independently.

    Parameters
    ----------
    places
        Points, shape (m,).
    radius
        Of the discs.
    err, sd
        Positional error of each place, and the standard deviation along each axis, shape (m,).
    rng, n
        Generator, and how many draws there are.
    bounded
        As for :func:`shifts`.
    """
    xy = shapely.get_coordinates(places)
    away = shifts(np.tile(err, n), np.tile(sd, n), rng, bounded=bounded).reshape(n, len(xy), 2)

    def draw(k: int) -> BaseGeometry:
        discs = shapely.buffer(shapely.points(xy + away[k]), radius, quad_segs=QUARTER)
        union: BaseGeometry = shapely.union_all(discs)
        return union

    return draw


def shifts(err: Floats, sd: Floats, rng: np.random.Generator, *, bounded: bool) -> Floats:
    """Return random displacements in the plane, the same in every direction.

    Parameters
    ----------
    err, sd
        Positional errors, and standard deviations along each axis, shape (n,).
    rng
        Generator.
    bounded
        Whether distances are cut off at the error.

    Returns
    -------
    array of shape (n, 2)
    """
    # Rayleigh's law of the distance, by its inverse; the share of it that lies within the error.
    with np.errstate(divide="ignore", invalid="ignore"):
        share = -np.expm1(-((err / sd) ** 2) / 2) if bounded else np.ones(len(err))
    distance = sd * np.sqrt(-2 * np.log1p(-np.where(sd > 0, share, 0.0) * rng.random(len(err))))
    turn = rng.uniform(0, 2 * np.pi, len(err))
    distance = np.minimum(distance, err) if bounded else distance
    return np.column_stack([distance * np.cos(turn), distance * np.sin(turn)])
