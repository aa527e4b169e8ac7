"""Finding things by name: of a layout, its administrative units, and a person's own points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geo.analysis.names import Hit, Names, normal
from geo.model.items import Item
from geo.model.layout import Layout

__all__ = ["POINT", "Places", "find", "layout_places", "point_places", "shape_of", "unit_places"]

POINT, UNIT = "row:", "unit:"
"""What the ids of a person's points (by row) and of units begin with."""
_COLUMNS = (
    "id", "name_zh", "name_en", "layer", "kind", "located", "lon", "lat", "match", "spelling", "matched", "source",
)  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Places:
    """Things that can be found by their names.

    Attributes
    ----------
    names
        The index of all their names.
    owner
        Shape (n_names,): which thing each name is of; ``None`` where each has one, in order.
    texts
        The names as they are written.
    row
        Returns what identifies a thing, by its number.
    ids
        Numbers of things by their ids, which are found when they are written in full.
    """

    names: Names
    owner: np.ndarray[Any, np.dtype[np.int64]] | None
    texts: Sequence[str]
    row: Callable[[int], dict[str, Any]]
    ids: dict[str, int] = field(default_factory=dict)

    def hits(self, text: str, most: int) -> list[tuple[Hit, int]]:
        """Return the best hits with the number of the thing found, each thing once."""
        # A thing may be found by some of its names at once.
        several = 1 if self.owner is None else 3
        found: dict[int, Hit] = {}
        if (own := self.ids.get(normal(text))) is not None:
            found[own] = Hit(-1, "whole", "written", 0)
        for hit in self.names.find(text, most * several):
            thing = hit.number if self.owner is None else int(self.owner[hit.number])
            found.setdefault(thing, hit)
        return [(hit, thing) for thing, hit in found.items()][:most]


def shape_of(item: Item) -> BaseGeometry | None:
    """Return where a thing of a layout is, WGS84: its footprint, its line, or its point."""
    for name in ("footprint", "line", "geometry"):
        shape: BaseGeometry | None = getattr(item, name, None)
        if shape is not None and not shape.is_empty:
            return shape
    if item.properties.layer == "link" and item.located:
        # Both ends are one place.
        return item.layout[item.properties.from_id].geometry  # type: ignore[attr-defined]
    return None


def _at(shape: BaseGeometry | None) -> tuple[bool, float, float]:
    if shape is None:
        return False, float("nan"), float("nan")
    if shape.geom_type.endswith("LineString"):
        line = max(shapely.get_parts(shape), key=shapely.length)
        point = shapely.line_interpolate_point(line, 0.5, normalized=True)
    else:
        point = shapely.point_on_surface(shape)
    return True, float(point.x), float(point.y)


def _places(things: Sequence[dict[str, Any]]) -> Places:
    texts: list[str] = []
    owner: list[int] = []
    for number, thing in enumerate(things):
        names = list(dict.fromkeys(n for n in (thing["name_zh"], thing["name_en"]) if n))
        texts += names
        owner += [number] * len(names)
    ids = {normal(t["id"].removeprefix(UNIT)): k for k, t in enumerate(things)}
    return Places(Names(texts), np.array(owner, dtype=np.int64), texts, things.__getitem__, ids)


def layout_places(layout: Layout) -> Places:
    """Return all things of a layout by their names and ids, also those without a position."""
    things: list[dict[str, Any]] = []
    for item in layout:
        p, (located, lon, lat) = item.properties, _at(shape_of(item))
        things.append(
            {
                "id": p.id, "name_zh": p.name_zh, "name_en": p.name_en, "layer": p.layer, "kind": p.kind,
                "located": located, "lon": lon, "lat": lat, "source": p.source,
            }
        )  # fmt: skip
    return _places(things)


def unit_places(units: gpd.GeoDataFrame) -> Places:
    """Return administrative units by their names and codes."""
    things: list[dict[str, Any]] = []
    for row in units.to_dict("records"):
        located, lon, lat = _at(row["geometry"])
        things.append(
            {
                "id": f"{UNIT}{row['adcode']}", "name_zh": row["name_zh"], "name_en": row["name_en"], "layer": "unit",
                "kind": "unit", "located": located, "lon": lon, "lat": lat, "source": row["source"],
            }
        )  # fmt: skip
    return _places(things)


def point_places(points: Any, label: str) -> Places:
    """Return a person's points by a column.

    Parameters
    ----------
    points
        ``Points`` of ``read_points``, or such a frame, up to some millions of rows.
    label
        The column with their names.
    """
    frame = getattr(points, "frame", points)
    texts = ["" if v is None or v != v else str(v) for v in frame[label].tolist()]
    rows = frame["row"].to_numpy()
    xy = shapely.get_coordinates(frame.geometry.to_numpy())
    source = str(getattr(points, "name", ""))

    def row(number: int) -> dict[str, Any]:
        lon, lat = xy[number].tolist()
        return {
            "id": f"{POINT}{rows[number]}", "name_zh": texts[number], "name_en": texts[number], "layer": "point",
            "kind": "point", "located": True, "lon": lon, "lat": lat, "source": source,
        }  # fmt: skip

    return Places(Names(texts), None, texts, row)


def find(text: str, places: Sequence[Places], *, most: int = 10) -> pd.DataFrame:
    """Return the things that a text names, best first.

    Parameters
    ----------
    text
        A name or a part of one: 中文, pinyin (full, or syllables cut down to their first letters,
        with or without spaces and tones, in any reading), or English; a few letters may be wrong.
    places
        Where to look: of :func:`layout_places`, :func:`unit_places`, :func:`point_places`. Of what
        matches alike, the first of these comes first.
    most
        So many rows at most.

    Returns
    -------
    DataFrame
        ``id``, names, ``layer``, ``kind``, ``located``, ``lon``, ``lat`` (WGS84 degrees, NaN where
        there is no position), and why it was found: ``match`` (one of ``geo.analysis.names.MATCHES``),
        ``spelling`` (one of ``SPELLINGS``) and ``matched``, the name that matched; ``source``.
    """
    hits = [
        # Links are named after what they join, which is rather what is looked for.
        (*hit.rank[:-1], order, own.row(thing)["layer"] == "link", hit.size, own, hit, thing)
        for order, own in enumerate(places)
        for hit, thing in own.hits(text, most)
    ]
    if any(not h[0] for h in hits):
        hits = [h for h in hits if not h[0]]
    hits.sort(key=lambda h: h[:7])
    rows = [
        own.row(thing) | {
            "match": hit.match, "spelling": hit.spelling,
            "matched": own.row(thing)["id"] if hit.number < 0 else own.texts[hit.number],
        }
        for *_, own, hit, thing in hits[:most]
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(_COLUMNS))
