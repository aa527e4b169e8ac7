"""What the pages of coverage, gaps, overlap and people draw: held against geometry computed otherwise."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import geo
from geo.analysis.changes import changed_footprint
from geo.analysis.cloud import Cloud, cloud_of
from geo.analysis.footprints import footprints_of
from geo.analysis.gap_trial import trial_of
from geo.analysis.overlap_shapes import part_shapes, times_counted
from geo.analysis.population_units import people_by_unit
from geo.datasets.demo import demo_points
from geo.maps.cover_charts import measured_bars, pair_matrix, people_bars
from geo.maps.cover_features import (
    SHADES,
    banded_text,
    breaks_of,
    change_features,
    distance_text,
    footprint_features,
    gap_features,
    part_features,
    point_features,
    shade_legend,
    unit_value_features,
)
from geo.maps.web import features_json
from geo.measure import area_km2, distance_km, laea, project, project_points
from geo.model.scenario import Scenario, apply_scenario

CRS = laea(114.3, 30.5)


@pytest.fixture(scope="module")
def points(wuhan):
    return demo_points(wuhan, 3000)


@pytest.fixture(scope="module")
def own(wuhan):
    return footprints_of(wuhan)


@pytest.fixture(scope="module")
def left_out(wuhan, units, points):
    near = geo.gaps(points, wuhan, weight="staff", top=60, rank="distance", columns=["name"])
    far = geo.gaps(points, wuhan, units=units, weight="staff", top=40, columns=["name"])
    return SimpleNamespace(near=near, far=far, rows=pd.concat([near.by_point, far.by_point, far.by_unit]))  # fmt: skip


def shape_of(feature):
    return shapely.from_geojson(json.dumps(feature["geometry"]))


# Parts and points that count several times


@pytest.mark.parametrize("level", ["layer", "footprint"])
def test_parts_add_up_and_lie_in_what_they_name(wuhan, own, level):
    found = geo.overlap(wuhan, level=level)
    shapes = part_shapes(found.parts, own, level)
    measured = np.array([area_km2(s) for s in shapes.geometry])
    assert measured == pytest.approx(shapes["area_km2"].to_numpy(), rel=1e-6, abs=1e-3)
    union = shapely.union_all([f.shape for f in own]).area / 1e6
    assert measured.sum() == pytest.approx(union, rel=1e-6)
    for row in shapes.itertuples():
        inside = project(row.geometry, wuhan.crs).representative_point()
        held = {f.layer if level == "layer" else f.id for f in own if f.shape.contains(inside)}
        assert held == set(row.part.split(" + "))


@pytest.mark.parametrize("level", ["layer", "footprint"])
def test_points_count_as_often_as_plain_geometry_says(wuhan, own, points, level):
    cloud = cloud_of(points)
    got = times_counted(cloud, own, level)
    at = shapely.points(project_points(cloud.lon, cloud.lat, wuhan.crs))
    groups: dict[str, np.ndarray] = {}
    for f in own:
        name = f.layer if level == "layer" else f.id
        groups[name] = groups.get(name, np.zeros(len(at), bool)) | shapely.intersects(f.shape, at)
    # The outline of a footprint in degrees is its edges within a metre: none lies that near here.
    assert (got == np.sum(list(groups.values()), axis=0)).mean() > 0.999
    several = geo.overlap(wuhan, points, level=level).totals.set_index("where").at["several", "count"]  # fmt: skip
    assert (got > 1).sum() == several


def test_nothing_to_count():
    empty = Cloud(np.empty(0), np.empty(0), np.empty(0), np.empty(0))
    assert times_counted(empty, []).shape == (0,)


# Changes as scenarios


def test_a_trial_takes_the_place_in(wuhan, left_out):
    tried = {}
    for row in left_out.rows.to_dict("records"):
        changes = trial_of(wuhan, row)
        if row["change"] in ("", "ring"):
            assert changes == ()
            continue
        tried[row["change"]] = tried.get(row["change"], 0) + 1
        after = apply_scenario(wuhan, Scenario(id="x", name_zh="x", name_en="x", base=wuhan.id, changes=changes))  # fmt: skip
        place = shapely.Point(project_points(row["lon"], row["lat"], wuhan.crs)[0])
        shape = after[row["footprint"]].planar_footprint
        assert shape.buffer(0.01).intersects(place)
        assert not wuhan[row["footprint"]].planar_footprint.intersects(place)
        # Nothing else is changed, and this one only as suggested (up to the growth that is tried).
        moved = next(f for f in footprints_of(wuhan) if f.id == row["footprint"])
        suggested = changed_footprint(wuhan, moved, row)
        assert shape.hausdorff_distance(suggested) < 0.02 * 1000 * max(row["distance_km"], 1)
    assert {"move", "widen", "extend-widen"} <= set(tried)


def test_what_no_scenario_does(wuhan):
    row = {"footprint": "nowhere", "change": "move", "lon": 114.0, "lat": 30.0}
    assert trial_of(wuhan, row) == ()
    assert trial_of(wuhan, row | {"footprint": "robot-valley", "change": ""}) == ()


# People by unit


def test_people_by_unit_are_all_that_were_placed(wuhan, units):
    found = geo.population(wuhan, units=units)
    table = people_by_unit(found, wuhan, units)
    assert table["population"].sum() == pytest.approx(found.placed, rel=1e-9)
    assert table["unit_id"].tolist() == units["adcode"].tolist()
    assert (table["population"] / table["area_km2"]).to_numpy() == pytest.approx(table["density_km2"].to_numpy())  # fmt: skip
    # A district with its own figure and no statistical area in it has just that figure.
    balance = found.balance.set_index("id")
    for row in table[table["own_share"] > 1 - 1e-9].to_dict("records"):
        one = balance[balance["units"] == row["unit_id"]]
        assert row["population"] == pytest.approx(one["placed"].sum())
    # By hand: what spans several units is spread by their area.
    spread = balance[balance["placement"] == "spread-over-spans"].iloc[0]
    codes = spread["units"].split()
    area = {c: area_km2(g) for c, g in zip(units["adcode"], units.geometry, strict=True)}
    own = {c: balance.loc[balance["units"] == c, "placed"].sum() for c in codes}
    for code in codes:
        rest = sum(
            r["placed"] * area[code] / sum(area[c] for c in r["units"].split())
            for r in balance.to_dict("records") if code in str(r["units"]).split() and r["units"] != code
        )  # fmt: skip
        got = table.set_index("unit_id").at[code, "population"]
        assert got == pytest.approx(own[code] + rest, rel=1e-4)


# Words and shades


@given(st.lists(st.floats(1e-4, 1e6), min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_breaks_rise_and_lie_within(values):
    breaks = breaks_of(values)
    assert breaks == sorted(set(breaks))
    assert 1 <= len(breaks) <= 4
    assert min(values) * 0.9 <= breaks[0] <= breaks[-1] <= max(values) * 1.1
    assert len(re.findall("background:#", shade_legend(breaks, "x"))) == len(breaks) + 1


def test_no_values_no_breaks():
    assert breaks_of([0.0, np.nan]) == []
    assert shade_legend([], "<b>") .count("background:") == 1  # fmt: skip
    assert "&lt;b&gt;" in shade_legend([], "<b>")


def test_bands_and_distances_in_words():
    row = {"count_low": 2426, "count": 2750, "count_high": 2992, "share_low": 0.4852, "share": 0.55, "share_high": 0.5984}  # fmt: skip
    assert banded_text(row, "count") == "2,750 (2,426–2,992)"
    assert banded_text(row, "share", percent=True) == "55.0% (48.5–59.8%)"
    assert distance_text(0.00528, "zh") == "5 米"
    assert distance_text(12.34, "en") == "12.3 km"


# Features


def test_footprints_are_shaded_large_ones_first(wuhan, own, points):
    table = geo.coverage(points, wuhan).table
    breaks = breaks_of(table["share"])
    drawn = footprint_features(own, table, "share", "zh", breaks=breaks, lines={"count": False, "share": True}, label=True)  # fmt: skip
    assert len(drawn) == len(own)
    sizes = [shape_of(f).area for f in drawn]
    assert all(a >= b * 0.98 for a, b in pairwise(sizes))
    by_id = {f["properties"]["tip"].rpartition("№ ")[2].removesuffix("</small>"): f for f in drawn}
    shares = table.set_index("footprint")["share"]
    for a in shares.index:
        row = table.set_index("footprint").loc[a]
        assert banded_text(row, "count") in by_id[a]["properties"]["tip"]
        assert by_id[a]["properties"]["label"] == f"{100 * shares[a]:.1f}%"
        for b in shares.index:
            if shares[a] < shares[b]:
                shade = [SHADES.index(by_id[n]["properties"]["st"]["fillColor"]) for n in (a, b)]
                assert shade[0] <= shade[1]


def test_gaps_are_drawn_where_they_are_and_lead_back(left_out):
    table = left_out.far.by_point
    row = int(table["row"].iloc[3])
    drawn = gap_features(table, "en", name="name", chosen=row)
    assert len(drawn) == len(table)
    chosen = drawn[-1]
    assert chosen["properties"]["tip"].endswith(f"№ gap:{row}</small>")
    at = table.set_index("row").loc[row]
    assert chosen["geometry"]["coordinates"] == pytest.approx((at["lon"], at["lat"]), abs=1e-5)
    # The heaviest is the largest but for the chosen one.
    sizes = {f["properties"]["tip"].rpartition("gap:")[2]: f["properties"]["st"]["radius"] for f in drawn[:-1]}  # fmt: skip
    heaviest = table[table["row"] != row].sort_values("weight").iloc[-1]["row"]
    assert sizes[f"{heaviest}</small>"] == max(sizes.values())


def test_a_change_is_drawn_as_it_would_be(wuhan, own, left_out):
    for row in left_out.near.by_point.head(12).to_dict("records"):
        footprint = next(f for f in own if f.id == row["footprint"])
        now, after, way = change_features(wuhan, footprint, row, "zh")
        assert project(shape_of(now), wuhan.crs).hausdorff_distance(footprint.shape) < 20
        after_shape = project(shape_of(after), wuhan.crs)
        assert after_shape.hausdorff_distance(changed_footprint(wuhan, footprint, row)) < 20
        (x0, y0), (x1, y1) = shape_of(way).coords
        assert float(distance_km(x0, y0, x1, y1)) == pytest.approx(row["distance_km"], rel=0.01, abs=0.003)  # fmt: skip


def test_text_from_data_is_escaped(wuhan, left_out):
    table = left_out.far.by_point.head(3).assign(name="<img src=x onerror=alert(1)>")
    text = features_json(gap_features(table, "zh", name="name"))
    assert "<img" not in text
    assert "&lt;img" in text or "\\u0026lt;img" in text


def test_units_keep_their_numbers(wuhan, units, left_out):
    table = left_out.far.by_unit
    drawn = unit_value_features(
        units, table, "share_in_none", "en", breaks=[0.2, 0.4, 0.6, 0.8], lines={"share_in_none": True}, chosen="420115"
    )  # fmt: skip
    assert len(drawn) == len(units)
    assert "unit:420115" in drawn[-1]["properties"]["tip"]
    row = table.set_index("unit_id").loc["420115"]
    assert banded_text(row, "share_in_none", percent=True) in drawn[-1]["properties"]["tip"]
    assert len(features_json(drawn)) < 200_000


def test_parts_of_several_alone_are_drawn(wuhan, own):
    found = geo.overlap(wuhan, level="footprint")
    shapes = part_shapes(found.parts, own, "footprint")
    drawn = part_features(shapes, "zh")
    assert len(drawn) == (shapes["members"] > 1).sum()
    assert len(features_json(drawn)) < 150_000


@given(st.integers(0, 3000), st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_many_points_are_drawn_together_and_none_is_lost(n, seed):
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(113.5, 115.2, n), rng.uniform(30, 31, n)
    drawn = point_features(lon, lat, np.full(n, 2), "en", CRS, most=200)
    assert len(drawn) <= 200
    if n > 200:
        counts = [int(f["properties"]["tip"].split()[0].replace(",", "")) for f in drawn]
        assert sum(counts) == n


# Charts


def test_bars_have_their_bands_and_names_apart():
    frame = pd.DataFrame({"name": ["a", "b", "a"], "count_low": [0, 1, 2], "count": [1, 2, 3], "count_high": [2, 3, 9]})  # fmt: skip
    spec = measured_bars(frame, "name", "count", "zh").to_dict()
    rows = next(iter(spec["datasets"].values()))
    assert [r["name"] for r in rows] == ["a (1)", "b", "a (2)"]
    assert [(r["low"], r["value"], r["high"]) for r in rows] == [(0, 1, 2), (1, 2, 3), (2, 3, 9)]
    assert len(spec["layer"]) == 4


def test_the_matrix_holds_every_pair(wuhan):
    pairs = geo.overlap(wuhan).pairs
    spec = pair_matrix(pairs, "area_km2", "en").to_dict()
    rows = next(iter(spec["datasets"].values()))
    assert [(r["a"], r["b"], r["value"]) for r in rows] == list(zip(pairs["a_en"], pairs["b_en"], pairs["area_km2"], strict=True))  # fmt: skip
    scale = spec["layer"][0]["encoding"]["color"]["condition"] if "condition" in spec["layer"][0]["encoding"]["color"] else {}  # fmt: skip
    assert scale
    top = pairs.loc[pairs["a"] != pairs["b"], "area_km2"].max()
    assert json.dumps(spec).count(f"{top}") >= 1


def test_people_of_all_cities_are_in_the_bars(wuhan, units):
    found = geo.population(wuhan, units=units)
    rows = next(iter(people_bars(found.balance, "zh").to_dict()["datasets"].values()))
    assert sum(r["people"] for r in rows) == pytest.approx(found.total, rel=1e-9)
    assert {"武汉市", "宜昌市"} <= {r["name"] for r in rows}
