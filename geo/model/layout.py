"""A layout: zones, corridors, belts, nodes and links of one plan, with what is claimed of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.errors import LayoutError
from geo.measure import area_km2, laea, length_km, project, unproject
from geo.model.items import BeltItem, CorridorItem, Item, Link, Node, Reference, item_of
from geo.model.kinds import TIER_OF_KIND, Layer
from geo.model.schema import PROPERTIES_OF_LAYER, Feature, LayoutMeta, Properties
from geo.model.shapes import merge_rings, offset

__all__ = ["FOOTPRINT_LAYERS", "WGS84", "Layout"]

WGS84 = CRS.from_epsg(4326)
FOOTPRINT_LAYERS: tuple[Layer, ...] = ("zone", "corridor", "belt")
_MEASURES = (
    "area_km2_low", "area_km2", "area_km2_high", "length_km", "width_km", "elongation", "sinuosity",
    "azimuth_deg",
)  # fmt: skip


class Layout:
    """A planned layout, read from a folder.

    All frames are in WGS84 longitude/latitude (EPSG:4326) and carry, row by row, ``status``,
    ``err_m``, ``source``, ``as_of`` and ``confidence``.

    Parameters
    ----------
    meta
        What ``layout.toml`` says.
    features
        The stored features, in file order.
    claims, population
        The tables beside the layers; empty frames where there are none.
    folder
        Where it was read from.
    policies, rates
        Further tables: what is in force where, and which claims are set against which.

    Raises
    ------
    LayoutError
        If two features have one id.
    """

    def __init__(
        self,
        meta: LayoutMeta,
        features: Sequence[Feature],
        claims: pd.DataFrame,
        population: pd.DataFrame,
        folder: Path | None = None,
        *,
        policies: pd.DataFrame | None = None,
        rates: pd.DataFrame | None = None,
    ) -> None:
        self.meta = meta
        self.features = tuple(features)
        self.claims = claims
        self.population = population
        self.policies = pd.DataFrame() if policies is None else policies
        self.rates = pd.DataFrame() if rates is None else rates
        self.folder = folder
        self._items: dict[str, Item] = {}
        for feature in self.features:
            if feature.id in self._items:
                raise LayoutError(f"two features have the id {feature.id!r}: give each its own")
            self._items[feature.id] = item_of(feature, self)

    def __repr__(self) -> str:
        return f"<Layout {self.id}: {self.meta.name_zh}, {len(self)} features>"

    def __len__(self) -> int:
        return len(self.features)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items.values())

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __getitem__(self, name: str) -> Item:
        try:
            return self._items[name]
        except KeyError:
            near = [n for n in self._items if name in n or n in name][:5]
            hint = f" Did you mean {', '.join(near)}?" if near else ""
            raise KeyError(f"no feature {name!r} in layout {self.id!r}.{hint}") from None

    @property
    def id(self) -> str:
        """Identifier of the layout."""
        return self.meta.id

    @cached_property
    def crs(self) -> CRS:
        """The layout's planar projection: Lambert azimuthal equal-area about its centre."""
        return laea(*self.meta.centre)

    def of_layer(self, layer: Layer) -> list[Item]:
        """Return the items of a layer, located or not, in file order."""
        return [item for item in self if item.properties.layer == layer]

    @cached_property
    def zones(self) -> gpd.GeoDataFrame:
        """Zones, with footprints and areas."""
        return self._frame("zone")

    @cached_property
    def corridors(self) -> gpd.GeoDataFrame:
        """Corridors, with footprints, lengths, widths and areas."""
        return self._frame("corridor")

    @cached_property
    def belts(self) -> gpd.GeoDataFrame:
        """Belts that have a position, with footprints and areas (campus rings: :meth:`rings`)."""
        return self._frame("belt")

    @cached_property
    def footprints(self) -> gpd.GeoDataFrame:
        """Zones, corridors and belts together: what coverage is counted by."""
        frames = [getattr(self, f"{layer}s") for layer in FOOTPRINT_LAYERS]
        columns = list(dict.fromkeys([c for f in frames for c in f.columns if c != "geometry"]))
        shared = [c for c in columns if all(c in f.columns for f in frames) or c in _MEASURES]
        parts = [f.reindex(columns=[*shared, "geometry"]) for f in frames if len(f)]
        if not parts:
            return gpd.GeoDataFrame({c: [] for c in shared}, geometry=[], crs=WGS84)
        rows = [row for part in parts for row in part.to_dict("records")]
        return gpd.GeoDataFrame(rows, columns=[*shared, "geometry"], geometry="geometry", crs=WGS84)

    @cached_property
    def axes(self) -> gpd.GeoDataFrame:
        """The axes of corridors and oriented belts, as lines with their geodesic length."""
        rows = []
        for item in self:
            if isinstance(item, CorridorItem | BeltItem) and item.axis is not None:
                rows.append(_row(item) | {"length_km": length_km(item.axis), "geometry": item.axis})
        return _geo(rows, [*_columns("corridor", common=True), "length_km"])

    @cached_property
    def nodes(self) -> gpd.GeoDataFrame:
        """The located nodes, with their tier."""
        return self._frame("node")

    @cached_property
    def links(self) -> gpd.GeoDataFrame:
        """Links whose ends both have a position: geodesic lines and distances in km."""
        rows = []
        for item in self.of_layer("link"):
            if isinstance(item, Link) and item.line is not None:
                rows.append(
                    _row(item) | {"distance_km": length_km(item.line), "geometry": item.line}
                )
        return _geo(rows, [*_columns("link"), "distance_km"])

    @cached_property
    def roads(self) -> gpd.GeoDataFrame:
        """Reference roads."""
        return self._frame("road")

    @cached_property
    def rivers(self) -> gpd.GeoDataFrame:
        """Rivers, enough to know where one is."""
        return self._frame("river")

    @cached_property
    def seats(self) -> gpd.GeoDataFrame:
        """The seats of the layout's main belt, in the order that ``layout.toml`` gives."""
        rows = [
            _row(self[name]) | {"geometry": self[name].geometry}
            for name in self.meta.seats
            if self[name].geometry is not None
        ]
        return _geo(rows, _columns("node"))

    @cached_property
    def unlocated(self) -> pd.DataFrame:
        """Everything whose position is not known; a link counts when one of its ends does not."""
        rows = [_row(item) for item in self if not item.located]
        columns = [*_columns("node", common=True), "tier", "place"]
        frame = pd.DataFrame(rows).reindex(columns=columns)
        for name in ("tier", "place"):
            frame[name] = frame[name].astype(object).where(frame[name].notna(), "")
        return frame

    def rings(self, width_km: float | None = None, *, err_m: float = 0.0) -> gpd.GeoDataFrame:
        """Return the rings around the campuses; those that overlap are merged into one belt.

        Parameters
        ----------
        width_km
            Width of the ring around each campus; by default the one that ``layout.toml`` gives.
        err_m
            Extra positional error to offset the rings by (negative: inwards); for bands.

        Returns
        -------
        GeoDataFrame
            One row a belt, status ``computed``, with ``campuses`` (ids), ``n_campuses``,
            ``area_km2`` and the largest positional error of its campuses.

        Raises
        ------
        ValueError
            If the width is not positive.
        LayoutError
            If the layout names no kind of node to draw rings around.
        """
        rules = self.meta.campus_rings
        if rules is None:
            raise LayoutError(f"layout {self.id!r} has no [campus_rings] in layout.toml: add it")
        width = rules.width_km if width_km is None else width_km
        if not width > 0:
            raise ValueError(f"the ring width is {width} km: it must be above 0")
        campuses = [
            item
            for item in self.of_layer("node")
            if item.properties.kind == rules.kind and item.geometry is not None
        ]
        rows = []
        if campuses:
            planar = [project(item.geometry, self.crs) for item in campuses]
            shapes, members = merge_rings(planar, width * 1000)
            for number, (shape, group) in enumerate(zip(shapes, members, strict=True), 1):
                those = [campuses[k] for k in group]
                footprint = unproject(offset(shape, err_m) if err_m else shape, self.crs)
                rows.append(
                    _ring_row(number, those, width, rules.note_zh, rules.note_en, footprint)
                )
        columns = [
            *_columns("belt", common=True), "campuses", "campuses_zh", "campuses_en", "n_campuses", "width_km", "area_km2",
        ]  # fmt: skip
        return _geo(rows, columns)

    def _frame(self, layer: Layer) -> gpd.GeoDataFrame:
        rows = []
        for item in self.of_layer(layer):
            shape = item.footprint if layer in FOOTPRINT_LAYERS else item.geometry
            if isinstance(item, Reference):
                shape = item.line
            if shape is not None:
                rows.append(_row(item) | item.measures() | {"geometry": shape})
        columns = _columns(layer)
        if layer in FOOTPRINT_LAYERS:
            columns = list(dict.fromkeys([*columns, *_MEASURES]))
        return _geo(rows, columns)


