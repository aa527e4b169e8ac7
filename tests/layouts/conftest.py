"""One world for each bundled layout: the layout, what belongs to it, and 300 invented firms about it."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

import geo
from geo.analysis.footprints import footprints_of
from geo.analysis.places import nodes_as_places, points_as_places, units_as_places
from geo.analysis.provenance import Provenance
from geo.datasets.demo import demo_points
from geo.errors import UnitsError
from geo.model.items import BeltItem, CorridorItem
from geo.report.tables import _CODED, for_people, heading
from geo.words import LANGUAGES, catalogue

FIRMS = 300
SYMBOLS = {"km", "km²", "ha"}
"""Signs of units that both languages write alike."""
GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True)
class World:
    """A layout and what the tests need of it."""

    name: str

    @cached_property
    def layout(self):
        return geo.load_layout(self.name)

    @cached_property
    def units(self):
        try:
            found = geo.read_units(self.layout)
        except UnitsError:
            return None
        return found if len(found) else None

    @cached_property
    def points(self):
        return demo_points(self.layout, FIRMS)

    @cached_property
    def footprints(self):
        return footprints_of(self.layout)

    @cached_property
    def corridors(self):
        """Whatever has an axis to measure along."""
        return [
            i for i in self.layout if isinstance(i, CorridorItem | BeltItem) and i.axis is not None
        ]

    @cached_property
    def axis(self):
        return self.corridors[0]

    @cached_property
    def firms(self):
        return points_as_places(self.points, by="industry", label="name")

    @cached_property
    def kinds(self):
        """The kinds of located nodes, the most frequent first."""
        return list(self.layout.nodes["kind"].value_counts().index)

    @cached_property
    def nodes(self):
        return nodes_as_places(self.layout, kinds=self.kinds)

    @cached_property
    def nodes_at(self):
        return np.column_stack([self.nodes.lon, self.nodes.lat])

    @cached_property
    def two_seats(self):
        return len(self.layout.seats) > 1

    @cached_property
    def people(self):
        return units_as_places(self.layout, geo.read_units(self.layout), step_km=None)

    @cached_property
    def network(self):
        """Straight ways along the axes, and from each node to its nearest place on one."""
        axes = list(self.layout.axes.geometry)
        ways = list(axes)
        for node in self.layout.nodes.geometry:
            near = min(axes, key=lambda a: shapely.distance(a, node))
            ways.append(shapely.shortest_line(node, near))
        frame = gpd.GeoDataFrame({"class": "road"}, geometry=[w for w in ways if w.length > 0], crs=4326, index=range(sum(w.length > 0 for w in ways)))  # fmt: skip
        return geo.read_network(frame, speeds=40.0, node="crossings")

    def lacks(self, name: str) -> bool:
        """Whether the layout lacks what a command of this name may ask for."""
        peopled = self.units is not None and len(self.layout.population) > 0
        return {
            "gaps": self.units is None,
            "indicators": self.units is None,
            "links": not self.two_seats or not any(getattr(i.properties, "roles", None) for i in self.layout),
            "match": not (geo.layouts()[self.name] / "needs.csv").is_file(),
            "null": self.units is None,
            "policies": not len(self.layout.policies),
            "population": not peopled,
            "reach": not peopled,
            "site": not peopled,
            "units": self.units is None,
        }.get(name, False)  # fmt: skip

    @cached_property
    def foreign(self) -> frozenset[str]:
        """Names and ids that only other layouts have: none may stand in what is said of this one."""
        others = [_names_of(p) for n, p in geo.layouts().items() if n != self.name]
        folder = geo.layouts()[self.name]
        # None that the files of this layout say as well, or that is a word of the application.
        mine = "\n".join(p.read_text("utf-8") for p in sorted(folder.iterdir()))
        mine += "\n".join(text for entry in catalogue().values() for text in entry.values())
        return frozenset(n for n in set().union(*others) if n not in mine)


def _names_of(folder: Path) -> set[str]:
    meta = tomllib.loads((folder / "layout.toml").read_text("utf-8"))
    found = {meta["name_zh"], meta["name_en"]}
    for file in folder.glob("*.geojson"):
        for feature in gpd.read_file(file).drop(columns="geometry").to_dict("records"):
            found |= {str(feature.get(k) or "") for k in ("name_zh", "name_en")}
    return {n for n in found if len(n) >= (3 if any(c > "\u2e80" for c in n) else 8)}


def frames_of(result: Any, name: str = "") -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield every table in a result."""
    if isinstance(result, pd.DataFrame):
        yield name or "table", result
    elif isinstance(result, dict):
        for key, value in result.items():
            yield from frames_of(value, f"{name}.{key}")
    elif isinstance(result, list | tuple):
        for k, value in enumerate(result):
            if _of_ours(value):
                yield from frames_of(value, f"{name}[{k}]")
    elif _of_ours(result):
        for attribute in _attributes(result):
            yield from frames_of(getattr(result, attribute), f"{name}.{attribute}".strip("."))


def provenances_of(result: Any) -> Iterator[Provenance]:
    """Yield every provenance in a result."""
    if isinstance(result, Provenance):
        yield result
    elif isinstance(result, list | tuple):
        for value in result:
            yield from provenances_of(value)
    elif _of_ours(result):
        for attribute in _attributes(result):
            yield from provenances_of(getattr(result, attribute))


_INPUTS = ("cloud", "points", "layout", "base", "reading", "study_area", "draws", "network", "item")


