"""What a feature and a layout must carry: the schema of the files, one class for each layer."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from geo.model.kinds import KINDS, TIER_OF_KIND, Confidence, Layer, Status, Tier
from geo.model.units_meta import UnitsMeta
from geo.words.imperial import reader

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geo.words import Lang

__all__ = [
    "GEOMETRY_TYPES",
    "PROPERTIES_OF_LAYER",
    "BeltProperties",
    "CorridorProperties",
    "Feature",
    "LayoutMeta",
    "LineProperties",
    "LinkProperties",
    "NodeProperties",
    "Properties",
    "ZoneProperties",
]

SLUG = r"^[a-z0-9][a-z0-9-]*$"
DATE = re.compile(r"^(\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?)?$")

Slug = Annotated[str, Field(pattern=SLUG, max_length=80)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


def _check_date(value: str) -> str:
    if not DATE.match(value):
        raise ValueError(
            f"{value!r} is not a date: write YYYY, YYYY-MM or YYYY-MM-DD, or leave it empty"
        )
    return value


class Properties(BaseModel):
    """What every feature carries: names, place in the layout, and provenance."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

    id: Slug
    name_zh: Name
    name_en: Name
    kind: str
    layer: Layer
    parent: Slug | None = None
    status: Status
    err_m: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None
    source: Annotated[str, Field(min_length=1, max_length=500)]
    as_of: str = ""
    confidence: Confidence
    note_zh: Text = ""
    note_en: Text = ""
    refs: tuple[str, ...] = ()

    _date = field_validator("as_of")(_check_date)

    @model_validator(mode="after")
    def _kind_fits_layer(self) -> Properties:
        if self.kind not in KINDS[self.layer]:
            raise ValueError(
                f"kind {self.kind!r} is not a kind of {self.layer}: "
                f"use one of {', '.join(KINDS[self.layer])}"
            )
        return self


class ZoneProperties(Properties):
    """A zone: an outline, or a skeleton with the area that its footprint must have."""

    layer: Literal["zone"]
    area_km2: Positive | None = None
    side: Literal["both", "left", "right"] = "both"
    nested_in: Slug | None = None


class CorridorProperties(Properties):
    """A corridor: an axis with a constant width or a width profile, its cores and nodes."""

    layer: Literal["corridor"]
    width_km: Positive | None = None
    widths_km: tuple[tuple[float, float], ...] | None = None
    cores: tuple[Slug, ...] = ()
    nodes: tuple[Slug, ...] = ()
    groups: tuple[Slug, ...] = ()

    @model_validator(mode="after")
    def _one_width(self) -> CorridorProperties:
        if (self.width_km is None) == (self.widths_km is None):
            raise ValueError(
                "a corridor has either width_km or widths_km: give exactly one of them"
            )
        if self.widths_km is not None:
            chainages = [c for c, _ in self.widths_km]
            numbers = [n for pair in self.widths_km for n in pair]
            if not chainages or not all(map(math.isfinite, numbers)):
                raise ValueError("widths_km needs finite [chainage_km, width_km] pairs")
            if chainages != sorted(set(chainages)) or chainages[0] < 0:
                raise ValueError("widths_km: chainages must grow from 0 on, none twice")
            if min(w for _, w in self.widths_km) <= 0:
                raise ValueError("widths_km: every width must be above 0")
        return self


class BeltProperties(Properties):
    """A belt: an oriented rectangle about a centre, or a zone-like belt around campuses."""

    layer: Literal["belt"]
    azimuth_deg: Annotated[float, Field(ge=0, lt=360)] | None = None
    length_km: Positive | None = None
    width_km: Positive | None = None
    seats: tuple[Slug, ...] = ()
    roles: dict[Slug, Literal["main", "supporting"]] = Field(default_factory=dict)
    campuses: tuple[Slug, ...] = ()
    area_km2: Positive | None = None
    side: Literal["both", "left", "right"] = "both"

    @model_validator(mode="after")
    def _box_is_whole(self) -> BeltProperties:
        box = (self.azimuth_deg, self.length_km, self.width_km)
        if self.kind == "oriented-belt" and None in box:
            raise ValueError("an oriented-belt needs azimuth_deg, length_km and width_km")
        if self.kind != "oriented-belt" and box != (None, None, None):
            raise ValueError("azimuth_deg, length_km and width_km belong to an oriented-belt only")
        return self


