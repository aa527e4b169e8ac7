"""Random placements of a shape in a region, and what points each of them holds."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.analysis.progress import Progress
from geo.engine.polygons import compile_polygons
from geo.errors import PointsError

__all__ = ["Placements", "held", "moved", "placed"]

Floats = NDArray[np.float64]

_BATCH = 256
_TRIES = 10_000
_RAREST = 0.002
"""A shape that fits less often than this, after so many tries, has hardly any other place."""


@dataclass(frozen=True, eq=False, repr=False)
class Placements:
    """Rigid motions of a shape, in planar metres.

    Attributes
    ----------
    shape
        The shape, its centroid at the origin.
    x, y
        Where the centroid comes to lie, shape (n,).
    angle
        By how much the shape is turned anticlockwise, radians, shape (n,).
    inside_m2
        Area of the part in the region, shape (n,).
    tried
        How many uniform proposals it took to find them, in whole batches.
    fitting
        How many of those fitted.
    """

    shape: BaseGeometry
    x: Floats
    y: Floats
    angle: Floats
    inside_m2: Floats
    tried: int
    fitting: int

    def __len__(self) -> int:
        return len(self.x)

    @property
    def acceptance(self) -> float:
        """Share of the proposals that fitted."""
        return self.fitting / self.tried

    @property
    def polygons(self) -> NDArray[np.object_]:
        """The placed shapes, planar."""
        return moved(self.shape, self.x, self.y, self.angle)


def moved(shape: BaseGeometry, x: Floats, y: Floats, angle: Floats) -> NDArray[np.object_]:
    """Return copies of a shape that are turned about the origin, then shifted.

    Parameters
    ----------
    shape
        Planar.
    x, y, angle
        Shifts, and turns anticlockwise in radians, shape (n,).
    """
    own = shapely.get_coordinates(shape)
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    xy = np.stack(
        [cos * own[:, 0] - sin * own[:, 1] + x[:, None], sin * own[:, 0] + cos * own[:, 1] + y[:, None]],
        axis=-1,
    )  # fmt: skip
    copies = np.full(len(x), shape, dtype=object)
    return np.asarray(shapely.set_coordinates(copies, xy.reshape(-1, 2)), dtype=object)


def placed(
    shape: BaseGeometry,
    region: BaseGeometry,
    n: int,
    rng: np.random.Generator,
    *,
    rotate: bool = True,
    least: float = 1.0,
    progress: Progress | None = None,
) -> Placements:
    """Draw placements of a shape in a region by rejection: uniform among those that fit.

    Proposals are uniform in position and direction (the invariant measure of rigid motions in the
    plane: Santaló 1976, Integral geometry and geometric probability, chapter 6).

    Parameters
    ----------
    shape, region
        Planar metres, one equal-area projection.
    n
        How many are wanted.
    rng
        Generator; the first placements do not depend on ``n``.
    rotate
        Whether the shape is turned as well as shifted.
    least
        Share of the shape's area that must lie in the region; 1 for all of it, without slack.
    progress
        Called after each batch with how many are found and wanted; what it raises ends the work.

    Raises
    ------
    PointsError
        If the shape fits in fewer than two of a thousand proposals.
    """
    middle = shape.centroid
    own = shapely.transform(shape, lambda xy: xy - (middle.x, middle.y))
    west, south, east, north = region.bounds
    # A shape that lies in the region has its centroid in the region's box, one that overlaps it not.
    reach = 0.0 if least >= 1 else float(np.hypot(*shapely.get_coordinates(own).T).max())
    shapely.prepare(region)
    kept: list[Floats] = []
    tried = fitting = 0
    while fitting < n:
        x = rng.uniform(west - reach, east + reach, _BATCH)
        y = rng.uniform(south - reach, north + reach, _BATCH)
        angle = rng.uniform(0, 2 * np.pi, _BATCH) if rotate else np.zeros(_BATCH)
        inside = _inside(moved(own, x, y, angle), region, own.area, least)
        fits = inside > 0
        kept.append(np.stack([x, y, angle, inside])[:, fits])
        tried += _BATCH
        fitting += int(fits.sum())
        if progress is not None:
            progress(min(fitting, n), n)
        if tried >= _TRIES and fitting < _RAREST * tried:
            raise PointsError(
                f"the footprint hardly fits the study area: {fitting} of {tried:,} random placements "
                "lie in it, too few to compare with; give a larger study_area, take away from avoid, "
                'or use edge="clip"'
            )
    x, y, angle, inside = np.concatenate(kept, axis=1)[:, :n]
    return Placements(own, x, y, angle, inside, tried, fitting)


def _sums(codes: NDArray[np.int32], weight: Floats, categories: int) -> Floats:
    return np.bincount(codes, weight, minlength=categories).astype(float)


def _inside(
    polygons: NDArray[np.object_], region: BaseGeometry, whole: float, least: float
) -> Floats:
    """Return the area inside the region of each shape that fits, 0 for the others."""
    if least >= 1:
        return np.where(shapely.covers(region, polygons), whole, 0.0)
    area = shapely.area(shapely.intersection(region, polygons))
    return np.where(area >= least * whole, area, 0.0)


def held(
    placements: Placements, xy: Floats, weight: Floats, codes: NDArray[np.int32], categories: int,
    *, progress: Progress | None = None,
) -> Floats:  # fmt: skip
    """Return the weight that each placement holds, by category.

    Points are moved into the frame of the shape, which is compiled once; a point on a boundary is
    inside.

    Parameters
    ----------
    placements
        Where the shape lies.
    xy
        Shape (n_points, 2), planar metres.
    weight, codes
        Of each point its weight and its category, shape (n_points,).
    categories
        How many there are.
    progress
        Called after each placement with how many are counted; what it raises ends the work.

    Returns
    -------
    array of shape (n_placements, categories)
    """
    plan = compile_polygons([placements.shape], rows=len(xy) * len(placements))
    member = plan.sets[:, 0]
    reach = float(np.hypot(*shapely.get_coordinates(placements.shape).T).max())
    order = np.argsort(xy[:, 0], kind="stable")
    px, py, weight, codes = xy[order, 0], xy[order, 1], weight[order], codes[order]

    def one(k: int) -> Floats:
        x, y, angle = placements.x[k], placements.y[k], placements.angle[k]
        near = slice(*np.searchsorted(px, [x - reach * (1 + 1e-9), x + reach * (1 + 1e-9)]))
        dx, dy = px[near] - x, py[near] - y
        cos, sin = np.cos(angle), np.sin(angle)
        ids, more = plan.locate(cos * dx + sin * dy, cos * dy - sin * dx)
        inside = (np.concatenate([member, more[:, 0]]) if len(more) else member)[ids]
        return _sums(codes[near][inside], weight[near][inside], categories)

    n, rows = len(placements), []
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        for row in pool.map(one, range(n)):
            rows.append(row)
            if progress is not None:
                progress(len(rows), n)
    finally:
        # After a stop nothing more is begun.
        pool.shutdown(cancel_futures=True)
    return np.array(rows)
