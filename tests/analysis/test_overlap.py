from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import geo
from geo.analysis.areas import overlaps
from geo.analysis.footprints import Footprint, footprints_of
from geo.analysis.overlap import overlap
from geo.errors import PointsError
from geo.measure import unproject

LOW, HIGH = "_low", "_high"


def footprint(name, shape, crs, err=0.0, layer="zone"):
    inner, outer = (shape.buffer(d, quad_segs=32) for d in (-err, err))
    return Footprint(name, name, name, "core", layer, "illustrative", err, shape, inner, outer, "x", "low", crs)  # fmt: skip


def frame(xy, crs, **columns):
    at = shapely.get_coordinates(unproject(shapely.points(xy), crs))
    return pd.DataFrame({"lon": at[:, 0], "lat": at[:, 1], **columns})


def random_case(wuhan, seed, n=5, err=0.0):
    rng = np.random.default_rng(seed)
    own = [
        footprint(
            f"f{k}",
            shapely.affinity.rotate(
                shapely.box(*rng.uniform(-9000, 0, 2), *rng.uniform(500, 9000, 2)), rng.uniform(0, 90)
            ),
            wuhan.crs, err * k / n, ("zone", "corridor", "belt")[k % 3],
        )
        for k in range(n)
    ]  # fmt: skip
    xy = rng.uniform(-12_000, 12_000, (500, 2))
    # Edges that are straight in the plane are followed within 5 cm: nearer points tell nothing.
    at = shapely.points(xy)
    # A thin box has no inner shape, and no distance to it.
    near = np.nanmin(
        [shapely.distance(s.boundary, at) for f in own for s in (f.inner, f.shape, f.outer)], axis=0
    )
    return rng, own, xy[near > 0.1][:400]


def test_two_boxes_by_hand(wuhan):
    a = footprint("a", shapely.box(0, 0, 4000, 2000), wuhan.crs, err=100)
    b = footprint("b", shapely.box(3000, 0, 6000, 2000), wuhan.crs, err=200)
    xy = np.array([[500, 500], [3500, 1000], [3850, 1000], [5000, 500], [9000, 9000]], float)
    points = frame(xy, wuhan.crs, w=[1.0, 10, 100, 1000, 1e4])
    found = overlap(wuhan, points, footprints=[a, b], level="footprint", weight="w", datum="wgs84")
    parts = found.parts.set_index("part")
    assert parts["area_km2"].to_dict() == pytest.approx({"": np.nan, "a": 6, "b": 4, "a + b": 2}, nan_ok=True)  # fmt: skip
    assert parts["sum"].to_dict() == {"": 1e4, "a": 1, "b": 1000, "a + b": 110}
    # Surely in both: from 3200 to 3900 across and 200 from the edges of b; perhaps: 2800 to 4100.
    assert parts.loc["a + b", "area_km2_low"] == pytest.approx(0.7 * 1.6)
    assert parts.loc["a + b", "area_km2_high"] == pytest.approx(1.3 * 2.2, rel=3e-3)
    assert parts.loc["a", "area_km2_low"] == pytest.approx((2.8 - 0.1) * 1.8)
    assert parts.loc["a + b", ["count_low", "count", "count_high"]].tolist() == [2, 2, 2]
    totals = found.totals.set_index("where")
    assert totals["area_km2"].to_dict() == pytest.approx({"each": 14, "once": 12, "double": 2, "several": 2})  # fmt: skip
    assert totals["sum"].to_dict() == {"each": 1221, "once": 1111, "double": 110, "several": 110}
    assert found.matrix().to_numpy().tolist() == [pytest.approx([8, 2]), pytest.approx([2, 6])]
    assert found.matrix("count").to_numpy().tolist() == [[3, 2], [2, 3]]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000))
