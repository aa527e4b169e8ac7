"""The peers of the coverage benchmark, each as one who knows it well would write it.

    python benchmarks/_peers.py sedonadb points.parquet corridors.geojson

Each function is run in a process of its own and returns the counts by footprint and category. Where
a package has several ways, the fastest of those tried is here; what was tried is said.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from _child import Answer, main, nested
from _data import BANDS_KM

# Packages are imported in the functions: importing is part of what is measured.

COLUMNS = ["lon", "lat", "category"]
MANY = 20
"""From so many footprints on, sorting a chunk by longitude beats looking through it for each."""
CHUNK = 1 << 18


def _footprints(path: str) -> tuple[list[str], Any]:
    """Ids and shapes: 0.05 s for five, where pyogrio takes 0.2 s to be imported."""
    import shapely

    text = Path(path).read_text(encoding="utf-8")
    ids = [feature["properties"]["id"] for feature in json.loads(text)["features"]]
    return ids, shapely.get_parts(shapely.from_geojson(text))


# --- sedonadb ------------------------------------------------------------------------------------


def sedonadb(points: str, footprints: str) -> Answer:
    """A spatial join in SQL.

    Its own choice of library (tg) and index (ystripes) is the fastest: geos takes 1.4 times as
    long, geo 10 times; a filter by the bounds first, ST_Contains and ST_Within change nothing.
    """
    import sedonadb

    context = sedonadb.connect()
    _register(context, footprints)
    context.read_parquet(points).to_view("p")
    table = _collect(
        context,
        """
        SELECT f.id, p.category, count(*) AS n
        FROM p JOIN f ON ST_Intersects(f.g, ST_Point(p.lon, p.lat))
        GROUP BY f.id, p.category
        """,
    )
    return {"counts": nested(zip(*table.to_pydict().values(), strict=True))}


def _register(context: Any, footprints: str) -> None:
    import pyarrow as pa
    import shapely

    ids, shapes = _footprints(footprints)
    wkb = pa.table({"id": ids, "wkb": shapely.to_wkb(shapes)})
    context.create_data_frame(wkb).to_view("w")
    # A table in memory, not a view: else the shapes are parsed again for every partition.
    context.sql("SELECT id, ST_GeomFromWKB(wkb) AS g FROM w").to_memtable().to_view("f")


def _collect(context: Any, query: str) -> Any:
    """The result without sedonadb's own to_arrow_table, which needs geoarrow installed."""
    import pyarrow as pa

    return pa.RecordBatchReader.from_stream(context.sql(query)).read_all()


# --- shapely -------------------------------------------------------------------------------------


def shapely_one(points: str, footprints: str) -> Answer:
    return _shapely(points, footprints, workers=1)


def shapely_threads(points: str, footprints: str) -> Answer:
    """One thread a core: shapely and pyarrow let go of the interpreter's lock."""
    return _shapely(points, footprints, workers=os.cpu_count() or 1)


def _shapely(points: str, footprints: str, workers: int) -> Answer:
    import threading
    from concurrent.futures import ThreadPoolExecutor

    import pyarrow.parquet as pq

    ids, shapes = _footprints(footprints)
    count = _counter(shapes)
    local = threading.local()

    def read(group: int) -> Any:
        # One file handle a thread: a ParquetFile is not meant to be read by several at once.
        if not hasattr(local, "file"):
            local.file = pq.ParquetFile(points, pre_buffer=False)
        return local.file.read_row_group(group, columns=COLUMNS, use_threads=workers == 1)

    groups = range(pq.ParquetFile(points).num_row_groups)
    with ThreadPoolExecutor(workers) as pool:
        if workers == 1 or len(groups) < workers:
            # One row group is decoded at a time and cut up for the threads.
            parts = (part for group in groups for part in pool.map(count, _cut(read(group))))
        else:
            parts = pool.map(lambda g: _merge(map(count, _cut(read(g)))), groups)
        counts = _merge(parts)
    return {"counts": nested((ids[k], name, n) for (k, name), n in counts.items())}


