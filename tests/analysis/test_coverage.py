from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

import geo
from geo.analysis.footprints import footprints_of
from geo.datasets.demo import demo_points
from geo.errors import PointsError
from geo.measure import project


@pytest.fixture(scope="module")
def firms(wuhan):
    return demo_points(wuhan, 1500)


@pytest.fixture(scope="module")
def result(wuhan, firms):
    return geo.coverage(firms, wuhan, by="industry", weight="staff")


def test_counts_agree_with_a_loop_over_points(wuhan, firms, result):
    planar = [project(g, wuhan.crs) for g in firms.frame.geometry]
    whole = result.table[result.table["by"] == ""].set_index("footprint")
    inside = np.zeros((len(footprints_of(wuhan)), len(planar)), dtype=bool)
    for k, footprint in enumerate(footprints_of(wuhan)):
        inside[k] = [footprint.shape.intersects(p) for p in planar]
        assert whole.loc[footprint.id, "count"] == inside[k].sum()
        assert whole.loc[footprint.id, "sum"] == firms.frame["staff"].to_numpy()[inside[k]].sum()
        assert whole.loc[footprint.id, "count_low"] == sum(
            footprint.inner.intersects(p) for p in planar
        )
        assert whole.loc[footprint.id, "count_high"] == sum(
            footprint.outer.intersects(p) for p in planar
        )
    totals = result.totals.set_index("where")["count"]
    times = inside.sum(axis=0)
    assert totals.to_dict() == {
        "any": (times > 0).sum(),
        "several": (times > 1).sum(),
        "none": (times == 0).sum(),
        "all": 1500,
    }


def test_counts_agree_with_a_spatial_join(wuhan, firms, result):
    joined = gpd.sjoin(firms.frame, wuhan.footprints[["id", "geometry"]], predicate="intersects")
    expected = joined.groupby(["id", "industry"]).size()
    own = result.table[result.table["by"] != ""].set_index(["footprint", "by"])["count"]
    for key, count in expected.items():
        assert own[key] == count
    assert own[own.index.get_level_values(0) != "campus-rings"].sum() == expected.sum()


def test_categories_add_up(result):
    groups = result.table[result.table["by"] != ""].groupby("footprint")
    whole = result.table[result.table["by"] == ""].set_index("footprint")
    for name, own in groups:
        for column in ("count_low", "count", "count_high", "sum_low", "sum", "sum_high"):
            assert own[column].sum() == pytest.approx(whole.loc[name, column])


def test_points_on_a_boundary(wuhan):
    footprint = next(f for f in footprints_of(wuhan) if f.id == "robot-valley")
    corner = shapely.get_coordinates(footprint.shape)[0]
    points = gpd.GeoDataFrame(geometry=[shapely.Point(corner)], crs=wuhan.crs)
    counts = []
    for predicate in ("intersects", "contains"):
        shape = shapely.Point(0, 0).buffer(1000)
        exact = gpd.GeoDataFrame(geometry=[shapely.Point(1000, 0)], crs=wuhan.crs)
        assert shape.intersects(exact.geometry[0])
        assert not shape.contains(exact.geometry[0])
        counts.append(geo.coverage(points, [footprint], predicate=predicate))
    assert counts[0].table["count_high"].iloc[0] == 1
    assert counts[1].table["count"].iloc[0] <= counts[0].table["count"].iloc[0]


def test_the_error_of_points_widens_the_band(wuhan, firms):
    rough = gpd.GeoDataFrame(firms.frame.assign(err_m=800.0))
    exact = geo.coverage(firms, wuhan).table.set_index("footprint")
    wide = geo.coverage(rough, wuhan).table.set_index("footprint")
    assert (wide["count"] == exact["count"]).all()
    assert (wide["count_low"] <= exact["count_low"]).all()
    assert (wide["count_high"] >= exact["count_high"]).all()
    assert wide["count_high"].sum() > exact["count_high"].sum()


def test_what_cannot_be_counted_is_told(wuhan, firms):
    with pytest.raises(PointsError, match="no column 'trade'; there are"):
        geo.coverage(firms, wuhan, by="trade")
    with pytest.raises(PointsError, match="is no number in 1500 rows"):
        geo.coverage(firms, wuhan, weight="industry")
    with pytest.raises(PointsError, match="no reference system"):
        geo.coverage(gpd.GeoDataFrame(geometry=[shapely.Point(114, 30)]), wuhan)
    with pytest.raises(PointsError, match="Polygon"):
        geo.coverage(wuhan.zones, wuhan)
    mixed = gpd.GeoDataFrame(geometry=[shapely.Point(114.3, 30.6), None, shapely.Point()], crs=4326)
    result = geo.coverage(mixed, wuhan)
    assert result.rejected == 2
    assert result.totals.set_index("where").loc["all", "count"] == 1
    nothing = geo.coverage(gpd.GeoDataFrame(geometry=[], crs=4326), wuhan)
    assert nothing.totals["count"].sum() == 0