def test_parts_add_up_and_inclusion_exclusion_holds(wuhan, seed):
    rng, own, xy = random_case(wuhan, seed)
    points = frame(xy, wuhan.crs, w=rng.integers(-5, 9, 400), k=rng.choice(["a", "b"], 400))
    found = overlap(
        wuhan, points, footprints=own, level="footprint", weight="w", by="k", datum="wgs84"
    )
    parts = found.parts[found.parts["by"] == ""]
    some = parts[parts["members"] > 0]
    union = shapely.union_all([f.shape for f in own])
    once = found.totals.set_index("where")
    assert some["area_km2"].sum() == pytest.approx(union.area / 1e6, abs=1e-4)
    assert once.loc["once", "area_km2"] == pytest.approx(union.area / 1e6)
    signed = sum(
        (-1) ** (r + 1) * shapely.intersection_all([f.shape for f in group]).area / 1e6
        for r in range(1, 6)
        for group in itertools.combinations(own, r)
    )
    assert signed == pytest.approx(some["area_km2"].sum(), abs=1e-4)
    # Points by plain shapely.
    at = shapely.points(xy)
    inside = np.array([shapely.intersects(f.shape, at) for f in own])
    weight = points["w"].to_numpy()
    for row in parts.itertuples():
        combo = np.array([f.id in row.part.split(" + ") for f in own])
        own_points = (inside == combo[:, None]).all(axis=0)
        assert (row.count, row.sum) == (own_points.sum(), weight[own_points].sum())
    assert parts["count"].sum() == 400
    assert found.parts[found.parts["by"] != ""].groupby("by")["count"].sum().to_dict() == points["k"].value_counts().to_dict()  # fmt: skip
    assert once.loc["each", "count"] == inside.sum()
    assert once.loc["double", "count"] == np.maximum(inside.sum(axis=0) - 1, 0).sum()
    assert once.loc["double", "sum"] == (np.maximum(inside.sum(axis=0) - 1, 0) * weight).sum()
    assert once.loc["several", "count"] == (inside.sum(axis=0) > 1).sum()
    diagonal = np.diag(found.matrix("count"))
    assert diagonal.tolist() == inside.sum(axis=1).tolist()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_bounds_hold_for_every_displacement(wuhan, seed):
    rng, own, xy = random_case(wuhan, seed, err=900.0)
    err = rng.choice([0.0, 300.0], 400)
    found = overlap(wuhan, frame(xy, wuhan.crs, err_m=err), footprints=own, level="footprint", datum="wgs84")  # fmt: skip
    parts = found.parts.set_index("part")
    for _ in range(5):
        # Every footprint grows or shrinks within its error, every point moves within its own.
        shapes = [f.shape.buffer(rng.uniform(-1, 1) * f.err_m, quad_segs=32) for f in own]
        turn, far = rng.uniform(0, 2 * np.pi, 400), rng.uniform(0, 0.99, 400) * err
        at = shapely.points(xy + np.column_stack([np.cos(turn), np.sin(turn)]) * far[:, None])
        inside = np.array([shapely.intersects(s, at) for s in shapes])
        for name, row in parts.iterrows():
            combo = np.array([f.id in name.split(" + ") for f in own])
            n = (inside == combo[:, None]).all(axis=0).sum()
            assert row["count_low"] <= n <= row["count_high"]
            if name:
                part = shapely.intersection_all(
                    [s for s, c in zip(shapes, combo, strict=True) if c]
                )
                for shape in itertools.compress(shapes, ~combo):
                    part = part.difference(shape)
                assert row["area_km2_low"] - 1e-6 <= part.area / 1e6 <= row["area_km2_high"] + 1e-6


def test_layers_of_the_layout(wuhan):
    found = overlap(wuhan)
    assert set(found.pairs["a"]) == {"zone", "corridor", "belt"}
    own = footprints_of(wuhan)
    union = shapely.union_all([f.shape for f in own]).area / 1e6
    assert found.parts["area_km2"].sum() == pytest.approx(union)
    single = overlap(wuhan, level="footprint")
    known = overlaps(wuhan).set_index(["a", "b"])["area_km2"]
    matrix = single.matrix()
    for (a, b), area in known.items():
        assert matrix.loc[a, b] == matrix.loc[b, a] == area
    assert single.parts["area_km2"].sum() == pytest.approx(union)
    assert (single.parts["area_km2_low"] <= single.parts["area_km2"] + 1e-9).all()
    assert (single.parts["area_km2"] <= single.parts["area_km2_high"] + 1e-9).all()


def test_the_parts_by_unit_add_up(wuhan):
    a = footprint("a", shapely.box(0, 0, 4000, 2000), wuhan.crs, layer="zone")
    b = footprint("b", shapely.box(3000, 0, 6000, 2000), wuhan.crs, layer="belt")
    halves = [shapely.box(-5000, -5000, 3500, 5000), shapely.box(3500, -5000, 9000, 5000)]
    units = gpd.GeoDataFrame(
        {"adcode": ["1", "2"], "name_zh": ["甲", "乙"], "name_en": ["A", "B"], "source": ""},
        geometry=[unproject(h, wuhan.crs) for h in halves], crs=4326,
    )  # fmt: skip
    rng = np.random.default_rng(5)
    xy = rng.uniform([-6000, -6000], [10_000, 6000], (500, 2))
    found = overlap(wuhan, frame(xy, wuhan.crs), units=units, footprints=[a, b], datum="wgs84")
    split = found.by_unit.set_index(["unit_id", "part"])
    assert split.loc[("1", "zone + belt"), "area_km2"] == pytest.approx(1, abs=1e-3)
    assert split.loc[("2", "zone + belt"), "area_km2"] == pytest.approx(1, abs=1e-3)
    assert split.loc[("1", "zone"), "area_km2"] == pytest.approx(6, abs=1e-3)
    per_part = found.by_unit.groupby("part")["count"].sum()
    assert per_part.to_dict() == found.parts.set_index("part")["count"].to_dict()
    assert split.loc[("", ""), "count"] == (~shapely.intersects(shapely.union_all(halves), shapely.points(xy))).sum()  # fmt: skip
    areas = overlap(wuhan, units=units, footprints=[a, b])
    assert areas.by_unit.groupby("part")["area_km2"].sum()["zone"] == pytest.approx(6, abs=1e-3)


def test_what_it_says_of_itself(wuhan):
    points = pd.DataFrame({"lon": [114.3, 0.0], "lat": [30.6, 95.0]})
    found = overlap(wuhan, points, datum="wgs84").provenance
    assert found.points == {"name": found.points["name"], "rows": 1, "rejected": 1, "datum": "wgs84", "synthetic": False}  # fmt: skip
    assert "Lambert" in found.crs
    assert "bounds" in found.says("en")
    with pytest.raises(PointsError, match="layer or footprint"):
        overlap(wuhan, level="city")
    with pytest.raises(PointsError, match="nothing to overlap"):
        overlap(wuhan, footprints=[])
    assert geo is not None