def _cut(table: Any) -> Iterator[tuple[Any, Any, Any, list[str]]]:
    """Longitudes, latitudes, codes and their names, by chunk."""
    import numpy as np

    for batch in table.combine_chunks().to_batches(max_chunksize=CHUNK):
        lon, lat, category = batch.columns
        # By DLPack, as pyarrow's to_numpy imports pandas (0.2 s).
        names = category.dictionary.to_pylist()
        yield np.from_dlpack(lon), np.from_dlpack(lat), np.from_dlpack(category.indices), names


def _prepared(shapes: Any) -> Any:
    """Prepared copies, for one thread.

    Threads that share a prepared shape corrupt the memory (GEOS 3.14.1, even where the shape was
    asked once before they began): one process in a hundred ends with "unaligned tcache chunk".
    """
    import shapely

    copies = shapely.from_wkb(shapely.to_wkb(shapes))
    shapely.prepare(copies)
    return copies


def _counter(shapes: Any) -> Callable[[tuple[Any, Any, Any, list[str]]], dict[Any, int]]:
    """A function that counts a chunk: by the bounds first, then exactly with prepared shapes."""
    import threading

    import numpy as np
    import shapely

    bounds = shapely.bounds(shapes)
    local = threading.local()

    def count(chunk: tuple[Any, Any, Any, list[str]]) -> dict[Any, int]:
        if not hasattr(local, "shapes"):
            local.shapes = _prepared(shapes)
        lon, lat, codes, names = chunk
        many = len(shapes) >= MANY
        if many:
            order = np.argsort(lon)
            lon, lat, codes = lon[order], lat[order], codes[order]
            first = np.searchsorted(lon, bounds[:, 0])
            last = np.searchsorted(lon, bounds[:, 2], side="right")
        counts = {}
        for k, (west, south, east, north) in enumerate(bounds):
            if many:
                x, y, c = (a[first[k] : last[k]] for a in (lon, lat, codes))
                near = np.flatnonzero((y >= south) & (y <= north))
            else:
                x, y, c = lon, lat, codes
                near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
            near = near[shapely.contains_xy(local.shapes[k], x[near], y[near])]
            numbers = np.bincount(c[near], minlength=len(names)).tolist()
            counts.update({(k, name): n for name, n in zip(names, numbers, strict=True) if n})
        return counts

    return count


def _merge(parts: Any) -> dict[Any, int]:
    counts: dict[Any, int] = {}
    for part in parts:
        for key, number in part.items():
            counts[key] = counts.get(key, 0) + number
    return counts


# --- geopandas and polars-st ---------------------------------------------------------------------


def geopandas_sjoin(points: str, footprints: str) -> Answer:
    """``within``, for which geopandas asks prepared polygons: 7 times faster than ``intersects``."""
    import geopandas as gpd
    import pandas as pd

    shapes = gpd.read_file(footprints, columns=["id"])
    rows = pd.read_parquet(points, columns=COLUMNS)
    places = gpd.points_from_xy(rows["lon"], rows["lat"], crs=shapes.crs)
    frame = gpd.GeoDataFrame(rows[["category"]], geometry=places)
    joined = gpd.sjoin(frame, shapes, predicate="within")
    sizes = joined.groupby(["id", "category"], observed=True).size()
    return {"counts": nested((*key, n) for key, n in sizes.items())}


def polars_st(points: str, footprints: str) -> Answer:
    import polars as pl
    import polars_st as st
    import shapely

    ids, shapes = _footprints(footprints)
    polygons = pl.DataFrame({"id": ids, "geometry": shapely.to_wkb(shapes).tolist()})
    rows = pl.read_parquet(points, columns=COLUMNS)
    frame = rows.select("category", geometry=st.point(pl.concat_arr("lon", "lat")))
    joined = frame.st.sjoin(polygons, predicate="within")
    sizes = joined.group_by("id", "category").len()
    return {"counts": nested(sizes.iter_rows())}


# --- DuckDB --------------------------------------------------------------------------------------


def _duckdb() -> Any:
    """A connection with the spatial extension, from the package that brings it as a file."""
    from importlib.resources import files

    import duckdb

    connection = duckdb.connect()
    folder = files("duckdb_extension_spatial") / "extensions" / f"v{duckdb.__version__}"
    connection.execute(f"LOAD '{folder / 'spatial.duckdb_extension'}'")
    connection.execute(f"SET threads = {os.cpu_count() or 1}")
    return connection


