"""Concentration: where points gather, how unequally, in which direction, and since when."""

from __future__ import annotations

from geo.analysis.concentration.clusters import Clusters, dbscan_clusters
from geo.analysis.concentration.density import kernel_density
from geo.analysis.concentration.ellipse import Ellipses, mean_centres
from geo.analysis.concentration.growth import Growth, growth_types
from geo.analysis.concentration.indices import gini, hhi, theil, theil_parts
from geo.analysis.concentration.inequality import inequality
from geo.analysis.concentration.local import local_statistics
from geo.analysis.concentration.neighbours import nearest_neighbours
from geo.analysis.concentration.quotients import location_quotients
from geo.analysis.concentration.result import Layered, Result

__all__ = [
    "Clusters", "Ellipses", "Growth", "Layered", "Result", "dbscan_clusters", "gini", "growth_types", "hhi",
    "inequality", "kernel_density", "local_statistics", "location_quotients", "mean_centres",
    "nearest_neighbours", "theil", "theil_parts",
]  # fmt: skip
