from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.stats import chisquare, kstest

from geo.analysis.concentration import local_statistics
from geo.analysis.concentration.grid import grid_over
from geo.analysis.concentration.local import _draws, getis_ord, local_moran, permutation_p
from geo.errors import PointsError
from geo.measure import outline, unproject

SQUARE = shapely.box(1, 1, 11_999, 11_999)


def field(seed=0, hot=8):
    """12 × 12 cells of counts with a hot corner."""
    x = np.random.default_rng(seed).poisson(3, (12, 12)).astype(float)
    x[:3, :3] += hot
    return x.ravel()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", [0, 1])
def test_statistics_are_those_of_esda(seed):
    from esda import G_Local, Moran_Local
    from libpysal.weights import lat2W

    x = field(seed)
    links = grid_over(SQUARE, 1000).neighbours()
    w = lat2W(12, 12, rook=False)
    assert (links.toarray() == w.full()[0]).all()
    g = G_Local(x, w, star=True, transform="B", permutations=999, seed=1, n_jobs=1)
    assert getis_ord(x, links) == pytest.approx(g.Zs, rel=1e-9)
    moran = Moran_Local(x, w, transformation="r", permutations=99, seed=1, n_jobs=1)
    assert local_moran(x, links) == pytest.approx(moran.Is, rel=1e-9)
    # esda's p is one-sided, folded, and counts ties above alone: without ties twice it is ours,
    # but for the draws.
    y = x + np.random.default_rng(seed).random(144) / 100
    moran = Moran_Local(y, w, transformation="r", permutations=4999, seed=1, n_jobs=1)
    p, _ = permutation_p(y, links, 4999, 3)
    assert np.abs(p - np.minimum(1, 2 * moran.p_sim)).max() < 0.06


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 9999), st.integers(5, 30), st.booleans())
def test_p_is_that_of_a_plain_loop_over_the_same_draws(seed, n, whole):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 4, n).astype(float) if whole else rng.random(n)
    dense = np.triu(rng.random((n, n)) < 0.15, 1)
    dense[:, -1] = False
    dense = (dense | dense.T).astype(float)
    links = sparse.csr_array(dense)
    if not links.nnz or np.diff(links.indptr).max() >= n - 1:
        return
    p, high = permutation_p(x, links, 99, seed)
    most = int(dense.sum(axis=1).max())
    draws = np.random.default_rng(seed)
    drawn = _draws(n, min(most + 1, n), 99, draws)
    for i in range(n):
        k = int(dense[i].sum())
        if k == 0:
            assert np.isnan(p[i])
            continue
        seen = (x * dense[i]).sum()
        sums = np.array([x[[j for j in d if j != i][:k]].sum() for d in drawn])
        above, below = (sums >= seen - 1e-9).sum(), (sums <= seen + 1e-9).sum()
        assert p[i] == pytest.approx(min(1, 2 * (min(above, below) + 1) / 100))
        assert high[i] == (above < below)


def test_p_is_even_where_nothing_gathers_and_small_where_something_does():
    links = grid_over(shapely.box(1, 1, 39_999, 39_999), 1000).neighbours()
    flat = np.random.default_rng(4).normal(size=1600)
    p, _ = permutation_p(flat, links, 1999, 5)
    assert kstest(p, "uniform").statistic < 0.06
    hot, high = permutation_p(field(), grid_over(SQUARE, 1000).neighbours(), 1999, 5)
    corner = np.arange(144).reshape(12, 12)[:2, :2].ravel()
    assert (hot[corner] < 0.01).all() and high[corner].all()


@pytest.mark.parametrize(("n", "k"), [(4000, 5), (12, 4)])
def test_draws_are_even_and_without_repetition(n, k):
    drawn = _draws(n, k, 20_000, np.random.default_rng(1))
    ordered = np.sort(drawn, axis=1)
    assert (ordered[:, 1:] > ordered[:, :-1]).all() and drawn.min() == 0 and drawn.max() == n - 1
    for column in drawn.T:
        assert chisquare(np.histogram(column, 12, (0, n))[0]).pvalue > 1e-4


def points_of(x, wuhan, size=1000):
    """As many points in each of 12 × 12 cells as the field says."""
    rng = np.random.default_rng(9)
    i, j = np.divmod(np.arange(144), 12)
    corner = np.repeat(np.column_stack([i, j]), x.astype(int), axis=0) * size
    xy = corner + rng.uniform(1, size - 1, corner.shape)
    return pd.DataFrame(shapely.get_coordinates(unproject(shapely.points(xy), wuhan.crs)), columns=["lon", "lat"])  # fmt: skip