def duckdb_join(points: str, footprints: str) -> Answer:
    """The spatial join that its manual shows; it prepares no polygon."""
    connection = _duckdb()
    connection.execute(f"CREATE TEMP TABLE f AS SELECT id, geom AS g FROM st_read('{footprints}')")
    rows = connection.execute(
        f"""
        SELECT f.id, p.category, count(*)
        FROM '{points}' p JOIN f ON st_contains(f.g, st_point(p.lon, p.lat)) GROUP BY ALL
        """
    ).fetchall()
    return {"counts": nested(rows)}


def duckdb_constants(points: str, footprints: str) -> Answer:
    """Each polygon as a constant, which DuckDB prepares: 25 times faster than the join.

    One scan a polygon, as the scans are pushed down and run side by side: one scan with all of
    the conditions takes 1.8 times as long.
    """
    connection = _duckdb()
    query = " UNION ALL ".join(
        f"SELECT '{name}', category, count(*) FROM '{points}' "
        f"WHERE {box} AND {inside} GROUP BY category"
        for name, box, inside in _conditions(connection, footprints)
    )
    return {"counts": nested(connection.execute(query).fetchall())}


def duckdb_csv(points: str, footprints: str) -> Answer:
    """One scan, as here it is the parsing that takes the time."""
    connection = _duckdb()
    conditions = _conditions(connection, footprints)
    sums = ", ".join(
        # CASE, as a conjunction would ask for the polygon whether in the box or not.
        f"count_if(CASE WHEN {box} THEN {inside} ELSE false END)"
        for _, box, inside in conditions
    )
    rows = connection.execute(
        f"SELECT category, {sums} FROM {_read_csv(points)} GROUP BY category"
    ).fetchall()
    return {
        "counts": nested(
            (name, category, n)
            for category, *numbers in rows
            for (name, _, _), n in zip(conditions, numbers, strict=True)
        )
    }


def _conditions(connection: Any, footprints: str) -> list[tuple[str, str, str]]:
    """Id, condition of the box, and condition of the polygon, for each footprint."""
    rows = connection.execute(
        "SELECT id, st_ashexwkb(geom), st_xmin(geom), st_xmax(geom), st_ymin(geom), st_ymax(geom) "
        f"FROM st_read('{footprints}')"
    ).fetchall()
    conditions = []
    for k, (name, wkb, west, east, south, north) in enumerate(rows):
        connection.execute(f"SET VARIABLE g{k} = st_geomfromhexwkb('{wkb}')")
        box = f"lon BETWEEN {west!r} AND {east!r} AND lat BETWEEN {south!r} AND {north!r}"
        conditions.append((name, box, f"st_contains(getvariable('g{k}'), st_point(lon, lat))"))
    return conditions


def _read_csv(points: str) -> str:
    """Without detection: 10 to 40 % faster."""
    types = "{'id': 'BIGINT', 'lon': 'DOUBLE', 'lat': 'DOUBLE', 'category': 'VARCHAR'}"
    return (
        f"read_csv('{points}', auto_detect = false, header = true, delim = ',', quote = '\"', "
        f"columns = {types})"
    )


# --- CSV -----------------------------------------------------------------------------------------


def polars_csv(points: str, footprints: str) -> Answer:
    """polars parses, shapely counts in threads."""
    from concurrent.futures import ThreadPoolExecutor

    import polars as pl

    ids, shapes = _footprints(footprints)
    count = _counter(shapes)
    rows = pl.read_csv(points, columns=COLUMNS, schema_overrides={"category": pl.Categorical})
    rows = rows.with_columns(code=pl.col("category").to_physical())
    found = dict(rows.select("code", "category").unique().iter_rows())
    names = [found.get(code, "") for code in range(max(found) + 1)]
    codes = rows["code"].to_numpy()
    lon, lat = rows["lon"].to_numpy(), rows["lat"].to_numpy()
    starts = range(0, len(rows), CHUNK)
    cuts = [slice(start, start + CHUNK) for start in starts]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        counts = _merge(pool.map(lambda s: count((lon[s], lat[s], codes[s], names)), cuts))
    return {"counts": nested((ids[k], name, n) for (k, name), n in counts.items())}


