from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.analysis.profile import _edges, profile, smoothing
from geo.analysis.profile_features import Stretches, longest_gap
from geo.analysis.reach import possible_places
from geo.analysis.routes import INSIDE, Route, places, route_of, second_places
from geo.analysis.strip import strip
from geo.errors import PointsError
from geo.measure import laea, unproject
from geo.model.belt import Belt
from geo.model.corridor import Corridor

CRS = laea(114.0, 30.0)


def lonlat(xy):
    return shapely.get_coordinates(unproject(shapely.points(np.atleast_2d(xy)), CRS))


def line(*xy):
    return unproject(shapely.LineString(xy), CRS)


def frame(xy, **columns):
    at = lonlat(xy)
    return pd.DataFrame({"lon": at[:, 0], "lat": at[:, 1], **columns})


def straight(length_km=10.0, width_km=4.0):
    half = length_km * 500
    return Corridor.constant(line((-half, 0), (half, 0)), width_km, CRS)


def route(vertices, widths, err=0.0):
    return Route("", "", "", shapely.LineString(vertices), CRS, widths, err)


def cell_of(own, edges, xy):
    """The cell of each point, in words of its place alone."""
    chainage, offset, where = places(own, xy)
    bins = len(edges) - 1
    k = np.clip(np.searchsorted(edges, chainage, side="right") - 1, 0, bins - 1)
    return np.where(where == INSIDE, k + bins * (offset >= 0), 2 * bins + where - 1)


def walk(rng, n):
    """A line of n segments that bends by up to 100 degrees at each vertex."""
    turn = np.cumsum(rng.uniform(-1.7, 1.7, n))
    size = rng.uniform(500, 4000, n)
    steps = np.column_stack([np.cos(turn), np.sin(turn)]) * size[:, None]
    return np.vstack([[0, 0], np.cumsum(steps, axis=0)])


def test_a_straight_axis_counts_as_a_histogram_does():
    rng = np.random.default_rng(1)
    xy = rng.uniform([-7000, -3500], [7000, 3500], (5000, 2))
    weight = rng.normal(size=5000).round(3)
    kind = rng.choice(["a", "b"], 5000)
    found = profile(frame(xy, w=weight, k=kind), straight(), step_km=1.5, by="k", weight="w", datum="wgs84")  # fmt: skip
    along, across = xy[:, 0] + 5000, -xy[:, 1]
    inside = (along >= 0) & (along <= 10_000) & (np.abs(across) <= 2000)
    edges = np.append(np.arange(7) * 1500, 10_000)
    sides = {"all": inside, "left": inside & (across < 0), "right": inside & (across >= 0)}
    for (side, by), own in found.bins.groupby(["side", "by"]):
        those = sides[side] & ((kind == by) if by else True)
        assert own["to_km"].to_numpy() == pytest.approx(edges[1:] / 1000, abs=1e-6)
        assert own["count"].tolist() == np.histogram(along[those], edges)[0].tolist()
        expected = np.histogram(along[those], edges, weights=weight[those])[0]
        assert own["sum"].to_numpy() == pytest.approx(expected, abs=1e-9)
        for name in ("count", "sum", "value"):
            assert (own[f"{name}_low"] == own[name]).all()
    totals = found.totals[found.totals["by"] == ""].set_index("where")["count"]
    before, after = along < 0, along > 10_000
    assert totals.to_dict() == {
        "inside": inside.sum(), "before": before.sum(), "after": after.sum(),
        "beside": (~inside & ~before & ~after).sum(), "all": 5000,
    }  # fmt: skip


def test_bounds_along_a_straight_axis_are_those_of_rectangles():
    rng = np.random.default_rng(2)
    xy = rng.uniform([-6500, -3500], [6500, 3500], (4000, 2))
    err = rng.choice([0.0, 200.0, 900.0], 4000)
    found = profile(frame(xy, err_m=err), straight(), step_km=2.0, axis_err_m=150.0, datum="wgs84")
    reach = err + 150
    points = shapely.points(xy)
    for row in found.bins.itertuples():
        y = {"all": (-2000, 2000), "left": (0, 2000), "right": (-2000, 0)}[row.side]
        box = shapely.box(row.from_km * 1000 - 5000, y[0], row.to_km * 1000 - 5000, y[1])
        inner = shapely.intersects(box, points) & (shapely.distance(box.boundary, points) >= reach)
        assert row.count_high == (shapely.distance(box, points) <= reach).sum()
        assert row.count_low == inner.sum()
    whole = found.totals.set_index("where")
    box = shapely.box(-5000, -2000, 5000, 2000)
    inner = shapely.intersects(box, points) & (shapely.distance(box.boundary, points) >= reach)
    assert whole.loc["inside", "count_low"] == inner.sum()
    assert whole.loc["inside", "count_high"] == (shapely.distance(box, points) <= reach).sum()
    assert (whole.loc["all", ["count_low", "count", "count_high"]] == 4000).all()


