from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

import geo
from geo.analysis.footprints import footprints_of
from geo.io.units import units_of_cities
from geo.measure import area_km2


@pytest.fixture(scope="module")
def table(wuhan, units):
    return geo.footprint_units(wuhan, units)


def test_rows_add_up_to_the_footprint(wuhan, table):
    for name, own in table.groupby("footprint"):
        shape = wuhan[name].area_km2 if name in wuhan else None
        if shape is not None:
            assert own["area_km2"].sum() == pytest.approx(shape, rel=1e-6)
        assert own["share_of_footprint"].sum() == pytest.approx(1, abs=1e-9)


def test_the_belt_by_city_in_amap_units(wuhan):
    cities = units_of_cities(("420100", "420700", "420200", "421100", "420900"), "city", "amap")
    own = geo.footprint_units(wuhan, cities)
    belt = own[own["footprint"] == "robot-valley"].set_index("unit_id")["area_km2"]
    expected = {"420100": 1910, "420700": 1064, "420900": 786, "421100": 440, "420200": 300}
    for code, area in expected.items():
        assert belt[code] == pytest.approx(area, abs=1.5)
    assert belt.sum() == pytest.approx(4500, abs=0.1)


def test_areas_agree_with_geopandas_and_geodesics(wuhan, units, table):
    footprint = gpd.GeoDataFrame(geometry=[wuhan["riverside-corridor"].footprint], crs=4326)
    pieces = gpd.overlay(
        units[["adcode", "geometry"]].to_crs(wuhan.crs), footprint.to_crs(wuhan.crs)
    )
    own = table[(table["footprint"] == "riverside-corridor") & (table["area_km2"] > 0)].set_index(
        "unit_id"
    )
    for piece in pieces.to_crs(4326).itertuples():
        assert own.loc[piece.adcode, "area_km2"] == pytest.approx(
            area_km2(piece.geometry), abs=2e-4
        )
    assert set(pieces["adcode"]) == set(own.index)


def test_bands_hold_the_number_and_every_shifted_footprint(wuhan, units, table):
    for name in ("area_km2", "share_of_footprint", "share_of_unit"):
        known = table[table[name].notna()]
        assert (known[f"{name}_low"] <= known[name] + 1e-9).all()
        assert (known[name] <= known[f"{name}_high"] + 1e-9).all()
    # A footprint moved by less than its error stays within the band in every unit.
    item = wuhan["auto-valley-corridor"]
    own = table[table["footprint"] == item.id].set_index("unit_id")
    rng = np.random.default_rng(3)
    planar = units.to_crs(wuhan.crs).set_index("adcode").geometry
    for angle in rng.uniform(0, 2 * np.pi, 6):
        step = 0.99 * item.err_m * np.array([np.cos(angle), np.sin(angle)])
        moved = shapely.transform(item.planar_footprint, lambda xy, step=step: xy + step)
        for code in own.index:
            area = planar[code].intersection(moved).area / 1e6
            assert (
                own.loc[code, "area_km2_low"] - 1e-6
                <= area
                <= own.loc[code, "area_km2_high"] + 1e-6
            )


def test_overlaps_agree_with_shapely(wuhan):
    table = geo.overlaps(wuhan)
    found = {f.id: f.shape for f in footprints_of(wuhan)}
    for row in table.itertuples():
        assert row.area_km2 == pytest.approx(
            found[row.a].intersection(found[row.b]).area / 1e6, abs=1e-9
        )
        assert row.area_km2_low <= row.area_km2 + 1e-9
        assert row.area_km2 <= row.area_km2_high + 1e-9
    pairs = set(zip(table["a"], table["b"], strict=True))
    nested = table.set_index(["a", "b"])["nested"]
    assert nested["donghu-science-city", "donghu-science-city-160"]
    assert ("riverside-corridor", "auto-valley-corridor") not in pairs


def test_what_lies_in_none_one_and_several(wuhan, units):
    table = geo.outside(wuhan, units)
    parts = table["in_none_km2"] + table["in_one_km2"] + table["in_several_km2"]
    assert np.allclose(parts, table["area_km2"], atol=1e-6)
    assert (table["in_none_km2_low"] <= table["in_none_km2"] + 1e-9).all()
    # Oracle by random points: what share of Hongshan lies in none but the belt?
    row = table[(table["unit_id"] == "420111") & (table["scope"] == "without-belt")].iloc[0]
    shape = units.set_index("adcode").geometry["420111"]
    rng = np.random.default_rng(5)
    west, south, east, north = shape.bounds
    draw = rng.uniform((west, south), (east, north), (40_000, 2))
    inside = draw[shapely.contains_xy(shape, draw[:, 0], draw[:, 1])]
    covered = np.zeros(len(inside), dtype=bool)
    for item in wuhan.footprints[wuhan.footprints["kind"] != "oriented-belt"].geometry:
        covered |= shapely.contains_xy(item, inside[:, 0], inside[:, 1])
    for ring in wuhan.rings().geometry:
        covered |= shapely.contains_xy(ring, inside[:, 0], inside[:, 1])
    assert 1 - covered.mean() == pytest.approx(row["share_in_none"], abs=0.015)


def test_the_callers_ring_width_counts(wuhan, units):
    narrow = geo.footprint_units(wuhan, units, footprints=footprints_of(wuhan, ring_km=0.5))
    wide = geo.footprint_units(wuhan, units, footprints=footprints_of(wuhan, ring_km=2))
    area = [t.loc[t["footprint"] == "campus-rings", "area_km2"].sum() for t in (narrow, wide)]
    assert area[0] < 42 * 3.15 * 0.25
    assert area[1] > 4 * area[0]
    assert not any(f.id.startswith("campus") for f in footprints_of(wuhan, rings="none"))
    assert sum(f.id.startswith("campus") for f in footprints_of(wuhan, rings="each")) == len(
        wuhan.rings()
    )
