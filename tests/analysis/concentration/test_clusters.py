from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.analysis.concentration import dbscan_clusters
from geo.errors import PointsError
from geo.measure import distance_km, project_points, unproject


def framed(xy, wuhan, **columns):
    found = shapely.get_coordinates(unproject(shapely.points(xy), wuhan.crs))
    return pd.DataFrame(found, columns=["lon", "lat"]).assign(**columns)


def plain(xy, weight, eps, least):
    """DBSCAN by its definition: connected cores, and what is within reach of one."""
    near = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) <= eps
    core = near @ weight >= least
    label = np.zeros(len(xy), dtype=int)
    for start in np.flatnonzero(core):
        if label[start]:
            continue
        stack, number = [start], label.max() + 1
        label[start] = number
        while stack:
            for k in np.flatnonzero(near[stack.pop()] & core & (label == 0)):
                label[k] = number
                stack.append(k)
    inside = (near & core).any(axis=1)
    return core, label, inside


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 9999), st.floats(300, 2500), st.sampled_from([2.0, 3.5, 6.0]))
def test_clusters_are_those_of_the_definition(wuhan, seed, eps, least):
    rng = np.random.default_rng(seed)
    xy, w = rng.normal(0, 5000, (120, 2)), rng.integers(1, 4, 120).astype(float)
    xy[:15] = xy[15:30]
    result = dbscan_clusters(framed(xy, wuhan, w=w), wuhan, eps_m=eps, least=least, weight="w", datum="wgs84")  # fmt: skip
    core, label, inside = plain(xy, w, eps, least)
    assert ((result.cluster > 0) == inside).all()
    pairs = {(a, b) for a, b in zip(label[core], result.cluster[core], strict=True)}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(result.table)  # fmt: skip
    assert result.table["weight"].tolist() == sorted(result.table["weight"], reverse=True)
    for row in result.table.to_dict("records"):
        own = result.cluster == row["cluster"]
        assert (row["count"], row["weight"]) == (own.sum(), w[own].sum())
        assert row["share"] == pytest.approx(w[own].sum() / w.sum())
        assert row["hull_km2"] == pytest.approx(shapely.convex_hull(shapely.MultiPoint(xy[own])).area / 1e6, abs=1e-6)  # fmt: skip
    assert result.totals["count"].tolist() == [inside.sum(), 120]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 9999), st.floats(10, 300))
def test_the_band_of_the_total_holds_what_moved_points_give(wuhan, seed, err):
    rng = np.random.default_rng(seed)
    xy = rng.normal(0, 4000, (150, 2))
    found = dbscan_clusters(framed(xy, wuhan), wuhan, eps_m=600, least=4, err_m=err, datum="wgs84")
    low, _, high = found.totals.loc[0, ["count_low", "count", "count_high"]]
    turn = rng.uniform(0, 2 * np.pi, 150)
    moved = xy + np.column_stack([np.cos(turn), np.sin(turn)]) * err * rng.uniform(
        0, 0.999, (150, 1)
    )
    _, _, inside = plain(moved, np.ones(150), 600, 4)
    assert low <= inside.sum() <= high


def test_named_by_the_nearest_node_with_its_mix(wuhan):
    nodes = [n for n in wuhan.of_layer("node") if n.geometry is not None]
    seat = wuhan[wuhan.meta.seats[0]]
    (x, y), rng = project_points(seat.geometry.x, seat.geometry.y, wuhan.crs)[0], np.random.default_rng(1)  # fmt: skip
    blob = rng.normal([x + 3000, y], 150, (60, 2))
    noise = rng.uniform(-60_000, 60_000, (40, 2))
    kind = np.array(["甲"] * 45 + ["乙"] * 15 + ["丙"] * 40)
    result = dbscan_clusters(framed(np.vstack([blob, noise]), wuhan, kind=kind), wuhan, by="kind", datum="wgs84")  # fmt: skip
    row = result.table.iloc[0]
    assert len(result.table) == 1 and row["count"] >= 60
    away = [float(distance_km(row["lon"], row["lat"], n.geometry.centroid.x, n.geometry.centroid.y)) for n in nodes]  # fmt: skip
    assert row["node"] == nodes[int(np.argmin(away))].id
    assert row["node_km"] == pytest.approx(min(away), rel=1e-3)
    assert (row["top"], row["top_share"]) == ("甲", pytest.approx(45 / row["count"]))
    mix = result.mix.set_index("by")
    assert mix.loc["乙", "count"] == 15 and mix["share"].sum() == pytest.approx(1)
    hull = result.layer.geometry.iloc[0]
    assert shapely.intersects(hull.buffer(1e-7), shapely.points(framed(blob, wuhan).to_numpy())).all()  # fmt: skip


def test_by_default_a_core_weighs_as_much_as_ten_average_points(wuhan):
    rng = np.random.default_rng(3)
    xy = np.vstack([rng.normal(0, 100, (12, 2)), rng.normal(20_000, 100, (12, 2)), [[60_000, 0]]])
    w = np.array([1.0] * 12 + [3.0] * 12 + [2.0])
    options = {"weight": "w", "datum": "wgs84"}
    found = dbscan_clusters(framed(xy, wuhan, w=w), wuhan, **options)
    assert found.provenance.parameters["least"] == pytest.approx(10 * w.mean())
    assert found.table["count"].tolist() == [12]
    alone = dbscan_clusters(framed(xy, wuhan, w=w), wuhan, least=1.5, **options).table
    assert alone["count"].tolist() == [12, 12, 1]
    assert "rests on 1 points" in alone["why_en"].iloc[2]


def test_none_at_all_one_place_and_bad_calls(wuhan):
    rng = np.random.default_rng(2)
    none = dbscan_clusters(framed(rng.uniform(-9e4, 9e4, (30, 2)), wuhan), wuhan, eps_m=10, datum="wgs84")  # fmt: skip
    assert len(none.table) == 0 and (none.cluster == 0).all() and len(none.layer) == 0
    place = dbscan_clusters(framed(np.zeros((12, 2)), wuhan), wuhan, datum="wgs84").table
    assert list(none.table.columns) == list(place.columns)
    assert none.totals["share"].tolist() == [0, 1]
    place = dbscan_clusters(framed(np.zeros((12, 2)), wuhan), datum="wgs84").table.iloc[0]
    assert np.isnan(place["density_km2"]) and "no area" in place["why_en"] and place["node"] == ""
    for options in ({"eps_m": 0}, {"least": -1}):
        with pytest.raises(PointsError, match="above 0"):
            dbscan_clusters(framed(np.zeros((3, 2)), wuhan), datum="wgs84", **options)
