"""Matrices of distances against plain loops, and who is nearest."""

from __future__ import annotations

import re

import numpy as np
import pytest
import shapely
from geographiclib.geodesic import Geodesic
from scipy.spatial import cKDTree

import geo
from geo.analysis.link_matrices import MATRIX_COLUMNS, NEAREST_COLUMNS, cities_of, link_matrix
from geo.errors import PointsError
from geo.measure import project, unproject
from geo.model.scenario import Scenario, apply_scenario
from geo.network.travel import Straight
from geo.words import catalogue
from tests.analysis.test_links import network_of


def km(a, b):
    return Geodesic.WGS84.Inverse(a.y, a.x, b.y, b.x)["s12"] / 1000


def test_cities_against_a_loop(wuhan):
    found = link_matrix(wuhan)
    names = list(dict.fromkeys(found.table["a"]))
    assert names[:5] == list(wuhan.meta.seats)
    assert {f"seat-{c}" for c in ("xianning", "yichang", "xiangyang", "changsha", "nanchang", "hongkong")} <= set(names)  # fmt: skip
    assert len(found.table) == len(names) * (len(names) - 1)
    for row in found.table.to_dict("records"):
        a, b = wuhan[row["a"]], wuhan[row["b"]]
        assert row["value"] == row["km"] == pytest.approx(km(a.geometry, b.geometry), abs=1e-6)
        assert row["km_high"] - row["km"] == pytest.approx((a.err_m + b.err_m) / 1000)
        assert not row["estimate"]
    square = found.square()
    assert (np.diag(square) == 0).all()
    assert square.to_numpy() == pytest.approx(square.to_numpy().T)
    assert square.at["seat-wuhan", "seat-yichang"] == pytest.approx(289.3, abs=0.05)


def test_ways_are_estimates_and_minutes_need_no_network(wuhan):
    way = link_matrix(wuhan, travel=Straight(1.5))
    plain = link_matrix(wuhan)
    assert way.table["value"].to_numpy() == pytest.approx(1.5 * plain.table["value"].to_numpy(), rel=1e-4)  # fmt: skip
    assert way.table["estimate"].all()
    minutes = link_matrix(wuhan, measure="minutes")
    assert minutes.table["estimate"].all()
    assert minutes.table["value"].to_numpy() == pytest.approx(plain.table["km"].to_numpy() * 1.3 * 60 / 40, rel=1e-4)  # fmt: skip


def test_nearest_and_mutual_against_a_loop(wuhan):
    found = link_matrix(wuhan)
    square = found.square().replace(0, np.inf)
    first = square.idxmin(axis=1)
    for row in found.nearest.to_dict("records"):
        order = square.loc[row["a"]].sort_values()
        assert row["b"] == order.index[row["rank"] - 1]
        mutual = row["rank"] == 1 and first[first[row["a"]]] == row["a"]
        assert row["mutual"] == mutual
    assert len(found.nearest) == 2 * len(square)


def test_surely_nearest_survives_any_move_within_the_errors(wuhan):
    found = link_matrix(wuhan)
    sure = found.nearest[(found.nearest["rank"] == 1) & found.nearest["surely_nearest"]]
    assert 0 < len(sure) < len(found.nearest) / 2
    low, high = found.square("value_low"), found.square("value_high")
    for row in sure.to_dict("records"):
        others = [c for c in low.columns if c not in (row["a"], row["b"])]
        assert high.at[row["a"], row["b"]] < low.loc[row["a"], others].min()


def test_corridors_by_densely_sampled_outlines(wuhan):
    found = link_matrix(wuhan, "corridors")
    assert len(found.table) == 6
    for row in found.table.to_dict("records"):
        a, b = wuhan[row["a"]], wuhan[row["b"]]
        for pair, name in (((a.footprint, b.footprint), "km"), ((a.axis, b.axis), "axes_km")):
            planar = [project(shape, wuhan.crs).segmentize(100) for shape in pair]
            one, other = (shapely.get_coordinates(shape) for shape in planar)
            # The nearest samples are at most a step further apart than the nearest points.
            sampled = cKDTree(one).query(other)[0].min() / 1000
            assert sampled - 0.1 <= row[name] * (1 + 1e-4)
            assert row[name] <= sampled * (1 + 1e-4)
        slack = (a.err_m + b.err_m) / 1000
        assert row["km_low"] <= row["km"] <= row["km_high"]
        assert row["km_low"] == pytest.approx(max(row["km"] - slack, 0), abs=0.02)
        assert row["axes_km_high"] == pytest.approx(row["axes_km"] + slack)
        assert row["km"] <= row["axes_km"]
        assert not row["overlap"]


