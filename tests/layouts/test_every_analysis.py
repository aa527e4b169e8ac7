from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import geo
from geo.analysis.find import layout_places
from geo.datasets import DEFAULT
from geo.errors import CorridorError
from geo.model.scenario import Scenario
from geo.words import LANGUAGES

BY = {"by": "industry", "weight": "staff"}


def moved(w) -> Scenario:
    """A scenario that any layout can take: its first axis aside, and one more node."""
    item = w.axis
    lon, lat = w.layout.meta.centre
    node = {"do": "add-node", "feature": "one-more", "name_zh": "新增节点", "name_en": "One more", "kind": "science-park", "lon": lon, "lat": lat}  # fmt: skip
    return Scenario.of(
        {
            "id": "aside", "name_zh": "旁移", "name_en": "Aside", "base": w.name,
            "changes": [{"do": "move", "feature": item.id, "by_km": 2, "azimuth_deg": 180}, node],
        }
    )  # fmt: skip


def centre(w) -> tuple[float, float]:
    return w.layout.meta.centre


def _own_indicators() -> pd.DataFrame:
    return pd.DataFrame({"indicator": ["a"], "label_zh": ["甲"], "label_en": ["A"], "unit": [""], "base_year": [2020], "base": [1.0], "now_year": [2024], "now": [2.0], "qualifier": [""], "target_year": [2030], "target": [4.0], "source": ["s"]})  # fmt: skip


def own_boxes(w) -> gpd.GeoDataFrame:
    """Units of one's own: four boxes that cover the layout."""
    west, south, east, north = w.layout.nodes.total_bounds
    west, south, east, north = west - 0.5, south - 0.5, east + 0.5, north + 0.5
    x, y = (west + east) / 2, (south + north) / 2
    boxes = [shapely.box(*b) for b in ((west, south, x, y), (x, south, east, y), (west, y, x, north), (x, y, east, north))]  # fmt: skip
    names = [f"unit {k}" for k in range(1, 5)]
    return gpd.GeoDataFrame({"adcode": ["U1", "U2", "U3", "U4"], "name_zh": names, "name_en": names}, geometry=boxes, crs=4326)  # fmt: skip