class NodeProperties(Properties):
    """A node: one place. Without a geometry it is listed as unlocated."""

    layer: Literal["node"]
    host: Text = ""
    place: Text = ""
    lead: bool | None = None
    counted: bool = False

    @property
    def tier(self) -> Tier:
        """The tier of the node pyramid that its kind belongs to."""
        return TIER_OF_KIND[self.kind]


class LinkProperties(Properties):
    """A link: two features that work together. Its line is drawn between them when read."""

    layer: Literal["link"]
    err_m: None = None
    from_id: Slug
    to_id: Slug
    since: str = ""

    _since = field_validator("since")(_check_date)


class LineProperties(Properties):
    """A reference line: a road that an axis follows, or a river to know where one is.

    Without a geometry, ``between`` names the units on its two sides: the line is then where they
    meet, computed from the boundaries when it is asked for.
    """

    layer: Literal["road", "river"]
    complete: bool = False
    between: tuple[tuple[str, ...], tuple[str, ...]] | None = None


PROPERTIES_OF_LAYER: dict[str, type[Properties]] = {
    "zone": ZoneProperties,
    "corridor": CorridorProperties,
    "belt": BeltProperties,
    "node": NodeProperties,
    "link": LinkProperties,
    "road": LineProperties,
    "river": LineProperties,
}

_LINES = ("LineString", "MultiLineString")
_OUTLINES = ("Polygon", "MultiPolygon")
GEOMETRY_TYPES: dict[str, tuple[str, ...]] = {
    "zone": (*_OUTLINES, "Point", *_LINES),
    "corridor": ("LineString",),
    "belt": (*_OUTLINES, "Point", *_LINES),
    "node": ("Point",),
    "link": (),
    "road": _LINES,
    "river": _LINES,
}
"""Geometry types allowed in each layer, besides ``null`` for what is unlocated."""


@dataclass(frozen=True)
class Feature:
    """A feature as it is stored.

    Parameters
    ----------
    properties
        Its validated properties.
    geometry
        What is known of its geometry, WGS84 longitude/latitude: the axis of a corridor, the
        outline or skeleton of a zone, the centre of a belt, the point of a node. ``None`` for
        links and for whatever is unlocated.
    """

    properties: Properties
    geometry: BaseGeometry | None

    @property
    def id(self) -> str:
        """The feature's identifier in its layout."""
        return self.properties.id

    @property
    def located(self) -> bool:
        """Whether a position is known."""
        return self.geometry is not None


class CampusRings(BaseModel):
    """The rings around campuses: which nodes, and how wide unless the caller says otherwise."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = "university"
    width_km: Positive = 1.0
    note_zh: Text = ""
    note_en: Text = ""

    @field_validator("kind")
    @classmethod
    def _is_a_node_kind(cls, value: str) -> str:
        if value not in KINDS["node"]:
            raise ValueError(
                f"{value!r} is not a kind of node: use one of {', '.join(KINDS['node'])}"
            )
        return value


class Attribution(BaseModel):
    """A source that wants to be named, with its licence."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    licence: str = ""
    text_zh: Text = ""
    text_en: Text = ""
    url: str = ""


class LayoutMeta(BaseModel):
    """What ``layout.toml`` holds: the layout as a whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Slug
    name_zh: Name
    name_en: Name
    note_zh: Text = ""
    note_en: Text = ""
    as_of: str = ""
    centre: tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]]
    languages: tuple[Literal["zh", "en"], ...] = ("zh", "en")
    imperial: bool = False
    seats: tuple[Slug, ...] = ()
    units: UnitsMeta = UnitsMeta()
    campus_rings: CampusRings | None = None
    attribution: tuple[Attribution, ...] = ()

    _date = field_validator("as_of", mode="before")(lambda v: _check_date(str(v)))

    def reader(self, lang: Lang) -> Lang:
        """Return a language as readers of this layout read it: where it says so, with miles beside km."""
        return reader(lang, imperial=self.imperial)
