"""The same points through every source give the same table; bad files are told what, where and how."""

from __future__ import annotations

import gzip
import json
import zipfile

import duckdb
import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
import shapely

import geo
from geo.errors import CorridorError, PointsError
from geo.io.sources import open_source, text, workbook
from geo.measure import from_wgs84

N = 900


@pytest.fixture(scope="module")
def table():
    """Points about Wuhan with a category that has blanks, a weight, and some without a position."""
    rng = np.random.default_rng(11)
    lon = np.round(rng.uniform(113.9, 115.1, N), 6)
    lat = np.round(rng.uniform(30.1, 31.0, N), 6)
    kind = rng.choice(["光电子", 'robot, "arm"', "生物\n医药", ""], N).astype(object)
    kind[kind == ""] = None
    weight = np.round(rng.normal(10, 20, N), 2)
    lon[5], lat[5] = 0.0, 0.0
    lon[17] = np.nan
    lon[40], lat[40] = 30.5, 114.3
    lat[77] = 95.0
    lon[77] = 170.0
    return pd.DataFrame({"lon": lon, "lat": lat, "kind": kind, "weight": weight})


@pytest.fixture(scope="module")
def expected(table, wuhan):
    """Counted by a loop over plain shapely."""
    bad = [5, 17, 40, 77]
    own = table.drop(index=bad)
    rows = {}
    for row in wuhan.footprints[["id", "geometry"]].itertuples():
        inside = [row.geometry.intersects(shapely.Point(a, b)) for a, b in zip(own["lon"], own["lat"], strict=True)]  # fmt: skip
        hit = own[np.array(inside)]
        for name, part in hit.groupby(hit["kind"].fillna("(blank)")):
            rows[row.id, name] = (len(part), pytest.approx(part["weight"].sum(), abs=1e-9))
    return rows


def points_of(frame):
    shapes = shapely.points(frame["lon"].to_numpy(), frame["lat"].to_numpy())
    shapes = np.where(np.isnan(frame["lon"]), None, shapes)
    return gpd.GeoDataFrame(frame.drop(columns=["lon", "lat"]), geometry=shapes, crs=4326)


def as_csv(frame, path, encoding="utf-8", **kwargs):
    frame.to_csv(path, index=False, encoding=encoding, **kwargs)
    return path


def as_xlsx(frame, path):
    frame.to_excel(path, index=False)
    return path


def as_parquet(frame, path, **kwargs):
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path, **kwargs)
    return path


def as_parts(frame, path):
    path.mkdir()
    for k in range(3):
        as_parquet(frame.iloc[k::3], path / f"part-{k}.parquet", row_group_size=50)
    return path


def as_layer(frame, path):
    # FlatGeobuf has no place in its index for what has no position.
    kept = frame.dropna(subset="lon") if path.suffix == ".fgb" else frame
    points_of(kept).to_file(path, engine="pyogrio")
    return path


def as_zip(frame, path):
    folder = path.with_suffix("")
    folder.mkdir()
    points_of(frame).to_file(folder / "p.shp", engine="pyogrio", encoding="utf-8")
    with zipfile.ZipFile(path, "w") as packed:
        for file in folder.iterdir():
            packed.write(file, file.name)
    return path


def as_gz(frame, path):
    with gzip.open(path, "wb") as stream:
        stream.write(frame.to_csv(index=False).encode())
    return path


def as_geoparquet(frame, path):
    points_of(frame).to_parquet(path)
    return path


def as_database(frame, path):
    from sqlalchemy import create_engine

    frame.to_sql("firms", create_engine(f"sqlite:///{path}"), index=False)
    return f"sqlite:///{path}#firms"


