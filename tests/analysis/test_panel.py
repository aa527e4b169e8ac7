from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import geo
from geo.analysis.panel import panel, spatial_weights
from geo.errors import UnitsError
from geo.measure import unproject


@pytest.fixture(scope="module")
def points():
    rng = np.random.default_rng(31)
    n = 3000
    lon, lat = rng.uniform([113.7, 29.9], [115.3, 31.2], (n, 2)).T
    return pd.DataFrame(
        {"lon": lon, "lat": lat, "kind": rng.choice(["a", "b"], n), "year": rng.integers(2020, 2023, n), "staff": rng.integers(1, 9, n)}
    )  # fmt: skip


def test_the_panel_is_whole_and_adds_up(wuhan, units, points):
    result = panel(
        wuhan, points, units=units, period="year", by="kind", weight="staff", datum="wgs84"
    )
    t = result.table
    assert len(t) == len(units) * 3 * 2
    assert not t.duplicated(["unit", "period", "by"]).any()
    assert t["count"].sum() + result.unplaced == len(points)
    # Against geopandas.
    at = gpd.GeoDataFrame(
        points, geometry=gpd.points_from_xy(points["lon"], points["lat"]), crs=4326
    )
    joined = gpd.sjoin(at, units[["adcode", "geometry"]], predicate="intersects")
    joined = joined[~joined.index.duplicated()]
    expected = joined.groupby([joined["adcode"].astype(str), joined["year"].astype(str), "kind"])["staff"].agg(["size", "sum"])  # fmt: skip
    own = t.set_index(["unit", "period", "by"])
    assert (own.loc[expected.index, "count"] == expected["size"].to_numpy()).all()
    assert (own.loc[expected.index, "sum"] == expected["sum"].to_numpy()).all()
    total = geo.coverage(points, wuhan, datum="wgs84").totals.set_index("where")
    inside = t["inside_count"].sum()
    assert inside <= total.loc["any", "count"]
    assert (t["inside_count_low"] <= t["inside_count"]).all()
    assert (t["inside_sum"] <= t["inside_sum_high"]).all()


def test_what_stands_still(wuhan, units, points):
    t = panel(wuhan, points, units=units, datum="wgs84").table.set_index("unit")
    assert len(t) == len(units)
    assert t["inside_share"].between(0, 1 + 1e-9).all()
    none = geo.outside(wuhan, units)
    share = none[none["scope"] == "with-belt"].set_index("unit_id")["share_in_none"]
    same = share.index.intersection(t.index)
    assert len(same) > 5
    assert np.allclose(1 - t.loc[same, "inside_share"], share.loc[same], atol=1e-6)


def grid(wuhan, n=4, size=10_000.0):
    boxes = [shapely.box(c * size, r * size, (c + 1) * size, (r + 1) * size) for r in range(n) for c in range(n)]  # fmt: skip
    codes = [str(420_000 + k) for k in range(n * n)]
    return gpd.GeoDataFrame({"adcode": codes, "name_zh": codes}, geometry=list(unproject(np.array(boxes), wuhan.crs)), crs=4326)  # fmt: skip


def test_weights_on_a_grid(wuhan):
    cells = grid(wuhan)
    queen = spatial_weights(wuhan, units=cells, standardise=False)
    sizes = queen.table.groupby("unit").size()
    # 4 corners with 3 neighbours, 8 sides with 5, 4 in the middle with 8.
    assert sorted(sizes) == [3] * 4 + [5] * 8 + [8] * 4
    assert queen.islands == []
    assert np.allclose(spatial_weights(wuhan, units=cells).table.groupby("unit")["weight"].sum(), 1)
    rook = spatial_weights(wuhan, units=cells, kind="distance", km=10.5, standardise=False).table
    assert sorted(rook.groupby("unit").size()) == [2] * 4 + [3] * 8 + [4] * 4
    assert np.allclose(rook["weight"], 0.1, rtol=1e-3)
    three = spatial_weights(wuhan, units=cells, kind="nearest", k=3).table
    assert (three.groupby("unit").size() == 3).all()
    assert (three["unit"] != three["neighbour"]).all()


def test_islands_and_the_file_of_neighbours(wuhan):
    cells = grid(wuhan).iloc[[0, 1, 15]]
    weights = spatial_weights(wuhan, units=cells)
    assert weights.islands == ["420015"]
    assert weights.gal() == "0 3 units adcode\n420000 1\n420001\n420001 1\n420000\n420015 0\n\n"
    for options, message in [
        ({"kind": "nearest", "k": 3}, "at least 1 and below"),
        ({"kind": "distance"}, "need km"),
        ({"kind": "rook"}, "use queen, nearest or distance"),
    ]:
        with pytest.raises(UnitsError, match=message):
            spatial_weights(wuhan, units=cells, **options)