CALLS: dict[str, Callable[[Any], Any]] = {
    "access": lambda w: geo.access(w.firms, w.nodes, method="e2sfca"),
    "apply_scenario": lambda w: geo.apply_scenario(w.layout, moved(w)),
    "audit": lambda w: geo.audit(w.layout),
    "break_points": lambda w: geo.break_points(geo.coverage_curve(w.points, w.axis)),
    "bundled_needs": lambda w: geo.bundled_needs(w.layout, units=w.units),
    "candidates_of": lambda w: geo.candidates_of(w.layout, "grid:4"),
    "compare": lambda w: geo.compare(w.layout, moved(w), w.points, units=w.units, **BY),
    "compare_layouts": lambda w: geo.compare_layouts([w.layout]),
    "composite": lambda w: geo.composite(w.points.frame.groupby("industry", as_index=False)[["staff", "revenue_wan"]].sum(), {"staff": "more", "revenue_wan": "more"}, id_column="industry", draws=20),
    "coverage": lambda w: geo.coverage(w.points, w.layout, **BY),
    "coverage_curve": lambda w: geo.coverage_curve(w.points, w.axis, **BY),
    "coverage_curves": lambda w: geo.coverage_curves(w.points, w.corridors, by="industry"),
    "dbscan_clusters": lambda w: geo.dbscan_clusters(w.points, w.layout, eps_m=3000, least=5),
    "drawn": lambda w: geo.drawn(w.axis.axis),
    "find": lambda w: geo.find(w.layout.nodes["name_en"].iat[0], [layout_places(w.layout)]),
    "fit_belt": lambda w: geo.fit_belt(w.points, length_km=150, width_km=50, step_deg=15, layout=w.layout, contain="seats"),
    "fit_belt_to_seats": lambda w: geo.fit_belt_to_seats(w.layout.seats.geometry.x, w.layout.seats.geometry.y, length_km=160, width_km=60),
    "flows": lambda w: geo.flows(w.layout, mass=dict.fromkeys(w.layout.seats["id"], 2.0)),
    "footprint_units": lambda w: geo.footprint_units(w.layout, geo.read_units(w.layout)),
    "frontier": lambda w: geo.frontier(w.points, lengths_km=(40.0,), widths_km=(5.0, 20.0), step_deg=45, layout=w.layout),
    "gaps": lambda w: geo.gaps(w.points, w.layout, units=w.units, **BY),
    "growth_types": lambda w: geo.growth_types(w.points, w.layout, year="founded", founded=True, cell_km=10.0, units=w.units, study=w.units),
    "here": lambda w: geo.here(w.layout, *centre(w), units=w.units),
    "indicators": lambda w: geo.indicators(_own_indicators()),
    "indicators_of": lambda w: geo.indicators_of(w.layout),
    "inequality": lambda w: geo.inequality(w.points, w.layout, units=w.units, **BY),
    "isochrones": lambda w: geo.isochrones(geo.Straight(), w.nodes, cuts=(10, 20), layout=w.layout),
    "kernel_density": lambda w: geo.kernel_density(w.points, w.layout, cell_km=5.0),
    "link_matrix": lambda w: geo.link_matrix(w.layout),
    "links": lambda w: geo.links(w.layout),
    "local_statistics": lambda w: geo.local_statistics(w.points, w.layout, cell_km=10.0, permutations=99),
    "location_quotients": lambda w: geo.location_quotients(w.points, w.layout, **BY),
    "match": lambda w: geo.match(geo.needs_of(w.points, layout=w.layout, units=w.units), w.layout, layout=w.layout, units=w.units),
    "mean_centres": lambda w: geo.mean_centres(w.points, w.layout, **BY),
    "nearest_neighbours": lambda w: geo.nearest_neighbours(w.points, w.layout, study=w.units, by="industry"),
    "needs_of": lambda w: geo.needs_of(w.points, layout=w.layout, units=w.units),
    "node_counts": lambda w: geo.node_counts(w.layout),
    "next_steps": lambda w: geo.next_steps(w.layout),
    "nodes_as_places": lambda w: geo.nodes_as_places(w.layout, kinds=w.kinds),
    "nodes_in": lambda w: geo.nodes_in(w.layout),
    "null_model": lambda w: geo.null_model(w.points, w.axis, study_area=w.units, draws=19, edge="clip"),
    "outside": lambda w: geo.outside(w.layout, geo.read_units(w.layout)),
    "overlap": lambda w: geo.overlap(w.layout, w.points, units=w.units, **BY),
    "overlaps": lambda w: geo.overlaps(w.layout),
    "panel": lambda w: geo.panel(w.layout, w.points, units=w.units, **BY),
    "passes": lambda w: geo.passes(w.axis.axis, w.footprints),
    "paths": lambda w: geo.paths(w.network, w.nodes_at[:2], w.nodes_at[-2:]),
    "points_as_places": lambda w: geo.points_as_places(w.points, layout=w.layout, by="industry"),
    "policies_at": lambda w: geo.policies_at(*centre(w), layout=w.layout, units=w.units),
    "policies_of": lambda w: geo.policies_of(w.points, layout=w.layout, units=w.units),
    "population": lambda w: geo.population(w.layout, units=w.units),
    "profile": lambda w: geo.profile(w.points, w.axis, step_km=5.0, **BY),
    "reached": lambda w: geo.reached(w.firms, w.nodes),
    "read_layout": lambda w: geo.read_layout(geo.layouts()[w.name]),
    "read_network": lambda w: w.network,
    "read_units": lambda w: geo.read_units(w.layout),
    "reasons": lambda w: geo.reasons(w.network, w.nodes_at),
    "scorecard": lambda w: geo.scorecard(w.layout, w.axis.id, w.points, draws=19),
    "seats_held": lambda w: geo.seats_held(w.layout),
    "service_figures": lambda w: geo.service_figures(w.layout),
    "site": lambda w: geo.site(w.firms, w.nodes, n=2, within=30, seconds=2),
    "site_curve": lambda w: geo.site_curve(w.firms, w.nodes, most=2, within=30, seconds=2),
    "site_trial": lambda w: geo.site_trial(w.firms, None, centre(w), within=30),
    "spatial_weights": lambda w: geo.spatial_weights(w.layout, units=w.units),
    "star": lambda w: geo.star(w.layout, points=w.points),
    "strip": lambda w: geo.strip(w.axis, w.points),
    "supply_from": lambda w: geo.supply_from(w.points, layout=w.layout, units=w.units),
    "supply_of": lambda w: geo.supply_of(w.layout),
    "uncertainty": lambda w: geo.uncertainty(w.points, w.layout, draws=20),
    "unit_areas": lambda w: geo.unit_areas(w.layout),
    "units_as_places": lambda w: w.people,
    "with_units": lambda w: geo.read_units(geo.with_units(w.layout, own_boxes(w))),
}  # fmt: skip

NOT_OF_A_LAYOUT = {
    "bundled_taxonomy": "one for all",
    "fields_of": "of a text",
    "from_wgs84": "of numbers",
    "gravity": "of numbers",
    "import_layer": "of a file, into a folder",
    "json_schemas": "of the format",
    "layouts": "the list itself",
    "load_layout": "what each world begins with",
    "new_layout": "makes a layout",
    "published_corridors": "those that are not bundled",
    "radiation": "of numbers",
    "read_points": "of a file",
    "read_scenario": "of a file",
    "read_taxonomy": "of a file",
    "terms_in": "of a text",
    "to_wgs84": "of numbers",
    "write_layout": "read back in test_a_layout_comes_back_as_it_was_written",
}
"""Public functions that no layout is given to, and why."""