def parse_duckdb(points: str) -> Answer:
    import duckdb

    query = f"SELECT count(*), sum(lon), sum(lat), max(category) FROM {_read_csv(points)}"
    return {"rows": duckdb.connect().execute(query).fetchall()[0][0]}


def parse_polars(points: str) -> Answer:
    """Streamed: nothing is kept, which is a little faster than ``read_csv``."""
    import polars as pl

    columns = [pl.len(), pl.col("lon").sum(), pl.col("lat").sum(), pl.col("category").max()]
    return {"rows": pl.scan_csv(points).select(columns).collect(engine="streaming").item(0, 0)}


def parse_pyarrow(points: str) -> Answer:
    """Typed and with a dictionary of the categories: 2.5 times faster than by inference."""
    import pyarrow as pa
    import pyarrow.csv

    types = {
        "lon": pa.float64(),
        "lat": pa.float64(),
        "category": pa.dictionary(pa.int32(), pa.utf8()),
    }
    options = pa.csv.ConvertOptions(include_columns=COLUMNS, column_types=types)
    return {"rows": len(pa.csv.read_csv(points, convert_options=options))}


# --- coverage curve: points in memory and projected before the clock starts ----------------------


def _planar(points: str, axis: str) -> tuple[Any, Any, Any]:
    """Planar coordinates of the points, and the axis."""
    import numpy as np
    import pyarrow.parquet as pq
    import shapely
    from pyproj import Transformer

    stored = json.loads(Path(axis).read_text(encoding="utf-8"))
    to_planar = Transformer.from_crs(4326, stored["planar"], always_xy=True).transform
    table = pq.ParquetFile(points).read(columns=["lon", "lat"]).combine_chunks()
    lon, lat = (np.from_dlpack(table[name].chunk(0)) for name in ("lon", "lat"))
    line = shapely.from_geojson(json.dumps(stored["features"][0]["geometry"]))
    line = shapely.transform(line, lambda xy: np.column_stack(to_planar(*xy.T)))
    return *to_planar(lon, lat), line


def curve_shapely(points: str, axis: str) -> Answer:
    """One question a band, as most would write it."""
    import shapely

    x, y, line = _planar(points, axis)
    places = shapely.points(x, y)
    start = time.perf_counter()
    shapely.prepare(line)
    counts = [int(shapely.dwithin(line, places, km * 1000).sum()) for km in BANDS_KM]
    return _curve(counts, start)


def curve_shapely_tuned(points: str, axis: str) -> Answer:
    """By the bounds first, then from the widest band inwards, with a thread a core."""
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np
    import shapely

    x, y, line = _planar(points, axis)
    places = shapely.points(x, y)
    start = time.perf_counter()
    widest = max(BANDS_KM) * 1000
    west, south, east, north = line.bounds
    near = (x >= west - widest) & (x <= east + widest)
    near &= (y >= south - widest) & (y <= north + widest)

    def count(part: Any) -> list[int]:
        own, numbers = _prepared(line), []
        for km in sorted(BANDS_KM, reverse=True):
            part = part[shapely.dwithin(own, part, km * 1000)]
            numbers.append(len(part))
        return numbers[::-1]

    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        parts = pool.map(count, np.array_split(places[near], 8 * workers))
        counts = np.sum(list(parts), axis=0).tolist()
    return _curve(counts, start)


