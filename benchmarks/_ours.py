"""Our side of the coverage benchmark: each function is run in a process of its own.

python benchmarks/_ours.py coverage points.parquet corridors.geojson
"""

from __future__ import annotations

import time

from _child import Answer, Counts, main, nested
from _data import BANDS_KM

# Packages are imported in the functions: importing is part of what is measured.


def _counts(records: list[dict]) -> Counts:
    return nested((r["footprint"], r["by"], r["count"]) for r in records if r["by"] != "")


def coverage(points: str, footprints: str) -> Answer:
    """The whole process, from Parquet or CSV."""
    import geo

    result = geo.coverage(points, footprints, by="category", datum="wgs84", band=False)
    return {"counts": _counts(result.records)}


def memory(points: str, footprints: str) -> Answer:
    """Counting a table that is in memory, beside decoding that table; each after a first time.

    The first time loads what either needs, and brings the file into the system's cache.
    """
    import pyarrow.parquet as pq

    import geo

    for _ in range(2):
        start = time.perf_counter()
        # ParquetFile, as read_table looks for data sets and file systems as well.
        table = pq.ParquetFile(points).read(columns=["lon", "lat", "category"])
        decode = time.perf_counter() - start
    for _ in range(2):
        start = time.perf_counter()
        result = geo.coverage(table, footprints, by="category", datum="wgs84", band=False)
        seconds = time.perf_counter() - start
    return {"counts": _counts(result.records), "seconds": seconds, "decode": decode}


def curve(points: str, axis: str) -> Answer:
    """A coverage curve of points in memory, after a first time that loads what it needs."""
    import pyarrow.parquet as pq

    import geo

    table = pq.ParquetFile(points).read(columns=["lon", "lat"])
    for _ in range(2):
        start = time.perf_counter()
        result = geo.coverage_curve(table, axis, distances_km=list(BANDS_KM), datum="wgs84")
        seconds = time.perf_counter() - start
    rows = [("axis", f"{r['distance_km']:g}", r["count"]) for r in result.records]
    return {"counts": nested(rows), "seconds": seconds}


def gcj(points: str, sample: str) -> Answer:
    """GCJ-02 to WGS84; the first of the results are kept for the peers to check."""
    import numpy as np
    import pyarrow.parquet as pq

    import geo

    table = pq.ParquetFile(points).read(columns=["lon", "lat"])
    lon, lat = table["lon"].to_numpy(), table["lat"].to_numpy()
    geo.to_wgs84(lon[:1000], lat[:1000], "gcj02")
    start = time.perf_counter()
    x, y = geo.to_wgs84(lon, lat, "gcj02")
    seconds = time.perf_counter() - start
    n = min(len(lon), 100_000)
    np.save(sample, np.column_stack([lon[:n], lat[:n], x[:n], y[:n]]))
    return {"seconds": seconds, "rows": len(lon)}


def versions() -> Answer:
    """What our side ran on."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in ("numpy", "pyarrow", "shapely", "pyproj", "numba"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return {"versions": found}


if __name__ == "__main__":
    main({f.__name__: f for f in (coverage, memory, curve, gcj, versions)})
