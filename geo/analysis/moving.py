"""A footprint with the law by which it moves, and its shape in each draw."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from geo.analysis.displacement import (
    FAR,
    Draw,
    Law,
    moved_axes,
    moved_boundaries,
    moved_discs,
    moved_places,
    moved_rectangles,
)
from geo.analysis.subjects import Rings, Subject, planar
from geo.engine.banded import with_offsets
from geo.errors import PointsError
from geo.measure import project
from geo.model.belt import Belt
from geo.model.corridor import Corridor

__all__ = ["Moving", "moving_of"]


@dataclass(frozen=True, eq=False, repr=False)
class Moving:
    """A footprint with what is drawn of it, planar metres."""

    subject: Subject
    law: Law
    draw: Draw
    bounds: NDArray[np.object_]
    reach: NDArray[np.object_]

    def shape(self, k: int) -> BaseGeometry:
        """Return the shape of a draw, held between the offsets by the farthest displacement.

        Where an axis bends, moving it by a distance can move the inner corner of the footprint by
        more than that: the boundary is held at what the positional error allows.
        """
        inner, _, outer = self.reach
        return shapely.intersection(shapely.union(self.draw(k), inner), outer)


def moving_of(
    subject: Subject,
    crs: CRS,
    *,
    sd: float | None,
    correlation_m: float,
    truncate: bool,
    seed: int,
    draws: int,
) -> Moving:
    """Draw how a footprint moves, by what it is built of.

    Parameters
    ----------
    subject
        The footprint; without a positional error it takes twice ``sd`` as that.
    crs
        Planar projection.
    sd
        Standard deviation, metres; ``None`` for half the positional error.
    correlation_m
        Correlation length along an axis.
    truncate
        Whether nothing moves farther than the positional error.
    seed, draws
        The draws depend on the seed and the id of the footprint.

    Raises
    ------
    PointsError
        If the standard deviation is larger than the error at which it is cut off.
    """
    if sd and not subject.err_m:
        subject = subject.with_error(2 * sd)
    law = Law(subject.err_m / 2 if sd is None else sd, subject.err_m)
    if truncate and law.sd > law.bound:
        raise PointsError(
            f"{subject.id} has an err_m of {law.bound:g}, beyond which nothing is drawn: a standard "
            f"deviation of {law.sd:g} m does not fit; give a smaller one, or truncate=False "
            "(--no-truncate)"
        )
    bounds = planar(np.array(subject.target.outlines, dtype=object), crs)
    reach = bounds
    if not truncate:
        law = Law(law.sd, FAR * law.sd)
        reach = planar(np.array(with_offsets(subject.outline, law.bound), dtype=object), crs)
    rng = np.random.default_rng([seed, zlib.crc32(subject.id.encode())])
    form, shape = subject.form, bounds[1]
    if isinstance(form, Corridor):
        widths = [(c * 1000, w * 1000) for c, w in form.widths_km]
        draw = moved_axes(project(form.axis, crs), widths, law, correlation_m, rng, draws)
    elif isinstance(form, Belt):
        draw = moved_rectangles(shape, law, rng, draws)
    elif isinstance(form, Rings):
        err = form.err_m if form.err_m.any() else np.full(len(form.err_m), subject.err_m)
        own = err / 2 if sd is None else np.full(len(err), sd)
        draw = moved_discs(
            project(form.places, crs), form.width_m, err, own, rng, draws, bounded=truncate
        )
    elif subject.by_construction:
        draw = moved_places(shape, subject.err_m, law.sd, rng, draws, bounded=truncate)
    else:
        draw = moved_boundaries(shape, law, rng, draws)
    return Moving(subject, law, draw, bounds, reach)
