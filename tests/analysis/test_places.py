from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import geo
from geo.errors import PointsError, UnitsError
from geo.measure import distance_km, project


@pytest.fixture(scope="module")
def units(wuhan):
    return geo.read_units(wuhan)


def test_nodes_without_a_position_are_listed_and_never_placed(wuhan):
    stations = geo.nodes_as_places(wuhan, kinds=["practice-station"])
    kinds = pd.Series([n.properties.kind for n in wuhan.of_layer("node")])
    assert len(stations) + len(stations.unlocated) == (kinds == "practice-station").sum() == 9
    assert list(stations.id) == ["practice-station-1"]
    item = wuhan["practice-station-1"]
    assert stations.at[0] == pytest.approx([item.geometry.x, item.geometry.y])
    assert stations.err_m[0] == item.properties.err_m
    assert (stations.weight == 1).all()
    both = geo.nodes_as_places(wuhan, tiers=["lab"], ids=["seat-wuhan"])
    assert "seat-wuhan" in set(both.id)
    assert len(both.frame()) == len(both)


def test_a_scenario_places_what_has_no_position(wuhan):
    change = {
        "do": "place",
        "feature": "practice-station-2",
        "lon": 114.4,
        "lat": 30.5,
        "err_m": 50,
    }
    scenario = geo.Scenario.of(
        {"id": "s", "name_zh": "一", "name_en": "a", "base": "wuhan", "changes": [change]}
    )
    stations = geo.nodes_as_places(geo.apply_scenario(wuhan, scenario), kinds=["practice-station"])
    assert sorted(stations.id) == ["practice-station-1", "practice-station-2"]
    assert len(stations.unlocated) == 7


def test_asking_for_no_nodes_or_unknown_ones_is_refused(wuhan):
    with pytest.raises(PointsError, match="name tiers, kinds or ids"):
        geo.nodes_as_places(wuhan)
    with pytest.raises(PointsError, match="nowhere: no node of layout 'wuhan'"):
        geo.nodes_as_places(wuhan, ids=["nowhere", "seat-wuhan"])


@pytest.mark.parametrize("step", [None, 3.0, 20.0])
def test_units_keep_their_people_and_bound_where_they_live(wuhan, units, step):
    places = geo.units_as_places(wuhan, units, step_km=step)
    total = geo.population(wuhan, units=units).placed
    assert places.weight.sum() == pytest.approx(total)
    by_unit = pd.Series(places.weight).groupby(places.group).sum()
    whole = geo.units_as_places(wuhan, units, step_km=None)
    assert by_unit.reindex(whole.group).to_numpy() == pytest.approx(whole.weight)
    if step:
        assert (places.err_m <= step * 1000 * np.sqrt(2) + 1).all()
    # Whoever lives in the unit lives within err_m of one of its places.
    rng = np.random.default_rng(1)
    shape = units.set_index(units["adcode"].astype(str)).geometry["420115"]
    own = places.some(places.group == "420115")
    assert shapely.contains_xy(shape, own.lon, own.lat).all()
    west, south, east, north = shape.bounds
    lon, lat = rng.uniform(west, east, 400), rng.uniform(south, north, 400)
    inside = shapely.contains_xy(shape, lon, lat)
    for x, y in zip(lon[inside], lat[inside], strict=True):
        away = distance_km(x, y, own.lon, own.lat) * 1000
        assert (away <= own.err_m * (1 + 1e-3) + 1).any()


def test_areas_and_ones_are_weights_too(wuhan, units):
    area = geo.units_as_places(wuhan, units, weigh="area", step_km=10)
    expected = sum(shapely.area(project(g, wuhan.crs)) for g in units.geometry) / 1e6
    assert area.weight.sum() == pytest.approx(expected, rel=1e-6)
    assert geo.units_as_places(wuhan, units, weigh="one").weight.sum() == pytest.approx(len(units))


def test_squares_that_make_no_sense_are_refused(wuhan, units):
    with pytest.raises(PointsError, match="above 0"):
        geo.units_as_places(wuhan, units, step_km=0)
    with pytest.raises(PointsError, match="take a longer step"):
        geo.units_as_places(wuhan, units, step_km=0.1)
    with pytest.raises(UnitsError, match="no units"):
        geo.units_as_places(wuhan, units.iloc[:0])


def test_points_keep_their_names_weights_and_rows(wuhan):
    frame = gpd.GeoDataFrame(
        {"name": ["a", None], "staff": [3, 4], "kind": ["x", "y"]},
        geometry=gpd.points_from_xy([114.3, 114.4], [30.5, 30.6]), crs=4326,
    )  # fmt: skip
    places = geo.points_as_places(frame, weight="staff", label="name", by="kind")
    assert list(places.name_zh) == ["a", places.id[1]]
    assert list(places.weight) == [3, 4]
    assert list(places.group) == ["x", "y"]
    assert places.some(np.array([False, True])).at[0] == pytest.approx([114.4, 30.6])
    with pytest.raises(PointsError, match="column staff: a weight of -1 is below 0"):
        geo.points_as_places(frame.assign(staff=[3, -1]), weight="staff")