def test_over_a_grid_from_points(wuhan):
    x = field(hot=20)
    study = outline(SQUARE, wuhan.crs)
    frame = points_of(x, wuhan)
    result = local_statistics(frame, wuhan, study=study, datum="wgs84")
    table = result.table
    assert table["cell_value"].tolist() == x.tolist()
    assert table["g_z"].to_numpy() == pytest.approx(getis_ord(x, grid_over(SQUARE, 1000).neighbours()))  # fmt: skip
    # Benjamini and Hochberg by hand.
    p = table["p_two_sided"].to_numpy()
    order = np.argsort(p)
    stepped = np.minimum.accumulate((p[order] * 144 / np.arange(1, 145))[::-1])[::-1]
    assert table["q"].to_numpy()[order] == pytest.approx(np.minimum(stepped, 1))
    hot = table[table["g_type"] == "hot"]
    assert set(hot["cell"]) >= {"0:0", "0:1", "1:0", "1:1"} and (hot["q"] <= 0.05).all()
    assert (hot["moran_type"].isin(["high-high", "low-high"])).all()
    assert (hot["g_type_zh"] == "热点").all()
    assert len(result.layer) == 144 and result.layer.crs == 4326
    again = local_statistics(frame, wuhan, study=study, datum="wgs84").table
    pd.testing.assert_frame_equal(table, again)
    other = local_statistics(frame, wuhan, study=study, seed=1, datum="wgs84").table
    assert (other["p_two_sided"] != table["p_two_sided"]).any()
    assert result.provenance.parameters["p_least"] == 2e-5


def test_a_larger_reach_hexagons_and_units(wuhan, units):
    frame = points_of(field(hot=20), wuhan)
    study = outline(SQUARE, wuhan.crs)
    rook = local_statistics(frame, wuhan, study=study, reach_km=1, datum="wgs84").table
    assert sorted(rook["neighbours"].unique()) == [2, 3, 4]
    queen = local_statistics(frame, wuhan, study=study, reach_km=1.5, datum="wgs84").table
    assert sorted(queen["neighbours"].unique()) == [3, 5, 8]
    hexagons = local_statistics(frame, wuhan, study=study, lattice="hexagon", datum="wgs84").table
    assert hexagons["neighbours"].max() == 6 and hexagons["cell_value"].sum() == len(frame)
    by_unit = local_statistics(frame, wuhan, units=units, datum="wgs84")
    shapes = units.geometry.to_numpy()
    near = (shapely.distance(shapes[:, None], shapes[None]) < 1e-5).sum(axis=1) - 1
    assert by_unit.table["neighbours"].tolist() == near.tolist()
    inside = [shapely.intersects(g, shapely.points(frame.to_numpy())).sum() for g in shapes]
    assert by_unit.table["cell_value"].tolist() == inside


def test_what_cannot_be_done_or_misleads_is_told(wuhan):
    frame = points_of(field(), wuhan)
    study = outline(SQUARE, wuhan.crs)
    cases = [
        ({"permutations": 9}, "99 or more"), ({"cell_km": 60}, "none differs"),
        ({"reach_km": 50}, "nothing is local"),
    ]  # fmt: skip
    for options, message in cases:
        with pytest.raises(PointsError, match=message):
            local_statistics(frame, wuhan, study=study, datum="wgs84", **options)
    with pytest.raises(PointsError, match="are too many"):
        local_statistics(frame, wuhan, study=study, permutations=10**8, datum="wgs84")
    coarse = local_statistics(frame, wuhan, study=study, permutations=99, level=0.001, datum="wgs84").table  # fmt: skip
    least = coarse["p_two_sided"] == 0.02
    assert least.any() and coarse.loc[least, "why_en"].str.contains("more of them").all()
    assert (coarse.loc[~least, "why_en"] == "").all()
    lonely = local_statistics(frame, wuhan, study=study, reach_km=0.5, datum="wgs84").table
    assert lonely["why_en"].eq("blank: no neighbours").all() and lonely["moran"].isna().all()
    few = local_statistics(frame, wuhan, study=study, cell_km=3, err_m=2000, datum="wgs84").table
    assert few["why_en"].str.contains("rests on 25 units|rests on 16 units").all()
    assert few["why_en"].str.contains("over half of the cell").all()
