"""A network as a graph: nodes, edges between them, and what each edge takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.engine.run import Progress
from geo.network.travel import Measure
from geo.words import Lang

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["MODES", "Network"]

MODES = ("drive", "walk", "rail", "metro", "user")
"""What a network is travelled by; ``user``: lines of one's own, at a speed of one's own."""


@dataclass(frozen=True, eq=False, repr=False)
class Network:
    """Lines joined at nodes, along which one travels; it is a ``Travel``.

    Attributes
    ----------
    name
        Of the file it was read from.
    mode
        One of :data:`MODES`.
    source
        Whom the data come from, as it must be named.
    lon, lat
        (n,) nodes, WGS84 degrees.
    start, end
        (m,) the node of each edge's first and of its last vertex. Edges may be parallel, or loops.
    km
        (m,) geodesic length.
    minutes
        (m,) at the speed of the edge.
    oneway
        (m,) 0 both ways, 1 only from start to end, -1 only from end to start.
    lines
        (m,) shapely LineStrings, WGS84 degrees, from start to end, with every vertex of the source.
    notes
        What was left out or assumed: ``key=value`` each, in the words of ``network.note.<key>``.
    kind
        (m,) class of each edge, such as ``primary``; blank where the source gives none.
    """

    name: str
    mode: str
    source: str
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    km: NDArray[np.float64]
    minutes: NDArray[np.float64]
    oneway: NDArray[np.int8]
    lines: NDArray[np.object_]
    notes: tuple[str, ...] = ()
    kind: NDArray[np.object_] = field(default_factory=lambda: np.empty(0, object))

    def __post_init__(self) -> None:
        if len(self.kind) != len(self.km):
            object.__setattr__(self, "kind", np.full(len(self.km), "", object))

    def __len__(self) -> int:
        return len(self.km)

    def __repr__(self) -> str:
        return (
            f"Network({self.name!r}, {self.mode}: {len(self.lon):,} nodes, {len(self):,} edges, "
            f"{self.km.sum():,.1f} km)"
        )

    @property
    def estimate(self) -> bool:
        """That costs are those along a network, and not estimated from straight lines."""
        return False

    @cached_property
    def parts(self) -> NDArray[np.int32]:
        """(n,) which connected part each node lies in, directions aside; 0 is the longest part."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        n = len(self.lon)
        joined = coo_array((np.ones(len(self), np.int8), (self.start, self.end)), shape=(n, n))
        count, label = connected_components(joined.tocsr(), directed=False)
        km = np.bincount(label[self.start], self.km, minlength=count)
        rank: NDArray[np.int32] = np.empty(count, np.int32)
        rank[np.argsort(-km, kind="stable")] = np.arange(count, dtype=np.int32)
        return np.asarray(rank[label], np.int32)

    def costs(
        self,
        origins: ArrayLike,
        destinations: ArrayLike,
        *,
        of: Measure = "minutes",
        within: float = np.inf,
        progress: Progress | None = None,
    ) -> NDArray[np.float64]:
        """Return what it takes to travel from each origin to each destination.

        Parameters
        ----------
        origins, destinations
            (n, 2) and (m, 2), WGS84 longitude and latitude.
        of
            Minutes, or kilometres.
        within
            What takes more is not sought.
        progress
            Called with what is done and what there is; what it raises ends the work.

        Returns
        -------
        ndarray
            (n, m); ``inf`` where it is not reached, at all or within ``within``.
        """
        from geo.network import route

        return route.costs(self, origins, destinations, of=of, within=within, progress=progress)

    def slack(self, err_m: ArrayLike, *, of: Measure = "minutes") -> NDArray[np.float64]:
        """Return how much a positional error of so many metres may change a cost."""
        from geo.network import route

        return route.slack(self, err_m, of=of)

    def says(self, lang: Lang) -> str:
        """Return what it is in words: network, mode and source."""
        from geo.network import route

        return route.says(self, lang)

    @property
    def parameters(self) -> dict[str, Any]:
        """What the provenance of a result says of it."""
        from geo.network import route

        return route.parameters(self)

    def edges(self) -> gpd.GeoDataFrame:
        """Return the edges as a layer, WGS84: ``kind, km, minutes, kmh, oneway, part``."""
        from geo.network.summary import edges_of

        return edges_of(self)

    def table(self) -> pd.DataFrame:
        """Return what it is in figures: ``what, figure, what_zh, what_en``.

        Nodes, edges, kilometres, connected parts, share of the longest part, extent, and everything
        that was left out or assumed.
        """
        from geo.network.summary import table_of

        return table_of(self)

    def summary(self, lang: Lang) -> str:
        """Return what it is in a few sentences."""
        from geo.network.summary import summary_of

        return summary_of(self, lang)
