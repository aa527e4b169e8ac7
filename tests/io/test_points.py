from __future__ import annotations

import zipfile

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
from shapely import Point, box

import geo
from geo.datasets import demo
from geo.errors import DatumError, PointsError
from geo.io import points as reader
from geo.io.sources import workbook
from geo.measure import distance_km


@pytest.fixture(scope="module")
def files(tmp_path_factory, wuhan):
    folder = tmp_path_factory.mktemp("demo")
    demo.write_demo(wuhan, folder / "firms.xlsx")
    demo.write_dirty(wuhan, folder / "dirty.csv")
    return folder


def test_the_demo_workbook_reads_back(files, wuhan):
    points = geo.read_points(files / "firms.xlsx")
    firms = demo.demo_firms(wuhan)
    assert len(points) == 5000
    assert len(points.rejects) == 0
    assert np.allclose(points.frame.geometry.x, firms.geometry.x)
    assert points.frame["数据性质"].unique().tolist() == ["模拟数据 synthetic"]
    assert points.frame["row"].tolist() == list(range(2, 5002))


def test_the_dirty_copy_is_recovered(files, wuhan):
    dirty = geo.read_points(files / "dirty.csv", datum="gcj02")
    assert dirty.encoding == "gb18030"
    doubled = dirty.rejects["row"] > 5001
    assert dirty.rejects.loc[~doubled, "reason"].value_counts().to_dict() == demo.SPOILED
    assert len(dirty) + len(dirty.rejects) == 5000 + demo.TWICE
    firms = demo.demo_firms(wuhan)
    own = dirty.frame[dirty.frame["row"] <= 5001]
    truth = firms.iloc[own["row"].to_numpy() - 2]
    apart = distance_km(own.geometry.x, own.geometry.y, truth.geometry.x, truth.geometry.y) * 1000
    assert apart.max() < 0.2  # six decimals of a degree
    # Text stays text: nothing of it is evaluated.
    assert {"=1+1", "@SUM(A1:A9)"} <= set(dirty.frame["企业名称"])
    wrong = geo.read_points(files / "dirty.csv", datum="wgs84")
    shift = distance_km(
        wrong.frame.geometry.x[:50],
        wrong.frame.geometry.y[:50],
        dirty.frame.geometry.x[:50],
        dirty.frame.geometry.y[:50],
    )
    assert shift.min() > 0.4  # taken for WGS84 every point is half a kilometre off


def test_demo_is_the_same_every_time_and_inside_the_five_cities(wuhan):
    a, b = demo.demo_firms(wuhan, 800), demo.demo_firms(wuhan, 800)
    assert a.drop(columns="geometry").equals(b.drop(columns="geometry"))
    assert not demo.demo_firms(wuhan, 800, seed=1)["staff"].equals(a["staff"])
    cities = {code[:4] + "00" for code in a["unit"]}
    assert cities == {"420100", "420700", "420200", "421100", "420900"}
    # The draw that follows people alone follows them: Wuhan holds 12.3 of 26.0 million.
    share = demo.demo_firms(wuhan, 4000)["unit"].str.startswith("4201").mean()
    assert 12.3 / 26.0 * 0.55 < share < 0.8


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("header", "row"),
    [("经度,纬度", "114.3,30.6"), ("lng;lat", "114.3;30.6"), ("Longitude\tLatitude", "114.3\t30.6"),
     ("X,Y", "114.3,30.6"), ("东经,北纬", "114.3°,30.6°"), ("坐标", '"114.3,30.6"'), ("location", '"[114.3, 30.6]"'), ("LON_WGS84,LAT_WGS84", " 114.3 ,\u3000114"[:7] + ",30.6")],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_usual_names_of_coordinates(tmp_path, header, row, encoding):
    path = write(tmp_path / "p.csv", f"{header}\n{row}\n", encoding)
    points = geo.read_points(path, datum="wgs84")
    assert (points.frame.geometry.x[0], points.frame.geometry.y[0]) == (114.3, 30.6)