@pytest.mark.parametrize("err", [100.0, 500.0, 1500.0])
def test_what_is_inside_in_all_is_bounded_by_the_offsets_of_the_corridor(wuhan, err):
    """Of one width the band of the whole is that of the footprint without its round ends."""
    own = wuhan["optics-valley-corridor"]
    flat = own.shape.planar_axis.buffer(2500, quad_segs=64, cap_style="flat")
    west, south, east, north = flat.bounds
    xy = np.random.default_rng(9).uniform([west - 2000, south - 2000], [east + 2000, north + 2000], (6000, 2))  # fmt: skip
    at = shapely.get_coordinates(unproject(shapely.points(xy), wuhan.crs))
    points = pd.DataFrame({"lon": at[:, 0], "lat": at[:, 1]})
    whole = profile(points, own, axis_err_m=err, step_km=10, datum="wgs84").totals.iloc[0]
    shapes = [flat.buffer(d, quad_segs=64) for d in (-err, 0, err)]
    expected = [shapely.intersects(s, shapely.points(xy)).sum() for s in shapes]
    assert np.abs(whole[["count_low", "count", "count_high"]].to_numpy() - expected).max() <= 1


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10_000), st.floats(1, 3000), st.integers(1, 9))
def test_no_displacement_leaves_the_cells_that_are_possible(seed, err, n):
    rng = np.random.default_rng(seed)
    vertices = walk(rng, n)
    length = shapely.LineString(vertices).length
    stops = np.sort(rng.uniform(0, length, 3))
    own = route(vertices, list(zip(stops, rng.uniform(800, 5000, 3), strict=True)))
    edges = _edges(own.length, 1000.0)
    low, high = vertices.min(axis=0) - 3000, vertices.max(axis=0) + 3000
    xy = rng.uniform(low, high, (60, 2))
    may = possible_places(own, edges, xy, np.full(60, err))
    turn, far = rng.uniform(0, 2 * np.pi, (60, 80)), err * np.sqrt(rng.uniform(0, 1, (60, 80)))
    moved = xy[:, None] + np.stack([np.cos(turn), np.sin(turn)], axis=2) * far[..., None]
    flat = moved.reshape(-1, 2)
    cells = cell_of(own, edges, flat).reshape(60, 80)
    assert may.cells[np.arange(60)[:, None], cells].all()
    chainage, _, where = (v.reshape(60, 80) for v in places(own, flat))
    inside = where == INSIDE
    assert (~inside | (chainage >= may.first[:, None] - 1e-6)).all()
    assert (~inside | (chainage <= may.last[:, None] + 1e-6)).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 2500))
def test_bins_and_what_is_outside_add_up_to_all(seed, err):
    rng = np.random.default_rng(seed)
    vertices = walk(rng, 5)
    axis = unproject(shapely.LineString(vertices), CRS)
    xy = rng.uniform(vertices.min(axis=0) - 3000, vertices.max(axis=0) + 3000, (300, 2))
    own = Corridor.constant(axis, 3.0, CRS)
    found = profile(
        frame(xy, w=rng.integers(1, 9, 300)), own, smooth_km=2.0, weight="w", axis_err_m=err, what="sum", datum="wgs84"
    )  # fmt: skip
    bins, totals = found.bins, found.totals.set_index("where")
    per_side = bins.groupby("side")[["count", "sum", "value"]].sum()
    assert per_side.loc["all", "count"] == totals.loc["inside", "count"]
    assert per_side.loc["left"].to_numpy() + per_side.loc["right"].to_numpy() == pytest.approx(per_side.loc["all"].to_numpy())  # fmt: skip
    assert per_side.loc["all", "value"] == pytest.approx(totals.loc["inside", "sum"])
    assert totals.loc[["inside", "before", "after", "beside"], "count"].sum() == 300
    for name in ("count", "sum", "value"):
        assert (bins[f"{name}_low"] <= bins[name] + 1e-9).all()
        assert (bins[name] <= bins[f"{name}_high"] + 1e-9).all()
    bounds = found.features[found.features["feature"] != "peak"]
    assert (bounds["length_km_low"] <= bounds["length_km"] + 1e-9).all()
    assert (bounds["length_km"] <= bounds["length_km_high"] + 1e-9).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(1, 1500))
