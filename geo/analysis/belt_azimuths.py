"""At which azimuths a belt of given size can hold how many seats, and a belt that holds them all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from geo.measure import laea, project_points
from geo.model.belt import Belt, azimuths_that_hold, fit_belt_to_seats, most_held

__all__ = ["AzimuthScale", "azimuth_scale", "belt_over_seats"]

EDGE_M = 1e-3
"""A seat so far outside counts as on the edge, as in :class:`geo.model.belt.Belt`."""


@dataclass(frozen=True, eq=False, repr=False)
class AzimuthScale:
    """What :func:`azimuth_scale` returns.

    Attributes
    ----------
    table
        ``azimuth_deg`` (0 to 180) and ``held``: the most seats that a belt of this size and
        azimuth can hold, wherever it is centred.
    seats
        How many there are.
    ranges
        Azimuths at which it can hold all of them, as of
        :func:`geo.model.belt.azimuths_that_hold`.
    """

    table: pd.DataFrame
    seats: int
    ranges: list[tuple[float, float]]


def azimuth_scale(
    lon: ArrayLike, lat: ArrayLike, length_km: float, width_km: float, *, step_deg: float = 0.5
) -> AzimuthScale:
    """Return how many seats a belt of given size can hold at each azimuth.

    Parameters
    ----------
    lon, lat
        WGS84 degrees of a handful of seats (the work grows with the cube of their number).
    length_km, width_km
        The belt.
    step_deg
        Of the table; the ranges are exact.

    Notes
    -----
    As :func:`geo.model.belt.most_held`, for all azimuths at once: a best placement can be slid
    until a seat lies on its rear and one on its left edge.
    """
    lonlat = np.column_stack([np.asarray(lon, float), np.asarray(lat, float)])
    azimuths = np.arange(0.0, 180.0 + step_deg / 2, step_deg)
    held = np.zeros(len(azimuths), dtype=np.int64)
    if not len(lonlat):
        return AzimuthScale(pd.DataFrame({"azimuth_deg": azimuths, "held": held}), 0, [])
    middle = (lonlat.min(axis=0) + lonlat.max(axis=0)) / 2
    x, y = project_points(lonlat[:, 0], lonlat[:, 1], laea(*middle)).T
    a = np.radians(azimuths)[:, None]
    along, across = np.sin(a) * x + np.cos(a) * y, np.cos(a) * x - np.sin(a) * y
    # Axes: azimuth, seat on the rear edge, seat on the left edge, seat that is tested.
    u = along[:, None, None, :] - along[:, :, None, None]
    v = across[:, None, None, :] - across[:, None, :, None]
    inside = (u >= -EDGE_M) & (u <= length_km * 1000 + EDGE_M) & (v >= -EDGE_M) & (v <= width_km * 1000 + EDGE_M)  # fmt: skip
    held = inside.sum(axis=3).max(axis=(1, 2))
    ranges = azimuths_that_hold(lonlat[:, 0], lonlat[:, 1], length_km, width_km)
    return AzimuthScale(pd.DataFrame({"azimuth_deg": azimuths, "held": held}), len(lonlat), ranges)


def belt_over_seats(
    lon: ArrayLike, lat: ArrayLike, length_km: float, width_km: float
) -> Belt | None:
    """Return a belt of given size that holds all seats, or ``None`` if there is none.

    It keeps the centre and azimuth of the seats' minimum rotated rectangle if that holds them;
    else it lies at the middle of the first range of azimuths that does.
    """
    try:
        box = fit_belt_to_seats(lon, lat)
    except ValueError:
        box = None
    if box is not None:
        for azimuth in (box.azimuth_deg, box.azimuth_deg + 90):
            belt = Belt(box.lon, box.lat, azimuth, length_km, width_km)
            if belt.holds(lon, lat).all():
                return belt
    ranges = azimuths_that_hold(lon, lat, length_km, width_km)
    for start, stop in ranges:
        middle = (start + (stop if stop >= start else stop + 180)) / 2 % 180
        n, belt = most_held(lon, lat, middle, length_km, width_km)
        if n == np.size(lon) and belt.holds(lon, lat).all():
            return belt
    return None