LACKS: dict[str, Callable[[Any], bool]] = {
    "bundled_needs": lambda w: not (geo.layouts()[w.name] / "needs.csv").is_file(),
    "fit_belt_to_seats": lambda w: len(w.layout.seats) < 3,
    "flows": lambda w: not w.two_seats,
    "footprint_units": lambda w: w.units is None,
    "link_matrix": lambda w: not w.two_seats,
    "null_model": lambda w: w.units is None,
    "outside": lambda w: w.units is None,
    "panel": lambda w: w.units is None,
    "population": lambda w: w.units is None or not len(w.layout.population),
    "read_units": lambda w: w.units is None,
    "spatial_weights": lambda w: w.units is None,
    "unit_areas": lambda w: w.units is None,
    "star": lambda w: not any(getattr(i.properties, "roles", None) for i in w.layout),
    "units_as_places": lambda w: w.units is None or not len(w.layout.population),
}
"""What a layout may lack, so that a call must say in words that it cannot be done."""

BARE = {
    "apply_scenario": "a layout; its changed features name the scenario",
    "audit": "each row names its method and source",
    "bundled_needs": "what goes in",
    "candidates_of": "what goes in",
    "coverage": "says its source, rows and rejects of itself",
    "coverage_curve": "says its source, rows and rejects of itself",
    "find": "a look-up",
    "fit_belt_to_seats": "a shape",
    "footprint_units": "each row names its source",
    "indicators": "each row names its source",
    "indicators_of": "each row names its source",
    "needs_of": "what goes in",
    "node_counts": "each row names its footprint and error",
    "next_steps": "sentences",
    "nodes_as_places": "what goes in",
    "nodes_in": "each row names its source",
    "outside": "each row names the source of its unit",
    "overlaps": "each row names the status of its footprints",
    "passes": "each row names its source",
    "paths": "ways of a network, which says its source",
    "points_as_places": "what goes in",
    "population": "each row names its source",
    "read_layout": "what goes in",
    "read_network": "what goes in",
    "read_units": "each row names its source",
    "reasons": "sentences",
    "seats_held": "each row names its belt and error",
    "supply_from": "what goes in",
    "supply_of": "what goes in",
    "units_as_places": "what goes in",
    "with_units": "each row names its source",
}
"""Results without a provenance of their own, and what stands for it."""

MAY_MISS = {
    "access": "supply_ratio",
    "audit": "deviation deviation_pct measured stated",
    "compare": "gained lost",
    "compare_layouts": "cores cores_located cores_per_100km share_claims_measured",
    "find": "lat lon",
    "fit_belt": "gap planar_azimuth_deg rank upper_bound",
    "footprint_units": "share_of_unit",
    "frontier": "share_per_km share_per_km2",
    "gaps": "azimuth_deg chainage_km extend_km move_km offset_km share to_lat to_lon widen_km",
    "growth_types": "change_rate p_two_sided",
    "indicators": "expected progress",
    "indicators_of": "base base_year expected now_year progress target target_year",
    "inequality": "equal_units gini gini_normalised hhi hhi_normalised theil theil_between theil_normalised theil_within",
    "isochrones": "road_km",
    "links": "azimuth_deg detour km km_network minutes value",
    "location_quotients": "lq lq_ci",
    "match": "capacity err_m lat left lon minutes",
    "node_counts": "err_m share",
    "overlap": "area_km2",
    "paths": "detour",
    "policies_at": "edge_km",
    "population": "population",
    "profile": "chainage_km from_km length_km prominence share to_km value",
    "reached": "max_cost mean_cost",
    "scorecard": "value",
    "service_figures": "periods rate stated value",
    "site": "max_cost mean_cost",
    "site_curve": "gain max_cost mean_cost",
    "site_trial": "max_cost mean_cost mean_saved",
    "star": "azimuth_deg",
    "strip": "from_km left_km other_km right_km row to_km weight",
    "supply_from": "capacity",
    "supply_of": "capacity err_m lat lon",
}
"""Columns that may be blank, by function: what is not published, not located, or cannot be had."""

ENDLESS = {
    "access": "supply_ratio",
    "here": "edge_km",
    "paths": "km minutes",
    "service_figures": "value",
    "site_trial": "cost_before",
}
"""Columns where infinite has a meaning: no way there, or no bound on that side."""

HEAVY = {"access", "break_points", "compare", "coverage_curves", "frontier", "gaps", "match", "null_model", "star"}  # fmt: skip


