"""Graphs as OSMnx keeps them: GraphML files and tables of edges by their nodes."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.parsers import expat

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.network.lines import Lines, lengths_km, lines_of, to_degrees
from geo.network.problems import NetworkError
from geo.network.speeds import Speeds, class_of, column_kmh, kmh_of, limits_kmh

__all__ = ["MOST_BYTES", "graph_lines", "is_graph", "read_graphml"]

MOST_BYTES = 1_000_000_000
_DEPTH, _PIECE = 20, 1 << 20
_KEPT = ("highway", "maxspeed", "speed_kph", "travel_time", "geometry")
_STORED = frozenset((*_KEPT, "x", "y", "crs"))


def is_graph(frame: pd.DataFrame) -> bool:
    """Return whether a table holds edges by their nodes: indexed, or with columns, ``u`` and ``v``."""
    return {"u", "v"} <= (set(frame.index.names) | set(map(str, frame.columns)))


def read_graphml(path: Path) -> gpd.GeoDataFrame:
    """Return the edges of a GraphML file that OSMnx wrote.

    Parameters
    ----------
    path
        ``.graphml``: nodes with ``x`` and ``y``, edges with what they have of ``geometry`` (WKT),
        ``highway``, ``maxspeed``, ``speed_kph`` and ``travel_time``.

    Returns
    -------
    GeoDataFrame
        ``u``, ``v`` (numbers of nodes) and those columns, text as it stands, in the graph's reference
        system. An edge without geometry is straight.

    Raises
    ------
    NetworkError
        If it is too large, no GraphML, damaged, declares entities, or has nodes without a position.
    """
    if path.stat().st_size > MOST_BYTES:
        raise NetworkError("size", name=path.name, mb=path.stat().st_size / 1e6, most=MOST_BYTES / 1e6)  # fmt: skip
    reader = _Reader(path.name)
    try:
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                reader.parser.Parse(piece, False)
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        what = f"{error} ({error.lineno})"
        raise NetworkError("damaged", name=path.name, what=what) from error
    return _frame_of(reader, path.name)


class _Reader:
    """Gathers nodes and edges while expat walks through a file."""

    def __init__(self, name: str) -> None:
        self.name, self.depth, self.key = name, 0, ""
        self.names: dict[str, str] = {}
        self.graph: dict[str, str] = {}
        self.nodes: dict[str, dict[str, str]] = {}
        self.edges: list[tuple[str, str, dict[str, str]]] = []
        self.directed = True
        self.own: dict[str, str] = {}
        self.text: list[str] = []
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self.text.append
        # Entities can grow without bound or name files and addresses: none is needed in GraphML.
        parser.StartDoctypeDeclHandler = self._refuse
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.parser = parser

    def _refuse(self, *_: object) -> None:
        raise NetworkError("doctype", name=self.name)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        own = tag.rpartition(" ")[2]
        if not self.depth and own != "graphml":
            raise NetworkError("not-graphml", name=self.name, root=own[:40])
        self.depth += 1
        if self.depth > _DEPTH:
            raise NetworkError("not-graphml", name=self.name, root=own[:40])
        self.text.clear()
        if own == "key":
            self.names[attributes.get("id", "")] = attributes.get("attr.name", "")
        elif own == "graph":
            self.directed = attributes.get("edgedefault") != "undirected"
            self.own = self.graph
        elif own == "node":
            self.own = self.nodes.setdefault(attributes.get("id", ""), {})
        elif own == "edge":
            self.own = {}
            ends = attributes.get("source", ""), attributes.get("target", "")
            self.edges.append((*ends, self.own))
        elif own == "data":
            self.key = self.names.get(attributes.get("key", ""), "")

    def _end(self, tag: str) -> None:
        own = tag.rpartition(" ")[2]
        self.depth -= 1
        if own == "data" and self.key in _STORED:
            self.own[self.key] = "".join(self.text)
        elif own in ("node", "edge"):
            self.own = self.graph
        self.key = ""
        self.text.clear()


def _frame_of(reader: _Reader, name: str) -> gpd.GeoDataFrame:
    if not reader.edges:
        raise NetworkError("empty", name=name)
    number = {node: k for k, node in enumerate(reader.nodes)}
    try:
        xy = np.array([[float(d["x"]), float(d["y"])] for d in reader.nodes.values()], float).reshape(-1, 2)  # fmt: skip
    except (KeyError, ValueError) as error:
        raise NetworkError("no-position", name=name, what=str(error)[:60]) from error
    lost = [node for a, b, _ in reader.edges for node in (a, b) if node not in number]
    if lost:
        raise NetworkError("no-node", name=name, node=lost[0][:60])
    u = np.array([number[e[0]] for e in reader.edges])
    v = np.array([number[e[1]] for e in reader.edges])
    texts = [e[2].get("geometry") for e in reader.edges]
    shapes = shapely.from_wkt(texts, on_invalid="ignore")
    damaged = shapely.is_missing(shapes) & np.array([t is not None for t in texts])
    if damaged.any():
        what = f"WKT: {texts[int(np.flatnonzero(damaged)[0])]}"[:80]
        raise NetworkError("damaged", name=name, what=what)
    bare = shapely.is_missing(shapes)
    shapes[bare] = shapely.linestrings(np.stack([xy[u[bare]], xy[v[bare]]], axis=1))
    columns = {c: [e[2].get(c) for e in reader.edges] for c in _KEPT[:-1]}
    columns = {c: values for c, values in columns.items() if any(x is not None for x in values)}
    frame = gpd.GeoDataFrame({"u": u, "v": v, **columns}, geometry=shapes, crs=_crs(reader, name))
    if not reader.directed:
        back = frame.assign(u=v, v=u, geometry=shapely.reverse(shapes))
        frame = gpd.GeoDataFrame(pd.concat([frame, back], ignore_index=True), crs=frame.crs)
    return frame


def _crs(reader: _Reader, name: str) -> Any:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    said = reader.graph.get("crs", "epsg:4326")
    try:
        return CRS.from_user_input(said)
    except CRSError as error:
        raise NetworkError("crs", name=name, crs=said[:80]) from error


def graph_lines(
    frame: gpd.GeoDataFrame, datum: str, *, mode: str, name: str, speeds: Speeds = None
) -> Lines:
    """Return the lines of a table of directed edges: each edge and its reverse as one.

    Parameters
    ----------
    frame
        Edges with ``u`` and ``v``, in the index or as columns, as ``osmnx.graph_to_gdfs`` and
        :func:`read_graphml` return them. Which directions there are is said by the edges alone.
    datum
        Of its coordinates.
    mode, name, speeds
        As for :func:`geo.network.speeds.kmh_of`. ``travel_time`` (s) goes before ``speed_kph``, that
        before ``maxspeed`` and the class, for cars and one's own mode.

    Raises
    ------
    NetworkError
        If it holds no lines, or a speed or time that is none.
    """
    table = frame.reset_index() if {"u", "v"} & set(frame.index.names) else frame
    shapes = table.geometry.to_numpy()
    xy, first, row, gone = lines_of(shapes, name)
    if len(np.unique(row)) != len(row):
        raise NetworkError("edge-parts", name=name, row=int(row[np.flatnonzero(np.diff(row) == 0)[0]]) + 1)  # fmt: skip
    table = table.iloc[row]
    xy = to_degrees(xy, datum, name=name, row=np.repeat(row, np.diff(first)))
    kind = class_of(table["highway"].to_numpy()) if "highway" in table else np.full(len(row), "", object)  # fmt: skip
    limits, unread = limits_kmh(table["maxspeed"].to_numpy()) if "maxspeed" in table else (None, 0)
    own = _own_kmh(table, xy, first, name) if mode in ("drive", "user") and speeds is None else None
    kmh, said = kmh_of(kind, mode, speeds, limits=limits, own=own, name=name)
    if "speed-column" in said:
        said["speed-travel-time"] = said.pop("speed-column")
    keep, oneway, merged = _pairs(xy, first, table["u"].to_numpy(), table["v"].to_numpy(), kmh)
    codes = pd.factorize(np.concatenate([table["u"].to_numpy(), table["v"].to_numpy()]))[0]
    ids = np.full(len(xy), -1, np.int64)
    ids[first[:-1]], ids[first[1:] - 1] = codes[: len(row)], codes[len(row) :]
    counts: dict[str, int | float | str] = {"not-lines": gone, "merged": merged, "limit-unread": unread if limits is not None and mode == "drive" else 0, **said}  # fmt: skip
    return Lines(xy, first, kind, kmh, oneway, ids, counts).take(keep)


def _own_kmh(
    table: pd.DataFrame, xy: NDArray[np.float64], first: NDArray[np.int64], name: str
) -> NDArray[np.float64] | None:
    """Return the speeds that edges state, by their travel time or outright; NaN where none."""
    own = None
    if "speed_kph" in table:
        own = column_kmh(table["speed_kph"].to_numpy(), "speed_kph", name)
    if "travel_time" in table:
        # Rounded to tenths, short edges take 0 s: they go by their speed.
        seconds = column_kmh(
            table["travel_time"].to_numpy(), "travel_time", name, least=0, most=np.inf
        )
        km = lengths_km(xy, first)
        with np.errstate(divide="ignore", invalid="ignore"):
            timed = np.where((seconds > 0) & (km > 0), km * 3600 / seconds, np.nan)
        own = timed if own is None else np.where(np.isnan(timed), own, timed)
    return own


def _pairs(
    xy: NDArray[np.float64],
    first: NDArray[np.int64],
    u: NDArray[Any],
    v: NDArray[Any],
    kmh: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int8], int]:
    """Return the edges that are kept, the directions of each, and how many were another's reverse.

    Two edges are one if they have the same vertices in opposite order, the same nodes, and a speed
    within a millionth of each other.
    """
    flip = _backwards(xy, first)
    shapes = shapely.linestrings(xy, indices=np.repeat(np.arange(len(flip)), np.diff(first)))
    alike = pd.DataFrame({
        "shape": shapely.to_wkb(np.where(flip, shapely.reverse(shapes), shapes)),
        "from": np.where(flip, v, u), "to": np.where(flip, u, v),
        "kmh": [f"{k:.6g}" for k in kmh], "flip": flip,
    })  # fmt: skip
    alike["turn"] = alike.groupby(list(alike.columns), sort=False).cumcount()
    group = alike.groupby(["shape", "from", "to", "kmh", "turn"], sort=False)
    size = group["flip"].transform("size").to_numpy()
    second = group.cumcount().to_numpy() == 1
    oneway = np.where(size == 2, 0, 1).astype(np.int8)
    keep = np.flatnonzero(~second)
    return keep, oneway, int(second.sum())


def _backwards(xy: NDArray[np.float64], first: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which lines run from their greater to their lesser end, a loop by what is next to it."""
    a, b = xy[first[:-1]], xy[first[1:] - 1]
    ring = (a == b).all(axis=1)
    a, b = (
        np.where(ring[:, None], xy[first[:-1] + 1], a),
        np.where(ring[:, None], xy[first[1:] - 2], b),
    )
    return np.asarray((b[:, 0] < a[:, 0]) | ((b[:, 0] == a[:, 0]) & (b[:, 1] < a[:, 1])))
