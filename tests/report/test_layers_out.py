"""Layers as files, read again by other libraries: Shapefile, KML, GeoPackage, GeoJSON."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import zipfile
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon
from typer.testing import CliRunner

import geo.cli.layout  # noqa: F401
from geo.cli.base import app
from geo.errors import RulerError
from geo.report.kml import KML, kml_of
from geo.report.layers import export_layers, file_bytes, to_geojson, traced, write_gpkg
from geo.report.shapefile import (
    ENCODINGS,
    NAME_BYTES,
    TEXT_BYTES,
    field_names,
    shapefile_of,
    texts_lost,
)

HOSTILE = [
    "=1+1",
    "</value><script>alert(1)</script>",
    "a & b < c",
    "]]>",
    "\x00\x0bnull",
    "",
    "光谷",
]


@pytest.fixture(scope="module")
def layers(wuhan):
    return export_layers(wuhan)


def frame(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4326)


def opened(content, folder):
    zipfile.ZipFile(io.BytesIO(content)).extractall(folder)
    return folder


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_shapefile_holds_what_the_layer_holds(layers, encoding, tmp_path):
    made = shapefile_of(layers, encoding)
    folder = opened(made.content, tmp_path)
    for name, layer in layers.items():
        assert (folder / f"{name}.cpg").read_text() == encoding
        assert "WGS_1984" in (folder / f"{name}.prj").read_text()
        # GDAL guesses the encoding from the .cpg file, as QGIS and ArcGIS do.
        back = pyogrio.read_dataframe(folder / f"{name}.shp")
        assert back.crs.to_epsg() == 4326
        fields = made.fields[made.fields["layer"] == name].set_index("column")["field"]
        assert list(back["name_zh"]) == list(layer["name_zh"])
        for column in ("status", "source", "err_m", "confidence"):
            assert fields[column] in back.columns
        assert back["err_m"].tolist() == pytest.approx(layer["err_m"].tolist(), nan_ok=True)
        assert shapely.equals(shapely.normalize(back.geometry.values), shapely.normalize(layer.geometry.values)).all()  # fmt: skip
        if "area_km2_high" in layer.columns:
            own = back[fields["area_km2_high"]]
            assert own.tolist() == pytest.approx(layer["area_km2_high"].tolist(), nan_ok=True, rel=1e-9)  # fmt: skip


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_second_reader_agrees_on_the_texts(layers, encoding, tmp_path):
    shapefile = pytest.importorskip("shapefile")
    folder = opened(shapefile_of(layers, encoding).content, tmp_path)
    with shapefile.Reader(str(folder / "zones.shp"), encoding=encoding) as reader:
        names = [r["name_zh"] for r in reader.records()]
        areas = [s.bbox for s in reader.shapes()]
    assert names == list(layers["zones"]["name_zh"])
    assert np.allclose(areas, [g.bounds for g in layers["zones"].geometry])


def test_what_gbk_cannot_hold_is_told_and_kept_whole_beside_it(tmp_path):
    texts = ["武汉", "Xing’er 𠮷 km²", "x" * 300, "汉" * 200, None]
    layer = frame([Point(114 + k / 10, 30) for k in range(5)], 名称=texts)
    made = shapefile_of({"places": layer}, "GBK")
    folder = opened(made.content, tmp_path)
    back = list(pyogrio.read_dataframe(folder / "places.shp")["名称"])
    assert back[0] == "武汉"
    assert back[1] == "Xing’er 〓 km2"
    assert back[2] == "x" * TEXT_BYTES
    assert back[3] == "汉" * (TEXT_BYTES // 2)
    assert back[4] is None or pd.isna(back[4])
    assert texts_lost({"places": layer}, "GBK") == 3
    lost = pd.read_csv(folder / "losses.csv", encoding="utf-8-sig")
    assert list(lost["text"]) == [texts[1], texts[2], texts[3]]
    assert list(lost["feature"]) == [2, 3, 4]
    assert list(lost["why"]) == ["encoding", "length", "length"]
    assert list(lost["written"]) == [back[1], back[2], back[3]]


def test_nothing_is_lost_where_nothing_is_told(layers, tmp_path):
    """Every text of the file that was not told as lost is the text of the layer, in both encodings."""
    for encoding in ENCODINGS:
        made = shapefile_of(layers, encoding)
        folder = opened(made.content, tmp_path / encoding)
        assert texts_lost(layers, encoding) == len(made.losses.drop_duplicates(["layer", "feature", "column"]))  # fmt: skip
        told = {(r.layer, r.feature, r.column) for r in made.losses.itertuples()}
        for name, layer in layers.items():
            back = pyogrio.read_dataframe(folder / f"{name}.shp")
            fields = made.fields[made.fields["layer"] == name]
            for column, field in zip(fields["column"], fields["field"], strict=True):
                if pd.api.types.is_numeric_dtype(layer[column]):
                    continue
                for number, (was, now) in enumerate(
                    zip(layer[column], back[field], strict=True), 1
                ):
                    if isinstance(was, str) and (name, number, column) not in told:
                        assert ("" if pd.isna(now) else now) == was, (name, column, was)


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=150, deadline=None)
@given(columns=st.lists(st.text(max_size=14), unique=True, max_size=25))
def test_field_names_are_unique_and_fit(encoding, columns):
    names = field_names([c for c in columns if c.isprintable()], encoding)
    upper = [n.upper() for n in names.values()]
    assert len(set(upper)) == len(upper)
    for column, field in names.items():
        assert 0 < len(field.encode(encoding)) <= NAME_BYTES
        if column and column == field:
            continue
        short = column and len(column.encode(encoding, "ignore")) <= NAME_BYTES and column.encode(encoding, "ignore").decode(encoding) == column  # fmt: skip
        # A name that fits is only changed where another one of the same letters keeps it.
        assert not short or any(c != column and c.upper() == column.upper() for c in columns)


def test_field_names_by_hand():
    names = field_names(["share_of_footprint", "share_of_unit", "share_of_u", "AREA", "area", "范围内的点数", ""])  # fmt: skip
    assert names == {
        "share_of_footprint": "share_of_f", "share_of_unit": "share_of_1"[:8] + "_1", "share_of_u": "share_of_u",
        "AREA": "AREA", "area": "area_1", "范围内的点数": "范围内", "": "field",
    }  # fmt: skip


def test_a_layer_of_several_kinds_becomes_several_files(tmp_path):
    square = Polygon([(114, 30), (114.1, 30), (114.1, 30.1), (114, 30.1)])
    far = Polygon([(115, 30), (115.1, 30), (115.1, 30.1)])
    shapes = [Point(114, 30), square, LineString([(114, 30), (115, 31)]), MultiPolygon([square, far]), None]  # fmt: skip
    layer = frame(shapes, n=[1, 2, 3, 4, 5], ok=[True, False, True, False, True])
    made = shapefile_of({"mixed layer!": layer})
    folder = opened(made.content, tmp_path)
    found = {f.stem: pyogrio.read_dataframe(f) for f in folder.glob("*.shp")}
    rows = {name: sorted(f["n"]) for name, f in found.items()}
    assert rows == {"mixed-layer_point": [1, 5], "mixed-layer_line": [3], "mixed-layer_polygon": [2, 4]}  # fmt: skip
    by_n = {int(r.n): r for f in found.values() for r in f.itertuples()}
    for n, shape in enumerate(shapes, 1):
        own = by_n[n].geometry
        assert (own is None) if shape is None else own.equals(shape)
    assert int(by_n[1].ok) == 1
    assert int(by_n[2].ok) == 0


def test_every_file_refuses_a_layer_of_another_reference_system():
    layer = frame([Point(0, 0)], n=[1]).to_crs(3857)
    for write in (lambda: shapefile_of({"x": layer}), lambda: kml_of({"x": layer})):
        with pytest.raises(RulerError, match="WGS84"):
            write()


def placemarks(content):
    root = ET.fromstring(content)
    return root.findall(f".//{{{KML}}}Placemark")


def data_of(mark):
    return {d.get("name"): d.findtext(f"{{{KML}}}value") for d in mark.iter(f"{{{KML}}}Data")}


def test_kml_holds_what_the_layers_hold(layers, tmp_path):
    content = kml_of(layers, "zh", title="武汉", notes=["示意图"])
    marks = placemarks(content)
    assert len(marks) == sum(map(len, layers.values()))
    rows = [row for layer in layers.values() for row in layer.to_dict("records")]
    for mark, row in zip(marks, rows, strict=True):
        assert mark.findtext(f"{{{KML}}}name") == row["name_zh"]
        own = data_of(mark)
        for column in ("status", "source", "confidence"):
            assert own.get(column, "") == row[column]
        if pd.notna(row["err_m"]):
            assert float(own["err_m"]) == row["err_m"]
    # A second reader of KML gives the same geometry, to the decimals written.
    path = tmp_path / "all.kml"
    path.write_bytes(content)
    for name, layer in layers.items():
        back = pyogrio.read_dataframe(path, layer=name)
        away = shapely.hausdorff_distance(shapely.force_2d(back.geometry.values), layer.geometry.values)  # fmt: skip
        assert away.max() < 2e-7


def test_kml_escapes_whatever_a_text_holds():
    layer = frame([Point(114 + k, 30) for k in range(len(HOSTILE))], name_zh=HOSTILE, name_en=HOSTILE)  # fmt: skip
    content = kml_of({HOSTILE[1]: layer}, title=HOSTILE[2], notes=HOSTILE)
    assert b"<script" not in content
    marks = placemarks(content)
    assert [data_of(m).get("name_zh", "") for m in marks] == [re.sub("[\x00\x0b]", "\ufffd", t) for t in HOSTILE]  # fmt: skip


def test_a_polygon_with_a_hole_keeps_it_in_kml(tmp_path):
    ring = Polygon([(114, 30), (115, 30), (115, 31), (114, 31)], [[(114.4, 30.4), (114.4, 30.6), (114.6, 30.6), (114.6, 30.4)]])  # fmt: skip
    content = kml_of({"ring": frame([ring], name=["r"])})
    path = tmp_path / "ring.kml"
    path.write_bytes(content)
    back = pyogrio.read_dataframe(path).geometry[0]
    assert back.area == pytest.approx(ring.area)
    assert len(back.interiors) == 1


def test_a_layer_without_a_history_says_that_it_was_computed(layers):
    bare = frame([Point(114, 30)], count=[3])
    told = traced(bare, "computed from layout wuhan")
    assert told[["status", "source", "confidence"]].iloc[0].tolist() == ["computed", "computed from layout wuhan", "n/a"]  # fmt: skip
    assert np.isnan(told["err_m"].iloc[0])
    zones = traced(layers["zones"], "x")
    assert list(zones["source"]) == list(layers["zones"]["source"])


def test_geopackage_and_geojson_in_memory(layers):
    content = file_bytes("x.gpkg", lambda path: write_gpkg(layers, path))
    with sqlite3.connect(":memory:") as base:
        base.deserialize(content)
        tables = {r[0] for r in base.execute("select table_name from gpkg_contents")}
        count = base.execute("select count(*), sum(area_km2) from zones").fetchone()
    base.close()
    assert tables == set(layers)
    assert count[0] == len(layers["zones"])
    assert count[1] == pytest.approx(layers["zones"]["area_km2"].sum())
    parsed = json.loads(to_geojson(layers["zones"]))
    assert [f["properties"]["name_zh"] for f in parsed["features"]] == list(layers["zones"]["name_zh"])  # fmt: skip


def test_the_command_line_writes_both_and_tells_what_was_cut(wuhan, tmp_path):
    run = CliRunner()
    done = run.invoke(app, ["export", str(tmp_path / "w.zip"), "--encoding", "gbk", "--lang", "en"])
    assert done.exit_code == 0, done.output
    assert "area_km2_high -> area_km2_h" in done.stderr
    assert "km²" in done.stderr
    folder = opened((tmp_path / "w.zip").read_bytes(), tmp_path / "shp")
    assert list(pyogrio.read_dataframe(folder / "belts.shp")["name_zh"]) == list(wuhan.belts["name_zh"])  # fmt: skip
    assert run.invoke(app, ["export", str(tmp_path / "w.kml"), "--lang", "zh"]).exit_code == 0
    assert len(placemarks((tmp_path / "w.kml").read_bytes())) > 100
    bad = run.invoke(app, ["export", str(tmp_path / "w.shp")])
    assert bad.exit_code == 2
    assert not (tmp_path / "w.shp").exists()
    assert run.invoke(app, ["export", str(tmp_path / "w.zip"), "--encoding", "big5"]).exit_code == 2


def test_a_layer_of_a_persons_own_columns_is_written_whatever_they_are(tmp_path):
    """Columns that formats keep for themselves, mixed types, dates, names that differ by capitals."""
    day = pd.Timestamp("2026-02-24")
    layer = frame(
        [Point(114, 30), Point(115, 31)], fid=["a", "a"], geom=[1, 2], Name=["甲", "乙"], name=["x", None],
        mixed=[1, "二"], when=[day, pd.NaT], list=[[1, "a"], None], number=pd.Series([1, None], dtype=object),
        yes=[True, False], far=[10**15, 3],
    )  # fmt: skip
    (tmp_path / "x.gpkg").write_bytes(file_bytes("x.gpkg", lambda p: write_gpkg({"own": layer}, p)))
    back = pyogrio.read_dataframe(tmp_path / "x.gpkg", layer="own")
    assert back["fid"].tolist() == ["a", "a"]
    assert back["geom"].tolist() == [1, 2]
    assert back["Name"].tolist() == ["甲", "乙"]
    assert back["name_1"].tolist()[0] == "x"
    assert back["mixed"].tolist() == ["1", "二"]
    assert str(back["when"][0]).startswith("2026-02-24")
    assert json.loads(back["list"][0]) == [1, "a"]
    assert back["far"].tolist() == [10**15, 3]
    folder = opened(shapefile_of({"own": layer}).content, tmp_path / "shp")
    shp = pyogrio.read_dataframe(folder / "own.shp")
    assert shp["fid"].tolist() == ["a", "a"]
    assert shp["far"].tolist() == [10**15, 3]
    assert shp["number"].tolist() == pytest.approx([1, np.nan], nan_ok=True)
    rows = json.loads(to_geojson(layer))["features"]
    assert rows[0]["properties"]["when"].startswith("2026-02-24")
    assert rows[1]["properties"]["when"] is None
    assert data_of(placemarks(kml_of({"own": layer}))[0])["mixed"] == "1"
