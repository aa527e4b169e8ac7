"""The front of network building: any source in, a network out, built once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo.engine.run import Progress
from geo.io.areas import frame_of
from geo.io.reading import AUTO
from geo.io.uploads import Limits, Stored, Upload, shown_name, stored
from geo.network import osm, store
from geo.network.build import JOINTS, Joint, network_of
from geo.network.graph import MODES, Network
from geo.network.graphml import graph_lines, is_graph, read_graphml
from geo.network.layers import datum_of, layer_lines
from geo.network.lines import Lines
from geo.network.problems import NetworkError
from geo.network.speeds import Speeds

__all__ = ["read_network"]

_LIMITS = Limits(size=1_000_000_000, rows=5_000_000, seconds=900.0)
_BESIDE = (".dbf", ".shx", ".prj", ".cpg")
_RULES = {"rail": "timetable", "metro": "timetable", "drive": "free-flow"}


@dataclass(frozen=True)
class _Asked:
    """What a network is asked to be; all of it is part of its name in the cache."""

    mode: str
    speeds: float | dict[str, float] | None
    speed_column: str | None
    oneway_column: str | None
    class_column: str | None
    layer: str | None
    datum: str
    bounds: osm.Box | None
    node: Joint
    attribution: str | None


def read_network(
    source: Any,
    *,
    mode: str = "drive",
    speeds: Speeds = None,
    speed_column: str | None = None,
    oneway_column: str | None = None,
    class_column: str | None = None,
    layer: str | None = None,
    datum: str = AUTO,
    bounds: osm.Box | None = None,
    node: Joint = "vertices",
    attribution: str | None = None,
    cache: bool = True,
    progress: Progress | None = None,
) -> Network:
    """Return the network of roads, paths or tracks in a source.

    Parameters
    ----------
    source
        ``.osm.pbf`` (with the extra ``[osm]``); ``.graphml`` as ``osmnx.save_graphml`` writes it; a
        layer of lines (GeoPackage, Shapefile or a zip of one, GeoJSON, KML, GeoParquet, FlatGeobuf);
        an :class:`~geo.io.uploads.Upload`; a GeoDataFrame of lines, or the edges of
        ``osmnx.graph_to_gdfs``.
    mode
        ``drive``, ``walk``, ``rail``, ``metro``, or ``user`` for lines of one's own at a speed of
        one's own. Rail and metro follow the tracks and know no timetable.
    speeds
        km/h: one for all, or by class (``{"primary": 45}``), before limits and the table of
        :data:`geo.network.speeds.DRIVE_KMH`.
    speed_column, oneway_column, class_column
        Of a layer. Speeds in km/h, above 0; where blank, by ``speeds`` and class. Directions as
        OpenStreetMap or Geofabrik write them. Direction and class are also found by usual names.
    layer
        Of a file with several; by default the first.
    datum
        ``auto``: what the source declares; or ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``, an EPSG
        code. OpenStreetMap's extracts are WGS84.
    bounds
        West, south, east, north, WGS84 degrees: only lines that reach inside, whole.
    node
        Where lines of a layer are joined: ``vertices`` that they share exactly or to 0.1 m; only
        their ``ends``; or also their ``crossings``, for layers without shared vertices (a bridge
        then joins the road below it).
    attribution
        Whom to name; by default OpenStreetMap for its extracts and graphs, else the file.
    cache
        Whether a network of a file is kept in the user's cache folder, to be read at once the next
        time. Frames are built each time.
    progress
        Called with what is done and what there is; what it raises ends the work.

    Returns
    -------
    Network
        WGS84. Lengths are geodesic (Karney, 2013). Turns cost nothing and none is forbidden.

    Raises
    ------
    NetworkError
        If no network can be built: the message says why, where, and how to mend it.
    MissingDependencyError
        If an extract is read without pyrosm.

    Examples
    --------
    >>> roads = geo.read_network("roads.osm.pbf", bounds=(113.7, 29.9, 115.1, 31.4))  # doctest: +SKIP
    """
    asked = _Asked(
        mode, dict(speeds) if isinstance(speeds, Mapping) else speeds, speed_column, oneway_column, class_column,
        layer, datum, _box(bounds), node, attribution,
    )  # fmt: skip
    if mode not in MODES:
        raise NetworkError("mode", mode=str(mode)[:40], modes=", ".join(MODES))
    if node not in JOINTS:
        raise NetworkError("node", node=str(node)[:40], nodes=", ".join(JOINTS))
    if isinstance(source, gpd.GeoDataFrame):
        return _of_frame(source, "GeoDataFrame", asked, progress)
    if isinstance(source, Upload):
        with _on_disk(source) as path:
            return _of_file(path, shown_name(source.name), asked, cache, progress)
    if not isinstance(source, (str, Path)):
        raise NetworkError("kind", kind=type(source).__name__)
    path = Path(source)
    if not path.is_file():
        raise NetworkError("missing", name=path.name)
    return _of_file(path, path.name, asked, cache, progress)


def _box(bounds: Any) -> osm.Box | None:
    if bounds is None:
        return None
    try:
        west, south, east, north = (float(v) for v in bounds)
    except (TypeError, ValueError) as error:
        raise NetworkError("bounds", bounds=str(bounds)[:80]) from error
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise NetworkError("bounds", bounds=str(bounds)[:80])
    return west, south, east, north


@contextmanager
def _on_disk(upload: Upload) -> Iterator[Path]:
    """Keep an upload in a private folder under a name of our own, with the suffix that it came with."""
    name = upload.name.lower()
    suffix = ".osm.pbf" if name.endswith(".pbf") else Path(shown_name(name)).suffix[:12]
    place = Path(tempfile.mkdtemp(prefix="corridor-network-"))
    try:
        path = place / f"upload{suffix}"
        path.write_bytes(upload.content)
        yield path
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _of_file(
    path: Path, name: str, asked: _Asked, cache: bool, progress: Progress | None
) -> Network:
    if not path.stat().st_size:
        raise NetworkError("void", name=name)
    beside = [path.with_suffix(s) for s in _BESIDE] if path.suffix.lower() == ".shp" else []
    digest = ""
    if cache:
        files = [path, *(p for p in beside if p.exists())]
        digest = store.digest_of(files, name=name, kind=path.suffix.lower(), **vars(asked))
        found = store.kept(digest)
        if found is not None:
            return found
    network = _built(path, name, asked, progress)
    if cache:
        store.keep(digest, network)
    return network


def _built(path: Path, name: str, asked: _Asked, progress: Progress | None) -> Network:
    form = path.name.lower()
    if form.endswith(".pbf"):
        lines = osm.ways_of(path, mode=asked.mode, speeds=asked.speeds, bounds=asked.bounds)
        return _joined(lines, name, asked, osm.ATTRIBUTION, progress)
    if form.endswith((".graphml", ".xml")):
        return _of_frame(read_graphml(path), name, asked, progress, osm.ATTRIBUTION)
    if form.endswith(".shp"):
        files = Stored(name, "shp", path, (), {}, _LIMITS)
        return _of_frame(frame_of(files, "", _LIMITS.rows + 1), name, asked, progress)
    with stored(Upload(name, path.read_bytes()), _LIMITS) as files:
        if asked.layer and asked.layer not in files.layers and len(files.layers) > 1:
            raise NetworkError("layer", name=name, layer=asked.layer, layers=", ".join(files.layers))  # fmt: skip
        frame = frame_of(files, asked.layer or "", _LIMITS.rows + 1)
    return _of_frame(frame, name, asked, progress)


def _of_frame(
    frame: gpd.GeoDataFrame,
    name: str,
    asked: _Asked,
    progress: Progress | None,
    attribution: str = "",
) -> Network:
    if not len(frame):
        raise NetworkError("void", name=name)
    if len(frame) > _LIMITS.rows:
        raise NetworkError("rows", name=name, most=_LIMITS.rows)
    datum = datum_of(frame, asked.datum, name)
    common: dict[str, Any] = {"mode": asked.mode, "name": name, "speeds": asked.speeds}
    if is_graph(frame):
        lines = graph_lines(frame, datum, **common)
        attribution = attribution or osm.ATTRIBUTION
    else:
        lines = layer_lines(
            frame, datum, **common, class_column=asked.class_column,
            speed_column=asked.speed_column, oneway_column=asked.oneway_column,
        )  # fmt: skip
    if datum in ("gcj02", "bd09"):
        lines = replace(lines, counts=lines.counts | {"datum": datum})
    return _joined(_within(lines, asked.bounds, name), name, asked, attribution or name, progress)


def _within(lines: Lines, bounds: osm.Box | None, name: str) -> Lines:
    """Return the lines that reach into a box."""
    if bounds is None:
        return lines
    shapes = shapely.linestrings(lines.xy, indices=lines.line)
    inside = shapely.intersects(shapes, shapely.box(*bounds))
    if not inside.any():
        raise NetworkError("outside", name=name)
    rest = lines.take(inside)
    return replace(rest, counts=rest.counts | {"outside": int(np.sum(~inside))})


def _joined(
    lines: Lines, name: str, asked: _Asked, attribution: str, progress: Progress | None
) -> Network:
    rule = _RULES.get(asked.mode)
    notes = ("turns=0", *((f"{rule}=0",) if rule else ()))
    return network_of(
        lines, name=name, mode=asked.mode, source=asked.attribution or attribution, node=asked.node,
        notes=notes, progress=progress,
    )  # fmt: skip