def test_corridors_that_overlap_are_at_0(wuhan):
    changes = [{"do": "widen", "feature": "riverside-corridor", "width_km": 20}]
    wide = apply_scenario(wuhan, Scenario(id="x", name_zh="x", name_en="x", base=wuhan.id, changes=changes))  # fmt: skip
    found = link_matrix(wide, "corridors", travel=Straight())
    row = found.table.set_index(["a", "b"]).loc[("riverside-corridor", "optics-valley-corridor")]
    assert row["overlap"]
    assert row["km"] == row["value"] == row["value_low"] == 0
    assert row["axes_km"] > 0
    first = found.nearest.set_index(["a", "rank"]).loc[("optics-valley-corridor", 1)]
    assert first["b"] == "riverside-corridor"


def test_nodes_of_a_tier_and_those_without_a_position(wuhan):
    found = link_matrix(wuhan, "nodes:lab")
    nodes = [i for i in wuhan.of_layer("node") if i.tier == "lab"]
    placed = {i.id for i in nodes if i.geometry is not None}
    assert set(found.table["a"]) == placed
    assert set(found.unlocated["id"]) == {i.id for i in nodes} - placed
    rng = np.random.default_rng(0)
    for row in found.table.iloc[rng.integers(0, len(found.table), 30)].to_dict("records"):
        assert row["km"] == pytest.approx(km(wuhan[row["a"]].geometry, wuhan[row["b"]].geometry), abs=1e-6)  # fmt: skip


def test_a_one_way_road_makes_it_lopsided(wuhan):
    a, b, c = (wuhan[f"seat-{n}"].geometry for n in ("wuhan", "ezhou", "xianning"))
    network = network_of([shapely.LineString(pair) for pair in ((a, b), (b, c), (c, a))], oneway=1)
    found = link_matrix(wuhan, travel=network)
    square = found.square()
    assert not found.table["estimate"].any()
    # There by the one road, back by the two others.
    assert square.at["seat-wuhan", "seat-ezhou"] == pytest.approx(km(a, b), rel=1e-3)
    assert square.at["seat-ezhou", "seat-wuhan"] == pytest.approx(km(b, c) + km(c, a), rel=1e-3)


class Islands(Straight):
    """Straight lines, but no way between west and east of 113° E."""

    def costs(self, origins, destinations, *, of="minutes", within=np.inf, progress=None):
        found = super().costs(origins, destinations, of=of)
        west, other = (np.asarray(v)[:, 0] < 113 for v in (origins, destinations))
        return np.where(west[:, None] == other, found, np.inf)


def test_where_no_way_leads_there_is_no_figure_and_no_nearest(wuhan):
    found = link_matrix(wuhan, travel=Islands())
    for row in found.table.to_dict("records"):
        apart = (wuhan[row["a"]].geometry.x < 113) != (wuhan[row["b"]].geometry.x < 113)
        assert np.isnan(row["value"]) == np.isnan(row["value_high"]) == apart
        assert row["km"] > 0
    for row in found.nearest.to_dict("records"):
        assert (wuhan[row["a"]].geometry.x < 113) == (wuhan[row["b"]].geometry.x < 113)


def test_what_cannot_be_asked_says_how(wuhan, copy_of_wuhan):
    for between in ("towns", "nodes:place:x", "nodes:"):
        with pytest.raises(PointsError, match="use cities, corridors"):
            link_matrix(wuhan, between)
    with pytest.raises(PointsError, match="km or minutes"):
        link_matrix(wuhan, measure="miles")
    path = copy_of_wuhan / "corridors.geojson"
    emptied = re.sub(r'"geometry": \{"type": "LineString".*?\}', '"geometry": null', path.read_text("utf-8"))  # fmt: skip
    path.write_text(re.sub(r'"err_m": [\d.]+', '"err_m": null', emptied), "utf-8")
    with pytest.raises(PointsError, match="0 with a position"):
        link_matrix(geo.read_layout(copy_of_wuhan), "corridors")


def test_columns_have_words(wuhan):
    words = catalogue()
    for column in {*MATRIX_COLUMNS, *NEAREST_COLUMNS}:
        assert f"report.column.{column}" in words, column
    for between, way in (("cities", None), ("cities", Straight()), ("corridors", None), ("corridors", Straight())):  # fmt: skip
        assert link_matrix(wuhan, between, travel=way).provenance.says("zh")


def test_cities_come_with_those_of_the_belt_first(wuhan):
    places = cities_of(wuhan)
    assert list(places.id[:5]) == list(wuhan.meta.seats)
    assert unproject(project(shapely.Point(places.lon[0], places.lat[0]), wuhan.crs), wuhan.crs).distance(wuhan["seat-wuhan"].geometry) < 1e-6  # fmt: skip