def test_named_columns_and_errors_of_points(tmp_path):
    path = write(tmp_path / "p.csv", "a,b,err_m\n114.3,30.6,50\n114.4,30.6,\n")
    points = geo.read_points(path, lon="a", lat="b", err_m=10, datum="wgs84")
    assert points.frame["err_m"].tolist() == [50, 10]
    with pytest.raises(
        PointsError, match=r"no columns of longitude and latitude among a, b, err_m"
    ):
        geo.read_points(path)
    with pytest.raises(PointsError, match="no column 'z'; there are a, b, err_m"):
        geo.read_points(path, lon="z", lat="b")
    with pytest.raises(DatumError, match="use one of wgs84"):
        geo.read_points(path, datum="nad27", lon="a", lat="b")


def test_swapped_columns_are_told(tmp_path):
    path = write(tmp_path / "p.csv", "经度,纬度\n30.6,114.3\n30.7,114.4\n30.5,114.2\n")
    with pytest.raises(PointsError, match="look swapped in 3 rows"):
        geo.read_points(path, datum="wgs84")
    assert len(geo.read_points(path, lon="纬度", lat="经度", datum="wgs84")) == 3
    # Detected, the order of columns is found by itself; the datum here is not.
    with pytest.raises(PointsError, match="may be in WGS84, GCJ-02 or BD-09"):
        geo.read_points(path)
    abroad = geo.read_points(write(tmp_path / "q.csv", "lng,lat\n51.7,-121.2\n52.2,-120.1\n"))
    assert (abroad.frame.geometry.x[0], abroad.frame.geometry.y[0]) == (-121.2, 51.7)
    assert abroad.detection.swapped


def test_files_that_cannot_be_read(tmp_path):
    cases = {
        "none.csv": (None, "no such file"),
        "empty.csv": (b"", "the file is empty"),
        "header.csv": ("经度,纬度\n".encode(), "a header but no rows"),
        "blank.csv": (b"\n1,2\n", "no header in row 1"),
        "binary.csv": (b"a,b\x00\n1,2\n", "binary, not text"),
        "bytes.csv": (b"lon,lat\n\xff\xff\xff,1\n", "neither UTF-8 nor GB18030"),
        "book.xlsx": (b"lon,lat\n1,2\n", "not a workbook"),
        "a.pdf": (b"%PDF", "unknown kind of file"),
        "bad.geojson": (b"{", "not readable as a layer"),
    }
    for name, (content, expected) in cases.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(PointsError, match=expected):
            geo.read_points(tmp_path / name)


def test_size_is_bounded(tmp_path, monkeypatch):
    path = write(tmp_path / "p.csv", "lon,lat\n114.3,30.6\n")
    monkeypatch.setattr(reader, "MAX_BYTES", 10)
    with pytest.raises(PointsError, match="split it"):
        geo.read_points(path)
    monkeypatch.setattr(reader, "MAX_BYTES", 10**9)
    monkeypatch.setattr(workbook, "MAX_UNPACKED", 2000)
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/sheet.xml", b"0" * 500_000)
    with pytest.raises(PointsError, match="unpacks to"):
        geo.read_points(tmp_path / "bomb.xlsx")


def test_sheets_and_layers(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["note"])
    sheet = book.create_sheet("企业")
    sheet.append(["名称", "经度", "纬度", None])
    sheet.append(["一", 114.3, 30.6, "x"])
    sheet.append([None, None, None, None])
    sheet.append(["二", "114.31", "30.61", None])
    book.save(tmp_path / "b.xlsx")
    points = geo.read_points(tmp_path / "b.xlsx", sheet="企业", datum="wgs84")
    assert points.frame["row"].tolist() == [2, 4]
    with pytest.raises(PointsError, match="no sheet 'Firms'; there are Sheet, 企业"):
        geo.read_points(tmp_path / "b.xlsx", sheet="Firms")
    frame = gpd.GeoDataFrame({"n": [1, 2]}, geometry=[Point(114.3, 30.6), None], crs=4326)
    frame.to_crs(32650).to_file(tmp_path / "p.gpkg")
    layer = geo.read_points(tmp_path / "p.gpkg")
    assert len(layer) == 1
    assert layer.rejects["reason"].tolist() == ["blank"]
    assert layer.frame.geometry.x[0] == pytest.approx(114.3)
    gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)], crs=4326).to_file(tmp_path / "a.geojson")
    with pytest.raises(PointsError, match="holds Polygon, not points"):
        geo.read_points(tmp_path / "a.geojson")
