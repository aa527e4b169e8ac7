"""What people hand over: read where it is sound, refused in words where it is not, never kept."""

from __future__ import annotations

import io
import json
import random
import re
import sqlite3
import struct
import tempfile
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest

import geo
from geo.analysis.targets import known_of
from geo.datasets import demo
from geo.errors import CorridorError, PointsError
from geo.io import archives
from geo.io.previews import Choice, preview_of, read_upload
from geo.io.refusals import RefusedError
from geo.io.uploads import LIMITS, Limits, Upload, shown_name, stored
from geo.measure import from_wgs84
from geo.report.rejects import rejected_rows
from geo.report.tables import defused, to_csv, to_xlsx
from geo.words import LANGUAGES, catalogue

TABLE = pd.DataFrame({"名称": ["甲", "乙", "丙"], "经度": [114.3, 114.4, 114.5], "纬度": [30.5, 30.6, 30.7], "行业": ["光", "芯", "光"], "员工数": [3, 40, 500]})  # fmt: skip
FRAME = gpd.GeoDataFrame(TABLE.drop(columns=["经度", "纬度"]), geometry=gpd.points_from_xy(TABLE["经度"], TABLE["纬度"]), crs=4326)  # fmt: skip
CSV = TABLE.to_csv(index=False)
KML = """<?xml version="1.0" encoding="UTF-8"?>{doctype}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<Folder><name>光谷</name>{places}</Folder></Document></kml>"""
PLACE = "<Placemark><name>{name}</name><ExtendedData><Data name='员工数'><value>{n}</value></Data></ExtendedData><Point><coordinates>{x},{y},12</coordinates></Point></Placemark>"