def _of_ours(value: Any) -> bool:
    own = type(value).__module__.startswith("geo.")
    return own and not isinstance(value, geo.Layout | geo.Network | Provenance | type)


def _attributes(result: Any) -> list[str]:
    """Return the names of what a result holds: its fields and its properties, but not what went in."""
    made = [
        n
        for n in dir(type(result))
        if isinstance(inspect.getattr_static(type(result), n), property | cached_property)
    ]
    held = [f.name for f in fields(result)] if is_dataclass(result) else []
    return [n for n in dict.fromkeys([*held, *made]) if not n.startswith("_") and n not in _INPUTS]


def wrong_bands(frame: pd.DataFrame) -> list[str]:
    """Return the columns whose band is out of order somewhere: low <= x <= high."""
    bad = []
    for column in frame.columns:
        low, high = f"{column}_low", f"{column}_high"
        if low in frame.columns and high in frame.columns:
            three = frame[[low, column, high]].astype(float)
            slack = 1e-9 * three.abs().max(axis=1).fillna(0).clip(lower=1)
            down = three[low] > three[column] + slack
            up = three[column] > three[high] + slack
            bad += [
                f"{column} row {k}: {three.loc[k].tolist()}"
                for k in frame.index[(down | up).to_numpy()]
            ]
    return bad


def wrong_areas(frame: pd.DataFrame) -> list[str]:
    """Return the polygons whose stated area is not the geodesic one, by a second implementation."""
    if "area_km2" not in frame.columns or not isinstance(frame, gpd.GeoDataFrame):
        return []
    bad = []
    for k, (area, shape) in enumerate(zip(frame["area_km2"], frame.geometry, strict=True)):
        if shape is not None and shape.geom_type.endswith("Polygon") and not np.isnan(area):
            own = sum(
                abs(GEOD.geometry_area_perimeter(part)[0]) for part in shapely.get_parts(shape)
            )
            if not (area >= 0 and abs(own / 1e6 - area) <= 2e-3 * max(area, 1e-3)):
                bad.append(f"row {k}: {area} against {own / 1e6}")
    return bad


def wrong_numbers(frame: pd.DataFrame, endless: set[str]) -> list[str]:
    """Return columns with an infinite number, or a negative count, share, area or length."""
    bad = []
    for column in frame.select_dtypes("number").columns:
        values = frame[column].to_numpy(float)
        stem = str(column).removesuffix("_low").removesuffix("_high")
        if np.isinf(values).any() and stem not in endless:
            bad.append(f"{column}: infinite")
        if (
            stem in ("count", "area_km2", "length_km", "people", "distance_km", "width_km")
            and (values < 0).any()
        ):
            bad.append(f"{column}: negative")
        if stem == "share" and ((values < -1e-12) | (values > 1 + 1e-9)).any():
            bad.append(f"{column}: no share")
    return bad


def unsaid(frame: pd.DataFrame) -> list[str]:
    """Return what a person would read as a machine's word in either language: headings and codes."""
    bad = []
    for lang in LANGUAGES:
        shown = for_people(frame.head(200), lang)
        names = {heading(str(c), lang): str(c) for c in frame.columns}
        for column in shown.columns:
            own = names.get(str(column), str(column))
            if own not in names.values() or (str(column) == own and "_" in own):
                bad.append(f"{lang} no heading: {column}")
            texts = {v for v in shown[column] if isinstance(v, str)}
            bad += [f"{lang} {own}: {t[:80]}" for t in texts if placeholder(t)]
            if own in _CODED:
                codes = {str(v) for v in frame.head(200)[own] if isinstance(v, str) and v.islower()}
                # Some words are the code itself.
                said = {c for c in codes if any(f"{p}.{c}" in catalogue() for p in _CODED[own])}
                said |= SYMBOLS
                bad += [f"{lang} code {own}: {c}" for c in sorted((codes - said) & texts)]
    return bad


_KEYS = frozenset(key.split(".", 1)[0] for key in catalogue())


def placeholder(text: str) -> bool:
    """Return whether a text holds a key of the catalogue or a place that was not filled."""
    if text in catalogue():
        return True
    return any(f"{{{name}" in text for name in ("n", "name", "x", "what", "layout")) and "}" in text


def foreign_in(world: World, text: str) -> list[str]:
    """Return the names of other layouts' features that a text holds."""
    return sorted(n for n in world.foreign if n in text)


def texts_of(frame: pd.DataFrame) -> str:
    """Return all texts of a table on one page."""
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    return "\n".join(
        str(v) for c in plain.columns if plain[c].dtype.kind not in "fiub" for v in plain[c]
    )


@pytest.fixture(scope="session", params=sorted(geo.layouts()))
def world(request) -> World:
    """The world of each bundled layout; one more layout is one more world."""
    return _world(request.param)


_WORLDS: dict[str, World] = {}


def _world(name: str) -> World:
    return _WORLDS.setdefault(name, World(name))


@pytest.fixture(scope="session")
def worlds():
    """The world of a layout by name."""
    return _world


@pytest.fixture(scope="session")
def invariants():
    """The checks of this file, for tests that cannot import it."""
    return SimpleNamespace(
        frames_of=frames_of, provenances_of=provenances_of, wrong_bands=wrong_bands, wrong_areas=wrong_areas,
        wrong_numbers=wrong_numbers, unsaid=unsaid, placeholder=placeholder, foreign_in=foreign_in, texts_of=texts_of,
    )  # fmt: skip
