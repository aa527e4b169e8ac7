"""Innovation-corridor geospatial analysis.

Model a planned layout (zones, corridors, belts, nodes, links), measure it honestly, audit what is
claimed about it, and say whom it covers::

    import geo

    wuhan = geo.load_layout("wuhan")
    wuhan["robot-valley"].area_km2
    geo.audit(wuhan)

Importing this package is cheap: each name below is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geo.analysis.areas import footprint_units as footprint_units
    from geo.analysis.areas import outside as outside
    from geo.analysis.areas import overlaps as overlaps
    from geo.analysis.audit import audit as audit
    from geo.analysis.compare import compare as compare
    from geo.analysis.composite import composite as composite
    from geo.analysis.concentration import dbscan_clusters as dbscan_clusters
    from geo.analysis.concentration import growth_types as growth_types
    from geo.analysis.concentration import inequality as inequality
    from geo.analysis.concentration import kernel_density as kernel_density
    from geo.analysis.concentration import local_statistics as local_statistics
    from geo.analysis.concentration import location_quotients as location_quotients
    from geo.analysis.concentration import mean_centres as mean_centres
    from geo.analysis.concentration import nearest_neighbours as nearest_neighbours
    from geo.analysis.curve_breaks import break_points as break_points
    from geo.analysis.curve_breaks import coverage_curves as coverage_curves
    from geo.analysis.curves import coverage_curve as coverage_curve
    from geo.analysis.drawn import drawn as drawn
    from geo.analysis.find import find as find
    from geo.analysis.fit import fit_belt as fit_belt
    from geo.analysis.frontier import frontier as frontier
    from geo.analysis.gaps import gaps as gaps
    from geo.analysis.here import here as here
    from geo.analysis.indicators import indicators as indicators
    from geo.analysis.indicators import indicators_of as indicators_of
    from geo.analysis.jitter import uncertainty as uncertainty
    from geo.analysis.nodes import node_counts as node_counts
    from geo.analysis.nodes import nodes_in as nodes_in
    from geo.analysis.nodes import seats_held as seats_held
    from geo.analysis.null_model import null_model as null_model
    from geo.analysis.overlap import overlap as overlap
    from geo.analysis.panel import panel as panel
    from geo.analysis.panel import spatial_weights as spatial_weights
    from geo.analysis.passes import passes as passes
    from geo.analysis.points import coverage as coverage
    from geo.analysis.population import population as population
    from geo.analysis.profile import profile as profile
    from geo.analysis.scorecard import scorecard as scorecard
    from geo.analysis.strip import strip as strip
    from geo.datasets import layouts as layouts
    from geo.datasets import load_layout as load_layout
    from geo.io.layouts import read_layout as read_layout
    from geo.io.layouts import write_layout as write_layout
    from geo.io.points import read_points as read_points
    from geo.io.scenarios import read_scenario as read_scenario
    from geo.io.units import read_units as read_units
    from geo.measure import from_wgs84 as from_wgs84
    from geo.measure import to_wgs84 as to_wgs84
    from geo.model.belt import Belt as Belt
    from geo.model.belt import fit_belt_to_seats as fit_belt_to_seats
    from geo.model.corridor import Corridor as Corridor
    from geo.model.layout import Layout as Layout
    from geo.model.scenario import Scenario as Scenario
    from geo.model.scenario import apply_scenario as apply_scenario

__version__ = "0.1.0"

_HOMES = {
    "Belt": "geo.model.belt",
    "Corridor": "geo.model.corridor",
    "Layout": "geo.model.layout",
    "Scenario": "geo.model.scenario",
    "apply_scenario": "geo.model.scenario",
    "audit": "geo.analysis.audit",
    "break_points": "geo.analysis.curve_breaks",
    "compare": "geo.analysis.compare",
    "composite": "geo.analysis.composite",
    "coverage": "geo.analysis.points",
    "coverage_curve": "geo.analysis.curves",
    "coverage_curves": "geo.analysis.curve_breaks",
    "dbscan_clusters": "geo.analysis.concentration",
    "drawn": "geo.analysis.drawn",
    "find": "geo.analysis.find",
    "fit_belt": "geo.analysis.fit",
    "fit_belt_to_seats": "geo.model.belt",
    "footprint_units": "geo.analysis.areas",
    "from_wgs84": "geo.measure",
    "frontier": "geo.analysis.frontier",
    "gaps": "geo.analysis.gaps",
    "growth_types": "geo.analysis.concentration",
    "here": "geo.analysis.here",
    "indicators": "geo.analysis.indicators",
    "indicators_of": "geo.analysis.indicators",
    "inequality": "geo.analysis.concentration",
    "kernel_density": "geo.analysis.concentration",
    "layouts": "geo.datasets",
    "load_layout": "geo.datasets",
    "local_statistics": "geo.analysis.concentration",
    "location_quotients": "geo.analysis.concentration",
    "mean_centres": "geo.analysis.concentration",
    "nearest_neighbours": "geo.analysis.concentration",
    "node_counts": "geo.analysis.nodes",
    "nodes_in": "geo.analysis.nodes",
    "null_model": "geo.analysis.null_model",
    "outside": "geo.analysis.areas",
    "overlap": "geo.analysis.overlap",
    "overlaps": "geo.analysis.areas",
    "panel": "geo.analysis.panel",
    "passes": "geo.analysis.passes",
    "population": "geo.analysis.population",
    "profile": "geo.analysis.profile",
    "read_layout": "geo.io.layouts",
    "read_points": "geo.io.points",
    "read_scenario": "geo.io.scenarios",
    "read_units": "geo.io.units",
    "scorecard": "geo.analysis.scorecard",
    "seats_held": "geo.analysis.nodes",
    "spatial_weights": "geo.analysis.panel",
    "strip": "geo.analysis.strip",
    "to_wgs84": "geo.measure",
    "uncertainty": "geo.analysis.jitter",
    "write_layout": "geo.io.layouts",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'geo' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