def _columns(layer: Layer, *, common: bool = False) -> list[str]:
    model = PROPERTIES_OF_LAYER[layer]
    names = list(model.model_fields)
    if common:
        names = list(Properties.model_fields)
    return [*names, "tier"] if layer == "node" and not common else names


def _row(item: Item) -> dict[str, Any]:
    row = item.properties.model_dump()
    row["refs"] = " ".join(row["refs"])
    if isinstance(item, Node):
        row["tier"] = item.tier
    return row


def _geo(rows: list[dict[str, Any]], columns: Sequence[str]) -> gpd.GeoDataFrame:
    names = [*columns, "geometry"]
    if not rows:
        return gpd.GeoDataFrame({c: [] for c in columns}, geometry=[], crs=WGS84)
    return gpd.GeoDataFrame(rows, columns=names, geometry="geometry", crs=WGS84)


def _ring_row(
    number: int, campuses: list[Item], width: float, note_zh: str, note_en: str, footprint: Any
) -> dict[str, Any]:
    first, more = campuses[0], len(campuses) - 1
    return {
        "id": f"campus-ring-{number:02d}",
        "name_zh": f"{first.name_zh}环带" + (f"等{more + 1}校" if more else ""),
        "name_en": f"Ring around {first.name_en}" + (f" and {more} more" if more else ""),
        "kind": "campus-ring",
        "layer": "belt",
        "parent": None,
        "status": "computed",
        "err_m": max(item.err_m or 0.0 for item in campuses),
        "source": "; ".join(sorted({item.source for item in campuses})),
        "as_of": "",
        "confidence": min(
            (item.properties.confidence for item in campuses),
            key=["n/a", "low", "medium", "high"].index,
        ),
        "note_zh": note_zh,
        "note_en": note_en,
        "refs": "",
        "campuses": [item.id for item in campuses],
        "campuses_zh": "、".join(item.name_zh for item in campuses),
        "campuses_en": ", ".join(item.name_en for item in campuses),
        "n_campuses": len(campuses),
        "width_km": width,
        "area_km2": area_km2(footprint),
        "geometry": footprint,
    }


def tier_counts(layout: Layout) -> pd.DataFrame:
    """Return how many nodes of each kind a layout lists and how many have a position.

    Returns
    -------
    DataFrame
        tier, kind, listed, located, counted (that the published total of laboratories counts).
    """
    nodes = [item.properties for item in layout.of_layer("node")]
    located = {item.id for item in layout.of_layer("node") if item.geometry is not None}
    rows = []
    for kind, tier in TIER_OF_KIND.items():
        those = [p for p in nodes if p.kind == kind]
        if those:
            rows.append(
                {
                    "tier": tier,
                    "kind": kind,
                    "listed": len(those),
                    "located": int(np.sum([p.id in located for p in those])),
                    "counted": int(np.sum([getattr(p, "counted", False) for p in those])),
                }
            )
    return pd.DataFrame(rows, columns=["tier", "kind", "listed", "located", "counted"])


def bounds(layout: Layout) -> tuple[float, float, float, float]:
    """Return west, south, east, north (degrees) of the layout's footprints, or of its nodes."""
    frame = layout.footprints if len(layout.footprints) else layout.nodes
    west, south, east, north = shapely.total_bounds(np.asarray(frame.geometry.values))
    return float(west), float(south), float(east), float(north)