MAKERS = {
    "csv": lambda f, p: as_csv(f, p / "p.csv"),
    "csv with a mark": lambda f, p: as_csv(f, p / "p.csv", "utf-8-sig"),
    "csv gb18030": lambda f, p: as_csv(f, p / "p.csv", "gb18030"),
    "csv windows": lambda f, p: as_csv(f, p / "p.csv", lineterminator="\r\n"),
    "csv semicolons": lambda f, p: as_csv(f, p / "p.csv", sep=";"),
    "tsv": lambda f, p: as_csv(f, p / "p.tsv", sep="\t"),
    "csv gz": lambda f, p: as_gz(f, p / "p.csv.gz"),
    "xlsx": lambda f, p: as_xlsx(f, p / "p.xlsx"),
    "parquet": lambda f, p: as_parquet(f, p / "p.parquet"),
    "parquet of many row groups": lambda f, p: as_parquet(f, p / "p.parquet", row_group_size=7),
    "parquet of floats of 32 bits of text": lambda f, p: as_parquet(f.assign(lon=f["lon"].map(repr)), p / "p.parquet"),
    "folder": lambda f, p: as_parts(f, p / "parts"),
    "glob": lambda f, p: str(as_parts(f, p / "parts") / "part-*.parquet"),
    "geoparquet": lambda f, p: as_geoparquet(f, p / "p.parquet"),
    "gpkg": lambda f, p: as_layer(f, p / "p.gpkg"),
    "geojson": lambda f, p: as_layer(f, p / "p.geojson"),
    "fgb": lambda f, p: as_layer(f, p / "p.fgb"),
    "shapefile": lambda f, p: as_layer(f, p / "p.shp"),
    "zip": lambda f, p: as_zip(f, p / "p.zip"),
    "database": lambda f, p: as_database(f, p / "p.sqlite"),
    "pandas": lambda f, p: f,
    "geopandas": lambda f, p: points_of(f),
    "geopandas in metres": lambda f, p: points_of(f.drop(index=[5, 40, 77])).to_crs(32650),
    "arrow": lambda f, p: pa.Table.from_pandas(f, preserve_index=False),
    "arrow in chunks": lambda f, p: pa.concat_tables([pa.Table.from_pandas(f.iloc[k : k + 100], preserve_index=False) for k in range(0, N, 100)]),
    "arrow stream": lambda f, p: pa.Table.from_pandas(f, preserve_index=False).to_reader(70),
    "duckdb": lambda f, p: duckdb.from_arrow(pa.Table.from_pandas(f, preserve_index=False)),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Normalized/laundered")
@pytest.mark.filterwarnings("ignore:Column names longer")
@pytest.mark.parametrize("kind", MAKERS)
def test_the_same_through_every_source(table, expected, wuhan, tmp_path, kind):
    points = MAKERS[kind](table, tmp_path)
    result = geo.coverage(points, wuhan, by="kind", weight="weight", ring_km=1, datum="auto" if "geo" in kind or kind in ("gpkg", "fgb", "shapefile", "zip") else "wgs84")  # fmt: skip
    own = result.table[(result.table["by"] != "") & (result.table["count"] > 0)]
    found = {
        (r["footprint"], r["by"]): (r["count"], r["sum"])
        for r in own.to_dict("records")
        if r["footprint"] != "campus-rings"
    }
    if kind == "csv windows":
        # A line break inside a cell is written so as well: the name is another then.
        found = {(f, b.replace("\r\n", "\n")): v for (f, b), v in found.items()}
    assert found == expected
    rejected = {"geopandas in metres": 1, "fgb": 3}.get(kind, 4)
    assert result.rejected == rejected
    assert result.rows == N - 4 + rejected
    if rejected == 4:
        reasons = {"0, 0 for missing": 1, "blank": 1, "swapped": 1, "out of range": 1}
        assert result.reasons == reasons
        if kind not in ("folder", "glob"):
            header = 2 if kind.startswith(("csv", "tsv", "xlsx")) else 1
            assert result.rejects["row"].tolist() == [k + header for k in (5, 17, 40, 77)]


@pytest.mark.parametrize("kind", ["csv", "parquet of many row groups", "arrow", "xlsx"])
@pytest.mark.parametrize("threads", [1, 3])
def test_threads_and_blocks_change_nothing(table, tmp_path, wuhan, kind, threads, monkeypatch):
    monkeypatch.setattr(text, "_BLOCK", 700)
    monkeypatch.setattr(workbook, "_ROWS", 37)
    points = MAKERS[kind](table, tmp_path)
    seen = []
    result = geo.coverage(
        points, wuhan, by="kind", weight="weight", datum="wgs84", threads=threads,
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    whole = geo.coverage(table, wuhan, by="kind", weight="weight", datum="wgs84")
    pd.testing.assert_frame_equal(result.table, whole.table)
    pd.testing.assert_frame_equal(result.totals, whole.totals)
    header = 2 if kind in ("csv", "xlsx") else 1
    assert result.rejects["row"].tolist() == [k + header for k in (5, 17, 40, 77)]
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1] or kind in ("xlsx", "csv")


def test_dirty_text_is_read_with_its_row_numbers(tmp_path):
    lines = [
        "编号,经度,纬度,类",
        "1,114.3,30.6,a",
        "",
        '2,"114.31",30.61,"b',
        'c"',
        "3, 114.32 , 30.62 ,a",
        "4,114.33",
        "5,114.34,30.64,a,extra",
        "6,114°,30.6°,a",
        "7,不详,30.6,a",
        ",,,",
        "8,114.3,30.6,a",
    ]
    for ending in ("\n", "\r\n"):
        path = tmp_path / "d.csv"
        path.write_bytes((ending.join(lines) + ending).encode("gb18030"))
        square = {"square": shapely.box(113, 30, 115, 31)}
        result = geo.coverage(path, square, by="类", datum="wgs84")
        counts = {r["by"]: r["count"] for r in result.records}
        assert counts["a"] == 5, ending
        assert counts[""] == 6
        # Numbered as a spreadsheet shows them, where the cell of two lines is one row.
        listed = dict(zip(result.rejects["row"], result.rejects["reason"], strict=True))
        assert listed == {6: "blank", 9: "not a number"}


def test_lines_of_old_macs_are_told(tmp_path):
    (tmp_path / "p.csv").write_bytes(b"lon,lat\r114.3,30.6\r")
    with pytest.raises(PointsError, match="old Macs"):
        open_source(tmp_path / "p.csv")


@pytest.mark.parametrize("points", ["lon;lat\n114,3;30,6\n", "lon,lat\n2024-01-01,2024-01-02\n"])
def test_what_is_no_number_is_listed_and_not_dropped(tmp_path, points):
    (tmp_path / "p.csv").write_text(points)
    result = geo.coverage(tmp_path / "p.csv", {"a": shapely.box(0, 0, 1, 1)}, datum="wgs84")
    assert result.reasons == {"not a number": 1}


def test_one_million_rows_in_every_kind_of_block(tmp_path):
    rng = np.random.default_rng(1)
    n = 320_000
    frame = pa.table({
        "name": pa.array([f"firm {k}" if k % 1000 else 'of "two"\nlines, and more' for k in range(n)]),
        "lon": rng.uniform(113, 116, n), "lat": rng.uniform(29, 32, n),
        "kind": pa.array(rng.choice(["a", "b"], n)),
    })  # fmt: skip
    pacsv.write_csv(frame, tmp_path / "p.csv")
    assert (tmp_path / "p.csv").stat().st_size > text._BLOCK
    square = {"square": shapely.box(114, 30, 115, 31)}
    from_text = geo.coverage(tmp_path / "p.csv", square, by="kind", datum="wgs84")
    plain = geo.coverage(frame, square, by="kind", datum="wgs84")
    assert from_text.records == plain.records
    assert from_text.rows == n


BAD = {
    "none.parquet": (None, "no such file"),
    "cut.parquet": ("cut", "not readable as Parquet .*copied whole"),
    "middle.parquet": ("middle", r"rows 1 to 2,000 are not readable.*damaged"),
    "zeros.csv": (b"\0" * 5_000_000, "binary, not text"),
    "noline.csv": (b"x" * 9_000_000, "no line break in the first 4 MB"),
    "open.csv": (b'lon,lat\n1,"2\n' + b"3,4\n" * 6_000_000, "a quotation mark left open"),
    "wide.csv": (",".join(f"c{k}" for k in range(100_000)).encode() + b"\n", "100,000 columns, above 10,000"),
    "mixed.csv": ("mixed", r"not UTF-8 in column 'kind'.*mixed encodings"),
    "utf16.csv": ("lon,lat\n1,2\n".encode("utf-16"), "UTF-16"),
    "cut.csv.gz": ("cutgz", "damaged"),
    "plain.csv.gz": (b"lon,lat\n1,2\n", "damaged"),
    "p.parquet.gz": (b"x", "only text is read packed"),
    "dates.parquet": ("dates", r"column 'lon' holds values of type timestamp\[.*\], not numbers"),
    "polygons.gpkg": ("polygons", "holds Polygon, not points"),
    "half.geojson": (b'{"type": "FeatureCollection", "features": [', "not readable as a layer"),
    "not.xlsx": (b"PK", "not a workbook"),
}  # fmt: skip


def make_bad(path, content, table):
    if content is None:
        return
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content in ("cut", "middle"):
        rng = np.random.default_rng(0)
        whole = pa.table({"lon": rng.random(2000), "lat": rng.random(2000)})
        pq.write_table(whole, path, compression="zstd")
        raw = bytearray(path.read_bytes())
        if content == "cut":
            raw = raw[: len(raw) // 2]
        else:
            raw[4:4000] = b"\xff" * 3996
        path.write_bytes(bytes(raw))
    elif content == "mixed":
        head = "lon,lat,kind\n" + "114.3,30.6,光电\n" * 60
        path.write_bytes(
            head.encode() + "114.3,30.6,机器人谷产业\n".encode("gb18030") + head.encode() * 9000
        )
    elif content == "cutgz":
        as_gz(table, path)
        path.write_bytes(path.read_bytes()[:-2000])
    elif content == "dates":
        pq.write_table(pa.table({"lon": pd.to_datetime(["2024-01-01"]), "lat": [30.6]}), path)
    elif content == "polygons":
        gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=4326).to_file(path)


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_told(tmp_path, table, name):
    content, message = BAD[name]
    make_bad(tmp_path / name, content, table)
    by = "kind" if "mixed" in name else None
    with pytest.raises(PointsError, match=message):
        geo.coverage(tmp_path / name, {"a": shapely.box(0, 0, 120, 40)}, datum="wgs84", by=by)


def test_bombs_are_bounded(tmp_path):
    """Ten gigabytes of zeros: in a zip refused by its own list of sizes, in gzip at the first block."""
    entry = zipfile.ZipInfo("p.shp")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(entry, b"0" * 1000)
    raw = (tmp_path / "bomb.zip").read_bytes()
    spot = raw.index(b"PK\x01\x02") + 24
    (tmp_path / "bomb.zip").write_bytes(
        raw[:spot] + (4_000_000_000).to_bytes(4, "little") + raw[spot + 4 :]
    )
    with pytest.raises(PointsError, match="unpacks to 4,000 MB"):
        geo.coverage(tmp_path / "bomb.zip", {"a": shapely.box(0, 0, 1, 1)}, datum="wgs84")
    packer = gzip.compress(b"\0" * 10_000_000)
    # Members follow one another in a gzip file: a thousand of them are ten gigabytes.
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(b"lon,lat\n1,2\n") + packer * 1000)
    with pytest.raises(PointsError, match=r"longer than 4 MB|binary"):
        geo.coverage(tmp_path / "bomb.csv.gz", {"a": shapely.box(0, 0, 1, 1)}, datum="wgs84")


