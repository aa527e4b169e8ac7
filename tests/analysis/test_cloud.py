from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import geo
from geo.analysis.cloud import cloud_of
from geo.errors import PointsError


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(4)
    n = 3000
    frame = pd.DataFrame(
        {
            "lon": rng.uniform(113.8, 115.2, n).round(6), "lat": rng.uniform(30, 31.2, n).round(6),
            "kind": rng.choice(["光电子", "汽车", None], n), "staff": rng.integers(0, 90, n).astype(float),
            "year": rng.integers(2019, 2024, n), "err_m": rng.choice([np.nan, 30.0], n),
        }
    )  # fmt: skip
    frame.loc[[5, 700], "lon"] = np.nan
    frame.loc[9, "staff"] = np.nan
    return frame


def test_the_same_cloud_from_every_source(table, tmp_path):
    table.to_csv(tmp_path / "p.csv", index=False)
    pq.write_table(pa.Table.from_pandas(table), tmp_path / "p.parquet", row_group_size=400)
    options = {"by": "kind", "weight": "staff", "columns": ["year"], "datum": "wgs84", "err_m": 7.0}
    expected = table.dropna(subset=["lon"])
    clouds = [cloud_of(s, **options) for s in (table, tmp_path / "p.csv", tmp_path / "p.parquet")]
    for cloud in clouds:
        assert len(cloud) == len(expected)
        assert cloud.lon.tolist() == expected["lon"].tolist()
        assert cloud.weight.tolist() == expected["staff"].fillna(0).tolist()
        assert cloud.err_m.tolist() == expected["err_m"].fillna(7.0).tolist()
        assert [cloud.names[c] for c in cloud.codes] == expected["kind"].fillna("").tolist()
        assert [int(v) for v in cloud.columns["year"]] == expected["year"].tolist()
        assert cloud.rejected == 2
        assert cloud.weighed
    # A frame counts rows from 1, a file from 2 below its header; Parquet has no header.
    assert [c.listed.row for c in clouds] == [[6, 701], [7, 702], [6, 701]]
    assert clouds[1].row[:7].tolist() == [2, 3, 4, 5, 6, 8, 9]


def test_clouds_of_clouds_and_of_read_points(table, tmp_path):
    table.to_csv(tmp_path / "p.csv", index=False)
    read = geo.read_points(tmp_path / "p.csv", datum="wgs84")
    cloud = cloud_of(read)
    assert (len(cloud), cloud.rejected, cloud.name) == (2998, 2, "p.csv")
    assert cloud_of(cloud) is cloud
    assert (cloud.weight == 1).all()
    assert cloud.names == ("",)


def test_no_rows_and_too_many(table):
    assert len(cloud_of(table[:0].assign(lon=1.0), datum="wgs84")) == 0
    with pytest.raises(PointsError, match="more than 1,000 points"):
        cloud_of(table, datum="wgs84", most=1000)
    with pytest.raises(PointsError, match="no column 'age'"):
        cloud_of(table, datum="wgs84", columns=["age"])
