"""Ways of an OpenStreetMap extract (``.osm.pbf``), through pyrosm."""

from __future__ import annotations

import warnings
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import MissingDependencyError
from geo.network.lines import Lines, codes_of, lines_of
from geo.network.problems import NetworkError
from geo.network.speeds import Speeds, kmh_of, limits_kmh
from geo.network.ways import TAGS, directed, passable

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["ATTRIBUTION", "MOST_BYTES", "Box", "ways_of"]

ATTRIBUTION = "OpenStreetMap contributors (ODbL)"
MOST_BYTES = 500_000_000
"""A larger extract is refused: it is read in memory, at some ten times its size."""
_WANTED = {
    "drive": ['["highway"]', '["route"="ferry"]'],
    "walk": ['["highway"]', '["route"="ferry"]'],
    "rail": ['["railway"="rail"]'],
    "metro": ['["railway"="subway"]', '["railway"="light_rail"]'],
}
Box = tuple[float, float, float, float]


def _pyrosm() -> Any:
    try:
        return import_module("pyrosm")
    except ImportError as error:
        raise MissingDependencyError(
            "reading .osm.pbf needs pyrosm: pip install innovation-corridors[osm]"
        ) from error


def ways_of(path: Path, *, mode: str, speeds: Speeds = None, bounds: Box | None = None) -> Lines:
    """Return the ways of an extract that a mode may use.

    Parameters
    ----------
    path
        ``.osm.pbf``.
    mode
        ``drive``, ``walk``, ``rail`` or ``metro``.
    speeds
        As for :func:`geo.network.speeds.kmh_of`.
    bounds
        West, south, east, north: ways with a node inside are read, whole.

    Raises
    ------
    MissingDependencyError
        Without pyrosm.
    NetworkError
        If it is too large, cannot be read, or holds no way of that mode.
    """
    name = path.name
    pyrosm = _pyrosm()
    if path.stat().st_size > MOST_BYTES:
        raise NetworkError("size", name=name, mb=path.stat().st_size / 1e6, most=MOST_BYTES / 1e6)
    if mode not in _WANTED:
        raise NetworkError("mode-osm", mode=mode, modes=", ".join(_WANTED))
    frame = _read(pyrosm, path, mode, bounds)
    if frame is None or not len(frame):
        raise NetworkError("empty-mode", name=name, mode=mode)
    use, counts = passable(frame, mode)
    if not use.any():
        raise NetworkError("empty-mode", name=name, mode=mode)
    frame = frame[use]
    xy, first, row, _ = lines_of(frame.geometry.to_numpy(), name)
    tags = frame.iloc[row]
    kind = _kinds(tags, mode)
    limits, unread = limits_kmh(tags["maxspeed"].to_numpy()) if "maxspeed" in tags else (None, 0)
    kmh, said = kmh_of(kind, mode, speeds, limits=limits, name=name)
    ids = _node_ids(xy, first, tags["nodes"].to_numpy())
    notes: dict[str, int | float | str] = {**counts, "limit-unread": unread if mode == "drive" else 0, **said}  # fmt: skip
    return Lines(xy, first, kind, kmh, directed(tags, mode), ids, notes)


def _read(pyrosm: Any, path: Path, mode: str, bounds: Box | None) -> gpd.GeoDataFrame | None:
    try:
        with warnings.catch_warnings():
            # An extract without ways of a kind is said in our words, deprecations concern pyrosm.
            warnings.simplefilter("ignore")
            extract = pyrosm.OSM(
                str(path), bounding_box=None if bounds is None else list(bounds), keep_metadata=False,
                keep_node_info=True, progress=False, engine="in_memory",
            )  # fmt: skip
            return extract.get_network(
                custom_filter=_WANTED[mode], filter_type="keep", tags_to_keep=list(TAGS)
            )
    except MemoryError:
        raise
    except Exception as error:
        # A damaged extract fails in many ways inside the reader.
        what = f"{type(error).__name__}: {error}"[:200]
        raise NetworkError("damaged", name=path.name, what=what) from error


def _kinds(tags: pd.DataFrame, mode: str) -> NDArray[np.object_]:
    if mode not in ("rail", "metro"):
        return tags["highway"].to_numpy(object)
    kind = tags["railway"].to_numpy(object).copy()
    if mode == "rail" and "highspeed" in tags:
        kind[(tags["highspeed"] == "yes").to_numpy(bool)] = "highspeed"
    return kind


def _node_ids(
    xy: NDArray[np.float64], first: NDArray[np.int64], nodes: NDArray[np.object_]
) -> NDArray[np.int64]:
    """Return the node at each vertex.

    Two nodes of different levels may lie at the same place, so they are told apart by their ids. A
    way that the extract cuts lists nodes that are not there: its vertices are known by their place.
    """
    counts = np.diff(first)
    whole = np.fromiter((len(n) for n in nodes), np.int64, len(nodes)) == counts
    vertex = np.repeat(whole, counts)
    ids = np.empty(len(xy), np.int64)
    if whole.any():
        ids[vertex] = np.concatenate([np.asarray(n, np.int64) for n in nodes[whole]])
    place, places = codes_of(xy)
    known = np.full(len(places), -1, np.int64)
    known[place[vertex]] = ids[vertex]
    # Of places that no whole way has: numbers beyond all ids.
    alone = known < 0
    known[alone] = int(known.max(initial=0)) + 1 + np.arange(int(alone.sum()))
    ids[~vertex] = known[place[~vertex]]
    return ids
