"""From places to the network: the nearest place on an edge, and the way there on foot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.errors import PointsError
from geo.measure import distance_km, project_points
from geo.network.graph import Network
from geo.network.travel import Measure
from geo.network.traversal import Floats, Ints, ways_of

__all__ = ["MOST_M", "WALK_KMH", "Snapped", "places_array", "snap"]

MOST_M = 2000.0
"""A place further than this from every edge is not on the network."""
WALK_KMH = 4.8
"""Speed on the way from a place to its edge, unless the caller says otherwise."""
_NODE_KM = 1e-6
"""A place on an edge this near to its end is at the node."""


@dataclass(frozen=True, eq=False)
class Snapped:
    """Places on a network.

    Attributes
    ----------
    lon, lat
        Shape (k,): the places themselves, WGS84 degrees.
    edge
        Shape (k,): the nearest edge; -1 where it is further than ``most_m``.
    km
        Shape (k,): how far along that edge, from its start; 0 where there is none.
    off_m
        Shape (k,): geodesic distance to that place on the edge; infinite where there is none.
    nearest_m
        Shape (k,): the same, however far.
    at
        Shape (k, 2): that place on the edge, however far.
    most_m
        How far off the network a place may be.
    """

    lon: Floats
    lat: Floats
    edge: Ints
    km: Floats
    off_m: Floats
    nearest_m: Floats
    at: Floats
    most_m: float

    def __len__(self) -> int:
        return len(self.lon)

    @property
    def found(self) -> NDArray[np.bool_]:
        """Shape (k,): whether there is an edge near enough."""
        return self.edge >= 0

    def walk(self, of: Measure, walk_kmh: float) -> Floats:
        """Return the cost of the way between each place and its edge; infinite where there is none.

        Parameters
        ----------
        of
            Minutes at ``walk_kmh``, or kilometres.
        walk_kmh
            Speed off the network.
        """
        km = self.off_m / 1000
        return km if of == "km" else km / walk_kmh * 60


def places_array(places: ArrayLike, what: str) -> Floats:
    """Return places as an array of shape (k, 2), longitude and latitude.

    Raises
    ------
    PointsError
        If they are no pairs of degrees.
    """
    array = np.asarray(places, dtype=float)
    if array.size == 0:
        return np.empty((0, 2))
    if array.ndim != 2 or array.shape[1] != 2:
        raise PointsError(
            f"{what} must be pairs of longitude and latitude, shape (n, 2), not {array.shape}"
        )
    bad = np.flatnonzero(~(np.abs(array) <= (180.0, 90.0)).all(axis=1))
    if len(bad):
        lon, lat = array[bad[0]]
        raise PointsError(
            f"{what}: place {bad[0]} (from 0) is at {lon:g}, {lat:g}, which is no longitude and latitude: "
            "leave out places without a position, and give WGS84 degrees, longitude first"
        )
    return array


def snap(network: Network, places: ArrayLike, *, most_m: float = MOST_M) -> Snapped:
    """Return the nearest place on any edge for each place.

    Parameters
    ----------
    network
        The network.
    places
        Shape (k, 2): WGS84 longitude and latitude.
    most_m
        A place further off is not on the network.

    Raises
    ------
    PointsError
        If the places are no pairs of degrees, or the network has no edges.

    Notes
    -----
    The nearest edge is that in an equal-area plane about the middle of the network, whose lengths are
    true within 1e-4 up to 150 km from there; distances off the edge, and along it, are geodesic.
    """
    at, ways = places_array(places, "places"), ways_of(network)
    points = shapely.points(project_points(at[:, 0], at[:, 1], ways.crs))
    edge = ways.tree.query_nearest(points, all_matches=False)[1]
    along = shapely.line_locate_point(ways.tree.geometries[edge], points)
    segment, share = ways.placed(edge, ways.plane[ways.first[edge]] + along, ways.plane)
    run = ways.run[segment] + share * (ways.run[segment + 1] - ways.run[segment])
    km, whole = run - ways.run[ways.first[edge]], network.km[edge]
    km = np.where(km < _NODE_KM, 0.0, np.where(km > whole - _NODE_KM, whole, km))
    spot = ways.spots(edge, km)[1]
    nearest = distance_km(*at.T, *spot.T) * 1000
    far = nearest > most_m
    return Snapped(
        at[:, 0], at[:, 1], np.where(far, -1, edge), np.where(far, 0.0, km), np.where(far, np.inf, nearest),
        nearest, spot, float(most_m),
    )  # fmt: skip
