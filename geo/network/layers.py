"""Lines of one's own: layers of a file, or frames."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import DatumError
from geo.io.columns import check_columns, find_column
from geo.io.reading import AUTO, declared
from geo.measure.detect import parse_datum
from geo.network.lines import Lines, lines_of, to_degrees
from geo.network.problems import NetworkError
from geo.network.speeds import Speeds, class_of, column_kmh, directions, kmh_of, limits_kmh
from geo.network.ways import HIGHWAYS, directed, passable

__all__ = ["CLASS_NAMES", "datum_of", "layer_lines"]

CLASS_NAMES = (
    "highway", "fclass", "railway", "class", "road_class", "道路等级", "等级", "道路类型", "类型", "道路类别",
    "type",
)  # fmt: skip
_ONEWAY_NAMES = ("oneway", "one_way", "单行", "单行道", "单向")
_LIMIT_NAMES = ("maxspeed", "max_speed", "speed_limit", "限速")


def datum_of(frame: gpd.GeoDataFrame, datum: str, name: str) -> str:
    """Return the datum of a frame's coordinates: as it is given, else as the frame declares it.

    Raises
    ------
    NetworkError
        If it is neither given nor declared, or not known.
    """
    try:
        if datum != AUTO:
            return datum if datum.startswith("crs:") else parse_datum(datum)
    except (DatumError, ValueError) as error:
        raise NetworkError("datum", name=name, what=str(error)) from error
    if frame.crs is None:
        raise NetworkError("undeclared", name=name)
    return declared(frame.crs.to_string(), name)


def layer_lines(
    frame: gpd.GeoDataFrame,
    datum: str,
    *,
    mode: str,
    name: str,
    speeds: Speeds = None,
    class_column: str | None = None,
    speed_column: str | None = None,
    oneway_column: str | None = None,
) -> Lines:
    """Return the lines of a layer.

    Parameters
    ----------
    frame
        LineStrings or MultiLineStrings with their columns; other geometry is left out and counted.
    datum
        Of its coordinates.
    mode, name, speeds
        As for :func:`geo.network.speeds.kmh_of`.
    class_column, speed_column, oneway_column
        By default class and direction by their usual names; speeds from ``speeds`` and the class.

    Raises
    ------
    NetworkError
        If it holds no lines that the mode may use, or a value that is no speed or direction.
    """
    words = [str(c) for c in frame.columns if c != frame.geometry.name]
    check_columns(words, (class_column, speed_column, oneway_column), name)
    xy, first, row, gone = lines_of(frame.geometry.to_numpy(), name)
    xy = to_degrees(xy, datum, name=name, row=np.repeat(row, np.diff(first)))
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    table.columns = pd.Index([str(c) for c in table.columns])
    own = None if speed_column is None else column_kmh(table[speed_column].to_numpy(), speed_column, name)  # fmt: skip
    table = table.iloc[row]
    own = None if own is None else own[row]
    kind_column = class_column or find_column(words, CLASS_NAMES)
    kind = np.full(len(row), "", object)
    if kind_column is not None:
        kind = class_of(table[kind_column].to_numpy())
    use, counts = _use(table, kind, mode)
    if not use.any():
        raise NetworkError("empty-mode", name=name, mode=mode)
    limit = find_column(words, _LIMIT_NAMES)
    limits, unread = (None, 0) if limit is None else limits_kmh(table[limit].to_numpy())
    kmh = np.ones(len(row))
    kmh[use], said = kmh_of(
        kind[use], mode, speeds, limits=None if limits is None else limits[use],
        own=None if own is None else own[use], name=name,
    )  # fmt: skip
    oneway, open_, strange = _directions(table, oneway_column, words, mode, name)
    use &= open_
    notes: dict[str, int | float | str] = {
        "not-lines": gone, **counts, "reversible": int((~open_).sum()), "oneway-unread": strange,
        "limit-unread": unread if mode == "drive" else 0, **said,
    }  # fmt: skip
    return Lines(xy, first, kind, kmh, oneway, None, notes).take(use)


def _use(
    table: pd.DataFrame, kind: NDArray[np.object_], mode: str
) -> tuple[NDArray[np.bool_], dict[str, int]]:
    """Return which lines a mode may use: by OpenStreetMap's rules, where classes are its own."""
    osm = np.isin(kind, list(HIGHWAYS))
    if mode not in ("drive", "walk") or not osm.any():
        return np.ones(len(kind), bool), {}
    tags = table.assign(highway=kind)
    tags = tags.drop(columns=[c for c in ("oneway",) if c in tags])
    allowed, counts = passable(tags[osm], mode)
    use = np.ones(len(kind), bool)
    use[osm] = allowed
    return use, counts


def _directions(
    table: pd.DataFrame, column: str | None, words: list[str], mode: str, name: str
) -> tuple[NDArray[np.int8], NDArray[np.bool_], int]:
    """Return directions, which lines are open at all times, and how many values are not known."""
    if mode == "walk" and column is None:
        return np.zeros(len(table), np.int8), np.ones(len(table), bool), 0
    chosen = column or find_column(words, _ONEWAY_NAMES)
    if chosen is None:
        kinds = [c for c in ("highway", "junction") if c in table]
        found = directed(table[kinds], mode) if kinds and mode == "drive" else np.zeros(len(table), np.int8)  # fmt: skip
        return found, np.ones(len(table), bool), 0
    values = table[chosen].to_numpy()
    found = directions(values)
    strange = found == 9
    if strange.any() and column is not None:
        k = int(np.flatnonzero(strange)[0])
        raise NetworkError("oneway", name=name, row=k + 1, column=column, value=str(values[k])[:40])
    by_turns = found == 2
    return np.where(np.abs(found) == 1, found, 0).astype(np.int8), ~by_turns, int(strange.sum())