def test_the_longest_gap_is_bounded_wherever_the_points_lie(seed, err):
    rng = np.random.default_rng(seed)
    vertices = walk(rng, 4)
    own = route(vertices, [(0, 3000)])
    xy = rng.uniform(vertices.min(axis=0) - 1000, vertices.max(axis=0) + 1000, (25, 2))
    found = longest_gap("gap", Stretches.of(own, xy, np.full(25, err)), own.length)
    for _ in range(30):
        turn, far = rng.uniform(0, 2 * np.pi, 25), err * np.sqrt(rng.uniform(0, 1, 25))
        chainage, _, where = places(own, xy + np.column_stack([np.cos(turn), np.sin(turn)]) * far[:, None])  # fmt: skip
        stops = np.concatenate([[0], np.sort(chainage[where == INSIDE]), [own.length]])
        longest = np.diff(stops).max() / 1000
        assert found["length_km_low"] - 1e-9 <= longest <= found["length_km_high"] + 1e-9


def test_smoothing_is_the_reflected_kernel():
    edges = np.array([0, 1, 2, 3, 4, 5, 5.4])
    spread = smoothing(edges, 0.8)
    assert spread.sum(axis=0) == pytest.approx(1)
    # A thousand points at the middle of a bin, spread by the kernel and folded at the ends.
    rng = np.random.default_rng(4)
    for k, middle in enumerate((edges[1:] + edges[:-1]) / 2):
        at = np.abs(middle + rng.normal(0, 0.8, 400_000)) % (2 * 5.4)
        folded = np.where(at > 5.4, 2 * 5.4 - at, at)
        assert spread[:, k] == pytest.approx(np.histogram(folded, edges)[0] / 400_000, abs=4e-3)
    # A very wide kernel leaves nothing but the mean density.
    assert smoothing(edges, 50.0)[:, 2] == pytest.approx(np.diff(edges) / 5.4, abs=1e-6)


def test_density_is_per_km_and_the_last_bin_is_what_is_left():
    xy = np.column_stack([np.linspace(-4999, 4999, 1000), np.full(1000, 100.0)])
    found = profile(frame(xy), straight(), step_km=3.0, what="density", datum="wgs84")
    own = found.bins[found.bins["side"] == "left"]
    assert own["to_km"].tolist() == pytest.approx([3, 6, 9, 10])
    assert own["value"].to_numpy() == pytest.approx(100, rel=0.02)
    size = (own["to_km"] - own["from_km"]).to_numpy()
    assert own["value"].to_numpy() == pytest.approx(own["count"].to_numpy() / size)


def test_peaks_gaps_and_runs_where_they_were_put():
    at = np.array([0.2, 0.4, 1.5, 1.6, 1.7, 6.1, 6.3, 7.5, 7.6, 7.7, 7.8, 9.9]) * 1000 - 5000
    xy = np.column_stack([at, np.zeros(12)])
    found = profile(frame(xy), straight(), datum="wgs84", axis_err_m=0)
    of = found.features.set_index("feature")
    peaks = of.loc[["peak"]]
    assert peaks["chainage_km"].tolist() == pytest.approx([7.5, 1.5, 9.5])
    assert peaks["value"].tolist() == [4, 3, 1]
    assert peaks["prominence"].tolist() == [4, 3, 1]
    assert tuple(of.loc["gap-points", ["from_km", "to_km"]]) == pytest.approx((1.7, 6.1))
    assert of.loc["gap-points", ["length_km_low", "length_km", "length_km_high"]].tolist() == pytest.approx([4.4] * 3)  # fmt: skip
    assert of.loc["occupied", "share"] == pytest.approx(0.5)
    assert tuple(of.loc["longest-run", ["from_km", "to_km"]]) == pytest.approx((0, 2))
    # With 300 m of error every point may lie 300 m to either side, and both ends of the gap may.
    rough = profile(frame(xy), straight(), datum="wgs84", axis_err_m=300).features.set_index("feature")  # fmt: skip
    three = rough.loc["gap-points", ["length_km_low", "length_km", "length_km_high"]].tolist()
    assert three == pytest.approx([3.8, 4.4, 5.0])


