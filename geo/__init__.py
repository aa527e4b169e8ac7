"""Innovation-corridor geospatial analysis.

Model a planned layout (zones, corridors, belts, nodes, links), measure it honestly, audit what is
claimed about it, and say whom it covers::

    import geo

    layout = geo.load_layout()  # or geo.read_layout("folder-of-your-own")
    layout.footprints[["id", "area_km2"]]
    geo.audit(layout)

Importing this package is cheap: each name below is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geo.analysis.access import Access as Access
    from geo.analysis.access import access as access
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
    from geo.analysis.flows import flows as flows
    from geo.analysis.flows import gravity as gravity
    from geo.analysis.flows import radiation as radiation
    from geo.analysis.frontier import frontier as frontier
    from geo.analysis.gaps import gaps as gaps
    from geo.analysis.here import here as here
    from geo.analysis.indicators import indicators as indicators
    from geo.analysis.indicators import indicators_of as indicators_of
    from geo.analysis.isochrones import Isochrones as Isochrones
    from geo.analysis.isochrones import isochrones as isochrones
    from geo.analysis.jitter import uncertainty as uncertainty
    from geo.analysis.layouts_compare import compare_layouts as compare_layouts
    from geo.analysis.link_matrices import link_matrix as link_matrix
    from geo.analysis.links import links as links
    from geo.analysis.matching import bundled_needs as bundled_needs
    from geo.analysis.matching import bundled_taxonomy as bundled_taxonomy
    from geo.analysis.matching import fields_of as fields_of
    from geo.analysis.matching import match as match
    from geo.analysis.matching import needs_of as needs_of
    from geo.analysis.matching import read_taxonomy as read_taxonomy
    from geo.analysis.matching import supply_from as supply_from
    from geo.analysis.matching import supply_of as supply_of
    from geo.analysis.matching import terms_in as terms_in
    from geo.analysis.nodes import node_counts as node_counts
    from geo.analysis.nodes import nodes_in as nodes_in
    from geo.analysis.nodes import seats_held as seats_held
    from geo.analysis.null_model import null_model as null_model
    from geo.analysis.overlap import overlap as overlap
    from geo.analysis.panel import panel as panel
    from geo.analysis.panel import spatial_weights as spatial_weights
    from geo.analysis.passes import passes as passes
    from geo.analysis.places import Places as Places
    from geo.analysis.places import nodes_as_places as nodes_as_places
    from geo.analysis.places import points_as_places as points_as_places
    from geo.analysis.places import units_as_places as units_as_places
    from geo.analysis.points import coverage as coverage
    from geo.analysis.policies import policies_at as policies_at
    from geo.analysis.policy_counts import policies_of as policies_of
    from geo.analysis.population import population as population
    from geo.analysis.profile import profile as profile
    from geo.analysis.reached import Reached as Reached
    from geo.analysis.reached import reached as reached
    from geo.analysis.scorecard import scorecard as scorecard
    from geo.analysis.service_figures import service_figures as service_figures
    from geo.analysis.siting import Sites as Sites
    from geo.analysis.siting import candidates_of as candidates_of
    from geo.analysis.siting import site as site
    from geo.analysis.siting import site_curve as site_curve
    from geo.analysis.siting import site_trial as site_trial
    from geo.analysis.star import star as star
    from geo.analysis.strip import strip as strip
    from geo.analysis.units import unit_areas as unit_areas
    from geo.datasets import layouts as layouts
    from geo.datasets import load_layout as load_layout
    from geo.datasets.published import published_corridors as published_corridors
    from geo.io.importing import import_layer as import_layer
    from geo.io.json_schemas import json_schemas as json_schemas
    from geo.io.layouts import read_layout as read_layout
    from geo.io.layouts import write_layout as write_layout
    from geo.io.next_steps import next_steps as next_steps
    from geo.io.own_units import with_units as with_units
    from geo.io.points import read_points as read_points
    from geo.io.scenarios import read_scenario as read_scenario
    from geo.io.template import new_layout as new_layout
    from geo.io.units import read_units as read_units
    from geo.measure import from_wgs84 as from_wgs84
    from geo.measure import to_wgs84 as to_wgs84
    from geo.model.belt import Belt as Belt
    from geo.model.belt import fit_belt_to_seats as fit_belt_to_seats
    from geo.model.corridor import Corridor as Corridor
    from geo.model.layout import Layout as Layout
    from geo.model.scenario import Scenario as Scenario
    from geo.model.scenario import apply_scenario as apply_scenario
    from geo.network.graph import Network as Network
    from geo.network.paths import paths as paths
    from geo.network.read import read_network as read_network
    from geo.network.reasons import reasons as reasons
    from geo.network.travel import Straight as Straight

__version__ = "0.1.0"

_HOMES = {
    "Access": "geo.analysis.access",
    "Belt": "geo.model.belt",
    "Corridor": "geo.model.corridor",
    "Isochrones": "geo.analysis.isochrones",
    "Layout": "geo.model.layout",
    "Network": "geo.network.graph",
    "Places": "geo.analysis.places",
    "Reached": "geo.analysis.reached",
    "Scenario": "geo.model.scenario",
    "Sites": "geo.analysis.siting",
    "Straight": "geo.network.travel",
    "access": "geo.analysis.access",
    "apply_scenario": "geo.model.scenario",
    "audit": "geo.analysis.audit",
    "break_points": "geo.analysis.curve_breaks",
    "bundled_needs": "geo.analysis.matching",
    "bundled_taxonomy": "geo.analysis.matching",
    "candidates_of": "geo.analysis.siting",
    "compare": "geo.analysis.compare",
    "compare_layouts": "geo.analysis.layouts_compare",
    "composite": "geo.analysis.composite",
    "coverage": "geo.analysis.points",
    "coverage_curve": "geo.analysis.curves",
    "coverage_curves": "geo.analysis.curve_breaks",
    "dbscan_clusters": "geo.analysis.concentration",
    "drawn": "geo.analysis.drawn",
    "fields_of": "geo.analysis.matching",
    "find": "geo.analysis.find",
    "fit_belt": "geo.analysis.fit",
    "fit_belt_to_seats": "geo.model.belt",
    "flows": "geo.analysis.flows",
    "footprint_units": "geo.analysis.areas",
    "from_wgs84": "geo.measure",
    "frontier": "geo.analysis.frontier",
    "gaps": "geo.analysis.gaps",
    "gravity": "geo.analysis.flows",
    "growth_types": "geo.analysis.concentration",
    "here": "geo.analysis.here",
    "import_layer": "geo.io.importing",
    "indicators": "geo.analysis.indicators",
    "indicators_of": "geo.analysis.indicators",
    "inequality": "geo.analysis.concentration",
    "isochrones": "geo.analysis.isochrones",
    "json_schemas": "geo.io.json_schemas",
    "kernel_density": "geo.analysis.concentration",
    "layouts": "geo.datasets",
    "link_matrix": "geo.analysis.link_matrices",
    "links": "geo.analysis.links",
    "load_layout": "geo.datasets",
    "local_statistics": "geo.analysis.concentration",
    "location_quotients": "geo.analysis.concentration",
    "match": "geo.analysis.matching",
    "mean_centres": "geo.analysis.concentration",
    "nearest_neighbours": "geo.analysis.concentration",
    "needs_of": "geo.analysis.matching",
    "new_layout": "geo.io.template",
    "next_steps": "geo.io.next_steps",
    "node_counts": "geo.analysis.nodes",
    "nodes_as_places": "geo.analysis.places",
    "nodes_in": "geo.analysis.nodes",
    "null_model": "geo.analysis.null_model",
    "outside": "geo.analysis.areas",
    "overlap": "geo.analysis.overlap",
    "overlaps": "geo.analysis.areas",
    "panel": "geo.analysis.panel",
    "passes": "geo.analysis.passes",
    "paths": "geo.network.paths",
    "points_as_places": "geo.analysis.places",
    "policies_at": "geo.analysis.policies",
    "policies_of": "geo.analysis.policy_counts",
    "population": "geo.analysis.population",
    "profile": "geo.analysis.profile",
    "published_corridors": "geo.datasets.published",
    "radiation": "geo.analysis.flows",
    "reached": "geo.analysis.reached",
    "read_layout": "geo.io.layouts",
    "read_network": "geo.network.read",
    "read_points": "geo.io.points",
    "read_scenario": "geo.io.scenarios",
    "read_taxonomy": "geo.analysis.matching",
    "read_units": "geo.io.units",
    "reasons": "geo.network.reasons",
    "scorecard": "geo.analysis.scorecard",
    "seats_held": "geo.analysis.nodes",
    "service_figures": "geo.analysis.service_figures",
    "site": "geo.analysis.siting",
    "site_curve": "geo.analysis.siting",
    "site_trial": "geo.analysis.siting",
    "spatial_weights": "geo.analysis.panel",
    "star": "geo.analysis.star",
    "strip": "geo.analysis.strip",
    "supply_from": "geo.analysis.matching",
    "supply_of": "geo.analysis.matching",
    "terms_in": "geo.analysis.matching",
    "to_wgs84": "geo.measure",
    "uncertainty": "geo.analysis.jitter",
    "unit_areas": "geo.analysis.units",
    "units_as_places": "geo.analysis.places",
    "with_units": "geo.io.own_units",
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