def curve_sedonadb(points: str, axis: str) -> Answer:
    """Joined within the widest band, and the distance of what is left.

    A join by ST_DWithin for each band takes 1.2 times as long, ST_Distance of all 4 times.
    """
    import pyarrow as pa
    import sedonadb
    import shapely

    x, y, line = _planar(points, axis)
    context = sedonadb.connect()
    context.create_data_frame(pa.table({"x": x, "y": y})).to_view("xy")
    context.sql("SELECT ST_Point(x, y) AS g FROM xy").to_memtable().to_view("p")
    context.create_data_frame(pa.table({"wkb": [shapely.to_wkb(line)]})).to_view("w")
    context.sql("SELECT ST_GeomFromWKB(wkb) AS g FROM w").to_memtable().to_view("a")
    sums = ", ".join(
        f"count(*) FILTER (WHERE d <= {km * 1000}) AS n{k}" for k, km in enumerate(BANDS_KM)
    )
    start = time.perf_counter()
    table = _collect(
        context,
        f"""
        SELECT {sums} FROM (
            SELECT ST_Distance(p.g, a.g) AS d
            FROM p JOIN a ON ST_DWithin(p.g, a.g, {max(BANDS_KM) * 1000})
        )
        """,
    )
    return _curve([column[0].as_py() for column in table.columns], start)


def _curve(counts: list[int], start: float) -> Answer:
    seconds = time.perf_counter() - start
    rows = (("axis", f"{km:g}", n) for km, n in zip(BANDS_KM, counts, strict=True))
    return {"counts": nested(rows), "seconds": seconds}


# --- GCJ-02 --------------------------------------------------------------------------------------


def gcj_coord_convert(sample: str) -> Answer:
    from coord_convert.transform import gcj2wgs, wgs2gcj

    return _gcj(sample, gcj2wgs, wgs2gcj)


def gcj_prcoords(sample: str) -> Answer:
    """``bored``, its exact way back: the rough one is off by metres."""
    from prcoords import gcj_wgs_bored, wgs_gcj

    def back(lon: float, lat: float) -> tuple[float, float]:
        found = gcj_wgs_bored((lat, lon))
        return found.lon, found.lat

    def forth(lon: float, lat: float) -> tuple[float, float]:
        found = wgs_gcj((lat, lon), check_china=False)
        return found.lon, found.lat

    return _gcj(sample, back, forth)


def _gcj(
    sample: str,
    back: Callable[[float, float], tuple[float, float]],
    forth: Callable[[float, float], tuple[float, float]],
) -> Answer:
    """The time of a peer, and how far ours are from where its forward formula leads to the input."""
    import math

    import numpy as np

    rows = np.load(sample).tolist()
    pairs = [(lon, lat) for lon, lat, _, _ in rows]
    start = time.perf_counter()
    for lon, lat in pairs:
        back(lon, lat)
    seconds = time.perf_counter() - start
    worst = 0.0
    for lon, lat, ours_lon, ours_lat in rows[:10_000]:
        x, y = lon, lat
        for _ in range(12):
            east, north = forth(x, y)
            x, y = x - (east - lon), y - (north - lat)
        away = math.hypot((x - ours_lon) * math.cos(math.radians(y)), y - ours_lat)
        worst = max(worst, math.radians(away) * 6_371_000_000)
    return {"seconds": seconds, "rows": len(pairs), "error_mm": worst}


# --- networks ------------------------------------------------------------------------------------


def matrix_igraph(graph: str) -> Answer:
    """The matrix by igraph's own ``distances``; it searches from the side with fewer places."""
    import igraph
    import numpy as np

    found = np.load(graph)
    edges = np.column_stack([found["a"], found["b"]])
    start = time.perf_counter()
    network = igraph.Graph(n=int(found["n"]), edges=edges, directed=True)
    # A place that is asked for twice is searched from once.
    here, back = np.unique(found["here"], return_inverse=True)
    there, forth = np.unique(found["there"], return_inverse=True)
    minutes = network.distances(there.tolist(), here.tolist(), weights=found["minutes"].tolist(), mode="in")  # fmt: skip
    table = np.array(minutes)[np.ix_(forth, back)].T
    seconds = time.perf_counter() - start
    np.save(f"{graph}.npy", table)
    return {"seconds": seconds, "version": igraph.__version__}


if __name__ == "__main__":
    functions = (
        sedonadb, shapely_one, shapely_threads, geopandas_sjoin, polars_st, duckdb_join,
        duckdb_constants, duckdb_csv, polars_csv, parse_duckdb, parse_polars, parse_pyarrow,
        curve_shapely, curve_shapely_tuned, curve_sedonadb, gcj_coord_convert, gcj_prcoords,
        matrix_igraph,
    )  # fmt: skip
    main({function.__name__: function for function in functions})