def test_the_gap_of_a_plan_runs_between_its_nodes(wuhan):
    own = wuhan["optics-valley-corridor"]
    found = profile(wuhan.nodes, own, axis_err_m=0, datum="wgs84").features.set_index("feature")
    nodes = own.nodes[own.nodes["located"]]
    assert len(nodes)
    chain = nodes["chainage_km"].sort_values()
    inside = chain[(nodes["inside"] == True) & chain.between(1e-9, own.shape.planar_axis.length / 1000 - 1e-9)]  # noqa: E712  # fmt: skip
    stops = np.concatenate([[0], inside, [own.shape.planar_axis.length / 1000]])
    assert found.loc["gap-nodes", "length_km"] == pytest.approx(np.diff(stops).max())


def test_belts_lines_and_half_widths():
    belt = Belt(114.0, 30.0, 90.0, 10.0, 4.0)
    xy = np.array([[0, 1900], [0, 2100], [0, -1900], [4900, 0], [5100, 0], [-5100, 0]], float)
    points = frame(xy)
    totals = profile(points, belt, datum="wgs84").totals["count"].tolist()
    assert totals == [3, 1, 1, 1, 6]
    assert profile(points, belt, within_km=2.5, datum="wgs84").totals["count"].tolist() == [4, 1, 1, 0, 6]  # fmt: skip
    one = profile(points, line((-5000, 0), (5000, 0)), within_km=2.0, datum="wgs84")
    assert one.totals["count"].tolist() == totals
    assert one.provenance.parameters["axis_err_m"] == 0
    taper = Corridor(line((0, 0), (10_000, 0)), [(0, 2.0), (10, 6.0)], CRS)
    at = frame([[1000, 1150], [1000, 1250], [9000, 2750], [9000, 2850]])
    assert profile(at, taper, datum="wgs84").totals["count"].tolist() == [2, 0, 0, 2, 4]


def test_what_makes_no_sense_is_told(wuhan):
    points = frame([[0, 0]])
    for about, options, message in [
        (line((0, 0), (1, 1)), {}, "give within_km"),
        (shapely.Point(114, 30), {}, "has no axis"),
        (wuhan["donghu-science-city"], {}, "donghu-science-city has no axis"),
        (shapely.LineString([(0, 0), (5e5, 3e6)]), {"within_km": 1}, "give it in WGS84"),
        (straight(), {"step_km": 0}, "step_km"),
        (straight(), {"step_km": 1e-6}, "100,000 bins"),
        (straight(), {"smooth_km": -1}, "smooth_km"),
        (straight(), {"what": "sum"}, "needs weights"),
        (straight(), {"what": "mean"}, "count, sum or density"),
        (straight(), {"prominence": 0}, "prominence"),
        (straight(), {"least_per_km": 0}, "least_per_km"),
        (straight(), {"within_km": -2}, "within_km"),
        (straight(), {"axis_err_m": -2}, "axis_err_m"),
    ]:
        with pytest.raises(PointsError, match=message):
            profile(points, about, datum="wgs84", **options)


def test_no_points_at_all():
    none = profile(pd.DataFrame({"lon": [0.0], "lat": [95.0]}), straight(), datum="wgs84")
    assert none.bins["count"].sum() == 0
    gap = none.features.set_index("feature").loc["gap-points"]
    assert gap["length_km"] == pytest.approx(10, rel=1e-6)