@pytest.fixture(autouse=True)
def nothing_stays(tmp_path, monkeypatch):
    """Whatever happens, no file stays behind."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield
    assert list(tmp_path.glob("corridor-upload-*")) == []


def packed(files, how=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", how) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def shapefile(folder, frame=FRAME, stem="firms", encoding="UTF-8"):
    frame.to_file(folder / f"{stem}.shp", encoding=encoding)
    return {p.name: p.read_bytes() for p in folder.glob(f"{stem}.*")}


def book(frame=TABLE, sheets=("Sheet1",)):
    stream = io.BytesIO()
    with pd.ExcelWriter(stream, engine="xlsxwriter") as writer:
        for sheet in sheets:
            frame.to_excel(writer, sheet_name=sheet, index=False)
    return stream.getvalue()


def in_file(tmp_path, name, **options):
    path = tmp_path / name
    FRAME.to_file(path, **options)
    return path.read_bytes()


def kml(places=None, doctype=""):
    rows = zip(TABLE["名称"], TABLE["员工数"], TABLE["经度"], TABLE["纬度"], strict=True)
    own = "".join(PLACE.format(name=n, n=k, x=x, y=y) for n, k, x, y in rows)
    return KML.format(doctype=doctype, places=own if places is None else places).encode()


def everything(tmp_path):
    parquet, geoparquet = io.BytesIO(), io.BytesIO()
    TABLE.to_parquet(parquet)
    FRAME.to_parquet(geoparquet)
    return {
        "a.csv": CSV.encode("utf-8"),
        "bom.csv": CSV.encode("utf-8-sig"),
        "gbk.csv": CSV.encode("gbk"),
        "gb18030.csv": CSV.replace("甲", "㐀").encode("gb18030"),
        "a.tsv": TABLE.to_csv(index=False, sep="\t").encode(),
        "a.xlsx": book(),
        "a.geojson": in_file(tmp_path, "x.geojson"),
        "a.json": in_file(tmp_path, "y.geojson"),
        "a.gpkg": in_file(tmp_path, "x.gpkg"),
        "a.fgb": in_file(tmp_path, "x.fgb", SPATIAL_INDEX="NO"),
        "a.kml": kml(),
        "a.kmz": packed({"doc.kml": kml(), "files/icon.png": b"\x89PNG"}),
        "a.parquet": parquet.getvalue(),
        "g.parquet": geoparquet.getvalue(),
        "shp.zip": packed(shapefile(tmp_path)),
        "csv.zip": packed({"名单.csv": CSV.encode("gbk"), "__MACOSX/._x": b"1", ".DS_Store": b"2"}),
    }


def test_every_format_gives_the_same_points(tmp_path):
    files = everything(tmp_path)
    for name, content in files.items():
        preview = preview_of(Upload(name, content))
        assert preview.holds == "points", name
        choice = preview.choice
        assert choice.weight == "员工数", name
        from dataclasses import replace

        points = read_upload(Upload(name, content), replace(choice, datum="wgs84", err_m=25.0))
        assert points.name == name
        assert np.allclose(points.frame.geometry.x, TABLE["经度"]), name
        assert np.allclose(points.frame.geometry.y, TABLE["纬度"]), name
        assert pd.to_numeric(points.frame["员工数"]).tolist() == [3, 40, 500], name
        assert set(points.frame["err_m"]) == {25.0}, name
        label = points.frame[choice.label].tolist()
        assert label[1:] == ["乙", "丙"], name


def test_the_evidence_names_gcj02_and_rejects_are_in_words(wuhan, units):
    firms = demo.demo_firms(wuhan, 3000)
    lon, lat = from_wgs84(firms["lon"], firms["lat"], "gcj02")
    names = units.set_index("adcode")["name_zh"]
    table = pd.DataFrame({"企业名称": firms["name"], "经度": lon.round(6), "纬度": lat.round(6), "行业": firms["industry"], "员工数": firms["staff"], "所在区": names[firms["unit"]].to_numpy()})  # fmt: skip
    table["经度"] = table["经度"].astype(object)
    table.loc[0, "经度"], table.loc[1, "经度"] = "不详", None
    upload = Upload("名录.xlsx", book(table))
    preview = preview_of(upload, known=known_of(wuhan))
    assert (preview.detection.datum, preview.detection.confidence) == ("gcj02", "sure")
    choice = preview.choice
    assert (choice.lon, choice.lat, choice.by, choice.weight, choice.label) == ("经度", "纬度", "行业", "员工数", "企业名称")  # fmt: skip
    assert (preview.sampled, preview.usable) == (3000, 2998)
    points = read_upload(upload, choice)
    truth = firms.iloc[points.frame["row"].to_numpy() - 2]
    away = geo.measure.distance_km(points.frame.geometry.x, points.frame.geometry.y, truth["lon"], truth["lat"])  # fmt: skip
    assert away.max() < 0.0005
    for lang, words in (("zh", ["坐标不是数字", "没有填坐标"]), ("en", ["Coordinates are no numbers", "No coordinates"])):  # fmt: skip
        assert rejected_rows(points.rejects, lang).iloc[:, 1].tolist() == words
    # Without districts or known places nothing tells the datums apart, and nothing is guessed.
    bare = preview_of(Upload("b.xlsx", book(table.drop(columns="所在区"))), known=known_of(wuhan))
    assert bare.detection.confidence == "unsure"
    assert bare.choice.datum == "auto"
    with pytest.raises(PointsError, match="choose the columns"):
        read_upload(Upload("b.xlsx", book(table)), bare.choice)


def test_swapped_columns_are_proposed_the_right_way_round():
    table = TABLE.rename(columns={"经度": "y", "纬度": "x"})
    preview = preview_of(Upload("a.csv", table.to_csv(index=False).encode()))
    assert preview.detection.swapped
    assert (preview.choice.lon, preview.choice.lat) == ("y", "x")
    points = read_upload(Upload("a.csv", table.to_csv(index=False).encode()), Choice(lon="y", lat="x", datum="wgs84"))  # fmt: skip
    assert np.allclose(points.frame.geometry.x, TABLE["经度"])
    named = preview_of(Upload("a.csv", table.to_csv(index=False).encode()), position={"lon": "x", "lat": "y"})  # fmt: skip
    assert named.choice.swapped


def test_the_error_of_few_decimals_is_proposed():
    for decimals, worst in ((1, 7863), (2, 787), (3, 79), (4, 0), (6, 0)):
        rng = np.random.default_rng(decimals)
        table = pd.DataFrame({"lon": 114 + rng.random(50), "lat": 30 + rng.random(50)}).round(decimals)  # fmt: skip
        assert preview_of(Upload("a.csv", table.to_csv(index=False).encode())).choice.err_m == worst


def test_sheets_and_layers_are_offered(tmp_path):
    preview = preview_of(Upload("a.xlsx", book(sheets=("说明", "名单"))), layer="名单")
    assert preview.layers == ("说明", "名单")
    assert preview.choice.layer == "名单"
    two = shapefile(tmp_path) | shapefile(tmp_path, FRAME.iloc[:2], "其他")
    preview = preview_of(Upload("二.zip", packed({f"数据/{n}": c for n, c in two.items()})))
    assert set(preview.layers) == {"firms", "其他"}
    for layer, count in (("firms", 3), ("其他", 2)):
        points = read_upload(Upload("二.zip", packed(two)), Choice(layer=layer, geometry="wkb_geometry", datum="wgs84"))  # fmt: skip
        assert len(points) == count


def test_an_old_shapefile_in_gbk_without_its_encoding(tmp_path):
    files = {n: c for n, c in shapefile(tmp_path, encoding="GBK").items() if not n.endswith(".cpg")}
    assert "甲" in preview_of(Upload("旧.zip", packed(files))).rows["名称"].tolist()


def test_a_column_name_that_was_cut_within_a_sign(tmp_path):
    files = shapefile(tmp_path)
    table = bytearray(files["firms.dbf"])
    table[32:43] = "企业名称".encode()[:10] + b"\0"
    preview = preview_of(Upload("a.zip", packed(files | {"firms.dbf": bytes(table)})))
    assert preview.columns == ("企业名", "行业", "员工数")
    assert preview.rows["企业名"].tolist() == ["甲", "乙", "丙"]


def refusal(name, content, limits=LIMITS):
    with pytest.raises(PointsError) as caught:
        preview = preview_of(Upload(name, content), limits=limits)
        read_upload(Upload(name, content), preview.choice, limits=limits)
    return caught.value


def reason(name, content, limits=LIMITS):
    error = refusal(name, content, limits)
    assert isinstance(error, RefusedError), error
    shown = name.rpartition("/")[2]
    for lang in LANGUAGES:
        assert shown in error.says(lang) or error.reason == "path-trick"
    return error.reason


def entry(name, **attributes):
    info = zipfile.ZipInfo(name)
    for key, value in attributes.items():
        setattr(info, key, value)
    return info


@pytest.mark.parametrize(
    "member",
    ["../../evil.shp", "/etc/cron.d/evil.shp", "C:/evil.shp", "C:\\evil.shp", "a/../../evil.shp", "..\\..\\evil.shp"],
)  # fmt: skip
def test_names_that_lead_out_of_an_archive(member, tmp_path):
    files = shapefile(tmp_path) | {member: b"x"}
    assert reason("a.zip", packed(files)) == "path-trick"
    assert reason("a.xlsx", packed({"[Content_Types].xml": b"<x/>", member: b"x"})) == "path-trick"


def test_links_and_nul_in_an_archive():
    link = entry("firms.shp", create_system=3, external_attr=0o120777 << 16)
    assert reason("a.zip", packed({link: b"/etc/passwd"})) == "path-trick"
    plain = packed({"firmsX.shp": b"x"}, zipfile.ZIP_STORED)
    assert reason("a.zip", plain.replace(b"firmsX", b"firms\0")) == "path-trick"


def test_bombs(monkeypatch):
    zeros = bytes(30_000_000)
    assert reason("a.zip", packed({"a.csv": zeros})) == "ratio"
    assert reason("a.xlsx", packed({"[Content_Types].xml": b"<x/>", "xl/sheet1.xml": zeros})) == "ratio"  # fmt: skip
    assert reason("a.zip", packed({"b.zip": packed({"a.csv": b"1"})})) == "nested"
    monkeypatch.setattr(archives, "MAX_UNPACKED", 1_000_000)
    assert reason("a.zip", packed({"a.csv": random.Random(1).randbytes(2_000_000)})) == "unpacks-to"
    monkeypatch.setattr(archives, "MAX_MEMBERS", 10)
    assert reason("a.zip", packed({f"{k}.txt": b"" for k in range(11)})) == "many-members"


def test_members_that_lie_over_one_another():
    # Two entries of the directory that point at one and the same member.
    content = packed({"a.csv": random.Random(2).randbytes(3000)}, zipfile.ZIP_STORED)
    end = content.rfind(b"PK\x05\x06")
    start = struct.unpack("<I", content[end + 16 : end + 20])[0]
    directory = content[start:end]
    twice = directory + directory.replace(b"a.csv", b"b.csv")
    tail = content[end : end + 8] + struct.pack("<HHII", 2, 2, len(twice), start) + b"\0\0"
    assert reason("a.zip", content[:start] + twice + tail) in ("overlapping", "cut-archive")


def test_encrypted_and_odd_archives(tmp_path):
    content = bytearray(packed({"a.csv": CSV}))
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    assert reason("a.zip", bytes(content)) == "encrypted"
    assert reason("a.zip", packed({"x.docx": b"1"})) == "nothing-inside"
    assert reason("a.zip", packed({"a.csv": b"1", "b.csv": b"2"})) == "several-files"
    files = {n: c for n, c in shapefile(tmp_path).items() if not n.endswith(".dbf")}
    assert reason("a.zip", packed(files)) == "shapefile-part"
    assert reason("a.xlsx", packed({"a.txt": b"1"})) == "no-workbook"


def test_half_of_a_file(tmp_path):
    rows = "\n".join(f"企业{k},114.{k:03d},30.{k:03d},光,{k}" for k in range(900))
    table = f"企业名称,经度,纬度,行业,员工数\n{rows}"
    files = everything(tmp_path) | {"a.csv": table.encode()}
    for name in ("a.csv", "a.xlsx", "a.geojson", "a.gpkg", "a.fgb", "a.kml", "a.kmz", "a.parquet", "g.parquet", "shp.zip"):  # fmt: skip
        for share in (0.3, 0.5, 0.9):
            content = files[name]
            half = content[: int(len(content) * share)]
            if name == "a.csv":
                half = half[: half.rfind(b"\n")] + "\n甲,114.3".encode()
                assert reason(name, half) == "cut-row"
            else:
                refusal(name, half)
    inside = shapefile(tmp_path)
    inside["firms.shp"] = inside["firms.shp"][:-20]
    assert reason("a.zip", packed(inside)) == "cut"


def test_suffixes_that_lie_and_what_is_not_read(tmp_path):
    files = everything(tmp_path)
    lies = {
        "a.csv": files["a.xlsx"], "b.csv": files["a.gpkg"], "a.xlsx": CSV.encode(), "a.gpkg": files["a.parquet"],
        "a.parquet": CSV.encode(), "a.geojson": kml(), "a.kml": files["a.geojson"], "a.zip": CSV.encode(),
        "c.csv": b"%PDF-1.7", "d.csv": b"<html><table>", "b.geojson": b"<OGRVRTDataSource/>",
        "b.gpkg": b"<OGRVRTDataSource/>", "a.fgb": b"<OGRVRTDataSource/>",
    }  # fmt: skip
    for name, content in lies.items():
        assert reason(name, content) == "lies", name
    assert reason("a.xlsx", b"\xd0\xcf\x11\xe0" + bytes(600)) == "old-workbook"
    for name, why in (("a.xls", "old-workbook"), ("a.shp", "bare-shapefile"), ("a.rar", "other-archive"), ("a.exe", "unknown"), ("a", "unknown")):  # fmt: skip
        assert reason(name, b"123") == why
    for name in ("a.csv", "a.xlsx", "a.geojson", "a.zip", "a.gpkg", "a.kml", "a.parquet"):
        assert reason(name, b"") == "empty"
        assert reason(name, b" \r\n\t ") == "empty"


def test_json_that_is_a_recipe_reads_no_other_file(tmp_path):
    secret = tmp_path / "secret.geojson"
    FRAME.to_file(secret)
    command = f"gdal vector pipeline ! read {secret} ! write --of stream streamed_dataset"
    recipe = {"type": "gdal_streamed_alg", "command_line": command}
    assert reason("a.geojson", json.dumps(recipe).encode()) == "no-geojson"
    disguised = json.dumps(recipe | {"note": "FeatureCollection"}).encode()
    assert "甲" not in str(refusal("a.geojson", disguised))


def test_geojson_a_hundred_levels_deep():
    deep: object = 1
    for _ in range(100):
        deep = {"k": deep}
    properties = {"名称": "深", "deep": deep}
    feature = {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": [114.3, 30.5]}}  # fmt: skip
    upload = Upload("deep.geojson", json.dumps({"type": "FeatureCollection", "features": [feature]}).encode())  # fmt: skip
    points = read_upload(upload, Choice(geometry="wkb_geometry", datum="wgs84"))
    assert points.frame["名称"].tolist() == ["深"]
    nested = "[" * 100 + "]" * 100
    refusal("n.geojson", f'{{"type":"FeatureCollection","features":{nested}}}'.encode())
    refusal("m.geojson", b'{"type":"FeatureCollection","features":' + b"[" * 200_000 + b"]" * 200_000 + b"}")  # fmt: skip


def test_kml_with_entities_or_links_fetches_nothing(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    for doctype in (
        f'<!DOCTYPE kml [<!ENTITY x SYSTEM "{secret.as_uri()}">]>',
        '<!DOCTYPE kml SYSTEM "http://127.0.0.1:9/evil.dtd">',
        '<!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
    ):
        error = refusal("a.kml", kml(doctype=doctype))
        assert "DOCTYPE" in str(error)
        assert "SECRET" not in str(error)
    link = "<NetworkLink><Link><href>http://127.0.0.1:9/x.kml</href></Link></NetworkLink>"
    assert "never fetched" in str(refusal("a.kml", kml(link)))
    assert "no points" in str(refusal("a.kml", kml("")))
    deep = "<Folder>" * 300 + "</Folder>" * 300
    assert "nested" in str(refusal("a.kml", kml(deep)))
    assert "no numbers" in str(refusal("a.kml", kml(PLACE.format(name="甲", n=1, x="abc", y=1))))


def test_a_workbook_that_declares_entities():
    content = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><x/>'
    inside = {"[Content_Types].xml": b"<x/>", "xl/workbook.xml": content}
    assert reason("a.xlsx", packed(inside)) == "doctype"
    wide = {"[Content_Types].xml": b"<x/>", "xl/workbook.xml": content.decode().encode("utf-16")}
    assert reason("a.xlsx", packed(wide)) == "doctype"


def test_a_workbook_that_claims_rows_without_end():
    """A cell in row 999,999,999 or far to the right is not filled up to."""
    stream = io.BytesIO(book())
    with zipfile.ZipFile(stream) as archive:
        parts = {n: archive.read(n) for n in archive.namelist()}
    own = parts["xl/worksheets/sheet1.xml"]
    far = b'<row r="999999999"><c r="XFD999999999"><v>1</v></c></row></sheetData>'
    parts["xl/worksheets/sheet1.xml"] = own.replace(b"</sheetData>", far)
    points = read_upload(Upload("a.xlsx", packed(parts)), Choice(lon="经度", lat="纬度", datum="wgs84"))  # fmt: skip
    assert len(points) == 3


def test_a_geopackage_with_evil_names(tmp_path):
    path = tmp_path / "evil.gpkg"
    names = [
        'x"; drop table gpkg_contents; --',
        "<script>alert(1)</script>",
        "../../etc/passwd",
        "表 '名'",
    ]
    for k in range(len(names)):
        FRAME.to_file(path, layer=f"layer{k}", driver="GPKG", SPATIAL_INDEX="NO")
    base = sqlite3.connect(path)
    for k, name in enumerate(names):
        quoted = name.replace('"', '""')
        base.execute(f'alter table layer{k} rename to "{quoted}"')
        for table in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_ogr_contents"):
            base.execute(
                f"update {table} set table_name = ? where table_name = ?", (name, f"layer{k}")
            )
    base.commit()
    base.close()
    upload = Upload("evil.gpkg", path.read_bytes())
    preview = preview_of(upload)
    assert set(preview.layers) == set(names)
    for name in names:
        choice = Choice(layer=name, geometry="wkb_geometry", datum="wgs84")
        assert read_upload(upload, choice).frame["员工数"].tolist() == [3, 40, 500]
    base = sqlite3.connect(path)
    base.execute("pragma writable_schema = on")
    base.execute("insert into sqlite_master values ('table','v','v',0,'CREATE VIRTUAL TABLE v USING VirtualOGR(''/etc/passwd'')')")  # fmt: skip
    base.commit()
    base.close()
    assert reason("evil.gpkg", path.read_bytes()) == "virtual-table"
    other = tmp_path / "plain.db"
    base = sqlite3.connect(other)
    base.execute("create table t (x)")
    base.commit()
    base.close()
    assert reason("a.gpkg", other.read_bytes()) == "no-gpkg"
    assert reason("a.gpkg", b"SQLite format 3\0" + bytes(200)) in ("damaged", "no-gpkg")


def test_bounds_of_size_rows_and_time():
    assert reason("a.csv", CSV.encode(), Limits(size=10)) == "size"
    for name, content in (("a.csv", CSV.encode()), ("a.xlsx", book())):
        upload, choice = Upload(name, content), Choice(lon="经度", lat="纬度", datum="wgs84")
        for limits, why in ((Limits(rows=2), "rows"), (Limits(seconds=-1), "time")):
            with pytest.raises(RefusedError) as caught:
                read_upload(upload, choice, limits=limits)
            assert caught.value.reason == why
    stream = io.BytesIO()
    TABLE.to_parquet(stream)
    assert reason("a.parquet", stream.getvalue(), Limits(rows=2)) == "rows"


def test_a_file_lies_on_disk_only_while_it_is_read(tmp_path):
    with stored(Upload("../../夏.csv", CSV.encode())) as files:
        folder = files.path.parent
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o077 == 0
        assert files.path.name == "upload.csv"
        assert files.name == "夏.csv"
    assert not folder.exists()
    with pytest.raises(RefusedError), stored(Upload("a.csv", CSV.encode())) as files:
        raise MemoryError
    assert not files.path.exists()


def test_names_are_shown_and_never_paths():
    assert shown_name("..\\..\\a\u202eb\n.csv") == "ab.csv"
    assert shown_name("/etc/passwd") == "passwd"
    assert shown_name("\n") == "upload"
    assert len(shown_name("长" * 500 + ".csv")) <= 100
    assert reason("/etc/passwd.exe", b"x") == "unknown"


def test_noise_never_escapes_as_another_error():
    """Any bytes under any suffix: read, or refused with a message; nothing else."""
    rng = random.Random(7)
    heads = [b"", b"PK\x03\x04", b"SQLite format 3\0", b"PAR1", b"fgb\x03", b"{", b"<kml ", b'{"type":"FeatureCollection"']  # fmt: skip
    for _ in range(150):
        content = rng.choice(heads) + rng.randbytes(rng.randrange(1, 400))
        name = "x" + rng.choice([".csv", ".tsv", ".xlsx", ".geojson", ".zip", ".gpkg", ".kml", ".parquet", ".fgb"])  # fmt: skip
        try:
            preview = preview_of(Upload(name, content))
            read_upload(Upload(name, content), preview.choice)
        except CorridorError as error:
            assert str(error)


def test_formulas_are_defused_in_every_sheet():
    starts = ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20x"]  # fmt: skip
    rejects = pd.DataFrame({"row": range(len(starts)), "reason": "blank", "lon": starts, "lat": starts})  # fmt: skip
    table = rejected_rows(rejects, "zh")
    assert all(defused(s) == "'" + s for s in starts)
    sheet = openpyxl.load_workbook(io.BytesIO(to_xlsx({"x": table}, "zh"))).worksheets[0]
    cells = [c for row in sheet.iter_rows(min_row=2) for c in row]
    assert all(c.data_type != "f" for c in cells)
    assert sum(str(c.value).startswith("'") for c in cells) == 2 * len(starts)
    assert to_csv(table).decode("utf-8-sig").count("'=1+1") == 2


def test_every_refusal_has_its_words():
    text = "\n".join(p.read_text("utf-8") for p in (Path(geo.__file__).parent / "io").glob("*.py"))
    asked = set(re.findall(r'\bRefusedError\("([^"]+)"', text))
    units = set(re.findall(r'\bUnitsRefusedError\("([^"]+)"', text))
    assert len(asked) > 25
    assert {f"mydata.refused.{key}" for key in asked} <= set(catalogue())
    assert units
    assert {f"units.refused.{key}" for key in units} <= set(catalogue())