def test_columns_that_are_wrong_are_told(table, tmp_path):
    square = {"a": shapely.box(0, 0, 120, 40)}
    csv = as_csv(table, tmp_path / "p.csv")
    cases = [
        ({"by": "sector"}, "no column 'sector'; there are lon, lat, kind, weight"),
        ({"weight": "kind"}, "column 'kind' is no number in .* rows, first"),
        ({"lon": "kind", "lat": "weight", "datum": "nad27"}, "valid|use one of"),
        ({"err_m": -1.0}, "positional error is -1"),
    ]
    for options, message in cases:
        with pytest.raises(CorridorError, match=message):
            geo.coverage(csv, square, **{"datum": "wgs84", **options})
    ids = table.assign(kind=[f"firm {k}" for k in range(N)])
    big = pd.concat([ids.assign(kind=ids["kind"] + f" {k}") for k in range(7)])
    with pytest.raises(PointsError, match="more than 5,000 different values"):
        geo.coverage(big, square, by="kind", datum="wgs84")
    with pytest.raises(PointsError, match="points of type list are not known"):
        geo.coverage([1, 2], square)


def test_points_of_every_datum_land_in_the_same_place(table, wuhan):
    good = table.drop(index=[5, 17, 40, 77])
    whole = geo.coverage(good, wuhan, by="kind", datum="wgs84")
    for datum in ("gcj02", "bd09"):
        lon, lat = from_wgs84(good["lon"], good["lat"], datum)
        moved = good.assign(lon=lon, lat=lat)
        assert geo.coverage(moved, wuhan, by="kind", datum=datum).records == whole.records
        named = moved.rename(columns={"lon": f"lng_{datum}", "lat": f"lat_{datum}"})
        found = geo.coverage(named, wuhan, by="kind")
        assert found.reading.datum == datum
        assert found.records == whole.records
        assert geo.coverage(moved, wuhan, by="kind", datum="wgs84").records != whole.records
    from pyproj import Transformer

    east, north = Transformer.from_crs(4326, 4526, always_xy=True).transform(
        good["lon"], good["lat"]
    )
    zoned = good.assign(lon=north, lat=east).rename(columns={"lon": "X坐标", "lat": "Y坐标"})
    found = geo.coverage(zoned, wuhan, by="kind")
    assert (found.reading.datum, found.reading.swapped) == ("epsg:4526", True)
    assert found.records == whole.records
    with pytest.raises(PointsError, match="may be in WGS84, GCJ-02 or BD-09"):
        geo.coverage(good, wuhan)


