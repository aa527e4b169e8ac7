"""Policies by place: against ``geo.here``, plain shapes, and tables of a few rows."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import geo
from geo.analysis.cloud import Cloud
from geo.analysis.dates import span_of
from geo.analysis.here import LIES, here
from geo.analysis.places import nodes_as_places
from geo.analysis.policies import STATES, policies_at, state_on
from geo.analysis.policy_counts import policies_of
from geo.analysis.policy_grounds import lies_of, neighbourhood
from geo.errors import PointsError
from geo.io.policies import LEVELS, POLICY_COLUMNS
from geo.measure import project
from geo.model.layout import Layout
from geo.words import say

HONGSHAN, HONG_KONG, PARIS, JINGZHOU = (
    (114.40, 30.50),
    (114.1747, 22.2783),
    (2.35, 48.85),
    (112.24, 30.33),
)


@pytest.fixture(scope="module")
def units(wuhan):
    return geo.read_units(wuhan)


def with_table(layout, rows, units=None):
    table = pd.DataFrame(
        [dict.fromkeys(POLICY_COLUMNS, "") | r for r in rows], columns=list(POLICY_COLUMNS)
    )
    meta = layout.meta if units is None else layout.meta.model_copy(update={"units": units})
    return Layout(
        meta, layout.features, layout.claims, layout.population, layout.folder, policies=table
    )


def policy(name, level, place="", **more):
    return {
        "id": name,
        "level": level,
        "place": place,
        "title_zh": name,
        "title_en": name,
        "source": "test",
        "confidence": "n/a",
    } | more


def ids(table, level=None):
    return set(table["policy"] if level is None else table.loc[table["level"] == level, "policy"])


def test_levels_where_one_stands(wuhan, units):
    found = policies_at(*HONGSHAN, layout=wuhan, units=units, on="2026-02-24")
    assert list(found.table["level"]) == sorted(found.table["level"], key=LEVELS.index)
    assert set(found.table["level"]) == set(LEVELS)
    assert ids(found.table, "district") == {"hongshan-university-belt"}
    assert "xianning-knowledge-loan" not in ids(found.table)
    assert ids(found.ended) == {"rd-super-deduction-2021", "hubei-st-five-year", "wuhan-ai-2025"}
    assert set(found.ended["state"]) == {"ended"}
    row = found.table.set_index("policy").loc["hongshan-university-belt"]
    assert (row["why_zh"], row["why_en"]) == (
        "该点在武汉市 洪山区。",
        "The place is in Hongshan District, Wuhan.",
    )
    assert set(found.table["state"]) <= set(STATES)
    assert found.provenance.parameters["on"] == "2026-02-24"


def test_a_zone_without_an_outline_is_told_apart(wuhan, units):
    found = policies_at(*HONGSHAN, layout=wuhan, units=units)
    assert ids(found.unplaced) == {"donghu-regulations"}
    assert not ids(found.table) & ids(found.unplaced)
    assert "policies.note.unplaced" in found.notes
    assert "东湖高新区没有边界" in found.unplaced["why_zh"].iat[0]


@pytest.mark.parametrize(
    ("place", "note", "levels"),
    [
        (HONG_KONG, "policies.note.own-law", set()),
        (PARIS, "policies.note.abroad", set()),
        (JINGZHOU, "policies.note.outside-units", {"national", "province"}),
    ],
    ids=["hong-kong", "paris", "jingzhou"],
)
def test_beyond_the_units(wuhan, units, place, note, levels):
    found = policies_at(*place, layout=wuhan, units=units)
    assert set(found.table["level"]) == levels
    assert note in found.notes
    assert all(say(n, lang) for n in found.notes for lang in ("zh", "en"))


def test_without_units_only_the_nation_and_zones_are_told(wuhan):
    found = policies_at(114.41, 30.505, layout=wuhan)
    assert set(found.table["level"]) == {"national", "zone"}
    assert "policies.note.no-units" in found.notes
    nowhere = with_table(wuhan, [policy("n", "national"), policy("p", "province", "420000")], wuhan.meta.units.model_copy(update={"provider": "none"}))  # fmt: skip
    found = policies_at(114.41, 30.505, layout=nowhere)
    assert found.table[["policy", "lies"]].values.tolist() == [["n", "assumed"]]
    assert "policies.note.no-country" in found.notes


def test_a_layout_without_a_table_says_so(wuhan, units):
    bare = Layout(wuhan.meta, wuhan.features, wuhan.claims, wuhan.population)
    found = policies_at(*HONGSHAN, layout=bare, units=units)
    assert found.notes == ("policies.note.no-table",)
    assert not len(found.table)
    assert not len(policies_of(cloud([HONGSHAN]), layout=bare, units=units).table)


@pytest.mark.parametrize("source", ["tianditu", "amap"])
def test_points_lie_to_districts_and_zones_as_they_do_in_here(wuhan, source):
    units = geo.read_units(wuhan, source=source)
    rng = np.random.default_rng(20260224)
    zones = ["optics-valley-corridor", "donghu-science-city", "robot-valley"]
    table = [policy(z, "zone", z) for z in zones]
    table += [policy(f"u{code}", "district", code) for code in units["adcode"]]
    own = with_table(wuhan, table)
    for _ in range(8):
        unit = units.geometry.iat[rng.integers(len(units))]
        x, y = shapely.get_coordinates(unit.boundary)[
            rng.integers(shapely.get_num_coordinates(unit.boundary))
        ]
        lon, lat = x + rng.normal(0, 0.003), y + rng.normal(0, 0.003)
        err = float(rng.choice([0, 50, 300]))
        found = policies_at(lon, lat, layout=own, units=units, err_m=err)
        there = here(wuhan, lon, lat, err_m=err, units=units)
        want = {f"u{r['unit_id']}": r["lies"] for r in there.units.to_dict("records")}
        want |= {r["footprint"]: r["lies"] for r in there.footprints.to_dict("records") if r["footprint"] in zones and r["lies"] != "outside"}  # fmt: skip
        got = dict(zip(found.table["policy"], found.table["lies"], strict=True))
        assert got == want
        assert list(found.table["disputed"]) == [v in ("probably", "perhaps") for v in got.values()]


def test_near_a_border_both_districts_are_named(wuhan, units):
    by_code = units.set_index("adcode")
    a, b = (project(by_code.geometry[c], wuhan.crs) for c in ("420111", "420106"))
    from geo.measure import unproject

    at = unproject(shapely.line_interpolate_point(shapely.line_merge(a.boundary.intersection(b.boundary).geoms[0]), 0.5, normalized=True), wuhan.crs)  # fmt: skip
    own = with_table(wuhan, [policy("h", "district", "420111"), policy("w", "district", "420106"), policy("c", "city", "420100")])  # fmt: skip
    found = policies_at(at.x, at.y, layout=own, units=units)
    rows = found.table.set_index("policy")
    assert set(rows.loc[["h", "w"], "lies"]) <= {"probably", "perhaps"}
    assert rows.loc["c", "lies"] == "surely"
    assert "武昌区" in rows.loc["h", "why_zh"]
    assert "Hongshan" in rows.loc["w", "why_en"]
    assert "policies.note.border" in found.notes


def test_units_of_one_city_have_no_border_between_them(wuhan, units):
    """Points on inner borders of a city are surely in the city, for both sets of boundaries."""
    for source in ("tianditu", "amap"):
        own = geo.read_units(wuhan, source=source)
        city = own[own["city_adcode"] == "420100"]
        planar = np.array([project(g, wuhan.crs) for g in city.geometry])
        whole = shapely.union_all(planar).buffer(-1_000)
        xy = shapely.get_coordinates(shapely.boundary(planar))
        xy = xy[shapely.intersects_xy(whole, *xy.T)][::80]
        from geo.measure import lonlat_of

        lon, lat = lonlat_of(*xy.T, wuhan.crs.to_wkt())
        table = with_table(wuhan, [policy("c", "city", "420100")])
        counts = policies_of(cloud(np.column_stack([lon, lat])), layout=table, units=own)
        assert counts.table["count_low"].iat[0] == len(xy)


def cloud(lonlat, err=0.0, weight=None):
    xy = np.asarray(lonlat, float).reshape(-1, 2)
    n = len(xy)
    return Cloud(xy[:, 0], xy[:, 1], np.ones(n) if weight is None else np.asarray(weight, float), np.full(n, err), codes=np.zeros(n, np.int32), row=np.arange(n))  # fmt: skip


def test_many_points_are_counted_as_each_alone(wuhan, units):
    rng = np.random.default_rng(7)
    at = np.column_stack([rng.uniform(113.9, 115.2, 80), rng.uniform(30.1, 30.9, 80)])
    found = policies_of(cloud(at, 150.0), layout=wuhan, units=units, on="2026-02-24")
    table = found.table.set_index("policy")
    single = [
        policies_at(x, y, layout=wuhan, units=units, err_m=150.0, on="2026-02-24") for x, y in at
    ]
    both = [pd.concat([s.table, s.ended]) for s in single]
    how = [dict(zip(t["policy"], map(LIES.index, t["lies"]), strict=True)) for t in both]
    now = [set(s.table["policy"]) for s in single]
    for limit, column in enumerate(("count_low", "count", "count_high")):
        alone = {name: sum(h.get(name, 9) <= limit for h in how) for name in table.index}
        assert table[column].to_dict() == alone, column
        each = [sum(h[name] <= limit for name in n) for h, n in zip(how, now, strict=True)]
        assert found.points[column].tolist() == each
    assert (table["share"] == table["count"] / len(at)).all()


def test_weights_are_summed_and_places_are_taken(wuhan, units):
    own = with_table(wuhan, [policy("w", "city", "420100"), policy("n", "national")])
    found = policies_of(cloud([HONGSHAN, (114.88, 30.39)], weight=[3, 5]), layout=own, units=units)
    assert dict(zip(found.table["policy"], found.table["sum"], strict=True)) == {"n": 8.0, "w": 3.0}
    places = nodes_as_places(wuhan, tiers=["university"])
    of_nodes = policies_of(places, layout=own, units=units).table.set_index("policy")
    assert of_nodes.loc["n", "count"] == len(places)
    assert (
        0
        < of_nodes.loc["w", "count_low"]
        <= of_nodes.loc["w", "count"]
        <= of_nodes.loc["w", "count_high"]
    )
    empty = policies_of(cloud([]), layout=own, units=units)
    assert empty.table["count"].tolist() == [0, 0]


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), err=st.sampled_from([0.0, 40.0, 900.0]))
def test_the_quick_way_for_many_points_is_the_exact_one(seed, err):
    """On a figure with a hole: the ring that is measured holds every point that is not sure."""
    layout = geo.load_layout("wuhan")
    rng = np.random.default_rng(seed)
    square = shapely.box(-5_000, -5_000, 5_000, 5_000).difference(shapely.Point(0, 0).buffer(1_000))
    shape = square.union(shapely.Point(*rng.uniform(-6_000, 6_000, 2)).buffer(1_500))
    ground = _ground(shape, 200.0)
    xy = rng.uniform(-8_000, 8_000, (300, 2))
    errs = np.full(300, err) * rng.uniform(0, 1, 300)
    points = shapely.points(xy)
    together, _ = lies_of(ground, points, errs)
    alone = np.array(
        [lies_of(ground, points[k : k + 1], errs[k : k + 1])[0][0] for k in range(300)]
    )
    assert (together == alone).all()
    inside = shapely.intersects_xy(shape, *xy.T)
    assert ((together <= 1) == inside).all()
    # Never called sure within the errors of the edge, nor outside so near to it.
    edge = shapely.distance(shape.boundary, shapely.points(xy))
    assert (edge[together == 0] > (200.0 + errs[together == 0]) * 0.999).all()
    assert (edge[together == 3] > (200.0 + errs[together == 3]) * 0.98).all()
    assert layout is not None


def _ground(shape, err):
    from geo.analysis.policy_grounds import Ground

    return Ground("zone", "z", "z", "z", (shape.buffer(-err, quad_segs=32), shape, shape.buffer(err, quad_segs=32)), err, "test")  # fmt: skip


def test_the_cut_about_points_changes_nothing(wuhan, units):
    """One point at a time, and all in one neighbourhood, have the same answer."""
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(113.0, 116.0, 15), rng.uniform(29.2, 31.6, 15)
    err = rng.uniform(0, 3_000, 15)
    from geo.io.provinces import read_provinces

    provinces = read_provinces(wuhan)
    whole = neighbourhood(wuhan, lon, lat, err, units, provinces)
    for level, place in [
        ("national", ""),
        ("province", "420000"),
        ("city", "420100"),
        ("district", "420115"),
    ]:
        together = lies_of(whole.ground(level, place), whole.points, err)[0]
        for k in range(15):
            near = neighbourhood(
                wuhan, lon[k : k + 1], lat[k : k + 1], err[k : k + 1], units, provinces
            )
            assert lies_of(near.ground(level, place), near.points, near.err_m)[0][0] == together[k]


# ---- dates

DAY = st.dates(dt.date(2000, 1, 1), dt.date(2030, 12, 31))


def written(day, digits):
    return day.isoformat()[: {1: 4, 2: 7, 3: 10}[digits]]


@settings(max_examples=100, deadline=None)
@given(
    begin=DAY,
    length=st.integers(1, 3000),
    on=DAY,
    digits=st.tuples(st.integers(1, 3), st.integers(1, 3)),
)
def test_the_state_never_contradicts_the_days_that_the_dates_may_mean(begin, length, on, digits):
    end = begin + dt.timedelta(length)
    row = {
        "in_force_from": written(begin, digits[0]),
        "in_force_to": written(end, digits[1]),
        "issued": "",
    }
    state, truly = state_on(row, on), begin <= on <= end
    assert state in {"in-force", "perhaps", "not-yet", "ended"}
    if state == "in-force":
        assert truly
    if state in ("not-yet", "ended"):
        assert not truly
    if digits == (3, 3):
        assert state != "perhaps"


@pytest.mark.parametrize(
    ("row", "state"),
    [
        (("", "", ""), "undated"), (("2024-05", "", ""), "issued"), (("2026", "", ""), "perhaps"), (("2027", "", ""), "not-yet"),
        (("2024-05", "2026-03-01", ""), "not-yet"), (("", "", "2025"), "ended"), (("2020", "", "2026"), "perhaps"),
        (("2020", "2020", "2027"), "in-force"),
    ],
)  # fmt: skip
def test_states_of_dates_that_are_missing(row, state):
    names = ("issued", "in_force_from", "in_force_to")
    assert state_on(dict(zip(names, row, strict=True)), dt.date(2026, 2, 24)) == state
    assert state_on(dict(zip(names, row, strict=True)), None) == "any"


def test_spans_of_dates():
    assert span_of("2024-02") == (dt.date(2024, 2, 1), dt.date(2024, 2, 29))
    assert span_of("2025") == (dt.date(2025, 1, 1), dt.date(2025, 12, 31))
    assert span_of("") is None
    with pytest.raises(PointsError, match="not a date"):
        span_of("2025-02-30")


def test_kinds_fields_and_bad_calls(wuhan, units):
    loans = policies_at(*HONGSHAN, layout=wuhan, units=units, kinds=["loan"])
    assert ids(loans.table) == {
        "hubei-knowledge-loan",
        "wuhan-tech-finance",
        "wuhan-knowledge-loan",
    }
    robots = policies_at(*HONGSHAN, layout=wuhan, units=units, fields=["robotics"])
    assert {"wuhan-humanoid", "law-st-progress"} <= ids(robots.table)
    assert "wuhan-tech-finance" not in ids(robots.table)
    for message, more in (
        ("no kind of policy lottery", {"kinds": ["lottery"]}), ("not a day", {"on": "2026-02"}), ("not a date", {"on": "soon"}),
        ("err_m is -1", {"err_m": -1}),
    ):  # fmt: skip
        with pytest.raises(PointsError, match=message):
            policies_at(*HONGSHAN, layout=wuhan, units=units, **more)
    with pytest.raises(PointsError, match="finite"):
        policies_at(float("nan"), 30, layout=wuhan, units=units)


def test_units_of_a_file_serve_as_well(wuhan, units, tmp_path):
    """Another country, another code: two squares, a policy of each level."""
    squares = gpd.GeoDataFrame(
        {"adcode": ["110101", "110202"], "name_zh": ["甲", "乙"], "name_en": ["A", "B"], "city_adcode": ["110100", "110200"], "city_zh": ["甲市", "乙市"], "source": "test", "err_m": 0.0, "level": "county"},
        geometry=[shapely.box(114.0, 30.0, 114.5, 31.0), shapely.box(114.5, 30.0, 115.0, 31.0)], crs=4326,
    )  # fmt: skip
    own = with_table(
        wuhan, [policy("p", "province", "110000"), policy("c", "city", "110100"), policy("d", "district", "110202")],
        wuhan.meta.units.model_copy(update={"provider": "none"}),
    )  # fmt: skip
    assert ids(policies_at(114.2, 30.5, layout=own, units=squares).table) == {"p", "c"}
    assert ids(policies_at(114.8, 30.5, layout=own, units=squares).table) == {"p", "d"}
    assert not ids(policies_at(116.0, 30.5, layout=own, units=squares).table)
    on_border = policies_at(114.5, 30.5, layout=own, units=squares, err_m=10)
    assert (
        dict(zip(on_border.table["policy"], on_border.table["lies"], strict=True))["p"] == "surely"
    )
    assert on_border.table["disputed"].sum() == 2
