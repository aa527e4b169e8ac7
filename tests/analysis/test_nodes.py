from __future__ import annotations

import numpy as np
import pytest
import shapely

import geo
from geo.analysis.footprints import footprints_of


def test_membership_agrees_with_shapely_on_degrees(wuhan):
    member = geo.nodes_in(wuhan)
    nodes = wuhan.nodes.set_index("id").geometry
    for row in wuhan.footprints.itertuples():
        expected = {n for n, point in nodes.items() if shapely.intersects(row.geometry, point)}
        own = member[(member["footprint"] == row.id) & member["central"]]
        # Edges are straight in the projection and nearly so in degrees: no node lies that close.
        assert set(own["node"]) == expected


def test_bands_of_counts_are_bounds(wuhan):
    counts = geo.node_counts(wuhan)
    assert (counts["count_low"] <= counts["count"]).all()
    assert (counts["count"] <= counts["count_high"]).all()
    assert (counts["located"] <= counts["listed"]).all()
    # Moving every node and the footprint by less than their errors stays in the band.
    item = wuhan["optics-valley-corridor"]
    own = counts[counts["footprint"] == item.id].set_index("tier")
    nodes = wuhan.nodes.to_crs(wuhan.crs)
    rng = np.random.default_rng(11)
    for _ in range(5):
        angle = rng.uniform(0, 2 * np.pi, len(nodes))
        away = rng.uniform(0, 1, len(nodes)) * nodes["err_m"].to_numpy()
        moved = shapely.points(
            nodes.geometry.x + away * np.cos(angle), nodes.geometry.y + away * np.sin(angle)
        )
        grown = item.planar_offset(float(rng.uniform(-1, 1) * item.err_m))
        inside = shapely.intersects(grown, moved)
        for tier in own.index:
            n = int((inside & (nodes["tier"] == tier).to_numpy()).sum())
            assert own.loc[tier, "count_low"] <= n <= own.loc[tier, "count_high"]


def test_inside_some_and_outside_all_add_up(wuhan):
    counts, member = geo.node_counts(wuhan), geo.nodes_in(wuhan)
    none = counts[(counts["footprint"] == "") & (counts["scope"] == "with-belt")].set_index("tier")
    for tier in none.index:
        inside = member[(member["tier"] == tier) & member["central"]]["node"].nunique()
        assert inside + none.loc[tier, "count"] == none.loc[tier, "located"]


def test_a_campus_is_surely_in_its_own_ring(wuhan):
    member = geo.nodes_in(wuhan)
    own = member[(member["footprint"] == "campus-rings") & (member["kind"] == "university")]
    assert own["low"].all()
    assert len(own) == (wuhan.nodes["kind"] == "university").sum()


def test_seats_held(wuhan):
    held = geo.seats_held(wuhan)
    assert held["central"].all()
    assert len(held) == 5
    assert held.set_index("seat").loc["seat-wuhan", "role"] == "main"
    assert (held["role"] == "supporting").sum() == 4
    assert held["along_km"].abs().max() < 75
    assert held["across_km"].abs().max() < 15
    # Depth is the distance to the nearer edge.
    edge = np.minimum(75 - held["along_km"].abs(), 15 - held["across_km"].abs())
    assert held["depth_km"].to_numpy() == pytest.approx(edge.to_numpy(), abs=0.02)


def test_the_science_city_core_node_of_the_article(wuhan):
    member = geo.nodes_in(
        wuhan, footprints=[f for f in footprints_of(wuhan) if f.id == "science-island"]
    )
    assert "ai-computing-centre" in set(member["node"])