def _cases() -> list[Any]:
    """Each function on each layout; what takes long on the largest layout is left to test-long."""
    found = []
    for layout in sorted(geo.layouts()):
        for name in sorted(CALLS):
            long = name in HEAVY and layout in (DEFAULT, "hangzhou-chengxi")
            marks = [pytest.mark.long] if long else []
            found.append(pytest.param(layout, name, marks=marks, id=f"{layout}-{name}"))
    return found


def test_every_public_function_is_covered():
    functions = {n for n in geo.__all__ if callable(getattr(geo, n)) and not isinstance(getattr(geo, n), type)}  # fmt: skip
    known = set(CALLS) | set(NOT_OF_A_LAYOUT)
    assert functions == known, f"give CALLS a call for {functions - known}; gone: {known - functions}"  # fmt: skip


@pytest.mark.parametrize(("layout", "name"), _cases())
def test_a_function_on_a_layout(worlds, invariants, layout, name):
    world = worlds(layout)
    if name in LACKS and LACKS[name](world):
        with pytest.raises((CorridorError, ValueError)) as raised:
            CALLS[name](world)
        text = str(raised.value)
        assert len(text) > 30, text
        # What is missing, and how to mend it.
        assert ":" in text, text
        assert not invariants.foreign_in(world, text)
        return
    result = CALLS[name](world)
    for where, frame in invariants.frames_of(result):
        assert not invariants.wrong_bands(frame), where
        assert not invariants.wrong_areas(frame), where
        assert not invariants.wrong_numbers(frame, set(ENDLESS.get(name, "").split())), where
        assert not invariants.unsaid(frame), where
        assert not invariants.foreign_in(world, invariants.texts_of(frame)), where
        blank = {
            re.sub("_(low|high)$", "", str(c))
            for c in frame.select_dtypes("number").columns
            if frame[c].isna().any()
        }
        assert blank <= set(MAY_MISS.get(name, "").split()), where
    found = list(invariants.provenances_of(result))
    assert found or name in BARE, "no provenance"
    for provenance in found:
        said = {lang: provenance.says(lang) for lang in LANGUAGES}
        assert said["zh"] != said["en"]
        assert all(len(text) > 20 and not invariants.placeholder(text) for text in said.values())
        assert not invariants.foreign_in(world, repr(provenance))


def test_counts_add_up(world):
    """No part counts more than the whole, and the whole is what was given."""
    found = geo.coverage(world.points, world.layout, by="industry", weight="staff")
    totals, n = found.totals.set_index("where")["count"], len(world.points.frame)
    assert totals["any"] + totals["none"] == totals["all"] == n
    assert totals["several"] <= totals["any"]
    assert (found.table["count_high"] <= n).all()


def test_counts_agree_with_plain_shapely(world):
    """A second implementation: each point in each footprint, one after the other."""
    found = geo.coverage(world.points, world.layout).table
    at = world.points.frame.geometry.to_numpy()
    for row in world.layout.footprints.to_dict("records"):
        own = found[(found["footprint"] == row["id"])]
        if len(own):
            assert int(own["count"].iat[0]) == int(shapely.intersects(row["geometry"], at).sum()), row["id"]  # fmt: skip


def test_a_layout_comes_back_as_it_was_written(world, tmp_path):
    again = geo.read_layout(geo.write_layout(world.layout, tmp_path / "copy"))
    assert again.meta == world.layout.meta
    assert [f.id for f in again.features] == [f.id for f in world.layout.features]
    for one, two in zip(again.features, world.layout.features, strict=True):
        assert one.properties == two.properties
        assert (one.geometry is None) == (two.geometry is None)
        if one.geometry is not None:
            assert one.geometry.equals_exact(two.geometry, 1e-9)
    for table in ("claims", "population", "policies", "rates"):
        pd.testing.assert_frame_equal(getattr(again, table), getattr(world.layout, table))


def test_a_scenario_changes_what_it_says_and_nothing_else(world):
    changed = geo.apply_scenario(world.layout, moved(world))
    assert len(changed) == len(world.layout) + 1
    touched = {world.axis.id, "one-more"}
    for item in world.layout:
        if item.id not in touched and item.properties.layer != "link" and item.geometry is not None:
            assert changed[item.id].geometry.equals(item.geometry), item.id
    was, now = world.axis.axis, changed[world.axis.id].axis
    assert now.centroid.y < was.centroid.y
    nothing = geo.compare(world.layout, world.layout, world.points, units=world.units)
    assert (nothing.table[["diff_low", "diff", "diff_high"]].abs().max() < 1e-9).all()


def test_without_units_it_says_so(world):
    if world.units is None:
        with pytest.raises(CorridorError, match=world.name):
            geo.read_units(world.layout)
    assert geo.gaps(world.points, world.layout, units=None).by_unit.empty or world.units is not None