def test_footprints_of_every_kind(table, wuhan, tmp_path):
    shapes = wuhan.corridors[["id", "name_zh", "name_en", "err_m", "source", "geometry"]]
    frame = geo.coverage(table, shapes, datum="wgs84")
    shapes.to_file(tmp_path / "f.geojson")
    shapes.to_file(tmp_path / "f.gpkg")
    layout = geo.coverage(table, wuhan, datum="wgs84").table.set_index("footprint")
    for other in (
        frame,
        *(geo.coverage(table, tmp_path / n, datum="wgs84") for n in ("f.geojson", "f.gpkg")),
    ):
        own = other.table.set_index("footprint")
        for name in shapes["id"]:
            assert own.loc[name, "count"] == layout.loc[name, "count"]
            assert own.loc[name, "source"] == layout.loc[name, "source"]
            # Offsets are made about the shape here and about the layout there: the same to rounding.
            assert own.loc[name, "count_low"] == layout.loc[name, "count_low"]
            assert own.loc[name, "count_high"] == layout.loc[name, "count_high"]
    plain = geo.coverage(table, list(shapes.geometry), datum="wgs84", band=False).table
    assert plain["count"].tolist() == frame.table["count"].tolist()
    assert (plain["count_low"] == plain["count_high"]).all()
    bad = [
        ({"a": shapely.box(500_000, 3e6, 6e5, 4e6)}, "no longitude and latitude"),
        ({"a": shapely.Point(1, 2)}, "'a' is a Point"),
        ({"a": shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])}, "'a' is not a valid polygon"),
        ({"a": shapely.Polygon()}, "'a' is empty"),
        (shapes.set_crs(None, allow_override=True), "no reference system"),
        (tmp_path / "none.geojson", "no such file of footprints"),
        (7, "footprints of type int"),
    ]
    for footprints, message in bad:
        with pytest.raises(PointsError, match=message):
            geo.coverage(table, footprints, datum="wgs84")
    (tmp_path / "m.geojson").write_text(json.dumps({"type": "FeatureCollection", "crs": {"properties": {"name": "EPSG:3857"}}, "features": []}))  # fmt: skip
    with pytest.raises(PointsError, match="GeoJSON is WGS84"):
        geo.coverage(table, tmp_path / "m.geojson", datum="wgs84")


