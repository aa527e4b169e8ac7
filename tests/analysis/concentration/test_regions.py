from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.analysis.concentration import clusters as clusters_module
from geo.analysis.concentration import dbscan_clusters, inequality, kernel_density, local_statistics
from geo.analysis.concentration.indices import gini
from geo.analysis.concentration.lorenz import lorenz_curves, lorenz_of
from geo.analysis.concentration.regions import densest_regions, patches_of
from geo.analysis.concentration.years import year_columns, years_in
from geo.errors import PointsError
from geo.measure import project, unproject


def scattered(wuhan, n=300, seed=4, spread=6000):
    rng = np.random.default_rng(seed)
    xy = np.vstack([rng.normal(size=(n, 2)) * spread, rng.normal(size=(n, 2)) * 1500 + [20_000, 5_000]])  # fmt: skip
    lonlat = shapely.get_coordinates(unproject(shapely.points(xy), wuhan.crs))
    return pd.DataFrame(lonlat, columns=["lon", "lat"])


values = st.lists(st.integers(0, 1000), min_size=1, max_size=800)


@settings(max_examples=60, deadline=None)
@given(values)
def test_a_lorenz_curve_is_that_of_its_gini(numbers):
    curve = lorenz_of(np.array(numbers, dtype=float))
    if sum(numbers) == 0:
        assert len(curve) == 0
        return
    assert curve[0] == pytest.approx([0, 0])
    assert curve[-1] == pytest.approx([1, 1])
    x, y = curve.T
    assert (np.diff(x) > 0).all()
    assert (np.diff(y) >= 0).all()
    # Convex: each slope is as steep as the one before at least.
    assert (np.diff(np.diff(y) / np.diff(x)) >= -1e-9).all()
    # Chords lie above a convex curve: thinning can only lose area, and little of it.
    area = 1 - 2 * np.trapezoid(y, x)
    assert area == pytest.approx(gini(np.array(numbers, dtype=float)), abs=0.005)
    assert area <= gini(np.array(numbers, dtype=float)) + 1e-9


def test_curves_agree_with_the_table_of_indices(wuhan):
    frame = scattered(wuhan)
    table = inequality(frame, wuhan, cell_km=2, datum="wgs84").table.set_index("footprint")
    curves = lorenz_curves(frame, wuhan, cell_km=2, datum="wgs84").table
    for place in ("all", "any", "none"):
        own = curves[curves["footprint"] == place]
        area = 1 - 2 * np.trapezoid(own["share_held"], own["share_of_units"])
        assert area == pytest.approx(table.loc[place, "gini"], abs=0.005)


def test_densest_regions_hold_what_they_say_and_no_smaller_area_does(wuhan):
    result = kernel_density(scattered(wuhan), wuhan, bandwidth_m=2000, cell_km=2, datum="wgs84")
    regions = densest_regions(result)
    assert regions["share_asked"].tolist() == [0.9, 0.75, 0.5, 0.25]
    shares = np.sort(result.table["share"])[::-1]
    for row in regions.to_dict("records"):
        assert row["share_held"] >= row["share_asked"]
        assert row["share_held"] == pytest.approx(shares[: row["cells"]].sum())
        assert shares[: row["cells"] - 1].sum() < row["share_asked"]
        assert project(row["geometry"], wuhan.crs).area / 1e6 == pytest.approx(row["area_km2"], rel=1e-3)  # fmt: skip
    nested = regions.geometry.tolist()
    assert all(b.difference(a).area < 1e-9 for a, b in itertools.pairwise(nested))


def test_patches_are_the_cells_that_share_sides(wuhan):
    result = local_statistics(
        scattered(wuhan), wuhan, cell_km=3, permutations=9999, level=0.3, datum="wgs84"
    )
    patches = patches_of(result.layer, "g_type", without=["none"], sums=["cell_value"])
    called = result.table[result.table["g_type"] != "none"]
    assert patches["cells"].sum() == len(called) > 5
    assert patches["cell_value"].sum() == called["cell_value"].sum()
    # Oracle: flood over the cells' column and row.
    todo = {(*map(int, c.split(":")), t) for c, t in zip(called["cell"], called["g_type"], strict=True)}  # fmt: skip
    sizes = []
    while todo:
        queue, size = [todo.pop()], 0
        while queue:
            i, j, t = queue.pop()
            size += 1
            for step in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                beside = (i + step[0], j + step[1], t)
                if beside in todo:
                    todo.remove(beside)
                    queue.append(beside)
        sizes.append(size)
    assert sorted(sizes) == sorted(patches["cells"])
    inside = shapely.contains_xy(patches.geometry.to_numpy(), patches["lon"], patches["lat"])
    assert inside.all()


def test_nothing_called_gives_no_patch(wuhan):
    layer = local_statistics(scattered(wuhan), wuhan, cell_km=3, permutations=99, datum="wgs84").layer  # fmt: skip
    none = patches_of(layer, "g_type", without=["none", "hot", "cold"], sums=["cell_value"])
    assert len(none) == 0
    assert {"patch", "g_type", "cells", "area_km2", "cell_value"} <= set(none.columns)


def test_progress_tells_all_and_can_end_the_work(wuhan):
    frame = scattered(wuhan)
    for work in (
        lambda p: kernel_density(frame, wuhan, bandwidth_m=2000, cell_km=4, progress=p, datum="wgs84"),
        lambda p: local_statistics(frame, wuhan, cell_km=4, permutations=99, progress=p, datum="wgs84"),
    ):  # fmt: skip
        seen = []
        told = work(lambda done, total, seen=seen: seen.append((done, total))).table
        assert seen[-1][0] == seen[-1][1] > 0
        assert [d for d, _ in seen] == sorted(d for d, _ in seen)
        assert told.equals(work(None).table)

        def stop(done, total):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            work(stop)


def test_crowds_are_refused_with_a_radius_that_fits(wuhan, monkeypatch):
    frame = scattered(wuhan, n=400)
    monkeypatch.setattr(clusters_module, "MOST_PAIRS", 20_000)
    with pytest.raises(PointsError, match=r"smaller eps_m, such as \d+") as caught:
        dbscan_clusters(frame, wuhan, eps_m=9000, datum="wgs84")
    smaller = float(str(caught.value).split("such as ")[1].split(",")[0])
    assert 0 < smaller < 9000
    dbscan_clusters(frame, wuhan, eps_m=smaller, datum="wgs84")


def test_columns_of_years_are_found():
    frame = pd.DataFrame(
        {
            "founded": [2001, 2015, None], "since": ["2019-03-01", "2020年", "1999"], "code": [420101, 420102, 420103],
            "staff": [5, 2000, 17], "same": [2020, 2020, 2020], "name": ["a", "b", "c"], "late": [20150101, 20160101, 20170101],
        }
    )  # fmt: skip
    assert year_columns(frame) == ["founded", "since"]
    assert years_in(frame, "founded") == [2001, 2015]
    assert years_in(frame, "since") == [1999, 2019, 2020]
    assert year_columns(frame.iloc[:0]) == []