def test_a_second_place_is_the_other_arm_of_a_hairpin():
    own = route([(0, 0), (5000, 0), (5000, 1000), (0, 1000)], [(0, 1000)])
    xy = np.array([[1000, 490], [1000, 100], [2000, -300], [4000, 500]], float)
    found = second_places(own, xy, np.zeros(4))
    assert np.isnan(found[:3]).all()
    # The middle of the bend: 500 m from both arms.
    assert found[3] == pytest.approx(7000)
    rough = second_places(own, xy, np.array([20.0, 20, 20, 20]))
    assert rough[0] == pytest.approx(10_000)
    assert np.isnan(rough[1:3]).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_second_places_are_the_minima_of_the_distance_along_the_axis(seed):
    rng = np.random.default_rng(seed)
    own = route(walk(rng, 6), [(0, 1000)])
    xy = rng.uniform(own.vertices.min(axis=0) - 2000, own.vertices.max(axis=0) + 2000, (30, 2))
    found = second_places(own, xy, np.full(30, 400.0))
    dense = np.linspace(0, own.length, 20_001)
    on = shapely.get_coordinates(shapely.line_interpolate_point(own.axis, dense))
    for point, chainage in zip(xy, found, strict=True):
        away = np.hypot(*(on - point).T)
        padded = np.concatenate([[np.inf], away, [np.inf]])
        minima = np.flatnonzero((away <= padded[:-2]) & (away <= padded[2:]))
        nearest = minima[away[minima].argmin()]
        step = dense[1]
        sure = [k for k in minima if abs(dense[k] - dense[nearest]) > 500 + 2 * step and away[k] < away[nearest] + 800 - 2 * step]  # fmt: skip
        if np.isnan(chainage):
            assert not sure
        else:
            # Nearer than a centimetre beside it: a shallow one lies between two of the samples.
            beside = np.clip(chainage + np.array([-0.01, 0, 0.01]), 0, own.length)
            spots = shapely.get_coordinates(shapely.line_interpolate_point(own.axis, beside))
            left, here, right = np.hypot(*(spots - point).T)
            assert here <= min(left, right) + 1e-9


def test_the_strip_of_a_layout_agrees_with_its_linear_referencing(wuhan):
    own = wuhan["optics-valley-corridor"]
    at = own.footprint.representative_point()
    found = strip(
        own, pd.DataFrame({"lon": [at.x], "lat": [at.y], "k": ["x"]}), by="k", datum="wgs84"
    )
    table = found.table.set_index("id")
    nodes = own.nodes[own.nodes["located"]].set_index("id")
    for name in ("chainage_km", "offset_km"):
        assert table.loc[nodes.index, name].to_numpy() == pytest.approx(nodes[name].to_numpy())
    point = found.table[found.table["layer"] == "point"].iloc[0]
    assert (point["where"], point["by"]) == ("inside", "x")
    assert found.widths["half_width_km"].unique().tolist() == [2.5]
    zone = table[table["layer"] == "zone"].iloc[0]
    assert zone["from_km"] <= zone["chainage_km"] <= zone["to_km"]
    every = strip(wuhan)
    assert set(every.table["corridor"]) == {c.id for c in wuhan.of_layer("corridor") if c.shape}
    riverside = every.widths[every.widths["corridor"] == "riverside-corridor"]
    assert riverside["half_width_km"].iloc[[0, -1]].tolist() == pytest.approx([3.36 / 2, 5.07 / 2], abs=1e-3)  # fmt: skip


def test_a_strip_with_errors_flags_the_inside_of_bends():
    own = Corridor.constant(line((0, 0), (5000, 0), (5000, 5000)), 4.0, CRS)
    points = frame([[4000, 1000], [1000, 500], [4000, 1300]])
    exact = strip(own, points, datum="wgs84").table
    assert exact["ambiguous"].tolist() == [False, False, False] or exact["ambiguous"].tolist() == [True, False, False]  # fmt: skip
    rough = strip(own, points, datum="wgs84", axis_err_m=200).table
    assert rough["ambiguous"].tolist() == [True, False, True]
    assert route_of(own).err_m == 0


def test_a_cloud_and_categories_with_blanks():
    from geo.analysis.cloud import cloud_of

    points = frame([[0, 0], [100, 100], [200, -100]], k=["a", None, "a"])
    cloud = cloud_of(points, by="k", datum="wgs84")
    found = profile(cloud, straight(), step_km=10)
    both = found.bins[found.bins["side"] == "all"]
    assert dict(zip(both["by"], both["count"], strict=True)) == {"": 3, "(blank)": 1, "a": 2}
    assert "sum" not in found.bins.columns
    assert found.provenance.points["rows"] == 3