def test_errors_of_points_agree_with_signed_distances(table, wuhan):
    from geo.analysis.footprints import footprints_of
    from geo.measure import project_points, signed_distance

    good = table.drop(index=[5, 17, 40, 77])
    err = np.random.default_rng(4).choice([0.0, 30.0, 400.0, 3000.0], len(good))
    result = geo.coverage(good.assign(err_m=err), wuhan, datum="wgs84").table.set_index("footprint")
    points = shapely.points(project_points(good["lon"], good["lat"], wuhan.crs))
    for footprint in footprints_of(wuhan):
        central = shapely.intersects(footprint.shape, points)
        low = central & (signed_distance(points, footprint.inner) > err)
        high = central | (signed_distance(points, footprint.outer) >= -err)
        row = result.loc[footprint.id]
        assert (row["count_low"], row["count"], row["count_high"]) == (low.sum(), central.sum(), high.sum())  # fmt: skip


def test_the_source_says_what_it_declares(table, tmp_path):
    assert open_source(as_geoparquet(table, tmp_path / "g.parquet")).crs in (
        "EPSG:4326",
        "OGC:CRS84",
    )
    assert open_source(as_csv(table, tmp_path / "p.csv", "gb18030")).encoding == "gb18030"
    assert open_source(as_layer(table, tmp_path / "p.gpkg")).geometry
